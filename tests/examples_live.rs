//! The examples that are one file, or need another server, as programs of their own: what the simulated Exchange has for
//! them is what they print or pass on.
#![cfg(unix)] // signals
#![cfg(not(feature = "_work"))] // once is enough: no feature of the crate changes anything here
#![allow(clippy::restriction)]

mod live_common;

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ews_sim::http::Running;
use ews_sim::{Change, Config, End, Mode, Style, event_number};
use ews_stream::OwnedEvent;
use futures::StreamExt as _;
use live_common::{Program, run};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);

fn exchange() -> (Running, String) {
    let running = Running::start(([127, 0, 0, 1], 0).into(), Config::new(Style::Exchange), 1, 0.0).unwrap();
    let url = format!("http://{}/EWS/Exchange.asmx", running.address());
    (running, url)
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within {SOON:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The numbers of all events that the server had for its only subscription.
fn owed(exchange: &Running) -> Vec<u64> {
    exchange.with(|server, _| server.records()[0].events.iter().map(|event| event.number).collect())
}

/// The number that the server has written into an event's id.
fn number(event: &Value) -> u64 {
    let id = event["item_id"]["id"].as_str().or(event["folder_id"]["id"].as_str());
    id.and_then(event_number).unwrap_or_else(|| panic!("no number in {event}"))
}

#[test]
fn pull_prints_every_event_once_and_unsubscribes() {
    let (exchange, url) = exchange();
    exchange.with(|server, _| server.config_mut().events_per_notification = 3); // more than one answer for a round
    let feeding = std::thread::spawn(move || {
        wait_for("a subscription", || exchange.with(|server, _| server.live_subscriptions() == 1));
        for _ in 0..10 {
            exchange.with(|server, now| server.change("user", Change::DeliverMail, now));
        }
        exchange
    });
    let (code, lines, errors) = run("pull", &[&url, "user", "3"]);
    assert_eq!(code, Some(0), "{errors}");
    let exchange = feeding.join().unwrap();
    assert_eq!(exchange.with(|server, _| server.records()[0].ended.map(|(_, why)| why)), Some(End::Unsubscribed));
    let printed: Vec<u64> = lines
        .iter()
        .filter_map(|line| line.split('"').nth(1))
        .map(|id| event_number(id).expect("the server numbers its events"))
        .collect();
    let mut owed = owed(&exchange);
    let folders = lines.iter().filter(|line| line.ends_with("None")).count(); // of a folder no item is printed
    owed.retain(|number| printed.contains(number));
    assert_eq!(printed, owed, "each once, in order");
    let all = exchange.with(|server, _| server.records()[0].events.len());
    assert_eq!(printed.len() + folders, all);
    assert!(all >= 20, "a Created and a NewMail event for each: {all}");
}

#[test]
fn push_listener_prints_what_is_posted_and_answers_so_that_it_is_posted_once() {
    let (exchange, url) = exchange();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let here = format!("http://{free}/ews/push");
    let mut listener = Program::start("push_listener", &[&free.to_string(), &url, "user", &here]);
    assert_eq!(listener.line(SOON), here);
    wait_for("a subscription", || exchange.with(|server, _| server.live_subscriptions() == 1));
    assert_eq!(exchange.with(|server, _| server.records()[0].mode), Mode::Push);
    listener.until(SOON, |line| line["event"] == "StatusEvent");
    for _ in 0..20 {
        exchange.with(|server, now| server.change("user", Change::DeliverMail, now));
    }
    let owed = owed(&exchange);
    assert!(owed.len() >= 40);
    for expected in owed {
        let event = listener.until(SOON, |_| true);
        assert_eq!(number(&event), expected, "{event}");
    }
    // what is no notification is not said to be safe
    for (body, wanted) in [("", "this is no notification"), ("<html>", "not an EWS answer")] {
        let mut answer = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent()
            .post(&here)
            .send(body)
            .unwrap();
        assert_eq!(answer.status(), 400);
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(text.contains(wanted), "{text}");
    }
    // all were answered: nothing is to be posted for a while
    wait_for("the last answer", || {
        exchange.with(|server, now| server.next_post().is_some_and(|at| at > now + Duration::from_secs(30)))
    });
}

#[test]
fn bytes_fanout_shares_most_events_with_their_chunk() {
    let (code, lines, errors) = run("bytes_fanout", &[]);
    assert_eq!(code, Some(0), "{errors}");
    let words: Vec<usize> =
        lines.last().unwrap().split_whitespace().filter_map(|word| word.trim_matches(',').parse().ok()).collect();
    let [shared, copied] = words[..] else { panic!("{lines:?}") };
    assert!(shared > copied && copied > 0, "{lines:?}");
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for name in ["pull", "blocking", "push_listener"] {
        let (code, _, errors) = run(name, &["a", "b"]);
        assert_eq!(code, Some(1), "{name}");
        assert!(errors.contains(&format!("usage: {name}")), "{errors}");
    }
}

/// A NATS server on a port of its own choice.
struct Nats {
    process: Child,
    folder: std::path::PathBuf,
    address: String,
}

impl Nats {
    /// `None`: there is no such program here.
    fn start() -> Option<Self> {
        let folder = std::env::temp_dir().join(format!("ews-stream-nats-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new("nats-server");
        command.args(["--addr", "127.0.0.1", "--port", "-1", "--ports_file_dir"]).arg(&folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let file = folder.join(format!("nats-server_{}.ports", process.id()));
        let mut server = Self { process, folder, address: String::new() };
        wait_for("the port of nats-server", || {
            let ports: Option<Value> = std::fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
            let address = ports.as_ref().and_then(|ports| ports["nats"][0].as_str());
            address.unwrap_or_default().clone_into(&mut server.address);
            !server.address.is_empty()
        });
        Some(server)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn to_nats_delivers_every_event_of_every_mailbox_to_a_real_server() {
    let Some(nats) = Nats::start() else {
        assert!(std::env::var_os("NATS_REQUIRED").is_none(), "nats-server is required, and cannot be started");
        println!("nats-server is absent: nothing was tested");
        return;
    };
    let (exchange, url) = exchange();
    let mailboxes = ["anna@example.com", "ben@example.com", "c.d*e>f@example.com"];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let received = runtime.block_on(async {
        let client = async_nats::connect(&nats.address).await.unwrap();
        let mut everything = client.subscribe("ews.>").await.unwrap();
        client.flush().await.unwrap();
        let mut arguments = vec!["--nats", &nats.address, "--url", &url];
        arguments.extend(mailboxes.iter().flat_map(|mailbox| ["--mailbox", mailbox]));
        let publisher = Program::start("to_nats", &arguments);
        let mut received: Vec<(String, Value)> = vec![];
        let mut live = BTreeSet::new();
        let mut owed = None;
        while owed.is_none_or(|owed| received.len() < owed) {
            let message = tokio::time::timeout(SOON, everything.next()).await.expect("in time").unwrap();
            let value: Value = serde_json::from_slice(&message.payload).unwrap();
            let subject = message.subject.to_string();
            if value.get("session").is_none() {
                // what came is what the library makes of an event, and nothing else
                let event: OwnedEvent = serde_json::from_slice(&message.payload).unwrap();
                assert_eq!(serde_json::to_vec(&event).unwrap(), message.payload);
                assert!(subject.ends_with(event.name()), "{subject}: {event:?}");
                received.push((subject, value));
            } else if value["session"] == "Live" && live.insert(subject) && live.len() == mailboxes.len() {
                exchange.with(|server, now| {
                    for round in 0..40 {
                        server.change(mailboxes[round % 3], Change::DeliverMail, now);
                        server.change_at_random(mailboxes[round % 2], now);
                    }
                    owed = Some(server.records().iter().map(|record| record.events.len()).sum());
                });
            }
        }
        publisher.interrupt();
        let (code, errors) = publisher.end();
        assert_eq!(code, Some(0), "{errors}");
        received
    });
    let subjects: BTreeSet<&str> = received.iter().filter_map(|(subject, _)| subject.split('.').nth(1)).collect();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
    for record in exchange.with(|server, _| server.records().to_vec()) {
        let token = match record.mailbox.as_str() {
            "anna@example.com" => "anna%40example%2Ecom",
            "ben@example.com" => "ben%40example%2Ecom",
            _ => "c%2Ed%2Ae%3Ef%40example%2Ecom",
        };
        let prefix = format!("ews.{token}.");
        let numbers: Vec<u64> =
            received.iter().filter(|(s, _)| s.starts_with(&prefix)).map(|(_, e)| number(e)).collect();
        let owed: Vec<u64> = record.events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, owed, "each once, in order, for {}", record.mailbox);
        assert!(!owed.is_empty());
    }
}
