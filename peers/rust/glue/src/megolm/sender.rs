//! What a sender does before its message: it learns who is in the room, asks the directory for
//! those it has not met, and gives its key to who lacks it.
use super::device::{Device, Olm, Other};
use super::text::*;
use super::{Key, Library, World};
use crate::{rejecting, Error, Kind, Outbox, Published, Result};
use std::rc::Rc;

/// One of those who are let in; `keys` and `key` lie in an answer of the directory.
struct Invitee<'a> {
    device: u32,
    user: String,
    id: String,
    upload: Upload<'a>,
}

/// A stranger, and a session with it where there was none.
type Met<L> = (Other<L>, Option<Olm<L>>);

/// Sessions that are not attached to the devices yet.
type Opened<L> = Vec<(u32, Olm<L>)>;

/// An Olm session with the device, by a key that it has signed.
pub fn begin_session<L: Library>(by: &Device<L>, other: &Other<L>, signed: &str) -> Result<Olm<L>> {
    let mut signed = signed_key(signed)?;

    signed.verify::<L>(&other.user, &other.id, &other.ed25519)?;
    let key = L::Curve25519::from_base64(signed.key).map_err(rejecting("one-time key"))?;
    let session = L::begin(&by.account, other.curve25519, key);

    Ok(Olm::outbound(session.map_err(rejecting("one-time key"))?))
}

impl<L: Library> World<L> {
    /// Calls `f` for a member, which knows of everybody.
    pub fn act(
        &mut self,
        device: u32,
        out: &mut Outbox,
        f: impl FnOnce(&mut Self, &mut Device<L>, &mut Outbox) -> Result,
    ) -> Result {
        L::reseed();
        self.at(device, |w, live| {
            if !w.server.has_group || !w.server.is_member[device as usize] {
                return refuse("room", &format!("device {device} is not in it"));
            }
            out.send(&[])?;
            (live.now.fetched, live.now.fetched_raw) = (0, 0);
            w.catch_up(live)?;
            f(w, live, out)
        })
    }

    /// Who came and went since the device last looked; at first, everybody.
    fn catch_up(&mut self, live: &mut Device<L>) -> Result {
        let changes: Vec<(u32, bool)> = match live.now.knows_members {
            true => self.server.log[live.now.seen..].to_vec(),
            false => {
                let all = self.server.is_member.iter().enumerate();
                all.filter(|(_, &is)| is).map(|(d, _)| (d as u32, true)).collect()
            }
        };
        let number = live.number;

        let (mut strangers, mut len) = (Vec::new(), 0);

        for (device, joined) in changes.into_iter().filter(|(d, _)| *d != number) {
            if !joined {
                live.room.remove(device);
                continue;
            }
            let keys = self.query(device)?;
            if !live.knows(device) {
                let other = Other::verified(&keys)?;
                strangers.push(device);
                len += keys.len();
                live.learn(other)?;
            }
            live.room.add(device);
        }
        live.now
            .note_answer(self.queried_bytes(&strangers, len), strangers.len() * RAW_DEVICE_KEYS);
        live.now.queried.append(&mut strangers);
        live.now.knows_members = true;
        live.now.seen = self.server.log.len();
        Ok(())
    }

    /// Lets devices in: nothing is sent and nobody is in the room before all of it has gone well.
    pub fn admit(
        &mut self,
        live: &mut Device<L>,
        joining: &[Published],
        out: &mut Outbox,
    ) -> Result {
        let mut strangers = Vec::new();

        for one in joining {
            match self.server.is_member.get(one.device as usize) {
                Some(false) if one.device != live.number => {}
                _ => return refuse("room", &format!("device {} cannot join", one.device)),
            }
            let body = utf8("key material", one.body)?;
            let known = live.others.get(&one.device).filter(|o| !o.olm.is_empty());
            let same =
                |o: &&Other<L>| body.strip_suffix('}').is_some_and(|b| b.ends_with(&*o.keys));
            if known.filter(same).is_none() {
                strangers.push(Invitee {
                    device: one.device,
                    user: self.names.user(one.device),
                    id: device_id(one.device),
                    upload: parse("key material", body)?,
                });
            }
        }
        let met = self.meet(live, &strangers)?;
        let opened = self.open_sessions(live, live.room.outbound.is_none(), &[])?;
        let asked: Vec<u32> = strangers.iter().map(|s| s.device).collect();
        for (other, olm) in met {
            let other = live.learn(other)?;
            olm.into_iter().for_each(|olm| other.attach(olm));
        }
        for one in joining {
            live.room.add(one.device);
            self.server.change(one.device, true);
        }
        live.now.seen = self.server.log.len();
        self.send_queries(live.number, &asked, out)?;
        self.send_claims(live.number, &asked, out)?;
        self.hand_out_keys(live, opened, out)
    }

    /// Shuts devices out, likewise.
    pub fn expel(&mut self, live: &mut Device<L>, leaving: &[u32], out: &mut Outbox) -> Result {
        let may =
            |&d: &u32| d != live.number && self.server.is_member.get(d as usize) == Some(&true);
        if !leaving.iter().all(may) {
            return refuse("remove", "not a member that this device can shut out");
        }
        let is_new = live.room.outbound.is_none()
            || leaving.iter().any(|&leaver| live.room.can_read(leaver));
        let opened = self.open_sessions(live, is_new, leaving)?;

        for &leaver in leaving {
            live.room.remove(leaver);
            self.server.change(leaver, false);
        }
        live.now.seen = self.server.log.len();
        self.hand_out_keys(live, opened, out)
    }

    /// Gives the key of the next message to who lacks it; with `anew`, a new one to everybody.
    pub fn share_key(&mut self, live: &mut Device<L>, anew: bool, out: &mut Outbox) -> Result {
        let opened = self.open_sessions(live, anew || live.room.outbound.is_none(), &[])?;

        if anew {
            live.room.outbound = None;
        }
        self.hand_out_keys(live, opened, out)
    }

    /// The directory's answers about strangers, what they say, and a session with each.
    fn meet(&self, live: &mut Device<L>, strangers: &[Invitee]) -> Result<Vec<Met<L>>> {
        let entry = |s: &Invitee, value| (s.user.clone(), s.id.clone(), value);
        let mut met = Vec::with_capacity(strangers.len());

        for batch in strangers.chunks(BATCH) {
            let keys = by_user(batch.iter().map(|s| entry(s, s.upload.device_keys.get())));
            let claimed = by_user(batch.iter().map(|s| entry(s, s.upload.one_time_keys.get())));
            let queried = format!(r#"{{"device_keys":{keys},"failures":{{}}}}"#);
            let claimed = format!(r#"{{"failures":{{}},"one_time_keys":{claimed}}}"#);
            live.now.note_answer(
                (queried.len() + claimed.len()) as u64,
                batch.len() * (RAW_DEVICE_KEYS + RAW_ONE_TIME_KEY),
            );
            let queried: QueryAnswer = parse("answer of the directory", &queried)?;
            let claimed: ClaimAnswer = parse("answer of the directory", &claimed)?;

            for s in batch {
                let (user, id) = (s.user.as_str(), s.id.as_str());
                let keys = queried.device_keys.get(user).and_then(|u| u.get(id));
                let key = claimed.one_time_keys.get(user).and_then(|u| u.get(id));
                let (Some(keys), Some(key)) = (keys, key) else {
                    return refuse("answer of the directory", "a device is missing");
                };
                let other = Other::verified(keys.get())?;
                if other.number != s.device || other.user != s.user {
                    return refuse("device keys", "those of another device");
                }
                if live.others.get(&s.device).is_some_and(|old| old.keys != other.keys) {
                    return refuse("device keys", "a known device comes with other keys");
                }
                let olm = match live.has_session(s.device) {
                    true => None,
                    false => Some(begin_session(live, &other, key.get())?),
                };
                met.push((other, olm));
            }
        }
        Ok(met)
    }

    /// A session with each member who needs the next key and has none, but for who leaves. Nothing
    /// has changed when it is refused, but for keys that the directory gave away.
    pub fn open_sessions(
        &mut self,
        live: &mut Device<L>,
        is_new: bool,
        leaving: &[u32],
    ) -> Result<Opened<L>> {
        let without = |d: &u32| !live.has_session(*d) && !leaving.contains(d);
        let without: Vec<u32> = live.room.due(is_new).into_iter().filter(without).collect();
        let mut opened = Vec::with_capacity(without.len());
        let mut len = 0;

        for &device in &without {
            let key = self.claim(live, device)?;
            len += key.len();
            let other = live.others.get(&device);
            let other = other.ok_or_else(|| Error::Failed("a member is not known".into()))?;
            opened.push((device, begin_session(live, other, &key)?));
        }
        let bytes = self.claimed_bytes(&without, len);
        live.now.note_answer(bytes, without.len() * RAW_ONE_TIME_KEY);
        Ok(opened)
    }

    /// Sends the key of the next message to everybody who lacks it, and the reason to those from whom
    /// it is withheld. There is nothing left to refuse.
    pub fn hand_out_keys(
        &mut self,
        live: &mut Device<L>,
        opened: Opened<L>,
        out: &mut Outbox,
    ) -> Result {
        let is_new = live.room.outbound.is_none();
        let lacking = live.room.due(is_new);
        let claimed: Vec<u32> = opened.iter().map(|(device, _)| *device).collect();
        let mut healed = is_new;

        for (device, olm) in opened {
            live.other(device)?.attach(olm);
        }
        self.send_queries(live.number, &std::mem::take(&mut live.now.queried), out)?;
        self.send_claims(live.number, &claimed, out)?;
        if is_new {
            live.room.outbound = Some(L::outbound());
            live.room.lacking = lacking.iter().copied().collect();
            live.room.told.clear();
        }
        if !lacking.is_empty() {
            let (beginning, ending) = self.room_key_event(live)?;
            for (i, device) in lacking.into_iter().enumerate() {
                let (event, afresh) = encrypt_for(live, device, &beginning, &ending)?;
                self.send_to_device(Kind::RoomKey, live.number, device, i, &event, out)?;
                live.room.lacking.remove(&device);
                healed = healed && afresh;
            }
        }
        if is_new {
            live.now.healed = healed;
        }
        self.tell_why(live, out)
    }

    /// The m.room_key event up to the recipient, and behind it.
    fn room_key_event(&self, live: &Device<L>) -> Result<(String, String)> {
        let Some(session) = &live.room.outbound else {
            return Err(Error::Failed("room key: no session".into()));
        };
        let (id, key) = (L::outbound_id(session), L::session_key(session));
        let content = format!(
            r#"{{"algorithm":"{MEGOLM}","room_id":"{ROOM}","session_id":"{id}","session_key":"{key}"}}"#
        );

        Ok(self.event_around(live, &content, "m.room_key"))
    }

    /// An event with this content, likewise.
    pub fn event_around(&self, live: &Device<L>, content: &str, kind: &str) -> (String, String) {
        let user = self.names.user(live.number);
        let keys: Rc<str> = match self.device_keys_travel {
            true => format!(r#""sender_device_keys":{},"#, live.keys).into(),
            false => "".into(),
        };

        (
            format!(
                r#"{{"content":{content},"keys":{{"ed25519":"{}"}},"recipient":""#,
                live.ed25519
            ),
            format!(r#""}},"sender":"{user}",{keys}"type":"{kind}"}}"#),
        )
    }
}

/// The body of /sendToDevice with the event for one device, and raw bytes in it.
pub struct ToDeviceEvent {
    pub body: String,
    pub raw: usize,
}

fn encrypt_for<L: Library>(
    live: &mut Device<L>,
    device: u32,
    beginning: &str,
    ending: &str,
) -> Result<(ToDeviceEvent, bool)> {
    let sender_key = live.curve25519.clone();
    let other = live.other(device)?;
    let Other { user, id, ed25519, curve25519, olm, .. } = other;
    let Some(olm) = olm.first_mut() else {
        return Err(Error::Failed("room key: no Olm session".into()));
    };

    seal(olm, &sender_key, (user, id, ed25519, curve25519), beginning, ending)
}

/// In a session with a device of this user, with this name and these keys.
pub fn seal<L: Library>(
    olm: &mut Olm<L>,
    sender_key: &str,
    (user, id, ed25519, curve25519): (&str, &str, &L::Ed25519, &L::Curve25519),
    beginning: &str,
    ending: &str,
) -> Result<(ToDeviceEvent, bool)> {
    let (ed25519, curve25519) = (ed25519.to_base64(), curve25519.to_base64());
    let event = format!(r#"{beginning}{user}","recipient_keys":{{"ed25519":"{ed25519}{ending}"#);
    let (message, afresh) = olm.encrypt(&event)?;
    let (kind, body) = L::parts(message);

    let raw = raw_base64(body.len());
    let body = format!(
        r#"{{"messages":{{"{user}":{{"{id}":{{"algorithm":"{OLM}","ciphertext":{{"{curve25519}":{{"body":"{body}","type":{kind}}}}},"sender_key":"{sender_key}"}}}}}}}}"#
    );

    Ok((ToDeviceEvent { body, raw }, afresh))
}
