//! What the head of an HTTP answer says: which statuses mean what, and `Retry-After`. Depends on nothing.

use core::time::Duration;

/// What a status says where the body says nothing better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The body is the answer.
    Read,
    /// 401, 403, 440: the credentials are not accepted.
    Credentials,
    /// 301, 302, 307, 308, 451: the mailbox lives elsewhere.
    Elsewhere,
    /// 408, 429, 5xx, and redirects to an error page: later.
    Later,
    /// Any other: the request will not be accepted as it is.
    Refused,
}

pub(super) fn verdict(status: u16, location: Option<&str>) -> Verdict {
    match status {
        200..=299 => Verdict::Read,
        401 | 403 | 440 => Verdict::Credentials,
        // IIS sends clients there when it is out of order: an outage, no move
        302 if location.is_some_and(is_error_page) => Verdict::Later,
        301 | 302 | 307 | 308 | 451 => Verdict::Elsewhere,
        408 | 429 | 449 | 500..=599 => Verdict::Later,
        _ => Verdict::Refused,
    }
}

fn is_error_page(location: &str) -> bool {
    let location = location.to_ascii_lowercase();
    location.contains("errorpage") || location.contains("errorfe")
}

/// `Retry-After`: seconds, or an HTTP-date. A date is measured from `date`, the answer's own `Date`, so that nobody's
/// clock matters; without it, from `clock` (seconds since 1970) where the caller gave one.
pub(super) fn retry_after(value: &str, date: Option<&str>, clock: Option<u64>) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = http_date(value)?;
    let from = date.and_then(http_date).or(clock)?;
    Some(Duration::from_secs(until.saturating_sub(from)))
}

/// An HTTP-date (RFC 9110, 5.6.7), in seconds since 1970: `Sun, 06 Nov 1994 08:49:37 GMT`, and both obsolete forms, which a
/// recipient has to accept, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
pub(super) fn http_date(text: &str) -> Option<u64> {
    match text.trim().split_once(", ") {
        Some((_, rest)) if rest.contains('-') => {
            let mut parts = rest.splitn(3, '-');
            let (day, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
            let (year, clock) = rest.split_once(' ')?;
            // of fifty years ahead it is said to be the past: that will be so before this century's seventies
            let century = if two_digits(year)? < 70 { "20" } else { "19" };
            seconds_since_1970(day, month, &[century, year].concat(), clock)
        }
        Some((_, rest)) => {
            let mut parts = rest.splitn(4, ' ');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            seconds_since_1970(day, month, year, parts.next()?)
        }
        None => {
            let (_, rest) = text.trim().split_once(' ')?;
            let (month, rest) = rest.split_once(' ')?;
            let (day, rest) = rest.split_at_checked(2)?;
            let (clock, year) = rest.strip_prefix(' ')?.split_once(' ')?;
            seconds_since_1970(&day.replace(' ', "0"), month, year, &[clock, " GMT"].concat())
        }
    }
}

/// `clock`: `08:49:37 GMT`.
fn seconds_since_1970(day: &str, name: &str, year: &str, clock: &str) -> Option<u64> {
    let day: u64 = two_digits(day)?;
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = u64::try_from(months.iter().position(|m| *m == name)?).ok()?;
    let four = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    let year: u64 = if four { year.parse().ok()? } else { return None };
    let mut clock = clock.strip_suffix(" GMT")?.split(':');
    let (hour, minute, second) = (two_digits(clock.next()?)?, two_digits(clock.next()?)?, two_digits(clock.next()?)?);
    if clock.next().is_some() {
        return None;
    }
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length: u64 = *lengths.get(usize::try_from(month).ok()?)?;
    if year < 1970 || day == 0 || day > length || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let before = year.saturating_sub(1);
    let leaps = |y: u64| (y / 4).saturating_sub(y / 100).saturating_add(y / 400);
    let mut days = year.saturating_sub(1970).saturating_mul(365);
    days = days.saturating_add(leaps(before).saturating_sub(leaps(1969)));
    days = days.saturating_add(lengths.iter().take(usize::try_from(month).ok()?).sum());
    days = days.saturating_add(day.saturating_sub(1));
    let seconds = hour.saturating_mul(3600).saturating_add(minute.saturating_mul(60)).saturating_add(second);
    Some(days.saturating_mul(86_400).saturating_add(seconds))
}

fn two_digits(text: &str) -> Option<u64> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_what_servers_mean_by_it() {
        let elsewhere = Some("https://elsewhere/ews");
        for (expected, statuses) in [
            (Verdict::Read, &[200, 204, 299][..]),
            (Verdict::Credentials, &[401, 403, 440]),
            (Verdict::Elsewhere, &[301, 302, 307, 308, 451]),
            (Verdict::Later, &[408, 429, 449, 500, 503, 599]),
            (Verdict::Refused, &[100, 199, 300, 303, 304, 400, 402, 404, 405, 410, 600]),
        ] {
            for status in statuses {
                assert_eq!(verdict(*status, elsewhere), expected, "{status}");
                assert_eq!(verdict(*status, None), expected, "{status}");
            }
        }
        for page in ["https://ex/owa/auth/errorpage.aspx?x", "https://ex/owa/auth/errorFE.aspx"] {
            assert_eq!(verdict(302, Some(page)), Verdict::Later);
            assert_eq!(verdict(301, Some(page)), Verdict::Elsewhere);
        }
    }

    #[test]
    fn dates_are_read_as_the_rfc_writes_them() {
        assert_eq!(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Tue, 29 Feb 2000 12:00:00 GMT"), Some(951_825_600));
        assert_eq!(http_date("Fri, 01 Mar 2024 00:00:00 GMT"), Some(1_709_251_200));
        assert_eq!(http_date("Sat, 31 Dec 2016 23:59:60 GMT"), Some(1_483_228_800)); // a leap second
        assert_eq!(http_date("Sunday, 06-Nov-94 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(http_date("Friday, 01-Mar-24 00:00:00 GMT"), Some(1_709_251_200));
        assert_eq!(http_date("Thursday, 01-Jan-70 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Sun Nov  6 08:49:37 1994"), Some(784_111_777));
        assert_eq!(http_date("Tue Feb 29 12:00:00 2000"), Some(951_825_600));
        for bad in [
            "",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 1994 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Dec 1969 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 01994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 GMT now",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 6-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 94",
            "Sun Nov  6 08:49:37 1994 GMT",
            "Sun Nov  \u{fe}6 08:49:37 1994",
        ] {
            assert_eq!(http_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_is_measured_from_the_answers_own_date() {
        let later = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(retry_after(later, Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(5)), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(later, None, Some(784_111_797)), Some(Duration::from_secs(10)));
        assert_eq!(retry_after(later, None, None), None);
        assert_eq!(retry_after(" 120 ", None, None), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("soon", None, None), None);
    }
}
