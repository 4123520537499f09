//! Deterministic simulation: the session against the simulated Exchange, under virtual time, from one seed.
//!
//! A seed that fails prints what was violated and its whole trace. `SIMULATION_SEED` is the first seed and
//! `SIMULATION_SEEDS` their number:
//!
//! - one seed again: `SIMULATION_SEED=123 SIMULATION_SEEDS=1 cargo test --release --test simulation`
//! - a soak: `SIMULATION_SEEDS=1000000 cargo test --release --test simulation -- --nocapture`

#![allow(clippy::restriction, clippy::pedantic)]

mod network;
mod plan;
mod promise;
mod world;

use ews_sim::Fault;
use plan::Plan;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use world::{Report, World};

/// Plays a seed; again with a trace when it fails.
fn play(plan: fn(u64) -> Plan, seed: u64) -> Report {
    World::run(plan(seed), false).unwrap_or_else(|_| {
        let Err((what, report)) = World::run(plan(seed), true) else { panic!("seed {seed} does not repeat itself") };
        println!("{:#?}\n{}", plan(seed), report.trace.join("\n"));
        panic!("{what}");
    })
}

#[derive(Default)]
struct Sum {
    faults: BTreeMap<Fault, usize>,
    gaps: BTreeMap<String, usize>,
    delivered: usize,
    requests: usize,
    busiest_minute: usize,
}

impl Sum {
    fn add(&mut self, report: Report) {
        report.faults.into_iter().for_each(|(fault, count)| *self.faults.entry(fault).or_default() += count);
        report.gaps.into_iter().for_each(|(gap, count)| *self.gaps.entry(gap).or_default() += count);
        self.delivered += report.delivered;
        self.requests += report.requests;
        self.busiest_minute = self.busiest_minute.max(report.busiest_minute);
    }
}

/// Plays many seeds on all cores.
fn play_all(plan: fn(u64) -> Plan, first: u64, count: u64) -> Sum {
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        let work = || {
            let mut sum = Sum::default();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= first + count {
                    return sum;
                }
                sum.add(play(plan, seed));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut all = Sum::default();
        for worker in workers {
            let Sum { faults, gaps, delivered, requests, busiest_minute } = worker.join().expect("no violation");
            all.add(Report { faults, gaps, delivered, requests, busiest_minute, trace: vec![] });
        }
        all
    })
}

fn print(sum: &Sum, count: u64) {
    println!(
        "{count} seeds: {} events, {} requests, {} in the busiest minute",
        sum.delivered, sum.requests, sum.busiest_minute
    );
    println!("faults: {:?}", sum.faults);
    println!("gaps: {:?}", sum.gaps);
}

/// The first seed and how many, from the environment.
fn seeds(usual: u64) -> (u64, u64) {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse().unwrap_or_else(|_| panic!("{name}={n}")));
    (number("SIMULATION_SEED").unwrap_or(0), number("SIMULATION_SEEDS").unwrap_or(usual))
}

#[test]
fn the_promise_holds_whatever_goes_wrong() {
    let (first, count) = seeds(1_000);
    let sum = play_all(Plan::chaotic, first, count);
    print(&sum, count);
    // so many seeds meet all of them
    for fault in Fault::ALL.iter().filter(|_| count >= 1_000) {
        assert!(sum.faults.contains_key(fault), "{fault} never occurred");
    }
}

#[test]
fn a_run_without_faults_has_no_gap() {
    let (first, count) = seeds(500);
    let sum = play_all(Plan::peaceful, first, count);
    print(&sum, count);
    assert!(sum.faults.is_empty());
}

#[test]
fn a_seed_repeats_itself() {
    for seed in 0..10 {
        let trace = |_| match World::run(Plan::chaotic(seed), true) {
            Ok(report) | Err((_, report)) => report.trace,
        };
        let [first, second] = [0, 1].map(trace);
        assert!(!first.is_empty() && first == second, "seed {seed}");
    }
}
