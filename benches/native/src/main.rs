//! This crate beside parsers in C, C++ and Python, in one run on the same bytes. Run by `benches/compare.sh`.
//!
//! `native [--quick] [--python PYTHON] [--points FILE]`: PYTHON has exchangelib; FILE is for `plot.py`.

#![allow(clippy::cast_precision_loss)] // streams are far shorter than 2^52 bytes

#[path = "../../peers/mod.rs"]
mod peers;
#[path = "../../streams/mod.rs"]
mod streams;
#[path = "../../turns/mod.rs"]
mod turns;

mod native;
mod python;
mod tables;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;

use native::{Native, Prepared};
use peers::{Every, Parser, Touch, agree};
use python::Exchangelib;
use streams::{Kind, Stream};
use turns::{Entrant, seconds, take_turns};

/// Bytes a stream, and rounds.
struct Effort {
    size: usize,
    rounds: usize,
    /// Bytes of the stream that is read in chunks, single bytes among them, and by Python.
    chunked_size: usize,
    chunked_rounds: usize,
}

impl Effort {
    const FULL: Self = Self { size: 4 << 20, rounds: 15, chunked_size: 1 << 20, chunked_rounds: 11 };
    const QUICK: Self = Self { size: 1 << 19, rounds: 5, chunked_size: 1 << 17, chunked_rounds: 3 };
}

/// Single bytes, little ones, an Ethernet frame's payload, what sockets are often read by, much, and all at once.
const CHUNKS: [usize; 7] = [1, 64, 256, 1460, 16 << 10, 256 << 10, usize::MAX];

const RUST: [Parser; 5] =
    [Parser::NsReader, Parser::CheckingNsReader, Parser::Reader, Parser::CheckingReader, Parser::XmlTokens];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut effort, mut python, mut points) = (Effort::FULL, None, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => effort = Effort::QUICK,
            "--python" => python = arguments.next().map(PathBuf::from),
            "--points" => points = arguments.next().map(PathBuf::from),
            other => panic!("{other}: not an option"),
        }
    }
    println!("{}\n\n{}; quick-xml 0.42.0, xmlparser 0.13.6", tables::machine(), native::versions());
    // the same input for all that Python, and chunks, are about
    let chunked = Kind::Compact.stream(effort.chunked_size);
    let mut exchangelib = python.map(|python| Exchangelib::start(&python, &chunked));
    if let Some(exchangelib) = &exchangelib {
        println!("{}", exchangelib.version);
    }
    whole(&effort);
    fresh(&effort);
    let rows = in_chunks(&effort, &chunked, exchangelib.as_mut());
    if let Some(file) = points {
        std::fs::write(&file, rows).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// Asserts that the native parsers take the same values out of `stream` as the others do, to the last byte.
fn agree_all(name: &str, stream: &Stream, prepared: &mut Prepared) {
    let ours = agree(name, stream);
    for native in Native::ALL {
        prepared.restore();
        assert_eq!(ours, native.read_every(prepared, 0), "ews-stream (left), {} (right) on {name}", native.name());
    }
    for native in Native::PUSHED {
        for chunk in [1, 64, 1460] {
            prepared.restore();
            assert_eq!(ours, native.read_every(prepared, chunk), "{} in chunks of {chunk} on {name}", native.name());
        }
    }
    for chunk in CHUNKS {
        assert_eq!(ours, Parser::OursIn(chunk).read::<Every>(stream), "chunks of {chunk} on {name}");
    }
}

fn rust(parser: Parser, stream: &Stream, times: usize) -> Entrant<'_> {
    Entrant::new(parser.name(), move || {
        for _ in 0..times {
            black_box(parser.read::<Touch>(black_box(stream)));
        }
    })
}

fn native(native: Native, stream: &Stream, times: usize, chunk: usize) -> Entrant<'static> {
    let mut prepared: Vec<Prepared> = (0..times).map(|_| Prepared::new(stream)).collect();
    Entrant::timing_itself(native.name(), move || {
        prepared.iter_mut().for_each(Prepared::restore);
        seconds(|| {
            for prepared in &mut prepared {
                black_box(native.read_touch(black_box(prepared), chunk));
            }
        })
    })
}

/// Whole documents, all inputs.
fn whole(effort: &Effort) {
    let mut measured = Vec::new();
    for kind in Kind::ALL {
        let stream = kind.stream(effort.size);
        agree_all(kind.name(), &stream, &mut Prepared::new(&stream));
        let mut entrants = vec![rust(Parser::Ours, &stream, 1)];
        entrants.extend(RUST.map(|parser| rust(parser, &stream, 1)));
        entrants.extend(Native::ALL.map(|parser| native(parser, &stream, 1, 0)));
        take_turns(&mut entrants, effort.rounds);
        let of = |entrant: &Entrant<'_>| (entrant.name.clone(), entrant.best(), entrants[0].median_ratio(entrant));
        measured.push((kind.name(), stream.bytes.len(), entrants.iter().map(of).collect()));
    }
    print!("{}", tables::whole(&measured));
}

/// From making a parser to dropping it, over one document with one event.
fn fresh(effort: &Effort) {
    const TIMES: usize = 64;
    let stream = Stream::single();
    agree_all("a single document", &stream, &mut Prepared::new(&stream));
    let mut entrants = vec![rust(Parser::Ours, &stream, TIMES)];
    entrants.extend(RUST.map(|parser| rust(parser, &stream, TIMES)));
    entrants.extend(Native::ALL.map(|parser| native(parser, &stream, TIMES, 0)));
    take_turns(&mut entrants, 20 * effort.rounds);
    let times: Vec<(String, f64)> =
        entrants.iter().map(|entrant| (entrant.name.clone(), entrant.best() / TIMES as f64)).collect();
    print!("{}", tables::fresh(stream.bytes.len(), &times));
}

/// One stream in chunks. Returns the points of the plot.
fn in_chunks(effort: &Effort, stream: &Stream, exchangelib: Option<&mut Exchangelib>) -> String {
    let mut columns = Vec::new();
    let mut entrants = Vec::new();
    for chunk in CHUNKS {
        entrants.push(rust(Parser::OursIn(chunk), stream, 1).named("ews-stream"));
        columns.push(chunk);
        for parser in Native::PUSHED {
            entrants.push(native(parser, stream, 1, if chunk == usize::MAX { 0 } else { chunk }));
            columns.push(chunk);
        }
    }
    // these are given whole documents, whatever comes in
    for parser in RUST {
        entrants.push(rust(parser, stream, 1));
        columns.push(usize::MAX);
    }
    for parser in [Native::Pugixml, Native::RapidXml] {
        entrants.push(native(parser, stream, 1, 0));
        columns.push(usize::MAX);
    }
    take_turns(&mut entrants, effort.chunked_rounds);
    let size = stream.bytes.len();
    let mut points: Vec<(String, usize, f64)> = entrants
        .iter()
        .zip(columns)
        .map(|(entrant, chunk)| (entrant.name.clone(), chunk, size as f64 / 1e6 / entrant.best()))
        .collect();
    print!("{}", tables::chunks(size, &CHUNKS, &points));
    if let Some(exchangelib) = exchangelib {
        let mut ways = exchangelib.ways();
        ways.insert(0, rust(Parser::Ours, stream, 1));
        ways.insert(1, rust(Parser::OursIn(1), stream, 1));
        take_turns(&mut ways, 3);
        print!("{}", tables::python(size, &ways));
        let best = ways[2..].iter().map(Entrant::best).fold(f64::INFINITY, f64::min);
        points.push(("exchangelib".to_owned(), 1, size as f64 / 1e6 / best));
    }
    let mut out = String::from("parser\tchunk\tMB/s\n");
    for (name, chunk, rate) in points {
        let chunk = if chunk == usize::MAX { "whole".to_owned() } else { chunk.to_string() };
        writeln!(out, "{name}\t{chunk}\t{rate:.2}").unwrap();
    }
    out
}
