//! How text and URIs lie on the wire: byte strings with a variable-length length in front.
//!
//! Each module here serves as `#[tls_codec(with = "...")]` for one kind of field. Byte strings are
//! read as `Vec<u8>`, never as the codec library's `VLBytes`, `VLByteVec` or `String`: with debug
//! assertions on, those panic where the input ends early, and what comes here was sent by others.

use std::io::Write;

use tls_codec::{DeserializeBytes, Error, Serialize, Size};

/// UTF-8 without NUL (`UTF8String` of P06 §7.6).
pub mod text {
    use super::{DeserializeBytes, Error, Serialize, Size, Write};

    pub fn tls_serialized_len(text: &str) -> usize {
        text.as_bytes().tls_serialized_len()
    }

    pub fn tls_serialize<W: Write>(text: &str, writer: &mut W) -> Result<usize, Error> {
        text.as_bytes().tls_serialize(writer)
    }

    pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(String, &[u8]), Error> {
        let (content, rest) = Vec::tls_deserialize_bytes(bytes)?;
        match String::from_utf8(content) {
            Ok(text) if !text.contains('\0') => Ok((text, rest)),
            _ => Err(Error::DecodingError("expected UTF-8 text without NUL".to_owned())),
        }
    }
}

macro_rules! uri_field {
    ($(#[$doc:meta])* $module:ident, $uri:ty) => {
        $(#[$doc])*
        pub mod $module {
            use super::{Error, Write, text};

            pub fn tls_serialized_len(uri: &$uri) -> usize {
                text::tls_serialized_len(&uri.to_string())
            }

            pub fn tls_serialize<W: Write>(uri: &$uri, writer: &mut W) -> Result<usize, Error> {
                text::tls_serialize(&uri.to_string(), writer)
            }

            pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<($uri, &[u8]), Error> {
                let (text, rest) = text::tls_deserialize_bytes(bytes)?;
                let uri = <$uri>::parse(&text);
                Ok((uri.map_err(|error| Error::DecodingError(error.to_string()))?, rest))
            }
        }
    };
}

uri_field!(
    /// The URI of a user.
    user, crate::mimi::uri::UserUri
);
uri_field!(
    /// The URI of a room.
    room, crate::mimi::uri::RoomUri
);
