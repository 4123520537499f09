//! Character data and CDATA sections: [14] `CharData`, [18]–[21], line ends (2.11). Part of the scanner.
//!
//! A text is one run of character data: references and CDATA sections are part of it; tags, comments and processing
//! instructions end it.

use super::class::is_control;
use super::find;
use super::scanner::{Cursor, Scanner, State, Step, Stop};
use super::utf8::valid_up_to;
use crate::error::ErrorKind;

/// Fewer bytes are not worth a run of their own; and in tiny chunks no byte shall be looked at more often than twice.
const BULK: usize = 32;

impl Scanner {
    /// Between the tags of an element.
    pub(super) fn content(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.utf8.is_partial() {
            self.beyond_ascii(cur)?;
        }
        loop {
            // most often there is no text, only the next tag
            let run = if cur.peek() == Some(b'<') { 0 } else { find::text_run(cur.rest()) };
            self.look(run);
            if run > 0 {
                self.open_text(cur);
                self.brackets_of_run(cur, run);
                self.after_cr = false;
                cur.advance(run);
            }
            let Some(byte) = cur.peek() else { return Ok(None) };
            self.look(1);
            if byte == b'<' {
                self.text_bounded = false;
                if self.text_open {
                    self.interrupt_text(cur.pos);
                }
                cur.bump();
                self.state = State::Lt;
                return self.lt(cur);
            }
            self.open_text(cur);
            match byte {
                b'&' if self.whole_references(State::Content, cur) => {}
                b'&' => {
                    self.brackets = 0;
                    self.begin_reference(State::Content, cur);
                    return Ok(None);
                }
                b'>' => {
                    if self.brackets >= 2 {
                        return self.fail(ErrorKind::CdataEndInText, cur);
                    }
                    self.after_cr = false;
                    cur.bump();
                }
                _ if byte >= 0x80 => {
                    self.after_cr = false;
                    let wide = self.valid_run(cur, find::wide_text_run);
                    if wide > 0 {
                        self.brackets_of_run(cur, wide);
                        cur.advance(wide);
                        if !is_beyond_ascii(cur) {
                            continue;
                        }
                    }
                    self.beyond_ascii(cur)?;
                }
                _ => self.white_space_or_control(byte, cur)?,
            }
            self.brackets = 0;
        }
    }

    /// Length of a run that begins beyond ASCII, all of it found to be characters that XML allows. Found and checked in
    /// bulk, which is not to be tried again right behind it: a byte beyond ASCII there has to be decoded by itself.
    #[inline]
    pub(super) fn valid_run(&mut self, cur: &Cursor<'_>, find: impl FnOnce(&[u8]) -> usize) -> usize {
        let rest = cur.rest();
        if self.ascii_only || rest.len() < BULK {
            return 0;
        }
        let run = rest.get(..find(rest)).unwrap_or_default();
        let valid = valid_up_to(run);
        // found in one pass and checked in another; the first byte was looked at before
        self.look(run.len().saturating_add(valid).saturating_sub(1));
        valid
    }

    /// Counts the `]` that end a run of ordinary bytes, for the `>` that may follow.
    fn brackets_of_run(&mut self, cur: &Cursor<'_>, run: usize) {
        let run = cur.rest().get(..run).unwrap_or_default();
        self.brackets = match run {
            [.., b']', b']'] => 2,
            [b']'] => self.brackets.saturating_add(1),
            [.., b']'] => 1,
            _ => 0,
        };
    }

    /// Tab, line feed and carriage return, in text or in a CDATA section; nothing else below space is allowed.
    fn white_space_or_control(&mut self, byte: u8, cur: &mut Cursor<'_>) -> Result<(), Stop> {
        if is_control(byte) {
            return self.fail(ErrorKind::InvalidChar, cur);
        }
        // 2.11: CR LF and a lone CR reach the caller as one LF
        if byte == b'\r' {
            self.after_cr = true;
            if self.keep_text {
                self.hold.replace(cur.chunk, cur.pos, 1, b"\n");
            }
        } else {
            if byte == b'\n' && self.after_cr && self.keep_text {
                self.hold.replace(cur.chunk, cur.pos, 1, b"");
            }
            self.after_cr = false;
        }
        cur.bump();
        Ok(())
    }

    /// Takes characters beyond ASCII, up to the next that is not.
    pub(super) fn beyond_ascii(&mut self, cur: &mut Cursor<'_>) -> Result<(), Stop> {
        while let Some(byte) = cur.peek() {
            if byte < 0x80 && !self.utf8.is_partial() {
                break;
            }
            self.decode_char(byte, cur)?;
            self.look(1);
            cur.bump();
        }
        Ok(())
    }

    /// A byte of character data is at the cursor: a text begins, or goes on behind what interrupted it.
    #[inline]
    fn open_text(&mut self, cur: &Cursor<'_>) {
        if !self.text_open {
            self.begin_text(cur);
        } else if self.text_gap {
            self.resume_text(cur);
        }
    }

    fn begin_text(&mut self, cur: &Cursor<'_>) {
        self.text_open = true;
        self.text_bounded = true;
        self.text_from = self.at(cur.pos);
        self.text_gap = false;
        self.after_cr = false;
        self.brackets = 0;
        if self.keep_text {
            self.begin_token(cur.pos);
            self.text.start = self.hold.offset(cur.pos);
            self.text.end = self.text.start;
        }
    }

    fn resume_text(&mut self, cur: &Cursor<'_>) {
        self.text_gap = false;
        if self.keep_text {
            self.hold.cut(cur.chunk, self.text.end, cur.pos);
        }
    }

    /// The text ends at `at`, or is interrupted by what stands there.
    fn interrupt_text(&mut self, at: usize) {
        if !self.text_gap {
            self.text_gap = true;
            self.text.end = self.hold.offset(at);
        }
    }

    /// Behind the `<` that ended a text: whether the caller is to have it.
    pub(super) fn take_text(&mut self) -> Option<Step> {
        if !self.text_open {
            return None;
        }
        self.text_open = false;
        (self.keep_text && !self.text.is_empty()).then_some(Step::Text)
    }

    /// Behind `<![`: the rest of `<![CDATA[`.
    pub(super) fn cdata_open(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            let Some(expected) = b"CDATA[".get(usize::from(self.matched)) else { break };
            if byte != *expected {
                return self.fail(ErrorKind::Syntax("'<![CDATA['"), cur);
            }
            cur.bump();
            self.matched = self.matched.saturating_add(1);
            if self.matched == 6 {
                // what is read from here on is text again, with the limit of the text it continues
                self.text_bounded = self.text_open;
                self.end_lease(cur);
                self.after_cr = false;
                self.brackets = 0;
                self.state = State::Cdata;
                break;
            }
        }
        Ok(None)
    }

    /// In a CDATA section; `brackets` counts the `]` right before the cursor, up to two.
    pub(super) fn cdata(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.utf8.is_partial() {
            self.beyond_ascii(cur)?;
        }
        loop {
            let run = if self.brackets == 0 { find::run_until(cur.rest(), b']') } else { 0 };
            self.look(run);
            if run > 0 {
                self.open_text(cur);
                self.after_cr = false;
                cur.advance(run);
            }
            let Some(byte) = cur.peek() else { return Ok(None) };
            self.look(1);
            match (byte, self.brackets) {
                (b'>', 2) => {
                    // the brackets that ended the section are in the run, and possibly in an earlier chunk
                    self.text_gap = true;
                    self.text.end = self.hold.offset(cur.pos).wrapping_sub(2);
                    cur.bump();
                    self.brackets = 0;
                    self.unbound_markup();
                    self.state = State::Content;
                    return Ok(None);
                }
                (b']', _) => {
                    // the bracket is text unless the section ends here, which two more bytes decide
                    self.open_bracket(cur);
                    cur.bump();
                }
                _ => {
                    self.brackets = 0;
                    self.open_text(cur);
                    if byte >= 0x80 {
                        self.after_cr = false;
                        let wide = self.valid_run(cur, |bytes| find::wide_run_until(bytes, b']'));
                        cur.advance(wide);
                        if is_beyond_ascii(cur) {
                            self.beyond_ascii(cur)?;
                        }
                    } else if byte < b' ' {
                        self.white_space_or_control(byte, cur)?;
                    } else {
                        self.after_cr = false;
                        cur.bump();
                    }
                }
            }
        }
    }

    fn open_bracket(&mut self, cur: &Cursor<'_>) {
        self.open_text(cur);
        self.after_cr = false;
        self.brackets = self.brackets.saturating_add(1).min(2);
    }
}

/// Whether the next byte is beyond ASCII.
#[inline]
pub(super) fn is_beyond_ascii(cur: &Cursor<'_>) -> bool {
    cur.peek().is_some_and(|byte| byte >= 0x80)
}
