//! Matching an event with a pattern; it may be interrupted by a chunk's end and goes on in the next. Part of the shapes.

use super::fits::{MARKUP, fits};
use super::name::Name;
use super::pattern::{Shape, Slot};
use crate::notification::field::EventFields;
use crate::xml::{Span, plain_text_run, plain_value_run, usual_run, wide_text_run, wide_value_run};

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

impl Shape {
    /// Takes an event of this name that is wholly in `bytes`. An error: it is of another shape, as so many looks have shown; or, where all of
    /// the bytes were looked at, perhaps cut.
    #[inline(never)] // it needs all registers for itself
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take(
        &mut self,
        name: &Name,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> Result<usize, usize> {
        let pattern = self.pattern(patterns);
        self.begin(event, name);
        // up to where both were compared
        let (mut at, mut at_pattern) = (name.len(), 0_usize);
        let mut left = self.elastic;
        while left > 0 {
            let number = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            let Some(slot) = self.slots().get(number) else { break };
            let (part, start, blanks) = (slot.part, usize::from(slot.start), usize::from(slot.len));
            let value_at = at.wrapping_add(start.wrapping_sub(at_pattern));
            let rest = bytes.get(value_at..).ok_or(bytes.len())?;
            let behind = pattern.get(start.wrapping_add(blanks)..).unwrap_or_default();
            let guess = slot.guess(rest, behind);
            if guess == Some(blanks) {
                continue; // it is compared together with what follows
            }
            let compared = start.wrapping_add(guess.unwrap_or_default());
            let markup = pattern.get(at_pattern..compared).ok_or(at)?;
            let found = bytes.get(at..).and_then(|rest| rest.get(..markup.len())).ok_or(bytes.len())?;
            fits(markup, found).map_err(|looked| at.wrapping_add(looked))?;
            let len = match guess {
                Some(len) => len,
                None => self.find_end(number, rest, behind, allowed).map_err(|looked| value_at.wrapping_add(looked))?,
            };
            let span = Span { start: value_at as u32, end: value_at.wrapping_add(len) as u32 };
            event.put(part, span);
            let nearer = blanks.wrapping_sub(len) as u32;
            for slot in self.slots().iter().skip(number.wrapping_add(1)) {
                event.move_up(slot.part, nearer);
            }
            (at, at_pattern) = (value_at.wrapping_add(len), start.wrapping_add(blanks));
        }
        let markup = pattern.get(at_pattern..).unwrap_or_default();
        let found = bytes.get(at..).and_then(|rest| rest.get(..markup.len())).ok_or(bytes.len())?;
        fits(markup, found).map_err(|looked| at.wrapping_add(looked))?;
        at = at.wrapping_add(found.len());
        let end = bytes.get(at..).unwrap_or_default();
        let is_closed = self.is_empty || name.begins(end) && end.get(name.len()) == Some(&b'>');
        if is_closed { Ok(at.wrapping_add(self.closing(name).len())) } else { Err(at) }
    }

    /// Length of the value that `rest` begins with, which is not as long as those before. An error: so many bytes were looked at.
    fn find_end(&mut self, number: usize, rest: &[u8], behind: &[u8], allowed: Allowed) -> Result<usize, usize> {
        let end = behind.first().map_or(0, |end| end & !MARKUP);
        let len = usual_run(rest);
        if len == 0 || rest.get(len) != Some(&end) || len > allowed.text_bytes {
            return any_value(rest, end, allowed);
        }
        if let Some(slot) = self.slot_mut(number) {
            slot.saw(len);
            if len > usize::from(slot.len) {
                self.want_longer(number, len);
            }
        }
        Ok(len)
    }
}

/// Length of the open value that comes first and that `end` ends. An error: it is cut, empty or not plain, or has white space at
/// an end, which would have to be trimmed, as so many looks have shown.
#[cold]
fn any_value(bytes: &[u8], end: u8, allowed: Allowed) -> Result<usize, usize> {
    let len = any_run(bytes, end, allowed.wide);
    let value = bytes.get(..len).unwrap_or_default();
    let is_value = bytes.get(len) == Some(&end)
        && value.first().is_some_and(|first| *first != b' ')
        && value.last() != Some(&b' ')
        && (end != b'<' || len <= allowed.text_bytes);
    if is_value { Ok(len) } else { Err(len) }
}

/// How far a match has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matching {
    pub(super) name: u8,
    pub(super) shape: u8,
    pub(super) stage: Stage,
    /// The slot that comes next, or that the match is in.
    slot: u8,
    /// The latest byte of a value.
    last: u8,
    /// A value has characters beyond ASCII, whose encoding is still to be checked.
    pub(super) wide: bool,
    /// Where in the pattern, and up to where it is to be compared; of the name at the end, how much of it has matched.
    pattern: u16,
    stop: u16,
    /// Bytes of the event that have matched.
    pub(super) at: u32,
    value_start: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The name in the start tag.
    Opening,
    Markup,
    /// The value of an elastic slot.
    Value,
    /// The name in the end tag.
    Closing,
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
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // one of a dozen each
    pub(super) const fn new(name: usize, shape: usize) -> Self {
        Self {
            name: name as u8,
            shape: shape as u8,
            stage: Stage::Opening,
            slot: 0,
            last: 0,
            wide: false,
            pattern: 0,
            stop: 0,
            at: 0,
            value_start: 0,
        }
    }

    /// Goes on with bytes in the middle of a value, of markup or of a name, the usual case where chunks are small. Returns whether
    /// they are.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn go_on(&mut self, name: &Name, pattern: &[u8], bytes: &[u8], longest: usize) -> bool {
        let before = self.at as usize;
        let at = before.wrapping_add(bytes.len());
        let Some(last) = bytes.last().filter(|_| at <= longest) else { return false };
        let from = usize::from(self.pattern);
        let to = from.wrapping_add(bytes.len());
        let goes_on = match self.stage {
            Stage::Value => usual_run(bytes) == bytes.len(),
            Stage::Markup => {
                to < usize::from(self.stop) && fits(pattern.get(from..to).unwrap_or_default(), bytes).is_ok()
            }
            Stage::Closing => to < name.closing().len() && name.closing().get(from..to) == Some(bytes),
            Stage::Opening => at < name.len() && name.as_bytes().get(before..at) == Some(bytes),
        };
        if goes_on {
            match self.stage {
                Stage::Value => self.last = *last,
                Stage::Markup | Stage::Closing => self.pattern = to as u16,
                Stage::Opening => {}
            }
            self.at = at as u32;
        }
        goes_on
    }

    /// The same match with another shape, if it is one with that as well. `event`: the values that were found so far.
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    pub(super) fn with(
        self,
        at: usize,
        (own, other): (&Shape, &Shape),
        name: &Name,
        patterns: &[u8],
        event: &mut EventFields,
    ) -> Option<Self> {
        let begun = match self.stage {
            // with those since the last elastic one
            Stage::Markup => own.slots().iter().take_while(|slot| slot.start < self.pattern).count(),
            Stage::Value => usize::from(self.slot).wrapping_add(1),
            Stage::Opening | Stage::Closing => return None,
        };
        let same = own.pattern(patterns).get(..usize::from(self.pattern))?;
        if !other.goes_with(usize::from(self.name)) || !own.begins_like(other, begun) {
            return None;
        }
        if !other.pattern(patterns).starts_with(same) {
            return None;
        }
        let before = *event;
        other.begin(event, name);
        for slot in own.slots().get(..usize::from(self.slot))? {
            event.put(slot.part, before.part(slot.part).span().unwrap_or_default());
        }
        Some(Self { shape: at as u8, stop: 0, ..self })
    }

    /// The same match with another name, if it begins alike.
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    pub(super) fn with_name(self, at: usize, own: &Name, other: &Name) -> Option<Self> {
        let same = own.as_bytes().get(..self.at as usize)?;
        let alike = self.stage == Stage::Opening && other.as_bytes().starts_with(same);
        alike.then_some(Self { name: at as u8, shape: other.shape, ..self })
    }

    /// Goes on with the next bytes. Values are put in `event`. Returns how many of the bytes were looked at, too.
    // an event is shorter than the 256 MiB that limits allow, a pattern shorter than 64 KiB
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn advance(
        self,
        name: &Name,
        shape: &Shape,
        patterns: &[u8],
        bytes: &[u8],
        allowed: Allowed,
        event: &mut EventFields,
    ) -> (Self, Progress, usize) {
        // in local variables, for the registers; put together again where the match stops
        let Self { mut stage, mut slot, mut last, mut wide, pattern: at_pattern, at: before, mut value_start, .. } =
            self;
        let pattern = shape.pattern(patterns);
        let slots = shape.slots();
        let mut at_pattern = usize::from(at_pattern);
        let mut stop = usize::from(self.stop);
        let mut rest = bytes;
        let mut looked_on = 0;
        let at = |rest: &[u8]| before.wrapping_add(bytes.len().wrapping_sub(rest.len()) as u32);
        let progress = loop {
            let expected = match stage {
                Stage::Opening => name.as_bytes().get(at(rest) as usize..).unwrap_or_default(),
                Stage::Closing => shape.closing(name).get(at_pattern..).unwrap_or_default(),
                Stage::Markup | Stage::Value => &[],
            };
            if stage == Stage::Opening || stage == Stage::Closing {
                let len = expected.len().min(rest.len());
                let Some((found, behind)) = rest.split_at_checked(len) else { break Progress::Failed };
                if !expected.starts_with(found) {
                    looked_on = len;
                    break Progress::Failed;
                }
                rest = behind;
                if stage == Stage::Closing {
                    at_pattern = at_pattern.wrapping_add(len);
                }
                if len < expected.len() {
                    break Progress::Partial;
                }
                if stage == Stage::Closing {
                    break Progress::Matched(bytes.len().wrapping_sub(rest.len()));
                }
                stage = Stage::Markup;
                shape.begin(event, name);
            }
            if stage == Stage::Markup {
                // all up to the next elastic slot
                let first = usize::from(slot);
                let next = shape.next_elastic(first);
                stop = slots.get(next).map_or(pattern.len(), |elastic| usize::from(elastic.start));
                let expected = pattern.get(at_pattern..stop).unwrap_or_default();
                let len = expected.len().min(rest.len());
                let Some((found, behind)) = rest.split_at_checked(len) else { break Progress::Failed };
                if let Err(looked) = fits(expected.get(..len).unwrap_or_default(), found) {
                    looked_on = looked;
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
                    (stage, at_pattern) = (Stage::Closing, 0);
                    continue;
                }
                stage = Stage::Value;
                value_start = at(rest);
            }
            let Some(Slot { part, start, len, .. }) = slots.get(usize::from(slot)) else { break Progress::Failed };
            let value_behind = usize::from(*start).wrapping_add(usize::from(*len));
            let Some(end) = pattern.get(value_behind).map(|end| end & !MARKUP) else { break Progress::Failed };
            // white space at an end would have to be trimmed
            if at(rest) == value_start && rest.first() == Some(&b' ') {
                break Progress::Failed;
            }
            let mut len = usual_run(rest);
            if rest.get(len).is_some_and(|found| *found != end) {
                len = any_run(rest, end, allowed.wide);
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
                Some(found) if *found == end && length > 0 && last != b' ' => event.put(*part, span),
                Some(_) => break Progress::Failed,
            }
            stage = Stage::Markup;
            at_pattern = value_behind;
            slot = slot.wrapping_add(1);
        };
        let stopped = Self {
            name: self.name,
            shape: self.shape,
            stage,
            slot,
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

/// Length of the leading run of what an open value may have.
#[cold]
fn any_run(bytes: &[u8], end: u8, wide: bool) -> usize {
    match (end, wide) {
        (b'<', true) => wide_text_run(bytes),
        (b'<', false) => plain_text_run(bytes),
        (_, true) => wide_value_run(bytes, end),
        (_, false) => plain_value_run(bytes, end),
    }
}

/// Whether a value can stand in a pattern as blanks.
pub(super) fn is_plain(value: &[u8]) -> bool {
    usual_run(value) == value.len()
}
