//! Cryptography by OpenSSL, the library that is under mls/ too. Its key pairs are generated from
//! the world's seed and imported, which multiplies the base point once, as generating does.
use groupbench_glue::mls::{is_edwards, mls_rs, signature_key};
use groupbench_glue::{forward, random, CStr};
use mls_rs_core::crypto::{CipherSuite, CipherSuiteProvider, HpkePublicKey, HpkeSecretKey};
use mls_rs_crypto_hpke::dhkem::DhKem;
use mls_rs_crypto_openssl::ecdh::{Ecdh, EcdhKemError};
use mls_rs_crypto_openssl::{aead::Aead, kdf::Kdf, OpensslCipherSuite};
use mls_rs_crypto_traits::{DhType, KemId, SamplingMethod};

pub const NAME: &CStr = c"mls-rs-openssl";

pub enum Source {}

pub fn version() -> String {
    let library = mls_rs_crypto_openssl::openssl::version::version();

    format!("mls-rs 0.57.0, mls-rs-crypto-openssl 0.22.0, {library}")
}

impl mls_rs::Source for Source {
    type Error = <Self::Suite as CipherSuiteProvider>::Error;
    type Suite = OpensslCipherSuite<DhKem<SeededDh, Kdf>, Kdf, Aead>;

    fn suite(suite: CipherSuite) -> Option<Self::Suite> {
        let kdf = Kdf::new(suite)?;
        let id = KemId::new(suite)?;
        let dh = SeededDh(Ecdh::new(suite)?);
        let kem = DhKem::new(dh, kdf.clone(), id as u16, id.n_secret());

        OpensslCipherSuite::new(suite, kem, kdf, Aead::new(suite)?)
    }

    /// EdDSA keys are kept with their public half behind the secret one.
    fn signature_keys(suite: &Self::Suite) -> mls_rs::SignatureKeys<Self::Error> {
        let number = suite.cipher_suite().raw_value();
        let derive = |secret: &[u8]| suite.signature_key_derive_public(&secret.to_vec().into());
        let (mut secret, public) = signature_key(number, derive)?;

        if is_edwards(number) {
            secret.extend_from_slice(&public);
        }
        Ok((secret.into(), public))
    }
}

#[derive(Clone)]
pub struct SeededDh(Ecdh);

impl DhType for SeededDh {
    type Error = EcdhKemError;

    fn generate(&self) -> Result<(HpkeSecretKey, HpkePublicKey), EcdhKemError> {
        let derive = |secret: &[u8]| self.0.to_public(&secret.to_vec().into());
        let first = match self.0.bitmask_for_rejection_sampling() {
            SamplingMethod::HpkeWithBitmask(mask) => mask,
            _ => 0xff,
        };

        random::secret_key(self.0.secret_key_size(), first, derive).map(|(s, p)| (s.into(), p))
    }

    forward! {
        fn dh(&HpkeSecretKey, &HpkePublicKey) -> Result<Vec<u8>, EcdhKemError>;
        fn to_public(&HpkeSecretKey) -> Result<HpkePublicKey, EcdhKemError>;
        fn bitmask_for_rejection_sampling() -> SamplingMethod;
        fn public_key_validate(&HpkePublicKey) -> Result<(), EcdhKemError>;
        fn secret_key_size() -> usize;
        fn public_key_size() -> usize;
    }
}
