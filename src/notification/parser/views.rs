//! How what was found is lent. Part of the parser.

use super::{NotificationParser, Outgoing, Run, Stepped};
use crate::notification::event::EventView;
use crate::notification::field::text_of;
use crate::notification::message::{Fault, Message, Response, ServerVersion, Subscribed};

impl NotificationParser {
    /// The view of the message that [`step`](Self::step) found last.
    pub(crate) fn view_of<'p, 'c: 'p>(&'p self, stepped: Stepped<'c>) -> Message<'p> {
        let (chunk, cur) = match stepped.run {
            Run::Text(run) => return self.event(run),
            Run::Moved => return self.event(self.checked(self.scanner.held_before())),
            Run::Held { chunk, cur } => (chunk, cur),
        };
        let run = || self.scanner.run_of(chunk, &cur);
        let text = || self.checked(run());
        match stepped.outgoing {
            Outgoing::Event => self.event(text()),
            Outgoing::Response => Message::Response(Response {
                run: text(),
                operation: self.operation,
                class: self.class,
                fields: self.response,
                details: self.details,
            }),
            Outgoing::Subscribed => {
                Message::Subscribed(Subscribed { run: self.subscribed.text(), fields: self.subscribed.fields() })
            }
            // any number of them may have waited in one run
            Outgoing::ErrorSubscriptionId(id) => Message::ErrorSubscriptionId(self.checked(id.of(run()))),
            Outgoing::ConnectionStatus(status) => Message::ConnectionStatus(status),
            Outgoing::Fault => Message::Fault(Fault { run: text(), fields: self.fault, details: self.details }),
            Outgoing::ServerVersion => Message::ServerVersion(ServerVersion { run: text(), fields: self.version }),
            Outgoing::EndOfEnvelope => Message::EndOfEnvelope,
            Outgoing::Kept(id, number) => self.kept(id, number),
        }
    }

    /// What was held, as text.
    #[inline]
    pub(super) fn checked<'a>(&self, bytes: &'a [u8]) -> &'a str {
        self.scanner.count_check(bytes.len());
        text_of(bytes)
    }

    #[inline]
    pub(super) fn event<'p>(&'p self, run: &'p str) -> Message<'p> {
        Message::Event(EventView { run, fields: &self.event, head: &self.head }.event())
    }
}
