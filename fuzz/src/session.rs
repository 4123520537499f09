//! Target `session`: calls in any order, for requests and subscriptions that are or are no more, answers of every kind, and
//! a clock that jumps. The session must come to rest each time, never be stuck, keep its limits, and grow no further than
//! its subscriptions ask for.

use super::choices::Choices;
use super::heap;
use core::fmt::Write as _;
use core::time::Duration;
use ews_stream::Operation;
use ews_stream::request::{ConnectionTimeout, DistinguishedFolder, Impersonation, Text};
use ews_stream::session::{
    Config, Group, Instant, Output, RequestId, Session, SessionEvent, Subscription, SubscriptionKey, SuspectIds,
};
use std::collections::{BTreeMap, BTreeSet};

const STATUSES: [u16; 16] = [200, 200, 200, 200, 500, 503, 401, 429, 302, 404, 403, 440, 408, 451, 204, 99];
const CODES: [&str; 16] = [
    "ErrorInvalidSubscription",
    "ErrorServerBusy",
    "ErrorSubscriptionNotFound",
    "ErrorMissedNotificationEvents",
    "ErrorNewEventStreamConnectionOpened",
    "ErrorExceededConnectionCount",
    "ErrorExceededSubscriptionCount",
    "ErrorMailboxMoveInProgress",
    "ErrorAccessDenied",
    "ErrorMailboxStoreUnavailable",
    "ErrorInternalServerError",
    "ErrorNobodyKnowsThis",
    "",
    "ErrorInternalServerTransientError",
    "ErrorExpiredSubscription",
    "ErrorSchemaValidation",
];
/// A subscription costs this much, with its id, timers and queues; two of its requests may be in flight.
const EACH: usize = 6 * 1024;
/// Connections, their parsers and what these hold back.
const FIXED: usize = 640 * 1024;
const SLOTS: u32 = 3;
const END_OF_TIME: Duration = Duration::from_secs(1 << 40);

struct Known {
    id: RequestId,
    operation: Operation,
    /// The ids it asks for.
    ids: Vec<String>,
    open: bool,
}

struct World {
    session: Session,
    now: Duration,
    known: Vec<Known>,
    keys: Vec<SubscriptionKey>,
    /// Those that are not closed, and whether they are set aside.
    here: BTreeMap<SubscriptionKey, bool>,
    gone: BTreeSet<SubscriptionKey>,
    paused: bool,
    closing: bool,
    closed: bool,
    given: u32,
}

/// Runs one sequence of calls.
///
/// # Panics
/// When the session breaks one of its rules.
pub fn session(data: &[u8]) {
    let mut made = 0;
    let peak = heap::peak_of(|| made = run(data));
    assert!(peak <= FIXED + made * EACH, "{peak} bytes for {made} subscriptions");
}

fn run(data: &[u8]) -> usize {
    let mut choices = Choices::new(data);
    let suspects = choices.of(&[SuspectIds::RenewShort, SuspectIds::Trust, SuspectIds::Renew]);
    let minutes = choices.of(&[30, 1]);
    let config = Config::default()
        .with_suspect_ids(suspects)
        .with_max_connections(SLOTS)
        .with_connection_timeout(ConnectionTimeout::minutes(minutes).unwrap());
    let mut world = World {
        session: Session::new(config, choices.below(256) as u64),
        now: Duration::ZERO,
        known: vec![],
        keys: vec![],
        here: BTreeMap::new(),
        gone: BTreeSet::new(),
        paused: false,
        closing: false,
        closed: false,
        given: 0,
    };
    for _ in 0..data.len().min(1_500) {
        world.call(&mut choices);
        if choices.below(4) != 3 {
            world.hear(); // a caller may forget to, for a while
        }
    }
    world.hear();
    world.end();
    world.keys.len()
}

impl World {
    fn at(&self) -> Instant {
        Instant::since_origin(self.now)
    }

    fn call(&mut self, choices: &mut Choices<'_>) {
        let now = self.at();
        match choices.below(16) {
            0 | 1 if self.keys.len() < 400 => self.subscribe(choices),
            2 => {
                if let Some(key) = self.some_key(choices) {
                    self.session.unsubscribe(key, now);
                    self.here.entry(key).and_modify(|aside| *aside = false);
                }
            }
            3 => {
                if let Some(key) = self.some_key(choices) {
                    self.session.retry(key, now);
                    self.here.entry(key).and_modify(|aside| *aside = false);
                }
            }
            4 => {
                self.session.credentials_renewed(now);
                self.paused = false;
            }
            5 => self.time(choices),
            6 => self.session.handle_timeout(now),
            7 if choices.one_in(8) => {
                self.session.close(now);
                self.closing = true;
            }
            8 => self.session.set_wall_clock(choices.below(256) as u64 * 40_000_000, now),
            _ => self.answer(choices),
        }
    }

    fn subscribe(&mut self, choices: &mut Choices<'_>) {
        let mut wanted = Subscription::new();
        match choices.below(6) {
            0 => wanted = wanted.folder(DistinguishedFolder::Inbox),
            1 => wanted = wanted.group(Group::new("g", Text::new("a@x").unwrap())),
            2 => {
                let who = choices.of(&["b@x", "c@x", "d@x", "e@x"]);
                wanted = wanted.impersonate(Impersonation::PrimarySmtpAddress(Text::new(who).unwrap()));
            }
            3 => wanted = wanted.resume(Text::new(&self.new_id(choices)).unwrap()),
            _ => {}
        }
        let key = self.session.subscribe(wanted);
        assert!(!self.gone.contains(&key) && self.here.insert(key, false).is_none(), "{key:?} is used again");
        self.keys.push(key);
    }

    /// Short or long, now and then one that was given already.
    fn new_id(&mut self, choices: &mut Choices<'_>) -> String {
        self.given += 1;
        match choices.below(4) {
            0 => format!("{}", choices.below(8)),
            1 => format!("{}", self.given),
            _ => format!("an-id-of-more-than-twenty-four-characters-{}", self.given),
        }
    }

    fn some_key(&self, choices: &mut Choices<'_>) -> Option<SubscriptionKey> {
        self.keys.get(choices.below(self.keys.len().max(1))).copied()
    }

    fn time(&mut self, choices: &mut Choices<'_>) {
        let jump = choices.below(256) as u64;
        self.now = match choices.below(8) {
            0 => self.now.saturating_add(Duration::from_millis(jump)),
            1 => self.now.saturating_add(Duration::from_secs(jump * 60)),
            2 => self.now.saturating_sub(Duration::from_secs(jump)), // a caller's clock may do so
            3 if jump == 255 => Duration::MAX,
            _ => self.now.saturating_add(Duration::from_secs(jump)),
        };
    }

    // ---- answers ------------------------------------------------------------------------------------------------

    fn answer(&mut self, choices: &mut Choices<'_>) {
        if self.known.is_empty() {
            return;
        }
        // mostly one of the last
        let back = choices.below(8).min(self.known.len() - 1);
        let at = self.known.len() - 1 - back;
        let now = self.at();
        let id = self.known[at].id;
        match choices.below(8) {
            0 => {
                let headers = [
                    (
                        "Retry-After",
                        choices.of(&["0", "120", "99999999999999999999", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"]),
                    ),
                    (
                        "set-cookie",
                        choices.of(&["X-BackEndOverrideCookie=a; path=/", "x=y", "X-BackEndOverrideCookie=\u{e9}"]),
                    ),
                    ("Location", choices.of(&["https://x/", "/errorFE.aspx"])),
                ];
                let count = choices.below(4);
                let status = choices.of(&STATUSES);
                let headers = headers.iter().take(count).map(|(name, value)| (*name, value.as_bytes()));
                self.session.handle_head(id, status, headers, now);
            }
            1 => {
                self.session.handle_end(id, now);
                self.known[at].open = false;
            }
            2 => {
                self.session.handle_failure(id, now);
                self.known[at].open = false;
            }
            _ => self.body(at, choices),
        }
    }

    fn body(&mut self, at: usize, choices: &mut Choices<'_>) {
        let text = self.document(at, choices);
        let bytes = match choices.below(8) {
            0 => &text.as_bytes()[..choices.below(text.len() + 1).min(text.len())],
            _ => text.as_bytes(),
        };
        let times = if choices.one_in(24) { 700 } else { 1 };
        let id = self.known[at].id;
        let now = self.at();
        for _ in 0..times {
            let mut input = bytes;
            while let Some((key, event)) = self.session.next_event(id, &mut input, now) {
                assert!(!self.gone.contains(&key), "an event for {key:?}, which is closed");
                assert!(event.subscription_id().is_some());
                assert!(self.known[at].open, "an event of a request that has ended");
            }
            assert!(input.is_empty());
        }
    }

    fn document(&mut self, at: usize, choices: &mut Choices<'_>) -> String {
        let operation = match self.known[at].operation {
            Operation::Subscribe => "Subscribe",
            Operation::Unsubscribe => "Unsubscribe",
            _ => "GetStreamingEvents",
        };
        let code = choices.of(&CODES);
        let mut content = String::new();
        let mut class = "Success";
        match choices.below(10) {
            0 => return "<html><body>Runtime Error</body></html>".into(),
            1 => return "{\"no\": \"xml\"}".into(),
            2 => {
                return format!(
                    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultcode>{code}</faultcode>\
                     <faultstring>x</faultstring><detail><t:MessageXml xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'>\
                     <t:Value Name='BackOffMilliseconds'>{}</t:Value></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>",
                    choices.below(256) * 1_000
                );
            }
            3 => class = "Error",
            4 if choices.one_in(2) => class = "Error",
            _ => {}
        }
        if operation == "Subscribe" {
            write!(content, "<SubscriptionId>{}</SubscriptionId>", self.new_id(choices)).unwrap();
        } else if operation == "GetStreamingEvents" {
            let ids = self.known[at].ids.clone();
            let id = |choices: &mut Choices<'_>| match choices.below(6) {
                0 => "a stranger's".to_owned(),
                n => ids.get(n % ids.len().max(1)).cloned().unwrap_or_default(),
            };
            for _ in 0..choices.below(3) {
                let kind = choices.of(&["NewMailEvent", "StatusEvent", "ModifiedEvent"]);
                let id = id(choices);
                write!(
                    content,
                    "<Notifications><Notification><t:SubscriptionId>{id}</t:SubscriptionId><t:{kind}><t:TimeStamp>2026-11-24T00:00:00Z\
                     </t:TimeStamp><t:ItemId Id='i'/></t:{kind}></Notification></Notifications>"
                )
                .unwrap();
            }
            for _ in 0..choices.below(3) {
                let id = id(choices);
                write!(content, "<ErrorSubscriptionIds><SubscriptionId>{id}</SubscriptionId></ErrorSubscriptionIds>")
                    .unwrap();
            }
            content.push_str(choices.of(&[
                "<ConnectionStatus>OK</ConnectionStatus>",
                "",
                "<ConnectionStatus>Closed</ConnectionStatus>",
            ]));
        }
        let code = if class == "Error" { code } else { "NoError" };
        format!(
            "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><{operation}Response \
             xmlns='http://schemas.microsoft.com/exchange/services/2006/messages' \
             xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'><ResponseMessages>\
             <{operation}ResponseMessage ResponseClass='{class}'><ResponseCode>{code}</ResponseCode>{content}\
             </{operation}ResponseMessage></ResponseMessages></{operation}Response></Body></Envelope>"
        )
    }

    // ---- outputs ------------------------------------------------------------------------------------------------

    fn hear(&mut self) {
        for _ in 0..20_000 {
            match self.session.poll_output(Instant::since_origin(self.now)) {
                Output::Send(request) => {
                    assert!(!self.closed && !self.paused, "a request although closed or paused");
                    let body = str::from_utf8(request.body()).unwrap();
                    let ids = body.split("<t:SubscriptionId>").skip(1);
                    let ids: Vec<String> =
                        ids.filter_map(|rest| rest.split('<').next()).map(|id| id.replace("&apos;", "'")).collect();
                    let (id, operation) = (request.id(), request.operation().unwrap());
                    assert!(self.known.iter().all(|known| known.id != id), "{id} is used again");
                    if operation == Operation::GetStreamingEvents {
                        assert!((1..=200).contains(&ids.len()), "{} ids", ids.len());
                    }
                    self.known.push(Known { id, operation, ids, open: true });
                }
                Output::Cancel(id) => {
                    let known = self.known.iter_mut().find(|known| known.id == id).expect("was sent");
                    known.open = false;
                }
                Output::Event(event) => self.told(&event),
                Output::Timeout(at) => return self.rests(at.elapsed()),
            }
        }
        panic!("poll_output does not come to rest");
    }

    fn told(&mut self, event: &SessionEvent) {
        // whoever subscribes in a closed session is told so
        assert!(!self.closed || matches!(event, SessionEvent::Closed(_)), "{event:?} after SessionClosed");
        let key = match event {
            SessionEvent::Live(key) | SessionEvent::Gap { key, .. } | SessionEvent::Lost { key, .. } => *key,
            SessionEvent::Failed { key, .. } | SessionEvent::TakenOver(key) | SessionEvent::Rediscover(key) => {
                self.here.insert(*key, true);
                *key
            }
            SessionEvent::Closed(key) => {
                assert!(self.here.remove(key).is_some(), "{key:?} was closed twice");
                self.gone.insert(*key);
                return;
            }
            SessionEvent::AuthenticationRequired { .. } => return self.paused = true,
            SessionEvent::SessionClosed => {
                assert!(self.closing && self.here.is_empty());
                return self.closed = true;
            }
            _ => return,
        };
        assert!(!self.gone.contains(&key), "{event:?} after it was closed");
    }

    /// Nothing to do until then: something must be in flight or due, or everything set aside.
    fn rests(&mut self, until: Duration) {
        assert!(self.session.connections() <= SLOTS);
        if self.now > END_OF_TIME {
            return; // nothing becomes due any more
        }
        let flying = self.known.iter().any(|known| known.open);
        let aside = self.here.values().all(|aside| *aside);
        assert!(
            until < Duration::MAX || flying || aside || self.paused || self.closed,
            "stuck: nothing in flight, nothing due"
        );
    }

    /// Whatever was, a session that is closed comes to its end when its time is over.
    fn end(&mut self) {
        if self.now > END_OF_TIME {
            return;
        }
        self.now += Duration::from_secs(86_400);
        self.session.close(self.at());
        self.closing = true;
        self.hear();
        self.now += Duration::from_secs(11);
        self.session.handle_timeout(self.at());
        self.hear();
        assert!(self.closed, "a closed session must end");
        assert!(self.here.is_empty(), "{:?} were left without a word", self.here);
    }
}
