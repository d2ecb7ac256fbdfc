//! Who has open cases here and is here no longer.

use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::error::CasesError;
use crate::office::Office;
use crate::store::lists;

/// Appointments looked at together.
const PAGE: i64 = 500;

/// The appointments that are over and under which somebody still has open cases.
///
/// # Errors
/// Store errors.
pub async fn over_with_cases(c: &mut Conn<'_>, office: &Office, district: DistrictId, now: Ts) -> Result<Vec<Uuid>, CasesError> {
    let (mut over, mut after) = (Vec::new(), Uuid::nil());
    loop {
        let page = lists::had_by(c, district, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(over) };
        after = *last;
        over.extend(office.over(c, district, &page, now).await?);
    }
}
