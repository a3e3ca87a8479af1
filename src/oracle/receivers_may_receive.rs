//! `receivers_may_receive` (R51): who has no right to messages gets none.
//!
//! When a client gives its user a message, the user's role holds canReceiveMessage, in the epoch
//! that the client is in.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::{RoomUri, UserUri};
use crate::trace::{Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "receivers_may_receive",
    meaning: "a message is delivered to no user whose role lacks canReceiveMessage",
    source: "R51; RP03 §8.3",
    not_checked: "what followers put into mailboxes, who know no roles; what a client could read \
                  that shows nothing to its user; dishonest clients",
    kind: Kind::Safety,
    begin: || Box::new(ReceiversMayReceive),
};

/// canReceiveMessage, RP03 §10.2.
pub(super) const RECEIVE_MESSAGE: u16 = 0x0101;

struct ReceiversMayReceive;

impl Invariant for ReceiversMayReceive {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Delivered { room, message, epoch, .. } = &entry.event else { return vec![] };
        let place = ledger.room(room).places.get(&entry.node);
        let (Some(place), Some(person)) = (place, ledger.person(&entry.node)) else {
            return vec![];
        };
        // What a client takes in together is shown once all of it is on its disk: it may have
        // entered epochs since.
        let mut between = *epoch..=place.epoch.max(*epoch);
        let deaf = between.all(|at| is_deaf(ledger, room, at, &person.user));
        if !ledger.is_honest(&entry.node) || !deaf {
            return vec![];
        }
        let user = &person.user;
        found(
            room,
            format!("{} got message {message}, and the role of {user} lacks it", entry.node),
        )
    }
}

/// Whether the user is listed in this epoch with a role that may not receive; no where the trace
/// does not say.
pub(super) fn is_deaf(ledger: &Ledger, room: &RoomUri, epoch: u64, user: &UserUri) -> bool {
    let Some(view) = ledger.view_at(room, epoch) else { return false };
    let listed = view.participants.iter().find(|listed| listed.user == *user);
    let role = listed.and_then(|listed| view.roles.iter().find(|role| role.index == listed.role));
    role.is_some_and(|role| !role.capabilities.contains(&RECEIVE_MESSAGE))
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding};
    use crate::trace::Event;

    /// All states say that members may, or may not, receive.
    fn spoken_to(may: bool) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.sends("A1", "m1");
        story.delivers("B1", "m1", "A1");
        if !may {
            story.nobody_may_receive(0);
        }
        story
    }

    #[test]
    fn what_came_before_the_right_went_is_shown_together_with_the_commit_that_took_it() {
        let late = |from| {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.sends("A1", "m1");
            story.commit("A1", adding(&["C1"], &["C1"]));
            story.enters("A1");
            story.enters("B1");
            story.delivers("B1", "m1", "A1");
            if let Event::Delivered { epoch, .. } = &mut story.entries.last_mut().unwrap().event {
                *epoch = 1;
            }
            story.nobody_may_receive(from);
            story
        };
        late(2).is_clean();
        late(1).fires_last("receivers_may_receive", "B1 got message m1");
    }

    #[test]
    fn a_delivery_to_a_user_whose_role_may_not_receive_is_found() {
        spoken_to(true).is_clean();
        spoken_to(false).fires_last("receivers_may_receive", "B1 got message m1");
    }
}
