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

fn refused_credentials(session: &mut Session) {
    session.subscribe(Subscription::new());
    let Output::Send(request) = session.poll_output(Instant::default()) else { panic!("a Subscribe is due") };
    let id = request.id();
    session.handle_head(id, 401, [], Instant::default());
}

fn bodies(session: &mut Session, now: Instant) -> Vec<String> {
    let mut bodies = vec![];
    loop {
        match session.poll_output(now) {
            Output::Send(request) => bodies.push(String::from_utf8(request.body().to_vec()).unwrap()),
            Output::Timeout(_) => return bodies,
            _ => {}
        }
    }
}

#[test]
fn what_is_swept_out_of_a_queue_is_only_what_is_no_more() {
    let at = |seconds| Instant::since_origin(std::time::Duration::from_secs(seconds));
    let resumed = |name: &str| Subscription::new().resume(t(&format!("{LONG}{name}")));
    let mut session = Session::new(Config::default(), 1);
    refused_credentials(&mut session);
    session.subscribe(resumed("kept"));
    session.subscribe(of("kept@x").resume(t("an-id-of-another-mailbox-that-is-kept")));
    session.subscribe(of("new@x"));
    let mut now = 0;
    for round in 0..4 {
        let going: Vec<_> = (0..200)
            .flat_map(|n| {
                let other = of(&format!("{n}@x")).resume(t(&format!("another-long-id-{round}-{n}")));
                [resumed(&format!("{round}-{n}")), other, Subscription::new()]
            })
            .map(|wanted| session.subscribe(wanted))
            .collect();
        going.into_iter().for_each(|key| session.unsubscribe(key, at(now)));
        now += 61; // nobody can be told: they are given up
        session.handle_timeout(at(now));
        assert!(bodies(&mut session, at(now)).is_empty());
    }
    session.subscribe(resumed("late"));
    session.credentials_renewed(at(now));
    let sent = bodies(&mut session, at(now));
    let with = |part: &str| sent.iter().filter(|body| body.contains(part)).count();
    assert_eq!((with("<m:Subscribe>"), with("new@x")), (2, 1), "the first one, and the one of another mailbox");
    assert_eq!((with("kept</"), with("late</"), with("that-is-kept</")), (0, 0, 0), "first what is to be made");
    now += 20;
    session.handle_timeout(at(now));
    let sent = bodies(&mut session, at(now));
    let with = |part: &str| sent.iter().filter(|body| body.contains(part)).count();
    assert_eq!((with("kept</"), with("late</"), with("that-is-kept</")), (2, 1, 1), "{}", sent.len());
}
