//! A client's side of a room's group.
//!
//! A member builds commits and keeps them pending, stages what others sent and merges it when its
//! owner says so. It never moves to another epoch by itself: between [`Member::commit`] and
//! [`Member::merge_own`], or [`Member::receive`] and [`Member::merge`], the client decides.

mod incoming;
mod outgoing;
#[cfg(test)]
mod tests;
mod welcome;

pub use incoming::{Incoming, StagedByMember};
pub use outgoing::{CommitPlan, Committed};
pub use welcome::OpenedWelcome;

use openmls::group::{
    MlsGroup, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy,
    WireFormatPolicy,
};
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::messages::proposals::AppDataUpdateProposal;
use openmls::prelude::{
    AppDataDictionary, AppDataDictionaryExtension, BasicCredential, Extension, ExternalSender,
    LeafNodeIndex, LeafNodeParameters, MlsMessageOut, RatchetTreeIn, SenderRatchetConfiguration,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};

use super::facts::{self, RoomSnapshot};
use super::framing::{exactly, group_id};
use super::key_package::{capabilities, lifetime, required};
use super::{Identity, Library, MlsError, SUITE};
use crate::mimi::policy::OperationalParameters;
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::rules::{Actor, CachedProposal, Part};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::wire;

/// A client's side of one room's group.
pub struct Member {
    pub(super) group: MlsGroup,
    state: RoomState,
}

impl Member {
    /// Creates a room's group, with this client as its only member. Returns the GroupInfo too.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn create(
        library: &Library,
        identity: &Identity,
        room: &RoomUri,
        state: &RoomState,
        hub: &wire::ExternalSender,
    ) -> Result<(Self, Vec<u8>), MlsError> {
        let mut dictionary = AppDataDictionary::new();
        for (id, data) in state.components() {
            dictionary.insert(id, data);
        }
        let extensions = openmls::prelude::Extensions::from_vec(vec![
            Extension::RequiredCapabilities(required()),
            Extension::AppDataDictionary(AppDataDictionaryExtension::new(dictionary)),
            Extension::ExternalSenders(vec![external_sender(hub)]),
        ])
        .map_err(MlsError::refused)?;
        library.touched();
        let provider = &library.provider;
        let (group, group_info) = library.meter.measure(|| {
            let group = MlsGroup::builder()
                .with_group_id(group_id(room))
                .ciphersuite(SUITE)
                .with_wire_format_policy(wire_format())
                .with_capabilities(capabilities())
                .with_group_context_extensions(extensions)
                .lifetime(lifetime())
                .set_past_epoch_deletion_policy(past_epochs(state.operational_policy()))
                .sender_ratchet_configuration(ratchets(state.operational_policy()))
                .build(provider, identity, identity.with_key())
                .map_err(MlsError::refused)?;
            let info = group
                .export_group_info(provider.crypto(), identity, false)
                .map_err(MlsError::refused)?;
            Ok::<_, MlsError>((group, info))
        })?;
        Ok((Self::of(library, group)?, group_info_bytes(group_info)?))
    }

    /// Builds an external commit, with the joiner's own entry in the list where it needs one. The
    /// new group is in `library`'s storage at once, whether the hub
    /// will accept the commit or not: give it a library of its own ([`Library::scratch`]).
    ///
    /// # Errors
    /// When the GroupInfo is not valid or can't be joined.
    pub fn join_externally(
        library: &Library,
        identity: &Identity,
        group_info: &[u8],
        tree: &[u8],
        entry: Option<&ComponentUpdate>,
    ) -> Result<(Self, Committed), MlsError> {
        let before = facts::state_in(library, group_info)?;
        let info: VerifiableGroupInfo = exactly(group_info, "GroupInfo")?;
        let tree: RatchetTreeIn = exactly(tree, "ratchet tree")?;
        library.touched();
        let provider = &library.provider;
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let (group, bundle) = library.meter.measure(|| {
            let mut builder = MlsGroup::external_commit_builder()
                .with_ratchet_tree(tree)
                .with_config(join_config(&OperationalParameters::UNSTATED))
                .build_group(provider, info, identity.with_key())
                .map_err(MlsError::refused)?
                .leaf_node_parameters(leaf);
            if let Some(entry) = entry {
                let update = AppDataUpdateProposal::update(entry.component_id(), entry.encode());
                builder = builder.add_app_data_update_proposal(update);
            }
            let mut stage = builder
                .load_psks(provider.storage())
                .map_err(MlsError::refused)?
                .create_group_info(true);
            let updater = stage.app_data_dictionary_updater();
            let (_, changes) =
                facts::apply_updates(&before, stage.app_data_update_proposals(), updater)?;
            stage.with_app_data_dictionary_updates(changes);
            stage
                .build(provider.rand(), provider.crypto(), identity, |_| true)
                .map_err(MlsError::refused)?
                .finalize(provider)
                .map_err(MlsError::refused)
        })?;
        let (message, _, info) = bundle.into_contents();
        let committed = Committed {
            message: message.to_bytes().map_err(MlsError::refused)?,
            welcome: None,
            group_info: encoded_group_info(info)?,
        };
        Ok((Self::of(library, group)?, committed))
    }

    /// Takes a group up again from storage, with its pending commit if there is one.
    ///
    /// # Errors
    /// When it is not there.
    pub fn load(library: &Library, room: &RoomUri) -> Result<Self, MlsError> {
        let load = || MlsGroup::load(library.provider.storage(), &group_id(room));
        let group = library.meter.measure(load).map_err(MlsError::refused)?;
        Self::of(
            library,
            group.ok_or_else(|| MlsError::Refused(format!("{room} is not in storage")))?,
        )
    }

    /// Deletes the group from storage.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn forget(mut self, library: &Library) -> Result<(), MlsError> {
        library.touched();
        let delete = || self.group.delete(library.provider.storage());
        library.meter.measure(delete).map_err(MlsError::refused)
    }

    fn of(library: &Library, group: MlsGroup) -> Result<Self, MlsError> {
        let state = facts::decode_state(group.public_group().group_context())?;
        let state = (library.dialect)(state);
        Ok(Self { group, state })
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    /// The room state.
    pub fn state(&self) -> &RoomState {
        &self.state
    }

    /// Whether this client is still in the group.
    pub fn is_active(&self) -> bool {
        self.group.is_active()
    }

    /// All of the state.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub fn snapshot(&self) -> Result<RoomSnapshot, MlsError> {
        let authenticator = self.group.epoch_authenticator().as_slice().to_vec();
        RoomSnapshot::of(self.group.public_group(), Some(authenticator), &self.state)
    }

    /// The members.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub fn members(&self) -> Result<Vec<Actor>, MlsError> {
        let leaves = facts::leaves(self.group.public_group())?;
        Ok(leaves.into_iter().map(|leaf| leaf.actor).collect())
    }

    /// The ratchet tree, encoded.
    ///
    /// # Errors
    /// When it is too large to encode.
    pub fn ratchet_tree(&self) -> Result<Vec<u8>, MlsError> {
        self.group.export_ratchet_tree().tls_serialize_detached().map_err(MlsError::refused)
    }

    /// The public key of the room's hub: that of the first external sender (P06 §7.4).
    pub fn hub_key(&self) -> Option<Vec<u8>> {
        let hub = self.group.extensions().external_senders()?.first()?;
        // The library shows an external sender only encoded; the key comes first.
        let encoded = hub.tls_serialize_detached().ok()?;
        let (key, _) = VLBytes::tls_deserialize_bytes(&encoded).ok()?;
        Some(key.as_slice().to_vec())
    }

    /// The entry of the hub among the external senders, encoded; none where there is none.
    pub fn hub(&self) -> Option<Vec<u8>> {
        facts::hub_entry(self.group.public_group().group_context()).map(|(entry, _)| entry)
    }

    /// Whether proposals wait for a commit.
    pub fn has_proposals(&self) -> bool {
        self.group.has_pending_proposals()
    }

    /// What the waiting proposals would do.
    ///
    /// # Errors
    /// When one can't be read.
    pub fn proposals(&self) -> Result<Vec<Part>, MlsError> {
        let senders = facts::Senders::of(self.group.public_group())?;
        facts::parts(&senders, None, self.group.pending_proposals())
    }

    /// The waiting proposals, as those that count as accepted.
    ///
    /// # Errors
    /// When one can't be read.
    pub fn waiting(&self) -> Result<Vec<CachedProposal>, MlsError> {
        let cached = |Part { sender, by_reference, what }| {
            Some(CachedProposal { reference: by_reference?, sender, what })
        };
        Ok(self.proposals()?.into_iter().filter_map(cached).collect())
    }

    /// Whether a commit of this client is pending.
    pub fn has_pending_commit(&self) -> bool {
        self.group.pending_commit().is_some()
    }

    /// Keeps keys as the room's policy has it now, and drops those that it has no use for any more.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn keep_to_policy(&mut self, library: &Library) -> Result<(), MlsError> {
        let config = join_config(self.state.operational_policy());
        if *self.group.configuration() == config {
            return Ok(());
        }
        library.touched();
        let storage = library.provider.storage();
        self.group.set_configuration(storage, &config).map_err(MlsError::refused)
    }

    fn refresh(&mut self, library: &Library) -> Result<(), MlsError> {
        let state = facts::decode_state(self.group.public_group().group_context())?;
        self.state = (library.dialect)(state);
        Ok(())
    }

    fn leaves_of(&self, clients: &[ClientUri]) -> Result<Vec<LeafNodeIndex>, MlsError> {
        let leaves = facts::leaves(self.group.public_group())?;
        let find = |client: &ClientUri| {
            let leaf = leaves.iter().find(|leaf| leaf.actor.client == *client);
            leaf.map(|leaf| LeafNodeIndex::new(leaf.index))
                .ok_or_else(|| MlsError::Refused(format!("{client} is no member")))
        };
        clients.iter().map(find).collect()
    }
}

/// An external sender as the library has it.
pub(super) fn external_sender(sender: &wire::ExternalSender) -> ExternalSender {
    let credential = BasicCredential::new(sender.credential.identity.clone()).into();
    ExternalSender::new(sender.key.clone().into(), credential)
}

/// Handshake messages in the clear, so that the hub can read them (R12); application messages are
/// encrypted under any policy.
fn wire_format() -> WireFormatPolicy {
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY
}

/// How far messages of one sender may overtake each other, in messages: the room's policy says how
/// far ahead, and nothing of how far behind.
fn ratchets(policy: &OperationalParameters) -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(100, policy.app_messages.max_generations_skipahead)
}

/// Keys are kept of as many past epochs as the room tolerates messages of (RP03 §7).
fn past_epochs(policy: &OperationalParameters) -> PastEpochDeletionPolicy {
    PastEpochDeletionPolicy::MaxEpochs(policy.app_messages.epoch_tolerance.into())
}

fn join_config(policy: &OperationalParameters) -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(wire_format())
        .set_past_epoch_deletion_policy(past_epochs(policy))
        .sender_ratchet_configuration(ratchets(policy))
        .build()
}

pub(super) fn group_info_bytes(message: MlsMessageOut) -> Result<Vec<u8>, MlsError> {
    // An MLSMessage is its version, its wire format, two bytes each, and then the GroupInfo.
    let bytes = message.to_bytes().map_err(MlsError::refused)?;
    bytes.get(4..).map(<[u8]>::to_vec).ok_or(MlsError::Malformed("GroupInfo"))
}

fn encoded_group_info(
    info: Option<openmls::messages::group_info::GroupInfo>,
) -> Result<Vec<u8>, MlsError> {
    let info = info.ok_or(MlsError::Malformed("GroupInfo"))?;
    info.tls_serialize_detached().map_err(MlsError::refused)
}
