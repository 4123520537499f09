//! The same fields, taken out of the same bytes by this crate and by others.
//!
//! What is read: each event's kind, subscription, time stamp, ids with their change keys, and unread count; and each
//! connection status. Every parser hands every value, decoded, to a [`Sink`].
#![allow(dead_code, unreachable_pub)] // each bench takes what it needs

mod collector;
mod ours;
mod quick_xml;
mod sink;
mod xmlparser;

pub use sink::{Every, Sum, Touch};

use sink::Sink;

use crate::streams::Stream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parser {
    /// This crate, given the whole stream as one chunk.
    Ours,
    /// This crate, given chunks of so many bytes.
    OursIn(usize),
    /// quick-xml's `NsReader`: names are resolved, as they are by this crate; what it may leave out is left out.
    NsReader,
    /// The same as its documentation has it, with the checks that this crate makes as well.
    CheckingNsReader,
    /// quick-xml's `Reader`: elements are known by their local name, whatever the prefix.
    Reader,
    CheckingReader,
    /// xmlparser: likewise. It reads single documents, at which the stream was cut for it.
    XmlTokens,
}

impl Parser {
    /// Those that are given whole streams.
    pub const WHOLE: [Self; 6] =
        [Self::Ours, Self::NsReader, Self::CheckingNsReader, Self::Reader, Self::CheckingReader, Self::XmlTokens];
    /// In chunks: what a socket is often read by, an Ethernet frame's payload, and two sizes that no network makes.
    pub const CHUNKED: [Self; 4] = [Self::OursIn(16 * 1024), Self::OursIn(1460), Self::OursIn(64), Self::OursIn(1)];

    pub fn name(self) -> String {
        match self {
            Self::Ours => "ews-stream".to_owned(),
            Self::OursIn(size) => format!("ews-stream/{size}"),
            Self::NsReader => "quick-xml NsReader".to_owned(),
            Self::CheckingNsReader => "quick-xml NsReader, checking".to_owned(),
            Self::Reader => "quick-xml Reader".to_owned(),
            Self::CheckingReader => "quick-xml Reader, checking".to_owned(),
            Self::XmlTokens => "xmlparser".to_owned(),
        }
    }

    /// Reads all of `stream`.
    pub fn read<S: Sink>(self, stream: &Stream) -> Sum {
        let mut sink = S::default();
        match self {
            Self::Ours => ours::read(&stream.bytes, usize::MAX, &mut sink),
            Self::OursIn(size) => ours::read(&stream.bytes, size, &mut sink),
            Self::NsReader => quick_xml::ns_reader(&stream.bytes, &mut sink),
            Self::CheckingNsReader => quick_xml::checking_ns_reader(&stream.bytes, &mut sink),
            Self::Reader => quick_xml::reader::<_, false>(&stream.bytes, &mut sink),
            Self::CheckingReader => quick_xml::reader::<_, true>(&stream.bytes, &mut sink),
            Self::XmlTokens => xmlparser::read(stream, &mut sink),
        }
        sink.sum()
    }
}

/// Passes over bytes that understand nothing of them: how fast the memory is, and how fast one character is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    Memchr,
    /// The standard library's check, without which no text is lent.
    Utf8,
    Memcpy,
}

impl Floor {
    pub const ALL: [Self; 3] = [Self::Memchr, Self::Utf8, Self::Memcpy];

    pub fn name(self) -> &'static str {
        match self {
            Self::Memchr => "memchr <",
            Self::Utf8 => "from_utf8",
            Self::Memcpy => "memcpy",
        }
    }

    /// `to` is as long as the stream; its contents do not matter.
    pub fn pass(self, stream: &Stream, to: &mut [u8]) -> usize {
        match self {
            Self::Memchr => memchr::memchr_iter(b'<', std::hint::black_box(&stream.bytes)).fold(0, |sum, at| sum ^ at),
            Self::Utf8 => std::str::from_utf8(std::hint::black_box(&stream.bytes)).map_or(0, str::len),
            Self::Memcpy => {
                to.copy_from_slice(std::hint::black_box(&stream.bytes));
                usize::from(std::hint::black_box(to)[0])
            }
        }
    }
}

/// Asserts that all parsers take the same values out of `stream`, to the last byte, and says how many.
pub fn agree(name: &str, stream: &Stream) -> Sum {
    let ours = Parser::Ours.read::<Every>(stream);
    for parser in Parser::WHOLE.into_iter().chain(Parser::CHUNKED) {
        assert_eq!(ours, parser.read::<Every>(stream), "ews-stream (left), {} (right) on {name}", parser.name());
    }
    ours
}
