//! What the layer above asks of a scanner between two steps: to hold a run of bytes, what the latest token is, and to take
//! a whole element that it knows already. Part of the scanner.

use alloc::vec::Vec;

use super::{Attribute, Cursor, Scanner, Scope, Span, Standing, State, UNBOUNDED};
use crate::xml::namespace::NamespaceId;

impl Scanner {
    // ---- holding ------------------------------------------------------------------------------------------------

    /// Keeps the run from the latest start tag on, until [`release`](Self::release).
    pub(crate) fn hold(&mut self) {
        self.holding = true;
    }

    /// Keeps a new run from the cursor on, until [`release`](Self::release).
    pub(crate) fn hold_from(&mut self, cur: &Cursor<'_>) {
        self.hold.begin(cur.pos);
        self.holding = true;
        self.bound_from = self.at(cur.pos);
    }

    /// Whether the run outlives its tokens.
    pub(crate) fn holds(&self) -> bool {
        self.holding
    }

    /// The run ends with the latest token.
    pub(crate) fn release(&mut self) {
        self.holding = false;
    }

    pub(super) fn is_holding(&self) -> bool {
        self.holding || self.token_held
    }

    /// Begins a token's run at the cursor unless it is a part of a longer one.
    pub(in crate::xml) fn begin_token(&mut self, at: usize) {
        if !self.holding {
            self.hold.begin(at);
        }
        self.token_held = true;
    }

    /// A tag, comment or instruction begins at the `<` before the cursor.
    pub(in crate::xml) fn bound_markup(&mut self, cur: &Cursor<'_>) {
        if !self.holding {
            self.bound_from = self.at(cur.pos).saturating_sub(1);
        }
    }

    /// The comment or instruction is over.
    pub(in crate::xml) fn unbound_markup(&mut self) {
        if !self.holding {
            self.bound_from = UNBOUNDED;
        }
    }

    /// The held bytes. Complete up to the cursor after a [`Step`].
    #[inline]
    pub(crate) fn run<'a>(&'a self, cur: &Cursor<'a>) -> &'a [u8] {
        self.hold.run(cur.chunk, cur.pos)
    }

    /// The same with the chunk's own lifetime.
    #[inline]
    pub(crate) fn run_of<'a>(&'a self, chunk: &'a [u8], cur: &Cursor<'_>) -> &'a [u8] {
        self.hold.run(chunk, cur.pos)
    }

    // ---- the latest token ---------------------------------------------------------------------------------------

    /// Whether character data is wanted from here on: unwanted text is checked, but neither decoded nor reported.
    #[inline]
    pub(crate) fn keep_text(&mut self, keep: bool) {
        self.keep_text = keep;
    }

    /// After [`Step::Text`]: where it is. Never empty.
    #[inline]
    pub(crate) fn text_span(&self) -> Span {
        self.text
    }

    /// The texts of `first` and, later in the run, `second` as one, where only dropped markup lies between them.
    pub(crate) fn join(&mut self, cur: &Cursor<'_>, first: Span, second: Span) -> Span {
        self.hold.drop_range(cur.chunk, first.end, second.start, cur.pos);
        let shift = second.start.saturating_sub(first.end);
        Span { start: first.start, end: second.end.saturating_sub(shift) }
    }

    /// After [`Step::Start`]: the element's namespace.
    #[inline]
    pub(crate) fn namespace(&self) -> NamespaceId {
        self.element_namespace.id
    }

    /// After [`Step::Start`]: the element's local name.
    #[inline]
    pub(crate) fn local<'a>(&'a self, cur: &Cursor<'a>) -> &'a [u8] {
        self.element.local(self.run(cur))
    }

    /// After [`Step::Start`]: where the element's local name is in the run.
    pub(crate) fn local_span(&self) -> Span {
        Span { start: self.element.local, end: self.element.end }
    }

    /// After [`Step::Start`]: offset in the input of the tag's `<`.
    pub(crate) fn element_at(&self) -> u64 {
        self.element_at
    }

    /// After [`Step::Start`]: the attributes without the namespace declarations.
    pub(in crate::xml) fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| !attribute.is_declaration)
    }

    /// After [`Step::Start`]: local names and values of the attributes that are in no namespace.
    #[inline]
    pub(crate) fn plain_attributes<'a>(&'a self, run: &'a [u8]) -> impl Iterator<Item = (&'a [u8], Span)> {
        self.attributes
            .iter()
            .filter(|attribute| !attribute.is_declaration && attribute.name.local == attribute.name.start)
            .map(|attribute| (attribute.name.whole(run), attribute.value))
    }

    /// Number of open elements; one that has just ended still counts.
    #[inline]
    pub(crate) fn depth(&self) -> usize {
        self.open.depth()
    }

    /// The latest token is done with.
    #[inline]
    pub(super) fn leave_token(&mut self) {
        self.token_done = false;
        self.token_held = false;
        if self.pop_pending {
            self.pop_pending = false;
            self.namespaces.leave(self.open.depth());
            self.open.pop();
        }
        self.unbound_markup();
    }

    /// The same, if it is not yet.
    #[inline]
    pub(in crate::xml) fn leave_done_token(&mut self) {
        if self.token_done {
            self.leave_token();
        }
    }

    // ---- whole elements -----------------------------------------------------------------------------------------

    /// Whether the context is what it was when it was saved.
    pub(crate) fn is_in_scope(&self, scope: &Scope) -> bool {
        scope.depth == self.open.depth() && self.namespaces.in_scope().mean_the_same(&scope.namespaces)
    }

    /// Whether the document's declaration allows ASCII alone.
    pub(crate) fn is_ascii_only(&self) -> bool {
        self.ascii_only
    }

    /// Keeps the context.
    pub(crate) fn save_scope(&self, scope: &mut Scope) {
        scope.depth = self.open.depth();
        scope.namespaces.copy(self.namespaces.in_scope());
    }

    /// Length of the held run.
    pub(crate) fn held_len(&self, cur: &Cursor<'_>) -> usize {
        self.hold.run(cur.chunk, cur.pos).len()
    }

    /// The held run, if every byte of it is as it was sent.
    pub(crate) fn plain_run<'a>(&'a self, cur: &Cursor<'a>) -> Option<&'a [u8]> {
        self.hold.is_as_sent().then(|| self.run(cur))
    }

    /// What is held of chunks before this one.
    pub(crate) fn held_before(&self) -> &[u8] {
        self.hold.carried()
    }

    /// Takes a whole chunk, which goes on with what is held.
    #[inline]
    pub(crate) fn take_chunk(&mut self, chunk: &[u8]) {
        self.hold.add(chunk);
        self.base = self.at(chunk.len());
    }

    /// Whether it is between the children of an element whose text is not wanted.
    #[inline]
    pub(crate) fn is_between_elements(&mut self) -> bool {
        if self.token_done {
            self.leave_token();
        }
        self.state == State::Content && !self.text_open && !self.holding
    }

    /// How much white space `bytes` begin with, and what there is from the next tag's name on, if nothing else comes before.
    #[inline]
    pub(crate) fn element_behind_space<'c>(&mut self, bytes: &'c [u8]) -> (usize, Option<&'c [u8]>) {
        let space = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t')).count();
        self.look(space);
        let element = match bytes.get(space..).and_then(<[u8]>::split_first) {
            Some((b'<', element)) if space <= self.limits.text_bytes() => Some(element),
            _ => None,
        };
        (space, element)
    }

    /// Takes the element whose name begins at `start` and that has `len` bytes from there, known to be well-formed in this
    /// place. Its bytes are the held run until the next step.
    #[inline]
    pub(crate) fn take_element(&mut self, cur: &mut Cursor<'_>, start: usize, len: usize) {
        self.hold.begin(start);
        self.element_taken(cur, start.wrapping_add(len));
    }

    /// Takes the rest of the chunk, which is the beginning of an element from its name at `start` on, and holds it.
    pub(crate) fn take_beginning(&mut self, cur: &mut Cursor<'_>, start: usize) {
        self.hold.begin(start);
        self.hold.prepare_spare();
        self.holding = true;
        cur.pos = cur.chunk.len();
    }

    /// Takes the last `len` bytes of the element that [`take_beginning`](Self::take_beginning) began.
    pub(crate) fn take_end(&mut self, cur: &mut Cursor<'_>, len: usize) {
        self.holding = false;
        let end = cur.pos.wrapping_add(len);
        self.hold.settle(cur.chunk, end);
        self.element_taken(cur, end);
    }

    /// The same as [`take_element`](Self::take_element) and [`lend`](Self::lend), where an element was taken so just before.
    #[inline]
    pub(crate) fn take_next_element(&mut self, start: usize, end: usize) {
        self.hold.begin(start);
        self.base = self.at(end);
    }

    #[inline]
    fn element_taken(&mut self, cur: &mut Cursor<'_>, end: usize) {
        self.token_held = true;
        self.token_done = true;
        cur.pos = end;
    }

    /// Gives back what [`take_beginning`](Self::take_beginning) took: the scanner is behind the element's `<` again, and the
    /// bytes are to be read as a chunk of their own.
    pub(crate) fn give_back(&mut self) -> Vec<u8> {
        let bytes = self.hold.take();
        self.holding = false;
        self.state = State::Lt;
        self.base = self.base.saturating_sub(bytes.len() as u64);
        bytes
    }

    /// Memory for bytes that are to be read again.
    pub(crate) fn spare(&mut self) -> Vec<u8> {
        self.hold.take_spare()
    }

    /// What [`give_back`](Self::give_back) or [`spare`](Self::spare) handed out has been read.
    pub(crate) fn have_read(&mut self, bytes: Vec<u8>) {
        self.hold.give_back(bytes);
    }

    // ---- whole passages -----------------------------------------------------------------------------------------

    /// Whether the scanner is right behind a document, but for white space. Not behind one of ASCII: what comes may belong to it.
    #[inline]
    pub(crate) fn is_behind_document(&mut self) -> bool {
        if self.token_done {
            self.leave_token();
        }
        self.state == State::Epilog && !self.ascii_only
    }

    /// Whether the scanner is between the children of an element whose text is not wanted, and holds nothing.
    #[inline]
    pub(crate) fn is_between_children(&mut self) -> bool {
        if self.token_done {
            self.leave_token();
        }
        self.state == State::Content && !self.text_open && !self.holding
    }

    /// Keeps where it stands.
    pub(crate) fn keep_standing(&self, standing: &mut Standing) {
        standing.open.copy(&self.open);
        standing.namespaces.copy(self.namespaces.in_scope());
        standing.ascii_only = self.ascii_only;
    }

    /// Whether it stands where it stood.
    pub(crate) fn stands(&self, standing: &Standing) -> bool {
        self.ascii_only == standing.ascii_only
            && self.open == standing.open
            && *self.namespaces.in_scope() == standing.namespaces
    }

    /// Stands there, from where [`is_behind_document`](Self::is_behind_document) holds: what lies between was read before.
    pub(crate) fn stand_at(&mut self, standing: &Standing) {
        self.open.copy(&standing.open);
        self.namespaces.put_in_scope(&standing.namespaces);
        self.ascii_only = standing.ascii_only;
        self.state = State::Content;
        self.behind_root = false;
        self.keep_text = false;
        self.text_gap = false;
        self.brackets = 0;
    }

    /// Is behind the document that it was in: the rest of it was read before.
    pub(crate) fn stand_behind_document(&mut self) {
        self.open.clear();
        self.namespaces.clear();
        self.state = State::Epilog;
        self.behind_root = true;
        self.keep_text = false;
        self.text_gap = false;
        self.brackets = 0;
    }

    /// A whole chunk was only followed.
    #[inline]
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.base = self.at(bytes);
    }

    /// All up to that offset was taken, whatever became of it.
    pub(crate) fn pass_up_to(&mut self, offset: u64) {
        self.base = offset;
    }

    /// The last so many bytes are to be read, as a chunk of their own: they were only followed.
    pub(crate) fn rewind(&mut self, bytes: usize) {
        self.base = self.base.wrapping_sub(bytes as u64);
    }
}
