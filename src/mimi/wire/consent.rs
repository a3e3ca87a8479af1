//! `POST /requestConsent/{targetUser}` and `POST /updateConsent/{requesterUser}`: whether one user
//! may fetch another's KeyPackages (§5.7).
//!
//! Both take a [`ConsentEntry`] and answer without a body, from one user's provider to the
//! other's, past any hub. The *requester* is who wants to add, the *target* who is to be added,
//! whichever of the two writes.
//!
//! The draft is of two minds about the paths (Q2): its directory has a user's URI in them (§5.1),
//! its description a domain (§5.7). Taken here is the directory's, since that is what a provider
//! follows. Its `RoomId`, which it does not define, is read as an `IdentifierUri`.
//!
//! Not here: which provider may say what about whom, and what it changes: see `provider`.

use super::codec::{Reader, Writer};
use super::{AppDataDictionary, Framing, WireError};
use crate::mimi::uri::{RoomUri, UserUri};

/// What a [`ConsentEntry`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsentOperation {
    /// The requester takes back a request of the same scope.
    Cancel,
    /// The requester asks.
    Request,
    /// The target agrees.
    Grant {
        /// Bare KeyPackages of the target's clients, which may save the requester from fetching
        /// any. (A hub that never saw them can't route the Welcome, R5: the testbed sends none.)
        key_packages: Vec<Vec<u8>>,
    },
    /// The target takes its consent back, or denies it before it was asked.
    Revoke,
}

impl ConsentOperation {
    /// Its name in the draft.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Request => "request",
            Self::Grant { .. } => "grant",
            Self::Revoke => "revoke",
        }
    }

    /// Whether it travels to `requestConsent`, from the requester's provider to the target's. The
    /// other operations travel to `updateConsent`, the other way.
    pub fn is_requesters(&self) -> bool {
        matches!(self, Self::Cancel | Self::Request)
    }
}

/// Whose consent it is about, for whom, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConsentScope {
    /// Who wants to add.
    pub requester: UserUri,
    /// Who is to be added.
    pub target: UserUri,
    /// To which room; to any, where none is named.
    pub room: Option<RoomUri>,
}

/// One step in the matter of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEntry {
    /// What it does.
    pub operation: ConsentOperation,
    /// What it is about.
    pub scope: ConsentScope,
    /// Room for more.
    pub extensions: AppDataDictionary,
}

impl ConsentEntry {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        let code = match &self.operation {
            ConsentOperation::Cancel => 0u8,
            ConsentOperation::Request => 1,
            ConsentOperation::Grant { .. } => 2,
            ConsentOperation::Revoke => 3,
        };
        let ConsentScope { requester, target, room } = &self.scope;
        let writer = Writer::default().put(&code).uri(requester).uri(target);
        let mut writer = writer.optional(room.as_ref(), |writer, room| writer.uri(room));
        if let ConsentOperation::Grant { key_packages } = &self.operation {
            writer = writer.list(key_packages, |writer, package| writer.raw(package));
        }
        self.extensions.write(writer).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("ConsentEntry", bytes, |reader| {
            let expected = "cancel(0), request(1), grant(2) or revoke(3)";
            let code = reader.code(&[0, 1, 2, 3], expected)?;
            let scope = ConsentScope {
                requester: reader.uri("the requester")?,
                target: reader.uri("the target")?,
                room: reader.optional(|reader| reader.uri("the room"))?,
            };
            let package = |reader: &mut Reader| {
                reader.framed(|bytes| framing.key_package(bytes), "a KeyPackage")
            };
            let operation = match code {
                0 => ConsentOperation::Cancel,
                1 => ConsentOperation::Request,
                2 => ConsentOperation::Grant {
                    key_packages: reader.list("a list of KeyPackages", package)?,
                },
                _ => ConsentOperation::Revoke,
            };
            Ok(Self { operation, scope, extensions: AppDataDictionary::read(reader)? })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_entry() -> impl Strategy<Value = ConsentEntry> {
        let key_packages = prop::collection::vec(any_object(b'K'), 0..3);
        let operation = prop_oneof![
            Just(ConsentOperation::Cancel),
            Just(ConsentOperation::Request),
            key_packages.prop_map(|key_packages| ConsentOperation::Grant { key_packages }),
            Just(ConsentOperation::Revoke),
        ];
        let scope = (any_user(), any_user(), prop::option::of(any_room()));
        let scope =
            scope.prop_map(|(requester, target, room)| ConsentScope { requester, target, room });
        (operation, scope, any_dictionary()).prop_map(|(operation, scope, extensions)| {
            ConsentEntry { operation, scope, extensions }
        })
    }

    fn decode(bytes: &[u8]) -> Result<ConsentEntry, WireError> {
        ConsentEntry::decode(bytes, &FakeFraming)
    }

    #[test]
    fn an_entry_reads_back_and_damage_does_no_harm() {
        holds(any_entry(), ConsentEntry::encode, decode);
    }

    fn entry(operation: ConsentOperation, room: Option<&str>) -> ConsentEntry {
        let scope = ConsentScope {
            requester: UserUri::parse("mimi://a/u/x").unwrap(),
            target: UserUri::parse("mimi://b/u/y").unwrap(),
            room: room.map(|room| RoomUri::parse(room).unwrap()),
        };
        ConsentEntry { operation, scope, extensions: AppDataDictionary::default() }
    }

    #[test]
    fn an_entry_has_these_bytes() {
        let users = bytes(&[&[12], b"mimi://a/u/x", &[12], b"mimi://b/u/y"]);
        let request = entry(ConsentOperation::Request, Some("mimi://a/r/z"));
        let expected = bytes(&[&[1], &users, &[1, 12], b"mimi://a/r/z", &[0]]);
        assert_eq!(request.encode(), expected);
        let key_packages = vec![vec![b'K', 1, 7], vec![b'K', 0]];
        let mut grant = entry(ConsentOperation::Grant { key_packages }, None);
        grant.extensions.0.extend([(1, vec![9]), (0x0102, vec![])]);
        let packages = [5, b'K', 1, 7, b'K', 0];
        let expected = bytes(&[&[2], &users, &[0], &packages, &[7, 0, 1, 1, 9, 1, 2, 0]]);
        assert_eq!(grant.encode(), expected);
        assert_eq!(entry(ConsentOperation::Revoke, None).encode()[0], 3);
        assert_eq!(entry(ConsentOperation::Cancel, None).encode()[0], 0);
    }

    #[test]
    fn extensions_stand_in_order_and_each_once() {
        for ids in [[2, 1], [1, 1]] {
            let extensions = [8, 0, ids[0], 1, 9, 0, ids[1], 1, 9];
            let mut body = entry(ConsentOperation::Revoke, None).encode();
            body.pop();
            body.extend(extensions);
            let error = decode(&body).unwrap_err().to_string();
            assert!(error.contains("each component id once, in rising order"), "{error}");
        }
    }
}
