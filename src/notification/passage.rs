//! Learned passages: the heads and tails of envelopes are, document after document, the same bytes. Depends on the
//! messages' fields and on what the scanner can keep of itself.
//!
//! # The idea
//!
//! From the end of one document to the first Notification of the next, a server writes the same bytes every time, and
//! likewise from the last event of a Notification to the end of the document. Such a passage, read once by the scanner,
//! is kept with the messages that came of it and with the state that it led to. Where the same bytes come again in the
//! same state, they are compared, the messages are told again, and the state is put in place.
//!
//! ```text
//! <Envelope>…<Notification>                     head: from between two documents to inside a Notification,
//! <Envelope>…<ConnectionStatus>OK…</Envelope>         or to between two documents again
//!      <t:NewMailEvent>… <t:NewMailEvent>…      events: see `shape`
//! </Notification>…</Envelope>                   tail: from inside the Notification of one head to between two documents
//! ```
//!
//! # Why it is safe
//!
//! 1. The same bytes in the same state have the same meaning. Between two documents there is only one state, but for behind one
//!    of ASCII, where none is followed; a tail is followed only where the state is the very one that its head led to (the open
//!    elements, the declarations in scope, what was read of the response).
//! 2. A message is told when its last byte has been compared, never later, so that a chunk's end changes nothing.
//! 3. Where the bytes differ in the middle, the scanner reads what was followed from its beginning: it is in the passage,
//!    byte for byte. The messages that were told already are not told again.
//!
//! Following is paid for like shapes are: what was compared in vain costs credit, a passage followed to its end earns it.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::field::{Details, ResponseFields, VersionFields};
use super::message::{ConnectionStatus, Operation, ResponseClass};
use crate::xml::Span;

/// Heads kept, and as many tails.
const MAX_PASSAGES: usize = 2;
/// Bytes of a passage kept.
const MAX_BYTES: usize = 1536;
/// Messages of a passage kept.
const MAX_MESSAGES: usize = 8;
/// Bytes of the messages of a passage kept.
const MAX_TEXT: usize = 512;
/// Looks that may be wasted before the first success.
const CREDIT: i64 = 4096;
/// Of what is recorded so many bytes earn something.
const MARKUP_SAVED: usize = 512;
const MAX_CREDIT: i64 = 1 << 16;

/// Where a passage begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    BetweenDocuments,
    /// Inside a Notification, in the state of this number.
    Notification(u32),
}

/// A message of a passage, with its text in the passage's own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kept {
    ServerVersion(VersionFields),
    Response { operation: Option<Operation>, class: Option<ResponseClass>, fields: ResponseFields, details: Details },
    ConnectionStatus(ConnectionStatus),
    ErrorSubscriptionId(Span),
    EndOfEnvelope,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    /// How many bytes of the passage are read when it is complete.
    end: u32,
    /// Its text begins here, and ends where the next one's begins.
    text: u32,
    kept: Kept,
}

#[derive(Debug)]
struct Passage {
    number: u32,
    from: Origin,
    bytes: Vec<u8>,
    text: String,
    messages: Vec<Told>,
    /// How often it was followed to its end, of late.
    uses: u8,
}

/// Which passage; also for whoever keeps the states that they lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PassageId {
    pub(super) place: u8,
    /// Never again that of another, as long as anything is known.
    pub(super) number: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Following {
    place: u8,
    /// Bytes that were the same, and were taken.
    same: u32,
    /// Messages told.
    told: u8,
    /// Passages that were tried in this call, a bit for each place.
    tried: u8,
}

#[derive(Debug)]
pub(super) struct Passages {
    enabled: bool,
    /// Looks that may be wasted. Below zero, more were than had been earned.
    credit: i64,
    known: Vec<Passage>,
    numbers: u32,
    following: Option<Following>,
    recording: Option<Origin>,
    /// Of the passage that is being recorded; none before the first.
    record: Option<Box<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    bytes: Vec<u8>,
    text: String,
    messages: Vec<Told>,
}

/// What came of following.
#[derive(Clone, Copy, Debug)]
pub(super) enum Followed {
    /// So many bytes on, a message is complete.
    Message { len: usize, id: PassageId, number: u8 },
    /// So many bytes on, the passage is at its end.
    End { len: usize, id: PassageId },
    /// All the bytes are a part of it.
    Partial,
    /// It is another.
    Failed,
}

impl Passages {
    pub(super) const fn new() -> Self {
        Self {
            enabled: true,
            credit: CREDIT,
            known: Vec::new(),
            numbers: 0,
            following: None,
            recording: None,
            record: None,
        }
    }

    /// Turned off, nothing is learned, and what was learned is let go.
    pub(super) fn enable(&mut self, enabled: bool) {
        *self = Self { enabled, ..Self::new() };
    }

    pub(super) const fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The next response begins.
    pub(super) fn reset(&mut self) {
        self.following = None;
        self.recording = None;
    }

    // ---- following ----------------------------------------------------------------------------------------------

    #[inline]
    pub(super) fn is_following(&self) -> bool {
        self.following.is_some()
    }

    /// What was taken of the passage that is being followed.
    pub(super) fn followed(&self) -> &[u8] {
        let Some(Following { place, same, .. }) = self.following else { return &[] };
        let passage = self.known.get(usize::from(place));
        passage.and_then(|passage| passage.bytes.get(..same as usize)).unwrap_or_default()
    }

    /// How many messages were told of it.
    pub(super) fn told(&self) -> u8 {
        self.following.map_or(0, |following| following.told)
    }

    /// Whether a passage that begins here is known; then it is followed.
    #[inline]
    pub(super) fn begin(&mut self, from: Origin) -> bool {
        if self.credit <= 0 {
            return false;
        }
        let Some(place) = self.known.iter().position(|passage| passage.from == from) else { return false };
        self.following = Some(Following { place: place_of(place), same: 0, told: 0, tried: 0 });
        true
    }

    /// Goes on where the bytes bring nothing to its end, the usual case where chunks are small. Returns whether it does.
    #[inline]
    pub(super) fn go_on_quickly(&mut self, bytes: &[u8]) -> bool {
        let Some(at) = &mut self.following else { return false };
        let Some(passage) = self.known.get(usize::from(at.place)) else { return false };
        let from = at.same as usize;
        let to = from.wrapping_add(bytes.len());
        let target = passage.messages.get(usize::from(at.told)).map_or(passage.bytes.len(), |told| told.end as usize);
        if bytes.is_empty() || to >= target || passage.bytes.get(from..to) != Some(bytes) {
            return false;
        }
        at.same = small(to);
        true
    }

    /// Compares on, up to the next message or the end. Returns how many bytes were looked at, too.
    pub(super) fn follow(&mut self, rest: &[u8]) -> (Followed, usize) {
        let Some(mut at) = self.following.take() else { return (Followed::Failed, 0) };
        at.tried = 0;
        let mut wasted: usize = 0;
        loop {
            let Some(passage) = self.known.get_mut(usize::from(at.place)) else { return (Followed::Failed, 0) };
            let message = passage.messages.get(usize::from(at.told));
            let target = message.map_or(passage.bytes.len(), |message| message.end as usize);
            let expected = passage.bytes.get(at.same as usize..target).unwrap_or_default();
            let len = expected.len().min(rest.len());
            if expected.get(..len) == rest.get(..len) {
                self.credit = self.credit.saturating_sub_unsigned(wasted as u64);
                at.same = at.same.wrapping_add(small(len));
                let whole = at.same as usize == passage.bytes.len();
                let id = PassageId { place: at.place, number: passage.number };
                let followed = if len < expected.len() {
                    Followed::Partial
                } else if message.is_some() {
                    at.told = at.told.wrapping_add(1);
                    Followed::Message { len, id, number: at.told.wrapping_sub(1) }
                } else {
                    Followed::End { len, id }
                };
                let more = usize::from(at.told) < passage.messages.len();
                if len == expected.len() && whole && !more {
                    passage.uses = passage.uses.saturating_add(1);
                    // only now it was not in vain
                    self.credit = self.credit.saturating_add(i64::from(at.same)).min(MAX_CREDIT);
                } else {
                    self.following = Some(at);
                }
                return (followed, len.saturating_add(wasted));
            }
            let same = expected.iter().zip(rest).take_while(|(a, b)| a == b).count();
            wasted = wasted.saturating_add(same).saturating_add(1);
            at.tried |= 1 << at.place;
            match self.other(at) {
                Some(other) if self.credit.saturating_sub_unsigned(wasted as u64) > 0 => at.place = other,
                _ => break,
            }
        }
        self.credit = self.credit.saturating_sub_unsigned(wasted as u64);
        self.following = Some(at);
        (Followed::Failed, wasted)
    }

    /// One that was not tried, begins in the same place, and is the same so far.
    fn other(&self, at: Following) -> Option<u8> {
        let tried = self.known.get(usize::from(at.place))?;
        let same = tried.bytes.get(..at.same as usize)?;
        let fits = |place: usize, passage: &Passage| {
            at.tried & (1 << place) == 0 && passage.from == tried.from && passage.bytes.starts_with(same)
        };
        let found = self.known.iter().enumerate().find(|(place, passage)| fits(*place, passage));
        found.map(|(place, _)| place_of(place))
    }

    /// Gives up following: what was taken goes to `bytes`, to be read by the scanner. Returns where it began.
    pub(super) fn give_up(&mut self, bytes: &mut Vec<u8>) -> Origin {
        bytes.clear();
        bytes.extend_from_slice(self.followed());
        let Following { place, same, .. } = self.following.take().unwrap_or_default();
        self.credit = self.credit.saturating_sub(i64::from(same));
        self.known.get(usize::from(place)).map_or(Origin::BetweenDocuments, |passage| passage.from)
    }

    /// The message of a passage, with its text.
    pub(super) fn message(&self, id: PassageId, number: u8) -> Option<(Kept, &str)> {
        let passage = self.known.get(usize::from(id.place))?;
        let number = usize::from(number);
        let Told { kept, text, .. } = *passage.messages.get(number)?;
        let end = passage.messages.get(number.wrapping_add(1)).map_or(passage.text.len(), |next| next.text as usize);
        Some((kept, passage.text.get(text as usize..end).unwrap_or_default()))
    }

    // ---- learning -----------------------------------------------------------------------------------------------

    #[inline]
    pub(super) fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// What is read from here on may be worth keeping.
    pub(super) fn record(&mut self, from: Origin) {
        if self.enabled {
            self.recording = Some(from);
            let record = self.record.get_or_insert_default();
            record.bytes.clear();
            record.text.clear();
            record.messages.clear();
            record.messages.reserve_exact(2);
        }
    }

    pub(super) fn records_from(&self, from: Origin) -> bool {
        self.recording == Some(from)
    }

    /// It is not.
    pub(super) fn abandon(&mut self) {
        self.recording = None;
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        let Some(record) = self.record.as_mut().filter(|_| self.recording.is_some()) else { return };
        if record.bytes.len().saturating_add(bytes.len()) > MAX_BYTES {
            return self.abandon();
        }
        if record.bytes.capacity().saturating_sub(record.bytes.len()) < bytes.len() {
            record.bytes.reserve_exact(bytes.len().max(record.bytes.len() / 2));
        }
        record.bytes.extend_from_slice(bytes);
    }

    /// A message came of what was read; `run` is what its fields point into.
    pub(super) fn tell(&mut self, kept: Kept, run: &str) {
        let Some(record) = self.record.as_mut().filter(|_| self.recording.is_some()) else { return };
        if record.messages.len() >= MAX_MESSAGES || record.text.len().saturating_add(run.len()) > MAX_TEXT {
            return self.abandon();
        }
        record.messages.reserve_exact(1);
        record.messages.push(Told { end: small(record.bytes.len()), text: small(record.text.len()), kept });
        record.text.push_str(run);
    }

    /// The passage is at its end. Returns where it is kept.
    pub(super) fn learn(&mut self) -> Option<PassageId> {
        let from = self.recording.take()?;
        let mut record = self.record.take()?;
        if from == Origin::BetweenDocuments {
            record.trim();
            // behind a comment or an instruction it is still between two documents, though a part of this was read
            if matches!(&record.bytes[..], [b'<', b'!' | b'?', rest @ ..] if !is_declaration(rest)) {
                self.record = Some(record);
                return None;
            }
        }
        // the scanner looks at no byte of markup twice: that is earned, so that following is tried again some time
        let saved = record.bytes.len().min(MARKUP_SAVED) as u64 / 20;
        self.credit = self.credit.saturating_add_unsigned(saved).min(CREDIT.max(self.credit));
        let id = self.keep(from, &mut record);
        self.record = Some(record);
        id
    }

    fn keep(&mut self, from: Origin, record: &mut Record) -> Option<PassageId> {
        let known = self.known.iter().position(|passage| passage.from == from && passage.bytes == record.bytes);
        if let Some(place) = known {
            return self.known.get(place).map(|passage| PassageId { place: place_of(place), number: passage.number });
        }
        let place = self.room(from)?;
        let passage = self.known.get_mut(place)?;
        self.numbers = self.numbers.wrapping_add(1);
        passage.number = self.numbers;
        passage.from = from;
        passage.uses = 1;
        // the next record takes the room of the one that was here
        core::mem::swap(&mut passage.bytes, &mut record.bytes);
        core::mem::swap(&mut passage.text, &mut record.text);
        core::mem::swap(&mut passage.messages, &mut record.messages);
        Some(PassageId { place: place_of(place), number: self.numbers })
    }

    /// Where a new one goes: a free place, or that of the one of its sort that is used least.
    fn room(&mut self, from: Origin) -> Option<usize> {
        let is_head = |from| matches!(from, Origin::BetweenDocuments);
        if self.known.iter().filter(|passage| is_head(passage.from) == is_head(from)).count() < MAX_PASSAGES {
            let number = self.numbers;
            let (bytes, text, messages) = (Vec::new(), String::new(), Vec::new());
            self.known.reserve_exact(if self.known.is_empty() { 2 * MAX_PASSAGES } else { 0 });
            self.known.push(Passage { number, from, bytes, text, messages, uses: 0 });
            return self.known.len().checked_sub(1);
        }
        let same = self.known.iter_mut().enumerate().filter(|(_, passage)| is_head(passage.from) == is_head(from));
        let least = same.map(|(place, passage)| {
            passage.uses = passage.uses.saturating_sub(1);
            (passage.uses, place)
        });
        least.min().map(|(_, place)| place)
    }
}

impl Record {
    /// White space between documents means nothing, and comes and goes with the end of a response.
    fn trim(&mut self) {
        let blank = self.bytes.len().saturating_sub(self.bytes.trim_ascii_start().len());
        self.bytes.drain(..blank);
        self.messages.iter_mut().for_each(|message| message.end = message.end.saturating_sub(small(blank)));
    }
}

/// Whether it is an XML declaration that goes on so behind its `<?`.
fn is_declaration(bytes: &[u8]) -> bool {
    matches!(bytes, [b'x', b'm', b'l', b' ' | b'\t' | b'\r' | b'\n', ..])
}

/// A passage is at most some thousand bytes long.
#[allow(clippy::cast_possible_truncation)]
const fn small(len: usize) -> u32 {
    len as u32
}

/// There are half a dozen places.
#[allow(clippy::cast_possible_truncation)]
const fn place_of(place: usize) -> u8 {
    place as u8
}
