//! `plain`: documents that a grammar makes, whole or with a few wrong bytes, put to other people's parsers.

use arbitrary::Unstructured;
use ews_stream::xml::Tokenizer;

use super::choices::Choices;
use super::document;
use super::drive::{self, Cuts};
use super::mutate::Edit;
use super::peers;

/// Any XML document with namespaces, not only what EWS has. As it was made, it must be read as what was meant; with one to
/// three edits, no way to cut it may matter; and either way the peers have to agree.
pub fn plain(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok((cuts, edits, how_many)) = data.arbitrary::<(Cuts, [Edit; 3], u8)>() else { return };
    let made = document::make(Choices::new(data.take_rest()));
    let mut bytes = made.written.into_bytes();
    let count = usize::from(how_many) % (edits.len() + 1);
    for edit in &edits[..count] {
        edit.apply(&mut bytes);
    }
    let outcome = drive::is_the_same_however_cut(&mut Tokenizer::new().single_document(), &bytes, cuts);
    if count == 0 {
        assert_eq!(outcome.error, None, "in {}", String::from_utf8_lossy(&bytes));
        let tokens: Vec<_> = outcome.bare().into_iter().map(|(token, _)| token).collect();
        assert_eq!(tokens, made.tokens, "read (left), written (right) in {}", String::from_utf8_lossy(&bytes));
    }
    peers::agree(&outcome, &bytes);
}

/// The peers have to agree about this document, whoever made it.
pub fn judge(document: &[u8]) {
    peers::agree(&drive::whole(&mut Tokenizer::new().single_document(), document), document);
}
