//! What stands inside the elements whose text is wanted: white space, references, mixed content; and what may stand
//! anywhere without changing anything.
#![allow(clippy::restriction)]

mod common;

use common::seen::{read, read_whole};
use common::soap::{self, SOAP_11, STREAMING, envelope, notification};
use ews_stream::xml::Tokenizer;
use ews_stream::{Event, Limits, Message, NotificationParser};

const END: &str = "EndOfEnvelope";

#[track_caller]
fn assert_read(body: &str, expected: &[&str]) {
    let seen = read(body);
    assert_eq!(seen.error, None, "{body}");
    assert_eq!(seen.lines(), expected, "{body}");
}

#[test]
fn codes_ids_numbers_booleans_and_times_are_trimmed() {
    for (before, behind) in
        [(" ", " "), ("\n\t", ""), ("", "\r\n  "), ("<!-- x --> ", " <![CDATA[ ]]>"), ("&#32;", "&#9;")]
    {
        let pad = |value: &str| format!("{before}{value}{behind}");
        let content = format!(
            "<m:ResponseCode>{}</m:ResponseCode><m:MessageXml><t:Value Name=\"BackOffMilliseconds\">{}</t:Value>\
             </m:MessageXml><m:Notifications><m:Notification><t:SubscriptionId>{}</t:SubscriptionId>\
             <t:MoreEvents>{}</t:MoreEvents><t:ModifiedEvent><t:TimeStamp>{}</t:TimeStamp><t:UnreadCount>{}\
             </t:UnreadCount></t:ModifiedEvent></m:Notification></m:Notifications><m:ErrorSubscriptionIds>\
             <SubscriptionId>{}</SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>{}</m:ConnectionStatus>",
            pad("ErrorServerBusy"),
            pad("5"),
            pad("S"),
            pad("1"),
            pad("2026-03-05T09:14:01Z"),
            pad("12"),
            pad("X"),
            pad("OK"),
        );
        assert_read(
            &soap::response("GetStreamingEvents", " Error\n", &content),
            &[
                "Response operation=GetStreamingEvents class=Error code=\"ErrorServerBusy\" back_off_ms=5",
                "Event ModifiedEvent subscription_id=\"S\" more_events=true timestamp=\"2026-03-05T09:14:01Z\" \
                 unread_count=12",
                "ErrorSubscriptionId id=\"X\"",
                "ConnectionStatus status=OK",
                END,
            ],
        );
    }
    assert_read(
        &notification("<t:CreatedEvent><t:ItemId Id=' &#10;A B\t' ChangeKey='\nC '/></t:CreatedEvent>"),
        &[STREAMING, "Event CreatedEvent item_id=\"A B\"/\"C\"", END],
    );
}

#[test]
fn words_for_people_are_given_as_sent() {
    let content =
        "<m:MessageText> \r\n&lt;words&gt;\t<![CDATA[&amp;]]> </m:MessageText><m:ResponseCode>NoError</m:ResponseCode>";
    assert_read(
        &soap::response("Unsubscribe", "Success", content),
        &["Response operation=Unsubscribe class=Success code=\"NoError\" text=\" \\n<words>\\t&amp; \"", END],
    );
    assert_read(
        &envelope("<s:Fault><faultcode> a:X </faultcode><faultstring>\n busy\n</faultstring></s:Fault>"),
        &["Fault code=\"a:X\" string=\"\\n busy\\n\"", END],
    );
}

#[test]
fn numbers_and_booleans_are_read_as_the_schema_writes_them() {
    let rows = [
        ("0", " unread_count=0"),
        ("+7", " unread_count=7"),
        ("-1", " unread_count=-1"),
        ("007", " unread_count=7"),
        ("2147483647", " unread_count=2147483647"),
        ("2147483648", ""),
        ("1.0", ""),
        ("", ""),
        ("1 2", ""),
        ("\u{661}", ""),
    ];
    for (sent, expected) in rows {
        let body = notification(&format!("<t:ModifiedEvent><t:UnreadCount>{sent}</t:UnreadCount></t:ModifiedEvent>"));
        assert_read(&body, &[STREAMING, &format!("Event ModifiedEvent{expected}"), END]);
    }
    let rows = [
        ("true", " more_events=true"),
        ("1", " more_events=true"),
        ("false", " more_events=false"),
        ("0", " more_events=false"),
        ("True", ""),
        ("yes", ""),
        ("", ""),
    ];
    for (sent, expected) in rows {
        let body = notification(&format!("<t:MoreEvents>{sent}</t:MoreEvents><t:StatusEvent/>"));
        assert_read(&body, &[STREAMING, &format!("Event StatusEvent{expected}"), END]);
    }
    for (sent, expected) in
        [("18446744073709551615", " back_off_ms=18446744073709551615"), ("18446744073709551616", ""), ("-5", "")]
    {
        let content = format!("<m:MessageXml><t:Value Name='BackOffMilliseconds'>{sent}</t:Value></m:MessageXml>");
        let body = soap::response("Subscribe", "Error", &content);
        assert_read(&body, &[&format!("Response operation=Subscribe class=Error{expected}"), END]);
    }
}

#[test]
fn every_reference_and_section_is_decoded() {
    assert_read(
        &notification(
            "<t:SubscriptionId>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#x1F600;<![CDATA[<&amp;]]]]><![CDATA[>]]>\u{e9}</t:SubscriptionId>\
             <t:CopiedEvent><t:ItemId Id=\"&lt;&amp;&quot;&#xe9;\" ChangeKey='&#10;\"'/></t:CopiedEvent>",
        ),
        &[
            STREAMING,
            "Event CopiedEvent subscription_id=\"<>&'\\\"AB\u{1F600}<&amp;]]>\u{e9}\" item_id=\"<&\\\"\u{e9}\"/\"\\\"\"",
            END,
        ],
    );
}

#[test]
fn what_stands_inside_of_a_text_is_cut_out_of_it() {
    for inside in
        ["<!-- x -->", "<?p x?>", "<x/>", "<x>y<z a='1'>&amp;</z></x>", "<t:TimeStamp>x</t:TimeStamp>", "<![CDATA[]]>"]
    {
        let body = soap::response(
            "GetStreamingEvents",
            "Error",
            &format!(
                "<m:ResponseCode>Error{inside}Server{inside}{inside}Busy</m:ResponseCode><m:Notifications><m:Notification>\
                 <t:SubscriptionId>{inside}S&amp;{inside}T</t:SubscriptionId><t:NewMailEvent><t:TimeStamp>a{inside}b&lt;\
                 {inside}c{inside}</t:TimeStamp><t:ItemId Id='1'/></t:NewMailEvent></m:Notification></m:Notifications>"
            ),
        );
        assert_read(
            &body,
            &[
                "Response operation=GetStreamingEvents class=Error code=\"ErrorServerBusy\"",
                "Event NewMailEvent subscription_id=\"S&T\" timestamp=\"ab<c\" item_id=\"1\"",
                END,
            ],
        );
    }
}

/// A body with everything in it that a stream brings.
fn ordinary() -> String {
    soap::response(
        "GetStreamingEvents",
        "Success",
        "<m:MessageText>w</m:MessageText><m:ResponseCode>NoError</m:ResponseCode><m:MessageXml>\
         <t:Value Name=\"BackOffMilliseconds\">1</t:Value></m:MessageXml><m:Notifications><m:Notification>\
         <t:SubscriptionId>S</t:SubscriptionId><t:MovedEvent><t:TimeStamp>T</t:TimeStamp><t:ItemId Id=\"1\"></t:ItemId>\
         <t:OldItemId Id=\"2\"/></t:MovedEvent></m:Notification></m:Notifications><m:ErrorSubscriptionIds>\
         <SubscriptionId>X</SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>OK</m:ConnectionStatus>",
    )
}

#[test]
fn what_is_not_known_changes_nothing_wherever_it_stands() {
    let body = ordinary();
    let expected = read(&body);
    assert_eq!(expected.lines().len(), 5);
    let unknown = [
        "<!-- x -->",
        "<?p x?>",
        "<x:a xmlns:x='urn:x' b='1'>text<t:ItemId Id='9'/><m:Notification><t:NewMailEvent/></m:Notification></x:a>",
        "<NewMailEvent xmlns='urn:x'/>",
    ];
    let ends: Vec<usize> = body.match_indices('>').map(|(at, _)| at + 1).collect();
    for unknown in unknown {
        for at in &ends {
            if *at == body.len()
                && unknown.starts_with(['<'])
                && !unknown.starts_with("<!")
                && !unknown.starts_with("<?")
            {
                continue; // behind the envelope it would be another document
            }
            let mut other = body.clone();
            other.insert_str(*at, unknown);
            assert_eq!(read_whole(&other), expected, "{unknown} at {at}");
        }
    }
}

#[test]
fn an_attribute_that_is_not_known_changes_nothing() {
    let body = ordinary();
    let expected = read(&body);
    for attribute in [" a='1'", " t:Id='9'", " xml:lang='en'", " xmlns:y='urn:y'", "\r\n\t", " e:ResponseClass='Error'"]
    {
        for (at, _) in body.match_indices(['>', '/']).filter(|(at, _)| !body[..*at].ends_with(['/', '<'])) {
            let inside =
                body[..at].rfind('<') > body[..at].rfind('>') && body[..at].matches('"').count().is_multiple_of(2);
            let end_tag = body[..at].rfind("</").is_some_and(|end| Some(end) == body[..at].rfind('<'));
            if !inside || (end_tag && !attribute.trim().is_empty()) {
                continue;
            }
            let mut other = body.clone();
            other.insert_str(at, attribute);
            assert_eq!(read_whole(&other), expected, "{attribute} at {at}");
        }
    }
}

#[test]
fn a_code_behind_small_contents_is_waited_for() {
    let content = "<m:ConnectionStatus>Closed</m:ConnectionStatus><m:ErrorSubscriptionIds><SubscriptionId>X</SubscriptionId>\
                   <SubscriptionId>Y&amp;</SubscriptionId></m:ErrorSubscriptionIds><m:ResponseCode>ErrorInvalidSubscription</m:ResponseCode>";
    assert_read(
        &soap::response("GetStreamingEvents", "Error", content),
        &[
            "Response operation=GetStreamingEvents class=Error code=\"ErrorInvalidSubscription\"",
            "ConnectionStatus status=Closed",
            "ErrorSubscriptionId id=\"X\"",
            "ErrorSubscriptionId id=\"Y&\"",
            END,
        ],
    );
}

#[test]
fn what_of_a_head_comes_behind_a_notification_is_a_response_of_its_own_once() {
    let content = "<m:MessageText>early</m:MessageText><m:Notifications><m:Notification><t:StatusEvent/></m:Notification>\
                   </m:Notifications><m:ResponseCode>ErrorServerBusy</m:ResponseCode><m:ConnectionStatus>OK</m:ConnectionStatus>\
                   <m:MessageText>late</m:MessageText><m:MessageXml><t:Value Name='BackOffMilliseconds'>7</t:Value></m:MessageXml>";
    let response = "Response operation=GetStreamingEvents class=Error";
    assert_read(
        &soap::response("GetStreamingEvents", "Error", content),
        &[
            &format!("{response} text=\"early\""),
            "Event StatusEvent",
            &format!("{response} code=\"ErrorServerBusy\""),
            "ConnectionStatus status=OK",
            &format!("{response} back_off_ms=7"),
            END,
        ],
    );
}

#[test]
fn what_was_said_in_the_head_is_not_said_again_behind_a_notification() {
    let xml = |ms: u32| format!("<m:MessageXml><t:Value Name='BackOffMilliseconds'>{ms}</t:Value></m:MessageXml>");
    let content = format!(
        "<m:MessageText>early</m:MessageText><m:ResponseCode>NoError</m:ResponseCode>{}<m:MessageXml><t:x/></m:MessageXml>\
         <m:Notifications><m:Notification><t:StatusEvent/></m:Notification></m:Notifications>\
         <m:MessageText>late</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode>{}",
        xml(7),
        xml(8)
    );
    assert_read(
        &soap::response("GetStreamingEvents", "Success", &content),
        &[&format!("{STREAMING} text=\"early\" back_off_ms=7"), "Event StatusEvent", END],
    );
}

#[test]
fn what_a_subscribe_answered_comes_behind_its_head_whatever_the_order() {
    let parts = [
        "<m:SubscriptionId>S</m:SubscriptionId>",
        "<m:Watermark>W</m:Watermark>",
        "<m:ResponseCode>NoError</m:ResponseCode>",
    ];
    for at in 0..6 {
        let mut order = parts;
        order.rotate_left(at / 2);
        if at % 2 == 1 {
            order.reverse();
        }
        assert_read(
            &soap::response("Subscribe", "Success", &order.concat()),
            &[
                "Response operation=Subscribe class=Success code=\"NoError\"",
                "Subscribed subscription_id=\"S\" watermark=\"W\"",
                END,
            ],
        );
    }
}

/// What bears the name of something known, in a namespace that is not its own, means nothing wherever it stands.
#[test]
fn elements_of_another_namespace_mean_nothing_in_any_place() {
    let foreign = |name: &str, content: &str| format!("<x:{name} xmlns:x=\"urn:x\">{content}</x:{name}>");
    let status = foreign("ConnectionStatus", "OK");
    assert_read(&soap::streaming(&status), &[STREAMING, END]);
    let code = foreign("ResponseCode", "ErrorX") + "<m:ResponseCode>NoError</m:ResponseCode>";
    assert_read(&soap::response("GetStreamingEvents", "Success", &code), &[STREAMING, END]);
    let event = "<t:StatusEvent/>";
    let notification = foreign("Notification", event);
    assert_read(&soap::streaming(&format!("<m:Notifications>{notification}</m:Notifications>")), &[STREAMING, END]);
    // and of its own namespace, with another name
    assert_read(
        &soap::streaming(&format!("<m:Notifications><m:Other>{event}</m:Other></m:Notifications>")),
        &[STREAMING, END],
    );
    assert_read(&soap::notification(&foreign("StatusEvent", "")), &[STREAMING, END]);
    assert_read(
        &soap::notification(&format!("<t:NewMailEvent>{}</t:NewMailEvent>", foreign("TimeStamp", "2026"))),
        &[STREAMING, "Event NewMailEvent", END],
    );
    let ids = foreign("SubscriptionId", "S");
    assert_read(
        &soap::streaming(&format!("<m:ErrorSubscriptionIds>{ids}</m:ErrorSubscriptionIds>")),
        &[STREAMING, END],
    );
    assert_read(&envelope(&foreign("GetStreamingEventsResponse", &status)), &[END]);
    assert_read(&envelope(&foreign("Fault", "<faultcode>a</faultcode>")), &[END]);
    let inside = format!(
        "<m:GetStreamingEventsResponse>{}</m:GetStreamingEventsResponse>",
        foreign("ResponseMessages", &status)
    );
    assert_read(&envelope(&inside), &[END]);
    let message = foreign("GetStreamingEventsResponseMessage", "<m:ConnectionStatus>OK</m:ConnectionStatus>");
    let inside = format!(
        "<m:GetStreamingEventsResponse><m:ResponseMessages>{message}</m:ResponseMessages></m:GetStreamingEventsResponse>"
    );
    assert_read(&envelope(&inside), &[END]);
    let fault =
        format!("<s:Fault><faultcode>a</faultcode><detail>{}</detail></s:Fault>", foreign("ResponseCode", "ErrorX"));
    assert_read(&envelope(&fault), &["Fault code=\"a\"", END]);
    let details = format!("<m:MessageXml>{}</m:MessageXml>", foreign("LineNumber", "3"));
    assert_read(&soap::response("Subscribe", "Error", &details), &["Response operation=Subscribe class=Error", END]);
}

/// The same one level further down: what is within something foreign is foreign, whatever it is called.
#[test]
fn nothing_is_read_inside_of_what_means_nothing() {
    let foreign = |name: &str, content: &str| format!("<x:{name} xmlns:x=\"urn:x\">{content}</x:{name}>");
    let answer = "<m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError\
                  </m:ResponseCode></m:GetStreamingEventsResponseMessage></m:ResponseMessages>";
    let operation = format!("<m:GetStreamingEventsResponse>{answer}</m:GetStreamingEventsResponse>");
    assert_read(&envelope(&operation), &[STREAMING, END]);
    assert_read(&envelope(&foreign("GetStreamingEventsResponse", answer)), &[END]);
    let body = format!("<s:Body>{operation}</s:Body>");
    let whole = envelope(&operation);
    assert_read(&whole.replace(&body, &foreign("Body", &operation)), &[END]);
    let version = "<t:ServerVersionInfo MajorVersion=\"15\"/>";
    let header = |content: &str| whole.replace(&body, &format!("{content}{body}"));
    assert_read(&header(&format!("<s:Header>{version}</s:Header>")), &["ServerVersion major=15", STREAMING, END]);
    assert_read(&header(&foreign("Header", version)), &[STREAMING, END]);
    // a fault of SOAP 1.2
    let fault = |code: &str, text: &str| {
        let fault = format!("<s:Fault><s:Code>{code}</s:Code><s:Reason>{text}</s:Reason></s:Fault>");
        envelope(&fault).replace(SOAP_11, soap::SOAP_12)
    };
    let (code, text) = ("<s:Value>s:Sender</s:Value>", "<s:Text>no</s:Text>");
    assert_read(&fault(code, text), &["Fault code=\"s:Sender\" string=\"no\"", END]);
    let nothing = &["Fault", END];
    assert_read(&fault(&foreign("Value", "s:Sender"), &foreign("Text", "no")), nothing);
    assert_read(&fault("<s:Other>s:Sender</s:Other>", "<s:Other>no</s:Other>"), nothing);
    assert_read(&envelope(&format!("<s:Fault>{}</s:Fault>", foreign("faultcode", "a"))), nothing);
}

#[test]
fn each_kind_of_event_is_a_variant_of_its_own() {
    type Kind = (&'static str, fn(&Event<'_>) -> bool);
    let kinds: [Kind; 9] = [
        ("CopiedEvent", |event| matches!(event, Event::Copied(_))),
        ("CreatedEvent", |event| matches!(event, Event::Created(_))),
        ("DeletedEvent", |event| matches!(event, Event::Deleted(_))),
        ("FreeBusyChangedEvent", |event| matches!(event, Event::FreeBusyChanged(_))),
        ("ModifiedEvent", |event| matches!(event, Event::Modified(_))),
        ("MovedEvent", |event| matches!(event, Event::Moved(_))),
        ("NewMailEvent", |event| matches!(event, Event::NewMail(_))),
        ("StatusEvent", |event| matches!(event, Event::Status(_))),
        ("ReactionEvent", |event| matches!(event, Event::Other(_))),
    ];
    for (name, _) in kinds {
        let body = notification(&format!("<t:{name}/>"));
        let mut parser = NotificationParser::new();
        let mut input = body.as_bytes();
        let mut found = Vec::new();
        while let Some(message) = parser.next_message(&mut input).unwrap() {
            if let Message::Event(event) = message {
                assert_eq!(event.name(), name);
                found.extend(kinds.iter().filter(|(_, is)| is(&event)).map(|(name, _)| *name));
            }
        }
        assert_eq!(found, [name]);
    }
}

#[test]
fn a_tokenizer_knows_its_depth_and_may_be_lenient() {
    let mut tokenizer = Tokenizer::new();
    let mut input = &b"<a><b><c/></b></a>"[..];
    let mut depths = Vec::new();
    while tokenizer.next_token(&mut input).unwrap().is_some() {
        depths.push(tokenizer.depth());
    }
    assert_eq!(depths, [1, 2, 3, 3, 2, 1]);
    let forbidden = b"<a>&#x1F;</a>";
    let refused = |mut tokenizer: Tokenizer| {
        let mut input = &forbidden[..];
        loop {
            match tokenizer.next_token(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => return false,
                Err(_) => return true,
            }
        }
    };
    assert!(refused(Tokenizer::new()) && !refused(Tokenizer::new().lenient(true)));
    // what was set before stays
    let limits = Limits::default().with_depth(1);
    let mut tokenizer = Tokenizer::with_limits(limits).lenient(true);
    let mut input = &b"<a><b/></a>"[..];
    assert!(tokenizer.next_token(&mut input).is_ok() && tokenizer.next_token(&mut input).is_err());
}
