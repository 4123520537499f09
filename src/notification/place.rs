//! Which element means what where: the grammar of EWS answers as one pure function. Depends on the vocabulary.
//!
//! ```text
//! Envelope
//! ├─ Header ─ ServerVersionInfo
//! └─ Body
//!    ├─ Fault ─ faultcode, faultstring, detail ─ ResponseCode, MessageXml …
//!    └─ GetStreamingEventsResponse and other operations
//!       └─ ResponseMessages
//!          └─ (a response message, whatever its name)
//!             ├─ MessageText, ResponseCode, MessageXml ─ Value …        its head
//!             ├─ Notifications ─ Notification                           or Notification right here (pull, push)
//!             │                  ├─ SubscriptionId, PreviousWatermark, MoreEvents
//!             │                  └─ CreatedEvent … ─ TimeStamp, ItemId, ParentFolderId …
//!             ├─ ErrorSubscriptionIds ─ SubscriptionId
//!             ├─ ConnectionStatus
//!             └─ SubscriptionId, Watermark                              answer to Subscribe
//! ```
//!
//! Children may come in any order. What is not in this picture is skipped whole.

use super::field::IdElement;
use super::vocabulary::{EventKind, is_ews, is_ews_or_errors, is_soap};
use crate::xml::NamespaceId;

/// The open elements that mean something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Envelope,
    Header,
    Body,
    ServerVersionInfo,
    Operation,
    ResponseMessages,
    ResponseMessage,
    MessageXml,
    Notifications,
    Notification,
    ErrorSubscriptionIds,
    Event(EventKind),
    Id(IdElement),
    Fault,
    FaultCode,
    FaultReason,
    FaultDetail,
    /// An element whose text is wanted.
    Leaf(Leaf),
}

/// The elements whose text is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    MessageText,
    ResponseCode,
    Value,
    LineNumber,
    LinePosition,
    Violation,
    ConnectionStatus,
    ErrorSubscriptionId,
    SubscribedId,
    SubscribedWatermark,
    SubscriptionId,
    PreviousWatermark,
    MoreEvents,
    Watermark,
    TimeStamp,
    UnreadCount,
    FaultCode,
    FaultString,
    FaultResponseCode,
}

impl Place {
    /// Where a child of this element leads. `None`: it is unknown here and skipped.
    #[inline]
    pub(super) fn child(self, namespace: NamespaceId, local: &[u8]) -> Option<Self> {
        match self {
            Self::Event(_) if is_ews(namespace) => event_child(local),
            Self::Notification if is_ews(namespace) => notification_child(local),
            Self::ResponseMessage if is_ews(namespace) => response_message_child(local),
            Self::Notifications if is_ews(namespace) && local == b"Notification" => Some(Self::Notification),
            Self::ErrorSubscriptionIds if is_ews(namespace) || namespace == NamespaceId::NONE => {
                (local == b"SubscriptionId").then_some(Self::Leaf(Leaf::ErrorSubscriptionId))
            }
            Self::ResponseMessages if is_ews(namespace) => Some(Self::ResponseMessage),
            Self::Operation if is_ews(namespace) && local == b"ResponseMessages" => Some(Self::ResponseMessages),
            Self::Envelope if is_soap(namespace) => match local {
                b"Header" => Some(Self::Header),
                b"Body" => Some(Self::Body),
                _ => None,
            },
            Self::Header if is_ews(namespace) && local == b"ServerVersionInfo" => Some(Self::ServerVersionInfo),
            Self::Body if is_soap(namespace) && local == b"Fault" => Some(Self::Fault),
            Self::Body if is_ews(namespace) => Some(Self::Operation),
            Self::MessageXml if is_ews_or_errors(namespace) => message_xml_child(local),
            Self::Fault if is_soap(namespace) || namespace == NamespaceId::NONE => fault_child(local),
            Self::FaultCode if is_soap(namespace) && local == b"Value" => Some(Self::Leaf(Leaf::FaultCode)),
            Self::FaultReason if is_soap(namespace) && local == b"Text" => Some(Self::Leaf(Leaf::FaultString)),
            Self::FaultDetail if is_ews_or_errors(namespace) => match local {
                b"ResponseCode" => Some(Self::Leaf(Leaf::FaultResponseCode)),
                b"MessageXml" => Some(Self::MessageXml),
                _ => None,
            },
            _ => None,
        }
    }
}

fn event_child(local: &[u8]) -> Option<Place> {
    Some(match local {
        b"TimeStamp" => Place::Leaf(Leaf::TimeStamp),
        b"ItemId" => Place::Id(IdElement::Item),
        b"ParentFolderId" => Place::Id(IdElement::ParentFolder),
        b"FolderId" => Place::Id(IdElement::Folder),
        b"Watermark" => Place::Leaf(Leaf::Watermark),
        b"UnreadCount" => Place::Leaf(Leaf::UnreadCount),
        b"OldItemId" => Place::Id(IdElement::OldItem),
        b"OldFolderId" => Place::Id(IdElement::OldFolder),
        b"OldParentFolderId" => Place::Id(IdElement::OldParentFolder),
        _ => return None,
    })
}

fn notification_child(local: &[u8]) -> Option<Place> {
    if let Some(kind) = EventKind::of(local) {
        return Some(Place::Event(kind));
    }
    Some(Place::Leaf(match local {
        b"SubscriptionId" => Leaf::SubscriptionId,
        b"PreviousWatermark" => Leaf::PreviousWatermark,
        b"MoreEvents" => Leaf::MoreEvents,
        _ => return None,
    }))
}

fn response_message_child(local: &[u8]) -> Option<Place> {
    Some(match local {
        b"ResponseCode" => Place::Leaf(Leaf::ResponseCode),
        b"MessageText" => Place::Leaf(Leaf::MessageText),
        b"MessageXml" => Place::MessageXml,
        b"Notifications" => Place::Notifications,
        b"Notification" => Place::Notification,
        b"ErrorSubscriptionIds" => Place::ErrorSubscriptionIds,
        b"ConnectionStatus" => Place::Leaf(Leaf::ConnectionStatus),
        b"SubscriptionId" => Place::Leaf(Leaf::SubscribedId),
        b"Watermark" => Place::Leaf(Leaf::SubscribedWatermark),
        _ => return None,
    })
}

fn message_xml_child(local: &[u8]) -> Option<Place> {
    Some(Place::Leaf(match local {
        b"Value" => Leaf::Value,
        b"LineNumber" => Leaf::LineNumber,
        b"LinePosition" => Leaf::LinePosition,
        b"Violation" => Leaf::Violation,
        _ => return None,
    }))
}

fn fault_child(local: &[u8]) -> Option<Place> {
    Some(match local {
        b"faultcode" => Place::Leaf(Leaf::FaultCode),
        b"faultstring" => Place::Leaf(Leaf::FaultString),
        b"detail" | b"Detail" => Place::FaultDetail,
        b"Code" => Place::FaultCode,
        b"Reason" => Place::FaultReason,
        _ => return None,
    })
}
