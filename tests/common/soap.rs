//! Building small bodies.

pub const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
pub const MESSAGES: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
pub const TYPES: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
pub const ERRORS: &str = "http://schemas.microsoft.com/exchange/services/2006/errors";

/// An envelope around the children of its `Body`; the prefixes are `s`, `m`, `t` and `e`.
pub fn envelope(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP_11}\" xmlns:m=\"{MESSAGES}\" xmlns:t=\"{TYPES}\" xmlns:e=\"{ERRORS}\">\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// An answer of one response message: `operation` as in `GetStreamingEvents`.
pub fn response(operation: &str, class: &str, content: &str) -> String {
    envelope(&format!(
        "<m:{operation}Response><m:ResponseMessages>\
         <m:{operation}ResponseMessage ResponseClass=\"{class}\">{content}</m:{operation}ResponseMessage>\
         </m:ResponseMessages></m:{operation}Response>"
    ))
}

/// A successful answer to GetStreamingEvents.
pub fn streaming(content: &str) -> String {
    response("GetStreamingEvents", "Success", &format!("<m:ResponseCode>NoError</m:ResponseCode>{content}"))
}

/// A Notification in a stream.
pub fn notification(content: &str) -> String {
    streaming(&format!("<m:Notifications><m:Notification>{content}</m:Notification></m:Notifications>"))
}

/// What [`streaming`] is read as.
pub const STREAMING: &str = "Response operation=GetStreamingEvents class=Success code=\"NoError\"";

/// A new mail, in full, for subscription `id`, which the Notification's head has to name.
pub const NEW_MAIL: &str = "<t:NewMailEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp>\
                            <t:ItemId Id=\"AAMk1\" ChangeKey=\"CQAA\"/><t:ParentFolderId Id=\"AAMk2\" ChangeKey=\"AQAA\"/>\
                            </t:NewMailEvent>";
