//! What can be wrong with rules.

use linli_kernel::{Code, PlacePath, Status};

use crate::reading::Wrong;

/// Why a rule cannot be read or found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Something in a pack is wrong. `field` is empty when the file is not TOML at all.
    #[error("{file}, line {line}{}{field}: {message}", if .field.is_empty() { "" } else { ", " })]
    Pack {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The field, e.g. `body.respond.amount`.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// Two packs of one id count at the same place on the same day.
    #[error("{file}, valid_from: '{id}' version {version} overlaps version {other_version} in {other_file}")]
    Overlap {
        /// The file that was read second.
        file: String,
        /// The id of both.
        id: String,
        /// Its version.
        version: String,
        /// The file that was read first.
        other_file: String,
        /// Its version.
        other_version: String,
    },
    /// Two packs of one id and place bear the same version, so a journal line would not tell which one it was.
    #[error("{file}, version: '{id}' version {version} is also in {other_file}")]
    SameVersion {
        /// The file that was read second.
        file: String,
        /// The id of both.
        id: String,
        /// The version of both.
        version: String,
        /// The file that was read first.
        other_file: String,
    },
    /// No pack of this id counts here now.
    #[error("no rule '{id}' counts at place '{place}' on {date}")]
    None {
        /// The id.
        id: String,
        /// The place.
        place: PlacePath,
        /// The day in Beijing.
        date: jiff::civil::Date,
    },
    /// There is no pack of this id at all.
    #[error("no pack has the id '{id}'")]
    Unknown {
        /// The id.
        id: String,
    },
}

impl RuleError {
    /// Every code of this crate, for the check that each has its text in every language.
    pub const CODES: [Code; 4] = [
        Code::new("rulebook.pack_invalid", Status::Invalid),
        Code::new("rulebook.overlap", Status::Invalid),
        Code::new("rulebook.none_in_force", Status::Conflict),
        Code::new("rulebook.unknown", Status::Internal),
    ];

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> Code {
        let [invalid, overlap, none, unknown] = Self::CODES;
        match self {
            Self::Pack { .. } => invalid,
            Self::Overlap { .. } | Self::SameVersion { .. } => overlap,
            Self::None { .. } => none,
            Self::Unknown { .. } => unknown,
        }
    }

    /// From what the parser says about this text: it is not TOML.
    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Self::Pack { file: file.to_owned(), line, field: String::new(), message }
    }

    /// From a value that is none of its type.
    pub(crate) fn from_wrong(file: &str, text: &str, wrong: &Wrong) -> Self {
        let (line, field) = (line_of(text, wrong.offset()), wrong.field());
        Self::Pack { file: file.to_owned(), line, field, message: wrong.message().to_owned() }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
