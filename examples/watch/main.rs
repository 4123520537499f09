//! Watches mailboxes and prints what happens in them, a line per event, as it happens.
//!
//! Without arguments against an Exchange that is simulated in this process; with `--url` against a real server:
//!
//! ```text
//! EWS_PASSWORD=… cargo run --release --example watch -- --url https://mail.example.com --user anna@example.com
//! ```
//!
//! `main.rs` drives the session: `run` is the loop to copy. `http.rs` is its HTTP client, `keeper.rs` what this program
//! decides by itself, `print.rs` what it prints, `args.rs` its command line.

#![allow(clippy::restriction)]

mod args;
mod http;
mod keeper;
mod print;
#[path = "../common/words.rs"]
mod words;

use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::process::ExitCode;
use std::time::SystemTime;

use ews_sim::http::Running;
use ews_sim::{Config as Simulated, Style};
use ews_stream::session::{Config, Instant, Output, Session, SessionEvent};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant as Clock, sleep};

use crate::args::{Arguments, Target};
use crate::http::{Answer, Credentials, Http};
use crate::keeper::Keeper;
use crate::print::Printer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            print::help(args::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            print::aside(&format!("error: {error} (--help lists the options)"));
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::aside(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let origin = Clock::now();
    let now = || Instant::since_origin(origin.elapsed());
    let seed = RandomState::new().hash_one(0); // the standard library's keys come from the operating system

    let mut printer = Printer::new(arguments.json);
    let (target, _exchange) = if let Some(target) = arguments.target {
        (target, None)
    } else {
        let (target, exchange) = simulate(seed)?;
        printer.words(&format!("a simulated Exchange listens on {}", exchange.address()));
        (target, Some(exchange))
    };
    let mut http = Http::new(target.url, target.credentials, target.authorities.as_deref())?;

    let config = Config::default()
        .with_max_connections(arguments.max_connections)
        .with_connection_timeout(arguments.connection_timeout)
        .with_first_message_limit(arguments.patience)
        .with_request_timeout(arguments.patience);
    let mut session = Session::new(config, seed);
    session.set_wall_clock(SystemTime::UNIX_EPOCH.elapsed()?.as_secs(), now());
    let mut keeper = Keeper::new(arguments.limit.map(|limit| now().after(limit)));
    for (name, wanted) in arguments.wanted {
        let key = session.subscribe(wanted);
        keeper.watch(key);
        if let Some(name) = name {
            printer.name(key, name);
        }
    }

    let mut interrupts = interrupts()?;
    loop {
        // what the session wants done
        let deadline = loop {
            match session.poll_output(now()) {
                Output::Send(request) => http.send(&request),
                Output::Cancel(id) => http.drop_connection(id),
                Output::Event(event) => {
                    printer.session_event(&event, now());
                    keeper.note(&event, now());
                    if event == SessionEvent::SessionClosed {
                        return Ok(keeper.verdict()?);
                    }
                }
                Output::Timeout(at) => break at,
            }
        };
        // what happens
        tokio::select! {
            (id, answer) = http.next() => match answer {
                Answer::Head(status, headers) => {
                    keeper.note_head(status.as_u16(), &headers);
                    session.handle_http_head(id, status, &headers, now());
                }
                Answer::Chunk(bytes) => {
                    let mut input = &bytes[..];
                    while let Some((key, event)) = session.next_event(id, &mut input, now()) {
                        printer.mailbox_event(key, event);
                    }
                }
                Answer::End => session.handle_end(id, now()),
                Answer::Failed(why) => {
                    print::aside(&format!("note: request {id}: {why}"));
                    session.handle_failure(id, now());
                }
            },
            () = sleep(keeper.next(deadline).since(now())) => session.handle_timeout(now()),
            Some(()) = interrupts.recv() => keeper.leave(),
        }
        // what this program makes of it
        if printer.is_gone() {
            keeper.leave();
        }
        if !keeper.act(&mut session, now()) {
            return Ok(keeper.verdict()?);
        }
    }
}

/// An Exchange in this process, with a mailbox in which something happens now and then.
fn simulate(seed: u64) -> Result<(Target, Running), Box<dyn Error>> {
    let mut config = Simulated::new(Style::Exchange);
    config.numbered_ids = false;
    let exchange = Running::start(([127, 0, 0, 1], 0).into(), config, seed, 1.0)?;
    let url = format!("http://{}/EWS/Exchange.asmx", exchange.address()).parse()?;
    let credentials = Credentials::Basic { user: "user".to_owned(), password: String::new() };
    Ok((Target { url, credentials, authorities: None }, exchange))
}

/// Says when somebody wants the program to end: Ctrl-C or, on Unix, SIGTERM. The second time it ends at once, from a
/// thread of its own, for the other may wait for whoever reads its output.
fn interrupts() -> std::io::Result<mpsc::Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::new()?
    };
    let (sender, receiver) = mpsc::channel(1);
    std::thread::Builder::new().name("interrupts".to_owned()).spawn(move || {
        runtime.block_on(async {
            if signals.next().await.is_some() {
                let _ = sender.try_send(());
                if signals.next().await.is_some() {
                    print::aside("error: left without unsubscribing");
                    std::process::exit(1);
                }
            }
        });
    })?;
    Ok(receiver)
}

/// They are caught from when this is made.
#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    async fn next(&mut self) -> Option<()> {
        tokio::select! {
            caught = self.0.recv() => caught,
            caught = self.1.recv() => caught,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<()> {
        tokio::signal::ctrl_c().await.ok()
    }
}
