//! The documents are byte for byte those of the recorded servers, once ids and times are masked.

mod common;

use common::{S, ask, poll, stream, subscribe, subscribed, unsubscribe};
use core::time::Duration;
use ews_sim::{Change, Config, Server, Style};
use std::path::PathBuf;

fn corpus(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
    String::from_utf8(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .expect("UTF-8")
}

/// Puts `*` for what is between these marks, everywhere.
fn mask(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, after) in [
        (" Id=\"", "\""),
        ("<t:TimeStamp>", "<"),
        ("<t:SubscriptionId>", "<"),
        ("<m:SubscriptionId>", "<"),
        ("<SubscriptionId>", "<"),
        ("<t:UnreadCount>", "<"),
    ] {
        let mut parts = text.split(before);
        let mut masked = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find(after).expect("an end");
            masked = masked + before + "*" + &part[end..];
        }
        text = masked;
    }
    text
}

fn documents(text: &str) -> Vec<String> {
    text.split_inclusive("</SOAP:Envelope>").map(|document| mask(document.trim())).collect()
}

fn gromox() -> Server {
    Server::new(Config::new(Style::Gromox), 1)
}

#[test]
fn gromox_answers_subscribe_and_unsubscribe_as_recorded() {
    let mut server = gromox();
    let seen = ask(&mut server, 1, &subscribe("inbox"), S);
    assert_eq!(mask(&seen.text()), mask(&corpus("captures/01_subscribe_stream_inbox.body")));
    let id = common::between(&seen.text(), "<m:SubscriptionId>", "<").to_owned();
    assert_eq!(id, "AQAAAAUAAAA=", "a counter and the minutes it lives");
    let seen = ask(&mut server, 2, &unsubscribe(&id), S);
    assert_eq!(seen.text(), corpus("captures/05_unsubscribe_ok.body"));
}

#[test]
fn gromox_streams_a_new_mail_as_recorded() {
    let mut server = gromox();
    let id = subscribed(&mut server, 1, "", S);
    let first = ask(&mut server, 2, &stream(&[&id], 1), S);
    server.change("user", Change::DeliverMail, S * 3);
    let second = poll(&mut server, 2, S * 7);
    let recorded = documents(&corpus("captures/110_stream_newmail_all_folders.body"));
    assert_eq!([mask(&first.text()), mask(&second.text())], recorded[..2]);
}

#[test]
fn gromox_writes_an_unknown_id_as_recorded() {
    let mut server = gromox();
    let mut seen = ask(&mut server, 1, &stream(&["mZkAAAUAAAA="], 1), S);
    assert!(!seen.ended, "the response stays open");
    let later = poll(&mut server, 1, S * 60);
    assert!(later.ended);
    seen.chunks.extend(later.chunks);
    assert_eq!(documents(&seen.text()), documents(&corpus("captures/80_stream_err_unknown_sub.body")));
}

#[test]
fn gromox_writes_faults_as_recorded() {
    let mut server = gromox();
    for (request, status, recorded) in [
        (&b"<a"[..], 500, "53_err_malformed_xml"),
        (&unsubscribe("rubbish"), 200, "20_err_unsubscribe_garbage_id"),
        (&common::envelope("", "<m:Subscribe/>"), 200, "61_err_subscribe_missing_child"),
        (&common::envelope("", "<m:GetStreamingEvents/>"), 200, "62_err_getstreaming_missing_ids"),
    ] {
        let seen = ask(&mut server, 1, request, Duration::ZERO);
        assert_eq!(seen.text(), corpus(&format!("captures/{recorded}.body")));
        assert_eq!(seen.status, status, "{recorded}");
    }
}

#[test]
fn exchange_writes_ok_and_bad_ids_as_captured() {
    let mut server = Server::new(Config::new(Style::Exchange), 1);
    let id = subscribed(&mut server, 1, "", S);
    let seen = ask(&mut server, 2, &stream(&[&id], 1), S);
    assert_eq!(seen.text(), corpus("samples/shape-exchange-ok.xml").trim_end());
    let bad = "FQBtYngwMS5jb250b3NvLmV4YW1wbGUQAAAApUePUVyYgkSKhSFwTw1Q0oDWlzsq1N0IEAAAAOBx5GXJ1gNArEMW38hmPrQ=";
    let seen = ask(&mut server, 3, &stream(&["AAA-", bad], 1), S);
    assert_eq!(seen.text(), corpus("samples/shape-error-subscriptionids-m.xml").trim_end());
}
