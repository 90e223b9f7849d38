//! Keys that some members are not given (client-server API, "Reporting that decryption keys are
//! withheld"): the reason is told to them instead, in the clear.
use super::device::Device;
use super::sender::ToDeviceEvent;
use super::text::*;
use super::{Library, World};
use crate::{Error, Incoming, Kind, Outbox, Result, REASONS};
use base64::Engine;

/// By the number of the reason.
const CODES: [&str; REASONS as usize] = ["m.blacklisted", "m.unverified"];

/// Sessions of which a device remembers why it has no key.
const MOST_UNREAD: usize = 1024;

/// 32 bytes in base64.
fn is_key(text: &str) -> bool {
    BASE64.decode(text).is_ok_and(|key| key.len() == 32)
}

impl<L: Library> World<L> {
    /// From now on these members get no keys of this device. A session that they can read ends.
    pub fn withhold_from(
        &mut self,
        live: &mut Device<L>,
        reason: u32,
        members: &[u32],
        out: &mut Outbox,
    ) -> Result {
        let Some(code) = CODES.get(reason as usize) else {
            return Err(Error::Failed(format!("withhold: no reason {reason}")));
        };
        if !members.iter().all(|d| live.room.members.contains(d)) {
            return refuse("withhold", "not from another member");
        }
        let is_new = live.room.outbound.is_none() || members.iter().any(|&d| live.room.can_read(d));
        let opened = self.open_sessions(live, is_new, members)?;

        live.room.withhold(members, code);
        self.hand_out_keys(live, opened, out)
    }

    /// Says of the present session why they have no key of it, to those who do not know yet.
    pub fn tell_why(&mut self, live: &mut Device<L>, out: &mut Outbox) -> Result {
        let room = &mut live.room;
        let Some(session) = &room.outbound else { return Ok(()) };
        let (session, key) = (L::outbound_id(session), &live.curve25519);
        let untold = room.withheld.iter().filter(|(device, _)| !room.told.contains(*device));

        for (i, (&device, code)) in untold.enumerate() {
            let (user, id) = (self.names.user(device), device_id(device));
            let body = format!(
                r#"{{"messages":{{"{user}":{{"{id}":{{"algorithm":"{MEGOLM}","code":"{code}","room_id":"{ROOM}","sender_key":"{key}","session_id":"{session}"}}}}}}}}"#
            );
            let event = ToDeviceEvent { body, raw: 0 };

            self.send_to_device(Kind::Withheld, live.number, device, i, &event, out)?;
        }
        room.told = room.withheld.keys().copied().collect();
        Ok(())
    }

    /// Anybody can say so: it is neither sealed nor signed.
    pub fn take_withheld(&self, live: &mut Device<L>, m: &Incoming) -> Result {
        let (user, id) = (self.names.user(live.number), device_id(live.number));
        let body: ToDevice<WithheldContent> = parse("withheld key", utf8("withheld key", m.body)?)?;
        let content = body.messages.get(user.as_str()).and_then(|u| u.get(id.as_str()));
        let Some(content) = content else { return refuse("withheld key", "for another device") };

        if content.algorithm != MEGOLM
            || content.room_id != ROOM
            || !is_key(content.sender_key)
            || !is_key(content.session_id)
        {
            return refuse("withheld key", "not of a session of this room");
        }
        let reason = CODES.iter().position(|&code| code == content.code).map(|i| i as u32);
        let unread = &mut live.room.unread;

        unread.retain(|(session, _)| session != content.session_id);
        unread.push_back((content.session_id.into(), reason));
        if unread.len() > MOST_UNREAD {
            unread.pop_front();
        }
        Ok(())
    }
}

impl<L: Library> Device<L> {
    /// The reason for which it has no key of the session of an event.
    pub fn why_unread(&self, m: &Incoming) -> Result<u32> {
        let event: RoomEvent = parse("event", utf8("event", m.body)?)?;
        let mut unread = self.room.unread.iter();

        match unread.find(|(session, _)| session == event.session_id) {
            Some((_, Some(reason))) => Ok(*reason),
            _ => refuse("event", "nothing was said of why there is no key"),
        }
    }
}
