//! Tickets of the city's hotline, and what the city may fetch.

use std::collections::HashMap;

use linli_db::Conn;
use linli_kernel::DistrictId;

use crate::error::CasesError;
use crate::model::{Case, CaseId, HotlineKey, OutboxStep, Ticket};
use crate::store::hotline;

/// What was done with the tickets under the place of a key, after a step, in order.
///
/// # Errors
/// Store errors.
pub async fn outbox(c: &mut Conn<'_>, key: &HotlineKey, from: (i64, i64)) -> Result<Vec<OutboxStep>, CasesError> {
    Ok(hotline::outbox(c, key.district, &key.place, from).await?)
}

/// The ticket that a case is. The caller has been let in to the case.
///
/// # Errors
/// Store errors.
pub async fn ticket_of(c: &mut Conn<'_>, case: &Case) -> Result<Option<Ticket>, CasesError> {
    Ok(hotline::of_case(c, case.district, case.id).await?)
}

/// The tickets among some cases of a district that the caller has been let in to.
///
/// # Errors
/// Store errors.
pub(crate) async fn tickets(c: &mut Conn<'_>, cases: &[Case]) -> Result<HashMap<CaseId, Ticket>, CasesError> {
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let district: Option<DistrictId> = cases.first().map(|case| case.district);
    match district.filter(|_| !ids.is_empty()) {
        Some(district) => Ok(hotline::of_cases(c, district, &ids).await?),
        None => Ok(HashMap::new()),
    }
}
