//! Other people's parsers as judges of single documents.
//!
//! What our tokenizer accepts, `xmlparser` and `roxmltree` have to accept, with the same elements, attributes and texts.
//! What it refuses, they have to refuse, but for the faults of [`roxmltree_is_known_to_accept`] and
//! [`xmlparser_is_known_to_accept`]. `tests/peers.rs` has a literal for each fault.

use ews_stream::{Error, ErrorKind};
use xmlparser::{ElementEnd, Token};

use super::drive::Outcome;
use super::token::Owned;

/// Asserts that the peers judge `body` as our tokenizer did as a single document.
pub fn agree(outcome: &Outcome<(Owned, usize)>, body: &[u8]) {
    // both take text, so bytes that are none are beyond them
    let Ok(text) = std::str::from_utf8(body) else {
        assert!(outcome.error.is_some(), "accepted, and no UTF-8");
        return;
    };
    match &outcome.error {
        None => {
            let ours: Vec<&Owned> = outcome.records.iter().map(|((token, _), _)| token).collect();
            match roxmltree_tokens(text) {
                _ if has_a_false_declaration(text) => {}
                Ok(theirs) => assert_eq!(ours, theirs.iter().collect::<Vec<_>>(), "ours (left), roxmltree (right)"),
                Err(error) => assert!(roxmltree_is_known_to_refuse(&error), "roxmltree has to accept it: {error}"),
            }
            let theirs = xmlparser_tokens(text).expect("xmlparser has to accept it");
            assert_eq!(without_namespaces(&ours), theirs, "ours (left), xmlparser (right)");
        }
        Some((error, _)) => {
            if !roxmltree_is_known_to_accept(*error, text) {
                let accepted = roxmltree_tokens(text);
                assert!(accepted.is_err(), "ours: {error}; roxmltree accepts it as {accepted:?}");
            }
            if !xmlparser_is_known_to_accept(*error, text) {
                let accepted = xmlparser_tokens(text);
                assert!(accepted.is_err(), "ours: {error}; xmlparser accepts it as {accepted:?}");
            }
        }
    }
}

/// What `roxmltree` 0.21 accepts although it is not well-formed, or has no reason to refuse.
fn roxmltree_is_known_to_accept(error: Error, text: &str) -> bool {
    if has_a_false_declaration(text) {
        return true;
    }
    let at = usize::try_from(error.offset()).unwrap_or(usize::MAX);
    let (before, there) = text.split_at_checked(at).unwrap_or((text, ""));
    match error.kind() {
        // no fault: limits are ours, and it takes decoded text, so that the declared encoding does not matter to it
        ErrorKind::LimitExceeded { .. } | ErrorKind::UnsupportedEncoding(_)
        // a declaration's values are not looked at, and one that is not written `<?xml ` is an instruction to it
        | ErrorKind::XmlDeclaration(_) => true,
        // `<?a:b?>`: NS 7 is not implemented; `<:a/>` and `<a :b=""/>` count as names without a prefix
        ErrorKind::InvalidQName => in_instruction(error, text) || before.ends_with(['<', ' ', '\t', '\n', '\r']),
        // `<a></:a>`, for the same reason
        ErrorKind::MismatchedEndTag => before.ends_with("</") && there.starts_with(':'),
        // `<a xmlns="b" xmlns="b"/>`
        ErrorKind::DuplicateAttribute => there.starts_with("xmlns"),
        // `&#xD800;` and `&#x110000;` become U+FFFD
        ErrorKind::InvalidCharacterReference => {
            let digits = there.trim_start_matches(['&', '#']);
            let number = match digits.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits.split(';').next().unwrap_or_default(), 16),
                None => digits.split(';').next().unwrap_or_default().parse(),
            };
            number.is_ok_and(|number| char::from_u32(number).is_none())
        }
        // `xmlns:p=""` takes the prefix away, as only Namespaces 1.1 has it
        ErrorKind::ReservedNamespace => there.split(['"', '\'']).nth(1) == Some(""),
        // `<?p+?>` and `<?p?+?>`: nothing has to stand between a target and what follows it
        ErrorKind::Syntax(_) => in_instruction(error, text),
        _ => false,
    }
}

/// `roxmltree` 0.21 takes an attribute `p:xmlns`, whatever its prefix, for a declaration of the default namespace.
fn has_a_false_declaration(text: &str) -> bool {
    let mut behind = text.split(":xmlns").skip(1);
    behind.any(|rest| rest.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('='))
}

/// What `roxmltree` 0.21 refuses although it is well-formed.
fn roxmltree_is_known_to_refuse(error: &roxmltree::Error) -> bool {
    // `<xml:a/>`: NS 3 declares the prefix, for elements too
    matches!(error, roxmltree::Error::UnknownNamespace(prefix, _) if prefix == "xml")
}

/// What `xmlparser` 0.13 accepts, being a lexer.
fn xmlparser_is_known_to_accept(error: Error, text: &str) -> bool {
    match error.kind() {
        // no fault: limits are ours, it takes decoded text, and a DTD may stand in XML
        ErrorKind::LimitExceeded { .. } | ErrorKind::UnsupportedEncoding(_) | ErrorKind::DtdForbidden
        // it keeps no open elements, no attributes and no declarations, and leaves references to others
        | ErrorKind::UnexpectedEnd
        | ErrorKind::MismatchedEndTag
        | ErrorKind::DuplicateAttribute
        | ErrorKind::UndeclaredPrefix
        | ErrorKind::ReservedNamespace
        | ErrorKind::UndeclaredEntity
        | ErrorKind::InvalidCharacterReference
        // as `roxmltree`, which is made of it
        | ErrorKind::XmlDeclaration(_)
        | ErrorKind::InvalidQName => true,
        ErrorKind::Syntax(expected) => {
            expected.contains("behind '&'") || expected.contains("digit or ';'") || in_instruction(error, text)
        }
        _ => false,
    }
}

/// Whether the error is between `<?` and `?>`.
fn in_instruction(error: Error, text: &str) -> bool {
    let at = usize::try_from(error.offset()).unwrap_or(usize::MAX);
    let before = text.get(..at).unwrap_or(text);
    before.rfind('<').is_some_and(|lt| before[lt..].starts_with("<?"))
}

fn roxmltree_tokens(text: &str) -> Result<Vec<Owned>, roxmltree::Error> {
    // it does that itself, but overlooks a CR right before a reference
    let text = &with_line_ends(text);
    let document = roxmltree::Document::parse(text)?;
    let mut tokens = Vec::new();
    // not by recursion: the document may be as deep as limits let it be
    let mut next = Some((document.root(), true));
    while let Some((node, enters)) = next {
        if node.is_element() {
            let name = node.tag_name();
            let namespace = name.namespace().unwrap_or_default().to_owned();
            let local = name.name().to_owned();
            let written: String = text[node.range()].trim_start_matches('<').chars().take_while(is_in_name).collect();
            tokens.push(if enters {
                let attribute = |a: roxmltree::Attribute<'_, '_>| {
                    (a.namespace().unwrap_or_default().to_owned(), a.name().to_owned(), a.value().to_owned())
                };
                let attributes = node.attributes().map(attribute).collect();
                Owned::Start { name: written, namespace, local, attributes }
            } else {
                Owned::End { name: written, namespace, local }
            });
        } else if let Some(text) = node.text().filter(|text| enters && node.is_text() && !text.is_empty()) {
            tokens.push(Owned::Text(text.to_owned()));
        }
        next = match node.first_child().filter(|_| enters) {
            Some(child) => Some((child, true)),
            None if enters => Some((node, false)),
            None => node.next_sibling().map(|node| (node, true)).or_else(|| node.parent().map(|node| (node, false))),
        };
    }
    Ok(tokens)
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what `take_while` asks for
fn is_in_name(c: &char) -> bool {
    !matches!(c, ' ' | '\t' | '\n' | '\r' | '/' | '>')
}

/// What a lexer can tell of a document: names as written, attributes without the namespace declarations.
#[derive(Debug, PartialEq)]
enum Lexed {
    Start { name: String, attributes: Vec<(String, String)> },
    End,
    Text(String),
}

fn without_namespaces(tokens: &[&Owned]) -> Vec<Lexed> {
    let lexed = |token: &&Owned| match token {
        Owned::Start { name, attributes, .. } => Lexed::Start {
            name: name.clone(),
            attributes: attributes.iter().map(|(_, local, value)| (local.clone(), value.clone())).collect(),
        },
        Owned::End { .. } => Lexed::End,
        Owned::Text(text) => Lexed::Text(text.clone()),
    };
    tokens.iter().map(lexed).collect()
}

fn xmlparser_tokens(text: &str) -> Result<Vec<Lexed>, xmlparser::Error> {
    let mut lexed = Vec::new();
    let mut content = String::new();
    let mut depth = 0_usize;
    for token in xmlparser::Tokenizer::from(text) {
        let token = token?;
        match token {
            // between elements it reports white space as text
            Token::Text { .. } | Token::Cdata { .. } if depth == 0 => continue,
            Token::Text { text } => {
                content += &decoded(&with_line_ends(&text), false);
                continue;
            }
            Token::Cdata { text, .. } => {
                content += &with_line_ends(&text);
                continue;
            }
            Token::Attribute { prefix, local, value, .. } => {
                let declaration = prefix == "xmlns" || (prefix.is_empty() && local == "xmlns");
                if let Some(Lexed::Start { attributes, .. }) = lexed.last_mut().filter(|_| !declaration) {
                    attributes.push((local.to_string(), decoded(&with_line_ends(&value), true)));
                }
                continue;
            }
            _ => {}
        }
        if !content.is_empty() {
            lexed.push(Lexed::Text(std::mem::take(&mut content)));
        }
        match token {
            Token::ElementStart { prefix, local, .. } => {
                let name = if prefix.is_empty() { local.to_string() } else { format!("{prefix}:{local}") };
                lexed.push(Lexed::Start { name, attributes: Vec::new() });
                depth += 1;
            }
            Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } => {
                lexed.push(Lexed::End);
                depth -= 1;
            }
            _ => {}
        }
    }
    Ok(lexed)
}

/// XML 2.11.
fn with_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// XML 4.1, and 3.3.3 for an attribute's value. Only for what our tokenizer accepted.
fn decoded(text: &str, is_attribute: bool) -> String {
    let mut parts = text.split('&');
    let plain = |part: &str| if is_attribute { part.replace(['\t', '\n'], " ") } else { part.to_owned() };
    let mut out = plain(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(';').expect("a reference ends");
        out.push(match name {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "apos" => '\'',
            "quot" => '"',
            _ => {
                let digits = name.strip_prefix('#').expect("a predefined entity");
                let number = match digits.strip_prefix('x') {
                    Some(digits) => u32::from_str_radix(digits, 16),
                    None => digits.parse(),
                };
                number.ok().and_then(char::from_u32).expect("a character's number")
            }
        });
        out += &plain(rest);
    }
    out
}
