//! The way in by a Welcome, in two steps: what it leads to is known before anything is joined.
//!
//! Not here: whether the client wants to go there, which is the room's business.

use openmls::group::StagedWelcome;
use openmls::prelude::RatchetTreeIn;

use super::{Member, join_config};
use crate::mimi::policy::OperationalParameters;
use crate::mimi::uri::RoomUri;
use crate::mls::framing::{exactly, group_id, welcome_of};
use crate::mls::{Library, MlsError};

/// A Welcome that is opened and fits its tree. Its KeyPackage is used up, unless it is a last
/// resort; nothing else has changed yet.
pub struct OpenedWelcome {
    staged: StagedWelcome,
}

impl OpenedWelcome {
    /// Opens a Welcome to the room's group, in its form as an MLS message.
    ///
    /// # Errors
    /// When it is for none of this client's KeyPackages, doesn't fit the tree, or leads to another
    /// group than the room's.
    pub fn open(
        library: &Library,
        room: &RoomUri,
        welcome: &[u8],
        tree: &[u8],
    ) -> Result<Self, MlsError> {
        let welcome = welcome_of(welcome)?;
        let tree: RatchetTreeIn = exactly(tree, "ratchet tree")?;
        library.touched();
        let config = join_config(&OperationalParameters::UNSTATED);
        let staged = library.meter.measure(|| {
            StagedWelcome::build_from_welcome(&library.provider, &config, welcome)
                .map_err(MlsError::refused)?
                .with_ratchet_tree(tree)
                .replace_old_group()
                .build()
                .map_err(MlsError::refused)
        })?;
        if *staged.group_context().group_id() != group_id(room) {
            return Err(MlsError::Malformed("Welcome to this room"));
        }
        Ok(Self { staged })
    }

    /// The epoch that it leads to.
    pub fn epoch(&self) -> u64 {
        self.staged.group_context().epoch().as_u64()
    }

    /// Joins, in the place of the group that the client had of this room before.
    ///
    /// # Errors
    /// When the state in the group is not a room's.
    pub fn join(self, library: &Library) -> Result<Member, MlsError> {
        let join = || self.staged.into_group(&library.provider).map_err(MlsError::refused);
        let group = library.meter.measure(join)?;
        Member::of(library, group)
    }
}
