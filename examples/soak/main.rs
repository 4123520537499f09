//! A soak: a simulated Exchange with faults and a session over real HTTP on loopback, in one process, at full speed, for as
//! long as one likes. Every event is accounted for; memory, descriptors and tasks are sampled every second.
//!
//! `cargo run --release --example soak -- [--minutes N] [--rate CHANGES-A-SECOND] [--seed N] [--csv FILE]`, and
//! `examples/soak/plot.py FILE >soak.svg` for a picture. It ends with a verdict, and with status 1 if something is wrong.

#![allow(clippy::restriction)]

mod heap;
#[allow(dead_code)] // as it is there
#[path = "../watch/http.rs"]
mod http;
mod judge;
mod samples;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant as Clock};

use ews_sim::http::Running;
use ews_sim::{Config as Simulated, Fault, Server, Style, event_number};
use ews_stream::request::{ConnectionTimeout, EventTypes, Impersonation, Text};
use ews_stream::session::{Config, Instant, Output, Session, SessionEvent, Subscription, SubscriptionKey};
use heap::in_library;
use http::{Answer, Credentials, Http};
use judge::Watch;
use lexopt::prelude::*;
use samples::Samples;
use tokio::time::sleep;

const USERS: [&str; 3] = ["a@soak.example", "b@soak.example", "c@soak.example"];
/// Before the end, without faults: all must be live, and nothing that is older than `ARRIVAL` outstanding.
const CALM: Duration = Duration::from_secs(30);
const ARRIVAL: Duration = Duration::from_secs(5);

struct Settings {
    length: Duration,
    rate: f64,
    seed: u64,
    csv: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match soak().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings() -> Result<Settings, lexopt::Error> {
    let mut settings = Settings { length: Duration::from_secs(300), rate: 500.0, seed: 1, csv: "soak.csv".to_owned() };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("minutes") => settings.length = Duration::from_secs_f64(arguments.value()?.parse::<f64>()? * 60.0),
            Long("rate") => settings.rate = arguments.value()?.parse()?,
            Long("seed") => settings.seed = arguments.value()?.parse()?,
            Long("csv") => settings.csv = arguments.value()?.parse()?,
            other => return Err(other.unexpected()),
        }
    }
    Ok(settings)
}

/// Every fault often, and all times short, so that minutes hold what months do elsewhere.
fn server() -> Simulated {
    let mut config = Simulated::new(Style::Exchange).with_faults(Fault::ALL.iter().copied(), 80);
    config.keeps_history = false;
    config.heartbeat = Duration::from_secs(2);
    config.fault_span = Duration::from_secs(10);
    config.restart_time = Duration::from_millis(500);
    config.longest_wait = Duration::from_secs(2);
    config.expiry = Duration::from_secs(30);
    config
}

fn client() -> Config {
    let (short, second) = (Duration::from_millis(200), Duration::from_secs(1));
    Config::default()
        .with_connection_timeout(ConnectionTimeout::MIN)
        .with_first_message_limit(5 * second)
        .with_silence_limit(Some(6 * second))
        .with_request_timeout(5 * second)
        .with_slack(10 * second)
        .with_drain_limit(2 * second)
        .with_backoff_base(short)
        .with_backoff_cap(2 * second)
        .with_hint_cap(2 * second)
        .with_healthy_after(2 * second)
        .with_pack_window(short)
        .with_repack_interval(5 * second)
        .with_connections_retry(10 * second)
}

/// What was done, for the last lines.
#[derive(Debug, Default)]
struct Counts {
    events: u64,
    requests: u64,
    gaps: BTreeMap<String, u64>,
}

struct Soak {
    exchange: Running,
    session: Session,
    http: Http,
    origin: Clock,
    watches: BTreeMap<SubscriptionKey, Watch>,
    /// Heard since the session was last at rest.
    fresh: Vec<(SubscriptionKey, u64)>,
    retries: Vec<SubscriptionKey>,
    refused: bool,
    closed: bool,
    counts: Counts,
}

async fn soak() -> Result<(), Box<dyn Error>> {
    let Settings { length, rate, seed, csv } = settings()?;
    let mut samples = Samples::new(&csv)?;
    let exchange = Running::start(([127, 0, 0, 1], 0).into(), server(), seed, rate)?;
    let url = format!("http://{}/EWS/Exchange.asmx", exchange.address()).parse()?;
    let http = Http::new(url, Credentials::Basic { user: "soak".to_owned(), password: String::new() }, None)?;
    let mut soak = Soak {
        exchange,
        session: in_library(|| Session::new(client(), seed)),
        http,
        origin: Clock::now(),
        watches: BTreeMap::new(),
        fresh: vec![],
        retries: vec![],
        refused: false,
        closed: false,
        counts: Counts::default(),
    };
    for user in USERS {
        let who = Impersonation::PrimarySmtpAddress(Text::new(user)?);
        let wanted = Subscription::new().impersonate(who).events(EventTypes::ALL);
        let key = in_library(|| soak.session.subscribe(wanted));
        soak.watches.insert(key, Watch::new(user));
    }
    soak.run_until(length.saturating_sub(CALM), &mut samples).await?;
    soak.exchange.with(|server, _| server.config_mut().faults.clear());
    soak.run_until(length, &mut samples).await?;
    soak.all_is_well()?;

    let now = soak.now();
    in_library(|| soak.session.close(now));
    soak.run_until(length + Duration::from_secs(15), &mut samples).await?;
    if !soak.closed {
        return Err("the session was not closed in time".into());
    }
    let Soak { exchange, http, counts, .. } = soak;
    drop(http);
    let count = |server: &Server, fault: &Fault| format!("{fault} {}", server.fault_count(*fault));
    let faults: Vec<_> = exchange.with(|server, _| Fault::ALL.iter().map(|fault| count(server, fault)).collect());
    drop(exchange);
    println!("{} events, {} requests", counts.events, counts.requests);
    println!("faults: {}", faults.join(", "));
    println!("gaps: {:?}", counts.gaps);
    println!("{}", samples.verdict()?);
    Ok(())
}

impl Soak {
    fn now(&self) -> Instant {
        Instant::since_origin(self.origin.elapsed())
    }

    /// The same loop as in `watch`, with a judge at its end.
    async fn run_until(&mut self, until: Duration, samples: &mut Samples) -> Result<(), Box<dyn Error>> {
        let mut second = self.origin.elapsed().as_secs();
        while self.origin.elapsed() < until {
            let deadline = self.hear()?;
            if self.closed && self.origin.elapsed() + Duration::from_secs(2) > until {
                sleep(Duration::from_millis(100)).await;
            }
            let tick = Instant::since_origin(Duration::from_secs(second + 1));
            let now = self.now();
            tokio::select! {
                (id, answer) = self.http.next() => match answer {
                    Answer::Head(status, headers) => {
                        in_library(|| self.session.handle_http_head(id, status, &headers, now));
                    }
                    Answer::Chunk(bytes) => {
                        let mut input = &bytes[..];
                        while let Some((key, event)) = in_library(|| self.session.next_event(id, &mut input, now)) {
                            let id = event.item_id().map(|id| id.id()).or(event.folder_id().map(|id| id.id()));
                            let number = id.and_then(event_number).ok_or("an event without a number")?;
                            self.fresh.push((key, number));
                        }
                    }
                    Answer::End => in_library(|| self.session.handle_end(id, now)),
                    Answer::Failed(_) => in_library(|| self.session.handle_failure(id, now)),
                },
                () = sleep(deadline.min(tick).since(now)) => {
                    let now = self.now();
                    in_library(|| self.session.handle_timeout(now));
                }
            }
            if self.origin.elapsed().as_secs() > second {
                second = self.origin.elapsed().as_secs();
                let Counts { events, requests, gaps } = &self.counts;
                let connections = u64::from(self.session.connections());
                samples.take(second, [connections, *events, gaps.values().sum(), *requests])?;
                self.mend();
            }
        }
        Ok(())
    }

    /// Does what the session wants, and judges what came.
    fn hear(&mut self) -> Result<Instant, String> {
        let deadline = loop {
            let now = self.now();
            match in_library(|| self.session.poll_output(now)) {
                Output::Send(request) => {
                    self.counts.requests += 1;
                    self.http.send(&request);
                }
                Output::Cancel(id) => self.http.drop_connection(id),
                Output::Event(event) => {
                    self.told(&event)?;
                    in_library(|| drop(event));
                }
                Output::Timeout(at) => break at,
            }
        };
        for (key, number) in std::mem::take(&mut self.fresh) {
            self.counts.events += 1;
            let Some(watch) = self.watches.get_mut(&key) else { return Err(format!("an event for {key:?}")) };
            watch.happened(self.exchange.with(|server, _| server.take_history(watch.user)));
            watch.deliver(number)?;
        }
        Ok(deadline)
    }

    fn told(&mut self, event: &SessionEvent) -> Result<(), String> {
        match *event {
            SessionEvent::Gap { key, reason, .. } => {
                *self.counts.gaps.entry(format!("{reason:?}")).or_default() += 1;
                self.synchronise(key);
            }
            SessionEvent::Live(key) => self.synchronise(key),
            SessionEvent::TakenOver(key) | SessionEvent::Rediscover(key) => self.retries.push(key),
            SessionEvent::AuthenticationRequired { .. } => self.refused = true,
            SessionEvent::Failed { key, reason, ref code } => return Err(format!("{key:?}: {reason:?} {code:?}")),
            SessionEvent::SessionClosed => self.closed = true,
            _ => {}
        }
        Ok(())
    }

    fn synchronise(&mut self, key: SubscriptionKey) {
        if let Some(watch) = self.watches.get_mut(&key) {
            let (events, now) = self.exchange.with(|server, now| (server.take_history(watch.user), now));
            watch.happened(events);
            watch.synchronise(now);
        }
    }

    /// Once a second: what a caller does about what it was told.
    fn mend(&mut self) {
        let now = self.now();
        if std::mem::take(&mut self.refused) {
            in_library(|| self.session.credentials_renewed(now));
        }
        for key in std::mem::take(&mut self.retries) {
            in_library(|| self.session.retry(key, now));
        }
        // what happens while nothing comes must not pile up in the server
        for watch in self.watches.values_mut() {
            let events = self.exchange.with(|server, _| server.take_history(watch.user));
            if !self.closed {
                watch.happened(events);
            }
        }
    }

    /// Without faults, all are live and nothing is outstanding.
    fn all_is_well(&mut self) -> Result<(), String> {
        self.hear()?;
        for (key, watch) in &mut self.watches {
            if !self.session.is_live(*key) {
                return Err(format!("{} is not live although all has been well for {CALM:?}", watch.user));
            }
            let (events, now) = self.exchange.with(|server, now| (server.take_history(watch.user), now));
            watch.happened(events);
            watch.settle_until(now.saturating_sub(ARRIVAL))?;
        }
        Ok(())
    }
}
