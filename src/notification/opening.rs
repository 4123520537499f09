//! How a body begins, for the error that says it is no EWS answer. Depends on the error type.
//!
//! A proxy's HTML page, a plain "Unauthorized" or JSON is recognised at its first bytes, but the caller is to see more
//! than those. So the error waits until [`Excerpt::MAX`] bytes are there or the input ends; it is the same however the
//! input was cut.
//!
//! Whether it was an envelope all the same is decided on more than is shown: an XML declaration alone may be longer. What
//! comes before the error is searched for the word, while no envelope has been seen, and so hardly ever.

use crate::error::{Error, ErrorKind, Excerpt};

/// In an envelope's name, in lower case.
const WORD: &[u8] = b"envelope";
/// So many bytes are searched for it: more than anybody writes before a root.
const SEARCHED: usize = 1024;

#[derive(Debug)]
pub(super) struct Opening {
    bytes: [u8; Excerpt::MAX],
    /// How much was read, of which only the first bytes are kept.
    len: usize,
    /// How much of the word the last bytes were.
    matched: usize,
    /// Where the word ended first.
    word_end: Option<usize>,
    /// No envelope was seen yet.
    pub(super) awaits_envelope: bool,
}

impl Opening {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; Excerpt::MAX], len: 0, matched: 0, word_end: None, awaits_envelope: true }
    }

    /// Takes what is still missing from `chunk`, which begins at the body's byte `at`.
    pub(super) fn read(&mut self, chunk: &[u8], at: u64) {
        let known = u64::try_from(self.len).unwrap_or(u64::MAX).saturating_sub(at);
        let new = usize::try_from(known).ok().and_then(|known| chunk.get(known..)).unwrap_or_default();
        for byte in new.iter().take(SEARCHED.saturating_sub(self.len)) {
            if let Some(to) = self.bytes.get_mut(self.len) {
                *to = *byte;
            }
            self.len = self.len.saturating_add(1);
            self.search(*byte);
        }
    }

    fn search(&mut self, byte: u8) {
        let fits = |matched: &usize| WORD.get(*matched) == Some(&byte.to_ascii_lowercase());
        // `enve` ends like the word begins
        let tried = [self.matched, usize::from(self.matched == 4), 0];
        self.matched = tried.into_iter().find(fits).map_or(0, |matched| matched.saturating_add(1));
        if self.matched == WORD.len() {
            self.word_end = self.word_end.or(Some(self.len));
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= Excerpt::MAX
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.min(Excerpt::MAX)).unwrap_or_default()
    }

    /// Whether an error before the first envelope may mean that there is none.
    pub(super) fn may_explain(&self, error: Error) -> bool {
        self.awaits_envelope
            && matches!(
                error.kind(),
                ErrorKind::Syntax(_)
                    | ErrorKind::OutsideRoot
                    | ErrorKind::InvalidUtf8
                    | ErrorKind::InvalidChar
                    | ErrorKind::DtdForbidden
                    | ErrorKind::NotSoap(_)
            )
    }

    /// The error as the caller gets it: what begins like an envelope, or like XML with a document type, keeps its own.
    /// Of what comes behind the error only what would be shown counts: how much is here depends on the chunks.
    pub(super) fn explain(&self, error: Error) -> Error {
        let bytes = self.bytes();
        let own = match error.kind() {
            ErrorKind::NotSoap(_) => false,
            ErrorKind::DtdForbidden => !contains(bytes, b"html"),
            _ => self.word_end.is_some_and(|end| end <= Excerpt::MAX || end as u64 <= error.offset()),
        };
        if own { error } else { Error::new(ErrorKind::NotSoap(Excerpt::new(bytes)), error.offset()) }
    }
}

/// Whether `word`, in lower case, is in `bytes` in any case.
fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
