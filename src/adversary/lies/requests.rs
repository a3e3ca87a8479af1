//! Requests that are wrong before anybody looks at MLS.

use super::{Forged, Inside};
use crate::mimi::local::{CreateRoomRequest, Errand};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::wire::{GroupInfoRequest, RatchetTreeOption, Route};
use crate::mls::{Member, MlsError, sign_key_material};

/// One more byte than a body may have.
const TOO_MUCH: usize = 1024 * 1024 + 1;

pub(super) fn speaks_for_another_client(inside: &mut Inside) -> Result<Forged, MlsError> {
    let own = &inside.actor.client;
    let other = ClientUri::new(own.provider(), &format!("not-{}", own.name()));
    let other = other.map_err(|error| MlsError::Refused(error.to_string()))?;
    Ok(inside.errand_of(other, Errand::HubKey, Vec::new()))
}

pub(super) fn says_too_much(inside: &mut Inside) -> Result<Forged, MlsError> {
    Ok(inside.errand(Errand::Update(inside.room.clone()), vec![0; TOO_MUCH]))
}

pub(super) fn says_nothing(inside: &mut Inside) -> Result<Forged, MlsError> {
    Ok(inside.errand(Errand::Update(inside.room.clone()), b"nothing".to_vec()))
}

pub(super) fn is_about_a_room_that_is_not(inside: &mut Inside) -> Result<Forged, MlsError> {
    let room = RoomUri::new(inside.room.provider(), "no-such-room");
    let room = room.map_err(|error| MlsError::Refused(error.to_string()))?;
    let (request, _) = GroupInfoRequest::signed(&inside.library, &inside.identity, None)?;
    Ok(inside.errand(Errand::GroupInfo(room), request.encode()))
}

pub(super) fn asks_for_keys_without_a_signature(inside: &mut Inside) -> Result<Forged, MlsError> {
    let Inside { identity, actor, victim, room, .. } = &*inside;
    let mut request = sign_key_material(identity, actor, victim, room);
    request.signature.reverse();
    Ok(inside.errand(Errand::KeyMaterial(victim.clone()), request.encode()))
}

pub(super) fn asks_for_a_group_info_without_a_signature(
    inside: &mut Inside,
) -> Result<Forged, MlsError> {
    let (mut request, _) = GroupInfoRequest::signed(&inside.library, &inside.identity, None)?;
    request.signature.reverse();
    Ok(inside.errand(Errand::GroupInfo(inside.room.clone()), request.encode()))
}

/// A room of the same name, with this client alone in it.
pub(super) fn creates_the_room_again(inside: &mut Inside) -> Result<Forged, MlsError> {
    let library = inside.library.scratch()?;
    let (state, hub) = (inside.member.state(), inside.identity.external_sender());
    let (member, group_info) =
        Member::create(&library, &inside.identity, &inside.room, state, &hub)?;
    let ratchet_tree = RatchetTreeOption::Full(member.ratchet_tree()?);
    let request = CreateRoomRequest { group_info, ratchet_tree };
    Ok(inside.errand(Errand::CreateRoom(inside.room.clone()), request.encode()))
}

/// A directory is read, and takes no body.
pub(super) fn writes_where_one_reads(_: &mut Inside) -> Result<Forged, MlsError> {
    let route = Route::Directory;
    Ok(Forged { path: route.path(), endpoint: route.endpoint(), body: Vec::new() })
}

/// For another protocol than `mls10`, which is 1.
pub(super) fn asks_in_another_protocol(inside: &mut Inside) -> Result<Forged, MlsError> {
    let Inside { identity, actor, victim, room, .. } = &*inside;
    let mut body = sign_key_material(identity, actor, victim, room).encode();
    body[0] = 2;
    Ok(inside.errand(Errand::KeyMaterial(victim.clone()), body))
}

/// In the honest way, and for no use but that nobody else gets them.
pub(super) fn asks_for_keys_to_keep(inside: &mut Inside) -> Result<Forged, MlsError> {
    let Inside { identity, actor, victim, room, .. } = &*inside;
    let request = sign_key_material(identity, actor, victim, room);
    Ok(inside.errand(Errand::KeyMaterial(victim.clone()), request.encode()))
}
