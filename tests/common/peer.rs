//! What `xmlparser`, a tokenizer made by others, says of a document, in the words of our own.
//!
//! It gives text and values as written, so references and line ends are decoded here, by code that shares nothing with
//! the library's.

use std::fmt::Write;

use ews_stream::Error;
use ews_stream::xml::{Token, Tokenizer};
use xmlparser::ElementEnd;

/// The document's tokens, a line each, or why it was refused.
pub fn theirs(document: &str) -> Result<String, String> {
    let mut lines = String::new();
    let mut text = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut tag: Option<String> = None;
    let mut attributes = String::new();
    let flush = |text: &mut String, lines: &mut String| {
        if !text.is_empty() {
            writeln!(lines, "T {text:?}").unwrap();
            text.clear();
        }
    };
    for token in xmlparser::Tokenizer::from(document) {
        match token.map_err(|error| error.to_string())? {
            xmlparser::Token::Text { text: more } => text += &decoded(&more, false)?,
            xmlparser::Token::Cdata { text: more, .. } => text += &line_ends(&more),
            xmlparser::Token::ElementStart { prefix, local, .. } => {
                flush(&mut text, &mut lines);
                tag = Some(name(&prefix, &local));
                attributes.clear();
            }
            xmlparser::Token::Attribute { prefix, local, value, .. } => {
                let value = decoded(&value, true)?;
                if &*prefix != "xmlns" && (&*prefix, &*local) != ("", "xmlns") {
                    write!(attributes, " {local}={value:?}").unwrap();
                }
            }
            xmlparser::Token::ElementEnd { end, .. } => {
                let closed = match end {
                    ElementEnd::Open | ElementEnd::Empty => {
                        let tag = tag.take().ok_or("no tag")?;
                        writeln!(lines, "S {tag}{attributes}").unwrap();
                        open.push(tag);
                        matches!(end, ElementEnd::Empty).then(|| open.pop().unwrap())
                    }
                    ElementEnd::Close(prefix, local) => {
                        flush(&mut text, &mut lines);
                        let closed = name(&prefix, &local);
                        if open.pop().as_ref() != Some(&closed) {
                            return Err("mismatched end tag".to_owned());
                        }
                        Some(closed)
                    }
                };
                if let Some(closed) = closed {
                    writeln!(lines, "E {closed}").unwrap();
                }
            }
            xmlparser::Token::Comment { .. } | xmlparser::Token::ProcessingInstruction { .. } => {
                flush(&mut text, &mut lines);
            }
            _ => {}
        }
    }
    Ok(lines)
}

/// The same lines from our tokenizer, cut into `chunk`s.
pub fn ours(document: &[u8], chunk: usize) -> Result<String, Error> {
    let mut tokenizer = Tokenizer::with_limits(super::generous()).single_document();
    let mut lines = String::new();
    for mut input in document.chunks(chunk) {
        while let Some(token) = tokenizer.next_token(&mut input)? {
            match token {
                Token::StartElement(start) => {
                    write!(lines, "S {}", start.name()).unwrap();
                    for attribute in start.attributes() {
                        write!(lines, " {}={:?}", attribute.local_name(), attribute.value()).unwrap();
                    }
                    lines.push('\n');
                }
                Token::EndElement(end) => writeln!(lines, "E {}", end.name()).unwrap(),
                Token::Text(text) => writeln!(lines, "T {text:?}").unwrap(),
                other => panic!("a token that the tests do not know: {other:?}"),
            }
        }
    }
    tokenizer.finish()?;
    Ok(lines)
}

fn name(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

/// 2.11
fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// 4.6, 4.1, and for an attribute's value 3.3.3
fn decoded(text: &str, value: bool) -> Result<String, String> {
    let text = line_ends(text);
    let plain = |part: &str| if value { part.replace(['\t', '\n'], " ") } else { part.to_owned() };
    let mut parts = text.split('&');
    let mut out = plain(parts.next().unwrap_or_default());
    for part in parts {
        let (reference, rest) = part.split_once(';').ok_or("a bare ampersand")?;
        out.push(match reference {
            "lt" => '<',
            "gt" => '>',
            "amp" => '&',
            "apos" => '\'',
            "quot" => '"',
            _ => number(reference).ok_or_else(|| format!("&{reference};"))?,
        });
        out += &plain(rest);
    }
    Ok(out)
}

fn number(reference: &str) -> Option<char> {
    let digits = reference.strip_prefix('#')?;
    let number = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(number)
}
