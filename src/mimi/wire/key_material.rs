//! `POST /keyMaterial/{targetUser}`: KeyPackages for all clients of a user (§5.2).
//!
//! The adder's provider asks the hub, the hub asks the target's provider (R5). A response with a
//! user status other than success, partial success or no compatible material must list no
//! clients (R7); that is a rule and not checked here.

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::codec::{Reader, Writer};
use super::{Credential, Framing, Protocol, WireError};
use crate::mimi::uri::{ClientUri, RoomUri, UserUri};

/// What a new member must support (RFC 9420 §11.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSerialize, TlsDeserializeBytes, TlsSize)]
pub struct RequiredCapabilities {
    /// Extension types.
    pub extensions: Vec<u16>,
    /// Proposal types.
    pub proposals: Vec<u16>,
    /// Credential types.
    pub credentials: Vec<u16>,
}

/// What a client supports (RFC 9420 §7.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSerialize, TlsDeserializeBytes, TlsSize)]
pub struct Capabilities {
    /// MLS protocol versions.
    pub versions: Vec<u16>,
    /// Cipher suites.
    pub cipher_suites: Vec<u16>,
    /// Extension types.
    pub extensions: Vec<u16>,
    /// Proposal types.
    pub proposals: Vec<u16>,
    /// Credential types.
    pub credentials: Vec<u16>,
}

/// Asks for one KeyPackage of each client of a user, for one room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterialRequest {
    /// Who wants to add.
    pub requesting_user: UserUri,
    /// Who is to be added.
    pub target_user: UserUri,
    /// To which room.
    pub room: RoomUri,
    /// Cipher suites that will do; the draft wants at least one.
    pub cipher_suites: Vec<u16>,
    /// What the room needs.
    pub required: RequiredCapabilities,
    /// Public signature key of the client that asks.
    pub requester_key: Vec<u8>,
    /// Its credential.
    pub requester_credential: Credential,
    /// SignWithLabel(requester key, "KeyMaterialRequestTBS", [`Self::to_be_signed`]).
    pub signature: Vec<u8>,
}

impl KeyMaterialRequest {
    /// The `KeyMaterialRequestTBS`: all but the signature.
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
        Reader::whole("KeyMaterialRequest", bytes, |reader| {
            reader.protocol()?;
            Ok(Self {
                requesting_user: reader.uri("the requesting user")?,
                target_user: reader.uri("the target user")?,
                room: reader.uri("the room")?,
                cipher_suites: reader.take("a list of cipher suites")?,
                required: reader.take("RequiredCapabilities")?,
                requester_key: reader.opaque("the requester's signature key")?,
                requester_credential: reader.credential()?,
                signature: reader.opaque("a signature")?,
            })
        })
    }

    fn unsigned(&self) -> Writer {
        let writer = Writer::default()
            .put(&Protocol::Mls10)
            .uri(&self.requesting_user)
            .uri(&self.target_user)
            .uri(&self.room)
            .put(&self.cipher_suites)
            .put(&self.required)
            .opaque(&self.requester_key);
        self.requester_credential.write(writer)
    }
}

/// How a request for key material went, for the user as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserializeBytes, TlsSize)]
#[repr(u8)]
pub enum KeyMaterialUserCode {
    /// Material for every client.
    Success = 0,
    /// Material for at least one client.
    PartialSuccess = 1,
    /// A provider, or every client of the user, does not speak the protocol.
    IncompatibleProtocol = 2,
    /// No client has material that meets the requirements.
    NoCompatibleMaterial = 3,
    /// The provider knows no such user.
    UserUnknown = 4,
    /// The requester may not ask; may stand for any other refusal (R9).
    NoConsent = 5,
    /// The requester may not ask for this room.
    NoConsentForThisRoom = 6,
    /// There was such a user.
    UserDeleted = 7,
}

impl KeyMaterialUserCode {
    /// Its name in the draft.
    pub fn code_name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::PartialSuccess => "partialSuccess",
            Self::IncompatibleProtocol => "incompatibleProtocol",
            Self::NoCompatibleMaterial => "noCompatibleMaterial",
            Self::UserUnknown => "userUnknown",
            Self::NoConsent => "noConsent",
            Self::NoConsentForThisRoom => "noConsentForThisRoom",
            Self::UserDeleted => "userDeleted",
        }
    }
}

/// How it went for one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientStatus {
    /// A KeyPackage, for this room only (R6).
    Success(Vec<u8>),
    /// The client has no KeyPackage left.
    KeyMaterialExhausted,
    /// None of the client's KeyPackages meets the requirements; what it supports, where its
    /// provider tells.
    NothingCompatible(Option<Capabilities>),
}

impl ClientStatus {
    /// Its name in the draft.
    pub fn code_name(&self) -> &'static str {
        match self {
            Self::Success(_) => "success",
            Self::KeyMaterialExhausted => "keyMaterialExhausted",
            Self::NothingCompatible(_) => "nothingCompatible",
        }
    }
}

/// The part of a response that is about one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKeyMaterial {
    /// The client.
    pub client: ClientUri,
    /// How it went.
    pub status: ClientStatus,
}

impl ClientKeyMaterial {
    /// The status comes before the client, and what belongs to the status after it.
    fn write(writer: Writer, it: &Self) -> Writer {
        match &it.status {
            ClientStatus::Success(key_package) => writer.put(&0u8).uri(&it.client).raw(key_package),
            ClientStatus::KeyMaterialExhausted => writer.put(&1u8).uri(&it.client),
            ClientStatus::NothingCompatible(capabilities) => {
                writer.put(&2u8).uri(&it.client).put(capabilities)
            }
        }
    }

    fn read(reader: &mut Reader, framing: &dyn Framing) -> Result<Self, WireError> {
        let expected = "success(0), keyMaterialExhausted(1) or nothingCompatible(2)";
        let code = reader.code(&[0, 1, 2], expected)?;
        let client = reader.uri("a client")?;
        let status = match code {
            0 => ClientStatus::Success(
                reader.framed(|bytes| framing.key_package(bytes), "a KeyPackage")?,
            ),
            1 => ClientStatus::KeyMaterialExhausted,
            _ => ClientStatus::NothingCompatible(
                reader.optional(|reader| reader.take("a client's Capabilities"))?,
            ),
        };
        Ok(Self { client, status })
    }
}

/// Answers a [`KeyMaterialRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMaterialResponse {
    /// How it went.
    pub user_status: KeyMaterialUserCode,
    /// The target user.
    pub user: UserUri,
    /// Each client of the user.
    pub clients: Vec<ClientKeyMaterial>,
}

impl KeyMaterialResponse {
    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default()
            .put(&Protocol::Mls10)
            .put(&self.user_status)
            .uri(&self.user)
            .list(&self.clients, ClientKeyMaterial::write)
            .done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such body, or of another protocol.
    pub fn decode(bytes: &[u8], framing: &dyn Framing) -> Result<Self, WireError> {
        Reader::whole("KeyMaterialResponse", bytes, |reader| {
            reader.protocol()?;
            Ok(Self {
                user_status: reader.take("a KeyMaterialUserCode: 0 to 7")?,
                user: reader.uri("the target user")?,
                clients: reader
                    .list("a list of clients", |reader| ClientKeyMaterial::read(reader, framing))?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mimi::wire::testing::*;

    fn any_request() -> impl Strategy<Value = KeyMaterialRequest> {
        let users = (any_user(), any_user(), any_room());
        let needs = any::<(Vec<u16>, Vec<u16>, Vec<u16>, Vec<u16>)>();
        let proof = (any_bytes(), any_credential(), any_bytes());
        (users, needs, proof).prop_map(|(users, needs, proof)| KeyMaterialRequest {
            requesting_user: users.0,
            target_user: users.1,
            room: users.2,
            cipher_suites: needs.0,
            required: RequiredCapabilities {
                extensions: needs.1,
                proposals: needs.2,
                credentials: needs.3,
            },
            requester_key: proof.0,
            requester_credential: proof.1,
            signature: proof.2,
        })
    }

    fn any_response() -> impl Strategy<Value = KeyMaterialResponse> {
        let capabilities = any::<[Vec<u16>; 5]>().prop_map(
            |[versions, cipher_suites, extensions, proposals, credentials]| Capabilities {
                versions,
                cipher_suites,
                extensions,
                proposals,
                credentials,
            },
        );
        let status = prop_oneof![
            any_object(b'K').prop_map(ClientStatus::Success),
            Just(ClientStatus::KeyMaterialExhausted),
            prop::option::of(capabilities).prop_map(ClientStatus::NothingCompatible),
        ];
        let client = (any_client(), status)
            .prop_map(|(client, status)| ClientKeyMaterial { client, status });
        let user_status = prop::sample::select(vec![
            KeyMaterialUserCode::Success,
            KeyMaterialUserCode::NoCompatibleMaterial,
            KeyMaterialUserCode::UserDeleted,
        ]);
        (user_status, any_user(), prop::collection::vec(client, 0..4)).prop_map(
            |(user_status, user, clients)| KeyMaterialResponse { user_status, user, clients },
        )
    }

    #[test]
    fn a_request_reads_back_and_damage_does_no_harm() {
        holds(any_request(), KeyMaterialRequest::encode, KeyMaterialRequest::decode);
    }

    #[test]
    fn a_response_reads_back_and_damage_does_no_harm() {
        let decode = |it: &[u8]| KeyMaterialResponse::decode(it, &FakeFraming);
        holds(any_response(), KeyMaterialResponse::encode, decode);
    }

    fn request() -> KeyMaterialRequest {
        KeyMaterialRequest {
            requesting_user: UserUri::parse("mimi://a/u/x").unwrap(),
            target_user: UserUri::parse("mimi://b/u/yy").unwrap(),
            room: RoomUri::parse("mimi://a/r/z").unwrap(),
            cipher_suites: vec![1],
            required: RequiredCapabilities {
                extensions: vec![0x000a],
                proposals: vec![],
                credentials: vec![1],
            },
            requester_key: vec![0xaa],
            requester_credential: Credential::basic([0xbb, 0xbc]),
            signature: vec![0xcc; 64],
        }
    }

    #[test]
    fn a_request_has_these_bytes_and_all_but_the_signature_is_signed() {
        let signed = bytes(&[
            &[1, 12],
            b"mimi://a/u/x",
            &[13],
            b"mimi://b/u/yy",
            &[12],
            b"mimi://a/r/z",
            &[2, 0, 1],              // cipher suites
            &[2, 0, 10, 0, 2, 0, 1], // required extensions, proposals, credentials
            &[1, 0xaa],              // key
            &[0, 1, 2, 0xbb, 0xbc],  // credential
        ]);
        assert_eq!(request().to_be_signed(), signed);
        assert_eq!(request().encode(), bytes(&[&signed, &[0x40, 64], &[0xcc; 64]]));
    }

    #[test]
    fn a_response_has_these_bytes() {
        let client = |name: &str, status| ClientKeyMaterial {
            client: ClientUri::parse(&format!("mimi://b/d/{name}")).unwrap(),
            status,
        };
        let capabilities = Capabilities {
            versions: vec![1],
            cipher_suites: vec![2],
            extensions: vec![3],
            proposals: vec![4],
            credentials: vec![5],
        };
        let response = KeyMaterialResponse {
            user_status: KeyMaterialUserCode::PartialSuccess,
            user: UserUri::parse("mimi://b/u/y").unwrap(),
            clients: vec![
                client("1", ClientStatus::Success(vec![b'K', 1, 9])),
                client("2", ClientStatus::KeyMaterialExhausted),
                client("3", ClientStatus::NothingCompatible(None)),
                client("4", ClientStatus::NothingCompatible(Some(capabilities))),
            ],
        };
        let clients = bytes(&[
            &[0, 12],
            b"mimi://b/d/1",
            &[b'K', 1, 9, 1, 12],
            b"mimi://b/d/2",
            &[2, 12],
            b"mimi://b/d/3",
            &[0, 2, 12],
            b"mimi://b/d/4",
            &[1, 2, 0, 1, 2, 0, 2, 2, 0, 3, 2, 0, 4, 2, 0, 5],
        ]);
        let head = bytes(&[&[1, 1, 12], b"mimi://b/u/y", &[0x40, clients.len() as u8]]);
        assert_eq!(response.encode(), bytes(&[&head, &clients]));
    }

    #[test]
    fn another_protocol_is_told_apart_from_other_errors() {
        let mut body = request().encode();
        body[0] = 2;
        let error = KeyMaterialRequest::decode(&body).unwrap_err();
        let expected = WireError::UnknownProtocol { body: "KeyMaterialRequest", at: 0, found: 2 };
        assert_eq!(error, expected);
        let text = "KeyMaterialRequest, byte 0: expected protocol 1 (mls10), found 2";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn an_error_says_where_and_what_was_expected() {
        let mut body = request().encode();
        body[11] = b'd';
        assert_eq!(
            KeyMaterialRequest::decode(&body).unwrap_err().to_string(),
            "KeyMaterialRequest, byte 1: `mimi://a/d/x` is not a user URI: \
             expected mimi://PROVIDER/u/NAME"
        );
        let credential_type = body.len() - 66 - 4;
        body[11] = b'u';
        body[credential_type] = 2;
        assert_eq!(
            KeyMaterialRequest::decode(&body).unwrap_err().to_string(),
            "KeyMaterialRequest, byte 53: expected credential type 1 (basic), found 2"
        );
        assert_eq!(
            KeyMaterialRequest::decode(&[1, 0xbf, 0xff, 0xff, 0xff]).unwrap_err().to_string(),
            "KeyMaterialRequest, byte 1: expected the requesting user, \
             found a length of 1073741823 with 0 bytes left"
        );
        let unknown = [1, 8];
        assert_eq!(
            KeyMaterialResponse::decode(&unknown, &FakeFraming).unwrap_err().to_string(),
            "KeyMaterialResponse, byte 1: expected a KeyMaterialUserCode: 0 to 7, found 8"
        );
    }
}
