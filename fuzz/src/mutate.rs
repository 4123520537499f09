//! `mutate`: a valid body with a few wrong bytes.

use arbitrary::{Arbitrary, Unstructured};
use ews_stream::NotificationParser;
use ews_stream::xml::Tokenizer;

use super::drive::{self, Cuts};
use super::{events, peers};

/// One wrong byte.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Edit {
    at: u32,
    how: How,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum How {
    Replace(u8),
    Insert(u8),
    /// With one that markup is made of.
    ReplaceByMarkup(u8),
    InsertMarkup(u8),
    Remove,
    Repeat,
    Cut,
}

impl Edit {
    /// Edits the bytes and says where.
    pub fn apply(self, bytes: &mut Vec<u8>) -> usize {
        const MARKUP: &[u8] = b"<>/&;:='\"![]-? \r\n\txa0\0\x80\xEF";
        let markup = |byte: u8| MARKUP[usize::from(byte) % MARKUP.len()];
        let at = usize::try_from(self.at).unwrap_or_default() % bytes.len().max(1);
        let Some(byte) = bytes.get_mut(at) else { return at };
        match self.how {
            How::Replace(new) => *byte = new,
            How::ReplaceByMarkup(new) => *byte = markup(new),
            How::Insert(new) => bytes.insert(at, new),
            How::InsertMarkup(new) => bytes.insert(at, markup(new)),
            How::Remove => {
                bytes.remove(at);
            }
            How::Repeat => {
                let byte = *byte;
                bytes.insert(at, byte);
            }
            How::Cut => bytes.truncate(at),
        }
        at
    }
}

/// A body as `events` writes it, with one to three edits: the parser must not panic, chunks must not matter, and all
/// that was complete before the first edit must have been lent as before. A single envelope is also put to the peers.
pub fn mutate(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok((cuts, edits, more)) = data.arbitrary::<(Cuts, [Edit; 3], u8)>() else { return };
    let Some((_, valid)) = events::written(&mut data) else { return };
    let mut bytes = valid.clone();
    let count = usize::from(more) % edits.len() + 1;
    let first = edits.iter().take(count).map(|edit| edit.apply(&mut bytes)).min().unwrap_or_default();

    let mut parser = NotificationParser::new();
    let before = drive::whole(&mut parser, &valid);
    parser.reset();
    let after = drive::is_the_same_however_cut(&mut parser, &bytes, cuts);
    let untouched = before.records.iter().take_while(|(_, offset)| *offset <= first as u64).count();
    assert!(after.records.len() >= untouched, "messages before byte {first} are missing");
    assert_eq!(after.records[..untouched], before.records[..untouched], "messages before byte {first}");
    let unlearned = drive::cut(&mut NotificationParser::new().learning(false), &bytes, cuts);
    assert_eq!(unlearned, after, "without learned shapes (left), with them (right)");

    let judged = drive::is_the_same_however_cut(&mut Tokenizer::new().single_document(), &bytes, cuts);
    peers::agree(&judged, &bytes);
}
