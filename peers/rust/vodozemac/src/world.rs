//! What the homeserver of a world knows, devices of which nothing is kept, and rooms that exist
//! before the clock runs.
use crate::device::{megolm_config, olm_config, Device, Olm, Other};
use crate::text::*;
use groupbench_glue::random::{self, Stream};
use groupbench_glue::{Error, Outbox, Outgoing, Result, Shape, To};
use groupbench_glue::{Fanout, Kind};
use rand::rngs::ThreadRng;
use std::collections::HashMap;
use std::rc::Rc;
use vodozemac::megolm::{GroupSession, InboundGroupSession};
use vodozemac::olm::{Account, OlmMessage};
use vodozemac::Curve25519PublicKey;

/// vodozemac draws from rand's generator of the thread, which outlives worlds and calls: it begins
/// anew with bytes of the stream that is current.
pub fn reseed() {
    let mut rng: ThreadRng = rand::rng();
    rng.reseed().expect("the world's stream has no end");
}

/// Calls `f`; what it draws comes from a stream of its own.
fn draw<T>(seed: u64, purpose: &str, number: u32, f: impl FnOnce() -> T) -> T {
    let result = random::with(&mut Stream::new(seed, purpose, number.into()), || {
        reseed();
        f()
    });
    reseed();
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
    n_claimed: HashMap<u32, usize>,
}

impl Server {
    pub fn change(&mut self, device: u32, joined: bool) {
        self.is_member[device as usize] = joined;
        self.log.push((device, joined));
    }
}

pub struct Vodozemac {
    pub seed: u64,
    pub names: Names,
    pub pair: Pair,
    /// Olm messages carry the sender's device keys.
    pub device_keys_travel: bool,
    pub devices: Vec<Option<Device>>,
    pub server: Server,
    pub saved: Option<Server>,
    /// Device keys of dormant devices, at hand when somebody asks.
    uploads: HashMap<u32, Rc<str>>,
    n_requests: u32,
    last_request: Vec<u32>,
    pub stored: Vec<String>,
}

/// Bytes of an answer of /keys/query, or /keys/claim, around names and keys.
const AROUND_QUERIED: usize = r#"{"device_keys":{"":{"":}},"failures":{}}"#.len();
const AROUND_CLAIMED: usize = r#"{"failures":{},"one_time_keys":{"":{"":}}}"#.len();

/// What an actor keeps of one member: an Olm session and what is known of the device, and both
/// again at the checkpoint.
const BYTES_OF_PAIR: u64 = 9000;
const MOST_BYTES: u64 = 4 << 30;

impl Vodozemac {
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

        Vodozemac {
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
    pub fn make(&self, device: u32, more: usize) -> Result<(Device, Vec<String>)> {
        let (user, id) = (self.names.user(device), device_id(device));

        draw(self.seed, "device", device, || {
            let mut account = Account::new();
            let keys = write_device_keys(&account, &user, &id);
            let first = write_one_time_key(&mut account, &user, &id)?;
            let more: Result<Vec<_>> =
                (0..more).map(|_| write_one_time_key(&mut account, &user, &id)).collect();

            Ok((Device::new(device, account, keys, first), more?))
        })
    }

    pub fn live(&mut self, device: u32) -> Result<&mut Device> {
        let live = self.devices.get_mut(device as usize).and_then(Option::as_mut);

        live.ok_or_else(|| Error::Rejected(format!("device {device} is not live")))
    }

    /// Calls `f` with a live device beside the world that it is part of.
    pub fn at<T>(
        &mut self,
        device: u32,
        f: impl FnOnce(&mut Self, &mut Device) -> Result<T>,
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

    pub fn queried_bytes(&self, len: usize) -> u64 {
        (AROUND_QUERIED + self.names.user_len + 10 + len) as u64
    }

    pub fn claimed_bytes(&self, len: usize) -> u64 {
        (AROUND_CLAIMED + self.names.user_len + 10 + len) as u64
    }

    /// A one-time key for `by`: one that lies ready, or the next one.
    pub fn claim(&mut self, by: &mut Device, device: u32) -> Result<String> {
        if let Some(ready) = by.claimable.get(&device) {
            if by.now.claimed.insert(device) {
                return Ok(ready.clone());
            }
        }
        let (user, id) = (self.names.user(device), device_id(device));
        if let Some(live) = &mut self.devices[device as usize] {
            return write_one_time_key(&mut live.account, &user, &id);
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
    pub fn send_room_key(
        &mut self,
        from: u32,
        to: u32,
        n_before: usize,
        body: &str,
        out: &mut Outbox,
    ) -> Result {
        let is_first = n_before % BATCH == 0;
        let user = (to / self.names.devices_per_user) as usize;

        self.n_requests += u32::from(is_first);
        let has_user =
            std::mem::replace(&mut self.last_request[user], self.n_requests) == self.n_requests;
        let frame = if is_first { 0 } else { r#"{"messages":{}}"#.len() - 1 };
        let name = if has_user { self.names.user_len + r#""":{}"#.len() } else { 0 };

        out.send(&[Outgoing {
            kind: Kind::RoomKey,
            to: To::Devices(&[to]),
            fanout: Fanout::Client,
            from,
            body: body.as_bytes(),
            uploaded: body.len() - frame - name,
        }])
    }

    // ---- rooms made outside the clock ----

    pub fn shape_room(&mut self, shape: &Shape) -> Result {
        let n_actors = shape.actors.len() as u64;
        let members = u64::from(shape.size) + u64::from(shape.joiners);

        if members > self.devices.len() as u64 {
            return Err(Error::Failed(format!("{members} devices in a smaller world")));
        }
        if n_actors > 1 && n_actors * members * BYTES_OF_PAIR > MOST_BYTES {
            return Err(Error::Unsupported(format!(
                "{n_actors} senders keep more than 4 GiB of Olm sessions with {members} devices"
            )));
        }
        for &device in shape.live {
            self.make_live(device)?;
        }
        self.server.has_group = !shape.without_group;
        self.server.is_member[..shape.size as usize].fill(!shape.without_group);
        self.make_pairs(shape)?;
        for &actor in shape.actors.iter().filter(|_| !shape.without_group) {
            self.share_silently(shape, actor)?;
        }
        Ok(())
    }

    fn make_pairs(&mut self, shape: &Shape) -> Result {
        let settled = self.pair != Pair::New;
        let mut doors = Vec::new();

        for &actor in shape.actors.iter().filter(|_| settled) {
            let account = &mut self.live(actor)?.account;
            account.generate_fallback_key();
            let key = account.fallback_key().into_values().next();
            doors.push(key.ok_or_else(|| Error::Failed("no fallback key".into()))?);
            account.mark_keys_as_published();
        }
        for device in 0..shape.size + shape.joiners {
            let is_member = device < shape.size && !shape.without_group;
            if !is_member && !settled && shape.actors.len() < 2 {
                continue;
            }
            let claims = if settled { 0 } else { shape.actors.len() };
            if self.devices[device as usize].is_some() {
                self.at(device, |w, other| {
                    let keys = (0..claims)
                        .map(|_| {
                            let (user, id) = (w.names.user(device), device_id(device));
                            write_one_time_key(&mut other.account, &user, &id)
                        })
                        .collect::<Result<Vec<_>>>()?;
                    w.introduce(shape, &doors, other, &keys, is_member)
                })?;
                continue;
            }
            let (mut other, keys) = self.make(device, claims)?;
            self.introduce(shape, &doors, &mut other, &keys, is_member)?;
            if claims > 0 {
                self.server.n_claimed.insert(device, claims);
            }
            if !is_member && shape.actors.len() > 1 {
                self.uploads.insert(device, other.keys);
            }
        }
        Ok(())
    }

    /// Brings a device, which may be forgotten afterwards, and each actor into the state of the
    /// axis: by messages that they send each other.
    fn introduce(
        &mut self,
        shape: &Shape,
        doors: &[Curve25519PublicKey],
        other: &mut Device,
        claims: &[String],
        is_member: bool,
    ) -> Result {
        for (i, &number) in shape.actors.iter().enumerate() {
            if number == other.number {
                continue;
            }
            if let Some(key) = claims.get(i).filter(|_| is_member || i > 0) {
                self.live(number)?.claimable.insert(other.number, key.clone());
            }
            if !is_member && doors.is_empty() {
                continue;
            }
            let actor = self.devices[number as usize].as_mut();
            let actor = actor.ok_or_else(|| Error::Failed("an actor is not live".into()))?;
            let (there, here) = (known(&other.keys)?, known(&actor.keys)?);
            actor.learn(there)?;
            other.learn(here)?;
            if let Some(&door) = doors.get(i) {
                settle(actor, other, door, self.pair)?;
            }
            if is_member {
                actor.room.members.insert(other.number);
            }
        }
        Ok(())
    }

    /// The actor's Megolm session, which every live member has.
    fn share_silently(&mut self, shape: &Shape, actor: u32) -> Result {
        let session = GroupSession::new(megolm_config());
        let key = session.session_key();

        for &device in shape.live.iter().filter(|&&d| d < shape.size && d != actor) {
            let session = InboundGroupSession::new(&key, megolm_config());
            self.live(device)?.room.enter(session, actor);
        }
        let live = self.live(actor)?;
        live.room.outbound = Some(session);
        live.now.knows_members = true;
        Ok(())
    }
}

fn known(keys: &str) -> Result<Other> {
    Other::unverified(keys, &parse("device keys", keys)?)
}

/// `other` begins a session by the actor's key and greets; with `chain` the actor greets back. Of two
/// actors each has done so when it reads the other's greeting, and writes on the session of that one;
/// what the second greets back is still on its way.
fn settle(actor: &mut Device, other: &mut Device, door: Curve25519PublicKey, pair: Pair) -> Result {
    let failed = |e: &dyn std::fmt::Debug| Error::failed("introducing two devices", e);
    let crosses = !other.other(actor.number)?.olm.is_empty();
    let session = other
        .account
        .create_outbound_session(olm_config(), actor.account.curve25519_key(), door)
        .map_err(|e| failed(&e))?;
    let mut there = Olm::outbound(session);
    let message = there.encrypt("{}")?.0;
    let OlmMessage::PreKey(pre_key) = &message else { return Err(failed(&"no pre-key message")) };
    let made = actor
        .account
        .create_inbound_session(olm_config(), other.account.curve25519_key(), pre_key)
        .map_err(|e| failed(&e))?;
    let mut here = Olm::inbound(made.session, &message);

    if pair == Pair::Chain {
        let reply = here.encrypt("{}")?.0;
        if !crosses {
            there.decrypt(&reply)?;
        }
    }
    actor.other(other.number)?.attach(here);
    let back = other.other(actor.number)?;
    back.attach(there);
    if crosses {
        back.olm.swap(0, 1);
    }
    Ok(())
}
