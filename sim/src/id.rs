//! Ids: opaque base64 of the lengths that each server uses, with the model's numbers inside.

use crate::{Style, Target};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// mailbox (4 bytes), object (8), event number (8)
const TAIL: usize = 20;

pub(crate) fn write(style: Style, mailbox: u32, target: Target, number: u64) -> String {
    let (object, length, kind) = match (target, style) {
        (Target::Item(object), Style::Gromox) => (object, 71, 7),
        (Target::Folder(object), Style::Gromox) => (object, 47, 1),
        (Target::Item(object), Style::Exchange) => (object, 114, 7),
        (Target::Folder(object), Style::Exchange) => (object, 90, 1),
    };
    // the bytes before the numbers are the same in all ids of a server, as with real ones
    let mut bytes: Vec<u8> = (0..length - TAIL).map(|at| (at as u8).wrapping_mul(37) ^ 0x5A).collect();
    bytes[0] = kind;
    bytes.extend(mailbox.to_be_bytes());
    bytes.extend(object.to_be_bytes());
    bytes.extend(number.to_be_bytes());
    STANDARD.encode(bytes)
}

/// The mailbox and what the id names; the event number is left aside.
pub(crate) fn read(id: &str) -> Option<(u32, Target)> {
    let bytes = STANDARD.decode(id.trim()).ok()?;
    let tail = bytes.get(bytes.len().checked_sub(TAIL)?..)?;
    let mailbox = u32::from_be_bytes(tail[..4].try_into().ok()?);
    let object = u64::from_be_bytes(tail[4..12].try_into().ok()?);
    match bytes[0] {
        7 => Some((mailbox, Target::Item(object))),
        1 => Some((mailbox, Target::Folder(object))),
        _ => None,
    }
}

/// The number of the event in which this item or folder id was written, when
/// [`Config::numbered_ids`](crate::Config::numbered_ids) is on.
#[must_use]
pub fn event_number(id: &str) -> Option<u64> {
    read(id)?;
    let bytes = STANDARD.decode(id.trim()).ok()?;
    let number = u64::from_be_bytes(bytes[bytes.len() - 8..].try_into().ok()?);
    (number != 0).then_some(number)
}

/// gromox: a counter and the minutes the subscription lives. Exchange: the server's name, a GUID, the time of creation.
pub(crate) fn subscription(style: Style, counter: u32, minutes: u32, epoch: u64, seconds: u64) -> String {
    match style {
        Style::Gromox => {
            let mut bytes = counter.to_le_bytes().to_vec();
            bytes.extend(minutes.to_le_bytes());
            STANDARD.encode(bytes)
        }
        Style::Exchange => {
            let name = b"mbx01.contoso.example";
            let mut bytes = (name.len() as u16).to_le_bytes().to_vec();
            bytes.extend(name);
            bytes.extend(16u32.to_le_bytes());
            bytes.extend([0x95, 0x51, 0x5C, 0x98, 0x82, 0x44, 0x8A, 0x85]);
            bytes.extend(epoch.to_be_bytes());
            bytes[30] ^= (counter >> 8) as u8;
            bytes.extend((seconds * 10_000_000 + u64::from(counter)).to_le_bytes());
            STANDARD.encode(bytes)
        }
    }
}
