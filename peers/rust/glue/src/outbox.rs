//! What an operation sends. Everything is built first; only then is anything committed.
use crate::abi::{gb_bytes, gb_message, gb_outbox, TO_DEVICES, TO_GROUP, TO_SERVER};
use crate::{Error, Fanout, Kind, Result};

#[derive(Clone, Copy)]
pub enum To<'a> {
    Devices(&'a [u32]),
    Group,
    Server,
}

#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    pub kind: Kind,
    pub to: To<'a>,
    pub fanout: Fanout,
    pub from: u32,
    pub body: &'a [u8],
    /// What it adds to an upload that others are in too; 0 when it is uploaded alone.
    pub uploaded: usize,
    /// Ciphertexts, keys and signatures in a body that is enveloped; see `GB_ENVELOPED`.
    pub raw: usize,
}

impl<'a> Outgoing<'a> {
    /// A message that the server multiplies.
    pub fn new(kind: Kind, to: To<'a>, from: u32, body: &'a [u8]) -> Self {
        let (fanout, uploaded) = (Fanout::Server, 0);

        Outgoing { kind, to, fanout, from, body, uploaded, raw: 0 }
    }

    /// The same with so many raw bytes in its body.
    pub fn with_raw(self, raw: usize) -> Self {
        Outgoing { raw, ..self }
    }

    fn as_c(&self, body: gb_bytes) -> gb_message {
        let (address, to): (u32, &[u32]) = match self.to {
            To::Devices(devices) => (TO_DEVICES, devices),
            To::Group => (TO_GROUP, &[]),
            To::Server => (TO_SERVER, &[]),
        };

        gb_message {
            kind: self.kind as u32,
            address,
            fanout: self.fanout as u32,
            from: self.from,
            n_to: to.len(),
            to: to.as_ptr(),
            body,
            uploaded: self.uploaded as u32,
            raw: self.raw as u32,
            event: 0,
        }
    }
}

/// The harness's outbox, for the length of one call.
pub struct Outbox(*mut gb_outbox);

impl Outbox {
    /// # Safety
    /// `raw` is the outbox of a call that outlives the value.
    pub(crate) unsafe fn new(raw: *mut gb_outbox) -> Self {
        Outbox(raw)
    }

    fn reserve(&mut self, capacity: usize) -> Result<*mut u8> {
        let p = unsafe { ((*self.0).reserve)(self.0, capacity) };

        if p.is_null() {
            return Err(Error::Failed("the outbox is full".into()));
        }
        Ok(p)
    }

    /// Sends all of these messages, or fails and sends none.
    pub fn send(&mut self, messages: &[Outgoing]) -> Result {
        self.reserve(messages.iter().map(|m| m.body.len()).sum())?;
        for m in messages {
            let len = m.body.len();
            let p = self.reserve(len)?;

            unsafe {
                std::ptr::copy_nonoverlapping(m.body.as_ptr(), p, len);
                ((*self.0).commit)(self.0, &m.as_c(gb_bytes { p, len }));
            }
        }
        Ok(())
    }
}
