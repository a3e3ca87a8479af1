//! `verdicts_agree` (I10): hub, clients and the oracle's own evaluator judge each change alike.
//!
//! What an honest hub accepts, the evaluator must allow. What it refuses by the rule about rights,
//! the evaluator must forbid. The same holds for a client that follows somebody's commit, or
//! refuses to. The evaluator reads the policy of the state that the change was made in. And
//! whatever the rule: where hub and client check the same ones, no client refuses a commit that the
//! hub took.

use super::evaluator::{Moment, evaluate, settles};
use super::hub_log::Item;
use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use super::room::LIBRARY;
use crate::mimi::uri::RoomUri;
use crate::trace::{self, Deed, Digest, Entry, Event, Way};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "verdicts_agree",
    meaning: "hub and clients accept and refuse changes just as the policy of their state says",
    source: "I10; RP03 §3, §8; S19, A13",
    not_checked: "a hub's refusals for other reasons than rights; refusals in an epoch whose \
                  state the trace does not show; what a dishonest hub accepts (its clients' \
                  verdicts are still checked)",
    kind: Kind::Safety,
    begin: || Box::new(VerdictsAgree),
};

/// The rule whose verdicts are held against the evaluator's.
const RIGHTS: &str = "authorised";

struct VerdictsAgree;

impl Invariant for VerdictsAgree {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let node = entry.node.as_str();
        match &entry.event {
            Event::Accepted { room, kind, epoch, deeds, digest, .. }
                if ledger.speaks_as_hub(node, room) && !deeds.is_empty() =>
            {
                accepted(ledger, room, (*kind, *epoch, deeds), *digest)
            }
            Event::Refused { room: Some(room), rule, judged: Some(judged), .. }
                if ledger.speaks_as_hub(node, room) && rule == RIGHTS =>
            {
                let handshake = (judged.kind, judged.epoch, judged.deeds.as_slice());
                match verdict(ledger, room, handshake) {
                    Some(Ok(())) => found(room, "the hub refuses what the policy allows".into()),
                    _ => vec![],
                }
            }
            Event::Entered { room, way: Way::Commit, commit: Some(commit), .. }
                if ledger.is_honest(node) =>
            {
                followed(ledger, room, node, commit)
            }
            Event::Rejected { room, digest, rule, .. } if ledger.is_honest(node) => {
                rejected(ledger, room, (node, rule), digest)
            }
            _ => vec![],
        }
    }
}

fn accepted(
    ledger: &Ledger,
    room: &RoomUri,
    handshake: (trace::Kind, u64, &[Deed]),
    digest: Digest,
) -> Vec<Finding> {
    match verdict(ledger, room, handshake) {
        Some(Err(why)) => found(room, format!("the hub accepts {}, but {why}", digest.short())),
        _ => vec![],
    }
}

fn followed(ledger: &Ledger, room: &RoomUri, node: &str, commit: &Digest) -> Vec<Finding> {
    match verdict_on(ledger, room, commit) {
        Some(Err(why)) => {
            found(room, format!("{node} follows commit {}, but {why}", commit.short()))
        }
        _ => vec![],
    }
}

fn rejected(
    ledger: &Ledger,
    room: &RoomUri,
    (node, rule): (&str, &str),
    digest: &Digest,
) -> Vec<Finding> {
    if rule == RIGHTS && verdict_on(ledger, room, digest) == Some(Ok(())) {
        let why = format!("{node} refuses commit {} that the policy allows", digest.short());
        return found(room, why);
    }
    let alike = ledger.hubs_check_all && ledger.hub_is_honest(room) && rule != LIBRARY;
    let taken = ledger.room(room).hub.find(digest);
    let is_commit =
        |item: &Item| matches!(item.kind, trace::Kind::Commit | trace::Kind::ExternalCommit);
    if alike && taken.is_some_and(is_commit) {
        let digest = digest.short();
        let why = format!("{node} refuses commit {digest} by {rule}, which the hub took");
        return found(room, why);
    }
    vec![]
}

/// The evaluator's verdict on a commit in the hub's log.
fn verdict_on(ledger: &Ledger, room: &RoomUri, commit: &Digest) -> Option<Result<(), String>> {
    let item = ledger.room(room).hub.find(commit)?;
    verdict(ledger, room, (item.kind, item.epoch, &item.deeds))
}

/// None where the trace does not show the state that the handshake was made in.
fn verdict(
    ledger: &Ledger,
    room: &RoomUri,
    (kind, epoch, deeds): (trace::Kind, u64, &[Deed]),
) -> Option<Result<(), String>> {
    let log = &ledger.room(room).hub;
    let view = ledger.view_at(room, epoch)?;
    let members = &log.shadow_at(epoch)?.members;
    let waiting = log.waiting_in(epoch);
    let moment = Moment { hub: room.provider(), view, members, waiting: &waiting };
    Some(evaluate(&moment, kind, deeds).and_then(|()| settles(&moment, kind, deeds)))
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, client, digest, room, user};
    use crate::trace::{Author, Change, Deed, DeedKind, Event, Judged, Kind};

    /// Members of these rooms may do nothing that needs a right.
    fn deed(what: DeedKind) -> Vec<Deed> {
        let by = Author::Client { client: client("B1"), user: user("B1") };
        vec![Deed { by, referenced: false, what }]
    }

    fn needs_a_right() -> Vec<Deed> {
        deed(DeedKind::ChangePolicy { part: "roles".to_owned() })
    }

    fn needs_none() -> Vec<Deed> {
        deed(DeedKind::Other { name: "Update".to_owned() })
    }

    fn with(mut story: Story, wanted: Vec<Deed>) -> Story {
        story.amend(|event| {
            if let Event::Accepted { deeds, .. } = event {
                *deeds = wanted;
            }
        });
        story
    }

    fn accepting(deeds: Vec<Deed>) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("B1", Kind::Commit, 1, "commit", Change::default());
        with(story, deeds)
    }

    fn refusing(deeds: Vec<Deed>) -> Story {
        let mut story = Story::room_of(&["A1", "B1"]);
        let refused = Event::Refused {
            room: Some(room()),
            endpoint: "update".to_owned(),
            rule: "authorised".to_owned(),
            code: "notAllowed".to_owned(),
            why: "because".to_owned(),
            digest: Some(digest("commit")),
            judged: Some(Judged { kind: Kind::Commit, epoch: 1, deeds }),
        };
        story.push(HUB, refused);
        story
    }

    fn rejecting(deeds: Vec<Deed>) -> Story {
        let mut story = accepting(deeds);
        story.header.dishonest = vec![HUB.to_owned()];
        let (room, digest) = (room(), digest("commit"));
        let (rule, why) = ("authorised".to_owned(), "because".to_owned());
        story.push("A1", Event::Rejected { room, digest, rule, why });
        story
    }

    #[test]
    fn a_hub_that_accepts_what_the_policy_forbids_is_found() {
        accepting(needs_none()).is_clean();
        accepting(needs_a_right())
            .fires_last("verdicts_agree", "mimi://b.example/u/bob, as member, may not change");
    }

    #[test]
    fn a_hub_that_lets_a_commit_leave_on_the_list_whom_a_server_takes_out_is_found() {
        let commits = |by_bob: Vec<Deed>| {
            let by = Author::Server(room().provider().clone());
            let what = DeedKind::RemoveClient { client: client("C1"), of: user("C1") };
            let mut deeds = vec![Deed { by, referenced: true, what }];
            deeds.extend(by_bob);
            let mut story = Story::room_of(&["A1", "B1", "C1"]);
            story.accepted("B1", Kind::Commit, 1, "commit", Change::default());
            with(story, deeds)
        };
        commits(deed(DeedKind::Unlist { target: user("C1") })).is_clean();
        commits(vec![]).fires_last("verdicts_agree", "carol, whom a server takes out, would stay");
    }

    #[test]
    fn a_hub_that_refuses_what_the_policy_allows_is_found() {
        refusing(needs_a_right()).is_clean();
        refusing(needs_none()).fires_last("verdicts_agree", "the hub refuses");
    }

    #[test]
    fn a_client_that_refuses_what_the_policy_allows_is_found_under_any_hub() {
        rejecting(needs_a_right()).is_clean();
        rejecting(needs_none()).fires_last("verdicts_agree", "A1 refuses commit");
    }

    #[test]
    fn a_client_that_refuses_by_any_rule_what_its_honest_hub_took_is_found() {
        let rejecting = |rule: &str| {
            let mut story = accepting(needs_none());
            let (room, digest, why) = (room(), digest("commit"), "because".to_owned());
            story.push("A1", Event::Rejected { room, digest, rule: rule.to_owned(), why });
            story
        };
        rejecting("mls").is_clean();
        rejecting("sender-is-member").fires_last("verdicts_agree", "A1 refuses commit");
        let mut careless = rejecting("sender-is-member");
        careless.header.hub_without = vec!["sender-is-member".to_owned()];
        careless.is_clean();
    }

    #[test]
    fn a_client_that_follows_what_the_policy_forbids_is_found_under_any_hub() {
        for (deeds, fires) in [(needs_none(), false), (needs_a_right(), true)] {
            let mut story = Story::room_of(&["A1", "B1"]);
            story.header.dishonest = vec![HUB.to_owned()];
            story.commit_with("B1", deeds);
            story.enters("A1");
            match fires {
                true => story.fires_last("verdicts_agree", "A1 follows commit"),
                false => story.is_clean(),
            }
        }
    }
}
