//! Devices and groups of a world, and groups that exist before the clock runs.
use crate::crypto::{self, Provider, Seeded};
use groupbench_glue::mls::{self, believing, Devices};
use groupbench_glue::random::{self, Stream};
use groupbench_glue::{CStr, Config, Error, Result, Shape};
use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::{tls_codec::Deserialize, *};
use openmls_basic_credential::SignatureKeyPair;
use openmls_memory_storage::MemoryStorage;
use openmls_traits::crypto::OpenMlsCrypto;
use std::collections::HashMap;
use std::sync::{Arc, Once};

/// OpenMLS asks the system for the time, which is in this range.
const FIRST_SECOND: u64 = 1_700_000_000;
const LAST_SECOND: u64 = 4_102_444_800;

/// What of the axes OpenMLS has.
pub enum Able {}
pub type Axes = mls::Axes<Able>;

impl mls::Abilities for Able {
    const NAME: &'static str = "OpenMLS";
    type Suite = Ciphersuite;
    const SUITE_1: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    const NO_HISTORY: &'static CStr = c"OpenMLS has no API that makes a group from a ratchet tree: this history would have to be played by all members";
    const NO_PADDING: Option<&'static CStr> = None;
    const NO_SUITE: &'static CStr = c"OpenMlsCrypto::supported_ciphersuites lacks this suite";
    const NO_THREADS: &'static CStr =
        c"OpenMLS takes its threads from rayon's global pool, which is set once a process";

    fn suite(number: u16) -> Option<Ciphersuite> {
        let suite = Ciphersuite::try_from(number).ok()?;
        let crypto = random::with(&mut Stream::new(0, "suites", 0), crypto::make);

        crypto.is_some_and(|c| c.supported_ciphersuites().contains(&suite)).then_some(suite)
    }
}

type Stored = HashMap<Vec<u8>, Vec<u8>>;

/// A live device; a member also has a group.
pub struct Device {
    pub provider: Provider,
    pub signer: SignatureKeyPair,
    pub credential: CredentialWithKey,
    pub key_package: Vec<u8>,
    private: Stored,
    pub group: Option<MlsGroup>,
    /// The last commit it sent.
    pub sent: Vec<u8>,
    pub saved: Option<(Stored, Option<GroupId>)>,
}

impl mls::Device for Device {
    fn key_package(&self) -> &[u8] {
        &self.key_package
    }
}

impl Device {
    /// Joining consumes the private part of the key package; here it is there again.
    pub fn keep_key_package(&self) {
        let mut stored = self.provider.storage.values.write().expect("one thread");

        stored.extend(self.private.clone());
    }

    pub fn forget_group(&mut self) {
        self.group = None;
        self.provider.storage.values.write().expect("one thread").clone_from(&self.private);
    }

    pub fn join(
        &self,
        config: &MlsGroupJoinConfig,
        welcome: Welcome,
        tree: Option<RatchetTreeIn>,
    ) -> Result<MlsGroup> {
        let refused = |e| Error::rejected("join", e);
        let mut join = StagedWelcome::build_from_welcome(&self.provider, config, welcome)
            .map_err(refused)?
            .replace_old_group();

        if let Some(tree) = tree {
            join = join.with_ratchet_tree(tree);
        }
        join.build().and_then(|staged| staged.into_group(&self.provider)).map_err(refused)
    }

    /// What a message of another member says.
    pub fn read(&mut self, what: &str, body: &[u8]) -> Result<ProcessedMessageContent> {
        let group = self.group.as_mut();
        let group = group.ok_or_else(|| Error::Rejected(format!("{what}: not a member")))?;
        let message = MlsMessageIn::tls_deserialize_exact(body)
            .map_err(|e| Error::rejected(what, e))?
            .try_into_protocol_message()
            .map_err(|e| Error::rejected(what, e))?;

        group
            .process_message(&self.provider, message)
            .map(ProcessedMessage::into_content)
            .map_err(|e| Error::rejected(what, e))
    }
}

pub struct OpenMls {
    pub axes: Axes,
    pub crypto: Arc<Seeded>,
    pub devices: Devices<Device>,
    group_id: GroupId,
    seed: u64,
}

fn failed<E: std::fmt::Debug>(e: E) -> Error {
    Error::failed("shape", e)
}

impl OpenMls {
    pub fn new(config: &Config) -> Result<Self> {
        static ONE_THREAD: Once = Once::new();
        let mut id = [0; 32];

        // The calling thread is the whole pool.
        ONE_THREAD.call_once(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
            pool.build_global().expect("nobody else made the pool of this library");
        });
        random::fill(&mut id);
        let crypto = crypto::make().ok_or_else(|| Error::Failed("open: no provider".into()))?;

        Ok(OpenMls {
            axes: Axes::of(config),
            crypto: Arc::new(Seeded(crypto)),
            devices: Devices::new(config.capacity),
            group_id: GroupId::from_slice(&id),
            seed: config.seed,
        })
    }

    fn wire_format(&self) -> WireFormatPolicy {
        match self.axes.private {
            true => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
            false => MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        }
    }

    pub fn join_config(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format())
            .padding_size(self.axes.padding)
            .use_ratchet_tree_extension(self.axes.tree_in_welcome)
            .build()
    }

    pub fn new_group(&self, d: &Device) -> Result<MlsGroup> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.axes.suite)
            .wire_format_policy(self.wire_format())
            .padding_size(self.axes.padding)
            .lifetime(Lifetime::init(FIRST_SECOND, LAST_SECOND))
            .use_ratchet_tree_extension(self.axes.tree_in_welcome)
            .build();
        let (id, credential) = (self.group_id.clone(), d.credential.clone());

        MlsGroup::new_with_group_id(&d.provider, &d.signer, &config, id, credential)
            .map_err(|e| Error::failed("create", e))
    }

    /// A device with its key package, all from its number and the seed.
    pub fn make_device(&self, device: u32) -> Result<Device> {
        let mut stream = Stream::new(self.seed, "device", device.into());

        random::with(&mut stream, || self.draw_device(device))
    }

    fn draw_device(&self, device: u32) -> Result<Device> {
        let provider = Provider { crypto: self.crypto.clone(), storage: MemoryStorage::default() };
        let scheme = self.axes.suite.signature_algorithm();
        let (secret, public) =
            self.crypto.signature_key_gen(scheme).map_err(|e| Error::failed("key", e))?;
        let signer = SignatureKeyPair::from_raw(scheme, secret, public.clone());
        let credential = CredentialWithKey {
            credential: BasicCredential::new(self.axes.identity_of(device)).into(),
            signature_key: public.into(),
        };
        let bundle = KeyPackage::builder()
            .key_package_lifetime(Lifetime::init(FIRST_SECOND, LAST_SECOND))
            .build(self.axes.suite, &provider, &signer, credential.clone())
            .map_err(|e| Error::failed("key package", e))?;
        let key_package = MlsMessageOut::from(bundle.key_package().clone()).to_bytes();
        let private = provider.storage.values.read().expect("one thread").clone();

        Ok(Device {
            provider,
            signer,
            credential,
            key_package: key_package.map_err(|e| Error::failed("key package", e))?,
            private,
            group: None,
            sent: Vec::new(),
            saved: None,
        })
    }

    /// Members from the beginning are at the leaf of their number; others have to be looked for.
    pub fn leaf_of(&self, actor: u32, device: u32) -> Result<LeafNodeIndex> {
        let credential: Credential = BasicCredential::new(self.axes.identity_of(device)).into();
        let group = self.devices.live(actor)?.group.as_ref();
        let group = group.ok_or_else(|| Error::Rejected("remove: not a member".into()))?;
        let usual = LeafNodeIndex::new(device);

        if group.member(usual) == Some(&credential) {
            return Ok(usual);
        }
        let found = group.member_leaf_index(&credential);
        found.ok_or_else(|| Error::Rejected("remove: no such member".into()))
    }

    /// The group of `shape` as the axis `tree` says, played: device 0 adds all others in one
    /// commit; in a full tree every member then commits once, in the order of the leaves.
    pub fn play(&mut self, shape: &Shape) -> Result {
        self.axes.check_history(shape)?;
        let founder = self.found(shape)?;
        if self.axes.full {
            self.commit_each(shape, founder)?;
        } else if let Some(d) = &mut self.devices[0] {
            *d = founder;
        }
        self.devices.iter().flatten().for_each(Device::keep_key_package);
        Ok(())
    }

    /// Device 0 founds the group; in a cold tree, the live members join it.
    fn found(&mut self, shape: &Shape) -> Result<Device> {
        let mut founder = self.make_device(0)?;
        let mut group = self.new_group(&founder)?;
        let mut packages = Vec::new();

        for device in 1..shape.size {
            let package = self.make_device(device)?.key_package;
            let package = MlsMessageIn::tls_deserialize_exact(&package).map_err(failed)?;
            let MlsMessageBodyIn::KeyPackage(package) = package.extract() else {
                return Err(Error::Failed("shape: not a key package".into()));
            };
            let version = ProtocolVersion::Mls10;
            packages.push(package.validate(&*self.crypto, version).map_err(failed)?);
        }
        let (_, welcome, _) = match self.axes.path {
            true => group.add_members(&founder.provider, &founder.signer, &packages),
            false => {
                group.add_members_without_update(&founder.provider, &founder.signer, &packages)
            }
        }
        .map_err(failed)?;
        group.merge_pending_commit(&founder.provider).map_err(failed)?;
        let welcome = welcome.to_bytes().map_err(failed)?;
        let config = self.join_config();
        for &device in shape.live.iter().filter(|&&d| d > 0 && d < shape.size && !self.axes.full) {
            let message = MlsMessageIn::tls_deserialize_exact(&welcome).map_err(failed)?;
            let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
                return Err(Error::Failed("shape: not a Welcome".into()));
            };
            let d = self.devices[device as usize].as_mut().expect("live devices were made");
            d.group = Some(d.join(&config, welcome, Some(group.export_ratchet_tree().into()))?);
        }
        founder.group = Some(group);
        Ok(founder)
    }

    /// A member of whom there is no state commits as RFC 9420, 12.4.3.2, lets it: from outside,
    /// in place of itself. The tree is the one that an empty commit would have left.
    fn commit_each(&mut self, shape: &Shape, founder: Device) -> Result {
        let mut newest = founder;

        for device in 0..shape.size {
            let info = newest.group_info()?;
            let mut next = self.make_device(device)?;
            // Who else is live, and draws, makes no other group.
            let mut stream = Stream::new(self.seed, "commit", device.into());
            let (group, commit) =
                random::with(&mut stream, || believing(|| self.commit_from_outside(&next, info)))?;

            next.group = Some(group);
            if device > 0 && shape.live.contains(&(device - 1)) {
                self.devices[device as usize - 1] = Some(newest);
            }
            for member in shape.live.iter().filter(|&&m| m < device) {
                let d = self.devices[*member as usize].as_mut().expect("live devices were made");
                d.follow(&commit)?;
            }
            newest = next;
        }
        if shape.live.contains(&(shape.size - 1)) {
            self.devices[shape.size as usize - 1] = Some(newest);
        }
        Ok(())
    }

    fn commit_from_outside(&self, d: &Device, info: VerifiableGroupInfo) -> Result<Outside> {
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_config(self.join_config())
            .build_group(&d.provider, info, d.credential.clone())
            .map_err(failed)?
            .load_psks(&d.provider.storage)
            .map_err(failed)?
            .create_group_info(false)
            .build(&*self.crypto, &*self.crypto, &d.signer, |_| true)
            .map_err(failed)?
            .finalize(&d.provider)
            .map_err(failed)?;

        Ok((group, bundle.into_commit().to_bytes().map_err(failed)?))
    }
}

/// The group of who commits from outside, and the commit.
type Outside = (MlsGroup, Vec<u8>);

impl Device {
    fn follow(&mut self, commit: &[u8]) -> Result {
        let ProcessedMessageContent::StagedCommitMessage(staged) = self.read("shape", commit)?
        else {
            return Err(Error::Failed("shape: not a commit".into()));
        };
        let group = self.group.as_mut().expect("it has just read in it");

        group.merge_staged_commit(&self.provider, *staged).map_err(failed)
    }

    fn group_info(&self) -> Result<VerifiableGroupInfo> {
        let group = self.group.as_ref().expect("it has committed");
        let info = group
            .export_group_info(&*self.provider.crypto, &self.signer, true)
            .map_err(failed)?
            .to_bytes()
            .map_err(failed)?;

        match MlsMessageIn::tls_deserialize_exact(&info).map_err(failed)?.extract() {
            MlsMessageBodyIn::GroupInfo(info) => Ok(info),
            _ => Err(Error::Failed("shape: not a GroupInfo".into())),
        }
    }
}
