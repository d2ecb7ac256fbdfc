//! What goes wrong in this room.

use linli_access::Denied;
use linli_board::BoardError;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_record::RecordError;
use linli_territory::TerritoryError;
use linli_webkit::{AppError, FieldProblem};

/// A refusal or failure of this room.
#[derive(Debug, thiserror::Error)]
pub enum SituationError {
    /// There is no such place, or none that the actor may know of.
    #[error("no such place")]
    UnknownPlace,
    /// A field is wrong.
    #[error("field {field}")]
    Field {
        /// Its name.
        field: &'static str,
        /// The text key that says how.
        key: &'static str,
    },
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Cases.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// People.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The board.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The public log.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl SituationError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownPlace => Code::new("situation.unknown_place", Status::NotFound),
            Self::Field { .. } => Code::new("situation.field", Status::Invalid),
            Self::Denied(denied) => denied.code(),
            Self::Db(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Board(error) => error.code(),
            Self::Record(error) => error.code(),
        }
    }
}

impl From<SituationError> for AppError {
    fn from(error: SituationError) -> Self {
        match error {
            SituationError::Field { field, key } => Self::invalid(vec![FieldProblem::new(field, key)]),
            SituationError::Denied(refusal) => linli_hall::denied(refusal),
            SituationError::Db(error) => linli_hall::store_error(error),
            other => Self::new(other.code()).caused_by(other),
        }
    }
}
