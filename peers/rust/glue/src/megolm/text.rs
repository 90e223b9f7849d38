//! What Matrix clients write and read (client-server API, "End-to-end encryption"): the JSON of
//! megolm/, byte for byte, so that devices of one room can live on either.
use super::{Key, Library};
use crate::{failing, rejecting, Error, Result};
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

pub const ROOM: &str = "!room:gb.test";
pub const OLM: &str = "m.olm.v1.curve25519-aes-sha2";
pub const MEGOLM: &str = "m.megolm.v1.aes-sha2";

/// Users of a query, devices of a claim, to-device messages of a request, as clients limit them.
pub const BATCH: usize = 250;

/// Without padding, as Matrix has it.
pub const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Raw bytes of device keys and of a one-time key: public keys of 32 bytes, signatures of 64.
pub const RAW_DEVICE_KEYS: usize = 2 * 32 + 64;
pub const RAW_ONE_TIME_KEY: usize = 32 + 64;

/// And of so many digits of base64.
pub fn raw_base64(digits: usize) -> usize {
    digits / 4 * 3 + (digits % 4).saturating_sub(1)
}

type Signatures<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

pub fn parse<'a, T: Deserialize<'a>>(what: &str, text: &'a str) -> Result<T> {
    serde_json::from_str(text).map_err(|e| Error::Rejected(format!("{what}: {e}")))
}

pub fn utf8<'a>(what: &str, body: &'a [u8]) -> Result<&'a str> {
    std::str::from_utf8(body).map_err(|e| Error::Rejected(format!("{what}: {e}")))
}

pub fn refuse<T>(what: &str, why: &str) -> Result<T> {
    Err(Error::Rejected(format!("{what}: {why}")))
}

/// The identifiers of a device follow from its number.
#[derive(Clone, Copy)]
pub struct Names {
    pub user_len: usize,
    pub devices_per_user: u32,
}

impl Names {
    pub fn user(&self, device: u32) -> String {
        let width = self.user_len - "@:gb.test".len();
        format!("@{:0width$}:gb.test", device / self.devices_per_user)
    }
}

/// Ten letters.
pub fn device_id(device: u32) -> String {
    let mut rest = device;
    let mut letters = [b'A'; 10];

    for letter in letters.iter_mut().rev() {
        *letter += (rest % 26) as u8;
        rest /= 26;
    }
    letters.iter().map(|&c| c as char).collect()
}

pub fn device_of(id: &str) -> Option<u32> {
    let digits = id.bytes().map(|c| c.is_ascii_uppercase().then_some(u32::from(c - b'A')));

    digits.filter(|_| id.len() == 10).try_fold(0u32, |n, d| n.checked_mul(26)?.checked_add(d?))
}

/// An object that a device has signed. Its members stand in the order of canonical JSON.
pub trait Signed<'a>: Serialize + Deserialize<'a> {
    fn take_signatures(&mut self) -> Option<Signatures<'a>>;

    fn verify<L: Library>(&mut self, user: &str, id: &str, key: &L::Ed25519) -> Result {
        let signatures = self.take_signatures();
        let signature = signatures
            .as_ref()
            .and_then(|all| all.get(user))
            .and_then(|of_user| of_user.get(format!("ed25519:{id}").as_str()));
        let Some(signature) = signature else { return refuse("signature", "there is none") };
        let text = serde_json::to_vec(self).map_err(|e| Error::failed("signature", e))?;

        L::verify(key, &text, signature).map_err(rejecting("signature"))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceKeys<'a> {
    #[serde(borrow)]
    algorithms: Vec<&'a str>,
    pub device_id: &'a str,
    keys: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<Signatures<'a>>,
    pub user_id: &'a str,
}

impl<'a> DeviceKeys<'a> {
    pub fn key(&self, kind: &str) -> Option<&'a str> {
        self.keys.get(format!("{kind}:{}", self.device_id).as_str()).copied()
    }

    pub fn can_both(&self) -> bool {
        self.algorithms.contains(&OLM) && self.algorithms.contains(&MEGOLM)
    }
}

impl<'a> Signed<'a> for DeviceKeys<'a> {
    fn take_signatures(&mut self) -> Option<Signatures<'a>> {
        self.signatures.take()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedKey<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<bool>,
    pub key: &'a str,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    signatures: Option<Signatures<'a>>,
}

impl<'a> Signed<'a> for SignedKey<'a> {
    fn take_signatures(&mut self) -> Option<Signatures<'a>> {
        self.signatures.take()
    }
}

/// {"signed_curve25519:ID":{...}}
pub fn signed_key(text: &str) -> Result<SignedKey<'_>> {
    let mut keys: BTreeMap<&str, SignedKey> = parse("one-time key", text)?;

    match keys.pop_first() {
        Some((name, key)) if keys.is_empty() && name.starts_with("signed_curve25519:") => Ok(key),
        _ => refuse("one-time key", "not one signed_curve25519"),
    }
}

#[derive(Deserialize)]
pub struct Upload<'a> {
    #[serde(borrow)]
    pub one_time_keys: &'a RawValue,
    #[serde(borrow)]
    pub device_keys: &'a RawValue,
}

/// What a new device uploads.
#[derive(Deserialize)]
pub struct FirstUpload<'a> {
    #[serde(borrow)]
    pub device_keys: &'a RawValue,
    #[serde(borrow)]
    pub fallback_keys: &'a RawValue,
    #[serde(borrow)]
    pub one_time_keys: &'a RawValue,
}

pub fn upload(one_time_key: &str, device_keys: &str) -> String {
    format!(r#"{{"one_time_keys":{one_time_key},"device_keys":{device_keys}}}"#)
}

fn signatures<L: Library>(account: &L::Account, text: &str, user: &str, id: &str) -> String {
    format!(r#"{{"{user}":{{"ed25519:{id}":"{}"}}}}"#, L::sign(account, text))
}

pub fn write_device_keys<L: Library>(account: &L::Account, user: &str, id: &str) -> String {
    let (curve, ed) = L::keys(account);
    let (curve, ed) = (curve.to_base64(), ed.to_base64());
    let before = format!(
        r#"{{"algorithms":["{OLM}","{MEGOLM}"],"device_id":"{id}","keys":{{"curve25519:{id}":"{curve}","ed25519:{id}":"{ed}"}},"#
    );
    let after = format!(r#""user_id":"{user}"}}"#);
    let signatures = signatures::<L>(account, &format!("{before}{after}"), user, id);

    format!(r#"{before}"signatures":{signatures},{after}"#)
}

/// Signs a key: "signed_curve25519:NAME":{...}; `before` is what stands before it.
pub fn write_signed_key<L: Library>(
    account: &L::Account,
    name: &str,
    before: &str,
    key: &str,
    (user, id): (&str, &str),
) -> String {
    let object = format!(r#"{{{before}"key":"{key}"}}"#);
    let signatures = signatures::<L>(account, &object, user, id);
    let open = &object[..object.len() - 1];

    format!(r#""signed_curve25519:{name}":{open},"signatures":{signatures}}}"#)
}

/// Makes n one-time keys and signs them, each as write_signed_key.
pub fn write_one_time_keys<L: Library>(
    account: &mut L::Account,
    n: usize,
    user: &str,
    id: &str,
) -> Result<Vec<String>> {
    let made = L::one_time_keys(account, n).map_err(failing("one-time keys"))?;
    let sign =
        |(name, key): &(String, String)| write_signed_key::<L>(account, name, "", key, (user, id));

    Ok(made.iter().map(sign).collect())
}

/// One of them, as an object.
pub fn write_one_time_key<L: Library>(
    account: &mut L::Account,
    user: &str,
    id: &str,
) -> Result<String> {
    Ok(format!("{{{}}}", write_one_time_keys::<L>(account, 1, user, id)?.concat()))
}

/// One behind the other, those of a user together: {"@user":{"DEVICE":value,...},...}
pub fn by_user<'a>(entries: impl Iterator<Item = (String, String, &'a str)>) -> String {
    let mut out = String::from("{");
    let mut last = String::new();

    for (user, id, value) in entries {
        if user == last {
            out.push(',');
        } else {
            out.push_str(if last.is_empty() { "\"" } else { "},\"" });
            out.push_str(&user);
            out.push_str("\":{");
            last = user;
        }
        out.push('"');
        out.push_str(&id);
        out.push_str("\":");
        out.push_str(value);
    }
    out.push_str(if last.is_empty() { "}" } else { "}}" });
    out
}

pub type ByUser<'a, T> = BTreeMap<&'a str, BTreeMap<&'a str, T>>;

#[derive(Deserialize)]
pub struct QueryAnswer<'a> {
    #[serde(borrow)]
    pub device_keys: ByUser<'a, &'a RawValue>,
}

#[derive(Deserialize)]
pub struct ClaimAnswer<'a> {
    #[serde(borrow)]
    pub one_time_keys: ByUser<'a, &'a RawValue>,
}

#[derive(Deserialize)]
pub struct ToDevice<'a, Content> {
    #[serde(borrow)]
    pub messages: ByUser<'a, Content>,
}

#[derive(Deserialize)]
pub struct OlmContent<'a> {
    pub algorithm: &'a str,
    #[serde(borrow)]
    pub ciphertext: BTreeMap<&'a str, Ciphertext<'a>>,
    pub sender_key: &'a str,
}

#[derive(Deserialize)]
pub struct Ciphertext<'a> {
    pub body: &'a str,
    #[serde(rename = "type")]
    pub kind: usize,
}

#[derive(Deserialize)]
pub struct SigningKey<'a> {
    pub ed25519: &'a str,
}

#[derive(Deserialize)]
pub struct OlmEvent<'a> {
    #[serde(borrow)]
    pub content: &'a RawValue,
    pub keys: SigningKey<'a>,
    pub recipient: &'a str,
    pub recipient_keys: SigningKey<'a>,
    pub sender: &'a str,
    pub sender_device_keys: Option<&'a RawValue>,
    #[serde(rename = "type")]
    pub kind: &'a str,
}

#[derive(Deserialize)]
pub struct RoomKey<'a> {
    pub algorithm: &'a str,
    pub room_id: &'a str,
    pub session_id: &'a str,
    pub session_key: &'a str,
}

/// Of m.room_key.withheld.
#[derive(Deserialize)]
pub struct WithheldContent<'a> {
    pub algorithm: &'a str,
    pub code: &'a str,
    pub room_id: &'a str,
    pub sender_key: &'a str,
    pub session_id: &'a str,
}

#[derive(Deserialize)]
pub struct RoomEvent<'a> {
    pub algorithm: &'a str,
    pub ciphertext: &'a str,
    pub session_id: &'a str,
}

#[derive(Deserialize)]
pub struct RoomPlaintext<'a> {
    #[serde(borrow)]
    pub content: &'a RawValue,
    pub room_id: &'a str,
}

const BODY: &str = "{\"body\":\"";
const END_OF_TEXT: &str = "\",\"msgtype\":\"m.text\"}";
const END_OF_BYTES: &str = "\",\"msgtype\":\"test.gb.bytes\"}";

/// An opaque payload as the content of an m.room.message: as it is where it is text that needs no
/// escape, as base64 otherwise.
pub fn payload(plaintext: &[u8]) -> String {
    let plain = plaintext.iter().all(|c| matches!(c, b' '..=b'~') && !matches!(c, b'"' | b'\\'));

    match std::str::from_utf8(plaintext) {
        Ok(text) if plain => [BODY, text, END_OF_TEXT].concat(),
        _ => [BODY, &BASE64.encode(plaintext), END_OF_BYTES].concat(),
    }
}

pub fn payload_of(content: &str) -> Result<Vec<u8>> {
    let body = content.strip_prefix(BODY).unwrap_or("");

    if let Some(text) = body.strip_suffix(END_OF_TEXT) {
        return Ok(text.as_bytes().to_vec());
    }
    match body.strip_suffix(END_OF_BYTES).map(|text| BASE64.decode(text)) {
        Some(Ok(bytes)) => Ok(bytes),
        _ => refuse("event", "not one that this backend sends"),
    }
}
