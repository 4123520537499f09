//! What the session hands to the caller. Depends on events, keys and time.

use alloc::string::String;
use alloc::vec::Vec;

use super::event::{RequestId, SessionEvent};
use super::time::Instant;

/// What to do next.
#[derive(Debug)]
#[must_use]
pub enum Output<'s> {
    /// POST this to the endpoint, with the credentials. A connection of its own is best for
    /// [`Operation::GetStreamingEvents`](crate::Operation): it hangs.
    Send(Request<'s>),
    /// Drop this request and its HTTP connection: no answer to it is wanted any more.
    Cancel(RequestId),
    /// Something the caller should know.
    Event(SessionEvent),
    /// Nothing more to do until then: wait for the network, at most until this time. Where nothing is to come, it is the end
    /// of time ([`Duration::MAX`](core::time::Duration::MAX) after the origin): mind sums with it.
    Timeout(Instant),
}

/// A request to send, lent.
#[derive(Debug)]
pub struct Request<'s> {
    pub(super) id: RequestId,
    pub(super) draft: &'s Draft,
}

/// The buffers of a request, used again for the next.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) operation: Option<crate::Operation>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl<'s> Request<'s> {
    /// What to call it when its answer comes.
    #[must_use]
    pub const fn id(&self) -> RequestId {
        self.id
    }

    /// What it asks for.
    #[must_use]
    pub const fn operation(&self) -> Option<crate::Operation> {
        self.draft.operation
    }

    /// Header fields beyond those that any HTTP client sets: `Content-Type`, `Accept`, and for a group its affinity. None of
    /// them holds credentials.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &'s str)> + use<'s> {
        let fixed = [("Content-Type", "text/xml; charset=utf-8"), ("Accept", "text/xml")];
        fixed.into_iter().chain(self.draft.headers.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The body: one SOAP envelope.
    #[must_use]
    pub fn body(&self) -> &'s [u8] {
        &self.draft.body
    }
}
