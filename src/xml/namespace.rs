//! Namespace declarations in scope, and what a prefix means there (Namespaces in XML 1.0). Depends on nothing.
//!
//! Namespace names are compared once, when they are declared: from then on a binding carries a small number. The layer
//! above hands in the names it knows; this layer knows none but `xml` and `xmlns`.

use alloc::vec::Vec;

pub(super) const XML: &[u8] = b"http://www.w3.org/XML/1998/namespace";
pub(super) const XMLNS: &[u8] = b"http://www.w3.org/2000/xmlns/";

/// A namespace name as a number: [`NONE`](Self::NONE), a place in the table of known names, or any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NamespaceId(u8);

impl NamespaceId {
    /// In no namespace.
    pub(crate) const NONE: Self = Self(u8::MAX);
    /// In a namespace that is not in the table.
    const OTHER: Self = Self(u8::MAX - 1);
    const XML: Self = Self(u8::MAX - 2);

    /// The place in the table of known names.
    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a prefix means: the namespace, and which declaration says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved {
    pub(super) id: NamespaceId,
    binding: u16,
}

impl Resolved {
    pub(super) const NONE: Self = Self { id: NamespaceId::NONE, binding: 0 };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Binding {
    id: NamespaceId,
    /// Number of elements open when it was declared.
    depth: u16,
    prefix_len: u16,
    /// The prefix, then the namespace name unless it is a known one, up to the next binding's start.
    start: u32,
}

/// The declarations in scope at some place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Declarations {
    bytes: Vec<u8>,
    bindings: Vec<Binding>,
}

impl Declarations {
    fn clear(&mut self) {
        self.bytes.clear();
        self.bindings.clear();
    }

    /// Becomes the same as `other`, in the memory that is there.
    pub(super) fn copy(&mut self, other: &Self) {
        self.clear();
        self.bytes.extend_from_slice(&other.bytes);
        self.bindings.extend_from_slice(&other.bindings);
    }

    /// Whether the same is declared, in the same order, by whichever elements.
    pub(super) fn mean_the_same(&self, other: &Self) -> bool {
        let declared = |binding: &Binding| (binding.id, binding.prefix_len, binding.start);
        self.bytes == other.bytes && self.bindings.iter().map(declared).eq(other.bindings.iter().map(declared))
    }
}

#[derive(Debug)]
pub(super) struct Namespaces {
    known: &'static [&'static str],
    declared: Declarations,
    /// The short prefix, by its [`key`], that was resolved last: most elements of an answer have the same. Void when a
    /// declaration comes or goes.
    latest: Option<(u32, Resolved)>,
}

impl Namespaces {
    pub(super) const fn new(known: &'static [&'static str]) -> Self {
        Self { known, declared: Declarations { bytes: Vec::new(), bindings: Vec::new() }, latest: None }
    }

    pub(super) fn len(&self) -> usize {
        self.declared.bindings.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.declared.bytes.len()
    }

    /// Declares `prefix` (empty: the default namespace) for the element that will be the `depth`th open one.
    #[allow(clippy::cast_possible_truncation)] // all three are bounded by limits of at most 16 and 32 bits
    pub(super) fn declare(&mut self, prefix: &[u8], uri: &[u8], depth: usize) {
        self.latest = None;
        let id = if uri.is_empty() {
            NamespaceId::NONE
        } else {
            let known = self.known.iter().position(|name| name.as_bytes() == uri);
            known.map_or(NamespaceId::OTHER, |at| NamespaceId(at as u8))
        };
        self.declared.bindings.push(Binding {
            id,
            depth: depth as u16,
            prefix_len: prefix.len() as u16,
            start: self.declared.bytes.len() as u32,
        });
        self.declared.bytes.extend_from_slice(prefix);
        if id == NamespaceId::OTHER {
            self.declared.bytes.extend_from_slice(uri);
        }
    }

    /// Ends the scope of the element that was the `depth`th open one.
    #[inline]
    pub(super) fn leave(&mut self, depth: usize) {
        while let Some(binding) = self.declared.bindings.last() {
            if usize::from(binding.depth) < depth {
                return;
            }
            self.declared.bytes.truncate(binding.start as usize);
            self.declared.bindings.pop();
            self.latest = None;
        }
    }

    /// What is in scope, to be kept or compared.
    pub(super) fn in_scope(&self) -> &Declarations {
        &self.declared
    }

    /// Puts others in scope.
    pub(super) fn put_in_scope(&mut self, declared: &Declarations) {
        self.declared.copy(declared);
        self.latest = None;
    }

    pub(super) fn clear(&mut self) {
        self.declared.clear();
        self.latest = None;
    }

    /// The meaning of an element's prefix; empty for none. `None`: not declared.
    #[inline]
    pub(super) fn resolve_element(&mut self, prefix: &[u8]) -> Option<Resolved> {
        let Some(key) = key(prefix) else { return self.resolve(prefix) };
        match self.latest {
            Some((latest, resolved)) if latest == key => Some(resolved),
            _ => {
                let resolved = self.resolve(prefix)?;
                self.latest = Some((key, resolved));
                Some(resolved)
            }
        }
    }

    /// The meaning of a prefix; empty for the default namespace. `None`: not declared.
    pub(super) fn resolve(&self, prefix: &[u8]) -> Option<Resolved> {
        for (at, binding) in self.declared.bindings.iter().enumerate().rev() {
            if usize::from(binding.prefix_len) == prefix.len() {
                let rest = self.declared.bytes.get(binding.start as usize..).unwrap_or_default();
                if rest.starts_with(prefix) {
                    #[allow(clippy::cast_possible_truncation)] // bounded by a limit of 16 bits
                    return Some(Resolved { id: binding.id, binding: at as u16 });
                }
            }
        }
        match prefix {
            b"" => Some(Resolved::NONE),
            b"xml" => Some(Resolved { id: NamespaceId::XML, binding: 0 }),
            _ => None,
        }
    }

    /// The namespace name; empty for none.
    pub(super) fn uri(&self, of: Resolved) -> &[u8] {
        match of.id {
            NamespaceId::NONE => b"",
            NamespaceId::XML => XML,
            NamespaceId::OTHER => {
                let at = usize::from(of.binding);
                let Some(binding) = self.declared.bindings.get(at) else { return b"" };
                let start = (binding.start as usize).saturating_add(usize::from(binding.prefix_len));
                let end = self
                    .declared
                    .bindings
                    .get(at.saturating_add(1))
                    .map_or(self.declared.bytes.len(), |next| next.start as usize);
                self.declared.bytes.get(start..end).unwrap_or_default()
            }
            known => self.known.get(known.index()).map_or(b"", |name| name.as_bytes()),
        }
    }

    /// Whether two meanings are the same namespace.
    pub(super) fn same(&self, a: Resolved, b: Resolved) -> bool {
        a.id == b.id && self.uri(a) == self.uri(b)
    }
}

/// A prefix of one to four bytes as a number; none has a zero in it. `None`: it is longer, or there is none.
#[inline]
const fn key(prefix: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(match *prefix {
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c] => [a, b, c, 0],
        [a, b, c, d] => [a, b, c, d],
        _ => return None,
    }))
}
