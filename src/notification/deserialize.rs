//! Owned events out of `serde` (feature `serde`): what [`serialize`](super::serialize) writes, for those who get events by
//! way of a queue or a file. Depends on the owned events.
//!
//! The format has to name its fields (JSON, CBOR, `MessagePack` with names …). Names that are not known are skipped, so that
//! a reader may be older than the writer.

use core::fmt;

use serde_core::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::field::{EventFields, Field, IdElement, NotificationHead, Part};
use super::owned::OwnedEvent;
use super::vocabulary::EventKind;

impl<'de> Deserialize<'de> for OwnedEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = OwnedEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event of a mailbox")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OwnedEvent, A::Error> {
        let mut head = NotificationHead::new();
        let mut fields = EventFields::new(EventKind::Other);
        let mut name = Field::ABSENT;
        while let Some(key) = map.next_key_seed(Key)? {
            match key {
                EventKey::Message => map.next_value_seed(ExpectEvent)?,
                EventKey::Name => name = map.next_value_seed(Text(&mut head))?,
                EventKey::SubscriptionId => {
                    let id = map.next_value_seed(Text(&mut head))?;
                    head.put_subscription_id(id);
                }
                EventKey::PreviousWatermark => {
                    let watermark = map.next_value_seed(Text(&mut head))?;
                    head.put_previous_watermark(watermark);
                }
                EventKey::MoreEvents => head.set_more_events(map.next_value()?),
                EventKey::UnreadCount => fields.set_unread_count(map.next_value()?),
                EventKey::Part(part) => {
                    let value = map.next_value_seed(Text(&mut head))?;
                    fields.put_field(part, value);
                }
                EventKey::Id(element) => {
                    if let Some((id, change_key)) = map.next_value_seed(Id(&mut head))? {
                        fields.set_id(element, id, change_key);
                    }
                }
                EventKey::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let Some(known) = name.text(head.text()) else { return Err(A::Error::missing_field("event")) };
        let Some(kind) = EventKind::of(known.as_bytes()) else {
            return Err(A::Error::invalid_value(serde_core::de::Unexpected::Str(known), &"the name of an event"));
        };
        fields.kind = kind;
        fields.put_field(Part::NAME, if kind == EventKind::Other { name } else { Field::ABSENT });
        Ok(OwnedEvent::from_parts(head, fields))
    }
}

/// The names of an event's fields.
enum EventKey {
    Message,
    Name,
    SubscriptionId,
    PreviousWatermark,
    MoreEvents,
    UnreadCount,
    Part(Part),
    Id(IdElement),
    Unknown,
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = EventKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EventKey, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = EventKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<EventKey, E> {
        Ok(match name {
            "message" => EventKey::Message,
            "event" => EventKey::Name,
            "subscription_id" => EventKey::SubscriptionId,
            "previous_watermark" => EventKey::PreviousWatermark,
            "more_events" => EventKey::MoreEvents,
            "unread_count" => EventKey::UnreadCount,
            "watermark" => EventKey::Part(Part::WATERMARK),
            "timestamp" => EventKey::Part(Part::TIMESTAMP),
            "item_id" => EventKey::Id(IdElement::Item),
            "folder_id" => EventKey::Id(IdElement::Folder),
            "parent_folder_id" => EventKey::Id(IdElement::ParentFolder),
            "old_item_id" => EventKey::Id(IdElement::OldItem),
            "old_folder_id" => EventKey::Id(IdElement::OldFolder),
            "old_parent_folder_id" => EventKey::Id(IdElement::OldParentFolder),
            _ => EventKey::Unknown,
        })
    }
}

/// `message` says what it is: another message is no event.
struct ExpectEvent;

impl<'de> DeserializeSeed<'de> for ExpectEvent {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ExpectEvent {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"Event\"")
    }

    fn visit_str<E: Error>(self, message: &str) -> Result<(), E> {
        match message {
            "Event" => Ok(()),
            other => Err(E::invalid_value(serde_core::de::Unexpected::Str(other), &self)),
        }
    }
}

/// A text, put behind those of the event that came before it.
struct Text<'h>(&'h mut NotificationHead);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_none<E: Error>(self) -> Result<Field, E> {
        Ok(Field::ABSENT)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Field, E> {
        self.0.append(text).ok_or_else(|| E::custom("an event of 4 GiB or more"))
    }
}

/// An `ItemId` or `FolderId`: where its id and its change key are.
struct Id<'h>(&'h mut NotificationHead);

impl<'de> DeserializeSeed<'de> for Id<'_> {
    type Value = Option<(Field, Field)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Id<'_> {
    type Value = Option<(Field, Field)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id and a change key")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut change_key) = (Field::ABSENT, Field::ABSENT);
        while let Some(key) = map.next_key_seed(IdKey)? {
            match key {
                Some(Attribute::Id) => id = map.next_value_seed(Text(self.0))?,
                Some(Attribute::ChangeKey) => change_key = map.next_value_seed(Text(self.0))?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if id.is_present() { Ok(Some((id, change_key))) } else { Err(A::Error::missing_field("id")) }
    }
}

enum Attribute {
    Id,
    ChangeKey,
}

struct IdKey;

impl<'de> DeserializeSeed<'de> for IdKey {
    type Value = Option<Attribute>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for IdKey {
    type Value = Option<Attribute>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`id` or `change_key`")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(match name {
            "id" => Some(Attribute::Id),
            "change_key" => Some(Attribute::ChangeKey),
            _ => None,
        })
    }
}
