//! Ways to cut bytes into chunks.

/// A small generator of pseudo-random numbers (SplitMix64): the same seed gives the same cuts on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }
}

/// Chunks of at most `largest` bytes, with empty ones in between.
pub fn randomly(bytes: &[u8], largest: usize, seed: u64) -> Vec<&[u8]> {
    let mut random = Random(seed);
    let mut chunks = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if random.below(4) == 0 {
            chunks.push(&rest[..0]);
        }
        let (chunk, more) = rest.split_at(1 + random.below(rest.len().min(largest)));
        chunks.push(chunk);
        rest = more;
    }
    chunks
}

/// In two, at `at`.
pub fn at(bytes: &[u8], at: usize) -> [&[u8]; 2] {
    let (head, tail) = bytes.split_at(at);
    [head, tail]
}
