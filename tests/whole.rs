//! Parts of events that are taken whole mean what they mean byte by byte: the same messages, the same error at the same
//! offset, and limits that bite at the same byte. In chunks of one byte nothing is whole.
#![allow(clippy::restriction)]

mod common;

use common::seen::{self, Seen};
use common::soap::notification;
use ews_stream::{Limits, NotificationParser};

/// Children of events, plain and not.
const CHILDREN: [&str; 60] = [
    "<t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>",
    "<t:TimeStamp> 2026 </t:TimeStamp>",
    "<t:TimeStamp></t:TimeStamp>",
    "<t:TimeStamp/>",
    "<t:TimeStamp />",
    "<t:TimeStamp  />",
    "<t:TimeStamp >1</t:TimeStamp >",
    "<t:TimeStamp>1</t:TimeStamp\n>",
    "<t:TimeStamp>a&lt;b</t:TimeStamp>",
    "<t:TimeStamp>a]]b</t:TimeStamp>",
    "<t:TimeStamp>a]]>b</t:TimeStamp>",
    "<t:TimeStamp>a<![CDATA[<]]>b</t:TimeStamp>",
    "<t:TimeStamp>a<!-- - -->b<x/>c</t:TimeStamp>",
    "<t:TimeStamp>a\r\nb\u{e9}</t:TimeStamp>",
    "<t:TimeStamp>a\u{1}</t:TimeStamp>",
    "<t:TimeStamp>a</t:TimeStam>",
    "<t:TimeStamp>a</t:TimeStampp>",
    "<t:TimeStamp>a</TimeStamp>",
    "<t:TimeStamp a='1'>a</t:TimeStamp>",
    "<t:Watermark>AQAA</t:Watermark>",
    "<t:UnreadCount>7</t:UnreadCount>",
    "<t:UnreadCount>x</t:UnreadCount>",
    "<t:ItemId Id=\"AAMk\" ChangeKey=\"CQAA\" />",
    "<t:ItemId Id='AA\"Mk' ChangeKey=\"C'QAA\"/>",
    "<t:ItemId ChangeKey=' CQAA ' Id=' A A '></t:ItemId>",
    "<t:ItemId Id='1'>text</t:ItemId>",
    "<t:ItemId Id='1'><t:TimeStamp>2</t:TimeStamp></t:ItemId>",
    "<t:ItemId Id='a&amp;b' ChangeKey='c'/>",
    "<t:ItemId Id='ab' ChangeKey='&#65;&#x42;c'/>",
    "<t:ItemId Id='\u{e9}\u{20ac}' ChangeKey='c'/>",
    "<t:ItemId Id='a\tb\r\nc' ChangeKey='c'/>",
    "<t:ItemId Id='a>b'/>",
    "<t:ItemId Id='a<b'/>",
    "<t:ItemId Id='<t:TimeStamp>1</t:TimeStamp>'/>",
    "<t:ItemId Id='  <t:UnreadCount>1</t:UnreadCount>'/>",
    "<t:ItemId Id='a\u{0}b'/>",
    "<t:ItemId Id='1' Id='2'/>",
    "<t:ItemId Id='1' ChangeKey='2' Id='3'>a</t:ItemId>",
    "<t:ItemId Id='1'ChangeKey='2'/>",
    "<t:ItemId Id = '1'\n ChangeKey\n=\n'2'/>",
    "<t:ItemId Id=1/>",
    "<t:ItemId Id/>",
    "<t:ItemId 1d='1'/>",
    "<t:ItemId xmlns='urn:x' Id='1'/>",
    "<x:ItemId xmlns:x='http://schemas.microsoft.com/exchange/services/2006/types' Id='1' x:Id='2'/>",
    "<t:ItemId x='1' xy='2' Id='3'/>",
    "<t:ItemId t:Id='1' Id='2'/>",
    "<t:ItemId q:Id='1' Id='2'/>",
    "<t:ItemId xml:lang='de' Id='2'/>",
    "<t:ItemId t:='1'/>",
    "<t:ItemId :Id='1'/>",
    "<q:ItemId Id='1'/>",
    "<xmlns:ItemId Id='1'/>",
    "<ItemId Id='1'/>",
    "<t:a:b/>",
    "<t:1/>",
    "<t:\u{e9}t\u{e9}>a</t:\u{e9}t\u{e9}>",
    "<t:a-b.c_9 Id='1'>a<t:b/>c</t:a-b.c_9>",
    "<t:ItemId Id='1' / >",
    "<!-- a --><?p i?>",
];

fn read(limits: Limits, chunks: impl Iterator<Item = impl AsRef<[u8]>>) -> Seen {
    let chunks: Vec<_> = chunks.collect();
    let mut parser = NotificationParser::with_limits(limits).learning(false);
    seen::messages(&mut parser, chunks.iter().map(AsRef::as_ref))
}

fn same_byte_by_byte(limits: Limits, body: &str) {
    let bytes = body.as_bytes();
    let slow = read(limits, bytes.chunks(1));
    assert_eq!(read(limits, [bytes].iter()), slow, "{limits:?}: {body}");
    let events = body.find("<t:NewMailEvent>").unwrap();
    for at in events..body.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(read(limits, [head, tail].iter()), slow, "{limits:?}, cut at {at}: {body}");
    }
}

fn event(children: &[&str]) -> String {
    format!("<t:NewMailEvent>{}</t:NewMailEvent>", children.concat())
}

#[test]
fn a_part_of_an_event_means_the_same_whole_and_byte_by_byte() {
    for child in CHILDREN {
        for space in ["", "\n  ", "\r\n\t", " x "] {
            same_byte_by_byte(Limits::default(), &notification(&event(&[space, child, space, CHILDREN[22], space])));
        }
    }
}

#[test]
fn so_do_two_parts_of_an_event() {
    for first in CHILDREN {
        for second in CHILDREN {
            let body = notification(&event(&[first, second]).repeat(2));
            let slow = read(Limits::default(), body.as_bytes().chunks(1));
            assert_eq!(read(Limits::default(), [&body].iter()), slow, "{body}");
        }
    }
}

#[test]
fn limits_bite_at_the_same_byte() {
    let body = notification(&event(&[
        CHILDREN[0],
        "<t:ItemId Id='AAMkAAMkAAMkAAMkAAMk' ChangeKey='CQAACQAACQAA' c='3' d='4'/>",
        "<t:OldParentFolderIdOfThisEvent LongNameOfAnAttribute='1'>a long text in an element</t:OldParentFolderIdOfThisEvent>",
        "\n                                         \n",
        CHILDREN[19],
    ]));
    let all = Limits::default();
    for max in 0..=400 {
        let limits = all.with_event_bytes(max);
        let slow = read(limits, body.as_bytes().chunks(1));
        assert_eq!(read(limits, [&body].iter()), slow, "{limits:?}");
        if max <= 64 {
            let small = u16::try_from(max).unwrap();
            same_byte_by_byte(all.with_text_bytes(max), &body);
            for limits in [all.with_name_length(small), all.with_attributes(small), all.with_depth(small)] {
                let slow = read(limits, body.as_bytes().chunks(1));
                assert_eq!(read(limits, [&body].iter()), slow, "{limits:?}");
            }
        }
    }
}

#[test]
fn a_name_that_is_longer_than_all_before_it_is_refused_at_the_same_byte() {
    let name = "AnElementWhoseNameIsLongerThanThatOfAnyOtherInTheEnvelope";
    let attribute = "AnAttributeWhoseNameIsLongerThanThatOfAnyOtherInTheEnvelopeAndOfItsElement";
    let body = notification(&event(&[&format!("<t:{name}>1</t:{name}><t:{name} {attribute}='1'/>")]));
    for max in 36..80 {
        same_byte_by_byte(Limits::default().with_name_length(max), &body);
    }
}

/// The declarations of a part that could not be taken whole are gone when the next part is.
#[test]
fn what_a_part_declares_is_not_in_scope_in_the_next() {
    let types = "http://schemas.microsoft.com/exchange/services/2006/types";
    for (first, second, error) in [
        ("<t:x xmlns:t='urn:other'/>".to_owned(), "<t:ItemId Id='1' ChangeKey='2'/>", false),
        ("<t:x xmlns:t='urn:other'></t:x>".to_owned(), "<t:TimeStamp>2026-03-05</t:TimeStamp>", false),
        ("<x xmlns:t='urn:other'><y/></x>".to_owned(), "<t:ItemId Id='1' ChangeKey='2'/>", false),
        (format!("<x:ItemId xmlns:x='{types}' Id='1'/>"), "<x:ParentFolderId Id='2'/>", true),
    ] {
        let body = notification(&event(&[&first, second]));
        same_byte_by_byte(Limits::default(), &body);
        let seen = read(Limits::default(), [&body].iter());
        assert_eq!(seen.error.is_some(), error, "{body}");
        let is_read = ["item_id=\"1\"/\"2\"", "timestamp=\"2026-03-05\""].iter().any(|part| seen.lines.contains(part));
        assert_eq!(is_read, !error, "{body}: {}", seen.lines);
    }
}

#[test]
fn what_stands_behind_an_event_without_content_is_no_part_of_it() {
    for behind in
        [CHILDREN[0], CHILDREN[3], CHILDREN[22], "<t:NewMailEvent><t:Watermark>AQAA</t:Watermark></t:NewMailEvent>"]
    {
        let body = notification(&format!("{}<t:NewMailEvent/>{behind}<t:StatusEvent/>", event(&[])));
        same_byte_by_byte(Limits::default(), &body);
        let events = 3 + behind.matches("</t:NewMailEvent>").count();
        let seen = read(Limits::default(), [&body].iter());
        assert_eq!((seen.lines.matches("\nEvent ").count(), seen.error), (events, None), "{body}");
    }
}
