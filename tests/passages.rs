//! Learned heads and tails of envelopes are invisible: whatever follows what was learned, cut anywhere, the messages, the
//! error and its place are those of a parser that learns nothing.
#![allow(clippy::restriction)]

mod common;

use common::cut::{self, Random};
use common::seen::{self, Seen};
use ews_stream::{Message, NotificationParser};

const M: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const T: &str = "http://schemas.microsoft.com/exchange/services/2006/types";

fn read(learning: bool, chunks: &[&[u8]]) -> Seen {
    seen::messages(&mut NotificationParser::new().learning(learning), chunks.iter().copied())
}

#[track_caller]
fn assert_invisible(body: &[u8], seed: u64) -> Seen {
    let expected = read(false, &[body]);
    assert_eq!(read(true, &[body]), expected, "{}", body.escape_ascii());
    for largest in [1, 40, 700] {
        let chunks = cut::randomly(body, largest, seed);
        assert_eq!(read(true, &chunks), expected, "cut, seed {seed:#x}: {}", body.escape_ascii());
    }
    expected
}

fn head(class: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><ServerVersionInfo MajorVersion=\"15\" \
         Version=\"V2_6\" xmlns=\"{T}\"/></s:Header><s:Body><m:GetStreamingEventsResponse xmlns:m=\"{M}\" xmlns:t=\"{T}\">\
         <m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass=\"{class}\">\
         <m:ResponseCode>NoError</m:ResponseCode>"
    )
}

const END: &str =
    "</m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse></s:Body></s:Envelope>";
const TAIL: &str =
    "</m:Notification></m:Notifications><m:ErrorSubscriptionIds/><m:ConnectionStatus>OK</m:ConnectionStatus>";
const EVENT: &str =
    "<t:NewMailEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id=\"AAMkADk=\"/></t:NewMailEvent>";

fn events(class: &str) -> String {
    format!(
        "{}<m:Notifications><m:Notification><t:SubscriptionId>S</t:SubscriptionId>{EVENT}{EVENT}{TAIL}{END}",
        head(class)
    )
}

fn heartbeat() -> String {
    format!("{}<m:ConnectionStatus>OK</m:ConnectionStatus>{END}", head("Success"))
}

#[test]
fn a_byte_that_is_another_in_a_known_envelope_is_read_as_what_it_is() {
    for known in [events("Success"), heartbeat()] {
        let before = known.repeat(3);
        for at in 0..known.len() {
            // no two of them are alike for a tokenizer
            for byte in *b"<x>\"& /=:\xE9" {
                if at % 3 != 0 && !b"<x".contains(&byte) {
                    continue;
                }
                let mut changed = known.clone().into_bytes();
                changed[at] = byte;
                let body = [before.as_bytes(), &changed, known.as_bytes()].concat();
                let expected = read(false, &[&body]);
                assert_eq!(read(true, &[&body]), expected, "{byte:#x} at {at}");
                let cuts = [before.len() + at, before.len() + at / 2];
                for cut in cuts {
                    assert_eq!(read(true, &cut::at(&body, cut)), expected, "{byte:#x} at {at}, cut at {cut}");
                }
            }
        }
    }
}

#[test]
fn a_byte_more_or_less_in_a_known_envelope_is_read_as_what_it_is() {
    for known in [events("Success"), heartbeat()] {
        let before = known.repeat(3);
        for at in 0..known.len() {
            let mut less = known.clone().into_bytes();
            less.remove(at);
            let mut more = known.clone().into_bytes();
            more.insert(at, b' ');
            for changed in [less, more] {
                let body = [before.as_bytes(), &changed, known.as_bytes()].concat();
                let expected = read(false, &[&body]);
                assert_eq!(read(true, &[&body]), expected, "at {at}");
                assert_eq!(read(true, &cut::at(&body, before.len() + at)), expected, "at {at}, cut there");
            }
        }
    }
}

#[test]
fn a_body_that_ends_in_a_known_envelope_ends_there() {
    for known in [events("Success"), heartbeat()] {
        let body = known.repeat(4);
        for len in body.len() - known.len()..=body.len() {
            let body = &body.as_bytes()[..len];
            let expected = read(false, &[body]);
            assert_eq!(read(true, &[body]), expected, "{len}");
            let chunks: Vec<&[u8]> = body.chunks(61).collect();
            assert_eq!(read(true, &chunks), expected, "{len}, in chunks");
            let mut parser = NotificationParser::new();
            let mut plain = NotificationParser::new().learning(false);
            for parser in [&mut parser, &mut plain] {
                let mut input = body;
                while let Ok(Some(_)) = parser.next_message(&mut input) {}
            }
            assert_eq!(parser.is_between_envelopes(), plain.is_between_envelopes(), "{len}");
            assert_eq!(parser.offset(), plain.offset(), "{len}");
        }
    }
}

/// Messages of a known head are told when their last byte is in, and the offset says so.
#[test]
fn a_message_of_a_known_envelope_comes_with_its_last_byte() {
    let body = [events("Success"), heartbeat()].concat().repeat(3);
    let places = |learning: bool| {
        let mut parser = NotificationParser::new().learning(learning);
        let mut places = vec![];
        for byte in body.as_bytes().chunks(1) {
            let mut input = byte;
            while let Some(message) = parser.next_message(&mut input).unwrap() {
                let message = format!("{message:?}");
                places.push((parser.offset(), message));
            }
        }
        places
    };
    assert_eq!(places(true), places(false));
}

#[test]
fn what_is_learned_of_a_tail_holds_only_behind_its_own_head() {
    let usual = events("Success").repeat(3);
    // the same tail, but the elements it closes were opened by other names, or none of them was
    let named = [
        ("m:Notifications>", "t:Notifications>"),
        ("s:Body>", "S:Body>"),
        ("<m:ResponseMessages>", "<m:ResponseMessages><m:x>"),
    ];
    for (from, to) in named {
        let other = events("Success").replacen(from, to, 1);
        let found = assert_invisible([&usual[..], &other, &events("Success")].concat().as_bytes(), 7);
        assert!(found.error.is_some(), "{from} to {to} is not well-formed");
    }
    // the same names, other namespaces
    let other = events("Success").replacen(&format!("xmlns:m=\"{M}\""), "xmlns:m=\"urn:x\"", 1);
    assert_invisible([&usual[..], &other, &events("Error")].concat().as_bytes(), 7);
}

#[test]
fn envelopes_of_all_kinds_in_any_order_are_read_alike() {
    let (mut messages, mut errors) = (0, 0);
    for round in 0..1_500_u64 {
        let mut random = Random(0xE17E + round);
        let mut body = String::new();
        for _ in 0..8 {
            let mut next = match random.below(7) {
                0 | 1 => events("Success"),
                2 => heartbeat(),
                3 => events("Error"),
                4 => events("Success").replace(TAIL, &TAIL.replace("OK", "Closed")),
                5 => events("Success").replace(
                    "</m:Notification>",
                    "</m:Notification><m:Notification><t:SubscriptionId>T</t:SubscriptionId></m:Notification>",
                ),
                _ => heartbeat().replace("<m:ConnectionStatus>", "<m:ErrorSubscriptionIds><SubscriptionId>S</SubscriptionId></m:ErrorSubscriptionIds><m:ConnectionStatus>"),
            };
            match random.below(12) {
                0 => next = next.replace("<m:ResponseCode>NoError</m:ResponseCode>", ""),
                1 => next = next.replace(END, &format!("<m:ResponseCode>ErrorServerBusy</m:ResponseCode>{END}")),
                2 => next = next.replace("m:", "n:"),
                3 => next = next.replace("t:", "m:").replacen("xmlns:m", "xmlns:t", 1),
                4 => next = next.replace(EVENT, ""),
                5 => next.insert_str(0, "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>"),
                6 => next.insert(0, '\u{FEFF}'),
                7 => next.insert_str(0, "<!-- x -->"),
                8 if random.below(6) == 0 => {
                    let at = random.below(next.len());
                    next.remove(at);
                }
                _ => {}
            }
            body += &next;
            body += ["", "", "\n", "\r\n  "][random.below(4)];
        }
        let found = assert_invisible(body.as_bytes(), round);
        messages += found.lines.len();
        errors += usize::from(found.error.is_some());
    }
    assert!(messages > 500_000 && (50..1_200).contains(&errors), "{messages} {errors}");
}

#[test]
fn what_was_learned_of_one_response_holds_in_the_next() {
    let body = [events("Success"), heartbeat(), events("Success")].concat().repeat(2);
    let mut parser = NotificationParser::new();
    let first = seen::messages(&mut parser, [body.as_bytes()]);
    for cut in 0..body.len() {
        // the response before broke off here
        parser.reset();
        let mut input = &body.as_bytes()[..cut];
        while let Ok(Some(_)) = parser.next_message(&mut input) {}
        parser.reset();
        assert_eq!(seen::messages(&mut parser, [body.as_bytes()]), first, "after one that broke off at {cut}");
    }
}

#[test]
fn learning_may_be_switched_in_the_middle_of_an_envelope() {
    let body = [events("Success"), heartbeat()].concat().repeat(3);
    let expected = read(false, &[body.as_bytes()]);
    for cut in (0..body.len()).step_by(3) {
        for lenient in [false, true] {
            let mut lines = 0;
            let mut parser = NotificationParser::new();
            let [first, second] = cut::at(body.as_bytes(), cut);
            let mut count = |parser: &mut NotificationParser, mut input: &[u8]| {
                while let Some(message) = parser.next_message(&mut input).unwrap() {
                    lines += 1;
                    assert!(!matches!(message, Message::Fault(_)));
                }
            };
            count(&mut parser, first);
            let mut parser = if lenient { parser.lenient(true) } else { parser.learning(false) };
            count(&mut parser, second);
            parser.finish().unwrap();
            assert_eq!(lines, expected.lines.lines().count(), "at {cut}");
        }
    }
}

#[test]
fn a_known_tail_inside_of_something_else_is_no_tail() {
    let known = events("Success");
    let tail = format!("{TAIL}{END}");
    let (before, _) = known.split_once(&tail).unwrap();
    for (open, close) in
        [("<!--", "-->"), ("<?p ", "?>"), ("<![CDATA[", "]]>"), ("x<!--", "-->x"), ("<t:x><!--", "--></t:x>")]
    {
        let mut body = known.repeat(3);
        body += before;
        body += open;
        let at = body.len();
        body += &tail;
        body += close;
        body += &tail;
        body += &known;
        let expected = read(false, &[body.as_bytes()]);
        assert_eq!(expected.error, None, "{open}");
        assert_eq!(expected.lines.matches("EndOfEnvelope").count(), 5, "{open}");
        for at in at - open.len()..at + 20 {
            let chunks = cut::at(body.as_bytes(), at);
            assert_eq!(read(true, &chunks), expected, "{open} cut at {at}");
        }
    }
}

#[test]
fn a_known_tail_behind_text_is_read_as_what_it_is() {
    let known = events("Success");
    let tail = format!("{TAIL}{END}");
    let (before, _) = known.split_once(&tail).unwrap();
    for text in ["x", "]]", "&#65;", "\r", " \u{e9}", "]]>", "&nbsp;", "\u{1}"] {
        let body = format!("{}{before}{text}{tail}{known}", known.repeat(3));
        let at = body.rfind(before).unwrap() - known.len();
        let expected = read(false, &[body.as_bytes()]);
        for at in at.min(body.len())..body.len() {
            assert_eq!(read(true, &cut::at(body.as_bytes(), at)), expected, "{text:?} cut at {at}");
        }
    }
}

#[test]
fn a_known_tail_inside_of_an_element_that_is_open_is_not_well_formed() {
    let known = events("Success");
    let tail = format!("{TAIL}{END}");
    let (before, _) = known.split_once(&tail).unwrap();
    for open in ["<t:x>", "<x><y/>", "<t:SubscriptionId>"] {
        let body = format!("{}{before}{open}{tail}{known}", known.repeat(3));
        let at = 3 * known.len() + before.len() + open.len();
        let expected = read(false, &[body.as_bytes()]);
        assert!(expected.error.is_some(), "{open}");
        for at in at - open.len()..at + 20 {
            assert_eq!(read(true, &cut::at(body.as_bytes(), at)), expected, "{open} cut at {at}");
        }
    }
}

#[test]
fn what_is_learned_of_a_tail_holds_behind_a_second_notification_only_where_that_stands_alike() {
    let known = events("Success");
    let second = format!("<m:Notification><t:SubscriptionId>T</t:SubscriptionId>{EVENT}{TAIL}{END}");
    let (before, _) = known.split_once(TAIL).unwrap();
    let (empty, _) = known.split_once(EVENT).unwrap();
    // the elements that the tail closes have other names, or none is open
    for between in [
        format!("</m:Notification></m:Notifications><n:Notifications xmlns:n=\"{M}\">"),
        "</m:Notification></m:Notifications>".to_owned(),
    ] {
        for first in [before, empty] {
            let body = format!("{}{first}{between}{second}{known}", known.repeat(3));
            let found = assert_invisible(body.as_bytes(), 7);
            assert!(found.error.is_some(), "{between}");
        }
    }
    // another response message, in which what the tail says once more is said for the first time
    let again = TAIL.replace("<m:ErrorSubscriptionIds/>", "<m:ResponseCode>NoError</m:ResponseCode>");
    let known = known.replace(TAIL, &again);
    let second = second.replace(TAIL, &again);
    for class in ["Success", "Error"] {
        let between = format!(
            "</m:Notification></m:Notifications></m:GetStreamingEventsResponseMessage>\
             <m:GetStreamingEventsResponseMessage ResponseClass=\"{class}\"><m:Notifications>"
        );
        for first in [before, empty] {
            let body = format!("{}{first}{between}{second}{known}", known.repeat(3));
            let found = assert_invisible(body.as_bytes(), 7);
            assert_eq!(found.error, None);
            let late = format!("Response operation=GetStreamingEvents class={class} code=\"NoError\"");
            assert!(found.lines.contains(&late), "{}", found.lines);
        }
    }
}

#[test]
fn an_id_that_a_subscribe_answered_comes_each_time_though_its_head_is_known() {
    let answered =
        events("Success").replace("<m:Notifications>", "<m:SubscriptionId>X</m:SubscriptionId><m:Notifications>");
    // or only its events are
    for before in [String::new(), events("Error").repeat(2)] {
        let found = assert_invisible((before + &answered.repeat(4)).as_bytes(), 7);
        assert_eq!(found.error, None);
        assert_eq!(found.lines.matches("Subscribed subscription_id=\"X\"").count(), 4, "{}", found.lines);
    }
}

#[test]
fn the_same_head_in_a_document_of_another_encoding_is_read_as_what_it_is() {
    let usual = events("Success").replace("<s:Header>", "<s:Header><x>\u{e9}</x>");
    let ascii = format!("<?xml version=\"1.0\" encoding=\"US-ASCII\"?>{}", events("Success"));
    let wrong = ascii.replace(TAIL, &TAIL.replace("OK", "OK\u{e9}"));
    for body in [
        [&usual.repeat(3)[..], &ascii.repeat(3), &usual, &ascii, &wrong].concat(),
        [&ascii.repeat(3)[..], &usual.repeat(3), &ascii, &wrong].concat(),
    ] {
        let found = assert_invisible(body.as_bytes(), 7);
        assert!(found.error.is_some());
    }
}

#[test]
fn nothing_of_what_was_known_is_left_when_learning_is_switched() {
    // a number may be given anew: it must not lead to where it led before
    for (first, then) in [(events("Success"), heartbeat()), (heartbeat(), events("Success"))] {
        for switch in [true, false] {
            let mut parser = NotificationParser::new();
            let before = first.repeat(4);
            let mut input = before.as_bytes();
            while parser.next_message(&mut input).unwrap().is_some() {}
            let mut parser = if switch { parser.learning(false).learning(true) } else { parser.lenient(true) };
            parser.reset();
            let body = [&then[..], &then, &then, &then, &first, &first, &then].concat();
            let seen = seen::messages(&mut parser, [body.as_bytes()]);
            assert_eq!(seen, read(false, &[body.as_bytes()]));
            assert_eq!(seen.error, None);
        }
    }
}

#[test]
fn a_byte_order_mark_begins_a_document_that_is_not_of_ascii_because_the_last_one_was() {
    let ascii = format!("<?xml version=\"1.0\" encoding=\"US-ASCII\"?>{}", heartbeat());
    let body = format!("{ascii}\u{feff}<!-- \u{e9} -->{}", events("Success").replace("AAMk", "\u{e9}"));
    assert_eq!(assert_invisible(body.as_bytes(), 1).error, None);
}

/// Comments behind a document of ASCII belong to it, and so may be of ASCII alone.
#[test]
fn what_comes_behind_a_document_of_ascii_is_of_ascii_though_it_is_known() {
    let ascii = format!("<?xml version=\"1.0\" encoding=\"US-ASCII\"?>{}", heartbeat());
    let commented = format!("<!-- \u{e9} -->{}", heartbeat());
    let behind_ascii = heartbeat().repeat(2) + &commented.repeat(3) + &ascii + &commented;
    assert!(assert_invisible(behind_ascii.as_bytes(), 1).error.is_some());
    let behind_known_ascii = (heartbeat().repeat(2) + &ascii).repeat(4) + "<!-- \u{e9} -->";
    assert!(assert_invisible(behind_known_ascii.as_bytes(), 1).error.is_some());
    let behind_utf_8 = ascii.repeat(4) + &heartbeat() + &commented.repeat(3);
    assert!(assert_invisible(behind_utf_8.as_bytes(), 1).error.is_none());
}

/// The code comes last, so that several messages wait for the end of the response.
#[test]
fn messages_that_wait_are_not_lost_when_learning_is_switched() {
    let code = "<m:ResponseCode>NoError</m:ResponseCode>";
    let late = heartbeat().replace(code, "").replace("OK</m:ConnectionStatus>", "OK</m:ConnectionStatus><m:x/>");
    let body = late.repeat(4);
    let expected = read(false, &[body.as_bytes()]);
    let count = expected.lines().len();
    for switch in [true, false] {
        for at in 0..count {
            let mut parser = NotificationParser::new();
            let (mut input, mut lines) = (body.as_bytes(), String::new());
            for number in 0..count {
                if number == at {
                    parser = parser.learning(switch);
                }
                match parser.next_message(&mut input).unwrap() {
                    Some(message) => seen::write_message(&mut lines, &message),
                    None => break,
                }
            }
            assert_eq!(lines, expected.lines, "switched before message {at}");
        }
    }
}

#[test]
fn a_known_comment_or_mark_between_two_envelopes_is_between_them() {
    for before in ["<!-- x -->", "<?x y?>", "\u{feff}", "\u{feff} ", " <!-- x --> ", "<?xml version=\"1.0\"?>"] {
        let body = format!("{before}{}", heartbeat()).repeat(4);
        let start = body.rfind(before).unwrap();
        for end in start..start + before.len() + 20 {
            let [learning, plain] = [true, false].map(|learning| {
                let mut parser = NotificationParser::new().learning(learning);
                let mut input = &body.as_bytes()[..end];
                while parser.next_message(&mut input).unwrap().is_some() {}
                parser.is_between_envelopes()
            });
            assert_eq!(learning, plain, "{before:?}, {end} of {start}");
        }
    }
}

/// A tail is known in a state that knows of no answered id.
#[test]
fn an_answered_id_between_two_notifications_is_told_though_the_tail_is_known() {
    let one = "<m:Notification><t:StatusEvent><t:Watermark>w</t:Watermark></t:StatusEvent></m:Notification>";
    let usual = format!("{}<m:Notifications>{one}</m:Notifications>{END}", head("Success"));
    // longer than any passage that is kept, so that the next Notification ends no record of one
    let ids = format!("<m:SubscriptionId>{}</m:SubscriptionId>", "S".repeat(2000));
    let odd = format!(
        "{0}<m:Notifications>{one}</m:Notifications>{ids}<m:Notifications>{one}</m:Notifications>{END}",
        head("Success")
    );
    let seen = assert_invisible([usual.repeat(4), odd.repeat(3), usual].concat().as_bytes(), 7);
    assert_eq!(seen.error, None);
    let told = seen.lines().into_iter().filter(|line| line.starts_with("Subscribed")).count();
    assert_eq!(told, 3, "{}", seen.lines);
}
