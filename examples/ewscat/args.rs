//! The command line.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anstream::ColorChoice;

use crate::common::Input;

const USAGE: &str = "\
usage: ewscat [OPTIONS] [FILE|-]

Prints the messages in a recorded EWS response body, a line each, as they are read.

  --chunk-size N   push N bytes at a time; what is printed does not depend on it
  --lenient        take references to characters that XML forbids for U+FFFD
  --json           a JSON object a line (the default where no person reads it)
  --text           words (the default on a terminal)
  --color WHEN     auto, always or never; NO_COLOR in the environment counts too
  --stats          no lines, but how many there are of what, and how fast they were read
  --follow         wait for more at the file's end, until Ctrl-C; begin anew when it is replaced or cut
  -h, --help       this

Exit status: 0; 1 with `error: …` and the byte's offset when the body is no answer, or cut; 2 for a wrong option.";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Json,
    Text,
}

pub(crate) struct Arguments {
    pub(crate) input: Input,
    pub(crate) lenient: bool,
    pub(crate) form: Form,
    pub(crate) color: ColorChoice,
    pub(crate) stats: bool,
    pub(crate) follow: bool,
}

impl Arguments {
    /// `Err`: the exit code of a usage error, or of `--help`.
    pub(crate) fn parse() -> Result<Self, ExitCode> {
        let form = if std::io::stdout().is_terminal() { Form::Text } else { Form::Json };
        let input = Input::default();
        let mut parsed = Self { input, lenient: false, form, color: ColorChoice::Auto, stats: false, follow: false };
        match parsed.read() {
            Ok(true) => Ok(parsed),
            Ok(false) => {
                println!("{USAGE}");
                Err(ExitCode::SUCCESS)
            }
            Err(error) => {
                eprintln!("error: {error} (--help lists the options)");
                Err(ExitCode::from(2))
            }
        }
    }

    fn read(&mut self) -> Result<bool, lexopt::Error> {
        use lexopt::prelude::*;
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("lenient") => self.lenient = true,
                Long("json") => self.form = Form::Json,
                Long("text") => self.form = Form::Text,
                Long("color") => {
                    self.color = match parser.value()?.string()?.as_str() {
                        "auto" => ColorChoice::Auto,
                        "always" => ColorChoice::Always,
                        "never" => ColorChoice::Never,
                        _ => return Err("--color takes auto, always or never".into()),
                    }
                }
                Long("stats") => self.stats = true,
                Long("follow") => self.follow = true,
                Short('h') | Long("help") => return Ok(false),
                Long("chunk-size") => {
                    self.input.chunk_size = match parser.value()?.parse()? {
                        0 => return Err("--chunk-size takes a number from 1".into()),
                        size => Some(size),
                    }
                }
                Value(file) if self.input.file.is_none() => self.input.file = Some(file),
                other => return Err(other.unexpected()),
            }
        }
        if self.follow && self.input.path().is_none() {
            return Err("--follow takes a file: standard input is followed in any case".into());
        }
        Ok(true)
    }
}
