//! What a client has to do on top of a general XML parser to get at the values. The least that gives right values on
//! well-behaved streams: it does not look where in the answer an element stands.

use std::borrow::Cow;

use super::sink::{Field, Sink};

/// What an element means.
#[derive(Clone, Copy)]
pub enum Element {
    Notification,
    Event,
    Id(Field),
    Leaf(Field),
}

impl Element {
    /// By its local name; most elements of a stream mean something.
    #[inline]
    pub fn of(local: &str) -> Option<Self> {
        Some(match local {
            "TimeStamp" => Self::Leaf(Field::TimeStamp),
            "ItemId" => Self::Id(Field::Item),
            "ParentFolderId" => Self::Id(Field::ParentFolder),
            "FolderId" => Self::Id(Field::Folder),
            "UnreadCount" => Self::Leaf(Field::UnreadCount),
            "OldItemId" => Self::Id(Field::OldItem),
            "OldFolderId" => Self::Id(Field::OldFolder),
            "OldParentFolderId" => Self::Id(Field::OldParentFolder),
            "Notification" => Self::Notification,
            "SubscriptionId" => Self::Leaf(Field::Subscription),
            "ConnectionStatus" => Self::Leaf(Field::ConnectionStatus),
            _ if local.ends_with("Event") => Self::Event,
            _ => return None,
        })
    }
}

/// Whether there is anything to decode in a value.
#[inline]
pub fn has_references(value: &str) -> bool {
    memchr::memchr(b'&', value.as_bytes()).is_some()
}

pub struct Collector<'a, 's, S> {
    sink: &'s mut S,
    /// Of the Notification that is open.
    subscription: Option<Cow<'a, str>>,
    /// The element whose text is wanted, and what there is of it.
    leaf: Option<Field>,
    text: Cow<'a, str>,
}

impl<'a, 's, S: Sink> Collector<'a, 's, S> {
    pub fn new(sink: &'s mut S) -> Self {
        Self { sink, subscription: None, leaf: None, text: Cow::Borrowed("") }
    }

    pub fn notification(&mut self) {
        self.subscription = None;
    }

    #[inline]
    pub fn event(&mut self, local: &str) {
        self.sink.event(local);
        if let Some(subscription) = &self.subscription {
            self.sink.text(Field::Subscription, subscription);
        }
    }

    #[inline]
    pub fn id(&mut self, field: Field, id: &str) {
        self.sink.text(field, id);
    }

    #[inline]
    pub fn change_key(&mut self, of: Field, key: &str) {
        self.sink.change_key(of, key);
    }

    #[inline]
    pub fn leaf(&mut self, field: Field) {
        self.leaf = Some(field);
        self.text = Cow::Borrowed("");
    }

    pub fn in_leaf(&self) -> bool {
        self.leaf.is_some()
    }

    /// A part of a text; references stand between them.
    #[inline]
    pub fn text(&mut self, part: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = part;
        } else {
            self.text.to_mut().push_str(&part);
        }
    }

    #[inline]
    pub fn character(&mut self, character: char) {
        self.text.to_mut().push(character);
    }

    /// Any element ends; a leaf has no children.
    #[inline]
    pub fn end(&mut self) {
        let Some(leaf) = self.leaf.take() else { return };
        match leaf {
            Field::Subscription => self.subscription = Some(std::mem::take(&mut self.text)),
            Field::UnreadCount => {
                if let Ok(count) = self.text.trim().parse() {
                    self.sink.count(count);
                }
            }
            field => self.sink.text(field, &self.text),
        }
    }
}
