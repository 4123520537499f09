//! Every transition of a subscription, and nothing else: a pure function. Depends on the reasons for a gap.
//!
//! Rule: what a subscription does next is decided here, not where the input came from.
//!
//! ```text
//!            ┌──────────────── lost, renewed ────────────────┐
//!            ▼                                               │
//!  new ──► Wanted ──► Subscribing ──► Idle ──► Opening ──► Live
//!            ▲             │           ▲          │          │
//!            └── retried ──┘           └── ended, broken ────┘
//!                          │
//!   any: refused, taken over, moved ──► Parked ── retry ──► Wanted (Idle when it still has its id)
//!   unsubscribe: with an id ──► Leaving ──► Closed; without ──► Closed; in flight ──► Abandoning ──► Leaving
//! ```
//!
//! A gap is remembered from the moment it opens and reported when it ends: after the first message of the connection
//! that closes it, so that a synchronisation started then misses nothing.

use super::event::GapReason;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Needs a Subscribe.
    Wanted,
    /// Its Subscribe is in flight.
    Subscribing,
    /// Has an id, but no connection.
    Idle,
    /// On a connection that has not said anything yet.
    Opening,
    /// On a connection that works.
    Live,
    /// Set aside until the caller decides.
    Parked,
    /// To be unsubscribed, but its Subscribe is still in flight.
    Abandoning,
    /// Its Unsubscribe is due or in flight.
    Leaving,
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    /// Whether the caller was told that it is live: before that, no event can be missing.
    pub(super) announced: bool,
    /// Whether its id is from an earlier run, which was told.
    pub(super) resumed: bool,
    /// A gap that is open.
    pub(super) gap: Option<GapReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    SubscribeSent,
    Subscribed,
    /// The Subscribe failed for now.
    SubscribeFailed,
    /// A connection with its id was asked for.
    ConnectionSent,
    /// The connection said something good.
    Spoke,
    /// The connection ended as it should.
    Ended,
    /// The connection ended in any other way; the id may still be good.
    Broken(GapReason),
    /// The id is no good any more.
    Lost(GapReason),
    /// Events were missed, the subscription lives.
    Missed,
    /// Set aside: refused, taken over, moved.
    Parked(GapReason),
    /// The caller wants a parked one back; whether it still has its id.
    Retry {
        has_id: bool,
    },
    Unsubscribe {
        has_id: bool,
    },
    /// The server has unsubscribed it, or it was given up.
    Unsubscribed,
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // what to do is a set
pub(super) struct Effects {
    /// Report the first going live.
    pub(super) live: bool,
    /// Report this gap.
    pub(super) gap: Option<GapReason>,
    /// Report that it is closed and forget it.
    pub(super) closed: bool,
    pub(super) queue_subscribe: bool,
    pub(super) queue_connection: bool,
    pub(super) queue_unsubscribe: bool,
    /// It is no longer on its connection.
    pub(super) leave_connection: bool,
    pub(super) forget_id: bool,
}

impl Phase {
    /// Whether it is to have a connection, sooner or later.
    pub(super) const fn is_served(self) -> bool {
        matches!(self, Self::Wanted | Self::Subscribing | Self::Idle | Self::Opening | Self::Live)
    }
}

impl State {
    pub(super) const NEW: Self = Self { phase: Phase::Wanted, announced: false, resumed: false, gap: None };
    pub(super) const RESUMED: Self = Self { phase: Phase::Idle, announced: false, resumed: true, gap: None };

    fn with_gap(mut self, reason: GapReason) -> Self {
        if (self.announced || self.resumed) && self.gap.is_none() {
            self.gap = Some(reason); // the first reason is the cause, later ones follow from it
        }
        self
    }

    fn to(mut self, phase: Phase) -> Self {
        self.phase = phase;
        self
    }
}

/// The next state, and what is to be done. An input that a phase does not expect changes nothing: it came too late.
#[allow(clippy::match_same_arms)] // a row a transition, in the order of the diagram
pub(super) fn next(state: State, input: Input) -> (State, Effects) {
    use Phase::{Abandoning, Closed, Idle, Leaving, Live, Opening, Parked, Subscribing, Wanted};
    let none = Effects::default();
    let subscribe = Effects { queue_subscribe: true, ..none };
    let connect = Effects { queue_connection: true, ..none };
    match (state.phase, input) {
        (Wanted, Input::SubscribeSent) => (state.to(Subscribing), none),
        // the id is of this run: what may have been missed before is an open gap
        (Subscribing, Input::Subscribed) => (State { resumed: false, ..state }.to(Idle), connect),
        (Subscribing, Input::SubscribeFailed) => (state.to(Wanted), subscribe),
        (Idle, Input::ConnectionSent) => (state.to(Opening), none),
        (Opening, Input::Spoke) => {
            let effects = Effects { live: !state.announced, gap: state.gap, ..none };
            (State { phase: Live, announced: true, resumed: false, gap: None }, effects)
        }
        (Opening | Live, Input::Ended) => (state.to(Idle), Effects { leave_connection: true, ..connect }),
        (Opening | Live, Input::Broken(reason)) => {
            (state.with_gap(reason).to(Idle), Effects { leave_connection: true, ..connect })
        }
        (Idle | Opening | Live, Input::Lost(reason)) => {
            (state.with_gap(reason).to(Wanted), Effects { leave_connection: true, forget_id: true, ..subscribe })
        }
        // somebody else has its id now: it must neither be used nor unsubscribed
        (Parked, Input::Lost(reason)) => (state.with_gap(reason), Effects { forget_id: true, ..none }),
        (Leaving, Input::Lost(_)) => closed(state),
        (Live, Input::Missed) => (state, Effects { gap: Some(GapReason::EventsMissed), ..none }),
        (Opening, Input::Missed) => (state.with_gap(GapReason::EventsMissed), none),
        (Wanted | Subscribing | Idle | Opening | Live, Input::Parked(reason)) => {
            (state.with_gap(reason).to(Parked), Effects { leave_connection: true, ..none })
        }
        (Parked, Input::Retry { has_id: true }) => (state.to(Idle), connect),
        (Parked, Input::Retry { has_id: false }) => (state.to(Wanted), subscribe),

        (Subscribing, Input::Unsubscribe { .. }) => (state.to(Abandoning), none),
        (Wanted | Parked | Idle | Opening | Live, Input::Unsubscribe { has_id: true }) => {
            (state.to(Leaving), Effects { leave_connection: true, queue_unsubscribe: true, ..none })
        }
        (Wanted | Parked | Idle | Opening | Live, Input::Unsubscribe { has_id: false }) => closed(state),
        (Abandoning, Input::Subscribed) => (state.to(Leaving), Effects { queue_unsubscribe: true, ..none }),
        (Abandoning, Input::SubscribeFailed | Input::Parked(_)) | (Leaving | Abandoning, Input::Unsubscribed) => {
            closed(state)
        }

        // what came too late, or twice
        (Wanted | Subscribing | Idle | Opening | Live | Parked | Abandoning | Leaving | Closed, _) => (state, none),
    }
}

fn closed(state: State) -> (State, Effects) {
    let effects = Effects { gap: state.gap, closed: true, leave_connection: true, ..Effects::default() };
    (State { phase: Phase::Closed, gap: None, ..state }, effects)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [Phase; 9] = [
        Phase::Wanted,
        Phase::Subscribing,
        Phase::Idle,
        Phase::Opening,
        Phase::Live,
        Phase::Parked,
        Phase::Abandoning,
        Phase::Leaving,
        Phase::Closed,
    ];
    const REASON: GapReason = GapReason::ConnectionLost;
    const INPUTS: [Input; 15] = [
        Input::SubscribeSent,
        Input::Subscribed,
        Input::SubscribeFailed,
        Input::ConnectionSent,
        Input::Spoke,
        Input::Ended,
        Input::Broken(REASON),
        Input::Lost(REASON),
        Input::Missed,
        Input::Parked(REASON),
        Input::Retry { has_id: true },
        Input::Retry { has_id: false },
        Input::Unsubscribe { has_id: true },
        Input::Unsubscribe { has_id: false },
        Input::Unsubscribed,
    ];

    fn all(mut check: impl FnMut(State, Input, State, Effects)) {
        for phase in PHASES {
            for input in INPUTS {
                for announced in [false, true] {
                    for resumed in [false, true] {
                        for gap in [None, Some(REASON)] {
                            let state = State { phase, announced, resumed, gap };
                            let (after, effects) = next(state, input);
                            check(state, input, after, effects);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_happens_there_is_something_to_send_to_wait_for_or_it_is_closed() {
        all(|state, input, after, effects| {
            let moved = state.phase != after.phase;
            match after.phase {
                Phase::Wanted if moved => assert!(effects.queue_subscribe, "{state:?} {input:?}"),
                Phase::Idle if moved => assert!(effects.queue_connection, "{state:?} {input:?}"),
                Phase::Leaving if moved => assert!(effects.queue_unsubscribe, "{state:?} {input:?}"),
                Phase::Closed if moved => assert!(effects.closed, "{state:?} {input:?}"),
                // these wait for a request that is in flight, and may only be entered by sending one
                Phase::Subscribing if moved => assert_eq!(input, Input::SubscribeSent),
                Phase::Opening if moved => assert_eq!(input, Input::ConnectionSent),
                _ => {}
            }
            if !moved {
                assert!(!effects.queue_subscribe && !effects.queue_connection && !effects.queue_unsubscribe);
            }
        });
    }

    #[test]
    fn a_gap_is_never_forgotten_before_it_is_reported() {
        all(|state, input, after, effects| {
            if state.gap.is_some() {
                assert!(after.gap.is_some() || effects.gap.is_some(), "{state:?} {input:?}");
            }
            if after.phase == Phase::Live && state.phase != Phase::Live {
                assert_eq!(effects.gap, state.gap);
                assert_eq!(effects.live, !state.announced);
            }
            let wired = matches!(state.phase, Phase::Opening | Phase::Live);
            let broken = matches!(input, Input::Broken(_) | Input::Lost(_) | Input::Parked(_));
            let owed = state.announced || state.resumed;
            if wired && broken && owed {
                assert!(after.gap.is_some(), "{state:?} {input:?}");
            }
            if !owed && state.gap.is_none() && input != Input::Missed {
                assert!(after.gap.is_none() && effects.gap.is_none(), "nothing can be missing: {state:?} {input:?}");
            }
        });
    }

    #[test]
    fn whoever_leaves_the_wire_leaves_the_connection() {
        let wired = |phase| matches!(phase, Phase::Opening | Phase::Live);
        all(|state, input, after, effects| {
            if wired(state.phase) && !wired(after.phase) {
                assert!(effects.leave_connection, "{state:?} {input:?}");
            }
        });
    }
}
