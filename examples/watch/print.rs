//! What is printed: a line for each event, readable or JSON, at once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use ews_stream::Event;
use ews_stream::session::{FailureReason, GapReason, Instant, SessionEvent, SubscriptionKey};
use serde_json::{Map, Value};

use crate::words::{describe, tame};

/// To standard error. Whether anybody reads it does not matter.
pub(crate) fn aside(words: &str) {
    let _ = writeln!(io::stderr(), "{words}");
}

pub(crate) fn help(words: &str) {
    let _ = writeln!(io::stdout(), "{words}");
}

pub(crate) struct Printer {
    json: bool,
    /// Whose subscription it is, where there are several.
    names: HashMap<SubscriptionKey, String>,
    /// Whoever read this has gone.
    gone: bool,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, names: HashMap::new(), gone: false }
    }

    pub(crate) fn name(&mut self, key: SubscriptionKey, name: String) {
        self.names.insert(key, name);
    }

    pub(crate) const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Something for people only.
    pub(crate) fn words(&mut self, words: &str) {
        if !self.json {
            self.line(&format!("{} {words}", clock()));
        }
    }

    pub(crate) fn mailbox_event(&mut self, key: SubscriptionKey, event: Event<'_>) {
        let name = self.names.get(&key);
        let line = if self.json {
            let mut object = serde_json::to_value(event).unwrap_or_default();
            if let (Value::Object(object), Some(name)) = (&mut object, name) {
                object.insert("mailbox".to_owned(), name.as_str().into());
            }
            object.to_string()
        } else {
            format!("{} {}{}", clock(), label(name), describe(&event))
        };
        self.line(&line);
    }

    pub(crate) fn session_event(&mut self, event: &SessionEvent, now: Instant) {
        let told = tell(event, now);
        let name = told.key.and_then(|key| self.names.get(&key));
        let line = if self.json {
            let mut object = Map::new();
            object.insert("session".to_owned(), told.name.into());
            if let Some(name) = name {
                object.insert("mailbox".to_owned(), name.as_str().into());
            }
            object.extend(told.fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
            Value::Object(object).to_string()
        } else {
            format!("{} {}{}", clock(), label(name), told.words)
        };
        self.line(&line);
    }

    fn line(&mut self, line: &str) {
        // JSON has it escaped or exact
        let line = if self.json { Cow::Borrowed(line) } else { Cow::Owned(tame(line)) };
        let mut out = io::stdout().lock();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            self.gone = true;
        }
    }
}

fn label(name: Option<&String>) -> String {
    name.map_or_else(String::new, |name| format!("[{name}] "))
}

/// The time of day, UTC.
fn clock() -> String {
    let seconds = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

// ---- events of the session ------------------------------------------------------------------------------------------

/// One of them, for people and for programs.
struct Told {
    name: &'static str,
    key: Option<SubscriptionKey>,
    words: String,
    fields: Vec<(&'static str, Value)>,
}

fn tell(event: &SessionEvent, now: Instant) -> Told {
    let (name, key, words, fields): (_, _, _, Vec<(&'static str, Value)>) = match event {
        SessionEvent::Live(key) => ("Live", Some(*key), "live: events arrive from now on".into(), vec![]),
        SessionEvent::Gap { key, reason, last_timestamp } => {
            let since = last_timestamp.as_deref().map_or(String::new(), |last| format!(" after {last}"));
            let words = format!("live again, but events{since} may be missing ({}): synchronise", because(*reason));
            let mut fields = vec![("reason", format!("{reason:?}").into())];
            fields.extend(last_timestamp.as_deref().map(|last| ("last_timestamp", last.into())));
            ("Gap", Some(*key), words, fields)
        }
        SessionEvent::Lost { key, reason } => {
            let fields = vec![("reason", format!("{reason:?}").into())];
            ("Lost", Some(*key), format!("lost: {}", because(*reason)), fields)
        }
        SessionEvent::Failed { key, reason, code } => {
            let (status, mut words) = match reason {
                FailureReason::Http(status) => (Some(*status), format!("refused for good: HTTP status {status}")),
                _ => (None, "refused for good".to_owned()),
            };
            words.extend(code.as_deref().map(|code| format!(": {code}")));
            let mut fields = vec![];
            fields.extend(status.map(|status| ("status", status.into())));
            fields.extend(code.as_deref().map(|code| ("code", code.into())));
            ("Failed", Some(*key), words, fields)
        }
        SessionEvent::Rediscover(key) => {
            ("Rediscover", Some(*key), "the mailbox lives elsewhere: its URL must be found anew".into(), vec![])
        }
        SessionEvent::TakenOver(key) => {
            ("TakenOver", Some(*key), "another connection reads the subscription now".into(), vec![])
        }
        SessionEvent::Throttled { until } => {
            let (seconds, field) = wait(*until, now);
            ("Throttled", None, format!("the server asks for rest: next request in {seconds}"), vec![field])
        }
        SessionEvent::BackingOff { until, reason, everything } => {
            let (seconds, field) = wait(*until, now);
            let which = if *everything { "request" } else { "request of that kind" };
            let words = format!("backing off ({}): next {which} in {seconds}", because(*reason));
            ("BackingOff", None, words, vec![("reason", format!("{reason:?}").into()), field])
        }
        SessionEvent::AuthenticationRequired { status } => {
            let words = format!("the credentials were not accepted: HTTP status {status}");
            ("AuthenticationRequired", None, words, vec![("status", (*status).into())])
        }
        SessionEvent::TooManyConnections { limit } => {
            let words = format!("not enough hanging connections are allowed: {limit} from now on");
            ("TooManyConnections", None, words, vec![("limit", (*limit).into())])
        }
        SessionEvent::TooManySubscriptions(key) => {
            ("TooManySubscriptions", Some(*key), "the server allows no more subscriptions for now".into(), vec![])
        }
        SessionEvent::Closed(key) => ("Closed", Some(*key), "closed".into(), vec![]),
        SessionEvent::SessionClosed => ("SessionClosed", None, "the end".into(), vec![]),
        other => ("Other", None, format!("{other:?}"), vec![("debug", format!("{other:?}").into())]),
    };
    Told { name, key, words, fields }
}

fn wait(until: Instant, now: Instant) -> (String, (&'static str, Value)) {
    let wait: Duration = until.since(now);
    let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    (format!("{:.1} s", wait.as_secs_f64()), ("wait_ms", milliseconds.into()))
}

fn because(reason: GapReason) -> &'static str {
    match reason {
        GapReason::ConnectionLost => "the connection failed",
        GapReason::SubscriptionLost => "the server no longer knows the subscription",
        GapReason::EventsMissed => "the server has missed events",
        GapReason::ProtocolError => "what came was no acceptable answer",
        GapReason::ServerError => "the server answered with an error",
        GapReason::Restarted => "the server or this program has started anew",
        GapReason::Repacked => "the connection was given up to make room",
        GapReason::TakenOver => "another connection has read the events",
        _ => "for a reason unknown to this program",
    }
}
