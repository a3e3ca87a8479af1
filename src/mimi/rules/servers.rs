//! What servers propose, and what the next committer owes them.
//!
//! A hub is an external sender of its rooms' groups (P06 §7.4), and so may a follower be. A server
//! takes clients out: those of an account that has ended, or of a user that it bans. What MIMI
//! wants with it, the change of the participant list in the same commit (R21), no server can
//! propose: MLS's external senders send Add, Remove and GroupContextExtensions, and OpenMLS refuses
//! their AppDataUpdate. So the server's Removes *oblige*: a commit in which servers take out all
//! clients of a user has to take the user off the list too, or ban it. Whoever commits may do that
//! whatever its own role. Hub and members count it as done from the moment that the Removes wait.
//!
//! Where the drafts are silent:
//! - which of the two is owed can't be seen from a Remove. It follows from the room state: a server
//!   that is preauthorised for a role with `canBan` (RP03 §4) bans, any other unlists.
//! - a provider may take out clients of its own users (A31): it ends their accounts. For others a
//!   server needs a role that it is preauthorised for, with one of `canKick`,
//!   `canRemoveParticipant` and `canBan`; a hub for which there is no entry may remove anyone, and
//!   so may the hub of a room that depends on another (RP03 §5), since clients can't see that one.
//! - who is gone from the parent room is "automatically removed" from those that depend on it (RP03
//!   §5), whose participants MUST be among its own. A role's minimum, and that the membership is
//!   fixed, are conditions on what holders of a capability propose (RP03 §8.1.2); this is nobody's
//!   capability, so they yield.
//! - so they do to the provider whose user has no account any more: nobody is left to hold the role,
//!   or to be a member, and nobody will ever answer for its clients. Only a leaf would stay, whose
//!   keys never change. Who else may be the admin is for the room to settle, before or after.
//! - a follower's certificate "MAY be added". Here it is where the room preauthorises the
//!   follower's server for some role: such a room means it to propose. The hub proposes that, since
//!   it alone knows all providers' certificates, and the next member's commit takes it along.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Actor, Base, Handshake, HandshakeKind, Objection, Proposer, Prospect, What, invalid,
    not_allowed,
};
use crate::mimi::policy::{BANNED, Capability, Claimant, Role};
use crate::mimi::room::{
    ApplyError, ChangedRole, ComponentUpdate, ParticipantListUpdate, RoomState,
};
use crate::mimi::uri::{ProviderName, UserUri};

/// How a user goes whose clients servers take out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// It is taken off the list.
    Unlisted,
    /// It stays in the list, as banned.
    Banned,
}

/// The users that a commit has to let go, and how.
pub type Owed = BTreeMap<UserUri, Departure>;

/// A proposal with who made it.
pub type Proposed<'a> = (&'a Proposer, &'a What);

/// Who has to go with these proposals: participants all of whose clients go, one at least because a
/// server says so, where the proposals' own updates leave them in the room.
pub fn owed(state: &RoomState, members: &[Actor], proposed: &[Proposed<'_>]) -> Owed {
    let updates: Vec<_> = proposed.iter().filter_map(|(_, what)| what.update()).collect();
    let Ok(after) = state.apply(&updates) else { return Owed::new() };
    let mut owed = Owed::new();
    for (proposer, what) in proposed {
        let (Proposer::Server(server), Some(Actor { user, .. })) = (proposer, what.removes())
        else {
            continue;
        };
        let goes = |client: &Actor| proposed.iter().any(|(_, it)| it.removes() == Some(client));
        let all_go = members.iter().filter(|member| member.user == *user).all(goes);
        if all_go && state.is_participant(user) && after.is_participant(user) {
            let bans = state.is_ban(BANNED) && may_ban(state, server);
            let departure = if bans { Departure::Banned } else { Departure::Unlisted };
            let known = owed.entry(user.clone()).or_insert(departure);
            // Of two servers, the sterner has its way.
            if bans {
                *known = Departure::Banned;
            }
        }
    }
    owed
}

/// The change of the list by which they go; none where nobody has to.
pub fn owed_update(state: &RoomState, owed: &Owed) -> Option<ComponentUpdate> {
    let mut update = ParticipantListUpdate::default();
    for (user, departure) in owed {
        let Some(index) = state.index_of(user) else { continue };
        match departure {
            Departure::Unlisted => update.removed.push(index),
            Departure::Banned => update.changed_roles.push(ChangedRole { index, role: BANNED }),
        }
    }
    let some = !(update.removed.is_empty() && update.changed_roles.is_empty());
    some.then_some(ComponentUpdate::Participants(update))
}

/// The state with everything that waits applied, and what it obliges the next committer to (R19).
///
/// # Errors
/// When the updates among the proposals can't be applied together.
pub fn provisional(
    state: &RoomState,
    members: &[Actor],
    proposed: &[Proposed<'_>],
) -> Result<RoomState, ApplyError> {
    let owed = owed_update(state, &owed(state, members, proposed));
    let updates = proposed.iter().filter_map(|(_, what)| what.update());
    state.apply(&updates.chain(&owed).collect::<Vec<_>>())
}

/// What a member's commit owes for the proposals that it names.
pub(super) fn owed_by(base: &Base<'_>, handshake: &Handshake) -> Owed {
    if handshake.kind != HandshakeKind::Commit {
        return Owed::new();
    }
    let named = handshake.parts.iter().filter(|part| part.by_reference.is_some());
    let named: Vec<_> = named.map(|part| (&part.sender, &part.what)).collect();
    owed(base.committed, base.members, &named)
}

/// Whether the server has a right to the proposal.
///
/// # Errors
/// In words, what it lacks.
pub(super) fn may_propose(
    state: &RoomState,
    server: &ProviderName,
    what: &What,
) -> Result<(), String> {
    const ANY: [Capability; 3] =
        [Capability::KICK, Capability::REMOVE_PARTICIPANT, Capability::BAN];
    let Some(Actor { client, user }) = what.removes() else { return Ok(()) };
    let hub = state.metadata.uri.provider();
    if server == user.provider() {
        return Ok(());
    }
    match role_of(state, server) {
        Some(role) if ANY.iter().any(|capability| role.holds(*capability)) => Ok(()),
        // Who leaves the parent leaves its children, whoever may remove whom there (RP03 §5).
        _ if server == hub && state.base_policy().parent.is_some() => Ok(()),
        Some(role) => Err(format!("the role {} of {server} lets it remove nobody", role.name)),
        None if server == hub => Ok(()),
        None => Err(format!("{server} may not remove {client}, of another provider")),
    }
}

/// Whether a user that this server takes out is banned.
pub fn may_ban(state: &RoomState, server: &ProviderName) -> bool {
    role_of(state, server).is_some_and(|role| role.holds(Capability::BAN))
}

/// Whether a server takes out a client of the user for a reason that no rule of the room can stop:
/// its account has ended at its own provider, or it is gone from the room that this one depends on.
/// Clients can't see either, so they have to take the server's word for it.
pub(super) fn goes_all_the_same(base: &Base<'_>, handshake: &Handshake, user: &UserUri) -> bool {
    let hub = base.committed.metadata.uri.provider();
    let depends = base.committed.base_policy().parent.is_some();
    let waiting = match handshake.kind {
        HandshakeKind::Proposals => base.cached,
        HandshakeKind::Commit | HandshakeKind::ExternalCommit => &[],
    };
    let waiting = waiting.iter().map(|cached| (&cached.sender, &cached.what));
    let parts = handshake.parts.iter().map(|part| (&part.sender, &part.what));
    let may = |proposer: &Proposer| match proposer {
        Proposer::Server(server) => server == user.provider() || (depends && server == hub),
        Proposer::Client(_) => false,
    };
    let its = |what: &What| what.removes().is_some_and(|client| client.user == *user);
    waiting.chain(parts).any(|(proposer, what)| may(proposer) && its(what))
}

fn role_of<'a>(state: &'a RoomState, server: &ProviderName) -> Option<&'a Role> {
    let index = state.preauthorized.as_ref()?.role_of(Claimant::Server(server))?;
    state.roles.get(index)
}

/// Followers whose servers a room means to propose: those with a participant, and preauthorised.
pub fn followers_to_propose(state: &RoomState) -> BTreeSet<ProviderName> {
    let mut followers = with_participants(state);
    followers.retain(|server| role_of(state, server).is_some());
    followers
}

fn with_participants(state: &RoomState) -> BTreeSet<ProviderName> {
    let listed = state.participants.participants.iter().map(|listed| &listed.user);
    let users = listed.filter(|user| state.is_participant(user));
    let providers = users.map(|user| user.provider().clone());
    providers.filter(|provider| provider != state.metadata.uri.provider()).collect()
}

/// `external-senders-fit`
pub fn external_senders_fit(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let hub = base.committed.metadata.uri.provider();
    for part in &handshake.parts {
        let What::Senders(servers) = &part.what else { continue };
        if part.sender != Proposer::Server(hub.clone()) {
            let why = format!("{} says who may propose from outside, not the hub", part.sender);
            return Err(not_allowed(why));
        }
        let mut fitting = with_participants(base.committed);
        let fit = matches!(servers.split_first(), Some((first, others))
            if first == hub && others.iter().all(|other| fitting.remove(other)));
        if !fit {
            let why = "the external senders are not the hub and followers with a participant";
            return Err(invalid(why.to_owned(), handshake, |what| {
                matches!(what, What::Senders(_))
            }));
        }
    }
    Ok(())
}

fn has_server(handshake: &Handshake) -> bool {
    handshake.parts.iter().any(|part| matches!(part.sender, Proposer::Server(_)))
}

/// `external-proposals-allowed`
pub fn external_proposals_allowed(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    match base.committed.operational_policy().external_proposal_allowed {
        false if has_server(handshake) => {
            Err(not_allowed("the room's policy allows no external proposals".to_owned()))
        }
        _ => Ok(()),
    }
}

/// `servers-only-remove`; what the hub says of external senders is for `external-senders-fit`.
pub fn only_remove(_: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    if handshake.client().is_none() && handshake.kind != HandshakeKind::Proposals {
        return Err(not_allowed(format!("{} is a server, and commits", handshake.actor)));
    }
    for part in &handshake.parts {
        if let (Proposer::Server(server), false) =
            (&part.sender, matches!(part.what, What::Remove(_) | What::Senders(_)))
        {
            return Err(not_allowed(format!("{server} proposes more than that clients go")));
        }
    }
    Ok(())
}

/// `obliged-list-change`
pub fn obliged_list_change(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let Ok(after) = &prospect.after else { return Ok(()) };
    for (user, departure) in owed_by(base, handshake) {
        let role = after.role_of(&user);
        let (done, how) = match departure {
            Departure::Unlisted => (role.is_none(), "taken off the list"),
            Departure::Banned => (role.is_some_and(|role| after.is_ban(role)), "banned"),
        };
        if !done {
            let why = format!("a server takes out all clients of {user}: it has to be {how}");
            let its = |what: &What| what.removes().is_some_and(|client| client.user == user);
            return Err(invalid(why, handshake, its));
        }
    }
    Ok(())
}
