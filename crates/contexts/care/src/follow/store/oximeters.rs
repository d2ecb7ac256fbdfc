//! Oximeters: a row each; every count is counted from them.

use linli_db::{Bulk, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;

use crate::follow::model::{Oximeter, OximeterId, OximeterState};
use crate::model::CarePersonId;

const COLUMNS: &str = "id, institution_id, number, state, person_id, since";

#[derive(linli_db::FromRow)]
struct OximeterRow {
    id: OximeterId,
    institution_id: OrganisationId,
    number: i64,
    state: String,
    person_id: Option<CarePersonId>,
    since: Ts,
}

impl TryFrom<OximeterRow> for Oximeter {
    type Error = DbError;

    fn try_from(row: OximeterRow) -> Result<Self> {
        let state = row.state.parse();
        let damaged = || DbError::Inconsistent { table: "oximeter", column: "state", row: row.id.to_string() };
        Ok(Self {
            state: state.map_err(|_| damaged())?,
            id: row.id,
            institution: row.institution_id,
            number: row.number,
            person: row.person_id,
            since: row.since,
        })
    }
}

/// Writes new oximeters of an institution, numbered on from `first`.
pub(crate) async fn issue(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    first: i64,
    ids: &[OximeterId],
    at: Ts,
) -> Result<u64> {
    let count = ids.len();
    let same = |value: i64| std::iter::repeat_n(value, count);
    Bulk::into("oximeter")
        .ints("district_id", same(district.0))
        .ids("id", ids.iter().map(|id| id.0))
        .ids("institution_id", std::iter::repeat_n(institution.0, count))
        .ints("number", (first..).take(count))
        .texts("state", std::iter::repeat_n(OximeterState::OnHand.as_str().to_owned(), count))
        .ints("since", same(at.0))
        .write(c)
        .await
}

/// Lends the oximeter with the lowest number that an institution has on hand; `None` when it has none. Two who lend at once are given
/// two.
pub(crate) async fn lend(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    person: CarePersonId,
    at: Ts,
) -> Result<Option<Oximeter>> {
    // Another transaction may have taken the one that was found; then the next is looked for.
    loop {
        let free: Option<(OximeterId,)> = sql!(c, x => sqlx::query_as(
            "SELECT id FROM oximeter WHERE district_id = $1 AND institution_id = $2 AND state = 'on_hand' ORDER BY number LIMIT 1"
        ).bind(district).bind(institution).fetch_optional(x).await)?;
        let Some((id,)) = free else { return Ok(None) };
        let taken = exec!(
            c,
            sqlx::query(
                "UPDATE oximeter SET state = 'lent', person_id = $3, since = $4 WHERE district_id = $1 AND id = $2 AND state = 'on_hand'"
            )
            .bind(district)
            .bind(id)
            .bind(person)
            .bind(at)
        )?;
        if taken == 1 {
            return one(c, district, id).await;
        }
    }
}

/// Puts an oximeter from one state into another in which nobody has it. Gives whether it was in the first.
pub(crate) async fn put(
    c: &mut Conn<'_>,
    (district, id): (DistrictId, OximeterId),
    (from, to): (OximeterState, OximeterState),
    at: Ts,
) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE oximeter SET state = $4, person_id = NULL, since = $5 WHERE district_id = $1 AND id = $2 AND state = $3"
        )
        .bind(district)
        .bind(id)
        .bind(from.as_str())
        .bind(to.as_str())
        .bind(at)
    )?;
    Ok(touched == 1)
}

/// An oximeter.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: OximeterId) -> Result<Option<Oximeter>> {
    let text = format!("SELECT {COLUMNS} FROM oximeter WHERE district_id = $1 AND id = $2");
    let row: Option<OximeterRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Oximeter::try_from).transpose()
}

/// The oximeter that a person has.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Oximeter>> {
    let text = format!("SELECT {COLUMNS} FROM oximeter WHERE district_id = $1 AND person_id = $2");
    let row: Option<OximeterRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).fetch_optional(x).await)?;
    row.map(Oximeter::try_from).transpose()
}

/// The oximeters of an institution in a state, by number, at most `limit`.
pub(crate) async fn list(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    state: OximeterState,
    limit: i64,
) -> Result<Vec<Oximeter>> {
    let text = format!(
        "SELECT {COLUMNS} FROM oximeter WHERE district_id = $1 AND institution_id = $2 AND state = $3 ORDER BY number LIMIT $4"
    );
    let rows: Vec<OximeterRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(state.as_str()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Oximeter::try_from).collect()
}

/// How many oximeters an institution has in each state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, linli_db::FromRow)]
pub struct Stock {
    /// Which institution.
    pub institution_id: OrganisationId,
    /// All that were issued to it.
    pub issued: i64,
    /// On hand.
    pub on_hand: i64,
    /// Lent.
    pub lent: i64,
    /// Lost.
    pub lost: i64,
    /// Written off.
    pub written_off: i64,
}

/// The stock of every institution of a district that was issued any.
pub(crate) async fn stock(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Stock>> {
    sql!(c, x => sqlx::query_as(
        "SELECT institution_id, COUNT(*) AS issued, \
         CAST(SUM(CASE WHEN state = 'on_hand' THEN 1 ELSE 0 END) AS BIGINT) AS on_hand, \
         CAST(SUM(CASE WHEN state = 'lent' THEN 1 ELSE 0 END) AS BIGINT) AS lent, \
         CAST(SUM(CASE WHEN state = 'lost' THEN 1 ELSE 0 END) AS BIGINT) AS lost, \
         CAST(SUM(CASE WHEN state = 'written_off' THEN 1 ELSE 0 END) AS BIGINT) AS written_off \
         FROM oximeter WHERE district_id = $1 GROUP BY institution_id ORDER BY institution_id LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)
}
