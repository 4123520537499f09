//! Programs that are started and listened to, and peers of a few lines on a socket.
#![allow(dead_code)] // each test file uses a part of it

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

/// An example that `cargo test` has built beside this test.
fn example(name: &str) -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let path = this.ancestors().nth(2).unwrap().join("examples").join(name);
    let built = path.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let stale = newest(&sources) > built;
    assert!(!stale, "{} is absent or old: `cargo test` builds it, `cargo build --examples` too", path.display());
    path
}

/// When the example's own files were last changed: one file, or a folder of them.
fn newest(sources: &Path) -> SystemTime {
    let modified = |path: PathBuf| path.metadata().unwrap().modified().unwrap();
    match sources.read_dir() {
        Ok(files) => files.map(|file| modified(file.unwrap().path())).max().unwrap(),
        Err(_) => modified(sources.with_extension("rs")),
    }
}

/// A child process, killed when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The simulated Exchange as a process of its own; dropping it kills it with SIGKILL.
pub(crate) struct Exchange {
    _process: Process,
    pub(crate) address: String,
}

impl Exchange {
    pub(crate) fn start(listen: &str, style: &str) -> Self {
        let mut command = Command::new(example("exchange"));
        command.args(["--listen", listen, "--style", style, "--rate", "4", "--user", "user", "--password", "secret"]);
        let mut child = Process(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut address = String::new();
        BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { _process: child, address: address.trim().to_owned() }
    }
}

/// Runs an example to its end: its exit status, its lines, and what it wrote to standard error.
pub(crate) fn run(name: &str, arguments: &[&str]) -> (Option<i32>, Vec<String>, String) {
    let (code, text, errors) = Program::start(name, arguments).end_with_text();
    (code, text.lines().map(str::to_owned).collect(), errors)
}

/// An example under test.
pub(crate) struct Program {
    process: Process,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
    close: Sender<()>,
    errors: JoinHandle<String>,
    seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(name: &str, arguments: &[&str]) -> Self {
        Self::start_with(name, arguments, &[("EWS_PASSWORD", "secret")])
    }

    pub(crate) fn start_with(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(example(name));
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        command.args(arguments).envs(environment.iter().copied());
        let mut child =
            Process(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let (out, mut err) = (child.0.stdout.take().unwrap(), child.0.stderr.take().unwrap());
        let (sender, lines) = channel();
        let (close, closed) = channel();
        let reader = Some(std::thread::spawn(move || read(out, &sender, &closed)));
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Self { process: child, lines, reader, close, errors, seen: vec![] }
    }

    /// The next line, whatever it is.
    pub(crate) fn line(&mut self, limit: Duration) -> String {
        self.lines.recv_timeout(limit).unwrap()
    }

    /// The next line that is so, passing over others.
    pub(crate) fn until(&mut self, limit: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + limit;
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            let value: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if wanted(&value) {
                return value;
            }
            self.seen.push(line);
        }
        panic!("no such line came in {limit:?}; passed over were\n{}", self.seen.join("\n"));
    }

    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.process.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// With the next line that comes, at the latest.
    pub(crate) fn close_its_output(&self) {
        self.close.send(()).unwrap();
    }

    /// Its exit status and what it wrote to standard error.
    pub(crate) fn end(self) -> (Option<i32>, String) {
        let (code, _, errors) = self.end_with_text();
        (code, errors)
    }

    /// With what it wrote to standard output since it was last listened to.
    pub(crate) fn end_with_text(mut self) -> (Option<i32>, String, String) {
        let end = Instant::now() + Duration::from_secs(40);
        let status = loop {
            if let Some(status) = self.process.0.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        };
        self.reader.take().unwrap().join().unwrap();
        let text = self.lines.try_iter().map(|line| line + "\n").collect();
        (status.code(), text, self.errors.join().unwrap())
    }
}

fn read(out: ChildStdout, to: &Sender<String>, closed: &Receiver<()>) {
    for line in BufReader::new(out).lines() {
        if closed.try_recv().is_ok() || to.send(line.unwrap()).is_err() {
            return;
        }
    }
}

/// Something on a socket that answers each request in the same way.
pub(crate) struct Peer {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Its thread lives as long as the test program.
pub(crate) fn peer(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let (count, answer) = (Arc::clone(&requests), Arc::new(answer));
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let (count, answer) = (Arc::clone(&count), Arc::clone(&answer));
            std::thread::spawn(move || {
                let mut socket = socket.unwrap();
                let (mut request, mut buffer) = (vec![], [0; 4096]);
                while !request.ends_with(b"</s:Envelope>") {
                    match socket.read(&mut buffer) {
                        Ok(read) if read > 0 => request.extend(&buffer[..read]),
                        _ => return,
                    }
                }
                count.fetch_add(1, Ordering::SeqCst);
                answer(socket);
            });
        }
    });
    Peer { url, requests }
}
