//! Keeps mailboxes watched: what to send, when, and what it means when nothing comes. Depends on the notification and
//! request layers; nothing in the crate depends on it.
//!
//! A [`Session`] is one EWS endpoint and one identity, with any number of subscriptions. It opens no socket, reads no
//! clock and starts no thread:
//!
//! **Call `poll_output` until it returns `Timeout`, then hand in what happened (`handle_*`, `next_event` until `None`),
//! and begin again; each time with a `now` that does not go back.**
//!
//! Calls that name a request or subscription that is no more change nothing: answers may be late. How to write the rest of a
//! client is in the guides: [a driver](crate::guide::driver), [many mailboxes](crate::guide::many_mailboxes), [after a
//! gap](crate::guide::after_a_gap).
//!
//! What becomes of a subscription, and what the caller is told:
//!
//! ```text
//!  subscribe ──► being made ──► waits for a connection ──► Live ─┐
//!                    ▲                     ▲                     │ clean end: nothing is told
//!                    │                     ├─────────────────────┤
//!                    │                     │ Lost: it broke, then Gap when it is live again
//!                    └─────────────────────┴─────────────────────┘
//!                      Lost: the id is no good, then Gap when it is live again
//!
//!  Failed, TakenOver, Rediscover: set aside until `retry` or `unsubscribe`
//!  unsubscribe, close: Closed, once the server was told, or could not be for a minute
//! ```
//!
//! ```
//! use core::time::Duration;
//! use ews_stream::request::{DistinguishedFolder, EventTypes};
//! use ews_stream::session::{Config, Instant, Output, Session, SessionEvent, Subscription};
//! use ews_stream::Operation;
//!
//! # const E: &str = "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>";
//! # const M: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
//! # const T: &str = "http://schemas.microsoft.com/exchange/services/2006/types";
//! # fn answer(operation: &str, content: &str) -> Vec<u8> {
//! #     format!("{E}<{operation}Response xmlns='{M}' xmlns:t='{T}'><ResponseMessages><{operation}ResponseMessage \
//! #         ResponseClass='Success'><ResponseCode>NoError</ResponseCode>{content}</{operation}ResponseMessage>\
//! #         </ResponseMessages></{operation}Response></Body></Envelope>").into_bytes()
//! # }
//! # fn reply(operation: Option<Operation>) -> Vec<u8> {
//! #     match operation {
//! #         Some(Operation::Subscribe) => answer("Subscribe", "<SubscriptionId>an-id-of-more-than-24-characters</SubscriptionId>"),
//! #         Some(Operation::GetStreamingEvents) => answer("GetStreamingEvents",
//! #             "<Notifications><Notification><t:SubscriptionId>an-id-of-more-than-24-characters</t:SubscriptionId>\
//! #              <t:NewMailEvent><t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id='AAMk'/></t:NewMailEvent>\
//! #              </Notification></Notifications>"),
//! #         _ => answer("Unsubscribe", ""),
//! #     }
//! # }
//! let mut session = Session::new(Config::default(), 42); // the seed: any number, another for each session
//! let inbox = session.subscribe(Subscription::new().folder(DistinguishedFolder::Inbox).events(EventTypes::NEW_MAIL));
//!
//! let mut now = Instant::since_origin(Duration::ZERO);
//! let mut mails = 0;
//! let mut answers = std::collections::VecDeque::new(); // what the network brings
//! 'watch: loop {
//!     let deadline = loop {
//!         match session.poll_output(now) {
//!             Output::Send(request) => answers.push_back((request.id(), reply(request.operation()))),
//!             Output::Cancel(id) => answers.retain(|(other, _)| *other != id),
//!             Output::Event(SessionEvent::SessionClosed) => break 'watch,
//!             Output::Event(event) => println!("{event:?}"),
//!             Output::Timeout(at) => break at,
//!         }
//!     };
//!     match answers.pop_front() {
//!         Some((id, body)) => {
//!             session.handle_head(id, 200, [("Content-Type", &b"text/xml"[..])], now);
//!             let mut input = &body[..];
//!             while let Some((key, event)) = session.next_event(id, &mut input, now) {
//!                 assert_eq!(key, inbox);
//!                 assert_eq!(event.timestamp(), Some("2026-03-05T09:14:01Z"));
//!                 mails += 1;
//!             }
//!             // session.handle_end(id, now) at the body's end, session.handle_failure(id, now) if it breaks
//!             if mails == 1 {
//!                 session.close(now);
//!             }
//!         }
//!         None => {
//!             now = deadline; // nothing came until then
//!             session.handle_timeout(now);
//!         }
//!     }
//! }
//! assert_eq!(mails, 1);
//! ```

mod affinity;
mod backoff;
mod config;
mod connection;
mod document;
mod ending;
mod errors;
mod event;
mod http;
#[cfg(feature = "http")]
mod http_types;
mod ids;
mod lanes;
mod output;
mod planner;
mod receive;
mod rest;
mod slots;
mod subscription;
mod time;
mod timers;
mod trace;
mod transition;

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;

use self::affinity::{Lane, LaneName};
use self::backoff::Random;
use self::connection::{Flight, Kind};
use self::output::Draft;
use self::subscription::{Record, Table};
use self::timers::Timers;
use self::transition::{Input, Phase, State};
use crate::NotificationParser;
use crate::request::Text;

pub use affinity::Group;
pub use config::{Config, SuspectIds};
pub use event::{FailureReason, GapReason, RequestId, SessionEvent, SubscriptionKey};
pub use output::{Output, Request};
pub use subscription::Subscription;
pub use time::Instant;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// Only to wake up: sending is allowed again.
    Rest,
    Flight(RequestId),
    /// An answer is complete, but its body goes on.
    Lingering(RequestId),
    Subscription(SubscriptionKey),
    Lane(usize),
    /// One connection more may be allowed again.
    Slots,
    /// A connection may be given up again.
    Repack,
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Closing,
    Closed,
}

/// One EWS endpoint and one identity, kept watched. See the [module](self).
#[derive(Debug)]
pub struct Session {
    config: Config,
    random: Random,
    hash_seed: u64,
    now: Instant,
    /// What a caller's clock said, in seconds since 1970, and when.
    wall_clock: Option<(u64, Instant)>,
    table: Table,
    /// Ids in use, by hash.
    ids: BTreeSet<(u64, SubscriptionKey)>,
    lanes: Vec<Lane>,
    /// Those of which nothing is left.
    free_lanes: Vec<usize>,
    lane_names: BTreeMap<LaneName, usize>,
    flights: BTreeMap<RequestId, Flight>,
    /// Requests that were answered, and whose bodies have not ended yet.
    lingering: BTreeSet<RequestId>,
    parsers: Vec<NotificationParser>,
    timers: Timers<Timer>,
    outbox: VecDeque<Output<'static>>,
    draft: Draft,
    next_request: u64,

    to_subscribe: VecDeque<SubscriptionKey>,
    to_unsubscribe: VecDeque<SubscriptionKey>,
    /// Lanes, as their [`Place`] says.
    ready: VecDeque<usize>,
    holding: VecDeque<usize>,
    /// By their tickets: who came first is served first.
    starved: BTreeMap<u64, usize>,
    next_ticket: u64,
    streams: u32,
    /// Of them: those that have spoken, and those that were not opened for a turn only.
    promoted: u32,
    long_streams: u32,
    /// How many lanes have more than one.
    lanes_with_more: u32,
    subscribing: u32,
    short_requests: u32,
    /// How many hanging connections are allowed now, and how many would serve all at once.
    max_connections: u32,
    needed_connections: u32,
    told_full: bool,
    /// When one connection more is tried, and before when none is given up for another lane.
    one_more_at: Instant,
    repack_after: Instant,

    paused: bool,
    refused_again: bool,
    /// The first request with the credentials that hold now.
    renewed_from: u64,
    /// How often they were renewed since something was accepted.
    renewals: u32,
    rest_until: Instant,
    /// No connection is opened before: the server has to notice first that another was given up for it.
    streams_from: Instant,
    failures: u32,
    /// How many requests ended in the dark: after each, the server may have started anew.
    breaks: u32,
    last_break: Instant,
    end: End,
}

impl Session {
    /// A session without subscriptions. `seed`: for the spread of its waits; sessions of one program need different ones.
    #[must_use]
    pub fn new(config: Config, seed: u64) -> Self {
        Self {
            max_connections: config.max_connections.max(1),
            config,
            random: Random::new(seed),
            hash_seed: seed,
            now: Instant::default(),
            wall_clock: None,
            table: Table::default(),
            ids: BTreeSet::new(),
            lanes: Vec::new(),
            free_lanes: Vec::new(),
            lane_names: BTreeMap::new(),
            flights: BTreeMap::new(),
            lingering: BTreeSet::new(),
            parsers: Vec::new(),
            timers: Timers::new(),
            outbox: VecDeque::new(),
            draft: Draft::default(),
            next_request: 0,
            to_subscribe: VecDeque::new(),
            to_unsubscribe: VecDeque::new(),
            ready: VecDeque::new(),
            holding: VecDeque::new(),
            starved: BTreeMap::new(),
            next_ticket: 0,
            streams: 0,
            promoted: 0,
            long_streams: 0,
            lanes_with_more: 0,
            subscribing: 0,
            short_requests: 0,
            needed_connections: 0,
            told_full: false,
            one_more_at: Instant::default(),
            repack_after: Instant::default(),
            paused: false,
            refused_again: false,
            renewed_from: 0,
            renewals: 0,
            rest_until: Instant::default(),
            streams_from: Instant::default(),
            failures: 0,
            breaks: 0,
            last_break: Instant::default(),
            end: End::Open,
        }
    }

    // ---- commands -----------------------------------------------------------------------------------------------

    /// Watches something more. In a session that is being closed, its `Closed` event is all that comes of it.
    pub fn subscribe(&mut self, mut wanted: Subscription) -> SubscriptionKey {
        let name = LaneName::of(wanted.group.as_ref(), wanted.impersonation.as_ref());
        let lane = match self.lane_names.get(&name) {
            Some(lane) => *lane,
            None => self.add_lane(name, &wanted),
        };
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.count = lane.count.saturating_add(1);
        }
        self.serve(lane, true);
        let resumed = wanted.resume.take();
        let key = self.table.insert(Record {
            wanted,
            state: State::NEW,
            id: None,
            vouched: 0,
            lane,
            flight: None,
            dropped: None,
            last_timestamp: String::new(),
            not_before: Instant::default(),
            live_since: Instant::default(),
            heard: Instant::default(),
            attempts: 0,
            taken_over: false,
            gap_waits: false,
        });
        if self.end != End::Open {
            self.apply(key, Input::Unsubscribe { has_id: false });
            return key;
        }
        match resumed.filter(|id| self.holder(id.as_str()).is_none()) {
            Some(id) => {
                self.set_id(key, id, self.breaks);
                if let Some(record) = self.table.get_mut(key) {
                    record.state = State::RESUMED;
                }
                self.wants_connection(key);
            }
            None => self.to_subscribe.push_back(key),
        }
        self.sweep();
        key
    }

    /// Ends a subscription, on the server too. Its `Closed` event is the last that is heard of it.
    pub fn unsubscribe(&mut self, key: SubscriptionKey, now: Instant) {
        self.advance(now);
        let Some(record) = self.table.get(key) else { return };
        // whoever has taken it over still needs it
        let has_id = record.id.is_some() && !record.taken_over;
        self.apply(key, Input::Unsubscribe { has_id });
    }

    /// Takes up a subscription again that was set aside (`Failed`, `TakenOver`, `Rediscover`). Any other stays as it is.
    pub fn retry(&mut self, key: SubscriptionKey, now: Instant) {
        self.advance(now);
        let Some(record) = self.table.get_mut(key) else { return };
        record.taken_over = false;
        let has_id = record.id.is_some();
        self.apply(key, Input::Retry { has_id });
    }

    /// The credentials were renewed: go on after `AuthenticationRequired`.
    pub fn credentials_renewed(&mut self, now: Instant) {
        self.advance(now);
        self.paused = false;
        self.renewed_from = self.next_request;
        self.renewals = self.renewals.saturating_add(1);
        // renewed before the caller was asked to
        self.outbox.retain(|output| !matches!(output, Output::Event(SessionEvent::AuthenticationRequired { .. })));
    }

    /// Unsubscribes everything. `SessionClosed` says when it is done: as soon as the server has answered, at the latest
    /// after the configured limit.
    pub fn close(&mut self, now: Instant) {
        self.advance(now);
        if self.end != End::Open {
            return;
        }
        self.end = End::Closing;
        self.timers.set(self.now.after(self.config.close_timeout), Timer::Close);
        for key in self.table.keys() {
            self.unsubscribe(key, now);
        }
    }

    /// What the clock on the wall says, in seconds since 1970: only for a `Retry-After` that is a date, from a server
    /// that sends no `Date`.
    pub fn set_wall_clock(&mut self, seconds: u64, now: Instant) {
        self.advance(now);
        self.wall_clock = Some((seconds, self.now));
    }

    // ---- getters ------------------------------------------------------------------------------------------------

    /// The server's id of a subscription, to be stored and [resumed](Subscription::resume). It changes when the subscription is
    /// made anew: ask after each `Live` and `Gap`. `None`: it has none now.
    #[must_use]
    pub fn subscription_id(&self, key: SubscriptionKey) -> Option<&str> {
        self.table.get(key)?.id.as_ref().map(Text::as_str)
    }

    /// What keeps a subscription's group on its mailbox server, to be stored beside the id and
    /// [handed in again](Group::resume).
    #[must_use]
    pub fn group_cookie(&self, key: SubscriptionKey) -> Option<&str> {
        self.lanes.get(self.table.get(key)?.lane)?.cookie.as_deref()
    }

    /// Whether events of the subscription are arriving.
    #[must_use]
    pub fn is_live(&self, key: SubscriptionKey) -> bool {
        self.table.get(key).is_some_and(|record| record.state.phase == Phase::Live)
    }

    /// How many hanging connections there are.
    #[must_use]
    pub const fn connections(&self) -> u32 {
        self.streams
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    /// Time has passed. Calls without need do nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
    }

    /// Takes over the time, never backwards, and does what has become due.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now.min(Instant::LAST));
        while let Some((at, timer)) = self.timers.next() {
            if at > self.now {
                break;
            }
            self.timers.pop();
            match timer {
                Timer::Rest => {}
                Timer::Flight(id) => match self.flights.get_mut(&id) {
                    Some(flight) if flight.wakes != at => {} // a sooner one took its place
                    Some(flight) if flight.deadline > self.now => {
                        flight.wakes = flight.deadline;
                        self.timers.set(flight.deadline, timer);
                    }
                    Some(_) => self.overdue(id),
                    None => {}
                },
                Timer::Lingering(id) => {
                    if self.lingering.remove(&id) {
                        self.outbox.push_back(Output::Cancel(id));
                    }
                }
                Timer::Subscription(key) => self.subscription_due(key),
                Timer::Lane(lane) => self.lane_due(lane),
                Timer::Slots => self.one_slot_more(at),
                Timer::Repack => self.wake_a_starved_one(false),
                Timer::Close => self.give_up(),
            }
        }
    }

    /// Wakes up at the request's deadline, if not sooner: however often a server moves it, one timer at a time is live.
    fn watch(&mut self, id: RequestId) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        if flight.deadline < flight.wakes {
            flight.wakes = flight.deadline;
            self.timers.set(flight.deadline, Timer::Flight(id));
        }
    }

    fn subscription_due(&mut self, key: SubscriptionKey) {
        // one that was set before may come up as well
        let due = self.table.get(key).filter(|record| record.not_before <= self.now);
        match due.map(|record| record.state.phase) {
            Some(Phase::Wanted) => self.to_subscribe.push_back(key),
            Some(Phase::Idle) => self.wants_connection(key),
            Some(Phase::Leaving) => self.apply(key, Input::Unsubscribed),
            _ => {}
        }
    }

    /// The time for closing is over.
    fn give_up(&mut self) {
        let flights: Vec<_> = self.flights.keys().copied().collect();
        for id in flights {
            self.take_flight(id, true);
        }
        for key in self.table.keys() {
            self.apply(key, Input::Unsubscribed);
        }
    }

    // ---- subscriptions ------------------------------------------------------------------------------------------

    /// The one place where a transition takes effect.
    fn apply(&mut self, key: SubscriptionKey, input: Input) {
        let Some(record) = self.table.get_mut(key) else { return };
        if input == Input::Missed && record.gap_waits {
            return; // the caller has not even heard of the one before, which covers it
        }
        let before = record.state;
        let (state, effects) = transition::next(before, input);
        trace::transition(key, before.phase, input, state.phase);
        record.state = state;
        let lane = record.lane;
        let mut emptied = None;
        if effects.leave_connection
            && let Some(id) = record.flight.take()
            && let Some(flight) = self.flights.get_mut(&id)
            && let Kind::Stream(stream) = &mut flight.kind
        {
            stream.alive = stream.alive.saturating_sub(1);
            stream.parted |= effects.queue_unsubscribe;
            emptied = (stream.alive == 0).then_some(id);
        }
        if effects.leave_connection {
            if before.phase == Phase::Live {
                record.heard = self.now;
            }
            if matches!(input, Input::Broken(_)) {
                record.dropped = Some(self.now);
            }
        }
        if input == Input::Spoke && before.phase != state.phase {
            record.live_since = self.now;
        }
        let told = effects.gap.is_some() && !record.last_timestamp.is_empty();
        let last = told.then(|| record.last_timestamp.clone());
        if effects.forget_id || effects.closed {
            self.forget_id(key);
        }
        if before.gap.is_none()
            && let Some(reason) = state.gap
            && before.phase != state.phase
            && state.phase != Phase::Parked
        {
            self.tell(SessionEvent::Lost { key, reason });
        }
        if effects.live {
            self.tell(SessionEvent::Live(key));
        }
        if let Some(reason) = effects.gap {
            if let Some(record) = self.table.get_mut(key) {
                record.gap_waits = true;
            }
            self.tell(SessionEvent::Gap { key, reason, last_timestamp: last });
        }
        if before.phase.is_served() != state.phase.is_served() {
            self.serve(lane, state.phase.is_served());
        }
        if effects.closed {
            self.remove(key);
            self.tell(SessionEvent::Closed(key));
        }
        if effects.queue_subscribe || effects.queue_connection {
            match self.table.get(key).map(|record| record.not_before) {
                Some(at) if at > self.now => self.timers.set(at, Timer::Subscription(key)),
                _ if effects.queue_subscribe => self.to_subscribe.push_back(key),
                _ => self.wants_connection(key),
            }
        }
        if effects.queue_unsubscribe {
            let at = self.now.after(self.config.request_timeout);
            if let Some(record) = self.table.get_mut(key) {
                record.not_before = at; // not answered until then: it is left to die by itself
                record.attempts = 0;
            }
            self.timers.set(at, Timer::Subscription(key));
            self.to_unsubscribe.push_back(key);
        }
        if let Some(id) = emptied {
            self.take_flight(id, true); // nobody reads it any more
        }
    }

    fn tell(&mut self, event: SessionEvent) {
        trace::told(&event);
        self.outbox.push_back(Output::Event(event));
    }
}
