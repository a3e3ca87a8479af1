//! `nobody_stuck` (L6, L5): a room with somebody in it can go on, and every wish ends.
//!
//! Judged at the end: in each room that had an honest member in touch with the hub from the probe
//! to the end, a commit was accepted since the probe began; and each wish of the scenario has come
//! to its end, whatever end that is: what bounds a wish (L5) is the time of rest that the scenario
//! gives, counted from the last step or fault. Nor does everybody wait for everybody else to take
//! it out.
//!
//! Not owed: rooms with a dishonest hub, or without such a member; wishes of clients that are
//! dishonest, or out of touch at the end; wishes from before a rollback, which the client's disk
//! may not know of.

use std::collections::BTreeMap;

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, owed};
use super::ledger::{Ledger, begins};
use super::room::Room;
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{Deed, DeedKind, Entry, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "nobody_stuck",
    meaning: "a room with an active member accepts a commit at the end, and every wish has ended",
    source: "L6, L5",
    not_checked: "who made the commit, what became of the world's own wishes, and whether a wish \
                  that was given up could have succeeded",
    kind: Kind::Liveness,
    begin: || Box::new(NobodyStuck::default()),
};

/// What each room was like when the probe began: its epoch, and the active clients' nodes.
#[derive(Default)]
struct NobodyStuck {
    probed: BTreeMap<RoomUri, (Option<u64>, Vec<String>)>,
}

impl Invariant for NobodyStuck {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if begins(entry, Phase::Probe) {
            self.probed = ledger
                .owed_rooms()
                .map(|(uri, room)| {
                    let active = ledger.active(uri).into_iter().map(str::to_owned).collect();
                    (uri.clone(), (room.hub.epoch(), active))
                })
                .collect();
        }
        if !begins(entry, Phase::End) {
            return vec![];
        }
        let judged = |(uri, room)| owed(uri, &self.stuck(ledger, uri, room));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

impl NobodyStuck {
    fn stuck(&self, ledger: &Ledger, uri: &RoomUri, room: &Room) -> Vec<String> {
        let Some((before, active)) = self.probed.get(uri) else { return vec![] };
        let now = ledger.active(uri);
        if let Some(why) = all_wait(ledger, uri, room) {
            return vec![why];
        }
        let could = |node: &&String| now.contains(&node.as_str()) && may_commit(ledger, room, node);
        if !active.iter().any(|node| could(&node)) {
            return vec![];
        }
        let mut reasons = vec![];
        if let (Some(epoch), true) = (room.hub.epoch(), room.hub.epoch() <= *before) {
            reasons.push(format!("no commit was accepted in the probe: the hub is at {epoch}"));
        }
        reasons.extend(open_wishes(ledger, uri));
        reasons
    }
}

/// Whether the client's own removal does not wait: nobody commits that of its own.
fn may_commit(ledger: &Ledger, room: &Room, node: &str) -> bool {
    let waiting = room.hub.epoch().map(|epoch| room.hub.waiting_in(epoch)).unwrap_or_default();
    let its = |deed: &Deed| match &deed.what {
        DeedKind::RemoveClient { client, .. } => ledger.node_of(client) == Some(node),
        _ => false,
    };
    !waiting.iter().any(its)
}

/// Whether all members are on their way out, with two users among them who could take out each
/// other.
fn all_wait(ledger: &Ledger, uri: &RoomUri, room: &Room) -> Option<String> {
    let members = room.hub.members();
    let here = |client: &ClientUri| {
        let node = ledger.node_of(client)?;
        (ledger.is_honest(node) && ledger.in_touch(node, uri)).then(|| node.to_owned())
    };
    let mut waiting = BTreeMap::new();
    for member in members {
        room.leavers.get(&member.user)?;
        waiting.extend(here(&member.client).map(|node| (&member.user, node)));
    }
    let names: Vec<_> = waiting.into_values().collect();
    let told = || format!("{} wait for each other to commit their removal", names.join(" and "));
    (names.len() > 1).then(told)
}

fn open_wishes(ledger: &Ledger, uri: &RoomUri) -> Vec<String> {
    let given = ledger.wishes.iter().filter(|(_, wish)| wish.room == *uri && !wish.probe);
    let able =
        given.filter(|(_, wish)| ledger.is_honest(&wish.node) && ledger.in_touch(&wish.node, uri));
    able.map(|(intent, wish)| {
        format!("the wish of {} to {} has come to no end ({intent})", wish.node, wish.verb)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, client, removing, room, user};
    use crate::trace::{Author, Change, Deed, DeedKind, Event, Kind, Phase};

    fn without_a_probe_commit(mut story: Story) -> Story {
        story.pays_its_debts();
        story.phase(Phase::Probe);
        story.phase(Phase::End);
        story
    }

    #[test]
    fn a_room_that_accepts_a_commit_at_the_end_is_not_stuck() {
        let mut story = Story::room_of(&["A1", "B1"]);
        let intent = story.wishes("A1", "send");
        story.done("A1", &intent);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_room_that_accepts_no_commit_at_the_end_is_stuck() {
        without_a_probe_commit(Story::room_of(&["A1", "B1"]))
            .fires_last("nobody_stuck", "no commit was accepted in the probe: the hub is at 1");
    }

    #[test]
    fn a_wish_that_comes_to_no_end_is_a_reason() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.wishes("B1", "rename");
        story.ends();
        story.fires_last("nobody_stuck", "the wish of B1 to rename has come to no end");
    }

    #[test]
    fn a_wish_that_a_rollback_took_is_not_owed_an_end() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.wishes("B1", "rename");
        story.crashes("B1", true);
        story.ends();
        story.is_clean();
    }

    #[test]
    fn a_room_without_active_members_owes_nothing() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.push("A1", Event::Offline);
        story.push("B1", Event::Offline);
        without_a_probe_commit(story).is_clean();
        let mut story = Story::room_of(&["A1"]);
        story.commit("A1", removing(&["A1"], &["A1"]));
        without_a_probe_commit(story).is_clean();
    }

    #[test]
    fn members_who_wait_for_each_other_to_let_them_go_are_found() {
        let leaving = || {
            let mut story = Story::room_of(&["A1", "B1"]);
            for name in ["A1", "B1"] {
                story.push(HUB, Event::Exiting { room: room(), user: user(name) });
            }
            story
        };
        let mut alone = leaving();
        alone.push("B1", Event::Offline);
        without_a_probe_commit(alone).is_clean();
        let why = "A1 and B1 wait for each other";
        without_a_probe_commit(leaving()).fires_last("nobody_stuck", why);
    }

    #[test]
    fn a_room_in_which_only_those_are_left_who_are_to_go_owes_nothing() {
        let waits = |asked: bool| {
            let mut story = Story::room_of(&["A1", "B1"]);
            let (domain, account) = ("b.example", user("B1"));
            story.push(domain, Event::AccountDeleted { user: account });
            if asked {
                let epoch = story.epoch();
                story.accepted("A1", Kind::Proposals, epoch, "self", Change::default());
                let by = Author::Client { client: client("A1"), user: user("A1") };
                let what = DeedKind::RemoveClient { client: client("A1"), of: user("A1") };
                story.amend(|event| {
                    if let Event::Accepted { deeds, .. } = event {
                        deeds.push(Deed { by, what, referenced: false });
                    }
                });
            }
            without_a_probe_commit(story)
        };
        let stuck = |story: Story| {
            // Members of these rooms have no right to it, which is another invariant's.
            let found = story.verdict().violations;
            found.iter().any(|it| it.invariant == "nobody_stuck")
        };
        assert!(!stuck(waits(true)));
        assert!(stuck(waits(false)));
    }

    #[test]
    fn a_user_that_was_let_back_in_is_owed_a_room_that_goes_on() {
        let mut story = Story::with_somebody_back("B1");
        story.push("A1", Event::Offline);
        without_a_probe_commit(story).fires_last("nobody_stuck", "no commit was accepted");
    }

    #[test]
    fn a_dishonest_hub_may_stop_its_room() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.dishonest = vec![HUB.into()];
        without_a_probe_commit(story).is_clean();
    }
}
