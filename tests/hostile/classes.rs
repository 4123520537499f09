//! The classes of hostile input, each with literals: what is answered, and at which byte. The verdicts come from XML 1.0
//! (fifth edition), Namespaces 1.0 and SOAP 1.1, not from what the parser does.

/// How the literals of a class are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum As {
    /// Exactly one document, as tokens.
    Document,
    /// A stream of documents, as tokens.
    Stream,
    /// An EWS answer.
    Answer,
}

/// A literal; the kind of its error as `{:?}` writes it, or empty if it is accepted; the error's byte, or how many tokens
/// or messages it has.
pub(crate) type Row = (&'static [u8], &'static str, u64);

const NOT_FIRST: &str = "XmlDeclaration(\"it stands at the beginning of a document only, and in lower case\")";
const ORDER: &str = "XmlDeclaration(\"expected version, encoding, standalone, in this order\")";
const VALUE: &str = "XmlDeclaration(\"a value that is not allowed\")";
const NO_SPACE: &str = "XmlDeclaration(\"white space is missing\")";
const NO_MARKUP: &str = "Syntax(\"a tag, comment or processing instruction behind '<'\")";
const NO_NAME_CHAR: &str = "Syntax(\"a character that may stand in a name\")";
const NO_ENTITY: &str = "Syntax(\"an entity's name and ';' behind '&'\")";
const NO_DIGIT: &str = "Syntax(\"a decimal digit or ';'\")";
const NO_BANG: &str = "Syntax(\"'<!--' or '<![CDATA['\")";

#[rustfmt::skip] // a row is a row
pub(crate) const CLASSES: &[(&str, As, &[Row])] = &[
    ("characters that are none, XML [2]", As::Document, &[
        (b"<a>\0</a>", "InvalidChar", 3),
        (b"<a>x\x08</a>", "InvalidChar", 4),
        (b"<a>\x1F</a>", "InvalidChar", 3),
        (b"<a b='\x01'/>", "InvalidChar", 6),
        (b"<a\x01/>", "InvalidChar", 2),
        (b"<\x01a/>", "InvalidChar", 1),
        (b"<a \x01/>", "InvalidChar", 3),
        (b"<a b\x01=''/>", "InvalidChar", 4),
        (b"<a b=\x01''/>", "InvalidChar", 5),
        (b"<a></a\x01>", "InvalidChar", 6),
        (b"<!-- \x0B --><a/>", "InvalidChar", 5),
        (b"<?p \x0C?><a/>", "InvalidChar", 4),
        (b"<?p\x0C?><a/>", "InvalidChar", 3),
        (b"<a><\0", "InvalidChar", 4),
        (b" <\0", "InvalidChar", 2), // UTF-16 would begin at the first byte
        (b"\0a<a/>", "InvalidChar", 0),
        (b"<a><![CDATA[\x02]]></a>", "InvalidChar", 12),
        (b"<?xml version='1.0'\x01?><a/>", "InvalidChar", 19),
        (b"\x01<a/>", "OutsideRoot", 0),
        (b"<a/>\x01", "OutsideRoot", 4),
        (b"<a/>\0<", "OutsideRoot", 4),
        (b"\xEF\xBB\xBF\xFF\xFE", "OutsideRoot", 3),
        (b"<a>\xEF\xBF\xBE</a>", "InvalidChar", 3), // U+FFFE
        (b"<a>\xEF\xBF\xBF</a>", "InvalidChar", 3), // U+FFFF
        (b"<a b='\xEF\xBF\xBF'/>", "InvalidChar", 6),
        (b"<!--\xEF\xBF\xBE--><a/>", "InvalidChar", 4),
        (b"<\xEF\xBF\xBF/>", "InvalidChar", 1),
        (b"<a\xEF\xBF\xBF/>", "InvalidChar", 2),
        (b"<a>\x7F\xC2\x80\xC2\x85\xEF\xBF\xBD\xF0\x9F\xBF\xBE</a>", "", 3), // DEL, C1, U+FFFD, U+1FFFE
        (b"<a>\t\r\n</a>", "", 3),
    ]),
    ("bytes that are no UTF-8, XML 4.3.3", As::Document, &[
        (b"<a>\x80</a>", "InvalidUtf8", 3),
        (b"<a>x\xBF</a>", "InvalidUtf8", 4),
        (b"<a>\xE2\x82</a>", "InvalidUtf8", 3),
        (b"<a>\xC3(</a>", "InvalidUtf8", 3),
        (b"<a>\xF0\x9F\x98</a>", "InvalidUtf8", 3),
        (b"<a>\xF8\x88\x80\x80\x80</a>", "InvalidUtf8", 3),
        (b"<a>\xFC\x84\x80\x80\x80\x80</a>", "InvalidUtf8", 3),
        (b"<a>\xFE</a>", "InvalidUtf8", 3),
        (b"<a b='\xE2\x82'/>", "InvalidUtf8", 6),
        (b"<\xC3/>", "InvalidUtf8", 1),
        (b"<\xC3a>", "InvalidUtf8", 1),
        (b"<a\xC3/>", "InvalidUtf8", 2),
        (b"<a \xC3=''/>", "InvalidUtf8", 3),
        (b"<a></a\xC3>", "MismatchedEndTag", 6),
        (b"<!--\xC3--><a/>", "InvalidUtf8", 4),
        (b"<?p \xC3?><a/>", "InvalidUtf8", 4),
        (b"<?\xC3?><a/>", "InvalidUtf8", 2),
        (b"<a><![CDATA[\xC3]]></a>", "InvalidUtf8", 12),
        (b"<a/>\x80", "OutsideRoot", 4),
    ]),
    ("overlong forms, XML 4.3.3: never seen as markup", As::Document, &[
        (b"<a>\xC0\xAF</a>", "InvalidUtf8", 3),
        (b"<a>\xC1\xBF</a>", "InvalidUtf8", 3),
        (b"<a>\xE0\x80\xBC/a></a>", "InvalidUtf8", 3), // `<`
        (b"<a>\xE0\x9F\xBF</a>", "InvalidUtf8", 3),
        (b"<a>\xF0\x80\x80\xBC</a>", "InvalidUtf8", 3),
        (b"<a>\xF0\x8F\xBF\xBF</a>", "InvalidUtf8", 3),
    ]),
    ("surrogates and what is beyond U+10FFFF, XML 4.3.3", As::Document, &[
        (b"<a>\xED\xA0\x80</a>", "InvalidUtf8", 3),
        (b"<a>\xED\xA0\xBD\xED\xB8\x80</a>", "InvalidUtf8", 3), // CESU-8
        (b"<a>\xED\x9F\xBF\xEE\x80\x80</a>", "", 3),            // those beside them
        (b"<a>\xF4\x90\x80\x80</a>", "InvalidUtf8", 3),
        (b"<a>\xF5\x80\x80\x80</a>", "InvalidUtf8", 3),
        (b"<a>\xF4\x8F\xBF\xBD</a>", "", 3),
    ]),
    ("byte order marks, XML appendix F", As::Document, &[
        (b"\xEF\xBB\xBF<a/>", "", 2),
        (b"\xEF\xBB\xBF<?xml version='1.0'?><a/>", "", 2),
        (b"\xEF\xBB\xBF\xEF\xBB\xBF<a/>", "OutsideRoot", 3),
        (b" \xEF\xBB\xBF<a/>", "OutsideRoot", 1),
        (b"<a/>\xEF\xBB\xBF", "OutsideRoot", 4),
        (b"<a>\xEF\xBB\xBF</a>", "", 3), // a character like any other
        (b"\xEF\xBB<a/>", "OutsideRoot", 0),
    ]),
    ("other encodings, XML 4.3.3", As::Document, &[
        (b"\xFF\xFE<\0a\0/\0>\0", "UnsupportedEncoding(\"UTF-16LE\")", 0),
        (b"\xFE\xFF\0<\0a\0/\0>", "UnsupportedEncoding(\"UTF-16BE\")", 0),
        (b"<\0a\0/\0>\0", "UnsupportedEncoding(\"UTF-16LE\")", 0),
        (b"\0<\0a\0/\0>", "UnsupportedEncoding(\"UTF-16BE\")", 0),
        (b"\0\0\xFE\xFF\0\0\0<", "UnsupportedEncoding(\"UTF-32BE\")", 0),
        (b"<?xml version='1.0' encoding='UTF-16'?><a/>", "UnsupportedEncoding(\"UTF-16\")", 30),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><a/>", "UnsupportedEncoding(\"iso-8859-1\")", 30),
        (b"<?xml version='1.0' encoding='UTF-8x'?><a/>", "UnsupportedEncoding(\"UTF-8x\")", 30),
        (b"<?xml version='1.0' encoding='UTF 8'?><a/>", "UnsupportedEncoding(\"UTF \")", 30), // no name has a space
        (b"<?xml version='1.0' encoding='8UTF'?><a/>", "UnsupportedEncoding(\"8\")", 30),
        (b"<?xml version='1.0' encoding='uTf-8'?><a/>", "", 2),
        (b"<?xml version='1.0' encoding='us-ascii'?><a/>", "", 2),
        (b"<?xml version='1.0' encoding='ASCII'?><a>\xC3\xA9 and no less than thirty-two bytes behind it\xC3\xA9</a>", "UnsupportedEncoding(\"US-ASCII with other characters\")", 41),
        (b"<?xml version='1.0' encoding='US-ASCII'?><a>\xC3\xA9</a>", "UnsupportedEncoding(\"US-ASCII with other characters\")", 44),
    ]),
    ("XML declarations, XML [23]-[26], [32], [80], [81]", As::Document, &[
        (b"<?xml version='1.0'?><a/>", "", 2),
        (b"<?xml version = \"1.1\" standalone = 'no' ?><a/>", "", 2),
        (b"<?xml version='1.12345678901234567890123456789012345678901234567890'?><a/>", "", 2),
        (b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?><a/>", "", 2),
        (b" <?xml version='1.0'?><a/>", NOT_FIRST, 1),
        (b"<!----><?xml version='1.0'?><a/>", NOT_FIRST, 7),
        (b"<a><?xml version='1.0'?></a>", NOT_FIRST, 3),
        (b"<?XML version='1.0'?><a/>", NOT_FIRST, 0),
        (b"<?xml?><a/>", NO_SPACE, 5),
        (b"<?xml ?><a/>", "XmlDeclaration(\"no version\")", 6),
        (b"<?xml encoding='UTF-8'?><a/>", ORDER, 6),
        (b"<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", ORDER, 36),
        (b"<?xml version='1.0' versiom='1.0'?><a/>", ORDER, 20),
        (b"<?xml version='1.0' encodinG='UTF-8'?><a/>", ORDER, 27),
        (b"<?xml version='1.0'encoding='UTF-8'?><a/>", NO_SPACE, 19),
        (b"<?xml version:'1.0'?><a/>", "XmlDeclaration(\"expected '=' and a value in quotes\")", 13),
        (b"<?xml version=1.0?><a/>", "XmlDeclaration(\"expected '=' and a value in quotes\")", 14),
        (b"<?xml version='2.0'?><a/>", VALUE, 15),
        (b"<?xml version='1.'?><a/>", VALUE, 17),
        (b"<?xml version='1.0a'?><a/>", VALUE, 18),
        (b"<?xml version='1.1234567890123456789012345678901234567890a'?><a/>", VALUE, 57),
        (b"<?xml version=''?><a/>", VALUE, 15),
        (b"<?xml version='1.0' encoding=''?><a/>", VALUE, 30),
        (b"<?xml version='1.0' standalone='yeS'?><a/>", VALUE, 34),
        (b"<?xml version='1.0' standalone='n'?><a/>", VALUE, 33),
        (b"<?xml version='1.0'?-><a/>", "XmlDeclaration(\"expected '?>'\")", 20),
        (b"<?xml version='1.0'><a/>", NO_SPACE, 19),
    ]),
    ("document type declarations, SOAP 1.1, 3", As::Document, &[
        (b"<!DOCTYPE a><a/>", "DtdForbidden", 0),
        (b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;&b;'>]><a>&d;</a>", "DtdForbidden", 0),
        (b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "DtdForbidden", 0),
        (b"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://x/'>%p;]><a/>", "DtdForbidden", 22),
        (b"<!D", "DtdForbidden", 0), // nothing of it is waited for
        (b"<a/><!DOCTYPE a>", "DtdForbidden", 4),
        (b"<a><!DOCTYPE a></a>", "DtdForbidden", 3),
    ]),
    ("processing instructions, XML [16], [17], Namespaces 7", As::Document, &[
        (b"<?p?><a><?p d?><?p ???></a><?p d?>", "", 2),
        (b"<a>1<?p <!-- & ]]> ?>2</a>", "", 4),
        (b"<? p?><a/>", "Syntax(\"a processing instruction's target\")", 2),
        (b"<?1?><a/>", "Syntax(\"a processing instruction's target\")", 2),
        (b"<?\xC2\xB7?><a/>", "Syntax(\"a processing instruction's target\")", 2), // U+00B7 goes on, and begins none
        (b"<?p\xC3\x97?><a/>", "Syntax(\"a processing instruction's target\")", 3), // U+00D7
        (b"<?\xC3\xA9\xC2\xB7?><a/>", "", 2),
        (b"<?p+?><a/>", "Syntax(\"white space or '?>' behind a target\")", 3),
        (b"<?p?+?><a/>", "Syntax(\"'?>'\")", 4),
        (b"<?a:b?><a/>", "InvalidQName", 3),
        (b"<a><?p", "UnexpectedEnd", 6),
    ]),
    ("comments, XML [15]", As::Document, &[
        (b"<!-- - & < ]]> --><a><!----></a><!-- -->", "", 2),
        (b"<!-- -- --><a/>", "DoubleHyphenInComment", 7),
        (b"<!-- ---><a/>", "DoubleHyphenInComment", 7),
        (b"<!---><a/>", "UnexpectedEnd", 10),
        (b"<!- --><a/>", "Syntax(\"'<!--'\")", 3),
        (b"<!x><a/>", NO_BANG, 2),
    ]),
    ("CDATA sections, XML [18]-[21]", As::Document, &[
        (b"<a><![CDATA[]]></a>", "", 2),
        (b"<a><![CDATA[ ]] ]> <b> & ]]]]><![CDATA[>]]></a>", "", 3),
        (b"<a><![CDATA[<![CDATA[]]>]]></a>", "CdataEndInText", 26),
        (b"<![CDATA[]]><a/>", NO_BANG, 2),
        (b"<a/><![CDATA[]]>", NO_BANG, 6),
        (b"<a><![cdata[]]></a>", "Syntax(\"'<![CDATA['\")", 6),
        (b"<a><![CDATA[]]", "UnexpectedEnd", 14),
    ]),
    ("text and values, XML [10], [14]", As::Document, &[
        (b"<a>]]></a>", "CdataEndInText", 5),
        (b"<a>]]]></a>", "CdataEndInText", 6),
        (b"<a>\xC3\xA9 and no less than thirty-two bytes\xC3\xA9]]></a>", "CdataEndInText", 43),
        (b"<a>]] > ]></a>", "", 3),
        (b"<a>]]&gt;]</a>", "", 3),
        (b"<a b=']]> > \"'/>", "", 2),
        (b"<a b='<'/>", "Syntax(\"no '<' in an attribute's value\")", 6),
        (b"<a b='&#60;&lt;'/>", "", 2),
    ]),
    ("references, XML [66]-[68], 4.1", As::Document, &[
        (b"<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x41;&#x00000000000000000041;</a>", "", 3),
        (b"<a>&</a>", NO_ENTITY, 4),
        (b"<a>& </a>", NO_ENTITY, 4),
        (b"<a>&lt</a>", NO_ENTITY, 6),
        (b"<a>&;</a>", NO_ENTITY, 4),
        (b"<a b='&'/>", NO_ENTITY, 7),
        (b"<a>&1;</a>", NO_ENTITY, 4),
        (b"<a>&-a;</a>", NO_ENTITY, 4),
        (b"<a>&nbsp;</a>", "UndeclaredEntity", 3),
        (b"<a>&a1-.;</a>", "UndeclaredEntity", 3),
        (b"<a>&LT;</a>", "UndeclaredEntity", 3),
        (b"<a b='&x;'/>", "UndeclaredEntity", 6),
        (b"<a>&#0;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#8;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#xD800;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#xFFFE;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#x110000;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#x110000g</a>", "InvalidCharacterReference", 3), // no more digits make it smaller
        (b"<a>&#x10FFFF;&#1114111;</a>", "", 3),
        (b"<a>&#x100000041;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#4294967361;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#99999999999999999999999999;</a>", "InvalidCharacterReference", 3),
        (b"<a>&#X41;</a>", NO_DIGIT, 5),
        (b"<a>&#;</a>", NO_DIGIT, 5),
        (b"<a>&#6a;</a>", NO_DIGIT, 6),
        (b"<a>&#x;</a>", "Syntax(\"a hexadecimal digit or ';'\")", 6),
        (b"<a>&#x4g;</a>", "Syntax(\"a hexadecimal digit or ';'\")", 7),
        (b"&lt;<a/>", "OutsideRoot", 0),
    ]),
    ("names, XML [4], [4a], [5]", As::Document, &[
        (b"<1/>", NO_MARKUP, 1),
        (b"<-a/>", NO_MARKUP, 1),
        (b"< a/>", NO_MARKUP, 1),
        (b"<a 1=''/>", "Syntax(\"a name\")", 3),
        (b"<\xCD\xBE/>", NO_NAME_CHAR, 1), // U+037E
        (b"<a\xC3\x97/>", NO_NAME_CHAR, 2), // U+00D7
        (b"<\xC2\xB7/>", NO_NAME_CHAR, 1), // U+00B7 goes on, and begins none
        (b"<a\xC2\xB7-.1/>", "", 2),
        (b"<_\xE2\x80\x8C\xF0\x90\x80\x80/>", "", 2), // U+200C, U+10000
        (b"<a\xC2\xA0/>", NO_NAME_CHAR, 2), // no white space
    ]),
    ("attributes, XML 3.1, Namespaces 6.3", As::Document, &[
        (b"<a b='' b=''/>", "DuplicateAttribute", 8),
        (b"<a b='' c='' d='' e='' f='' g='' h='' i='' j='' k='' b=''/>", "DuplicateAttribute", 53),
        (b"<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "DuplicateAttribute", 34),
        (b"<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>", "DuplicateAttribute", 39),
        (b"<a xmlns='u' xmlns:q='u' b='' q:b=''/>", "", 2), // the default namespace is not for attributes
        (b"<a xmlns:p='u' xmlns:p='v'/>", "DuplicateAttribute", 15),
        (b"<a xmlns='u' xmlns='u'/>", "DuplicateAttribute", 13),
        (b"<a xmlns:b='u' b=''/>", "", 2), // a declaration is no attribute of its local name
        (b"<a b='' xmlns:b='u' xmlns='v'/>", "", 2),
        (b"<a b/>", "Syntax(\"'=' behind an attribute's name\")", 4),
        (b"<a b=c/>", "Syntax(\"an attribute's value in quotes\")", 5),
        (b"<a b=''c=''/>", "Syntax(\"white space, '/' or '>' in a start tag\")", 7),
        (b"<a b='\"/>", "UnexpectedEnd", 9),
        (b"<a / >", "Syntax(\"'>' behind '/'\")", 4),
        (b"<a></a b=''>", "Syntax(\"'>' behind an end tag's name\")", 7),
    ]),
    ("prefixes and declarations, Namespaces 3, 5", As::Document, &[
        (b"<p:a/>", "UndeclaredPrefix", 1),
        (b"<a p:b=''/>", "UndeclaredPrefix", 3),
        (b"<a><b xmlns:p='u'/><p:c/></a>", "UndeclaredPrefix", 20),
        (b"<a xmlns:p='u'><p:b xmlns:p='v'/><p:c/></a>", "", 6), // bound anew inside
        (b"<a xmlns:p=''/>", "ReservedNamespace", 3),
        (b"<a xmlns='u'><b xmlns=''/></a>", "", 4),
        (b"<a xmlns:xml='u'/>", "ReservedNamespace", 3),
        (b"<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:b=''/>", "", 2),
        (b"<a xml:lang='en'><xml:b/></a>", "", 4),
        (b"<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", "ReservedNamespace", 3),
        (b"<a xmlns='http://www.w3.org/XML/1998/namespace'/>", "ReservedNamespace", 3),
        (b"<a xmlns:p='http://www.w3.org/2000/xmlns/'/>", "ReservedNamespace", 3),
        (b"<a xmlns='http://www.w3.org/2000/xmlns/'/>", "ReservedNamespace", 3),
        (b"<a xmlns:xmlns='u'/>", "ReservedNamespace", 3),
        (b"<a xmlnsx='u'/>", "", 2),
    ]),
    ("qualified names, Namespaces 4", As::Document, &[
        (b"<:a/>", "InvalidQName", 1),
        (b"<a:/>", "InvalidQName", 3),
        (b"<a:b:c/>", "InvalidQName", 4),
        (b"<p:1/>", "InvalidQName", 3),
        (b"<a :b=''/>", "InvalidQName", 3),
        (b"<a b:=''/>", "InvalidQName", 5),
        (b"<a xmlns:=''/>", "InvalidQName", 9),
    ]),
    ("tags that do not match, XML 3", As::Document, &[
        (b"<a></b>", "MismatchedEndTag", 5),
        (b"<a></ab>", "MismatchedEndTag", 6),
        (b"<ab></a>", "MismatchedEndTag", 7),
        (b"<p:a xmlns:p='u' xmlns:q='u'></q:a>", "MismatchedEndTag", 31),
        (b"<a></A>", "MismatchedEndTag", 5),
        (b"</a>", NO_MARKUP, 1),
        (b"<a/></a>", NO_MARKUP, 5),
        (b"<a></ a>", "MismatchedEndTag", 5),
    ]),
    ("documents that do not end, XML [1], [39]", As::Document, &[
        (b"", "UnexpectedEnd", 0),
        (b" ", "UnexpectedEnd", 1),
        (b"<", "UnexpectedEnd", 1),
        (b"<a", "UnexpectedEnd", 2),
        (b"<a b='", "UnexpectedEnd", 6),
        (b"<a><b></b>", "UnexpectedEnd", 10),
        (b"<a>&lt", "UnexpectedEnd", 6),
        (b"<a>\xE2\x82", "UnexpectedEnd", 5),
        (b"<?xml version='1.0'?>", "UnexpectedEnd", 21),
    ]),
    ("what stands outside of the root, XML [1], [27]", As::Document, &[
        (b"x<a/>", "OutsideRoot", 0),
        (b"<a/>x", "OutsideRoot", 4),
        (b"<a/>&lt;", "OutsideRoot", 4),
        (b"<a/>\r\n\t <!-- --><?p?>", "", 2),
        (b"<a/><b/>", "OutsideRoot", 5),
    ]),
    ("documents one behind the other", As::Stream, &[
        (b"", "", 0),
        (b"<a/><a/>", "", 4),
        (b"<a/>\n<?xml version='1.0'?>\n<a/>", "", 4),
        (b"<a/>\xEF\xBB\xBF<a/>\xEF\xBB\xBF<?xml version='1.0'?><a/>", "", 6),
        (b"<a xmlns:p='u'/><p:a/>", "UndeclaredPrefix", 17), // each has declarations of its own
        (b"<a/>x<a/>", "OutsideRoot", 4),
        (b"<a/><!-- --> <?xml version='1.0'?><a/>", "", 4), // the comment is the first one's,
        (b"<a/>\xEF\xBB\xBF\xEF\xBB\xBF<a/>", "OutsideRoot", 7),
        (b"<a/></a>", NO_MARKUP, 5),
        (b"<a/><a>", "UnexpectedEnd", 7),
    ]),
    ("line ends, XML 2.11, and white space in values, XML 3.3.3", As::Document, &[
        (b"<a>1\r\n2\r3\n4\r\r\n5&#13;\n</a>", "", 3),
        (b"<a b='1\r\n2\r3\t4&#9;&#13;&#10;'/>", "", 2),
    ]),
    ("depth", As::Document, &[
        (b"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a", "LimitExceeded { limit: Depth, max: 32 }", 96),
    ]),
    ("bodies that are no answer", As::Answer, &[
        (b"", "", 0),
        (b"<!doctype html><html>", "NotSoap(\"<!doctype html><html>\")", 2),
        (b"<!DOCTYPE html><html>", "NotSoap(\"<!DOCTYPE html><html>\")", 0),
        (b"<html>503", "NotSoap(\"<html>503\")", 0),
        (b"\x1F\x8B\x08\0", "NotSoap(\"\\u{1f}\\x8b\\u{8}\\0\")", 0),
        (b"{\"error\":1}", "NotSoap(\"{\\\"error\\\":1}\")", 0),
        (b"Unauthorized", "NotSoap(\"Unauthorized\")", 0),
        (b"<Envelope/>", "NotSoap(\"<Envelope/>\")", 0),
        // prefixes mean nothing: only the namespace tells what an element is
        (b"<s:Envelope xmlns:s='urn:x'/>", "NotSoap(\"<s:Envelope xmlns:s=\\'urn:x\\'/>\")", 0),
        (b"<t:Envelope xmlns:t='http://schemas.xmlsoap.org/soap/envelope/'/>", "", 1),
    ]),
];
