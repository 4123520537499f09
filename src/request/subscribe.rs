//! The Subscribe operation in its three forms. Depends on folders, event types, header and text.

use alloc::vec::Vec;

use super::error::RequestError;
use super::event_types::EventTypes;
use super::folder::Folders;
use super::header::{Header, Impersonation, Version, envelope};
use super::text::{Text, element, number, put};

/// A number of minutes in 1..=1440: `t:SubscriptionTimeoutType` and `t:SubscriptionStatusFrequencyType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minutes(u16);

impl Minutes {
    /// Takes a number of minutes.
    ///
    /// # Errors
    ///
    /// It is not in 1..=1440.
    pub const fn new(minutes: u16) -> Result<Self, RequestError> {
        match minutes {
            1..=1440 => Ok(Self(minutes)),
            _ => Err(RequestError::OutOfRange { minutes, max: 1440 }),
        }
    }

    /// The number of minutes.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// [`m:Subscribe`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscribe-operation): asks the server to keep a list of what happens.
#[derive(Clone, Copy, Debug)]
pub struct Subscribe<'a> {
    folders: &'a Folders,
    events: EventTypes,
    form: Form<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    Streaming,
    Pull { watermark: Option<&'a Text>, timeout: Minutes },
    Push { watermark: Option<&'a Text>, frequency: Minutes, url: &'a Text, caller_data: Option<&'a Text> },
}

impl<'a> Subscribe<'a> {
    /// [`m:StreamingSubscriptionRequest`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/streamingsubscriptionrequest): events come on a hanging connection. Exchange
    /// 2010 SP1 and later.
    #[must_use]
    pub const fn streaming(folders: &'a Folders, events: EventTypes) -> Self {
        Self { folders, events, form: Form::Streaming }
    }

    /// [`m:PullSubscriptionRequest`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/pullsubscriptionrequest): the client asks with [`GetEvents`](super::GetEvents).
    /// `timeout`: when nobody has asked for so many minutes, the server drops it.
    #[must_use]
    pub const fn pull(folders: &'a Folders, events: EventTypes, timeout: Minutes) -> Self {
        Self { folders, events, form: Form::Pull { watermark: None, timeout } }
    }

    /// [`m:PushSubscriptionRequest`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/pushsubscriptionrequest): the server posts to `url` when something happens, and at
    /// least every `frequency` minutes ([`t:StatusFrequency`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/statusfrequency)).
    #[must_use]
    pub const fn push(folders: &'a Folders, events: EventTypes, frequency: Minutes, url: &'a Text) -> Self {
        Self { folders, events, form: Form::Push { watermark: None, frequency, url, caller_data: None } }
    }

    /// `t:Watermark`: from where to go on. A streaming subscription has none: there it changes nothing.
    #[must_use]
    pub const fn after(mut self, mark: &'a Text) -> Self {
        match &mut self.form {
            Form::Streaming => {}
            Form::Pull { watermark, .. } | Form::Push { watermark, .. } => *watermark = Some(mark),
        }
        self
    }

    /// [`t:CallerData`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/callerdata): what the server sends back with each notification. Push only: elsewhere it changes nothing.
    #[must_use]
    pub const fn caller_data(mut self, data: &'a Text) -> Self {
        if let Form::Push { caller_data, .. } = &mut self.form {
            *caller_data = Some(data);
        }
        self
    }

    /// Appends the request.
    pub fn write(&self, header: &Header, out: &mut Vec<u8>) {
        header.envelope(out, |out| self.content(out));
    }

    pub(crate) fn write_as(&self, version: Version, impersonation: Option<&Impersonation>, out: &mut Vec<u8>) {
        envelope(version, impersonation, out, |out| self.content(out));
    }

    fn content(&self, out: &mut Vec<u8>) {
        let name = match self.form {
            Form::Streaming => "m:StreamingSubscriptionRequest",
            Form::Pull { .. } => "m:PullSubscriptionRequest",
            Form::Push { .. } => "m:PushSubscriptionRequest",
        };
        put(out, &["<m:Subscribe><", name]);
        self.folders.write_attribute(out);
        put(out, &[">"]);
        self.folders.write(out);
        put(out, &["<t:EventTypes>"]);
        for event in self.events.names() {
            element("t:EventType", event, out);
        }
        put(out, &["</t:EventTypes>"]);
        match self.form {
            Form::Streaming => {}
            Form::Pull { watermark, timeout } => {
                optional("t:Watermark", watermark, out);
                number("t:Timeout", timeout.get(), out);
            }
            Form::Push { watermark, frequency, url, caller_data } => {
                optional("t:Watermark", watermark, out);
                number("t:StatusFrequency", frequency.get(), out);
                element("t:URL", url.as_str(), out);
                optional("t:CallerData", caller_data, out);
            }
        }
        put(out, &["</", name, "></m:Subscribe>"]);
    }
}

fn optional(name: &str, value: Option<&Text>, out: &mut Vec<u8>) {
    if let Some(value) = value {
        element(name, value.as_str(), out);
    }
}
