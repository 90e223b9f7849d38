//! Cryptography by OpenSSL, the library that is under mls/ too. Its key pairs are generated from
//! the world's seed and imported, which multiplies the base point once, as generating does.
use groupbench_glue::{random, CStr};
use mls_rs::CipherSuite;
use mls_rs_core::crypto::{
    CipherSuiteProvider, HpkePublicKey, HpkeSecretKey, SignaturePublicKey, SignatureSecretKey,
};
use mls_rs_crypto_hpke::dhkem::DhKem;
use mls_rs_crypto_openssl::ecdh::{Ecdh, EcdhKemError};
use mls_rs_crypto_openssl::{aead::Aead, kdf::Kdf, OpensslCipherSuite, OpensslCryptoProvider};
use mls_rs_crypto_traits::{DhType, KemId, SamplingMethod};

pub const NAME: &CStr = c"mls-rs-openssl";

pub type Suite = OpensslCipherSuite<DhKem<SeededDh, Kdf>, Kdf, Aead>;

pub fn version() -> String {
    let library = mls_rs_crypto_openssl::openssl::version::version();

    format!("mls-rs 0.57.0, mls-rs-crypto-openssl 0.22.0, {library}")
}

pub fn suites() -> Vec<CipherSuite> {
    OpensslCryptoProvider::all_supported_cipher_suites()
}

pub fn suite(suite: CipherSuite) -> Option<Suite> {
    let kdf = Kdf::new(suite)?;
    let id = KemId::new(suite)?;
    let dh = SeededDh(Ecdh::new(suite)?);
    let kem = DhKem::new(dh, kdf.clone(), id as u16, id.n_secret());

    OpensslCipherSuite::new(suite, kem, kdf, Aead::new(suite)?)
}

/// Secret keys drawn until the library takes one.
fn draw<P, E>(
    size: usize,
    first: u8,
    public: impl Fn(&[u8]) -> Result<P, E>,
) -> Result<(Vec<u8>, P), E> {
    let mut secret = vec![0; size];

    for _ in 0..64 {
        random::fill(&mut secret);
        secret[0] &= first;
        if let Ok(public) = public(&secret) {
            return Ok((secret, public));
        }
    }
    let public = public(&secret)?;
    Ok((secret, public))
}

/// EdDSA keys are kept with their public half behind the secret one.
pub fn signature_keys(
    suite: &Suite,
) -> Result<(SignatureSecretKey, SignaturePublicKey), <Suite as CipherSuiteProvider>::Error> {
    let (size, first, twice) = match suite.cipher_suite() {
        CipherSuite::P256_AES128 => (32, 0xff, false),
        CipherSuite::P384_AES256 => (48, 0xff, false),
        CipherSuite::P521_AES256 => (66, 0x01, false),
        CipherSuite::CURVE448_AES256 | CipherSuite::CURVE448_CHACHA => (57, 0xff, true),
        _ => (32, 0xff, true),
    };
    let (mut secret, public) =
        draw(size, first, |secret| suite.signature_key_derive_public(&secret.to_vec().into()))?;

    if twice {
        secret.extend_from_slice(&public);
    }
    Ok((secret.into(), public))
}

#[derive(Clone)]
pub struct SeededDh(Ecdh);

impl DhType for SeededDh {
    type Error = EcdhKemError;

    fn dh(&self, secret: &HpkeSecretKey, public: &HpkePublicKey) -> Result<Vec<u8>, EcdhKemError> {
        self.0.dh(secret, public)
    }

    fn to_public(&self, secret: &HpkeSecretKey) -> Result<HpkePublicKey, EcdhKemError> {
        self.0.to_public(secret)
    }

    fn generate(&self) -> Result<(HpkeSecretKey, HpkePublicKey), EcdhKemError> {
        let first = match self.0.bitmask_for_rejection_sampling() {
            SamplingMethod::HpkeWithBitmask(mask) => mask,
            _ => 0xff,
        };
        let (secret, public) = draw(self.0.secret_key_size(), first, |secret| {
            self.0.to_public(&secret.to_vec().into())
        })?;

        Ok((secret.into(), public))
    }

    fn bitmask_for_rejection_sampling(&self) -> SamplingMethod {
        self.0.bitmask_for_rejection_sampling()
    }

    fn public_key_validate(&self, key: &HpkePublicKey) -> Result<(), EcdhKemError> {
        self.0.public_key_validate(key)
    }

    fn secret_key_size(&self) -> usize {
        self.0.secret_key_size()
    }

    fn public_key_size(&self) -> usize {
        self.0.public_key_size()
    }
}
