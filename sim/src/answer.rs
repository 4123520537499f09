//! Answers that are no streams: plain ones, faults, and the few operations that clients call before they subscribe.

use crate::mailbox::DISTINGUISHED;
use crate::request::Operation;
use crate::server::{ConnectionId, Output, Server};
use crate::write::{Writer, escape};
use crate::{Style, Target, id};

impl Server {
    pub(crate) fn respond(
        &mut self,
        connection: ConnectionId,
        status: u16,
        content_type: &str,
        body: Vec<u8>,
        mut headers: Vec<(String, String)>,
    ) {
        headers.insert(0, ("Content-Type".to_owned(), content_type.to_owned()));
        headers.push(("Content-Length".to_owned(), body.len().to_string()));
        self.outputs.push(Output::Head { connection, status, headers });
        if !body.is_empty() {
            self.outputs.push(Output::Body { connection, bytes: body });
        }
        self.outputs.push(Output::End { connection });
    }

    pub(crate) fn plain(&mut self, connection: ConnectionId, status: u16, text: &str, headers: &[(&str, String)]) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.respond(connection, status, "text/plain; charset=utf-8", text.as_bytes().to_vec(), headers);
    }

    pub(crate) fn unauthorized(&mut self, connection: ConnectionId) {
        let realm = match self.config.style {
            Style::Gromox => "Basic realm=\"msrpc realm\", charset=\"utf-8\"",
            Style::Exchange => "Basic realm=\"mbx01.contoso.example\"",
        };
        self.plain(connection, 401, "Unauthorized\r\n", &[("WWW-Authenticate", realm.to_owned())]);
    }

    pub(crate) fn fault(
        &mut self,
        connection: ConnectionId,
        status: u16,
        code: &str,
        text: &str,
        back_off: Option<u64>,
    ) {
        let body = self.writer.fault(code, text, back_off);
        self.respond(connection, status, "text/xml", body, vec![]);
    }

    pub(crate) fn messages(&mut self, connection: ConnectionId, operation: &str, messages: &str) {
        let body = self.writer.answer(operation, messages);
        self.respond(connection, 200, "text/xml", body, vec![]);
    }

    pub(crate) fn answer_client(&mut self, connection: ConnectionId, mailbox: &str, operation: &Operation) {
        match operation {
            Operation::GetFolder(folders) => {
                let name = "GetFolderResponseMessage";
                let mut messages = String::new();
                for folder in folders {
                    let found = self.folder(mailbox, folder).and_then(|(owner, number)| {
                        let missing = ("ErrorFolderNotFound", "The specified folder could not be found.".to_owned());
                        self.folder_element(&owner, number).ok_or(missing)
                    });
                    messages += &match found {
                        Ok(found) => Writer::success(name, &format!("<m:Folders>{found}</m:Folders>")),
                        Err(("ErrorSchemaValidation", text)) => Writer::error(name, "ErrorFolderNotFound", &text, None),
                        Err((code, text)) => Writer::error(name, code, &text, None),
                    };
                }
                self.messages(connection, "GetFolder", &messages);
            }
            Operation::FindFolder(parents, deep) => {
                let Some(Ok((owner, parent))) = parents.first().map(|folder| self.folder(mailbox, folder)) else {
                    let text = "The specified folder could not be found.";
                    let error = Writer::error("FindFolderResponseMessage", "ErrorFolderNotFound", text, None);
                    return self.messages(connection, "FindFolder", &error);
                };
                let found: Vec<u64> = self.mailbox(&owner).below(parent, *deep);
                let elements: String = found.iter().filter_map(|folder| self.folder_element(&owner, *folder)).collect();
                let inner = format!(
                    "<m:RootFolder TotalItemsInView=\"{}\" IncludesLastItemInRange=\"true\"><t:Folders>{elements}\
                     </t:Folders></m:RootFolder>",
                    found.len()
                );
                self.messages(connection, "FindFolder", &Writer::success("FindFolderResponseMessage", &inner));
            }
            Operation::FindItem(parents) => {
                let Some(Ok((owner, parent))) = parents.first().map(|folder| self.folder(mailbox, folder)) else {
                    let text = "The specified folder could not be found.";
                    let error = Writer::error("FindItemResponseMessage", "ErrorFolderNotFound", text, None);
                    return self.messages(connection, "FindItem", &error);
                };
                let held = self.mailbox(&owner);
                let items: Vec<u64> =
                    held.items.iter().filter(|item| item.1.folder == parent).map(|item| *item.0).collect();
                let elements: String = items.iter().filter_map(|item| self.item_element(&owner, *item)).collect();
                let inner = format!(
                    "<m:RootFolder TotalItemsInView=\"{}\" IncludesLastItemInRange=\"true\"><t:Items>{elements}\
                     </t:Items></m:RootFolder>",
                    items.len()
                );
                self.messages(connection, "FindItem", &Writer::success("FindItemResponseMessage", &inner));
            }
            Operation::GetItem(ids) => {
                let name = "GetItemResponseMessage";
                let mut messages = String::new();
                for id in ids {
                    let found = id::read(id).and_then(|(number, target)| {
                        let Target::Item(item) = target else { return None };
                        let owner = self.mailboxes.iter().find(|(_, held)| held.number == number)?.0.clone();
                        self.item_element(&owner, item)
                    });
                    let text = "The specified object was not found in the store.";
                    messages += &match found {
                        Some(found) => Writer::success(name, &format!("<m:Items>{found}</m:Items>")),
                        None => Writer::error(name, "ErrorItemNotFound", text, None),
                    };
                }
                self.messages(connection, "GetItem", &messages);
            }
            Operation::ResolveNames => {
                let text = "No results were found.";
                let error = Writer::error("ResolveNamesResponseMessage", "ErrorNameResolutionNoResults", text, None);
                self.messages(connection, "ResolveNames", &error);
            }
            _ => {
                let status = if self.config.style == Style::Gromox { 200 } else { 500 };
                self.fault(connection, status, "ErrorInvalidRequest", "The request is invalid.", None);
            }
        }
    }

    fn folder_element(&mut self, owner: &str, number: u64) -> Option<String> {
        let held = self.mailbox(owner);
        let folder = held.folders.get(&number)?;
        let (name, class) = match number {
            7 => ("CalendarFolder", "IPF.Appointment"),
            8 => ("ContactsFolder", "IPF.Contact"),
            9 => ("TasksFolder", "IPF.Task"),
            _ => ("Folder", "IPF.Note"),
        };
        let total = held.items.values().filter(|item| item.folder == number).count();
        let (children, unread) = (held.below(number, false).len(), held.unread(number));
        let (display, parent, mailbox) = (escape(&folder.name), folder.parent, held.number);
        let distinguished = DISTINGUISHED
            .iter()
            .find(|known| known.0 == number)
            .map_or(String::new(), |known| format!("<t:DistinguishedFolderId>{}</t:DistinguishedFolderId>", known.2));
        let id = self.writer.id(mailbox, Target::Folder(number), 0);
        let parent = self.writer.id(mailbox, Target::Folder(parent), 0);
        let unread = if name == "Folder" { format!("<t:UnreadCount>{unread}</t:UnreadCount>") } else { String::new() };
        Some(format!(
            "<t:{name}><t:FolderId {id}<t:ParentFolderId {parent}<t:FolderClass>{class}</t:FolderClass>\
             <t:DisplayName>{display}</t:DisplayName><t:TotalCount>{total}</t:TotalCount>\
             <t:ChildFolderCount>{children}</t:ChildFolderCount>{distinguished}{unread}</t:{name}>"
        ))
    }

    fn item_element(&mut self, owner: &str, item: u64) -> Option<String> {
        let held = self.mailbox(owner);
        let (mailbox, number, found) = (held.number, item, *held.items.get(&item)?);
        let id = self.writer.id(mailbox, Target::Item(number), 0);
        let parent = self.writer.id(mailbox, Target::Folder(found.folder), 0);
        Some(format!(
            "<t:Message><t:ItemId {id}<t:ParentFolderId {parent}<t:ItemClass>IPM.Note</t:ItemClass>\
             <t:Subject>Message {number}</t:Subject><t:IsRead>{}</t:IsRead></t:Message>",
            found.read
        ))
    }
}
