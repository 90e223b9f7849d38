//! A live device: its account, the devices it knows with their Olm sessions, its room.
use crate::text::{device_of, refuse, DeviceKeys, Signed};
use groupbench_glue::{Error, Result};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use vodozemac::megolm::{GroupSession, InboundGroupSession};
use vodozemac::olm::{Account, OlmMessage, Session, SessionConfig};
use vodozemac::{Curve25519PublicKey, Ed25519PublicKey};

/// Olm sessions that are kept for one device.
const MAX_SESSIONS: usize = 4;

pub fn olm_config() -> SessionConfig {
    SessionConfig::version_1()
}

pub fn megolm_config() -> vodozemac::megolm::SessionConfig {
    vodozemac::megolm::SessionConfig::version_1()
}

pub struct Olm {
    pub session: Session,
    /// Nothing was encrypted in it yet.
    fresh: bool,
    /// The next message begins with a Diffie-Hellman step: vodozemac does not tell.
    due: bool,
    seen: Option<Curve25519PublicKey>,
}

impl Olm {
    pub fn outbound(session: Session) -> Self {
        Olm { session, fresh: true, due: false, seen: None }
    }

    pub fn inbound(session: Session, message: &OlmMessage) -> Self {
        Olm { session, fresh: false, due: true, seen: Some(ratchet_key(message)) }
    }

    fn copy(&self) -> Self {
        Olm { session: Session::from_pickle(self.session.pickle()), ..*self }
    }

    /// With the message: whether it travels under a key that the state before it lacks.
    pub fn encrypt(&mut self, plaintext: &str) -> Result<(OlmMessage, bool)> {
        let afresh = self.fresh || self.due;
        let message = self.session.encrypt(plaintext).map_err(|e| Error::rejected("Olm", e))?;

        (self.fresh, self.due) = (false, false);
        Ok((message, afresh))
    }

    pub fn decrypt(&mut self, message: &OlmMessage) -> Result<Vec<u8>> {
        let plaintext = self.session.decrypt(message).map_err(|e| Error::rejected("Olm", e))?;

        if self.seen.replace(ratchet_key(message)) != Some(ratchet_key(message)) {
            self.due = true;
        }
        Ok(plaintext)
    }
}

fn ratchet_key(message: &OlmMessage) -> Curve25519PublicKey {
    match message {
        OlmMessage::Normal(m) => m.ratchet_key(),
        OlmMessage::PreKey(m) => m.message().ratchet_key(),
    }
}

/// A device of somebody else, as its owner knows it. The first session is the one to send by.
pub struct Other {
    pub keys: Rc<str>,
    pub number: u32,
    pub user: String,
    pub id: String,
    pub ed25519: Ed25519PublicKey,
    pub curve25519: Curve25519PublicKey,
    pub olm: Vec<Olm>,
}

impl Other {
    /// What device keys say, without looking at their signature.
    pub fn unverified(text: &str, keys: &DeviceKeys) -> Result<Self> {
        let wrong = |e| Error::rejected("device keys", e);
        let number = device_of(keys.device_id);
        let (Some(number), true) = (number, keys.can_both()) else {
            return refuse("device keys", "not those of a device here");
        };

        Ok(Other {
            keys: text.into(),
            number,
            user: keys.user_id.into(),
            id: keys.device_id.into(),
            ed25519: Ed25519PublicKey::from_base64(keys.key("ed25519").unwrap_or(""))
                .map_err(wrong)?,
            curve25519: Curve25519PublicKey::from_base64(keys.key("curve25519").unwrap_or(""))
                .map_err(wrong)?,
            olm: Vec::new(),
        })
    }

    pub fn verified(text: &str) -> Result<Self> {
        let mut keys: DeviceKeys = crate::text::parse("device keys", text)?;
        let other = Self::unverified(text, &keys)?;

        keys.verify(&other.user, &other.id, &other.ed25519)?;
        Ok(other)
    }

    pub fn attach(&mut self, olm: Olm) {
        self.olm.insert(0, olm);
        self.olm.truncate(MAX_SESSIONS);
    }

    fn copy(&self) -> Self {
        Other {
            keys: self.keys.clone(),
            user: self.user.clone(),
            id: self.id.clone(),
            olm: self.olm.iter().map(Olm::copy).collect(),
            ..*self
        }
    }
}

pub struct Inbound {
    pub session: InboundGroupSession,
    pub sender: u32,
    /// The event that each index was first read in.
    pub seen: HashMap<u32, u64>,
}

/// Its view of the room: who is in it, who lacks the key, and the sessions.
#[derive(Default)]
pub struct Room {
    pub members: BTreeSet<u32>,
    pub lacking: BTreeSet<u32>,
    pub outbound: Option<GroupSession>,
    pub inbound: HashMap<String, Inbound>,
    /// The session that came last, by sender.
    pub newest: HashMap<u32, String>,
}

impl Room {
    pub fn add(&mut self, device: u32) {
        if self.members.insert(device) {
            self.lacking.insert(device);
        }
    }

    /// Whoever had the key must not read on.
    pub fn remove(&mut self, device: u32) {
        if self.members.remove(&device) && !self.lacking.remove(&device) {
            self.outbound = None;
        }
    }

    pub fn share_due(&self) -> bool {
        self.outbound.is_none() || !self.lacking.is_empty()
    }

    /// A session that is known already stays, unless the new one reaches further back.
    pub fn enter(&mut self, session: InboundGroupSession, sender: u32) {
        let id = session.session_id();
        let index = session.first_known_index();

        if self.inbound.get(&id).is_none_or(|old| old.session.first_known_index() > index) {
            let seen = self.inbound.remove(&id).map_or_else(HashMap::new, |old| old.seen);
            self.inbound.insert(id.clone(), Inbound { session, sender, seen });
        }
        self.newest.insert(sender, id);
    }

    fn copy(&self) -> Self {
        let inbound = |(id, old): (&String, &Inbound)| {
            let session = InboundGroupSession::from_pickle(old.session.pickle());
            (id.clone(), Inbound { session, sender: old.sender, seen: old.seen.clone() })
        };

        Room {
            members: self.members.clone(),
            lacking: self.lacking.clone(),
            outbound: self.outbound.as_ref().map(|s| GroupSession::from_pickle(s.pickle())),
            inbound: self.inbound.iter().map(inbound).collect(),
            newest: self.newest.clone(),
        }
    }
}

#[derive(Clone, Default)]
pub struct Progress {
    /// Entries of the membership log that it knows; with `knows_members`, all before them.
    pub seen: usize,
    pub knows_members: bool,
    /// Its first one-time key.
    pub published: bool,
    /// By its last rekey or remove.
    pub healed: bool,
    pub fetched: u64,
    pub asked: u64,
    /// Whose prepared keys it has claimed.
    pub claimed: HashSet<u32>,
}

struct Saved {
    account: Account,
    others: HashMap<u32, Other>,
    room: Room,
    now: Progress,
}

pub struct Device {
    pub number: u32,
    pub account: Account,
    pub keys: Rc<str>,
    pub curve25519: String,
    pub ed25519: String,
    /// Signed, as publish_many sends it.
    pub first_key: String,
    /// One-time keys that the directory holds ready for it.
    pub claimable: HashMap<u32, String>,
    pub others: HashMap<u32, Other>,
    by_key: HashMap<[u8; 32], u32>,
    pub room: Room,
    pub now: Progress,
    saved: Option<Box<Saved>>,
    /// Others that may differ from those at the checkpoint.
    touched: Vec<u32>,
}

impl Device {
    pub fn new(number: u32, account: Account, keys: String, first_key: String) -> Self {
        Device {
            number,
            keys: keys.into(),
            curve25519: account.curve25519_key().to_base64(),
            ed25519: account.ed25519_key().to_base64(),
            account,
            first_key,
            claimable: HashMap::new(),
            others: HashMap::new(),
            by_key: HashMap::new(),
            room: Room::default(),
            now: Progress::default(),
            saved: None,
            touched: Vec::new(),
        }
    }

    pub fn knows(&self, device: u32) -> bool {
        self.others.contains_key(&device)
    }

    pub fn has_session(&self, device: u32) -> bool {
        self.others.get(&device).is_some_and(|o| !o.olm.is_empty())
    }

    pub fn by_key(&self, key: &Curve25519PublicKey) -> Option<u32> {
        self.by_key.get(key.as_bytes()).copied()
    }

    /// The device, to be changed; it must be known.
    pub fn other(&mut self, device: u32) -> Result<&mut Other> {
        self.touched.push(device);
        self.others
            .get_mut(&device)
            .ok_or_else(|| Error::Rejected(format!("device {device} is not known")))
    }

    /// Makes a device known, unless it is: then it must be the one that it was.
    pub fn learn(&mut self, other: Other) -> Result<&mut Other> {
        let number = other.number;

        if self.others.get(&number).is_some_and(|old| old.keys != other.keys) {
            return refuse("device keys", "a known device comes with other keys");
        }
        self.by_key.insert(*other.curve25519.as_bytes(), number);
        self.others.entry(number).or_insert(other);
        self.other(number)
    }

    pub fn checkpoint(&mut self) {
        self.touched.clear();
        self.saved = Some(Box::new(Saved {
            account: Account::from_pickle(self.account.pickle()),
            others: self.others.iter().map(|(n, o)| (*n, o.copy())).collect(),
            room: self.room.copy(),
            now: self.now.clone(),
        }));
    }

    /// False when there is nothing to return to: the device was made since.
    pub fn rollback(&mut self) -> bool {
        let Some(saved) = &self.saved else { return false };

        for number in self.touched.drain(..) {
            if let Some(other) = self.others.remove(&number) {
                self.by_key.remove(other.curve25519.as_bytes());
            }
            if let Some(other) = saved.others.get(&number) {
                self.by_key.insert(*other.curve25519.as_bytes(), number);
                self.others.insert(number, other.copy());
            }
        }
        self.account = Account::from_pickle(saved.account.pickle());
        self.room = saved.room.copy();
        self.now = saved.now.clone();
        true
    }

    /// Everything that it would have to store, in the pickles of the library; what it knows of
    /// others beside.
    pub fn pickles(&self, key: &[u8; 32]) -> Vec<String> {
        let mut out = vec![self.account.pickle().encrypt(key)];

        out.extend(self.room.outbound.iter().map(|s| s.pickle().encrypt(key)));
        out.extend(self.room.inbound.values().map(|i| i.session.pickle().encrypt(key)));
        for other in self.others.values() {
            out.push(other.keys.to_string());
            out.extend(other.olm.iter().map(|o| o.session.pickle().encrypt(key)));
        }
        out
    }

    /// The same from those that pickles() made, in the order in which it made them.
    pub fn repickled(&self, stored: &[String], key: &[u8; 32]) -> Result<Vec<String>> {
        fn again<T>(
            text: Option<&String>,
            key: &[u8; 32],
            from: impl Fn(&str, &[u8; 32]) -> std::result::Result<T, vodozemac::PickleError>,
        ) -> Result<T> {
            from(text.map_or("", |t| t), key).map_err(|e| Error::failed("reload", e))
        }
        use vodozemac::{megolm, olm};
        let mut at = stored.iter();
        let account = again(at.next(), key, olm::AccountPickle::from_encrypted)?;
        let mut out = vec![Account::from_pickle(account).pickle().encrypt(key)];

        for _ in self.room.outbound.iter() {
            let pickle = again(at.next(), key, megolm::GroupSessionPickle::from_encrypted)?;
            out.push(GroupSession::from_pickle(pickle).pickle().encrypt(key));
        }
        for _ in self.room.inbound.iter() {
            let pickle = again(at.next(), key, megolm::InboundGroupSessionPickle::from_encrypted)?;
            out.push(InboundGroupSession::from_pickle(pickle).pickle().encrypt(key));
        }
        for other in self.others.values() {
            out.extend(at.next().cloned());
            for _ in &other.olm {
                let pickle = again(at.next(), key, olm::SessionPickle::from_encrypted)?;
                out.push(Session::from_pickle(pickle).pickle().encrypt(key));
            }
        }
        Ok(out)
    }
}
