//! When to leave the server alone, with everything, with one lane or with one subscription. Depends on everything the
//! session knows.
//!
//! What a server asks for is obeyed with everything. The session's own back-off is that of a lane while connections of
//! others work, for then it is the lane's mailboxes that do not; else everybody's.

use core::time::Duration;

use super::affinity::Anchor;
use super::event::{GapReason, SessionEvent, SubscriptionKey};
use super::time::Instant;
use super::transition::Phase;
use super::{Session, Timer, backoff};

impl Session {
    /// The server asked for rest: as long as it said, or as long as after a failure, then `of_all` or where nothing works.
    pub(super) fn rest(&mut self, hint: Option<Duration>, lane: usize, of_all: bool) {
        let Some(hint) = hint.filter(|hint| !hint.is_zero()) else {
            return self.back_off(Some(lane), of_all, GapReason::ServerError);
        };
        let wait = backoff::told(hint, self.config.hint_cap, &mut self.random);
        let until = self.now.after(wait);
        if until > self.rest_until {
            self.rest_until = until;
            self.timers.set(until, Timer::Rest);
            self.tell(SessionEvent::Throttled { until });
        }
    }

    /// One failure more; several at once, of connections to one server, are one.
    pub(super) fn back_off(&mut self, lane: Option<usize>, of_all: bool, reason: GapReason) {
        let mine = lane.and_then(|index| Some((index, self.lanes.get(index)?)));
        let resting = mine.is_some_and(|(_, lane)| self.now < lane.rest_until);
        if (resting && !of_all) || self.now < self.rest_until {
            return;
        }
        let alone = !of_all && mine.is_some_and(|(_, lane)| self.promoted > lane.promoted);
        let mut failures = 0;
        if !alone {
            self.failures = self.failures.saturating_add(1);
            failures = self.failures;
        }
        if let Some(lane) = lane.and_then(|index| self.lanes.get_mut(index)) {
            lane.failures = lane.failures.saturating_add(1);
            failures = failures.max(lane.failures);
            if lane.affinity && lane.streams == 0 && lane.failures > 1 {
                lane.cookie = None; // the server that it names may be gone
                lane.anchor = Anchor::Needed;
            }
        }
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        let until = self.now.after(backoff::delay(failures, base, cap, &mut self.random));
        if let Some(index) = lane
            && let Some(lane) = self.lanes.get_mut(index)
        {
            lane.rest_until = until;
            if alone {
                self.timers.set(until, Timer::Lane(index));
            }
        }
        if !alone {
            self.rest_until = until;
            self.timers.set(until, Timer::Rest);
        }
        self.tell(SessionEvent::BackingOff { until, reason, everything: !alone });
    }

    /// A request that was sent at `opened` has proved that all is well. One from before the last rest proves nothing about
    /// what has failed since.
    pub(super) fn proved(&mut self, index: usize, opened: Instant) {
        if opened >= self.rest_until {
            self.failures = 0;
        }
        if let Some(lane) = self.lanes.get_mut(index)
            && opened >= lane.rest_until
        {
            lane.failures = 0;
        }
    }

    /// Who waited for the lane goes on.
    pub(super) fn unblock(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        for key in core::mem::take(&mut lane.blocked) {
            match self.table.get(key).map(|record| record.state.phase) {
                Some(Phase::Wanted) => self.to_subscribe.push_back(key),
                Some(Phase::Leaving) => self.to_unsubscribe.push_back(key),
                _ => {}
            }
        }
    }

    pub(super) fn postpone(&mut self, key: SubscriptionKey, wait: Duration) {
        let wait = backoff::told(wait, self.config.hint_cap, &mut self.random);
        if let Some(record) = self.table.get_mut(key) {
            record.not_before = self.now.after(wait);
        }
    }

    /// One attempt more in vain: it is tried again more and more slowly.
    pub(super) fn postpone_more(&mut self, key: SubscriptionKey, hint: Option<Duration>) {
        let Some(attempts) = self.one_attempt_more(key) else { return };
        let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
        let own = backoff::delay(attempts, base, cap, &mut self.random);
        if let Some(record) = self.table.get_mut(key) {
            record.not_before = self.now.after(own);
        }
        if let Some(hint) = hint.filter(|hint| *hint > own) {
            self.postpone(key, hint);
        }
    }

    /// The first time at once; if that goes on, more and more slowly.
    pub(super) fn postpone_next(&mut self, key: SubscriptionKey) {
        let Some(attempts) = self.one_attempt_more(key) else { return };
        if attempts > 1 {
            let (base, cap) = (self.config.backoff_base, self.config.backoff_cap);
            let wait = backoff::delay(attempts.saturating_sub(1), base, cap, &mut self.random);
            if let Some(record) = self.table.get_mut(key) {
                record.not_before = self.now.after(wait);
            }
        }
    }

    /// How many there were in a row: what was live for a while begins anew.
    fn one_attempt_more(&mut self, key: SubscriptionKey) -> Option<u32> {
        let (now, healthy) = (self.now, self.config.healthy_after);
        let record = self.table.get_mut(key)?;
        if record.state.phase == Phase::Live && now.since(record.live_since) >= healthy {
            record.attempts = 0;
        }
        record.attempts = record.attempts.saturating_add(1);
        Some(record.attempts)
    }
}
