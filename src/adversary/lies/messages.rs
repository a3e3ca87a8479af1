//! Application messages that no honest member sends.

use super::{Forged, Inside};
use crate::mimi::content::Content;
use crate::mimi::frank::{authenticated_data, franking_tag};
use crate::mimi::local::Errand;
use crate::mimi::uri::UserUri;
use crate::mimi::wire::SubmitMessageRequest;
use crate::mls::MlsError;

/// Where the epoch of a PrivateMessage begins, for a group id of one-byte length: after version,
/// wire format and group id (RFC 9420 §6.3).
const BEFORE_GROUP_ID: usize = 4;

/// How far ahead.
const FUTURE: u8 = 0x7f;

impl Inside {
    /// A message that says who said it as `sender`, with the tag of `tagged`.
    fn say(&mut self, sender: UserUri, tagged: Option<&[u8]>) -> Result<Vec<u8>, MlsError> {
        let salt = self.library.salt()?;
        let id = format!("lie by {}", self.actor.client.name());
        let content = Content::saying("a lie", id, (sender, self.room.clone()), salt).encode();
        let tag = franking_tag(&salt, tagged.unwrap_or(&content));
        let beside = authenticated_data(&tag);
        self.member.encrypt_beside(&self.library, &self.identity, &content, beside)
    }

    fn submit(&self, message: Vec<u8>) -> Forged {
        let sending_user = self.actor.user.clone();
        let request = SubmitMessageRequest { message, sending_user };
        self.errand(Errand::SubmitMessage(self.room.clone()), request.encode())
    }
}

pub(super) fn is_from_the_future(inside: &mut Inside) -> Result<Forged, MlsError> {
    let mut message = inside.say(inside.actor.user.clone(), None)?;
    let length = message.get(BEFORE_GROUP_ID).copied().unwrap_or_default();
    // A length below 64 is one byte (RFC 9420 §2.1.2); room URIs may be longer.
    let long = usize::from(length >> 6 == 1);
    let low = usize::from(length & 0x3f);
    let length = if long == 1 {
        low << 8 | usize::from(message.get(BEFORE_GROUP_ID + 1).copied().unwrap_or_default())
    } else {
        low
    };
    // The epoch's second highest byte, of eight.
    if let Some(byte) = message.get_mut(BEFORE_GROUP_ID + 1 + long + length + 1) {
        *byte = FUTURE;
    }
    Ok(inside.submit(message))
}

/// What one could deny having said (P06 §5.4.1).
pub(super) fn has_a_tag_of_something_else(inside: &mut Inside) -> Result<Forged, MlsError> {
    let message = inside.say(inside.actor.user.clone(), Some(b"something harmless"))?;
    Ok(inside.submit(message))
}

pub(super) fn names_another_sender(inside: &mut Inside) -> Result<Forged, MlsError> {
    let message = inside.say(inside.victim.clone(), None)?;
    Ok(inside.submit(message))
}

/// The same content id in a new message: to the hub, and to MLS, it is another one. Those that were
/// said before have used up their keys, and the copy of the disk may not know.
pub(super) fn is_the_same_once_more(inside: &mut Inside) -> Result<Forged, MlsError> {
    for _ in 1..inside.attempt {
        inside.say(inside.actor.user.clone(), None)?;
    }
    let message = inside.say(inside.actor.user.clone(), None)?;
    Ok(inside.submit(message))
}

/// By one message more than the room lets a sender skip (RFC 9420 §15.3).
pub(super) fn is_far_ahead(inside: &mut Inside) -> Result<Forged, MlsError> {
    let most = inside.member.state().operational_policy().app_messages.max_generations_skipahead;
    for _ in 0..=most {
        inside.say(inside.actor.user.clone(), None)?;
    }
    let message = inside.say(inside.actor.user.clone(), None)?;
    Ok(inside.submit(message))
}

/// What its own leave, which waits, does not let it say (P06 §5.3).
pub(super) fn is_from_one_who_leaves(inside: &mut Inside) -> Result<Forged, MlsError> {
    if !inside.member.has_proposals() {
        return Err(MlsError::Refused("nobody leaves yet".to_owned()));
    }
    inside.member.drop_proposals(&inside.library)?;
    let message = inside.say(inside.actor.user.clone(), None)?;
    Ok(inside.submit(message))
}
