//! How a scanner stops: errors, and the lease that keeps the limits. Part of the scanner.

use super::{Cursor, Scanner, State, Stop, UNBOUNDED};
use crate::error::{Error, ErrorKind, Excerpt, Limit};

impl Scanner {
    /// The offset in the input of the chunk's byte `pos`.
    #[inline]
    pub(in crate::xml) fn at(&self, pos: usize) -> u64 {
        self.base.wrapping_add(pos as u64)
    }

    /// The error that stopped the scanner.
    pub(crate) fn error(&self) -> Option<Error> {
        self.error
    }

    /// Puts another error in the place of the one that stopped the scanner.
    pub(crate) fn replace_error(&mut self, error: Error) {
        self.error = Some(error);
    }

    /// Stops for good, until [`reset`](Self::reset).
    #[cold]
    pub(crate) fn stop<T>(&mut self, kind: ErrorKind, at: u64) -> Result<T, Stop> {
        self.error = Some(Error::new(kind, at));
        Err(Stop)
    }

    /// The byte at the cursor is wrong.
    #[cold]
    pub(in crate::xml) fn fail<T>(&mut self, kind: ErrorKind, cur: &Cursor<'_>) -> Result<T, Stop> {
        self.stop(kind, self.at(cur.pos))
    }

    #[cold]
    pub(in crate::xml) fn exceeded<T>(&mut self, limit: Limit, max: usize, at: u64) -> Result<T, Stop> {
        self.stop(ErrorKind::LimitExceeded { limit, max }, at)
    }

    #[cold]
    pub(in crate::xml) fn unsupported<T>(&mut self, name: &[u8], at: u64) -> Result<T, Stop> {
        self.stop(ErrorKind::UnsupportedEncoding(Excerpt::new(name)), at)
    }

    /// A limit has come into force that the lease does not know of.
    pub(in crate::xml) fn end_lease(&mut self, cur: &mut Cursor<'_>) {
        self.lease_end = 0;
        cur.end = cur.pos;
    }

    /// Lets the handlers see on, up to the nearest limit.
    pub(super) fn renew_lease(&mut self, cur: &mut Cursor<'_>) -> Result<(), Stop> {
        let at = self.at(cur.pos);
        if self.lease_end <= at {
            let event = self.limits.event_bytes() as u64;
            // one byte more than the text may have: it may be the `<` that ends it
            let text = (self.limits.text_bytes() as u64).saturating_add(1);
            let mut end = at.saturating_add(event.min(text));
            let bound_from = match self.state {
                // behind `<` the markup has begun, but what it is, and so its bound, is not known yet
                State::Lt => self.bound_from.min(at.saturating_sub(1)),
                _ => self.bound_from,
            };
            if bound_from != UNBOUNDED {
                let bound = bound_from.saturating_add(event);
                if bound <= at {
                    return self.exceeded(Limit::EventBytes, self.limits.event_bytes(), at);
                }
                end = end.min(bound);
            }
            if self.text_bounded {
                let bound = self.text_from.saturating_add(text);
                if bound <= at {
                    return self.exceeded(Limit::TextBytes, self.limits.text_bytes(), bound.saturating_sub(1));
                }
                end = end.min(bound);
            }
            self.lease_end = end;
        }
        let leased = usize::try_from(self.lease_end.saturating_sub(self.base)).unwrap_or(usize::MAX);
        cur.end = cur.chunk.len().min(leased);
        Ok(())
    }
}
