//! One parser over one stream so many times, for valgrind to count: `instructions INPUT PARSER BYTES ROUNDS`.
//! `benches/instructions.sh` makes a table of it.

#[path = "../../peers/mod.rs"]
mod peers;
#[path = "../../streams/mod.rs"]
mod streams;

use std::hint::black_box;

use peers::{Floor, Parser, Touch};
use streams::Kind;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, parser, bytes, rounds] = &arguments[..] else {
        println!("instructions INPUT PARSER BYTES ROUNDS: run by benches/instructions.sh");
        return;
    };
    let kind = Kind::of(input).unwrap_or_else(|| panic!("an input is one of {:?}", Kind::ALL.map(Kind::name)));
    let stream = kind.stream(bytes.parse().expect("BYTES is a number"));
    let rounds: usize = rounds.parse().expect("ROUNDS is a number");
    println!("bytes {}", stream.bytes.len());

    let mut parsers = Parser::WHOLE.into_iter().chain(Parser::CHUNKED);
    if let Some(parser) = parsers.find(|known| known.name() == *parser) {
        for _ in 0..rounds {
            black_box(parser.read::<Touch>(black_box(&stream)));
        }
    } else {
        let floor =
            Floor::ALL.into_iter().find(|floor| floor.name() == parser).expect("PARSER is a name in the tables");
        let mut copy = vec![0; stream.bytes.len()];
        for _ in 0..rounds {
            black_box(floor.pass(&stream, &mut copy));
        }
    }
}
