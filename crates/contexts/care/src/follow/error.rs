//! What can go wrong with key groups and readings.

use linli_access::Denied;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_people::PeopleError;
use linli_rulebook::RuleError;

use super::rules::Impossible;
use crate::error::CareError;

/// A refusal. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such person, alarm or oximeter, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The person has not agreed to readings, or does no longer.
    #[error("no consent to readings is in force")]
    NoConsent,
    /// Somebody was quicker.
    #[error("it was changed by somebody else")]
    Changed,
    /// Somebody has looked at the alarm already.
    #[error("the alarm was dealt with")]
    DealtWith,
    /// The institution has no oximeter on hand.
    #[error("no oximeter is on hand")]
    NoneOnHand,
    /// The person has an oximeter already.
    #[error("the person has an oximeter")]
    HasOne,
    /// The person has a place for oxygen already.
    #[error("the person has a place for oxygen")]
    HasPlace,
    /// No place for oxygen is free at that time, or at any time that may be booked.
    #[error("no place for oxygen is free")]
    NoneFree,
    /// It is too early or too late for that.
    #[error("it is not the time for it")]
    NotNow,
    /// A prescription of the person waits to be handed out.
    #[error("a prescription waits to be handed out")]
    HasPrescription,
    /// No lot that has not expired holds as many boxes.
    #[error("no lot holds as many boxes")]
    NoStock,
    /// A number that cannot be.
    #[error("{} is impossible", .0.field)]
    Impossible(Impossible),
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: &'static str,
        /// What is wrong.
        problem: Wrong,
    },
    /// The record of people and consents.
    #[error(transparent)]
    Care(Box<CareError>),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// Organisations.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The case for the health centre.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Nothing there.
    #[error("required")]
    Required,
    /// Not one of the choices.
    #[error("not a choice")]
    NotAChoice,
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
    /// Outside of what can be.
    #[error("must lie between {least} and {most}")]
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// Not a date, or one that cannot be.
    #[error("not a date that can be")]
    NotADate,
    /// After today.
    #[error("must not be after today")]
    InFuture,
    /// In the future, or too long ago.
    #[error("must have been taken lately and not in the future")]
    NotLately,
    /// No institution of the district that follows people.
    #[error("no health centre, station or clinic")]
    NotAnInstitution,
    /// Not in quarters of an hour, or the end not after the beginning.
    #[error("not in quarters of an hour, or upside down")]
    NotQuarters,
    /// A time that is not offered there.
    #[error("not offered")]
    NotOffered,
    /// Before today.
    #[error("before today")]
    BeforeToday,
    /// More than there is.
    #[error("only {left} are left")]
    MoreThanLeft {
        /// What is left.
        left: i64,
    },
    /// The same lot is known with another date.
    #[error("the lot is known with another date")]
    OtherDate,
    /// The list speaks against it, and nobody said that it was seen.
    #[error("what speaks against it was not confirmed")]
    NotSeen,
    /// There are not so many boxes to hand out, and nobody said that it was seen.
    #[error("there are not so many boxes to hand out, and that was not confirmed")]
    NotInStock,
}

impl From<CareError> for FollowError {
    fn from(error: CareError) -> Self {
        Self::Care(Box::new(error))
    }
}

impl FollowError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("care.not_found", Status::NotFound),
            Self::NoConsent => Code::new("care.readings_consent_missing", Status::Forbidden),
            Self::Changed => Code::new("care.changed", Status::Conflict),
            Self::DealtWith => Code::new("care.alarm_dealt_with", Status::Conflict),
            Self::NoneOnHand => Code::new("care.no_oximeter_on_hand", Status::Conflict),
            Self::HasOne => Code::new("care.has_oximeter", Status::Conflict),
            Self::HasPlace => Code::new("care.has_oxygen_place", Status::Conflict),
            Self::NoneFree => Code::new("care.no_oxygen_place_free", Status::Conflict),
            Self::NotNow => Code::new("care.not_the_time", Status::Conflict),
            Self::HasPrescription => Code::new("care.has_prescription", Status::Conflict),
            Self::NoStock => Code::new("care.no_antiviral_stock", Status::Conflict),
            Self::Impossible(_) | Self::Field { .. } => Code::new("care.field_invalid", Status::Invalid),
            Self::Care(error) => error.code(),
            Self::Rules(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
