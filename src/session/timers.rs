//! Deadlines in a heap. Depends on time.
//!
//! Entries are never looked for: one that no longer means anything is thrown away, or put back later, when it comes up.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use super::time::Instant;

#[derive(Debug)]
pub(super) struct Timers<T> {
    heap: BinaryHeap<Reverse<(Instant, T)>>,
}

impl<T: Copy + Ord> Timers<T> {
    pub(super) const fn new() -> Self {
        Self { heap: BinaryHeap::new() }
    }

    pub(super) fn set(&mut self, at: Instant, what: T) {
        self.heap.push(Reverse((at, what)));
    }

    pub(super) fn next(&self) -> Option<(Instant, T)> {
        self.heap.peek().map(|Reverse(entry)| *entry)
    }

    pub(super) fn pop(&mut self) {
        self.heap.pop();
    }
}
