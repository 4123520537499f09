//! Changes the library one place at a time, as `cargo mutants` lists it, and looks whether the tests notice.
//!
//! `cargo mutants` builds once for each change, which is days for this crate. Here all changes are in one build, each behind a
//! switch that a variable of the environment turns (known as mutant schemata), and only tests that come by a change are run
//! for it. The changes are those of `cargo mutants --list`, so each can be looked at with it alone.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;

use trial::Outcome;

mod mutant;
mod switch;
mod tree;
mod trial;

const HELP: &str = "mutation [--jobs N] [--survivors] [--slow] [--slowest] [FILE-GLOB ...]
  --survivors  only those that the last run says survived, and that are not explained
  --slow       by the slow tests as well
  --slowest    and by the slowest
  FILE-GLOB    sources, `src/**` of xml, notification and session if none is named";

/// Programs of tests that wait for real clocks and sockets, or look at no mutant's work.
const NOT_RUN: [&str; 4] = ["examples_live", "watch_live", "ewscat", "coming_from"];

/// Those that take so long that only what survives the others is worth their time.
const SLOW: [&str; 4] = ["simulation", "fuzz_replay", "no_alloc", "messages"];
const SLOWEST: [&str; 2] = ["chunking", "session_hostile"];

fn main() -> ExitCode {
    use lexopt::prelude::*;
    let (mut jobs, mut again, mut slow, mut slowest, mut files) = (2, false, false, false, Vec::new());
    let mut parser = lexopt::Parser::from_env();
    loop {
        match parser.next() {
            Ok(Some(Long("jobs"))) => jobs = parser.value().ok().and_then(|it| it.parse().ok()).unwrap_or(jobs),
            Ok(Some(Long("survivors"))) => again = true,
            Ok(Some(Long("slow"))) => slow = true,
            Ok(Some(Long("slowest"))) => slowest = true,
            Ok(Some(Value(file))) => files.push(file.to_string_lossy().into_owned()),
            Ok(None) => break,
            Ok(Some(_)) | Err(_) => {
                eprintln!("{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    if files.is_empty() {
        files = ["xml", "notification", "session"].map(|part| format!("src/{part}/**")).to_vec();
    }
    run(jobs, again, (slow, slowest), &files)
}

fn run(jobs: usize, again: bool, (slow, slowest): (bool, bool), files: &[String]) -> ExitCode {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the project");
    let work = root.join("target/mutation");
    let tree = work.join("tree");
    let (mutants, sources) = mutant::list(&root, files);
    eprintln!("{} mutants", mutants.len());
    tree::copy(&root, &tree);
    let (binaries, excluded) = tree::build(&tree, &mutants, &sources);
    let is_slow = |name: &str| SLOW.contains(&name) && !(slow || slowest) || SLOWEST.contains(&name) && !slowest;
    let is_run = |name: &str| !NOT_RUN.contains(&name) && !is_slow(name);
    let binaries: Vec<_> = binaries.into_iter().filter(|it| is_run(&it.name)).collect();
    let suites = trial::survey(&binaries, &tree);

    let last = fs::read_to_string(work.join("survived.txt")).unwrap_or_default();
    let last: HashSet<&str> = last.lines().collect();
    let explained = explained(&root);
    let is_open = |key: &String| last.contains(key.as_str()) && !explained.contains(key);
    let wanted = |id: &usize| !excluded.has(*id) && (!again || is_open(&mutants[*id].key));
    let ids: Vec<usize> = (0..mutants.len()).filter(wanted).collect();

    let log = Mutex::new(fs::File::create(work.join("log.txt")).expect("a log"));
    let outcomes = trial::all(&ids, &suites, &tree, jobs, |id, outcome| {
        let (what, by) = match outcome {
            Outcome::Caught { by } => ("caught", by.as_str()),
            Outcome::Hung { by } => ("hung", by.as_str()),
            Outcome::Survived => ("SURVIVED", ""),
            Outcome::Unreached => ("UNREACHED", ""),
        };
        let _ = writeln!(
            log.lock().expect("no one panics"),
            "{what}\t{by}\t{}:{}\t{}",
            mutants[id].file,
            mutants[id].line,
            mutants[id].key
        );
    });

    let lists = |name: &str, ids: &HashSet<usize>| {
        let keys: BTreeSet<_> = ids.iter().map(|id| &mutants[*id].key).collect();
        fs::write(work.join(name), keys.iter().map(|key| format!("{key}\n")).collect::<String>()).expect("a list");
    };
    lists("unviable.txt", &excluded.unviable);
    lists("unswitched.txt", &excluded.unswitched);
    let survived: Vec<_> =
        outcomes.iter().filter(|(_, it)| matches!(it, Outcome::Survived | Outcome::Unreached)).collect();
    let keys: String = survived.iter().map(|(id, _)| format!("{}\n", mutants[*id].key)).collect();
    fs::write(work.join("survived.txt"), keys).expect("a list");
    let hung = outcomes.iter().filter(|(_, it)| matches!(it, Outcome::Hung { .. })).count();
    let known = survived.iter().filter(|(id, _)| explained.contains(&mutants[*id].key)).count();
    for (id, outcome) in survived.iter().filter(|(id, _)| !explained.contains(&mutants[*id].key)) {
        let how = if *outcome == Outcome::Unreached { "unreached" } else { "survived" };
        println!("{how}: {}:{}: {}", mutants[*id].file, mutants[*id].line, mutants[*id].key);
    }
    // what is explained, and noticed all the same
    for (id, outcome) in &outcomes {
        if explained.contains(&mutants[*id].key) && matches!(outcome, Outcome::Caught { .. }) {
            println!("listed, but caught: {}", mutants[*id].key);
        }
    }
    let unexplained = survived.len() - known;
    println!(
        "{} mutants: {} do not compile, {} without a switch, {} tried: {} caught ({} by their time), {} survived and are explained, {} are not ({:.2} %)",
        mutants.len(),
        excluded.unviable.len(),
        excluded.unswitched.len(),
        outcomes.len(),
        outcomes.len() - survived.len(),
        hung,
        known,
        unexplained,
        100.0 * unexplained as f64 / outcomes.len().max(1) as f64,
    );
    ExitCode::from(u8::from(unexplained * 50 > outcomes.len()))
}

/// The mutants that no test can notice, each with the reason above it: `survivors.txt`.
fn explained(root: &std::path::Path) -> HashSet<String> {
    let text = fs::read_to_string(root.join("tests/mutation/survivors.txt")).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}
