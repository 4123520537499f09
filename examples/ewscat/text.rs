//! A message as a line for people.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use ews_stream::{ConnectionStatus, Event, Message, Operation, ResponseClass};

use crate::words::{describe, short, tame};

const fn colored(color: AnsiColor) -> Style {
    color.on_default()
}

const BAD: Style = colored(AnsiColor::Red).bold();
const QUIET: Style = Style::new().dimmed();

fn style(event: &Event<'_>) -> Style {
    match event {
        Event::NewMail(_) => colored(AnsiColor::Green).bold(),
        Event::Created(_) => colored(AnsiColor::Green),
        Event::Deleted(_) => colored(AnsiColor::Red),
        Event::Modified(_) => colored(AnsiColor::Yellow),
        Event::Moved(_) | Event::Copied(_) => colored(AnsiColor::Cyan),
        Event::FreeBusyChanged(_) => colored(AnsiColor::Magenta),
        Event::Status(_) => QUIET,
        _ => Style::new().bold(),
    }
}

/// Nothing for what people do not miss.
pub(crate) fn write(out: &mut impl Write, message: &Message<'_>) -> io::Result<()> {
    let (style, words) = match message {
        Message::Event(event) => {
            let time = event.timestamp().unwrap_or("");
            let subscription = event.subscription_id().map_or(String::new(), |id| format!("  [{}]", short(id)));
            return writeln_styled(out, &format!("{time:<20} "), style(event), &describe(event), &subscription);
        }
        Message::Response(response) => {
            let operation = response.operation().map_or("another operation", Operation::as_str);
            let style = if response.class() == Some(ResponseClass::Error) { BAD } else { QUIET };
            let mut words = format!("{operation}: {}", response.code().unwrap_or("no code"));
            words.extend(response.text().map(|text| format!(", {text}")));
            words.extend(response.back_off_ms().map(|wait| format!(", back off for {wait} ms")));
            (style, words)
        }
        Message::Subscribed(subscribed) => {
            (colored(AnsiColor::Green), format!("subscribed as {}", subscribed.subscription_id()))
        }
        Message::ErrorSubscriptionId(id) => (BAD, format!("about the subscription {id}")),
        Message::ConnectionStatus(ConnectionStatus::Closed) => (QUIET, "the server closes the connection".to_owned()),
        Message::ConnectionStatus(_) => (QUIET, "the connection is open".to_owned()),
        Message::Fault(fault) => {
            let code = fault.error_code().unwrap_or("no code");
            (BAD, format!("fault: {code}, {}", fault.string().unwrap_or("no reason given")))
        }
        Message::ServerVersion(version) => {
            let numbers = [version.major(), version.minor(), version.major_build(), version.minor_build()];
            let numbers: Vec<String> = numbers.into_iter().flatten().map(|number| number.to_string()).collect();
            (QUIET, format!("server {} {}", numbers.join("."), version.version().unwrap_or_default()))
        }
        _ => return Ok(()),
    };
    writeln_styled(out, "", style, &words, "")
}

/// All of it tame; the colours are ours.
fn writeln_styled(out: &mut impl Write, before: &str, style: Style, words: &str, after: &str) -> io::Result<()> {
    let (before, words, after) = (tame(before), tame(words), tame(after));
    write!(out, "{QUIET}{before}{QUIET:#}{style}{words}{style:#}{QUIET}{after}{QUIET:#}")
}
