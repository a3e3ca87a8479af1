//! The protocol as data and rules: no sockets, no clock, no randomness, no MLS library.

pub mod content;
pub mod frank;
pub mod local;
pub mod policy;
pub mod room;
pub mod rules;
pub mod uri;
pub mod watch;
pub mod wire;
