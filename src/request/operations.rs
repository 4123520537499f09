//! The operations on subscriptions that exist: GetStreamingEvents, GetEvents, Unsubscribe, and the answer to a push.
//! Depends on header and text.

use alloc::vec::Vec;

use super::error::RequestError;
use super::header::{Header, Impersonation, Version, bare_envelope, envelope};
use super::text::{Text, element, number, put};

/// How long the server keeps a hanging connection, in minutes, 1..=30: [`m:ConnectionTimeout`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectiontimeout),
/// `t:StreamingSubscriptionConnectionTimeoutType`. Servers are late by up to a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionTimeout(u16);

impl ConnectionTimeout {
    /// 1 minute.
    pub const MIN: Self = Self(1);

    /// The longest: 30 minutes.
    pub const MAX: Self = Self(30);

    /// Takes a number of minutes.
    ///
    /// # Errors
    ///
    /// It is not in 1..=30.
    pub const fn minutes(minutes: u16) -> Result<Self, RequestError> {
        match minutes {
            1..=30 => Ok(Self(minutes)),
            _ => Err(RequestError::OutOfRange { minutes, max: 30 }),
        }
    }

    /// The number of minutes.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// The subscriptions of one GetStreamingEvents: 1 to 200 ids ([`m:SubscriptionIds`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscriptionids)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionIds(Vec<Text>);

impl SubscriptionIds {
    /// The most that one request takes: 200, as the vendor's article on affinity says.
    pub const MAX: usize = 200;

    /// Takes the ids.
    ///
    /// # Errors
    ///
    /// There are none, or more than 200.
    pub fn new(ids: impl IntoIterator<Item = Text>) -> Result<Self, RequestError> {
        // one more than allowed is enough to know
        let ids: Vec<_> = ids.into_iter().take(Self::MAX.saturating_add(1)).collect();
        match ids.len() {
            0 => Err(RequestError::Empty),
            1..=Self::MAX => Ok(Self(ids)),
            _ => Err(RequestError::TooManyIds),
        }
    }
}

/// [`m:GetStreamingEvents`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/getstreamingevents-operation): opens the hanging connection on which events come.
#[derive(Clone, Copy, Debug)]
pub struct GetStreamingEvents<'a> {
    ids: &'a SubscriptionIds,
    timeout: ConnectionTimeout,
}

impl<'a> GetStreamingEvents<'a> {
    /// Asks for the events of these subscriptions.
    #[must_use]
    pub const fn new(ids: &'a SubscriptionIds, timeout: ConnectionTimeout) -> Self {
        Self { ids, timeout }
    }

    /// Appends the request.
    pub fn write(&self, header: &Header, out: &mut Vec<u8>) {
        header.envelope(out, |out| streaming(self.ids.0.iter().map(Text::as_str), self.timeout, out));
    }
}

/// For the session, which has its ids checked and counted already.
pub(crate) fn write_get_streaming_events<'i>(
    ids: impl Iterator<Item = &'i str>,
    timeout: ConnectionTimeout,
    version: Version,
    impersonation: Option<&Impersonation>,
    out: &mut Vec<u8>,
) {
    envelope(version, impersonation, out, |out| streaming(ids, timeout, out));
}

fn streaming<'i>(ids: impl Iterator<Item = &'i str>, timeout: ConnectionTimeout, out: &mut Vec<u8>) {
    put(out, &["<m:GetStreamingEvents><m:SubscriptionIds>"]);
    for id in ids {
        element("t:SubscriptionId", id, out);
    }
    put(out, &["</m:SubscriptionIds>"]);
    number("m:ConnectionTimeout", timeout.get(), out);
    put(out, &["</m:GetStreamingEvents>"]);
}

/// [`m:GetEvents`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/getevents-operation): asks a pull subscription for what happened since a watermark.
#[derive(Clone, Copy, Debug)]
pub struct GetEvents<'a> {
    id: &'a Text,
    watermark: &'a Text,
}

impl<'a> GetEvents<'a> {
    /// Asks for the events after `watermark`.
    #[must_use]
    pub const fn new(id: &'a Text, watermark: &'a Text) -> Self {
        Self { id, watermark }
    }

    /// Appends the request.
    pub fn write(&self, header: &Header, out: &mut Vec<u8>) {
        header.envelope(out, |out| {
            put(out, &["<m:GetEvents>"]);
            element("m:SubscriptionId", self.id.as_str(), out);
            element("m:Watermark", self.watermark.as_str(), out);
            put(out, &["</m:GetEvents>"]);
        });
    }
}

/// [`m:Unsubscribe`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/unsubscribe-operation): ends a streaming or pull subscription. That the server does not know it any
/// more (`ErrorSubscriptionNotFound`) is as good.
#[derive(Clone, Copy, Debug)]
pub struct Unsubscribe<'a> {
    id: &'a Text,
}

impl<'a> Unsubscribe<'a> {
    /// Ends this subscription.
    #[must_use]
    pub const fn new(id: &'a Text) -> Self {
        Self { id }
    }

    /// Appends the request.
    pub fn write(&self, header: &Header, out: &mut Vec<u8>) {
        header.envelope(out, |out| self.content(out));
    }

    pub(crate) fn write_as(self, version: Version, impersonation: Option<&Impersonation>, out: &mut Vec<u8>) {
        envelope(version, impersonation, out, |out| self.content(out));
    }

    fn content(self, out: &mut Vec<u8>) {
        put(out, &["<m:Unsubscribe>"]);
        element("m:SubscriptionId", self.id.as_str(), out);
        put(out, &["</m:Unsubscribe>"]);
    }
}

/// [`m:SubscriptionStatus`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscriptionstatus): whether a push subscription is to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionStatus {
    /// Go on.
    Ok,
    /// Send no more: how a push subscription is ended.
    Unsubscribe,
}

/// [`m:SendNotificationResult`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/sendnotificationresult): what the client's web service answers to a push notification, with
/// status 200 and `Content-Type: text/xml; charset=utf-8`.
#[derive(Clone, Copy, Debug)]
pub struct SendNotificationResult(SubscriptionStatus);

impl SendNotificationResult {
    /// An answer.
    #[must_use]
    pub const fn new(status: SubscriptionStatus) -> Self {
        Self(status)
    }

    /// Appends the answer. It has no header.
    pub fn write(&self, out: &mut Vec<u8>) {
        let status = match self.0 {
            SubscriptionStatus::Ok => "OK",
            SubscriptionStatus::Unsubscribe => "Unsubscribe",
        };
        bare_envelope(out, |out| {
            put(out, &["<m:SendNotificationResult>"]);
            element("m:SubscriptionStatus", status, out);
            put(out, &["</m:SendNotificationResult>"]);
        });
    }
}
