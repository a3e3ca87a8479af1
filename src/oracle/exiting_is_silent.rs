//! `exiting_is_silent` (I14): a user on its way out has no more part in the room.
//!
//! From the moment that a hub regards a user as exiting until the next commit, it accepts nothing
//! of that user's clients but proposals that take them out, and puts no application message that it
//! accepted later into their mailboxes at its own provider.

use std::collections::{BTreeMap, BTreeSet};

use super::hub_log::is_commit;
use super::invariant::{self, Finding, Invariant, InvariantInfo, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::{RoomUri, UserUri};
use crate::trace::{Change, Digest, Entry, Event, Kind};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "exiting_is_silent",
    meaning: "a user on its way out sends nothing but its own removal, and gets no new messages",
    source: "I14; R22; P06 §5.3",
    not_checked: "mailboxes at other providers, which a hub can't reach into: a notify names no \
                  user (R40); dishonest hubs",
    kind: invariant::Kind::Safety,
    begin: || Box::new(ExitingIsSilent::default()),
};

#[derive(Default)]
struct ExitingIsSilent {
    exiting: BTreeMap<RoomUri, BTreeSet<UserUri>>,
    /// Messages that were accepted while somebody was exiting, with who was.
    later: BTreeMap<Digest, BTreeSet<UserUri>>,
}

impl Invariant for ExitingIsSilent {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Crashed => {
                // What was not durable is void; what was is told again by what the hub refuses.
                self.exiting.retain(|room, _| hub_of(room) != entry.node);
                vec![]
            }
            Event::Exiting { room, user } if ledger.speaks_as_hub(&entry.node, room) => {
                self.exiting.entry(room.clone()).or_default().insert(user.clone());
                vec![]
            }
            Event::Accepted { room, kind, user, digest, change, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                self.accepted(room, *kind, user, digest, change)
            }
            Event::Queued { room, digest, clients } if entry.node == hub_of(room) => {
                let Some(users) = self.later.get(digest) else { return vec![] };
                let person = |client| ledger.person(ledger.node_of(client)?);
                let wrong = clients.iter().find(|client| {
                    person(client).is_some_and(|person| users.contains(&person.user))
                });
                wrong.map_or(vec![], |client| {
                    let name = ledger.name_of(client);
                    found(room, format!("{name} is given a message, and is on its way out"))
                })
            }
            _ => vec![],
        }
    }
}

impl ExitingIsSilent {
    fn accepted(
        &mut self,
        room: &RoomUri,
        kind: Kind,
        user: &UserUri,
        digest: &Digest,
        change: &Change,
    ) -> Vec<Finding> {
        if is_commit(kind) {
            let silent = self.exiting.remove(room).unwrap_or_default();
            return spoke(room, &silent, user, "commits");
        }
        let Some(silent) = self.exiting.get(room) else { return vec![] };
        match kind {
            Kind::Message => {
                self.later.insert(*digest, silent.clone());
                spoke(room, silent, user, "sends a message")
            }
            Kind::Proposals if *change == only_removals(change) => vec![],
            _ => spoke(room, silent, user, "proposes more than its removal"),
        }
    }
}

fn only_removals(change: &Change) -> Change {
    Change { removes: change.removes.clone(), ..Change::default() }
}

fn spoke(room: &RoomUri, silent: &BTreeSet<UserUri>, user: &UserUri, what: &str) -> Vec<Finding> {
    match silent.contains(user) {
        true => found(room, format!("{user} {what}, and is on its way out")),
        false => vec![],
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, client, digest, removing, room, user};
    use crate::trace::{Change, Event, Kind};

    fn alice_is_leaving() -> Story {
        let mut story = Story::room_of(&["B1", "A1"]);
        story.accepted("A1", Kind::Proposals, 1, "leave", removing(&["A1"], &["A1"]));
        story.push(HUB, Event::Exiting { room: room(), user: user("A1") });
        story
    }

    fn told(story: &Story) -> String {
        let found = story.verdict().violations;
        let found = found.iter().find(|it| it.invariant == "exiting_is_silent");
        found.map_or(String::new(), |it| it.why.clone())
    }

    #[test]
    fn others_go_on_and_the_leaver_is_done_with_the_commit() {
        let mut story = alice_is_leaving();
        story.accepted("B1", Kind::Message, 1, "message", Change::default());
        let clients = vec![client("B1")];
        story.push(HUB, Event::Queued { room: room(), digest: digest("message"), clients });
        story.commit_of("B1", Kind::Commit, removing(&["A1"], &["A1"]), &[digest("leave")]);
        assert_eq!(told(&story), "");
    }

    #[test]
    fn a_message_or_a_commit_of_a_leaver_is_found() {
        let mut story = alice_is_leaving();
        story.accepted("A1", Kind::Message, 1, "message", Change::default());
        assert!(told(&story).contains("alice sends a message, and is on its way out"));
        let mut story = alice_is_leaving();
        story.accepted("A1", Kind::Commit, 1, "commit", Change::default());
        assert!(told(&story).contains("alice commits, and is on its way out"));
    }

    #[test]
    fn a_message_that_is_put_into_a_leavers_mailbox_is_found() {
        let mut story = alice_is_leaving();
        story.accepted("B1", Kind::Message, 1, "message", Change::default());
        let clients = vec![client("A1"), client("B1")];
        story.push(HUB, Event::Queued { room: room(), digest: digest("message"), clients });
        assert!(told(&story).contains("A1 is given a message"));
    }
}
