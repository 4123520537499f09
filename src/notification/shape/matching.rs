//! Matching an event with a pattern whatever its values are: each is looked for by its end. It may be interrupted by a chunk's end and
//! goes on in the next. Part of the shapes.

use super::fits::fits;
use super::pattern::Shape;
use super::usual::Unfit;
use crate::notification::field::EventFields;
use crate::xml::{
    Span, from_utf8, is_usual, plain_text_run, plain_value_run, usual_run, wide_text_run, wide_value_run,
};

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

/// What came of the beginning of an event.
pub(super) enum Begun {
    Matched(usize),
    Partial(Matching),
    Failed,
}

impl Shape {
    /// Takes an event, or the beginning of it. Returns how many bytes were looked at, too.
    pub(super) fn begin(
        &mut self,
        at: usize,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> (Begun, usize) {
        if bytes.len() < self.usual as usize {
            return self.begin_cut(at, patterns, bytes, allowed, event);
        }
        let mut wasted = match self.take_usual(patterns, bytes, 0, event) {
            Ok(len) => return (Begun::Matched(len), len),
            Err(looked) => looked,
        };
        match self.take_unusual(patterns, bytes, allowed, event) {
            Ok((len, wide)) => {
                // the scanner will say where the encoding is wrong
                let is_text = !wide || is_utf8(bytes.get(..len));
                return (if is_text { Begun::Matched(len) } else { Begun::Failed }, wasted.saturating_add(len));
            }
            Err(looked) if looked < bytes.len() => return (Begun::Failed, wasted.saturating_add(looked)),
            // perhaps it is cut
            Err(looked) => wasted = wasted.saturating_add(looked),
        }
        let (begun, looked) = self.begin_unusual(at, patterns, bytes, allowed, event);
        (begun, wasted.saturating_add(looked))
    }

    /// The same for an event that is cut, or shorter than others.
    pub(super) fn begin_cut(
        &self,
        at: usize,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> (Begun, usize) {
        self.lay_out(event, 0);
        let begun = Matching::new(at, self);
        let wasted = match self.take_rest(patterns, &begun, bytes, event) {
            Ok(len) => return (Begun::Matched(len), len),
            Err(Unfit::Cut(matching)) => return (Begun::Partial(matching), bytes.len()),
            Err(Unfit::Other(looked)) => looked,
        };
        let (begun, looked) = self.begin_unusual(at, patterns, bytes, allowed, event);
        (begun, wasted.saturating_add(looked))
    }

    /// The same, whatever lengths its values have.
    pub(super) fn begin_unusual(
        &self,
        at: usize,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> (Begun, usize) {
        self.lay_out(event, 0);
        let (matching, progress, looked) = Matching::new(at, self).advance(self, patterns, bytes, allowed, event);
        let begun = match progress {
            Progress::Matched(len) if !matching.wide || is_utf8(bytes.get(..len)) => Begun::Matched(len),
            Progress::Partial => Begun::Partial(matching),
            Progress::Matched(_) | Progress::Failed => Begun::Failed,
        };
        (begun, looked)
    }

    /// Takes an event that is wholly in `bytes`, whatever lengths its values have.
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take_unusual(
        &mut self,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> Result<(usize, bool), usize> {
        let pattern = self.pattern(patterns);
        self.lay_out(event, 0);
        let (mut at, mut at_pattern, mut wide) = (0_usize, 0_usize, false);
        let compare = |at: usize, expected: &[u8]| {
            let found = bytes.get(at..).and_then(|bytes| bytes.get(..expected.len())).ok_or(bytes.len())?;
            let end = at.wrapping_add(found.len());
            if fits(expected, found) { Ok(end) } else { Err(end) }
        };
        for slot in self.slots() {
            compare(at, pattern.get(at_pattern..usize::from(slot.start)).unwrap_or_default()).map(|end| at = end)?;
            let value = any_value(bytes.get(at..).unwrap_or_default(), slot.delimiter, allowed);
            let value = value.map_err(|looked| at.wrapping_add(looked))?;
            wide |= !value.is_ascii();
            let start = at as u32;
            (at, at_pattern) = (at.wrapping_add(value.len()), slot.end());
            event.put(slot.part, Span { start, end: at as u32 });
        }
        let end = compare(at, pattern.get(at_pattern..).unwrap_or_default())?;
        self.remember_lengths(event, patterns);
        Ok((end, wide))
    }
}

/// The value that comes first and that `end` ends, read up to there. An error: it is cut, empty or not plain, or has white space at
/// an end, which would have to be trimmed, as so many looks have shown.
fn any_value(bytes: &[u8], end: u8, allowed: Allowed) -> Result<&[u8], usize> {
    let mut len = usual_run(bytes);
    if bytes.get(len) != Some(&end) {
        len = any_run(bytes, len, end, allowed.wide);
    }
    let value = bytes.get(..len).unwrap_or_default();
    let is_value = bytes.get(len) == Some(&end)
        && value.first().is_some_and(|first| *first != b' ')
        && value.last() != Some(&b' ')
        && (end != b'<' || len <= allowed.text_bytes);
    if is_value { Ok(value) } else { Err(len) }
}

/// How far a match has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matching {
    pub(super) shape: u8,
    /// The slot that comes next, or that the match is in.
    pub(super) slot: u8,
    /// In a loose value.
    pub(super) in_value: bool,
    /// The latest byte of that value.
    pub(super) last: u8,
    /// A value has characters beyond ASCII, whose encoding is still to be checked.
    pub(super) wide: bool,
    /// Where in the pattern, and up to where it is to be compared.
    pub(super) pattern: u16,
    pub(super) stop: u16,
    /// Bytes of the event that have matched.
    pub(super) at: u32,
    pub(super) value_start: u32,
}

/// What the values of an event may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// The longest text that limits allow.
    pub(super) text_bytes: usize,
    /// Characters beyond ASCII.
    pub(super) wide: bool,
}

impl Matching {
    /// At the beginning of an event that is like the template of its shape.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    pub(super) fn new(at: usize, shape: &Shape) -> Self {
        Self {
            shape: at as u8,
            slot: shape.fixed_slots(),
            in_value: false,
            last: 0,
            wide: false,
            pattern: 0,
            stop: 0,
            at: 0,
            value_start: 0,
        }
    }

    /// Where in the pattern the next byte belongs. Beyond the blanks, if the value that it is in is longer than they are.
    #[inline]
    pub(super) fn place(&self) -> usize {
        let in_value = if self.in_value { self.at.wrapping_sub(self.value_start) } else { 0 };
        usize::from(self.pattern).wrapping_add(in_value as usize)
    }

    /// Goes on with bytes in the middle of a value or of markup, the usual case where chunks are small. Returns whether they are.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn go_on<'a>(&mut self, pattern: impl FnOnce(u8) -> &'a [u8], bytes: &[u8], longest: usize) -> bool {
        let at = (self.at as usize).wrapping_add(bytes.len());
        let Some(last) = bytes.last().filter(|_| at <= longest) else { return false };
        if self.in_value {
            if !is_plain(bytes) {
                return false;
            }
            self.last = *last;
        } else {
            let from = usize::from(self.pattern);
            let to = from.wrapping_add(bytes.len());
            let expected = pattern(self.shape).get(from..to).unwrap_or_default();
            if to >= usize::from(self.stop) || !fits(expected, bytes) {
                return false;
            }
            self.pattern = to as u16;
        }
        self.at = at as u32;
        true
    }

    /// The same match with another shape, if it is one with that as well. `event`: the values that were found so far.
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    pub(super) fn with(
        self,
        at: usize,
        (own, other): (&Shape, &Shape),
        patterns: &[u8],
        event: &mut EventFields,
    ) -> Option<Self> {
        if !own.begins_like(other, patterns, usize::from(self.pattern), self.in_value) {
            return None;
        }
        let before = *event;
        other.lay_out(event, 0);
        let mut slot = self.slot;
        if slot == own.fixed_slots() && !self.in_value {
            // all that was found is where the template has it
            slot = other.fixed_slots();
        } else {
            for slot in own.slots().get(..usize::from(slot))? {
                event.put(slot.part, before.part(slot.part).span().unwrap_or_default());
            }
        }
        Some(Self { shape: at as u8, slot, ..self })
    }

    /// Goes on with the next bytes. Values are put in `event`, with which the shape has begun. Returns how many of the bytes were
    /// looked at, too.
    // an event is shorter than the 256 MiB that limits allow, a pattern shorter than 64 KiB
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn advance(
        self,
        shape: &Shape,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> (Self, Progress, usize) {
        // in local variables, for the registers; put together again where the match stops
        let Self {
            mut slot, mut in_value, mut last, mut wide, pattern: at_pattern, at: before, mut value_start, ..
        } = self;
        let pattern = shape.pattern(patterns);
        let slots = shape.slots();
        let mut at_pattern = usize::from(at_pattern);
        let mut stop = usize::from(self.stop);
        let mut rest = bytes;
        let mut looked_on = 0;
        let at = |rest: &[u8]| before.wrapping_add(bytes.len().wrapping_sub(rest.len()) as u32);
        let progress = loop {
            if !in_value {
                // all up to the next loose value
                let first = usize::from(slot);
                let fixed = slots.get(first..).unwrap_or_default();
                let next = first.wrapping_add(fixed.iter().take_while(|slot| !slot.is_loose()).count());
                stop = slots.get(next).map_or(pattern.len(), |loose| usize::from(loose.start));
                let expected = pattern.get(at_pattern..stop).unwrap_or_default();
                let len = expected.len().min(rest.len());
                let Some((found, behind)) = rest.split_at_checked(len) else { break Progress::Failed };
                if !fits(expected.get(..len).unwrap_or_default(), found) {
                    looked_on = len;
                    break Progress::Failed;
                }
                rest = behind;
                at_pattern = at_pattern.wrapping_add(len);
                if at_pattern < stop {
                    break Progress::Partial;
                }
                let shift = at(rest).wrapping_sub(at_pattern as u32);
                for slot in slots.get(first..next).unwrap_or_default() {
                    let start = u32::from(slot.start).wrapping_add(shift);
                    event.put(slot.part, Span { start, end: start.wrapping_add(u32::from(slot.len)) });
                }
                slot = next as u8;
                if next == slots.len() {
                    break Progress::Matched(bytes.len().wrapping_sub(rest.len()));
                }
                in_value = true;
                value_start = at(rest);
            }
            let Some(loose) = slots.get(usize::from(slot)) else { break Progress::Failed };
            let end = loose.delimiter;
            // white space at an end would have to be trimmed
            if at(rest) == value_start && rest.first() == Some(&b' ') {
                break Progress::Failed;
            }
            let mut len = usual_run(rest);
            if rest.get(len).is_some_and(|found| *found != end) {
                len = any_run(rest, len, end, allowed.wide);
                wide |= !rest.get(..len).unwrap_or_default().is_ascii();
            }
            let Some((taken, behind)) = rest.split_at_checked(len) else { break Progress::Failed };
            last = taken.last().copied().unwrap_or(last);
            rest = behind;
            let span = Span { start: value_start, end: at(rest) };
            let length = span.end.wrapping_sub(span.start) as usize;
            if end == b'<' && length > allowed.text_bytes {
                break Progress::Failed;
            }
            match rest.first() {
                None => break Progress::Partial,
                // an empty value is another shape
                Some(found) if *found == end && length > 0 && last != b' ' => event.put(loose.part, span),
                Some(_) => break Progress::Failed,
            }
            in_value = false;
            at_pattern = loose.end();
            slot = slot.wrapping_add(1);
        };
        let stopped = Self {
            shape: self.shape,
            slot,
            in_value,
            last,
            wide,
            pattern: at_pattern as u16,
            stop: stop as u16,
            at: at(rest),
            value_start,
        };
        (stopped, progress, bytes.len().wrapping_sub(rest.len()).wrapping_add(looked_on))
    }
}

/// Length of the leading run of what a value may have, of which so much is known to be usual.
#[cold]
fn any_run(bytes: &[u8], usual: usize, end: u8, wide: bool) -> usize {
    let bytes = bytes.get(usual..).unwrap_or_default();
    let more = match (end, wide) {
        (b'<', true) => wide_text_run(bytes),
        (b'<', false) => plain_text_run(bytes),
        (_, true) => wide_value_run(bytes, end),
        (_, false) => plain_value_run(bytes, end),
    };
    usual.saturating_add(more)
}

/// Whether a value can stand in a pattern as blanks.
#[inline]
pub(super) fn is_plain(value: &[u8]) -> bool {
    is_usual(value)
}

pub(super) fn is_utf8(bytes: Option<&[u8]>) -> bool {
    bytes.is_some_and(|bytes| from_utf8(bytes).is_some())
}
