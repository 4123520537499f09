//! What went wrong, and where. Depended on by every layer; depends on none.
//!
//! An error is final: the parser that returned it returns the same error until it is reset. Every message before the
//! offending byte has been delivered. Kind and offset are the same however the input was cut.

use core::fmt;

/// Why a response body cannot be read on, and at which byte.
///
/// ```
/// use ews_stream::{ErrorKind, xml::Tokenizer};
///
/// let mut tokenizer = Tokenizer::new();
/// let mut input: &[u8] = b"<a b='1' b='2'/>";
/// let error = tokenizer.next_token(&mut input).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::DuplicateAttribute);
/// assert_eq!(error.to_string(), "two attributes of one element have the same name at byte 9");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    offset: u64,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: u64) -> Self {
        Self { kind, offset }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The byte it is about, counted from the first byte of the response body (0).
    ///
    /// For a grammar error this is the first byte that no well-formed document could have at that place. For an error
    /// about a whole construct (an undeclared prefix, a repeated attribute, a malformed UTF-8 sequence, a reference) it
    /// is that construct's first byte, for an exceeded limit the first byte too many, and for an unexpected end the
    /// length of the body.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a limit of [`Limits`](crate::Limits) was exceeded.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        matches!(self.kind, ErrorKind::LimitExceeded { .. })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl core::error::Error for Error {}

/// For drivers that read in terms of [`std::io`]: an error of kind [`InvalidData`](std::io::ErrorKind::InvalidData), or
/// [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) where the input ended inside a document.
#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind {
            ErrorKind::UnexpectedEnd => std::io::ErrorKind::UnexpectedEof,
            _ => std::io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// The kinds of [`Error`].
///
/// The numbers in brackets are productions of [XML 1.0, fifth edition](https://www.w3.org/TR/xml/), "NS" is
/// [Namespaces in XML 1.0](https://www.w3.org/TR/xml-names/).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The bytes are not UTF-8 (XML 4.3.3): a lone or missing continuation byte, an overlong form, a surrogate.
    InvalidUtf8,
    /// A character that XML does not allow anywhere, such as NUL or U+FFFE (\[2\] `Char`).
    InvalidChar,
    /// The document says, or shows by its first bytes, that it is not UTF-8 or US-ASCII (XML 4.3.3). The excerpt is
    /// the encoding's name.
    UnsupportedEncoding(Excerpt),
    /// The byte cannot stand here; the text says what could.
    Syntax(&'static str),
    /// An XML declaration is malformed or not at a document's very beginning (\[23\]–\[26\], \[32\], \[80\]).
    XmlDeclaration(&'static str),
    /// `<!DOCTYPE`: SOAP forbids a document type declaration, and none is ever read.
    DtdForbidden,
    /// Something other than white space, comments and processing instructions outside of the root element (\[1\], \[27\]).
    OutsideRoot,
    /// `]]>` in character data (\[14\]).
    CdataEndInText,
    /// `--` inside a comment (\[15\]).
    DoubleHyphenInComment,
    /// An end tag's name is not its start tag's, as written (XML 3, WFC Element Type Match).
    MismatchedEndTag,
    /// Two attributes of one element have the same name, as written or after namespace expansion (XML 3.1, NS 6.3).
    DuplicateAttribute,
    /// A reference to an entity other than `lt`, `gt`, `amp`, `apos`, `quot` (XML 4.1, WFC Entity Declared).
    UndeclaredEntity,
    /// A character reference to a character that XML forbids, or to none (XML 4.1, WFC Legal Character).
    InvalidCharacterReference,
    /// A name with a colon that is no `QName` (NS 4), or a colon in a processing instruction's target (NS 7).
    InvalidQName,
    /// A prefix without a declaration in scope (NS 5).
    UndeclaredPrefix,
    /// A declaration that touches what is reserved: the prefixes `xml` and `xmlns`, their namespace names (NS 3), or
    /// an empty namespace name for a prefix (NS 5).
    ReservedNamespace,
    /// The input is well-formed so far but larger than the parser agreed to. Names the limit and its value.
    LimitExceeded {
        /// Which limit of [`Limits`](crate::Limits).
        limit: Limit,
        /// Its value.
        max: usize,
    },
    /// The body is no EWS answer: plain text, JSON, an HTML page, or a root element that is no SOAP `Envelope`. The
    /// excerpt is how it began.
    NotSoap(Excerpt),
    /// The input ended inside a document.
    UnexpectedEnd,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUtf8 => f.write_str("the bytes are not UTF-8"),
            Self::InvalidChar => f.write_str("a character that XML does not allow"),
            Self::UnsupportedEncoding(name) => write!(f, "the encoding is {name}, only UTF-8 is supported,"),
            Self::Syntax(expected) => write!(f, "expected {expected}"),
            Self::XmlDeclaration(what) => write!(f, "bad XML declaration: {what}"),
            Self::DtdForbidden => f.write_str("a document type declaration, which SOAP forbids,"),
            Self::OutsideRoot => f.write_str("text outside of the root element"),
            Self::CdataEndInText => f.write_str("']]>' in character data"),
            Self::DoubleHyphenInComment => f.write_str("'--' in a comment"),
            Self::MismatchedEndTag => f.write_str("the end tag does not match its start tag"),
            Self::DuplicateAttribute => f.write_str("two attributes of one element have the same name"),
            Self::UndeclaredEntity => f.write_str("a reference to an entity that is not declared"),
            Self::InvalidCharacterReference => f.write_str("a reference to a character that XML does not allow"),
            Self::InvalidQName => f.write_str("a name with a misplaced colon"),
            Self::UndeclaredPrefix => f.write_str("a namespace prefix that is not declared"),
            Self::ReservedNamespace => f.write_str("a namespace declaration that is not allowed"),
            Self::LimitExceeded { limit, max } => write!(f, "more than {max} {limit}"),
            Self::NotSoap(excerpt) => write!(f, "the body is not an EWS answer, it begins {excerpt},"),
            Self::UnexpectedEnd => f.write_str("the input ended inside a document"),
        }
    }
}

/// The limits of [`Limits`](crate::Limits), as an error names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::depth`](crate::Limits::depth).
    Depth,
    /// [`Limits::name_length`](crate::Limits::name_length).
    NameLength,
    /// [`Limits::attributes`](crate::Limits::attributes).
    Attributes,
    /// [`Limits::namespaces`](crate::Limits::namespaces).
    Namespaces,
    /// [`Limits::namespace_bytes`](crate::Limits::namespace_bytes).
    NamespaceBytes,
    /// [`Limits::event_bytes`](crate::Limits::event_bytes).
    EventBytes,
    /// [`Limits::text_bytes`](crate::Limits::text_bytes).
    TextBytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Depth => "levels of nested elements",
            Self::NameLength => "bytes in a name",
            Self::Attributes => "attributes in a tag",
            Self::Namespaces => "namespace declarations in scope",
            Self::NamespaceBytes => "bytes of namespace declarations in scope",
            Self::EventBytes => "bytes in one event or token",
            Self::TextBytes => "bytes in one text",
        })
    }
}

/// A few bytes of the input, kept for an error message: at most [`Excerpt::MAX`].
///
/// Displayed in quotes, with everything unprintable escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Excerpt {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Excerpt {
    /// The most bytes an excerpt holds.
    pub const MAX: usize = 48;

    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut excerpt = Self { bytes: [0; Self::MAX], len: 0 };
        for (to, from) in excerpt.bytes.iter_mut().zip(bytes) {
            *to = *from;
            excerpt.len = excerpt.len.saturating_add(1);
        }
        excerpt
    }

    /// The bytes as they were sent, possibly cut inside a character.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for part in self.as_bytes().utf8_chunks() {
            write!(f, "{}", part.valid().escape_debug())?;
            for byte in part.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind, Excerpt};

    /// All kinds, by name: a new one does not compile until it stands here.
    macro_rules! kinds {
        ($($name:ident $of:tt,)+) => {
            const NAMES: &[&str] = &[$(stringify!($name)),+];

            fn name(kind: &ErrorKind) -> &'static str {
                match kind { $(ErrorKind::$name $of => stringify!($name),)+ }
            }
        };
    }

    kinds! {
        InvalidUtf8 {}, InvalidChar {}, UnsupportedEncoding { .. }, Syntax { .. }, XmlDeclaration { .. }, DtdForbidden {},
        OutsideRoot {}, CdataEndInText {}, DoubleHyphenInComment {}, MismatchedEndTag {}, DuplicateAttribute {},
        UndeclaredEntity {}, InvalidCharacterReference {}, InvalidQName {}, UndeclaredPrefix {}, ReservedNamespace {},
        LimitExceeded { .. }, NotSoap { .. }, UnexpectedEnd {},
    }

    #[test]
    fn every_kind_of_error_has_a_row_in_the_table_of_the_tests() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/classes.rs");
        let Ok(table) = std::fs::read_to_string(path) else { return }; // the published crate comes without
        for name in NAMES {
            assert!(table.contains(&std::format!("\"{name}")), "{name}");
        }
        assert_eq!(name(&ErrorKind::NotSoap(Excerpt::new(b"x"))), "NotSoap");
    }

    #[test]
    fn only_an_exceeded_limit_is_one() {
        let error = |kind| Error::new(kind, 1);
        assert!(error(ErrorKind::LimitExceeded { limit: super::Limit::Depth, max: 1 }).is_limit());
        assert!(!error(ErrorKind::UnexpectedEnd).is_limit());
    }
}
