//! The model of a mailbox: what is in it, and which events a change to it makes.

use crate::{Event, Kind, Rng, Target};
use core::time::Duration;
use std::collections::BTreeMap;

/// The folders that every mailbox has: number, parent, distinguished name, what people see.
pub(crate) const DISTINGUISHED: [(u64, u64, &str, &str); 11] = [
    (1, 1, "root", "Root"),
    (2, 1, "msgfolderroot", "Top of Information Store"),
    (3, 2, "inbox", "Inbox"),
    (4, 2, "drafts", "Drafts"),
    (5, 2, "sentitems", "Sent Items"),
    (6, 2, "deleteditems", "Deleted Items"),
    (7, 2, "calendar", "Calendar"),
    (8, 2, "contacts", "Contacts"),
    (9, 2, "tasks", "Tasks"),
    (10, 2, "outbox", "Outbox"),
    (11, 2, "junkemail", "Junk E-mail"),
];
const INBOX: u64 = 3;
const CALENDAR: u64 = 7;
const FIRST_OWN: u64 = 100;

/// Something done to a mailbox. Items and folders go by the numbers in [`Event`]s; what does not exist changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A mail arrives in the inbox.
    DeliverMail,
    /// An item is created in a folder, read.
    Create {
        /// Where.
        folder: u64,
    },
    /// An item is changed.
    Modify {
        /// Which.
        item: u64,
    },
    /// An item is marked as read.
    MarkRead {
        /// Which.
        item: u64,
    },
    /// An item is moved; its id changes.
    Move {
        /// Which.
        item: u64,
        /// Where to.
        to: u64,
    },
    /// An item is copied.
    Copy {
        /// Which.
        item: u64,
        /// Where to.
        to: u64,
    },
    /// An item is deleted for good.
    Delete {
        /// Which.
        item: u64,
    },
    /// An appointment is made, and with it the free/busy times change.
    ChangeFreeBusy,
    /// A folder is created below another.
    CreateFolder {
        /// Its name.
        name: String,
        /// Below which.
        parent: u64,
    },
    /// A folder that is not a distinguished one is moved.
    MoveFolder {
        /// Which.
        folder: u64,
        /// Below which.
        to: u64,
    },
    /// A folder that is not a distinguished one is deleted with all in it.
    DeleteFolder {
        /// Which.
        folder: u64,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) parent: u64,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) folder: u64,
    pub(crate) read: bool,
}

/// One user's folders and items.
#[derive(Debug, Clone)]
pub struct Mailbox {
    pub(crate) number: u32,
    pub(crate) folders: BTreeMap<u64, Folder>,
    pub(crate) items: BTreeMap<u64, Item>,
    next: u64,
}

impl Mailbox {
    pub(crate) fn new(number: u32) -> Self {
        let folder = |(id, parent, _, name): &(u64, u64, &str, &str)| {
            (*id, Folder { parent: *parent, name: (*name).to_owned() })
        };
        let folders = DISTINGUISHED.iter().map(folder).collect();
        Self { number, folders, items: BTreeMap::new(), next: FIRST_OWN }
    }

    /// The number of a folder by its distinguished name.
    #[must_use]
    pub fn distinguished(name: &str) -> Option<u64> {
        DISTINGUISHED.iter().find(|known| known.2 == name).map(|known| known.0)
    }

    /// The numbers of all items.
    pub fn items(&self) -> impl Iterator<Item = u64> {
        self.items.keys().copied()
    }

    /// The numbers of all folders.
    pub fn folders(&self) -> impl Iterator<Item = u64> {
        self.folders.keys().copied()
    }

    /// Unread items in a folder.
    #[must_use]
    pub fn unread(&self, folder: u64) -> u32 {
        self.items.values().filter(|item| item.folder == folder && !item.read).count() as u32
    }

    /// The folders in a folder; `deep` takes those in them too.
    pub(crate) fn below(&self, parent: u64, deep: bool) -> Vec<u64> {
        let direct = |id: u64, folder: &Folder| folder.parent == parent && id != parent;
        let within = |id: u64| if parent < 2 { id != parent } else { id != parent && self.is_below(id, parent) };
        let found = self.folders.iter().filter(|(id, folder)| if deep { within(**id) } else { direct(**id, folder) });
        found.map(|(id, _)| *id).collect()
    }

    fn add(&mut self, folder: u64, read: bool) -> u64 {
        self.next += 1;
        self.items.insert(self.next, Item { folder, read });
        self.next
    }

    /// A change that makes sense for what is in the mailbox now.
    pub(crate) fn random(&self, rng: &mut Rng) -> Change {
        let items: Vec<u64> = self.items().collect();
        let places: Vec<u64> = self.folders().filter(|folder| *folder >= INBOX).collect();
        let own: Vec<u64> = self.folders().filter(|folder| *folder > FIRST_OWN).collect();
        let to = rng.pick(&places).copied().unwrap_or(INBOX);
        // a mailbox neither runs empty nor grows without end
        let Some(&item) = rng.pick(&items).filter(|_| items.len() > 3) else { return Change::DeliverMail };
        if items.len() > 60 {
            return Change::Delete { item };
        }
        match rng.range(0, 20) {
            0..8 => Change::DeliverMail,
            8 => Change::Create { folder: to },
            9..11 => Change::Modify { item },
            11..13 => Change::MarkRead { item },
            13..15 => Change::Move { item, to },
            15 => Change::Copy { item, to },
            16 => Change::Delete { item },
            17 => Change::ChangeFreeBusy,
            18 if own.len() < 5 => Change::CreateFolder { name: format!("Folder {}", self.next), parent: 2 },
            _ => match own.first() {
                Some(&folder) if rng.chance(300) => Change::DeleteFolder { folder },
                Some(&folder) => Change::MoveFolder { folder, to: if rng.chance(500) { 2 } else { INBOX } },
                None => Change::DeliverMail,
            },
        }
    }

    /// Does it, and says what happened, in order; the numbers of the events are still 0.
    pub(crate) fn apply(&mut self, change: &Change, at: Duration) -> Vec<Event> {
        self.try_apply(change, at).unwrap_or_default()
    }

    fn try_apply(&mut self, change: &Change, at: Duration) -> Option<Vec<Event>> {
        let events = match *change {
            Change::DeliverMail => {
                let item = self.add(INBOX, false);
                let created = self.event(Kind::Created, Target::Item(item), INBOX, at);
                let new_mail = Event { kind: Kind::NewMail, ..created.clone() };
                vec![created, self.folder_modified(INBOX, at)?, new_mail]
            }
            Change::Create { folder } => {
                self.folders.get(&folder)?;
                let item = self.add(folder, true);
                vec![self.event(Kind::Created, Target::Item(item), folder, at), self.folder_modified(folder, at)?]
            }
            Change::Modify { item } => {
                let folder = self.items.get(&item)?.folder;
                vec![self.event(Kind::Modified, Target::Item(item), folder, at), self.folder_modified(folder, at)?]
            }
            Change::MarkRead { item } => {
                let held = self.items.get_mut(&item)?;
                held.read = true;
                let folder = held.folder;
                vec![self.event(Kind::Modified, Target::Item(item), folder, at), self.folder_modified(folder, at)?]
            }
            Change::Move { item, to } => {
                self.folders.get(&to)?;
                let old = self.items.remove(&item)?;
                let new = self.add(to, old.read);
                self.transferred(Kind::Moved, (item, old.folder), (new, to), at)?
            }
            Change::Copy { item, to } => {
                self.folders.get(&to)?;
                let old = *self.items.get(&item)?;
                let new = self.add(to, old.read);
                self.transferred(Kind::Copied, (item, old.folder), (new, to), at)?
            }
            Change::Delete { item } => {
                let folder = self.items.remove(&item)?.folder;
                vec![self.event(Kind::Deleted, Target::Item(item), folder, at), self.folder_modified(folder, at)?]
            }
            Change::ChangeFreeBusy => {
                let item = self.add(CALENDAR, true);
                let created = self.event(Kind::Created, Target::Item(item), CALENDAR, at);
                let free_busy = Event { kind: Kind::FreeBusyChanged, ..created.clone() };
                vec![created, free_busy, self.folder_modified(CALENDAR, at)?]
            }
            Change::CreateFolder { ref name, parent } => {
                self.folders.get(&parent)?;
                self.next += 1;
                let folder = self.next;
                self.folders.insert(folder, Folder { parent, name: name.clone() });
                vec![self.event(Kind::Created, Target::Folder(folder), parent, at), self.folder_modified(parent, at)?]
            }
            Change::MoveFolder { folder, to } => {
                self.folders.get(&to)?;
                if folder < FIRST_OWN || self.is_below(to, folder) {
                    return None;
                }
                let held = self.folders.get_mut(&folder)?;
                let from = core::mem::replace(&mut held.parent, to);
                let mut moved = self.event(Kind::Moved, Target::Folder(folder), to, at);
                moved.old = Some((Target::Folder(folder), from));
                vec![moved, self.folder_modified(from, at)?, self.folder_modified(to, at)?]
            }
            Change::DeleteFolder { folder } => {
                let parent = self.folders.get(&folder)?.parent;
                if folder < FIRST_OWN || self.folders.values().any(|other| other.parent == folder) {
                    return None;
                }
                self.folders.remove(&folder);
                self.items.retain(|_, item| item.folder != folder);
                vec![self.event(Kind::Deleted, Target::Folder(folder), parent, at), self.folder_modified(parent, at)?]
            }
        };
        Some(events)
    }

    fn is_below(&self, mut folder: u64, above: u64) -> bool {
        while folder > 1 {
            if folder == above {
                return true;
            }
            folder = self.folders.get(&folder).map_or(0, |held| held.parent);
        }
        false
    }

    fn transferred(&self, kind: Kind, old: (u64, u64), new: (u64, u64), at: Duration) -> Option<Vec<Event>> {
        let mut event = self.event(kind, Target::Item(new.0), new.1, at);
        event.old = Some((Target::Item(old.0), old.1));
        Some(vec![event, self.folder_modified(old.1, at)?, self.folder_modified(new.1, at)?])
    }

    fn event(&self, kind: Kind, target: Target, parent: u64, at: Duration) -> Event {
        Event { number: 0, kind, at, mailbox: self.number, target, parent, old: None, unread: None }
    }

    fn folder_modified(&self, folder: u64, at: Duration) -> Option<Event> {
        let parent = self.folders.get(&folder)?.parent;
        let event = self.event(Kind::Modified, Target::Folder(folder), parent, at);
        Some(Event { unread: Some(self.unread(folder)), ..event })
    }
}
