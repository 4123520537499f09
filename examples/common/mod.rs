//! What the command-line examples share: reading a file or standard input in chunks, and how they end.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::process::ExitCode;

/// What is read, and how it is cut.
#[derive(Default)]
pub(crate) struct Input {
    /// Bytes a push; `None`: as they are read.
    pub(crate) chunk_size: Option<usize>,
    /// `None` and `-`: standard input.
    pub(crate) file: Option<OsString>,
}

impl Input {
    /// The file that it names; standard input has none.
    pub(crate) fn path(&self) -> Option<&OsStr> {
        self.file.as_deref().filter(|file| *file != "-")
    }

    /// Calls `push` with the input, chunk by chunk, as it arrives.
    pub(crate) fn for_each_chunk<E: From<io::Error>>(&self, push: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        match self.path() {
            Some(path) => self.read(&mut open(path)?, push),
            None => self.read(&mut io::stdin().lock(), push),
        }
    }

    /// The error, saying which file it is about.
    fn about(&self, error: &io::Error) -> io::Error {
        let name = self.path().map_or_else(|| "standard input".into(), |path| path.to_string_lossy());
        io::Error::new(error.kind(), format!("{name}: {error}"))
    }

    /// The same with what `source` has now.
    pub(crate) fn read<E: From<io::Error>>(
        &self,
        source: &mut dyn Read,
        mut push: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut buffer = vec![0; self.chunk_size.unwrap_or(0).max(256 * 1024)];
        loop {
            let read = match source.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.about(&error).into()),
            };
            for chunk in buffer[..read].chunks(self.chunk_size.unwrap_or(read)) {
                push(chunk)?;
            }
        }
    }
}

/// An error says which file it is about.
pub(crate) fn open(path: &OsStr) -> io::Result<File> {
    File::open(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
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
