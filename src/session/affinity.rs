//! Which subscriptions share connections, and the headers that keep them on one mailbox server. Depends on keys.
//!
//! A lane is a set of subscriptions that may share a connection: a group of the caller's, or those that impersonate the
//! same user.

use alloc::collections::VecDeque;
use alloc::string::String;

use super::event::SubscriptionKey;
use super::time::Instant;
use crate::request::{Impersonation, Text};

/// A group of mailboxes on one mailbox server, by the vendor's [article on affinity](https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-maintain-affinity-between-group-of-subscriptions-and-mailbox-server).
///
/// The article has groups of at most 200. Adds `X-AnchorMailbox`, `X-PreferServerAffinity` and the cookie
/// `X-BackEndOverrideCookie` to the requests of its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    name: String,
    anchor: Text,
    cookie: Option<Text>,
}

impl Group {
    /// `name`: the mailboxes' `GroupingInformation` and `ExternalEwsUrl`, put together. `anchor`: the address of the
    /// group's first mailbox by name; subscribe for it first. One with control characters is left out of
    /// the requests.
    #[must_use]
    pub fn new(name: impl Into<String>, anchor: Text) -> Self {
        Self { name: name.into(), anchor, cookie: None }
    }

    /// Goes on with the mailbox server of an earlier run, whose ids mean nothing to any other: what
    /// [`Session::group_cookie`](super::Session::group_cookie) said then.
    #[must_use]
    pub fn resume(mut self, cookie: Text) -> Self {
        self.cookie = Some(cookie);
        self
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneName {
    Group(String),
    Alone(Option<Impersonation>),
}

impl LaneName {
    pub(super) fn of(group: Option<&Group>, impersonation: Option<&Impersonation>) -> Self {
        match group {
            Some(group) => Self::Group(group.name.clone()),
            None => Self::Alone(impersonation.cloned()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Nobody of the group has been answered yet.
    Needed,
    /// The first Subscribe is in flight: the others wait for its cookie.
    Asked,
    Set,
}

#[derive(Debug)]
pub(super) struct Lane {
    anchor_mailbox: Option<String>,
    pub(super) affinity: bool,
    pub(super) impersonation: Option<Impersonation>,
    pub(super) cookie: Option<String>,
    pub(super) anchor: Anchor,
    /// Subscriptions that wait for the anchor's answer.
    pub(super) blocked: VecDeque<SubscriptionKey>,
    /// Subscriptions that want a connection.
    pub(super) waiting: VecDeque<SubscriptionKey>,
    /// Since when.
    pub(super) waiting_since: Option<Instant>,
    pub(super) streams: u32,
    pub(super) repack_after: Instant,
    pub(super) place: Place,
    /// Its turn among those who wait for a slot, until it has one.
    pub(super) ticket: Option<u64>,
    /// How many of its connections have spoken.
    pub(super) promoted: u32,
    /// How many requests of it are in flight.
    pub(super) requests: u32,
    /// How many subscriptions it has, and how many of them are to be served.
    pub(super) count: u32,
    pub(super) served: u32,
    /// Failures in a row, and until when nothing is sent because of them.
    pub(super) failures: u32,
    pub(super) rest_until: Instant,
}

/// In which of the session's queues a lane stands. An entry of any other queue is out of date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Nowhere,
    /// It may need a connection.
    Ready,
    /// It waits for the Subscribes under way.
    Holding,
    /// It waits for a free slot.
    Starved,
}

impl Lane {
    pub(super) fn new(group: Option<&Group>, impersonation: Option<&Impersonation>) -> Self {
        let address = impersonation.and_then(Impersonation::address);
        let cookie = group.and_then(|g| g.cookie.as_ref()).filter(|cookie| fit(cookie.as_str()));
        Self {
            anchor_mailbox: group.map(|g| g.anchor.as_str()).or(address).filter(|it| is_line(it)).map(String::from),
            affinity: group.is_some(),
            impersonation: impersonation.cloned(),
            cookie: cookie.map(|cookie| cookie.as_str().into()),
            anchor: if group.is_some() && cookie.is_none() { Anchor::Needed } else { Anchor::Set },
            blocked: VecDeque::new(),
            waiting: VecDeque::new(),
            waiting_since: None,
            streams: 0,
            repack_after: Instant::default(),
            place: Place::Nowhere,
            ticket: None,
            promoted: 0,
            requests: 0,
            count: 0,
            served: 0,
            failures: 0,
            rest_until: Instant::default(),
        }
    }

    /// The headers of each of its requests.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let anchor = self.anchor_mailbox.as_deref().map(|a| ("X-AnchorMailbox", a));
        let prefer = self.affinity.then_some(("X-PreferServerAffinity", "true"));
        let cookie = self.cookie.as_deref().map(|c| ("Cookie", c));
        anchor.into_iter().chain(prefer).chain(cookie)
    }

    /// Takes the cookie from a `Set-Cookie`. Only the group's first answer brings it.
    pub(super) fn set_cookie(&mut self, header: &str) {
        let pair = header.split(';').next().unwrap_or_default().trim();
        let wanted = pair.split_once('=').is_some_and(|(name, _)| name.trim() == "X-BackEndOverrideCookie");
        if self.affinity && wanted && fit(pair) {
            self.cookie = Some(pair.into());
        }
    }
}

/// Whether it stays within a header field. XML can carry addresses that cannot.
fn is_line(address: &str) -> bool {
    !address.bytes().any(|b| b.is_ascii_control())
}

/// Whether it may stand in a header field.
fn fit(cookie: &str) -> bool {
    cookie.len() <= 4096 && cookie.bytes().all(|b| (0x20..0x7F).contains(&b))
}
