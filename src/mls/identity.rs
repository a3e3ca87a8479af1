//! Who a client is in MLS: a basic credential that names both the client and its user, and a key.
//!
//! MIMI implies a mapping from clients to users and leaves the binding open (S6, P06 §1.1). Here
//! the credential's identity is the two URIs, each as an `IdentifierUri`, so that everyone who
//! sees a leaf knows whose it is. Nothing certifies it: the draft has no authority for that yet.

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{BasicCredential, Credential, CredentialWithKey};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};

use crate::mimi::rules::Actor;
use crate::mimi::uri::{ClientUri, ProviderName, UserUri};
use crate::mimi::wire;

/// A client, or a hub, with its signature key.
#[derive(Clone)]
pub struct Identity {
    name: Vec<u8>,
    key: SigningKey,
}

impl Identity {
    /// A client whose key is `secret`.
    pub fn client(actor: &Actor, secret: [u8; 32]) -> Self {
        Self { name: identity_bytes(actor), key: SigningKey::from_bytes(&secret) }
    }

    /// A hub whose key is `secret`: an external sender of its rooms' groups (P06 §7.4).
    pub fn hub(provider: &ProviderName, secret: [u8; 32]) -> Self {
        let name = format!("mimi://{provider}").into_bytes();
        Self { name, key: SigningKey::from_bytes(&secret) }
    }

    /// The public key.
    pub fn public_key(&self) -> Vec<u8> {
        self.key.verifying_key().to_bytes().to_vec()
    }

    /// The credential as it stands in signed requests.
    pub fn wire_credential(&self) -> wire::Credential {
        wire::Credential { credential_type: 1, identity: self.name.clone() }
    }

    /// The entry for the `external_senders` of a group.
    pub fn external_sender(&self) -> wire::ExternalSender {
        wire::ExternalSender { key: self.public_key(), credential: self.wire_credential() }
    }

    pub(super) fn with_key(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.name.clone()).into(),
            signature_key: self.public_key().into(),
        }
    }
}

impl Signer for Identity {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.key.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Whom the identity of a basic credential names, if it is one of ours.
pub fn read_identity(identity: &[u8]) -> Option<Actor> {
    let (client, rest) = VLBytes::tls_deserialize_bytes(identity).ok()?;
    let (user, rest) = VLBytes::tls_deserialize_bytes(rest).ok()?;
    let text = |bytes: &VLBytes| String::from_utf8(bytes.as_slice().to_vec()).ok();
    let client = ClientUri::parse(&text(&client)?).ok()?;
    let user = UserUri::parse(&text(&user)?).ok()?;
    (rest.is_empty() && client.provider() == user.provider()).then_some(Actor { client, user })
}

/// The server whom the credential of an external sender names.
pub(super) fn read_server(credential: &Credential) -> Option<ProviderName> {
    let basic = BasicCredential::try_from(credential.clone()).ok()?;
    let name = std::str::from_utf8(basic.identity()).ok()?.strip_prefix("mimi://")?;
    ProviderName::new(name).ok()
}

pub(super) fn read_credential(credential: &Credential) -> Option<Actor> {
    let basic = BasicCredential::try_from(credential.clone()).ok()?;
    read_identity(basic.identity())
}

fn identity_bytes(actor: &Actor) -> Vec<u8> {
    let uris = [actor.client.to_string(), actor.user.to_string()];
    let encode = |uri: &String| VLBytes::from(uri.as_bytes().to_vec()).tls_serialize_detached();
    // Writing to memory fails only over 2^30 bytes, and a URI is short.
    uris.iter().flat_map(|uri| encode(uri).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_names_its_client_and_user_and_nothing_foreign() {
        let client = ClientUri::parse("mimi://a.example/d/A1").unwrap();
        let user = UserUri::parse("mimi://a.example/u/alice").unwrap();
        let actor = Actor { client: client.clone(), user };
        let identity = Identity::client(&actor, [1; 32]);
        assert_eq!(read_identity(&identity.wire_credential().identity), Some(actor));
        assert!(read_identity(b"alice").is_none());
        let elsewhere = UserUri::parse("mimi://b.example/u/alice").unwrap();
        let stranger = Identity::client(&Actor { client, user: elsewhere }, [1; 32]);
        assert!(read_identity(&stranger.wire_credential().identity).is_none());
    }
}
