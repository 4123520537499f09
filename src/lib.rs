#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod error;
mod limits;
mod notification;
pub mod request;
pub mod session;
#[cfg(feature = "stream")]
pub mod stream;
pub mod xml;

pub use error::{Error, ErrorKind, Excerpt, Limit};
pub use limits::Limits;
#[cfg(feature = "jiff")]
pub use notification::parse_timestamp;
pub use notification::{
    ConnectionStatus, CopiedEvent, CreatedEvent, DeletedEvent, Event, Fault, FolderId, FreeBusyChangedEvent, ItemId,
    Message, ModifiedEvent, MovedEvent, NewMailEvent, NotificationParser, Operation, OtherEvent, OwnedEvent, Response,
    ResponseClass, ServerVersion, StatusEvent, Subscribed,
};
