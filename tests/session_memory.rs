//! What a session keeps, in bytes, and what it lets into a header field.
#![allow(clippy::restriction, clippy::pedantic)]

#[path = "common/heap.rs"]
mod heap;
mod session_common;

use ews_stream::Operation::Subscribe;
use ews_stream::request::{Impersonation, Text};
use ews_stream::session::*;
use session_common::*;

fn t(s: &str) -> Text {
    Text::new(s).unwrap()
}

fn of(user: &str) -> Subscription {
    Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(t(user)))
}

#[test]
fn a_header_field_cannot_be_injected() {
    for wanted in [of("a@x\r\nX-Evil: 1"), Subscription::new().group(Group::new("g", t("a@x\r\nX-Evil: 1")))] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(wanted);
        for s in &peer.sent {
            assert!(s.headers.iter().all(|(_, v)| !v.contains(['\r', '\n'])), "{:?}", s.headers);
        }
    }
}

#[test]
fn memory_does_not_go_by_the_length_of_a_servers_ids() {
    heap::reset();
    let mut s = heap::tracking(|| Session::new(Config::default(), 1));
    let now = Instant::default();
    for _ in 0..200 {
        heap::tracking(|| s.subscribe(Subscription::new()));
    }
    let (mut given, mut subs, mut body_len) = (0, vec![], 0);
    loop {
        loop {
            match heap::tracking(|| s.poll_output(now)) {
                Output::Send(r) if r.operation() == Some(Subscribe) => subs.push(r.id()),
                Output::Send(r) => body_len = r.body().len(),
                Output::Timeout(_) => break,
                _ => {}
            }
        }
        let Some(id) = subs.pop() else { break };
        given += 1;
        let body = subscribed(&format!("{}{given}", "\"".repeat(65_000)));
        let mut i = body.as_bytes();
        assert!(heap::tracking(|| s.next_event(id, &mut i, now).is_none()));
        heap::tracking(|| s.handle_end(id, now));
    }
    assert!(heap::live() < 10 << 20, "{} MiB held, a request of {} MiB", heap::live() >> 20, body_len >> 20);
}

#[test]
fn what_was_unsubscribed_takes_no_memory() {
    for paused in [false, true] {
        heap::reset();
        let mut s = heap::tracking(|| Session::new(Config::default(), 1));
        let now = Instant::default();
        if paused {
            heap::tracking(|| s.subscribe(Subscription::new()));
            let id = match s.poll_output(now) {
                Output::Send(r) => r.id(),
                _ => panic!(),
            };
            s.handle_head(id, 401, [], now);
        }
        for n in 0..100_000 {
            let wanted = if paused { Subscription::new() } else { of(&format!("user-{n}@some.example.com")) };
            let key = heap::tracking(|| s.subscribe(wanted));
            heap::tracking(|| s.unsubscribe(key, now));
            while !matches!(heap::tracking(|| s.poll_output(now)), Output::Timeout(_)) {}
        }
        let live = heap::live();
        assert!(live < 100_000, "paused: {paused}: {live} bytes");
    }
}
