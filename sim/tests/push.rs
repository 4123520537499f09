//! Push: what is posted when, and what becomes of the answers.
#![allow(missing_docs)]

mod common;

use common::{S, ask, between, envelope};
use core::time::Duration;
use ews_sim::{Change, Config, End, Post, Server, Style};

const OK: &[u8] = b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><SendNotificationResult>\
    <SubscriptionStatus>OK</SubscriptionStatus></SendNotificationResult></s:Body></s:Envelope>";

fn server() -> (Server, String) {
    let mut server = Server::new(Config::new(Style::Exchange), 1);
    let body = envelope(
        "",
        "<m:Subscribe><m:PushSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes>\
         <t:EventType>NewMailEvent</t:EventType></t:EventTypes><t:StatusFrequency>2</t:StatusFrequency>\
         <t:URL>http://client/push</t:URL></m:PushSubscriptionRequest></m:Subscribe>",
    );
    let answer = ask(&mut server, 1, &body, Duration::ZERO).text();
    let id = between(&answer, "<m:SubscriptionId>", "</m:SubscriptionId>").to_owned();
    (server, id)
}

fn one(server: &mut Server, now: Duration) -> Post {
    let mut posts = server.posts(now);
    assert_eq!(posts.len(), 1, "{posts:?}");
    posts.remove(0)
}

fn text(post: &Post) -> &str {
    str::from_utf8(&post.body).expect("UTF-8")
}

#[test]
fn the_address_is_tried_at_once_and_after_each_silence() {
    let (mut server, id) = server();
    let first = one(&mut server, Duration::ZERO);
    assert_eq!(first.url, "http://client/push");
    assert!(text(&first).contains("<t:StatusEvent>") && text(&first).contains(&id), "{}", text(&first));
    assert_eq!(server.next_post(), None, "one at a time");
    server.post_answered(first.number, Some((200, OK)), S);
    assert_eq!(server.next_post(), Some(S * 121));
    assert!(server.posts(S * 120).is_empty());
    assert!(text(&one(&mut server, S * 121)).contains("<t:StatusEvent>"));
}

#[test]
fn events_are_posted_at_once_in_order_and_once() {
    let (mut server, id) = server();
    let status = one(&mut server, Duration::ZERO);
    for _ in 0..3 {
        server.change("user", Change::DeliverMail, S);
    }
    assert!(server.posts(S).is_empty(), "the first is still under way");
    server.post_answered(status.number, Some((200, OK)), S);
    let post = one(&mut server, S);
    assert_eq!(text(&post).matches("<t:NewMailEvent>").count(), 3);
    assert!(text(&post).contains("<t:MoreEvents>false</t:MoreEvents>"));
    let after = text(&post).rsplit("<t:Watermark>").next().and_then(|rest| rest.split('<').next());
    let after = after.expect("a watermark").to_owned();
    server.post_answered(post.number, Some((200, OK)), S * 2);
    assert_eq!(server.next_post(), Some(S * 122));
    server.change("user", Change::DeliverMail, S * 3);
    let next = one(&mut server, S * 3);
    assert_eq!(between(text(&next), "<t:PreviousWatermark>", "<"), after);
    assert_eq!(server.record(&id).expect("alive").events.len(), 4);
}

#[test]
fn a_post_that_fails_is_repeated_later_and_later_and_then_given_up() {
    let (mut server, id) = server();
    let status = one(&mut server, Duration::ZERO);
    server.post_answered(status.number, Some((200, OK)), Duration::ZERO);
    server.change("user", Change::DeliverMail, S);
    let first = one(&mut server, S);
    server.post_answered(first.number, None, S);
    assert_eq!(server.next_post(), Some(S * 31));
    let second = one(&mut server, S * 31);
    assert_eq!(text(&second), text(&first));
    server.post_answered(first.number, Some((200, OK)), S * 31); // too late: nobody waits for it any more
    server.post_answered(second.number, Some((500, OK)), S * 31);
    assert_eq!(server.next_post(), Some(S * 91));
    let third = one(&mut server, S * 91);
    server.post_answered(third.number, Some((200, b"<html/>")), S * 91);
    let last = one(&mut server, S * 211);
    assert!(server.record(&id).is_some());
    server.post_answered(last.number, None, S * 211);
    assert_eq!(server.records()[0].ended, Some((S * 211, End::Expired)));
    assert_eq!(server.next_post(), None);
}

#[test]
fn the_answer_unsubscribe_ends_it() {
    let (mut server, _) = server();
    let post = one(&mut server, Duration::ZERO);
    let answer = str::from_utf8(OK).expect("text").replace("OK", "Unsubscribe");
    server.post_answered(post.number, Some((200, answer.as_bytes())), S);
    assert_eq!(server.records()[0].ended, Some((S, End::Unsubscribed)));
    server.change("user", Change::DeliverMail, S * 2);
    assert_eq!(server.next_post(), None);
}

#[test]
fn what_does_not_fit_in_one_post_is_in_the_next() {
    let (mut server, _) = server();
    server.config_mut().events_per_notification = 2;
    for _ in 0..3 {
        server.change("user", Change::DeliverMail, Duration::ZERO);
    }
    let first = one(&mut server, Duration::ZERO);
    assert!(text(&first).contains("<t:MoreEvents>true</t:MoreEvents>"));
    server.post_answered(first.number, Some((200, OK)), S);
    let second = one(&mut server, S);
    assert_eq!((text(&first).matches("<t:NewMail").count(), text(&second).matches("<t:NewMail").count()), (2, 1));
}

#[test]
fn without_an_address_there_is_no_subscription() {
    let mut server = Server::new(Config::new(Style::Exchange), 1);
    let body = envelope(
        "",
        "<m:Subscribe><m:PushSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes>\
         <t:EventType>NewMailEvent</t:EventType></t:EventTypes><t:StatusFrequency>2</t:StatusFrequency>\
         </m:PushSubscriptionRequest></m:Subscribe>",
    );
    assert!(ask(&mut server, 1, &body, Duration::ZERO).text().contains("ErrorSchemaValidation"));
    assert_eq!(server.live_subscriptions(), 0);
}
