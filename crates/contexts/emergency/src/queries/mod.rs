//! What only looks.

pub mod calls;
pub mod day;

use linli_db::Conn;
use linli_kernel::DistrictId;

use crate::error::EmergencyError;

/// What does not hold together in the calls of a district, in words.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, EmergencyError> {
    Ok(crate::store::day::contradictions(c, district).await?)
}
