//! What can go wrong with care.

use linli_access::Denied;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_identity::IdentityError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

use crate::model::Need;
use crate::rules::InvalidStep;
use crate::watching::Refused;

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum CareError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such person, consent or visit, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The private link opens nothing.
    #[error("this private link opens nothing")]
    LinkUnknown,
    /// There is no consent in force for it.
    #[error("nobody agreed to that")]
    NoConsent,
    /// The text that was shown is not the one that counts any more.
    #[error("the text has changed since it was shown")]
    TextChanged,
    /// The table of visits does not have it.
    #[error(transparent)]
    Step(#[from] InvalidStep),
    /// What must come with a step is missing.
    #[error("{0} is missing")]
    Missing(Need),
    /// Somebody was quicker: the visit changed since it was looked at.
    #[error("somebody else changed it")]
    Changed,
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong.
        problem: FieldProblem,
    },
    /// The watch could not take it now.
    #[error(transparent)]
    Watch(#[from] Refused),
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
    /// Control characters.
    #[error("control characters")]
    ControlCharacter,
    /// Not a phone number.
    #[error("not a phone number")]
    NotAPhone,
    /// No home of this key that the actor reaches.
    #[error("no such home")]
    NoSuchHome,
    /// Somebody is watched there already.
    #[error("somebody is watched there already")]
    WatchedAlready,
    /// Agreed to already.
    #[error("agreed to already")]
    AgreedAlready,
    /// None of the choices.
    #[error("not a choice")]
    NotAChoice,
    /// Not after now, or more than a year away.
    #[error("must lie within a year from now")]
    NotWithinAYear,
    /// Not before now, or more than a week ago.
    #[error("must lie within the last week")]
    NotWithinAWeek,
}

impl CareError {
    /// Whether the same may succeed when it is tried again: the store or the watch is busy or away.
    #[must_use]
    pub fn passes(&self) -> bool {
        let by_store = matches!(self, Self::Db(error) if error.is_transient());
        by_store || matches!(self, Self::Changed) || self.code().status == Status::Unavailable
    }

    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("care.not_found", Status::NotFound),
            Self::LinkUnknown => Code::new("care.link_unknown", Status::NotFound),
            Self::NoConsent => Code::new("care.no_consent", Status::Conflict),
            Self::TextChanged => Code::new("care.text_changed", Status::Conflict),
            Self::Step(InvalidStep::NoRow { .. }) => Code::new("care.step_invalid", Status::Conflict),
            Self::Step(InvalidStep::NotYours { .. }) => Code::new("care.not_yours", Status::Forbidden),
            Self::Missing(_) => Code::new("care.missing", Status::Invalid),
            Self::Changed => Code::new("care.changed", Status::Conflict),
            Self::Field { .. } => Code::new("care.field_invalid", Status::Invalid),
            Self::Watch(refused) => refused.code(),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Identity(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
