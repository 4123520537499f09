//! Faults that were there once. Each name says what must hold; the shortest body that showed otherwise is in the test.

#![allow(clippy::restriction)]

use ews_stream::xml::{Token, Tokenizer};
use ews_stream::{ErrorKind, Limit, Limits, Message, NotificationParser};

/// What the parser says of the body around `messages`, pushed in chunks of `size` bytes, a line a message.
fn read(messages: &str, size: usize) -> Vec<String> {
    let body = format!(
        "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns='http://schemas.microsoft.com/exchange/services/2006/messages'><s:Body><GetStreamingEventsResponse>\
         <ResponseMessages>{messages}</ResponseMessages></GetStreamingEventsResponse></s:Body></s:Envelope>"
    );
    let mut parser = NotificationParser::new();
    let mut lines = Vec::new();
    for mut chunk in body.as_bytes().chunks(size) {
        while let Some(message) = parser.next_message(&mut chunk).unwrap() {
            lines.push(match message {
                Message::Response(response) => format!("response {:?}", response.code()),
                Message::Subscribed(subscribed) => {
                    format!("subscribed {} {:?}", subscribed.subscription_id(), subscribed.watermark())
                }
                Message::ErrorSubscriptionId(id) => format!("error id {id}"),
                Message::ConnectionStatus(status) => format!("status {}", status.as_str()),
                Message::EndOfEnvelope => "end".to_owned(),
                other => format!("{other:?}"),
            });
        }
    }
    parser.finish().unwrap();
    lines
}

#[test]
fn what_waits_for_a_late_response_code_does_not_go_out_at_the_next_chunk() {
    let message = "<M><ErrorSubscriptionIds><SubscriptionId>a</SubscriptionId></ErrorSubscriptionIds>\
                   <ConnectionStatus>OK</ConnectionStatus><ResponseCode>Late</ResponseCode></M>";
    let expected = ["response Some(\"Late\")", "error id a", "status OK", "end"];
    for size in [1, 2, 3, 7, 64, 10_000] {
        assert_eq!(read(message, size), expected, "in chunks of {size}");
    }
}

#[test]
fn ids_that_wait_go_out_in_the_order_they_came_in() {
    let ids = (0..1_000).map(|id| format!("<SubscriptionId>{id}</SubscriptionId>")).collect::<Vec<_>>().concat();
    let lines = read(&format!("<M><ErrorSubscriptionIds>{ids}</ErrorSubscriptionIds></M>"), 10_000);
    assert_eq!(lines.len(), 1_002);
    assert!(lines[1..=1_000].iter().enumerate().all(|(at, line)| *line == format!("error id {at}")));
}

#[test]
fn the_watermark_of_a_subscription_may_come_before_its_id_and_something_between_them() {
    let message = "<M><ResponseCode>NoError</ResponseCode><Watermark>w</Watermark>\
                   <ConnectionStatus>OK</ConnectionStatus><Notification/><SubscriptionId>s</SubscriptionId></M>";
    let expected = ["response Some(\"NoError\")", "status OK", "subscribed s Some(\"w\")", "end"];
    for size in [1, 2, 3, 7, 64, 10_000] {
        assert_eq!(read(message, size), expected, "in chunks of {size}");
    }
}

/// Where the tokenizer finds a limit exceeded, and which.
fn exceeded(body: &str, limits: Limits) -> (Limit, u64) {
    let mut tokenizer = Tokenizer::with_limits(limits);
    let mut input = body.as_bytes();
    loop {
        match tokenizer.next_token(&mut input) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no limit exceeded in {body}"),
            Err(error) => {
                let ErrorKind::LimitExceeded { limit, .. } = error.kind() else { panic!("{error}") };
                return (limit, error.offset());
            }
        }
    }
}

#[test]
fn a_cdata_section_goes_on_with_the_limit_of_the_text_it_continues() {
    let limits = Limits::default().with_text_bytes(50);
    // wherever the text stops for the section, and so wherever the limit is looked at next
    for before in 1..=50 {
        let body = format!("<a>{}<![CDATA[{}]]></a>", "x".repeat(before), "y".repeat(60));
        assert_eq!(exceeded(&body, limits), (Limit::TextBytes, 53), "behind {before}");
    }
}

#[test]
fn the_limit_of_a_tag_counts_from_its_first_byte_wherever_the_tag_stands() {
    let limits = Limits::default().with_event_bytes(50).with_text_bytes(1_000);
    for markup in ["<b c='", "<?p ", "<!--"] {
        for before in 0..=200 {
            let body = format!("<a>{}{markup}{}", "x".repeat(before), "y".repeat(60));
            let at = 3 + before as u64 + 50;
            assert_eq!(exceeded(&body, limits), (Limit::EventBytes, at), "{markup} behind {before}");
        }
    }
}

/// What the tokenizer says of the input, pushed in chunks of `size` bytes: its texts, and its error.
fn texts(input: &str, size: usize) -> (Vec<String>, Option<ews_stream::Error>) {
    let mut tokenizer = Tokenizer::new();
    let mut texts = Vec::new();
    for mut chunk in input.as_bytes().chunks(size) {
        loop {
            match tokenizer.next_token(&mut chunk) {
                Ok(Some(Token::Text(text))) => texts.push(text.to_owned()),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return (texts, Some(error)),
            }
        }
    }
    (texts, tokenizer.finish().err())
}

#[test]
fn a_text_is_given_out_before_the_error_in_what_begins_behind_it() {
    for (wrong, kind, at) in [
        ("<!DOCTYPE a>", ErrorKind::DtdForbidden, 6),
        ("<!x", ErrorKind::Syntax("'<!--' or '<![CDATA['"), 8),
        ("<!>", ErrorKind::Syntax("'<!--' or '<![CDATA['"), 8),
        ("<!-x", ErrorKind::Syntax("'<!--'"), 9),
        ("</b>", ErrorKind::MismatchedEndTag, 8),
    ] {
        for size in [1, 2, 3, 7, 100] {
            let (texts, error) = texts(&format!("<a>abc{wrong}"), size);
            let error = error.unwrap();
            assert_eq!((error.kind(), error.offset()), (kind, at), "{wrong} in chunks of {size}");
            assert_eq!(texts, ["abc"], "{wrong} in chunks of {size}");
        }
    }
    // here it goes on
    assert_eq!(texts("<a>abc<![CDATA[d]]></a>", 100), (vec!["abcd".to_owned()], None));
}
