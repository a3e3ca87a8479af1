//! `listed_users_get_in` (L8): who is added comes in.
//!
//! When the rooms have come to rest, each client that the hub has as a member, that is honest and in
//! touch, has entered the room in its present stay: an add that reached the group without reaching
//! the client would leave a user listed, counted and deaf.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, owed};
use super::ledger::{Ledger, begins};
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "listed_users_get_in",
    meaning: "each client that the hub has as a member has entered the room once all is at rest",
    source: "L8; P06 §3.2",
    not_checked: "users that are listed without clients, who may join when they like; how long \
                  it took; rooms with a dishonest hub",
    kind: Kind::Liveness,
    begin: || Box::new(ListedUsersGetIn),
};

struct ListedUsersGetIn;

impl Invariant for ListedUsersGetIn {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !begins(entry, Phase::Probe) {
            return vec![];
        }
        let judged = |(uri, _)| owed(uri, &outside(ledger, uri));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

fn outside(ledger: &Ledger, uri: &RoomUri) -> Vec<String> {
    let places = &ledger.room(uri).places;
    let inside = |node: &&str| places.get(*node).is_some_and(|place| !place.removed);
    let active = ledger.active(uri).into_iter().filter(|node| !inside(node));
    active.map(|node| format!("{node} is a member at the hub and has not come in")).collect()
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding};
    use crate::trace::Way;

    fn told(mut story: Story) -> String {
        story.ends();
        let found = story.verdict().violations;
        let found = found.iter().find(|it| it.invariant == "listed_users_get_in");
        found.map_or(String::new(), |it| it.why.clone())
    }

    fn bob_is_added() -> Story {
        let mut story = Story::room_of(&["A1"]);
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.enters("A1");
        story
    }

    #[test]
    fn a_client_that_was_added_and_came_in_is_in_order() {
        let mut story = bob_is_added();
        story.joins("B1", Way::Welcome);
        assert_eq!(told(story), "");
    }

    #[test]
    fn a_client_that_was_added_and_never_came_in_is_found() {
        assert!(told(bob_is_added()).contains("B1 is a member at the hub and has not come in"));
    }
}
