//! The server: requests, changes and time go in, pieces of responses come out.

use crate::push::Push;
use crate::request::{self, Operation, Request};
use crate::stream::Stream;
use crate::subscription::Subscription;
use crate::write::Writer;
use crate::{Change, Config, End, Event, Fault, FaultRecord, Mailbox, Record, Rng};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Whoever drives the server numbers the connections. A number stands for one request and its response.
pub type ConnectionId = u64;

/// The head of a request.
#[derive(Debug, Clone)]
pub struct Head {
    /// `POST`, for all that works.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// A POST to the only path there is, without headers.
    #[must_use]
    pub fn post() -> Self {
        Self { method: "POST".to_owned(), path: "/EWS/Exchange.asmx".to_owned(), headers: vec![] }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name)).map(|header| header.1.as_str())
    }
}

/// A piece of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The head. Without `Content-Length` among the headers the body is chunked, and each [`Output::Body`] is one chunk.
    Head {
        /// On which connection.
        connection: ConnectionId,
        /// 200, 401, …
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
    },
    /// Bytes of the body.
    Body {
        /// On which connection.
        connection: ConnectionId,
        /// One HTTP chunk.
        bytes: Vec<u8>,
    },
    /// The response is complete.
    End {
        /// On which connection.
        connection: ConnectionId,
    },
    /// The connection breaks: a reset, or plain end of stream without a last chunk. Possibly before any head.
    Broken {
        /// On which connection.
        connection: ConnectionId,
    },
}

impl Output {
    /// The connection it belongs to.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        match self {
            Self::Head { connection, .. }
            | Self::Body { connection, .. }
            | Self::End { connection }
            | Self::Broken { connection } => *connection,
        }
    }
}

/// A simulated Exchange server; see the crate's documentation.
#[derive(Debug)]
pub struct Server {
    pub(crate) config: Config,
    pub(crate) writer: Writer,
    pub(crate) rng: Rng,
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    pub(crate) by_mailbox: BTreeMap<String, BTreeSet<String>>,
    pub(crate) streams: BTreeMap<ConnectionId, Stream>,
    pub(crate) expiries: BTreeSet<(Duration, String)>,
    pub(crate) records: Vec<Record>,
    pub(crate) history: BTreeMap<String, Vec<Event>>,
    pub(crate) faults: Vec<FaultRecord>,
    pub(crate) fault_counts: BTreeMap<Fault, usize>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    pub(crate) down_until: Duration,
    pub(crate) incarnation: u32,
    pub(crate) counter: u32,
    pub(crate) last_event: u64,
    pub(crate) pushes: BTreeMap<String, Push>,
    pub(crate) last_post: u64,
}

impl Server {
    /// A server without mailboxes; they appear when somebody asks for them.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            writer: Writer::new(&config),
            config,
            rng: Rng::new(seed),
            subscriptions: BTreeMap::new(),
            by_mailbox: BTreeMap::new(),
            streams: BTreeMap::new(),
            expiries: BTreeSet::new(),
            records: vec![],
            history: BTreeMap::new(),
            faults: vec![],
            fault_counts: BTreeMap::new(),
            outputs: vec![],
            mailboxes: BTreeMap::new(),
            down_until: Duration::ZERO,
            incarnation: 0,
            counter: 0,
            last_event: 0,
            pushes: BTreeMap::new(),
            last_post: 0,
        }
    }

    /// The settings; faults may be switched on and off while it runs.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// One record for each subscription there ever was, in order of creation.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The record of the subscription that has this id now.
    #[must_use]
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.records.get(self.subscriptions.get(id)?.record)
    }

    /// Whether a stream reads the subscription that has this id now.
    #[must_use]
    pub fn is_streaming(&self, id: &str) -> bool {
        self.subscriptions.get(id).is_some_and(|subscription| subscription.stream.is_some())
    }

    /// Everything that ever happened in a mailbox, watched or not, in order.
    #[must_use]
    pub fn history(&self, user: &str) -> &[Event] {
        self.history.get(user).map_or(&[], Vec::as_slice)
    }

    /// What happened in a mailbox since it was last taken, watched or not, in order. For those who let a server run for
    /// long: the history grows until somebody takes it.
    pub fn take_history(&mut self, user: &str) -> Vec<Event> {
        self.history.get_mut(&user.to_ascii_lowercase()).map(core::mem::take).unwrap_or_default()
    }

    /// Every fault that occurred, in order.
    #[must_use]
    pub fn faults(&self) -> &[FaultRecord] {
        &self.faults
    }

    /// How often a fault occurred.
    #[must_use]
    pub fn fault_count(&self, fault: Fault) -> usize {
        self.fault_counts.get(&fault).copied().unwrap_or_default()
    }

    /// How many streams are open.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.streams.len()
    }

    /// How many subscriptions are alive.
    #[must_use]
    pub fn live_subscriptions(&self) -> usize {
        self.subscriptions.len()
    }

    /// The users whose mailboxes somebody has asked for, in alphabetical order.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.mailboxes.keys().map(String::as_str)
    }

    /// A user's mailbox.
    pub fn mailbox(&mut self, user: &str) -> &mut Mailbox {
        let number = self.mailboxes.len() as u32 + 1;
        self.mailboxes.entry(user.to_ascii_lowercase()).or_insert_with(|| Mailbox::new(number))
    }

    /// Does something to a mailbox, and tells the subscriptions. Gives the numbers of the events.
    pub fn change(&mut self, user: &str, change: Change, now: Duration) -> Vec<u64> {
        self.advance(now);
        let mut events = self.mailbox(user).apply(&change, now);
        for event in &mut events {
            self.last_event += 1;
            event.number = self.last_event;
        }
        self.distribute(&user.to_ascii_lowercase(), &events, now);
        self.history.entry(user.to_ascii_lowercase()).or_default().extend(events.iter().cloned());
        events.iter().map(|event| event.number).collect()
    }

    /// Does something that makes sense to a mailbox, drawn from the seed.
    pub fn change_at_random(&mut self, user: &str, now: Duration) -> Change {
        let mut rng = self.rng.clone();
        let change = self.mailbox(user).random(&mut rng);
        self.rng = rng;
        self.change(user, change.clone(), now);
        change
    }

    fn distribute(&mut self, mailbox: &str, events: &[Event], now: Duration) {
        let Some(ids) = self.by_mailbox.get(mailbox) else { return };
        let mut woken = BTreeSet::new();
        for id in ids {
            let Some(subscription) = self.subscriptions.get_mut(id) else { continue };
            for event in events {
                if !subscription.filter.wants(event, self.config.style) {
                    continue;
                }
                if self.config.keeps_history {
                    self.records[subscription.record].events.push(event.clone());
                }
                subscription.pending.push_back(event.clone());
                woken.extend(subscription.stream);
            }
        }
        for connection in woken {
            self.wake(connection, now);
        }
    }

    /// Puts a record where it stays: behind the others, or where nobody looks any more.
    pub(crate) fn file(&mut self, record: Record) -> usize {
        let over = |record: &Record| record.ended.is_some();
        match self.records.iter().position(over).filter(|_| !self.config.keeps_history) {
            Some(at) => {
                self.records[at] = record;
                at
            }
            None => {
                self.records.push(record);
                self.records.len() - 1
            }
        }
    }

    /// All subscriptions are gone, all connections break, ids begin again. Until the restart is over, requests end in
    /// broken connections.
    pub fn restart(&mut self, now: Duration) {
        for connection in core::mem::take(&mut self.streams).into_keys() {
            self.outputs.push(Output::Broken { connection });
        }
        for subscription in core::mem::take(&mut self.subscriptions).into_values() {
            self.records[subscription.record].ended = Some((now, End::Restarted));
        }
        self.by_mailbox.clear();
        self.pushes.clear();
        self.expiries.clear();
        self.counter = 0;
        self.incarnation += 1;
        self.down_until = now + self.config.restart_time;
    }

    /// A whole request. Its response comes out of [`Server::poll`], at once or over time.
    pub fn request(&mut self, connection: ConnectionId, head: &Head, body: &[u8], now: Duration) {
        self.advance(now);
        if now < self.down_until {
            self.outputs.push(Output::Broken { connection });
            return;
        }
        if !head.path.eq_ignore_ascii_case("/EWS/Exchange.asmx") {
            return self.plain(connection, 404, "Not Found\r\n", &[]);
        }
        if head.method != "POST" {
            return self.plain(connection, 405, "Method Not Allowed\r\n", &[]);
        }
        let Some(identity) = self.identity(head) else { return self.unauthorized(connection) };
        let request = request::read(body);
        let streaming = matches!(&request, Ok(Request { operation: Operation::GetStreamingEvents { .. }, .. }));
        let before = self.outputs.len();
        let fault = self.draw_answer_fault(streaming);
        if let Some(fault) = fault
            && self.strike_request(connection, fault, &request, now)
        {
            return;
        }
        match request {
            Ok(request) => self.perform(connection, head, &identity, request, now),
            Err(refusal) => self.refuse(connection, &refusal),
        }
        if let Some(fault) = fault {
            self.strike_answer(connection, fault, before, now);
        }
    }

    /// The client has dropped the connection.
    pub fn connection_lost(&mut self, connection: ConnectionId, now: Duration) {
        self.advance(now);
        self.outputs.retain(|output| output.connection() != connection);
        self.detach(connection, now);
    }

    /// What has come out by now.
    pub fn poll(&mut self, now: Duration) -> Vec<Output> {
        self.advance(now);
        core::mem::take(&mut self.outputs)
    }

    /// When [`Server::poll`] has something to do next. Already past when outputs wait.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        if !self.outputs.is_empty() {
            return Some(Duration::ZERO);
        }
        let streams = self.streams.values().map(Stream::deadline);
        streams.chain(self.expiries.first().map(|expiry| expiry.0)).min()
    }

    /// Runs everything that was due by now, in the order of its time.
    fn advance(&mut self, now: Duration) {
        loop {
            let stream = self.streams.values().map(|stream| (stream.deadline(), stream.connection)).min();
            let expiry = self.expiries.first().map(|expiry| expiry.0);
            match (stream, expiry) {
                (Some((at, connection)), expiry) if at <= now && expiry.is_none_or(|expiry| at <= expiry) => {
                    self.run(connection, at);
                }
                (_, Some(at)) if at <= now => {
                    if let Some((at, id)) = self.expiries.pop_first() {
                        self.forget(&id, End::Expired, at);
                    }
                }
                _ => return,
            }
        }
    }

    pub(crate) fn forget(&mut self, id: &str, why: End, now: Duration) {
        let Some(subscription) = self.subscriptions.remove(id) else { return };
        self.pushes.remove(id);
        self.records[subscription.record].ended = Some((now, why));
        if let Some(at) = subscription.expires {
            self.expiries.remove(&(at, id.to_owned()));
        }
        if let Some(ids) = self.by_mailbox.get_mut(&subscription.mailbox) {
            ids.remove(id);
        }
    }

    /// Starts or stops the clock that ends a subscription which nobody reads.
    pub(crate) fn set_expiry(&mut self, id: &str, expires: Option<Duration>) {
        let Some(subscription) = self.subscriptions.get_mut(id) else { return };
        if let Some(at) = subscription.expires.take() {
            self.expiries.remove(&(at, id.to_owned()));
        }
        subscription.expires = expires;
        self.expiries.extend(expires.map(|at| (at, id.to_owned())));
    }

    fn identity(&self, head: &Head) -> Option<String> {
        use base64::Engine as _;
        let Some(authorization) = head.get("authorization") else {
            return (!self.config.require_authentication).then(|| "user".to_owned());
        };
        let (scheme, value) = authorization.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            let good = self.config.bearer.as_ref().is_none_or(|bearer| bearer == value.trim());
            return good.then(|| "user".to_owned());
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(value.trim()).ok()?;
        let (user, password) = str::from_utf8(&decoded).ok()?.split_once(':')?;
        let wanted = self.config.credentials.as_ref();
        let good = wanted.is_none_or(|(known, secret)| known.eq_ignore_ascii_case(user) && secret == password);
        good.then(|| user.to_ascii_lowercase())
    }

    fn perform(&mut self, connection: ConnectionId, head: &Head, identity: &str, request: Request, now: Duration) {
        let mailbox = request.impersonated.unwrap_or_else(|| identity.to_owned()).to_ascii_lowercase();
        self.mailbox(&mailbox);
        let backend = Self::backend(head);
        let prefers = head.get("x-preferserveraffinity").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let anchored = self.config.affinity && prefers && head.get("x-anchormailbox").is_some();
        match request.operation {
            Operation::Subscribe(wish) => {
                self.subscribe(connection, &mailbox, &wish, anchored, backend, now);
            }
            Operation::Unsubscribe(id) => self.unsubscribe(connection, &id, backend.as_deref(), now),
            Operation::GetStreamingEvents { ids, minutes } => {
                self.open_stream(connection, identity, &ids, minutes, backend.as_deref(), now);
            }
            Operation::GetEvents { id, watermark } => self.get_events(connection, &id, watermark.as_deref(), now),
            other => self.answer_client(connection, &mailbox, &other),
        }
    }

    /// Which back end the cookie leads to. exchangelib sends it as a header of its own name, so that is taken too.
    fn backend(head: &Head) -> Option<String> {
        const NAME: &str = "X-BackEndOverrideCookie";
        let cookies = head.headers.iter().filter(|header| header.0.eq_ignore_ascii_case("cookie"));
        let mut pairs =
            cookies.flat_map(|header| header.1.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
        let cookie = pairs.find(|cookie| cookie.0 == NAME).map(|cookie| cookie.1);
        cookie.or_else(|| head.get(NAME)).map(str::to_owned)
    }

    /// Whether a request that came to this back end knows the subscription.
    pub(crate) fn knows(&self, id: &str, backend: Option<&str>) -> bool {
        self.subscriptions.get(id).is_some_and(|s| s.backend.is_none() || s.backend.as_deref() == backend)
    }
}
