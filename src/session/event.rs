//! What the session tells the caller. Depends on time and on the keys.

use alloc::string::String;
use core::fmt;

use super::time::Instant;

/// Names a subscription of a session, from `subscribe` until its `Closed` event. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionKey {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl fmt::Display for SubscriptionKey {
    /// Short, for logs: its place in the session, and which of those that had the place it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.generation)
    }
}

/// Names a request of a session, and the answer to it. Never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why events may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapReason {
    /// The connection ended other than by a clean `Closed`, or fell silent.
    ConnectionLost,
    /// The server no longer knows the subscription; it was made anew.
    SubscriptionLost,
    /// The server says that it has missed events (`ErrorMissedNotificationEvents`).
    EventsMissed,
    /// What came was no acceptable answer: not XML, not EWS, or a flood of nothing.
    ProtocolError,
    /// The server ended the connection with an error.
    ServerError,
    /// A subscription kept from an earlier run was no longer known, or an id turned out to be somebody else's: the
    /// server, or this program, has started anew.
    Restarted,
    /// The session itself gave up a connection to make room for more subscriptions.
    Repacked,
    /// Another connection has read the events.
    TakenOver,
}

/// Why a subscription or request is not retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureReason {
    /// The server refused it for good, by a ResponseCode.
    Refused,
    /// The server refused it for good, by this HTTP status.
    Http(u16),
}

/// What happened to a session, besides the mailbox events that `next_event` lends.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionEvent {
    /// The subscription is live for the first time: synchronise now, from here on nothing is missed in silence.
    Live(SubscriptionKey),
    /// Events may be missing between `last_timestamp` and now; the subscription is live again (or closed): synchronise
    /// its folders ([how](crate::guide::after_a_gap)).
    Gap {
        /// Whose.
        key: SubscriptionKey,
        /// Why.
        reason: GapReason,
        /// `t:TimeStamp` of the last event that was delivered, as sent: the server's clock, in UTC. `None`: there was none.
        last_timestamp: Option<String>,
    },
    /// The subscription is not being served; the session is mending it, and will report a gap when that is done.
    Lost {
        /// Whose.
        key: SubscriptionKey,
        /// Why.
        reason: GapReason,
    },
    /// The subscription was refused and is set aside: `retry` or `unsubscribe`.
    Failed {
        /// Whose.
        key: SubscriptionKey,
        /// How.
        reason: FailureReason,
        /// The [ResponseCode](https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode), where there was one.
        code: Option<String>,
    },
    /// The mailbox lives elsewhere: run Autodiscover. The subscription is set aside: `retry`, or `unsubscribe` and
    /// subscribe in a session for the other endpoint.
    Rediscover(SubscriptionKey),
    /// Another connection reads this subscription now. It is set aside: `retry` takes it back.
    TakenOver(SubscriptionKey),
    /// The server asked for rest; no request is sent before.
    Throttled {
        /// Until when.
        until: Instant,
    },
    /// Something failed; no request is sent before, or where other connections work, none for those who share this one.
    BackingOff {
        /// Until when.
        until: Instant,
        /// What failed.
        reason: GapReason,
        /// Whether no request at all is sent before.
        everything: bool,
    },
    /// The credentials were not accepted (this HTTP status). Nothing is sent until `credentials_renewed`.
    AuthenticationRequired {
        /// 401, 403 or 440.
        status: u16,
    },
    /// There are more hanging connections than the server allows, or more are needed than are allowed here.
    TooManyConnections {
        /// How many are used from now on.
        limit: u32,
    },
    /// The server allows no more subscriptions; this one is tried again, slowly.
    TooManySubscriptions(SubscriptionKey),
    /// The subscription has ended as asked; its key means nothing from now on.
    Closed(SubscriptionKey),
    /// `close` is done: nothing is in flight, and nothing will be sent any more.
    SessionClosed,
}
