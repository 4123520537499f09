//! Faults: when they strike is drawn from the seed, and each that did is noted.

use crate::request::{Operation, Refusal, Request};
use crate::server::{ConnectionId, Output, Server};
use crate::stream::State;
use crate::write::{Document, Writer};
use crate::{Fault, FaultRecord, Style};
use core::time::Duration;

const GARBAGE: &[u8] = b"\x1f\x8b\x08\x00\xff\xfe\x00{\"not\": \"xml\"}\r\n%PDF-";
const PAGE: &[u8] =
    b"<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">\r\n<html><head><title>Runtime Error</title>\
    </head><body><h1>Server Error in '/EWS' Application.</h1><hr><br></body></html>\r\n";

impl Server {
    pub(crate) fn note(&mut self, connection: ConnectionId, fault: Fault, at: Duration) {
        *self.fault_counts.entry(fault).or_default() += 1;
        if self.config.keeps_history {
            self.faults.push(FaultRecord { at, fault, connection });
        }
    }

    fn draw(&mut self, possible: impl Fn(Fault) -> bool) -> Option<Fault> {
        let Self { config, rng, .. } = self;
        config.faults.iter().find(|(fault, rate)| possible(**fault) && rng.chance(**rate)).map(|(fault, _)| *fault)
    }

    pub(crate) fn draw_answer_fault(&mut self, streaming: bool) -> Option<Fault> {
        let streams_only = |fault| matches!(fault, Fault::BadId | Fault::ExceededConnections);
        self.draw(|fault| fault.strikes_answers() && (streaming || !streams_only(fault)))
    }

    pub(crate) fn draw_stream_fault(&mut self, now: Duration) -> Option<(Duration, Fault)> {
        let fault = self.draw(Fault::strikes_streams)?;
        let span = self.config.fault_span.as_millis() as u64;
        Some((now + Duration::from_millis(self.rng.range(0, span)), fault))
    }

    /// Strikes before anything is done. True: there is no more to do.
    pub(crate) fn strike_request(
        &mut self,
        connection: ConnectionId,
        fault: Fault,
        request: &Result<Request, Refusal>,
        now: Duration,
    ) -> bool {
        match fault {
            Fault::Unauthorized => self.unauthorized(connection),
            Fault::RetryAfter => {
                let wait = self.rng.range(1, self.config.longest_wait.as_secs().max(2));
                let date = ("Date", self.writer.http_date(now));
                let until = self.writer.http_date(now + Duration::from_secs(wait));
                let until = if self.rng.chance(300) { until } else { wait.to_string() };
                self.plain(connection, 503, "", &[date, ("Retry-After", until)]);
            }
            Fault::ServerBusy => {
                let text = "The server cannot service this request right now. Try again later.";
                let back_off = Some(self.rng.range(0, self.config.longest_wait.as_millis() as u64));
                match request {
                    Ok(Request { operation: Operation::Subscribe(_), .. }) if self.rng.chance(500) => {
                        let error = Writer::error("SubscribeResponseMessage", "ErrorServerBusy", text, back_off);
                        self.messages(connection, "Subscribe", &error);
                    }
                    _ => {
                        let status = if self.config.style == Style::Gromox { 200 } else { 500 };
                        self.fault(connection, status, "ErrorServerBusy", text, back_off);
                    }
                }
            }
            Fault::HtmlError => self.respond(connection, 500, "text/html; charset=utf-8", PAGE.to_vec(), vec![]),
            Fault::Garbage => self.respond(connection, 200, "text/xml", GARBAGE.to_vec(), vec![]),
            Fault::NoAnswer => {}
            Fault::ExceededConnections => self.exceeded_connections(connection),
            Fault::Restart => {
                self.outputs.push(Output::Broken { connection });
                self.restart(now);
            }
            Fault::Reset if self.rng.chance(500) => self.outputs.push(Output::Broken { connection }),
            Fault::BadId => {
                let Ok(Request { operation: Operation::GetStreamingEvents { ids, .. }, .. }) = request else {
                    return false;
                };
                let known: Vec<&String> = ids.iter().filter(|id| self.subscriptions.contains_key(*id)).collect();
                let Some(&id) = self.rng.pick(&known) else { return false };
                self.note(connection, fault, now);
                self.lose_subscription(id, now);
                return false;
            }
            _ => return false,
        }
        self.note(connection, fault, now);
        true
    }

    /// Strikes after it was done, so that the server has done what the client never hears of. `before` is where the
    /// answer's outputs begin.
    pub(crate) fn strike_answer(&mut self, connection: ConnectionId, fault: Fault, before: usize, now: Duration) {
        match fault {
            Fault::Reset => {
                // what other connections were told on the way stays
                let after = self.outputs.split_off(before);
                self.outputs.extend(after.into_iter().filter(|output| output.connection() != connection));
                self.outputs.push(Output::Broken { connection });
                self.detach(connection, now);
            }
            Fault::MalformedXml => {
                for output in &mut self.outputs[before..] {
                    if let Output::Body { bytes, connection: on } = output
                        && *on == connection
                    {
                        spoil(bytes);
                    }
                }
            }
            _ => return,
        }
        self.note(connection, fault, now);
    }

    /// Strikes a stream under way.
    pub(crate) fn strike_stream(&mut self, connection: ConnectionId, fault: Fault, now: Duration) {
        let Some(stream) = self.streams.get_mut(&connection) else { return };
        // these two wait for events, and are noted when they meet some
        match fault {
            Fault::DuplicateEvents => {
                stream.duplicate = true;
                return;
            }
            Fault::LostEventMark => {
                stream.lose = true;
                return;
            }
            _ => {}
        }
        let document = self.writer.document(false, &Document { status: Some("OK"), ..Document::default() });
        self.note(connection, fault, now);
        match fault {
            Fault::CutMidTag => {
                // the middle of the tag that closes the message
                let end = document.windows(12).rposition(|window| window == b"</m:Response").map_or(9, |at| at + 6);
                self.outputs.push(Output::Body { connection, bytes: document[..end].to_vec() });
                self.break_off(connection, now);
            }
            Fault::Reset => self.break_off(connection, now),
            Fault::Restart => self.restart(now),
            Fault::TwoClosed => {
                if self.config.style == Style::Exchange {
                    self.send(connection, &Document { status: Some("Closed"), ..Document::default() });
                }
                self.close(connection, now);
            }
            Fault::MalformedXml => {
                let mut bytes = document;
                spoil(&mut bytes);
                self.outputs.push(Output::Body { connection, bytes });
            }
            Fault::Garbage => self.outputs.push(Output::Body { connection, bytes: GARBAGE.to_vec() }),
            Fault::ServerBusy => {
                let text = "The server cannot service this request right now. Try again later.";
                let back_off = Some(self.rng.range(0, self.config.longest_wait.as_millis() as u64));
                let bytes = self.writer.fault("ErrorServerBusy", text, back_off);
                self.outputs.push(Output::Body { connection, bytes });
                self.end(connection, now);
            }
            Fault::Stall => self.set_state(connection, State::Stalled, now),
            Fault::Flood => self.set_state(connection, State::Flooding, now),
            Fault::SlowDrip => {
                self.outputs.push(Output::Body { connection, bytes: document[..9].to_vec() });
                self.set_state(connection, State::Dripping, now);
            }
            _ => {}
        }
    }

    fn set_state(&mut self, connection: ConnectionId, state: State, now: Duration) {
        if let Some(stream) = self.streams.get_mut(&connection) {
            stream.state = state;
            stream.next_byte = now;
        }
    }

    fn break_off(&mut self, connection: ConnectionId, now: Duration) {
        self.outputs.push(Output::Broken { connection });
        self.detach(connection, now);
    }
}

/// Makes a document one that is not well-formed: the last end tag but one is misspelt.
fn spoil(bytes: &mut [u8]) {
    let tags: Vec<usize> = (0..bytes.len().saturating_sub(2)).filter(|at| bytes[*at..].starts_with(b"</")).collect();
    if let Some(at) = tags.len().checked_sub(2).and_then(|index| tags.get(index)) {
        bytes[at + 2] = b'!';
    }
}
