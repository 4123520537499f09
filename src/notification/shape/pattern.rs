//! What one shape is: the bytes between an event's values, and where its values stand. Part of the shapes.

use alloc::vec::Vec;

use crate::notification::field::{EventFields, Part};
use crate::xml::{Span, plain_text_run, plain_value_run, usual_run};

/// Values of an event: a watermark, a time, a count, six ids with their change keys.
const MAX_SLOTS: usize = 15;

#[derive(Debug)]
pub(super) struct Shape {
    /// The event it was learned from: its kind, and the parts that are present and empty.
    pub(super) template: EventFields,
    /// The first bytes of its first literal.
    pub(super) head: u64,
    /// Where its literals begin.
    pub(super) literals: u32,
    pub(super) slots: [Slot; MAX_SLOTS],
    pub(super) len: u8,
    /// Length of the literal behind the last slot.
    pub(super) tail: u16,
    /// Length of all literals.
    pub(super) literal_bytes: u16,
    /// Length of the event that matched last.
    pub(super) usual: u32,
    /// The shape that matched after this one the last time.
    pub(super) next: u8,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// Length of the literal before it.
    pub(super) literal: u16,
    pub(super) part: Part,
    /// What ends the value: its quote, or `<` for text.
    pub(super) end: u8,
}

impl Slot {
    const UNUSED: Self = Self { literal: 0, part: Part::NAME, end: 0 };
}

impl Shape {
    /// Takes an event that is wholly in `bytes`. An error: it is of another shape, as so many looks have shown; or, where all of
    /// the bytes were looked at, perhaps cut, and a match that may be interrupted says so.
    #[inline(never)] // it needs all registers for itself
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take(
        &self,
        literals: &[u8],
        bytes: &[u8],
        text_bytes: usize,
        event: &mut EventFields,
    ) -> Result<usize, usize> {
        *event = self.template;
        let mut literals = literals.get(self.literals as usize..).ok_or(0_usize)?;
        let mut at: usize = 0;
        for slot in self.slots.get(..usize::from(self.len)).unwrap_or_default() {
            let (literal, more) = literals.split_at_checked(usize::from(slot.literal)).ok_or(at)?;
            literals = more;
            let found = bytes.get(at..).and_then(|bytes| bytes.split_at_checked(literal.len()));
            let (found, rest) = found.ok_or(bytes.len())?;
            let start = at.wrapping_add(literal.len());
            if found != literal {
                return Err(start);
            }
            let usual = usual_run(rest);
            let ends = usual > 0 && usual <= text_bytes && rest.get(usual) == Some(&slot.end);
            let len = if ends {
                usual
            } else {
                value_len(rest, slot.end, text_bytes).ok_or_else(|| start.wrapping_add(usual))?
            };
            at = start.wrapping_add(len);
            event.put(slot.part, Span { start: start as u32, end: at as u32 });
        }
        let tail = literals.get(..usize::from(self.tail)).ok_or(at)?;
        let end = at.wrapping_add(tail.len());
        if bytes.get(at..end) == Some(tail) { Ok(end) } else { Err(end.min(bytes.len())) }
    }

    /// Length of the literal before a slot, or, behind the last, of the tail.
    #[inline]
    pub(super) fn literal_before(&self, slot: u8) -> u16 {
        if slot >= self.len { self.tail } else { self.slots.get(usize::from(slot)).map_or(0, |slot| slot.literal) }
    }

    /// Takes `run` apart. `None`: something in it cannot be told from its neighbours.
    #[allow(clippy::cast_possible_truncation)] // literals are at most `MAX_LITERALS` long
    pub(super) fn learn(run: &[u8], event: &EventFields, literals: &mut Vec<u8>) -> Option<Self> {
        let start = literals.len() as u32;
        let mut values = [(Span::default(), Part::NAME); MAX_SLOTS];
        let mut len: usize = 0;
        let parts = Part::values().filter_map(|part| Some((event.part(part).span()?, part)));
        for (value, slot) in parts.filter(|(span, _)| !span.is_empty()).zip(&mut values) {
            *slot = value;
            len = len.saturating_add(1);
        }
        let values = values.get_mut(..len)?;
        values.sort_unstable_by_key(|(span, _)| span.start);

        let mut slots = [Slot::UNUSED; MAX_SLOTS];
        let mut at: u32 = 0;
        let mut literal_bytes: usize = 0;
        for ((span, part), slot) in values.iter().zip(&mut slots) {
            let literal = Span { start: at, end: span.start }.of(run);
            // a value that stands alone between its quotes, or between tags; not one that was trimmed
            let end = *run.get(span.end as usize)?;
            let begin = *literal.last()?;
            if !matches!((begin, end), (b'"', b'"') | (b'\'', b'\'') | (b'>', b'<')) {
                return None;
            }
            literals.extend_from_slice(literal);
            literal_bytes = literal_bytes.saturating_add(literal.len());
            *slot = Slot { literal: literal.len() as u16, part: *part, end };
            at = span.end;
        }
        // the head is looked at before anything else, and so must not be a value
        let head = u64::from_le_bytes(*run.first_chunk()?);
        if values.first().is_some_and(|(span, _)| span.start < u64::BITS / 8) {
            return None;
        }
        let tail = run.get(at as usize..)?;
        literals.extend_from_slice(tail);
        Some(Self {
            template: *event,
            head,
            literals: start,
            slots,
            len: len as u8,
            tail: tail.len() as u16,
            literal_bytes: literal_bytes.saturating_add(tail.len()) as u16,
            usual: run.len() as u32,
            next: 0,
        })
    }
}

/// Length of the plain value that comes first and that `end` ends. `None`: it is cut, empty or not plain, or has white space
/// at an end, which would have to be trimmed.
#[cold]
fn value_len(bytes: &[u8], end: u8, text_bytes: usize) -> Option<usize> {
    let len = plain_run(bytes, end);
    let (value, behind) = bytes.split_at_checked(len)?;
    let is_value = value.first()? != &b' ' && value.last()? != &b' ' && behind.first()? == &end;
    (is_value && (end != b'<' || len <= text_bytes)).then_some(len)
}

/// Length of the leading run that is plain, in a value that `end` ends.
#[inline]
pub(super) fn plain_run(bytes: &[u8], end: u8) -> usize {
    let usual = usual_run(bytes);
    match bytes.get(usual) {
        None => usual,
        Some(found) if *found == end => usual,
        Some(_) if end == b'<' => plain_text_run(bytes),
        Some(_) => plain_value_run(bytes, end),
    }
}
