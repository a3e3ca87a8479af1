//! `POST /groupInfo/{roomId}`: what a client needs to join by an external commit (§5.6).
//!
//! The request is signed by the client; the response is signed by the hub, and what matters in it
//! is encrypted to a key of the client's, so that the client's own provider can't read it.

use super::codec::{Reader, Writer};
use super::{Credential, ExternalSender, Framing, MessageKind, Protocol};
use super::{RatchetTreeOption, WireError};
use crate::mimi::uri::RoomUri;

/// Asks for the current GroupInfo of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInfoRequest {
    /// Of the signatures of request and response.
    pub cipher_suite: u16,
    /// Public signature key of the client that asks.
    pub requester_key: Vec<u8>,
    /// Its credential, by which the hub knows the external commit that follows.
    pub requester_credential: Credential,
    /// The HPKE key that the response is to be encrypted to.
    pub hpke_public_key: Vec<u8>,
    /// A code that permits joining. The draft has it `optional` in what is signed and not in the
    /// body (Q2); here it is RFC 9420's `optional<opaque<V>>`, with a presence byte, in both.
    pub joining_code: Option<Vec<u8>>,
    /// SignWithLabel(requester key, "GroupInfoRequestTBS", [`Self::to_be_signed`]).
    pub signature: Vec<u8>,
}

impl GroupInfoRequest {
    /// The `GroupInfoRequestTBS`: all but the signature.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.unsigned().done()
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        self.unsigned().opaque(&self.signature).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, or of another protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("GroupInfoRequest", bytes, |reader| {
            reader.protocol()?;
            Ok(Self {
                cipher_suite: reader.take("a cipher suite")?,
                requester_key: reader.opaque("the requester's signature key")?,
                requester_credential: reader.credential()?,
                hpke_public_key: reader.opaque("an HPKE public key")?,
                joining_code: reader.optional(|reader| reader.opaque("a joining code"))?,
                signature: reader.opaque("a signature")?,
            })
        })
    }

    fn unsigned(&self) -> Writer {
        let writer = Writer::default()
            .put(&Protocol::Mls10)
            .put(&self.cipher_suite)
            .opaque(&self.requester_key);
        let code = self.joining_code.as_ref();
        self.requester_credential
            .write(writer)
            .opaque(&self.hpke_public_key)
            .optional(code, |writer, code| writer.opaque(code))
    }
}

/// Something encrypted to an HPKE key (RFC 9420 §7.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HpkeCiphertext {
    /// The encapsulated key.
    pub kem_output: Vec<u8>,
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
}

/// Answers a [`GroupInfoRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupInfoResponse {
    /// Here it is.
    Success {
        /// The room.
        room: RoomUri,
        /// Of the signature.
        cipher_suite: u16,
        /// The hub, as the group's external senders name it.
        hub_sender: ExternalSender,
        /// A [`GroupInfoRatchetTree`]: EncryptWithLabel(the request's HPKE key, "GroupInfo and
        /// ratchet_tree encryption", the room's URI, its encoding).
        ciphertext: HpkeCiphertext,
        /// SignWithLabel(hub's key, "GroupInfoResponseTBS", [`Self::to_be_signed`]).
        signature: Vec<u8>,
    },
    /// The requester may not have it; may stand for the other refusal (R31).
    NotAuthorized {
        /// The room.
        room: RoomUri,
    },
    /// The hub has no such room.
    NoSuchRoom {
        /// The room.
        room: RoomUri,
    },
}

impl GroupInfoResponse {
    /// The outcome's name in the draft.
    pub fn code_name(&self) -> &'static str {
        match self {
            Self::Success { .. } => "success",
            Self::NotAuthorized { .. } => "notAuthorized",
            Self::NoSuchRoom { .. } => "noSuchRoom",
        }
    }

    /// The `GroupInfoResponseTBS`: all but the signature. None for a refusal, which has none.
    pub fn to_be_signed(&self) -> Option<Vec<u8>> {
        match self {
            Self::Success { .. } => Some(self.unsigned().done()),
            _ => None,
        }
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Success { signature, .. } => self.unsigned().opaque(signature).done(),
            _ => self.unsigned().done(),
        }
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, or of another protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("GroupInfoResponse", bytes, |reader| {
            reader.protocol()?;
            let room = reader.uri("the room")?;
            let expected = "success(1), notAuthorized(2) or noSuchRoom(3)";
            match reader.code(&[1, 2, 3], expected)? {
                1 => Self::read_success(reader, room),
                2 => Ok(Self::NotAuthorized { room }),
                _ => Ok(Self::NoSuchRoom { room }),
            }
        })
    }

    fn read_success(reader: &mut Reader, room: RoomUri) -> Result<Self, WireError> {
        Ok(Self::Success {
            room,
            cipher_suite: reader.take("a cipher suite")?,
            hub_sender: ExternalSender::read(reader)?,
            ciphertext: HpkeCiphertext {
                kem_output: reader.opaque("an encapsulated key")?,
                ciphertext: reader.opaque("a ciphertext")?,
            },
            signature: reader.opaque("a signature")?,
        })
    }

    fn unsigned(&self) -> Writer {
        let head =
            |room: &RoomUri, code: u8| Writer::default().put(&Protocol::Mls10).uri(room).put(&code);
        match self {
            Self::Success { room, cipher_suite, hub_sender, ciphertext, .. } => hub_sender
                .write(head(room, 1).put(cipher_suite))
                .opaque(&ciphertext.kem_output)
                .opaque(&ciphertext.ciphertext),
            Self::NotAuthorized { room } => head(room, 2),
            Self::NoSuchRoom { room } => head(room, 3),
        }
    }
}

/// A proposal that waits for the next commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingProposal {
    /// The proposal, an MLSMessage.
    pub proposal: Vec<u8>,
    /// The hub's stamp on it: milliseconds since the UNIX epoch.
    pub accepted_at: u64,
}

/// The secret of a [`GroupInfoResponse::Success`]: the draft's `GroupInfoRatchetTreeTBE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInfoRatchetTree {
    /// A bare GroupInfo, without the ratchet tree.
    pub group_info: Vec<u8>,
    /// The ratchet tree.
    pub ratchet_tree: RatchetTreeOption,
    /// Proposals that the hub accepted in this epoch.
    pub pending: Vec<PendingProposal>,
}

impl GroupInfoRatchetTree {
    /// Its bytes, to be encrypted.
    pub fn encode(&self) -> Vec<u8> {
        self.ratchet_tree
            .write(Writer::default().raw(&self.group_info))
            .list(&self.pending, |writer, it| writer.raw(&it.proposal).put(&it.accepted_at))
            .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such struct.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("GroupInfoRatchetTreeTBE", bytes, |reader| {
            Ok(Self {
                group_info: reader.framed(|it| framing.group_info(it), "a GroupInfo")?,
                ratchet_tree: reader.ratchet_tree()?,
                pending: reader.list("a list of pending proposals", |reader| {
                    let expected = "an MLSMessage: a proposal";
                    let known = [MessageKind::Proposal];
                    let (proposal, _) = reader.message(framing, &known, expected)?;
                    let accepted_at = reader.take("the time of acceptance")?;
                    Ok(PendingProposal { proposal, accepted_at })
                })?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_request() -> impl Strategy<Value = GroupInfoRequest> {
        let code = prop::option::of(any_bytes());
        (any::<u16>(), any_bytes(), any_credential(), any_bytes(), code, any_bytes()).prop_map(
            |(cipher_suite, key, requester_credential, hpke, joining_code, signature)| {
                GroupInfoRequest {
                    cipher_suite,
                    requester_key: key,
                    requester_credential,
                    hpke_public_key: hpke,
                    joining_code,
                    signature,
                }
            },
        )
    }

    fn any_response() -> impl Strategy<Value = GroupInfoResponse> {
        let sender = (any_bytes(), any_credential())
            .prop_map(|(key, credential)| ExternalSender { key, credential });
        let sealed = (any_bytes(), any_bytes())
            .prop_map(|(kem_output, ciphertext)| HpkeCiphertext { kem_output, ciphertext });
        let success = (any_room(), any::<u16>(), sender, sealed, any_bytes()).prop_map(
            |(room, cipher_suite, hub_sender, ciphertext, signature)| GroupInfoResponse::Success {
                room,
                cipher_suite,
                hub_sender,
                ciphertext,
                signature,
            },
        );
        prop_oneof![
            success,
            any_room().prop_map(|room| GroupInfoResponse::NotAuthorized { room }),
            any_room().prop_map(|room| GroupInfoResponse::NoSuchRoom { room }),
        ]
    }

    fn any_secret() -> impl Strategy<Value = GroupInfoRatchetTree> {
        let pending = (any_object(b'p'), any::<u64>())
            .prop_map(|(proposal, accepted_at)| PendingProposal { proposal, accepted_at });
        (any_group_info(), any_tree(), prop::collection::vec(pending, 0..4)).prop_map(
            |(group_info, ratchet_tree, pending)| GroupInfoRatchetTree {
                group_info,
                ratchet_tree,
                pending,
            },
        )
    }

    #[test]
    fn a_request_reads_back_and_damage_does_no_harm() {
        holds(any_request(), GroupInfoRequest::encode, GroupInfoRequest::decode);
    }

    #[test]
    fn a_response_reads_back_and_damage_does_no_harm() {
        holds(any_response(), GroupInfoResponse::encode, GroupInfoResponse::decode);
    }

    #[test]
    fn the_secret_of_a_response_reads_back_and_damage_does_no_harm() {
        let decode = |it: &[u8]| GroupInfoRatchetTree::decode(it, &FakeFraming);
        holds(any_secret(), GroupInfoRatchetTree::encode, decode);
    }

    #[test]
    fn a_request_has_these_bytes_and_all_but_the_signature_is_signed() {
        let request = |joining_code| GroupInfoRequest {
            cipher_suite: 2,
            requester_key: vec![0xaa],
            requester_credential: Credential::basic([0xbb]),
            hpke_public_key: vec![0xcc],
            joining_code,
            signature: vec![0xdd, 0xde],
        };
        let head = [1, 0, 2, 1, 0xaa, 0, 1, 1, 0xbb, 1, 0xcc];
        let with = request(Some(vec![9]));
        assert_eq!(with.to_be_signed(), bytes(&[&head, &[1, 1, 9]]));
        assert_eq!(with.encode(), bytes(&[&head, &[1, 1, 9, 2, 0xdd, 0xde]]));
        assert_eq!(request(None).encode(), bytes(&[&head, &[0, 2, 0xdd, 0xde]]));
    }

    #[test]
    fn a_success_has_these_bytes_and_all_but_the_signature_is_signed() {
        let response = GroupInfoResponse::Success {
            room: RoomUri::parse("mimi://a/r/x").unwrap(),
            cipher_suite: 2,
            hub_sender: ExternalSender { key: vec![0xaa], credential: Credential::basic([0xbb]) },
            ciphertext: HpkeCiphertext { kem_output: vec![3], ciphertext: vec![4, 5] },
            signature: vec![6],
        };
        let signed =
            bytes(&[&[1, 12], b"mimi://a/r/x", &[1, 0, 2, 1, 0xaa, 0, 1, 1, 0xbb, 1, 3, 2, 4, 5]]);
        assert_eq!(response.to_be_signed(), Some(signed.clone()));
        assert_eq!(response.encode(), bytes(&[&signed, &[1, 6]]));
        assert_eq!(response.code_name(), "success");
    }

    #[test]
    fn a_refusal_has_these_bytes_and_nothing_to_sign() {
        let room = RoomUri::parse("mimi://a/r/x").unwrap();
        let check = |response: GroupInfoResponse, code, name| {
            assert_eq!(response.encode(), bytes(&[&[1, 12], b"mimi://a/r/x", &[code]]));
            assert_eq!(response.to_be_signed(), None);
            assert_eq!(response.code_name(), name);
        };
        check(GroupInfoResponse::NotAuthorized { room: room.clone() }, 2, "notAuthorized");
        check(GroupInfoResponse::NoSuchRoom { room }, 3, "noSuchRoom");
    }

    #[test]
    fn the_secret_of_a_response_has_these_bytes() {
        let secret = GroupInfoRatchetTree {
            group_info: vec![b'G', 1, 2],
            ratchet_tree: RatchetTreeOption::DistributionService,
            pending: vec![PendingProposal { proposal: vec![b'p', 0], accepted_at: 3 }],
        };
        let expected = [b'G', 1, 2, 4, 10, b'p', 0, 0, 0, 0, 0, 0, 0, 0, 3];
        assert_eq!(secret.encode(), expected);
    }
}
