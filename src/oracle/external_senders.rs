//! `external_senders_are_hub_and_followers` (I16): who may propose from outside has somebody
//! inside.
//!
//! The hub is the first external sender of its rooms' groups. Any other is a provider with a
//! participant when it is named, and named once. When its last participant has left, the next
//! commit by a member takes it out: the change takes effect only with a commit (P06 §7.4), so it
//! may be there that much longer. External commits can't bring it, and are waited for.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::{ProviderName, RoomUri};
use crate::trace::{self, Author, Deed, DeedKind, Entry, Event, RoomView};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "external_senders_are_hub_and_followers",
    meaning: "external senders are the hub and followers with participants, until the next commit",
    source: "I16; R26; P06 §7.4",
    not_checked: "that a follower is named at all, which is up to the room; dishonest hubs; \
                  keys; what a hub said of an epoch before it crashed",
    kind: Kind::Safety,
    begin: || Box::new(ExternalSenders::default()),
};

#[derive(Default)]
struct ExternalSenders {
    /// Those besides the hub, by room, as told last.
    followers: BTreeMap<RoomUri, Vec<ProviderName>>,
}

impl Invariant for ExternalSenders {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Crashed => {
                self.followers.retain(|room, _| hub_of(room) != entry.node);
                vec![]
            }
            Event::ExternalSenders { room, epoch, servers }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                self.named(ledger, room, *epoch, servers)
            }
            Event::Accepted { room, kind: trace::Kind::Commit, epoch, deeds, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                self.committed(ledger, room, *epoch, deeds)
            }
            _ => vec![],
        }
    }
}

impl ExternalSenders {
    fn named(
        &mut self,
        ledger: &Ledger,
        room: &RoomUri,
        epoch: u64,
        servers: &[ProviderName],
    ) -> Vec<Finding> {
        let Some((first, others)) =
            servers.split_first().filter(|(it, _)| **it == *room.provider())
        else {
            return found(room, "the hub is not the first external sender".to_owned());
        };
        let before = self.followers.insert(room.clone(), others.to_vec()).unwrap_or_default();
        if let Some(twice) = others.iter().find(|it| count(servers, it) > 1) {
            return found(room, format!("{twice} is an external sender twice"));
        }
        // The commit that names it may have taken its last participant out at the same time.
        let views = [epoch.saturating_sub(1), epoch].map(|epoch| ledger.view_at(room, epoch));
        let is_inside = |it: &&ProviderName| views.iter().flatten().any(|view| has_user(view, it));
        let mut fresh = others.iter().filter(|it| !before.contains(it) && *it != first);
        fresh.find(|it| !is_inside(it)).map_or(vec![], |stranger| {
            found(room, format!("{stranger} is an external sender, and has no participant"))
        })
    }

    /// By this commit, followers have to go whose last participant left before it.
    fn committed(
        &self,
        ledger: &Ledger,
        room: &RoomUri,
        epoch: u64,
        deeds: &[Deed],
    ) -> Vec<Finding> {
        let changes = deeds.iter().any(|deed| {
            matches!(deed.by, Author::Server(_)) && matches!(deed.what, DeedKind::Other { .. })
        });
        let Some(view) = ledger.view_at(room, epoch).filter(|_| !changes) else { return vec![] };
        let mut followers = self.followers.get(room).into_iter().flatten();
        followers.find(|it| !has_user(view, it)).map_or(vec![], |gone| {
            let why = format!(
                "{gone} has had no participant since epoch {epoch}, and the commit after leaves it \
                 among the external senders"
            );
            found(room, why)
        })
    }
}

fn count(servers: &[ProviderName], wanted: &ProviderName) -> usize {
    servers.iter().filter(|server| *server == wanted).count()
}

/// Whether a user of this provider is listed, and not banned.
fn has_user(view: &RoomView, provider: &ProviderName) -> bool {
    let banned = |role: u32| {
        view.roles.iter().any(|it| it.index == role && role == 1 && it.name == "banned")
    };
    let listed = view.participants.iter();
    listed.filter(|it| !banned(it.role)).any(|it| it.user.provider() == provider)
}

#[cfg(test)]
mod tests {
    use crate::mimi::uri::ProviderName;
    use crate::oracle::tests_support::{HUB, Story, removing, room};
    use crate::trace::{Change, Event, Kind};

    fn named(story: &mut Story, names: &[&str]) {
        let servers = names.iter().map(|name| ProviderName::new(name).unwrap()).collect();
        story.push(HUB, Event::ExternalSenders { room: room(), epoch: 1, servers });
    }

    #[test]
    fn the_hub_and_a_follower_with_a_participant_are_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        named(&mut story, &["a.example", "b.example"]);
        story.update("A1");
        named(&mut story, &["a.example"]);
        story.is_clean();
    }

    #[test]
    fn a_hub_that_is_not_the_first_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        named(&mut story, &["b.example", "a.example"]);
        story.fires_last("external_senders_are_hub_and_followers", "not the first");
    }

    #[test]
    fn a_server_without_a_participant_and_one_that_is_named_twice_are_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        named(&mut story, &["a.example", "d.example"]);
        story.fires_last("external_senders_are_hub_and_followers", "has no participant");
        let mut story = Story::room_of(&["A1", "B1"]);
        named(&mut story, &["a.example", "b.example", "b.example"]);
        story.fires_last("external_senders_are_hub_and_followers", "twice");
    }

    #[test]
    fn a_follower_that_a_commit_leaves_behind_its_last_participant_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        named(&mut story, &["a.example", "b.example"]);
        story.commit_of("A1", Kind::Commit, removing(&["B1"], &["B1"]), &[]);
        story.accepted("A1", Kind::Commit, 2, "leaves it", Change::default());
        story.fires_last("external_senders_are_hub_and_followers", "the commit after leaves it");
    }
}
