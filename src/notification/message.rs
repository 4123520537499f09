//! Messages other than events: what a server answers around them. Depends on the fields and the event views.

use core::fmt;

use super::event::Event;
use super::field::{Details, FaultFields, ResponseFields, SubscribedFields, VersionFields};

/// What the parser found, in the order of the body.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Message<'a> {
    /// Something happened in a mailbox, or a heartbeat. Delivered whatever the class of its response is: servers put
    /// events into responses of class Error.
    Event(Event<'a>),
    /// A response message (`…ResponseMessage`), before what it contains.
    ///
    /// Where a server writes the `ResponseCode` behind small contents (ids, a status), those wait for it. A
    /// Notification does not wait: then the code follows in a second `Response`.
    Response(Response<'a>),
    /// A subscription was made.
    Subscribed(Subscribed<'a>),
    /// A subscription that the surrounding response's error is about: one of its
    /// [`ErrorSubscriptionIds`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/errorsubscriptionids).
    ErrorSubscriptionId(&'a str),
    /// Whether the server keeps the connection open.
    ConnectionStatus(ConnectionStatus),
    /// A SOAP fault instead of an answer.
    Fault(Fault<'a>),
    /// The server's version, from the SOAP header.
    ServerVersion(ServerVersion<'a>),
    /// The end of a SOAP envelope. Another may follow in the same body.
    EndOfEnvelope,
}

/// [`m:ConnectionStatus`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/connectionstatus) of a GetStreamingEvents response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionStatus {
    /// The connection stays open. Repeated, it is Exchange's heartbeat.
    Ok,
    /// The server is about to end the response. More documents may follow, even with events: read to the end.
    Closed,
}

impl ConnectionStatus {
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        match text {
            b"OK" => Some(Self::Ok),
            b"Closed" => Some(Self::Closed),
            _ => None,
        }
    }

    /// The schema's name: `OK` or `Closed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Closed => "Closed",
        }
    }
}

/// The operation a response message answers, or `SendNotification`, which the server sends by itself (push).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `m:GetStreamingEventsResponse`: [the operation](https://learn.microsoft.com/exchange/client-developer/web-service-reference/getstreamingevents-operation).
    GetStreamingEvents,
    /// `m:GetEventsResponse`: [the operation](https://learn.microsoft.com/exchange/client-developer/web-service-reference/getevents-operation).
    GetEvents,
    /// `m:SubscribeResponse`: [the operation](https://learn.microsoft.com/exchange/client-developer/web-service-reference/subscribe-operation).
    Subscribe,
    /// `m:UnsubscribeResponse`: [the operation](https://learn.microsoft.com/exchange/client-developer/web-service-reference/unsubscribe-operation).
    Unsubscribe,
    /// `m:SendNotification`
    SendNotification,
}

impl Operation {
    pub(super) fn of(local: &[u8]) -> Option<Self> {
        match local {
            b"GetStreamingEventsResponse" => Some(Self::GetStreamingEvents),
            b"GetEventsResponse" => Some(Self::GetEvents),
            b"SubscribeResponse" => Some(Self::Subscribe),
            b"UnsubscribeResponse" => Some(Self::Unsubscribe),
            b"SendNotification" => Some(Self::SendNotification),
            _ => None,
        }
    }

    /// The operation's name in the EWS documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GetStreamingEvents => "GetStreamingEvents",
            Self::GetEvents => "GetEvents",
            Self::Subscribe => "Subscribe",
            Self::Unsubscribe => "Unsubscribe",
            Self::SendNotification => "SendNotification",
        }
    }
}

/// `@ResponseClass` of a response message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ResponseClass {
    /// It worked.
    Success,
    /// It worked in part.
    Warning,
    /// It failed; see [`Response::code`].
    Error,
}

impl ResponseClass {
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        match text {
            b"Success" => Some(Self::Success),
            b"Warning" => Some(Self::Warning),
            b"Error" => Some(Self::Error),
            _ => None,
        }
    }

    /// The schema's name: `Success`, `Warning` or `Error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }
}

/// The head of a response message: `m:ResponseMessageType` of the EWS schema.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    pub(super) run: &'a str,
    pub(super) operation: Option<Operation>,
    pub(super) class: Option<ResponseClass>,
    pub(super) fields: ResponseFields,
    pub(super) details: Details,
}

impl<'a> Response<'a> {
    /// Which operation it answers. `None`: one that has nothing to do with notifications.
    #[must_use]
    pub fn operation(&self) -> Option<Operation> {
        self.operation
    }

    /// `@ResponseClass`. `None`: absent, or none that the schema knows.
    #[must_use]
    pub fn class(&self) -> Option<ResponseClass> {
        self.class
    }

    /// [`m:ResponseCode`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode): `NoError`, or what went wrong. Servers know hundreds, and invent new ones.
    #[must_use]
    pub fn code(&self) -> Option<&'a str> {
        self.fields.code.text(self.run)
    }

    /// `m:MessageText`: for people, as sent.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        self.fields.text.text(self.run)
    }

    /// `BackOffMilliseconds` of [`m:MessageXml`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/messagexml): how long the server wants to be left alone, in milliseconds. May be 0.
    #[must_use]
    pub fn back_off_ms(&self) -> Option<u64> {
        self.details.back_off_ms
    }

    /// `InnerErrorResponseCode` of `m:MessageXml`: the real code behind an `ErrorInternalServerError`.
    #[must_use]
    pub fn inner_code(&self) -> Option<&'a str> {
        self.details.inner_code.text(self.run)
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("operation", &self.operation)
            .field("class", &self.class)
            .field("code", &self.code())
            .field("text", &self.text())
            .field("back_off_ms", &self.back_off_ms())
            .field("inner_code", &self.inner_code())
            .finish()
    }
}

/// The answer to a successful Subscribe.
#[derive(Clone, Copy)]
pub struct Subscribed<'a> {
    pub(super) run: &'a str,
    pub(super) fields: SubscribedFields,
}

impl<'a> Subscribed<'a> {
    /// `m:SubscriptionId`: opaque; some 100 to 130 characters on Exchange, 12 on others.
    #[must_use]
    pub fn subscription_id(&self) -> &'a str {
        self.fields.id.text(self.run).unwrap_or_default()
    }

    /// `m:Watermark`: pull and push only.
    #[must_use]
    pub fn watermark(&self) -> Option<&'a str> {
        self.fields.watermark.text(self.run)
    }
}

impl fmt::Debug for Subscribed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribed")
            .field("subscription_id", &self.subscription_id())
            .field("watermark", &self.watermark())
            .finish()
    }
}

/// A SOAP fault, 1.1 or 1.2.
#[derive(Clone, Copy)]
pub struct Fault<'a> {
    pub(super) run: &'a str,
    pub(super) fields: FaultFields,
    pub(super) details: Details,
}

impl<'a> Fault<'a> {
    /// `faultcode` (1.1) or `Code/Value` (1.2): a qualified name as written, such as `a:ErrorServerBusy`.
    #[must_use]
    pub fn code(&self) -> Option<&'a str> {
        self.fields.code.text(self.run)
    }

    /// `faultstring` (1.1) or the first `Reason/Text` (1.2): for people, as sent.
    #[must_use]
    pub fn string(&self) -> Option<&'a str> {
        self.fields.string.text(self.run)
    }

    /// `e:ResponseCode` of the detail.
    #[must_use]
    pub fn response_code(&self) -> Option<&'a str> {
        self.fields.response_code.text(self.run)
    }

    /// The EWS code: that of the detail, or else what [`code`](Self::code) says behind its prefix. Some servers send
    /// no detail and the EWS code as `faultcode`.
    #[must_use]
    pub fn error_code(&self) -> Option<&'a str> {
        self.response_code().or_else(|| self.code()?.rsplit(':').next())
    }

    /// `BackOffMilliseconds` of the detail's `t:MessageXml`, in milliseconds. May be 0.
    #[must_use]
    pub fn back_off_ms(&self) -> Option<u64> {
        self.details.back_off_ms
    }

    /// `InnerErrorResponseCode` of the detail's `t:MessageXml`.
    #[must_use]
    pub fn inner_code(&self) -> Option<&'a str> {
        self.details.inner_code.text(self.run)
    }

    /// `t:LineNumber` of the request that broke the schema (`ErrorSchemaValidation`), from 1.
    #[must_use]
    pub fn line_number(&self) -> Option<u32> {
        self.details.line_number
    }

    /// `t:LinePosition` of the request that broke the schema, from 1.
    #[must_use]
    pub fn line_position(&self) -> Option<u32> {
        self.details.line_position
    }

    /// `t:Violation`: how the request broke the schema.
    #[must_use]
    pub fn violation(&self) -> Option<&'a str> {
        self.details.violation.text(self.run)
    }
}

impl fmt::Debug for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code())
            .field("string", &self.string())
            .field("response_code", &self.response_code())
            .field("back_off_ms", &self.back_off_ms())
            .field("inner_code", &self.inner_code())
            .field("line_number", &self.line_number())
            .field("line_position", &self.line_position())
            .field("violation", &self.violation())
            .finish()
    }
}

/// [`t:ServerVersionInfo`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/serverversioninfo) of the SOAP header. Every part may be absent.
#[derive(Clone, Copy)]
pub struct ServerVersion<'a> {
    pub(super) run: &'a str,
    pub(super) fields: VersionFields,
}

impl<'a> ServerVersion<'a> {
    /// `@MajorVersion`: 15 for Exchange 2013 and later.
    #[must_use]
    pub fn major(&self) -> Option<u32> {
        self.fields.major
    }

    /// `@MinorVersion`
    #[must_use]
    pub fn minor(&self) -> Option<u32> {
        self.fields.minor
    }

    /// `@MajorBuildNumber`
    #[must_use]
    pub fn major_build(&self) -> Option<u32> {
        self.fields.major_build
    }

    /// `@MinorBuildNumber`
    #[must_use]
    pub fn minor_build(&self) -> Option<u32> {
        self.fields.minor_build
    }

    /// `@Version`: the schema's version, such as `V2017_07_11`. Not a name to send back in a request.
    #[must_use]
    pub fn version(&self) -> Option<&'a str> {
        self.fields.version.text(self.run)
    }
}

impl fmt::Debug for ServerVersion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerVersion")
            .field("major", &self.major())
            .field("minor", &self.minor())
            .field("major_build", &self.major_build())
            .field("minor_build", &self.minor_build())
            .field("version", &self.version())
            .finish()
    }
}
