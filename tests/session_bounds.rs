//! Where the session's bounds lie, to the byte and the second: one less is well, one more is not.
#![allow(clippy::restriction, clippy::pedantic)]

mod session_common;

use std::time::Duration;

use ews_stream::Operation::{GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::request::{Impersonation, Text};
use ews_stream::session::*;
use session_common::*;

#[test]
fn as_many_useless_documents_a_minute_as_are_allowed_are_borne_and_one_more_is_not() {
    let (mut peer, key) = Peer::live(Config::default().with_useless_documents(5));
    let id = peer.stream();
    let own = peer.session.subscription_id(key).unwrap().to_owned();
    for _ in 1..5 {
        peer.say(id, heartbeat(&own));
    }
    assert!(!peer.cancelled.contains(&id));
    peer.pass(59.0);
    peer.say(id, heartbeat(&own));
    assert!(peer.cancelled.contains(&id), "six, with the first, in less than a minute");

    let (mut peer, _) = Peer::live(Config::default().with_useless_documents(5));
    let id = peer.stream();
    for _ in 1..5 {
        peer.say(id, heartbeat(&own));
    }
    peer.pass(60.0);
    peer.say(id, heartbeat(&own));
    assert!(!peer.cancelled.contains(&id), "the next minute has its own");
}

#[test]
fn as_many_useless_bytes_a_minute_as_are_allowed_are_borne_and_one_more_is_not() {
    let most = ok().len() + 1000;
    let (mut peer, _) = Peer::live(Config::default().with_useless_bytes(most as u64));
    let id = peer.stream();
    peer.say(id, " ".repeat(1000));
    assert!(!peer.cancelled.contains(&id));
    peer.say(id, " ");
    assert!(peer.cancelled.contains(&id));
}

#[test]
fn an_unsubscribe_is_tried_three_times() {
    let (mut peer, key) = Peer::live(Config::default());
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.drain();
    for tries in 1..=3 {
        assert_eq!(peer.count(Unsubscribe), tries);
        assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 0);
        let id = peer.last(Unsubscribe).id;
        peer.fail(id);
        peer.pass(12.0);
    }
    assert_eq!(peer.count(Unsubscribe), 3);
    assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 1);
}

#[test]
fn an_id_that_is_lost_is_forgotten_at_once() {
    let (mut peer, key) = Peer::live(Config::default());
    let id = peer.stream();
    let own = peer.session.subscription_id(key).unwrap().to_owned();
    peer.say(id, error_ids("ErrorSubscriptionNotFound", &[&own], ""));
    assert_eq!(peer.session.subscription_id(key), None);
    peer.answer_subscribes(LONG);
    assert_ne!(peer.session.subscription_id(key), Some(own.as_str()));
}

#[test]
fn only_a_subscription_that_was_live_for_long_is_made_anew_at_once_each_time() {
    let (mut peer, key) = Peer::live(Config::default());
    let lose = |peer: &mut Peer, silent: f64, live: f64| {
        peer.pass(silent);
        let id = peer.stream();
        peer.say(id, ok());
        peer.pass(live);
        let own = peer.session.subscription_id(key).unwrap().to_owned();
        let before = peer.count(Subscribe);
        peer.say(id, error_ids("ErrorSubscriptionNotFound", &[&own], "").replace("Closed", "OK"));
        let at_once = peer.count(Subscribe) > before;
        peer.pass(20.0);
        peer.answer_subscribes(LONG);
        at_once
    };
    assert!(lose(&mut peer, 0.0, 31.0));
    // opened for long, and live for a moment
    assert!(!lose(&mut peer, 40.0, 10.0));
    assert!(lose(&mut peer, 0.0, 31.0));
}

#[test]
fn who_takes_a_subscription_over_a_minute_after_a_break_is_a_rival() {
    for (wait, rivals) in [(59.0, 0), (60.0, 1)] {
        let (mut peer, _) = Peer::live(Config::default());
        let id = peer.stream();
        peer.fail(id);
        let broke = peer.now;
        peer.pass(30.0);
        let id = peer.stream();
        peer.say(id, ok());
        peer.pass(wait - (peer.now - broke).as_secs_f64());
        peer.say(id, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
        assert_eq!(peer.told(|event| matches!(event, SessionEvent::TakenOver(_))), rivals, "{wait} s");
    }
}

#[test]
fn a_connection_that_will_end_within_three_minutes_is_not_given_up_for_others() {
    for (minutes, given_up) in [(27, true), (29, false)] {
        let who =
            |user: &str| Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(Text::new(user).unwrap()));
        let mut peer = Peer::new(Config::default().with_max_connections(1));
        let first = peer.subscribe(who("a@x"));
        peer.answer_subscribes(LONG);
        let id = peer.stream();
        peer.say(id, ok());
        let own = peer.session.subscription_id(first).unwrap().to_owned();
        for _ in 0..minutes {
            peer.pass(60.0);
            peer.say(id, heartbeat(&own));
        }
        peer.subscribe(who("b@x"));
        peer.answer_subscribes(LONG);
        assert_eq!(peer.cancelled.contains(&id), given_up, "{minutes} minutes old");
        assert_eq!(peer.count(GetStreamingEvents), 1);
    }
}

#[test]
fn the_cookie_of_a_group_is_the_servers() {
    let mut peer = Peer::new(Config::default());
    let group = Group::new("g", Text::new("a@x").unwrap());
    let key = peer.subscribe(Subscription::new().group(group));
    assert_eq!(peer.session.group_cookie(key), None);
    let id = peer.last(Subscribe).id;
    peer.head(id, 200, &[("Set-Cookie", "X-BackEndOverrideCookie=mbx01~1; path=/; HttpOnly")]);
    peer.say(id, subscribed(LONG));
    assert_eq!(peer.session.group_cookie(key), Some("X-BackEndOverrideCookie=mbx01~1"));
    assert!(peer.now < Duration::from_secs(1));
}

#[test]
fn a_subscription_is_lost_once_for_each_gap_and_not_at_all_when_it_is_set_aside() {
    let lost = |peer: &Peer, key: SubscriptionKey| {
        let of = |event: &SessionEvent| match event {
            SessionEvent::Lost { key: whose, reason } if *whose == key => Some(*reason),
            _ => None,
        };
        peer.events.iter().filter_map(of).collect::<Vec<_>>()
    };
    let (mut peer, key) = Peer::live(Config::default());
    let id = peer.stream();
    peer.fail(id);
    assert_eq!(lost(&peer, key), [GapReason::ConnectionLost]);
    peer.pass(6.0);
    let id = peer.stream();
    peer.fail(id); // it was not live yet: nothing new
    assert_eq!(lost(&peer, key), [GapReason::ConnectionLost]);
    peer.pass(60.0);
    let id = peer.stream();
    // events were missed before it spoke, too: one gap for both
    peer.say(id, streaming("Error", "ErrorMissedNotificationEvents", ""));
    assert_eq!(lost(&peer, key), [GapReason::ConnectionLost]);
    peer.say(id, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::ConnectionLost)]);

    let (mut peer, key) = Peer::live(Config::default());
    let id = peer.stream();
    peer.say(id, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.told(|event| *event == SessionEvent::TakenOver(key)), 1);
    assert_eq!(lost(&peer, key), []);
    let (mut peer, key) = Peer::live(Config::default());
    let id = peer.stream();
    peer.say(id, streaming("Error", "ErrorMissedNotificationEvents", ""));
    assert_eq!((lost(&peer, key), peer.gaps()), (vec![], vec![(key, GapReason::EventsMissed)]));
}

#[test]
fn an_id_that_was_given_to_another_is_no_longer_that_of_one_set_aside() {
    let (mut peer, aside) = Peer::live(Config::default());
    let own = peer.session.subscription_id(aside).unwrap().to_owned();
    let id = peer.stream();
    peer.say(id, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.session.subscription_id(aside), Some(own.as_str()));
    let other = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.say(id, subscribed(&own));
    assert_eq!(peer.session.subscription_id(aside), None);
    assert_eq!(peer.session.subscription_id(other), Some(own.as_str()));
    let now = peer.at();
    peer.session.unsubscribe(aside, now);
    peer.drain();
    assert_eq!(peer.count(Unsubscribe), 0, "it is the other's");
}
