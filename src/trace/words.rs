//! The words that events are made of: the header, hashes, members, room states, changes.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};

/// A SHA-256 hash, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(#[serde(with = "hex::serde")] pub [u8; 32]);

impl Digest {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first eight digits, for people.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..4])
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

/// The first line of a trace.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Header {
    /// Version of this vocabulary.
    pub format: u32,
    /// Title of the scenario.
    pub scenario: String,
    /// Hash of the script that was played, in its written form.
    pub script: Digest,
    /// The seed of the run.
    pub seed: u64,
    /// Every node, by the name that entries use: a provider's domain, or a client's short name.
    pub nodes: BTreeMap<String, Node>,
    /// Every room by its short name.
    pub rooms: BTreeMap<String, RoomUri>,
    /// Nodes that the script makes misbehave. Their own conduct is not judged.
    pub dishonest: Vec<String>,
    /// Ids of the invariants that the author expects to break; empty where all must hold.
    pub expected: Vec<String>,
    /// Rules that are switched off in this run.
    pub without: Vec<String>,
    /// Rules that hubs do not check in this run, and clients do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hub_without: Vec<String>,
    /// Readings of open texts that are taken in place of the usual ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<String>,
    /// Detectors that are on, by their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detectors: Vec<String>,
    /// What the author expects to be detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection: Option<Detection>,
    /// Simulated milliseconds that a room may take to come to rest after the last fault heals.
    pub rest_ms: u64,
    /// KeyPackages are handed out only where their user has agreed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explicit_consent: bool,
}

/// An alarm that the author of a scenario expects.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Detection {
    /// The id of the detector that raises it.
    pub by: String,
    /// Most simulated milliseconds from the beginning of the first misbehaviour; any time where
    /// none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_ms: Option<u64>,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Node {
    /// A provider's server.
    Provider {
        /// Its domain.
        provider: ProviderName,
    },
    /// A user's client.
    Client {
        /// Its URI.
        client: ClientUri,
        /// Whose it is.
        user: UserUri,
    },
}

/// A client in an MLS group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
pub struct Member {
    /// Leaf index.
    pub leaf: u32,
    /// The client that the leaf's credential names.
    pub client: ClientUri,
    /// The user that the leaf's credential names.
    pub user: UserUri,
    /// Hash of the leaf's signature key.
    pub key: Digest,
}

/// A user in a room's participant list.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Participant {
    /// The user.
    pub user: UserUri,
    /// Index of the user's role; 1 is "banned" where that role exists (R49).
    pub role: u32,
}

/// The definition of a role, as far as it allows and limits things (RP03 §3).
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RoleView {
    /// Its index.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Numbers of the capabilities that its holders have (RP03 §10.2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<u16>,
    /// Fewest participants with this role.
    #[serde(default)]
    pub minimum: u32,
    /// Most participants with this role; no limit where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// Fewest active participants with this role.
    #[serde(default)]
    pub minimum_active: u32,
    /// Most active participants with this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum_active: Option<u32>,
    /// The role changes that its holders may make.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<MoveView>,
}

/// Role changes that a role may make. (No map by number: serde does not read one back from JSON
/// inside what is flattened, as an entry's event is.)
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct MoveView {
    /// The role before; 0 is "not in the list".
    pub from: u32,
    /// The roles that it may become.
    pub to: Vec<u32>,
}

/// The room state as a node decoded it from a GroupContext.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct RoomView {
    /// The participant list, in its order.
    pub participants: Vec<Participant>,
    /// The roles that are defined.
    pub roles: Vec<RoleView>,
    /// The room's display name.
    pub name: String,
    /// What else its policy says.
    #[serde(default)]
    pub policy: PolicyView,
}

/// What a room's policy says beside its roles. Where the room says nothing, its defaults stand
/// here.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct PolicyView {
    /// Nobody enters or leaves the participant list (RP03 §5).
    pub fixed_membership: bool,
    /// A user has at most one client in the group.
    pub single_device: bool,
    /// The room whose participants this one's must be among.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<RoomUri>,
    /// Most clients in the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_clients: Option<u32>,
    /// Most users in the list, banned ones left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_users: Option<u32>,
    /// Clients may not join by external commits (RP03 §7).
    pub no_external_commits: bool,
    /// Who is no member may not propose.
    pub no_external_proposals: bool,
    /// How many epochs a message may be late.
    pub epoch_tolerance: u8,
    /// Who has a right to a role by its credential (RP03 §4), in the order of consulting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preauthorized: Vec<PreauthView>,
    /// Hashes of the join codes that are valid (RP03 §6.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub join_codes: Vec<Digest>,
}

/// Claims, and the role that whoever meets all of them has a right to.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct PreauthView {
    /// What is claimed, each with the value that it must have: `user`, `client`, `provider`,
    /// `server`; a claim about anything else has an empty name, and nobody meets it.
    pub claims: Vec<(String, String)>,
    /// Index of the role.
    pub role: u32,
}

/// A decoded room state, by hash; written out only where it differs from the node's last one.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct StateRef {
    /// Hash of the *decoded* state, not of its bytes (I2).
    pub hash: Digest,
    /// The state itself, the first time that this node has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<RoomView>,
}

/// What a handshake message changes, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Change {
    /// Clients that MLS Adds bring in (or the joiner of an external commit).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adds: Vec<ClientUri>,
    /// Clients that MLS Removes take out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<ClientUri>,
    /// Users that enter the participant list, with their role.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<Participant>,
    /// Users that leave the participant list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<UserUri>,
    /// Users whose role changes, with the new one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Participant>,
    /// The room's new name, where the metadata change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One thing that a proposal does, and who proposed it. A handshake is a list of these.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Deed {
    /// Who proposed it: for one by reference that need not be the committer.
    pub by: Author,
    /// A commit names it; it was sent and accepted before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub referenced: bool,
    /// What it does.
    #[serde(flatten)]
    pub what: DeedKind,
}

/// Who proposes something.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// A client, in its user's name.
    Client {
        /// The client.
        client: ClientUri,
        /// Its user.
        user: UserUri,
    },
    /// A provider's server, as an external sender.
    Server(ProviderName),
}

/// What a proposal does.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case")]
pub enum DeedKind {
    /// A client enters the group.
    AddClient {
        /// The client.
        client: ClientUri,
        /// Its user.
        of: UserUri,
    },
    /// A client is taken out of the group.
    RemoveClient {
        /// The client.
        client: ClientUri,
        /// Its user.
        of: UserUri,
    },
    /// The author's client enters the group by its own external commit.
    Join,
    /// A user enters the participant list.
    List {
        /// The user.
        target: UserUri,
        /// Index of its role.
        role: u32,
    },
    /// A user leaves the participant list.
    Unlist {
        /// The user.
        target: UserUri,
    },
    /// A user gets another role.
    ChangeRole {
        /// The user.
        target: UserUri,
        /// Index of the new role.
        role: u32,
    },
    /// The metadata change.
    ChangeMetadata {
        /// The fields that differ: uri, name, descriptions, avatar, subject, mood.
        fields: Vec<String>,
    },
    /// A part of the policy changes.
    ChangePolicy {
        /// Which: roles, preauthorized, base, operational, franking_agent, join_link_policy,
        /// join_codes_added, join_codes_removed.
        part: String,
    },
    /// Something that needs no right.
    Other {
        /// The type of the proposal.
        name: String,
    },
}

/// What kind of thing a hub accepted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The room's first state (epoch 0).
    Created,
    /// A member's commit.
    Commit,
    /// A joiner's external commit.
    ExternalCommit,
    /// A bundle of proposals, kept for the next commit.
    Proposals,
    /// An application message.
    Message,
}

/// A handshake that a hub held against the rules and refused.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Judged {
    /// What it would have been.
    pub kind: Kind,
    /// The epoch that it was made in.
    pub epoch: u64,
    /// Its proposals one by one.
    pub deeds: Vec<Deed>,
}

/// How a client came into an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// It created the room.
    Created,
    /// By a Welcome.
    Welcome,
    /// It applied somebody else's commit.
    Commit,
    /// It merged its own commit.
    OwnCommit,
    /// It joined, or returned, by its own external commit.
    ExternalCommit,
}

/// Which of the hub's views of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The state of the GroupContext.
    Committed,
    /// With accepted, not yet committed proposals applied (R19).
    Provisional,
}

/// The end of an intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It took effect.
    Done,
    /// The hub, or the client itself, refused it for good.
    Refused,
    /// It had become pointless, or could not be reached in time.
    Abandoned,
}

/// Which part of the run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// All steps were given and the last fault has healed: the room has `rest_ms` from here.
    Rest,
    /// `rest_ms` are over: everyone active should be at the hub's epoch (L1). Every online member
    /// now sends once and one client of each room commits, so that *cannot* differs from *nobody
    /// tried* (L6).
    Probe,
    /// The run is over.
    End,
}

/// When an attacker copied a client's disk.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// When the hub's view no longer had the client, before the client could learn of it.
    AtRemoval,
    /// When a stay of the client had begun.
    AtJoin,
    /// At the end of the run, from a member.
    AtEnd,
    /// While a thief was there, from a member ([`Cloned`](super::Event::Cloned)).
    ByThief,
}

/// What a server must not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// The plaintext of an application message.
    Content,
    /// Who sent one: for followers only (R40).
    Sender,
}

/// An MLS group as a restart finds it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct FoundGroup {
    /// Its epoch.
    pub epoch: u64,
    /// Hash of its epoch authenticator.
    pub authenticator: Digest,
    /// Hash of the room state that is decoded from it.
    pub state: Digest,
}

/// A commit as a client's mailbox has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct FoundCommit {
    /// Hash of the MLS message.
    pub digest: Digest,
    /// The epoch that it was made in; it leads to the next one.
    pub epoch: u64,
}

/// A frank, as the receiver of a message sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct SeenFrank {
    /// Its hash.
    pub frank: Digest,
    /// Whether it is genuine and fits the message (R39).
    pub genuine: bool,
}

/// A message that somebody reports, as its hub finds it.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Evidence {
    /// Hash of what is said to be its plaintext.
    pub content: Digest,
    /// Whether the accused sent it to this room, and the hub franked it.
    pub genuine: bool,
    /// In words, why not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}
