//! Events in words, for people.

use ews_stream::{Event, FolderId, ItemId};

/// One line: the kind, and short forms of the ids.
pub(crate) fn describe(event: &Event<'_>) -> String {
    let name = event.name();
    let mut line = format!("{:<15}", name.strip_suffix("Event").unwrap_or(name));
    let item = |id: ItemId<'_>| format!(" item {}", short(id.id()));
    let folder = |id: FolderId<'_>| format!(" folder {}", short(id.id()));
    let place = |word: &'static str| move |id: FolderId<'_>| format!(" {word} {}", short(id.id()));
    let parts = [
        event.old_item_id().map(item),
        event.old_folder_id().map(folder),
        event.old_parent_folder_id().map(place("of")),
        event.old_parent_folder_id().map(|_| " →".to_owned()),
        event.item_id().map(item),
        event.folder_id().map(folder),
        event.parent_folder_id().map(place("in")),
        event.unread_count().map(|count| format!(", {count} unread")),
    ];
    line.extend(parts.into_iter().flatten());
    line
}

/// Ids are long; the last that is no filling differs most.
pub(crate) fn short(id: &str) -> String {
    let core = id.trim_end_matches(['A', '=']);
    let from = core.char_indices().rev().nth(9).map_or(0, |(at, _)| at);
    if from == 0 { id.to_owned() } else { format!("…{}", &core[from..]) }
}

/// What a server says must neither begin a line of its own nor steer a terminal, nor turn its text around.
pub(crate) fn tame(text: &str) -> String {
    let turns =
        |c| matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{FFFD}' } else { c }).collect()
}
