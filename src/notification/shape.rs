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

mod matching;
mod pattern;

use alloc::vec::Vec;

use self::matching::Matching;
pub(super) use self::matching::Progress;
use self::pattern::Shape;
use super::field::EventFields;
use crate::limits::Limits;
use crate::xml::Scope;

/// Shapes kept; a server has some six.
const MAX_SHAPES: usize = 12;
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
