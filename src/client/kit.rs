//! What all rooms of a client share.

use sha2::{Digest as _, Sha256};

use crate::mimi::policy::PendingProposalPolicy;
use crate::mimi::rules::{Actor, RuleSet};
use crate::mimi::uri::RoomUri;
use crate::mimi::watch::Watching;
use crate::mls::{Identity, Library};
use crate::node::telling::Teller;
use crate::trace::Journal;

pub(super) struct Kit {
    pub actor: Actor,
    pub identity: Identity,
    pub library: Library,
    pub journal: Journal,
    pub teller: Teller,
    pub commit_delay_ms: (u64, u64),
    pub rules: RuleSet,
    pub watching: Watching,
}

impl Kit {
    /// A time within so many milliseconds that is this client's own.
    pub fn stagger(&self, most_ms: u64) -> u64 {
        self.draw(&[]) % most_ms.max(1)
    }

    /// How long this client waits in this epoch before it commits the proposals of others: the
    /// same each time it is asked, different for each client, so that seldom two do it at once.
    ///
    /// The room's policy has the first word (RP03 §7); where it says nothing, the client decides.
    pub fn commit_delay(&self, room: &RoomUri, epoch: u64, policy: PendingProposalPolicy) -> u64 {
        let (least, most) = match policy {
            PendingProposalPolicy::Unspecified => self.commit_delay_ms,
            PendingProposalPolicy::ImmediateCommit => (0, 0),
            PendingProposalPolicy::RandomDelay { minimum, maximum } => (minimum, maximum),
        };
        let draw = self.draw(&[room.to_string().as_bytes(), &epoch.to_be_bytes()]);
        least + draw % most.saturating_sub(least).saturating_add(1)
    }

    /// A number that is this client's own, and depends on what it is about.
    fn draw(&self, about: &[&[u8]]) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.identity.public_key());
        about.iter().for_each(|part| hash.update(part));
        hash.finalize()[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
