//! The example `watch` as a program of its own, over real sockets: against the simulated Exchange, in this process or in
//! another that is killed and started again, and against peers that are no EWS servers at all.
#![cfg(unix)] // signals
#![cfg(not(feature = "_work"))] // once is enough: no feature of the crate changes anything here
#![allow(clippy::restriction)]

mod live_common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ews_sim::http::Running;
use ews_sim::{Change, Config, End, Style};
use live_common::{Exchange, Program, peer};

const SOON: Duration = Duration::from_secs(20);

/// Kills the server under it, starts another in its place, and interrupts it.
fn outlives_its_server(style: &str) {
    let exchange = Exchange::start("127.0.0.1:0", style);
    let address = exchange.address.clone();
    let url = format!("http://{address}/EWS/Exchange.asmx");
    let mut watch = Program::start("watch", &["--url", &url, "--user", "user", "--json"]);
    watch.until(SOON, |line| line["session"] == "Live");
    watch.until(SOON, |line| line["event"] == "NewMailEvent");
    drop(exchange);
    watch.until(SOON, |line| line["session"] == "BackingOff" && line["reason"] == "ConnectionLost");
    watch.until(SOON, |line| line["session"] == "Lost" && line["reason"] == "ConnectionLost");
    let _exchange = Exchange::start(&address, style);
    let gap = watch.until(SOON, |line| line["session"] == "Gap");
    assert!(gap["last_timestamp"].is_string(), "{gap}");
    watch.until(SOON, |line| line["event"] == "NewMailEvent");
    watch.interrupt();
    watch.until(SOON, |line| line["session"] == "Closed");
    watch.until(SOON, |line| line["session"] == "SessionClosed");
    let (code, errors) = watch.end();
    assert_eq!(code, Some(0), "{errors}");
}

#[test]
fn it_outlives_a_server_that_writes_as_exchange_does() {
    outlives_its_server("exchange");
}

#[test]
fn it_outlives_a_server_that_writes_as_gromox_does() {
    outlives_its_server("gromox");
}

fn running(style: Style) -> (Running, String) {
    let mut config = Config::new(style);
    config.require_authentication = true;
    config.credentials = Some(("user".into(), "secret".into()));
    let running = Running::start(([127, 0, 0, 1], 0).into(), config, 1, 0.0).unwrap();
    let url = format!("http://{}", running.address()); // the path is added
    (running, url)
}

fn ends(running: &Running) -> Vec<Option<End>> {
    running.with(|server, _| server.records().iter().map(|record| record.ended.map(|(_, why)| why)).collect())
}

#[test]
fn an_event_is_printed_within_a_second_and_an_interrupt_unsubscribes() {
    let (running, url) = running(Style::Exchange);
    for signal in [Program::interrupt, Program::terminate] {
        let before = ends(&running).len();
        let mut watch = Program::start("watch", &["--url", &url, "--user", "user", "--json"]);
        watch.until(SOON, |line| line["session"] == "Live");
        for _ in 0..3 {
            let delivered = Instant::now();
            running.with(|server, now| server.change("user", Change::DeliverMail, now));
            watch.until(SOON, |line| line["event"] == "NewMailEvent");
            assert!(delivered.elapsed() < Duration::from_secs(1), "{:?}", delivered.elapsed());
        }
        assert_eq!(ends(&running)[before..], [None]);
        signal(&watch);
        let (code, errors) = watch.end();
        assert_eq!((code, errors.as_str()), (Some(0), ""));
        assert_eq!(ends(&running)[before..], [Some(End::Unsubscribed)]);
    }
}

#[test]
fn several_mailboxes_are_told_apart_and_one_connection_serves_a_group() {
    let (running, url) = running(Style::Exchange);
    let mailboxes = ["c@x.example", "a@x.example", "d@x.example", "b@x.example"];
    let mut arguments = vec!["--url", &url, "--user", "user", "--json", "--group"];
    for mailbox in mailboxes {
        arguments.extend(["--mailbox", mailbox]);
    }
    let mut watch = Program::start("watch", &arguments);
    for _ in mailboxes {
        watch.until(SOON, |line| line["session"] == "Live");
    }
    for mailbox in mailboxes {
        running.with(|server, now| server.change(mailbox, Change::DeliverMail, now));
        let mail = watch.until(SOON, |line| line["event"] == "NewMailEvent");
        assert_eq!(mail["mailbox"], mailbox);
    }
    assert_eq!(running.with(|server, _| server.open_streams()), 1);
    watch.terminate();
    assert_eq!(watch.end().0, Some(0));
    assert_eq!(ends(&running), [Some(End::Unsubscribed); 4]);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (running, url) = running(Style::Exchange);
    let mut watch = Program::start("watch", &["--url", &url, "--user", "user", "--json"]);
    watch.until(SOON, |line| line["session"] == "Live");
    watch.close_its_output();
    // the line that was read when the pipe was closed, and one that meets a closed pipe
    for _ in 0..2 {
        running.with(|server, now| server.change("user", Change::DeliverMail, now));
        std::thread::sleep(Duration::from_millis(300));
    }
    let (code, errors) = watch.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(ends(&running), [Some(End::Unsubscribed)]);
}

#[test]
fn a_wrong_password_is_said_so_and_not_tried_on_and_on() {
    let (_running, url) = running(Style::Exchange);
    let watch =
        Program::start_with("watch", &["--url", &url, "--user", "user", "--json"], &[("EWS_PASSWORD", "mistyped")]);
    let (code, errors) = watch.end();
    assert_eq!(code, Some(1));
    assert!(errors.contains("the credentials are not accepted: HTTP status 401 (www-authenticate: Basic"), "{errors}");

    let refusing = peer(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n");
    });
    let watch = Program::start("watch", &["--url", &refusing.url, "--user", "user", "--json"]);
    let (code, errors) = watch.end();
    assert_eq!(code, Some(1));
    assert!(errors.contains("(www-authenticate: NTLM)"), "{errors}");
    assert_eq!(refusing.requests(), 2);
}

#[test]
fn a_path_that_does_not_exist_is_no_reason_to_wait() {
    let (_running, url) = running(Style::Exchange);
    let mut watch = Program::start("watch", &["--url", &format!("{url}/elsewhere"), "--user", "user", "--json"]);
    let failed = watch.until(SOON, |line| line["session"] == "Failed");
    assert_eq!(failed["status"], 404);
    let (code, errors) = watch.end();
    assert_eq!(code, Some(1));
    assert!(errors.contains("nothing is left to watch"), "{errors}");
}

/// What came has a name, the next try is some way off, and `--for` ends it.
fn backs_off_from(name: &str, answer: impl Fn(TcpStream) + Send + Sync + 'static, reason: &str) {
    let peer = peer(answer);
    let arguments = ["--url", &peer.url, "--user", "user", "--json", "--for", "5", "--patience", "1"];
    let mut watch = Program::start("watch", &arguments);
    let line = watch.until(SOON, |line| line["session"] == "BackingOff");
    assert_eq!(line["reason"], reason, "{name}");
    assert!(line["wait_ms"].as_u64().unwrap() >= 900, "{name}: {line}");
    let (code, errors) = watch.end();
    assert_eq!(code, Some(0), "{name}: {errors}");
    assert!((1..=5).contains(&peer.requests()), "{name}: {} requests in 5 seconds", peer.requests());
}

#[test]
fn a_peer_that_is_no_ews_server_is_named_and_asked_again_later() {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let page = "<!DOCTYPE html><html><body>Sign in</body></html>";
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length";
            let answer = format!("{head}: {}\r\n\r\n{page}", page.len());
            let html = move |mut socket: TcpStream| drop(socket.write_all(answer.as_bytes()));
            backs_off_from("a page", html, "ProtocolError");
        });
        scope.spawn(|| {
            let endless = |mut socket: TcpStream| {
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n");
                while socket.write_all(b"X-Filling: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
            };
            backs_off_from("a head without end", endless, "ConnectionLost");
        });
        scope.spawn(|| {
            let drip = |mut socket: TcpStream| {
                while socket.write_all(b"H").is_ok() {
                    std::thread::sleep(Duration::from_secs(6));
                }
            };
            backs_off_from("a head that drips", drip, "ConnectionLost");
        });
        scope.spawn(|| {
            let silent = |_socket: TcpStream| std::thread::sleep(Duration::from_secs(6));
            backs_off_from("silence", silent, "ConnectionLost");
        });
        scope.spawn(|| {
            let endless = |mut socket: TcpStream| {
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<a>");
                while socket.write_all(&vec![b' '; 65_536]).is_ok() {}
            };
            backs_off_from("a body without end", endless, "ProtocolError");
        });
        scope.spawn(|| backs_off_from("a hang-up", drop, "ConnectionLost"));
    });
}

#[test]
fn a_request_that_is_given_up_loses_its_connection() {
    let (sender, hung_up) = std::sync::mpsc::channel();
    let silent = peer(move |mut socket| {
        let asked = Instant::now();
        let _ = socket.read(&mut [0]); // no more is coming: returns when the connection ends
        let _ = sender.send(asked.elapsed());
    });
    let _watch = Program::start("watch", &["--url", &silent.url, "--user", "user", "--json", "--patience", "1"]);
    let waited = hung_up.recv_timeout(SOON).unwrap();
    assert!(waited >= Duration::from_millis(900), "{waited:?}");
}

#[test]
fn where_nobody_listens_it_keeps_trying_until_its_time_is_over() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let mut watch = Program::start("watch", &["--url", &url, "--user", "user", "--json", "--for", "9"]);
    for _ in 0..2 {
        watch.until(SOON, |line| line["session"] == "BackingOff" && line["reason"] == "ConnectionLost");
    }
    let (code, errors) = watch.end();
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.contains("refused"), "{errors}");
}

#[test]
fn the_readmes_command_needs_no_arguments() {
    let watch = Program::start("watch", &[]);
    let blocking = Program::start("blocking", &[]);
    let (code, lines, errors) = watch.end_with_text();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(lines.contains(" live: "), "{lines}");
    assert!(lines.contains(" NewMail ") && lines.contains(" Created "), "{lines}");
    assert!(lines.ends_with("Z the end\n"), "{lines}");
    let (code, lines, errors) = blocking.end_with_text();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(lines.contains("Live(") && lines.contains("NewMailEvent") && lines.contains("Closed("), "{lines}");
}
