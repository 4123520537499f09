//! Who gets a hanging connection when there are fewer than are needed. Depends on everything the session knows.
//!
//! A server allows an identity some connections only, and a connection serves one lane. While there are enough, a new
//! lane takes a free one and disturbs nobody. When there are not, the lanes take turns: connections are asked for with
//! the shortest timeout, so that they end cleanly and soon, and whoever waits longest is served next. The server keeps
//! the events of those who wait meanwhile. One that was opened for long, before, is given up, with a gap.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::time::Duration;

use super::affinity::{Lane, Place};
use super::connection::{Kind, Stream};
use super::event::{GapReason, RequestId, SessionEvent};
use super::lanes::is_long;
use super::time::Instant;
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
        let Some(lane) = self.lanes.get_mut(index) else { return };
        if lane.place == Place::Starved {
            lane.ticket.and_then(|ticket| self.starved.remove(&ticket));
        }
        lane.place = place;
        match place {
            Place::Ready => queue(&mut self.ready, index, place, &self.lanes),
            Place::Holding => queue(&mut self.holding, index, place, &self.lanes),
            Place::Starved => {
                let ticket = *lane.ticket.get_or_insert(self.next_ticket);
                self.next_ticket = self.next_ticket.max(ticket.saturating_add(1));
                self.starved.insert(ticket, index);
            }
            Place::Nowhere => {}
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

    /// All who hold back are looked at again, in their order.
    pub(super) fn all_ready(&mut self) {
        for index in core::mem::take(&mut self.holding) {
            if self.lanes.get(index).is_some_and(|lane| lane.place == Place::Holding) {
                self.stand(index, Place::Ready);
            }
        }
    }

    /// Who has waited longest for a slot, if there is one now. One at a time: a slot is one lane's.
    pub(super) fn next_starved(&mut self) -> Option<usize> {
        let (_, index) = (self.streams < self.max_connections).then(|| self.starved.pop_first())??;
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.place = Place::Nowhere;
        }
        Some(index)
    }

    /// There is a slot, or a connection may be given up: for the one who has waited longest, since for one only it can be.
    /// `at_once`: before all who are ready.
    pub(super) fn wake_a_starved_one(&mut self, at_once: bool) {
        if let Some((_, index)) = self.starved.first_key_value() {
            self.stand(*index, Place::Ready);
            if at_once {
                self.ready.rotate_right(1);
            }
        }
    }

    /// The time for packing or for rest is over, or a connection may be given up again: it waits no longer.
    pub(super) fn lane_due(&mut self, index: usize) {
        self.unblock(index);
        if self.lanes.get(index).is_some_and(|lane| lane.place != Place::Ready) {
            self.stand(index, Place::Ready);
        }
    }

    // ---- slots --------------------------------------------------------------------------------------------------

    /// One more of the lane is to be served, or one fewer.
    pub(super) fn serve(&mut self, index: usize, one_more: bool) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let before = connections_for(lane.served);
        lane.served = if one_more { lane.served.saturating_add(1) } else { lane.served.saturating_sub(1) };
        let needed = self.needed_connections.saturating_add(connections_for(lane.served));
        self.needed_connections = needed.saturating_sub(before);
    }

    fn scarce(&self) -> bool {
        self.needed_connections > self.max_connections
    }

    /// What to ask for: when others wait for their turn, a short one.
    pub(super) fn connection_timeout(&self) -> ConnectionTimeout {
        if self.scarce() { ConnectionTimeout::MIN } else { self.config.connection_timeout }
    }

    pub(super) fn slot_taken(&mut self, index: usize, stream: &Stream) {
        self.streams = self.streams.saturating_add(1);
        self.long_streams = self.long_streams.saturating_add(u32::from(!stream.short));
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.streams = lane.streams.saturating_add(1);
            self.lanes_with_more = self.lanes_with_more.saturating_add(u32::from(lane.streams == 2));
        }
    }

    /// Who has waited longest is before the lane that had it.
    pub(super) fn slot_freed(&mut self, index: usize, stream: &Stream) {
        let spoke = u32::from(stream.promoted);
        self.streams = self.streams.saturating_sub(1);
        self.long_streams = self.long_streams.saturating_sub(u32::from(!stream.short));
        self.promoted = self.promoted.saturating_sub(spoke);
        if let Some(lane) = self.lanes.get_mut(index) {
            self.lanes_with_more = self.lanes_with_more.saturating_sub(u32::from(lane.streams == 2));
            lane.streams = lane.streams.saturating_sub(1);
            lane.promoted = lane.promoted.saturating_sub(spoke);
        }
        self.wake_a_starved_one(false);
        if self.starved.is_empty() {
            self.told_full = false;
        }
    }

    /// The server has refused a connection because there were too many.
    pub(super) fn fewer_slots(&mut self) {
        // those that are open it has accepted
        let fewer = self.streams.min(self.max_connections.saturating_sub(1));
        self.max_connections = fewer.max(1);
        self.try_one_more_later();
        self.tell(SessionEvent::TooManyConnections { limit: self.max_connections });
    }

    fn try_one_more_later(&mut self) {
        self.one_more_at = self.now.after(self.config.connections_retry);
        self.timers.set(self.one_more_at, Timer::Slots);
    }

    /// The server has had time: perhaps others have closed theirs. However often it refused, one more is tried.
    pub(super) fn one_slot_more(&mut self, at: Instant) {
        if at == self.one_more_at && self.max_connections < self.config.max_connections {
            self.max_connections = self.max_connections.saturating_add(1);
            self.try_one_more_later();
        }
    }

    /// All connections are in use: gives some up for the sake of this lane, or lets the lane wait for the next free one.
    pub(super) fn make_room(&mut self, index: usize) {
        let now = self.now;
        let mut victims = self.own_victims(index);
        if !victims.is_empty() {
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.repack_after = now.after(self.config.repack_interval);
            }
        } else if self.repack_after <= now {
            victims = self.victims_of_others(index);
            if !victims.is_empty() {
                self.repack_after = now.after(self.config.repack_interval);
                self.timers.set(self.repack_after, Timer::Repack);
            }
        }
        if victims.is_empty() {
            self.stand(index, Place::Starved);
            if self.scarce() && !core::mem::replace(&mut self.told_full, true) {
                self.tell(SessionEvent::TooManyConnections { limit: self.max_connections });
            }
            return;
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

    /// The fewest connections of the lane itself into which all fit who are on them, together with those who wait.
    fn own_victims(&mut self, index: usize) -> Vec<RequestId> {
        let Some(lane) = self.lanes.get(index).filter(|lane| lane.streams > 0) else { return Vec::new() };
        if lane.repack_after > self.now {
            self.timers.set(lane.repack_after, Timer::Lane(index));
            return Vec::new();
        }
        let mut streams: Vec<_> = self.speaking().filter(|(lane, ..)| *lane == index).collect();
        streams.sort_unstable();
        let these = fewest(&streams, lane.waiting.len(), 0).map(|(_, these)| these).unwrap_or_default();
        // one is had again for certain; more, where nobody else waits for them
        if these.len() > 1 && self.scarce() { Vec::new() } else { these }
    }

    /// The fewest connections of a lane that could do with one less; else, when lanes must take turns, the one that was opened
    /// for the longest.
    fn victims_of_others(&self, index: usize) -> Vec<RequestId> {
        if self.lanes_with_more > 0 {
            let mut streams: Vec<_> = self.speaking().filter(|(lane, ..)| *lane != index).collect();
            streams.sort_unstable();
            let of_a_lane =
                streams.chunk_by(|(lane, ..), (other, ..)| lane == other).filter(|streams| streams.len() > 1);
            let found = of_a_lane.filter_map(|streams| {
                let lane = self.lanes.get(streams.first()?.0)?;
                fewest(streams, lane.waiting.len(), 1)
            });
            if let Some((_, these)) = found.min() {
                return these;
            }
        }
        if self.scarce() && self.long_streams > 0 {
            let long = self.flights.iter().filter_map(|(id, flight)| match &flight.kind {
                Kind::Stream(stream) if stream.promoted && !stream.short => Some((stream.whole_by, *id)),
                _ => None,
            });
            let in_the_way = long.max().filter(|(whole_by, _)| whole_by.since(self.now) > TURN);
            return in_the_way.map(|(_, id)| id).into_iter().collect();
        }
        Vec::new()
    }

    /// Connections by lane, with how many are on them. One that has not spoken yet is left alone: its request may be on its way
    /// still.
    fn speaking(&self) -> impl Iterator<Item = (usize, usize, RequestId)> {
        self.flights.iter().filter_map(|(id, flight)| match &flight.kind {
            Kind::Stream(stream) if stream.promoted => Some((flight.lane, stream.alive as usize, *id)),
            _ => None,
        })
    }
}

/// The fewest of these connections of a lane, the smallest first, that could be made anew as `spare` fewer, with `waiting` more
/// on them; and how many they disturb.
fn fewest(streams: &[(usize, usize, RequestId)], waiting: usize, spare: usize) -> Option<(usize, Vec<RequestId>)> {
    let mut all = 0_usize;
    let mut these = Vec::new();
    for (_, size, id) in streams {
        all = all.saturating_add(*size);
        these.push(*id);
        let room = these.len().saturating_sub(spare).saturating_mul(SubscriptionIds::MAX);
        if all.saturating_add(waiting) <= room {
            return Some((all, these));
        }
    }
    None
}

/// Puts a lane in a queue. One that stands elsewhere now, or is no more, may be there until its turn comes: not too many.
fn queue(queue: &mut VecDeque<usize>, index: usize, place: Place, lanes: &[Lane]) {
    queue.push_back(index);
    if is_long(queue.len(), lanes.len()) {
        let mut seen = BTreeSet::new();
        queue.retain(|index| lanes.get(*index).is_some_and(|lane| lane.place == place) && seen.insert(*index));
    }
}

/// How many connections so many subscriptions need.
fn connections_for(count: u32) -> u32 {
    count.div_ceil(u32::try_from(SubscriptionIds::MAX).unwrap_or(u32::MAX))
}
