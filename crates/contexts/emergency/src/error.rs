//! What can go wrong with calls to 120.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;
use linli_treatment::{BedError, NetworkError, TreatmentError};

/// A refusal of this room. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum EmergencyError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// The table has no such step from this state.
    #[error("that is no step from here")]
    NoStep,
    /// Somebody was quicker: the vehicle is sent elsewhere.
    #[error("the vehicle is taken")]
    Taken,
    /// An urgent call waits: what could be sent to it is sent nowhere else.
    #[error("an urgent call waits for a vehicle")]
    UrgentFirst,
    /// A vehicle of the other fleet: somebody in danger is not sent a vehicle without the means.
    #[error("the vehicle is not fit for an urgent call")]
    NotFit,
    /// Nobody has put diversion in force here.
    #[error("diversion is off")]
    DiversionOff,
    /// Danger was told, or it is urgent: not to be diverted.
    #[error("danger was told: not to be diverted")]
    Danger,
    /// It is in force already.
    #[error("diversion is on already")]
    DiversionOn,
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
    /// Institutions.
    #[error(transparent)]
    Treatment(Box<TreatmentError>),
    /// Emergency departments.
    #[error(transparent)]
    Network(Box<NetworkError>),
    /// Names of institutions.
    #[error(transparent)]
    Bed(Box<BedError>),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

// Boxed: those of other rooms are large, and every command of this one can fail.
impl From<TreatmentError> for EmergencyError {
    fn from(error: TreatmentError) -> Self {
        Self::Treatment(Box::new(error))
    }
}

impl From<NetworkError> for EmergencyError {
    fn from(error: NetworkError) -> Self {
        Self::Network(Box::new(error))
    }
}

impl From<BedError> for EmergencyError {
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
    /// Not digits.
    #[error("not a telephone number")]
    NotANumber,
    /// Less than is suggested, without a reason.
    #[error("less than is suggested, without a reason")]
    NeedsReason,
    /// A repeat of what?
    #[error("no earlier call about the same")]
    NoFirst,
    /// There is one already.
    #[error("there is one of that name")]
    Double,
    /// A number out of its range.
    #[error("not between {least} and {most}")]
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// It must be said expressly.
    #[error("not confirmed")]
    NotConfirmed,
}

impl EmergencyError {
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
            Self::NotFound => Code::new("emergency.not_found", Status::NotFound),
            Self::NoStep => Code::new("emergency.no_step", Status::Conflict),
            Self::Taken => Code::new("emergency.taken", Status::Conflict),
            Self::UrgentFirst => Code::new("emergency.urgent_first", Status::Conflict),
            Self::NotFit => Code::new("emergency.not_fit", Status::Conflict),
            Self::DiversionOff => Code::new("emergency.diversion_off", Status::Conflict),
            Self::Danger => Code::new("emergency.danger", Status::Conflict),
            Self::DiversionOn => Code::new("emergency.diversion_on", Status::Conflict),
            Self::Field { .. } => Code::new("emergency.field_invalid", Status::Invalid),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::Treatment(error) => error.code(),
            Self::Network(error) => error.code(),
            Self::Bed(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}
