//! How the fields of room components lie on the wire: vectors, text, URIs.
//!
//! Each module here serves as `#[tls_codec(with = "...")]` for one kind of field. All of them are
//! a vector with a variable-length length in front (`<V>` of RFC 9420 §2.1.2).
//!
//! Why not the library's own impls: with debug assertions on, they panic on a length of the
//! reserved kind `0b11` and on byte strings that end early. What comes here was sent by others,
//! so it has to come back as an error.

use std::fmt::Debug;
use std::io::Write;

use tls_codec::{DeserializeBytes, Error, Serialize, Size};

/// Vectors of anything, byte strings included.
pub mod list {
    use super::{Debug, DeserializeBytes, Error, Serialize, Size, Write};

    pub fn tls_serialized_len<T: Size>(items: &[T]) -> usize {
        items.tls_serialized_len()
    }

    pub fn tls_serialize<T: Serialize + Debug, W: Write>(
        items: &[T],
        writer: &mut W,
    ) -> Result<usize, Error> {
        items.tls_serialize(writer)
    }

    pub fn tls_deserialize_bytes<T: DeserializeBytes>(
        bytes: &[u8],
    ) -> Result<(Vec<T>, &[u8]), Error> {
        match bytes.first() {
            Some(0xc0..) => Err(Error::InvalidVectorLength),
            _ => Vec::tls_deserialize_bytes(bytes),
        }
    }
}

/// UTF-8 without NUL (`UTF8String` of P06 §7.6).
pub mod text {
    use super::{Error, Write, list};

    pub fn tls_serialized_len(text: &str) -> usize {
        list::tls_serialized_len(text.as_bytes())
    }

    pub fn tls_serialize<W: Write>(text: &str, writer: &mut W) -> Result<usize, Error> {
        list::tls_serialize(text.as_bytes(), writer)
    }

    pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(String, &[u8]), Error> {
        let (content, rest) = list::tls_deserialize_bytes(bytes)?;
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
