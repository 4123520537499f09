//! Timestamps as points in time (feature `jiff`). Depends on the event views and owned events.

use core::ops::RangeInclusive;

use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Error, Timestamp};

use super::event::Event;
use super::owned::OwnedEvent;

/// The point in time that an `xs:dateTime` (XML Schema 1.1) names, such as [`Event::timestamp`] or the `last_timestamp` of a
/// gap: `2026-03-05T09:14:01.5+01:00`, with a fraction and an offset or without, white space around it, and nothing else.
/// Without an offset it is UTC, as all times of EWS notifications are; fractions beyond nanoseconds are cut off. `24:00:00`
/// is the beginning of the next day.
///
/// ```
/// use ews_stream::parse_timestamp;
///
/// let time = parse_timestamp("2026-03-05T09:14:01.123456700Z")?;
/// assert_eq!(time.as_nanosecond(), 1_772_702_041_123_456_700);
/// assert_eq!(parse_timestamp("2026-03-05T10:14:01+01:00")?, parse_timestamp("2026-03-05T09:14:01")?);
/// # Ok::<(), jiff::Error>(())
/// ```
///
/// # Errors
///
/// The text is no `xs:dateTime`, or what it names is not between [`Timestamp::MIN`] and [`Timestamp::MAX`], which lie a day
/// and two hours inside of the years −9999 to 9999. `9999-12-31T23:59:59Z`, with which .NET says "never", does not; that
/// error says that there is no such [`Timestamp`].
pub fn parse_timestamp(text: &str) -> Result<Timestamp, Error> {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    Reader(text.as_bytes()).date_time().map_err(|wrong| match wrong {
        Wrong::Form => Error::from_args(format_args!("no xs:dateTime: {text:?}")),
        Wrong::Range => Error::from_args(format_args!(
            "{text} is not between {} and {}, the first and the last time that can be represented",
            Timestamp::MIN,
            Timestamp::MAX
        )),
    })
}

/// Why there is no time.
enum Wrong {
    Form,
    Range,
}

/// What is still to be read of an `xs:dateTime`. jiff's own reader takes more than those: other forms of ISO 8601, and some
/// of its own.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn date_time(mut self) -> Result<Timestamp, Wrong> {
        let (year, month, day) = self.date().ok_or(Wrong::Form)?;
        let (time, is_end_of_day) = self.time().ok_or(Wrong::Form)?;
        let offset = self.offset().filter(|_| self.0.is_empty()).ok_or(Wrong::Form)?;
        let year = year.ok_or(Wrong::Range)?;
        // how many days a month has is not in the form, but a day too many is no date either
        let mut date = Date::new(year, month, day).map_err(|_| Wrong::Form)?;
        if is_end_of_day {
            date = date.tomorrow().map_err(|_| Wrong::Range)?;
        }
        offset.to_timestamp(date.to_datetime(time)).map_err(|_| Wrong::Range)
    }

    /// Year, month and day. A year of more than four digits is one that is out of range.
    fn date(&mut self) -> Option<(Option<i16>, i8, i8)> {
        let is_negative = self.take(b'-').is_some();
        let digits = self.digits();
        let long = digits.len() > 4 && !digits.starts_with(b"0");
        if digits.len() != 4 && !long {
            return None;
        }
        let year = digits
            .iter()
            .fold(0_i16, |year, digit| year.saturating_mul(10).saturating_add(i16::from(digit.saturating_sub(b'0'))));
        let year = (!long).then_some(if is_negative { year.saturating_neg() } else { year });
        self.take(b'-')?;
        let month = self.two_digits(1..=12)?;
        self.take(b'-')?;
        let day = self.two_digits(1..=31)?;
        self.take(b'T').map(|()| (year, month, day))
    }

    /// The time of day, and whether it is the end of the day, which is the beginning of the next.
    fn time(&mut self) -> Option<(Time, bool)> {
        let hour = self.two_digits(0..=24)?;
        self.take(b':')?;
        let minute = self.two_digits(0..=59)?;
        self.take(b':')?;
        let second = self.two_digits(0..=59)?;
        let fraction = match self.take(b'.') {
            Some(()) => Some(self.digits()).filter(|digits| !digits.is_empty())?,
            None => &[],
        };
        if hour == 24 {
            let is_end = minute == 0 && second == 0 && fraction.iter().all(|digit| *digit == b'0');
            return is_end.then_some((Time::midnight(), true));
        }
        let digits = fraction.iter().chain(core::iter::repeat(&b'0')).take(9);
        let nanosecond = digits
            .fold(0_i32, |value, digit| value.saturating_mul(10).saturating_add(i32::from(digit.saturating_sub(b'0'))));
        Some((Time::new(hour, minute, second, nanosecond).ok()?, false))
    }

    /// At most fourteen hours; UTC where there is none.
    fn offset(&mut self) -> Option<Offset> {
        if self.0.is_empty() || self.take(b'Z').is_some() {
            return Some(Offset::UTC);
        }
        let is_negative = self.take(b'-').is_some();
        if !is_negative {
            self.take(b'+')?;
        }
        let hours = self.two_digits(0..=14)?;
        self.take(b':')?;
        let minutes = self.two_digits(if hours == 14 { 0..=0 } else { 0..=59 })?;
        let seconds = i32::from(hours).saturating_mul(60).saturating_add(i32::from(minutes)).saturating_mul(60);
        Offset::from_seconds(if is_negative { seconds.saturating_neg() } else { seconds }).ok()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let (_, rest) = self.0.split_first().filter(|(first, _)| **first == byte)?;
        self.0 = rest;
        Some(())
    }

    fn two_digits(&mut self, allowed: RangeInclusive<i8>) -> Option<i8> {
        let (digits, rest) = self.0.split_first_chunk::<2>()?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.0 = rest;
        core::str::from_utf8(digits).ok()?.parse().ok().filter(|value| allowed.contains(value))
    }
}

impl<'a> Reader<'a> {
    /// All the digits that come next.
    fn digits(&mut self) -> &'a [u8] {
        let len = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(len).unwrap_or_default();
        self.0 = rest;
        digits
    }
}

impl Event<'_> {
    /// [`timestamp`](Self::timestamp) as a point in time (feature `jiff`). `None`: absent, or no `xs:dateTime`.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        parse_timestamp(self.timestamp()?).ok()
    }
}

impl OwnedEvent {
    /// See [`Event::time`].
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.as_event().time()
    }
}

#[cfg(test)]
mod tests {
    use super::parse_timestamp;

    #[test]
    fn all_forms_of_the_same_time_are_equal() {
        let time = parse_timestamp("2026-03-05T09:14:01Z").unwrap();
        let same = [
            "2026-03-05T09:14:01",
            "2026-03-05T09:14:01.0Z",
            "2026-03-05T09:14:01.000000000Z",
            "2026-03-05T09:14:01.000000000000000000000009Z",
            "2026-03-05T09:14:01.0000000000",
            "2026-03-05T10:14:01+01:00",
            "2026-03-04T19:14:01.00000000001-14:00",
            "\n 2026-03-05T09:14:01Z\t",
        ];
        for text in same {
            assert_eq!(parse_timestamp(text).unwrap(), time, "{text}");
        }
    }

    #[test]
    fn nanoseconds_are_kept() {
        let time = parse_timestamp("2026-03-05T09:14:01.123456789987Z").unwrap();
        assert_eq!(time.subsec_nanosecond(), 123_456_789);
    }

    #[test]
    fn what_is_no_time_is_an_error() {
        for text in [
            "",
            "Z",
            "yesterday",
            "2026-03-05",
            "09:14:01Z",
            "2026-02-30T09:14:01Z",
            "2026-03-05T09:14:01.Z",
            "2026-03-05T09:14:01.1234567890x",
        ] {
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
    }
}
