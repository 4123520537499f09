//! `tokens`: `split` for the tokenizer, and agreement with other people's parsers about single documents.

use arbitrary::Unstructured;
use ews_stream::Limits;
use ews_stream::xml::Tokenizer;

use super::drive::{self, Outcome, Settings};
use super::peers;
use super::token::Owned;

/// Arbitrary bytes through the [`Tokenizer`]; see [`Settings`] for the bytes in front of them.
pub fn tokens(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(settings) = data.arbitrary::<Settings>() else { return };
    let body = data.take_rest();
    let limits = settings.limits();
    let tokenizer = || {
        let tokenizer = Tokenizer::with_limits(limits).lenient(settings.lenient());
        if settings.single_document() { tokenizer.single_document() } else { tokenizer }
    };

    let outcome = drive::is_the_same_however_cut(&mut tokenizer(), body, settings.cuts);
    is_a_sequence_of_trees(&outcome, &limits, settings.single_document());
    drive::is_bounded(tokenizer, &limits, body, settings.cuts);
    if settings.single_document() && !settings.lenient() {
        peers::agree(&outcome, body);
    }
}

/// Ends match starts, depths count them, texts stand inside of elements and never side by side, and nothing is longer
/// than its limit.
fn is_a_sequence_of_trees(outcome: &Outcome<(Owned, usize)>, limits: &Limits, single: bool) {
    let mut open = Vec::new();
    let mut roots = 0;
    for ((token, depth), _) in &outcome.records {
        match token {
            Owned::Start { name, namespace, local, attributes } => {
                roots += usize::from(open.is_empty());
                open.push((name, namespace, local));
                assert!(open.len() <= limits.depth() && name.len() <= limits.name_length());
                assert!(attributes.len() <= limits.attributes());
                assert!(name.ends_with(local.as_str()) && !local.is_empty());
                assert!(name.len() + attributes.iter().map(|a| a.2.len()).sum::<usize>() <= limits.event_bytes());
                assert_eq!(*depth, open.len());
            }
            Owned::End { name, namespace, local } => {
                assert_eq!(*depth, open.len());
                assert_eq!(open.pop(), Some((name, namespace, local)), "the element that ends");
            }
            Owned::Text(text) => {
                assert!(!open.is_empty() && !text.is_empty() && text.len() <= limits.text_bytes());
                assert_eq!(*depth, open.len());
            }
        }
    }
    if outcome.error.is_none() {
        assert!(open.is_empty(), "no error, but {open:?} never ended");
        assert!(!single || roots == 1, "no error, but {roots} roots");
    }
}
