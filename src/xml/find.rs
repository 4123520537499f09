//! Finding the end of a run of ordinary bytes and proving the run clean, in one pass. Depends on nothing.
//!
//! One look at 32 bytes answers "is any of them a delimiter, a reference, a control character or not ASCII?", and where
//! the first is: the answer for each byte becomes a byte of a mask, all at once in vector registers (the loops below have no
//! branch, so the compiler makes them so, without `unsafe`), and the mask's trailing zeros are the place.
#![allow(clippy::needless_bitwise_bool)] // `||` is a branch

/// Length of the leading run of bytes that mean nothing in character data: ASCII from space up, without `<`, `>`, `&`.
#[inline]
pub(crate) fn text_run(bytes: &[u8]) -> usize {
    // '<' and '>' differ in one bit only: masked away, both become '<'
    run(bytes, |byte| is_control_or_beyond_ascii(byte) | (byte & !2 == b'<') | (byte == b'&'))
}

/// Length of the leading run of bytes that mean nothing in an attribute value in `quote`s: ASCII from space up, without
/// the quote, `<` and `&`.
#[inline]
pub(crate) fn value_run(bytes: &[u8], quote: u8) -> usize {
    run(bytes, |byte| is_control_or_beyond_ascii(byte) | (byte == quote) | (byte == b'<') | (byte == b'&'))
}

/// [`text_run`], by way of [`usual_run`], which is cheaper where it gets to the end.
#[inline]
pub(super) fn text_run_of_usual(bytes: &[u8]) -> usize {
    let usual = usual_run(bytes);
    match bytes.get(usual..) {
        Some([b'<', ..]) | None => usual,
        Some(rest) => usual.wrapping_add(text_run(rest)),
    }
}

/// [`value_run`], by way of [`usual_run`].
#[inline]
pub(super) fn value_run_of_usual(bytes: &[u8], quote: u8) -> usize {
    let usual = usual_run(bytes);
    match bytes.get(usual..) {
        Some([end, ..]) if *end == quote => usual,
        Some(rest) => usual.wrapping_add(value_run(rest, quote)),
        None => usual,
    }
}

/// Length of the leading run of ASCII from `(` up without `<` and `>`: of what ids, codes and times are made of. All that
/// means something in text or values is above or below, with some that mean nothing.
#[inline(never)] // one call costs less than the registers it would take from its caller
pub(crate) fn usual_run(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<32>();
    let mut at: usize = 0;
    for block in blocks {
        // a sum of yes and no over all of a block is one instruction for its end, and no mask in memory
        if block.iter().fold(0, |any, byte| any | if is_unusual(*byte) { 0xFF } else { 0_u8 }) != 0 {
            return at.wrapping_add(first_unusual(block));
        }
        at = at.wrapping_add(32);
    }
    at.wrapping_add(first_unusual(rest))
}

/// Whether all of the bytes are such a run.
#[inline]
pub(crate) fn is_usual(bytes: &[u8]) -> bool {
    match bytes {
        [byte] => !is_unusual(*byte), // what chunks of one byte are made of
        _ => usual_run(bytes) == bytes.len(),
    }
}

#[inline]
const fn is_unusual(byte: u8) -> bool {
    (byte.cast_signed() < 0x28) | (byte & !2 == b'<')
}

#[inline]
fn first_unusual(bytes: &[u8]) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut at: usize = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // the high bit of a byte says that it is too small, `<`, or beyond ASCII; up to the first that is, no byte borrows
        let small = word.wrapping_sub(EACH.wrapping_mul(0x28));
        let lt = (word & EACH.wrapping_mul(0xFD) ^ EACH.wrapping_mul(u64::from(b'<'))).wrapping_sub(EACH);
        let marks = (small | lt | word) & EACH.wrapping_mul(0x80);
        if marks != 0 {
            return at.wrapping_add((marks.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
    }
    at.wrapping_add(rest.iter().take_while(|byte| !is_unusual(**byte)).count())
}

/// Length of the leading run of ASCII from space up without `stop`: the insides of comments, processing instructions
/// and CDATA sections.
#[inline]
pub(super) fn run_until(bytes: &[u8], stop: u8) -> usize {
    run(bytes, |byte| is_control_or_beyond_ascii(byte) | (byte == stop))
}

/// The high bit of each byte that is no ASCII letter or digit, exact up to the first that is beyond ASCII.
#[inline]
pub(super) const fn others_than_alphanumeric(word: [u8; 8]) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let word = u64::from_le_bytes(word);
    let lower = word | EACH.wrapping_mul(0x20);
    // a sum of two bytes below 0x80 has the high bit from 0x80 on: `a` is 0x61, `z` 0x7A, `0` 0x30, `9` 0x39
    let letters = lower.wrapping_add(EACH.wrapping_mul(0x1F)) & !lower.wrapping_add(EACH.wrapping_mul(0x05));
    let digits = word.wrapping_add(EACH.wrapping_mul(0x50)) & !word.wrapping_add(EACH.wrapping_mul(0x46));
    !((letters | digits) & !word) & EACH.wrapping_mul(0x80)
}

/// Like [`text_run`], with what is beyond ASCII, to be checked, but for 0xEF, which may begin a forbidden character.
pub(crate) fn wide_text_run(bytes: &[u8]) -> usize {
    run(bytes, |byte| (byte < 0x20) | (byte & !2 == b'<') | (byte == b'&') | (byte == 0xEF))
}

/// Like [`value_run`], with what is beyond ASCII, as in [`wide_text_run`].
pub(crate) fn wide_value_run(bytes: &[u8], quote: u8) -> usize {
    run(bytes, |byte| (byte < 0x20) | (byte == quote) | (byte == b'<') | (byte == b'&') | (byte == 0xEF))
}

/// Like [`run_until`], with what is beyond ASCII, as in [`wide_text_run`].
pub(super) fn wide_run_until(bytes: &[u8], stop: u8) -> usize {
    run(bytes, |byte| (byte < 0x20) | (byte == stop) | (byte == 0xEF))
}

/// Below space, or above 0x7F: one comparison, since bytes above 0x7F are the negative ones.
#[inline]
const fn is_control_or_beyond_ascii(byte: u8) -> bool {
    byte.cast_signed() < 0x20
}

#[inline]
fn run(bytes: &[u8], stops: impl Fn(u8) -> bool) -> usize {
    let mut at: usize = 0;
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let mut mask = [0; 32];
        for (mark, byte) in mask.iter_mut().zip(block) {
            *mark = if stops(*byte) { 0xFF } else { 0 };
        }
        let ([low, high], _) = mask.as_chunks::<16>() else { return at };
        let (low, high) = (u128::from_le_bytes(*low), u128::from_le_bytes(*high));
        if low != 0 {
            return at.wrapping_add((low.trailing_zeros() / 8) as usize);
        }
        if high != 0 {
            return at.wrapping_add((high.trailing_zeros() / 8) as usize).wrapping_add(16);
        }
        at = at.wrapping_add(32);
    }
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        let mut mask = [0; 8];
        for (mark, byte) in mask.iter_mut().zip(word) {
            *mark = if stops(*byte) { 0xFF } else { 0 };
        }
        let mask = u64::from_le_bytes(mask);
        if mask != 0 {
            return at.wrapping_add((mask.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
    }
    at.wrapping_add(rest.iter().take_while(|byte| !stops(**byte)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_letter_or_digit_is_marked() {
        for (filler, marked) in [(b'a', false), (b'Z', false), (b'9', false), (b'-', true), (0x7F, true)] {
            for place in 0..8 {
                for byte in 0..=255_u8 {
                    let mut word = [filler; 8];
                    word[place] = byte;
                    let marks = others_than_alphanumeric(word);
                    for (at, found) in word.iter().enumerate().take(if byte.is_ascii() { 8 } else { place + 1 }) {
                        let mark = marks >> (8 * at) & 0xFF;
                        let expected = if at == place { !found.is_ascii_alphanumeric() } else { marked };
                        assert_eq!(mark, if expected { 0x80 } else { 0 }, "{byte:#x} at {place}, {filler:#x}: {at}");
                    }
                }
            }
        }
    }

    /// Every byte value, at every place of a block, a word and what is left over.
    #[test]
    fn every_run_ends_at_the_first_byte_that_is_not_plain() {
        for filler in [b' ', b'a', b'=', b'?', b'\'', b'%', 0x7F] {
            for place in 0..45 {
                for byte in 0..=255u8 {
                    let mut bytes = [filler; 45];
                    bytes[place] = byte;
                    let control = !(0x20..0x80).contains(&byte);
                    let usual = !(b'('..0x80).contains(&byte) || b"<>".contains(&byte);
                    let wide = byte < 0x20 || byte == 0xEF;
                    let cases: [(usize, bool, &str); 8] = [
                        (text_run(&bytes), control || b"<>&".contains(&byte), "text"),
                        (value_run(&bytes, b'"'), control || b"\"<&".contains(&byte), "value"),
                        (usual_run(&bytes), usual, "usual"),
                        (run_until(&bytes, b']'), control || byte == b']', "cdata"),
                        (run_until(&bytes, b'-'), control || byte == b'-', "comment"),
                        (wide_text_run(&bytes), wide || b"<>&".contains(&byte), "wide text"),
                        (wide_value_run(&bytes, b'"'), wide || b"\"<&".contains(&byte), "wide value"),
                        (wide_run_until(&bytes, b'-'), wide || byte == b'-', "wide comment"),
                    ];
                    for (found, stops, what) in cases {
                        if what == "usual" && filler < b'(' {
                            continue; // it ends at the filler
                        }
                        assert_eq!(found, if stops { place } else { 45 }, "{what} {filler:#x} {place} {byte:#x}");
                    }
                }
            }
        }
    }
}
