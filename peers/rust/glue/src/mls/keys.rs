//! Signature keys of the suites of RFC 9420, 17.1, which are numbers here.
use crate::random;

/// Whether the suite signs by EdDSA.
pub fn is_edwards(suite: u16) -> bool {
    matches!(suite, 1 | 3 | 4 | 6)
}

/// A secret signature key from the stream that is current, with its public half.
pub fn signature_key<P, E>(
    suite: u16,
    public: impl Fn(&[u8]) -> Result<P, E>,
) -> Result<(Vec<u8>, P), E> {
    let (size, first) = match suite {
        4 | 6 => (57, 0xff),
        5 => (66, 0x01),
        7 => (48, 0xff),
        _ => (32, 0xff),
    };

    random::secret_key(size, first, public)
}
