//! OpenMLS as a backend: what a member does as calls of its public API. Bytes are decoded and
//! encoded inside each call. What cannot be had: docs/backends.md, Peers.
use groupbench_glue::mls::openmls::{Provider, Seeded};
use groupbench_glue::mls::{Axes, Change, Library, Made, Shown, Standing, World, LAST_SECOND, NOW};
use groupbench_glue::random::{self, Stream};
use groupbench_glue::{export, refuse, CStr, Refusable};
use openmls::prelude::{tls_codec::Deserialize, tls_codec::Serialize, *};
use openmls::schedule::psk::{ResumptionPsk, ResumptionPskUsage};
use openmls::schedule::{ExternalPsk, PreSharedKeyId, Psk};
use openmls_basic_credential::SignatureKeyPair;
use openmls_memory_storage::MemoryStorage;
use openmls_traits::crypto::OpenMlsCrypto;
use std::collections::HashMap;
use std::sync::{Arc, Once};

#[cfg(feature = "rustcrypto")]
mod crypto {
    pub use openmls_rust_crypto::RustCrypto as Crypto;
    pub const NAME: &groupbench_glue::CStr = c"openmls-rustcrypto";
    pub const VERSION: &str = "openmls 0.9.2, openmls_rust_crypto 0.6.0";

    pub fn make() -> Option<Crypto> {
        Some(Crypto::default())
    }
}

#[cfg(feature = "libcrux")]
mod crypto {
    pub use openmls_libcrux_crypto::CryptoProvider as Crypto;
    pub const NAME: &groupbench_glue::CStr = c"openmls-libcrux";
    pub const VERSION: &str = "openmls 0.9.2, openmls_libcrux_crypto 0.4.0";

    pub fn make() -> Option<Crypto> {
        Crypto::new().ok()
    }
}

type Stored = HashMap<Vec<u8>, Vec<u8>>;

struct OpenMls {
    axes: Axes<Ciphersuite>,
    crypto: Arc<Seeded<crypto::Crypto>>,
}

struct Device {
    provider: Provider<crypto::Crypto>,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    /// What its store held before it had a group.
    private: Stored,
}

impl Device {
    fn store(&self) -> std::sync::RwLockWriteGuard<'_, Stored> {
        self.provider.storage.values.write().expect("one thread")
    }
}

/// What the message of another member says.
fn read(d: &Device, group: &mut MlsGroup, m: &[u8]) -> Refusable<ProcessedMessageContent> {
    let message = MlsMessageIn::tls_deserialize_exact(m)?.try_into_protocol_message()?;

    Ok(group.process_message(&d.provider, message)?.into_content())
}

fn named(identity: &[u8]) -> Credential {
    BasicCredential::new(identity.to_vec()).into()
}

impl OpenMls {
    fn wire_format(&self) -> WireFormatPolicy {
        match self.axes.private {
            true => MIXED_CIPHERTEXT_WIRE_FORMAT_POLICY,
            false => MIXED_PLAINTEXT_WIRE_FORMAT_POLICY,
        }
    }

    fn join_config(&self) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(self.wire_format())
            .padding_size(self.axes.padding)
            .use_ratchet_tree_extension(self.axes.tree_in_welcome)
            .number_of_resumption_psks(1)
            .build()
    }

    fn key_package(&self, body: &[u8]) -> Refusable<KeyPackage> {
        match MlsMessageIn::tls_deserialize_exact(body)?.extract() {
            MlsMessageBodyIn::KeyPackage(package) => {
                Ok(package.validate(&*self.crypto, ProtocolVersion::Mls10)?)
            }
            _ => refuse("not a key package"),
        }
    }

    fn psk(&self, psk: Psk) -> Refusable<Proposal> {
        let psk = PreSharedKeyId::new(self.axes.suite, &*self.crypto, psk)?;

        Ok(Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(psk))))
    }
}

impl Library for OpenMls {
    const NAME: &'static CStr = crypto::NAME;
    const TITLE: &'static str = "OpenMLS";
    const MAX_SKIP: (u32, &'static str) = (1000, "SenderRatchetConfiguration by default");

    type Suite = Ciphersuite;
    const SUITE_1: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
    const NO_SUITE: &'static CStr = c"OpenMlsCrypto::supported_ciphersuites lacks this suite";
    const NO_PADDING: Option<&'static CStr> = None;

    type Device = Device;
    type Group = MlsGroup;
    /// A group is loaded from the store.
    type Saved = (Stored, Option<GroupId>);

    fn suite(number: u16) -> Option<Ciphersuite> {
        let suite = Ciphersuite::try_from(number).ok()?;
        let crypto = random::with(&mut Stream::new(0, "suites", 0), crypto::make);

        crypto.is_some_and(|c| c.supported_ciphersuites().contains(&suite)).then_some(suite)
    }

    fn version() -> String {
        crypto::VERSION.into()
    }

    fn open(axes: Axes<Ciphersuite>) -> Refusable<Self> {
        static ONE_THREAD: Once = Once::new();

        // The calling thread is the whole pool.
        ONE_THREAD.call_once(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
            pool.build_global().expect("nobody else made the pool of this library");
        });
        match crypto::make() {
            Some(crypto) => Ok(OpenMls { axes, crypto: Arc::new(Seeded(crypto)) }),
            None => refuse("no provider"),
        }
    }

    fn device(&self, identity: Vec<u8>) -> Refusable<(Device, Vec<u8>)> {
        let provider = Provider { crypto: self.crypto.clone(), storage: MemoryStorage::default() };
        let scheme = self.axes.suite.signature_algorithm();
        let (secret, public) = self.crypto.signature_key_gen(scheme)?;
        let signer = SignatureKeyPair::from_raw(scheme, secret, public.clone());
        let credential =
            CredentialWithKey { credential: named(&identity), signature_key: public.into() };
        let bundle = KeyPackage::builder()
            .key_package_lifetime(Lifetime::init(NOW, LAST_SECOND))
            .build(self.axes.suite, &provider, &signer, credential.clone())?;
        let key_package = MlsMessageOut::from(bundle.key_package().clone()).to_bytes()?;
        let private = provider.storage.values.read().expect("one thread").clone();

        Ok((Device { provider, signer, credential, private }, key_package))
    }

    fn keep_key_package(&self, d: &Device) {
        d.store().extend(d.private.clone());
    }

    fn found(&self, d: &Device, id: &[u8]) -> Refusable<MlsGroup> {
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(self.axes.suite)
            .wire_format_policy(self.wire_format())
            .padding_size(self.axes.padding)
            .lifetime(Lifetime::init(NOW, LAST_SECOND))
            .use_ratchet_tree_extension(self.axes.tree_in_welcome)
            .build();
        let (id, credential) = (GroupId::from_slice(id), d.credential.clone());

        Ok(MlsGroup::new_with_group_id(&d.provider, &d.signer, &config, id, credential)?)
    }

    fn commit(&self, d: &Device, group: &mut MlsGroup, change: Change) -> Refusable<Made> {
        let external = change.psk.map(|id| Psk::External(ExternalPsk::new(id.to_vec())));
        let resumption = change.resumption.then(|| {
            let (usage, id) = (ResumptionPskUsage::Application, group.group_id().clone());
            Psk::Resumption(ResumptionPsk::new(usage, id, group.epoch()))
        });
        let psks = external.into_iter().chain(resumption).map(|psk| self.psk(psk));
        let adds = change.add.iter().map(|p| self.key_package(p.body));
        let bundle = group
            .commit_builder()
            .propose_adds(adds.collect::<Refusable<Vec<_>>>()?)
            .propose_removals(change.remove.iter().map(|&leaf| LeafNodeIndex::new(leaf)))
            .add_proposals(psks.collect::<Refusable<Vec<_>>>()?)
            .force_self_update(self.axes.path || change.needs_path())
            .load_psks(&d.provider.storage)?
            .create_group_info(false)
            .build(&*self.crypto, &*self.crypto, &d.signer, |_| true)?
            .stage_commit(&d.provider)?;
        let (commit, welcome, _) = bundle.into_messages();

        Ok(Made { commit: commit.to_bytes()?, welcome: welcome.map(|w| w.to_bytes()).transpose()? })
    }

    fn settle(&self, d: &Device, group: &mut MlsGroup, _commit: &[u8]) -> Refusable<Standing> {
        group.merge_pending_commit(&d.provider)?;
        Ok(Standing::Member)
    }

    fn discard(&self, d: &Device, group: &mut MlsGroup) -> Refusable {
        Ok(group.clear_pending_commit(&d.provider.storage)?)
    }

    fn process(&self, d: &Device, group: &mut MlsGroup, m: &[u8]) -> Refusable<Standing> {
        let ProcessedMessageContent::StagedCommitMessage(staged) = read(d, group, m)? else {
            return refuse("not a commit");
        };

        group.merge_staged_commit(&d.provider, *staged)?;
        Ok(if group.is_active() { Standing::Member } else { Standing::Removed })
    }

    fn join(&self, d: &Device, welcome: &[u8], tree: Option<&[u8]>) -> Refusable<MlsGroup> {
        let message = MlsMessageIn::tls_deserialize_exact(welcome)?.extract();
        let MlsMessageBodyIn::Welcome(welcome) = message else { return refuse("not a Welcome") };
        let tree = tree.map(RatchetTreeIn::tls_deserialize_exact).transpose()?;
        let mut join =
            StagedWelcome::build_from_welcome(&d.provider, &self.join_config(), welcome)?
                .replace_old_group();

        if let Some(tree) = tree {
            join = join.with_ratchet_tree(tree);
        }
        Ok(join.build()?.into_group(&d.provider)?)
    }

    /// The library finds its former self by its signature key.
    fn join_external(&self, d: &Device, shown: Shown) -> Refusable<(MlsGroup, Vec<u8>)> {
        let message = MlsMessageIn::tls_deserialize_exact(shown.info)?.extract();
        let MlsMessageBodyIn::GroupInfo(info) = message else { return refuse("not a GroupInfo") };
        let mut builder = MlsGroup::external_commit_builder().with_config(self.join_config());

        if let Some(tree) = shown.tree {
            builder = builder.with_ratchet_tree(RatchetTreeIn::tls_deserialize_exact(tree)?);
        }
        let (group, bundle) = builder
            .build_group(&d.provider, info, d.credential.clone())?
            .load_psks(&d.provider.storage)?
            .create_group_info(false)
            .build(&*self.crypto, &*self.crypto, &d.signer, |_| true)?
            .finalize(&d.provider)?;
        Ok((group, bundle.into_commit().to_bytes()?))
    }

    fn send(&self, d: &Device, group: &mut MlsGroup, text: &[u8]) -> Refusable<Vec<u8>> {
        Ok(group.create_message(&d.provider, &d.signer, text)?.to_bytes()?)
    }

    fn receive(&self, d: &Device, group: &mut MlsGroup, m: &[u8]) -> Refusable<Vec<u8>> {
        match read(d, group, m)? {
            ProcessedMessageContent::ApplicationMessage(m) => Ok(m.into_bytes()),
            _ => refuse("not an application message"),
        }
    }

    fn authenticator(&self, group: &MlsGroup) -> Refusable<Vec<u8>> {
        Ok(group.epoch_authenticator().as_slice().to_vec())
    }

    fn group_info(&self, d: &Device, group: &MlsGroup, tree: bool) -> Refusable<Vec<u8>> {
        Ok(group.export_group_info(&*self.crypto, &d.signer, tree)?.to_bytes()?)
    }

    fn tree(&self, group: &MlsGroup) -> Refusable<Vec<u8>> {
        Ok(group.export_ratchet_tree().tls_serialize_detached()?)
    }

    fn leaf_of(&self, group: &MlsGroup, usual: u32, identity: &[u8]) -> Option<u32> {
        let credential = named(identity);

        match group.member(LeafNodeIndex::new(usual)) == Some(&credential) {
            true => Some(usual),
            false => group.member_leaf_index(&credential).map(|leaf| leaf.u32()),
        }
    }

    fn set_psk(&self, d: &Device, id: &[u8], psk: &[u8]) -> Refusable {
        Ok(PreSharedKeyId::external(id.to_vec(), vec![]).store(&d.provider, psk)?)
    }

    fn save(&self, d: &Device, group: Option<&MlsGroup>) -> Self::Saved {
        (d.store().clone(), group.map(|g| g.group_id().clone()))
    }

    fn restore(&self, d: &Device, (stored, id): &Self::Saved) -> Refusable<Option<MlsGroup>> {
        d.store().clone_from(stored);
        match id {
            Some(id) => Ok(MlsGroup::load(&d.provider.storage, id)?),
            None => Ok(None),
        }
    }

    fn forget(&self, d: &Device, _group: MlsGroup) {
        d.store().clone_from(&d.private);
    }
}

export!(World<OpenMls>);
