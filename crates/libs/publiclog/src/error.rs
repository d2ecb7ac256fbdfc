//! What can be wrong with a log, a proof or a signature.

use linli_kernel::{Code, Status};

use crate::Tile;

/// Why something was not believed, not signed or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The entry is not in a log of this size.
    #[error("entry {index} is not in a log of {size} entries")]
    Outside {
        /// Number of the entry, from 0.
        index: u64,
        /// Entries of the log.
        size: u64,
    },
    /// The two sizes cannot be compared: the older one is zero or larger than the newer one.
    #[error("a log of {old} entries cannot have grown to {new}")]
    Sizes {
        /// Entries of the older log.
        old: u64,
        /// Entries of the newer log.
        new: u64,
    },
    /// The proof does not lead to the root hash.
    #[error("the proof does not lead to the root hash: what it is about, the proof or the checkpoint was altered")]
    Proof,
    /// A tile that is needed was not handed over, or is too short.
    #[error("tile `{}` is missing or too short", tile.resource())]
    TileMissing {
        /// The one that is needed.
        tile: Tile,
    },
    /// A key that is not one.
    #[error("not a key: {problem}")]
    Key {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A text that is not a signed note.
    #[error("not a signed note: {problem}")]
    Note {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A signature in the name of a known key is not by that key.
    #[error("the signature of `{name}` is false")]
    Signature {
        /// Name of the key.
        name: String,
    },
    /// None of the keys that are known has signed.
    #[error("signed by no known key, but by: {}", names.join(", "))]
    Stranger {
        /// Names of those who signed.
        names: Vec<String>,
    },
    /// A note that is not a checkpoint.
    #[error("not a checkpoint: {problem}")]
    Checkpoint {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A checkpoint of another log.
    #[error("a checkpoint of `{found}`, not of `{expected}`")]
    Origin {
        /// The log that was asked for.
        expected: String,
        /// The log that it is of.
        found: String,
    },
    /// The log is smaller than it was, or holds other entries than it did.
    #[error("the log was rolled back or rewritten: its {now} entries do not begin with the {before} that were signed before")]
    RolledBack {
        /// Entries that were signed before.
        before: u64,
        /// Entries that are there now.
        now: u64,
    },
    /// A path under which a log serves nothing.
    #[error("`{path}` is no file of a log")]
    Path {
        /// The path.
        path: String,
    },
    /// A file that is missing or cannot be read.
    #[error("`{path}`: {problem}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that does not follow from the entries of the log.
    #[error("`{path}` does not follow from the entries")]
    Differs {
        /// The file.
        path: String,
    },
    /// An entry that is too long.
    #[error("an entry of {bytes} bytes, at most 65535")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// An entry that is not of the form of [`Entry`](crate::Entry).
    #[error("not an entry: {problem}")]
    Entry {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A text that is not a proof file.
    #[error("line {line} of the proof: {problem}")]
    ProofLine {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl LogError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Outside { .. } => Code::new("publiclog.outside", Status::NotFound),
            Self::Sizes { .. } => Code::new("publiclog.sizes", Status::Invalid),
            Self::Proof => Code::new("publiclog.proof", Status::Invalid),
            Self::TileMissing { .. } => Code::new("publiclog.tile_missing", Status::Internal),
            Self::Key { .. } => Code::new("publiclog.key", Status::Malformed),
            Self::Note { .. } => Code::new("publiclog.note", Status::Malformed),
            Self::Signature { .. } => Code::new("publiclog.signature", Status::Invalid),
            Self::Stranger { .. } => Code::new("publiclog.stranger", Status::Invalid),
            Self::Checkpoint { .. } => Code::new("publiclog.checkpoint", Status::Malformed),
            Self::Origin { .. } => Code::new("publiclog.origin", Status::Invalid),
            Self::RolledBack { .. } => Code::new("publiclog.rolled_back", Status::Conflict),
            Self::Path { .. } => Code::new("publiclog.path", Status::NotFound),
            Self::File { .. } => Code::new("publiclog.file", Status::Malformed),
            Self::Differs { .. } => Code::new("publiclog.differs", Status::Conflict),
            Self::TooLong { .. } => Code::new("publiclog.too_long", Status::TooLarge),
            Self::Entry { .. } => Code::new("publiclog.entry", Status::Malformed),
            Self::ProofLine { .. } => Code::new("publiclog.proof_line", Status::Malformed),
        }
    }

    /// The values for the text of [`LogError::code`].
    #[must_use]
    pub fn args(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Proof => Vec::new(),
            Self::Outside { index, size } => vec![("index", index.to_string()), ("size", size.to_string())],
            Self::Sizes { old, new } => vec![("old", old.to_string()), ("new", new.to_string())],
            Self::TileMissing { tile } => vec![("path", tile.resource().to_string())],
            Self::Key { problem } | Self::Note { problem } | Self::Checkpoint { problem } | Self::Entry { problem } => {
                vec![("detail", (*problem).into())]
            }
            Self::Signature { name } => vec![("name", name.clone())],
            Self::Stranger { names } => vec![("names", names.join(", "))],
            Self::Origin { expected, found } => vec![("expected", expected.clone()), ("found", found.clone())],
            Self::RolledBack { before, now } => vec![("before", before.to_string()), ("now", now.to_string())],
            Self::Path { path } | Self::Differs { path } => vec![("path", path.clone())],
            Self::File { path, problem } => vec![("path", path.clone()), ("detail", problem.clone())],
            Self::TooLong { bytes } => vec![("bytes", bytes.to_string())],
            Self::ProofLine { line, problem } => vec![("line", line.to_string()), ("detail", (*problem).into())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TEXTS;

    /// One error of each kind.
    fn one_of_each() -> Vec<LogError> {
        let tile = Tile { level: 0, index: 0, width: 1 };
        let all = vec![
            LogError::Outside { index: 1, size: 1 },
            LogError::Sizes { old: 2, new: 1 },
            LogError::Proof,
            LogError::TileMissing { tile },
            LogError::Key { problem: "" },
            LogError::Note { problem: "" },
            LogError::Signature { name: String::new() },
            LogError::Stranger { names: Vec::new() },
            LogError::Checkpoint { problem: "" },
            LogError::Origin { expected: String::new(), found: String::new() },
            LogError::RolledBack { before: 2, now: 1 },
            LogError::Path { path: String::new() },
            LogError::File { path: String::new(), problem: String::new() },
            LogError::Differs { path: String::new() },
            LogError::TooLong { bytes: 1 },
            LogError::Entry { problem: "" },
            LogError::ProofLine { line: 1, problem: "" },
        ];
        let kinds: std::collections::BTreeSet<&str> = all.iter().map(|error| error.code().name).collect();
        assert_eq!(kinds.len(), all.len(), "every kind has a code of its own");
        let written = include_str!("error.rs").matches("=> Code::new(").count() - 1;
        assert_eq!(written, all.len(), "a new kind is to be put into this list, too");
        all
    }

    #[test]
    fn every_error_has_a_text_in_both_languages_that_uses_its_values() {
        for error in one_of_each() {
            let key = format!("{} = ", error.code().text_key());
            for texts in [TEXTS.0, TEXTS.1] {
                let line = texts.lines().find(|line| line.starts_with(&key)).unwrap_or_else(|| panic!("no text for {key}"));
                for (name, _) in error.args() {
                    assert!(line.contains(&format!("${name} ")), "{key} does not say {name}");
                }
            }
        }
    }
}
