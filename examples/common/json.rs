//! The parser's messages as JSON: what `ewscat` prints, and what the golden tests compare.

use ews_stream::{Event, FolderId, ItemId, Message, Operation, ResponseClass};
use serde_json::{Map, Value};

/// An object under construction; absent values are left out.
struct Object(Map<String, Value>);

impl Object {
    fn new(message: &str) -> Self {
        Self(Map::new()).with("message", Some(message))
    }

    fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// The message as `ewscat` prints it.
pub fn json(message: Message<'_>) -> Value {
    match message {
        Message::Event(event) => json_event(&event),
        Message::Response(response) => Object::new("Response")
            .with("operation", response.operation().map(Operation::as_str))
            .with("class", response.class().map(ResponseClass::as_str))
            .with("code", response.code())
            .with("text", response.text())
            .with("back_off_ms", response.back_off_ms())
            .done(),
        Message::Subscribed(subscribed) => Object::new("Subscribed")
            .with("subscription_id", Some(subscribed.subscription_id()))
            .with("watermark", subscribed.watermark())
            .done(),
        Message::ErrorSubscriptionId(id) => Object::new("ErrorSubscriptionId").with("id", Some(id)).done(),
        Message::ConnectionStatus(status) => {
            Object::new("ConnectionStatus").with("status", Some(status.as_str())).done()
        }
        Message::Fault(fault) => Object::new("Fault")
            .with("code", fault.code())
            .with("string", fault.string())
            .with("response_code", fault.response_code())
            .done(),
        Message::ServerVersion(version) => Object::new("ServerVersion")
            .with("major", version.major())
            .with("minor", version.minor())
            .with("major_build", version.major_build())
            .with("minor_build", version.minor_build())
            .with("version", version.version())
            .done(),
        Message::EndOfEnvelope => Object::new("EndOfEnvelope").done(),
        other => Object::new("Unknown").with("debug", Some(format!("{other:?}"))).done(),
    }
}

fn json_event(event: &Event<'_>) -> Value {
    let item = |id: ItemId<'_>| json_id(id.id(), id.change_key());
    let folder = |id: FolderId<'_>| json_id(id.id(), id.change_key());
    Object::new("Event")
        .with("event", Some(event.name()))
        .with("subscription_id", event.subscription_id())
        .with("previous_watermark", event.previous_watermark())
        .with("more_events", event.more_events())
        .with("watermark", event.watermark())
        .with("timestamp", event.timestamp())
        .with("item_id", event.item_id().map(item))
        .with("folder_id", event.folder_id().map(folder))
        .with("parent_folder_id", event.parent_folder_id().map(folder))
        .with("old_item_id", event.old_item_id().map(item))
        .with("old_folder_id", event.old_folder_id().map(folder))
        .with("old_parent_folder_id", event.old_parent_folder_id().map(folder))
        .with("unread_count", event.unread_count())
        .done()
}

fn json_id(id: &str, change_key: Option<&str>) -> Value {
    let id = Object(Map::new()).with("id", Some(id));
    id.with("change_key", change_key).done()
}
