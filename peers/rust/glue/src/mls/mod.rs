//! What backends of MLS share. A peer implements [`Library`], which is what the devices of one
//! implementation do, bytes in and bytes out, and says `export!(mls::World<It>);`. Devices, groups,
//! checkpoints, what is sent to whom, and groups that exist before the clock runs are here, once.
mod axes;
mod keys;
#[cfg(feature = "mls-rs")]
pub mod mls_rs;
#[cfg(feature = "openmls")]
pub mod openmls;
mod play;
mod world;

pub use axes::Axes;
pub use keys::{is_edwards, signature_key};
pub use world::World;

use crate::{CStr, Published, Refusable};
use std::cell::Cell;

/// What a commit does beside the path.
#[derive(Clone, Copy, Default)]
pub struct Change<'a> {
    pub add: &'a [Published<'a>],
    /// Leaves.
    pub remove: &'a [u32],
    /// The id of an external one, which the device has.
    pub psk: Option<&'a [u8]>,
    /// The resumption PSK of the present epoch.
    pub resumption: bool,
    /// The id of the group that this one is reinitialized as, and nothing else then.
    pub reinit: Option<[u8; 32]>,
}

impl Change<'_> {
    /// RFC 9420, 12.4: whether a path is needed, also where the axis asks for none.
    pub fn needs_path(&self) -> bool {
        !self.remove.is_empty() || (self.add.is_empty() && self.psk.is_none() && !self.resumption)
    }
}

/// A commit, which is pending at its sender.
pub struct Made {
    pub commit: Vec<u8>,
    pub welcome: Option<Vec<u8>>,
}

/// What a message made of who took it in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Member,
    Removed,
    /// Of a group that can only go on as another.
    ShutDown,
}

/// What a group shows to who joins it by a commit of its own.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub info: &'a [u8],
    pub tree: Option<&'a [u8]>,
    /// The leaf of a former self, in the place of which it comes.
    pub own: Option<u32>,
}

/// Nothing in a world knows the real time, but for libraries that ask the system for it: key
/// packages are valid from this second to the other.
pub const NOW: u64 = 1_700_000_000;
pub const LAST_SECOND: u64 = 4_855_760_000;

/// One implementation. What it returns as an error is the protocol's refusal where the header has
/// one, and nothing has changed then. All bytes are MLSMessages, but for ratchet trees.
/// Randomness comes from [`crate::random`].
#[allow(unused_variables)]
pub trait Library: Sized {
    const NAME: &'static CStr;
    /// As its authors write it.
    const TITLE: &'static str;
    /// Beside those that all of MLS has.
    const FEATURES: u32 = 0;
    /// Whether there is store and reload.
    const STORES: bool = false;
    /// Whether a commit can reinitialize a group.
    const REINITS: bool = false;
    /// Generations of a sender's ratchet that receivers bridge, and what says so.
    const MAX_SKIP: (u32, &'static str);

    type Suite: Copy;
    /// Of the axis at its default.
    const SUITE_1: Self::Suite;
    /// The suites of the axis are the numbers of RFC 9420, 17.1.
    fn suite(number: u16) -> Option<Self::Suite>;
    const NO_SUITE: &'static CStr;
    /// None: any padding.
    const NO_PADDING: Option<&'static CStr>;

    /// An application: its keys, the private part of its key package, its store.
    type Device;
    type Group;
    /// Of a device, what rolling back puts back.
    type Saved;

    fn version() -> String;
    fn open(axes: Axes<Self::Suite>) -> Refusable<Self>;
    /// With its key package.
    fn device(&self, identity: Vec<u8>) -> Refusable<(Self::Device, Vec<u8>)>;
    /// Joining consumes the private part of the key package; here it is there again.
    fn keep_key_package(&self, d: &Self::Device);

    /// A group of one.
    fn found(&self, d: &Self::Device, id: &[u8]) -> Refusable<Self::Group>;
    fn commit(&self, d: &Self::Device, group: &mut Self::Group, change: Change) -> Refusable<Made>;
    /// The commit that is pending came back.
    fn settle(
        &self,
        d: &Self::Device,
        group: &mut Self::Group,
        commit: &[u8],
    ) -> Refusable<Standing> {
        self.process(d, group, commit)
    }
    fn discard(&self, d: &Self::Device, group: &mut Self::Group) -> Refusable;
    fn process(&self, d: &Self::Device, group: &mut Self::Group, m: &[u8]) -> Refusable<Standing>;
    fn join(&self, d: &Self::Device, welcome: &[u8], tree: Option<&[u8]>)
        -> Refusable<Self::Group>;
    /// With the commit.
    fn join_external(&self, d: &Self::Device, shown: Shown) -> Refusable<(Self::Group, Vec<u8>)>;
    fn send(&self, d: &Self::Device, group: &mut Self::Group, text: &[u8]) -> Refusable<Vec<u8>>;
    fn receive(&self, d: &Self::Device, group: &mut Self::Group, m: &[u8]) -> Refusable<Vec<u8>>;

    fn authenticator(&self, group: &Self::Group) -> Refusable<Vec<u8>>;
    fn group_info(&self, d: &Self::Device, group: &Self::Group, tree: bool) -> Refusable<Vec<u8>>;
    fn tree(&self, group: &Self::Group) -> Refusable<Vec<u8>>;
    /// Where this member is: most are at the leaf `usual`, the others have to be looked for.
    fn leaf_of(&self, group: &Self::Group, usual: u32, identity: &[u8]) -> Option<u32>;
    fn set_psk(&self, d: &Self::Device, id: &[u8], psk: &[u8]) -> Refusable;

    fn save(&self, d: &Self::Device, group: Option<&Self::Group>) -> Self::Saved;
    fn restore(&self, d: &Self::Device, saved: &Self::Saved) -> Refusable<Option<Self::Group>>;
    /// The group that follows from one that was shut down; who founds it gets a Welcome to send.
    fn succeed(&self, old: &Self::Group, how: Successor) -> Refusable<(Self::Group, Vec<u8>)> {
        unreachable!("the library reinitializes no groups")
    }
    /// The group was never there.
    fn forget(&self, d: &Self::Device, group: Self::Group) {}
    /// A group that was made outside the clock: keys of past epochs go where a client puts them.
    fn keep_group(&self, d: &Self::Device, group: &mut Self::Group) -> Refusable {
        Ok(())
    }
    /// Writes the state of the group, and says how long that is.
    fn store(&self, d: &Self::Device, group: &mut Self::Group) -> Refusable<u64> {
        unreachable!("the library stores nothing")
    }
    /// Reads what was stored: whether it is the state that the device has.
    fn reload(&self, d: &Self::Device, group: &Self::Group) -> Refusable<bool> {
        unreachable!("the library stores nothing")
    }
}

/// How a device goes on with a group that was shut down.
pub enum Successor<'a> {
    /// From the key packages of all other members.
    Founded(&'a [Published<'a>]),
    Joined {
        welcome: &'a [u8],
        tree: Option<&'a [u8]>,
    },
}

thread_local! {
    static BELIEVES: Cell<bool> = const { Cell::new(false) };
}

/// Calls `f` without verifying signatures. Only to make a group of which every leaf is ours.
pub fn believing<T>(f: impl FnOnce() -> T) -> T {
    struct Doubt;
    impl Drop for Doubt {
        fn drop(&mut self) {
            BELIEVES.set(false);
        }
    }
    let _doubt = Doubt;

    BELIEVES.set(true);
    f()
}

/// Whether a provider is within `believing`.
pub fn believes() -> bool {
    BELIEVES.get()
}

/// Methods of a provider that are those of what it wraps, by their types.
#[macro_export]
macro_rules! forward {
    ($(fn $name:ident($($type:ty),*) -> $result:ty;)*) => {
        $($crate::forward!(@ $name $result; (a b c d e f) $($type,)*);)*
    };
    (@ $name:ident $result:ty; ($($spare:ident)*)) => {
        fn $name(&self) -> $result {
            self.0.$name()
        }
    };
    (@ $name:ident $result:ty; ($($n:ident)*) $($type:ty,)+) => {
        $crate::forward!(@@ $name $result; [] ($($n)*) $($type,)+);
    };
    (@@ $name:ident $result:ty; [$($arg:ident: $known:ty,)*] ($n:ident $($more:ident)*) $type:ty, $($rest:ty,)*) => {
        $crate::forward!(@@ $name $result; [$($arg: $known,)* $n: $type,] ($($more)*) $($rest,)*);
    };
    (@@ $name:ident $result:ty; [$($arg:ident: $type:ty,)*] ($($spare:ident)*)) => {
        fn $name(&self, $($arg: $type),*) -> $result {
            self.0.$name($($arg),*)
        }
    };
}
