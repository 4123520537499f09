//! The requests of EWS notifications, written into a buffer of the caller's.
//!
//! This layer knows how requests are written and nothing of answers, HTTP or time. It depends on no other layer; the
//! session depends on it. What a server would refuse for its shape cannot be expressed: a Subscribe names folders or
//! all folders, never both; times are in range; a value that XML cannot carry is refused when it is handed in.
//!
//! ```
//! use ews_stream::request::{DistinguishedFolder, EventTypes, Folders, Header, Subscribe, Version};
//!
//! let header = Header::new(Version::Exchange2013);
//! let folders = Folders::from(DistinguishedFolder::Inbox).and(DistinguishedFolder::Calendar);
//! let mut body = Vec::new();
//! Subscribe::streaming(&folders, EventTypes::NEW_MAIL | EventTypes::DELETED).write(&header, &mut body);
//! assert!(body.starts_with(b"<s:Envelope "));
//! ```

mod error;
mod event_types;
mod folder;
mod header;
mod operations;
mod subscribe;
mod text;

pub use error::RequestError;
pub use event_types::EventTypes;
pub use folder::{DistinguishedFolder, Folder, Folders};
pub use header::{Header, Impersonation, Version};
pub use operations::{
    ConnectionTimeout, GetEvents, GetStreamingEvents, SendNotificationResult, SubscriptionIds, SubscriptionStatus,
    Unsubscribe,
};
pub use subscribe::{Minutes, Subscribe};
pub use text::Text;

pub(crate) use operations::write_get_streaming_events;
