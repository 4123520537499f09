//! Limits: at its value each is kept without notice, one byte or one thing more is an error that names it and its
//! value, at the first byte too many, however the input is cut.
//!
//! A unit test in `src/limits.rs`, which does not compile when a limit is added, sees to it that each has a row here.
#![allow(clippy::restriction)]

mod common;

use common::seen::{Seen, messages, read_with, tokenize_with};
use common::soap::{self, MESSAGES, NEW_MAIL, SOAP_11, TYPES, notification};
use ews_stream::xml::Tokenizer;
use ews_stream::{ErrorKind, Limit, Limits, NotificationParser};

#[track_caller]
fn assert_exceeded(seen: &Seen, limit: Limit, max: usize, offset: usize, what: &str) {
    let error = seen.error();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded { limit, max }, "{what}");
    assert_eq!(error.offset(), offset as u64, "{what}: {error}");
    assert!(error.is_limit());
}

struct Row {
    limits: Limits,
    limit: Limit,
    max: usize,
    passes: String,
    fails: String,
    /// Of the first byte too many.
    at: usize,
}

fn row(limits: Limits, limit: Limit, max: usize, passes: &str, fails: &str, at: usize) -> Row {
    Row { limits, limit, max, passes: passes.to_owned(), fails: fails.to_owned(), at }
}

fn rows() -> Vec<Row> {
    let none = Limits::default();
    let depth = none.with_depth(3);
    let name = none.with_name_length(5);
    let attributes = none.with_attributes(2);
    let namespaces = none.with_namespaces(2);
    let namespace_bytes = none.with_namespace_bytes(10);
    let event = none.with_event_bytes(16);
    let text = none.with_text_bytes(5);
    vec![
        row(depth, Limit::Depth, 3, "<a><b><c/><c/></b></a>", "<a><b><c><d", 9),
        row(depth, Limit::Depth, 3, "<a><b><c></c><c>", "<a><b><c></c><c><d/>", 16),
        row(none.with_depth(0), Limit::Depth, 1, "<a/><a/>", "<a><b/></a>", 3),
        row(name, Limit::NameLength, 5, "<abcde></abcde>", "<abcdef/>", 6),
        row(name, Limit::NameLength, 5, "<a bcdef=''/>", "<a bcdefg=''/>", 8),
        row(name, Limit::NameLength, 5, "<a xmlns:b=''", "<a xmlns:b=''", 8).only_fails(),
        row(name, Limit::NameLength, 5, "<?abcde ?><a/>", "<?abcdef?><a/>", 7),
        row(name, Limit::NameLength, 5, "<a\u{e9}bc/>", "<a\u{e9}bcd/>", 6),
        row(name, Limit::NameLength, 5, "<abc\u{e9}/>", "<abcd\u{e9}/>", 6),
        row(attributes, Limit::Attributes, 2, "<a b='' c=''/>", "<a b='' c='' d=''/>", 13),
        row(attributes, Limit::Attributes, 2, "<a xmlns='' c='' ><b c='' d=''/></a>", "<a xmlns='' c='' d", 17),
        row(none.with_attributes(0), Limit::Attributes, 0, "<a ><b/></a>", "<a b=''/>", 3),
        row(
            namespaces,
            Limit::Namespaces,
            2,
            "<a xmlns='u' xmlns:b='v'/>",
            "<a xmlns='u' xmlns:b='v' xmlns:c='w'/>",
            25,
        ),
        row(
            namespaces,
            Limit::Namespaces,
            2,
            "<a xmlns='u'><b xmlns='v'/><b xmlns='v'/></a>",
            "<a xmlns='u'><b xmlns='v'><c xmlns='w'/>",
            29,
        ),
        row(none.with_namespaces(0), Limit::Namespaces, 0, "<a b=''/>", "<a b='' xmlns=''/>", 8),
        row(
            namespace_bytes,
            Limit::NamespaceBytes,
            10,
            "<a xmlns:p='123456789'/><a xmlns:p='1234'><b xmlns:q='1234'/></a>",
            "<a xmlns:p='1234567890'/>",
            3,
        ),
        row(
            namespace_bytes,
            Limit::NamespaceBytes,
            10,
            "<a xmlns:p='1234' xmlns:q='1234'/>",
            "<a xmlns:p='1234' xmlns:q='12345'/>",
            18,
        ),
        row(event, Limit::EventBytes, 16, "<a b='12345678'>", "<a b='123456789'>", 16).only_fails_at_end(),
        row(event, Limit::EventBytes, 16, "<a b='1234567'/>", "<a b='12345678'/>", 16),
        row(event, Limit::EventBytes, 16, "<a></a            ></a", "<a></a             >", 19).only_fails(),
        row(event, Limit::EventBytes, 16, "<a></a            >", "<a></a             >", 19),
        row(event, Limit::EventBytes, 16, "<!--123456789--><a/>", "<!--1234567890--><a/>", 16),
        row(event, Limit::EventBytes, 16, "<a>text<!--123456789--></a>", "<a>text<!--1234567890--></a>", 23),
        row(event, Limit::EventBytes, 16, "<?p 1234567890?><a/>", "<?p 12345678901?><a/>", 16),
        row(event, Limit::EventBytes, 16, "<a><![CDATA[1234]]></a>", "<a>text<![CDATA[12345]]></a>", 23),
        row(text, Limit::TextBytes, 5, "<a>12345<b/>12345</a>", "<a>123456</a>", 8),
        row(text, Limit::TextBytes, 5, "<a>&lt;1</a>", "<a>&lt;12</a>", 8),
        row(text, Limit::TextBytes, 5, "<a>\u{e9}123</a>", "<a>\u{e9}1234</a>", 8),
        row(text, Limit::TextBytes, 5, "<a>12345<!-- 12345 -->12345</a>", "<a>123<!-- -->123456</a>", 19),
        row(none.with_text_bytes(8), Limit::TextBytes, 8, "<a><![CDATA[12345]]></a>", "<a><![CDATA[123456]]></a>", 20),
        // wherever the limit was looked at last
        row(
            none.with_text_bytes(12),
            Limit::TextBytes,
            12,
            "<a>1234567</a><a><![CDATA[123]]></a>",
            "<a>1234567<![CDATA[1]]></a>",
            15,
        ),
        row(none.with_text_bytes(0), Limit::TextBytes, 0, "<a><b/></a>", "<a> </a>", 3),
    ]
}

impl Row {
    fn only_fails(mut self) -> Self {
        "<a/>".clone_into(&mut self.passes);
        self
    }

    fn only_fails_at_end(mut self) -> Self {
        self.passes += "</a>";
        self
    }
}

#[test]
fn every_limit_is_an_error_one_beyond_its_value() {
    for Row { limits, limit, max, passes, fails, at } in rows() {
        let mut tokenizer = Tokenizer::with_limits(limits);
        let seen = tokenize_with(&mut tokenizer, passes.as_bytes());
        let unfinished = seen.error.is_some_and(|error| error.kind() == ErrorKind::UnexpectedEnd);
        assert!(seen.error.is_none() || unfinished, "{passes}: {:?}", seen.error);
        assert_exceeded(&tokenize_with(&mut tokenizer, fails.as_bytes()), limit, max, at, &fails);
    }
}

#[test]
fn the_settings_are_what_was_set_within_their_bounds() {
    let limits = Limits::default()
        .with_depth(0)
        .with_name_length(0)
        .with_attributes(0)
        .with_namespaces(0)
        .with_namespace_bytes(u32::MAX)
        .with_event_bytes(u32::MAX)
        .with_text_bytes(u32::MAX);
    let most = 256 * 1024 * 1024;
    assert_eq!((limits.depth(), limits.name_length(), limits.attributes(), limits.namespaces()), (1, 1, 0, 0));
    assert_eq!((limits.namespace_bytes(), limits.event_bytes(), limits.text_bytes()), (most, most, most));
    assert_eq!(limits.with_event_bytes(0).event_bytes(), 1);
    assert_eq!(Limits::default(), Limits::DEFAULT);
}

/// Reads `body` with limits, with learning and without.
#[track_caller]
fn read_within(limits: Limits, body: &str) -> Seen {
    let seen = read_with(&mut NotificationParser::with_limits(limits), body.as_bytes());
    let unlearned = read_with(&mut NotificationParser::with_limits(limits).learning(false), body.as_bytes());
    assert_eq!(seen, unlearned, "with learning and without");
    seen
}

/// A body in which nothing but the events is long.
fn short_around(events: &str) -> String {
    format!(
        "<Envelope xmlns='{SOAP_11}'><Body><x xmlns='{MESSAGES}'><ResponseMessages><x><Notification xmlns:t='{TYPES}'>\
         {events}</Notification></x></ResponseMessages></x></Body></Envelope>"
    )
}

fn event_bytes(max: usize) -> Limits {
    Limits::default().with_event_bytes(u32::try_from(max).unwrap())
}

#[test]
fn an_event_may_have_as_many_bytes_as_the_limit_says() {
    // the later ones are of a shape that is known by then
    let short = NEW_MAIL.replace("AAMk1", "A");
    for before in [String::new(), short.clone(), short.repeat(3)] {
        let body = short_around(&format!("{before}{NEW_MAIL}"));
        let max = NEW_MAIL.len();
        assert_eq!(read_within(event_bytes(max), &body).error, None);
        let seen = read_within(event_bytes(max - 1), &body);
        let start = body.rfind("<t:NewMailEvent>").unwrap();
        assert_exceeded(&seen, Limit::EventBytes, max - 1, start + max - 1, &before);
        assert_eq!(seen.lines().len(), 1 + before.matches("<t:New").count());
    }
}

#[test]
fn what_is_cut_out_of_an_event_counts_towards_its_bytes() {
    let event = "<t:NewMailEvent><!-- 1234567890123456789012345678901234567890 --><t:unknown>1234567890123</t:unknown>\
                 <t:TimeStamp>&lt;&#x00000041;<![CDATA[1]]></t:TimeStamp></t:NewMailEvent>";
    let body = short_around(event);
    let (start, max) = (body.find(event).unwrap(), event.len());
    assert_eq!(read_within(event_bytes(max), &body).error, None);
    assert_exceeded(&read_within(event_bytes(max - 1), &body), Limit::EventBytes, max - 1, start + max - 1, event);
}

#[test]
fn heads_faults_and_what_waits_for_a_head_are_held_within_the_same_limit() {
    let words = "x".repeat(1000);
    let rows = [
        soap::response("Subscribe", "Error", &format!("<m:MessageText>{words}</m:MessageText>")),
        soap::response("GetEvents", "Error", &format!("<m:unknown>{words}</m:unknown><m:Notification/>")),
        soap::response("Subscribe", "Error", &format!("<m:SubscriptionId>{words}</m:SubscriptionId><m:Watermark/>")),
        soap::envelope(&format!("<s:Fault><detail><x>{words}</x></detail></s:Fault>")),
        soap::response("GetEvents", "Error", &"<m:ConnectionStatus>OK</m:ConnectionStatus>".repeat(50)),
        notification(&format!("<t:SubscriptionId>{words}</t:SubscriptionId>")),
    ];
    for body in rows {
        let seen = read_within(Limits::default().with_event_bytes(900), &body);
        assert!(
            matches!(seen.error().kind(), ErrorKind::LimitExceeded { limit: Limit::EventBytes, max: 900 }),
            "{body}: {}",
            seen.error()
        );
        assert_eq!(read_within(Limits::default().with_event_bytes(3000), &body).error, None, "{body}");
    }
}

#[test]
fn what_is_said_once_more_behind_the_head_is_not_held_beyond_its_end() {
    let xml = "<m:MessageXml><t:Value Name='BackOffMilliseconds'>7</t:Value></m:MessageXml>";
    for part in ["<m:ResponseCode>C</m:ResponseCode>", "<m:MessageText>T</m:MessageText>", xml] {
        // the first is told, the second is not; what follows is longer than may be held
        let content = format!(
            "<m:Notifications><m:Notification/></m:Notifications>{part}{part}{}<m:ConnectionStatus>OK</m:ConnectionStatus>",
            "<m:unknown>x</m:unknown>".repeat(100)
        );
        let body = soap::response("GetStreamingEvents", "Error", &content);
        let seen = read_within(Limits::default().with_event_bytes(900), &body);
        assert_eq!(seen.error, None, "{part}");
        assert_eq!(seen.lines().len(), 4, "{part}: {}", seen.lines);
    }
}

/// Nothing is held between an answered id and the end of its response message.
#[test]
fn small_events_behind_an_answered_id_are_no_large_event() {
    let events = format!("<m:Notification>{}</m:Notification>", NEW_MAIL.repeat(50));
    for ids in [
        "<m:SubscriptionId>S</m:SubscriptionId><m:Watermark>W</m:Watermark><m:ResponseCode>C</m:ResponseCode>",
        "<m:ResponseCode>C</m:ResponseCode><m:SubscriptionId>S</m:SubscriptionId><m:SubscriptionId>T</m:SubscriptionId>",
    ] {
        let body = soap::response("Subscribe", "Success", &format!("{ids}{events}"));
        for learning in [true, false] {
            let limits = Limits::default().with_event_bytes(900);
            let mut parser = NotificationParser::with_limits(limits).learning(learning);
            let seen = messages(&mut parser, [body.as_bytes()]);
            assert_eq!(seen.error, None, "{ids}");
            let told = seen.lines().into_iter().filter(|line| line.starts_with("Subscribed")).collect::<Vec<_>>();
            assert_eq!(told.len(), 1, "{}", seen.lines);
            assert!(told[0].contains('S') && !told[0].contains('T'), "{told:?}");
        }
    }
}

#[test]
fn a_known_shape_does_not_pass_a_limit_that_another_would_not() {
    let body = |first: usize, second: usize, space: usize| {
        let event = |len: usize| {
            let value = "1".repeat(len);
            format!("<t:CopiedEvent><t:TimeStamp>{value}</t:TimeStamp><t:ItemId Id='{value}'/></t:CopiedEvent>")
        };
        short_around(&format!("{0}{0}{1:space$}{2}", event(first), "", event(second)))
    };
    let plain = |limits: Limits, body: &str, learning: bool| {
        messages(&mut NotificationParser::with_limits(limits).learning(learning), [body.as_bytes()])
    };
    let mut kinds = Vec::new();
    for (first, second, space) in [(1, 1, 0), (1, 30, 0), (30, 1, 7), (2, 3, 40)] {
        let body = body(first, second, space);
        assert_eq!(plain(Limits::default(), &body, true).lines().len(), 5, "{body}");
        for max in 0..200u16 {
            for limits in [
                Limits::default().with_event_bytes(u32::from(max)),
                Limits::default().with_text_bytes(u32::from(max)),
                Limits::default().with_depth(max),
                Limits::default().with_name_length(max),
                Limits::default().with_attributes(max),
            ] {
                let learned = plain(limits, &body, true);
                assert_eq!(learned, plain(limits, &body, false), "{limits:?} {body}");
                kinds.extend(learned.error.map(|error| (error.kind(), learned.lines().len())));
            }
        }
    }
    // limits were met behind the first events too
    assert!(kinds.iter().any(|(_, before)| *before >= 3), "{kinds:?}");
}

#[test]
fn a_shape_known_higher_up_does_not_pass_the_depth_limit_further_down() {
    let one = format!("<m:Notification>{NEW_MAIL}{NEW_MAIL}</m:Notification>");
    let body = soap::streaming(&format!("{one}<m:Notifications>{one}</m:Notifications>"));
    let depth = "Envelope Body Response Messages Message Notifications Notification Event ItemId".split(' ').count();
    let limits = |depth: usize| Limits::default().with_depth(u16::try_from(depth).unwrap());
    assert_eq!(read_within(limits(depth), &body).error, None);
    let seen = read_within(limits(depth - 1), &body);
    let at = body.rfind("<m:Notification>").unwrap();
    let at = at + body[at..].find("<t:TimeStamp>").unwrap();
    assert_exceeded(&seen, Limit::Depth, depth - 1, at, "further down");
    assert_eq!(seen.lines().len(), 3, "{}", seen.lines);
}

/// The error is not put off to the next chunk, or to the end: what is too long would be held until then.
#[test]
fn an_event_of_a_known_shape_is_refused_in_the_chunk_in_which_it_becomes_too_long() {
    const MAX: u32 = 300;
    let event = |len: usize| {
        let id = "A".repeat(len);
        format!("<t:CopiedEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id='{id}'/></t:CopiedEvent>")
    };
    let known = [4, 9, 4, 9].map(event).concat();
    let limits = Limits::default().with_event_bytes(MAX);
    // behind other events, and first in its Notification
    for before in ["", "</Notification><Notification xmlns:t='TYPES'><t:SubscriptionId>S</t:SubscriptionId>"] {
        let before = before.replace("TYPES", TYPES);
        for long in [event(MAX as usize - event(0).len() + 1), event(700), event(4000)] {
            let body = short_around(&format!("{known}{before}{long}"));
            let at = body.rfind("<t:CopiedEvent>").unwrap();
            let limit = at + MAX as usize;
            for first in [0, at, at + 1, at + 40, at + 80, at + 200, limit] {
                for chunk in [usize::MAX, 512, 64, 7, 1] {
                    let mut parser = NotificationParser::with_limits(limits);
                    let (head, tail) = body.as_bytes().split_at(first);
                    let mut end = 0;
                    let mut error = None;
                    for mut input in [head].into_iter().chain(tail.chunks(chunk.min(tail.len()))) {
                        end += input.len();
                        while error.is_none() && !input.is_empty() {
                            error = parser.next_message(&mut input).err();
                        }
                        assert_eq!(error.is_some(), end > limit, "{end} of {limit}, {first}, in chunks of {chunk}");
                        if error.is_some() {
                            break;
                        }
                    }
                    let error = error.unwrap();
                    let kind = ErrorKind::LimitExceeded { limit: Limit::EventBytes, max: MAX as usize };
                    assert_eq!((error.kind(), error.offset()), (kind, limit as u64), "{first}, in chunks of {chunk}");
                }
            }
        }
    }
}
