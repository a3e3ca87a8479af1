//! RFC 9420's labelled signatures and encryption, for the bodies that MIMI signs and seals itself.
//!
//! `SignWithLabel` (§5.1.2) and `EncryptWithLabel` (§5.1.3) prefix a label with `MLS 1.0 `, so
//! that a signature made for one purpose is none for another.

use openmls_traits::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto as _;
use openmls_traits::signatures::Signer as _;
use openmls_traits::types::SignatureScheme;
use tls_codec::{Serialize as _, TlsSerialize, TlsSize, VLBytes};

use super::{Identity, Library, MlsError, SUITE};
use crate::mimi::watch::{RECEIPT, Receipt};
use crate::mimi::wire::HpkeCiphertext;

#[derive(TlsSerialize, TlsSize)]
struct Labelled {
    label: VLBytes,
    content: VLBytes,
}

pub(super) fn labelled(label: &str, content: &[u8]) -> Vec<u8> {
    let label = format!("MLS 1.0 {label}").into_bytes().into();
    // Writing to memory fails only over 2^30 bytes, and bodies are at most 1 MiB.
    Labelled { label, content: content.to_vec().into() }
        .tls_serialize_detached()
        .unwrap_or_default()
}

/// Signs `content` under `label`.
pub fn sign_with_label(identity: &Identity, label: &str, content: &[u8]) -> Vec<u8> {
    // Ed25519 over bytes in memory has no way to fail.
    identity.sign(&labelled(label, content)).unwrap_or_default()
}

/// Whether `signature` is one over `content` under `label` by the holder of `public_key`.
pub fn verify_with_label(
    library: &Library,
    public_key: &[u8],
    label: &str,
    content: &[u8],
    signature: &[u8],
) -> bool {
    let text = labelled(label, content);
    let crypto = library.provider.crypto();
    library.meter.measure(|| {
        crypto.verify_signature(SignatureScheme::ED25519, &text, public_key, signature).is_ok()
    })
}

/// A receipt with the hub's signature.
pub fn sign_receipt(hub: &Identity, receipt: Receipt) -> Receipt {
    let signature = sign_with_label(hub, RECEIPT, &receipt.to_be_signed());
    Receipt { signature, ..receipt }
}

/// Whether a receipt is signed with this key.
pub fn is_receipt_signed(library: &Library, key: &[u8], receipt: &Receipt) -> bool {
    verify_with_label(library, key, RECEIPT, &receipt.to_be_signed(), &receipt.signature)
}

pub(super) fn encrypt_with_label(
    library: &Library,
    public_key: &[u8],
    label: &str,
    context: &[u8],
    text: &[u8],
) -> Result<HpkeCiphertext, MlsError> {
    let info = labelled(label, context);
    let crypto = library.provider.crypto();
    let sealed = library
        .meter
        .measure(|| crypto.hpke_seal(SUITE.hpke_config(), public_key, &info, b"", text))
        .map_err(MlsError::refused)?;
    Ok(HpkeCiphertext {
        kem_output: sealed.kem_output.as_slice().to_vec(),
        ciphertext: sealed.ciphertext.as_slice().to_vec(),
    })
}

pub(super) fn decrypt_with_label(
    library: &Library,
    secret_key: &[u8],
    label: &str,
    context: &[u8],
    sealed: &HpkeCiphertext,
) -> Result<Vec<u8>, MlsError> {
    let info = labelled(label, context);
    let input = openmls_traits::types::HpkeCiphertext {
        kem_output: sealed.kem_output.clone().into(),
        ciphertext: sealed.ciphertext.clone().into(),
    };
    let crypto = library.provider.crypto();
    library
        .meter
        .measure(|| crypto.hpke_open(SUITE.hpke_config(), &input, secret_key, &info, b""))
        .map_err(MlsError::refused)
}
