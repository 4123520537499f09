//! `calls`: whatever is called between two chunks, a parser that learns says what one says that does not.

use arbitrary::{Arbitrary, Unstructured};
use ews_stream::{Error, NotificationParser};

use super::drive::{Cuts, Machine};
use super::events;
use super::message::Owned;
use super::mutate::Edit;

/// What is called behind a chunk.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Call {
    Nothing,
    /// Of the one that learns.
    Learning(bool),
    Lenient(bool),
    Finish,
    Reset,
    /// And the body from its beginning.
    Again,
}

/// Two parsers, of which one never learns.
struct Pair {
    learning: NotificationParser,
    plain: NotificationParser,
    /// What `plain` has failed with, and `learning` has not yet: it looks at the encoding of a value when its event is whole.
    owed: Option<Error>,
    /// Bytes taken.
    taken: u64,
}

impl Pair {
    fn new() -> Self {
        Self {
            learning: NotificationParser::new(),
            plain: NotificationParser::new().learning(false),
            owed: None,
            taken: 0,
        }
    }

    /// Both read a chunk, and have to say the same.
    fn read(&mut self, chunk: &[u8]) {
        let (learned, error) = read_all(&mut self.learning, chunk);
        assert!(self.learning.offset() >= self.taken, "{} of {} bytes", self.learning.offset(), self.taken);
        if error.is_none() {
            self.taken += chunk.len() as u64;
            assert_eq!(self.learning.offset(), self.taken, "bytes consumed");
        }
        if let Some(owed) = self.owed {
            assert_eq!(learned, [], "messages behind what is an error");
            if error.is_some() {
                assert_eq!(error, Some(owed), "an error that comes late is another");
                self.owed = None;
            }
            return;
        }
        let (expected, failed) = read_all(&mut self.plain, chunk);
        assert_eq!(learned, expected, "with what is learned (left), without (right)");
        if failed.is_some() && error.is_none() {
            self.owed = failed;
        } else {
            assert_eq!(error, failed, "errors with what is learned (left), without (right)");
        }
        assert_eq!(self.learning.is_between_envelopes(), self.plain.is_between_envelopes(), "between envelopes");
    }

    fn finish(&mut self) {
        let expected = self.plain.finish();
        assert_eq!(self.learning.finish(), expected, "ends with what is learned (left), without (right)");
        assert_eq!(self.learning.is_between_envelopes(), self.plain.is_between_envelopes(), "between envelopes");
        self.owed = None;
    }

    fn reset(&mut self) {
        self.learning.reset();
        self.plain.reset();
        (self.owed, self.taken) = (None, 0);
        assert!(self.learning.is_between_envelopes() && self.learning.offset() == 0);
    }

    /// Changes a setting of one or both; what was not read yet is read then.
    fn set(&mut self, call: Call) {
        let learning = core::mem::take(&mut self.learning);
        match call {
            Call::Learning(on) => self.learning = learning.learning(on),
            Call::Lenient(on) => {
                self.learning = learning.lenient(on);
                self.plain = core::mem::take(&mut self.plain).lenient(on).learning(false);
            }
            _ => self.learning = learning,
        }
        assert_eq!(self.learning.is_between_envelopes(), self.plain.is_between_envelopes(), "between envelopes");
    }
}

/// All messages of a chunk, with the offsets at which they were lent, and the error.
fn read_all(parser: &mut NotificationParser, chunk: &[u8]) -> (Vec<(Owned, u64)>, Option<Error>) {
    let (mut input, mut messages) = (chunk, Vec::new());
    loop {
        match Machine::next(parser, &mut input) {
            Ok(Some(message)) => messages.push((message, parser.offset())),
            Ok(None) => break,
            Err(error) => return (messages, Some(error)),
        }
    }
    assert!(input.is_empty(), "the parser asks for more before it has read what it was given");
    (messages, None)
}

/// A body as `events` writes it, with up to two wrong bytes, read by both parsers, with calls in between.
pub fn calls(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok((cuts, calls, edits, more)) = data.arbitrary::<(Cuts, [Call; 12], [Edit; 2], u8)>() else { return };
    let Some((_, mut bytes)) = events::written(&mut data) else { return };
    for edit in edits.into_iter().take(usize::from(more) % 3) {
        edit.apply(&mut bytes);
    }
    // what comes once teaches, what comes again is known
    let body = bytes.repeat(1 + usize::from(more / 3) % 3);

    let mut pair = Pair::new();
    let mut rest = &body[..];
    // three rounds of them at most: each `Again` begins anew
    let mut calls = calls.into_iter().cycle().take(36).map(Some).chain(core::iter::repeat(None));
    for length in cuts.lengths() {
        let (chunk, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        pair.read(chunk);
        match calls.next().flatten() {
            None | Some(Call::Nothing) => {}
            Some(Call::Finish) => pair.finish(),
            Some(Call::Reset) => pair.reset(),
            Some(Call::Again) => {
                pair.reset();
                rest = &body;
            }
            Some(call) => pair.set(call),
        }
        if rest.is_empty() {
            break;
        }
    }
    pair.finish();
}
