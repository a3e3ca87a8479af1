//! `hub_shadow` (I3): what the hub takes for the group is the group.
//!
//! A hub sees the group from outside, through public handshake messages. For each epoch its
//! committed view must have the GroupContext, confirmation tag and members that the members have;
//! the first honest client in the epoch is held against it, and each one that enters later.

use super::hub_log::Shadow;
use super::invariant::{Finding, Invariant, InvariantInfo, Kind, found};
use super::ledger::{Ledger, hub_of};
use crate::mimi::uri::RoomUri;
use crate::trace::{Digest, Entry, Event, Member, Stage};

pub(super) const INFO: InvariantInfo = InvariantInfo {
    id: "hub_shadow",
    meaning: "the hub's committed view of an epoch is what the members of that epoch hold",
    source: "I3; RFC 9750 §5.3",
    not_checked: "dishonest hubs; provisional views; the decoded state (state_agreement); views \
                  of decisions that the hub lost in a crash before they were durable",
    kind: Kind::Safety,
    begin: || Box::new(HubShadow),
};

struct HubShadow;

impl Invariant for HubShadow {
    fn observe(&mut self, ledger: &Ledger, entry: &Entry) -> Vec<Finding> {
        match &entry.event {
            Event::Entered { room, epoch, context, tag, members, .. }
                if ledger.is_honest(&entry.node) && ledger.hub_is_honest(room) =>
            {
                let Some(shadow) = ledger.room(room).hub.shadow_at(*epoch) else { return vec![] };
                compare(room, *epoch, shadow, &entry.node, (context, tag, members))
            }
            Event::Shadowed {
                room,
                stage: Stage::Committed,
                epoch,
                context,
                tag,
                state,
                members,
            } if ledger.speaks_as_hub(&entry.node, room) => {
                let Some(first) = ledger.room(room).firsts.get(epoch) else { return vec![] };
                let (context, tag, state) = (*context, *tag, state.hash);
                let shadow = Shadow { context, tag, state, members: members.clone() };
                let belief = (&first.context, &first.tag, first.members.as_slice());
                compare(room, *epoch, &shadow, &first.node, belief)
            }
            _ => vec![],
        }
    }
}

fn compare(
    room: &RoomUri,
    epoch: u64,
    shadow: &Shadow,
    node: &str,
    (context, tag, members): (&Digest, &Digest, &[Member]),
) -> Vec<Finding> {
    let hub = hub_of(room);
    let differ = |what: &str, hubs: &Digest, theirs: &Digest| {
        let (hubs, theirs) = (hubs.short(), theirs.short());
        format!(
            "the hub {hub} and {node} differ at epoch {epoch}: {what} {hubs} at the hub, {theirs} \
             at {node}"
        )
    };
    if shadow.context != *context {
        return found(room, differ("GroupContext", &shadow.context, context));
    }
    if shadow.tag != *tag {
        return found(room, differ("confirmation tag", &shadow.tag, tag));
    }
    let sorted = |members: &[Member]| {
        let mut members = members.to_vec();
        members.sort();
        members
    };
    let (hubs, theirs) = (sorted(&shadow.members), sorted(members));
    if hubs == theirs {
        return vec![];
    }
    let name = |member: &&Member| format!("{} at leaf {}", member.client, member.leaf);
    let only = |these: &[Member], those: &[Member]| {
        let only: Vec<_> = these.iter().filter(|m| !those.contains(m)).collect();
        let names: Vec<_> = only.iter().map(name).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    };
    let why = format!(
        "the hub {hub} and {node} differ at epoch {epoch} about the members: only the hub has {}, \
         only {node} has {}",
        only(&hubs, &theirs),
        only(&theirs, &hubs)
    );
    found(room, why)
}

#[cfg(test)]
mod tests {
    use crate::oracle::tests_support::{HUB, Story, digest};
    use crate::trace::{Event, Kind};

    #[test]
    fn a_hub_that_sees_what_its_members_hold_is_in_order() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.all_enter(&["A1", "B1"]);
        story.shadowed();
        story.is_clean();
    }

    #[test]
    fn a_hub_that_sees_another_tag_than_its_members_is_found_at_the_first_member() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.update("A1");
        story.enters("A1");
        story.amend(|event| {
            if let Event::Entered { tag, .. } = event {
                *tag = digest("other tag");
            }
        });
        story.fires_last("hub_shadow", "confirmation tag");
    }

    #[test]
    fn a_hub_that_sees_a_member_too_few_is_found_when_it_says_so() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.shadowed();
        story.amend(|event| {
            if let Event::Shadowed { members, .. } = event {
                members.pop();
            }
        });
        story
            .fires_last("hub_shadow", "only the hub has nobody, only A1 has mimi://b.example/d/B1");
    }

    #[test]
    fn a_view_that_the_hub_lost_in_a_crash_does_not_count() {
        let mut story = Story::room_of(&["A1", "B1"]);
        story.accepted("A1", Kind::Commit, 1, "lost commit", Default::default());
        story.shadowed();
        story.amend(|event| {
            if let Event::Shadowed { epoch, context, .. } = event {
                *epoch = 2;
                *context = digest("lost context");
            }
        });
        story.crashes(HUB, false);
        story.forget_last_index();
        story.update("B1");
        story.all_enter(&["A1", "B1"]);
        story.is_clean();
    }
}
