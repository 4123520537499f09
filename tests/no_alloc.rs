//! Memory: nothing is allocated in the steady state, an owned event is one allocation, and there is a ceiling whatever
//! comes in.
#![allow(clippy::restriction)]

mod common;
#[path = "common/heap.rs"]
mod heap;

use std::fmt::Write;

use common::corpus;
use common::cut::Random;
use common::soap::{self, NEW_MAIL, SOAP_11, TYPES, envelope, notification, response};
use ews_stream::xml::Tokenizer;
use ews_stream::{Event, Limits, Message, NotificationParser, OwnedEvent};
use heap::{allocations, tracking};

fn events(parser: &mut NotificationParser, body: &[u8], chunk: usize) -> usize {
    let mut events = 0;
    for mut input in body.chunks(chunk) {
        while let Some(message) = parser.next_message(&mut input).unwrap() {
            if let Message::Event(event) = message {
                let named = event.item_id().is_some() != event.folder_id().is_some();
                assert!(event.subscription_id().is_some() && named);
                events += 1;
            }
        }
    }
    parser.finish().unwrap();
    events
}

/// Streams of the shapes that servers send.
fn streams() -> [(&'static str, String); 5] {
    let stream = |event: &dyn Fn(usize) -> String| {
        let events = |from: usize| (from..from + 20).map(event).collect::<String>();
        let one = |from| notification(&format!("<t:SubscriptionId>JQBz=</t:SubscriptionId>{}", events(from)));
        (0..10).map(|at| one(at * 20)).collect::<String>()
    };
    let id = |at: usize| format!("AAMk{at:0>148}");
    // every kind, of items and of folders: as many shapes as a server can have
    let event = |at: usize, item: &str| {
        let kind = ["NewMail", "Created", "Modified", "Deleted", "Moved", "Copied", "FreeBusyChanged"][at % 7];
        let of_folder = at / 7 % 2 == 1 && !["NewMail", "FreeBusyChanged"].contains(&kind);
        let what = if of_folder { "Folder" } else { "Item" };
        let place = |name: &str, id: &str| format!("<t:{name} Id=\"{id}\" ChangeKey=\"CQAAAA==\"/>");
        let mut children = format!("<t:TimeStamp>2026-03-05T09:14:{:02}Z</t:TimeStamp>", at % 60);
        children += &(place(&format!("{what}Id"), item) + &place("ParentFolderId", &id(7)));
        if ["Moved", "Copied"].contains(&kind) {
            children += &(place(&format!("Old{what}Id"), &id(at)) + &place("OldParentFolderId", &id(8)));
        }
        if kind == "Modified" && of_folder {
            children += &["<t:UnreadCount>", &(at % 1000).to_string(), "</t:UnreadCount>"].concat();
        }
        format!("<t:{kind}Event>{children}</t:{kind}Event>")
    };
    let compact = stream(&|at| event(at, &id(at)));
    let pretty = compact.replace("><", ">\r\n\t\t\t<");
    let entities = stream(&|at| event(at, &format!("&lt;{}&#x3d;", id(at))));
    let beyond_ascii = stream(&|at| event(at, &format!("{}\u{e9}\u{1F600}", id(at))));
    let markup = stream(&|at| {
        event(at, &id(at))
            .replace("<t:Item", "<!-- x --><t:Item")
            .replace("Z</t:TimeStamp>", "<![CDATA[Z]]></t:TimeStamp>")
    });
    [
        ("compact", compact),
        ("pretty", pretty),
        ("entities in ids", entities),
        ("beyond ASCII", beyond_ascii),
        ("comments and sections", markup),
    ]
}

#[test]
fn a_warm_parser_allocates_nothing() {
    for learning in [true, false] {
        for (name, stream) in streams() {
            let body = stream.as_bytes();
            for chunk in [body.len(), 1460, 64, 1] {
                let mut parser = NotificationParser::new().learning(learning);
                assert_eq!(events(&mut parser, body, chunk), 200, "{name}");
                let on = allocations(|| assert_eq!(events(&mut parser, body, chunk), 200));
                assert_eq!(on, 0, "going on: {name} in chunks of {chunk}, learning {learning}");
                let again = allocations(|| {
                    parser.reset();
                    assert_eq!(events(&mut parser, body, chunk), 200);
                });
                assert_eq!(again, 0, "after reset: {name} in chunks of {chunk}, learning {learning}");
            }
        }
    }
}

#[test]
fn a_cold_parser_allocates_a_few_times_at_most() {
    for (name, stream) in streams() {
        for chunk in [stream.len(), 1460, 64, 1] {
            let cold = allocations(|| {
                events(&mut NotificationParser::new(), stream.as_bytes(), chunk);
            });
            assert!(cold <= 48, "{cold} allocations for {name} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_warm_tokenizer_allocates_nothing() {
    for (name, stream) in streams() {
        for chunk in [stream.len(), 1460, 64, 1] {
            let mut tokenizer = Tokenizer::new();
            let mut read = || {
                for mut input in stream.as_bytes().chunks(chunk) {
                    while tokenizer.next_token(&mut input).unwrap().is_some() {}
                }
            };
            read();
            assert_eq!(allocations(read), 0, "{name} in chunks of {chunk}");
        }
    }
}

#[test]
fn an_owned_event_is_one_allocation() {
    let body = notification(&format!(
        "<t:SubscriptionId>S</t:SubscriptionId><t:PreviousWatermark>P</t:PreviousWatermark>{NEW_MAIL}\
         <t:MovedEvent><t:Watermark>W</t:Watermark><t:ItemId Id='&lt;'/><t:OldItemId Id='2'/></t:MovedEvent>\
         <t:StatusEvent/><t:NovelEvent/>"
    ));
    let mut parser = NotificationParser::new();
    let mut input = body.as_bytes();
    let mut kept: Vec<OwnedEvent> = Vec::with_capacity(8);
    while let Some(message) = parser.next_message(&mut input).unwrap() {
        if let Message::Event(event) = message {
            let owning = |event: &Event<'_>, kept: &mut Vec<OwnedEvent>| kept.push(event.to_owned());
            assert_eq!(allocations(|| owning(&event, &mut kept)), 1, "{event:?}");
        }
    }
    assert_eq!(kept.len(), 4);
}

#[test]
fn a_parser_takes_two_kibibytes_at_rest() {
    assert!(size_of::<NotificationParser>() <= 2048, "{} bytes", size_of::<NotificationParser>());
    assert_eq!(allocations(|| drop(NotificationParser::new())), 0);
}

#[test]
fn all_that_a_parser_has_learned_takes_little() {
    for (learning, most) in [(true, 29 * 1024), (false, 5 * 1024)] {
        for chunk in [usize::MAX, 1460] {
            heap::reset();
            let mut parser = tracking(|| NotificationParser::new().learning(learning));
            for _ in 0..2 {
                for body in corpus::bodies().iter().filter(|body| body.name.starts_with("captures/")) {
                    tracking(|| {
                        parser.reset();
                        for mut input in body.bytes.chunks(chunk.min(body.bytes.len().max(1))) {
                            while let Ok(Some(_)) = parser.next_message(&mut input) {}
                        }
                    });
                }
                for (_, stream) in streams() {
                    tracking(|| {
                        parser.reset();
                        events(&mut parser, stream.as_bytes(), chunk.min(stream.len()));
                    });
                }
            }
            let held = usize::try_from(heap::live()).unwrap() + size_of::<NotificationParser>();
            assert!(held <= most, "{held} bytes, learning {learning}, in chunks of {chunk}");
        }
    }
}

#[test]
fn a_parser_of_one_server_takes_sixteen_kibibytes() {
    for (name, stream) in streams() {
        for chunk in [stream.len(), 1460, 64, 1] {
            heap::reset();
            let mut parser = tracking(NotificationParser::new);
            for _ in 0..3 {
                tracking(|| events(&mut parser, stream.as_bytes(), chunk));
            }
            let held = usize::try_from(heap::live()).unwrap() + size_of::<NotificationParser>();
            assert!(held <= 16 * 1024, "{held} bytes for {name} in chunks of {chunk}");
        }
    }
}

/// The bound that `Limits` documents: the held run, which grows by doubling, names, declarations, attributes, shapes.
fn ceiling(limits: &Limits) -> usize {
    2 * limits.event_bytes()
        + 2 * limits.depth() * limits.name_length()
        + 2 * limits.namespace_bytes()
        + 64 * (limits.attributes() + limits.namespaces())
        + 25 * 1024
}

/// Something endless behind a beginning: pieces by their number.
type Piece = Box<dyn Fn(usize) -> String>;

fn endless() -> Vec<(&'static str, String, Piece)> {
    let open = |body: &str, mark: &str| body.split_once(mark).unwrap().0.to_owned();
    let envelope_open = open(&envelope("|"), "|");
    let message_open = open(&response("GetStreamingEvents", "Success", "|"), "|");
    let notification_open = open(&notification("|"), "|");
    let text = |text: &str| -> Piece {
        let text = text.to_owned();
        Box::new(move |_| text.clone())
    };
    let long = "x".repeat(1000);
    vec![
        ("attribute value", format!("{notification_open}<t:NewMailEvent><t:ItemId Id=\""), text(&long)),
        ("name", "<".to_owned(), text(&long)),
        ("attribute name", "<a ".to_owned(), text(&long)),
        ("instruction target", "<?".to_owned(), text(&long)),
        ("text that is wanted", format!("{notification_open}<t:SubscriptionId>"), text(&long)),
        ("text that is not wanted", envelope_open.clone(), text(&long)),
        ("decoded text", format!("{message_open}<m:MessageText>"), text("&lt;")),
        ("comment", envelope_open.clone() + "<!--", text(&long)),
        ("instruction", envelope_open.clone() + "<?x ", text(&long)),
        ("section", format!("{message_open}<m:MessageText><![CDATA["), text(&long)),
        ("comments", format!("{message_open}<m:MessageText>"), text("x<!-- x -->")),
        ("comments behind a cut tag", "<s:Envelope xmlns:s='".to_owned() + SOAP_11 + "'><s:Body>", text("<!-- x -->")),
        ("event", format!("{notification_open}<t:NewMailEvent>"), text("<t:ItemId Id='1'/>")),
        ("unknown elements in an event", format!("{notification_open}<t:NewMailEvent>"), text("<t:y>text</t:y>")),
        ("unknown elements", envelope_open.clone(), text("<x>text</x>")),
        ("white space", " ".to_owned(), text(" \n")),
        ("attributes", "<a ".to_owned(), Box::new(|at| format!("a{at}='' "))),
        ("namespaces in a tag", "<a ".to_owned(), Box::new(|at| format!("xmlns:a{at}='urn:x' "))),
        ("namespaces in scope", String::new(), Box::new(|at| format!("<a xmlns:a{at}='{}'>", "u".repeat(900)))),
        ("depth", String::new(), Box::new(|at| format!("<a{at:0>200}>"))),
        ("depth in an envelope", envelope_open, text("<t:x>")),
        ("ids that wait for a head", format!("{message_open}<m:ErrorSubscriptionIds>"), text("<SubscriptionId/>")),
        ("stati that wait for a head", message_open.clone(), text("<m:ConnectionStatus>OK</m:ConnectionStatus>")),
        ("response messages", open(&message_open, "<m:GetStreamingEventsResponseMessage"), text("<m:x/>")),
        ("subscriptions", message_open, text("<m:SubscriptionId>S</m:SubscriptionId>")),
        (
            "heads of notifications",
            notification_open.clone(),
            text("<t:SubscriptionId>S</t:SubscriptionId><t:PreviousWatermark>W</t:PreviousWatermark>"),
        ),
        (
            "new shapes",
            notification_open.clone(),
            Box::new(|at| format!("<t:NewMailEvent a{at}=''><t:ItemId Id='1'/><t:x>{at}</t:x></t:NewMailEvent>")),
        ),
        (
            "new contexts",
            open(&notification_open, "<m:Notification>"),
            Box::new(|at| {
                format!("<m:Notification xmlns:a{at}='urn:{}'>{NEW_MAIL}</m:Notification>", "u".repeat(at % 900))
            }),
        ),
        ("envelopes", String::new(), Box::new(|_| soap::streaming(""))),
        ("declarations", format!("<x xmlns='{TYPES}'>"), text("<?xml version='1.0'")),
    ]
}

/// The most bytes that a parser holds while it reads 8 MiB of it, or up to its error.
fn most_held(begin: &str, piece: &dyn Fn(usize) -> String, chunk: usize) -> usize {
    const BYTES: usize = 8 * 1024 * 1024;
    heap::reset();
    let mut random = Random(chunk as u64);
    let mut parser = NotificationParser::new();
    let mut pending = begin.as_bytes().to_vec();
    let (mut pushed, mut next) = (0, 0);
    while pushed < BYTES {
        while pending.len() < chunk {
            pending.extend(piece(next).bytes());
            next += 1;
        }
        let rest = pending.split_off(1 + random.below(chunk));
        let bytes = std::mem::replace(&mut pending, rest);
        let mut input = &bytes[..];
        let result = tracking(|| {
            loop {
                match parser.next_message(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            }
        });
        pushed += bytes.len();
        if result.is_err() {
            break;
        }
    }
    tracking(|| drop(parser));
    assert_eq!(heap::live(), 0, "a leak");
    heap::peak()
}

#[test]
fn memory_has_a_ceiling_whatever_comes_in() {
    let ceiling = ceiling(&Limits::default());
    let mut over = String::new();
    for (name, begin, piece) in endless() {
        for chunk in [1 << 20, 4096, 61] {
            let most = most_held(&begin, &piece, chunk);
            if most > ceiling {
                writeln!(over, "{name}, in chunks of up to {chunk}: {most} bytes").unwrap();
            }
        }
    }
    assert!(over.is_empty(), "more than {ceiling} bytes:\n{over}");
}

#[test]
fn a_chunk_that_nobody_holds_is_not_copied() {
    let body = envelope(&"<!-- nothing -->".repeat(100_000));
    for cut in body.find("<s:Body>").map(|at| at..at + 12).unwrap() {
        let mut parser = NotificationParser::new();
        heap::reset();
        let mut messages = 0;
        for mut input in [&body.as_bytes()[..cut], &body.as_bytes()[cut..]] {
            messages += tracking(|| {
                let mut messages = 0;
                while parser.next_message(&mut input).unwrap().is_some() {
                    messages += 1;
                }
                messages
            });
        }
        assert_eq!(messages, 1);
        assert!(heap::peak() < 4096, "{} bytes, cut at {cut}", heap::peak());
    }
}
