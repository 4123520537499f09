//! The subset of XML that is accepted, as a document.
//!
//! The input is a stream of documents, one behind the other, each of them a `document` of
//! [XML 1.0, fifth edition](https://www.w3.org/TR/2008/REC-xml-20081126/) that conforms to
//! [Namespaces in XML 1.0, third edition](https://www.w3.org/TR/2009/REC-xml-names-20091208/), with the exceptions
//! stated here. ([`Tokenizer::single_document`](super::Tokenizer::single_document) accepts exactly one.) What is not
//! accepted is an error at the first byte that no accepted input could have at that place.
//!
//! # Productions
//!
//! | production | here |
//! |---|---|
//! | \[1\] `document` | `prolog element Misc*`; between documents also any `S`; a document behind another begins with a byte order mark, an `XMLDecl`, or its root |
//! | \[2\] `Char` | all; anything else is `InvalidChar`, malformed UTF-8 is `InvalidUtf8` |
//! | \[3\] `S`, \[4\] `NameStartChar`, \[4a\] `NameChar`, \[5\] `Name` | all, the fifth edition's ranges |
//! | \[10\] `AttValue` | all; 3.3.3 normalisation for CDATA attributes (there is no DTD to declare another type) |
//! | \[14\] `CharData` | all; `]]>` is an error |
//! | \[15\] `Comment` | all; skipped |
//! | \[16\] `PI`, \[17\] `PITarget` | all, targets without a colon (Namespaces 7); skipped |
//! | \[18\]–\[21\] `CDSect` | all; part of the text it stands in |
//! | \[22\] `prolog` | without `doctypedecl` |
//! | \[23\]–\[26\] `XMLDecl` | all; any version `1.`*x* is read as 1.0 |
//! | \[27\] `Misc` | all |
//! | \[28\]–\[31\] `doctypedecl` | **refused**, `DtdForbidden`, at its first byte; nothing of it is read |
//! | \[32\] `SDDecl` | all; without effect |
//! | \[39\]–\[44\] `element`, tags, `content` | all |
//! | \[45\]–\[65\], \[70\]–\[79\] markup declarations, conditional sections, entity declarations | unreachable: they stand in a DTD |
//! | \[66\] `CharRef` | all; to a character that is no `Char`: `InvalidCharacterReference`, or U+FFFD when lenient |
//! | \[67\]–\[68\] `Reference`, `EntityRef` | `lt`, `gt`, `amp`, `apos`, `quot`; any other is `UndeclaredEntity` |
//! | \[80\], \[81\] `EncodingDecl` | `UTF-8` and `US-ASCII` in any case; any other is `UnsupportedEncoding` |
//! | Namespaces \[1\]–\[8\], \[12\]–\[15\] | all |
//!
//! # Well-formedness and namespace constraints
//!
//! Checked: Element Type Match; Unique Att Spec, before and after namespace expansion; Entity Declared (none can be);
//! Legal Character; No `<` in Attribute Values; Reserved Prefixes and Namespace Names; Prefix Declared; No Prefix
//! Undeclaring; Attributes Unique. The constraints about external entities and parameter entities cannot be reached.
//!
//! # Encodings
//!
//! UTF-8, with or without a byte order mark, and its subset US-ASCII (a document that declares US-ASCII and has other
//! characters is refused). UTF-16 and UTF-32 are recognised by their first two bytes and named in the error
//! (UTF-32LE, which begins like UTF-16LE, as the latter).
//!
//! # Line ends and text
//!
//! CR LF and CR become LF (2.11). A text is one run of character data with its references and CDATA sections; comments,
//! processing instructions and tags end it. An empty text is not reported.
//!
//! # Beyond the specification
//!
//! Everything is bounded by [`Limits`](crate::Limits): an input may be well-formed and yet refused as too large.
