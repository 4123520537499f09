//! The resumable machine under the tokenizer and under the notification parser. Depends on the other files of this
//! folder only.
//!
//! # How it works
//!
//! [`Scanner::step`] runs until it can say that a start tag, an end tag or a text is complete, or until the chunk is
//! used up. It returns plain values; names, attributes and texts are *offsets into the held run* ([`Hold`]), so nothing
//! is borrowed while a decision is taken, and a view is made once at the end.
//!
//! ```text
//!             ┌──── white space, comments, PIs ────┐
//! Start ──► Prolog ──► tags, text, CDATA, … ──► Epilog ──► (next document) Start
//!    └─ BOM, XML declaration                       └─ a declaration, BOM or root: next document
//! ```
//!
//! # Rules for whoever changes it
//!
//! 1. Every [`State`] is a place where a chunk may end. A handler is entered with at least one byte to read, and either
//!    takes a byte or changes the state; what it must remember is a field, never a local variable.
//! 2. No byte is looked at twice. Where a run of ordinary bytes is skipped in one go, the byte that ended it is handled
//!    at once.
//! 3. A decision may depend on bytes seen, never on where the chunk ends. A fast path that needs the whole of
//!    something must give the same tokens, error and offset as the slow path.
//! 4. Limits are kept by a *lease*: handlers see the input only up to the nearest limit, so that none has to count, and
//!    an error beyond a limit can never be reported before the limit itself.

mod held;
mod stop;

use alloc::vec::Vec;

use super::declaration::Declaration;
use super::hold::Hold;
use super::namespace::{Declarations, Namespaces, Resolved};
use super::open::OpenElements;
use super::reference::Reference;
use super::utf8::{Decoded, Utf8};
use crate::error::{Error, ErrorKind};
use crate::limits::Limits;

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A start tag or an empty-element tag; for the latter an [`End`](Step::End) follows.
    Start,
    /// An end tag; the element counts as open until the next step.
    End,
    /// A run of character data, only where [`Scanner::keep_text`] asked for it.
    Text,
}

/// The scanner has stopped; its error is in [`Scanner::error`]. So small that a step's result fits a register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stop;

/// A part of the held run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    #[inline]
    pub(crate) fn of(self, run: &[u8]) -> &[u8] {
        run.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(crate) const fn len(self) -> u32 {
        self.end.wrapping_sub(self.start)
    }
}

/// A name as written: `local` is where its local part begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct QName {
    pub(super) start: u32,
    pub(super) local: u32,
    pub(super) end: u32,
}

impl QName {
    pub(super) fn prefix(self, run: &[u8]) -> &[u8] {
        let end = if self.local == self.start { self.start } else { self.local.saturating_sub(1) };
        Span { start: self.start, end }.of(run)
    }

    pub(super) fn local(self, run: &[u8]) -> &[u8] {
        Span { start: self.local, end: self.end }.of(run)
    }

    pub(super) const fn local_len(self) -> u32 {
        self.end.wrapping_sub(self.local)
    }

    pub(super) fn whole(self, run: &[u8]) -> &[u8] {
        Span { start: self.start, end: self.end }.of(run)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: QName,
    pub(super) value: Span,
    /// Where the name began in the input.
    pub(super) at: u64,
    pub(super) namespace: Resolved,
    pub(super) is_declaration: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing of the response was read.
    Start,
    /// One or two bytes of a byte order mark.
    Bom,
    /// Right behind a byte order mark.
    AfterBom,
    /// One byte of what looks like UTF-16 or UTF-32.
    EncodingMark,
    /// Only white space so far.
    Blank,
    /// Between the declaration, or another thing that began the document, and the root.
    Prolog,
    /// Behind a root element.
    Epilog,
    /// In an XML declaration, behind `<?xml`.
    Declaration,
    /// Behind `<`.
    Lt,
    /// Behind `<!`.
    Bang,
    /// Behind `<!-`.
    CommentOpen,
    Comment,
    CommentDash,
    CommentDashDash,
    PiTarget,
    /// Behind the target, where white space or `?>` must follow.
    PiTargetEnd,
    Pi,
    PiQuestion,
    StartName,
    /// Inside a start tag; `tag_space` says whether an attribute may begin here.
    Tag,
    AttributeName,
    AttributeEq,
    AttributeQuote,
    AttributeValue,
    EmptyClose,
    /// The end of an empty element, which takes no input.
    EmptyEnd,
    EndName,
    EndSpace,
    Content,
    CdataOpen,
    Cdata,
    Reference,
}

/// A chunk and the place in it. `end` is the chunk's length or the nearest limit.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'c> {
    pub(super) chunk: &'c [u8],
    pub(super) pos: usize,
    pub(super) end: usize,
}

impl<'c> Cursor<'c> {
    pub(crate) fn new(chunk: &'c [u8]) -> Self {
        Self { chunk, pos: 0, end: 0 }
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        if self.pos < self.end { self.chunk.get(self.pos).copied() } else { None }
    }

    #[inline]
    pub(super) fn bump(&mut self) {
        self.pos = self.pos.wrapping_add(1);
    }

    #[inline]
    pub(super) fn advance(&mut self, by: usize) {
        self.pos = self.pos.wrapping_add(by);
    }

    #[inline]
    pub(super) fn rest(&self) -> &'c [u8] {
        self.chunk.get(self.pos..self.end).unwrap_or_default()
    }

    /// Takes the rest of the chunk.
    pub(crate) fn skip_all(&mut self) {
        self.pos = self.chunk.len();
    }

    /// Takes bytes that need no reading.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) {
        self.pos = self.pos.wrapping_add(bytes);
    }

    /// What was taken of the chunk.
    pub(crate) fn taken(&self) -> &'c [u8] {
        self.chunk.get(..self.pos).unwrap_or_default()
    }

    /// What the caller of the parser has still to push.
    pub(crate) fn remaining(&self) -> &'c [u8] {
        self.chunk.get(self.pos..).unwrap_or_default()
    }
}

/// A place's context: what makes the same bytes mean the same.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    namespaces: Declarations,
    depth: usize,
}

/// Where a scanner stands between the children of an element whose text is not wanted: all that what it has read means for
/// what it will read.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    open: OpenElements,
    namespaces: Declarations,
    ascii_only: bool,
}

/// No limit runs from here.
pub(super) const UNBOUNDED: u64 = u64::MAX;

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // a machine's memory is what it is
pub(crate) struct Scanner {
    pub(super) state: State,
    /// Offset of the current chunk's first byte in the input.
    pub(super) base: u64,
    pub(super) limits: Limits,
    /// Character references to forbidden characters become U+FFFD.
    pub(super) lenient: bool,
    /// Another document may follow behind a root.
    pub(super) many_documents: bool,

    // limits in force
    lease_end: u64,
    /// Where the tag, comment or held event began.
    pub(super) bound_from: u64,
    /// Where the text began.
    pub(super) text_from: u64,
    pub(super) text_bounded: bool,

    // the held run
    pub(super) hold: Hold,
    holding: bool,
    /// The latest token's bytes are in the run until the next step.
    pub(super) token_held: bool,
    /// The last step returned a token.
    token_done: bool,

    // documents
    pub(super) open: OpenElements,
    pub(super) namespaces: Namespaces,
    pub(super) pop_pending: bool,
    /// A root was closed and no further document has begun.
    pub(super) behind_root: bool,
    pub(super) declaration_allowed: bool,
    /// The instruction's target is `xml` so far, in any case.
    pub(super) pi_is_xml: bool,
    pub(super) pi_has_data: bool,
    pub(super) ascii_only: bool,
    /// Bytes matched of a mark or a literal (`BOM`, `xml`, `[CDATA[`), dashes or brackets seen.
    pub(super) matched: u8,
    pub(super) mark: u8,
    pub(super) declaration: Declaration,
    pub(super) utf8: Utf8,
    pub(super) after_cr: bool,

    // the tag in progress
    pub(super) element: QName,
    pub(super) element_namespace: Resolved,
    pub(super) element_at: u64,
    pub(super) attributes: Vec<Attribute>,
    pub(super) tag_space: bool,
    /// An attribute's name begins like `xmlns`.
    pub(super) may_declare: bool,
    /// An attribute has a prefix.
    pub(super) prefixed: bool,
    pub(super) name_start: bool,
    pub(super) name: QName,
    pub(super) name_at: u64,
    pub(super) value_start: u32,
    pub(super) quote: u8,
    /// How much of an end tag's name was compared.
    pub(super) end_matched: usize,

    // the text in progress
    pub(super) keep_text: bool,
    pub(super) text_open: bool,
    pub(super) text: Span,
    /// Markup stands in the run behind `text.end`, to be cut out should the text go on.
    pub(super) text_gap: bool,
    pub(super) brackets: u8,

    pub(super) reference: Reference,
    error: Option<Error>,

    #[cfg(feature = "_work")]
    work: u64,
    #[cfg(feature = "_work")]
    steps: u64,
    /// Views are made of what nobody may change.
    #[cfg(feature = "_work")]
    checks: core::sync::atomic::AtomicU64,
}

impl Scanner {
    pub(crate) fn new(limits: Limits, known: &'static [&'static str], many_documents: bool) -> Self {
        Self {
            state: State::Start,
            base: 0,
            limits,
            lenient: false,
            many_documents,
            lease_end: 0,
            bound_from: UNBOUNDED,
            text_from: 0,
            text_bounded: false,
            hold: Hold::default(),
            holding: false,
            token_held: false,
            token_done: false,
            open: OpenElements::default(),
            namespaces: Namespaces::new(known),
            pop_pending: false,
            behind_root: false,
            declaration_allowed: true,
            pi_is_xml: false,
            pi_has_data: false,
            ascii_only: false,
            matched: 0,
            mark: 0,
            declaration: Declaration::default(),
            utf8: Utf8::default(),
            after_cr: false,
            element: QName::default(),
            element_namespace: Resolved::NONE,
            element_at: 0,
            attributes: Vec::new(),
            tag_space: false,
            may_declare: false,
            prefixed: false,
            name_start: false,
            name: QName::default(),
            name_at: 0,
            value_start: 0,
            quote: 0,
            end_matched: 0,
            keep_text: false,
            text_open: false,
            text: Span::default(),
            text_gap: false,
            brackets: 0,
            reference: Reference::default(),
            error: None,
            #[cfg(feature = "_work")]
            work: 0,
            #[cfg(feature = "_work")]
            steps: 0,
            #[cfg(feature = "_work")]
            checks: core::sync::atomic::AtomicU64::new(0),
        }
    }

    /// Ready for another input; buffers keep their capacity.
    pub(crate) fn reset(&mut self) {
        self.state = State::Start;
        self.base = 0;
        self.lease_end = 0;
        self.bound_from = UNBOUNDED;
        self.text_bounded = false;
        self.holding = false;
        self.token_held = false;
        self.token_done = false;
        self.open.clear();
        self.namespaces.clear();
        self.pop_pending = false;
        self.behind_root = false;
        self.ascii_only = false;
        self.utf8 = Utf8::default();
        self.after_cr = false;
        self.attributes.clear();
        self.keep_text = false;
        self.text_open = false;
        self.text_gap = false;
        self.error = None;
    }

    pub(crate) fn set_lenient(&mut self, lenient: bool) {
        self.lenient = lenient;
    }

    /// Goes on to the next token. `None`: the chunk is used up.
    pub(crate) fn step(&mut self, cur: &mut Cursor<'_>) -> Result<Option<Step>, Stop> {
        if self.token_done {
            self.leave_token();
        }
        loop {
            if cur.pos >= cur.end {
                // the one state that goes on without input
                if self.state == State::EmptyEnd {
                    let step = self.empty_end();
                    self.settle(cur);
                    return Ok(Some(step));
                }
                if cur.pos >= cur.chunk.len() {
                    return Ok(None);
                }
                self.renew_lease(cur)?;
            }
            #[cfg(feature = "_work")]
            {
                self.steps = self.steps.saturating_add(1);
            }
            let step = match self.state {
                State::Content => self.content(cur)?,
                State::Lt => self.lt(cur)?,
                State::StartName => self.start_name(cur)?,
                State::Tag => self.tag(cur)?,
                State::AttributeName => self.attribute_name(cur)?,
                State::AttributeEq => self.attribute_eq(cur)?,
                State::AttributeQuote => self.attribute_quote(cur)?,
                State::AttributeValue => self.attribute_value(cur)?,
                State::EmptyClose => self.empty_close(cur)?,
                State::EmptyEnd => Some(self.empty_end()),
                State::EndName => self.end_name(cur)?,
                State::EndSpace => self.end_space(cur)?,
                State::Reference => self.reference(cur)?,
                State::CdataOpen => self.cdata_open(cur)?,
                State::Cdata => self.cdata(cur)?,
                State::Bang => self.bang(cur)?,
                State::CommentOpen => self.comment_open(cur)?,
                State::Comment => self.comment(cur)?,
                State::CommentDash => {
                    self.comment_dash(cur);
                    None
                }
                State::CommentDashDash => self.comment_dash_dash(cur)?,
                State::PiTarget => self.pi_target(cur)?,
                State::PiTargetEnd => self.pi_target_end(cur)?,
                State::Pi => self.pi(cur)?,
                State::PiQuestion => self.pi_question(cur)?,
                State::Start | State::AfterBom | State::Blank | State::Prolog | State::Epilog => {
                    self.outside_root(cur)?
                }
                State::Bom => self.bom(cur)?,
                State::EncodingMark => self.encoding_mark(cur)?,
                State::Declaration => self.xml_declaration(cur)?,
            };
            if step.is_some() {
                self.settle(cur);
                return Ok(step);
            }
        }
    }

    /// A token is complete: whoever asks for the run gets all of it. What nobody holds is not copied.
    #[inline]
    fn settle(&mut self, cur: &Cursor<'_>) {
        self.token_done = true;
        if self.is_holding() {
            self.hold.settle(cur.chunk, cur.pos);
        }
    }

    /// The chunk goes back to the caller: what is held moves, offsets go on from the cursor's place.
    pub(crate) fn suspend(&mut self, cur: &Cursor<'_>) {
        if self.is_holding() {
            self.hold.suspend(cur.chunk, cur.pos);
        }
        self.base = self.at(cur.pos);
    }

    /// The token that ended the last step was the last use of the chunk: like [`suspend`](Self::suspend), but what is
    /// held may stay where it is, for the caller is lent it until the next call.
    pub(crate) fn lend(&mut self, cur: &Cursor<'_>) {
        self.base = self.at(cur.pos);
    }

    /// Whether the input could end here.
    pub(crate) fn is_complete(&self) -> bool {
        match self.state {
            State::Start | State::Blank | State::AfterBom => self.many_documents,
            State::Epilog => true,
            _ => false,
        }
    }

    /// The end of the input.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        if self.error.is_none() && !self.is_complete() {
            self.error = Some(Error::new(ErrorKind::UnexpectedEnd, self.base));
        }
        self.error.map_or(Ok(()), Err)
    }

    /// Bytes consumed, up to the latest [`suspend`](Self::suspend) or [`lend`](Self::lend).
    pub(crate) fn offset(&self) -> u64 {
        self.base
    }

    #[cfg(feature = "_work")]
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// How often a part of the markup was read, for the proof that what is known is not read again.
    #[cfg(feature = "_work")]
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Bytes looked at, for the proof that work is linear.
    #[inline]
    #[cfg(feature = "_work")]
    pub(crate) fn look(&mut self, bytes: usize) {
        self.work = self.work.saturating_add(bytes as u64);
    }

    #[inline]
    #[cfg(not(feature = "_work"))]
    #[allow(clippy::unused_self)]
    pub(crate) fn look(&self, _bytes: usize) {}

    /// Bytes whose encoding was checked to lend them, for the proof that this is linear as well.
    #[cfg(feature = "_work")]
    pub(crate) fn checks(&self) -> u64 {
        self.checks.load(core::sync::atomic::Ordering::Relaxed)
    }

    #[inline]
    #[cfg(feature = "_work")]
    pub(crate) fn count_check(&self, bytes: usize) {
        self.checks.fetch_add(bytes as u64, core::sync::atomic::Ordering::Relaxed);
    }

    #[inline]
    #[cfg(not(feature = "_work"))]
    #[allow(clippy::unused_self)]
    pub(crate) fn count_check(&self, _bytes: usize) {}

    // ---- characters ---------------------------------------------------------------------------------------------

    /// Takes one byte of a character beyond ASCII. `None`: more bytes are needed.
    pub(super) fn decode(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<Option<char>, Stop> {
        if self.ascii_only {
            return self.unsupported(b"US-ASCII with other characters", self.at(cur.pos));
        }
        let at = self.at(cur.pos);
        match self.utf8.push(byte, at) {
            Decoded::Partial => Ok(None),
            Decoded::Char(c) => Ok(Some(c)),
            Decoded::Invalid => self.stop(ErrorKind::InvalidUtf8, self.utf8.start()),
        }
    }

    /// Takes one byte beyond ASCII where any [2] `Char` may stand.
    #[inline]
    pub(super) fn decode_char(&mut self, byte: u8, cur: &Cursor<'_>) -> Result<(), Stop> {
        match self.decode(byte, cur)? {
            Some(c) if !super::class::is_char(c) => self.stop(ErrorKind::InvalidChar, self.utf8.start()),
            _ => Ok(()),
        }
    }
}
