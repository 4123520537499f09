//! Seeded streams of EWS notifications, written as Exchange and gromox write them, and as neither does.
#![allow(dead_code, unreachable_pub)] // each bench takes what it needs

mod captures;
mod random;
mod writer;

use std::ops::Range;

use random::Random;
use writer::{Server, Style, Values, Writer};

/// What a stream is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Exchange, 50 events an envelope, no white space.
    Compact,
    /// The same, each element on a line of its own.
    Pretty,
    /// Exchange with nothing to tell: envelopes that say `OK`.
    Heartbeats,
    /// gromox: another prefix for SOAP, `MoreEvents`, nine digits of a second, no change keys.
    Gromox,
    /// gromox in its pretty mode.
    GromoxPretty,
    /// The response bodies of a real server, over and over.
    Captures,
    /// A quarter of each value's characters are references.
    Entities,
    /// Ids of characters that take two to four bytes.
    NonAscii,
    /// Optional children come and go, in any order, with unknown ones between.
    Shapes,
    /// Each envelope declares prefixes that none before it had.
    Prefixes,
    /// Attribute values in single quotes.
    SingleQuotes,
    /// `ChangeKey` before `Id`.
    AttributeOrder,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::Compact,
        Self::Pretty,
        Self::Heartbeats,
        Self::Gromox,
        Self::GromoxPretty,
        Self::Captures,
        Self::Entities,
        Self::NonAscii,
        Self::Shapes,
        Self::Prefixes,
        Self::SingleQuotes,
        Self::AttributeOrder,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Pretty => "pretty",
            Self::Heartbeats => "heartbeats",
            Self::Gromox => "gromox",
            Self::GromoxPretty => "gromox_pretty",
            Self::Captures => "captures",
            Self::Entities => "entities",
            Self::NonAscii => "non_ascii",
            Self::Shapes => "shapes",
            Self::Prefixes => "prefixes",
            Self::SingleQuotes => "single_quotes",
            Self::AttributeOrder => "attribute_order",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A stream of at least `size` bytes; the same one every time.
    pub fn stream(self, size: usize) -> Stream {
        let style = match self {
            Self::Captures => return Stream::new(captures::bodies(size)),
            Self::Compact => Style::EXCHANGE,
            Self::Pretty => Style { indent: Some("  "), ..Style::EXCHANGE },
            Self::Heartbeats => Style { events: 0, ..Style::EXCHANGE },
            Self::Gromox => Style { server: Server::Gromox, ..Style::EXCHANGE },
            Self::GromoxPretty => Style { server: Server::Gromox, indent: Some("    "), ..Style::EXCHANGE },
            Self::Entities => Style { values: Values::References, ..Style::EXCHANGE },
            Self::NonAscii => Style { values: Values::NonAscii, ..Style::EXCHANGE },
            Self::Shapes => Style { ever_new_shapes: true, ..Style::EXCHANGE },
            Self::Prefixes => Style { ever_new_prefixes: true, events: 10, ..Style::EXCHANGE },
            Self::SingleQuotes => Style { quote: '\'', ..Style::EXCHANGE },
            Self::AttributeOrder => Style { change_key_first: true, ..Style::EXCHANGE },
        };
        Stream::written(style, size)
    }
}

pub struct Stream {
    pub bytes: Vec<u8>,
    /// Where each envelope lies, with its XML declaration and without white space around it: what a parser of single
    /// documents has to be given.
    pub documents: Vec<Range<usize>>,
}

impl Stream {
    /// One envelope of Exchange with one event.
    pub fn single() -> Self {
        Self::written(Style { events: 1, ..Style::EXCHANGE }, 1)
    }

    fn written(style: Style, size: usize) -> Self {
        let mut writer = Writer::new(style, Random::new(0x5EED));
        while writer.len() < size {
            writer.envelope();
        }
        Self::new(writer.into_bytes())
    }

    fn new(bytes: Vec<u8>) -> Self {
        let mut documents = Vec::new();
        let mut begin = 0;
        // only in an end tag does `>` follow the name: start tags declare the SOAP namespace
        for found in memchr::memmem::find_iter(&bytes, b"Envelope>") {
            let end = found + b"Envelope>".len();
            begin += bytes[begin..end].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            documents.push(begin..end);
            begin = end;
        }
        Self { bytes, documents }
    }
}
