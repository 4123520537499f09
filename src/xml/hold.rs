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

use alloc::vec::Vec;

/// What the carry first has room for: most events.
const ROOM: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Hold {
    carry: Vec<u8>,
    /// The carry's memory while what it held is read anew.
    spare: Vec<u8>,
    moved: bool,
    /// Something of the run was replaced or dropped.
    edited: bool,
    /// In place: where the run begins in the chunk. Moved: up to where the chunk has been copied to the carry.
    from: usize,
    delta: usize,
}

impl Hold {
    /// Begins a new run at `at` of the current chunk. The old run is gone.
    #[inline]
    pub(super) fn begin(&mut self, at: usize) {
        self.moved = false;
        self.edited = false;
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

    /// Hands out what has moved; [`give_back`](Self::give_back) is for the memory.
    pub(super) fn take(&mut self) -> Vec<u8> {
        core::mem::replace(&mut self.carry, core::mem::take(&mut self.spare))
    }

    pub(super) fn take_spare(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.spare)
    }

    pub(super) fn give_back(&mut self, bytes: Vec<u8>) {
        self.spare = bytes;
    }

    /// What is held may have to be handed out: room for what is held then.
    #[inline]
    pub(super) fn prepare_spare(&mut self) {
        if self.spare.capacity() == 0 {
            self.spare.reserve_exact(ROOM);
        }
    }

    /// Whether every byte of the run is as it was sent.
    #[inline]
    pub(super) fn is_as_sent(&self) -> bool {
        !self.edited
    }

    /// What has moved of the run.
    pub(super) fn carried(&self) -> &[u8] {
        if self.moved { &self.carry } else { &[] }
    }

    /// Takes the whole of a chunk into the run, which has moved.
    #[inline]
    pub(super) fn add(&mut self, chunk: &[u8]) {
        self.append(chunk);
        self.delta = self.carry.len();
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
        self.edited = true;
        self.move_up_to(chunk, at);
        self.append(bytes);
        self.resume_at(at.wrapping_add(skip));
    }

    /// Puts `bytes` in the place of everything from the run's offset `start` up to `at` of the chunk.
    pub(super) fn splice(&mut self, chunk: &[u8], start: u32, at: usize, bytes: &[u8]) {
        self.cut(chunk, start, at);
        self.append(bytes);
        self.resume_at(at);
    }

    /// Drops everything from the run's offset `end` up to `at` of the chunk.
    pub(super) fn cut(&mut self, chunk: &[u8], end: u32, at: usize) {
        self.edited = true;
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
        self.edited = true;
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
        if bytes.len() > self.carry.capacity().wrapping_sub(self.carry.len()) {
            self.grow(bytes.len());
        }
        if bytes.len() < 16 {
            for byte in bytes {
                self.carry.push(*byte);
            }
        } else {
            self.carry.extend_from_slice(bytes);
        }
    }

    /// To a power of two, so that what the limits allow is exceeded by half at most.
    #[cold]
    fn grow(&mut self, more: usize) {
        let needed = self.carry.len().saturating_add(more);
        let capacity = needed.checked_next_power_of_two().unwrap_or(needed).max(ROOM);
        self.carry.reserve_exact(capacity.saturating_sub(self.carry.len()));
    }

    fn resume_at(&mut self, at: usize) {
        self.from = at;
        self.delta = self.carry.len().wrapping_sub(at);
    }
}
