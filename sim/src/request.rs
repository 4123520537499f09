//! What clients ask, read with the main crate's own tokenizer: by local name, whatever the prefixes are.

use crate::{Kind, Mode};
use ews_stream::xml::{Token, Tokenizer};

#[derive(Debug, Default)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Node>,
}

impl Node {
    pub(crate) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| attribute.0 == name).map(|attribute| attribute.1.as_str())
    }

    /// The first descendant of this name, itself included.
    pub(crate) fn find(&self, name: &str) -> Option<&Node> {
        if self.name == name { Some(self) } else { self.children.iter().find_map(|child| child.find(name)) }
    }

    fn read(body: &[u8]) -> Option<Node> {
        let mut tokenizer = Tokenizer::new().single_document();
        let mut open = vec![Node::default()];
        let mut input = body;
        while let Some(token) = tokenizer.next_token(&mut input).ok()? {
            match token {
                Token::StartElement(start) => {
                    let attributes = start.attributes().map(|a| (a.local_name().to_owned(), a.value().to_owned()));
                    let name = start.local_name().to_owned();
                    open.push(Node { name, attributes: attributes.collect(), ..Node::default() });
                }
                Token::Text(text) => open.last_mut()?.text.push_str(text),
                Token::EndElement(_) => {
                    let node = open.pop()?;
                    open.last_mut()?.children.push(node);
                }
                _ => {}
            }
        }
        tokenizer.finish().ok()?;
        open.pop()?.children.pop()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FolderRef {
    Distinguished { name: String, mailbox: Option<String> },
    Id(String),
}

#[derive(Debug)]
pub(crate) struct Subscribe {
    pub(crate) mode: Mode,
    /// `None`: all.
    pub(crate) folders: Option<Vec<FolderRef>>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) minutes: Option<u32>,
    pub(crate) watermark: Option<String>,
    /// Push only.
    pub(crate) url: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Operation {
    Subscribe(Subscribe),
    Unsubscribe(String),
    GetStreamingEvents { ids: Vec<String>, minutes: i64 },
    GetEvents { id: String, watermark: Option<String> },
    GetFolder(Vec<FolderRef>),
    FindFolder(Vec<FolderRef>, bool),
    FindItem(Vec<FolderRef>),
    GetItem(Vec<String>),
    ResolveNames,
}

#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) impersonated: Option<String>,
    pub(crate) operation: Operation,
}

/// What is wrong with a request: the EWS code, and words.
#[derive(Debug)]
pub(crate) enum Refusal {
    NotXml,
    NoBody,
    Schema(String),
    Invalid(&'static str, String),
}

pub(crate) fn read(body: &[u8]) -> Result<Request, Refusal> {
    let root = Node::read(body).filter(|root| root.name == "Envelope").ok_or(Refusal::NotXml)?;
    let impersonated = root
        .child("Header")
        .and_then(|header| header.child("ExchangeImpersonation")?.child("ConnectingSID")?.children.first())
        .map(|sid| sid.text.trim().to_owned());
    let call = root.child("Body").and_then(|body| body.children.first()).ok_or(Refusal::NoBody)?;
    let operation = match call.name.as_str() {
        "Subscribe" => Operation::Subscribe(subscribe(call)?),
        "Unsubscribe" => Operation::Unsubscribe(required(call, "SubscriptionId")?),
        "GetEvents" => Operation::GetEvents {
            id: required(call, "SubscriptionId")?,
            watermark: call.text_of("Watermark").map(str::to_owned),
        },
        "GetStreamingEvents" => streaming(call)?,
        "GetFolder" => Operation::GetFolder(folders(call.child("FolderIds"))),
        "FindFolder" => {
            Operation::FindFolder(folders(call.child("ParentFolderIds")), call.attribute("Traversal") == Some("Deep"))
        }
        "FindItem" => Operation::FindItem(folders(call.child("ParentFolderIds"))),
        "GetItem" => Operation::GetItem(
            call.child("ItemIds")
                .map_or(&[][..], |ids| &ids.children)
                .iter()
                .filter_map(|id| id.attribute("Id").map(str::to_owned))
                .collect(),
        ),
        "ResolveNames" => Operation::ResolveNames,
        other => return Err(Refusal::Invalid("ErrorInvalidRequest", format!("The operation {other} is not known."))),
    };
    Ok(Request { impersonated, operation })
}

fn required(call: &Node, name: &str) -> Result<String, Refusal> {
    let missing =
        || Refusal::Schema(format!("E-3046: missing required child element  '{name}' in element '{}'", call.name));
    call.text_of(name).map(str::to_owned).ok_or_else(missing)
}

fn streaming(call: &Node) -> Result<Operation, Refusal> {
    required(call, "SubscriptionIds")?;
    let ids = call.child("SubscriptionIds").map_or(&[][..], |ids| &ids.children);
    let ids = ids.iter().filter(|id| id.name == "SubscriptionId").map(|id| id.text.trim().to_owned()).collect();
    let minutes = required(call, "ConnectionTimeout")?;
    let minutes = minutes.parse().map_err(|_| Refusal::Schema(format!("{minutes:?} is no number of minutes")))?;
    Ok(Operation::GetStreamingEvents { ids, minutes })
}

fn subscribe(call: &Node) -> Result<Subscribe, Refusal> {
    let none = "E-3098: could not find matching node for variant deserialization";
    let request = call.children.first().ok_or_else(|| Refusal::Schema(none.to_owned()))?;
    let mode = match request.name.as_str() {
        "StreamingSubscriptionRequest" => Mode::Streaming,
        "PullSubscriptionRequest" => Mode::Pull,
        "PushSubscriptionRequest" => Mode::Push,
        _ => return Err(Refusal::Schema(none.to_owned())),
    };
    let all = matches!(request.attribute("SubscribeToAllFolders"), Some("true" | "1" | "True"));
    let named = request.child("FolderIds").map(|ids| folders(Some(ids)));
    let folders = match (all, named) {
        (true, Some(named)) if !named.is_empty() => {
            return Err(Refusal::Invalid(
                "ErrorInvalidSubscriptionRequest",
                "The folders and SubscribeToAllFolders were both given.".to_owned(),
            ));
        }
        (true, _) => None,
        (false, named) => Some(named.unwrap_or_default()),
    };
    let mut kinds = vec![];
    for kind in request.child("EventTypes").map_or(&[][..], |types| &types.children) {
        let name = kind.text.trim();
        kinds.push(Kind::from_name(name).ok_or_else(|| {
            Refusal::Schema(format!(
                "\"{name}\" is not one of [\"CopiedEvent\", \"CreatedEvent\", \"DeletedEvent\", \"ModifiedEvent\", \
                 \"MovedEvent\", \"NewMailEvent\", \"FreeBusyChangedEvent\"]"
            ))
        })?);
    }
    let url = (mode == Mode::Push).then(|| required(request, "URL")).transpose()?;
    let minutes = request.text_of("Timeout").or(request.text_of("StatusFrequency"));
    Ok(Subscribe {
        mode,
        folders,
        kinds,
        minutes: minutes.and_then(|minutes| minutes.parse().ok()),
        // exchangelib writes it in the messages namespace, the schema has it in types: names go without
        watermark: request.text_of("Watermark").filter(|mark| !mark.is_empty()).map(str::to_owned),
        url,
    })
}

/// What a client's web service answers to a post.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SubscriptionAnswer {
    Ok,
    Unsubscribe,
}

/// `None`: it is no such answer.
pub(crate) fn read_push_answer(body: &[u8]) -> Option<SubscriptionAnswer> {
    let root = Node::read(body).filter(|root| root.name == "Envelope")?;
    match root.child("Body")?.child("SendNotificationResult")?.text_of("SubscriptionStatus")? {
        "OK" => Some(SubscriptionAnswer::Ok),
        "Unsubscribe" => Some(SubscriptionAnswer::Unsubscribe),
        _ => None,
    }
}

fn folders(list: Option<&Node>) -> Vec<FolderRef> {
    let read = |node: &Node| {
        let id = node.attribute("Id")?.to_owned();
        Some(match node.name.as_str() {
            "DistinguishedFolderId" => FolderRef::Distinguished {
                name: id,
                mailbox: node.find("EmailAddress").map(|address| address.text.trim().to_owned()),
            },
            _ => FolderRef::Id(id),
        })
    };
    list.map_or(&[][..], |list| &list.children).iter().filter_map(read).collect()
}
