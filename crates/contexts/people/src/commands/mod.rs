//! What changes people and appointments. Many-row commands answer every row and write nothing of a rejected one.

mod appointments;
mod organisations;
mod staff;

pub use appointments::{appoint, appoint_administrator, end_appointment, follow_move, put_appointments};
pub use organisations::{MEDICAL_KINDS, put_medical_organisation, rename_medical_organisation};
pub use staff::{put_people, put_person};

use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath};

use crate::error::PeopleError;

/// The district of the transaction and the path of its top; the city has the root.
async fn ground(tx: &mut Tx) -> Result<(DistrictId, PlacePath), PeopleError> {
    let id = tx.district();
    if id == DistrictId::CITY {
        return Ok((id, PlacePath::root()));
    }
    let district = linli_territory::queries::district(&mut tx.conn()?, id).await?;
    district.map(|d| (id, d.path)).ok_or_else(|| PeopleError::Unknown(id.to_string()))
}
