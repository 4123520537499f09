//! How a body begins, for the error that says it is no EWS answer. Depends on the error type.
//!
//! A proxy's HTML page, a plain "Unauthorized" or JSON is recognised at its first bytes, but the caller is to see more
//! than those. So the error waits until [`Excerpt::MAX`] bytes are there or the input ends; it is the same however the
//! input was cut.

use crate::error::{Error, ErrorKind, Excerpt};

#[derive(Debug)]
pub(super) struct Opening {
    bytes: [u8; Excerpt::MAX],
    len: usize,
    /// No envelope was seen yet.
    pub(super) awaits_envelope: bool,
}

impl Opening {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; Excerpt::MAX], len: 0, awaits_envelope: true }
    }

    /// Takes what is still missing from `chunk`, which begins at the body's byte `at`.
    pub(super) fn read(&mut self, chunk: &[u8], at: u64) {
        let known = u64::try_from(self.len).unwrap_or(u64::MAX).saturating_sub(at);
        let new = usize::try_from(known).ok().and_then(|known| chunk.get(known..)).unwrap_or_default();
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        for (to, from) in free.iter_mut().zip(new) {
            *to = *from;
            self.len = self.len.saturating_add(1);
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.len == Excerpt::MAX
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
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
    pub(super) fn explain(&self, error: Error) -> Error {
        let bytes = self.bytes();
        let own = match error.kind() {
            ErrorKind::NotSoap(_) => false,
            ErrorKind::DtdForbidden => !contains(bytes, b"html"),
            _ => contains(bytes, b"envelope"),
        };
        if own { error } else { Error::new(ErrorKind::NotSoap(Excerpt::new(bytes)), error.offset()) }
    }
}

/// Whether `word`, in lower case, is in `bytes` in any case.
fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}
