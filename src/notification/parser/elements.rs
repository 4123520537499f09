//! What the start and the end of each element do: the parser's memory of a message while it is read. Part of the parser.

use super::{KnownParts, NotificationParser, Outgoing, Resume, ValueName};
use crate::error::{ErrorKind, Excerpt};
use crate::notification::field::{
    Details, EventFields, FaultFields, Field, IdElement, Part, ResponseFields, VersionFields, boolean, number, text_of,
    trimmed,
};
use crate::notification::message::{ConnectionStatus, Operation, ResponseClass};
use crate::notification::place::{Leaf, Place};
use crate::notification::vocabulary::{EventKind, is_soap};
use crate::xml::{Cursor, Stop};

impl NotificationParser {
    pub(super) fn start(&mut self, cur: &Cursor<'_>) -> Result<Option<Outgoing>, Stop> {
        if self.skipped > 0 {
            self.skipped = self.skipped.saturating_add(1);
            return Ok(None);
        }
        let Some(parent) = self.path.last() else { return self.root(cur) };
        let Some(place) = parent.child(self.scanner.namespace(), self.scanner.local(cur)) else {
            self.skipped = 1;
            self.scanner.keep_text(false);
            return Ok(None);
        };
        self.path.push(place);
        match place {
            Place::Leaf(leaf) => {
                self.value = Field::ABSENT;
                self.scanner.keep_text(true);
                return Ok(self.leaf_starts(leaf, cur));
            }
            Place::Id(element) => self.id(element, cur),
            Place::Event(kind) => {
                self.scanner.hold();
                self.event = EventFields::new(kind);
                if kind == EventKind::Other {
                    self.event.put(Part::NAME, self.scanner.local_span());
                }
            }
            Place::Notification => {
                self.head.clear();
                let scanner = &self.scanner;
                self.shapes.enter(
                    !scanner.is_ascii_only(),
                    |scope| scanner.is_in_scope(scope),
                    |scope| scanner.save_scope(scope),
                );
                return Ok(self.send_response(true, Resume::Release));
            }
            Place::Notifications | Place::ErrorSubscriptionIds => {
                return Ok(self.send_response(false, Resume::Release));
            }
            Place::ResponseMessage => self.response_message(cur),
            Place::Operation => self.operation = Operation::of(self.scanner.local(cur)),
            Place::MessageXml if self.is_late() => self.late_part_starts(),
            Place::ServerVersionInfo => self.server_version(cur),
            Place::Fault => {
                self.scanner.hold();
                self.fault = FaultFields::EMPTY;
                self.details = Details::EMPTY;
            }
            _ => {}
        }
        Ok(None)
    }

    fn root(&mut self, cur: &Cursor<'_>) -> Result<Option<Outgoing>, Stop> {
        if is_soap(self.scanner.namespace()) && self.scanner.local(cur) == b"Envelope" {
            self.opening.awaits_envelope = false;
            self.path.push(Place::Envelope);
            self.heads.reset();
            return Ok(None);
        }
        let mut beginning = [b'<'; Excerpt::MAX];
        let room = beginning.iter_mut().skip(1);
        let len = room.zip(self.scanner.run(cur)).map(|(to, from)| *to = *from).count().saturating_add(1);
        let excerpt = Excerpt::new(beginning.get(..len).unwrap_or_default());
        self.scanner.stop(ErrorKind::NotSoap(excerpt), self.scanner.element_at())
    }

    pub(super) fn text(&mut self, cur: &Cursor<'_>) {
        let span = self.scanner.text_span();
        // something unknown, a comment or an instruction stood inside the leaf: its text goes on
        let whole = self.value.span().map_or(span, |first| self.scanner.join(cur, first, span));
        self.value = Field::new(whole);
    }

    pub(super) fn end(&mut self, cur: &Cursor<'_>) -> Option<Outgoing> {
        if self.skipped > 0 {
            self.skipped = self.skipped.saturating_sub(1);
            if self.skipped == 0 {
                self.scanner.keep_text(matches!(self.path.last(), Some(Place::Leaf(_))));
            }
            return None;
        }
        match self.path.pop()? {
            Place::Leaf(leaf) => {
                self.scanner.keep_text(false);
                self.leaf_ends(leaf, cur)
            }
            Place::Event(_) => {
                if let Some(run) = self.scanner.plain_run(cur) {
                    self.shapes.learn(run, &self.event);
                }
                Some(self.send(Outgoing::Event))
            }
            Place::ResponseMessage => self.response_message_ends(),
            Place::MessageXml => self.message_xml_ends(),
            Place::Fault => Some(self.send(Outgoing::Fault)),
            Place::ServerVersionInfo => Some(self.send(Outgoing::ServerVersion)),
            Place::Envelope => Some(self.send(Outgoing::EndOfEnvelope)),
            Place::Notification => {
                self.heads.leave();
                None
            }
            _ => None,
        }
    }

    /// The run is lent with this message and may go afterwards.
    pub(super) fn send(&mut self, outgoing: Outgoing) -> Outgoing {
        self.resume = Resume::Release;
        outgoing
    }

    // ---- responses ----------------------------------------------------------------------------------------------

    fn response_message(&mut self, cur: &Cursor<'_>) {
        self.scanner.hold();
        let run = self.scanner.run(cur);
        let class = self.scanner.plain_attributes(run).find(|(name, _)| *name == b"ResponseClass");
        self.class = class.and_then(|(_, value)| ResponseClass::of(trimmed(run, value).of(run)));
        self.response = ResponseFields::EMPTY;
        self.details = Details::EMPTY;
        self.response_sent = false;
        self.known = KnownParts::default();
        self.subscribed.clear();
    }

    /// Content begins: the head has to go out, once its code is known or `now`, and what waited for it behind it.
    fn send_response(&mut self, now: bool, then: Resume) -> Option<Outgoing> {
        if self.response_sent || !(now || self.response.code.is_present()) {
            return None;
        }
        self.head_goes_out();
        self.resume = then;
        Some(Outgoing::Response)
    }

    /// What waited for the head follows it, the last in the outbox first.
    fn head_goes_out(&mut self) {
        self.response_sent = true;
        self.outbox.reverse();
    }

    /// Whether a part of the head comes after the head went out.
    fn is_late(&self) -> bool {
        self.response_sent && self.path.contains(&Place::ResponseMessage)
    }

    /// Something in a response message is over that nothing comes of, or whose text has been copied: behind the head
    /// the run was its own.
    fn release_behind_head(&mut self) {
        if self.response_sent {
            self.scanner.release();
        }
    }

    fn message_xml_ends(&mut self) -> Option<Outgoing> {
        let understood = !self.details.is_empty();
        if self.is_late() {
            if understood && !self.known.details {
                self.known.details = true;
                return Some(self.send(Outgoing::Response));
            }
            self.release_behind_head();
        }
        self.known.details |= understood;
        None
    }

    /// A part of the head begins after the head went out: it will go out by itself.
    fn late_part_starts(&mut self) {
        self.scanner.hold();
        self.response = ResponseFields::EMPTY;
        self.details = Details::EMPTY;
    }

    fn response_message_ends(&mut self) -> Option<Outgoing> {
        if self.subscribed.fields().id.is_present() {
            self.outbox.push(Outgoing::Subscribed);
        }
        let response = (!self.response_sent).then_some(Outgoing::Response);
        if response.is_some() {
            self.head_goes_out();
        }
        let first = response.or_else(|| self.outbox.pop());
        if first.is_some() {
            self.resume = Resume::Release;
        } else {
            self.scanner.release();
        }
        first
    }

    // ---- leaves -------------------------------------------------------------------------------------------------

    fn leaf_starts(&mut self, leaf: Leaf, cur: &Cursor<'_>) -> Option<Outgoing> {
        match leaf {
            Leaf::SubscriptionId | Leaf::PreviousWatermark | Leaf::MoreEvents => self.scanner.hold(),
            Leaf::ConnectionStatus | Leaf::ErrorSubscriptionId | Leaf::SubscribedId | Leaf::SubscribedWatermark => {
                let response = self.send_response(false, Resume::Restart);
                if response.is_none() {
                    self.scanner.hold();
                }
                return response;
            }
            Leaf::ResponseCode | Leaf::MessageText if self.response_sent => self.late_part_starts(),
            Leaf::Value => {
                let run = self.scanner.run(cur);
                let name = self.scanner.plain_attributes(run).find(|(name, _)| *name == b"Name");
                self.value_name = match name.map(|(_, value)| value.of(run)) {
                    Some(b"BackOffMilliseconds") => ValueName::BackOffMilliseconds,
                    Some(b"InnerErrorResponseCode") => ValueName::InnerErrorResponseCode,
                    _ => ValueName::Other,
                };
            }
            _ => {}
        }
        None
    }

    pub(super) fn leaf_ends(&mut self, leaf: Leaf, cur: &Cursor<'_>) -> Option<Outgoing> {
        let sent = self.value.span().unwrap_or_default();
        let run = self.scanner.run(cur);
        let span = trimmed(run, sent);
        let text = span.of(run);
        let copied = |text| {
            self.scanner.count_check(span.len() as usize);
            text_of(text)
        };
        match leaf {
            Leaf::TimeStamp => self.event.set(Part::TIMESTAMP, span),
            Leaf::Watermark => self.event.set(Part::WATERMARK, span),
            Leaf::UnreadCount => {
                self.event.set(Part::UNREAD_COUNT, span);
                self.event.read_unread_count(run);
            }
            Leaf::SubscriptionId => {
                self.head.set_subscription_id(copied(text));
                self.scanner.release();
            }
            Leaf::PreviousWatermark => {
                self.head.set_previous_watermark(copied(text));
                self.scanner.release();
            }
            Leaf::MoreEvents => {
                self.head.set_more_events(boolean(text));
                self.scanner.release();
            }
            Leaf::ResponseCode => {
                if !core::mem::replace(&mut self.known.code, true) {
                    self.response.code.set(span);
                    return self.response_sent.then(|| self.send(Outgoing::Response));
                }
                self.release_behind_head();
            }
            Leaf::MessageText => {
                if !core::mem::replace(&mut self.known.text, true) {
                    self.response.text.set(sent);
                    return self.response_sent.then(|| self.send(Outgoing::Response));
                }
                self.release_behind_head();
            }
            Leaf::ConnectionStatus => {
                let Some(status) = ConnectionStatus::of(text) else {
                    self.release_behind_head();
                    return None;
                };
                return self.send_content(Outgoing::ConnectionStatus(status));
            }
            Leaf::ErrorSubscriptionId => return self.send_content(Outgoing::ErrorSubscriptionId(span)),
            Leaf::SubscribedId => {
                self.subscribed.set_id(copied(text));
                self.release_behind_head();
            }
            Leaf::SubscribedWatermark => {
                self.subscribed.set_watermark(copied(text));
                self.release_behind_head();
            }
            Leaf::Value => match self.value_name {
                ValueName::BackOffMilliseconds => {
                    self.details.back_off_ms = self.details.back_off_ms.or_else(|| number(text));
                }
                ValueName::InnerErrorResponseCode => self.details.inner_code.set(span),
                ValueName::Other => {}
            },
            Leaf::LineNumber => self.details.line_number = self.details.line_number.or_else(|| number(text)),
            Leaf::LinePosition => self.details.line_position = self.details.line_position.or_else(|| number(text)),
            Leaf::Violation => self.details.violation.set(sent),
            Leaf::FaultCode => self.fault.code.set(span),
            Leaf::FaultString => self.fault.string.set(sent),
            Leaf::FaultResponseCode => self.fault.response_code.set(span),
        }
        None
    }

    /// Small content: at once, or behind the head for which it waits.
    fn send_content(&mut self, content: Outgoing) -> Option<Outgoing> {
        if self.response_sent {
            return Some(self.send(content));
        }
        self.outbox.push(content);
        None
    }

    // ---- attributes ---------------------------------------------------------------------------------------------

    pub(super) fn id(&mut self, element: IdElement, cur: &Cursor<'_>) {
        let run = self.scanner.run(cur);
        let (mut id, mut change_key) = (Field::ABSENT, Field::ABSENT);
        for (name, value) in self.scanner.plain_attributes(run) {
            match name {
                b"Id" => id = Field::new(trimmed(run, value)),
                b"ChangeKey" => change_key = Field::new(trimmed(run, value)),
                _ => {}
            }
        }
        self.event.set_id(element, id, change_key);
    }

    fn server_version(&mut self, cur: &Cursor<'_>) {
        self.scanner.hold();
        let run = self.scanner.run(cur);
        self.version = VersionFields::EMPTY;
        for (name, value) in self.scanner.plain_attributes(run) {
            let value = trimmed(run, value);
            match name {
                b"MajorVersion" => self.version.major = number(value.of(run)),
                b"MinorVersion" => self.version.minor = number(value.of(run)),
                b"MajorBuildNumber" => self.version.major_build = number(value.of(run)),
                b"MinorBuildNumber" => self.version.minor_build = number(value.of(run)),
                b"Version" => self.version.version = Field::new(value),
                _ => {}
            }
        }
    }
}
