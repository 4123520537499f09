//! Every body of the corpus is read as two files say: `corpus/expected/…jsonl`, written by a second reader over
//! another XML parser, and `corpus/golden/…txt`, a snapshot of all that this parser says, for review.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden` writes the snapshots anew; what changed is seen in the diff.
#![allow(clippy::restriction)]

mod common;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use common::corpus::{self, Body};
use common::seen;
use ews_stream::xml::{Token, Tokenizer};
use ews_stream::{Message, NotificationParser};
use serde_json::{Value, json};

/// The messages as `ewscat` prints them, and a last line when it ends in an error.
fn as_json(bytes: &[u8]) -> Vec<Value> {
    let mut parser = NotificationParser::new();
    let mut input = bytes;
    let mut lines = Vec::new();
    let result = loop {
        match parser.next_message(&mut input) {
            Ok(Some(message)) => lines.push(serde_json::to_value(message).unwrap()),
            Ok(None) => break parser.finish(),
            Err(error) => break Err(error),
        }
    };
    if result.is_err() {
        lines.push(json!({"error": true}));
    }
    lines
}

/// All that the parser says, with the exact error.
fn as_text(bytes: &[u8]) -> String {
    let seen = seen::messages(&mut NotificationParser::new(), [bytes]);
    let mut text = seen.lines;
    match seen.error {
        None => text.push_str("ok\n"),
        Some(error) => writeln!(text, "error at {}: {:?}\n{error}", error.offset(), error.kind()).unwrap(),
    }
    text
}

fn beside(folder: &str, name: &str, extension: &str) -> std::path::PathBuf {
    corpus::root().join(folder).join(format!("{name}.{extension}"))
}

/// Files below `folder` that belong to no body.
fn orphans(folder: &str, extension: &str, bodies: &[Body]) -> Vec<String> {
    let known: Vec<_> = bodies.iter().map(|body| beside(folder, &body.name, extension)).collect();
    let files = corpus::files(&corpus::root().join(folder));
    files.iter().filter(|file| !known.contains(file)).map(|file| corpus::name(file)).collect()
}

/// Where what was found first parts from what was expected.
fn report(wrong: &mut String, body: &Body, at: usize, expected: &str, found: &str) {
    writeln!(wrong, "{} line {}:\n  expected {expected}\n  found    {found}", body.name, at + 1).unwrap();
}

fn read(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

#[test]
fn every_body_is_read_as_another_parser_reads_it() {
    let bodies = corpus::bodies();
    let mut wrong = String::new();
    for body in &bodies {
        let Some(expected) = read(&beside("expected", &body.name, "jsonl")) else {
            writeln!(wrong, "{}: no corpus/expected/{}.jsonl", body.name, body.name).unwrap();
            continue;
        };
        let expected: Vec<Value> = expected.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found = as_json(&body.bytes);
        if let Some(at) = (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at)) {
            let line = |lines: &[Value]| lines.get(at).map_or_else(|| "nothing".to_owned(), Value::to_string);
            report(&mut wrong, body, at, &line(&expected), &line(&found));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert_eq!(orphans("expected", "jsonl", &bodies), [""; 0], "expectations without a body");
}

#[test]
fn every_body_is_read_as_its_reviewed_snapshot_says() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let bodies = corpus::bodies();
    let mut wrong = String::new();
    for body in &bodies {
        let path = beside("golden", &body.name, "txt");
        let found = as_text(&body.bytes);
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &found).unwrap();
        }
        let expected = read(&path).unwrap_or_default();
        if found != expected {
            let differs = found.lines().zip(expected.lines()).position(|(found, expected)| found != expected);
            let at = differs.unwrap_or_else(|| found.lines().count().min(expected.lines().count()));
            let line = |text: &str| text.lines().nth(at).unwrap_or("nothing").to_owned();
            report(&mut wrong, body, at, &line(&expected), &line(&found));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}\nUPDATE_GOLDEN=1 writes the snapshots anew");
    assert_eq!(orphans("golden", "txt", &bodies), [""; 0], "snapshots without a body");
}

#[test]
fn whatever_is_read_can_be_printed_for_whoever_looks_for_a_fault() {
    for body in corpus::bodies() {
        let mut parser = NotificationParser::new();
        let mut input = &body.bytes[..];
        while let Ok(Some(message)) = parser.next_message(&mut input) {
            let shown = format!("{message:?}");
            let code = match &message {
                Message::Response(response) => response.code(),
                Message::Fault(fault) => fault.string(),
                Message::Subscribed(subscribed) => Some(subscribed.subscription_id()),
                Message::ServerVersion(version) => version.version(),
                Message::Event(event) => event.item_id().map(|id| id.id()),
                _ => None,
            };
            assert!(shown.contains(&format!("{:?}", code.unwrap_or_default())) || code.is_none(), "{shown}");
        }
        let mut tokenizer = Tokenizer::default();
        let mut input = &body.bytes[..];
        while let Ok(Some(token)) = tokenizer.next_token(&mut input) {
            let shown = format!("{token:?}");
            match &token {
                Token::StartElement(start) => {
                    assert!(shown.contains(start.name()) && shown.contains(start.namespace()), "{shown}");
                    for attribute in start.attributes() {
                        let shown = format!("{attribute:?}");
                        assert!(shown.contains(attribute.local_name()), "{shown}");
                    }
                }
                Token::EndElement(end) => assert!(shown.contains(end.name()), "{shown}"),
                other => assert!(shown.starts_with("Text("), "{other:?}"),
            }
        }
    }
}
