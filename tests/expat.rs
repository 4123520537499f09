//! What expat says of documents with one to three wrong bytes: `corpus/expat/verdicts.tsv`, written by
//! `tests/oracle/expat_edits.py`, which says how to read it. Where the two differ, [`DIFFERENCES`] says why, line by line.
#![allow(clippy::restriction)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::corpus;
use ews_stream::xml::{Token, Tokenizer};
use ews_stream::{Error, ErrorKind};

/// Documents, their edits, and the rule that expat does not look after.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("expat/seeds/mixed.xml", "16+72", VERSION),
    ("expat/seeds/prolog.xml", "18+2d", VERSION),
    ("expat/seeds/prolog.xml", "15-", VERSION),
    ("expat/seeds/prolog.xml", "16-,17+78", VERSION),
    ("expat/seeds/prolog.xml", "16-", VERSION),
    ("captures/85_stream_timeout_31.body", "16=70,143=7d", VERSION),
];

const VERSION: &str = "XML [26], VersionNum: '1.' and digits";

/// The document with its edits made, one after the other.
fn edited(document: &[u8], edits: &str) -> Vec<u8> {
    let mut bytes = document.to_vec();
    for edit in edits.split(',').filter(|edit| !edit.is_empty()) {
        let how = edit.find(['=', '+', '-']).unwrap();
        let at: usize = edit[..how].parse().unwrap();
        let byte = || u8::from_str_radix(&edit[how + 1..], 16).unwrap();
        match &edit[how..=how] {
            "=" => bytes[at] = byte(),
            "+" => bytes.insert(at, byte()),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

/// What is in a document, as the table has it.
fn content(document: &[u8], chunk: usize) -> Result<u64, Error> {
    let mut tokenizer = Tokenizer::with_limits(common::generous()).single_document();
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |text: &str| {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    };
    for mut input in document.chunks(chunk) {
        while let Some(token) = tokenizer.next_token(&mut input)? {
            match token {
                Token::StartElement(start) => {
                    add("S");
                    add(start.name());
                    for attribute in start.attributes() {
                        add("\u{1}");
                        add(attribute.local_name());
                        add("\u{2}");
                        add(attribute.value());
                    }
                }
                Token::EndElement(end) => {
                    add("E");
                    add(end.name());
                }
                Token::Text(text) => {
                    add("T");
                    add(text);
                }
                other => panic!("a token that the tests do not know: {other:?}"),
            }
            add("\0");
        }
    }
    tokenizer.finish()?;
    Ok(hash)
}

fn agrees(verdict: &str, ours: &Result<u64, Error>) -> bool {
    match (verdict, ours.map_err(|error| error.kind())) {
        ("refused", Err(_))
        | ("dtd", Err(ErrorKind::DtdForbidden))
        | ("encoding", Err(ErrorKind::UnsupportedEncoding(_))) => true,
        (verdict, Ok(hash)) => verdict == format!("wf {hash:016x}"),
        _ => false,
    }
}

#[test]
fn documents_with_wrong_bytes_are_to_expat_what_they_are_to_ours() {
    let table = fs::read_to_string(corpus::root().join("expat/verdicts.tsv")).unwrap();
    let mut documents = BTreeMap::new();
    let mut wrong = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let [path, edits, verdict] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns: {line}") };
        let document = documents.entry(path).or_insert_with(|| fs::read(corpus::root().join(path)).unwrap());
        let document = edited(document, edits);
        let ours = content(&document, document.len().max(1));
        assert_eq!(content(&document, 7), ours, "{path} {edits}: in chunks of 7");
        let listed = DIFFERENCES.iter().any(|(other, others, _)| (*other, *others) == (path, edits));
        if agrees(verdict, &ours) == listed {
            let text = String::from_utf8_lossy(&document).into_owned();
            wrong.push(format!("{path} {edits}: {verdict}, ours {ours:?}, listed: {listed}\n{text}\n"));
        }
        if ours.is_ok() { accepted += 1 } else { refused += 1 }
    }
    assert!(wrong.is_empty(), "{} differ, or are listed and do not:\n{}", wrong.len(), wrong.join("\n"));
    assert!(accepted > 1000 && refused > 5000, "{accepted} accepted, {refused} refused");
}
