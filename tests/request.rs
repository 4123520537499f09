//! Requests, compared as XML: with the documented shapes and with requests that a real server has accepted.
#![allow(clippy::restriction)]

use ews_stream::request::{
    ConnectionTimeout, DistinguishedFolder, EventTypes, Folder, Folders, GetEvents, GetStreamingEvents, Header,
    Impersonation, Minutes, RequestError, SendNotificationResult, Subscribe, SubscriptionIds, SubscriptionStatus, Text,
    Unsubscribe, Version,
};
use ews_stream::xml::{Token, Tokenizer};

/// What a document says: prefixes, declarations and white space between elements left out.
fn canonical(xml: &[u8]) -> Vec<String> {
    let mut tokenizer = Tokenizer::new();
    let mut input = xml;
    let mut out = Vec::new();
    while let Some(token) = tokenizer.next_token(&mut input).expect("well-formed") {
        match token {
            Token::StartElement(start) => {
                let mut attributes: Vec<_> =
                    start.attributes().map(|a| format!("{}|{}={}", a.namespace(), a.local_name(), a.value())).collect();
                attributes.sort();
                out.push(format!("<{}|{} {}", start.namespace(), start.local_name(), attributes.join(" ")));
            }
            Token::EndElement(end) => out.push(format!(">{}", end.local_name())),
            Token::Text(text) if text.trim().is_empty() => {}
            Token::Text(text) => match out.last_mut() {
                Some(last) if last.starts_with('"') => last.push_str(text),
                _ => out.push(format!("\"{text}")),
            },
            _ => {}
        }
    }
    tokenizer.finish().expect("whole");
    out
}

fn text(value: &str) -> Text {
    Text::new(value).expect("fit for XML")
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn documented(header: &str, body: &str) -> Vec<u8> {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
        <soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"
            xmlns:types="http://schemas.microsoft.com/exchange/services/2006/types"
            xmlns="http://schemas.microsoft.com/exchange/services/2006/messages">{header}<soap:Body>{body}</soap:Body>
        </soap:Envelope>"#
    )
    .into_bytes()
}

const HEADER_2013: &str = r#"<soap:Header><types:RequestServerVersion Version="Exchange2013"/></soap:Header>"#;

#[track_caller]
fn same(ours: &[u8], theirs: &[u8]) {
    assert_eq!(canonical(ours), canonical(theirs));
}

#[test]
fn a_pull_subscription_is_written_as_documented() {
    let folders =
        Folders::from(DistinguishedFolder::Inbox).and(Folder::Id { id: text("AAM&1"), change_key: Some(text("C\"K")) });
    let mark = text("AQAA");
    let request = Subscribe::pull(&folders, EventTypes::NEW_MAIL | EventTypes::COPIED, Minutes::new(10).unwrap());
    same(
        &written(|out| request.after(&mark).write(&Header::new(Version::Exchange2013), out)),
        &documented(
            HEADER_2013,
            r#"<Subscribe><PullSubscriptionRequest><types:FolderIds><types:DistinguishedFolderId Id="inbox"/>
            <types:FolderId Id="AAM&amp;1" ChangeKey="C&quot;K"/></types:FolderIds>
            <types:EventTypes><types:EventType>NewMailEvent</types:EventType><types:EventType>CopiedEvent</types:EventType>
            </types:EventTypes><types:Watermark>AQAA</types:Watermark><types:Timeout>10</types:Timeout>
            </PullSubscriptionRequest></Subscribe>"#,
        ),
    );
}

#[test]
fn a_push_subscription_is_written_as_documented() {
    let (url, data) = (text("https://me/?a=1&b=<2>"), text("data"));
    let all = Folders::ALL;
    let request = Subscribe::push(&all, EventTypes::CREATED, Minutes::new(1440).unwrap(), &url);
    same(
        &written(|out| request.caller_data(&data).write(&Header::new(Version::Exchange2013), out)),
        &documented(
            HEADER_2013,
            r#"<Subscribe><PushSubscriptionRequest SubscribeToAllFolders="true"><types:EventTypes>
            <types:EventType>CreatedEvent</types:EventType></types:EventTypes><types:StatusFrequency>1440</types:StatusFrequency>
            <types:URL>https://me/?a=1&amp;b=&lt;2&gt;</types:URL><types:CallerData>data</types:CallerData>
            </PushSubscriptionRequest></Subscribe>"#,
        ),
    );
}

#[test]
fn impersonation_stands_in_the_header_in_each_of_its_four_forms() {
    let forms: [(Impersonation, &str); 4] = [
        (Impersonation::PrincipalName(text("a@b")), "PrincipalName"),
        (Impersonation::Sid(text("a@b")), "SID"),
        (Impersonation::PrimarySmtpAddress(text("a@b")), "PrimarySmtpAddress"),
        (Impersonation::SmtpAddress(text("a@b")), "SmtpAddress"),
    ];
    let id = text("id-1");
    for (form, name) in forms {
        let header = Header::new(Version::Exchange2010Sp1).impersonate(form);
        same(
            &written(|out| Unsubscribe::new(&id).write(&header, out)),
            &documented(
                &format!(
                    r#"<soap:Header><types:RequestServerVersion Version="Exchange2010_SP1"/><types:ExchangeImpersonation>
                    <types:ConnectingSID><types:{name}>a@b</types:{name}></types:ConnectingSID></types:ExchangeImpersonation>
                    </soap:Header>"#
                ),
                "<Unsubscribe><SubscriptionId>id-1</SubscriptionId></Unsubscribe>",
            ),
        );
    }
}

#[test]
fn get_streaming_events_get_events_and_the_answer_to_a_push_are_written_as_documented() {
    let header = Header::new(Version::Exchange2013);
    let ids = SubscriptionIds::new([text("one"), text("two")]).unwrap();
    same(
        &written(|out| GetStreamingEvents::new(&ids, ConnectionTimeout::MAX).write(&header, out)),
        &documented(
            HEADER_2013,
            "<GetStreamingEvents><SubscriptionIds><types:SubscriptionId>one</types:SubscriptionId>
            <types:SubscriptionId>two</types:SubscriptionId></SubscriptionIds><ConnectionTimeout>30</ConnectionTimeout>
            </GetStreamingEvents>",
        ),
    );
    same(
        &written(|out| GetEvents::new(&text("one"), &text("W")).write(&header, out)),
        &documented(HEADER_2013, "<GetEvents><SubscriptionId>one</SubscriptionId><Watermark>W</Watermark></GetEvents>"),
    );
    for (status, name) in [(SubscriptionStatus::Ok, "OK"), (SubscriptionStatus::Unsubscribe, "Unsubscribe")] {
        same(
            &written(|out| SendNotificationResult::new(status).write(out)),
            &documented(
                "",
                &format!(
                    "<SendNotificationResult><SubscriptionStatus>{name}</SubscriptionStatus></SendNotificationResult>"
                ),
            ),
        );
    }
}

#[test]
fn a_folder_of_another_mailbox_names_its_owner() {
    let folders = Folders::from(DistinguishedFolder::Calendar.of(text("boss@example.com")));
    let out = written(|out| Subscribe::streaming(&folders, EventTypes::ALL).write(&Header::default(), out));
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains(
        r#"<t:DistinguishedFolderId Id="calendar"><t:Mailbox><t:EmailAddress>boss@example.com</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>"#
    ));
}

#[test]
fn what_servers_refuse_cannot_be_made() {
    for minutes in [0, 31, u16::MAX] {
        assert_eq!(ConnectionTimeout::minutes(minutes), Err(RequestError::OutOfRange { minutes, max: 30 }));
    }
    for minutes in [0, 1441] {
        assert_eq!(Minutes::new(minutes), Err(RequestError::OutOfRange { minutes, max: 1440 }));
    }
    assert_eq!(SubscriptionIds::new([]), Err(RequestError::Empty));
    assert!(SubscriptionIds::new((0..200).map(|n| text(&n.to_string()))).is_ok());
    assert_eq!(SubscriptionIds::new((0..201).map(|n| text(&n.to_string()))), Err(RequestError::TooManyIds));
    assert_eq!(Text::new(""), Err(RequestError::Empty));
    for bad in ['\0', '\u{1F}', '\u{FFFE}', '\u{FFFF}'] {
        assert_eq!(Text::new(&format!("a{bad}")), Err(RequestError::ForbiddenCharacter(bad)));
    }
}

#[test]
fn every_character_survives_writing_and_reading() {
    let odd = "a&b<c>d\"e'f\tg\nh\ri]]>j\u{85}\u{2028}k\u{10FFFF} ";
    let folders = Folders::from(Folder::id(text(odd)));
    let out = written(|out| Subscribe::streaming(&folders, EventTypes::ALL).write(&Header::default(), out));
    assert!(canonical(&out).iter().any(|token| token.ends_with(&format!("|Id={odd}"))));
    let out = written(|out| Unsubscribe::new(&text(odd)).write(&Header::default(), out));
    assert!(canonical(&out).contains(&format!("\"{odd}")));
}

/// Reads a recorded request back into our builders, and compares what they write. `None`: a shape they cannot express.
fn rewritten(xml: &[u8]) -> Option<Vec<u8>> {
    let tokens = canonical(xml);
    let values = |name: &str| -> Vec<String> {
        let marker = format!("|{name} ");
        tokens
            .windows(2)
            .filter(|w| w[0].contains(&marker) && w[1].starts_with('"'))
            .map(|w| w[1][1..].to_owned())
            .collect()
    };
    let attribute = |element: &str, name: &str| {
        let token = tokens.iter().find(|t| t.contains(&format!("|{element} ")))?;
        Some(token.split_once(&format!("|{name}="))?.1.to_owned())
    };
    let version = attribute("RequestServerVersion", "Version")?;
    let version = [Version::Exchange2010Sp1, Version::Exchange2013, Version::Exchange2013Sp1, Version::Exchange2016]
        .into_iter()
        .find(|v| v.name() == version)?;
    let header = Header::new(version);
    let has = |name: &str| tokens.iter().any(|t| t.contains(&format!("|{name} ")));
    let first = |name: &str| Text::new(values(name).first()?).ok();
    let mut out = Vec::new();
    if has("GetStreamingEvents") {
        let ids = values("SubscriptionId").iter().map(|id| Text::new(id)).collect::<Result<Vec<_>, _>>().ok()?;
        let timeout = ConnectionTimeout::minutes(values("ConnectionTimeout").first()?.parse().ok()?).ok()?;
        GetStreamingEvents::new(&SubscriptionIds::new(ids).ok()?, timeout).write(&header, &mut out);
    } else if has("GetEvents") {
        GetEvents::new(&first("SubscriptionId")?, &first("Watermark")?).write(&header, &mut out);
    } else if has("Unsubscribe") {
        Unsubscribe::new(&first("SubscriptionId")?).write(&header, &mut out);
    } else if has("Subscribe") {
        let known = [
            EventTypes::NEW_MAIL,
            EventTypes::CREATED,
            EventTypes::DELETED,
            EventTypes::MODIFIED,
            EventTypes::MOVED,
            EventTypes::COPIED,
            EventTypes::FREE_BUSY_CHANGED,
        ];
        let mut events = None;
        for name in values("EventType") {
            let one = known.into_iter().find(|k| k.names().next() == Some(&name))?;
            events = Some(events.map_or(one, |all| all | one));
        }
        let folders = match (attribute("DistinguishedFolderId", "Id").as_deref(), attribute("FolderId", "Id")) {
            (None, None) => Folders::ALL,
            (Some("inbox"), None) => Folders::from(DistinguishedFolder::Inbox),
            (Some("calendar"), None) => Folders::from(DistinguishedFolder::Calendar),
            (None, Some(id)) => Folders::from(Folder::id(Text::new(&id).ok()?)),
            _ => return None,
        };
        if tokens.iter().filter(|t| t.contains("FolderId ")).count() > 1 || has("Mailbox") {
            return None;
        }
        if has("PullSubscriptionRequest") {
            let timeout = Minutes::new(values("Timeout").first()?.parse().ok()?).ok()?;
            Subscribe::pull(&folders, events?, timeout).write(&header, &mut out);
        } else {
            Subscribe::streaming(&folders, events?).write(&header, &mut out);
        }
    } else {
        return None;
    }
    Some(out)
}

#[test]
fn what_a_real_server_was_sent_is_what_we_write() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/captures");
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).expect("the recordings are in the repository") {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".request.xml") {
            continue;
        }
        let xml = std::fs::read(&path).unwrap();
        let mut tokenizer = Tokenizer::new();
        let mut input = &xml[..];
        let well_formed = loop {
            match tokenizer.next_token(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break tokenizer.finish().is_ok(),
                Err(_) => break false,
            }
        };
        if !well_formed {
            continue; // some were broken on purpose
        }
        if let Some(ours) = rewritten(&xml) {
            assert_eq!(canonical(&ours), canonical(&xml), "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 25, "only {compared} recordings have a shape that we can write");
}

#[test]
fn every_folder_is_found_by_its_name() {
    for folder in DistinguishedFolder::ALL {
        assert_eq!(DistinguishedFolder::from_name(folder.name()), Some(*folder));
    }
    assert_eq!(DistinguishedFolder::from_name("Inbox"), Some(DistinguishedFolder::Inbox));
    assert_eq!(DistinguishedFolder::from_name("all"), None);
}
