//! What goes wrong with devices.

use linli_access::Denied;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_kernel::{Code, Status};
use linli_rulebook::RuleError;
use linli_webkit::{AppError, FieldProblem};
use uuid::Uuid;

use crate::door::Shut;

/// A refusal or failure of this crate. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum DevicesError {
    /// There is no such device, or none that the actor may know of.
    #[error("no such device")]
    NotFound,
    /// A field is wrong.
    #[error("field {field}")]
    Field {
        /// Its name.
        field: &'static str,
        /// The text key that says how.
        key: &'static str,
    },
    /// Nobody is registered for care under this number.
    #[error("nobody has the watch number {0}")]
    UnknownPerson(Uuid),
    /// A body larger than a device may push.
    #[error("more than a push may have")]
    PushTooLarge,
    /// A camera that knows faces was to be mapped to somebody who did not agree to that.
    #[error("{0} did not agree that faces are used")]
    NoFaceConsent(Uuid),
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No rule counts here.
    #[error(transparent)]
    Rules(#[from] RuleError),
    /// The case about a silent device.
    #[error(transparent)]
    Cases(#[from] CasesError),
    /// Whoever watches could not be told.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl DevicesError {
    /// The stable code shown to clients.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::new("devices.not_found", Status::NotFound),
            Self::Field { .. } => Code::new("devices.field_invalid", Status::Invalid),
            Self::UnknownPerson(_) => Code::new("devices.person_unknown", Status::Invalid),
            Self::PushTooLarge => Code::new("devices.push_too_large", Status::TooLarge),
            Self::NoFaceConsent(_) => Code::new("devices.no_face_consent", Status::Invalid),
            Self::Shut(_) => Code::new("devices.shut", Status::Unavailable),
            Self::Denied(denied) => denied.code(),
            Self::Rules(error) => error.code(),
            Self::Cases(error) => error.code(),
            Self::Db(error) => error.code(),
        }
    }
}

impl From<DevicesError> for AppError {
    fn from(error: DevicesError) -> Self {
        match error {
            DevicesError::Denied(refusal) => linli_hall::denied(refusal),
            DevicesError::Db(error) => linli_hall::store_error(error),
            DevicesError::Cases(error) => error.into(),
            DevicesError::Field { field, key } => Self::invalid(vec![FieldProblem::new(field, key)]),
            DevicesError::UnknownPerson(number) => {
                Self::invalid(vec![FieldProblem::new("person", "devices-field-person-unknown").arg("number", number.to_string())])
            }
            DevicesError::NoFaceConsent(number) => Self::invalid(vec![
                FieldProblem::new("person", "devices-field-no-face-consent").arg("number", number.to_string()),
            ]),
            DevicesError::Shut(shut) => Self::new(error.code()).caused_by(shut).retry_after(u64::from(shut.retry_after_secs())),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}
