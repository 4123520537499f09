//! The names of events as they are written, each known with its meaning. Part of the shapes.

use crate::notification::field::{EventFields, Field, Part, Template};
use crate::notification::vocabulary::EventKind;
use crate::xml::Span;

/// The longest name that is kept: `types:FreeBusyChangedEvent` and some more.
const MAX_LEN: usize = 31;
/// The shortest, so that its first eight bytes and its last can be compared in one go each.
const WORD: usize = size_of::<u64>();

#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    /// Its first bytes.
    pub(super) head: u64,
    /// Its last.
    tail: u64,
    /// With a `>` behind it, as in an end tag.
    bytes: [u8; MAX_LEN + 1],
    len: u8,
    kind: EventKind,
    /// Where its local part begins.
    local: u8,
    /// The shape that matched last.
    pub(super) shape: u8,
}

impl Name {
    /// The name that an event begins with.
    #[allow(clippy::cast_possible_truncation)] // shorter than 32
    pub(super) fn of(run: &[u8], event: &EventFields) -> Option<Self> {
        let ends = |byte: &u8| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n');
        let written = run.get(..run.iter().position(ends)?)?;
        let mut bytes = [b'>'; MAX_LEN + 1];
        bytes.get_mut(..written.len()).filter(|_| written.len() <= MAX_LEN)?.copy_from_slice(written);
        let colon = written.iter().position(|byte| *byte == b':');
        Some(Self {
            head: u64::from_le_bytes(*written.first_chunk()?),
            tail: u64::from_le_bytes(*written.last_chunk()?),
            bytes,
            len: written.len() as u8,
            kind: event.kind,
            local: colon.map_or(0, |at| at as u8 + 1),
            shape: 0,
        })
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        usize::from(self.len)
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len()).unwrap_or_default()
    }

    /// The name and `>`.
    #[inline]
    pub(super) fn closing(&self) -> &[u8] {
        self.bytes.get(..self.len().wrapping_add(1)).unwrap_or_default()
    }

    /// Whether `bytes` begin with it.
    #[inline]
    pub(super) fn begins(&self, bytes: &[u8]) -> bool {
        let word = |bytes: Option<&[u8; WORD]>| bytes.map(|bytes| u64::from_le_bytes(*bytes));
        let Some(name) = bytes.get(..self.len()) else { return false };
        word(name.first_chunk()) == Some(self.head)
            && word(name.last_chunk()) == Some(self.tail)
            && (name.len() <= 2 * WORD || name == self.as_bytes())
    }

    /// What is between an event's name and the name in its end tag; or, of one without an end tag, all behind the name.
    pub(super) fn inside<'a>(&self, run: &'a [u8]) -> Option<Inside<'a>> {
        let behind = run.strip_prefix(self.as_bytes())?;
        let is_empty = behind.ends_with(b"/>");
        Some(Inside { bytes: if is_empty { behind } else { behind.strip_suffix(self.closing())? }, is_empty })
    }

    /// An event of this name, whose parts are where the template has them.
    #[inline]
    pub(super) fn begin(&self, event: &mut EventFields, template: &Template) {
        event.begin(self.kind, template, u16::from(self.len));
        if self.kind == EventKind::Other {
            let local = Span { start: u32::from(self.local), end: u32::from(self.len) };
            event.put_field(Part::NAME, Field::new(local));
        }
    }
}

/// An event without its names.
#[derive(Clone, Copy)]
pub(super) struct Inside<'a> {
    pub(super) bytes: &'a [u8],
    /// It is an empty-element tag.
    pub(super) is_empty: bool,
}
