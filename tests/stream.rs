//! Feature `stream`: the events of an answer as an async stream.
#![cfg(feature = "stream")]
#![allow(clippy::restriction)]

mod common;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use common::corpus;
use ews_stream::stream::{EventStream, StreamError};
use ews_stream::{Limits, Message, NotificationParser, OwnedEvent};
use futures::executor::block_on;
use futures::stream::{self, FusedStream, Stream};

type Item<E> = Result<OwnedEvent, StreamError<E>>;

fn chunks(body: &[u8], size: usize) -> impl Stream<Item = Result<Bytes, Infallible>> + Unpin {
    let chunks: Vec<_> = body.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    stream::iter(chunks)
}

fn collect<E>(stream: impl Stream<Item = Item<E>>) -> Vec<Item<E>> {
    let mut stream = pin!(stream);
    let mut items = Vec::new();
    block_on(async {
        while let Some(item) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            items.push(item);
        }
    });
    items
}

fn as_text<E: std::fmt::Display>(items: &[Item<E>]) -> Vec<String> {
    let text =
        |item: &Item<E>| item.as_ref().map_or_else(|error| format!("error: {error}"), |event| format!("{event:?}"));
    items.iter().map(text).collect()
}

#[test]
fn every_body_gives_the_parsers_events_however_it_is_cut() {
    for body in corpus::bodies() {
        let mut parser = NotificationParser::new();
        let mut input = &body.bytes[..];
        let mut events = Vec::new();
        let result = loop {
            match parser.next_message(&mut input) {
                Ok(Some(Message::Event(event))) => events.push(format!("{event:?}")),
                Ok(Some(_)) => {}
                Ok(None) => break parser.finish(),
                Err(error) => break Err(error),
            }
        };
        for size in [7, 1460, usize::MAX] {
            let items = collect(EventStream::new(chunks(&body.bytes, size)));
            let seen: Vec<_> = items.iter().filter_map(|item| item.as_ref().ok()).map(|e| format!("{e:?}")).collect();
            assert_eq!(seen, events, "{} in chunks of {size}", body.name);
            let last = items.last().and_then(|item| match item {
                Err(StreamError::Parse(error)) => Some(error),
                _ => None,
            });
            assert_eq!(last.map(ToString::to_string), result.as_ref().err().map(ToString::to_string), "{}", body.name);
        }
    }
}

const EVENTS: &[u8] = include_bytes!("../corpus/captures/70_stream_inbox_1min.body");
const FAULT: &str = "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><Fault>\
    <faultcode xmlns=''>a:ErrorServerBusy</faultcode><faultstring xmlns=''>too busy</faultstring></Fault></Body></Envelope>";

#[test]
fn a_server_that_says_no_cannot_be_overlooked_and_what_follows_is_delivered() {
    let body = [FAULT.as_bytes(), EVENTS].concat();
    let items = collect(EventStream::new(chunks(&body, 1000)));
    let Err(StreamError::Refused { code, text, back_off_ms: None }) = &items[0] else { panic!("{:?}", items[0]) };
    assert_eq!((code.as_deref(), text.as_deref()), (Some("ErrorServerBusy"), Some("too busy")));
    assert_eq!(items[0].as_ref().unwrap_err().to_string(), "the server refused: ErrorServerBusy (too busy)");
    assert!(items.len() > 1 && items[1..].iter().all(Result::is_ok));
}

#[test]
fn a_connection_that_breaks_is_the_last_item() {
    let half = Bytes::copy_from_slice(&EVENTS[..EVENTS.len() / 2]);
    let broken = stream::iter([Ok(half), Err("reset by peer"), Ok(Bytes::from_static(b"<a/>"))]);
    let items = collect(EventStream::new(broken));
    assert!(items.len() > 1);
    assert_eq!(as_text(&items).pop().unwrap(), "error: the connection failed: reset by peer");
}

#[test]
fn after_its_end_it_stays_ended() {
    let mut stream =
        pin!(EventStream::new(chunks(b"no answer at all, but a text that goes on and on and on and on", 5)));
    assert!(!stream.is_terminated());
    block_on(async {
        let first = poll_fn(|context| stream.as_mut().poll_next(context)).await;
        assert!(matches!(first, Some(Err(StreamError::Parse(_)))), "{first:?}");
        for _ in 0..3 {
            assert!(poll_fn(|context| stream.as_mut().poll_next(context)).await.is_none());
        }
    });
    assert!(stream.is_terminated());
}

#[test]
fn nothing_is_waited_for_once_an_event_is_whole() {
    let parts = [Poll::Ready(Bytes::from_static(EVENTS)), Poll::Pending];
    let mut parts = parts.into_iter();
    let source = stream::poll_fn(move |_| match parts.next() {
        Some(Poll::Ready(chunk)) => Poll::Ready(Some(Ok::<_, Infallible>(chunk))),
        _ => Poll::Pending,
    });
    let mut stream = pin!(EventStream::new(source));
    let mut events = 0;
    block_on(poll_fn(|context| {
        while let Poll::Ready(Some(Ok(_))) = stream.as_mut().poll_next(context) {
            events += 1;
        }
        Poll::Ready(())
    }));
    assert_eq!(events, collect(EventStream::new(chunks(EVENTS, usize::MAX))).len());
    assert!(events > 0);
}

#[test]
fn limits_and_a_warm_parser_can_be_handed_in() {
    let tight = collect(EventStream::with_limits(chunks(EVENTS, 100), Limits::default().with_depth(3)));
    assert!(as_text(&tight)[0].contains("nested"), "{:?}", as_text(&tight));
    let mut first = EventStream::new(chunks(EVENTS, 100));
    let events = collect(&mut first);
    let second = collect(EventStream::with_parser(chunks(EVENTS, 100), first.into_parser()));
    assert_eq!(as_text(&second), as_text(&events));
}
