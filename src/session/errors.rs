//! What each ResponseCode asks of the session: one table. Depends on nothing.
//!
//! From the vendor's article on handling notification-related errors and the ResponseCode reference.

/// What to do about a ResponseCode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The subscription is gone or has holes: a new one, without the old watermark.
    Resubscribe,
    /// The subscription lives, but events were missed.
    Missed,
    /// Another connection reads these ids now.
    TakenOver,
    /// Try later, with everything: the server is busy.
    Later,
    /// Try later, with this mailbox.
    MailboxLater,
    /// Fewer hanging connections.
    FewerConnections,
    /// Too many subscriptions: slowly.
    TooManySubscriptions,
    /// The mailbox lives elsewhere.
    Rediscover,
    /// It will not be accepted, however often it is tried.
    Refused,
}

pub(super) fn action(code: &str) -> Action {
    match code {
        "ErrorSubscriptionNotFound"
        | "ErrorInvalidSubscription"
        | "ErrorExpiredSubscription"
        | "ErrorSubscriptionUnsubscribed"
        | "ErrorReadEventsFailed"
        | "ErrorInvalidWatermark"
        | "ErrorInvalidPullSubscriptionId"
        | "ErrorEventNotFound" => Action::Resubscribe,
        "ErrorMissedNotificationEvents" => Action::Missed,
        "ErrorNewEventStreamConnectionOpened" => Action::TakenOver,
        "ErrorMailboxStoreUnavailable" | "ErrorMailboxFailover" => Action::MailboxLater,
        "ErrorExceededConnectionCount" => Action::FewerConnections,
        "ErrorExceededSubscriptionCount" => Action::TooManySubscriptions,
        "ErrorProxyRequestNotAllowed" | "ErrorIncorrectSchemaVersion" | "ErrorMailboxMoveInProgress" => {
            Action::Rediscover
        }
        "ErrorInvalidSubscriptionRequest"
        | "ErrorSubscriptionAccessDenied"
        | "ErrorSubscriptionDelegateAccessNotSupported"
        | "ErrorAccessDenied"
        | "ErrorImpersonateUserDenied"
        | "ErrorImpersonationDenied"
        | "ErrorImpersonationFailed"
        | "ErrorNonExistentMailbox"
        | "ErrorFolderNotFound"
        | "ErrorItemNotFound"
        | "ErrorInvalidId"
        | "ErrorInvalidIdEmpty"
        | "ErrorInvalidIdMalformed"
        | "ErrorInvalidRequest"
        | "ErrorInvalidOperation"
        | "ErrorSchemaValidation"
        | "ErrorInvalidServerVersion"
        | "ErrorMissingEmailAddress" => Action::Refused,
        // each subscription's caller is told the code: no server's is longer
        _ if code.starts_with("ErrorNotSupported") && code.len() <= 100 => Action::Refused,
        // the codes that say "later", and all that this version does not know: a slow retry harms nobody
        _ => Action::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, action};

    #[test]
    fn each_code_asks_for_what_the_vendor_says() {
        let rows = [
            (
                Action::Resubscribe,
                "SubscriptionNotFound InvalidSubscription ExpiredSubscription SubscriptionUnsubscribed ReadEventsFailed \
                 InvalidWatermark InvalidPullSubscriptionId EventNotFound",
            ),
            (Action::Missed, "MissedNotificationEvents"),
            (Action::TakenOver, "NewEventStreamConnectionOpened"),
            (Action::MailboxLater, "MailboxStoreUnavailable MailboxFailover"),
            (Action::FewerConnections, "ExceededConnectionCount"),
            (Action::TooManySubscriptions, "ExceededSubscriptionCount"),
            (Action::Rediscover, "ProxyRequestNotAllowed IncorrectSchemaVersion MailboxMoveInProgress"),
            (
                Action::Refused,
                "InvalidSubscriptionRequest SubscriptionAccessDenied SubscriptionDelegateAccessNotSupported AccessDenied \
                 ImpersonateUserDenied ImpersonationDenied ImpersonationFailed NonExistentMailbox FolderNotFound ItemNotFound \
                 InvalidId InvalidIdEmpty InvalidIdMalformed InvalidRequest InvalidOperation SchemaValidation \
                 InvalidServerVersion MissingEmailAddress NotSupported NotSupportedSharingMessage",
            ),
            (Action::Later, "ServerBusy InternalServerTransientError TimeoutExpired Whatever"),
        ];
        for (expected, codes) in rows {
            for code in codes.split(' ') {
                assert_eq!(action(&["Error", code].concat()), expected, "{code}");
            }
        }
        let of = |len: usize| ["ErrorNotSupported", &"x".repeat(len - "ErrorNotSupported".len())].concat();
        assert_eq!(action(&of(100)), Action::Refused);
        assert_eq!(action(&of(101)), Action::Later);
    }
}
