//! Another tokenizer, `xmlparser`, reads the same documents: generated ones, and those of the W3C suite.
#![allow(clippy::restriction)]

mod common;

use std::fmt::Write;

use common::peer::{ours, theirs};
use common::suite;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// A child of an element, as written.
fn content() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => text(),
        1 => "[a-z<&\"']{0,6}".prop_map(|inside| format!("<![CDATA[{inside}]]>")),
        1 => Just("<![CDATA[]]]]><![CDATA[>\r\n]]>".to_owned()),
        1 => "[a-z<>&]{0,6}".prop_map(|inside| format!("<!--{inside}- {inside}-->")),
        1 => "[a-z<&? ]{0,6}".prop_map(|inside| format!("<?t {inside}?>")),
        1 => Just("<?t?>".to_owned()),
        1 => (name(), attributes()).prop_map(|(name, attributes)| format!("<{name}{attributes}/>")),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        (name(), attributes(), vec(inner, 0..4), space()).prop_map(|(name, attributes, inner, space)| {
            format!("<{name}{attributes}>{}</{name}{space}>", inner.concat())
        })
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-zA-Z0-9._-]{0,8}",
        "p:[a-z]{1,4}",
        "q:[\u{e9}\u{3b1}\u{10000}][a-z\u{b7}]{0,3}",
        Just("xmlish".to_owned()),
    ]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\r\n\t")]
}

fn text() -> impl Strategy<Value = String> {
    vec(piece(), 1..4).prop_map(|pieces| pieces.concat())
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 =/]{1,20}",
        1 => "[\r\n\t ]{1,4}",
        1 => "[\u{80}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{1,3}",
        1 => prop::sample::select(vec!["&lt;", "&gt;", "&amp;", "&apos;", "&quot;", "&#13;", "&#x9;", "&#00065;", "&#x1F600;"])
            .prop_map(str::to_owned),
        1 => prop::sample::select(vec!["]", "]]", "] ]>", "-->", "?>", "'", "--"]).prop_map(str::to_owned),
    ]
}

/// Attributes with names that cannot be the same, behind white space.
fn attributes() -> impl Strategy<Value = String> {
    let value = vec(piece(), 0..3).prop_map(|pieces| pieces.concat());
    let prefix = prop_oneof![3 => Just(""), 1 => Just("p:"), 1 => Just("xml:"), 1 => Just("xmlns:r")];
    vec((prefix, value, any::<bool>(), space(), space()), 0..4).prop_map(|attributes| {
        let mut tag = String::new();
        for (at, (prefix, value, double, before, behind)) in attributes.iter().enumerate() {
            let quote = if *double { '"' } else { '\'' };
            let value = value.replace([quote, '<'], "");
            let value = if prefix.starts_with("xmlns") { format!("urn:{at}") } else { value };
            write!(tag, "{before} {prefix}a{at}{behind}={before}{quote}{value}{quote}").unwrap();
        }
        tag + attributes.first().map_or("", |first| first.4)
    })
}

fn document() -> impl Strategy<Value = String> {
    let declaration = prop_oneof![
        Just(""),
        Just("\u{feff}"),
        Just("<?xml version=\"1.0\" encoding='utf-8' ?>\n"),
        Just("<!-- c -->\r\n<?t d?>"),
    ];
    let epilog = prop_oneof![Just(""), Just("\n"), Just("<!-- end --> <?t?>")];
    (declaration, vec(content(), 0..6), epilog).prop_map(|(declaration, content, epilog)| {
        format!("{declaration}<root xmlns:p='urn:p' xmlns:q=\"urn:q\">{}</root>{epilog}", content.concat())
    })
}

#[test]
fn generated_documents_have_the_tokens_that_another_tokenizer_finds() {
    let config = Config { cases: 3000, failure_persistence: None, ..Config::default() };
    // the same documents on every machine; the smallest that fails is printed
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&document(), |document| {
        let theirs = theirs(&document).map_err(TestCaseError::fail)?;
        for chunk in [document.len(), 1, 7] {
            let ours = ours(document.as_bytes(), chunk);
            prop_assert_eq!(ours.as_ref(), Ok(&theirs), "in chunks of {}", chunk);
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_generated_document_with_one_wrong_byte_is_refused_where_the_other_tokenizer_refuses_it() {
    let config = Config { cases: 3000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let wrong = "<>&;/=\"'!?[]- \u{1}x:".chars().collect::<Vec<_>>();
    let strategy = (document(), any::<prop::sample::Index>(), prop::sample::select(wrong));
    let result = runner.run(&strategy, |(document, index, wrong)| {
        let mut characters: Vec<char> = document.chars().collect();
        let at = index.index(characters.len());
        characters[at] = wrong;
        let document: String = characters.into_iter().collect();
        let ours = ours(document.as_bytes(), 7);
        match (theirs(&document), &ours) {
            (Ok(theirs), Ok(ours)) => prop_assert_eq!(ours, &theirs),
            (Err(theirs), Ok(_)) => prop_assert!(false, "accepted, though {}", theirs),
            // it looks for less than a whole parser has to
            (_, Err(_)) => {}
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_documents_of_the_w3c_suite_have_the_tokens_that_another_tokenizer_finds() {
    let (Some(cases), Some(derived)) = (suite::cases(), suite::derived_cases()) else { return };
    let mut same = 0;
    for case in cases.into_iter().chain(derived) {
        let Ok(document) = String::from_utf8(case.bytes) else { continue };
        match (theirs(&document), ours(document.as_bytes(), 3)) {
            (Ok(theirs), Ok(ours)) => {
                assert_eq!(ours, theirs, "{}", case.uri);
                same += 1;
            }
            (Err(theirs), Ok(_)) => panic!("{}: accepted, though {theirs}", case.uri),
            (_, Err(error)) => assert_ne!(case.verdict, "wf", "{}: {error}", case.uri),
        }
    }
    assert!(same > 1000, "only {same} compared");
}
