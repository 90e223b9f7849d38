//! What a device does with what arrives: room keys over Olm, and events of the room.
use super::device::{Device, Olm, Other};
use super::text::*;
use super::{Key, Library, World};
use crate::{rejecting, Incoming, Kind, Result};

/// A decrypted Olm message; the session, when it began with this message.
struct Decrypted<L: Library> {
    plaintext: Vec<u8>,
    begun: Option<Olm<L>>,
}

/// By a session with the sender, each of which is tried; or by a new one.
fn decrypt<L: Library>(
    live: &mut Device<L>,
    sender: Option<u32>,
    sender_key: L::Curve25519,
    message: &L::Message,
) -> Result<Decrypted<L>> {
    let is_pre_key = L::is_pre_key(message);

    if let Some(sender) = sender {
        let sessions = &mut live.other(sender)?.olm;
        for i in 0..sessions.len() {
            if is_pre_key && !L::began(&sessions[i].session, message) {
                continue;
            }
            match sessions[i].decrypt(message) {
                Ok(plaintext) => {
                    sessions[..=i].rotate_right(1);
                    return Ok(Decrypted { plaintext, begun: None });
                }
                Err(e) if is_pre_key => return Err(e),
                Err(_) => {}
            }
        }
    }
    if !is_pre_key {
        return refuse("Olm", "no session reads this message");
    }
    let made = L::accept(&mut live.account, sender_key, message);
    let (session, plaintext) = made.map_err(rejecting("Olm"))?;

    Ok(Decrypted { plaintext, begun: Some(Olm::inbound(session, message)) })
}

/// The sender's device keys inside the event, unless they are the known ones.
fn check_device_keys<L: Library>(
    live: &Device<L>,
    event: &OlmEvent,
    sender: Option<u32>,
    sender_key: L::Curve25519,
    asked: Option<Other<L>>,
) -> Result<Option<Other<L>>> {
    let known = sender.and_then(|s| live.others.get(&s));
    let stranger = match (event.sender_device_keys, known) {
        (Some(text), Some(known)) if text.get() == &*known.keys => None,
        (Some(text), _) => Some(Other::verified(text.get())?),
        (None, Some(_)) => None,
        (None, None) if asked.is_some() => asked,
        (None, None) => return refuse("room key", "from a device that is not known"),
    };

    for other in known.into_iter().chain(&stranger) {
        if event.sender != other.user
            || event.keys.ed25519 != other.ed25519.to_base64()
            || sender_key != other.curve25519
        {
            return refuse("room key", "its sender is another device");
        }
    }
    Ok(stranger)
}

fn room_session<L: Library>(content: &str) -> Result<L::Inbound> {
    let key: RoomKey = parse("room key", content)?;

    if key.algorithm != MEGOLM || key.room_id != ROOM {
        return refuse("room key", "for another room or algorithm");
    }
    let session = L::inbound(key.session_key).map_err(rejecting("room key"))?;

    if L::inbound_id(&session) != key.session_id {
        return refuse("room key", "of another session");
    }
    Ok(session)
}

impl<L: Library> World<L> {
    /// Takes in a room key, with which a device becomes able to read.
    pub fn take_room_key(&self, live: &mut Device<L>, m: &Incoming) -> Result {
        if m.kind != Kind::RoomKey as u32 {
            return refuse("room key", "not a to-device message");
        }
        let (session, sender) = self.take_sealed(live, m, "m.room_key", room_session::<L>)?;

        live.room.enter(session, sender);
        Ok(())
    }

    /// Takes in an event over Olm; with it, `take` makes something of its content. What that is, and
    /// who has sent it.
    pub fn take_sealed<T>(
        &self,
        live: &mut Device<L>,
        m: &Incoming,
        kind: &str,
        take: impl FnOnce(&str) -> Result<T>,
    ) -> Result<(T, u32)> {
        if m.from as usize >= self.devices.len() {
            return refuse("room key", "from a device that there is not");
        }
        let (user, id) = (self.names.user(live.number), device_id(live.number));
        let body: ToDevice<OlmContent> = parse("room key", utf8("room key", m.body)?)?;
        let content = body.messages.get(user.as_str()).and_then(|u| u.get(id.as_str()));
        let sealed = content.and_then(|c| c.ciphertext.get(live.curve25519.as_str()));
        let (Some(content), Some(sealed)) = (content, sealed) else {
            return refuse("room key", "for another device");
        };
        if content.algorithm != OLM {
            return refuse("room key", "not encrypted by Olm");
        }
        let sender_key = L::Curve25519::from_base64(content.sender_key);
        let sender_key = sender_key.map_err(rejecting("room key"))?;
        let message = L::message(sealed.kind, sealed.body).map_err(rejecting("room key"))?;
        let sender = live.by_key(&sender_key);
        let asked = self.look_up(live, sender, m.from)?;
        let decrypted = decrypt(live, sender, sender_key, &message)?;
        let event: OlmEvent = parse("room key", utf8("room key", &decrypted.plaintext)?)?;

        if event.sender != self.names.user(m.from)
            || event.recipient != user
            || event.recipient_keys.ed25519 != live.ed25519
            || event.kind != kind
        {
            return refuse("room key", "not from this sender to this device");
        }
        let stranger = check_device_keys(live, &event, sender, sender_key, asked)?;
        let taken = take(event.content.get())?;
        let number = match (stranger, sender) {
            (Some(stranger), _) => live.learn(stranger)?.number,
            (None, Some(sender)) => sender,
            (None, None) => return refuse("room key", "from a device that is not known"),
        };

        if let Some(olm) = decrypted.begun {
            live.other(number)?.attach(olm);
        }
        Ok((taken, number))
    }

    /// A sender whose messages do not say who it is is looked up in the directory.
    fn look_up(
        &self,
        live: &mut Device<L>,
        sender: Option<u32>,
        from: u32,
    ) -> Result<Option<Other<L>>> {
        if self.device_keys_travel || sender.is_some() {
            return Ok(None);
        }
        let keys = self.query(from)?;
        let request = format!(r#"{{"device_keys":{{"{}":[]}}}}"#, self.names.user(from));

        live.now.asked += request.len() as u64;
        live.now.note_answer(self.queried_bytes(&[from], keys.len()), RAW_DEVICE_KEYS);
        Other::verified(&keys).map(Some)
    }

    pub fn read_event(&self, live: &mut Device<L>, m: &Incoming) -> Result<Vec<u8>> {
        if m.kind != Kind::Application as u32 {
            return refuse("event", "not of a room");
        }
        let event: RoomEvent = parse("event", utf8("event", m.body)?)?;
        let inbound = live.room.inbound.get_mut(event.session_id);
        let Some(inbound) = inbound.filter(|_| event.algorithm == MEGOLM) else {
            return refuse("event", "of a session that is not known");
        };
        if self.names.user(inbound.sender) != self.names.user(m.from) {
            return refuse("event", "its sender is another user");
        }
        let read = L::decrypt_event(&mut inbound.session, event.ciphertext);
        let (read, index) = read.map_err(rejecting("event"))?;
        let plaintext: RoomPlaintext = parse("event", utf8("event", &read)?)?;

        if plaintext.room_id != ROOM {
            return refuse("event", "of another room");
        }
        if *inbound.seen.entry(index).or_insert(m.event) != m.event {
            return refuse("event", "a replay: its index belongs to another event");
        }
        payload_of(plaintext.content.get())
    }
}
