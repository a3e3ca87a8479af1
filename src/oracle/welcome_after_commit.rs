//! `welcome_after_commit` (I25): who is welcomed was added by what the hub accepted.
//!
//! A client that enters by a Welcome enters an epoch that an accepted commit leads to, and that
//! commit adds this client. A Welcome that was let out for a commit which lost would bring its
//! reader into a group of one (A8, R17).

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use crate::trace::{Entry, Event, Way};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "welcome_after_commit",
    meaning: "a client that enters by a Welcome was added by the accepted commit into that epoch",
    source: "I25; R17; RFC 9420 §14",
    not_checked: "Welcomes that reach a provider and are never used; rooms with a dishonest hub, \
                  except that its clients still may not enter what no hub accepted \
                  (single_commit)",
    kind: Kind::Safety,
    begin: || Box::new(WelcomeAfterCommit),
};

struct WelcomeAfterCommit;

impl Invariant for WelcomeAfterCommit {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Entered { room, epoch, way: Way::Welcome, .. } = &entry.event else {
            return vec![];
        };
        let node = &entry.node;
        if !ledger.is_honest(node) || !ledger.hub_is_honest(room) {
            return vec![];
        }
        let Some(person) = ledger.person(node) else { return vec![] };
        let commit = epoch.checked_sub(1).and_then(|made| ledger.room(room).hub.commit_in(made));
        match commit {
            None => found(room, format!("{node} is welcomed to epoch {epoch}, which is none")),
            Some(item) if !item.change.adds.contains(&person.client) => {
                let digest = item.digest.short();
                found(
                    room,
                    format!("{node} is welcomed to epoch {epoch}, and {digest} adds others"),
                )
            }
            Some(_) => vec![],
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, adding};
    use crate::trace::Way;

    fn fires(story: &Story) -> bool {
        story.verdict().violations.iter().any(|it| it.invariant == "welcome_after_commit")
    }

    #[test]
    fn a_client_that_was_added_may_be_welcomed() {
        let mut story = Story::room_of(&["A1"]);
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.joins("B1", Way::Welcome);
        assert!(!fires(&story));
    }

    #[test]
    fn a_client_that_is_welcomed_by_a_commit_which_adds_others_is_found() {
        let mut story = Story::room_of(&["A1"]);
        story.commit("A1", adding(&["B1"], &["B1"]));
        story.joins("B2", Way::Welcome);
        assert!(fires(&story));
    }

    #[test]
    fn a_client_that_is_welcomed_to_an_epoch_without_a_commit_is_found() {
        let mut story = Story::new();
        story.creates("A1");
        story.joins("B1", Way::Welcome);
        assert!(fires(&story));
    }
}
