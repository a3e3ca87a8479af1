//! Media types, as policies list them (`MediaType`, draft-ietf-mls-extensions §6.2.2).

use tls_codec::{TlsDeserializeBytes, TlsSerialize, TlsSize};

use crate::mimi::room::text;

/// A media type with its parameters.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct MediaType {
    /// Type and subtype: `text/markdown`.
    #[tls_codec(with = "text")]
    pub media_type: String,
    /// Its parameters; may be empty.
    pub parameters: Vec<Parameter>,
}

/// One parameter of a media type.
#[derive(Debug, Clone, PartialEq, Eq, TlsSize, TlsSerialize, TlsDeserializeBytes)]
pub struct Parameter {
    /// Its name.
    #[tls_codec(with = "text")]
    pub name: String,
    /// Its value, without quotation marks.
    #[tls_codec(with = "text")]
    pub value: String,
}
