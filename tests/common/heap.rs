//! Counts what the current thread takes of memory: for the tests that include this file as a module of their own, since a
//! program has one allocator.
#![allow(dead_code, unreachable_pub)]
#![allow(unsafe_code)] // a global allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counting for each thread, since tests run side by side.
struct Counting;

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

fn size(layout: Layout) -> isize {
    isize::try_from(layout.size()).unwrap_or(isize::MAX)
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, size(layout));
        // SAFETY: the caller's promise
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, -size(layout));
        // SAFETY: the caller's promise
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, isize::try_from(new_size).unwrap_or(isize::MAX) - size(layout));
        // SAFETY: the caller's promise
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
