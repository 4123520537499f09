//! The bodies of the fuzz targets, one module a target, each a plain function of bytes that panics on a violation.
//!
//! They know nothing of libFuzzer: `tests/fuzz_replay.rs` of the library includes this file as a module and runs the same
//! bodies on a stable toolchain, which is why paths in here are relative.

pub mod calls;
mod choices;
mod document;
mod drive;
pub mod events;
mod heap;
mod message;
mod model;
pub mod mutate;
mod peers;
pub mod plain;
pub mod session;
pub mod split;
mod token;
pub mod tokens;
mod writer;
