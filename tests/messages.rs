//! What is read as what: order, absence, repetition, namespaces, white space, and what is not known.
#![allow(clippy::restriction)]

mod common;

use common::seen::{read, read_whole};
use common::soap::{self, ERRORS, MESSAGES, NEW_MAIL, SOAP_11, SOAP_12, STREAMING, TYPES, envelope, notification};
use ews_stream::{Event, Message, NotificationParser};

const END: &str = "EndOfEnvelope";

#[track_caller]
fn assert_read(body: &str, expected: &[&str]) {
    let seen = read(body);
    assert_eq!(seen.error, None, "{body}");
    assert_eq!(seen.lines(), expected, "{body}");
}

/// The line of the one event of a Notification with this content.
#[track_caller]
fn event(content: &str) -> String {
    let seen = read(notification(content));
    assert_eq!(seen.error, None, "{content}");
    let lines = seen.lines();
    assert_eq!((lines[0], lines[2], lines.len()), (STREAMING, END, 3), "{content}");
    lines[1].to_owned()
}

/// Every element that has a meaning, with a value of its own.
fn everything() -> String {
    let id = |name: &str| format!("<t:{name} Id=\"{name}\" ChangeKey=\"C{name}\"/>");
    let ids: String =
        ["ItemId", "FolderId", "ParentFolderId", "OldItemId", "OldFolderId", "OldParentFolderId"].map(id).concat();
    let events: String = [
        "CreatedEvent",
        "DeletedEvent",
        "ModifiedEvent",
        "MovedEvent",
        "CopiedEvent",
        "NewMailEvent",
        "FreeBusyChangedEvent",
        "StatusEvent",
        "NovelEvent",
    ]
    .map(|name| {
        format!(
            "<t:{name}><t:Watermark>W</t:Watermark><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>{ids}\
             <t:UnreadCount>7</t:UnreadCount></t:{name}>"
        )
    })
    .concat();
    let head = "<m:MessageText>words</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode>\
                <m:MessageXml><t:Value Name=\"BackOffMilliseconds\">297</t:Value>\
                <t:Value Name=\"InnerErrorResponseCode\">ErrorInner</t:Value></m:MessageXml>";
    let body = [
        soap::response(
            "GetStreamingEvents",
            "Warning",
            &format!(
                "{head}<m:Notifications><m:Notification><t:SubscriptionId>S</t:SubscriptionId>\
                 <t:PreviousWatermark>P</t:PreviousWatermark><t:MoreEvents>true</t:MoreEvents>{events}\
                 </m:Notification></m:Notifications><m:ErrorSubscriptionIds><m:SubscriptionId>X</m:SubscriptionId>\
                 </m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>"
            ),
        ),
        soap::response(
            "Subscribe",
            "Success",
            &format!("{head}<m:SubscriptionId>N</m:SubscriptionId><m:Watermark>W</m:Watermark>"),
        ),
        soap::response("GetEvents", "Success", "<m:Notification><t:StatusEvent/></m:Notification>"),
        soap::response("Unsubscribe", "Error", head),
        envelope(
            "<s:Fault><faultcode>e:ErrorServerBusy</faultcode><faultstring>busy</faultstring><detail>\
             <e:ResponseCode>ErrorServerBusy</e:ResponseCode><t:MessageXml><t:LineNumber>1</t:LineNumber>\
             <t:LinePosition>2</t:LinePosition><t:Violation>bad</t:Violation>\
             <t:Value Name=\"BackOffMilliseconds\">9</t:Value></t:MessageXml></detail></s:Fault>",
        ),
    ];
    let header = "<s:Header><t:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2\" \
                  MinorBuildNumber=\"3\" Version=\"V2017\"/></s:Header><s:Body>";
    body.concat().replacen("<s:Body>", header, 1)
}

#[test]
fn everything_with_a_meaning_is_reported() {
    let seen = read(everything());
    assert_eq!(seen.error, None);
    let lines = seen.lines();
    let ids = "item_id=\"ItemId\"/\"CItemId\" folder_id=\"FolderId\"/\"CFolderId\" \
               parent_folder_id=\"ParentFolderId\"/\"CParentFolderId\" old_item_id=\"OldItemId\"/\"COldItemId\" \
               old_folder_id=\"OldFolderId\"/\"COldFolderId\" \
               old_parent_folder_id=\"OldParentFolderId\"/\"COldParentFolderId\" unread_count=7";
    let head = "subscription_id=\"S\" previous_watermark=\"P\" more_events=true watermark=\"W\" \
                timestamp=\"2026-03-05T09:14:01Z\"";
    let details = "code=\"ErrorServerBusy\" text=\"words\" back_off_ms=297 inner_code=\"ErrorInner\"";
    let mut expected = vec![
        "ServerVersion major=15 minor=1 major_build=2 minor_build=3 version=\"V2017\"".to_owned(),
        format!("Response operation=GetStreamingEvents class=Warning {details}"),
    ];
    for name in ["Created", "Deleted", "Modified", "Moved", "Copied", "NewMail", "FreeBusyChanged", "Status", "Novel"] {
        expected.push(format!("Event {name}Event {head} {ids}"));
    }
    expected.extend(["ErrorSubscriptionId id=\"X\"", "ConnectionStatus status=Closed", END].map(str::to_owned));
    expected.push(format!("Response operation=Subscribe class=Success {details}"));
    expected.extend(["Subscribed subscription_id=\"N\" watermark=\"W\"", END].map(str::to_owned));
    expected.extend(["Response operation=GetEvents class=Success", "Event StatusEvent", END].map(str::to_owned));
    expected.push(format!("Response operation=Unsubscribe class=Error {details}"));
    expected.push(END.to_owned());
    expected.push(
        "Fault code=\"e:ErrorServerBusy\" string=\"busy\" response_code=\"ErrorServerBusy\" back_off_ms=9 \
         line_number=1 line_position=2 violation=\"bad\""
            .to_owned(),
    );
    expected.push(END.to_owned());
    assert_eq!(lines, expected);
}

#[test]
fn every_known_name_counts_in_the_messages_and_in_the_types_namespace() {
    let body = everything();
    let expected = read_whole(&body);
    let names = body.split('<').filter_map(|tag| tag.split_once(':')?.1.split([' ', '/', '>']).next());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    let mut swapped = 0;
    for name in names {
        for (from, to) in [("m", "t"), ("t", "m")] {
            let mut other = body.clone();
            for behind in [" ", ">", "/"] {
                other = other.replace(&format!("{from}:{name}{behind}"), &format!("{to}:{name}{behind}"));
            }
            swapped += usize::from(other != body);
            assert_eq!(read_whole(&other), expected, "{from}:{name} as {to}:{name}");
        }
    }
    assert!(swapped > 40, "only {swapped} names in the one or the other namespace");
}

#[test]
fn the_namespaces_count_with_https_as_the_documentation_prints_them() {
    let body = everything();
    let expected = read_whole(&body);
    for namespace in [SOAP_11, MESSAGES, TYPES, ERRORS] {
        let https = namespace.replacen("http:", "https:", 1);
        assert_eq!(read_whole(body.replace(namespace, &https)), expected, "{https}");
    }
}

#[test]
fn prefixes_mean_nothing() {
    let body = everything();
    let expected = read_whole(&body);
    for (from, to) in [("s:", "soap11:"), ("m:", "t0:"), ("t:", "\u{e9}:")] {
        let other = ["<", "</", "xmlns:"].iter().fold(body.clone(), |body, before| {
            body.replace(&format!("{before}{from}"), &format!("{before}{to}"))
                .replace(&format!("xmlns:{}=", &from[..1]), &format!("xmlns:{}=", to.trim_end_matches(':')))
        });
        assert_ne!(other, body);
        assert_eq!(read_whole(&other), expected, "{from} as {to}");
    }
    let default = body.replace("xmlns:s=", "xmlns=").replace("<s:", "<").replace("</s:", "</");
    let default = default.replace("<faultcode", "<faultcode xmlns=''").replace("<faultstring", "<faultstring xmlns=''");
    assert_eq!(read(&default), expected, "SOAP as the default namespace");
}

#[test]
fn a_prefix_may_be_bound_anew_anywhere() {
    let body = format!(
        "<t:Envelope xmlns:t='{SOAP_11}'><t:Body><t:SendNotification xmlns:t='{MESSAGES}'><ResponseMessages xmlns='{MESSAGES}'>\
         <SendNotificationResponseMessage ResponseClass='Success'><Notification><NewMailEvent xmlns='{TYPES}'>\
         <s:ItemId xmlns:s='{TYPES}' Id='1'/><s:FolderId xmlns:s='urn:other' Id='2'/></NewMailEvent></Notification>\
         </SendNotificationResponseMessage></ResponseMessages></t:SendNotification></t:Body></t:Envelope>"
    );
    assert_read(&body, &["Response operation=SendNotification class=Success", "Event NewMailEvent item_id=\"1\"", END]);
}

#[test]
fn the_same_event_means_something_else_under_other_declarations() {
    // what was learned of the first must not be believed of the second
    let mail = "<p:NewMailEvent><p:TimeStamp>2026-03-05T09:14:01Z</p:TimeStamp><p:ItemId Id=\"1\"/></p:NewMailEvent>";
    let declared = |uri: &str| format!("<m:Notification xmlns:p=\"{uri}\">{mail}{mail}</m:Notification>");
    let body = soap::streaming(&format!(
        "<m:Notifications>{}{}{}</m:Notifications>",
        declared(TYPES),
        declared("urn:other"),
        declared(MESSAGES)
    ));
    let event = "Event NewMailEvent timestamp=\"2026-03-05T09:14:01Z\" item_id=\"1\"";
    assert_read(&body, &[STREAMING, event, event, event, event, END]);
}

#[test]
fn soap_1_2_counts_as_1_1_does() {
    let body = everything().replace(SOAP_11, SOAP_12).replace(
        "<faultcode>e:ErrorServerBusy</faultcode><faultstring>busy</faultstring><detail>",
        "<s:Code><s:Value>e:ErrorServerBusy</s:Value></s:Code><s:Reason><s:Text xml:lang='en'>busy</s:Text>\
         <s:Text xml:lang='fr'>occup\u{e9}</s:Text></s:Reason><s:Detail>",
    );
    assert_eq!(read(body.replace("</detail>", "</s:Detail>")), read(everything()));
}

#[test]
fn the_children_of_an_event_come_in_any_order() {
    let children = [
        "<t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>",
        "<t:Watermark>W</t:Watermark>",
        "<t:FolderId Id=\"F\"/>",
        "<t:ParentFolderId Id=\"P\"/>",
        "<t:UnreadCount>3</t:UnreadCount>",
    ];
    let expected = "Event ModifiedEvent watermark=\"W\" timestamp=\"2026-03-05T09:14:01Z\" folder_id=\"F\" \
                    parent_folder_id=\"P\" unread_count=3";
    for first in 0..children.len() {
        let mut order = children;
        order.rotate_left(first);
        assert_eq!(event(&format!("<t:ModifiedEvent>{}</t:ModifiedEvent>", order.concat())), expected);
        order.reverse();
        assert_eq!(event(&format!("<t:ModifiedEvent>{}</t:ModifiedEvent>", order.concat())), expected);
    }
}

#[test]
fn the_head_of_a_notification_comes_in_any_order_and_counts_for_the_events_behind_it() {
    let head = [
        "<t:MoreEvents>false</t:MoreEvents>",
        "<t:SubscriptionId>S</t:SubscriptionId>",
        "<t:PreviousWatermark>P</t:PreviousWatermark>",
    ];
    for first in 0..3 {
        let mut order = head;
        order.rotate_left(first);
        assert_eq!(
            event(&format!("{}<t:StatusEvent/>", order.concat())),
            "Event StatusEvent subscription_id=\"S\" previous_watermark=\"P\" more_events=false"
        );
    }
    let body = notification("<t:StatusEvent/><t:SubscriptionId>S</t:SubscriptionId><t:CopiedEvent/>");
    assert_read(&body, &[STREAMING, "Event StatusEvent", "Event CopiedEvent subscription_id=\"S\"", END]);
}

#[test]
fn the_head_of_a_notification_ends_with_it() {
    let one =
        "<m:Notification><t:SubscriptionId>S</t:SubscriptionId><t:MoreEvents>true</t:MoreEvents></m:Notification>";
    let body = soap::streaming(&format!(
        "<m:Notifications>{one}<m:Notification><t:StatusEvent/></m:Notification></m:Notifications>"
    ));
    assert_read(&body, &[STREAMING, "Event StatusEvent", END]);
}

#[test]
fn of_a_repeated_child_the_first_counts() {
    let twice = |one: &str, two: &str| format!("{one}{two}");
    let line = event(&twice(
        "<t:SubscriptionId>S</t:SubscriptionId><t:MoreEvents>true</t:MoreEvents>",
        "<t:SubscriptionId>T</t:SubscriptionId><t:MoreEvents>false</t:MoreEvents><t:ModifiedEvent>\
         <t:UnreadCount>1</t:UnreadCount><t:UnreadCount>2</t:UnreadCount><t:TimeStamp>a</t:TimeStamp>\
         <t:TimeStamp>b</t:TimeStamp><t:ItemId Id='1'/><t:ItemId Id='2' ChangeKey='c'/></t:ModifiedEvent>",
    ));
    let expected =
        "Event ModifiedEvent subscription_id=\"S\" more_events=true timestamp=\"a\" item_id=\"1\" unread_count=1";
    assert_eq!(line, expected);
}

#[test]
fn everything_may_be_absent_or_empty() {
    let rows: [(String, &[&str]); 7] = [
        (envelope(""), &[END]),
        (format!("<s:Envelope xmlns:s='{SOAP_11}'/>"), &[END]),
        (envelope("<m:GetStreamingEventsResponse/>"), &[END]),
        (
            envelope(
                "<m:GetStreamingEventsResponse><m:ResponseMessages><m:x/></m:ResponseMessages></m:GetStreamingEventsResponse>",
            ),
            &["Response operation=GetStreamingEvents", END],
        ),
        (soap::streaming("<m:Notifications/><m:ErrorSubscriptionIds/>"), &[STREAMING, END]),
        (soap::streaming("<m:Notifications><m:Notification/></m:Notifications>"), &[STREAMING, END]),
        (envelope("<s:Fault/>"), &["Fault", END]),
    ];
    for (body, expected) in rows {
        assert_read(&body, expected);
    }
    assert_eq!(event("<t:SubscriptionId/><t:CreatedEvent/>"), "Event CreatedEvent subscription_id=\"\"");
    assert_eq!(
        event("<t:CreatedEvent><t:TimeStamp/><t:Watermark> </t:Watermark><t:ItemId/></t:CreatedEvent>"),
        "Event CreatedEvent watermark=\"\" timestamp=\"\" item_id=\"\""
    );
}

#[test]
fn an_event_of_a_name_that_is_not_known_is_reported_with_its_name() {
    assert_eq!(event("<t:RenamedEvent><t:ItemId Id='1'/></t:RenamedEvent>"), "Event RenamedEvent item_id=\"1\"");
    assert_eq!(event("<m:Event/>"), "Event Event");
    // not an event: its name, its namespace, its place
    let body = notification("<t:Events/><x:NewMailEvent xmlns:x='urn:x'/><t:y><t:NewMailEvent/></t:y>");
    assert_read(&body, &[STREAMING, END]);
}

#[test]
fn a_status_that_is_not_known_is_no_status() {
    assert_read(&soap::streaming("<m:ConnectionStatus>Open</m:ConnectionStatus>"), &[STREAMING, END]);
}

#[test]
fn several_response_messages_are_told_apart() {
    let one =
        |class: &str, code: &str| format!("<m:x ResponseClass='{class}'><m:ResponseCode>{code}</m:ResponseCode></m:x>");
    let body = envelope(&format!(
        "<m:SubscribeResponse><m:ResponseMessages>{}{}</m:ResponseMessages></m:SubscribeResponse>",
        one("Success", "NoError"),
        one("Error", "ErrorAccessDenied")
    ));
    let line = |class: &str, code: &str| format!("Response operation=Subscribe class={class} code=\"{code}\"");
    assert_read(&body, &[&line("Success", "NoError"), &line("Error", "ErrorAccessDenied"), END]);
}

#[test]
fn an_operation_that_is_not_known_has_responses_all_the_same() {
    let body = soap::response("FindItem", "Error", "<m:ResponseCode>ErrorAccessDenied</m:ResponseCode>");
    assert_read(&body, &["Response class=Error code=\"ErrorAccessDenied\"", END]);
    let body = soap::response("GetEvents", "Splendid", "");
    assert_read(&body, &["Response operation=GetEvents", END]);
}

#[test]
fn a_mail_is_read_in_full() {
    assert_eq!(
        event(&format!("<t:SubscriptionId>S</t:SubscriptionId>{NEW_MAIL}")),
        "Event NewMailEvent subscription_id=\"S\" timestamp=\"2026-03-05T09:14:01Z\" item_id=\"AAMk1\"/\"CQAA\" \
         parent_folder_id=\"AAMk2\"/\"AQAA\""
    );
}

#[test]
fn each_kind_of_event_is_a_variant_of_its_own() {
    let kinds = ["Copied", "Created", "Deleted", "FreeBusyChanged", "Modified", "Moved", "NewMail", "Status", "Novel"];
    let written = |kind: &&str| format!("<t:{kind}Event><t:ItemId Id='1'/></t:{kind}Event>");
    let body = notification(&kinds.iter().map(written).collect::<Vec<_>>().concat().repeat(3));
    for learning in [true, false] {
        let mut parser = NotificationParser::new().learning(learning);
        let mut input = body.as_bytes();
        let mut found = Vec::new();
        while let Some(message) = parser.next_message(&mut input).unwrap() {
            let Message::Event(event) = message else { continue };
            found.push(match event {
                Event::Copied(_) => "Copied",
                Event::Created(_) => "Created",
                Event::Deleted(_) => "Deleted",
                Event::FreeBusyChanged(_) => "FreeBusyChanged",
                Event::Modified(_) => "Modified",
                Event::Moved(_) => "Moved",
                Event::NewMail(_) => "NewMail",
                Event::Status(_) => "Status",
                Event::Other(_) => "Novel",
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(found, kinds.repeat(3), "learning {learning}");
    }
}

#[test]
fn what_stands_in_a_fault_in_a_namespace_of_its_own_is_none_of_the_faults() {
    let children = "<faultcode>a</faultcode><x:faultcode>b</x:faultcode><x:faultstring>c</x:faultstring>";
    let seen = read(envelope(&format!("<s:Fault xmlns:x='urn:x'>{children}</s:Fault>")));
    assert_eq!(seen.lines(), ["Fault code=\"a\"", "EndOfEnvelope"]);
}
