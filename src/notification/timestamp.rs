//! Timestamps as points in time (feature `jiff`). Depends on the event views and owned events.

use alloc::borrow::Cow;
use alloc::format;

use jiff::{Error, Timestamp};

use super::event::Event;
use super::owned::OwnedEvent;

/// The point in time that an `xs:dateTime` names, such as [`Event::timestamp`] or the `last_timestamp` of a gap. Without an
/// offset it is UTC, as all times of EWS notifications are; fractions beyond nanoseconds are cut off.
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
/// The text is no `xs:dateTime`, or beyond the years −9999 to 9999.
pub fn parse_timestamp(text: &str) -> Result<Timestamp, Error> {
    let text = to_nanoseconds(text.trim_matches([' ', '\t', '\n', '\r']));
    // with a `Z` added, only one without an offset can be a time
    text.parse().or_else(|error| format!("{text}Z").parse().map_err(|_| error))
}

/// Without the fractional digits beyond the ninth, which no [`Timestamp`] has.
fn to_nanoseconds(text: &str) -> Cow<'_, str> {
    let cut = || {
        let (seconds, rest) = text.split_once('.')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (fraction, offset) = rest.split_at_checked(digits)?;
        Some(Cow::Owned(format!("{seconds}.{}{offset}", fraction.get(..9)?)))
    };
    cut().unwrap_or(Cow::Borrowed(text))
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
