//! What the drafts leave open, where one reading is not plainly the only one.
//!
//! Schism reads each open text in the way that keeps an honest room whole. The other way is a value
//! of this catalogue, which a scenario's `[protocol]` table can name: then whoever it concerns
//! reads it so. What a reading costs, its scenario shows.
//!
//! Of a proposal that members can't process (Q4) the drafts say only that the next commit includes
//! it: the other reading is to leave the choice to the committer, which is to run without the rule
//! `cached-proposals-included`. Nobody proposes that others enter the list, so that of provisional
//! lists (Q9) only the half that removes is open.
//!
//! Not offered, since the drafts have no second text that could be followed: a way back for members
//! that refuse what their hub took (Q11: they stop, and say so); GroupInfos bound to their request
//! (Q12); several groups for a room (Q13). Q1 and Q2 are mistakes of notation.

use std::collections::BTreeSet;

use super::UnknownId;

/// A reading that is not the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// Clients send partial GroupInfos with their commits.
    PartialGroupInfos,
    /// A hub may accept two things at one time.
    StampsMayTie,
    /// A user asks to leave though nobody could commit it.
    LastUserAsksToLeave,
    /// Users leave rooms of fixed membership by themselves.
    FixedRoomsMayBeLeft,
    /// Who was about to leave does not ask again after an external commit.
    VoidedLeavesLapse,
    /// Who is kicked is no participant any more.
    KickUnlists,
    /// The committed list says who may join, not the one with what waits applied.
    CommittedListCounts,
    /// Of two proposals that can't be committed together, the later one stays.
    LaterProposalWins,
    /// A hub that tries again sends all that waits in one body.
    RetriesCarryMore,
}

/// A value of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct ReadingInfo {
    /// The reading.
    pub reading: Reading,
    /// What scenarios call it.
    pub id: &'static str,
    /// What it says, in one line.
    pub meaning: &'static str,
    /// What Schism does without it.
    pub usual: &'static str,
    /// The open question, and where it comes from.
    pub source: &'static str,
    /// The name of a file in `scenarios/`, without its ending, that shows it.
    pub scenario: &'static str,
}

/// The catalogue.
pub static READINGS: &[ReadingInfo] = &[
    ReadingInfo {
        reading: Reading::PartialGroupInfos,
        id: "partial-group-infos",
        meaning: "commits come with partial GroupInfos, which the hub completes",
        usual: "they come with whole ones",
        source: "P06 §5.3; R11; draft-mahy-mls-ratchet-tree-options",
        scenario: "partial-group-infos",
    },
    ReadingInfo {
        reading: Reading::StampsMayTie,
        id: "stamps-may-tie",
        meaning: "a hub stamps with its clock's time, so that two things may have the same stamp",
        usual: "each stamp is later than the last, by a millisecond at least",
        source: "Q5; P06 §5.5",
        scenario: "stamps-that-tie",
    },
    ReadingInfo {
        reading: Reading::LastUserAsksToLeave,
        id: "last-user-asks-to-leave",
        meaning: "the last user of a room proposes its leave, and the room waits for a commit that \
                  nobody can make",
        usual: "the user is told that nobody is there to commit it, and stays",
        source: "Q7; P06 §3.5",
        scenario: "last-user-asks-to-leave",
    },
    ReadingInfo {
        reading: Reading::FixedRoomsMayBeLeft,
        id: "fixed-rooms-may-be-left",
        meaning: "in a room of fixed membership, a user may take itself off the list",
        usual: "nobody leaves it",
        source: "Q8; RP03 §5; P06 §3.5",
        scenario: "fixed-room-that-may-be-left",
    },
    ReadingInfo {
        reading: Reading::VoidedLeavesLapse,
        id: "voided-leaves-lapse",
        meaning: "a leaver waits for its proposals to be committed, though an external commit has \
                  voided them",
        usual: "it proposes again in the epoch after",
        source: "Q10; S21; P06 §5.5",
        scenario: "leave-that-lapses",
    },
    ReadingInfo {
        reading: Reading::KickUnlists,
        id: "kick-unlists",
        meaning: "who kicks a user takes it off the list, too, which takes canRemoveParticipant",
        usual: "its clients go, it stays listed, and they may come back by themselves",
        source: "Q14; RP03 §8.1.2; R54",
        scenario: "kick-that-unlists",
    },
    ReadingInfo {
        reading: Reading::CommittedListCounts,
        id: "committed-list-counts",
        meaning: "a user whose removal waits may still join with a client, which voids the removal",
        usual: "who is on its way out gets no GroupInfo and commits nothing",
        source: "Q9; P06 §5.3, §7.1; R19, R22",
        scenario: "joining-while-leaving",
    },
    ReadingInfo {
        reading: Reading::LaterProposalWins,
        id: "later-proposal-wins",
        meaning: "of two proposals that are right one by one and can't be committed together, the \
                  later one stays, and the one that was accepted first gives way",
        usual: "the first one stays, and the other one is refused",
        source: "Q3; P06 §5.3; R18",
        scenario: "leave-that-gives-way",
    },
    ReadingInfo {
        reading: Reading::RetriesCarryMore,
        id: "retries-carry-more",
        meaning: "a hub that tries again sends all that waits for the provider in one body, so that \
                  what came before comes again and is no repeat by its body",
        usual: "a try is byte for byte the one before",
        source: "Q6; P06 §5.5; R45",
        scenario: "retries-that-carry-more",
    },
];

/// The readings that are taken in place of the usual ones; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings(BTreeSet<Reading>);

impl Readings {
    /// Those with these ids.
    ///
    /// # Errors
    /// When one is in no catalogue.
    pub fn of(ids: &[String]) -> Result<Self, UnknownId> {
        let find = |id: &String| {
            let found = READINGS.iter().find(|info| info.id == *id);
            found.map(|info| info.reading).ok_or_else(|| UnknownId {
                kind: "reading",
                id: id.clone(),
                known: READINGS.iter().map(|info| info.id).collect(),
            })
        };
        ids.iter().map(find).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this is how it is read.
    pub fn has(&self, reading: Reading) -> bool {
        self.0.contains(&reading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reading_is_in_the_catalogue_once_and_found_by_its_id() {
        let ids: Vec<_> = READINGS.iter().map(|info| info.id.to_owned()).collect();
        let all = Readings::of(&ids).unwrap();
        assert_eq!(all.0.len(), READINGS.len());
        assert!(READINGS.iter().all(|info| all.has(info.reading)));
        assert!(!Readings::default().has(Reading::StampsMayTie));
    }

    #[test]
    fn an_unknown_reading_is_an_error() {
        let unknown = Readings::of(&["stamps-must-tie".to_owned()]).unwrap_err().to_string();
        assert!(unknown.starts_with("`stamps-must-tie` is no reading: expected one of partial-"));
    }
}
