//! Who gets a hanging connection when there are fewer than are needed. Depends on everything the session knows.
//!
//! A server allows an identity some connections only, and a connection serves one lane. While there are enough, a new
//! lane takes a free one and disturbs nobody. When there are not, the lanes take turns: connections are asked for with
//! the shortest timeout, so that they end cleanly and soon, and whoever waits longest is served next. The server keeps
//! the events of those who wait meanwhile. One that was opened for long, before, is given up, with a gap.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use super::affinity::Place;
use super::connection::Kind;
use super::event::{GapReason, RequestId, SessionEvent};
use super::transition::Input;
use super::{Session, Timer};
use crate::request::{ConnectionTimeout, SubscriptionIds};

/// A connection that lasts no longer than this is not given up for the sake of those who wait.
const TURN: Duration = Duration::from_secs(3 * 60);

/// For so long no connection is opened after one was given up for it: a server that has not noticed yet would refuse it for
/// being one too many.
const NOTICE: Duration = Duration::from_secs(1);

impl Session {
    // ---- queues of lanes ----------------------------------------------------------------------------------------

    /// The lane may need a connection.
    pub(super) fn look_at(&mut self, index: usize) {
        if self.lanes.get(index).is_some_and(|lane| lane.place == Place::Nowhere) {
            self.stand(index, Place::Ready);
        }
    }

    pub(super) fn stand(&mut self, index: usize, place: Place) {
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.place = place;
            match place {
                Place::Ready => self.ready.push_back(index),
                Place::Holding => self.holding.push_back(index),
                Place::Starved => self.starved.push_back(index),
                Place::Nowhere => {}
            }
        }
    }

    pub(super) fn next_ready(&mut self) -> Option<usize> {
        while let Some(index) = self.ready.pop_front() {
            if let Some(lane) = self.lanes.get_mut(index)
                && lane.place == Place::Ready
            {
                lane.place = Place::Nowhere;
                return Some(index);
            }
        }
        None
    }

    /// All who hold back, or wait for a slot, are looked at again, in their order.
    pub(super) fn all_ready(&mut self, place: Place) {
        let queue = if place == Place::Holding { &mut self.holding } else { &mut self.starved };
        for index in core::mem::take(queue) {
            if self.lanes.get(index).is_some_and(|lane| lane.place == place) {
                self.stand(index, Place::Ready);
            }
        }
    }

    /// The time for packing is over, or a connection may be given up again: it waits no longer.
    pub(super) fn lane_due(&mut self, index: usize) {
        if self.lanes.get(index).is_some_and(|lane| lane.place != Place::Ready) {
            self.stand(index, Place::Ready);
        }
    }

    // ---- slots --------------------------------------------------------------------------------------------------

    pub(super) fn count_in(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let before = connections_for(lane.count);
        lane.count = lane.count.saturating_add(1);
        let more = connections_for(lane.count).saturating_sub(before);
        self.needed_connections = self.needed_connections.saturating_add(more);
    }

    pub(super) fn count_out(&mut self, index: usize) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let before = connections_for(lane.count);
        lane.count = lane.count.saturating_sub(1);
        let fewer = before.saturating_sub(connections_for(lane.count));
        self.needed_connections = self.needed_connections.saturating_sub(fewer);
    }

    fn scarce(&self) -> bool {
        self.needed_connections > self.max_connections
    }

    /// What to ask for: when others wait for their turn, a short one.
    pub(super) fn connection_timeout(&self) -> ConnectionTimeout {
        if self.scarce() { ConnectionTimeout::MIN } else { self.config.connection_timeout }
    }

    pub(super) fn slot_freed(&mut self) {
        if self.starved.is_empty() {
            self.told_full = false;
        }
        self.all_ready(Place::Starved);
    }

    /// The server has refused a connection because there were too many.
    pub(super) fn fewer_slots(&mut self) {
        // those that are open it has accepted
        let fewer = self.streams.min(self.max_connections.saturating_sub(1));
        self.max_connections = fewer.max(1);
        self.timers.set(self.now.after(self.config.connections_retry), Timer::Slots);
        self.tell(SessionEvent::TooManyConnections { limit: self.max_connections });
    }

    /// The server has had time: perhaps others have closed theirs.
    pub(super) fn one_slot_more(&mut self) {
        if self.max_connections < self.config.max_connections {
            self.max_connections = self.max_connections.saturating_add(1);
            self.all_ready(Place::Starved);
            self.timers.set(self.now.after(self.config.connections_retry), Timer::Slots);
        }
    }

    /// All connections are in use: gives one up for the sake of this lane, or lets the lane wait for the next free one.
    pub(super) fn make_room(&mut self, index: usize) {
        let now = self.now;
        let Some(lane) = self.lanes.get(index) else { return };
        let (waiting, repack_after) = (lane.waiting.len(), lane.repack_after);
        let victims = if repack_after > now { Vec::new() } else { self.victims(index, waiting) };
        if victims.is_empty() {
            if repack_after > now {
                self.timers.set(repack_after, Timer::Lane(index));
            }
            self.stand(index, Place::Starved);
            if self.scarce() && !core::mem::replace(&mut self.told_full, true) {
                self.tell(SessionEvent::TooManyConnections { limit: self.max_connections });
            }
            return;
        }
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.repack_after = now.after(self.config.repack_interval);
        }
        self.streams_from = now.after(NOTICE);
        self.timers.set(self.streams_from, Timer::Rest);
        self.stand(index, Place::Ready); // before those whose connection is given up
        for id in victims {
            let Some(flight) = self.take_flight(id, true) else { continue };
            self.for_members(id, &flight, Input::Broken(GapReason::Repacked));
            self.recycle(flight);
        }
    }

    /// Of the lane itself its smallest connection, if all fit into one; else the two smallest of a lane that could do
    /// with one fewer; else, when lanes must take turns, the one that was opened for the longest.
    fn victims(&self, index: usize, waiting: usize) -> Vec<RequestId> {
        let mut streams: Vec<(u32, RequestId, usize)> = Vec::new();
        let mut longest = None;
        for (id, flight) in &self.flights {
            // one that has not spoken yet is left alone: its request may be on its way still
            if let Kind::Stream(stream) = &flight.kind
                && stream.promoted
            {
                streams.push((stream.alive, *id, flight.lane));
                if !stream.short {
                    longest = longest.max(Some((stream.whole_by, *id)));
                }
            }
        }
        streams.sort_unstable();
        let fits = |size: u32| (size as usize).saturating_add(waiting) <= SubscriptionIds::MAX;
        if let Some((_, id, _)) = streams.iter().find(|(size, _, lane)| *lane == index && fits(*size)) {
            return [*id].into();
        }
        let mut smallest: BTreeMap<usize, (u32, RequestId)> = BTreeMap::new();
        for (size, id, lane) in streams {
            let Some((other, first)) = smallest.insert(lane, (size, id)) else { continue };
            if other.saturating_add(size) as usize <= SubscriptionIds::MAX {
                return [first, id].into();
            }
        }
        let in_the_way = longest.filter(|(whole_by, _)| self.scarce() && whole_by.since(self.now) > TURN);
        in_the_way.map(|(_, id)| id).into_iter().collect()
    }
}

/// How many connections so many subscriptions need.
fn connections_for(count: u32) -> u32 {
    count.div_ceil(u32::try_from(SubscriptionIds::MAX).unwrap_or(u32::MAX))
}
