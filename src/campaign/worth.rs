//! What a rule is worth without which nothing broke: the verdict on a row of the ablation.
//!
//! What became of all that the rule refuses says most of it. Where others refuse that all the same,
//! the rule is redundant, and the row names them. Where the refusal stays in the rule's own name,
//! something stands behind it that has no switch. Where something came to pass, or never came up,
//! [`NOTES`] say why that is no loss, or what it would take to see it; where they say nothing, the
//! oracle or the workload has a hole that nobody knows of. The notes are held against each run: one
//! that a run does not bear out is amiss as much as a hole.

use super::ablate::{Off, Row};
use super::instead::Instead;

/// What a rule is worth, going by its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// Something breaks without it.
    Breaks,
    /// Others refuse all that it refuses.
    Redundant,
    /// The refusal is part of how things are read and built, for this reason.
    BuiltIn(&'static str),
    /// What it refuses came to pass, and breaks nothing, for this reason.
    Harmless(&'static str),
    /// What it refuses came to pass, and what is lost neither the oracle nor the workload can show.
    Open(&'static str),
    /// What it refuses is not sent, for this reason.
    Unsent(&'static str),
    /// What it refuses came to pass or never came up, and nobody says why that is no loss.
    Hole,
}

impl Worth {
    /// The word for it in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Redundant => "redundant",
            Self::BuiltIn(_) => "built in",
            Self::Harmless(_) => "harmless",
            Self::Open(_) => "known hole",
            Self::Unsent(_) => "not sent",
            Self::Hole => "hole",
        }
    }

    /// Why, where somebody has to say so.
    pub fn why(self) -> &'static str {
        match self {
            Self::BuiltIn(why) | Self::Harmless(why) | Self::Open(why) | Self::Unsent(why) => why,
            Self::Breaks | Self::Redundant | Self::Hole => "",
        }
    }

    /// Whether a run that shows this much bears the note out.
    fn is_borne_out_by(self, seen: Self) -> bool {
        match self {
            Self::Open(_) => matches!(seen, Self::Harmless(_)),
            noted => noted.word() == seen.word(),
        }
    }
}

/// What is said of a rule without which nothing breaks.
#[derive(Debug, Clone, Copy)]
pub struct Note {
    /// The rule's id.
    pub rule: &'static str,
    /// Where it is off.
    pub off: &'static [Off],
    /// What it is worth then.
    pub worth: Worth,
}

const EVERYWHERE: &[Off] = &[Off::Everywhere];
const BOTH: &[Off] = &[Off::Everywhere, Off::AtHubs];

const fn built_in(rule: &'static str, off: &'static [Off], why: &'static str) -> Note {
    Note { rule, off, worth: Worth::BuiltIn(why) }
}

const fn harmless(rule: &'static str, off: &'static [Off], why: &'static str) -> Note {
    Note { rule, off, worth: Worth::Harmless(why) }
}

const fn open(rule: &'static str, off: &'static [Off], why: &'static str) -> Note {
    Note { rule, off, worth: Worth::Open(why) }
}

const fn unsent(rule: &'static str, off: &'static [Off], why: &'static str) -> Note {
    Note { rule, off, worth: Worth::Unsent(why) }
}

/// In the order of the rules.
pub static NOTES: &[Note] = &[
    built_in(
        "current-epoch",
        BOTH,
        "MLS itself applies nothing of another epoch; the rule gives the refusal its code",
    ),
    unsent(
        "sender-is-member",
        BOTH,
        "who is no member has no keys of the epoch to make such a commit with",
    ),
    built_in("known-references", BOTH, "MLS itself has no such proposal to apply"),
    harmless(
        "external-commit-shape",
        EVERYWHERE,
        "whatever the joiner brings along needs the same rights as in a commit (authorised)",
    ),
    harmless(
        "cached-proposals-included",
        EVERYWHERE,
        "who was left out proposes again, as long as voided leaves are owed (Q10)",
    ),
    unsent("no-self-removal-by-commit", BOTH, "OpenMLS builds no such commit"),
    harmless(
        "client-changes-once",
        BOTH,
        "the library takes a client out once, however often that is proposed",
    ),
    harmless(
        "one-metadata-update",
        EVERYWHERE,
        "updates apply in their order, and everybody ends with the last",
    ),
    harmless(
        "roles-apart-from-list",
        EVERYWHERE,
        "each of the two changes needs its own right, judged by the roles before both (authorised)",
    ),
    harmless(
        "preauthorisation-apart-from-list",
        EVERYWHERE,
        "each of the two changes needs its own right, judged by the roles before both (authorised)",
    ),
    built_in(
        "list-update-applies",
        BOTH,
        "updates that fit no list lead to no room state that one could be in",
    ),
    built_in(
        "peer-is-who-it-says",
        EVERYWHERE,
        "the transport names the peer, and whatever it asks for is done in that name",
    ),
    built_in(
        "key-material-through-the-hub",
        EVERYWHERE,
        "a hub knows nobody to send such a Welcome to",
    ),
    open(
        "key-material-is-signed",
        EVERYWHERE,
        "the asker's provider vouches for it, too (peer-is-who-it-says); no behaviour is a provider \
         that asks in its user's name",
    ),
    harmless(
        "group-info-is-signed",
        EVERYWHERE,
        "who asks in another's name learns who is in the room, and can't come in: that takes the \
         other's key (valid-mls)",
    ),
    open(
        "group-info-is-the-hubs",
        EVERYWHERE,
        "a joiner takes another key for its hub's and comes in all the same; no behaviour goes on to \
         use that key",
    ),
    open(
        "key-package-not-expired",
        EVERYWHERE,
        "whom it lets in gets in, since its client still has the keys; traces have no lifetimes, so \
         no invariant can say that these were over",
    ),
    harmless(
        "asset-host-is-a-peer",
        EVERYWHERE,
        "it guards the hub and no room: without it, anybody's downloads go by way of it",
    ),
];

impl Row {
    /// What the rule is worth.
    pub fn worth(&self) -> Worth {
        let seen = self.seen();
        match (seen, self.note()) {
            (Worth::Breaks | Worth::Redundant, _) => seen,
            (_, Some(note)) if note.worth.is_borne_out_by(seen) => note.worth,
            _ => Worth::Hole,
        }
    }

    /// What is wrong with the row, in words: a hole, or a note that it does not bear out.
    pub fn amiss(&self) -> Option<String> {
        let (rule, off, seen) = (self.rule, self.off.word(), self.seen());
        match (self.note(), self.worth()) {
            (None, Worth::Hole) => {
                Some(format!("{rule} off {off} is {}, and no note says why", seen.word()))
            }
            (Some(note), _) if !note.worth.is_borne_out_by(seen) => Some(format!(
                "{rule} off {off} is noted as {}, and is {}",
                note.worth.word(),
                seen.word()
            )),
            _ => None,
        }
    }

    /// What became of what it refuses, each with how often.
    pub fn told_instead(&self) -> String {
        let told: Vec<_> =
            self.instead.iter().map(|(fate, often)| format!("{fate} ({often})")).collect();
        told.join(", ")
    }

    /// By what was played alone, without reasons.
    fn seen(&self) -> Worth {
        let any = |is: &dyn Fn(&Instead) -> bool| self.instead.keys().any(is);
        let in_its_name = |fate: &Instead| matches!(fate, Instead::Refused(by) if by == self.rule);
        let by_others = |fate: &Instead| {
            matches!(fate, Instead::Refused(_) | Instead::NotFollowed(_) | Instead::Failed(_))
        };
        if !self.broke.is_empty() {
            Worth::Breaks
        } else if any(&|fate| *fate == Instead::CameToPass) {
            Worth::Harmless("")
        } else if any(&in_its_name) {
            Worth::BuiltIn("")
        } else if any(&by_others) {
            Worth::Redundant
        } else {
            Worth::Unsent("")
        }
    }

    fn note(&self) -> Option<&'static Note> {
        NOTES.iter().find(|note| note.rule == self.rule && note.off.contains(&self.off))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::mimi::rules::RULES;

    fn row(rule: &'static str, instead: &[Instead]) -> Row {
        let instead = instead.iter().map(|fate| (fate.clone(), 2)).collect();
        Row { rule, off: Off::Everywhere, cases: 9, broke: BTreeMap::new(), instead }
    }

    fn refused(by: &str) -> Instead {
        Instead::Refused(by.to_owned())
    }

    #[test]
    fn notes_are_of_rules_that_there_are_in_their_order_each_once() {
        let order = |note: &Note| RULES.iter().position(|rule| rule.id == note.rule);
        let places: Vec<_> = NOTES.iter().map(|note| order(note).expect(note.rule)).collect();
        assert!(places.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn a_rule_is_redundant_where_others_refuse_all_that_it_refuses() {
        let stands = row("may-send", &[refused("authorised"), Instead::NotSent]);
        assert_eq!((stands.worth(), stands.amiss()), (Worth::Redundant, None));
        assert_eq!(stands.told_instead(), "refused by authorised (2), not sent again (2)");
        let followed = Instead::NotFollowed("mls".to_owned());
        assert_eq!(row("may-send", &[followed]).worth(), Worth::Redundant);
    }

    #[test]
    fn what_comes_to_pass_and_breaks_nothing_is_a_hole_unless_a_note_says_why() {
        let both = [refused("authorised"), Instead::CameToPass];
        let hole = row("may-send", &both);
        assert_eq!(hole.worth(), Worth::Hole);
        assert!(hole.amiss().unwrap().contains("no note says why"));
        let noted = row("one-metadata-update", &both);
        assert!(matches!(noted.worth(), Worth::Harmless(why) if why.contains("in their order")));
        assert_eq!(noted.amiss(), None);
        let known = row("key-package-not-expired", &both);
        assert_eq!((known.worth().word(), known.amiss()), ("known hole", None));
    }

    #[test]
    fn what_never_comes_up_is_a_hole_in_the_workload_unless_a_note_says_why() {
        assert_eq!(row("may-send", &[]).worth(), Worth::Hole);
        assert!(matches!(row("sender-is-member", &[]).worth(), Worth::Unsent(_)));
        assert!(matches!(
            row("current-epoch", &[refused("current-epoch")]).worth(),
            Worth::BuiltIn(_)
        ));
    }

    #[test]
    fn a_note_that_the_run_does_not_bear_out_is_amiss() {
        let stale = row("one-metadata-update", &[refused("authorised")]);
        let amiss = stale.amiss().unwrap();
        assert!(amiss.ends_with("is noted as harmless, and is redundant"), "{amiss}");
    }
}
