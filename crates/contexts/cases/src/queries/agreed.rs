//! How what was agreed on at meetings stands, for whoever agreed on it: numbers, states and days, no words.

use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};

use crate::error::CasesError;
use crate::model::{CaseId, CaseState};
use crate::store;

/// How a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Which.
    pub id: CaseId,
    /// Its human number.
    pub number: String,
    /// Where it stands.
    pub state: CaseState,
    /// By when it is promised now.
    pub due_at: Option<Ts>,
    /// When the work was said to be done.
    pub finished_at: Option<Ts>,
    /// When it was closed.
    pub closed_at: Option<Ts>,
}

/// How these cases of a district stand, in their order; one that is not there is left out.
///
/// # Errors
/// Store errors.
pub async fn stand(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<Vec<Stands>, CasesError> {
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(case) = store::by_id(c, district, *id).await? else { continue };
        all.push(Stands {
            id: case.id,
            number: case.number,
            state: case.state,
            due_at: case.due_at,
            finished_at: case.finished_at,
            closed_at: case.closed_at,
        });
    }
    Ok(all)
}
