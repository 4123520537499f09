//! Proof that the library needs `core` and `alloc` only.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;

use ews_stream::NotificationParser;
use ews_stream::xml::Tokenizer;

struct Nowhere;

// SAFETY: it never hands out memory; this library is linked, not run
unsafe impl GlobalAlloc for Nowhere {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Nowhere = Nowhere;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Makes the linker keep both parsers.
#[unsafe(no_mangle)]
pub extern "C" fn parse(byte: u8) -> bool {
    let bytes = [byte];
    let mut input: &[u8] = &bytes;
    let mut tokens: &[u8] = &bytes;
    NotificationParser::new().next_message(&mut input).is_ok() && Tokenizer::new().next_token(&mut tokens).is_ok()
}
