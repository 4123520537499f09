//! Why a value cannot go into a request. Depends on nothing.

use core::fmt;

/// Why a value was refused before it went into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// The text holds a character that XML 1.0 cannot carry in any form, such as NUL or U+FFFE.
    ForbiddenCharacter(char),
    /// An identifier, address or URL is empty.
    Empty,
    /// A number of minutes is out of the range that the schema allows.
    OutOfRange {
        /// What was handed in, in minutes.
        minutes: u16,
        /// The largest value allowed, in minutes; the smallest is 1.
        max: u16,
    },
    /// One GetStreamingEvents takes at most 200 subscription ids.
    TooManyIds,
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForbiddenCharacter(c) => write!(f, "XML cannot carry the character U+{:04X}", u32::from(*c)),
            Self::Empty => f.write_str("the value is empty"),
            Self::OutOfRange { minutes, max } => write!(f, "{minutes} minutes is outside of 1..={max}"),
            Self::TooManyIds => f.write_str("more than 200 subscription ids in one request"),
        }
    }
}

impl core::error::Error for RequestError {}
