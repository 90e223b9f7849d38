//! mls-rs as a backend: the calls of the harness as calls of its public API. Bytes are decoded
//! and encoded inside each call. What cannot be had: docs/backends.md, Peers.
mod crypto;
#[cfg_attr(feature = "openssl", path = "openssl.rs")]
#[cfg_attr(feature = "rustcrypto", path = "rustcrypto.rs")]
mod provider;
mod world;

use groupbench_glue::mls::send_commit;
use groupbench_glue::*;
use mls_rs::group::{CommitBuilder, CommitEffect, ExportedTree, ReceivedMessage};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::MlsMessage;
use world::{now, Axes, Device, Group, MlsRs};

/// Receivers bridge as many generations of a sender's ratchet, and no more.
const MAX_SKIP: u32 = 1024;

fn decoded(what: &str, body: &[u8]) -> Result<MlsMessage> {
    MlsMessage::from_bytes(body).map_err(|e| Error::rejected(what, e))
}

impl MlsRs {
    fn device(&mut self, device: u32) -> Result<&mut Device> {
        self.devices.live_mut(device)
    }

    /// The group of a device that can act in it.
    fn group(&mut self, device: u32, what: &str) -> Result<&mut Group> {
        let d = self.device(device)?;

        if d.was_removed {
            return Err(Error::Rejected(format!("{what}: this device was removed")));
        }
        d.group.as_mut().ok_or_else(|| Error::Rejected(format!("{what}: not a member")))
    }
}

/// One commit and, where somebody joins, one Welcome.
fn commit(
    group: &mut Group,
    device: u32,
    packages: Vec<MlsMessage>,
    leaves: Vec<u32>,
    joining: &[u32],
    out: &mut Outbox,
) -> Result {
    let refused = |e| Error::rejected("commit", e);
    let builder = group.commit_builder().commit_time(now());
    let builder = packages.into_iter().try_fold(builder, CommitBuilder::add_member);
    let output = builder
        .and_then(|b| leaves.into_iter().try_fold(b, CommitBuilder::remove_member))
        .and_then(CommitBuilder::build)
        .map_err(refused)?;
    let commit = output.commit_message().to_bytes().map_err(refused)?;
    let welcomes = output.welcome_messages();
    let welcome = welcomes.first().map(MlsMessage::to_bytes).transpose().map_err(refused)?;

    send_commit(out, device, &commit, welcome.as_deref(), joining)
        .inspect_err(|_| group.clear_pending_commit())
}

fn commit_adds(group: &mut Group, device: u32, joining: &[Published], out: &mut Outbox) -> Result {
    let devices: Vec<u32> = joining.iter().map(|p| p.device).collect();
    let packages = joining.iter().map(|p| decoded("key package", p.body));

    commit(group, device, packages.collect::<Result<_>>()?, vec![], &devices, out)
}

impl Peer for MlsRs {
    const NAME: &'static CStr = provider::NAME;
    const FEATURES: u32 = SETTLES | SEALED | FORGERY_SPENDS;
    const MAX_SIZE: u32 = 100_000;
    const OFFERS: &'static [Offer] = &[
        Offer::Checkpoint,
        Offer::Discard,
        Offer::GroupInfo,
        Offer::FetchTree,
        Offer::JoinExternal,
        Offer::Skip,
        Offer::Store,
        Offer::Psk,
    ];

    fn version() -> String {
        provider::version()
    }

    fn axis(name: &str, value: &str) -> Answer {
        Axes::default().set(name, value)
    }

    fn open(config: &Config) -> Result<Self> {
        Ok(MlsRs::new(config))
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
        let id = self.group_id.to_vec();
        let d = self.device(device)?;

        if d.group.is_some() {
            return Err(Error::Rejected("create: the device has a group".into()));
        }
        let mut group = d
            .client
            .create_group_with_id(id, Default::default(), Default::default(), Some(now()))
            .map_err(|e| Error::failed("create", e))?;
        if !others.is_empty() {
            commit_adds(&mut group, device, others, out)?;
        }
        self.device(device)?.group = Some(group);
        Ok(())
    }

    fn add(&mut self, device: u32, joining: &[Published], out: &mut Outbox) -> Result {
        commit_adds(self.group(device, "add")?, device, joining, out)
    }

    fn remove(&mut self, device: u32, leaving: &[u32], out: &mut Outbox) -> Result {
        let leaves = leaving.iter().map(|&leaver| self.leaf_of(device, leaver));
        let leaves = leaves.collect::<Result<_>>()?;

        commit(self.group(device, "remove")?, device, vec![], leaves, &[], out)
    }

    fn rekey(&mut self, device: u32, out: &mut Outbox) -> Result {
        commit(self.group(device, "rekey")?, device, vec![], vec![], &[], out)
    }

    fn send(&mut self, device: u32, plaintext: &[u8], out: &mut Outbox) -> Result {
        let message = self
            .group(device, "send")?
            .encrypt_application_message(plaintext, vec![])
            .and_then(|m| m.to_bytes())
            .map_err(|e| Error::rejected("send", e))?;

        out.send(&[Outgoing::new(Kind::Application, To::Group, device, &message)])
    }

    fn process(&mut self, device: u32, message: &Incoming) -> Result {
        let group = self.group(device, "process")?;
        let received = group
            .process_incoming_message_with_time(decoded("process", message.body)?, now())
            .map_err(|e| Error::rejected("process", e))?;

        match received {
            ReceivedMessage::Commit(commit) => {
                let removed = matches!(commit.effect, CommitEffect::Removed { .. });
                self.device(device)?.was_removed = removed;
                Ok(())
            }
            ReceivedMessage::Proposal(_) => Ok(()),
            _ => Err(Error::Rejected("process: neither a commit nor a proposal".into())),
        }
    }

    fn join(&mut self, device: u32, messages: &[Incoming]) -> Result {
        let d = self.device(device)?;

        if d.group.is_some() && !d.was_removed {
            return Err(Error::Rejected("join: the device has a group".into()));
        }
        let welcome = decoded("join", messages[0].body)?;
        let tree = messages.get(1).map(|m| ExportedTree::from_bytes(m.body)).transpose();
        let tree = tree.map_err(|e| Error::rejected("join", e))?;
        let (group, _) = d
            .client
            .join_group(tree, &welcome, Some(now()))
            .map_err(|e| Error::rejected("join", e))?;

        d.group = Some(group);
        d.was_removed = false;
        Ok(())
    }

    fn receive(&mut self, device: u32, message: &Incoming) -> Result<Vec<u8>> {
        let group = self.group(device, "receive")?;

        match group.process_incoming_message(decoded("receive", message.body)?) {
            Ok(ReceivedMessage::ApplicationMessage(m)) => Ok(m.data().to_vec()),
            Ok(_) => Err(Error::Rejected("receive: not an application message".into())),
            Err(e) => Err(Error::rejected("receive", e)),
        }
    }

    fn digest(&mut self, device: u32, _sender: u32) -> Result<[u8; DIGEST_BYTES]> {
        let secret = self.group(device, "digest")?.epoch_authenticator();
        let secret = secret.map_err(|e| Error::failed("digest", e))?;

        // At least 32 bytes in every suite.
        secret.as_bytes()[..DIGEST_BYTES].try_into().map_err(|e| Error::failed("digest", e))
    }

    fn checkpoint(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            d.saved.clone_from(&d.group);
            d.was_removed_saved = d.was_removed;
        }
        Ok(())
    }

    fn rollback(&mut self) -> Result {
        for d in self.devices.iter_mut().flatten() {
            d.group.clone_from(&d.saved);
            d.was_removed = d.was_removed_saved;
            d.keep_key_package();
        }
        Ok(())
    }

    fn discard(&mut self, device: u32) -> Result {
        self.group(device, "discard")?.clear_pending_commit();
        Ok(())
    }

    fn group_info(&mut self, device: u32, out: &mut Outbox) -> Result {
        let with_tree = self.axes.tree_in_welcome;
        let info = self
            .group(device, "group_info")?
            .group_info_message_allowing_ext_commit(with_tree)
            .and_then(|m| m.to_bytes())
            .map_err(|e| Error::failed("group_info", e))?;

        out.send(&[Outgoing::new(Kind::GroupInfo, To::Server, device, &info)])
    }

    fn fetch_tree(&mut self, device: u32, out: &mut Outbox) -> Result {
        let tree = self.group(device, "fetch_tree")?.export_tree().to_bytes();
        let tree = tree.map_err(|e| Error::failed("fetch_tree", e))?;

        out.send(&[Outgoing::new(Kind::RatchetTree, To::Server, device, &tree)])
    }

    fn join_external(&mut self, device: u32, with: &[Incoming], out: &mut Outbox) -> Result {
        let refused = |e| Error::rejected("join_external", e);
        let d = self.device(device)?;

        if d.group.is_some() && !d.was_removed {
            return Err(Error::Rejected("join_external: the device has a group".into()));
        }
        let info = decoded("join_external", with[0].body)?;
        let mut builder = d.client.external_commit_builder().map_err(refused)?.commit_time(now());
        if let Some(tree) = with.get(1) {
            let tree = ExportedTree::from_bytes(tree.body).map_err(refused)?;
            builder = builder.with_tree_data(tree);
        }
        let (group, commit) = builder.build(info).map_err(refused)?;
        let commit = commit.to_bytes().map_err(refused)?;

        out.send(&[Outgoing::new(Kind::Commit, To::Group, device, &commit)])?;
        d.group = Some(group);
        d.was_removed = false;
        Ok(())
    }

    fn skip(&mut self, device: u32, n: u32) -> Result {
        if n > MAX_SKIP {
            return Err(Error::Unsupported(format!(
                "mls-rs bridges {MAX_SKIP} generations (MAX_RATCHET_BACK_HISTORY), not {n}"
            )));
        }
        for _ in 0..n {
            self.group(device, "skip")?
                .encrypt_application_message(b"", vec![])
                .map_err(|e| Error::failed("skip", e))?;
        }
        Ok(())
    }

    fn store(&mut self, device: u32) -> Result<u64> {
        self.group(device, "store")?.write_to_storage().map_err(|e| Error::failed("store", e))?;
        self.stored_bytes(device)
    }

    fn reload(&mut self, device: u32) -> Result {
        let d = self.device(device)?;
        let id = d.group.as_ref().map_or(&[][..], Group::group_id);
        let again = d.client.load_group(id).map_err(|e| Error::failed("reload", e))?;

        match &d.group {
            Some(group) if Group::equal_group_state(group, &again) => Ok(()),
            _ => Err(Error::Failed("reload: the state differs from what was stored".into())),
        }
    }

    fn set_psk(&mut self, device: u32, id: &[u8], psk: &[u8]) -> Result {
        let mut store = self.device(device)?.client.secret_store();

        store.insert(ExternalPskId::new(id.to_vec()), PreSharedKey::new(psk.to_vec()));
        Ok(())
    }

    fn commit_psk(&mut self, device: u32, id: &[u8], out: &mut Outbox) -> Result {
        let refused = |e| Error::rejected("commit_psk", e);
        let group = self.group(device, "commit_psk")?;
        let output = group
            .commit_builder()
            .commit_time(now())
            .add_external_psk(ExternalPskId::new(id.to_vec()))
            .and_then(CommitBuilder::build)
            .map_err(refused)?;
        let commit = output.commit_message().to_bytes().map_err(refused)?;

        send_commit(out, device, &commit, None, &[]).inspect_err(|_| group.clear_pending_commit())
    }
}

export!(MlsRs);
