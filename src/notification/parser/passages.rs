//! Where passages begin and end, and what the parser has to know behind one. Part of the parser.

use alloc::vec::Vec;

use smallvec::SmallVec;

use super::{KnownParts, NotificationParser, Outgoing, Resume, Taken};
use crate::notification::message::{Operation, Response, ResponseClass, ServerVersion};
use crate::notification::passage::{Followed, Kept, Origin, PassageId};
use crate::notification::place::Place;
use crate::xml::{Cursor, Standing, Stop};
use crate::{Error, Message};

/// The state that a head leads to.
#[derive(Debug, Default)]
pub(super) struct Inside {
    /// Which head's place, and which head, if it is there still.
    place: u8,
    number: u32,
    /// The state's own number: heads may differ and lead to the same.
    state: u32,
    scanner: Standing,
    path: SmallVec<[Place; 8]>,
    operation: Option<Operation>,
    class: Option<ResponseClass>,
    known: KnownParts,
}

/// What is known of the heads, and of the document that is being read.
#[derive(Debug)]
pub(super) struct Heads {
    insides: Vec<Inside>,
    /// The head that the document began with.
    document: Option<PassageId>,
    /// Inside a Notification: the state's number, if it is one that a head leads to.
    inside: Option<u32>,
    states: u32,
    /// What a passage was followed for in vain is being read.
    reading_again: bool,
}

impl Heads {
    pub(super) const fn new() -> Self {
        Self { insides: Vec::new(), document: None, inside: None, states: 0, reading_again: false }
    }

    /// The state that this head leads to.
    fn inside(&self, id: PassageId) -> Option<&Inside> {
        self.insides.iter().find(|inside| inside.place == id.place && inside.number == id.number)
    }

    /// Another document, or response.
    pub(super) fn reset(&mut self) {
        self.document = None;
        self.inside = None;
    }

    /// A Notification has ended.
    pub(super) fn leave(&mut self) {
        self.inside = None;
    }

    pub(super) fn forget(&mut self) {
        *self = Self::new();
    }
}

impl NotificationParser {
    /// At the beginning of a call: follows a passage if one is being followed, or begins here.
    #[inline]
    pub(super) fn passage(&mut self, cur: &mut Cursor<'_>) -> Result<Taken, Stop> {
        if self.passages.is_following() || self.passage_begins(cur) {
            return self.follow(cur);
        }
        Ok(Taken::Nothing)
    }

    /// Whether a known passage begins here. If one may, but none is known, what comes is recorded.
    #[inline]
    fn passage_begins(&mut self, cur: &mut Cursor<'_>) -> bool {
        let from = match self.path.last() {
            None if !self.opening.awaits_envelope && self.scanner.is_behind_document() => Origin::BetweenDocuments,
            Some(Place::Notification) if self.skipped == 0 => match self.heads.inside {
                Some(state) if ends_element(cur.remaining()) && self.scanner.is_between_children() => {
                    Origin::Notification(state)
                }
                _ => return false,
            },
            _ => return false,
        };
        if self.heads.reading_again || cur.remaining().is_empty() {
            return false;
        }
        if self.passages.begin(from) {
            self.passages.abandon();
            if from == Origin::BetweenDocuments {
                cur.take(space(cur.remaining()));
            }
            return true;
        }
        if !self.passages.is_recording() {
            self.passages.record(from);
        }
        false
    }

    fn follow(&mut self, cur: &mut Cursor<'_>) -> Result<Taken, Stop> {
        let (followed, looked) = self.passages.follow(cur.remaining());
        self.scanner.look(looked);
        match followed {
            Followed::Message { len, id, number } => {
                cur.take(len);
                if !self.passages.is_following() {
                    self.passage_ends(id);
                }
                Ok(Taken::Message(Outgoing::Kept(id, number)))
            }
            Followed::End { len, id } => {
                cur.take(len);
                self.passage_ends(id);
                Ok(Taken::Nothing)
            }
            Followed::Partial => {
                cur.skip_all();
                Ok(Taken::Chunk)
            }
            Followed::Failed => {
                self.read_followed().map_err(|_| Stop)?;
                Ok(Taken::Nothing)
            }
        }
    }

    /// The state that the passage leads to is put in place.
    fn passage_ends(&mut self, id: PassageId) {
        self.skipped = 0;
        self.resume = Resume::Nothing;
        self.subscribed.clear();
        let Some(inside) = self.heads.inside(id) else {
            self.scanner.stand_behind_document();
            self.path.clear();
            return self.heads.reset();
        };
        self.scanner.stand_at(&inside.scanner);
        self.path.clear();
        self.path.extend_from_slice(&inside.path);
        self.operation = inside.operation;
        self.class = inside.class;
        self.known = inside.known;
        self.response_sent = true;
        self.head.clear();
        let scanner = &self.scanner;
        self.shapes.enter(
            !scanner.is_ascii_only(),
            |scope| scanner.is_in_scope(scope),
            |scope| scanner.save_scope(scope),
        );
        self.heads.inside = Some(inside.state);
        self.heads.document = Some(id);
    }

    /// What was taken for a passage is none: the scanner reads it, and the messages that come of it, which were told, are
    /// passed over.
    #[cold]
    pub(super) fn read_followed(&mut self) -> Result<(), Error> {
        let mut bytes = self.scanner.spare();
        let mut told = self.passages.told();
        let from = self.passages.give_up(&mut bytes);
        self.scanner.rewind(bytes.len());
        self.passages.record(from);
        self.heads.reading_again = true;
        let mut rest = &bytes[..];
        let read = loop {
            // the others that wait were not told yet
            if told == 0 && rest.is_empty() && !self.outbox.is_empty() {
                break Ok(());
            }
            match self.step(&mut rest) {
                Ok(Some(_)) => told = told.saturating_sub(1),
                Ok(None) => break Ok(()),
                Err(error) => {
                    self.scanner.pass(rest.len()); // they were taken, too
                    break Err(error);
                }
            }
        };
        self.heads.reading_again = false;
        self.scanner.have_read(bytes);
        read
    }

    // ---- learning -----------------------------------------------------------------------------------------------

    /// A Notification has begun.
    pub(super) fn notification_begins(&mut self, cur: &Cursor<'_>, with_message: bool) {
        if self.passages.is_recording() {
            // a message that this very tag sets free would come behind the passage
            if with_message {
                self.passages.abandon();
            } else {
                self.head_ends(cur);
            }
            return;
        }
        // another Notification of the document: a tail that is known may follow here as well
        let Some(document) = self.heads.document else { return };
        let same = self.heads.inside(document).filter(|inside| self.is_inside(inside));
        self.heads.inside = same.map(|inside| inside.state);
    }

    fn is_inside(&self, inside: &Inside) -> bool {
        // what a Subscribe answered is still to be told
        !self.subscribed.is_present()
            && inside.path == self.path
            && inside.known == self.known
            && inside.operation == self.operation
            && inside.class == self.class
            && self.scanner.stands(&inside.scanner)
    }

    /// What was recorded since the end of the last document leads into this Notification.
    fn head_ends(&mut self, cur: &Cursor<'_>) {
        // nothing waits in the outbox, or it would have gone out before the tag was read; a subscription's id may
        if !self.passages.records_from(Origin::BetweenDocuments) || self.subscribed.is_present() {
            return self.passages.abandon();
        }
        self.passages.read(cur.taken());
        let Some(id) = self.passages.learn() else { return };
        let same = self.heads.insides.iter().find(|inside| self.is_inside(inside));
        let state = same.map_or_else(|| self.heads.states.wrapping_add(1), |inside| inside.state);
        self.heads.states = self.heads.states.max(state);
        if !self.heads.insides.iter().any(|inside| inside.place == id.place) {
            self.heads.insides.reserve_exact(1);
            self.heads.insides.push(Inside { place: id.place, ..Inside::default() });
        }
        if let Some(inside) = self.heads.insides.iter_mut().find(|inside| inside.place == id.place) {
            inside.number = id.number;
            inside.state = state;
            self.scanner.keep_standing(&mut inside.scanner);
            inside.path.clear();
            inside.path.extend_from_slice(&self.path);
            inside.operation = self.operation;
            inside.class = self.class;
            inside.known = self.known;
        }
        self.heads.document = Some(id);
        self.heads.inside = Some(state);
    }

    /// A call has read on, while it was being recorded.
    #[cold]
    pub(super) fn record(&mut self, cur: &Cursor<'_>, outgoing: Option<Outgoing>) {
        self.passages.read(cur.taken());
        let kept = match outgoing {
            None => return,
            Some(Outgoing::Response) if self.passages.records_from(Origin::BetweenDocuments) => Kept::Response {
                operation: self.operation,
                class: self.class,
                fields: self.response,
                details: self.details,
            },
            Some(Outgoing::ServerVersion) => Kept::ServerVersion(self.version),
            Some(Outgoing::ConnectionStatus(status)) => Kept::ConnectionStatus(status),
            Some(Outgoing::ErrorSubscriptionId(span)) => Kept::ErrorSubscriptionId(span),
            Some(Outgoing::EndOfEnvelope) => Kept::EndOfEnvelope,
            Some(_) => return self.passages.abandon(),
        };
        let borrows = !matches!(kept, Kept::ConnectionStatus(_) | Kept::EndOfEnvelope);
        let run = if borrows { self.checked(self.scanner.run(cur)) } else { "" };
        self.passages.tell(kept, run);
        if matches!(kept, Kept::EndOfEnvelope) {
            // behind a document of ASCII is another state than behind others
            if self.scanner.is_ascii_only() && self.passages.records_from(Origin::BetweenDocuments) {
                return self.passages.abandon();
            }
            self.passages.learn();
        }
    }

    // ---- messages -----------------------------------------------------------------------------------------------

    /// A message of a passage, told again.
    pub(super) fn kept(&self, id: PassageId, number: u8) -> Message<'_> {
        let Some((kept, run)) = self.passages.message(id, number) else { return Message::EndOfEnvelope };
        match kept {
            Kept::ServerVersion(fields) => Message::ServerVersion(ServerVersion { run, fields }),
            Kept::Response { operation, class, fields, details } => {
                Message::Response(Response { run, operation, class, fields, details })
            }
            Kept::ConnectionStatus(status) => Message::ConnectionStatus(status),
            Kept::ErrorSubscriptionId(span) => {
                Message::ErrorSubscriptionId(run.get(span.start as usize..span.end as usize).unwrap_or_default())
            }
            Kept::EndOfEnvelope => Message::EndOfEnvelope,
        }
    }
}

/// Whether an end tag comes next.
#[inline]
fn ends_element(bytes: &[u8]) -> bool {
    bytes.get(space(bytes)..).is_some_and(|rest| rest.starts_with(b"</"))
}

/// How much white space comes next.
#[inline]
fn space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count()
}
