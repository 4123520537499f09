//! Reads Exchange Web Services (EWS) notifications from chunks of bytes without copying, and decides what a client of them
//! has to send and when, without a socket, a thread or a clock.
//!
//! ```
//! use ews_stream::{Event, Message, NotificationParser};
//!
//! /// What a server sends: an envelope now, another when something happens, for up to 30 minutes.
//! const BODY: &str = r#"
//! <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
//!     xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
//!     xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>
//!   <m:GetStreamingEventsResponse><m:ResponseMessages>
//!     <m:GetStreamingEventsResponseMessage ResponseClass="Success">
//!       <m:ResponseCode>NoError</m:ResponseCode>
//!       <m:Notifications><m:Notification><t:SubscriptionId>inbox</t:SubscriptionId>
//!         <t:NewMailEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>
//!           <t:ItemId Id="AAMk" ChangeKey="CQAA"/><t:ParentFolderId Id="AQMk"/></t:NewMailEvent>
//!       </m:Notification></m:Notifications>
//!     </m:GetStreamingEventsResponseMessage>
//!   </m:ResponseMessages></m:GetStreamingEventsResponse>
//! </s:Body></s:Envelope>"#;
//!
//! fn main() -> Result<(), ews_stream::Error> {
//!     let mut parser = NotificationParser::new();
//!     for chunk in BODY.as_bytes().chunks(100) {
//!         // any transport, cut anywhere
//!         let mut input = chunk;
//!         while let Some(message) = parser.next_message(&mut input)? {
//!             match message {
//!                 Message::Event(Event::NewMail(mail)) => println!("{} {:?}", mail.timestamp(), mail.item_id()),
//!                 Message::Event(event) => println!("{event:?}"),
//!                 _ => {} // heads of responses, connection statuses, faults, ends of envelopes …
//!             }
//!         }
//!     }
//!     parser.finish() // an error if the stream stopped inside an envelope
//! }
//! ```
//!
//! # How the pieces fit
//!
//! ```text
//!      your HTTP client                      this crate                                 your program
//! ┌──────────────────────┐          ┌──────────────────────────────────┐                       ┌─────────────┐
//! │                      │  chunks  │ xml ───► NotificationParser ───┐ │  events, Live, Gap …  │             │
//! │ sockets, TLS, proxy, │ ───────► │ tokens        messages         ▼ │ ────────────────────► │ mail, sync, │
//! │ credentials, threads │ ◄─────── │ request ◄────────────── Session  │ ◄──────────────────── │ gateway …   │
//! │                      │ requests │ bodies                  decides  │ subscribe, retry …    │             │
//! └──────────────────────┘          └──────────────────────────────────┘                       └─────────────┘
//! ```
//!
//! # Which layer for what
//!
//! | you have, or want | take |
//! |---|---|
//! | a subscription that stays alive, with whatever it takes | [`session`], and an HTTP client of yours: [`guide::driver`] |
//! | your own life cycle, or pull or push notifications | [`NotificationParser`] and [`request`]: [`guide::parser_alone`] |
//! | a recorded body, to see what is in it | the example `ewscat`, which prints JSON |
//! | other EWS answers (items, synchronisation), as they arrive | [`xml::Tokenizer`]; an example is in [`guide::after_a_gap`] |
//! | very many mailboxes | [`session`], one for each shard: [`guide::many_mailboxes`] |
//! | to know another client already | [`guide::coming_from`] |
//!
//! # Features
//!
//! | feature | default | what it brings | what it costs |
//! |---|---|---|---|
//! | `std` | yes | `From<Error> for std::io::Error` | the standard library; without it, `alloc` is enough |
//! | `bytes` | no | `Event::to_owned_in`: an owned event that shares the [`Bytes`](https://docs.rs/bytes) chunk it came in instead of copying from it | a dependency; a kept event keeps its whole chunk in memory |
//! | `serde` | no | `Serialize` for messages and events, one flat object each, as `ewscat` prints them; `Deserialize` for [`OwnedEvent`] | `serde_core` |
//! | `jiff` | no | `Event::time`, `OwnedEvent::time` and `parse_timestamp`: points in time of the crate `jiff` | `jiff` |
//! | `http` | no | `Request::to_http` and `Session::handle_http_head`: the types that `hyper`, `reqwest` and `ureq` share | `http`, and `std` |
//! | `tracing` | no | a span for each request, events for what the session does and tells. No id of the server's, no address, no body is in them | `tracing` |
//! | `simdutf8` | no | the encoding of text is checked with the processor's vector instructions, found at run time | `simdutf8`, which has `unsafe` code, and `std` |
//! | `stream` | no | `stream::EventStream`: one answer as an async stream of owned events | `bytes`, `futures-core`, `pin-project-lite` |
//!
//! Each works alone and with any other. Without any, the library depends on `smallvec` alone.
//!
//! # Limits
//!
//! Each is always on. More than a limit is [`ErrorKind::LimitExceeded`], at the first byte too many. They are set by
//! [`NotificationParser::with_limits`] and [`session::Config::with_limits`].
//!
//! | limit | default | why there is one, and why this one |
//! |---|---|---|
//! | [`Limits::depth`] | 32 elements | an open element takes memory until it is closed. EWS answers need 10 |
//! | [`Limits::name_length`] | 256 bytes | the names of open elements are kept. The longest of EWS has 40 |
//! | [`Limits::attributes`] | 32 a tag | that none is there twice is a comparison of each with each: 496 at most. EWS has 8 |
//! | [`Limits::namespaces`] | 64 in scope | each prefix is looked up among them. EWS has 8 |
//! | [`Limits::namespace_bytes`] | 8 KiB | they are kept while they are in scope. EWS has half a KiB |
//! | [`Limits::event_bytes`] | 64 KiB | an event that straddles chunks is kept until it is whole: the one buffer that grows. Events have 2 KiB, a fault with a stack trace 10 KiB |
//! | [`Limits::text_bytes`] | 64 KiB | a text without end would be read for nothing. Ids and messages have 2 KiB |
//!
//! There is none on the length of a stream, which may run for days. What a connection may bring without an event, how long it
//! may be silent, and all other limits in time are in [`session::Config`].
//!
//! # When it fails
//!
//! An [`Error`] says what is wrong ([`Error::kind`]) and at which byte of the body ([`Error::offset`]). Every message before that
//! byte was delivered. It is final: drop the connection, and [`reset`](NotificationParser::reset) the parser. A [`session::Session`]
//! does that by itself: it waits, connects anew, and tells of a gap.
//!
//! | kind | what it means at three in the morning | what to do |
//! |---|---|---|
//! | [`NotSoap`](ErrorKind::NotSoap) | a proxy, a login page or a wrong URL answered. The excerpt shows how its body began | look at status and URL; retry only as the status says |
//! | [`UnexpectedEnd`](ErrorKind::UnexpectedEnd) | the connection was cut: the server restarted, or a proxy lost patience | reconnect, and synchronise: what was on its way is lost. What happens meanwhile the server keeps, if the subscription lives |
//! | [`LimitExceeded`](ErrorKind::LimitExceeded) | a server sends more than any is known to, or means harm | look at the body; if it is honest, raise that one limit |
//! | [`InvalidUtf8`](ErrorKind::InvalidUtf8), [`UnsupportedEncoding`](ErrorKind::UnsupportedEncoding) | often a compressed body that nobody decompressed (it begins with `1f 8b`), or a page of a proxy in another encoding | let the HTTP client decode, or do not ask for compression |
//! | [`InvalidChar`](ErrorKind::InvalidChar), [`InvalidCharacterReference`](ErrorKind::InvalidCharacterReference) | a control character in somebody's subject or folder name | for references, [`NotificationParser::lenient`] |
//! | [`DtdForbidden`](ErrorKind::DtdForbidden) | no EWS server sends one: somebody else answers, or an attack | do not retry blindly |
//! | all others | the body is not well-formed: bytes were lost, doubled, or two streams mixed. Usually the transport: chunks trimmed, decoded as text, or pushed in the wrong order | push exactly the bytes of the body; record one and show it to the example `ewscat` |
//!
//! What a server refuses comes as a message: [`Message::Response`] with a class of Error, [`Message::Fault`]. What becomes of
//! subscriptions comes as a [`session::SessionEvent`]; [`guide::driver`] has what to do about each.
//!
//! # Promises
//!
//! - **Chunking is invisible.** For any way to cut the same bytes, the messages, the error and its offset are the same.
//! - **Prompt.** A message is returned by the call that gets its last byte.
//! - **No allocation** per event, once the buffers have grown to what the server sends. **No panic**, whatever the bytes and the
//!   order of calls. **No `unsafe`.** **Linear work**: no more than two looks a byte, all in all. **Bounded memory**: see [`Limits`].
//! - **Strict about XML**: 1.0 (5th edition) and Namespaces 1.0 in full, but for DTDs and encodings other than UTF-8.
//!   **Tolerant about EWS**: names by namespace and never by prefix, children in any order, unknown elements skipped, unknown
//!   events reported ([`Event::Other`]).
//! - **No silent loss**: an event that the server had for a subscription of a [`session::Session`], and that the caller did not
//!   get, is covered by a [`Gap`](session::SessionEvent::Gap), no later than when the subscription is live again.
//!
//! # Why not quick-xml or expat
//!
//! They read XML documents. A notification stream is many documents in one body, cut anywhere; an event in it counts when it is
//! complete, not when its document is; and most of the work is to know what servers really send. On streams as servers write
//! them this crate is some ten times as fast as quick-xml's `NsReader` with the checks that both make, on short recorded bodies
//! twice to three times, and one and a half times at least on everything else that was measured (`benches/README.md`). For any
//! other XML, take quick-xml.

#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod error;
#[cfg(any(doc, doctest))]
pub mod guide;
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
