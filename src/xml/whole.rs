//! Elements without children that are all in the chunk and plain, taken in one go. Part of the scanner.
//!
//! Such are the parts of an event: `<t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>`, `<t:ItemId Id="AAMk" ChangeKey="CQAA"/>`.
//! Step by step each takes a start, perhaps a text, and an end, with all that has to be remembered between two, though
//! nothing can come between them.
//!
//! What is taken is what the machine would accept, and it means the same. Where something is unusual (a declaration, a prefixed
//! or repeated attribute, a reference, anything beyond ASCII), wrong, cut, or beyond a limit, the machine goes on from there, in
//! the state that it would have come to by itself. Only a text that cannot be taken is looked at again.

use super::class::is_space;
use super::find;
use super::scanner::{Cursor, Scanner, Span, State};
use super::tag::whole_name;

impl Scanner {
    /// Between the children of an element that is held and whose own text is not wanted: takes the next child, if it can be
    /// taken whole, and white space before it. Its name, attributes and text are then the latest token's.
    #[inline]
    pub(crate) fn take_whole_element(&mut self, cur: &mut Cursor<'_>) -> bool {
        if self.state != State::Content || self.text_open || self.keep_text || !self.holds() {
            return false;
        }
        self.leave_done_token();
        let space = cur.rest().iter().take_while(|byte| is_space(**byte)).count();
        let Some((b'<', bytes)) = cur.rest().get(space..).and_then(<[u8]>::split_first) else { return false };
        let Some((local, name)) = whole_name(bytes) else { return false };
        if name > self.limits.name_length() || self.open.depth() >= self.limits.depth() {
            return false;
        }
        // as if the machine had read the name
        cur.advance(space.wrapping_add(1));
        self.element_at = self.at(cur.pos).saturating_sub(1);
        self.begin_token(cur.pos);
        self.begin_attributes();
        self.whole_element_name(local, name, cur);
        self.look(space.wrapping_add(1));
        if cur.peek() == Some(b' ') {
            self.take_whole_attributes(cur);
        }
        let Some((text, len)) = self.end_of_whole_element(bytes.get(..name).unwrap_or_default(), cur) else {
            return false;
        };
        let prefix = bytes.get(..local.saturating_sub(1)).unwrap_or_default();
        let Some(resolved) = self.namespaces.resolve_element(prefix) else { return false };
        self.element_namespace = resolved;
        let begin = cur.pos.wrapping_add(1);
        self.text = Span { start: self.hold.offset(begin), end: self.hold.offset(begin.wrapping_add(text)) };
        self.state = State::Content;
        cur.advance(len);
        self.hold.settle(cur.chunk, cur.pos);
        true
    }

    /// Behind the attributes: how long the element's text is, and what is left of the element. `None`: it is not whole, or has
    /// more than text.
    #[inline]
    fn end_of_whole_element(&mut self, name: &[u8], cur: &Cursor<'_>) -> Option<(usize, usize)> {
        if self.state != State::Tag
            || self.may_declare
            || self.prefixed
            || self.attributes.len() > 1 && self.repeated_attribute(cur).is_some()
        {
            return None;
        }
        let text = match cur.rest() {
            [b'/', b'>', ..] => return Some((0, 2)),
            [b' ', b'/', b'>', ..] => return Some((0, 3)),
            [b'>', text @ ..] => text,
            _ => return None,
        };
        let run = find::text_run_of_usual(text);
        self.look(run);
        let behind = text.get(run..)?.strip_prefix(b"</")?.strip_prefix(name)?;
        self.look(name.len().wrapping_add(2));
        (behind.first() == Some(&b'>')).then(|| (run, run.wrapping_add(name.len()).wrapping_add(4)))
    }
}
