//! The table of functions of a peer: each is a call of its trait, with pointers made into slices,
//! the world's randomness at hand, and errors and panics made into a status and a sentence.
use crate::abi::*;
use crate::random::{self, Stream};
use crate::{Answer, Config, Error, Incoming, Offer, Outbox, Peer, Published, Result, Shape};
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{c_char, c_int, CStr, CString};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

struct World<P> {
    peer: Option<P>,
    random: Stream,
    error: CString,
    text: Vec<u8>,
}

type W = *mut gb_world;
type Out = *mut gb_outbox;

thread_local! {
    static PANIC_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// A panic says where it happened in error(), not on standard error.
fn hook_panics() {
    static ONCE: Once = Once::new();

    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|l| l.to_string()).unwrap_or_default();
            PANIC_AT.with_borrow_mut(|at| *at = place);
        }))
    });
}

fn panicked(payload: Box<dyn Any + Send>) -> Error {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let place = PANIC_AT.with_borrow(|at| at.clone());

    Error::Failed(format!("panic at {place}: {text}"))
}

fn one_line(text: &str) -> CString {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();

    CString::new(line).unwrap_or_default()
}

impl<P: Peer> World<P> {
    /// Calls `f` with the world's randomness; whatever happens is a status.
    fn call(&mut self, f: impl FnOnce(&mut P, &mut Vec<u8>) -> Result) -> Status {
        let World { peer, random, error, text } = self;
        let Some(peer) = peer else { return FAILED };
        let result = catch_unwind(AssertUnwindSafe(|| random::with(random, || f(peer, text))));

        match result.unwrap_or_else(|payload| Err(panicked(payload))) {
            Ok(()) => OK,
            Err(e) => {
                let (status, sentence) = status_of(e);
                *error = one_line(&sentence);
                status
            }
        }
    }
}

pub(crate) fn status_of(error: Error) -> (Status, String) {
    match error {
        Error::Rejected(s) => (REJECTED, s),
        Error::Unsupported(s) => (UNSUPPORTED, s),
        Error::Failed(s) => (FAILED, s),
    }
}

unsafe fn world<'a, P>(w: W) -> &'a mut World<P> {
    &mut *w.cast()
}

/// Calls a method of the peer behind `w`.
unsafe fn call<P: Peer>(w: W, f: impl FnOnce(&mut P) -> Result) -> Status {
    world::<P>(w).call(|peer, _| f(peer))
}

/// The same for what a device is asked.
unsafe fn ask<P: Peer, T>(w: W, out: *mut T, f: impl FnOnce(&mut P) -> Result<T>) -> Status {
    call::<P>(w, |peer| {
        *out = f(peer)?;
        Ok(())
    })
}

/// The n elements at p, which may be anything when there are none.
unsafe fn slice<'a, T>(p: *const T, n: usize) -> &'a [T] {
    if n == 0 {
        return &[];
    }
    std::slice::from_raw_parts(p, n)
}

unsafe fn bytes<'a>(b: gb_bytes) -> &'a [u8] {
    slice(b.p, b.len)
}

unsafe fn published<'a>(p: *const gb_published, n: usize) -> Vec<Published<'a>> {
    let all: &[gb_published] = slice(p, n);

    all.iter().map(|one| Published { device: one.device, body: bytes(one.body) }).collect()
}

unsafe fn incoming<'a>(m: *const gb_message) -> Incoming<'a> {
    Incoming { kind: (*m).kind, from: (*m).from, body: bytes((*m).body), event: (*m).event }
}

unsafe fn all_incoming<'a>(m: *const gb_message, n: usize) -> Vec<Incoming<'a>> {
    (0..n).map(|i| incoming(m.add(i))).collect()
}

unsafe fn text<'a>(s: *const c_char) -> &'a str {
    CStr::from_ptr(s).to_str().unwrap_or("")
}

/// No answer says that a question about an axis failed: then no world is opened.
static AXIS_PANICKED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" fn axis<P: Peer>(
    name: *const c_char,
    value: *const c_char,
    reason: *mut *const c_char,
) -> u32 {
    match catch_unwind(|| P::axis(text(name), text(value))) {
        Ok(Answer::Honoured) => HONOURED,
        Ok(Answer::NotApplicable) => NOT_APPLICABLE,
        Ok(Answer::NotSupported(why)) => {
            *reason = why.as_ptr();
            NOT_SUPPORTED
        }
        Err(_) => {
            AXIS_PANICKED.store(true, Ordering::Relaxed);
            *reason = c"the question made the plugin panic".as_ptr();
            NOT_SUPPORTED
        }
    }
}

unsafe extern "C" fn version<P: Peer>() -> *const c_char {
    static TEXT: OnceLock<CString> = OnceLock::new();

    TEXT.get_or_init(|| one_line(&catch_unwind(P::version).unwrap_or_default())).as_ptr()
}

unsafe extern "C" fn error<P: Peer>(w: *const gb_world) -> *const c_char {
    (*w.cast::<World<P>>()).error.as_ptr()
}

unsafe extern "C" fn open<P: Peer>(out: *mut W, config: *const gb_config) -> Status {
    let given = &*config;
    let axes: &[gb_axis] = slice(given.axes, given.n_axes);
    let config = Config {
        seed: given.seed,
        capacity: given.capacity,
        axes: axes.iter().map(|a| (text(a.name), text(a.value))).collect(),
    };
    let mut random = Stream::new(given.seed, "world", 0);

    hook_panics();
    let opened = match AXIS_PANICKED.load(Ordering::Relaxed) {
        true => Err(Error::Failed("a question about an axis made the plugin panic".into())),
        false => catch_unwind(AssertUnwindSafe(|| random::with(&mut random, || P::open(&config))))
            .unwrap_or_else(|payload| Err(panicked(payload))),
    };
    let (peer, (status, sentence)) = match opened {
        Ok(peer) => (Some(peer), (OK, String::new())),
        Err(e) => (None, status_of(e)),
    };
    let w: World<P> = World { peer, random, error: one_line(&sentence), text: Vec::new() };

    *out = Box::into_raw(Box::new(w)).cast();
    status
}

unsafe extern "C" fn close<P: Peer>(w: W) {
    if !w.is_null() {
        let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(w.cast::<World<P>>()))));
    }
}

unsafe extern "C" fn publish_many<P: Peer>(w: W, first: u32, n: u32, out: Out) -> Status {
    call::<P>(w, |p| {
        (first..first + n).try_for_each(|device| p.publish_dormant(device, &mut Outbox::new(out)))
    })
}

unsafe extern "C" fn materialise<P: Peer>(w: W, device: u32) -> Status {
    call::<P>(w, |p| p.materialise(device))
}

unsafe extern "C" fn shape<P: Peer>(w: W, s: *const gb_shape) -> Status {
    let s = &*s;
    let shape = Shape {
        size: s.size,
        joiners: s.joiners,
        without_group: s.without_group != 0,
        live: slice(s.live, s.n_live),
        actors: slice(s.actors, s.n_actors),
    };

    call::<P>(w, |p| p.shape(&shape))
}

/// Functions of the table that are one method, with an outbox and nothing else.
macro_rules! acts {
    ($($name:ident)*) => {
        $(unsafe extern "C" fn $name<P: Peer>(w: W, device: u32, out: Out) -> Status {
            call::<P>(w, |p| p.$name(device, &mut Outbox::new(out)))
        })*
    };
}
acts!(publish rekey group_info fetch_tree share);
acts!(commit_resumption reinit);

macro_rules! asks {
    ($($name:ident)*) => {
        $(unsafe extern "C" fn $name<P: Peer>(w: W, device: u32, out: *mut u64) -> Status {
            ask::<P, _>(w, out, |p| p.$name(device))
        })*
    };
}
asks!(fetched fetched_raw asked store);

macro_rules! lets_in {
    ($($name:ident)*) => {
        $(unsafe extern "C" fn $name<P: Peer>(
            w: W,
            device: u32,
            others: *const gb_published,
            n: usize,
            out: Out,
        ) -> Status {
            call::<P>(w, |p| p.$name(device, &published(others, n), &mut Outbox::new(out)))
        })*
    };
}
lets_in!(create add succeed);

unsafe extern "C" fn remove<P: Peer>(
    w: W,
    device: u32,
    leaving: *const u32,
    n: usize,
    out: Out,
) -> Status {
    call::<P>(w, |p| p.remove(device, slice(leaving, n), &mut Outbox::new(out)))
}

unsafe extern "C" fn send<P: Peer>(w: W, device: u32, plaintext: gb_bytes, out: Out) -> Status {
    call::<P>(w, |p| p.send(device, bytes(plaintext), &mut Outbox::new(out)))
}

unsafe extern "C" fn process<P: Peer>(w: W, device: u32, m: *const gb_message) -> Status {
    call::<P>(w, |p| p.process(device, &incoming(m)))
}

unsafe extern "C" fn join<P: Peer>(w: W, device: u32, m: *const gb_message, n: usize) -> Status {
    call::<P>(w, |p| p.join(device, &all_incoming(m, n)))
}

unsafe extern "C" fn receive<P: Peer>(
    w: W,
    device: u32,
    m: *const gb_message,
    plaintext: *mut gb_bytes,
) -> Status {
    world::<P>(w).call(|p, text| {
        *text = p.receive(device, &incoming(m))?;
        *plaintext = gb_bytes { p: text.as_ptr(), len: text.len() };
        Ok(())
    })
}

unsafe extern "C" fn digest<P: Peer>(w: W, device: u32, sender: u32, out: *mut u8) -> Status {
    ask::<P, _>(w, out.cast::<[u8; DIGEST_BYTES]>(), |p| p.digest(device, sender))
}

unsafe extern "C" fn checkpoint<P: Peer>(w: W) -> Status {
    call::<P>(w, |p| p.checkpoint())
}

unsafe extern "C" fn rollback<P: Peer>(w: W) -> Status {
    call::<P>(w, |p| p.rollback())
}

unsafe extern "C" fn discard<P: Peer>(w: W, device: u32) -> Status {
    call::<P>(w, |p| p.discard(device))
}

unsafe extern "C" fn join_external<P: Peer>(
    w: W,
    device: u32,
    m: *const gb_message,
    n: usize,
    out: Out,
) -> Status {
    call::<P>(w, |p| p.join_external(device, &all_incoming(m, n), &mut Outbox::new(out)))
}

unsafe extern "C" fn heals<P: Peer>(w: W, device: u32, yes: *mut c_int) -> Status {
    ask::<P, _>(w, yes, |p| p.heals(device).map(c_int::from))
}

unsafe extern "C" fn skip<P: Peer>(w: W, device: u32, n: u32) -> Status {
    call::<P>(w, |p| p.skip(device, n))
}

unsafe extern "C" fn reload<P: Peer>(w: W, device: u32) -> Status {
    call::<P>(w, |p| p.reload(device))
}

unsafe extern "C" fn set_psk<P: Peer>(w: W, device: u32, id: gb_bytes, psk: gb_bytes) -> Status {
    call::<P>(w, |p| p.set_psk(device, bytes(id), bytes(psk)))
}

unsafe extern "C" fn first_index<P: Peer>(
    w: W,
    device: u32,
    sender: u32,
    index: *mut u32,
) -> Status {
    ask::<P, _>(w, index, |p| p.first_index(device, sender))
}

unsafe extern "C" fn withhold<P: Peer>(
    w: W,
    device: u32,
    reason: u32,
    members: *const u32,
    n: usize,
    out: Out,
) -> Status {
    call::<P>(w, |p| p.withhold(device, reason, slice(members, n), &mut Outbox::new(out)))
}

unsafe extern "C" fn withheld<P: Peer>(
    w: W,
    device: u32,
    m: *const gb_message,
    reason: *mut u32,
) -> Status {
    ask::<P, _>(w, reason, |p| p.withheld(device, &incoming(m)))
}

unsafe extern "C" fn enrol<P: Peer>(w: W, device: u32, n: u32, out: Out) -> Status {
    call::<P>(w, |p| p.enrol(device, n, &mut Outbox::new(out)))
}

unsafe extern "C" fn reach<P: Peer>(
    w: W,
    device: u32,
    other: u32,
    i: u32,
    m: *const gb_message,
    n: usize,
    out: Out,
) -> Status {
    call::<P>(w, |p| p.reach(device, other, i, &all_incoming(m, n), &mut Outbox::new(out)))
}

unsafe extern "C" fn reached<P: Peer>(w: W, device: u32, m: *const gb_message) -> Status {
    call::<P>(w, |p| p.reached(device, &incoming(m)))
}

unsafe extern "C" fn commit_psk<P: Peer>(w: W, device: u32, id: gb_bytes, out: Out) -> Status {
    call::<P>(w, |p| p.commit_psk(device, bytes(id), &mut Outbox::new(out)))
}

const fn offers<P: Peer>(offer: Offer) -> bool {
    let mut i = 0;

    while i < P::OFFERS.len() {
        if P::OFFERS[i] as u32 == offer as u32 {
            return true;
        }
        i += 1;
    }
    false
}

/// The function, where the peer offers it.
macro_rules! where_offered {
    ($peer:ident, $offer:ident, $function:ident) => {
        if offers::<$peer>(Offer::$offer) {
            Some($function::<$peer>)
        } else {
            None
        }
    };
}

/// The table that groupbench_backend() returns.
pub const fn table<P: Peer>() -> gb_backend {
    gb_backend {
        struct_size: std::mem::size_of::<gb_backend>(),
        abi: ABI,
        features: P::FEATURES,
        name: P::NAME.as_ptr(),
        axis: Some(axis::<P>),
        max_size: P::MAX_SIZE,
        open: Some(open::<P>),
        close: Some(close::<P>),
        version: Some(version::<P>),
        error: Some(error::<P>),
        publish: Some(publish::<P>),
        publish_many: Some(publish_many::<P>),
        materialise: Some(materialise::<P>),
        shape: Some(shape::<P>),
        create: Some(create::<P>),
        add: Some(add::<P>),
        remove: Some(remove::<P>),
        rekey: Some(rekey::<P>),
        send: Some(send::<P>),
        process: Some(process::<P>),
        join: Some(join::<P>),
        receive: Some(receive::<P>),
        digest: Some(digest::<P>),
        checkpoint: where_offered!(P, Checkpoint, checkpoint),
        rollback: where_offered!(P, Checkpoint, rollback),
        fork: std::ptr::null(),
        save: std::ptr::null(),
        load: std::ptr::null(),
        state_size: std::ptr::null(),
        propose_update: std::ptr::null(),
        propose_add: std::ptr::null(),
        propose_remove: std::ptr::null(),
        commit_pending: std::ptr::null(),
        discard: where_offered!(P, Discard, discard),
        group_info: where_offered!(P, GroupInfo, group_info),
        fetch_tree: where_offered!(P, FetchTree, fetch_tree),
        join_external: where_offered!(P, JoinExternal, join_external),
        heals: where_offered!(P, Heals, heals),
        fetched: where_offered!(P, Fetched, fetched),
        asked: where_offered!(P, Asked, asked),
        share: where_offered!(P, Share, share),
        create_part: std::ptr::null(),
        skip: where_offered!(P, Skip, skip),
        store: where_offered!(P, Store, store),
        reload: where_offered!(P, Store, reload),
        history: std::ptr::null(),
        backup: std::ptr::null(),
        stored: std::ptr::null(),
        restore: std::ptr::null(),
        read_old: std::ptr::null(),
        single_prepare: std::ptr::null(),
        single: std::ptr::null(),
        single_check: std::ptr::null(),
        counts: std::ptr::null(),
        clocks: std::ptr::null(),
        allocations: std::ptr::null(),
        set_psk: where_offered!(P, Psk, set_psk),
        commit_psk: where_offered!(P, Psk, commit_psk),
        advance: std::ptr::null(),
        first_index: where_offered!(P, FirstIndex, first_index),
        fetched_raw: where_offered!(P, FetchedRaw, fetched_raw),
        want: std::ptr::null(),
        give: std::ptr::null(),
        take: std::ptr::null(),
        keys_reused: std::ptr::null(),
        commit_resumption: where_offered!(P, Resumption, commit_resumption),
        reinit: where_offered!(P, Reinit, reinit),
        succeed: where_offered!(P, Reinit, succeed),
        withhold: where_offered!(P, Withhold, withhold),
        withheld: where_offered!(P, Withhold, withheld),
        enrol: where_offered!(P, Enrol, enrol),
        reach: where_offered!(P, Enrol, reach),
        reached: where_offered!(P, Enrol, reached),
    }
}
