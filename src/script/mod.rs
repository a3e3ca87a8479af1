//! A run with nothing left to chance: the one input of `world`.
//!
//! A [`Script`] is what a scenario file becomes once a seed is fixed. It is the same file format
//! again (see `scenario`), so that a script can be stored, read and played later. Times are
//! simulated milliseconds since the start of the run. Nodes are named as in the file: providers
//! by domain, users, clients and rooms by their short names, each unique in its kind.
//!
//! Not here: reading or checking files (`scenario`), playing (`world`).

mod faults;
mod forms;
pub mod ids;
mod names;
mod protocol;

use std::collections::BTreeMap;

pub use faults::{Fault, FaultKind, Link, Point};
pub use forms::{FORMS, Form, Takes, Who};
pub use names::ACCESS;
pub use protocol::{KeyMaterial, Protocol, Watch};

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
    /// Take out a user's clients that are members, and add them again, in one commit: they have lost
    /// the room.
    ReAdd {
        /// The user's short name.
        user: String,
    },
    /// Open the room in the place of another one, which is lost: with its participants, roles,
    /// policy and bans.
    Reboot {
        /// The other room's short name.
        of: String,
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
