//! A client's side of a room's group.
//!
//! A member builds commits and keeps them pending, stages what others sent and merges it when its
//! owner says so. It never moves to another epoch by itself: between [`Member::commit`] and
//! [`Member::merge_own`], or [`Member::receive`] and [`Member::merge`], the client decides.

mod incoming;
mod outgoing;

pub use incoming::{Incoming, StagedByMember};
pub use outgoing::{CommitPlan, Committed};

use openmls::group::{
    MlsGroup, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy,
    StagedWelcome, WireFormatPolicy,
};
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::messages::proposals::AppDataUpdateProposal;
use openmls::prelude::{
    AppDataDictionary, AppDataDictionaryExtension, BasicCredential, Extension, ExternalSender,
    LeafNodeIndex, LeafNodeParameters, MlsMessageOut, RatchetTreeIn, SenderRatchetConfiguration,
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Serialize as _;

use super::facts::{self, RoomSnapshot};
use super::framing::{exactly, group_id, welcome_of};
use super::key_package::{capabilities, lifetime, required};
use super::{Identity, Library, MlsError, SUITE};
use crate::mimi::policy::OperationalParameters;
use crate::mimi::room::{ComponentUpdate, RoomState};
use crate::mimi::rules::{Actor, CachedProposal, Part};
use crate::mimi::uri::{ClientUri, RoomUri};
use crate::mimi::wire;

/// A client's side of one room's group.
pub struct Member {
    group: MlsGroup,
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
            StagedWelcome::build_from_welcome(
                provider,
                &join_config(&OperationalParameters::UNSTATED),
                welcome,
            )
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
        let before = facts::state_in(group_info)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mimi::policy::ORDINARY_USER;
    use crate::mimi::room::{ComponentUpdate, ParticipantListUpdate};
    use crate::mimi::rules::{Proposer, What};
    use crate::mimi::uri::{ProviderName, UserUri};
    use crate::mimi::wire::{PartialGroupInfo, RatchetTreePresence};
    use crate::mls::{KeyPackageKind, Meter, View, partial_group_info, welcome_message};

    struct Client {
        library: Library,
        identity: Identity,
    }

    fn client(name: &str, seed: u8) -> Client {
        let client = ClientUri::parse(&format!("mimi://a.example/d/{name}")).unwrap();
        let user = UserUri::parse(&format!("mimi://a.example/u/{name}")).unwrap();
        let identity = Identity::client(&Actor { client, user }, [seed; 32]);
        Client { library: Library::new([seed; 32], Meter::off()), identity }
    }

    fn room() -> RoomUri {
        RoomUri::parse("mimi://a.example/r/clubhouse").unwrap()
    }

    fn founded(alice: &Client) -> (Member, Vec<u8>) {
        let creator = UserUri::parse("mimi://a.example/u/alice").unwrap();
        let state = RoomState::cooperative(room(), "Clubhouse", creator);
        let hub = Identity::hub(room().provider(), [9; 32]).external_sender();
        Member::create(&alice.library, &alice.identity, &room(), &state, &hub).unwrap()
    }

    /// Alice's commit that brings Bob in, pending.
    fn adding_bob(alice: &Client, bob: &Client, member: &mut Member) -> Committed {
        let adds =
            bob.library.new_key_packages(&bob.identity, 1, KeyPackageKind::default()).unwrap();
        let user = UserUri::parse("mimi://a.example/u/bob").unwrap();
        let listed = ParticipantListUpdate::add(user, ORDINARY_USER);
        let updates = vec![ComponentUpdate::Participants(listed)];
        let plan = CommitPlan { adds, updates, removes: Vec::new() };
        member.commit(&alice.library, &alice.identity, &plan).unwrap()
    }

    #[test]
    fn a_group_goes_on_from_its_store_with_its_pending_commit() {
        let (mut alice, mut bob) = (client("alice", 1), client("bob", 2));
        let (mut member, _) = founded(&alice);
        let committed = adding_bob(&alice, &bob, &mut member);
        for (client, seed) in [(&mut alice, 3), (&mut bob, 4)] {
            client.library = Library::restored([seed; 32], Meter::off(), &client.library.store());
        }
        let mut member = Member::load(&alice.library, &room()).unwrap();
        assert!(member.has_pending_commit() && member.epoch() == 0);
        member.merge_own(&alice.library).unwrap();
        let welcome = welcome_message(&committed.welcome.unwrap());
        let tree = member.ratchet_tree().unwrap();
        let mut joined = Member::join(&bob.library, &welcome, &tree).unwrap();
        assert_eq!(joined.snapshot().unwrap(), member.snapshot().unwrap());
        let message = joined.encrypt(&bob.library, &bob.identity, b"hello").unwrap();
        let received = member.receive(&alice.library, &message).unwrap();
        assert!(matches!(received, Incoming::Message { content, .. } if content == b"hello"));
    }

    #[test]
    fn a_hubs_view_goes_on_from_its_store_with_its_queued_proposals() {
        let (alice, bob) = (client("alice", 1), client("bob", 2));
        let (mut member, group_info) = founded(&alice);
        let hub = Library::new([5; 32], Meter::off());
        let tree = member.ratchet_tree().unwrap();
        let mut view = View::found(&hub, &room(), &group_info, &tree).unwrap();
        let committed = adding_bob(&alice, &bob, &mut member);
        let staged = view.stage_commit(&hub, &committed.message).unwrap();
        assert!(View::matches(&hub, &staged, &committed.group_info));
        view.accept(&hub, staged).unwrap();
        member.merge_own(&alice.library).unwrap();

        let bobs = ClientUri::parse("mimi://a.example/d/bob").unwrap();
        let proposals = member.propose(&alice.library, &alice.identity, &[bobs], &[]).unwrap();
        let staged = view.stage_proposals(&hub, &[&proposals[0]]).unwrap();
        let references = staged.references.clone();
        view.accept(&hub, staged).unwrap();
        let hub = Library::restored([6; 32], Meter::off(), &hub.store());
        let view = View::load(&hub, &room()).unwrap();
        assert_eq!(view.snapshot().unwrap().context, member.snapshot().unwrap().context);
        let commit = member.commit(&alice.library, &alice.identity, &CommitPlan::default());
        let staged = view.stage_commit(&hub, &commit.unwrap().message).unwrap();
        let named = staged.handshake.parts.iter().filter_map(|part| part.by_reference.clone());
        assert_eq!(named.collect::<Vec<_>>(), references);
    }

    #[test]
    fn a_group_info_that_the_committer_did_not_sign_does_not_match_its_commit() {
        let (alice, bob) = (client("alice", 1), client("bob", 2));
        let (mut member, group_info) = founded(&alice);
        let hub = Library::new([5; 32], Meter::off());
        let tree = member.ratchet_tree().unwrap();
        let view = View::found(&hub, &room(), &group_info, &tree).unwrap();
        let committed = adding_bob(&alice, &bob, &mut member);
        let staged = view.stage_commit(&hub, &committed.message).unwrap();
        for place in 0..committed.group_info.len() {
            let mut damaged = committed.group_info.clone();
            damaged[place] ^= 1;
            assert!(!View::matches(&hub, &staged, &damaged), "byte {place}");
        }
    }

    #[test]
    fn a_partial_group_info_is_completed_to_the_one_that_it_was_taken_from() {
        let (alice, bob) = (client("alice", 1), client("bob", 2));
        let (mut member, group_info) = founded(&alice);
        let hub = Library::new([5; 32], Meter::off());
        let tree = member.ratchet_tree().unwrap();
        let view = View::found(&hub, &room(), &group_info, &tree).unwrap();
        let committed = adding_bob(&alice, &bob, &mut member);
        let staged = view.stage_commit(&hub, &committed.message).unwrap();
        let partial = partial_group_info(&committed.group_info).unwrap();
        assert!(partial.extensions.len() + partial.signature.len() < group_info.len() / 2);
        assert_eq!(View::complete(&staged, &partial).unwrap(), committed.group_info);

        let of_another_epoch = partial_group_info(&group_info).unwrap();
        let whole = View::complete(&staged, &of_another_epoch).unwrap();
        assert!(!View::matches(&hub, &staged, &whole));
        let presence = RatchetTreePresence::Present;
        assert!(View::complete(&staged, &PartialGroupInfo { presence, ..partial }).is_err());
    }

    #[test]
    fn a_follower_that_the_hub_makes_an_external_sender_is_known_by_its_place() {
        let alice = client("alice", 1);
        let (mut member, group_info) = founded(&alice);
        let library = Library::new([5; 32], Meter::off());
        let tree = member.ratchet_tree().unwrap();
        let mut view = View::found(&library, &room(), &group_info, &tree).unwrap();
        let (hub, follower) = (room().provider().clone(), ProviderName::new("b.example").unwrap());
        let at = |name: &ProviderName, seed| Identity::hub(name, [seed; 32]);
        let (hubs, followers) = (at(&hub, 9), at(&follower, 8));
        let proposal =
            view.propose_senders(&library, &hubs, &[followers.external_sender()]).unwrap();
        let staged = view.stage_proposals(&library, &[&proposal]).unwrap();
        let named = What::Senders(vec![hub.clone(), follower.clone()]);
        assert_eq!(staged.handshake.parts[0].what, named);
        assert_eq!(staged.handshake.actor, Proposer::Server(hub.clone()));
        view.accept(&library, staged).unwrap();

        let received = member.receive(&alice.library, &proposal).unwrap();
        let Incoming::Proposal { proposal, .. } = received else { panic!("no proposal") };
        member.keep(&alice.library, *proposal).unwrap();
        let plan = CommitPlan::default();
        let committed = member.commit(&alice.library, &alice.identity, &plan).unwrap();
        let staged = view.stage_commit(&library, &committed.message).unwrap();
        view.accept(&library, staged).unwrap();
        let alices = [ClientUri::parse("mimi://a.example/d/alice").unwrap()];
        let own = (&follower, &followers);
        let removal = view.propose_removals(&library, own, &alices).unwrap();
        let staged = view.stage_proposals(&library, &[&removal[0]]).unwrap();
        assert_eq!(staged.handshake.actor, Proposer::Server(follower));
        let forged = (&hub, &followers);
        let forged = view.propose_removals(&library, forged, &alices).unwrap();
        assert!(view.stage_proposals(&library, &[&forged[0]]).is_err());
    }

    #[test]
    fn a_client_takes_itself_out_by_the_next_commit_of_another() {
        let (alice, bob) = (client("alice", 1), client("bob", 2));
        let (mut member, _) = founded(&alice);
        let committed = adding_bob(&alice, &bob, &mut member);
        member.merge_own(&alice.library).unwrap();
        let welcome = welcome_message(&committed.welcome.unwrap());
        let tree = member.ratchet_tree().unwrap();
        let mut joined = Member::join(&bob.library, &welcome, &tree).unwrap();
        let proposal = joined.propose_self_remove(&bob.library, &bob.identity).unwrap();
        let received = member.receive(&alice.library, &proposal).unwrap();
        let Incoming::Proposal { proposal, .. } = received else { panic!("no proposal") };
        member.keep(&alice.library, *proposal).unwrap();
        let committed =
            member.commit(&alice.library, &alice.identity, &CommitPlan::default()).unwrap();
        let Ok(Incoming::Commit(staged)) = joined.receive(&bob.library, &committed.message) else {
            panic!("no commit")
        };
        assert!(staged.removes_me);
        member.merge_own(&alice.library).unwrap();
        assert_eq!(member.members().unwrap().len(), 1);
    }
}
