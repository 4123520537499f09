//! The server on a socket.

#![cfg(feature = "http")]

mod common;

use ews_sim::http::Running;
use ews_sim::{Change, Config, Style};
use std::io::{Read, Write};
use std::net::TcpStream;

fn send(running: &Running, body: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(running.address()).expect("a connection");
    let head = format!("POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    socket.write_all(head.as_bytes()).and_then(|()| socket.write_all(body)).expect("a request sent");
    socket
}

fn read_until(socket: &mut TcpStream, mark: &str) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains(mark) {
        let count = socket.read(&mut buffer).expect("bytes");
        assert_ne!(count, 0, "the end, before {mark}: {text}");
        text += &String::from_utf8_lossy(&buffer[..count]);
    }
    text
}

#[test]
fn a_stream_is_chunked_and_a_killed_server_cuts_it() {
    let running = Running::start("127.0.0.1:0".parse().expect("an address"), Config::new(Style::Exchange), 1, 0.0);
    let running = running.expect("a server");
    let answer = read_until(&mut send(&running, &common::subscribe("inbox")), "</s:Envelope>");
    let id = common::between(&answer, "<m:SubscriptionId>", "<");
    let mut socket = send(&running, &common::stream(&[id], 1));
    let first = read_until(&mut socket, "</Envelope>");
    assert!(first.contains("Transfer-Encoding: chunked"), "{first}");
    running.with(|server, now| server.change("user", Change::DeliverMail, now));
    assert!(read_until(&mut socket, "</Envelope>").contains("NewMailEvent"));
    drop(running);
    let mut rest = vec![];
    let _ = socket.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the last chunk is missing");
}
