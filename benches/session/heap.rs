//! The system's allocator, counting what is held. One thread only.

#[path = "../../tests/common/allocator.rs"]
mod allocator;

use std::cell::Cell;

thread_local! {
    /// Whether bytes are counted.
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(_: usize, bytes: isize) {
    if COUNTING.get() {
        HELD.set(HELD.get() + bytes);
        MOST.set(MOST.get().max(HELD.get()));
    }
}

/// Counts what `work` takes and gives back.
pub(crate) fn counted<R>(work: impl FnOnce() -> R) -> R {
    COUNTING.set(true);
    let result = work();
    COUNTING.set(false);
    result
}

/// Bytes held now, of those that were counted.
pub(crate) fn held() -> f64 {
    HELD.get() as f64
}

/// The most that was held at a time.
pub(crate) fn most() -> f64 {
    MOST.get() as f64
}

pub(crate) fn forget() {
    HELD.set(0);
    MOST.set(0);
}
