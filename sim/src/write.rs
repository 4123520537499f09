//! The two ways of writing.

use crate::{Config, Event, Style, Target, id};
use core::fmt::Write as _;
use core::time::Duration;

const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";
const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The events of one subscription in one document; without events, its heartbeat.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) id: String,
    pub(crate) more: bool,
    pub(crate) events: Vec<Event>,
    /// For pull: the watermarks before and after.
    pub(crate) watermarks: Option<(String, String)>,
}

/// One document of a stream.
#[derive(Debug, Default)]
pub(crate) struct Document<'a> {
    pub(crate) error: Option<(&'a str, &'a str)>,
    pub(crate) error_ids: &'a [String],
    pub(crate) notifications: &'a [Notification],
    pub(crate) status: Option<&'a str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Writer {
    pub(crate) style: Style,
    epoch: u64,
    numbered: bool,
}

impl Writer {
    pub(crate) fn new(config: &Config) -> Self {
        Self { style: config.style, epoch: config.epoch, numbered: config.numbered_ids }
    }

    fn gromox(&self) -> bool {
        self.style == Style::Gromox
    }

    fn gromox_head() -> String {
        format!("<SOAP:Envelope xmlns:SOAP=\"{SOAP}\" xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\">")
    }

    fn gromox_envelope(declared: bool, operation: &str, messages: &str) -> String {
        let declaration = if declared { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>" } else { "" };
        format!(
            "{declaration}{}<SOAP:Header><t:ServerVersionInfo xmlns:t=\"{TYPES}\" MajorVersion=\"15\" \
             MinorVersion=\"0\" MajorBuildNumber=\"847\" MinorBuildNumber=\"4040\" Version=\"V2017_07_11\"/>\
             </SOAP:Header><SOAP:Body><m:{operation}Response xmlns:m=\"{MESSAGES}\" xmlns:t=\"{TYPES}\">\
             <m:ResponseMessages>{messages}</m:ResponseMessages></m:{operation}Response></SOAP:Body></SOAP:Envelope>",
            Self::gromox_head()
        )
    }

    /// A whole answer that is no stream: its response messages are given.
    pub(crate) fn answer(&self, operation: &str, messages: &str) -> Vec<u8> {
        if self.gromox() {
            return Self::gromox_envelope(true, operation, messages).into_bytes();
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{SOAP}\"><s:Header>\
             <h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" \
             MinorBuildNumber=\"57\" Version=\"V2017_07_11\" xmlns:h=\"{TYPES}\" xmlns=\"{TYPES}\" xmlns:xsd=\"{XSD}\" \
             xmlns:xsi=\"{XSI}\"/></s:Header><s:Body xmlns:xsi=\"{XSI}\" xmlns:xsd=\"{XSD}\">\
             <m:{operation}Response xmlns:m=\"{MESSAGES}\" xmlns:t=\"{TYPES}\"><m:ResponseMessages>{messages}\
             </m:ResponseMessages></m:{operation}Response></s:Body></s:Envelope>"
        )
        .into_bytes()
    }

    /// One successful response message.
    pub(crate) fn success(name: &str, inner: &str) -> String {
        format!("<m:{name} ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>{inner}</m:{name}>")
    }

    /// One failed response message.
    pub(crate) fn error(name: &str, code: &str, text: &str, back_off: Option<u64>) -> String {
        let extra = back_off.map_or(String::new(), |milliseconds| {
            format!("<m:MessageXml><t:Value Name=\"BackOffMilliseconds\">{milliseconds}</t:Value></m:MessageXml>")
        });
        format!(
            "<m:{name} ResponseClass=\"Error\"><m:MessageText>{}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>\
             <m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{extra}</m:{name}>",
            escape(text)
        )
    }

    /// A SOAP fault with the code as this server spells it.
    pub(crate) fn fault(&self, code: &str, text: &str, back_off: Option<u64>) -> Vec<u8> {
        let text = escape(text);
        if self.gromox() {
            return format!(
                "{}<SOAP:Header/><SOAP:Body><SOAP:Fault><faultcode xsi:type=\"xsd:string\">{code}</faultcode>\
                 <faultstring xsi:type=\"xsd:string\">{text}</faultstring></SOAP:Fault></SOAP:Body></SOAP:Envelope>",
                Self::gromox_head()
            )
            .into_bytes();
        }
        let extra = back_off.map_or(String::new(), |milliseconds| {
            format!(
                "<t:MessageXml xmlns:t=\"{TYPES}\"><t:Value Name=\"BackOffMilliseconds\">{milliseconds}</t:Value>\
                 </t:MessageXml>"
            )
        });
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{SOAP}\"><s:Body><s:Fault>\
             <faultcode xmlns:a=\"{TYPES}\">a:{code}</faultcode><faultstring xml:lang=\"en-US\">{text}</faultstring>\
             <detail><e:ResponseCode xmlns:e=\"{ERRORS}\">{code}</e:ResponseCode><e:Message xmlns:e=\"{ERRORS}\">{text}\
             </e:Message>{extra}</detail></s:Fault></s:Body></s:Envelope>"
        )
        .into_bytes()
    }

    /// One document of a stream; only a stream's first may have a declaration, and only gromox writes it.
    pub(crate) fn document(&self, first: bool, document: &Document<'_>) -> Vec<u8> {
        let name = "GetStreamingEventsResponseMessage";
        let (class, mut inner) = match document.error {
            None => ("Success", "<m:ResponseCode>NoError</m:ResponseCode>".to_owned()),
            Some((code, text)) => (
                "Error",
                format!(
                    "<m:MessageText>{text}</m:MessageText><m:ResponseCode>{code}</m:ResponseCode>\
                     <m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>"
                ),
            ),
        };
        let notifications: String = document.notifications.iter().map(|n| self.notification(n)).collect();
        self.list(&mut inner, "Notifications", &notifications);
        let tag = if self.gromox() { "SubscriptionId" } else { "m:SubscriptionId" };
        let ids: String = document.error_ids.iter().map(|id| format!("<{tag}>{}</{tag}>", escape(id))).collect();
        self.list(&mut inner, "ErrorSubscriptionIds", &ids);
        if let Some(status) = document.status {
            let _ = write!(inner, "<m:ConnectionStatus>{status}</m:ConnectionStatus>");
        }
        let message = format!("<m:{name} ResponseClass=\"{class}\">{inner}</m:{name}>");
        if self.gromox() {
            return Self::gromox_envelope(first, "GetStreamingEvents", &message).into_bytes();
        }
        format!(
            "<Envelope xmlns=\"{SOAP}\"><soap11:Header xmlns:soap11=\"{SOAP}\"><ServerVersionInfo xmlns:xsd=\"{XSD}\" \
             xmlns:xsi=\"{XSI}\" MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" \
             MinorBuildNumber=\"57\" Version=\"V2017_07_11\" xmlns=\"{TYPES}\" /></soap11:Header>\
             <soap11:Body xmlns:soap11=\"{SOAP}\"><m:GetStreamingEventsResponse xmlns:xsd=\"{XSD}\" xmlns:xsi=\"{XSI}\" \
             xmlns:t=\"{TYPES}\" xmlns:m=\"{MESSAGES}\"><m:ResponseMessages>{message}</m:ResponseMessages>\
             </m:GetStreamingEventsResponse></soap11:Body></Envelope>"
        )
        .into_bytes()
    }

    /// What is posted to a client's web service.
    pub(crate) fn send_notification(&self, notification: &Notification) -> Vec<u8> {
        let message = Self::success("SendNotificationResponseMessage", &self.notification(notification));
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap11:Envelope xmlns:soap11=\"{SOAP}\"><soap11:Header>\
             <t:RequestServerVersion xmlns:t=\"{TYPES}\" Version=\"Exchange2013\"/></soap11:Header><soap11:Body>\
             <m:SendNotification xmlns:t=\"{TYPES}\" xmlns:m=\"{MESSAGES}\"><m:ResponseMessages>{message}\
             </m:ResponseMessages></m:SendNotification></soap11:Body></soap11:Envelope>"
        )
        .into_bytes()
    }

    /// gromox writes empty lists, Exchange leaves them out.
    fn list(&self, inner: &mut String, name: &str, content: &str) {
        let _ = match (content.is_empty(), self.gromox()) {
            (true, true) => write!(inner, "<m:{name}/>"),
            (true, false) => Ok(()),
            (false, _) => write!(inner, "<m:{name}>{content}</m:{name}>"),
        };
    }

    pub(crate) fn notification(&self, notification: &Notification) -> String {
        let mut out = format!("<m:Notification><t:SubscriptionId>{}</t:SubscriptionId>", escape(&notification.id));
        if let Some((before, _)) = &notification.watermarks {
            let _ = write!(out, "<t:PreviousWatermark>{before}</t:PreviousWatermark>");
        }
        if self.gromox() || notification.watermarks.is_some() {
            let _ = write!(out, "<t:MoreEvents>{}</t:MoreEvents>", notification.more);
        }
        let mark = notification.watermarks.as_ref().map(|(_, after)| format!("<t:Watermark>{after}</t:Watermark>"));
        let mark = mark.unwrap_or_default();
        for event in &notification.events {
            self.event(&mut out, event, &mark);
        }
        if notification.events.is_empty() {
            let _ = match mark.is_empty() {
                true => write!(out, "<t:StatusEvent/>"),
                false => write!(out, "<t:StatusEvent>{mark}</t:StatusEvent>"),
            };
        }
        out + "</m:Notification>"
    }

    fn event(&self, out: &mut String, event: &Event, mark: &str) {
        let number = if self.numbered { event.number } else { 0 };
        let name = event.kind.name();
        let _ = write!(out, "<t:{name}>{mark}<t:TimeStamp>{}</t:TimeStamp>", self.time(event));
        self.target(out, "", event.mailbox, event.target, number);
        self.parent(out, "Parent", event.mailbox, event.parent);
        if let Some((target, parent)) = event.old {
            self.target(out, "Old", event.mailbox, target, 0);
            self.parent(out, "OldParent", event.mailbox, parent);
        }
        if let Some(unread) = event.unread {
            let _ = write!(out, "<t:UnreadCount>{unread}</t:UnreadCount>");
        }
        let _ = write!(out, "</t:{name}>");
    }

    fn target(&self, out: &mut String, prefix: &str, mailbox: u32, target: Target, number: u64) {
        let name = if matches!(target, Target::Item(_)) { "ItemId" } else { "FolderId" };
        let _ = write!(out, "<t:{prefix}{name} {}", self.id(mailbox, target, number));
    }

    fn parent(&self, out: &mut String, prefix: &str, mailbox: u32, folder: u64) {
        let _ = write!(out, "<t:{prefix}FolderId {}", self.id(mailbox, Target::Folder(folder), 0));
    }

    /// `Id="…"` with a change key where this server writes one, and the end of the tag.
    pub(crate) fn id(&self, mailbox: u32, target: Target, number: u64) -> String {
        let id = id::write(self.style, mailbox, target, number);
        match (self.style, target) {
            (Style::Gromox, _) => format!("Id=\"{id}\"/>"),
            (Style::Exchange, Target::Item(_)) => format!("Id=\"{id}\" ChangeKey=\"CQAAAA==\" />"),
            (Style::Exchange, Target::Folder(_)) => format!("Id=\"{id}\" ChangeKey=\"AQAAAA==\" />"),
        }
    }

    fn time(&self, event: &Event) -> String {
        let Civil { year, month, day, hour, minute, second } = civil(self.epoch + event.at.as_secs());
        let date = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if self.gromox() { format!("{date}.{:09}Z", event.at.subsec_nanos()) } else { format!("{date}Z") }
    }

    /// A time as HTTP writes it.
    pub(crate) fn http_date(&self, at: Duration) -> String {
        let seconds = self.epoch + at.as_secs();
        let Civil { year, month, day, hour, minute, second } = civil(seconds);
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(seconds / 86_400 % 7) as usize];
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let month = months[(month - 1) as usize];
        format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

struct Civil {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
    second: u64,
}

/// The Gregorian date of a second since 1970 (days are counted from 1 March of year 0).
fn civil(seconds: u64) -> Civil {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Civil {
        year: year + era * 400 + u64::from(month <= 2),
        month,
        day: of_year - (153 * shifted + 2) / 5 + 1,
        hour: rest / 3600,
        minute: rest / 60 % 60,
        second: rest % 60,
    }
}
