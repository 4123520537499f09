//! The way between session and server: takes time, keeps the order within a connection, cuts bodies anywhere.

use core::cmp::Reverse;
use core::time::Duration;
use ews_sim::{Head, Output, Rng};
use std::collections::{BTreeMap, BinaryHeap};

#[derive(Debug)]
pub(crate) enum Parcel {
    Request { connection: u64, head: Head, body: Vec<u8> },
    Hangup { connection: u64 },
    Answer(Output),
}

/// What is under way, by the time at which it arrives.
#[derive(Debug)]
pub(crate) struct Network {
    rng: Rng,
    slow: u64,
    due: BinaryHeap<Reverse<(Duration, u64)>>,
    parcels: BTreeMap<u64, Parcel>,
    /// When the last parcel of a connection arrives, each way: none overtakes another.
    last: BTreeMap<(u64, bool), Duration>,
    count: u64,
}

impl Network {
    pub(crate) fn new(mut rng: Rng) -> Self {
        let slow = [1, 30, 400][rng.range(0, 3) as usize];
        Self { rng, slow, due: BinaryHeap::new(), parcels: BTreeMap::new(), last: BTreeMap::new(), count: 0 }
    }

    fn put(&mut self, connection: u64, up: bool, parcel: Parcel, now: Duration) {
        let way = Duration::from_millis(self.rng.range(0, self.slow));
        let last = self.last.entry((connection, up)).or_default();
        *last = (*last).max(now + way);
        self.count += 1;
        self.due.push(Reverse((*last, self.count)));
        self.parcels.insert(self.count, parcel);
    }

    pub(crate) fn to_server(&mut self, connection: u64, parcel: Parcel, now: Duration) {
        self.put(connection, true, parcel, now);
    }

    pub(crate) fn to_session(&mut self, output: Output, now: Duration) {
        let connection = output.connection();
        let Output::Body { bytes, .. } = output else {
            return self.put(connection, false, Parcel::Answer(output), now);
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let whole = rest.len() as u64;
            let size = if self.rng.chance(700) { whole } else { self.rng.range(1, whole + 1) };
            let (piece, after) = rest.split_at(size as usize);
            self.put(connection, false, Parcel::Answer(Output::Body { connection, bytes: piece.to_vec() }), now);
            rest = after;
        }
    }

    pub(crate) fn next(&self) -> Option<Duration> {
        self.due.peek().map(|Reverse((at, _))| *at)
    }

    pub(crate) fn pop(&mut self, now: Duration) -> Option<Parcel> {
        let Reverse((at, count)) = *self.due.peek()?;
        if at > now {
            return None;
        }
        self.due.pop();
        let parcel = self.parcels.remove(&count)?;
        if let Parcel::Hangup { connection }
        | Parcel::Answer(Output::End { connection } | Output::Broken { connection }) = &parcel
        {
            self.last.remove(&(*connection, false));
            self.last.remove(&(*connection, true));
        }
        Some(parcel)
    }
}
