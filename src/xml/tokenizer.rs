//! The public face of the scanner: tokens that are lent, one at a time. Depends on the scanner.

use core::fmt;

use super::namespace::Resolved;
use super::scanner::{self, Cursor, Scanner, Span, Step};
use super::utf8::from_utf8;
use crate::error::Error;
use crate::limits::Limits;

/// A push tokenizer: chunks of bytes in, [`Token`]s out.
///
/// The caller keeps the chunk and the tokenizer moves its cursor: [`next_token`](Self::next_token) takes bytes from the
/// front of `input` and returns `None` when it is empty and more is needed. Nothing of a token's text is copied unless
/// it straddles two chunks or has something to decode.
///
/// Never panics, whatever the bytes. Work is linear in the input, however it is cut; memory is bounded by [`Limits`].
#[derive(Debug)]
pub struct Tokenizer {
    scanner: Scanner,
}

impl Tokenizer {
    /// A tokenizer for a stream of documents with the default [`Limits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::DEFAULT)
    }

    /// A tokenizer for a stream of documents.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self { scanner: Scanner::new(limits, &[], true) }
    }

    /// Accepts exactly one document: a second root is an error, and so is none.
    #[must_use]
    pub fn single_document(mut self) -> Self {
        self.scanner.many_documents = false;
        self
    }

    /// Whether character references to characters that XML forbids (`&#x1F;`) become U+FFFD instead of an error. Off by
    /// default; for servers that emit them in free text.
    #[must_use]
    pub fn lenient(mut self, lenient: bool) -> Self {
        self.scanner.set_lenient(lenient);
        self
    }

    /// The next token, or `None` when `input` is used up.
    ///
    /// # Errors
    ///
    /// The input is not acceptable. The error is final: every further call returns it, until [`reset`](Self::reset).
    pub fn next_token<'p, 'c: 'p>(&'p mut self, input: &mut &'c [u8]) -> Result<Option<Token<'p>>, Error> {
        if let Some(error) = self.scanner.error() {
            return Err(error);
        }
        let chunk: &'c [u8] = input;
        let mut cur = Cursor::new(chunk);
        self.scanner.keep_text(true);
        let Ok(step) = self.scanner.step(&mut cur) else {
            return self.scanner.error().map_or(Ok(None), Err);
        };
        *input = cur.remaining();
        let Some(step) = step else {
            self.scanner.suspend(&cur);
            return Ok(None);
        };
        self.scanner.lend(&cur);
        let scanner = &self.scanner;
        Ok(Some(match step {
            Step::Start => {
                let run = scanner.run_of(chunk, &cur);
                Token::StartElement(StartElement { scanner, run })
            }
            Step::End => Token::EndElement(EndElement { scanner }),
            Step::Text => Token::Text(text(scanner.run_of(chunk, &cur), scanner.text_span())),
        }))
    }

    /// The end of the input.
    ///
    /// # Errors
    ///
    /// The earlier error, or [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) inside a document, or, with
    /// [`single_document`](Self::single_document), when there was none.
    pub fn finish(&mut self) -> Result<(), Error> {
        self.scanner.finish()
    }

    /// Ready for another input. Buffers keep their capacity, settings stay.
    pub fn reset(&mut self) {
        self.scanner.reset();
    }

    /// Bytes consumed since the tokenizer was made or [`reset`](Self::reset).
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.scanner.offset()
    }

    /// Number of open elements; one whose end has just been reported still counts.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.scanner.depth()
    }

    /// Bytes looked at so far, for the proof that work is linear.
    #[cfg(feature = "_work")]
    #[must_use]
    pub fn work(&self) -> u64 {
        self.scanner.work()
    }
}

impl Default for Tokenizer {
    fn default() -> Self {
        Self::new()
    }
}

/// What the tokenizer found. Comments, processing instructions and declarations are checked and skipped.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Token<'a> {
    /// A start tag, or an empty-element tag, which an [`EndElement`](Token::EndElement) follows.
    StartElement(StartElement<'a>),
    /// The end of an element.
    EndElement(EndElement<'a>),
    /// Character data, decoded: never empty, and whole between two pieces of other markup (a CDATA section is none).
    Text(&'a str),
}

/// A start tag.
///
/// ```text
/// <t:ItemId xmlns:t="urn:types" Id="AAMk" t:x="1">
///  --------                                          name
///    ------                                          local_name
///                     ---------                      namespace
///                               ---------            first attribute
/// ```
#[derive(Clone, Copy)]
pub struct StartElement<'a> {
    scanner: &'a Scanner,
    run: &'a [u8],
}

impl<'a> StartElement<'a> {
    /// The name as written, prefix included.
    #[must_use]
    pub fn name(&self) -> &'a str {
        utf8(self.scanner.element.whole(self.run))
    }

    /// The name without its prefix.
    #[must_use]
    pub fn local_name(&self) -> &'a str {
        utf8(self.scanner.element.local(self.run))
    }

    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        utf8(self.scanner.namespaces.uri(self.scanner.element_namespace))
    }

    /// The attributes, without namespace declarations, in the order of the tag.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { element: *self, next: 0 }
    }
}

impl fmt::Debug for StartElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartElement").field("namespace", &self.namespace()).field("name", &self.name()).finish()
    }
}

/// The attributes of a start tag.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    element: StartElement<'a>,
    next: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let StartElement { scanner, run } = self.element;
        let attribute = scanner.attributes().nth(self.next)?;
        self.next = self.next.saturating_add(1);
        Some(Attribute { scanner, run, spans: attribute })
    }
}

/// An attribute.
#[derive(Clone, Copy)]
pub struct Attribute<'a> {
    scanner: &'a Scanner,
    run: &'a [u8],
    spans: &'a scanner::Attribute,
}

impl<'a> Attribute<'a> {
    /// The name without its prefix.
    #[must_use]
    pub fn local_name(&self) -> &'a str {
        utf8(self.spans.name.local(self.run))
    }

    /// The namespace name; empty for none, which is what an attribute without a prefix has.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        utf8(self.scanner.namespaces.uri(self.spans.namespace))
    }

    /// The value, references decoded and white space normalised (XML 3.3.3).
    #[must_use]
    pub fn value(&self) -> &'a str {
        text(self.run, self.spans.value)
    }
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attribute").field("local_name", &self.local_name()).field("value", &self.value()).finish()
    }
}

/// The end of an element.
#[derive(Clone, Copy)]
pub struct EndElement<'a> {
    scanner: &'a Scanner,
}

impl<'a> EndElement<'a> {
    /// The name as written, prefix included.
    #[must_use]
    pub fn name(&self) -> &'a str {
        utf8(self.scanner.open.top().0)
    }

    /// The name without its prefix.
    #[must_use]
    pub fn local_name(&self) -> &'a str {
        let (name, local) = self.scanner.open.top();
        utf8(name.get(local..).unwrap_or_default())
    }

    /// The namespace name; empty for none.
    #[must_use]
    pub fn namespace(&self) -> &'a str {
        let (name, local) = self.scanner.open.top();
        let prefix = name.get(..local.saturating_sub(1)).unwrap_or_default();
        let resolved = self.scanner.namespaces.resolve(prefix).unwrap_or(Resolved::NONE);
        utf8(self.scanner.namespaces.uri(resolved))
    }
}

impl fmt::Debug for EndElement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndElement").field("namespace", &self.namespace()).field("name", &self.name()).finish()
    }
}

fn text(run: &[u8], span: Span) -> &str {
    utf8(span.of(run))
}

/// The scanner has accepted these bytes as characters, so the check cannot fail; safe Rust asks for it all the same.
fn utf8(bytes: &[u8]) -> &str {
    from_utf8(bytes).unwrap_or_default()
}
