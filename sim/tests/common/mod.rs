//! A client's end of the simulated server, for the tests.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test file uses a part of it")]

use core::time::Duration;
use ews_sim::{Head, Output, Server};

pub const S: Duration = Duration::from_secs(1);

pub fn envelope(header: &str, body: &str) -> Vec<u8> {
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" \
         xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\"><soap:Header>{header}</soap:Header>\
         <soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    .into_bytes()
}

pub fn subscribe(folders: &str) -> Vec<u8> {
    let kinds = ["NewMail", "Created", "Deleted", "Modified", "Moved", "Copied", "FreeBusyChanged"];
    let kinds: String = kinds.iter().map(|kind| format!("<t:EventType>{kind}Event</t:EventType>")).collect();
    let (all, folders) = match folders {
        "" => (" SubscribeToAllFolders=\"true\"", String::new()),
        name => ("", format!("<t:FolderIds><t:DistinguishedFolderId Id=\"{name}\"/></t:FolderIds>")),
    };
    envelope(
        "",
        &format!(
            "<m:Subscribe><m:StreamingSubscriptionRequest{all}>{folders}<t:EventTypes>{kinds}</t:EventTypes>\
             </m:StreamingSubscriptionRequest></m:Subscribe>"
        ),
    )
}

pub fn stream(ids: &[&str], minutes: i64) -> Vec<u8> {
    let ids: String = ids.iter().map(|id| format!("<t:SubscriptionId>{id}</t:SubscriptionId>")).collect();
    envelope(
        "",
        &format!(
            "<m:GetStreamingEvents><m:SubscriptionIds>{ids}</m:SubscriptionIds>\
             <m:ConnectionTimeout>{minutes}</m:ConnectionTimeout></m:GetStreamingEvents>"
        ),
    )
}

pub fn unsubscribe(id: &str) -> Vec<u8> {
    envelope("", &format!("<m:Unsubscribe><m:SubscriptionId>{id}</m:SubscriptionId></m:Unsubscribe>"))
}

/// What has come on one connection.
#[derive(Debug, Default)]
pub struct Seen {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub chunks: Vec<String>,
    pub ended: bool,
    pub broken: bool,
}

impl Seen {
    pub fn text(&self) -> String {
        self.chunks.concat()
    }
}

pub fn poll(server: &mut Server, connection: u64, now: Duration) -> Seen {
    let mut seen = Seen::default();
    for output in server.poll(now).into_iter().filter(|output| output.connection() == connection) {
        match output {
            Output::Head { status, headers, .. } => (seen.status, seen.headers) = (status, headers),
            Output::Body { bytes, .. } => seen.chunks.push(String::from_utf8_lossy(&bytes).into_owned()),
            Output::End { .. } => seen.ended = true,
            Output::Broken { .. } => seen.broken = true,
        }
    }
    seen
}

pub fn ask(server: &mut Server, connection: u64, body: &[u8], now: Duration) -> Seen {
    server.request(connection, &Head::post(), body, now);
    poll(server, connection, now)
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start = text.find(before).map_or_else(|| panic!("no {before} in {text}"), |at| at + before.len());
    &text[start..start + text[start..].find(after).expect("an end")]
}

pub fn subscribed(server: &mut Server, connection: u64, folders: &str, now: Duration) -> String {
    let seen = ask(server, connection, &subscribe(folders), now);
    between(&seen.text(), "<m:SubscriptionId>", "</m:SubscriptionId>").to_owned()
}
