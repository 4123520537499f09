//! Hostile literals, each of which breaks, or nearly breaks, one rule: those of `corpus/hostile/`, and a table of the
//! classes that hostile input comes in (`classes.rs`). All are read whole, byte by byte and cut in two anywhere.
//!
//! In the corpus, `cases.jsonl` says what must be accepted; `expected.tsv`, reviewed by hand, says with which error and
//! where. A unit test in `src/error.rs`, which does not compile when a kind of error is added, sees to it that each kind
//! has a row in the table.
#![allow(clippy::restriction)]

mod classes;
#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use classes::{As, CLASSES};
use common::corpus;
use common::seen::{Seen, read, tokenize_with};
use ews_stream::xml::Tokenizer;

struct Case {
    id: String,
    expect: String,
    /// Read as exactly one document.
    single: Seen,
    /// Read as a stream of documents.
    stream: Seen,
}

fn cases() -> Vec<Case> {
    let path = corpus::root().join("hostile/cases.jsonl");
    let case = |case: serde_json::Value| {
        let field = |name: &str| case[name].as_str().unwrap().to_owned();
        let xml = BASE64_STANDARD.decode(field("xml_base64")).unwrap();
        let tokenizer = || Tokenizer::with_limits(common::generous());
        Case {
            id: field("id"),
            expect: field("expect"),
            single: tokenize_with(&mut tokenizer().single_document(), &xml),
            stream: tokenize_with(&mut tokenizer(), &xml),
        }
    };
    corpus::cases(&path).into_iter().map(case).collect()
}

fn verdict(seen: &Seen) -> String {
    seen.error.map_or_else(|| "accepted".to_owned(), |error| format!("{:?} at {}", error.kind(), error.offset()))
}

#[test]
fn every_literal_gets_its_verdict() {
    let cases = cases();
    assert!(cases.len() >= 96, "only {} cases", cases.len());
    for Case { id, expect, single, stream } in cases {
        let (one, many) = match expect.as_str() {
            // a processing instruction is well-formed, and skipped
            "wf" | "soap-refuse" => (true, true),
            "multi" | "empty" => (false, true),
            // behind a document, a byte order mark begins the next, which need not come
            "not-wf" if id == "bom-mid" => (false, true),
            "not-wf" | "refuse-dtd" | "refuse-encoding" => (false, false),
            other => panic!("{id}: what is {other}?"),
        };
        assert_eq!(single.error.is_none(), one, "{id} as one document: {}", verdict(&single));
        assert_eq!(stream.error.is_none(), many, "{id} in a stream: {}", verdict(&stream));
    }
}

#[test]
fn every_literal_gets_its_error_at_its_byte() {
    let table = corpus::table(&corpus::root().join("hostile/expected.tsv"));
    let mut expected: BTreeMap<String, String> =
        table.into_iter().map(|row| (row[0].clone(), row.join("\t"))).collect();
    let mut wrong = Vec::new();
    for Case { id, single, stream, .. } in cases() {
        let row = format!("{id}\t{}\t{}", verdict(&single), verdict(&stream));
        if expected.remove(&id).as_ref() != Some(&row) {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "rows that are not in corpus/hostile/expected.tsv:\n{}", wrong.join("\n"));
    assert!(expected.is_empty(), "rows without a case: {:?}", expected.keys());
}

#[test]
fn every_class_of_hostile_input_is_answered_as_its_table_says() {
    let mut wrong = Vec::new();
    for (class, reader, rows) in CLASSES {
        for (literal, kind, at) in *rows {
            let seen = match reader {
                As::Document => tokenize_with(&mut Tokenizer::new().single_document(), literal),
                As::Stream => tokenize_with(&mut Tokenizer::new(), literal),
                As::Answer => read(literal),
            };
            let found = match seen.error {
                None => (String::new(), seen.lines().len() as u64),
                Some(error) => (format!("{:?}", error.kind()), error.offset()),
            };
            if (found.0.as_str(), found.1) != (*kind, *at) {
                wrong.push(format!(
                    "{class}: {}\n  found    {found:?}\n  expected {:?}",
                    literal.escape_ascii(),
                    (kind, at)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
