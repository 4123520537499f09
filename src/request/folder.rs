//! What is watched: folders by id or by their well-known names, or all. Depends on the text.

use alloc::vec::Vec;

use super::text::{Text, element, escape, put};

macro_rules! distinguished {
    ($($variant:ident = $name:literal,)+) => {
        /// [`t:DistinguishedFolderIdNameType`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/distinguishedfolderid) of the EWS schema: folders that every mailbox names
        /// the same. Which of them a server knows depends on its version; it refuses others (`ErrorSchemaValidation`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DistinguishedFolder {
            $(#[doc = concat!("`", $name, "`.")] $variant,)+
        }

        impl DistinguishedFolder {
            /// All that this version knows, in the schema's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The schema's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

distinguished! {
    Calendar = "calendar",
    Contacts = "contacts",
    DeletedItems = "deleteditems",
    Drafts = "drafts",
    Inbox = "inbox",
    Journal = "journal",
    Notes = "notes",
    Outbox = "outbox",
    SentItems = "sentitems",
    Tasks = "tasks",
    MsgFolderRoot = "msgfolderroot",
    PublicFoldersRoot = "publicfoldersroot",
    Root = "root",
    JunkEmail = "junkemail",
    SearchFolders = "searchfolders",
    VoiceMail = "voicemail",
    RecoverableItemsRoot = "recoverableitemsroot",
    RecoverableItemsDeletions = "recoverableitemsdeletions",
    RecoverableItemsVersions = "recoverableitemsversions",
    RecoverableItemsPurges = "recoverableitemspurges",
    ArchiveRoot = "archiveroot",
    ArchiveMsgFolderRoot = "archivemsgfolderroot",
    ArchiveDeletedItems = "archivedeleteditems",
    ArchiveInbox = "archiveinbox",
    ArchiveRecoverableItemsRoot = "archiverecoverableitemsroot",
    ArchiveRecoverableItemsDeletions = "archiverecoverableitemsdeletions",
    ArchiveRecoverableItemsVersions = "archiverecoverableitemsversions",
    ArchiveRecoverableItemsPurges = "archiverecoverableitemspurges",
    SyncIssues = "syncissues",
    Conflicts = "conflicts",
    LocalFailures = "localfailures",
    ServerFailures = "serverfailures",
    RecipientCache = "recipientcache",
    QuickContacts = "quickcontacts",
    ConversationHistory = "conversationhistory",
    AdminAuditLogs = "adminauditlogs",
    ToDoSearch = "todosearch",
    MyContacts = "mycontacts",
    Directory = "directory",
    ImContactList = "imcontactlist",
    PeopleConnect = "peopleconnect",
    Favorites = "favorites",
}

impl DistinguishedFolder {
    /// The folder of this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|folder| folder.name().eq_ignore_ascii_case(name)).copied()
    }

    /// This folder of another mailbox: `t:Mailbox/t:EmailAddress`. The caller needs access to it.
    #[must_use]
    pub const fn of(self, mailbox: Text) -> Folder {
        Folder::Distinguished { name: self, mailbox: Some(mailbox) }
    }
}

/// One folder: `t:FolderId` or `t:DistinguishedFolderId`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// By its opaque id.
    Id {
        /// `@Id`.
        id: Text,
        /// `@ChangeKey`. Servers do not need it.
        change_key: Option<Text>,
    },
    /// By its well-known name.
    Distinguished {
        /// `@Id`.
        name: DistinguishedFolder,
        /// Whose it is, by address; `None`: the authenticated or impersonated user's.
        mailbox: Option<Text>,
    },
}

impl Folder {
    /// A folder by its id.
    #[must_use]
    pub const fn id(id: Text) -> Self {
        Self::Id { id, change_key: None }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Id { id, change_key } => {
                put(out, &["<t:FolderId Id=\""]);
                escape(id.as_str(), out);
                if let Some(key) = change_key {
                    put(out, &["\" ChangeKey=\""]);
                    escape(key.as_str(), out);
                }
                put(out, &["\"/>"]);
            }
            Self::Distinguished { name, mailbox: None } => {
                put(out, &["<t:DistinguishedFolderId Id=\"", name.name(), "\"/>"]);
            }
            Self::Distinguished { name, mailbox: Some(mailbox) } => {
                put(out, &["<t:DistinguishedFolderId Id=\"", name.name(), "\"><t:Mailbox>"]);
                element("t:EmailAddress", mailbox.as_str(), out);
                put(out, &["</t:Mailbox></t:DistinguishedFolderId>"]);
            }
        }
    }
}

impl From<DistinguishedFolder> for Folder {
    fn from(name: DistinguishedFolder) -> Self {
        Self::Distinguished { name, mailbox: None }
    }
}

/// What a subscription watches: all folders of the mailbox, or some. Never both, and never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Empty: all folders.
    named: Vec<Folder>,
}

impl Folders {
    /// `SubscribeToAllFolders="true"`.
    pub const ALL: Self = Self { named: Vec::new() };

    /// Another folder besides. Added to [`ALL`](Self::ALL), it narrows the choice to that one.
    #[must_use]
    pub fn and(mut self, folder: impl Into<Folder>) -> Self {
        self.named.push(folder.into());
        self
    }

    /// The folders named; empty when it is all of them.
    #[must_use]
    pub fn named(&self) -> &[Folder] {
        &self.named
    }

    pub(super) fn write_attribute(&self, out: &mut Vec<u8>) {
        if self.named.is_empty() {
            put(out, &[" SubscribeToAllFolders=\"true\""]);
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.named.is_empty() {
            return;
        }
        put(out, &["<t:FolderIds>"]);
        for folder in &self.named {
            folder.write(out);
        }
        put(out, &["</t:FolderIds>"]);
    }
}

impl<F: Into<Folder>> From<F> for Folders {
    fn from(folder: F) -> Self {
        Self::ALL.and(folder)
    }
}
