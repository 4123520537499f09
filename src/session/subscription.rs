//! A subscription: what the caller wants, and what the session knows of it. Depends on the request layer, on the
//! transitions and on affinity.

use alloc::string::String;
use alloc::vec::Vec;

use super::affinity::Group;
use super::event::{RequestId, SubscriptionKey};
use super::time::Instant;
use super::transition::{Phase, State};
use crate::request::{EventTypes, Folder, Folders, Impersonation, Text};

/// What to watch. Without a folder: all folders of the mailbox.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub(super) folders: Folders,
    pub(super) events: EventTypes,
    pub(super) impersonation: Option<Impersonation>,
    pub(super) group: Option<Group>,
    pub(super) resume: Option<Text>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self::new()
    }
}

impl Subscription {
    /// All that happens to items and folders, in all folders.
    #[must_use]
    pub const fn new() -> Self {
        let events = EventTypes::CHANGES;
        Self { folders: Folders::ALL, events, impersonation: None, group: None, resume: None }
    }

    /// Watches this folder, and others named so; no longer all folders.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<Folder>) -> Self {
        self.folders = self.folders.and(folder);
        self
    }

    /// Asks for these events only.
    #[must_use]
    pub const fn events(mut self, events: EventTypes) -> Self {
        self.events = events;
        self
    }

    /// Watches another user's mailbox, with the rights of a service account.
    #[must_use]
    pub fn impersonate(mut self, who: Impersonation) -> Self {
        self.impersonation = Some(who);
        self
    }

    /// Keeps it on one mailbox server with the others of the group.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.group = Some(group);
        self
    }

    /// Goes on with the subscription of this id, from an earlier run. When the server does not know it any more, a new
    /// one takes its place, and a gap is reported.
    #[must_use]
    pub fn resume(mut self, id: Text) -> Self {
        self.resume = Some(id);
        self
    }
}

#[derive(Debug)]
pub(super) struct Record {
    pub(super) wanted: Subscription,
    pub(super) state: State,
    pub(super) id: Option<Text>,
    /// How many breaks the session had seen when the server last vouched for the id.
    pub(super) vouched: u32,
    pub(super) lane: usize,
    /// The connection it is on.
    pub(super) flight: Option<RequestId>,
    /// When a connection with it was last given up, or broke.
    pub(super) dropped: Option<Instant>,
    pub(super) last_timestamp: String,
    /// Not to be subscribed, or put on a connection, before; when leaving: given up then.
    pub(super) not_before: Instant,
    pub(super) live_since: Instant,
    /// When the server last had a reason to keep its id: a connection ended, or it was made.
    pub(super) heard: Instant,
    /// Ids lost, or Subscribes refused for now, in a row.
    pub(super) attempts: u32,
    pub(super) taken_over: bool,
    /// A gap of it is in the outbox.
    pub(super) gap_waits: bool,
}

impl Record {
    /// Whether it waits for a connection, and may have one now.
    pub(super) fn waits_at(&self, now: Instant) -> bool {
        self.state.phase == Phase::Idle && self.not_before <= now
    }
}

/// Subscriptions by key, in constant time.
#[derive(Debug, Default)]
pub(super) struct Table {
    slots: Vec<(u32, Option<Record>)>,
    free: Vec<u32>,
    used: usize,
}

impl Table {
    pub(super) fn insert(&mut self, record: Record) -> SubscriptionKey {
        self.used = self.used.saturating_add(1);
        if let Some(index) = self.free.pop()
            && let Some(slot) = self.slots.get_mut(index as usize)
        {
            slot.1 = Some(record);
            return SubscriptionKey { index, generation: slot.0 };
        }
        let index = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.slots.push((0, Some(record)));
        SubscriptionKey { index, generation: 0 }
    }

    pub(super) fn get(&self, key: SubscriptionKey) -> Option<&Record> {
        let slot = self.slots.get(key.index as usize)?;
        if slot.0 == key.generation { slot.1.as_ref() } else { None }
    }

    pub(super) fn get_mut(&mut self, key: SubscriptionKey) -> Option<&mut Record> {
        let slot = self.slots.get_mut(key.index as usize)?;
        if slot.0 == key.generation { slot.1.as_mut() } else { None }
    }

    pub(super) fn remove(&mut self, key: SubscriptionKey) -> Option<Record> {
        let slot = self.slots.get_mut(key.index as usize).filter(|slot| slot.0 == key.generation)?;
        let record = slot.1.take()?;
        self.used = self.used.saturating_sub(1);
        // a slot whose generations are used up is never used again
        if let Some(generation) = slot.0.checked_add(1) {
            slot.0 = generation;
            self.free.push(key.index);
        }
        Some(record)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.used == 0
    }

    pub(super) const fn len(&self) -> usize {
        self.used
    }

    pub(super) fn keys(&self) -> Vec<SubscriptionKey> {
        let slots = self.slots.iter().zip(0_u32..);
        slots
            .filter(|((_, record), _)| record.is_some())
            .map(|((generation, _), index)| SubscriptionKey { index, generation: *generation })
            .collect()
    }
}
