//! A new device: what it uploads, and that others can write to it by each of its keys.
use super::device::{Device, Olm, Other};
use super::sender::{begin_session, seal};
use super::text::*;
use super::world::draw;
use super::{Key, Library, World};
use crate::{failing, Error, Fanout, Incoming, Kind, Outbox, Outgoing, Result, To, LAST_RESORT};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

struct Made<L: Library> {
    account: L::Account,
    device_keys: String,
    fallback_key: String,
    one_time_keys: Vec<String>,
}

fn make<L: Library>(user: &str, id: &str, n: u32) -> Result<Made<L>> {
    let mut account = L::account();
    let device_keys = write_device_keys::<L>(&account, user, id);
    let (name, key) = L::fallback_key(&mut account).map_err(failing("fallback key"))?;
    let before = r#""fallback":true,"#;
    let fallback_key = write_signed_key::<L>(&account, &name, before, &key.to_base64(), (user, id));
    let one_time_keys = write_one_time_keys::<L>(&mut account, n as usize, user, id)?;

    Ok(Made { account, device_keys, fallback_key, one_time_keys })
}

impl<L: Library> World<L> {
    /// It is live from now on.
    pub fn enrol_device(&mut self, device: u32, n: u32, out: &mut Outbox) -> Result {
        let (most, whose) = L::MAX_KEYS;
        let is_first = device % self.names.devices_per_user == 0;
        let (user, id) = (self.names.user(device), device_id(device));

        if !is_first || !matches!(self.devices.get(device as usize), Some(None)) {
            return Err(Error::Failed(format!(
                "device {device} is not the first of a user that nobody knows"
            )));
        }
        if n > most {
            return Err(Error::Unsupported(format!("{whose} holds at most {most} one-time keys")));
        }
        let made = draw::<L, _>(self.seed, "device", device, || make::<L>(&user, &id, n))?;
        let body = format!(
            r#"{{"device_keys":{},"fallback_keys":{{{}}},"one_time_keys":{{{}}}}}"#,
            made.device_keys,
            made.fallback_key,
            made.one_time_keys.join(",")
        );
        let raw = RAW_DEVICE_KEYS + (n as usize + 1) * RAW_ONE_TIME_KEY;
        let upload = Outgoing::new(Kind::KeyMaterial, To::Server, device, body.as_bytes());

        out.send(&[upload.with_raw(raw)])?;
        let first_key = format!("{{{}}}", made.one_time_keys.first().map_or("", |key| key));
        let mut live = Device::new(device, made.account, made.device_keys, first_key);
        live.now.published = true;
        self.devices[device as usize] = Some(live);
        Ok(())
    }

    /// m.dummy by the i-th of the keys that `other` has uploaded. What was met is forgotten at once.
    pub fn write_to_newcomer(
        &mut self,
        live: &mut Device<L>,
        other: u32,
        i: u32,
        uploaded: &[Incoming],
        out: &mut Outbox,
    ) -> Result {
        let [upload] = uploaded else { return refuse("key material", "not one upload") };
        let upload: FirstUpload = parse("key material", utf8("key material", upload.body)?)?;
        let their: Other<L> = Other::verified(upload.device_keys.get())?;

        if !self.server.is_member[live.number as usize]
            || their.number != other
            || their.user != self.names.user(other)
        {
            return refuse("key material", "of another device, or at one that is in no room");
        }
        let mut olm = begin_to(live, &their, &upload, i)?;
        let (beginning, ending) = self.event_around(live, "{}", "m.dummy");
        let recipient = (&*their.user, &*their.id, &their.ed25519, &their.curve25519);
        let (event, _) = seal(&mut olm, &live.curve25519, recipient, &beginning, &ending)?;

        out.send(&[Outgoing {
            kind: Kind::Dummy,
            to: To::Devices(&[other]),
            fanout: Fanout::Client,
            from: live.number,
            body: event.body.as_bytes(),
            uploaded: event.body.len(),
            raw: event.raw,
        }])
    }

    pub fn take_dummy(&self, live: &mut Device<L>, m: &Incoming) -> Result {
        if m.kind != Kind::Dummy as u32 {
            return refuse("dummy", "not a to-device message");
        }
        self.take_sealed(live, m, "m.dummy", |_| Ok(())).map(drop)
    }
}

/// A session by the i-th key, in the order of their names.
fn begin_to<L: Library>(
    live: &Device<L>,
    their: &Other<L>,
    upload: &FirstUpload,
    i: u32,
) -> Result<Olm<L>> {
    let (keys, i) = match i {
        LAST_RESORT => (upload.fallback_keys, 0),
        _ => (upload.one_time_keys, i as usize),
    };
    let keys: BTreeMap<&str, &RawValue> = parse("key material", keys.get())?;
    let Some((name, key)) = keys.iter().nth(i) else {
        return refuse("key material", "no such key");
    };

    begin_session(live, their, &format!(r#"{{"{name}":{key}}}"#))
}
