//! The table of other clients' names: that none of theirs is missing, and that ours are names of this crate.

#![allow(clippy::restriction)]

use std::collections::BTreeSet;

/// What the notification interfaces of these clients make public.
const THEIRS: &[(&str, &[&str])] = &[
    (
        "EWS Managed API",
        &[
            "CopiedEvent",
            "EventType",
            "FolderEvent",
            "GetEventsResults",
            "ItemEvent",
            "MovedEvent",
            "NotificationEvent",
            "NotificationEventArgs",
            "NotificationEventDelegate",
            "PullSubscription",
            "PushSubscription",
            "StreamingSubscription",
            "StreamingSubscriptionConnection",
            "SubscriptionBase",
            "SubscriptionErrorDelegate",
            "SubscriptionErrorEventArgs",
        ],
    ),
    (
        "ews-javascript-api",
        &[
            "ConnectionStatus",
            "EventType",
            "FolderEvent",
            "GetEventsRequest",
            "GetEventsResponse",
            "GetEventsResults",
            "GetStreamingEventsRequest",
            "GetStreamingEventsResponse",
            "GetStreamingEventsResults",
            "HangingRequestDisconnectEventArgs",
            "HangingRequestDisconnectReason",
            "HangingServiceRequestBase",
            "ItemEvent",
            "NotificationEvent",
            "NotificationEventArgs",
            "NotificationGroup",
            "PullSubscription",
            "PushSubscription",
            "StreamingSubscription",
            "StreamingSubscriptionConnection",
            "SubscribeRequest",
            "SubscribeResponse",
            "SubscribeToPullNotificationsRequest",
            "SubscribeToPushNotificationsRequest",
            "SubscribeToStreamingNotificationsRequest",
            "SubscriptionBase",
            "SubscriptionErrorEventArgs",
            "UnsubscribeRequest",
        ],
    ),
    (
        "exchangelib",
        &[
            "BaseSubscription",
            "CopiedEvent",
            "CreatedEvent",
            "DeletedEvent",
            "Event",
            "FreeBusyChangedEvent",
            "GetEvents",
            "GetStreamingEvents",
            "ModifiedEvent",
            "MovedEvent",
            "NewMailEvent",
            "Notification",
            "OldTimestampEvent",
            "PullSubscription",
            "PushSubscription",
            "SendNotification",
            "StatusEvent",
            "StreamingSubscription",
            "Subscribe",
            "SubscribeToPull",
            "SubscribeToPush",
            "SubscribeToStreaming",
            "SyncCompleted",
            "SyncFolderHierarchy",
            "SyncFolderItems",
            "TimestampEvent",
            "Unsubscribe",
            "get_events",
            "get_streaming_events",
            "pull_subscription",
            "push_subscription",
            "streaming_subscription",
            "subscribe_to_pull",
            "subscribe_to_push",
            "subscribe_to_streaming",
            "sync_hierarchy",
            "sync_items",
            "unsubscribe",
        ],
    ),
];

/// The left and the right cells of the tables, as words.
fn columns() -> (BTreeSet<String>, Vec<String>) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/coming-from.md")).expect("the page");
    let (mut theirs, mut ours) = (BTreeSet::new(), Vec::new());
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).splitn(2, " | ").collect();
        let words =
            |cell: &str| cell.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<Vec<_>>();
        theirs.extend(words(cells[0]));
        ours.extend(cells.get(1).map(|cell| (*cell).to_owned()));
    }
    (theirs, ours)
}

#[test]
fn every_public_name_of_the_other_clients_is_in_the_table() {
    let (theirs, _) = columns();
    for (client, names) in THEIRS {
        for name in *names {
            assert!(theirs.contains(*name), "{client}: {name}");
        }
    }
}

/// What the right column may name: does not compile when one is gone.
mod ours {
    #![allow(unused_imports)]
    pub(crate) use ews_stream::request::{
        ConnectionTimeout, DistinguishedFolder, EventTypes, Folder, Folders, GetEvents, GetStreamingEvents, Header,
        Impersonation, SendNotificationResult, Subscribe, SubscriptionStatus, Unsubscribe, Version,
    };
    pub(crate) use ews_stream::session::{
        Config, FailureReason, GapReason, Request, Session, SessionEvent, Subscription, SubscriptionKey,
    };
    pub(crate) use ews_stream::xml::Tokenizer;
    pub(crate) use ews_stream::{
        ConnectionStatus, CopiedEvent, Error, Event, Fault, FolderId, ItemId, Message, MovedEvent, NotificationParser,
        OwnedEvent, Response, ResponseClass, ServerVersion, Subscribed,
    };
}

#[test]
fn what_the_table_names_of_ours_exists() {
    let source = include_str!("coming_from.rs");
    let (_, uses) = source.split_once("mod ours").expect("the module above");
    let (uses, _) = uses.split_once("#[test]").expect("this test");
    let known: BTreeSet<&str> = uses.split(|c: char| !c.is_alphanumeric()).collect();
    let (_, ours) = columns();
    for cell in ours {
        for code in cell.split('`').skip(1).step_by(2) {
            let first =
                code.trim_start_matches("request::").trim_start_matches("session::").trim_start_matches("xml::");
            let name: String = first.chars().take_while(|c| c.is_alphanumeric()).collect();
            if name.chars().next().is_some_and(char::is_uppercase) && code.contains("::") {
                assert!(known.contains(name.as_str()), "{name} in `{code}`");
            }
        }
    }
}
