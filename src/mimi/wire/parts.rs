//! Parts that several bodies share.

use std::collections::BTreeMap;

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::WireError;
use super::codec::{Reader, Writer};

/// The end-to-end protocol of a room (§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSerialize, TlsDeserializeBytes, TlsSize)]
#[repr(u8)]
pub enum Protocol {
    /// MLS 1.0 (RFC 9420).
    Mls10 = 1,
}

/// An MLS credential (RFC 9420 §5.3). Only basic ones can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// [`Credential::BASIC`].
    pub credential_type: u16,
    /// The identity that the credential claims.
    pub identity: Vec<u8>,
}

impl Credential {
    /// The credential type `basic`.
    pub const BASIC: u16 = 1;

    /// A basic credential.
    pub fn basic(identity: impl Into<Vec<u8>>) -> Self {
        Self { credential_type: Self::BASIC, identity: identity.into() }
    }

    pub(super) fn write(&self, writer: Writer) -> Writer {
        writer.put(&self.credential_type).opaque(&self.identity)
    }
}

/// Someone outside the group who may sign proposals for it (RFC 9420 §12.1.8.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSender {
    /// The public signature key.
    pub key: Vec<u8>,
    /// Who it belongs to.
    pub credential: Credential,
}

impl ExternalSender {
    /// The encoding, as in the `external_senders` extension.
    pub fn encode(&self) -> Vec<u8> {
        self.write(Writer::default()).done()
    }

    /// # Errors
    /// When `bytes` are not exactly one such value.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Reader::whole("ExternalSender", bytes, Self::read)
    }

    pub(in crate::mimi) fn write(&self, writer: Writer) -> Writer {
        self.credential.write(writer.opaque(&self.key))
    }

    pub(in crate::mimi) fn read(reader: &mut Reader) -> Result<Self, WireError> {
        let key = reader.opaque("the hub's signature key")?;
        Ok(Self { key, credential: reader.credential()? })
    }
}

/// How a ratchet tree travels (draft-mahy-mls-ratchet-tree-options §3). Its other two
/// representations, by URI and out of band, are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RatchetTreeOption {
    /// Whole: the encoding of `optional<Node> ratchet_tree<V>`, *with* its length in front.
    Full(Vec<u8>),
    /// The hub has it, or reconstructs it.
    DistributionService,
}

impl RatchetTreeOption {
    pub(in crate::mimi) fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Full(tree) => writer.put(&1u8).raw(tree),
            Self::DistributionService => writer.put(&4u8),
        }
    }
}

/// The hub's stamp on an application message (§5.4.1).
#[derive(Debug, Clone, PartialEq, Eq, TlsSerialize, TlsDeserializeBytes, TlsSize)]
pub struct Frank {
    /// HMAC over the sender's franking tag and the hub's context, under the hub's own key.
    pub server_frank: [u8; 32],
    /// The cipher suite whose signature algorithm made the signature.
    pub cipher_suite: u16,
    /// The hub's signature over the `FrankingIntegrityTBS`.
    pub signature: Vec<u8>,
}

impl Frank {
    /// The encoding, as in the bodies that have one.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default().put(self).done()
    }
}

/// Where later drafts may put more into a body: an `AppDataDictionary`
/// (draft-ietf-mls-extensions §4.6), by component id. The testbed defines no component for the
/// bodies that have one, passes over what it finds, and sends empty ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppDataDictionary(pub BTreeMap<u16, Vec<u8>>);

impl AppDataDictionary {
    pub(super) fn write(&self, writer: Writer) -> Writer {
        let entries: Vec<_> = self.0.iter().collect();
        writer.list(&entries, |writer, (id, data)| writer.put(*id).opaque(data))
    }

    /// Entries stand in the order of their ids, each once: a body has one form.
    pub(super) fn read(reader: &mut Reader) -> Result<Self, WireError> {
        let entries = reader.list("an AppDataDictionary", |reader| {
            Ok((reader.take::<u16>("a component id")?, reader.opaque("a component's data")?))
        })?;
        let in_order = entries.is_sorted_by(|(one, _), (next, _)| one < next);
        let dictionary = Self(entries.into_iter().collect());
        if in_order {
            return Ok(dictionary);
        }
        let expected = "an AppDataDictionary: each component id once, in rising order";
        Err(reader.refuse(expected, "another order".to_owned()))
    }
}
