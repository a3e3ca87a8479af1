//! An OpenMLS provider whose every byte is a function of a seed.
//!
//! OpenMLS draws chance from two places. `OpenMlsRand` is injectable and is a ChaCha20 stream here.
//! HPKE sealing in the stock provider seeds itself from the operating system; here each seal
//! derives its ephemeral key from the seed and from *what is sealed for whom*, not from a shared
//! stream, since OpenMLS seals in an order of its own (study/openmls.md §1). The primitives are the
//! stock provider's; the storage is [`super::store`]'s.
//!
//! It supports cipher suite 1 (X25519, AES-128-GCM, SHA-256, Ed25519) and no other.

use std::cell::RefCell;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use ed25519_dalek::SigningKey;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig,
    HpkeKeyPair, SignatureScheme,
};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use tls_codec::SecretVLBytes;

use super::passed_on::passed_on_to;
use super::seeded_hpke::{seed_next, seeded_hpke};
use super::store::NodeStorage;

/// Crypto, chance and storage of one node.
#[derive(Debug)]
pub struct SeededProvider {
    crypto: SeededCrypto,
    rand: SeededRand,
    storage: NodeStorage,
}

impl SeededProvider {
    /// A provider with empty storage. Equal seeds and equal calls give equal bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            crypto: SeededCrypto { stock: RustCrypto::default(), seed, keys: AtomicU64::new(0) },
            rand: SeededRand(RefCell::new(ChaCha20Rng::from_seed(seed))),
            storage: NodeStorage::default(),
        }
    }
}

impl OpenMlsProvider for SeededProvider {
    type CryptoProvider = SeededCrypto;
    type RandProvider = SeededRand;
    type StorageProvider = NodeStorage;

    fn storage(&self) -> &NodeStorage {
        &self.storage
    }

    fn crypto(&self) -> &SeededCrypto {
        &self.crypto
    }

    fn rand(&self) -> &SeededRand {
        &self.rand
    }
}

/// A ChaCha20 stream.
#[derive(Debug)]
pub struct SeededRand(RefCell<ChaCha20Rng>);

impl OpenMlsRand for SeededRand {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Infallible> {
        let mut bytes = [0; N];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Infallible> {
        let mut bytes = vec![0; len];
        self.0.borrow_mut().fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

/// The stock primitives, with the three operations that draw chance made a function of the seed.
#[derive(Debug)]
pub struct SeededCrypto {
    stock: RustCrypto,
    seed: [u8; 32],
    /// How many signature keys were made.
    keys: AtomicU64,
}

impl SeededCrypto {
    fn derive(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        for part in [label.as_bytes()].iter().chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl OpenMlsCrypto for SeededCrypto {
    fn signature_key_gen(
        &self,
        scheme: SignatureScheme,
    ) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        if scheme != SignatureScheme::ED25519 {
            return Err(CryptoError::UnsupportedSignatureScheme);
        }
        let place = self.keys.fetch_add(1, Ordering::Relaxed);
        let secret = self.derive("signature key", &[&place.to_be_bytes()]);
        let public = SigningKey::from_bytes(&secret).verifying_key().to_bytes().to_vec();
        Ok((secret.to_vec(), public))
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        seed_next(self.derive("hpke seal", &[pk_r, info, aad, ptxt]));
        let (kem_output, ciphertext) = seeded_hpke(config)?
            .seal(&pk_r.into(), info, aad, ptxt, None, None, None)
            .map_err(|_| CryptoError::CryptoLibraryError)?;
        Ok(HpkeCiphertext { kem_output: kem_output.into(), ciphertext: ciphertext.into() })
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(Vec<u8>, ExporterSecret), CryptoError> {
        // An external joiner of one GroupInfo with one seed must not get one init secret twice:
        // the caller gives each join a provider of its own.
        seed_next(self.derive("hpke export", &[pk_r, info, exporter_context]));
        let (kem_output, context) = seeded_hpke(config)?
            .setup_sender(&pk_r.into(), info, None, None, None)
            .map_err(|_| CryptoError::SenderSetupError)?;
        let secret = context
            .export(exporter_context, exporter_length)
            .map_err(|_| CryptoError::ExporterError)?;
        Ok((kem_output, secret.into()))
    }

    // The rest is the stock provider's.

    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        if suite == super::SUITE { Ok(()) } else { Err(CryptoError::UnsupportedCiphersuite) }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![super::SUITE]
    }

    fn hmac(&self, hash: HashType, key: &[u8], text: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.stock.hmac(hash, key, text)
    }

    passed_on_to!(stock);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_a_function_of_the_seed_and_opens_again() {
        let seal = |seed: u8| {
            let provider = SeededProvider::new([seed; 32]);
            let config = || super::super::SUITE.hpke_config();
            let pair = provider.crypto().derive_hpke_keypair(config(), &[7; 32]).unwrap();
            let sealed =
                provider.crypto().hpke_seal(config(), &pair.public, b"i", b"a", b"text").unwrap();
            let opened =
                provider.crypto().hpke_open(config(), &sealed, &pair.private, b"i", b"a").unwrap();
            assert_eq!(opened, b"text");
            sealed.kem_output.as_slice().to_vec()
        };
        assert_eq!(seal(1), seal(1));
        assert_ne!(seal(1), seal(2));
    }

    #[test]
    fn two_things_sealed_with_one_seed_have_different_ephemeral_keys() {
        let provider = SeededProvider::new([1; 32]);
        let config = || super::super::SUITE.hpke_config();
        let pair = provider.crypto().derive_hpke_keypair(config(), &[7; 32]).unwrap();
        let seal = |text: &[u8]| {
            provider.crypto().hpke_seal(config(), &pair.public, b"", b"", text).unwrap().kem_output
        };
        assert_ne!(seal(b"one").as_slice(), seal(b"two").as_slice());
    }

    #[test]
    fn a_seeded_key_signs_what_the_stock_verifier_accepts() {
        let provider = SeededProvider::new([3; 32]);
        let crypto = provider.crypto();
        let (secret, public) = crypto.signature_key_gen(SignatureScheme::ED25519).unwrap();
        let signature = crypto.sign(SignatureScheme::ED25519, b"text", &secret).unwrap();
        let check = |text: &[u8]| {
            crypto.verify_signature(SignatureScheme::ED25519, text, &public, &signature)
        };
        assert!(check(b"text").is_ok());
        assert!(check(b"other").is_err());
    }
}
