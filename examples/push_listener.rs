//! A web service that receives push notifications: prints each event, a JSON object a line, and answers `OK`; or
//! `Unsubscribe`, once it has been told to stop.
//!
//! ```text
//! push_listener [ADDRESS]                 listens, until Ctrl-C; 127.0.0.1:0 unless told
//! push_listener ADDRESS URL USER PUBLIC   subscribes at URL too (password in EWS_PASSWORD); PUBLIC: how the server gets here
//! ```
//!
//! Without arguments it also starts an Exchange simulated in this process, subscribes there, and ends after five seconds.
//! The first line says where it listens. Over the internet it wants TLS in front of it, and an address that nobody guesses:
//! whoever knows it can post anything.

#![allow(clippy::restriction)]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ews_stream::request::{
    DistinguishedFolder, EventTypes, Folders, Header, Minutes, SendNotificationResult, Subscribe, SubscriptionStatus,
    Text, Version,
};
use ews_stream::{Message, NotificationParser, Operation};
use tokio::net::TcpListener;

/// The server posts at least this often, in minutes.
const FREQUENCY: u16 = 1;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !matches!(arguments.len(), 0 | 1 | 4) {
        return Err("usage: push_listener [ADDRESS [URL USER PUBLIC]]".into());
    }
    let address = arguments.first().map_or("127.0.0.1:0", String::as_str);
    let listener = TcpListener::bind(address).await?;
    let here = format!("http://{}/ews/push", listener.local_addr()?);
    println!("{here}");

    let leaving = Arc::new(AtomicBool::new(false));
    let service = Router::new().route("/ews/push", post(receive)).with_state(Arc::clone(&leaving));
    tokio::spawn(async move { axum::serve(listener, service).await });

    let _exchange = match &arguments[..] {
        [] => {
            let config = ews_sim::Config::new(ews_sim::Style::Exchange);
            let exchange = ews_sim::http::Running::start(([127, 0, 0, 1], 0).into(), config, 1, 2.0)?;
            subscribe(&format!("http://{}/EWS/Exchange.asmx", exchange.address()), "user", &here).await?;
            Some(exchange)
        }
        [_, url, user, public] => {
            subscribe(url, user, public).await?;
            None
        }
        _ => None,
    };
    if arguments.is_empty() {
        tokio::time::sleep(Duration::from_secs(5)).await;
    } else {
        tokio::signal::ctrl_c().await?;
        // a push subscription is ended by the answer to its next post
        leaving.store(true, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(u64::from(FREQUENCY) * 60)).await;
    }
    Ok(())
}

/// One post, of 2 MB at most. What is no notification is answered with 400, and the server posts its events again.
async fn receive(State(leaving): State<Arc<AtomicBool>>, body: Bytes) -> Response {
    match events(&body) {
        Ok(lines) => {
            print!("{lines}");
            let leaving = leaving.load(Ordering::Relaxed);
            let status = if leaving { SubscriptionStatus::Unsubscribe } else { SubscriptionStatus::Ok };
            let mut answer = Vec::new();
            SendNotificationResult::new(status).write(&mut answer);
            ([("Content-Type", "text/xml; charset=utf-8")], answer).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}

/// All events of a post, a line each, or none: what is not answered with `OK` comes again as a whole. An empty post is no
/// error of the parser's, and no notification either.
fn events(body: &[u8]) -> Result<String, Box<dyn Error>> {
    let mut parser = NotificationParser::new();
    let mut input = body;
    let (mut lines, mut heads) = (String::new(), 0);
    while let Some(message) = parser.next_message(&mut input)? {
        match message {
            Message::Event(_) => {
                lines += &serde_json::to_string(&message)?;
                lines.push('\n');
            }
            Message::Response(head) if head.operation() == Some(Operation::SendNotification) => heads += 1,
            _ => {}
        }
    }
    parser.finish()?;
    if heads == 0 {
        return Err("this is no notification".into());
    }
    Ok(lines)
}

async fn subscribe(url: &str, user: &str, here: &str) -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (folders, here) = (Folders::from(DistinguishedFolder::Inbox), Text::new(here)?);
    let mut request = Vec::new();
    let wanted = Subscribe::push(&folders, EventTypes::ALL, Minutes::new(FREQUENCY)?, &here);
    wanted.write(&Header::new(Version::Exchange2013), &mut request);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = if url.starts_with("http:") { client.tls_certs_only([]) } else { client }.build()?;
    let post = client.post(url).basic_auth(user, std::env::var("EWS_PASSWORD").ok()).body(request);
    let answer = post.header("Content-Type", "text/xml; charset=utf-8").send().await?.bytes().await?;
    let mut input = &answer[..];
    let mut parser = NotificationParser::new();
    while let Some(message) = parser.next_message(&mut input)? {
        match message {
            Message::Subscribed(_) => return Ok(()),
            Message::Fault(fault) => return Err(format!("{fault:?}").into()),
            _ => {}
        }
    }
    Err(format!("not subscribed: {}", String::from_utf8_lossy(&answer)).into())
}
