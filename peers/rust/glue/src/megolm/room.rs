//! A device's view of the room: who is in it, who lacks the key, and the sessions of Megolm.
use super::{Library, Pickle};
use std::collections::{BTreeSet, HashMap};

pub struct Inbound<L: Library> {
    pub session: L::Inbound,
    pub sender: u32,
    /// The event that each index was first read in.
    pub seen: HashMap<u32, u64>,
}

pub struct Room<L: Library> {
    pub members: BTreeSet<u32>,
    pub lacking: BTreeSet<u32>,
    pub outbound: Option<L::Outbound>,
    pub inbound: HashMap<String, Inbound<L>>,
    /// The session that came last, by sender.
    pub newest: HashMap<u32, String>,
}

impl<L: Library> Default for Room<L> {
    fn default() -> Self {
        Room {
            members: BTreeSet::new(),
            lacking: BTreeSet::new(),
            outbound: None,
            inbound: HashMap::new(),
            newest: HashMap::new(),
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
        if self.members.remove(&device) && !self.lacking.remove(&device) {
            self.outbound = None;
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
            outbound: self.outbound.as_ref().map(L::Outbound::copy),
            inbound: self.inbound.iter().map(inbound).collect(),
            newest: self.newest.clone(),
        }
    }
}
