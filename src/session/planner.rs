//! What to send next. Depends on everything the session knows; decides nothing about answers.
//!
//! First what ends, then what begins, then the connections, so that they are opened with as many ids as possible.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::affinity::{Anchor, Place};
use super::connection::{Flight, Kind, Stream};
use super::document::Document;
use super::event::{GapReason, RequestId, SessionEvent, SubscriptionKey};
use super::http::Verdict;
use super::output::{Output, Request};
use super::time::Instant;
use super::trace::RequestSpan;
use super::transition::{Input, Phase};
use super::{End, Session, Timer};
use crate::request::{Subscribe, SubscriptionIds, Text, Unsubscribe, write_get_streaming_events};
use crate::{NotificationParser, Operation};

/// For so long an id that is a counter may be used without a connection: where such ids are, the server forgets a subscription
/// after five minutes, and may give its number to another.
const COUNTERS_HOLD: Duration = Duration::from_secs(5 * 60);

/// How many times longer than usual to wait for the Subscribes under way before the last slot is taken.
const PATIENCE: u32 = 12;

impl Session {
    /// What to do next; to be called until it is [`Output::Timeout`]. May change after every other call.
    pub fn poll_output(&mut self, now: Instant) -> Output<'_> {
        self.advance(now);
        loop {
            if let Some(output) = self.outbox.pop_front() {
                if let Output::Event(SessionEvent::Gap { key, .. }) = &output
                    && let Some(record) = self.table.get_mut(*key)
                {
                    record.gap_waits = false;
                }
                return output;
            }
            if self.end == End::Closing && self.table.is_empty() && self.flights.is_empty() {
                if let Some(id) = self.lingering.pop_first() {
                    return Output::Cancel(id);
                }
                self.end = End::Closed;
                return Output::Event(SessionEvent::SessionClosed);
            }
            if self.end == End::Closed {
                return Output::Timeout(Instant::since_origin(Duration::MAX));
            }
            let id = if self.paused || self.now < self.rest_until { None } else { self.plan() };
            if let Some(id) = id {
                return Output::Send(Request { id, draft: &self.draft });
            }
            if self.outbox.is_empty() {
                break;
            }
        }
        let never = Instant::since_origin(Duration::MAX);
        Output::Timeout(self.timers.next().map_or(never, |(at, _)| at))
    }

    /// Writes the next request into the draft.
    fn plan(&mut self) -> Option<RequestId> {
        let room = self.short_requests < self.config.max_requests.max(1);
        loop {
            while room && let Some(key) = self.to_unsubscribe.pop_front() {
                if let Some(id) = self.send_unsubscribe(key) {
                    return Some(id);
                }
            }
            while room && let Some(key) = self.to_subscribe.pop_front() {
                if let Some(id) = self.send_subscribe(key) {
                    return Some(id);
                }
            }
            if self.subscribing == 0 && self.to_subscribe.is_empty() {
                self.all_ready();
            }
            // a connection given up for room is dropped before the next is opened
            if !self.outbox.is_empty() || self.now < self.streams_from {
                return None;
            }
            let lane = self.next_ready().or_else(|| self.next_starved())?;
            if let Some(id) = self.send_stream(lane) {
                return Some(id);
            }
        }
    }

    fn send_unsubscribe(&mut self, key: SubscriptionKey) -> Option<RequestId> {
        let record = self.table.get(key).filter(|record| record.state.phase == Phase::Leaving)?;
        let (id, lane) = (record.id.clone()?, record.lane);
        if self.blocked(lane, key) {
            return None;
        }
        let record = self.table.get(key)?;
        self.draft.body.clear();
        let who = record.wanted.impersonation.as_ref();
        Unsubscribe::new(&id).write_as(self.config.version, who, &mut self.draft.body);
        Some(self.sent(Operation::Unsubscribe, Kind::Unsubscribe(key), lane))
    }

    fn send_subscribe(&mut self, key: SubscriptionKey) -> Option<RequestId> {
        let record = self.table.get(key).filter(|record| record.state.phase == Phase::Wanted)?;
        let lane_index = record.lane;
        if self.blocked(lane_index, key) {
            return None;
        }
        let record = self.table.get(key)?;
        let lane = self.lanes.get_mut(lane_index)?;
        match lane.anchor {
            Anchor::Asked => {
                self.block(lane_index, key);
                return None;
            }
            Anchor::Needed => lane.anchor = Anchor::Asked,
            Anchor::Set => {}
        }
        self.draft.body.clear();
        let wanted = &record.wanted;
        let subscribe = Subscribe::streaming(&wanted.folders, wanted.events);
        subscribe.write_as(self.config.version, wanted.impersonation.as_ref(), &mut self.draft.body);
        self.apply(key, Input::SubscribeSent);
        Some(self.sent(Operation::Subscribe, Kind::Subscribe(key), lane_index))
    }

    /// Whether the lane rests: then the subscription waits until it does no longer.
    fn blocked(&mut self, index: usize, key: SubscriptionKey) -> bool {
        let rests = self.lanes.get(index).is_some_and(|lane| lane.rest_until > self.now);
        if rests {
            self.block(index, key);
        }
        rests
    }

    /// It was this lane's turn, but it can do nothing with it now.
    fn pass_on(&mut self, index: usize) -> Option<RequestId> {
        if self.lanes.get(index).is_some_and(|lane| lane.ticket.is_some()) {
            self.wake_a_starved_one(true);
        }
        None
    }

    fn send_stream(&mut self, index: usize) -> Option<RequestId> {
        let now = self.now;
        let under_way = self.subscribing > 0 || !self.to_subscribe.is_empty();
        let last_slot = self.streams.saturating_add(1) >= self.max_connections;
        let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.rest_until <= now) else {
            return self.pass_on(index);
        };
        let table = &self.table;
        // what has gone elsewhere meanwhile must not count
        while let Some(key) = lane.waiting.front()
            && !table.get(*key).is_some_and(|record| record.waits_at(now))
        {
            lane.waiting.pop_front();
        }
        if lane.waiting.is_empty() {
            lane.waiting_since = None;
            self.pass_on(index);
            self.lanes.get_mut(index)?.ticket = None;
            return None;
        }
        // the last slot, or a connection given up, is worth a longer wait for the rest of those who are being subscribed
        let patience = if last_slot && lane.streams > 0 { PATIENCE } else { 1 };
        let window = self.config.pack_window.saturating_mul(patience);
        let by = lane.waiting_since.get_or_insert(now).after(window);
        if under_way && lane.waiting.len() < SubscriptionIds::MAX && by > now {
            self.timers.set(by, Timer::Lane(index));
            self.stand(index, Place::Holding);
            return None;
        }
        if self.streams >= self.max_connections {
            self.make_room(index);
            return None;
        }
        let members = self.draw_members(index);
        let lane = self.lanes.get_mut(index)?;
        lane.waiting_since = None;
        if members.is_empty() {
            return self.pass_on(index); // they are made anew: its turn is kept
        }
        lane.ticket = None;
        if !lane.waiting.is_empty() {
            self.stand(index, Place::Ready);
        }
        let timeout = self.connection_timeout();
        self.speak_for(index, &members);
        self.draft.body.clear();
        let ids = members.iter().filter_map(|(_, key)| self.table.get(*key)?.id.as_ref().map(Text::as_str));
        let (version, lane) = (self.config.version, self.lanes.get(index)?);
        write_get_streaming_events(ids, timeout, version, lane.impersonation.as_ref(), &mut self.draft.body);
        let keys: Vec<_> = members.iter().map(|(_, key)| *key).collect();
        let stream = Stream::new(members, timeout, &self.config, now);
        self.slot_taken(index, &stream);
        let id = self.sent(Operation::GetStreamingEvents, Kind::Stream(stream), index);
        for key in keys {
            self.apply(key, Input::ConnectionSent);
            if let Some(record) = self.table.get_mut(key) {
                record.flight = Some(id);
            }
        }
        Some(id)
    }

    /// Up to 200 of those who wait, each once, in the order of their hashes.
    fn draw_members(&mut self, index: usize) -> Vec<(u64, SubscriptionKey)> {
        let mut members: Vec<(u64, SubscriptionKey)> = Vec::new();
        while members.len() < SubscriptionIds::MAX
            && let Some(key) = self.lanes.get_mut(index).and_then(|lane| lane.waiting.pop_front())
        {
            let idle = self.table.get(key).filter(|record| record.waits_at(self.now));
            let Some((record, id)) = idle.and_then(|record| Some((record, record.id.as_ref()?))) else { continue };
            let old = record.vouched < self.breaks || self.now.since(record.heard) > COUNTERS_HOLD;
            if old && self.suspects(id.as_str()) {
                self.apply(key, Input::Lost(GapReason::SubscriptionLost));
                continue;
            }
            members.push((self.hash(id.as_str()), key));
            if members.len() == SubscriptionIds::MAX {
                members.sort_unstable();
                members.dedup(); // one that went idle twice waits twice
            }
        }
        members.sort_unstable();
        members.dedup();
        members
    }

    /// A group's connection is asked for in the name of one who is on it: he who was before may be gone, and his mailbox too.
    fn speak_for(&mut self, index: usize, members: &[(u64, SubscriptionKey)]) {
        let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.affinity) else { return };
        let mut who =
            members.iter().filter_map(|(_, key)| self.table.get(*key)).map(|record| &record.wanted.impersonation);
        if !who.clone().any(|it| *it == lane.impersonation)
            && let Some(first) = who.next()
        {
            lane.impersonation.clone_from(first);
        }
    }

    /// Enters the request in the books.
    fn sent(&mut self, operation: Operation, kind: Kind, index: usize) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request = self.next_request.saturating_add(1);
        self.draft.operation = Some(operation);
        self.draft.headers.clear();
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.requests = lane.requests.saturating_add(1);
            self.draft.headers.extend(lane.headers().map(|(name, value)| (name, String::from(value))));
        }
        let limit = match &kind {
            Kind::Stream(_) => self.config.first_message,
            Kind::Subscribe(_) | Kind::Unsubscribe(_) => {
                self.short_requests = self.short_requests.saturating_add(1);
                self.config.request_timeout
            }
        };
        if matches!(kind, Kind::Subscribe(_)) {
            self.subscribing = self.subscribing.saturating_add(1);
        }
        let deadline = self.now.after(limit);
        self.timers.set(deadline, Timer::Flight(id));
        let subscriptions = if let Kind::Stream(stream) = &kind { stream.members.len() } else { 1 };
        let span = RequestSpan::open(id, operation, subscriptions);
        let parser = self.parsers.pop().unwrap_or_else(|| NotificationParser::with_limits(self.config.limits));
        self.flights.insert(
            id,
            Flight {
                kind,
                lane: index,
                parser,
                status: 200,
                verdict: Verdict::Read,
                retry_after: None,
                opened: self.now,
                breaks: self.breaks,
                deadline,
                wakes: deadline,
                document: Document::default(),
                span,
            },
        );
        id
    }
}
