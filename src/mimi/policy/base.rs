//! What kind of room it is: the base policy (RP03 §5, R55).
//!
//! Not here: what follows from it (`rules`). Pseudonyms, persistence and discovery are data that
//! nothing obeys: pseudonymous rooms have no key management; a room here ends with its group, also
//! where RP03 §5 would let an authorised user make it a new one; and no endpoint searches for
//! rooms.

use std::io::Write;

use tls_codec::{
    DeserializeBytes, Error, Serialize, Size, TlsDeserializeBytes, TlsSerialize, TlsSize,
};

use crate::mimi::room::flag;
use crate::mimi::uri::RoomUri;

/// The base policy of a room: the component, and the update that replaces it (`BaseRoomPolicy`,
/// RP03 §5). A room without the component has [`BaseRoomPolicy::UNSTATED`].
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct BaseRoomPolicy {
    /// Nobody enters or leaves the list; users may still add and remove own clients.
    #[tls_codec(with = "flag")]
    pub fixed_membership: bool,
    /// The room whose participants this one's must be among; none where it depends on none. On the
    /// wire it is `parent_dependant` and a list of at most one URI.
    #[tls_codec(with = "parent")]
    pub parent: Option<RoomUri>,
    /// Whether a user may have several clients in the group.
    #[tls_codec(with = "flag")]
    pub multi_device: bool,
    /// Most clients in the group; no limit where there is none.
    pub max_clients: Option<u32>,
    /// Most users in the list, banned ones left out; no limit where there is none.
    pub max_users: Option<u32>,
    /// Whether clients may go by pseudonyms.
    #[tls_codec(with = "flag")]
    pub pseudonyms_allowed: bool,
    /// Whether the room outlives its group.
    #[tls_codec(with = "flag")]
    pub persistent_room: bool,
    /// Whether the room can be found by searching.
    #[tls_codec(with = "flag")]
    pub discoverable: bool,
    /// Ids of the other policy components that matter to this room.
    pub policy_component_ids: Vec<u16>,
}

impl BaseRoomPolicy {
    /// What holds where a room says nothing: several clients per user (the draft's own default),
    /// and no restriction at all.
    pub const UNSTATED: Self = Self {
        fixed_membership: false,
        parent: None,
        multi_device: true,
        max_clients: None,
        max_users: None,
        pseudonyms_allowed: false,
        persistent_room: false,
        discoverable: false,
        policy_component_ids: Vec::new(),
    };
}

impl Default for BaseRoomPolicy {
    fn default() -> Self {
        Self::UNSTATED
    }
}

/// `bool parent_dependant; Uri parent_room<V>`: true with one URI, or false with none.
mod parent {
    use super::{DeserializeBytes, Error, RoomUri, Serialize, Size, Write};

    fn uri(parent: &Option<RoomUri>) -> Vec<Vec<u8>> {
        parent.iter().map(|parent| parent.to_string().into_bytes()).collect()
    }

    pub fn tls_serialized_len(parent: &Option<RoomUri>) -> usize {
        1 + uri(parent).tls_serialized_len()
    }

    pub fn tls_serialize<W: Write>(
        parent: &Option<RoomUri>,
        writer: &mut W,
    ) -> Result<usize, Error> {
        let flag = u8::from(parent.is_some()).tls_serialize(writer)?;
        Ok(flag + uri(parent).tls_serialize(writer)?)
    }

    pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Option<RoomUri>, &[u8]), Error> {
        let (dependent, rest) = super::flag::tls_deserialize_bytes(bytes)?;
        let (uris, rest) = Vec::<Vec<u8>>::tls_deserialize_bytes(rest)?;
        let wrong = |why: String| Err(Error::DecodingError(why));
        match (dependent, uris.as_slice()) {
            (false, []) => Ok((None, rest)),
            (true, [uri]) => {
                let text = String::from_utf8_lossy(uri);
                match RoomUri::parse(&text) {
                    Ok(uri) => Ok((Some(uri), rest)),
                    Err(error) => wrong(error.to_string()),
                }
            }
            _ => wrong(format!(
                "{} parent rooms where parent_dependant is {dependent}: expected one where it is \
                 true, none where not",
                uris.len()
            )),
        }
    }
}
