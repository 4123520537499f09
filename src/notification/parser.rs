//! The parser: tokens in, messages out. Depends on the scanner and on the other files of this folder.
//!
//! # States
//!
//! `path` says where in an answer the parser is ([`Place`]); elements that mean nothing there are counted in `skipped`
//! and passed over. Three things are held in the scanner's run while they are read, at most one at a time:
//!
//! | held | from | until |
//! |---|---|---|
//! | an event, a fault, a server version | its start tag | its end tag, where its message is lent |
//! | the head of a response message | its start tag | its first content, or its end tag |
//! | any other text that is wanted | its start tag | its end tag |
//!
//! # Invariants
//!
//! 1. A message is lent before another byte is read; what it borrows is let go at the beginning of the next call.
//! 2. A response's head goes out before its contents. Where its `ResponseCode` comes late, small contents wait in
//!    `outbox`, in the same held run, and so within the same limit; a Notification does not wait.
//! 3. Nothing is decided by where a chunk ends.
//! 4. A held run's encoding is checked once, with the one message that takes all of it. Of the others that are lent from
//!    the same run each is checked by itself, or it would be work without end.

mod children;
mod elements;
mod passages;
mod shapes;
mod views;

use smallvec::SmallVec;

use super::field::{
    Details, EventFields, FaultFields, Field, NotificationHead, ResponseFields, SubscribedIds, VersionFields,
};
use super::message::{ConnectionStatus, Message, Operation, ResponseClass};
use super::opening::Opening;
use super::passage::{PassageId, Passages};
use super::place::Place;
use super::shape::Shapes;
use super::vocabulary::{EventKind, NAMESPACES};
use crate::error::Error;
use crate::limits::Limits;
use crate::xml::{Cursor, Scanner, Span, Step, Stop};

use self::passages::Heads;

/// A chunk of so many bytes may lie wholly within an event or a passage.
const SMALL: usize = 512;

/// A push parser for EWS response bodies: streaming, pull and push notifications, and the answers around them.
///
/// The caller keeps the chunk and the parser moves its cursor: [`next_message`](Self::next_message) takes bytes from the
/// front of `input` and returns `None` when it is empty and the next chunk is needed. A message is lent: it borrows the
/// chunk, or the parser's own buffer when it straddles two chunks or has something to decode.
///
/// ```
/// use ews_stream::{ConnectionStatus, Event, Message, NotificationParser};
///
/// # fn main() -> Result<(), ews_stream::Error> {
/// # let chunks = [&b"<Envelope xmlns='http://schemas.xmlsoap.org/soap/envel"[..], b"ope/'><Body/></Envelope>"];
/// # fn reconnect() {}
/// let mut parser = NotificationParser::new();
/// for chunk in chunks {
///     // any transport, cut anywhere
///     let mut input: &[u8] = chunk;
///     while let Some(message) = parser.next_message(&mut input)? {
///         match message {
///             Message::Event(Event::NewMail(e)) => println!("{} {:?}", e.timestamp(), e.item_id()),
///             Message::ConnectionStatus(ConnectionStatus::Closed) => reconnect(),
///             _ => {}
///         }
///     }
/// }
/// parser.finish()?; // an error when the stream stopped inside an envelope
/// # Ok(())
/// # }
/// ```
///
/// One parser reads one response body; [`reset`](Self::reset) it for the next. Never panics, whatever the bytes; does not
/// allocate once its buffers have grown to what the server sends; memory is bounded by [`Limits`].
#[derive(Debug)]
pub struct NotificationParser {
    scanner: Scanner,
    path: SmallVec<[Place; 14]>,
    /// Open elements inside of the innermost known one.
    skipped: usize,
    /// The text of the open leaf.
    value: Field,
    value_name: ValueName,

    shapes: Shapes,
    passages: Passages,
    heads: Heads,
    /// Bytes that limits allow an event from its name on.
    longest_element: usize,
    head: NotificationHead,
    event: EventFields,
    operation: Option<Operation>,
    class: Option<ResponseClass>,
    response: ResponseFields,
    response_sent: bool,
    known: KnownParts,
    subscribed: SubscribedIds,
    fault: FaultFields,
    details: Details,
    version: VersionFields,

    outbox: SmallVec<[Outgoing; 2]>,
    resume: Resume,
    /// The last message was a whole event of a known shape, and nothing else is to be done: another may follow.
    among_events: bool,
    opening: Opening,
    failure: Option<Failure>,
}

/// `t:Value/@Name`, as far as it means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ValueName {
    BackOffMilliseconds,
    InnerErrorResponseCode,
    Other,
}

/// A message that is ready, in offsets.
#[derive(Clone, Copy, Debug)]
enum Outgoing {
    Event,
    Response,
    Subscribed,
    ErrorSubscriptionId(Span),
    ConnectionStatus(ConnectionStatus),
    Fault,
    ServerVersion,
    EndOfEnvelope,
    /// Of a passage the message of that number.
    Kept(PassageId, u8),
}

/// A message that is ready; to be viewed before the next step.
#[derive(Clone, Copy)]
pub(crate) struct Stepped<'c> {
    outgoing: Outgoing,
    run: Run<'c>,
}

/// Where the message's bytes are.
#[derive(Clone, Copy)]
enum Run<'c> {
    /// In the chunk, and known to be text.
    Text(&'c str),
    /// Where the scanner has moved them.
    Moved,
    /// Where the scanner holds them.
    Held { chunk: &'c [u8], cur: Cursor<'c> },
}

/// What to do with the held run once the caller has given the message back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resume {
    Nothing,
    Release,
    /// Let it go and hold from here on: the parser is inside an element whose text is wanted.
    Restart,
}

/// The parts of a response's head that were read, sent or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct KnownParts {
    code: bool,
    text: bool,
    details: bool,
}

/// What comes behind an event, or behind the beginning of one.
enum Next<T> {
    /// Another, or the rest of it.
    Event(T),
    /// As much of it as the chunk has, all of which was taken.
    Cut,
    /// That is to be seen.
    Other,
}

/// What was taken of a chunk by its shape, or as a passage.
enum Taken {
    Message(Outgoing),
    /// All that was left of it.
    Chunk,
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Failure {
    /// Every call returns the scanner's error.
    Final,
    /// The same, but for how the body begins, of which too little is here. `at`: offset of the next chunk.
    Waiting { at: u64 },
}

impl NotificationParser {
    /// A parser with the default [`Limits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::DEFAULT)
    }

    /// A parser with limits of the caller's.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            scanner: Scanner::new(limits, &NAMESPACES, true),
            path: SmallVec::new(),
            skipped: 0,
            value: Field::ABSENT,
            value_name: ValueName::Other,
            shapes: Shapes::new(limits),
            passages: Passages::new(),
            heads: Heads::new(),
            longest_element: limits.event_bytes().saturating_sub(1),
            head: NotificationHead::new(),
            event: EventFields::new(EventKind::Status),
            operation: None,
            class: None,
            response: ResponseFields::EMPTY,
            response_sent: false,
            known: KnownParts::default(),
            subscribed: SubscribedIds::new(),
            fault: FaultFields::EMPTY,
            details: Details::EMPTY,
            version: VersionFields::EMPTY,
            outbox: SmallVec::new(),
            resume: Resume::Nothing,
            among_events: false,
            opening: Opening::new(),
            failure: None,
        }
    }

    /// Whether character references to characters that XML forbids (`&#x1F;`) become U+FFFD instead of an error. Off by
    /// default; for servers that put control characters into free text.
    #[must_use]
    pub fn lenient(mut self, lenient: bool) -> Self {
        let learning = self.passages.is_enabled();
        self = self.learning(false).learning(learning); // what was learned was read by the other rule
        self.scanner.set_lenient(lenient);
        self
    }

    /// Whether the parser learns how the server writes its envelopes and events, so that the next ones need only a
    /// comparison. On by default; costs some 10 to 16 KiB of memory a parser. Turned off, for those who hold very many idle
    /// connections, what was learned is let go.
    #[must_use]
    pub fn learning(mut self, learning: bool) -> Self {
        // what was taken on the strength of what was learned is read first
        let followed = !self.passages.is_following() || self.read_followed().is_ok();
        let matched = !self.shapes.is_matching() || self.read_again().is_ok();
        if !followed || !matched {
            self.failure = Some(Failure::Final);
        }
        self.among_events = false;
        self.shapes.enable(learning);
        self.passages.enable(learning);
        self.heads.forget();
        self
    }

    /// The next message, or `None` when `input` is used up.
    ///
    /// # Errors
    ///
    /// The body is not acceptable; every message before the error has been returned. The error is final: every further
    /// call returns it, until [`reset`](Self::reset).
    #[inline]
    pub fn next_message<'p, 'c: 'p>(&'p mut self, input: &mut &'c [u8]) -> Result<Option<Message<'p>>, Error> {
        if self.among_events {
            match self.next_event(input) {
                Next::Event(run) => return Ok(Some(self.event(run))),
                Next::Cut => return Ok(None),
                Next::Other => {}
            }
        }
        if input.len() <= SMALL && self.go_on_quickly(input) {
            *input = &[];
            return Ok(None);
        }
        self.message_elsewhere(input)
    }

    #[inline(never)]
    fn message_elsewhere<'p, 'c: 'p>(&'p mut self, input: &mut &'c [u8]) -> Result<Option<Message<'p>>, Error> {
        if self.shapes.is_matching() {
            match self.rest_of_event(input)? {
                Next::Event(()) => return Ok(Some(self.event(self.checked(self.scanner.held_before())))),
                Next::Cut => return Ok(None),
                Next::Other => {}
            }
        }
        Ok(self.step_on(input)?.map(|stepped| self.view_of(stepped)))
    }

    /// The next message in offsets, borrowing nothing of the parser: a wrapper that passes over messages in a loop
    /// could not do it with views (the borrow checker's NLL problem case 3).
    #[inline]
    pub(crate) fn step<'c>(&mut self, input: &mut &'c [u8]) -> Result<Option<Stepped<'c>>, Error> {
        if self.among_events {
            match self.next_event(input) {
                Next::Event(run) => return Ok(Some(Stepped { outgoing: Outgoing::Event, run: Run::Text(run) })),
                Next::Cut => return Ok(None),
                Next::Other => {}
            }
        }
        if input.len() <= SMALL && self.go_on_quickly(input) {
            *input = &[];
            return Ok(None);
        }
        if self.shapes.is_matching() {
            match self.rest_of_event(input)? {
                Next::Event(()) => return Ok(Some(Stepped { outgoing: Outgoing::Event, run: Run::Moved })),
                Next::Cut => return Ok(None),
                Next::Other => {}
            }
        }
        self.step_on(input)
    }

    /// The next most usual case, where chunks are small: a whole chunk goes on with a known event or passage.
    #[inline(never)]
    fn go_on_quickly(&mut self, chunk: &[u8]) -> bool {
        if self.shapes.go_on_quickly(chunk, self.longest_element) {
            self.scanner.take_chunk(chunk);
        } else if self.passages.go_on_quickly(chunk) {
            self.scanner.pass(chunk.len());
        } else {
            return false;
        }
        self.scanner.look(chunk.len());
        true
    }

    #[inline(never)]
    fn step_on<'c>(&mut self, input: &mut &'c [u8]) -> Result<Option<Stepped<'c>>, Error> {
        let chunk: &'c [u8] = input;
        if self.failure.is_some() {
            return self.wait(input).map(|()| None);
        }
        let mut cur = Cursor::new(chunk);
        let Ok(outgoing) = self.advance(&mut cur) else {
            return self.fail(input).map(|()| None);
        };
        *input = cur.remaining();
        let Some(outgoing) = outgoing else {
            if self.opening.awaits_envelope {
                self.opening.read(chunk, self.scanner.offset());
            }
            self.scanner.suspend(&cur);
            if self.passages.is_recording() {
                self.record(&cur, None);
            }
            return Ok(None);
        };
        if self.outbox.is_empty() {
            self.scanner.lend(&cur);
        } else {
            self.scanner.suspend(&cur); // the run is needed beyond this message
        }
        if self.passages.is_recording() {
            self.record(&cur, Some(outgoing));
        }
        Ok(Some(Stepped { outgoing, run: Run::Held { chunk, cur } }))
    }

    /// The end of the body.
    ///
    /// An empty body is no error: what it means is for the caller to say. Nor is an end between two envelopes.
    ///
    /// # Errors
    ///
    /// The earlier error, or [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) when the body stopped inside an envelope.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.among_events = false; // what comes next may be the error
        if self.passages.is_following() {
            self.read_followed()?;
        }
        // what was taken for an event may have a mistake in it, which comes before that it is not whole
        if self.shapes.is_matching() {
            self.shapes.reset();
            if self.read_again().is_err() {
                self.failure = Some(Failure::Final);
            }
        }
        match self.failure {
            None => {
                let end = self.scanner.finish();
                if end.is_err() {
                    self.failure = Some(Failure::Final);
                }
                end
            }
            Some(Failure::Final) => self.scanner.finish(),
            Some(Failure::Waiting { .. }) => self.fail_explained(),
        }
    }

    /// Ready for the next body. Buffers keep their capacity, settings stay.
    pub fn reset(&mut self) {
        self.scanner.reset();
        self.scanner.release();
        self.shapes.reset();
        self.passages.reset();
        self.heads.reset();
        self.path.clear();
        self.skipped = 0;
        self.head.clear();
        self.operation = None;
        self.response_sent = false;
        self.subscribed.clear();
        self.outbox.clear();
        self.resume = Resume::Nothing;
        self.among_events = false;
        self.opening = Opening::new();
        self.failure = None;
    }

    /// Bytes consumed since the parser was made or [`reset`](Self::reset). Never less than before, also where an error is found only
    /// after bytes behind it were consumed.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match self.failure {
            Some(Failure::Waiting { at, .. }) => at,
            _ => self.scanner.offset(),
        }
    }

    /// Whether the parser is between envelopes, where a body may end.
    #[must_use]
    pub fn is_between_envelopes(&self) -> bool {
        // of a passage that is being followed, a byte order mark and white space may have come
        let followed = self.passages.followed();
        let followed = followed.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(followed).trim_ascii();
        self.failure.is_none() && self.scanner.is_complete() && followed.is_empty()
    }

    /// Bytes looked at so far, for the proof that work is linear.
    #[cfg(feature = "_work")]
    #[must_use]
    pub fn work(&self) -> u64 {
        self.scanner.work()
    }

    /// Bytes so far whose encoding was checked because they were lent or copied, for the proof that this is linear, too.
    #[cfg(feature = "_work")]
    #[must_use]
    pub fn checks(&self) -> u64 {
        self.scanner.checks()
    }

    /// Steps of the scanner so far, for the proof that what was learned is used: a comparison takes none.
    #[cfg(feature = "_work")]
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.scanner.steps()
    }

    // ---- errors -------------------------------------------------------------------------------------------------

    #[cold]
    fn fail(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        let explained = self.scanner.error().is_some_and(|error| self.opening.may_explain(error));
        self.failure = Some(if explained { Failure::Waiting { at: self.scanner.offset() } } else { Failure::Final });
        self.wait(input)
    }

    /// After an error: returns it, or takes what is missing of the body's beginning.
    #[cold]
    fn wait(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        let Some(Failure::Waiting { at }) = self.failure else { return self.scanner.finish() };
        self.opening.read(input, at);
        if self.opening.is_full() {
            return self.fail_explained();
        }
        self.failure = Some(Failure::Waiting { at: at.saturating_add(input.len() as u64) });
        *input = &[];
        Ok(())
    }

    /// As much of the body's beginning is here as there will be.
    fn fail_explained(&mut self) -> Result<(), Error> {
        if let Some(Failure::Waiting { at }) = self.failure.replace(Failure::Final) {
            self.scanner.pass_up_to(at);
        }
        if let Some(error) = self.scanner.error() {
            self.scanner.replace_error(self.opening.explain(error));
        }
        self.scanner.finish()
    }

    // ---- the machine --------------------------------------------------------------------------------------------

    fn advance(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Outgoing>, Stop> {
        // until the response's head is out, what is in there waits
        if self.response_sent
            && let Some(outgoing) = self.outbox.pop()
        {
            return Ok(Some(outgoing));
        }
        match core::mem::replace(&mut self.resume, Resume::Nothing) {
            Resume::Nothing => {}
            Resume::Release => self.scanner.release(),
            Resume::Restart => self.scanner.hold_from(cur),
        }
        match self.passage(cur)? {
            Taken::Message(outgoing) => return Ok(Some(outgoing)),
            Taken::Chunk => return Ok(None),
            Taken::Nothing => {}
        }
        loop {
            match self.path.last() {
                Some(Place::Notification) => match self.take_shape(cur) {
                    Taken::Message(outgoing) => return Ok(Some(outgoing)),
                    Taken::Chunk => return Ok(None),
                    Taken::Nothing => {}
                },
                Some(event @ Place::Event(_)) if self.skipped == 0 => self.take_whole_children(*event, cur),
                _ => {}
            }
            let outgoing = match self.scanner.step(cur)? {
                None => return Ok(None),
                Some(Step::Start) => {
                    let outgoing = self.start(cur)?;
                    if self.path.last() == Some(&Place::Notification) && self.skipped == 0 {
                        self.notification_begins(cur, outgoing.is_some());
                    }
                    outgoing
                }
                Some(Step::End) => self.end(cur),
                Some(Step::Text) => {
                    self.text(cur);
                    None
                }
            };
            if outgoing.is_some() {
                return Ok(outgoing);
            }
        }
    }
}

impl Default for NotificationParser {
    fn default() -> Self {
        Self::new()
    }
}
