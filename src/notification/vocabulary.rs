//! The namespaces and the event names of EWS. Depends on nothing but the numbering of namespaces.

use crate::xml::NamespaceId;

/// What the scanner is told to recognise; the predicates below go by the place in this table.
///
/// The `https:` forms are not what servers send: the vendor's documentation prints them, and mocks copy them from there.
pub(super) static NAMESPACES: [&str; 9] = [
    "http://schemas.xmlsoap.org/soap/envelope/",
    "https://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
    "http://schemas.microsoft.com/exchange/services/2006/messages",
    "https://schemas.microsoft.com/exchange/services/2006/messages",
    "http://schemas.microsoft.com/exchange/services/2006/types",
    "https://schemas.microsoft.com/exchange/services/2006/types",
    "http://schemas.microsoft.com/exchange/services/2006/errors",
    "https://schemas.microsoft.com/exchange/services/2006/errors",
];

/// SOAP 1.1 or 1.2.
#[inline]
pub(super) fn is_soap(namespace: NamespaceId) -> bool {
    namespace.index() <= 2
}

/// Messages or types: schema, documentation and servers disagree about which an element is in.
#[inline]
pub(super) fn is_ews(namespace: NamespaceId) -> bool {
    matches!(namespace.index(), 3..=6)
}

/// What stands in the detail of a fault.
pub(super) fn is_ews_or_errors(namespace: NamespaceId) -> bool {
    matches!(namespace.index(), 3..=8)
}

/// The kinds of events: `NotificationEventTypeType` and `StatusEvent` of the EWS schema, and what is not in it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EventKind {
    Copied,
    Created,
    Deleted,
    FreeBusyChanged,
    Modified,
    Moved,
    NewMail,
    Status,
    Other,
}

impl EventKind {
    /// `None`: the element is no event.
    pub(super) fn of(local: &[u8]) -> Option<Self> {
        Some(match local {
            b"CreatedEvent" => Self::Created,
            b"NewMailEvent" => Self::NewMail,
            b"ModifiedEvent" => Self::Modified,
            b"DeletedEvent" => Self::Deleted,
            b"MovedEvent" => Self::Moved,
            b"CopiedEvent" => Self::Copied,
            b"StatusEvent" => Self::Status,
            b"FreeBusyChangedEvent" => Self::FreeBusyChanged,
            _ if local.ends_with(b"Event") => Self::Other,
            _ => return None,
        })
    }
}
