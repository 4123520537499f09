//! `split`: a body means the same however it is cut, within the limits' memory, whatever its bytes.

use arbitrary::Unstructured;
use ews_stream::{Limits, NotificationParser};

use super::drive::{self, Settings};
use super::message::Owned;

/// Arbitrary bytes through the [`NotificationParser`]; see [`Settings`] for the bytes in front of them.
pub fn split(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(settings) = data.arbitrary::<Settings>() else { return };
    let body = data.take_rest();
    let limits = settings.limits();
    let parser = || NotificationParser::with_limits(limits).lenient(settings.lenient());

    let outcome = drive::is_the_same_however_cut(&mut parser(), body, settings.cuts);
    let unlearned = drive::whole(&mut parser().learning(false), body);
    assert_eq!(unlearned, outcome, "without learned shapes (left), with them (right)");
    for (message, _) in &outcome.records {
        is_within(message, &limits);
    }
    drive::is_bounded(parser, &limits, body, settings.cuts);
}

/// What is lent was held, and so is no longer than what may be held.
fn is_within(message: &Owned, limits: &Limits) {
    message.for_each_text(|text| {
        assert!(text.len() <= limits.event_bytes(), "{} bytes lent by {limits:?}", text.len());
    });
}
