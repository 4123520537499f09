//! What stands outside of root elements: [1] `document`, [22] `prolog`, [27] `Misc`, byte order marks, the boundary
//! between the documents of a stream. Part of the scanner.

use super::class::is_space;
use super::scanner::{Cursor, Scanner, State, Step, Stop};
use crate::error::ErrorKind;

const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

impl Scanner {
    /// Before a root, behind one, or at the very beginning.
    pub(super) fn outside_root(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            let at_start = matches!(self.state, State::Start | State::AfterBom);
            match byte {
                b'<' => {
                    // behind a root, a declaration begins the next document
                    self.declaration_allowed = at_start || (self.state == State::Epilog && self.many_documents);
                    self.mark = u8::from(at_start);
                    cur.bump();
                    self.state = State::Lt;
                    return Ok(None);
                }
                _ if is_space(byte) => {
                    if at_start {
                        self.state = State::Blank;
                    }
                    cur.bump();
                }
                0xEF if self.state == State::Start || (self.state == State::Epilog && self.many_documents) => {
                    self.matched = 1;
                    cur.bump();
                    self.state = State::Bom;
                    return Ok(None);
                }
                0x00 | 0xFE | 0xFF if self.state == State::Start => {
                    self.mark = byte;
                    cur.bump();
                    self.state = State::EncodingMark;
                    return Ok(None);
                }
                _ => return self.fail(ErrorKind::OutsideRoot, cur),
            }
        }
        Ok(None)
    }

    pub(super) fn bom(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        if BOM.get(usize::from(self.matched)) != Some(&byte) {
            let start = self.at(cur.pos).saturating_sub(u64::from(self.matched));
            return self.stop(ErrorKind::OutsideRoot, start);
        }
        cur.bump();
        self.matched = self.matched.saturating_add(1);
        if self.matched == 3 {
            self.behind_root = false;
            self.ascii_only = false;
            self.state = State::AfterBom;
        }
        Ok(None)
    }

    /// Appendix F: the first bytes of UTF-16 and UTF-32, with a mark or by the `<` they encode.
    pub(super) fn encoding_mark(&mut self, cur: &Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        let at = self.at(cur.pos).saturating_sub(1);
        match (self.mark, byte) {
            (0xFE, 0xFF) | (0x00, b'<') => self.unsupported(b"UTF-16BE", at),
            (0xFF, 0xFE) => self.unsupported(b"UTF-16LE", at),
            (0x00, 0x00) => self.unsupported(b"UTF-32BE", at),
            (0x00, _) => self.stop(ErrorKind::InvalidChar, at),
            _ => self.stop(ErrorKind::InvalidUtf8, at),
        }
    }
}
