//! A copy of a client's disk, seen from outside.
//!
//! [`Stored`] answers what a restart will find, and hands out a [`StolenRoom`]: the client's side
//! of a room in somebody else's hands, with all keys that were durable. A thief follows the room as
//! far as those keys lead. Nothing here changes the disk or the client.
//!
//! Not here: using the stolen KeyPackages for a Welcome that comes later, or the stolen signature
//! key to come in by an external commit. Both make the client a member again, openly.

use std::cell::OnceCell;

use super::Stored;
use super::room::Standing;
use crate::mimi::rules::Actor;
use crate::mimi::uri::RoomUri;
use crate::mls::{Identity, Incoming, Library, Member, Meter, Store, peek};
use crate::node::copy::{Found, Stolen};
use crate::trace::{Digest, FoundGroup};

/// A thief's own chance. It never shows: a thief makes no message.
const SEED: [u8; 32] = [0; 32];

impl Stored {
    /// The client's side of a room; none where it was no member when it last synced.
    pub fn steal(&self, room: &RoomUri) -> Option<StolenRoom> {
        let record = self.rooms.get(room)?;
        (record.standing == Standing::Member).then(|| StolenRoom {
            room: room.clone(),
            store: self.mls.clone(),
            first_epoch: record.first_epoch,
            group: OnceCell::new(),
        })
    }

    /// All that a liar beside this client needs to speak in its place in a room: the library with
    /// its groups, its key, its side of the group. None where it was no member when it last synced.
    pub fn opened(
        &self,
        room: &RoomUri,
        actor: &Actor,
        random: [u8; 32],
    ) -> Option<(Library, Identity, Member)> {
        let standing = self.rooms.get(room)?.standing;
        let library = Library::restored(random, Meter::off(), &self.mls);
        let member = Member::load(&library, room).ok()?;
        let identity = Identity::client(actor, self.secret);
        (standing == Standing::Member).then_some((library, identity, member))
    }

    /// This with another's MLS groups and keys: what a disk holds that tears a state apart.
    pub fn with_keys_of(self, other: &Self) -> Self {
        Self { mls: other.mls.clone(), ..self }
    }

    /// What lies here about each room.
    pub fn found(&self) -> Vec<Found> {
        let library = Library::restored(SEED, Meter::off(), &self.mls);
        let found = self.rooms.iter().map(|(room, record)| Found {
            room: room.clone(),
            inside: matches!(record.standing, Standing::Member | Standing::Creating),
            lost: record.recover.is_some(),
            group: Member::load(&library, room).ok().and_then(|member| found_group(&member)),
            first_epoch: record.first_epoch,
            commit: record.last_commit,
            cursor: self.cursor,
            kept: record.early.iter().map(|event| Digest::of(&event.message)).collect(),
        });
        found.collect()
    }
}

fn found_group(member: &Member) -> Option<FoundGroup> {
    let snapshot = member.snapshot().ok()?;
    Some(FoundGroup {
        epoch: snapshot.epoch,
        authenticator: Digest::of(snapshot.authenticator.as_deref().unwrap_or_default()),
        state: Digest(snapshot.state.hash()),
    })
}

/// See the top of this file.
pub struct StolenRoom {
    room: RoomUri,
    store: Store,
    first_epoch: u64,
    /// Taken up when it is first needed, since that is dear; none once no key leads on.
    group: OnceCell<Option<(Library, Member)>>,
}

impl StolenRoom {
    fn group(&mut self) -> Option<&mut (Library, Member)> {
        self.group.get_or_init(|| {
            let library = Library::restored(SEED, Meter::off(), &self.store);
            let member = Member::load(&library, &self.room).ok()?;
            Some((library, member))
        });
        self.group.get_mut()?.as_mut()
    }
}

impl Stolen for StolenRoom {
    fn first_epoch(&self) -> u64 {
        self.first_epoch
    }

    fn epoch(&mut self) -> u64 {
        self.group().map_or(0, |(_, member)| member.epoch())
    }

    fn has_pending_commit(&mut self) -> bool {
        self.group().is_some_and(|(_, member)| member.has_pending_commit())
    }

    fn past_epochs(&mut self) -> u64 {
        let group = self.group();
        group.map_or(0, |(_, member)| {
            member.state().operational_policy().app_messages.epoch_tolerance.into()
        })
    }

    fn follow(&mut self, handshake: &[u8]) {
        let Some((library, member)) = self.group() else { return };
        if peek(handshake).is_ok_and(|outside| outside.epoch != member.epoch()) {
            return;
        }
        // What can't be followed is passed over, as by anybody who is locked out.
        let _ = match member.receive(library, handshake) {
            Ok(Incoming::Proposal { proposal, .. }) => member.keep(library, *proposal),
            // It has the keys of all epochs up to here, and keeps them.
            Ok(Incoming::Commit(staged)) if staged.removes_me => Ok(()),
            Ok(Incoming::Commit(staged)) => member.merge(library, staged),
            Ok(Incoming::OwnCommit) => member.merge_own(library),
            _ => Ok(()),
        };
    }

    fn opens(&mut self, message: &[u8]) -> bool {
        let Some((library, member)) = self.group() else { return false };
        member.opens(library, message)
    }
}
