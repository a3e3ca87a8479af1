//! What a handshake leads to: room state and members after the commit.
//!
//! For proposals, the commit is the next one, with all that waits for it already and what its
//! committer owes to servers. Many rules are
//! claims about this outcome, and a hub can take its provisional state from here.

use super::{Actor, Base, Handshake, HandshakeKind, What, servers};
use crate::mimi::room::{ApplyError, ComponentUpdate, RoomState};
use crate::mimi::uri::UserUri;

/// The outcome of a handshake, whether or not the rules allow it.
#[derive(Debug, Clone)]
pub struct Prospect<'a> {
    /// All that the commit does, in its order.
    pub whats: Vec<&'a What>,
    /// The room state after it, or why there is none.
    pub after: Result<RoomState, ApplyError>,
    /// The members after it.
    pub members: Vec<&'a Actor>,
}

impl<'a> Prospect<'a> {
    /// What `handshake` leads to from `base`.
    pub fn of(base: &Base<'a>, handshake: &'a Handshake) -> Self {
        let waiting = match handshake.kind {
            HandshakeKind::Proposals => base.cached,
            HandshakeKind::Commit | HandshakeKind::ExternalCommit => &[],
        };
        let parts = handshake.parts.iter().map(|part| &part.what);
        let whats: Vec<&What> = waiting.iter().map(|cached| &cached.what).chain(parts).collect();

        let after = match handshake.kind {
            HandshakeKind::Proposals => {
                let waiting = base.cached.iter().map(|cached| (&cached.sender, &cached.what));
                let parts = handshake.parts.iter().map(|part| (&part.sender, &part.what));
                let all: Vec<_> = waiting.chain(parts).collect();
                servers::provisional(base.committed, base.members, &all)
            }
            HandshakeKind::Commit | HandshakeKind::ExternalCommit => {
                let updates: Vec<_> = whats.iter().filter_map(|what| what.update()).collect();
                base.committed.apply(&updates)
            }
        };

        let removed: Vec<_> = whats.iter().filter_map(|what| what.removes()).collect();
        let stays = |member: &&Actor| removed.iter().all(|removed| removed.client != member.client);
        let mut members: Vec<&Actor> = base.members.iter().filter(stays).collect();
        for what in &whats {
            match what {
                What::Add(client) => members.push(client),
                What::ExternalInit => members.extend(handshake.client()),
                _ => {}
            }
        }
        Self { whats, after, members }
    }

    /// All changes of the room state that the commit carries, in its order.
    pub fn updates(&self) -> impl Iterator<Item = &'a ComponentUpdate> {
        self.whats.iter().filter_map(|what| what.update())
    }

    /// The user's role after the commit; none where it is not listed, or there is no such state.
    pub fn role_after(&self, user: &UserUri) -> Option<u32> {
        self.after.as_ref().ok().and_then(|after| after.role_of(user))
    }
}
