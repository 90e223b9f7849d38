//! Rooms that exist before the clock runs.
use super::device::{Device, Olm, Other};
use super::text::{device_id, parse, write_one_time_key};
use super::world::Pair;
use super::{Library, World};
use crate::{failing, Error, Refusable, Result, Shape};

/// What an actor keeps of one member: an Olm session and what is known of the device, and both
/// again at the checkpoint.
const BYTES_OF_PAIR: u64 = 9000;
const MOST_BYTES: u64 = 4 << 30;

impl<L: Library> World<L> {
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
            doors.push(L::fallback_key(account).map_err(failing("fallback key"))?.1);
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
                            write_one_time_key::<L>(&mut other.account, &user, &id)
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
        doors: &[L::Curve25519],
        other: &mut Device<L>,
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
        let session = L::outbound();
        let key = L::session_key(&session);

        for &device in shape.live.iter().filter(|&&d| d < shape.size && d != actor) {
            let session = L::inbound(&key).map_err(failing("session key"))?;
            self.live(device)?.room.enter(session, actor);
        }
        let live = self.live(actor)?;
        live.room.outbound = Some(session);
        live.now.knows_members = true;
        Ok(())
    }
}

fn known<L: Library>(keys: &str) -> Result<Other<L>> {
    Other::unverified(keys, &parse("device keys", keys)?)
}

/// `other` begins a session by the actor's key and greets; with `chain` the actor greets back. Of two
/// actors each has done so when it reads the other's greeting, and writes on the session of that one;
/// what the second greets back is still on its way.
fn settle<L: Library>(
    actor: &mut Device<L>,
    other: &mut Device<L>,
    door: L::Curve25519,
    pair: Pair,
) -> Result {
    let crosses = !other.other(actor.number)?.olm.is_empty();
    let met = greet::<L>(actor, other, door).map_err(failing("introducing two devices"))?;
    let (mut here, mut there) = met;

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

fn greet<L: Library>(
    actor: &mut Device<L>,
    other: &mut Device<L>,
    door: L::Curve25519,
) -> Refusable<(Olm<L>, Olm<L>)> {
    let session = L::begin(&other.account, L::keys(&actor.account).0, door)?;
    let mut there = Olm::outbound(session);
    let message = there.encrypt("{}")?.0;
    let (session, _) = L::accept(&mut actor.account, L::keys(&other.account).0, &message)?;

    Ok((Olm::inbound(session, &message), there))
}
