//! What is lent is borrowed from the chunk wherever that is possible, and an owned event is its source in everything.
#![allow(clippy::restriction)]

mod common;

use common::seen::event_line;
use common::soap::{NEW_MAIL, notification};
use ews_stream::{Event, FolderId, ItemId, Message, NotificationParser, OwnedEvent};

/// What the accessors say that events and owned events have in common.
macro_rules! accessors {
    ($event:expr) => {{
        let event = &$event;
        format!(
            "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            event.name(),
            event.subscription_id(),
            event.previous_watermark(),
            event.more_events(),
            event.watermark(),
            event.timestamp(),
            event.item_id(),
            event.folder_id(),
            event.parent_folder_id(),
            event.old_item_id(),
            event.old_folder_id(),
            event.old_parent_folder_id(),
            event.unread_count()
        )
    }};
}

/// An event with every part that an event may have.
fn full(extra: &str) -> String {
    let id = |name: &str| format!("<t:{name} Id=\"{name}1\" ChangeKey=\"{name}2\"/>");
    format!(
        "<t:NovelEvent><t:Watermark>W</t:Watermark><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>{}{extra}\
         <t:UnreadCount>3</t:UnreadCount></t:NovelEvent>",
        ["ItemId", "FolderId", "ParentFolderId", "OldItemId", "OldFolderId", "OldParentFolderId"].map(id).concat()
    )
}

/// Every text that the event itself carries; its Notification's head lives in the parser.
fn texts<'a>(event: &Event<'a>) -> Vec<&'a str> {
    fn item(id: ItemId<'_>) -> [Option<&str>; 2] {
        [Some(id.id()), id.change_key()]
    }
    fn folder(id: FolderId<'_>) -> [Option<&str>; 2] {
        [Some(id.id()), id.change_key()]
    }
    let mut texts = vec![event.watermark(), event.timestamp()];
    if let Event::Other(other) = event {
        texts.push(Some(other.name()));
    }
    for id in [event.item_id(), event.old_item_id()] {
        texts.extend(id.map(item).into_iter().flatten());
    }
    for id in [event.folder_id(), event.parent_folder_id(), event.old_folder_id(), event.old_parent_folder_id()] {
        texts.extend(id.map(folder).into_iter().flatten());
    }
    texts.into_iter().flatten().collect()
}

fn lies_in(text: &str, chunk: &[u8]) -> bool {
    let (text, chunk) = (text.as_bytes().as_ptr_range(), chunk.as_ptr_range());
    chunk.start <= text.start && text.end <= chunk.end
}

/// Calls `check` with each event and the chunk that completed it.
fn for_each_event(parser: &mut NotificationParser, chunks: &[&[u8]], mut check: impl FnMut(&Event<'_>, &[u8])) {
    for chunk in chunks {
        let mut input: &[u8] = chunk;
        while let Some(message) = parser.next_message(&mut input).unwrap() {
            if let Message::Event(event) = message {
                check(&event, chunk);
            }
        }
    }
    parser.finish().unwrap();
}

#[test]
fn an_event_that_lies_in_a_chunk_and_has_nothing_to_decode_borrows_from_it() {
    // the same shape again and again: read, then recognised; and markup that is no text of it
    let body = notification(
        &[full(""), full(""), full("<!-- x --><t:x>&lt;\u{e9}</t:x>").replace("&lt;", "lt"), full("")].concat(),
    );
    for learning in [true, false] {
        let mut parser = NotificationParser::new().learning(learning);
        let mut events = 0;
        for_each_event(&mut parser, &[body.as_bytes()], |event, chunk| {
            let texts = texts(event);
            assert_eq!(texts.len(), 15);
            assert!(texts.iter().all(|text| lies_in(text, chunk)), "{event:?}");
            events += 1;
        });
        assert_eq!(events, 4);
    }
}

#[test]
fn an_event_borrows_from_whichever_chunk_it_lies_in() {
    let one = format!("<t:SubscriptionId>S</t:SubscriptionId>{}", full(""));
    let body = notification(&one);
    let start = body.find("<t:NovelEvent>").unwrap();
    let end = body.find("</t:NovelEvent>").unwrap() + "</t:NovelEvent>".len();
    for cut in 0..body.len() {
        let (head, tail) = body.as_bytes().split_at(cut);
        let mut events = 0;
        for_each_event(&mut NotificationParser::new(), &[head, tail], |event, chunk| {
            events += 1;
            let inside = texts(event).iter().filter(|text| lies_in(text, chunk)).count();
            // the run begins at the name: a cut right behind the `<` leaves all of it in the second chunk
            if cut <= start + 1 || cut >= end {
                assert_eq!(inside, 15, "cut at {cut}");
            } else {
                assert_eq!(inside, 0, "cut at {cut}: one contiguous run cannot lie in two chunks");
            }
        });
        assert_eq!(events, 1);
    }
}

#[test]
fn what_has_to_be_decoded_is_not_in_the_chunk() {
    for (id, decoded) in [("a&lt;b", "a<b"), ("a\tb", "a b"), ("a&#233;", "a\u{e9}")] {
        let body = notification(&NEW_MAIL.replace("AAMk1", id));
        let mut events = 0;
        for_each_event(&mut NotificationParser::new(), &[body.as_bytes()], |event, chunk| {
            let id = event.item_id().unwrap().id();
            assert_eq!(id, decoded);
            assert!(!lies_in(id, chunk));
            events += 1;
        });
        assert_eq!(events, 1);
    }
}

#[test]
fn words_and_ids_of_other_messages_borrow_from_the_chunk_too() {
    let body = common::soap::response(
        "Subscribe",
        "Error",
        "<m:MessageText>words</m:MessageText><m:ResponseCode>ErrorServerBusy</m:ResponseCode>\
         <m:ErrorSubscriptionIds><SubscriptionId>X</SubscriptionId></m:ErrorSubscriptionIds>",
    ) + &common::soap::envelope("<s:Fault><faultcode>c</faultcode><faultstring>s</faultstring></s:Fault>");
    let mut input = body.as_bytes();
    let mut parser = NotificationParser::new();
    let mut texts = 0;
    while let Some(message) = parser.next_message(&mut input).unwrap() {
        let lent = match message {
            Message::Response(response) => vec![response.code(), response.text()],
            Message::ErrorSubscriptionId(id) => vec![Some(id)],
            Message::Fault(fault) => vec![fault.code(), fault.string()],
            _ => vec![],
        };
        for text in lent {
            assert!(lies_in(text.unwrap(), body.as_bytes()), "{text:?}");
            texts += 1;
        }
    }
    assert_eq!(texts, 5);
}

#[test]
fn an_owned_event_is_its_source_in_everything_and_outlives_it() {
    let kinds = ["Created", "Deleted", "Modified", "Moved", "Copied", "NewMail", "FreeBusyChanged", "Status", "Novel"];
    let events: String = kinds.map(|kind| full("").replace("NovelEvent", &format!("{kind}Event"))).concat();
    let head = "<t:SubscriptionId>S&amp;</t:SubscriptionId><t:PreviousWatermark>P</t:PreviousWatermark>\
                <t:MoreEvents>true</t:MoreEvents>";
    let bare = "<t:ModifiedEvent/><t:CreatedEvent><t:TimeStamp/><t:ItemId/></t:CreatedEvent>";
    let decoded = full("").replace("ItemId1", "&#x1F600;<!-- -->").replace("<!-- -->", "&lt;");
    let bodies = [format!("{head}{events}{decoded}{bare}"), format!("{bare}{events}")].map(|body| notification(&body));
    for body in &bodies {
        for chunk in [1, 100, body.len()] {
            let mut owned: Vec<(String, OwnedEvent)> = Vec::new();
            let mut parser = NotificationParser::new();
            let chunks: Vec<Vec<u8>> = body.as_bytes().chunks(chunk).map(<[u8]>::to_vec).collect();
            let chunks: Vec<&[u8]> = chunks.iter().map(|chunk| &chunk[..]).collect();
            for_each_event(&mut parser, &chunks, |event, _| {
                owned.push((event_line(event), event.to_owned()));
                owned.push((event_line(event), OwnedEvent::from(*event)));
                owned.push((event_line(event), specific(event)));
            });
            drop((parser, chunks));
            assert!(owned.len() >= 33);
            for (line, owned) in owned {
                assert_eq!(event_line(&owned.as_event()), line);
                assert_eq!(event_line(&owned.clone().as_event()), line);
                assert_eq!(accessors!(owned), accessors!(owned.as_event()));
                assert!(line.starts_with(&format!("Event {}", owned.name())));
                assert_eq!(format!("{owned:?}"), format!("{:?}", owned.as_event()));
            }
        }
    }
}

/// `to_owned` of the variant instead of the enum.
fn specific(event: &Event<'_>) -> OwnedEvent {
    match event {
        Event::Created(event) => event.to_owned(),
        Event::Deleted(event) => event.to_owned(),
        Event::Modified(event) => event.to_owned(),
        Event::Moved(event) => event.to_owned(),
        Event::Copied(event) => event.to_owned(),
        Event::NewMail(event) => event.to_owned(),
        Event::FreeBusyChanged(event) => event.to_owned(),
        Event::Status(event) => event.to_owned(),
        Event::Other(event) => event.to_owned(),
        other => panic!("an event that the tests do not know: {other:?}"),
    }
}

#[test]
fn the_accessors_of_a_variant_say_what_the_event_says() {
    let kinds = ["Created", "Deleted", "Modified", "Moved", "Copied", "NewMail", "FreeBusyChanged", "Novel"];
    let events: String = kinds.map(|kind| full("").replace("NovelEvent", &format!("{kind}Event"))).concat();
    let body = notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{events}"));
    let mut seen = 0;
    for_each_event(&mut NotificationParser::new(), &[body.as_bytes()], |event, _| {
        macro_rules! same {
            ($variant:expr, $($accessor:ident),+) => {{
                assert_eq!(Some($variant.timestamp()), event.timestamp());
                $(assert_eq!($variant.$accessor(), event.$accessor());)+
                assert!(event.item_id().is_some() && event.parent_folder_id().is_some());
                seen += 1;
            }};
        }
        match event {
            Event::Created(e) => same!(e, subscription_id, watermark, item_id, folder_id, parent_folder_id),
            Event::Deleted(e) => same!(e, subscription_id, watermark, item_id, folder_id, parent_folder_id),
            Event::Modified(e) => same!(e, subscription_id, item_id, folder_id, parent_folder_id, unread_count),
            Event::Moved(e) => same!(e, item_id, parent_folder_id, old_item_id, old_folder_id, old_parent_folder_id),
            Event::Copied(e) => same!(e, item_id, parent_folder_id, old_item_id, old_folder_id, old_parent_folder_id),
            Event::NewMail(e) => same!(e, previous_watermark, more_events, item_id, folder_id, parent_folder_id),
            Event::FreeBusyChanged(e) => same!(e, subscription_id, watermark, item_id, folder_id, parent_folder_id),
            Event::Other(e) => same!(e, name, item_id, old_item_id, old_folder_id, old_parent_folder_id, unread_count),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(seen, kinds.len());
}

#[cfg(feature = "bytes")]
#[test]
fn an_owned_event_shares_the_chunk_it_lies_in_and_copies_where_it_does_not() {
    let body = notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{}", full("")));
    let whole = bytes::Bytes::from(body.clone().into_bytes());
    for cut in 0..body.len() {
        let chunks = [whole.slice(..cut), whole.slice(cut..)];
        let mut parser = NotificationParser::new();
        let mut owned = Vec::new();
        for chunk in &chunks {
            for_each_message(&mut parser, chunk, |event| {
                let lent = texts(event).iter().all(|text| lies_in(text, chunk));
                owned.push((event_line(event), lent, event.to_owned_in(chunk)));
            });
        }
        drop(parser);
        let [(line, lent, event)] = &owned[..] else { panic!("{} events", owned.len()) };
        assert_eq!(&event_line(&event.as_event()), line, "cut at {cut}");
        assert_eq!(lies_in(event.item_id().unwrap().id(), &whole), *lent, "cut at {cut}");
        assert!(!lies_in(event.subscription_id().unwrap(), &whole), "the head is no part of the event");
    }
}

#[cfg(feature = "bytes")]
fn for_each_message(parser: &mut NotificationParser, chunk: &[u8], mut check: impl FnMut(&Event<'_>)) {
    let mut input = chunk;
    while let Some(message) = parser.next_message(&mut input).unwrap() {
        if let Message::Event(event) = message {
            check(&event);
        }
    }
}
