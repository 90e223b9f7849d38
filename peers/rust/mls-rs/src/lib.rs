//! mls-rs as a backend: what a member does as calls of its public API. Bytes are decoded and
//! encoded inside each call. What cannot be had: docs/backends.md, Peers.
#[cfg_attr(feature = "openssl", path = "openssl.rs")]
#[cfg_attr(feature = "rustcrypto", path = "rustcrypto.rs")]
mod provider;

use groupbench_glue::mls::mls_rs::Provider;
use groupbench_glue::mls::{
    Axes, Change, Library, Made, Shown, Standing, Successor, World, LAST_SECOND, NOW,
};
use groupbench_glue::{export, refuse, CStr, Refusable, FORGERY_SPENDS};
use mls_rs::client_builder::*;
use mls_rs::group::{CommitBuilder, CommitEffect, ExportedTree, ReceivedMessage};
use mls_rs::identity::{basic::*, SigningIdentity};
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::psk::{ExternalPskId, PreSharedKey};
use mls_rs::time::MlsTime;
use mls_rs::{
    CipherSuite, CipherSuiteProvider, Client, CryptoProvider, MlsMessage, ProtocolVersion,
};
use mls_rs_core::group::GroupStateStorage;
use mls_rs_core::key_package::KeyPackageData;
use std::time::Duration;

fn now() -> MlsTime {
    MlsTime::from_duration_since_epoch(Duration::from_secs(NOW))
}

type Config = WithMlsRules<
    DefaultMlsRules,
    WithIdentityProvider<
        BasicIdentityProvider,
        WithCryptoProvider<Provider<provider::Source>, BaseConfig>,
    >,
>;
type Group = mls_rs::Group<Config>;

struct MlsRs(Axes<CipherSuite>);

struct Device {
    client: Client<Config>,
    private: Vec<(Vec<u8>, KeyPackageData)>,
}

impl Library for MlsRs {
    const NAME: &'static CStr = provider::NAME;
    const TITLE: &'static str = "mls-rs";
    const FEATURES: u32 = FORGERY_SPENDS;
    const STORES: bool = true;
    const REINITS: bool = true;
    const MAX_SKIP: (u32, &'static str) = (1024, "mls-rs' MAX_RATCHET_BACK_HISTORY");

    type Suite = CipherSuite;
    const SUITE_1: CipherSuite = CipherSuite::CURVE25519_AES128;
    const NO_SUITE: &'static CStr = c"CryptoProvider::supported_cipher_suites lacks this suite";
    const NO_PADDING: Option<&'static CStr> =
        Some(c"mls_rs::client_builder::PaddingMode has no multiple of a given length");

    type Device = Device;
    type Group = Group;
    type Saved = Option<Group>;

    fn suite(number: u16) -> Option<CipherSuite> {
        let suite = CipherSuite::new(number);

        Provider::<provider::Source>::THE
            .supported_cipher_suites()
            .contains(&suite)
            .then_some(suite)
    }

    fn version() -> String {
        provider::version()
    }

    fn open(axes: Axes<CipherSuite>) -> Refusable<Self> {
        Ok(MlsRs(axes))
    }

    fn device(&self, identity: Vec<u8>) -> Refusable<(Device, Vec<u8>)> {
        let provider = Provider::<provider::Source>::THE;
        let suite = provider.cipher_suite_provider(self.0.suite).ok_or("no such suite")?;
        let (secret, public) = suite.signature_key_generate()?;
        let credential = BasicCredential::new(identity).into_credential();
        let commits = CommitOptions::new()
            .with_path_required(self.0.path)
            .with_ratchet_tree_extension(self.0.tree_in_welcome);
        let encryption = EncryptionOptions::new(self.0.private, PaddingMode::None);
        let rules =
            DefaultMlsRules::new().with_commit_options(commits).with_encryption_options(encryption);
        let client = Client::builder()
            .crypto_provider(provider)
            .identity_provider(BasicIdentityProvider)
            .mls_rules(rules)
            .key_package_lifetime(Duration::from_secs(LAST_SECOND - NOW))
            .signing_identity(SigningIdentity::new(credential, public), secret, self.0.suite)
            .build();
        let (extensions, leaf) = Default::default();
        let package = client.generate_key_package_message(extensions, leaf, Some(now()))?;
        let private = client.key_package_store().key_packages();

        Ok((Device { client, private }, package.to_bytes()?))
    }

    fn keep_key_package(&self, d: &Device) {
        let store = d.client.key_package_store();

        d.private.iter().cloned().for_each(|(id, data)| store.insert(id, data));
    }

    fn found(&self, d: &Device, id: &[u8]) -> Refusable<Group> {
        let (context, leaf) = Default::default();

        Ok(d.client.create_group_with_id(id.to_vec(), context, leaf, Some(now()))?)
    }

    fn commit(&self, _d: &Device, group: &mut Group, change: Change) -> Refusable<Made> {
        let adds = change.add.iter().map(|p| MlsMessage::from_bytes(p.body));
        let adds: Vec<_> = adds.collect::<Result<_, _>>()?;
        let (epoch, suite) = (group.current_epoch(), self.0.suite);
        let builder = group.commit_builder().commit_time(now());
        let builder = match change.reinit {
            Some(id) => {
                let id = Some(id.to_vec());
                builder.reinit(id, ProtocolVersion::MLS_10, suite, Default::default())?
            }
            None => builder,
        };
        let builder = match change.resumption {
            true => builder.add_resumption_psk(epoch)?,
            false => builder,
        };
        let builder = adds.into_iter().try_fold(builder, CommitBuilder::add_member)?;
        let builder =
            change.remove.iter().copied().try_fold(builder, CommitBuilder::remove_member)?;
        let psk = change.psk.map(|id| ExternalPskId::new(id.to_vec()));
        let output = psk.into_iter().try_fold(builder, CommitBuilder::add_external_psk)?.build()?;
        let welcome = output.welcome_messages().first().map(MlsMessage::to_bytes).transpose()?;

        Ok(Made { commit: output.commit_message().to_bytes()?, welcome })
    }

    fn discard(&self, _d: &Device, group: &mut Group) -> Refusable {
        group.clear_pending_commit();
        Ok(())
    }

    fn process(&self, _d: &Device, group: &mut Group, m: &[u8]) -> Refusable<Standing> {
        let message = MlsMessage::from_bytes(m)?;

        match group.process_incoming_message_with_time(message, now())? {
            ReceivedMessage::Commit(commit) => Ok(match commit.effect {
                CommitEffect::Removed { .. } => Standing::Removed,
                CommitEffect::ReInit(_) => Standing::ShutDown,
                _ => Standing::Member,
            }),
            _ => refuse("not a commit"),
        }
    }

    fn join(&self, d: &Device, welcome: &[u8], tree: Option<&[u8]>) -> Refusable<Group> {
        let welcome = MlsMessage::from_bytes(welcome)?;
        let tree = tree.map(ExportedTree::from_bytes).transpose()?;

        Ok(d.client.join_group(tree, &welcome, Some(now()))?.0)
    }

    fn join_external(&self, d: &Device, shown: Shown) -> Refusable<(Group, Vec<u8>)> {
        let info = MlsMessage::from_bytes(shown.info)?;
        let mut builder = d.client.external_commit_builder()?.commit_time(now());

        if let Some(tree) = shown.tree {
            builder = builder.with_tree_data(ExportedTree::from_bytes(tree)?);
        }
        if let Some(leaf) = shown.own {
            builder = builder.with_removal(leaf);
        }
        let (group, commit) = builder.build(info)?;
        Ok((group, commit.to_bytes()?))
    }

    fn send(&self, _d: &Device, group: &mut Group, text: &[u8]) -> Refusable<Vec<u8>> {
        Ok(group.encrypt_application_message(text, vec![])?.to_bytes()?)
    }

    fn receive(&self, _d: &Device, group: &mut Group, m: &[u8]) -> Refusable<Vec<u8>> {
        match group.process_incoming_message(MlsMessage::from_bytes(m)?)? {
            ReceivedMessage::ApplicationMessage(m) => Ok(m.data().to_vec()),
            _ => refuse("not an application message"),
        }
    }

    fn authenticator(&self, group: &Group) -> Refusable<Vec<u8>> {
        Ok(group.epoch_authenticator()?.as_bytes().to_vec())
    }

    fn group_info(&self, _d: &Device, group: &Group, tree: bool) -> Refusable<Vec<u8>> {
        Ok(group.group_info_message_allowing_ext_commit(tree)?.to_bytes()?)
    }

    fn tree(&self, group: &Group) -> Refusable<Vec<u8>> {
        Ok(group.export_tree().to_bytes()?)
    }

    fn leaf_of(&self, group: &Group, _usual: u32, identity: &[u8]) -> Option<u32> {
        group.member_with_identity(identity).ok().map(|m| m.index)
    }

    fn succeed(&self, old: &Group, how: Successor) -> Refusable<(Group, Vec<u8>)> {
        let client = old.clone().get_reinit_client(None, None)?;

        match how {
            Successor::Founded(others) => {
                let packages = others.iter().map(|p| MlsMessage::from_bytes(p.body));
                let packages = packages.collect::<Result<_, _>>()?;
                let (group, welcome) = client.commit(packages, Default::default(), Some(now()))?;
                Ok((group, welcome.first().ok_or("no Welcome")?.to_bytes()?))
            }
            Successor::Joined { welcome, tree } => {
                let welcome = MlsMessage::from_bytes(welcome)?;
                let tree = tree.map(ExportedTree::from_bytes).transpose()?;
                Ok((client.join(&welcome, tree, Some(now()))?.0, Vec::new()))
            }
        }
    }

    fn set_psk(&self, d: &Device, id: &[u8], psk: &[u8]) -> Refusable {
        let mut store = d.client.secret_store();

        store.insert(ExternalPskId::new(id.to_vec()), PreSharedKey::new(psk.to_vec()));
        Ok(())
    }

    fn save(&self, _d: &Device, group: Option<&Group>) -> Option<Group> {
        group.cloned()
    }

    fn restore(&self, _d: &Device, saved: &Option<Group>) -> Refusable<Option<Group>> {
        Ok(saved.clone())
    }

    fn keep_group(&self, _d: &Device, group: &mut Group) -> Refusable {
        Ok(group.write_to_storage()?)
    }

    fn store(&self, d: &Device, group: &mut Group) -> Refusable<u64> {
        group.write_to_storage()?;
        let (storage, id) = (d.client.group_state_storage(), group.group_id());
        let newest = storage.max_epoch_id(id)?.unwrap_or(0);
        let mut bytes = storage.state(id)?.map_or(0, |s| s.len());

        for epoch in newest.saturating_sub(3)..=newest {
            bytes += storage.epoch(id, epoch)?.map_or(0, |e| e.len());
        }
        Ok(bytes as u64)
    }

    fn reload(&self, d: &Device, group: &Group) -> Refusable<bool> {
        Ok(Group::equal_group_state(group, &d.client.load_group(group.group_id())?))
    }
}

export!(World<MlsRs>);
