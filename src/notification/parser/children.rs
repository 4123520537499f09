//! Children of events that the scanner takes whole. Part of the parser.

use super::NotificationParser;
use crate::notification::field::Field;
use crate::notification::place::Place;
use crate::xml::Cursor;

impl NotificationParser {
    /// Inside an event: takes the children that can be taken whole, as many as come. What each does is what its start, its text
    /// and its end would do.
    pub(super) fn take_whole_children(&mut self, event: Place, cur: &mut Cursor<'_>) {
        while self.scanner.take_whole_element(cur) {
            match event.child(self.scanner.namespace(), self.scanner.local(cur)) {
                Some(Place::Id(element)) => self.id(element, cur),
                Some(Place::Leaf(leaf)) => {
                    let text = self.scanner.text_span();
                    self.value = if text.is_empty() { Field::ABSENT } else { Field::new(text) };
                    // no part of an event is a message
                    let _nothing = self.leaf_ends(leaf, cur);
                }
                _ => {}
            }
        }
    }
}
