//! Requests and heads of answers as the types of the `http` crate, which `hyper`, `reqwest` and `ureq` share (feature
//! `http`). Depends on the session's public face alone.

use alloc::vec::Vec;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode, Uri};

use super::Session;
use super::event::RequestId;
use super::output::Request;
use super::time::Instant;

impl Request<'_> {
    /// The request as a POST to `uri`, the endpoint; credentials are the caller's to add. Its body is a copy, so that it
    /// may be sent from a task of its own (feature `http`).
    ///
    /// ```
    /// # use ews_stream::session::Request;
    /// # use http::header::{AUTHORIZATION, HeaderValue};
    /// fn post(request: &Request<'_>, endpoint: &http::Uri, token: &HeaderValue) -> http::Result<http::Request<Vec<u8>>> {
    ///     let mut post = request.to_http(endpoint.clone())?;
    ///     post.headers_mut().insert(AUTHORIZATION, token.clone());
    ///     Ok(post)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A field that cannot be one of HTTP's. None of the session's is: names with control characters it leaves out.
    pub fn to_http(&self, uri: Uri) -> http::Result<http::Request<Vec<u8>>> {
        let mut post = http::Request::new(self.body().to_vec());
        *post.method_mut() = http::Method::POST;
        *post.uri_mut() = uri;
        for (name, value) in self.headers() {
            post.headers_mut().append(HeaderName::try_from(name)?, HeaderValue::from_bytes(value.as_bytes())?);
        }
        Ok(post)
    }
}

impl Session {
    /// [`handle_head`](Self::handle_head) with the types of the `http` crate (feature `http`).
    ///
    /// ```
    /// # use ews_stream::session::{Instant, RequestId, Session};
    /// # fn answered<B>(session: &mut Session, id: RequestId, response: &http::Response<B>, now: Instant) {
    /// session.handle_http_head(id, response.status(), response.headers(), now);
    /// # }
    /// ```
    pub fn handle_http_head(&mut self, id: RequestId, status: StatusCode, headers: &HeaderMap, now: Instant) {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        self.handle_head(id, status.as_u16(), headers, now);
    }
}
