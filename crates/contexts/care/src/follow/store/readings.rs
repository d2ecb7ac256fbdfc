//! Readings.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::follow::model::{Reading, ReadingId, Vitals};
use crate::follow::rules::Past;
use crate::model::CarePersonId;

const COLUMNS: &str = "id, person_id, taken_at, received_at, via, entered_by, spo2, spo2_walk, pulse, breaths, temperature, systolic, \
    diastolic, on_oxygen, mind, breathless, version, changed_at, taken_back";

#[derive(linli_db::FromRow)]
struct ReadingRow {
    id: ReadingId,
    person_id: CarePersonId,
    taken_at: Ts,
    received_at: Ts,
    via: String,
    entered_by: Option<Uuid>,
    spo2: Option<i64>,
    spo2_walk: Option<i64>,
    pulse: Option<i64>,
    breaths: Option<i64>,
    temperature: Option<i64>,
    systolic: Option<i64>,
    diastolic: Option<i64>,
    on_oxygen: bool,
    mind: Option<String>,
    breathless: bool,
    version: i64,
    changed_at: Option<Ts>,
    taken_back: bool,
}

impl TryFrom<ReadingRow> for Reading {
    type Error = DbError;

    fn try_from(row: ReadingRow) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "care_reading", column, row: row.id.to_string() };
        let vitals = Vitals {
            spo2: row.spo2,
            spo2_walk: row.spo2_walk,
            pulse: row.pulse,
            breaths: row.breaths,
            temperature: row.temperature,
            systolic: row.systolic,
            diastolic: row.diastolic,
            on_oxygen: row.on_oxygen,
            mind: row.mind.as_ref().map(|mind| mind.parse()).transpose().map_err(|_| damaged("mind"))?,
            breathless: row.breathless,
        };
        Ok(Self {
            via: row.via.parse().map_err(|_| damaged("via"))?,
            id: row.id,
            person: row.person_id,
            taken_at: row.taken_at,
            received_at: row.received_at,
            entered_by: row.entered_by,
            version: row.version,
            changed_at: row.changed_at,
            taken_back: row.taken_back,
            vitals,
        })
    }
}

/// Writes a reading.
pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, new: &Reading) -> Result<()> {
    let vitals = &new.vitals;
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_reading (district_id, id, person_id, taken_at, received_at, via, entered_by, spo2, spo2_walk, pulse, \
             breaths, temperature, systolic, diastolic, on_oxygen, mind, breathless, version, changed_at, taken_back) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"
        )
        .bind(district)
        .bind(new.id)
        .bind(new.person)
        .bind(new.taken_at)
        .bind(new.received_at)
        .bind(new.via.as_str())
        .bind(new.entered_by)
        .bind(vitals.spo2)
        .bind(vitals.spo2_walk)
        .bind(vitals.pulse)
        .bind(vitals.breaths)
        .bind(vitals.temperature)
        .bind(vitals.systolic)
        .bind(vitals.diastolic)
        .bind(vitals.on_oxygen)
        .bind(vitals.mind.map(|mind| mind.as_str()))
        .bind(vitals.breathless)
        .bind(new.version)
        .bind(new.changed_at)
        .bind(new.taken_back)
    )
    .map(|_| ())
}

/// Writes what a correction left of a reading, unless it was changed meanwhile.
pub(crate) async fn revise(c: &mut Conn<'_>, district: DistrictId, reading: &Reading) -> Result<bool> {
    let vitals = &reading.vitals;
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE care_reading SET spo2 = $4, spo2_walk = $5, pulse = $6, breaths = $7, temperature = $8, systolic = $9, diastolic = $10, \
             on_oxygen = $11, mind = $12, breathless = $13, changed_at = $14, taken_back = $15, taken_at = $16, version = version + 1 \
             WHERE district_id = $1 AND id = $2 AND version = $3"
        )
        .bind(district)
        .bind(reading.id)
        .bind(reading.version)
        .bind(vitals.spo2)
        .bind(vitals.spo2_walk)
        .bind(vitals.pulse)
        .bind(vitals.breaths)
        .bind(vitals.temperature)
        .bind(vitals.systolic)
        .bind(vitals.diastolic)
        .bind(vitals.on_oxygen)
        .bind(vitals.mind.map(|mind| mind.as_str()))
        .bind(vitals.breathless)
        .bind(reading.changed_at)
        .bind(reading.taken_back)
        .bind(reading.taken_at)
    )?;
    Ok(touched == 1)
}

/// Keeps the key that a source gave a reading, or a part of it.
pub(crate) async fn keep_key(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, CarePersonId),
    (key, reading, part): (&str, ReadingId, &str),
) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_reading_key (district_id, person_id, source_key, reading_id, part) VALUES ($1, $2, $3, $4, $5)"
        )
        .bind(district)
        .bind(person)
        .bind(key)
        .bind(reading)
        .bind(part)
    )
    .map(|_| ())
}

/// Which reading of a person, and which part of it, has a key.
pub(crate) async fn of_key(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, CarePersonId),
    key: &str,
) -> Result<Option<(ReadingId, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT reading_id, part FROM care_reading_key WHERE district_id = $1 AND person_id = $2 AND source_key = $3"
    ).bind(district).bind(person).bind(key).fetch_optional(x).await)
}

/// Whether a source gave a part of a reading a key: what has one was there once, even if nothing is left of it.
pub(crate) async fn was_told(c: &mut Conn<'_>, district: DistrictId, reading: ReadingId, part: &str) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT CAST(1 AS BIGINT) FROM care_reading_key WHERE district_id = $1 AND reading_id = $2 AND part = $3 LIMIT 1"
    ).bind(district).bind(reading).bind(part).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// Which readings of a person are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// Taken from then on.
    pub from: Ts,
    /// Taken before then.
    pub until: Ts,
    /// Written or changed from then on.
    pub changed_from: Ts,
    /// Written or changed before then.
    pub changed_until: Ts,
    /// From this one on, in the order of the newest first.
    pub begin: Option<(Ts, ReadingId)>,
    /// At most so many.
    pub limit: i64,
}

/// The readings of a person within a span, the newest first; those that were taken back are among them.
pub(crate) async fn within(c: &mut Conn<'_>, (district, person): (DistrictId, CarePersonId), span: Span) -> Result<Vec<Reading>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_reading WHERE district_id = $1 AND person_id = $2 AND taken_at >= $3 AND taken_at < $4 \
         AND COALESCE(changed_at, received_at) >= $5 AND COALESCE(changed_at, received_at) < $6 \
         AND (taken_at < $7 OR (taken_at = $7 AND id <= $8)) ORDER BY taken_at DESC, id DESC LIMIT $9"
    );
    let (at, id) = span.begin.unwrap_or((Ts(i64::MAX), ReadingId(Uuid::nil())));
    let rows: Vec<ReadingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(person).bind(span.from).bind(span.until).bind(span.changed_from).bind(span.changed_until)
        .bind(at).bind(id).bind(span.limit).fetch_all(x).await)?;
    rows.into_iter().map(Reading::try_from).collect()
}

/// What was measured in a span of those whom an institution follows and whose consent is in force: the person and the saturation at rest, in the
/// order in which it was taken. What was taken back is not among it.
pub(crate) async fn of_institution(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    now: Ts,
    (from, until): (Ts, Ts),
) -> Result<Vec<(CarePersonId, Option<i64>)>> {
    let text = format!(
        "SELECT r.person_id, r.spo2 FROM care_reading r JOIN care_followed f ON f.district_id = r.district_id AND f.person_id = r.person_id \
         WHERE r.district_id = $1 AND f.district_id = $1 AND f.institution_id = $2 AND {} AND r.taken_at >= $4 AND r.taken_at < $5 \
         AND r.taken_back = FALSE ORDER BY r.taken_at, r.id",
        super::agreed("f")
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(now).bind(from).bind(until).fetch_all(x).await)
}

/// The readings of a person that count, the newest first, at most `limit`.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, limit: i64) -> Result<Vec<Reading>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_reading WHERE district_id = $1 AND person_id = $2 AND taken_back = FALSE \
         ORDER BY taken_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<ReadingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Reading::try_from).collect()
}

/// A reading by its id.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ReadingId) -> Result<Option<Reading>> {
    let text = format!("SELECT {COLUMNS} FROM care_reading WHERE district_id = $1 AND id = $2");
    let row: Option<ReadingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Reading::try_from).transpose()
}

/// What a reading taken then is judged by: the readings between `since` and before it.
pub(crate) async fn past(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, CarePersonId),
    (since, before): (Ts, Ts),
) -> Result<Vec<Past>> {
    type Row = (Ts, Option<i64>, Option<i64>);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT taken_at, spo2, temperature FROM care_reading WHERE district_id = $1 AND person_id = $2 AND taken_at >= $3 AND taken_at < $4 \
         AND taken_back = FALSE ORDER BY taken_at"
    ).bind(district).bind(person).bind(since).bind(before).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(taken_at, spo2, temperature)| Past { taken_at, spo2, temperature }).collect())
}

/// When the newest reading of a person that counts was taken, leaving one out.
pub(crate) async fn newest(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, CarePersonId),
    but: Option<ReadingId>,
) -> Result<Option<Ts>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT MAX(taken_at) FROM care_reading WHERE district_id = $1 AND person_id = $2 AND taken_back = FALSE AND id <> $3"
    ).bind(district).bind(person).bind(but.unwrap_or(ReadingId(Uuid::nil()))).fetch_one(x).await)
}
