//! What every crypto layer here leaves to the one beneath it.
//!
//! `OpenMlsCrypto` has some fifteen functions; a layer changes two or three. The macro writes those
//! that none changes; whoever uses it has the types of `openmls_traits` in scope.

/// The functions of `OpenMlsCrypto` that are passed on to the field `$inner`.
macro_rules! passed_on_to {
    ($inner:ident) => {
        fn hkdf_extract(
            &self,
            hash: HashType,
            salt: &[u8],
            ikm: &[u8],
        ) -> Result<SecretVLBytes, CryptoError> {
            self.$inner.hkdf_extract(hash, salt, ikm)
        }

        fn hkdf_expand(
            &self,
            hash: HashType,
            prk: &[u8],
            info: &[u8],
            length: usize,
        ) -> Result<SecretVLBytes, CryptoError> {
            self.$inner.hkdf_expand(hash, prk, info, length)
        }

        fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
            self.$inner.hash(hash, data)
        }

        fn aead_encrypt(
            &self,
            algorithm: AeadType,
            key: &[u8],
            data: &[u8],
            nonce: &[u8],
            aad: &[u8],
        ) -> Result<Vec<u8>, CryptoError> {
            self.$inner.aead_encrypt(algorithm, key, data, nonce, aad)
        }

        fn aead_decrypt(
            &self,
            algorithm: AeadType,
            key: &[u8],
            data: &[u8],
            nonce: &[u8],
            aad: &[u8],
        ) -> Result<Vec<u8>, CryptoError> {
            self.$inner.aead_decrypt(algorithm, key, data, nonce, aad)
        }

        fn verify_signature(
            &self,
            scheme: SignatureScheme,
            data: &[u8],
            key: &[u8],
            signature: &[u8],
        ) -> Result<(), CryptoError> {
            self.$inner.verify_signature(scheme, data, key, signature)
        }

        fn sign(
            &self,
            scheme: SignatureScheme,
            data: &[u8],
            key: &[u8],
        ) -> Result<Vec<u8>, CryptoError> {
            self.$inner.sign(scheme, data, key)
        }

        fn hpke_open(
            &self,
            config: HpkeConfig,
            input: &HpkeCiphertext,
            key: &[u8],
            info: &[u8],
            aad: &[u8],
        ) -> Result<Vec<u8>, CryptoError> {
            self.$inner.hpke_open(config, input, key, info, aad)
        }

        fn hpke_setup_receiver_and_export(
            &self,
            config: HpkeConfig,
            enc: &[u8],
            key: &[u8],
            info: &[u8],
            exporter_context: &[u8],
            exporter_length: usize,
        ) -> Result<ExporterSecret, CryptoError> {
            self.$inner.hpke_setup_receiver_and_export(
                config,
                enc,
                key,
                info,
                exporter_context,
                exporter_length,
            )
        }

        fn derive_hpke_keypair(
            &self,
            config: HpkeConfig,
            ikm: &[u8],
        ) -> Result<HpkeKeyPair, CryptoError> {
            self.$inner.derive_hpke_keypair(config, ikm)
        }
    };
}

pub(super) use passed_on_to;
