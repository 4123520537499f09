//! The notification operations other than streaming: subscribe, unsubscribe, pull.

use crate::push::Push;
use crate::request::{FolderRef, Refusal, Subscribe};
use crate::server::{ConnectionId, Server};
use crate::subscription::Subscription;
use crate::write::{Notification, Writer};
use crate::{End, Event, Filter, Mailbox, Mode, Record, Style, Target, id};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

impl Server {
    pub(crate) fn subscribe(
        &mut self,
        connection: ConnectionId,
        mailbox: &str,
        wish: &Subscribe,
        anchored: bool,
        cookie: Option<String>,
        now: Duration,
    ) {
        let name = "SubscribeResponseMessage";
        let refuse = |code: &str, text: &str| Writer::error(name, code, text, None);
        let (watched, folders) = match self.watched(mailbox, wish.folders.as_deref()) {
            Ok(watched) => watched,
            Err((code, text)) => {
                return match (self.config.style, code) {
                    (Style::Gromox, _) => self.fault(connection, 500, "SOAP:Server", &text, None),
                    (Style::Exchange, "ErrorSchemaValidation") => self.fault(connection, 500, code, &text, None),
                    (Style::Exchange, _) => self.messages(connection, "Subscribe", &refuse(code, &text)),
                };
            }
        };
        if wish.kinds.is_empty() && self.config.style == Style::Exchange {
            let text = "The request failed schema validation: The element 'EventTypes' has incomplete content.";
            return self.fault(connection, 500, "ErrorSchemaValidation", text, None);
        }
        if wish.watermark.as_deref().is_some_and(|mark| self.watermark_number(mark).is_none()) {
            return self.messages(
                connection,
                "Subscribe",
                &refuse("ErrorInvalidWatermark", "The watermark is invalid."),
            );
        }
        if self.by_mailbox.get(&watched).is_some_and(|ids| ids.len() >= self.config.subscription_limit) {
            let text = "You have exceeded the available subscriptions for your account.";
            return self.messages(connection, "Subscribe", &refuse("ErrorExceededSubscriptionCount", text));
        }
        self.counter += 1;
        let minutes = wish.minutes.unwrap_or((self.config.expiry.as_secs() / 60) as u32);
        let expiry =
            if wish.mode == Mode::Streaming { self.config.expiry } else { Duration::from_secs(60) * minutes.max(1) };
        let id = id::subscription(self.config.style, self.counter, minutes, self.config.epoch, now.as_secs());
        let fresh = anchored && cookie.is_none();
        let backend = if fresh { Some(format!("mbx{:02}~{}", self.counter % 7, self.rng.bits())) } else { cookie };
        let record = self.file(Record {
            id: id.clone(),
            incarnation: self.incarnation,
            mailbox: watched.clone(),
            mode: wish.mode,
            created: now,
            ended: None,
            events: vec![],
        });
        let subscription = Subscription {
            record,
            mailbox: watched.clone(),
            mode: wish.mode,
            filter: Filter { folders, kinds: wish.kinds.iter().copied().collect() },
            expiry,
            expires: None,
            backend: backend.clone().filter(|_| anchored),
            pending: VecDeque::new(),
            stream: None,
        };
        self.subscriptions.insert(id.clone(), subscription);
        self.by_mailbox.entry(watched).or_default().insert(id.clone());
        match &wish.url {
            Some(url) => {
                let push = Push::new(url.clone(), expiry, self.last_event, now);
                self.pushes.insert(id.clone(), push);
            }
            None => self.set_expiry(&id, Some(now + expiry)),
        }
        // gromox gives no watermark, whatever the kind of subscription
        let mark = match (self.config.style, wish.mode) {
            (Style::Gromox, _) | (_, Mode::Streaming) => String::new(),
            _ => format!("<m:Watermark>{}</m:Watermark>", self.watermark(self.last_event)),
        };
        let inner = format!("<m:SubscriptionId>{id}</m:SubscriptionId>{mark}");
        let body = self.writer.answer("Subscribe", &Writer::success(name, &inner));
        let cookie = backend
            .filter(|_| fresh)
            .map(|backend| ("Set-Cookie".to_owned(), format!("X-BackEndOverrideCookie={backend}; path=/; HttpOnly")));
        self.respond(connection, 200, "text/xml", body, cookie.into_iter().collect());
    }

    /// The mailbox that a subscription watches, and its folders.
    #[allow(clippy::type_complexity)]
    fn watched(
        &mut self,
        mailbox: &str,
        folders: Option<&[FolderRef]>,
    ) -> Result<(String, Option<BTreeSet<u64>>), (&'static str, String)> {
        let Some(folders) = folders else { return Ok((mailbox.to_owned(), None)) };
        let mut watched: Option<String> = None;
        let mut numbers = BTreeSet::new();
        for folder in folders {
            let (owner, number) = self.folder(mailbox, folder)?;
            if watched.as_ref().is_some_and(|watched| *watched != owner) {
                let text = "The folders of a subscription must be in one mailbox.".to_owned();
                return Err(("ErrorInvalidSubscriptionRequest", text));
            }
            watched = Some(owner);
            numbers.insert(number);
        }
        Ok((watched.unwrap_or_else(|| mailbox.to_owned()), Some(numbers)))
    }

    /// The owner and the number of a folder that a request names.
    pub(crate) fn folder(
        &mut self,
        mailbox: &str,
        folder: &FolderRef,
    ) -> Result<(String, u64), (&'static str, String)> {
        match folder {
            FolderRef::Distinguished { name, mailbox: owner } => {
                let number = Mailbox::distinguished(name)
                    .ok_or_else(|| ("ErrorSchemaValidation", format!("\"{name}\" is not one of the known folders.")))?;
                let owner = owner.as_deref().unwrap_or(mailbox).to_ascii_lowercase();
                self.mailbox(&owner);
                Ok((owner, number))
            }
            FolderRef::Id(id) => {
                let Some((number, Target::Folder(folder))) = id::read(id) else {
                    return Err(("ErrorInvalidIdMalformed", "Id is malformed.".to_owned()));
                };
                let owner = self.mailboxes.iter().find(|(_, held)| held.number == number).map(|(name, _)| name.clone());
                let missing = ("ErrorItemNotFound", "The specified object was not found in the store.".to_owned());
                owner.map(|owner| (owner, folder)).ok_or(missing)
            }
        }
    }

    pub(crate) fn unsubscribe(&mut self, connection: ConnectionId, id: &str, backend: Option<&str>, now: Duration) {
        let name = "UnsubscribeResponseMessage";
        if self.config.style == Style::Gromox && !(id.len() == 12 && id.ends_with('=')) {
            return self.fault(connection, 200, "SOAP:Client", "E-3201: invalid subscription ID", None);
        }
        if !self.knows(id, backend) {
            let text = "The specified subscription was not found.";
            return self.messages(
                connection,
                "Unsubscribe",
                &Writer::error(name, "ErrorSubscriptionNotFound", text, None),
            );
        }
        if let Some(stream) = self.subscriptions.get(id).and_then(|subscription| subscription.stream) {
            let why = ("ErrorSubscriptionUnsubscribed", "The subscription has been unsubscribed.");
            self.take_out(stream, &[id.to_owned()], why, now);
        }
        self.forget(id, End::Unsubscribed, now);
        self.messages(connection, "Unsubscribe", &Writer::success(name, ""));
    }

    /// Watermarks count events: everything up to it was seen.
    pub(crate) fn watermark(&self, number: u64) -> String {
        id::write(self.config.style, 0, Target::Folder(0), number)
    }

    fn watermark_number(&self, mark: &str) -> Option<u64> {
        matches!(id::read(mark), Some((0, Target::Folder(0)))).then(|| crate::event_number(mark).unwrap_or(0))
    }

    pub(crate) fn get_events(&mut self, connection: ConnectionId, id: &str, watermark: Option<&str>, now: Duration) {
        let gromox = self.config.style == Style::Gromox;
        let name = if gromox { "x" } else { "GetEventsResponseMessage" };
        if gromox && !(id.len() == 12 && id.ends_with('=')) {
            return self.fault(connection, 200, "SOAP:Client", "E-3201: invalid subscription ID", None);
        }
        let pull = self.subscriptions.get(id).is_some_and(|subscription| subscription.mode == Mode::Pull);
        if !pull {
            let (code, text) = if gromox {
                ("ErrorInvalidSubscription", "Subscription is invalid.")
            } else {
                ("ErrorSubscriptionNotFound", "The specified subscription was not found.")
            };
            return self.messages(connection, "GetEvents", &Writer::error(name, code, text, None));
        }
        let seen = watermark.and_then(|mark| self.watermark_number(mark));
        if seen.is_none() && !gromox {
            let error = Writer::error(name, "ErrorInvalidWatermark", "The watermark is invalid.", None);
            return self.messages(connection, "GetEvents", &error);
        }
        let Some(subscription) = self.subscriptions.get_mut(id) else { return };
        // gromox forgets what it has given; Exchange, what the watermark says was seen
        subscription.pending.retain(|event| gromox || seen.is_none_or(|seen| event.number > seen));
        let count = subscription.pending.len().min(self.config.events_per_notification);
        let events: Vec<Event> = if gromox {
            subscription.pending.drain(..count).collect()
        } else {
            subscription.pending.iter().take(count).cloned().collect()
        };
        let more = if gromox { !subscription.pending.is_empty() } else { subscription.pending.len() > count };
        let expiry = subscription.expiry;
        let after = events.last().map(|event| event.number).or(seen).unwrap_or(0);
        let watermarks = watermark.filter(|_| !gromox).map(|before| (before.to_owned(), self.watermark(after)));
        let notification = Notification { id: id.to_owned(), more, events, watermarks };
        let message = Writer::success(name, &self.writer.notification(&notification));
        self.set_expiry(id, Some(now + expiry));
        self.messages(connection, "GetEvents", &message);
    }

    pub(crate) fn refuse(&mut self, connection: ConnectionId, refusal: &Refusal) {
        let gromox = self.config.style == Style::Gromox;
        match refusal {
            Refusal::NotXml if gromox => self.fault(connection, 500, "SOAP:Server", "Invalid XML", None),
            Refusal::NoBody if gromox => {
                self.respond(connection, 400, "text/xml", b"Missing request node".to_vec(), vec![]);
            }
            Refusal::Schema(text) if gromox => self.fault(connection, 200, "SOAP:Client", text, None),
            Refusal::Invalid(code, text) if gromox => self.fault(connection, 500, code, text, None),
            Refusal::Invalid("ErrorInvalidSubscriptionRequest", text) => {
                let error = Writer::error("SubscribeResponseMessage", "ErrorInvalidSubscriptionRequest", text, None);
                self.messages(connection, "Subscribe", &error);
            }
            Refusal::Invalid(code, text) => self.fault(connection, 500, code, text, None),
            Refusal::NotXml | Refusal::NoBody | Refusal::Schema(_) => {
                let text = "The request failed schema validation.";
                self.fault(connection, 500, "ErrorSchemaValidation", text, None);
            }
        }
    }
}
