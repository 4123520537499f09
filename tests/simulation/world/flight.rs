//! A request on its way: what its answer has asked for so far. The session's own reading of it is what is tested, so it is read
//! anew here.

use core::time::Duration;
use ews_stream::session::RequestId;

/// A request of the session that has not ended.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) id: RequestId,
    pub(super) stream: bool,
    pub(super) sent: Duration,
    pub(super) heard: Duration,
    /// Pieces of the body since the last event.
    pub(super) idle: u32,
    /// What the head asked for, which counts once the answer is complete.
    pub(super) retry_after: Option<Duration>,
    /// The end of what the body has brought so far.
    pub(super) tail: String,
}

impl Flight {
    /// The wait that a document asks for which has just become complete.
    pub(super) fn back_off(&mut self, bytes: &[u8]) -> Option<Duration> {
        self.tail.push_str(&String::from_utf8_lossy(bytes));
        let (_, after) = self.tail.split_once("\"BackOffMilliseconds\">")?;
        let milliseconds = after.split_once('<').filter(|(_, rest)| rest.contains("Envelope>"))?.0.parse().ok()?;
        self.tail.clear();
        Some(Duration::from_millis(milliseconds))
    }
}

/// `Retry-After`, where it is a number or comes with the server's own date.
pub(super) fn retry_after(headers: &[(String, String)]) -> Option<Duration> {
    let field = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    let value = field("Retry-After")?;
    // both dates are of one day or follow each other: the simulated waits are under a minute
    let seconds = |date: &str| -> Option<u64> {
        let clock = date.split(' ').nth(4)?;
        clock.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<u64>().ok()?))
    };
    let date = || Some((86_400 + seconds(value)? - seconds(field("Date")?)?) % 86_400);
    value.parse().ok().or_else(date).map(Duration::from_secs)
}
