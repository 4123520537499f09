//! Events whose values change, in every way that matters to what is learned of them, are read as by a parser that learns
//! nothing: in random chunks, at every alignment in memory, with limits close to what is sent.
//!
//! `SEEDS=100000 cargo test --test shapes_differ` tries more than the few that are tried always.
#![allow(clippy::restriction)]

mod common;

use common::cut::{self, Random};
use common::seen::{self, Seen};
use common::soap;
use ews_stream::{Limits, NotificationParser};

const SEED: u64 = 0xD1FF;

fn seeds(usual: u64) -> u64 {
    std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}

fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.below(from.len())]
}

/// Often the length it had, or one of two; now and then another, also so that a delimiter stands where one is guessed.
fn plain(random: &mut Random, usual: usize) -> String {
    let len = match random.below(12) {
        0..=4 => usual,
        5 | 6 => usual + 12,
        7 => usual.saturating_sub(4),
        8 => usual + 1,
        9 => usual.saturating_sub(1),
        10 if random.below(8) == 0 => random.below(300),
        _ => usual + random.below(5),
    };
    (0..len).map(|_| char::from(b"AZaz09+/=-_:]?"[random.below(14)])).collect()
}

fn value(random: &mut Random, usual: usize) -> Vec<u8> {
    let mut value = plain(random, usual).into_bytes();
    if random.below(16) == 0 {
        let odd: &[&[u8]] = &[
            b"",
            b" ",
            b"]]",
            b"]]>",
            b">",
            b"&amp;",
            b"&#x41;",
            b"\t",
            b"\r\n",
            b"'",
            b"\"",
            b"\x7F",
            b"\x01",
            "\u{e9}".as_bytes(),
            "\u{20ac}".as_bytes(),
            "\u{1F600}".as_bytes(),
            "\u{FFFE}".as_bytes(),
            "\u{FEFF}".as_bytes(),
            "\u{85}".as_bytes(),
            b"\xFF",
            b"\xC3",
            b"\xE2\x82",
            b"\xED\xA0\x80",
            b"/",
            b"/>",
            b"\" x=\"",
            b"<",
            b"<!-- -->",
            b"<![CDATA[x]]>",
        ];
        // the ones that are wrong anywhere come seldom
        let odd = if random.below(12) == 0 { odd[random.below(odd.len())] } else { odd[13 + random.below(3)] };
        let at = match random.below(4) {
            0 => 0,
            1 => value.len(),
            _ => random.below(value.len() + 1),
        };
        value.splice(at..at, odd.iter().copied());
    }
    value
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn id(random: &mut Random, out: &mut Vec<u8>, name: &str, style: usize) {
    let quote = if style == 1 { "'" } else { "\"" };
    let (first, second) = if style == 2 { ("ChangeKey", "Id") } else { ("Id", "ChangeKey") };
    put(out, &format!("<t:{name} {first}={quote}"));
    out.extend(value(random, 24));
    put(out, quote);
    if style != 3 {
        put(out, &format!(" {second}={quote}"));
        out.extend(value(random, 8));
        put(out, quote);
    }
    put(out, if style == 4 { " />" } else { "/>" });
}

/// One of a few ways to write an event, `way` each time the same but for its values.
fn event(random: &mut Random, out: &mut Vec<u8>, way: usize) {
    let kinds = ["NewMailEvent", "ModifiedEvent", "MovedEvent", "CreatedEvent", "NovelEvent"];
    let (kind, style) = (kinds[way % 5], way % 7);
    put(out, &format!("<t:{kind}{}>", ["", "", " xmlns:v=\"urn:v\""][way % 3]));
    if way % 4 != 1 {
        put(out, "<t:Watermark>");
        out.extend(value(random, 12));
        put(out, "</t:Watermark>");
    }
    put(out, "<t:TimeStamp>");
    out.extend(value(random, 20));
    put(out, "</t:TimeStamp>");
    put(
        out,
        ["", "<t:Watermark/>", "<x:y xmlns:x=\"urn:x\">z</x:y>", "\n  ", "<t:ItemId ChangeKey=\"x\"/>"][way % 11 % 5],
    );
    id(random, out, "ItemId", style);
    id(random, out, "ParentFolderId", style);
    match way % 5 {
        1 => put(
            out,
            &format!(
                "<t:UnreadCount>{}</t:UnreadCount>",
                pick(random, &["7", "12", "-1", "x", "", " 3", "99999999999"])
            ),
        ),
        2 => {
            id(random, out, "OldItemId", 0);
            id(random, out, "OldParentFolderId", way % 2 * 3);
        }
        3 => id(random, out, "ItemId", 0),
        _ => {}
    }
    if way % 6 == 5 {
        for name in ["FolderId", "OldFolderId"] {
            id(random, out, name, 0);
        }
    }
    put(out, &format!("</t:{kind}>"));
}

fn stream(random: &mut Random) -> Vec<u8> {
    let mut body = Vec::new();
    let ways: Vec<usize> = (0..=random.below(5)).map(|_| random.below(500)).collect();
    for _ in 0..=random.below(3) {
        let shell = soap::notification("<t:SubscriptionId>S</t:SubscriptionId>*");
        let (head, tail) = shell.split_once('*').unwrap();
        put(
            &mut body,
            pick(
                random,
                &["", "", "", "", "\n", "<!-- \u{e9} -->", "\u{feff}", "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>"],
            ),
        );
        put(&mut body, head);
        for _ in 0..random.below(24) {
            let way = if random.below(30) == 0 { random.below(500) } else { ways[random.below(ways.len())] };
            let start = body.len();
            event(random, &mut body, way);
            // a byte that is another, by chance, or right behind
            if random.below(400) == 0 {
                let at = start + random.below(body.len() - start);
                body[at] = b"<>&\" /x\xC3\xFF\0"[random.below(10)];
            }
            if random.below(10) == 0 {
                put(&mut body, pick(random, &["\n  ", " ", "\r\n", "x", "\u{e9}", "<!-- -->", "]]", "\t"]));
            }
            if random.below(900) == 0 {
                body.push(0xE9);
            }
            if random.below(12) == 0 {
                put(&mut body, "</m:Notification><m:Notification>");
            }
        }
        put(&mut body, tail);
    }
    if random.below(10) == 0 {
        body.truncate(random.below(body.len()));
    }
    body
}

fn parser(limits: Limits, learning: bool) -> NotificationParser {
    NotificationParser::with_limits(limits).learning(learning)
}

fn read(limits: Limits, learning: bool, chunks: &[&[u8]]) -> Seen {
    seen::messages(&mut parser(limits, learning), chunks.iter().copied())
}

fn limits(random: &mut Random) -> Limits {
    let limits = Limits::default();
    match random.below(8) {
        0 => limits.with_event_bytes(u32::try_from(400 + random.below(300)).unwrap()),
        1 => limits.with_text_bytes(u32::try_from(24 + random.below(12)).unwrap()),
        _ => limits,
    }
}

#[test]
fn events_whose_values_change_are_read_alike_with_learning_and_without() {
    let (mut events, mut errors) = (0, 0);
    let seeds = seeds(500);
    for seed in SEED..SEED + seeds {
        let mut random = Random(seed);
        let (body, limits) = (stream(&mut random), limits(&mut random));
        let expected = read(limits, false, &[&body]);
        let what = |how: &str| format!("{how}, seed {seed:#x}, {limits:?}: {}", body.escape_ascii());
        assert_eq!(read(limits, true, &[&body]), expected, "{}", what("whole"));
        for largest in [1, 1 + random.below(200), 700] {
            let chunks = cut::randomly(&body, largest, seed);
            assert_eq!(read(limits, true, &chunks), expected, "{}", what(&format!("up to {largest}")));
        }
        let size = 1 + random.below(200);
        let chunks: Vec<&[u8]> = body.chunks(size).collect();
        assert_eq!(read(limits, true, &chunks), expected, "{}", what(&format!("chunks of {size}")));
        // what was learned before, and each alignment
        let mut learned = parser(limits, true);
        for offset in 0..8 {
            let mut moved = vec![b'x'; offset];
            moved.extend_from_slice(&body);
            learned.reset();
            let found = seen::messages(&mut learned, [&moved[offset..]]);
            assert_eq!(found, expected, "{}", what(&format!("the next body, moved by {offset}")));
        }
        for _ in 0..20 {
            let cut = random.below(body.len() + 1);
            learned.reset();
            let found = seen::messages(&mut learned, cut::at(&body, cut));
            assert_eq!(found, expected, "{}", what(&format!("the next body, cut at {cut}")));
        }
        events += expected.lines.matches("\nEvent ").count();
        errors += u64::from(expected.error.is_some());
    }
    assert!(
        events as u64 > 8 * seeds && (seeds / 10..seeds * 9 / 10).contains(&errors),
        "{events} events, {errors} errors"
    );
}

#[test]
fn what_is_done_in_the_middle_of_an_event_does_not_depend_on_what_was_learned() {
    for seed in SEED..SEED + seeds(300) {
        let mut random = Random(seed);
        let body = stream(&mut random);
        let (cut, doing) = (random.below(body.len() + 1), random.below(4));
        let behind = stream(&mut random);
        let found = [false, true].map(|learning| {
            let mut parser = parser(Limits::default(), learning);
            let mut lines = String::new();
            let (mut before, mut rest) = body.split_at(cut);
            let mut read = |parser: &mut NotificationParser, input: &mut &[u8]| loop {
                match parser.next_message(input) {
                    Ok(Some(message)) => seen::write_message(&mut lines, &message),
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(error),
                }
            };
            // an event that is followed may hide for a while that it is wrong
            let _ = read(&mut parser, &mut before);
            match doing {
                0 => parser = parser.learning(!learning),
                1 => parser = parser.learning(learning),
                2 => drop(parser.finish()),
                _ => {
                    parser.reset();
                    rest = &behind;
                }
            }
            let second = read(&mut parser, &mut rest);
            let end = parser.finish();
            (lines, second.err().or(end.err()))
        });
        let [plain, learning] = &found;
        assert_eq!(plain, learning, "seed {seed:#x}, cut at {cut}, {doing}");
    }
}
