//! Text that XML can carry, and how it is escaped. Depends on the errors.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::error::RequestError;

/// A value that XML 1.0 can carry: not empty, and made of its \[2\] `Char`s only.
///
/// Checked once, when it is made: writing a request cannot fail.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<str>);

impl Text {
    /// Takes a value.
    ///
    /// # Errors
    ///
    /// It is empty, or holds a character that XML forbids.
    pub fn new(value: &str) -> Result<Self, RequestError> {
        if value.is_empty() {
            return Err(RequestError::Empty);
        }
        match value.chars().find(|c| !is_char(*c)) {
            Some(c) => Err(RequestError::ForbiddenCharacter(c)),
            None => Ok(Self(value.into())),
        }
    }

    /// The value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// XML 1.0 \[2\]. The xml layer has the same predicate; a request must not depend on how answers are read.
const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}')
}

/// Writes `value` so that it reads back the same from character data and from an attribute in double quotes alike.
///
/// Line ends and tabs become references: a parser would normalise them to a line feed in text, to a space in an
/// attribute. `>` because of `]]>`.
pub(super) fn escape(value: &str, out: &mut Vec<u8>) {
    for byte in value.bytes() {
        let reference: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            b'\t' => b"&#9;",
            b'\n' => b"&#10;",
            b'\r' => b"&#13;",
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend_from_slice(reference);
    }
}

/// `<name>value</name>`.
pub(super) fn element(name: &str, value: &str, out: &mut Vec<u8>) {
    put(out, &["<", name, ">"]);
    escape(value, out);
    put(out, &["</", name, ">"]);
}

/// A number as an element. Numbers need no escaping.
pub(super) fn number(name: &str, value: u16, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 5];
    let mut rest = value;
    let mut used = 0_usize;
    for slot in digits.iter_mut().rev() {
        *slot = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        rest /= 10;
        used = used.saturating_add(1);
        if rest == 0 {
            break;
        }
    }
    put(out, &["<", name, ">"]);
    out.extend(digits.iter().skip(digits.len().saturating_sub(used)));
    put(out, &["</", name, ">"]);
}

pub(super) fn put(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}
