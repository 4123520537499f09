//! Push subscriptions: what the server posts to a client's web service, when, and what it makes of the answer.
//!
//! After Subscribe a first StatusEvent tries the address. Then each batch of events is posted, and a StatusEvent after
//! `StatusFrequency` of silence. One post at a time for each subscription: the next waits for the answer to the one before.
//! A post that fails is repeated after half a minute, then after twice as long each time; once that is more than the
//! `StatusFrequency`, the subscription is given up.

use crate::request::SubscriptionAnswer;
use crate::server::Server;
use crate::write::Notification;
use crate::{End, Event, request};
use core::time::Duration;

/// The wait before a failed post is repeated for the first time.
const FIRST_RETRY: Duration = Duration::from_secs(30);

/// Something to be posted to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Names it when its answer comes.
    pub number: u64,
    /// Where to.
    pub url: String,
    /// A SOAP envelope with `SendNotification`.
    pub body: Vec<u8>,
}

/// The pushing side of a subscription.
#[derive(Debug)]
pub(crate) struct Push {
    url: String,
    frequency: Duration,
    /// The post under way: its number, and how many events are in it.
    under_way: Option<(u64, usize)>,
    /// When the next post is due if nothing happens.
    status_at: Duration,
    /// No post before: the last one failed.
    not_before: Duration,
    wait: Duration,
    /// The number of the last event that the client has.
    seen: u64,
}

impl Push {
    pub(crate) fn new(url: String, frequency: Duration, seen: u64, now: Duration) -> Self {
        Self { url, frequency, under_way: None, status_at: now, not_before: now, wait: FIRST_RETRY, seen }
    }
}

impl Server {
    fn post_time(&self, id: &str, push: &Push) -> Option<Duration> {
        let waiting = self.subscriptions.get(id).is_some_and(|subscription| !subscription.pending.is_empty());
        let at = if waiting { Duration::ZERO } else { push.status_at };
        push.under_way.is_none().then(|| at.max(push.not_before))
    }

    /// When [`Server::posts`] has something to post next. Already past when it has now.
    #[must_use]
    pub fn next_post(&self) -> Option<Duration> {
        self.pushes.iter().filter_map(|(id, push)| self.post_time(id, push)).min()
    }

    /// What is to be posted by now. Each is answered by [`Server::post_answered`].
    pub fn posts(&mut self, now: Duration) -> Vec<Post> {
        let due = |(id, push): (&String, &Push)| self.post_time(id, push).filter(|at| *at <= now).map(|_| id.clone());
        let ids: Vec<String> = self.pushes.iter().filter_map(due).collect();
        ids.into_iter().filter_map(|id| self.post(&id)).collect()
    }

    fn post(&mut self, id: &str) -> Option<Post> {
        let subscription = self.subscriptions.get(id)?;
        let count = subscription.pending.len().min(self.config.events_per_notification);
        let more = subscription.pending.len() > count;
        let events: Vec<Event> = subscription.pending.iter().take(count).cloned().collect();
        let seen = self.pushes.get(id)?.seen;
        let after = events.last().map_or(seen, |event| event.number);
        let watermarks = Some((self.watermark(seen), self.watermark(after)));
        let body = self.writer.send_notification(&Notification { id: id.to_owned(), more, events, watermarks });
        self.last_post += 1;
        let number = self.last_post;
        let push = self.pushes.get_mut(id)?;
        push.under_way = Some((number, count));
        Some(Post { number, url: push.url.clone(), body })
    }

    /// The answer to a post: its status and body; `None`: none came. Events of a post that failed are posted again.
    pub fn post_answered(&mut self, number: u64, answer: Option<(u16, &[u8])>, now: Duration) {
        let of = |push: &Push| push.under_way.filter(|(known, _)| *known == number).map(|(_, count)| count);
        let Some((id, count)) = self.pushes.iter().find_map(|(id, push)| Some((id.clone(), of(push)?))) else { return };
        let answer = answer.filter(|(status, _)| *status == 200).and_then(|(_, body)| request::read_push_answer(body));
        let Some(push) = self.pushes.get_mut(&id) else { return };
        push.under_way = None;
        match answer {
            Some(SubscriptionAnswer::Ok) => {
                push.status_at = now + push.frequency;
                push.not_before = now;
                push.wait = FIRST_RETRY;
                if let Some(subscription) = self.subscriptions.get_mut(&id) {
                    push.seen = subscription.pending.drain(..count).next_back().map_or(push.seen, |event| event.number);
                }
            }
            Some(SubscriptionAnswer::Unsubscribe) => self.forget(&id, End::Unsubscribed, now),
            None if push.wait > push.frequency => self.forget(&id, End::Expired, now),
            None => {
                push.not_before = now + push.wait;
                push.wait *= 2;
            }
        }
    }
}
