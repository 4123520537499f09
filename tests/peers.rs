//! Other people's parsers read the same documents: generated ones, those with wrong bytes, and those of the W3C suite.
//!
//! `xmlparser` is a tokenizer, `roxmltree` a tree made of it with checks of its own. Their faults are known: [`FAULTS`] has a
//! literal for each, and what the peers say is left out where one of them may be met. All else must agree. (The fuzz
//! targets `tokens`, `mutate` and `plain` hold our tokenizer to the same, over documents of EWS and of any XML;
//! `tests/fuzz_replay.rs` runs them, too.)
#![allow(clippy::restriction)]

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, unreachable_pub)] // there it is a library
mod bodies;
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
fn a_generated_document_with_wrong_bytes_is_to_other_parsers_what_it_is_to_ours() {
    let config = Config { cases: 5000, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let byte = prop_oneof![
        4 => prop::sample::select(b"<>/&;:='\"![]-? \r\n\txap0#\0".to_vec()),
        1 => any::<u8>(),
    ];
    let edit = (any::<prop::sample::Index>(), 0..3, byte);
    let result = runner.run(&(document(), vec(edit, 1..4)), |(document, edits)| {
        let mut bytes = document.into_bytes();
        for (index, how, byte) in edits {
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bodies::plain::judge(&bytes);
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

#[derive(Clone, Copy, Debug, PartialEq)]
enum Peer {
    Roxmltree,
    Xmlparser,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    Accepts,
    Refuses,
    /// Accepts it, and reads a text that is not the document's.
    Misreads,
}

/// What the peers get wrong, in the versions that are used here.
const FAULTS: &[(Peer, Verdict, &str, &str)] = &[
    (Peer::Roxmltree, Verdict::Accepts, "<a>&#xD800;</a>", "XML 4.1, Legal Character: read as U+FFFD"),
    (Peer::Roxmltree, Verdict::Accepts, "<a b='&#x110000;'/>", "XML 4.1, Legal Character: read as U+FFFD"),
    (Peer::Roxmltree, Verdict::Accepts, "<a xmlns:p=''/>", "NS 5: only Namespaces 1.1 takes a prefix back"),
    (Peer::Roxmltree, Verdict::Accepts, "<a xmlns='b' xmlns='b'/>", "XML 3.1, Unique Att Spec"),
    (Peer::Roxmltree, Verdict::Accepts, "<:a/>", "NS 4"),
    (Peer::Roxmltree, Verdict::Accepts, "<a :b=''/>", "NS 4"),
    (Peer::Roxmltree, Verdict::Accepts, "<a></:a>", "NS 4; XML 3, Element Type Match"),
    (Peer::Roxmltree, Verdict::Accepts, "<?a:b?><a/>", "NS 7"),
    (Peer::Roxmltree, Verdict::Accepts, "<?p+?><a/>", "XML [16]: white space behind the target"),
    (Peer::Roxmltree, Verdict::Accepts, "<?p?+?><a/>", "XML [16]: white space behind the target"),
    (Peer::Roxmltree, Verdict::Accepts, "<?XML?><a/>", "XML [17]"),
    (Peer::Roxmltree, Verdict::Accepts, "<a><?xml\n?></a>", "XML [17], [23]"),
    (Peer::Roxmltree, Verdict::Accepts, "<?xml version='2.0'?><a/>", "XML [26]"),
    (Peer::Roxmltree, Verdict::Accepts, "<?xml version='1.0' encoding='-'?><a/>", "XML [81]"),
    (Peer::Roxmltree, Verdict::Refuses, "<xml:a/>", "NS 3: the prefix is declared, for elements too"),
    (Peer::Roxmltree, Verdict::Misreads, "<a>\r&lt;</a>", "XML 2.11: a CR before a reference is a line end, too"),
    (
        Peer::Roxmltree,
        Verdict::Refuses,
        "<a xmlns:p='u' p:xmlns='http://www.w3.org/2000/xmlns/'/>",
        "NS 3: taken for xmlns",
    ),
    (Peer::Xmlparser, Verdict::Accepts, "<a>", "XML [39]"),
    (Peer::Xmlparser, Verdict::Accepts, "<a></b>", "XML 3, Element Type Match"),
    (Peer::Xmlparser, Verdict::Accepts, "<a b='' b=''/>", "XML 3.1, Unique Att Spec"),
    (Peer::Xmlparser, Verdict::Accepts, "<p:a/>", "NS 5"),
    (Peer::Xmlparser, Verdict::Accepts, "<a xmlns:xmlns='b'/>", "NS 3"),
    (Peer::Xmlparser, Verdict::Accepts, "<a>&b;</a>", "XML 4.1, Entity Declared"),
    (Peer::Xmlparser, Verdict::Accepts, "<a>&</a>", "XML [14]"),
    (Peer::Xmlparser, Verdict::Accepts, "<a>&#x;</a>", "XML [66]"),
    (Peer::Xmlparser, Verdict::Accepts, "<a>&#0;</a>", "XML 4.1, Legal Character"),
    (Peer::Xmlparser, Verdict::Accepts, "<:a/>", "NS 4"),
    (Peer::Xmlparser, Verdict::Accepts, "<?p+?><a/>", "XML [16]"),
    (Peer::Xmlparser, Verdict::Accepts, "<?XML?><a/>", "XML [17]"),
    (Peer::Xmlparser, Verdict::Accepts, "<a><?xml\n?></a>", "XML [17], [23]"),
];

#[test]
fn each_known_fault_of_a_peer_is_there_and_is_not_ours() {
    for (peer, verdict, document, rule) in FAULTS {
        let tree = roxmltree::Document::parse(document);
        let accepted = match peer {
            Peer::Roxmltree => tree.is_ok(),
            Peer::Xmlparser => xmlparser::Tokenizer::from(*document).all(|token| token.is_ok()),
        };
        assert_eq!(accepted, *verdict != Verdict::Refuses, "mended, so to be taken off the list: {peer:?} {document}");
        let ours = ours(document.as_bytes(), 1);
        assert_eq!(ours.is_ok(), *verdict != Verdict::Accepts, "{document} ({rule}): {ours:?}");
        if *verdict == Verdict::Misreads {
            let text = tree.as_ref().unwrap().root_element().text().map(str::to_owned);
            assert_eq!((text.as_deref(), ours.unwrap().as_str()), (Some("\r<"), "S a\nT \"\\n<\"\nE a\n"), "{rule}");
        }
    }
}
