//! Timestamps as points in time: `cargo test --features jiff --test jiff`.
#![cfg(feature = "jiff")]
#![allow(clippy::restriction)]

mod common;

use common::soap::notification;
use ews_stream::{Message, NotificationParser, OwnedEvent};

fn event(time: &str) -> OwnedEvent {
    let body = notification(&format!("<t:NewMailEvent>{time}</t:NewMailEvent>"));
    let mut parser = NotificationParser::new();
    let mut input = body.as_bytes();
    while let Some(message) = parser.next_message(&mut input).unwrap() {
        if let Message::Event(event) = message {
            return event.to_owned();
        }
    }
    panic!("no event");
}

#[test]
fn the_time_of_an_event_is_that_of_its_timestamp() {
    let rows = [
        ("2026-03-05T09:14:01Z", Some("2026-03-05T09:14:01Z")),
        ("2026-03-05T09:14:01.123456789Z", Some("2026-03-05T09:14:01.123456789Z")),
        ("2026-03-05T10:14:01+01:00", Some("2026-03-05T09:14:01Z")),
        ("yesterday", None),
        ("", None),
    ];
    for (sent, expected) in rows {
        let event = event(&format!("<t:TimeStamp>{sent}</t:TimeStamp>"));
        assert_eq!(event.time().map(|time| time.to_string()).as_deref(), expected, "{sent}");
        assert_eq!(event.as_event().time(), event.time(), "{sent}");
    }
    assert_eq!(event("").time(), None);
}
