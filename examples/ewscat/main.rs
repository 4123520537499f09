//! Prints what an EWS response body says, a line per message, as soon as it is read: a JSON object where a program reads
//! it, words and colours on a terminal.
//!
//! ```text
//! {"message":"Event","event":"NewMailEvent","subscription_id":"…","timestamp":"…","item_id":{"id":"…"},…}
//! ```

#![allow(clippy::restriction)]

mod args;
#[path = "../common/mod.rs"]
mod common;
mod follow;
mod progress;
mod stats;
mod text;
#[path = "../common/words.rs"]
mod words;

use std::io::{self, Write};
use std::process::ExitCode;

use ews_stream::{Message, NotificationParser};

use crate::args::{Arguments, Form};
use crate::common::{Failure, conclude};
use crate::progress::Progress;
use crate::stats::Stats;

fn main() -> ExitCode {
    match Arguments::parse() {
        Ok(arguments) => conclude(run(&arguments)),
        Err(code) => code,
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut parser = NotificationParser::new().lenient(arguments.lenient);
    let mut printer = Printer::new(arguments);
    let mut progress = Progress::new(arguments);
    let result = if arguments.follow {
        follow::run(arguments, &mut parser, &mut printer)
    } else {
        let read = arguments.input.for_each_chunk(|chunk| {
            progress.advance(chunk.len());
            printer.push(&mut parser, chunk)
        });
        read.and_then(|()| Ok(parser.finish()?))
    };
    progress.done();
    printer.conclude()?; // what was read before an error counts
    result
}

/// Where the messages go.
struct Printer {
    out: Box<dyn Write>,
    form: Form,
    stats: Option<Stats>,
    line: Vec<u8>,
}

impl Printer {
    fn new(arguments: &Arguments) -> Self {
        let choice = arguments.color;
        let out: Box<dyn Write> = match arguments.form {
            Form::Json => Box::new(io::stdout().lock()),
            Form::Text => Box::new(anstream::AutoStream::new(io::stdout(), choice).lock()),
        };
        Self { out, form: arguments.form, stats: arguments.stats.then(Stats::default), line: Vec::new() }
    }

    /// The next chunk of the body.
    fn push(&mut self, parser: &mut NotificationParser, chunk: &[u8]) -> Result<(), Failure> {
        let mut input = chunk;
        if let Some(stats) = &mut self.stats {
            stats.bytes += chunk.len() as u64;
        }
        while let Some(message) = parser.next_message(&mut input)? {
            self.print(&message)?;
        }
        Ok(())
    }

    fn print(&mut self, message: &Message<'_>) -> io::Result<()> {
        if let Some(stats) = &mut self.stats {
            stats.count(message);
            return Ok(());
        }
        self.line.clear();
        match self.form {
            Form::Json => serde_json::to_writer(&mut self.line, message)?,
            Form::Text => text::write(&mut self.line, message)?,
        }
        if self.line.is_empty() {
            return Ok(());
        }
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    fn conclude(&mut self) -> io::Result<()> {
        let Some(stats) = &self.stats else { return Ok(()) };
        match self.form {
            Form::Json => writeln!(self.out, "{}", stats.to_json())?,
            Form::Text => write!(self.out, "{}", stats.to_text())?,
        }
        self.out.flush()
    }
}
