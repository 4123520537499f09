//! What the scenarios pass by: times, and what is remembered of a subscription, to the second.
#![allow(clippy::restriction)]

mod session_common;

use core::time::Duration;

use ews_stream::Operation::{GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::request::{DistinguishedFolder, EventTypes, Impersonation, Text};
use ews_stream::session::{
    Config, FailureReason, GapReason, Group, Instant, Output, SessionEvent, Subscription, SubscriptionKey,
};
use session_common::{LONG, Peer, closed, envelope, error_ids, mail, message, ok, streaming, subscribed};

/// Sun, 06 Nov 1994 08:49:37 GMT
const WALL: u64 = 784_111_777;

#[test]
fn a_retry_after_that_is_a_date_goes_by_the_wall_clock_where_the_server_sends_no_date() {
    for passed in [0_u32, 30] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let now = peer.at();
        peer.session.set_wall_clock(WALL, now);
        peer.now += Duration::from_secs(passed.into());
        let id = peer.last(Subscribe).id;
        peer.head(id, 503, &[("Retry-After", "Sun, 06 Nov 1994 08:51:37 GMT")]);
        peer.end(id);
        peer.pass(119.0 - f64::from(passed));
        assert_eq!(peer.sent.len(), 1, "{passed} s later");
        peer.pass(20.0);
        assert_eq!(peer.sent.len(), 2, "{passed} s later");
    }
}

#[test]
fn a_timeout_that_is_handled_has_its_effect_even_if_the_outputs_are_asked_for_with_an_earlier_time() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.session.handle_timeout(Instant::since_origin(Duration::from_secs(3600)));
    assert!(matches!(peer.session.poll_output(Instant::default()), Output::Cancel(other) if other == id));
}

#[test]
fn who_leaves_while_nothing_may_be_sent_is_gone_after_a_while() {
    let limit = 30.0;
    let (mut peer, key) = Peer::live(Config::default().with_request_timeout(Duration::from_secs_f64(limit)));
    // another's Subscribe is refused: all wait for credentials
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 401, &[]);
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.pass(limit - 1.0);
    assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 0);
    peer.pass(2.0);
    assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 1);
    assert_eq!(peer.count(Unsubscribe), 0);
}

/// Two subscriptions on one connection.
fn two() -> (Peer, [SubscriptionKey; 2]) {
    let mut peer = Peer::new(Config::default());
    let keys = [(); 2].map(|()| peer.subscribe(Subscription::new()));
    peer.answer_subscribes(LONG);
    peer.pass(5.0);
    let stream = peer.stream();
    peer.head(stream, 200, &[]);
    peer.say(stream, ok());
    assert!(keys.iter().all(|key| peer.session.is_live(*key)));
    (peer, keys)
}

#[test]
fn a_connection_that_ends_since_one_of_it_was_unsubscribed_is_opened_again_at_once() {
    let (mut peer, [left, stays]) = two();
    let stream = peer.stream();
    let now = peer.at();
    peer.session.unsubscribe(left, now);
    peer.drain();
    let before = peer.count(GetStreamingEvents);
    // some servers end the whole connection then
    peer.say(stream, closed());
    peer.end(stream);
    assert_eq!(peer.count(GetStreamingEvents), before + 1);
    let stream = peer.stream();
    peer.head(stream, 200, &[]);
    peer.say(stream, ok());
    assert!(peer.session.is_live(stays));
}

#[test]
fn a_connection_that_ends_at_once_for_no_reason_is_not_opened_again_at_once() {
    let (mut peer, _) = two();
    let stream = peer.stream();
    let before = peer.count(GetStreamingEvents);
    peer.say(stream, closed());
    peer.end(stream);
    assert_eq!(peer.count(GetStreamingEvents), before);
    peer.pass(60.0);
    assert_eq!(peer.count(GetStreamingEvents), before + 1);
}

#[test]
fn a_takeover_right_after_a_clean_end_is_a_rival() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    for _ in 0..6 {
        peer.pass(20.0);
        peer.say(stream, ok());
    }
    peer.say(stream, closed());
    peer.end(stream);
    let next = peer.stream();
    assert_ne!(next, stream);
    peer.head(next, 200, &[]);
    peer.say(next, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
    assert_eq!(peer.told(|event| *event == SessionEvent::TakenOver(key)), 1);
}

#[test]
fn a_takeover_right_after_a_break_is_a_ghost_but_only_once() {
    let (mut peer, key) = Peer::live(Config::default());
    for (ghosts, told) in [(1, 0), (2, 1)] {
        let stream = peer.stream();
        if ghosts == 1 {
            peer.fail(stream);
            peer.pass(30.0);
        }
        let stream = peer.stream();
        peer.head(stream, 200, &[]);
        peer.say(stream, streaming("Error", "ErrorNewEventStreamConnectionOpened", ""));
        assert_eq!(peer.told(|event| *event == SessionEvent::TakenOver(key)), told, "{ghosts}");
        peer.pass(30.0);
    }
}

#[test]
fn an_id_that_was_good_for_long_is_renewed_at_once_when_it_is_lost_however_often() {
    let healthy = 300.0;
    let (mut peer, _) = Peer::live(Config::default().with_healthy_after(Duration::from_secs_f64(healthy)));
    for lost in 1..6 {
        for _ in 0..4 {
            // heartbeats do not make it younger
            peer.pass(healthy / 3.0);
            let stream = peer.stream();
            peer.say(stream, ok());
        }
        let stream = peer.stream();
        let before = peer.count(Subscribe);
        peer.say(stream, streaming("Error", "ErrorSubscriptionNotFound", ""));
        peer.end(stream);
        assert_eq!(peer.count(Subscribe), before + 1, "lost {lost} times");
        peer.answer_subscribes(LONG);
        let stream = peer.stream();
        peer.head(stream, 200, &[]);
        peer.say(stream, ok());
    }
}

#[test]
fn an_id_that_is_lost_again_and_again_is_renewed_more_and_more_slowly() {
    let (mut peer, _) = Peer::live(Config::default());
    let mut at = Vec::new();
    for _ in 0..6 {
        let stream = peer.stream();
        let before = peer.count(Subscribe);
        peer.say(stream, streaming("Error", "ErrorSubscriptionNotFound", ""));
        peer.end(stream);
        let mut waited = 0;
        while peer.count(Subscribe) == before {
            peer.pass(1.0);
            waited += 1;
        }
        at.push(waited);
        peer.answer_subscribes(LONG);
        peer.pass(1.0);
        let stream = peer.stream();
        peer.head(stream, 200, &[]);
        peer.say(stream, ok());
    }
    assert_eq!(at[0], 0, "{at:?}");
    assert!(at[5] > at[1] && at[5] > 4, "{at:?}");
}

#[test]
fn what_happens_before_a_gap_has_been_heard_of_happens_all_the_same() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    let id = peer.session.subscription_id(key).unwrap().to_owned();
    let missed = error_ids("ErrorMissedNotificationEvents", &[&id], "").replace("Closed", "OK");
    let now = peer.at();
    // twice, and the end of the connection, before the caller asks
    for _ in 0..2 {
        let mut input = missed.as_bytes();
        while peer.session.next_event(stream, &mut input, now).is_some() {}
    }
    peer.session.handle_failure(stream, now);
    peer.drain();
    let missed = |gaps: &[_]| gaps.iter().filter(|(_, reason)| *reason == GapReason::EventsMissed).count();
    assert_eq!(missed(&peer.gaps()), 1);
    peer.pass(60.0);
    let next = peer.stream();
    assert_ne!(next, stream);
    peer.head(next, 200, &[]);
    peer.say(next, ok());
    assert!(peer.session.is_live(key));
    // once heard of, another is told
    let now = peer.at();
    let again = error_ids("ErrorMissedNotificationEvents", &[&id], "").replace("Closed", "OK");
    let mut input = again.as_bytes();
    while peer.session.next_event(next, &mut input, now).is_some() {}
    peer.drain();
    assert_eq!(missed(&peer.gaps()), 2);
}

/// The cookies of the requests that follow an answer with these `Set-Cookie`s.
fn cookies(group: Option<&Group>, set: &[&str]) -> Vec<Option<String>> {
    let mut peer = Peer::new(Config::default());
    let wanted = || group.cloned().into_iter().fold(Subscription::new(), Subscription::group);
    peer.subscribe(wanted());
    let id = peer.last(Subscribe).id;
    let headers: Vec<_> = set.iter().map(|cookie| ("Set-Cookie", *cookie)).collect();
    peer.head(id, 200, &headers);
    peer.say(id, subscribed(LONG));
    peer.end(id);
    peer.pass(5.0);
    let cookie = |sent: &session_common::Sent| {
        sent.headers.iter().find(|(name, _)| name == "Cookie").map(|(_, cookie)| cookie.clone())
    };
    assert!(peer.sent.len() > 1);
    peer.sent.iter().map(cookie).collect()
}

#[test]
fn a_group_keeps_the_cookie_that_keeps_it_on_its_server_and_no_other() {
    let group = || Some(Group::new("g", Text::new("anna@example.com").unwrap()));
    let own = "X-BackEndOverrideCookie=srv~1";
    let of = |len: usize| format!("X-BackEndOverrideCookie={}", "x".repeat(len - "X-BackEndOverrideCookie=".len()));
    let rows = [
        (group(), own.to_owned(), Some(own.to_owned())),
        (group(), format!(" {own} ; path=/; HttpOnly"), Some(own.to_owned())),
        (group(), "Other=srv~1".to_owned(), None),
        (group(), "X-BackEndOverrideCookie".to_owned(), None),
        // what does not fit a header field
        (group(), "X-BackEndOverrideCookie=srv\u{e9}".to_owned(), None),
        (group(), "X-BackEndOverrideCookie=srv\u{1}".to_owned(), None),
        (group(), "X-BackEndOverrideCookie=srv\u{7f}".to_owned(), None),
        (group(), of(4096), Some(of(4096))),
        (group(), of(4097), None),
        // nobody wants to stay on a server
        (None, own.to_owned(), None),
    ];
    for (group, set, expected) in rows {
        let found = cookies(group.as_ref(), &[&set]);
        assert_eq!(found[0], None, "{set}");
        assert!(found[1..].iter().all(|cookie| *cookie == expected), "{set}: {found:?}");
    }
}

#[test]
fn what_is_told_beside_a_request_for_credentials_is_not_lost_when_they_are_there_already() {
    let mut peer = Peer::new(Config::default());
    let waits = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    let now = peer.at();
    peer.session.handle_head(id, 401, [], now);
    peer.session.unsubscribe(waits, now);
    peer.session.credentials_renewed(now);
    peer.drain();
    assert_eq!(peer.events, [SessionEvent::Closed(waits)]);
}

#[test]
fn a_connection_that_is_refused_with_an_odd_status_is_tried_again_later() {
    let (mut peer, key) = Peer::live(Config::default());
    let stream = peer.stream();
    peer.fail(stream);
    peer.pass(120.0);
    let stream = peer.stream();
    let before = peer.count(GetStreamingEvents);
    peer.head(stream, 418, &[]);
    peer.end(stream);
    assert_eq!(peer.count(GetStreamingEvents), before, "not at once");
    peer.pass(600.0);
    assert!(peer.count(GetStreamingEvents) > before);
    assert_eq!(peer.told(|event| matches!(event, SessionEvent::Failed { key: failed, .. } if *failed == key)), 0);
}

/// An answer to a Subscribe that says no.
fn refused(code: &str, back_off_ms: Option<u32>) -> String {
    let hint = back_off_ms
        .map(|ms| format!("<m:MessageXml><t:Value Name='BackOffMilliseconds'>{ms}</t:Value></m:MessageXml>"));
    message("Subscribe", "Error", code, &hint.unwrap_or_default())
}

#[test]
fn a_mailbox_that_is_not_there_now_is_asked_more_and_more_slowly_and_holds_up_no_other() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let mut waits = Vec::new();
    for round in 0..9 {
        let last = peer.last(Subscribe);
        let (id, at) = (last.id, last.at);
        peer.say(id, refused("ErrorMailboxStoreUnavailable", None));
        peer.end(id);
        let before = peer.count(Subscribe);
        if round == 3 {
            assert_eq!(peer.told(|event| matches!(event, SessionEvent::BackingOff { .. })), 0);
            // another is asked for at once
            peer.subscribe(Subscription::new());
            assert_eq!(peer.count(Subscribe), before + 1);
            let other = peer.last(Subscribe).id;
            peer.say(other, subscribed(LONG));
            peer.end(other);
        }
        let before = peer.count(Subscribe);
        while peer.count(Subscribe) == before {
            peer.pass(1.0);
        }
        waits.push(peer.last(Subscribe).at - at);
    }
    assert!(waits[0] >= 1.0 && waits[0] < 20.0, "{waits:?}");
    assert!(waits.iter().copied().fold(0.0, f64::max) > 20.0, "{waits:?}");
}

#[test]
fn a_mailbox_that_says_when_is_asked_then() {
    for (hint, least) in [(120_000, 120.0), (1, 1.0)] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.say(id, refused("ErrorMailboxFailover", Some(hint)));
        peer.end(id);
        while peer.count(Subscribe) == 1 {
            peer.pass(1.0);
        }
        let waited = peer.last(Subscribe).at;
        assert!(waited >= least && waited < least + 60.0, "{hint} ms: {waited} s");
    }
}

#[test]
fn a_mailbox_with_too_many_subscriptions_is_told_and_asked_seldom() {
    let cap = 600.0;
    let mut peer = Peer::new(Config::default().with_backoff_cap(Duration::from_secs_f64(cap)));
    let key = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.say(id, refused("ErrorExceededSubscriptionCount", None));
    peer.end(id);
    assert_eq!(peer.told(|event| *event == SessionEvent::TooManySubscriptions(key)), 1);
    peer.pass(cap - 1.0);
    assert_eq!(peer.count(Subscribe), 1);
    while peer.count(Subscribe) == 1 {
        peer.pass(1.0);
    }
    assert!(peer.last(Subscribe).at < cap * 1.2);
}

/// A group that is live, with the cookie of its server.
fn grouped() -> (Peer, SubscriptionKey) {
    let mut peer = Peer::new(Config::default());
    let group = Group::new("g", Text::new("anna@example.com").unwrap());
    let key = peer.subscribe(Subscription::new().group(group));
    let id = peer.last(Subscribe).id;
    peer.head(id, 200, &[("Set-Cookie", "X-BackEndOverrideCookie=srv~1")]);
    peer.say(id, subscribed(LONG));
    peer.end(id);
    let stream = peer.stream();
    peer.head(stream, 200, &[]);
    peer.say(stream, ok());
    (peer, key)
}

fn has_cookie(sent: &session_common::Sent) -> bool {
    sent.headers.iter().any(|(name, _)| name == "Cookie")
}

#[test]
fn a_group_lets_its_cookie_go_when_its_server_is_gone_for_the_second_time() {
    let (mut peer, _) = grouped();
    let stream = peer.stream();
    assert!(has_cookie(peer.last(GetStreamingEvents)));
    peer.fail(stream);
    peer.pass(60.0);
    let stream = peer.stream();
    assert!(has_cookie(peer.last(GetStreamingEvents)), "one break may be the network's");
    peer.fail(stream);
    peer.pass(120.0);
    assert!(!has_cookie(peer.last(GetStreamingEvents)));
}

#[test]
fn a_group_that_has_moved_begins_anew() {
    let (mut peer, key) = grouped();
    let stream = peer.stream();
    peer.say(stream, streaming("Error", "ErrorMailboxMoveInProgress", ""));
    peer.end(stream);
    assert_eq!(peer.told(|event| *event == SessionEvent::Rediscover(key)), 1);
    let now = peer.at();
    peer.session.retry(key, now);
    let group = Group::new("g", Text::new("anna@example.com").unwrap());
    peer.session.subscribe(Subscription::new().group(group));
    let before = peer.count(Subscribe);
    peer.pass(60.0);
    assert_eq!(peer.count(Subscribe), before + 1, "the first alone, for its cookie");
    assert!(!has_cookie(peer.last(Subscribe)));
}

#[test]
fn keys_and_requests_have_names_for_logs() {
    let (peer, key) = Peer::live(Config::default());
    let (key, request) = (key.to_string(), peer.stream().to_string());
    assert!(key.split('.').count() == 2 && key.split('.').all(|part| part.parse::<u32>().is_ok()), "{key}");
    assert!(request.parse::<u64>().is_ok(), "{request}");
}

#[test]
fn a_subscription_asks_for_the_folders_and_events_it_was_made_with() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new().folder(DistinguishedFolder::Inbox).events(EventTypes::DELETED));
    let body = &peer.last(Subscribe).body;
    assert!(body.contains("Id=\"inbox\"") && body.contains("DeletedEvent") && !body.contains("CreatedEvent"), "{body}");
}

#[test]
fn a_body_that_ends_says_whether_anything_was_in_it() {
    for (body, expected) in [("", GapReason::ProtocolError), ("<Envelope xmlns='", GapReason::ConnectionLost)] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        peer.answer_subscribes(LONG);
        let stream = peer.stream();
        peer.head(stream, 200, &[]);
        peer.say(stream, body);
        peer.end(stream);
        let reason = |event: &SessionEvent| match event {
            SessionEvent::BackingOff { reason, .. } => Some(*reason),
            _ => None,
        };
        let reasons: Vec<_> = peer.events.iter().filter_map(reason).collect();
        assert_eq!(reasons, [expected], "{body:?}");
    }
}

#[test]
fn an_inner_code_counts_where_the_outer_one_says_nothing() {
    let inner = "<m:MessageXml><t:Value Name='InnerErrorResponseCode'>ErrorFolderNotFound</t:Value></m:MessageXml>";
    // the outer one says to wait, the inner one that it is of no use
    for (outer, fails) in [("ErrorInternalServerError", true), ("ErrorServerBusy", false)] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.say(id, message("Subscribe", "Error", outer, inner));
        peer.end(id);
        assert_eq!(peer.told(|event| matches!(event, SessionEvent::Failed { .. })) > 0, fails, "{outer}");
    }
}

#[test]
fn an_event_shows_that_its_subscription_is_live_before_its_document_is_complete() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new());
    peer.answer_subscribes(LONG);
    let id = peer.stream();
    let own = peer.session.subscription_id(key).unwrap().to_owned();
    let document = mail(&own, "AAMk");
    let (event, rest) = document.split_at(document.find("</m:Notification>").unwrap());
    peer.say(id, event);
    assert_eq!(peer.mails.len(), 1);
    assert!(peer.session.is_live(key));
    assert_eq!(peer.told(|event| *event == SessionEvent::Live(key)), 1);
    peer.say(id, rest);
    assert_eq!(peer.told(|event| *event == SessionEvent::Live(key)), 1);
}

#[test]
fn a_subscription_is_live_from_its_first_sign_of_life_and_no_younger_for_the_second() {
    let (mut peer, key) = Peer::live(Config::default());
    let lose = |peer: &mut Peer| {
        let (id, before) = (peer.stream(), peer.count(Subscribe));
        peer.say(id, streaming("Error", "ErrorSubscriptionNotFound", ""));
        peer.count(Subscribe) > before
    };
    assert!(lose(&mut peer), "the first time at once");
    peer.answer_subscribes(LONG);
    let id = peer.stream();
    let own = peer.session.subscription_id(key).unwrap().to_owned();
    let document = mail(&own, "AAMk");
    let (event, rest) = document.split_at(document.find("</m:Notification>").unwrap());
    peer.say(id, event);
    peer.pass(20.0);
    peer.say(id, rest);
    peer.pass(11.0);
    assert!(lose(&mut peer), "it was live for longer than half a minute");
}

#[test]
fn an_id_that_a_break_made_doubtful_before_it_was_used_is_made_anew() {
    let mut peer = Peer::new(Config::default());
    let who = |user: &str| Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(Text::new(user).unwrap()));
    peer.subscribe(who("a@x"));
    peer.answer_subscribes(LONG);
    let stream = peer.stream();
    peer.say(stream, ok());
    peer.subscribe(who("b@x"));
    let asked = peer.last(Subscribe).id;
    // another is under way, so that the one with an id waits for it
    peer.subscribe(who("b@x"));
    let under_way = peer.last(Subscribe).id;
    peer.say(asked, subscribed("short"));
    peer.fail(stream);
    peer.pass(10.0);
    peer.say(under_way, subscribed(LONG));
    peer.end(under_way);
    assert_eq!(peer.count(Subscribe), 4, "at once");
    assert_eq!(peer.gaps(), [], "nobody was told that it is live");
}

#[test]
fn a_gap_before_the_first_event_has_no_timestamp() {
    let (mut peer, key) = Peer::live(Config::default());
    let mut last = Vec::new();
    for with_event in [false, true] {
        let stream = peer.stream();
        let own = peer.session.subscription_id(key).unwrap().to_owned();
        if with_event {
            peer.say(stream, mail(&own, "AAMk"));
        }
        peer.fail(stream);
        peer.pass(60.0);
        let stream = peer.stream();
        peer.say(stream, ok());
        let timestamp = |event: &SessionEvent| match event {
            SessionEvent::Gap { last_timestamp, .. } => Some(last_timestamp.clone()),
            _ => None,
        };
        last.push(peer.events.iter().rev().find_map(timestamp).unwrap());
    }
    assert_eq!(last, [None, Some("2026-03-05T09:14:01Z".to_owned())]);
}

#[test]
fn a_mailbox_that_is_refused_with_an_odd_status_holds_up_no_other() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 418, &[]);
    peer.end(id);
    assert_eq!(peer.events, [SessionEvent::Failed { key, reason: FailureReason::Http(418), code: None }]);
    peer.subscribe(Subscription::new());
    assert_eq!(peer.count(Subscribe), 2, "at once");
}

#[test]
fn a_mailbox_that_says_to_wait_as_long_as_is_waited_anyway_is_asked_then() {
    // a wait of its own that is no matter of chance
    let mut peer = Peer::new(Config::default().with_backoff_base(Duration::ZERO));
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.say(id, refused("ErrorMailboxFailover", Some(1000)));
    peer.end(id);
    peer.pass(0.999);
    assert_eq!(peer.count(Subscribe), 1);
    peer.pass(0.001);
    assert_eq!(peer.count(Subscribe), 2);
}

#[test]
fn only_a_success_without_a_code_of_an_error_shows_that_a_connection_works() {
    let of = |class: &str, code: &str| {
        envelope(&format!(
            "<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage{class}>{code}\
             </m:GetStreamingEventsResponseMessage></m:ResponseMessages></m:GetStreamingEventsResponse>"
        ))
    };
    let (success, warning) = (" ResponseClass='Success'", " ResponseClass='Warning'");
    let (no_error, error) =
        ("<m:ResponseCode>NoError</m:ResponseCode>", "<m:ResponseCode>ErrorWhatever</m:ResponseCode>");
    for (class, code, works) in [
        (success, no_error, true),
        (success, "", true),
        (warning, no_error, true),
        (warning, error, false),
        (success, error, false),
        ("", no_error, false),
        ("", "", false),
    ] {
        let mut peer = Peer::new(Config::default());
        let key = peer.subscribe(Subscription::new());
        peer.answer_subscribes(LONG);
        let id = peer.stream();
        peer.say(id, of(class, code));
        assert_eq!(peer.session.is_live(key), works, "{class} {code}");
        assert!(!peer.cancelled.contains(&id));
    }
}

/// An answer to a Subscribe of several messages, each an error with this code, or without one.
fn errors(codes: &[&str]) -> String {
    let message = |code: &&str| {
        let code = if code.is_empty() { String::new() } else { format!("<m:ResponseCode>{code}</m:ResponseCode>") };
        format!("<m:SubscribeResponseMessage ResponseClass='Error'>{code}</m:SubscribeResponseMessage>")
    };
    let messages: String = codes.iter().map(message).collect();
    envelope(&format!("<m:SubscribeResponse><m:ResponseMessages>{messages}</m:ResponseMessages></m:SubscribeResponse>"))
}

#[test]
fn of_several_errors_the_last_counts_that_says_what_it_is() {
    let (fails, again) = ("ErrorFolderNotFound", "ErrorServerBusy");
    for (codes, expected) in [
        (&[fails][..], Some(fails)),
        (&[again, fails], Some(fails)),
        (&["", fails], Some(fails)),
        (&[fails, ""], Some(fails)),
        (&[fails, again], None),
        (&[again], None),
        // an error all the same
        (&[""], None),
    ] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.say(id, errors(codes));
        let code = |event: &SessionEvent| match event {
            SessionEvent::Failed { code, .. } => code.clone(),
            _ => None,
        };
        let failed: Vec<_> = peer.events.iter().filter_map(code).collect();
        assert_eq!(failed, expected.into_iter().collect::<Vec<_>>(), "{codes:?}");
        let waits =
            |event: &SessionEvent| matches!(event, SessionEvent::BackingOff { reason: GapReason::ServerError, .. });
        assert_eq!(peer.told(waits), usize::from(expected.is_none()), "{codes:?}");
    }
}

#[test]
fn an_id_that_a_document_complains_about_twice_is_complained_about_once() {
    for code in ["ErrorSubscriptionNotFound", "ErrorAccessDenied", "ErrorNewEventStreamConnectionOpened"] {
        let (mut peer, [bad, good]) = two();
        let stream = peer.stream();
        let own = peer.session.subscription_id(bad).unwrap().to_owned();
        let told = peer.events.len();
        peer.say(stream, error_ids(code, &[&own, &own], "").replace("Closed", "OK"));
        let of_it = match code {
            "ErrorAccessDenied" => peer.told(|event| matches!(event, SessionEvent::Failed { key, .. } if *key == bad)),
            "ErrorNewEventStreamConnectionOpened" => peer.told(|event| *event == SessionEvent::TakenOver(bad)),
            _ => {
                assert_eq!(peer.count(Subscribe), 3, "made anew, and at once");
                peer.answer_subscribes(LONG);
                let stream = peer.stream();
                peer.say(stream, ok());
                assert_eq!(peer.gaps(), [(bad, GapReason::SubscriptionLost)]);
                assert!(peer.session.is_live(bad));
                1
            }
        };
        assert_eq!(of_it, 1, "{code}: {:?}", &peer.events[told..]);
        assert!(peer.session.is_live(good), "{code}");
    }
}

#[test]
fn however_often_an_id_is_complained_about_the_others_count_as_well() {
    let (mut peer, keys) = two();
    let stream = peer.stream();
    let ids = keys.map(|key| peer.session.subscription_id(key).unwrap().to_owned());
    let named = [&ids[0], &ids[0], &ids[0], &ids[1]].map(String::as_str);
    peer.say(stream, error_ids("ErrorSubscriptionNotFound", &named, ""));
    assert_eq!(peer.count(Subscribe), 4, "both are made anew");
    assert!(peer.cancelled.contains(&stream));
}

#[test]
fn a_complaint_about_one_that_leaves_before_its_document_is_complete_is_passed_over() {
    let (mut peer, [leaves, stays]) = two();
    let stream = peer.stream();
    let id = peer.session.subscription_id(leaves).unwrap().to_owned();
    let document = error_ids("ErrorNewEventStreamConnectionOpened", &[&id], "").replace("Closed", "OK");
    let (first, rest) = document.split_at(document.find("<m:ConnectionStatus>").unwrap());
    peer.say(stream, first);
    let now = peer.at();
    peer.session.unsubscribe(leaves, now);
    peer.say(stream, rest);
    assert_eq!(peer.told(|event| matches!(event, SessionEvent::TakenOver(_))), 0);
    assert!(peer.session.is_live(stays));
}

#[test]
fn an_answer_that_says_nothing_is_no_answer() {
    let (mut peer, key) = Peer::live(Config::default());
    let now = peer.at();
    peer.session.unsubscribe(key, now);
    peer.drain();
    let id = peer.last(Unsubscribe).id;
    peer.say(id, envelope(""));
    assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 0);
    // its body may say more
    peer.say(id, message("Unsubscribe", "Success", "NoError", ""));
    assert_eq!(peer.told(|event| *event == SessionEvent::Closed(key)), 1);
    assert_eq!(peer.count(Unsubscribe), 1);
}

#[test]
fn a_closed_holds_until_something_good_is_said() {
    let nothing = envelope("");
    for (after, holds) in [("", true), (nothing.as_str(), true), (ok().as_str(), false), (closed().as_str(), true)] {
        let (mut peer, key) = Peer::live(Config::default());
        let stream = peer.stream();
        peer.pass(60.0);
        peer.say(stream, closed());
        peer.say(stream, after);
        peer.end(stream);
        peer.pass(60.0);
        let next = peer.stream();
        assert_ne!(next, stream);
        peer.say(next, ok());
        let expected = if holds { vec![] } else { vec![(key, GapReason::ConnectionLost)] };
        assert_eq!(peer.gaps(), expected, "{after}");
    }
}

#[test]
fn the_limit_for_silence_holds_from_the_first_message_on_even_where_that_had_longer() {
    let config = Config::default();
    let config =
        config.with_first_message_limit(Duration::from_secs(600)).with_silence_limit(Some(Duration::from_secs(60)));
    let (mut peer, _) = Peer::live(config);
    let stream = peer.stream();
    peer.pass(59.0);
    assert!(peer.cancelled.is_empty());
    peer.pass(2.0);
    assert_eq!(peer.cancelled, [stream]);
}

#[test]
fn a_connection_is_filled_even_if_one_waits_for_it_twice() {
    let mut peer = Peer::new(Config::default().with_max_requests(300));
    for _ in 0..200 {
        peer.session.subscribe(Subscription::new());
    }
    peer.drain();
    let asked: Vec<_> = peer.sent.iter().map(|sent| sent.id).collect();
    assert_eq!(asked.len(), 200);
    // the third gets the second one's id, which so is no good: the second is made anew, and waits already
    for (id, own) in asked.iter().zip(["another-id-longer-than-24-characters", LONG, LONG]) {
        peer.answer_unasked(*id, own);
    }
    peer.drain();
    assert_eq!(peer.count(Subscribe), 201);
    let anew = peer.last(Subscribe).id;
    for (number, id) in asked.iter().enumerate().skip(3).take(196) {
        peer.answer_unasked(*id, &format!("{LONG}{number}"));
    }
    peer.answer_unasked(anew, &format!("{LONG}anew"));
    peer.answer_unasked(asked[199], &format!("{LONG}last"));
    peer.drain();
    assert_eq!(peer.count(GetStreamingEvents), 1);
    let mut ids = peer.last(GetStreamingEvents).ids();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}
