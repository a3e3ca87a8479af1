//! What a server could propose from outside a group and, in a room, may not: that a client enters
//! (RFC 9420 §12.1.8). For liars; what servers do propose, the hub's [`View`](super::View) makes.

use openmls::messages::external_proposals::ExternalProposal;
use openmls::prelude::{GroupEpoch, SenderExtensionIndex};

use super::framing::group_id;
use super::{Identity, Library, MlsError};
use crate::mimi::uri::RoomUri;

/// A message in which the server at this place among the external senders proposes, for an epoch
/// of the room, that the client of a KeyPackage enters.
///
/// # Errors
/// When the KeyPackage can't be read, or the library refuses.
pub fn propose_add_from_outside(
    library: &Library,
    (identity, place): (&Identity, u32),
    (room, epoch): (&RoomUri, u64),
    key_package: &[u8],
) -> Result<Vec<u8>, MlsError> {
    let package = library.read_key_package(key_package)?;
    let message = library.meter.measure(|| {
        ExternalProposal::new_add::<super::SeededProvider>(
            package,
            group_id(room),
            GroupEpoch::from(epoch),
            identity,
            SenderExtensionIndex::new(place),
        )
    });
    message.map_err(MlsError::refused)?.to_bytes().map_err(MlsError::refused)
}
