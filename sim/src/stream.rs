//! Streams: what an open GetStreamingEvents sends over time.

use crate::server::{ConnectionId, Output, Server};
use crate::write::{Document, Notification};
use crate::{End, Event, Fault, Mode, Style};
use core::time::Duration;

const INVALID: (&str, &str) = ("ErrorInvalidSubscription", "Subscription is invalid.");

/// What has befallen a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Live,
    /// Nothing it sends arrives any more.
    Stalled,
    /// One byte now and then.
    Dripping,
    /// Empty envelopes without end.
    Flooding,
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) connection: ConnectionId,
    pub(crate) identity: String,
    pub(crate) ids: Vec<String>,
    /// Ids asked for that the server does not know.
    pub(crate) bad: Vec<String>,
    pub(crate) opened: Duration,
    pub(crate) closes: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) flush: Option<Duration>,
    pub(crate) first: bool,
    pub(crate) state: State,
    pub(crate) next_byte: Duration,
    pub(crate) fault: Option<(Duration, Fault)>,
    /// The next document of events comes twice.
    pub(crate) duplicate: bool,
    /// The next events are dropped, and that is said.
    pub(crate) lose: bool,
}

impl Stream {
    pub(crate) fn deadline(&self) -> Duration {
        let fault = self.fault.map(|fault| fault.0);
        let next = match self.state {
            State::Dripping | State::Flooding => Some(self.next_byte),
            State::Live | State::Stalled => None,
        };
        [Some(self.closes), Some(self.heartbeat), self.flush, fault, next]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_default()
    }
}

impl Server {
    pub(crate) fn open_stream(
        &mut self,
        connection: ConnectionId,
        identity: &str,
        ids: &[String],
        minutes: i64,
        backend: Option<&str>,
        now: Duration,
    ) {
        let gromox = self.config.style == Style::Gromox;
        if gromox && ids.iter().any(|id| !(id.len() == 12 && id.ends_with('='))) {
            return self.fault(connection, 200, "SOAP:Client", "E-3201: invalid subscription ID", None);
        }
        if !gromox && (ids.is_empty() || ids.len() > 200 || !(1..=30).contains(&minutes)) {
            let text = "The request failed schema validation.";
            return self.fault(connection, 500, "ErrorSchemaValidation", text, None);
        }
        let known = |id: &String| {
            self.knows(id, backend) && self.subscriptions.get(id).is_some_and(|s| s.mode == Mode::Streaming)
        };
        let (good, bad): (Vec<String>, Vec<String>) = ids.iter().cloned().partition(known);
        // whoever reads them now is told first, which may also make room
        for id in &good {
            if let Some(other) = self.subscriptions.get(id).and_then(|subscription| subscription.stream) {
                let why = (
                    "ErrorNewEventStreamConnectionOpened",
                    "A new event stream connection was opened for the subscription.",
                );
                self.take_out(other, &good, why, now);
            }
        }
        if self.streams.values().filter(|stream| stream.identity == identity).count() >= self.config.connection_limit {
            return self.exceeded_connections(connection);
        }
        let late = Duration::from_millis(self.rng.range(0, self.config.late_closing.as_millis() as u64));
        let timeout = Duration::from_secs(60) * u32::try_from(minutes.clamp(0, 1440)).unwrap_or(0);
        // gromox closes a stream without any good id at the first occasion, which is its heartbeat
        let closes =
            if good.is_empty() { self.config.heartbeat + late.min(Duration::from_secs(5)) } else { timeout + late };
        let pending = good.iter().any(|id| self.subscriptions.get(id).is_some_and(|s| !s.pending.is_empty()));
        let stream = Stream {
            connection,
            identity: identity.to_owned(),
            ids: good.clone(),
            bad: bad.clone(),
            opened: now,
            closes: now + closes,
            heartbeat: now + self.config.heartbeat,
            flush: pending.then(|| now + self.config.pending_wait),
            first: true,
            state: State::Live,
            next_byte: now,
            fault: self.draw_stream_fault(now),
            duplicate: false,
            lose: false,
        };
        self.streams.insert(connection, stream);
        for id in &good {
            self.set_expiry(id, None);
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.stream = Some(connection);
            }
        }
        let headers = vec![("Content-Type".to_owned(), "text/xml".to_owned())];
        self.outputs.push(Output::Head { connection, status: 200, headers });
        if bad.is_empty() {
            return self.send(connection, &Document { status: Some("OK"), ..Document::default() });
        }
        let status = gromox.then_some("Closed");
        self.send(connection, &Document { error: Some(INVALID), error_ids: &bad, status, ..Document::default() });
        if gromox {
            return;
        }
        if good.is_empty() {
            self.end(connection, now);
        } else {
            self.send(connection, &Document { status: Some("OK"), ..Document::default() });
        }
    }

    pub(crate) fn exceeded_connections(&mut self, connection: ConnectionId) {
        let text = "You have exceeded the available concurrent connections for your account.  Try again once your other \
                    requests have completed.";
        let status = if self.config.style == Style::Gromox { 200 } else { 500 };
        self.fault(connection, status, "ErrorExceededConnectionCount", text, None);
    }

    /// Sends one document, unless nothing arrives any more.
    pub(crate) fn send(&mut self, connection: ConnectionId, document: &Document<'_>) {
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        if stream.state != State::Live {
            return;
        }
        let first = core::mem::replace(&mut stream.first, false);
        let bytes = self.writer.document(first, document);
        self.outputs.push(Output::Body { connection, bytes });
    }

    /// A subscription of this stream has an event.
    pub(crate) fn wake(&mut self, connection: ConnectionId, now: Duration) {
        let interval = self.config.flush_interval.as_nanos() as u64;
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        let ticks = match interval {
            0 => now,
            _ => {
                let since = (now - stream.opened).as_nanos() as u64;
                stream.opened + Duration::from_nanos((since / interval + 1) * interval)
            }
        };
        stream.flush = Some(stream.flush.map_or(ticks, |flush| flush.min(ticks)));
    }

    /// Does what is due on a stream at this time.
    pub(crate) fn run(&mut self, connection: ConnectionId, at: Duration) {
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        if stream.flush.is_some_and(|flush| flush <= at) {
            self.flush(connection, false, at);
        } else if let Some((_, fault)) = stream.fault.take_if(|fault| fault.0 <= at) {
            self.strike_stream(connection, fault, at);
        } else if stream.state == State::Dripping && stream.next_byte <= at {
            stream.next_byte = at + Duration::from_secs(7);
            self.outputs.push(Output::Body { connection, bytes: b" ".to_vec() });
        } else if stream.state == State::Flooding && stream.next_byte <= at {
            stream.next_byte = at + Duration::from_millis(2);
            let bytes = self.writer.document(false, &Document::default());
            self.outputs.push(Output::Body { connection, bytes });
        } else if stream.closes <= at {
            self.close(connection, at);
        } else if stream.heartbeat <= at {
            stream.heartbeat = at + self.config.heartbeat;
            self.flush(connection, true, at);
        }
    }

    /// Takes what a subscription has pending for one document.
    fn take_pending(&mut self, connection: ConnectionId, with_idle: bool) -> Vec<Notification> {
        let limit = self.config.events_per_notification;
        let ids = self.streams.get(&connection).map(|stream| stream.ids.clone()).unwrap_or_default();
        let mut notifications = vec![];
        for id in ids {
            let Some(subscription) = self.subscriptions.get_mut(&id) else { continue };
            let count = subscription.pending.len().min(limit);
            let events: Vec<Event> = subscription.pending.drain(..count).collect();
            let more = !subscription.pending.is_empty();
            if with_idle || !events.is_empty() {
                notifications.push(Notification { id, more, events, watermarks: None });
            }
        }
        notifications
    }

    /// Sends all that is pending; as a heartbeat also something when nothing is.
    fn flush(&mut self, connection: ConnectionId, heartbeat: bool, now: Duration) {
        let gromox = self.config.style == Style::Gromox;
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        stream.flush = None;
        let (bad, duplicate, lose) = (stream.bad.clone(), stream.duplicate, stream.lose);
        let error = (gromox && !bad.is_empty()).then_some(INVALID);
        let mut idle = heartbeat && gromox;
        loop {
            let notifications = self.take_pending(connection, core::mem::take(&mut idle));
            if notifications.is_empty() {
                break;
            }
            let real = notifications.iter().any(|notification| !notification.events.is_empty());
            if let Some(stream) = self.streams.get_mut(&connection).filter(|_| real) {
                stream.heartbeat = now + self.config.heartbeat;
                (stream.duplicate, stream.lose) = (false, false);
            }
            if real && lose {
                return self.lose(connection, &notifications, now);
            }
            let error_ids = if gromox { &bad[..] } else { &[] };
            let status = gromox.then_some("OK");
            let document = Document { error, error_ids, notifications: &notifications, status };
            self.send(connection, &document);
            if real && duplicate {
                self.note(connection, Fault::DuplicateEvents, now);
                self.send(connection, &document);
            }
        }
        if heartbeat && !gromox {
            self.send(connection, &Document { status: Some("OK"), ..Document::default() });
        }
    }

    /// Drops these events and the rest that is pending, and says so.
    fn lose(&mut self, connection: ConnectionId, notifications: &[Notification], now: Duration) {
        let lost: Vec<String> =
            notifications.iter().filter(|n| !n.events.is_empty()).map(|notification| notification.id.clone()).collect();
        for id in &lost {
            if let Some(subscription) = self.subscriptions.get_mut(id) {
                subscription.pending.clear();
            }
        }
        self.note(connection, Fault::LostEventMark, now);
        let error = Some(("ErrorMissedNotificationEvents", "Some notification events were missed."));
        let status = (self.config.style == Style::Gromox).then_some("OK");
        self.send(connection, &Document { error, error_ids: &lost, status, ..Document::default() });
    }

    /// The ordinary end, at the timeout.
    pub(crate) fn close(&mut self, connection: ConnectionId, now: Duration) {
        let gromox = self.config.style == Style::Gromox;
        let Some(stream) = self.streams.get(&connection) else { return };
        if stream.state != State::Live {
            // what does not arrive cannot end well
            self.outputs.push(Output::Broken { connection });
            return self.detach(connection, now);
        }
        let bad = if gromox { stream.bad.clone() } else { vec![] };
        if gromox {
            let last = self.take_pending(connection, false);
            let more = last.iter().any(|notification| notification.more);
            let error = (!bad.is_empty()).then_some(INVALID);
            let document = Document { error, error_ids: &bad, notifications: &last, status: Some("Closed") };
            self.send(connection, &document);
            if more {
                self.flush(connection, false, now);
            }
        } else {
            self.flush(connection, false, now);
        }
        let closed = Document { status: Some("Closed"), ..Document::default() };
        self.send(connection, &closed);
        self.end(connection, now);
    }

    /// Takes subscriptions out of a stream, because they are gone or read elsewhere, and says why.
    pub(crate) fn take_out(&mut self, connection: ConnectionId, ids: &[String], why: (&str, &str), now: Duration) {
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        if self.config.style == Style::Gromox {
            // gromox ends the whole stream, and names no reason
            self.send(connection, &Document { status: Some("Closed"), ..Document::default() });
            return self.end(connection, now);
        }
        let (out, left): (Vec<String>, Vec<String>) = stream.ids.drain(..).partition(|id| ids.contains(id));
        stream.ids = left;
        let empty = stream.ids.is_empty();
        for id in &out {
            self.release(id, now);
        }
        self.send(connection, &Document { error: Some(why), error_ids: &out, ..Document::default() });
        if empty {
            self.end(connection, now);
        }
    }

    pub(crate) fn end(&mut self, connection: ConnectionId, now: Duration) {
        let live = self.streams.get(&connection).is_some_and(|stream| stream.state == State::Live);
        self.outputs.push(if live { Output::End { connection } } else { Output::Broken { connection } });
        self.detach(connection, now);
    }

    /// The stream is no more; its subscriptions begin to age.
    pub(crate) fn detach(&mut self, connection: ConnectionId, now: Duration) {
        let Some(stream) = self.streams.remove(&connection) else { return };
        for id in &stream.ids {
            self.release(id, now);
        }
    }

    fn release(&mut self, id: &str, now: Duration) {
        let Some(subscription) = self.subscriptions.get_mut(id) else { return };
        subscription.stream = None;
        let expires = now + subscription.expiry;
        self.set_expiry(id, Some(expires));
    }

    /// The server forgets a subscription without a word.
    pub(crate) fn lose_subscription(&mut self, id: &str, now: Duration) {
        if let Some(connection) = self.subscriptions.get(id).and_then(|subscription| subscription.stream)
            && let Some(stream) = self.streams.get_mut(&connection)
        {
            stream.ids.retain(|known| known != id);
        }
        self.forget(id, End::Forgotten, now);
    }
}
