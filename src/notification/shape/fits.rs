//! Comparing an event with a pattern: markup has to be the same, and where blanks are there has to be a plain value. Depends on
//! nothing.
//!
//! A pattern's byte is a blank, which is 0, or a byte of markup, which is ASCII, with its high bit set. So `pattern ^ byte` is 0x80
//! where markup is the same, more where it is not, and the value's own byte where blanks are; and all that is allowed is one
//! range, of 0x28 to 0x80, but for `<` and `>`. Bytes beyond ASCII would look like something else and are told by themselves.
//!
//! No branch in a block: the compiler makes it vector code, without `unsafe`.

/// In a pattern: what stands for one byte of a value. In events it is not XML.
pub(super) const BLANK: u8 = 0;
/// In a pattern: what is added to a byte of markup.
pub(super) const MARKUP: u8 = 0x80;

const LANES: usize = 16;
const BLOCK: usize = 4 * LANES;

/// Whether the bytes are those of the pattern, as many, with a plain value's byte for each blank: ASCII from `(` up, without
/// `<` and `>`.
#[inline]
pub(super) fn fits(pattern: &[u8], bytes: &[u8]) -> bool {
    match bytes.get(..pattern.len()) {
        Some(bytes) if bytes.len() < LANES => short_fits(pattern, bytes),
        Some(bytes) => long_fits(pattern, bytes),
        None => false,
    }
}

#[inline(never)] // it needs the vector registers for itself
fn long_fits(pattern: &[u8], bytes: &[u8]) -> bool {
    // says to the compiler that they are as long
    let Some(bytes) = bytes.get(..pattern.len()) else { return false };
    let mut seen = Seen::default();
    if let (Some(pattern_end), Some(end)) = (pattern.last_chunk::<BLOCK>(), bytes.last_chunk::<BLOCK>()) {
        for (pattern, block) in pattern.as_chunks().0.iter().zip(bytes.as_chunks().0) {
            seen.compare_block(pattern, block);
        }
        // the end together with some bytes before it: a loop over what is left would take turns that no processor foresees
        seen.compare_block(pattern_end, end);
    } else {
        for (pattern, lanes) in pattern.as_chunks().0.iter().zip(bytes.as_chunks().0) {
            seen.compare(pattern, lanes);
        }
        let (Some(pattern_end), Some(end)) = (pattern.last_chunk(), bytes.last_chunk()) else { return false };
        seen.compare(pattern_end, end);
    }
    seen.is_allowed()
}

/// The same for what is shorter than all lanes.
#[inline]
fn short_fits(pattern: &[u8], bytes: &[u8]) -> bool {
    pattern.iter().zip(bytes).all(|(pattern, byte)| {
        let left = (pattern ^ byte).wrapping_sub(Seen::LEAST);
        byte.is_ascii() && left <= MARKUP - Seen::LEAST && left & !2 != b'<' - Seen::LEAST
    })
}

/// What the lanes have met with.
#[derive(Default)]
struct Seen {
    /// All of the bytes, for their high bits.
    bytes: [u8; LANES],
    /// The greatest of what is left.
    greatest: [u8; LANES],
    /// `<` or `>`.
    angle: [u8; LANES],
}

impl Seen {
    /// The least of what is allowed, which all is moved by.
    const LEAST: u8 = 0x28;

    #[allow(clippy::inline_always)] // a call would keep the lanes in memory
    #[inline(always)]
    fn compare(&mut self, pattern: &[u8; LANES], bytes: &[u8; LANES]) {
        let Self { bytes: all, greatest, angle } = self;
        let seen = all.iter_mut().zip(greatest).zip(angle);
        for (((all, greatest), angle), (pattern, byte)) in seen.zip(pattern.iter().zip(bytes)) {
            let left = (pattern ^ byte).wrapping_sub(Self::LEAST);
            *all |= byte;
            *greatest = left.max(*greatest);
            *angle |= if left & !2 == b'<' - Self::LEAST { 0xFF } else { 0 };
        }
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn compare_block(&mut self, pattern: &[u8; BLOCK], bytes: &[u8; BLOCK]) {
        for (pattern, lanes) in pattern.as_chunks().0.iter().zip(bytes.as_chunks().0) {
            self.compare(pattern, lanes);
        }
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn is_allowed(&self) -> bool {
        let seen = self.bytes.iter().zip(&self.angle).zip(&self.greatest);
        let unfit = seen.fold(0, |unfit, ((byte, angle), greatest)| {
            unfit | (byte | angle) & 0x80 | if *greatest > MARKUP - Self::LEAST { 0x80 } else { 0_u8 }
        });
        unfit == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    /// Every byte value, at every place of markup or of a value, in every length up to two blocks and some more.
    #[test]
    fn what_fits_is_the_same_markup_and_plain_values() {
        for len in 1..=150 {
            for at in (0..len).filter(|at| len < 40 || at % 5 == len % 5) {
                for (is_markup, usual) in [(true, b'a'), (true, b'"'), (false, b'a'), (false, b'(')] {
                    let mut pattern = vec![if is_markup { BLANK } else { b'x' | MARKUP }; len];
                    pattern[at] = if is_markup { usual | MARKUP } else { BLANK };
                    let mut bytes = vec![if is_markup { 0x7F } else { b'x' }; len];
                    for byte in 0..=u8::MAX {
                        bytes[at] = byte;
                        let plain = (0x28..0x80).contains(&byte) && !b"<>".contains(&byte);
                        let expected = if is_markup { byte == usual } else { plain };
                        assert_eq!(fits(&pattern, &bytes), expected, "{byte:#x} at {at} of {len}, {is_markup}");
                    }
                }
            }
        }
    }
}
