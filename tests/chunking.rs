//! Chunking is invisible: however the same bytes are cut, the messages, the error and its offset are the same.
//!
//! Inputs up to 8 KiB are cut in two at every byte. Larger ones are cut at every byte of their first and of their last
//! 2 KiB, which hold whole envelopes and where they meet, and at every 61st byte between.
#![allow(clippy::restriction)]

mod common;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use common::seen::{self, Seen};
use common::{corpus, cut};
use ews_stream::NotificationParser;
use ews_stream::xml::Tokenizer;

const SMALL: usize = 8 * 1024;
const ENVELOPE: usize = 2 * 1024;
const STRIDE: usize = 61; // a prime: the cuts fall differently in each of a series of equal envelopes
const SEED: u64 = 0x0E57;

/// Where to cut in two.
fn cuts(len: usize) -> impl Iterator<Item = usize> {
    (0..=len).filter(move |at| len <= SMALL || *at < ENVELOPE || len - at < ENVELOPE || at % STRIDE == 0)
}

/// `see` reads the same bytes, cut in all those ways.
fn same_however_cut(name: &str, bytes: &[u8], mut see: impl FnMut(&[&[u8]]) -> Seen) {
    let whole = see(&[bytes]);
    for size in [1, 2, 3, 7, 64, 1460] {
        let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
        assert_eq!(see(&chunks), whole, "{name} in chunks of {size}");
    }
    for at in cuts(bytes.len()) {
        assert_eq!(see(&cut::at(bytes, at)), whole, "{name} cut at {at}");
    }
    for (round, largest) in [3, 17, 200, 4096].into_iter().cycle().take(16).enumerate() {
        let seed = SEED + round as u64;
        let chunks = cut::randomly(bytes, largest, seed);
        assert_eq!(see(&chunks), whole, "{name} in random chunks of at most {largest}, seed {seed:#x}");
    }
}

fn in_messages(name: &str, bytes: &[u8]) {
    // one after the other: neither what a server is known to write nor the lenient switch may show
    for (learning, lenient) in [(true, false), (false, true)] {
        let mut parser = NotificationParser::new().learning(learning).lenient(lenient);
        same_however_cut(name, bytes, |chunks| {
            parser.reset();
            seen::messages(&mut parser, chunks.iter().copied())
        });
    }
}

fn in_tokens(name: &str, bytes: &[u8]) {
    for single in [false, true] {
        let mut tokenizer = Tokenizer::with_limits(common::generous());
        if single {
            tokenizer = tokenizer.single_document();
        }
        same_however_cut(name, bytes, |chunks| {
            tokenizer.reset();
            seen::tokens(&mut tokenizer, chunks.iter().copied())
        });
    }
}

/// Corpus bodies, dealt out to `of` tests so that they can run side by side.
fn dealt(hand: usize, of: usize) -> impl Iterator<Item = corpus::Body> {
    corpus::bodies().into_iter().enumerate().filter(move |(at, _)| at % of == hand).map(|(_, body)| body)
}

#[test]
fn chunking_is_invisible_in_the_messages_of_one_half_of_the_corpus() {
    dealt(0, 2).for_each(|body| in_messages(&body.name, &body.bytes));
}

#[test]
fn chunking_is_invisible_in_the_messages_of_the_other_half_of_the_corpus() {
    dealt(1, 2).for_each(|body| in_messages(&body.name, &body.bytes));
}

#[test]
fn chunking_is_invisible_in_the_tokens_of_the_corpus() {
    let small = corpus::bodies().into_iter().filter(|body| body.bytes.len() <= SMALL);
    small.for_each(|body| in_tokens(&body.name, &body.bytes));
}

#[test]
fn chunking_is_invisible_in_the_tokens_of_hostile_literals() {
    for case in corpus::cases(&corpus::root().join("hostile/cases.jsonl")) {
        let bytes = BASE64_STANDARD.decode(case["xml_base64"].as_str().unwrap()).unwrap();
        let name = case["id"].as_str().unwrap();
        in_tokens(name, &bytes);
        in_messages(name, &bytes);
    }
}

#[test]
fn chunking_is_invisible_when_one_byte_of_a_body_is_another() {
    let body = common::soap::notification(&format!(
        "<t:SubscriptionId>AB&amp;\u{e9}</t:SubscriptionId>{}<!-- - --><![CDATA[]]]]>",
        common::soap::NEW_MAIL
    ));
    let mut random = cut::Random(SEED);
    for round in 0..400 {
        let mut bytes = body.clone().into_bytes();
        let at = random.below(bytes.len());
        bytes[at] = *b"<>&;/=\"' :-]![?x\r\n\0\x80\xC3\xFF".get(random.below(22)).unwrap();
        let mut parser = NotificationParser::new();
        let mut see = |chunks: &[&[u8]]| {
            parser.reset();
            seen::messages(&mut parser, chunks.iter().copied())
        };
        let whole = see(&[&bytes]);
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(see(&bytewise), whole, "round {round}, byte {at} is {:#x}", bytes[at]);
        for cut in (at.saturating_sub(16)..bytes.len().min(at + 16)).chain([bytes.len() / 2]) {
            assert_eq!(see(&cut::at(&bytes, cut)), whole, "round {round}, byte {at} is {:#x}, cut at {cut}", bytes[at]);
        }
    }
}

#[test]
fn an_empty_chunk_changes_nothing() {
    let mut parser = NotificationParser::new();
    let body = common::soap::streaming("<m:ConnectionStatus>OK</m:ConnectionStatus>");
    let chunks = body.as_bytes().chunks(1).flat_map(|byte| [byte, &[], &[]]);
    let seen = seen::messages(&mut parser, chunks);
    assert_eq!(seen, seen::read(&body));
    assert_eq!(seen.lines().len(), 3);
}
