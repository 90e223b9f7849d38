//! OpenMLS as a backend: the calls of the harness as calls of its public API. Bytes are decoded
//! and encoded inside each call. What cannot be had: docs/backends.md, Peers.
mod crypto;
mod world;

use groupbench_glue::mls::send_commit;
use groupbench_glue::{
    export, Answer, CStr, Config, Error, Incoming, Kind, Offer, Outbox, Outgoing, Peer, Published,
    Result, Shape, To, DIGEST_BYTES, SEALED, SETTLES,
};
use openmls::prelude::{tls_codec::Deserialize, tls_codec::Serialize, *};
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use std::collections::HashMap;
use world::{Axes, Device, OpenMls};

/// Receivers bridge as many generations of a sender's ratchet, and no more.
const MAX_SKIP: u32 = 1000;

fn decoded(what: &str, body: &[u8]) -> Result<MlsMessageIn> {
    MlsMessageIn::tls_deserialize_exact(body).map_err(|e| Error::rejected(what, e))
}

impl OpenMls {
    fn device(&mut self, device: u32) -> Result<&mut Device> {
        self.devices.live_mut(device)
    }

    /// The device, when it can act in its group.
    fn member(&mut self, device: u32, what: &str) -> Result<&mut Device> {
        let d = self.device(device)?;

        match &d.group {
            Some(group) if group.is_active() => Ok(d),
            Some(_) => Err(Error::Rejected(format!("{what}: this device was removed"))),
            None => Err(Error::Rejected(format!("{what}: not a member"))),
        }
    }
}

/// What a commit does, beside the path.
#[derive(Default)]
struct Request {
    add: Vec<KeyPackage>,
    joining: Vec<u32>,
    remove: Vec<LeafNodeIndex>,
    psk: Option<PreSharedKeyId>,
    with_path: bool,
}

/// One commit and, where somebody joins, one Welcome.
fn commit(d: &mut Device, device: u32, request: Request, out: &mut Outbox) -> Result {
    let Some(group) = d.group.as_mut() else {
        return Err(Error::Rejected("commit: not a member".into()));
    };
    let refused = |e: &dyn std::fmt::Debug| Error::rejected("commit", e);
    let provider = &d.provider;
    let bundle = group
        .commit_builder()
        .propose_adds(request.add)
        .propose_removals(request.remove)
        .add_proposals(
            request.psk.map(|id| Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(id)))),
        )
        .force_self_update(request.with_path)
        .load_psks(&provider.storage)
        .map_err(|e| refused(&e))?
        .create_group_info(false)
        .build(&*provider.crypto, &*provider.crypto, &d.signer, |_| true)
        .map_err(|e| refused(&e))?
        .stage_commit(provider)
        .map_err(|e| refused(&e))?;
    let (commit, welcome, _) = bundle.into_messages();
    let commit = commit.to_bytes().map_err(|e| refused(&e))?;
    let welcome = welcome.map(|w| w.to_bytes()).transpose().map_err(|e| refused(&e))?;

    if let Err(e) = send_commit(out, device, &commit, welcome.as_deref(), &request.joining) {
        group.clear_pending_commit(&provider.storage).map_err(|e| Error::failed("commit", e))?;
        return Err(e);
    }
    d.sent = commit;
    Ok(())
}

impl OpenMls {
    fn adds(&self, joining: &[Published]) -> Result<Request> {
        let refused = |e| Error::rejected("key package", e);
        let mut request = Request { with_path: self.axes.path, ..Default::default() };

        for p in joining {
            let MlsMessageBodyIn::KeyPackage(package) = decoded("key package", p.body)?.extract()
            else {
                return Err(Error::Rejected("key package: another message".into()));
            };
            let package = package.validate(&*self.crypto, ProtocolVersion::Mls10);
            request.add.push(package.map_err(refused)?);
            request.joining.push(p.device);
        }
        Ok(request)
    }
}

impl Peer for OpenMls {
    const NAME: &'static CStr = crypto::NAME;
    const FEATURES: u32 = SETTLES | SEALED;
    const MAX_SIZE: u32 = 100_000;
    const OFFERS: &'static [Offer] = &[
        Offer::Checkpoint,
        Offer::Discard,
        Offer::GroupInfo,
        Offer::FetchTree,
        Offer::Skip,
        Offer::Psk,
    ];

    fn version() -> String {
        crypto::VERSION.into()
    }

    fn axis(name: &str, value: &str) -> Answer {
        Axes::default().set(name, value)
    }

    fn open(config: &Config) -> Result<Self> {
        OpenMls::new(config)
    }

    fn publish_dormant(&mut self, device: u32, out: &mut Outbox) -> Result {
        self.devices.publish(device, || self.make_device(device), out)
    }

    fn materialise(&mut self, device: u32) -> Result {
        if self.devices[device as usize].is_none() {
            self.devices[device as usize] = Some(self.make_device(device)?);
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
        if self.device(device)?.group.is_some() {
            return Err(Error::Rejected("create: the device has a group".into()));
        }
        let request = self.adds(others)?;
        let group = self.new_group(self.devices.live(device)?)?;
        let d = self.device(device)?;

        d.group = Some(group);
        if others.is_empty() {
            return Ok(());
        }
        commit(d, device, request, out).inspect_err(|_| d.forget_group())
    }

    fn add(&mut self, device: u32, joining: &[Published], out: &mut Outbox) -> Result {
        let request = self.adds(joining)?;

        commit(self.member(device, "add")?, device, request, out)
    }

    fn remove(&mut self, device: u32, leaving: &[u32], out: &mut Outbox) -> Result {
        let remove = leaving.iter().map(|&leaver| self.leaf_of(device, leaver));
        let remove = remove.collect::<Result<_>>()?;
        let request = Request { remove, with_path: true, ..Default::default() };

        commit(self.member(device, "remove")?, device, request, out)
    }

    fn rekey(&mut self, device: u32, out: &mut Outbox) -> Result {
        let request = Request { with_path: true, ..Default::default() };

        commit(self.member(device, "rekey")?, device, request, out)
    }

    fn send(&mut self, device: u32, plaintext: &[u8], out: &mut Outbox) -> Result {
        let d = self.member(device, "send")?;
        let group = d.group.as_mut().expect("a member has a group");
        let message = group
            .create_message(&d.provider, &d.signer, plaintext)
            .map_err(|e| Error::rejected("send", e))?
            .to_bytes()
            .map_err(|e| Error::failed("send", e))?;

        out.send(&[Outgoing::new(Kind::Application, To::Group, device, &message)])
    }

    fn process(&mut self, device: u32, message: &Incoming) -> Result {
        let d = self.member(device, "process")?;
        let group = d.group.as_mut().expect("a member has a group");

        if message.from == device && group.pending_commit().is_some() && message.body == d.sent {
            return group
                .merge_pending_commit(&d.provider)
                .map_err(|e| Error::failed("process", e));
        }
        match d.read("process", message.body)? {
            ProcessedMessageContent::StagedCommitMessage(staged) => d
                .group
                .as_mut()
                .expect("a member has a group")
                .merge_staged_commit(&d.provider, *staged)
                .map_err(|e| Error::failed("process", e)),
            _ => Err(Error::Rejected("process: not a commit".into())),
        }
    }

    fn join(&mut self, device: u32, messages: &[Incoming]) -> Result {
        let config = self.join_config();
        let d = self.device(device)?;

        if d.group.as_ref().is_some_and(MlsGroup::is_active) {
            return Err(Error::Rejected("join: the device has a group".into()));
        }
        let MlsMessageBodyIn::Welcome(welcome) = decoded("join", messages[0].body)?.extract()
        else {
            return Err(Error::Rejected("join: not a Welcome".into()));
        };
        let tree = messages.get(1).map(|m| RatchetTreeIn::tls_deserialize_exact(m.body));
        let tree = tree.transpose().map_err(|e| Error::rejected("join", e))?;
        let group = d.join(&config, welcome, tree);

        // A Welcome that is refused takes the key package with it; it is no part of this call.
        if group.is_err() {
            d.keep_key_package();
        }
        d.group = Some(group?);
        Ok(())
    }

    fn receive(&mut self, device: u32, message: &Incoming) -> Result<Vec<u8>> {
        match self.member(device, "receive")?.read("receive", message.body)? {
            ProcessedMessageContent::ApplicationMessage(m) => Ok(m.into_bytes()),
            _ => Err(Error::Rejected("receive: not an application message".into())),
        }
    }

    fn digest(&mut self, device: u32, _sender: u32) -> Result<[u8; DIGEST_BYTES]> {
        let d = self.member(device, "digest")?;
        let secret = d.group.as_ref().expect("a member has a group").epoch_authenticator();

        // At least 32 bytes in every suite.
        secret.as_slice()[..DIGEST_BYTES].try_into().map_err(|e| Error::failed("digest", e))
    }

    fn checkpoint(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            let stored: &HashMap<_, _> = &d.provider.storage.values.read().expect("one thread");

            d.saved = Some((stored.clone(), d.group.as_ref().map(|g| g.group_id().clone())));
        }
        Ok(())
    }

    fn rollback(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            let Some((stored, id)) = &d.saved else { continue };

            d.provider.storage.values.write().expect("one thread").clone_from(stored);
            d.group = match id {
                Some(id) => MlsGroup::load(&d.provider.storage, id)
                    .map_err(|e| Error::failed("rollback", e))?,
                None => None,
            };
        }
        Ok(())
    }

    fn discard(&mut self, device: u32) -> Result {
        let d = self.member(device, "discard")?;
        let group = d.group.as_mut().expect("a member has a group");

        group.clear_pending_commit(&d.provider.storage).map_err(|e| Error::failed("discard", e))
    }

    fn group_info(&mut self, device: u32, out: &mut Outbox) -> Result {
        let with_tree = self.axes.tree_in_welcome;
        let d = self.member(device, "group_info")?;
        let group = d.group.as_ref().expect("a member has a group");
        let info = group
            .export_group_info(&*d.provider.crypto, &d.signer, with_tree)
            .map_err(|e| Error::failed("group_info", e))?
            .to_bytes()
            .map_err(|e| Error::failed("group_info", e))?;

        out.send(&[Outgoing::new(Kind::GroupInfo, To::Server, device, &info)])
    }

    fn fetch_tree(&mut self, device: u32, out: &mut Outbox) -> Result {
        let d = self.member(device, "fetch_tree")?;
        let tree = d.group.as_ref().expect("a member has a group").export_ratchet_tree();
        let tree = tree.tls_serialize_detached().map_err(|e| Error::failed("fetch_tree", e))?;

        out.send(&[Outgoing::new(Kind::RatchetTree, To::Server, device, &tree)])
    }

    fn skip(&mut self, device: u32, n: u32) -> Result {
        if n > MAX_SKIP {
            return Err(Error::Unsupported(format!(
                "SenderRatchetConfiguration bridges {MAX_SKIP} generations by default, not {n}"
            )));
        }
        let d = self.member(device, "skip")?;
        let group = d.group.as_mut().expect("a member has a group");

        for _ in 0..n {
            group
                .create_message(&d.provider, &d.signer, b"")
                .map_err(|e| Error::failed("skip", e))?;
        }
        Ok(())
    }

    fn set_psk(&mut self, device: u32, id: &[u8], psk: &[u8]) -> Result {
        let d = self.device(device)?;

        PreSharedKeyId::external(id.to_vec(), vec![])
            .store(&d.provider, psk)
            .map_err(|e| Error::failed("set_psk", e))
    }

    fn commit_psk(&mut self, device: u32, id: &[u8], out: &mut Outbox) -> Result {
        let psk = Psk::External(ExternalPsk::new(id.to_vec()));
        let psk = PreSharedKeyId::new(self.axes.suite, &*self.crypto, psk);
        let psk = Some(psk.map_err(|e| Error::failed("commit_psk", e))?);
        let request = Request { psk, with_path: self.axes.path, ..Default::default() };

        commit(self.member(device, "commit_psk")?, device, request, out)
    }
}

export!(OpenMls);
