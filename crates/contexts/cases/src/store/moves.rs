//! Cases whose place has moved.

use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::moves::Moved;
use sqlx::AssertSqlSafe;

use crate::model::CaseId;

/// A case under a path that is no more.
#[derive(Debug, linli_db::FromRow)]
pub(crate) struct LeftBehind {
    pub(crate) id: CaseId,
    #[row(column = "place_path")]
    pub(crate) place: PlacePath,
    pub(crate) imported: bool,
    pub(crate) reported_at: Ts,
    pub(crate) external_closed_at: Option<Ts>,
}

/// Some cases under a path, open or ended. Each has an index of its own that begins with the place.
pub(crate) async fn left_behind(
    c: &mut Conn<'_>,
    district: DistrictId,
    from: &PlacePath,
    open: bool,
    limit: i64,
) -> Result<Vec<LeftBehind>> {
    let standing = if open { "closed_at IS NULL" } else { "closed_at IS NOT NULL" };
    let text = format!(
        "SELECT id, place_path, external_id IS NOT NULL AS imported, reported_at, external_closed_at FROM case_file \
         WHERE district_id = $1 AND {standing} AND place_path >= $2 AND place_path < $3 ORDER BY place_path LIMIT $4"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(from).bind(from.end()).bind(limit).fetch_all(x).await)
}

/// Gives these cases their new path. Their version stays: nobody who works on one of them is disturbed.
pub(crate) async fn take_along(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId], moved: &Moved) -> Result<u64> {
    let skip = i64::try_from(moved.from.as_str().len()).unwrap_or(i64::MAX) + 1;
    let mut touched = 0;
    for chunk in ids.chunks(200) {
        let marks: Vec<String> = (0..chunk.len()).map(|n| format!("${}", n + 6)).collect();
        let text = format!(
            "UPDATE case_file SET place_path = $4 || substr(place_path, CAST($5 AS INTEGER)) \
             WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND id IN ({})",
            marks.join(", ")
        );
        super::words::put_unread(c, district, chunk).await?;
        touched += sql!(c, x => {
            let mut query = sqlx::query(AssertSqlSafe(text)).bind(district).bind(&moved.from).bind(moved.from.end()).bind(&moved.to).bind(skip);
            for id in chunk { query = query.bind(*id); }
            query.execute(x).await.map(|done| done.rows_affected())
        })?;
    }
    Ok(touched)
}
