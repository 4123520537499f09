//! What is no EWS answer, and what an error does.
#![allow(clippy::restriction)]

mod common;

use common::seen::{self, read, read_with};
use common::soap::{self, MESSAGES, SOAP_11, STREAMING, envelope, notification};
use ews_stream::{ErrorKind, NotificationParser};

#[test]
fn what_is_no_ews_answer_is_one_error_that_shows_how_it_began() {
    let rows: [(&str, &str); 14] = [
        ("Unauthorized", "the body is not an EWS answer, it begins \"Unauthorized\", at byte 0"),
        (
            "  \r\n 401 Unauthorized",
            "the body is not an EWS answer, it begins \"  \\r\\n 401 Unauthorized\", at byte 5",
        ),
        (
            "{\"error\":{\"code\":\"x\"}}",
            "the body is not an EWS answer, it begins \"{\\\"error\\\":{\\\"code\\\":\\\"x\\\"}}\", at byte 0",
        ),
        (
            "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\"><html></html>",
            "the body is not an EWS answer, it begins \"<!DOCTYPE html PUBLIC \\\"-//W3C//DTD XHTML 1.0 Str\", at byte 0",
        ),
        (
            "<!doctype html><html></html>",
            "the body is not an EWS answer, it begins \"<!doctype html><html></html>\", at byte 2",
        ),
        (
            "<html><head><title>503 Service Unavailable</title></head></html>",
            "the body is not an EWS answer, it begins \"<html><head><title>503 Service Unavailable</titl\", at byte 0",
        ),
        (
            "<HTML><BODY BGCOLOR=white>",
            "the body is not an EWS answer, it begins \"<HTML><BODY BGCOLOR=white>\", at byte 0",
        ),
        ("<a:b/>", "a namespace prefix that is not declared at byte 1"),
        (
            "<Autodiscover xmlns='urn:x'/>",
            "the body is not an EWS answer, it begins \"<Autodiscover xmlns=\\'urn:x\\'/>\", at byte 0",
        ),
        ("<Envelope/>", "the body is not an EWS answer, it begins \"<Envelope/>\", at byte 0"),
        (
            "<Envelope xmlns='urn:x'/>",
            "the body is not an EWS answer, it begins \"<Envelope xmlns=\\'urn:x\\'/>\", at byte 0",
        ),
        ("\x1f\u{8b}gzip", "the body is not an EWS answer, it begins \"\\u{1f}\\u{8b}gzip\", at byte 0"),
        ("\u{feff}text", "the body is not an EWS answer, it begins \"\\u{feff}text\", at byte 3"),
        (
            "<?xml version='1.0'?>\n<!-- a proxy --><x/>",
            "the body is not an EWS answer, it begins \"<?xml version=\\'1.0\\'?>\\n<!-- a proxy --><x/>\", at byte 38",
        ),
    ];
    let mut wrong = Vec::new();
    for (body, expected) in rows {
        let seen = read(body);
        assert_eq!(seen.lines, "", "{body}");
        let found = seen.error().to_string();
        if found != expected {
            wrong.push(format!("{body:?}\n  {found}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_no_text_at_all_is_shown_too() {
    let seen = read(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03gzip");
    assert!(matches!(seen.error().kind(), ErrorKind::NotSoap(_)));
    let expected =
        "the body is not an EWS answer, it begins \"\\u{1f}\\x8b\\u{8}\\0\\0\\0\\0\\0\\0\\u{3}gzip\", at byte 0";
    assert_eq!(seen.error().to_string(), expected);
}

#[test]
fn a_root_that_is_no_envelope_is_refused_behind_an_envelope_too() {
    let first = soap::streaming("");
    for root in ["<html>", "<Envelope xmlns='urn:x'>", &format!("<m:Envelope xmlns:m='{MESSAGES}'>")] {
        let seen = read(format!("{first}\n{root}"));
        assert_eq!(seen.lines(), [STREAMING, "EndOfEnvelope"]);
        assert!(matches!(seen.error().kind(), ErrorKind::NotSoap(_)), "{root}: {}", seen.error());
        assert_eq!(seen.error().offset(), first.len() as u64 + 1, "{root}");
    }
    let seen = read(format!("{first}HTTP/1.1 400 Bad Request"));
    assert_eq!((seen.error().kind(), seen.error().offset()), (ErrorKind::OutsideRoot, first.len() as u64));
}

#[test]
fn an_envelope_that_is_not_well_formed_keeps_its_own_error() {
    let rows = [
        (format!("<s:Envelope xmlns:s='{SOAP_11}' s>"), ErrorKind::Syntax("'=' behind an attribute's name"), 65),
        (format!("<s:Envelope xmlns:s='{SOAP_11}'\0>"), ErrorKind::InvalidChar, 63),
        (format!("<!DOCTYPE x><s:Envelope xmlns:s='{SOAP_11}'/>"), ErrorKind::DtdForbidden, 0),
        ("<s:Envelope/>".to_owned(), ErrorKind::UndeclaredPrefix, 1),
    ];
    for (body, kind, offset) in rows {
        let error = read(&body).error();
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{body}");
    }
}

#[test]
fn what_stands_before_an_envelope_changes_nothing_of_its_error() {
    let declaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";
    let all = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n";
    let comment = format!("<!-- {} -->", "an enve-".repeat(100));
    for (wrong, kind, at) in [
        (format!("<s:Envelope xmlns:s='{SOAP_11}' s>"), ErrorKind::Syntax("'=' behind an attribute's name"), 65),
        ("<envenvelope\0>".to_owned(), ErrorKind::InvalidChar, 12),
        ("<s:Envelope=".to_owned(), ErrorKind::Syntax("white space, '/' or '>' in a start tag"), 11),
    ] {
        for before in ["", declaration, all, &comment] {
            let body = format!("{before}{wrong}");
            let found = read(&body).error();
            let expected = (kind, (before.len() + at) as u64);
            assert_eq!((found.kind(), found.offset()), expected, "{body}");
            for chunk in [1, 7, 40] {
                let seen = seen::messages(&mut NotificationParser::new(), body.as_bytes().chunks(chunk));
                assert_eq!(seen.error(), found, "{body} in chunks of {chunk}");
            }
        }
    }
    // what comes behind the error is not searched: how much of it is here depends on the chunks
    for behind in ["", "<s:Envelope>"] {
        let seen = read(format!("{declaration}<html lang=en>{}{behind}", " ".repeat(60)));
        assert!(matches!(seen.error().kind(), ErrorKind::NotSoap(_)), "{}", seen.error());
    }
}

#[test]
fn a_body_without_a_message_is_no_error() {
    for body in ["", " ", "\r\n\t ", "\u{feff}"] {
        let seen = read(body);
        assert_eq!((seen.lines.as_str(), seen.error), ("", None), "{body:?}");
    }
}

#[test]
fn a_body_that_stops_inside_an_envelope_is_an_error_at_its_end_after_all_its_messages() {
    let body = notification(&format!("<t:SubscriptionId>S</t:SubscriptionId>{}", soap::NEW_MAIL));
    let whole = seen::messages(&mut NotificationParser::new(), [body.as_bytes()]);
    for end in 1..body.len() {
        let seen = seen::messages(&mut NotificationParser::new(), [&body.as_bytes()[..end]]);
        assert_eq!((seen.error().kind(), seen.error().offset()), (ErrorKind::UnexpectedEnd, end as u64));
        assert!(whole.lines.starts_with(&seen.lines), "{}", &body[..end]);
    }
    assert_eq!(whole.error, None);
}

#[test]
fn every_message_before_an_error_is_delivered() {
    let mail = soap::NEW_MAIL;
    for bad in
        ["&nbsp;", "\0", "</x>", "<a b='1' b='2'/>", "<p:a/>", "]]>", "<a", "<t:DeletedEvent><t:ItemId Id='1'/>&#0;"]
    {
        let body = notification(&format!("{mail}{mail}{bad}{mail}"));
        let seen = read(&body);
        assert!(seen.error.is_some(), "{bad}");
        assert_eq!(seen.lines().len(), 3, "{bad}: {}", seen.lines);
        let at = seen.error().offset();
        let from = body.find(bad).unwrap() as u64;
        assert!((from..=from + bad.len() as u64 + 1).contains(&at), "{bad}: {at} is not near {from}");
    }
}

#[test]
fn an_error_is_final_and_takes_no_more_input() {
    let mut parser = NotificationParser::new();
    let body = envelope("&bad;");
    let error = parser.next_message(&mut body.as_bytes()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UndeclaredEntity);
    for _ in 0..3 {
        let mut more: &[u8] = b"<more/>";
        assert_eq!(parser.next_message(&mut more).unwrap_err(), error);
        assert_eq!(more, b"<more/>", "input was taken");
        assert_eq!(parser.finish(), Err(error));
        assert!(!parser.is_between_envelopes());
    }
}

#[test]
fn reset_starts_afresh_wherever_the_last_body_stopped() {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\"?>\r\n{}<!-- x --><?p x?>{}",
        soap::response(
            "Subscribe",
            "Error",
            "<m:MessageText>a&amp;<![CDATA[b]]></m:MessageText><m:SubscriptionId>S</m:SubscriptionId>\
             <m:Watermark>W</m:Watermark><m:ConnectionStatus>OK</m:ConnectionStatus>"
        ),
        notification(&format!("<t:SubscriptionId>S\u{e9}</t:SubscriptionId>{}", soap::NEW_MAIL))
    );
    let other = soap::streaming("<m:Notifications><m:Notification><t:StatusEvent/></m:Notification></m:Notifications>");
    let expected = read(&other);
    assert_eq!(expected.error, None);
    let mut parser = NotificationParser::new();
    for end in 0..=body.len() {
        let _ = seen::messages(&mut parser, [&body.as_bytes()[..end]]);
        parser.reset();
        assert_eq!(parser.offset(), 0);
        assert!(parser.is_between_envelopes());
        assert_eq!(seen::messages(&mut parser, [other.as_bytes()]), expected, "after {:?}", &body.as_bytes()[..end]);
        parser.reset();
        // and with messages left where they were
        let mut input = &body.as_bytes()[..end];
        for _ in 0..end % 4 {
            let _ = parser.next_message(&mut input);
        }
        parser.reset();
        assert_eq!(seen::messages(&mut parser, [other.as_bytes()]), expected, "within {:?}", &body.as_bytes()[..end]);
        parser.reset();
    }
    for bad in ["<html>", "{", "<s:Envelope", "\u{fffe}"] {
        assert!(seen::messages(&mut parser, [bad.as_bytes()]).error.is_some());
        parser.reset();
        assert_eq!(seen::messages(&mut parser, [other.as_bytes()]), expected, "after {bad:?}");
        parser.reset();
    }
}

#[test]
fn forbidden_characters_are_refused_by_default_and_replaced_when_lenient() {
    for reference in ["&#0;", "&#x1F;", "&#xB;", "&#xFFFE;", "&#xD800;", "&#x110000;", "&#99999999999999999999;"] {
        let body = soap::response("Subscribe", "Error", &format!("<m:MessageText>a{reference}b</m:MessageText>"));
        let error = read(&body).error();
        assert_eq!(error.kind(), ErrorKind::InvalidCharacterReference, "{reference}");
        assert_eq!(error.offset(), body.find(reference).unwrap() as u64, "{reference}");
        let seen = read_with(&mut NotificationParser::new().lenient(true), body.as_bytes());
        let expected = "Response operation=Subscribe class=Error text=\"a\u{fffd}b\"";
        assert_eq!((seen.lines()[0], seen.error), (expected, None), "{reference}");
    }
    // lenient about nothing else
    for bad in ["\u{1}", "&nbsp;", "&#;", "&#x;", "&#xZ;", "\u{fffe}"] {
        let body = soap::response("Subscribe", "Error", &format!("<m:MessageText>a{bad}b</m:MessageText>"));
        let seen = read_with(&mut NotificationParser::new().lenient(true), body.as_bytes());
        assert_eq!(seen.error, read(&body).error, "{bad}");
        assert!(seen.error.is_some(), "{bad}");
    }
}

/// A body that is no answer may go on for ever: what it is, is said as soon as enough of it is here.
#[test]
fn an_endless_body_that_is_no_answer_is_refused_before_its_end() {
    for chunk in [1, 7, 64] {
        let mut parser = NotificationParser::new();
        let body = "Internal server error. ".repeat(20);
        let refused = body.as_bytes().chunks(chunk).position(|mut input| parser.next_message(&mut input).is_err());
        assert!(refused.is_some_and(|at| at * chunk <= 64), "{refused:?} in chunks of {chunk}");
    }
}
