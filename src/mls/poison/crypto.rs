//! Cryptography that spoils one thing in passing, and does all else as it should be.
//!
//! A commit's confirmation tag is the one MAC over a bare hash; path secrets are sealed for the
//! public keys of the tree. Both pass through here with what they are of and whom they are for.

use std::sync::atomic::{AtomicBool, Ordering};

use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
    HpkeKeyPair, KemOutput, SignatureScheme,
};
use tls_codec::SecretVLBytes;

use crate::mls::passed_on::passed_on_to;
use crate::mls::seeded::SeededCrypto;

/// Bytes of a hash. What else is authenticated is longer.
const HASH: usize = 32;

/// What is spoilt.
pub(super) enum Spoil {
    /// MACs over a hash.
    Tag,
    /// What is sealed for these public keys.
    Seals(Vec<Vec<u8>>),
}

/// See the top of this file.
pub(super) struct Spoiling<'a> {
    honest: &'a SeededCrypto,
    spoil: Spoil,
    has_spoilt: AtomicBool,
}

impl<'a> Spoiling<'a> {
    pub(super) fn new(honest: &'a SeededCrypto, spoil: Spoil) -> Self {
        Self { honest, spoil, has_spoilt: AtomicBool::new(false) }
    }

    /// Whether there was anything to spoil.
    pub(super) fn has_spoilt(&self) -> bool {
        self.has_spoilt.load(Ordering::Relaxed)
    }

    /// The same length, and other bytes.
    fn spoilt(&self, bytes: &[u8]) -> Vec<u8> {
        self.has_spoilt.store(true, Ordering::Relaxed);
        bytes.iter().map(|byte| !byte).collect()
    }
}

impl OpenMlsCrypto for Spoiling<'_> {
    fn hmac(&self, hash: HashType, key: &[u8], text: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        let mac = self.honest.hmac(hash, key, text)?;
        match self.spoil {
            Spoil::Tag if text.len() == HASH => Ok(self.spoilt(mac.as_slice()).into()),
            _ => Ok(mac),
        }
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        match &self.spoil {
            // It opens, and leads elsewhere.
            Spoil::Seals(keys) if keys.iter().any(|key| key == pk_r) => {
                self.honest.hpke_seal(config, pk_r, info, aad, &self.spoilt(ptxt))
            }
            _ => self.honest.hpke_seal(config, pk_r, info, aad, ptxt),
        }
    }

    // The rest is as it should be.

    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.honest.supports(suite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.honest.supported_ciphersuites()
    }

    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.honest.signature_key_gen(scheme)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        let (context, length) = (exporter_context, exporter_length);
        self.honest.hpke_setup_sender_and_export(config, pk_r, info, context, length)
    }

    passed_on_to!(honest);
}
