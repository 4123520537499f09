//! What was learned is used: the scanner takes no step over what it has read before, but for the first envelope of a response
//! and for the `SubscriptionId` of a Notification, which it always reads. (That the messages are the same all the
//! same is for `learning` and `passages`; how much quicker it is, for the benches.)
//!
//! `cargo test --features _work --test learned`
#![cfg(feature = "_work")]
#![allow(clippy::restriction)]

mod common;

use std::fmt::Write;

use common::soap::{MESSAGES, SOAP_11, TYPES};
use ews_stream::{Limits, NotificationParser};

const CHUNKS: [usize; 4] = [usize::MAX, 1460, 64, 1];
/// Those in which `</` is not cut at the end of the events: there a known tail would not be seen.
const LARGE: [usize; 3] = [usize::MAX, 1460, 64];
/// What a `SubscriptionId` takes, cut in two at most.
const SUBSCRIPTION_ID: u64 = 4;

/// Steps that the scanner takes over `body`.
fn steps(parser: &mut NotificationParser, body: &str, chunk: usize) -> u64 {
    let before = parser.steps();
    for mut input in body.as_bytes().chunks(chunk.min(body.len())) {
        while parser.next_message(&mut input).unwrap().is_some() {}
    }
    parser.steps() - before
}

/// An envelope: `extra` in its head, `events` in a Notification.
fn envelope(extra: &str, events: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP_11}\"><s:Header>{extra}</s:Header><s:Body><m:GetStreamingEventsResponse xmlns:m=\"{MESSAGES}\" \
         xmlns:t=\"{TYPES}\"><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Success\">\
         <m:ResponseCode>NoError</m:ResponseCode><m:Notifications><m:Notification><t:SubscriptionId>S</t:SubscriptionId>{events}\
         </m:Notification></m:Notifications></m:GetStreamingEventsResponseMessage></m:ResponseMessages>\
         </m:GetStreamingEventsResponse></s:Body></s:Envelope>"
    )
}

fn heartbeat(extra: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP_11}\"><s:Header>{extra}</s:Header><s:Body><m:GetStreamingEventsResponse xmlns:m=\"{MESSAGES}\">\
         <m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError\
         </m:ResponseCode><m:ConnectionStatus>OK</m:ConnectionStatus></m:GetStreamingEventsResponseMessage></m:ResponseMessages>\
         </m:GetStreamingEventsResponse></s:Body></s:Envelope>"
    )
}

fn event(kind: &str, id: &str) -> String {
    format!(
        "<t:{kind}><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id=\"{id}\" ChangeKey=\"CQ==\"/>\
         <t:ParentFolderId Id=\"AQMkAD\"/></t:{kind}>"
    )
}

/// How often `body` has to be read before it is known; none within ten times: never.
fn sightings(body: &str, chunk: usize) -> Option<usize> {
    let least = if body.contains("SubscriptionId>S<") { SUBSCRIPTION_ID } else { 0 };
    let mut parser = NotificationParser::new();
    (0..10).find(|_| steps(&mut parser, body, chunk) <= least)
}

/// Reads a heartbeat, so that what comes is not the first envelope.
fn begun() -> NotificationParser {
    let mut parser = NotificationParser::new();
    steps(&mut parser, &heartbeat("<first/>"), usize::MAX);
    parser
}

#[test]
fn an_envelope_with_events_is_known_when_it_came_behind_another() {
    let body = envelope("", &[event("NewMailEvent", "AAMkAD01"), event("CreatedEvent", "AAMkAD02")].concat());
    for chunk in LARGE {
        assert_eq!(sightings(&body, chunk), Some(2), "chunks of {chunk}");
    }
}

#[test]
fn a_heartbeat_is_known_when_it_came_behind_another() {
    for chunk in CHUNKS {
        assert_eq!(sightings(&heartbeat(""), chunk), Some(2), "chunks of {chunk}");
    }
}

#[test]
fn a_declaration_in_front_of_an_envelope_is_known_with_it() {
    let declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
    let events = envelope("", &event("NewMailEvent", "AAMkAD01"));
    for body in [heartbeat(""), events].map(|body| format!("{declaration}{body}")) {
        for chunk in LARGE {
            assert_eq!(sightings(&body, chunk), Some(2), "chunks of {chunk}: {body}");
        }
    }
    // another instruction may be anything, and is read each time
    assert_eq!(sightings(&format!("<?xmlx a?>{}", heartbeat("")), usize::MAX), None);
}

#[test]
fn values_that_change_cost_no_step() {
    for chunk in LARGE {
        let mut parser = NotificationParser::new();
        let mut last = 0;
        for round in 0..40 {
            // of all lengths, so that the shape has met each
            let id = "AAMk".repeat(1 + round % 9);
            last = steps(&mut parser, &envelope("", &event("NewMailEvent", &id)), chunk);
        }
        assert!(last <= SUBSCRIPTION_ID, "{last} steps in chunks of {chunk}");
    }
}

#[test]
fn nothing_is_known_where_learning_is_off() {
    for body in [envelope("", &event("NewMailEvent", "AAMkAD01")), heartbeat("")] {
        let mut parser = NotificationParser::new().learning(false);
        let first = steps(&mut parser, &body, usize::MAX);
        assert!(first > 10, "{first}");
        for _ in 0..4 {
            assert_eq!(steps(&mut parser, &body, usize::MAX), first);
        }
        // and what was known is forgotten
        let mut parser = begun();
        steps(&mut parser, &body, usize::MAX);
        assert!(steps(&mut parser, &body, usize::MAX) <= SUBSCRIPTION_ID);
        let mut parser = parser.learning(false);
        assert_eq!(steps(&mut parser, &body, usize::MAX), first);
        let mut parser = parser.learning(true);
        assert_eq!(steps(&mut parser, &body, usize::MAX), first);
        assert!(steps(&mut parser, &body, usize::MAX) <= SUBSCRIPTION_ID);
    }
}

#[test]
fn whether_forbidden_references_are_let_in_does_not_change_whether_anything_is_learned() {
    let body = heartbeat("");
    let steps_of = |mut parser: NotificationParser| [(); 4].map(|()| steps(&mut parser, &body, usize::MAX));
    for lenient in [false, true] {
        let learning = steps_of(NotificationParser::new().lenient(lenient));
        assert_eq!(learning[2..], [0, 0], "{learning:?}");
        let not = steps_of(NotificationParser::new().learning(false).lenient(lenient));
        assert_eq!(not, [learning[0]; 4]);
    }
}

#[test]
fn heads_that_lead_to_the_same_place_share_its_tail() {
    let event = event("NewMailEvent", "AAMkAD01");
    let (one, other) = (envelope("<a/>", &event), envelope("<b/>", &event));
    let head = other.find(&event).unwrap();
    let mut parser = begun();
    for _ in 0..3 {
        steps(&mut parser, &one, usize::MAX);
    }
    // read with nothing known
    let most = steps(&mut begun(), &other[..head], usize::MAX);
    let found = steps(&mut parser, &other, usize::MAX);
    assert!(found <= most, "{found} steps over what is new, {most} over its head alone");
}

#[test]
fn tails_that_are_the_same_are_known_behind_each_of_two_heads() {
    let success = envelope("", &event("NewMailEvent", "AAMkAD01"));
    let warning = success.replace("\"Success\"", "\"Warning\"");
    let mut parser = begun();
    for body in [&success, &warning, &success, &warning] {
        steps(&mut parser, body, usize::MAX);
    }
    for body in [&success, &warning, &warning, &success] {
        let found = steps(&mut parser, body, usize::MAX);
        assert!(found <= SUBSCRIPTION_ID, "{found}");
    }
}

#[test]
fn a_tail_is_known_behind_a_second_notification_too_where_the_first_is_empty() {
    let event = event("NewMailEvent", "AAMkAD01");
    let second = "</m:Notification><m:Notification><t:SubscriptionId>T</t:SubscriptionId>";
    let body = envelope("", &format!("{second}{event}"));
    let tail = body.len() - (body.find(&event).unwrap() + event.len());
    let mut parser = begun();
    for _ in 0..3 {
        steps(&mut parser, &body, usize::MAX);
    }
    let without_tail = steps(&mut parser, &body[..body.len() - tail], usize::MAX);
    assert_eq!(steps(&mut parser, &body[body.len() - tail..], usize::MAX), 0, "behind {without_tail}");
}

#[test]
fn two_heads_are_known_whichever_comes() {
    for chunk in CHUNKS {
        let heads = ["<a/>", "<b/>"];
        let mut parser = NotificationParser::new();
        // the very first is not learned, and a head that has been used but once makes room for another
        for head in ["<a/>", "<a/>", "<b/>"] {
            assert_ne!(steps(&mut parser, &heartbeat(head), chunk), 0);
        }
        for round in 0..6 {
            for head in [heads[round % 2], heads[round % 3 % 2]] {
                assert_eq!(steps(&mut parser, &heartbeat(head), chunk), 0, "round {round}, chunks of {chunk}");
            }
        }
    }
}

#[test]
fn two_heads_are_known_at_once_and_no_third() {
    for (heads, known) in [(&["<a/>", "<b/>"][..], true), (&["<a/>", "<b/>", "<c/>"], false)] {
        let mut parser = begun();
        let mut round = || heads.iter().map(|head| steps(&mut parser, &heartbeat(head), usize::MAX)).sum::<u64>();
        let rounds = [(); 12].map(|()| round());
        assert_eq!(rounds[4..].contains(&0), known, "{heads:?}: {rounds:?}");
    }
}

#[test]
fn a_head_that_is_used_stays_when_others_come_once() {
    let mut parser = NotificationParser::new();
    for _ in 0..6 {
        steps(&mut parser, &heartbeat("<a/>"), usize::MAX);
    }
    for other in ["<b/>", "<c/>", "<d/>"] {
        assert_ne!(steps(&mut parser, &heartbeat(other), usize::MAX), 0, "{other} is new");
        assert_eq!(steps(&mut parser, &heartbeat("<a/>"), usize::MAX), 0, "behind {other}");
    }
}

#[test]
fn a_head_that_is_used_no_more_makes_room() {
    let mut parser = NotificationParser::new();
    for head in ["<a/>", "<b/>"] {
        for _ in 0..4 {
            steps(&mut parser, &heartbeat(head), usize::MAX);
        }
    }
    // each that comes in vain makes the others older
    let heads = ["<c/>", "<d/>"];
    let found = (0..20).position(|_| heads.iter().all(|head| steps(&mut parser, &heartbeat(head), usize::MAX) == 0));
    assert!(found.is_some_and(|rounds| (1..10).contains(&rounds)), "{found:?}");
}

#[test]
fn heads_of_heartbeats_and_of_events_are_known_at_once_with_their_tails() {
    let bodies = [envelope("", &event("NewMailEvent", "AAMkAD01")), heartbeat("")];
    for chunk in LARGE {
        let mut parser = NotificationParser::new();
        for _ in 0..2 {
            for body in &bodies {
                steps(&mut parser, body, chunk);
            }
        }
        for body in bodies.iter().chain(bodies.iter().rev()) {
            assert!(steps(&mut parser, body, chunk) <= SUBSCRIPTION_ID, "chunks of {chunk}");
        }
    }
}

#[test]
fn what_was_known_of_one_response_is_known_in_the_next_behind_its_first_envelope() {
    let body = heartbeat("");
    let mut parser = begun();
    steps(&mut parser, &body, usize::MAX);
    parser.reset();
    assert_ne!(steps(&mut parser, &body, usize::MAX), 0);
    assert_eq!(steps(&mut parser, &body, usize::MAX), 0);
}

#[test]
fn white_space_between_envelopes_does_not_make_them_others() {
    let body = heartbeat("");
    let mut parser = begun();
    steps(&mut parser, &format!("\n{body}"), usize::MAX);
    for space in ["", "\n", "\r\n\r\n", " "] {
        assert_eq!(steps(&mut parser, &format!("{space}{body}"), usize::MAX), 0, "behind {space:?}");
    }
}

/// A head of exactly so many bytes, from `<s:Envelope` to the end of the heartbeat.
fn heartbeat_of(len: usize) -> String {
    let room = len - heartbeat("<x></x>").len();
    heartbeat(&format!("<x>{}</x>", "y".repeat(room)))
}

#[test]
fn a_passage_of_up_to_1536_bytes_is_kept() {
    assert_eq!(sightings(&heartbeat_of(1536), usize::MAX), Some(2));
    assert_eq!(sightings(&heartbeat_of(1537), usize::MAX), None);
}

/// A document with so many messages, and so many bytes in their texts.
fn failed(ids: usize, bytes: usize) -> String {
    let mut all = String::new();
    for at in 0..ids {
        let len = bytes / ids + usize::from(at < bytes % ids);
        write!(all, "<t:SubscriptionId>{}</t:SubscriptionId>", "i".repeat(len)).unwrap();
    }
    format!(
        "<s:Envelope xmlns:s=\"{SOAP_11}\"><s:Body><m:R xmlns:m=\"{MESSAGES}\" xmlns:t=\"{TYPES}\"><m:ResponseMessages>\
         <m:M ResponseClass=\"Error\"><m:ResponseCode>C</m:ResponseCode><m:ErrorSubscriptionIds>{all}</m:ErrorSubscriptionIds>\
         </m:M></m:ResponseMessages></m:R></s:Body></s:Envelope>"
    )
}

#[test]
fn a_passage_of_up_to_eight_messages_is_kept() {
    // a response, the ids, the end of the envelope
    assert_eq!(sightings(&failed(6, 60), usize::MAX), Some(2));
    assert_eq!(sightings(&failed(7, 70), usize::MAX), None);
}

#[test]
fn a_passage_with_up_to_512_bytes_of_text_in_its_messages_is_kept() {
    let kept = |bytes| sightings(&failed(3, bytes), usize::MAX).is_some();
    let most = (3..600).filter(|bytes| kept(*bytes)).max();
    // beside the ids it is what is held with them: the response from its start tag to its first content, the ids' own tags
    assert_eq!(most, Some(512 - 192));
}

#[test]
fn twelve_shapes_are_known_at_once() {
    let kinds = ["CreatedEvent", "DeletedEvent", "NewMailEvent", "CopiedEvent", "MovedEvent", "ModifiedEvent"];
    let shapes: Vec<String> = kinds.iter().flat_map(|kind| ["AAMkAD01", ""].map(|id| event(kind, id))).collect();
    assert_eq!(shapes.len(), 12);
    let body = envelope("", &shapes.concat());
    for chunk in LARGE {
        assert_eq!(sightings(&body, chunk), Some(2), "chunks of {chunk}");
    }
    // with one more, all are forgotten now and then
    let body = envelope("", &(shapes.concat() + &event("OtherNewEvent", "AAMkAD01")));
    assert_eq!(sightings(&body, usize::MAX), None);
}

#[test]
fn patterns_of_up_to_5120_bytes_are_known_at_once() {
    let of = |bytes: usize| {
        // two shapes in one half each
        let one = |kind: &str, bytes: usize| {
            // less the first `<`, which is not the event's
            let room = bytes + 1 - event(kind, "").len();
            event(kind, &"A".repeat(room))
        };
        envelope("", &(one("CreatedEvent", bytes / 2) + &one("DeletedEvent", bytes - bytes / 2)))
    };
    assert_eq!(sightings(&of(5120), usize::MAX), Some(2));
    // what does not fit is learned without its values
    assert_eq!(sightings(&of(5121), usize::MAX), Some(2));
}

#[test]
fn an_event_longer_than_limits_allow_is_refused_though_its_shape_is_known() {
    let limits = Limits::default().with_event_bytes(400);
    for chunk in LARGE {
        let mut parser = NotificationParser::with_limits(limits);
        let known = envelope("", &event("NewMailEvent", "AAMk"));
        for len in [4, 8, 12, 16] {
            steps(&mut parser, &envelope("", &event("NewMailEvent", &"A".repeat(len))), chunk);
        }
        assert!(steps(&mut parser, &known, chunk) <= SUBSCRIPTION_ID);
        let room = 400 - event("NewMailEvent", "").len();
        let longest = envelope("", &event("NewMailEvent", &"A".repeat(room)));
        assert!(steps(&mut parser, &longest, chunk) <= SUBSCRIPTION_ID, "chunks of {chunk}");
        let long = envelope("", &event("NewMailEvent", &"A".repeat(room + 1)));
        let refused = long.as_bytes().chunks(chunk.min(long.len())).any(|mut input| {
            while let Some(_message) = match parser.next_message(&mut input) {
                Ok(message) => message,
                Err(_) => return true,
            } {}
            false
        });
        assert!(refused, "chunks of {chunk}");
    }
}

/// Steps over the last of some envelopes with such ids, which the parser has met before.
fn steps_with(ids: &[&str], chunk: usize) -> u64 {
    let mut parser = begun();
    let mut last = 0;
    for _ in 0..3 {
        for id in ids {
            last = steps(&mut parser, &envelope("", &event("NewMailEvent", id)), chunk);
        }
    }
    last
}

#[test]
fn values_with_characters_out_of_the_ordinary_cost_no_step() {
    for chunk in LARGE {
        for ids in [["AAMk", "caf\u{e9} \u{20ac}\u{1F600}"], ["AA Mk", "a b c"], ["AAMk", "x'y"], ["AAMk", "a>b;c"]] {
            let found = steps_with(&ids, chunk);
            assert!(found <= SUBSCRIPTION_ID, "{ids:?}: {found} steps in chunks of {chunk}");
        }
    }
}

#[test]
fn values_that_have_to_be_changed_are_read_by_the_scanner() {
    for chunk in LARGE {
        for odd in [" AAMk", "AAMk ", "A&amp;k", "A\tk", ""] {
            let mut parser = begun();
            for id in ["AAMk", "AAMkAD"] {
                steps(&mut parser, &envelope("", &event("NewMailEvent", id)), chunk);
            }
            let found = steps(&mut parser, &envelope("", &event("NewMailEvent", odd)), chunk);
            assert!(found > SUBSCRIPTION_ID, "{odd:?} in chunks of {chunk}");
        }
    }
}

#[test]
fn texts_of_a_known_shape_may_be_as_long_as_limits_allow() {
    let of = |len: usize| {
        let time = "2".repeat(len);
        envelope("", &format!("<t:NewMailEvent><t:TimeStamp>{time}</t:TimeStamp><t:ItemId Id=\"A\"/></t:NewMailEvent>"))
    };
    for (chunk, wide) in LARGE.into_iter().flat_map(|chunk| [(chunk, false), (chunk, true)]) {
        let mut parser = NotificationParser::with_limits(Limits::default().with_text_bytes(50));
        let of = |len: usize| if wide { of(len).replacen("22", "\u{e9}", 1) } else { of(len) };
        for len in [20, 21, 22, 20] {
            steps(&mut parser, &of(len), chunk);
        }
        assert!(steps(&mut parser, &of(50), chunk) <= SUBSCRIPTION_ID, "chunks of {chunk}, wide: {wide}");
        let long = of(51);
        let refused = long.as_bytes().chunks(chunk.min(long.len())).any(|mut input| {
            loop {
                match parser.next_message(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => return false,
                    Err(_) => return true,
                }
            }
        });
        assert!(refused, "chunks of {chunk}, wide: {wide}");
    }
}

#[test]
fn the_tail_behind_a_second_notification_is_known() {
    let two = |class: &str| {
        let second = format!(
            "</m:Notification><m:Notification><t:SubscriptionId>S</t:SubscriptionId>{}</m:Notification></m:Notifications>",
            event("CreatedEvent", "AAMkAD02")
        );
        envelope("", &event("NewMailEvent", "AAMkAD01"))
            .replace("</m:Notification></m:Notifications>", &second)
            .replace("\"Success\"", &format!("\"{class}\""))
    };
    for chunk in LARGE {
        let mut parser = begun();
        for _ in 0..4 {
            steps(&mut parser, &two("Success"), chunk);
        }
        let known = steps(&mut parser, &two("Success"), chunk);
        // the end of a Notification and the beginning of the next are read each time
        let most = if chunk == 64 { 18 } else { 16 };
        assert!(known <= most, "{known} steps in chunks of {chunk}");
        // in another state it is another tail
        let other = steps(&mut parser, &two("Warning"), chunk);
        assert!(other > known, "{other} steps in chunks of {chunk}");
    }
}

/// Reads `events` behind others of their kinds, which the parser has met so often that it knows them.
fn learned_from(events: &[String]) -> NotificationParser {
    let mut parser = begun();
    for _ in 0..4 {
        steps(&mut parser, &envelope("", &events.concat()), usize::MAX);
    }
    parser
}

/// Bytes that are looked at more than once in `body`.
fn looked_at_again(parser: &mut NotificationParser, body: &str, chunk: usize) -> i64 {
    let before = parser.work();
    steps(parser, body, chunk);
    i64::try_from(parser.work() - before).unwrap() - i64::try_from(body.len()).unwrap()
}

fn item(time: &str, id: &str, rest: &str) -> String {
    format!("<t:ModifiedEvent><t:TimeStamp>{time}</t:TimeStamp><t:ItemId Id=\"{id}\"{rest}</t:ModifiedEvent>")
}

fn folder(time: &str, id: &str, rest: &str) -> String {
    item(time, id, rest).replace("ItemId", "FolderId")
}

/// Kinds that begin alike, with values of several lengths, plain and not.
fn much_alike() -> Vec<String> {
    let time = "2026-03-05T09:14:01Z";
    let mut events = Vec::new();
    for id in ["AAMkAD0123456789", "AAMkAD01", "AA Mk\u{e9}", "AAMkAD012345678901234567"] {
        events.push(item(time, id, "/><t:ParentFolderId Id=\"AQMkAD\"/>"));
        events.push(folder(time, id, " ChangeKey='CQ'/><t:UnreadCount>11</t:UnreadCount>"));
        events.push(item(time, id, "/><t:ParentFolderId Id=\"AQMkAD\"/><t:UnreadCount>7</t:UnreadCount>"));
        events.push(event("StatusNovelEvent", id));
    }
    events
}

/// Asserts that an envelope with these events costs no step, whole or cut in two anywhere among them. Returns it, and the parser
/// that knows it.
fn known_wherever_it_is_cut(events: &[String]) -> (NotificationParser, String) {
    let mut parser = learned_from(events);
    let body = envelope("", &events.concat());
    assert!(steps(&mut parser, &body, usize::MAX) <= SUBSCRIPTION_ID);
    let start = body.find(&events[0]).unwrap();
    for cut in start..start + events.concat().len() {
        let before = parser.steps();
        for mut chunk in [&body.as_bytes()[..cut], &body.as_bytes()[cut..]] {
            while parser.next_message(&mut chunk).unwrap().is_some() {}
        }
        let found = parser.steps() - before;
        assert!(found <= SUBSCRIPTION_ID, "{found} steps, cut at {}", cut - start);
    }
    (parser, body)
}

#[test]
fn known_events_that_begin_alike_cost_no_step_wherever_they_are_cut() {
    let events = much_alike();
    let (mut parser, body) = known_wherever_it_is_cut(&events);
    for chunk in (50..200).chain([1460]) {
        let found = steps(&mut parser, &body, chunk);
        // where the tail's `</` is cut it is not seen, and the tail is read
        assert!(found <= SUBSCRIPTION_ID || found > 10 && found < 40, "{found} steps, chunks of {chunk}");
    }
}

#[test]
fn values_of_two_usual_lengths_are_looked_at_once() {
    let two = |at: usize| {
        [
            item("2026-03-05T09:14:01Z", &"A".repeat(20 + 7 * (at % 2)), " ChangeKey=\"CQ==\"/>"),
            folder(
                "2026-03-05T09:14:01Z",
                &"A".repeat(90),
                &format!("/><t:UnreadCount>{}</t:UnreadCount>", ["7", "11"][at / 2 % 2]),
            ),
            event("NewMailEvent", &"B".repeat(152 - 100 * (at / 2 % 2))),
        ]
        .concat()
    };
    let events: Vec<String> = (0..8).map(two).collect();
    let mut parser = learned_from(&events);
    let again = looked_at_again(&mut parser, &envelope("", &events.concat()), usize::MAX);
    assert!(again <= 0, "{again} bytes");
}

#[test]
fn kinds_that_begin_alike_are_told_apart_at_a_look() {
    let kinds = [
        item("2026-03-05T09:14:01Z", "AAMkAD01", "/><t:ParentFolderId Id=\"AQMkAD\"/>"),
        folder("2026-03-05T09:14:01Z", "AAMkAD01", "/><t:ParentFolderId Id=\"AQMkAD\"/>"),
        item("2026-03-05T09:14:01Z", "AAMkAD01", "/>").replace("ItemId", "OldItemId"),
        event("MovedEvent", "AAMkAD01"),
        event("MovedEvent", "AAMkAD01").replace("ItemId", "FolderId"),
    ];
    let mut parser = learned_from(&kinds);
    let again = looked_at_again(&mut parser, &envelope("", &kinds.concat().repeat(4)), usize::MAX);
    assert!(again <= 0, "{again} bytes");
}

#[test]
fn parts_of_an_event_that_are_whole_take_no_step_of_their_own() {
    let steps_of = |events: &str| {
        let mut parser = NotificationParser::new().learning(false);
        steps(&mut parser, &envelope("", events), usize::MAX)
    };
    let event = event("NewMailEvent", "AAMkAD01");
    // its start and its end
    assert_eq!(steps_of(&event.repeat(3)), steps_of(&event) + 2 * 2);
}

/// How many rounds it takes until `body` is known to a parser that knows others; none within forty: never.
fn rounds(parser: &mut NotificationParser, body: &str) -> Option<usize> {
    (0..40).find(|_| steps(parser, body, usize::MAX) <= SUBSCRIPTION_ID)
}

#[test]
fn shapes_that_are_used_no_more_make_room() {
    let kinds =
        |name: &str| -> Vec<String> { (0..12).map(|at| event(&format!("{name}{at:02}Event"), "AAMkAD01")).collect() };
    // with markup of such a length that the patterns are full before there are twelve
    let large = |name: &str| -> Vec<String> {
        let note = format!("<t:Note>{}</t:Note></t:", "n".repeat(1000));
        kinds(name).iter().take(6).map(|event| event.replace(&format!("</t:{name}"), &(note.clone() + name))).collect()
    };
    for (one, other) in [(kinds("One"), kinds("Two")), (large("One"), large("Two"))] {
        let mut parser = learned_from(&one);
        assert_eq!(rounds(&mut parser, &envelope("", &one.concat())), Some(0));
        let found = rounds(&mut parser, &envelope("", &other.concat()));
        assert!(found.is_some_and(|rounds| rounds > 0), "{found:?}");
    }
}

#[test]
fn shapes_that_are_used_stay_when_others_come_once() {
    let kinds: Vec<String> = (0..12).map(|at| event(&format!("Kind{at}Event"), "AAMkAD01")).collect();
    let mut parser = learned_from(&kinds);
    for at in 0..6 {
        let other = event(&format!("Other{at}Event"), "AAMkAD01");
        assert!(steps(&mut parser, &envelope("", &other), usize::MAX) > SUBSCRIPTION_ID);
        assert_eq!(rounds(&mut parser, &envelope("", &kinds.concat())), Some(0), "behind {other}");
    }
}

#[test]
fn a_length_that_only_the_first_event_had_is_forgotten_though_each_event_has_an_envelope_of_its_own() {
    let of = |id: usize| envelope("", &event("NewMailEvent", &"A".repeat(id)));
    let looks = |parser: &mut NotificationParser, id: usize| {
        let before = parser.work();
        steps(parser, &of(id), usize::MAX);
        parser.work() - before
    };
    let (mut usual, mut other) = (begun(), begun());
    steps(&mut other, &of(24), usize::MAX);
    for _ in 0..4 {
        looks(&mut usual, 28);
        looks(&mut other, 28);
    }
    assert_eq!(looks(&mut usual, 28), looks(&mut other, 28));
}

/// A server that is busy says so in a head that differs every time, at its end.
#[test]
fn passages_are_followed_again_when_those_that_were_followed_in_vain_are_over() {
    let busy = |milliseconds: usize| {
        let message = format!(
            "<m:ResponseCode>ErrorServerBusy</m:ResponseCode><m:MessageXml><t:Value Name=\"BackOffMilliseconds\">{milliseconds}\
             </t:Value></m:MessageXml>"
        );
        let (begin, _) =
            envelope("", "").split_once("<m:ResponseCode>").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        format!(
            "{begin}{message}</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></s:Body></s:Envelope>"
        )
    };
    let good = envelope("", &event("NewMailEvent", "AAMkAD01"));
    for chunk in LARGE {
        for (before, count) in [(0, 10), (5, 200), (300, 1000)] {
            let mut parser = begun();
            for _ in 0..before {
                steps(&mut parser, &good, chunk);
            }
            for at in 0..count {
                steps(&mut parser, &busy(100_000 + at), chunk);
            }
            let taken: u64 = (0..500).map(|_| steps(&mut parser, &good, chunk)).sum();
            assert!(taken < 500 * SUBSCRIPTION_ID + 3000, "{taken} steps behind {count}, in chunks of {chunk}");
        }
    }
}

#[test]
fn odd_events_among_others_do_not_keep_those_from_being_known() {
    let of = |at: usize| event("NewMailEvent", &"A".repeat([140, 152, 168][at % 3]));
    let odd: [(&str, &dyn Fn(usize) -> String); 2] = [
        ("alike", &|at| of(at).replace("</t:NewMail", "<t:Foo/></t:NewMail")),
        ("always new", &|at| of(at).replace("</t:NewMail", &format!("<t:Foo{at}/></t:NewMail"))),
    ];
    for ((name, odd), every) in odd.into_iter().zip([4, 10]) {
        let events: String = (0..3000).map(|at| if at % every == 0 { odd(at) } else { of(at) }).collect();
        for chunk in [usize::MAX, 4096, 1460] {
            let mut parser = begun();
            // what is new has to be read, in some five steps
            let taken = steps(&mut parser, &envelope("", &events), chunk);
            assert!(taken < if name == "alike" { 1000 } else { 6000 }, "{name}, in chunks of {chunk}: {taken}");
        }
    }
}

#[test]
fn an_event_that_does_not_end_is_refused_at_its_limit_though_its_shape_is_known() {
    for chunk in [64, 7, 1] {
        let mut parser = NotificationParser::with_limits(Limits::default().with_event_bytes(400));
        for len in [4, 8, 12] {
            steps(&mut parser, &envelope("", &event("NewMailEvent", &"A".repeat(len))), usize::MAX);
        }
        let endless = envelope("", &event("NewMailEvent", &"A".repeat(2000)));
        let start = endless.find("<t:NewMailEvent").unwrap();
        let first = endless.as_bytes()[..start + 400 + chunk].chunks(chunk).any(|mut input| {
            while let Some(_message) = match parser.next_message(&mut input) {
                Ok(message) => message,
                Err(_) => return true,
            } {}
            false
        });
        assert!(first, "chunks of {chunk}");
    }
}

#[test]
fn an_event_with_an_empty_value_is_known_beside_one_whose_value_there_has_no_blanks() {
    let one =
        |id: &str| format!("<t:NewMailEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id=\"{id}\"/></t:NewMailEvent>");
    for chunk in LARGE {
        let mut parser = begun();
        for id in ["caf\u{e9}", "caf\u{e9}", "", ""] {
            steps(&mut parser, &envelope("", &one(id)), chunk);
        }
        for id in ["", "caf\u{e9}", ""] {
            let found = steps(&mut parser, &envelope("", &one(id)), chunk);
            assert!(found <= SUBSCRIPTION_ID, "{found} steps with {id:?} in chunks of {chunk}");
        }
    }
}

#[test]
fn a_known_event_that_is_cut_behind_several_values_of_changing_lengths_costs_no_step() {
    let one = |at: usize| {
        let [time, id, key, parent] = [18, 8, 5, 30].map(|len| "A".repeat(len + 2 * (at % 2)));
        format!(
            "<t:NewMailEvent><t:TimeStamp>{time}</t:TimeStamp><t:ItemId Id=\"{id}\" ChangeKey=\"{key}\"/>\
             <t:ParentFolderId Id=\"{parent}\"/></t:NewMailEvent>"
        )
    };
    let events: Vec<String> = (0..4).map(one).collect();
    known_wherever_it_is_cut(&events);
}
