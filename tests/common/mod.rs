//! What the integration tests share. Each of them uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod corpus;
pub mod cut;
pub mod peer;
pub mod seen;
pub mod soap;
pub mod suite;

use ews_stream::Limits;

/// Far above what any test needs, for those that are not about limits.
pub fn generous() -> Limits {
    const MIB: u32 = 1024 * 1024;
    Limits::default()
        .with_depth(u16::MAX)
        .with_name_length(u16::MAX)
        .with_attributes(10_000)
        .with_namespaces(10_000)
        .with_namespace_bytes(16 * MIB)
        .with_event_bytes(64 * MIB)
        .with_text_bytes(64 * MIB)
}
