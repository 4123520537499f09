//! How much a peer may make the parser hold or do. Depended on by the layers; depends on nothing.
//!
//! Every limit is always on: a parser of bytes that nobody controls has no "unlimited". Exceeding one is an
//! [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded) that names the limit and its value, at the first byte
//! too many, however the input was cut.

/// Bounds of a parser's memory and of its work a byte.
///
/// | limit | default | what EWS needs | what it bounds |
/// |---|---|---|---|
/// | [`depth`](Self::depth) | 32 | 10 | the stack of open elements, the look-up of a prefix |
/// | [`name_length`](Self::name_length) | 256 bytes | 40 | the stack of open elements |
/// | [`attributes`](Self::attributes) | 32 a tag | 8 | the quadratic test that no attribute is there twice |
/// | [`namespaces`](Self::namespaces) | 64 in scope | 8 | the look-up of a prefix |
/// | [`namespace_bytes`](Self::namespace_bytes) | 8 KiB | 0.5 KiB | memory, the comparison of what is declared around each Notification |
/// | [`event_bytes`](Self::event_bytes) | 64 KiB | 2 KiB, a fault with a stack trace some 10 KiB | memory: the one buffer that grows |
/// | [`text_bytes`](Self::text_bytes) | 64 KiB | 2 KiB | useless work inside one element |
///
/// Whatever comes in, a parser never holds more than twelve times `event_bytes` (what is held, ids that wait for a response's
/// code, a Notification's head; buffers grow by doubling, and for a moment there may be two), twice `depth` × `name_length`
/// and `namespace_bytes`, some 100 bytes for each attribute and namespace allowed, and 25 KiB of what it has learned. With
/// what servers send it is a few KiB. There is no limit on the length of a stream: it may run for days.
///
/// ```
/// use ews_stream::{Limits, NotificationParser};
///
/// let parser = NotificationParser::with_limits(Limits::default().with_event_bytes(8 * 1024));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    depth: u16,
    name_length: u16,
    attributes: u16,
    namespaces: u16,
    namespace_bytes: u32,
    event_bytes: u32,
    text_bytes: u32,
}

impl Limits {
    /// The defaults of the table above.
    pub const DEFAULT: Self = Self {
        depth: 32,
        name_length: 256,
        attributes: 32,
        namespaces: 64,
        namespace_bytes: 8 * 1024,
        event_bytes: 64 * 1024,
        text_bytes: 64 * 1024,
    };

    /// Elements open at one time, the root included (1..=65,535).
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth as usize
    }

    /// Bytes of a name, prefix and colon included (1..=65,535).
    #[must_use]
    pub const fn name_length(&self) -> usize {
        self.name_length as usize
    }

    /// Attributes of one tag, namespace declarations included (0..=65,535). The test for repeated names costs the square
    /// of it.
    #[must_use]
    pub const fn attributes(&self) -> usize {
        self.attributes as usize
    }

    /// Namespace declarations in scope at one time (0..=65,535).
    #[must_use]
    pub const fn namespaces(&self) -> usize {
        self.namespaces as usize
    }

    /// Bytes of the prefixes and namespace names in scope at one time.
    #[must_use]
    pub const fn namespace_bytes(&self) -> usize {
        self.namespace_bytes as usize
    }

    /// Bytes of one event, response head or fault, and of any single tag, comment, processing instruction or CDATA
    /// section, from its `<` to its `>`.
    ///
    /// A response's head counts from its response message's tag to where its contents begin: to the first Notification, or
    /// to where the `ResponseCode` is known. So what waits for a late code (ids of failed subscriptions, the connection's
    /// status) counts together with the head, however small each is. The id and the watermark that a Subscribe answered
    /// count with the head where they stand in it, and each by itself behind it.
    #[must_use]
    pub const fn event_bytes(&self) -> usize {
        self.event_bytes as usize
    }

    /// Bytes of one run of character data, as sent.
    #[must_use]
    pub const fn text_bytes(&self) -> usize {
        self.text_bytes as usize
    }

    /// Sets [`depth`](Self::depth); 0 counts as 1.
    #[must_use]
    pub const fn with_depth(mut self, max: u16) -> Self {
        self.depth = if max == 0 { 1 } else { max };
        self
    }

    /// Sets [`name_length`](Self::name_length); 0 counts as 1.
    #[must_use]
    pub const fn with_name_length(mut self, max: u16) -> Self {
        self.name_length = if max == 0 { 1 } else { max };
        self
    }

    /// Sets [`attributes`](Self::attributes).
    #[must_use]
    pub const fn with_attributes(mut self, max: u16) -> Self {
        self.attributes = max;
        self
    }

    /// Sets [`namespaces`](Self::namespaces).
    #[must_use]
    pub const fn with_namespaces(mut self, max: u16) -> Self {
        self.namespaces = max;
        self
    }

    /// Sets [`namespace_bytes`](Self::namespace_bytes); more than 256 MiB counts as 256 MiB.
    #[must_use]
    pub const fn with_namespace_bytes(mut self, max: u32) -> Self {
        self.namespace_bytes = capped(max);
        self
    }

    /// Sets [`event_bytes`](Self::event_bytes); 0 counts as 1, more than 256 MiB as 256 MiB.
    #[must_use]
    pub const fn with_event_bytes(mut self, max: u32) -> Self {
        self.event_bytes = if max == 0 { 1 } else { capped(max) };
        self
    }

    /// Sets [`text_bytes`](Self::text_bytes); more than 256 MiB counts as 256 MiB.
    #[must_use]
    pub const fn with_text_bytes(mut self, max: u32) -> Self {
        self.text_bytes = capped(max);
        self
    }
}

/// Offsets inside of what is held are `u32`; a ceiling far below that keeps them so for events and texts alike.
const fn capped(max: u32) -> u32 {
    const CEILING: u32 = 256 * 1024 * 1024;
    if max > CEILING { CEILING } else { max }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use crate::error::Limit;

    /// All of them, one after the other: a new one does not compile until it has its place here.
    fn after(limit: Limit) -> Option<Limit> {
        match limit {
            Limit::Depth => Some(Limit::NameLength),
            Limit::NameLength => Some(Limit::Attributes),
            Limit::Attributes => Some(Limit::Namespaces),
            Limit::Namespaces => Some(Limit::NamespaceBytes),
            Limit::NamespaceBytes => Some(Limit::EventBytes),
            Limit::EventBytes => Some(Limit::TextBytes),
            Limit::TextBytes => None,
        }
    }

    #[test]
    fn every_limit_has_a_row_in_the_table_of_the_tests() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/limits.rs");
        let Ok(table) = std::fs::read_to_string(path) else { return }; // the published crate comes without
        let mut limit = Some(Limit::Depth);
        while let Some(one) = limit {
            assert!(table.contains(&std::format!(" Limit::{one:?},")), "{one:?}");
            limit = after(one);
        }
    }
}
