//! `authorised`: whether each proposal's own sender may make it (R50).
//!
//! Every proposal is turned into demands: one capability out of a few and, where somebody's role
//! changes, that change among the authorised ones of the sender's role (0 is "not in the list").
//! At last the constraints of all roles are held against the outcome.
//!
//! Whose role counts, when proposals wait? A new event is judged against the provisional state
//! (P06 §7.1), a proposal that a commit refers to against the committed one: its sender may have
//! left the provisional list by that very proposal. So that a proposal that was accepted is never
//! the reason why a commit is refused, proposals have to pass by both. An exiting user has no
//! role in the provisional state, and is judged by the committed one.
//!
//! Who joins by an external commit is listed and adds an own client, or lists itself (`joining`).
//! Who changes its own role has to be preauthorised for the new one; the authorised role changes
//! are not asked.
//!
//! What a server proposes is judged by `servers`; the change of the list that a committer owes for
//! it needs no right of the committer's own.
//!
//! Where RP03 is silent: a listed user's clients may be added by who may add a user in that role;
//! nobody may change the room's URI; and a constraint is held against a role only when the number
//! of its holders moves towards the bound, since the example rooms of the draft break their own
//! minima from the start.

use super::servers::{Departure, Owed};
use super::{
    Actor, Base, Handshake, HandshakeKind, Objection, Part, Proposer, Prospect, What, joining,
    not_allowed, servers,
};
use crate::mimi::policy::{Capability, NO_ROLE, Role};
use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate, RoomMetadata, RoomState};
use crate::mimi::uri::UserUri;

/// What a sender's role must have for one action.
#[derive(Debug, PartialEq, Eq)]
struct Demand {
    /// One of these.
    one_of: &'static [Capability],
    /// And the right to make this role change, from and to.
    change: Option<(u32, u32)>,
}

fn demand(one_of: &'static [Capability], change: Option<(u32, u32)>) -> Demand {
    Demand { one_of, change }
}

/// `authorised`
pub fn authorised(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let owed = servers::owed_by(base, handshake);
    for part in &handshake.parts {
        let sender = match &part.sender {
            Proposer::Client(sender) => sender,
            Proposer::Server(server) => {
                servers::may_propose(base.committed, server, &part.what).map_err(not_allowed)?;
                continue;
            }
        };
        let demands = match handshake.lists_itself() {
            Some(role) => entrance(base, sender, part, role),
            None => demands(base, &prospect, (sender, &part.what), &owed),
        };
        let demands = demands.map_err(not_allowed)?;
        for state in standing(base, handshake, (sender, part)) {
            let role = state.roles.get(state.role_of(&sender.user).unwrap_or(NO_ROLE));
            for demand in &demands {
                satisfied(&sender.user, role, demand)?;
            }
        }
    }
    match &prospect.after {
        Ok(after) => constraints(base, handshake, after, &prospect.members),
        Err(_) => Ok(()),
    }
}

/// The states that have to give the part's sender its right.
fn standing<'a>(
    base: &Base<'a>,
    handshake: &Handshake,
    (sender, part): (&Actor, &Part),
) -> Vec<&'a RoomState> {
    let exiting = base.exiting.contains(&sender.user);
    match handshake.kind {
        _ if exiting || part.by_reference.is_some() => vec![base.committed],
        HandshakeKind::ExternalCommit => vec![base.committed],
        HandshakeKind::Commit => vec![base.provisional],
        HandshakeKind::Proposals => vec![base.committed, base.provisional],
    }
}

fn satisfied(user: &UserUri, role: Option<&Role>, demand: &Demand) -> Result<(), Objection> {
    let Some(role) = role else {
        return Err(not_allowed(format!("{user} has no role, and so no capability")));
    };
    if !demand.one_of.iter().any(|capability| role.holds(*capability)) {
        let names: Vec<_> = demand.one_of.iter().map(ToString::to_string).collect();
        let why = format!("the role {} of {user} lacks {}", role.name, names.join(" or "));
        return Err(not_allowed(why));
    }
    if let Some((from, to)) = demand.change.filter(|(from, to)| !role.may_change(*from, *to)) {
        let name = &role.name;
        let why = format!("the role {name} of {user} may not move users from role {from} to {to}");
        return Err(not_allowed(why));
    }
    Ok(())
}

fn demands(
    base: &Base<'_>,
    prospect: &Prospect<'_>,
    (sender, what): (&Actor, &What),
    owed: &Owed,
) -> Result<Vec<Demand>, String> {
    Ok(match what {
        What::Add(client) => vec![add(prospect, sender, client)],
        What::Remove(client) | What::SelfRemove(client) => {
            vec![remove(base, prospect, sender, client)]
        }
        What::Update(ComponentUpdate::Participants(update)) => list(base, sender, update, owed)?,
        What::Update(ComponentUpdate::Metadata(after)) => {
            metadata(&base.committed.metadata, after)?
        }
        What::Update(update) => policy(update),
        What::ExternalInit => vec![demand(&[Capability::ADD_OWN_CLIENT], None)],
        What::KeyUpdate | What::Senders(_) | What::Other(_) => Vec::new(),
    })
}

/// What an external commit demands whose joiner lists itself: that there is a way in.
fn entrance(
    base: &Base<'_>,
    joiner: &Actor,
    part: &Part,
    role: u32,
) -> Result<Vec<Demand>, String> {
    if !matches!(part.what, What::ExternalInit | What::Update(_)) {
        return Ok(Vec::new());
    }
    if joining::may_enter(base.committed, joiner, role, joining::has_code(base, joiner)) {
        return Ok(Vec::new());
    }
    let user = &joiner.user;
    Err(format!("{user} may not enter in role {role}: not open, not preauthorised, no join code"))
}

fn add(prospect: &Prospect<'_>, sender: &Actor, client: &Actor) -> Demand {
    if sender.user == client.user {
        return demand(&[Capability::ADD_OWN_CLIENT], None);
    }
    let role = prospect.role_after(&client.user);
    demand(&[Capability::ADD_PARTICIPANT], role.map(|role| (NO_ROLE, role)))
}

fn remove(base: &Base<'_>, prospect: &Prospect<'_>, sender: &Actor, client: &Actor) -> Demand {
    let before = base.committed.role_of(&client.user);
    let after = prospect.role_after(&client.user);
    let leaves = after.is_none().then_some(before).flatten().map(|before| (before, NO_ROLE));
    let banned = after.filter(|after| before != Some(*after) && base.committed.is_ban(*after));
    match (sender.user == client.user, after, banned) {
        (true, None, _) => demand(&[Capability::REMOVE_SELF], leaves),
        (true, Some(_), _) => demand(&[Capability::REMOVE_OWN_CLIENT], None),
        (false, None, _) => demand(&[Capability::REMOVE_PARTICIPANT], leaves),
        (false, Some(_), Some(_)) => demand(&[Capability::BAN, Capability::KICK], None),
        (false, Some(_), None) => demand(&[Capability::KICK], None),
    }
}

/// Indices that name nobody demand nothing: `list-update-applies` objects to them.
fn list(
    base: &Base<'_>,
    sender: &Actor,
    update: &ParticipantListUpdate,
    owed: &Owed,
) -> Result<Vec<Demand>, String> {
    let listed = |index: u32| {
        let place = usize::try_from(index).ok()?;
        base.committed.participants.participants.get(place)
    };
    let mut demands = Vec::new();
    for changed in &update.changed_roles {
        let Some(target) = listed(changed.index) else { continue };
        let banned = base.committed.is_ban(changed.role);
        if banned && owed.get(&target.user) == Some(&Departure::Banned) {
            continue;
        }
        if target.user == sender.user {
            let right = joining::preauthorised_role(base.committed, sender);
            if right != Some(changed.role) {
                let (user, role) = (&sender.user, changed.role);
                return Err(format!("{user} is not preauthorised for role {role}"));
            }
            demands.push(demand(&[Capability::CHANGE_OWN_ROLE], None));
            continue;
        }
        let change = Some((target.role, changed.role));
        let ban = |role| base.committed.is_ban(role);
        demands.push(match (ban(target.role), ban(changed.role)) {
            (_, true) => demand(&[Capability::BAN, Capability::CHANGE_USER_ROLE], change),
            (true, _) => demand(&[Capability::UNBAN, Capability::CHANGE_USER_ROLE], change),
            _ => demand(&[Capability::CHANGE_USER_ROLE], change),
        });
    }
    for index in &update.removed {
        let Some(target) = listed(*index) else { continue };
        if owed.get(&target.user) == Some(&Departure::Unlisted) {
            continue;
        }
        let change = Some((target.role, NO_ROLE));
        demands.push(match target.user == sender.user {
            true => demand(&[Capability::REMOVE_SELF], change),
            false => demand(&[Capability::REMOVE_PARTICIPANT], change),
        });
    }
    for added in &update.added {
        demands.push(demand(&[Capability::ADD_PARTICIPANT], Some((NO_ROLE, added.role))));
    }
    Ok(demands)
}

fn metadata(before: &RoomMetadata, after: &RoomMetadata) -> Result<Vec<Demand>, String> {
    if before.uri != after.uri {
        return Err(format!("the room's URI is {}, and nobody may change it", before.uri));
    }
    let fields: [(bool, &'static [Capability]); 5] = [
        (before.name != after.name, &[Capability::CHANGE_ROOM_NAME]),
        (before.descriptions != after.descriptions, &[Capability::CHANGE_ROOM_DESCRIPTION]),
        (before.avatar != after.avatar, &[Capability::CHANGE_ROOM_AVATAR]),
        (before.subject != after.subject, &[Capability::CHANGE_ROOM_SUBJECT]),
        (before.mood != after.mood, &[Capability::CHANGE_ROOM_MOOD]),
    ];
    let changed = fields.into_iter().filter(|(changed, _)| *changed);
    Ok(changed.map(|(_, capability)| demand(capability, None)).collect())
}

/// The capability for each component of the policy. For the franking key and for how links are
/// made the registry has none; the one for other attributes is taken.
fn policy(update: &ComponentUpdate) -> Vec<Demand> {
    let needed: &[&'static [Capability]] = match update {
        ComponentUpdate::Participants(_) | ComponentUpdate::Metadata(_) => &[],
        ComponentUpdate::Roles(_) => &[&[Capability::CHANGE_ROLE_DEFINITIONS]],
        ComponentUpdate::Preauthorized(_) => &[&[Capability::CHANGE_PREAUTHORIZED_USER_LIST]],
        ComponentUpdate::Base(_) => &[&[Capability::CHANGE_ROOM_MEMBERSHIP_STYLE]],
        ComponentUpdate::Operational(_) => &[&[Capability::CHANGE_MLS_OPERATIONAL_POLICIES]],
        ComponentUpdate::FrankingAgent(_) | ComponentUpdate::JoinLinkPolicy(_) => {
            &[&[Capability::CHANGE_OTHER_POLICY_ATTRIBUTE]]
        }
        ComponentUpdate::JoinLinks(links) => match (links.added.len(), links.removed.len()) {
            (_, 0) => &[&[Capability::CREATE_JOIN_CODE]],
            (0, _) => &[&[Capability::DELETE_JOIN_CODE]],
            _ => &[&[Capability::CREATE_JOIN_CODE], &[Capability::DELETE_JOIN_CODE]],
        },
    };
    needed.iter().map(|capability| demand(capability, None)).collect()
}

/// How many hold a role, of those whom `counts` says; and how many of them are active.
fn holders(
    state: &RoomState,
    members: &[&Actor],
    role: u32,
    counts: impl Fn(&UserUri) -> bool,
) -> (usize, usize) {
    let active = |user: &UserUri| members.iter().any(|member| member.user == *user);
    let listed = || state.participants.participants.iter();
    let holds = || listed().filter(|listed| listed.role == role && counts(&listed.user));
    (holds().count(), holds().filter(|listed| active(&listed.user)).count())
}

/// A number that a constraint bounds.
struct Number {
    before: usize,
    /// Those of them whom a minimum can keep: who goes with the
    /// parent room or its account goes all the same.
    kept: usize,
    after: usize,
}

fn constraints(
    base: &Base<'_>,
    handshake: &Handshake,
    after: &RoomState,
    members: &[&Actor],
) -> Result<(), Objection> {
    let members_before: Vec<&Actor> = base.members.iter().collect();
    let kept = |user: &UserUri| {
        after.is_participant(user) || !servers::goes_all_the_same(base, handshake, user)
    };
    for role in &after.roles.roles {
        let of = |state, members, counts: &dyn Fn(&UserUri) -> bool| {
            holders(state, members, role.index, counts)
        };
        let (before, active_before) = of(base.committed, &members_before, &|_| true);
        let (kept, active_kept) = of(base.committed, &members_before, &kept);
        let (after, active) = of(after, members, &|_| true);
        let (least, most) = (role.minimum_participants, role.maximum_participants);
        bounds(&role.name, "participants", &Number { before, kept, after }, least, most)?;
        let (least, most) = (role.minimum_active_participants, role.maximum_active_participants);
        let number = Number { before: active_before, kept: active_kept, after: active };
        bounds(&role.name, "active participants", &number, least, most)?;
    }
    Ok(())
}

fn bounds(
    role: &str,
    kind: &str,
    number: &Number,
    least: u32,
    most: Option<u32>,
) -> Result<(), Objection> {
    let count = u32::try_from(number.after).unwrap_or(u32::MAX);
    if number.after < number.kept && count < least {
        return Err(not_allowed(format!(
            "{role} would have {count} {kind}, at least {least} must be"
        )));
    }
    match most {
        Some(most) if number.after > number.before && count > most => {
            Err(not_allowed(format!("{role} would have {count} {kind}, at most {most} may be")))
        }
        _ => Ok(()),
    }
}
