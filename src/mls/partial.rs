//! GroupInfos without what their reader can work out itself (R11;
//! draft-mahy-mls-ratchet-tree-options).
//!
//! A hub that follows the group knows the GroupContext that a commit leads to, the commit's
//! confirmation tag and who made it. What it lacks of the GroupInfo are the extensions and the
//! signature. The library has no call for this: a GroupInfo is taken apart and put together by the
//! order of its fields (RFC 9420 §12.4.3).
//!
//! Not here: whether the whole is right. It is judged as one that came whole. Nor GroupInfos that
//! have the ratchet tree among their extensions: rooms send it apart.

use openmls::messages::group_info::VerifiableGroupInfo;
use tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};

use super::MlsError;
use super::framing::exactly;
use crate::mimi::wire::{PartialGroupInfo, RatchetTreePresence};

const WHOLE: &str = "GroupInfo";
const PARTIAL: &str = "PartialGroupInfo of a room, which has no ratchet tree in it";

/// Bytes of a leaf index.
const SIGNER: usize = 4;

/// What a hub can't work out of a GroupInfo.
///
/// # Errors
/// When `group_info` is none.
pub fn partial_group_info(group_info: &[u8]) -> Result<PartialGroupInfo, MlsError> {
    let (_, rest) = after_context(group_info)?;
    let (extensions, rest) = opaque(rest)?;
    let (_tag, rest) = opaque(rest)?;
    let (signature, _) = opaque(rest.get(SIGNER..).ok_or(MlsError::Malformed(WHOLE))?)?;
    let presence = RatchetTreePresence::NoRatchetTree;
    Ok(PartialGroupInfo { presence, extensions, signature })
}

/// The encoded GroupContext and confirmation tag of a GroupInfo, and its signer's leaf: what a hub
/// can work out.
///
/// # Errors
/// When `group_info` is none.
pub(super) fn parts_of(group_info: &[u8]) -> Result<(Vec<u8>, Vec<u8>, u32), MlsError> {
    let (context, rest) = after_context(group_info)?;
    let (_extensions, rest) = opaque(rest)?;
    let (_tag, after) = opaque(rest)?;
    let (tag, _) = rest.split_at(rest.len() - after.len());
    let signer = after.first_chunk().ok_or(MlsError::Malformed(WHOLE))?;
    Ok((context, tag.to_vec(), u32::from_be_bytes(*signer)))
}

/// The encoded GroupContext, and what follows on it.
fn after_context(group_info: &[u8]) -> Result<(Vec<u8>, &[u8]), MlsError> {
    let info: VerifiableGroupInfo = exactly(group_info, WHOLE)?;
    let context = info.group_context().tls_serialize_detached().map_err(MlsError::refused)?;
    let rest = group_info.get(context.len()..).ok_or(MlsError::Malformed(WHOLE))?;
    Ok((context, rest))
}

/// The whole GroupInfo: of the encoded GroupContext and confirmation tag, by the leaf `signer`.
///
/// # Errors
/// When the partial one says that there is a ratchet tree in it.
pub(super) fn whole_group_info(
    partial: &PartialGroupInfo,
    context: &[u8],
    tag: &[u8],
    signer: u32,
) -> Result<Vec<u8>, MlsError> {
    if partial.presence != RatchetTreePresence::NoRatchetTree {
        return Err(MlsError::Malformed(PARTIAL));
    }
    let opaque = |bytes: &[u8]| VLBytes::from(bytes.to_vec()).tls_serialize_detached();
    let extensions = opaque(&partial.extensions).map_err(MlsError::refused)?;
    let signature = opaque(&partial.signature).map_err(MlsError::refused)?;
    Ok([context, &extensions, tag, &signer.to_be_bytes(), &signature].concat())
}

fn opaque(bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), MlsError> {
    let (value, rest) =
        VLBytes::tls_deserialize_bytes(bytes).map_err(|_| MlsError::Malformed(WHOLE))?;
    Ok((value.as_slice().to_vec(), rest))
}
