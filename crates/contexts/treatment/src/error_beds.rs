//! What can go wrong with beds and referrals.

use linli_access::Denied;
use linli_care::follow::FollowError;
use linli_db::DbError;
use linli_kernel::{Code, DistrictId, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;

use crate::error::TreatmentError;
use crate::model::referrals::ReferralId;

/// A refusal of this part. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum BedError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// Somebody was quicker: it changed since it was looked at.
    #[error("somebody else changed it")]
    Changed,
    /// The actor is appointed on behalf of no institution of the network.
    #[error("appointed on behalf of no institution")]
    NoInstitution,
    /// No bed is free.
    #[error("no bed is free")]
    NoneFree,
    /// The time of the hold is over: somebody else may have the bed.
    #[error("the hold is over")]
    HoldOver,
    /// The table has no such step from this state, or it is not for this end.
    #[error("that is no step from here")]
    NoStep,
    /// The patient is under way already: to be followed there, not asked for again.
    #[error("the patient has an open referral")]
    OnTheWay {
        /// Where the open request is.
        district: DistrictId,
        /// The open request.
        referral: ReferralId,
    },
    /// Somebody who is critical cannot be refused: stabilise first.
    #[error("a critical patient cannot be refused")]
    Critical,
    /// A field of the form.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong with it.
        problem: Wrong,
    },
    /// The plan cannot be made: numbers in the ledger that no city has.
    #[error(transparent)]
    Plan(#[from] linli_solver::SolverError),
    /// Institutions.
    #[error(transparent)]
    Treatment(#[from] TreatmentError),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The care side, of somebody who is handed over.
    #[error(transparent)]
    Follow(Box<FollowError>),
    /// Organisations.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
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
    #[error("longer than {max}: {found}")]
    TooLong {
        /// The most characters.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// A character that no text has.
    #[error("a control character")]
    ControlCharacter,
    /// A number out of its range.
    #[error("not between {least} and {most}")]
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// The count would become something that cannot be.
    #[error("it would become {becomes}")]
    CannotBecome {
        /// What it would become.
        becomes: i64,
    },
    /// More than there are of what it is a part of.
    #[error("more than the {most} it is a part of")]
    MoreThan {
        /// What it is a part of.
        most: i64,
    },
    /// An instant that has not come.
    #[error("in the future")]
    InTheFuture,
    /// No unit of the institution.
    #[error("no unit of the institution")]
    NotAUnit,
    /// The institution itself.
    #[error("the institution itself")]
    Itself,
    /// Without a consent, the law must allow it: for a critical patient alone.
    #[error("no consent, and the patient is not critical")]
    NoConsent,
    /// No day that can be.
    #[error("no day that can be")]
    NotADate,
    /// No instant that can be.
    #[error("no instant that can be")]
    NotAnInstant,
    /// No identity number.
    #[error("no identity number")]
    NotAnIdNumber,
    /// A bed that does not meet the need.
    #[error("does not meet the need")]
    NotMeeting,
    /// Vital signs that cannot be.
    #[error("nothing living has it")]
    NotLiving,
}

impl BedError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("treatment.not_found", Status::NotFound),
            Self::Changed => Code::new("treatment.changed", Status::Conflict),
            Self::NoInstitution => Code::new("treatment.no_institution", Status::Invalid),
            Self::NoneFree => Code::new("treatment.no_bed_free", Status::Conflict),
            Self::HoldOver => Code::new("treatment.hold_over", Status::Conflict),
            Self::NoStep => Code::new("treatment.no_step", Status::Conflict),
            Self::OnTheWay { .. } => Code::new("treatment.on_the_way", Status::Conflict),
            Self::Critical => Code::new("treatment.critical_not_refused", Status::Conflict),
            Self::Field { .. } => Code::new("treatment.field_invalid", Status::Invalid),
            Self::Plan(_) => Code::new("treatment.no_plan", Status::Internal),
            Self::Treatment(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::Follow(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}

impl From<FollowError> for BedError {
    fn from(error: FollowError) -> Self {
        Self::Follow(Box::new(error))
    }
}
