//! Start tags, empty-element tags, end tags: [40]–[44], [5] `Name`, [10] `AttValue`, `QName`s. Part of the scanner.

use super::class::{is_control, is_name_byte, is_name_char, is_name_start_byte, is_name_start_char, is_space};
use super::find;
use super::namespace::{self, Resolved};
use super::scanner::{Attribute, Cursor, QName, Scanner, Span, State, Step, Stop};
use super::text::is_beyond_ascii;
use crate::error::{Error, ErrorKind, Limit};

impl Scanner {
    /// The cursor is behind `<`, at the first byte of a name.
    pub(super) fn begin_start_tag(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        self.bound_markup(cur);
        self.element_at = self.at(cur.pos).saturating_sub(1);
        if self.open.depth() >= self.limits.depth() {
            return self.exceeded(Limit::Depth, self.limits.depth(), self.element_at);
        }
        self.begin_token(cur.pos);
        self.begin_attributes();
        let Some((local, len)) = whole_name(cur.rest()).filter(|(_, len)| *len <= self.limits.name_length()) else {
            self.begin_name(cur);
            self.state = State::StartName;
            return self.start_name(cur);
        };
        self.whole_element_name(local, len, cur);
        self.tag(cur)
    }

    pub(super) fn begin_attributes(&mut self) {
        self.attributes.clear();
        self.may_declare = false;
        self.prefixed = false;
    }

    /// Takes the element's name, which has been found at the cursor.
    #[inline]
    pub(super) fn whole_element_name(&mut self, local: usize, len: usize, cur: &mut Cursor<'_>) {
        self.element = self.name_at_cursor(local, len, cur);
        self.tag_space = false;
        self.state = State::Tag;
        self.look(len.wrapping_add(1));
        cur.advance(len);
    }

    #[inline]
    pub(super) fn name_at_cursor(&self, local: usize, len: usize, cur: &Cursor<'_>) -> QName {
        let offset = |at: usize| self.hold.offset(cur.pos.wrapping_add(at));
        QName { start: offset(0), local: offset(local), end: offset(len) }
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
    fn qname(&mut self, cur: &mut Cursor<'_>) -> Result<bool, Stop> {
        loop {
            if !self.utf8.is_partial() {
                let rest = cur.rest();
                if self.name_start && rest.first().is_some_and(|byte| is_name_start_byte(*byte)) {
                    self.name_start = false;
                }
                if !self.name_start {
                    let run = rest.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(rest.len());
                    self.look(run);
                    cur.advance(run);
                    self.check_name_length(cur)?;
                }
                self.look(1);
            }
            let Some(byte) = cur.peek() else { return Ok(false) };
            if byte >= 0x80 || self.utf8.is_partial() {
                if let Some(c) = self.decode(byte, cur)? {
                    let valid = if self.name_start { is_name_start_char(c) } else { is_name_char(c) };
                    if !valid {
                        return self.stop(not_in_name(c), self.utf8.start());
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
    fn not_a_name<T>(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<T, Stop> {
        if is_control(byte) {
            self.fail(ErrorKind::InvalidChar, cur)
        } else if self.name.local == self.name.start {
            self.fail(ErrorKind::Syntax("a name"), cur)
        } else {
            self.fail(ErrorKind::InvalidQName, cur)
        }
    }

    #[inline]
    fn check_name_length(&mut self, cur: &Cursor<'_>) -> Result<(), Stop> {
        let max = self.limits.name_length() as u64;
        if self.at(cur.pos).wrapping_sub(self.name_at) > max {
            return self.exceeded(Limit::NameLength, self.limits.name_length(), self.name_at.saturating_add(max));
        }
        Ok(())
    }

    // ---- start tags ---------------------------------------------------------------------------------------------

    pub(super) fn start_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if !self.qname(cur)? {
            return Ok(None);
        }
        self.element = self.name;
        self.tag_space = false;
        self.state = State::Tag;
        self.tag(cur)
    }

    /// Behind the element's name or an attribute.
    pub(super) fn tag(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if cur.peek() == Some(b' ') {
            self.take_whole_attributes(cur);
        }
        if self.state != State::Tag {
            return Ok(None);
        }
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
                    return self.empty_close(cur);
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
                        return self.exceeded(Limit::Attributes, self.limits.attributes(), self.at(cur.pos));
                    }
                    self.may_declare |= byte == b'x';
                    self.begin_name(cur);
                    self.state = State::AttributeName;
                    return self.attribute_name(cur);
                }
            }
        }
        Ok(None)
    }

    /// Behind an element's name or an attribute: takes the attributes that come and are plain. Where only the value of the next
    /// is not, that value has begun.
    pub(super) fn take_whole_attributes(&mut self, cur: &mut Cursor<'_>) {
        while self.take_whole_attribute(cur) {}
    }

    #[inline]
    fn take_whole_attribute(&mut self, cur: &mut Cursor<'_>) -> bool {
        let [b' ', rest @ ..] = cur.rest() else { return false };
        if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
            return false;
        }
        let Some((local, len)) = whole_name(rest) else { return false };
        let Some([b'=', quote @ (b'"' | b'\''), value @ ..]) = rest.get(len..) else { return false };
        if len > self.limits.name_length() || self.attributes.len() >= self.limits.attributes() {
            return false;
        }
        let run = find::value_run_of_usual(value, *quote);
        self.look(len.wrapping_add(run).wrapping_add(3));
        self.may_declare |= rest.first() == Some(&b'x');
        self.prefixed |= local > 0;
        cur.bump();
        let name = self.name_at_cursor(local, len, cur);
        let at = self.at(cur.pos);
        cur.advance(len.wrapping_add(2));
        if value.get(run) != Some(quote) {
            self.name = name;
            self.name_at = at;
            self.name_start = false;
            self.value_begins(*quote, cur);
            cur.advance(run);
            return false;
        }
        let start = self.hold.offset(cur.pos);
        cur.advance(run);
        let value = Span { start, end: self.hold.offset(cur.pos) };
        self.attributes.push(Attribute { name, value, at, namespace: Resolved::NONE, is_declaration: false });
        self.tag_space = false;
        cur.bump();
        true
    }

    pub(super) fn attribute_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if !self.qname(cur)? {
            return Ok(None);
        }
        self.prefixed |= self.name.local != self.name.start;
        self.state = State::AttributeEq;
        self.attribute_eq(cur)
    }

    pub(super) fn attribute_eq(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
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

    pub(super) fn attribute_quote(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        while let Some(byte) = cur.peek() {
            self.look(1);
            if byte == b'"' || byte == b'\'' {
                cur.bump();
                self.value_begins(byte, cur);
                return self.attribute_value(cur);
            }
            self.expect_space(byte, "an attribute's value in quotes", cur)?;
        }
        Ok(None)
    }

    fn expect_space(&mut self, byte: u8, expected: &'static str, cur: &mut Cursor<'_>) -> Result<(), Stop> {
        if is_space(byte) {
            cur.bump();
            return Ok(());
        }
        self.fail(if is_control(byte) { ErrorKind::InvalidChar } else { ErrorKind::Syntax(expected) }, cur)
    }

    #[inline]
    pub(super) fn value_begins(&mut self, quote: u8, cur: &Cursor<'_>) {
        self.quote = quote;
        self.value_start = self.hold.offset(cur.pos);
        self.after_cr = false;
        self.state = State::AttributeValue;
    }

    /// The cursor is at the quote that ends the value.
    #[inline]
    pub(super) fn value_ends(&mut self, cur: &mut Cursor<'_>) {
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
    }

    pub(super) fn attribute_value(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.utf8.is_partial() {
            self.beyond_ascii(cur)?;
        }
        loop {
            // behind references, most often the value ends
            let run = if cur.peek() == Some(self.quote) { 0 } else { find::value_run(cur.rest(), self.quote) };
            self.look(run);
            if run > 0 {
                self.after_cr = false;
                cur.advance(run);
            }
            let Some(byte) = cur.peek() else { return Ok(None) };
            self.look(1);
            match byte {
                _ if byte == self.quote => {
                    self.value_ends(cur);
                    return Ok(None);
                }
                b'<' => return self.fail(ErrorKind::Syntax("no '<' in an attribute's value"), cur),
                b'&' if self.whole_references(State::AttributeValue, cur) => {}
                b'&' => {
                    self.begin_reference(State::AttributeValue, cur);
                    return Ok(None);
                }
                _ if byte >= 0x80 => {
                    self.after_cr = false;
                    let quote = self.quote;
                    let wide = self.valid_run(cur, |bytes| find::wide_value_run(bytes, quote));
                    cur.advance(wide);
                    if is_beyond_ascii(cur) {
                        self.beyond_ascii(cur)?;
                    }
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

    pub(super) fn empty_close(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
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
    fn start_tag_complete(&mut self, cur: &Cursor<'_>) -> Result<Step, Stop> {
        self.look(1);
        self.hold.settle(cur.chunk, cur.pos);
        if self.may_declare
            && let Err(error) = self.declare_namespaces(cur)
        {
            return self.stop(error.kind(), error.offset());
        }
        let run = self.hold.run(cur.chunk, cur.pos);
        let prefix = self.element.prefix(run);
        let Some(resolved) = self.namespaces.resolve_element(prefix) else {
            let reserved = prefix == b"xmlns";
            let kind = if reserved { ErrorKind::ReservedNamespace } else { ErrorKind::UndeclaredPrefix };
            return self.stop(kind, self.element_at.saturating_add(1));
        };
        self.element_namespace = resolved;
        // limits: a name is shorter than 64 KiB
        #[allow(clippy::cast_possible_truncation)]
        let local = self.element.local.saturating_sub(self.element.start) as u16;
        self.open.push(self.element.whole(run), local);
        if self.prefixed
            && let Err(error) = self.resolve_attributes(cur)
        {
            return self.stop(error.kind(), error.offset());
        }
        if self.attributes.len() > 1
            && let Some(repeated) = self.repeated_attribute(cur)
        {
            return self.stop(ErrorKind::DuplicateAttribute, repeated);
        }
        Ok(Step::Start)
    }

    fn declare_namespaces(&mut self, cur: &Cursor<'_>) -> Result<(), Error> {
        let run = self.hold.run(cur.chunk, cur.pos);
        // the element is pushed after this, so it will be the one after those open now
        let depth = self.open.depth().saturating_add(1);
        for attribute in &mut self.attributes {
            let name = attribute.name.whole(run);
            if !name.starts_with(b"xmlns") {
                continue;
            }
            let prefix: &[u8] = match name.get(5..) {
                Some([]) => b"",
                Some([b':', prefix @ ..]) => prefix,
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
            let exceeded = |limit, max| Err(Error::new(ErrorKind::LimitExceeded { limit, max }, attribute.at));
            if self.namespaces.len() >= self.limits.namespaces() {
                return exceeded(Limit::Namespaces, self.limits.namespaces());
            }
            self.namespaces.declare(prefix, uri, depth);
            if self.namespaces.bytes() > self.limits.namespace_bytes() {
                return exceeded(Limit::NamespaceBytes, self.limits.namespace_bytes());
            }
        }
        Ok(())
    }

    fn resolve_attributes(&mut self, cur: &Cursor<'_>) -> Result<(), Error> {
        let run = self.hold.run(cur.chunk, cur.pos);
        for attribute in &mut self.attributes {
            // 6.2: the default namespace is not for attributes
            if attribute.name.local != attribute.name.start && !attribute.is_declaration {
                match self.namespaces.resolve(attribute.name.prefix(run)) {
                    Some(resolved) => attribute.namespace = resolved,
                    None => return Err(Error::new(ErrorKind::UndeclaredPrefix, attribute.at)),
                }
            }
        }
        Ok(())
    }

    /// Where an attribute is that has the name of an earlier one. Quadratic in a number that a limit keeps small; no hash
    /// table that a peer could flood.
    pub(super) fn repeated_attribute(&self, cur: &Cursor<'_>) -> Option<u64> {
        let run = self.hold.run(cur.chunk, cur.pos);
        let same = |one: &Attribute, other: &Attribute| {
            if one.is_declaration || other.is_declaration {
                one.name.whole(run) == other.name.whole(run)
            } else {
                one.name.local(run) == other.name.local(run) && self.namespaces.same(one.namespace, other.namespace)
            }
        };
        for (at, attribute) in self.attributes.iter().enumerate().skip(1) {
            let earlier = self.attributes.get(..at).unwrap_or_default();
            // most differ in length, which takes no look at them
            let len = attribute.name.local_len();
            if earlier.iter().any(|earlier| earlier.name.local_len() == len && same(earlier, attribute)) {
                return Some(attribute.at);
            }
        }
        None
    }

    // ---- end tags -----------------------------------------------------------------------------------------------

    /// Behind `</`: the name has to be the open element's, byte for byte.
    pub(super) fn end_name(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
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

    pub(super) fn end_space(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
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

/// Where the local part of the `QName` that comes first begins, and where it ends. `None`: it is cut or nearly so, or not of
/// ASCII alone, or no `QName`, all of which have rules of their own.
#[inline]
pub(super) fn whole_name(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut local = 0;
    let mut at: usize = 0;
    loop {
        let word = bytes.get(at..)?.first_chunk()?;
        let mut others = find::others_than_alphanumeric(*word);
        while others != 0 {
            let bits = others.trailing_zeros() & !7;
            let place = at.wrapping_add((bits / 8) as usize);
            #[allow(clippy::cast_possible_truncation)] // the byte at that place
            let byte = (u64::from_le_bytes(*word) >> bits) as u8;
            if byte == b':' && local == 0 {
                local = place.wrapping_add(1);
            } else if !is_name_byte(byte) {
                let begins = |at: usize| bytes.get(at).is_some_and(|byte| is_name_start_byte(*byte));
                let whole = byte != b':' && byte.is_ascii() && begins(local) && (local == 0 || begins(0));
                return whole.then_some((local, place));
            }
            others &= others.wrapping_sub(1);
        }
        at = at.wrapping_add(8);
    }
}

fn not_in_name(c: char) -> ErrorKind {
    if super::class::is_char(c) {
        ErrorKind::Syntax("a character that may stand in a name")
    } else {
        ErrorKind::InvalidChar
    }
}
