//! What of cases is open to everybody: public cases of common parts, without a word of who reported them.

use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use crate::model::CaseId;

/// How many values one `IN` list carries.
const IN_LIST: usize = 200;

/// Which public cases are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFilter {
    /// Only of these classes; of all when empty.
    pub classes: Vec<String>,
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Reported at this instant or later.
    pub from: Ts,
    /// Reported at this instant or earlier.
    pub to: Ts,
}

/// A row that may be shown to everybody.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct PublishedRow {
    pub(crate) id: CaseId,
    pub(crate) number: String,
    pub(crate) place_path: PlacePath,
    pub(crate) class: String,
    pub(crate) state: String,
    pub(crate) state_since: Ts,
    pub(crate) owner_role: Option<String>,
    pub(crate) reported_at: Ts,
    pub(crate) due_at: i64,
    pub(crate) closed_at: Option<Ts>,
    pub(crate) lon_e7: Option<i64>,
    pub(crate) lat_e7: Option<i64>,
    pub(crate) location_flag: Option<String>,
}

/// What came from another Open311 server is left to that server: two that tell each other on what they heard would do so for ever.
const SELECT: &str = "SELECT id, number, place_path, class, state, state_since, owner_role, reported_at, due_at, closed_at, lon_e7, \
    lat_e7, location_flag FROM case_file WHERE district_id = $1 AND public = TRUE AND common_part = TRUE AND channel <> 'open311'";

fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// The smallest id that a case reported in this millisecond can have: ids begin with their time, so the key of the table finds a span
/// of time.
fn first_id(at: Ts) -> Uuid {
    Uuid::from_u128(u128::try_from(at.0.div_euclid(1_000)).unwrap_or(0) << 80)
}

/// Public cases, the latest report first. Of named classes each is read along an index of its own: one of which there are few is found
/// without walking along all the others.
pub(crate) async fn newest(
    c: &mut Conn<'_>,
    district: DistrictId,
    filter: &PublishedFilter,
    limit: i64,
) -> Result<Vec<PublishedRow>> {
    if filter.classes.is_empty() {
        return stretch(c, district, filter, (None, limit)).await;
    }
    let mut classes = filter.classes.clone();
    classes.sort();
    classes.dedup();
    let mut found = Vec::new();
    for class in &classes {
        found.extend(stretch(c, district, filter, (Some(class), limit)).await?);
    }
    found.sort_by_key(|row| std::cmp::Reverse(row.id));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

async fn stretch(
    c: &mut Conn<'_>,
    district: DistrictId,
    filter: &PublishedFilter,
    (class, limit): (Option<&String>, i64),
) -> Result<Vec<PublishedRow>> {
    let which = match filter.open {
        None => "",
        Some(true) => "AND closed_at IS NULL",
        Some(false) => "AND closed_at IS NOT NULL",
    };
    let of_class = if class.is_some() { "AND class = $7" } else { "" };
    let text = format!(
        "{SELECT} AND id >= $2 AND id < $3 AND reported_at >= $4 AND reported_at <= $5 {which} {of_class} ORDER BY id DESC LIMIT $6"
    );
    sql!(c, x => {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).persistent(false).bind(district)
            .bind(first_id(filter.from)).bind(first_id(Ts(filter.to.0.saturating_add(1_000))))
            .bind(filter.from).bind(filter.to).bind(limit);
        if let Some(class) = class {
            query = query.bind(class);
        }
        query.fetch_all(x).await
    })
}

/// Public cases with these numbers, the latest report first in each two hundred.
pub(crate) async fn by_numbers(c: &mut Conn<'_>, district: DistrictId, numbers: &[String]) -> Result<Vec<PublishedRow>> {
    let mut found = Vec::with_capacity(numbers.len());
    for chunk in numbers.chunks(IN_LIST) {
        let text = format!("{SELECT} AND number IN ({}) ORDER BY id DESC", placeholders(2, chunk.len()));
        let rows: Vec<PublishedRow> = sql!(c, x => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).persistent(false).bind(district);
            for number in chunk {
                query = query.bind(number);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}
