//! The event vocabulary: everything that a run leaves on record.
//!
//! A trace is JSON Lines: a [`Header`](super::Header), then one [`Entry`] a line in the order in
//! which things happened. Invariants and reports read nothing else, so an event carries all that
//! they need. Times are simulated milliseconds since the start of the run; no wall time ever
//! enters.
//!
//! What an event does *not* carry: message plaintext, keys, and bytes of bodies (their SHA-256
//! stands for them, so that two runs with equal traces sent equal bytes).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{
    Change, Deed, Digest, Evidence, Fate, FoundCommit, FoundGroup, Judged, Kind, Member, Phase,
    Secret, SeenFrank, Stage, StateRef, Taken, Way,
};
use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};

/// One line: what happened, when, where and because of what.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Entry {
    /// Place in the trace, from 1, without gaps.
    pub n: u64,
    /// Simulated milliseconds since the start.
    pub at_ms: u64,
    /// The node's name; `world` for what the simulation itself did.
    pub node: String,
    /// Place of the entry that led to this one, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened. The sentence in each doc comment is what the event states.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A part of the run begins.
    PhaseBegan {
        /// Which.
        phase: Phase,
    },
    /// A client's user wants something; requests and the fate repeat the id.
    Intent {
        /// Unique in the run.
        intent: String,
        /// The room.
        room: RoomUri,
        /// The verb: create, add, remove, send, rename, update, leave, join.
        wish: String,
        /// Its object: a user, a name; empty where there is none.
        object: String,
        /// Made by the world to see whether the room still works, not by the scenario.
        probe: bool,
    },
    /// An intent has come to its end.
    IntentEnded {
        /// Which.
        intent: String,
        /// How.
        fate: Fate,
        /// In words.
        why: String,
    },
    /// A request sets off.
    Request {
        /// The endpoint's name in the directory document, or of the client-provider API.
        endpoint: String,
        /// The target host.
        to: String,
        /// The room that it is about, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
        /// What the request is about, and which try this is: the key of every choice about it.
        about: String,
        /// From 1.
        attempt: u32,
        /// Length of the body in bytes.
        bytes: u64,
        /// Hash of the body.
        body: Digest,
    },
    /// The courier interfered with a request; a busy server turned it away before it had effect.
    Couriered {
        /// The request's place in the trace.
        request: u64,
        /// `lost`, `repeated`, `response lost`, `delayed`, or `turned away`.
        what: String,
        /// Extra delay in simulated milliseconds; how long whoever was turned away is to wait.
        delay_ms: u64,
    },
    /// A request came to its end at the side that made it.
    Response {
        /// The request's place in the trace.
        request: u64,
        /// HTTP status, or 0 where no response came.
        status: u16,
        /// Why no response came.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        failure: String,
        /// Length of the response's body in bytes.
        bytes: u64,
        /// Hash of the response's body.
        body: Digest,
    },
    /// A hub accepted something: its decision, not yet durable.
    Accepted {
        /// The room.
        room: RoomUri,
        /// Place in the hub's log of the room, from 0, without gaps.
        index: u64,
        /// What it is.
        kind: Kind,
        /// The epoch that it was made in; a commit leads to the next one.
        epoch: u64,
        /// Hash of the MLS message (of the first proposal, for a bundle).
        digest: Digest,
        /// Hashes of all proposals of a bundle; of the cached proposals that a commit includes.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        proposals: Vec<Digest>,
        /// The client behind it; for a message, the user is known and the client may not be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<ClientUri>,
        /// The user behind it; of proposals by a server, the one whose clients they take out, or
        /// where they take out none, nobody's name: the server's domain.
        user: UserUri,
        /// The hub's stamp: milliseconds since the UNIX epoch, growing strictly.
        stamp: u64,
        /// What it changes.
        #[serde(default)]
        change: Change,
        /// Its proposals one by one, for a handshake.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deeds: Vec<Deed>,
    },
    /// A server refused a request.
    Refused {
        /// The room, where the request named one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
        /// The endpoint.
        endpoint: String,
        /// Id of the rule that it broke.
        rule: String,
        /// The code that went out: `404`, `wrongEpoch`, `notAllowed`.
        code: String,
        /// In words.
        why: String,
        /// Hash of the MLS message, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<Digest>,
        /// The handshake that was judged, where it came to that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged: Option<Judged>,
    },
    /// What the hub accepted up to this index is on its disk.
    Durable {
        /// The room.
        room: RoomUri,
        /// Place in the hub's log.
        index: u64,
    },
    /// A provider answered 201 to the hub's notify.
    FannedOut {
        /// The room.
        room: RoomUri,
        /// Place in the hub's log.
        index: u64,
        /// The provider that has it now.
        to: ProviderName,
        /// How often it had to be sent.
        attempts: u32,
    },
    /// A provider put something into its clients' mailboxes.
    Queued {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// The clients that get it.
        clients: Vec<ClientUri>,
    },
    /// A follower had this body from this hub before, and did nothing (R45).
    Repeated {
        /// The room.
        room: RoomUri,
        /// Hash of the body.
        body: Digest,
    },
    /// A hub's public view of a room.
    Shadowed {
        /// The room.
        room: RoomUri,
        /// Which view.
        stage: Stage,
        /// The epoch.
        epoch: u64,
        /// Hash of the GroupContext.
        context: Digest,
        /// Hash of the confirmation tag.
        tag: Digest,
        /// The decoded room state.
        state: StateRef,
        /// The members.
        members: Vec<Member>,
    },
    /// A client is now in an epoch.
    Entered {
        /// The room.
        room: RoomUri,
        /// The epoch.
        epoch: u64,
        /// Which stay of this client in this room: it grows with each Welcome, creation or
        /// external commit, so that a rejoin is not taken for a step back.
        stay: u64,
        /// How.
        way: Way,
        /// Hash of the epoch authenticator.
        authenticator: Digest,
        /// Hash of the GroupContext.
        context: Digest,
        /// Hash of the confirmation tag.
        tag: Digest,
        /// The decoded room state.
        state: StateRef,
        /// The members.
        members: Vec<Member>,
        /// Hash of the commit that led here; none for a creation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<Digest>,
    },
    /// A client refused a message that was delivered to it.
    Rejected {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// The rule that it breaks, or `mls` where the library refused it.
        rule: String,
        /// In words.
        why: String,
    },
    /// A client keeps a message that came too early.
    Buffered {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// In words.
        why: String,
    },
    /// A client passed over a message that it has no more use for: late, or its own.
    Passed {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// In words.
        why: String,
    },
    /// A client encrypted an application message and will submit it.
    Submitted {
        /// The room.
        room: RoomUri,
        /// Unique in the run, and part of the plaintext.
        message: String,
        /// The epoch that it was encrypted in.
        epoch: u64,
        /// Hash of the MLS message.
        digest: Digest,
        /// Hash of the plaintext.
        content: Digest,
        /// Length of the plaintext in bytes.
        bytes: u64,
    },
    /// A client gave an application message to its user.
    Delivered {
        /// The room.
        room: RoomUri,
        /// The message id inside the plaintext.
        message: String,
        /// The client that the MLS leaf names.
        sender: ClientUri,
        /// The epoch that it was encrypted in.
        epoch: u64,
        /// Hash of the MLS message.
        digest: Digest,
        /// Hash of the plaintext.
        content: Digest,
        /// The hub's frank, where one came with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        frank: Option<SeenFrank>,
    },
    /// A client cannot read an application message and says so (L2: reported, not silent).
    Unreadable {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// The epoch on the envelope.
        epoch: u64,
        /// In words.
        why: String,
    },
    /// A client learned from a response what the hub decided about its message (I28).
    Told {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// `success`, or the refusal's code.
        code: String,
        /// The hub's epoch, where the response names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epoch: Option<u64>,
    },
    /// A client sets out to rejoin by an external commit.
    Resyncing {
        /// The room.
        room: RoomUri,
        /// In words.
        why: String,
    },
    /// A client learned that it is out of the room.
    Removed {
        /// The room.
        room: RoomUri,
        /// The last epoch that it was in.
        epoch: u64,
        /// Hash of the commit that removed it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<Digest>,
    },
    /// A hub regards a user as exiting: proposals that remove it are accepted, not committed.
    Exiting {
        /// The room.
        room: RoomUri,
        /// The user.
        user: UserUri,
    },
    /// A client gave KeyPackages to its provider.
    KeyPackagesPublished {
        /// References.
        references: Vec<Digest>,
    },
    /// A provider handed out a KeyPackage.
    KeyPackageHandedOut {
        /// Its reference.
        reference: Digest,
        /// Whose it is.
        client: ClientUri,
        /// The room that it is for.
        room: RoomUri,
        /// Who asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        requester: Option<UserUri>,
        /// It is a last resort: it may be handed out again.
        #[serde(default)]
        last_resort: bool,
    },
    /// A host stopped and lost what was not on its disk.
    Crashed,
    /// A host runs again from its disk.
    Restarted {
        /// From an older state of the disk than its last.
        rolled_back: bool,
    },
    /// A fault of a node's clock begins or ends. Times in the trace are not the node's.
    ClockSet {
        /// Milliseconds that the clock is ahead of simulated time now; less than 0 where behind.
        off_ms: i64,
    },
    /// A client cannot reach its provider.
    Offline,
    /// It can again.
    Online,
    /// Nothing passes from one host to the other.
    Partitioned {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// What was partitioned or held flows again.
    Healed {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// What is sent between the two waits until it is released.
    Held {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// A server grants what was asked for, or as much of it as there is; to `identifierQuery`, it
    /// answers.
    Answered {
        /// The room, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
        /// `keyMaterial`, `groupInfo` or `identifierQuery`.
        endpoint: String,
        /// The response code, by its name in the draft.
        code: String,
        /// The code for each client, where the endpoint has one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        clients: BTreeMap<ClientUri, String>,
    },
    /// A behaviour of the third catalogue begins.
    BehaviourBegan {
        /// Its id.
        behaviour: String,
    },
    /// A behaviour ends.
    BehaviourEnded {
        /// Its id.
        behaviour: String,
    },
    /// The world fed an attacker's copy of a client's disk with ciphertexts that it should not be
    /// able to read.
    Probed {
        /// The room.
        room: RoomUri,
        /// The client whose disk was copied.
        client: ClientUri,
        /// When.
        taken: Taken,
        /// The epoch that it was taken at: the first without the client for one that was removed,
        /// the first of its stay for one that joined, the last for one that is inside at the end.
        at_epoch: u64,
        /// How many application messages it was fed.
        fed: u64,
        /// How many of them it opened; an [`Opened`](Self::Opened) before this tells which.
        opened: u64,
    },
    /// Such a copy opened an application message.
    Opened {
        /// The room.
        room: RoomUri,
        /// The client whose disk was copied.
        client: ClientUri,
        /// When.
        taken: Taken,
        /// The epoch that it was taken at, as in [`Probed`](Self::Probed).
        at_epoch: u64,
        /// Hash of the MLS message.
        digest: Digest,
        /// The epoch that it was encrypted in.
        epoch: u64,
    },
    /// A thief is at this client's disk, and copies what it has of a room.
    Cloned {
        /// The room.
        room: RoomUri,
    },
    /// The copy that a thief took follows the room no further.
    ShutOut {
        /// The room.
        room: RoomUri,
        /// The client whose disk was copied.
        client: ClientUri,
        /// The epoch that it was taken at.
        at_epoch: u64,
        /// The first epoch that it can't enter.
        epoch: u64,
        /// Hash of the commit that leads there.
        commit: Digest,
        /// Simulated milliseconds from the theft until the hub accepted that commit.
        after_ms: u64,
    },
    /// A body that was sent to a server, or by one, held what a server must not see.
    Seen {
        /// The room of the message that it is about.
        room: RoomUri,
        /// What it held.
        secret: Secret,
        /// Which message's, by the id inside the plaintext.
        message: String,
        /// The place in the trace of the request that had the body, or that it answered.
        request: u64,
        /// The node that sent the body.
        from: String,
        /// The node that it was sent to.
        to: String,
        /// The endpoint.
        endpoint: String,
    },
    /// What a client's restart finds on its disk about a room, before it does anything.
    RestartFound {
        /// The room.
        room: RoomUri,
        /// The client's own record says that it has the room's group.
        inside: bool,
        /// By the client's own record, it has to come back by an external commit.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        lost: bool,
        /// The group itself, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<FoundGroup>,
        /// By the client's own record, the epoch that its stay began in.
        first_epoch: u64,
        /// By the client's own record, the commit that led to its epoch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<Digest>,
        /// Number of the last mailbox item that the client holds to be done with.
        cursor: u64,
        /// The room's latest commit up to the cursor, except those that it keeps for later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read: Option<FoundCommit>,
        /// The room's commits after the cursor that it was sent before it stopped.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unread: Vec<FoundCommit>,
    },
    /// A hub franked the message that it has just accepted.
    Franked {
        /// The room.
        room: RoomUri,
        /// Hash of the MLS message.
        digest: Digest,
        /// Hash of the frank.
        frank: Digest,
    },
    /// A hub took a report of abuse, and weighed its evidence.
    Reported {
        /// The room.
        room: RoomUri,
        /// Who reports, where the report says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reporter: Option<UserUri>,
        /// Who is said to have sent the messages.
        accused: UserUri,
        /// The messages.
        evidence: Vec<Evidence>,
    },
    /// A commit that a hub accepted, and that is on its disk, uses a KeyPackage.
    KeyPackageUsed {
        /// Its reference.
        reference: Digest,
        /// The room that its client enters.
        room: RoomUri,
    },
    /// A provider notes that one of two users asks the other for its consent.
    ConsentAsked {
        /// Who wants to add.
        requester: UserUri,
        /// Who is to be added.
        target: UserUri,
        /// To which room; to any, where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
    },
    /// A provider notes that the requester asks no more.
    ConsentCancelled {
        /// Who wanted to add.
        requester: UserUri,
        /// Who was to be added.
        target: UserUri,
        /// To which room; to any, where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
    },
    /// A provider notes that the target agrees. At the target's own, this is what counts.
    ConsentGranted {
        /// Who may add.
        requester: UserUri,
        /// Who may be added.
        target: UserUri,
        /// To which room; to any, where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
    },
    /// A provider notes that the target does not agree, or not any more. At the target's own, this
    /// is what counts.
    ConsentRevoked {
        /// Who may not add.
        requester: UserUri,
        /// Who may not be added.
        target: UserUri,
        /// To which room; to any, where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<RoomUri>,
    },
    /// A provider ended the account of one of its users.
    AccountDeleted {
        /// The user.
        user: UserUri,
    },
    /// In the hub's view, these servers are the external senders of a room's group from this epoch
    /// on (P06 §7.4). Where nothing is said, the hub alone is.
    ExternalSenders {
        /// The room.
        room: RoomUri,
        /// The epoch.
        epoch: u64,
        /// The servers, in the order of the extension.
        servers: Vec<ProviderName>,
    },
    /// Somebody said what it takes a room to be, so that others can hold that against what they
    /// see: a detector at work.
    Claimed {
        /// The room that it is about.
        room: RoomUri,
        /// The detector's id.
        detector: String,
        /// The epoch that it is about.
        epoch: u64,
        /// Whom it was said to: a client, a provider, a room, the hub.
        to: String,
        /// Its length in bytes, as it left.
        bytes: u64,
    },
    /// A node found that what it sees of a room, and what somebody else says of it, can't both be
    /// true; or suspects so.
    Alarmed {
        /// The room.
        room: RoomUri,
        /// The detector's id.
        detector: String,
        /// The epoch that it is about.
        epoch: u64,
        /// In words: who says what against what.
        why: String,
        /// Whether it can be shown to others that the hub has lied.
        proven: bool,
    },
    /// At the end, a server's disk held what the server must not see.
    Kept {
        /// The room of the message that it is about.
        room: RoomUri,
        /// What it held.
        secret: Secret,
        /// Which message's, by the id inside the plaintext.
        message: String,
        /// The server.
        server: String,
    },
}
