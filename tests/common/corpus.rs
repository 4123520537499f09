//! The bodies of `corpus/`, and the files beside them.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders whose files are response bodies.
const FOLDERS: [&str; 4] = ["captures", "samples", "documentation", "made"];

pub struct Body {
    /// Path below `corpus/`, with `/` between its parts.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// `corpus/`
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Every response body, in a fixed order.
pub fn bodies() -> Vec<Body> {
    let mut bodies = Vec::new();
    for folder in FOLDERS {
        for path in files(&root().join(folder)) {
            if is_body(&path) {
                let bytes = fs::read(&path).unwrap();
                bodies.push(Body { name: name(&path), bytes });
            }
        }
    }
    assert!(bodies.len() > 50, "only {} bodies in {}", bodies.len(), root().display());
    bodies
}

fn is_body(path: &Path) -> bool {
    matches!(path.extension().and_then(|extension| extension.to_str()), Some("body" | "xml" | "html" | "txt"))
}

/// The files below a folder, sorted by path.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Path below `corpus/`.
pub fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

/// The rows of a table: tab-separated, `#` begins a comment line.
pub fn table(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect()
}

/// The cases of a `.jsonl` table of documents.
pub fn cases(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
