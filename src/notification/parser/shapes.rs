//! Where events of known shapes are taken: whole, from their beginning, or on from the chunk before. Part of the parser.

use super::{NotificationParser, Outgoing, Resume, Taken};
use crate::notification::field::ascii_text;
use crate::notification::shape::Progress;
use crate::xml::{Cursor, Step, Stop};

impl NotificationParser {
    /// Another whole event of a known shape behind the one before, the usual case, in as few steps as can be. Returns it and
    /// what is behind it.
    #[inline]
    pub(super) fn take_next_event<'c>(&mut self, chunk: &'c [u8]) -> Option<(&'c str, &'c [u8])> {
        let (start, bytes) = self.scanner.element_behind_space(chunk)?;
        let allowed = self.longest_element.min(bytes.len());
        let len = match self.shapes.take_usual(bytes.get(..allowed)?, &mut self.event) {
            Ok(len) => len,
            Err(looked) => {
                self.scanner.look(looked);
                return None;
            }
        };
        self.scanner.look(len);
        let (run, rest) = bytes.split_at_checked(len)?;
        self.scanner.take_next_element(start, start.wrapping_add(len));
        self.event.read_unread_count(run);
        Some((ascii_text(bytes, len), rest))
    }

    /// Takes the next event, or the beginning of it, if it is one whose shape is known.
    #[inline]
    pub(super) fn take_shape(&mut self, cur: &mut Cursor<'_>) -> Taken {
        if !self.shapes.may_match() || self.skipped > 0 {
            return Taken::Nothing;
        }
        let Some((start, bytes)) = self.scanner.peek_element(cur) else { return Taken::Nothing };
        let allowed = self.longest_element.min(bytes.len());
        let (progress, looked) = self.shapes.begin(bytes.get(..allowed).unwrap_or_default(), &mut self.event);
        self.scanner.look(looked);
        match progress {
            Progress::Matched(len) => {
                self.scanner.take_element(cur, start, len);
                self.event_taken(cur)
            }
            Progress::Partial if allowed == bytes.len() => {
                self.scanner.take_beginning(cur, start);
                self.passages.abandon();
                Taken::Chunk
            }
            Progress::Partial | Progress::Failed => {
                self.shapes.reset();
                Taken::Nothing
            }
        }
    }

    fn event_taken(&mut self, cur: &Cursor<'_>) -> Taken {
        self.event.read_unread_count(self.scanner.run(cur));
        let outgoing = self.send(Outgoing::Event);
        let nothing_else = self.outbox.is_empty() && !self.passages.is_recording();
        self.among_events = nothing_else && self.resume == Resume::Release;
        Taken::Message(outgoing)
    }

    /// Goes on with an event that the end of a chunk has interrupted.
    pub(super) fn go_on_with_shape(&mut self, cur: &mut Cursor<'_>) -> Result<Taken, Stop> {
        let bytes = cur.remaining();
        let allowed = self.longest_element.saturating_sub(self.scanner.held_len(cur)).min(bytes.len());
        let before = self.scanner.held_before();
        let (progress, looked) = self.shapes.go_on(before, bytes.get(..allowed).unwrap_or_default(), &mut self.event);
        self.scanner.look(looked);
        match progress {
            Progress::Matched(len) => {
                self.scanner.take_end(cur, len);
                Ok(self.event_taken(cur))
            }
            Progress::Partial if allowed == bytes.len() => {
                cur.skip_all();
                Ok(Taken::Chunk)
            }
            Progress::Partial | Progress::Failed => {
                self.shapes.reset();
                self.read_again()?;
                Ok(Taken::Nothing)
            }
        }
    }

    /// What was taken for an event of a known shape is none: the scanner reads it from its first byte. It is not complete,
    /// so no message comes of it yet.
    #[cold]
    pub(super) fn read_again(&mut self) -> Result<(), Stop> {
        let bytes = self.scanner.give_back();
        let mut cur = Cursor::new(&bytes);
        while let Some(step) = self.scanner.step(&mut cur)? {
            match step {
                Step::Start => drop(self.start(&cur)?),
                Step::End => drop(self.end(&cur)),
                Step::Text => self.text(&cur),
            }
        }
        self.scanner.suspend(&cur);
        self.scanner.have_read(bytes);
        Ok(())
    }
}
