//! The same session as in `watch`, over a blocking HTTP client: a thread for each request, and a channel to the one that
//! owns the session. No executor. With the library's feature `http`.
//!
//! `blocking [URL USER SECONDS]`, with the password in `EWS_PASSWORD`; without arguments an Exchange simulated in this
//! process is watched for five seconds.

#![allow(clippy::restriction)]

use base64::Engine as _;
use ews_stream::request::DistinguishedFolder;
use ews_stream::session::{Config, Instant, Output, RequestId, Session, SessionEvent, Subscription};
use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use ureq::http::header::{AUTHORIZATION, HeaderValue};
use ureq::http::{HeaderMap, StatusCode, Uri};

enum Answer {
    Head(StatusCode, HeaderMap),
    Chunk(Vec<u8>),
    End,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, user, seconds, _exchange) = match &arguments[..] {
        [url, user, seconds] => (url.clone(), user.clone(), seconds.parse()?, None),
        [] => {
            let config = ews_sim::Config::new(ews_sim::Style::Exchange);
            let exchange = ews_sim::http::Running::start(([127, 0, 0, 1], 0).into(), config, 1, 1.0)?;
            (format!("http://{}/EWS/Exchange.asmx", exchange.address()), "user".to_owned(), 5, Some(exchange))
        }
        _ => return Err("usage: blocking [URL USER SECONDS]".into()),
    };
    let password = std::env::var("EWS_PASSWORD").unwrap_or_default();
    let basic = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("{user}:{password}")));
    let (url, basic) = (Uri::try_from(url)?, HeaderValue::try_from(basic)?);
    let http = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    let agent = http.timeout_connect(Some(Duration::from_secs(15))).build().new_agent();

    let origin = std::time::Instant::now();
    let now = || Instant::since_origin(origin.elapsed());
    let end = now().after(Duration::from_secs(seconds));
    let (sender, receiver) = mpsc::sync_channel::<(RequestId, Result<Answer, ureq::Error>)>(16);
    let mut wanted = HashMap::new();
    let mut session = Session::new(Config::default(), u64::from(std::process::id()));
    session.subscribe(Subscription::new().folder(DistinguishedFolder::Inbox));
    loop {
        let deadline = loop {
            match session.poll_output(now()) {
                Output::Send(request) => {
                    let mut post = request.to_http(url.clone())?;
                    post.headers_mut().insert(AUTHORIZATION, basic.clone());
                    let (id, alive) = (request.id(), Arc::new(()));
                    let (agent, sender, told) = (agent.clone(), sender.clone(), Arc::downgrade(&alive));
                    wanted.insert(id, alive);
                    std::thread::spawn(move || {
                        let fetch = || {
                            let (head, body) = agent.run(post)?.into_parts();
                            let _ = sender.send((id, Ok(Answer::Head(head.status, head.headers))));
                            let (mut body, mut buffer) = (body.into_reader(), [0; 16 * 1024]);
                            while let read @ 1.. = body.read(&mut buffer)?
                                && told.strong_count() > 0
                            {
                                let _ = sender.send((id, Ok(Answer::Chunk(buffer[..read].to_vec()))));
                            }
                            Ok(Answer::End)
                        };
                        let _ = sender.send((id, fetch()));
                    });
                }
                // a blocking read cannot be woken: its thread, and the connection, end when something comes
                Output::Cancel(id) => drop(wanted.remove(&id)),
                Output::Event(SessionEvent::AuthenticationRequired { .. }) => return Err("wrong password".into()),
                Output::Event(SessionEvent::SessionClosed) => return Ok(()),
                Output::Event(event) => println!("{event:?}"),
                Output::Timeout(at) => break if now() < end { at.min(end) } else { at },
            }
        };
        match receiver.recv_timeout(deadline.since(now())) {
            Ok((id, Ok(Answer::Head(status, headers)))) => {
                session.handle_http_head(id, status, &headers, now());
            }
            Ok((id, Ok(Answer::Chunk(bytes)))) => {
                let mut input = &bytes[..];
                while let Some((_, event)) = session.next_event(id, &mut input, now()) {
                    println!("{} {:?}", event.name(), event.item_id().map(|item| item.id()));
                }
            }
            Ok((id, Ok(Answer::End))) => {
                wanted.remove(&id);
                session.handle_end(id, now());
            }
            Ok((id, Err(error))) => {
                wanted.remove(&id);
                eprintln!("request {id}: {error}");
                session.handle_failure(id, now());
            }
            Err(_) => session.handle_timeout(now()),
        }
        if now() >= end {
            session.close(now());
        }
    }
}
