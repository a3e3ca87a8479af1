//! What a member makes: proposals, commits, application messages.

use std::collections::BTreeSet;

use openmls::group::{AppDataDictionaryUpdater, Propose, QueuedProposal};
use openmls::messages::proposals::{AppDataUpdateProposal, Proposal, ProposalOrRefType};
use openmls::prelude::{ExtensionType, MlsMessageOut, Sender};
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto;
use tls_codec::Serialize as _;

use super::{Member, encoded_group_info};
use crate::mimi::room::ComponentUpdate;
use crate::mimi::uri::ClientUri;
use crate::mls::{Identity, Library, MlsError, facts};

/// What a commit is to change, beyond the proposals that wait in the group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

impl Member {
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
                // By reference, or the library takes it that whoever commits it says it anew.
                let update = Propose::UpdateAppDataComponent {
                    component_id: update.component_id(),
                    update: update.encode(),
                };
                let (message, ..) = group
                    .propose(provider, identity, update, ProposalOrRefType::Reference)
                    .map_err(MlsError::refused)?;
                messages.push(bytes(message)?);
            }
            Ok(messages)
        })
    }

    /// Proposes that this client goes (EXT, R28).
    ///
    /// # Errors
    /// When the library refuses.
    pub fn propose_self_remove(
        &mut self,
        library: &Library,
        identity: &Identity,
    ) -> Result<Vec<u8>, MlsError> {
        library.touched();
        let propose = || self.group.leave_group_via_self_remove(&library.provider, identity);
        let message = library.meter.measure(propose).map_err(MlsError::refused)?;
        message.to_bytes().map_err(MlsError::refused)
    }

    /// Proposes GroupContext extensions: the group's own, or those without the external senders. No
    /// honest member does, since that is the hub's.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn propose_extensions(
        &mut self,
        library: &Library,
        identity: &Identity,
        with_senders: bool,
    ) -> Result<Vec<u8>, MlsError> {
        library.touched();
        let mut extensions = self.group.extensions().clone();
        if !with_senders {
            extensions.remove(ExtensionType::ExternalSenders);
        }
        let provider = &library.provider;
        let propose =
            || self.group.propose_group_context_extensions(provider, extensions, identity);
        let (message, _) = library.meter.measure(propose).map_err(MlsError::refused)?;
        message.to_bytes().map_err(MlsError::refused)
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
        self.commit_by(library, identity, plan, library.provider.crypto(), |_| {})
    }

    /// The same by any cryptography, and with what `beside` writes into the next room state.
    pub(in crate::mls) fn commit_by(
        &mut self,
        library: &Library,
        identity: &Identity,
        plan: &CommitPlan,
        crypto: &impl OpenMlsCrypto,
        beside: impl FnOnce(&mut AppDataDictionaryUpdater<'_>),
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
            let mut updater = stage.app_data_dictionary_updater();
            beside(&mut updater);
            let (_, changes) =
                facts::apply_updates(state, stage.app_data_update_proposals(), updater)?;
            stage.with_app_data_dictionary_updates(changes);
            stage
                .build(provider.rand(), crypto, identity, |_| true)
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

    /// Drops those of the waiting proposals that are this client's own. Others' stay: the hub has
    /// accepted them, and the next commit names them.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn drop_own_proposals(&mut self, library: &Library) -> Result<(), MlsError> {
        let own = Sender::Member(self.group.own_leaf_index());
        self.drop_those(library, |waiting| *waiting.sender() == own)
    }

    /// Drops those of the waiting proposals that have these ProposalRefs.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn drop_named(
        &mut self,
        library: &Library,
        references: &BTreeSet<Vec<u8>>,
    ) -> Result<(), MlsError> {
        let named =
            |it: &QueuedProposal| references.contains(it.proposal_reference_ref().as_slice());
        self.drop_those(library, named)
    }

    fn drop_those(
        &mut self,
        library: &Library,
        which: impl Fn(&QueuedProposal) -> bool,
    ) -> Result<(), MlsError> {
        library.touched();
        let those = self.group.pending_proposals().filter(|waiting| which(waiting));
        let those: Vec<_> = those.map(|waiting| waiting.proposal_reference_ref().clone()).collect();
        let storage = library.provider.storage();
        for reference in those {
            self.group.remove_pending_proposal(storage, &reference).map_err(MlsError::refused)?;
        }
        Ok(())
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
        self.refresh(library)
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
        self.encrypt_beside(library, identity, content, Vec::new())
    }

    /// Encrypts an application message, and authenticates data beside it that everyone can read.
    ///
    /// # Errors
    /// When proposals wait (R37), or the library refuses.
    pub fn encrypt_beside(
        &mut self,
        library: &Library,
        identity: &Identity,
        content: &[u8],
        authenticated_data: Vec<u8>,
    ) -> Result<Vec<u8>, MlsError> {
        library.touched();
        self.group.set_aad(authenticated_data);
        let encrypt = || self.group.create_message(&library.provider, identity, content);
        let message = library.meter.measure(encrypt).map_err(MlsError::refused);
        // Where nothing was made, the data would go with whatever is made next.
        self.group.set_aad(Vec::new());
        message?.to_bytes().map_err(MlsError::refused)
    }
}
