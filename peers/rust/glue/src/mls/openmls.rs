//! Cryptography for OpenMLS, whichever: a provider with two changes. Randomness derives from the
//! seed, and signatures of one's own making need not be verified again (`believing`).
use super::believes;
use crate::{forward, random};
use openmls_memory_storage::MemoryStorage;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::*;
use openmls_traits::OpenMlsProvider;
use std::convert::Infallible;
use std::sync::Arc;
use tls_codec::SecretVLBytes;

/// What a device works with: the world's cryptography, and a store of its own.
pub struct Provider<C> {
    pub crypto: Arc<Seeded<C>>,
    pub storage: MemoryStorage,
}

impl<C: OpenMlsCrypto> OpenMlsProvider for Provider<C> {
    type CryptoProvider = Seeded<C>;
    type RandProvider = Seeded<C>;
    type StorageProvider = MemoryStorage;

    fn storage(&self) -> &MemoryStorage {
        &self.storage
    }

    fn crypto(&self) -> &Seeded<C> {
        &self.crypto
    }

    fn rand(&self) -> &Seeded<C> {
        &self.crypto
    }
}

pub struct Seeded<C>(pub C);

impl<C> OpenMlsRand for Seeded<C> {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> std::result::Result<[u8; N], Infallible> {
        Ok(random::array())
    }

    fn random_vec(&self, len: usize) -> std::result::Result<Vec<u8>, Infallible> {
        Ok(random::bytes(len))
    }
}

type Result<T> = std::result::Result<T, CryptoError>;

impl<C: OpenMlsCrypto> OpenMlsCrypto for Seeded<C> {
    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>)> {
        let ed25519 = |secret: &[u8]| {
            let secret = ed25519_dalek::SigningKey::try_from(secret)?;
            Ok::<_, ed25519_dalek::SignatureError>(secret.verifying_key().to_bytes().to_vec())
        };
        let p256 = |secret: &[u8]| {
            let secret = p256::ecdsa::SigningKey::from_slice(secret)?;
            Ok(secret.verifying_key().to_encoded_point(false).as_bytes().to_vec())
        };

        match scheme {
            SignatureScheme::ED25519 => random::secret_key(32, 0xff, ed25519),
            _ => random::secret_key(32, 0xff, p256),
        }
        .map_err(|_| CryptoError::UnsupportedSignatureScheme)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        if believes() {
            return Ok(());
        }
        self.0.verify_signature(scheme, data, public, signature)
    }

    forward! {
        fn supports(Ciphersuite) -> Result<()>;
        fn supported_ciphersuites() -> Vec<Ciphersuite>;
        fn hkdf_extract(HashType, &[u8], &[u8]) -> Result<SecretVLBytes>;
        fn hmac(HashType, &[u8], &[u8]) -> Result<SecretVLBytes>;
        fn hkdf_expand(HashType, &[u8], &[u8], usize) -> Result<SecretVLBytes>;
        fn hash(HashType, &[u8]) -> Result<Vec<u8>>;
        fn aead_encrypt(AeadType, &[u8], &[u8], &[u8], &[u8]) -> Result<Vec<u8>>;
        fn aead_decrypt(AeadType, &[u8], &[u8], &[u8], &[u8]) -> Result<Vec<u8>>;
        fn sign(SignatureScheme, &[u8], &[u8]) -> Result<Vec<u8>>;
        fn hpke_seal(HpkeConfig, &[u8], &[u8], &[u8], &[u8]) -> Result<HpkeCiphertext>;
        fn hpke_open(HpkeConfig, &HpkeCiphertext, &[u8], &[u8], &[u8]) -> Result<Vec<u8>>;
        fn hpke_setup_sender_and_export(
            HpkeConfig, &[u8], &[u8], &[u8], usize
        ) -> Result<(KemOutput, ExporterSecret)>;
        fn hpke_setup_receiver_and_export(
            HpkeConfig, &[u8], &[u8], &[u8], &[u8], usize
        ) -> Result<ExporterSecret>;
        fn derive_hpke_keypair(HpkeConfig, &[u8]) -> Result<HpkeKeyPair>;
    }
}
