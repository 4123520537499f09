//! What comes in on a request, message by message. Depends on everything the session knows.
//!
//! Acts on messages, never on the end of a body that may be long in coming; delivers events whatever the message that
//! holds them says about others.

use alloc::vec::Vec;
use core::time::Duration;

use super::affinity::Place;
use super::connection::{Ending, Kind};
use super::document::Complaint;
use super::errors::Action;
use super::event::{GapReason, RequestId, SubscriptionKey};
use super::http::{self, Verdict};
use super::subscription::Table;
use super::time::Instant;
use super::transition::{Input, Phase};
use super::{Session, ids};
use crate::notification::Stepped;
use crate::{ConnectionStatus, Event, Message, NotificationParser};

/// What the session has to do about a message, in values of its own.
enum Seen {
    Nothing,
    /// A mailbox event of one of the connection's subscriptions.
    Event(SubscriptionKey),
    /// A mailbox event that says of nobody whose it is.
    Nameless,
    Fault(Complaint),
    EndOfEnvelope,
}

impl Session {
    /// The status and header fields of an answer, once, before its body. Names count in any case. Of the fields `Retry-After`,
    /// `Date`, `Location` and `Set-Cookie` matter; hand in all, or these.
    pub fn handle_head<'h>(
        &mut self,
        id: RequestId,
        status: u16,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        now: Instant,
    ) {
        self.advance(now);
        let clock = self.wall_clock.map(|(seconds, at)| seconds.saturating_add(self.now.since(at).as_secs()));
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let (mut retry_after, mut date, mut location) = (None, None, None);
        for (name, value) in headers {
            let Ok(value) = core::str::from_utf8(value) else { continue };
            if name.eq_ignore_ascii_case("retry-after") {
                retry_after = Some(value);
            } else if name.eq_ignore_ascii_case("date") {
                date = Some(value);
            } else if name.eq_ignore_ascii_case("location") {
                location = Some(value);
            } else if name.eq_ignore_ascii_case("set-cookie")
                && let Some(lane) = self.lanes.get_mut(flight.lane)
            {
                lane.set_cookie(value);
            }
        }
        flight.span.head(status);
        flight.status = status;
        flight.verdict = http::verdict(status, location);
        flight.retry_after = retry_after.and_then(|value| http::retry_after(value, date, clock));
        match flight.verdict {
            Verdict::Read => {
                self.refused_again = false;
                self.renewals = 0;
            }
            // their bodies are for people
            Verdict::Credentials => self.conclude(id, Ending::Credentials(status), true),
            Verdict::Elsewhere => self.conclude(id, complaint(Action::Rediscover, None), true),
            // a body may say better what is wrong
            Verdict::Later | Verdict::Refused => {}
        }
    }

    /// The next mailbox event in a piece of an answer's body, with its subscription; `None` when `input` is used up.
    ///
    /// `input` is moved on. Heartbeats, and events of subscriptions that nobody asked for on this connection, are
    /// passed over.
    pub fn next_event<'s, 'c: 's>(
        &'s mut self,
        id: RequestId,
        input: &mut &'c [u8],
        now: Instant,
    ) -> Option<(SubscriptionKey, Event<'s>)> {
        self.advance(now);
        let (key, stepped) = loop {
            let before = input.len();
            let Some(flight) = self.flights.get_mut(&id) else {
                *input = &[];
                return None;
            };
            let step = match flight.parser.step(input) {
                Ok(step) => step,
                Err(error) => {
                    flight.span.unreadable(&error);
                    *input = &[];
                    let ending = self.by_status(id, GapReason::ProtocolError);
                    self.conclude(id, ending, true);
                    return None;
                }
            };
            let taken = u64::try_from(before.saturating_sub(input.len())).unwrap_or(u64::MAX);
            let seen = match step {
                None => {
                    self.spent(id, 0, taken);
                    return None;
                }
                Some(stepped) => match self.look(id, stepped) {
                    Seen::Event(key) => break (key, stepped),
                    seen => seen,
                },
            };
            let documents = u32::from(matches!(seen, Seen::EndOfEnvelope));
            match seen {
                Seen::Nothing | Seen::Event(_) => self.alive(id),
                Seen::Nameless => {
                    self.alive(id);
                    self.missed_by_all(id);
                }
                Seen::Fault(fault) => self.conclude(id, Ending::Answer(fault), true),
                Seen::EndOfEnvelope => {
                    self.alive(id);
                    self.settle(id);
                }
            }
            self.spent(id, documents, taken);
        };
        self.delivered(id, key);
        match self.flights.get(&id)?.parser.view_of(stepped) {
            Message::Event(event) => Some((key, event)),
            _ => None,
        }
    }

    /// The body has ended as HTTP says it should. A stream that ends so without a `Closed` is a broken one all the same.
    pub fn handle_end(&mut self, id: RequestId, now: Instant) {
        self.lingering.remove(&id);
        self.advance(now);
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let whole = match flight.parser.finish() {
            Ok(()) => true,
            Err(error) => {
                flight.span.unreadable(&error);
                false
            }
        };
        let closed = matches!(&flight.kind, Kind::Stream(stream) if stream.closed);
        let ending = if !whole {
            self.by_status(id, GapReason::ConnectionLost)
        } else if closed {
            Ending::Good(None)
        } else {
            let lost = if flight.parser.offset() == 0 { GapReason::ProtocolError } else { GapReason::ConnectionLost };
            self.by_status(id, lost)
        };
        self.conclude(id, ending, false);
    }

    /// The request could not be sent, or its connection broke: before the end that `Content-Length` or the last chunk says.
    pub fn handle_failure(&mut self, id: RequestId, now: Instant) {
        self.lingering.remove(&id);
        self.advance(now);
        let ending = self.by_status(id, GapReason::ConnectionLost);
        self.conclude(id, ending, false);
    }

    /// Where the body says nothing, the status does.
    pub(super) fn by_status(&self, id: RequestId, reason: GapReason) -> Ending {
        let Some(flight) = self.flights.get(&id) else { return Ending::Broken(reason) };
        match flight.verdict {
            Verdict::Later => complaint(Action::Later, flight.retry_after),
            Verdict::Refused => Ending::Refused(flight.status),
            Verdict::Read | Verdict::Credentials | Verdict::Elsewhere => Ending::Broken(reason),
        }
    }

    /// Reads a message and notes what it says about its document.
    fn look(&mut self, id: RequestId, stepped: Stepped<'_>) -> Seen {
        let seed = self.hash_seed;
        let Some(flight) = self.flights.get_mut(&id) else { return Seen::Nothing };
        let find = |parser_id: &str, kind: &Kind, table: &Table| -> Option<SubscriptionKey> {
            let Kind::Stream(stream) = kind else { return None };
            let hash = ids::hash(seed, parser_id);
            let from = stream.members.partition_point(|(other, _)| *other < hash);
            let same = stream.members.iter().skip(from).take_while(|(other, _)| *other == hash);
            same.map(|(_, key)| *key).find(|key| {
                let record = table.get(*key).filter(|record| record.flight == Some(id));
                record.and_then(|record| record.id.as_ref()).is_some_and(|own| own.as_str() == parser_id)
            })
        };
        match view(&flight.parser, stepped) {
            Message::Event(event) => {
                let named = event.subscription_id().unwrap_or_default();
                let Some(key) = find(named, &flight.kind, &self.table) else {
                    let heartbeat = matches!(event, Event::Status(_));
                    return if named.is_empty() && !heartbeat { Seen::Nameless } else { Seen::Nothing };
                };
                if let Event::Status(_) = event {
                    flight.document.good = true;
                    return Seen::Nothing;
                }
                if let (Some(time), Some(record)) = (event.timestamp(), self.table.get_mut(key))
                    && !time.is_empty()
                    && time.len() <= 64
                {
                    record.last_timestamp.clear();
                    record.last_timestamp.push_str(time);
                }
                return Seen::Event(key);
            }
            Message::Response(response) => {
                let hint = response.back_off_ms().map(Duration::from_millis).max(flight.retry_after);
                let code = response.code().unwrap_or_default();
                flight.document.response(response.class(), code, response.inner_code(), hint);
            }
            Message::Subscribed(subscribed) => flight.document.new_id = ids::acceptable(subscribed.subscription_id()),
            Message::ErrorSubscriptionId(bad) if !bad.is_empty() && matches!(flight.kind, Kind::Stream(_)) => {
                let found = find(bad, &flight.kind, &self.table);
                flight.document.names(found);
            }
            Message::ConnectionStatus(status) if matches!(flight.kind, Kind::Stream(_)) => match status {
                ConnectionStatus::Closed => flight.document.closed = true,
                _ => flight.document.good = true,
            },
            Message::Fault(fault) => {
                let hint = fault.back_off_ms().map(Duration::from_millis).max(flight.retry_after);
                return Seen::Fault(Complaint::of(fault.error_code().unwrap_or_default(), fault.inner_code(), hint));
            }
            Message::EndOfEnvelope => return Seen::EndOfEnvelope,
            _ => {}
        }
        Seen::Nothing
    }

    /// The connection works: all who are on it are live.
    pub(super) fn promote(&mut self, id: RequestId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let (opened, index) = (flight.opened, flight.lane);
        let Kind::Stream(stream) = &mut flight.kind else { return };
        let first = !core::mem::replace(&mut stream.promoted, true);
        if self.now.since(opened) >= self.config.healthy_after {
            self.proved(index, opened);
        }
        if !first {
            return;
        }
        self.promoted = self.promoted.saturating_add(1);
        if let Some(lane) = self.lanes.get_mut(index) {
            lane.promoted = lane.promoted.saturating_add(1);
        }
        for key in self.on_connection(id) {
            self.apply(key, Input::Spoke);
        }
        // it may be given up for room now
        if self.lanes.get(index).is_some_and(|lane| lane.place == Place::Starved) {
            self.stand(index, Place::Ready);
        }
        self.wake_a_starved_one(false);
    }

    /// Those who are on a connection.
    pub(super) fn on_connection(&self, id: RequestId) -> Vec<SubscriptionKey> {
        self.flights.get(&id).map(|flight| self.members(id, flight)).unwrap_or_default()
    }

    /// Something happened, and it cannot be known to whom.
    fn missed_by_all(&mut self, id: RequestId) {
        for key in self.on_connection(id) {
            self.apply(key, Input::Missed);
        }
    }

    /// A mailbox event was found: it shows that its subscription is live, whatever else is said.
    fn delivered(&mut self, id: RequestId, key: SubscriptionKey) {
        self.alive(id);
        if let Some(flight) = self.flights.get_mut(&id)
            && let Kind::Stream(stream) = &mut flight.kind
        {
            stream.doc_useful = true;
            stream.useless_bytes = 0;
        }
        if self.table.get(key).is_some_and(|record| record.state.phase == Phase::Opening) {
            self.apply(key, Input::Spoke);
        }
    }

    /// A message came: the silence is broken.
    fn alive(&mut self, id: RequestId) {
        if let Some(flight) = self.flights.get_mut(&id)
            && let Kind::Stream(stream) = &flight.kind
            && !stream.closed
        {
            flight.deadline = stream.deadline(&self.config, self.now);
            // the first limit may be longer than that for silence: then the timer that is set comes too late
            if !stream.promoted {
                self.watch(id);
            }
        }
    }

    /// Counts bytes and documents that brought no mailbox event.
    fn spent(&mut self, id: RequestId, documents: u32, bytes: u64) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let flood = match &mut flight.kind {
            Kind::Stream(stream) => {
                let useful = documents > 0 && core::mem::replace(&mut stream.doc_useful, false);
                let documents = if useful { 0 } else { documents };
                stream.floods(documents, bytes, &self.config, self.now)
            }
            Kind::Subscribe(_) | Kind::Unsubscribe(_) => flight.parser.offset() > self.config.useless_bytes,
        };
        if flood {
            let ending = self.by_status(id, GapReason::ProtocolError);
            self.conclude(id, ending, true);
        }
    }
}

fn view<'p, 'c: 'p>(parser: &'p NotificationParser, stepped: Stepped<'c>) -> Message<'p> {
    parser.view_of(stepped)
}

const fn complaint(action: Action, hint: Option<Duration>) -> Ending {
    Ending::Answer(Complaint::without_code(action, hint))
}
