//! A server that means harm: floods of nothing, answers without an end, complaints by the thousand, for an hour of virtual
//! time. What the session holds and what it sends stay bounded. No clock is asked: bytes, requests and outputs are counted.
#![allow(clippy::restriction, clippy::pedantic)]

#[path = "common/heap.rs"]
mod heap;
mod session_common;

use std::collections::VecDeque;
use std::time::Duration;

use ews_stream::Operation::{GetStreamingEvents, Subscribe, Unsubscribe};
use ews_stream::session::*;
use heap::tracking;
use session_common::{
    LONG, closed, envelope, error_ids, heartbeat, mail, message, notification, ok, streaming, subscribed,
};

/// What a server says over and over, given the id of a subscription and a number.
type Piece = Box<dyn Fn(&str, usize) -> String>;

struct Flood {
    name: &'static str,
    /// Said once on each connection.
    open: String,
    piece: Piece,
    /// Bytes a second.
    rate: usize,
}

fn flood(name: &'static str, rate: usize, piece: impl Fn(&str, usize) -> String + 'static) -> Flood {
    Flood { name, open: ok(), piece: Box::new(piece), rate }
}

fn opened(name: &'static str, open: &str, rate: usize, piece: impl Fn(&str, usize) -> String + 'static) -> Flood {
    Flood { open: open.to_owned(), ..flood(name, rate, piece) }
}

const KIB: usize = 1024;
const MIB: usize = 1024 * 1024;

/// All that brings no event: each has to be given up, however it is dressed.
fn useless() -> Vec<Flood> {
    let before = |whole: &str, mark: &str| whole.split_once(mark).unwrap().0.to_owned();
    let in_message = ok() + &before(&streaming("Success", "NoError", "|"), "|");
    let in_notification = ok() + &before(&mail("|", "1"), "<t:SubscriptionId>|");
    let in_text = ok() + &before(&streaming("Success", "NoError", "<m:MessageText>|"), "|");
    vec![
        flood("heartbeats", 100 * KIB, |id, _| heartbeat(id)),
        flood("empty envelopes", 100 * KIB, |_, _| envelope("")),
        flood("empty answers", 100 * KIB, |_, _| streaming("Success", "NoError", "")),
        flood("answers that say nothing of success", 100 * KIB, |_, _| streaming("", "", "")),
        flood("warnings", 100 * KIB, |_, _| streaming("Warning", "ErrorBatchProcessingStopped", "")),
        flood("events of ids never asked for", 100 * KIB, |_, at| mail(&format!("{LONG}other-{at}"), "1")),
        flood("errors of ids never asked for", 100 * KIB, |_, at| {
            error_ids("ErrorSubscriptionNotFound", &[&format!("{LONG}other-{at}")], "").replace("Closed", "OK")
        }),
        flood("more events without end", 100 * KIB, |id, _| {
            let more = format!(
                "<m:Notification><t:SubscriptionId>{id}</t:SubscriptionId><t:PreviousWatermark>w\
                 </t:PreviousWatermark><t:MoreEvents>true</t:MoreEvents><t:StatusEvent><t:Watermark>w</t:Watermark>\
                 </t:StatusEvent></m:Notification>"
            );
            message("GetEvents", "Success", "NoError", &more)
        }),
        flood("closed, and open again", 100 * KIB, |_, at| if at % 2 == 0 { closed() } else { ok() }),
        opened("answers without a beginning", "", 100 * KIB, |_, _| streaming("", "", "")),
        opened("a document that never ends", &in_message, MIB, |_, _| "<m:x>y</m:x>".to_owned()),
        opened("a document of heads", &in_message, MIB, |_, _| {
            "<m:ConnectionStatus>OK</m:ConnectionStatus>".to_owned()
        }),
        opened("a document of ids that are wrong", &in_message, MIB, |id, _| {
            format!("<m:ErrorSubscriptionIds><m:SubscriptionId>{id}</m:SubscriptionId></m:ErrorSubscriptionIds>")
        }),
        opened("a document of heartbeats", &in_notification, MIB, |id, _| {
            format!("<t:SubscriptionId>{id}</t:SubscriptionId><t:StatusEvent/>")
        }),
        opened("a document of others' events", &in_notification, MIB, |_, at| {
            format!(
                "<t:SubscriptionId>{LONG}-other-{at}</t:SubscriptionId><t:NewMailEvent><t:ItemId Id='1'/></t:NewMailEvent>"
            )
        }),
        opened("an event that never ends", &(in_notification.clone() + "<t:NewMailEvent>"), MIB, |_, _| {
            "<t:x>y</t:x>".to_owned()
        }),
        opened("a text that never ends", &in_text, MIB, |_, _| "&lt;text".to_owned()),
        opened("a comment that never ends", &(in_message.clone() + "<!--"), MIB, |_, _| " - ".to_owned()),
        opened("depth", &in_message, MIB, |_, _| "<m:x>".to_owned()),
        flood("comments between documents", MIB, |_, _| "<!-- x -->\n".to_owned()),
        flood("white space", MIB, |_, _| " \r\n".to_owned()),
        flood("no XML", MIB, |_, _| "HTTP/1.1 200 OK".to_owned()),
    ]
}

/// All that brings events too, so that nothing is useless, and yet asks for more than it gives.
fn useful() -> Vec<Flood> {
    vec![
        flood("mails", MIB, |id, _| mail(id, "1")),
        flood("each mail with a Closed", MIB, |id, _| {
            mail(id, "1")
                .replace("</m:Notifications>", "</m:Notifications><m:ConnectionStatus>Closed</m:ConnectionStatus>")
        }),
        flood("each mail with events missed", MIB, |id, _| {
            streaming("Error", "ErrorMissedNotificationEvents", &notification(id, "1"))
        }),
        flood("a mail, then six hundred times events missed", MIB, |id, at| {
            if at % 600 == 0 { mail(id, "1") } else { streaming("Error", "ErrorMissedNotificationEvents", "") }
        }),
        flood("each mail with an error of its own id", MIB, |id, _| {
            error_ids("ErrorSubscriptionNotFound", &[id], &notification(id, "1")).replace("Closed", "OK")
        }),
        flood("each mail with a long time", MIB, |id, _| {
            mail(id, "1").replace("Z</t:T", &format!("{}</t:T", "Z".repeat(9000)))
        }),
        flood("mails with long ids of items", MIB, |id, at| mail(id, &format!("{at:0>9000}"))),
    ]
}

/// What was counted in an hour.
#[derive(Debug, Default)]
struct Hour {
    connections: usize,
    requests: usize,
    mails: usize,
    /// The most outputs that waited at one time, events and cancellations.
    waiting: usize,
    /// Bytes that were read on one connection at most, before it was given up.
    read: usize,
    /// Bytes held at most.
    held: usize,
    /// Whether it worked again at once when the server did.
    mended: bool,
}

/// A session with this many subscriptions, and a server that answers every Subscribe well.
struct World {
    session: Session,
    now: Duration,
    stream: Option<(RequestId, usize)>,
    given: usize,
    last_id: String,
    seen: Hour,
    /// Subscribes to be answered, and what is to be ended well.
    asked: VecDeque<RequestId>,
    done: VecDeque<RequestId>,
}

impl World {
    fn new(subscriptions: usize) -> Self {
        let mut session = tracking(|| Session::new(Config::default(), 7));
        for _ in 0..subscriptions {
            tracking(|| session.subscribe(Subscription::new()));
        }
        Self {
            session,
            now: Duration::ZERO,
            stream: None,
            given: 0,
            last_id: String::new(),
            seen: Hour::default(),
            asked: VecDeque::new(),
            done: VecDeque::new(),
        }
    }

    fn at(&self) -> Instant {
        Instant::since_origin(self.now)
    }

    /// Does what the session wants; answers what is not the connection. Whether a connection was opened.
    fn settle(&mut self) -> bool {
        let mut opened = false;
        loop {
            let now = self.at();
            let mut waiting = 0;
            loop {
                match tracking(|| self.session.poll_output(now)) {
                    Output::Send(request) => {
                        self.seen.requests += 1;
                        match request.operation().unwrap() {
                            GetStreamingEvents => {
                                self.seen.connections += 1;
                                self.stream = Some((request.id(), 0));
                                opened = true;
                            }
                            Subscribe => self.asked.push_back(request.id()),
                            Unsubscribe => self.done.push_back(request.id()),
                            other => panic!("{other:?}"),
                        }
                    }
                    Output::Cancel(id) => {
                        waiting += 1;
                        self.stream.take_if(|(stream, _)| *stream == id);
                    }
                    Output::Event(event) => {
                        waiting += 1;
                        tracking(|| drop(event));
                    }
                    Output::Timeout(_) => break,
                }
            }
            self.seen.waiting = self.seen.waiting.max(waiting);
            if let Some(id) = self.asked.pop_front() {
                self.given += 1;
                self.last_id = format!("{LONG}{}", self.given);
                let body = subscribed(&self.last_id);
                self.say(id, body.as_bytes());
                tracking(|| self.session.handle_end(id, now));
            } else if let Some(id) = self.done.pop_front() {
                self.say(id, message("Unsubscribe", "Success", "NoError", "").as_bytes());
                tracking(|| self.session.handle_end(id, now));
            } else {
                return opened;
            }
        }
    }

    fn say(&mut self, id: RequestId, bytes: &[u8]) {
        let now = self.at();
        let mut input = bytes;
        while tracking(|| self.session.next_event(id, &mut input, now).is_some()) {
            self.seen.mails += 1;
        }
        assert!(input.is_empty());
    }

    /// Says it on the connection, in chunks, as long as the connection lasts.
    fn pour(&mut self, bytes: &[u8], chunk: usize) {
        for part in bytes.chunks(chunk) {
            let Some((id, read)) = &mut self.stream else { return };
            *read += part.len();
            self.seen.read = self.seen.read.max(*read);
            let id = *id;
            self.say(id, part);
            self.settle();
        }
    }
}

fn an_hour_of(flood: &Flood, subscriptions: usize, chunk: usize, seconds: u64) -> Hour {
    heap::reset();
    let mut world = World::new(subscriptions);
    let mut at = 0;
    for second in 0..seconds {
        world.now = Duration::from_secs(second);
        let now = world.at();
        tracking(|| world.session.handle_timeout(now));
        let opened = world.settle();
        if world.stream.is_none() {
            continue;
        }
        let mut said = if opened { flood.open.clone() } else { String::new() };
        while said.len() < flood.rate {
            said += &(flood.piece)(&world.last_id, at);
            at += 1;
        }
        world.pour(said.as_bytes(), chunk);
    }
    world.seen.held = heap::peak();
    // now the server behaves: within the longest wait, all is well again
    for second in seconds..seconds + 1200 {
        world.now = Duration::from_secs(second);
        let now = world.at();
        tracking(|| world.session.handle_timeout(now));
        if world.settle() {
            world.pour(ok().as_bytes(), chunk);
        }
        if let Some((id, _)) = world.stream
            && second % 30 == 0
        {
            let live = world.last_id.clone();
            world.say(id, heartbeat(&live).as_bytes());
        }
    }
    let before = world.seen.mails;
    if let Some((id, _)) = world.stream {
        let live = world.last_id.clone();
        world.say(id, mail(&live, "1").as_bytes());
    }
    world.seen.mended = world.seen.mails > before;
    // nothing is left behind
    tracking(|| drop(world.session));
    assert_eq!(heap::live(), 0, "{}: a leak", flood.name);
    world.seen
}

#[test]
fn a_flood_of_nothing_is_given_up_and_takes_no_memory() {
    let mut wrong = String::new();
    for flood in useless() {
        for chunk in [100, 64 * KIB] {
            let hour = an_hour_of(&flood, 1, chunk, 3600);
            let fine = hour.mended && hour.connections <= 30 && hour.requests <= 40 && hour.waiting <= 4;
            if !fine || hour.held > 128 * KIB || hour.read > 8 * MIB + chunk {
                wrong += &format!("{}, in chunks of {chunk}: {hour:?}\n", flood.name);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_flood_of_events_is_handed_on_and_takes_no_memory() {
    let mut wrong = String::new();
    for flood in useful() {
        for chunk in [100, 64 * KIB] {
            let hour = an_hour_of(&flood, 1, chunk, 120);
            if !hour.mended || hour.requests > 40 || hour.waiting > 4 || hour.held > 64 * KIB {
                wrong += &format!("{}, in chunks of {chunk}: {hour:?}\n", flood.name);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn what_a_few_bytes_say_about_many_subscriptions_is_not_said_to_the_caller_over_and_over() {
    const MANY: usize = 200;
    let refused = format!("ErrorNotSupported{}", "x".repeat(40_000));
    let floods = [
        flood("events missed", MIB, |id, at| match at % 500 {
            0 => mail(id, "1"),
            _ => streaming("Error", "ErrorMissedNotificationEvents", ""),
        }),
        flood("a code that is long", MIB, move |_, _| streaming("Error", &refused, "")),
        flood("all of the ids", MIB, |id, _| error_ids("ErrorNotSupported", &[id; 200], "")),
    ];
    for flood in floods {
        let hour = an_hour_of(&flood, MANY, 64 * KIB, 120);
        // for each of them a word that it is lost, a word of why, and a gap
        assert!(hour.waiting <= 3 * MANY + 4, "{}: {hour:?}", flood.name);
        assert!(hour.held <= 200 * KIB + MANY * 2 * KIB, "{}: {hour:?}", flood.name);
    }
}

/// A session whose first Subscribe is in flight.
fn asking() -> (Session, RequestId) {
    let mut session = Session::new(Config::default(), 7);
    session.subscribe(Subscription::new());
    match session.poll_output(Instant::default()) {
        Output::Send(request) => {
            let id = request.id();
            (session, id)
        }
        other => panic!("{other:?}"),
    }
}

fn gives_up(session: &mut Session, id: RequestId, now: Instant) -> bool {
    loop {
        match session.poll_output(now) {
            Output::Cancel(cancelled) => return cancelled == id,
            Output::Timeout(_) => return false,
            _ => {}
        }
    }
}

#[test]
fn an_answer_without_an_end_is_read_for_eight_mebibytes_or_a_minute() {
    let whole = subscribed(LONG);
    let open = whole.split_once("<m:SubscriptionId>").unwrap().0;
    for endless in
        ["<!-- x -->", "<m:SubscriptionId>x</m:SubscriptionId>", "<m:ConnectionStatus>OK</m:ConnectionStatus>"]
    {
        let (mut session, id) = asking();
        let (mut at, mut read) = (Instant::default(), 0);
        let mut said = open.to_owned();
        let most = loop {
            let mut input = said.as_bytes();
            read += input.len();
            assert!(session.next_event(id, &mut input, at).is_none());
            if gives_up(&mut session, id, at) {
                break read;
            }
            said = endless.repeat(6000);
        };
        assert!(most <= 9 * MIB, "{endless}: {most}");

        // the same, a piece a second
        let (mut session, id) = asking();
        let mut seconds = 0;
        while !gives_up(&mut session, id, at) {
            let mut input = if seconds == 0 { open.as_bytes() } else { endless.as_bytes() };
            session.next_event(id, &mut input, at);
            seconds += 1;
            at = Instant::since_origin(Duration::from_secs(seconds));
        }
        assert!(seconds <= 60, "{endless}: {seconds} s");
    }
}

#[test]
fn a_body_that_goes_on_behind_its_answer_is_dropped_and_costs_nothing_meanwhile() {
    let (mut session, id) = asking();
    let now = Instant::default();
    let mut input = subscribed(LONG);
    assert!(session.next_event(id, &mut input.as_bytes(), now).is_none());
    input = heartbeat(LONG).repeat(1000);
    let cost = heap::allocations(|| {
        for _ in 0..100 {
            let mut input = input.as_bytes();
            assert!(session.next_event(id, &mut input, now).is_none());
            assert!(input.is_empty());
        }
    });
    assert_eq!(cost, 0);
    assert!(!gives_up(&mut session, id, now));
    assert!(gives_up(&mut session, id, Instant::since_origin(Duration::from_secs(11))));
}

#[test]
fn a_connection_that_drips_is_given_up_when_no_message_has_come_for_two_minutes() {
    let mut world = World::new(1);
    world.settle();
    world.pour(ok().as_bytes(), 4096);
    let document = mail(&world.last_id, &"x".repeat(1000));
    let mut lived = 0;
    for (second, byte) in document.bytes().enumerate() {
        world.now = Duration::from_secs(second as u64);
        world.pour(&[byte], 1);
        let now = world.at();
        world.session.handle_timeout(now);
        world.settle();
        if world.stream.is_none() {
            lived = second;
            break;
        }
    }
    assert!((100..=120).contains(&lived), "{lived} s");
    assert_eq!(world.seen.mails, 0);
}
