//! The W3C XML conformance suite, as far as it applies to a parser that reads no DTD and no other encoding.
//!
//! `corpus/xmlconf/verdicts.tsv` says what must become of each document; `corpus/xmlconf/known_deviations.txt` lists
//! those with which something else is known to happen, and must be kept exact both ways.
#![allow(clippy::restriction)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use common::seen::{Seen, tokens};
use common::suite::{self, Case};
use common::{corpus, cut};
use ews_stream::ErrorKind;
use ews_stream::xml::Tokenizer;

/// Whole, byte by byte, and, where that is cheap, cut in two anywhere.
fn read(case: &Case) -> Seen {
    let mut tokenizer = Tokenizer::with_limits(common::generous()).single_document();
    let whole = tokens(&mut tokenizer, [&case.bytes[..]]);
    tokenizer.reset();
    assert_eq!(tokens(&mut tokenizer, case.bytes.chunks(1)), whole, "{} byte by byte", case.uri);
    if case.bytes.len() <= 1024 {
        for at in 1..case.bytes.len() {
            tokenizer.reset();
            assert_eq!(tokens(&mut tokenizer, cut::at(&case.bytes, at)), whole, "{} cut at {at}", case.uri);
        }
    }
    whole
}

fn is_as_it_must_be(verdict: &str, seen: &Seen) -> bool {
    let kind = seen.error.map(|error| error.kind());
    match verdict {
        "wf" => kind.is_none(),
        "not-wf" | "ns-not-wf" | "refuse" => kind.is_some(),
        "refuse-dtd" => kind == Some(ErrorKind::DtdForbidden),
        "refuse-encoding" => matches!(kind, Some(ErrorKind::UnsupportedEncoding(_))),
        other => panic!("what is {other}?"),
    }
}

/// The verdicts, the list of known deviations, and how often each verdict was given.
fn judge(cases: &[Case]) -> BTreeMap<&str, usize> {
    let known = std::fs::read_to_string(corpus::root().join("xmlconf/known_deviations.txt")).unwrap();
    let ids: BTreeSet<&str> = cases.iter().map(|case| &case.id[..]).collect();
    let mut known: BTreeSet<&str> = known.lines().filter(|line| ids.contains(line)).collect();
    let mut wrong = String::new();
    let mut judged = BTreeMap::new();
    for case in cases {
        let seen = read(case);
        let deviates = !is_as_it_must_be(&case.verdict, &seen);
        if deviates != known.remove(&case.id[..]) {
            let error = seen.error.map_or_else(|| "accepted".to_owned(), |error| error.to_string());
            writeln!(wrong, "{} ({}): {} by its verdict, {error}", case.id, case.uri, case.verdict).unwrap();
        }
        *judged.entry(&case.verdict[..]).or_default() += 1;
    }
    assert!(wrong.is_empty(), "not as the verdict, or as the list of known deviations, says:\n{wrong}");
    judged
}

#[test]
fn every_document_of_the_w3c_suite_gets_its_verdict() {
    let Some(cases) = suite::cases() else { return };
    let judged = judge(&cases);
    eprintln!("W3C XML conformance suite: {judged:?}");
    for verdict in ["wf", "not-wf", "ns-not-wf", "refuse-dtd", "refuse-encoding"] {
        assert!(judged.contains_key(verdict), "no test with the verdict {verdict}");
    }
}

#[test]
fn every_document_of_the_w3c_suite_gets_its_verdict_without_its_document_type() {
    let Some(cases) = suite::derived_cases() else { return };
    let judged = judge(&cases);
    eprintln!("W3C XML conformance suite without document types: {judged:?}");
    assert!(judged["wf"] > 1000 && judged["not-wf"] > 300, "{judged:?}");
}

#[test]
fn every_known_deviation_is_of_a_document_of_the_suite() {
    let (Some(cases), Some(derived)) = (suite::cases(), suite::derived_cases()) else { return };
    let ids: BTreeSet<&str> = cases.iter().chain(&derived).map(|case| &case.id[..]).collect();
    let known = std::fs::read_to_string(corpus::root().join("xmlconf/known_deviations.txt")).unwrap();
    for line in known.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(ids.contains(line), "{line}");
    }
}
