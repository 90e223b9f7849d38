//! vodozemac as a backend: what Olm and Megolm do as calls of its public API. What cannot be had:
//! docs/backends.md, Peers.
use groupbench_glue::megolm::{Key, Library, Pickle, World};
use groupbench_glue::{export, refuse, CStr, Refusable};
use rand::rngs::ThreadRng;
use vodozemac::megolm::*;
use vodozemac::olm::{Account, AccountPickle, OlmMessage, Session, SessionPickle};
use vodozemac::{base64_decode, base64_encode, megolm, olm};
use vodozemac::{Curve25519PublicKey, Ed25519PublicKey, Ed25519Signature};

enum Vodozemac {}

macro_rules! pickle {
    ($($object:ty: $pickle:ty,)*) => {
        $(impl Pickle<Vodozemac> for $object {
            fn pickled(&self, key: &[u8; 32]) -> String {
                self.pickle().encrypt(key)
            }

            fn unpickled(text: &str, key: &[u8; 32]) -> Refusable<Self> {
                Ok(<$object>::from_pickle(<$pickle>::from_encrypted(text, key)?))
            }

            fn copy(&self) -> Self {
                <$object>::from_pickle(self.pickle())
            }
        })*
    };
}

pickle! {
    Account: AccountPickle,
    Session: SessionPickle,
    GroupSession: GroupSessionPickle,
    InboundGroupSession: InboundGroupSessionPickle,
}

macro_rules! key {
    ($($key:ty,)*) => {
        $(impl Key<Vodozemac> for $key {
            fn from_base64(text: &str) -> Refusable<Self> {
                Ok(<$key>::from_base64(text)?)
            }

            fn to_base64(&self) -> String {
                <$key>::to_base64(self)
            }

            fn bytes(&self) -> &[u8; 32] {
                self.as_bytes()
            }
        })*
    };
}

key! {
    Curve25519PublicKey,
    Ed25519PublicKey,
}

impl Library for Vodozemac {
    const NAME: &'static CStr = c"vodozemac";
    const MAX_KEYS: (u32, &'static str) = (5000, "vodozemac::olm::Account");
    const MAX_SKIP: (u32, &'static str) =
        (1 << 16, "vodozemac::megolm::GroupSession has no advance_to");
    const NO_CROSS_SIGNING: &'static CStr =
        c"vodozemac has no API for cross-signing: matrix-sdk-crypto has";
    const NO_BUNDLES: &'static CStr =
        c"vodozemac has no API for bundles of room keys: matrix-sdk-crypto has";
    const NO_THREADS: &'static CStr = c"vodozemac::olm::Account works on one thread";

    type Curve25519 = Curve25519PublicKey;
    type Ed25519 = Ed25519PublicKey;
    type Account = Account;
    type Session = Session;
    type Message = OlmMessage;
    type Outbound = GroupSession;
    type Inbound = InboundGroupSession;

    fn version() -> String {
        "vodozemac 0.11.1, curve25519-dalek 5.0.0".into()
    }

    /// The library draws from rand's generator of the thread, which outlives worlds and calls.
    fn reseed() {
        let mut rng: ThreadRng = rand::rng();
        rng.reseed().expect("the world's stream has no end");
    }

    fn account() -> Account {
        Account::new()
    }

    fn keys(account: &Account) -> (Curve25519PublicKey, Ed25519PublicKey) {
        (account.curve25519_key(), account.ed25519_key())
    }

    fn sign(account: &Account, text: &str) -> String {
        account.sign(text).to_base64()
    }

    fn verify(key: &Ed25519PublicKey, text: &[u8], signature: &str) -> Refusable {
        Ok(key.verify(text, &Ed25519Signature::from_base64(signature)?)?)
    }

    /// The library gives them in no order.
    fn one_time_keys(account: &mut Account, n: usize) -> Refusable<Vec<(String, String)>> {
        account.generate_one_time_keys(n);
        let unpublished = account.one_time_keys().into_iter();
        let mut made: Vec<_> =
            unpublished.map(|(name, key)| (name.to_base64(), key.to_base64())).collect();

        if made.len() != n {
            return refuse("others were made than asked for");
        }
        made.sort_unstable();
        account.mark_keys_as_published();
        Ok(made)
    }

    fn fallback_key(account: &mut Account) -> Refusable<(String, Curve25519PublicKey)> {
        account.generate_fallback_key();
        let made = account.fallback_key().into_iter().next();
        let Some((name, key)) = made else { return refuse("none was made") };

        account.mark_keys_as_published();
        Ok((name.to_base64(), key))
    }

    fn begin(
        account: &Account,
        with: Curve25519PublicKey,
        key: Curve25519PublicKey,
    ) -> Refusable<Session> {
        Ok(account.create_outbound_session(olm::SessionConfig::version_1(), with, key)?)
    }

    fn accept(
        account: &mut Account,
        from: Curve25519PublicKey,
        m: &OlmMessage,
    ) -> Refusable<(Session, Vec<u8>)> {
        let OlmMessage::PreKey(m) = m else { return refuse("not a pre-key message") };
        let made = account.create_inbound_session(olm::SessionConfig::version_1(), from, m)?;

        Ok((made.session, made.plaintext))
    }

    fn encrypt(session: &mut Session, text: &str) -> Refusable<OlmMessage> {
        Ok(session.encrypt(text)?)
    }

    fn decrypt(session: &mut Session, m: &OlmMessage) -> Refusable<Vec<u8>> {
        Ok(session.decrypt(m)?)
    }

    fn began(session: &Session, m: &OlmMessage) -> bool {
        matches!(m, OlmMessage::PreKey(m) if m.session_id() == session.session_id())
    }

    fn is_pre_key(m: &OlmMessage) -> bool {
        matches!(m, OlmMessage::PreKey(_))
    }

    fn ratchet_key(m: &OlmMessage) -> Curve25519PublicKey {
        match m {
            OlmMessage::Normal(m) => m.ratchet_key(),
            OlmMessage::PreKey(m) => m.message().ratchet_key(),
        }
    }

    fn parts(m: OlmMessage) -> (usize, String) {
        let (kind, body) = m.to_parts();

        (kind, base64_encode(body))
    }

    fn message(kind: usize, body: &str) -> Refusable<OlmMessage> {
        Ok(OlmMessage::from_parts(kind, &base64_decode(body)?)?)
    }

    fn outbound() -> GroupSession {
        GroupSession::new(megolm::SessionConfig::version_1())
    }

    fn outbound_id(session: &GroupSession) -> String {
        session.session_id()
    }

    fn session_key(session: &GroupSession) -> String {
        session.session_key().to_base64()
    }

    fn next_index(session: &GroupSession) -> u32 {
        session.message_index()
    }

    fn encrypt_event(session: &mut GroupSession, event: &str) -> String {
        session.encrypt(event).to_base64()
    }

    fn inbound(session_key: &str) -> Refusable<InboundGroupSession> {
        let key = SessionKey::from_base64(session_key)?;

        Ok(InboundGroupSession::new(&key, megolm::SessionConfig::version_1()))
    }

    fn inbound_id(session: &InboundGroupSession) -> String {
        session.session_id()
    }

    fn first_known_index(session: &InboundGroupSession) -> u32 {
        session.first_known_index()
    }

    fn decrypt_event(
        session: &mut InboundGroupSession,
        ciphertext: &str,
    ) -> Refusable<(Vec<u8>, u32)> {
        let read = session.decrypt(&MegolmMessage::from_base64(ciphertext)?)?;

        Ok((read.plaintext, read.message_index))
    }
}

export!(World<Vodozemac>);
