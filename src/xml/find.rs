//! Finding the end of a run of ordinary bytes and proving the run clean, in one pass. Depends on nothing.
//!
//! One look at eight bytes answers "is any of them a delimiter, a reference, a control character or not ASCII?". The
//! arithmetic (bit tricks on a `u64`, "SWAR") may flag bytes *above* the first flagged one wrongly, since a borrow runs
//! upwards; the lowest flag is exact, and it is the only one that is used.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Length of the leading run of bytes that mean nothing in character data: ASCII from space up, without `<`, `>`, `&`.
#[inline]
pub(crate) fn text_run(bytes: &[u8]) -> usize {
    run(
        bytes,
        |x| {
            // '<' and '>' differ in one bit only: masked away, both become '<'
            let angle = (x & !(ONES << 1)) ^ splat(b'<');
            below_space_or_high(x) | zero(angle) | zero(x ^ splat(b'&'))
        },
        |byte| matches!(byte, b' '..=b'~' | 0x7F) && !matches!(byte, b'<' | b'>' | b'&'),
    )
}

/// Length of the leading run of bytes that mean nothing in an attribute value in `quote`s: ASCII from space up, without
/// the quote, `<` and `&`.
#[inline]
pub(crate) fn value_run(bytes: &[u8], quote: u8) -> usize {
    let quotes = splat(quote);
    run(
        bytes,
        |x| below_space_or_high(x) | zero(x ^ quotes) | zero(x ^ splat(b'<')) | zero(x ^ splat(b'&')),
        |byte| matches!(byte, b' '..=b'~' | 0x7F) && !matches!(byte, b'<' | b'&') && byte != quote,
    )
}

/// Length of the leading run of ASCII from space up without `stop`: the insides of comments, processing instructions
/// and CDATA sections.
#[inline]
pub(super) fn run_until(bytes: &[u8], stop: u8) -> usize {
    let stops = splat(stop);
    run(bytes, |x| below_space_or_high(x) | zero(x ^ stops), |byte| matches!(byte, b' '..=b'~' | 0x7F) && byte != stop)
}

#[inline]
fn run(bytes: &[u8], flags: impl Fn(u64) -> u64, plain: impl Fn(u8) -> bool) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut at: usize = 0;
    for word in words {
        let flagged = flags(u64::from_le_bytes(*word)) & HIGHS;
        if flagged != 0 {
            return at.wrapping_add((flagged.trailing_zeros() / 8) as usize);
        }
        at = at.wrapping_add(8);
    }
    at.wrapping_add(tail.iter().take_while(|byte| plain(**byte)).count())
}

#[inline]
const fn splat(byte: u8) -> u64 {
    ONES.wrapping_mul(byte as u64)
}

/// High bit set in the lowest byte that is 0 (where the byte is below 0x80).
#[inline]
const fn zero(x: u64) -> u64 {
    x.wrapping_sub(ONES)
}

/// High bit set in the lowest byte that is below 0x20 or above 0x7F.
#[inline]
const fn below_space_or_high(x: u64) -> u64 {
    x.wrapping_sub(splat(0x20)) | x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte value, at every place of two words, over every filler that could lend or borrow a bit.
    #[test]
    fn every_run_ends_at_the_first_byte_that_is_not_plain() {
        for filler in [b' ', b'a', b'=', b'?', b'\'', b'%', 0x7F] {
            for place in 0..19 {
                for byte in 0..=255u8 {
                    let mut bytes = [filler; 19];
                    bytes[place] = byte;
                    let control = !(0x20..0x80).contains(&byte);
                    let cases: [(usize, bool, &str); 4] = [
                        (text_run(&bytes), control || b"<>&".contains(&byte), "text"),
                        (value_run(&bytes, b'"'), control || b"\"<&".contains(&byte), "value"),
                        (run_until(&bytes, b']'), control || byte == b']', "cdata"),
                        (run_until(&bytes, b'-'), control || byte == b'-', "comment"),
                    ];
                    for (found, stops, what) in cases {
                        assert_eq!(found, if stops { place } else { 19 }, "{what} {filler:#x} {place} {byte:#x}");
                    }
                }
            }
        }
    }
}
