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

/// When a connection is asked for with one Subscribe answered and another under way, with so many connections open and so
/// many allowed; in multiples of the time that is waited for the others.
fn waited(open: u32, allowed: u32) -> f64 {
    let window = 2.0;
    let config = Config::default().with_pack_window(std::time::Duration::from_secs_f64(window));
    let mut peer = Peer::new(config.with_max_connections(allowed));
    for _ in 0..open {
        peer.subscribe(Subscription::new());
        peer.answer_subscribes(LONG);
        let id = peer.stream();
        peer.say(id, ok());
    }
    let before = peer.count(GetStreamingEvents);
    assert_eq!(before, open as usize);
    peer.subscribe(Subscription::new());
    peer.subscribe(Subscription::new());
    let under_way: Vec<_> = peer.sent.iter().rev().filter(|s| s.operation == Subscribe).map(|s| s.id).collect();
    peer.say(under_way[0], subscribed(LONG));
    let at = peer.now;
    while peer.count(GetStreamingEvents) == before {
        peer.pass(0.5);
        assert!((peer.now - at).as_secs() < 60, "it is never asked for");
    }
    (peer.now - at).as_secs_f64() / window
}

#[test]
fn the_last_connection_is_worth_a_longer_wait_for_the_others_but_not_the_first() {
    assert_eq!(waited(1, 2), 12.0);
    assert_eq!(waited(1, 3), 1.0, "it is not the last");
    assert_eq!(waited(0, 1), 1.0, "nobody is served yet");
    assert_eq!(waited(0, 2), 1.0);
}

#[test]
fn when_enough_have_gone_connections_are_opened_for_long_again() {
    let mut peer = Peer::new(Config::default().with_max_connections(1));
    let stays = peer.subscribe(of("a@x"));
    let goes = peer.subscribe(of("b@x"));
    peer.answer_subscribes(LONG);
    let short =
        |peer: &Peer| peer.last(GetStreamingEvents).body.contains("<m:ConnectionTimeout>1</m:ConnectionTimeout>");
    for _ in 0..2 {
        assert!(short(&peer), "they take turns");
        let id = peer.stream();
        peer.say(id, ok());
        closes(&mut peer);
    }
    let now = peer.at();
    peer.session.unsubscribe(goes, now);
    peer.drain();
    let id = peer.last(ews_stream::Operation::Unsubscribe).id;
    peer.say(id, message("Unsubscribe", "Success", "NoError", ""));
    assert_eq!(peer.told(|e| *e == SessionEvent::Closed(goes)), 1);
    let id = peer.stream();
    peer.say(id, ok());
    closes(&mut peer);
    assert!(!short(&peer));
    let id = peer.stream();
    peer.say(id, ok());
    assert!(peer.session.is_live(stays));
}

#[test]
fn a_limit_that_the_server_has_lowered_comes_back_to_what_it_was_and_no_further() {
    let mut peer = Peer::new(Config::default().with_max_connections(2));
    for user in ["a@x", "b@x", "c@x"] {
        peer.subscribe(of(user));
    }
    peer.answer_subscribes(LONG);
    let id = peer.stream();
    peer.say(id, fault("ErrorExceededConnectionCount"));
    let mut most = 0;
    while peer.now < std::time::Duration::from_secs(2 * 3600) {
        peer.pass(10.0);
        let open: Vec<_> =
            peer.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| (s.id, s.at)).collect();
        for (id, at) in open {
            // each connection lasts a minute
            let ends = peer.now.as_secs_f64() - at > 60.0;
            peer.say(id, if ends { closed() } else { ok() });
            if ends {
                peer.end(id);
            }
        }
        most = most.max(peer.session.connections());
    }
    assert_eq!(most, 2);
}

#[test]
fn two_connections_of_another_are_made_one_where_that_makes_room() {
    let mut peer = Peer::new(Config::default().with_max_connections(2));
    let mut first = vec![];
    for _ in 0..2 {
        peer.subscribe(of("a@x"));
        peer.answer_subscribes(LONG);
        let id = peer.stream();
        peer.say(id, ok());
        first.push(id);
    }
    assert_eq!(peer.session.connections(), 2);
    let other = peer.subscribe(of("b@x"));
    peer.answer_subscribes(LONG);
    peer.pass(1.0);
    assert_eq!(peer.cancelled, first);
    assert_eq!(peer.session.connections(), 2);
    let now: Vec<_> =
        peer.sent.iter().rev().filter(|s| s.operation == GetStreamingEvents).map(|s| (s.id, s.ids().len())).collect();
    assert_eq!((now[0].1, now[1].1), (2, 1));
    peer.say(now[1].0, ok());
    assert!(peer.session.is_live(other));
}

#[test]
fn two_connections_that_are_too_full_for_one_more_are_both_made_anew_where_all_fit() {
    let mut peer = Peer::new(Config::default().with_max_connections(2));
    for _ in 0..2 {
        for _ in 0..120 {
            peer.session.subscribe(Subscription::new());
        }
        peer.drain();
        peer.answer_subscribes(LONG);
        peer.pass(31.0);
        let stream = peer.stream();
        peer.say(stream, ok());
    }
    assert_eq!((peer.session.connections(), peer.cancelled.len()), (2, 0));
    for _ in 0..100 {
        peer.session.subscribe(Subscription::new());
    }
    peer.drain();
    peer.answer_subscribes(LONG);
    peer.pass(10.0);
    let mut sizes: Vec<_> =
        peer.sent.iter().filter(|sent| sent.operation == GetStreamingEvents).map(|sent| sent.ids().len()).collect();
    sizes.drain(..2);
    sizes.sort_unstable();
    assert_eq!((sizes, peer.cancelled.len()), (vec![140, 200], 2));
}
