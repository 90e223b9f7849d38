//! What backends of MLS share: the axes, the devices of a world, what a commit sends, and the
//! forwarding provider of cryptography.
use crate::{Answer, CStr, Config, Error, Kind, Outbox, Outgoing, Result, Shape, To};
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// A full tree takes a commit of each member, and each commit reads the whole tree. Of larger groups
/// the harness has the tree from mls/, and makes the live devices join.
const MAX_FULL: u32 = 100;

/// What an implementation has for the axes, and what is missing for more.
pub trait Abilities {
    const NAME: &'static str;
    type Suite: Copy;
    /// Of the axis at its default.
    const SUITE_1: Self::Suite;
    const NO_HISTORY: &'static CStr;
    /// None: any padding.
    const NO_PADDING: Option<&'static CStr>;
    const NO_SUITE: &'static CStr;
    const NO_THREADS: &'static CStr;

    /// The suites of the axis are the numbers of RFC 9420, 17.1.
    fn suite(number: u16) -> Option<Self::Suite>;
}

pub struct Axes<A: Abilities> {
    pub full: bool,
    pub path: bool,
    pub tree_in_welcome: bool,
    pub private: bool,
    pub padding: usize,
    pub suite: A::Suite,
    identity: usize,
}

impl<A: Abilities> Default for Axes<A> {
    fn default() -> Self {
        Axes {
            full: true,
            path: true,
            tree_in_welcome: true,
            private: false,
            padding: 0,
            suite: A::SUITE_1,
            identity: 16,
        }
    }
}

impl<A: Abilities> Axes<A> {
    /// Those of a world, each of which has been answered with `Honoured`.
    pub fn of(config: &Config) -> Self {
        let mut axes = Axes::default();

        for (name, value) in &config.axes {
            axes.set(name, value);
        }
        axes
    }

    /// Sets the axis, and by that answers whether the value can be had.
    pub fn set(&mut self, name: &str, value: &str) -> Answer {
        let number: usize = value.parse().unwrap_or(0);

        match (name, value) {
            ("tree", "cold" | "full") => self.full = value == "full",
            ("tree", _) => return Answer::NotSupported(A::NO_HISTORY),
            ("path", _) => self.path = value == "yes",
            ("tree_delivery", _) => self.tree_in_welcome = value == "welcome",
            ("handshake", _) => self.private = value == "private",
            ("padding", _) => match A::NO_PADDING {
                Some(why) if number > 0 => return Answer::NotSupported(why),
                _ => self.padding = number,
            },
            ("suite", _) => match A::suite(number as u16) {
                Some(suite) => self.suite = suite,
                None => return Answer::NotSupported(A::NO_SUITE),
            },
            ("identity", _) if number >= 10 => self.identity = number,
            ("identity", _) => {
                return Answer::NotSupported(
                    c"an identity is a device number of at least 10 digits",
                )
            }
            ("threads", "1") => {}
            ("threads", _) => return Answer::NotSupported(A::NO_THREADS),
            _ => return Answer::NotApplicable,
        }
        Answer::Honoured
    }

    /// The device number in decimal, zeros in front.
    pub fn identity_of(&self, device: u32) -> Vec<u8> {
        format!("{device:0width$}", width = self.identity).into_bytes()
    }

    /// Refuses histories that take too long to play.
    pub fn check_history(&self, shape: &Shape) -> Result {
        if !self.full || shape.size <= MAX_FULL {
            return Ok(());
        }
        Err(Error::Unsupported(format!(
            "{} has no API that makes a group from a ratchet tree, and playing {} commits takes \
             too long: at most {MAX_FULL} members",
            A::NAME,
            shape.size
        )))
    }
}

/// A live device, whose key package was published or can be.
pub trait Device {
    fn key_package(&self) -> &[u8];
}

/// The devices of a world by their number; those that are not live have no state.
pub struct Devices<D>(Vec<Option<D>>);

impl<D> Deref for Devices<D> {
    type Target = [Option<D>];

    fn deref(&self) -> &[Option<D>] {
        &self.0
    }
}

impl<D> DerefMut for Devices<D> {
    fn deref_mut(&mut self) -> &mut [Option<D>] {
        &mut self.0
    }
}

fn not_live<T>(device: u32) -> Result<T> {
    Err(Error::Rejected(format!("device {device} is not live")))
}

impl<D: Device> Devices<D> {
    pub fn new(capacity: u32) -> Self {
        Devices((0..capacity).map(|_| None).collect())
    }

    pub fn live(&self, device: u32) -> Result<&D> {
        self.get(device as usize).and_then(Option::as_ref).map_or_else(|| not_live(device), Ok)
    }

    pub fn live_mut(&mut self, device: u32) -> Result<&mut D> {
        self.get_mut(device as usize).and_then(Option::as_mut).map_or_else(|| not_live(device), Ok)
    }

    /// The key package of a device; of one that is not live it is made and forgotten.
    pub fn publish(
        &self,
        device: u32,
        make: impl FnOnce() -> Result<D>,
        out: &mut Outbox,
    ) -> Result {
        let made;
        let package = match &self[device as usize] {
            Some(live) => live.key_package(),
            None => {
                made = make()?;
                made.key_package()
            }
        };

        out.send(&[Outgoing::new(Kind::KeyMaterial, To::Server, device, package)])
    }
}

/// One commit to the group and, where somebody joins, one Welcome before it.
pub fn send_commit(
    out: &mut Outbox,
    device: u32,
    commit: &[u8],
    welcome: Option<&[u8]>,
    joining: &[u32],
) -> Result {
    let to_joiners =
        welcome.map(|body| Outgoing::new(Kind::Welcome, To::Devices(joining), device, body));
    let to_group = Outgoing::new(Kind::Commit, To::Group, device, commit);
    let messages: Vec<_> = to_joiners.into_iter().chain([to_group]).collect();

    out.send(&messages)
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

/// Methods of a provider that are those of what it wraps.
#[macro_export]
macro_rules! forward {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        $(fn $name(&self $(, $arg: $type)*) -> $result {
            self.0.$name($($arg),*)
        })*
    };
}
