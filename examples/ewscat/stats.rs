//! How many messages there are of what, and how fast they were read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use ews_stream::Message;
use serde_json::{Value, json};

use crate::words::tame;

pub(crate) struct Stats {
    pub(crate) bytes: u64,
    events: BTreeMap<String, u64>,
    others: BTreeMap<&'static str, u64>,
    since: Instant,
}

impl Default for Stats {
    fn default() -> Self {
        Self { bytes: 0, events: BTreeMap::new(), others: BTreeMap::new(), since: Instant::now() }
    }
}

impl Stats {
    pub(crate) fn count(&mut self, message: &Message<'_>) {
        let name = match message {
            Message::Event(event) => {
                if let Some(count) = self.events.get_mut(event.name()) {
                    *count += 1;
                } else {
                    self.events.insert(event.name().to_owned(), 1);
                }
                return;
            }
            Message::Response(_) => "Response",
            Message::Subscribed(_) => "Subscribed",
            Message::ErrorSubscriptionId(_) => "ErrorSubscriptionId",
            Message::ConnectionStatus(_) => "ConnectionStatus",
            Message::Fault(_) => "Fault",
            Message::ServerVersion(_) => "ServerVersion",
            Message::EndOfEnvelope => "EndOfEnvelope",
            _ => "Other",
        };
        *self.others.entry(name).or_default() += 1;
    }

    fn total(&self) -> u64 {
        self.events.values().sum()
    }

    pub(crate) fn to_json(&self) -> Value {
        let seconds = self.since.elapsed().as_secs_f64();
        json!({"events": self.events, "messages": self.others, "bytes": self.bytes, "seconds": seconds})
    }

    pub(crate) fn to_text(&self) -> String {
        let seconds = self.since.elapsed().as_secs_f64();
        let mut text = String::new();
        let mut row = |name: &str, count: u64| {
            let _ = writeln!(text, "{count:>12}  {}", tame(name));
        };
        for (name, count) in &self.events {
            row(name, *count);
        }
        row("events in all", self.total());
        for (name, count) in &self.others {
            row(name, *count);
        }
        row("bytes", self.bytes);
        #[allow(clippy::cast_precision_loss)]
        let (events, megabytes) = (self.total() as f64 / seconds, self.bytes as f64 / seconds / 1e6);
        let _ = writeln!(text, "{seconds:>12.3}  seconds: {events:.0} events/s, {megabytes:.1} MB/s");
        text
    }
}
