//! Guides: what to do with the crate, beyond what each item says. Documentation only.
//!
//! | to | read |
//! |---|---|
//! | find your way from another client | [`coming_from`] |
//! | connect the session to an HTTP client | [`driver`] |
//! | watch very many mailboxes | [`many_mailboxes`] |
//! | know what to synchronise when events may have been missed | [`after_a_gap`] |
//! | poll, or receive what the server pushes | [`parser_alone`] |

/// The README, for its examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

#[doc = include_str!("../docs/coming-from.md")]
pub mod coming_from {}

#[doc = include_str!("../docs/driver.md")]
pub mod driver {}

#[doc = include_str!("../docs/many-mailboxes.md")]
pub mod many_mailboxes {}

#[doc = include_str!("../docs/after-a-gap.md")]
pub mod after_a_gap {}

#[doc = include_str!("../docs/parser-alone.md")]
pub mod parser_alone {}
