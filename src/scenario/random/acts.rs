//! Operations that are one step: who does it, where and to whom.

use super::moment::Moment;
use crate::mimi::policy::PRESETS;
use crate::mimi::room::{PolicyChange, Whom};
use crate::mimi::uri::UserUri;
use crate::mimi::wire::{ConsentOperation, QueryElement, SearchField};
use crate::script::{Action, Step};

/// What an operation gives back: nothing, where it makes no sense now.
type Done = Option<()>;

/// A step of a member of some room; `action` gets the room's short name.
fn by_member(
    moment: &mut Moment<'_, '_>,
    action: impl Fn(&mut Moment<'_, '_>, &str) -> Option<Action>,
) -> Option<Step> {
    moment.give(|moment| {
        let room = moment.room()?;
        let client = moment.member(&room)?;
        let action = action(moment, &room)?;
        Some(moment.step(client, room, action))
    })
}

/// A step of any client in some room.
fn by_anyone(
    moment: &mut Moment<'_, '_>,
    action: impl Fn(&mut Moment<'_, '_>, &str) -> Option<Action>,
) -> Option<Step> {
    moment.give(|moment| {
        let (room, client) = (moment.room()?, moment.anyone()?);
        let action = action(moment, &room)?;
        Some(moment.step(client, room, action))
    })
}

pub(super) fn add(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, _| Some(Action::Add { user: it.user()? })).map(drop)
}

pub(super) fn remove(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| Some(Action::Remove { user: it.user_inside(room)? })).map(drop)
}

pub(super) fn invite(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| {
        Some(Action::Invite { user: it.user()?, role: it.role_or_usual(room) })
    })
    .map(drop)
}

pub(super) fn join(moment: &mut Moment<'_, '_>) -> Done {
    by_anyone(moment, |_, _| Some(Action::Join)).map(drop)
}

pub(super) fn join_with_code(moment: &mut Moment<'_, '_>) -> Done {
    let sensible = moment.sensible;
    by_anyone(moment, move |it, room| {
        let links = it.picture.inside(room)?.state.join_links.as_ref();
        let codes = links.map_or(&[][..], |links| links.links.as_slice());
        let valid = it.draw.pick(codes).map(|link| String::from_utf8_lossy(&link.code).into());
        let guessed = (!sensible).then(|| "guessed".to_owned());
        Some(Action::JoinWith { code: valid.or(guessed)? })
    })
    .map(drop)
}

pub(super) fn new_client(moment: &mut Moment<'_, '_>) -> Done {
    moment
        .give(|it| {
            let (room, client) = (it.room()?, it.draw.pick(&it.picture.unborn())?);
            Some(it.step(client, room, Action::Join))
        })
        .map(drop)
}

pub(super) fn self_remove(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |_, _| Some(Action::SelfRemove)).map(drop)
}

pub(super) fn remove_client(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| Some(Action::RemoveClient { client: it.member(room)? })).map(drop)
}

pub(super) fn kick(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| Some(Action::Kick { user: it.user_inside(room)? })).map(drop)
}

pub(super) fn ban(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, _| Some(Action::Ban { user: it.user()? })).map(drop)
}

pub(super) fn change_role(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| {
        Some(Action::ChangeRole { user: it.user()?, role: it.role(room)? })
    })
    .map(drop)
}

pub(super) fn change_own_role(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| Some(Action::ChangeOwnRole { role: it.role(room)? })).map(drop)
}

pub(super) fn rename(moment: &mut Moment<'_, '_>) -> Done {
    let name = format!("Room {}", moment.number);
    by_member(moment, |_, _| Some(Action::Rename { name: name.clone() })).map(drop)
}

pub(super) fn update(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |_, _| Some(Action::Update)).map(drop)
}

pub(super) fn send(moment: &mut Moment<'_, '_>) -> Done {
    let text = format!("message {}", moment.number);
    by_member(moment, |_, _| Some(Action::Send { text: text.clone() })).map(drop)
}

pub(super) fn change_policy(moment: &mut Moment<'_, '_>) -> Done {
    by_member(moment, |it, room| Some(Action::ChangePolicy { change: policy_change(it, room)? }))
        .map(drop)
}

fn policy_change(it: &mut Moment<'_, '_>, room: &str) -> Option<PolicyChange> {
    let users = it.picture.script.users.len() as u64;
    let some = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    Some(match it.draw.up_to(11) {
        0 => {
            let presets: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            PolicyChange::Roles(it.draw.pick(&presets)?.to_owned())
        }
        1 => PolicyChange::MaxUsers(some(it.draw.within((2, users + 2)))),
        2 => PolicyChange::MaxClients(some(it.draw.within((2, 3 * users)))),
        3 => PolicyChange::MultiDevice(it.draw.happens(50)),
        4 => PolicyChange::ExternalCommits(it.draw.happens(50)),
        5 => PolicyChange::ExternalProposals(it.draw.happens(50)),
        6 => PolicyChange::FixedMembership(it.draw.happens(50)),
        7 => PolicyChange::EpochTolerance(u8::try_from(it.draw.up_to(6)).unwrap_or(6)),
        8 => PolicyChange::MaxSkip(some(it.draw.within((5, 100)))),
        9 => {
            let user = it.user()?;
            let whom = Whom::User(it.picture.script.users.get(&user)?.uri.clone());
            PolicyChange::Preauthorize(whom, it.role(room)?)
        }
        10 => PolicyChange::JoinCode(format!("code-{}", it.number)),
        _ => {
            let links = it.picture.inside(room)?.state.join_links.as_ref();
            let code = it.draw.pick(links.map_or(&[][..], |links| links.links.as_slice()))?;
            PolicyChange::NoJoinCode(String::from_utf8_lossy(&code.code).into())
        }
    })
}

pub(super) fn consent(moment: &mut Moment<'_, '_>) -> Done {
    moment
        .give(|it| {
            let (client, user) = (it.anyone()?, it.user()?);
            if it.picture.owner(&client)? == user {
                return None;
            }
            let operation = it.draw.pick(&[
                ConsentOperation::Request,
                ConsentOperation::Cancel,
                ConsentOperation::Grant { key_packages: Vec::new() },
                ConsentOperation::Revoke,
            ])?;
            if it.draw.happens(30) {
                let room = it.room()?;
                return Some(it.step(
                    client,
                    room,
                    Action::Consent { operation, user, here: true },
                ));
            }
            it.affair(client, Action::Consent { operation, user, here: false })
        })
        .map(drop)
}

pub(super) fn find_user(moment: &mut Moment<'_, '_>) -> Done {
    moment
        .give(|it| {
            let (client, name) = (it.anyone()?, it.user()?);
            let user = it.picture.script.users.get(&name)?.uri.clone();
            let (provider, query) = (user.provider().clone(), query(it, &user));
            it.affair(client, Action::FindUser { provider, query })
        })
        .map(drop)
}

/// A query that the user matches, perhaps not alone; mostly one that nobody can answer, where sense
/// is not asked for.
fn query(it: &mut Moment<'_, '_>, user: &UserUri) -> Vec<QueryElement> {
    let name = user.name();
    let handle = format!("{name}@{}", user.provider());
    let which = if it.sensible { it.draw.up_to(2) } else { it.draw.within((2, 5)) };
    let (field, value) = match which {
        0 => (SearchField::Handle, format!("im:{handle}")),
        1 => (SearchField::Nick, name.to_owned()),
        // One letter, which others may have as well.
        2 => (SearchField::PartialName, name.chars().take(1).collect()),
        3 => (SearchField::Nick, "nobody".to_owned()),
        4 => (SearchField::Email, handle),
        _ => return Vec::new(),
    };
    vec![QueryElement { field, value }]
}
