//! Franking: how a hub marks what it can't read, so that a report of it can be checked (P06
//! §5.4.1).
//!
//! The sender commits to its plaintext with a *tag*, an HMAC under the content's salt, on the
//! outside of the message. The hub binds the tag to whom it took the message from, for which room
//! and when, with an HMAC under a key that only it knows (the *server frank*), and signs that. A
//! receiver checks the signature without learning the hub's key, and the tag against what it
//! decrypted: [`judge_received`]. Whoever reports the message hands over plaintext and frank, and
//! the hub makes both anew: [`verify_report`].
//!
//! The tag travels in the form of Safe AAD, as the item of the component `frank_aad`, and the room
//! has agreed to that by its `franking_agent`. The group does not negotiate Safe AAD as such (the
//! component `safe_aad` of draft-ietf-mls-extensions §4.9): that would demand it of every message
//! of the group, and OpenMLS's own external proposals bring none, so a hub could not propose any
//! more. What MLS authenticates is the same in both ways.
//!
//! The frank does not hide the sender from followers as well as the draft has it: they can try the
//! signature with each participant's name, and have all else that it covers. A test shows it.
//!
//! Not here: signing and checking signatures (`mls`), and the hub's answer and fan-out (`wire`).

#[cfg(test)]
mod tests;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::content::Content;
use super::room::FrankingAgent;
use super::uri::{RoomUri, UserUri};
use super::wire::codec::{Reader, Writer};
use super::wire::{AbusiveMessage, Frank, WireError};

/// Component id of the franking tag in Safe AAD (P06 §5.4.1).
pub const FRANK_AAD: u16 = 0x0020;

/// Label of the hub's signature.
pub const LABEL: &str = "FrankingIntegrityTBS";

/// What a sender commits to its plaintext with.
pub type Tag = [u8; 32];

/// The tag of a plaintext, whose content has this salt.
pub fn franking_tag(salt: &[u8; 16], application_data: &[u8]) -> Tag {
    hmac(salt, &[application_data])
}

/// The additional authenticated data of a message that is to be franked: Safe AAD, one item.
pub fn authenticated_data(tag: &Tag) -> Vec<u8> {
    let item = Writer::default().put(&FRANK_AAD).opaque(tag).done();
    Writer::default().opaque(&item).done()
}

/// The tag in a message's additional authenticated data.
///
/// # Errors
/// When these are neither empty nor exactly Safe AAD, or a tag has not 32 bytes.
pub fn tag_of(authenticated_data: &[u8]) -> Result<Option<Tag>, WireError> {
    if authenticated_data.is_empty() {
        return Ok(None);
    }
    let items = Reader::whole("SafeAAD", authenticated_data, |reader| {
        reader.components("a list of Safe AAD items")
    })?;
    let aad = items.into_iter().find(|(id, _)| *id == FRANK_AAD);
    let tag = |bytes: &[u8]| Reader::whole("FrankAAD", bytes, |reader| reader.take("32 bytes"));
    aad.map(|(_, bytes)| tag(&bytes)).transpose()
}

/// What a hub vouches for (`ServerFrankingContext`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrankingContext {
    /// The user that it took the message from. Followers never learn it (R40).
    pub sender: UserUri,
    /// The room.
    pub room: RoomUri,
    /// The hub's stamp: milliseconds since the UNIX epoch.
    pub accepted_at: u64,
}

impl FrankingContext {
    fn write(&self, writer: Writer) -> Writer {
        writer.uri(&self.sender).uri(&self.room).put(&self.accepted_at)
    }

    /// What binds a tag to this context, for the holder of `hub_key` to know again.
    pub fn server_frank(&self, hub_key: &[u8; 32], tag: &Tag) -> [u8; 32] {
        hmac(hub_key, &[tag, &self.write(Writer::default()).done()])
    }

    /// What the hub signs under [`LABEL`] (`FrankingIntegrityTBS`).
    pub fn to_be_signed(&self, server_frank: &[u8; 32], cipher_suite: u16) -> Vec<u8> {
        self.write(Writer::default().raw(server_frank).put(&cipher_suite)).done()
    }
}

/// What a receiver has of a message that it decrypted.
pub struct Received<'a> {
    /// The user that the sender's leaf names.
    pub sender: &'a UserUri,
    /// The room that it came in.
    pub room: &'a RoomUri,
    /// The cipher suite of the group.
    pub cipher_suite: u16,
    /// The hub's stamp.
    pub accepted_at: u64,
    /// The tag on its outside.
    pub tag: Option<Tag>,
    /// The plaintext.
    pub application_data: &'a [u8],
    /// The plaintext, decoded.
    pub content: &'a Content,
}

/// Checks that a hub's frank is genuine (R39): made for this sender, room and time by the agent
/// that the group names. `verify` checks a signature under [`LABEL`]: key, text, signature.
///
/// # Errors
/// In words, what is wrong with it.
pub fn judge_frank(
    received: &Received<'_>,
    frank: &Frank,
    agent: &FrankingAgent,
    verify: impl Fn(&[u8], &[u8], &[u8]) -> bool,
) -> Result<(), String> {
    let Received { sender, room, cipher_suite, accepted_at, .. } = received;
    if frank.cipher_suite != *cipher_suite {
        return Err(format!("its suite is {}, the group's {cipher_suite}", frank.cipher_suite));
    }
    if agent.identity != format!("mimi://{}", room.provider()).into_bytes() {
        return Err("the group's franking agent is not of the hub's domain".to_owned());
    }
    if received.tag.is_none() {
        return Err("it is the frank of a message that has no franking tag".to_owned());
    }
    let (sender, room, accepted_at) = ((*sender).clone(), (*room).clone(), *accepted_at);
    let context = FrankingContext { sender, room, accepted_at };
    let text = context.to_be_signed(&frank.server_frank, frank.cipher_suite);
    match verify(&agent.key, &text, &frank.signature) {
        true => Ok(()),
        false => Err("its signature is not the agent's for this sender, room and time".to_owned()),
    }
}

/// Checks that the tag on a message's outside is that of its plaintext (R39).
///
/// # Errors
/// In words, where it is not.
pub fn judge_tag(received: &Received<'_>) -> Result<(), String> {
    let expected = franking_tag(&received.content.salt, received.application_data);
    match received.tag {
        Some(tag) if tag != expected => Err("its franking tag is of another plaintext".to_owned()),
        _ => Ok(()),
    }
}

/// Checks that the content names the sender that the leaf names, and the room that it came in
/// (R39). Where nothing is franked it need not name them.
///
/// # Errors
/// In words, what it names instead.
pub fn judge_names(received: &Received<'_>) -> Result<(), String> {
    let extensions = &received.content.extensions;
    let franked = received.tag.is_some();
    match &extensions.sender {
        Some(named) if named != received.sender => {
            return Err(format!("it says that {named} sends it, and {} does", received.sender));
        }
        None if franked => return Err("it does not name its sender".to_owned()),
        _ => {}
    }
    match &extensions.room {
        Some(named) if named != received.room => {
            Err(format!("it says that it is for {named}, and came in {}", received.room))
        }
        None if franked => Err("it does not name its room".to_owned()),
        _ => Ok(()),
    }
}

/// Checks a reported message as its hub does (P06 §5.9, R41): makes tag, context and frank anew
/// from the plaintext, and checks the signature, with `verify` as in [`judge_frank`]. Returns who
/// sent it.
///
/// # Errors
/// In words, why it is no evidence.
pub fn verify_report(
    reported: &AbusiveMessage,
    room: &RoomUri,
    hub_key: &[u8; 32],
    verify: impl Fn(&[u8], &[u8]) -> bool,
) -> Result<UserUri, String> {
    let content = Content::decode(&reported.content).map_err(|error| error.to_string())?;
    let sender = content.extensions.sender.ok_or("the content does not name its sender")?;
    if content.extensions.room.as_ref() != Some(room) {
        return Err("the content is not of this room".to_owned());
    }
    let accepted_at = reported.accepted_at;
    let context = FrankingContext { sender, room: room.clone(), accepted_at };
    let tag = franking_tag(&content.salt, &reported.content);
    let Frank { server_frank, cipher_suite, signature } = &reported.frank;
    if context.server_frank(hub_key, &tag) != *server_frank {
        return Err("this hub franked no such message of this sender at this time".to_owned());
    }
    match verify(&context.to_be_signed(server_frank, *cipher_suite), signature) {
        true => Ok(context.sender),
        false => Err("the signature is not this hub's".to_owned()),
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
