//! What can go wrong, by name.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        /// One way in which a server, or what stands before it, fails its client.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fault { $($(#[$doc])* $variant,)+ }

        impl Fault {
            /// Every kind, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name used on command lines.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

faults! {
    /// The connection ends inside a tag.
    CutMidTag = "cut-mid-tag",
    /// The stream falls silent and stays open.
    Stall = "stall",
    /// The connection is reset.
    Reset = "reset",
    /// 401 although the credentials are right.
    Unauthorized = "401",
    /// 503 with `Retry-After`.
    RetryAfter = "503-retry-after",
    /// `ErrorServerBusy` with `BackOffMilliseconds`.
    ServerBusy = "server-busy",
    /// 500 with an HTML page.
    HtmlError = "html-error",
    /// A document that is not well-formed.
    MalformedXml = "malformed-xml",
    /// A document of events is sent twice.
    DuplicateEvents = "duplicate-events",
    /// The server forgets one of the subscriptions asked for.
    BadId = "bad-id",
    /// Closed early, with two `Closed` in a row; events may ride on the first.
    TwoClosed = "two-closed",
    /// The server restarts: subscriptions are gone, ids begin again.
    Restart = "restart",
    /// Events are dropped and `ErrorMissedNotificationEvents` says so.
    LostEventMark = "lost-event-mark",
    /// Bytes of a document that never ends, one at a time.
    SlowDrip = "slow-drip",
    /// Empty envelopes without end.
    Flood = "flood",
    /// Bytes that are no XML at all.
    Garbage = "garbage",
    /// `ErrorExceededConnectionCount` below the limit.
    ExceededConnections = "exceeded-connections",
    /// A request is never answered.
    NoAnswer = "no-answer",
}

impl Fault {
    /// Faults that strike an answer; the others strike a stream under way. Some do both.
    #[must_use]
    pub fn strikes_answers(self) -> bool {
        use Fault::{
            BadId, ExceededConnections, Garbage, HtmlError, MalformedXml, NoAnswer, Reset, Restart, RetryAfter,
            ServerBusy, Unauthorized,
        };
        matches!(
            self,
            Unauthorized
                | RetryAfter
                | ServerBusy
                | HtmlError
                | MalformedXml
                | BadId
                | ExceededConnections
                | NoAnswer
                | Garbage
                | Reset
                | Restart
        )
    }

    /// Faults that strike a stream some time after it was opened.
    #[must_use]
    pub fn strikes_streams(self) -> bool {
        use Fault::{BadId, ExceededConnections, HtmlError, NoAnswer, RetryAfter, Unauthorized};
        !matches!(self, Unauthorized | RetryAfter | HtmlError | BadId | ExceededConnections | NoAnswer)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No fault has this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFault(String);

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no fault is named {:?}; there are", self.0)?;
        Fault::ALL.iter().try_for_each(|fault| write!(f, " {fault}"))
    }
}

impl core::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name).ok_or_else(|| UnknownFault(name.to_owned()))
    }
}

/// A fault that did occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRecord {
    /// When.
    pub at: Duration,
    /// Which.
    pub fault: Fault,
    /// On which connection.
    pub connection: u64,
}
