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
//! A shape decides about a whole event or about nothing. Until the last byte has matched, neither the scanner nor what the
//! parser knows has changed. Whatever does not match or is not plain is read by the scanner from the event's first byte,
//! as if there were no shapes; so they can speed an event up, never change it. A chunk that ends inside an event is no
//! mismatch: the match goes on in the next one, and what was matched so far is kept, for the message or for the scanner.
//!
//! # Why work stays linear
//!
//! A failed attempt has looked at bytes that the scanner looks at again. Attempts are paid for: a byte matched earns a
//! look, an attempt costs the looks it wasted, and without credit none is made. A peer whose every event is new is soon
//! read by the scanner alone.

use alloc::vec::Vec;

use super::field::{EventFields, Part};
use crate::limits::Limits;
use crate::xml::{Scope, Span, plain_text_run, plain_value_run, usual_run};

/// Shapes kept; a server has some six.
const MAX_SHAPES: usize = 12;
/// Values of an event: a watermark, a time, a count, six ids with their change keys.
const MAX_SLOTS: usize = 15;
/// Bytes of literals kept.
const MAX_LITERALS: usize = 4096;
/// Looks that may be wasted before the first success.
const CREDIT: usize = 4096;
/// Looks that many successes allow to be wasted.
const MAX_CREDIT: usize = 1 << 20;

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
    /// A match that the end of a chunk has interrupted.
    matching: Option<Matching>,
}

#[derive(Debug)]
struct Shape {
    /// The event it was learned from: its kind, and the parts that are present and empty.
    template: EventFields,
    /// The first bytes of its first literal.
    head: u64,
    /// Where its literals begin.
    literals: u32,
    slots: [Slot; MAX_SLOTS],
    len: u8,
    /// Length of the literal behind the last slot.
    tail: u16,
    /// Length of all literals.
    literal_bytes: u16,
    /// Length of the event that matched last.
    usual: u32,
    /// The shape that matched after this one the last time.
    next: u8,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Length of the literal before it.
    literal: u16,
    part: Part,
    /// What ends the value: its quote, or `<` for text.
    end: u8,
}

impl Slot {
    const UNUSED: Self = Self { literal: 0, part: Part::NAME, end: 0 };
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
            matching: None,
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
        self.matching = None;
    }

    /// Whether an attempt is worth its while.
    #[inline]
    pub(super) fn may_match(&self) -> bool {
        !self.known.is_empty() && self.credit > 0
    }

    /// Whether a match goes on with the next chunk.
    #[inline]
    pub(super) fn is_matching(&self) -> bool {
        self.matching.is_some()
    }

    /// An interrupted match is given up, with the input it was in.
    pub(super) fn reset(&mut self) {
        self.matching = None;
    }

    /// Looks for a shape of which `bytes`, an event from its name on, are an instance or the beginning of one; its parts go
    /// to `event`. Returns what came of it and how many bytes were looked at.
    #[inline]
    pub(super) fn begin(&mut self, bytes: &[u8], event: &mut EventFields) -> (Progress, usize) {
        let likely = self.known.get(self.latest).map_or(0, |shape| usize::from(shape.next));
        let mut wasted: usize = 0;
        let head = bytes.first_chunk().copied().map(u64::from_le_bytes);
        // the one that followed last time, then the others
        for at in core::iter::once(likely).chain((0..self.known.len()).filter(|at| *at != likely)) {
            let Some(shape) = self.known.get(at) else { continue };
            // tells most kinds of events apart
            if head.is_some_and(|head| head != shape.head) {
                continue;
            }
            // only what could be paid for if it were in vain
            if wasted.saturating_add(shape.usual as usize) > self.credit {
                break;
            }
            // what is shorter than such an event is may well be cut
            let whole = bytes.len() >= shape.usual as usize;
            match if whole { shape.take(&self.literals, bytes, self.text_bytes, event) } else { Err(bytes.len()) } {
                Ok(len) => {
                    self.matched(at, len);
                    self.credit = self.credit.saturating_sub(wasted);
                    return (Progress::Matched(len), wasted.saturating_add(len));
                }
                // what is not cut is another shape
                Err(looked) if looked < bytes.len() => {
                    wasted = wasted.saturating_add(looked);
                    if wasted > self.credit {
                        break;
                    }
                    continue;
                }
                Err(_) => {}
            }
            let begun = Matching::new(at, shape, event);
            let (matching, progress) = begun.advance(shape, &self.literals, bytes, self.text_bytes, event);
            let matched = matching.at as usize;
            match progress {
                Progress::Matched(_) => self.matched(at, matched),
                Progress::Partial => self.matching = Some(matching),
                Progress::Failed => {
                    wasted = wasted.saturating_add(matched).saturating_add(1);
                    if wasted > self.credit {
                        break;
                    }
                    continue;
                }
            }
            self.credit = self.credit.saturating_sub(wasted);
            return (progress, wasted.saturating_add(matched));
        }
        self.credit = self.credit.saturating_sub(wasted);
        (Progress::Failed, wasted)
    }

    /// The usual case alone: takes a whole event of the shape that comes next most likely, or of one that begins alike.
    /// Returns its length, or nothing, and how many bytes were looked at in vain.
    #[inline]
    pub(super) fn take_likely(&mut self, bytes: &[u8], event: &mut EventFields) -> (Option<usize>, usize) {
        let Some(head) = bytes.first_chunk().copied().map(u64::from_le_bytes) else { return (None, 0) };
        let likely = self.known.get(self.latest).map_or(0, |shape| usize::from(shape.next));
        let at = match self.known.get(likely) {
            Some(shape) if shape.head == head => likely,
            _ => match self.known.iter().position(|shape| shape.head == head) {
                Some(at) => at,
                None => return (None, 0),
            },
        };
        let Some(shape) = self.known.get(at).filter(|shape| self.credit > 0 && bytes.len() >= shape.usual as usize)
        else {
            return (None, 0);
        };
        match shape.take(&self.literals, bytes, self.text_bytes, event) {
            Ok(len) => {
                self.matched(at, len);
                (Some(len), 0)
            }
            Err(looked) => {
                self.credit = self.credit.saturating_sub(looked);
                (None, looked)
            }
        }
    }

    /// Goes on with the match that the end of a chunk interrupted.
    pub(super) fn go_on(&mut self, bytes: &[u8], event: &mut EventFields) -> (Progress, usize) {
        let Some(matching) = self.matching.take() else { return (Progress::Failed, 0) };
        let at = usize::from(matching.shape);
        let Some(shape) = self.known.get(at) else { return (Progress::Failed, 0) };
        let before = matching.at as usize;
        let (matching, progress) = matching.advance(shape, &self.literals, bytes, self.text_bytes, event);
        let matched = matching.at as usize;
        match progress {
            Progress::Matched(_) => self.matched(at, matched),
            Progress::Partial => self.matching = Some(matching),
            Progress::Failed => self.credit = self.credit.saturating_sub(matched.saturating_add(1)),
        }
        (progress, matched.saturating_sub(before).saturating_add(usize::from(matches!(progress, Progress::Failed))))
    }

    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    fn matched(&mut self, at: usize, len: usize) {
        self.credit = self.credit.saturating_add(len).min(MAX_CREDIT);
        if let Some(latest) = self.known.get_mut(self.latest) {
            latest.next = at as u8;
        }
        self.latest = at;
        if let Some(shape) = self.known.get_mut(at) {
            shape.usual = len as u32;
        }
    }

    /// The scanner has read an event of its own, `run`, which was in one piece and had nothing to decode.
    pub(super) fn learn(&mut self, run: &[u8], event: &EventFields) {
        // reading on by itself, the scanner looks at few bytes twice: what it saves is earned
        self.credit = self.credit.saturating_add(run.len() / 5).min(CREDIT);
        // markup beyond ASCII would have to be refused in a document that declares US-ASCII
        if !self.enabled || self.credit == 0 || !run.is_ascii() {
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
                self.known.push(shape);
            }
            _ => self.literals.truncate(start),
        }
    }

    fn is_known(&self, new: &Shape) -> bool {
        let literals = |shape: &Shape| {
            let start = shape.literals as usize;
            self.literals.get(start..start.saturating_add(usize::from(shape.literal_bytes)))
        };
        self.known.iter().any(|shape| shape.len == new.len && literals(shape) == literals(new))
    }
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Progress {
    /// All of it: the event ends after that many of the bytes.
    Matched(usize),
    /// As far as the bytes go.
    Partial,
    /// It is another shape, or none.
    Failed,
}

/// How far a match has come.
#[derive(Clone, Copy, Debug)]
struct Matching {
    shape: u8,
    slot: u8,
    in_value: bool,
    /// The latest byte of the value.
    last: u8,
    /// What is left of the literal.
    literal_left: u16,
    /// Where the rest of the literals begins.
    literal: u32,
    /// Bytes of the event that have matched.
    at: u32,
    value_start: u32,
}

impl Matching {
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // one of a dozen
    fn new(at: usize, shape: &Shape, event: &mut EventFields) -> Self {
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
    fn advance(
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

impl Shape {
    /// Takes an event that is wholly in `bytes`. An error: it is of another shape, as so many looks have shown; or, where all of
    /// the bytes were looked at, perhaps cut, and [`Matching`] says so.
    #[inline(never)] // it needs all registers for itself
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    fn take(&self, literals: &[u8], bytes: &[u8], text_bytes: usize, event: &mut EventFields) -> Result<usize, usize> {
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
    fn literal_before(&self, slot: u8) -> u16 {
        if slot >= self.len { self.tail } else { self.slots.get(usize::from(slot)).map_or(0, |slot| slot.literal) }
    }

    /// Takes `run` apart. `None`: something in it cannot be told from its neighbours.
    #[allow(clippy::cast_possible_truncation)] // literals are at most `MAX_LITERALS` long
    fn learn(run: &[u8], event: &EventFields, literals: &mut Vec<u8>) -> Option<Self> {
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
fn plain_run(bytes: &[u8], end: u8) -> usize {
    let usual = usual_run(bytes);
    match bytes.get(usual) {
        None => usual,
        Some(found) if *found == end => usual,
        Some(_) if end == b'<' => plain_text_run(bytes),
        Some(_) => plain_value_run(bytes, end),
    }
}
