//! Schism: a deterministic, multi-node testbed for MIMI rooms over MLS.
//!
//! A scenario file and a seed become a [`script`]; [`world`] plays it on a simulated network with
//! real MLS on every node and leaves a [`trace`]; the [`oracle`] reads the trace and gives a
//! verdict; [`report`] shows it. Data runs down this path once, and nothing reads back up.
//!
//! | module | holds |
//! |---|---|
//! | [`mimi`] | the protocol as data and rules |
//! | [`node`] | what a node is given: network, clock, disk |
//! | [`trace`] | the event vocabulary, written and read |
//! | [`script`] | a run with nothing left to chance |
//! | [`mls`] | the MLS-shaped hole, filled by OpenMLS with a seeded provider |
//! | [`provider`] | a provider's server: hub of some rooms, follower in others |
//! | [`client`] | a client: its rooms, its user's intents, how it recovers |
//! | [`adversary`] | nodes that misbehave |
//! | [`world`] | turmoil, links, disks, crashes, the courier |
//! | [`oracle`] | invariants over traces |
//! | [`scenario`] | the file format and its messages, and what a seed makes of it |
//! | [`campaign`] | runs with the real nodes, played and judged |
//! | [`report`] | console, JSON, files |
//!
//! Of the drafts (draft-ietf-mimi-protocol-06, draft-ietf-mimi-room-policy-03) these are left out
//! on purpose: pseudonymous rooms, whose key management is not specified; oblivious HTTP;
//! SemiPrivateMessage and ReInit, for which OpenMLS has no support; and TLS itself: the address
//! that a connection comes from stands for mutual authentication.
//!
//! Where a draft leaves something open, Schism takes the sounder reading; the others are options of
//! a scenario ([`mimi::rules::READINGS`]).

#[cfg(not(tokio_unstable))]
compile_error!(
    "Schism needs `--cfg tokio_unstable`. `.cargo/config.toml` sets it; the RUSTFLAGS environment \
     variable replaces that: unset it, or add `--cfg tokio_unstable` to it."
);

pub mod adversary;
pub mod campaign;
pub mod client;
pub mod mimi;
pub mod mls;
pub mod node;
pub mod oracle;
pub mod provider;
pub mod report;
pub mod scenario;
pub mod script;
pub mod trace;
pub mod world;
