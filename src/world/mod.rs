//! Plays a script into a trace, on a network that is simulated with turmoil.
//!
//! A run has a fresh OS thread of its own, on which nothing is left to chance: keyed dice
//! ([`chance`]), a fixed `getrandom` ([`entropy`]), an inline rayon pool, simulated time ([`time`];
//! `clocks` has nodes' clocks show it, or not). Each provider has two hosts: its `server`, and its
//! `access` network, which carries its clients. The driver (`stage`) ticks them all, and between
//! ticks does what is on the `agenda`: it gives users' wishes to clients and lets faults begin and
//! end. Links are cut and held in `links`; single requests meet the `courier`, on their way through
//! the `dialer`. Nodes come from a [`Cast`]; a [`Given`] holds all that each of them can reach.
//!
//! What a trace of honest nodes can't tell, the world finds out: `probes` have members act at the
//! end, and a `watch` looks into what nodes keep and send ([`inspect`]). `attackers` try to read
//! with copied disks what they should not, `leaks` looks for it in what the `tap` kept of the
//! traffic, and `restarts` tells what a restart is about to find.
//!
//! There is no protocol logic here, and no judgement: the trace says what happened.

mod access;
mod agenda;
mod attackers;
pub mod cast;
mod catalogue;
pub mod chance;
mod check;
mod clocks;
mod courier;
mod crew;
mod dialer;
mod disk;
pub mod entropy;
pub mod inspect;
mod leaks;
mod life;
mod links;
mod log;
mod meetings;
mod panics;
mod probes;
mod restarts;
mod server;
mod stage;
pub mod stopwatch;
mod tap;
pub mod time;
mod watch;
mod wire;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;

use thiserror::Error;

pub use cast::{Cast, Given, Wish, WishKind};
pub use catalogue::{FAULTS, FaultInfo};
pub use disk::Disks;
pub use inspect::Inspector;

use crate::script::{Expect, FaultKind, Form, Misbehaviour, Script};
use crate::trace::{self, Detection, Digest, Entry, Header, Log, Node};
use time::{Now, tick_ms};

/// The stack of a run's thread in bytes: cryptography without optimisation is deep.
const STACK_BYTES: usize = 32 << 20;

/// How to play.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Log lines of at least this level to stderr.
    pub log: Option<tracing::Level>,
}

/// What a run leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The trace's first line.
    pub header: Header,
    /// The rest of the trace.
    pub entries: Vec<Entry>,
    /// Wall-clock nanoseconds that the nodes said they spent in MLS. Differs from run to run.
    pub mls_nanos: u64,
    /// Simulated milliseconds from the start to the end.
    pub simulated_ms: u64,
    /// Ticks of the simulation.
    pub ticks: u64,
}

/// Why a script was not played to its end.
#[derive(Debug, Error)]
pub enum PlayError {
    /// The script can't be played.
    #[error("the script can't be played: {0}")]
    Script(String),
    /// The machine gave no thread, or no thread pool, for the run.
    #[error("no thread for the run: {0}")]
    Thread(String),
    /// A host of the simulation ended with an error.
    #[error("a host ended: {0}")]
    Host(String),
    /// Code under test panicked. That is always a bug of it or of the testbed.
    #[error("{} panicked: {message}", node.as_deref().unwrap_or("the run"))]
    Panicked {
        /// The first panic's message.
        message: String,
        /// The node that was running, if any.
        node: Option<String>,
        /// The trace up to then.
        entries: Vec<Entry>,
    },
}

/// Plays `script`, whose written form is `text`, with the nodes of `cast`.
///
/// `cast` is called once, on the run's own thread. Equal scripts with equal casts give equal
/// entries, on Linux to the byte.
///
/// # Errors
/// See [`PlayError`].
pub fn play(
    script: &Script,
    text: &str,
    cast: impl Fn() -> Box<dyn Cast> + Send + Sync,
    options: &Options,
) -> Result<Run, PlayError> {
    check::check(script)?;
    let no_thread = |why: std::io::Error| PlayError::Thread(why.to_string());
    thread::scope(|scope| {
        let thread = thread::Builder::new().name("run".to_owned()).stack_size(STACK_BYTES);
        let run = thread.spawn_scoped(scope, || play_here(script, text, &cast, options));
        // A panic that is not caught below comes from taking the simulation down.
        run.map_err(no_thread)?.join().unwrap_or_else(|_| Err(panicked(Vec::new())))
    })
}

/// Plays on this thread, which must be fresh and serves no other run.
fn play_here(
    script: &Script,
    text: &str,
    cast: &dyn Fn() -> Box<dyn Cast>,
    options: &Options,
) -> Result<Run, PlayError> {
    entropy::arm(script.seed);
    panics::arm();
    let _log = options.log.map(log::to_stderr);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let _inline = pool.map_err(|why| PlayError::Thread(why.to_string()))?;

    let log = Log::new(header(script, text), || Now.ms());
    let stopwatch = stopwatch::WallStopwatch::start();
    let props = || props(script, Rc::from(cast()), log.clone(), stopwatch.clone());
    let played = catch_unwind(AssertUnwindSafe(|| stage::Stage::new(script, props()).play()));
    let simulated_ms = played.map_err(|_| panicked(log.take()))??;
    Ok(Run {
        header: log.header().clone(),
        entries: log.take(),
        mls_nanos: stopwatch.total(),
        simulated_ms,
        ticks: simulated_ms / tick_ms(&script.network),
    })
}

fn panicked(entries: Vec<Entry>) -> PlayError {
    let first = panics::first();
    let message = first.as_ref().map_or("no message", |panic| &panic.message).to_owned();
    PlayError::Panicked { message, node: first.and_then(|panic| panic.node), entries }
}

fn props(
    script: &Script,
    cast: Rc<dyn Cast>,
    log: Rc<Log>,
    stopwatch: Rc<stopwatch::WallStopwatch>,
) -> Rc<crew::Props> {
    let chance = chance::Chance::new(script.seed);
    let rolled_back = script.faults.iter().filter_map(|fault| match &fault.kind {
        FaultKind::Rollback { node, .. } => Some(node.clone()),
        _ => None,
    });
    let stops = script.faults.iter().filter_map(|fault| match &fault.kind {
        FaultKind::Crash { node, .. } | FaultKind::Rollback { node, .. } => Some(node.clone()),
        _ => None,
    });
    Rc::new(crew::Props {
        cast,
        log,
        chance,
        courier: Rc::new(courier::Courier::new(chance, script.network.clone())),
        links: Rc::default(),
        clocks: Rc::default(),
        ambush: Rc::default(),
        tap: tap::Tap::new(stops.collect()),
        cabinet: disk::Cabinet::new(Now, chance, rolled_back.collect()),
        stopwatch,
        meetings: Rc::default(),
        providers: script.providers.clone().into(),
    })
}

fn detection(expect: &Expect) -> Option<Detection> {
    let by = expect.detected_by.clone()?;
    Some(Detection { by, within_ms: expect.within_ms })
}

/// The first line of the trace that playing `script`, whose written form is `text`, gives.
pub fn header(script: &Script, text: &str) -> Header {
    let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
    for provider in &script.providers {
        nodes.insert(provider.to_string(), Node::Provider { provider: provider.clone() });
    }
    for user in script.users.values() {
        for (name, client) in user.clients.iter().chain(&user.new_clients) {
            let (client, user) = (client.clone(), user.uri.clone());
            nodes.insert(name.clone(), Node::Client { client, user });
        }
    }
    let rooms = script.rooms.iter().map(|(name, room)| (name.clone(), room.uri.clone()));
    let is_lie = |it: &&Misbehaviour| Form::of(it.behaviour.id).is_none_or(|form| !form.is_bug);
    let lies = script.misbehaviour.iter().filter(is_lie);
    let dishonest: BTreeSet<_> = lies.map(|span| span.node.clone()).collect();
    Header {
        format: trace::FORMAT,
        scenario: script.title.clone(),
        script: Digest::of(text.as_bytes()),
        seed: script.seed,
        nodes,
        rooms: rooms.collect(),
        dishonest: dishonest.into_iter().collect(),
        expected: script.expect.violates.clone(),
        without: script.protocol.without.clone(),
        hub_without: script.protocol.hub_without.clone(),
        readings: script.protocol.readings.clone(),
        rest_ms: script.rest_ms,
        explicit_consent: script.protocol.key_material.explicit_consent,
        detectors: script.protocol.watch.detectors.clone(),
        detection: detection(&script.expect),
    }
}
