//! Events, before anybody writes them.

use core::time::Duration;

/// The kinds that can be subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `CopiedEvent`
    Copied,
    /// `CreatedEvent`
    Created,
    /// `DeletedEvent`
    Deleted,
    /// `ModifiedEvent`
    Modified,
    /// `MovedEvent`
    Moved,
    /// `NewMailEvent`
    NewMail,
    /// `FreeBusyChangedEvent`
    FreeBusyChanged,
}

impl Kind {
    const NAMES: [(Self, &'static str); 7] = [
        (Self::Copied, "CopiedEvent"),
        (Self::Created, "CreatedEvent"),
        (Self::Deleted, "DeletedEvent"),
        (Self::Modified, "ModifiedEvent"),
        (Self::Moved, "MovedEvent"),
        (Self::NewMail, "NewMailEvent"),
        (Self::FreeBusyChanged, "FreeBusyChangedEvent"),
    ];

    /// The element's local name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// What an event is about, by the model's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// An item.
    Item(u64),
    /// A folder.
    Folder(u64),
}

/// One event of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Grows with every event of the server; never used twice.
    pub number: u64,
    /// Its kind.
    pub kind: Kind,
    /// When it happened.
    pub at: Duration,
    /// The mailbox's number, which goes into ids.
    pub mailbox: u32,
    /// The item or folder.
    pub target: Target,
    /// The folder it is in now.
    pub parent: u64,
    /// For moves and copies: what it was before, and in which folder.
    pub old: Option<(Target, u64)>,
    /// For a folder's `Modified`.
    pub unread: Option<u32>,
}

impl Event {
    /// Whether the event belongs to what happens in this folder.
    pub(crate) fn touches(&self, folder: u64) -> bool {
        self.parent == folder
            || self.target == Target::Folder(folder)
            || self.old.is_some_and(|(_, parent)| parent == folder)
    }
}
