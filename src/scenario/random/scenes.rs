//! Operations that are several steps which belong together.

use super::moment::Moment;
use crate::mimi::policy::{BANNED, Capability};
use crate::script::{Action, Fault, FaultKind, Step};

/// How far apart two rivals act at most, in milliseconds: both are on their way before either is
/// heard of.
const RIVALS_APART_MS: u64 = 40;
/// How long after its user has left a client that has not heard of it acts at most, in
/// milliseconds.
const MEANWHILE_MS: u64 = 600;
/// In how many of a hundred rooms somebody knocks before its hub has heard of it.
const KNOCKS_PERCENT: u64 = 20;
/// How long rivals wait for one of them to become an admin, in milliseconds.
const PROMOTION_MS: u64 = 2_000;

/// A room that is not there yet, with some users.
pub(super) fn create(moment: &mut Moment<'_, '_>) -> Option<()> {
    let rooms = moment.picture.rooms_to_found();
    found(moment, &rooms, 60)
}

/// One of `rooms` begins, and of the other users `percent` in 100 are added.
pub(super) fn found(moment: &mut Moment<'_, '_>, rooms: &[String], percent: u64) -> Option<()> {
    // Nobody but a client of the hub can do this: a file that says otherwise is refused.
    let hub = |it: &Moment<'_, '_>, room: &String| {
        let room = it.picture.script.rooms.get(room)?;
        Some(room.uri.provider().clone())
    };
    let created = moment.give(|it| {
        let room = it.draw.pick(rooms)?;
        let hub = hub(it, &room)?;
        let clients = it.picture.clients(it.at_ms).into_iter();
        let at_hub = clients.filter(|client| {
            it.picture.actor(client).is_some_and(|actor| *actor.client.provider() == hub)
        });
        let client = it.draw.pick(&at_hub.collect::<Vec<_>>())?;
        Some(it.step(client, room, Action::Create))
    });
    let created = created?;
    moment.picture.inside(&created.room)?;
    let owner = moment.picture.owner(&created.client)?;
    let clients = moment.picture.clients(moment.at_ms);
    let knocks = moment.draw.happens(KNOCKS_PERCENT);
    if let Some(client) = moment.draw.pick(&clients).filter(|it| knocks && *it != created.client) {
        let after_ms = moment.draw.up_to(RIVALS_APART_MS);
        moment.put_later(after_ms, Step { client, action: Action::Join, ..created.clone() });
    }
    let mut after_ms = moment.draw.within((400, 1500));
    for user in moment.picture.script.users.keys() {
        if *user != owner && moment.draw.happens(percent) {
            let action = Action::Add { user: user.clone() };
            moment.put_later(after_ms, Step { action, ..created.clone() });
            after_ms += moment.draw.within((100, 1500));
        }
    }
    Some(())
}

/// A user goes. Often another of its clients has not heard of that and acts meanwhile, and now and
/// then everybody goes at once.
pub(super) fn leave(moment: &mut Moment<'_, '_>) -> Option<()> {
    let left = moment.give(|it| {
        let room = it.room()?;
        let client = it.member(&room)?;
        Some(it.step(client, room, Action::Leave))
    })?;
    if let Some(client) = another_client(moment, &left.client) {
        let text = format!("still here {}", moment.number);
        let action = if moment.draw.happens(50) { Action::Update } else { Action::Send { text } };
        let after_ms = moment.draw.up_to(MEANWHILE_MS);
        moment.put_later(after_ms, Step { client, action, ..left.clone() });
    }
    if moment.draw.happens(10) {
        for client in moment.picture.members(&left.room, moment.at_ms) {
            let after_ms = moment.draw.up_to(RIVALS_APART_MS);
            moment.put_later(after_ms, Step { client, ..left.clone() });
        }
    }
    Some(())
}

/// Often, another client of the same user that can act now.
fn another_client(moment: &mut Moment<'_, '_>, client: &str) -> Option<String> {
    let user = moment.picture.owner(client)?;
    let own = moment.picture.clients(moment.at_ms).into_iter();
    let own = own.filter(|it| it != client && moment.picture.owner(it) == Some(user.clone()));
    let own: Vec<_> = own.collect();
    moment.draw.pick(&own).filter(|_| moment.draw.happens(60))
}

/// A user's account ends. Often another of its clients has not heard of that and asks for it, too:
/// it comes too late.
pub(super) fn delete_account(moment: &mut Moment<'_, '_>) -> Option<()> {
    let ended = moment.give(|it| {
        let client = it.anyone()?;
        it.affair(client, Action::DeleteAccount)
    })?;
    if let Some(client) = another_client(moment, &ended.client) {
        let after_ms = moment.draw.up_to(MEANWHILE_MS);
        moment.put_later(after_ms, Step { client, ..ended });
    }
    Some(())
}

/// Many messages of one client.
pub(super) fn burst(moment: &mut Moment<'_, '_>) -> Option<()> {
    // Many refusals in a row say no more than one.
    moment.sensible = true;
    let text = |of: u64, n: u64| Action::Send { text: format!("burst {of}, {n}") };
    let number = moment.number;
    let first = moment.give(|it| {
        let room = it.room()?;
        let client = it.member(&room)?;
        Some(it.step(client, room, text(number, 1)))
    })?;
    let (times, every_ms) = (moment.draw.within((3, 20)), moment.draw.within((10, 300)));
    for n in 1..times {
        moment.put_later(n * every_ms, Step { action: text(number, n + 1), ..first.clone() });
    }
    Some(())
}

/// A client that is out of reach to the end of the workload. Either that is all, or another client
/// removes it and its user comes back with a new one.
pub(super) fn lose_client(moment: &mut Moment<'_, '_>) -> Option<()> {
    let room = moment.room()?;
    let client = moment.draw.pick(&moment.picture.members(&room, moment.at_ms))?;
    let user = moment.picture.owner(&client)?;
    let for_ms = moment.until_ms.checked_sub(moment.at_ms).filter(|ms| *ms > 0)?;
    let kind = FaultKind::Offline { client: client.clone() };
    moment.faults.push(Fault { at_ms: moment.at_ms, for_ms: Some(for_ms), kind });
    moment.picture.lose(&client);
    if moment.draw.happens(40) {
        return Some(());
    }
    let after_ms = moment.draw.within((500, 4000));
    if let Some(other) = moment.draw.pick(&moment.picture.members(&room, moment.at_ms)) {
        let action = Action::RemoveClient { client };
        moment.put_later(after_ms, moment.step(other, room.clone(), action));
    }
    let own = moment.picture.script.users.get(&user)?.new_clients.iter().map(|(name, _)| name);
    let unborn = moment.picture.unborn();
    let new: Vec<&String> = own.filter(|name| unborn.contains(name)).collect();
    if let Some(new) = moment.draw.pick(&new).cloned() {
        let after_ms = after_ms + moment.draw.within((500, 4000));
        moment.put_later(after_ms, moment.step(new, room, Action::Join));
    }
    Some(())
}

/// Two admins against each other, or against the same user. Where a room has but one, another user
/// is made an admin first.
pub(super) fn duel(moment: &mut Moment<'_, '_>) -> Option<()> {
    let room = moment.room()?;
    let one = moment.draw.pick(&admins(moment, &room))?;
    let one_user = moment.picture.owner(&one)?;
    let mut others = rivals(moment, &room, &one_user);
    let mut after_ms = 0;
    if others.is_empty() {
        promote(moment, &room, &one)?;
        others = rivals(moment, &room, &one_user);
        after_ms = PROMOTION_MS;
    }
    let other = moment.draw.pick(&others)?;
    let other_user = moment.picture.owner(&other)?;
    let (mine, theirs) = match moment.draw.happens(50) {
        true => (blow(moment, &room, other_user)?, blow(moment, &room, one_user)?),
        false => {
            let third = moment.user()?;
            (blow(moment, &room, third.clone())?, blow(moment, &room, third)?)
        }
    };
    let apart_ms = moment.draw.up_to(RIVALS_APART_MS);
    moment.put_later(after_ms, moment.step(one, room.clone(), mine));
    moment.put_later(after_ms + apart_ms, moment.step(other, room, theirs));
    Some(())
}

/// Members whose users may take others out of the room.
fn admins(moment: &Moment<'_, '_>, room: &str) -> Vec<String> {
    let Some(inside) = moment.picture.inside(room) else { return Vec::new() };
    let is_admin = |client: &String| {
        let actor = moment.picture.actor(client);
        let can = |capability| {
            actor.as_ref().is_some_and(|actor| inside.state.can(&actor.user, capability))
        };
        can(Capability::KICK) || can(Capability::BAN)
    };
    let members = moment.picture.members(room, moment.at_ms).into_iter();
    members.filter(is_admin).collect()
}

/// The admins of other users.
fn rivals(moment: &Moment<'_, '_>, room: &str, user: &str) -> Vec<String> {
    let other = |client: &String| moment.picture.owner(client).is_some_and(|it| it != user);
    admins(moment, room).into_iter().filter(other).collect()
}

/// An admin makes one of the other users an admin too.
fn promote(moment: &mut Moment<'_, '_>, room: &str, admin: &str) -> Option<Step> {
    let sensible = std::mem::replace(&mut moment.sensible, true);
    let promoted = moment.give(|it| {
        let user = it.user_inside(room)?;
        let roles = &it.picture.inside(room)?.state.roles.roles;
        let strong = roles.iter().filter(|role| role.holds(Capability::KICK));
        let strong: Vec<&String> = strong.map(|role| &role.name).collect();
        let role = it.draw.pick(&strong)?.clone();
        let action = Action::ChangeRole { user, role };
        Some(it.step(admin.to_owned(), room.to_owned(), action))
    });
    moment.sensible = sensible;
    promoted
}

/// A ban is lifted. Where nobody is banned, somebody is first.
pub(super) fn unban(moment: &mut Moment<'_, '_>) -> Option<()> {
    let lifted = moment.give(|it| {
        let room = it.room()?;
        let client = it.member(&room)?;
        let action = Action::Unban { user: it.user()?, role: it.role_or_usual(&room) };
        Some(it.step(client, room, action))
    });
    if lifted.is_some() {
        return Some(());
    }
    let banned = moment.give(|it| {
        let room = it.room()?;
        let client = it.member(&room)?;
        let action = Action::Ban { user: it.user()? };
        Some(it.step(client, room, action))
    })?;
    let Action::Ban { user } = banned.action.clone() else { return None };
    let after_ms = moment.draw.within((500, 5000));
    let action = Action::Unban { user, role: moment.role_or_usual(&banned.room) };
    moment.put_later(after_ms, Step { action, ..banned });
    Some(())
}

/// A user's newest message is reported. Where there is none, somebody says something first.
pub(super) fn report_abuse(moment: &mut Moment<'_, '_>) -> Option<()> {
    let reported = moment.give(|it| {
        let room = it.room()?;
        let (client, user) = (it.member(&room)?, it.user_inside(&room)?);
        let action = Action::ReportAbuse { user, text: claim(it) };
        Some(it.step(client, room, action))
    });
    if reported.is_some() {
        return Some(());
    }
    let text = format!("rude {}", moment.number);
    let said = moment.give(|it| {
        let room = it.room()?;
        let client = it.member(&room)?;
        Some(it.step(client, room, Action::Send { text: text.clone() }))
    })?;
    let client = moment.member(&said.room)?;
    let action =
        Action::ReportAbuse { user: moment.picture.owner(&said.client)?, text: claim(moment) };
    let after_ms = moment.draw.within((500, 3000));
    moment.put_later(after_ms, Step { client, action, ..said });
    Some(())
}

/// What a report says was said, if it is not the truth.
fn claim(moment: &mut Moment<'_, '_>) -> Option<String> {
    moment.draw.happens(30).then(|| "something else".to_owned())
}

/// Something that an admin does to a user.
fn blow(moment: &mut Moment<'_, '_>, room: &str, user: String) -> Option<Action> {
    Some(match moment.draw.up_to(4) {
        0 => Action::Kick { user },
        1 => Action::Ban { user },
        2 => Action::Remove { user },
        3 => Action::Add { user },
        _ => {
            let roles = &moment.picture.inside(room)?.state.roles.roles;
            let roles = roles.iter().filter(|role| role.index > BANNED);
            let names: Vec<&String> = roles.map(|role| &role.name).collect();
            let role = moment.draw.pick(&names)?.clone();
            Action::ChangeRole { user, role }
        }
    })
}

/// An asset is left with a provider, and somebody gets it through the hub of a room. Where sense is
/// not asked for, it has the name of another user's if there is one, or is not what is asked for.
pub(super) fn asset(moment: &mut Moment<'_, '_>) -> Option<()> {
    let name = format!("photo-{}", moment.number);
    let taken = if moment.sensible { None } else { upload_again(moment) };
    let uploaded = taken.or_else(|| {
        moment.give(|it| {
            let client = it.anyone()?;
            it.affair(client, Action::Upload { name: name.clone() })
        })
    })?;
    let user = moment.picture.owner(&uploaded.client)?;
    let Action::Upload { name } = uploaded.action else { return None };
    let missing = !moment.sensible && moment.draw.happens(50);
    let name = if missing { format!("no-{name}") } else { name };
    let room = moment.room()?;
    let client = moment.member(&room)?;
    let after_ms = moment.draw.within((500, 3000));
    let action = Action::Download { user, name };
    moment.put_later(after_ms, moment.step(client, room, action));
    Some(())
}

/// A user of the same provider gives an asset a name that there is already.
fn upload_again(moment: &mut Moment<'_, '_>) -> Option<Step> {
    let assets: Vec<_> = moment.picture.assets.iter().cloned().collect();
    moment.give(|it| {
        let (owner, name) = it.draw.pick(&assets)?;
        let client = it.anyone()?;
        let users = &it.picture.script.users;
        let (first, second) = (users.get(&owner)?, users.get(&it.picture.owner(&client)?)?);
        let clash = first.uri != second.uri && first.uri.provider() == second.uri.provider();
        if clash { it.affair(client, Action::Upload { name }) } else { None }
    })
}
