//! What backends of Olm and Megolm share: one Matrix room as a client has it, the workload of
//! megolm/. A peer implements [`Library`], which is what the objects of one implementation do, and
//! says `export!(megolm::World<It>);`. Devices, the directory, requests, events, deliveries and
//! rooms that exist before the clock runs are here, once.
mod device;
mod inbox;
mod newcomer;
mod peer;
mod room;
mod sender;
mod shape;
mod text;
mod withheld;
mod world;

pub use world::World;

use crate::{CStr, Refusable};

/// The form in which a library stores an object. Naming the peer lets it say so of types of its
/// library.
pub trait Pickle<L>: Sized {
    fn pickled(&self, key: &[u8; 32]) -> String;
    fn unpickled(text: &str, key: &[u8; 32]) -> Refusable<Self>;
    /// By a pickle, but not encrypted.
    fn copy(&self) -> Self;
}

/// A public key.
pub trait Key<L>: Copy + PartialEq {
    fn from_base64(text: &str) -> Refusable<Self>;
    fn to_base64(&self) -> String;
    fn bytes(&self) -> &[u8; 32];
}

/// One implementation. What it returns as an error is a refusal.
pub trait Library: Sized + 'static {
    const NAME: &'static CStr;
    /// One-time keys that an account holds, and whose account that is.
    const MAX_KEYS: (u32, &'static str);
    /// Messages that skip() encrypts and drops where a session cannot be advanced, and why.
    const MAX_SKIP: (u32, &'static str);
    const NO_CROSS_SIGNING: &'static CStr;
    const NO_BUNDLES: &'static CStr;
    const NO_THREADS: &'static CStr;

    type Curve25519: Key<Self>;
    type Ed25519: Key<Self>;
    type Account: Pickle<Self>;
    /// Of Olm.
    type Session: Pickle<Self>;
    type Message;
    /// Of Megolm, the sender's.
    type Outbound: Pickle<Self>;
    /// And that of those who read.
    type Inbound: Pickle<Self>;

    fn version() -> String;
    /// What is drawn from here on depends on [`crate::random`] as it is now.
    fn reseed();

    fn account() -> Self::Account;
    fn keys(account: &Self::Account) -> (Self::Curve25519, Self::Ed25519);
    /// Signatures, and names and keys of one-time keys, are base64.
    fn sign(account: &Self::Account, text: &str) -> String;
    fn verify(key: &Self::Ed25519, text: &[u8], signature: &str) -> Refusable;
    /// The names and the keys of n new ones, in one order for one randomness, which are published.
    fn one_time_keys(account: &mut Self::Account, n: usize) -> Refusable<Vec<(String, String)>>;
    fn fallback_key(account: &mut Self::Account) -> Refusable<(String, Self::Curve25519)>;

    fn begin(
        account: &Self::Account,
        with: Self::Curve25519,
        key: Self::Curve25519,
    ) -> Refusable<Self::Session>;
    /// The session that a pre-key message begins, and what this message says.
    fn accept(
        account: &mut Self::Account,
        from: Self::Curve25519,
        m: &Self::Message,
    ) -> Refusable<(Self::Session, Vec<u8>)>;
    fn encrypt(session: &mut Self::Session, text: &str) -> Refusable<Self::Message>;
    fn decrypt(session: &mut Self::Session, m: &Self::Message) -> Refusable<Vec<u8>>;
    /// Whether it is the session of this pre-key message.
    fn began(session: &Self::Session, m: &Self::Message) -> bool;
    fn is_pre_key(m: &Self::Message) -> bool;
    fn ratchet_key(m: &Self::Message) -> Self::Curve25519;
    /// Its type, and its body in base64.
    fn parts(m: Self::Message) -> (usize, String);
    fn message(kind: usize, body: &str) -> Refusable<Self::Message>;

    fn outbound() -> Self::Outbound;
    fn outbound_id(session: &Self::Outbound) -> String;
    fn session_key(session: &Self::Outbound) -> String;
    /// Of the message that it encrypts next.
    fn next_index(session: &Self::Outbound) -> u32;
    fn encrypt_event(session: &mut Self::Outbound, event: &str) -> String;
    fn inbound(session_key: &str) -> Refusable<Self::Inbound>;
    fn inbound_id(session: &Self::Inbound) -> String;
    fn first_known_index(session: &Self::Inbound) -> u32;
    /// The event, and the index of its message.
    fn decrypt_event(session: &mut Self::Inbound, ciphertext: &str) -> Refusable<(Vec<u8>, u32)>;
}
