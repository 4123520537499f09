//! Learning is invisible: a parser that recognises the events of a server by their shape says what one says that reads
//! each of them anew.
#![allow(clippy::restriction)]

mod common;

use common::cut::{self, Random};
use common::seen::{self, Seen};
use common::soap::{self, ERRORS, MESSAGES, TYPES};
use common::{corpus, suite};
use ews_stream::NotificationParser;

const SEED: u64 = 0x5EED;

fn read(learning: bool, chunks: &[&[u8]]) -> Seen {
    seen::messages(&mut NotificationParser::new().learning(learning), chunks.iter().copied())
}

#[track_caller]
fn assert_invisible(body: &[u8], seed: u64, what: &str) -> Seen {
    let expected = read(false, &[body]);
    assert_eq!(read(true, &[body]), expected, "{what}, seed {seed:#x}: {}", body.escape_ascii());
    for largest in [1, 9, 60, 600, 2000] {
        let chunks = cut::randomly(body, largest, seed);
        assert_eq!(read(true, &chunks), expected, "{what}, cut, seed {seed:#x}: {}", body.escape_ascii());
    }
    expected
}

/// One of these, by chance; the first of them most of the time.
fn one_of<'a>(random: &mut Random, usual: &'a str, seldom: &[&'a str]) -> &'a str {
    if random.below(6) == 0 { seldom[random.below(seldom.len())] } else { usual }
}

/// An event that is much like others, and now and then is not.
fn event(random: &mut Random) -> String {
    if random.below(150) == 0 {
        let malformed =
            ["<t:NewMailEvent>]]></t:NewMailEvent>", "<t:NewMailEvent><t:ItemId Id='&x;'/></t:NewMailEvent>", "<x:y/>"];
        return malformed[random.below(3)].to_owned();
    }
    let kind = ["NewMail", "Created", "Modified", "Moved", "Status", "Novel"][random.below(6)];
    let prefix = one_of(random, "t", &["m", "u"]);
    let text = |random: &mut Random| {
        one_of(
            random,
            "2026-03-05T09:14:01Z",
            &["", " x ", "x&lt;", "\u{e9}", "x<!-- -->y", "<![CDATA[x]]>", "]]", "x\r\ny", "a\tb", "x>y"],
        )
        .to_owned()
    };
    let id = |random: &mut Random, name: &str| {
        let value = one_of(
            random,
            "AAMkADk=",
            &["", " A", "A ", "a&amp;b", "a\tb", "\u{e9}", "a>b", "'", "AAMkADkxAAMkADkxAAMkADkxAAMkADkx"],
        );
        let key = one_of(
            random,
            " ChangeKey=\"CQAAAA==\"",
            &["", " ChangeKey=\"\"", " ChangeKey='CQ'", " t:Id=\"x\"", " xmlns:v=\"urn:v\""],
        );
        let end = one_of(random, "/>", &[" />", "></t:ID>", "><!-- --></t:ID>", "><t:x/></t:ID>"]).replace("ID", name);
        format!("<t:{name} Id=\"{value}\"{key}{end}")
    };
    let mut parts = vec![format!("<t:TimeStamp>{}</t:TimeStamp>", text(random))];
    parts.push(id(random, "ItemId"));
    parts.push(id(random, "ParentFolderId"));
    match kind {
        "Modified" => parts.push(format!(
            "<t:UnreadCount>{}</t:UnreadCount>",
            one_of(random, "7", &["", " 7", "x", "-1", "2147483648"])
        )),
        "Moved" => parts.extend([id(random, "OldItemId"), id(random, "OldParentFolderId")]),
        "Status" => parts.clear(),
        _ => {}
    }
    match random.below(12) {
        0 => parts.reverse(),
        1 => {
            parts.pop();
        }
        2 => parts.push("<t:unknown>x</t:unknown>".to_owned()),
        3 => parts.extend(parts.clone()),
        _ => {}
    }
    let between = one_of(random, "", &["\n  ", "<!-- x -->", "\r\n"]);
    format!("<{prefix}:{kind}Event>{}{between}</{prefix}:{kind}Event>", parts.join(between))
}

fn stream(random: &mut Random) -> String {
    let mut body = String::new();
    for _ in 0..3 {
        let declared = one_of(random, "", &[" xmlns:u=\"urn:u\"", " xmlns:t=\"urn:t\"", " t=''"]);
        let head = one_of(random, "<t:SubscriptionId>S</t:SubscriptionId>", &["", "<t:MoreEvents>true</t:MoreEvents>"]);
        let usual = [event(random), event(random), event(random)];
        let mut events = String::new();
        for at in 0..12 {
            let next = if random.below(4) == 0 { event(random) } else { usual[at % 3].clone() };
            events += &next;
            events += one_of(random, "", &["\n\t", "\r\n", "<!-- -->", "text"]);
        }
        let notification = format!("<m:Notification{declared}>{head}{events}</m:Notification>");
        let places = ["*", "<m:Notifications>**</m:Notifications>"];
        let content = one_of(random, "<m:Notifications>*</m:Notifications>", &places);
        body += &soap::streaming(&content.replace('*', &notification));
    }
    body.replace(&format!("xmlns:e=\"{ERRORS}\""), &format!("xmlns:u=\"{TYPES}\""))
}

#[test]
fn learning_is_invisible_in_streams_of_events_that_are_almost_alike() {
    let (mut events, mut errors) = (0, 0);
    for round in 0..600 {
        let seed = SEED + round;
        let body = stream(&mut Random(seed));
        let found = assert_invisible(body.as_bytes(), seed, "a stream");
        events += found.lines.matches("\nEvent ").count();
        errors += usize::from(found.error.is_some());
    }
    assert!(events > 5000 && (10..550).contains(&errors), "{events} events, {errors} errors");
}

#[test]
fn learning_is_invisible_when_one_byte_of_a_known_event_is_another() {
    let event = "<t:MovedEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id=\"A\" ChangeKey='B'/><t:OldItemId Id=\"C\"/></t:MovedEvent>";
    let (before, behind) = ("<t:SubscriptionId>S</t:SubscriptionId>", "<t:StatusEvent/>");
    let body = soap::notification(&format!("{before}{event}{event}{event}{behind}"));
    let start = body.rfind("<t:MovedEvent>").unwrap();
    for at in start..start + event.len() {
        for byte in *b"<>&;/=\"' \t\r\n:a!?[]-\0\x7f\x80\xc3\xff" {
            let mut bytes = body.clone().into_bytes();
            bytes[at] = byte;
            let what = format!("byte {} of the event is {byte:#x}", at - start);
            assert_eq!(read(true, &[&bytes]), read(false, &[&bytes]), "{what}");
        }
        // or is missing, or is there twice
        let mut bytes = body.clone().into_bytes();
        let byte = bytes.remove(at);
        assert_eq!(read(true, &[&bytes]), read(false, &[&bytes]), "without byte {}", at - start);
        bytes.splice(at..at, [byte, byte]);
        assert_eq!(read(true, &[&bytes]), read(false, &[&bytes]), "with byte {} twice", at - start);
    }
}

#[test]
fn learning_is_invisible_in_the_corpus() {
    for body in corpus::bodies() {
        assert_invisible(&body.bytes, SEED, &body.name);
    }
}

#[test]
fn learning_is_invisible_in_the_documents_of_the_w3c_suite_inside_of_a_notification() {
    let Some(cases) = suite::cases() else { return };
    let known = soap::NEW_MAIL.repeat(2);
    for case in cases {
        if let Ok(text) = String::from_utf8(case.bytes) {
            let body = soap::notification(&format!("{known}{text}{known}"));
            assert_eq!(read(true, &[body.as_bytes()]), read(false, &[body.as_bytes()]), "{}", case.uri);
        }
    }
}

#[test]
fn what_was_learned_of_one_body_holds_for_the_next_only_where_it_means_the_same() {
    let mail = soap::NEW_MAIL.repeat(3);
    let first = soap::notification(&mail);
    let mut parser = NotificationParser::new();
    let others = [
        first.clone(),
        first.replace(&format!("xmlns:t=\"{TYPES}\""), "xmlns:t=\"urn:other\""),
        first.replace(TYPES, MESSAGES),
        first.replace(&format!(" xmlns:t=\"{TYPES}\""), ""),
        first.replace("<m:Notification>", "<m:Notification xmlns:t='urn:other'>"),
        first.replace("<m:Notification>", "<m:Notification xmlns='urn:other'>"),
        first.replace("</m:Notification>", "</m:Notification ><x:y xmlns:x='u'/>"),
    ];
    for other in &others {
        for body in [&first, other, other, &first] {
            parser.reset();
            let seen = seen::messages(&mut parser, [body.as_bytes()]);
            assert_eq!(seen, read(false, &[body.as_bytes()]), "{body}");
        }
    }
}

#[test]
fn a_known_shape_with_markup_beyond_ascii_does_not_pass_in_a_document_of_ascii() {
    let event = "<t:NewMailEvent note=\"\u{e9}\"><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp></t:NewMailEvent>";
    let one =
        soap::streaming(&format!("<m:Notifications><m:Notification>{event}{event}</m:Notification></m:Notifications>"));
    let body = format!("{one}<?xml version=\"1.0\" encoding=\"US-ASCII\"?>{one}");
    let seen = assert_invisible(body.as_bytes(), SEED, "a document of ASCII behind one of UTF-8");
    assert!(seen.error.is_some());
}

#[test]
fn a_value_beyond_ascii_does_not_pass_in_a_document_of_ascii_though_its_shape_is_known() {
    let event = |id: &str| format!("<t:NewMailEvent><t:ItemId Id=\"{id}\"/></t:NewMailEvent>");
    // values that differ, so that any is let in
    let one = |id: &str| {
        let declaration = "<?xml version=\"1.0\" encoding=\"US-ASCII\"?>";
        declaration.to_owned() + &soap::notification(&[event("A"), event("BC"), event(id), event("D")].concat())
    };
    let found = assert_invisible(one("caf\u{e9}").as_bytes(), SEED, "the first document");
    assert!(found.error.is_some());
    // known by its head, too
    let body = one("E").repeat(4) + &one("caf\u{e9}");
    let found = assert_invisible(body.as_bytes(), SEED, "a document of a known head");
    assert_eq!(found.lines.matches("Event NewMailEvent").count(), 18);
    assert!(found.error.is_some());
}

#[test]
fn what_was_written_as_a_reference_or_a_section_is_not_taken_without() {
    // a value, one in an attribute, and an attribute that is not known, which is a part of the shape
    let event = |[time, id, note]: [&str; 3]| {
        format!(
            "<t:NewMailEvent note=\"{note}\"><t:TimeStamp>{time}</t:TimeStamp><t:ItemId Id=\"{id}\"/></t:NewMailEvent>"
        )
    };
    for (usual, raw, well_formed) in [
        (["2026", "a&lt;b", ""], ["2026", "a<b", ""], false),
        (["2026", "a&amp;b", ""], ["2026", "a&b", ""], false),
        (["2026", "a&quot;b", ""], ["2026", "a\"b", ""], false),
        (["x&lt;y", "a", ""], ["x<y", "a", ""], false),
        (["x&amp;y", "a", ""], ["x&y", "a", ""], false),
        (["x]]&gt;y", "a", ""], ["x]]>y", "a", ""], false),
        (["<![CDATA[x&y]]>", "a", ""], ["x&y", "a", ""], false),
        (["<![CDATA[x<y]]>", "a", ""], ["x<y", "a", ""], false),
        (["x<!-- -->y", "a", ""], ["xy", "a", ""], true),
        (["2026", "a", "a&lt;b"], ["2026", "a", "a<b"], false),
        (["2026", "a", "a&amp;b"], ["2026", "a", "a&b"], false),
        (["2026", "a", "a&#65;b"], ["2026", "a", "aAb"], true),
    ] {
        let body = soap::notification(&(event(usual).repeat(4) + &event(raw) + &event(usual)));
        let found = assert_invisible(body.as_bytes(), SEED, "an event without references");
        assert_eq!(found.error.is_none(), well_formed, "{raw:?}");
    }
}

#[test]
fn a_known_event_inside_of_something_else_is_no_event() {
    for (open, close) in [
        ("<!--", "-->"),
        ("<?p ", "?>"),
        ("<![CDATA[", "]]>"),
        ("x<!--", "-->x"),
        ("<t:x><!--", "--></t:x>"),
        ("<t:x>", "</t:x>"),
    ] {
        let known = soap::NEW_MAIL;
        let body = soap::notification(&format!("{known}{known}{open}{known}{close}{known}"));
        let at = body.find(open).unwrap();
        let expected = read(false, &[body.as_bytes()]);
        assert_eq!(expected.error, None, "{open}");
        assert_eq!(expected.lines.matches("Event NewMailEvent").count(), 3, "{open}");
        for at in at..at + open.len() + 20 {
            assert_eq!(read(true, &cut::at(body.as_bytes(), at)), expected, "{open} cut at {at}");
        }
    }
}

#[test]
fn a_known_event_ends_the_text_before_it_wherever_that_is_cut() {
    let known = soap::NEW_MAIL;
    for (before, behind) in [("]]", ">"), ("x]", "]>"), ("\r", "\n"), ("x", "x"), (" ]]", ""), ("", "]]>")] {
        let body = soap::notification(&format!("{known}{known}{before}{known}{behind}{known}"));
        let at = body.find(&format!("{before}{known}{behind}{known}")).unwrap();
        let expected = read(false, &[body.as_bytes()]);
        assert_eq!(expected.error.is_some(), behind == "]]>", "{before} {behind}");
        for at in at..at + before.len() + known.len() + behind.len() {
            assert_eq!(read(true, &cut::at(body.as_bytes(), at)), expected, "{before} {behind} cut at {at}");
        }
    }
}

/// What was taken for an event of a known shape has a mistake in it, which is found when learning is switched.
#[test]
fn a_mistake_in_an_event_that_is_being_followed_is_final_when_learning_is_switched() {
    let event = |time: &[u8]| {
        [b"<t:NewMailEvent><t:TimeStamp>", time, b"</t:TimeStamp><t:ItemId Id=\"A\"/></t:NewMailEvent>"].concat()
    };
    let body = soap::notification("<t:SubscriptionId>S</t:SubscriptionId>|");
    let (head, tail) = body.split_once('|').unwrap();
    let before = [head.as_bytes(), &event(b"a"), &event("\u{e9}b".as_bytes()), &event("\u{20ac}".as_bytes())].concat();
    let body = [&before, &event(b"x\xFFx")[..], tail.as_bytes()].concat();
    let wrong = body.iter().position(|byte| *byte == 0xFF).unwrap();
    for switch in [true, false] {
        let mut parser = NotificationParser::new();
        let (mut first, mut second) = body.split_at(wrong + 2);
        while parser.next_message(&mut first).unwrap().is_some() {}
        let mut parser = parser.learning(switch);
        let error = parser.next_message(&mut second).unwrap_err();
        assert_eq!(error.offset(), wrong as u64);
        assert_eq!(parser.finish(), Err(error));
        assert_eq!(parser.next_message(&mut second).unwrap_err(), error);
    }
}

/// The second event is one of a known shape so far, when the body ends: that is told once and for all.
#[test]
fn a_body_that_ends_inside_of_a_known_event_stays_ended() {
    let event = "<t:NewMailEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id=\"A\"/></t:NewMailEvent>";
    let body = soap::notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{event}{event}"));
    let second = body.rfind("<t:NewMailEvent").unwrap();
    for end in second..second + event.len() {
        let mut parser = NotificationParser::new();
        let mut input = &body.as_bytes()[..end];
        while parser.next_message(&mut input).unwrap().is_some() {}
        let error = parser.finish().unwrap_err();
        assert_eq!(parser.finish(), Err(error), "at {end}");
        assert_eq!(parser.next_message(&mut &b"x"[..]).unwrap_err(), error, "at {end}");
        assert_eq!(parser.finish(), Err(error), "at {end}");
    }
}

/// Three kinds that begin alike, the second and third with values before they differ: wherever the chunk ends, what was found of
/// one is not lost for the other.
#[test]
fn events_that_begin_alike_keep_what_was_found_before_they_differ() {
    let event = |time: &str, id: &str, end: &str| {
        format!("<t:ModifiedEvent><t:TimeStamp>{time}</t:TimeStamp><t:ItemId Id=\"{id}\"{end}</t:ModifiedEvent>")
    };
    let ends = [
        " ChangeKey=\"CQ==\"/><t:ParentFolderId Id=\"AQ==\"/>",
        " ChangeKey=\"CQ==\"/><t:UnreadCount>7</t:UnreadCount>",
        "/><t:ParentFolderId Id=\"AQ==\"/><t:UnreadCount>8</t:UnreadCount>",
        "/><t:ParentFolderId Id=\"AQ==\"/>",
    ];
    let mut events = String::new();
    for round in 0..6 {
        for (at, end) in ends.iter().enumerate() {
            // both of one length and of several, so that values are fixed for some shapes and open for others
            let id = "A".repeat(8 + (round * at) % 3);
            events += &event("2026-03-05T09:14:01Z", &id, end);
        }
    }
    let body = soap::notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{events}"));
    let expected = read(false, &[body.as_bytes()]);
    for size in 1..400 {
        let chunks: Vec<&[u8]> = body.as_bytes().chunks(size).collect();
        assert_eq!(read(true, &chunks), expected, "chunks of {size}");
    }
}

/// A value that may have characters beyond ASCII is followed by its end; whether they are characters at all is still asked.
#[test]
fn wrong_encodings_in_values_of_a_known_shape_are_refused_where_they_are() {
    // beside another value, and alone
    wrong_encodings_are_refused_before("</t:TimeStamp><t:ItemId Id=\"A\"/></t:NewMailEvent>");
    wrong_encodings_are_refused_before("</t:TimeStamp></t:NewMailEvent>");
}

fn wrong_encodings_are_refused_before(behind: &str) {
    let event = |value: &[u8]| [&b"<t:NewMailEvent><t:TimeStamp>"[..], value, behind.as_bytes()].concat();
    let known: Vec<u8> = ["a", "\u{e9}b", "\u{20ac}\u{1F600}"].map(|value| event(value.as_bytes())).concat();
    let wrong: [&[u8]; 14] = [
        b"x\xC3",
        b"\x80x",
        b"x\xC3x",
        b"\xC0\x80",
        b"\xE0\x80\x80",
        b"\xED\xA0\x80",
        b"\xF4\x90\x80\x80",
        b"\xF0\x9F\x98",
        b"\xE2\x82",
        b"\xFF",
        b"\xC3\xA9\xC3",
        b"\xEF\xBF\xBE",
        b"\xEF\xBF\xBF",
        b"\xF8\x88\x80\x80\x80",
    ];
    let body = soap::notification("<t:SubscriptionId>S</t:SubscriptionId>|");
    let (head, tail) = body.split_once('|').unwrap();
    for wrong in wrong {
        let body = [head.as_bytes(), &known, &event(wrong), &event("c\u{e9}".as_bytes()), tail.as_bytes()].concat();
        let expected = read(false, &[&body]);
        assert!(expected.error.is_some(), "{}", wrong.escape_ascii());
        assert_eq!(read(true, &[&body]), expected, "{}", wrong.escape_ascii());
        let start = head.len() + known.len();
        // behind it as well, where it is all in the chunk, but shorter than such an event was before
        for cut in start..start + event(wrong).len() + 8 {
            let (before, behind) = body.split_at(cut);
            assert_eq!(read(true, &[before, behind]), expected, "{} cut at {cut}", wrong.escape_ascii());
        }
        for size in [1, 2, 3, 7] {
            let chunks: Vec<&[u8]> = body.chunks(size).collect();
            assert_eq!(read(true, &chunks), expected, "{} in chunks of {size}", wrong.escape_ascii());
        }
    }
    // and those that are right are read, wherever they are cut
    let body = [head.as_bytes(), &known, &known, tail.as_bytes()].concat();
    let expected = read(false, &[&body]);
    assert!(expected.error.is_none());
    for cut in 0..body.len() {
        let (before, behind) = body.split_at(cut);
        assert_eq!(read(true, &[before, behind]), expected, "cut at {cut}");
    }
}

/// What is lent begins at an address of a word, so where the events are makes a difference to how they are taken, and none to
/// what they mean: names of their own, values of several lengths and such as are empty.
#[test]
fn known_events_mean_the_same_at_every_address() {
    let event = |id: &str| {
        format!(
            "<t:NovelEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id=\"{id}\" ChangeKey=\"\"/></t:NovelEvent>\
             <t:ModifiedEvent><t:ItemId Id=\"{id}\"/><t:UnreadCount>7{}</t:UnreadCount></t:ModifiedEvent>\
             <t:X><t:Watermark>{id}</t:Watermark></t:X><t:StatusEvent><t:Watermark>{id}</t:Watermark></t:StatusEvent>",
            id.len()
        )
    };
    let mut events = ["AAMk", "AAMkAD", "AAMk", "AAMkAD0123"].map(event).concat().repeat(4);
    // from the first of these on, that value has no blanks
    events += &["caf\u{e9} 0123456789", "", "AAMk", "\u{e9}", "", "A"].map(event).concat();
    let body = soap::notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{events}"));
    let expected = read(false, &[body.as_bytes()]);
    assert_eq!(expected.error, None);
    let mut room = vec![0; body.len() + 16];
    for at in 0..16 {
        room[at..at + body.len()].copy_from_slice(body.as_bytes());
        assert_eq!(read(true, &[&room[at..at + body.len()]]), expected, "at {at}");
    }
}

#[test]
fn a_body_that_ends_behind_a_known_event_stays_ended() {
    let body = soap::notification(&soap::NEW_MAIL.repeat(6));
    let behind = body.rfind("</t:NewMailEvent>").unwrap() + "</t:NewMailEvent>".len();
    for learning in [true, false] {
        let mut parser = NotificationParser::new().learning(learning);
        let mut input = &body.as_bytes()[..behind];
        while !input.is_empty() {
            assert!(parser.next_message(&mut input).unwrap().is_some());
        }
        let error = parser.finish().unwrap_err();
        let mut more = soap::NEW_MAIL.as_bytes();
        assert_eq!(parser.next_message(&mut more).map(|_| ()), Err(error), "learning {learning}");
    }
}

/// A value that comes twice where the markup before it is the same: it is no known event, wherever the chunk ends in it.
#[test]
fn a_value_that_is_repeated_in_a_known_event_is_refused_wherever_it_is_cut() {
    let event = |at: usize, more: &str| {
        let value = "A".repeat(6 + at % 2);
        format!(
            "<t:NewMailEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id=\"{value}\" ChangeKey=\"{value}\"{more}/>\
             </t:NewMailEvent>"
        )
    };
    let known: String = (0..6).map(|at| event(at, "")).collect();
    let wrong = event(0, " ChangeKey=\"AAAAAA\"");
    let body = soap::notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{known}{wrong}{known}"));
    let expected = read(false, &[body.as_bytes()]);
    assert!(expected.error.is_some());
    assert_eq!(expected.lines.matches("Event NewMailEvent").count(), 6);
    let start = body.find(&wrong).unwrap();
    for cut in start..start + wrong.len() {
        assert_eq!(read(true, &cut::at(body.as_bytes(), cut)), expected, "cut at {}", cut - start);
    }
}
