//! Holds the session to its promise, in bounded memory: what happened in a mailbox was delivered in order, or the caller was
//! told to synchronise after it happened.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use ews_sim::Event;

pub(crate) struct Watch {
    pub(crate) user: &'static str,
    /// Until when the caller has synchronised; `None` before it is live for the first time.
    synced: Option<Duration>,
    /// What happened and is not settled: number and time, in order.
    owed: VecDeque<(u64, Duration)>,
    /// Of those, what has come.
    delivered: BTreeSet<u64>,
    /// The latest that was delivered.
    last: u64,
}

impl Watch {
    pub(crate) fn new(user: &'static str) -> Self {
        Self { user, synced: None, owed: VecDeque::new(), delivered: BTreeSet::new(), last: 0 }
    }

    /// The caller was told that it is live, or of a gap: it synchronises.
    pub(crate) fn synchronise(&mut self, now: Duration) {
        self.synced = Some(now);
    }

    pub(crate) fn happened(&mut self, events: Vec<Event>) {
        self.owed.extend(events.into_iter().map(|event| (event.number, event.at)));
    }

    /// An event has come. Whatever happened before it must be settled.
    pub(crate) fn deliver(&mut self, number: u64) -> Result<(), String> {
        if number <= self.last {
            return Ok(()); // the server repeats documents: a fault of its own
        }
        self.last = number;
        self.delivered.insert(number);
        self.settle(|other, _| other < number)
    }

    /// Whatever happened before `until` must be settled.
    pub(crate) fn settle_until(&mut self, until: Duration) -> Result<(), String> {
        self.settle(|_, at| at < until)
    }

    fn settle(&mut self, due: impl Fn(u64, Duration) -> bool) -> Result<(), String> {
        while let Some(&(number, at)) = self.owed.front().filter(|(number, at)| due(*number, *at)) {
            let covered = self.synced.is_some_and(|synced| at <= synced);
            if !self.delivered.remove(&number) && !covered {
                let Self { user, synced, .. } = self;
                return Err(format!("event {number} of {user} at {at:?} was lost in silence; synchronised {synced:?}"));
            }
            self.owed.pop_front();
        }
        // what an outage has piled up is not kept
        if self.owed.capacity() > 4096 && self.owed.len() < self.owed.capacity() / 4 {
            self.owed.shrink_to(1024);
        }
        Ok(())
    }
}
