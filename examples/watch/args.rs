//! The command line.

use std::time::Duration;

use ews_stream::request::{ConnectionTimeout, DistinguishedFolder, Impersonation, Text};
use ews_stream::session::{Group, Subscription};
use reqwest::Url;

use crate::http::Credentials;

pub(crate) const USAGE: &str = "\
usage: watch [OPTIONS]                          an Exchange that is simulated in this process, for 10 seconds
       watch --url URL --user USER [OPTIONS]    a real server, until Ctrl-C

  --url URL                 the server's EWS endpoint; without a path, /EWS/Exchange.asmx is meant
  --user USER               who asks; the password is read from the environment
  --password-env VAR        which variable holds the password (default: EWS_PASSWORD)
  --bearer-env VAR          which variable holds an OAuth token, to be sent instead of user and password
  --ca FILE                 certificates (PEM) to trust besides those that the system does
  --mailbox ADDRESS         watch this mailbox instead of the user's own; may be repeated. A subscription for each, by
                            ExchangeImpersonation: the user needs the role ApplicationImpersonation
  --delegate                reach the mailboxes by their folders' names instead: the user needs rights on those folders;
                            not for all folders, and not every server allows it
  --group                   the mailboxes are all on one mailbox server: their subscriptions share connections
  --folder NAME             inbox (default), all, calendar, msgfolderroot and so on; may be repeated
  --json                    one JSON object a line
  --for SECONDS             unsubscribe and end after so long
  --max-connections N       hanging connections at a time, at most (default: 3, or as many as the impersonated mailboxes
                            need: one each, for it is their own budget that pays, or one together with --group)
  --connection-timeout MIN  how long the server keeps each of them, 1 to 30 minutes (default: 30)
  --patience SECONDS        how long an answer may be in coming (default: 60)";

/// A server to watch.
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) credentials: Credentials,
    pub(crate) authorities: Option<Vec<u8>>,
}

pub(crate) struct Arguments {
    /// `None`: the simulated one.
    pub(crate) target: Option<Target>,
    /// What to watch, and what to call it: the mailbox where there are several.
    pub(crate) wanted: Vec<(Option<String>, Subscription)>,
    pub(crate) json: bool,
    pub(crate) limit: Option<Duration>,
    pub(crate) max_connections: u32,
    pub(crate) connection_timeout: ConnectionTimeout,
    pub(crate) patience: Duration,
}

impl Arguments {
    /// `None`: help was asked for.
    pub(crate) fn parse() -> Result<Option<Self>, lexopt::Error> {
        use lexopt::prelude::*;
        let (mut url, mut user, mut password_env, mut bearer_env, mut ca) = (None, None, None, None, None);
        let (mut mailboxes, mut folders): (Vec<String>, Vec<String>) = (vec![], vec![]);
        let (mut delegate, mut group, mut json) = (false, false, false);
        let (mut limit, mut max_connections, mut patience) = (None, None, 60);
        let mut connection_timeout = ConnectionTimeout::MAX;
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("url") => url = Some(parser.value()?.parse_with(endpoint)?),
                Long("user") => user = Some(parser.value()?.string()?),
                Long("password-env") => password_env = Some(parser.value()?.string()?),
                Long("bearer-env") => bearer_env = Some(parser.value()?.string()?),
                Long("ca") => ca = Some(parser.value()?),
                Long("mailbox") => mailboxes.push(parser.value()?.string()?),
                Long("delegate") => delegate = true,
                Long("group") => group = true,
                Long("folder") => folders.push(parser.value()?.string()?),
                Long("json") => json = true,
                Long("for") => limit = Some(Duration::from_secs(parser.value()?.parse()?)),
                Long("max-connections") => max_connections = Some(parser.value()?.parse()?),
                Long("connection-timeout") => {
                    connection_timeout =
                        ConnectionTimeout::minutes(parser.value()?.parse()?).map_err(|error| error.to_string())?;
                }
                Long("patience") => patience = parser.value()?.parse()?,
                Short('h') | Long("help") => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        if mailboxes.is_empty() && (delegate || group) {
            return Err("--delegate and --group are about a --mailbox".into());
        }
        let lanes = if delegate || group { 1 } else { u32::try_from(mailboxes.len()).unwrap_or(u32::MAX) };
        let target = match url {
            None if user.is_some() || bearer_env.is_some() => return Err("--url is missing".into()),
            None => None,
            Some(url) => {
                let credentials = credentials(user, password_env.as_deref(), bearer_env.as_deref())?;
                let read = |file| std::fs::read(&file).map_err(|error| format!("--ca: {error}"));
                Some(Target { url, credentials, authorities: ca.map(read).transpose()? })
            }
        };
        Ok(Some(Self {
            limit: limit.or(target.is_none().then_some(Duration::from_secs(10))),
            target,
            wanted: wanted(mailboxes, &folders, delegate, group)?,
            json,
            max_connections: max_connections.unwrap_or(lanes.max(3)),
            connection_timeout,
            patience: Duration::from_secs(patience),
        }))
    }
}

fn endpoint(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("not the address of an HTTP server".to_owned());
    }
    if url.password().is_some() {
        return Err("a password does not belong on the command line".to_owned());
    }
    if url.path() == "/" {
        url.set_path("/EWS/Exchange.asmx");
    }
    Ok(url)
}

fn credentials(
    user: Option<String>,
    password_env: Option<&str>,
    bearer_env: Option<&str>,
) -> Result<Credentials, String> {
    let read = |name: &str| std::env::var(name).map_err(|_| format!("the environment has no variable {name}"));
    match (bearer_env, user) {
        (Some(name), _) => Ok(Credentials::Bearer(read(name)?)),
        (None, Some(user)) => {
            let password = read(password_env.unwrap_or("EWS_PASSWORD"))?;
            Ok(Credentials::Basic { user, password })
        }
        (None, None) => Err("--user is missing (or --bearer-env)".to_owned()),
    }
}

/// A subscription for each mailbox, or one for the user's own.
fn wanted(
    mut mailboxes: Vec<String>,
    folders: &[String],
    delegate: bool,
    group: bool,
) -> Result<Vec<(Option<String>, Subscription)>, String> {
    let all = folders.iter().any(|name| name == "all");
    if all && (delegate || folders.len() > 1) {
        return Err("all folders are asked for by --folder all alone, and not with --delegate".to_owned());
    }
    let mut named = vec![];
    for name in folders.iter().filter(|_| !all) {
        named.push(DistinguishedFolder::from_name(name).ok_or_else(|| {
            let known: Vec<&str> = DistinguishedFolder::ALL.iter().map(|folder| folder.name()).collect();
            format!("no folder is named {name:?}; there are all, {}", known.join(", "))
        })?);
    }
    if folders.is_empty() {
        named.push(DistinguishedFolder::Inbox);
    }
    if mailboxes.is_empty() {
        let own = named.into_iter().fold(Subscription::new(), Subscription::folder);
        return Ok(vec![(None, own)]);
    }
    mailboxes.sort(); // the first by name is the group's anchor
    let text = |mailbox: &String| Text::new(mailbox).map_err(|error| error.to_string());
    let anchor = mailboxes.first().filter(|_| group).map(text).transpose()?;
    let mut wanted = vec![];
    for mailbox in mailboxes {
        let address = text(&mailbox)?;
        let mut one = Subscription::new();
        for &folder in &named {
            one = if delegate { one.folder(folder.of(address.clone())) } else { one.folder(folder) };
        }
        if !delegate {
            one = one.impersonate(Impersonation::PrimarySmtpAddress(address));
        }
        if let Some(anchor) = &anchor {
            one = one.group(Group::new("one server", anchor.clone()));
        }
        wanted.push((Some(mailbox), one));
    }
    if let [(name, _)] = &mut wanted[..] {
        *name = None;
    }
    Ok(wanted)
}
