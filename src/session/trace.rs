//! What the session does, for `tracing` (feature `tracing`); without the feature nothing, at no cost. Depends on the
//! session's values; decides nothing.
//!
//! Each request is a span `ews_request` that lives as long as the request, with its answers as events; what the caller is
//! told is an event too, and so is each transition of a subscription. Ids of the server's, mailboxes and bodies are left out.

use super::connection::Ending;
use super::event::{RequestId, SessionEvent, SubscriptionKey};
use super::transition::{Input, Phase};
#[cfg(feature = "tracing")]
use crate::ErrorKind;
use crate::Operation;

/// The span of a request.
#[derive(Debug)]
pub(super) struct RequestSpan(#[cfg(feature = "tracing")] tracing::Span);

#[cfg(not(feature = "tracing"))]
#[allow(clippy::unused_self)] // the same face as the other
impl RequestSpan {
    #[inline]
    pub(super) const fn open(_: RequestId, _: Operation, _: usize) -> Self {
        Self()
    }

    #[inline]
    pub(super) const fn head(&self, _: u16) {}

    #[inline]
    pub(super) const fn unreadable(&self, _: &crate::Error) {}

    #[inline]
    pub(super) const fn ended(&self, _: &Ending) {}
}

#[cfg(not(feature = "tracing"))]
#[inline]
pub(super) const fn transition(_: SubscriptionKey, _: Phase, _: Input, _: Phase) {}

#[cfg(not(feature = "tracing"))]
#[inline]
pub(super) const fn told(_: &SessionEvent) {}

#[cfg(feature = "tracing")]
impl RequestSpan {
    /// `subscriptions`: how many it is for.
    pub(super) fn open(id: RequestId, operation: Operation, subscriptions: usize) -> Self {
        let operation = operation.as_str();
        let span = tracing::debug_span!("ews_request", request = id.0, operation, subscriptions);
        tracing::debug!(parent: &span, "sent");
        Self(span)
    }

    pub(super) fn head(&self, status: u16) {
        tracing::debug!(parent: &self.0, status, "answered");
    }

    /// What came is no answer, or broke off.
    pub(super) fn unreadable(&self, error: &crate::Error) {
        let (kind, offset) = (error.kind(), error.offset());
        match kind {
            // their sentences quote the body
            ErrorKind::NotSoap(_) => tracing::warn!(parent: &self.0, error = "no SOAP envelope", offset, "unreadable"),
            ErrorKind::UnsupportedEncoding(_) => {
                tracing::warn!(parent: &self.0, error = "unsupported encoding", offset, "unreadable");
            }
            _ => tracing::warn!(parent: &self.0, error = %kind, offset, "unreadable"),
        }
    }

    pub(super) fn ended(&self, ending: &Ending) {
        match ending {
            Ending::Good(_) => tracing::debug!(parent: &self.0, "ended"),
            Ending::Broken(reason) => tracing::debug!(parent: &self.0, ?reason, "broken"),
            Ending::Answer(complaint) => {
                let code = complaint.code.as_deref().filter(|code| is_code(code));
                tracing::debug!(parent: &self.0, code, action = ?complaint.action, "refused");
            }
            Ending::Credentials(status) | Ending::Refused(status) => {
                tracing::debug!(parent: &self.0, status, "refused");
            }
        }
    }
}

#[cfg(feature = "tracing")]
pub(super) fn transition(key: SubscriptionKey, before: Phase, input: Input, after: Phase) {
    tracing::trace!(subscription = %key, ?before, ?input, ?after, "transition");
}

#[cfg(feature = "tracing")]
pub(super) fn told(event: &SessionEvent) {
    match event {
        SessionEvent::Live(key) => tracing::info!(subscription = %key, "live"),
        SessionEvent::Gap { key, reason, last_timestamp } => {
            tracing::warn!(subscription = %key, ?reason, last_timestamp, "gap");
        }
        SessionEvent::Lost { key, reason } => tracing::warn!(subscription = %key, ?reason, "lost"),
        SessionEvent::Failed { key, reason, code } => {
            let code = code.as_deref().filter(|code| is_code(code));
            tracing::error!(subscription = %key, ?reason, code, "failed");
        }
        SessionEvent::Rediscover(key) => tracing::warn!(subscription = %key, "rediscover"),
        SessionEvent::TakenOver(key) => tracing::warn!(subscription = %key, "taken over"),
        SessionEvent::Throttled { until } => tracing::warn!(until = ?until.elapsed(), "throttled"),
        SessionEvent::BackingOff { until, reason, everything } => {
            tracing::warn!(until = ?until.elapsed(), ?reason, everything, "backing off");
        }
        SessionEvent::AuthenticationRequired { status } => tracing::error!(status, "authentication required"),
        SessionEvent::TooManyConnections { limit } => tracing::warn!(limit, "too many connections"),
        SessionEvent::TooManySubscriptions(key) => tracing::warn!(subscription = %key, "too many subscriptions"),
        SessionEvent::Closed(key) => tracing::info!(subscription = %key, "closed"),
        SessionEvent::SessionClosed => tracing::info!("session closed"),
    }
}

/// What a server writes for a code may be anything; what looks like one is.
#[cfg(feature = "tracing")]
fn is_code(code: &str) -> bool {
    code.starts_with("Error") && code.bytes().all(|b| b.is_ascii_alphanumeric())
}
