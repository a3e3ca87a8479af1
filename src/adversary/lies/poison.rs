//! What a hub accepts, since only members can see what is wrong with it (S20).
//!
//! Signatures, membership tags and GroupInfos are in order, made with the client's own keys; how
//! the rest is spoilt stands in `mls::poison`.

use super::{Forged, Inside};
use crate::mimi::room::{ComponentUpdate, RoomMetadata};
use crate::mls::{CommitPlan, MlsError, Poison, View, with_other_context, with_other_external_pub};

/// A component that rooms have no use for.
const SMUGGLED: u16 = 0xf00d;

impl Inside {
    fn poisoned(&mut self, plan: &CommitPlan, poison: &Poison) -> Result<Forged, MlsError> {
        let Self { library, identity, member, .. } = self;
        let committed = member.commit_poisoned(library, identity, plan, poison)?;
        Ok(self.update(committed))
    }
}

/// Nobody can apply it: its confirmation tag is not that of the epoch that it leads to (A16).
pub(super) fn commits_with_a_wrong_tag(inside: &mut Inside) -> Result<Forged, MlsError> {
    inside.poisoned(&CommitPlan::default(), &Poison::Tag)
}

/// The victim can't apply it, and all others can: it gets another path secret (A16).
pub(super) fn locks_out_the_victim(inside: &mut Inside) -> Result<Forged, MlsError> {
    let clients = inside.victims_clients()?;
    inside.poisoned(&CommitPlan::default(), &Poison::PathOf(clients))
}

/// The committer's room state has a component that no proposal names. Its GroupInfo does not say
/// so: it is of the state that the hub works out, or the hub would see that they differ (R35).
pub(super) fn commits_another_room_state(inside: &mut Inside) -> Result<Forged, MlsError> {
    let Inside { library, identity, member, room, .. } = inside;
    let (before, tree) = (member.group_info(library, identity)?, member.ratchet_tree()?);
    let metadata = member.state().metadata.clone();
    let metadata = RoomMetadata { name: "as the hub sees it".to_owned(), ..metadata };
    let updates = vec![ComponentUpdate::Metadata(metadata)];
    let plan = CommitPlan { updates, ..CommitPlan::default() };
    let poison = Poison::Dictionary(SMUGGLED, b"as the committer sees it".to_vec());
    let mut committed = member.commit_poisoned(library, identity, &plan, &poison)?;
    let scratch = library.scratch()?;
    let hub = View::found(&scratch, room, &before, &tree)?;
    let staged = hub.stage_commit(&scratch, &committed.message)?;
    let context = staged.next_context.ok_or(MlsError::Malformed("commit"))?;
    committed.group_info = with_other_context(identity, &committed.group_info, &context)?;
    Ok(inside.update(committed))
}

/// Its membership tag is wrong. The hub can't know, and asks for it in the next commit; members
/// refuse it, and can't name in a commit what they don't have (A17). It proposes what nobody needs
/// a right for: that its sender goes.
pub(super) fn proposes_for_nobody(inside: &mut Inside) -> Result<Forged, MlsError> {
    let mut message = inside.member.propose_self_remove(&inside.library, &inside.identity)?;
    // A proposal by a member ends with that tag (RFC 9420 §6.2).
    if let Some(byte) = message.last_mut() {
        *byte ^= 1;
    }
    inside.proposals(vec![message])
}

/// A commit that is in order, with a GroupInfo by which whoever comes in is alone (A18).
pub(super) fn shuts_the_way_in(inside: &mut Inside) -> Result<Forged, MlsError> {
    let mut committed = inside.commit(&CommitPlan::default())?;
    let Inside { library, identity, .. } = inside;
    committed.group_info = with_other_external_pub(library, identity, &committed.group_info)?;
    Ok(inside.update(committed))
}
