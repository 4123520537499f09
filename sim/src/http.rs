//! The second face: the same server over real HTTP/1.1, chunked, on a socket. Push notifications are posted from there
//! too, to `http:` addresses.

use crate::{Change, Config, ConnectionId, Head, Output, Post, Rng, Server, Style};
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};

/// How many pieces wait for a client that does not read; then its connection breaks.
const PATIENCE: usize = 1024;

/// How long a client's web service may take for its answer to a post, and how much it may say.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const ANSWER_BYTES: usize = 64 * 1024;

struct State {
    server: Server,
    senders: BTreeMap<ConnectionId, mpsc::Sender<Output>>,
    next: ConnectionId,
}

struct Shared {
    state: Mutex<State>,
    origin: Instant,
    changed: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out what the server has to say, and tells when it will have more.
    fn deliver(&self) -> Option<Duration> {
        let mut state = self.lock();
        let now = self.origin.elapsed();
        for output in state.server.poll(now) {
            let connection = output.connection();
            let last = matches!(output, Output::End { .. } | Output::Broken { .. });
            let Some(sender) = state.senders.get(&connection) else { continue };
            let full = sender.try_send(output).is_err();
            if last || full {
                state.senders.remove(&connection);
            }
            if full {
                state.server.connection_lost(connection, now);
            }
        }
        let deadlines = [state.server.next_deadline(), state.server.next_post()];
        deadlines.into_iter().flatten().min()
    }
}

/// A server on a thread of its own. Dropping it cuts all connections, as a killed server does.
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Listens, and makes `rate` changes a second to the mailboxes that somebody has asked for.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub fn start(listen: SocketAddr, config: Config, seed: u64, rate: f64) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let dated = config.style == Style::Exchange;
        let state = State { server: Server::new(config, seed), senders: BTreeMap::new(), next: 1 };
        let shared = Arc::new(Shared { state: Mutex::new(state), origin: Instant::now(), changed: Notify::new() });
        let (stop, stopped) = oneshot::channel::<()>();
        let inside = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("exchange".to_owned()).spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                tokio::select! {
                    () = accept(listener, &inside, dated) => {}
                    () = drive(&inside) => {}
                    () = disturb(&inside, rate, seed) => {}
                    _ = stopped => {}
                }
            });
            // the tasks of open connections end here, in the middle of whatever they were sending
            drop(runtime);
        })?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does something with the server, at its present time.
    pub fn with<T>(&self, act: impl FnOnce(&mut Server, Duration) -> T) -> T {
        let result = act(&mut self.shared.lock().server, self.shared.origin.elapsed());
        self.shared.changed.notify_one();
        result
    }

    /// Waits until it ends, which it does not by itself.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn drive(shared: &Arc<Shared>) {
    loop {
        let posts = shared.lock().server.posts(shared.origin.elapsed());
        for post in posts {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                let answer = tokio::time::timeout(ANSWER_LIMIT, send(&post)).await.ok().and_then(Result::ok);
                let answer = answer.as_ref().map(|(status, body)| (*status, &body[..]));
                shared.lock().server.post_answered(post.number, answer, shared.origin.elapsed());
                shared.changed.notify_one();
            });
        }
        match shared.deliver() {
            None => shared.changed.notified().await,
            Some(at) => {
                let wait = at.saturating_sub(shared.origin.elapsed());
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    () = shared.changed.notified() => {}
                }
            }
        }
    }
}

/// Posts, and waits for the answer.
async fn send(post: &Post) -> Result<(u16, Bytes), Box<dyn Error + Send + Sync>> {
    let url: Uri = post.url.parse()?;
    let authority = url.authority().filter(|_| url.scheme_str() == Some("http")).ok_or("no address to post to")?;
    let socket = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    let request = Request::post(url.path_and_query().map_or("/", |path| path.as_str()))
        .header("Host", authority.as_str())
        .header("Content-Type", "text/xml; charset=utf-8")
        .header("SOAPAction", "\"http://schemas.microsoft.com/exchange/services/2006/messages/SendNotification\"")
        .body(Full::new(Bytes::from(post.body.clone())))?;
    let (head, body) = client.send_request(request).await?.into_parts();
    Ok((head.status.as_u16(), Limited::new(body, ANSWER_BYTES).collect().await?.to_bytes()))
}

/// Mail comes and goes.
async fn disturb(shared: &Shared, rate: f64, seed: u64) {
    if rate <= 0.0 {
        return core::future::pending().await;
    }
    let mut rng = Rng::new(!seed);
    loop {
        let wait = Duration::from_secs_f64(1.0 / rate).mul_f64(0.5 + rng.range(0, 1000) as f64 / 1000.0);
        tokio::time::sleep(wait).await;
        let now = shared.origin.elapsed();
        let server = &mut shared.lock().server;
        let users: Vec<String> = server.users().map(str::to_owned).collect();
        for user in users {
            // mail for the inbox is what most people wait for
            if rng.chance(300) {
                server.change(&user, Change::DeliverMail, now);
            } else {
                server.change_at_random(&user, now);
            }
        }
        shared.changed.notify_one();
    }
}

async fn accept(listener: TcpListener, shared: &Arc<Shared>, dated: bool) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.timer(TokioTimer::new()).auto_date_header(dated).title_case_headers(true);
            // an error is a client gone, or a connection that the simulation breaks
            let _ = builder.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> io::Result<Response<Pieces>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let headers = parts
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let head = Head {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        headers: headers.collect(),
    };
    let (sender, receiver) = mpsc::channel(PATIENCE);
    let connection = {
        let mut state = shared.lock();
        let connection = state.next;
        state.next += 1;
        state.senders.insert(connection, sender);
        state.server.request(connection, &head, &body, shared.origin.elapsed());
        connection
    };
    shared.changed.notify_one();
    let mut pieces = Pieces { shared, connection, receiver, over: false };
    let Some(Output::Head { status, headers, .. }) = pieces.receiver.recv().await else {
        pieces.over = true;
        return Err(io::ErrorKind::ConnectionReset.into());
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(pieces).map_err(io::Error::other)
}

/// A response's body: each piece is one chunk.
struct Pieces {
    shared: Arc<Shared>,
    connection: ConnectionId,
    receiver: mpsc::Receiver<Output>,
    over: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match core::task::ready!(self.receiver.poll_recv(cx)) {
            Some(Output::Body { bytes, .. }) => Poll::Ready(Some(Ok(Frame::data(bytes.into())))),
            Some(Output::End { .. }) => {
                self.over = true;
                Poll::Ready(None)
            }
            // without the last chunk
            _ => {
                self.over = true;
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
        }
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        if !self.over {
            let mut state = self.shared.lock();
            state.senders.remove(&self.connection);
            state.server.connection_lost(self.connection, self.shared.origin.elapsed());
            drop(state);
            self.shared.changed.notify_one();
        }
    }
}
