//! Rules about the proposals of a handshake: which there must be, which go together.

use std::collections::BTreeSet;

use super::{
    Base, CachedProposal, Code, Handshake, HandshakeKind, Objection, Prospect, Reading, What,
    invalid, not_allowed,
};
use crate::mimi::room::ComponentUpdate;

/// `known-references`
pub fn known_references(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    if handshake.kind == HandshakeKind::Proposals {
        return Ok(());
    }
    let known =
        |reference: &&Vec<u8>| base.cached.iter().any(|cached| cached.reference == **reference);
    let references = handshake.parts.iter().filter_map(|part| part.by_reference.as_ref());
    let unknown: Vec<_> = references.filter(|reference| !known(reference)).cloned().collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let why = format!("{} proposals by reference were not accepted before", unknown.len());
    Err(Objection { why, code: Code::InvalidProposal(unknown) })
}

/// `only-known-proposals`
pub fn only_known_types(_: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    for part in &handshake.parts {
        if let What::Other(name) = &part.what {
            return Err(not_allowed(format!("a proposal of type {name} has no place in a room")));
        }
    }
    Ok(())
}

/// `cached-proposals-included`: but for a Remove that a waiting SelfRemove beats (R28).
pub fn cached_included(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    if handshake.kind != HandshakeKind::Commit {
        return Ok(());
    }
    let references = || handshake.parts.iter().filter_map(|part| part.by_reference.as_ref());
    let beaten = |cached: &CachedProposal| match &cached.what {
        What::Remove(client) => {
            let own = What::SelfRemove(client.clone());
            base.cached.iter().any(|other| other.what == own)
        }
        _ => false,
    };
    let due = base.cached.iter().filter(|cached| !beaten(cached)).map(|cached| &cached.reference);
    let missing: Vec<_> = due.filter(|cached| references().all(|it| it != *cached)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!("{} of {} waiting proposals are missing", missing.len(), base.cached.len());
    Err(Objection { why, code: Code::InvalidProposal(missing.into_iter().cloned().collect()) })
}

/// `one-metadata-update`
pub fn one_metadata_update(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let count = prospect.updates().filter(|it| matches!(it, ComponentUpdate::Metadata(_))).count();
    if count <= 1 {
        return Ok(());
    }
    let why = format!("{count} updates of the metadata in one commit: expected at most one");
    Err(invalid(why, handshake, |what| matches!(what, What::Update(ComponentUpdate::Metadata(_)))))
}

/// `roles-apart-from-list`
pub fn roles_apart_from_list(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let roles = prospect.updates().any(|it| matches!(it, ComponentUpdate::Roles(_)));
    let list = prospect.updates().any(|it| matches!(it, ComponentUpdate::Participants(_)));
    if !(roles && list) {
        return Ok(());
    }
    let why = "role definitions and participant list change in one commit".to_owned();
    Err(invalid(why, handshake, |what| matches!(what, What::Update(ComponentUpdate::Roles(_)))))
}

/// `preauthorisation-apart-from-list`
pub fn preauth_apart_from_list(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let preauth = prospect.updates().any(|it| matches!(it, ComponentUpdate::Preauthorized(_)));
    let more_than_removals = prospect.updates().any(|it| match it {
        ComponentUpdate::Participants(it) => !it.added.is_empty() || !it.changed_roles.is_empty(),
        _ => false,
    });
    if !(preauth && more_than_removals) {
        return Ok(());
    }
    let why = "preauthorised users and more of the participant list than removals change in one \
               commit";
    let concerns = |what: &What| matches!(what, What::Update(ComponentUpdate::Preauthorized(_)));
    Err(invalid(why.to_owned(), handshake, concerns))
}

/// `list-update-applies`
pub fn updates_apply(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    match Prospect::of(base, handshake).after {
        Ok(_) => Ok(()),
        Err(error) => Err(invalid(error.to_string(), handshake, |what| what.update().is_some())),
    }
}

/// `somebody-can-commit`: nobody commits its own removal, so that of the last who is to stay would
/// wait for ever, and everything else with it. Servers keep to it, too: a hub tries again after the
/// next commit.
pub fn somebody_can_commit(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let proposes = handshake.kind == HandshakeKind::Proposals;
    let anybody = base.readings.has(Reading::LastUserAsksToLeave);
    let waiting = base.cached.iter().map(|cached| &cached.what);
    let all = waiting.chain(handshake.parts.iter().map(|part| &part.what));
    let goes: BTreeSet<_> = all.filter_map(What::removes).collect();
    if !proposes || anybody || base.members.iter().any(|member| !goes.contains(member)) {
        return Ok(());
    }
    Err(not_allowed("every member would wait for another one to commit its removal".to_owned()))
}
