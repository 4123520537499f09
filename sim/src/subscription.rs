//! Subscriptions and the record that outlives them.

use crate::{Event, Kind, Style, Target};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

/// How a subscription's events are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By `GetStreamingEvents`.
    Streaming,
    /// By `GetEvents`.
    Pull,
    /// By the server posting them to the client.
    Push,
}

/// Why a subscription is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// `Unsubscribe`.
    Unsubscribed,
    /// No connection for too long, or posts that nobody took.
    Expired,
    /// The server restarted.
    Restarted,
    /// The fault `bad-id`.
    Forgotten,
}

/// Everything that a subscription was owed, from its first moment to its last.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its id; unique only within one `incarnation`.
    pub id: String,
    /// Which life of the server created it: counts the restarts.
    pub incarnation: u32,
    /// The mailbox it watches.
    pub mailbox: String,
    /// How it is fetched.
    pub mode: Mode,
    /// When it was created.
    pub created: Duration,
    /// When it ended, and why.
    pub ended: Option<(Duration, End)>,
    /// Every event that happened for it while it existed, connected or not, in order.
    pub events: Vec<Event>,
}

#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) record: usize,
    pub(crate) mailbox: String,
    pub(crate) mode: Mode,
    pub(crate) filter: Filter,
    pub(crate) expiry: Duration,
    /// Set while no connection reads it.
    pub(crate) expires: Option<Duration>,
    pub(crate) backend: Option<String>,
    pub(crate) pending: VecDeque<Event>,
    /// The stream that reads it.
    pub(crate) stream: Option<u64>,
}

/// Which events of its mailbox a subscription is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The numbers of its folders; `None`: all folders.
    pub folders: Option<BTreeSet<u64>>,
    /// The kinds of events.
    pub kinds: BTreeSet<Kind>,
}

impl Filter {
    /// Whether a server of this style tells of the event.
    #[must_use]
    pub fn wants(&self, event: &Event, style: Style) -> bool {
        let Some(folders) = &self.folders else { return self.kinds.contains(&event.kind) };
        // gromox tells a folder's watcher of a changed item only by the folder's own Modified
        if style == Style::Gromox && event.kind == Kind::Modified && matches!(event.target, Target::Item(_)) {
            return false;
        }
        self.kinds.contains(&event.kind) && folders.iter().any(|folder| event.touches(*folder))
    }
}
