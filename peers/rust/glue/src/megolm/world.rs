//! What the homeserver of a world knows, its devices, and requests to the directory.
use super::device::Device;
use super::sender::ToDeviceEvent;
use super::text::*;
use super::Library;
use crate::random::{self, Stream};
use crate::{Error, Fanout, Kind, Outbox, Outgoing, Result, To};
use std::collections::HashMap;
use std::rc::Rc;

/// Calls `f`; what it draws comes from a stream of its own.
pub fn draw<L: Library, T>(seed: u64, purpose: &str, number: u32, f: impl FnOnce() -> T) -> T {
    let result = random::with(&mut Stream::new(seed, purpose, number.into()), || {
        L::reseed();
        f()
    });
    L::reseed();
    result
}

#[derive(Clone, Copy, PartialEq)]
pub enum Pair {
    New,
    Chain,
    Ratchet,
}

/// The homeserver: who is in the room, what came before, whose keys were claimed.
#[derive(Clone)]
pub struct Server {
    pub has_group: bool,
    pub is_member: Vec<bool>,
    pub log: Vec<(u32, bool)>,
    pub n_claimed: HashMap<u32, usize>,
}

impl Server {
    pub fn change(&mut self, device: u32, joined: bool) {
        self.is_member[device as usize] = joined;
        self.log.push((device, joined));
    }
}

pub struct World<L: Library> {
    pub seed: u64,
    pub names: Names,
    pub pair: Pair,
    /// Olm messages carry the sender's device keys.
    pub device_keys_travel: bool,
    pub devices: Vec<Option<Device<L>>>,
    pub server: Server,
    pub saved: Option<Server>,
    /// Device keys of dormant devices, at hand when somebody asks.
    pub uploads: HashMap<u32, Rc<str>>,
    n_requests: u32,
    last_request: Vec<u32>,
    pub stored: Vec<String>,
}

/// Bytes of an answer of /keys/query, or /keys/claim, around users, and of what is around each of
/// them and each device.
const AROUND_QUERIED: usize = r#"{"device_keys":{},"failures":{}}"#.len();
const AROUND_CLAIMED: usize = r#"{"failures":{},"one_time_keys":{}}"#.len();
const AROUND_USER: usize = r#""":{}"#.len();
const AROUND_DEVICE: usize = r#""":"#.len();

impl<L: Library> World<L> {
    pub fn new(
        seed: u64,
        capacity: u32,
        names: Names,
        pair: Pair,
        device_keys_travel: bool,
    ) -> Self {
        let n = capacity as usize;
        let server = Server {
            has_group: false,
            is_member: vec![false; n],
            log: Vec::new(),
            n_claimed: HashMap::new(),
        };

        World {
            seed,
            names,
            pair,
            device_keys_travel,
            devices: (0..n).map(|_| None).collect(),
            server,
            saved: None,
            uploads: HashMap::new(),
            n_requests: 0,
            last_request: vec![0; n],
            stored: Vec::new(),
        }
    }

    /// A device with `more` one-time keys behind its first one, all from its number and the seed.
    pub fn make(&self, device: u32, more: usize) -> Result<(Device<L>, Vec<String>)> {
        let (user, id) = (self.names.user(device), device_id(device));

        draw::<L, _>(self.seed, "device", device, || {
            let mut account = L::account();
            let keys = write_device_keys::<L>(&account, &user, &id);
            let first = write_one_time_key::<L>(&mut account, &user, &id)?;
            let more: Result<Vec<_>> =
                (0..more).map(|_| write_one_time_key::<L>(&mut account, &user, &id)).collect();

            Ok((Device::new(device, account, keys, first), more?))
        })
    }

    pub fn live(&mut self, device: u32) -> Result<&mut Device<L>> {
        let live = self.devices.get_mut(device as usize).and_then(Option::as_mut);

        live.ok_or_else(|| Error::Rejected(format!("device {device} is not live")))
    }

    /// Calls `f` with a live device beside the world that it is part of.
    pub fn at<T>(
        &mut self,
        device: u32,
        f: impl FnOnce(&mut Self, &mut Device<L>) -> Result<T>,
    ) -> Result<T> {
        self.live(device)?;
        let mut live = self.devices[device as usize].take().expect("it is live");
        let result = f(self, &mut live);

        self.devices[device as usize] = Some(live);
        result
    }

    pub fn make_live(&mut self, device: u32) -> Result {
        if device as usize >= self.devices.len() {
            return Err(Error::Failed(format!("device {device} is beyond the capacity")));
        }
        if self.devices[device as usize].is_none() {
            let n_claimed = self.server.n_claimed.get(&device).copied().unwrap_or(0);
            self.devices[device as usize] = Some(self.make(device, n_claimed)?.0);
        }
        Ok(())
    }

    // ---- the key directory ----

    /// Device keys as /keys/query answers with them.
    pub fn query(&self, device: u32) -> Result<Rc<str>> {
        if let Some(live) = self.devices.get(device as usize).and_then(Option::as_ref) {
            return Ok(live.keys.clone());
        }
        match self.uploads.get(&device) {
            Some(keys) => Ok(keys.clone()),
            None => Ok(self.make(device, 0)?.0.keys),
        }
    }

    /// Of answers to requests about BATCH devices each, those of a user one behind the other, whose
    /// keys have `len` bytes together. A user stands once in each.
    fn answer_bytes(&self, around: usize, devices: &[u32], len: usize) -> u64 {
        let of_request = |batch: &[u32]| {
            let mut users: Vec<_> = batch.iter().map(|d| d / self.names.devices_per_user).collect();

            users.dedup();
            around
                + users.len() * (AROUND_USER + self.names.user_len)
                + batch.len() * (AROUND_DEVICE + 10)
                + (batch.len() - 1)
        };

        (devices.chunks(BATCH).map(of_request).sum::<usize>() + len) as u64
    }

    pub fn queried_bytes(&self, devices: &[u32], len: usize) -> u64 {
        self.answer_bytes(AROUND_QUERIED, devices, len)
    }

    pub fn claimed_bytes(&self, devices: &[u32], len: usize) -> u64 {
        self.answer_bytes(AROUND_CLAIMED, devices, len)
    }

    /// A one-time key for `by`: one that lies ready, or the next one.
    pub fn claim(&mut self, by: &mut Device<L>, device: u32) -> Result<String> {
        if let Some(ready) = by.claimable.get(&device) {
            if by.now.claimed.insert(device) {
                return Ok(ready.clone());
            }
        }
        let (user, id) = (self.names.user(device), device_id(device));
        if let Some(live) = &mut self.devices[device as usize] {
            return write_one_time_key::<L>(&mut live.account, &user, &id);
        }
        let n_claimed = self.server.n_claimed.entry(device).or_insert(0);
        *n_claimed += 1;
        let n_claimed = *n_claimed;
        let keys = self.make(device, n_claimed)?.1;
        keys.into_iter().last().ok_or_else(|| Error::Failed("no one-time key".into()))
    }

    fn request(&self, from: u32, body: &str, out: &mut Outbox) -> Result {
        out.send(&[Outgoing::new(Kind::Claim, To::Server, from, body.as_bytes())])
    }

    /// /keys/query about the users of these devices, those of a user one behind the other.
    pub fn send_queries(&self, from: u32, devices: &[u32], out: &mut Outbox) -> Result {
        let mut users: Vec<_> = devices.iter().map(|d| d / self.names.devices_per_user).collect();

        users.dedup();
        for batch in users.chunks(BATCH) {
            let name = |user: &u32| {
                format!(r#""{}":[]"#, self.names.user(user * self.names.devices_per_user))
            };
            let names: Vec<_> = batch.iter().map(name).collect();
            self.request(from, &format!(r#"{{"device_keys":{{{}}}}}"#, names.join(",")), out)?;
        }
        Ok(())
    }

    pub fn send_claims(&self, from: u32, devices: &[u32], out: &mut Outbox) -> Result {
        for batch in devices.chunks(BATCH) {
            let wanted =
                batch.iter().map(|&d| (self.names.user(d), device_id(d), r#""signed_curve25519""#));
            self.request(from, &format!(r#"{{"one_time_keys":{}}}"#, by_user(wanted)), out)?;
        }
        Ok(())
    }

    /// Sends {"messages":{USER:{DEVICE:CONTENT}}}. In a request with others it takes no second
    /// frame, and the name of a user once.
    pub fn send_to_device(
        &mut self,
        kind: Kind,
        from: u32,
        to: u32,
        n_before: usize,
        event: &ToDeviceEvent,
        out: &mut Outbox,
    ) -> Result {
        let body = &event.body;
        let is_first = n_before % BATCH == 0;
        let user = (to / self.names.devices_per_user) as usize;

        self.n_requests += u32::from(is_first);
        let has_user =
            std::mem::replace(&mut self.last_request[user], self.n_requests) == self.n_requests;
        let frame = if is_first { 0 } else { r#"{"messages":{}}"#.len() - 1 };
        let name = if has_user { self.names.user_len + r#""":{}"#.len() } else { 0 };

        out.send(&[Outgoing {
            kind,
            to: To::Devices(&[to]),
            fanout: Fanout::Client,
            from,
            body: body.as_bytes(),
            uploaded: body.len() - frame - name,
            raw: event.raw,
        }])
    }
}
