//! What one seed means: the server's habits and faults, the mailboxes, and what the caller does.

use core::time::Duration;
use ews_sim::{Fault, Filter, Kind, Mailbox, Rng, Style};
use ews_stream::request::{ConnectionTimeout, DistinguishedFolder, EventTypes, Impersonation, Text};
use ews_stream::session::{Config, Group, Subscription, SuspectIds};

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Nothing goes wrong, and there is a connection for everybody: then there is no gap either.
    pub(crate) peaceful: bool,
    pub(crate) style: Style,
    pub(crate) faults: Vec<(Fault, u32)>,
    pub(crate) users: Vec<String>,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) grouped: bool,
    pub(crate) slots: u32,
    pub(crate) minutes: u8,
    pub(crate) suspects: SuspectIds,
    /// How long faults occur.
    pub(crate) chaos: Duration,
    /// The mean time between two changes of a mailbox.
    pub(crate) pace: Duration,
    /// The caller's process starts anew, with the ids it has kept.
    pub(crate) process_restarts: bool,
    /// Another client now and then takes a subscription over.
    pub(crate) rivals: bool,
    /// The caller subscribes and unsubscribes while it runs.
    pub(crate) restless: bool,
}

/// A subscription that the caller wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) user: usize,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Everything,
    Inbox,
    NewMail,
}

impl Plan {
    /// A plan in which everything may go wrong.
    pub(crate) fn chaotic(seed: u64) -> Self {
        let mut rng = Rng::new(seed ^ 0xC4A0_5EED);
        let mut plan = Self::draw(seed, &mut rng);
        let rate = [5, 20, 60, 150, 300][rng.range(0, 5) as usize];
        let share = [150, 400, 1000][rng.range(0, 3) as usize];
        for fault in Fault::ALL {
            if rng.chance(share) {
                // a plan of many faults has each of them less often, or nothing would ever work
                let rate = if share == 1000 { rate / 6 } else { rate };
                plan.faults.push((*fault, u32::max(rate, 2)));
            }
        }
        plan.process_restarts = rng.chance(150);
        plan.rivals = plan.style == Style::Exchange && rng.chance(150);
        plan
    }

    /// A plan without faults.
    pub(crate) fn peaceful(seed: u64) -> Self {
        let mut plan = Self::draw(seed, &mut Rng::new(seed ^ 0x9EAC_EF01));
        // nobody who gives up a connection for room keeps all events
        plan.slots = plan.slots.max(2 * plan.users.len() as u32 + 1);
        plan.peaceful = true;
        plan
    }

    fn draw(seed: u64, rng: &mut Rng) -> Self {
        let style = if rng.chance(500) { Style::Exchange } else { Style::Gromox };
        let users = if rng.chance(600) { 1 } else { rng.range(2, 5) };
        let users: Vec<String> =
            (0..users).map(|n| if n == 0 { "user".into() } else { format!("u{n}@x.example") }).collect();
        let many = if rng.chance(30) { 230 } else { rng.range(1, 7) };
        let wishes = (0..many)
            .map(|_| Wish {
                user: rng.range(0, users.len() as u64) as usize,
                what: [What::Everything, What::Inbox, What::NewMail][rng.range(0, 3) as usize],
            })
            .collect();
        Self {
            seed,
            peaceful: false,
            style,
            faults: vec![],
            slots: rng.range(1, 5) as u32,
            wishes,
            grouped: style == Style::Exchange && rng.chance(250),
            users,
            minutes: [1, 1, 2, 5, 15, 30][rng.range(0, 6) as usize],
            suspects: match rng.range(0, 4) {
                // a server whose ids begin again with it cannot be trusted with old ones
                0 if style == Style::Exchange => SuspectIds::Trust,
                1 => SuspectIds::Renew,
                _ => SuspectIds::RenewShort,
            },
            chaos: Duration::from_secs(rng.range(2, 30) * 60),
            pace: Duration::from_millis(
                [1_500, 5_000, 20_000, 90_000][rng.range(if many > 200 { 2 } else { 0 }, 4) as usize],
            ),
            process_restarts: false,
            rivals: false,
            restless: rng.chance(400),
        }
    }

    pub(crate) fn server(&self) -> ews_sim::Config {
        let mut config = ews_sim::Config::new(self.style);
        config.connection_limit = config.connection_limit.max(self.slots as usize);
        config.faults.extend(self.faults.iter().copied());
        config
    }

    pub(crate) fn session(&self) -> Config {
        Config::default()
            .with_connection_timeout(ConnectionTimeout::minutes(self.minutes.into()).unwrap())
            .with_max_connections(self.slots)
            .with_suspect_ids(self.suspects)
    }

    pub(crate) fn subscription(&self, wish: Wish, cookie: Option<Text>) -> Subscription {
        let mut wanted = Subscription::new();
        wanted = match wish.what {
            What::Everything => wanted.events(EventTypes::ALL),
            What::Inbox => wanted.folder(DistinguishedFolder::Inbox).events(EventTypes::ALL),
            What::NewMail => wanted.events(EventTypes::NEW_MAIL),
        };
        if self.grouped {
            let group = Group::new("group", Text::new(&self.users[0]).unwrap());
            wanted = wanted.group(match cookie {
                Some(cookie) => group.resume(cookie),
                None => group,
            });
        } else if wish.user > 0 {
            wanted = wanted.impersonate(Impersonation::PrimarySmtpAddress(Text::new(&self.users[wish.user]).unwrap()));
        }
        wanted
    }

    /// Whether there are more lanes than connections, so that they must take turns.
    pub(crate) fn crowded(&self) -> bool {
        let full = self.wishes.len().div_ceil(200);
        !self.grouped && self.users.len().max(full) > self.slots as usize || full > self.slots as usize
    }

    /// Whose mailbox a wish is about: within a group nobody is impersonated here.
    pub(crate) fn mailbox(&self, wish: Wish) -> &str {
        &self.users[if self.grouped { 0 } else { wish.user }]
    }

    /// The caller's own idea of which events it must be told of.
    pub(crate) fn filter(wish: Wish) -> Filter {
        use Kind::{Copied, Created, Deleted, FreeBusyChanged, Modified, Moved, NewMail};
        let all = [Copied, Created, Deleted, Modified, Moved, NewMail, FreeBusyChanged];
        match wish.what {
            What::Everything => Filter { folders: None, kinds: all.into() },
            What::Inbox => Filter { folders: Mailbox::distinguished("inbox").map(|n| [n].into()), kinds: all.into() },
            What::NewMail => Filter { folders: None, kinds: [NewMail].into() },
        }
    }
}
