//! Whether a handshake is authorised, read from RP03 a second time.
//!
//! Hubs and clients share the rules in `mimi`; if those are wrong, both are wrong together. So the
//! oracle has this small reading of its own: from the trace's room state, members and deeds to
//! yes, or to no with a reason. It shares no code with `mimi`, and is written the other way
//! round: from roles to what they allow, instead of from proposals to what they demand.
//!
//! Whose state counts: a deed that the commit names by reference, an external commit and whatever
//! a user does who is on its way out are held against the committed state; a commit's own deeds
//! against the state with all waiting proposals applied; proposals against both.
//!
//! A second question is whether a commit settles what servers have begun: whoever loses all clients
//! to them leaves the list, or is banned there (R21).
//!
//! Not here: whether the handshake is well-formed, in order, and complete; other invariants and
//! rules say that. A deed that names nobody is in no trace.

mod servers;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use self::servers::{cleared_out, gone, is_owed, may_expel, owed};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::trace::{Author, Deed, DeedKind, Kind, Member, RoleView, RoomView};

/// A room at the moment when a hub or a client has to decide.
pub(super) struct Moment<'a> {
    /// The provider of the room.
    pub(super) hub: &'a ProviderName,
    /// The committed room state.
    pub(super) view: &'a RoomView,
    /// The members of the epoch.
    pub(super) members: &'a [Member],
    /// What waits for the next commit, in the order of acceptance.
    pub(super) waiting: &'a [Deed],
}

// Numbers of the registry, RP03 §10.2.
const ADD_PARTICIPANT: u16 = 0x0000;
const REMOVE_PARTICIPANT: u16 = 0x0001;
const ADD_OWN_CLIENT: u16 = 0x0002;
const REMOVE_OWN_CLIENT: u16 = 0x0003;
const OPEN_JOIN: u16 = 0x0004;
const JOIN_PREAUTHORIZED: u16 = 0x0005;
const REMOVE_SELF: u16 = 0x0006;
const USE_JOIN_CODE: u16 = 0x0009;
const BAN: u16 = 0x000a;
const UNBAN: u16 = 0x000b;
const KICK: u16 = 0x000c;
const CHANGE_OWN_ROLE: u16 = 0x0010;
const CHANGE_USER_ROLE: u16 = 0x000f;
const METADATA: [(&str, u16); 5] = [
    ("name", 0x0300),
    ("descriptions", 0x0301),
    ("avatar", 0x0302),
    ("subject", 0x0303),
    ("mood", 0x0304),
];

const POLICY: [(&str, u16); 8] = [
    ("roles", 0x0503),
    ("preauthorized", 0x0504),
    ("base", 0x0502),
    ("operational", 0x0600),
    // The registry has no capability for these two: the one for other attributes is taken.
    ("franking_agent", 0x0505),
    ("join_link_policy", 0x0505),
    ("join_codes_added", 0x0007),
    ("join_codes_removed", 0x0008),
];

/// Who is not in the list.
const NOBODY: u32 = 0;
/// The banned, where a role with this number has that name.
const BANNED: u32 = 1;

/// Users with their roles.
type List = BTreeMap<UserUri, u32>;

/// Whether the handshake may be accepted.
///
/// # Errors
/// The first deed or number that stands against it, in words.
pub(super) fn evaluate(moment: &Moment<'_>, kind: Kind, deeds: &[Deed]) -> Result<(), String> {
    let Moment { view, members, waiting, .. } = moment;
    let before: List =
        view.participants.iter().map(|listed| (listed.user.clone(), listed.role)).collect();
    let all = |deeds: &[Deed]| -> List {
        let owed = owed(view, &before, members, deeds);
        applied(&before, deeds).into_iter().filter_map(|it| gone(&owed, it)).collect()
    };
    let then = all(waiting);
    let after = match kind {
        Kind::Proposals => all(&[waiting, deeds].concat()),
        _ => applied(&before, deeds),
    };
    let referenced: Vec<Deed> = deeds.iter().filter(|deed| deed.referenced).cloned().collect();
    let owed = match kind {
        Kind::Commit => owed(view, &before, members, &referenced),
        _ => List::new(),
    };
    let scene = Scene { view, before: &before, after: &after };
    let entry = entry_of_joiner(deeds)
        .filter(|(_, user, _)| kind == Kind::ExternalCommit && !before.contains_key(*user));
    if let Some((client, user, role)) = entry
        && !may_come_in(view, client, user, role)
    {
        return Err(format!("{user}, whom nobody listed, may not come in with role {role}"));
    }
    for deed in deeds {
        let (client, user) = match &deed.by {
            Author::Client { client, user } => (client, user),
            Author::Server(server) => {
                may_expel(view, moment.hub, server, &deed.what)?;
                continue;
            }
        };
        if is_owed(view, &owed, &deed.what) {
            continue;
        }
        if entry.is_some_and(|(_, joiner, _)| joiner == user) {
            continue;
        }
        let leaving = before.contains_key(user) && !in_room(view, &then, user);
        let committed = leaving || deed.referenced || kind == Kind::ExternalCommit;
        let lists: &[&List] = match kind {
            _ if committed => &[&before],
            Kind::Proposals => &[&before, &then],
            _ => &[&then],
        };
        for list in lists {
            scene.allows(list, (client, user), &deed.what)?;
        }
    }
    let staying = members_after(members, waiting, kind, deeds);
    let earlier = if kind == Kind::Proposals { *waiting } else { &[] };
    let cleared_out = cleared_out(view, moment.hub, earlier.iter().chain(deeds), &after);
    numbers(view, (&before, members), (&after, &staying), &cleared_out)
}

/// Whether a commit takes those off the list whose clients it takes out for a server.
///
/// # Errors
/// Who would stay, in words.
pub(super) fn settles(moment: &Moment<'_>, kind: Kind, deeds: &[Deed]) -> Result<(), String> {
    if kind != Kind::Commit {
        return Ok(());
    }
    let listed = moment.view.participants.iter();
    let before: List = listed.map(|listed| (listed.user.clone(), listed.role)).collect();
    let after = applied(&before, deeds);
    let referenced: Vec<Deed> = deeds.iter().filter(|deed| deed.referenced).cloned().collect();
    let owed = owed(moment.view, &before, moment.members, &referenced);
    let is_settled = |user: &UserUri, to: u32| match to {
        NOBODY => !after.contains_key(user),
        banned => after.get(user) == Some(&banned),
    };
    match owed.into_iter().find(|(user, to)| !is_settled(user, *to)) {
        Some((user, _)) => Err(format!("{user}, whom a server takes out, would stay on the list")),
        None => Ok(()),
    }
}

/// The one who joins, and the role in which it lists itself.
fn entry_of_joiner(deeds: &[Deed]) -> Option<(&ClientUri, &UserUri, u32)> {
    deeds.iter().find_map(|deed| match (&deed.what, &deed.by) {
        (DeedKind::List { target, role }, Author::Client { client, user }) if target == user => {
            Some((client, user, *role))
        }
        _ => None,
    })
}

/// The role that a credential gives a right to: RP03 §4, the first entry that is met.
fn own_right(view: &RoomView, client: &ClientUri, user: &UserUri) -> Option<u32> {
    let meets = |(what, value): &(String, String)| match what.as_str() {
        "user" => *value == user.to_string(),
        "client" => *value == client.to_string(),
        "provider" => value == user.provider().as_str(),
        _ => false,
    };
    let mut entries = view.policy.preauthorized.iter();
    entries.find(|entry| entry.claims.iter().all(meets)).map(|entry| entry.role)
}

/// Whether somebody who is not listed may list itself: RP03 §8.1.1. That a code was the right one
/// is in no trace of the room: where it has codes, one is taken to have been shown.
fn may_come_in(view: &RoomView, client: &ClientUri, user: &UserUri, to: u32) -> bool {
    let has = |index, number| role(view, index).is_some_and(|it| it.capabilities.contains(&number));
    let preauthorised = own_right(view, client, user) == Some(to) && has(to, JOIN_PREAUTHORIZED);
    let open = role(view, NOBODY).is_some_and(|nobody| {
        nobody.moves.iter().any(|entry| entry.from == NOBODY && entry.to.contains(&to))
    });
    let by_code = has(NOBODY, USE_JOIN_CODE) && !view.policy.join_codes.is_empty();
    to != NOBODY && (preauthorised || (open && (has(NOBODY, OPEN_JOIN) || by_code)))
}

fn applied(list: &List, deeds: &[Deed]) -> List {
    let mut list = list.clone();
    for deed in deeds {
        match &deed.what {
            DeedKind::List { target, role } | DeedKind::ChangeRole { target, role } => {
                list.insert(target.clone(), *role);
            }
            DeedKind::Unlist { target } => {
                list.remove(target);
            }
            _ => {}
        }
    }
    list
}

/// The users of all members after the handshake, one entry a client.
fn members_after(
    members: &[Member],
    waiting: &[Deed],
    kind: Kind,
    deeds: &[Deed],
) -> Vec<(ClientUri, UserUri)> {
    let earlier = if kind == Kind::Proposals { waiting } else { &[] };
    let all = || earlier.iter().chain(deeds);
    let removed = |client: &ClientUri| {
        all().any(
            |deed| matches!(&deed.what, DeedKind::RemoveClient { client: it, .. } if it == client),
        )
    };
    let staying = members.iter().filter(|member| !removed(&member.client));
    let mut present: BTreeMap<&ClientUri, &UserUri> =
        staying.map(|member| (&member.client, &member.user)).collect();
    // Who comes in may take the place of its own older leaf.
    for deed in all() {
        match (&deed.what, &deed.by) {
            (DeedKind::AddClient { client, of }, _) => present.insert(client, of),
            (DeedKind::Join, Author::Client { client, user }) => present.insert(client, user),
            _ => None,
        };
    }
    present.into_iter().map(|(client, user)| (client.clone(), user.clone())).collect()
}

fn role(view: &RoomView, index: u32) -> Option<&RoleView> {
    view.roles.iter().find(|role| role.index == index)
}

fn is_ban(view: &RoomView, index: u32) -> bool {
    index == BANNED && role(view, BANNED).is_some_and(|role| role.name == "banned")
}

fn in_room(view: &RoomView, list: &List, user: &UserUri) -> bool {
    list.get(user).is_some_and(|index| !is_ban(view, *index))
}

/// What the deeds of one handshake are held against.
struct Scene<'a> {
    view: &'a RoomView,
    before: &'a List,
    after: &'a List,
}

impl Scene<'_> {
    /// Whether `user`, with the role that it has in `list`, may do this.
    fn allows(
        &self,
        list: &List,
        (client, user): (&ClientUri, &UserUri),
        what: &DeedKind,
    ) -> Result<(), String> {
        let index = list.get(user).copied().unwrap_or(NOBODY);
        let Some(role) = role(self.view, index) else {
            return Err(format!("{user} has role {index}, which is not defined"));
        };
        let has = |any: &[u16]| any.iter().any(|number| role.capabilities.contains(number));
        let moves = |from: u32, to: u32| {
            role.moves.iter().any(|entry| entry.from == from && entry.to.contains(&to))
        };
        let fine = match what {
            DeedKind::Join => has(&[ADD_OWN_CLIENT]),
            DeedKind::AddClient { of, .. } if of == user => has(&[ADD_OWN_CLIENT]),
            DeedKind::AddClient { of, .. } => {
                has(&[ADD_PARTICIPANT])
                    && self.after.get(of).is_none_or(|target| moves(NOBODY, *target))
            }
            DeedKind::RemoveClient { of, .. } => self.may_remove(of == user, of, &has, &moves),
            DeedKind::List { role, .. } => has(&[ADD_PARTICIPANT]) && moves(NOBODY, *role),
            DeedKind::Unlist { target } => {
                let needed = if target == user { REMOVE_SELF } else { REMOVE_PARTICIPANT };
                has(&[needed]) && self.before.get(target).is_some_and(|from| moves(*from, NOBODY))
            }
            DeedKind::ChangeRole { target, role } if target == user => {
                has(&[CHANGE_OWN_ROLE]) && own_right(self.view, client, user) == Some(*role)
            }
            DeedKind::ChangeRole { target, role } => self.may_change(target, *role, &has, &moves),
            DeedKind::ChangeMetadata { fields } => fields.iter().all(|field| {
                METADATA.iter().any(|(name, number)| name == field && has(&[*number]))
            }),
            DeedKind::ChangePolicy { part } => {
                POLICY.iter().any(|(name, number)| name == part && has(&[*number]))
            }
            DeedKind::Other { .. } => true,
        };
        if fine { Ok(()) } else { Err(format!("{user}, as {}, may not {}", role.name, tell(what))) }
    }

    fn may_remove(
        &self,
        own: bool,
        of: &UserUri,
        has: &dyn Fn(&[u16]) -> bool,
        moves: &dyn Fn(u32, u32) -> bool,
    ) -> bool {
        let (before, after) = (self.before.get(of), self.after.get(of));
        let leaves_list = after.is_none();
        let is_banned = after.is_some_and(|role| is_ban(self.view, *role)) && before != after;
        let needed: &[u16] = match (own, leaves_list, is_banned) {
            (true, true, _) => &[REMOVE_SELF],
            (true, false, _) => &[REMOVE_OWN_CLIENT],
            (false, true, _) => &[REMOVE_PARTICIPANT],
            (false, false, true) => &[BAN, KICK],
            (false, false, false) => &[KICK],
        };
        has(needed) && (!leaves_list || before.is_none_or(|from| moves(*from, NOBODY)))
    }

    fn may_change(
        &self,
        target: &UserUri,
        to: u32,
        has: &dyn Fn(&[u16]) -> bool,
        moves: &dyn Fn(u32, u32) -> bool,
    ) -> bool {
        let Some(from) = self.before.get(target).copied() else { return false };
        let special = match (is_ban(self.view, from), is_ban(self.view, to)) {
            (_, true) => BAN,
            (true, false) => UNBAN,
            (false, false) => CHANGE_USER_ROLE,
        };
        has(&[special, CHANGE_USER_ROLE]) && moves(from, to)
    }
}

/// Whether no role's numbers move past their bounds. A bound that was broken before may stay so,
/// and no least number keeps who is cleared out.
fn numbers(
    view: &RoomView,
    (before, members): (&List, &[Member]),
    (after, staying): (&List, &[(ClientUri, UserUri)]),
    cleared_out: &BTreeSet<&UserUri>,
) -> Result<(), String> {
    for role in &view.roles {
        let of = |list: &List| {
            let holders = list.iter().filter(|(_, index)| **index == role.index);
            holders.map(|(user, _)| user.clone()).collect::<Vec<_>>()
        };
        let (had, has) = (of(before), of(after));
        let was_active = |user: &&UserUri| members.iter().any(|member| member.user == **user);
        let is_active = |user: &&UserUri| staying.iter().any(|(_, owner)| owner == *user);
        let active_before: Vec<_> = had.iter().filter(was_active).cloned().collect();
        let active = has.iter().filter(is_active).count();
        let counted = |users: &[UserUri]| {
            let out = users.iter().filter(|user| cleared_out.contains(user)).count();
            (users.len(), users.len() - out)
        };
        let name = &role.name;
        let bounds = (role.minimum, role.maximum);
        within(&format!("holders of {name}"), counted(&had), has.len(), bounds)?;
        let bounds = (role.minimum_active, role.maximum_active);
        within(&format!("active holders of {name}"), counted(&active_before), active, bounds)?;
    }
    Ok(())
}

/// `before` are all, and those who are not cleared out.
fn within(
    what: &str,
    (before, kept): (usize, usize),
    after: usize,
    (least, most): (u32, Option<u32>),
) -> Result<(), String> {
    let too_few = after < kept && (after as u64) < u64::from(least);
    let too_many = after > before && most.is_some_and(|most| after as u64 > u64::from(most));
    match too_few || too_many {
        true => Err(format!("there would be {after} {what}")),
        false => Ok(()),
    }
}

/// For reasons: the deed, after "may not".
fn tell(what: &DeedKind) -> String {
    match what {
        DeedKind::Join => "join".to_owned(),
        DeedKind::AddClient { client, .. } => format!("add {client}"),
        DeedKind::RemoveClient { client, .. } => format!("take {client} out"),
        DeedKind::List { target, role } => format!("list {target} with role {role}"),
        DeedKind::Unlist { target } => format!("take {target} off the list"),
        DeedKind::ChangeRole { target, role } => format!("give {target} role {role}"),
        DeedKind::ChangeMetadata { fields } => format!("change {}", fields.join(", ")),
        DeedKind::ChangePolicy { part } => format!("change {part}"),
        DeedKind::Other { name } => format!("send a proposal of type {name}"),
    }
}
