//! The names of the open elements, as written, one behind the other in one buffer. Depends on nothing.
//!
//! ```text
//! names   s:Envelopes:Bodym:SendNotification
//! starts  0         10    16
//! ```

use smallvec::SmallVec;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OpenElements {
    names: SmallVec<[u8; 192]>,
    starts: SmallVec<[OpenElement; 12]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenElement {
    start: u32,
    /// Length of the prefix with its colon.
    local: u16,
}

impl OpenElements {
    pub(super) fn depth(&self) -> usize {
        self.starts.len()
    }

    pub(super) fn push(&mut self, name: &[u8], local: u16) {
        // limits: depth times name length is below 4 GiB
        #[allow(clippy::cast_possible_truncation)]
        let start = self.names.len() as u32;
        self.starts.push(OpenElement { start, local });
        self.names.extend_from_slice(name);
    }

    pub(super) fn pop(&mut self) {
        if let Some(element) = self.starts.pop() {
            self.names.truncate(element.start as usize);
        }
    }

    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.starts.clear();
    }

    /// Becomes the same as `other`, in the memory that is there.
    pub(super) fn copy(&mut self, other: &Self) {
        self.clear();
        self.names.extend_from_slice(&other.names);
        self.starts.extend_from_slice(&other.starts);
    }

    /// The innermost element's name and the length of its prefix with colon.
    #[inline]
    pub(super) fn top(&self) -> (&[u8], usize) {
        self.starts.last().map_or((&[], 0), |element| {
            (self.names.get(element.start as usize..).unwrap_or_default(), usize::from(element.local))
        })
    }
}
