//! Writes a [`Body`] as XML in one of the many ways that mean the same: prefixes, quotes, white space, references, CDATA,
//! comments, unknown elements and attributes, as the [`Choices`] have it.

use super::choices::Choices;
use super::model::{
    Body, Content, Detail, Envelope, Event, EventPart, FaultDetail, FaultPart, Few, Notification, NotificationPart,
    ResponseMessage, ResponsePart, Text, Version,
};

const SOAP: [&str; 3] = [
    "http://schemas.xmlsoap.org/soap/envelope/",
    "http://www.w3.org/2003/05/soap-envelope",
    "https://schemas.xmlsoap.org/soap/envelope/",
];
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";
/// What the vendor's documentation prints.
const WITH_TLS: [&str; 3] = [
    "https://schemas.microsoft.com/exchange/services/2006/messages",
    "https://schemas.microsoft.com/exchange/services/2006/types",
    "https://schemas.microsoft.com/exchange/services/2006/errors",
];
const UNKNOWN: &str = "urn:unknown?a&b";

/// The body's bytes.
pub fn write(body: &Body, choices: Choices<'_>) -> Vec<u8> {
    let mut writer =
        Writer { out: String::new(), scope: Vec::new(), open: Vec::new(), soap: SOAP[0], behind_start_tag: 0, choices };
    for (at, envelope) in body.envelopes.0.iter().enumerate() {
        writer.envelope(envelope, at == 0);
    }
    if !body.envelopes.0.is_empty() {
        writer.outside();
    }
    writer.out.into_bytes()
}

struct Writer<'a> {
    out: String,
    /// Prefix, namespace name, and the depth at which it was declared.
    scope: Vec<(&'static str, String, usize)>,
    /// Names as written.
    open: Vec<String>,
    soap: &'static str,
    /// Where the latest start tag ended.
    behind_start_tag: usize,
    choices: Choices<'a>,
}

impl Writer<'_> {
    // ---- what there is to write ---------------------------------------------------------------------------------

    fn envelope(&mut self, envelope: &Envelope, is_first: bool) {
        if !is_first {
            self.outside();
        }
        // a mark is at the very beginning, or right before what follows it
        if self.choices.one_in(4) {
            self.out.push('\u{FEFF}');
        }
        let declaration = self.choices.of(&[
            "",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "<?xml version='1.0'?>",
            "<?xml version = \"1.1\"\n encoding='UTF-8' standalone=\"no\" ?>",
        ]);
        self.out.push_str(declaration);
        if !declaration.is_empty() {
            self.outside();
        }
        self.soap = self.choices.of(&SOAP);
        self.start(self.soap, "Envelope", &[]);
        if let Some(version) = &envelope.version {
            self.start(self.soap, "Header", &[]);
            self.version(version);
            self.end();
        }
        self.start(self.soap, "Body", &[]);
        for content in &envelope.content.0 {
            match content {
                Content::Operation(operation, messages) => {
                    self.ews_start(MESSAGES, operation.element(), &[]);
                    self.ews_start(MESSAGES, "ResponseMessages", &[]);
                    for message in &messages.0 {
                        self.response_message(message);
                    }
                    self.end();
                    self.end();
                }
                Content::Fault(parts) => self.fault(parts),
            }
        }
        self.end();
        self.end();
    }

    fn version(&mut self, version: &Version) {
        const NAMES: [&str; 4] = ["MajorVersion", "MinorVersion", "MajorBuildNumber", "MinorBuildNumber"];
        let mut attributes: Vec<(&str, String)> = Vec::new();
        for (name, number) in NAMES.into_iter().zip(&version.numbers) {
            attributes.extend(number.as_ref().map(|number| (name, number.written())));
        }
        attributes.extend(version.version.as_ref().map(|text| ("Version", text.0.clone())));
        self.ews_start(TYPES, "ServerVersionInfo", &attributes);
        self.end();
    }

    fn fault(&mut self, parts: &Few<FaultPart>) {
        self.start(self.soap, "Fault", &[]);
        let namespace = if self.choices.one_in(2) { "" } else { self.soap };
        for part in &parts.0 {
            let soap_12 = self.choices.one_in(2);
            match part {
                FaultPart::Code(text) if soap_12 => {
                    self.start(self.soap, "Code", &[]);
                    self.leaf(self.soap, "Value", &[], &text.0);
                    self.end();
                }
                FaultPart::Code(text) => self.leaf(namespace, "faultcode", &[], &text.0),
                FaultPart::String(text) if soap_12 => {
                    self.start(self.soap, "Reason", &[]);
                    self.leaf(self.soap, "Text", &[], &text.0);
                    self.end();
                }
                FaultPart::String(text) => self.leaf(namespace, "faultstring", &[], &text.0),
                FaultPart::Detail(details) => {
                    self.start(namespace, if soap_12 { "Detail" } else { "detail" }, &[]);
                    for detail in &details.0 {
                        let namespace = self.choices.of(&[ERRORS, TYPES]);
                        match detail {
                            FaultDetail::ResponseCode(text) => self.ews_leaf(namespace, "ResponseCode", &text.0),
                            FaultDetail::MessageXml(details) => self.message_xml(details),
                        }
                    }
                    self.end();
                }
            }
        }
        self.end();
    }

    fn message_xml(&mut self, details: &Few<Detail>) {
        self.ews_start(MESSAGES, "MessageXml", &[]);
        for detail in &details.0 {
            let value = |name: &str| [("Name", name.to_owned())];
            match detail {
                Detail::BackOff(number) => self.leaf(TYPES, "Value", &value("BackOffMilliseconds"), &number.written()),
                Detail::InnerCode(text) => self.leaf(TYPES, "Value", &value("InnerErrorResponseCode"), &text.0),
                Detail::OtherValue(text) => self.leaf(TYPES, "Value", &value("Other"), &text.0),
                Detail::LineNumber(number) => self.ews_leaf(TYPES, "LineNumber", &number.written()),
                Detail::LinePosition(number) => self.ews_leaf(TYPES, "LinePosition", &number.written()),
                Detail::Violation(text) => self.ews_leaf(TYPES, "Violation", &text.0),
            }
        }
        self.end();
    }

    fn response_message(&mut self, message: &ResponseMessage) {
        // its name says nothing that its operation's does not
        let name = self.choices.of(&["GetStreamingEventsResponseMessage", "ResponseMessage", "é"]);
        let class: Vec<_> = message.class.iter().map(|class| ("ResponseClass", class.written().to_owned())).collect();
        self.ews_start(MESSAGES, name, &class);
        for part in message.all_parts() {
            match part {
                ResponsePart::Code(text) => self.ews_leaf(MESSAGES, "ResponseCode", &text.0),
                ResponsePart::MessageText(text) => self.ews_leaf(MESSAGES, "MessageText", &text.0),
                ResponsePart::MessageXml(details) => self.message_xml(details),
                ResponsePart::Notifications(notifications) => {
                    self.ews_start(MESSAGES, "Notifications", &[]);
                    notifications.0.iter().for_each(|notification| self.notification(notification));
                    self.end();
                }
                ResponsePart::Notification(notification) => self.notification(notification),
                ResponsePart::ErrorSubscriptionIds(ids) => {
                    self.ews_start(MESSAGES, "ErrorSubscriptionIds", &[]);
                    for id in &ids.0 {
                        let namespace = self.choices.of(&[MESSAGES, ""]);
                        self.leaf(namespace, "SubscriptionId", &[], &id.0);
                    }
                    self.end();
                }
                ResponsePart::ConnectionStatus(status) => {
                    self.ews_leaf(MESSAGES, "ConnectionStatus", status.written());
                }
                ResponsePart::SubscriptionId(text) => self.ews_leaf(MESSAGES, "SubscriptionId", &text.0),
                ResponsePart::Watermark(text) => self.ews_leaf(MESSAGES, "Watermark", &text.0),
            }
        }
        self.end();
    }

    fn notification(&mut self, notification: &Notification) {
        self.ews_start(MESSAGES, "Notification", &[]);
        for part in notification.all_parts() {
            match part {
                NotificationPart::SubscriptionId(text) => self.ews_leaf(TYPES, "SubscriptionId", &text.0),
                NotificationPart::PreviousWatermark(text) => self.ews_leaf(TYPES, "PreviousWatermark", &text.0),
                NotificationPart::MoreEvents(flag) => self.ews_leaf(TYPES, "MoreEvents", flag.written()),
                NotificationPart::Event(event) => {
                    let before = self.out.len();
                    self.event(event);
                    // the same bytes again, in the same context
                    let again = self.out[before..].to_owned();
                    (1..event.times()).for_each(|_| self.out.push_str(&again));
                    if event.times() == 0 {
                        self.out.truncate(before);
                    }
                }
            }
        }
        self.end();
    }

    fn event(&mut self, event: &Event) {
        self.ews_start(TYPES, event.kind.element(), &[]);
        for part in event.all_parts() {
            match part {
                EventPart::TimeStamp(text) => self.ews_leaf(TYPES, "TimeStamp", &text.0),
                EventPart::Watermark(text) => self.ews_leaf(TYPES, "Watermark", &text.0),
                EventPart::UnreadCount(number) => self.ews_leaf(TYPES, "UnreadCount", &number.written()),
                EventPart::Id { which, id, change_key } => {
                    let mut attributes = Vec::new();
                    attributes.extend(id.as_ref().map(|Text(text)| ("Id", text.clone())));
                    attributes.extend(change_key.as_ref().map(|Text(text)| ("ChangeKey", text.clone())));
                    self.ews_start(TYPES, EventPart::IDS[usize::from(which % 6)], &attributes);
                    self.end();
                }
            }
        }
        self.end();
    }

    // ---- elements -----------------------------------------------------------------------------------------------

    /// Servers, schema and documentation disagree which of the EWS namespaces an element is in.
    fn ews_start(&mut self, namespace: &'static str, local: &'static str, attributes: &[(&str, String)]) {
        let namespace = self.ews(namespace);
        self.start(namespace, local, attributes);
    }

    fn ews_leaf(&mut self, namespace: &'static str, local: &'static str, text: &str) {
        let namespace = self.ews(namespace);
        self.leaf(namespace, local, &[], text);
    }

    fn ews(&mut self, namespace: &'static str) -> &'static str {
        if namespace == ERRORS {
            return self.choices.of(&[ERRORS, ERRORS, WITH_TLS[2]]);
        }
        self.choices.of(&[namespace, namespace, namespace, MESSAGES, TYPES, WITH_TLS[0], WITH_TLS[1]])
    }

    fn leaf(&mut self, namespace: &'static str, local: &'static str, attributes: &[(&str, String)], text: &str) {
        self.start(namespace, local, attributes);
        self.text(text);
        self.close();
    }

    fn start(&mut self, namespace: &'static str, local: &'static str, attributes: &[(&str, String)]) {
        if !self.open.is_empty() {
            self.between();
        }
        let depth = self.open.len() + 1;
        let mut written: Vec<String> = Vec::new();
        let prefix = self.prefix(namespace, depth, &mut written);
        for (name, value) in attributes {
            written.push(self.attribute(name, value));
        }
        match self.choices.below(12) {
            8 => written.push(self.attribute("xml:lang", "Id")),
            9 => written.push(self.attribute("Unknown", "<'&\">")),
            // the same name, and not the same attribute
            10 => written.extend(["xmlns:other='urn:o'".to_owned(), self.attribute("other:Id", "no")]),
            11 => written.push("xmlns:unused = 'urn:unused'".to_owned()),
            _ => {}
        }
        let turn = self.choices.below(written.len());
        written.rotate_left(turn);

        let name = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
        self.out.push('<');
        self.out.push_str(&name);
        for attribute in written {
            let space = self.choices.of(&[" ", "\n\t", "\r\n"]);
            self.out.push_str(space);
            self.out.push_str(&attribute);
        }
        let space = self.choices.of(&["", "", " ", "\n"]);
        self.out.push_str(space);
        self.out.push('>');
        self.behind_start_tag = self.out.len();
        self.open.push(name);
    }

    /// A prefix that means `namespace` at this element, declared with it if need be.
    fn prefix(&mut self, namespace: &'static str, depth: usize, written: &mut Vec<String>) -> &'static str {
        const PREFIXES: [&str; 9] = ["", "m", "t", "s", "SOAP-ENV", "_", "é.1", "xm", "m1"];
        let meaning = |prefix: &str| {
            self.scope.iter().rev().find(|(p, ..)| *p == prefix).map_or("", |(_, meaning, _)| meaning.as_str())
        };
        if namespace.is_empty() {
            if !meaning("").is_empty() {
                self.scope.push(("", String::new(), depth));
                written.push("xmlns=''".to_owned());
            }
            return "";
        }
        let usable: Vec<&'static str> = PREFIXES.into_iter().filter(|prefix| meaning(prefix) == namespace).collect();
        // the look-up is bounded, so do not declare for ever
        let is_new = usable.is_empty() || (self.scope.len() < 20 && self.choices.one_in(6));
        if !is_new {
            return self.choices.of(&usable);
        }
        let usual = match namespace {
            MESSAGES => 1,
            TYPES => 2,
            _ if namespace == self.soap => 3,
            _ => 4,
        };
        let prefix = PREFIXES[(usual + self.choices.below(PREFIXES.len())) % PREFIXES.len()];
        self.scope.push((prefix, namespace.to_owned(), depth));
        let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        let declaration = self.attribute(&name, namespace);
        written.push(declaration);
        prefix
    }

    fn end(&mut self) {
        self.between();
        self.close();
    }

    fn close(&mut self) {
        let depth = self.open.len();
        let Some(name) = self.open.pop() else { return };
        self.scope.retain(|(.., declared)| *declared < depth);
        // an empty element may be one tag
        if self.out.len() == self.behind_start_tag && self.choices.one_in(2) {
            self.out.pop();
            self.out.push_str("/>");
            return;
        }
        let space = self.choices.of(&["", "", " ", "\r\n"]);
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push_str(space);
        self.out.push('>');
    }

    // ---- what means nothing -------------------------------------------------------------------------------------

    /// Between envelopes.
    fn outside(&mut self) {
        let gap = self.choices.of(&["", "\r\n", "\n \t", "<!-- between -->", "<?pi ?>", " <!----> "]);
        self.out.push_str(gap);
    }

    /// Between the children of an element that has no text of its own.
    fn between(&mut self) {
        if self.choices.below(3) == 1 {
            self.out.push('\n');
            let indent = self.open.len();
            self.out.extend(std::iter::repeat_n(' ', indent));
        }
        if self.choices.one_in(8) {
            let stray = self.choices.of(&["stray &amp; text]", "\r", "<![CDATA[<stray>]]>", "é&#xA0;", "]]&gt;"]);
            self.out.push_str(stray);
        }
        self.aside();
    }

    /// What may stand anywhere in an element and adds nothing to its text.
    fn aside(&mut self) {
        match self.choices.below(16) {
            11 => self.out.push_str("<!-- <t:CreatedEvent> & - é -->"),
            12 => self.out.push_str("<?target <a> & ?? ?>"),
            13 => self.out.push_str("<u:TimeStamp xmlns:u='urn:u'>no</u:TimeStamp>"),
            14 => {
                // an element that nobody knows, with children that everybody does
                let attribute = self.attribute("xmlns:u", UNKNOWN);
                self.out.push_str("<u:Unknown ");
                self.out.push_str(&attribute);
                self.out.push_str("><u:deep/>x<Watermark xmlns='");
                self.out.push_str(TYPES);
                self.out.push_str("'>no</Watermark></u:Unknown>");
            }
            15 => self.out.push_str("<u:ItemId xmlns:u='urn:u' Id='no'/>"),
            _ => {}
        }
    }

    // ---- characters ---------------------------------------------------------------------------------------------

    fn attribute(&mut self, name: &str, value: &str) -> String {
        let quote = self.choices.of(&['"', '\'']);
        let mut out = name.to_owned();
        out.push_str(self.choices.of(&["=", "=", " = ", "=\n"]));
        out.push(quote);
        for c in value.chars() {
            match c {
                '<' | '&' | '\t' | '\n' | '\r' => self.reference(c, &mut out),
                _ if c == quote => self.reference(c, &mut out),
                // white space becomes a blank, as do CR and LF together
                ' ' => out.push_str(self.choices.of(&[" ", " ", " ", "\t", "\r\n", "&#32;"])),
                // a LF behind a CR would be one with it
                _ if self.choices.one_in(16) => self.reference(c, &mut out),
                _ => out.push(c),
            }
        }
        out.push(quote);
        out
    }

    fn reference(&mut self, c: char, out: &mut String) {
        let named = match c {
            '<' => "&lt;",
            '>' => "&gt;",
            '&' => "&amp;",
            '"' => "&quot;",
            '\'' => "&apos;",
            _ => "",
        };
        let number = u32::from(c);
        let written = match self.choices.below(4) {
            0 if !named.is_empty() => named.to_owned(),
            1 => format!("&#x{number:X};"),
            2 => format!("&#x{number:08x};"),
            3 => format!("&#{number:012};"),
            _ => format!("&#{number};"),
        };
        out.push_str(&written);
    }

    fn text(&mut self, text: &str) {
        let mut out = std::mem::take(&mut self.out);
        let mut in_cdata = false;
        for c in text.chars() {
            if in_cdata {
                // a CR cannot be written there, and `]]>` would be its end
                if c == '\r' || (c == '>' && out.ends_with("]]")) || self.choices.one_in(8) {
                    out.push_str("]]>");
                    in_cdata = false;
                }
            } else if c != '\r' && self.choices.one_in(12) {
                out.push_str("<![CDATA[");
                in_cdata = true;
            }
            if in_cdata {
                if c == '\n' && self.choices.one_in(3) {
                    out.push('\r');
                }
                out.push(c);
                continue;
            }
            if self.choices.one_in(24) {
                std::mem::swap(&mut self.out, &mut out);
                self.aside();
                std::mem::swap(&mut self.out, &mut out);
            }
            match c {
                '<' | '&' | '\r' => self.reference(c, &mut out),
                '>' if out.ends_with("]]") => self.reference(c, &mut out),
                // a LF right behind a CR would be one with it
                '\n' if out.ends_with('\r') => self.reference(c, &mut out),
                '\n' => out.push_str(self.choices.of(&["\n", "\r\n", "\r"])),
                _ if self.choices.one_in(16) => self.reference(c, &mut out),
                _ => out.push(c),
            }
        }
        if in_cdata {
            out.push_str("]]>");
        }
        self.out = out;
        if self.choices.one_in(8) {
            self.aside();
        }
    }
}
