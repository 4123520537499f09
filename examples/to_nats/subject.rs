//! What is published where.
//!
//! | subject | payload |
//! |---|---|
//! | `ews.<mailbox>.<event>`, such as `ews.anna%40example%2Ecom.NewMailEvent` | the event as JSON, as `ewscat` prints it |
//! | `ews.<mailbox>.Session` | what the session says of the mailbox: `{"session":"Gap","reason":"ConnectionLost","last_timestamp":"…"}` |

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};

use ews_stream::session::{SessionEvent, SubscriptionKey};
use serde_json::json;

/// A mailbox is one token of a subject: what would be more than a token, or a wildcard, is written as `%` and hexadecimal
/// digits.
pub(crate) fn subject(mailbox: &str, what: &str) -> String {
    let mut token = String::new();
    for byte in mailbox.to_ascii_lowercase().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            token.push(char::from(byte));
        } else {
            let _ = write!(token, "%{byte:02X}");
        }
    }
    format!("ews.{token}.{what}")
}

/// Whether shard `i` of `n` serves the mailbox. The hash is the same in all processes of one build.
pub(crate) fn is_of_shard(mailbox: &str, (i, n): (u64, u64)) -> bool {
    let mut hasher = DefaultHasher::new();
    mailbox.to_ascii_lowercase().hash(&mut hasher);
    hasher.finish() % n == i
}

/// What consumers of a mailbox's events have to know besides them.
pub(crate) fn told(event: &SessionEvent) -> Option<(SubscriptionKey, String)> {
    let (key, payload) = match event {
        SessionEvent::Live(key) => (key, json!({"session": "Live"})),
        SessionEvent::Gap { key, reason, last_timestamp } => {
            (key, json!({"session": "Gap", "reason": format!("{reason:?}"), "last_timestamp": last_timestamp}))
        }
        SessionEvent::Lost { key, reason } => (key, json!({"session": "Lost", "reason": format!("{reason:?}")})),
        SessionEvent::Failed { key, code, .. } => (key, json!({"session": "Failed", "code": code})),
        SessionEvent::Rediscover(key) => (key, json!({"session": "Rediscover"})),
        SessionEvent::TakenOver(key) => (key, json!({"session": "TakenOver"})),
        SessionEvent::Closed(key) => (key, json!({"session": "Closed"})),
        _ => return None,
    };
    Some((*key, payload.to_string()))
}
