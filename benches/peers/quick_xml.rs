//! quick-xml, which reads on over any number of documents in one slice, borrowing from it.
//!
//! In two ways. *Lean*: names that mean nothing are not resolved, its search for repeated attributes is turned off, and values
//! without references are taken as they are, which leaves out the normalisation of white space. *Checking*: as its documentation
//! has it, with all of that, which is what this crate does as well.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::{NsReader, Reader, XmlVersion, escape};

use super::collector::{Collector, Element, has_references};
use super::sink::{Field, Sink};

const MESSAGES: Namespace<'static> = Namespace("http://schemas.microsoft.com/exchange/services/2006/messages");
const TYPES: Namespace<'static> = Namespace("http://schemas.microsoft.com/exchange/services/2006/types");

pub fn reader<S: Sink, const CHECKING: bool>(bytes: &[u8], sink: &mut S) {
    let mut reader = Reader::from_reader(bytes);
    let mut collector = Collector::new(sink);
    loop {
        match reader.read_event().expect("the stream is well-formed") {
            Event::Start(tag) => {
                if let Some(element) = Element::of(tag.local_name().into_inner()) {
                    start::<_, CHECKING>(&mut collector, element, &tag);
                }
            }
            Event::Empty(tag) => {
                if let Some(element) = Element::of(tag.local_name().into_inner()) {
                    start::<_, CHECKING>(&mut collector, element, &tag);
                    collector.end();
                }
            }
            Event::Eof => return,
            other => content(&mut collector, other),
        }
    }
}

pub fn ns_reader<S: Sink>(bytes: &[u8], sink: &mut S) {
    let mut reader = NsReader::from_reader(bytes);
    let mut collector = Collector::new(sink);
    loop {
        match reader.read_event().expect("the stream is well-formed") {
            Event::Start(tag) => {
                if let Some(element) = resolved(&reader, &tag) {
                    start::<_, false>(&mut collector, element, &tag);
                }
            }
            Event::Empty(tag) => {
                if let Some(element) = resolved(&reader, &tag) {
                    start::<_, false>(&mut collector, element, &tag);
                    collector.end();
                }
            }
            Event::Eof => return,
            other => content(&mut collector, other),
        }
    }
}

/// Every name is resolved.
pub fn checking_ns_reader<S: Sink>(bytes: &[u8], sink: &mut S) {
    let mut reader = NsReader::from_reader(bytes);
    let mut collector = Collector::new(sink);
    loop {
        let (namespace, event) = reader.read_resolved_event().expect("the stream is well-formed");
        let is_ews = matches!(namespace, ResolveResult::Bound(TYPES | MESSAGES));
        match event {
            Event::Start(tag) => {
                if let Some(element) = Element::of(tag.local_name().into_inner()).filter(|_| is_ews) {
                    start::<_, true>(&mut collector, element, &tag);
                }
            }
            Event::Empty(tag) => {
                if let Some(element) = Element::of(tag.local_name().into_inner()).filter(|_| is_ews) {
                    start::<_, true>(&mut collector, element, &tag);
                    collector.end();
                }
            }
            Event::Eof => return,
            other => content(&mut collector, other),
        }
    }
}

/// Only names that may mean something are resolved: `read_resolved_event` would resolve all, and those of end tags too.
#[inline]
fn resolved(reader: &NsReader<&[u8]>, tag: &BytesStart<'_>) -> Option<Element> {
    let element = Element::of(tag.local_name().into_inner())?;
    match reader.resolver().resolve_element(tag.name()).0 {
        ResolveResult::Bound(TYPES | MESSAGES) => Some(element),
        _ => None,
    }
}

#[inline]
fn start<S: Sink, const CHECKING: bool>(collector: &mut Collector<'_, '_, S>, element: Element, tag: &BytesStart<'_>) {
    match element {
        Element::Notification => collector.notification(),
        Element::Event => collector.event(tag.local_name().into_inner()),
        Element::Leaf(field) => collector.leaf(field),
        Element::Id(field) => id::<_, CHECKING>(collector, field, tag),
    }
}

#[inline]
fn id<S: Sink, const CHECKING: bool>(collector: &mut Collector<'_, '_, S>, field: Field, tag: &BytesStart<'_>) {
    for attribute in tag.attributes().with_checks(CHECKING) {
        let attribute = attribute.expect("the attribute is well-formed");
        let value = if CHECKING || has_references(&attribute.value) {
            attribute.normalized_value(XmlVersion::Implicit1_0).expect("the references are predefined")
        } else {
            attribute.value
        };
        match attribute.key.into_inner() {
            "Id" => collector.id(field, &value),
            "ChangeKey" => collector.change_key(field, &value),
            _ => {}
        }
    }
}

/// Anything but start tags.
#[inline]
fn content<'a, S: Sink>(collector: &mut Collector<'a, '_, S>, event: Event<'a>) {
    match event {
        Event::End(_) => collector.end(),
        Event::Text(text) if collector.in_leaf() => collector.text(text.xml10_content()),
        Event::CData(text) if collector.in_leaf() => collector.text(text.xml10_content()),
        Event::GeneralRef(reference) if collector.in_leaf() => match resolve(&reference) {
            Ok(character) => collector.character(character),
            Err(text) => collector.text(text.into()),
        },
        _ => {}
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, &'static str> {
    match reference.resolve_char_ref().expect("the reference is a character") {
        Some(character) => Ok(character),
        None => Err(escape::resolve_predefined_entity(reference).expect("the entity is predefined")),
    }
}
