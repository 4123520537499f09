//! A push tokenizer for XML 1.0 (fifth edition) with Namespaces 1.0, over chunks cut anywhere.
//!
//! This layer knows XML, chunk boundaries and limits, and nothing of EWS; the notification layer is built on it, never
//! the other way round. It is public for those who read other EWS bodies with it.
//!
//! ```
//! use ews_stream::xml::{Token, Tokenizer};
//!
//! let mut tokenizer = Tokenizer::new();
//! let mut seen = String::new();
//! for chunk in [&b"<a xmlns='urn:x' n"[..], b"='1 &lt;", b" 2'>tex", b"t</a>"] {
//!     let mut input = chunk;
//!     while let Some(token) = tokenizer.next_token(&mut input)? {
//!         match token {
//!             Token::StartElement(start) => {
//!                 seen += start.local_name();
//!                 for attribute in start.attributes() {
//!                     seen += attribute.value();
//!                 }
//!             }
//!             Token::Text(text) => seen += text,
//!             Token::EndElement(end) => seen += end.namespace(),
//!             _ => {}
//!         }
//!     }
//! }
//! tokenizer.finish()?;
//! assert_eq!(seen, "a1 < 2texturn:x");
//! # Ok::<(), ews_stream::Error>(())
//! ```
//!
//! Which XML it accepts, production by production: [`specification`].

mod class;
mod declaration;
mod decode;
mod document;
mod find;
mod hold;
mod markup;
mod namespace;
mod open;
mod reference;
mod scanner;
#[cfg(doc)]
pub mod specification;
mod tag;
mod text;
mod tokenizer;
mod utf8;
mod whole;

pub use tokenizer::{Attribute, Attributes, EndElement, StartElement, Token, Tokenizer};

pub(crate) use find::{
    is_usual, text_run as plain_text_run, usual_run, value_run as plain_value_run, wide_text_run, wide_value_run,
};
pub(crate) use namespace::NamespaceId;
pub(crate) use scanner::{Cursor, Scanner, Scope, Span, Standing, Step, Stop};
pub(crate) use utf8::from_utf8;
