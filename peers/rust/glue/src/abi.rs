//! groupbench_backend.h as Rust. Nothing here is checked by eye: each size and place is compared
//! with what the C compiler says, when the crate is compiled.
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};

pub type Status = u32;
pub const OK: Status = 0;
pub const REJECTED: Status = 1;
pub const UNSUPPORTED: Status = 2;
pub const FAILED: Status = 3;

pub const ABI: u32 = 3;
pub const DIGEST_BYTES: usize = 32;

pub const SETTLES: u32 = 1 << 0;
pub const SEALED: u32 = 1 << 1;
pub const REPLAYS: u32 = 1 << 2;
pub const PER_SENDER: u32 = 1 << 4;
pub const FORGERY_SPENDS: u32 = 1 << 6;
pub const ENVELOPED: u32 = 1 << 8;
pub const FALLBACK: u32 = 1 << 9;

/// In the place of the number of a key.
pub const LAST_RESORT: u32 = u32::MAX;
/// Of withhold(), from 0 on.
pub const REASONS: u32 = 2;

/// What a message is for.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    KeyMaterial,
    Claim,
    Proposal,
    Commit,
    Welcome,
    GroupInfo,
    RatchetTree,
    RoomKey,
    Application,
    Backup,
    KeyRequest,
    Dummy,
    Withheld,
}

pub const TO_DEVICES: u32 = 0;
pub const TO_GROUP: u32 = 1;
pub const TO_SERVER: u32 = 2;

/// Who multiplies a message with many recipients.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fanout {
    Server,
    Client,
}

pub const HONOURED: u32 = 0;
pub const NOT_APPLICABLE: u32 = 1;
pub const NOT_SUPPORTED: u32 = 2;

#[allow(non_camel_case_types)]
pub type gb_world = c_void;

/// A struct of the header, and that it is laid out as there. A table may be shorter.
macro_rules! mirror {
    ($compare:tt $name:ident { $($field:ident: $type:ty,)* }) => {
        #[allow(non_camel_case_types)]
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name {
            $(pub $field: $type,)*
        }
        const _: () = {
            assert!(size_of::<$name>() $compare layout::$name::SIZE);
            $(assert!(offset_of!($name, $field) == layout::$name::$field);)*
        };
    };
}

#[allow(non_upper_case_globals, dead_code)]
mod layout {
    include!(concat!(env!("OUT_DIR"), "/layout.rs"));
}

mirror!(== gb_bytes {
    p: *const u8,
    len: usize,
});

mirror!(== gb_message {
    kind: u32,
    address: u32,
    fanout: u32,
    from: u32,
    n_to: usize,
    to: *const u32,
    body: gb_bytes,
    uploaded: u32,
    raw: u32,
    event: u64,
});

mirror!(== gb_outbox {
    reserve: unsafe extern "C" fn(*mut gb_outbox, usize) -> *mut u8,
    commit: unsafe extern "C" fn(*mut gb_outbox, *const gb_message),
});

mirror!(== gb_published {
    device: u32,
    body: gb_bytes,
});

mirror!(== gb_axis {
    name: *const c_char,
    value: *const c_char,
});

mirror!(== gb_config {
    struct_size: usize,
    seed: u64,
    capacity: u32,
    axes: *const gb_axis,
    n_axes: usize,
});

mirror!(== gb_shape {
    struct_size: usize,
    size: u32,
    joiners: u32,
    without_group: c_int,
    live: *const u32,
    n_live: usize,
    actors: *const u32,
    n_actors: usize,
});

type World = *mut gb_world;
type Out = *mut gb_outbox;
type Call<A> = Option<unsafe extern "C" fn(World, A) -> Status>;
type Act = Option<unsafe extern "C" fn(World, u32, Out) -> Status>;
type Act2<A> = Option<unsafe extern "C" fn(World, u32, A, Out) -> Status>;
type ActOnMany<A> = Option<unsafe extern "C" fn(World, u32, *const A, usize, Out) -> Status>;
type Ask<A> = Option<unsafe extern "C" fn(World, u32, *mut A) -> Status>;
type Pair = Option<unsafe extern "C" fn(World, u32, u32) -> Status>;

// Members of which this crate offers nothing are pointers that stay NULL.
mirror!(<= gb_backend {
    struct_size: usize,
    abi: u32,
    features: u32,
    name: *const c_char,
    axis: Option<unsafe extern "C" fn(*const c_char, *const c_char, *mut *const c_char) -> u32>,
    max_size: u32,
    open: Option<unsafe extern "C" fn(*mut World, *const gb_config) -> Status>,
    close: Option<unsafe extern "C" fn(World)>,
    version: Option<unsafe extern "C" fn() -> *const c_char>,
    error: Option<unsafe extern "C" fn(*const gb_world) -> *const c_char>,
    publish: Act,
    publish_many: Act2<u32>,
    materialise: Call<u32>,
    shape: Call<*const gb_shape>,
    create: ActOnMany<gb_published>,
    add: ActOnMany<gb_published>,
    remove: ActOnMany<u32>,
    rekey: Act,
    send: Act2<gb_bytes>,
    process: Option<unsafe extern "C" fn(World, u32, *const gb_message) -> Status>,
    join: Option<unsafe extern "C" fn(World, u32, *const gb_message, usize) -> Status>,
    receive: Option<unsafe extern "C" fn(World, u32, *const gb_message, *mut gb_bytes) -> Status>,
    digest: Option<unsafe extern "C" fn(World, u32, u32, *mut u8) -> Status>,
    checkpoint: Option<unsafe extern "C" fn(World) -> Status>,
    rollback: Option<unsafe extern "C" fn(World) -> Status>,
    fork: *const c_void,
    save: *const c_void,
    load: *const c_void,
    state_size: *const c_void,
    propose_update: *const c_void,
    propose_add: *const c_void,
    propose_remove: *const c_void,
    commit_pending: *const c_void,
    discard: Call<u32>,
    group_info: Act,
    fetch_tree: Act,
    join_external: ActOnMany<gb_message>,
    heals: Ask<c_int>,
    fetched: Ask<u64>,
    asked: Ask<u64>,
    share: Act,
    create_part: *const c_void,
    skip: Pair,
    store: Ask<u64>,
    reload: Call<u32>,
    history: *const c_void,
    backup: *const c_void,
    stored: *const c_void,
    restore: *const c_void,
    read_old: *const c_void,
    single_prepare: *const c_void,
    single: *const c_void,
    single_check: *const c_void,
    counts: *const c_void,
    clocks: *const c_void,
    allocations: *const c_void,
    set_psk: Option<unsafe extern "C" fn(World, u32, gb_bytes, gb_bytes) -> Status>,
    commit_psk: Act2<gb_bytes>,
    advance: *const c_void,
    first_index: Option<unsafe extern "C" fn(World, u32, u32, *mut u32) -> Status>,
    fetched_raw: Ask<u64>,
    want: *const c_void,
    give: *const c_void,
    take: *const c_void,
    keys_reused: *const c_void,
    commit_resumption: Act,
    reinit: Act,
    succeed: ActOnMany<gb_published>,
    withhold: Option<unsafe extern "C" fn(World, u32, u32, *const u32, usize, Out) -> Status>,
    withheld: Option<unsafe extern "C" fn(World, u32, *const gb_message, *mut u32) -> Status>,
    enrol: Act2<u32>,
    reach: Option<
        unsafe extern "C" fn(World, u32, u32, u32, *const gb_message, usize, Out) -> Status,
    >,
    reached: Option<unsafe extern "C" fn(World, u32, *const gb_message) -> Status>,
});

// The table is constant, and its strings are.
unsafe impl Sync for gb_backend {}

const _: () = {
    assert!(ABI == layout::GB_ABI);
    assert!(FAILED == layout::GB_FAILED);
    assert!(Kind::Application as u32 == layout::GB_APPLICATION);
    assert!(Kind::RoomKey as u32 == layout::GB_ROOM_KEY);
    assert!(TO_SERVER == layout::GB_TO_SERVER);
    assert!(Fanout::Client as u32 == layout::GB_FANOUT_CLIENT);
    assert!(NOT_SUPPORTED == layout::GB_NOT_SUPPORTED);
    assert!(SETTLES == layout::GB_SETTLES);
    assert!(SEALED == layout::GB_SEALED);
    assert!(REPLAYS == layout::GB_REPLAYS);
    assert!(PER_SENDER == layout::GB_PER_SENDER);
    assert!(FORGERY_SPENDS == layout::GB_FORGERY_SPENDS);
    assert!(ENVELOPED == layout::GB_ENVELOPED);
    assert!(FALLBACK == layout::GB_FALLBACK);
    assert!(Kind::Withheld as u32 == layout::GB_WITHHELD);
    assert!(LAST_RESORT == layout::GB_LAST_RESORT);
    assert!(REASONS == layout::GB_REASONS);
    assert!(DIGEST_BYTES == layout::GB_DIGEST_BYTES as usize);
};
