//! One session with very many subscriptions: `cargo bench --bench session [-- COUNT…]`.
//!
//! What a subscription, a request, an event, a heartbeat and an outage cost with 1, 1,000 and 100,000 of them. With one,
//! a connection serves one subscription; with many, it serves 200: what belongs to the connection is shared.
#![allow(clippy::restriction)]
#![allow(clippy::cast_precision_loss)] // nothing here is as large as 2^52

mod documents;
mod heap;
mod life;

use std::hint::black_box;
use std::time::Instant;

use ews_stream::NotificationParser;
use ews_stream::request::SubscriptionIds;
use ews_stream::session::Session;

use life::{Costs, Life};

/// Of one size of session.
struct Measured {
    idle_bytes: f64,
    used_bytes: f64,
    most_bytes: f64,
    parser_alone: f64,
    costs: Vec<Costs>,
}

fn main() {
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let counts: &[usize] = if !asked.is_empty() {
        &asked
    } else if std::env::args().any(|argument| argument == "--bench") {
        &[1, 1_000, 100_000]
    } else {
        &[1, 450] // `cargo test` only wants to know whether it works
    };
    let measured: Vec<Measured> = counts.iter().map(|&count| measure(count)).collect();
    println!("\nOne session, by the number of its subscriptions (Session itself: {} bytes)\n", size_of::<Session>());
    print!("|  |");
    for count in counts {
        print!(" {count} |");
    }
    println!(" last / last but one |\n|---|{}", "---:|".repeat(counts.len() + 1));
    row("bytes a subscription, idle", &measured, |m| m.idle_bytes);
    row("the same after events, a renewal and an outage", &measured, |m| m.used_bytes);
    row("the most in between", &measured, |m| m.most_bytes);
    let time = |what: &str, cost: fn(&Costs) -> f64| {
        // the least disturbed of several lives
        row(&format!("{what}, ns"), &measured, |m| least(m.costs.iter().map(cost)));
    };
    time("`subscribe`", |c| c.subscribe.each());
    time("`poll_output`: a Subscribe", |c| c.send_subscribe.each());
    time("an answer to it", |c| c.answer.each());
    time("`poll_output`: a GetStreamingEvents, an id", |c| c.send_stream.each());
    time("a connection's first document, a subscription", |c| c.first.each());
    time("`poll_output`: an event of the session's", |c| c.tell.each());
    time("`poll_output`: nothing to do", |c| c.rest.each());
    time("`handle_timeout`, nothing due", |c| c.idle.each());
    time("`handle_timeout`, a deadline due", |c| c.due.each());
    time("`handle_timeout`, deadlines of what was answered, each", |c| c.stale.each());
    time("`next_event`: a heartbeat", |c| c.heartbeat.each());
    time("`next_event`: a document with one event", |c| c.event.each());
    row("the parser alone, on the same document, ns", &measured, |m| m.parser_alone);
    time("a connection's clean end, a subscription", |c| c.renew.each());
    time("a connection that breaks, a subscription", |c| c.broken.each());
    time("`close`, a subscription", |c| c.close.each());
    time("`poll_output`: an Unsubscribe", |c| c.send_unsubscribe.each());
}

fn row(what: &str, measured: &[Measured], value: impl Fn(&Measured) -> f64) {
    let values: Vec<f64> = measured.iter().map(value).collect();
    print!("| {what} |");
    for value in &values {
        print!(" {value:.0} |");
    }
    println!(" {:.2} |", values[values.len() - 1] / values[values.len().saturating_sub(2)]);
}

/// Lives of the same session, one after the other.
fn measure(count: usize) -> Measured {
    let lives = (10_000 / count).clamp(5, 200);
    let (mut idle_bytes, mut used_bytes, mut most_bytes) = (0.0, 0.0, 0.0);
    let costs = (0..lives)
        .map(|_| {
            heap::forget();
            let a_subscription = |bytes: f64| (bytes + size_of::<Session>() as f64) / count as f64;
            let mut life = Life::begin(count);
            life.settle();
            life.idle();
            idle_bytes = a_subscription(heap::held());
            life.renew();
            life.events(if count == 1 { 1_000 } else { 50_000.min(50 * count) });
            life.outage();
            life.settle();
            life.idle();
            used_bytes = a_subscription(heap::held());
            most_bytes = a_subscription(heap::most());
            let costs = life.close();
            assert!(heap::held() == 0.0, "nothing is left of it");
            costs
        })
        .collect();
    Measured { idle_bytes, used_bytes, most_bytes, parser_alone: parser_alone(count), costs }
}

/// The share of the parser in what an event takes: as many parsers as there are connections, any of them at a time.
fn parser_alone(subscriptions: usize) -> f64 {
    let documents: Vec<Vec<u8>> = (0..128).map(|at| documents::event(at, at as u64)).collect();
    let connections = subscriptions.div_ceil(SubscriptionIds::MAX);
    let mut parsers: Vec<_> = (0..connections).map(|_| NotificationParser::new()).collect();
    let mut next = 0;
    let round = |_| {
        let start = Instant::now();
        for document in &documents {
            next = (next + 199) % parsers.len(); // a prime, and none of their number
            let mut input = &document[..];
            while let Some(message) = parsers[next].next_message(&mut input).expect("the document is well-formed") {
                black_box(message);
            }
        }
        start.elapsed().as_nanos() as f64 / documents.len() as f64
    };
    least((0..400).map(round))
}

fn least(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(f64::INFINITY, f64::min)
}
