//! A request in flight: what it is for, what was said on it, and how long it may take. Depends on the parser, errors,
//! configuration and time.

use alloc::vec::Vec;
use core::time::Duration;

use super::config::Config;
use super::document::{Complaint, Document};
use super::event::{GapReason, SubscriptionKey};
use super::http::Verdict;
use super::time::Instant;
use super::trace::RequestSpan;
use crate::NotificationParser;
use crate::request::{ConnectionTimeout, Text};

/// How a request came to its end.
#[derive(Debug)]
pub(super) enum Ending {
    /// A Subscribe was answered with an id, an Unsubscribe with success, a connection with `Closed`.
    Good(Option<Text>),
    Broken(GapReason),
    Answer(Complaint),
    Credentials(u16),
    Refused(u16),
}

#[derive(Debug)]
pub(super) enum Kind {
    Subscribe(SubscriptionKey),
    Unsubscribe(SubscriptionKey),
    Stream(Stream),
}

#[derive(Debug)]
pub(super) struct Flight {
    pub(super) kind: Kind,
    pub(super) lane: usize,
    pub(super) parser: NotificationParser,
    pub(super) status: u16,
    pub(super) verdict: Verdict,
    pub(super) retry_after: Option<Duration>,
    pub(super) opened: Instant,
    /// The breaks that the session had seen then.
    pub(super) breaks: u32,
    pub(super) deadline: Instant,
    /// When the session wakes up for it: at its deadline, or before.
    pub(super) wakes: Instant,
    /// What the document that is being read has said so far.
    pub(super) document: Document,
    pub(super) span: RequestSpan,
}

/// A hanging connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // a machine's memory is what it is
pub(super) struct Stream {
    /// The subscriptions it was opened for, by the hash of their ids.
    pub(super) members: Vec<(u64, SubscriptionKey)>,
    /// How many of them are still on it.
    pub(super) alive: u32,
    pub(super) promoted: bool,
    /// One of them was unsubscribed since: some servers end the whole connection then.
    pub(super) parted: bool,
    /// `Closed` was said, and nothing else since.
    pub(super) closed: bool,
    /// Then its body is to end soon, however often that is said.
    pub(super) draining: bool,
    pub(super) whole_by: Instant,
    /// Asked for no longer than a turn, since others wait.
    pub(super) short: bool,
    /// The document that is being read has brought a mailbox event.
    pub(super) doc_useful: bool,
    // of the last minute
    pub(super) window: Instant,
    pub(super) useless_documents: u32,
    pub(super) useless_bytes: u64,
}

impl Stream {
    pub(super) fn new(
        members: Vec<(u64, SubscriptionKey)>,
        timeout: ConnectionTimeout,
        config: &Config,
        now: Instant,
    ) -> Self {
        let minutes = u64::from(timeout.get());
        let whole = Duration::from_secs(minutes.saturating_mul(60)).saturating_add(config.slack);
        Self {
            alive: u32::try_from(members.len()).unwrap_or(u32::MAX),
            members,
            promoted: false,
            parted: false,
            closed: false,
            draining: false,
            whole_by: now.after(whole),
            short: timeout == ConnectionTimeout::MIN,
            doc_useful: false,
            window: now,
            useless_documents: 0,
            useless_bytes: 0,
        }
    }

    /// When it is to be given up, a message having come just now.
    pub(super) fn deadline(&self, config: &Config, now: Instant) -> Instant {
        if self.closed {
            return now.after(config.drain).min(self.whole_by);
        }
        config.silence.map_or(self.whole_by, |silence| now.after(silence).min(self.whole_by))
    }

    /// Counts what was no mailbox event. `true`: it is too much.
    pub(super) fn floods(&mut self, documents: u32, bytes: u64, config: &Config, now: Instant) -> bool {
        if now.since(self.window) >= Duration::from_secs(60) {
            self.window = now;
            self.useless_documents = 0;
            self.useless_bytes = 0;
        }
        self.useless_documents = self.useless_documents.saturating_add(documents);
        self.useless_bytes = self.useless_bytes.saturating_add(bytes);
        self.useless_documents > config.useless_documents || self.useless_bytes > config.useless_bytes
    }
}
