//! Criterion's view, for comparing one version of this crate with the next: `cargo bench --bench parse`.
//! How it compares with other parsers is better asked of `ratios`, where they take turns.
#![allow(clippy::restriction)]

mod peers;
mod streams;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use ews_stream::{Message, NotificationParser};

use peers::{Floor, Parser, Touch, agree};
use streams::Kind;

const SIZE: usize = 1 << 20;

fn parse(criterion: &mut Criterion) {
    for kind in Kind::ALL {
        let stream = kind.stream(SIZE);
        agree(kind.name(), &stream);
        let mut group = criterion.benchmark_group(kind.name());
        group.throughput(Throughput::Bytes(stream.bytes.len() as u64));
        group.sampling_mode(SamplingMode::Flat);
        let chunked: &[Parser] = if kind == Kind::Compact { &Parser::CHUNKED } else { &[] };
        for parser in Parser::WHOLE.iter().chain(chunked) {
            group.bench_function(parser.name(), |bencher| {
                bencher.iter(|| parser.read::<Touch>(black_box(&stream)));
            });
        }
        let mut copy = vec![0; stream.bytes.len()];
        for floor in Floor::ALL {
            group.bench_function(floor.name(), |bencher| bencher.iter(|| floor.pass(&stream, &mut copy)));
        }
        group.finish();
    }
}

/// A parser that has learned nothing yet, from its first byte to its first event: an envelope's head and an event.
fn first_event(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("first event");
    for kind in [Kind::Compact, Kind::Gromox] {
        let stream = kind.stream(1);
        let first = || {
            let mut parser = NotificationParser::new();
            let mut input = black_box(&stream.bytes[..]);
            while let Some(message) = parser.next_message(&mut input).expect("the stream is well-formed") {
                if matches!(message, Message::Event(_)) {
                    return stream.bytes.len() - input.len();
                }
            }
            unreachable!("there are events in it");
        };
        group.throughput(Throughput::Bytes(first() as u64));
        group.bench_function(kind.name(), |bencher| bencher.iter(first));
    }
    group.finish();
}

fn briefly() -> Criterion {
    let criterion = Criterion::default().without_plots();
    criterion.sample_size(15).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600))
}

criterion_group! { name = benches; config = briefly(); targets = first_event, parse }
criterion_main!(benches);
