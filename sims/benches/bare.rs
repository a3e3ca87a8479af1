//! The MLS operations of a run and nothing else: stock provider, stock store, no simulation.
//!
//! Each client and the hub has an [`OpenMlsRustCrypto`] with its `MemoryStorage`, and the same
//! groups as in a run: components, required capabilities, external sender, ratchets, past epochs.
//! What one client makes goes to the others as bytes, which each of them parses once. There is no
//! network, no journal, no disk, no rule and no oracle; a room state is worked out once for all.
//!
//! A run asks more of the library than this: servers check KeyPackages and signed requests,
//! messages are parsed on their way, senders are sent their own messages, franks are signed and
//! checked. That is part of the tax.

use std::collections::{BTreeMap, VecDeque};

use openmls::component::ComponentData;
use openmls::group::{
    AppDataDictionaryUpdater, AppDataUpdates, MlsGroup, MlsGroupJoinConfig,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, PastEpochDeletionPolicy, ProposalStore, StagedWelcome,
};
use openmls::messages::Welcome;
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::messages::proposals::{AppDataUpdateProposal, Proposal};
use openmls::prelude::{
    AppDataDictionary, AppDataDictionaryExtension, BasicCredential, Capabilities,
    CredentialWithKey, Extension, ExtensionType, Extensions, ExternalSender, GroupId, KeyPackage,
    KeyPackageIn, Lifetime, MlsMessageIn, ProcessedMessageContent, ProposalType, ProtocolMessage,
    ProtocolVersion, PublicGroup, RatchetTreeIn, RequiredCapabilitiesExtension,
    SenderRatchetConfiguration,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::OpenMlsProvider as _;
use schism::mimi::frank::authenticated_data;
use schism::mimi::room::{ComponentUpdate, RoomMetadata, RoomState};
use schism::mimi::rules::Actor;
use schism::mimi::uri::{ClientUri, RoomUri};
use schism::mls::{Franker, Identity, SUITE};
use tls_codec::{Deserialize as _, Serialize as _};

use crate::Failure;
use crate::plan::{Changing, Counts, Operation, Plan};

const EXTENSIONS: [ExtensionType; 1] = [ExtensionType::AppDataDictionary];
const PROPOSALS: [ProposalType; 2] = [ProposalType::AppDataUpdate, ProposalType::SelfRemove];

/// Components of the room state with their data.
type Components = Vec<(u16, Vec<u8>)>;

/// Performs a plan's operations and counts them.
///
/// # Errors
/// When the library refuses something, or the plan does not fit together.
pub fn perform(plan: &Plan) -> Result<Counts, Failure> {
    let mut bare = Bare::new(plan)?;
    for operation in &plan.operations {
        match operation {
            Operation::KeyPackages { client, count } => bare.key_packages(client, *count)?,
            Operation::Create { client } => bare.create(client)?,
            Operation::Commit { client, changing } => bare.commit(client, changing)?,
            Operation::Message { client, content } => bare.message(client, content)?,
        }
    }
    Ok(bare.counts)
}

struct Bare {
    room: RoomUri,
    clients: BTreeMap<ClientUri, Client>,
    hub: Hub,
    state: Option<RoomState>,
    counts: Counts,
}

struct Client {
    actor: Actor,
    identity: Identity,
    provider: OpenMlsRustCrypto,
    key_packages: VecDeque<Vec<u8>>,
    group: Option<MlsGroup>,
}

struct Hub {
    identity: Identity,
    provider: OpenMlsRustCrypto,
    group: Option<PublicGroup>,
}

/// A commit as it travels, and the components that it changes.
struct Commit {
    message: Vec<u8>,
    welcome: Option<Vec<u8>>,
    changed: Components,
}

impl Bare {
    fn new(plan: &Plan) -> Result<Self, Failure> {
        let client = |(secret, (client, user)): (u8, (&ClientUri, &_))| {
            let actor = Actor { client: client.clone(), user: Clone::clone(user) };
            let new = Client {
                identity: Identity::client(&actor, [secret; 32]),
                actor,
                provider: OpenMlsRustCrypto::default(),
                key_packages: VecDeque::new(),
                group: None,
            };
            (client.clone(), new)
        };
        Ok(Self {
            room: plan.room.clone(),
            clients: (1..).zip(&plan.users).map(client).collect(),
            hub: Hub {
                identity: Identity::hub(plan.room.provider(), [0; 32]),
                provider: OpenMlsRustCrypto::default(),
                group: None,
            },
            state: None,
            counts: Counts::default(),
        })
    }

    fn key_packages(&mut self, client: &ClientUri, count: usize) -> Result<(), Failure> {
        let client = self.clients.get_mut(client).ok_or("no such client")?;
        for _ in 0..count {
            client.make_key_package()?;
            self.counts.key_packages += 1;
        }
        Ok(())
    }

    fn create(&mut self, creator: &ClientUri) -> Result<(), Failure> {
        let creator = self.clients.get_mut(creator).ok_or("no such client")?;
        let user = creator.actor.user.clone();
        let mut state = RoomState::cooperative(self.room.clone(), self.room.name(), user);
        state.franking_agent = Some(Franker::of(self.room.provider(), &[0; 32]).agent());
        let (info, tree) = creator.create(&self.room, &state, &self.hub.identity)?;
        self.hub.found(&info, &tree)?;
        self.state = Some(state);
        self.counts.creations += 1;
        self.counts.shadowed += 1;
        Ok(())
    }

    fn commit(&mut self, committer: &ClientUri, changing: &Changing) -> Result<(), Failure> {
        let state = self.state.as_ref().ok_or("no room")?;
        let updates = updates(state, changing);
        let next = state.apply(&updates.iter().collect::<Vec<_>>())?;
        let touched = |id: u16| updates.iter().any(|update| update.component_id() == id);
        let changed = next.components().into_iter().filter(|(id, _)| touched(*id)).collect();
        let added = match changing {
            Changing::Adds { clients, .. } => clients.as_slice(),
            Changing::Name(_) | Changing::Path => &[],
        };
        let mut packages = Vec::new();
        for client in added {
            let client = self.clients.get_mut(client).ok_or("no such client")?;
            packages.push(client.key_packages.pop_front().ok_or("no KeyPackage is left")?);
        }
        let builder = self.clients.get_mut(committer).ok_or("no such client")?;
        let commit = builder.commit(&packages, &updates, changed)?;
        self.counts.commit(changing);

        self.hub.follow(&commit)?;
        self.counts.shadowed += 1;
        for (name, client) in &mut self.clients {
            if name == committer {
                client.merge_own()?;
                self.counts.merged += 1;
            } else if client.group.is_some() {
                client.follow(&commit)?;
                self.counts.followed += 1;
            }
        }
        if let Some(welcome) = &commit.welcome {
            let tree = self.hub.ratchet_tree()?;
            for client in added {
                let client = self.clients.get_mut(client).ok_or("no such client")?;
                client.join(welcome, &tree)?;
                self.counts.joined += 1;
            }
        }
        self.state = Some(next);
        Ok(())
    }

    fn message(&mut self, sender: &ClientUri, content: &[u8]) -> Result<(), Failure> {
        let message = self.clients.get_mut(sender).ok_or("no such client")?.encrypt(content)?;
        self.counts.encrypted += 1;
        for (name, client) in &mut self.clients {
            if name != sender && client.group.is_some() {
                if client.decrypt(&message)? != content {
                    return Err("decrypted to something else".into());
                }
                self.counts.decrypted += 1;
            }
        }
        Ok(())
    }
}

impl Client {
    fn make_key_package(&mut self) -> Result<(), Failure> {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .key_package_lifetime(Lifetime::init(0, u64::MAX))
            .build(SUITE, &self.provider, &self.identity, with_key(&self.identity))?;
        self.key_packages.push_back(bundle.key_package().tls_serialize_detached()?);
        Ok(())
    }

    /// Returns GroupInfo and ratchet tree.
    fn create(
        &mut self,
        room: &RoomUri,
        state: &RoomState,
        hub: &Identity,
    ) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        let mut dictionary = AppDataDictionary::new();
        for (id, data) in state.components() {
            dictionary.insert(id, data);
        }
        let CredentialWithKey { credential, signature_key } = with_key(hub);
        let extensions = Extensions::from_vec(vec![
            Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(
                &EXTENSIONS,
                &PROPOSALS,
                &[],
            )),
            Extension::AppDataDictionary(AppDataDictionaryExtension::new(dictionary)),
            Extension::ExternalSenders(vec![ExternalSender::new(signature_key, credential)]),
        ])?;
        let group = MlsGroup::builder()
            .with_group_id(GroupId::from_slice(room.group_id().as_bytes()))
            .ciphersuite(SUITE)
            .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .with_capabilities(capabilities())
            .with_group_context_extensions(extensions)
            .lifetime(Lifetime::init(0, u64::MAX))
            .set_past_epoch_deletion_policy(past_epochs())
            .sender_ratchet_configuration(ratchets())
            .build(&self.provider, &self.identity, with_key(&self.identity))?;
        let info = group.export_group_info(self.provider.crypto(), &self.identity, false)?;
        let tree = group.export_ratchet_tree().tls_serialize_detached()?;
        self.group = Some(group);
        Ok((info.to_bytes()?, tree))
    }

    fn commit(
        &mut self,
        packages: &[Vec<u8>],
        updates: &[ComponentUpdate],
        changed: Components,
    ) -> Result<Commit, Failure> {
        let crypto = self.provider.crypto();
        let read = |package: &Vec<u8>| -> Result<_, Failure> {
            let package = KeyPackageIn::tls_deserialize_exact(package)?;
            Ok(package.validate(crypto, ProtocolVersion::Mls10)?)
        };
        let adds = packages.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let updates = updates.iter().map(|update| {
            let update = AppDataUpdateProposal::update(update.component_id(), update.encode());
            Proposal::AppDataUpdate(Box::new(update))
        });
        let mut stage = self
            .group
            .as_mut()
            .ok_or("not a member")?
            .commit_builder()
            .consume_proposal_store(true)
            .force_self_update(true)
            .propose_adds(adds)
            .add_proposals(updates)
            .load_psks(self.provider.storage())?
            .create_group_info(true);
        let changes = set(stage.app_data_dictionary_updater(), &changed);
        stage.with_app_data_dictionary_updates(changes);
        let bundle = stage
            .build(self.provider.rand(), crypto, &self.identity, |_| true)?
            .stage_commit(&self.provider)?;
        let (message, welcome, info) = bundle.into_contents();
        info.ok_or("no GroupInfo")?.tls_serialize_detached()?;
        let welcome = welcome.map(|welcome| welcome.tls_serialize_detached()).transpose()?;
        Ok(Commit { message: message.to_bytes()?, welcome, changed })
    }

    fn merge_own(&mut self) -> Result<(), Failure> {
        let group = self.group.as_mut().ok_or("not a member")?;
        Ok(group.merge_pending_commit(&self.provider)?)
    }

    fn follow(&mut self, commit: &Commit) -> Result<(), Failure> {
        let group = self.group.as_mut().ok_or("not a member")?;
        let processed = group.process_message(&self.provider, protocol(&commit.message)?)?;
        let staged = match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => *staged,
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let changes = set(group.app_data_dictionary_updater(), &commit.changed);
                group.stage_app_data_commit(&self.provider, *unresolved, changes)?
            }
            _ => return Err("not a commit".into()),
        };
        Ok(group.merge_staged_commit(&self.provider, staged)?)
    }

    fn join(&mut self, welcome: &[u8], tree: &[u8]) -> Result<(), Failure> {
        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .set_past_epoch_deletion_policy(past_epochs())
            .sender_ratchet_configuration(ratchets())
            .build();
        let welcome = Welcome::tls_deserialize_exact(welcome)?;
        let tree = RatchetTreeIn::tls_deserialize_exact(tree)?;
        let group = StagedWelcome::build_from_welcome(&self.provider, &config, welcome)?
            .with_ratchet_tree(tree)
            .replace_old_group()
            .build()?
            .into_group(&self.provider)?;
        self.group = Some(group);
        Ok(())
    }

    /// With a franking tag beside it, as long as a real one.
    fn encrypt(&mut self, content: &[u8]) -> Result<Vec<u8>, Failure> {
        let group = self.group.as_mut().ok_or("not a member")?;
        group.set_aad(authenticated_data(&[0; 32]));
        Ok(group.create_message(&self.provider, &self.identity, content)?.to_bytes()?)
    }

    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let group = self.group.as_mut().ok_or("not a member")?;
        let processed = group.process_message(&self.provider, protocol(message)?)?;
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => Ok(message.into_bytes()),
            _ => Err("not an application message".into()),
        }
    }
}

impl Hub {
    fn found(&mut self, info: &[u8], tree: &[u8]) -> Result<(), Failure> {
        // An MLSMessage is its version, its wire format, two bytes each, and then the GroupInfo.
        let info =
            VerifiableGroupInfo::tls_deserialize_exact(info.get(4..).ok_or("no GroupInfo")?)?;
        let tree = RatchetTreeIn::tls_deserialize_exact(tree)?;
        let (crypto, storage) = (self.provider.crypto(), self.provider.storage());
        let proposals = ProposalStore::new();
        let (group, _) = PublicGroup::from_external(crypto, storage, tree, info, proposals)?;
        self.group = Some(group);
        Ok(())
    }

    fn follow(&mut self, commit: &Commit) -> Result<(), Failure> {
        let group = self.group.as_mut().ok_or("no room")?;
        let crypto = self.provider.crypto();
        let processed = group.process_message(crypto, protocol(&commit.message)?)?;
        let staged = match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => *staged,
            ProcessedMessageContent::UnresolvedAppDataCommit(unresolved) => {
                let changes = set(group.app_data_dictionary_updater(), &commit.changed);
                group.stage_app_data_commit(crypto, *unresolved, changes)?
            }
            _ => return Err("not a commit".into()),
        };
        Ok(group.merge_commit(self.provider.storage(), staged)?)
    }

    fn ratchet_tree(&self) -> Result<Vec<u8>, Failure> {
        let group = self.group.as_ref().ok_or("no room")?;
        Ok(group.export_ratchet_tree().tls_serialize_detached()?)
    }
}

fn updates(state: &RoomState, changing: &Changing) -> Vec<ComponentUpdate> {
    match changing {
        Changing::Adds { listed, .. } => listed.clone(),
        Changing::Name(name) => {
            let metadata = RoomMetadata { name: name.clone(), ..state.metadata.clone() };
            vec![ComponentUpdate::Metadata(metadata)]
        }
        Changing::Path => Vec::new(),
    }
}

fn set(mut updater: AppDataDictionaryUpdater<'_>, changed: &Components) -> Option<AppDataUpdates> {
    for (id, data) in changed {
        updater.set(ComponentData::from_parts(*id, data.clone().into()));
    }
    updater.changes()
}

fn protocol(message: &[u8]) -> Result<ProtocolMessage, Failure> {
    Ok(MlsMessageIn::tls_deserialize_exact(message)?.try_into_protocol_message()?)
}

fn with_key(identity: &Identity) -> CredentialWithKey {
    CredentialWithKey {
        credential: BasicCredential::new(identity.wire_credential().identity).into(),
        signature_key: identity.public_key().into(),
    }
}

fn capabilities() -> Capabilities {
    Capabilities::new(None, Some(&[SUITE]), Some(&EXTENSIONS), Some(&PROPOSALS), None)
}

fn past_epochs() -> PastEpochDeletionPolicy {
    PastEpochDeletionPolicy::MaxEpochs(5)
}

fn ratchets() -> SenderRatchetConfiguration {
    SenderRatchetConfiguration::new(100, 1000)
}
