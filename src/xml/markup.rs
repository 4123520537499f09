//! What begins with `<`: which markup it is; comments [15] and processing instructions [16], [17]. Part of the scanner.

use super::class::{is_control, is_name_byte, is_name_char, is_name_start_byte, is_name_start_char, is_space};
use super::find;
use super::scanner::{Cursor, Scanner, State, Step, Stop};
use super::text::is_beyond_ascii;
use crate::error::{ErrorKind, Limit};

impl Scanner {
    /// Behind `<`.
    pub(super) fn lt(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        // a CDATA section would go on with the text; anything else ends it
        if byte != b'!'
            && let Some(step) = self.take_text()
        {
            return Ok(Some(step));
        }
        let inside = self.open.depth() > 0;
        match byte {
            b'/' if inside => {
                self.bound_markup(cur);
                self.end_matched = 0;
                cur.bump();
                self.state = State::EndName;
                self.end_name(cur)
            }
            b'!' => {
                self.bound_markup(cur);
                cur.bump();
                self.state = State::Bang;
                Ok(None)
            }
            b'?' => {
                self.bound_markup(cur);
                cur.bump();
                self.begin_pi(cur);
                Ok(None)
            }
            _ if is_name_start_byte(byte) || byte >= 0x80 || byte == b':' => {
                if !inside {
                    self.begin_root(cur)?;
                }
                self.begin_start_tag(cur)
            }
            0 if self.mark == 1 && !inside => self.unsupported(b"UTF-16LE", self.at(cur.pos).saturating_sub(1)),
            _ if is_control(byte) => self.fail(ErrorKind::InvalidChar, cur),
            _ => self.fail(ErrorKind::Syntax("a tag, comment or processing instruction behind '<'"), cur),
        }
    }

    /// A root element begins: of the first document, or behind another root of the next.
    fn begin_root(&mut self, cur: &Cursor<'_>) -> Result<(), Stop> {
        if self.behind_root {
            if !self.many_documents {
                return self.fail(ErrorKind::OutsideRoot, cur);
            }
            self.behind_root = false;
            self.ascii_only = false;
        }
        Ok(())
    }

    /// Behind `<!`.
    pub(super) fn bang(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        // a text that ends here comes before what is wrong here, too
        if byte != b'['
            && let Some(step) = self.take_text()
        {
            return Ok(Some(step));
        }
        let inside = self.open.depth() > 0;
        match byte {
            b'-' => {
                self.bound_after_text(cur);
                cur.bump();
                self.state = State::CommentOpen;
                Ok(None)
            }
            b'[' if inside => {
                cur.bump();
                self.matched = 0;
                self.state = State::CdataOpen;
                Ok(None)
            }
            b'D' => self.stop(ErrorKind::DtdForbidden, self.at(cur.pos).saturating_sub(2)),
            _ => self.fail(ErrorKind::Syntax("'<!--' or '<![CDATA['"), cur),
        }
    }

    /// The text before a comment was reported between its `<!` and its `--`, which ended the bound set at the `<`.
    fn bound_after_text(&mut self, cur: &Cursor<'_>) {
        self.bound_markup(cur);
        if !self.holds() {
            self.bound_from = self.bound_from.saturating_sub(1);
        }
    }

    // ---- comments -----------------------------------------------------------------------------------------------

    /// Behind `<!-`.
    pub(super) fn comment_open(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        if byte != b'-' {
            return self.fail(ErrorKind::Syntax("'<!--'"), cur);
        }
        cur.bump();
        self.state = State::Comment;
        Ok(None)
    }

    pub(super) fn comment(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        self.skip_until(b'-', State::CommentDash, cur)
    }

    pub(super) fn comment_dash(&mut self, cur: &mut Cursor<'_>) {
        self.state = State::Comment;
        if cur.peek() == Some(b'-') {
            self.look(1);
            cur.bump();
            self.state = State::CommentDashDash;
        }
    }

    pub(super) fn comment_dash_dash(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        if byte != b'>' {
            return self.fail(ErrorKind::DoubleHyphenInComment, cur);
        }
        cur.bump();
        self.misc_complete();
        Ok(None)
    }

    /// Characters that mean nothing here, up to `stop`, which leads to the state `then`.
    fn skip_until(&mut self, stop: u8, then: State, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.utf8.is_partial() {
            self.beyond_ascii(cur)?;
        }
        loop {
            let run = find::run_until(cur.rest(), stop);
            self.look(run);
            cur.advance(run);
            let Some(byte) = cur.peek() else { return Ok(None) };
            self.look(1);
            if byte >= 0x80 {
                let wide = self.valid_run(cur, |bytes| find::wide_run_until(bytes, stop));
                cur.advance(wide);
                if is_beyond_ascii(cur) {
                    self.beyond_ascii(cur)?;
                }
                continue;
            }
            if is_control(byte) {
                return self.fail(ErrorKind::InvalidChar, cur);
            }
            cur.bump();
            if byte == stop {
                self.state = then;
                return Ok(None);
            }
        }
    }

    /// A comment or processing instruction is over.
    fn misc_complete(&mut self) {
        self.unbound_markup();
        self.state = if self.open.depth() > 0 {
            State::Content
        } else if self.behind_root {
            State::Epilog
        } else {
            State::Prolog
        };
    }

    // ---- processing instructions --------------------------------------------------------------------------------

    /// Behind `<?`.
    fn begin_pi(&mut self, cur: &Cursor<'_>) {
        self.name_start = true;
        self.matched = 0;
        self.pi_is_xml = true;
        self.declaration_allowed = self.declaration_allowed && self.open.depth() == 0;
        self.name_at = self.at(cur.pos);
        self.state = State::PiTarget;
    }

    /// In the target, which must not be `xml` in any case, except for `xml` itself where a declaration may stand.
    pub(super) fn pi_target(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if byte >= 0x80 || self.utf8.is_partial() {
                if let Some(c) = self.decode(byte, cur)? {
                    let valid = if self.name_start { is_name_start_char(c) } else { is_name_char(c) };
                    if !valid {
                        return self.stop(ErrorKind::Syntax("a processing instruction's target"), self.utf8.start());
                    }
                    self.name_start = false;
                }
                self.pi_is_xml = false;
            } else if byte == b':' {
                return self.fail(ErrorKind::InvalidQName, cur);
            } else if if self.name_start { is_name_start_byte(byte) } else { is_name_byte(byte) } {
                self.name_start = false;
                let expected = b"xml".get(usize::from(self.matched)).copied();
                self.pi_is_xml = self.pi_is_xml && expected == Some(byte.to_ascii_lowercase());
                // the case counts: only `xml` as written begins a declaration
                self.declaration_allowed = self.declaration_allowed && expected == Some(byte);
                self.matched = self.matched.saturating_add(1).min(4);
            } else if self.name_start {
                return self.fail(ErrorKind::Syntax("a processing instruction's target"), cur);
            } else {
                return self.pi_target_complete(byte, cur);
            }
            cur.bump();
            let max = self.limits.name_length();
            if self.at(cur.pos).wrapping_sub(self.name_at) > max as u64 {
                return self.exceeded(Limit::NameLength, max, self.name_at.saturating_add(max as u64));
            }
        }
        Ok(None)
    }

    /// The target is read, `byte` follows it.
    fn pi_target_complete(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.pi_is_xml && self.matched == 3 {
            if !self.declaration_allowed {
                let at = self.name_at.saturating_sub(2);
                let what = "it stands at the beginning of a document only, and in lower case";
                return self.stop(ErrorKind::XmlDeclaration(what), at);
            }
            if !is_space(byte) {
                return self.fail(ErrorKind::XmlDeclaration("white space is missing"), cur);
            }
            if self.behind_root {
                self.behind_root = false;
                self.ascii_only = false;
            }
            self.begin_xml_declaration();
        } else {
            self.state = State::PiTargetEnd;
        }
        Ok(None)
    }

    pub(super) fn pi_target_end(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        self.state = match byte {
            b'?' => State::PiQuestion,
            _ if is_space(byte) => State::Pi,
            _ if is_control(byte) => return self.fail(ErrorKind::InvalidChar, cur),
            _ => return self.fail(ErrorKind::Syntax("white space or '?>' behind a target"), cur),
        };
        // `<?p?>` ends at once, `<?p?x` never was one
        self.pi_has_data = byte != b'?';
        cur.bump();
        Ok(None)
    }

    pub(super) fn pi(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        self.skip_until(b'?', State::PiQuestion, cur)
    }

    pub(super) fn pi_question(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        match byte {
            b'>' => {
                self.look(1);
                cur.bump();
                self.misc_complete();
            }
            _ if !self.pi_has_data => return self.fail(ErrorKind::Syntax("'?>'"), cur),
            _ => self.state = State::Pi,
        }
        Ok(None)
    }
}
