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
    for (minutes, given_up) in [(27, true), (28, false), (29, false)] {
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

#[test]
fn as_many_requests_as_are_allowed_are_under_way_at_a_time() {
    for (most, expected) in [(0, 1), (1, 1), (2, 2), (4, 4)] {
        let mut peer = Peer::new(Config::default().with_max_requests(most));
        for _ in 0..5 {
            peer.session.subscribe(Subscription::new());
        }
        peer.drain();
        assert_eq!(peer.count(Subscribe), expected);
        let id = peer.last(Subscribe).id;
        peer.say(id, subscribed(LONG));
        assert_eq!(peer.count(Subscribe), expected + 1, "one is answered, the next is sent");
    }
}

#[test]
fn a_document_with_an_event_is_useful_whatever_else_is_in_it() {
    let (mut peer, key) = Peer::live(Config::default().with_useless_documents(5));
    let id = peer.stream();
    let own = peer.session.subscription_id(key).unwrap().to_owned();
    let more = "<m:ConnectionStatus>OK</m:ConnectionStatus>";
    let document = streaming("Success", "NoError", &format!("{}{more}", notification(&own, "AAMk")));
    for _ in 0..10 {
        // and in however many pieces it comes
        let (first, second) = document.split_at(document.find(more).unwrap());
        peer.say(id, first);
        peer.say(id, second);
    }
    assert_eq!(peer.mails.len(), 10);
    assert!(!peer.cancelled.contains(&id));
}

#[test]
fn an_answer_may_have_as_many_bytes_as_are_allowed_and_not_one_more() {
    let most = 1000;
    let mut peer = Peer::new(Config::default().with_useless_bytes(most as u64));
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.say(id, " ".repeat(most));
    assert!(!peer.cancelled.contains(&id));
    peer.say(id, " ");
    assert!(peer.cancelled.contains(&id));
}

#[test]
fn an_id_of_fewer_than_four_and_twenty_characters_is_made_anew_after_a_break() {
    for (len, anew) in [(23, true), (24, false)] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new().resume(Text::new(&"x".repeat(len)).unwrap()));
        let id = peer.stream();
        peer.say(id, ok());
        peer.fail(id);
        peer.pass(10.0);
        assert_eq!(peer.count(Subscribe), usize::from(anew), "{len} characters");
        assert_eq!(peer.count(GetStreamingEvents), if anew { 1 } else { 2 }, "{len} characters");
    }
}

#[test]
fn a_connection_that_has_lasted_ten_seconds_may_end() {
    for (seconds, at_once) in [(9.999, false), (10.0, true)] {
        let (mut peer, _) = Peer::live(Config::default());
        let id = peer.stream();
        peer.pass(seconds);
        peer.say(id, closed());
        peer.end(id);
        assert_eq!(peer.count(GetStreamingEvents), if at_once { 2 } else { 1 }, "{seconds} s");
    }
}

#[test]
fn a_clean_end_ten_seconds_after_anothers_break_shows_that_an_id_is_still_good() {
    for (seconds, good) in [(9.9, false), (10.0, true)] {
        let who =
            |user: &str| Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(Text::new(user).unwrap()));
        let mut peer = Peer::new(Config::default());
        let mut ids = vec![];
        for user in ["a@x", "b@x"] {
            peer.subscribe(who(user));
            peer.answer_subscribes("short");
            ids.push(peer.stream());
        }
        for id in &ids {
            peer.say(*id, ok());
        }
        peer.pass(60.0);
        peer.fail(ids[1]); // the server may have started anew
        peer.pass(seconds);
        peer.answer_subscribes("short");
        assert_eq!((peer.count(Subscribe), peer.count(GetStreamingEvents)), (3, 3), "the other's is made anew");
        peer.say(ids[0], closed());
        peer.end(ids[0]);
        let expected = if good { (3, 4) } else { (4, 3) };
        assert_eq!((peer.count(Subscribe), peer.count(GetStreamingEvents)), expected, "{seconds} s");
    }
}

#[test]
fn a_connection_that_is_full_does_not_wait_for_those_under_way() {
    for (answered, full) in [(199, false), (200, true)] {
        let mut peer = Peer::new(Config::default().with_max_requests(300));
        for _ in 0..=answered {
            peer.session.subscribe(Subscription::new());
        }
        peer.drain();
        let asked: Vec<_> = peer.sent.iter().map(|sent| sent.id).collect();
        for (number, id) in asked.iter().take(answered).enumerate() {
            peer.answer_unasked(*id, &format!("{LONG}{number}"));
        }
        peer.drain();
        assert_eq!(peer.count(GetStreamingEvents), usize::from(full), "{answered}");
    }
}
