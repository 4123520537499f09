//! Counts what the current thread takes of memory: for the tests that include this file as a module of their own, since a
//! program has one allocator.
#![allow(dead_code, unreachable_pub)]

#[path = "allocator.rs"]
mod allocator;

use std::cell::Cell;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Whether bytes are counted.
    static TRACKING: Cell<bool> = const { Cell::new(false) };
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(allocations: usize, bytes: isize) {
    ALLOCATIONS.set(ALLOCATIONS.get() + allocations);
    if TRACKING.get() {
        LIVE.set(LIVE.get() + bytes);
        PEAK.set(PEAK.get().max(LIVE.get()));
    }
}

/// How many times `work` allocates.
pub fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

/// Counts the bytes that `work` takes and gives back.
pub fn tracking<R>(work: impl FnOnce() -> R) -> R {
    TRACKING.set(true);
    let result = work();
    TRACKING.set(false);
    result
}

/// Begins to count anew.
pub fn reset() {
    LIVE.set(0);
    PEAK.set(0);
}

/// The bytes taken and not given back while `tracking`.
pub fn live() -> isize {
    LIVE.get()
}

/// The most that were so at one time.
pub fn peak() -> usize {
    usize::try_from(PEAK.get()).unwrap()
}
