//! Who signs franks in this room: the hub's franking key (P06 §5.4.1).
//!
//! Data only. Like an `ExternalSender` of RFC 9420 it is a signature key, of the group's cipher
//! suite, and a credential; only basic credentials can be read.

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use super::codec;

/// The franking key of a room: the component, and the update that replaces it (`FrankingAgentData`,
/// P06 §5.4.1). A room without the component does not frank.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct FrankingAgent {
    /// The public signature key.
    pub key: Vec<u8>,
    /// The identity of its basic credential.
    #[tls_codec(with = "codec::basic_credential")]
    pub identity: Vec<u8>,
}
