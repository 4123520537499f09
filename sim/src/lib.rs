//! A simulated Exchange: what a client of EWS notifications meets, in memory and under virtual time.
//!
//! [`Server`] is sans-IO and deterministic: requests, mailbox changes and the time go in, pieces of HTTP responses come
//! out ([`Output`]). It has no clock, no thread and no socket; the same calls with the same seed give the same bytes.
//! With feature `http`, [`http`] puts it on a real socket.
//!
//! ```
//! use core::time::Duration;
//! use ews_sim::{Change, Config, Head, Output, Server, Style};
//!
//! let mut server = Server::new(Config::new(Style::Exchange), 1);
//! let body = br#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
//!   xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
//!   xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body><m:Subscribe>
//!   <m:StreamingSubscriptionRequest SubscribeToAllFolders="true"><t:EventTypes><t:EventType>NewMailEvent</t:EventType>
//!   </t:EventTypes></m:StreamingSubscriptionRequest></m:Subscribe></s:Body></s:Envelope>"#;
//! server.request(1, &Head::post(), body, Duration::ZERO);
//! assert!(matches!(server.poll(Duration::ZERO)[0], Output::Head { status: 200, .. }));
//! server.change("user", Change::DeliverMail, Duration::ZERO);
//! assert_eq!(server.records()[0].events.len(), 1);
//! ```

mod answer;
mod config;
mod event;
mod fault;
#[cfg(feature = "http")]
pub mod http;
mod id;
mod inject;
mod mailbox;
mod operations;
mod push;
mod request;
mod rng;
mod server;
mod stream;
mod subscription;
mod write;

pub use config::{Config, Style};
pub use event::{Event, Kind, Target};
pub use fault::{Fault, FaultRecord, UnknownFault};
pub use id::event_number;
pub use mailbox::{Change, Mailbox};
pub use push::Post;
pub use rng::Rng;
pub use server::{ConnectionId, Head, Output, Server};
pub use subscription::{End, Filter, Mode, Record};
