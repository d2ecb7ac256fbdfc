//! What can be wrong with rules.

use linli_kernel::{Code, PlacePath, Status};

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

    /// From what the TOML reader says about this text.
    pub(crate) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Self::Pack { file: file.to_owned(), line, field: field_of(error, &message), message }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The reader tells the path of keys only in its long form, and only without the text at hand.
fn field_of(error: &toml::de::Error, message: &str) -> String {
    let mut bare = error.clone();
    bare.set_input(None);
    let long = bare.to_string();
    let path = long.lines().rev().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .into_iter()
        .find_map(|start| message.strip_prefix(start)?.split('`').next());
    match (path, named) {
        (Some(path), Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
        (Some(path), _) => path.to_owned(),
        (None, name) => name.unwrap_or_default().to_owned(),
    }
}
