//! `leave_completes` (L3): who leaves is out in the end.
//!
//! Judged at the end: a user that the hub regarded as exiting, or whose wish to leave was reported
//! as done, has no client among the members of the hub's latest committed view. Whoever is listed
//! again after that, or let back in where it stayed on the list, is in the room again.

use std::collections::BTreeSet;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, owed};
use super::ledger::{Ledger, begins};
use super::room::Room;
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "leave_completes",
    meaning: "a user that leaves has no client in the room in the end",
    source: "L3; R27; P06 §3.5",
    not_checked: "how long it took; rooms with a dishonest hub, and rooms where nobody is left \
                  who could commit (no other honest member is in touch with the hub); leaves \
                  that were refused; leaves that an external commit voided when the leaver had \
                  given up, or did not know of them any more",
    kind: Kind::Liveness,
    begin: || Box::new(LeaveCompletes),
};

struct LeaveCompletes;

impl Invariant for LeaveCompletes {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !begins(entry, Phase::End) {
            return vec![];
        }
        let judged = |(uri, room)| owed(uri, &remaining(ledger, uri, room));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

fn remaining(ledger: &Ledger, uri: &RoomUri, room: &Room) -> Vec<String> {
    if ledger.active(uri).is_empty() {
        return vec![];
    }
    let leaving: BTreeSet<_> = room.leavers.keys().collect();
    let staying = room.hub.members().iter().filter(|member| leaving.contains(&member.user));
    let reason = |(name, user)| format!("{name} of {user}, who left, is still a member");
    staying.map(|member| reason((ledger.name_of(&member.client), &member.user))).collect()
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, adding, digest, removing, room, user};
    use crate::trace::{Event, Fate, Kind, Way};

    fn exiting() -> Event {
        Event::Exiting { room: room(), user: user("B1") }
    }

    fn leaves(story: &mut Story) {
        story.accepted("B1", Kind::Proposals, 1, "leave", removing(&["B1"], &["B1"]));
        story.push(HUB, exiting());
    }

    #[test]
    fn a_leave_that_is_committed_is_complete() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("B1", "leave");
        leaves(&mut story);
        story.commit_of("A1", Kind::Commit, removing(&["B1"], &["B1"]), &[digest("leave")]);
        story.enters("A1");
        story.removed("B1");
        story.done("B1", &intent);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_user_that_is_exiting_and_still_a_member_in_the_end_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        leaves(&mut story);
        story.ends();
        story.fires_last("leave_completes", "B1 of mimi://b.example/u/bob, who left");
    }

    #[test]
    fn a_leave_that_is_reported_as_done_and_did_not_happen_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("B1", "leave");
        story.done("B1", &intent);
        story.ends();
        story.fires_last("leave_completes", "who left, is still a member");
    }

    #[test]
    fn a_user_that_left_and_was_listed_again_may_stay() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("B1", "leave");
        leaves(&mut story);
        story.commit_of("A1", Kind::Commit, removing(&["B1"], &["B1"]), &[digest("leave")]);
        story.enters("A1");
        story.removed("B1");
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.enters("A1");
        story.done("B1", &intent);
        story.joins("B1", Way::Welcome);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_user_that_stayed_on_the_list_and_was_let_back_in_may_stay() {
        let mut story = Story::with_somebody_back("B1");
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_leave_that_is_reported_as_done_when_its_leaver_is_back_is_not_owed() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("B1", "leave");
        leaves(&mut story);
        story.commit_of("A1", Kind::Commit, removing(&["B1"], &[]), &[digest("leave")]);
        story.enters("A1");
        story.removed("B1");
        story.commit("A1", adding(&["B1"], &[]));
        story.enters("A1");
        story.joins("B1", Way::Welcome);
        story.done("B1", &intent);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_user_that_was_let_back_in_and_leaves_is_to_be_out() {
        let mut story = Story::with_somebody_back("B1");
        story.accepted("B1", Kind::Proposals, 3, "leave", removing(&["B1"], &["B1"]));
        story.push(HUB, exiting());
        // The hub runs again, and tells anew what it has.
        story.shadowed();
        story.ends();
        story.fires_last("leave_completes", "who left, is still a member");
    }

    #[test]
    fn one_more_client_of_a_user_on_its_way_out_does_not_end_the_leave() {
        let mut story = Story::room_of(&["A1", "B1"]);
        leaves(&mut story);
        story.commit("A1", adding(&["B2"], &[]));
        for (client, way) in [("A1", Way::Commit), ("B1", Way::Commit), ("B2", Way::Welcome)] {
            story.joins(client, way);
        }
        story.ends();
        story.fires_last("leave_completes", "who left, is still a member");
    }

    #[test]
    fn a_leave_that_nobody_is_left_to_commit_is_not_owed() {
        let mut story = Story::room_of(&["A1", "B1"]);
        leaves(&mut story);
        story.push("A1", Event::Offline);
        story.ends();
        story.is_clean();
    }

    /// A hub accepted B1's leave, B1 was restored from a backup, and a client of A's came in.
    fn leave_forgotten_and_voided() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.wishes("B1", "leave");
        leaves(&mut story);
        story.push("B1", Event::Crashed);
        story.push("B1", Event::Restarted { rolled_back: true });
        story.commit_of("A2", Kind::ExternalCommit, adding(&["A2"], &[]), &[]);
        for (client, way) in [("A1", Way::Commit), ("B1", Way::Commit), ("A2", Way::ExternalCommit)]
        {
            story.joins(client, way);
        }
        story
    }

    #[test]
    fn a_leave_that_was_voided_and_that_its_leaver_does_not_know_of_any_more_is_not_owed() {
        let mut story = leave_forgotten_and_voided();
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_leave_that_was_forgotten_and_voided_is_owed_anew_once_it_is_accepted_anew() {
        let mut story = leave_forgotten_and_voided();
        story.accepted("B1", Kind::Proposals, 2, "again", removing(&["B1"], &["B1"]));
        story.push(HUB, exiting());
        story.ends();
        story.fires_last("leave_completes", "who left, is still a member");
    }

    #[test]
    fn a_leave_that_the_hub_lost_before_it_was_durable_is_not_owed() {
        for durable in [false, true] {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.durable();
            leaves(&mut story);
            if durable {
                story.durable();
            }
            story.crashes(HUB, false);
            story.ends();
            match durable {
                true => story.fires_last("leave_completes", "who left, is still a member"),
                false => story.is_clean(),
            }
        }
    }

    #[test]
    fn a_leave_that_was_voided_and_given_up_is_not_owed() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("B1", "leave");
        leaves(&mut story);
        story.commit_of("A2", Kind::ExternalCommit, adding(&["A2"], &[]), &[]);
        for (client, way) in [("A1", Way::Commit), ("B1", Way::Commit), ("A2", Way::ExternalCommit)]
        {
            story.joins(client, way);
        }
        let (fate, why) = (Fate::Abandoned, "nobody else is there".to_owned());
        story.push("B1", Event::IntentEnded { intent, fate, why });
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_leave_that_its_leaver_forgot_is_owed_while_its_proposals_wait() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.wishes("B1", "leave");
        leaves(&mut story);
        story.push("B1", Event::Crashed);
        story.push("B1", Event::Restarted { rolled_back: true });
        story.ends();
        story.fires_last("leave_completes", "who left, is still a member");
    }
}
