//! How long to wait after a failure. Depends on time and configuration values handed in.

use core::time::Duration;

/// A small seeded generator (SplitMix64): enough to spread clients out, and the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Anything from zero to `most`.
    pub(super) fn up_to(&mut self, most: Duration) -> Duration {
        let span = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.next().checked_rem(span.saturating_add(1)).unwrap_or(0))
    }
}

/// The smallest wait: with full jitter alone, a wait of nothing would be possible, and a loop without rest.
pub(super) const FLOOR: Duration = Duration::from_secs(1);

/// The wait after the `failures`-th failure in a row: exponential with full jitter above a floor, capped.
pub(super) fn delay(failures: u32, base: Duration, cap: Duration, random: &mut Random) -> Duration {
    let factor = 1_u32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u32::MAX);
    let most = base.saturating_mul(factor).min(cap);
    FLOOR.saturating_add(random.up_to(most)).min(cap.max(FLOOR))
}

/// The wait that a server asked for: at least that long (within `cap`), and a little more, differently for each client.
pub(super) fn told(hint: Duration, cap: Duration, random: &mut Random) -> Duration {
    let wait = hint.clamp(FLOOR, cap.max(FLOOR));
    let tenth = wait.checked_div(10).unwrap_or(FLOOR).clamp(FLOOR, Duration::from_secs(30));
    wait.saturating_add(random.up_to(tenth))
}

#[cfg(test)]
mod tests {
    use super::Random;

    /// The first numbers of the published generator.
    #[test]
    fn the_generator_is_split_mix_64() {
        let mut random = Random::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
        ];
        assert_eq!([(); 4].map(|()| random.next()), expected);
    }
}
