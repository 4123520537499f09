//! One run: session, network and server under one virtual clock, with a caller who does what callers do.

mod caller;
mod flight;

use self::flight::{Flight, retry_after};
use crate::network::{Network, Parcel};
use crate::plan::{Plan, Wish};
use crate::promise::Watch;
use core::time::Duration;
use ews_sim::{Fault, Head, Output as Reply, Rng, Server, event_number};
use ews_stream::Operation;
use ews_stream::session::{GapReason, Instant, Output, RequestId, Session, SessionEvent, SubscriptionKey};
use std::collections::{BTreeMap, BTreeSet};

/// How long nothing may go wrong any more before all must be live: the longest wait that this server asks for, the
/// longest back-off, the watchdogs, and the time after which a connection limit is tried again.
const CALM: Duration = Duration::from_secs(45 * 60);
/// How long an event may take on a healthy connection: gromox keeps pending ones for 45 s.
const ARRIVAL: Duration = Duration::from_secs(120);
/// How long it may take until each of five lanes has had its turn on one connection.
const ROUND: Duration = Duration::from_secs(20 * 60);
/// How many pieces without an event a session may read of one connection before it takes them for a flood: it allows 600
/// documents, and the network cuts some of them into a few pieces.
const MAX_IDLE_PIECES: u32 = 3_000;
/// Besides five for each subscription: after a break each is made anew, and a break may follow the other.
const MAX_REQUESTS_A_MINUTE: usize = 60;

/// What happened in a run, for the statistics.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) faults: BTreeMap<Fault, usize>,
    pub(crate) gaps: BTreeMap<String, usize>,
    pub(crate) delivered: usize,
    pub(crate) requests: usize,
    pub(crate) busiest_minute: usize,
    pub(crate) trace: Vec<String>,
}

pub(crate) struct World {
    plan: Plan,
    rng: Rng,
    now: Duration,
    server: Server,
    session: Session,
    network: Network,
    flights: BTreeMap<u64, Flight>,
    connections: u64,
    rivals: BTreeSet<u64>,
    watches: BTreeMap<SubscriptionKey, Watch>,
    wishes: BTreeMap<SubscriptionKey, Wish>,
    /// Events of the piece that is being read, judged when the session's outputs have been heard.
    fresh: Vec<(SubscriptionKey, u64, String)>,
    retries: Vec<(Duration, SubscriptionKey)>,
    renew_credentials: Option<Duration>,
    deadline: Duration,
    /// No request may be sent before: the server said so.
    rest_until: Duration,
    sends: Vec<Duration>,
    wakes: (Duration, u32),
    closing: Option<Duration>,
    closed: bool,
    told_full: bool,
    report: Report,
    tracing: bool,
}

type Verdict = Result<(), String>;

impl World {
    pub(crate) fn run(plan: Plan, tracing: bool) -> Result<Report, (String, Report)> {
        let mut world = Self::new(plan, tracing);
        let verdict = world.live();
        for record in world.server.faults() {
            *world.report.faults.entry(record.fault).or_default() += 1;
        }
        world.report.requests += world.sends.len();
        match verdict {
            Ok(()) => Ok(world.report),
            Err(what) => Err((format!("seed {}, {:?}: {what}", world.plan.seed, world.now), world.report)),
        }
    }

    fn new(plan: Plan, tracing: bool) -> Self {
        let mut rng = Rng::new(plan.seed);
        let network = Network::new(Rng::new(rng.bits()));
        let server = Server::new(plan.server(), rng.bits());
        let session = Session::new(plan.session(), rng.bits());
        Self {
            plan,
            rng,
            now: Duration::ZERO,
            server,
            session,
            network,
            flights: BTreeMap::new(),
            connections: 0,
            rivals: BTreeSet::new(),
            watches: BTreeMap::new(),
            wishes: BTreeMap::new(),
            fresh: vec![],
            retries: vec![],
            renew_credentials: None,
            deadline: Duration::ZERO,
            rest_until: Duration::ZERO,
            sends: vec![],
            wakes: (Duration::ZERO, 0),
            closing: None,
            closed: false,
            told_full: false,
            report: Report::default(),
            tracing,
        }
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if self.tracing {
            self.report.trace.push(format!("{:>12.3} {}", self.now.as_secs_f64(), line()));
        }
    }

    /// The whole of a run: chaos, calm, a probe of everything that is watched, and the end.
    fn live(&mut self) -> Verdict {
        for wish in self.plan.wishes.clone() {
            self.subscribe(wish, None, None);
        }
        self.chaos()?;
        self.server.config_mut().faults.clear();
        let calm = self.now + CALM;
        // a last batch of changes, to be told of whatever happens now
        self.change_all();
        self.pass(calm)?;
        let crowded = self.plan.crowded();
        self.all_live(crowded)?;
        self.change_all();
        let probe = self.now + if crowded { ROUND } else { ARRIVAL };
        self.pass(probe)?;
        for (key, watch) in &mut self.watches {
            if watch.leaving.is_none() {
                let history = self.server.history(&watch.user);
                watch.settled(history, self.plan.style).map_err(|what| format!("{key:?}: {what}"))?;
            }
        }
        self.finish()
    }

    /// Each is live, or between two connections for a moment.
    fn all_live(&mut self, crowded: bool) -> Verdict {
        let mut missing: Vec<_> = self.watches.keys().copied().filter(|_| !crowded).collect();
        for _ in 0..60 {
            missing.retain(|key| {
                self.watches.get(key).is_some_and(|w| w.leaving.is_none()) && !self.session.is_live(*key)
            });
            let step = self.now + Duration::from_secs(1);
            self.pass(step)?;
        }
        if let Some(key) = missing.first() {
            return Err(format!("{key:?} is not live after all has been well for {CALM:?}"));
        }
        let waits = |key, watch: &Watch| watch.lost && self.session.is_live(key);
        match self.watches.iter().find(|(key, watch)| waits(**key, watch)) {
            Some((key, _)) => Err(format!("{key:?} was told Lost, and no Gap has followed")),
            None => Ok(()),
        }
    }

    fn chaos(&mut self) -> Verdict {
        let end = self.plan.chaos;
        while self.now < end {
            let pace = self.plan.pace.as_millis() as u64 / self.plan.users.len() as u64;
            let pause = Duration::from_millis(self.rng.range(0, 2 * pace.max(1)));
            let until = (self.now + pause).min(end);
            self.pass(until)?;
            let user = self.rng.range(0, self.plan.users.len() as u64) as usize;
            let user = self.plan.users[user].clone();
            let burst = if self.rng.chance(10) { 130 } else { 1 };
            for _ in 0..burst {
                self.server.change_at_random(&user, self.now);
            }
            self.note(|| format!("{burst} changes in the mailbox of {user}"));
            if self.plan.restless && self.rng.chance(30) {
                self.fidget();
            }
            if self.plan.rivals && self.rng.chance(30) {
                self.rival();
            }
            if self.plan.process_restarts && self.rng.chance(15) {
                self.restart_process();
            }
        }
        Ok(())
    }

    fn change_all(&mut self) {
        for user in self.plan.users.clone() {
            for _ in 0..3 {
                self.server.change(&user, ews_sim::Change::DeliverMail, self.now);
            }
        }
        self.note(|| "mail for everybody".into());
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    fn pass(&mut self, until: Duration) -> Verdict {
        loop {
            self.server_speaks();
            self.hear()?;
            let due = [Some(self.deadline), self.network.next(), self.server.next_deadline(), self.renew_credentials];
            let due = due.into_iter().flatten().chain(self.retries.iter().map(|(at, _)| *at)).min().unwrap_or(until);
            if due > until {
                self.now = until;
                return Ok(());
            }
            self.now = self.now.max(due);
            self.no_endless_loop()?;
            if self.deadline <= self.now {
                self.session.handle_timeout(at(self.now));
            }
            if self.renew_credentials.is_some_and(|due| due <= self.now) {
                self.renew_credentials = None;
                self.note(|| "credentials renewed".into());
                self.session.credentials_renewed(at(self.now));
            }
            while let Some(index) = self.retries.iter().position(|(due, _)| *due <= self.now) {
                let (_, key) = self.retries.swap_remove(index);
                self.note(|| format!("retry {key:?}"));
                self.session.retry(key, at(self.now));
            }
            while let Some(parcel) = self.network.pop(self.now) {
                self.deliver(parcel)?;
                self.hear()?;
            }
            self.watchdogs()?;
        }
    }

    fn no_endless_loop(&mut self) -> Verdict {
        self.wakes = if self.wakes.0 == self.now { (self.now, self.wakes.1 + 1) } else { (self.now, 0) };
        if self.wakes.1 > 20_000 { Err("time stands still".into()) } else { Ok(()) }
    }

    /// No connection may be kept on which nothing is heard, and none for ever.
    fn watchdogs(&self) -> Verdict {
        let whole = Duration::from_secs(u64::from(self.plan.minutes) * 60 + 61);
        for (connection, flight) in self.flights.iter().filter(|(_, flight)| flight.stream) {
            if self.now > flight.sent + whole || self.now > flight.heard + Duration::from_secs(121) {
                return Err(format!("connection {connection} should have been given up: {flight:?}"));
            }
        }
        Ok(())
    }

    fn server_speaks(&mut self) {
        for output in self.server.poll(self.now) {
            if self.rivals.contains(&output.connection()) {
                continue;
            }
            self.note(|| match &output {
                Reply::Body { connection, bytes } => {
                    format!("  server {connection}: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(3000)]))
                }
                other => format!("  server {other:?}"),
            });
            self.network.send_down(output, self.now);
        }
    }

    fn deliver(&mut self, parcel: Parcel) -> Verdict {
        match parcel {
            Parcel::Request { connection, head, body } => {
                self.server.request(connection, &head, &body, self.now);
                self.server_speaks();
            }
            Parcel::Hangup { connection } => self.server.connection_lost(connection, self.now),
            Parcel::Answer(reply) => {
                let connection = reply.connection();
                let Some(flight) = self.flights.get_mut(&connection) else { return Ok(()) };
                flight.heard = self.now;
                let (id, now) = (flight.id, at(self.now));
                match &reply {
                    Reply::Head { headers, .. } => flight.retry_after = retry_after(headers),
                    Reply::Body { bytes, .. } => {
                        let keep = flight.tail.len().saturating_sub(2_000);
                        flight.tail = flight.tail.chars().skip(keep).collect();
                        let wait = flight.back_off(bytes);
                        self.asked_to_rest(wait);
                    }
                    Reply::End { .. } => {
                        let wait = flight.retry_after;
                        self.asked_to_rest(wait);
                    }
                    Reply::Broken { .. } => {}
                }
                match reply {
                    Reply::Head { status, headers, .. } => {
                        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                        self.session.handle_head(id, status, headers, now);
                    }
                    Reply::Body { bytes, .. } => self.read(connection, id, &bytes)?,
                    Reply::End { .. } => {
                        self.flights.remove(&connection);
                        self.session.handle_end(id, now);
                    }
                    Reply::Broken { .. } => {
                        self.flights.remove(&connection);
                        self.session.handle_failure(id, now);
                    }
                }
            }
        }
        Ok(())
    }

    fn asked_to_rest(&mut self, wait: Option<Duration>) {
        if let Some(wait) = wait {
            self.note(|| format!("the server asks for {wait:?} of rest"));
            self.rest_until = self.rest_until.max(self.now + wait);
        }
    }

    fn read(&mut self, connection: u64, id: RequestId, bytes: &[u8]) -> Verdict {
        let mut input = bytes;
        let before = self.report.delivered;
        while let Some((key, event)) = self.session.next_event(id, &mut input, at(self.now)) {
            let target = event.item_id().map(|id| id.id()).or_else(|| event.folder_id().map(|id| id.id()));
            let Some(number) = target.and_then(event_number) else {
                return Err(format!("an event without a number: {event:?}"));
            };
            self.fresh.push((key, number, event.timestamp().unwrap_or_default().to_owned()));
            self.report.delivered += 1;
        }
        if let Some(flight) = self.flights.get_mut(&connection) {
            flight.idle = if self.report.delivered > before { 0 } else { flight.idle + 1 };
            if flight.idle > MAX_IDLE_PIECES {
                return Err(format!("connection {connection} floods, and is still being read"));
            }
        }
        if input.is_empty() { Ok(()) } else { Err("next_event has left input".into()) }
    }

    // ---- the session's outputs ----------------------------------------------------------------------------------

    /// Hears all that the session has to say, then judges what was delivered.
    fn hear(&mut self) -> Verdict {
        for _ in 0..10_000 {
            match self.session.poll_output(at(self.now)) {
                Output::Send(request) => {
                    let (id, operation) = (request.id(), request.operation());
                    let mut head = Head::post();
                    for (name, value) in request.headers() {
                        head = head.header(name, value);
                    }
                    let body = request.body().to_vec();
                    self.send(id, operation, head, body)?;
                }
                Output::Cancel(id) => {
                    let found = self.flights.iter().find(|(_, flight)| flight.id == id).map(|(c, _)| *c);
                    if let Some(connection) = found {
                        self.note(|| format!("cancel {connection}"));
                        self.flights.remove(&connection);
                        self.network.send_up(connection, Parcel::Hangup { connection }, self.now);
                    }
                }
                Output::Event(event) => {
                    self.note(|| format!("{event:?}"));
                    self.told(event)?;
                }
                Output::Timeout(at) => {
                    self.deadline = at.elapsed();
                    if self.deadline <= self.now {
                        return Err(format!("wants to be woken at {:?}, which is past", self.deadline));
                    }
                    let waits = self.closed || self.renew_credentials.is_some() || !self.flights.is_empty();
                    let asleep = self.watches.values().all(|watch| watch.aside);
                    if self.deadline == Duration::MAX && !waits && !asleep {
                        return Err("stuck: nothing in flight, no deadline, and not closed".into());
                    }
                    return self.judge();
                }
            }
        }
        Err("poll_output never comes to rest".into())
    }

    fn send(&mut self, id: RequestId, operation: Option<Operation>, head: Head, body: Vec<u8>) -> Verdict {
        self.connections += 1;
        let connection = self.connections;
        self.note(|| format!("send {connection} {operation:?} {}", String::from_utf8_lossy(&body)));
        if self.closed {
            return Err("a request after SessionClosed".into());
        }
        if self.now < self.rest_until {
            return Err(format!("a request although the server asked for rest until {:?}", self.rest_until));
        }
        if self.renew_credentials.is_some() {
            return Err("a request although the credentials are refused".into());
        }
        let stream = operation == Some(Operation::GetStreamingEvents);
        self.flights.insert(
            connection,
            Flight { id, stream, sent: self.now, heard: self.now, idle: 0, retry_after: None, tail: String::new() },
        );
        let open = self.flights.values().filter(|flight| flight.stream).count();
        if open > self.plan.slots as usize {
            return Err(format!("{open} hanging connections, {} are allowed", self.plan.slots));
        }
        let ids = body.windows(18).filter(|window| window == b"</t:SubscriptionId").count();
        if stream && !(1..=200).contains(&ids) {
            return Err(format!("{ids} ids in one request"));
        }
        self.sends.push(self.now);
        let minute = self.now.saturating_sub(Duration::from_secs(60));
        let busy = self.sends.iter().rev().take_while(|sent| **sent > minute).count();
        self.report.busiest_minute = self.report.busiest_minute.max(busy);
        if busy > MAX_REQUESTS_A_MINUTE + 5 * self.wishes.len() {
            return Err(format!("{busy} requests within a minute"));
        }
        self.network.send_up(connection, Parcel::Request { connection, head, body }, self.now);
        Ok(())
    }

    fn told(&mut self, event: SessionEvent) -> Verdict {
        let now = self.now;
        match event {
            SessionEvent::Live(key) => {
                let Some(watch) = self.watches.get_mut(&key) else { return Err(format!("Live of unknown {key:?}")) };
                if watch.synced.replace(now).is_some() {
                    return Err(format!("{key:?} went live for the first time twice"));
                }
                watch.aside = false;
            }
            SessionEvent::Gap { key, reason, last_timestamp } => {
                *self.report.gaps.entry(format!("{reason:?}")).or_default() += 1;
                // no slot is left for what the caller has added meanwhile, or for those whose Subscribes took too long
                let late = self.plan.restless || self.plan.wishes.len() > 200;
                let allowed = reason == GapReason::Repacked && late;
                if self.plan.peaceful && !allowed {
                    return Err(format!("a gap of {key:?} without a fault: {reason:?}"));
                }
                let Some(watch) = self.watches.get_mut(&key) else { return Err(format!("Gap of unknown {key:?}")) };
                if watch.synced.is_none() && watch.leaving.is_none() {
                    return Err(format!("a gap of {key:?}, which was never live"));
                }
                watch.synced = Some(now);
                (watch.lost, watch.aside) = (false, false);
                let seen = self.fresh.iter().rev().find(|(other, ..)| *other == key).map(|(_, _, time)| time);
                let seen = seen.or(watch.last_timestamp.as_ref());
                // the gap may have been found before the last events of the same piece
                if self.fresh.is_empty() && last_timestamp.as_ref() != seen {
                    return Err(format!("{key:?}: last seen {seen:?}, but the gap says {last_timestamp:?}"));
                }
            }
            SessionEvent::Lost { key, .. } => {
                let Some(watch) = self.watches.get_mut(&key) else { return Err(format!("Lost of unknown {key:?}")) };
                watch.lost = true;
            }
            SessionEvent::Failed { key, reason, code } => {
                return Err(format!("{key:?} failed: {reason:?} {code:?}"));
            }
            SessionEvent::TakenOver(key) | SessionEvent::Rediscover(key) => {
                if let Some(watch) = self.watches.get_mut(&key) {
                    watch.aside = true;
                }
                let wait = Duration::from_millis(self.rng.range(0, 200_000));
                self.retries.push((now + wait, key));
            }
            SessionEvent::AuthenticationRequired { .. } => {
                let wait = Duration::from_millis(self.rng.range(0, 120_000));
                self.renew_credentials = Some(now + wait);
            }
            SessionEvent::Throttled { until } | SessionEvent::BackingOff { until, everything: true, .. } => {
                self.rest_until = self.rest_until.max(until.elapsed());
            }
            SessionEvent::Closed(key) => {
                let Some(watch) = self.watches.remove(&key) else { return Err(format!("{key:?} was closed twice")) };
                if watch.leaving.is_none() && self.closing.is_none() {
                    return Err(format!("{key:?} was closed unasked"));
                }
            }
            SessionEvent::SessionClosed => self.closed = true,
            SessionEvent::TooManyConnections { .. } => self.told_full = true,
            _ => {}
        }
        Ok(())
    }

    fn judge(&mut self) -> Verdict {
        let twice = self.plan.faults.iter().any(|(fault, _)| *fault == Fault::DuplicateEvents);
        for (key, number, timestamp) in core::mem::take(&mut self.fresh) {
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            watch.last_timestamp = Some(timestamp);
            if watch.leaving.is_some() {
                continue;
            }
            let history = self.server.history(&watch.user);
            watch
                .delivered(number, history, self.plan.style, twice)
                .map_err(|what| format!("{key:?} of {}: {what}", watch.user))?;
        }
        let late = |watch: &Watch| watch.leaving.is_some_and(|since| self.now > since + Duration::from_secs(600));
        match self.watches.iter().find(|(_, watch)| late(watch)) {
            Some((key, _)) => Err(format!("{key:?} was unsubscribed ten minutes ago and is still there")),
            None => Ok(()),
        }
    }
}

fn at(now: Duration) -> Instant {
    Instant::since_origin(now)
}
