//! What a search among honest nodes can reach, and why it can't reach the rest.
//!
//! [`things`] is all that [`Coverage`](super::Coverage) counts, in the order of the catalogues. Of
//! each, [`Thing::chance`] says whether chance comes to it: some things only a liar does, or nobody
//! while all rules are on; some are rare. Most of that follows from the catalogues: the rules that
//! liars break ([`ids::LIES`]), the scenarios in which rules and codes are seen. What does not is
//! listed here, with its reason.
//!
//! Not here: what was reached (`coverage`).

use std::collections::BTreeSet;
use std::fmt;

use super::coverage::CRASH_AT_POINT;
use crate::mimi::rules::{RULES, Rule};
use crate::mimi::wire::{RESPONSE_CODES, ResponseCode};
use crate::script::ids;

/// Something that a search can reach; its words name it in lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum Thing {
    /// A rule lets something pass.
    Passed(&'static Rule),
    /// It refuses something.
    Refused(&'static Rule),
    /// A response code is given.
    Code(&'static ResponseCode),
    /// A wish comes true.
    True(&'static str),
    /// It does not.
    Untrue(&'static str),
    /// A fault strikes.
    Fault(&'static str),
}

/// Whether honest nodes come to something by chance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chance {
    /// They do, within some hundred seeds.
    Likely,
    /// They do now and then: what it needs.
    Rare(&'static str),
    /// They never need to: why.
    None(String),
}

/// The scenarios of liars have this in front of their names.
const LIARS: &str = "liar-";

/// Rules that refuse nothing while the others are on.
const STOOD_BEFORE: &[(&str, &str)] = &[
    ("sender-is-participant", "who is not listed has no client inside, unless rules are off"),
    ("key-package-once", "a provider keeps it by itself: nobody is refused anything"),
];

/// What users want of a room only once it is lost, and the scenario that shows it.
const REPAIRS: &[(&str, &str)] =
    &[("re-add", "repair-by-re-adding"), ("reboot", "repair-by-reboot")];

/// What honest nodes come to in few seeds, by its words.
const RARE: &[(&str, &str)] = &[
    ("rule may-receive refused", "a follower whose users may receive, but for one who may not"),
    ("wish ask-consent did not come true", GONE),
    ("wish cancel-consent did not come true", GONE),
    ("wish revoke-consent did not come true", GONE),
];

/// What stands in the way of what is always taken.
const GONE: &str = "a user whom its provider does not know yet, or no longer";

/// All that can be reached, in the order of the catalogues.
pub(super) fn things() -> impl Iterator<Item = Thing> {
    let rules = RULES.iter().flat_map(|rule| [Thing::Passed(rule), Thing::Refused(rule)]);
    let verbs = ids::ACTIONS.iter().copied().filter(|it| *it != ids::CHANGE_OWN_ROLE);
    let verbs: BTreeSet<_> = verbs.collect();
    let wishes = verbs.into_iter().flat_map(|verb| [Thing::True(verb), Thing::Untrue(verb)]);
    let faults = ids::FAULTS.iter().copied().chain([CRASH_AT_POINT]);
    rules
        .chain(RESPONSE_CODES.iter().map(Thing::Code))
        .chain(wishes)
        .chain(faults.map(Thing::Fault))
}

impl Thing {
    /// Whether honest nodes come to it by chance.
    pub(super) fn chance(self) -> Chance {
        let why_not = match self {
            Self::Refused(rule) => no_refusal(rule),
            Self::Code(code) if code.scenario.starts_with(LIARS) => {
                Some(only_a_liar(code.scenario))
            }
            Self::True(verb) | Self::Untrue(verb) => {
                let repair = REPAIRS.iter().find(|(repair, _)| *repair == verb);
                repair.map(|(_, scenario)| format!("repairs what a liar broke: {scenario}"))
            }
            _ => None,
        };
        let words = self.to_string();
        let rare = RARE.iter().find(|(thing, _)| *thing == words);
        match (why_not, rare) {
            (Some(why), _) => Chance::None(why),
            (None, Some((_, needs))) => Chance::Rare(needs),
            (None, None) => Chance::Likely,
        }
    }
}

/// Why honest nodes are never refused by the rule, if they are not.
fn no_refusal(rule: &Rule) -> Option<String> {
    let known = |list: &[(&str, &'static str)]| {
        list.iter().find(|(id, _)| *id == rule.id).map(|(_, why)| *why)
    };
    if let Some(why) = known(STOOD_BEFORE) {
        return Some(why.to_owned());
    }
    let lie = ids::LIES.contains(&rule.id) || known(ids::LIES_BY_BEHAVIOUR).is_some();
    match rule.evidence()?.scenario {
        Ok(scenario) => lie.then(|| only_a_liar(scenario)),
        Err(why) => Some(why.to_owned()),
    }
}

fn only_a_liar(scenario: &str) -> String {
    format!("only a liar: {scenario}")
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(rule) => write!(f, "rule {} passed", rule.id),
            Self::Refused(rule) => write!(f, "rule {} refused", rule.id),
            Self::Code(code) => write!(f, "code {}", code.id()),
            Self::True(verb) => write!(f, "wish {verb} came true"),
            Self::Untrue(verb) => write!(f, "wish {verb} did not come true"),
            Self::Fault(fault) => write!(f, "fault {fault}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Form;

    fn scenario(name: &str) -> String {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        std::fs::read_to_string(format!("{folder}/{name}.toml")).unwrap()
    }

    #[test]
    fn what_only_a_liar_reaches_is_seen_in_a_scenario_with_a_liar() {
        for thing in things() {
            if let Chance::None(why) = thing.chance()
                && let Some(name) = why.strip_prefix("only a liar: ")
            {
                assert!(scenario(name).contains("misbehaviour = ["), "{thing}: {name}");
            }
        }
    }

    #[test]
    fn repairs_are_seen_in_their_scenarios() {
        for (verb, name) in REPAIRS {
            assert!(scenario(name).contains(&format!("do = \"{verb}\"")), "{verb}: {name}");
        }
    }

    #[test]
    fn what_is_reached_by_one_behaviour_is_seen_with_that_behaviour() {
        for (id, lie) in ids::LIES_BY_BEHAVIOUR {
            let rule = RULES.iter().find(|rule| rule.id == *id).unwrap();
            let name = rule.evidence().unwrap().scenario.unwrap();
            assert!(Form::of(lie).is_some() && scenario(name).contains(lie), "{id}");
        }
    }

    #[test]
    fn what_other_rules_stand_before_is_seen_where_one_is_off() {
        for (id, _) in STOOD_BEFORE {
            let rule = RULES.iter().find(|rule| rule.id == *id).unwrap();
            let name = rule.evidence().unwrap().scenario.unwrap();
            assert!(scenario(name).contains("protocol.without = ["), "{id}: {name}");
        }
    }

    #[test]
    fn what_is_rare_is_something_that_there_is_and_is_not_out_of_reach() {
        for (words, _) in RARE {
            let thing = things().find(|thing| thing.to_string() == *words);
            assert!(matches!(thing.unwrap().chance(), Chance::Rare(_)), "{words}");
        }
    }
}
