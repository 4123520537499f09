//! The example `ewscat` as people and programs run it.
#![cfg(unix)] // signals
#![cfg(not(feature = "_work"))] // once is enough: no feature of the crate changes anything here
#![allow(clippy::restriction)]

mod live_common;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use live_common::{Program, run};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(20);
const CAPTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/captures/70_stream_inbox_1min.body");
const EXPECTED: &str = include_str!("../corpus/expected/captures/70_stream_inbox_1min.body.jsonl");

fn lines(arguments: &[&str]) -> Vec<String> {
    let (code, lines, errors) = run("ewscat", arguments);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
    lines
}

#[test]
fn a_program_reads_a_json_object_for_each_message() {
    let expected: Vec<Value> = EXPECTED.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for arguments in [&[CAPTURE][..], &["--json", "--chunk-size", "1", CAPTURE], &["--color", "always", CAPTURE]] {
        let seen: Vec<Value> = lines(arguments).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(seen, expected, "{arguments:?}");
    }
}

#[test]
fn the_names_of_an_event_come_in_the_order_of_the_contract() {
    let order = [
        "message",
        "event",
        "subscription_id",
        "previous_watermark",
        "more_events",
        "watermark",
        "timestamp",
        "item_id",
        "folder_id",
        "parent_folder_id",
        "old_item_id",
        "old_folder_id",
        "old_parent_folder_id",
        "unread_count",
    ];
    let push = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/made/all-events-push.xml");
    let mut seen = std::collections::BTreeSet::new();
    for line in lines(&[push]).iter().filter(|line| line.contains("\"message\":\"Event\"")) {
        let Value::Object(event) = serde_json::from_str(line).unwrap() else { panic!("{line}") };
        let places: Vec<_> = event.keys().map(|name| order.iter().position(|known| known == name).unwrap()).collect();
        assert!(places.is_sorted(), "{line}");
        seen.extend(places);
    }
    assert_eq!(seen.len(), order.len(), "{seen:?}");
}

#[test]
fn a_person_reads_words_and_colours_only_where_they_are_wanted() {
    let plain = lines(&["--text", CAPTURE]);
    assert!(plain.iter().all(|line| !line.contains('\x1b')), "no colours into a pipe");
    let colored = lines(&["--text", "--color", "always", CAPTURE]);
    let stripped: Vec<String> = colored.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
    assert_eq!(stripped, plain);
    assert!(colored.iter().any(|line| line.contains("\x1b[32m")), "{}", colored.join("\n"));
    let events =
        EXPECTED.lines().filter(|line| line.contains(r#""message":"Event""#) || line.contains(r#""message": "Event""#));
    let shown = plain.iter().filter(|line| line.starts_with("20")).count();
    assert_eq!(shown, events.filter(|line| line.contains("imestamp")).count());
}

#[test]
fn statistics_count_what_the_lines_show() {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in lines(&[CAPTURE]) {
        let line: Value = serde_json::from_str(&line).unwrap();
        let name = line.get("event").unwrap_or(&line["message"]).as_str().unwrap();
        *counts.entry(name.to_owned()).or_default() += 1;
    }
    let stats: Value = serde_json::from_str(&lines(&["--stats", CAPTURE])[0]).unwrap();
    let both = [&stats["events"], &stats["messages"]].map(|part| part.as_object().unwrap().clone());
    let counted: BTreeMap<String, u64> =
        both.into_iter().flatten().map(|(name, count)| (name, count.as_u64().unwrap())).collect();
    assert_eq!(counted, counts);
    assert_eq!(stats["bytes"], fs::metadata(CAPTURE).unwrap().len());
    let text = lines(&["--stats", "--text", CAPTURE]).join("\n");
    for (name, count) in counts {
        assert!(
            text.lines().any(|line| line.trim_start().split_once("  ") == Some((&count.to_string(), &name))),
            "{text}"
        );
    }
}

#[test]
fn what_a_server_says_cannot_steer_a_terminal() {
    let file = Scratch::new("hostile");
    file.append(
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><Fault><faultcode xmlns=''>x</faultcode>\
         <faultstring xmlns=''>a\u{9b}31m b\u{202e}c\u{2028}d&#13;e</faultstring></Fault></Body></Envelope>"
            .as_bytes(),
    );
    let line = lines(&["--text", file.path()]).concat();
    assert_eq!(line, "fault: x, a\u{fffd}31m b\u{fffd}c\u{fffd}d\u{fffd}e");
}

#[test]
fn an_error_names_the_file_or_the_byte() {
    let (code, _, errors) = run("ewscat", &["no/such/file.body"]);
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("error: no/such/file.body: "), "{errors}");
    let folder = std::env::temp_dir();
    let (code, _, errors) = run("ewscat", &[folder.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(errors.contains(folder.to_str().unwrap()), "{errors}");
    let file = Scratch::new("cut");
    file.append(&fs::read(CAPTURE).unwrap()[..700]);
    for form in ["--json", "--text", "--stats"] {
        let (code, lines, errors) = run("ewscat", &[form, file.path()]);
        assert_eq!(code, Some(1));
        assert!(errors.starts_with("error: ") && errors.contains("at byte 700"), "{errors}");
        assert!(!lines.is_empty(), "what came before is shown");
    }
    let (code, _, errors) = run("ewscat", &["--chunk-size", "0", CAPTURE]);
    assert_eq!(code, Some(2), "{errors}");
}

/// A file of its own, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ewscat-{}-{name}.body", std::process::id()));
        File::create(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn append(&self, bytes: &[u8]) {
        File::options().append(true).open(&self.0).unwrap().write_all(bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_growing_file_is_followed_through_its_replacement_until_an_interrupt() {
    let body = fs::read(CAPTURE).unwrap();
    let expected: Vec<Value> = EXPECTED.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let file = Scratch::new("growing");
    let mut cat = Program::start("ewscat", &["--follow", file.path()]);
    // in parts that end inside of events; each message is printed before the next part comes
    let mut seen = vec![];
    for part in body.chunks(body.len() / 3 + 1) {
        file.append(part);
        let so_far = complete(&body, part);
        while seen.len() < so_far {
            seen.push(cat.until(SOON, |_| true));
        }
    }
    assert_eq!(seen, expected);
    // another takes its place, then that one is cut and written anew
    let other = Scratch::new("other");
    other.append(&body);
    fs::rename(&other.0, &file.0).unwrap();
    for message in &expected {
        assert_eq!(cat.until(SOON, |_| true), *message);
    }
    File::options().write(true).truncate(true).open(&file.0).unwrap();
    std::thread::sleep(Duration::from_millis(500)); // it has to be seen short
    file.append(&body);
    for message in &expected {
        assert_eq!(cat.until(SOON, |_| true), *message);
    }
    cat.interrupt();
    let (code, errors) = cat.end();
    assert_eq!(code, Some(0), "{errors}");
    assert_eq!(errors.matches("note: the file begins anew").count(), 2, "{errors}");
}

/// How many messages are whole once `part` of `body` has come.
fn complete(body: &[u8], part: &[u8]) -> usize {
    let end = part.as_ptr_range().end.addr() - body.as_ptr().addr();
    let mut parser = ews_stream::NotificationParser::new();
    let mut input = &body[..end];
    let mut count = 0;
    while parser.next_message(&mut input).unwrap().is_some() {
        count += 1;
    }
    count
}
