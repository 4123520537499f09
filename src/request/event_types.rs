//! Which events are asked for. Depends on nothing.

use core::ops::BitOr;

/// A set of [event types](https://learn.microsoft.com/exchange/client-developer/web-service-reference/eventtype) (`t:NotificationEventTypeType`), never empty: servers refuse a Subscribe without.
///
/// Sets are put together with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventTypes(u8);

/// The names, in the order in which they are written.
const NAMES: [(EventTypes, &str); 7] = [
    (EventTypes::NEW_MAIL, "NewMailEvent"),
    (EventTypes::CREATED, "CreatedEvent"),
    (EventTypes::DELETED, "DeletedEvent"),
    (EventTypes::MODIFIED, "ModifiedEvent"),
    (EventTypes::MOVED, "MovedEvent"),
    (EventTypes::COPIED, "CopiedEvent"),
    (EventTypes::FREE_BUSY_CHANGED, "FreeBusyChangedEvent"),
];

impl EventTypes {
    /// `NewMailEvent`: a mail arrived.
    pub const NEW_MAIL: Self = Self(1);
    /// `CreatedEvent`: an item or folder was created.
    pub const CREATED: Self = Self(1 << 1);
    /// `DeletedEvent`: an item or folder was deleted for good.
    pub const DELETED: Self = Self(1 << 2);
    /// `ModifiedEvent`: an item or folder was changed.
    pub const MODIFIED: Self = Self(1 << 3);
    /// `MovedEvent`: an item or folder went to another folder, be it Deleted Items.
    pub const MOVED: Self = Self(1 << 4);
    /// `CopiedEvent`: an item or folder was copied.
    pub const COPIED: Self = Self(1 << 5);
    /// `FreeBusyChangedEvent`: free/busy time changed. Exchange 2010 SP1 and later.
    pub const FREE_BUSY_CHANGED: Self = Self(1 << 6);
    /// Everything that happens to items and folders. Not free/busy changes, which repeat what `ModifiedEvent` says and
    /// which some servers refuse.
    pub const CHANGES: Self = Self(0b011_1111);
    /// All that the schema knows.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether every type of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The schema's names of the types in the set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(one, _)| self.contains(*one)).map(|(_, name)| *name)
    }
}

impl BitOr for EventTypes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
