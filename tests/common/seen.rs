//! Everything a caller can see of a parser or tokenizer that reads one input, in a form that can be compared.

use std::fmt::Write;

use ews_stream::xml::{Token, Tokenizer};
use ews_stream::{Error, Event, FolderId, ItemId, Message, NotificationParser, Operation, ResponseClass};

use super::cut;

/// What was seen: a line per message or token, the first error, and what `finish` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub lines: String,
    pub error: Option<Error>,
}

impl Seen {
    pub fn lines(&self) -> Vec<&str> {
        self.lines.lines().collect()
    }

    /// The error, of an input that must have one.
    #[track_caller]
    pub fn error(&self) -> Error {
        self.error.unwrap_or_else(|| panic!("no error, but:\n{}", self.lines))
    }
}

/// What `parser` makes of the chunks, `finish` included.
pub fn messages<'c>(parser: &mut NotificationParser, chunks: impl IntoIterator<Item = &'c [u8]>) -> Seen {
    let mut lines = String::new();
    let mut pushed = 0;
    for chunk in chunks {
        pushed += chunk.len() as u64;
        let mut input = chunk;
        loop {
            match parser.next_message(&mut input) {
                Ok(Some(message)) => write_message(&mut lines, &message),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(parser.next_message(&mut &b"<"[..]).unwrap_err(), error, "the error is not final");
                    assert_eq!(parser.finish(), Err(error), "finish forgot the error");
                    return Seen { lines, error: Some(error) };
                }
            }
        }
        assert!(input.is_empty(), "None before the chunk was used up");
        assert_eq!(parser.offset(), pushed, "bytes consumed");
    }
    let error = parser.finish().err();
    Seen { lines, error }
}

/// What `tokenizer` makes of the chunks, `finish` included.
pub fn tokens<'c>(tokenizer: &mut Tokenizer, chunks: impl IntoIterator<Item = &'c [u8]>) -> Seen {
    let mut lines = String::new();
    let mut pushed = 0;
    for chunk in chunks {
        pushed += chunk.len() as u64;
        let mut input = chunk;
        loop {
            match tokenizer.next_token(&mut input) {
                Ok(Some(token)) => write_token(&mut lines, &token),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(tokenizer.next_token(&mut &b"<"[..]).unwrap_err(), error, "the error is not final");
                    assert_eq!(tokenizer.finish(), Err(error), "finish forgot the error");
                    return Seen { lines, error: Some(error) };
                }
            }
        }
        assert!(input.is_empty(), "None before the chunk was used up");
        assert_eq!(tokenizer.offset(), pushed, "bytes consumed");
    }
    let error = tokenizer.finish().err();
    Seen { lines, error }
}

/// The messages of a body, which must be the same whole, byte by byte and cut in two anywhere, with learning and without.
#[track_caller]
pub fn read(body: impl AsRef<[u8]>) -> Seen {
    let body = body.as_ref();
    let seen = read_with(&mut NotificationParser::new(), body);
    let unlearned = messages(&mut NotificationParser::new().learning(false), [body]);
    assert_eq!(unlearned, seen, "without learning");
    seen
}

/// The messages of a body in one chunk.
pub fn read_whole(body: impl AsRef<[u8]>) -> Seen {
    messages(&mut NotificationParser::new(), [body.as_ref()])
}

/// The same as [`read`] with a parser that has settings of its own.
#[track_caller]
pub fn read_with(parser: &mut NotificationParser, body: &[u8]) -> Seen {
    same_however_cut(body, |chunks| {
        parser.reset();
        messages(parser, chunks.iter().copied())
    })
}

/// The tokens of a stream of documents, which must be the same whole, byte by byte and cut in two anywhere.
#[track_caller]
pub fn tokenize_with(tokenizer: &mut Tokenizer, input: &[u8]) -> Seen {
    same_however_cut(input, |chunks| {
        tokenizer.reset();
        tokens(tokenizer, chunks.iter().copied())
    })
}

#[track_caller]
fn same_however_cut(bytes: &[u8], mut see: impl FnMut(&[&[u8]]) -> Seen) -> Seen {
    let whole = see(&[bytes]);
    let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(see(&bytewise), whole, "byte by byte: {}", bytes.escape_ascii());
    for at in 0..=bytes.len() {
        assert_eq!(see(&cut::at(bytes, at)), whole, "cut at {at}: {}", bytes.escape_ascii());
    }
    whole
}

/// One line with everything that the message says.
pub fn write_message(out: &mut String, message: &Message<'_>) {
    let mut line = Line(out);
    match message {
        Message::Event(event) => line.event(event),
        Message::Response(response) => {
            line.begin("Response");
            line.word("operation", response.operation().map(Operation::as_str));
            line.word("class", response.class().map(ResponseClass::as_str));
            line.text("code", response.code());
            line.text("text", response.text());
            line.word("back_off_ms", response.back_off_ms());
            line.text("inner_code", response.inner_code());
        }
        Message::Subscribed(subscribed) => {
            line.begin("Subscribed");
            line.text("subscription_id", Some(subscribed.subscription_id()));
            line.text("watermark", subscribed.watermark());
        }
        Message::ErrorSubscriptionId(id) => {
            line.begin("ErrorSubscriptionId");
            line.text("id", Some(id));
        }
        Message::ConnectionStatus(status) => {
            line.begin("ConnectionStatus");
            line.word("status", Some(status.as_str()));
        }
        Message::Fault(fault) => {
            line.begin("Fault");
            line.text("code", fault.code());
            line.text("string", fault.string());
            line.text("response_code", fault.response_code());
            line.word("back_off_ms", fault.back_off_ms());
            line.text("inner_code", fault.inner_code());
            line.word("line_number", fault.line_number());
            line.word("line_position", fault.line_position());
            line.text("violation", fault.violation());
        }
        Message::ServerVersion(version) => {
            line.begin("ServerVersion");
            line.word("major", version.major());
            line.word("minor", version.minor());
            line.word("major_build", version.major_build());
            line.word("minor_build", version.minor_build());
            line.text("version", version.version());
        }
        Message::EndOfEnvelope => line.begin("EndOfEnvelope"),
        other => panic!("a message that the tests do not know: {other:?}"),
    }
    out.push('\n');
}

/// One line with everything that the event says.
pub fn event_line(event: &Event<'_>) -> String {
    let mut line = String::new();
    Line(&mut line).event(event);
    line
}

fn write_token(out: &mut String, token: &Token<'_>) {
    match token {
        Token::StartElement(start) => {
            let (name, namespace, local) = (start.name(), start.namespace(), start.local_name());
            write!(out, "S {name} {{{namespace}}}{local}").unwrap();
            for attribute in start.attributes() {
                let (namespace, local) = (attribute.namespace(), attribute.local_name());
                write!(out, " {{{namespace}}}{local}={:?}", attribute.value()).unwrap();
            }
        }
        Token::EndElement(end) => {
            write!(out, "E {} {{{}}}{}", end.name(), end.namespace(), end.local_name()).unwrap();
        }
        Token::Text(text) => write!(out, "T {text:?}").unwrap(),
        other => panic!("a token that the tests do not know: {other:?}"),
    }
    out.push('\n');
}

struct Line<'o>(&'o mut String);

impl Line<'_> {
    fn begin(&mut self, what: &str) {
        self.0.push_str(what);
    }

    fn word(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            write!(self.0, " {name}={value}").unwrap();
        }
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            write!(self.0, " {name}={value:?}").unwrap();
        }
    }

    fn id(&mut self, name: &str, id: Option<(&str, Option<&str>)>) {
        if let Some((id, change_key)) = id {
            self.text(name, Some(id));
            if let Some(change_key) = change_key {
                write!(self.0, "/{change_key:?}").unwrap();
            }
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        fn item(id: ItemId<'_>) -> (&str, Option<&str>) {
            (id.id(), id.change_key())
        }
        fn folder(id: FolderId<'_>) -> (&str, Option<&str>) {
            (id.id(), id.change_key())
        }
        self.begin("Event ");
        self.begin(event.name());
        self.text("subscription_id", event.subscription_id());
        self.text("previous_watermark", event.previous_watermark());
        self.word("more_events", event.more_events());
        self.text("watermark", event.watermark());
        self.text("timestamp", event.timestamp());
        self.id("item_id", event.item_id().map(item));
        self.id("folder_id", event.folder_id().map(folder));
        self.id("parent_folder_id", event.parent_folder_id().map(folder));
        self.id("old_item_id", event.old_item_id().map(item));
        self.id("old_folder_id", event.old_folder_id().map(folder));
        self.id("old_parent_folder_id", event.old_parent_folder_id().map(folder));
        self.word("unread_count", event.unread_count());
    }
}
