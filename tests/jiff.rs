//! Timestamps as points in time: `cargo test --features jiff --test jiff`.
#![cfg(feature = "jiff")]
#![allow(clippy::restriction)]

mod common;

use common::soap::notification;
use ews_stream::{Message, NotificationParser, OwnedEvent, parse_timestamp};

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

#[test]
fn every_form_of_a_date_and_time_of_xml_schema_is_read() {
    let rows = [
        ("2026-03-05T24:00:00Z", "2026-03-06T00:00:00Z"),
        ("2026-12-31T24:00:00.000+01:00", "2026-12-31T23:00:00Z"),
        ("2026-03-05T09:14:01-00:00", "2026-03-05T09:14:01Z"),
        ("2026-03-05T09:14:01+14:00", "2026-03-04T19:14:01Z"),
        ("2026-03-05T09:14:01-13:59", "2026-03-05T23:13:01Z"),
        ("2024-02-29T23:59:59.9999999999Z", "2024-02-29T23:59:59.999999999Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
        ("-0001-01-01T00:00:00Z", "-000001-01-01T00:00:00Z"),
        ("-9999-01-02T01:59:59Z", "-009999-01-02T01:59:59Z"),
        ("9999-12-30T22:00:00.999999999Z", "9999-12-30T22:00:00.999999999Z"),
        ("9999-12-31T11:59:59+14:00", "9999-12-30T21:59:59Z"),
    ];
    for (text, expected) in rows {
        assert_eq!(parse_timestamp(text).unwrap().to_string(), expected, "{text}");
    }
}

#[test]
fn what_is_no_date_and_time_of_xml_schema_is_an_error() {
    let texts = [
        "20260305T091401Z",
        "2026-03-05 09:14:01Z",
        "2026-03-05t09:14:01Z",
        "2026-03-05T09:14:01z",
        "2026-03-05T09:14Z",
        "2026-03-05T09:14:60Z",
        "2026-03-05T09:60:01Z",
        "2026-03-05T24:00:01Z",
        "2026-03-05T24:00:00.1Z",
        "2026-03-05T25:00:00Z",
        "2026-03-05T09:14:01Z[UTC]",
        "2026-03-05T09:14:01+25:00",
        "2026-03-05T09:14:01+14:01",
        "2026-03-05T09:14:01+13:60",
        "2026-03-05T09:14:01+01",
        "2026-03-05T09:14:01+0100",
        "2026-03-05T09:14:01,5Z",
        "2026-03-05T09:14:01.Z",
        "2026-03-05T09:14:01ZZ",
        "2026-03-05T9:14:01Z",
        "2026-3-05T09:14:01Z",
        "2026-00-05T09:14:01Z",
        "2026-13-05T09:14:01Z",
        "2026-02-29T09:14:01Z",
        "2026-03-00T09:14:01Z",
        "2026-03-32T09:14:01Z",
        "226-03-05T09:14:01Z",
        "02026-03-05T09:14:01Z",
        "+2026-03-05T09:14:01Z",
        "+002026-03-05T09:14:01Z",
        "--2026-03-05T09:14:01Z",
        "2026-03-05T+9:14:01Z",
        "\u{a0}2026-03-05T09:14:01Z",
    ];
    for text in texts {
        let error = parse_timestamp(text).unwrap_err().to_string();
        assert_eq!(error, format!("no xs:dateTime: {text:?}"));
    }
}

/// `DateTime.MaxValue` of .NET among them.
#[test]
fn a_time_that_cannot_be_represented_is_an_error_that_says_so() {
    let texts = [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59.9999999Z",
        "9999-12-31T24:00:00+14:00",
        "9999-12-30T22:00:01Z",
        "-9999-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "-12026-03-05T09:14:01Z",
    ];
    for text in texts {
        let error = parse_timestamp(text).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{text} is not between -009999-01-02T01:59:59Z and 9999-12-30T22")),
            "{error}"
        );
    }
}
