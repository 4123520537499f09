//! A copy of the project with the switches in its library, built until what does not compile is out of it.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::mutant::{Mutant, Sources};
use crate::switch::{self, Switched};

/// Which mutants cannot be tried, and why.
#[derive(Default)]
pub struct Excluded {
    /// They do not compile.
    pub unviable: HashSet<usize>,
    /// There can be no switch: in what is computed when the crate is compiled, and for values of `impl Trait`.
    pub unswitched: HashSet<usize>,
}

impl Excluded {
    pub fn has(&self, id: usize) -> bool {
        self.unviable.contains(&id) || self.unswitched.contains(&id)
    }
}

pub struct Binary {
    pub name: String,
    pub path: PathBuf,
}

const SWITCHES: &str = r#"
mod mutating {
    extern crate std;
    use std::io::Write;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

    const RECORD: u32 = u32::MAX - 1;
    static ACTIVE: AtomicU32 = AtomicU32::new(u32::MAX);
    static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
    static LOG: OnceLock<std::fs::File> = OnceLock::new();

    #[inline]
    pub(crate) fn on(mutant: u32) -> bool {
        let active = ACTIVE.load(Relaxed);
        if active < RECORD { active == mutant } else { slow(mutant) }
    }

    #[cold]
    fn slow(mutant: u32) -> bool {
        let mut active = ACTIVE.load(Relaxed);
        if active != RECORD {
            active = std::env::var("MUTANT").map_or(u32::MAX - 2, |it| it.parse().unwrap_or(RECORD));
            ACTIVE.store(active, Relaxed);
        }
        if active == RECORD && !REACHED[mutant as usize].load(Relaxed) && !REACHED[mutant as usize].swap(true, Relaxed) {
            let open = || std::fs::File::options().append(true).create(true).open(std::env::var("MUTANT").unwrap()).unwrap();
            let mut log = LOG.get_or_init(open);
            // in one piece, and without an allocation: there are tests that count them
            let mut line = std::io::Cursor::new([0; 12]);
            std::writeln!(line, "{mutant}").unwrap();
            log.write_all(&line.get_ref()[..line.position() as usize]).unwrap();
        }
        active == mutant
    }
}
"#;

/// Copies what is under version control, the sources as they are in the working tree.
pub fn copy(root: &Path, tree: &Path) {
    let output = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-co", "--exclude-standard"])
        .output()
        .expect("git runs");
    for file in String::from_utf8_lossy(&output.stdout).lines() {
        let (from, to) = (root.join(file), tree.join(file));
        // it may be removed, but not yet committed
        let Ok(content) = fs::read(from) else { continue };
        if fs::read(&to).is_ok_and(|old| old == content) {
            continue;
        }
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::write(to, content).expect("a copy");
    }
}

pub fn build(tree: &Path, mutants: &[Mutant], sources: &Sources) -> (Vec<Binary>, Excluded) {
    let mut excluded = Excluded::default();
    let mut constant = HashSet::new();
    loop {
        let written = write(tree, mutants, sources, &excluded, &constant);
        for switched in written.values() {
            excluded.unswitched.extend(&switched.placeless);
        }
        let messages = match cargo(tree, &["check", "--lib"]) {
            Ok(_) => match cargo(tree, &["test", "--no-run", "--lib", "--tests"]) {
                Ok(messages) => return (binaries(&messages), excluded),
                Err(messages) => messages,
            },
            Err(messages) => messages,
        };
        learn(&messages, &written, &mut excluded, &mut constant);
        eprintln!(
            "{} do not compile, {} have no switch, {} functions stay const",
            excluded.unviable.len(),
            excluded.unswitched.len(),
            constant.len()
        );
    }
}

type Written = BTreeMap<String, Switched>;

fn write(
    tree: &Path,
    mutants: &[Mutant],
    sources: &Sources,
    excluded: &Excluded,
    constant: &HashSet<String>,
) -> Written {
    let mut written = Written::new();
    for (file, source) in sources {
        let here = mutants.iter().enumerate().filter(|(id, mutant)| mutant.file == *file && !excluded.has(*id));
        let switched = switch::switch(source, &here.collect::<Vec<_>>(), constant);
        fs::write(tree.join(file), &switched.text).expect("a source");
        written.insert(file.clone(), switched);
    }
    let lib = tree.join("src/lib.rs");
    let mut text = fs::read_to_string(&lib).expect("the library");
    if !text.contains("mod mutating") {
        text.push_str(&SWITCHES.replace("COUNT", &mutants.len().max(1).to_string()));
    }
    fs::write(lib, text).expect("the library");
    written
}

fn cargo(tree: &Path, arguments: &[&str]) -> Result<Vec<Value>, Vec<Value>> {
    let output = Command::new("cargo")
        .current_dir(tree)
        .args(arguments)
        .args(["--all-features", "--message-format=json", "--quiet"])
        .env("RUSTFLAGS", "--cap-lints=allow")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_OPT_LEVEL", "2")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if output.status.success() { Ok(messages) } else { Err(messages) }
}

fn binaries(messages: &[Value]) -> Vec<Binary> {
    let built = messages.iter().filter_map(|message| {
        let path = message["executable"].as_str()?;
        let target = &message["target"];
        let kind = target["kind"][0].as_str()?;
        matches!(kind, "test" | "lib")
            .then(|| Binary { name: target["name"].as_str().unwrap_or_default().to_owned(), path: path.into() })
    });
    built.collect()
}

/// What the compiler says is wrong, and with which mutants.
fn learn(messages: &[Value], written: &Written, excluded: &mut Excluded, constant: &mut HashSet<String>) {
    let mut learned = false;
    let mut unexplained = Vec::new();
    for message in messages.iter().map(|message| &message["message"]).filter(|message| message["level"] == "error") {
        let text = message["message"].as_str().unwrap_or_default();
        let no_switch = message["code"]["code"] == "E0015" && (text.contains("`on`") || text.contains("mutating::on"));
        if message["code"]["code"] == "E0015" && !no_switch {
            let path = text.split('`').nth(1).unwrap_or_default();
            let name = path.rsplit("::").next().unwrap_or_default();
            learned |= constant.insert(name.split('<').next().unwrap_or(name).to_owned());
            continue;
        }
        let spans = message["spans"].as_array().into_iter().flatten();
        let mut explained = false;
        for span in spans.filter(|span| span["is_primary"] == true) {
            let (Some(file), Some(start)) = (span["file_name"].as_str(), span["byte_start"].as_u64()) else { continue };
            let Some(switched) = written.get(file) else { continue };
            let at = start as usize;
            let within = |(_, range): &&(usize, std::ops::Range<usize>)| range.contains(&at);
            let here = switched.changed.iter().filter(within).min_by_key(|(_, range)| range.len());
            if no_switch {
                let here = here.or_else(|| switched.asked.iter().find(within));
                explained |= here.is_some_and(|(id, _)| excluded.unswitched.insert(*id));
            } else {
                explained |= here.is_some_and(|(id, _)| excluded.unviable.insert(*id));
            }
        }
        learned |= explained;
        if !explained && !text.starts_with("aborting") {
            unexplained.push(message["rendered"].as_str().unwrap_or(text).to_owned());
        }
    }
    assert!(learned, "does not compile for other reasons:\n{}", unexplained.join("\n"));
}
