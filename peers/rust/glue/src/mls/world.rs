//! The devices and groups of a world, and each call of the harness as one of the library.
use super::{Axes, Change, Library, Shown, Standing, Successor};
use crate::random::{self, Stream};
use crate::{
    failing, rejecting, Answer, CStr, Config, Error, Incoming, Kind, Offer, Outbox, Outgoing, Peer,
    Published, Refusable, Result, Shape, To, DIGEST_BYTES, SEALED, SETTLES,
};

/// A live device; a member also has a group.
pub(super) struct Device<L: Library> {
    pub own: L::Device,
    pub key_package: Vec<u8>,
    pub group: Option<L::Group>,
    standing: Standing,
    /// Its commit that has not come back.
    sent: Vec<u8>,
    saved: Option<(L::Saved, Standing, Vec<u8>)>,
}

impl<L: Library> Device<L> {
    /// The device with its group, when it can act in it.
    fn member(&mut self, what: &str) -> Result<(&L::Device, &mut L::Group)> {
        let why = match (&mut self.group, self.standing) {
            (Some(group), Standing::Member) => return Ok((&self.own, group)),
            (Some(_), Standing::Removed) => "this device was removed",
            (Some(_), Standing::ShutDown) => "the group was shut down",
            (None, _) => "not a member",
        };

        Err(Error::Rejected(format!("{what}: {why}")))
    }

    fn has_group(&self) -> bool {
        self.group.is_some() && self.standing != Standing::Removed
    }

    fn enter(&mut self, group: L::Group) {
        self.group = Some(group);
        self.standing = Standing::Member;
        self.sent.clear();
    }
}

pub struct World<L: Library> {
    pub(super) library: L,
    pub(super) axes: Axes<L::Suite>,
    /// By their number; those that are not live have no state.
    pub(super) devices: Vec<Option<Device<L>>>,
    pub(super) group_id: [u8; 32],
    pub(super) seed: u64,
}

impl<L: Library> World<L> {
    /// A device with its key package, all from its number and the seed.
    pub(super) fn make(&self, device: u32) -> Result<Device<L>> {
        let identity = self.axes.identity_of(device);
        let mut stream = Stream::new(self.seed, "device", device.into());
        let made = random::with(&mut stream, || self.library.device(identity));
        let (own, key_package) = made.map_err(failing("key package"))?;

        Ok(Device {
            own,
            key_package,
            group: None,
            standing: Standing::Member,
            sent: Vec::new(),
            saved: None,
        })
    }

    /// The library, and a live device that it works on.
    fn live(&mut self, device: u32) -> Result<(&L, &mut Device<L>)> {
        match self.devices.get_mut(device as usize) {
            Some(Some(live)) => Ok((&self.library, live)),
            _ => Err(Error::Rejected(format!("device {device} is not live"))),
        }
    }

    /// Calls `f` for a member.
    fn at<T>(
        &mut self,
        device: u32,
        what: &str,
        f: impl FnOnce(&L, &L::Device, &mut L::Group) -> Refusable<T>,
    ) -> Result<T> {
        let (library, d) = self.live(device)?;
        let (own, group) = d.member(what)?;

        f(library, own, group).map_err(rejecting(what))
    }

    fn commit(&mut self, device: u32, what: &str, change: Change, out: &mut Outbox) -> Result {
        let (library, d) = self.live(device)?;
        let (own, group) = d.member(what)?;

        d.sent = send_commit(library, own, group, device, change, out)?;
        Ok(())
    }
}

/// One commit to the group and, where somebody joins, one Welcome before it. The commit comes back.
fn send_commit<L: Library>(
    library: &L,
    own: &L::Device,
    group: &mut L::Group,
    device: u32,
    change: Change,
    out: &mut Outbox,
) -> Result<Vec<u8>> {
    let made = library.commit(own, group, change).map_err(rejecting("commit"))?;
    let joining: Vec<u32> = change.add.iter().map(|p| p.device).collect();
    let to = To::Devices(&joining);
    let welcome = made.welcome.as_ref().map(|body| Outgoing::new(Kind::Welcome, to, device, body));
    let commit = Outgoing::new(Kind::Commit, To::Group, device, &made.commit);
    let messages: Vec<_> = welcome.into_iter().chain([commit]).collect();

    if let Err(e) = out.send(&messages) {
        library.discard(own, group).map_err(failing("commit"))?;
        return Err(e);
    }
    Ok(made.commit)
}

/// The first one where the library writes and reads its state when asked, the last one where it
/// reinitializes groups.
const OFFERED: [Offer; 10] = [
    Offer::Store,
    Offer::Checkpoint,
    Offer::Discard,
    Offer::GroupInfo,
    Offer::FetchTree,
    Offer::JoinExternal,
    Offer::Skip,
    Offer::Psk,
    Offer::Resumption,
    Offer::Reinit,
];

impl<L: Library> Peer for World<L> {
    const NAME: &'static CStr = L::NAME;
    const FEATURES: u32 = SETTLES | SEALED | L::FEATURES;
    const MAX_SIZE: u32 = 100_000;
    const OFFERS: &'static [Offer] = match (L::STORES, L::REINITS) {
        (true, true) => &OFFERED,
        (true, false) => OFFERED.split_at(OFFERED.len() - 1).0,
        (false, true) => OFFERED.split_at(1).1,
        (false, false) => OFFERED.split_at(OFFERED.len() - 1).0.split_at(1).1,
    };

    fn version() -> String {
        L::version()
    }

    fn axis(name: &str, value: &str) -> Answer {
        Axes::answer::<L>(name, value)
    }

    fn open(config: &Config) -> Result<Self> {
        let axes = Axes::of::<L>(config);
        let group_id = random::array();

        Ok(World {
            library: L::open(axes).map_err(failing("open"))?,
            axes,
            devices: (0..config.capacity).map(|_| None).collect(),
            group_id,
            seed: config.seed,
        })
    }

    fn publish(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.materialise(device)?;
        let (library, d) = self.live(device)?;

        if d.standing == Standing::ShutDown {
            library.keep_key_package(&d.own);
        }
        self.publish_dormant(device, out)
    }

    /// The key package of a device; of one that is not live it is made and forgotten.
    fn publish_dormant(&mut self, device: u32, out: &mut Outbox) -> Result {
        let made;
        let package = match &self.devices[device as usize] {
            Some(live) => &live.key_package,
            None => {
                made = self.make(device)?;
                &made.key_package
            }
        };

        out.send(&[Outgoing::new(Kind::KeyMaterial, To::Server, device, package)])
    }

    fn materialise(&mut self, device: u32) -> Result {
        if self.devices[device as usize].is_none() {
            self.devices[device as usize] = Some(self.make(device)?);
        }
        Ok(())
    }

    fn shape(&mut self, shape: &Shape) -> Result {
        shape.live.iter().try_for_each(|&device| self.materialise(device))?;
        if shape.without_group || shape.live.is_empty() {
            return Ok(());
        }
        self.play(shape)
    }

    fn create(&mut self, device: u32, others: &[Published], out: &mut Outbox) -> Result {
        let id = self.group_id;
        let (library, d) = self.live(device)?;

        if d.group.is_some() {
            return Err(Error::Rejected("create: the device has a group".into()));
        }
        let mut group = library.found(&d.own, &id).map_err(failing("create"))?;
        if !others.is_empty() {
            let change = Change { add: others, ..Default::default() };
            match send_commit(library, &d.own, &mut group, device, change, out) {
                Ok(commit) => d.sent = commit,
                Err(e) => {
                    library.forget(&d.own, group);
                    return Err(e);
                }
            }
        }
        d.group = Some(group);
        Ok(())
    }

    fn add(&mut self, device: u32, joining: &[Published], out: &mut Outbox) -> Result {
        self.commit(device, "add", Change { add: joining, ..Default::default() }, out)
    }

    fn remove(&mut self, device: u32, leaving: &[u32], out: &mut Outbox) -> Result {
        let axes = self.axes;
        let (library, d) = self.live(device)?;
        let (_, group) = d.member("remove")?;
        let leaf = |&d: &u32| library.leaf_of(group, d, &axes.identity_of(d));
        let Some(leaves) = leaving.iter().map(leaf).collect::<Option<Vec<_>>>() else {
            return Err(Error::Rejected("remove: no such member".into()));
        };

        self.commit(device, "remove", Change { remove: &leaves, ..Default::default() }, out)
    }

    fn rekey(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.commit(device, "rekey", Change::default(), out)
    }

    fn send(&mut self, device: u32, plaintext: &[u8], out: &mut Outbox) -> Result {
        let message = self.at(device, "send", |l, own, group| l.send(own, group, plaintext))?;

        out.send(&[Outgoing::new(Kind::Application, To::Group, device, &message)])
    }

    fn process(&mut self, device: u32, message: &Incoming) -> Result {
        let (library, d) = self.live(device)?;
        let is_own = message.from == device && !d.sent.is_empty() && message.body == d.sent;
        let (own, group) = d.member("process")?;

        d.standing = match is_own {
            true => library.settle(own, group, message.body).map_err(failing("process"))?,
            false => library.process(own, group, message.body).map_err(rejecting("process"))?,
        };
        d.sent.clear();
        Ok(())
    }

    fn join(&mut self, device: u32, messages: &[Incoming]) -> Result {
        let (library, d) = self.live(device)?;

        let (welcome, tree) = (messages[0].body, messages.get(1).map(|m| m.body));
        let group = match (&d.group, d.standing) {
            (None, _) | (_, Standing::Removed) => library.join(&d.own, welcome, tree),
            (Some(old), Standing::ShutDown) => {
                library.succeed(old, Successor::Joined { welcome, tree }).map(|made| made.0)
            }
            _ => return Err(Error::Rejected("join: the device has a group".into())),
        };
        // A Welcome that is refused may take the key package with it; it is no part of this call.
        if group.is_err() {
            library.keep_key_package(&d.own);
        }
        d.enter(group.map_err(rejecting("join"))?);
        Ok(())
    }

    fn receive(&mut self, device: u32, message: &Incoming) -> Result<Vec<u8>> {
        self.at(device, "receive", |l, own, group| l.receive(own, group, message.body))
    }

    fn digest(&mut self, device: u32, _sender: u32) -> Result<[u8; DIGEST_BYTES]> {
        let secret = self.at(device, "digest", |l, _, group| l.authenticator(group))?;

        // At least 32 bytes in every suite.
        secret[..DIGEST_BYTES].try_into().map_err(|e| Error::failed("digest", e))
    }

    fn checkpoint(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            let saved = self.library.save(&d.own, d.group.as_ref());

            d.saved = Some((saved, d.standing, d.sent.clone()));
        }
        Ok(())
    }

    fn rollback(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            match &d.saved {
                Some((saved, standing, sent)) => {
                    d.group = self.library.restore(&d.own, saved).map_err(failing("rollback"))?;
                    (d.standing, d.sent) = (*standing, sent.clone());
                }
                None => {
                    d.group.take().into_iter().for_each(|g| self.library.forget(&d.own, g));
                    (d.standing, d.sent) = (Standing::Member, Vec::new());
                }
            }
            self.library.keep_key_package(&d.own);
        }
        Ok(())
    }

    fn discard(&mut self, device: u32) -> Result {
        let (library, d) = self.live(device)?;
        let (own, group) = d.member("discard")?;

        library.discard(own, group).map_err(failing("discard"))?;
        d.sent.clear();
        Ok(())
    }

    fn group_info(&mut self, device: u32, out: &mut Outbox) -> Result {
        let tree = self.axes.tree_in_welcome;
        let info = self.at(device, "group_info", |l, own, group| l.group_info(own, group, tree))?;

        out.send(&[Outgoing::new(Kind::GroupInfo, To::Server, device, &info)])
    }

    fn fetch_tree(&mut self, device: u32, out: &mut Outbox) -> Result {
        let tree = self.at(device, "fetch_tree", |l, _, group| l.tree(group))?;

        out.send(&[Outgoing::new(Kind::RatchetTree, To::Server, device, &tree)])
    }

    fn join_external(&mut self, device: u32, with: &[Incoming], out: &mut Outbox) -> Result {
        let (library, d) = self.live(device)?;

        if d.has_group() {
            return Err(Error::Rejected("join_external: the device has a group".into()));
        }
        let tree = with.get(1).map(|m| m.body);
        let joined = library.join_external(&d.own, Shown { info: with[0].body, tree, own: None });
        let (group, commit) = joined.map_err(rejecting("join_external"))?;

        out.send(&[Outgoing::new(Kind::Commit, To::Group, device, &commit)])?;
        d.enter(group);
        Ok(())
    }

    fn skip(&mut self, device: u32, n: u32) -> Result {
        let (most, why) = L::MAX_SKIP;

        if n > most {
            return Err(Error::Unsupported(format!("{why} bridges {most} generations, not {n}")));
        }
        self.at(device, "skip", |l, own, group| {
            (0..n).try_for_each(|_| l.send(own, group, b"").map(drop))
        })
    }

    fn store(&mut self, device: u32) -> Result<u64> {
        self.at(device, "store", |l, own, group| l.store(own, group))
    }

    fn reload(&mut self, device: u32) -> Result {
        match self.at(device, "reload", |l, own, group| l.reload(own, group))? {
            true => Ok(()),
            false => Err(Error::Failed("reload: the state differs from what was stored".into())),
        }
    }

    fn set_psk(&mut self, device: u32, id: &[u8], psk: &[u8]) -> Result {
        let (library, d) = self.live(device)?;

        library.set_psk(&d.own, id, psk).map_err(failing("set_psk"))
    }

    fn commit_psk(&mut self, device: u32, id: &[u8], out: &mut Outbox) -> Result {
        self.commit(device, "commit_psk", Change { psk: Some(id), ..Default::default() }, out)
    }

    fn commit_resumption(&mut self, device: u32, out: &mut Outbox) -> Result {
        let change = Change { resumption: true, ..Default::default() };

        self.commit(device, "commit_resumption", change, out)
    }

    fn reinit(&mut self, device: u32, out: &mut Outbox) -> Result {
        let change = Change { reinit: Some(random::array()), ..Default::default() };

        self.commit(device, "reinit", change, out)
    }

    fn succeed(&mut self, device: u32, others: &[Published], out: &mut Outbox) -> Result {
        let (library, d) = self.live(device)?;
        let Some(old) = d.group.as_ref().filter(|_| d.standing == Standing::ShutDown) else {
            return Err(Error::Rejected("succeed: the group was not shut down".into()));
        };
        let made = library.succeed(old, Successor::Founded(others)).map_err(rejecting("succeed"));
        let (group, welcome) = made?;
        let joining: Vec<u32> = others.iter().map(|p| p.device).collect();

        out.send(&[Outgoing::new(Kind::Welcome, To::Devices(&joining), device, &welcome)])?;
        d.enter(group);
        Ok(())
    }
}
