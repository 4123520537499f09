//! Publishes the events of many mailboxes to NATS, each under a subject of its mailbox, for whoever wants them.
//!
//! ```text
//! to_nats [--nats ADDRESS] --url URL --user USER --mailbox ADDRESS… [--shard I/N]
//! ```
//!
//! Without `--url`, mailboxes of an Exchange simulated in this process are published for five seconds. The password is in
//! `EWS_PASSWORD`, or an OAuth token in `EWS_TOKEN`; the user needs rights on the inboxes. `subject.rs` says what is published under which subject.
//!
//! **More than one machine.** Run the program N times with `--shard 0/N` … `--shard N-1/N`: each takes the mailboxes whose
//! hash falls to it, and subscriptions are independent of each other. Consumers subscribe to `ews.>`, to one mailbox, or to
//! one kind of event (`ews.*.NewMailEvent`), in queue groups where they share the work. NATS itself forgets what nobody hears:
//! let a `JetStream` stream take `ews.>` where consumers come and go. An event of a stream has no number of its own, so
//! nobody can tell a repetition; a consumer that must not miss anything acts on `Live` and `Gap`, which are published among the
//! events in their order: they say from when on, and since when, to synchronise a mailbox.
//!
//! If NATS is slower than the mailboxes, publishing waits, the body is not read any further, and Exchange keeps the events.

#![allow(clippy::restriction)]

#[path = "../watch/http.rs"]
mod http;
mod subject;

use std::collections::HashMap;
use std::error::Error;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::time::Duration;

use ews_sim::http::Running;
use ews_sim::{Config as Simulated, Style};
use ews_stream::request::{DistinguishedFolder, Text};
use ews_stream::session::{Config, Instant, Output, Session, SessionEvent, Subscription};
use tokio::time::{Instant as Clock, sleep};

use crate::http::{Answer, Credentials, Http};
use crate::subject::{is_of_shard, subject, told};

const USAGE: &str = "usage: to_nats [--nats ADDRESS] --url URL --user USER --mailbox ADDRESS… [--shard I/N]";

struct Arguments {
    nats: String,
    url: Option<String>,
    user: String,
    mailboxes: Vec<String>,
    shard: (u64, u64),
}

impl Arguments {
    fn parse() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut parsed = Self {
            nats: "127.0.0.1:4222".to_owned(),
            url: None,
            user: "user".to_owned(),
            mailboxes: vec![],
            shard: (0, 1),
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("nats") => parsed.nats = parser.value()?.string()?,
                Long("url") => parsed.url = Some(parser.value()?.string()?),
                Long("user") => parsed.user = parser.value()?.string()?,
                Long("mailbox") => parsed.mailboxes.push(parser.value()?.string()?),
                Long("shard") => parsed.shard = parser.value()?.parse_with(shard)?,
                Short('h') | Long("help") => return Err(USAGE.into()),
                other => return Err(other.unexpected()),
            }
        }
        if parsed.url.is_some() && parsed.mailboxes.is_empty() {
            return Err(USAGE.into());
        }
        Ok(parsed)
    }
}

fn shard(text: &str) -> Result<(u64, u64), &'static str> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(i, n)| i < n).ok_or("a shard is written I/N, I from 0 and below N")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = Arguments::parse()?;
    let nats = async_nats::connect(&arguments.nats).await?;
    let seed = RandomState::new().hash_one(0);

    let (url, limit, _exchange) = if let Some(url) = arguments.url.take() {
        (url, None, None)
    } else {
        arguments.mailboxes = ["anna", "ben", "cleo"].map(|name| format!("{name}@example.com")).to_vec();
        let exchange = Running::start(([127, 0, 0, 1], 0).into(), Simulated::new(Style::Exchange), seed, 2.0)?;
        let url = format!("http://{}/EWS/Exchange.asmx", exchange.address());
        (url, Some(Duration::from_secs(5)), Some(exchange))
    };
    let credentials = if let Ok(token) = std::env::var("EWS_TOKEN") {
        Credentials::Bearer(token)
    } else {
        let password = std::env::var("EWS_PASSWORD").unwrap_or_default();
        Credentials::Basic { user: arguments.user, password }
    };
    let mut http = Http::new(url.parse()?, credentials, None)?;

    let origin = Clock::now();
    let now = || Instant::since_origin(origin.elapsed());
    let mut session = Session::new(Config::default(), seed);
    let mut mailboxes = HashMap::new();
    for mailbox in arguments.mailboxes.into_iter().filter(|mailbox| is_of_shard(mailbox, arguments.shard)) {
        let inbox = DistinguishedFolder::Inbox.of(Text::new(&mailbox)?);
        mailboxes.insert(session.subscribe(Subscription::new().folder(inbox)), mailbox);
    }

    let end = limit.map(|limit| now().after(limit));
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    let mut closing = false;
    let mut published = 0_u64;
    loop {
        let deadline = loop {
            match session.poll_output(now()) {
                Output::Send(request) => http.send(&request),
                Output::Cancel(id) => http.drop_connection(id),
                Output::Event(SessionEvent::SessionClosed) => {
                    nats.flush().await?;
                    println!("{published} events published");
                    return Ok(());
                }
                Output::Event(SessionEvent::AuthenticationRequired { status }) => {
                    return Err(format!("the credentials are not accepted: HTTP status {status}").into());
                }
                Output::Event(event) => {
                    println!("{event:?}");
                    if let Some((key, payload)) = told(&event)
                        && let Some(mailbox) = mailboxes.get(&key)
                    {
                        nats.publish(subject(mailbox, "Session"), payload.into()).await?;
                    }
                }
                Output::Timeout(at) => break at,
            }
        };
        let deadline = end.filter(|_| !closing).map_or(deadline, |end| end.min(deadline));
        tokio::select! {
            (id, answer) = http.next() => match answer {
                Answer::Head(status, headers) => {
                    session.handle_http_head(id, status, &headers, now());
                }
                Answer::Chunk(bytes) => {
                    let mut input = &bytes[..];
                    while let Some((key, event)) = session.next_event(id, &mut input, now()) {
                        let Some(mailbox) = mailboxes.get(&key) else { continue };
                        let (subject, payload) = (subject(mailbox, event.name()), serde_json::to_vec(&event)?);
                        nats.publish(subject, payload.into()).await?;
                        published += 1;
                    }
                }
                Answer::End => session.handle_end(id, now()),
                Answer::Failed(why) => {
                    eprintln!("request {id}: {why}");
                    session.handle_failure(id, now());
                }
            },
            () = sleep(deadline.since(now())) => session.handle_timeout(now()),
            _ = &mut interrupt, if !closing => {
                closing = true;
                session.close(now());
            }
        }
        if !closing && end.is_some_and(|end| end <= now()) {
            closing = true;
            session.close(now());
        }
    }
}
