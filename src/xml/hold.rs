//! The held bytes: one contiguous run that outlives the chunk it began in. Depends on nothing but the buffer type.
//!
//! ```text
//!              origin          position
//! chunk   ──────[═══════════════)──────────      in place: the run is a part of the chunk
//!
//!                        copied  position
//! carry   [═════════════)                        moved: the run's head is in the carry,
//! chunk   ───────────────[═══════)─────────      its tail still in the chunk
//! ```
//!
//! Offsets into the run are relative to its first byte and so survive the move: `position + delta` (wrapping) gives
//! them in either case, and `delta` changes only when bytes are dropped from the middle of the run (a decoded reference
//! is shorter than its source) or when a chunk ends.

use smallvec::SmallVec;

/// Room in the carry before it allocates: an ordinary event is some 440 bytes.
const INLINE: usize = 448;

/// The bytes of a run that has moved.
pub(crate) type HeldBytes = SmallVec<[u8; INLINE]>;

#[derive(Debug, Default)]
pub(super) struct Hold {
    carry: HeldBytes,
    moved: bool,
    /// In place: where the run begins in the chunk. Moved: up to where the chunk has been copied to the carry.
    from: usize,
    delta: usize,
}

impl Hold {
    /// Begins a new run at `at` of the current chunk. The old run is gone.
    #[inline]
    pub(super) fn begin(&mut self, at: usize) {
        self.moved = false;
        self.from = at;
        self.delta = at.wrapping_neg();
    }

    /// The offset in the run of the chunk's byte `at`.
    #[inline]
    pub(super) fn offset(&self, at: usize) -> u32 {
        // limits keep a run below 4 GiB
        #[allow(clippy::cast_possible_truncation)]
        let offset = at.wrapping_add(self.delta) as u32;
        offset
    }

    /// The whole run up to `at`. Once it has moved, [`settle`](Self::settle) must have been called for that `at`.
    #[inline]
    pub(super) fn run<'a>(&'a self, chunk: &'a [u8], at: usize) -> &'a [u8] {
        if self.moved { &self.carry } else { chunk.get(self.from..at).unwrap_or_default() }
    }

    /// Hands out what has moved.
    pub(super) fn take(&mut self) -> HeldBytes {
        core::mem::take(&mut self.carry)
    }

    /// Whether the run is a part of the chunk, with every byte as it was sent.
    #[inline]
    pub(super) fn is_in_place(&self) -> bool {
        !self.moved
    }

    /// Makes [`run`](Self::run) complete up to `at`: copies nothing while the run is in place.
    #[inline]
    pub(super) fn settle(&mut self, chunk: &[u8], at: usize) {
        if self.moved {
            self.pull(chunk, at);
        }
    }

    /// The chunk is about to go: what is held of it, up to `at`, moves to the carry. The next chunk begins at its 0.
    pub(super) fn suspend(&mut self, chunk: &[u8], at: usize) {
        self.move_up_to(chunk, at);
        self.from = 0;
        self.delta = self.carry.len();
    }

    /// Puts `bytes` in the place of the `skip` bytes of the chunk at `at`.
    #[inline]
    pub(super) fn replace(&mut self, chunk: &[u8], at: usize, skip: usize, bytes: &[u8]) {
        self.move_up_to(chunk, at);
        self.append(bytes);
        self.resume_at(at.wrapping_add(skip));
    }

    /// Puts `bytes` in the place of everything from the run's offset `start` up to `at` of the chunk.
    pub(super) fn splice(&mut self, chunk: &[u8], start: u32, at: usize, bytes: &[u8]) {
        self.cut(chunk, start, at);
        self.carry.extend_from_slice(bytes);
        self.resume_at(at);
    }

    /// Drops everything from the run's offset `end` up to `at` of the chunk.
    pub(super) fn cut(&mut self, chunk: &[u8], end: u32, at: usize) {
        if self.moved {
            self.pull(chunk, at);
            self.carry.truncate(end as usize);
        } else {
            let keep = self.from.wrapping_add(end as usize);
            self.move_up_to(chunk, keep);
        }
        self.resume_at(at);
    }

    /// Drops the run's bytes from `start` to `end` and lets what follows, up to `at` of the chunk, close the gap.
    pub(super) fn drop_range(&mut self, chunk: &[u8], start: u32, end: u32, at: usize) {
        self.move_up_to(chunk, at);
        let (start, end) = (start as usize, end as usize);
        if start <= end && end <= self.carry.len() {
            self.carry.drain(start..end);
        }
        self.resume_at(at);
    }

    #[inline]
    fn move_up_to(&mut self, chunk: &[u8], at: usize) {
        if !self.moved {
            self.moved = true;
            self.carry.clear();
        }
        self.pull(chunk, at);
    }

    #[inline]
    fn pull(&mut self, chunk: &[u8], at: usize) {
        if let Some(more) = chunk.get(self.from..at) {
            self.append(more);
            self.from = at;
        }
    }

    /// References stand close together where they do: for a few bytes a copy takes more steps than they do one by one.
    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        if bytes.len() < 16 {
            for byte in bytes {
                self.carry.push(*byte);
            }
        } else {
            self.carry.extend_from_slice(bytes);
        }
    }

    fn resume_at(&mut self, at: usize) {
        self.from = at;
        self.delta = self.carry.len().wrapping_sub(at);
    }
}
