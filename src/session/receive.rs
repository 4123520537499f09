//! What comes in on a request, message by message. Depends on everything the session knows.
//!
//! Acts on messages, never on the end of a body that may be long in coming; delivers events whatever the message that
//! holds them says about others.

use alloc::string::String;
use core::time::Duration;

use super::affinity::Place;
use super::connection::{Complaint, Ending, Kind};
use super::errors::{self, Action};
use super::event::{GapReason, RequestId, SubscriptionKey};
use super::http::{self, Verdict};
use super::subscription::Table;
use super::time::Instant;
use super::transition::{Input, Phase};
use super::{Session, Timer};
use crate::notification::Stepped;
use crate::request::Text;
use crate::{ConnectionStatus, Event, Message, NotificationParser, ResponseClass};

/// What the session has to do about a message, in values of its own.
enum Seen {
    Nothing,
    /// A mailbox event of one of the connection's subscriptions.
    Event(SubscriptionKey),
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
            Verdict::Read => self.refused_again = false,
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
        self.conclude(id, Ending::Broken(GapReason::ConnectionLost), false);
    }

    /// Where the body says nothing, the status does.
    fn by_status(&self, id: RequestId, reason: GapReason) -> Ending {
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
            let hash = super::ids::hash(seed, parser_id);
            let from = stream.members.partition_point(|(other, _)| *other < hash);
            let same = stream.members.iter().skip(from).take_while(|(other, _)| *other == hash);
            same.map(|(_, key)| *key).find(|key| {
                let record = table.get(*key).filter(|record| record.flight == Some(id));
                record.and_then(|record| record.id.as_ref()).is_some_and(|own| own.as_str() == parser_id)
            })
        };
        match view(&flight.parser, stepped) {
            Message::Event(event) => {
                let Some(key) = event.subscription_id().and_then(|i| find(i, &flight.kind, &self.table)) else {
                    return Seen::Nothing;
                };
                if let Event::Status(_) = event {
                    flight.good = true;
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
                let error = response.class() == Some(ResponseClass::Error);
                let code = response.code().unwrap_or_default();
                if !error {
                    // a warning holds what success would
                    flight.good |= response.class().is_some() && matches!(code, "NoError" | "");
                } else if flight.complaint.as_ref().is_none_or(|before| before.code.is_none()) || !code.is_empty() {
                    let hint = response.back_off_ms().map(Duration::from_millis).or(flight.retry_after);
                    flight.complaint = Some(complaint_of(code, response.inner_code(), hint));
                }
            }
            Message::Subscribed(subscribed) => flight.new_id = Text::new(subscribed.subscription_id()).ok(),
            Message::ErrorSubscriptionId(bad) => {
                let found = find(bad, &flight.kind, &self.table);
                if let Kind::Stream(stream) = &mut flight.kind {
                    stream.named_any |= !bad.is_empty();
                    stream.named.extend(found);
                }
            }
            Message::ConnectionStatus(status) => {
                if let Kind::Stream(stream) = &mut flight.kind {
                    match status {
                        ConnectionStatus::Closed => stream.doc_closed = true,
                        _ => flight.good = true,
                    }
                }
            }
            Message::Fault(fault) => {
                let hint = fault.back_off_ms().map(Duration::from_millis).or(flight.retry_after);
                return Seen::Fault(complaint_of(fault.error_code().unwrap_or_default(), fault.inner_code(), hint));
            }
            Message::EndOfEnvelope => return Seen::EndOfEnvelope,
            _ => {}
        }
        Seen::Nothing
    }

    /// A document is complete: does what it said.
    fn settle(&mut self, id: RequestId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let complaint = flight.complaint.take();
        let good = core::mem::replace(&mut flight.good, false);
        let lane = flight.lane;
        let Kind::Stream(stream) = &mut flight.kind else {
            let ending = match complaint {
                Some(complaint) => Ending::Answer(complaint),
                None if good => Ending::Good(flight.new_id.take()),
                None => return, // an envelope that says nothing
            };
            // the answer is whole; its body should be, too
            self.lingering.insert(id);
            self.timers.set(self.now.after(self.config.drain), Timer::Lingering(id));
            return self.conclude(id, ending, false);
        };
        let mut named = core::mem::take(&mut stream.named);
        let named_any = core::mem::replace(&mut stream.named_any, false);
        let said_closed = core::mem::replace(&mut stream.doc_closed, false);
        // a Closed holds until something else is said: some servers go on after an error's
        stream.closed = said_closed || (stream.closed && !good);
        if let Some(complaint) = complaint {
            let all = !named_any;
            let everywhere = matches!(
                complaint.action,
                Action::Later | Action::MailboxLater | Action::FewerConnections | Action::TooManySubscriptions
            );
            if all && complaint.action == Action::Missed {
                named = stream.members.iter().map(|(_, key)| *key).collect();
            } else if all || everywhere {
                return self.conclude(id, Ending::Answer(complaint), true);
            }
            for key in named {
                // it may have left meanwhile
                if self.table.get(key).is_some_and(|record| record.flight == Some(id)) {
                    self.complain(key, lane, &complaint);
                }
            }
        } else if said_closed {
            flight.deadline = stream.deadline(&self.config, self.now);
            self.watch(id);
        }
        if good {
            self.promote(id);
        }
    }

    /// The connection works: all who are on it are live.
    fn promote(&mut self, id: RequestId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        if self.now.since(flight.opened) >= self.config.healthy_after {
            self.failures = 0;
        }
        let Kind::Stream(stream) = &mut flight.kind else { return };
        if core::mem::replace(&mut stream.promoted, true) {
            return;
        }
        let keys: alloc::vec::Vec<_> = stream.members.iter().map(|(_, key)| *key).collect();
        for key in keys {
            if self.table.get(key).is_some_and(|record| record.flight == Some(id)) {
                self.apply(key, Input::Spoke);
            }
        }
        self.all_ready(Place::Starved); // it may be given up for room now
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
            self.conclude(id, Ending::Broken(GapReason::ProtocolError), true);
        }
    }
}

fn view<'p, 'c: 'p>(parser: &'p NotificationParser, stepped: Stepped<'c>) -> Message<'p> {
    parser.view_of(stepped)
}

fn complaint(action: Action, hint: Option<Duration>) -> Ending {
    Ending::Answer(Complaint { action, code: None, hint })
}

/// With an `ErrorInternalServerError`, the real code may stand further inside.
fn complaint_of(code: &str, inner: Option<&str>, hint: Option<Duration>) -> Complaint {
    let code = inner.filter(|_| code == "ErrorInternalServerError").unwrap_or(code);
    let known = if code.is_empty() { None } else { Some(String::from(code)) };
    Complaint { action: errors::action(code), code: known, hint }
}
