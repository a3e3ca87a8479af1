//! Franking with keys: a hub's own, and how its signature is checked.
//!
//! What is computed and judged is in [`crate::mimi::frank`]; here are the signatures, and the
//! secrets that a hub keeps for them. Both come from the one secret on its disk, so that franks
//! given before a crash are known again after it.

use hmac::{Hmac, KeyInit, Mac};
use openmls::framing::{MlsMessageBodyIn, MlsMessageIn};
use sha2::Sha256;

use super::framing::exactly;
use super::{Identity, Library, MlsError, SUITE_NUMBER, sign_with_label, verify_with_label};
use crate::mimi::frank::{self, FrankingContext, LABEL, Received, Tag};
use crate::mimi::room::FrankingAgent;
use crate::mimi::uri::{ProviderName, RoomUri, UserUri};
use crate::mimi::wire::{AbusiveMessage, Frank};

/// A hub's secrets for franking, the same for all of its rooms.
pub struct Franker {
    agent: Identity,
    hub_key: [u8; 32],
}

impl Franker {
    /// The secrets that a provider has from the one on its disk.
    pub fn of(provider: &ProviderName, secret: &[u8; 32]) -> Self {
        let agent = Identity::hub(provider, derived(secret, b"franking agent"));
        Self { agent, hub_key: derived(secret, b"hub key") }
    }

    /// The component for rooms that this hub is to frank in.
    pub fn agent(&self) -> FrankingAgent {
        let identity = self.agent.wire_credential().identity;
        FrankingAgent { key: self.agent.public_key(), identity }
    }

    /// The frank of a message with this tag.
    pub fn frank(&self, context: &FrankingContext, tag: &Tag) -> Frank {
        let server_frank = context.server_frank(&self.hub_key, tag);
        let text = context.to_be_signed(&server_frank, SUITE_NUMBER);
        let signature = sign_with_label(&self.agent, LABEL, &text);
        Frank { server_frank, cipher_suite: SUITE_NUMBER, signature }
    }

    /// Checks a message that somebody reports; returns who sent it.
    ///
    /// # Errors
    /// In words, why it is no evidence.
    pub fn verify(
        &self,
        library: &Library,
        room: &RoomUri,
        reported: &AbusiveMessage,
    ) -> Result<UserUri, String> {
        let key = self.agent.public_key();
        frank::verify_report(reported, room, &self.hub_key, |text, signature| {
            verify_with_label(library, &key, LABEL, text, signature)
        })
    }
}

/// Whether a frank is genuine, as its receiver sees it.
///
/// # Errors
/// In words, what is wrong with it.
pub fn judge_frank(
    library: &Library,
    received: &Received<'_>,
    frank: &Frank,
    agent: &FrankingAgent,
) -> Result<(), String> {
    frank::judge_frank(received, frank, agent, |key, text, signature| {
        verify_with_label(library, key, LABEL, text, signature)
    })
}

/// The franking tag on the outside of an application message.
///
/// # Errors
/// When the bytes are no such message, or what stands there is no Safe AAD.
pub fn franking_tag_of(message: &[u8]) -> Result<Option<Tag>, MlsError> {
    let malformed = || MlsError::Malformed("PrivateMessage");
    let message: MlsMessageIn = exactly(message, "PrivateMessage")?;
    let MlsMessageBodyIn::PrivateMessage(message) = message.extract() else {
        return Err(malformed());
    };
    frank::tag_of(message.aad()).map_err(|_| MlsError::Malformed("Safe AAD with a franking tag"))
}

fn derived(secret: &[u8; 32], purpose: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes any key");
    mac.update(purpose);
    mac.finalize().into_bytes().into()
}
