//! Rules about application messages. A hub sees who sends one and its epoch, and nothing else.

use super::{Base, Code, Message, Objection, not_allowed};
use crate::mimi::policy::Capability;

/// `message-sender-is-active`: in the epoch's own state. Exiting users are the business of
/// `exiting-sends-nothing`.
pub fn sender_is_active(base: &Base<'_>, message: &Message) -> Result<(), Objection> {
    let user = &message.user;
    if !base.committed.is_participant(user) {
        return Err(not_allowed(format!("{user} is not in the participant list, or banned")));
    }
    if base.members.iter().all(|member| member.user != *user) {
        return Err(not_allowed(format!("{user} has no client in the group")));
    }
    Ok(())
}

/// `message-epoch-not-newer`
pub fn epoch_not_newer(base: &Base<'_>, message: &Message) -> Result<(), Objection> {
    if message.epoch <= base.epoch {
        return Ok(());
    }
    let why = format!("it is from epoch {}, the group is at {}", message.epoch, base.epoch);
    Err(not_allowed(why))
}

/// `message-epoch-tolerated`
pub fn epoch_tolerated(base: &Base<'_>, message: &Message) -> Result<(), Objection> {
    let lag = base.epoch.saturating_sub(message.epoch);
    if lag <= base.epoch_tolerance {
        return Ok(());
    }
    let why = format!("it is {lag} epochs late, the room tolerates {}", base.epoch_tolerance);
    Err(Objection { why, code: Code::EpochTooOld })
}

/// `exiting-sends-nothing`
pub fn exiting_sends_nothing(base: &Base<'_>, message: &Message) -> Result<(), Objection> {
    if base.exiting.contains(&message.user) {
        return Err(not_allowed(format!("{} is about to leave", message.user)));
    }
    Ok(())
}

/// `may-send`: by the role that the sender has as soon as cached proposals count (R19). An exiting
/// user is judged by the role that it still has.
pub fn may_send(base: &Base<'_>, message: &Message) -> Result<(), Objection> {
    let user = &message.user;
    let exiting = base.exiting.contains(user);
    let state = if exiting { base.committed } else { base.provisional };
    if state.can(user, Capability::SEND_MESSAGE) {
        return Ok(());
    }
    Err(not_allowed(format!("the role of {user} lacks {}", Capability::SEND_MESSAGE)))
}
