//! What one shape is: the bytes around an event's values, and where its values stand. Part of the shapes.
//!
//! A pattern is the event as it is written, byte for byte, with blanks in the place of its values. So one pass over the event,
//! in blocks that become vector code, compares the markup and proves the values plain, wherever they are. A value has as many
//! blanks as the longest of it had yet; where shorter ones were seen, it is *loose*: where it ends is looked up first. One that
//! was seen with characters out of the ordinary, or that is too long, has no blanks and is read up to its end.
//!
//! ```text
//! t:NewMailEvent><t:TimeStamp>____________________</t:TimeStamp><t:ItemId Id="____…____"/><t:ParentFolderId Id="|"/></t:NewMailEvent>
//!                             20 blanks                                       152 blanks                         none
//! ```

use alloc::vec::Vec;
use core::iter;

use super::fits::{BLANK, MARKUP};
use super::matching::is_plain;
use crate::notification::field::{EventFields, Part};
use crate::notification::vocabulary::EventKind;
use crate::xml::Span;

/// Values of an event that is learned: a watermark, a time, and four ids with their change keys.
const MAX_SLOTS: usize = 10;

#[derive(Debug)]
pub(super) struct Shape {
    /// An event whose values are as long as their blanks.
    template: EventFields,
    /// Its first eight bytes.
    head: u64,
    /// Tells apart what has the same head: the last eight bytes of the markup before the second value, and where they are; or the
    /// head once more.
    waist: u64,
    waist_at: u16,
    /// Where its pattern begins, among the others.
    start: u16,
    pub(super) len: u16,
    slots: [Slot; MAX_SLOTS],
    slot_count: u8,
    /// Slots before the first one that is loose.
    fixed_slots: u8,
    /// Length of the event that matched last.
    pub(super) usual: u32,
}

const WORD: usize = size_of::<u64>();

/// Eight bytes of an event as a number.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u64::from_le_bytes)
}

/// Where a value stands in the pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub(super) part: Part,
    /// The byte behind it: a quote, or `<`.
    pub(super) delimiter: u8,
    pub(super) start: u16,
    /// How many blanks.
    pub(super) len: u16,
    /// By how much two values of late were shorter.
    shorter: [u8; 2],
}

impl Slot {
    const UNUSED: Self = Self { part: Part::NAME, delimiter: 0, start: 0, len: 0, shorter: [0; 2] };

    /// Whether its values differ in length, or have no blanks.
    #[inline]
    pub(super) fn is_loose(self) -> bool {
        self.len == 0 || self.shorter != [0; 2]
    }

    /// Where the markup behind it begins, in the pattern.
    #[inline]
    pub(super) fn end(self) -> usize {
        usize::from(self.start).wrapping_add(usize::from(self.len))
    }

    /// Where the value that begins at `start` ends, as far as a look at where one of the usual lengths ends can tell.
    #[inline]
    pub(super) fn guess(self, bytes: &[u8], start: usize) -> Option<usize> {
        let longest = start.wrapping_add(usize::from(self.len));
        let [one, other] = self.shorter.map(|less| longest.wrapping_sub(usize::from(less)));
        let ends = |end: usize| bytes.get(end) == Some(&self.delimiter);
        // no branch to be mispredicted
        let end = if ends(one) { one } else { other };
        (ends(end) && end != start).then_some(end)
    }

    /// Of a value for which there are blanks enough.
    pub(super) fn remember(&mut self, len: usize) {
        if let Some(less) = usize::from(self.len).checked_sub(len) {
            // one that is shorter still is looked for by its end
            let less = u8::try_from(less).unwrap_or(u8::MAX);
            let [latest, _] = self.shorter;
            if less != latest {
                self.shorter = [less, latest];
            }
        }
    }

    fn is_like(self, other: Self) -> bool {
        (self.part, self.start, self.len, self.is_loose()) == (other.part, other.start, other.len, other.is_loose())
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
    pub(super) fn lay_out(&self, event: &mut EventFields, later: u32) {
        event.become_like(&self.template, later);
    }

    /// Whether an event's name is among its parts: it is one that this version does not know.
    #[inline]
    pub(super) fn is_named(&self) -> bool {
        self.template.kind == EventKind::Other
    }

    /// Whether an event that begins so may be of this shape: a quick look, wrong but seldom.
    #[inline]
    pub(super) fn may_be(&self, head: u64, event: &[u8]) -> bool {
        self.head == head && word(event, usize::from(self.waist_at)) == Some(self.waist)
    }

    /// The same for an event that is cut.
    #[inline]
    pub(super) fn may_become(&self, event: &[u8]) -> bool {
        let looks = |at: usize, like: u64| word(event, at).is_none_or(|word| word == like);
        looks(0, self.head) && looks(usize::from(self.waist_at), self.waist)
    }

    /// The beginning of an event, to be looked for.
    #[inline]
    pub(super) fn head_of(event: &[u8]) -> Option<u64> {
        word(event, 0)
    }

    #[inline]
    pub(super) fn slots(&self) -> &[Slot] {
        self.slots.get(..usize::from(self.slot_count)).unwrap_or_default()
    }

    /// How many there are before the first loose one.
    #[inline]
    pub(super) fn fixed_slots(&self) -> u8 {
        self.fixed_slots
    }

    /// Takes `run` apart and keeps its pattern behind the others, which have room for `room` bytes more: where they are too few,
    /// no value has blanks. `None`: even so.
    #[allow(clippy::cast_possible_truncation)] // patterns have less than 64 KiB
    pub(super) fn learn(
        run: &[u8],
        values: &Values,
        event: &EventFields,
        patterns: &mut Vec<u8>,
        room: usize,
    ) -> Option<Self> {
        // the head is looked at before anything else, and so must not be a value
        let head = word(run, 0)?;
        let start = patterns.len();
        let mut shape = Self {
            template: *event,
            head,
            waist: head,
            waist_at: 0,
            start: start as u16,
            len: 0,
            slots: [Slot::UNUSED; MAX_SLOTS],
            slot_count: values.len as u8,
            fixed_slots: 0,
            usual: run.len() as u32,
        };
        // what is present and empty is so wherever the event is; behind the head, where every run of such an event has begun
        for part in Part::values().filter(|part| event.part(*part).span().is_some_and(Span::is_empty)) {
            shape.template.put(part, Span { start: WORD as u32, end: WORD as u32 });
        }
        let has_blanks = |span: &Span| run.len() <= room && is_plain(span.of(run));
        let without = values.list().iter().filter(|(span, _)| !has_blanks(span));
        if run.len().saturating_sub(without.map(|(span, _)| span.len() as usize).sum()) > room {
            return None;
        }
        let mut at = 0;
        for (slot, (span, part)) in shape.slots.iter_mut().zip(values.list()) {
            let markup = run.get(at..span.start as usize).unwrap_or_default();
            patterns.extend(markup.iter().map(|byte| byte | MARKUP));
            let len = if has_blanks(span) { span.len() as u16 } else { 0 };
            let delimiter = run.get(span.end as usize).copied().unwrap_or_default();
            let start = patterns.len().saturating_sub(start) as u16;
            *slot = Slot { part: *part, delimiter, start, len, shorter: [0; 2] };
            patterns.resize(patterns.len().saturating_add(usize::from(len)), BLANK);
            at = span.end as usize;
        }
        let markup = run.get(at..).unwrap_or_default();
        patterns.extend(markup.iter().map(|byte| byte | MARKUP));
        shape.len = patterns.len().saturating_sub(start) as u16;
        shape.summarise(patterns);
        Some(shape)
    }

    /// What follows from the slots.
    #[allow(clippy::cast_possible_truncation)] // one of a dozen, and a place in a pattern
    fn summarise(&mut self, patterns: &[u8]) {
        let fixed = self.slots().iter().take_while(|slot| !slot.is_loose()).count();
        self.fixed_slots = fixed as u8;
        (self.waist, self.waist_at) = (self.head, 0);
        if let [first, second, ..] = self.slots()
            && fixed > 0
            && let Some(at) = usize::from(second.start).checked_sub(WORD).filter(|at| *at >= first.end())
            && let Some(waist) = word(self.pattern(patterns), at)
        {
            self.waist = waist & !u64::from_le_bytes([MARKUP; WORD]);
            self.waist_at = at as u16;
        }
        for slot in self.slots.iter().take(usize::from(self.slot_count)) {
            let start = u32::from(slot.start);
            self.template.put(slot.part, Span { start, end: start.wrapping_add(u32::from(slot.len)) });
        }
    }

    /// Whether an event is of this shape.
    pub(super) fn is_of(&self, run: &[u8], values: &Values, patterns: &[u8]) -> bool {
        if self.slots().len() != values.len || Self::head_of(run) != Some(self.head) {
            return false;
        }
        let known = self.pattern(patterns);
        let mut markup = (0, 0);
        for (slot, (span, part)) in self.slots().iter().zip(values.list()) {
            let theirs = run.get(markup.0..span.start as usize).unwrap_or_default();
            let ours = known.get(markup.1..usize::from(slot.start)).unwrap_or_default();
            if slot.part != *part || !same_markup(ours, theirs) {
                return false;
            }
            markup = (span.end as usize, slot.end());
        }
        let theirs = run.get(markup.0..).unwrap_or_default();
        let ours = known.get(markup.1..).unwrap_or_default();
        same_markup(ours, theirs)
    }

    /// Whether another shape is the same up to so much of its pattern. `in_value`: up to somewhere in the value that begins there.
    pub(super) fn begins_like(&self, other: &Self, patterns: &[u8], pattern: usize, in_value: bool) -> bool {
        let before = |slot: &&Slot| usize::from(slot.start) < pattern.wrapping_add(usize::from(in_value));
        let count = |shape: &Self| shape.slots().iter().take_while(before).count();
        let slots = iter::zip(self.slots(), other.slots()).take(count(self));
        let same = self.pattern(patterns).get(..pattern);
        count(self) == count(other)
            && { slots }.all(|(own, other)| own.is_like(*other))
            && same.is_some_and(|same| other.pattern(patterns).starts_with(same))
    }

    /// The values of an event of this shape have lengths that others may have as well.
    pub(super) fn remember_lengths(&mut self, event: &EventFields, patterns: &[u8]) {
        for slot in self.slots.iter_mut().take(usize::from(self.slot_count)) {
            slot.remember(event.part(slot.part).span().map_or(0, Span::len) as usize);
        }
        self.summarise(patterns);
    }

    /// Whether no value of an event of this shape is longer than its blanks.
    pub(super) fn has_blanks_for(&self, event: &EventFields) -> bool {
        let fits = |slot: &Slot| event.part(slot.part).span().is_some_and(|span| span.len() <= u32::from(slot.len));
        self.slots().iter().all(|slot| slot.len == 0 || fits(slot))
    }

    /// Learns from an event of this shape that its values differ from what is known of them. Where that changes the length of
    /// its pattern, returns how. `room`: bytes that the patterns may grow by.
    pub(super) fn adapt(&mut self, run: &[u8], values: &Values, patterns: &mut Vec<u8>, room: usize) -> Option<Change> {
        let count = usize::from(self.slot_count);
        for number in 0..count {
            let (slot, (span, _)) = self.slots.get_mut(number).zip(values.list().get(number))?;
            let len = if is_plain(span.of(run)) { u16::try_from(span.len()).unwrap_or(0) } else { 0 };
            if slot.len == 0 || len > 0 && len <= slot.len {
                slot.remember(usize::from(len));
                continue;
            }
            let fits = usize::from(len.saturating_sub(slot.len)) <= room;
            let blanks = if fits { len } else { 0 };
            let change =
                Change { at: usize::from(self.start).wrapping_add(usize::from(slot.start)), was: slot.len, is: blanks };
            slot.shorter = [0, u8::try_from(blanks.saturating_sub(slot.len)).unwrap_or(u8::MAX)];
            slot.len = blanks;
            for behind in self.slots.iter_mut().take(count).skip(number.wrapping_add(1)) {
                behind.start = change.of(behind.start);
            }
            self.len = change.of(self.len);
            let blanks = iter::repeat_n(BLANK, usize::from(change.is));
            patterns.reserve_exact(usize::from(change.is.saturating_sub(change.was)));
            drop(patterns.splice(change.at..change.at.wrapping_add(usize::from(change.was)), blanks));
            self.summarise(patterns);
            return Some(change);
        }
        self.summarise(patterns);
        None
    }

    /// Another pattern has changed.
    pub(super) fn move_by(&mut self, change: Change) {
        if usize::from(self.start) > change.at {
            self.start = change.of(self.start);
        }
    }
}

/// Some blanks have become more or fewer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    at: usize,
    was: u16,
    is: u16,
}

impl Change {
    /// What an offset behind the blanks, or a length with them, has become.
    fn of(self, offset: u16) -> u16 {
        offset.wrapping_sub(self.was).wrapping_add(self.is)
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
    /// `None`: they are too many, or something in it cannot be told from its neighbours.
    pub(super) fn of(run: &[u8], event: &EventFields) -> Option<Self> {
        let mut values = Self { values: [(Span::default(), Part::NAME); MAX_SLOTS], len: 0 };
        let parts = Part::values().filter_map(|part| Some((event.part(part).span()?, part)));
        for value in parts.filter(|(span, _)| !span.is_empty()) {
            *values.values.get_mut(values.len)? = value;
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
            if at == 0 && markup_before.len() < WORD {
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

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Part = Part::TIMESTAMP;
    const ID: Part = Part::id(crate::notification::field::IdElement::Item);

    /// An event with those texts as its values, each where it stands first.
    fn fields(run: &str, values: &[(&str, Part)]) -> EventFields {
        let mut event = EventFields::new(EventKind::Created);
        for (text, part) in values {
            let start = run.find(text).unwrap();
            let [start, end] = [start, start.saturating_add(text.len())].map(|at| u32::try_from(at).unwrap());
            event.put(*part, Span { start, end });
        }
        event
    }

    fn values(run: &str, of: &[(&str, Part)]) -> Option<Values> {
        Values::of(run.as_bytes(), &fields(run, of))
    }

    fn learned(run: &str, of: &[(&str, Part)], patterns: &mut Vec<u8>, room: usize) -> Option<Shape> {
        Shape::learn(run.as_bytes(), &values(run, of).unwrap(), &fields(run, of), patterns, room)
    }

    const RUN: &str = "t:CreatedEvent><t:TimeStamp>2026</t:TimeStamp><t:ItemId Id=\"AAMk\"/></t:CreatedEvent>";
    const IN_RUN: [(&str, Part); 2] = [("2026", TIME), ("AAMk", ID)];

    #[test]
    fn an_event_is_of_a_shape_if_its_markup_and_its_parts_are_the_same() {
        let mut patterns = b"before".to_vec();
        let shape = learned(RUN, &IN_RUN, &mut patterns, RUN.len()).unwrap();
        let is_of = |run: &str, of: &[(&str, Part)]| shape.is_of(run.as_bytes(), &values(run, of).unwrap(), &patterns);
        assert!(is_of(RUN, &IN_RUN));
        assert!(is_of(&RUN.replace("2026", "2").replace("AAMk", "AAMkAD"), &[("2", TIME), ("AAMkAD", ID)]));
        assert!(is_of(&RUN.replace("AAMk", "A Mk\u{e9}"), &[("2026", TIME), ("A Mk\u{e9}", ID)]));
        for (from, to) in [
            ("t:CreatedEvent><", "t:DreatedEvent><"),
            ("t:TimeStamp>2", "t:TimeStomp>2"),
            ("t:TimeStamp>2", "t:Time_Stamp>2"),
            ("</t:TimeStamp><", "</t:TimeStamp>\n<"),
            ("</t:TimeStamp><", "</t:TimeStomp><"),
            ("/></t:CreatedEvent>", " ></t:CreatedEvent>"),
            ("/></t:CreatedEvent>", " /></t:CreatedEvent>"),
        ] {
            assert!(!is_of(&RUN.replacen(from, to, 1), &IN_RUN), "{to}");
        }
        assert!(!is_of(RUN, &IN_RUN[..1]));
        assert!(!is_of(RUN, &[("2026", Part::WATERMARK), ("AAMk", ID)]));
        assert!(!is_of(RUN, &[("2026", TIME), ("AAMk", Part::UNREAD_COUNT)]));
    }

    #[test]
    fn values_stand_alone_between_quotes_or_tags_and_behind_the_head() {
        let ends = |run: &str| values(run, &[("value", TIME)]).is_some();
        assert!(ends("t:Event><t:TimeStamp>value</t:TimeStamp>"));
        assert!(ends("t:Event><t:ItemId Id=\"value\"/>"));
        assert!(ends("t:Event><t:ItemId Id='value'/>"));
        for trimmed in [
            "t:Event><t:ItemId Id=\" value\"/>",
            "t:Event><t:ItemId Id=\"value \"/>",
            "t:Event><t:TimeStamp> value</t:TimeStamp>",
            "t:Event><t:TimeStamp>value\n</t:TimeStamp>",
            "t:Event><t:TimeStamp>value",
            "t:\u{c9}vent><t:TimeStamp>value</t:TimeStamp>",
            "t:Event><t:TimeStamp>value</t:TimeStamp>\u{e9}",
        ] {
            assert!(!ends(trimmed), "{trimmed}");
        }
        assert!(ends("t:Event>value</t:Event>"));
        assert!(!ends("t:Even>value</t:Even>"));
        // what is before the first only
        let second = "t:Event><t:A>one</t:A><t:B>two</t:B></t:Event>";
        assert_eq!(values(second, &[("one", TIME), ("two", ID)]).unwrap().len, 2);
        assert!(values("t:Event>one<>two</t:Event>", &[("one", TIME), ("two", ID)]).is_some());
    }

    #[test]
    fn a_pattern_has_blanks_where_there_is_room_for_all() {
        let markup = RUN.len() - 8;
        for (room, expected) in
            [(RUN.len(), Some([4, 4])), (RUN.len() - 1, Some([0, 0])), (markup, Some([0, 0])), (markup - 1, None)]
        {
            let mut patterns = b"before".to_vec();
            let shape = learned(RUN, &IN_RUN, &mut patterns, room);
            assert_eq!(shape.as_ref().map(|shape| [shape.slots()[0].len, shape.slots()[1].len]), expected, "{room}");
            let len = expected.map_or(0, |[one, other]| markup + usize::from(one + other));
            assert_eq!(patterns.len(), b"before".len() + len, "{room}");
        }
        // a value that is not plain has none even so
        let run = RUN.replace("AAMk", "A Mk");
        let mut patterns = Vec::new();
        let shape = learned(&run, &[("2026", TIME), ("A Mk", ID)], &mut patterns, RUN.len()).unwrap();
        assert_eq!([shape.slots()[0].len, shape.slots()[1].len], [4, 0]);
        assert_eq!(shape.pattern(&patterns).len(), markup + 4);
    }

    /// What is known of the first value of `RUN`, and how long the pattern is, after another event with that value.
    fn adapted(value: &str, room: usize) -> (Slot, usize) {
        let mut patterns = Vec::new();
        let mut shape = learned(RUN, &IN_RUN, &mut patterns, RUN.len()).unwrap();
        let mut behind = learned(RUN, &IN_RUN, &mut patterns, RUN.len()).unwrap();
        let run = RUN.replace("2026", value);
        let of = values(&run, &[(value, TIME), ("AAMk", ID)]).unwrap();
        if let Some(change) = shape.adapt(run.as_bytes(), &of, &mut patterns, room) {
            shape.move_by(change);
            behind.move_by(change);
        }
        assert_eq!(behind.pattern(&patterns).len(), RUN.len());
        assert!(behind.is_of(RUN.as_bytes(), &values(RUN, &IN_RUN).unwrap(), &patterns));
        assert!(shape.is_of(run.as_bytes(), &of, &patterns));
        (shape.slots()[0], shape.pattern(&patterns).len())
    }

    #[test]
    fn blanks_become_as_many_as_the_longest_value_has_while_there_is_room() {
        let of = |value: &str, room: usize| {
            let (slot, len) = adapted(value, room);
            (slot.len, slot.shorter, len)
        };
        let len = RUN.len();
        assert_eq!(of("2026", 0), (4, [0, 0], len));
        assert_eq!(of("202", 0), (4, [1, 0], len));
        assert_eq!(of("2026-03", 3), (7, [0, 3], len + 3));
        assert_eq!(of("2026-03", 2), (0, [0, 0], len - 4));
        assert_eq!(of("2 26", 9), (0, [0, 0], len - 4));
    }

    #[test]
    fn a_value_is_guessed_to_end_where_one_of_two_lengths_would_end_it() {
        let slot = Slot { delimiter: b'"', len: 5, shorter: [1, 3], ..Slot::UNUSED };
        assert_eq!(slot.guess(b"xabcd\"", 1), Some(5));
        assert_eq!(slot.guess(b"xab\"d\"", 1), Some(5));
        assert_eq!(slot.guess(b"xab\"d", 1), Some(3));
        for other in [&b"xabcde\""[..], b"xabc\"", b"xa\"", b"xab<d<", b"x"] {
            assert_eq!(slot.guess(other, 1), None, "{}", other.escape_ascii());
        }
        // it would be empty
        let slot = Slot { shorter: [5, 5], ..slot };
        assert_eq!(slot.guess(b"x\"", 1), None);
        // it has begun before these bytes
        let slot = Slot { shorter: [0, 2], ..slot };
        assert_eq!(slot.guess(b"\"", 3_usize.wrapping_neg()), Some(0));
    }
}
