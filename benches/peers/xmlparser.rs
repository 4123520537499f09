//! xmlparser, which takes one document as text, checks neither the nesting of elements nor references, and decodes
//! nothing.

use std::borrow::Cow;

use xmlparser::{ElementEnd, Reference, Stream as Text, Token, Tokenizer};

use super::collector::{Collector, Element, has_references};
use super::sink::Sink;
use crate::streams::Stream;

pub fn read<S: Sink>(stream: &Stream, sink: &mut S) {
    let text = std::str::from_utf8(&stream.bytes).expect("the stream is UTF-8");
    let mut collector = Collector::new(sink);
    for document in &stream.documents {
        read_document(&text[document.clone()], &mut collector);
    }
}

fn read_document<'a, S: Sink>(document: &'a str, collector: &mut Collector<'a, '_, S>) {
    // of the open start tag, when it is that of an id
    let mut id = None;
    for token in Tokenizer::from(document) {
        match token.expect("the document is well-formed") {
            Token::ElementStart { local, .. } => {
                id = None;
                match Element::of(local.as_str()) {
                    Some(Element::Notification) => collector.notification(),
                    Some(Element::Event) => collector.event(local.as_str()),
                    Some(Element::Leaf(field)) => collector.leaf(field),
                    Some(Element::Id(field)) => id = Some(field),
                    None => {}
                }
            }
            Token::Attribute { local, value, .. } => {
                let Some(field) = id else { continue };
                match local.as_str() {
                    "Id" => collector.id(field, &decoded(value.as_str())),
                    "ChangeKey" => collector.change_key(field, &decoded(value.as_str())),
                    _ => {}
                }
            }
            Token::ElementEnd { end: ElementEnd::Close(..) | ElementEnd::Empty, .. } => collector.end(),
            Token::Text { text } if collector.in_leaf() => collector.text(decoded(text.as_str())),
            Token::Cdata { text, .. } if collector.in_leaf() => collector.text(Cow::Borrowed(text.as_str())),
            _ => {}
        }
    }
}

/// With its references replaced; line ends and white space are as they should be in these streams.
#[inline]
fn decoded(value: &str) -> Cow<'_, str> {
    if has_references(value) { Cow::Owned(replaced(value)) } else { Cow::Borrowed(value) }
}

fn replaced(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let mut text = Text::from(&rest[at..]);
        match text.consume_reference().expect("the reference is well-formed") {
            Reference::Char(character) => out.push(character),
            Reference::Entity(name) => panic!("the entity {name} is not predefined"),
        }
        rest = &rest[at + text.pos()..];
    }
    out.push_str(rest);
    out
}
