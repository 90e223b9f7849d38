//! Cryptography by the RustCrypto project. It draws through getrandom, which the glue answers.
use groupbench_glue::CStr;
use mls_rs::{CipherSuite, CryptoProvider};
use mls_rs_core::crypto::{CipherSuiteProvider, SignaturePublicKey, SignatureSecretKey};
use mls_rs_crypto_rustcrypto::RustCryptoProvider;

pub const NAME: &CStr = c"mls-rs-rustcrypto";

pub type Suite = <RustCryptoProvider as CryptoProvider>::CipherSuiteProvider;

pub fn version() -> String {
    "mls-rs 0.57.0, mls-rs-crypto-rustcrypto 0.23.0".into()
}

pub fn suites() -> Vec<CipherSuite> {
    RustCryptoProvider::all_supported_cipher_suites()
}

pub fn suite(suite: CipherSuite) -> Option<Suite> {
    RustCryptoProvider::default().cipher_suite_provider(suite)
}

pub fn signature_keys(
    suite: &Suite,
) -> Result<(SignatureSecretKey, SignaturePublicKey), <Suite as CipherSuiteProvider>::Error> {
    suite.signature_key_generate()
}
