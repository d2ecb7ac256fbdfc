//! What can go wrong with the public log.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_publiclog::LogError;
use linli_webkit::{AppError, FieldProblem};

/// A refusal or failure of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such log or entry.
    #[error("nothing of the kind is in the log")]
    NotFound,
    /// The entry has no number yet.
    #[error("the entry waits for its number")]
    Waiting,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: LogError,
    },
    /// More than an entry holds.
    #[error("{bytes} bytes, at most {most}")]
    TooLong {
        /// What came.
        bytes: usize,
        /// What is possible.
        most: usize,
    },
    /// The key of the log cannot be opened with the key of this installation.
    #[error("the key of the log {0} cannot be opened with the key of this installation")]
    Key(String),
    /// What was kept of the log outside the database cannot be had.
    #[error("what was kept of the log outside the database: {0}")]
    Witness(String),
    /// The log, a proof or a signature.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl RecordError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("record.not_found", Status::NotFound),
            Self::Waiting => Code::new("record.waiting", Status::NotFound),
            Self::Field { .. } => Code::new("record.field_invalid", Status::Invalid),
            Self::TooLong { .. } => Code::new("record.too_long", Status::Invalid),
            Self::Key(_) => Code::new("record.key", Status::Internal),
            Self::Witness(_) => Code::new("record.witness", Status::Internal),
            Self::Log(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}

impl From<RecordError> for AppError {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Denied(refusal) => linli_hall::denied(refusal),
            RecordError::Db(error) => linli_hall::store_error(error),
            RecordError::Field { field, problem } => {
                let key = problem.code().text_key();
                let said = problem.args().into_iter().fold(FieldProblem::new(field, &key), |p, (name, value)| p.arg(name, value));
                Self::invalid(vec![said])
            }
            RecordError::Log(problem) => {
                let args = problem.args();
                args.into_iter().fold(Self::new(problem.code()), |e, (name, value)| e.arg(name, value)).caused_by(problem)
            }
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}
