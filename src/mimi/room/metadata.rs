//! What people see of a room: its name, descriptions, avatar, subject and mood (P06 §7.6).
//!
//! An update has the same format and replaces the whole. Which fields it changes matters only to
//! `rules`, where each field has a capability of its own.

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::codec;
use crate::mimi::uri::RoomUri;

/// A description in one language and format (`RichDescription`, P06 §7.6).
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RichDescription {
    /// A media type; empty for plain text in UTF-8.
    #[tls_codec(with = "codec::text")]
    pub media_type: String,
    /// A language tag, or empty.
    #[tls_codec(with = "codec::text")]
    pub language_tag: String,
    /// The description, as its media type has it.
    pub content: Vec<u8>,
}

/// What people see of a room (`RoomMetaData` and `RoomMetaUpdate`, P06 §7.6). Fields may be empty,
/// except for the URI.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct RoomMetadata {
    /// The room's own URI. Nobody may change it.
    #[tls_codec(with = "codec::room")]
    pub uri: RoomUri,
    /// The room's name.
    #[tls_codec(with = "codec::text")]
    pub name: String,
    /// The room's descriptions.
    pub descriptions: Vec<RichDescription>,
    /// An https URI of an image.
    #[tls_codec(with = "codec::text")]
    pub avatar: String,
    /// What the room talks about now.
    #[tls_codec(with = "codec::text")]
    pub subject: String,
    /// The room's mood.
    #[tls_codec(with = "codec::text")]
    pub mood: String,
}

impl RoomMetadata {
    /// Metadata that holds a name and nothing else.
    pub fn named(uri: RoomUri, name: &str) -> Self {
        let empty = String::new;
        Self {
            uri,
            name: name.to_owned(),
            descriptions: Vec::new(),
            avatar: empty(),
            subject: empty(),
            mood: empty(),
        }
    }
}
