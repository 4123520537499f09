//! Where the parts of a message are: offsets, no bytes. Depends on the scanner's spans.
//!
//! A view is these offsets and the run they point into; both are lent together.

use alloc::string::String;

use super::vocabulary::EventKind;
use crate::xml::{Span, from_utf8};

const WORD: usize = size_of::<usize>();
/// How many bytes a check of UTF-8 takes at a time where it is quick.
const BLOCK: usize = if cfg!(feature = "simdutf8") { 64 } else { 2 * WORD };

/// A part that may be absent; present and empty is another thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field(Span);

impl Field {
    pub(super) const ABSENT: Self = Self(Span { start: u32::MAX, end: u32::MAX });

    pub(super) const fn new(span: Span) -> Self {
        Self(span)
    }

    /// Where no part of a message is, also for those that are moved by [`EventFields::become_like`].
    const BEYOND: u32 = u32::MAX - 8;

    #[inline]
    pub(super) const fn is_present(self) -> bool {
        self.0.start <= Self::BEYOND
    }

    /// Takes the value unless there is one: of a repeated element the first counts.
    pub(super) fn set(&mut self, span: Span) {
        if !self.is_present() {
            self.0 = span;
        }
    }

    #[inline]
    pub(super) fn span(self) -> Option<Span> {
        self.is_present().then_some(self.0)
    }

    #[inline]
    pub(super) fn text(self, run: &str) -> Option<&str> {
        // what is absent lies beyond any run
        run.get(self.0.start as usize..self.0.end as usize)
    }
}

/// A held run as text. The scanner has checked it, so this cannot fail; safe Rust asks for the check all the same. Once for
/// the whole run it is cheaper than for each of its parts.
#[inline]
pub(super) fn text_of(run: &[u8]) -> &str {
    from_utf8(run).unwrap_or_default()
}

/// How many of the first bytes lie before an address at which a check of UTF-8 is quick: it takes two words at a time, but what
/// is before the first or behind the last byte by byte, in turns that no processor foresees.
#[inline]
pub(super) fn unaligned(bytes: &[u8]) -> usize {
    bytes.as_ptr().addr().wrapping_neg() % WORD
}

/// The first `len` bytes, known to be ASCII, as text. For the reason that [`unaligned`] gives, what is behind them is looked at
/// as well, where it is text.
#[inline]
pub(super) fn ascii_text(bytes: &[u8], len: usize) -> &str {
    let blocks = len.wrapping_add(BLOCK - 1) & !(BLOCK - 1);
    let more = bytes.get(..blocks).and_then(|more| from_utf8(more));
    match more.and_then(|more| more.get(..len)) {
        Some(text) => text,
        None => text_of(bytes.get(..len).unwrap_or_default()),
    }
}

/// `span` without XML white space at its ends, as the schema's types for codes, ids, numbers and times have it.
#[inline]
pub(super) fn trimmed(run: &[u8], span: Span) -> Span {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    let bytes = span.of(run);
    // the usual case
    if let ([first, ..], [.., last]) = (bytes, bytes)
        && !is_space(first)
        && !is_space(last)
    {
        return span;
    }
    let Some(first) = bytes.iter().position(|byte| !is_space(byte)) else {
        return Span { start: span.start, end: span.start };
    };
    let trailing = bytes.iter().rev().take_while(|byte| is_space(byte)).count();
    // both are within the span, whose offsets are `u32`
    #[allow(clippy::cast_possible_truncation)]
    let (first, trailing) = (first as u32, trailing as u32);
    Span { start: span.start.saturating_add(first), end: span.end.saturating_sub(trailing) }
}

/// A number as the schema writes it, white space trimmed. `None`: it is none, or too large.
pub(super) fn number<N: core::str::FromStr>(bytes: &[u8]) -> Option<N> {
    core::str::from_utf8(bytes).ok()?.parse().ok()
}

/// `xs:boolean`.
pub(super) fn boolean(bytes: &[u8]) -> Option<bool> {
    match bytes {
        b"true" | b"1" => Some(true),
        b"false" | b"0" => Some(false),
        _ => None,
    }
}

/// The elements of an event that carry an id in attributes, by the [`Part`] that the id is; the next is the change key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdElement {
    Item = 4,
    Folder = 6,
    ParentFolder = 8,
    OldItem = 10,
    OldFolder = 12,
    OldParentFolder = 14,
}

/// Which part of an event, as its place among all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part(u8);

impl Part {
    /// The element's name, of an event that is not known.
    pub(super) const NAME: Self = Self(0);
    pub(super) const WATERMARK: Self = Self(1);
    pub(super) const TIMESTAMP: Self = Self(2);
    /// Where the count is written.
    pub(super) const UNREAD_COUNT: Self = Self(3);
    const COUNT: usize = 16;

    /// Present when the element was, even without its attribute.
    pub(super) const fn id(element: IdElement) -> Self {
        Self(element as u8)
    }

    pub(super) const fn change_key(element: IdElement) -> Self {
        Self(element as u8 | 1)
    }

    /// All that a server fills with a value.
    pub(super) fn values() -> impl Iterator<Item = Self> {
        (Self::WATERMARK.0..16).map(Self)
    }

    /// A number that needs no check against the length of a list of all parts.
    #[inline]
    const fn index(self) -> usize {
        self.0 as usize % Self::COUNT
    }
}

/// The parts of an event, in the event's run.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventFields {
    pub(super) kind: EventKind,
    unread_count: Option<i32>,
    parts: [Field; Part::COUNT],
}

impl EventFields {
    pub(super) const fn new(kind: EventKind) -> Self {
        Self { kind, unread_count: None, parts: [Field::ABSENT; Part::COUNT] }
    }

    /// An event like another, in a run that begins so many bytes later, less than a word, with its count still to be read.
    #[inline]
    pub(super) fn become_like(&mut self, other: &Self, later: u32) {
        self.kind = other.kind;
        for (field, Field(span)) in self.parts.iter_mut().zip(&other.parts) {
            let [start, end] = [span.start, span.end].map(|offset| offset.wrapping_sub(later));
            *field = Field(Span { start, end });
        }
    }

    #[inline]
    pub(super) fn part(&self, part: Part) -> Field {
        self.parts.get(part.index()).copied().unwrap_or(Field::ABSENT)
    }

    /// Takes the value unless there is one: of a repeated element the first counts.
    pub(super) fn set(&mut self, part: Part, span: Span) {
        if let Some(field) = self.parts.get_mut(part.index()) {
            field.set(span);
        }
    }

    /// In the place of the value that is there.
    #[inline]
    pub(super) fn put(&mut self, part: Part, span: Span) {
        if let Some(field) = self.parts.get_mut(part.index()) {
            *field = Field::new(span);
        }
    }

    /// Of a repeated element the first counts.
    #[inline]
    pub(super) fn set_id(&mut self, element: IdElement, id: Field, change_key: Field) {
        if !self.part(Part::id(element)).is_present() {
            self.put(Part::id(element), id.span().unwrap_or_default());
            if let Some(span) = change_key.span() {
                self.put(Part::change_key(element), span);
            }
        }
    }

    #[inline]
    pub(super) fn unread_count(&self) -> Option<i32> {
        self.unread_count
    }

    /// Reads the count from where it is written.
    #[inline]
    pub(super) fn read_unread_count(&mut self, run: &[u8]) {
        #[inline(never)] // it is there but seldom
        fn read(span: Span, run: &[u8]) -> Option<i32> {
            number(span.of(run))
        }
        self.unread_count = self.part(Part::UNREAD_COUNT).span().and_then(|span| read(span, run));
    }

    #[cfg(feature = "serde")]
    pub(super) fn set_unread_count(&mut self, count: Option<i32>) {
        self.unread_count = count;
    }

    /// In the place of what is there.
    #[cfg(feature = "serde")]
    pub(super) fn put_field(&mut self, part: Part, field: Field) {
        if let Some(place) = self.parts.get_mut(part.index()) {
            *place = field;
        }
    }

    /// Changes every text by `change`.
    pub(super) fn map(mut self, change: impl FnMut(Field) -> Field) -> Self {
        if let Some(field) = self.parts.get_mut(Part::UNREAD_COUNT.index()) {
            *field = Field::ABSENT; // for those who learn from the run, which the copy does not keep
        }
        self.parts = self.parts.map(change);
        self
    }
}

/// What a Notification says before its events. It outlives the chunk it came in, so its text is copied: once a
/// Notification, into room that is used again.
#[derive(Clone, Debug)]
pub(super) struct NotificationHead {
    text: String,
    subscription_id: Field,
    previous_watermark: Field,
    more_events: Option<bool>,
    more_events_read: bool,
}

impl NotificationHead {
    pub(super) const fn new() -> Self {
        Self {
            text: String::new(),
            subscription_id: Field::ABSENT,
            previous_watermark: Field::ABSENT,
            more_events: None,
            more_events_read: false,
        }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.subscription_id = Field::ABSENT;
        self.previous_watermark = Field::ABSENT;
        self.more_events = None;
        self.more_events_read = false;
    }

    /// Of a repeated element the first counts, even if what it says is nothing.
    pub(super) fn set_more_events(&mut self, more: Option<bool>) {
        if !self.more_events_read {
            self.more_events_read = true;
            self.more_events = more;
        }
    }

    pub(super) fn set_subscription_id(&mut self, id: &str) {
        if !self.subscription_id.is_present() {
            self.subscription_id = self.store(id);
        }
    }

    pub(super) fn set_previous_watermark(&mut self, watermark: &str) {
        if !self.previous_watermark.is_present() {
            self.previous_watermark = self.store(watermark);
        }
    }

    #[cfg(feature = "serde")]
    pub(super) fn put_subscription_id(&mut self, id: Field) {
        self.subscription_id = id;
    }

    #[cfg(feature = "serde")]
    pub(super) fn put_previous_watermark(&mut self, watermark: Field) {
        self.previous_watermark = watermark;
    }

    /// Keeps a text behind those that are there. `None`: no more fits.
    #[cfg(feature = "serde")]
    pub(super) fn append(&mut self, text: &str) -> Option<Field> {
        let start = u32::try_from(self.text.len()).ok()?;
        let end = start.checked_add(u32::try_from(text.len()).ok()?).filter(|end| *end < Field::BEYOND)?;
        self.text.push_str(text);
        Some(Field::new(Span { start, end }))
    }

    // each is at most an event long, which a limit keeps below 256 MiB
    #[allow(clippy::cast_possible_truncation)]
    fn store(&mut self, text: &str) -> Field {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Field::new(Span { start, end: self.text.len() as u32 })
    }

    pub(super) fn subscription_id(&self) -> Option<&str> {
        self.subscription_id.text(&self.text)
    }

    pub(super) fn previous_watermark(&self) -> Option<&str> {
        self.previous_watermark.text(&self.text)
    }

    pub(super) fn more_events(&self) -> Option<bool> {
        self.more_events
    }

    /// A copy, with room for so many bytes more.
    pub(super) fn with_room(&self, room: usize) -> Self {
        let mut text = String::with_capacity(self.text.len().saturating_add(room));
        text.push_str(&self.text);
        Self { text, ..*self }
    }

    /// The text that the head's parts are in, and what is kept behind them.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Keeps a part of `run` behind the head's own text, and returns where it is.
    pub(super) fn keep(&mut self, field: Field, run: &str) -> Field {
        field.text(run).map_or(Field::ABSENT, |part| self.store(part))
    }
}

/// The head of a response message.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseFields {
    pub(super) text: Field,
    pub(super) code: Field,
}

impl ResponseFields {
    pub(super) const EMPTY: Self = Self { text: Field::ABSENT, code: Field::ABSENT };
}

/// What is understood of a `MessageXml`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Details {
    pub(super) back_off_ms: Option<u64>,
    pub(super) inner_code: Field,
    pub(super) line_number: Option<u32>,
    pub(super) line_position: Option<u32>,
    pub(super) violation: Field,
}

impl Details {
    pub(super) const EMPTY: Self = Self {
        back_off_ms: None,
        inner_code: Field::ABSENT,
        line_number: None,
        line_position: None,
        violation: Field::ABSENT,
    };
}

impl Details {
    pub(super) fn is_empty(&self) -> bool {
        self.back_off_ms.is_none()
            && !self.inner_code.is_present()
            && self.line_number.is_none()
            && self.line_position.is_none()
            && !self.violation.is_present()
    }
}

/// The parts of a SOAP fault.
#[derive(Clone, Copy, Debug)]
pub(super) struct FaultFields {
    pub(super) code: Field,
    pub(super) string: Field,
    pub(super) response_code: Field,
}

impl FaultFields {
    pub(super) const EMPTY: Self = Self { code: Field::ABSENT, string: Field::ABSENT, response_code: Field::ABSENT };
}

/// The attributes of a `ServerVersionInfo`.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionFields {
    pub(super) major: Option<u32>,
    pub(super) minor: Option<u32>,
    pub(super) major_build: Option<u32>,
    pub(super) minor_build: Option<u32>,
    pub(super) version: Field,
}

impl VersionFields {
    pub(super) const EMPTY: Self =
        Self { major: None, minor: None, major_build: None, minor_build: None, version: Field::ABSENT };
}

/// What a successful Subscribe answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubscribedFields {
    pub(super) id: Field,
    pub(super) watermark: Field,
}

impl SubscribedFields {
    const EMPTY: Self = Self { id: Field::ABSENT, watermark: Field::ABSENT };
}

/// What a Subscribe answered, until its response message ends. Anything may come before that, so its text is copied, into
/// room that is used again: a run held so long would have everything in it, and be checked again with each message of it.
#[derive(Debug)]
pub(super) struct SubscribedIds {
    text: String,
    fields: SubscribedFields,
}

impl SubscribedIds {
    pub(super) const fn new() -> Self {
        Self { text: String::new(), fields: SubscribedFields::EMPTY }
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.fields = SubscribedFields::EMPTY;
    }

    pub(super) fn is_present(&self) -> bool {
        self.fields.id.is_present() || self.fields.watermark.is_present()
    }

    pub(super) fn set_id(&mut self, id: &str) {
        if !self.fields.id.is_present() {
            self.fields.id = self.store(id);
        }
    }

    pub(super) fn set_watermark(&mut self, watermark: &str) {
        if !self.fields.watermark.is_present() {
            self.fields.watermark = self.store(watermark);
        }
    }

    // each is at most an event long, which a limit keeps below 256 MiB
    #[allow(clippy::cast_possible_truncation)]
    fn store(&mut self, text: &str) -> Field {
        let start = self.text.len() as u32;
        self.text.reserve_exact(text.len());
        self.text.push_str(text);
        Field::new(Span { start, end: self.text.len() as u32 })
    }

    pub(super) fn fields(&self) -> SubscribedFields {
        self.fields
    }

    /// The text that the parts are in.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_what_is_unaligned_is_the_next_address_of_a_word() {
        let bytes = [b'x'; 4 * WORD];
        for at in 0..2 * WORD {
            let rest = &bytes[at..];
            let before = unaligned(rest);
            assert!(before < WORD);
            assert_eq!(rest[before..].as_ptr().addr() % WORD, 0);
        }
    }
}
