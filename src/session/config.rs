//! What the caller may set. Depends on the request layer.

use core::time::Duration;

use crate::Limits;
use crate::request::{ConnectionTimeout, Version};

/// What to do with the ids of a connection that broke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuspectIds {
    /// Use them again: the server says when it does not know one.
    Trust,
    /// Subscribe anew each time.
    Renew,
    /// Subscribe anew where the id is shorter than 24 characters. Such ids are counters that begin again when the
    /// server does, so that an old one may name somebody's new subscription; Exchange's are long and unique.
    #[default]
    RenewShort,
}

/// The settings of a session. The defaults suit an Exchange server and one user.
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) version: Version,
    pub(super) limits: Limits,
    pub(super) connection_timeout: ConnectionTimeout,
    pub(super) max_connections: u32,
    pub(super) max_requests: u32,
    pub(super) request_timeout: Duration,
    pub(super) first_message: Duration,
    pub(super) silence: Option<Duration>,
    pub(super) slack: Duration,
    pub(super) drain: Duration,
    pub(super) backoff_base: Duration,
    pub(super) backoff_cap: Duration,
    pub(super) hint_cap: Duration,
    pub(super) healthy_after: Duration,
    pub(super) pack_window: Duration,
    pub(super) repack_interval: Duration,
    pub(super) connections_retry: Duration,
    pub(super) useless_documents: u32,
    pub(super) useless_bytes: u64,
    pub(super) close_timeout: Duration,
    pub(super) suspect_ids: SuspectIds,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            version: Version::Exchange2013,
            limits: Limits::default(),
            connection_timeout: ConnectionTimeout::MAX,
            max_connections: 3, // HangingConnectionLimit of Exchange 2013; 10 later and online
            max_requests: 4,
            request_timeout: Duration::from_secs(60),
            first_message: Duration::from_secs(60), // gromox may keep silent for 48 s
            silence: Some(Duration::from_secs(120)),
            slack: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            backoff_base: Duration::from_secs(5),
            backoff_cap: Duration::from_secs(300),
            hint_cap: Duration::from_secs(3600),
            healthy_after: Duration::from_secs(30),
            pack_window: Duration::from_secs(5),
            repack_interval: Duration::from_secs(60),
            connections_retry: Duration::from_secs(15 * 60),
            useless_documents: 600,
            useless_bytes: 8 * 1024 * 1024,
            close_timeout: Duration::from_secs(10),
            suspect_ids: SuspectIds::RenewShort,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $set:ident: $field:ident, $ty:ty;)+) => {
        impl Config {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $set(mut self, value: $ty) -> Self {
                    self.$field = value;
                    self
                }
            )+
        }
    };
}

setters! {
    /// Which schema is spoken. Default: `Exchange2013`. Streaming needs `Exchange2010_SP1` at least.
    with_version: version, Version;
    /// What one answer may cost. Default: [`Limits::DEFAULT`].
    with_limits: limits, Limits;
    /// How long the server keeps a hanging connection, 1 to 30 minutes. Default: 30 minutes.
    with_connection_timeout: connection_timeout, ConnectionTimeout;
    /// The most hanging connections at a time; 0 counts as 1. Servers allow an account 3 or 10; each serves up to 200
    /// subscriptions of one group or one impersonated user. Default: 3.
    with_max_connections: max_connections, u32;
    /// The most other requests (Subscribe, Unsubscribe) at a time; 0 counts as 1. Default: 4.
    with_max_requests: max_requests, u32;
    /// How long any other request may take, from [`Output::Send`](super::Output::Send) to its answer's end. Default: 60 s.
    with_request_timeout: request_timeout, Duration;
    /// How long a connection may be silent before its first message. Exchange answers at once, another server after up to
    /// 48 s. Default: 60 s.
    with_first_message_limit: first_message, Duration;
    /// How long it may be silent afterwards; `None`: for ever. Heartbeats come every 45 s. Default: 120 s.
    with_silence_limit: silence, Option<Duration>;
    /// How long it may last beyond the connection timeout. Default: 60 s.
    with_slack: slack, Duration;
    /// How long its body may take to end after `Closed`. Default: 10 s.
    with_drain_limit: drain, Duration;
    /// The first wait after a failure, at most; doubled each time. What is waited is a random part of it, and at least
    /// 1 s. Default: 5 s.
    with_backoff_base: backoff_base, Duration;
    /// The longest wait of the session's own. Default: 5 minutes.
    with_backoff_cap: backoff_cap, Duration;
    /// The longest wait that a server may ask for, by `BackOffMilliseconds` or `Retry-After`. Default: 1 hour.
    with_hint_cap: hint_cap, Duration;
    /// How long a connection must have worked before failures are forgotten. Default: 30 s.
    with_healthy_after: healthy_after, Duration;
    /// How long a connection waits for subscriptions that are just being made. Default: 5 s.
    with_pack_window: pack_window, Duration;
    /// The least time between two connections given up to make room. Default: 60 s.
    with_repack_interval: repack_interval, Duration;
    /// When the server had too many connections: how long until one more is tried again. Default: 15 minutes.
    with_connections_retry: connections_retry, Duration;
    /// The most documents (SOAP envelopes) a minute without a mailbox event; beyond it the connection is given up, with a
    /// gap. Default: 600.
    with_useless_documents: useless_documents, u32;
    /// The most bytes a minute without a mailbox event; the same. Default: 8 MiB.
    with_useless_bytes: useless_bytes, u64;
    /// How long [`close`](super::Session::close) waits for the server. Default: 10 s.
    with_close_timeout: close_timeout, Duration;
    /// What to do with the ids of a connection that broke. Default: [`SuspectIds::RenewShort`].
    with_suspect_ids: suspect_ids, SuspectIds;
}
