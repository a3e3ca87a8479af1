//! A run with nothing left to chance: the one input of `world`.
//!
//! A [`Script`] is what a scenario file becomes once a seed is fixed. It is the same file format
//! again (see `scenario`), so that a script can be stored, read and played later. Times are
//! simulated milliseconds since the start of the run. Nodes are named as in the file: providers
//! by domain, users, clients and rooms by their short names, each unique in its kind.
//!
//! Not here: reading or checking files (`scenario`), playing (`world`).

mod forms;
pub mod ids;
mod names;

use std::collections::BTreeMap;

pub use forms::{FORMS, Form, Takes, Who};
pub use names::ACCESS;

use crate::mimi::room::{Charter, PolicyChange};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{ConsentOperation, QueryElement};

/// Simulated milliseconds that a room may take to come to rest where nobody says otherwise.
pub const USUAL_REST_MS: u64 = 20_000;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// One line: what this is.
    pub title: String,
    /// Why it exists.
    pub why: String,
    /// The seed of every choice that is left: keys, jitter, the courier's dice.
    pub seed: u64,
    /// Providers in the order of the file.
    pub providers: Vec<ProviderName>,
    /// Users by short name.
    pub users: BTreeMap<String, User>,
    /// Rooms by short name.
    pub rooms: BTreeMap<String, Room>,
    /// The network without faults.
    pub network: Network,
    /// Choices that the drafts leave open, and rules that are off.
    pub protocol: Protocol,
    /// What users do, in order of time.
    pub steps: Vec<Step>,
    /// What goes wrong, in order of time.
    pub faults: Vec<Fault>,
    /// Who misbehaves, in order of time.
    pub misbehaviour: Vec<Misbehaviour>,
    /// What the author expects.
    pub expect: Expect,
    /// Simulated milliseconds that a room may take to come to rest after the last step and fault.
    pub rest_ms: u64,
}

/// A user and the clients it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its URI.
    pub uri: UserUri,
    /// Clients by short name, in the order of the file. Short names are unique in the script.
    pub clients: Vec<(String, ClientUri)>,
    /// Clients that exist only from a `join` step on: a new phone.
    pub new_clients: Vec<(String, ClientUri)>,
}

/// A room, whose hub is the provider in its URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Its URI.
    pub uri: RoomUri,
    /// What it is founded with.
    pub charter: Charter,
}

/// The network without faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Least time that a request or a response takes, one way. At least one tick (10 ms).
    pub latency_min_ms: u64,
    /// Most time, one way. Drawn by the courier for each request.
    pub latency_max_ms: u64,
}

impl Default for Network {
    fn default() -> Self {
        Self { latency_min_ms: 20, latency_max_ms: 60 }
    }
}

/// Choices that the drafts leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protocol {
    /// Ids of rules that hubs and clients do not check.
    pub without: Vec<String>,
    /// Ids of rules that hubs do not check and clients do (S19: must the hub enforce them?).
    pub hub_without: Vec<String>,
    /// Ids of readings that are taken in place of the usual ones.
    pub readings: Vec<String>,
    /// A client that sees proposals waiting commits after a keyed time in this range (R37, RP03
    /// §7).
    pub commit_delay_min_ms: u64,
    /// The range's end.
    pub commit_delay_max_ms: u64,
    /// Who gets which KeyPackages.
    pub key_material: KeyMaterial,
    /// How it can be noticed that a hub lies.
    pub watch: Watch,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            without: Vec::new(),
            hub_without: Vec::new(),
            readings: Vec::new(),
            commit_delay_min_ms: 300,
            commit_delay_max_ms: 1_500,
            key_material: KeyMaterial::default(),
            watch: Watch::default(),
        }
    }
}

/// Who compares what, lest a hub show everybody another room: none of it is in the drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Ids of the detectors that are on.
    pub detectors: Vec<String>,
    /// Simulated milliseconds from one round of comparing to the next.
    pub every_ms: u64,
    /// Simulated milliseconds that a member may be silent, or a message missing, before that is
    /// suspicious.
    pub patience_ms: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Self { detectors: Vec::new(), every_ms: 5_000, patience_ms: 60_000 }
    }
}

/// What the drafts leave open about KeyPackages (P06 §5.2, §8; RP03 §7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    /// Providers hand out KeyPackages only where their user has agreed; else every user is taken
    /// to have.
    pub explicit_consent: bool,
    /// Providers answer for users that are unknown or gone as for users who have not agreed (R9).
    pub mask_unknown_users: bool,
    /// How many KeyPackages a client leaves with its provider.
    pub key_packages: u64,
    /// How long each of them is good, in simulated milliseconds; for ever where none is given.
    pub lifetime_ms: Option<u64>,
    /// Each client leaves one more, which may be handed out again and again.
    pub last_resort: bool,
    /// Clients, by short name, that support what RFC 9420 has and nothing that rooms require
    /// beyond: no room can take them in.
    pub plain_clients: Vec<String>,
}

impl Default for KeyMaterial {
    fn default() -> Self {
        Self {
            explicit_consent: false,
            mask_unknown_users: false,
            key_packages: 8,
            lifetime_ms: None,
            last_resort: false,
            plain_clients: Vec::new(),
        }
    }
}

/// Something that a user does with a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at_ms: u64,
    /// The client's short name.
    pub client: String,
    /// The room's short name.
    pub room: String,
    /// What.
    pub action: Action,
}

/// What a user can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Create the room; the client's user becomes its first participant, with the admin role.
    Create,
    /// Add a user and all its clients in one commit with the list change.
    Add {
        /// The user's short name.
        user: String,
    },
    /// Remove a user and all its clients in one commit with the list change.
    Remove {
        /// The user's short name.
        user: String,
    },
    /// Send an application message.
    Send {
        /// Its text.
        text: String,
    },
    /// Change the room's name.
    Rename {
        /// The new name.
        name: String,
    },
    /// Commit new keys for the own leaf and nothing else.
    Update,
    /// Leave the room with all clients of the user (three steps, P06 §3.5).
    Leave,
    /// Join by an external commit: a new or returning client of a listed user (P06 §3.6), or a user
    /// whom the room lets in: it is open, or the user preauthorised (RP03 §8.1.1).
    Join,
    /// Report the newest message of a user to the hub (P06 §5.9).
    ReportAbuse {
        /// The user's short name.
        user: String,
        /// What the report says that the message said; the truth where none is given.
        text: Option<String>,
    },
    /// Join by an external commit, with a join code (RP03 §6.2).
    JoinWith {
        /// The code.
        code: String,
    },
    /// List a user and add no client.
    Invite {
        /// The user's short name.
        user: String,
        /// The name of its role; the usual one where none is given.
        role: Option<String>,
    },
    /// Ban a user: the role of the banned, and all its clients out (RP03 §8.1.3).
    Ban {
        /// The user's short name.
        user: String,
    },
    /// Lift a ban; adds no client.
    Unban {
        /// The user's short name.
        user: String,
        /// The name of its new role; the usual one where none is given.
        role: Option<String>,
    },
    /// Remove all clients of a user, who stays listed (RP03 §8.1.2).
    Kick {
        /// The user's short name.
        user: String,
    },
    /// Give another user another role.
    ChangeRole {
        /// The user's short name.
        user: String,
        /// The name of its new role.
        role: String,
    },
    /// Take another role oneself.
    ChangeOwnRole {
        /// The name of the new role.
        role: String,
    },
    /// Remove one client, an own one or another's.
    RemoveClient {
        /// The client's short name.
        client: String,
    },
    /// Have the own client removed, and stay listed (EXT SelfRemove).
    SelfRemove,
    /// Change one thing in the policy.
    ChangePolicy {
        /// What.
        change: PolicyChange,
    },
    /// Ask another user for consent or cancel that, grant it to another user or revoke it (P06
    /// §5.7). A grant carries no KeyPackages.
    Consent {
        /// Which of the four.
        operation: ConsentOperation,
        /// The other user's short name.
        user: String,
        /// For the step's room only; else for any, and the step's room is the script's first.
        here: bool,
    },
    /// End the account of the client's user at its provider. The step's room is the script's first.
    DeleteAccount,
    /// Ask a provider which of its users is meant (P06 §5.8). The step's room is the script's
    /// first.
    FindUser {
        /// The provider.
        provider: ProviderName,
        /// What the user must match, all of it.
        query: Vec<QueryElement>,
    },
    /// Leave an asset with the own provider. The step's room is the script's first.
    Upload {
        /// The asset's name.
        name: String,
    },
    /// Get an asset through the hub of the step's room (P06 §5.10).
    Download {
        /// The short name of the user whose provider has it.
        user: String,
        /// The asset's name.
        name: String,
    },
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// When it begins.
    pub at_ms: u64,
    /// How long it lasts; none for what has no end of its own.
    pub for_ms: Option<u64>,
    /// What.
    pub kind: FaultKind,
}

/// Two ends of a link. An end is a provider's domain (its server), or a domain with `clients.` in
/// front (its access network, from which all its clients dial).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// One end; the sending one where the fault is one-way.
    pub from: String,
    /// The other.
    pub to: String,
}

/// What can go wrong: the fourth catalogue's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Nothing passes between the two ends.
    Partition(Link),
    /// Nothing passes from the first to the second.
    PartitionOneWay(Link),
    /// What is sent between the two waits until the end of the fault.
    Hold(Link),
    /// Each request between the two takes up to this much longer, so that requests overtake.
    Delay {
        /// The link.
        link: Link,
        /// Most extra time in simulated milliseconds; each request draws its own.
        up_to_ms: u64,
    },
    /// Requests are lost before they have effect.
    LoseRequests {
        /// The link.
        link: Link,
        /// In percent of requests, 1 to 100.
        percent: u8,
    },
    /// Requests take effect, their responses are lost.
    LoseResponses {
        /// The link.
        link: Link,
        /// In percent of requests, 1 to 100.
        percent: u8,
    },
    /// Requests arrive twice.
    Repeat {
        /// The link.
        link: Link,
        /// In percent of requests, 1 to 100.
        percent: u8,
    },
    /// A server or a client stops, loses what was not on its disk, and restarts at the end of the
    /// fault. Where `point` is given, it stops when it next reaches that point.
    Crash {
        /// A provider's domain or a client's short name.
        node: String,
        /// Where, in the node's own work; at once where none is given.
        point: Option<Point>,
    },
    /// A client stops and restarts from an older state of its disk.
    Rollback {
        /// The client's short name.
        node: String,
        /// How much older, in simulated milliseconds.
        back_ms: u64,
    },
    /// A client cannot reach its provider.
    Offline {
        /// The client's short name.
        client: String,
    },
    /// A server turns requests away before they have effect, and says when to come back.
    Busy {
        /// The provider's domain.
        node: String,
        /// In percent of requests, 1 to 100; each try draws anew.
        percent: u8,
        /// The HTTP status: 503 or 429.
        status: u16,
        /// What `Retry-After` says, in seconds.
        retry_after_s: u64,
    },
    /// A server's or a client's disk takes its time: a sync is durable later, after those before
    /// it, and the node says and sends nothing that rests on it till then. A crash loses what is
    /// under way; of a client, a wish of its user too.
    SlowDisk {
        /// A provider's domain or a client's short name.
        node: String,
        /// Most time that a sync takes, in simulated milliseconds; each draws its own.
        up_to_ms: u64,
    },
    /// A server's or a client's clock is put on or back; at the end of the fault it is put right,
    /// if it has one. Waiting still takes as long as it should.
    ClockStep {
        /// A provider's domain or a client's short name.
        node: String,
        /// By how many milliseconds; less than 0 for back.
        by_ms: i64,
    },
    /// A server's or a client's clock gains or loses; likewise.
    ClockDrift {
        /// A provider's domain or a client's short name.
        node: String,
        /// In percent of the time that passes; less than 0 where it loses.
        percent: i64,
    },
}

impl FaultKind {
    /// Its id in the fourth catalogue.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Partition(_) => "partition",
            Self::PartitionOneWay(_) => "partition-one-way",
            Self::Hold(_) => "hold",
            Self::Delay { .. } => "delay",
            Self::LoseRequests { .. } => "lose-requests",
            Self::LoseResponses { .. } => "lose-responses",
            Self::Repeat { .. } => "repeat",
            Self::Crash { .. } => "crash",
            Self::Rollback { .. } => "rollback",
            Self::Offline { .. } => "offline",
            Self::SlowDisk { .. } => "slow-disk",
            Self::Busy { .. } => "busy",
            Self::ClockStep { .. } => "clock-step",
            Self::ClockDrift { .. } => "clock-drift",
        }
    }
}

/// Named places in a node's work that a crash can aim at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// A hub has decided, and nothing is on its disk yet.
    BeforeDurable,
    /// A hub's decision is on its disk, and nobody was told.
    AfterDurable,
    /// A hub has answered, and nothing was fanned out.
    AfterAnswer,
    /// A client has a pending commit on its disk, and has not sent it.
    BeforeSend,
    /// A client has its own accepted commit before it, and has not merged it.
    BeforeMerge,
    /// A client has merged a commit, and nothing of it is on its disk yet.
    AfterMerge,
}

/// A behaviour of the third catalogue, for a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misbehaviour {
    /// When it begins.
    pub at_ms: u64,
    /// How long it lasts; to the end of the run where none is given.
    pub for_ms: Option<u64>,
    /// The provider or client that misbehaves.
    pub node: String,
    /// How.
    pub behaviour: Behaviour,
}

/// How a node misbehaves: a value of the third catalogue, and what it is about. What its [`Form`]
/// does not take is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The id of its form.
    pub id: &'static str,
    /// The room's short name.
    pub room: String,
    /// The providers to which the liar lies.
    pub side: Vec<ProviderName>,
    /// The short name of the user whom it is about.
    pub user: Option<String>,
    /// The id of the rule that it breaks, or does not check.
    pub rule: Option<String>,
    /// The code that it answers with.
    pub code: Option<String>,
}

/// What the author of a scenario expects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// Ids of the invariants that must break, and no other may; empty where all must hold.
    pub violates: Vec<String>,
    /// The id of the detector that must raise an alarm.
    pub detected_by: Option<String>,
    /// Most simulated milliseconds from the beginning of the first misbehaviour until it does; any
    /// time where none is given.
    pub within_ms: Option<u64>,
}
