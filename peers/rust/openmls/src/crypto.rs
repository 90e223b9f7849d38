//! The provider's cryptography, with two changes: randomness derives from the seed, and
//! signatures of one's own making need not be verified again (`believing`).
use groupbench_glue::mls::believes;
use groupbench_glue::{forward, random};
use openmls_memory_storage::MemoryStorage;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::*;
use openmls_traits::OpenMlsProvider;
use std::convert::Infallible;
use std::sync::Arc;
use tls_codec::SecretVLBytes;

#[cfg(feature = "rustcrypto")]
mod provider {
    pub use openmls_rust_crypto::RustCrypto as Crypto;
    pub const NAME: &groupbench_glue::CStr = c"openmls-rustcrypto";
    pub const VERSION: &str = "openmls 0.9.2, openmls_rust_crypto 0.6.0";

    pub fn make() -> Option<Crypto> {
        Some(Crypto::default())
    }
}

#[cfg(feature = "libcrux")]
mod provider {
    pub use openmls_libcrux_crypto::CryptoProvider as Crypto;
    pub const NAME: &groupbench_glue::CStr = c"openmls-libcrux";
    pub const VERSION: &str = "openmls 0.9.2, openmls_libcrux_crypto 0.4.0";

    pub fn make() -> Option<Crypto> {
        Crypto::new().ok()
    }
}

pub use provider::{make, NAME, VERSION};

/// What a device works with: the world's cryptography, and a store of its own.
pub struct Provider {
    pub crypto: Arc<Seeded>,
    pub storage: MemoryStorage,
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = Seeded;
    type RandProvider = Seeded;
    type StorageProvider = MemoryStorage;

    fn storage(&self) -> &MemoryStorage {
        &self.storage
    }

    fn crypto(&self) -> &Seeded {
        &self.crypto
    }

    fn rand(&self) -> &Seeded {
        &self.crypto
    }
}

pub struct Seeded(pub provider::Crypto);

impl OpenMlsRand for Seeded {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> std::result::Result<[u8; N], Infallible> {
        let mut out = [0; N];

        random::fill(&mut out);
        Ok(out)
    }

    fn random_vec(&self, len: usize) -> std::result::Result<Vec<u8>, Infallible> {
        let mut out = vec![0; len];

        random::fill(&mut out);
        Ok(out)
    }
}

type Result<T> = std::result::Result<T, CryptoError>;

impl OpenMlsCrypto for Seeded {
    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut secret = [0; 32];

        random::fill(&mut secret);
        let public = match scheme {
            SignatureScheme::ED25519 => {
                ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key().to_bytes().to_vec()
            }
            _ => p256::ecdsa::SigningKey::from_slice(&secret)
                .map_err(|_| CryptoError::UnsupportedSignatureScheme)?
                .verifying_key()
                .to_encoded_point(false)
                .as_bytes()
                .to_vec(),
        };
        Ok((secret.to_vec(), public))
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
        fn supports(suite: Ciphersuite) -> Result<()>;
        fn supported_ciphersuites() -> Vec<Ciphersuite>;
        fn hkdf_extract(hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes>;
        fn hmac(hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes>;
        fn hkdf_expand(
            hash: HashType,
            prk: &[u8],
            info: &[u8],
            okm_len: usize
        ) -> Result<SecretVLBytes>;
        fn hash(hash: HashType, data: &[u8]) -> Result<Vec<u8>>;
        fn aead_encrypt(
            alg: AeadType,
            key: &[u8],
            data: &[u8],
            nonce: &[u8],
            aad: &[u8]
        ) -> Result<Vec<u8>>;
        fn aead_decrypt(
            alg: AeadType,
            key: &[u8],
            data: &[u8],
            nonce: &[u8],
            aad: &[u8]
        ) -> Result<Vec<u8>>;
        fn sign(alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>>;
        fn hpke_seal(
            config: HpkeConfig,
            public: &[u8],
            info: &[u8],
            aad: &[u8],
            plaintext: &[u8]
        ) -> Result<HpkeCiphertext>;
        fn hpke_open(
            config: HpkeConfig,
            input: &HpkeCiphertext,
            secret: &[u8],
            info: &[u8],
            aad: &[u8]
        ) -> Result<Vec<u8>>;
        fn hpke_setup_sender_and_export(
            config: HpkeConfig,
            public: &[u8],
            info: &[u8],
            context: &[u8],
            len: usize
        ) -> Result<(KemOutput, ExporterSecret)>;
        fn hpke_setup_receiver_and_export(
            config: HpkeConfig,
            enc: &[u8],
            secret: &[u8],
            info: &[u8],
            context: &[u8],
            len: usize
        ) -> Result<ExporterSecret>;
        fn derive_hpke_keypair(config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair>;
    }
}
