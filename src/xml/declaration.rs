//! The XML declaration: [23]–[26], [32], [80]. A machine of its own, fed byte by byte by the scanner.
//!
//! `<?xml` S version Eq "1.x" (S encoding Eq "name")? (S standalone Eq "yes|no")? S? `?>`

use super::class::{is_control, is_space};
use super::scanner::{Cursor, Scanner, State, Step, Stop};
use crate::error::{ErrorKind, Excerpt};

/// Longest encoding name that is kept for the error message.
const NAME: usize = 40;

#[derive(Clone, Copy, Debug)]
pub(super) struct Declaration {
    phase: Phase,
    part: Part,
    /// White space was seen since the last part.
    space: bool,
    quote: u8,
    /// The name or value being read, as far as it fits.
    word: [u8; NAME],
    len: u8,
    /// Where the word began.
    at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between the parts.
    Between,
    Name,
    Eq,
    Quote,
    Value,
    /// Behind `?`.
    Question,
}

/// The last part that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Nothing,
    Version,
    Encoding,
    Standalone,
}

impl Default for Declaration {
    fn default() -> Self {
        Self { phase: Phase::Between, part: Part::Nothing, space: false, quote: 0, word: [0; NAME], len: 0, at: 0 }
    }
}

impl Declaration {
    fn word(&self) -> &[u8] {
        self.word.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn begin_word(&mut self, at: u64) {
        self.len = 0;
        self.at = at;
    }

    /// Adds a byte; false when the word is longer than anything valid.
    fn push(&mut self, byte: u8) -> bool {
        let Some(slot) = self.word.get_mut(usize::from(self.len)) else { return false };
        *slot = byte;
        self.len = self.len.saturating_add(1);
        true
    }

    /// The part that may be named next, by what the word says so far.
    fn next_part(&self) -> Option<(Part, &'static [u8])> {
        let first = *self.word.first()?;
        match (self.part, first) {
            (Part::Nothing, b'v') => Some((Part::Version, b"version")),
            (Part::Version, b'e') => Some((Part::Encoding, b"encoding")),
            (Part::Version | Part::Encoding, b's') => Some((Part::Standalone, b"standalone")),
            _ => None,
        }
    }

    /// Whether the value read so far can become a valid one.
    fn value_may_go_on(&self) -> bool {
        let word = self.word();
        match self.part {
            // [26] VersionNum ::= '1.' [0-9]+
            Part::Version => match word {
                [] | [b'1'] => true,
                [b'1', b'.', minor @ ..] => minor.iter().all(u8::is_ascii_digit),
                _ => false,
            },
            // [81] EncName ::= [A-Za-z] ([A-Za-z0-9._] | '-')*
            Part::Encoding => match word {
                [] => true,
                [first, more @ ..] => {
                    first.is_ascii_alphabetic()
                        && more.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
                }
            },
            Part::Standalone => b"yes".starts_with(word) || b"no".starts_with(word),
            Part::Nothing => false,
        }
    }

    fn value_is_whole(&self) -> bool {
        match self.part {
            Part::Version => self.len > 2,
            Part::Encoding => self.len > 0,
            Part::Standalone => matches!(self.word(), b"yes" | b"no"),
            Part::Nothing => false,
        }
    }
}

impl Scanner {
    /// Behind `<?xml`, where a document may begin, with white space at the cursor.
    pub(super) fn begin_xml_declaration(&mut self) {
        self.declaration = Declaration::default();
        self.state = State::Declaration;
    }

    pub(super) fn xml_declaration(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if is_control(byte) {
                return self.fail(ErrorKind::InvalidChar, cur);
            }
            match self.declaration.phase {
                Phase::Between if is_space(byte) => self.declaration.space = true,
                Phase::Between if byte == b'?' => {
                    if self.declaration.part == Part::Nothing {
                        return self.fail(ErrorKind::XmlDeclaration("no version"), cur);
                    }
                    self.declaration.phase = Phase::Question;
                }
                Phase::Between => {
                    if !self.declaration.space {
                        return self.fail(ErrorKind::XmlDeclaration("white space is missing"), cur);
                    }
                    let at = self.at(cur.pos);
                    self.declaration.begin_word(at);
                    self.declaration.phase = Phase::Name;
                    self.part_name(byte, cur)?;
                }
                Phase::Name => self.part_name(byte, cur)?,
                Phase::Eq if byte == b'=' => self.declaration.phase = Phase::Quote,
                Phase::Quote if byte == b'"' || byte == b'\'' => {
                    self.declaration.quote = byte;
                    let at = self.at(cur.pos).saturating_add(1);
                    self.declaration.begin_word(at);
                    self.declaration.phase = Phase::Value;
                }
                Phase::Eq | Phase::Quote => {
                    if !is_space(byte) {
                        return self.fail(ErrorKind::XmlDeclaration("expected '=' and a value in quotes"), cur);
                    }
                }
                Phase::Value => self.part_value(byte, cur)?,
                Phase::Question => {
                    if byte != b'>' {
                        return self.fail(ErrorKind::XmlDeclaration("expected '?>'"), cur);
                    }
                    cur.bump();
                    self.unbound_markup();
                    self.state = State::Prolog;
                    return Ok(None);
                }
            }
            cur.bump();
        }
        Ok(None)
    }

    fn part_name(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<(), Stop> {
        let fits = self.declaration.push(byte);
        let Some((part, name)) = self.declaration.next_part().filter(|_| fits) else {
            return self.fail(ErrorKind::XmlDeclaration("expected version, encoding, standalone, in this order"), cur);
        };
        if !name.starts_with(self.declaration.word()) {
            return self.fail(ErrorKind::XmlDeclaration("expected version, encoding, standalone, in this order"), cur);
        }
        if name == self.declaration.word() {
            self.declaration.part = part;
            self.declaration.phase = Phase::Eq;
        }
        Ok(())
    }

    fn part_value(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<(), Stop> {
        if byte != self.declaration.quote {
            let fits = self.declaration.push(byte);
            if !self.declaration.value_may_go_on() {
                if self.declaration.part == Part::Encoding {
                    return self.unsupported_encoding();
                }
                return self.fail(ErrorKind::XmlDeclaration("a value that is not allowed"), cur);
            }
            // a version may have any number of digits, and each means 1.0; an encoding's name is kept as far as it fits
            let beyond = !fits && self.declaration.part == Part::Version && !byte.is_ascii_digit();
            return if beyond {
                self.fail(ErrorKind::XmlDeclaration("a value that is not allowed"), cur)
            } else {
                Ok(())
            };
        }
        if !self.declaration.value_is_whole() {
            return self.fail(ErrorKind::XmlDeclaration("a value that is not allowed"), cur);
        }
        if self.declaration.part == Part::Encoding {
            let name = self.declaration.word();
            // both names are registered for the one character set
            self.ascii_only = name.eq_ignore_ascii_case(b"us-ascii") || name.eq_ignore_ascii_case(b"ascii");
            if !self.ascii_only && !name.eq_ignore_ascii_case(b"utf-8") {
                return self.unsupported_encoding();
            }
        }
        self.declaration.phase = Phase::Between;
        self.declaration.space = false;
        Ok(())
    }

    fn unsupported_encoding(&mut self) -> Result<(), Stop> {
        let name = Excerpt::new(self.declaration.word());
        self.stop(ErrorKind::UnsupportedEncoding(name), self.declaration.at)
    }
}
