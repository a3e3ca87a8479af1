//! What an invariant is, and the catalogue of all of them.
//!
//! An invariant is a passive observer: it is shown every entry of a trace with the ledger as it
//! stood before, and says what the entry breaks. It may remember what only it needs. Safety ones
//! speak at the first event that breaks them; liveness ones at the start of a phase by which
//! something should have come to rest, with a reason for each thing that has not.

use super::ledger::Ledger;
use super::{
    add_leave_order, agreement, bad_input_passes, banned_stay_out, consent_respected,
    contiguous_history, convergence, epochs_grow, exactly_once, exiting_is_silent, hub_shadow,
    key_package_once, leave_completes, listed_users_get_in, members_inside_participants,
    messages_delivered, no_ghost, no_rejoin_storm, nobody_stuck, queues_drain, single_commit,
    stamps_grow, state_agreement, truthful_responses, used_in_order, verdicts_agree,
};
use crate::mimi::uri::RoomUri;
use crate::trace::Entry;

/// The second catalogue: everything that a run is judged by. Ids are unique.
pub static INVARIANTS: &[InvariantInfo] = &[
    agreement::INFO,
    state_agreement::INFO,
    hub_shadow::INFO,
    single_commit::INFO,
    contiguous_history::INFO,
    epochs_grow::INFO,
    members_inside_participants::INFO,
    no_ghost::INFO,
    add_leave_order::INFO,
    exactly_once::INFO,
    truthful_responses::INFO,
    verdicts_agree::INFO,
    stamps_grow::INFO,
    used_in_order::INFO,
    banned_stay_out::INFO,
    exiting_is_silent::INFO,
    bad_input_passes::INFO,
    consent_respected::INFO,
    key_package_once::INFO,
    convergence::INFO,
    messages_delivered::INFO,
    leave_completes::INFO,
    nobody_stuck::INFO,
    no_rejoin_storm::INFO,
    queues_drain::INFO,
    listed_users_get_in::INFO,
];

/// Whether an invariant forbids something bad, or demands something good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something bad never happens: one event breaks it.
    Safety,
    /// Something good happens in time: judged when the room has had its time.
    Liveness,
}

/// One value of the second catalogue.
#[derive(Debug)]
pub struct InvariantInfo {
    /// Stable id, as scenario files name it.
    pub id: &'static str,
    /// What holds, in one line.
    pub meaning: &'static str,
    /// Where it comes from: draft section, RFC, or a number of the study.
    pub source: &'static str,
    /// Safety or liveness.
    pub kind: Kind,
    /// A fresh observer for one run.
    pub(super) begin: fn() -> Box<dyn Invariant>,
}

/// A passive observer of one run.
pub(super) trait Invariant {
    /// What `entry` breaks. `ledger` does not know of the entry yet.
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding>;
}

/// What an invariant found: where, and in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    /// The room in which it is broken.
    pub(super) room: RoomUri,
    /// Who disagrees with whom about what.
    pub(super) why: String,
}

/// One finding, as the list that an observer returns.
pub(super) fn found(room: &RoomUri, why: String) -> Vec<Finding> {
    vec![Finding { room: room.clone(), why }]
}

/// What a liveness invariant found in a room: nothing, or its first few reasons in one sentence.
pub(super) fn owed(room: &RoomUri, reasons: &[String]) -> Option<Finding> {
    const SHOWN: usize = 3;
    if reasons.is_empty() {
        return None;
    }
    let mut why = reasons[..reasons.len().min(SHOWN)].join("; ");
    if reasons.len() > SHOWN {
        why.push_str(&format!("; and {} more", reasons.len() - SHOWN));
    }
    Some(Finding { room: room.clone(), why })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::ids;

    #[test]
    fn the_catalogue_has_just_the_ids_that_a_scenario_can_name() {
        let here: Vec<_> = INVARIANTS.iter().map(|info| info.id).collect();
        assert_eq!(here, ids::INVARIANTS);
    }

    #[test]
    fn every_invariant_says_what_it_means_and_where_it_comes_from() {
        for info in INVARIANTS {
            assert!(!info.meaning.is_empty() && !info.source.is_empty(), "{}", info.id);
        }
    }

    #[test]
    fn of_many_reasons_the_first_three_are_told_and_the_rest_are_counted() {
        let room = RoomUri::parse("mimi://a.example/r/r").unwrap();
        let reasons: Vec<_> = (1..=5).map(|i| format!("r{i}")).collect();
        assert_eq!(owed(&room, &reasons).unwrap().why, "r1; r2; r3; and 2 more");
        assert_eq!(owed(&room, &[]), None);
    }
}
