//! The system's allocator, counting what the library holds, and what all the rest does: server, HTTP, judge.

#[path = "../../tests/common/allocator.rs"]
mod allocator;

use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

thread_local! {
    static IN_LIBRARY: Cell<bool> = const { Cell::new(false) };
}

static LIBRARY: AtomicIsize = AtomicIsize::new(0);
static REST: AtomicIsize = AtomicIsize::new(0);

fn count(_: usize, bytes: isize) {
    let part = if IN_LIBRARY.try_with(Cell::get).unwrap_or_default() { &LIBRARY } else { &REST };
    part.fetch_add(bytes, Ordering::Relaxed);
}

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
