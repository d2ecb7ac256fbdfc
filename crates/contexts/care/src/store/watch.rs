//! Who is watched under which number, what the watch has still to be told, how far its effects were taken up.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_watch::Slot;
use uuid::Uuid;

use super::one;
use crate::model::{CarePersonId, ErrandKind, Watched};

const COLUMNS: &str =
    "person_id, place_path, slot, profile, enrolled_at, away_until, in_hospital, unheard_why, unheard_since, quiet";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    person_id: CarePersonId,
    place_path: PlacePath,
    slot: i64,
    profile: String,
    enrolled_at: Ts,
    away_until: Option<Ts>,
    in_hospital: bool,
    unheard_why: Option<String>,
    unheard_since: Option<Ts>,
    quiet: Option<String>,
}

impl TryFrom<Row> for Watched {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            slot: slot_of(row.slot, "care_watch")?,
            person: row.person_id,
            place: row.place_path,
            profile: row.profile,
            quiet: row.quiet,
            enrolled_at: row.enrolled_at,
            away_until: row.away_until,
            in_hospital: row.in_hospital,
            unheard: row.unheard_why.zip(row.unheard_since),
        })
    }
}

fn slot_of(number: i64, table: &'static str) -> Result<Slot> {
    Slot::try_from(number).map_err(|_| DbError::Inconsistent { table, column: "slot", row: number.to_string() })
}

pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, watched: &Watched) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_watch (district_id, person_id, place_path, slot, profile, enrolled_at, in_hospital, quiet) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(district)
        .bind(watched.person)
        .bind(&watched.place)
        .bind(i64::from(watched.slot))
        .bind(&watched.profile)
        .bind(watched.enrolled_at)
        .bind(watched.in_hospital)
        .bind(&watched.quiet)
    )
    .map(|_| ())
}

pub(crate) async fn of_person(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Watched>> {
    let text = format!("SELECT {COLUMNS} FROM care_watch WHERE district_id = $1 AND person_id = $2");
    let row: Option<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(person).fetch_optional(x).await)?;
    row.map(Watched::try_from).transpose()
}

/// Whether somebody is watched at a home.
pub(crate) async fn at_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT slot FROM care_watch WHERE district_id = $1 AND place_path = $2"
    ).bind(district).bind(home).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// Those watched in a district after one, by id.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId, after: Uuid, limit: i64) -> Result<Vec<Watched>> {
    let text = format!("SELECT {COLUMNS} FROM care_watch WHERE district_id = $1 AND person_id > $2 ORDER BY person_id LIMIT $3");
    let rows: Vec<Row> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Watched::try_from).collect()
}

/// Those watched in a district of whom the number falls into one of so many parts, after one, by id.
pub(crate) async fn of_part(
    c: &mut Conn<'_>,
    district: DistrictId,
    (part, many): (u16, u16),
    after: Uuid,
    limit: i64,
) -> Result<Vec<Watched>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_watch WHERE district_id = $1 AND person_id > $2 AND slot % $3 = $4 ORDER BY person_id LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(after).bind(i64::from(many))
        .bind(i64::from(part)).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Watched::try_from).collect()
}

/// Those under a place who are not watched although they agreed, or are away or in hospital.
pub(crate) async fn resting(c: &mut Conn<'_>, scope: &linli_access::Scope, limit: i64) -> Result<Vec<Watched>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_watch WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND (unheard_why IS NOT NULL OR in_hospital = $4 OR away_until IS NOT NULL) ORDER BY place_path LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(scope.district).bind(scope.from().to_owned())
        .bind(scope.to()).bind(true).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Watched::try_from).collect()
}

/// Writes what may change of how somebody is watched.
pub(crate) async fn save(c: &mut Conn<'_>, district: DistrictId, watched: &Watched) -> Result<()> {
    let text = "UPDATE care_watch SET profile = $3, away_until = $4, in_hospital = $5, unheard_why = $6, unheard_since = $7, \
                quiet = $8 WHERE district_id = $1 AND person_id = $2";
    one(exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(watched.person)
            .bind(&watched.profile)
            .bind(watched.away_until)
            .bind(watched.in_hospital)
            .bind(watched.unheard.as_ref().map(|(why, _)| why.clone()))
            .bind(watched.unheard.as_ref().map(|(_, since)| *since))
            .bind(&watched.quiet)
    )?)
}

/// Forgets absences that are over.
pub(crate) async fn forget_absences(c: &mut Conn<'_>, district: DistrictId, at: Ts) -> Result<u64> {
    let text = "UPDATE care_watch SET away_until = NULL WHERE district_id = $1 AND away_until <= $2";
    exec!(c, sqlx::query(text).bind(district).bind(at))
}

pub(crate) async fn remove(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<()> {
    let text = "DELETE FROM care_watch WHERE district_id = $1 AND person_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(person)).map(|_| ())
}

/// How many are watched under a place.
pub(crate) async fn count(c: &mut Conn<'_>, scope: &linli_access::Scope) -> Result<(i64, i64)> {
    sql!(c, x => sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN unheard_why IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) FROM care_watch \
         WHERE district_id = $1 AND place_path >= $2 AND place_path < $3"
    ).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to()).fetch_one(x).await)
}

/// Takes a number that nobody has: one that was freed, or the next.
pub(crate) async fn take_slot(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Slot> {
    const TRIES: usize = 50;
    for _ in 0..TRIES {
        let freed: Option<i64> = sql!(&mut *c, x => sqlx::query_scalar(
            "UPDATE care_slot SET district_id = $1, person_id = $2 WHERE slot = \
             (SELECT MIN(slot) FROM care_slot WHERE person_id IS NULL) AND person_id IS NULL RETURNING slot"
        ).bind(district).bind(person).fetch_optional(x).await)?;
        if let Some(slot) = freed {
            return slot_of(slot, "care_slot");
        }
        // Who takes the same number at this moment is waited for, and then another is taken.
        let new: Option<i64> = sql!(&mut *c, x => sqlx::query_scalar(
            "INSERT INTO care_slot (slot, district_id, person_id) SELECT COALESCE(MAX(slot) + 1, 0), $1, $2 FROM care_slot WHERE TRUE \
             ON CONFLICT (slot) DO NOTHING RETURNING slot"
        ).bind(district).bind(person).fetch_optional(x).await)?;
        if let Some(slot) = new {
            return slot_of(slot, "care_slot");
        }
    }
    Err(DbError::Unavailable(None))
}

/// The number is given back as soon as nothing of the person is in any file.
pub(crate) async fn leave_slot(c: &mut Conn<'_>, slot: Slot, at: Ts) -> Result<()> {
    let text = "UPDATE care_slot SET left_at = $2 WHERE slot = $1";
    one(exec!(c, sqlx::query(text).bind(i64::from(slot)).bind(at))?)
}

/// The highest number that was ever given.
pub(crate) async fn highest_slot(c: &mut Conn<'_>) -> Result<Option<Slot>> {
    let highest: Option<i64> = sql!(c, x => sqlx::query_scalar("SELECT MAX(slot) FROM care_slot").fetch_one(x).await)?;
    highest.map(|slot| slot_of(slot, "care_slot")).transpose()
}

/// Who has a number and has not left it.
pub(crate) async fn who_has(c: &mut Conn<'_>, slot: Slot) -> Result<Option<(DistrictId, CarePersonId)>> {
    let found: Option<(Option<DistrictId>, Option<CarePersonId>)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, person_id FROM care_slot WHERE slot = $1 AND left_at IS NULL"
    ).bind(i64::from(slot)).fetch_optional(x).await)?;
    Ok(found.and_then(|(district, person)| district.zip(person)))
}

/// Numbers that were left and of which the watch was told.
pub(crate) async fn left_slots(c: &mut Conn<'_>) -> Result<Vec<(Slot, DistrictId, CarePersonId)>> {
    let rows: Vec<(i64, DistrictId, CarePersonId)> = sql!(c, x => sqlx::query_as(
        "SELECT s.slot, s.district_id, s.person_id FROM care_slot s WHERE s.left_at IS NOT NULL AND s.person_id IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM care_errand e WHERE e.district_id = s.district_id AND e.slot = s.slot) ORDER BY s.slot LIMIT 1000"
    ).fetch_all(x).await)?;
    rows.into_iter().map(|(slot, district, person)| Ok((slot_of(slot, "care_slot")?, district, person))).collect()
}

/// Frees a number.
pub(crate) async fn free_slot(c: &mut Conn<'_>, slot: Slot) -> Result<()> {
    let text =
        "UPDATE care_slot SET district_id = NULL, person_id = NULL, left_at = NULL WHERE slot = $1 AND left_at IS NOT NULL";
    exec!(c, sqlx::query(text).bind(i64::from(slot))).map(|_| ())
}

/// Something the watch has to be told.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) id: Uuid,
    pub(crate) person: CarePersonId,
    pub(crate) slot: Slot,
    pub(crate) what: ErrandKind,
    pub(crate) at: Option<Ts>,
}

pub(crate) async fn put_errand(c: &mut Conn<'_>, district: DistrictId, errand: &Errand) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO care_errand (district_id, id, person_id, slot, what, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(district)
            .bind(errand.id)
            .bind(errand.person)
            .bind(i64::from(errand.slot))
            .bind(errand.what.as_str())
            .bind(errand.at)
    )
    .map(|_| ())
}

type ErrandRow = (Uuid, CarePersonId, i64, String, Option<Ts>);

/// Some of what the watch has still to be told.
#[derive(Debug, Default)]
pub(crate) struct Errands {
    /// Oldest first.
    pub(crate) readable: Vec<Errand>,
    /// Those of which a row cannot be read.
    pub(crate) damaged: Vec<Uuid>,
    /// The last that was looked at.
    pub(crate) last: Option<Uuid>,
    /// How many were looked at.
    pub(crate) seen: usize,
}

/// What the watch has still to be told and is not set aside, oldest first, after one.
pub(crate) async fn errands(c: &mut Conn<'_>, district: DistrictId, after: Uuid, limit: i64) -> Result<Errands> {
    let rows: Vec<ErrandRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, person_id, slot, what, at FROM care_errand WHERE district_id = $1 AND id > $2 AND aside IS NULL ORDER BY id LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    let mut found = Errands { last: rows.last().map(|row| row.0), seen: rows.len(), ..Errands::default() };
    for (id, person, slot, what, at) in rows {
        match (Slot::try_from(slot), what.parse()) {
            (Ok(slot), Ok(what)) => found.readable.push(Errand { id, person, slot, what, at }),
            _ => found.damaged.push(id),
        }
    }
    Ok(found)
}

/// Sets an errand aside with the reason. It stays, so that what depends on it (a number that is to be given back) waits.
pub(crate) async fn set_errand_aside(c: &mut Conn<'_>, district: DistrictId, errand: Uuid, why: &str) -> Result<()> {
    let text = "UPDATE care_errand SET aside = $3 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(errand).bind(why)).map(|_| ())
}

pub(crate) async fn done(c: &mut Conn<'_>, district: DistrictId, errand: Uuid) -> Result<()> {
    let text = "DELETE FROM care_errand WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(errand)).map(|_| ())
}

/// Forgets what the watch had still to be told of somebody.
pub(crate) async fn drop_errands(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<()> {
    let text = "DELETE FROM care_errand WHERE district_id = $1 AND person_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(person)).map(|_| ())
}

/// The highest number of this watch that was done in a district; 0 before the first.
pub(crate) async fn highest(c: &mut Conn<'_>, district: DistrictId, watch: Uuid) -> Result<i64> {
    let number: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT number FROM care_effect WHERE district_id = $1 AND watch_id = $2"
    ).bind(district).bind(watch).fetch_optional(x).await)?;
    Ok(number.unwrap_or(0))
}

/// The highest number of this watch that was done anywhere.
pub(crate) async fn highest_anywhere(c: &mut Conn<'_>, watch: Uuid) -> Result<i64> {
    let number: Option<i64> = sql!(c, x => sqlx::query_scalar("SELECT MAX(number) FROM care_effect WHERE watch_id = $1")
        .bind(watch).fetch_one(x).await)?;
    Ok(number.unwrap_or(0))
}

/// Notes the highest number, in the transaction of what was done.
pub(crate) async fn set_highest(c: &mut Conn<'_>, district: DistrictId, watch: Uuid, number: i64) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_effect (district_id, watch_id, number) VALUES ($1, $2, $3) \
             ON CONFLICT (district_id, watch_id) DO UPDATE SET number = excluded.number WHERE care_effect.number < excluded.number"
        )
        .bind(district)
        .bind(watch)
        .bind(number)
    )
    .map(|_| ())
}

/// Notes under which claim something of a part of the watch is taken up in a district, in the transaction of what that is. False when a later
/// claim has been seen: whoever asks has been replaced and must not do it.
pub(crate) async fn holds_claim(c: &mut Conn<'_>, district: DistrictId, part: u16, epoch: i64) -> Result<bool> {
    let noted = exec!(
        c,
        sqlx::query(
            "INSERT INTO care_part (district_id, part, epoch) VALUES ($1, $2, $3) \
             ON CONFLICT (district_id, part) DO UPDATE SET epoch = excluded.epoch WHERE care_part.epoch <= excluded.epoch"
        )
        .bind(district)
        .bind(i64::from(part))
        .bind(epoch)
    )?;
    Ok(noted > 0)
}
