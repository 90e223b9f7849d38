//! A device's view of the room: who is in it, who lacks the key, and the sessions of Megolm.
use super::{Library, Pickle};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub struct Inbound<L: Library> {
    pub session: L::Inbound,
    pub sender: u32,
    /// The event that each index was first read in.
    pub seen: HashMap<u32, u64>,
}

pub struct Room<L: Library> {
    pub members: BTreeSet<u32>,
    pub lacking: BTreeSet<u32>,
    /// Members who get no key, by the code that says why; and who was told so of this session.
    pub withheld: BTreeMap<u32, &'static str>,
    pub told: BTreeSet<u32>,
    pub outbound: Option<L::Outbound>,
    pub inbound: HashMap<String, Inbound<L>>,
    /// The session that came last, by sender.
    pub newest: HashMap<u32, String>,
    /// Sessions whose key is withheld from this device, the latest last, and the reason, if it is
    /// one of withhold().
    pub unread: VecDeque<(String, Option<u32>)>,
}

impl<L: Library> Default for Room<L> {
    fn default() -> Self {
        Room {
            members: BTreeSet::new(),
            lacking: BTreeSet::new(),
            withheld: BTreeMap::new(),
            told: BTreeSet::new(),
            outbound: None,
            inbound: HashMap::new(),
            newest: HashMap::new(),
            unread: VecDeque::new(),
        }
    }
}

impl<L: Library> Room<L> {
    pub fn add(&mut self, device: u32) {
        if self.members.insert(device) {
            self.lacking.insert(device);
        }
    }

    /// Whoever had the key must not read on.
    pub fn remove(&mut self, device: u32) {
        if self.can_read(device) {
            self.outbound = None;
        }
        self.members.remove(&device);
        self.lacking.remove(&device);
        self.withheld.remove(&device);
        self.told.remove(&device);
    }

    /// Whether it was given the key of the present session, if there is one.
    pub fn can_read(&self, device: u32) -> bool {
        self.members.contains(&device)
            && !self.lacking.contains(&device)
            && !self.withheld.contains_key(&device)
    }

    /// Who has to be given the key: of a new session, all but those from whom it is withheld.
    pub fn due(&self, is_new: bool) -> Vec<u32> {
        let all = if is_new { &self.members } else { &self.lacking };

        all.iter().filter(|device| !self.withheld.contains_key(*device)).copied().collect()
    }

    /// The key of the next message is withheld from these members.
    pub fn withhold(&mut self, members: &[u32], code: &'static str) {
        if members.iter().any(|&d| self.can_read(d)) {
            self.outbound = None;
        }
        for device in members {
            self.withheld.insert(*device, code);
            self.lacking.remove(device);
            self.told.remove(device);
        }
    }

    pub fn share_due(&self) -> bool {
        self.outbound.is_none() || !self.lacking.is_empty()
    }

    /// A session that is known already stays, unless the new one reaches further back.
    pub fn enter(&mut self, session: L::Inbound, sender: u32) {
        let id = L::inbound_id(&session);
        let index = L::first_known_index(&session);

        if self.inbound.get(&id).is_none_or(|old| L::first_known_index(&old.session) > index) {
            let seen = self.inbound.remove(&id).map_or_else(HashMap::new, |old| old.seen);
            self.inbound.insert(id.clone(), Inbound { session, sender, seen });
        }
        self.newest.insert(sender, id);
    }

    pub fn copy(&self) -> Self {
        let inbound = |(id, old): (&String, &Inbound<L>)| {
            let (session, seen) = (old.session.copy(), old.seen.clone());
            (id.clone(), Inbound { session, sender: old.sender, seen })
        };

        Room {
            members: self.members.clone(),
            lacking: self.lacking.clone(),
            withheld: self.withheld.clone(),
            told: self.told.clone(),
            outbound: self.outbound.as_ref().map(L::Outbound::copy),
            inbound: self.inbound.iter().map(inbound).collect(),
            newest: self.newest.clone(),
            unread: self.unread.clone(),
        }
    }
}
