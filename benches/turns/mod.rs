//! Things that are timed in turns, round after round, since machines have fast and slow phases. A ratio is that of the
//! best times, or the median of the rounds' ratios; where the two are far apart, something else was running.
//! A turn begins with a pass that is not timed: what it finds in the caches and the branch predictors is what the others left.
#![allow(dead_code, unreachable_pub)] // each bench takes what it needs

use std::time::Instant;

/// One of those that take turns.
pub struct Entrant<'a> {
    pub name: String,
    /// Does it once and says how many seconds that took.
    run: Box<dyn FnMut() -> f64 + 'a>,
    pub seconds: Vec<f64>,
}

impl<'a> Entrant<'a> {
    pub fn new(name: impl Into<String>, mut work: impl FnMut() + 'a) -> Self {
        Self::timing_itself(name, move || seconds(&mut work))
    }

    /// For work that has to prepare something, which does not count.
    pub fn timing_itself(name: impl Into<String>, run: impl FnMut() -> f64 + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), seconds: Vec::new() }
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    pub fn best(&self) -> f64 {
        self.seconds.iter().copied().fold(f64::INFINITY, f64::min)
    }

    pub fn median(&self) -> f64 {
        median(self.seconds.iter().copied())
    }

    /// How many times as long as this one `other` takes, round by round.
    pub fn median_ratio(&self, other: &Self) -> f64 {
        median(other.seconds.iter().zip(&self.seconds).map(|(other, own)| other / own))
    }
}

pub fn take_turns(entrants: &mut [Entrant<'_>], rounds: usize) {
    for _ in 0..rounds {
        for entrant in &mut *entrants {
            (entrant.run)();
            let seconds = (entrant.run)();
            entrant.seconds.push(seconds);
        }
    }
}

/// What `work` took.
pub fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
