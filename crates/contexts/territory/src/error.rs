//! What can go wrong on the ground.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};

/// A refusal of this room.
#[derive(Debug, thiserror::Error)]
pub enum TerritoryError {
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such division, place, grid or component.
    #[error("nothing is known under `{0}`")]
    Unknown(String),
    /// The place would come to lie under itself, or a chain of successors would come back to its beginning.
    #[error("`{0}` would lie under itself")]
    Cycle(String),
    /// A place moves only inside its district; to another one it is closed and created anew.
    #[error("a place does not move to another district: close it and create it there")]
    OtherDistrict,
    /// A place of this level cannot lie under that one.
    #[error("`{0}` cannot lie there: its place is one level up")]
    WrongLevel(String),
    /// The natural key is in use.
    #[error("`{0}` is already taken")]
    Taken(String),
    /// A field of a row is wrong.
    #[error("{0}")]
    Invalid(Problem),
    /// A file of reference data inside the program is damaged.
    #[error("reference data: {0}")]
    Reference(String),
}

impl TerritoryError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Db(e) => e.code(),
            Self::Denied(e) => e.code(),
            Self::Unknown(_) => Code::new("territory.unknown", Status::NotFound),
            Self::Cycle(_) => Code::new("territory.cycle", Status::Invalid),
            Self::OtherDistrict => Code::new("territory.other_district", Status::Conflict),
            Self::WrongLevel(_) => Code::new("territory.wrong_level", Status::Invalid),
            Self::Taken(_) => Code::new("territory.taken", Status::Conflict),
            Self::Invalid(_) => Code::new("territory.invalid", Status::Invalid),
            Self::Reference(_) => Code::new("territory.reference", Status::Internal),
        }
    }
}

/// What is wrong with (or doubtful about) one field of one row: the field as the own format names it, a stable word, and the detail.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// The field, as the own format names its column.
    pub field: &'static str,
    /// A stable word; the text key is `territory-problem-` + this.
    pub what: &'static str,
    /// The value or the explanation.
    pub detail: String,
}

impl Problem {
    /// A problem of a field.
    #[must_use]
    pub fn new(field: &'static str, what: &'static str, detail: impl Into<String>) -> Self {
        Self { field, what, detail: detail.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.what)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

/// What became of one row that was to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It was known; these fields differ now.
    Changed(Vec<&'static str>),
    /// It was known exactly so.
    Unchanged,
    /// It was not taken over.
    Rejected(Problem),
}

/// The answer to one row: the outcome and what is doubtful about what was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// Doubts about values that were kept.
    pub doubts: Vec<Problem>,
}

impl Answer {
    /// An answer without doubts.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        Self { outcome, doubts: Vec::new() }
    }

    /// The refusal as an error, for commands about a single row.
    ///
    /// # Errors
    /// `Invalid` when the row was rejected.
    pub fn accepted(self) -> Result<Self, TerritoryError> {
        match self.outcome {
            Outcome::Rejected(problem) => Err(TerritoryError::Invalid(problem)),
            _ => Ok(self),
        }
    }
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::of(Outcome::Rejected(problem))
    }
}
