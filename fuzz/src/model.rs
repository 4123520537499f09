//! A response body as a structure, and what the parser has to say of it. How it is written is the writer's affair.
//!
//! Children stand in any order, repeated or absent. What that means is worked out here from the documented semantics: of
//! repeated parts the first counts, a response's head goes out before its contents, small contents wait for a late
//! `ResponseCode`, a Notification does not.

use arbitrary::{Arbitrary, Unstructured};
use ews_stream::{ConnectionStatus, Operation, ResponseClass};

use super::message::{EventRecord, FaultRecord, Id, Owned, ResponseRecord, VersionRecord};

/// At most four of something.
#[derive(Clone, Debug)]
pub struct Few<T>(pub Vec<T>);

impl<'a, T: Arbitrary<'a>> Arbitrary<'a> for Few<T> {
    fn arbitrary(data: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let count = data.arbitrary::<u8>()? % 5;
        (0..count).map(|_| data.arbitrary()).collect::<Result<_, _>>().map(Self)
    }
}

/// Characters that something may go wrong with, and ordinary ones.
#[derive(Clone, Debug)]
pub struct Text(pub String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(data: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        const ODD: [char; 32] = [
            '&',
            '<',
            '>',
            '"',
            '\'',
            ']',
            '-',
            '?',
            ' ',
            '\t',
            '\n',
            '\r',
            ';',
            '#',
            '/',
            ':',
            '\u{7F}',
            '\u{85}',
            '\u{A0}',
            'é',
            '€',
            '\u{2028}',
            '\u{D7FF}',
            '\u{E000}',
            '\u{FEFF}',
            '\u{FFFD}',
            '😀',
            '\u{10FFFF}',
            '\u{300}',
            '0',
            'x',
            '=',
        ];
        let mut text = String::new();
        let length = data.arbitrary::<u8>()? % 24;
        for _ in 0..length {
            let byte = data.arbitrary::<u8>()?;
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => text.push(char::from(byte)),
                // longer than the room a parser has inside of itself
                0xFF => text = text.repeat(4).chars().take(900).collect(),
                _ => text.push(ODD[usize::from(byte) % ODD.len()]),
            }
        }
        Ok(Self(text))
    }
}

impl Text {
    /// As the schema's types for codes, ids and times have it.
    fn trimmed(&self) -> String {
        self.0.trim_matches([' ', '\t', '\n', '\r']).to_owned()
    }
}

/// A number as it is written, and what it means where it is read as an `N`.
#[derive(Arbitrary, Clone, Debug)]
pub enum Number {
    Small(u8),
    Large(u64),
    Negative(i32),
    None,
    Junk(Text),
}

impl Number {
    pub fn written(&self) -> String {
        match self {
            Self::Small(number) => format!(" {number}\n"),
            Self::Large(number) => number.to_string(),
            Self::Negative(number) => number.to_string(),
            Self::None => String::new(),
            Self::Junk(text) => format!("{}.", text.0),
        }
    }

    fn value<N: TryFrom<i128>>(&self) -> Option<N> {
        match self {
            Self::Small(number) => N::try_from(i128::from(*number)).ok(),
            Self::Large(number) => N::try_from(i128::from(*number)).ok(),
            Self::Negative(number) => N::try_from(i128::from(*number)).ok(),
            Self::None | Self::Junk(_) => None,
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub struct Body {
    pub envelopes: Few<Envelope>,
}

#[derive(Arbitrary, Clone, Debug)]
pub struct Envelope {
    pub version: Option<Version>,
    pub content: Few<Content>,
}

#[derive(Arbitrary, Clone, Debug)]
pub struct Version {
    pub numbers: [Option<Number>; 4],
    pub version: Option<Text>,
}

#[derive(Arbitrary, Clone, Debug)]
pub enum Content {
    Operation(OperationName, Few<ResponseMessage>),
    Fault(Few<FaultPart>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum OperationName {
    GetStreamingEvents,
    GetEvents,
    Subscribe,
    Unsubscribe,
    SendNotification,
    /// One that has nothing to do with notifications.
    Other,
}

impl OperationName {
    pub fn element(self) -> &'static str {
        match self {
            Self::GetStreamingEvents => "GetStreamingEventsResponse",
            Self::GetEvents => "GetEventsResponse",
            Self::Subscribe => "SubscribeResponse",
            Self::Unsubscribe => "UnsubscribeResponse",
            Self::SendNotification => "SendNotification",
            Self::Other => "GetItemResponse",
        }
    }

    fn meaning(self) -> Option<Operation> {
        Some(match self {
            Self::GetStreamingEvents => Operation::GetStreamingEvents,
            Self::GetEvents => Operation::GetEvents,
            Self::Subscribe => Operation::Subscribe,
            Self::Unsubscribe => Operation::Unsubscribe,
            Self::SendNotification => Operation::SendNotification,
            Self::Other => return None,
        })
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub struct ResponseMessage {
    pub class: Option<Class>,
    pub parts: Few<ResponsePart>,
    pub more: Few<ResponsePart>,
}

impl ResponseMessage {
    pub fn all_parts(&self) -> impl Iterator<Item = &ResponsePart> {
        self.parts.0.iter().chain(&self.more.0)
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Class {
    Success,
    Warning,
    Error,
    Unknown,
}

impl Class {
    pub fn written(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Warning => " Warning ",
            Self::Error => "Error",
            Self::Unknown => "error",
        }
    }

    fn meaning(self) -> Option<ResponseClass> {
        match self {
            Self::Success => Some(ResponseClass::Success),
            Self::Warning => Some(ResponseClass::Warning),
            Self::Error => Some(ResponseClass::Error),
            Self::Unknown => None,
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub enum ResponsePart {
    Code(Text),
    MessageText(Text),
    MessageXml(Few<Detail>),
    Notifications(Few<Notification>),
    /// Right in the response message, as pull and push have it.
    Notification(Notification),
    ErrorSubscriptionIds(Few<Text>),
    ConnectionStatus(Status),
    SubscriptionId(Text),
    Watermark(Text),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Status {
    Ok,
    Closed,
    Unknown,
}

impl Status {
    pub fn written(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Closed => "\nClosed ",
            Self::Unknown => "Ok",
        }
    }

    fn meaning(self) -> Option<ConnectionStatus> {
        match self {
            Self::Ok => Some(ConnectionStatus::Ok),
            Self::Closed => Some(ConnectionStatus::Closed),
            Self::Unknown => None,
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub enum Detail {
    BackOff(Number),
    InnerCode(Text),
    OtherValue(Text),
    LineNumber(Number),
    LinePosition(Number),
    Violation(Text),
}

#[derive(Arbitrary, Clone, Debug)]
pub struct Notification {
    pub head: Few<NotificationPart>,
    pub parts: Few<NotificationPart>,
}

impl Notification {
    pub fn all_parts(&self) -> impl Iterator<Item = &NotificationPart> {
        self.head.0.iter().chain(&self.parts.0)
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub enum NotificationPart {
    Event(Event),
    SubscriptionId(Text),
    PreviousWatermark(Text),
    MoreEvents(Flag),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Flag {
    True,
    False,
    One,
    Zero,
    Junk,
}

impl Flag {
    pub fn written(self) -> &'static str {
        match self {
            Self::True => " true",
            Self::False => "false\r\n",
            Self::One => "1",
            Self::Zero => "0",
            Self::Junk => "True",
        }
    }

    fn meaning(self) -> Option<bool> {
        match self {
            Self::True | Self::One => Some(true),
            Self::False | Self::Zero => Some(false),
            Self::Junk => None,
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub struct Event {
    pub kind: Kind,
    pub parts: Few<EventPart>,
    pub more: Few<EventPart>,
    /// How often the same event comes: the parser learns from the first how the next are written.
    pub repeated: u8,
}

impl Event {
    pub fn all_parts(&self) -> impl Iterator<Item = &EventPart> {
        self.parts.0.iter().chain(&self.more.0)
    }

    pub fn times(&self) -> u8 {
        // mostly once
        if self.repeated < 128 { 1 } else { self.repeated % 4 }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Kind {
    Copied,
    Created,
    Deleted,
    FreeBusyChanged,
    Modified,
    Moved,
    NewMail,
    Status,
    /// Names that only end like an event's.
    Other(u8),
}

impl Kind {
    pub fn element(self) -> &'static str {
        match self {
            Self::Copied => "CopiedEvent",
            Self::Created => "CreatedEvent",
            Self::Deleted => "DeletedEvent",
            Self::FreeBusyChanged => "FreeBusyChangedEvent",
            Self::Modified => "ModifiedEvent",
            Self::Moved => "MovedEvent",
            Self::NewMail => "NewMailEvent",
            Self::Status => "StatusEvent",
            Self::Other(which) => ["RenamedEvent", "Event", "ÄnderungsEvent", "createdEvent"][usize::from(which % 4)],
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
pub enum EventPart {
    TimeStamp(Text),
    Watermark(Text),
    UnreadCount(Number),
    Id { which: u8, id: Option<Text>, change_key: Option<Text> },
}

impl EventPart {
    /// In the order of [`EventRecord::ids`].
    pub const IDS: [&str; 6] =
        ["ItemId", "FolderId", "ParentFolderId", "OldItemId", "OldFolderId", "OldParentFolderId"];
}

#[derive(Arbitrary, Clone, Debug)]
pub enum FaultPart {
    Code(Text),
    String(Text),
    Detail(Few<FaultDetail>),
}

#[derive(Arbitrary, Clone, Debug)]
pub enum FaultDetail {
    ResponseCode(Text),
    MessageXml(Few<Detail>),
}

/// The first counts.
fn first<T>(part: &mut Option<T>, value: T) {
    part.get_or_insert(value);
}

impl Body {
    /// The messages that the parser has to lend.
    pub fn messages(&self) -> Vec<Owned> {
        let mut out = Vec::new();
        for envelope in &self.envelopes.0 {
            out.extend(envelope.version.as_ref().map(Version::message));
            for content in &envelope.content.0 {
                match content {
                    Content::Operation(operation, messages) => {
                        for message in &messages.0 {
                            message.messages(operation.meaning(), &mut out);
                        }
                    }
                    Content::Fault(parts) => out.push(fault(parts)),
                }
            }
            out.push(Owned::EndOfEnvelope);
        }
        out
    }
}

impl Version {
    fn message(&self) -> Owned {
        Owned::ServerVersion(VersionRecord {
            numbers: self.numbers.each_ref().map(|number| number.as_ref().and_then(Number::value)),
            version: self.version.as_ref().map(Text::trimmed),
        })
    }
}

fn fault(parts: &Few<FaultPart>) -> Owned {
    let mut record = FaultRecord::default();
    for part in &parts.0 {
        match part {
            FaultPart::Code(text) => first(&mut record.code, text.trimmed()),
            FaultPart::String(text) => first(&mut record.string, text.0.clone()),
            FaultPart::Detail(details) => {
                for detail in &details.0 {
                    match detail {
                        FaultDetail::ResponseCode(text) => first(&mut record.response_code, text.trimmed()),
                        FaultDetail::MessageXml(details) => {
                            details.0.iter().for_each(|detail| detail.add_to(&mut record));
                        }
                    }
                }
            }
        }
    }
    Owned::Fault(Box::new(record))
}

impl Detail {
    fn add_to(&self, record: &mut FaultRecord) {
        match self {
            Self::BackOff(number) => record.back_off_ms = record.back_off_ms.or(number.value()),
            Self::InnerCode(text) => first(&mut record.inner_code, text.trimmed()),
            Self::OtherValue(_) => {}
            Self::LineNumber(number) => record.line_number = record.line_number.or(number.value()),
            Self::LinePosition(number) => record.line_position = record.line_position.or(number.value()),
            Self::Violation(text) => first(&mut record.violation, text.0.clone()),
        }
    }

    /// Whether it says anything to the parser.
    fn is_understood(&self) -> bool {
        match self {
            Self::BackOff(number) => number.value::<u64>().is_some(),
            Self::LineNumber(number) | Self::LinePosition(number) => number.value::<u32>().is_some(),
            Self::InnerCode(_) | Self::Violation(_) => true,
            Self::OtherValue(_) => false,
        }
    }
}

/// A response message as it is read from top to bottom.
struct Reading<'a> {
    out: &'a mut Vec<Owned>,
    head: ResponseRecord,
    /// Whether the head is out.
    sent: bool,
    /// Of these parts the first was read.
    known: [bool; 3],
    waiting: Vec<Owned>,
}

/// The parts of a head, as they are counted in [`Reading::known`].
#[derive(Clone, Copy)]
enum Part {
    Code,
    Text,
    Details,
}

impl Reading<'_> {
    fn send_head(&mut self) {
        if !self.sent {
            self.sent = true;
            self.out.push(Owned::Response(self.head.clone()));
            self.out.append(&mut self.waiting);
        }
    }

    /// Contents begin.
    fn contents(&mut self) {
        if self.head.code.is_some() {
            self.send_head();
        }
    }

    fn small(&mut self, message: Owned) {
        if self.sent { self.out.push(message) } else { self.waiting.push(message) }
    }

    /// A part of the head: it comes alone when the head is out already, unless it says nothing or nothing new.
    fn part(&mut self, part: Part, understood: bool, add: impl FnOnce(&mut ResponseRecord)) {
        let known = self.known[part as usize];
        self.known[part as usize] |= understood;
        if self.sent {
            if known || !understood {
                return;
            }
            let mut late =
                ResponseRecord { operation: self.head.operation, class: self.head.class, ..ResponseRecord::default() };
            add(&mut late);
            self.out.push(Owned::Response(late));
        } else {
            add(&mut self.head);
        }
    }
}

impl ResponseMessage {
    fn messages(&self, operation: Option<Operation>, out: &mut Vec<Owned>) {
        let class = self.class.and_then(Class::meaning);
        let head = ResponseRecord { operation, class, ..ResponseRecord::default() };
        let mut reading = Reading { out, head, sent: false, known: [false; 3], waiting: Vec::new() };
        let (mut subscription_id, mut watermark) = (None, None);
        for part in self.all_parts() {
            match part {
                ResponsePart::Code(text) => {
                    reading.part(Part::Code, true, |head| first(&mut head.code, text.trimmed()));
                }
                ResponsePart::MessageText(text) => {
                    reading.part(Part::Text, true, |head| first(&mut head.text, text.0.clone()));
                }
                ResponsePart::MessageXml(details) => {
                    reading.part(Part::Details, details.0.iter().any(Detail::is_understood), |head| {
                        let mut all = FaultRecord {
                            back_off_ms: head.back_off_ms,
                            inner_code: head.inner_code.take(),
                            ..FaultRecord::default()
                        };
                        details.0.iter().for_each(|detail| detail.add_to(&mut all));
                        (head.back_off_ms, head.inner_code) = (all.back_off_ms, all.inner_code);
                    });
                }
                ResponsePart::Notifications(notifications) => {
                    reading.contents();
                    for notification in &notifications.0 {
                        reading.send_head();
                        notification.messages(reading.out);
                    }
                }
                ResponsePart::Notification(notification) => {
                    reading.send_head();
                    notification.messages(reading.out);
                }
                ResponsePart::ErrorSubscriptionIds(ids) => {
                    reading.contents();
                    ids.0.iter().for_each(|id| reading.small(Owned::ErrorSubscriptionId(id.trimmed())));
                }
                ResponsePart::ConnectionStatus(status) => {
                    reading.contents();
                    if let Some(status) = status.meaning() {
                        reading.small(Owned::ConnectionStatus(status));
                    }
                }
                ResponsePart::SubscriptionId(id) => {
                    reading.contents();
                    first(&mut subscription_id, id.trimmed());
                }
                ResponsePart::Watermark(text) => {
                    reading.contents();
                    first(&mut watermark, text.trimmed());
                }
            }
        }
        reading.send_head();
        if let Some(subscription_id) = subscription_id {
            reading.out.push(Owned::Subscribed { subscription_id, watermark });
        }
    }
}

impl Notification {
    fn messages(&self, out: &mut Vec<Owned>) {
        let mut head = EventRecord::default();
        let mut more_events = None;
        for part in self.all_parts() {
            match part {
                NotificationPart::SubscriptionId(id) => first(&mut head.subscription_id, id.trimmed()),
                NotificationPart::PreviousWatermark(text) => first(&mut head.previous_watermark, text.trimmed()),
                NotificationPart::MoreEvents(flag) => {
                    head.more_events = *more_events.get_or_insert(flag.meaning());
                }
                NotificationPart::Event(event) => {
                    for _ in 0..event.times() {
                        out.push(Owned::Event(Box::new(event.record(head.clone()))));
                    }
                }
            }
        }
    }
}

impl Event {
    fn record(&self, head: EventRecord) -> EventRecord {
        let mut record = EventRecord { name: self.kind.element().to_owned(), ..head };
        let mut unread_count = None;
        for part in self.all_parts() {
            match part {
                EventPart::TimeStamp(text) => first(&mut record.timestamp, text.trimmed()),
                EventPart::Watermark(text) => first(&mut record.watermark, text.trimmed()),
                EventPart::UnreadCount(number) => first(&mut unread_count, number.value()),
                EventPart::Id { which, id, change_key } => {
                    let id: Id =
                        (id.as_ref().map(Text::trimmed).unwrap_or_default(), change_key.as_ref().map(Text::trimmed));
                    first(&mut record.ids[usize::from(which % 6)], id);
                }
            }
        }
        record.unread_count = unread_count.flatten();
        record
    }
}
