//! The ways in for who is not in the list: an open room, preauthorisation, a join code.
//!
//! All three are asked only of users who are not listed (R53), so that none of them brings a banned
//! user back. The one commit of the joiner lists its user and brings in its client.
//!
//! Where RP03 §8.1.1 is silent or unsound:
//! - `canUseJoinCode` has a holder, and who uses a code has no role yet: role 0 is asked, as in
//!   both examples with codes, and which roles a code leads to is what role 0 may change itself to
//!   (a link has no field for it, see `policy/join_links.rs`).
//! - the external commit has no field for the code, and followers see the commit. So the code goes
//!   to the hub with the request for the GroupInfo (P06 §5.6), and the hub remembers for whom it
//!   was valid. The other members can't see that, and take the hub's word: it is enough for them
//!   that the room has codes.

use super::{Actor, Base};
use crate::mimi::policy::{Capability, Claimant, NO_ROLE};
use crate::mimi::room::RoomState;

/// Whether a user who is not listed may list itself in `role`. `has_code` says whether it has shown
/// a code that was valid.
pub fn may_enter(state: &RoomState, joiner: &Actor, role: u32, has_code: bool) -> bool {
    if state.role_of(&joiner.user).is_some() {
        return false;
    }
    let nobody = state.roles.get(NO_ROLE);
    let as_nobody = |capability| {
        nobody.is_some_and(|nobody| nobody.holds(capability) && nobody.may_change(NO_ROLE, role))
    };
    let preauthorised = preauthorised_role(state, joiner) == Some(role)
        && state.roles.get(role).is_some_and(|it| it.holds(Capability::JOIN_IF_PREAUTHORIZED));
    role != NO_ROLE
        && (preauthorised
            || as_nobody(Capability::OPEN_JOIN)
            || (has_code && as_nobody(Capability::USE_JOIN_CODE)))
}

/// The role in which a user who is not listed would enter: the one that it is preauthorised for,
/// or else the first that is open to it. None where there is no way in.
pub fn role_to_enter(state: &RoomState, joiner: &Actor, has_code: bool) -> Option<u32> {
    let nobody = state.roles.get(NO_ROLE);
    let changes = nobody.map_or(&[][..], |nobody| nobody.authorized_role_changes.as_slice());
    let open = changes.iter().filter(|it| it.from == NO_ROLE).flat_map(|it| it.to.iter().copied());
    let mut roles = preauthorised_role(state, joiner).into_iter().chain(open);
    roles.find(|role| may_enter(state, joiner, *role, has_code))
}

/// The role that the client's credential gives it a right to (RP03 §4).
pub(super) fn preauthorised_role(state: &RoomState, actor: &Actor) -> Option<u32> {
    let claimant = Claimant::Client { client: &actor.client, user: &actor.user };
    state.preauthorized.as_ref()?.role_of(claimant)
}

/// Whether the joiner counts as having a code when it is judged.
pub(super) fn has_code(base: &Base<'_>, joiner: &Actor) -> bool {
    let links = base.committed.join_links.as_ref();
    let any = links.is_some_and(|data| !data.links.is_empty());
    any && base.admitted.is_none_or(|admitted| admitted.contains(joiner))
}
