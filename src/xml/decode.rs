//! References that stand close together, with the plain bytes between them, in one go. Part of the scanner; what is
//! unusual about a reference, or cut by the end of a chunk, is for [`reference`](super::reference).
//!
//! Where a value has references it has many, a few bytes apart: a step of the machine for each, and a copy for each run
//! between two, cost more than the bytes. Here eight bytes are looked at and copied at once, into a piece on the stack that
//! goes to the held run as a whole, and a reference is one word that is compared or computed with.

use super::class::is_char;
use super::scanner::{Cursor, Scanner, State};

/// What is decoded at once; a value with more takes more than one.
const PIECE: usize = 128;

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = EACH << 7;

impl Scanner {
    /// The cursor is at a `&`. Takes the references from here on and the plain bytes among them; or nothing, if the first is
    /// not all in the chunk or has something unusual about it.
    pub(super) fn whole_references(&mut self, within: State, cur: &mut Cursor<'_>) -> bool {
        // in a text, brackets are left to those who count them, for the `>` that may follow
        let (end, wanted) = if within == State::AttributeValue { (self.quote, true) } else { (b']', self.keep_text) };
        let begin = cur.pos;
        loop {
            let mut piece = Piece::default();
            let taken = piece.decode(cur.rest(), end);
            if taken == 0 {
                break;
            }
            if wanted {
                self.hold.replace(cur.chunk, cur.pos, taken, piece.bytes());
            }
            cur.advance(taken);
        }
        let taken = cur.pos.wrapping_sub(begin);
        // the `&` was looked at before
        self.look(taken.saturating_sub(1));
        self.after_cr = false;
        taken > 0
    }
}

/// Decoded bytes.
struct Piece {
    bytes: [u8; PIECE],
    len: usize,
}

impl Default for Piece {
    fn default() -> Self {
        Self { bytes: [0; PIECE], len: 0 }
    }
}

impl Piece {
    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Decodes references and plain bytes, from a reference on, while there is room. Returns how many bytes it took.
    #[inline]
    fn decode(&mut self, source: &[u8], end: u8) -> usize {
        let mut taken = 0;
        while let Some(rest) = source.get(taken..)
            && rest.first() == Some(&b'&')
            && let Some(room) = self.bytes.get_mut(self.len..)
            && let Some(room) = room.first_chunk_mut::<4>()
            && let Some((c, len)) = reference(rest)
        {
            self.len = self.len.wrapping_add(encode(c, room));
            taken = taken.wrapping_add(len);
            // plain bytes behind it
            while let Some(word) = source.get(taken..).and_then(<[u8]>::first_chunk)
                && let Some(room) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut)
            {
                *room = *word;
                let plain = plain(u64::from_le_bytes(*word), end);
                self.len = self.len.wrapping_add(plain);
                taken = taken.wrapping_add(plain);
                if plain < 8 {
                    break;
                }
            }
        }
        taken
    }
}

/// The same as the standard library's, with the usual case in two steps.
#[inline]
fn encode(c: char, to: &mut [u8; 4]) -> usize {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => {
            *to = [byte, 0, 0, 0];
            1
        }
        _ => c.encode_utf8(to).len(),
    }
}

/// How many bytes of a word come before the first that means something: a control character, `<`, `&`, `end`, or what is beyond
/// ASCII.
#[inline]
fn plain(word: u64, end: u8) -> usize {
    let is = |byte: u8| (word ^ EACH.wrapping_mul(u64::from(byte))).wrapping_sub(EACH);
    // the high bit of a byte says that it is too small, one of the three, or beyond ASCII; up to the first that is, no byte
    // borrows
    let small = word.wrapping_sub(EACH.wrapping_mul(0x20));
    let marks = (small | is(b'<') | is(end) | is(b'&') | word) & HIGH;
    (marks.trailing_zeros() / 8) as usize
}

/// The reference that comes first, and its length. `None`: it is cut, of unusual length, or wrong, which the slow way tells.
#[inline]
fn reference(bytes: &[u8]) -> Option<(char, usize)> {
    let behind = bytes.get(1..)?;
    let word = behind.first_chunk().map_or_else(|| last_word(behind), |word| u64::from_le_bytes(*word));
    let semicolon = word ^ EACH.wrapping_mul(u64::from(b';'));
    let found = semicolon.wrapping_sub(EACH) & !semicolon & HIGH;
    let bits = found.trailing_zeros() & !7;
    let len = (bits / 8) as usize;
    if found == 0 || len == 0 {
        return None;
    }
    // what is behind the `;` is no part of it; the `;` is, for a name may not be longer by zeros
    let name = word & u64::MAX.wrapping_shr(56_u32.wrapping_sub(bits));
    let [first, second, ..] = word.to_le_bytes();
    let c = if first != b'#' {
        // tells the five apart
        let entity = ENTITIES.get(usize::from(first.wrapping_add(second) % 16)).filter(|(known, _)| *known == name);
        entity.map(|(_, c)| *c)?
    } else if second == b'x' {
        hexadecimal(word >> 16, bits.checked_sub(16)?)?
    } else {
        decimal(word >> 8, bits.checked_sub(8)?)?
    };
    Some((c, len.wrapping_add(2)))
}

/// The entities that exist, each where the sum of its first two bytes, modulo 16, says.
static ENTITIES: [(u64, char); 16] = {
    let mut table = [(0, '\0'); 16];
    table[0x0] = (u64::from_le_bytes(*b"lt;\0\0\0\0\0"), '<');
    table[0xB] = (u64::from_le_bytes(*b"gt;\0\0\0\0\0"), '>');
    table[0xE] = (u64::from_le_bytes(*b"amp;\0\0\0\0"), '&');
    table[0x6] = (u64::from_le_bytes(*b"quot;\0\0\0"), '"');
    table[0x1] = (u64::from_le_bytes(*b"apos;\0\0\0"), '\'');
    table
};

/// The character whose number is written in the lowest `bits` of a word, at most 48.
#[inline]
fn decimal(digits: u64, bits: u32) -> Option<char> {
    let digits = padded(digits, bits)?;
    if within(digits, b'0', b'9') != HIGH {
        return None;
    }
    character(digits & EACH.wrapping_mul(0x0F), 10)
}

#[inline]
fn hexadecimal(digits: u64, bits: u32) -> Option<char> {
    let digits = padded(digits, bits)?;
    if within(digits, b'0', b'9') | within(digits | EACH.wrapping_mul(0x20), b'a', b'f') != HIGH {
        return None;
    }
    let letters = (digits >> 6) & EACH;
    character((digits & EACH.wrapping_mul(0x0F)).wrapping_add(letters.wrapping_mul(9)), 16)
}

/// Eight digits: zeros, then those in the lowest `bits`. `None`: there are none.
#[inline]
fn padded(digits: u64, bits: u32) -> Option<u64> {
    let zeros = EACH.wrapping_mul(u64::from(b'0')).wrapping_shr(bits);
    let digits = digits.wrapping_shl(64_u32.wrapping_sub(bits));
    (bits > 0).then_some(digits | zeros)
}

/// The high bit of each byte of a word that is in a range of ASCII. Of a byte beyond ASCII never, though it carries: so what has one
/// is not wholly in the range, whatever is said of the byte behind it.
#[inline]
fn within(word: u64, first: u8, last: u8) -> u64 {
    let from = word.wrapping_add(EACH.wrapping_mul(u64::from(0x80_u8.wrapping_sub(first))));
    let behind = word.wrapping_add(EACH.wrapping_mul(u64::from(0x7F_u8.wrapping_sub(last))));
    from & !behind & HIGH
}

/// The character of the number whose eight digits are the bytes of a word, the first in the lowest: two digits become one,
/// three times over.
#[inline]
fn character(digits: u64, radix: u64) -> Option<char> {
    let pair =
        |digits: u64, radix: u64, bits: u32| digits.wrapping_mul(radix.wrapping_shl(bits).wrapping_add(1)) >> bits;
    let digits = pair(digits, radix, 8) & 0x00FF_00FF_00FF_00FF;
    let radix = radix.wrapping_mul(radix);
    let digits = pair(digits, radix, 16) & 0x0000_FFFF_0000_FFFF;
    // of six digits at most
    #[allow(clippy::cast_possible_truncation)]
    let number = pair(digits, radix.wrapping_mul(radix), 32) as u32;
    char::from_u32(number).filter(|c| is_char(*c))
}

/// A word of fewer than eight bytes, with zeros behind them.
#[cold]
fn last_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_five_entities_are_known_and_no_others() {
        for (source, c) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"'), ("&apos;", '\'')] {
            for behind in ["", "x", "&amp;abcdefgh"] {
                let bytes = std::format!("{source}{behind}");
                assert_eq!(reference(bytes.as_bytes()), Some((c, source.len())), "{bytes}");
            }
            assert_eq!(reference(&source.as_bytes()[..source.len() - 1]), None);
        }
        for wrong in
            ["&;", "&a;", "&lt", "&ltx;", "&Lt;", "&tl;", "&am;", "& lt;", "&lt\0;", "&\0;", "&quot", "&nbsp;", "&"]
        {
            assert_eq!(reference(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn every_number_is_its_character() {
        let edges = [0x0, 0x8, 0x9, 0xA, 0x1F, 0x20, 0x7F, 0x80, 0xD7FF, 0xD800, 0xDFFF, 0xFFFD, 0xFFFE, 0x10_FFFF];
        for number in (0..0x1_0400).chain(edges).chain((0x1_0000..0x12_0000).step_by(97)) {
            let allowed = char::from_u32(number).filter(|c| is_char(*c));
            let sources = [
                std::format!("&#{number};"),
                std::format!("&#{number:05};"),
                std::format!("&#x{number:X};"),
                std::format!("&#x{number:x};"),
                std::format!("&#x{number:04X};"),
            ];
            for source in sources {
                // of eight bytes with the `;`: what is longer is for the slow way
                let expected = allowed.filter(|_| source.len() <= 9).map(|c| (c, source.len()));
                assert_eq!(reference(source.as_bytes()), expected, "{source}");
            }
        }
    }

    #[test]
    fn what_is_no_digit_makes_no_number() {
        for byte in 0..=255_u8 {
            for at in 0..3 {
                let mut digits = *b"012";
                digits[at] = byte;
                let [a, b, c] = digits;
                let decimal = reference(&[b'&', b'#', a, b, c, b';']).is_some();
                let hexadecimal = reference(&[b'&', b'#', b'x', a, b, c, b';']).is_some();
                let hex = byte.is_ascii_hexdigit();
                // 0x0..0x12 are no characters, but for three
                let number = |radix| {
                    let text = core::str::from_utf8(&digits).ok()?;
                    u32::from_str_radix(text, radix).ok().and_then(char::from_u32).filter(|c| is_char(*c))
                };
                if byte != b';' && byte != b'x' {
                    assert_eq!(decimal, byte.is_ascii_digit() && number(10).is_some(), "{byte:#x} {at}");
                }
                if byte != b';' {
                    assert_eq!(hexadecimal, hex && number(16).is_some(), "{byte:#x} {at}");
                }
            }
        }
    }

    #[test]
    fn two_bytes_make_a_number_if_both_are_digits() {
        for [a, b] in (0..=u16::MAX).map(u16::to_le_bytes).filter(|pair| !pair.contains(&b';') && pair[0] != b'x') {
            let digits = [b'1', a, b];
            let number = |radix, ok: fn(&u8) -> bool| {
                let text = core::str::from_utf8(&digits).ok().filter(|_| digits.iter().all(ok))?;
                u32::from_str_radix(text, radix).ok().and_then(char::from_u32).filter(|c| is_char(*c))
            };
            let decimal = reference(&[b'&', b'#', b'1', a, b, b';']);
            assert_eq!(decimal.map(|(c, _)| c), number(10, u8::is_ascii_digit), "{a:#x} {b:#x}");
            let hexadecimal = reference(&[b'&', b'#', b'x', b'1', a, b, b';']);
            assert_eq!(hexadecimal.map(|(c, _)| c), number(16, u8::is_ascii_hexdigit), "{a:#x} {b:#x}");
        }
    }

    #[test]
    fn plain_is_all_before_the_first_byte_that_means_something() {
        for end in [b'"', b'\'', b']'] {
            let means = |byte: u8| !(0x20..0x80).contains(&byte) || [end, b'<', b'&'].contains(&byte);
            for byte in 0..=255_u8 {
                for (other, at) in
                    [b'a', byte, b'>', 0x85, 0x21].into_iter().flat_map(|other| (0..8).map(move |at| (other, at)))
                {
                    let mut word = *b" ~a;x=0y";
                    word[at] = byte;
                    word[7] = if at == 7 { byte } else { other };
                    let expected = word.iter().position(|byte| means(*byte)).unwrap_or(8);
                    assert_eq!(plain(u64::from_le_bytes(word), end), expected, "{}", word.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn a_piece_is_decoded_up_to_what_means_something_else() {
        let long = "x".repeat(300);
        for filler in ["", "y", "seven77", "eight888", &long] {
            for stop in ["\"", "<", "\n", "\u{e9}", "]", ">", "'"] {
                let source = std::format!("&lt;{filler}&#65;{filler}{stop}12345678");
                let mut decoded = alloc::vec::Vec::new();
                let mut rest = source.as_bytes();
                loop {
                    let mut piece = Piece::default();
                    let taken = piece.decode(rest, b'"');
                    decoded.extend_from_slice(piece.bytes());
                    rest = &rest[taken..];
                    if taken == 0 {
                        // the scanner goes on by itself
                        let run = super::super::find::value_run(rest, b'"');
                        decoded.extend_from_slice(&rest[..run]);
                        rest = &rest[run..];
                        if rest.first() != Some(&b'&') {
                            break;
                        }
                    }
                }
                let (in_value, behind) = if matches!(stop, "]" | ">" | "'") { (stop, "") } else { ("", stop) };
                let whole = if in_value.is_empty() { "" } else { "12345678" };
                assert_eq!(decoded, std::format!("<{filler}A{filler}{in_value}{whole}").as_bytes(), "{source}");
                assert!(rest.starts_with(behind.as_bytes()), "{source}");
            }
        }
    }
}
