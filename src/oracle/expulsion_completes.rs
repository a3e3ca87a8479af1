//! `expulsion_completes` (L4): whom the hub proposes to remove is out before long, whoever objects.
//!
//! An external commit voids what waits, so that somebody who is about to be removed, or an
//! accomplice, can try to put it off by coming in again and again (A20). The hub makes its
//! proposals anew each time, and staples them to the commit that voided them (R34); what bounds the
//! delay is that members commit them in the end. So epochs are counted, from the one in which the
//! hub first proposed the removal: after [`MOST_EPOCHS`] of them the client is out, and one more
//! for each client that came in from outside since, for the first time. What the hub does not
//! propose anew it does not want any more.
//!
//! A hub that crashes may have lost its proposals, and proposes again: that counts anew.

use std::collections::{BTreeMap, BTreeSet};

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::trace::{Author, Deed, DeedKind, Entry, Event, Kind as Accepted, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "expulsion_completes",
    meaning: "a client that the hub wants out is out after at most eight epochs, and one for each \
              client that came in from outside meanwhile",
    source: "L4; R34; A20",
    not_checked: "rooms that accept no commit any more (nobody_stuck), and what still waits at the \
                  end (leave_completes); removals that followers propose; runs in which \
                  committers need not include what waits; dishonest hubs",
    kind: Kind::Liveness,
    begin: || Box::new(ExpulsionCompletes::default()),
};

/// How many epochs a removal may take, beside one for each joiner.
const MOST_EPOCHS: u64 = 8;

#[derive(Default)]
struct ExpulsionCompletes {
    /// The removal of each client that the hub wants out.
    since: BTreeMap<(RoomUri, ClientUri), Wanted>,
}

/// A removal that the hub has proposed.
struct Wanted {
    /// The epoch in which it first did.
    since: u64,
    /// An external commit has voided it, and the hub has not made it anew.
    void: bool,
    /// Who came in from outside since: each may put it off once.
    joiners: BTreeSet<ClientUri>,
}

impl Invariant for ExpulsionCompletes {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Crashed => {
                self.since.retain(|(room, _), _| hub_of(room) != entry.node);
                vec![]
            }
            Event::Accepted { room, kind: Accepted::Proposals, epoch, deeds, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                for client in deeds.iter().filter_map(|deed| expelled(room, deed)) {
                    let fresh = || Wanted { since: *epoch, void: false, joiners: BTreeSet::new() };
                    let wanted = self.since.entry((room.clone(), client.clone()));
                    wanted.or_insert_with(fresh).void = false;
                }
                self.overdue(ledger, room, *epoch)
            }
            Event::Accepted {
                room, kind: Accepted::ExternalCommit, client: Some(client), ..
            } if ledger.speaks_as_hub(&entry.node, room) => {
                for (_, wanted) in self.since.iter_mut().filter(|((of, _), _)| of == room) {
                    wanted.void = true;
                    wanted.joiners.insert(client.clone());
                }
                vec![]
            }
            Event::Shadowed { room, stage: Stage::Committed, epoch, members, .. }
                if ledger.speaks_as_hub(&entry.node, room) =>
            {
                let is_in =
                    |client: &ClientUri| members.iter().any(|member| member.client == *client);
                self.since.retain(|(of, client), _| of != room || is_in(client));
                self.overdue(ledger, room, *epoch)
            }
            _ => vec![],
        }
    }
}

impl ExpulsionCompletes {
    /// Who should be out by this epoch, and is not.
    fn overdue(&self, ledger: &Ledger, uri: &RoomUri, now: u64) -> Vec<Finding> {
        let mut waiting = self.since.iter().filter(|((room, _), _)| room == uri);
        let late = waiting.find(|(_, wanted)| {
            !wanted.void && now > wanted.since + MOST_EPOCHS + wanted.joiners.len() as u64
        });
        late.map_or(vec![], |((_, client), Wanted { since, .. })| {
            let name = ledger.name_of(client);
            let why = format!(
                "{name} is a member at epoch {now}; the hub has wanted it out since {since}"
            );
            found(uri, why)
        })
    }
}

/// The client that goes by this deed, where it is the hub's.
fn expelled<'a>(room: &RoomUri, deed: &'a Deed) -> Option<&'a ClientUri> {
    match (&deed.by, &deed.what) {
        (Author::Server(server), DeedKind::RemoveClient { client, .. })
            if server == room.provider() =>
        {
            Some(client)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests_support::{HUB, Story, adding, client, removing, room, user};
    use crate::trace::Change;

    /// The hub proposes that B1 goes.
    fn expels(story: &mut Story) {
        let epoch = story.epoch();
        story.accepted("A1", Accepted::Proposals, epoch, "expulsion", Change::default());
        let by = Author::Server(room().provider().clone());
        let what = DeedKind::RemoveClient { client: client("B1"), of: user("B1") };
        story.amend(|event| {
            if let Event::Accepted { deeds, .. } = event {
                deeds.push(Deed { by, what, referenced: false });
            }
        });
    }

    /// An accomplice comes in from outside so many times; the hub insists.
    fn put_off(story: &mut Story, times: u64) {
        for _ in 0..times {
            story.commit_of("C1", Accepted::ExternalCommit, adding(&[], &[]), &[]);
            expels(story);
        }
    }

    /// What the invariant says of the story.
    fn told(story: &Story) -> Option<String> {
        let found = story.verdict().violations;
        found.into_iter().find(|it| it.invariant == INFO.id).map(|it| it.why)
    }

    #[test]
    fn a_removal_that_is_put_off_again_and_again_is_found() {
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        expels(&mut story);
        put_off(&mut story, MOST_EPOCHS + 1);
        assert_eq!(told(&story), None, "one more for the one that came in");
        put_off(&mut story, 1);
        let why = told(&story).unwrap();
        assert!(why.contains("B1 is a member at epoch 11; the hub has wanted it out since 1"));
    }

    #[test]
    fn a_removal_that_the_hub_does_not_propose_anew_is_none_any_more() {
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        expels(&mut story);
        story.commit_of("C1", Accepted::ExternalCommit, adding(&[], &[]), &[]);
        (0..2 * MOST_EPOCHS).for_each(|_| story.update("A1"));
        assert_eq!(told(&story), None);
    }

    #[test]
    fn a_removal_that_a_member_commits_in_the_end_is_complete() {
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        expels(&mut story);
        put_off(&mut story, MOST_EPOCHS - 1);
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.commit("A1", adding(&["B1"], &["B1"]));
        expels(&mut story);
        put_off(&mut story, MOST_EPOCHS);
        assert_eq!(told(&story), None);
    }

    #[test]
    fn a_hub_that_may_have_forgotten_has_as_much_time_again() {
        let mut story = Story::room_of(&["A1", "B1", "C1"]);
        expels(&mut story);
        put_off(&mut story, MOST_EPOCHS);
        story.crashes(HUB, false);
        put_off(&mut story, MOST_EPOCHS + 2);
        assert_eq!(told(&story), None);
        put_off(&mut story, 1);
        assert!(told(&story).is_some());
    }
}
