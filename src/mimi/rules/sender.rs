//! Rules about who sends a handshake, and when.

use super::{
    Base, Code, Handshake, HandshakeKind, Objection, Part, Proposer, Reading, not_allowed,
};
use crate::mimi::room::ComponentUpdate;

/// `current-epoch`
pub fn current_epoch(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    if handshake.epoch == base.epoch {
        return Ok(());
    }
    let why = format!("it is for epoch {}, the group is at {}", handshake.epoch, base.epoch);
    Err(Objection { why, code: Code::WrongEpoch })
}

/// `sender-is-member`: the actor, and whoever made the proposals. What a handshake carries by value
/// is its actor's own, so that nobody speaks in another's name. A server is an external sender,
/// which MLS has checked.
pub fn is_member(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let actor = &handshake.actor;
    let joins = handshake.kind == HandshakeKind::ExternalCommit;
    let is_inside = |it: &Proposer| it.client().is_none_or(|client| base.members.contains(client));
    if !joins && !is_inside(actor) {
        return Err(not_allowed(format!("{actor} is no member of epoch {}", base.epoch)));
    }
    for part in &handshake.parts {
        let sender = &part.sender;
        if part.by_reference.is_none() && sender != actor {
            return Err(not_allowed(format!("{actor} sends a proposal made by {sender}")));
        }
        if part.by_reference.is_some() && !is_inside(sender) {
            let why = format!("a proposal by {sender}, no member of epoch {}", base.epoch);
            return Err(not_allowed(why));
        }
    }
    Ok(())
}

/// `exiting-only-removes`
pub fn exiting_only_removes(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Some(super::Actor { user, .. }) = handshake.client() else { return Ok(()) };
    if !base.exiting.contains(user) {
        return Ok(());
    }
    let own = |client: &super::Actor| client.user == *user;
    let joins = handshake.kind == HandshakeKind::ExternalCommit
        && base.readings.has(Reading::CommittedListCounts);
    let only_removes = handshake.parts.iter().all(|part| part.what.removes().is_some_and(own));
    if joins || handshake.kind == HandshakeKind::Proposals && only_removes {
        return Ok(());
    }
    let why = format!("{user} is about to leave: expected only removals of its own clients");
    Err(not_allowed(why))
}

/// `sender-is-participant`. Exiting users are the business of `exiting-only-removes`, and whether a
/// joiner may list itself is that of `external-commit-shape` and `authorised`.
pub fn is_participant(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Some(super::Actor { user, .. }) = handshake.client() else { return Ok(()) };
    let adds_itself = |part: &Part| match part.what.update() {
        Some(ComponentUpdate::Participants(it)) => it.added.iter().any(|it| it.user == *user),
        _ => false,
    };
    let enters = handshake.kind == HandshakeKind::ExternalCommit
        && handshake.parts.iter().any(adds_itself)
        && base.provisional.role_of(user).is_none();
    if base.provisional.is_participant(user) || base.exiting.contains(user) || enters {
        return Ok(());
    }
    Err(not_allowed(format!("{user} is not in the participant list, or banned")))
}
