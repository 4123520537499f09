//! A pull subscription: the client asks for events when it likes, with a watermark that says what it has seen. Nothing
//! hangs, so it suits jobs that run now and then; the parser alone is enough for it.
//!
//! `pull [URL USER ROUNDS]`, with the password in `EWS_PASSWORD`; without arguments an Exchange simulated in this process is
//! asked five times.

#![allow(clippy::restriction)]

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use ews_stream::request::{
    DistinguishedFolder, EventTypes, Folders, GetEvents, Header, Minutes, Subscribe, Text, Unsubscribe, Version,
};
use ews_stream::{Event, Message, NotificationParser, ResponseClass};

/// For so long the server keeps events that nobody asks for.
const TIMEOUT: u16 = 30;

/// Between two questions.
const PAUSE: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, user, rounds, _exchange) = match &arguments[..] {
        [url, user, rounds] => (url.clone(), user.clone(), rounds.parse()?, None),
        [] => {
            let config = ews_sim::Config::new(ews_sim::Style::Exchange);
            let exchange = ews_sim::http::Running::start(([127, 0, 0, 1], 0).into(), config, 1, 4.0)?;
            (format!("http://{}/EWS/Exchange.asmx", exchange.address()), "user".to_owned(), 5, Some(exchange))
        }
        _ => return Err("usage: pull [URL USER ROUNDS]".into()),
    };
    let mut client = Client::new(url, &user, &std::env::var("EWS_PASSWORD").unwrap_or_default());

    let folders = Folders::from(DistinguishedFolder::Inbox);
    let (mut id, mut watermark) = (None, None);
    let subscribe = Subscribe::pull(&folders, EventTypes::ALL, Minutes::new(TIMEOUT)?);
    client.ask(
        |header, out| subscribe.write(header, out),
        |message| {
            if let Message::Subscribed(subscribed) = message {
                id = Some(Text::new(subscribed.subscription_id())?);
                watermark = subscribed.watermark().map(Text::new).transpose()?;
            }
            Ok(())
        },
    )?;
    let id = id.ok_or("the server gave no subscription")?;
    let mut watermark = watermark.ok_or("the server gave no watermark")?;

    for _ in 0..rounds {
        sleep(PAUSE);
        let mut more = true;
        while more {
            more = false;
            let mut seen = None;
            client.ask(
                |header, out| GetEvents::new(&id, &watermark).write(header, out),
                |message| {
                    let Message::Event(event) = message else { return Ok(()) };
                    // what was printed is not asked for again: its watermark is kept, event by event
                    seen = event.watermark().map(Text::new).transpose()?.or(seen.take());
                    more = event.more_events() == Some(true);
                    if !matches!(event, Event::Status(_)) {
                        println!("{} {:?}", event.name(), event.item_id().map(|item| item.id()));
                    }
                    Ok(())
                },
            )?;
            watermark = seen.unwrap_or(watermark);
        }
    }
    client.ask(|header, out| Unsubscribe::new(&id).write(header, out), |_| Ok(()))?;
    println!("unsubscribed");
    Ok(())
}

/// One request after another on one connection.
struct Client {
    agent: ureq::Agent,
    url: String,
    authorization: String,
    header: Header,
    /// Kept from answer to answer, with what it has learned.
    parser: NotificationParser,
}

impl Client {
    fn new(url: String, user: &str, password: &str) -> Self {
        let basic = base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}"));
        let http = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        Self {
            agent: http.timeout_global(Some(Duration::from_secs(60))).build().new_agent(),
            url,
            authorization: format!("Basic {basic}"),
            header: Header::new(Version::Exchange2013),
            parser: NotificationParser::new(),
        }
    }

    /// Sends what `write` writes, and gives each message of the answer to `read`. An answer that says no is an error.
    fn ask(
        &mut self,
        write: impl FnOnce(&Header, &mut Vec<u8>),
        mut read: impl FnMut(Message<'_>) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let mut request = Vec::new();
        write(&self.header, &mut request);
        let post = self.agent.post(&self.url).header("Authorization", &self.authorization);
        let mut response = post.header("Content-Type", "text/xml; charset=utf-8").send(&request[..])?;
        if response.status().as_u16() == 401 {
            return Err("the server refuses the password".into());
        }
        let body = response.body_mut().read_to_vec()?; // an answer is no longer than its events: it need not be streamed
        self.parser.reset();
        let mut input = &body[..];
        while let Some(message) = self.parser.next_message(&mut input)? {
            match message {
                Message::Response(no) if no.class() == Some(ResponseClass::Error) => {
                    return Err(format!("{}: {}", no.code().unwrap_or("no code"), no.text().unwrap_or_default()).into());
                }
                Message::Fault(fault) => {
                    let (code, text) = (fault.error_code().unwrap_or("no code"), fault.string().unwrap_or_default());
                    return Err(format!("{code}: {text}").into());
                }
                other => read(other)?,
            }
        }
        Ok(self.parser.finish()?)
    }
}
