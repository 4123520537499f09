//! The system's allocator, counting what the library holds, and what all the rest does: server, HTTP, judge.
#![allow(unsafe_code)] // a global allocator cannot be written without

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

struct Counting;

thread_local! {
    static IN_LIBRARY: Cell<bool> = const { Cell::new(false) };
}

static LIBRARY: AtomicIsize = AtomicIsize::new(0);
static REST: AtomicIsize = AtomicIsize::new(0);

fn count(bytes: isize) {
    let part = if IN_LIBRARY.try_with(Cell::get).unwrap_or_default() { &LIBRARY } else { &REST };
    part.fetch_add(bytes, Ordering::Relaxed);
}

fn size(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout.size()));
        // SAFETY: the caller's promise
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-size(layout.size()));
        // SAFETY: the caller's promise
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(size(new_size) - size(layout.size()));
        // SAFETY: the caller's promise
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` takes is the library's, and what it gives back was.
pub(crate) fn in_library<R>(work: impl FnOnce() -> R) -> R {
    IN_LIBRARY.set(true);
    let result = work();
    IN_LIBRARY.set(false);
    result
}

/// What the library and the rest hold now, in KiB.
pub(crate) fn held() -> (u64, u64) {
    let kibibytes = |part: &AtomicIsize| u64::try_from(part.load(Ordering::Relaxed)).unwrap_or_default() / 1024;
    (kibibytes(&LIBRARY), kibibytes(&REST))
}
