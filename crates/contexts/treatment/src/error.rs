//! What can go wrong in the treatment network.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum TreatmentError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// Somebody was quicker: it changed since it was looked at.
    #[error("somebody else changed it")]
    Changed,
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Organisations and appointments.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl TreatmentError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("treatment.not_found", Status::NotFound),
            Self::Changed => Code::new("treatment.changed", Status::Conflict),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
