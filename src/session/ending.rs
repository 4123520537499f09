//! What it means that a request has ended, however it did. Depends on everything the session knows.

use alloc::vec::Vec;
use core::time::Duration;

use super::affinity::Anchor;
use super::config::SuspectIds;
use super::connection::{Ending, Flight, Kind, Stream};
use super::document::Complaint;
use super::errors::Action;
use super::event::{FailureReason, GapReason, RequestId, SessionEvent, SubscriptionKey};
use super::output::Output;
use super::transition::{Input, Phase};
use super::{Session, http::Verdict};
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
            Kind::Stream(stream) => self.slot_freed(flight.lane, stream),
            Kind::Subscribe(_) => {
                self.short_requests = self.short_requests.saturating_sub(1);
                self.subscribing = self.subscribing.saturating_sub(1);
                if let Some(lane) = self.lanes.get_mut(flight.lane)
                    && lane.anchor == Anchor::Asked
                {
                    lane.anchor = if lane.cookie.is_some() { Anchor::Set } else { Anchor::Needed };
                }
                self.unblock(flight.lane);
            }
            Kind::Unsubscribe(_) => self.short_requests = self.short_requests.saturating_sub(1),
        }
        if let Some(lane) = self.lanes.get_mut(flight.lane) {
            lane.requests = lane.requests.saturating_sub(1);
        }
        self.lane_freed(flight.lane);
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
        let ending = self.by_status(id, GapReason::ConnectionLost);
        self.conclude(id, ending, true);
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
        let lane = flight.lane;
        match ending {
            Ending::Good(_) => {
                let short = self.now.since(flight.opened) < SHORT_LIFE;
                if short && matches!(&flight.kind, Kind::Stream(stream) if stream.alive > 0 && !stream.parted) {
                    self.back_off(Some(lane), false, GapReason::ConnectionLost);
                }
            }
            Ending::Broken(reason) => {
                self.broke();
                self.back_off(Some(lane), false, *reason);
            }
            Ending::Refused(_) if matches!(flight.kind, Kind::Stream(_)) => {
                self.back_off(Some(lane), false, GapReason::ServerError);
            }
            Ending::Refused(_) => {}
            Ending::Credentials(status) => {
                if flight.retry_after.is_some() {
                    self.rest(flight.retry_after, lane, true);
                }
                // what was sent with the credentials before says nothing about those that hold now
                let old = id.0 < self.renewed_from;
                if !self.paused && !old {
                    self.paused = true;
                    if self.refused_again {
                        // servers also say so to slow clients down
                        self.back_off(Some(lane), true, GapReason::ServerError);
                    }
                    self.refused_again = true;
                    self.tell(SessionEvent::AuthenticationRequired { status: *status });
                } else if old && self.renewals > 1 {
                    // again and again renewed before it is handed in: without rest this would be a busy loop
                    self.back_off(Some(lane), true, GapReason::ServerError);
                }
            }
            Ending::Answer(complaint) => match complaint.action {
                Action::Later => {
                    let told = complaint.code.is_some();
                    if !told && flight.verdict == Verdict::Later && flight.status >= 500 {
                        self.broke(); // whoever stands before the server says that it is not there
                    }
                    // one mailbox may be why: its Subscribe is put off by itself
                    let lane_too = !told || matches!(flight.kind, Kind::Stream(_));
                    if complaint.hint.is_none() && !lane_too {
                        self.back_off(None, true, GapReason::ServerError);
                    } else {
                        self.rest(complaint.hint, lane, told);
                    }
                }
                Action::FewerConnections => {
                    self.fewer_slots();
                    self.rest(complaint.hint, lane, true);
                }
                // about mailboxes; but a connection that ends so must not be opened again at once
                Action::MailboxLater | Action::TooManySubscriptions | Action::Missed
                    if matches!(flight.kind, Kind::Stream(_)) =>
                {
                    self.rest(complaint.hint, lane, false);
                }
                _ => {}
            },
        }
    }

    /// A request ended in the dark: the server may have started anew.
    fn broke(&mut self) {
        self.breaks = self.breaks.saturating_add(1);
        self.last_break = self.now;
    }

    fn subscribe_ended(&mut self, key: SubscriptionKey, flight: &Flight, ending: Ending) {
        let lane = flight.lane;
        match ending {
            Ending::Good(Some(id)) => {
                self.proved(lane, flight.opened);
                return self.subscribed(key, lane, id, flight.breaks);
            }
            // success without an id, or with one that cannot be one
            Ending::Good(None) => self.back_off(Some(lane), false, GapReason::ProtocolError),
            Ending::Refused(status) => return self.fail(key, FailureReason::Http(status), None),
            Ending::Broken(_) | Ending::Credentials(_) => {}
            Ending::Answer(Complaint { action, code, hint }) => match action {
                Action::Refused => return self.fail(key, FailureReason::Refused, code),
                Action::Rediscover => return self.moved(key, lane),
                Action::Later if hint.is_none() && code.is_some() => self.postpone_more(key, None),
                Action::Later | Action::FewerConnections => {}
                Action::TooManySubscriptions => self.one_too_many(key, hint),
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
            Ending::Refused(_) if !self.replace_resumed(id, flight) => {
                self.for_members(id, flight, Input::Broken(GapReason::ServerError));
            }
            Ending::Refused(_) => {}
            Ending::Answer(complaint) if complaint.action == Action::Refused && self.replace_resumed(id, flight) => {}
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
    }

    /// The request was refused, and holds ids of an earlier run, which the server has not vouched for: one of them may be
    /// why. They are replaced, and the others tried without them.
    fn replace_resumed(&mut self, id: RequestId, flight: &Flight) -> bool {
        let resumed = |key: SubscriptionKey| self.table.get(key).is_some_and(|record| record.state.resumed);
        let (old, others): (Vec<_>, Vec<_>) = self.members(id, flight).into_iter().partition(|key| resumed(*key));
        if old.is_empty() {
            return false;
        }
        for key in old {
            self.lose(key, GapReason::Restarted);
        }
        for key in others {
            self.apply(key, Input::Broken(GapReason::ServerError));
        }
        true
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
        self.postpone_next(key);
        self.apply(key, Input::Lost(reason));
    }

    fn fail(&mut self, key: SubscriptionKey, reason: FailureReason, code: Option<alloc::string::String>) {
        if !self.is_leaving(key) {
            self.tell(SessionEvent::Failed { key, reason, code });
        }
        self.forget_id(key);
        self.apply(key, Input::Parked(GapReason::ServerError));
    }

    /// The caller does not want it any more.
    fn is_leaving(&self, key: SubscriptionKey) -> bool {
        let leaving = |phase| matches!(phase, Phase::Abandoning | Phase::Leaving);
        self.table.get(key).is_none_or(|record| leaving(record.state.phase))
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
        if !self.is_leaving(key) {
            self.tell(SessionEvent::Rediscover(key));
        }
        self.forget_id(key);
        self.apply(key, Input::Parked(GapReason::SubscriptionLost));
    }

    /// Those who are on the connection still.
    pub(super) fn members(&self, id: RequestId, flight: &Flight) -> Vec<SubscriptionKey> {
        let Kind::Stream(Stream { members, .. }) = &flight.kind else { return Vec::new() };
        let on = |key: &SubscriptionKey| self.table.get(*key).is_some_and(|record| record.flight == Some(id));
        members.iter().map(|(_, key)| *key).filter(on).collect()
    }

    pub(super) fn for_members(&mut self, id: RequestId, flight: &Flight, input: Input) {
        for key in self.members(id, flight) {
            self.apply(key, input);
        }
    }
}
