//! What a server answers, as Exchange writes it.

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";

fn answer(operation: &str, content: &str) -> Vec<u8> {
    format!(
        "<Envelope xmlns=\"{SOAP}\"><soap11:Header xmlns:soap11=\"{SOAP}\"><ServerVersionInfo MajorVersion=\"15\" \
         MinorVersion=\"1\" MajorBuildNumber=\"2507\" MinorBuildNumber=\"57\" Version=\"V2017_07_11\" xmlns=\"{TYPES}\" \
         /></soap11:Header><soap11:Body xmlns:soap11=\"{SOAP}\"><m:{operation}Response xmlns:t=\"{TYPES}\" \
         xmlns:m=\"{MESSAGES}\"><m:ResponseMessages><m:{operation}ResponseMessage ResponseClass=\"Success\">\
         <m:ResponseCode>NoError</m:ResponseCode>{content}</m:{operation}ResponseMessage></m:ResponseMessages>\
         </m:{operation}Response></soap11:Body></Envelope>"
    )
    .into_bytes()
}

/// As long as Exchange's, and as hard to tell apart from the front.
pub(crate) fn id(number: usize) -> String {
    format!("FQBtYngwMS5jb250b3NvLmV4YW1wbGUQAAAAlVFcmIJEioUAAAAAafQ7wAAA{number:012}")
}

/// The number that an id was made of.
pub(crate) fn number(id: &str) -> usize {
    id[id.len() - 12..].parse().expect("an id ends in its number")
}

pub(crate) fn subscribed(number: usize) -> Vec<u8> {
    answer("Subscribe", &format!("<m:SubscriptionId>{}</m:SubscriptionId>", id(number)))
}

pub(crate) fn unsubscribed() -> Vec<u8> {
    answer("Unsubscribe", "")
}

pub(crate) fn status(status: &str) -> Vec<u8> {
    answer("GetStreamingEvents", &format!("<m:ConnectionStatus>{status}</m:ConnectionStatus>"))
}

/// One event of the subscription with this number.
pub(crate) fn event(subscription: usize, item: u64) -> Vec<u8> {
    let (id, folder) = (id(subscription), "AQMkADAwATM0MDAAMS0xZDk".repeat(5));
    let item = format!("AAMkADAwATM0MDAAMS0xZDk{item:0>129}");
    answer(
        "GetStreamingEvents",
        &format!(
            "<m:Notifications><m:Notification><t:SubscriptionId>{id}</t:SubscriptionId><t:NewMailEvent>\
             <t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id=\"{item}\" ChangeKey=\"CQAAABYAAAC8\" />\
             <t:ParentFolderId Id=\"{folder}\" ChangeKey=\"AQAAAA==\" /></t:NewMailEvent></m:Notification>\
             </m:Notifications>"
        ),
    )
}
