//! Which characters XML allows where: the tables behind the scanner. Depends on nothing.

/// [2] `Char`: what may stand in a document at all.
pub(super) const fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// [4] `NameStartChar` beyond ASCII, fifth edition.
pub(super) const fn is_name_start_char(c: char) -> bool {
    matches!(c,
        '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// [4a] `NameChar` beyond ASCII, fifth edition.
pub(super) const fn is_name_char(c: char) -> bool {
    is_name_start_char(c) || matches!(c, '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

const NAME_START: u8 = 1;
const NAME: u8 = 2;
const SPACE: u8 = 4;
const CONTROL: u8 = 8;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut byte: u8 = 0;
    while let Some((slot, more)) = rest.split_first_mut() {
        *slot = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => NAME_START | NAME,
            b'0'..=b'9' | b'-' | b'.' => NAME,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            0..=0x1F => CONTROL,
            _ => 0,
        };
        byte = byte.wrapping_add(1);
        rest = more;
    }
    table
}

#[inline]
const fn class(byte: u8) -> u8 {
    #[allow(clippy::indexing_slicing)] // a table of 256 has a place for every byte
    let class = CLASS[byte as usize];
    class
}

/// ASCII part of [4] `NameStartChar`, without the colon, which Namespaces gives a meaning of its own.
#[inline]
pub(super) const fn is_name_start_byte(byte: u8) -> bool {
    class(byte) & NAME_START != 0
}

/// ASCII part of [4a] `NameChar`, without the colon.
#[inline]
pub(super) const fn is_name_byte(byte: u8) -> bool {
    class(byte) & NAME != 0
}

/// [3] `S`.
#[inline]
pub(super) const fn is_space(byte: u8) -> bool {
    class(byte) & SPACE != 0
}

/// An ASCII character that [2] `Char` leaves out.
#[inline]
pub(super) const fn is_control(byte: u8) -> bool {
    class(byte) & CONTROL != 0
}
