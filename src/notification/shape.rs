//! Learned shapes: events of one kind are, but for their values, the same bytes every time. Depends on the fields and on
//! the scanner's way of finding where a value ends.
//!
//! # The idea
//!
//! Servers write the markup between the values of an event byte for byte the same, and most values in the same length. So
//! the first event of a shape, read by the scanner, is taken apart into its markup and the places of its values (slots), see
//! [`pattern`]; and the next event is compared with the whole of it in one pass ([`fits`]), which proves at the same time that
//! what stands in the place of values is plain: no reference, no control character, nothing beyond ASCII, no white space.
//!
//! Most events have values of usual lengths and are taken so ([`usual`]), also from where the end of a chunk cut them: where a
//! value was seen in several lengths, a look tells which of the latest two it has. Where that fails, each value is looked for by
//! its end ([`matching`]), and what it was like is remembered.
//!
//! An event whose bytes compare equal but for its values, under the same namespace declarations, has the same meaning: the
//! same bytes in the same context.
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
//! look, an attempt costs the looks it wasted, and without credit none is made. An attempt at an event that is longer than those
//! known may cost more than there is; that is a debt, and nothing is tried until it is paid. A peer whose every event is new is
//! soon read by the scanner alone, and learned from only now and then.

mod fits;
mod matching;
mod pattern;
mod usual;

use alloc::vec::Vec;

pub(super) use self::matching::Progress;
use self::matching::{Allowed, Begun, Matching, is_utf8};
use self::pattern::{Shape, Values};
use self::usual::Unfit;
use super::field::{EventFields, Part};
use crate::limits::Limits;
use crate::xml::Scope;

/// Shapes kept; a server has some six.
const MAX_SHAPES: usize = 12;
/// Bytes of patterns kept.
const MAX_PATTERNS: usize = 7168;
/// Looks that may be wasted before the first success.
const CREDIT: i64 = 4096;
/// Events that are learned from in vain, before only one of so many is.
const PATIENCE: u8 = 24;
/// Looks that the scanner leaves at least, however it is cut, of an event that it reads by itself: at `<`, `</` and `>` of
/// the element it looks once, whatever else there is.
const ELEMENT_SAVED: u64 = 5;
/// The same of each value: at what ends it, and at what begins and ends the markup around it.
const VALUE_SAVED: u64 = 3;
/// Looks that many successes allow to be wasted.
const MAX_CREDIT: i64 = 1 << 20;

/// Why an event is not one of usual lengths.
#[derive(Clone, Copy, Debug)]
pub(super) enum Missed {
    /// Too little of it is here.
    Cut,
    /// It is something else, as so many looks have shown.
    Other(usize),
}

/// What an event is whose values have any length.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unusual {
    /// Of a known shape. `wide`: its encoding is still to be checked.
    Matched { len: usize, wide: bool },
    /// As far as the bytes go.
    Cut,
    /// Another one, or none.
    Other,
}

/// The shapes learned under one namespace context.
#[derive(Debug)]
pub(super) struct Shapes {
    enabled: bool,
    allowed: Allowed,
    /// Looks that may be wasted. Below zero, more were than had been earned.
    credit: i64,
    scope: Scope,
    patterns: Vec<u8>,
    known: Vec<Shape>,
    /// Events learned from in vain, less those that matched.
    in_vain: u8,
    /// A match that the end of a chunk has interrupted.
    matching: Option<Matching>,
}

impl Shapes {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            enabled: true,
            allowed: Allowed { text_bytes: limits.text_bytes(), wide: true },
            credit: CREDIT,
            scope: Scope::default(),
            patterns: Vec::new(),
            known: Vec::new(),
            in_vain: 0,
            matching: None,
        }
    }

    /// Turned off, nothing is learned, and what was learned is let go.
    pub(super) fn enable(&mut self, enabled: bool) {
        self.enabled = enabled;
        self.known = Vec::new();
        self.patterns = Vec::new();
        self.forget();
    }

    /// A Notification begins: what was learned holds under the declarations it was learned under.
    /// `wide`: values may have characters beyond ASCII.
    pub(super) fn enter(&mut self, wide: bool, same: impl FnOnce(&Scope) -> bool, now: impl FnOnce(&mut Scope)) {
        self.allowed.wide = wide;
        if self.enabled && !same(&self.scope) {
            self.forget();
            now(&mut self.scope);
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.patterns.clear();
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

    /// An interrupted match is given up; what was looked at is looked at again, or was the end of its input.
    pub(super) fn reset(&mut self) {
        if let Some(matching) = self.matching.take() {
            self.pay(matching.at as usize);
        }
    }

    /// Takes the whole event that `bytes`, from its name on, begin with, if it is of a shape that is known and its values have
    /// usual lengths; its parts, in a run that begins `later` bytes later, less than a word, go to `event`. Returns its length; all
    /// of it is ASCII.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take_usual(&mut self, bytes: &[u8], later: usize, event: &mut EventFields) -> Result<usize, Missed> {
        let head = Shape::head_of(bytes).ok_or(Missed::Cut)?;
        let shape = self.known.iter_mut().find(|shape| shape.may_be(head, bytes)).ok_or(Missed::Other(0))?;
        // what is shorter than such an event is may well be cut
        if bytes.len() < shape.usual as usize {
            return Err(Missed::Cut);
        }
        // only what could be paid for if it were in vain
        if self.credit < i64::from(shape.usual) || shape.is_named() {
            return Err(Missed::Other(0));
        }
        match shape.take_usual(&self.patterns, bytes, later, event) {
            Ok(len) => {
                shape.usual = len as u32;
                self.matched(len);
                Ok(len)
            }
            Err(looked) => {
                self.pay(looked);
                Err(Missed::Other(looked))
            }
        }
    }

    /// The same whatever lengths and characters the values have, which is learned from; also of an event that is cut. Returns how
    /// many bytes were looked at, too.
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take_unusual(&mut self, bytes: &[u8], event: &mut EventFields) -> (Unusual, usize) {
        let mut wasted: usize = 0;
        let Some(head) = Shape::head_of(bytes) else { return (Unusual::Other, 0) };
        for at in 0..self.known.len() {
            let Some(shape) = self.known.get_mut(at).filter(|shape| shape.may_be(head, bytes)) else { continue };
            if bytes.len() < shape.usual as usize || self.credit < i64::from(shape.usual) {
                break;
            }
            match shape.take_unusual(&self.patterns, bytes, self.allowed, event) {
                Ok((len, wide)) => {
                    shape.usual = len as u32;
                    self.matched(len);
                    self.adapt_to(at, bytes.get(..len).unwrap_or_default(), event);
                    return (Unusual::Matched { len, wide }, wasted.saturating_add(len));
                }
                Err(looked) => {
                    self.credit = self.credit.saturating_sub_unsigned(looked as u64); // `shape` is still needed
                    wasted = wasted.saturating_add(looked);
                    if looked < bytes.len() {
                        continue;
                    }
                    // perhaps it is cut
                    let (begun, looked) = shape.begin_unusual(at, &self.patterns, bytes, self.allowed, event);
                    wasted = wasted.saturating_add(looked);
                    if let Begun::Partial(matching) = begun {
                        self.matching = Some(matching);
                        return (Unusual::Cut, wasted);
                    }
                    self.pay(looked);
                }
            }
        }
        (Unusual::Other, wasted)
    }

    /// Takes `bytes`, if they are the beginning of an event of a shape that is known. Returns how many were looked at, too.
    pub(super) fn begin_cut(&mut self, bytes: &[u8], event: &mut EventFields) -> (bool, usize) {
        let mut alike = self.known.iter().enumerate().filter(|(_, shape)| shape.may_become(bytes));
        let Some((at, shape)) = alike.next() else { return (false, 0) };
        if bytes.len() >= shape.usual as usize || self.credit < i64::from(shape.usual) {
            return (false, 0);
        }
        let (begun, looked) = shape.begin_cut(at, &self.patterns, bytes, self.allowed, event);
        if let Begun::Partial(matching) = begun {
            self.matching = Some(matching);
            self.pay(looked.saturating_sub(bytes.len()));
            return (true, looked);
        }
        self.pay(looked);
        (false, looked)
    }

    /// Takes the event, or the beginning of it, that `bytes` begin with. Returns how many bytes were looked at, too.
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn begin(&mut self, bytes: &[u8], event: &mut EventFields) -> (Progress, usize) {
        let mut wasted: usize = 0;
        for at in 0..self.known.len() {
            let Some(shape) = self.known.get_mut(at).filter(|shape| shape.may_become(bytes)) else { continue };
            if self.credit < i64::from(shape.usual) {
                break;
            }
            let (progress, looked) = shape.begin(at, &self.patterns, bytes, self.allowed, event);
            wasted = wasted.saturating_add(looked);
            match progress {
                Begun::Matched(len) => {
                    shape.usual = len as u32;
                    self.pay(looked.saturating_sub(len));
                    self.matched(len);
                    self.adapt_to(at, bytes.get(..len).unwrap_or_default(), event);
                    return (Progress::Matched(len), wasted);
                }
                Begun::Partial(matching) => {
                    self.matching = Some(matching);
                    self.pay(looked.saturating_sub(bytes.len()));
                    return (Progress::Partial, wasted);
                }
                Begun::Failed => self.pay(looked),
            }
        }
        (Progress::Failed, wasted)
    }

    /// Goes on with the match that the end of a chunk interrupted, if nothing comes to its end in `bytes`, the usual case where
    /// chunks are small. Returns whether it does. An event may not be longer than `longest`.
    #[inline]
    pub(super) fn go_on_quickly(&mut self, bytes: &[u8], longest: usize) -> bool {
        let Some(matching) = &mut self.matching else { return false };
        let pattern = |shape| self.known.get(usize::from(shape)).map_or(&[][..], |shape| shape.pattern(&self.patterns));
        matching.go_on(pattern, bytes, longest.min(self.allowed.text_bytes))
    }

    /// Goes on with the match that the end of a chunk interrupted, as far as values have usual lengths. Returns how many of the
    /// bytes are the rest of the event, if it ends in them. An error: it goes on in another way, or not, as so many looks have shown.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
    pub(super) fn take_rest(&mut self, bytes: &[u8], event: &mut EventFields) -> Result<Option<usize>, usize> {
        let Some(matching) = &self.matching else { return Err(0) };
        let Some(shape) = self.known.get_mut(usize::from(matching.shape)) else { return Err(0) };
        match shape.take_rest(&self.patterns, matching, bytes, event) {
            Ok(len) => {
                shape.usual = matching.at.wrapping_add(len as u32);
                let whole = shape.usual as usize;
                self.matching = None;
                self.matched(whole);
                Ok(Some(len))
            }
            Err(Unfit::Cut(matching)) => {
                self.matching = Some(matching);
                Ok(None)
            }
            Err(Unfit::Other(looked)) => Err(looked),
        }
    }

    /// The same whatever lengths values have. `before`: what has matched so far. `wasted`: so many looks were in vain.
    #[inline(never)]
    pub(super) fn go_on(
        &mut self,
        before: &[u8],
        bytes: &[u8],
        mut wasted: usize,
        event: &mut EventFields,
    ) -> (Progress, usize) {
        let Some(mut matching) = self.matching.take() else { return (Progress::Failed, wasted) };
        let mut tried: u16 = 0;
        loop {
            let at = usize::from(matching.shape);
            let Some(shape) = self.known.get(at) else { return (Progress::Failed, wasted) };
            let (stopped, progress, looked) = matching.advance(shape, &self.patterns, bytes, self.allowed, event);
            match progress {
                Progress::Matched(len) if !stopped.wide || is_utf8_across(before, bytes.get(..len)) => {
                    if let Some(shape) = self.known.get_mut(at) {
                        shape.usual = stopped.at;
                    }
                    self.matched(stopped.at as usize);
                }
                Progress::Partial => self.matching = Some(stopped),
                Progress::Matched(_) | Progress::Failed => {
                    // another may have begun alike
                    wasted = wasted.saturating_add(looked).saturating_add(1);
                    tried |= 1 << at;
                    let others = self.known.iter().enumerate().filter(|(at, _)| tried & (1 << at) == 0);
                    let alike = |(at, other)| matching.with(at, (shape, other), &self.patterns, event);
                    if self.credit.saturating_sub_unsigned(wasted as u64) > 0
                        && let Some(other) = { others }.find_map(alike)
                    {
                        matching = other;
                        continue;
                    }
                    self.pay(wasted.saturating_add(matching.at as usize));
                    return (Progress::Failed, wasted);
                }
            }
            self.pay(wasted);
            return (progress, wasted.saturating_add(looked));
        }
    }

    /// So many looks were in vain.
    #[inline]
    pub(super) fn pay(&mut self, looked: usize) {
        self.credit = self.credit.saturating_sub_unsigned(looked as u64);
    }

    #[inline]
    fn matched(&mut self, len: usize) {
        self.credit = self.credit.wrapping_add_unsigned(len as u64).min(MAX_CREDIT); // both are far from the greatest number
        self.in_vain = self.in_vain.saturating_sub(1);
    }

    /// Where what is learned is in vain, it is only tried now and then.
    fn is_worth_learning(&mut self) -> bool {
        self.in_vain = self.in_vain.saturating_add(1);
        if self.in_vain > 2 * PATIENCE {
            self.in_vain = PATIENCE;
        }
        self.in_vain <= PATIENCE
    }

    /// The scanner has read an event of its own, `run`, which had nothing to decode.
    pub(super) fn learn(&mut self, run: &[u8], event: &EventFields) {
        // names and values it may have looked at twice: only what it surely left of two looks a byte is earned
        let values = Part::values().filter(|part| event.part(*part).is_present()).count() as u64;
        let saved = ELEMENT_SAVED.saturating_add(VALUE_SAVED.saturating_mul(values)).min(run.len() as u64 / 20);
        self.credit = self.credit.saturating_add_unsigned(saved).min(CREDIT.max(self.credit));
        if !self.enabled || self.credit <= 0 || run.len() > MAX_PATTERNS || !self.is_worth_learning() {
            return;
        }
        let Some(values) = Values::of(run, event) else { return };
        // it may be known, but for the length of a value; or it was read in spite of being known, for want of credit
        if let Some(at) = self.known.iter().position(|shape| shape.is_of(run, &values, &self.patterns)) {
            self.adapt(at, run, &values);
            return self.known.swap(0, at); // next time it is the first that is tried, while there is credit
        }
        if self.known.len() >= MAX_SHAPES && !self.make_room() {
            return;
        }
        // a server with few kinds of events costs little
        if self.known.len() == self.known.capacity() {
            self.known.reserve_exact(4);
        }
        let mut shape = self.shape_of(run, &values, event);
        if shape.is_none() && self.make_room() {
            shape = self.shape_of(run, &values, event);
        }
        self.known.extend(shape);
    }

    fn shape_of(&mut self, run: &[u8], values: &Values, event: &EventFields) -> Option<Shape> {
        reserve(&mut self.patterns, run.len());
        let room = MAX_PATTERNS.saturating_sub(self.patterns.len());
        Shape::learn(run, values, event, &mut self.patterns, room)
    }

    /// Forgets what is known, unless it is of use: a seldom kind of event for which there is no room is left to the scanner.
    fn make_room(&mut self) -> bool {
        let is_of_use = self.in_vain <= PATIENCE / 2;
        if !is_of_use {
            self.forget();
        }
        !is_of_use
    }

    /// An event of that shape has values that may be unusual.
    fn adapt_to(&mut self, at: usize, run: &[u8], event: &EventFields) {
        if self.known.get(at).is_some_and(|shape| !shape.has_blanks_for(event)) {
            let Some(values) = Values::of(run, event) else { return };
            self.adapt(at, run, &values);
        }
    }

    fn adapt(&mut self, at: usize, run: &[u8], values: &Values) {
        loop {
            let room = MAX_PATTERNS.saturating_sub(self.patterns.len());
            let Some(shape) = self.known.get_mut(at) else { return };
            let Some(change) = shape.adapt(run, values, &mut self.patterns, room) else { return };
            self.known.iter_mut().for_each(|shape| shape.move_by(change));
        }
    }
}

/// Room for so many bytes more, as far as patterns may have it.
fn reserve(patterns: &mut Vec<u8>, more: usize) {
    const STEP: usize = 1024;
    if patterns.capacity().saturating_sub(patterns.len()) < more {
        let step = more.div_ceil(STEP).saturating_mul(STEP);
        patterns.reserve_exact(step.min(MAX_PATTERNS.saturating_sub(patterns.len())));
    }
}

/// Whether bytes in two pieces, which are only seldom cut in the middle of a character, are well-formed.
fn is_utf8_across(before: &[u8], bytes: Option<&[u8]>) -> bool {
    let Some(bytes) = bytes else { return false };
    let whole = core::str::from_utf8(before).map_or_else(|error| error.valid_up_to(), str::len);
    let mut character = [0; 8];
    let cut = before.get(whole..).unwrap_or_default();
    // a character has four bytes at most
    let needed = cut.first().map_or(0, |byte| byte.leading_ones() as usize).saturating_sub(cut.len());
    let Some((rest, behind)) = bytes.split_at_checked(needed) else { return false };
    let pieces = cut.iter().chain(rest);
    let len = character.iter_mut().zip(pieces).map(|(to, from)| *to = *from).count();
    is_utf8(character.get(..len)) && len == cut.len().saturating_add(rest.len()) && is_utf8(Some(behind))
}
