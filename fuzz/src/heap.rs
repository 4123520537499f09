//! Counts what the current thread has allocated, for the assertion that a parser's memory is bounded.

#![allow(unsafe_code)] // a global allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// The most bytes that `body` had allocated at one time, beyond those that were allocated before.
pub fn peak_of(body: impl FnOnce()) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    body();
    PEAK.get().saturating_sub(before)
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn grown(by: usize) {
    LIVE.set(LIVE.get().wrapping_add(by));
    PEAK.set(PEAK.get().max(LIVE.get()));
}

fn shrunk(by: usize) {
    // what another thread allocated may be freed here
    LIVE.set(LIVE.get().saturating_sub(by));
}

// SAFETY: every call goes to the system's allocator as it came; the counters are plain cells that allocate nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        // SAFETY: the caller's promise, passed on
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        shrunk(layout.size());
        // SAFETY: the caller's promise, passed on
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        shrunk(layout.size());
        grown(size);
        // SAFETY: the caller's promise, passed on
        unsafe { System.realloc(pointer, layout, size) }
    }
}
