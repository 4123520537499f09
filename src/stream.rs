//! Events as an async `Stream` (feature `stream`), for those who have a stream of chunks and want one of events. Depends on
//! the notification layer; nothing in the crate depends on it.
//!
//! ```
//! use bytes::Bytes;
//! use ews_stream::stream::EventStream;
//! use futures::{StreamExt as _, stream};
//!
//! # let body = br#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
//! # <m:GetStreamingEventsResponse xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"
//! # xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><m:ResponseMessages>
//! # <m:GetStreamingEventsResponseMessage ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>
//! # <m:Notifications><m:Notification><t:SubscriptionId>s1</t:SubscriptionId><t:NewMailEvent>
//! # <t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id="AAMk"/><t:ParentFolderId Id="AQMk"/>
//! # </t:NewMailEvent></m:Notification></m:Notifications></m:GetStreamingEventsResponseMessage>
//! # </m:ResponseMessages></m:GetStreamingEventsResponse></s:Body></s:Envelope>"#;
//! # let body = stream::iter(body.chunks(100).map(|chunk| Ok::<_, std::io::Error>(Bytes::copy_from_slice(chunk))));
//! # futures::executor::block_on(async {
//! let mut events = EventStream::new(body); // such as `response.bytes_stream()` of reqwest
//! while let Some(event) = events.next().await {
//!     println!("{:?}", event?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! It reads one answer. That the answer has ended, and what to do about it, is the caller's business: for subscriptions
//! that must live longer there is the [`session`](crate::session).

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use crate::{Limits, Message, NotificationParser, OwnedEvent, ResponseClass};

pin_project! {
    /// The events of one answer, owned, out of a stream of its chunks. An event shares its chunk's allocation where it can.
    ///
    /// An answer that says no is an `Err` too, so that it cannot be overlooked; after a [`Refused`](StreamError::Refused)
    /// the stream goes on, for events may follow, after any other error it has ended.
    #[derive(Debug)]
    #[must_use = "a stream does nothing unless it is polled"]
    pub struct EventStream<S> {
        #[pin]
        chunks: S,
        parser: NotificationParser,
        chunk: Bytes,
        ended: bool,
    }
}

/// What keeps events from coming.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// The stream of chunks failed.
    Transport(E),
    /// What came is no EWS answer, or broke off.
    Parse(crate::Error),
    /// The server answered with an error or a SOAP fault.
    Refused {
        /// The `ResponseCode`, such as `ErrorSubscriptionNotFound`.
        code: Option<String>,
        /// What the server says about it, for people.
        text: Option<String>,
        /// How long the server wants to be left alone, in milliseconds.
        back_off_ms: Option<u64>,
    },
}

impl<S> EventStream<S> {
    /// The events in `chunks`, the body of one answer.
    pub fn new(chunks: S) -> Self {
        Self::with_parser(chunks, NotificationParser::new())
    }

    /// With limits other than the default.
    pub fn with_limits(chunks: S, limits: Limits) -> Self {
        Self::with_parser(chunks, NotificationParser::with_limits(limits))
    }

    /// With a parser that has its settings, and what it has learned from answers before.
    pub fn with_parser(chunks: S, mut parser: NotificationParser) -> Self {
        parser.reset();
        Self { chunks, parser, chunk: Bytes::new(), ended: false }
    }

    /// The parser, for the next answer.
    pub fn into_parser(self) -> NotificationParser {
        self.parser
    }
}

impl<S, E> Stream for EventStream<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<OwnedEvent, StreamError<E>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        if *this.ended {
            return Poll::Ready(None);
        }
        loop {
            if let Some(item) = next_item(this.parser, this.chunk) {
                *this.ended = matches!(item, Err(StreamError::Parse(_)));
                return Poll::Ready(Some(item));
            }
            match ready!(this.chunks.as_mut().poll_next(context)) {
                Some(Ok(chunk)) => *this.chunk = chunk,
                Some(Err(error)) => {
                    *this.ended = true;
                    return Poll::Ready(Some(Err(StreamError::Transport(error))));
                }
                None => {
                    *this.ended = true;
                    return Poll::Ready(this.parser.finish().err().map(|error| Err(StreamError::Parse(error))));
                }
            }
        }
    }
}

impl<S, E> FusedStream for EventStream<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

/// The next event or error of `chunk`, which is moved on. `None`: it is used up.
fn next_item<E>(parser: &mut NotificationParser, chunk: &mut Bytes) -> Option<Result<OwnedEvent, StreamError<E>>> {
    let whole = chunk.clone();
    let mut input = &whole[..];
    let item = loop {
        match parser.next_message(&mut input) {
            Ok(Some(Message::Event(event))) => break Some(Ok(event.to_owned_in(&whole))),
            Ok(Some(Message::Response(response))) if response.class() == Some(ResponseClass::Error) => {
                break Some(Err(StreamError::Refused {
                    code: response.code().map(ToOwned::to_owned),
                    text: response.text().map(ToOwned::to_owned),
                    back_off_ms: response.back_off_ms(),
                }));
            }
            Ok(Some(Message::Fault(fault))) => {
                break Some(Err(StreamError::Refused {
                    code: fault.error_code().map(ToOwned::to_owned),
                    text: fault.string().map(ToOwned::to_owned),
                    back_off_ms: fault.back_off_ms(),
                }));
            }
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) => break Some(Err(StreamError::Parse(error))),
        }
    };
    let left = input.len();
    chunk.advance(chunk.len().saturating_sub(left));
    item
}

impl<E: fmt::Display> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transport(error) => write!(f, "the connection failed: {error}"),
            Self::Parse(error) => error.fmt(f),
            Self::Refused { code, text, .. } => {
                f.write_str("the server refused: ")?;
                f.write_str(code.as_deref().unwrap_or("no code"))?;
                text.as_deref().map_or(Ok(()), |text| write!(f, " ({text})"))
            }
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for StreamError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Parse(error) => Some(error),
            Self::Refused { .. } => None,
        }
    }
}
