//! This crate.

use ews_stream::{FolderId, ItemId, Message, NotificationParser};

use super::sink::{Field, Sink};

#[inline(never)] // the same code whatever the chunks
pub fn read<S: Sink>(bytes: &[u8], chunk_size: usize, sink: &mut S) {
    let mut parser = NotificationParser::new();
    for mut chunk in bytes.chunks(chunk_size) {
        while let Some(message) = parser.next_message(&mut chunk).expect("the stream is well-formed") {
            match message {
                Message::Event(event) => {
                    sink.event(event.name());
                    text(sink, Field::Subscription, event.subscription_id());
                    text(sink, Field::TimeStamp, event.timestamp());
                    item(sink, Field::Item, event.item_id());
                    folder(sink, Field::Folder, event.folder_id());
                    folder(sink, Field::ParentFolder, event.parent_folder_id());
                    item(sink, Field::OldItem, event.old_item_id());
                    folder(sink, Field::OldFolder, event.old_folder_id());
                    folder(sink, Field::OldParentFolder, event.old_parent_folder_id());
                    if let Some(count) = event.unread_count() {
                        sink.count(count);
                    }
                }
                Message::ConnectionStatus(status) => sink.text(Field::ConnectionStatus, status.as_str()),
                _ => {}
            }
        }
    }
    parser.finish().expect("the stream is whole");
}

fn text<S: Sink>(sink: &mut S, field: Field, value: Option<&str>) {
    if let Some(value) = value {
        sink.text(field, value);
    }
}

fn item<S: Sink>(sink: &mut S, field: Field, id: Option<ItemId<'_>>) {
    if let Some(id) = id {
        sink.text(field, id.id());
        if let Some(key) = id.change_key() {
            sink.change_key(field, key);
        }
    }
}

fn folder<S: Sink>(sink: &mut S, field: Field, id: Option<FolderId<'_>>) {
    if let Some(id) = id {
        sink.text(field, id.id());
        if let Some(key) = id.change_key() {
            sink.change_key(field, key);
        }
    }
}
