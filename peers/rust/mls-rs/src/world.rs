//! Devices and groups of a world, and groups that exist before the clock runs.
use crate::crypto::Provider;
use crate::provider;
use groupbench_glue::mls::{self, believing, Devices};
use groupbench_glue::random::{self, Stream};
use groupbench_glue::{CStr, Error, Result, Shape};
use mls_rs::client_builder::{
    BaseConfig, PaddingMode, WithCryptoProvider, WithIdentityProvider, WithMlsRules,
};
use mls_rs::identity::basic::{BasicCredential, BasicIdentityProvider};
use mls_rs::identity::SigningIdentity;
use mls_rs::mls_rules::{CommitOptions, DefaultMlsRules, EncryptionOptions};
use mls_rs::storage_provider::in_memory::InMemoryKeyPackageStorage;
use mls_rs::time::MlsTime;
use mls_rs::{CipherSuite, CipherSuiteProvider, Client, CryptoProvider, MlsMessage};
use mls_rs_core::group::GroupStateStorage;
use mls_rs_core::key_package::KeyPackageData;
use std::time::Duration;

/// Nothing in a world knows the real time.
pub fn now() -> MlsTime {
    MlsTime::from_duration_since_epoch(Duration::from_secs(1_700_000_000))
}

/// Other implementations read the clock, and shall not find a key package expired: a century.
const LIFETIME: Duration = Duration::from_secs(3_155_760_000);

pub type Config = WithMlsRules<
    DefaultMlsRules,
    WithIdentityProvider<BasicIdentityProvider, WithCryptoProvider<Provider, BaseConfig>>,
>;
pub type Group = mls_rs::Group<Config>;

/// What of the axes mls-rs has.
pub enum Able {}
pub type Axes = mls::Axes<Able>;

impl mls::Abilities for Able {
    const NAME: &'static str = "mls-rs";
    type Suite = CipherSuite;
    const SUITE_1: CipherSuite = CipherSuite::CURVE25519_AES128;
    const NO_HISTORY: &'static CStr = c"mls-rs has no API that makes a group from a ratchet tree: this history would have to be played by all members";
    const NO_PADDING: Option<&'static CStr> =
        Some(c"mls_rs::client_builder::PaddingMode has no multiple of a given length");
    const NO_SUITE: &'static CStr = c"CryptoProvider::supported_cipher_suites lacks this suite";
    const NO_THREADS: &'static CStr =
        c"mls-rs takes its threads from rayon's global pool, which is set once a process";

    fn suite(number: u16) -> Option<CipherSuite> {
        let suite = CipherSuite::new(number);

        provider::suites().contains(&suite).then_some(suite)
    }
}

/// A live device; a member also has a group.
pub struct Device {
    pub client: Client<Config>,
    pub key_package: Vec<u8>,
    private: Vec<(Vec<u8>, KeyPackageData)>,
    keys: InMemoryKeyPackageStorage,
    pub group: Option<Group>,
    pub saved: Option<Group>,
    pub was_removed: bool,
    pub was_removed_saved: bool,
}

impl mls::Device for Device {
    fn key_package(&self) -> &[u8] {
        &self.key_package
    }
}

impl Device {
    /// Joining consumes the private part of the key package; here it is there again.
    pub fn keep_key_package(&self) {
        for (id, data) in &self.private {
            self.keys.insert(id.clone(), data.clone());
        }
    }
}

pub struct MlsRs {
    pub axes: Axes,
    pub devices: Devices<Device>,
    pub group_id: [u8; 32],
    seed: u64,
}

fn failed(what: &'static str) -> impl Fn(mls_rs::error::MlsError) -> Error {
    move |e| Error::failed(what, e)
}

impl MlsRs {
    pub fn new(config: &groupbench_glue::Config) -> Self {
        let axes = Axes::of(config);
        let mut group_id = [0; 32];

        random::fill(&mut group_id);
        MlsRs { axes, devices: Devices::new(config.capacity), group_id, seed: config.seed }
    }

    fn rules(&self) -> DefaultMlsRules {
        let commits = CommitOptions::new()
            .with_path_required(self.axes.path)
            .with_ratchet_tree_extension(self.axes.tree_in_welcome);
        let encryption = EncryptionOptions::new(self.axes.private, PaddingMode::None);

        DefaultMlsRules::new().with_commit_options(commits).with_encryption_options(encryption)
    }

    /// A device with its key package, all from its number and the seed.
    pub fn make_device(&self, device: u32) -> Result<Device> {
        let mut stream = Stream::new(self.seed, "device", device.into());

        random::with(&mut stream, || self.draw_device(device))
    }

    fn draw_device(&self, device: u32) -> Result<Device> {
        let suite = Provider.cipher_suite_provider(self.axes.suite);
        let suite = suite.ok_or_else(|| Error::Failed("no such suite".into()))?;
        let (secret, public) =
            suite.signature_key_generate().map_err(|e| Error::failed("signature key", e))?;
        let credential = BasicCredential::new(self.axes.identity_of(device)).into_credential();
        let client = Client::builder()
            .crypto_provider(Provider)
            .identity_provider(BasicIdentityProvider)
            .mls_rules(self.rules())
            .key_package_lifetime(LIFETIME)
            .signing_identity(SigningIdentity::new(credential, public), secret, self.axes.suite)
            .build();
        let key_package = client
            .generate_key_package_message(Default::default(), Default::default(), Some(now()))
            .and_then(|m| m.to_bytes())
            .map_err(failed("key package"))?;
        let keys = client.key_package_store();
        let private = keys.key_packages();

        Ok(Device {
            client,
            key_package,
            private,
            keys,
            group: None,
            saved: None,
            was_removed: false,
            was_removed_saved: false,
        })
    }

    /// Members from the beginning are at the leaf of their number; others have to be looked for.
    pub fn leaf_of(&self, actor: u32, device: u32) -> Result<u32> {
        let identity = self.axes.identity_of(device);
        let group = self.devices[actor as usize].as_ref().and_then(|d| d.group.as_ref());
        let group = group.ok_or_else(|| Error::Rejected("remove: not a member".into()))?;
        let usual = group.member_at_index(device).filter(|m| {
            let credential = m.signing_identity.credential.as_basic();
            credential.is_some_and(|c| c.identifier == identity)
        });

        match usual {
            Some(member) => Ok(member.index),
            None => group
                .member_with_identity(&identity)
                .map(|m| m.index)
                .map_err(|e| Error::rejected("remove", e)),
        }
    }

    pub fn stored_bytes(&self, device: u32) -> Result<u64> {
        let d = self.devices.live(device)?;
        let storage = d.client.group_state_storage();
        let id = d.group.as_ref().map_or(&[][..], Group::group_id);
        let lost = |e| Error::failed("store", e);
        let state = storage.state(id).map_err(lost)?.map_or(0, |s| s.len());
        let newest = storage.max_epoch_id(id).map_err(lost)?.unwrap_or(0);
        let mut bytes = state as u64;

        for epoch in newest.saturating_sub(3)..=newest {
            let epoch = storage.epoch(id, epoch).map_err(lost)?;
            bytes += epoch.map_or(0, |e| e.len() as u64);
        }
        Ok(bytes)
    }

    /// The group of `shape` as the axis `tree` says, played: device 0 adds all others in one
    /// commit; in a full tree every member then commits once, in the order of the leaves.
    pub fn play(&mut self, shape: &Shape) -> Result {
        self.axes.check_history(shape)?;
        let founder = self.found(shape)?;
        if self.axes.full {
            self.commit_each(shape, founder)?;
        } else if let Some(d) = &mut self.devices[0] {
            d.group = Some(founder);
        }
        // Keys of past epochs go where a client would have put them.
        for group in self.devices.iter_mut().flatten().filter_map(|d| d.group.as_mut()) {
            group.write_to_storage().map_err(failed("shape"))?;
        }
        self.devices.iter().flatten().for_each(Device::keep_key_package);
        Ok(())
    }

    /// Device 0 founds the group; in a cold tree, the live members join it.
    fn found(&mut self, shape: &Shape) -> Result<Group> {
        let founder = self.make_device(0)?;
        let client = self.devices[0].as_ref().map_or(&founder.client, |d| &d.client);
        let id = self.group_id.to_vec();
        let mut group = client
            .create_group_with_id(id, Default::default(), Default::default(), Some(now()))
            .map_err(failed("shape"))?;
        let mut adds = group.commit_builder().commit_time(now());

        for device in 1..shape.size {
            let package = self.make_device(device)?.key_package;
            let package = MlsMessage::from_bytes(&package).map_err(failed("shape"))?;
            adds = adds.add_member(package).map_err(failed("shape"))?;
        }
        let output = adds.build().map_err(failed("shape"))?;
        group.apply_pending_commit().map_err(failed("shape"))?;
        let tree = group.export_tree();
        for &device in shape.live.iter().filter(|&&d| d > 0 && d < shape.size && !self.axes.full) {
            let d = self.devices[device as usize].as_mut().expect("live devices were made");
            let joined =
                d.client.join_group(Some(tree.clone()), &output.welcome_messages()[0], Some(now()));
            d.group = Some(joined.map_err(failed("shape"))?.0);
        }
        Ok(group)
    }

    /// A member of whom there is no state commits as RFC 9420, 12.4.3.2, lets it: from outside,
    /// in place of itself. The tree is the one that an empty commit would have left.
    fn commit_each(&mut self, shape: &Shape, founder: Group) -> Result {
        let mut newest = founder;

        for device in 0..shape.size {
            let info =
                newest.group_info_message_allowing_ext_commit(true).map_err(failed("shape"))?;
            let made = self.make_device(device)?;
            let builder = made.client.external_commit_builder().map_err(failed("shape"))?;
            let client = self.devices[device as usize].as_ref().map(|d| &d.client);
            let builder = match client {
                Some(client) => client.external_commit_builder().map_err(failed("shape"))?,
                None => builder,
            };
            let builder = builder.with_removal(device).commit_time(now());
            let (group, commit) = believing(|| builder.build(info)).map_err(failed("shape"))?;

            for member in shape.live.iter().filter(|&&m| m < device) {
                let d = self.devices[*member as usize].as_mut().expect("live devices were made");
                let group = d.group.as_mut().expect("it has committed");
                group
                    .process_incoming_message_with_time(commit.clone(), now())
                    .map_err(failed("shape"))?;
            }
            if let Some(d) = self.devices[device as usize].as_mut() {
                if shape.live.contains(&device) {
                    d.group = Some(group.clone());
                }
            }
            newest = group;
        }
        Ok(())
    }
}
