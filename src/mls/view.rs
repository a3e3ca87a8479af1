//! A hub's view of a room's group: public state, no member's key.
//!
//! A hub stages what it is sent, looks at the handshake that comes out, and then accepts or drops
//! it. What it can't check, because only members can: membership tags, confirmation tags, path
//! secrets, PSKs (study/openmls.md §3).

use openmls::group::{GroupId, ProposalStore, QueuedProposal, StagedCommit};
use openmls::messages::external_proposals::ExternalProposal;
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::{
    Extension, LeafNodeIndex, OpenMlsSignaturePublicKey, ProcessedMessage, ProcessedMessageContent,
    ProtocolMessage, PublicGroup, RatchetTreeIn, Sender, SenderExtensionIndex, SignatureScheme,
    Verifiable as _,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Serialize as _;

use super::facts::{self, RoomSnapshot};
use super::framing::{exactly, group_id, protocol_message};
use super::member::external_sender;
use super::partial::whole_group_info;
use super::{Identity, Library, MlsError};
use crate::mimi::room::RoomState;
use crate::mimi::rules::{Actor, Handshake, HandshakeKind, Part};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri};
use crate::mimi::wire;

/// A hub's view of one room's group.
pub struct View {
    group: PublicGroup,
    state: RoomState,
}

/// A handshake message that is valid MLS and not yet accepted.
pub struct Staged {
    /// What it does.
    pub handshake: Handshake,
    /// The room state that it leads to; for proposals, the current one.
    pub next_state: RoomState,
    /// The encoded GroupContext that a commit leads to.
    pub next_context: Option<Vec<u8>>,
    /// The references of proposals, in their order; a later commit names them by these.
    pub references: Vec<Vec<u8>>,
    committer: Option<Committer>,
    inner: Inner,
}

/// What a GroupInfo by the committer must agree with.
struct Committer {
    leaf: u32,
    key: Vec<u8>,
    tag: Vec<u8>,
}

enum Inner {
    Commit(Box<StagedCommit>),
    Proposals(Vec<QueuedProposal>),
}

impl View {
    /// Begins to follow a group from its GroupInfo and ratchet tree.
    ///
    /// # Errors
    /// When they don't belong together, are not of this room, or the room state can't be read.
    pub fn found(
        library: &Library,
        room: &RoomUri,
        group_info: &[u8],
        ratchet_tree: &[u8],
    ) -> Result<Self, MlsError> {
        let info: VerifiableGroupInfo = exactly(group_info, "GroupInfo")?;
        if *info.group_id() != group_id(room) {
            return Err(MlsError::Malformed("GroupInfo of this room"));
        }
        let tree: RatchetTreeIn = exactly(ratchet_tree, "ratchet tree")?;
        library.touched();
        let provider = &library.provider;
        let (group, _) = library
            .meter
            .measure(|| {
                let storage = provider.storage();
                PublicGroup::from_external(
                    provider.crypto(),
                    storage,
                    tree,
                    info,
                    ProposalStore::new(),
                )
            })
            .map_err(MlsError::refused)?;
        Self::of(group)
    }

    /// Goes on following a group from storage.
    ///
    /// # Errors
    /// When it is not there.
    pub fn load(library: &Library, room: &RoomUri) -> Result<Self, MlsError> {
        let id: GroupId = group_id(room);
        let group = library
            .meter
            .measure(|| PublicGroup::load(library.provider.storage(), &id))
            .map_err(MlsError::refused)?
            .ok_or_else(|| MlsError::Refused(format!("{room} is not in storage")))?;
        Self::of(group)
    }

    fn of(group: PublicGroup) -> Result<Self, MlsError> {
        let state = facts::decode_state(group.group_context())?;
        Ok(Self { group, state })
    }

    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.group.group_context().epoch().as_u64()
    }

    /// The room state of the GroupContext.
    pub fn state(&self) -> &RoomState {
        &self.state
    }

    /// All of the state.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub fn snapshot(&self) -> Result<RoomSnapshot, MlsError> {
        RoomSnapshot::of(&self.group, None, &self.state)
    }

    /// The members.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub fn members(&self) -> Result<Vec<Actor>, MlsError> {
        Ok(facts::leaves(&self.group)?.into_iter().map(|leaf| leaf.actor).collect())
    }

    /// The ratchet tree, encoded.
    ///
    /// # Errors
    /// When it is too large to encode.
    pub fn ratchet_tree(&self) -> Result<Vec<u8>, MlsError> {
        self.group.export_ratchet_tree().tls_serialize_detached().map_err(MlsError::refused)
    }

    /// Whether `group_info` describes the state that `staged` leads to, and is signed by the
    /// committer. A hub can't check more: `external_pub` is known to members only (R35, A18).
    pub fn matches(library: &Library, staged: &Staged, group_info: &[u8]) -> bool {
        let Some(committer) = &staged.committer else { return false };
        let Ok(info) = exactly::<VerifiableGroupInfo>(group_info, "GroupInfo") else {
            return false;
        };
        let context = info.group_context().tls_serialize_detached().ok();
        // What the library keeps to itself stands at the end: tag, signer, signature.
        let Some(rest) =
            info.extensions().tls_serialize_detached().ok().and_then(|extensions| {
                group_info.get(context.as_ref()?.len() + extensions.len()..)
            })
        else {
            return false;
        };
        let signer = committer.leaf.to_be_bytes();
        let expected = [committer.tag.as_slice(), &signer].concat();
        let key = OpenMlsSignaturePublicKey::from_signature_key(
            committer.key.clone().into(),
            SignatureScheme::ED25519,
        );
        let crypto = library.provider.crypto();
        context == staged.next_context
            && rest.starts_with(&expected)
            && library.meter.measure(|| info.verify_no_out(crypto, &key)).is_ok()
    }

    /// The whole GroupInfo of the state that `staged` leads to, by its committer.
    ///
    /// # Errors
    /// When `staged` is no commit, or the partial one is not of a room.
    pub fn complete(
        staged: &Staged,
        partial: &wire::PartialGroupInfo,
    ) -> Result<Vec<u8>, MlsError> {
        let (Some(committer), Some(context)) = (&staged.committer, &staged.next_context) else {
            return Err(MlsError::Malformed("commit"));
        };
        whole_group_info(partial, context, &committer.tag, committer.leaf)
    }

    /// Stages a commit, a member's or a joiner's.
    ///
    /// # Errors
    /// When it is not valid MLS in this epoch, or its room state updates can't be applied.
    pub fn stage_commit(&self, library: &Library, message: &[u8]) -> Result<Staged, MlsError> {
        let processed = self.process(library, message)?;
        let sender = processed.sender().clone();
        let tag = confirmation_tag(message)?;
        let crypto = library.provider.crypto();
        let (staged, next_state) = match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => (staged, self.state.clone()),
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let (next, changes) = facts::apply_updates(
                    &self.state,
                    unresolved.app_data_update_proposals(),
                    self.group.app_data_dictionary_updater(),
                )?;
                let stage = || self.group.stage_app_data_commit(crypto, *unresolved, changes);
                let staged = library.meter.measure(stage);
                let staged = staged.map_err(|error| named(&error.to_string()))?;
                (Box::new(staged), next)
            }
            _ => return Err(MlsError::Malformed("commit")),
        };
        let context = staged.group_context().tls_serialize_detached().map_err(MlsError::refused)?;
        let committer = self.committer(&sender, &staged, tag)?;
        Ok(Staged {
            handshake: self.handshake_of_commit(&sender, &staged)?,
            next_state,
            next_context: Some(context),
            references: Vec::new(),
            committer: Some(committer),
            inner: Inner::Commit(staged),
        })
    }

    /// Stages a bundle of proposals by one sender.
    ///
    /// # Errors
    /// When one is not valid MLS in this epoch, or the senders differ.
    pub fn stage_proposals(
        &self,
        library: &Library,
        messages: &[&[u8]],
    ) -> Result<Staged, MlsError> {
        let senders = facts::Senders::of(&self.group)?;
        let (mut queued, mut parts, mut references) = (Vec::new(), Vec::new(), Vec::new());
        for message in messages {
            match self.process(library, message)?.into_content() {
                ProcessedMessageContent::ProposalMessage(proposal) => {
                    let part = facts::part(&senders, None, &proposal)?;
                    // A bundle brings its proposals itself; it refers to none.
                    parts.push(Part { by_reference: None, ..part });
                    references.push(proposal.proposal_reference_ref().as_slice().to_vec());
                    queued.push(*proposal);
                }
                _ => return Err(MlsError::Malformed("proposal")),
            }
        }
        let actor = match parts.first() {
            Some(first) => first.sender.clone(),
            None => return Err(MlsError::Malformed("bundle of proposals: it is empty")),
        };
        if parts.iter().any(|part| part.sender != actor) {
            return Err(MlsError::Refused("proposals of several senders in one bundle".to_owned()));
        }
        let kind = HandshakeKind::Proposals;
        Ok(Staged {
            handshake: Handshake { kind, epoch: self.epoch(), actor, parts },
            next_state: self.state.clone(),
            next_context: None,
            references,
            committer: None,
            inner: Inner::Proposals(queued),
        })
    }

    /// Messages by which a server proposes, as an external sender, that these clients go.
    ///
    /// # Errors
    /// When the server is no external sender of the group, or a client no member.
    pub fn propose_removals(
        &self,
        library: &Library,
        (server, identity): (&ProviderName, &Identity),
        clients: &[ClientUri],
    ) -> Result<Vec<Vec<u8>>, MlsError> {
        let senders = facts::Senders::of(&self.group)?;
        let place = senders
            .place_of(server)
            .ok_or_else(|| MlsError::Refused(format!("{server} is no external sender")))?;
        let context = self.group.group_context();
        let propose = |client: &ClientUri| {
            let leaf = senders.members.iter().find(|leaf| leaf.actor.client == *client);
            let leaf = leaf.ok_or_else(|| MlsError::Refused(format!("{client} is no member")))?;
            let message = library.meter.measure(|| {
                ExternalProposal::new_remove::<super::SeededProvider>(
                    LeafNodeIndex::new(leaf.index),
                    context.group_id().clone(),
                    context.epoch(),
                    identity,
                    SenderExtensionIndex::new(place),
                )
            });
            message.map_err(MlsError::refused)?.to_bytes().map_err(MlsError::refused)
        };
        clients.iter().map(propose).collect()
    }

    /// The servers that are external senders of the group, the hub first.
    ///
    /// # Errors
    /// When a leaf's credential names nobody.
    pub fn external_senders(&self) -> Result<Vec<ProviderName>, MlsError> {
        Ok(facts::Senders::of(&self.group)?.servers())
    }

    /// A message by which the hub, as the first external sender, proposes who the others are.
    ///
    /// # Errors
    /// When the library refuses.
    pub fn propose_senders(
        &self,
        library: &Library,
        identity: &Identity,
        others: &[wire::ExternalSender],
    ) -> Result<Vec<u8>, MlsError> {
        let context = self.group.group_context();
        let mut extensions = context.extensions().clone();
        let first = extensions.external_senders().and_then(|senders| senders.first()).cloned();
        let mut senders: Vec<_> = first.into_iter().collect();
        senders.extend(others.iter().map(external_sender));
        extensions
            .add_or_replace(Extension::ExternalSenders(senders))
            .map_err(MlsError::refused)?;
        let message = library.meter.measure(|| {
            ExternalProposal::new_group_context_extensions::<super::SeededProvider>(
                extensions,
                context.group_id().clone(),
                context.epoch(),
                identity,
                SenderExtensionIndex::new(0),
            )
        });
        message.map_err(MlsError::refused)?.to_bytes().map_err(MlsError::refused)
    }

    /// Makes what was staged part of the view.
    ///
    /// # Errors
    /// When the library refuses; the view is then as before.
    pub fn accept(&mut self, library: &Library, staged: Staged) -> Result<(), MlsError> {
        library.touched();
        let storage = library.provider.storage();
        library.meter.measure(|| match staged.inner {
            Inner::Commit(commit) => {
                self.group.merge_commit(storage, *commit).map_err(MlsError::refused)
            }
            Inner::Proposals(proposals) => proposals.into_iter().try_for_each(|proposal| {
                self.group.add_proposal(storage, proposal).map_err(MlsError::refused)
            }),
        })?;
        self.state = staged.next_state;
        Ok(())
    }

    fn process(&self, library: &Library, message: &[u8]) -> Result<ProcessedMessage, MlsError> {
        let message = protocol_message(message)?;
        let (found, current) = (message.epoch().as_u64(), self.epoch());
        if found != current {
            return Err(MlsError::WrongEpoch { found, current });
        }
        let crypto = library.provider.crypto();
        library
            .meter
            .measure(|| self.group.process_message(crypto, message))
            .map_err(|error| named(&error.to_string()))
    }

    fn committer(
        &self,
        sender: &Sender,
        staged: &StagedCommit,
        tag: Vec<u8>,
    ) -> Result<Committer, MlsError> {
        let index = match sender {
            Sender::Member(index) => *index,
            _ => self.group.ext_commit_sender_index(staged).map_err(MlsError::refused)?,
        };
        // A commit without a path leaves the committer's leaf as it is.
        let leaf = staged.update_path_leaf_node().or_else(|| self.group.leaf(index));
        let leaf = leaf.ok_or(MlsError::Malformed("commit by a member or a joiner"))?;
        let key = leaf.signature_key().as_slice().to_vec();
        Ok(Committer { leaf: index.u32(), key, tag })
    }

    fn handshake_of_commit(
        &self,
        sender: &Sender,
        staged: &StagedCommit,
    ) -> Result<Handshake, MlsError> {
        let senders = facts::Senders::of(&self.group)?;
        facts::handshake(&senders, self.epoch(), sender, staged)
    }
}

/// The confirmation tag of a commit, encoded.
fn confirmation_tag(message: &[u8]) -> Result<Vec<u8>, MlsError> {
    let ProtocolMessage::PublicMessage(message) = protocol_message(message)? else {
        return Err(MlsError::Malformed("commit"));
    };
    let tag = message.confirmation_tag().ok_or(MlsError::Malformed("commit: it has no tag"))?;
    tag.tls_serialize_detached().map_err(MlsError::refused)
}

/// The library's error, with the one that callers tell apart by its own name.
pub(super) fn named(text: &str) -> MlsError {
    if text.contains("missing a proposal") {
        MlsError::UnknownProposal
    } else {
        MlsError::Refused(text.to_owned())
    }
}
