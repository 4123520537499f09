//! Holds the session to its promise: every event that the server had for a subscription was delivered in order, or is
//! covered by a gap that was reported by the time the subscription is live again.
//!
//! The judge believes the mailbox alone, not the server's own table of subscriptions: what happens while there is no
//! subscription must be covered as well. The caller synchronises whenever it is told `Live` or `Gap`; what happened until
//! then is settled.

use core::time::Duration;
use ews_sim::{Event, Filter, Style};
use std::collections::BTreeSet;

#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) user: String,
    pub(crate) filter: Filter,
    /// Until when the caller has synchronised; `None` before the first `Live`.
    pub(crate) synced: Option<Duration>,
    /// `Lost` was told, and no `Gap` since.
    pub(crate) lost: bool,
    /// Taken over or set aside otherwise: nothing is promised until it is live again.
    pub(crate) aside: bool,
    pub(crate) leaving: Option<Duration>,
    pub(crate) last_timestamp: Option<String>,
    /// The first event of the mailbox's history that is not settled.
    next: usize,
    last: u64,
    delivered: BTreeSet<u64>,
}

impl Watch {
    pub(crate) fn new(user: String, filter: Filter) -> Self {
        Self {
            user,
            filter,
            synced: None,
            lost: false,
            aside: false,
            leaving: None,
            last_timestamp: None,
            next: 0,
            last: 0,
            delivered: BTreeSet::new(),
        }
    }

    /// An event arrived. All that came before it must be settled.
    pub(crate) fn delivered(
        &mut self,
        number: u64,
        history: &[Event],
        style: Style,
        twice: bool,
    ) -> Result<(), String> {
        if self.delivered.contains(&number) {
            return if twice { Ok(()) } else { Err(format!("event {number} was delivered twice")) };
        }
        if number < self.last {
            return Err(format!("event {number} was delivered after event {}", self.last));
        }
        let Ok(at) = history.binary_search_by_key(&number, |event| event.number) else {
            return Err(format!("event {number} never happened in the mailbox of {}", self.user));
        };
        if !self.filter.wants(&history[at], style) {
            return Err(format!("event {number} was not asked for"));
        }
        self.last = number;
        self.delivered.insert(number);
        self.settled(&history[..at], style)
    }

    /// Whether nothing of this part of the history is missing.
    pub(crate) fn settled(&mut self, history: &[Event], style: Style) -> Result<(), String> {
        for event in history.iter().skip(self.next) {
            let owed = self.filter.wants(event, style) && !self.delivered.contains(&event.number);
            if owed && self.synced.is_none_or(|synced| event.at > synced) {
                let Event { number, at, kind, .. } = event;
                return Err(format!(
                    "event {number} ({kind:?}, {at:?}) was lost in silence; synchronised {:?}",
                    self.synced
                ));
            }
            self.next += 1;
        }
        Ok(())
    }
}
