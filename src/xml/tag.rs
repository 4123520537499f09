//! Start tags, empty-element tags, end tags: [40]–[44], [5] `Name`, [10] `AttValue`, `QName`s. Part of the scanner.

use super::class::{is_control, is_name_byte, is_name_char, is_name_start_byte, is_name_start_char, is_space};
use super::find;
use super::namespace::{self, Resolved};
use super::scanner::{Attribute, Cursor, QName, Scanner, Span, State, Step};
use crate::error::{Error, ErrorKind, Limit};

impl Scanner {
    /// The cursor is behind `<`, at the first byte of a name.
    pub(super) fn begin_start_tag(&mut self, cur: &Cursor<'_>) -> Result<(), Error> {
        self.bound_markup(cur);
        self.element_at = self.at(cur.pos).saturating_sub(1);
        if self.open.depth() >= self.limits.depth() {
            return Self::exceeded(Limit::Depth, self.limits.depth(), self.element_at);
        }
        self.begin_token(cur.pos);
        self.attributes.clear();
        self.begin_name(cur);
        self.state = State::StartName;
        Ok(())
    }

    // ---- names --------------------------------------------------------------------------------------------------

    fn begin_name(&mut self, cur: &Cursor<'_>) {
        let start = self.hold.offset(cur.pos);
        self.name = QName { start, local: start, end: start };
        self.name_at = self.at(cur.pos);
        self.name_start = true;
    }

    /// Reads on in a `QName`; true when the cursor is at the byte behind it.
    #[inline]
    fn qname(&mut self, cur: &mut Cursor<'_>) -> Result<bool, Error> {
        loop {
            if !self.utf8.is_partial() {
                let rest = cur.rest();
                let first = rest.first().copied().unwrap_or_default();
                if self.name_start && is_name_start_byte(first) {
                    self.name_start = false;
                }
                let run = if self.name_start { 0 } else { rest.iter().take_while(|b| is_name_byte(**b)).count() };
                self.look(run.wrapping_add(1));
                cur.advance(run);
                self.check_name_length(cur)?;
            }
            let Some(byte) = cur.peek() else { return Ok(false) };
            if byte >= 0x80 || self.utf8.is_partial() {
                if let Some(c) = self.decode(byte, cur)? {
                    let valid = if self.name_start { is_name_start_char(c) } else { is_name_char(c) };
                    if !valid {
                        return Err(Error::new(not_in_name(c), self.utf8.start()));
                    }
                    self.name_start = false;
                }
                cur.bump();
                self.check_name_length(cur)?;
            } else if byte == b':' {
                if self.name_start || self.name.local != self.name.start {
                    return self.fail(ErrorKind::InvalidQName, cur);
                }
                cur.bump();
                self.check_name_length(cur)?;
                self.name.local = self.hold.offset(cur.pos);
                self.name_start = true;
            } else if self.name_start {
                return self.not_a_name(byte, cur);
            } else {
                self.name.end = self.hold.offset(cur.pos);
                return Ok(true);
            }
        }
    }

    /// A name has to begin at the cursor, and does not.
    #[cold]
    fn not_a_name<T>(&self, byte: u8, cur: &Cursor<'_>) -> Result<T, Error> {
        if is_control(byte) {
            self.fail(ErrorKind::InvalidChar, cur)
        } else if self.name.local == self.name.start {
            self.fail(ErrorKind::Syntax("a name"), cur)
        } else {
            self.fail(ErrorKind::InvalidQName, cur)
        }
    }

    #[inline]
    fn check_name_length(&self, cur: &Cursor<'_>) -> Result<(), Error> {
        let max = self.limits.name_length() as u64;
        if self.at(cur.pos).wrapping_sub(self.name_at) > max {
            return Self::exceeded(Limit::NameLength, self.limits.name_length(), self.name_at.saturating_add(max));
        }
        Ok(())
    }

    // ---- start tags ---------------------------------------------------------------------------------------------

    pub(super) fn start_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        if !self.qname(cur)? {
            return Ok(None);
        }
        self.element = self.name;
        self.tag_space = false;
        self.state = State::Tag;
        self.tag(cur)
    }

    /// Behind the element's name or an attribute.
    pub(super) fn tag(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        while let Some(byte) = cur.peek() {
            match byte {
                b'>' => {
                    cur.bump();
                    self.state = State::Content;
                    return self.start_tag_complete(cur).map(Some);
                }
                b'/' => {
                    cur.bump();
                    self.state = State::EmptyClose;
                    return Ok(None);
                }
                _ if is_space(byte) => {
                    self.look(1);
                    self.tag_space = true;
                    cur.bump();
                }
                _ if !self.tag_space => {
                    if is_control(byte) {
                        return self.fail(ErrorKind::InvalidChar, cur);
                    }
                    return self.fail(ErrorKind::Syntax("white space, '/' or '>' in a start tag"), cur);
                }
                _ => {
                    if self.attributes.len() >= self.limits.attributes() {
                        return Self::exceeded(Limit::Attributes, self.limits.attributes(), self.at(cur.pos));
                    }
                    self.begin_name(cur);
                    self.state = State::AttributeName;
                    return self.attribute_name(cur);
                }
            }
        }
        Ok(None)
    }

    pub(super) fn attribute_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        if !self.qname(cur)? {
            return Ok(None);
        }
        self.state = State::AttributeEq;
        self.attribute_eq(cur)
    }

    pub(super) fn attribute_eq(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if byte == b'=' {
                cur.bump();
                self.state = State::AttributeQuote;
                return self.attribute_quote(cur);
            }
            self.expect_space(byte, "'=' behind an attribute's name", cur)?;
        }
        Ok(None)
    }

    pub(super) fn attribute_quote(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if byte == b'"' || byte == b'\'' {
                cur.bump();
                self.quote = byte;
                self.value_start = self.hold.offset(cur.pos);
                self.after_cr = false;
                self.state = State::AttributeValue;
                return self.attribute_value(cur);
            }
            self.expect_space(byte, "an attribute's value in quotes", cur)?;
        }
        Ok(None)
    }

    fn expect_space(&self, byte: u8, expected: &'static str, cur: &mut Cursor<'_>) -> Result<(), Error> {
        if is_space(byte) {
            cur.bump();
            return Ok(());
        }
        self.fail(if is_control(byte) { ErrorKind::InvalidChar } else { ErrorKind::Syntax(expected) }, cur)
    }

    pub(super) fn attribute_value(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        if self.utf8.is_partial() {
            self.beyond_ascii(cur)?;
        }
        loop {
            let run = find::value_run(cur.rest(), self.quote);
            self.look(run.wrapping_add(1));
            if run > 0 {
                self.after_cr = false;
                cur.advance(run);
            }
            let Some(byte) = cur.peek() else { return Ok(None) };
            match byte {
                _ if byte == self.quote => {
                    let value = Span { start: self.value_start, end: self.hold.offset(cur.pos) };
                    self.attributes.push(Attribute {
                        name: self.name,
                        value,
                        at: self.name_at,
                        namespace: Resolved::NONE,
                        is_declaration: false,
                    });
                    cur.bump();
                    self.tag_space = false;
                    self.state = State::Tag;
                    return self.tag(cur);
                }
                b'<' => return self.fail(ErrorKind::Syntax("no '<' in an attribute's value"), cur),
                b'&' => {
                    self.begin_reference(State::AttributeValue, cur);
                    return Ok(None);
                }
                _ if byte >= 0x80 => {
                    self.after_cr = false;
                    self.beyond_ascii(cur)?;
                }
                _ if is_control(byte) => return self.fail(ErrorKind::InvalidChar, cur),
                _ => {
                    // 2.11 makes CR LF one character, 3.3.3 makes each white space character a space
                    let swallowed = byte == b'\n' && self.after_cr;
                    self.hold.replace(cur.chunk, cur.pos, 1, if swallowed { b"" } else { b" " });
                    self.after_cr = byte == b'\r';
                    cur.bump();
                }
            }
        }
    }

    pub(super) fn empty_close(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        let Some(byte) = cur.peek() else { return Ok(None) };
        self.look(1);
        if byte != b'>' {
            return self.fail(ErrorKind::Syntax("'>' behind '/'"), cur);
        }
        cur.bump();
        self.state = State::EmptyEnd;
        self.start_tag_complete(cur).map(Some)
    }

    pub(super) fn empty_end(&mut self) -> Step {
        self.element_ends();
        Step::End
    }

    /// Everything that only the whole tag can tell: namespaces, and that no attribute is there twice.
    fn start_tag_complete(&mut self, cur: &Cursor<'_>) -> Result<Step, Error> {
        self.look(1);
        self.hold.settle(cur.chunk, cur.pos);
        if !self.attributes.is_empty() {
            self.declare_namespaces(cur)?;
        }
        let run = self.hold.run(cur.chunk, cur.pos);
        let prefix = self.element.prefix(run);
        match self.namespaces.resolve(prefix) {
            Some(resolved) => self.element_namespace = resolved,
            None if prefix == b"xmlns" => return Err(Error::new(ErrorKind::ReservedNamespace, self.element_at)),
            None => return Err(Error::new(ErrorKind::UndeclaredPrefix, self.element_at.saturating_add(1))),
        }
        // limits: a name is shorter than 64 KiB
        #[allow(clippy::cast_possible_truncation)]
        let local = self.element.local.saturating_sub(self.element.start) as u16;
        self.open.push(self.element.whole(run), local);
        if !self.attributes.is_empty() {
            self.resolve_attributes(cur)?;
        }
        Ok(Step::Start)
    }

    fn declare_namespaces(&mut self, cur: &Cursor<'_>) -> Result<(), Error> {
        let run = self.hold.run(cur.chunk, cur.pos);
        // the element is pushed after this, so it will be the one after those open now
        let depth = self.open.depth().saturating_add(1);
        for attribute in &mut self.attributes {
            let local = attribute.name.local(run);
            let prefix = match attribute.name.prefix(run) {
                b"" if local == b"xmlns" => b"",
                b"xmlns" => local,
                _ => continue,
            };
            attribute.is_declaration = true;
            let uri = attribute.value.of(run);
            let reserved = match prefix {
                b"xmlns" => true,
                b"xml" => uri != namespace::XML,
                b"" => uri == namespace::XML || uri == namespace::XMLNS,
                _ => uri.is_empty() || uri == namespace::XML || uri == namespace::XMLNS,
            };
            if reserved {
                return Err(Error::new(ErrorKind::ReservedNamespace, attribute.at));
            }
            if prefix == b"xml" {
                continue; // it means that anyway
            }
            if self.namespaces.len() >= self.limits.namespaces() {
                return Self::exceeded(Limit::Namespaces, self.limits.namespaces(), attribute.at);
            }
            self.namespaces.declare(prefix, uri, depth);
            if self.namespaces.bytes() > self.limits.namespace_bytes() {
                return Self::exceeded(Limit::NamespaceBytes, self.limits.namespace_bytes(), attribute.at);
            }
        }
        Ok(())
    }

    fn resolve_attributes(&mut self, cur: &Cursor<'_>) -> Result<(), Error> {
        let run = self.hold.run(cur.chunk, cur.pos);
        for attribute in &mut self.attributes {
            let prefix = attribute.name.prefix(run);
            if attribute.is_declaration || prefix.is_empty() {
                continue; // 6.2: the default namespace is not for attributes
            }
            match self.namespaces.resolve(prefix) {
                Some(resolved) => attribute.namespace = resolved,
                None => return Err(Error::new(ErrorKind::UndeclaredPrefix, attribute.at)),
            }
        }
        // quadratic in a number that a limit keeps small; no hash table that a peer could flood
        for (at, attribute) in self.attributes.iter().enumerate() {
            let earlier = self.attributes.get(..at).unwrap_or_default();
            let repeated = earlier.iter().any(|other| {
                if attribute.is_declaration || other.is_declaration {
                    attribute.name.whole(run) == other.name.whole(run)
                } else {
                    attribute.name.local(run) == other.name.local(run)
                        && self.namespaces.same(attribute.namespace, other.namespace)
                }
            });
            if repeated {
                return Err(Error::new(ErrorKind::DuplicateAttribute, attribute.at));
            }
        }
        Ok(())
    }

    // ---- end tags -----------------------------------------------------------------------------------------------

    /// Behind `</`: the name has to be the open element's, byte for byte.
    pub(super) fn end_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        let rest = cur.rest();
        let expected = self.open.top().0.get(self.end_matched..).unwrap_or_default();
        if rest.starts_with(expected) && rest.get(expected.len()) == Some(&b'>') {
            let taken = expected.len().wrapping_add(1);
            self.look(taken);
            cur.advance(taken);
            return Ok(Some(self.end_tag_complete()));
        }
        let same = expected.iter().zip(rest).take_while(|(expected, byte)| expected == byte).count();
        let all = same == expected.len();
        self.look(same.wrapping_add(1));
        self.end_matched = self.end_matched.saturating_add(same);
        cur.advance(same);
        let Some(byte) = cur.peek() else { return Ok(None) };
        if !all || is_name_byte(byte) || byte == b':' || byte >= 0x80 {
            return self.fail(ErrorKind::MismatchedEndTag, cur);
        }
        self.state = State::EndSpace;
        self.end_space(cur)
    }

    pub(super) fn end_space(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Error> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if byte == b'>' {
                cur.bump();
                return Ok(Some(self.end_tag_complete()));
            }
            self.expect_space(byte, "'>' behind an end tag's name", cur)?;
        }
        Ok(None)
    }

    #[inline]
    fn end_tag_complete(&mut self) -> Step {
        self.element_ends();
        Step::End
    }

    #[inline]
    fn element_ends(&mut self) {
        self.pop_pending = true;
        self.behind_root = self.open.depth() <= 1;
        self.state = if self.behind_root { State::Epilog } else { State::Content };
    }
}

fn not_in_name(c: char) -> ErrorKind {
    if super::class::is_char(c) {
        ErrorKind::Syntax("a character that may stand in a name")
    } else {
        ErrorKind::InvalidChar
    }
}
