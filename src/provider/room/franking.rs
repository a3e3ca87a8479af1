//! Franking what the hub accepts (P06 §5.4.1).
//!
//! A hub franks a message that has a franking tag, in a room whose franking agent it is. The frank
//! is kept, so that a sender whose answer was lost gets the same one, whatever it says the second
//! time about who sends.

use super::{Accepted, HubRoom, Record, refusal};
use crate::mimi::frank::{FrankingContext, Tag};
use crate::mimi::rules::Refusal;
use crate::mimi::wire::Frank;
use crate::mls::{Franker, franking_tag_of};
use crate::trace::Digest;

impl HubRoom {
    /// What there is to frank of a message; nothing in a room without this agent (R38).
    pub(super) fn tag_to_frank(
        &self,
        franker: &Franker,
        message: &[u8],
    ) -> Result<Option<Tag>, Refusal> {
        if self.view.state().franking_agent.as_ref() != Some(&franker.agent()) {
            return Ok(None);
        }
        franking_tag_of(message).map_err(refusal)
    }

    /// Franks an accepted message with this tag.
    pub(super) fn frank(&mut self, franker: &Franker, tag: &Tag, accepted: &Accepted) -> Frank {
        let context = FrankingContext {
            sender: accepted.user.clone(),
            room: self.uri.clone(),
            accepted_at: accepted.stamp,
        };
        let frank = franker.frank(&context, tag);
        self.record.franks.insert(accepted.digest, frank.clone());
        frank
    }
}

impl Record {
    /// The frank that the message with this hash got.
    pub fn frank_of(&self, message: &Digest) -> Option<Frank> {
        self.franks.get(message).cloned()
    }
}
