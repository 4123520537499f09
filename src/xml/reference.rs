//! References: [66] `CharRef`, [68] `EntityRef`, in character data and attribute values. Part of the scanner.
//!
//! What is all in the chunk and usual is taken by [`decode`](super::decode); here every byte is a step.
//!
//! Only the five predefined entities exist (there is no DTD), so a decoded reference is never longer than its source.

use super::class::{is_char, is_name_byte, is_name_start_byte};
use super::scanner::{Cursor, Scanner, State, Step, Stop};
use crate::error::ErrorKind;

/// A reference in progress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    kind: Kind,
    /// Where it stands.
    within: State,
    /// Offset of its `&` in the input.
    at: u64,
    /// Offset of its `&` in the held run.
    start: u32,
    /// The entity's name as far as it was read; the longest that is declared has four bytes.
    name: [u8; 4],
    name_len: u8,
    /// The character's number, saturated.
    number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Behind `&`.
    Start,
    Entity,
    /// Behind `&#`.
    Number,
    Decimal,
    /// Behind `&#x`.
    HexStart,
    Hex,
}

impl Default for Reference {
    fn default() -> Self {
        Self { kind: Kind::Start, within: State::Content, at: 0, start: 0, name: [0; 4], name_len: 0, number: 0 }
    }
}

impl Scanner {
    /// The cursor is at a `&`.
    pub(super) fn begin_reference(&mut self, within: State, cur: &mut Cursor<'_>) {
        let (at, start) = (self.at(cur.pos), self.hold.offset(cur.pos));
        self.reference = Reference { within, at, start, ..Reference::default() };
        self.after_cr = false;
        self.state = State::Reference;
        cur.bump();
    }

    /// Whether the text the reference stands in is wanted.
    fn decodes(&self) -> bool {
        self.reference.within == State::AttributeValue || self.keep_text
    }

    pub(super) fn reference(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if let Some(decoded) = self.reference_byte(byte, cur)? {
                cur.bump();
                if self.decodes() {
                    let mut buffer = [0; 4];
                    let bytes = decoded.encode_utf8(&mut buffer).as_bytes();
                    self.hold.splice(cur.chunk, self.reference.start, cur.pos, bytes);
                }
                self.state = self.reference.within;
                return Ok(None);
            }
            cur.bump();
        }
        Ok(None)
    }

    /// One more byte behind the `&`; the character, once the reference is complete.
    fn reference_byte(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<Option<char>, Stop> {
        match (self.reference.kind, byte) {
            (Kind::Start, b'#') => self.reference.kind = Kind::Number,
            (Kind::Number, b'x') => self.reference.kind = Kind::HexStart,
            (Kind::Entity, b';') => return self.entity().map(Some),
            (Kind::Decimal | Kind::Hex, b';') => return self.character().map(Some),
            (Kind::Start | Kind::Entity, _) => self.entity_byte(byte, cur)?,
            (Kind::Number | Kind::Decimal, b'0'..=b'9') => self.digit(Kind::Decimal, 10, byte.wrapping_sub(b'0'))?,
            (Kind::HexStart | Kind::Hex, _) if byte.is_ascii_hexdigit() => {
                let digit = match byte {
                    b'0'..=b'9' => byte.wrapping_sub(b'0'),
                    _ => (byte | 0x20).wrapping_sub(b'a').wrapping_add(10),
                };
                self.digit(Kind::Hex, 16, digit)?;
            }
            (Kind::Number | Kind::Decimal, _) => return self.fail(ErrorKind::Syntax("a decimal digit or ';'"), cur),
            (Kind::HexStart | Kind::Hex, _) => return self.fail(ErrorKind::Syntax("a hexadecimal digit or ';'"), cur),
        }
        Ok(None)
    }

    fn entity_byte(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<(), Stop> {
        let valid = if self.reference.kind == Kind::Start { is_name_start_byte(byte) } else { is_name_byte(byte) };
        if !valid {
            // a name beyond ASCII is a name, and none that is declared
            if byte >= 0x80 {
                return self.undeclared();
            }
            return self.fail(ErrorKind::Syntax("an entity's name and ';' behind '&'"), cur);
        }
        self.reference.kind = Kind::Entity;
        let Some(slot) = self.reference.name.get_mut(usize::from(self.reference.name_len)) else {
            return self.undeclared();
        };
        *slot = byte;
        self.reference.name_len = self.reference.name_len.saturating_add(1);
        Ok(())
    }

    fn entity(&mut self) -> Result<char, Stop> {
        match self.reference.name.get(..usize::from(self.reference.name_len)) {
            Some(b"lt") => Ok('<'),
            Some(b"gt") => Ok('>'),
            Some(b"amp") => Ok('&'),
            Some(b"apos") => Ok('\''),
            Some(b"quot") => Ok('"'),
            _ => self.undeclared(),
        }
    }

    fn digit(&mut self, kind: Kind, radix: u32, digit: u8) -> Result<(), Stop> {
        self.reference.kind = kind;
        self.reference.number = self.reference.number.saturating_mul(radix).saturating_add(u32::from(digit));
        // leading zeros are free; no further digit makes a number smaller
        if self.reference.number > u32::from(char::MAX) && !self.lenient {
            return self.invalid();
        }
        Ok(())
    }

    fn character(&mut self) -> Result<char, Stop> {
        match char::from_u32(self.reference.number) {
            Some(c) if is_char(c) => Ok(c),
            _ if self.lenient => Ok(char::REPLACEMENT_CHARACTER),
            _ => self.invalid(),
        }
    }

    fn undeclared<T>(&mut self) -> Result<T, Stop> {
        self.stop(ErrorKind::UndeclaredEntity, self.reference.at)
    }

    fn invalid<T>(&mut self) -> Result<T, Stop> {
        self.stop(ErrorKind::InvalidCharacterReference, self.reference.at)
    }
}
