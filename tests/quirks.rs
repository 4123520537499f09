//! What real servers do that breaks clients, a test for each.
#![allow(clippy::restriction)]

mod common;

use common::corpus;
use common::seen::{self, Seen, read};
use common::soap::{self, MESSAGES, NEW_MAIL, SOAP_11, STREAMING, TYPES, envelope, notification, response};
use ews_stream::{ErrorKind, NotificationParser};

const END: &str = "EndOfEnvelope";

fn capture(name: &str) -> (String, Seen) {
    let path = corpus::root().join("captures").join(format!("{name}.body"));
    let body = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let seen = seen::messages(&mut NotificationParser::new(), [body.as_bytes()]);
    (body, seen)
}

fn count(seen: &Seen, what: &str) -> usize {
    seen.lines.matches(what).count()
}

#[track_caller]
fn assert_read(body: &str, expected: &[&str]) {
    let seen = read(body);
    assert_eq!(seen.error, None, "{body}");
    assert_eq!(seen.lines(), expected, "{body}");
}

// ---- gromox -----------------------------------------------------------------------------------------------------------

#[test]
fn documents_follow_each_other_with_a_declaration_before_the_first_only() {
    let (body, seen) = capture("72_stream_heartbeats_only_2min");
    assert_eq!(body.matches("<?xml").count(), 1);
    assert!(body.matches("Envelope>").count() > 2, "{body}");
    assert_eq!(count(&seen, END), body.matches(":Envelope>").count());
    assert_eq!(seen.error, None);
}

#[test]
fn documents_follow_each_other_with_a_declaration_before_each() {
    let one = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>{}",
        soap::streaming("<m:ConnectionStatus>OK</m:ConnectionStatus>")
    );
    for between in ["", "\n", "\r\n\r\n", "\u{feff}", " \u{feff}"] {
        let body = format!("{one}{between}{one}");
        let each = [STREAMING, "ConnectionStatus status=OK", END];
        assert_read(&body, &[each, each].concat());
    }
}

#[test]
fn pretty_printed_documents_are_read_like_any_other() {
    let (body, seen) = capture("121_stream_pretty_fast_heartbeat_2s");
    assert!(body.contains(">\n"));
    assert_eq!(seen.error, None);
    assert_eq!(count(&seen, END), body.matches(":Envelope>").count());
}

#[test]
fn the_presence_of_error_subscription_ids_is_no_error() {
    let (body, seen) = capture("70_stream_inbox_1min");
    assert!(body.contains("<m:ErrorSubscriptionIds"));
    assert_eq!((count(&seen, "class=Error"), count(&seen, "ErrorSubscriptionId ")), (0, 0));
    let body =
        soap::streaming("<m:Notifications/><m:ErrorSubscriptionIds/><m:ConnectionStatus>OK</m:ConnectionStatus>");
    assert_read(&body, &[STREAMING, "ConnectionStatus status=OK", END]);
}

#[test]
fn error_subscription_ids_have_children_in_no_namespace() {
    let (body, seen) = capture("80_stream_err_unknown_sub");
    assert!(body.contains("<SubscriptionId>"));
    assert!(count(&seen, "ErrorSubscriptionId id=") > 0, "{}", seen.lines);
}

#[test]
fn an_unknown_id_is_reported_with_the_first_document_although_the_body_goes_on() {
    let (body, _) = capture("80_stream_err_unknown_sub");
    let first = body.find("Envelope>").unwrap() + "Envelope>".len();
    let mut parser = NotificationParser::new();
    let mut input = &body.as_bytes()[..first];
    let mut lines = String::new();
    while let Some(message) = parser.next_message(&mut input).unwrap() {
        seen::write_message(&mut lines, &message);
    }
    assert!(lines.contains("class=Error code=\"ErrorInvalidSubscription\""), "{lines}");
    assert!(lines.contains("ErrorSubscriptionId id=") && lines.contains("status=Closed"), "{lines}");
    assert!(parser.is_between_envelopes());
}

#[test]
fn an_error_message_with_events_still_delivers_them() {
    let content = format!(
        "<m:ResponseCode>ErrorInvalidSubscription</m:ResponseCode><m:Notifications><m:Notification>\
         <t:SubscriptionId>good</t:SubscriptionId>{NEW_MAIL}</m:Notification></m:Notifications><m:ErrorSubscriptionIds>\
         <SubscriptionId>bad</SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>OK</m:ConnectionStatus>"
    );
    let seen = read(response("GetStreamingEvents", "Error", &content));
    let lines = seen.lines();
    assert_eq!(lines[0], "Response operation=GetStreamingEvents class=Error code=\"ErrorInvalidSubscription\"");
    assert!(lines[1].starts_with("Event NewMailEvent subscription_id=\"good\""));
    assert_eq!(lines[2..], ["ErrorSubscriptionId id=\"bad\"", "ConnectionStatus status=OK", END]);
}

#[test]
fn what_comes_behind_closed_is_read_as_well() {
    let closed = "<m:ConnectionStatus>Closed</m:ConnectionStatus>";
    let first = soap::streaming(&format!(
        "<m:Notifications><m:Notification>{NEW_MAIL}</m:Notification></m:Notifications>{closed}"
    ));
    let seen = read(format!("{first}{}", soap::streaming(closed)));
    assert_eq!((count(&seen, "status=Closed"), count(&seen, "Event NewMail"), count(&seen, END)), (2, 1, 2));
    let (_, seen) = capture("70_stream_inbox_1min");
    assert_eq!(count(&seen, "status=Closed"), 2, "{}", seen.lines);
}

#[test]
fn more_events_occurs_in_streams() {
    let (body, seen) = capture("93_stream_burst_60_items_pending");
    assert!(body.contains("MoreEvents>true<"), "no MoreEvents");
    assert!(count(&seen, "more_events=true") > 0 && count(&seen, "Event ") > 60, "{}", seen.lines);
}

#[test]
fn the_heartbeat_is_an_empty_status_event() {
    let (body, seen) = capture("72_stream_heartbeats_only_2min");
    assert!(count(&seen, "Event StatusEvent subscription_id=") > 0);
    assert_eq!(count(&seen, "Event StatusEvent"), body.matches("<t:StatusEvent/>").count());
    assert_eq!(count(&seen, "watermark="), 0);
}

#[test]
fn a_heartbeat_stands_beside_the_events_of_another_subscription() {
    let one = |id: &str, events: &str| {
        format!("<m:Notification><t:SubscriptionId>{id}</t:SubscriptionId>{events}</m:Notification>")
    };
    let body = soap::streaming(&format!(
        "<m:Notifications>{}{}</m:Notifications>",
        one("a", NEW_MAIL),
        one("b", "<t:StatusEvent/>")
    ));
    let seen = read(body);
    assert!(seen.lines()[1].starts_with("Event NewMailEvent subscription_id=\"a\""));
    assert_eq!(seen.lines()[2], "Event StatusEvent subscription_id=\"b\"");
}

#[test]
fn times_have_any_number_of_fractional_digits() {
    for time in ["2026-03-05T09:14:01.123456789Z", "2026-03-05T09:14:01Z", "2026-03-05T09:14:01.1+01:00"] {
        let body = notification(&format!("<t:CreatedEvent><t:TimeStamp>{time}</t:TimeStamp></t:CreatedEvent>"));
        assert_read(&body, &[STREAMING, &format!("Event CreatedEvent timestamp=\"{time}\""), END]);
    }
    let (_, seen) = capture("93_stream_burst_60_items_pending");
    let time = seen.lines.split("timestamp=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(time.split('.').nth(1).unwrap().len(), "123456789Z".len(), "{time}");
}

#[test]
fn ids_come_without_a_change_key() {
    let (_, seen) = capture("93_stream_burst_60_items_pending");
    assert!(count(&seen, "item_id=\"") > 0);
    assert_eq!(count(&seen, "\"/\""), 0, "a change key");
}

#[test]
fn one_change_yields_several_events_and_each_is_reported() {
    let modified = "<t:ModifiedEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:FolderId Id='F'/>\
                    <t:ParentFolderId Id='P'/><t:UnreadCount>2</t:UnreadCount></t:ModifiedEvent>";
    let line =
        "Event ModifiedEvent timestamp=\"2026-03-05T09:14:01Z\" folder_id=\"F\" parent_folder_id=\"P\" unread_count=2";
    assert_read(&notification(&modified.repeat(3)), &[STREAMING, line, line, line, END]);
}

#[test]
fn a_pull_answer_may_name_its_message_anything() {
    let (body, seen) = capture("94_pull_moreevents_0");
    assert!(body.contains("<m:x "), "{body}");
    assert!(seen.lines.contains("Response operation=GetEvents class=Success code=\"NoError\""), "{}", seen.lines);
    assert!(count(&seen, "Event ") > 1);
    let named = response("GetEvents", "Success", &format!("<m:Notification>{NEW_MAIL}</m:Notification>"));
    let unnamed = named.replace("GetEventsResponseMessage", "x");
    assert_eq!(read(&unnamed), read(&named));
}

#[test]
fn a_fault_is_a_fault_whatever_the_http_status_said() {
    for name in ["61_err_subscribe_missing_child", "62_err_getstreaming_missing_ids", "81_stream_err_garbage_sub"] {
        let (body, seen) = capture(name);
        assert_eq!(seen.error, None, "{name}");
        assert_eq!((count(&seen, "Fault code="), count(&seen, END)), (1, 1), "{name}: {}", seen.lines);
        assert_eq!(read(&body), seen);
    }
}

#[test]
fn plain_text_labelled_as_xml_is_named_for_what_it_is() {
    for name in ["57_err_empty_soap_body", "51_err_401_no_auth", "60_err_wrong_path_404", "59_err_get_method"] {
        let (body, seen) = capture(name);
        let error = seen.error();
        assert!(matches!(error.kind(), ErrorKind::NotSoap(_)), "{name}: {error}");
        let beginning: String = body.chars().take(9).collect();
        assert!(error.to_string().contains(&beginning), "{name}: {error}");
        assert_eq!(read(&body), seen);
    }
}

#[test]
fn a_stream_that_stops_anywhere_has_delivered_all_that_was_whole() {
    let (body, seen) = capture("112_stream_server_sigterm");
    assert_eq!(seen.error, None, "it stopped between two documents");
    let mut parser = NotificationParser::new();
    for end in 0..body.len() {
        parser.reset();
        let part = seen::messages(&mut parser, [&body.as_bytes()[..end]]);
        assert!(seen.lines.starts_with(&part.lines), "cut at {end}");
        let whole = body[..end].matches(":Envelope>").count();
        assert_eq!(count(&part, END), whole, "cut at {end}");
        if let Some(error) = part.error {
            assert_eq!((error.kind(), error.offset()), (ErrorKind::UnexpectedEnd, end as u64));
        }
    }
}

// ---- Exchange ---------------------------------------------------------------------------------------------------------

#[test]
fn soap_is_the_default_namespace_and_its_header_has_a_prefix_of_its_own() {
    let one = format!(
        "<Envelope xmlns=\"{SOAP_11}\"><soap11:Header xmlns:soap11=\"{SOAP_11}\"><ServerVersionInfo MajorVersion=\"15\" \
         MinorVersion=\"1\" MajorBuildNumber=\"2507\" MinorBuildNumber=\"57\" Version=\"V2017_07_11\" xmlns=\"{TYPES}\"/>\
         </soap11:Header><soap11:Body xmlns:soap11=\"{SOAP_11}\"><m:GetStreamingEventsResponse xmlns:m=\"{MESSAGES}\" \
         xmlns:t=\"{TYPES}\"><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Success\">\
         <m:ResponseCode>NoError</m:ResponseCode><m:ConnectionStatus>OK</m:ConnectionStatus>\
         </m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></soap11:Body></Envelope>"
    );
    let each = [
        "ServerVersion major=15 minor=1 major_build=2507 minor_build=57 version=\"V2017_07_11\"",
        STREAMING,
        "ConnectionStatus status=OK",
        END,
    ];
    assert_read(&one, &each);
    assert_read(&one.repeat(2), &[each, each].concat());
}

#[test]
fn start_tags_are_broken_over_lines() {
    let body = notification(NEW_MAIL);
    let expected = read(&body);
    let broken = body.replace(" xmlns", "\r\n\t\txmlns").replace(" Id=", "\n\tId = ").replace("\"/>", "\"\r\n/>");
    assert_ne!(broken, body);
    assert_eq!(read(&broken), expected);
}

#[test]
fn a_message_has_notifications_or_a_status() {
    assert_read(
        &soap::streaming("<m:ConnectionStatus>OK</m:ConnectionStatus>"),
        &[STREAMING, "ConnectionStatus status=OK", END],
    );
    let lines = read(notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{NEW_MAIL}")));
    assert_eq!(lines.lines().len(), 3);
    assert!(!lines.lines.contains("watermark") && !lines.lines.contains("more_events"));
}

#[test]
fn notification_and_subscription_id_come_in_either_namespace() {
    for (notification, id) in [("m", "m"), ("m", "t"), ("t", "m"), ("t", "t")] {
        let body = soap::streaming(&format!(
            "<m:Notifications><{notification}:Notification><{id}:SubscriptionId>S</{id}:SubscriptionId><t:StatusEvent/>\
             </{notification}:Notification></m:Notifications><m:ErrorSubscriptionIds><{id}:SubscriptionId>X</{id}:SubscriptionId>\
             </m:ErrorSubscriptionIds>"
        ));
        assert_read(
            &body,
            &[STREAMING, "Event StatusEvent subscription_id=\"S\"", "ErrorSubscriptionId id=\"X\"", END],
        );
    }
}

#[test]
fn ids_are_long_and_an_unread_count_may_be_missing() {
    let (item, folder) = ("A".repeat(152), "B".repeat(120));
    let body = notification(&format!(
        "<t:ModifiedEvent><t:ItemId Id=\"{item}\" ChangeKey=\"CQAAAA==\"/><t:ParentFolderId Id=\"{folder}\"/></t:ModifiedEvent>\
         <t:ModifiedEvent><t:FolderId Id=\"{folder}\"/></t:ModifiedEvent>"
    ));
    assert_read(
        &body,
        &[
            STREAMING,
            &format!("Event ModifiedEvent item_id=\"{item}\"/\"CQAAAA==\" parent_folder_id=\"{folder}\""),
            &format!("Event ModifiedEvent folder_id=\"{folder}\""),
            END,
        ],
    );
}

#[test]
fn message_xml_comes_in_either_namespace_with_white_space_around_codes() {
    for (wrapper, back_off, expected) in
        [("m", "\n 297749 \n", " back_off_ms=297749"), ("t", "0", " back_off_ms=0"), ("t", "", "")]
    {
        let xml = format!(
            "<{wrapper}:MessageXml><t:Value Name=\"BackOffMilliseconds\">{back_off}</t:Value>\
             <t:Value Name=\"InnerErrorResponseCode\"> ErrorMailboxMoveInProgress </t:Value></{wrapper}:MessageXml>"
        );
        let inner = " inner_code=\"ErrorMailboxMoveInProgress\"";
        let code = "\n  ErrorInternalServerError\n";
        let body = response("Subscribe", "Error", &format!("<m:ResponseCode>{code}</m:ResponseCode>{xml}"));
        let head = "Response operation=Subscribe class=Error code=\"ErrorInternalServerError\"";
        assert_read(&body, &[&format!("{head}{expected}{inner}"), END]);
        let body = envelope(&format!(
            "<s:Fault><faultcode xmlns:a=\"{TYPES}\">a:ErrorServerBusy</faultcode><faultstring xml:lang=\"en-US\">busy\
             </faultstring><detail><e:ResponseCode>{code}</e:ResponseCode><e:Message>busy</e:Message>{xml}</detail></s:Fault>"
        ));
        let head = "Fault code=\"a:ErrorServerBusy\" string=\"busy\" response_code=\"ErrorInternalServerError\"";
        assert_read(&body, &[&format!("{head}{expected}{inner}"), END]);
    }
}

#[test]
fn gigabytes_of_empty_envelopes_are_read_without_growing() {
    // what they mean is for the caller to judge: each is reported, and nothing is kept
    let one = soap::streaming("<m:ConnectionStatus>OK</m:ConnectionStatus>");
    let mut parser = NotificationParser::new();
    let mut ends = 0;
    for _ in 0..2000 {
        for mut input in one.as_bytes().chunks(97) {
            while let Some(message) = parser.next_message(&mut input).unwrap() {
                ends += usize::from(matches!(message, ews_stream::Message::EndOfEnvelope));
            }
        }
    }
    assert_eq!((ends, parser.offset()), (2000, 2000 * one.len() as u64));
    assert!(parser.is_between_envelopes());
}
