//! A UTF-8 decoder that can stop after any byte, and the check of many at once. Depends on nothing of this crate.
//!
//! The accepted sequences are those of table 3-7 of the Unicode Standard ("well-formed UTF-8 byte sequences"): the
//! second byte's range depends on the first, which is what shuts out overlong forms, surrogates and values above
//! U+10FFFF at the first byte that makes them so.

/// Bytes as text, if they are well-formed: by `simdutf8` where it is wanted, which takes the same for well-formed.
#[inline]
pub(crate) fn from_utf8(bytes: &[u8]) -> Option<&str> {
    #[cfg(feature = "simdutf8")]
    return simdutf8::basic::from_utf8(bytes).ok();
    #[cfg(not(feature = "simdutf8"))]
    return core::str::from_utf8(bytes).ok();
}

/// How many of the first bytes are whole, well-formed characters.
#[inline]
pub(super) fn valid_up_to(bytes: &[u8]) -> usize {
    #[cfg(feature = "simdutf8")]
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return bytes.len();
    }
    core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len)
}

/// A sequence in progress; `missing == 0` when there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    missing: u8,
    low: u8,
    high: u8,
    value: u32,
    start: u64,
}

/// What one more byte did.
pub(super) enum Decoded {
    /// More bytes are needed.
    Partial,
    /// The sequence is complete.
    Char(char),
    /// It can no longer become a character; the sequence's first byte is at [`Utf8::start`].
    Invalid,
}

impl Utf8 {
    pub(super) const fn is_partial(&self) -> bool {
        self.missing != 0
    }

    /// Offset of the first byte of the latest sequence.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    pub(super) fn push(&mut self, byte: u8, offset: u64) -> Decoded {
        if self.missing == 0 {
            let (missing, low, high, bits) = match byte {
                0xC2..=0xDF => (1, 0x80, 0xBF, byte & 0x1F),
                0xE0 => (2, 0xA0, 0xBF, 0),
                0xED => (2, 0x80, 0x9F, 0x0D),
                0xE1..=0xEF => (2, 0x80, 0xBF, byte & 0x0F),
                0xF0 => (3, 0x90, 0xBF, 0),
                0xF1..=0xF3 => (3, 0x80, 0xBF, byte & 0x07),
                0xF4 => (3, 0x80, 0x8F, 0x04),
                _ => (0, 0, 0, 0),
            };
            *self = Self { missing, low, high, value: u32::from(bits), start: offset };
            return if missing == 0 { Decoded::Invalid } else { Decoded::Partial };
        }
        if byte < self.low || byte > self.high {
            self.missing = 0;
            return Decoded::Invalid;
        }
        self.missing = self.missing.saturating_sub(1);
        self.value = (self.value << 6) | u32::from(byte & 0x3F);
        (self.low, self.high) = (0x80, 0xBF);
        if self.missing > 0 {
            return Decoded::Partial;
        }
        char::from_u32(self.value).map_or(Decoded::Invalid, Decoded::Char)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is checked in bulk is well-formed, and ends, where the standard library says so; with either check.
    #[test]
    fn text_is_what_the_standard_library_takes_for_text() {
        let mut random = 0x9E37_79B9_u32;
        let mut below = |end: usize| {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            random as usize % end
        };
        let characters =
            ["a", "<", "\u{7f}", "\u{80}", "\u{e9}", "\u{7ff}", "\u{20ac}", "\u{ffff}", "\u{1f600}", "\u{10ffff}"];
        let (mut good, mut bad) = (0, 0);
        for _ in 0..20_000 {
            let mut text: alloc::vec::Vec<u8> =
                (0..below(90)).flat_map(|_| characters[below(characters.len())].bytes()).collect();
            for _ in 0..below(3) {
                let at = below(text.len() + 1);
                text.splice(
                    at..text.len().min(at + below(2)),
                    [0xBF, 0xC0, 0xE0, 0xED, 0xF4, 0xFF][..below(2)].iter().copied(),
                );
            }
            text.truncate(text.len() - below(3).min(text.len()));
            let expected = core::str::from_utf8(&text);
            assert_eq!(from_utf8(&text), expected.ok(), "{}", text.escape_ascii());
            let end = expected.map_or_else(|error| error.valid_up_to(), str::len);
            assert_eq!(valid_up_to(&text), end, "{}", text.escape_ascii());
            *(if expected.is_ok() { &mut good } else { &mut bad }) += 1;
        }
        assert!(good > 5_000 && bad > 5_000, "{good} well-formed, {bad} not");
    }
}
