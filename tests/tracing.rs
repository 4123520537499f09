//! Feature `tracing`: what the session does can be followed in a log.
#![cfg(feature = "tracing")]
#![allow(clippy::restriction, clippy::pedantic)]

mod session_common;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use ews_stream::request::Text;
use ews_stream::session::*;
use session_common::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A line for each span and event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Log {
    fn write(&self, kind: &str, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) -> u64 {
        let mut line = Line(format!("{} {kind}", metadata.level()));
        record(&mut line);
        let mut lines = self.0.lock().unwrap();
        lines.push(line.0);
        lines.len() as u64
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Id::from_u64(self.write(span.metadata().name(), span.metadata(), |line| span.record(line)))
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let parent = event.parent().map_or(0, Id::into_u64);
        self.write(&format!("in {parent}:"), event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What is logged while `run` runs, without the transitions.
fn log_of(run: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), run);
    let lines = log.0.lock().unwrap();
    lines
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{} {line}", n + 1))
        .filter(|line| !line.contains("TRACE"))
        .collect()
}

#[test]
fn a_request_is_a_span_with_its_answers_and_what_is_told_is_an_event() {
    let log = log_of(|| {
        let (mut peer, _) = Peer::live(Config::default());
        let stream = peer.stream();
        peer.say(stream, "<html>Proxy error</html>, and some words more to make sure that it is understood");
    });
    let expected = [
        r#"2 DEBUG ews_request request=0 operation="Subscribe" subscriptions=1"#,
        "3 DEBUG in 2: message=sent",
        "4 DEBUG in 2: message=answered status=200",
        "5 DEBUG in 2: message=ended",
        r#"7 DEBUG ews_request request=1 operation="GetStreamingEvents" subscriptions=1"#,
        "8 DEBUG in 7: message=sent",
        "10 DEBUG in 7: message=answered status=200",
        "12 INFO in 0: message=live subscription=0.0",
        r#"13 WARN in 7: message=unreadable error="no SOAP envelope" offset=507"#,
        "14 DEBUG in 7: message=broken reason=ProtocolError",
        "15 WARN in 0: message=backing off until=3.835s reason=ProtocolError everything=true",
        "17 WARN in 0: message=lost subscription=0.0 reason=ProtocolError",
    ];
    assert_eq!(log, expected); // the numbers left out are transitions
}

#[test]
fn neither_ids_nor_mailboxes_are_logged() {
    let lines = log_of(|| {
        let mut peer = Peer::new(Config::default());
        let wanted = Subscription::new().group(Group::new("a-group", Text::new("anna@example.com").unwrap()));
        peer.subscribe(wanted);
        peer.drain();
        peer.answer_subscribes(LONG);
        peer.head(peer.stream(), 401, &[]);
    });
    let text = lines.join("\n");
    assert!(text.contains("authentication required status=401"), "{text}");
    assert!(!text.contains(LONG) && !text.contains("anna"), "{text}");
}

#[test]
fn bodies_and_ids_are_left_out_of_the_log() {
    let mut found = vec![];
    for body in
        ["user anna@example.com is not allowed to do this", "<anna.smith.example.com>x</anna.smith.example.com>"]
    {
        found.extend(log_of(|| {
            let (mut peer, _) = Peer::live(Config::default());
            let s = peer.stream();
            peer.pass(61.0);
            peer.say(s, closed());
            peer.end(s);
            let s = peer.stream();
            peer.say(s, body);
            peer.end(s);
        }));
    }
    found.extend(log_of(|| {
        let (mut peer, _) = Peer::live(Config::default());
        let s = peer.stream();
        peer.say(s, streaming("Error", "ErrorNotSupported anna@example.com", ""));
    }));
    found.retain(|l| l.contains("anna"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_code_of_the_servers_is_in_the_log_and_an_encoding_is_not() {
    let log = log_of(|| {
        let (mut peer, _) = Peer::live(Config::default());
        let stream = peer.stream();
        peer.say(stream, streaming("Error", "ErrorAccessDenied", ""));
        let (mut peer, _) = Peer::live(Config::default());
        let stream = peer.stream();
        peer.say(stream, "<?xml version='1.0' encoding='anna'?>");
    });
    let lines = |part: &str| log.iter().filter(|line| line.contains(part)).count();
    assert_eq!(lines("ErrorAccessDenied"), 2, "of the request, and of the subscription: {log:#?}");
    assert_eq!((lines("unsupported encoding"), lines("anna")), (1, 0), "{log:#?}");
}
