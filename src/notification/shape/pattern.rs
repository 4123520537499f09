//! What one shape is: the bytes around an event's values, and where its values stand; all between the event's names. Part of the
//! shapes.
//!
//! A pattern is the inside of an event as it is written, byte for byte, with blanks in the place of its values: as many as the value is
//! long. So one pass over the event, in blocks that become vector code, compares the markup and proves the values plain,
//! wherever they are. A value of which another length was seen is *elastic*: blanks stand for the longest, and how many of them
//! count is found by where the markup behind it goes on. One that had a character out of the ordinary is elastic without
//! blanks: it is read up to its end.
//!
//! ```text
//! ><t:TimeStamp>____________________</t:TimeStamp><t:ItemId Id="____…____"/><t:ParentFolderId Id="____…____"/></
//!               20 blanks                                       152 blanks                         116 or 120
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use super::fits::{BLANK, MARKUP};
use super::matching::is_plain;
use super::name::{Inside, Name};
use crate::notification::field::{EventFields, Part, Template};
use crate::xml::Span;

/// Values of an event: a watermark, a time, a count, six ids with their change keys.
const MAX_SLOTS: usize = 15;

/// How often the blanks of a shape become more, before longer values are only looked for by their end.
const MAX_STRETCHES: u8 = 8;
/// The most blanks of an elastic value.
const MAX_BLANKS: usize = 512;

#[derive(Debug)]
pub(super) struct Shape {
    /// Where the parts are when every value is as long as its blanks.
    template: Template,
    /// The only name that it goes with: what stands in its start tag might say what the name means.
    only: Option<u8>,
    /// An empty-element tag: the name does not come again.
    pub(super) is_empty: bool,
    /// Where its pattern begins, among the others.
    start: u16,
    len: u16,
    slots: [Slot; MAX_SLOTS],
    slot_count: u8,
    /// The elastic slots, a bit for each.
    pub(super) elastic: u16,
    stretches: u8,
    /// Markup before the second value, and where it is: what tells shapes apart sooner than a comparison from the start.
    probe: Option<(u16, u64)>,
    /// Of an event that has matched: the slot whose value was longer than its blanks, and how long.
    pub(super) longer: Option<(u8, u16)>,
    /// Length of what matched last.
    pub(super) usual: u32,
    /// When that was.
    pub(super) used: u32,
}

/// Where a value stands in the pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) part: Part,
    pub(super) start: u16,
    /// How many blanks.
    pub(super) len: u16,
    /// Of an elastic one the lengths that were seen last. None is more than the blanks.
    lens: [u16; 2],
}

impl Slot {
    const UNUSED: Self = Self { part: Part::NAME, start: 0, len: 0, lens: [0; 2] };

    /// Length of the value that `bytes` begin with, if it is as long as one of the last two: `behind`, which is in the
    /// pattern, goes on where it ends. A guess, to be proved by the comparison.
    #[inline]
    pub(super) fn guess(&self, bytes: &[u8], behind: &[u8]) -> Option<usize> {
        let goes_on = u64::from_le_bytes(*behind.first_chunk()?) & u64::from_le_bytes([!MARKUP; 8]);
        let fits = |len: u16| {
            let found = bytes.get(usize::from(len)..).and_then(|rest| rest.first_chunk());
            len > 0 && found.is_some_and(|found| u64::from_le_bytes(*found) == goes_on)
        };
        self.lens.into_iter().find(|len| fits(*len)).map(usize::from)
    }

    /// A value was so long; none, if it does not fit the blanks.
    pub(super) fn saw(&mut self, len: usize) {
        if let Some(len) = u16::try_from(len).ok().filter(|len| *len <= self.len) {
            let [latest, before] = &mut self.lens;
            *before = core::mem::replace(latest, len);
        }
    }
}

impl Shape {
    #[inline]
    pub(super) fn pattern<'a>(&self, patterns: &'a [u8]) -> &'a [u8] {
        patterns.get(self.range()).unwrap_or_default()
    }

    /// An event of this shape, but for its values.
    #[inline]
    pub(super) fn begin(&self, event: &mut EventFields, name: &Name) {
        name.begin(event, &self.template);
    }

    /// What comes behind all of its own.
    #[inline]
    pub(super) fn closing<'n>(&self, name: &'n Name) -> &'n [u8] {
        if self.is_empty { &[] } else { name.closing() }
    }

    #[inline]
    pub(super) fn goes_with(&self, name: usize) -> bool {
        self.only.is_none_or(|only| usize::from(only) == name)
    }

    /// Where in the patterns its own is.
    pub(super) fn range(&self) -> Range<usize> {
        let start = usize::from(self.start);
        start..start.wrapping_add(usize::from(self.len))
    }

    /// Of the patterns before its own so many bytes went away.
    #[allow(clippy::cast_possible_truncation)] // patterns have less than 32 KiB
    pub(super) fn close_up(&mut self, free: &Range<usize>) {
        if usize::from(self.start) >= free.end {
            self.start = self.start.wrapping_sub(free.len() as u16);
        }
    }

    #[inline]
    pub(super) fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.slot_count)).unwrap_or_default()
    }

    #[inline]
    pub(super) fn slot_mut(&mut self, at: usize) -> Option<&mut Slot> {
        self.slots.get_mut(at)
    }

    /// The next elastic slot from that one on, or how many slots there are.
    #[inline]
    pub(super) fn next_elastic(&self, from: usize) -> usize {
        let left = u32::from(self.elastic).checked_shr(from as u32).unwrap_or_default();
        if left == 0 { usize::from(self.slot_count) } else { from.wrapping_add(left.trailing_zeros() as usize) }
    }

    /// Takes all between the names apart and keeps its pattern behind the others, which have room for `room` bytes more: where they are too few,
    /// no value has blanks. `None`: even so.
    #[allow(clippy::cast_possible_truncation)] // patterns have less than 32 KiB
    pub(super) fn learn(
        inside: Inside<'_>,
        values: &Values,
        template: Template,
        only: Option<u8>,
        patterns: &mut Vec<u8>,
        room: usize,
    ) -> Option<Self> {
        let Inside { bytes: run, is_empty } = inside;
        let start = patterns.len();
        let mut shape = Self {
            template,
            only,
            is_empty,
            start: start as u16,
            len: 0,
            slots: [Slot::UNUSED; MAX_SLOTS],
            slot_count: values.len as u8,
            elastic: 0,
            stretches: 0,
            probe: None,
            longer: None,
            usual: run.len() as u32,
            used: 0,
        };
        let fixed = |span: &Span| run.len() <= room && is_plain(span.of(run));
        let open = values.list().iter().filter(|(span, _)| !fixed(span));
        if run.len().saturating_sub(open.map(|(span, _)| span.len() as usize).sum()) > room {
            return None;
        }
        let mut at = 0;
        for (number, (slot, (span, part))) in shape.slots.iter_mut().zip(values.list()).enumerate() {
            let markup = run.get(at..span.start as usize).unwrap_or_default();
            patterns.extend(markup.iter().map(|byte| byte | MARKUP));
            let len = if fixed(span) { span.len() as u16 } else { 0 };
            *slot = Slot { part: *part, start: patterns.len().saturating_sub(start) as u16, len, lens: [0; 2] };
            if !fixed(span) {
                shape.elastic |= 1 << number;
                shape.template.move_up(slot.start, span.len() as u16);
            }
            patterns.resize(patterns.len().saturating_add(usize::from(len)), BLANK);
            at = span.end as usize;
        }
        let markup = run.get(at..).unwrap_or_default();
        patterns.extend(markup.iter().map(|byte| byte | MARKUP));
        shape.len = patterns.len().saturating_sub(start) as u16;
        shape.set_probe(run);
        Some(shape)
    }

    /// `run`: the one that it was learned from.
    fn set_probe(&mut self, run: &[u8]) {
        let [first, second, ..] = &self.slots;
        let (behind, end) = (first.start.wrapping_add(first.len), second.start);
        let is_fixed = self.slot_count >= 2 && self.elastic & 1 == 0;
        let Some(start) = end.checked_sub(size_of::<u64>() as u16).filter(|start| is_fixed && *start >= behind) else {
            return;
        };
        let found = run.get(usize::from(start)..).and_then(|run| run.first_chunk());
        self.probe = found.map(|found| (start, u64::from_le_bytes(*found)));
    }

    /// Whether an event of this name may be of this shape, at a glance.
    #[inline]
    pub(super) fn is_likely(&self, name: &Name, bytes: &[u8]) -> bool {
        let Some((at, markup)) = self.probe else { return true };
        let found = bytes.get(name.len().wrapping_add(usize::from(at))..).and_then(|rest| rest.first_chunk());
        found.is_none_or(|found| u64::from_le_bytes(*found) == markup)
    }

    /// Whether an event is of this shape.
    pub(super) fn is_of(&self, inside: Inside<'_>, values: &Values, patterns: &[u8]) -> bool {
        let run = inside.bytes;
        if self.slots().len() != values.len || self.is_empty != inside.is_empty {
            return false;
        }
        let known = self.pattern(patterns);
        let mut markup = (0, 0_usize);
        for (slot, (span, part)) in self.slots().iter().zip(values.list()) {
            let theirs = run.get(markup.0..span.start as usize).unwrap_or_default();
            let ours = known.get(markup.1..usize::from(slot.start)).unwrap_or_default();
            if slot.part != *part || !same_markup(ours, theirs) {
                return false;
            }
            markup = (span.end as usize, usize::from(slot.start).wrapping_add(usize::from(slot.len)));
        }
        let theirs = run.get(markup.0..).unwrap_or_default();
        let ours = known.get(markup.1..).unwrap_or_default();
        same_markup(ours, theirs)
    }

    /// Whether so many slots of both are the same, but for what was seen in them.
    pub(super) fn begins_like(&self, other: &Self, slots: usize) -> bool {
        let (Some(own), Some(others)) = (self.slots().get(..slots), other.slots().get(..slots)) else { return false };
        let place = |slot: &Slot| (slot.part, slot.start, slot.len);
        let differ = u32::from(self.elastic ^ other.elastic);
        own.iter().map(place).eq(others.iter().map(place)) && differ.trailing_zeros() as usize >= slots
    }

    /// The first slot whose value an event of this shape has otherwise than it can be, and how many blanks it should have.
    #[allow(clippy::cast_possible_truncation)] // no more than its blanks are
    pub(super) fn differs(&mut self, run: &[u8], values: &Values) -> Option<(usize, usize)> {
        let elastic = self.elastic;
        let slots = self.slots.iter_mut().zip(values.list()).enumerate();
        for (at, (slot, (span, _))) in slots {
            let (len, blanks) = (span.len() as usize, usize::from(slot.len));
            let is_elastic = elastic & (1 << at) != 0;
            if blanks > 0 && !is_plain(span.of(run)) {
                if at == 0 {
                    self.probe = None;
                }
                self.elastic |= 1 << at;
                slot.lens = [0; 2];
                return Some((at, 0));
            }
            if !is_elastic && len != blanks {
                if at == 0 {
                    self.probe = None;
                }
                self.elastic |= 1 << at;
                slot.lens = [len.min(blanks) as u16, slot.len];
                if len > blanks && len <= MAX_BLANKS {
                    return Some((at, len));
                }
            }
        }
        None
    }

    /// The value of an event that has matched was longer than its blanks: so many it should have.
    pub(super) fn take_longer(&mut self) -> Option<(usize, usize)> {
        let (at, len) = self.longer.take()?;
        self.stretches = self.stretches.saturating_add(1);
        Some((usize::from(at), usize::from(len)))
    }

    /// An elastic value that has blanks, but too few.
    #[allow(clippy::cast_possible_truncation)] // a few slots and bytes
    pub(super) fn want_longer(&mut self, at: usize, len: usize) {
        let has_blanks = self.slots.get(at).is_some_and(|slot| slot.len > 0);
        if has_blanks && len <= MAX_BLANKS && self.stretches < MAX_STRETCHES {
            self.longer = Some((at as u8, len as u16));
        }
    }
}

/// Gives a slot of one of the shapes another number of blanks, if there is room for them.
#[allow(clippy::cast_possible_truncation)] // patterns have less than 32 KiB
pub(super) fn set_blanks(
    shapes: &mut [Shape],
    of: usize,
    slot: usize,
    blanks: usize,
    patterns: &mut Vec<u8>,
    room: usize,
) {
    let Some(shape) = shapes.get_mut(of) else { return };
    let Some(found) = shape.slots.get_mut(slot) else { return };
    let before = usize::from(found.len);
    // the number by which all behind is nearer, in numbers that go round
    let nearer = before.wrapping_sub(blanks) as u16;
    if blanks.saturating_sub(before) > room {
        return;
    }
    let start = usize::from(shape.start).wrapping_add(usize::from(found.start));
    patterns.splice(start..start.wrapping_add(before), core::iter::repeat_n(BLANK, blanks));
    found.len = blanks as u16;
    found.saw(blanks);
    shape.template.move_up(found.start, nearer);
    shape.len = shape.len.wrapping_sub(nearer);
    for later in shape.slots.iter_mut().skip(slot.wrapping_add(1)) {
        later.start = later.start.wrapping_sub(nearer);
    }
    for other in shapes {
        if usize::from(other.start) > start {
            other.start = other.start.wrapping_sub(nearer);
        }
    }
}

fn same_markup(ours: &[u8], theirs: &[u8]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(our, their)| *our == *their | MARKUP)
}

/// The values of an event, in the order they stand.
pub(super) struct Values {
    values: [(Span, Part); MAX_SLOTS],
    len: usize,
}

impl Values {
    /// Of `run`, which is so many bytes behind the event's beginning. `None`: something in it cannot be told from its neighbours.
    pub(super) fn of(run: &[u8], behind: u32, event: &EventFields) -> Option<Self> {
        let mut values = Self { values: [(Span::default(), Part::NAME); MAX_SLOTS], len: 0 };
        let parts = Part::values().filter_map(|part| Some((event.part(part).span()?, part)));
        for ((span, part), slot) in parts.filter(|(span, _)| !span.is_empty()).zip(&mut values.values) {
            *slot = (Span { start: span.start.checked_sub(behind)?, end: span.end.checked_sub(behind)? }, part);
            values.len = values.len.saturating_add(1);
        }
        values.values.get_mut(..values.len)?.sort_unstable_by_key(|(span, _)| span.start);
        let mut markup = 0;
        for (span, _) in values.list() {
            // a value that stands alone between its quotes, or between tags; not one that was trimmed
            let markup_before = run.get(markup..span.start as usize)?;
            let ends = (*markup_before.last()?, *run.get(span.end as usize)?);
            if !matches!(ends, (b'"', b'"') | (b'\'', b'\'') | (b'>', b'<')) || !markup_before.is_ascii() {
                return None;
            }
            markup = span.end as usize;
        }
        run.get(markup..)?.is_ascii().then_some(values)
    }

    fn list(&self) -> &[(Span, Part)] {
        self.values.get(..self.len).unwrap_or_default()
    }
}
