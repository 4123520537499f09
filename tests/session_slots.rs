//! Who gets a hanging connection when there are fewer than are needed.
#![allow(clippy::restriction, clippy::pedantic)]

mod session_common;

use ews_stream::Operation::{GetStreamingEvents, Subscribe};
use ews_stream::request::{Impersonation, Text};
use ews_stream::session::*;
use session_common::*;

fn of(user: &str) -> Subscription {
    Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(Text::new(user).unwrap()))
}

/// Ends the connection cleanly, as a server does at its timeout.
fn closes(peer: &mut Peer) {
    let id = peer.stream();
    peer.pass(62.0);
    peer.say(id, closed());
    peer.end(id);
}

#[test]
fn mailboxes_that_share_one_connection_take_turns_and_lose_nothing() {
    let mut peer = Peer::new(Config::default().with_max_connections(1));
    let keys = [peer.subscribe(of("a@x")), peer.subscribe(of("b@x")), peer.subscribe(of("c@x"))];
    peer.answer_subscribes(LONG);
    let mut served = vec![];
    for _ in 0..9 {
        let id = peer.stream();
        assert!(peer.last(GetStreamingEvents).body.contains("<m:ConnectionTimeout>1</m:ConnectionTimeout>"));
        peer.say(id, ok());
        assert_eq!(peer.session.connections(), 1);
        let live: Vec<_> = keys.iter().filter(|key| peer.session.is_live(**key)).collect();
        assert_eq!(live.len(), 1);
        served.push(*live[0]);
        closes(&mut peer);
    }
    assert_eq!(served[..3], served[3..6], "in turn");
    assert_eq!(served[..3], served[6..]);
    assert!(keys.iter().all(|key| served.contains(key)));
    assert_eq!(peer.gaps(), []);
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::TooManyConnections { limit: 1 })), 1, "is told once");
    assert_eq!(peer.count(Subscribe), 3);
}

#[test]
fn a_connection_opened_for_long_makes_room_when_others_come_and_says_so() {
    let mut peer = Peer::new(Config::default().with_max_connections(1));
    let first = peer.subscribe(of("a@x"));
    peer.answer_subscribes(LONG);
    assert!(peer.last(GetStreamingEvents).body.contains("<m:ConnectionTimeout>30</m:ConnectionTimeout>"));
    let id = peer.stream();
    peer.say(id, ok());
    let second = peer.subscribe(of("b@x"));
    peer.answer_subscribes(LONG);
    assert!(peer.cancelled.contains(&id));
    assert_eq!(peer.stream(), id, "the server has to notice first");
    peer.pass(1.0);
    let id = peer.stream();
    peer.say(id, ok());
    assert!(peer.session.is_live(second));
    closes(&mut peer);
    let id = peer.stream();
    peer.say(id, ok());
    assert!(peer.session.is_live(first));
    assert_eq!(peer.gaps(), [(first, GapReason::Repacked)]);
}

#[test]
fn a_limit_that_the_server_has_lowered_is_tried_again_later() {
    let mut peer = Peer::new(Config::default().with_max_connections(2));
    for user in ["a@x", "b@x"] {
        peer.subscribe(of(user));
    }
    peer.answer_subscribes(LONG);
    let streams: Vec<_> = peer.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| s.id).collect();
    peer.say(streams[0], ok());
    peer.say(streams[1], fault("ErrorExceededConnectionCount"));
    assert_eq!(peer.told(|e| *e == SessionEvent::TooManyConnections { limit: 1 }), 1);
    for _ in 0..5 {
        peer.pass(30.0);
        let id = peer.stream();
        peer.say(id, ok());
        assert_eq!(peer.session.connections(), 1);
        closes(&mut peer);
    }
    let mut most = 0;
    for _ in 0..8 {
        peer.pass(30.0);
        let id = peer.stream();
        peer.say(id, ok());
        most = most.max(peer.session.connections());
        closes(&mut peer);
    }
    assert_eq!(most, 2, "a quarter of an hour later");
}

#[test]
fn a_request_given_up_that_reaches_the_server_late_is_no_rival() {
    let (mut peer, key) = Peer::live(Config::default());
    let silent = peer.stream();
    peer.pass(130.0);
    assert!(peer.cancelled.contains(&silent));
    let next = peer.stream();
    peer.say(next, ok());
    // what was given up arrives only now, and takes the subscription over from the session's own new connection
    peer.say(next, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::TakenOver(_))), 0);
    peer.pass(30.0);
    let third = peer.stream();
    assert_ne!(third, next);
    peer.say(third, ok());
    assert!(peer.session.is_live(key));
    // a second time it is no accident
    peer.say(third, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.told(|e| *e == SessionEvent::TakenOver(key)), 1);
}
