//! The session's requests over HTTP: one task for each, and one channel through which all answers come. Copy this file.
//!
//! What the session needs of an HTTP client: that it hands over a body piece by piece as it comes, follows no redirects,
//! and has no time limit of its own but for connecting: how long anything may take is the session's business. Dropping a
//! response that has not ended closes its connection, so that `Cancel` is the end of a task. A response that hangs holds
//! its connection all the while (HTTP/1.1); the others are kept alive between requests.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use ews_stream::session::{Request, RequestId};
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, RequestBuilder, StatusCode, Url, redirect};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// Who asks.
pub(crate) enum Credentials {
    Basic { user: String, password: String },
    Bearer(String),
}

/// What the network brings.
pub(crate) enum Answer {
    Head(StatusCode, HeaderMap),
    Chunk(Bytes),
    End,
    /// Not sent, or broken off; for people to read.
    Failed(String),
}

pub(crate) struct Http {
    client: Client,
    url: Url,
    credentials: Credentials,
    tasks: HashMap<RequestId, AbortHandle>,
    sender: mpsc::Sender<(RequestId, Answer)>,
    receiver: mpsc::Receiver<(RequestId, Answer)>,
}

impl Http {
    /// `authorities`: certificates (PEM) to trust besides those that the operating system does.
    pub(crate) fn new(url: Url, credentials: Credentials, authorities: Option<&[u8]>) -> Result<Self, String> {
        // an error: the program has chosen one already
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .user_agent(concat!("ews-stream/", env!("CARGO_PKG_VERSION")))
            .http1_only()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(15))
            .pool_idle_timeout(Duration::from_secs(30)); // less than servers keep a connection that nobody uses
        if let Some(pem) = authorities {
            client = client.tls_certs_merge(Certificate::from_pem_bundle(pem).map_err(reason)?);
        }
        if url.scheme() == "http" {
            client = client.tls_certs_only([]); // also where the system has no certificates at all
        }
        // a little room only: a server that sends faster than its events are used shall feel it
        let (sender, receiver) = mpsc::channel(16);
        let client = client.build().map_err(reason)?;
        Ok(Self { client, url, credentials, tasks: HashMap::new(), sender, receiver })
    }

    /// Sends the request; its answer comes by `next`.
    pub(crate) fn send(&mut self, request: &Request<'_>) {
        let id = request.id();
        let mut post = self.client.post(self.url.clone()).body(request.body().to_vec());
        for (name, value) in request.headers() {
            post = post.header(name, value);
        }
        post = match &self.credentials {
            Credentials::Basic { user, password } => post.basic_auth(user, Some(password)),
            Credentials::Bearer(token) => post.bearer_auth(token),
        };
        let sender = self.sender.clone();
        let task = tokio::spawn(async move {
            let last = match fetch(id, post, &sender).await {
                Ok(()) => Answer::End,
                Err(error) => Answer::Failed(reason(error)),
            };
            let _ = sender.send((id, last)).await;
        });
        self.tasks.insert(id, task.abort_handle());
    }

    /// Drops the request and its connection.
    pub(crate) fn drop_connection(&mut self, id: RequestId) {
        if let Some(task) = self.tasks.remove(&id) {
            task.abort();
        }
    }

    /// What comes next, on whichever request. May be dropped while it waits: nothing is lost.
    pub(crate) async fn next(&mut self) -> (RequestId, Answer) {
        match self.receiver.recv().await {
            Some((id, answer)) => {
                if matches!(answer, Answer::End | Answer::Failed(_)) {
                    self.tasks.remove(&id);
                }
                (id, answer)
            }
            None => std::future::pending().await, // does not happen: a sender is at hand
        }
    }
}

async fn fetch(id: RequestId, post: RequestBuilder, to: &mpsc::Sender<(RequestId, Answer)>) -> reqwest::Result<()> {
    let mut response = post.send().await?;
    let headers = std::mem::take(response.headers_mut());
    let _ = to.send((id, Answer::Head(response.status(), headers))).await;
    while let Some(bytes) = response.chunk().await? {
        let _ = to.send((id, Answer::Chunk(bytes))).await;
    }
    Ok(())
}

/// The error and its causes, of which the last usually says most.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}
