//! What one shape is: the bytes around an event's values, and where its values stand. Part of the shapes.
//!
//! A pattern is the event as it is written, byte for byte, with blanks in the place of its values: as many as the value is
//! long. So one pass over the event, in blocks that become vector code, compares the markup and proves the values plain,
//! wherever they are. A value of which another length, or a character out of the ordinary, was ever seen is *open*: no blanks
//! stand for it, and it is read up to its end.
//!
//! ```text
//! t:NewMailEvent><t:TimeStamp>____________________</t:TimeStamp><t:ItemId Id="____…____"/><t:ParentFolderId Id="|"/></t:NewMailEvent>
//!                             20 blanks                                       152 blanks                         open
//! ```

use alloc::vec::Vec;
use core::ops::Range;

use super::fits::{BLANK, MARKUP};
use super::matching::is_plain;
use crate::notification::field::{EventFields, Field, Part};
use crate::notification::vocabulary::EventKind;
use crate::xml::Span;

/// Values of an event: a watermark, a time, a count, six ids with their change keys.
const MAX_SLOTS: usize = 15;

#[derive(Debug)]
pub(super) struct Shape {
    kind: EventKind,
    /// Its name, if its kind does not say it.
    name: Field,
    /// The parts that are present without a value, a bit for each.
    empty: u16,
    /// The first bytes of its markup.
    pub(super) head: u64,
    /// Where its pattern begins, among the others.
    start: u16,
    len: u16,
    slots: [Slot; MAX_SLOTS],
    slot_count: u8,
    /// Length of the event that matched last.
    pub(super) usual: u32,
}

/// Where a value stands in the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) part: Part,
    pub(super) start: u16,
    /// How many blanks; none: open.
    pub(super) len: u16,
}

impl Slot {
    const UNUSED: Self = Self { part: Part::NAME, start: 0, len: 0 };

    pub(super) const fn is_open(self) -> bool {
        self.len == 0
    }
}

impl Shape {
    #[inline]
    pub(super) fn pattern<'a>(&self, patterns: &'a [u8]) -> &'a [u8] {
        let start = usize::from(self.start);
        patterns.get(start..start.wrapping_add(usize::from(self.len))).unwrap_or_default()
    }

    /// An event of this shape, but for its values.
    #[inline]
    pub(super) fn begin(&self, event: &mut EventFields) {
        event.begin(self.kind, self.name, self.empty);
    }

    #[inline]
    pub(super) fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.slot_count)).unwrap_or_default()
    }

    /// Takes `run` apart and keeps its pattern behind the others, which have room for `room` bytes more: where they are too few,
    /// every value is an open one. `None`: even so.
    #[allow(clippy::cast_possible_truncation)] // patterns have less than 64 KiB
    pub(super) fn learn(
        run: &[u8],
        values: &Values,
        event: &EventFields,
        patterns: &mut Vec<u8>,
        room: usize,
    ) -> Option<Self> {
        // the head is looked at before anything else, and so must not be a value
        let head = u64::from_le_bytes(*run.first_chunk()?);
        let start = patterns.len();
        let mut shape = Self {
            kind: event.kind,
            name: event.part(Part::NAME),
            empty: event.empty_parts(),
            head,
            start: start as u16,
            len: 0,
            slots: [Slot::UNUSED; MAX_SLOTS],
            slot_count: values.len as u8,
            usual: run.len() as u32,
        };
        let fixed = |span: &Span| run.len() <= room && is_plain(span.of(run));
        let open = values.list().iter().filter(|(span, _)| !fixed(span));
        if run.len().saturating_sub(open.map(|(span, _)| span.len() as usize).sum()) > room {
            return None;
        }
        let mut at = 0;
        for (slot, (span, part)) in shape.slots.iter_mut().zip(values.list()) {
            let markup = run.get(at..span.start as usize).unwrap_or_default();
            patterns.extend(markup.iter().map(|byte| byte | MARKUP));
            let len = if fixed(span) { span.len() as u16 } else { 0 };
            *slot = Slot { part: *part, start: patterns.len().saturating_sub(start) as u16, len };
            patterns.resize(patterns.len().saturating_add(usize::from(len)), BLANK);
            at = span.end as usize;
        }
        let markup = run.get(at..).unwrap_or_default();
        patterns.extend(markup.iter().map(|byte| byte | MARKUP));
        shape.len = patterns.len().saturating_sub(start) as u16;
        Some(shape)
    }

    /// Whether an event is of this shape.
    pub(super) fn is_of(&self, run: &[u8], values: &Values, patterns: &[u8]) -> bool {
        if self.slots().len() != values.len || run.first_chunk() != Some(&self.head.to_le_bytes()) {
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

    /// The first value that is not open and that an event of this shape has otherwise: opens it. Returns where in the patterns its
    /// blanks are, which are no more.
    pub(super) fn open_what_differs(&mut self, run: &[u8], values: &Values) -> Option<Range<usize>> {
        let mut slots = self.slots.iter_mut().zip(values.list());
        let (slot, _) = slots.find(|(slot, (span, _))| {
            !slot.is_open() && (span.len() != u32::from(slot.len) || !is_plain(span.of(run)))
        })?;
        let len = core::mem::replace(&mut slot.len, 0);
        let start = usize::from(self.start).wrapping_add(usize::from(slot.start));
        slots.for_each(|(slot, _)| slot.start = slot.start.wrapping_sub(len));
        self.len = self.len.wrapping_sub(len);
        Some(start..start.wrapping_add(usize::from(len)))
    }

    /// So many of the patterns' bytes at that place are no more.
    #[allow(clippy::cast_possible_truncation)] // patterns have less than 64 KiB
    pub(super) fn close_up(&mut self, free: &Range<usize>) {
        if usize::from(self.start) >= free.end {
            self.start = self.start.wrapping_sub(free.len() as u16);
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
    /// `None`: something in it cannot be told from its neighbours.
    pub(super) fn of(run: &[u8], event: &EventFields) -> Option<Self> {
        let mut values = Self { values: [(Span::default(), Part::NAME); MAX_SLOTS], len: 0 };
        let parts = Part::values().filter_map(|part| Some((event.part(part).span()?, part)));
        for (value, slot) in parts.filter(|(span, _)| !span.is_empty()).zip(&mut values.values) {
            *slot = value;
            values.len = values.len.saturating_add(1);
        }
        values.values.get_mut(..values.len)?.sort_unstable_by_key(|(span, _)| span.start);
        let mut markup = 0;
        for (at, (span, _)) in values.list().iter().enumerate() {
            // a value that stands alone between its quotes, or between tags; not one that was trimmed
            let markup_before = run.get(markup..span.start as usize)?;
            let ends = (*markup_before.last()?, *run.get(span.end as usize)?);
            if !matches!(ends, (b'"', b'"') | (b'\'', b'\'') | (b'>', b'<')) || !markup_before.is_ascii() {
                return None;
            }
            if at == 0 && markup_before.len() < size_of::<u64>() {
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
