//! What a member makes of what others sent.

use openmls::group::{QueuedProposal, StagedCommit};
use openmls::prelude::{ProcessedMessage, ProcessedMessageContent, Sender};
use openmls_traits::OpenMlsProvider as _;

use super::Member;
use crate::mimi::room::RoomState;
use crate::mimi::rules::{Actor, Handshake, Part};
use crate::mls::framing::protocol_message;
use crate::mls::identity::read_credential;
use crate::mls::view::named;
use crate::mls::{Library, MlsError, facts};

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
    next_state: Box<RoomState>,
    commit: Box<StagedCommit>,
}

impl Member {
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
        let senders = facts::Senders::of(self.group.public_group())?;
        let processed = library
            .meter
            .measure(|| self.group.process_message(provider, message))
            .map_err(|error| named(&error.to_string()))?;
        let sender = processed.sender().clone();
        let credential = read_credential(processed.credential());
        self.sort_out(library, processed, &senders, &sender, credential)
    }

    /// Whether this side of the group can decrypt an application message, whoever has it now. The
    /// message's keys are used up by it.
    pub fn opens(&mut self, library: &Library, message: &[u8]) -> bool {
        let Ok(message) = protocol_message(message) else { return false };
        library.touched();
        let provider = &library.provider;
        let process = || self.group.process_message(provider, message);
        library.meter.measure(process).is_ok_and(|processed| {
            matches!(processed.into_content(), ProcessedMessageContent::ApplicationMessage(_))
        })
    }

    fn sort_out(
        &mut self,
        library: &Library,
        processed: ProcessedMessage,
        senders: &facts::Senders,
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
                let part = facts::part(senders, None, &proposal)?;
                Ok(Incoming::Proposal { part, proposal })
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                self.staged(senders, sender, commit, self.state.clone())
            }
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let (next, changes) = facts::apply_updates(
                    &self.state,
                    unresolved.app_data_update_proposals(),
                    self.group.app_data_dictionary_updater(),
                )?;
                let stage = || self.group.stage_app_data_commit(provider, *unresolved, changes);
                let staged = library.meter.measure(stage);
                // Here too a proposal can be missing that the commit names.
                let staged = staged.map_err(|error| named(&error.to_string()))?;
                self.staged(senders, sender, Box::new(staged), (library.dialect)(next))
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
        senders: &facts::Senders,
        sender: &Sender,
        commit: Box<StagedCommit>,
        next_state: RoomState,
    ) -> Result<Incoming, MlsError> {
        let handshake = facts::handshake(senders, self.epoch(), sender, &commit)?;
        let removes_me = commit.self_removed();
        let next_state = Box::new(next_state);
        Ok(Incoming::Commit(StagedByMember { handshake, removes_me, next_state, commit }))
    }

    /// Keeps a proposal for the next commit. The library keeps this client's own when it makes
    /// them, and would keep them twice once they come back.
    ///
    /// # Errors
    /// When the storage refuses.
    pub fn keep(&mut self, library: &Library, proposal: QueuedProposal) -> Result<(), MlsError> {
        let reference = proposal.proposal_reference_ref();
        if self.group.pending_proposals().any(|it| it.proposal_reference_ref() == reference) {
            return Ok(());
        }
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
        self.state = *staged.next_state;
        Ok(())
    }
}
