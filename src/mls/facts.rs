//! What a handshake message does, and what a group's state is, in terms of the room.
//!
//! OpenMLS speaks of leaves, references and dictionaries; the rules speak of clients, users and
//! participant lists. This file translates, the same way for members and for hubs.

use openmls::component::ComponentData;
use openmls::group::{
    AppDataDictionaryUpdater, AppDataUpdates, GroupContext, QueuedProposal, StagedCommit,
};
use openmls::messages::proposals::{AppDataUpdateOperation, AppDataUpdateProposal, Proposal};
use openmls::prelude::{
    Credential, ExtensionType, Extensions, ExternalSender, LeafNode, ProposalOrRefType,
    PublicGroup, Sender, SenderExtensionIndex,
};
use tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};

use super::identity::{read_credential, read_server};
use super::{Library, MlsError};
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::rules::{Actor, Handshake, HandshakeKind, Part, Proposer, What};
use crate::mimi::uri::ProviderName;

/// A member, as its leaf shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Leaf index.
    pub index: u32,
    /// Whom the credential names.
    pub actor: Actor,
    /// The signature key.
    pub key: Vec<u8>,
}

/// A group's state at one epoch. Equal in all fields means that it is the same state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSnapshot {
    /// The epoch.
    pub epoch: u64,
    /// The GroupContext, encoded.
    pub context: Vec<u8>,
    /// The confirmation tag, encoded.
    pub tag: Vec<u8>,
    /// The epoch authenticator; a hub has none.
    pub authenticator: Option<Vec<u8>>,
    /// The members by leaf index.
    pub members: Vec<Leaf>,
    /// The decoded room state.
    pub state: RoomState,
}

impl RoomSnapshot {
    pub(super) fn of(
        group: &PublicGroup,
        authenticator: Option<Vec<u8>>,
        state: &RoomState,
    ) -> Result<Self, MlsError> {
        Ok(Self {
            epoch: group.group_context().epoch().as_u64(),
            context: group.group_context().tls_serialize_detached().map_err(MlsError::refused)?,
            tag: group.confirmation_tag().tls_serialize_detached().map_err(MlsError::refused)?,
            authenticator,
            members: leaves(group)?,
            state: state.clone(),
        })
    }
}

/// Who may send handshake messages in an epoch.
pub(super) struct Senders {
    /// The members.
    pub(super) members: Vec<Leaf>,
    /// The external senders, in the order of the extension; none for a credential of no server.
    servers: Vec<Option<ProviderName>>,
    extensions: Extensions<GroupContext>,
}

impl Senders {
    /// The group's.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub(super) fn of(group: &PublicGroup) -> Result<Self, MlsError> {
        let senders = group.group_context().extensions().external_senders();
        let servers = senders.into_iter().flatten().map(named_server).collect();
        let extensions = group.group_context().extensions().clone();
        Ok(Self { members: leaves(group)?, servers, extensions })
    }

    /// The place of a server among the external senders.
    pub(super) fn place_of(&self, server: &ProviderName) -> Option<u32> {
        let place = self.servers.iter().position(|other| other.as_ref() == Some(server))?;
        u32::try_from(place).ok()
    }

    /// The external senders that are servers, in the order of the extension.
    pub(super) fn servers(&self) -> Vec<ProviderName> {
        self.servers.iter().flatten().cloned().collect()
    }

    /// What a change of the GroupContext's extensions does. Rooms have a use for one kind only:
    /// that other external senders follow on the first one.
    fn changed_to(&self, after: &Extensions<GroupContext>) -> What {
        let (mut old, mut new) = (self.extensions.clone(), after.clone());
        let (before, senders) =
            (old.external_senders().cloned(), new.external_senders().cloned().unwrap_or_default());
        old.remove(ExtensionType::ExternalSenders);
        new.remove(ExtensionType::ExternalSenders);
        let first = before.and_then(|before| before.first().cloned());
        let names: Option<Vec<_>> = senders.iter().map(named_server).collect();
        match names {
            Some(names) if old == new && first.as_ref() == senders.first() => What::Senders(names),
            _ => What::Other("GroupContextExtensions"),
        }
    }

    fn server_at(&self, index: SenderExtensionIndex) -> Option<ProviderName> {
        let mut servers = self.servers.iter().zip(0..);
        servers.find(|(_, place)| SenderExtensionIndex::new(*place) == index)?.0.clone()
    }
}

/// The library keeps an external sender's credential to itself; encoded, it follows on the key
/// (RFC 9420 §12.1.8.1).
fn named_server(sender: &ExternalSender) -> Option<ProviderName> {
    let bytes = sender.tls_serialize_detached().ok()?;
    let (_key, rest) = VLBytes::tls_deserialize_bytes(&bytes).ok()?;
    let (credential, _) = Credential::tls_deserialize_bytes(rest).ok()?;
    read_server(&credential)
}

/// The entry of the hub among a group's external senders, encoded, and the server that it names:
/// the first (P06 §7.4).
pub(super) fn hub_entry(context: &GroupContext) -> Option<(Vec<u8>, ProviderName)> {
    let first = context.extensions().external_senders()?.first()?;
    Some((first.tls_serialize_detached().ok()?, named_server(first)?))
}

pub(super) fn leaves(group: &PublicGroup) -> Result<Vec<Leaf>, MlsError> {
    let leaf = |member: openmls::prelude::Member| {
        let actor = read_credential(&member.credential)
            .ok_or(MlsError::Malformed("credential of a MIMI client"))?;
        Ok(Leaf { index: member.index.u32(), actor, key: member.signature_key })
    };
    group.members().map(leaf).collect()
}

pub(super) fn decode_state(context: &GroupContext) -> Result<RoomState, MlsError> {
    let extension = context.extensions().app_data_dictionary();
    let component = |id: u16| Some(extension?.dictionary().get(&id)?.to_vec());
    RoomState::decode(component).map_err(|error| MlsError::RoomState(error.to_string()))
}

/// The room state that a GroupInfo shows, before anything in it is verified.
///
/// # Errors
/// When it does not begin with the GroupContext of a room.
pub fn state_in(library: &Library, group_info: &[u8]) -> Result<RoomState, MlsError> {
    Ok((library.dialect)(decode_state(&context_in(group_info)?)?))
}

/// The GroupContext that a GroupInfo begins with (RFC 9420 §12.4.3).
pub(super) fn context_in(group_info: &[u8]) -> Result<GroupContext, MlsError> {
    let (context, _) = GroupContext::tls_deserialize_bytes(group_info)
        .map_err(|_| MlsError::Malformed("GroupInfo"))?;
    Ok(context)
}

/// Reads AppDataUpdate proposals, works out the state that they lead to, and gives the library the
/// components that differ. The order of the proposals in the commit has no say: OpenMLS shows it
/// differently to the committer and to the receivers.
pub(super) fn apply_updates<'a>(
    state: &RoomState,
    proposals: impl Iterator<Item = &'a AppDataUpdateProposal>,
    mut updater: AppDataDictionaryUpdater<'_>,
) -> Result<(RoomState, Option<AppDataUpdates>), MlsError> {
    let mut updates = proposals.map(read_update).collect::<Result<Vec<_>, _>>()?;
    updates.sort_by_cached_key(|update| (update.component_id(), update.encode()));
    if updates.is_empty() {
        return Ok((state.clone(), None));
    }
    let borrowed: Vec<_> = updates.iter().collect();
    let next = state.apply(&borrowed).map_err(|error| MlsError::RoomState(error.to_string()))?;
    let touched = |id: u16| updates.iter().any(|update| update.component_id() == id);
    for (id, data) in next.components().into_iter().filter(|(id, _)| touched(*id)) {
        updater.set(ComponentData::from_parts(id, data.into()));
    }
    Ok((next, updater.changes()))
}

fn read_update(proposal: &AppDataUpdateProposal) -> Result<ComponentUpdate, MlsError> {
    let id = proposal.component_id();
    match proposal.operation() {
        AppDataUpdateOperation::Update(data) => ComponentUpdate::decode(id, data.as_slice())
            .map_err(|error| MlsError::RoomState(error.to_string())),
        AppDataUpdateOperation::Remove => {
            Err(MlsError::RoomState(format!("component {id:#06x} can't be removed from a room")))
        }
    }
}

/// Proposals in terms of the room. `joiner` is the sender of an external commit.
pub(super) fn parts<'a>(
    senders: &Senders,
    joiner: Option<&Actor>,
    proposals: impl Iterator<Item = &'a QueuedProposal>,
) -> Result<Vec<Part>, MlsError> {
    proposals.map(|proposal| part(senders, joiner, proposal)).collect()
}

pub(super) fn part(
    senders: &Senders,
    joiner: Option<&Actor>,
    queued: &QueuedProposal,
) -> Result<Part, MlsError> {
    let unknown = || MlsError::Refused("a sender that this room knows nothing of".to_owned());
    let members = &senders.members;
    let sender = match (queued.sender(), joiner) {
        (Sender::Member(index), _) => Proposer::Client(member_at(members, index.u32())?),
        (Sender::NewMemberCommit, Some(joiner)) => Proposer::Client(joiner.clone()),
        (Sender::External(index), _) => {
            Proposer::Server(senders.server_at(*index).ok_or_else(unknown)?)
        }
        _ => return Err(unknown()),
    };
    let by_reference = (queued.proposal_or_ref_type() == ProposalOrRefType::Reference)
        .then(|| queued.proposal_reference_ref().as_slice().to_vec());
    let what = match queued.proposal() {
        Proposal::Add(add) => What::Add(leaf_actor(add.key_package().leaf_node())?),
        Proposal::Remove(remove) => What::Remove(member_at(members, remove.removed().u32())?),
        Proposal::AppDataUpdate(update) => What::Update(read_update(update)?),
        Proposal::ExternalInit(_) => What::ExternalInit,
        Proposal::SelfRemove => What::SelfRemove(sender.client().ok_or_else(unknown)?.clone()),
        Proposal::Update(_) => What::KeyUpdate,
        Proposal::GroupContextExtensions(proposal) => senders.changed_to(proposal.extensions()),
        Proposal::PreSharedKey(_) => What::Other("PreSharedKey"),
        Proposal::ReInit(_) => What::Other("ReInit"),
        Proposal::AppEphemeral(_) => What::Other("AppEphemeral"),
        Proposal::Custom(_) => What::Other("a custom proposal"),
    };
    Ok(Part { sender, by_reference, what })
}

pub(super) fn leaf_actor(leaf: &LeafNode) -> Result<Actor, MlsError> {
    read_credential(leaf.credential()).ok_or(MlsError::Malformed("credential of a MIMI client"))
}

pub(super) fn member_at(members: &[Leaf], index: u32) -> Result<Actor, MlsError> {
    let leaf = members.iter().find(|leaf| leaf.index == index);
    leaf.map(|leaf| leaf.actor.clone()).ok_or(MlsError::Malformed("leaf index of a member"))
}

/// A staged commit in terms of the room.
pub(super) fn handshake(
    senders: &Senders,
    epoch: u64,
    sender: &Sender,
    staged: &StagedCommit,
) -> Result<Handshake, MlsError> {
    let (kind, actor) = match sender {
        Sender::Member(index) => (HandshakeKind::Commit, member_at(&senders.members, index.u32())?),
        Sender::NewMemberCommit => {
            let leaf = staged
                .update_path_leaf_node()
                .ok_or(MlsError::Malformed("external commit: it has no path"))?;
            (HandshakeKind::ExternalCommit, leaf_actor(leaf)?)
        }
        _ => return Err(MlsError::Malformed("commit by a member or a joiner")),
    };
    let joiner = (kind == HandshakeKind::ExternalCommit).then_some(&actor);
    let parts = parts(senders, joiner, staged.queued_proposals())?;
    Ok(Handshake { kind, epoch, actor: actor.into(), parts })
}
