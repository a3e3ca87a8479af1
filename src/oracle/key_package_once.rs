//! `key_package_once` (I15): a KeyPackage is handed out once and used once, unless it is a last
//! resort.
//!
//! Two groups that were entered by one KeyPackage share an init key: whoever learns it later reads
//! both Welcomes.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "key_package_once",
    meaning: "a KeyPackage that is no last resort is handed out once and used by one commit",
    source: "I15; R6, R10; P06 §5.2; RFC 9420 §16.8",
    not_checked: "dishonest providers and hubs; KeyPackages whose reference the trace does not \
                  have; what clients do with a KeyPackage that they were given and did not use; \
                  expiry",
    kind: Kind::Safety,
    begin: || Box::new(KeyPackageOnce::default()),
};

#[derive(Default)]
struct KeyPackageOnce {
    /// For which room each was handed out, and whether it is a last resort.
    handed_out: BTreeMap<Digest, (RoomUri, bool)>,
    /// For which room each was used.
    used: BTreeMap<Digest, RoomUri>,
}

impl Invariant for KeyPackageOnce {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !ledger.is_honest(&entry.node) {
            return vec![];
        }
        match &entry.event {
            Event::KeyPackageHandedOut { reference, client, room, last_resort, .. } => {
                let now = (room.clone(), *last_resort);
                let Some((before, _)) = self.handed_out.insert(*reference, now) else {
                    return vec![];
                };
                if *last_resort {
                    return vec![];
                }
                let (short, name) = (reference.short(), ledger.name_of(client));
                let before = ledger.room_name(&before);
                let why =
                    format!("KeyPackage {short} of {name} was handed out before, for {before}");
                found(room, why)
            }
            Event::KeyPackageUsed { reference, room } => {
                let last_resort =
                    self.handed_out.get(reference).is_some_and(|(_, last_resort)| *last_resort);
                match self.used.insert(*reference, room.clone()) {
                    Some(before) if !last_resort => {
                        let (short, before) = (reference.short(), ledger.room_name(&before));
                        found(room, format!("KeyPackage {short} was used before, in {before}"))
                    }
                    _ => vec![],
                }
            }
            _ => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, client, digest, room};
    use crate::trace::Event;

    fn hands_out(story: &mut Story, of: &str, last_resort: bool) {
        let event = Event::KeyPackageHandedOut {
            reference: digest(of),
            client: client("B1"),
            room: room(),
            requester: None,
            last_resort,
        };
        story.push("b.example", event);
    }

    fn uses(story: &mut Story, of: &str) {
        story.push(HUB, Event::KeyPackageUsed { reference: digest(of), room: room() });
    }

    #[test]
    fn each_once_and_a_last_resort_as_often_as_needed() {
        let mut story = Story::room_of(&["A1"]);
        for (of, last_resort) in [("one", false), ("two", false), ("last", true), ("last", true)] {
            hands_out(&mut story, of, last_resort);
            uses(&mut story, of);
        }
        story.is_clean();
    }

    #[test]
    fn a_second_hand_out_is_found_unless_the_provider_is_dishonest() {
        let mut story = Story::room_of(&["A1"]);
        hands_out(&mut story, "one", false);
        hands_out(&mut story, "one", false);
        story.fires_last("key_package_once", "of B1 was handed out before, for clubhouse");
        story.header.dishonest = vec!["b.example".into()];
        story.is_clean();
    }

    #[test]
    fn a_second_use_is_found() {
        let mut story = Story::room_of(&["A1"]);
        hands_out(&mut story, "one", false);
        uses(&mut story, "one");
        uses(&mut story, "one");
        story.fires_last("key_package_once", "was used before, in clubhouse");
    }
}
