//! The envelope around every request: namespaces, server version, impersonation. Depends on the text.

use alloc::vec::Vec;

use super::text::{Text, element, put};

/// [`t:RequestServerVersion/@Version`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/requestserverversion): which edition of the schema the client speaks.
///
/// Not which server it is: a server answers any version up to its own. Streaming needs `Exchange2010_SP1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// `Exchange2007`: pull and push only.
    Exchange2007,
    /// `Exchange2007_SP1`: pull and push only.
    Exchange2007Sp1,
    /// `Exchange2010`: pull and push only.
    Exchange2010,
    /// `Exchange2010_SP1`: the first with streaming.
    Exchange2010Sp1,
    /// `Exchange2010_SP2`.
    Exchange2010Sp2,
    /// `Exchange2013`.
    #[default]
    Exchange2013,
    /// `Exchange2013_SP1`.
    Exchange2013Sp1,
    /// `Exchange2015`.
    Exchange2015,
    /// `Exchange2016`.
    Exchange2016,
}

impl Version {
    /// The schema's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exchange2007 => "Exchange2007",
            Self::Exchange2007Sp1 => "Exchange2007_SP1",
            Self::Exchange2010 => "Exchange2010",
            Self::Exchange2010Sp1 => "Exchange2010_SP1",
            Self::Exchange2010Sp2 => "Exchange2010_SP2",
            Self::Exchange2013 => "Exchange2013",
            Self::Exchange2013Sp1 => "Exchange2013_SP1",
            Self::Exchange2015 => "Exchange2015",
            Self::Exchange2016 => "Exchange2016",
        }
    }
}

/// [`t:ExchangeImpersonation/t:ConnectingSID`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/exchangeimpersonation): whose mailbox a service account acts for.
///
/// Throttling counts against that mailbox then, not against the account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impersonation {
    /// `t:PrincipalName`: a user principal name.
    PrincipalName(Text),
    /// `t:SID`: a security identifier in SDDL form.
    Sid(Text),
    /// `t:PrimarySmtpAddress`: the quickest for the server to look up.
    PrimarySmtpAddress(Text),
    /// `t:SmtpAddress`: any address of the mailbox.
    SmtpAddress(Text),
}

impl Impersonation {
    /// The element's name and value.
    fn parts(&self) -> (&'static str, &Text) {
        match self {
            Self::PrincipalName(text) => ("t:PrincipalName", text),
            Self::Sid(text) => ("t:SID", text),
            Self::PrimarySmtpAddress(text) => ("t:PrimarySmtpAddress", text),
            Self::SmtpAddress(text) => ("t:SmtpAddress", text),
        }
    }

    /// The mailbox's address, where it is one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::PrimarySmtpAddress(text) | Self::SmtpAddress(text) => Some(text.as_str()),
            Self::PrincipalName(_) | Self::Sid(_) => None,
        }
    }
}

/// The SOAP header of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    version: Version,
    impersonation: Option<Impersonation>,
}

impl Header {
    /// A header that says which schema is spoken.
    #[must_use]
    pub const fn new(version: Version) -> Self {
        Self { version, impersonation: None }
    }

    /// Acts for another user.
    #[must_use]
    pub fn impersonate(mut self, who: Impersonation) -> Self {
        self.impersonation = Some(who);
        self
    }

    /// The whole envelope, around the body that `content` writes.
    pub(super) fn envelope(&self, out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
        envelope(self.version, self.impersonation.as_ref(), out, content);
    }
}

pub(super) fn envelope(
    version: Version,
    impersonation: Option<&Impersonation>,
    out: &mut Vec<u8>,
    content: impl FnOnce(&mut Vec<u8>),
) {
    open(out);
    put(out, &["<s:Header><t:RequestServerVersion Version=\"", version.name(), "\"/>"]);
    if let Some(who) = impersonation {
        let (name, value) = who.parts();
        put(out, &["<t:ExchangeImpersonation><t:ConnectingSID>"]);
        element(name, value.as_str(), out);
        put(out, &["</t:ConnectingSID></t:ExchangeImpersonation>"]);
    }
    put(out, &["</s:Header><s:Body>"]);
    content(out);
    put(out, &["</s:Body></s:Envelope>"]);
}

/// An envelope without a header: what a client's web service answers with.
pub(super) fn bare_envelope(out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    open(out);
    put(out, &["<s:Body>"]);
    content(out);
    put(out, &["</s:Body></s:Envelope>"]);
}

fn open(out: &mut Vec<u8>) {
    put(
        out,
        &[
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"",
            " xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"",
            " xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\">",
        ],
    );
}
