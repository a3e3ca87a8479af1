//! `convergence` (L1): once the faults are over, everybody comes to the hub's epoch.
//!
//! Judged when the probe begins, after the room has had its time to rest: each honest client that
//! is a member in the hub's latest committed view and in touch with the hub is in that epoch, and
//! agrees with the others there.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, owed};
use super::ledger::{Ledger, begins};
use super::room::{Place, Room};
use crate::mimi::uri::RoomUri;
use crate::trace::{Entry, Phase};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "convergence",
    meaning: "after the time to rest, every active client is at the hub's epoch, in agreement",
    source: "L1",
    not_checked: "clients that are down, offline or cut off at that time, those of a user that is \
                  on its way out (leave_completes), and those that the room's policy does not let \
                  back in, unless a commit that they can't apply put them out; rooms with a \
                  dishonest hub; a client that restarted and did not enter anything since, which \
                  counts as being where it was",
    kind: Kind::Liveness,
    begin: || Box::new(Convergence),
};

struct Convergence;

impl Invariant for Convergence {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        if !begins(entry, Phase::Probe) {
            return vec![];
        }
        let judged = |(uri, room)| owed(uri, &behind(ledger, uri, room, entry.at_ms));
        ledger.owed_rooms().filter_map(judged).collect()
    }
}

fn behind(ledger: &Ledger, uri: &RoomUri, room: &Room, now_ms: u64) -> Vec<String> {
    let Some(epoch) = room.hub.epoch() else { return vec![] };
    let since = ledger.health.since_healed(now_ms);
    let reason = |node| reason(room, node, epoch, &since);
    ledger.active(uri).into_iter().filter_map(reason).collect()
}

/// Why the client has not converged, if it has not.
fn reason(room: &Room, node: &str, epoch: u64, since: &str) -> Option<String> {
    let Some(place) = room.places.get(node) else {
        return Some(format!(
            "{node} has not entered the room, of which it is a member at the hub's epoch \
             {epoch}{since}"
        ));
    };
    if place.removed {
        let at = place.epoch;
        return Some(format!(
            "{node} takes itself for removed, last at epoch {at}, while it is a member at the \
             hub's epoch {epoch}{since}"
        ));
    }
    if place.epoch != epoch {
        let (at, last) = (place.epoch, last_commit(place));
        return Some(format!("{node} is at epoch {at} while the hub is at {epoch}{since}; {last}"));
    }
    let first = room.firsts.get(&epoch)?;
    let (own, others) = (place.authenticator.short(), first.authenticator.short());
    let split = place.authenticator != first.authenticator;
    split.then(|| {
        format!(
            "{node} is at the hub's epoch {epoch} with authenticator {own}, {} has {others}",
            first.node
        )
    })
}

fn last_commit(place: &Place) -> String {
    match place.commit {
        Some(commit) => format!("it last processed commit {}", commit.short()),
        None => "it has processed no commit".into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, client, digest, removing, room, user};
    use crate::trace::{Author, Deed, DeedKind, Event, Judged, Kind, Phase, Way};

    fn b1_behind() -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story
    }

    fn cut() -> Event {
        Event::Partitioned { from: "b.example".into(), to: HUB.into() }
    }

    fn healed() -> Event {
        Event::Healed { from: "b.example".into(), to: HUB.into() }
    }

    #[test]
    fn a_room_that_came_to_rest_has_converged() {
        let mut story = b1_behind();
        story.push("world", cut());
        story.push("world", healed());
        story.enters("B1");
        story.phase(Phase::Probe);
        story.is_clean();
    }

    #[test]
    fn a_client_that_is_behind_when_the_probe_begins_is_found_with_its_last_commit() {
        let mut story = b1_behind();
        story.push("world", cut());
        story.push("world", healed());
        story.at_ms += 19_990;
        story.phase(Phase::Probe);
        story.fires_last(
            "convergence",
            "B1 is at epoch 1 while the hub is at 2, 20.0 s after the last fault healed; it last \
             processed commit",
        );
    }

    #[test]
    fn a_member_that_never_entered_is_found() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.entries.pop();
        story.phase(Phase::Probe);
        let last = story.last();
        story.fires(&[("convergence", last), ("listed_users_get_in", last)]);
        let why = &story.verdict().violations[0].why;
        assert!(why.contains("B1 has not entered the room"), "{why}");
    }

    #[test]
    fn a_client_that_is_behind_before_the_probe_or_in_a_fault_is_no_surprise() {
        let mut story = b1_behind();
        story.phase(Phase::Rest);
        story.is_clean();
        story.push("B1", Event::Offline);
        story.phase(Phase::Probe);
        story.is_clean();
        for (node, fault) in [("world", cut()), ("B1", Event::Crashed), (HUB, Event::Crashed)] {
            let mut story = b1_behind();
            story.push(node, fault);
            story.phase(Phase::Probe);
            story.is_clean();
        }
    }

    #[test]
    fn a_client_that_was_removed_owes_nothing() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit("A1", removing(&["B1"], &["B1"]));
        story.enters("A1");
        story.phase(Phase::Probe);
        story.is_clean();
    }

    #[test]
    fn a_client_that_is_back_by_an_external_commit_has_converged() {
        let mut story = b1_behind();
        story.commit_of("B1", crate::trace::Kind::ExternalCommit, Default::default(), &[]);
        story.joins("B1", Way::ExternalCommit);
        story.enters("A1");
        story.phase(Phase::Probe);
        story.is_clean();
    }

    fn turned_away(rule: &str) -> Event {
        let by = Author::Client { client: client("B1"), user: user("B1") };
        let deeds = vec![Deed { by, referenced: false, what: DeedKind::Join }];
        Event::Refused {
            room: Some(room()),
            endpoint: "update".to_owned(),
            rule: rule.to_owned(),
            code: "notAllowed".to_owned(),
            why: "because".to_owned(),
            digest: Some(digest("return")),
            judged: Some(Judged { kind: Kind::ExternalCommit, epoch: 2, deeds }),
        }
    }

    #[test]
    fn a_client_that_the_rooms_policy_does_not_let_back_in_is_owed_nothing_until_it_is_in() {
        let denied = |rule: &str| {
            let mut story = b1_behind();
            story.push(HUB, turned_away(rule));
            story.phase(Phase::Probe);
            let found = story.verdict().violations;
            found.iter().any(|it| it.invariant == "convergence")
        };
        assert!(!denied("authorised"));
        assert!(denied("exiting-only-removes"), "that may pass");
        assert!(denied("external-commits-allowed"), "its policy allows them");
    }

    #[test]
    fn a_client_that_an_accepted_commit_put_out_is_owed_a_way_back_unless_it_was_set_back() {
        let locked_out = |set_back: bool, of: &dyn Fn(&Story) -> crate::trace::Digest| {
            let mut story = b1_behind();
            story.crashes("B1", set_back);
            let (rule, why) = ("mls".to_owned(), "wrong tag".to_owned());
            let digest = of(&story);
            story.push("B1", Event::Rejected { room: room(), digest, rule, why });
            story.push(HUB, turned_away("authorised"));
            story.phase(Phase::Probe);
            let found = story.verdict().violations;
            found.iter().any(|it| it.invariant == "convergence")
        };
        let the_commit = |story: &Story| {
            let accepted = story.entries.iter().rev().find_map(|entry| match &entry.event {
                Event::Accepted { digest, .. } => Some(*digest),
                _ => None,
            });
            accepted.unwrap()
        };
        assert!(locked_out(false, &the_commit));
        assert!(!locked_out(true, &the_commit));
        assert!(!locked_out(false, &|_| digest("never accepted")));
    }

    #[test]
    fn a_dishonest_hub_owes_nobody_convergence() {
        let mut story = b1_behind();
        story.header.dishonest = vec![HUB.into()];
        story.phase(Phase::Probe);
        story.is_clean();
    }
}
