//! Checkpoints (检查点; c2sp.org/tlog-checkpoint): what a log says of itself at a size, signed.

use crate::{Hash, LogError, SigningKey, VerifierKey, open_note, sign_note, verify_consistency};

/// A log as those know it who check it from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// The first line of its checkpoints.
    pub origin: String,
    /// Its keys; more than one while a key is being replaced.
    pub keys: Vec<VerifierKey>,
}

impl Log {
    /// A log whose origin is the name of its key, as the specification recommends.
    #[must_use]
    pub fn of(key: VerifierKey) -> Self {
        Self { origin: key.name().to_owned(), keys: vec![key] }
    }
}

/// The size of a log and its root hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root hash over them.
    pub root: Hash,
    /// Further lines. They are read and kept, and should not be written.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// A checkpoint without further lines.
    #[must_use]
    pub fn new(origin: &str, size: u64, root: Hash) -> Self {
        Self { origin: origin.to_owned(), size, root, extensions: Vec::new() }
    }

    /// Reads a checkpoint that is signed by a key of the log and is of this log.
    ///
    /// # Errors
    /// What [`open_note`] says of its signatures, then [`LogError::Checkpoint`], then [`LogError::Origin`].
    pub fn open(note: &[u8], log: &Log) -> Result<Self, LogError> {
        let checkpoint = Self::read(open_note(note, &log.keys)?.text)?;
        if checkpoint.origin == log.origin {
            Ok(checkpoint)
        } else {
            Err(LogError::Origin { expected: log.origin.clone(), found: checkpoint.origin })
        }
    }

    /// The text that is signed.
    ///
    /// # Errors
    /// [`LogError::Checkpoint`] when the origin or a further line is empty or holds a newline.
    pub fn text(&self) -> Result<String, LogError> {
        let lines = || std::iter::once(&self.origin).chain(&self.extensions);
        if lines().any(|line| line.is_empty() || line.contains('\n')) {
            return Err(LogError::Checkpoint { problem: "its origin or a further line is empty or holds a newline" });
        }
        let further: String = self.extensions.iter().map(|line| format!("{line}\n")).collect();
        Ok(format!("{}\n{}\n{}\n{further}", self.origin, self.size, self.root))
    }

    /// Reads the text of a note whose signatures were checked.
    fn read(text: &str) -> Result<Self, LogError> {
        let bad = |problem| LogError::Checkpoint { problem };
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let [origin, size, root, extensions @ ..] = lines.as_slice() else {
            return Err(bad("it has fewer than three lines"));
        };
        if origin.is_empty() || extensions.iter().any(|line| line.is_empty()) {
            return Err(bad("it has an empty line"));
        }
        let number: u64 = size.parse().map_err(|_| bad("its second line is not a number of entries"))?;
        if number.to_string() != *size {
            return Err(bad("its number of entries has a sign or a leading zero"));
        }
        let root = root.parse().map_err(|_| bad("its third line is not the base64 of 32 bytes"))?;
        Ok(Self {
            origin: (*origin).to_owned(),
            size: number,
            root,
            extensions: extensions.iter().map(|line| (*line).to_owned()).collect(),
        })
    }

    /// Checks that the log of this checkpoint begins with the log of an earlier one, of which nothing was taken out or changed.
    ///
    /// # Errors
    /// [`LogError::Origin`] for a checkpoint of another log, [`LogError::RolledBack`] when this one is smaller or is as large with
    /// another root, [`LogError::Proof`] when the proof does not hold.
    pub fn follows(&self, earlier: &Self, proof: &[Hash]) -> Result<(), LogError> {
        if earlier.origin != self.origin {
            return Err(LogError::Origin { expected: earlier.origin.clone(), found: self.origin.clone() });
        }
        if self.size < earlier.size || (self.size == earlier.size && self.root != earlier.root) {
            return Err(LogError::RolledBack { before: earlier.size, now: self.size });
        }
        // Every log begins with the empty one; RFC 6962 has no proof of that.
        if earlier.size == 0 && earlier.root == crate::EMPTY_ROOT && proof.is_empty() {
            return Ok(());
        }
        verify_consistency(earlier.size, &earlier.root, self.size, &self.root, proof)
    }
}

/// Signs the next checkpoint of a log, never one that does not extend `last`, the one signed before. Whoever keeps the key must keep
/// `last` as safely: two checkpoints that do not follow one another are a broken promise for ever.
///
/// # Errors
/// What [`Checkpoint::follows`] says; nothing is signed then.
pub fn sign_next(key: &SigningKey, last: Option<&Checkpoint>, next: &Checkpoint, proof: &[Hash]) -> Result<String, LogError> {
    if let Some(last) = last {
        next.follows(last, proof)?;
    }
    sign_note(&next.text()?, &[key])
}
