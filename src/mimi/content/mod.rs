//! What an application message says: the MIMI content format (draft-ietf-mimi-content).
//!
//! A [`Content`] is a CBOR array: a salt, references to other messages, a map of extensions, and a
//! tree of parts with what the user says. Franking signs its bytes (P06 §5.4.1), so bytes have one
//! form only: `cbor` encodes deterministically (RFC 8949 §4.2.1), and refuses any other encoding.
//!
//! Extensions 1 and 2 name the sender's and the room's URI: what the sender can't deny later. The
//! testbed adds a third of its own, [`MESSAGE_ID`]. Extensions that nobody here knows are kept.
//!
//! Not here: what replies, expiry and parts mean to a user, and the hash by which the draft lets
//! one message name another: the hash is carried, not computed.

mod cbor;
mod part;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use thiserror::Error;

pub use part::{Body, ExternalPart, NestedPart, PartSemantics};

use super::uri::{RoomUri, UserUri};
use super::watch::{CLAIM_TYPE, Claims};

/// Name of the extension that holds a message's id in the run.
pub const MESSAGE_ID: &str = "schism message id";

/// Most bytes that the value of an extension may have (`value` of the draft's CDDL).
pub const MAX_EXTENSION: usize = 4_096;

/// How deep parts may lie in each other. The draft sets no limit; this bounds the recursion.
pub const MAX_DEPTH: usize = 8;

/// Why bytes are no MIMI content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("not a MIMI content: {0}")]
pub struct ContentError(String);

/// What names a message in another one: a hash (`MessageId`).
pub type MessageHash = [u8; 32];

/// The plaintext of an application message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Drawn anew for each message; the key of its franking tag.
    pub salt: [u8; 16],
    /// The message that this one replaces.
    pub replaces: Option<MessageHash>,
    /// The thread that it belongs to; empty for none.
    pub topic: Vec<u8>,
    /// When it is to be forgotten.
    pub expires: Option<Expiration>,
    /// The message that it answers.
    pub in_reply_to: Option<MessageHash>,
    /// Who says it, where, and more.
    pub extensions: Extensions,
    /// What is said.
    pub part: NestedPart,
}

/// When a message is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiration {
    /// Whether `time` counts from when the message is read; else from the UNIX epoch.
    pub relative: bool,
    /// Seconds.
    pub time: u32,
}

/// The extensions map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// 1: the user who claims to have sent the message.
    pub sender: Option<UserUri>,
    /// 2: the room that it claims to be for.
    pub room: Option<RoomUri>,
    /// [`MESSAGE_ID`]: unique in the run.
    pub message_id: Option<String>,
    /// All others, encoded: value by name. The order of encoded names is the map's.
    pub others: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Content {
    /// A plain text, with all that franking asks of it.
    pub fn saying(
        text: &str,
        message_id: String,
        (sender, room): (UserUri, RoomUri),
        salt: [u8; 16],
    ) -> Self {
        let (sender, room) = (Some(sender), Some(room));
        let message_id = Some(message_id);
        Self {
            salt,
            replaces: None,
            topic: Vec::new(),
            expires: None,
            in_reply_to: None,
            extensions: Extensions { sender, room, message_id, others: BTreeMap::new() },
            part: NestedPart::text(text),
        }
    }

    /// Claims for the readers' clients, which show them to nobody.
    pub fn claiming(
        claims: &Claims,
        message_id: String,
        said_by: (UserUri, RoomUri),
        salt: [u8; 16],
    ) -> Self {
        let part = NestedPart::of(CLAIM_TYPE, claims.encode());
        Self { part, ..Self::saying("", message_id, said_by, salt) }
    }

    /// The claims in it, where it is for the reader's client: none can be read of a malformed one.
    pub fn claims(&self) -> Option<Claims> {
        match &self.part.body {
            Body::Single { content_type, content } if content_type == CLAIM_TYPE => {
                Some(Claims::decode(content).unwrap_or_else(|_| Claims(Vec::new())))
            }
            _ => None,
        }
    }

    /// Its bytes, to be encrypted.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// # Errors
    /// When `bytes` are not exactly one content, in the form that [`Content::encode`] gives it.
    pub fn decode(bytes: &[u8]) -> Result<Self, ContentError> {
        let content = cbor::decode(bytes).map_err(|error| ContentError(error.to_string()))?;
        if content.encode() == bytes {
            return Ok(content);
        }
        // Numbers longer than needed, names out of order or twice, bytes after the end.
        Err(ContentError("its encoding is not deterministic".to_owned()))
    }
}
