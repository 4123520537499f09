//! A match that may be interrupted by a chunk's end and goes on in the next. Part of the shapes.

use super::pattern::{Shape, Slot, plain_run};
use crate::notification::field::EventFields;
use crate::xml::Span;

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub(in crate::notification) enum Progress {
    /// All of it: the event ends after that many of the bytes.
    Matched(usize),
    /// As far as the bytes go.
    Partial,
    /// It is another shape, or none.
    Failed,
}

/// How far a match has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matching {
    pub(super) shape: u8,
    pub(super) slot: u8,
    pub(super) in_value: bool,
    /// The latest byte of the value.
    pub(super) last: u8,
    /// What is left of the literal.
    pub(super) literal_left: u16,
    /// Where the rest of the literals begins.
    pub(super) literal: u32,
    /// Bytes of the event that have matched.
    pub(super) at: u32,
    pub(super) value_start: u32,
}

impl Matching {
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    pub(super) fn new(at: usize, shape: &Shape, event: &mut EventFields) -> Self {
        *event = shape.template;
        Self {
            shape: at as u8,
            slot: 0,
            in_value: false,
            last: 0,
            literal_left: shape.literal_before(0),
            literal: shape.literals,
            at: 0,
            value_start: 0,
        }
    }

    // an event is shorter than the 256 MiB that limits allow
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn advance(
        self,
        shape: &Shape,
        literals: &[u8],
        bytes: &[u8],
        text_bytes: usize,
        event: &mut EventFields,
    ) -> (Self, Progress) {
        // in local variables, for the registers; put together again where the match stops
        let Self { mut slot, mut in_value, mut last, literal_left, literal, at: before, mut value_start, .. } = self;
        let mut literals = literals.get(literal as usize..).unwrap_or_default();
        let all = literals.len();
        let mut left = usize::from(literal_left);
        let mut rest = bytes;
        let at = |rest: &[u8]| before.wrapping_add(bytes.len().wrapping_sub(rest.len()) as u32);
        let progress = loop {
            if !in_value {
                let len = rest.len().min(left);
                let Some((expected, more)) = literals.split_at_checked(len) else { break Progress::Failed };
                let Some(behind) = rest.strip_prefix(expected) else { break Progress::Failed };
                rest = behind;
                literals = more;
                left = left.wrapping_sub(len);
                if left > 0 {
                    break Progress::Partial;
                }
                if slot == shape.len {
                    break Progress::Matched(bytes.len().wrapping_sub(rest.len()));
                }
                in_value = true;
                value_start = at(rest);
            }
            let Some(Slot { part, end, .. }) = shape.slots.get(usize::from(slot)) else { break Progress::Failed };
            // white space at an end would have to be trimmed
            if at(rest) == value_start && rest.first() == Some(&b' ') {
                break Progress::Failed;
            }
            let len = plain_run(rest, *end);
            let Some((taken, behind)) = rest.split_at_checked(len) else { break Progress::Failed };
            last = taken.last().copied().unwrap_or(last);
            rest = behind;
            let span = Span { start: value_start, end: at(rest) };
            let length = span.end.wrapping_sub(span.start) as usize;
            if *end == b'<' && length > text_bytes {
                break Progress::Failed;
            }
            match rest.first() {
                None => break Progress::Partial,
                // an empty value is another shape
                Some(found) if found == end && length > 0 && last != b' ' => event.put(*part, span),
                Some(_) => break Progress::Failed,
            }
            in_value = false;
            slot = slot.wrapping_add(1);
            left = usize::from(shape.literal_before(slot));
        };
        let stopped = Self {
            shape: self.shape,
            slot,
            in_value,
            last,
            literal_left: left as u16,
            literal: literal.wrapping_add(all.wrapping_sub(literals.len()) as u32),
            at: at(rest),
            value_start,
        };
        (stopped, progress)
    }
}
