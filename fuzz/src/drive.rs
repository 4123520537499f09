//! Feeds a parser in arbitrary chunks and keeps what it says, for the parser of messages and for the tokenizer alike.

use std::fmt::Debug;

use arbitrary::Arbitrary;
use ews_stream::{Error, Limits};

/// What both parsers have in common.
pub trait Machine {
    /// One message or token, owned, every field.
    type Record: Debug + PartialEq;

    fn next(&mut self, input: &mut &[u8]) -> Result<Option<Self::Record>, Error>;
    /// The same, but nothing is kept: for measurements.
    fn skip(&mut self, input: &mut &[u8]) -> Result<bool, Error>;
    fn finish(&mut self) -> Result<(), Error>;
    fn reset(&mut self);
    fn offset(&self) -> u64;
    /// Bytes looked at so far; 0 where that is not counted.
    fn work(&self) -> u64;
}

/// Everything that must not depend on how a body was cut.
#[derive(Debug, PartialEq)]
pub struct Outcome<R> {
    /// With the parser's offset at which each was lent.
    pub records: Vec<(R, u64)>,
    /// The error, or that of `finish`, and how it reads.
    pub error: Option<(Error, String)>,
}

impl<R: Clone> Outcome<R> {
    /// The records without their offsets.
    pub fn bare(&self) -> Vec<R> {
        self.records.iter().map(|(record, _)| record.clone()).collect()
    }
}

/// Lengths of chunks, repeated for ever: `a` is 1, `b` is 2 … `z` is 26, a blank is an empty chunk, bytes beyond ASCII are
/// long ones.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Cuts([u8; 8]);

impl Cuts {
    pub fn lengths(self) -> impl Iterator<Item = usize> {
        let length = |byte: u8| match byte {
            0x80.. => usize::from(byte & 0x7F) * 16 + 27,
            _ => usize::from(byte & 31),
        };
        // a pattern of empty chunks only would never end
        let least = usize::from(self.0.iter().all(|byte| length(*byte) == 0));
        self.0.into_iter().cycle().map(move |byte| length(byte).max(least))
    }
}

/// How a target's raw body is read: 16 bytes in front of it, readable so that seeds can be written by hand.
///
/// `flags limits×7 cuts×8`; of the flags, `1` is lenient, `2` tight limits, `4` a single document.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Settings {
    flags: u8,
    limits: [u8; 7],
    pub cuts: Cuts,
}

impl Settings {
    pub fn lenient(self) -> bool {
        self.flags & 1 != 0
    }

    pub fn is_tight(self) -> bool {
        self.flags & 2 != 0
    }

    pub fn single_document(self) -> bool {
        self.flags & 4 != 0
    }

    pub fn limits(self) -> Limits {
        if !self.is_tight() {
            return Limits::DEFAULT;
        }
        let [depth, name, attributes, namespaces, namespace_bytes, event, text] = self.limits;
        Limits::DEFAULT
            .with_depth(u16::from(depth & 31))
            .with_name_length(u16::from(name & 63))
            .with_attributes(u16::from(attributes & 15))
            .with_namespaces(u16::from(namespaces & 15))
            .with_namespace_bytes(u32::from(namespace_bytes) * 4)
            .with_event_bytes(u32::from(event) * 8)
            .with_text_bytes(u32::from(text) * 2)
    }
}

/// Runs the machine over the body as one chunk.
pub fn whole<M: Machine>(machine: &mut M, body: &[u8]) -> Outcome<M::Record> {
    run(machine, body, std::iter::once(body.len()))
}

/// Runs the machine over the body in chunks of these lengths.
pub fn cut<M: Machine>(machine: &mut M, body: &[u8], cuts: Cuts) -> Outcome<M::Record> {
    run(machine, body, cuts.lengths())
}

fn run<M: Machine>(machine: &mut M, body: &[u8], lengths: impl Iterator<Item = usize>) -> Outcome<M::Record> {
    let mut records = Vec::new();
    let mut rest = body;
    for length in lengths {
        let (chunk, more) = rest.split_at(length.min(rest.len()));
        rest = more;
        let mut input = chunk;
        loop {
            match machine.next(&mut input) {
                Ok(Some(record)) => records.push((record, machine.offset())),
                Ok(None) => break,
                Err(error) => return Outcome { records, error: Some(stays_failed(machine, error)) },
            }
            assert!(records.len() <= body.len() * 2, "more messages than the body has room for");
        }
        assert!(input.is_empty(), "the parser asks for more before it has read what it was given");
        assert_eq!(machine.offset(), (body.len() - rest.len()) as u64, "bytes consumed");
        if rest.is_empty() {
            break;
        }
    }
    let error = machine.finish().err().map(|error| stays_failed(machine, error));
    Outcome { records, error }
}

/// An error is final: whatever is called, it comes again, and no input is taken.
fn stays_failed<M: Machine>(machine: &mut M, error: Error) -> (Error, String) {
    for more in [&b""[..], b"<a xmlns='b'/>"] {
        let mut input = more;
        assert_eq!(machine.next(&mut input).err(), Some(error), "another error, or none, after an error");
        assert_eq!(input, more, "input taken after an error");
    }
    assert_eq!(machine.finish(), Err(error), "another end after an error");
    (error, error.to_string())
}

/// Asserts that the body means the same whole, cut, and to a machine that was used and reset before, and returns what
/// it means.
pub fn is_the_same_however_cut<M: Machine>(machine: &mut M, body: &[u8], cuts: Cuts) -> Outcome<M::Record> {
    let expected = whole(machine, body);
    machine.reset();
    assert_eq!(cut(machine, body, cuts), expected, "cut (left) against whole (right)");

    // left in the middle of something
    machine.reset();
    let mut input = body.get(..body.len() / 2).unwrap_or_default();
    while let Ok(Some(_)) = machine.next(&mut input) {}
    machine.reset();
    assert_eq!(machine.offset(), 0);
    assert_eq!(whole(machine, body), expected, "after a reset (left) against new (right)");
    machine.reset();
    expected
}

/// The most that a parser with these limits may have allocated: what the documentation of [`Limits`] says, with the room
/// that a buffer that grows by doubling leaves unused.
pub fn ceiling(limits: &Limits) -> usize {
    // the smallest buffers are inside of the parser, a spilled one has at least this much; learned shapes
    let small = 4096 + 8 * 1024;
    let held = limits.event_bytes().max(limits.text_bytes() + 16);
    // ids that wait for a late response code: `<SubscriptionId/>` is the shortest
    let waiting = limits.event_bytes() / 17 * 24;
    let names = limits.depth() * (limits.name_length() + 16);
    2 * (held + 2 * limits.event_bytes() + waiting + names + limits.namespace_bytes())
        + 2 * 64 * (limits.attributes() + limits.namespaces() + 2)
        + small
}

/// Asserts that a machine holds no more than its limits allow, and that it looks at no byte again and again.
pub fn is_bounded<M: Machine>(machine: impl FnOnce() -> M, limits: &Limits, body: &[u8], cuts: Cuts) {
    let mut chunks: u64 = 0;
    let mut work: u64 = 0;
    let peak = super::heap::peak_of(|| {
        let mut machine = machine();
        let mut rest = body;
        for length in cuts.lengths() {
            let (chunk, more) = rest.split_at(length.min(rest.len()));
            rest = more;
            chunks += 1;
            let mut input = chunk;
            while let Ok(true) = machine.skip(&mut input) {}
            if rest.is_empty() || !input.is_empty() {
                break;
            }
        }
        work = machine.work();
    });
    assert!(peak <= ceiling(limits), "{peak} bytes allocated, {} allowed by {limits:?}", ceiling(limits));
    // a chunk's or a limit's end may make the machine look at one byte more
    let most = 3 * body.len() as u64 + 4 * chunks;
    assert!(work <= most, "{work} looks at {} bytes in {chunks} chunks", body.len());
}
