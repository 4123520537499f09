//! Time as the caller hands it in. Depends on nothing: no clock is ever read.

use core::time::Duration;

/// A point in time: how long after an origin that the caller chose, once for a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// No session gets any older: later points stay for what never becomes due.
    pub(super) const LAST: Self = Self(Duration::from_secs(u64::MAX / 2));

    /// A point so long after the origin.
    #[must_use]
    pub const fn since_origin(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the origin it is.
    #[must_use]
    pub const fn elapsed(self) -> Duration {
        self.0
    }

    /// How long after `earlier` it is; zero when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// A point so much later; the end of time where it does not fit.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}
