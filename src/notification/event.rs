//! Event views: borrowed, typed, decoded. Depends on the fields.

use core::fmt;

use super::field::{EventFields, Field, IdElement, NotificationHead, Part};
use super::owned::OwnedEvent;
use super::vocabulary::EventKind;

/// Everything an event view reads: the event's bytes, where its parts are, and its Notification's head.
#[derive(Clone, Copy)]
pub(super) struct EventView<'a> {
    pub(super) run: &'a str,
    pub(super) fields: &'a EventFields,
    pub(super) head: &'a NotificationHead,
}

impl<'a> EventView<'a> {
    fn text(self, field: Field) -> Option<&'a str> {
        field.text(self.run)
    }

    fn id(self, element: IdElement) -> Option<Id<'a>> {
        let id = self.text(self.fields.part(Part::id(element)))?;
        Some(Id { id, change_key: self.text(self.fields.part(Part::change_key(element))) })
    }

    fn subscription_id(self) -> Option<&'a str> {
        self.head.subscription_id()
    }

    fn previous_watermark(self) -> Option<&'a str> {
        self.head.previous_watermark()
    }

    fn more_events(self) -> Option<bool> {
        self.head.more_events()
    }

    fn watermark(self) -> Option<&'a str> {
        self.text(self.fields.part(Part::WATERMARK))
    }

    fn timestamp(self) -> Option<&'a str> {
        self.text(self.fields.part(Part::TIMESTAMP))
    }

    fn item_id(self) -> Option<ItemId<'a>> {
        self.id(IdElement::Item).map(ItemId)
    }

    fn folder_id(self) -> Option<FolderId<'a>> {
        self.id(IdElement::Folder).map(FolderId)
    }

    fn parent_folder_id(self) -> Option<FolderId<'a>> {
        self.id(IdElement::ParentFolder).map(FolderId)
    }

    fn old_item_id(self) -> Option<ItemId<'a>> {
        self.id(IdElement::OldItem).map(ItemId)
    }

    fn old_folder_id(self) -> Option<FolderId<'a>> {
        self.id(IdElement::OldFolder).map(FolderId)
    }

    fn old_parent_folder_id(self) -> Option<FolderId<'a>> {
        self.id(IdElement::OldParentFolder).map(FolderId)
    }

    fn unread_count(self) -> Option<i32> {
        self.fields.unread_count()
    }

    fn name(self) -> &'a str {
        self.text(self.fields.part(Part::NAME)).unwrap_or_default()
    }

    /// The typed view that its kind calls for.
    pub(super) fn event(self) -> Event<'a> {
        match self.fields.kind {
            EventKind::Created => Event::Created(CreatedEvent(self)),
            EventKind::Deleted => Event::Deleted(DeletedEvent(self)),
            EventKind::Modified => Event::Modified(ModifiedEvent(self)),
            EventKind::Moved => Event::Moved(MovedEvent(self)),
            EventKind::Copied => Event::Copied(CopiedEvent(self)),
            EventKind::NewMail => Event::NewMail(NewMailEvent(self)),
            EventKind::FreeBusyChanged => Event::FreeBusyChanged(FreeBusyChangedEvent(self)),
            EventKind::Status => Event::Status(StatusEvent(self)),
            EventKind::Other => Event::Other(OtherEvent(self)),
        }
    }
}

impl fmt::Debug for EventView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(self.event().name());
        let mut text = |name, value: Option<&str>| {
            if let Some(value) = value {
                out.field(name, &value);
            }
        };
        text("subscription_id", self.subscription_id());
        text("previous_watermark", self.previous_watermark());
        text("watermark", self.watermark());
        text("timestamp", self.timestamp());
        let ids = [
            ("item_id", IdElement::Item),
            ("folder_id", IdElement::Folder),
            ("parent_folder_id", IdElement::ParentFolder),
            ("old_item_id", IdElement::OldItem),
            ("old_folder_id", IdElement::OldFolder),
            ("old_parent_folder_id", IdElement::OldParentFolder),
        ];
        for (name, element) in ids {
            if let Some(id) = self.id(element) {
                out.field(name, &id.id);
            }
        }
        if let Some(more) = self.more_events() {
            out.field("more_events", &more);
        }
        if let Some(count) = self.unread_count() {
            out.field("unread_count", &count);
        }
        out.finish()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Id<'a> {
    id: &'a str,
    change_key: Option<&'a str>,
}

macro_rules! id_view {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name<'a>(Id<'a>);

        impl<'a> $name<'a> {
            /// The `Id` attribute: opaque, some 116 to 152 characters on Exchange, case counts. Empty when the server
            /// left it out, which the schema does not allow.
            #[must_use]
            pub fn id(&self) -> &'a str {
                self.0.id
            }

            /// The `ChangeKey` attribute. Notifications often have none, or one without a change number (`CQAAAA==`):
            /// it is no use for detecting conflicts.
            #[must_use]
            pub fn change_key(&self) -> Option<&'a str> {
                self.0.change_key
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("id", &self.id()).field("change_key", &self.change_key()).finish()
            }
        }
    };
}

id_view! {
    /// Names an item: [`t:ItemId`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/itemid), `t:ItemIdType` of the EWS schema.
    ItemId
}

id_view! {
    /// Names a folder: [`t:FolderId`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/folderid), `t:FolderIdType` of the EWS schema.
    FolderId
}

/// The accessors that all events have.
macro_rules! common {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// `t:SubscriptionId` of the [Notification](https://learn.microsoft.com/exchange/client-developer/web-service-reference/notification-ex15websvcsotherref) it came in. Absent
            /// only where the server broke the schema.
            #[must_use]
            pub fn subscription_id(&self) -> Option<&'a str> {
                self.0.subscription_id()
            }

            /// [`t:PreviousWatermark`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/previouswatermark) of the Notification: pull and push only. Opaque.
            #[must_use]
            pub fn previous_watermark(&self) -> Option<&'a str> {
                self.0.previous_watermark()
            }

            /// [`t:MoreEvents`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/moreevents) of the Notification: whether more events wait on the server. Absent
            /// from Exchange's streams.
            #[must_use]
            pub fn more_events(&self) -> Option<bool> {
                self.0.more_events()
            }

            /// [`t:Watermark`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/watermark) of the event: pull and push only. Opaque; what the next
            /// [`GetEvents`](crate::request::GetEvents) asks with.
            #[must_use]
            pub fn watermark(&self) -> Option<&'a str> {
                self.0.watermark()
            }

            /// A copy that lives on its own.
            #[must_use]
            pub fn to_owned(&self) -> OwnedEvent {
                OwnedEvent::new(self.0)
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

/// The accessors of the events that say what happened to an item or folder.
macro_rules! change {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// [`t:TimeStamp`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/timestamp): when it happened by the server's clock, an `xs:dateTime` in UTC as sent, with
            /// any number of fractional digits (Exchange sends none, other servers nine). Empty when the server left it
            /// out, which the schema does not allow.
            #[must_use]
            pub fn timestamp(&self) -> &'a str {
                self.0.timestamp().unwrap_or_default()
            }

            /// `t:ItemId`, when it happened to an item.
            #[must_use]
            pub fn item_id(&self) -> Option<ItemId<'a>> {
                self.0.item_id()
            }

            /// `t:FolderId`, when it happened to a folder.
            #[must_use]
            pub fn folder_id(&self) -> Option<FolderId<'a>> {
                self.0.folder_id()
            }

            /// `t:ParentFolderId`: the folder it is in, after the event.
            #[must_use]
            pub fn parent_folder_id(&self) -> Option<FolderId<'a>> {
                self.0.parent_folder_id()
            }
        }
    };
}

/// The accessors of the events that say where something was before.
macro_rules! relocation {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// `t:OldItemId`, when it happened to an item.
            #[must_use]
            pub fn old_item_id(&self) -> Option<ItemId<'a>> {
                self.0.old_item_id()
            }

            /// `t:OldFolderId`, when it happened to a folder.
            #[must_use]
            pub fn old_folder_id(&self) -> Option<FolderId<'a>> {
                self.0.old_folder_id()
            }

            /// [`t:OldParentFolderId`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/oldparentfolderid): the folder it was in before.
            #[must_use]
            pub fn old_parent_folder_id(&self) -> Option<FolderId<'a>> {
                self.0.old_parent_folder_id()
            }
        }
    };
}

macro_rules! event_view {
    ($(#[$doc:meta])* $name:ident: $($accessors:ident),+) => {
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a>(EventView<'a>);

        $($accessors!($name);)+
    };
}

event_view! {
    /// An item or folder was created: [`t:CreatedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/createdevent).
    ///
    /// ```text
    /// <t:CreatedEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id="AAMk" ChangeKey="CQAAAA=="/>
    ///                              --------------------                          ----            --------
    ///                              timestamp()                                   item_id(): id(), change_key()
    /// ```
    CreatedEvent: common, change
}

event_view! {
    /// An item or folder was deleted for good: [`t:DeletedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/deletedevent). Deleting to the Deleted Items folder
    /// is a [`MovedEvent`].
    DeletedEvent: common, change
}

event_view! {
    /// An item or folder was changed: [`t:ModifiedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/modifiedevent). A change of an item also changes its folder:
    /// two events are usual, and servers repeat them.
    ModifiedEvent: common, change
}

impl ModifiedEvent<'_> {
    /// [`t:UnreadCount`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/unreadcount): unread items in the folder, when it happened to a folder; even then servers may
    /// leave it out.
    #[must_use]
    pub fn unread_count(&self) -> Option<i32> {
        self.0.unread_count()
    }
}

event_view! {
    /// An item or folder went to another folder: [`t:MovedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/movedevent). Its id is a new one, the former is
    /// [`old_item_id`](Self::old_item_id) or [`old_folder_id`](Self::old_folder_id).
    MovedEvent: common, change, relocation
}

event_view! {
    /// An item or folder was copied: [`t:CopiedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/copiedevent). It names the copy, its `old_` parts the original.
    CopiedEvent: common, change, relocation
}

event_view! {
    /// A mail arrived: [`t:NewMailEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/newmailevent). Servers send a [`CreatedEvent`] for it as well.
    NewMailEvent: common, change
}

event_view! {
    /// The user's free/busy time changed: [`t:FreeBusyChangedEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/freebusychangedevent). Comes with a
    /// [`ModifiedEvent`] of the calendar item.
    FreeBusyChangedEvent: common, change
}

event_view! {
    /// Nothing happened: [`t:StatusEvent`](https://learn.microsoft.com/exchange/client-developer/web-service-reference/statusevent), the heartbeat of pull, push, and of some servers' streams. In
    /// pull and push it has a [`watermark`](Self::watermark) to go on from.
    StatusEvent: common
}

event_view! {
    /// An event that this version does not know: an EWS element of a Notification whose name ends in `Event`. What it
    /// shares with known events is understood.
    OtherEvent: common, change, relocation
}

impl<'a> OtherEvent<'a> {
    /// The element's local name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.0.name()
    }

    /// `t:UnreadCount`.
    #[must_use]
    pub fn unread_count(&self) -> Option<i32> {
        self.0.unread_count()
    }
}

/// Something that happened in a mailbox: a child of `Notification` of the EWS schema.
///
/// The same accessors stand here as on the single views, so that a caller need not match to read them; what was not sent
/// is `None`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// `t:CreatedEvent`
    Created(CreatedEvent<'a>),
    /// `t:DeletedEvent`
    Deleted(DeletedEvent<'a>),
    /// `t:ModifiedEvent`
    Modified(ModifiedEvent<'a>),
    /// `t:MovedEvent`
    Moved(MovedEvent<'a>),
    /// `t:CopiedEvent`
    Copied(CopiedEvent<'a>),
    /// `t:NewMailEvent`
    NewMail(NewMailEvent<'a>),
    /// `t:FreeBusyChangedEvent`
    FreeBusyChanged(FreeBusyChangedEvent<'a>),
    /// `t:StatusEvent`
    Status(StatusEvent<'a>),
    /// Any other EWS element whose name ends in `Event`.
    Other(OtherEvent<'a>),
}

impl<'a> Event<'a> {
    fn view(&self) -> EventView<'a> {
        match *self {
            Self::Created(CreatedEvent(view))
            | Self::Deleted(DeletedEvent(view))
            | Self::Modified(ModifiedEvent(view))
            | Self::Moved(MovedEvent(view))
            | Self::Copied(CopiedEvent(view))
            | Self::NewMail(NewMailEvent(view))
            | Self::FreeBusyChanged(FreeBusyChangedEvent(view))
            | Self::Status(StatusEvent(view))
            | Self::Other(OtherEvent(view)) => view,
        }
    }

    /// The element's local name, such as `NewMailEvent`.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self {
            Self::Created(_) => "CreatedEvent",
            Self::Deleted(_) => "DeletedEvent",
            Self::Modified(_) => "ModifiedEvent",
            Self::Moved(_) => "MovedEvent",
            Self::Copied(_) => "CopiedEvent",
            Self::NewMail(_) => "NewMailEvent",
            Self::FreeBusyChanged(_) => "FreeBusyChangedEvent",
            Self::Status(_) => "StatusEvent",
            Self::Other(other) => other.name(),
        }
    }

    /// `t:SubscriptionId` of the Notification it came in.
    #[must_use]
    pub fn subscription_id(&self) -> Option<&'a str> {
        self.view().subscription_id()
    }

    /// `t:PreviousWatermark` of the Notification: pull and push only.
    #[must_use]
    pub fn previous_watermark(&self) -> Option<&'a str> {
        self.view().previous_watermark()
    }

    /// `t:MoreEvents` of the Notification.
    #[must_use]
    pub fn more_events(&self) -> Option<bool> {
        self.view().more_events()
    }

    /// `t:Watermark` of the event: pull and push only.
    #[must_use]
    pub fn watermark(&self) -> Option<&'a str> {
        self.view().watermark()
    }

    /// `t:TimeStamp`, an `xs:dateTime` as sent.
    #[must_use]
    pub fn timestamp(&self) -> Option<&'a str> {
        self.view().timestamp()
    }

    /// `t:ItemId`.
    #[must_use]
    pub fn item_id(&self) -> Option<ItemId<'a>> {
        self.view().item_id()
    }

    /// `t:FolderId`.
    #[must_use]
    pub fn folder_id(&self) -> Option<FolderId<'a>> {
        self.view().folder_id()
    }

    /// `t:ParentFolderId`.
    #[must_use]
    pub fn parent_folder_id(&self) -> Option<FolderId<'a>> {
        self.view().parent_folder_id()
    }

    /// `t:OldItemId`: moved and copied events.
    #[must_use]
    pub fn old_item_id(&self) -> Option<ItemId<'a>> {
        self.view().old_item_id()
    }

    /// `t:OldFolderId`: moved and copied events.
    #[must_use]
    pub fn old_folder_id(&self) -> Option<FolderId<'a>> {
        self.view().old_folder_id()
    }

    /// `t:OldParentFolderId`: moved and copied events.
    #[must_use]
    pub fn old_parent_folder_id(&self) -> Option<FolderId<'a>> {
        self.view().old_parent_folder_id()
    }

    /// `t:UnreadCount`: modified events of folders.
    #[must_use]
    pub fn unread_count(&self) -> Option<i32> {
        self.view().unread_count()
    }

    /// A copy that lives on its own: one allocation.
    #[must_use]
    pub fn to_owned(&self) -> OwnedEvent {
        OwnedEvent::new(self.view())
    }

    /// An event that lives on its own and keeps `chunk` alive instead of copying from it, when it lies in it; one that
    /// straddled two chunks, or had something to decode, is copied. `chunk` is what was pushed last.
    ///
    /// ```
    /// # use bytes::Bytes;
    /// # use ews_stream::{Error, Message, NotificationParser, OwnedEvent};
    /// fn keep(parser: &mut NotificationParser, chunk: &Bytes, kept: &mut Vec<OwnedEvent>) -> Result<(), Error> {
    ///     let mut input: &[u8] = chunk;
    ///     while let Some(message) = parser.next_message(&mut input)? {
    ///         if let Message::Event(event) = message {
    ///             kept.push(event.to_owned_in(chunk));
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "bytes")]
    #[must_use]
    pub fn to_owned_in(&self, chunk: &bytes::Bytes) -> OwnedEvent {
        OwnedEvent::sharing(self.view(), chunk)
    }
}
