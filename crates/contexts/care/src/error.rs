//! What can go wrong with care.

use linli_access::Denied;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_identity::IdentityError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such person, consent or visit, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Those who answer for a place.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The claim of a home.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A case that was to be opened.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// Nothing there.
    #[error("required")]
    Required,
    /// Too long.
    #[error("at most {max} characters, found {found}")]
    TooLong {
        /// The most.
        max: usize,
        /// What came.
        found: usize,
    },
}

impl CareError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("care.not_found", Status::NotFound),
            Self::Field { .. } => Code::new("care.field_invalid", Status::Invalid),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
