//! What can go wrong with expert rounds.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;
use linli_treatment::{BedError, TreatmentError};

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum ExpertError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The table has no such step from this state.
    #[error("that is no step from here")]
    NoStep,
    /// Of this matter there is an open finding in the house already.
    #[error("of this matter there is an open finding already")]
    OpenAlready,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Names of people.
    #[error(transparent)]
    People(Box<PeopleError>),
    /// Institutions.
    #[error(transparent)]
    Treatment(Box<TreatmentError>),
    /// Who lies in their beds.
    #[error(transparent)]
    Bed(Box<BedError>),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

// Boxed: those of other rooms are large, and every command of this one can fail.
impl From<PeopleError> for ExpertError {
    fn from(error: PeopleError) -> Self {
        Self::People(Box::new(error))
    }
}

impl From<TreatmentError> for ExpertError {
    fn from(error: TreatmentError) -> Self {
        Self::Treatment(Box::new(error))
    }
}

impl From<BedError> for ExpertError {
    fn from(error: BedError) -> Self {
        Self::Bed(Box::new(error))
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Missing.
    #[error("missing")]
    Required,
    /// Not one of the choices.
    #[error("not one of the choices")]
    NotAChoice,
    /// Too long.
    #[error("longer than {max}")]
    TooLong {
        /// The most characters.
        max: usize,
    },
    /// A character that no text has.
    #[error("a control character")]
    ControlCharacter,
    /// No day of the calendar.
    #[error("no day of the calendar")]
    NotADay,
    /// A last day before the first, or a day that is over.
    #[error("the day is too early")]
    TooEarly,
    /// The group is not there on that day.
    #[error("the group is not there on that day")]
    GroupAway,
}

impl ExpertError {
    /// A field of the form that is wrong.
    #[must_use]
    pub const fn field(field: &'static str, problem: Wrong) -> Self {
        Self::Field { field, problem }
    }

    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("expert.not_found", Status::NotFound),
            Self::NoStep => Code::new("expert.no_step", Status::Conflict),
            Self::OpenAlready => Code::new("expert.open_already", Status::Conflict),
            Self::Field { .. } => Code::new("expert.field_invalid", Status::Invalid),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Treatment(error) => error.code(),
            Self::Bed(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
