//! How a build reads a room state.
//!
//! A room state lies as bytes in the GroupContext, and all builds must make the same of them: else
//! two members agree on every byte, and take the room for two different ones (P06 §7.2; I2). A
//! [`Library`](super::Library) reads as it is written, unless it is made for a build that does not.
//!
//! Not here: such a build (`adversary`).

use crate::mimi::room::RoomState;

/// What a build takes a room state for that is decoded by the drafts.
pub type Dialect = fn(RoomState) -> RoomState;

/// The dialect of the drafts.
pub fn as_written(state: RoomState) -> RoomState {
    state
}
