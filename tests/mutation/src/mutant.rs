//! What `cargo mutants --list --json` would change, and by what name it is known from one version to the next.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub struct Mutant {
    pub file: String,
    pub genre: String,
    /// The bytes of the file that it replaces.
    pub span: Range<usize>,
    pub replacement: String,
    /// `file: what is changed @ the line it is in`, and `#2` for the second of the same: no line numbers, as they move.
    pub key: String,
    pub line: usize,
}

/// Sources by their path in the repository.
pub type Sources = HashMap<String, String>;

pub fn list(root: &Path, files: &[String]) -> (Vec<Mutant>, Sources) {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(["mutants", "--list", "--json"]);
    for file in files {
        command.args(["--file", file]);
    }
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed: Vec<Value> = serde_json::from_slice(&output.stdout).expect("cargo mutants writes JSON");

    let mut sources = Sources::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mutants = listed
        .iter()
        .map(|item| {
            let file = text(item, "file");
            let source = sources
                .entry(file.clone())
                .or_insert_with(|| std::fs::read_to_string(root.join(&file)).expect("the source is there"));
            let span = offset(source, &item["span"]["start"])..offset(source, &item["span"]["end"]);
            let name = text(item, "name");
            let what = name.splitn(4, ':').nth(3).unwrap_or(&name).trim().to_owned();
            let line = item["span"]["start"]["line"].as_u64().unwrap_or(0) as usize;
            let line_text = source.lines().nth(line.saturating_sub(1)).unwrap_or("").trim();
            let mut key = format!("{file}: {what} @ {line_text}");
            let count = seen.entry(key.clone()).or_insert(0);
            *count += 1;
            if *count > 1 {
                key = format!("{key} #{count}");
            }
            Mutant { genre: text(item, "genre"), replacement: text(item, "replacement"), file, span, key, line }
        })
        .collect();
    (mutants, sources)
}

fn text(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

/// Lines and columns (characters) count from one.
fn offset(source: &str, place: &Value) -> usize {
    let line = place["line"].as_u64().expect("a line") as usize;
    let column = place["column"].as_u64().expect("a column") as usize;
    let start: usize = source.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &source[start..];
    start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
}
