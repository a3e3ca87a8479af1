//! `agreement` (I1): no group ever splits.
//!
//! The first honest client that enters an epoch fixes what that epoch is; whoever enters the same
//! epoch with another epoch authenticator, confirmation tag or GroupContext is on the other side
//! of a split. The authenticator covers the key schedule, and so the tree and the whole history.

use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::Ledger;
use super::room::is_another_try;
use crate::trace::{Digest, Entry, Event};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "agreement",
    meaning: "clients in the same epoch of a room have the same authenticator, tag and context",
    source: "I1; RFC 9420 §8.7",
    not_checked: "what dishonest clients claim; what a client holds that stays silent; who of \
                  the two is right. A creator that lost its first try alone may create the room \
                  once more",
    kind: Kind::Safety,
    begin: || Box::new(Agreement),
};

struct Agreement;

impl Invariant for Agreement {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        let Event::Entered { room, epoch, way, authenticator, context, tag, .. } = &entry.event
        else {
            return vec![];
        };
        let Some(first) = ledger.room(room).firsts.get(epoch) else { return vec![] };
        if !ledger.is_honest(&entry.node) || is_another_try(first, *way, &entry.node) {
            return vec![];
        }
        let differ = |what: &str, here: &Digest, there: &Digest| {
            let (here, there) = (here.short(), there.short());
            format!(
                "{} and {} are split at epoch {epoch}: {what} {here} against {there}",
                entry.node, first.node
            )
        };
        let pairs = [
            ("epoch authenticator", authenticator, &first.authenticator),
            ("GroupContext", context, &first.context),
            ("confirmation tag", tag, &first.tag),
        ];
        let other = pairs.into_iter().find(|(_, here, there)| here != there);
        other.map_or(vec![], |(what, here, there)| found(room, differ(what, here, there)))
    }
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{Story, digest};
    use crate::trace::{Event, Way};

    fn with_other_authenticator(event: &mut Event) {
        if let Event::Entered { authenticator, .. } = event {
            *authenticator = digest("other");
        }
    }

    #[test]
    fn members_that_follow_one_history_agree() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.update("B1");
        story.all_enter(&["B1", "A1", "B2"]);
        story.is_clean();
    }

    #[test]
    fn two_clients_with_different_authenticators_are_split_once_for_the_room() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.update("A1");
        story.enters("A1");
        story.enters("B1");
        story.amend(with_other_authenticator);
        story.fires_last("agreement", "B1 and A1 are split at epoch 2: epoch authenticator");
        let split = story.last();
        story.enters("B2");
        story.amend(with_other_authenticator);
        story.fires(&[("agreement", split)]);
    }

    #[test]
    fn a_split_is_judged_under_a_dishonest_hub() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.header.dishonest = vec!["a.example".into()];
        story.update("A1");
        story.enters("A1");
        story.enters("B1");
        story.amend(|event| {
            if let Event::Entered { authenticator, context, tag, state, commit, .. } = event {
                *authenticator = digest("other authenticator");
                *context = digest("other context");
                *tag = digest("other tag");
                state.hash = digest("other state");
                *commit = Some(digest("other commit"));
            }
        });
        story.fires_last("agreement", "split");
    }

    #[test]
    fn what_a_dishonest_client_claims_neither_counts_nor_fixes_the_value() {
        let mut story = Story::room_of(&["A1", "B1", "B2"]);
        story.header.dishonest = vec!["B1".into()];
        story.update("A1");
        story.enters("B1");
        story.amend(with_other_authenticator);
        story.enters("A1");
        story.enters("B2");
        story.is_clean();
    }

    #[test]
    fn a_client_that_returns_to_the_present_epoch_agrees() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.commit_of("B1", crate::trace::Kind::ExternalCommit, Default::default(), &[]);
        story.joins("B1", Way::ExternalCommit);
        story.enters("A1");
        story.is_clean();
    }

    #[test]
    fn a_creator_that_lost_its_first_try_may_create_the_room_again() {
        let mut story = Story::new();
        story.creates("A1");
        story.amend(with_other_authenticator);
        story.crashes("A1", false);
        story.joins("A1", Way::Created);
        story.is_clean();
    }
}
