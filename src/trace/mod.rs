//! The only record of a run: its vocabulary, how nodes write it, how it is read back.
//!
//! # The format
//!
//! A run leaves `trace.jsonl`: JSON Lines in UTF-8, a line an object. The first line is the
//! [`Header`], each further one an [`Entry`], in the order in which things happened. Equal runs
//! have equal bytes: keys stand in a fixed order, what is empty is left out, and no wall time ever
//! enters. The version is [`FORMAT`], in the header's `format`; it grows with each change that
//! makes older traces unreadable, and [`read`] refuses what has another. A reader should pass over
//! keys that it does not know.
//!
//! `schism schema trace` prints this page as a JSON Schema ([`schema`]), `schism check` judges a
//! trace again, `schism export` hands it to other tools.
//!
//! ## The first line
//!
//! Says which run it is, who is there, and what is not as usual. Nodes have short names, by which
//! entries call them; where a message or a state names somebody, it is by the whole URI.
//!
//! ```
//! # let line = r#"
//! {"format":1,"scenario":"A message between two providers",
//!  "script":"21a0270b7f66a1e4c25933f13a1e5a1bbb4757578072930c8189131f9c6aaae1",
//!  "seed":7,
//!  "nodes":{
//!    "A1":{"kind":"client","client":"mimi://a.example/d/A1","user":"mimi://a.example/u/alice"},
//!    "a.example":{"kind":"provider","provider":"a.example"}},
//!  "rooms":{"clubhouse":"mimi://a.example/r/clubhouse"},
//!  "dishonest":[],"expected":[],"without":[],"rest_ms":20000}
//! # "#;
//! # let header: schism::trace::Header = serde_json::from_str(line).unwrap();
//! # assert_eq!(header.format, schism::trace::FORMAT);
//! ```
//! (Here and below broken into lines, to be read.)
//!
//! ## Every other line
//!
//! | key | holds |
//! |---|---|
//! | `n` | its place among the entries, from 1, without gaps: the second line of the file has 1 |
//! | `at_ms` | simulated milliseconds since the start of the run, from 0; see below on its order |
//! | `node` | who it happened to: a domain, a client's short name, or `world` |
//! | `cause` | the `n` of the entry that led to it, where that is known |
//! | `event` | what happened; the keys beside it are that event's own |
//!
//! ```
//! # let line = r#"
//! {"n":12,"at_ms":1040,"node":"a.example","cause":9,"event":"durable",
//!  "room":"mimi://a.example/r/clubhouse","index":0}
//! # "#;
//! # let entry: schism::trace::Entry = serde_json::from_str(line).unwrap();
//! # assert!(matches!(entry.event, schism::trace::Event::Durable { index: 0, .. }));
//! ```
//!
//! `at_ms` is the node's own time. Within one tick of the simulation, which is 20 ms at most, each
//! host has its turn in full before the next. So the times of one node never go back, nor those
//! from a cause to what it led to, but from an entry of one node to one of another they may, by
//! less than a tick. A reader that wants the order of time sorts by `at_ms`, stably.
//!
//! Each event stands, field by field, at [`Event`]. By what they are about they are:
//!
//! | what it is about | events |
//! |---|---|
//! | the run | `phase_began` |
//! | a wish | `intent`, `intent_ended` |
//! | the network | `request`, `couriered`, `response` |
//! | a hub's decisions | `accepted`, `refused`, `durable`, `fanned_out`, `franked`, `reported` |
//! | a hub's view | `shadowed`, `exiting`, `external_senders` |
//! | any server | `answered`, `queued`, `repeated`, `account_deleted` |
//! | a client's group | `entered`, `resyncing`, `removed` |
//! | a client's messages | `submitted`, `told`, `delivered`, `unreadable` |
//! | what came to a client | `rejected`, `buffered`, `passed` |
//! | KeyPackages | `key_packages_published`, `key_package_handed_out`, `key_package_used` |
//! | consent | `consent_asked`, `consent_cancelled`, `consent_granted`, `consent_revoked` |
//! | faults of nodes | `crashed`, `restarted`, `restart_found`, `clock_set` |
//! | faults of the network | `offline`, `online`, `partitioned`, `held`, `healed` |
//! | misbehaviour, and who notices | `behaviour_began`, `behaviour_ended`, `claimed`, `alarmed` |
//! | probes of the testbed | `probed`, `opened`, `cloned`, `shut_out`, `seen`, `kept` |
//!
//! ## Words that come again and again
//!
//! - A [`Digest`] is a SHA-256 hash: of an MLS message, a body, a plaintext. Messages are called by
//!   the hash of their bytes, so that one can be followed from who made it to who processes it.
//!   Bytes, plaintexts and keys themselves are in no trace.
//! - `index` counts what a hub accepted for a room, from 0; `epoch` is the one that a message was
//!   made in, so that a commit leads to the next.
//! - A [`StateRef`] is a decoded room state by its hash; the state itself is written out only where
//!   it differs from the last that the node had.

mod event;
mod figures;
mod journal;
mod reader;
mod schema;
mod words;

pub use event::{Entry, Event};
pub use figures::Figures;
pub use journal::{Caused, Journal, Log, hash, write};
pub use reader::{FORMAT, ReadError, read};
pub use schema::schema;
pub use words::*;
