//! Feature `serde`: owned events come back from what they were written as. What messages are written as is compared with
//! the second reader's finding in `golden.rs`.
#![allow(clippy::restriction)]

mod common;

use common::corpus;
use ews_stream::{Event, Message, NotificationParser, OwnedEvent};
use proptest::prelude::*;
use serde_json::{Value, from_str, from_value, json, to_string, to_value};

fn events(body: &[u8]) -> Vec<OwnedEvent> {
    let mut parser = NotificationParser::new();
    let mut input = body;
    let mut events = Vec::new();
    while let Ok(Some(message)) = parser.next_message(&mut input) {
        if let Message::Event(event) = message {
            events.push(event.to_owned());
        }
    }
    events
}

#[test]
fn every_event_of_the_corpus_comes_back_as_it_was() {
    let mut count = 0;
    for body in corpus::bodies() {
        for event in events(&body.bytes) {
            let text = to_string(&event).unwrap();
            let back: OwnedEvent = from_str(&text).unwrap();
            assert_eq!(format!("{back:?}"), format!("{event:?}"), "{text}");
            assert_eq!(to_string(&back).unwrap(), text);
            assert_eq!(core::mem::discriminant(&back.as_event()), core::mem::discriminant(&event.as_event()));
            count += 1;
        }
    }
    assert!(count > 500, "{count} events are too few to say anything");
}

#[test]
fn a_view_an_event_and_an_owned_event_are_written_alike() {
    let events = events(include_bytes!("../corpus/captures/70_stream_inbox_1min.body"));
    let created = events.iter().find(|event| event.name() == "CreatedEvent").unwrap();
    let Event::Created(view) = created.as_event() else { panic!("it says so") };
    assert_eq!(to_string(&view).unwrap(), to_string(&created).unwrap());
    assert_eq!(to_string(&created.as_event()).unwrap(), to_string(&created).unwrap());
    assert_eq!(to_value(view.item_id()).unwrap(), to_value(created).unwrap()["item_id"]);
}

#[test]
fn names_that_are_not_known_are_skipped_and_null_is_absent() {
    let event: OwnedEvent = from_value(json!({
        "seen_by": ["anna", {"id": 3}], "event": "ModifiedEvent", "watermark": null, "item_id": null,
        "folder_id": {"id": "f", "change_key": null, "kind": 2}, "unread_count": -1, "more_events": true,
    }))
    .unwrap();
    assert_eq!(event.name(), "ModifiedEvent");
    assert_eq!(event.watermark(), None);
    assert_eq!(event.item_id(), None);
    assert_eq!(event.folder_id().unwrap().id(), "f");
    assert_eq!(event.folder_id().unwrap().change_key(), None);
    assert_eq!(event.unread_count(), Some(-1));
    assert_eq!(event.more_events(), Some(true));
}

#[test]
fn an_event_of_a_newer_schema_keeps_its_name() {
    let event: OwnedEvent = from_value(json!({"event": "RecalledEvent", "subscription_id": "s"})).unwrap();
    assert!(matches!(event.as_event(), Event::Other(_)));
    assert_eq!(event.name(), "RecalledEvent");
    assert_eq!(event.subscription_id(), Some("s"));
}

#[test]
fn what_is_no_event_is_refused_with_a_reason() {
    let refused = |value: Value, reason: &str| {
        let error = from_value::<OwnedEvent>(value.clone()).expect_err("no event").to_string();
        assert!(error.contains(reason), "{value}: {error}");
    };
    refused(json!({"timestamp": "2026-03-05T09:14:01Z"}), "missing field `event`");
    refused(json!({"event": "Created"}), "the name of an event");
    refused(json!({"message": "Response", "event": "CreatedEvent"}), "\"Event\"");
    refused(json!({"event": "CreatedEvent", "item_id": {"change_key": "k"}}), "missing field `id`");
    refused(json!({"event": "CreatedEvent", "item_id": "AAMk"}), "an id and a change key");
    refused(json!({"event": "CreatedEvent", "timestamp": 3}), "a text");
    refused(json!(["CreatedEvent"]), "an event of a mailbox");
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(id in ".*", key in proptest::option::of(".*"), time in ".*", subscription in ".*") {
        let mut id_value = json!({"id": id});
        if let Some(key) = &key {
            id_value["change_key"] = json!(key);
        }
        let value = json!({
            "old_item_id": id_value, "timestamp": time, "message": "Event", "event": "MovedEvent", "subscription_id": subscription,
        });
        let event: OwnedEvent = from_str(&value.to_string()).unwrap();
        prop_assert_eq!(event.old_item_id().unwrap().id(), id);
        prop_assert_eq!(event.old_item_id().unwrap().change_key(), key.as_deref());
        prop_assert_eq!(event.timestamp(), Some(time.as_str()));
        prop_assert_eq!(to_value(&event).unwrap(), value);
    }
}
