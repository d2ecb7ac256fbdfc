//! The claimed home (认领的家), for rooms that have something to show there.

use axum::http::HeaderMap;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::AppError;

use crate::model::ClaimId;
use crate::pages::session;
use crate::{commands, queries};

/// The home that the visitor has claimed, by the session that came with the request.
///
/// # Errors
/// `NotFound` for whoever claimed none; store errors.
pub async fn home_of_session(caller: &Caller, hall: &Hall, headers: &HeaderMap) -> Result<(DistrictId, PlacePath), AppError> {
    let (district, claim) = claim_of_session(caller, hall, headers).await?;
    let found = queries::claimed_home(&mut hall.read().await?.conn(), district, claim).await?;
    let (home, _, _) = found.ok_or_else(AppError::not_found)?;
    Ok((district, home))
}

/// The claim under which the visitor has a home, and its district.
pub(crate) async fn claim_of_session(
    caller: &Caller,
    hall: &Hall,
    headers: &HeaderMap,
) -> Result<(DistrictId, ClaimId), AppError> {
    let token = session(headers, caller).ok_or_else(AppError::not_found)?;
    commands::claim_of_session(hall.db(), &token).await?.ok_or_else(AppError::not_found)
}
