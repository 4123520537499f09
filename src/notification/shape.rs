//! Learned shapes: events of one kind are, but for their values, the same bytes every time. Depends on the fields and on
//! the scanner's way of finding where a value ends.
//!
//! # The idea
//!
//! Servers write the markup between the values of an event byte for byte the same. So the first event of a shape, read
//! by the scanner, is taken apart into what was between its values (literals) and where its values were (slots):
//!
//! ```text
//! t:NewMailEvent><t:TimeStamp>2026-…Z</t:TimeStamp><t:ItemId Id="AAMk…" ChangeKey="CQ…"/><t:ParentFolderId Id="AQ…"/></t:NewMailEvent>
//! ════════════════════════════·······══════════════════════════·······═════════════·····══════════════════════·····═══════════════════
//! literal                     slot   literal                   slot   literal       slot …
//! ```
//!
//! The next event whose bytes compare equal with the literals, under the same namespace declarations, has the same
//! meaning: the same bytes in the same context. Only its values have to be looked at, in one pass that finds each
//! value's end and proves it plain: no reference, no control character, nothing beyond ASCII, no white space at an end.
//!
//! # Why it is safe
//!
//! A shape decides about a whole event or about nothing: until the last byte has matched, neither the scanner nor the
//! parser has changed. Whatever does not match, is not plain, or is cut off by the end of the chunk, is read by the
//! scanner from the event's first byte, as if there were no shapes; so they can speed an event up, never change it.
//!
//! # Why work stays linear
//!
//! A failed attempt has looked at bytes that the scanner looks at again. Attempts are paid for: a byte matched earns a
//! look, an attempt costs the looks it wasted, and without credit none is made. A peer whose every event is new is soon
//! read by the scanner alone.

use alloc::vec::Vec;

use super::field::{EventFields, Field, IdElement, number};
use crate::limits::Limits;
use crate::xml::{Scope, Span, plain_text_run, plain_value_run};

/// Shapes kept; a server has some six.
const MAX_SHAPES: usize = 12;
/// Values of an event: a watermark, a time, a count, six ids with their change keys.
const MAX_SLOTS: usize = 15;
/// Bytes of literals kept.
const MAX_LITERALS: usize = 4096;
/// Looks that may be wasted before the first success.
const CREDIT: usize = 4096;

/// The shapes learned under one namespace context.
#[derive(Debug)]
pub(super) struct Shapes {
    enabled: bool,
    /// The longest text that limits allow.
    text_bytes: usize,
    credit: usize,
    scope: Scope,
    literals: Vec<u8>,
    known: Vec<Shape>,
    /// The shape that matched last.
    latest: usize,
    /// No event of a known shape is shorter.
    least: usize,
}

#[derive(Debug)]
struct Shape {
    /// The event it was learned from: its kind, and the parts that are present and empty.
    template: EventFields,
    /// Where its literals begin.
    literals: u32,
    slots: [Slot; MAX_SLOTS],
    len: u8,
    /// Length of the literal behind the last slot.
    tail: u16,
    /// Length of all literals: no event of this shape is shorter.
    least: u16,
    /// The shape that matched after this one the last time.
    next: u8,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Length of the literal before it.
    literal: u16,
    value: Value,
    /// What ends the value: its quote, or `<` for text.
    end: u8,
}

impl Slot {
    const UNUSED: Self = Self { literal: 0, value: Value::Watermark, end: 0 };
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Watermark,
    TimeStamp,
    UnreadCount,
    Id(IdElement),
    ChangeKey(IdElement),
}

impl Shapes {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            enabled: true,
            text_bytes: limits.text_bytes(),
            credit: CREDIT,
            scope: Scope::default(),
            literals: Vec::new(),
            known: Vec::new(),
            latest: 0,
            least: 0,
        }
    }

    /// Turned off, nothing is learned, and what was learned is let go.
    pub(super) fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
        self.known = Vec::new();
        self.literals = Vec::new();
        self.forget();
    }

    /// A Notification begins: what was learned holds under the declarations it was learned under.
    pub(super) fn enter(&mut self, same: impl FnOnce(&Scope) -> bool, now: impl FnOnce(&mut Scope)) {
        if self.enabled && !same(&self.scope) {
            self.forget();
            now(&mut self.scope);
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.literals.clear();
        self.latest = 0;
        self.least = usize::MAX;
    }

    /// The fewest bytes for which an attempt makes sense; `None`: none does.
    #[inline]
    pub(super) fn least(&self) -> Option<usize> {
        (!self.known.is_empty() && self.credit > 0).then_some(self.least)
    }

    /// Looks for a shape of which `bytes` begins with an instance; `bytes` begins at the event's name. Returns the
    /// event's length, with its parts in `event`; or `None`, having changed nothing.
    #[inline]
    pub(super) fn take(&mut self, bytes: &[u8], event: &mut EventFields) -> (usize, Option<usize>) {
        let likely = self.known.get(self.latest).map_or(0, |shape| usize::from(shape.next));
        let mut looked: usize = 0;
        // the one that followed last time, then all of them
        for at in core::iter::once(likely).chain(0..self.known.len()) {
            if at == likely && looked > 0 {
                continue;
            }
            let Some(shape) = self.known.get(at) else { continue };
            match shape.take(&self.literals, bytes, self.text_bytes, event) {
                Attempt::Matched(len) => {
                    looked = looked.saturating_add(len);
                    self.credit =
                        self.credit.saturating_add(len).saturating_sub(looked.saturating_sub(len)).min(1 << 20);
                    #[allow(clippy::cast_possible_truncation)] // one of a dozen
                    if let Some(latest) = self.known.get_mut(self.latest) {
                        latest.next = at as u8;
                    }
                    self.latest = at;
                    return (looked, Some(len));
                }
                Attempt::Failed { looked: wasted } => {
                    looked = looked.saturating_add(wasted).max(1);
                    if looked > self.credit {
                        break;
                    }
                }
            }
        }
        self.credit = self.credit.saturating_sub(looked);
        (looked, None)
    }

    /// The scanner has read an event of its own, `run`, which was in one piece and had nothing to decode.
    pub(super) fn learn(&mut self, run: &[u8], event: &EventFields) {
        // reading on by itself, the scanner looks at few bytes twice: what it saves is earned
        self.credit = self.credit.saturating_add(run.len() / 4).min(CREDIT);
        if !self.enabled || self.credit == 0 {
            return;
        }
        let before = self.literals.len();
        if self.known.len() >= MAX_SHAPES || before.saturating_add(run.len()) > MAX_LITERALS {
            self.forget();
        }
        let start = self.literals.len();
        match Shape::learn(run, event, &mut self.literals) {
            // it may be known and was read by the scanner all the same, in pieces or without credit
            Some(shape) if !self.is_known(&shape) => {
                if self.known.capacity() == 0 {
                    self.known.reserve_exact(MAX_SHAPES);
                }
                self.latest = self.known.len();
                self.least = self.least.min(usize::from(shape.least));
                self.known.push(shape);
            }
            _ => self.literals.truncate(start),
        }
    }

    fn is_known(&self, new: &Shape) -> bool {
        let literals = |shape: &Shape| {
            let start = shape.literals as usize;
            self.literals.get(start..start.saturating_add(usize::from(shape.least)))
        };
        self.known.iter().any(|shape| shape.len == new.len && literals(shape) == literals(new))
    }
}

enum Attempt {
    Matched(usize),
    Failed { looked: usize },
}

impl Shape {
    #[inline]
    fn take(&self, literals: &[u8], bytes: &[u8], text_bytes: usize, event: &mut EventFields) -> Attempt {
        let mut literals = literals.get(self.literals as usize..).unwrap_or_default();
        let mut rest = bytes;
        if rest.len() < usize::from(self.least) {
            return Attempt::Failed { looked: 0 };
        }
        let looked = |rest: &[u8]| Attempt::Failed { looked: bytes.len().wrapping_sub(rest.len()).wrapping_add(1) };
        let mut spans = [Span::default(); MAX_SLOTS];
        let slots = self.slots.get(..usize::from(self.len)).unwrap_or_default();
        for (slot, span) in slots.iter().zip(&mut spans) {
            let Some((literal, more)) = literals.split_at_checked(usize::from(slot.literal)) else {
                return looked(rest);
            };
            let Some(after) = rest.strip_prefix(literal) else { return looked(rest) };
            let len = if slot.end == b'<' { plain_text_run(after) } else { plain_value_run(after, slot.end) };
            let Some((value, behind)) = after.split_at_checked(len) else { return looked(rest) };
            // white space at an end would have to be trimmed; an empty value is another shape
            let (Some(first), Some(last)) = (value.first(), value.last()) else { return looked(rest) };
            let too_long = slot.end == b'<' && len > text_bytes;
            if behind.first() != Some(&slot.end) || *first == b' ' || *last == b' ' || too_long {
                return looked(behind);
            }
            // an event is shorter than the 256 MiB that limits allow
            #[allow(clippy::cast_possible_truncation)]
            let end = bytes.len().wrapping_sub(behind.len()) as u32;
            #[allow(clippy::cast_possible_truncation)]
            let len = len as u32;
            *span = Span { start: end.wrapping_sub(len), end };
            literals = more;
            rest = behind;
        }
        let Some(tail) = literals.get(..usize::from(self.tail)) else { return looked(rest) };
        let Some(rest) = rest.strip_prefix(tail) else { return looked(rest) };

        *event = self.template;
        for (slot, span) in slots.iter().zip(spans) {
            let field = Field::new(span);
            match slot.value {
                Value::TimeStamp => event.timestamp = field,
                Value::Watermark => event.watermark = field,
                Value::UnreadCount => event.set_unread_count(span, number(span.of(bytes))),
                Value::Id(element) => event.put_id(element, field),
                Value::ChangeKey(element) => event.put_change_key(element, field),
            }
        }
        Attempt::Matched(bytes.len().wrapping_sub(rest.len()))
    }

    /// Takes `run` apart. `None`: something in it cannot be told from its neighbours.
    #[allow(clippy::cast_possible_truncation)] // literals are at most `MAX_LITERALS` long
    fn learn(run: &[u8], event: &EventFields, literals: &mut Vec<u8>) -> Option<Self> {
        let start = literals.len() as u32;
        let mut values: [(Span, Value); MAX_SLOTS] = [(Span::default(), Value::Watermark); MAX_SLOTS];
        let mut len = 0;
        let mut add = |field: Field, value| {
            if let Some(span) = field.span().filter(|span| !span.is_empty())
                && let Some(slot) = values.get_mut(len)
            {
                *slot = (span, value);
                len = len.saturating_add(1);
            }
        };
        add(event.watermark, Value::Watermark);
        add(event.timestamp, Value::TimeStamp);
        add(event.unread_text(), Value::UnreadCount);
        for element in IdElement::ALL {
            let fields = event.id(element);
            add(fields.id, Value::Id(element));
            add(fields.change_key, Value::ChangeKey(element));
        }
        let values = values.get_mut(..len)?;
        values.sort_unstable_by_key(|(span, _)| span.start);

        let mut slots = [Slot::UNUSED; MAX_SLOTS];
        let mut at: u32 = 0;
        let mut least: usize = 0;
        for ((span, value), slot) in values.iter().zip(&mut slots) {
            let literal = Span { start: at, end: span.start }.of(run);
            // a value that stands alone between its quotes, or between tags; not one that was trimmed
            let end = *run.get(span.end as usize)?;
            let begin = *literal.last()?;
            if !matches!((begin, end), (b'"', b'"') | (b'\'', b'\'') | (b'>', b'<')) {
                return None;
            }
            literals.extend_from_slice(literal);
            least = least.saturating_add(literal.len());
            *slot = Slot { literal: literal.len() as u16, value: *value, end };
            at = span.end;
        }
        let tail = run.get(at as usize..)?;
        literals.extend_from_slice(tail);
        Some(Self {
            template: *event,
            literals: start,
            slots,
            len: len as u8,
            tail: tail.len() as u16,
            least: least.saturating_add(tail.len()) as u16,
            next: 0,
        })
    }
}
