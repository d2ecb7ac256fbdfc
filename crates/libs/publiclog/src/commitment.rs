//! Commitments (加盐承诺): what names a person is bound by the log without being in it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::NotAHash;

/// What every commitment begins with, so that no other hash can pass for one.
const DOMAIN: &[u8] = b"publiclog/commitment@v1\n";

/// 32 random bytes that go into one commitment and lie beside what it commits to. Never used twice, erased together with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// Shows no byte: whoever has the salt can try what the commitment hides.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// SHA-256 over a fixed beginning, the length of the purpose in eight bytes (high byte first), the purpose, the salt and the words.
///
/// It binds: nobody finds other words, another salt or another purpose with the same hash. It hides: without the salt nobody can
/// try which words it is, however few they could be. As text it is standard base64, 44 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Commitment(pub [u8; 32]);

impl Commitment {
    /// Commits to words for a purpose. The same words under another purpose give another commitment.
    #[must_use]
    pub fn to(purpose: &str, salt: &Salt, words: &[u8]) -> Self {
        let length = u64::try_from(purpose.len()).unwrap_or(u64::MAX).to_be_bytes();
        let hash = Sha256::new().chain_update(DOMAIN).chain_update(length).chain_update(purpose);
        Self(hash.chain_update(salt.0).chain_update(words).finalize().into())
    }

    /// Whether it was made of these.
    #[must_use]
    pub fn opens(&self, purpose: &str, salt: &Salt, words: &[u8]) -> bool {
        *self == Self::to(purpose, salt, words)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Commitment {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        text.parse::<crate::Hash>().map(|hash| Self(hash.0))
    }
}
