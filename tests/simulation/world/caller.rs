//! What callers do: they subscribe and unsubscribe, their processes die and come back, and others want the same.

use super::{Verdict, World, at};
use crate::network::Parcel;
use crate::plan::{Plan, Wish};
use crate::promise::Watch;
use core::time::Duration;
use ews_sim::{Head, Style};
use ews_stream::request::{ConnectionTimeout, GetStreamingEvents, Header, SubscriptionIds, Text, Version};
use ews_stream::session::Session;

impl World {
    pub(super) fn subscribe(&mut self, wish: Wish, resume: Option<Text>, cookie: Option<Text>) {
        let mut wanted = self.plan.subscription(wish, cookie);
        if let Some(id) = resume {
            wanted = wanted.resume(id);
        }
        let key = self.session.subscribe(wanted);
        self.watches.insert(key, Watch::new(self.plan.mailbox(wish).to_owned(), Plan::filter(wish)));
        self.wishes.insert(key, wish);
        self.note(|| format!("subscribe {key:?} {wish:?}"));
    }

    /// Unsubscribes one, or subscribes to one more.
    pub(super) fn fidget(&mut self) {
        let keys: Vec<_> = self.watches.iter().filter(|(_, w)| w.leaving.is_none()).map(|(key, _)| *key).collect();
        let key = self.rng.pick(&keys).copied();
        match key.filter(|_| self.rng.chance(500)) {
            Some(key) => {
                self.note(|| format!("unsubscribe {key:?}"));
                self.watches.get_mut(&key).unwrap().leaving = Some(self.now);
                self.session.unsubscribe(key, at(self.now));
            }
            None => {
                if let Some(wish) = self.rng.pick(&self.plan.wishes).copied() {
                    self.subscribe(wish, None, None);
                }
            }
        }
    }

    /// The caller's process ends without a word and starts anew, with the ids that it has kept.
    pub(super) fn restart_process(&mut self) {
        self.note(|| "the process starts anew".into());
        for connection in core::mem::take(&mut self.flights).into_keys() {
            self.network.send_up(connection, Parcel::Hangup { connection }, self.now);
        }
        let old = core::mem::take(&mut self.watches);
        let wishes = core::mem::take(&mut self.wishes);
        let seed = self.rng.bits();
        let kept: Vec<_> = old
            .iter()
            .filter(|(_, watch)| watch.leaving.is_none())
            .map(|(key, _)| {
                let text = |kept: Option<&str>| kept.and_then(|kept| Text::new(kept).ok());
                let (id, cookie) = (self.session.subscription_id(*key), self.session.group_cookie(*key));
                (wishes[key], text(id), text(cookie))
            })
            .collect();
        self.report.requests += core::mem::take(&mut self.sends).len();
        self.session = Session::new(self.plan.session(), seed);
        (self.rest_until, self.renew_credentials, self.told_full) = (Duration::ZERO, None, false);
        self.retries.clear();
        // short ids begin again with the server, and then name somebody else's subscriptions: not worth keeping
        let worth = self.plan.style == Style::Exchange;
        for (wish, id, cookie) in kept {
            self.subscribe(wish, id.filter(|_| worth), cookie);
        }
    }

    /// Another client asks for the events of one of the subscriptions. Only of one that is being read: nobody tells a
    /// client what became of its events while it did not look.
    pub(super) fn rival(&mut self) {
        let read = |id: &&str| self.server.is_streaming(id);
        let ids = self.watches.keys().filter_map(|key| self.session.subscription_id(*key)).filter(read);
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        let Some(id) = self.rng.pick(&ids) else { return };
        let mut body = vec![];
        let ids = SubscriptionIds::new([Text::new(id).unwrap()]).unwrap();
        let timeout = ConnectionTimeout::minutes(1).unwrap();
        GetStreamingEvents::new(&ids, timeout).write(&Header::new(Version::Exchange2013), &mut body);
        let head = Head::post().header("Authorization", "Basic cml2YWw6cGFzcw==");
        self.connections += 1;
        self.rivals.insert(self.connections);
        self.note(|| format!("a rival takes {id}"));
        self.server.request(self.connections, &head, &body, self.now);
    }

    /// Closes the session; nothing may be left.
    pub(super) fn finish(&mut self) -> Verdict {
        self.note(|| "close".into());
        self.closing = Some(self.now);
        self.session.close(at(self.now));
        let until = self.now + Duration::from_secs(11);
        self.pass(until)?;
        if !self.closed {
            return Err("the session was not closed in time".into());
        }
        if !self.flights.is_empty() {
            return Err(format!("requests were left behind: {:?}", self.flights));
        }
        if !self.watches.is_empty() {
            return Err(format!("subscriptions were left without a word: {:?}", self.watches.keys()));
        }
        Ok(())
    }
}
