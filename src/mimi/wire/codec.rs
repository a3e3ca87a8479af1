//! Reading and writing TLS presentation language (RFC 8446 §3, RFC 9420 §2.1).
//!
//! A [`Writer`] is a chain of fields; a [`Reader`] walks over a body and knows where it is, so
//! that an error names the byte. Numbers, lengths and plain structs are `tls_codec`'s. What that
//! can't do is here: URIs, MLS objects that only a [`Framing`] can delimit, and byte vectors
//! (`tls_codec`'s own stop a debug build on truncated input).
//!
//! Reading never takes more memory than a small multiple of the input: a length is believed only
//! where that many bytes are there.

use std::fmt::Display;

use tls_codec::{DeserializeBytes, Error, Serialize, TlsVarInt, VLByteSlice};

use super::{Credential, Framing, MessageKind, Protocol, RatchetTreeOption, WireError};
use crate::mimi::uri::UriError;

/// Writes a body, field by field.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// A number, or a struct of `tls_codec`.
    pub fn put(mut self, value: &impl Serialize) -> Self {
        // Writing to memory does not fail, and the one value without an encoding is a vector of
        // 2^30 bytes or more: a thousand times the largest body, which no node builds.
        value.tls_serialize(&mut self.0).expect("no vector has 2^30 bytes");
        self
    }

    /// Bytes as they are: an MLS object.
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `opaque bytes<V>`.
    pub fn opaque(self, bytes: &[u8]) -> Self {
        self.put(&VLByteSlice(bytes))
    }

    /// An `IdentifierUri`.
    pub fn uri(self, uri: &impl Display) -> Self {
        self.opaque(uri.to_string().as_bytes())
    }

    /// `optional<T>`: a presence byte, then the value if there is one.
    pub fn optional<T>(self, value: Option<&T>, write: impl FnOnce(Self, &T) -> Self) -> Self {
        match value {
            None => self.put(&0u8),
            Some(value) => write(self.put(&1u8), value),
        }
    }

    /// `T items<V>`.
    pub fn list<T>(self, items: &[T], write: impl Fn(Self, &T) -> Self) -> Self {
        self.opaque(&items.iter().fold(Self::default(), write).0)
    }

    /// `MLSMessage items<V>`.
    pub fn messages(self, messages: &[Vec<u8>]) -> Self {
        self.list(messages, |writer, message| writer.raw(message))
    }

    /// The body.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a body, field by field.
pub struct Reader<'a> {
    body: &'static str,
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads all of `bytes` as `body` (a name for errors).
    pub fn whole<T>(
        body: &'static str,
        bytes: &'a [u8],
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<T, WireError> {
        let mut reader = Self { body, rest: bytes, at: 0 };
        let value = read(&mut reader)?;
        match reader.rest.len() {
            0 => Ok(value),
            more => Err(reader.refuse("the end of the body", format!("{more} more bytes"))),
        }
    }

    /// Whether all was read.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// A number, or a struct of `tls_codec`.
    pub fn take<T: DeserializeBytes>(&mut self, expected: &'static str) -> Result<T, WireError> {
        match T::tls_deserialize_bytes(self.rest) {
            Ok((value, rest)) => {
                self.advance(self.rest.len() - rest.len());
                Ok(value)
            }
            Err(Error::EndOfStream) => Err(self.refuse(expected, "too few bytes".to_owned())),
            Err(Error::UnknownValue(value)) => Err(self.refuse(expected, value.to_string())),
            Err(error) => Err(self.refuse(expected, format!("bytes that are none ({error})"))),
        }
    }

    /// One byte out of the few that are `known`.
    pub fn code(&mut self, known: &[u8], expected: &'static str) -> Result<u8, WireError> {
        match self.rest.first() {
            Some(code) if known.contains(code) => {
                self.advance(1);
                Ok(*code)
            }
            Some(code) => Err(self.refuse(expected, code.to_string())),
            None => Err(self.refuse(expected, "too few bytes".to_owned())),
        }
    }

    /// The protocol that the rest of the body is written in.
    pub fn protocol(&mut self) -> Result<Protocol, WireError> {
        match self.rest.first() {
            Some(&found) if found != Protocol::Mls10 as u8 => {
                Err(WireError::UnknownProtocol { body: self.body, at: self.at, found })
            }
            _ => self.take("a protocol"),
        }
    }

    /// `opaque bytes<V>`.
    pub fn opaque(&mut self, expected: &'static str) -> Result<Vec<u8>, WireError> {
        Ok(self.vector(expected)?.rest.to_vec())
    }

    /// `string`, which the draft does not define: an `opaque<V>` with UTF-8.
    pub fn string(&mut self, expected: &'static str) -> Result<String, WireError> {
        let mark = self.mark();
        let bytes = self.opaque(expected)?;
        String::from_utf8(bytes).map_err(|error| mark.refuse(expected, error.to_string()))
    }

    /// An `IdentifierUri` of one kind.
    pub fn uri<U>(&mut self, expected: &'static str) -> Result<U, WireError>
    where
        U: TryFrom<String, Error = UriError>,
    {
        let (body, at) = (self.body, self.at);
        let bytes = self.opaque(expected)?;
        // What is not UTF-8 becomes a character that no URI has, and is refused for it.
        U::try_from(String::from_utf8_lossy(&bytes).into_owned()).map_err(|source| WireError::Uri {
            body,
            at,
            source,
        })
    }

    /// An `IdentifierUri` that may be empty.
    pub fn uri_or_nothing<U>(&mut self, expected: &'static str) -> Result<Option<U>, WireError>
    where
        U: TryFrom<String, Error = UriError>,
    {
        if self.rest.first() == Some(&0) {
            self.advance(1);
            return Ok(None);
        }
        self.uri(expected).map(Some)
    }

    /// `ComponentData items<V>`, or what has the same form: data by component id, in the order of
    /// the ids, each once (draft-ietf-mls-extensions §4).
    pub fn components(&mut self, expected: &'static str) -> Result<Vec<(u16, Vec<u8>)>, WireError> {
        let mark = self.mark();
        let items = self.list(expected, |reader| {
            Ok((reader.take("a component id")?, reader.opaque("a component's data")?))
        })?;
        if items.is_sorted_by(|one, next| one.0 < next.0) {
            return Ok(items);
        }
        Err(mark.refuse("each component once, in the order of ids", "another order".to_owned()))
    }

    /// `optional<T>`.
    pub fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        match self.code(&[0, 1], "a presence byte: 0 or 1")? {
            0 => Ok(None),
            _ => read(self).map(Some),
        }
    }

    /// `T items<V>`. `read` must read at least one byte or fail.
    pub fn list<T>(
        &mut self,
        expected: &'static str,
        read: impl Fn(&mut Self) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        let mut inside = self.vector(expected)?;
        let mut items = Vec::new();
        while !inside.is_done() {
            items.push(read(&mut inside)?);
        }
        Ok(items)
    }

    /// An MLS object that is `length` bytes long, as a [`Framing`] found.
    pub fn framed(
        &mut self,
        length: impl FnOnce(&[u8]) -> Option<usize>,
        expected: &'static str,
    ) -> Result<Vec<u8>, WireError> {
        match length(self.rest) {
            Some(length) if (1..=self.rest.len()).contains(&length) => {
                Ok(self.advance(length).to_vec())
            }
            _ => Err(self.refuse(expected, "bytes that are none".to_owned())),
        }
    }

    /// An MLSMessage of one of the kinds that are `known`.
    pub fn message(
        &mut self,
        framing: &dyn Framing,
        known: &[MessageKind],
        expected: &'static str,
    ) -> Result<(Vec<u8>, MessageKind), WireError> {
        let mark = self.mark();
        let mut kind = MessageKind::Other;
        let length = |bytes: &[u8]| {
            let (length, found) = framing.message(bytes)?;
            kind = found;
            Some(length)
        };
        let message = self.framed(length, expected)?;
        if known.contains(&kind) {
            return Ok((message, kind));
        }
        Err(mark.refuse(expected, format!("an MLSMessage of kind {kind:?}")))
    }

    /// `MLSMessage proposals<V>`.
    pub fn proposals(&mut self, framing: &dyn Framing) -> Result<Vec<Vec<u8>>, WireError> {
        self.list("a list of proposals", |reader| {
            let (proposal, _) =
                reader.message(framing, &[MessageKind::Proposal], "an MLSMessage: a proposal")?;
            Ok(proposal)
        })
    }

    /// A credential: see [`Credential`].
    pub fn credential(&mut self) -> Result<Credential, WireError> {
        let mark = self.mark();
        let credential_type: u16 = self.take("a credential type")?;
        if credential_type != Credential::BASIC {
            return Err(mark.refuse("credential type 1 (basic)", credential_type.to_string()));
        }
        Ok(Credential { credential_type, identity: self.opaque("a credential's identity")? })
    }

    /// A ratchet tree option: see [`RatchetTreeOption`].
    pub fn ratchet_tree(&mut self) -> Result<RatchetTreeOption, WireError> {
        match self.code(&[1, 4], "a ratchet tree: full(1) or distributionService(4)")? {
            1 => {
                let start = self.rest;
                let nodes = self.vector("a ratchet tree")?.rest.len();
                let prefix = start.len() - self.rest.len() - nodes;
                Ok(RatchetTreeOption::Full(start[..prefix + nodes].to_vec()))
            }
            _ => Ok(RatchetTreeOption::DistributionService),
        }
    }

    /// A vector's content, as a reader that ends where it ends.
    fn vector(&mut self, expected: &'static str) -> Result<Self, WireError> {
        let mark = self.mark();
        let length = self.take::<TlsVarInt>(expected)?.value();
        match usize::try_from(length) {
            Ok(length) if length <= self.rest.len() => {
                let (body, at) = (self.body, self.at);
                Ok(Self { body, rest: self.advance(length), at })
            }
            _ => {
                let left = self.rest.len();
                Err(mark.refuse(expected, format!("a length of {length} with {left} bytes left")))
            }
        }
    }

    /// Passes over `length` bytes, which are there, and returns them.
    fn advance(&mut self, length: usize) -> &'a [u8] {
        let (passed, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.at += length;
        passed
    }

    /// This place, for an error that turns up later.
    fn mark(&self) -> Self {
        Self { ..*self }
    }

    /// The error at this place.
    pub fn refuse(&self, expected: &'static str, found: String) -> WireError {
        WireError::Unexpected { body: self.body, at: self.at, expected, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T>(bytes: &[u8], read: impl FnOnce(&mut Reader) -> Result<T, WireError>) -> String {
        match Reader::whole("Body", bytes, read) {
            Ok(_) => panic!("{bytes:?} should be refused"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_length_has_one_form_and_is_believed_only_where_the_bytes_are_there() {
        let opaque = |bytes: &[u8]| refused(bytes, |reader| reader.opaque("a key"));
        assert_eq!(
            opaque(&[2, 9]),
            "Body, byte 0: expected a key, found a length of 2 with 1 bytes left"
        );
        for bytes in [&[0x40, 1, 9][..], &[0x80, 0, 0, 1, 9], &[0xc0; 9], &[0xff; 9], &[0x40]] {
            opaque(bytes);
        }
    }

    #[test]
    fn a_vector_ends_inside_what_it_is_part_of() {
        let error =
            refused(&[2, 2, 9, 9], |reader| reader.list("a list", |reader| reader.opaque("a key")));
        assert_eq!(error, "Body, byte 1: expected a key, found a length of 2 with 1 bytes left");
    }

    #[test]
    fn a_framing_that_is_wrong_about_a_length_does_no_harm() {
        for length in [None, Some(0), Some(3), Some(usize::MAX)] {
            let error = refused(&[1, 2], |reader| reader.framed(|_| length, "a Welcome"));
            assert_eq!(error, "Body, byte 0: expected a Welcome, found bytes that are none");
        }
    }

    #[test]
    fn what_is_missing_or_left_over_is_told() {
        assert_eq!(
            refused(&[], |reader| reader.protocol()),
            "Body, byte 0: expected a protocol, found too few bytes"
        );
        assert_eq!(
            refused(&[1, 1], |reader| reader.protocol()),
            "Body, byte 1: expected the end of the body, found 1 more bytes"
        );
        assert_eq!(
            refused(&[2], |reader| reader.optional(|reader| reader.take::<u8>("a number"))),
            "Body, byte 0: expected a presence byte: 0 or 1, found 2"
        );
        assert_eq!(
            refused(&[1, 0xff], |reader| reader.string("a text in UTF-8")),
            "Body, byte 0: expected a text in UTF-8, \
             found invalid utf-8 sequence of 1 bytes from index 0"
        );
    }
}
