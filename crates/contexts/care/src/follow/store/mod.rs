//! The tables of key groups and readings. Nobody else touches them.

pub(crate) mod alarms;
pub(crate) mod figures;
pub(crate) mod medicine;
pub(crate) mod oximeters;
pub(crate) mod oxygen;
pub(crate) mod readings;

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::model::{Factors, Followed};
use crate::model::CarePersonId;

const COLUMNS: &str = "district_id, person_id, place_path, institution_id, born, disease, immunocompromised, vaccination, pregnant, \
    scale2, colour, undecided, decided_by, decided_because, rule, next_due, missing_at, version";

#[derive(linli_db::FromRow)]
struct FollowedRow {
    district_id: DistrictId,
    person_id: CarePersonId,
    place_path: PlacePath,
    institution_id: OrganisationId,
    born: String,
    disease: String,
    immunocompromised: bool,
    vaccination: String,
    pregnant: bool,
    scale2: bool,
    colour: String,
    undecided: bool,
    decided_by: Option<Uuid>,
    decided_because: Option<String>,
    rule: String,
    next_due: Option<Ts>,
    missing_at: Option<Ts>,
    version: i64,
}

impl TryFrom<FollowedRow> for Followed {
    type Error = DbError;

    fn try_from(row: FollowedRow) -> Result<Self> {
        let damaged =
            |column: &'static str| DbError::Inconsistent { table: "care_followed", column, row: row.person_id.to_string() };
        let factors = Factors {
            born: row.born.parse().map_err(|_| damaged("born"))?,
            disease: row.disease.parse().map_err(|_| damaged("disease"))?,
            immunocompromised: row.immunocompromised,
            vaccination: row.vaccination.parse().map_err(|_| damaged("vaccination"))?,
            pregnant: row.pregnant,
            scale2: row.scale2,
        };
        Ok(Self {
            colour: row.colour.parse().map_err(|_| damaged("colour"))?,
            district: row.district_id,
            person: row.person_id,
            place: row.place_path,
            institution: row.institution_id,
            factors,
            undecided: row.undecided,
            decided_by: row.decided_by,
            decided_because: row.decided_because,
            rule: row.rule,
            next_due: row.next_due,
            missing_at: row.missing_at,
            version: row.version,
        })
    }
}

/// Writes a new record. Gives whether there was none of the person.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Followed, since: Ts) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO care_followed (district_id, person_id, place_path, institution_id, born, disease, immunocompromised, vaccination, \
             pregnant, scale2, colour, undecided, rule, next_due, missing_at, since, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1) ON CONFLICT (district_id, person_id) DO NOTHING"
        )
        .bind(new.district)
        .bind(new.person)
        .bind(&new.place)
        .bind(new.institution)
        .bind(new.factors.born.to_string())
        .bind(new.factors.disease.as_str())
        .bind(new.factors.immunocompromised)
        .bind(new.factors.vaccination.as_str())
        .bind(new.factors.pregnant)
        .bind(new.factors.scale2)
        .bind(new.colour.as_str())
        .bind(new.undecided)
        .bind(&new.rule)
        .bind(new.next_due)
        .bind(new.missing_at)
        .bind(since)
    )?;
    Ok(touched == 1)
}

/// Writes a changed record, unless somebody changed it meanwhile.
pub(crate) async fn save(c: &mut Conn<'_>, followed: &Followed) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE care_followed SET place_path = $4, institution_id = $5, born = $6, disease = $7, immunocompromised = $8, vaccination = $9, \
             pregnant = $10, scale2 = $11, colour = $12, undecided = $13, decided_by = $14, decided_because = $15, rule = $16, next_due = $17, \
             missing_at = $18, version = version + 1 WHERE district_id = $1 AND person_id = $2 AND version = $3"
        )
        .bind(followed.district)
        .bind(followed.person)
        .bind(followed.version)
        .bind(&followed.place)
        .bind(followed.institution)
        .bind(followed.factors.born.to_string())
        .bind(followed.factors.disease.as_str())
        .bind(followed.factors.immunocompromised)
        .bind(followed.factors.vaccination.as_str())
        .bind(followed.factors.pregnant)
        .bind(followed.factors.scale2)
        .bind(followed.colour.as_str())
        .bind(followed.undecided)
        .bind(followed.decided_by)
        .bind(&followed.decided_because)
        .bind(&followed.rule)
        .bind(followed.next_due)
        .bind(followed.missing_at)
    )?;
    Ok(touched == 1)
}

/// When a person is asked next.
pub(crate) async fn ask_next(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, CarePersonId),
    (due, missing): (Option<Ts>, Option<Ts>),
) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE care_followed SET next_due = $3, missing_at = $4 WHERE district_id = $1 AND person_id = $2")
            .bind(district)
            .bind(person)
            .bind(due)
            .bind(missing)
    )
    .map(|_| ())
}

/// The record of a person.
pub(crate) async fn followed(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Followed>> {
    let text = format!("SELECT {COLUMNS} FROM care_followed WHERE district_id = $1 AND person_id = $2");
    let row: Option<FollowedRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).fetch_optional(x).await)?;
    row.map(Followed::try_from).transpose()
}

/// The record of a person, held until the transaction ends: readings of one person that come at once are judged one after the other.
pub(crate) async fn hold(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Followed>> {
    exec!(
        c,
        sqlx::query("UPDATE care_followed SET version = version + 1 WHERE district_id = $1 AND person_id = $2")
            .bind(district)
            .bind(person)
    )?;
    followed(c, district, person).await
}

/// Which of the followed a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those whose reading is due by then, what is due first on top.
    Due(Ts),
    /// Those who are red, and those for whom a physician has to decide.
    RedOrUndecided,
}

/// The followed of a scope, at most `limit`.
pub(crate) async fn list(c: &mut Conn<'_>, scope: &Scope, which: Which, limit: i64) -> Result<Vec<Followed>> {
    let (condition, order, until) = match which {
        Which::Due(until) => ("next_due <= $4", "next_due, person_id", until),
        Which::RedOrUndecided => {
            ("(colour = 'red' OR undecided = TRUE) AND $4 >= 0", "undecided DESC, place_path, person_id", Ts(0))
        }
    };
    let text = format!(
        "SELECT {COLUMNS} FROM care_followed WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND {condition} \
         ORDER BY {order} LIMIT $5"
    );
    let rows: Vec<FollowedRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(until).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Followed::try_from).collect()
}

/// Those who are followed, after one, in the order of their ids.
pub(crate) async fn after(
    c: &mut Conn<'_>,
    district: DistrictId,
    after: Option<CarePersonId>,
    limit: i64,
) -> Result<Vec<CarePersonId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT person_id FROM care_followed WHERE district_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3"
    ).bind(district).bind(after.unwrap_or(CarePersonId(Uuid::nil()))).bind(limit).fetch_all(x).await)
}

/// Those whom an institution follows and whose consent to readings is in force, by their ids.
pub(crate) async fn of_institution(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    now: Ts,
    limit: i64,
) -> Result<Vec<Followed>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_followed WHERE district_id = $1 AND institution_id = $2 AND {} ORDER BY person_id LIMIT $4",
        agreed("care_followed")
    );
    let rows: Vec<FollowedRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Followed::try_from).collect()
}

/// That the person of a row of `table` has a consent to readings in force at the instant `$3`.
fn agreed(table: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM care_consent g WHERE g.district_id = {table}.district_id AND g.person_id = {table}.person_id \
         AND g.purpose = 'readings' AND g.withdrawn_at IS NULL AND g.given_at <= $3 AND g.expires_at > $3)"
    )
}

/// Those of a scope who agreed to readings and whom nobody has begun to follow: whom a visit found unwell since on top, the latest first, then who
/// agreed first.
pub(crate) async fn newcomers(
    c: &mut Conn<'_>,
    scope: &Scope,
    now: Ts,
    limit: i64,
) -> Result<Vec<(CarePersonId, PlacePath, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT p.id, p.place_path, c.given_at FROM care_person p JOIN care_consent c ON c.district_id = p.district_id AND c.person_id = p.id \
         LEFT JOIN (SELECT district_id, person_id, MAX(ended_at) AS ended_at FROM care_visit WHERE district_id = $1 AND outcome = 'unwell' \
         GROUP BY district_id, person_id) v ON v.district_id = p.district_id AND v.person_id = p.id AND v.ended_at >= c.given_at \
         WHERE p.district_id = $1 AND p.place_path >= $2 AND p.place_path < $3 AND c.purpose = 'readings' AND c.withdrawn_at IS NULL \
         AND c.given_at <= $4 AND c.expires_at > $4 AND NOT EXISTS \
         (SELECT 1 FROM care_followed f WHERE f.district_id = p.district_id AND f.person_id = p.id) \
         ORDER BY COALESCE(v.ended_at, 0) DESC, c.given_at, p.id LIMIT $5"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(now).bind(limit).fetch_all(x).await)
}

/// The last visit since an instant that found somebody unwell: its number, and when.
pub(crate) async fn found_unwell(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: CarePersonId,
    since: Ts,
) -> Result<Option<(String, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT number, ended_at FROM care_visit WHERE district_id = $1 AND person_id = $2 AND outcome = 'unwell' AND ended_at >= $3 \
         ORDER BY ended_at DESC, id DESC LIMIT 1"
    ).bind(district).bind(person).bind(since).fetch_optional(x).await)
}

/// Those whose reading is missing by now, the longest missing first.
pub(crate) async fn missing(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Followed>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_followed WHERE district_id = $1 AND missing_at <= $2 ORDER BY missing_at, person_id LIMIT $3"
    );
    let rows: Vec<FollowedRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Followed::try_from).collect()
}

/// Forgets everything that was kept about somebody under the consent to readings, but what lawfully stays. Gives how many rows went.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<u64> {
    let mut gone = medicine::forget(c, district, person).await?;
    for table in ["oxygen_hold", "oxygen_booking", "care_alarm", "care_reading_key", "care_reading", "care_followed"] {
        let text = format!("DELETE FROM {table} WHERE district_id = $1 AND person_id = $2");
        gone += exec!(c, sqlx::query(AssertSqlSafe(text)).bind(district).bind(person))?;
    }
    Ok(gone)
}
