//! One test a defect: each asserts what is promised, and fails today.
#![allow(clippy::restriction, clippy::pedantic, unused)]
#[path = "common/heap.rs"]
mod heap;
mod session_common;
use ews_stream::Operation::{GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::request::{Impersonation, Text};
use ews_stream::session::*;
use session_common::*;
use std::time::Duration;

fn t(s: &str) -> Text {
    Text::new(s).unwrap()
}
fn of(user: &str) -> Subscription {
    Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(t(user)))
}
fn two() -> (Peer, [SubscriptionKey; 2], [String; 2], RequestId) {
    let mut p = Peer::new(Config::default());
    let k = [0; 2].map(|_| p.subscribe(Subscription::new()));
    p.answer_subscribes(LONG);
    let ids = k.map(|k| p.session.subscription_id(k).unwrap().to_owned());
    let s = p.stream();
    p.head(s, 200, &[]);
    p.say(s, ok());
    (p, k, ids, s)
}
fn msg(class: &str, code: &str, ids: &[&str]) -> String {
    let ids: String = ids.iter().map(|i| format!("<m:SubscriptionId>{i}</m:SubscriptionId>")).collect();
    format!(
        "<m:GetStreamingEventsResponseMessage ResponseClass='{class}'><m:ResponseCode>{code}</m:ResponseCode><m:ErrorSubscriptionIds>{ids}</m:ErrorSubscriptionIds></m:GetStreamingEventsResponseMessage>"
    )
}
fn doc(m: &[String]) -> String {
    envelope(&format!(
        "<m:GetStreamingEventsResponse><m:ResponseMessages>{}</m:ResponseMessages></m:GetStreamingEventsResponse>",
        m.concat()
    ))
}

#[test]
fn f01_missed_events_of_all_beside_a_complaint_about_one_are_a_gap_for_all() {
    for order in [[0, 1], [1, 0]] {
        let (mut p, k, ids, s) = two();
        let m =
            [msg("Error", "ErrorMissedNotificationEvents", &[]), msg("Error", "ErrorSubscriptionNotFound", &[&ids[0]])];
        p.say(s, doc(&order.map(|n| m[n].clone())));
        assert!(p.gaps().contains(&(k[1], GapReason::EventsMissed)), "{order:?}: {:?}", p.events);
    }
}

#[test]
fn f02_each_message_of_a_document_is_about_its_own_ids() {
    let (mut p, k, ids, s) = two();
    p.say(
        s,
        doc(&[msg("Error", "ErrorSubscriptionNotFound", &[&ids[0]]), msg("Error", "ErrorAccessDenied", &[&ids[1]])]),
    );
    assert_eq!(
        p.told(|e| matches!(e, SessionEvent::Failed { key, .. } if *key == k[0])),
        0,
        "it was only not found: {:?}",
        p.events
    );
}

#[test]
fn f03_one_mailbox_that_is_not_there_now_does_not_stop_the_others_of_its_connection() {
    let (mut p, k, ids, s) = two();
    p.say(s, doc(&[msg("Error", "ErrorMailboxStoreUnavailable", &[&ids[0]])]));
    assert!(p.session.is_live(k[1]) && p.cancelled.is_empty(), "{:?}", p.events);
}

#[test]
fn f04_failures_of_one_are_not_forgotten_because_another_is_healthy() {
    let count = |healthy: bool| {
        let mut p = Peer::new(Config::default());
        let mut good = None;
        if healthy {
            p.subscribe(of("b@x"));
            p.answer_subscribes(LONG);
            let id = p.stream();
            p.say(id, ok());
            good = Some(id);
        }
        let mut h = p.sent.len();
        p.subscribe(of("a@x"));
        for second in 0..1700 {
            for id in p.sent[h..].iter().map(|s| s.id).collect::<Vec<_>>() {
                h += 1;
                p.head(id, 503, &[]);
                p.end(id);
            }
            if let Some(g) = good {
                if second % 45 == 0 {
                    p.say(g, ok());
                }
            }
            p.pass(1.0);
        }
        h - if healthy { 2 } else { 0 }
    };
    let (alone, beside) = (count(false), count(true));
    assert!(beside <= 2 * alone, "{alone} requests alone, {beside} beside a healthy connection");
}

#[test]
fn f05_retry_after_holds_when_the_body_breaks_or_hangs() {
    for hang in [false, true] {
        let mut p = Peer::new(Config::default());
        p.subscribe(Subscription::new());
        let id = p.last(Subscribe).id;
        p.head(id, 503, &[("Retry-After", "1800")]);
        if !hang {
            p.fail(id);
        }
        p.pass(1700.0);
        assert_eq!(p.sent.len(), 1, "hang: {hang}");
    }
}

#[test]
fn f06_a_retry_after_counts_beside_a_back_off_of_nothing() {
    let mut p = Peer::new(Config::default());
    p.subscribe(Subscription::new());
    let id = p.last(Subscribe).id;
    p.head(id, 503, &[("Retry-After", "1800")]);
    p.say(id, envelope("<Fault><faultcode xmlns=''>ErrorServerBusy</faultcode><faultstring xmlns=''>no</faultstring><detail xmlns=''><t:MessageXml><t:Value Name='BackOffMilliseconds'>0</t:Value></t:MessageXml></detail></Fault>"));
    p.pass(1700.0);
    assert_eq!(p.sent.len(), 1);
}

#[test]
fn f07_a_header_field_cannot_be_injected() {
    for wanted in [of("a@x\r\nX-Evil: 1"), Subscription::new().group(Group::new("g", t("a@x\r\nX-Evil: 1")))] {
        let mut p = Peer::new(Config::default());
        p.subscribe(wanted);
        for s in &p.sent {
            assert!(s.headers.iter().all(|(_, v)| !v.contains(['\r', '\n'])), "{:?}", s.headers);
        }
    }
}

#[test]
fn f08_memory_does_not_go_by_the_length_of_a_servers_ids() {
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
fn f09_what_was_unsubscribed_takes_no_memory() {
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
        eprintln!("paused {paused}: {live} bytes");
        assert!(live < 100_000, "paused: {paused}: {live} bytes");
    }
}

#[test]
fn f10_work_does_not_grow_with_those_who_wait() {
    // counted by how many times the session allocates while each connection says its first word
    let count = |lanes: u32, slots: u32| {
        let mut s = Session::new(Config::default().with_max_connections(slots), 1);
        let now = Instant::default();
        for n in 0..lanes {
            s.subscribe(of(&format!("u{n}@x")).resume(t(&format!("{LONG}{n}"))));
        }
        let mut streams = vec![];
        loop {
            match s.poll_output(now) {
                Output::Send(r) => streams.push(r.id()),
                Output::Timeout(_) => break,
                _ => {}
            }
        }
        let (okd, clock) = (ok(), std::time::Instant::now());
        for id in &streams {
            let mut i = okd.as_bytes();
            while s.next_event(*id, &mut i, now).is_some() {}
            while !matches!(s.poll_output(now), Output::Timeout(_)) {}
        }
        clock.elapsed() / streams.len() as u32
    };
    let (few, many) = (count(400, 200), count(1600, 800));
    eprintln!(
        "a first word: {few:?} with 400 lanes and 200 connections, {many:?} with 1600 and 800; 100,000 lanes and 10: {:?}",
        count(100_000, 10)
    );
    assert!(many < few * 3, "{few:?}, {many:?}");
}

#[test]
fn f11_one_connection_more_is_tried_again_not_all() {
    let mut p = Peer::new(Config::default().with_max_connections(10));
    for n in 0..10 {
        p.subscribe(of(&format!("u{n}@x")));
    }
    p.answer_subscribes(LONG);
    let (mut h, mut open, mut refused) = (0, Vec::<(RequestId, f64)>::new(), vec![0; 5]);
    while p.now.as_secs_f64() < 4499.0 {
        let now = p.now.as_secs_f64();
        open.retain(|(id, _)| !p.cancelled.contains(id));
        let news: Vec<_> = p.sent[h..]
            .iter()
            .filter(|s| s.operation == GetStreamingEvents)
            .map(|s| (s.id, if s.body.contains("Timeout>1<") { 60.0 } else { 1800.0 }))
            .collect();
        h = p.sent.len();
        for (id, long) in news {
            if p.cancelled.contains(&id) {
                continue;
            }
            if open.len() < 3 {
                p.say(id, ok());
                open.push((id, now + long));
            } else {
                p.say(id, fault("ErrorExceededConnectionCount"));
                refused[(now / 900.0) as usize] += 1;
            }
        }
        for (id, at) in open.clone() {
            if at <= now {
                p.say(id, closed());
                p.end(id);
            } else if now as u64 % 45 == 0 {
                p.say(id, ok());
            }
        }
        open.retain(|(_, at)| *at > now);
        p.pass(1.0);
    }
    assert!(
        refused[1..].iter().all(|n| *n <= 1),
        "refused in each quarter of an hour: {refused:?}; gaps {}",
        p.gaps().len()
    );
}

#[test]
fn f12_a_lane_gets_a_connection_where_there_is_room_for_all() {
    let mut p = Peer::new(Config::default());
    let keys: Vec<_> = (0..600).map(|_| p.session.subscribe(Subscription::new())).collect();
    p.drain();
    p.answer_subscribes(LONG);
    let all: Vec<_> = p.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| (s.id, s.ids())).collect();
    let by: std::collections::HashMap<String, SubscriptionKey> =
        keys.iter().map(|k| (p.session.subscription_id(*k).unwrap().to_owned(), *k)).collect();
    for (id, _) in &all {
        p.say(*id, ok());
    }
    for (_, ids) in &all {
        for i in ids.iter().take(80) {
            let now = p.at();
            p.session.unsubscribe(by[i], now);
        }
    }
    p.drain();
    // 360 are left, in three connections of 120: two would do, and one is needed for another user
    let mut h = 0;
    loop {
        let next: Vec<_> = p.sent[h..].iter().filter(|s| s.operation == Unsubscribe).map(|s| s.id).collect();
        h = p.sent.len();
        if next.is_empty() {
            break;
        }
        for id in next {
            p.say(id, message("Unsubscribe", "Success", "NoError", ""));
            p.end(id);
        }
    }
    p.subscribe(of("b@x"));
    p.answer_subscribes("another-lane-with-a-long-id-that-is-unique-");
    let before = p.count(GetStreamingEvents);
    for _ in 0..40 {
        p.pass(40.0);
        for (id, _) in &all {
            p.say(*id, ok());
        }
    }
    let told = p.told(|e| matches!(e, SessionEvent::TooManyConnections { .. }));
    assert!(p.count(GetStreamingEvents) > before || told > 0, "26 minutes without a connection, and without a word");
}

#[test]
fn f13_a_group_lets_go_of_a_cookie_whose_server_is_gone() {
    for status in [503, 500] {
        let mut p = Peer::new(Config::default());
        let g = Group::new("g", t("anchor@x")).resume(t("X-BackEndOverrideCookie=dead"));
        p.subscribe(Subscription::new().group(g));
        let (mut h, mut free) = (0, false);
        while p.now.as_secs_f64() < 6.0 * 3600.0 && !free {
            let news: Vec<_> =
                p.sent[h..].iter().map(|s| (s.id, s.headers.iter().any(|(n, _)| n == "Cookie"))).collect();
            h = p.sent.len();
            for (id, cookie) in news {
                free |= !cookie;
                p.head(id, status, &[]);
                p.end(id);
            }
            p.pass(5.0);
        }
        assert!(free, "{status}: after {} requests in six hours", p.sent.len());
    }
}

#[test]
fn f14_a_group_does_not_act_as_a_member_that_has_gone() {
    let mut p = Peer::new(Config::default());
    let g = || Group::new("g", t("anchor@x"));
    let a = p.subscribe(of("gone@x").group(g()));
    let b = p.subscribe(of("b@x").group(g()));
    p.answer_subscribes(LONG);
    let s = p.stream();
    p.say(s, ok());
    let now = p.at();
    p.session.unsubscribe(a, now);
    p.drain();
    let u = p.last(Unsubscribe).id;
    p.say(u, message("Unsubscribe", "Success", "NoError", ""));
    p.end(u);
    p.pass(60.0);
    p.say(s, closed());
    p.end(s);
    assert!(
        !p.last(GetStreamingEvents).body.contains("gone@x"),
        "an ErrorNonExistentMailbox of it is a Failed of all others"
    );
}

#[test]
fn f15_credentials_renewed_before_the_refusal_is_handed_in_are_no_busy_loop() {
    let mut p = Peer::new(Config::default());
    p.subscribe(Subscription::new());
    for n in 0..1000 {
        let Some(id) = p.sent.last().map(|s| s.id) else { panic!() };
        if p.sent.len() <= n {
            return;
        }
        // the driver sees a 401, fetches a new token, says so, and hands in the answer
        let now = p.at();
        p.session.credentials_renewed(now);
        p.head(id, 401, &[]);
    }
    panic!("{} requests at {:?}, told: {:?}", p.sent.len(), p.now, p.events);
}

#[test]
fn f16_connections_are_given_up_no_more_often_than_once_a_minute() {
    let mut p = Peer::new(Config::default());
    for n in 0..3 {
        p.subscribe(of(&format!("u{n}@x")));
    }
    p.answer_subscribes(LONG);
    let open: Vec<_> = p.sent.iter().filter(|s| s.operation == GetStreamingEvents).map(|s| s.id).collect();
    for id in &open {
        p.say(*id, ok());
    }
    for n in 3..6 {
        p.session.subscribe(of(&format!("u{n}@x")));
    }
    p.drain();
    p.answer_subscribes(LONG);
    p.pass(10.0);
    let given_up = p.told(|e| matches!(e, SessionEvent::Lost { reason: GapReason::Repacked, .. }));
    assert!(given_up <= 1, "{given_up} in ten seconds; with_repack_interval says 60 s");
}

#[test]
fn f17_a_body_ends_within_the_drain_limit_after_closed_however_often_that_is_said() {
    let (mut p, _, _, s) = two();
    while p.now.as_secs_f64() < 60.0 && !p.cancelled.contains(&s) {
        p.say(s, closed());
        p.pass(9.0);
    }
    assert!(p.cancelled.contains(&s), "a minute after the first Closed");
}

#[test]
fn f18_what_failed_needs_no_connection() {
    let mut p = Peer::new(Config::default());
    for n in 0..4 {
        p.subscribe(of(&format!("u{n}@x")));
    }
    let failed = p.sent[3].id;
    p.say(failed, fault("ErrorNonExistentMailbox"));
    p.sent[3].body.clear();
    p.answer_subscribes(LONG);
    let short = p.sent.iter().filter(|s| s.body.contains("ConnectionTimeout>1<")).count();
    assert_eq!(short, 0, "three connections for three, and yet each lasts a minute only");
}

#[test]
fn f19_ids_that_count_are_not_used_again_when_a_proxy_says_that_the_server_is_gone() {
    let mut p = Peer::new(Config::default());
    p.subscribe(Subscription::new());
    p.answer_subscribes("");
    let s = p.stream();
    p.head(s, 200, &[]);
    p.say(s, ok());
    p.pass(60.0);
    p.say(s, closed());
    p.end(s);
    let s = p.stream();
    p.head(s, 502, &[]);
    p.end(s);
    p.pass(30.0);
    assert_eq!(p.count(GetStreamingEvents), 2, "id 1 may be somebody else's by now");
}

#[test]
fn f20_old_forms_of_http_dates() {
    for v in ["Sunday, 06-Nov-94 08:59:37 GMT", "Sun Nov  6 08:59:37 1994"] {
        let mut p = Peer::new(Config::default());
        p.subscribe(Subscription::new());
        let id = p.last(Subscribe).id;
        p.head(id, 503, &[("Retry-After", v), ("Date", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        p.end(id);
        assert_eq!(p.told(|e| matches!(e, SessionEvent::Throttled { .. })), 1, "{v}");
    }
}

#[test]
fn f21_missed_events_told_in_another_class_are_a_gap() {
    for class in ["Warning", "Success"] {
        let (mut p, k, ids, s) = two();
        p.say(s, doc(&[msg(class, "ErrorMissedNotificationEvents", &[&ids[0]])]));
        for _ in 0..30 {
            p.pass(40.0);
            p.say(s, ok());
        }
        assert_eq!(p.gaps(), [(k[0], GapReason::EventsMissed)], "{class}");
    }
}

#[test]
fn f22_an_id_named_as_wrong_by_a_document_of_another_class_is_not_live() {
    for (class, code) in [("Success", "NoError"), ("Warning", "ErrorSubscriptionNotFound")] {
        let (mut p, k, ids, s) = two();
        p.say(s, doc(&[msg(class, code, &[&ids[0]])]));
        for _ in 0..30 {
            p.pass(40.0);
            p.say(s, heartbeat(&ids[1]));
        }
        assert!(!p.session.is_live(k[0]) || p.count(Subscribe) > 2, "{class} {code}: live, and never heard of again");
    }
}

#[test]
fn f23_retry_after_of_a_refusal_of_credentials_is_obeyed() {
    let mut p = Peer::new(Config::default());
    p.subscribe(Subscription::new());
    let id = p.last(Subscribe).id;
    p.head(id, 401, &[("Retry-After", "600")]);
    let now = p.at();
    p.session.credentials_renewed(now);
    p.pass(500.0);
    assert_eq!(p.sent.len(), 1);
}

#[test]
fn f24_ids_that_count_are_not_used_again_after_hours_without_a_connection() {
    let mut p = Peer::new(Config::default());
    let k = p.subscribe(Subscription::new());
    p.answer_subscribes("");
    let s = p.stream();
    p.head(s, 200, &[]);
    p.say(s, ok());
    p.pass(60.0);
    p.say(s, closed());
    p.end(s);
    let s = p.stream();
    p.head(s, 401, &[]);
    p.pass(5.0 * 3600.0); // the server has long forgotten it, and may have started anew
    let now = p.at();
    p.session.credentials_renewed(now);
    p.drain();
    let s = p.stream();
    p.head(s, 200, &[]);
    p.say(s, mail("1", "somebody-elses"));
    assert!(p.mails.is_empty() || !p.gaps().is_empty(), "{:?} {:?}", p.mails, p.gaps());
}

#[test]
fn f25_an_event_without_a_subscription_id_is_not_lost_in_silence() {
    let (mut p, _) = Peer::live(Config::default());
    let s = p.stream();
    p.say(s, mail("|", "AAMk").replace("<t:SubscriptionId>|</t:SubscriptionId>", ""));
    p.pass(61.0);
    p.say(s, closed());
    p.end(s);
    let next = p.stream();
    assert_ne!(next, s);
    p.head(next, 200, &[]);
    p.say(next, ok());
    assert!(!p.mails.is_empty() || !p.gaps().is_empty(), "{:?}", p.events);
}
