//! What a document says of its connection and of the subscriptions on it, and what is done about it once it is complete.
//! Depends on everything the session knows.
//!
//! A document holds any number of response messages, and each speaks for itself: its code is about the ids that it names.
//! Without ids it is about the connection.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use core::time::Duration;

use super::connection::{Ending, Kind};
use super::errors::{self, Action};
use super::event::{RequestId, SessionEvent, SubscriptionKey};
use super::{Session, Timer};
use crate::ResponseClass;
use crate::request::Text;

/// No server's code is longer; what is, is not kept.
const LONGEST_CODE: usize = 100;

/// What the server had to say against something.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) action: Action,
    pub(super) code: Option<String>,
    pub(super) hint: Option<Duration>,
}

impl Complaint {
    pub(super) const fn without_code(action: Action, hint: Option<Duration>) -> Self {
        Self { action, code: None, hint }
    }

    /// With an `ErrorInternalServerError`, the real code may stand further inside.
    pub(super) fn of(code: &str, inner: Option<&str>, hint: Option<Duration>) -> Self {
        let code = inner.filter(|_| code == INTERNAL).unwrap_or(code);
        let known = code.starts_with("Error") && code.len() <= LONGEST_CODE; // a fault may have SOAP's own
        Self { action: errors::action(code), code: known.then(|| String::from(code)), hint }
    }

    /// More of the same message's head came: what stood behind its contents.
    fn and(&mut self, code: &str, inner: Option<&str>, hint: Option<Duration>) {
        let hint = hint.max(self.hint);
        let before = self.code.take();
        let code = if code.is_empty() { before.as_deref().unwrap_or_default() } else { code };
        *self = Self::of(code, inner, hint);
    }
}

const INTERNAL: &str = "ErrorInternalServerError";

/// What is known of the document that is being read.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // a machine's memory is what it is
pub(super) struct Document {
    /// Something in it shows that the request is being served.
    pub(super) good: bool,
    pub(super) closed: bool,
    pub(super) new_id: Option<Text>,
    // of the response message that is being read
    code_known: bool,
    complaint: Option<Complaint>,
    /// It is of another class than Error: what it holds counts as well.
    mild: bool,
    /// Those that it is about, each once, however often the server repeats them.
    named: BTreeSet<SubscriptionKey>,
    named_any: bool,
    // of the messages before it
    about: BTreeMap<SubscriptionKey, Complaint>,
    about_all: Option<Complaint>,
    /// Events of all were missed.
    missed: bool,
}

impl Document {
    /// The head of a response message, or a part of it that stood behind contents.
    pub(super) fn response(
        &mut self,
        class: Option<ResponseClass>,
        code: &str,
        inner: Option<&str>,
        hint: Option<Duration>,
    ) {
        // of one message a code comes once
        if !code.is_empty() && self.code_known {
            self.message_ends();
        }
        self.code_known |= !code.is_empty();
        let error = class == Some(ResponseClass::Error);
        if !error && matches!(code, "NoError" | "") {
            self.good |= class.is_some(); // a warning holds what success would
            return;
        }
        self.mild = !error && class.is_some();
        match &mut self.complaint {
            Some(before) => before.and(code, inner, hint),
            None => self.complaint = Some(Complaint::of(code, inner, hint)),
        }
    }

    /// The message is about this subscription; `None`: about one that is not on the connection.
    pub(super) fn names(&mut self, key: Option<SubscriptionKey>) {
        self.named_any = true;
        self.named.extend(key);
    }

    /// Of anybody on the connection: some servers say Closed then, and go on.
    fn complains(&self) -> bool {
        self.missed || !self.about.is_empty()
    }

    fn message_ends(&mut self) {
        let named = core::mem::take(&mut self.named);
        let named_any = core::mem::take(&mut self.named_any);
        let mild = core::mem::take(&mut self.mild);
        self.code_known = false;
        let complaint = match self.complaint.take() {
            Some(complaint) => complaint,
            // they are in error, whatever the code says
            None if !named.is_empty() => Complaint::without_code(Action::Resubscribe, None),
            None => return,
        };
        if named_any {
            for key in named {
                let before = self.about.entry(key).or_insert_with(|| complaint.clone());
                if before.action == Action::Missed {
                    before.clone_from(&complaint); // there is worse
                }
            }
        } else if complaint.action == Action::Missed {
            self.missed = true;
        } else if !mild && (complaint.code.is_some() || self.about_all.is_none()) {
            self.about_all = Some(complaint);
        }
    }
}

impl Session {
    /// A document is complete: does what it said.
    pub(super) fn settle(&mut self, id: RequestId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let mut document = core::mem::take(&mut flight.document);
        document.message_ends();
        let lane = flight.lane;
        let Kind::Stream(stream) = &mut flight.kind else {
            let missed = document.missed.then(|| Complaint::without_code(Action::Missed, None));
            let ending = match document.about_all.or(missed) {
                Some(complaint) => Ending::Answer(complaint),
                None if document.good || document.new_id.is_some() => Ending::Good(document.new_id),
                None => return, // an envelope that says nothing
            };
            // the answer is whole; its body should be, too
            self.lingering.insert(id);
            self.timers.set(self.now.after(self.config.drain), Timer::Lingering(id));
            return self.conclude(id, ending, false);
        };
        // a Closed holds until something else is said
        stream.closed = document.closed || (stream.closed && !document.good);
        stream.draining &= stream.closed;
        if document.closed && !document.complains() && !core::mem::replace(&mut stream.draining, true) {
            flight.deadline = stream.deadline(&self.config, self.now);
            self.watch(id);
        }
        self.settle_each(id, lane, document.about);
        if document.missed {
            for key in self.on_connection(id) {
                self.complain(key, lane, &Complaint::without_code(Action::Missed, None));
            }
        }
        if let Some(complaint) = document.about_all {
            return self.conclude(id, Ending::Answer(complaint), true);
        }
        if document.good {
            self.promote(id);
        }
    }

    /// What was said about single subscriptions: the others of their connection stay where they are.
    fn settle_each(&mut self, id: RequestId, lane: usize, about: BTreeMap<SubscriptionKey, Complaint>) {
        let mut everybody: Option<Complaint> = None;
        for (key, complaint) in about {
            // it may have left meanwhile
            if self.table.get(key).is_none_or(|record| record.flight != Some(id)) {
                continue;
            }
            match complaint.action {
                Action::MailboxLater => self.postpone_more(key, complaint.hint),
                Action::TooManySubscriptions => self.one_too_many(key, complaint.hint),
                _ => {}
            }
            self.complain(key, lane, &complaint);
            if matches!(complaint.action, Action::Later | Action::FewerConnections) {
                everybody.get_or_insert(complaint);
            }
        }
        if let Some(complaint) = everybody {
            if complaint.action == Action::FewerConnections {
                self.fewer_slots();
            }
            self.rest(complaint.hint, lane, true);
        }
    }

    /// The server allows no more subscriptions: this one is tried again slowly.
    pub(super) fn one_too_many(&mut self, key: SubscriptionKey, hint: Option<Duration>) {
        let cap = self.config.backoff_cap;
        self.postpone(key, hint.unwrap_or(cap).max(cap));
        self.tell(SessionEvent::TooManySubscriptions(key));
    }
}
