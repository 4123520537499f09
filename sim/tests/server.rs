//! What the server does over time.

mod common;

use common::{S, ask, between, envelope, poll, stream, subscribe, subscribed, unsubscribe};
use core::time::Duration;
use ews_sim::{Change, Config, End, Fault, Head, Mailbox, Server, Style, event_number};

fn server(style: Style) -> Server {
    Server::new(Config::new(style), 7)
}

fn numbers(text: &str) -> Vec<u64> {
    text.split("<t:ItemId Id=\"")
        .chain(text.split("<t:FolderId Id=\""))
        .filter_map(|part| event_number(part.split('"').next()?))
        .collect()
}

#[test]
fn every_event_is_recorded_and_delivered_with_its_number() {
    for style in [Style::Gromox, Style::Exchange] {
        let mut server = server(style);
        let id = subscribed(&mut server, 1, "", S);
        ask(&mut server, 2, &stream(&[&id], 30), S);
        for second in 2..400 {
            server.change_at_random("user", S * second);
        }
        let seen = poll(&mut server, 2, S * 410);
        let mut delivered = numbers(&seen.text());
        delivered.sort_unstable();
        let recorded: Vec<u64> = server.records()[0].events.iter().map(|event| event.number).collect();
        assert_eq!(delivered, recorded, "{style:?}");
        assert!(recorded.len() > 500);
    }
}

#[test]
fn more_than_fifty_events_come_in_several_documents() {
    let mut server = server(Style::Gromox);
    let id = subscribed(&mut server, 1, "inbox", S);
    for _ in 0..20 {
        server.change("user", Change::DeliverMail, S);
    }
    ask(&mut server, 2, &stream(&[&id], 30), S);
    let seen = poll(&mut server, 2, S * 46);
    assert_eq!(seen.chunks.len(), 2);
    assert!(seen.chunks[0].contains("<t:MoreEvents>true</t:MoreEvents>"));
    assert!(seen.chunks[1].contains("<t:MoreEvents>false</t:MoreEvents>"));
    assert_eq!(numbers(&seen.text()).len(), 60);
}

#[test]
fn heartbeats_come_while_nothing_happens_and_two_closed_at_gromox_end() {
    let mut gromox = server(Style::Gromox);
    let id = subscribed(&mut gromox, 1, "inbox", S);
    ask(&mut gromox, 2, &stream(&[&id], 1), S);
    let seen = poll(&mut gromox, 2, S * 46);
    assert!(seen.text().contains("<t:StatusEvent/>"));
    let seen = poll(&mut gromox, 2, S * 110);
    assert_eq!(seen.text().matches("Closed").count(), 2);
    assert!(seen.ended);

    let mut exchange = server(Style::Exchange);
    let id = subscribed(&mut exchange, 1, "inbox", S);
    ask(&mut exchange, 2, &stream(&[&id], 1), S);
    assert!(poll(&mut exchange, 2, S * 46).text().contains("<m:ConnectionStatus>OK<"));
    let seen = poll(&mut exchange, 2, S * 61);
    assert!(seen.ended && seen.text().matches("Closed").count() == 1);
}

#[test]
fn a_subscription_without_a_connection_expires_and_its_record_says_so() {
    let mut server = server(Style::Gromox);
    let id = subscribed(&mut server, 1, "inbox", S);
    poll(&mut server, 1, S * 302);
    assert!(matches!(server.records()[0].ended, Some((at, End::Expired)) if at == S * 301));
    assert!(ask(&mut server, 2, &stream(&[&id], 1), S * 303).text().contains("ErrorInvalidSubscription"));
}

#[test]
fn a_second_stream_takes_the_subscription_over() {
    let mut gromox = server(Style::Gromox);
    let id = subscribed(&mut gromox, 1, "inbox", S);
    ask(&mut gromox, 2, &stream(&[&id], 1), S);
    gromox.request(3, &Head::post(), &stream(&[&id], 1), S * 2);
    let first = poll(&mut gromox, 2, S * 2);
    assert!(first.ended && first.text().contains("ResponseClass=\"Success\"") && first.text().contains("Closed"));

    let mut exchange = server(Style::Exchange);
    let id = subscribed(&mut exchange, 1, "inbox", S);
    ask(&mut exchange, 2, &stream(&[&id], 1), S);
    exchange.request(3, &Head::post(), &stream(&[&id], 1), S * 2);
    assert!(poll(&mut exchange, 2, S * 2).text().contains("ErrorNewEventStreamConnectionOpened"));
}

#[test]
fn unsubscribing_ends_the_stream_and_a_second_time_finds_nothing() {
    let mut server = server(Style::Gromox);
    let id = subscribed(&mut server, 1, "inbox", S);
    ask(&mut server, 2, &stream(&[&id], 1), S);
    server.request(3, &Head::post(), &unsubscribe(&id), S * 2);
    assert!(poll(&mut server, 2, S * 2).ended);
    assert!(ask(&mut server, 4, &unsubscribe(&id), S * 3).text().contains("ErrorSubscriptionNotFound"));
}

#[test]
fn the_limits_of_connections_and_subscriptions_are_kept() {
    let mut config = Config::new(Style::Exchange);
    (config.connection_limit, config.subscription_limit) = (1, 2);
    let mut server = Server::new(config, 1);
    let ids = [subscribed(&mut server, 1, "inbox", S), subscribed(&mut server, 2, "", S)];
    assert!(ask(&mut server, 3, &subscribe(""), S).text().contains("ErrorExceededSubscriptionCount"));
    ask(&mut server, 4, &stream(&[&ids[0]], 1), S);
    assert!(ask(&mut server, 5, &stream(&[&ids[1]], 1), S).text().contains("ErrorExceededConnectionCount"));
    server.connection_lost(4, S);
    assert_eq!(ask(&mut server, 6, &stream(&[&ids[1]], 1), S).status, 200);
}

#[test]
fn without_the_anchors_cookie_the_server_does_not_know_the_subscription() {
    let mut server = server(Style::Exchange);
    let head = Head::post().header("X-AnchorMailbox", "a@b.example").header("X-PreferServerAffinity", "true");
    server.request(1, &head, &subscribe("inbox"), S);
    let seen = poll(&mut server, 1, S);
    let cookie = &seen.headers.iter().find(|header| header.0 == "Set-Cookie").expect("a cookie").1;
    let cookie = cookie.split(';').next().expect("a pair");
    let id = between(&seen.text(), "<m:SubscriptionId>", "<").to_owned();
    assert!(ask(&mut server, 2, &stream(&[&id], 1), S).text().contains("ErrorInvalidSubscription"));
    server.request(3, &head.header("Cookie", cookie), &stream(&[&id], 1), S);
    assert!(poll(&mut server, 3, S).text().contains("<m:ConnectionStatus>OK<"));
}

#[test]
fn after_a_restart_ids_begin_again_and_may_be_somebody_elses() {
    let mut server = server(Style::Gromox);
    let before = subscribed(&mut server, 1, "inbox", S);
    ask(&mut server, 2, &stream(&[&before], 1), S);
    server.restart(S * 2);
    assert!(poll(&mut server, 2, S * 2).broken);
    assert!(ask(&mut server, 3, &subscribe(""), S * 3).broken, "it is down");
    let after = subscribed(&mut server, 4, "drafts", S * 10);
    assert_eq!(before, after);
    let incarnations: Vec<u32> = server.records().iter().map(|record| record.incarnation).collect();
    assert_eq!(incarnations, [0, 1]);
}

#[test]
fn pull_gives_what_the_watermark_has_not_seen() {
    let mut server = server(Style::Exchange);
    let body = envelope(
        "",
        "<m:Subscribe><m:PullSubscriptionRequest SubscribeToAllFolders=\"true\"><t:EventTypes>\
         <t:EventType>NewMailEvent</t:EventType></t:EventTypes><t:Timeout>10</t:Timeout></m:PullSubscriptionRequest>\
         </m:Subscribe>",
    );
    let seen = ask(&mut server, 1, &body, S).text();
    let (id, mark) = (between(&seen, "SubscriptionId>", "<"), between(&seen, "Watermark>", "<"));
    let get = |mark: &str| {
        envelope(
            "",
            &format!(
                "<m:GetEvents><m:SubscriptionId>{id}</m:SubscriptionId><m:Watermark>{mark}</m:Watermark></m:GetEvents>"
            ),
        )
    };
    server.change("user", Change::DeliverMail, S);
    let first = ask(&mut server, 2, &get(mark), S).text();
    assert!(first.contains("NewMailEvent"));
    let next = between(&first, "<t:Watermark>", "<");
    assert!(ask(&mut server, 3, &get(next), S).text().contains("StatusEvent"));
    assert!(ask(&mut server, 4, &get("rubbish"), S).text().contains("ErrorInvalidWatermark"));
}

#[test]
fn wrong_credentials_get_401_and_others_get_their_own_mailbox() {
    let mut config = Config::new(Style::Exchange);
    config.require_authentication = true;
    config.credentials = Some(("user".to_owned(), "secret".to_owned()));
    let mut server = Server::new(config, 1);
    assert_eq!(ask(&mut server, 1, &subscribe(""), S).status, 401);
    server.request(2, &Head::post().header("Authorization", "Basic dXNlcjp3cm9uZw=="), &subscribe(""), S);
    assert_eq!(poll(&mut server, 2, S).status, 401);
    let impersonate = "<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>room@b.example\
                       </t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>";
    let body = String::from_utf8(subscribe("")).expect("UTF-8");
    let body = body.replace("<soap:Header>", &format!("<soap:Header>{impersonate}"));
    server.request(3, &Head::post().header("Authorization", "Basic dXNlcjpzZWNyZXQ="), body.as_bytes(), S);
    assert_eq!(poll(&mut server, 3, S).status, 200);
    assert_eq!(server.records()[0].mailbox, "room@b.example");
}

#[test]
fn a_moved_item_has_a_new_id_and_says_what_it_was() {
    let mut server = server(Style::Exchange);
    subscribed(&mut server, 1, "", S);
    server.change("user", Change::DeliverMail, S);
    let item = server.mailbox("user").items().next().expect("an item");
    let to = Mailbox::distinguished("deleteditems").expect("a folder");
    server.change("user", Change::Move { item, to }, S);
    let events = &server.records()[0].events;
    let moved = events.iter().find(|event| event.kind == ews_sim::Kind::Moved).expect("a move");
    assert_ne!(Some(moved.target), moved.old.map(|old| old.0));
}

#[test]
fn every_fault_occurs_and_names_are_read_back() {
    let mut seen: Vec<Fault> = vec![];
    for seed in 0..400 {
        let style = if seed % 2 == 0 { Style::Gromox } else { Style::Exchange };
        let mut config = Config::new(style);
        config.faults = Fault::ALL.iter().map(|fault| (*fault, 40)).collect();
        let mut server = Server::new(config, seed);
        let mut connection = 0;
        for round in 0..6u32 {
            let now = S * (round * 130 + 1);
            connection += 1;
            let answer = ask(&mut server, connection, &subscribe(""), now).text();
            let Some((_, rest)) = answer.split_once("<m:SubscriptionId>") else { continue };
            let id = rest.split('<').next().expect("an id").to_owned();
            connection += 1;
            ask(&mut server, connection, &stream(&[&id], 2), now);
            for step in 1..120 {
                let now = now + S * step;
                server.change_at_random("user", now);
                poll(&mut server, connection, now);
            }
            server.connection_lost(connection, now + S * 121);
        }
        seen.extend(server.faults().iter().map(|record| record.fault));
    }
    for fault in Fault::ALL {
        assert!(seen.contains(fault), "{fault} never occurred");
        assert_eq!(fault.to_string().parse(), Ok(*fault));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut server = Server::new(Config::new(Style::Gromox).with_faults(Fault::ALL.iter().copied(), 100), 3);
        let mut all = vec![];
        for second in 0..300u32 {
            let now = Duration::from_secs(second.into());
            server.change_at_random("user", now);
            server.request(second.into(), &Head::post(), &subscribe("inbox"), now);
            server.request(1000 + u64::from(second), &Head::post(), &stream(&["AQAAAAUAAAA="], 2), now);
            all.extend(server.poll(now));
        }
        all
    };
    assert_eq!(run(), run());
}

#[test]
fn a_server_without_history_serves_the_same_and_keeps_nothing_that_is_over() {
    let mut config = Config::new(Style::Exchange).with_faults([Fault::Restart], 200);
    let run = |config: Config| {
        let mut server = Server::new(config, 7);
        let mut said = vec![];
        for second in 0..600 {
            let now = Duration::from_secs(second);
            server.request(second + 1, &Head::post(), &subscribe(""), now);
            server.change("user", Change::DeliverMail, now);
            said.extend(server.poll(now));
            if second % 10 == 0 {
                let taken = server.take_history("User");
                assert!(!taken.is_empty() && server.history("user").is_empty());
            }
        }
        (said, server)
    };
    let (said, kept) = run(config.clone());
    config.keeps_history = false;
    let (same, forgot) = run(config);
    assert_eq!(said, same);
    assert_eq!(kept.fault_count(Fault::Restart), forgot.fault_count(Fault::Restart));
    assert!(kept.fault_count(Fault::Restart) > 10 && forgot.faults().is_empty());
    assert!(forgot.records().len() < kept.records().len() / 2);
    assert!(forgot.records().iter().all(|record| record.events.is_empty()));
}
