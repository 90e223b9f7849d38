//! Cryptography by the RustCrypto project. It draws through getrandom, which the glue answers.
use groupbench_glue::{mls::mls_rs, CStr};
use mls_rs_core::crypto::{CipherSuite, CipherSuiteProvider, CryptoProvider};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

pub const NAME: &CStr = c"mls-rs-rustcrypto";

pub enum Source {}

pub fn version() -> String {
    "mls-rs 0.57.0, mls-rs-crypto-rustcrypto 0.23.0".into()
}

impl mls_rs::Source for Source {
    type Error = <Self::Suite as CipherSuiteProvider>::Error;
    type Suite = <RustCryptoProvider as CryptoProvider>::CipherSuiteProvider;

    fn suite(suite: CipherSuite) -> Option<Self::Suite> {
        RustCryptoProvider::default().cipher_suite_provider(suite)
    }

    fn signature_keys(suite: &Self::Suite) -> mls_rs::SignatureKeys<Self::Error> {
        suite.signature_key_generate()
    }
}
