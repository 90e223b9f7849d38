//! Randomness that derives from the world's seed. The glue has a world's stream drawn from during
//! each of its calls; what one device is made from has a stream of its own, by its number.
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use std::cell::RefCell;

/// A stream of bytes that depends on these three alone; of `purpose`, 16 bytes count.
pub struct Stream(ChaCha20Rng);

impl Stream {
    pub fn new(seed: u64, purpose: &str, number: u64) -> Self {
        let mut key = [0; 32];
        let len = purpose.len().min(16);

        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&number.to_le_bytes());
        key[16..16 + len].copy_from_slice(&purpose.as_bytes()[..len]);
        Stream(ChaCha20Rng::from_seed(key))
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Stream>> = const { RefCell::new(None) };
}

/// Puts back what was drawn from before, also when a call panics.
struct Restore<'a> {
    stream: &'a mut Stream,
    before: Option<Stream>,
}

impl Drop for Restore<'_> {
    fn drop(&mut self) {
        let used = CURRENT.with_borrow_mut(|c| std::mem::replace(c, self.before.take()));

        if let Some(used) = used {
            *self.stream = used;
        }
    }
}

/// Calls `f`; what it draws comes from `stream`.
pub fn with<T>(stream: &mut Stream, f: impl FnOnce() -> T) -> T {
    let mine = std::mem::replace(stream, Stream::new(0, "", 0));
    let before = CURRENT.with_borrow_mut(|c| c.replace(mine));
    let restore = Restore { stream, before };
    let result = f();

    drop(restore);
    result
}

/// Draws from the stream of the call that runs. Without one there is no seed to derive from.
pub fn fill(out: &mut [u8]) {
    CURRENT.with_borrow_mut(|c| {
        let stream = c.as_mut().expect("randomness is drawn outside of a call");

        stream.0.fill_bytes(out);
    });
}

pub fn array<const N: usize>() -> [u8; N] {
    let mut out = [0; N];

    fill(&mut out);
    out
}

pub fn bytes(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];

    fill(&mut out);
    out
}

/// A secret key with its public half: drawn until the library takes one, which is at once nearly
/// always. `first` masks the first byte.
pub fn secret_key<P, E>(
    size: usize,
    first: u8,
    public: impl Fn(&[u8]) -> Result<P, E>,
) -> Result<(Vec<u8>, P), E> {
    let mut secret = vec![0; size];

    for _ in 0..64 {
        fill(&mut secret);
        secret[0] &= first;
        if let Ok(public) = public(&secret) {
            return Ok((secret, public));
        }
    }
    let public = public(&secret)?;
    Ok((secret, public))
}

/// Where crates draw that ask the operating system. Built with --cfg getrandom_backend="custom",
/// getrandom 0.3 and later call this instead.
#[cfg(getrandom_backend = "custom")]
#[no_mangle]
unsafe extern "Rust" fn __getrandom_v03_custom(
    dest: *mut u8,
    len: usize,
) -> Result<(), getrandom::Error> {
    std::ptr::write_bytes(dest, 0, len);
    fill(std::slice::from_raw_parts_mut(dest, len));
    Ok(())
}
