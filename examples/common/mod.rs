//! What the command-line examples share: their arguments, and reading a file or standard input in chunks.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::process::ExitCode;

/// `[--chunk-size N] [--lenient] [FILE|-]`
pub(crate) struct Arguments {
    /// Bytes a push; `None`: as they are read.
    pub(crate) chunk_size: Option<usize>,
    pub(crate) lenient: bool,
    file: Option<OsString>,
}

impl Arguments {
    /// `lenient`: whether this command knows that option. `Err`: the exit code of a usage error, or of `--help`.
    pub(crate) fn parse(usage: &str, lenient: bool) -> Result<Self, ExitCode> {
        let mut arguments = Self { chunk_size: None, lenient: false, file: None };
        match arguments.read(lenient) {
            Ok(true) => Ok(arguments),
            Ok(false) => {
                println!("{usage}");
                Err(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("error: {error}\n{usage}");
                Err(ExitCode::from(2))
            }
        }
    }

    fn read(&mut self, lenient: bool) -> Result<bool, lexopt::Error> {
        use lexopt::prelude::*;
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("chunk-size") => match parser.value()?.parse()? {
                    0 => return Err("--chunk-size takes a number from 1".into()),
                    size => self.chunk_size = Some(size),
                },
                Long("lenient") if lenient => self.lenient = true,
                Short('h') | Long("help") => return Ok(false),
                Value(file) if self.file.is_none() => self.file = Some(file),
                other => return Err(other.unexpected()),
            }
        }
        Ok(true)
    }

    /// Calls `push` with the input, chunk by chunk, as it arrives.
    pub(crate) fn for_each_chunk<E: From<io::Error>>(
        &self,
        mut push: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut source: Box<dyn Read> = match &self.file {
            Some(file) if file != "-" => Box::new(File::open(file)?),
            _ => Box::new(io::stdin().lock()),
        };
        let mut buffer = vec![0; self.chunk_size.unwrap_or(0).max(256 * 1024)];
        loop {
            let read = match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            for chunk in buffer[..read].chunks(self.chunk_size.unwrap_or(read)) {
                push(chunk)?;
            }
        }
    }
}

/// How a command failed.
pub(crate) enum Failure {
    Input(ews_stream::Error),
    Io(io::Error),
}

impl From<ews_stream::Error> for Failure {
    fn from(error: ews_stream::Error) -> Self {
        Self::Input(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The exit code, after `error: …` on standard error. A reader that went away is no error.
pub(crate) fn conclude(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Io(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
        Err(Failure::Input(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
