//! Which events are asked for. Depends on nothing.

use core::ops::BitOr;

/// A set of `t:NotificationEventTypeType`, never empty: servers refuse a Subscribe without event types.
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
    /// A mail arrived.
    pub const NEW_MAIL: Self = Self(1);
    /// An item or folder was created.
    pub const CREATED: Self = Self(1 << 1);
    /// An item or folder was deleted for good.
    pub const DELETED: Self = Self(1 << 2);
    /// An item or folder was changed.
    pub const MODIFIED: Self = Self(1 << 3);
    /// An item or folder went to another folder.
    pub const MOVED: Self = Self(1 << 4);
    /// An item or folder was copied.
    pub const COPIED: Self = Self(1 << 5);
    /// Free/busy time changed.
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
