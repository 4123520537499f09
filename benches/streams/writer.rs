//! Writes envelopes of notifications.

use std::fmt::Write as _;

use super::random::Random;

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NON_ASCII: [char; 8] = ['é', 'ß', 'ж', 'λ', '漢', '字', 'ह', '😀'];
const MARKUP: [char; 5] = ['&', '<', '>', '"', '\''];

/// How often each event occurs, of 20: a mail arriving is two events, and what is done to it a few more.
const EVENTS: [&str; 20] = [
    "CreatedEvent",
    "NewMailEvent",
    "ModifiedEvent",
    "CreatedEvent",
    "NewMailEvent",
    "ModifiedEvent",
    "MovedEvent",
    "CreatedEvent",
    "NewMailEvent",
    "ModifiedEvent",
    "ModifiedEvent",
    "DeletedEvent",
    "CreatedEvent",
    "NewMailEvent",
    "ModifiedEvent",
    "MovedEvent",
    "ModifiedEvent",
    "CopiedEvent",
    "DeletedEvent",
    "FreeBusyChangedEvent",
];

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Exchange,
    Gromox,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Values {
    Plain,
    References,
    NonAscii,
}

#[derive(Clone, Copy)]
pub struct Style {
    pub server: Server,
    /// Events an envelope.
    pub events: usize,
    /// What stands before an element for each element around it, on a line of its own.
    pub indent: Option<&'static str>,
    pub quote: char,
    pub change_key_first: bool,
    pub values: Values,
    pub ever_new_shapes: bool,
    pub ever_new_prefixes: bool,
}

impl Style {
    pub const EXCHANGE: Self = Self {
        server: Server::Exchange,
        events: 50,
        indent: None,
        quote: '"',
        change_key_first: false,
        values: Values::Plain,
        ever_new_shapes: false,
        ever_new_prefixes: false,
    };
}

/// A child of an event.
#[derive(Clone, Copy)]
enum Child {
    Watermark,
    TimeStamp,
    Item(&'static str),
    Folder(&'static str),
    UnreadCount,
    Unknown,
}

pub struct Writer {
    style: Style,
    random: Random,
    out: String,
    /// Elements open.
    depth: usize,
    envelopes: usize,
    events: usize,
    subscriptions: Vec<String>,
    /// Prefixes of the messages and types namespaces.
    messages: String,
    types: String,
}

impl Writer {
    pub fn new(style: Style, random: Random) -> Self {
        let mut writer = Self {
            style,
            random,
            out: String::new(),
            depth: 0,
            envelopes: 0,
            events: 0,
            subscriptions: Vec::new(),
            messages: "m".to_owned(),
            types: "t".to_owned(),
        };
        let len = if style.server == Server::Exchange { 72 } else { 12 };
        writer.subscriptions = (0..8).map(|_| writer.id("", len)).collect();
        writer
    }

    pub fn len(&self) -> usize {
        self.out.len()
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    pub fn envelope(&mut self) {
        if self.style.ever_new_prefixes {
            self.messages = format!("m{}", self.envelopes);
            self.types = format!("t{}", self.envelopes);
        }
        match self.style.server {
            Server::Exchange => self.exchange_envelope(),
            Server::Gromox => self.gromox_envelope(),
        }
        self.envelopes += 1;
    }

    // ---- around the events --------------------------------------------------------------------------------------

    fn exchange_envelope(&mut self) {
        self.open("Envelope", &[("xmlns", SOAP)]);
        self.open("soap11:Header", &[("xmlns:soap11", SOAP)]);
        let version = [
            ("xmlns:xsd", XSD),
            ("xmlns:xsi", XSI),
            ("MajorVersion", "15"),
            ("MinorVersion", "1"),
            ("MajorBuildNumber", "2507"),
            ("MinorBuildNumber", "57"),
            ("Version", "V2017_07_11"),
            ("xmlns", TYPES),
        ];
        self.empty("ServerVersionInfo", &version);
        self.close("soap11:Header");
        self.open("soap11:Body", &[("xmlns:soap11", SOAP)]);
        self.response(&[("xmlns:xsd", XSD), ("xmlns:xsi", XSI)]);
        self.close("soap11:Body");
        self.close("Envelope");
    }

    fn gromox_envelope(&mut self) {
        if self.envelopes == 0 {
            self.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
        }
        self.open("SOAP:Envelope", &[("xmlns:SOAP", SOAP), ("xmlns:xsi", XSI), ("xmlns:xsd", XSD)]);
        self.open("SOAP:Header", &[]);
        let version = [
            ("xmlns:t", TYPES),
            ("MajorVersion", "15"),
            ("MinorVersion", "0"),
            ("MajorBuildNumber", "847"),
            ("MinorBuildNumber", "4040"),
            ("Version", "V2017_07_11"),
        ];
        self.empty("t:ServerVersionInfo", &version);
        self.close("SOAP:Header");
        self.open("SOAP:Body", &[]);
        self.response(&[]);
        self.close("SOAP:Body");
        self.close("SOAP:Envelope");
    }

    fn response(&mut self, declarations: &[(&str, &str)]) {
        let (m, t) = (self.messages.clone(), self.types.clone());
        let (xmlns_t, xmlns_m) = (format!("xmlns:{t}"), format!("xmlns:{m}"));
        let mut attributes = declarations.to_vec();
        attributes.extend([(&*xmlns_t, TYPES), (&*xmlns_m, MESSAGES)]);
        self.open(&format!("{m}:GetStreamingEventsResponse"), &attributes);
        self.open(&format!("{m}:ResponseMessages"), &[]);
        self.open(&format!("{m}:GetStreamingEventsResponseMessage"), &[("ResponseClass", "Success")]);
        self.leaf(&format!("{m}:ResponseCode"), "NoError");
        if self.style.events > 0 {
            self.open(&format!("{m}:Notifications"), &[]);
            self.notification();
            self.close(&format!("{m}:Notifications"));
        }
        if self.style.server == Server::Gromox {
            self.empty(&format!("{m}:ErrorSubscriptionIds"), &[]);
        }
        // Exchange tells of events or of the connection, gromox of both
        if self.style.server == Server::Gromox || self.style.events == 0 {
            self.leaf(&format!("{m}:ConnectionStatus"), "OK");
        }
        self.close(&format!("{m}:GetStreamingEventsResponseMessage"));
        self.close(&format!("{m}:ResponseMessages"));
        self.close(&format!("{m}:GetStreamingEventsResponse"));
    }

    fn notification(&mut self) {
        let notification = format!("{}:Notification", self.messages);
        self.open(&notification, &[]);
        let at = self.random.below(self.subscriptions.len());
        let subscription = self.value(&self.subscriptions[at].clone());
        self.leaf(&format!("{}:SubscriptionId", self.types), &subscription);
        if self.style.server == Server::Gromox {
            self.leaf(&format!("{}:MoreEvents", self.types), "false");
        }
        for _ in 0..self.style.events {
            self.event();
        }
        self.close(&notification);
    }

    // ---- events -------------------------------------------------------------------------------------------------

    fn event(&mut self) {
        let name = self.random.pick(&EVENTS);
        let of_folder = match name {
            "NewMailEvent" | "FreeBusyChangedEvent" => false,
            // a change of an item is a change of its folder, too
            "ModifiedEvent" => self.random.once_in(2),
            _ => self.random.once_in(16),
        };
        let mut children = vec![Child::TimeStamp];
        children.push(if of_folder { Child::Folder("FolderId") } else { Child::Item("ItemId") });
        children.push(Child::Folder("ParentFolderId"));
        if matches!(name, "MovedEvent" | "CopiedEvent") {
            children.push(if of_folder { Child::Folder("OldFolderId") } else { Child::Item("OldItemId") });
            children.push(Child::Folder("OldParentFolderId"));
        }
        if name == "ModifiedEvent" && of_folder {
            children.push(Child::UnreadCount);
        }
        if self.style.ever_new_shapes {
            children.retain(|_| !self.random.once_in(8));
            if self.random.once_in(2) {
                children.push(Child::Watermark);
            }
            if self.random.once_in(4) {
                children.push(Child::Unknown);
            }
            self.random.shuffle(&mut children);
        }
        let name = format!("{}:{name}", self.types);
        self.open(&name, &[]);
        for child in children {
            self.child(child);
        }
        self.close(&name);
        self.events += 1;
    }

    fn child(&mut self, child: Child) {
        let t = self.types.clone();
        match child {
            Child::Watermark => {
                let value = self.id("AQAA", 40);
                self.leaf(&format!("{t}:Watermark"), &value);
            }
            Child::TimeStamp => {
                let value = self.timestamp();
                let value = self.value(&value);
                self.leaf(&format!("{t}:TimeStamp"), &value);
            }
            Child::Item(name) => {
                let (id, key) = (self.id("AAMk", 152), self.id("CQAAABYA", 40));
                self.id_element(&format!("{t}:{name}"), &id, &key);
            }
            Child::Folder(name) => {
                let len = 116 + 4 * self.random.below(2);
                let (id, key) = (self.id("AQMk", len), self.id("AQAA", 8));
                self.id_element(&format!("{t}:{name}"), &id, &key);
            }
            Child::UnreadCount => {
                let count = self.random.below(1000).to_string();
                let value = self.value(&count);
                self.leaf(&format!("{t}:UnreadCount"), &value);
            }
            Child::Unknown => {
                let name = format!("{t}:Extension{}", self.random.below(100));
                self.leaf(&name, "no client knows this yet");
            }
        }
    }

    fn id_element(&mut self, name: &str, id: &str, change_key: &str) {
        let (id, change_key) = (self.value(id), self.value(change_key));
        let mut attributes = [("Id", &*id), ("ChangeKey", &*change_key)];
        let without_key = self.style.server == Server::Gromox || self.style.ever_new_shapes && self.random.once_in(2);
        if without_key {
            self.empty(name, &attributes[..1]);
            return;
        }
        if self.style.change_key_first {
            attributes.reverse();
        }
        self.empty(name, &attributes);
    }

    // ---- values -------------------------------------------------------------------------------------------------

    fn timestamp(&mut self) -> String {
        let (hour, minute, second) = (self.events / 3600 % 24, self.events / 60 % 60, self.events % 60);
        let time = format!("2026-03-05T{hour:02}:{minute:02}:{second:02}");
        match self.style.server {
            Server::Exchange => format!("{time}Z"),
            Server::Gromox => format!("{time}.{:09}Z", self.random.below(1_000_000_000)),
        }
    }

    /// `len` characters.
    fn id(&mut self, begin: &str, len: usize) -> String {
        let mut id = begin.to_owned();
        for _ in begin.len()..len {
            id.push(match self.style.values {
                Values::NonAscii => self.random.pick(&NON_ASCII),
                Values::References if self.random.once_in(8) => self.random.pick(&MARKUP),
                _ => char::from(self.random.pick(BASE64)),
            });
        }
        id
    }

    /// A value as it is written.
    fn value(&mut self, value: &str) -> String {
        if self.style.values != Values::References {
            return value.to_owned();
        }
        let mut written = String::new();
        for character in value.chars() {
            match character {
                '&' => written.push_str("&amp;"),
                '<' => written.push_str("&lt;"),
                '>' => written.push_str("&gt;"),
                '"' => written.push_str("&quot;"),
                '\'' => written.push_str("&apos;"),
                _ if self.random.once_in(16) => write!(written, "&#{};", u32::from(character)).unwrap(),
                _ if self.random.once_in(16) => write!(written, "&#x{:X};", u32::from(character)).unwrap(),
                _ => written.push(character),
            }
        }
        written
    }

    // ---- markup -------------------------------------------------------------------------------------------------

    fn line(&mut self) {
        if let Some(indent) = self.style.indent {
            if !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.push_str(&indent.repeat(self.depth));
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.line();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            let quote = self.style.quote;
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push('=');
            self.out.push(quote);
            self.out.push_str(value);
            self.out.push(quote);
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push('>');
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line();
        self.end(name);
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.out.push_str(if self.style.server == Server::Exchange { " />" } else { "/>" });
    }

    fn leaf(&mut self, name: &str, value: &str) {
        self.tag(name, &[]);
        self.out.push('>');
        self.out.push_str(value);
        self.end(name);
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }
}
