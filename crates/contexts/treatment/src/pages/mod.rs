//! The pages of this room.

pub(crate) mod beds;
pub(crate) mod clinics;
pub(crate) mod desk;
pub(crate) mod inbound;
pub(crate) mod institutions;
pub(crate) mod network;
pub(crate) mod referrals;
pub(crate) mod returns;

use linli_webkit::AppError;

use crate::error::TreatmentError;

impl From<TreatmentError> for AppError {
    fn from(error: TreatmentError) -> Self {
        match error {
            TreatmentError::Denied(refusal) => linli_hall::denied(refusal),
            TreatmentError::Db(error) => linli_hall::store_error(error),
            _ => Self::new(error.code()).caused_by(error),
        }
    }
}
