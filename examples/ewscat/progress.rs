//! How much of a long file is read: on standard error, where a person sees it and no lines go by.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Arguments;

/// Shorter files are read before anybody has looked.
const LONG: u64 = 16 * 1024 * 1024;

pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let lines_go_by = std::io::stdout().is_terminal() && !arguments.stats;
        let path = arguments.input.path().filter(|_| !arguments.follow && !lines_go_by);
        let length = path.and_then(|path| std::fs::metadata(path).ok()).map_or(0, |data| data.len());
        if length < LONG || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let form = "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
        let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(Some(ProgressBar::new(length).with_style(style)))
    }

    pub(crate) fn advance(&self, bytes: usize) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes as u64);
        }
    }

    pub(crate) fn done(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}
