//! Events handed to other threads without copying them: each shares the allocation of the chunk it came in (the
//! library's feature `bytes`), which is freed when the last of its events is.
//!
//! ```text
//! cargo run --release --example bytes_fanout
//! ```
//!
//! One thread parses; workers get the events by a channel, those of one folder always by the same, so that their order is
//! kept. The body is a recorded one; a transport that gives `Bytes`, as `reqwest` and `hyper` do, takes its place.

#![allow(clippy::restriction)]

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bytes::Bytes;
use ews_stream::{Error, Message, NotificationParser, OwnedEvent};

const WORKERS: usize = 3;

fn main() -> Result<(), Error> {
    let body = Bytes::from_static(include_bytes!("../corpus/captures/70_stream_inbox_1min.body"));
    let chunks: Vec<Bytes> =
        (0..body.len()).step_by(1460).map(|at| body.slice(at..body.len().min(at + 1460))).collect();

    let (workers, threads): (Vec<_>, Vec<_>) = (0..WORKERS).map(spawn).unzip();
    let (mut shared, mut copied) = (0, 0);
    let mut parser = NotificationParser::new();
    for chunk in chunks {
        let mut input = &chunk[..];
        while let Some(message) = parser.next_message(&mut input)? {
            let Message::Event(event) = message else { continue };
            let owned = event.to_owned_in(&chunk);
            // an event that straddles two chunks, or has something to decode, is copied: once
            *if lies_in(&owned, &chunk) { &mut shared } else { &mut copied } += 1;
            let mut folder = DefaultHasher::new();
            owned.parent_folder_id().map(|folder| folder.id()).hash(&mut folder);
            let worker = usize::try_from(folder.finish() % WORKERS as u64).unwrap_or_default();
            let _ = workers[worker].send(owned);
        }
    }
    parser.finish()?;
    drop(workers);
    for (number, thread) in threads.into_iter().enumerate() {
        let counts = thread.join().unwrap_or_default();
        println!("worker {number}: {counts:?}");
    }
    println!("{shared} events share their chunk, {copied} were copied");
    Ok(())
}

/// A worker that counts what it gets.
fn spawn(_: usize) -> (Sender<OwnedEvent>, thread::JoinHandle<Vec<(String, usize)>>) {
    let (sender, events) = channel::<OwnedEvent>();
    let thread = thread::spawn(move || {
        let mut counts = HashMap::new();
        for event in events {
            *counts.entry(event.name().to_owned()).or_insert(0) += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort();
        counts
    });
    (sender, thread)
}

fn lies_in(event: &OwnedEvent, chunk: &Bytes) -> bool {
    event.timestamp().is_some_and(|time| chunk.as_ptr_range().contains(&time.as_ptr()))
}
