//! What can go wrong with people.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_territory::TerritoryError;
use linli_territory::error::Problem;

/// A refusal of this room.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A place could not be found out.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// A field is wrong.
    #[error("{0}")]
    Invalid(Problem),
    /// No such person, organisation or appointment.
    #[error("nothing is known under `{0}`")]
    Unknown(String),
}

impl PeopleError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Db(e) => e.code(),
            Self::Denied(e) => e.code(),
            Self::Territory(e) => e.code(),
            Self::Invalid(_) => Code::new("people.invalid", Status::Invalid),
            Self::Unknown(_) => Code::new("people.unknown", Status::NotFound),
        }
    }
}
