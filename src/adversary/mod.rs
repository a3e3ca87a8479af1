//! Nodes that misbehave: each wraps honest parts, or stands in their place.
//!
//! The third catalogue lists what they can do. An honest node has no switch for any of it: an
//! equivocating hub, for one, is two honest hubs behind one name ([`TwoHubs`]).

pub mod lies;
mod overreach;
mod rule_breaker;
mod spoilt_franks;
mod two_hubs;

pub use overreach::{Overreach, Overreaching};
pub use rule_breaker::{Liar, RuleBreaking};
pub use spoilt_franks::{Spoiling, SpoiltFranks};
pub use two_hubs::{Equivocation, TwoHubs};

/// A value of the third catalogue.
#[derive(Debug, Clone, Copy)]
pub struct BehaviourInfo {
    /// The name that scenarios use.
    pub id: &'static str,
    /// What the node does, in one line.
    pub meaning: &'static str,
    /// Where the behaviour is described.
    pub source: &'static str,
}

/// The catalogue.
pub static BEHAVIOURS: &[BehaviourInfo] = &[
    BehaviourInfo {
        id: "hub.equivocates",
        meaning: "the hub shows the providers of one side another room than the rest, from now on",
        source: "mimi.md A1; RFC 9750 §5.2",
    },
    BehaviourInfo {
        id: "follower.spoils-franks",
        meaning: "a follower changes the frank of each message before its clients get it",
        source: "mimi.md A29; P06 §5.4.1; R39",
    },
    BehaviourInfo {
        id: "follower.proposes-more",
        meaning: "once, a follower's server proposes that a client enters, as an external sender",
        source: "mimi.md A31; R25, R26; RFC 9420 §12.1.8",
    },
    BehaviourInfo {
        id: "client.breaks-rule",
        meaning: "a liar beside a client sends one request that breaks the rule it names",
        source: "mimi.md A13, A16, A31; S20",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_lists_what_scenarios_can_name() {
        let ids: Vec<_> = BEHAVIOURS.iter().map(|behaviour| behaviour.id).collect();
        assert_eq!(ids, crate::script::ids::BEHAVIOURS);
    }
}
