//! What is watched: folders by id or by their well-known names, or all. Depends on the text.

use alloc::vec::Vec;

use super::text::{Text, element, escape, put};

/// `t:DistinguishedFolderIdNameType` of the EWS schema: folders that every mailbox names the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DistinguishedFolder {
    /// `calendar`.
    Calendar,
    /// `contacts`.
    Contacts,
    /// `deleteditems`.
    DeletedItems,
    /// `drafts`.
    Drafts,
    /// `inbox`.
    Inbox,
    /// `journal`.
    Journal,
    /// `notes`.
    Notes,
    /// `outbox`.
    Outbox,
    /// `sentitems`.
    SentItems,
    /// `tasks`.
    Tasks,
    /// `msgfolderroot`.
    MsgFolderRoot,
    /// `publicfoldersroot`.
    PublicFoldersRoot,
    /// `root`.
    Root,
    /// `junkemail`.
    JunkEmail,
    /// `searchfolders`.
    SearchFolders,
    /// `voicemail`.
    VoiceMail,
    /// `recoverableitemsroot`.
    RecoverableItemsRoot,
    /// `recoverableitemsdeletions`.
    RecoverableItemsDeletions,
    /// `recoverableitemsversions`.
    RecoverableItemsVersions,
    /// `recoverableitemspurges`.
    RecoverableItemsPurges,
    /// `archiveroot`.
    ArchiveRoot,
    /// `archivemsgfolderroot`.
    ArchiveMsgFolderRoot,
    /// `archivedeleteditems`.
    ArchiveDeletedItems,
    /// `archiveinbox`.
    ArchiveInbox,
    /// `archiverecoverableitemsroot`.
    ArchiveRecoverableItemsRoot,
    /// `archiverecoverableitemsdeletions`.
    ArchiveRecoverableItemsDeletions,
    /// `archiverecoverableitemsversions`.
    ArchiveRecoverableItemsVersions,
    /// `archiverecoverableitemspurges`.
    ArchiveRecoverableItemsPurges,
    /// `syncissues`.
    SyncIssues,
    /// `conflicts`.
    Conflicts,
    /// `localfailures`.
    LocalFailures,
    /// `serverfailures`.
    ServerFailures,
    /// `recipientcache`.
    RecipientCache,
    /// `quickcontacts`.
    QuickContacts,
    /// `conversationhistory`.
    ConversationHistory,
    /// `adminauditlogs`.
    AdminAuditLogs,
    /// `todosearch`.
    ToDoSearch,
    /// `mycontacts`.
    MyContacts,
    /// `directory`.
    Directory,
    /// `imcontactlist`.
    ImContactList,
    /// `peopleconnect`.
    PeopleConnect,
    /// `favorites`.
    Favorites,
}

impl DistinguishedFolder {
    /// The schema's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::Contacts => "contacts",
            Self::DeletedItems => "deleteditems",
            Self::Drafts => "drafts",
            Self::Inbox => "inbox",
            Self::Journal => "journal",
            Self::Notes => "notes",
            Self::Outbox => "outbox",
            Self::SentItems => "sentitems",
            Self::Tasks => "tasks",
            Self::MsgFolderRoot => "msgfolderroot",
            Self::PublicFoldersRoot => "publicfoldersroot",
            Self::Root => "root",
            Self::JunkEmail => "junkemail",
            Self::SearchFolders => "searchfolders",
            Self::VoiceMail => "voicemail",
            Self::RecoverableItemsRoot => "recoverableitemsroot",
            Self::RecoverableItemsDeletions => "recoverableitemsdeletions",
            Self::RecoverableItemsVersions => "recoverableitemsversions",
            Self::RecoverableItemsPurges => "recoverableitemspurges",
            Self::ArchiveRoot => "archiveroot",
            Self::ArchiveMsgFolderRoot => "archivemsgfolderroot",
            Self::ArchiveDeletedItems => "archivedeleteditems",
            Self::ArchiveInbox => "archiveinbox",
            Self::ArchiveRecoverableItemsRoot => "archiverecoverableitemsroot",
            Self::ArchiveRecoverableItemsDeletions => "archiverecoverableitemsdeletions",
            Self::ArchiveRecoverableItemsVersions => "archiverecoverableitemsversions",
            Self::ArchiveRecoverableItemsPurges => "archiverecoverableitemspurges",
            Self::SyncIssues => "syncissues",
            Self::Conflicts => "conflicts",
            Self::LocalFailures => "localfailures",
            Self::ServerFailures => "serverfailures",
            Self::RecipientCache => "recipientcache",
            Self::QuickContacts => "quickcontacts",
            Self::ConversationHistory => "conversationhistory",
            Self::AdminAuditLogs => "adminauditlogs",
            Self::ToDoSearch => "todosearch",
            Self::MyContacts => "mycontacts",
            Self::Directory => "directory",
            Self::ImContactList => "imcontactlist",
            Self::PeopleConnect => "peopleconnect",
            Self::Favorites => "favorites",
        }
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
