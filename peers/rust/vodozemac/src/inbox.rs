//! What a device does with what arrives: room keys over Olm, and events of the room.
use crate::device::{megolm_config, olm_config, Device, Olm, Other};
use crate::text::*;
use crate::world::Vodozemac;
use groupbench_glue::{Error, Incoming, Kind, Result};
use vodozemac::megolm::{InboundGroupSession, MegolmMessage, SessionKey};
use vodozemac::olm::OlmMessage;
use vodozemac::{base64_decode, Curve25519PublicKey};

/// A decrypted Olm message; the session, when it began with this message.
struct Decrypted {
    plaintext: Vec<u8>,
    begun: Option<Olm>,
}

/// By a session with the sender, each of which is tried; or by a new one.
fn decrypt(
    live: &mut Device,
    sender: Option<u32>,
    sender_key: Curve25519PublicKey,
    message: &OlmMessage,
) -> Result<Decrypted> {
    if let Some(sender) = sender {
        let sessions = &mut live.other(sender)?.olm;
        for i in 0..sessions.len() {
            if let OlmMessage::PreKey(m) = message {
                if m.session_id() != sessions[i].session.session_id() {
                    continue;
                }
            }
            match (sessions[i].decrypt(message), message) {
                (Ok(plaintext), _) => {
                    sessions[..=i].rotate_right(1);
                    return Ok(Decrypted { plaintext, begun: None });
                }
                (Err(e), OlmMessage::PreKey(_)) => return Err(e),
                _ => {}
            }
        }
    }
    let OlmMessage::PreKey(pre_key) = message else {
        return refuse("Olm", "no session reads this message");
    };
    let made = live
        .account
        .create_inbound_session(olm_config(), sender_key, pre_key)
        .map_err(|e| Error::rejected("Olm", e))?;
    let begun = Some(Olm::inbound(made.session, message));

    Ok(Decrypted { plaintext: made.plaintext, begun })
}

/// The sender's device keys inside the event, unless they are the known ones.
fn check_device_keys(
    live: &Device,
    event: &OlmEvent,
    sender: Option<u32>,
    sender_key: Curve25519PublicKey,
    asked: Option<Other>,
) -> Result<Option<Other>> {
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

fn room_session(content: &str) -> Result<InboundGroupSession> {
    let key: RoomKey = parse("room key", content)?;

    if key.algorithm != MEGOLM || key.room_id != ROOM {
        return refuse("room key", "for another room or algorithm");
    }
    let session_key = SessionKey::from_base64(key.session_key);
    let session_key = session_key.map_err(|e| Error::rejected("room key", e))?;
    let session = InboundGroupSession::new(&session_key, megolm_config());

    if session.session_id() != key.session_id {
        return refuse("room key", "of another session");
    }
    Ok(session)
}

impl Vodozemac {
    /// Takes in a room key, with which a device becomes able to read.
    pub fn take_room_key(&self, live: &mut Device, m: &Incoming) -> Result {
        if m.kind != Kind::RoomKey as u32 || m.from as usize >= self.devices.len() {
            return refuse("room key", "not a to-device message");
        }
        let (user, id) = (self.names.user(live.number), device_id(live.number));
        let body: ToDevice = parse("room key", utf8("room key", m.body)?)?;
        let content = body.messages.get(user.as_str()).and_then(|u| u.get(id.as_str()));
        let sealed = content.and_then(|c| c.ciphertext.get(live.curve25519.as_str()));
        let (Some(content), Some(sealed)) = (content, sealed) else {
            return refuse("room key", "for another device");
        };
        if content.algorithm != OLM {
            return refuse("room key", "not encrypted by Olm");
        }
        let sender_key = Curve25519PublicKey::from_base64(content.sender_key);
        let sender_key = sender_key.map_err(|e| Error::rejected("room key", e))?;
        let sealed_body = base64_decode(sealed.body).map_err(|e| Error::rejected("room key", e))?;
        let message = OlmMessage::from_parts(sealed.kind, &sealed_body);
        let message = message.map_err(|e| Error::rejected("room key", e))?;
        let sender = live.by_key(&sender_key);
        let asked = self.look_up(live, sender, m.from)?;
        let decrypted = decrypt(live, sender, sender_key, &message)?;
        let event: OlmEvent = parse("room key", utf8("room key", &decrypted.plaintext)?)?;

        if event.sender != self.names.user(m.from)
            || event.recipient != user
            || event.recipient_keys.ed25519 != live.ed25519
            || event.kind != "m.room_key"
        {
            return refuse("room key", "not from this sender to this device");
        }
        let stranger = check_device_keys(live, &event, sender, sender_key, asked)?;
        let session = room_session(event.content.get())?;
        let number = match (stranger, sender) {
            (Some(stranger), _) => live.learn(stranger)?.number,
            (None, Some(sender)) => sender,
            (None, None) => return refuse("room key", "from a device that is not known"),
        };

        if let Some(olm) = decrypted.begun {
            live.other(number)?.attach(olm);
        }
        live.room.enter(session, number);
        Ok(())
    }

    /// A sender whose messages do not say who it is is looked up in the directory.
    fn look_up(&self, live: &mut Device, sender: Option<u32>, from: u32) -> Result<Option<Other>> {
        if self.device_keys_travel || sender.is_some() {
            return Ok(None);
        }
        let keys = self.query(from)?;
        let request = format!(r#"{{"device_keys":{{"{}":[]}}}}"#, self.names.user(from));

        live.now.asked += request.len() as u64;
        live.now.fetched += self.queried_bytes(keys.len());
        Other::verified(&keys).map(Some)
    }

    pub fn read_event(&self, live: &mut Device, m: &Incoming) -> Result<Vec<u8>> {
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
        let message = MegolmMessage::from_base64(event.ciphertext);
        let message = message.map_err(|e| Error::rejected("event", e))?;
        let read = inbound.session.decrypt(&message).map_err(|e| Error::rejected("event", e))?;
        let plaintext: RoomPlaintext = parse("event", utf8("event", &read.plaintext)?)?;

        if plaintext.room_id != ROOM {
            return refuse("event", "of another room");
        }
        if *inbound.seen.entry(read.message_index).or_insert(m.event) != m.event {
            return refuse("event", "a replay: its index belongs to another event");
        }
        payload_of(plaintext.content.get())
    }
}
