//! External commits that no honest client makes, or not like that.

use super::{Forged, Inside};
use crate::mimi::room::ComponentUpdate;
use crate::mimi::wire::RatchetTreeOption;
use crate::mls::{Identity, Member, MlsError};

/// The secret of a second signature key.
const SECOND: [u8; 32] = [8; 32];

impl Inside {
    /// An external commit by the way in that the hub has shown.
    pub(super) fn external_commit(
        &mut self,
        identity: &Identity,
        entry: Option<&ComponentUpdate>,
    ) -> Result<Forged, MlsError> {
        let nothing = || MlsError::Refused("the hub gave no GroupInfo".to_owned());
        let opened = self.group_info.take().ok_or_else(nothing)?;
        let RatchetTreeOption::Full(tree) = &opened.ratchet_tree else {
            return Err(MlsError::Malformed("ratchet tree"));
        };
        let library = self.library.scratch()?;
        let joined = Member::join_externally(&library, identity, &opened.group_info, tree, entry);
        Ok(self.update(joined?.1))
    }
}

/// In the client's name and by its key, in the place of its leaf (RFC 9420 §12.4.3.2). It is in
/// order, each time; what is wrong is who does it, or how often.
pub(super) fn comes_in(inside: &mut Inside) -> Result<Forged, MlsError> {
    let identity = inside.identity.clone();
    inside.external_commit(&identity, None)
}

/// Beside the client's own leaf, by another key (A21).
pub(super) fn comes_in_as_another_leaf(inside: &mut Inside) -> Result<Forged, MlsError> {
    let identity = Identity::client(&inside.actor, SECOND);
    inside.external_commit(&identity, None)
}
