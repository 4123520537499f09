//! Turns, slots and rest over hours: nobody starves, nothing that is over is kept, what is refused is not asked for ever.
#![allow(clippy::restriction, clippy::pedantic)]

#[path = "common/heap.rs"]
mod heap;
mod session_common;

use std::collections::{BTreeMap, BTreeSet};

use ews_stream::Operation::{self, GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::request::{Impersonation, Text};
use ews_stream::session::*;
use session_common::*;

fn t(s: &str) -> Text {
    Text::new(s).unwrap()
}
fn of(user: &str) -> Subscription {
    Subscription::new().impersonate(Impersonation::PrimarySmtpAddress(t(user)))
}

/// A well-behaved server: answers all, ends streams with Closed after their minutes.
struct Good {
    open: BTreeMap<RequestId, (Operation, f64, bool)>,
    hs: usize,
    hc: usize,
    given: u32,
    form: String,
    step: u64,
    lat: f64,
}
impl Good {
    fn new(form: &str) -> Self {
        Good { open: BTreeMap::new(), hs: 0, hc: 0, given: 0, form: form.into(), step: 0, lat: 0.0 }
    }
    fn tick(&mut self, p: &mut Peer) {
        self.step += 1;
        let now = p.now.as_secs_f64();
        for s in &p.sent[self.hs..] {
            let mins: f64 =
                s.body.split("ConnectionTimeout>").nth(1).map_or(0.0, |m| m.trim_end_matches("</m:").parse().unwrap());
            self.open.insert(s.id, (s.operation, now + mins * 60.0, false));
        }
        self.hs = p.sent.len();
        for c in &p.cancelled[self.hc..] {
            self.open.remove(c);
        }
        self.hc = p.cancelled.len();
        let all: Vec<_> = self.open.iter().map(|(a, b)| (*a, *b)).collect();
        for (id, (op, until, headed)) in all {
            if p.cancelled[self.hc..].contains(&id) {
                continue;
            }
            if op != GetStreamingEvents && now < until + self.lat {
                continue;
            }
            match op {
                Subscribe => {
                    self.given += 1;
                    p.head(id, 200, &[]);
                    p.say(id, subscribed(&format!("{}{}", self.form, self.given)));
                    p.end(id);
                    self.open.remove(&id);
                }
                Unsubscribe => {
                    p.head(id, 200, &[]);
                    p.say(id, message("Unsubscribe", "Success", "NoError", ""));
                    p.end(id);
                    self.open.remove(&id);
                }
                _ => {
                    if !headed {
                        self.open.get_mut(&id).unwrap().2 = true;
                        p.head(id, 200, &[]);
                        p.say(id, ok());
                    } else if now >= until {
                        p.say(id, closed());
                        p.end(id);
                        self.open.remove(&id);
                    } else if self.step.is_multiple_of(40) {
                        p.say(id, ok());
                    }
                }
            }
        }
    }
}

#[test]
fn a_lane_of_which_nothing_is_left_is_used_again() {
    heap::reset();
    let mut p = Peer::new(Config::default());
    let mut g = Good::new(LONG);
    let mut sizes = vec![];
    for n in 0..3000 {
        let key = p.subscribe(of(&format!("user-{n}@some.example.com")));
        for _ in 0..3 {
            g.tick(&mut p);
            p.pass(1.0);
        }
        let now = p.at();
        p.session.unsubscribe(key, now);
        p.drain();
        for _ in 0..3 {
            g.tick(&mut p);
            p.pass(1.0);
        }
        if n % 500 == 0 {
            sizes.push(format!("{:?}", p.session).matches("Lane {").count());
        }
    }
    assert!(sizes.last().unwrap() < &10, "{sizes:?}");
}

#[test]
fn mailboxes_take_turns_fairly_however_many_they_are_and_whatever_their_ids() {
    for (lanes, slots, form) in [(8, 1, ""), (20, 1, ""), (20, 1, LONG), (40, 1, ""), (60, 3, ""), (60, 3, LONG)] {
        let mut p = Peer::new(Config::default().with_max_connections(slots));
        let mut g = Good::new(form);
        g.lat = 2.0;
        let keys: Vec<_> = (0..lanes).map(|n| p.subscribe(of(&format!("u{n}@x")))).collect();
        let mut live: BTreeMap<SubscriptionKey, f64> = BTreeMap::new();
        while p.now.as_secs_f64() < 4.0 * 3600.0 {
            g.tick(&mut p);
            p.pass(1.0);
            for k in &keys {
                if p.session.is_live(*k) {
                    *live.entry(*k).or_default() += 1.0;
                }
            }
        }
        {
            let (a, b) = live.values().fold((f64::MAX, 0f64), |(a, b), v| (a.min(*v), b.max(*v)));
            assert!(live.len() == keys.len() && b < 2.0 * a, "unfair");
        }
    }
}

#[test]
fn an_id_of_an_earlier_run_is_replaced_once_and_then_a_refusal_is_one() {
    let mut p = Peer::new(Config::default());
    p.subscribe(Subscription::new().resume(t(&format!("{LONG}old"))));
    let mut done = BTreeSet::new();
    let mut n = 0;
    while p.now.as_secs_f64() < 4.0 * 3600.0 {
        let new: Vec<_> = p.sent.iter().filter(|s| !done.contains(&s.id)).map(|s| (s.id, s.operation)).collect();
        for (id, op) in new {
            done.insert(id);
            p.head(id, 200, &[]);
            match op {
                Subscribe => {
                    n += 1;
                    p.say(id, subscribed(&format!("{LONG}{n}")))
                }
                _ => p.say(id, streaming("Error", "ErrorAccessDenied", "")),
            }
            p.end(id);
        }
        p.pass(1.0);
    }
    assert_eq!(p.told(|e| matches!(e, SessionEvent::Failed { .. })), 1);
}

#[test]
fn a_short_id_is_made_anew_after_refused_credentials_for_long() {
    let mut p = Peer::ended_cleanly("");
    // refused for the credentials, again and again
    for _ in 0..5 {
        let s = p.stream();
        p.head(s, 401, &[]);
        p.pass(240.0);
        let n = p.at();
        p.session.credentials_renewed(n);
        p.drain();
        p.pass(20.0);
    }
    assert!(p.count(Subscribe) > 1, "after 20 minutes without a connection the id is used still");
}

#[test]
fn a_short_id_is_made_anew_after_a_busy_server_for_long() {
    let mut p = Peer::ended_cleanly("");
    for _ in 0..5 {
        let s = p.stream();
        p.head(s, 429, &[("Retry-After", "240")]);
        p.end(s);
        p.pass(280.0);
    }
    assert!(p.count(Subscribe) > 1, "after 20 minutes without a connection the id is used still");
}

#[test]
fn one_that_needs_its_turn_no_longer_does_not_keep_the_next_waiting() {
    // two slots; A is in two connections; B comes and A's two become one
    let mut p = Peer::new(Config::default().with_max_connections(2));
    let mut g = Good::new(LONG);
    p.subscribe(of("a@x"));
    for _ in 0..20 {
        g.tick(&mut p);
        p.pass(1.0);
    }
    p.subscribe(of("a@x"));
    for _ in 0..100 {
        g.tick(&mut p);
        p.pass(1.0);
    }
    p.subscribe(of("b@x"));
    for _ in 0..10 {
        g.tick(&mut p);
        p.pass(1.0);
    }
    let c = p.subscribe(of("c@x"));
    for _ in 0..5 {
        g.tick(&mut p);
        p.pass(1.0);
    }
    let d = p.subscribe(of("d@x"));
    for _ in 0..38 {
        g.tick(&mut p);
        p.pass(1.0);
    }
    // c is not wanted any more; the server takes its time
    let n = p.at();
    p.session.unsubscribe(c, n);
    p.drain();
    p.pass(15.0);
    let mut waited = 0;
    while !p.session.is_live(d) && waited < 4000 {
        g.tick(&mut p);
        p.pass(1.0);
        waited += 1;
    }
    assert!(waited < 200, "waited {waited} s");
}

#[test]
fn those_who_wait_for_an_anchor_are_not_kept_when_they_are_no_more() {
    heap::reset();
    let mut s = heap::tracking(|| Session::new(Config::default(), 1));
    let now = Instant::default();
    let g = || Subscription::new().group(Group::new("g", t("a@x")));
    heap::tracking(|| s.subscribe(g()));
    while !matches!(heap::tracking(|| s.poll_output(now)), Output::Timeout(_)) {}
    for _ in 0..100_000 {
        let key = heap::tracking(|| s.subscribe(g()));
        while !matches!(heap::tracking(|| s.poll_output(now)), Output::Timeout(_)) {}
        heap::tracking(|| s.unsubscribe(key, now));
        while !matches!(heap::tracking(|| s.poll_output(now)), Output::Timeout(_)) {}
    }
    assert!(heap::live() < 100_000, "{} bytes", heap::live());
}

fn streams(p: &mut Peer, open: &mut BTreeSet<RequestId>, hs: &mut usize) {
    for x in &p.sent[*hs..] {
        if x.operation == GetStreamingEvents {
            open.insert(x.id);
        }
    }
    *hs = p.sent.len();
    for c in &p.cancelled {
        open.remove(c);
    }
    for id in open.clone() {
        p.head(id, 200, &[]);
        p.say(id, ok());
    }
}

#[test]
fn those_who_hold_back_are_not_kept_when_they_are_no_more() {
    // one Subscribe is always under way, and one lane keeps the only slot
    let mut p = Peer::new(Config::default().with_max_connections(1));
    let (mut open, mut hs) = (BTreeSet::new(), 0);
    p.subscribe(of("slow@x"));
    let mut slow = p.last(Subscribe).id;
    let mut sizes = vec![];
    for n in 0..4000 {
        let old = slow;
        if n % 20 == 19 {
            p.subscribe(of("slow@x"));
            slow = p.last(Subscribe).id;
            assert_ne!(old, slow);
            p.head(old, 200, &[]);
            p.say(old, subscribed(&format!("{LONG}slow{n}")));
            p.end(old);
        }
        let key = p.subscribe(of(&format!("u{n}@x")));
        let id = p.last(Subscribe).id;
        assert_ne!(id, slow, "{}", p.log[p.log.len() - 20..].join("\n"));
        p.head(id, 200, &[]);
        p.say(id, subscribed(&format!("{LONG}{n}")));
        p.end(id);
        let now = p.at();
        p.session.unsubscribe(key, now);
        p.drain();
        let id = p.last(Unsubscribe).id;
        p.head(id, 200, &[]);
        p.say(id, message("Unsubscribe", "Success", "NoError", ""));
        p.end(id);
        p.pass(1.0);
        streams(&mut p, &mut open, &mut hs);
        if n % 500 == 499 {
            let d = format!("{:?}", p.session);
            let i = d.find("holding: [").unwrap();
            sizes.push(d[i..].split(']').next().unwrap().split(',').count());
        }
    }
    assert!(*sizes.last().unwrap() < 1000, "{sizes:?}");
}

#[test]
fn whoever_leaves_has_the_whole_minute_for_the_server_to_be_told() {
    let mut p = Peer::new(Config::default());
    let (mut open, mut hs) = (BTreeSet::new(), 0);
    let a = p.subscribe(Subscription::new());
    p.subscribe(Subscription::new());
    p.answer_subscribes(LONG);
    p.pass(6.0);
    streams(&mut p, &mut open, &mut hs);
    let s = p.stream();
    let id = p.session.subscription_id(a).unwrap().to_owned();
    p.say(
        s,
        streaming(
            "Error",
            "ErrorExceededSubscriptionCount",
            &format!("<m:ErrorSubscriptionIds><t:SubscriptionId>{id}</t:SubscriptionId></m:ErrorSubscriptionIds>"),
        ),
    );
    for _ in 0..29 {
        p.pass(10.0);
        streams(&mut p, &mut open, &mut hs);
    }
    // then the server asks for fifty seconds of rest
    p.subscribe(Subscription::new());
    let x = p.last(Subscribe).id;
    p.head(x, 503, &[("Retry-After", "50")]);
    p.end(x);
    let n = p.at();
    p.session.unsubscribe(a, n);
    p.drain();
    let at = p.now;
    for _ in 0..10 {
        p.pass(10.0);
        streams(&mut p, &mut open, &mut hs);
    }
    assert!(p.count(Unsubscribe) > 0, "closed without the server having been told, unsubscribed at {at:?}");
}

/// Who names ids and is busy is to be left alone, though the lane rests already.
#[test]
fn a_busy_server_is_left_alone_although_the_lane_rests_already() {
    // lanes x (live) and l; l has two connections
    let mut p = Peer::new(Config::default().with_max_connections(5));
    p.subscribe(of("x@x"));
    p.answer_subscribes(LONG);
    p.pass(6.0);
    let sx = p.stream();
    p.head(sx, 200, &[]);
    p.say(sx, ok());
    p.subscribe(of("l@x"));
    p.answer_subscribes(&format!("{LONG}a"));
    p.pass(6.0);
    let s1 = p.stream();
    p.head(s1, 200, &[]);
    p.say(s1, ok());
    let l2 = p.subscribe(of("l@x"));
    p.answer_subscribes(&format!("{LONG}b"));
    p.pass(6.0);
    let s2 = p.stream();
    assert_ne!(s1, s2);
    p.head(s2, 200, &[]);
    p.say(s2, ok());
    p.fail(s1); // l rests alone
    let id = p.session.subscription_id(l2).unwrap().to_owned();
    p.say(s2, error_ids("ErrorServerBusy", &[&id], ""));
    let n = p.count(Subscribe);
    p.subscribe(of("y@x"));
    assert_eq!(p.count(Subscribe), n, "the server is busy");
}

/// One slot; o has its turn, w and d wait; w is not wanted any more: next is d, not o again.
#[test]
fn the_turn_of_one_that_needs_nothing_is_the_next_ones() {
    let mut p = Peer::new(Config::default().with_max_connections(1));
    let mut g = Good::new(LONG);
    let keys: Vec<_> = ["o@x", "w@x", "d@x"].iter().map(|u| p.subscribe(of(u))).collect();
    // until o is live again and w and d wait in this order
    let mut n = 0;
    while !(n > 400 && p.session.is_live(keys[0])) {
        g.tick(&mut p);
        p.pass(1.0);
        n += 1;
    }
    while p.session.is_live(keys[0]) {
        if n > 0 {
            n = 0;
            for _ in 0..40 {
                g.tick(&mut p);
                p.pass(1.0);
            }
            let now = p.at();
            p.session.unsubscribe(keys[1], now);
            p.drain();
        }
        // the Unsubscribe is answered slowly
        let s = p.stream();
        p.pass(20.5);
        p.say(s, closed());
        p.end(s);
        p.drain();
        p.pass(1.0);
    }
    let d = p.session.subscription_id(keys[2]).unwrap();
    assert!(p.last(GetStreamingEvents).ids().contains(&d.to_owned()), "o has the turn again");
}
