//! A tiny scripted peer under virtual time: sends what the session wants sent to a list, and answers as a test says.
#![allow(dead_code)]

use core::time::Duration;
use ews_stream::Operation;
use ews_stream::session::{
    Config, GapReason, Instant, Output, RequestId, Session, SessionEvent, Subscription, SubscriptionKey,
};

pub(crate) const LONG: &str = "an-id-longer-than-four-and-twenty-characters-";

pub(crate) struct Sent {
    pub(crate) id: RequestId,
    pub(crate) operation: Operation,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) at: f64,
}

impl Sent {
    pub(crate) fn ids(&self) -> Vec<String> {
        self.body
            .split("SubscriptionId>")
            .skip(1)
            .step_by(2)
            .map(|s| s.trim_end_matches("</t:").trim_end_matches("</m:").into())
            .collect()
    }
}

pub(crate) struct Peer {
    pub(crate) session: Session,
    pub(crate) now: Duration,
    pub(crate) sent: Vec<Sent>,
    pub(crate) events: Vec<SessionEvent>,
    pub(crate) mails: Vec<(SubscriptionKey, String)>,
    pub(crate) cancelled: Vec<RequestId>,
    pub(crate) deadline: Instant,
    pub(crate) log: Vec<String>,
    given: u32,
}

impl Peer {
    pub(crate) fn new(config: Config) -> Self {
        Self::seeded(config, 7)
    }

    pub(crate) fn seeded(config: Config, seed: u64) -> Self {
        Self {
            session: Session::new(config, seed),
            now: Duration::ZERO,
            sent: vec![],
            events: vec![],
            mails: vec![],
            cancelled: vec![],
            deadline: Instant::default(),
            log: vec![],
            given: 0,
        }
    }

    /// With one subscription, whose connection has just ended as it should after a minute; its id begins with `own`.
    pub(crate) fn ended_cleanly(own: &str) -> Self {
        let mut peer = Self::new(Config::default());
        peer.subscribe(Subscription::new());
        peer.answer_subscribes(own);
        let stream = peer.stream();
        peer.head(stream, 200, &[]);
        peer.say(stream, ok());
        peer.pass(60.0);
        peer.say(stream, closed());
        peer.end(stream);
        peer
    }

    pub(crate) fn at(&self) -> Instant {
        Instant::since_origin(self.now)
    }

    pub(crate) fn drain(&mut self) {
        for _ in 0..100_000 {
            match self.session.poll_output(Instant::since_origin(self.now)) {
                Output::Send(request) => {
                    let sent = Sent {
                        id: request.id(),
                        operation: request.operation().unwrap(),
                        headers: request.headers().map(|(n, v)| (n.into(), v.into())).collect(),
                        body: String::from_utf8(request.body().to_vec()).unwrap(),
                        at: self.now.as_secs_f64(),
                    };
                    self.log.push(format!("{:?} send {:?} {}", self.now, sent.operation, sent.body));
                    self.sent.push(sent);
                }
                Output::Cancel(id) => {
                    self.log.push(format!("{:?} cancel {id}", self.now));
                    self.cancelled.push(id);
                }
                Output::Event(event) => {
                    self.log.push(format!("{:?} {event:?}", self.now));
                    self.events.push(event);
                }
                Output::Timeout(at) => {
                    assert!(at > self.at(), "it is to be woken up for what it could have done");
                    self.deadline = at;
                    return;
                }
            }
        }
        panic!("poll_output never comes to rest");
    }

    /// Lets time pass, waking the session whenever it wants.
    pub(crate) fn pass(&mut self, seconds: f64) {
        let until = self.now + Duration::from_secs_f64(seconds);
        self.drain();
        for _ in 0..100_000 {
            if self.deadline.elapsed() > until {
                self.now = until;
                self.drain();
                return;
            }
            self.now = self.now.max(self.deadline.elapsed());
            self.session.handle_timeout(self.at());
            self.drain();
        }
        panic!("the session never sleeps");
    }

    pub(crate) fn head(&mut self, id: RequestId, status: u16, headers: &[(&str, &str)]) {
        self.session.handle_head(id, status, headers.iter().map(|(n, v)| (*n, v.as_bytes())), self.at());
        self.drain();
    }

    pub(crate) fn say(&mut self, id: RequestId, bytes: impl AsRef<[u8]>) {
        let now = self.at();
        let mut input = bytes.as_ref();
        while let Some((key, event)) = self.session.next_event(id, &mut input, now) {
            let item = event.item_id().map(|i| i.id().to_owned()).unwrap_or_default();
            self.log.push(format!("{:?} mail {key:?} {item}", self.now));
            self.mails.push((key, item));
        }
        assert!(input.is_empty());
        self.drain();
    }

    /// Hands in the answer to a Subscribe without asking the session what to do next.
    pub(crate) fn answer_unasked(&mut self, id: RequestId, own: &str) {
        let (now, body) = (self.at(), subscribed(own));
        let mut input = body.as_bytes();
        assert!(self.session.next_event(id, &mut input, now).is_none());
        self.session.handle_end(id, now);
    }

    pub(crate) fn end(&mut self, id: RequestId) {
        let now = self.at();
        self.session.handle_end(id, now);
        self.drain();
    }

    pub(crate) fn fail(&mut self, id: RequestId) {
        let now = self.at();
        self.session.handle_failure(id, now);
        self.drain();
    }

    pub(crate) fn subscribe(&mut self, wanted: Subscription) -> SubscriptionKey {
        let key = self.session.subscribe(wanted);
        self.drain();
        key
    }

    pub(crate) fn last(&self, operation: Operation) -> &Sent {
        self.sent.iter().rev().find(|s| s.operation == operation).expect("was sent")
    }

    pub(crate) fn stream(&self) -> RequestId {
        self.last(Operation::GetStreamingEvents).id
    }

    pub(crate) fn count(&self, operation: Operation) -> usize {
        self.sent.iter().filter(|s| s.operation == operation).count()
    }

    /// Answers every Subscribe that was sent and not answered with ids of this form and a number.
    pub(crate) fn answer_subscribes(&mut self, form: &str) {
        loop {
            let next = self.sent.iter().find(|s| s.operation == Operation::Subscribe && !s.body.is_empty());
            let Some(id) = next.map(|s| s.id) else { return };
            self.sent.iter_mut().find(|s| s.id == id).unwrap().body.clear();
            if self.cancelled.contains(&id) {
                continue;
            }
            self.given += 1;
            let body = subscribed(&format!("{form}{}", self.given));
            self.head(id, 200, &[]);
            self.say(id, body);
            self.end(id);
        }
    }

    /// A subscription that is live, alone on its connection.
    pub(crate) fn live(config: Config) -> (Self, SubscriptionKey) {
        let mut peer = Self::new(config);
        let key = peer.subscribe(Subscription::new());
        peer.answer_subscribes(LONG);
        let id = peer.stream();
        peer.head(id, 200, &[]);
        peer.say(id, ok());
        assert!(peer.session.is_live(key));
        (peer, key)
    }

    pub(crate) fn gaps(&self) -> Vec<(SubscriptionKey, GapReason)> {
        let gap = |e: &SessionEvent| match e {
            SessionEvent::Gap { key, reason, .. } => Some((*key, *reason)),
            _ => None,
        };
        self.events.iter().filter_map(gap).collect()
    }

    pub(crate) fn told(&self, what: impl Fn(&SessionEvent) -> bool) -> usize {
        self.events.iter().filter(|e| what(e)).count()
    }
}

pub(crate) fn envelope(body: &str) -> String {
    format!(
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/' \
         xmlns:m='http://schemas.microsoft.com/exchange/services/2006/messages' \
         xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'><Body>{body}</Body></Envelope>"
    )
}

pub(crate) fn message(operation: &str, class: &str, code: &str, content: &str) -> String {
    envelope(&format!(
        "<m:{operation}Response><m:ResponseMessages><m:{operation}ResponseMessage ResponseClass='{class}'>\
         <m:ResponseCode>{code}</m:ResponseCode>{content}</m:{operation}ResponseMessage></m:ResponseMessages></m:{operation}Response>"
    ))
}

pub(crate) fn subscribed(id: &str) -> String {
    message("Subscribe", "Success", "NoError", &format!("<m:SubscriptionId>{id}</m:SubscriptionId>"))
}

pub(crate) fn streaming(class: &str, code: &str, content: &str) -> String {
    message("GetStreamingEvents", class, code, content)
}

pub(crate) fn ok() -> String {
    streaming("Success", "NoError", "<m:ConnectionStatus>OK</m:ConnectionStatus>")
}

pub(crate) fn closed() -> String {
    streaming(
        "Success",
        "NoError",
        "<m:Notifications/><m:ErrorSubscriptionIds/><m:ConnectionStatus>Closed</m:ConnectionStatus>",
    )
}

pub(crate) fn notification(id: &str, item: &str) -> String {
    format!(
        "<m:Notifications><m:Notification><t:SubscriptionId>{id}</t:SubscriptionId><t:NewMailEvent>\
         <t:TimeStamp>2026-03-05T09:14:01Z</t:TimeStamp><t:ItemId Id='{item}'/></t:NewMailEvent></m:Notification></m:Notifications>"
    )
}

pub(crate) fn mail(id: &str, item: &str) -> String {
    streaming("Success", "NoError", &notification(id, item))
}

pub(crate) fn heartbeat(id: &str) -> String {
    streaming(
        "Success",
        "NoError",
        &format!(
            "<m:Notifications><m:Notification><t:SubscriptionId>{id}</t:SubscriptionId><t:StatusEvent/></m:Notification></m:Notifications>"
        ),
    )
}

pub(crate) fn error_ids(code: &str, ids: &[&str], more: &str) -> String {
    let ids: Vec<_> = ids.iter().map(|id| format!("<SubscriptionId xmlns=''>{id}</SubscriptionId>")).collect();
    let ids = ids.concat();
    streaming(
        "Error",
        code,
        &format!(
            "{more}<m:ErrorSubscriptionIds>{ids}</m:ErrorSubscriptionIds><m:ConnectionStatus>Closed</m:ConnectionStatus>"
        ),
    )
}

pub(crate) fn fault(code: &str) -> String {
    envelope(&format!("<Fault><faultcode xmlns=''>{code}</faultcode><faultstring xmlns=''>no</faultstring></Fault>"))
}
