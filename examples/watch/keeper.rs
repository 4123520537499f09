//! What this program decides by itself, beside the session: when to ask again with credentials that were refused, and
//! when to end.

use std::collections::HashSet;
use std::time::Duration;

use ews_stream::session::{Instant, Session, SessionEvent, SubscriptionKey};
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, WWW_AUTHENTICATE};

use crate::print::aside;

/// How long to wait before credentials that were refused are shown again: a busy server refuses good ones, too, and
/// several requests may have been refused at once.
const AGAIN: Duration = Duration::from_secs(2);

/// How often they are refused in a row before they are taken for wrong: shown more often, they may lock the account.
const NEVER_ACCEPTED: u32 = 2;
const ONCE_ACCEPTED: u32 = 5;

pub(crate) struct Keeper {
    /// What the session is looking after.
    watched: HashSet<SubscriptionKey>,
    ends_at: Option<Instant>,
    renew_at: Option<Instant>,
    accepted: bool,
    refusals: u32,
    /// What the last answer without a body that matters said, for people.
    hint: String,
    leaving: bool,
    /// The session was told so.
    closing: bool,
    verdict: Result<(), String>,
}

impl Keeper {
    pub(crate) fn new(ends_at: Option<Instant>) -> Self {
        Self {
            watched: HashSet::new(),
            ends_at,
            renew_at: None,
            accepted: false,
            refusals: 0,
            hint: String::new(),
            leaving: false,
            closing: false,
            verdict: Ok(()),
        }
    }

    pub(crate) fn watch(&mut self, key: SubscriptionKey) {
        self.watched.insert(key);
    }

    /// Reads what the session does not need, but whoever has to mend it does.
    pub(crate) fn note_head(&mut self, status: u16, headers: &HeaderMap) {
        let name = match status {
            401 => WWW_AUTHENTICATE,
            300..=399 => LOCATION,
            200..=299 => {
                (self.accepted, self.refusals) = (true, 0);
                let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/xml");
                if !kind.contains("xml") {
                    aside(&format!("note: the answer is {kind}, not XML: is that the EWS endpoint?"));
                }
                return;
            }
            _ => return self.hint.clear(),
        };
        let values: Vec<_> = headers.get_all(&name).iter().filter_map(|value| value.to_str().ok()).collect();
        self.hint = if values.is_empty() { String::new() } else { format!(" ({name}: {})", values.join(", ")) };
    }

    pub(crate) fn note(&mut self, event: &SessionEvent, now: Instant) {
        match event {
            SessionEvent::AuthenticationRequired { status } => {
                self.refusals += 1;
                if self.refusals >= if self.accepted { ONCE_ACCEPTED } else { NEVER_ACCEPTED } {
                    let hint = &self.hint;
                    self.verdict = Err(format!("the credentials are not accepted: HTTP status {status}{hint}"));
                } else {
                    self.renew_at = Some(now.after(AGAIN));
                }
            }
            // set aside by the session; this program knows nothing better to do about it
            SessionEvent::Failed { key, .. } | SessionEvent::TakenOver(key) => self.set_aside(*key, ""),
            SessionEvent::Rediscover(key) => {
                let hint = std::mem::take(&mut self.hint);
                self.set_aside(*key, &hint);
            }
            _ => {}
        }
    }

    fn set_aside(&mut self, key: SubscriptionKey, hint: &str) {
        if self.watched.remove(&key) && self.watched.is_empty() && !self.leaving {
            self.leaving = true;
            self.verdict = Err(format!("nothing is left to watch{hint}"));
        }
    }

    /// Unsubscribe and end.
    pub(crate) const fn leave(&mut self) {
        self.leaving = true;
    }

    /// How it went.
    pub(crate) fn verdict(self) -> Result<(), String> {
        self.verdict
    }

    /// When to `act`: at `deadline` or before.
    pub(crate) fn next(&self, deadline: Instant) -> Instant {
        if (self.leaving && !self.closing) || self.is_beaten() {
            return Instant::default(); // at once
        }
        let ends_at = self.ends_at.filter(|_| !self.leaving);
        [Some(deadline), ends_at, self.renew_at].into_iter().flatten().min().unwrap_or(deadline)
    }

    /// Does what it has decided. `false`: there is no sense in going on.
    pub(crate) fn act(&mut self, session: &mut Session, now: Instant) -> bool {
        if self.renew_at.take_if(|at| *at <= now).is_some() {
            session.credentials_renewed(now);
        }
        self.leaving |= self.ends_at.is_some_and(|at| at <= now);
        if self.leaving {
            session.close(now);
            self.closing = true;
        }
        !self.is_beaten()
    }

    /// Whom the server does not know, it does not let unsubscribe either.
    fn is_beaten(&self) -> bool {
        self.verdict.is_err() && !self.leaving
    }
}
