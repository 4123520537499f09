//! The bodies of the fuzz targets on a stable toolchain: over their committed corpora, and over inputs made up here.
//!
//! Whatever a fuzzer once found stays in `corpus/fuzz/` and is tried again with every test run. What is made up comes
//! from fixed seeds, so that a failure comes again, too.

#![allow(clippy::restriction)]

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub)] // there it is a library
mod bodies;

use bodies::{
    calls::calls, events::events, mutate::mutate, plain::plain, session::session, split::split, tokens::tokens,
};

/// xorshift64*: no seed but its own.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % count
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

/// Says which input it was when the body panics.
struct Running<'a>(&'a str);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was {}", self.0);
        }
    }
}

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/fuzz").join(target);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no corpus in {}", folder.display());
    files.into_iter().map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

fn replay(target: &str, body: fn(&[u8])) {
    for (name, data) in corpus(target) {
        let _running = Running(&name);
        body(&data);
    }
}

/// Runs the body over `count` inputs that `make` makes of random numbers.
fn invent(count: u64, body: fn(&[u8]), make: impl Fn(&mut Random) -> Vec<u8>) {
    for seed in 1..=count {
        let data = make(&mut Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let name = format!("number {seed}: {}", data.escape_ascii());
        let _running = Running(&name);
        body(&data);
    }
}

/// A file of the corpus with some bytes changed, some left out, and a part of another file put in.
fn spliced(files: &[(String, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    let mut data = files[random.below(files.len())].1.clone();
    for _ in 0..=random.below(3) {
        let other = &files[random.below(files.len())].1;
        let from = random.below(other.len() + 1);
        let part = &other[from..other.len().min(from + random.below(40))];
        let at = random.below(data.len() + 1);
        let gone = at..data.len().min(at + random.below(20));
        match random.below(3) {
            0 => drop(data.splice(at..at, part.iter().copied())),
            1 => drop(data.splice(gone, part.iter().copied())),
            _ => drop(data.splice(gone, random.bytes(2))),
        }
    }
    data
}

#[test]
fn the_corpus_of_split_is_the_same_however_it_is_cut() {
    replay("split", split);
}

#[test]
fn the_corpus_of_tokens_is_the_same_however_it_is_cut_and_to_other_parsers() {
    replay("tokens", tokens);
}

#[test]
fn the_corpus_of_events_is_read_as_it_was_written() {
    replay("events", events);
}

#[test]
fn the_corpus_of_calls_is_the_same_whatever_is_called_in_between() {
    replay("calls", calls);
}

#[test]
fn the_corpus_of_mutate_keeps_what_came_before_the_wrong_byte() {
    replay("mutate", mutate);
}

#[test]
fn the_corpus_of_plain_is_to_other_parsers_what_it_is_to_ours() {
    replay("plain", plain);
}

#[test]
fn made_up_documents_are_read_as_they_were_written_and_as_other_parsers_read_them() {
    invent(20_000, plain, |random| {
        let length = 30 + random.below(400);
        random.bytes(length)
    });
}

#[test]
fn spliced_bodies_are_the_same_however_they_are_cut() {
    let files = corpus("split");
    invent(15_000, split, |random| spliced(&files, random));
}

#[test]
fn spliced_documents_are_the_same_however_they_are_cut_and_to_other_parsers() {
    let files = corpus("tokens");
    invent(30_000, tokens, |random| spliced(&files, random));
}

#[test]
fn made_up_calls_change_nothing_of_what_is_read() {
    invent(10_000, calls, |random| {
        let length = 60 + random.below(1_200);
        random.bytes(length)
    });
}

#[test]
fn made_up_events_are_read_as_they_were_written() {
    invent(10_000, events, |random| {
        let length = 40 + random.below(1_200);
        random.bytes(length)
    });
}

#[test]
fn made_up_events_with_wrong_bytes_keep_what_came_before_them() {
    invent(10_000, mutate, |random| {
        let length = 40 + random.below(800);
        random.bytes(length)
    });
}

#[test]
fn the_corpus_of_session_leaves_no_session_stuck() {
    replay("session", session);
}

#[test]
fn made_up_calls_in_any_order_leave_no_session_stuck() {
    invent(3_000, session, |random| {
        let length = 40 + random.below(3_000);
        random.bytes(length)
    });
}
