//! Rules about the MLS group: which clients enter and leave it, and with whom.

use super::{
    Actor, Base, Handshake, HandshakeKind, Objection, Prospect, What, invalid, not_allowed,
};

/// `external-commit-shape`, and that nothing else carries an ExternalInit.
pub fn external_commit_shape(_: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let whats = || handshake.parts.iter().map(|part| &part.what);
    let inits = whats().filter(|what| **what == What::ExternalInit).count();
    if handshake.kind != HandshakeKind::ExternalCommit {
        return match inits {
            0 => Ok(()),
            _ => Err(not_allowed("ExternalInit outside of an external commit".to_owned())),
        };
    }
    if inits != 1 {
        return Err(not_allowed(format!("{inits} ExternalInits: expected exactly one")));
    }
    let listed = handshake.lists_itself().is_some();
    let joiner = handshake.client().map(|joiner| &joiner.user);
    let is_joiners = |client: &Actor| joiner == Some(&client.user);
    let mut removes = 0;
    for what in whats() {
        match what {
            What::ExternalInit | What::SelfRemove(_) => {}
            What::Update(_) if listed => {}
            What::Remove(client) if is_joiners(client) => removes += 1,
            What::Remove(client) => {
                let why = format!("it removes {}, which is not the joiner's own", client.client);
                return Err(not_allowed(why));
            }
            What::Add(_)
            | What::Update(_)
            | What::KeyUpdate
            | What::Senders(_)
            | What::Other(_) => {
                let why = "expected only ExternalInit, removals and the joiner's own entry in the \
                           list in an external commit";
                return Err(not_allowed(why.to_owned()));
            }
        }
    }
    match removes {
        0 | 1 => Ok(()),
        _ => Err(not_allowed(format!("{removes} Removes: expected at most one"))),
    }
}

/// `no-self-removal-by-commit`
pub fn no_self_removal(_: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Some(Actor { client: committer, .. }) = handshake.client() else { return Ok(()) };
    let mut removed = handshake.parts.iter().filter_map(|part| part.what.removes());
    let itself = removed.any(|removed| removed.client == *committer);
    if handshake.kind == HandshakeKind::Commit && itself {
        let why = format!("{committer} commits its own removal: expected another member to");
        return Err(not_allowed(why));
    }
    Ok(())
}

/// `client-changes-once`: what waits counts too, or two proposals that are each valid could never
/// be committed together. A SelfRemove may stand beside a Remove of the same client (R28).
pub fn client_changes_once(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    for what in prospect.whats.iter().copied().filter(|what| what.removes().is_some()) {
        let times = prospect.whats.iter().filter(|other| **other == what).count();
        let member = what.removes().is_some_and(|client| base.members.contains(client));
        if times > 1 || !member {
            let why = "a client is removed twice, or is no member".to_owned();
            return Err(invalid(why, handshake, |other| other == what));
        }
    }
    for member in &prospect.members {
        let leaves = prospect.members.iter().filter(|other| other.client == member.client).count();
        if leaves > 1 {
            let why = format!("{} would be a member {leaves} times", member.client);
            return Err(invalid(why, handshake, |what| *what == What::Add((*member).clone())));
        }
    }
    Ok(())
}

/// `listed-before-member`
pub fn listed_before_member(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let Ok(after) = Prospect::of(base, handshake).after else { return Ok(()) };
    for part in &handshake.parts {
        let enters = match &part.what {
            What::Add(client) => Some(client),
            What::ExternalInit => handshake.client(),
            _ => None,
        };
        let Some(enters) = enters else { continue };
        if !after.is_participant(&enters.user) {
            let (client, user) = (&enters.client, &enters.user);
            let why = format!("{client} would enter, but {user} would be no participant");
            return Err(not_allowed(why));
        }
    }
    Ok(())
}

/// `clients-leave-with-user`
pub fn clients_leave_with_user(base: &Base<'_>, handshake: &Handshake) -> Result<(), Objection> {
    let prospect = Prospect::of(base, handshake);
    let Ok(after) = &prospect.after else { return Ok(()) };
    for member in &prospect.members {
        let (client, user) = (&member.client, &member.user);
        if base.committed.is_participant(user) && !after.is_participant(user) {
            let why = format!("{user} would be no participant any more, but {client} would stay");
            return Err(not_allowed(why));
        }
    }
    Ok(())
}
