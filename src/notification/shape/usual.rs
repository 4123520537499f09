//! Comparing an event whose values have usual lengths, from its beginning or from where it was cut. Part of the shapes.
//!
//! Of a value whose length changes two lengths are tried, by a look at whether one would end there; then all up to that end is
//! compared with the pattern at once, and with it that the guess was right.

use super::fits::fits;
use super::matching::Matching;
use super::pattern::{Shape, Slot};
use crate::notification::field::EventFields;
use crate::xml::Span;

/// Where in an event a comparison starts.
#[derive(Clone, Copy)]
struct Start {
    /// The slot that comes next, or that it is in.
    slot: u8,
    /// Where in the pattern.
    place: usize,
    /// Bytes of the event that came before.
    held: usize,
}

impl Start {
    #[inline]
    fn of(shape: &Shape) -> Self {
        Self { slot: shape.fixed_slots(), place: 0, held: 0 }
    }
}

/// Where a comparison stopped.
enum Stopped {
    /// The bytes may be too few.
    Cut(Cut),
    /// They are something else, as so many looks have shown.
    Other(usize),
}

struct Cut {
    /// Up to where they have been compared.
    at: usize,
    /// By how much what is in the pattern lies ahead of where it is in them.
    ahead: usize,
    /// How many slots were not found.
    slots: usize,
}

/// Why bytes are not, to its end, an event whose values have usual lengths.
pub(super) enum Unfit {
    /// They are as far as they go.
    Cut(Matching),
    /// They are something else, as so many looks have shown.
    Other(usize),
}

impl Shape {
    /// Takes an event that is wholly in `bytes` and all of whose values have usual lengths; its parts are those of a run that begins
    /// `later` bytes later. Returns its length; it is ASCII. An error: it is none, as so many looks have shown.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take_usual(
        &self,
        patterns: &[u8],
        bytes: &[u8],
        later: usize,
        event: &mut EventFields,
    ) -> Result<usize, usize> {
        self.lay_out(event, later as u32);
        self.compare_usual(patterns, Start::of(self), bytes, later, event).map_err(|stopped| match stopped {
            Stopped::Cut(Cut { at: looked, .. }) | Stopped::Other(looked) => looked,
        })
    }

    /// Goes on with an event that was cut, as far as its values have usual lengths. Returns how many of the bytes are the rest of it.
    #[inline(never)]
    pub(super) fn take_rest(
        &self,
        patterns: &[u8],
        from: &Matching,
        bytes: &[u8],
        event: &mut EventFields,
    ) -> Result<usize, Unfit> {
        // a value that is too long, or that may end in white space
        let is_unusual = |loose: &Slot| from.place() > loose.end() || from.last == b' ';
        if from.wide || from.in_value && self.slots().get(usize::from(from.slot)).is_none_or(is_unusual) {
            return Err(Unfit::Other(0));
        }
        let start = Start { slot: from.slot, place: from.place(), held: from.at as usize };
        self.compare_usual(patterns, start, bytes, 0, event).map_err(|stopped| match stopped {
            Stopped::Cut(cut) => self.cut(patterns, from, bytes, &cut),
            Stopped::Other(looked) => Unfit::Other(looked),
        })
    }

    /// Compares with the pattern the bytes of an event from where a match has come to. The event's parts are those of a run that
    /// begins `later` bytes later. Returns how many of the bytes are the rest of the event.
    #[allow(clippy::inline_always)] // whole events, the usual case, are compared from their beginning
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    fn compare_usual(
        &self,
        patterns: &[u8],
        start: Start,
        bytes: &[u8],
        later: usize,
        event: &mut EventFields,
    ) -> Result<usize, Stopped> {
        let pattern = self.pattern(patterns);
        let shift = start.held.wrapping_sub(later);
        // up to where the bytes have been compared, and by how much what is in the pattern lies ahead of where it is in them
        let (mut at, mut ahead) = (0_usize, start.place);
        let mut slots = self.slots().get(usize::from(start.slot)..).unwrap_or_default().iter();
        while let Some(slot) = slots.next() {
            let from = usize::from(slot.start).wrapping_sub(ahead);
            let mut end = from.wrapping_add(usize::from(slot.len));
            if slot.is_loose() {
                let longest = end;
                let Some(found) = slot.guess(bytes, from) else {
                    return Err(Stopped::Cut(Cut { at, ahead, slots: slots.len().wrapping_add(1) }));
                };
                end = found;
                let fewer = longest.wrapping_sub(end);
                if fewer > 0 {
                    let expected = pattern.get(at.wrapping_add(ahead)..end.wrapping_add(ahead));
                    let (Some(expected), Some(found)) = (expected, bytes.get(at..end)) else {
                        return Err(Stopped::Other(at));
                    };
                    if !fits(expected, found) {
                        return Err(Stopped::Other(end));
                    }
                    at = end;
                    ahead = ahead.wrapping_add(fewer);
                }
            }
            // Otherwise it is where the template has it. Of an event that was cut it never is taken for granted, for another attempt
            // may have left something there: what was held began with markup, so the pattern is ahead
            if ahead > 0 {
                let [start, end] = [from, end].map(|place| place.wrapping_add(shift) as u32);
                event.put(slot.part, Span { start, end });
            }
        }
        let expected = pattern.get(at.wrapping_add(ahead)..).unwrap_or_default();
        let end = at.wrapping_add(expected.len());
        let Some(found) = bytes.get(at..end) else { return Err(Stopped::Cut(Cut { at, ahead, slots: 0 })) };
        if fits(expected, found) { Ok(end) } else { Err(Stopped::Other(end)) }
    }

    /// What an event is that did not go on as usual, or not to its end: one that is cut there, or another.
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    fn cut(&self, patterns: &[u8], from: &Matching, bytes: &[u8], cut: &Cut) -> Unfit {
        let len = bytes.len();
        let [first, place] = [cut.at, len].map(|at| at.wrapping_add(cut.ahead));
        let next = self.slots().len().wrapping_sub(cut.slots);
        let loose = self.slots().get(next);
        // its end, or the event's, would have been seen
        let expected = self.pattern(patterns).get(first..place);
        let Some(expected) = expected.filter(|_| loose.is_none_or(|loose| place <= loose.end())) else {
            return Unfit::Other(cut.at);
        };
        if !fits(expected, bytes.get(cut.at..).unwrap_or_default()) {
            return Unfit::Other(len);
        }
        let at = from.at.wrapping_add(len as u32);
        let mut matching = Matching { slot: next as u8, in_value: false, at, ..*from };
        match loose {
            Some(loose) if place >= usize::from(loose.start) => {
                matching.in_value = true;
                matching.last = bytes.last().copied().unwrap_or(from.last);
                matching.value_start = at.wrapping_sub((place as u32).wrapping_sub(u32::from(loose.start)));
                (matching.pattern, matching.stop) = (loose.start, loose.start);
            }
            loose => {
                // those behind the latest loose one may be others in another shape
                let found = self.slots().get(usize::from(from.slot)..next).unwrap_or_default();
                let fixed = found.iter().rev().take_while(|slot| !slot.is_loose()).count();
                matching.slot = next.wrapping_sub(fixed) as u8;
                matching.pattern = place as u16;
                matching.stop = loose.map_or(self.len, |loose| loose.start);
            }
        }
        Unfit::Cut(matching)
    }
}
