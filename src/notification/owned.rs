//! Events that live on their own. Depends on the event views.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::event::{Event, EventView, FolderId, ItemId};
#[cfg(feature = "bytes")]
use super::field::text_of;
use super::field::{EventFields, Field, HeadView};
use crate::xml::Span;

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
    text: Box<str>,
    /// The event's run, where it is shared with the chunk; `text` is then the Notification's head only.
    #[cfg(feature = "bytes")]
    chunk: Option<bytes::Bytes>,
    fields: EventFields,
    subscription_id: Field,
    previous_watermark: Field,
    more_events: Option<bool>,
}

impl OwnedEvent {
    pub(super) fn new(view: EventView<'_>) -> Self {
        let head = view.head;
        let mut length: usize = 0;
        let mut add = |field: Field, run| length = length.saturating_add(field.text(run).map_or(0, str::len));
        add(head.subscription_id, head.text);
        add(head.previous_watermark, head.text);
        view.fields.map(|field| {
            add(field, view.run);
            field
        });

        let mut text = String::with_capacity(length);
        let subscription_id = copy(head.subscription_id, head.text, &mut text);
        let previous_watermark = copy(head.previous_watermark, head.text, &mut text);
        let fields = view.fields.map(|field| copy(field, view.run, &mut text));
        Self {
            text: text.into_boxed_str(),
            #[cfg(feature = "bytes")]
            chunk: None,
            fields,
            subscription_id,
            previous_watermark,
            more_events: head.more_events,
        }
    }

    /// Shares `chunk` if the event lies in it; what a Notification says before its events is copied in any case.
    #[cfg(feature = "bytes")]
    pub(super) fn sharing(view: EventView<'_>, chunk: &bytes::Bytes) -> Self {
        let Some(run) = part_of(chunk, view.run) else { return Self::new(view) };
        let head = view.head;
        let length = |field: Field| field.text(head.text).map_or(0, str::len);
        let length = length(head.subscription_id).saturating_add(length(head.previous_watermark));
        let mut text = String::with_capacity(length);
        let subscription_id = copy(head.subscription_id, head.text, &mut text);
        let previous_watermark = copy(head.previous_watermark, head.text, &mut text);
        Self {
            text: text.into_boxed_str(),
            chunk: Some(run),
            fields: *view.fields,
            subscription_id,
            previous_watermark,
            more_events: head.more_events,
        }
    }

    #[cfg(feature = "bytes")]
    fn run(&self) -> &str {
        self.chunk.as_deref().map_or(&*self.text, text_of)
    }

    #[cfg(not(feature = "bytes"))]
    fn run(&self) -> &str {
        &self.text
    }

    /// The event, borrowed from this.
    #[must_use]
    pub fn as_event(&self) -> Event<'_> {
        let head = HeadView {
            text: &self.text,
            subscription_id: self.subscription_id,
            previous_watermark: self.previous_watermark,
            more_events: self.more_events,
        };
        EventView { run: self.run(), fields: &self.fields, head }.event()
    }
}

/// The part of `chunk` that `run` is, if it is one.
#[cfg(feature = "bytes")]
fn part_of(chunk: &bytes::Bytes, run: &str) -> Option<bytes::Bytes> {
    let start = run.as_ptr().addr().checked_sub(chunk.as_ptr().addr())?;
    let end = start.checked_add(run.len())?;
    (end <= chunk.len()).then(|| chunk.slice(start..end))
}

/// Appends what the field points to in `run`, and returns where it is now.
#[allow(clippy::cast_possible_truncation)] // an event is shorter than the 256 MiB that limits allow
fn copy(field: Field, run: &str, text: &mut String) -> Field {
    let Some(part) = field.text(run) else { return Field::ABSENT };
    let start = text.len() as u32;
    text.push_str(part);
    Field::new(Span { start, end: text.len() as u32 })
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
