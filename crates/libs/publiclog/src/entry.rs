//! A form of entries: what everyone may read, and a commitment to what not everyone may.

use crate::{Commitment, LogError, MAX_ENTRY_BYTES, Salt};

const FIRST_LINE: &str = "publiclog/entry@v1";

/// An entry of the log (日志条目).
///
/// Its bytes are four parts, the first three ended by a newline: `publiclog/entry@v1`, the kind, the commitment in base64 or `-`, and
/// whatever is public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What kind of entry it is, such as `ballot.closed`: letters a–z, digits, `.`, `_`, `-`. It is the purpose of the commitment.
    pub kind: String,
    /// The commitment to what names a person, if anything does.
    pub sealed: Option<Commitment>,
    /// What everyone may read, for ever.
    pub public: Vec<u8>,
}

impl Entry {
    /// The bytes that go into the log.
    ///
    /// # Errors
    /// [`LogError::Entry`] for a kind of other characters, [`LogError::TooLong`] for more than [`MAX_ENTRY_BYTES`] in all.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LogError> {
        if !is_kind(&self.kind) {
            return Err(LogError::Entry {
                problem: "its kind is empty or holds other characters than a–z, 0–9, `.`, `_` and `-`",
            });
        }
        let sealed = self.sealed.map_or_else(|| "-".to_owned(), |commitment| commitment.to_string());
        let mut bytes = format!("{FIRST_LINE}\n{}\n{sealed}\n", self.kind).into_bytes();
        bytes.extend_from_slice(&self.public);
        if bytes.len() > MAX_ENTRY_BYTES { Err(LogError::TooLong { bytes: bytes.len() }) } else { Ok(bytes) }
    }

    /// Reads the bytes of an entry.
    ///
    /// # Errors
    /// [`LogError::Entry`] when they are not of this form.
    pub fn read(bytes: &[u8]) -> Result<Self, LogError> {
        let bad = |problem| LogError::Entry { problem };
        let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
        let mut part = || parts.next().ok_or_else(|| bad("it has fewer than four parts"));
        let (first, kind, sealed, public) = (part()?, part()?, part()?, part()?);
        if first != FIRST_LINE.as_bytes() {
            return Err(bad("it does not begin with `publiclog/entry@v1`"));
        }
        let kind = std::str::from_utf8(kind).ok().filter(|kind| is_kind(kind)).ok_or_else(|| bad("its kind is not one"))?;
        let sealed = match std::str::from_utf8(sealed) {
            Ok("-") => None,
            Ok(text) => Some(text.parse().map_err(|_| bad("its commitment is not the base64 of 32 bytes"))?),
            Err(_) => return Err(bad("its commitment is not text")),
        };
        Ok(Self { kind: kind.to_owned(), sealed, public: public.to_vec() })
    }

    /// Whether these words, with their salt, are what the entry committed to. Never of an entry that committed to nothing.
    #[must_use]
    pub fn opens(&self, salt: &Salt, words: &[u8]) -> bool {
        self.sealed.is_some_and(|commitment| commitment.opens(&self.kind, salt, words))
    }
}

fn is_kind(kind: &str) -> bool {
    !kind.is_empty() && kind.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}
