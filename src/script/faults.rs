//! What goes wrong around the nodes of a run.

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
