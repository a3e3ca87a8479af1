//! The participant list: who is in the room, in which role, and how that changes.
//!
//! A user is named by its place in the list of the epoch that an update was written against
//! (P06 §7.5). How several updates become a new list is in `apply`; who may make them, in
//! `rules`.

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::codec;
use crate::mimi::uri::UserUri;

/// A user in a room (`UserRolePair`, P06 §7.5).
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct Participant {
    /// Who.
    #[tls_codec(with = "codec::user")]
    pub user: UserUri,
    /// Index of the user's one role (R49).
    pub role: u32,
}

/// All participants, active and inactive, banned ones included (`ParticipantListData`, P06 §7.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct ParticipantList {
    /// In the order in which they were added; updates name them by their place here, from 0.
    pub participants: Vec<Participant>,
}

/// A participant who gets another role (`UserindexRolePair`, P06 §7.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct ChangedRole {
    /// The user's place in the list before the commit.
    pub index: u32,
    /// Index of the new role.
    pub role: u32,
}

/// A change of the participant list (P06 §7.5). All indices are places in the list before the
/// commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct ParticipantListUpdate {
    /// Who gets another role. Done first.
    pub changed_roles: Vec<ChangedRole>,
    /// Places of those who leave the list. Done second.
    pub removed: Vec<u32>,
    /// Who is appended to the list. Done last.
    pub added: Vec<Participant>,
}

impl ParticipantListUpdate {
    /// One user enters the list.
    pub fn add(user: UserUri, role: u32) -> Self {
        Self { added: vec![Participant { user, role }], ..Self::default() }
    }

    /// The user at `index` leaves the list.
    pub fn remove(index: u32) -> Self {
        Self { removed: vec![index], ..Self::default() }
    }

    /// The user at `index` gets another role.
    pub fn change_role(index: u32, role: u32) -> Self {
        Self { changed_roles: vec![ChangedRole { index, role }], ..Self::default() }
    }
}
