//! The EWS vocabulary over the XML scanner: messages, events and their views.
//!
//! This layer knows what EWS answers mean and nothing of HTTP, time or retries. It depends on the xml layer and nothing
//! here depends on a layer above.

#[cfg(feature = "serde")]
mod deserialize;
mod event;
mod field;
mod message;
mod opening;
mod owned;
mod parser;
mod passage;
mod place;
#[cfg(feature = "serde")]
mod serialize;
mod shape;
#[cfg(feature = "jiff")]
mod timestamp;
mod vocabulary;

pub use event::{
    CopiedEvent, CreatedEvent, DeletedEvent, Event, FolderId, FreeBusyChangedEvent, ItemId, ModifiedEvent, MovedEvent,
    NewMailEvent, OtherEvent, StatusEvent,
};
pub use message::{ConnectionStatus, Fault, Message, Operation, Response, ResponseClass, ServerVersion, Subscribed};
pub use owned::OwnedEvent;
pub use parser::NotificationParser;
pub(crate) use parser::Stepped;
#[cfg(feature = "jiff")]
pub use timestamp::parse_timestamp;
