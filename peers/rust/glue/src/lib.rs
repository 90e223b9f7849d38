//! What every backend written in Rust shares: groupbench_backend.h as a trait without a pointer,
//! panics as failures, an outbox, and randomness that derives from the world's seed.
//!
//! A peer implements [`Peer`] for the state of one world and says `groupbench_glue::export!(It);`.
//! It never sees the C side; the contract of each call is the header's.
pub mod abi;
#[cfg(test)]
mod faults;
#[cfg(feature = "megolm")]
pub mod megolm;
pub mod mls;
mod outbox;
pub mod random;
mod table;

pub use abi::{
    Fanout, Kind, DIGEST_BYTES, ENVELOPED, FALLBACK, FORGERY_SPENDS, LAST_RESORT, PER_SENDER,
    REASONS, REPLAYS, SEALED, SETTLES,
};
pub use outbox::{Outbox, Outgoing, To};
pub use std::ffi::CStr;
pub use table::table;

/// Why a call did not do what was asked; the sentence is what error() will say.
#[derive(Debug)]
pub enum Error {
    /// The protocol's refusal of an input.
    Rejected(String),
    /// Not possible with this implementation: names the missing API.
    Unsupported(String),
    /// Anything else. Ends the run.
    Failed(String),
}

pub type Result<T = ()> = std::result::Result<T, Error>;

impl Error {
    pub fn failed(what: &str, why: impl std::fmt::Debug) -> Self {
        Error::Failed(format!("{what}: {why:?}"))
    }
}

/// Why a library refused, in its words: any error of any library becomes one by `?`. What calls
/// the library knows whether that is [`rejecting`] or [`failing`].
pub struct Refused(String);

pub type Refusable<T = ()> = std::result::Result<T, Refused>;

impl<E: std::fmt::Debug> From<E> for Refused {
    fn from(e: E) -> Self {
        Refused(format!("{e:?}"))
    }
}

/// What the library does not refuse, but the protocol.
pub fn refuse<T>(why: &str) -> Refusable<T> {
    Err(Refused(why.into()))
}

/// Names of errors by which a library says that the fault is its own, or that of its store, and not
/// the input's: those of OpenMLS, then those of mls-rs.
const FAULTS: [&str; 7] = [
    "LibraryError",
    "StorageError",
    "KeyStoreError",
    "GroupStorageError",
    "KeyPackageRepoError",
    "PskStoreError",
    "MlsRulesError",
];

fn is_fault(why: &str) -> bool {
    why.split(|c: char| !c.is_alphanumeric()).any(|word| FAULTS.contains(&word))
}

/// A refusal, unless the library calls it a fault, which ends the run.
pub fn rejecting(what: &str) -> impl Fn(Refused) -> Error + '_ {
    move |Refused(why)| match is_fault(&why) {
        true => Error::Failed(format!("{what}: {why}")),
        false => Error::Rejected(format!("{what}: {why}")),
    }
}

pub fn failing(what: &str) -> impl Fn(Refused) -> Error + '_ {
    move |Refused(why)| Error::Failed(format!("{what}: {why}"))
}

/// Whether an axis of the comparison can have a value.
pub enum Answer {
    Honoured,
    /// It means nothing to this protocol.
    NotApplicable,
    /// It means something, and the implementation has no API for it: which one.
    NotSupported(&'static CStr),
}

/// What open() is given. Only axes and values that were answered with `Honoured` are in it.
pub struct Config<'a> {
    pub seed: u64,
    pub capacity: u32,
    pub axes: Vec<(&'a str, &'a str)>,
}

impl<'a> Config<'a> {
    /// The value of an axis, or what the peer itself takes.
    pub fn axis(&self, name: &str, default: &'a str) -> &'a str {
        let found = self.axes.iter().find(|(axis, _)| *axis == name);
        found.map_or(default, |(_, value)| value)
    }

    pub fn number(&self, name: &str, default: u32) -> u32 {
        self.axis(name, "").parse().unwrap_or(default)
    }
}

/// struct gb_shape.
pub struct Shape<'a> {
    pub size: u32,
    pub joiners: u32,
    pub without_group: bool,
    pub live: &'a [u32],
    pub actors: &'a [u32],
}

/// The key material of a device, from the directory.
#[derive(Clone, Copy)]
pub struct Published<'a> {
    pub device: u32,
    pub body: &'a [u8],
}

/// A message that came in.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    pub kind: u32,
    pub from: u32,
    pub body: &'a [u8],
    /// What the delivery service calls it.
    pub event: u64,
}

/// Optional functions: those that a peer names in [`Peer::OFFERS`] are in its table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// checkpoint and rollback
    Checkpoint,
    Discard,
    GroupInfo,
    FetchTree,
    JoinExternal,
    Heals,
    Fetched,
    FetchedRaw,
    Asked,
    Share,
    Skip,
    /// store and reload
    Store,
    /// set_psk and commit_psk
    Psk,
    /// commit_resumption
    Resumption,
    /// reinit and succeed
    Reinit,
    FirstIndex,
    /// withhold and withheld
    Withhold,
    /// enrol, reach and reached
    Enrol,
}

fn absent<T>(name: &str) -> Result<T> {
    Err(Error::Failed(format!("{name} is in OFFERS, but not implemented")))
}

/// One world of a backend: the comments of groupbench_backend.h are the contract of each call.
/// All randomness comes from [`random::fill`], which draws from the world's stream.
#[allow(unused_variables)]
pub trait Peer: Sized {
    const NAME: &'static CStr;
    const FEATURES: u32;
    const MAX_SIZE: u32;
    const OFFERS: &'static [Offer];

    fn version() -> String;
    fn axis(name: &str, value: &str) -> Answer;
    fn open(config: &Config) -> Result<Self>;

    fn publish(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.materialise(device)?;
        self.publish_dormant(device, out)
    }
    /// One dormant or live device of publish_many.
    fn publish_dormant(&mut self, device: u32, out: &mut Outbox) -> Result;
    fn materialise(&mut self, device: u32) -> Result;
    fn shape(&mut self, shape: &Shape) -> Result;

    fn create(&mut self, device: u32, others: &[Published], out: &mut Outbox) -> Result;
    fn add(&mut self, device: u32, joining: &[Published], out: &mut Outbox) -> Result;
    fn remove(&mut self, device: u32, leaving: &[u32], out: &mut Outbox) -> Result;
    fn rekey(&mut self, device: u32, out: &mut Outbox) -> Result;
    fn send(&mut self, device: u32, plaintext: &[u8], out: &mut Outbox) -> Result;
    fn process(&mut self, device: u32, message: &Incoming) -> Result;
    fn join(&mut self, device: u32, messages: &[Incoming]) -> Result;
    /// What it returns is kept until the next call.
    fn receive(&mut self, device: u32, message: &Incoming) -> Result<Vec<u8>>;
    fn digest(&mut self, device: u32, sender: u32) -> Result<[u8; DIGEST_BYTES]>;

    fn checkpoint(&mut self) -> Result {
        absent("checkpoint")
    }
    fn rollback(&mut self) -> Result {
        absent("rollback")
    }
    fn discard(&mut self, device: u32) -> Result {
        absent("discard")
    }
    fn group_info(&mut self, device: u32, out: &mut Outbox) -> Result {
        absent("group_info")
    }
    fn fetch_tree(&mut self, device: u32, out: &mut Outbox) -> Result {
        absent("fetch_tree")
    }
    fn join_external(&mut self, device: u32, with: &[Incoming], out: &mut Outbox) -> Result {
        absent("join_external")
    }
    fn heals(&mut self, device: u32) -> Result<bool> {
        absent("heals")
    }
    fn fetched(&mut self, device: u32) -> Result<u64> {
        absent("fetched")
    }
    fn fetched_raw(&mut self, device: u32) -> Result<u64> {
        absent("fetched_raw")
    }
    fn asked(&mut self, device: u32) -> Result<u64> {
        absent("asked")
    }
    fn share(&mut self, device: u32, out: &mut Outbox) -> Result {
        absent("share")
    }
    fn skip(&mut self, device: u32, n: u32) -> Result {
        absent("skip")
    }
    fn store(&mut self, device: u32) -> Result<u64> {
        absent("store")
    }
    fn reload(&mut self, device: u32) -> Result {
        absent("reload")
    }
    fn set_psk(&mut self, device: u32, id: &[u8], psk: &[u8]) -> Result {
        absent("set_psk")
    }
    fn commit_psk(&mut self, device: u32, id: &[u8], out: &mut Outbox) -> Result {
        absent("commit_psk")
    }
    fn commit_resumption(&mut self, device: u32, out: &mut Outbox) -> Result {
        absent("commit_resumption")
    }
    fn reinit(&mut self, device: u32, out: &mut Outbox) -> Result {
        absent("reinit")
    }
    fn succeed(&mut self, device: u32, others: &[Published], out: &mut Outbox) -> Result {
        absent("succeed")
    }
    fn first_index(&mut self, device: u32, sender: u32) -> Result<u32> {
        absent("first_index")
    }
    fn withhold(&mut self, device: u32, reason: u32, members: &[u32], out: &mut Outbox) -> Result {
        absent("withhold")
    }
    fn withheld(&mut self, device: u32, message: &Incoming) -> Result<u32> {
        absent("withheld")
    }
    fn enrol(&mut self, device: u32, n: u32, out: &mut Outbox) -> Result {
        absent("enrol")
    }
    fn reach(
        &mut self,
        device: u32,
        other: u32,
        i: u32,
        uploaded: &[Incoming],
        out: &mut Outbox,
    ) -> Result {
        absent("reach")
    }
    fn reached(&mut self, device: u32, message: &Incoming) -> Result {
        absent("reached")
    }
}

/// Makes the crate a plugin: exports groupbench_backend().
#[macro_export]
macro_rules! export {
    ($peer:ty) => {
        #[no_mangle]
        pub extern "C" fn groupbench_backend() -> *const $crate::abi::gb_backend {
            static TABLE: $crate::abi::gb_backend = $crate::table::<$peer>();
            &TABLE
        }
    };
}
