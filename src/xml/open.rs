//! The names of the open elements, as written, one behind the other in one buffer. Depends on nothing.
//!
//! ```text
//! names   s:Envelopes:Bodym:SendNotification·····
//! starts  0         10    16                 end
//! ```
//!
//! Behind the names is room, so that a short one, the usual case, is copied by a few moves of fixed length.

use smallvec::SmallVec;

#[derive(Debug, Default)]
pub(super) struct OpenElements {
    names: SmallVec<[u8; 192]>,
    /// Where the names end.
    end: usize,
    starts: SmallVec<[OpenElement; 12]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenElement {
    start: u32,
    /// Length of the prefix with its colon.
    local: u16,
}

impl PartialEq for OpenElements {
    fn eq(&self, other: &Self) -> bool {
        self.starts == other.starts && self.names() == other.names()
    }
}

impl OpenElements {
    #[inline]
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    #[inline]
    pub(super) fn push(&mut self, name: &[u8], local: u16) {
        // limits: depth times name length is below 4 GiB
        #[allow(clippy::cast_possible_truncation)]
        let start = self.end as u32;
        self.starts.push(OpenElement { start, local });
        let end = self.end.wrapping_add(name.len());
        if end > self.names.len() {
            self.grow(end);
        }
        if let Some(room) = self.names.get_mut(self.end..end) {
            copy(room, name);
        }
        self.end = end;
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        let within = self.names.inline_size();
        let room = if end <= within { within } else { end.checked_next_power_of_two().unwrap_or(end) };
        self.names.resize(room, 0);
    }

    #[inline]
    pub(super) fn pop(&mut self) {
        if let Some(element) = self.starts.pop() {
            self.end = element.start as usize;
        }
    }

    pub(super) fn clear(&mut self) {
        self.end = 0;
        self.starts.clear();
    }

    /// Becomes the same as `other`, in the memory that is there.
    pub(super) fn copy(&mut self, other: &Self) {
        self.starts.clear();
        self.starts.extend_from_slice(&other.starts);
        let names = other.names();
        if names.len() > self.names.len() {
            self.grow(names.len());
        }
        if let Some(room) = self.names.get_mut(..names.len()) {
            room.copy_from_slice(names);
        }
        self.end = names.len();
    }

    fn names(&self) -> &[u8] {
        self.names.get(..self.end).unwrap_or_default()
    }

    /// The innermost element's name and the length of its prefix with colon.
    #[inline]
    pub(super) fn top(&self) -> (&[u8], usize) {
        self.starts.last().map_or((&[], 0), |element| {
            (self.names.get(element.start as usize..self.end).unwrap_or_default(), usize::from(element.local))
        })
    }
}

/// Copies a name to a place of the same length: from eight bytes to thirty-two by two moves that may overlap.
#[inline]
fn copy(to: &mut [u8], name: &[u8]) {
    fn ends<const N: usize>(to: &mut [u8], name: &[u8]) -> Option<()> {
        *to.first_chunk_mut::<N>()? = *name.first_chunk()?;
        *to.last_chunk_mut::<N>()? = *name.last_chunk()?;
        Some(())
    }
    let copied = match name.len() {
        8..=16 => ends::<8>(to, name),
        17..=32 => ends::<16>(to, name),
        _ => None,
    };
    if copied.is_none() {
        to.copy_from_slice(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_length_are_kept_and_given_back() {
        let bytes: alloc::vec::Vec<u8> = (0..=255).collect();
        let mut open = OpenElements::default();
        let mut other = OpenElements::default();
        for len in 0..=256 {
            open.push(&bytes[..len], 1);
            assert_eq!(open.top(), (&bytes[..len], 1));
        }
        other.copy(&open);
        assert_eq!(open, other);
        for len in (0..=256).rev() {
            assert_eq!(other.top(), (&bytes[..len], 1));
            other.pop();
            assert_ne!(open, other);
            other.push(&bytes[256 - len..], 1);
            assert_eq!(other.top().0, &bytes[256 - len..]);
            other.pop();
        }
        assert_eq!(other.depth(), 0);
    }
}
