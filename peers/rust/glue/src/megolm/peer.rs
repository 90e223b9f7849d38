//! Each call of the harness as one of the room.
use super::text::{
    self, payload, raw_base64, upload, Names, BASE64, MEGOLM, RAW_DEVICE_KEYS, RAW_ONE_TIME_KEY,
    ROOM,
};
use super::world::Pair;
use super::{Library, World};
use crate::{
    Answer, CStr, Config, Error, Incoming, Kind, Offer, Outbox, Outgoing, Peer, Published, Result,
    Shape, To, DIGEST_BYTES, ENVELOPED, FALLBACK, PER_SENDER, REPLAYS, SEALED,
};
use base64::Engine;

const PICKLE_KEY: [u8; 32] = [7; 32];

/// An upload of device keys with one one-time key.
fn key_material(device: u32, body: &str) -> Outgoing<'_> {
    Outgoing::new(Kind::KeyMaterial, To::Server, device, body.as_bytes())
        .with_raw(RAW_DEVICE_KEYS + RAW_ONE_TIME_KEY)
}

impl<L: Library> Peer for World<L> {
    const NAME: &'static CStr = L::NAME;
    const FEATURES: u32 = SEALED | REPLAYS | PER_SENDER | ENVELOPED | FALLBACK;
    const MAX_SIZE: u32 = 100_000;
    const OFFERS: &'static [Offer] = &[
        Offer::Checkpoint,
        Offer::Heals,
        Offer::Fetched,
        Offer::FetchedRaw,
        Offer::Asked,
        Offer::Share,
        Offer::Skip,
        Offer::FirstIndex,
        Offer::Store,
        Offer::Withhold,
        Offer::Enrol,
    ];

    fn version() -> String {
        L::version()
    }

    fn axis(name: &str, value: &str) -> Answer {
        let number: u32 = value.parse().unwrap_or(0);

        match (name, value) {
            ("olm", "new" | "chain" | "ratchet") => Answer::Honoured,
            ("identity", _) if (16..=255).contains(&number) => Answer::Honoured,
            ("identity", _) => Answer::NotSupported(
                c"a Matrix user id has at most 255 bytes, and here at least 16",
            ),
            ("devices_per_user", _) if number > 0 => Answer::Honoured,
            ("sender_device_keys", _) => Answer::Honoured,
            ("verification", "device") => Answer::Honoured,
            ("verification", _) => Answer::NotSupported(L::NO_CROSS_SIGNING),
            ("history", "joined") => Answer::Honoured,
            ("history", _) => Answer::NotSupported(L::NO_BUNDLES),
            ("rotation_messages" | "rotation_age", "0") => Answer::Honoured,
            ("rotation_messages" | "rotation_age", _) => {
                Answer::NotSupported(c"sessions are replaced on demand, not by their use or age")
            }
            ("threads", "1") => Answer::Honoured,
            ("threads", _) => Answer::NotSupported(L::NO_THREADS),
            _ => Answer::NotApplicable,
        }
    }

    fn open(config: &Config) -> Result<Self> {
        let names = Names {
            user_len: config.number("identity", 16) as usize,
            devices_per_user: config.number("devices_per_user", 1),
        };
        let pair = match config.axis("olm", "ratchet") {
            "new" => Pair::New,
            "chain" => Pair::Chain,
            _ => Pair::Ratchet,
        };
        let travel = config.axis("sender_device_keys", "yes") == "yes";

        Ok(World::new(config.seed, config.capacity, names, pair, travel))
    }

    fn publish(&mut self, device: u32, out: &mut Outbox) -> Result {
        L::reseed();
        self.make_live(device)?;
        self.at(device, |w, live| {
            let (user, id) = (w.names.user(device), text::device_id(device));
            let key = match live.now.published {
                true => text::write_one_time_key::<L>(&mut live.account, &user, &id)?,
                false => live.first_key.clone(),
            };
            let body = upload(&key, &live.keys);

            out.send(&[key_material(device, &body)])?;
            live.now.published = true;
            Ok(())
        })
    }

    fn publish_dormant(&mut self, device: u32, out: &mut Outbox) -> Result {
        let made = self.make(device, 0)?.0;
        let body = upload(&made.first_key, &made.keys);

        out.send(&[key_material(device, &body)])
    }

    fn materialise(&mut self, device: u32) -> Result {
        self.make_live(device)
    }

    fn shape(&mut self, shape: &Shape) -> Result {
        L::reseed();
        self.shape_room(shape)
    }

    fn create(&mut self, device: u32, others: &[Published], out: &mut Outbox) -> Result {
        if self.server.has_group {
            return text::refuse("create", "a world has one room, and it exists");
        }
        self.live(device)?;
        self.server.has_group = true;
        self.server.is_member[device as usize] = true;
        let created = self.act(device, out, |w, live, out| w.admit(live, others, out));

        if created.is_err() {
            self.server.has_group = false;
            self.server.is_member[device as usize] = false;
        }
        created
    }

    fn add(&mut self, device: u32, joining: &[Published], out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| w.admit(live, joining, out))
    }

    fn remove(&mut self, device: u32, leaving: &[u32], out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| w.expel(live, leaving, out))
    }

    fn rekey(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| w.share_key(live, true, out))
    }

    fn share(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| w.share_key(live, false, out))
    }

    fn send(&mut self, device: u32, plaintext: &[u8], out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| {
            if live.room.share_due() {
                w.share_key(live, false, out)?;
            }
            let Some(session) = &mut live.room.outbound else {
                return Err(Error::Failed("send: no session".into()));
            };
            let event = format!(
                r#"{{"content":{},"room_id":"{ROOM}","type":"m.room.message"}}"#,
                payload(plaintext)
            );
            let id = L::outbound_id(session);
            let ciphertext = L::encrypt_event(session, &event);
            let body = format!(
                r#"{{"algorithm":"{MEGOLM}","ciphertext":"{ciphertext}","device_id":"{}","sender_key":"{}","session_id":"{id}"}}"#,
                text::device_id(device),
                live.curve25519,
            );

            let event = Outgoing::new(Kind::Application, To::Group, device, body.as_bytes());
            out.send(&[event.with_raw(raw_base64(ciphertext.len()))])
        })
    }

    fn process(&mut self, device: u32, message: &Incoming) -> Result {
        self.at(device, |w, live| {
            live.now.forget_lookups();
            match message.kind == Kind::Withheld as u32 {
                true => w.take_withheld(live, message),
                false => w.take_room_key(live, message),
            }
        })
    }

    fn join(&mut self, device: u32, messages: &[Incoming]) -> Result {
        if messages.is_empty() {
            return text::refuse("join", "nothing to join by");
        }
        self.at(device, |w, live| {
            live.now.forget_lookups();
            messages.iter().try_for_each(|m| w.take_room_key(live, m))
        })
    }

    fn receive(&mut self, device: u32, message: &Incoming) -> Result<Vec<u8>> {
        self.at(device, |w, live| w.read_event(live, message))
    }

    /// The session id: the public key by which every message of the session is verified.
    fn digest(&mut self, device: u32, sender: u32) -> Result<[u8; DIGEST_BYTES]> {
        let room = &self.live(device)?.room;
        let id = match (device == sender, &room.outbound) {
            (true, Some(own)) => Some(L::outbound_id(own)),
            _ => room.newest.get(&sender).cloned(),
        };
        let Some(id) = id else {
            return text::refuse("digest", &format!("no session of device {sender}"));
        };

        let id = BASE64.decode(id).map_err(|e| Error::failed("digest", e))?;
        id.try_into().map_err(|e| Error::failed("digest", e))
    }

    /// Of the device itself, where it goes on.
    fn first_index(&mut self, device: u32, sender: u32) -> Result<u32> {
        let room = &self.live(device)?.room;

        if let (true, Some(own)) = (device == sender, &room.outbound) {
            return Ok(L::next_index(own));
        }
        match room.newest.get(&sender).and_then(|id| room.inbound.get(id)) {
            Some(inbound) => Ok(L::first_known_index(&inbound.session)),
            None => text::refuse("first index", &format!("no session of device {sender}")),
        }
    }

    fn withhold(&mut self, device: u32, reason: u32, members: &[u32], out: &mut Outbox) -> Result {
        self.act(device, out, |w, live, out| w.withhold_from(live, reason, members, out))
    }

    fn withheld(&mut self, device: u32, message: &Incoming) -> Result<u32> {
        self.live(device)?.why_unread(message)
    }

    fn enrol(&mut self, device: u32, n: u32, out: &mut Outbox) -> Result {
        self.enrol_device(device, n, out)
    }

    fn reach(
        &mut self,
        device: u32,
        other: u32,
        i: u32,
        uploaded: &[Incoming],
        out: &mut Outbox,
    ) -> Result {
        L::reseed();
        self.at(device, |w, live| w.write_to_newcomer(live, other, i, uploaded, out))
    }

    fn reached(&mut self, device: u32, message: &Incoming) -> Result {
        self.at(device, |w, live| w.take_dummy(live, message))
    }

    fn checkpoint(&mut self) -> Result {
        self.devices.iter_mut().flatten().for_each(|d| d.checkpoint());
        self.saved = Some(self.server.clone());
        Ok(())
    }

    fn rollback(&mut self) -> Result {
        let saved = self.saved.as_ref();

        self.server = saved.ok_or_else(|| Error::Failed("no checkpoint".into()))?.clone();
        for slot in &mut self.devices {
            if slot.as_mut().is_some_and(|d| !d.rollback()) {
                *slot = None;
            }
        }
        Ok(())
    }

    fn heals(&mut self, device: u32) -> Result<bool> {
        Ok(self.live(device)?.now.healed)
    }

    fn fetched(&mut self, device: u32) -> Result<u64> {
        Ok(self.live(device)?.now.fetched)
    }

    fn fetched_raw(&mut self, device: u32) -> Result<u64> {
        Ok(self.live(device)?.now.fetched_raw)
    }

    fn asked(&mut self, device: u32) -> Result<u64> {
        Ok(self.live(device)?.now.asked)
    }

    fn skip(&mut self, device: u32, n: u32) -> Result {
        let (most, why) = L::MAX_SKIP;

        if n > most {
            return Err(Error::Unsupported(format!("{why}: at most {most} messages")));
        }
        let Some(session) = &mut self.live(device)?.room.outbound else {
            return text::refuse("skip", "no session");
        };

        (0..n).for_each(|_| drop(L::encrypt_event(session, "")));
        Ok(())
    }

    fn store(&mut self, device: u32) -> Result<u64> {
        self.stored = self.live(device)?.pickles(&PICKLE_KEY);
        Ok(self.stored.iter().map(|pickle| pickle.len() as u64).sum())
    }

    fn reload(&mut self, device: u32) -> Result {
        let stored = std::mem::take(&mut self.stored);
        let live = self.live(device)?;

        if live.repickled(&stored, &PICKLE_KEY)? != stored || live.pickles(&PICKLE_KEY) != stored {
            return Err(Error::Failed("reload: the state differs from what was stored".into()));
        }
        Ok(())
    }
}
