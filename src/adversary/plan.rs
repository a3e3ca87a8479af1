//! What one misbehaviour is to do: where, when and to whom.

use std::collections::BTreeSet;

use crate::mimi::uri::{ClientUri, ProviderName, RoomUri, UserUri};
use crate::node::Call;

/// See the top of this file. What the behaviour does not take is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The behaviour's id.
    pub id: &'static str,
    /// The room.
    pub room: RoomUri,
    /// The providers to which the liar lies.
    pub side: BTreeSet<ProviderName>,
    /// The user whom it is about.
    pub user: Option<UserUri>,
    /// The clients of that user, from the beginning.
    pub clients: Vec<ClientUri>,
    /// The id of the rule that it breaks, or does not check.
    pub rule: Option<String>,
    /// The code that it answers with.
    pub code: Option<String>,
    /// When it begins, in milliseconds since the UNIX epoch.
    pub from_ms: u64,
    /// When it ends, likewise; never where there is none.
    pub until_ms: Option<u64>,
}

impl Plan {
    /// Whether it is to happen at this time.
    pub fn is_on(&self, now_ms: u64) -> bool {
        now_ms >= self.from_ms && self.until_ms.is_none_or(|until| now_ms < until)
    }

    /// Whether this request tells a provider of its side what happens in the room.
    pub fn lies_in(&self, call: &Call) -> bool {
        call.endpoint == "notify" && self.side.contains(&call.to)
    }
}
