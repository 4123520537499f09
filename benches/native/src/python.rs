//! exchangelib, in a process of its own that reads when it is told to.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::peers::{Every, Parser};
use crate::streams::Stream;
use crate::turns::Entrant;

pub(crate) struct Exchangelib {
    pub(crate) version: String,
    child: Child,
    ways: Vec<String>,
    pipes: RefCell<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Exchangelib {
    /// Starts it on `stream`, and asserts that it finds as many events.
    pub(crate) fn start(python: &Path, stream: &Stream) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/exchangelib_stream.py");
        let file = std::env::temp_dir().join(format!("ews-stream-{}.xml", std::process::id()));
        std::fs::write(&file, &stream.bytes).expect("the temporary folder can be written to");
        let mut child = Command::new(python)
            .arg(script)
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
        let stdin = child.stdin.take().expect("it is piped");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let version = line(&mut stdout);
        let events = Parser::Ours.read::<Every>(stream).events;
        let mut ways = Vec::new();
        for _ in 0..2 {
            let said = line(&mut stdout);
            let (way, count) = said.split_once(' ').expect("a way and a number");
            assert_eq!(count.parse(), Ok(events), "exchangelib ({way}) finds other events");
            ways.push(way.to_owned());
        }
        let _ = std::fs::remove_file(file);
        Self { version, child, ways, pipes: RefCell::new((stdin, stdout)) }
    }

    pub(crate) fn ways(&self) -> Vec<Entrant<'_>> {
        let entrant = |way: &String| {
            let said = format!("{way}\n");
            Entrant::timing_itself(format!("exchangelib, {way}"), move || {
                let (stdin, stdout) = &mut *self.pipes.borrow_mut();
                stdin.write_all(said.as_bytes()).expect("it listens");
                line(stdout).parse().expect("seconds")
            })
        };
        self.ways.iter().map(entrant).collect()
    }
}

impl Drop for Exchangelib {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("it answers");
    assert!(!line.is_empty(), "it ended: is exchangelib installed there?");
    line.trim().to_owned()
}
