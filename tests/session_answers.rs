//! What single answers mean: for whom, for how long, and what of them is believed.
#![allow(clippy::restriction, clippy::pedantic)]

mod session_common;

use ews_stream::Operation::Subscribe;
use ews_stream::request::Text;
use ews_stream::session::*;
use session_common::*;

fn t(s: &str) -> Text {
    Text::new(s).unwrap()
}

fn two() -> (Peer, [SubscriptionKey; 2], [String; 2], RequestId) {
    let mut peer = Peer::new(Config::default());
    let k = [0; 2].map(|_| peer.subscribe(Subscription::new()));
    peer.answer_subscribes(LONG);
    let ids = k.map(|k| peer.session.subscription_id(k).unwrap().to_owned());
    let s = peer.stream();
    peer.head(s, 200, &[]);
    peer.say(s, ok());
    (peer, k, ids, s)
}
fn msg(class: &str, code: &str, ids: &[&str]) -> String {
    let ids: String = ids.iter().map(|i| format!("<m:SubscriptionId>{i}</m:SubscriptionId>")).collect();
    format!(
        "<m:GetStreamingEventsResponseMessage ResponseClass='{class}'><m:ResponseCode>{code}</m:ResponseCode><m:ErrorSubscriptionIds>{ids}</m:ErrorSubscriptionIds></m:GetStreamingEventsResponseMessage>"
    )
}
fn doc(m: &[String]) -> String {
    envelope(&format!(
        "<m:GetStreamingEventsResponse><m:ResponseMessages>{}</m:ResponseMessages></m:GetStreamingEventsResponse>",
        m.concat()
    ))
}

#[test]
fn missed_events_of_all_beside_a_complaint_about_one_are_a_gap_for_all() {
    for order in [[0, 1], [1, 0]] {
        let (mut peer, k, ids, s) = two();
        let m =
            [msg("Error", "ErrorMissedNotificationEvents", &[]), msg("Error", "ErrorSubscriptionNotFound", &[&ids[0]])];
        peer.say(s, doc(&order.map(|n| m[n].clone())));
        assert!(peer.gaps().contains(&(k[1], GapReason::EventsMissed)), "{order:?}: {:?}", peer.events);
    }
}

#[test]
fn each_message_of_a_document_is_about_its_own_ids() {
    let (mut peer, k, ids, s) = two();
    peer.say(
        s,
        doc(&[msg("Error", "ErrorSubscriptionNotFound", &[&ids[0]]), msg("Error", "ErrorAccessDenied", &[&ids[1]])]),
    );
    assert_eq!(
        peer.told(|e| matches!(e, SessionEvent::Failed { key, .. } if *key == k[0])),
        0,
        "it was only not found: {:?}",
        peer.events
    );
}

#[test]
fn one_mailbox_that_is_not_there_now_does_not_stop_the_others_of_its_connection() {
    let (mut peer, k, ids, s) = two();
    peer.say(s, doc(&[msg("Error", "ErrorMailboxStoreUnavailable", &[&ids[0]])]));
    assert!(peer.session.is_live(k[1]) && peer.cancelled.is_empty(), "{:?}", peer.events);
}

#[test]
fn missed_events_told_in_another_class_are_a_gap() {
    for class in ["Warning", "Success"] {
        let (mut peer, k, ids, s) = two();
        peer.say(s, doc(&[msg(class, "ErrorMissedNotificationEvents", &[&ids[0]])]));
        for _ in 0..30 {
            peer.pass(40.0);
            peer.say(s, ok());
        }
        assert_eq!(peer.gaps(), [(k[0], GapReason::EventsMissed)], "{class}");
    }
}

#[test]
fn an_id_named_as_wrong_by_a_document_of_another_class_is_not_live() {
    for (class, code) in [("Success", "NoError"), ("Warning", "ErrorSubscriptionNotFound")] {
        let (mut peer, k, ids, s) = two();
        peer.say(s, doc(&[msg(class, code, &[&ids[0]])]));
        for _ in 0..30 {
            peer.pass(40.0);
            peer.say(s, heartbeat(&ids[1]));
        }
        assert!(
            !peer.session.is_live(k[0]) || peer.count(Subscribe) > 2,
            "{class} {code}: live, and never heard of again"
        );
    }
}

#[test]
fn an_event_without_a_subscription_id_is_not_lost_in_silence() {
    let (mut peer, _) = Peer::live(Config::default());
    let s = peer.stream();
    peer.say(s, mail("|", "AAMk").replace("<t:SubscriptionId>|</t:SubscriptionId>", ""));
    peer.pass(61.0);
    peer.say(s, closed());
    peer.end(s);
    let next = peer.stream();
    assert_ne!(next, s);
    peer.head(next, 200, &[]);
    peer.say(next, ok());
    assert!(!peer.mails.is_empty() || !peer.gaps().is_empty(), "{:?}", peer.events);
}

#[test]
fn a_body_ends_within_the_drain_limit_after_closed_however_often_that_is_said() {
    let (mut peer, _, _, s) = two();
    while peer.now.as_secs_f64() < 60.0 && !peer.cancelled.contains(&s) {
        peer.say(s, closed());
        peer.pass(9.0);
    }
    assert!(peer.cancelled.contains(&s), "a minute after the first Closed");
}

#[test]
fn retry_after_holds_when_the_body_breaks_or_hangs() {
    for hang in [false, true] {
        let mut peer = Peer::new(Config::default());
        peer.subscribe(Subscription::new());
        let id = peer.last(Subscribe).id;
        peer.head(id, 503, &[("Retry-After", "1800")]);
        if !hang {
            peer.fail(id);
        }
        peer.pass(1700.0);
        assert_eq!(peer.sent.len(), 1, "hang: {hang}");
    }
}

#[test]
fn a_retry_after_counts_beside_a_back_off_of_nothing() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 503, &[("Retry-After", "1800")]);
    peer.say(id, envelope("<Fault><faultcode xmlns=''>ErrorServerBusy</faultcode><faultstring xmlns=''>no</faultstring><detail xmlns=''><t:MessageXml><t:Value Name='BackOffMilliseconds'>0</t:Value></t:MessageXml></detail></Fault>"));
    peer.pass(1700.0);
    assert_eq!(peer.sent.len(), 1);
}

#[test]
fn retry_after_of_a_refusal_of_credentials_is_obeyed() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    peer.head(id, 401, &[("Retry-After", "600")]);
    let now = peer.at();
    peer.session.credentials_renewed(now);
    peer.pass(500.0);
    assert_eq!(peer.sent.len(), 1);
}

#[test]
fn credentials_renewed_before_the_refusal_is_handed_in_are_no_busy_loop() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    for n in 0..1000 {
        let Some(id) = peer.sent.last().map(|s| s.id) else { panic!() };
        if peer.sent.len() <= n {
            return;
        }
        // the driver sees a 401, fetches a new token, says so, and hands in the answer
        let now = peer.at();
        peer.session.credentials_renewed(now);
        peer.head(id, 401, &[]);
    }
    panic!("{} requests at {:?}, told: {:?}", peer.sent.len(), peer.now, peer.events);
}

#[test]
fn a_code_behind_an_event_is_about_the_ids_of_its_own_message() {
    let (mut peer, keys, ids, stream) = two();
    let late = format!(
        "<m:GetStreamingEventsResponseMessage ResponseClass='Error'>{}<m:ErrorSubscriptionIds><m:SubscriptionId>{}\
         </m:SubscriptionId></m:ErrorSubscriptionIds><m:ResponseCode>ErrorAccessDenied</m:ResponseCode>\
         </m:GetStreamingEventsResponseMessage>",
        notification(&ids[1], "AAMk"),
        ids[0]
    );
    let missed = msg("Error", "ErrorMissedNotificationEvents", &[&ids[1]]);
    peer.say(stream, doc(&[late, missed]));
    assert_eq!(peer.mails, [(keys[1], "AAMk".to_owned())]);
    let failed = |event: &SessionEvent| match event {
        SessionEvent::Failed { key, code, .. } => Some((*key, code.clone())),
        _ => None,
    };
    let failed: Vec<_> = peer.events.iter().filter_map(failed).collect();
    assert_eq!(failed, [(keys[0], Some("ErrorAccessDenied".to_owned()))]);
    assert_eq!(peer.gaps(), [(keys[1], GapReason::EventsMissed)]);
    assert!(peer.session.is_live(keys[1]) && !peer.cancelled.contains(&stream));
}

#[test]
fn of_two_complaints_about_one_id_the_one_that_ends_it_counts() {
    for order in [[0, 1], [1, 0]] {
        let (mut peer, keys, ids, stream) = two();
        let both = ["ErrorMissedNotificationEvents", "ErrorSubscriptionNotFound"].map(|c| msg("Error", c, &[&ids[0]]));
        peer.say(stream, doc(&order.map(|n| both[n].clone())));
        assert_eq!(peer.count(Subscribe), 3, "{order:?}: it is made anew");
        assert!(!peer.session.is_live(keys[0]) && peer.session.is_live(keys[1]));
    }
}

#[test]
fn a_busy_server_that_names_ids_is_left_alone_and_the_others_keep_their_connection() {
    let (mut peer, keys, ids, stream) = two();
    peer.say(stream, doc(&[msg("Error", "ErrorServerBusy", &[&ids[0]])]));
    assert!(peer.session.is_live(keys[1]) && !peer.session.is_live(keys[0]) && peer.cancelled.is_empty());
    let resting = peer.told(|event| matches!(event, SessionEvent::BackingOff { everything: true, .. }));
    assert_eq!((resting, peer.sent.len()), (1, 3), "nothing is sent now");
    peer.pass(10.0);
    assert_eq!(peer.sent.len(), 4);
    assert!(peer.sent[3].body.contains(&ids[0]) && !peer.sent[3].body.contains(&ids[1]));
}

#[test]
fn a_mailbox_that_is_not_there_now_is_tried_more_and_more_slowly() {
    let (mut peer, keys, ids, stream) = two();
    peer.say(stream, doc(&[msg("Error", "ErrorMailboxFailover", &[&ids[0]])]));
    let mut handled = peer.sent.len();
    for second in 0..1700 {
        while handled < peer.sent.len() {
            let id = peer.sent[handled].id;
            handled += 1;
            peer.head(id, 200, &[]);
            peer.say(id, doc(&[msg("Error", "ErrorMailboxFailover", &[&ids[0]])]));
        }
        if second % 45 == 0 {
            peer.say(stream, ok());
        }
        peer.pass(1.0);
    }
    assert!(peer.session.is_live(keys[1]));
    assert!((9..40).contains(&handled), "{handled} requests in half an hour");
}

#[test]
fn the_refusal_of_ids_from_an_earlier_run_is_no_refusal_of_the_others_and_they_are_replaced() {
    for by_status in [false, true] {
        let mut peer = Peer::new(Config::default());
        let good = peer.session.subscribe(Subscription::new().resume(t("an-id-of-an-earlier-run-that-is-good")));
        let bad = peer.session.subscribe(Subscription::new().resume(t("?")));
        peer.drain();
        let stream = peer.stream();
        if by_status {
            peer.head(stream, 400, &[]);
            peer.end(stream);
        } else {
            peer.say(stream, fault("ErrorInvalidIdMalformed"));
        }
        peer.pass(10.0);
        peer.answer_subscribes(LONG);
        peer.pass(10.0);
        let stream = peer.stream();
        peer.say(stream, ok());
        assert!(peer.session.is_live(good) && peer.session.is_live(bad), "{by_status}");
        assert_eq!(peer.told(|event| matches!(event, SessionEvent::Failed { .. })), 0);
        assert_eq!((peer.gaps().len(), peer.count(Subscribe)), (2, 2), "what was missed since then");
    }
}

#[test]
fn nobody_is_told_where_a_mailbox_is_that_was_unsubscribed() {
    let mut peer = Peer::new(Config::default());
    let key = peer.subscribe(Subscription::new());
    let (id, now) = (peer.last(Subscribe).id, peer.at());
    peer.session.unsubscribe(key, now);
    peer.head(id, 302, &[("Location", "https://elsewhere.example/ews")]);
    assert_eq!(peer.events, [SessionEvent::Closed(key)]);
}

#[test]
fn one_that_is_too_much_is_said_and_put_off_and_the_others_keep_their_connection() {
    let (mut peer, keys, ids, stream) = two();
    peer.say(stream, doc(&[msg("Error", "ErrorExceededSubscriptionCount", &[&ids[0]])]));
    assert_eq!(peer.told(|event| *event == SessionEvent::TooManySubscriptions(keys[0])), 1);
    for _ in 0..5 {
        peer.pass(59.0);
        peer.say(stream, ok());
    }
    assert_eq!(peer.sent.len(), 3, "five minutes, and a little more");
    peer.pass(40.0);
    assert_eq!(peer.sent.len(), 4);
    assert!(peer.session.is_live(keys[1]));
}

#[test]
fn a_short_id_is_suspect_after_a_proxy_has_answered_for_its_server_and_not_when_the_server_has() {
    let busy = fault("ErrorServerBusy");
    for (status, body, subscribes) in [(502, "", 2), (500, "", 2), (429, "", 1), (500, busy.as_str(), 1), (404, "", 1)]
    {
        let mut peer = Peer::ended_cleanly("");
        let stream = peer.stream();
        peer.head(stream, status, &[]);
        peer.say(stream, body);
        peer.end(stream);
        peer.pass(30.0);
        assert_eq!(peer.count(Subscribe), subscribes, "{status} {body}");
    }
}

#[test]
fn one_renewal_excuses_all_that_was_sent_before_it() {
    let mut peer = Peer::new(Config::default());
    for _ in 0..3 {
        peer.session.subscribe(Subscription::new());
    }
    peer.drain();
    let (old, now): (Vec<_>, _) = (peer.sent.iter().map(|sent| sent.id).collect(), peer.at());
    peer.session.credentials_renewed(now);
    old.iter().for_each(|id| peer.head(*id, 401, &[]));
    assert_eq!((peer.count(Subscribe), peer.events.len()), (6, 0), "at once, and nothing is told");
}

#[test]
fn a_code_too_long_to_be_one_is_not_told() {
    let (mut peer, keys, ids, stream) = two();
    peer.say(stream, doc(&[msg("Error", &format!("ErrorNotSupported{}", "x".repeat(84)), &[&ids[0]])]));
    assert!(peer.session.is_live(keys[1]) && !peer.session.is_live(keys[0]));
    assert_eq!(peer.told(|event| matches!(event, SessionEvent::Failed { .. })), 0);
    assert_eq!(peer.told(|event| matches!(event, SessionEvent::BackingOff { everything: true, .. })), 1);
}

#[test]
fn a_warning_that_brings_an_id_has_made_a_subscription() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    let content = format!("<m:SubscriptionId>{LONG}</m:SubscriptionId>");
    peer.say(id, message("Subscribe", "Warning", "ErrorBatchProcessingStopped", &content));
    peer.end(id);
    assert!(peer.last(ews_stream::Operation::GetStreamingEvents).body.contains(LONG));
}

#[test]
fn an_error_that_names_nobody_is_about_the_connection() {
    let (mut peer, keys, _, stream) = two();
    peer.say(stream, doc(&[msg("Error", "ErrorServerBusy", &[""])]));
    assert!(peer.cancelled.contains(&stream) && !keys.iter().any(|key| peer.session.is_live(*key)));
}

#[test]
fn ids_in_the_answer_to_a_subscribe_mean_nothing() {
    let mut peer = Peer::new(Config::default());
    peer.subscribe(Subscription::new());
    let id = peer.last(Subscribe).id;
    let ids = "<m:ErrorSubscriptionIds><m:SubscriptionId>anybody</m:SubscriptionId></m:ErrorSubscriptionIds>";
    peer.say(id, message("Subscribe", "Error", "ErrorAccessDenied", ids));
    assert_eq!(peer.told(|event| matches!(event, SessionEvent::Failed { .. })), 1, "at once");
}
