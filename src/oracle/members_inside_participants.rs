//! `members_inside_participants` (I8): who reads along is on the list.
//!
//! In every epoch, each member's user is in the participant list of that epoch, and its role is
//! not "banned" (role 1 where it has that name).

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Member, RoomView, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "members_inside_participants",
    meaning: "each member's user is a listed participant that is not banned",
    source: "I8; RP03 §8.1; P06 §5.3",
    not_checked: "provisional views, where a user that leaves is off the list while its clients \
                  are still members; the number of active clients that a role allows (I12); what \
                  a dishonest node holds; states that the trace does not spell out",
    kind: Kind::Safety,
    begin: || Box::new(MembersInsideParticipants),
};

/// Index of the role that bans, where it has that name (R49).
const BANNED: u32 = 1;

struct MembersInsideParticipants;

impl Invariant for MembersInsideParticipants {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let (room, epoch, state, members) = match &entry.event {
            Event::Entered { room, epoch, state, members, .. } if ledger.is_honest(&entry.node) => {
                (room, epoch, state, members)
            }
            Event::Shadowed { room, stage: Stage::Committed, epoch, state, members, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                (room, epoch, state, members)
            }
            _ => return vec![],
        };
        let Some(view) = ledger.view(state) else { return vec![] };
        let outside = members.iter().find_map(|member| {
            let wrong = standing(view, member)?;
            Some(format!(
                "epoch {epoch} as {} has it has the member {} of {}, who is {wrong}",
                entry.node,
                ledger.name_of(&member.client),
                member.user
            ))
        });
        outside.map_or(vec![], |why| found(room, why))
    }
}

/// What is wrong with a member's user, if anything.
fn standing(view: &RoomView, member: &Member) -> Option<&'static str> {
    let Some(participant) = view.participants.iter().find(|entry| entry.user == member.user) else {
        return Some("not a participant");
    };
    let bans = view.roles.iter().any(|role| role.index == BANNED && role.name == "banned");
    (participant.role == BANNED && bans).then_some("banned")
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding, participant, removing};
    use crate::trace::{Event, Participant, Stage};

    #[test]
    fn members_of_listed_users_are_in_order() {
        let mut story = Story::room_of(&["A1", "A2", "B1", "B2"]);
        story.commit("A1", removing(&["B1", "B2"], &["B1"]));
        story.enters("A2");
        story.is_clean();
    }

    #[test]
    fn a_user_that_is_off_the_provisional_list_only_is_still_inside() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.shadowed();
        story.amend(|event| {
            if let Event::Shadowed { stage, state, .. } = event {
                *stage = Stage::Provisional;
                let view = state.view.as_mut().unwrap();
                view.participants.pop();
            }
        });
        story.is_clean();
    }

    #[test]
    fn a_member_whose_user_is_off_the_list_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&[], &["B1"]));
        // The transition itself is `add_leave_order`'s.
        let commit = story.last() - 2;
        let shadow = story.last() - 1;
        story.fires(&[("add_leave_order", commit), ("members_inside_participants", shadow)]);
    }

    #[test]
    fn a_member_whose_user_is_banned_is_found() {
        let mut story = Story::room_of(&["A1"]);
        let banned = Participant { role: 1, ..participant("B1") };
        let mut change = adding(&["B1"], &[]);
        change.listed.push(banned);
        story.commit("A1", change);
        let shadow = story.last() - 1;
        story.fires(&[("members_inside_participants", shadow)]);
        let why = &story.verdict().violations[0].why;
        assert!(why.contains("B1 of mimi://b.example/u/bob, who is banned"), "{why}");
    }
}
