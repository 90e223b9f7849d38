//! A live device: its account, the devices it knows with their Olm sessions, its room.
use super::room::Room;
use super::text::{device_of, parse, refuse, DeviceKeys, Signed};
use super::{Key, Library, Pickle};
use crate::{failing, rejecting, Error, Result};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Olm sessions that are kept for one device.
const MAX_SESSIONS: usize = 4;

pub struct Olm<L: Library> {
    pub session: L::Session,
    /// Nothing was encrypted in it yet.
    fresh: bool,
    /// The next message begins with a Diffie-Hellman step: libraries do not tell.
    due: bool,
    seen: Option<L::Curve25519>,
}

impl<L: Library> Olm<L> {
    pub fn outbound(session: L::Session) -> Self {
        Olm { session, fresh: true, due: false, seen: None }
    }

    pub fn inbound(session: L::Session, message: &L::Message) -> Self {
        Olm { session, fresh: false, due: true, seen: Some(L::ratchet_key(message)) }
    }

    fn copy(&self) -> Self {
        Olm { session: self.session.copy(), ..*self }
    }

    /// With the message: whether it travels under a key that the state before it lacks. Nobody has
    /// said anything here that could be refused.
    pub fn encrypt(&mut self, plaintext: &str) -> Result<(L::Message, bool)> {
        let afresh = self.fresh || self.due;
        let message = L::encrypt(&mut self.session, plaintext).map_err(failing("Olm"))?;

        (self.fresh, self.due) = (false, false);
        Ok((message, afresh))
    }

    pub fn decrypt(&mut self, message: &L::Message) -> Result<Vec<u8>> {
        let plaintext = L::decrypt(&mut self.session, message).map_err(rejecting("Olm"))?;

        if self.seen.replace(L::ratchet_key(message)) != Some(L::ratchet_key(message)) {
            self.due = true;
        }
        Ok(plaintext)
    }
}

/// A device of somebody else, as its owner knows it. The first session is the one to send by.
pub struct Other<L: Library> {
    pub keys: Rc<str>,
    pub number: u32,
    pub user: String,
    pub id: String,
    pub ed25519: L::Ed25519,
    pub curve25519: L::Curve25519,
    pub olm: Vec<Olm<L>>,
}

impl<L: Library> Other<L> {
    /// What device keys say, without looking at their signature.
    pub fn unverified(text: &str, keys: &DeviceKeys) -> Result<Self> {
        let number = device_of(keys.device_id);
        let (Some(number), true) = (number, keys.can_both()) else {
            return refuse("device keys", "not those of a device here");
        };

        Ok(Other {
            keys: text.into(),
            number,
            user: keys.user_id.into(),
            id: keys.device_id.into(),
            ed25519: L::Ed25519::from_base64(keys.key("ed25519").unwrap_or(""))
                .map_err(rejecting("device keys"))?,
            curve25519: L::Curve25519::from_base64(keys.key("curve25519").unwrap_or(""))
                .map_err(rejecting("device keys"))?,
            olm: Vec::new(),
        })
    }

    pub fn verified(text: &str) -> Result<Self> {
        let mut keys: DeviceKeys = parse("device keys", text)?;
        let other = Self::unverified(text, &keys)?;

        keys.verify::<L>(&other.user, &other.id, &other.ed25519)?;
        Ok(other)
    }

    pub fn attach(&mut self, olm: Olm<L>) {
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
    pub fetched_raw: u64,
    pub asked: u64,
    /// Whose users it has yet to ask the directory about; their devices it knows already.
    pub queried: Vec<u32>,
    /// Whose prepared keys it has claimed.
    pub claimed: HashSet<u32>,
}

impl Progress {
    /// What the directory answered: bytes, and of them keys and signatures.
    pub fn note_answer(&mut self, bytes: u64, raw: usize) {
        self.fetched += bytes;
        self.fetched_raw += raw as u64;
    }

    pub fn forget_lookups(&mut self) {
        (self.fetched, self.fetched_raw, self.asked) = (0, 0, 0);
    }
}

struct Saved<L: Library> {
    account: L::Account,
    others: HashMap<u32, Other<L>>,
    room: Room<L>,
    now: Progress,
}

pub struct Device<L: Library> {
    pub number: u32,
    pub account: L::Account,
    pub keys: Rc<str>,
    pub curve25519: String,
    pub ed25519: String,
    /// Signed, as publish_many sends it.
    pub first_key: String,
    /// One-time keys that the directory holds ready for it.
    pub claimable: HashMap<u32, String>,
    pub others: HashMap<u32, Other<L>>,
    by_key: HashMap<[u8; 32], u32>,
    pub room: Room<L>,
    pub now: Progress,
    saved: Option<Box<Saved<L>>>,
    /// Others that may differ from those at the checkpoint.
    touched: Vec<u32>,
}

impl<L: Library> Device<L> {
    pub fn new(number: u32, account: L::Account, keys: String, first_key: String) -> Self {
        let (curve25519, ed25519) = L::keys(&account);

        Device {
            number,
            keys: keys.into(),
            curve25519: curve25519.to_base64(),
            ed25519: ed25519.to_base64(),
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

    pub fn by_key(&self, key: &L::Curve25519) -> Option<u32> {
        self.by_key.get(key.bytes()).copied()
    }

    /// The device, to be changed; it must be known.
    pub fn other(&mut self, device: u32) -> Result<&mut Other<L>> {
        self.touched.push(device);
        self.others
            .get_mut(&device)
            .ok_or_else(|| Error::Rejected(format!("device {device} is not known")))
    }

    /// Makes a device known, unless it is: then it must be the one that it was.
    pub fn learn(&mut self, other: Other<L>) -> Result<&mut Other<L>> {
        let number = other.number;

        if self.others.get(&number).is_some_and(|old| old.keys != other.keys) {
            return refuse("device keys", "a known device comes with other keys");
        }
        self.by_key.insert(*other.curve25519.bytes(), number);
        self.others.entry(number).or_insert(other);
        self.other(number)
    }

    pub fn checkpoint(&mut self) {
        self.touched.clear();
        self.saved = Some(Box::new(Saved {
            account: self.account.copy(),
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
                self.by_key.remove(other.curve25519.bytes());
            }
            if let Some(other) = saved.others.get(&number) {
                self.by_key.insert(*other.curve25519.bytes(), number);
                self.others.insert(number, other.copy());
            }
        }
        self.account = saved.account.copy();
        self.room = saved.room.copy();
        self.now = saved.now.clone();
        true
    }

    /// Everything that it would have to store, in the pickles of the library; what it knows of
    /// others beside.
    pub fn pickles(&self, key: &[u8; 32]) -> Vec<String> {
        let mut out = vec![self.account.pickled(key)];

        out.extend(self.room.outbound.iter().map(|s| s.pickled(key)));
        out.extend(self.room.inbound.values().map(|i| i.session.pickled(key)));
        for other in self.others.values() {
            out.push(other.keys.to_string());
            out.extend(other.olm.iter().map(|o| o.session.pickled(key)));
        }
        out
    }

    /// The same from those that pickles() made, in the order in which it made them.
    pub fn repickled(&self, stored: &[String], key: &[u8; 32]) -> Result<Vec<String>> {
        fn again<L: Library, T: Pickle<L>>(
            text: Option<&String>,
            key: &[u8; 32],
        ) -> Result<String> {
            let object = T::unpickled(text.map_or("", |t| t), key);
            Ok(object.map_err(failing("reload"))?.pickled(key))
        }
        let mut at = stored.iter();
        let mut out = vec![again::<L, L::Account>(at.next(), key)?];

        for _ in self.room.outbound.iter() {
            out.push(again::<L, L::Outbound>(at.next(), key)?);
        }
        for _ in self.room.inbound.iter() {
            out.push(again::<L, L::Inbound>(at.next(), key)?);
        }
        for other in self.others.values() {
            out.extend(at.next().cloned());
            for _ in &other.olm {
                out.push(again::<L, L::Session>(at.next(), key)?);
            }
        }
        Ok(out)
    }
}
