//! Cryptography for mls-rs, whichever: a provider with two changes. Randomness derives from the
//! seed, and signatures of one's own making need not be verified again (`believing`).
use super::believes;
use crate::{forward, random};
use mls_rs_core::crypto::*;
use mls_rs_core::error::IntoAnyError;
use std::marker::PhantomData;
use zeroize::Zeroizing;

type Secret = Zeroizing<Vec<u8>>;
pub type SignatureKeys<E> = std::result::Result<(SignatureSecretKey, SignaturePublicKey), E>;

/// A library of cryptography, all key pairs of which come from [`random`].
pub trait Source: 'static {
    type Error: IntoAnyError;
    type Suite: CipherSuiteProvider<Error = Self::Error> + Clone;

    fn suite(suite: CipherSuite) -> Option<Self::Suite>;
    fn signature_keys(suite: &Self::Suite) -> SignatureKeys<Self::Error>;
}

pub struct Provider<S>(PhantomData<fn() -> S>);

impl<S> Provider<S> {
    pub const THE: Self = Provider(PhantomData);
}

impl<S> Clone for Provider<S> {
    fn clone(&self) -> Self {
        Self::THE
    }
}

impl<S: Source> CryptoProvider for Provider<S> {
    type CipherSuiteProvider = Seeded<S>;

    fn supported_cipher_suites(&self) -> Vec<CipherSuite> {
        (1..=7).map(CipherSuite::new).filter(|&s| S::suite(s).is_some()).collect()
    }

    fn cipher_suite_provider(&self, suite: CipherSuite) -> Option<Seeded<S>> {
        S::suite(suite).map(Seeded)
    }
}

pub struct Seeded<S: Source>(S::Suite);

impl<S: Source> Clone for Seeded<S> {
    fn clone(&self) -> Self {
        Seeded(self.0.clone())
    }
}

impl<S: Source> CipherSuiteProvider for Seeded<S> {
    type Error = S::Error;
    type HpkeContextS = <S::Suite as CipherSuiteProvider>::HpkeContextS;
    type HpkeContextR = <S::Suite as CipherSuiteProvider>::HpkeContextR;

    fn random_bytes(&self, out: &mut [u8]) -> Result<(), S::Error> {
        random::fill(out);
        Ok(())
    }

    fn signature_key_generate(&self) -> SignatureKeys<S::Error> {
        S::signature_keys(&self.0)
    }

    fn verify(
        &self,
        public: &SignaturePublicKey,
        signature: &[u8],
        data: &[u8],
    ) -> Result<(), S::Error> {
        if believes() {
            return Ok(());
        }
        self.0.verify(public, signature, data)
    }

    forward! {
        fn cipher_suite() -> CipherSuite;
        fn hash(&[u8]) -> Result<Vec<u8>, S::Error>;
        fn mac(&[u8], &[u8]) -> Result<Vec<u8>, S::Error>;
        fn aead_seal(&[u8], &[u8], Option<&[u8]>, &[u8]) -> Result<Vec<u8>, S::Error>;
        fn aead_open(&[u8], &[u8], Option<&[u8]>, &[u8]) -> Result<Secret, S::Error>;
        fn aead_key_size() -> usize;
        fn aead_nonce_size() -> usize;
        fn kdf_extract(&[u8], &[u8]) -> Result<Secret, S::Error>;
        fn kdf_expand(&[u8], &[u8], usize) -> Result<Secret, S::Error>;
        fn kdf_extract_size() -> usize;
        fn hpke_seal(&HpkePublicKey, &[u8], Option<&[u8]>, &[u8]) -> Result<HpkeCiphertext, S::Error>;
        fn hpke_seal_psk(
            &HpkePublicKey, &[u8], Option<&[u8]>, &[u8], HpkePsk<'_>
        ) -> Result<HpkeCiphertext, S::Error>;
        fn hpke_open(
            &HpkeCiphertext, &HpkeSecretKey, &HpkePublicKey, &[u8], Option<&[u8]>
        ) -> Result<Secret, S::Error>;
        fn hpke_open_psk(
            &HpkeCiphertext, &HpkeSecretKey, &HpkePublicKey, &[u8], Option<&[u8]>, HpkePsk<'_>
        ) -> Result<Secret, S::Error>;
        fn hpke_setup_s(&HpkePublicKey, &[u8]) -> Result<(Vec<u8>, Self::HpkeContextS), S::Error>;
        fn hpke_setup_r(
            &[u8], &HpkeSecretKey, &HpkePublicKey, &[u8]
        ) -> Result<Self::HpkeContextR, S::Error>;
        fn kem_derive(&[u8]) -> Result<(HpkeSecretKey, HpkePublicKey), S::Error>;
        fn kem_generate() -> Result<(HpkeSecretKey, HpkePublicKey), S::Error>;
        fn kem_public_key_validate(&HpkePublicKey) -> Result<(), S::Error>;
        fn signature_key_derive_public(&SignatureSecretKey) -> Result<SignaturePublicKey, S::Error>;
        fn sign(&SignatureSecretKey, &[u8]) -> Result<Vec<u8>, S::Error>;
    }
}
