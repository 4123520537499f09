//! Every message is delivered at the byte that completes it, never later.
#![allow(clippy::restriction)]

mod common;

use common::soap::{self, envelope, response};
use ews_stream::NotificationParser;

/// `marked` is a body with a `|` behind each byte that completes a message; fed byte by byte, each message must come at
/// its mark, and cut right behind the marks, with the chunk that ends there.
fn assert_delivered_at_the_marks(marked: &str) {
    let body = marked.replace('|', "");
    let mut expected = Vec::new();
    for (before, (at, _)) in marked.match_indices('|').enumerate() {
        expected.push(at - before);
    }
    for learning in [true, false] {
        let mut parser = NotificationParser::new().learning(learning);
        let mut found = Vec::new();
        for (at, byte) in body.as_bytes().chunks(1).enumerate() {
            let mut input = byte;
            while parser.next_message(&mut input).unwrap().is_some() {
                found.push(at + 1);
            }
        }
        parser.finish().unwrap();
        assert_eq!(found, expected, "{marked}");

        parser.reset();
        let mut rest = marked;
        while let Some((chunk, more)) = rest.split_once('|') {
            let mut input = chunk.as_bytes();
            assert!(parser.next_message(&mut input).unwrap().is_some(), "no message with {chunk}");
            assert!(input.is_empty() || more.starts_with('|'), "a message too early in {chunk}");
            rest = more;
            while let Some(more) = rest.strip_prefix('|') {
                assert!(parser.next_message(&mut input).unwrap().is_some(), "no second message with {chunk}");
                rest = more;
            }
            assert!(parser.next_message(&mut input).unwrap().is_none(), "one message too many with {chunk}");
        }
    }
}

fn end_of(body: &str) -> String {
    format!("{body}|")
}

#[test]
fn an_event_comes_with_its_end_tag() {
    let mail = format!("{}|", soap::NEW_MAIL);
    // the first is read, the others are recognised
    assert_delivered_at_the_marks(&end_of(&soap::streaming(&format!(
        "<m:Notifications>|<m:Notification><t:SubscriptionId>S</t:SubscriptionId>{mail}{mail}\n {mail}<t:StatusEvent/>|\
         <t:StatusEvent />|<t:StatusEvent></t:StatusEvent >|{mail}</m:Notification></m:Notifications>"
    ))));
}

#[test]
fn a_response_comes_when_its_contents_begin_or_at_its_end() {
    for (content, open) in [
        ("<m:ResponseCode>NoError</m:ResponseCode><m:Notifications>|</m:Notifications>", ""),
        ("<m:ResponseCode>NoError</m:ResponseCode><m:ErrorSubscriptionIds/>|", ""),
        ("<m:ResponseCode>NoError</m:ResponseCode><m:Notification>|</m:Notification>", ""),
        ("<m:ResponseCode>NoError</m:ResponseCode><m:ConnectionStatus>|OK</m:ConnectionStatus>|", ""),
        ("<m:ResponseCode>NoError</m:ResponseCode><m:SubscriptionId>|S</m:SubscriptionId>", "|"),
        ("<m:ResponseCode>NoError</m:ResponseCode><m:MessageText>w</m:MessageText>", "|"),
        ("<m:Notifications><m:Notification>|<t:StatusEvent/>|</m:Notification></m:Notifications>", ""),
        ("<m:ConnectionStatus>OK</m:ConnectionStatus>", "||"),
        ("<m:SubscriptionId>S</m:SubscriptionId><m:ResponseCode>NoError</m:ResponseCode>", "||"),
    ] {
        let body = response("GetEvents", "Success", content);
        let marked = body.replace("</m:GetEventsResponseMessage>", &format!("</m:GetEventsResponseMessage>{open}"));
        assert_delivered_at_the_marks(&end_of(&marked));
    }
}

#[test]
fn a_late_head_comes_with_its_end_tag() {
    assert_delivered_at_the_marks(&end_of(&response(
        "GetEvents",
        "Error",
        "<m:Notification>|<t:StatusEvent/>|</m:Notification><m:ResponseCode>E</m:ResponseCode>|<m:MessageText/>|\
         <m:MessageXml><t:Value Name='x'/></m:MessageXml>\
         <m:MessageXml><t:Value Name='BackOffMilliseconds'>1</t:Value></m:MessageXml>|",
    )));
}

#[test]
fn ids_status_faults_and_versions_come_with_their_end_tags() {
    assert_delivered_at_the_marks(&end_of(&soap::streaming(
        "<m:ErrorSubscriptionIds>|<SubscriptionId>X</SubscriptionId>|<m:SubscriptionId>Y</m:SubscriptionId>|\
         </m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>|",
    )));
    assert_delivered_at_the_marks(&end_of(&envelope("<s:Fault><faultcode>c</faultcode></s:Fault>|")));
    let header = "<s:Header><t:ServerVersionInfo MajorVersion='15'/>|</s:Header><s:Body>";
    assert_delivered_at_the_marks(&end_of(&envelope("").replace("<s:Body>", header)));
}

#[test]
fn the_end_of_an_envelope_comes_before_the_next_begins() {
    let one = end_of(&envelope(""));
    assert_delivered_at_the_marks(&format!("{one}{one}\n<?xml version='1.0'?>{one} \u{feff}{one}"));
}
