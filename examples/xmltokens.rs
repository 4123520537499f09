//! Prints the tokens of one XML document, a JSON array a line: the `xml` layer alone.
//!
//! ```text
//! ["S", namespace, local name, [[namespace, local name, value], …]]   start tag, attributes sorted
//! ["E", namespace, local name]                                       end tag
//! ["T", text]                                                        character data
//! ```

#![allow(clippy::restriction)]

mod common;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use common::Input;
use ews_stream::Limits;
use ews_stream::xml::{Token, Tokenizer};
use serde_json::json;

const USAGE: &str = "usage: xmltokens [--chunk-size N] [FILE|-]";

fn main() -> ExitCode {
    match arguments() {
        Ok(Some(input)) => common::conclude(run(&input)),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// `None`: help is asked for.
fn arguments() -> Result<Option<Input>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut input = Input::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("chunk-size") => match parser.value()?.parse()? {
                0 => return Err("--chunk-size takes a number from 1".into()),
                size => input.chunk_size = Some(size),
            },
            Short('h') | Long("help") => return Ok(None),
            Value(file) if input.file.is_none() => input.file = Some(file),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some(input))
}

fn run(arguments: &Input) -> Result<(), common::Failure> {
    const MIB: u32 = 1024 * 1024;
    let limits = Limits::default()
        .with_depth(10_000)
        .with_name_length(u16::MAX)
        .with_attributes(10_000)
        .with_namespaces(10_000)
        .with_namespace_bytes(16 * MIB)
        .with_event_bytes(64 * MIB)
        .with_text_bytes(64 * MIB);
    let mut tokenizer = Tokenizer::with_limits(limits).single_document();
    let mut out = BufWriter::new(io::stdout().lock());
    let result = arguments.for_each_chunk(|chunk| {
        let mut input = chunk;
        while let Some(token) = tokenizer.next_token(&mut input)? {
            print(token, &mut out)?;
        }
        Ok::<(), common::Failure>(())
    });
    out.flush()?;
    result?;
    Ok(tokenizer.finish()?)
}

fn print(token: Token<'_>, out: &mut impl Write) -> io::Result<()> {
    let line = match token {
        Token::StartElement(start) => {
            // their order means nothing in XML; sorted, two spellings of one document print the same
            let mut attributes: Vec<_> =
                start.attributes().map(|a| [a.namespace(), a.local_name(), a.value()]).collect();
            attributes.sort_unstable();
            json!(["S", start.namespace(), start.local_name(), attributes])
        }
        Token::EndElement(end) => json!(["E", end.namespace(), end.local_name()]),
        Token::Text(text) => json!(["T", text]),
        _ => return Ok(()),
    };
    writeln!(out, "{line}")
}
