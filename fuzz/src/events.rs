//! `events`: what is written is what is read, whatever the way of writing it, and however it is cut.

use arbitrary::Unstructured;
use ews_stream::NotificationParser;

use super::choices::Choices;
use super::drive::{self, Cuts};
use super::model::Body;
use super::writer;

/// No event or response message of such a body can exceed the default limits.
const LONGEST: usize = 60_000;

/// A structured body, written and parsed, has to give exactly the messages it is made of.
pub fn events(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(cuts) = data.arbitrary::<Cuts>() else { return };
    let Some((body, bytes)) = written(&mut data) else { return };
    let outcome = drive::is_the_same_however_cut(&mut NotificationParser::new(), &bytes, cuts);
    assert_eq!(outcome.error, None, "in {}", String::from_utf8_lossy(&bytes));
    assert_eq!(outcome.bare(), body.messages(), "read (left), written (right) in {}", String::from_utf8_lossy(&bytes));
    let unlearned = drive::cut(&mut NotificationParser::new().learning(false), &bytes, cuts);
    assert_eq!(unlearned, outcome, "without learned shapes (left), with them (right)");
}

/// A body, and one of the ways to write it.
pub fn written(data: &mut Unstructured<'_>) -> Option<(Body, Vec<u8>)> {
    let length = data.arbitrary::<u8>().ok()?;
    let style = data.bytes(usize::from(length).min(data.len() / 2)).ok()?;
    let body = data.arbitrary::<Body>().ok()?;
    let bytes = writer::write(&body, Choices::new(style));
    (bytes.len() <= LONGEST).then_some((body, bytes))
}
