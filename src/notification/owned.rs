//! Events that live on their own. Depends on the event views.

use core::fmt;

use super::event::{Event, EventView, FolderId, ItemId};
#[cfg(feature = "bytes")]
use super::field::text_of;
use super::field::{EventFields, NotificationHead};

/// An event that borrows nothing, made by [`Event::to_owned`]: one allocation, the same accessors.
///
/// ```
/// # use ews_stream::{Message, NotificationParser, OwnedEvent};
/// # fn events(body: &[u8]) -> Result<Vec<OwnedEvent>, ews_stream::Error> {
/// let mut parser = NotificationParser::new();
/// let mut input = body;
/// let mut kept = Vec::new();
/// while let Some(message) = parser.next_message(&mut input)? {
///     if let Message::Event(event) = message {
///         kept.push(event.to_owned());
///     }
/// }
/// # Ok(kept)
/// # }
/// ```
#[derive(Clone)]
pub struct OwnedEvent {
    /// Its text holds the event's own behind the head's, unless they are shared with the chunk.
    head: NotificationHead,
    fields: EventFields,
    #[cfg(feature = "bytes")]
    chunk: Option<bytes::Bytes>,
}

impl OwnedEvent {
    pub(super) fn new(view: EventView<'_>) -> Self {
        let mut room: usize = 0;
        view.fields.map(|field| {
            room = room.saturating_add(field.text(view.run).map_or(0, str::len));
            field
        });
        let mut head = view.head.with_room(room);
        let fields = view.fields.map(|field| head.keep(field, view.run));
        Self {
            head,
            fields,
            #[cfg(feature = "bytes")]
            chunk: None,
        }
    }

    /// From parts whose texts all lie in the head's.
    #[cfg(feature = "serde")]
    pub(super) fn from_parts(head: NotificationHead, fields: EventFields) -> Self {
        Self {
            head,
            fields,
            #[cfg(feature = "bytes")]
            chunk: None,
        }
    }

    /// Shares `chunk` if the event lies in it; what a Notification says before its events is copied in any case.
    #[cfg(feature = "bytes")]
    pub(super) fn sharing(view: EventView<'_>, chunk: &bytes::Bytes) -> Self {
        match part_of(chunk, view.run) {
            Some(run) => Self { head: view.head.with_room(0), fields: *view.fields, chunk: Some(run) },
            None => Self::new(view),
        }
    }

    #[cfg(feature = "bytes")]
    fn run(&self) -> &str {
        self.chunk.as_deref().map_or(self.head.text(), text_of)
    }

    #[cfg(not(feature = "bytes"))]
    fn run(&self) -> &str {
        self.head.text()
    }

    /// The event, borrowed from this.
    #[must_use]
    pub fn as_event(&self) -> Event<'_> {
        EventView { run: self.run(), fields: &self.fields, head: &self.head }.event()
    }
}

/// The part of `chunk` that `run` is, if it is one.
#[cfg(feature = "bytes")]
fn part_of(chunk: &bytes::Bytes, run: &str) -> Option<bytes::Bytes> {
    let start = run.as_ptr().addr().checked_sub(chunk.as_ptr().addr())?;
    let end = start.checked_add(run.len())?;
    (end <= chunk.len()).then(|| chunk.slice(start..end))
}

/// The accessors of [`Event`], on the owned event.
macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        impl OwnedEvent {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(&self) -> $type {
                    self.as_event().$name()
                }
            )+
        }
    };
}

forward! {
    /// See [`Event::name`].
    name: &str;
    /// See [`Event::subscription_id`].
    subscription_id: Option<&str>;
    /// See [`Event::previous_watermark`].
    previous_watermark: Option<&str>;
    /// See [`Event::more_events`].
    more_events: Option<bool>;
    /// See [`Event::watermark`].
    watermark: Option<&str>;
    /// See [`Event::timestamp`].
    timestamp: Option<&str>;
    /// See [`Event::item_id`].
    item_id: Option<ItemId<'_>>;
    /// See [`Event::folder_id`].
    folder_id: Option<FolderId<'_>>;
    /// See [`Event::parent_folder_id`].
    parent_folder_id: Option<FolderId<'_>>;
    /// See [`Event::old_item_id`].
    old_item_id: Option<ItemId<'_>>;
    /// See [`Event::old_folder_id`].
    old_folder_id: Option<FolderId<'_>>;
    /// See [`Event::old_parent_folder_id`].
    old_parent_folder_id: Option<FolderId<'_>>;
    /// See [`Event::unread_count`].
    unread_count: Option<i32>;
}

impl<'a> From<Event<'a>> for OwnedEvent {
    fn from(event: Event<'a>) -> Self {
        event.to_owned()
    }
}

impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_event().fmt(f)
    }
}
