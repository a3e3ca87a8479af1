//! HPKE whose generator starts from a given seed.
//!
//! hpke-rs asks its crypto for a generator by a function without arguments, so the seed waits in a
//! thread-local for it. The only draw of suite 1 is the ephemeral X25519 key; everything else is
//! the stock implementation.

use std::cell::Cell;
use std::convert::Infallible;

use hpke_rs::{Hpke, Mode};
use hpke_rs_crypto::error::Error as HpkeError;
use hpke_rs_crypto::types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs_crypto::{HpkeCrypto, HpkeTestRng};
use hpke_rs_rust_crypto::HpkeRustCrypto;
use openmls_traits::types::{CryptoError, HpkeAeadType, HpkeConfig, HpkeKdfType, HpkeKemType};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};
use zeroize::Zeroize;

pub(super) fn seeded_hpke(config: HpkeConfig) -> Result<Hpke<SeededHpke>, CryptoError> {
    let HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128) =
        config
    else {
        return Err(CryptoError::UnsupportedCiphersuite);
    };
    Ok(Hpke::new(
        Mode::Base,
        KemAlgorithm::DhKem25519,
        KdfAlgorithm::HkdfSha256,
        AeadAlgorithm::Aes128Gcm,
    ))
}

thread_local! {
    /// What the next HPKE operation on this thread draws from: `HpkeCrypto::prng` has no argument.
    static NEXT_SEED: Cell<[u8; 32]> = const { Cell::new([0; 32]) };
}

/// Sets what the next HPKE operation on this thread draws from.
pub(super) fn seed_next(seed: [u8; 32]) {
    NEXT_SEED.set(seed);
}

/// HPKE with a generator that starts from [`NEXT_SEED`].
#[derive(Debug)]
pub(super) struct SeededHpke;

pub(super) struct SeededPrng(ChaCha20Rng);

impl TryRng for SeededPrng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for SeededPrng {}

impl Zeroize for SeededPrng {
    fn zeroize(&mut self) {
        self.0 = ChaCha20Rng::from_seed([0; 32]);
    }
}

impl HpkeTestRng for SeededPrng {
    type Error = Infallible;

    fn try_fill_test_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.try_fill_bytes(bytes)
    }

    fn seed(&mut self, _seed: &[u8]) {}
}

impl HpkeCrypto for SeededHpke {
    type HpkePrng = SeededPrng;

    fn prng() -> SeededPrng {
        SeededPrng(ChaCha20Rng::from_seed(NEXT_SEED.get()))
    }

    fn kem_key_gen(
        algorithm: KemAlgorithm,
        prng: &mut SeededPrng,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        if algorithm != KemAlgorithm::DhKem25519 {
            return Err(HpkeError::UnknownKemAlgorithm);
        }
        let mut secret = vec![0; 32];
        prng.0.fill_bytes(&mut secret);
        let public = HpkeRustCrypto::secret_to_public(algorithm, &secret)?;
        Ok((public, secret))
    }

    // The rest is the stock implementation's.

    fn name() -> String {
        "seeded".to_owned()
    }

    fn supports_kdf(algorithm: KdfAlgorithm) -> Result<(), HpkeError> {
        HpkeRustCrypto::supports_kdf(algorithm)
    }

    fn supports_kem(algorithm: KemAlgorithm) -> Result<(), HpkeError> {
        HpkeRustCrypto::supports_kem(algorithm)
    }

    fn supports_aead(algorithm: AeadAlgorithm) -> Result<(), HpkeError> {
        HpkeRustCrypto::supports_aead(algorithm)
    }

    fn kdf_extract(algorithm: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::kdf_extract(algorithm, salt, ikm)
    }

    fn kdf_expand(
        algorithm: KdfAlgorithm,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::kdf_expand(algorithm, prk, info, length)
    }

    fn dh(algorithm: KemAlgorithm, public: &[u8], secret: &[u8]) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::dh(algorithm, public, secret)
    }

    fn secret_to_public(algorithm: KemAlgorithm, secret: &[u8]) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::secret_to_public(algorithm, secret)
    }

    fn kem_key_gen_derand(
        algorithm: KemAlgorithm,
        seed: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        HpkeRustCrypto::kem_key_gen_derand(algorithm, seed)
    }

    fn kem_encaps(
        _algorithm: KemAlgorithm,
        _public: &[u8],
        _prng: &mut SeededPrng,
    ) -> Result<(Vec<u8>, Vec<u8>), HpkeError> {
        // Only KEMs that are not Diffie-Hellman come here, and suite 1 has none.
        Err(HpkeError::UnknownKemAlgorithm)
    }

    fn kem_decaps(
        algorithm: KemAlgorithm,
        ciphertext: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::kem_decaps(algorithm, ciphertext, secret)
    }

    fn dh_validate_sk(algorithm: KemAlgorithm, secret: &[u8]) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::dh_validate_sk(algorithm, secret)
    }

    fn aead_seal(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        text: &[u8],
    ) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::aead_seal(algorithm, key, nonce, aad, text)
    }

    fn aead_open(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        text: &[u8],
    ) -> Result<Vec<u8>, HpkeError> {
        HpkeRustCrypto::aead_open(algorithm, key, nonce, aad, text)
    }
}
