//! Where one MLS object ends and what it is, read without any group state.

use openmls::framing::{ContentType, MlsMessageBodyIn, MlsMessageIn, ProtocolMessage};
use openmls::group::GroupId;
use openmls::messages::Welcome;
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::KeyPackageIn;
use tls_codec::DeserializeBytes as _;

use super::MlsError;
use crate::mimi::uri::RoomUri;
use crate::mimi::wire::{Framing, MessageKind};

/// [`Framing`] by OpenMLS's own parsers.
pub struct MlsFraming;

impl Framing for MlsFraming {
    fn message(&self, bytes: &[u8]) -> Option<(usize, MessageKind)> {
        let (length, message) = prefix::<MlsMessageIn>(bytes)?;
        let kind = match message.extract() {
            MlsMessageBodyIn::PublicMessage(message) => match message.content_type() {
                ContentType::Commit => MessageKind::Commit,
                ContentType::Proposal => MessageKind::Proposal,
                ContentType::Application => MessageKind::Other,
            },
            MlsMessageBodyIn::PrivateMessage(message)
                if message.content_type() == ContentType::Application =>
            {
                MessageKind::Application
            }
            MlsMessageBodyIn::Welcome(_) => MessageKind::Welcome,
            _ => MessageKind::Other,
        };
        Some((length, kind))
    }

    fn welcome(&self, bytes: &[u8]) -> Option<usize> {
        prefix::<Welcome>(bytes).map(|(length, _)| length)
    }

    fn group_info(&self, bytes: &[u8]) -> Option<usize> {
        prefix::<VerifiableGroupInfo>(bytes).map(|(length, _)| length)
    }

    fn key_package(&self, bytes: &[u8]) -> Option<usize> {
        prefix::<KeyPackageIn>(bytes).map(|(length, _)| length)
    }
}

fn prefix<T: tls_codec::Deserialize>(bytes: &[u8]) -> Option<(usize, T)> {
    let mut rest = bytes;
    let value = T::tls_deserialize(&mut rest).ok()?;
    Some((bytes.len() - rest.len(), value))
}

pub(super) fn exactly<T: tls_codec::Deserialize>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, MlsError> {
    let (length, value) = prefix::<T>(bytes).ok_or(MlsError::Malformed(what))?;
    if length == bytes.len() { Ok(value) } else { Err(MlsError::Malformed(what)) }
}

/// What an MLS message says of itself on the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    /// The room whose group it is for.
    pub room: RoomUri,
    /// The epoch that it was made in.
    pub epoch: u64,
    /// What it is.
    pub kind: PeekKind,
}

/// Kinds of messages that travel in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeekKind {
    /// A member's commit.
    Commit,
    /// A joiner's commit.
    ExternalCommit,
    /// A proposal.
    Proposal,
    /// An application message.
    Application,
}

/// Reads the outside of a message (RFC 9420 §6): what a carrier needs, and no more. What follows
/// on it may still be malformed.
///
/// # Errors
/// When the bytes are no `PublicMessage` or `PrivateMessage` for a MIMI room.
pub fn peek(bytes: &[u8]) -> Result<Peek, MlsError> {
    let malformed = |_: tls_codec::Error| MlsError::Malformed("MLS message");
    let (version, rest) = u16::tls_deserialize_bytes(bytes).map_err(malformed)?;
    let (wire_format, rest) = u16::tls_deserialize_bytes(rest).map_err(malformed)?;
    let (group_id, rest) = Vec::<u8>::tls_deserialize_bytes(rest).map_err(malformed)?;
    let (epoch, rest) = u64::tls_deserialize_bytes(rest).map_err(malformed)?;
    if version != MLS10 {
        return Err(MlsError::Malformed("MLS message of version 1.0"));
    }
    let room =
        RoomUri::of_group(&group_id).map_err(|_| MlsError::Malformed("MLS message for a room"))?;
    let kind = match wire_format {
        PUBLIC_MESSAGE => public_kind(rest).map_err(malformed)?,
        PRIVATE_MESSAGE => (rest.first() == Some(&APPLICATION)).then_some(PeekKind::Application),
        _ => None,
    };
    // R12: handshake messages are never PrivateMessages, application messages never public.
    let kind = kind.ok_or(MlsError::Malformed("MLS message of a kind that a room carries"))?;
    Ok(Peek { room, epoch, kind })
}

const MLS10: u16 = 1;
const PUBLIC_MESSAGE: u16 = 1;
const PRIVATE_MESSAGE: u16 = 2;
const APPLICATION: u8 = 1;
const PROPOSAL: u8 = 2;
const COMMIT: u8 = 3;
const MEMBER: u8 = 1;
const EXTERNAL: u8 = 2;
const NEW_MEMBER_COMMIT: u8 = 4;

/// What a PublicMessage is, from its sender on.
fn public_kind(rest: &[u8]) -> Result<Option<PeekKind>, tls_codec::Error> {
    let (sender, rest) = u8::tls_deserialize_bytes(rest)?;
    let rest = match sender {
        MEMBER | EXTERNAL => u32::tls_deserialize_bytes(rest)?.1,
        _ => rest,
    };
    let (_authenticated_data, rest) = Vec::<u8>::tls_deserialize_bytes(rest)?;
    Ok(match (rest.first(), sender) {
        (Some(&COMMIT), NEW_MEMBER_COMMIT) => Some(PeekKind::ExternalCommit),
        (Some(&COMMIT), _) => Some(PeekKind::Commit),
        (Some(&PROPOSAL), _) => Some(PeekKind::Proposal),
        _ => None,
    })
}

pub(super) fn protocol_message(bytes: &[u8]) -> Result<ProtocolMessage, MlsError> {
    exactly::<MlsMessageIn>(bytes, "MLS message")?
        .try_into_protocol_message()
        .map_err(|_| MlsError::Malformed("MLS message"))
}

pub(super) fn group_id(room: &RoomUri) -> GroupId {
    GroupId::from_slice(room.group_id().as_bytes())
}

/// A Welcome as an MLS message, the form in which it is fanned out (P06 §5.5).
pub fn welcome_message(welcome: &[u8]) -> Vec<u8> {
    // ProtocolVersion mls10, WireFormat mls_welcome (RFC 9420 §6).
    [&[0, 1, 0, 3], welcome].concat()
}

/// The KeyPackageRefs that a Welcome, in its form as an MLS message, is for.
///
/// # Errors
/// When the bytes are not a Welcome.
pub fn welcome_references(message: &[u8]) -> Result<Vec<Vec<u8>>, MlsError> {
    let welcome = welcome_of(message)?;
    Ok(welcome.secrets().iter().map(|secret| secret.new_member().as_slice().to_vec()).collect())
}

pub(super) fn welcome_of(message: &[u8]) -> Result<Welcome, MlsError> {
    match exactly::<MlsMessageIn>(message, "Welcome")?.extract() {
        MlsMessageBodyIn::Welcome(welcome) => Ok(welcome),
        _ => Err(MlsError::Malformed("Welcome")),
    }
}
