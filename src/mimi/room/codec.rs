//! How text, URIs, flags and credentials lie on the wire. The first two are byte strings with a
//! variable-length length in front.
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

/// `bool`: one byte, 0 or 1 (RP03 §5).
pub mod flag {
    use super::{DeserializeBytes, Error, Serialize, Write};

    pub fn tls_serialized_len(_: &bool) -> usize {
        1
    }

    pub fn tls_serialize<W: Write>(flag: &bool, writer: &mut W) -> Result<usize, Error> {
        u8::from(*flag).tls_serialize(writer)
    }

    pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(bool, &[u8]), Error> {
        match u8::tls_deserialize_bytes(bytes)? {
            (0, rest) => Ok((false, rest)),
            (1, rest) => Ok((true, rest)),
            (other, _) => Err(Error::DecodingError(format!("{other} is no bool: expected 0 or 1"))),
        }
    }
}

/// A basic `Credential` (RFC 9420 §5.3), as its identity.
pub mod basic_credential {
    use super::{DeserializeBytes, Error, Serialize, Size, Write};

    const BASIC: u16 = 1;

    pub fn tls_serialized_len(identity: &[u8]) -> usize {
        BASIC.tls_serialized_len() + identity.tls_serialized_len()
    }

    pub fn tls_serialize<W: Write>(identity: &[u8], writer: &mut W) -> Result<usize, Error> {
        Ok(BASIC.tls_serialize(writer)? + identity.tls_serialize(writer)?)
    }

    pub fn tls_deserialize_bytes(bytes: &[u8]) -> Result<(Vec<u8>, &[u8]), Error> {
        match u16::tls_deserialize_bytes(bytes)? {
            (BASIC, rest) => Vec::tls_deserialize_bytes(rest),
            (other, _) => {
                let why = format!("credential type {other}: expected {BASIC}, basic");
                Err(Error::DecodingError(why))
            }
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
