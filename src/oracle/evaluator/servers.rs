//! What a server proposes, as an external sender, and what follows from it.
//!
//! A provider may take out its own users. For others, the role counts that the server is
//! preauthorised for; where it has none, a hub may take out anyone, and in a room with a parent
//! always. Whoever loses all clients in that way goes: off the list, or as banned where the
//! server's role may ban. That counts as soon as it waits, and needs no right of who commits it.
//!
//! In a room with a parent, whom the hub takes out is gone from the parent, and removed
//! "automatically" (RP03 §5); whom its own provider takes out has no account any more. The least
//! numbers of roles are asked of who uses a capability (RP03 §8.1.2), and here nobody does: they
//! keep nobody inside.

use std::collections::BTreeSet;

use super::{
    BAN, BANNED, KICK, List, NOBODY, REMOVE_PARTICIPANT, applied, in_room, is_ban, role, tell,
};
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::trace::{Author, Deed, DeedKind, Member, RoomView};

/// Users whose clients all go, one at least because a server says so, and who would stay, with the
/// role that they get: 1 where a server of those may ban, 0 otherwise.
pub(super) fn owed(view: &RoomView, before: &List, members: &[Member], deeds: &[Deed]) -> List {
    let list = applied(before, deeds);
    let removed = |client: &ClientUri| {
        deeds.iter().any(
            |deed| matches!(&deed.what, DeedKind::RemoveClient { client: it, .. } if it == client),
        )
    };
    let mut owed = List::new();
    for deed in deeds {
        let (Author::Server(server), DeedKind::RemoveClient { of, .. }) = (&deed.by, &deed.what)
        else {
            continue;
        };
        let stays = members.iter().any(|it| it.user == *of && !removed(&it.client));
        if stays || !in_room(view, before, of) || !in_room(view, &list, of) {
            continue;
        }
        let bans = right_of_server(view, server)
            .and_then(|index| role(view, index))
            .is_some_and(|role| role.capabilities.contains(&BAN));
        let goes = if bans && is_ban(view, BANNED) { BANNED } else { NOBODY };
        let known = owed.entry(of.clone()).or_insert(NOBODY);
        *known = goes.max(*known);
    }
    owed
}

/// An entry of the list, once whoever has to go has gone.
pub(super) fn gone(owed: &List, (user, role): (UserUri, u32)) -> Option<(UserUri, u32)> {
    match owed.get(&user) {
        Some(&NOBODY) => None,
        Some(banned) => Some((user, *banned)),
        None => Some((user, role)),
    }
}

/// Users whom removals by their own provider take out, or by the hub of a room with a parent, and
/// who are not in it `after`.
pub(super) fn cleared_out<'a>(
    view: &RoomView,
    hub: &ProviderName,
    deeds: impl Iterator<Item = &'a Deed>,
    after: &List,
) -> BTreeSet<&'a UserUri> {
    let depends = view.policy.parent.is_some();
    let removed = deeds.filter_map(|deed| match (&deed.by, &deed.what) {
        (Author::Server(server), DeedKind::RemoveClient { of, .. }) => {
            (server == of.provider() || (depends && server == hub)).then_some(of)
        }
        _ => None,
    });
    removed.filter(|user| !in_room(view, after, user)).collect()
}

pub(super) fn is_owed(view: &RoomView, owed: &List, what: &DeedKind) -> bool {
    match what {
        DeedKind::Unlist { target } => owed.get(target) == Some(&NOBODY),
        DeedKind::ChangeRole { target, role } => {
            is_ban(view, *role) && owed.get(target) == Some(&BANNED)
        }
        _ => false,
    }
}

fn right_of_server(view: &RoomView, server: &ProviderName) -> Option<u32> {
    let meets = |(what, value): &(String, String)| what == "server" && value == server.as_str();
    let mut entries = view.policy.preauthorized.iter();
    entries.find(|entry| entry.claims.iter().all(meets)).map(|entry| entry.role)
}

/// Whether a server may take a client out.
pub(super) fn may_expel(
    view: &RoomView,
    hub: &ProviderName,
    server: &ProviderName,
    what: &DeedKind,
) -> Result<(), String> {
    let DeedKind::RemoveClient { of, .. } = what else { return Ok(()) };
    let may = match right_of_server(view, server).map(|index| role(view, index)) {
        Some(Some(role)) => {
            [KICK, REMOVE_PARTICIPANT, BAN].iter().any(|it| role.capabilities.contains(it))
        }
        _ => server == hub,
    } || server == of.provider()
        || (server == hub && view.policy.parent.is_some());
    if may { Ok(()) } else { Err(format!("{server} may not {}", tell(what))) }
}
