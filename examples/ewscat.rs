//! Prints what an EWS response body says, a JSON object a line, a line per message, as soon as it is read.
//!
//! ```text
//! {"message":"Event","event":"NewMailEvent","subscription_id":"…","timestamp":"…","item_id":{"id":"…"},…}
//! ```

#![allow(clippy::restriction)]

mod common;

use std::io::{self, Write};
use std::process::ExitCode;

use ews_stream::NotificationParser;

const USAGE: &str = "usage: ewscat [--chunk-size N] [--lenient] [FILE|-]";

fn main() -> ExitCode {
    match common::Arguments::parse(USAGE, true) {
        Ok(arguments) => common::conclude(run(&arguments)),
        Err(code) => code,
    }
}

fn run(arguments: &common::Arguments) -> Result<(), common::Failure> {
    let mut parser = NotificationParser::new().lenient(arguments.lenient);
    let mut out = io::stdout().lock();
    arguments.for_each_chunk(|chunk| {
        let mut input = chunk;
        while let Some(message) = parser.next_message(&mut input)? {
            let mut line = serde_json::to_vec(&message).map_err(io::Error::from)?;
            line.push(b'\n');
            out.write_all(&line)?;
            out.flush()?;
        }
        Ok::<(), common::Failure>(())
    })?;
    Ok(parser.finish()?)
}
