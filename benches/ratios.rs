//! How many times as fast as others, in one run: `cargo bench --bench ratios [-- [--quick] [INPUT…]]`.
//!
//! All parsers take turns. Beside ratios of medians, in brackets, stand those of the best times.
#![allow(clippy::restriction)]
#![allow(clippy::cast_precision_loss)] // streams are far shorter than 2^52 bytes

mod peers;
mod streams;
mod turns;

use std::fmt::Write as _;
use std::hint::black_box;

use peers::{Floor, Parser, Sum, Touch, agree};
use streams::{Kind, Stream};
use turns::{Entrant, take_turns};

const MB: usize = 1 << 20;

struct Effort {
    size: usize,
    rounds: usize,
}

impl Effort {
    const FULL: Self = Self { size: 4 * MB, rounds: 21 };
    const QUICK: Self = Self { size: MB, rounds: 11 };
    /// For `cargo test`, which wants to know whether it works.
    const NONE: Self = Self { size: MB / 16, rounds: 1 };
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let effort = if !has("--bench") {
        Effort::NONE
    } else if has("--quick") {
        Effort::QUICK
    } else {
        Effort::FULL
    };
    let wanted = |kind: &Kind| has(kind.name()) || arguments.iter().all(|argument| argument.starts_with("--"));
    let inputs: Vec<Kind> = Kind::ALL.into_iter().filter(wanted).collect();
    assert!(!inputs.is_empty(), "an input is one of {:?}", Kind::ALL.map(Kind::name));
    let mut summary = String::from(
        "\nAll inputs: MB/s of the best time, and how many times as fast as others by best times\n\n| input |",
    );
    for parser in Parser::WHOLE {
        write!(summary, " {}{} |", if parser == Parser::Ours { "" } else { "× " }, parser.name()).unwrap();
    }
    writeln!(summary, " × from_utf8 |\n|---|{}", "---:|".repeat(Parser::WHOLE.len() + 1)).unwrap();
    for kind in inputs {
        let stream = kind.stream(effort.size);
        let sum = agree(kind.name(), &stream);
        let mut copy = vec![0; stream.bytes.len()];
        let mut entrants = entrants(&stream, &mut copy);
        take_turns(&mut entrants, effort.rounds);
        print!("{}", table(kind, &stream, sum, &entrants));
        summary.push_str(&row(kind, &stream, &entrants));
        if matches!(kind, Kind::Compact | Kind::Gromox) {
            let mut entrants: Vec<Entrant<'_>> =
                [Parser::Ours].iter().chain(&Parser::CHUNKED).map(|parser| entrant(*parser, &stream)).collect();
            take_turns(&mut entrants, 3 * effort.rounds);
            print!("{}", chunk_table(kind, &stream, &entrants));
        }
    }
    print!("{summary}");
}

fn entrant(parser: Parser, stream: &Stream) -> Entrant<'_> {
    Entrant::new(parser.name(), move || {
        black_box(parser.read::<Touch>(black_box(stream)));
    })
}

fn entrants<'a>(stream: &'a Stream, copy: &'a mut [u8]) -> Vec<Entrant<'a>> {
    let mut all: Vec<Entrant<'_>> = Parser::WHOLE.iter().map(|parser| entrant(*parser, stream)).collect();
    for floor in [Floor::Memchr, Floor::Utf8] {
        all.push(Entrant::new(floor.name(), move || {
            black_box(floor.pass(stream, &mut []));
        }));
    }
    all.push(Entrant::new(Floor::Memcpy.name(), move || {
        black_box(Floor::Memcpy.pass(stream, copy));
    }));
    all
}

/// One input, all entrants.
fn table(kind: Kind, stream: &Stream, sum: Sum, entrants: &[Entrant<'_>]) -> String {
    // heartbeats have none, but each of them says how the connection is
    let events = usize::try_from(sum.events).unwrap();
    let (what, count) = if events > 0 { ("event", events) } else { ("envelope", stream.documents.len()) };
    let size = stream.bytes.len();
    let mut out = format!("\n{}: {size} bytes, {count} {what}s, {} bytes each\n\n", kind.name(), size / count);
    writeln!(out, "| parser | MB/s median (best) | ns an {what} | × NsReader median (best) |\n|---|---:|---:|---:|")
        .unwrap();
    let base = find(entrants, &Parser::NsReader.name());
    for entrant in entrants {
        let (typical, best) = (entrant.median(), entrant.best());
        let (rate, best_rate) = (size as f64 / 1e6 / typical, size as f64 / 1e6 / best);
        let each = typical * 1e9 / count as f64;
        let ratio = entrant.median_ratio(base);
        let best_ratio = base.best() / best;
        let name = &entrant.name;
        writeln!(out, "| {name} | {rate:.0} ({best_rate:.0}) | {each:.0} | {ratio:.2} ({best_ratio:.2}) |").unwrap();
    }
    out
}

/// This crate alone, given the stream whole and in chunks.
fn chunk_table(kind: Kind, stream: &Stream, entrants: &[Entrant<'_>]) -> String {
    let whole = find(entrants, &Parser::Ours.name());
    let mut out = format!("\n{} in chunks\n\n", kind.name());
    out.push_str("| parser/bytes a chunk | MB/s median (best) | × whole median (best) |\n|---|---:|---:|\n");
    for entrant in entrants {
        let [rate, best_rate] =
            [entrant.median(), entrant.best()].map(|seconds| stream.bytes.len() as f64 / 1e6 / seconds);
        let (ratio, best_ratio) = (entrant.median_ratio(whole), whole.best() / entrant.best());
        let name = &entrant.name;
        writeln!(out, "| {name} | {rate:.0} ({best_rate:.0}) | {ratio:.3} ({best_ratio:.3}) |").unwrap();
    }
    out
}

/// One line of the summary.
fn row(kind: Kind, stream: &Stream, entrants: &[Entrant<'_>]) -> String {
    let ours = find(entrants, &Parser::Ours.name()).best();
    let mut out = format!("| {} | {:.0} |", kind.name(), stream.bytes.len() as f64 / 1e6 / ours);
    let others = Parser::WHOLE.iter().skip(1).map(|parser| parser.name()).chain([Floor::Utf8.name().to_owned()]);
    for other in others {
        write!(out, " {:.2} |", find(entrants, &other).best() / ours).unwrap();
    }
    out.push('\n');
    out
}

fn find<'e, 'a>(entrants: &'e [Entrant<'a>], name: &str) -> &'e Entrant<'a> {
    entrants.iter().find(|entrant| entrant.name == name).expect("all parsers of whole streams take part")
}
