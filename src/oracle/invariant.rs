//! What an invariant is, and the catalogue of all of them.
//!
//! An invariant is a passive observer: it is shown every entry of a trace with the ledger as it
//! stood before, and says what the entry breaks. It may remember what only it needs. Safety ones
//! speak at the first event that breaks them; liveness ones at the start of a phase by which
//! something should have come to rest, with a reason for each thing that has not.

use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::Entry;

/// The second catalogue: everything that a run is judged by. Ids are unique.
pub static INVARIANTS: &[InvariantInfo] = &[
    super::agreement::INFO,
    super::state_agreement::INFO,
    super::hub_shadow::INFO,
    super::single_commit::INFO,
    super::contiguous_history::INFO,
    super::epochs_grow::INFO,
    super::members_inside_participants::INFO,
    super::no_ghost::INFO,
    super::add_leave_order::INFO,
    super::exactly_once::INFO,
    super::truthful_responses::INFO,
    super::verdicts_agree::INFO,
    super::stamps_grow::INFO,
    super::used_in_order::INFO,
    super::banned_stay_out::INFO,
    super::exiting_is_silent::INFO,
    super::bad_input_passes::INFO,
    super::convergence::INFO,
    super::messages_delivered::INFO,
    super::leave_completes::INFO,
    super::nobody_stuck::INFO,
    super::no_rejoin_storm::INFO,
    super::queues_drain::INFO,
    super::listed_users_get_in::INFO,
    super::removed_cannot_read::INFO,
    super::joiner_cannot_read_before::INFO,
    super::old_keys_deleted::INFO,
    super::compromise_heals::INFO,
    super::servers_see_no_content::INFO,
    super::restart_is_whole::INFO,
    super::frank_sound::INFO,
    super::consent_respected::INFO,
    super::key_package_once::INFO,
    super::limits_hold::INFO,
    super::welcome_after_commit::INFO,
    super::external_senders::INFO,
    super::inside_parent::INFO,
    super::receivers_may_receive::INFO,
    super::policy_is_kept::INFO,
    super::expulsion_completes::INFO,
    super::no_false_alarm::INFO,
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
    /// What it leaves to others, or to nobody, lest its silence be taken for more than it says.
    pub not_checked: &'static str,
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
    fn every_invariant_says_what_it_means_where_it_comes_from_and_what_it_does_not_check() {
        for info in INVARIANTS {
            let texts = [info.meaning, info.source, info.not_checked];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", info.id);
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
