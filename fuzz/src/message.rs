//! Messages that borrow nothing, with every field there is: what two runs are compared by, and what `events` expects.

use ews_stream::{
    ConnectionStatus, Error, Event, FolderId, ItemId, Message, NotificationParser, Operation, OwnedEvent, ResponseClass,
};

use super::drive::Machine;

/// A `Message`, owned.
#[derive(Clone, Debug, PartialEq)]
pub enum Owned {
    Event(Box<EventRecord>),
    Response(ResponseRecord),
    Subscribed { subscription_id: String, watermark: Option<String> },
    ErrorSubscriptionId(String),
    ConnectionStatus(ConnectionStatus),
    Fault(Box<FaultRecord>),
    ServerVersion(VersionRecord),
    EndOfEnvelope,
}

/// `Id` and `ChangeKey`.
pub type Id = (String, Option<String>);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventRecord {
    pub name: String,
    pub subscription_id: Option<String>,
    pub previous_watermark: Option<String>,
    pub more_events: Option<bool>,
    pub watermark: Option<String>,
    pub timestamp: Option<String>,
    /// Item, folder, parent folder; the same three as they were before.
    pub ids: [Option<Id>; 6],
    pub unread_count: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseRecord {
    pub operation: Option<Operation>,
    pub class: Option<ResponseClass>,
    pub code: Option<String>,
    pub text: Option<String>,
    pub back_off_ms: Option<u64>,
    pub inner_code: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultRecord {
    pub code: Option<String>,
    pub string: Option<String>,
    pub response_code: Option<String>,
    pub back_off_ms: Option<u64>,
    pub inner_code: Option<String>,
    pub line_number: Option<u32>,
    pub line_position: Option<u32>,
    pub violation: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct VersionRecord {
    pub numbers: [Option<u32>; 4],
    pub version: Option<String>,
}

impl Owned {
    fn of(message: &Message<'_>) -> Self {
        match message {
            Message::Event(event) => Self::Event(Box::new(EventRecord::checked(event))),
            Message::Response(response) => Self::Response(ResponseRecord {
                operation: response.operation(),
                class: response.class(),
                code: response.code().map(str::to_owned),
                text: response.text().map(str::to_owned),
                back_off_ms: response.back_off_ms(),
                inner_code: response.inner_code().map(str::to_owned),
            }),
            Message::Subscribed(subscribed) => Self::Subscribed {
                subscription_id: subscribed.subscription_id().to_owned(),
                watermark: subscribed.watermark().map(str::to_owned),
            },
            Message::ErrorSubscriptionId(id) => Self::ErrorSubscriptionId((*id).to_owned()),
            Message::ConnectionStatus(status) => Self::ConnectionStatus(*status),
            Message::Fault(fault) => {
                let by_prefix = fault.code().and_then(|code| code.rsplit(':').next());
                assert_eq!(fault.error_code(), fault.response_code().or(by_prefix));
                Self::Fault(Box::new(FaultRecord {
                    code: fault.code().map(str::to_owned),
                    string: fault.string().map(str::to_owned),
                    response_code: fault.response_code().map(str::to_owned),
                    back_off_ms: fault.back_off_ms(),
                    inner_code: fault.inner_code().map(str::to_owned),
                    line_number: fault.line_number(),
                    line_position: fault.line_position(),
                    violation: fault.violation().map(str::to_owned),
                }))
            }
            Message::ServerVersion(version) => Self::ServerVersion(VersionRecord {
                numbers: [version.major(), version.minor(), version.major_build(), version.minor_build()],
                version: version.version().map(str::to_owned),
            }),
            Message::EndOfEnvelope => Self::EndOfEnvelope,
            _ => panic!("a message that the fuzz targets do not know: {message:?}"),
        }
    }

    /// Calls `look` with each text that the message lends.
    pub fn for_each_text(&self, mut look: impl FnMut(&str)) {
        let mut each = |texts: &[&Option<String>]| texts.iter().copied().flatten().for_each(|text| look(text));
        match self {
            Self::Event(event) => {
                each(&[&event.subscription_id, &event.previous_watermark, &event.watermark, &event.timestamp]);
                for (id, change_key) in event.ids.iter().flatten() {
                    each(&[&Some(id.clone()), change_key]);
                }
            }
            Self::Response(response) => each(&[&response.code, &response.text, &response.inner_code]),
            Self::Subscribed { subscription_id, watermark } => each(&[&Some(subscription_id.clone()), watermark]),
            Self::ErrorSubscriptionId(id) => look(id),
            Self::Fault(fault) => {
                each(&[&fault.code, &fault.string, &fault.response_code, &fault.inner_code, &fault.violation]);
            }
            Self::ServerVersion(version) => each(&[&version.version]),
            Self::ConnectionStatus(_) | Self::EndOfEnvelope => {}
        }
    }
}

fn item(id: Option<ItemId<'_>>) -> Option<Id> {
    id.map(|id| (id.id().to_owned(), id.change_key().map(str::to_owned)))
}

fn folder(id: Option<FolderId<'_>>) -> Option<Id> {
    id.map(|id| (id.id().to_owned(), id.change_key().map(str::to_owned)))
}

/// The accessors of `Event` and of `OwnedEvent` have the same names and types.
macro_rules! event_record {
    ($event:expr) => {
        EventRecord {
            name: $event.name().to_owned(),
            subscription_id: $event.subscription_id().map(str::to_owned),
            previous_watermark: $event.previous_watermark().map(str::to_owned),
            more_events: $event.more_events(),
            watermark: $event.watermark().map(str::to_owned),
            timestamp: $event.timestamp().map(str::to_owned),
            ids: [
                item($event.item_id()),
                folder($event.folder_id()),
                folder($event.parent_folder_id()),
                item($event.old_item_id()),
                folder($event.old_folder_id()),
                folder($event.old_parent_folder_id()),
            ],
            unread_count: $event.unread_count(),
        }
    };
}

/// What a view of one kind says has to be what the event as such says.
macro_rules! agrees {
    ($record:ident, $view:ident: change $($more:ident)*) => {
        assert_eq!($view.timestamp(), $record.timestamp.as_deref().unwrap_or_default());
        assert_eq!(item($view.item_id()), $record.ids[0]);
        assert_eq!(folder($view.folder_id()), $record.ids[1]);
        assert_eq!(folder($view.parent_folder_id()), $record.ids[2]);
        agrees!($record, $view: $($more)*);
    };
    ($record:ident, $view:ident: relocation $($more:ident)*) => {
        assert_eq!(item($view.old_item_id()), $record.ids[3]);
        assert_eq!(folder($view.old_folder_id()), $record.ids[4]);
        assert_eq!(folder($view.old_parent_folder_id()), $record.ids[5]);
        agrees!($record, $view: $($more)*);
    };
    ($record:ident, $view:ident: unread $($more:ident)*) => {
        assert_eq!($view.unread_count(), $record.unread_count);
        agrees!($record, $view: $($more)*);
    };
    ($record:ident, $view:ident:) => {
        assert_eq!($view.subscription_id(), $record.subscription_id.as_deref());
        assert_eq!($view.previous_watermark(), $record.previous_watermark.as_deref());
        assert_eq!($view.more_events(), $record.more_events);
        assert_eq!($view.watermark(), $record.watermark.as_deref());
    };
}

impl EventRecord {
    fn checked(event: &Event<'_>) -> Self {
        let record = event_record!(event);
        let owned: OwnedEvent = event.to_owned();
        assert_eq!(event_record!(owned), record, "the owned event differs");
        assert_eq!(format!("{owned:?}"), format!("{:?}", owned.as_event().to_owned()));
        match event {
            Event::Created(view) => {
                agrees!(record, view: change);
            }
            Event::Deleted(view) => {
                agrees!(record, view: change);
            }
            Event::Modified(view) => {
                agrees!(record, view: change unread);
            }
            Event::Moved(view) => {
                agrees!(record, view: change relocation);
            }
            Event::Copied(view) => {
                agrees!(record, view: change relocation);
            }
            Event::NewMail(view) => {
                agrees!(record, view: change);
            }
            Event::FreeBusyChanged(view) => {
                agrees!(record, view: change);
            }
            Event::Status(view) => {
                agrees!(record, view:);
            }
            Event::Other(view) => {
                assert_eq!(view.name(), record.name);
                agrees!(record, view: change relocation unread);
            }
            _ => panic!("an event that the fuzz targets do not know: {event:?}"),
        }
        record
    }
}

impl Machine for NotificationParser {
    type Record = Owned;

    fn next(&mut self, input: &mut &[u8]) -> Result<Option<Self::Record>, Error> {
        let Some(message) = self.next_message(input)?.map(|message| Owned::of(&message)) else { return Ok(None) };
        assert_eq!(self.is_between_envelopes(), message == Owned::EndOfEnvelope, "behind {message:?}");
        Ok(Some(message))
    }

    fn skip(&mut self, input: &mut &[u8]) -> Result<bool, Error> {
        Ok(self.next_message(input)?.is_some())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.finish()
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn offset(&self) -> u64 {
        self.offset()
    }

    #[cfg(feature = "_work")]
    fn work(&self) -> u64 {
        self.work()
    }

    #[cfg(not(feature = "_work"))]
    fn work(&self) -> u64 {
        0
    }
}
