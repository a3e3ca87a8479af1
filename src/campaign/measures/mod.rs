//! What can be measured of a run: the catalogue that sweep files name.
//!
//! A measure is a number, or none where it has no meaning in a run: a leave that never ended took no
//! time. It is computed from the trace alone. Measures of work (commits, bytes, messages) count from
//! the end of the warm-up to the probe, in which the world makes its own requests; measures of the
//! rooms' state look at the whole run.
//!
//! Within a tick, entries of different nodes may stand in any order, and their times may go back:
//! [`Observed`] puts them in the order of their times first.

mod bytes;
mod commits;
mod detection;
mod epochs;
mod leaving;
mod observed;
mod rest;
mod series;
#[cfg(test)]
mod testing;

pub use observed::Observed;
pub use series::{Sample, series};

/// A line of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// How sweep files name it, and the head of its column.
    pub id: &'static str,
    /// What it is, in a sentence.
    pub meaning: &'static str,
    /// Its unit, as an axis shows it; empty for a bare number.
    pub unit: &'static str,
    /// What of the drafts or of the design it shows.
    pub source: &'static str,
    /// Computes it.
    pub of: fn(&Observed<'_>) -> Option<f64>,
}

const fn measure(
    id: &'static str,
    unit: &'static str,
    source: &'static str,
    of: fn(&Observed<'_>) -> Option<f64>,
    meaning: &'static str,
) -> Measure {
    Measure { id, meaning, unit, source, of }
}

/// All measures.
#[rustfmt::skip]
pub const MEASURES: &[Measure] = &[
    measure("convergence_s", "s", "L1", epochs::convergence_s,
        "from the last heal, restart or return until every honest member is at its hub's epoch"),
    measure("max_lag_epochs", "epochs", "L1", epochs::max_lag,
        "the most epochs that an honest member was behind its hub"),
    measure("fork_s", "s", "I1", epochs::fork_s,
        "from the first two honest clients with different states of one epoch until all share one \
         again, or to the end"),
    measure("detection_s", "s", "A1", detection::detection_s,
        "from the first misbehaviour to the first alarm of an honest node"),
    measure("fork_unnoticed_s", "s", "A1; study §4.1", detection::fork_unnoticed_s,
        "from the first two honest clients with different states of one epoch to the first alarm \
         of an honest node; 0 where that came before"),
    measure("commits_accepted", "commits", "R15", commits::accepted,
        "commits that hubs accepted, external ones too"),
    measure("commits_refused", "commits", "R15", commits::refused,
        "commits that hubs refused"),
    measure("commits_retried", "requests", "R15", commits::retried,
        "requests with a commit beyond the first of each wish, whether refused or lost before"),
    measure("attempts_mean", "requests", "R15", commits::attempts_mean,
        "requests until a wished commit was done, on average"),
    measure("attempts_max", "requests", "R15", commits::attempts_max,
        "requests until a wished commit was done, for the wish that took the most"),
    measure("attempts_first", "requests", "R15; L5", commits::attempts_first,
        "requests until a wished commit was done, for the client that is the first by name of \
         those that had one done"),
    measure("leave_s", "s", "L3", leaving::leave_s,
        "from the wish to leave until a commit takes the user out, for the slowest"),
    measure("leave_epochs", "epochs", "L3", leaving::leave_epochs,
        "commits from the wish to leave up to the one that takes the user out, for the slowest"),
    measure("leaves_open", "users", "L3", leaving::leaves_open,
        "users that wished to leave and were not out when the scenario's work ended"),
    measure("ban_s", "s", "L4", leaving::ban_s,
        "from the wish to ban, kick or remove a user, or the hub's first proposal of that, until \
         no client of it is in the group, for the slowest"),
    measure("ban_epochs", "epochs", "L4", leaving::ban_epochs,
        "commits from the wish to ban, kick or remove a user, or the hub's first proposal of \
         that, until no client of it is in the group, for the slowest"),
    measure("commit_bytes", "bytes", "P06 §5.3", bytes::commit,
        "a commit as it goes to a follower, per accepted change"),
    measure("welcome_bytes", "bytes", "P06 §5.3", bytes::welcome,
        "the Welcome that goes to a newcomer's provider beside the commit, per change that adds"),
    measure("group_info_bytes", "bytes", "P06 §5.3", bytes::group_info,
        "what a commit's request to the hub has beside commit and Welcome, which is the GroupInfo \
         and framing, per accepted change"),
    measure("commit_bytes_each", "bytes", "P06 §5.3", bytes::commit_each,
        "commit_bytes, for each member after the change"),
    measure("welcome_bytes_each", "bytes", "P06 §5.3", bytes::welcome_each,
        "welcome_bytes, for each member after the change"),
    measure("group_info_bytes_each", "bytes", "P06 §5.3", bytes::group_info_each,
        "group_info_bytes, for each member after the change"),
    measure("requests_per_item", "requests", "R45", rest::requests_per_item,
        "fan-out requests of hubs per item that they accepted"),
    measure("rejoins", "rejoins", "L1", rest::rejoins,
        "how often a client set out to come back by an external commit"),
    measure("stuck_room", "", "L6", rest::stuck_room,
        "1 where, at the end, honest members try and none of them gets a commit accepted in some \
         room; else 0"),
    measure("stuck_clients", "clients", "L6", epochs::stuck_clients,
        "honest members that are not at their hub's epoch when the run ends"),
    measure("messages_delivered", "messages", "L2", rest::messages_delivered,
        "how often a client gave an application message to its user"),
];

impl Measure {
    /// The measure with this id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        MEASURES.iter().find(|measure| measure.id == id)
    }
}
