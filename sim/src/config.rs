//! How this server behaves.

use crate::Fault;
use core::time::Duration;
use std::collections::BTreeMap;

/// Whose way of writing and whose habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// grommunio's gromox, as recorded.
    Gromox,
    /// Exchange itself, as documented and as others captured it.
    Exchange,
}

/// Settings of a [`Server`](crate::Server); public fields over [`Config::new`]'s defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// Way of writing.
    pub style: Style,
    /// Silence after which a stream sends a heartbeat.
    pub heartbeat: Duration,
    /// How often a stream's events are gathered into documents. Zero: at once.
    pub flush_interval: Duration,
    /// How long events that were pending when a stream opened may wait.
    pub pending_wait: Duration,
    /// How long a subscription lives without a connection.
    pub expiry: Duration,
    /// Events in one Notification at most.
    pub events_per_notification: usize,
    /// Open streams for each identity.
    pub connection_limit: usize,
    /// Subscriptions for each mailbox.
    pub subscription_limit: usize,
    /// How much too late a stream is closed, at most.
    pub late_closing: Duration,
    /// User and password; `None` takes any.
    pub credentials: Option<(String, String)>,
    /// Bearer token; `None` takes any.
    pub bearer: Option<String>,
    /// Whether a request without credentials is answered with 401.
    pub require_authentication: bool,
    /// Whether an event's own number is written into its item or folder id, for tests that prove order and completeness
    /// ([`event_number`](crate::event_number)). Off: ids are stable, as clients that compare them expect.
    pub numbered_ids: bool,
    /// Whether subscriptions made with an anchor are bound to a back end, which the cookie names.
    pub affinity: bool,
    /// Chance of each fault, in thousandths: for each request that it can strike, and for each stream opened.
    pub faults: BTreeMap<Fault, u32>,
    /// Faults that strike streams do so at a random moment of this first span of the stream.
    pub fault_span: Duration,
    /// How long a restart takes. Meanwhile every request ends in a broken connection.
    pub restart_time: Duration,
    /// Whether the server keeps, for tests to look at, all that ever happened: the records of subscriptions that ended, every
    /// event, every fault. Off: it holds no more than it needs to serve; see [`Server::take_history`](crate::Server::take_history).
    pub keeps_history: bool,
    /// The longest wait that it asks for when it is busy.
    pub longest_wait: Duration,
    /// Seconds since 1970 at the origin of virtual time.
    pub epoch: u64,
}

impl Config {
    /// The defaults of a style.
    #[must_use]
    pub fn new(style: Style) -> Self {
        let gromox = style == Style::Gromox;
        let seconds =
            |gromox_value, exchange_value| Duration::from_secs(if gromox { gromox_value } else { exchange_value });
        Self {
            style,
            heartbeat: Duration::from_secs(45),
            flush_interval: seconds(5, 0),
            pending_wait: seconds(45, 0),
            expiry: seconds(5 * 60, 30 * 60),
            events_per_notification: 50,
            connection_limit: if gromox { usize::MAX } else { 3 },
            subscription_limit: 5000,
            late_closing: seconds(48, 0),
            credentials: None,
            bearer: None,
            require_authentication: false,
            numbered_ids: true,
            affinity: !gromox,
            faults: BTreeMap::new(),
            fault_span: Duration::from_secs(120),
            restart_time: Duration::from_secs(3),
            keeps_history: true,
            longest_wait: Duration::from_secs(60),
            epoch: 1_795_000_000,
        }
    }

    /// The same with these faults, each at `per_mille` thousandths.
    #[must_use]
    pub fn with_faults(mut self, faults: impl IntoIterator<Item = Fault>, per_mille: u32) -> Self {
        self.faults.extend(faults.into_iter().map(|fault| (fault, per_mille)));
        self
    }
}
