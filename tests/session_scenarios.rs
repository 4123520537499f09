//! What servers do, and what becomes of the session: the habits of real servers, each as a sentence.
#![allow(clippy::restriction, clippy::pedantic)]

mod session_common;

use std::time::Duration;

use ews_stream::Operation::{GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::request::{ConnectionTimeout, Text};
use ews_stream::session::*;
use session_common::*;

fn id_of(peer: &Peer, key: SubscriptionKey) -> String {
    peer.session.subscription_id(key).expect("has an id").to_owned()
}

/// `n` subscriptions on one connection, all live.
fn several(n: usize, form: &str) -> (Peer, Vec<SubscriptionKey>) {
    let mut peer = Peer::new(Config::default());
    let keys: Vec<_> = (0..n).map(|_| peer.session.subscribe(Subscription::new())).collect();
    peer.drain();
    peer.answer_subscribes(form);
    assert_eq!(peer.count(GetStreamingEvents), 1, "one connection for all");
    let id = peer.stream();
    peer.head(id, 200, &[]);
    peer.say(id, ok());
    (peer, keys)
}

#[test]
fn going_live_is_reported_once_and_a_clean_close_is_no_gap() {
    let (mut peer, key) = Peer::live(Config::default());
    for _ in 0..3 {
        let id = peer.stream();
        peer.pass(100.0);
        peer.say(id, ok());
        peer.pass(100.0);
        peer.say(id, closed());
        peer.end(id);
        let next = peer.stream();
        assert_ne!(next, id, "reconnects at once");
        peer.head(next, 200, &[]);
        peer.say(next, ok());
    }
    assert_eq!(peer.told(|e| *e == SessionEvent::Live(key)), 1);
    assert_eq!(peer.events.len(), 1, "{:?}", peer.events);
}

// PROTOCOL 3.3
#[test]
fn an_unknown_id_is_replaced_at_the_message_and_not_at_the_end_of_the_body() {
    let (mut peer, key) = Peer::live(Config::default());
    let (stream, old) = (peer.stream(), id_of(&peer, key));
    peer.say(stream, error_ids("ErrorInvalidSubscription", &[&old], ""));
    assert!(peer.cancelled.contains(&stream), "nobody is left on it");
    assert_eq!(peer.count(Subscribe), 2, "at once");
    peer.answer_subscribes(LONG);
    let stream = peer.stream();
    peer.say(stream, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::SubscriptionLost)]);
    assert!(peer.session.is_live(key));
}

// PROTOCOL 3.4
#[test]
fn one_bad_id_among_good_ones_does_not_stop_them_and_events_of_an_error_message_are_delivered() {
    let (mut peer, keys) = several(2, LONG);
    let (stream, good, bad) = (peer.stream(), id_of(&peer, keys[0]), id_of(&peer, keys[1]));
    peer.say(stream, error_ids("ErrorInvalidSubscription", &[&bad], ""));
    assert!(!peer.cancelled.contains(&stream), "the stream lives on");
    peer.answer_subscribes(LONG);
    assert_eq!(peer.count(GetStreamingEvents), 2, "the new one needs no disturbance: a slot is free");
    peer.pass(48.0);
    peer.say(
        stream,
        streaming(
            "Error",
            "ErrorInvalidSubscription",
            &format!(
                "{}<m:ErrorSubscriptionIds><SubscriptionId xmlns=''>{bad}</SubscriptionId></m:ErrorSubscriptionIds>\
         <m:ConnectionStatus>OK</m:ConnectionStatus>",
                notification(&good, "AAMk")
            ),
        ),
    );
    assert_eq!(peer.mails, [(keys[0], "AAMk".to_owned())]);
    peer.pass(45.0);
    peer.say(stream, closed());
    peer.end(stream);
    assert_eq!(peer.gaps(), [], "the good one missed nothing");
}

// PROTOCOL 3.5
#[test]
fn two_closed_in_a_row_are_read_to_the_end_and_events_after_the_first_are_delivered() {
    let (mut peer, key) = Peer::live(Config::default());
    let (stream, id) = (peer.stream(), id_of(&peer, key));
    peer.pass(60.0);
    peer.say(stream, closed());
    assert_eq!(peer.count(GetStreamingEvents), 1, "not before the end of the body");
    peer.say(
        stream,
        streaming(
            "Success",
            "NoError",
            &format!("{}<m:ConnectionStatus>Closed</m:ConnectionStatus>", notification(&id, "late")),
        ),
    );
    assert_eq!(peer.mails.len(), 1);
    peer.end(stream);
    assert_eq!(peer.count(GetStreamingEvents), 2);
    assert_eq!(peer.gaps(), []);
}

#[test]
fn a_body_that_does_not_end_after_closed_is_dropped() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.pass(60.0);
    peer.say(stream, closed());
    peer.pass(11.0);
    assert!(peer.cancelled.contains(&stream));
    peer.pass(10.0);
    let next = peer.stream();
    peer.say(next, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::ConnectionLost)]);
}

// PROTOCOL 3.12
#[test]
fn a_takeover_by_another_connection_is_told_and_not_fought() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.say(stream, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.told(|e| *e == SessionEvent::TakenOver(key)), 1);
    let before = peer.sent.len();
    peer.pass(3600.0);
    assert_eq!(peer.sent.len(), before);
    let now = peer.at();
    peer.session.retry(key, now);
    peer.drain();
    let stream = peer.stream();
    peer.say(stream, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::TakenOver)]);
}

#[test]
fn what_the_old_connection_says_about_one_that_has_left_it_is_passed_over() {
    let (mut peer, keys) = several(2, LONG);
    let old = peer.stream();
    let id = id_of(&peer, keys[0]);
    peer.say(old, error_ids("ErrorNewEventStreamConnectionOpened", &[&id], ""));
    assert_eq!(peer.told(|e| *e == SessionEvent::TakenOver(keys[0])), 1);
    let now = peer.at();
    peer.session.retry(keys[0], now);
    peer.drain();
    let new = peer.stream();
    assert_ne!(old, new);
    peer.say(old, mail(&id, "late"));
    assert!(peer.mails.is_empty() && !peer.session.is_live(keys[0]), "it is live when its own connection speaks");
    peer.say(old, error_ids("ErrorInvalidSubscription", &[&id], ""));
    assert_eq!(peer.session.subscription_id(keys[0]), Some(&id[..]));
    peer.say(new, ok());
    assert_eq!(peer.gaps(), [(keys[0], GapReason::TakenOver)]);
}

#[test]
fn whoever_is_taken_over_and_unsubscribed_does_not_unsubscribe_for_the_other() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.say(stream, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.drain();
    assert_eq!(peer.count(Unsubscribe), 0);
    assert_eq!(peer.told(|e| *e == SessionEvent::Closed(key)), 1);
}

// PROTOCOL 3.13
#[test]
fn after_a_break_short_ids_are_not_trusted_and_long_ones_are() {
    for (form, subscribes) in [("BAAA", 2), (LONG, 1)] {
        let (mut peer, keys) = several(1, form);
        let stream = peer.stream();
        peer.fail(stream);
        peer.pass(30.0);
        assert_eq!(peer.count(Subscribe), subscribes, "{form}");
        peer.answer_subscribes(form);
        peer.pass(1.0);
        let stream = peer.stream();
        peer.say(stream, ok());
        assert_eq!(peer.gaps(), [(keys[0], GapReason::ConnectionLost)]);
    }
}

#[test]
fn an_id_that_comes_again_after_a_restart_belongs_to_the_new_subscription_only() {
    let config = Config::default().with_suspect_ids(SuspectIds::Trust);
    let mut peer = Peer::new(config);
    let old = peer.subscribe(Subscription::new().resume(Text::new("1").unwrap()));
    let new = peer.subscribe(Subscription::new());
    peer.answer_subscribes("");
    assert_eq!(id_of(&peer, new), "1");
    peer.answer_subscribes("");
    assert_eq!(id_of(&peer, old), "2", "the old one got a new id");
    peer.pass(10.0);
    for stream in peer.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| s.id).collect::<Vec<_>>() {
        peer.say(stream, ok());
    }
    assert_eq!(peer.gaps(), [(old, GapReason::Restarted)]);
}

// PROTOCOL 3.14
#[test]
fn a_fault_with_status_200_ends_the_connection_and_its_connection_is_dropped() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.say(stream, fault("ErrorServerBusy"));
    assert!(peer.cancelled.contains(&stream));
    peer.pass(30.0);
    let next = peer.stream();
    assert_ne!(next, stream);
    peer.say(next, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::ServerError)]);
}

// PROTOCOL 3b.2
#[test]
fn silence_ends_a_connection_and_heartbeats_of_either_kind_do_not() {
    let (mut peer, key) = Peer::live(Config::default());
    let (stream, id) = (peer.stream(), id_of(&peer, key));
    for beat in [ok(), heartbeat(&id), ok(), heartbeat(&id), ok()] {
        peer.pass(100.0);
        peer.say(stream, beat);
    }
    assert!(peer.cancelled.is_empty());
    assert_eq!(peer.mails, [], "heartbeats are nothing for the caller");
    for _ in 0..13 {
        peer.pass(10.0);
        peer.say(stream, " "); // a slow drip is silence
    }
    assert_eq!(peer.cancelled, [stream]);
    peer.pass(10.0);
    let next = peer.stream();
    peer.say(next, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::ConnectionLost)]);
}

#[test]
fn the_first_message_and_the_whole_connection_have_limits_of_their_own() {
    let config = Config::default().with_connection_timeout(ConnectionTimeout::minutes(1).unwrap());
    let (mut peer, _) = Peer::live(config.clone());
    let stream = peer.stream();
    for _ in 0..4 {
        peer.pass(29.0);
        peer.say(stream, ok());
    }
    assert!(peer.cancelled.is_empty());
    peer.pass(5.0);
    assert_eq!(peer.cancelled, [stream], "2 minutes are over");
    let mut peer = Peer::new(config);
    peer.subscribe(Subscription::new());
    peer.answer_subscribes(LONG);
    let stream = peer.stream();
    peer.pass(59.0);
    assert!(peer.cancelled.is_empty());
    peer.pass(2.0);
    assert_eq!(peer.cancelled, [stream]);
}

// PROTOCOL 3b.5
#[test]
fn an_error_with_ids_is_about_them_and_one_without_about_the_connection() {
    let (mut peer, keys) = several(3, LONG);
    let (stream, bad) = (peer.stream(), id_of(&peer, keys[1]));
    peer.say(
        stream,
        streaming(
            "Error",
            "ErrorSubscriptionAccessDenied",
            &format!("<m:ErrorSubscriptionIds><m:SubscriptionId>{bad}</m:SubscriptionId></m:ErrorSubscriptionIds>"),
        ),
    );
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::Failed { key, .. } if *key == keys[1])), 1);
    assert!(peer.session.is_live(keys[0]) && peer.session.is_live(keys[2]));
    peer.say(stream, streaming("Error", "ErrorSubscriptionNotFound", ""));
    assert!(peer.cancelled.contains(&stream));
    assert_eq!(peer.count(Subscribe), 5, "the two that were left are made anew");
}

#[test]
fn missed_events_are_a_gap_and_the_subscription_stays() {
    let (mut peer, keys) = several(2, LONG);
    let (stream, id) = (peer.stream(), id_of(&peer, keys[0]));
    peer.say(stream, mail(&id, "AAMk"));
    peer.say(
        stream,
        streaming(
            "Error",
            "ErrorMissedNotificationEvents",
            &format!("<m:ErrorSubscriptionIds><m:SubscriptionId>{id}</m:SubscriptionId></m:ErrorSubscriptionIds>"),
        ),
    );
    assert_eq!(peer.gaps(), [(keys[0], GapReason::EventsMissed)]);
    assert!(
        peer.events
            .iter()
            .any(|e| matches!(e, SessionEvent::Gap { last_timestamp: Some(t), .. } if t == "2026-03-05T09:14:01Z"))
    );
    assert!(peer.session.is_live(keys[0]) && peer.cancelled.is_empty());
    assert_eq!(peer.count(Subscribe), 2);
}

#[test]
fn too_many_connections_are_packed_into_fewer() {
    let mut peer = Peer::new(Config::default());
    for _ in 0..2 {
        peer.subscribe(Subscription::new());
        peer.answer_subscribes(LONG);
        let stream = peer.stream();
        peer.say(stream, ok());
    }
    assert_eq!(peer.session.connections(), 2);
    let stream = peer.stream();
    peer.say(stream, streaming("Error", "ErrorExceededConnectionCount", ""));
    assert_eq!(peer.told(|e| *e == SessionEvent::TooManyConnections { limit: 1 }), 1);
    peer.pass(120.0);
    assert_eq!(peer.session.connections(), 1);
    assert_eq!(peer.last(GetStreamingEvents).ids().len(), 2);
}

#[test]
fn unsubscribing_what_the_server_does_not_know_is_success() {
    let (mut peer, key) = Peer::live(Config::default());
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.drain();
    let id = peer.last(Unsubscribe).id;
    peer.say(id, message("Unsubscribe", "Error", "ErrorSubscriptionNotFound", ""));
    assert_eq!(peer.events.last(), Some(&SessionEvent::Closed(key)));
}

// PROTOCOL 3b.6
#[test]
fn a_back_off_hint_is_obeyed_for_everything_and_the_inner_code_counts() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.say(
        id,
        message(
            "Subscribe",
            "Error",
            "ErrorInternalServerError",
            "<m:MessageXml><t:Value Name='InnerErrorResponseCode'>ErrorServerBusy</t:Value>\
         <t:Value Name='BackOffMilliseconds'>297749</t:Value></m:MessageXml>",
        ),
    );
    peer.end(id);
    peer.subscribe(Subscription::new());
    let before = peer.sent.len();
    assert_eq!(before, 1);
    peer.pass(297.0);
    assert_eq!(peer.sent.len(), before);
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::Throttled { .. })), 1);
    peer.pass(40.0);
    assert_eq!(peer.sent.len(), before + 2);
}

#[test]
fn a_back_off_hint_of_nothing_is_still_a_wait() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    for _ in 0..20 {
        let id = peer.last(Subscribe).id;
        peer.say(
            id,
            message(
                "Subscribe",
                "Error",
                "ErrorServerBusy",
                "<m:MessageXml><t:Value Name='BackOffMilliseconds'>0</t:Value></m:MessageXml>",
            ),
        );
        let (sent, at) = (peer.sent.len(), peer.now);
        while peer.sent.len() == sent {
            peer.pass(0.5);
        }
        assert!(peer.now - at >= Duration::from_secs(1));
    }
}

// PROTOCOL 3b.7
#[test]
fn a_stored_id_is_resumed_and_replaced_with_a_gap_when_the_server_does_not_know_it() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new().resume(Text::new("kept").unwrap()));
    assert_eq!(peer.count(Subscribe), 0);
    assert_eq!(peer.last(GetStreamingEvents).ids(), ["kept"]);
    let stream = peer.stream();
    peer.say(stream, error_ids("ErrorSubscriptionNotFound", &["kept"], ""));
    peer.answer_subscribes(LONG);
    let stream = peer.stream();
    peer.say(stream, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::Restarted)]);
    assert_eq!(peer.told(|e| *e == SessionEvent::Live(key)), 1);
}

// PROTOCOL 3b.9
#[test]
fn a_flood_of_empty_documents_ends_the_connection() {
    let (mut peer, _) = Peer::live(Config::default());
    let stream = peer.stream();
    let flood: String = (0..700).map(|_| ok()).collect();
    peer.say(stream, flood);
    assert_eq!(peer.cancelled, [stream]);
    let (mut peer, key) = Peer::live(Config::default());
    let (stream, id) = (peer.stream(), id_of(&peer, key));
    let much: String = (0..700).map(|_| mail(&id, "AAMk")).collect();
    peer.say(stream, much);
    assert_eq!(peer.mails.len(), 700, "events are no flood");
    assert!(peer.cancelled.is_empty());
}

#[test]
fn events_of_ids_that_nobody_asked_for_are_passed_over() {
    let (mut peer, _) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.say(stream, mail("somebody-elses", "AAMk"));
    assert_eq!(peer.mails, []);
}

#[test]
fn garbage_html_and_an_empty_body_with_status_200_are_named_and_retried_slowly() {
    for body in [
        "<html><body>Sorry</body></html>",
        "{\"error\":1}",
        "",
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Bo",
    ] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let mut answered = 0;
        while peer.now < Duration::from_secs(3600) {
            let id = peer.last(Subscribe).id;
            peer.head(id, 200, &[]);
            peer.say(id, body);
            peer.end(id);
            answered += 1;
            let sent = peer.sent.len();
            while peer.sent.len() == sent {
                peer.pass(1.0);
            }
        }
        assert!((10..60).contains(&answered), "{answered} in an hour for {body:?}");
        assert!(peer.told(|e| matches!(e, SessionEvent::BackingOff { .. })) >= answered - 1);
    }
}

#[test]
fn a_closed_that_comes_at_once_does_not_spin() {
    let (mut peer, _) = Peer::live(Config::default());
    while peer.now < Duration::from_secs(600) {
        let stream = peer.stream();
        peer.say(stream, closed());
        peer.end(stream);
        peer.pass(1.0);
    }
    assert!(peer.count(GetStreamingEvents) < 60, "{}", peer.count(GetStreamingEvents));
    assert_eq!(peer.gaps(), []);
}

#[test]
fn a_refused_password_pauses_everything_and_loses_nothing() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.pass(60.0);
    peer.say(stream, closed());
    peer.end(stream);
    let stream = peer.stream();
    peer.head(stream, 401, &[("WWW-Authenticate", "Basic")]);
    assert_eq!(peer.told(|e| *e == SessionEvent::AuthenticationRequired { status: 401 }), 1);
    let before = peer.sent.len();
    peer.pass(600.0);
    assert_eq!(peer.sent.len(), before);
    let now = peer.at();
    peer.session.credentials_renewed(now);
    peer.drain();
    let stream = peer.stream();
    peer.head(stream, 200, &[]);
    peer.say(stream, ok());
    assert!(peer.session.is_live(key));
    assert_eq!(peer.gaps(), []);
}

#[test]
fn an_answer_whose_body_does_not_end_is_dropped() {
    let mut peer = Peer::new(Config::default());
    for ends in [true, false] {
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.head(id, 200, &[]);
        peer.say(id, subscribed(&format!("{LONG}{ends}")));
        if ends {
            peer.end(id);
        }
        peer.pass(11.0);
        assert_eq!(peer.cancelled.contains(&id), !ends);
    }
}

#[test]
fn a_refusal_of_what_was_sent_before_the_credentials_were_renewed_is_not_told_again() {
    let mut peer = Peer::new(Config::default());
    for _ in 0..3 {
        peer.session.subscribe(Subscription::new());
    }
    peer.drain();
    let sent: Vec<_> = peer.sent.iter().map(|s| s.id).collect();
    peer.head(sent[0], 401, &[]);
    let now = peer.at();
    peer.session.credentials_renewed(now);
    peer.drain();
    peer.head(sent[1], 401, &[]);
    peer.head(sent[2], 401, &[]);
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::AuthenticationRequired { .. })), 1);
    peer.pass(5.0);
    assert_eq!(peer.count(Subscribe), 6, "all are asked again");
    let again = peer.last(Subscribe).id;
    peer.head(again, 401, &[]);
    assert_eq!(peer.told(|e| matches!(e, SessionEvent::AuthenticationRequired { .. })), 2);
}

#[test]
fn retry_after_is_obeyed_in_seconds_and_as_a_date() {
    for headers in [
        &[("Retry-After", "120")][..],
        &[("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:51:37 GMT")],
    ] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.head(id, 503, headers);
        peer.end(id);
        peer.pass(119.0);
        assert_eq!(peer.sent.len(), 1);
        peer.pass(20.0);
        assert_eq!(peer.sent.len(), 2);
    }
}

#[test]
fn a_group_sends_its_first_subscribe_alone_and_its_cookie_ever_after() {
    let mut peer = Peer::new(Config::default());
    let group = Group::new("site1https://ex/", Text::new("anna@example.com").unwrap());
    for _ in 0..3 {
        peer.session.subscribe(Subscription::new().group(group.clone()));
    }
    peer.drain();
    assert_eq!(peer.count(Subscribe), 1);
    let first = peer.last(Subscribe);
    assert!(first.headers.contains(&("X-AnchorMailbox".into(), "anna@example.com".into())));
    assert!(first.headers.contains(&("X-PreferServerAffinity".into(), "true".into())));
    assert!(first.headers.iter().all(|(name, _)| name != "Cookie"));
    let id = first.id;
    peer.head(
        id,
        200,
        &[
            ("Set-Cookie", "exchangecookie=1; path=/"),
            ("Set-Cookie", "X-BackEndOverrideCookie=srv~1; path=/; HttpOnly"),
        ],
    );
    peer.answer_subscribes(LONG);
    assert_eq!(peer.count(Subscribe), 3);
    for sent in &peer.sent[1..] {
        assert!(
            sent.headers.contains(&("Cookie".into(), "X-BackEndOverrideCookie=srv~1".into())),
            "{:?}",
            sent.operation
        );
    }
    assert_eq!(peer.last(GetStreamingEvents).ids().len(), 3);
}

#[test]
fn five_hundred_subscriptions_fit_three_connections_of_at_most_two_hundred() {
    let mut peer = Peer::new(Config::default());
    for _ in 0..500 {
        peer.session.subscribe(Subscription::new());
    }
    peer.drain();
    peer.answer_subscribes(LONG);
    peer.pass(10.0);
    let sizes: Vec<_> = peer.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| s.ids().len()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 500);
    assert!(sizes.len() <= 3 && sizes.iter().all(|n| *n <= 200), "{sizes:?}");
}

#[test]
fn without_a_free_slot_one_connection_is_given_up_and_says_so() {
    let mut peer = Peer::new(Config::default().with_max_connections(1));
    let first = peer.subscribe(Subscription::new());
    peer.answer_subscribes(LONG);
    let stream = peer.stream();
    peer.say(stream, ok());
    let second = peer.subscribe(Subscription::new());
    peer.answer_subscribes(LONG);
    peer.pass(10.0);
    assert_eq!(peer.cancelled, [stream]);
    let stream = peer.stream();
    assert_eq!(peer.last(GetStreamingEvents).ids().len(), 2);
    peer.say(stream, ok());
    assert_eq!(peer.gaps(), [(first, GapReason::Repacked)]);
    assert!(peer.session.is_live(second));
}

#[test]
fn close_unsubscribes_everything_and_then_nothing_is_left_waiting() {
    let (mut peer, keys) = several(3, LONG);
    let late = peer.subscribe(Subscription::new()); // its Subscribe is in flight
    let now = peer.at();
    peer.session.close(now);
    peer.drain();
    peer.answer_subscribes(LONG);
    let unsubscribes: Vec<_> = peer.sent.iter().filter(|s| s.operation == Unsubscribe).map(|s| s.id).collect();
    for id in &unsubscribes {
        peer.say(*id, message("Unsubscribe", "Success", "NoError", ""));
    }
    let rest: Vec<_> = peer.sent.iter().filter(|s| s.operation == Unsubscribe).map(|s| s.id).collect();
    for id in rest.iter().filter(|id| !unsubscribes.contains(id)) {
        peer.say(*id, message("Unsubscribe", "Success", "NoError", ""));
    }
    for key in keys.into_iter().chain([late]) {
        assert_eq!(peer.told(|e| *e == SessionEvent::Closed(key)), 1);
    }
    assert_eq!(peer.events.last(), Some(&SessionEvent::SessionClosed));
    peer.drain();
    assert_eq!(peer.deadline.elapsed(), Duration::MAX);
}

#[test]
fn close_does_not_wait_for_a_server_that_is_silent() {
    let (mut peer, keys) = several(3, LONG);
    let now = peer.at();
    peer.session.close(now);
    peer.pass(11.0);
    assert_eq!(peer.events.last(), Some(&SessionEvent::SessionClosed));
    assert_eq!(peer.told(|e| keys.iter().any(|key| *e == SessionEvent::Closed(*key))), 3);
}

#[test]
fn sessions_spread_out_after_an_outage() {
    let mut waits = Vec::new();
    for seed in 0..40 {
        let mut peer = Peer::seeded(Config::default(), seed);
        peer.subscribe(Subscription::new());
        for _ in 0..4 {
            let id = peer.last(Subscribe).id;
            peer.fail(id);
            let sent = peer.sent.len();
            while peer.sent.len() == sent {
                peer.pass(0.1);
            }
        }
        waits.push(peer.last(Subscribe).at as u64);
    }
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 20, "{waits:?}");
}

#[test]
fn failures_are_forgotten_once_a_connection_has_proved_healthy() {
    let (mut peer, _) = Peer::live(Config::default());
    for _ in 0..30 {
        let stream = peer.stream();
        peer.pass(40.0);
        peer.say(stream, ok());
        peer.fail(stream);
        peer.pass(6.5);
        let next = peer.stream();
        assert_ne!(next, stream, "never more than the first wait");
        peer.say(next, ok());
    }
}

#[test]
fn the_same_seed_and_inputs_give_the_same_outputs() {
    let run = || {
        let (mut peer, keys) = several(5, LONG);
        for round in 0..20 {
            let stream = peer.stream();
            let id = peer.session.subscription_id(keys[round % 5]).unwrap_or("none").to_owned();
            peer.say(stream, mail(&id, "AAMk"));
            match round % 3 {
                0 => peer.fail(stream),
                1 => peer.say(stream, error_ids("ErrorInvalidSubscription", &[&id], "")),
                _ => peer.say(stream, "<garbage"),
            }
            peer.pass(7.0 * round as f64);
            peer.answer_subscribes(LONG);
            peer.pass(20.0);
            let stream = peer.stream();
            peer.say(stream, ok());
        }
        peer.log
    };
    assert_eq!(run(), run());
}

#[test]
fn calls_that_come_too_late_or_from_the_past_change_nothing() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.pass(100.0);
    peer.fail(stream);
    let past = Instant::since_origin(Duration::from_secs(1));
    peer.session.handle_timeout(past);
    peer.session.handle_head(stream, 401, [], past);
    let mut input = &b"<garbage"[..];
    assert!(peer.session.next_event(stream, &mut input, past).is_none());
    assert!(input.is_empty());
    peer.session.handle_end(stream, past);
    peer.session.handle_failure(stream, past);
    peer.pass(30.0);
    let next = peer.stream();
    peer.say(next, ok());
    assert_eq!(peer.gaps(), [(key, GapReason::ConnectionLost)]);
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.session.unsubscribe(key, now);
    peer.session.retry(key, now);
    peer.drain();
    assert_eq!(peer.count(Unsubscribe), 1);
}

#[test]
fn what_is_refused_for_good_fails_and_is_not_retried() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 500, &[]);
    peer.say(id, fault("ErrorSchemaValidation"));
    assert_eq!(
        peer.events,
        [SessionEvent::Failed { key, reason: FailureReason::Refused, code: Some("ErrorSchemaValidation".into()) }]
    );
    peer.pass(86_400.0);
    assert_eq!(peer.sent.len(), 1);
}

#[test]
fn a_connection_that_is_refused_again_and_again_is_not_opened_in_a_loop() {
    for code in [
        "ErrorMailboxStoreUnavailable",
        "ErrorExceededSubscriptionCount",
        "ErrorMissedNotificationEvents",
        "ErrorSubscriptionNotFound",
        "ErrorServerBusy",
        "ErrorExceededConnectionCount",
        "ErrorWhatever",
    ] {
        for as_fault in [false, true] {
            let (mut peer, _) = Peer::live(Config::default());
            let before = peer.now;
            while peer.now - before < Duration::from_secs(1800) {
                let stream = peer.stream();
                peer.head(stream, 200, &[]);
                if as_fault {
                    peer.say(stream, fault(code));
                } else {
                    peer.say(stream, streaming("Error", code, ""));
                    peer.end(stream);
                }
                peer.answer_subscribes(LONG);
                peer.pass(0.5);
            }
            assert!(peer.sent.len() < 120, "{} requests in half an hour of {code}", peer.sent.len());
            assert!(peer.count(GetStreamingEvents) > 5, "{code}: it goes on trying");
        }
    }
}

#[test]
fn an_unsubscribe_never_hits_the_new_owner_of_an_id() {
    let mut peer = Peer::new(Config::default());
    let old = peer.subscribe(Subscription::new().resume(Text::new("1").unwrap()));
    let stream = peer.stream();
    peer.head(stream, 401, &[]); // nothing can be sent for now
    let now = peer.at();
    peer.session.credentials_renewed(now);
    let new = peer.session.subscribe(Subscription::new());
    peer.drain();
    let now = peer.at();
    peer.session.unsubscribe(old, now);
    let before = peer.count(Unsubscribe);
    let id = peer.last(Subscribe).id;
    peer.say(id, subscribed("1"));
    assert_eq!(id_of(&peer, new), "1");
    assert_eq!(peer.told(|e| *e == SessionEvent::Closed(old)), 1);
    assert_eq!(peer.count(Unsubscribe), before);
}

#[test]
fn a_moved_mailbox_asks_for_autodiscover() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 302, &[("Location", "https://elsewhere/ews")]);
    assert_eq!(peer.events, [SessionEvent::Rediscover(key)]);
    peer.pass(3600.0);
    assert_eq!(peer.sent.len(), 1);
}
