//! The library's provider of cryptography, with two changes: randomness derives from the seed,
//! and signatures of one's own making need not be verified again (`believing`).
use crate::provider::{self, Suite};
use groupbench_glue::mls::believes;
use groupbench_glue::{forward, random};
use mls_rs::{CipherSuite, CryptoProvider};
use mls_rs_core::crypto::{
    CipherSuiteProvider, HpkeCiphertext, HpkePsk, HpkePublicKey, HpkeSecretKey, SignaturePublicKey,
    SignatureSecretKey,
};
use zeroize::Zeroizing;

type Inner = <Suite as CipherSuiteProvider>::Error;
type Result<T> = std::result::Result<T, Inner>;
type Secret = Zeroizing<Vec<u8>>;

#[derive(Clone)]
pub struct Provider;

impl CryptoProvider for Provider {
    type CipherSuiteProvider = Seeded;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        provider::suites()
    }

    fn cipher_suite_provider(&self, suite: CipherSuite) -> Option<Seeded> {
        provider::suite(suite).map(Seeded)
    }
}

#[derive(Clone)]
pub struct Seeded(Suite);

impl CipherSuiteProvider for Seeded {
    type Error = Inner;
    type HpkeContextS = <Suite as CipherSuiteProvider>::HpkeContextS;
    type HpkeContextR = <Suite as CipherSuiteProvider>::HpkeContextR;

    fn random_bytes(&self, out: &mut [u8]) -> Result<()> {
        random::fill(out);
        Ok(())
    }

    fn signature_key_generate(&self) -> Result<(SignatureSecretKey, SignaturePublicKey)> {
        provider::signature_keys(&self.0)
    }

    fn verify(&self, public: &SignaturePublicKey, signature: &[u8], data: &[u8]) -> Result<()> {
        if believes() {
            return Ok(());
        }
        self.0.verify(public, signature, data)
    }

    forward! {
        fn cipher_suite() -> CipherSuite;
        fn hash(data: &[u8]) -> Result<Vec<u8>>;
        fn mac(key: &[u8], data: &[u8]) -> Result<Vec<u8>>;
        fn aead_seal(key: &[u8], data: &[u8], aad: Option<&[u8]>, nonce: &[u8]) -> Result<Vec<u8>>;
        fn aead_open(key: &[u8], data: &[u8], aad: Option<&[u8]>, nonce: &[u8]) -> Result<Secret>;
        fn aead_key_size() -> usize;
        fn aead_nonce_size() -> usize;
        fn kdf_extract(salt: &[u8], ikm: &[u8]) -> Result<Secret>;
        fn kdf_expand(prk: &[u8], info: &[u8], len: usize) -> Result<Secret>;
        fn kdf_extract_size() -> usize;
        fn hpke_seal(
            key: &HpkePublicKey,
            info: &[u8],
            aad: Option<&[u8]>,
            pt: &[u8]
        ) -> Result<HpkeCiphertext>;
        fn hpke_seal_psk(
            key: &HpkePublicKey,
            info: &[u8],
            aad: Option<&[u8]>,
            pt: &[u8],
            psk: HpkePsk<'_>
        ) -> Result<HpkeCiphertext>;
        fn hpke_open(
            ciphertext: &HpkeCiphertext,
            secret: &HpkeSecretKey,
            public: &HpkePublicKey,
            info: &[u8],
            aad: Option<&[u8]>
        ) -> Result<Secret>;
        fn hpke_open_psk(
            ciphertext: &HpkeCiphertext,
            secret: &HpkeSecretKey,
            public: &HpkePublicKey,
            info: &[u8],
            aad: Option<&[u8]>,
            psk: HpkePsk<'_>
        ) -> Result<Secret>;
        fn hpke_setup_s(
            key: &HpkePublicKey,
            info: &[u8]
        ) -> Result<(Vec<u8>, Self::HpkeContextS)>;
        fn hpke_setup_r(
            enc: &[u8],
            secret: &HpkeSecretKey,
            public: &HpkePublicKey,
            info: &[u8]
        ) -> Result<Self::HpkeContextR>;
        fn kem_derive(ikm: &[u8]) -> Result<(HpkeSecretKey, HpkePublicKey)>;
        fn kem_generate() -> Result<(HpkeSecretKey, HpkePublicKey)>;
        fn kem_public_key_validate(key: &HpkePublicKey) -> Result<()>;
        fn signature_key_derive_public(key: &SignatureSecretKey) -> Result<SignaturePublicKey>;
        fn sign(key: &SignatureSecretKey, data: &[u8]) -> Result<Vec<u8>>;
    }
}
