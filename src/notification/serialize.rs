//! Messages for `serde` (feature `serde`). Depends on the messages and the owned events.
//!
//! Every message is one flat object: `message` says which, what was not sent is left out, what was sent empty is the empty
//! string. A JSON writer makes the lines of `ewscat` of it:
//!
//! ```text
//! {"message":"Event","event":"NewMailEvent","subscription_id":"…","timestamp":"…","item_id":{"id":"…","change_key":"…"},…}
//! {"message":"ConnectionStatus","status":"OK"}
//! ```

use serde_core::ser::{Serialize, SerializeStruct, Serializer};

use super::event::{
    CopiedEvent, CreatedEvent, DeletedEvent, Event, FolderId, FreeBusyChangedEvent, ItemId, ModifiedEvent, MovedEvent,
    NewMailEvent, OtherEvent, StatusEvent,
};
use super::message::{ConnectionStatus, Fault, Message, Operation, Response, ResponseClass, ServerVersion, Subscribed};
use super::owned::OwnedEvent;

/// Serializes an object, its fields in the order given; those that are `None` are left out.
macro_rules! object {
    ($serializer:expr, $name:literal, { $($key:literal: $value:expr),+ $(,)? }) => {{
        let mut length: usize = 0;
        $(length = length.saturating_add(usize::from($value.is_some()));)+
        let mut object = $serializer.serialize_struct($name, length)?;
        $(
            match &$value {
                Some(value) => object.serialize_field($key, value)?,
                None => object.skip_field($key)?,
            }
        )+
        object.end()
    }};
}

impl Serialize for Message<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Event(event) => event.serialize(serializer),
            Self::Response(response) => response.serialize(serializer),
            Self::Subscribed(subscribed) => subscribed.serialize(serializer),
            Self::ErrorSubscriptionId(id) => {
                object!(serializer, "Message", { "message": Some("ErrorSubscriptionId"), "id": Some(id) })
            }
            Self::ConnectionStatus(status) => {
                object!(serializer, "Message", { "message": Some("ConnectionStatus"), "status": Some(status) })
            }
            Self::Fault(fault) => fault.serialize(serializer),
            Self::ServerVersion(version) => version.serialize(serializer),
            Self::EndOfEnvelope => object!(serializer, "Message", { "message": Some("EndOfEnvelope") }),
        }
    }
}

impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "Event", {
            "message": Some("Event"),
            "event": Some(self.name()),
            "subscription_id": self.subscription_id(),
            "previous_watermark": self.previous_watermark(),
            "more_events": self.more_events(),
            "watermark": self.watermark(),
            "timestamp": self.timestamp(),
            "item_id": self.item_id(),
            "folder_id": self.folder_id(),
            "parent_folder_id": self.parent_folder_id(),
            "old_item_id": self.old_item_id(),
            "old_folder_id": self.old_folder_id(),
            "old_parent_folder_id": self.old_parent_folder_id(),
            "unread_count": self.unread_count(),
        })
    }
}

impl Serialize for OwnedEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_event().serialize(serializer)
    }
}

macro_rules! as_event {
    ($($variant:ident($view:ident)),+) => {
        $(
            impl Serialize for $view<'_> {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    Event::$variant(*self).serialize(serializer)
                }
            }
        )+
    };
}

as_event! {
    Created(CreatedEvent), Deleted(DeletedEvent), Modified(ModifiedEvent), Moved(MovedEvent), Copied(CopiedEvent),
    NewMail(NewMailEvent), FreeBusyChanged(FreeBusyChangedEvent), Status(StatusEvent), Other(OtherEvent)
}

impl Serialize for ItemId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "ItemId", { "id": Some(self.id()), "change_key": self.change_key() })
    }
}

impl Serialize for FolderId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "FolderId", { "id": Some(self.id()), "change_key": self.change_key() })
    }
}

impl Serialize for Response<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "Response", {
            "message": Some("Response"),
            "operation": self.operation(),
            "class": self.class(),
            "code": self.code(),
            "text": self.text(),
            "back_off_ms": self.back_off_ms(),
        })
    }
}

impl Serialize for Subscribed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "Subscribed", {
            "message": Some("Subscribed"),
            "subscription_id": Some(self.subscription_id()),
            "watermark": self.watermark(),
        })
    }
}

impl Serialize for Fault<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "Fault", {
            "message": Some("Fault"),
            "code": self.code(),
            "string": self.string(),
            "response_code": self.response_code(),
        })
    }
}

impl Serialize for ServerVersion<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, "ServerVersion", {
            "message": Some("ServerVersion"),
            "major": self.major(),
            "minor": self.minor(),
            "major_build": self.major_build(),
            "minor_build": self.minor_build(),
            "version": self.version(),
        })
    }
}

macro_rules! as_text {
    ($($name:ident),+) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }
        )+
    };
}

as_text! { ConnectionStatus, Operation, ResponseClass }
