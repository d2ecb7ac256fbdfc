//! Readings.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::follow::model::{Reading, ReadingId, Vitals};
use crate::follow::rules::Past;
use crate::model::CarePersonId;

const COLUMNS: &str = "id, person_id, taken_at, received_at, via, entered_by, spo2, spo2_walk, pulse, breaths, temperature, systolic, \
    diastolic, on_oxygen, mind, breathless";

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
            vitals,
        })
    }
}

/// Writes a reading. Gives whether it was not there yet: a source that sends the same key again has been heard.
pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, new: &Reading, source_key: Option<&str>) -> Result<bool> {
    let vitals = &new.vitals;
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO care_reading (district_id, id, person_id, taken_at, received_at, via, source_key, entered_by, spo2, spo2_walk, pulse, \
             breaths, temperature, systolic, diastolic, on_oxygen, mind, breathless) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
             ON CONFLICT (district_id, person_id, source_key) WHERE source_key IS NOT NULL DO NOTHING"
        )
        .bind(district)
        .bind(new.id)
        .bind(new.person)
        .bind(new.taken_at)
        .bind(new.received_at)
        .bind(new.via.as_str())
        .bind(source_key)
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
    )?;
    Ok(touched == 1)
}

/// The reading that a source gave this key.
pub(crate) async fn of_source(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: CarePersonId,
    key: &str,
) -> Result<Option<Reading>> {
    let text = format!("SELECT {COLUMNS} FROM care_reading WHERE district_id = $1 AND person_id = $2 AND source_key = $3");
    let row: Option<ReadingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).bind(key).fetch_optional(x).await)?;
    row.map(Reading::try_from).transpose()
}

/// The readings of a person, the newest first, at most `limit`.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, limit: i64) -> Result<Vec<Reading>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_reading WHERE district_id = $1 AND person_id = $2 ORDER BY taken_at DESC, id DESC LIMIT $3"
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
         ORDER BY taken_at"
    ).bind(district).bind(person).bind(since).bind(before).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(taken_at, spo2, temperature)| Past { taken_at, spo2, temperature }).collect())
}

/// When the newest reading of a person was taken.
pub(crate) async fn newest(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Ts>> {
    sql!(c, x => sqlx::query_scalar("SELECT MAX(taken_at) FROM care_reading WHERE district_id = $1 AND person_id = $2")
        .bind(district).bind(person).fetch_one(x).await)
}
