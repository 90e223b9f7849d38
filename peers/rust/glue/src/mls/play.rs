//! Groups that exist before the clock runs. No implementation makes one from a ratchet tree, so
//! they are played.
use super::world::{Device, World};
use super::{believing, Change, Library, Shown};
use crate::random::{self, Stream};
use crate::{failing, Error, Published, Result, Shape};

/// A full tree takes a commit of each member, and each commit reads the whole tree. Of larger groups
/// the harness has the tree from mls/, and makes the live devices join.
const MAX_FULL: u32 = 100;

impl<L: Library> World<L> {
    /// The group of `shape` as the axis `tree` says: device 0 adds all others in one commit; in a
    /// full tree every member then commits once, in the order of the leaves.
    pub(super) fn play(&mut self, shape: &Shape) -> Result {
        if self.axes.full && shape.size > MAX_FULL {
            return Err(Error::Unsupported(format!(
                "{} has no API that makes a group from a ratchet tree, and playing {} commits \
                 takes too long: at most {MAX_FULL} members",
                L::TITLE,
                shape.size
            )));
        }
        let founder = self.found(shape)?;
        if self.axes.full {
            self.commit_each(shape, founder)?;
        } else if let Some(d) = &mut self.devices[0] {
            *d = founder;
        }
        for d in self.devices.iter_mut().flatten() {
            if let Some(group) = &mut d.group {
                self.library.keep_group(&d.own, group).map_err(failing("shape"))?;
            }
            self.library.keep_key_package(&d.own);
        }
        Ok(())
    }

    /// Device 0 founds the group; in a cold tree, the live members join it.
    fn found(&mut self, shape: &Shape) -> Result<Device<L>> {
        let mut founder = self.make(0)?;
        let mut group =
            self.library.found(&founder.own, &self.group_id).map_err(failing("shape"))?;
        let packages = (1..shape.size).map(|d| Ok(self.make(d)?.key_package));
        let packages: Vec<Vec<u8>> = packages.collect::<Result<_>>()?;
        let added = (1..).zip(&packages).map(|(device, body)| Published { device, body });
        let change = Change { add: &added.collect::<Vec<_>>(), ..Default::default() };

        let made =
            self.library.commit(&founder.own, &mut group, change).map_err(failing("shape"))?;
        self.library.settle(&founder.own, &mut group, &made.commit).map_err(failing("shape"))?;
        let tree = self.library.tree(&group).map_err(failing("shape"))?;
        let welcome = made.welcome.unwrap_or_default();
        for &device in shape.live.iter().filter(|&&d| d > 0 && d < shape.size && !self.axes.full) {
            let d = self.devices[device as usize].as_mut().expect("live devices were made");
            let joined = self.library.join(&d.own, &welcome, Some(&tree));
            d.group = Some(joined.map_err(failing("shape"))?);
        }
        founder.group = Some(group);
        Ok(founder)
    }

    /// A member of whom there is no state commits as RFC 9420, 12.4.3.2, lets it: from outside,
    /// in place of itself. The tree is the one that an empty commit would have left.
    fn commit_each(&mut self, shape: &Shape, founder: Device<L>) -> Result {
        let mut newest = founder;

        for device in 0..shape.size {
            let group = newest.group.as_ref().expect("it has committed");
            let info = self.library.group_info(&newest.own, group, true);
            let info = info.map_err(failing("shape"))?;
            let mut next = self.make(device)?;
            // Who else is live, and draws, makes no other group.
            let mut stream = Stream::new(self.seed, "commit", device.into());
            let shown = Shown { info: &info, tree: None, own: Some(device) };
            let join = || self.library.join_external(&next.own, shown);
            let joined = random::with(&mut stream, || believing(join));
            let (group, commit) = joined.map_err(failing("shape"))?;

            next.group = Some(group);
            self.keep(shape, device.wrapping_sub(1), newest);
            for member in shape.live.iter().filter(|&&m| m < device) {
                let d = self.devices[*member as usize].as_mut().expect("live devices were made");
                let group = d.group.as_mut().expect("it has committed");
                self.library.process(&d.own, group, &commit).map_err(failing("shape"))?;
            }
            newest = next;
        }
        self.keep(shape, shape.size - 1, newest);
        Ok(())
    }

    /// Who has committed and is live stays; anybody else is forgotten.
    fn keep(&mut self, shape: &Shape, device: u32, d: Device<L>) {
        if shape.live.contains(&device) {
            self.devices[device as usize] = Some(d);
        }
    }
}
