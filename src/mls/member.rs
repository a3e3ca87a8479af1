//! A client's side of a room's group.
//!
//! A member builds commits and keeps them pending, stages what others sent and merges it when its
//! owner says so. It never moves to another epoch by itself: between [`Member::commit`] and
//! [`Member::merge_own`], or [`Member::receive`] and [`Member::merge`], the client decides.

use openmls::group::{
    MlsGroup, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy,
    QueuedProposal, StagedCommit, StagedWelcome, WireFormatPolicy,
};
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::messages::proposals::{AppDataUpdateOperation, AppDataUpdateProposal, Proposal};
use openmls::prelude::{
    AppDataDictionary, AppDataDictionaryExtension, BasicCredential, Extension, ExternalSender,
    LeafNodeIndex, LeafNodeParameters, MlsMessageOut, ProcessedMessage, ProcessedMessageContent,
    RatchetTreeIn, Sender, SenderRatchetConfiguration,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Serialize as _;

use super::facts::{self, RoomSnapshot};
use super::framing::{exactly, group_id, protocol_message, welcome_of};
use super::key_package::{capabilities, lifetime, required};
use super::view::named;
use super::{Identity, Library, MlsError, SUITE};
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::rules::{Actor, Handshake, Part};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::wire;

/// How many epochs back an application message may come from and still be read.
const PAST_EPOCHS: usize = 5;

/// A client's side of one room's group.
pub struct Member {
    group: MlsGroup,
    state: RoomState,
}

/// What a commit is to change, beyond the proposals that wait in the group.
#[derive(Debug, Clone, Default)]
pub struct CommitPlan {
    /// KeyPackages of clients to add.
    pub adds: Vec<Vec<u8>>,
    /// Clients to remove.
    pub removes: Vec<ClientUri>,
    /// Changes to the room state.
    pub updates: Vec<ComponentUpdate>,
}

/// A commit and what goes with it.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The commit, an MLS message.
    pub message: Vec<u8>,
    /// The Welcome, where somebody was added.
    pub welcome: Option<Vec<u8>>,
    /// The GroupInfo of the epoch that it leads to.
    pub group_info: Vec<u8>,
}

/// What a message turned out to be.
pub enum Incoming {
    /// A proposal, to be kept with [`Member::keep`].
    Proposal {
        /// What it would do.
        part: Part,
        /// The proposal itself.
        proposal: Box<QueuedProposal>,
    },
    /// Somebody's commit, to be merged with [`Member::merge`] or dropped.
    Commit(StagedByMember),
    /// This client's own pending commit came back: it was accepted.
    OwnCommit,
    /// An application message.
    Message {
        /// Who sent it.
        sender: Actor,
        /// The epoch that it was encrypted in.
        epoch: u64,
        /// The plaintext.
        content: Vec<u8>,
    },
    /// This client's own application message came back.
    OwnMessage,
}

/// Somebody's commit, valid and not yet merged.
pub struct StagedByMember {
    /// What it does.
    pub handshake: Handshake,
    /// Whether it removes this client.
    pub removes_me: bool,
    next_state: RoomState,
    commit: Box<StagedCommit>,
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
        let credential = BasicCredential::new(hub.credential.identity.clone()).into();
        let sender = ExternalSender::new(hub.key.clone().into(), credential);
        let extensions = openmls::prelude::Extensions::from_vec(vec![
            Extension::RequiredCapabilities(required()),
            Extension::AppDataDictionary(AppDataDictionaryExtension::new(dictionary)),
            Extension::ExternalSenders(vec![sender]),
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
                .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(PAST_EPOCHS))
                .sender_ratchet_configuration(ratchets())
                .build(provider, identity, identity.with_key())
                .map_err(MlsError::refused)?;
            let info = group
                .export_group_info(provider.crypto(), identity, false)
                .map_err(MlsError::refused)?;
            Ok::<_, MlsError>((group, info))
        })?;
        Ok((Self::of(group)?, group_info_bytes(group_info)?))
    }

    /// Joins by a Welcome, in its form as an MLS message.
    ///
    /// # Errors
    /// When it is for none of this client's KeyPackages, or doesn't fit the tree.
    pub fn join(library: &Library, welcome: &[u8], tree: &[u8]) -> Result<Self, MlsError> {
        let welcome = welcome_of(welcome)?;
        let tree: RatchetTreeIn = exactly(tree, "ratchet tree")?;
        library.touched();
        let provider = &library.provider;
        let group = library.meter.measure(|| {
            StagedWelcome::build_from_welcome(provider, &join_config(), welcome)
                .map_err(MlsError::refused)?
                .with_ratchet_tree(tree)
                .replace_old_group()
                .build()
                .map_err(MlsError::refused)?
                .into_group(provider)
                .map_err(MlsError::refused)
        })?;
        Self::of(group)
    }

    /// Builds an external commit. The new group is in `library`'s storage at once, whether the hub
    /// will accept the commit or not: give it a library of its own ([`Library::scratch`]).
    ///
    /// # Errors
    /// When the GroupInfo is not valid or can't be joined.
    pub fn join_externally(
        library: &Library,
        identity: &Identity,
        group_info: &[u8],
        tree: &[u8],
    ) -> Result<(Self, Committed), MlsError> {
        let info: VerifiableGroupInfo = exactly(group_info, "GroupInfo")?;
        let tree: RatchetTreeIn = exactly(tree, "ratchet tree")?;
        library.touched();
        let provider = &library.provider;
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let (group, bundle) = library.meter.measure(|| {
            MlsGroup::external_commit_builder()
                .with_ratchet_tree(tree)
                .with_config(join_config())
                .build_group(provider, info, identity.with_key())
                .map_err(MlsError::refused)?
                .leaf_node_parameters(leaf)
                .load_psks(provider.storage())
                .map_err(MlsError::refused)?
                .create_group_info(true)
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
        Ok((Self::of(group)?, committed))
    }

    /// Takes a group up again from storage, with its pending commit if there is one.
    ///
    /// # Errors
    /// When it is not there.
    pub fn load(library: &Library, room: &RoomUri) -> Result<Self, MlsError> {
        let load = || MlsGroup::load(library.provider.storage(), &group_id(room));
        let group = library.meter.measure(load).map_err(MlsError::refused)?;
        Self::of(group.ok_or_else(|| MlsError::Refused(format!("{room} is not in storage")))?)
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

    fn of(group: MlsGroup) -> Result<Self, MlsError> {
        let state = facts::decode_state(group.public_group().group_context())?;
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

    /// Whether proposals wait for a commit.
    pub fn has_proposals(&self) -> bool {
        self.group.has_pending_proposals()
    }

    /// What the waiting proposals would do.
    ///
    /// # Errors
    /// When one can't be read.
    pub fn proposals(&self) -> Result<Vec<Part>, MlsError> {
        let members = facts::leaves(self.group.public_group())?;
        facts::parts(&members, None, self.group.pending_proposals())
    }

    /// Whether a commit of this client is pending.
    pub fn has_pending_commit(&self) -> bool {
        self.group.pending_commit().is_some()
    }

    /// Proposes to remove clients and to change the room state, each in a proposal of its own.
    ///
    /// # Errors
    /// When a client is no member, or the library refuses.
    pub fn propose(
        &mut self,
        library: &Library,
        identity: &Identity,
        removes: &[ClientUri],
        updates: &[ComponentUpdate],
    ) -> Result<Vec<Vec<u8>>, MlsError> {
        let leaves = self.leaves_of(removes)?;
        library.touched();
        let provider = &library.provider;
        let group = &mut self.group;
        let bytes = |message: MlsMessageOut| message.to_bytes().map_err(MlsError::refused);
        library.meter.measure(|| {
            let mut messages = Vec::new();
            for leaf in leaves {
                let (message, _) = group
                    .propose_remove_member(provider, identity, leaf)
                    .map_err(MlsError::refused)?;
                messages.push(bytes(message)?);
            }
            for update in updates {
                let operation = AppDataUpdateOperation::Update(update.encode().into());
                let id = update.component_id();
                let (message, _) = group
                    .propose_app_data_update(provider, identity, id, operation)
                    .map_err(MlsError::refused)?;
                messages.push(bytes(message)?);
            }
            Ok(messages)
        })
    }

    /// Builds a commit over the waiting proposals and the plan, and keeps it pending.
    ///
    /// # Errors
    /// When the library refuses; no commit is pending then.
    pub fn commit(
        &mut self,
        library: &Library,
        identity: &Identity,
        plan: &CommitPlan,
    ) -> Result<Committed, MlsError> {
        let read = |package: &Vec<u8>| library.read_key_package(package);
        let adds: Vec<_> =
            library.meter.measure(|| plan.adds.iter().map(read).collect::<Result<_, _>>())?;
        let removes = self.leaves_of(&plan.removes)?;
        let updates = plan.updates.iter().map(|update| {
            let update = AppDataUpdateProposal::update(update.component_id(), update.encode());
            Proposal::AppDataUpdate(Box::new(update))
        });
        library.touched();
        let state = &self.state;
        let provider = &library.provider;
        let group = &mut self.group;
        let bundle = library.meter.measure(|| {
            let mut stage = group
                .commit_builder()
                .consume_proposal_store(true)
                .force_self_update(true)
                .propose_adds(adds)
                .propose_removals(removes)
                .add_proposals(updates)
                .load_psks(provider.storage())
                .map_err(MlsError::refused)?
                .create_group_info(true);
            let updater = stage.app_data_dictionary_updater();
            let (_, changes) =
                facts::apply_updates(state, stage.app_data_update_proposals(), updater)?;
            stage.with_app_data_dictionary_updates(changes);
            stage
                .build(provider.rand(), provider.crypto(), identity, |_| true)
                .map_err(MlsError::refused)?
                .stage_commit(provider)
                .map_err(MlsError::refused)
        })?;
        let (message, welcome, info) = bundle.into_contents();
        let welcome = welcome.map(|welcome| welcome.tls_serialize_detached()).transpose();
        Ok(Committed {
            message: message.to_bytes().map_err(MlsError::refused)?,
            welcome: welcome.map_err(MlsError::refused)?,
            group_info: encoded_group_info(info)?,
        })
    }

    /// Drops the pending commit.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn drop_own(&mut self, library: &Library) -> Result<(), MlsError> {
        library.touched();
        self.group.clear_pending_commit(library.provider.storage()).map_err(MlsError::refused)
    }

    /// Drops the waiting proposals.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn drop_proposals(&mut self, library: &Library) -> Result<(), MlsError> {
        library.touched();
        self.group.clear_pending_proposals(library.provider.storage()).map_err(MlsError::refused)
    }

    /// Merges the pending commit: the hub has accepted it.
    ///
    /// # Errors
    /// When there is none, or the library refuses.
    pub fn merge_own(&mut self, library: &Library) -> Result<(), MlsError> {
        if !self.has_pending_commit() {
            // The library would answer Ok and do nothing (study/openmls.md §4).
            return Err(MlsError::Refused("no commit is pending".to_owned()));
        }
        library.touched();
        let merge = || self.group.merge_pending_commit(&library.provider);
        library.meter.measure(merge).map_err(MlsError::refused)?;
        self.refresh()
    }

    /// Reads a message of this group. An application message's keys are used up by it.
    ///
    /// # Errors
    /// When the message is of another epoch than this one (or, for an application message, than
    /// those that are kept), refers to an unknown proposal, or is not valid.
    pub fn receive(&mut self, library: &Library, message: &[u8]) -> Result<Incoming, MlsError> {
        let message = protocol_message(message)?;
        let (found, current) = (message.epoch().as_u64(), self.epoch());
        if found > current || (found < current && message.is_handshake_message()) {
            return Err(MlsError::WrongEpoch { found, current });
        }
        library.touched();
        let provider = &library.provider;
        let members = facts::leaves(self.group.public_group())?;
        let processed = library
            .meter
            .measure(|| self.group.process_message(provider, message))
            .map_err(|error| named(&error.to_string()))?;
        let sender = processed.sender().clone();
        let credential = super::identity::read_credential(processed.credential());
        self.sort_out(library, processed, &members, &sender, credential)
    }

    fn sort_out(
        &mut self,
        library: &Library,
        processed: ProcessedMessage,
        members: &[facts::Leaf],
        sender: &Sender,
        credential: Option<Actor>,
    ) -> Result<Incoming, MlsError> {
        let epoch = processed.epoch().as_u64();
        let provider = &library.provider;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let sender =
                    credential.ok_or(MlsError::Malformed("credential of a MIMI client"))?;
                Ok(Incoming::Message { sender, epoch, content: message.into_bytes() })
            }
            ProcessedMessageContent::ProposalMessage(proposal) => {
                let part = facts::part(members, None, &proposal)?;
                Ok(Incoming::Proposal { part, proposal })
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                self.staged(members, sender, commit, self.state.clone())
            }
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let (next, changes) = facts::apply_updates(
                    &self.state,
                    unresolved.app_data_update_proposals(),
                    self.group.app_data_dictionary_updater(),
                )?;
                let stage = || self.group.stage_app_data_commit(provider, *unresolved, changes);
                let staged = library.meter.measure(stage).map_err(MlsError::refused)?;
                self.staged(members, sender, Box::new(staged), next)
            }
            ProcessedMessageContent::OwnPendingCommit => Ok(Incoming::OwnCommit),
            ProcessedMessageContent::OwnPrivateMessage => Ok(Incoming::OwnMessage),
            ProcessedMessageContent::ExternalJoinProposalMessage(_) => {
                Err(MlsError::Refused("join proposals are not part of MIMI rooms".to_owned()))
            }
        }
    }

    fn staged(
        &self,
        members: &[facts::Leaf],
        sender: &Sender,
        commit: Box<StagedCommit>,
        next_state: RoomState,
    ) -> Result<Incoming, MlsError> {
        let handshake = facts::handshake(members, self.epoch(), sender, &commit)?;
        let removes_me = commit.self_removed();
        Ok(Incoming::Commit(StagedByMember { handshake, removes_me, next_state, commit }))
    }

    /// Keeps a proposal for the next commit.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn keep(&mut self, library: &Library, proposal: QueuedProposal) -> Result<(), MlsError> {
        library.touched();
        let storage = library.provider.storage();
        self.group.store_pending_proposal(storage, proposal).map_err(MlsError::refused)
    }

    /// Merges somebody's commit. A pending commit of this client and all waiting proposals are gone
    /// afterwards.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn merge(&mut self, library: &Library, staged: StagedByMember) -> Result<(), MlsError> {
        library.touched();
        if self.has_pending_commit() {
            self.drop_own(library)?;
        }
        let merge = || self.group.merge_staged_commit(&library.provider, *staged.commit);
        library.meter.measure(merge).map_err(MlsError::refused)?;
        self.state = staged.next_state;
        Ok(())
    }

    /// Encrypts an application message.
    ///
    /// # Errors
    /// When proposals wait (R37), or the library refuses.
    pub fn encrypt(
        &mut self,
        library: &Library,
        identity: &Identity,
        content: &[u8],
    ) -> Result<Vec<u8>, MlsError> {
        library.touched();
        let encrypt = || self.group.create_message(&library.provider, identity, content);
        let message = library.meter.measure(encrypt).map_err(MlsError::refused)?;
        message.to_bytes().map_err(MlsError::refused)
    }

    fn refresh(&mut self) -> Result<(), MlsError> {
        self.state = facts::decode_state(self.group.public_group().group_context())?;
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

/// Handshake messages in the clear, so that the hub can read them (R12); application messages are
/// encrypted under any policy.
fn wire_format() -> WireFormatPolicy {
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY
}

fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(100, 1000)
}

fn join_config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(wire_format())
        .set_past_epoch_deletion_policy(PastEpochDeletionPolicy::MaxEpochs(PAST_EPOCHS))
        .sender_ratchet_configuration(ratchets())
        .build()
}

fn group_info_bytes(message: MlsMessageOut) -> Result<Vec<u8>, MlsError> {
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
