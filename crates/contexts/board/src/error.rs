//! What goes wrong at the board.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_record::RecordError;
use linli_webkit::{AppError, FieldProblem};

use crate::rules::Wrong;

/// A refusal or failure of this room.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// What was typed or scanned is no code, or the code is nobody's.
    #[error("no board with this code")]
    UnknownCode,
    /// There is no such place.
    #[error("no such place")]
    UnknownPlace,
    /// There is no such notice.
    #[error("no such notice")]
    UnknownNotice,
    /// The notice has been withdrawn already.
    #[error("the notice has been withdrawn already")]
    AlreadyWithdrawn,
    /// A field is wrong.
    #[error("field {field}: {wrong:?}")]
    Field {
        /// Its name.
        field: &'static str,
        /// How.
        wrong: Wrong,
    },
    /// No free code was found: practically, the generator is broken.
    #[error("no free board code")]
    NoFreeCode,
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It could not be put into the public log.
    #[error(transparent)]
    Record(Box<RecordError>),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The page could not be written.
    #[error("the page cannot be written")]
    Page(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A place or an appointment could not be looked up.
    #[error("neighbouring room")]
    Neighbour(Code, #[source] Box<dyn std::error::Error + Send + Sync>),
}

impl BoardError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::UnknownCode => Code::new("board.unknown_code", Status::NotFound),
            Self::UnknownPlace => Code::new("board.unknown_place", Status::NotFound),
            Self::UnknownNotice => Code::new("board.unknown_notice", Status::NotFound),
            Self::AlreadyWithdrawn => Code::new("board.already_withdrawn", Status::Conflict),
            Self::Field { .. } => Code::new("board.field", Status::Invalid),
            Self::NoFreeCode => Code::new("board.no_free_code", Status::Internal),
            Self::Page(_) => Code::new("web.internal", Status::Internal),
            Self::Denied(denied) => denied.code(),
            Self::Record(error) => error.code(),
            Self::Db(error) => error.code(),
            Self::Neighbour(code, _) => *code,
        }
    }
}

impl From<RecordError> for BoardError {
    fn from(error: RecordError) -> Self {
        Self::Record(Box::new(error))
    }
}

impl From<BoardError> for AppError {
    fn from(error: BoardError) -> Self {
        let BoardError::Field { field, wrong } = error else { return Self::new(error.code()).caused_by(error) };
        Self::invalid(vec![match wrong {
            Wrong::Empty => FieldProblem::new(field, "board-field-empty"),
            Wrong::TooLong { most, found } => FieldProblem::new(field, "field-too-long").arg("max", most).arg("found", found),
            Wrong::ControlCharacter => FieldProblem::new(field, "field-control-character"),
            Wrong::NotAPhone => FieldProblem::new(field, "field-not-a-phone"),
            Wrong::EndsBefore => FieldProblem::new(field, "board-field-ends-before"),
        }])
    }
}
