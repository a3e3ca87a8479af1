//! Poison: commits and GroupInfos of a member that are wrong where a hub can't look (S20).
//!
//! All of it is made by the library, with the member's true keys. A commit goes the way of an
//! honest one, over cryptography that spoils one thing in passing ([`crypto`]), or with a room
//! state that its proposals don't lead to. So signatures and membership tags are as they should
//! be, and what is wrong is found by those alone who hold the group's secrets. A GroupInfo is taken
//! apart, changed and signed again.
//!
//! For liars (`adversary`). Nothing here is called by an honest node.

mod crypto;
#[cfg(test)]
mod tests;

use openmls::component::ComponentData;
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto as _;
use openmls_traits::random::OpenMlsRand as _;

use self::crypto::{Spoil, Spoiling};
use super::partial::{parts_of, whole_group_info};
use super::{CommitPlan, Committed, Identity, Library, Member, MlsError, SUITE, facts};
use super::{partial_group_info, sign_with_label};
use crate::mimi::uri::ClientUri;

/// Bytes of an X25519 public key.
const PUBLIC_KEY: usize = 32;

/// What is wrong with a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Poison {
    /// The confirmation tag.
    Tag,
    /// What is sealed for these clients' own leaves: they get another path secret than the rest.
    PathOf(Vec<ClientUri>),
    /// The committer's room state has this component too, which no proposal names.
    Dictionary(u16, Vec<u8>),
}

impl Member {
    /// Builds a commit as [`Member::commit`] does, with poison in it.
    ///
    /// # Errors
    /// When the library refuses, or there is nothing in the commit that can be spoilt like that.
    pub fn commit_poisoned(
        &mut self,
        library: &Library,
        identity: &Identity,
        plan: &CommitPlan,
        poison: &Poison,
    ) -> Result<Committed, MlsError> {
        let crypto = library.provider.crypto();
        let spoil = match poison {
            Poison::Dictionary(id, data) => {
                return self.commit_by(library, identity, plan, crypto, |updater| {
                    updater.set(ComponentData::from_parts(*id, data.clone().into()));
                });
            }
            Poison::Tag => Spoil::Tag,
            Poison::PathOf(clients) => Spoil::Seals(self.keys_of(clients)?),
        };
        let spoiling = Spoiling::new(crypto, spoil);
        let committed = self.commit_by(library, identity, plan, &spoiling, |_| {})?;
        match spoiling.has_spoilt() {
            true => Ok(committed),
            false => Err(MlsError::Refused("the commit has nothing to spoil".to_owned())),
        }
    }

    /// The GroupInfo of the current epoch.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn group_info(&self, library: &Library, identity: &Identity) -> Result<Vec<u8>, MlsError> {
        let export = || self.group.export_group_info(library.provider.crypto(), identity, false);
        super::member::group_info_bytes(library.meter.measure(export).map_err(MlsError::refused)?)
    }

    /// The encryption keys of these clients' leaves.
    fn keys_of(&self, clients: &[ClientUri]) -> Result<Vec<Vec<u8>>, MlsError> {
        let leaves = facts::leaves(self.group.public_group())?;
        let named = |index: u32| {
            let mut named = leaves.iter().filter(|leaf| clients.contains(&leaf.actor.client));
            named.any(|leaf| leaf.index == index)
        };
        let members = self.group.members().filter(|member| named(member.index.u32()));
        Ok(members.map(|member| member.encryption_key).collect())
    }
}

/// The same GroupInfo with the public key of somebody else in the place of the group's: whoever
/// comes in by it shares no secret with the members (A18).
///
/// # Errors
/// When `group_info` is none of a room.
pub fn with_other_external_pub(
    library: &Library,
    identity: &Identity,
    group_info: &[u8],
) -> Result<Vec<u8>, MlsError> {
    let mut partial = partial_group_info(group_info)?;
    let provider = &library.provider;
    let secret: [u8; 32] = provider.rand().random_array().map_err(MlsError::refused)?;
    let pair = provider.crypto().derive_hpke_keypair(SUITE.hpke_config(), &secret);
    let other = pair.map_err(MlsError::refused)?.public;
    // Without a ratchet tree, external_pub is the one extension, and its key stands at its end.
    let place = partial.extensions.len().checked_sub(PUBLIC_KEY);
    let place = place.and_then(|place| partial.extensions.get_mut(place..));
    place.ok_or(MlsError::Malformed("GroupInfo with external_pub"))?.copy_from_slice(&other);
    let (context, tag, signer) = parts_of(group_info)?;
    partial.signature = signature(identity, &partial.extensions, (&context, &tag, signer))?;
    whole_group_info(&partial, &context, &tag, signer)
}

/// The same GroupInfo over another GroupContext.
///
/// # Errors
/// When `group_info` is none of a room.
pub fn with_other_context(
    identity: &Identity,
    group_info: &[u8],
    context: &[u8],
) -> Result<Vec<u8>, MlsError> {
    let mut partial = partial_group_info(group_info)?;
    let (_, tag, signer) = parts_of(group_info)?;
    partial.signature = signature(identity, &partial.extensions, (context, &tag, signer))?;
    whole_group_info(&partial, context, &tag, signer)
}

/// Over GroupInfoTBS (RFC 9420 §12.4.3).
fn signature(
    identity: &Identity,
    extensions: &[u8],
    (context, tag, signer): (&[u8], &[u8], u32),
) -> Result<Vec<u8>, MlsError> {
    use tls_codec::{Serialize as _, VLBytes};
    let extensions = VLBytes::from(extensions.to_vec()).tls_serialize_detached();
    let extensions = extensions.map_err(MlsError::refused)?;
    let signed = [context, &extensions, tag, &signer.to_be_bytes()].concat();
    Ok(sign_with_label(identity, "GroupInfoTBS", &signed))
}
