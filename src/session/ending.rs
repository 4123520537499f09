//! What it means that a request has ended, however it did. Depends on everything the session knows.

use core::time::Duration;

use super::affinity::Anchor;
use super::config::SuspectIds;
use super::connection::{Complaint, Ending, Flight, Kind, Stream};
use super::errors::Action;
use super::event::{FailureReason, GapReason, RequestId, SessionEvent, SubscriptionKey};
use super::output::Output;
use super::transition::{Input, Phase};
use super::{Session, Timer, backoff};
use crate::request::Text;

/// A clean `Closed` after less than this is a failure all the same: reconnecting at once would be a busy loop. The
/// shortest connection that can be asked for lasts a minute.
const SHORT_LIFE: Duration = Duration::from_secs(10);

/// What a server has written arrives within this time.
const ON_ITS_WAY: Duration = Duration::from_secs(10);

/// For so long a request that was given up may still reach the server.
const GHOST: Duration = Duration::from_secs(60);

/// How often an Unsubscribe is tried.
const UNSUBSCRIBES: u32 = 3;

impl Session {
    /// Takes a request out of the books.
    pub(super) fn take_flight(&mut self, id: RequestId, cancel: bool) -> Option<Flight> {
        let flight = self.flights.remove(&id)?;
        if cancel {
            self.outbox.push_back(Output::Cancel(id));
        }
        match &flight.kind {
            Kind::Stream(_) => {
                self.streams = self.streams.saturating_sub(1);
                if let Some(lane) = self.lanes.get_mut(flight.lane) {
                    lane.streams = lane.streams.saturating_sub(1);
                }
                self.slot_freed();
            }
            Kind::Subscribe(_) => {
                self.short_requests = self.short_requests.saturating_sub(1);
                self.subscribing = self.subscribing.saturating_sub(1);
                if let Some(lane) = self.lanes.get_mut(flight.lane) {
                    if lane.anchor == Anchor::Asked {
                        lane.anchor = if lane.cookie.is_some() { Anchor::Set } else { Anchor::Needed };
                    }
                    self.to_subscribe.append(&mut lane.blocked);
                }
            }
            Kind::Unsubscribe(_) => self.short_requests = self.short_requests.saturating_sub(1),
        }
        Some(flight)
    }

    /// Keeps the parser, with the buffers that it has grown, for the next answer.
    pub(super) fn recycle(&mut self, flight: Flight) {
        if self.parsers.len() < 4 {
            let mut parser = flight.parser;
            parser.reset();
            self.parsers.push(parser);
        }
    }

    pub(super) fn overdue(&mut self, id: RequestId) {
        self.conclude(id, Ending::Broken(GapReason::ConnectionLost), true);
    }

    /// A request has ended.
    pub(super) fn conclude(&mut self, id: RequestId, ending: Ending, cancel: bool) {
        let Some(flight) = self.take_flight(id, cancel) else { return };
        flight.span.ended(&ending);
        self.learn(id, &flight, &ending);
        match &flight.kind {
            Kind::Subscribe(key) => self.subscribe_ended(*key, &flight, ending),
            Kind::Unsubscribe(key) => self.unsubscribe_ended(*key, ending),
            Kind::Stream(_) => self.stream_ended(id, &flight, ending),
        }
        self.recycle(flight);
    }

    /// What an ending says about the server as a whole.
    fn learn(&mut self, id: RequestId, flight: &Flight, ending: &Ending) {
        match ending {
            Ending::Good(_) => {
                let short = self.now.since(flight.opened) < SHORT_LIFE;
                if short && matches!(&flight.kind, Kind::Stream(stream) if stream.alive > 0 && !stream.parted) {
                    self.back_off(GapReason::ConnectionLost);
                }
            }
            Ending::Broken(reason) => {
                self.breaks = self.breaks.saturating_add(1);
                self.last_break = self.now;
                self.back_off(*reason);
            }
            Ending::Refused(_) if matches!(flight.kind, Kind::Stream(_)) => self.back_off(GapReason::ServerError),
            Ending::Refused(_) => {}
            Ending::Credentials(status) => {
                // what was sent with the credentials before says nothing about those that hold now
                if !self.paused && id.0 >= self.renewed_from {
                    self.paused = true;
                    if self.refused_again {
                        self.back_off(GapReason::ServerError); // servers also say so to slow clients down
                    }
                    self.refused_again = true;
                    self.tell(SessionEvent::AuthenticationRequired { status: *status });
                }
            }
            Ending::Answer(complaint) => match complaint.action {
                Action::Later => self.rest(complaint.hint),
                Action::FewerConnections => {
                    self.fewer_slots();
                    self.rest(complaint.hint);
                }
                // about mailboxes; but a connection that ends so must not be opened again at once
                Action::MailboxLater | Action::TooManySubscriptions | Action::Missed
                    if matches!(flight.kind, Kind::Stream(_)) =>
                {
                    self.rest(complaint.hint);
                }
                _ => {}
            },
        }
    }

    /// The server asked for rest: as long as it said, or as long as after a failure.
    fn rest(&mut self, hint: Option<Duration>) {
        let Some(hint) = hint.filter(|hint| !hint.is_zero()) else { return self.back_off(GapReason::ServerError) };
        let wait = backoff::told(hint, self.config.hint_cap, &mut self.random);
        let until = self.now.after(wait);
        if until > self.rest_until {
            self.rest_until = until;
            self.timers.set(until, Timer::Rest);
            self.tell(SessionEvent::Throttled { until });
        }
    }

    /// One failure more; several at once, of connections to one server, are one.
    pub(super) fn back_off(&mut self, reason: GapReason) {
        if self.now < self.rest_until {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        let until = self.now.after(backoff::delay(self.failures, base, cap, &mut self.random));
        self.rest_until = until;
        self.timers.set(until, Timer::Rest);
        self.tell(SessionEvent::BackingOff { until, reason });
    }

    fn subscribe_ended(&mut self, key: SubscriptionKey, flight: &Flight, ending: Ending) {
        let lane = flight.lane;
        match ending {
            Ending::Good(Some(id)) => return self.subscribed(key, lane, id, flight.breaks),
            Ending::Good(None) => self.back_off(GapReason::ProtocolError), // success without an id
            Ending::Refused(status) => return self.fail(key, FailureReason::Http(status), None),
            Ending::Broken(_) | Ending::Credentials(_) => {}
            Ending::Answer(Complaint { action, code, hint }) => match action {
                Action::Refused => return self.fail(key, FailureReason::Refused, code),
                Action::Rediscover => return self.moved(key, lane),
                Action::Later | Action::FewerConnections => {}
                Action::TooManySubscriptions => {
                    let cap = self.config.backoff_cap;
                    self.postpone(key, hint.unwrap_or(cap).max(cap));
                    self.tell(SessionEvent::TooManySubscriptions(key));
                }
                Action::MailboxLater | Action::Resubscribe | Action::Missed | Action::TakenOver => {
                    self.postpone_more(key, hint);
                }
            },
        }
        self.apply(key, Input::SubscribeFailed);
    }

    fn subscribed(&mut self, key: SubscriptionKey, lane: usize, id: Text, breaks: u32) {
        // an id that another one has: the server has begun to count again, and the other's means nothing
        if let Some(other) = self.holder(id.as_str())
            && other != key
        {
            self.lose(other, GapReason::Restarted);
        }
        self.refused_again = false;
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.anchor = Anchor::Set; // with a cookie or without: this is the group's first answer
        }
        if self.table.get(key).is_some() {
            self.set_id(key, id, breaks);
            self.apply(key, Input::Subscribed);
        }
    }

    fn unsubscribe_ended(&mut self, key: SubscriptionKey, ending: Ending) {
        let again = match ending {
            Ending::Broken(_) | Ending::Credentials(_) => true,
            Ending::Answer(complaint) => {
                matches!(complaint.action, Action::Later | Action::MailboxLater | Action::FewerConnections)
            }
            // also where the server does not know it: it is gone, which is what was wanted
            Ending::Good(_) | Ending::Refused(_) => false,
        };
        let Some(record) = self.table.get_mut(key) else { return };
        record.attempts = record.attempts.saturating_add(1);
        if again && record.attempts < UNSUBSCRIBES {
            self.to_unsubscribe.push_back(key);
        } else {
            self.apply(key, Input::Unsubscribed);
        }
    }

    fn stream_ended(&mut self, id: RequestId, flight: &Flight, ending: Ending) {
        match ending {
            // with the credentials refused, nothing was streamed that could be missing
            Ending::Good(_) | Ending::Credentials(_) => {
                // what came just after a break may have been on its way before
                let proved = matches!(ending, Ending::Good(_)) && self.now.since(self.last_break) >= ON_ITS_WAY;
                for key in self.members(id, flight) {
                    if proved && let Some(record) = self.table.get_mut(key) {
                        record.vouched = self.breaks;
                    }
                    self.apply(key, Input::Ended);
                }
            }
            Ending::Broken(reason) => self.stream_broke(id, flight, reason),
            Ending::Refused(_) => self.for_members(id, flight, Input::Broken(GapReason::ServerError)),
            Ending::Answer(complaint) => {
                for key in self.members(id, flight) {
                    self.complain(key, flight.lane, &complaint);
                }
            }
        }
    }

    /// The connection failed, and the server may have started anew meanwhile: can the ids be trusted?
    fn stream_broke(&mut self, id: RequestId, flight: &Flight, reason: GapReason) {
        for key in self.members(id, flight) {
            let renew = self.subscription_id(key).is_some_and(|id| self.suspects(id));
            self.apply(key, if renew { Input::Lost(reason) } else { Input::Broken(reason) });
        }
        if let Some(lane) = self.lanes.get_mut(flight.lane)
            && lane.affinity
            && lane.streams == 0
            && self.failures > 1
        {
            lane.cookie = None; // the server that it names may be gone
            lane.anchor = Anchor::Needed;
        }
    }

    /// Whether an id means nothing certain once the server may have started anew.
    pub(super) fn suspects(&self, id: &str) -> bool {
        match self.config.suspect_ids {
            SuspectIds::Trust => false,
            SuspectIds::Renew => true,
            SuspectIds::RenewShort => id.len() < 24,
        }
    }

    /// What a complaint of a connection, or about one of its ids, means for a subscription.
    pub(super) fn complain(&mut self, key: SubscriptionKey, lane: usize, complaint: &Complaint) {
        match complaint.action {
            Action::Resubscribe => {
                let resumed = self.table.get(key).is_some_and(|record| record.state.resumed);
                self.lose(key, if resumed { GapReason::Restarted } else { GapReason::SubscriptionLost });
            }
            Action::Missed if self.flights_of(key) => self.apply(key, Input::Missed),
            Action::Missed => self.apply(key, Input::Broken(GapReason::EventsMissed)),
            Action::TakenOver => {
                let dropped = self.table.get_mut(key).and_then(|record| record.dropped.take());
                if dropped.is_some_and(|at| self.now.since(at) < GHOST) {
                    // most likely by a request of the session's own that was given up, and reached the server late
                    self.apply(key, Input::Broken(GapReason::ConnectionLost));
                    // once: whoever comes again is a rival
                    if let Some(record) = self.table.get_mut(key) {
                        record.dropped = None;
                    }
                    return;
                }
                if let Some(record) = self.table.get_mut(key) {
                    record.taken_over = true;
                }
                self.tell(SessionEvent::TakenOver(key));
                self.apply(key, Input::Parked(GapReason::TakenOver));
            }
            Action::Refused => self.fail(key, FailureReason::Refused, complaint.code.clone()),
            Action::Rediscover => self.moved(key, lane),
            Action::Later | Action::MailboxLater | Action::FewerConnections | Action::TooManySubscriptions => {
                self.apply(key, Input::Broken(GapReason::ServerError));
            }
        }
    }

    /// Whether the subscription's connection is still there.
    fn flights_of(&self, key: SubscriptionKey) -> bool {
        let flight = self.table.get(key).and_then(|record| record.flight);
        flight.is_some_and(|id| self.flights.contains_key(&id))
    }

    /// Its id is no good. The first time a new one is asked for at once; if that goes on, more and more slowly.
    pub(super) fn lose(&mut self, key: SubscriptionKey, reason: GapReason) {
        let (now, healthy) = (self.now, self.config.healthy_after);
        let Some(record) = self.table.get_mut(key) else { return };
        if record.state.phase == Phase::Live && now.since(record.live_since) >= healthy {
            record.attempts = 0;
        }
        record.attempts = record.attempts.saturating_add(1);
        if record.attempts > 1 {
            let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
            let wait = backoff::delay(record.attempts.saturating_sub(1), base, cap, &mut self.random);
            record.not_before = now.after(wait);
        }
        self.apply(key, Input::Lost(reason));
    }

    fn postpone(&mut self, key: SubscriptionKey, wait: Duration) {
        let wait = backoff::told(wait, self.config.hint_cap, &mut self.random);
        if let Some(record) = self.table.get_mut(key) {
            record.not_before = self.now.after(wait);
        }
    }

    fn postpone_more(&mut self, key: SubscriptionKey, hint: Option<Duration>) {
        let Some(record) = self.table.get_mut(key) else { return };
        record.attempts = record.attempts.saturating_add(1);
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        let own = backoff::delay(record.attempts, base, cap, &mut self.random);
        record.not_before = self.now.after(own);
        if let Some(hint) = hint.filter(|hint| *hint > own) {
            self.postpone(key, hint);
        }
    }

    fn fail(&mut self, key: SubscriptionKey, reason: FailureReason, code: Option<alloc::string::String>) {
        let leaving = |phase| matches!(phase, Phase::Abandoning | Phase::Leaving);
        if self.table.get(key).is_some_and(|record| !leaving(record.state.phase)) {
            self.tell(SessionEvent::Failed { key, reason, code });
        }
        self.forget_id(key);
        self.apply(key, Input::Parked(GapReason::ServerError));
    }

    pub(super) fn moved(&mut self, key: SubscriptionKey, lane: usize) {
        if let Some(lane) = self.lanes.get_mut(lane)
            && lane.affinity
        {
            lane.cookie = None;
            if lane.anchor == Anchor::Set {
                lane.anchor = Anchor::Needed;
            }
        }
        self.tell(SessionEvent::Rediscover(key));
        self.forget_id(key);
        self.apply(key, Input::Parked(GapReason::SubscriptionLost));
    }

    /// Those who are on the connection still.
    fn members(&self, id: RequestId, flight: &Flight) -> alloc::vec::Vec<SubscriptionKey> {
        let Kind::Stream(Stream { members, .. }) = &flight.kind else { return alloc::vec::Vec::new() };
        let on = |key: &SubscriptionKey| self.table.get(*key).is_some_and(|record| record.flight == Some(id));
        members.iter().map(|(_, key)| *key).filter(on).collect()
    }

    pub(super) fn for_members(&mut self, id: RequestId, flight: &Flight, input: Input) {
        for key in self.members(id, flight) {
            self.apply(key, input);
        }
    }
}
