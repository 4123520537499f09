//! Lanes come and go with their subscriptions, and queues hold little of what is no more. Depends on everything the session
//! knows.

use alloc::collections::BTreeSet;

use super::Session;
use super::affinity::{Lane, LaneName, Place};
use super::event::SubscriptionKey;
use super::subscription::Subscription;
use super::transition::Phase;

impl Session {
    pub(super) fn wants_connection(&mut self, key: SubscriptionKey) {
        let Some(index) = self.table.get(key).map(|record| record.lane) else { return };
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.waiting.push_back(key);
            if is_long(lane.waiting.len(), lane.count as usize) {
                lane.waiting.retain(|key| self.table.get(*key).is_some_and(|record| record.state.phase == Phase::Idle));
            }
        }
        self.look_at(index);
    }

    /// It waits until its lane's anchor is known, or the lane rests no longer.
    pub(super) fn block(&mut self, index: usize, key: SubscriptionKey) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        lane.blocked.push_back(key);
        if is_long(lane.blocked.len(), lane.count as usize) {
            let mut seen = BTreeSet::new();
            lane.blocked.retain(|key| self.table.get(*key).is_some() && seen.insert(*key));
        }
    }

    pub(super) fn add_lane(&mut self, name: LaneName, wanted: &Subscription) -> usize {
        let lane = Lane::new(wanted.group.as_ref(), wanted.impersonation.as_ref());
        let index = self.free_lanes.pop().unwrap_or(self.lanes.len());
        match self.lanes.get_mut(index) {
            Some(free) => *free = lane,
            None => self.lanes.push(lane),
        }
        self.lane_names.insert(name, index);
        index
    }

    /// Forgets a subscription; and its lane, which the next of the same name does not find any more.
    pub(super) fn remove(&mut self, key: SubscriptionKey) {
        let Some(record) = self.table.remove(key) else { return };
        let Some(lane) = self.lanes.get_mut(record.lane) else { return };
        lane.count = lane.count.saturating_sub(1);
        if lane.count == 0 {
            self.lane_names.remove(&LaneName::of(record.wanted.group.as_ref(), record.wanted.impersonation.as_ref()));
            self.lane_freed(record.lane);
        }
        self.sweep();
    }

    /// A lane without subscriptions and requests is used again for another.
    pub(super) fn lane_freed(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        if lane.count == 0 && lane.requests == 0 {
            self.stand(index, Place::Nowhere);
            if let Some(lane) = self.lanes.get_mut(index) {
                *lane = Lane::new(None, None);
            }
            self.free_lanes.push(index);
        }
    }

    /// Queues hold keys of subscriptions that are no more until they are looked at, which may be long: not too many.
    pub(super) fn sweep(&mut self) {
        let live = self.table.len();
        for (queue, phase) in [(&mut self.to_subscribe, Phase::Wanted), (&mut self.to_unsubscribe, Phase::Leaving)] {
            if is_long(queue.len(), live) {
                queue.retain(|key| self.table.get(*key).is_some_and(|record| record.state.phase == phase));
            }
        }
    }
}

/// Whether a queue for so many holds so much of what is no more that it is worth while to take it out.
pub(super) const fn is_long(queue: usize, live: usize) -> bool {
    queue > 64 && queue > live.saturating_mul(2)
}
