//! The axes of the comparison, as far as MLS has them.
use super::Library;
use crate::{Answer, CStr, Config};

const NO_HISTORY: &CStr = c"no API makes a group from a ratchet tree: this history would have to be played by all members";
const NO_THREADS: &CStr = c"threads come from rayon's global pool, which is set once a process";

#[derive(Clone, Copy)]
pub struct Axes<S> {
    pub full: bool,
    pub path: bool,
    pub tree_in_welcome: bool,
    pub private: bool,
    pub padding: usize,
    pub suite: S,
    identity: usize,
}

impl<S> Axes<S> {
    fn usual<L: Library<Suite = S>>() -> Self {
        Axes {
            full: true,
            path: true,
            tree_in_welcome: true,
            private: false,
            padding: 0,
            suite: L::SUITE_1,
            identity: 16,
        }
    }

    /// Those of a world, each of which has been answered with `Honoured`.
    pub(super) fn of<L: Library<Suite = S>>(config: &Config) -> Self {
        let mut axes = Self::usual::<L>();

        for (name, value) in &config.axes {
            axes.set::<L>(name, value);
        }
        axes
    }

    /// Whether the value can be had.
    pub(super) fn answer<L: Library<Suite = S>>(name: &str, value: &str) -> Answer {
        Self::usual::<L>().set::<L>(name, value)
    }

    fn set<L: Library<Suite = S>>(&mut self, name: &str, value: &str) -> Answer {
        let number: usize = value.parse().unwrap_or(0);

        match (name, value) {
            ("tree", "cold" | "full") => self.full = value == "full",
            ("tree", _) => return Answer::NotSupported(NO_HISTORY),
            ("path", _) => self.path = value == "yes",
            ("tree_delivery", _) => self.tree_in_welcome = value == "welcome",
            ("handshake", _) => self.private = value == "private",
            ("padding", _) => match L::NO_PADDING {
                Some(why) if number > 0 => return Answer::NotSupported(why),
                _ => self.padding = number,
            },
            ("suite", _) => match L::suite(number as u16) {
                Some(suite) => self.suite = suite,
                None => return Answer::NotSupported(L::NO_SUITE),
            },
            ("identity", _) if number >= 10 => self.identity = number,
            ("identity", _) => {
                return Answer::NotSupported(
                    c"an identity is a device number of at least 10 digits",
                )
            }
            ("threads", "1") => {}
            ("threads", _) => return Answer::NotSupported(NO_THREADS),
            _ => return Answer::NotApplicable,
        }
        Answer::Honoured
    }

    /// The device number in decimal, zeros in front.
    pub fn identity_of(&self, device: u32) -> Vec<u8> {
        format!("{device:0width$}", width = self.identity).into_bytes()
    }
}
