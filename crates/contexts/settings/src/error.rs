//! What can go wrong with rules and calendars.

use linli_access::Denied;
use linli_calendar::{CalendarError, PlanError};
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_rulebook::RuleError;

/// A refusal of this room.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Permission.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A plan or a local day is wrong.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A pack is wrong.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The plan is of another year than was said.
    #[error("year: the plan is of {found}, not of {asked}")]
    OtherYear {
        /// The year that was asked for.
        asked: i16,
        /// The year of the plan.
        found: i16,
    },
    /// A field is wrong.
    #[error("{field}: {what}")]
    Field {
        /// Which, as the form or the file has it.
        field: String,
        /// How: the end of a text key.
        what: &'static str,
    },
    /// Nothing is known under this name.
    #[error("nothing is known under `{0}`")]
    Unknown(String),
}

impl From<PlanError> for SettingsError {
    fn from(error: PlanError) -> Self {
        Self::Calendar(error.into())
    }
}

impl SettingsError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Db(e) => e.code(),
            Self::Denied(e) => e.code(),
            Self::Calendar(e) => e.code(),
            Self::Rule(e) => e.code(),
            Self::OtherYear { .. } | Self::Field { .. } => Code::new("settings.invalid", Status::Invalid),
            Self::Unknown(_) => Code::new("settings.unknown", Status::NotFound),
        }
    }
}
