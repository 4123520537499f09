//! A session with so many subscriptions, through its whole life, and what each kind of call took.
//!
//! The server is a script: it answers everything at once. Each call into the session is timed alone, less what it takes
//! to look at the clock.

use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use ews_stream::Operation;
use ews_stream::request::{Impersonation, SubscriptionIds, Text};
use ews_stream::session::{
    Config, Group, Instant, Output, RequestId, Session, SessionEvent, Subscription, SubscriptionKey,
};

use super::documents;
use super::heap;

/// Calls, and nanoseconds that they took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Meter {
    pub(crate) nanoseconds: f64,
    pub(crate) count: f64,
}

impl Meter {
    fn add(&mut self, nanoseconds: f64, count: usize) {
        self.nanoseconds += nanoseconds;
        self.count += count as f64;
    }

    pub(crate) fn each(self) -> f64 {
        self.nanoseconds / self.count
    }
}

/// What was measured; times by the call or, where it says so, by the subscription.
#[derive(Clone, Copy, Default)]
pub(crate) struct Costs {
    pub(crate) subscribe: Meter,
    pub(crate) send_subscribe: Meter,
    pub(crate) answer: Meter,
    /// By the id in it.
    pub(crate) send_stream: Meter,
    /// The first document of a connection, by the subscription that goes live.
    pub(crate) first: Meter,
    pub(crate) tell: Meter,
    /// `poll_output` that finds nothing to do.
    pub(crate) rest: Meter,
    pub(crate) idle: Meter,
    /// `handle_timeout` with a deadline that is due.
    pub(crate) due: Meter,
    /// `handle_timeout` with the deadlines of requests that were answered long ago, by the request.
    pub(crate) stale: Meter,
    pub(crate) heartbeat: Meter,
    pub(crate) event: Meter,
    /// A connection's clean end, by the subscription.
    pub(crate) renew: Meter,
    /// A connection that breaks, by the subscription.
    pub(crate) broken: Meter,
    /// By the subscription.
    pub(crate) close: Meter,
    pub(crate) send_unsubscribe: Meter,
}

/// One connection as the server sees it.
struct Connection {
    id: RequestId,
    members: Vec<usize>,
}

pub(crate) struct Life {
    session: Session,
    keys: Vec<SubscriptionKey>,
    now: Duration,
    clock: f64,
    pub(crate) costs: Costs,
    connections: Vec<Connection>,
    /// On which of them each subscription is.
    place: Vec<usize>,
    asked: Vec<(RequestId, Operation)>,
    opened: usize,
    given: usize,
    told: Told,
    /// Requests whose deadlines have not come up yet.
    unsettled: usize,
    random: u64,
}

#[derive(Default)]
struct Told {
    live: usize,
    lost: usize,
    gaps: usize,
    closed: usize,
}

impl Life {
    /// Begins with `count` subscriptions, all of them live.
    pub(crate) fn begin(count: usize) -> Self {
        let config = Config::default()
            .with_max_connections(u32::try_from(count.div_ceil(SubscriptionIds::MAX)).unwrap())
            .with_max_requests(64)
            .with_useless_documents(u32::MAX)
            .with_useless_bytes(u64::MAX);
        let mut life = Self {
            session: heap::counted(|| Session::new(config, 42)),
            keys: Vec::new(),
            now: Duration::ZERO,
            clock: clock(),
            costs: Costs::default(),
            connections: Vec::new(),
            place: vec![usize::MAX; count],
            asked: Vec::new(),
            opened: 0,
            given: 0,
            told: Told::default(),
            unsettled: 0,
            random: 7,
        };
        for number in 0..count {
            life.subscribe(number);
        }
        life.answer_all();
        assert_eq!(life.told.live, count, "all are live");
        assert!(life.keys.iter().all(|key| life.session.is_live(*key)));
        assert_eq!(life.connections.len(), count.div_ceil(SubscriptionIds::MAX), "full connections");
        life
    }

    /// Each a mailbox of its own, 200 to a group.
    fn subscribe(&mut self, number: usize) {
        let address = |number: usize| Text::new(&format!("mailbox{number:06}@contoso.example")).unwrap();
        let group = number / SubscriptionIds::MAX;
        let session = &mut self.session;
        let (key, nanoseconds) = heap::counted(|| {
            let wanted = Subscription::new()
                .impersonate(Impersonation::PrimarySmtpAddress(address(number)))
                .group(Group::new(format!("group{group:04}"), address(group * SubscriptionIds::MAX)));
            timed(self.clock, || session.subscribe(wanted))
        });
        self.keys.push(key);
        self.costs.subscribe.add(nanoseconds, 1);
    }

    fn at(&self) -> Instant {
        Instant::since_origin(self.now)
    }

    /// Takes everything that the session has to say, up to when it wants to be woken.
    fn poll(&mut self) -> Instant {
        let now = self.at();
        loop {
            let session = &mut self.session;
            let (output, nanoseconds) = heap::counted(|| timed(self.clock, || black_box(session.poll_output(now))));
            match output {
                Output::Send(request) => {
                    let operation = request.operation().unwrap();
                    self.asked.push((request.id(), operation));
                    self.unsettled += 1;
                    match operation {
                        Operation::Subscribe => self.costs.send_subscribe.add(nanoseconds, 1),
                        Operation::Unsubscribe => self.costs.send_unsubscribe.add(nanoseconds, 1),
                        _ => {
                            let members: Vec<usize> = ids(request.body()).map(documents::number).collect();
                            self.costs.send_stream.add(nanoseconds, members.len());
                            let id = request.id();
                            let index = self.connections.len();
                            for member in &members {
                                self.place[*member] = index;
                            }
                            self.connections.push(Connection { id, members });
                        }
                    }
                }
                Output::Event(event) => {
                    self.costs.tell.add(nanoseconds, 1);
                    match &event {
                        SessionEvent::Live(_) => self.told.live += 1,
                        SessionEvent::Lost { .. } => self.told.lost += 1,
                        SessionEvent::Gap { .. } => self.told.gaps += 1,
                        SessionEvent::Closed(_) => self.told.closed += 1,
                        _ => {}
                    }
                    heap::counted(|| drop(event)); // it was the session's
                }
                Output::Cancel(_) => {}
                Output::Timeout(at) => {
                    self.costs.rest.add(nanoseconds, 1);
                    return at;
                }
            }
        }
    }

    /// Hands in a whole answer, or a document of one; how long that took.
    fn say(&mut self, id: RequestId, head: bool, body: &[u8], end: bool) -> f64 {
        let (now, session) = (self.at(), &mut self.session);
        let headers =
            [("Content-Type", &b"text/xml"[..]), ("Set-Cookie", b"X-BackEndOverrideCookie=MBX01~1942; path=/")];
        let ((), nanoseconds) = heap::counted(|| {
            timed(self.clock, || {
                if head {
                    session.handle_head(id, 200, headers, now);
                }
                let mut input = body;
                while let Some(event) = session.next_event(id, &mut input, now) {
                    black_box(event);
                }
                if end {
                    session.handle_end(id, now);
                }
            })
        });
        nanoseconds
    }

    /// Answers until nothing is asked: Subscribes with ids, connections with a first sign of life.
    fn answer_all(&mut self) {
        let (ok, unsubscribed) = (documents::status("OK"), documents::unsubscribed());
        self.poll();
        while !self.asked.is_empty() {
            for (id, operation) in std::mem::take(&mut self.asked) {
                match operation {
                    Operation::Subscribe => {
                        let nanoseconds = self.say(id, true, &documents::subscribed(self.given), true);
                        self.given += 1;
                        self.costs.answer.add(nanoseconds, 1);
                    }
                    Operation::Unsubscribe => {
                        let nanoseconds = self.say(id, true, &unsubscribed, true);
                        self.costs.answer.add(nanoseconds, 1);
                    }
                    _ => {
                        let nanoseconds = self.say(id, true, &ok, false);
                        self.costs.first.add(nanoseconds, self.connections[self.opened].members.len());
                        self.opened += 1;
                    }
                }
            }
            self.poll();
        }
    }

    /// Lets the deadlines of all that was asked pass by.
    pub(crate) fn settle(&mut self) {
        let ok = documents::status("OK");
        self.now += Duration::from_secs(50);
        for at in 0..self.connections.len() {
            self.say(self.connections[at].id, false, &ok, false);
        }
        self.now += Duration::from_secs(11);
        let nanoseconds = self.wake();
        self.costs.stale.add(nanoseconds, std::mem::take(&mut self.unsettled));
    }

    /// Half an hour in which nothing happens: a heartbeat a connection every 45 seconds, never two at a time.
    pub(crate) fn idle(&mut self) {
        let ok = documents::status("OK");
        let apart = Duration::from_secs(45) / u32::try_from(self.connections.len()).unwrap();
        for _ in 0..37 {
            for at in 0..self.connections.len() {
                let until = self.now + apart;
                loop {
                    let deadline = self.poll().elapsed();
                    if deadline > until {
                        break;
                    }
                    self.now = deadline;
                    let nanoseconds = self.wake();
                    self.costs.due.add(nanoseconds, 1);
                }
                self.now = until;
                let nanoseconds = self.wake();
                self.costs.idle.add(nanoseconds, 1);
                let nanoseconds = self.say(self.connections[at].id, false, &ok, false);
                self.costs.heartbeat.add(nanoseconds, 1);
            }
        }
    }

    fn wake(&mut self) -> f64 {
        let (now, session) = (self.at(), &mut self.session);
        heap::counted(|| timed(self.clock, || session.handle_timeout(now))).1
    }

    /// Documents with one event each, for any subscription. They are written a few at a time, as they would come in.
    pub(crate) fn events(&mut self, count: usize) {
        const AT_A_TIME: usize = 128;
        for _ in 0..count.div_ceil(AT_A_TIME) {
            let documents: Vec<(RequestId, Vec<u8>)> = (0..AT_A_TIME)
                .map(|_| {
                    let number = self.below(self.place.len());
                    (self.connections[self.place[number]].id, documents::event(number, self.random))
                })
                .collect();
            let (now, session) = (self.at(), &mut self.session);
            let (events, nanoseconds) = heap::counted(|| {
                timed(self.clock, || {
                    let mut events = 0;
                    for (id, body) in &documents {
                        let mut input = &body[..];
                        while let Some(event) = session.next_event(*id, &mut input, now) {
                            black_box(event);
                            events += 1;
                        }
                    }
                    events
                })
            });
            assert_eq!(events, AT_A_TIME, "each event is delivered");
            self.costs.event.add(nanoseconds, AT_A_TIME);
        }
    }

    /// All connections end as they should, and are opened again.
    pub(crate) fn renew(&mut self) {
        let closed = documents::status("Closed");
        self.opened = 0;
        for connection in std::mem::take(&mut self.connections) {
            let nanoseconds = self.say(connection.id, false, &closed, true);
            self.costs.renew.add(nanoseconds, connection.members.len());
        }
        let live = self.told.live;
        self.answer_all();
        assert_eq!((self.told.live, self.told.gaps), (live, 0), "nobody notices");
        assert!(self.keys.iter().all(|key| self.session.is_live(*key)));
    }

    /// All connections break at once. The session waits, and opens them again.
    pub(crate) fn outage(&mut self) {
        self.opened = 0;
        let now = self.at();
        for connection in std::mem::take(&mut self.connections) {
            let session = &mut self.session;
            let ((), nanoseconds) = heap::counted(|| timed(self.clock, || session.handle_failure(connection.id, now)));
            self.costs.broken.add(nanoseconds, connection.members.len());
        }
        while self.told.gaps < self.keys.len() {
            let deadline = self.poll().elapsed();
            if self.asked.is_empty() {
                self.now = self.now.max(deadline);
                self.wake();
            }
            self.answer_all();
        }
        assert_eq!((self.told.lost, self.told.gaps), (self.keys.len(), self.keys.len()), "a gap for each");
        self.told.lost = 0;
        self.told.gaps = 0;
    }

    /// Unsubscribes everything.
    pub(crate) fn close(mut self) -> Costs {
        let (now, session) = (self.at(), &mut self.session);
        let ((), nanoseconds) = heap::counted(|| timed(self.clock, || session.close(now)));
        self.costs.close.add(nanoseconds, self.keys.len());
        self.answer_all();
        assert_eq!(self.told.closed, self.keys.len(), "all are closed");
        heap::counted(|| drop(self.session));
        self.costs
    }

    fn below(&mut self, end: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap() % end
    }
}

fn ids(body: &[u8]) -> impl Iterator<Item = &str> {
    let body = std::str::from_utf8(body).unwrap();
    body.split("<t:SubscriptionId>").skip(1).map(|rest| rest.split('<').next().unwrap())
}

/// What `work` took, in nanoseconds, `clock` of them for looking at the clock.
fn timed<R>(clock: f64, work: impl FnOnce() -> R) -> (R, f64) {
    let start = Clock::now();
    let result = work();
    (result, start.elapsed().as_nanos() as f64 - clock)
}

/// What looking at the clock takes: the least of many.
fn clock() -> f64 {
    (0..1000).map(|_| timed(0.0, || ()).1).fold(f64::INFINITY, f64::min)
}
