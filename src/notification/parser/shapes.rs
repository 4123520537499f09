//! Where events of known shapes are taken: whole, from their beginning, or on from the chunk before. Part of the parser.

use super::{Next, NotificationParser, Outgoing, Resume, Taken};
use crate::error::Error;
use crate::notification::field::{ascii_text, unaligned};
use crate::notification::shape::{Missed, Progress, Unusual};
use crate::xml::{Cursor, Step, Stop, from_utf8};

impl NotificationParser {
    /// Behind an event, the usual case: another whole one of a known shape, in as few steps as can be.
    #[inline(never)] // it needs all registers for itself
    pub(super) fn next_event<'c>(&mut self, input: &mut &'c [u8]) -> Next<&'c str> {
        let (space, element) = self.scanner.element_behind_space(input);
        let missed = match self.take_next_event(space, element) {
            Ok((run, rest)) => {
                *input = rest;
                return Next::Event(run);
            }
            Err(missed) => missed,
        };
        let mut has_begun = false;
        if let Missed::Other(looked) = missed {
            self.scanner.look(looked);
            match self.take_unusual_event(space, element) {
                Next::Event((run, rest)) => {
                    *input = rest;
                    return Next::Event(run);
                }
                Next::Cut => has_begun = true,
                Next::Other => {}
            }
        }
        self.among_events = false;
        let next = self.next_beginning(input, space, element, has_begun);
        if matches!(next, Next::Other) {
            self.shapes.pay(space); // it is looked at again
        }
        next
    }

    #[inline]
    fn take_next_event<'c>(&mut self, space: usize, element: Option<&'c [u8]>) -> Result<(&'c str, &'c [u8]), Missed> {
        let bytes = element.ok_or(Missed::Cut)?;
        let start = space.wrapping_add(1);
        let allowed = bytes.get(..self.longest_element.min(bytes.len())).unwrap_or_default();
        let later = unaligned(bytes);
        let len = self.shapes.take_usual(allowed, later, &mut self.event)?;
        self.scanner.look(len);
        self.scanner.count_check(len);
        let (rest, bytes) = (bytes.get(len..).unwrap_or_default(), bytes.get(later..).unwrap_or_default());
        self.scanner.take_next_element(start, start.wrapping_add(len));
        self.event.read_unread_count(bytes);
        Ok((ascii_text(bytes, len.wrapping_sub(later)), rest))
    }

    /// Another one whose values have other lengths or characters, or the beginning of it, which is not taken yet.
    #[inline(never)]
    fn take_unusual_event<'c>(&mut self, space: usize, element: Option<&'c [u8]>) -> Next<(&'c str, &'c [u8])> {
        let Some(bytes) = element else { return Next::Other };
        let start = space.wrapping_add(1);
        let allowed = bytes.get(..self.longest_element.min(bytes.len())).unwrap_or_default();
        let (unusual, looked) = self.shapes.take_unusual(allowed, &mut self.event);
        self.scanner.look(looked);
        match unusual {
            Unusual::Matched { len, wide } => {
                let (run, rest) = bytes.split_at_checked(len).unwrap_or_default();
                self.scanner.count_check(len);
                let text = if wide { from_utf8(run) } else { Some(ascii_text(bytes, len)) };
                // the scanner will say where the encoding is wrong
                let Some(text) = text else { return Next::Other };
                self.scanner.take_next_element(start, start.wrapping_add(len));
                self.event.read_unread_count(run);
                Next::Event((text, rest))
            }
            Unusual::Cut if allowed.len() == bytes.len() => Next::Cut,
            Unusual::Cut | Unusual::Other => {
                self.shapes.reset();
                Next::Other
            }
        }
    }

    /// The other usual case: the chunk ends in the middle of the next event. `has_begun`: it is known to be one.
    fn next_beginning<'c>(
        &mut self,
        input: &mut &'c [u8],
        space: usize,
        element: Option<&'c [u8]>,
        has_begun: bool,
    ) -> Next<&'c str> {
        let mut cur = Cursor::new(input);
        self.resume = Resume::Nothing;
        self.scanner.release();
        let element = element.filter(|bytes| bytes.len() <= self.longest_element);
        let Some(bytes) = element.filter(|_| self.scanner.is_between_elements()) else {
            self.shapes.reset();
            return Next::Other;
        };
        if !has_begun {
            let (is_beginning, looked) = self.shapes.begin_cut(bytes, &mut self.event);
            self.scanner.look(looked);
            if !is_beginning {
                return Next::Other;
            }
        }
        self.scanner.take_beginning(&mut cur, space.wrapping_add(1));
        self.scanner.suspend(&cur);
        *input = &[];
        Next::Cut
    }

    /// Goes on with an event that the end of a chunk has interrupted. Its bytes have moved.
    #[inline(never)]
    pub(super) fn rest_of_event(&mut self, input: &mut &[u8]) -> Result<Next<()>, Error> {
        let mut cur = Cursor::new(input);
        let next = match self.go_on_with_shape(&mut cur) {
            Ok(Taken::Message(_)) => {
                self.scanner.lend(&cur);
                Next::Event(())
            }
            Ok(Taken::Chunk) => {
                self.scanner.suspend(&cur);
                Next::Cut
            }
            Ok(Taken::Nothing) => return Ok(Next::Other),
            Err(Stop) => return self.fail(input).map(|()| Next::Cut),
        };
        *input = cur.remaining();
        Ok(next)
    }

    /// Takes the next event, or the beginning of it, if it is one whose shape is known.
    #[inline]
    pub(super) fn take_shape(&mut self, cur: &mut Cursor<'_>) -> Taken {
        if !self.shapes.may_match() || self.skipped > 0 || !self.scanner.is_between_elements() {
            return Taken::Nothing;
        }
        let (space, element) = self.scanner.element_behind_space(cur.remaining());
        let Some(bytes) = element else {
            self.shapes.pay(space); // it is looked at again
            return Taken::Nothing;
        };
        let start = cur.taken().len().wrapping_add(space).wrapping_add(1);
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
                self.shapes.pay(space);
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
    fn go_on_with_shape(&mut self, cur: &mut Cursor<'_>) -> Result<Taken, Stop> {
        let bytes = cur.remaining();
        let allowed = self.longest_element.saturating_sub(self.scanner.held_len(cur)).min(bytes.len());
        let bytes_allowed = bytes.get(..allowed).unwrap_or_default();
        let (progress, looked) = match self.shapes.take_rest(bytes_allowed, &mut self.event) {
            Ok(Some(len)) => (Progress::Matched(len), len),
            Ok(None) => (Progress::Partial, allowed),
            Err(wasted) => self.shapes.go_on(self.scanner.held_before(), bytes_allowed, wasted, &mut self.event),
        };
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
        let read = self.read_given_back(&mut cur);
        match read {
            Ok(()) => self.scanner.suspend(&cur),
            // nothing comes of them, but they were taken
            Err(Stop) => self.scanner.pass(bytes.len()),
        }
        self.scanner.have_read(bytes);
        read
    }

    fn read_given_back(&mut self, cur: &mut Cursor<'_>) -> Result<(), Stop> {
        while let Some(step) = self.scanner.step(cur)? {
            match step {
                Step::Start => drop(self.start(cur)?),
                Step::End => drop(self.end(cur)),
                Step::Text => self.text(cur),
            }
        }
        Ok(())
    }
}
