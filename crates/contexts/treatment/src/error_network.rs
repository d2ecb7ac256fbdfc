//! What can go wrong with institutions, grids and returns.

use linli_access::Denied;
use linli_db::DbError;
use linli_kernel::{Code, Status, Ts};
use linli_people::PeopleError;
use linli_rulebook::RuleError;
use linli_territory::TerritoryError;

use crate::error::TreatmentError;

/// A refusal. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The actor may not, or may not know.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such record, or none that the actor may know of.
    #[error("nothing of the kind is known")]
    NotFound,
    /// Somebody was quicker: it changed since it was looked at.
    #[error("somebody else changed it")]
    Changed,
    /// A field is wrong.
    #[error("{field}: {problem}")]
    Field {
        /// The field, as the form names it.
        field: String,
        /// What is wrong.
        problem: Wrong,
    },
    /// Several fields are wrong, or need a reason.
    #[error("{} fields are wrong or need a reason", .0.len())]
    Fields(Vec<(String, Wrong)>),
    /// The institution is in another grid of the kind at that time.
    #[error("it is in the grid {grid} at that time")]
    OtherGrid {
        /// The name of that grid.
        grid: String,
        /// Since when.
        since: Ts,
    },
    /// Another institution looks after the place at that time.
    #[error("{institution} looks after it at that time")]
    OtherCentre {
        /// Its name.
        institution: String,
        /// Since when.
        since: Ts,
    },
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The ground.
    #[error(transparent)]
    Territory(#[from] TerritoryError),
    /// Organisations and appointments.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The rest of the room.
    #[error(transparent)]
    Treatment(Box<TreatmentError>),
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
    #[error("at most {max} characters")]
    TooLong {
        /// The most.
        max: usize,
    },
    /// Control characters.
    #[error("control characters")]
    ControlCharacter,
    /// Not a date, or one that cannot be.
    #[error("not a date that can be")]
    NotADate,
    /// A day that has not come.
    #[error("in the future")]
    InTheFuture,
    /// Before what it follows.
    #[error("too early")]
    TooEarly,
    /// No hours that can be read.
    #[error("hours that cannot be read")]
    NotHours,
    /// An address that does not begin with https.
    #[error("no https address")]
    NotHttps,
    /// Another institution of the district has this code.
    #[error("the code is taken")]
    CodeTaken,
    /// The unit's name is used by another open unit.
    #[error("the name is taken")]
    NameTaken,
    /// A lead of a grid is a tertiary hospital or a regional centre.
    #[error("leads no grid")]
    NoLead,
    /// No health centre or station.
    #[error("looks after no community")]
    NoCentre,
    /// It is closed.
    #[error("closed")]
    Closed,
    /// Not a whole number of zero or more.
    #[error("not a number")]
    NotANumber,
    /// Outside of what can be.
    #[error("must lie between {least} and {most}")]
    OutOfRange {
        /// The least.
        least: i64,
        /// The most.
        most: i64,
    },
    /// So full that it cannot be.
    #[error("{percent} % of what it is a part of cannot be")]
    CannotBe {
        /// How full.
        percent: i64,
    },
    /// Unusual: a reason is needed.
    #[error("{percent} % of what it is a part of needs a reason")]
    Full {
        /// How full.
        percent: i64,
    },
    /// Patients in no bed: a reason is needed.
    #[error("of none")]
    OfNone,
    /// Unusual beside the return before: a reason is needed.
    #[error("{times} times as much as before needs a reason")]
    Jump {
        /// How many times.
        times: i64,
        /// What was told before.
        before: i64,
    },
    /// More than is usual: a reason is needed.
    #[error("more than {usual} needs a reason")]
    Unusual {
        /// The most that is usual.
        usual: i64,
    },
}

impl NetworkError {
    /// A field that is wrong.
    pub(crate) fn field(field: impl Into<String>, problem: Wrong) -> Self {
        Self::Field { field: field.into(), problem }
    }

    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => Code::new("treatment.not_found", Status::NotFound),
            Self::Changed => Code::new("treatment.changed", Status::Conflict),
            Self::Field { .. } | Self::Fields(_) => Code::new("treatment.field_invalid", Status::Invalid),
            Self::OtherGrid { .. } => Code::new("treatment.other_grid", Status::Conflict),
            Self::OtherCentre { .. } => Code::new("treatment.other_centre", Status::Conflict),
            Self::Rules(error) => error.code(),
            Self::Territory(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Treatment(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}

impl From<TreatmentError> for NetworkError {
    fn from(error: TreatmentError) -> Self {
        Self::Treatment(Box::new(error))
    }
}
