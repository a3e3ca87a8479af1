//! How a room uses MLS: the operational policy (RP03 §7, R56).
//!
//! What nodes obey: whether external commits and proposals are allowed, when waiting proposals are
//! committed, how late a message may be, and how far a ratchet may skip. The rest is data: members
//! of the testbed update their leaves when a scenario says so; KeyPackages and credentials end when
//! their makers say; no message is padded; and of what comes early, a client keeps up to a number
//! of its own, for as long as it takes. RP03 gives no unit for times; seconds are taken, but for
//! the delays, whose names say milliseconds.

use std::io::Write;

use tls_codec::{
    DeserializeBytes, Error, Serialize, Size, TlsDeserializeBytes, TlsSerialize, TlsSize,
};

use super::MediaType;
use crate::mimi::room::flag;

/// What MLS clients may be asked for (`ExtendedCapabilities`, RP03 §7), as numbers of the MLS
/// registries.
#[derive(Debug, Clone, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct ExtendedCapabilities {
    /// Protocol versions.
    pub versions: Vec<u16>,
    /// Cipher suites.
    pub cipher_suites: Vec<u16>,
    /// Extension types.
    pub extensions: Vec<u16>,
    /// Proposal types.
    pub proposals: Vec<u16>,
    /// Credential types.
    pub credentials: Vec<u16>,
    /// Wire formats.
    pub wire_formats: Vec<u16>,
    /// Components.
    pub component_ids: Vec<u16>,
    /// Components that may stand in the additional authenticated data.
    pub safe_aad_types: Vec<u16>,
    /// Media types of messages.
    pub media_types: Vec<MediaType>,
    /// Content types.
    pub content_types: Vec<u8>,
}

/// When members commit proposals that wait (`PendingProposalPolicy`, RP03 §7). The draft's
/// `extension` has no number and is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PendingProposalPolicy {
    /// As each client likes.
    #[default]
    Unspecified,
    /// At once.
    ImmediateCommit,
    /// After a delay by chance, within these bounds in milliseconds.
    RandomDelay {
        /// Least delay.
        minimum: u64,
        /// Greatest delay; not less than the least.
        maximum: u64,
    },
}

impl Size for PendingProposalPolicy {
    fn tls_serialized_len(&self) -> usize {
        match self {
            Self::Unspecified | Self::ImmediateCommit => 1,
            Self::RandomDelay { .. } => 17,
        }
    }
}

impl Serialize for PendingProposalPolicy {
    fn tls_serialize<W: Write>(&self, writer: &mut W) -> Result<usize, Error> {
        match self {
            Self::Unspecified => 0u8.tls_serialize(writer),
            Self::ImmediateCommit => 1u8.tls_serialize(writer),
            Self::RandomDelay { minimum, maximum } => Ok(2u8.tls_serialize(writer)?
                + minimum.tls_serialize(writer)?
                + maximum.tls_serialize(writer)?),
        }
    }
}

impl DeserializeBytes for PendingProposalPolicy {
    fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let (strategy, rest) = u8::tls_deserialize_bytes(bytes)?;
        match strategy {
            0 => Ok((Self::Unspecified, rest)),
            1 => Ok((Self::ImmediateCommit, rest)),
            2 => {
                let (minimum, rest) = u64::tls_deserialize_bytes(rest)?;
                let (maximum, rest) = u64::tls_deserialize_bytes(rest)?;
                if minimum > maximum {
                    let why = format!("a delay of {minimum} to {maximum} ms ends before it begins");
                    return Err(Error::DecodingError(why));
                }
                Ok((Self::RandomDelay { minimum, maximum }, rest))
            }
            other => {
                let why = format!("strategy {other} for waiting proposals: expected 0, 1 or 2");
                Err(Error::DecodingError(why))
            }
        }
    }
}

/// Bounds and a usual value, in seconds (`MinDefaultMaxTime`, RP03 §7).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes,
)]
pub struct MinDefaultMaxTime {
    /// Least.
    pub minimum: u64,
    /// Usual.
    pub default: u64,
    /// Greatest.
    pub maximum: u64,
}

/// How messages are padded and how much disorder is borne (`AppMessagePolicy`, RP03 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct AppMessagePolicy {
    /// How many epochs a message may lag behind the hub's.
    pub epoch_tolerance: u8,
    /// Messages are padded to a multiple of so many bytes; 0 for not at all.
    pub pad_to_size: u16,
    /// How many generations of a ratchet one message may skip.
    pub max_generations_skipahead: u32,
}

/// The operational policy: the component, and the update that replaces it
/// (`OperationalParameters`, RP03 §7). A room without the component has
/// [`OperationalParameters::UNSTATED`].
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct OperationalParameters {
    /// What clients must support.
    pub mandatory_capabilities: ExtendedCapabilities,
    /// What clients are taken to support.
    pub default_capabilities: ExtendedCapabilities,
    /// What clients must not use.
    pub forbidden_capabilities: ExtendedCapabilities,
    /// Wire formats of handshake messages.
    pub handshake_formats: Vec<u16>,
    /// Whether who is no member may propose.
    #[tls_codec(with = "flag")]
    pub external_proposal_allowed: bool,
    /// Whether clients may join by an external commit.
    #[tls_codec(with = "flag")]
    pub external_commit_allowed: bool,
    /// When waiting proposals are committed.
    pub pending_proposals: PendingProposalPolicy,
    /// How often a client updates its leaf.
    pub leaf_update_time: MinDefaultMaxTime,
    /// Padding and disorder.
    pub app_messages: AppMessagePolicy,
    /// Longest lifetime of a KeyPackage, in seconds.
    pub max_key_package_lifetime: u64,
    /// Longest lifetime of a credential, in seconds.
    pub max_credential_lifetime: u64,
    /// How long a resumption PSK is kept, in seconds.
    pub resumption_psk_lifetime: u64,
    /// How long unused keys of a sender are kept.
    pub sender_keys_lifetime: MinDefaultMaxTime,
    /// Most unused key pairs that are kept.
    pub max_key_pairs: u32,
    /// How long a message is kept that can't be read yet.
    pub buffer_time: MinDefaultMaxTime,
    /// Most messages that are kept so.
    pub max_buffered_messages: u32,
}

impl OperationalParameters {
    /// What holds where a room says nothing: everything is allowed, a message may be 5 epochs late
    /// and skip 1000 generations. Where RP03 gives no default, these are Schism's own.
    pub const UNSTATED: Self = Self {
        mandatory_capabilities: NOTHING,
        default_capabilities: NOTHING,
        forbidden_capabilities: NOTHING,
        handshake_formats: Vec::new(),
        external_proposal_allowed: true,
        external_commit_allowed: true,
        pending_proposals: PendingProposalPolicy::Unspecified,
        leaf_update_time: ANY_TIME,
        app_messages: AppMessagePolicy {
            epoch_tolerance: 5,
            pad_to_size: 0,
            max_generations_skipahead: 1000,
        },
        max_key_package_lifetime: u64::MAX,
        max_credential_lifetime: u64::MAX,
        resumption_psk_lifetime: u64::MAX,
        sender_keys_lifetime: ANY_TIME,
        max_key_pairs: u32::MAX,
        buffer_time: ANY_TIME,
        max_buffered_messages: u32::MAX,
    };
}

impl Default for OperationalParameters {
    fn default() -> Self {
        Self::UNSTATED
    }
}

const ANY_TIME: MinDefaultMaxTime = MinDefaultMaxTime { minimum: 0, default: 0, maximum: u64::MAX };

const NOTHING: ExtendedCapabilities = ExtendedCapabilities {
    versions: Vec::new(),
    cipher_suites: Vec::new(),
    extensions: Vec::new(),
    proposals: Vec::new(),
    credentials: Vec::new(),
    wire_formats: Vec::new(),
    component_ids: Vec::new(),
    safe_aad_types: Vec::new(),
    media_types: Vec::new(),
    content_types: Vec::new(),
};
