//! The tables of this room. Nobody else touches them.

pub(crate) mod callers;
pub(crate) mod calls;
pub(crate) mod days;
pub(crate) mod desk;
pub(crate) mod duty;
mod filing;
pub(crate) mod hotline;
pub(crate) mod imports;
pub(crate) mod lists;
pub(crate) mod messages;
pub(crate) mod moves;
pub(crate) mod numbers;
pub(crate) mod promises;
pub(crate) mod published;
pub(crate) mod units;
pub(crate) mod ways;
pub(crate) mod words;

use std::collections::HashMap;

pub(crate) use filing::{NewCase, NewContact, NewLink, case_columns, insert, put_contacts, put_links, renew_contact};
use linli_db::{BlobHash, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::model::{Case, CaseId, CasePhoto, ClockRuns, Kept, MessageClassId, Owner, PhotoKind, StoredPhoto, Way};

/// What stands in `due_at` when nothing was promised.
pub(crate) const NO_PROMISE: i64 = i64::MAX;

/// When a case runs out that is worked on: what was promised, or what the city wants of a ticket where that comes first. An index holds it.
pub(crate) const RUNS_OUT: &str = "CASE WHEN city_due_at < due_at THEN city_due_at ELSE due_at END";

/// How many values one `IN` list carries.
const IN_LIST: usize = 200;

/// The columns of [`CaseRow`], in one place.
pub(crate) const COLUMNS: &str = "district_id, id, number, place_path, class, title, description, state, state_since, clock, \
    owner_person, owner_appointment, owner_role, flagged_role, reported_at, due_at, due_provisional, finished_at, closed_at, \
    overdue_at, channel, external_system, external_id, external_status, external_closed_at, lon_e7, lat_e7, location_flag, public, common_part, \
    emergency, reopened_count, version, finished_by, reported_by, merged_into, ended_how, rating, taken_at, wake_at, \
    message_class, matter, profile, unit_id, kept_from, extensions, answered_in_time, not_fixed_count, city_due_at, way_profile, way_rule";

/// A row of `case_file`.
#[derive(Debug, linli_db::FromRow)]
pub(crate) struct CaseRow {
    district_id: DistrictId,
    id: CaseId,
    number: String,
    place_path: PlacePath,
    class: String,
    title: String,
    description: String,
    state: String,
    state_since: Ts,
    clock: String,
    owner_person: Option<Uuid>,
    owner_appointment: Option<Uuid>,
    owner_role: Option<String>,
    flagged_role: Option<String>,
    reported_at: Ts,
    due_at: i64,
    due_provisional: bool,
    finished_at: Option<Ts>,
    closed_at: Option<Ts>,
    overdue_at: Option<Ts>,
    channel: String,
    external_system: Option<String>,
    external_id: Option<String>,
    external_status: Option<String>,
    external_closed_at: Option<Ts>,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    location_flag: Option<String>,
    public: bool,
    common_part: bool,
    emergency: bool,
    reopened_count: i64,
    version: i64,
    finished_by: Option<Uuid>,
    reported_by: Option<Uuid>,
    merged_into: Option<CaseId>,
    ended_how: Option<String>,
    rating: Option<String>,
    taken_at: Option<Ts>,
    wake_at: Option<Ts>,
    message_class: Option<MessageClassId>,
    matter: Option<String>,
    profile: Option<String>,
    unit_id: Option<OrganisationId>,
    kept_from: Option<String>,
    extensions: i64,
    answered_in_time: Option<bool>,
    not_fixed_count: i64,
    city_due_at: Option<Ts>,
    way_profile: Option<String>,
    way_rule: Option<String>,
}

impl TryFrom<CaseRow> for Case {
    type Error = DbError;

    fn try_from(row: CaseRow) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "case_file", column, row: row.id.to_string() };
        let owner = match (row.owner_person, row.owner_appointment, &row.owner_role) {
            (Some(person), Some(appointment), Some(role)) => {
                Some(Owner { person, appointment, role: role.parse().map_err(|_| damaged("owner_role"))? })
            }
            (None, None, None) => None,
            _ => return Err(damaged("owner_person")),
        };
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged("state"))?,
            clock: row.clock.parse().map_err(|_| damaged("clock"))?,
            flagged_role: row.flagged_role.as_ref().map(|r| r.parse()).transpose().map_err(|_| damaged("flagged_role"))?,
            location_flag: row.location_flag.as_ref().map(|f| f.parse()).transpose().map_err(|_| damaged("location_flag"))?,
            ended_how: row.ended_how.as_ref().map(|e| e.parse()).transpose().map_err(|_| damaged("ended_how"))?,
            rating: row.rating.as_ref().map(|r| r.parse()).transpose().map_err(|_| damaged("rating"))?,
            kept: row.kept_from.as_deref().unwrap_or_default().parse().map_err(|_| damaged("kept_from"))?,
            due_at: (row.due_at != NO_PROMISE).then_some(Ts(row.due_at)),
            city_due_at: row.city_due_at,
            owner,
            district: row.district_id,
            id: row.id,
            number: row.number,
            place: row.place_path,
            class: row.class,
            title: row.title,
            description: row.description,
            state_since: row.state_since,
            reported_at: row.reported_at,
            due_provisional: row.due_provisional,
            finished_at: row.finished_at,
            closed_at: row.closed_at,
            overdue_at: row.overdue_at,
            channel: row.channel,
            external_system: row.external_system,
            external_id: row.external_id,
            external_status: row.external_status,
            external_closed_at: row.external_closed_at,
            lon_e7: row.lon_e7,
            lat_e7: row.lat_e7,
            public: row.public,
            common_part: row.common_part,
            emergency: row.emergency,
            reopened_count: row.reopened_count,
            finished_by: row.finished_by,
            reported_by: row.reported_by,
            merged_into: row.merged_into,
            taken_at: row.taken_at,
            wake_at: row.wake_at,
            extensions: row.extensions,
            answered_in_time: row.answered_in_time,
            not_fixed_count: row.not_fixed_count,
            message_class: row.message_class,
            matter: row.matter,
            profile: row.profile,
            way: row.way_profile.zip(row.way_rule).map(|(profile, rule)| Way { profile, rule }),
            unit: row.unit_id,
            version: row.version,
        })
    }
}

/// Writes what an event changed, if nobody else changed the case since `case.version`. Gives whether it did.
pub(crate) async fn save(c: &mut Conn<'_>, case: &Case) -> Result<bool> {
    let owner = case.owner.as_ref();
    let touched = exec!(c, sqlx::query(
        "UPDATE case_file SET state = $4, state_since = $5, clock = $6, owner_person = $7, owner_appointment = $8, owner_role = $9, \
         flagged_role = $10, due_at = $11, due_provisional = $12, finished_at = $13, closed_at = $14, finished_by = $15, \
         reopened_count = $16, merged_into = $17, ended_how = $18, rating = $19, taken_at = $20, wake_at = $21, unit_id = $22, \
         answered_in_time = $23, not_fixed_count = $24, version = version + 1 WHERE district_id = $1 AND id = $2 AND version = $3"
    ).bind(case.district).bind(case.id).bind(case.version).bind(case.state.as_str()).bind(case.state_since).bind(case.clock.as_str())
     .bind(owner.map(|o| o.person)).bind(owner.map(|o| o.appointment)).bind(owner.map(|o| o.role.as_str()))
     .bind(case.flagged_role.map(|r| r.as_str())).bind(case.due_at.map_or(NO_PROMISE, |due| due.0)).bind(case.due_provisional)
     .bind(case.finished_at).bind(case.closed_at).bind(case.finished_by).bind(case.reopened_count)
     .bind(case.merged_into).bind(case.ended_how.map(|e| e.as_str())).bind(case.rating.map(|r| r.as_str())).bind(case.taken_at)
     .bind(case.wake_at).bind(case.unit).bind(case.answered_in_time).bind(case.not_fixed_count))?;
    Ok(touched == 1)
}

/// Writes what a case is classed as, where it hangs and what boards may show of it, unless somebody else changed it meanwhile; to be
/// called before [`save`], which counts the change.
pub(crate) async fn reclass(c: &mut Conn<'_>, case: &Case) -> Result<bool> {
    let touched = exec!(c, sqlx::query(
        "UPDATE case_file SET class = $4, message_class = $5, matter = $6, profile = $7, place_path = $8, public = $9, common_part = $10, \
         kept_from = $11, way_profile = $12, way_rule = $13 \
         WHERE district_id = $1 AND id = $2 AND version = $3"
    ).bind(case.district).bind(case.id).bind(case.version).bind(&case.class).bind(case.message_class).bind(&case.matter)
     .bind(&case.profile).bind(&case.place).bind(case.public).bind(case.common_part).bind(case.kept.words())
     .bind(case.way.as_ref().map(|way| way.profile.as_str())).bind(case.way.as_ref().map(|way| way.rule.as_str())))?;
    Ok(touched == 1)
}

/// Where a case was reported, when it hangs higher up; `None` for one that hangs where it was reported.
pub(crate) async fn reported_place(c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Option<PlacePath>> {
    let found: Option<Option<PlacePath>> = sql!(c, x => sqlx::query_scalar("SELECT reported_place FROM case_file WHERE district_id = $1 AND id = $2")
            .bind(district).bind(id).fetch_optional(x).await)?;
    Ok(found.flatten())
}

/// Keeps where a case was reported, when it hangs higher up.
pub(crate) async fn keep_reported_place(c: &mut Conn<'_>, case: &Case, reported: Option<&PlacePath>) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET reported_place = $3 WHERE district_id = $1 AND id = $2")
            .bind(case.district)
            .bind(case.id)
            .bind(reported)
    )
    .map(|_| ())
}

/// Keeps a case from whom its words name now.
pub(crate) async fn keep_from(c: &mut Conn<'_>, case: &Case) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET kept_from = $3 WHERE district_id = $1 AND id = $2")
            .bind(case.district)
            .bind(case.id)
            .bind(case.kept.words())
    )
    .map(|_| ())
}

/// Takes the mark away: the promise was moved into the future.
pub(crate) async fn unmark_overdue(c: &mut Conn<'_>, case: &Case) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET overdue_at = NULL WHERE district_id = $1 AND id = $2")
            .bind(case.district)
            .bind(case.id)
    )
    .map(|_| ())
}

/// From whom those of these cases are kept that are kept from anybody.
pub(crate) async fn kept_of(c: &mut Conn<'_>, district: DistrictId, ids: &[Uuid]) -> Result<Vec<(CaseId, Kept)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(IN_LIST) {
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text =
            format!("SELECT id, kept_from FROM case_file WHERE district_id = $1 AND id IN ({marks}) AND kept_from IS NOT NULL");
        let rows: Vec<(CaseId, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
            for id in chunk {
                query = query.bind(*id);
            }
            query.fetch_all(x).await
        })?;
        for (id, words) in rows {
            let damaged = |_| DbError::Inconsistent { table: "case_file", column: "kept_from", row: id.to_string() };
            found.push((id, words.parse().map_err(damaged)?));
        }
    }
    Ok(found)
}

/// Marks a case as danger to life.
pub(crate) async fn flag_emergency(c: &mut Conn<'_>, case: &Case) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET emergency = TRUE WHERE district_id = $1 AND id = $2").bind(case.district).bind(case.id)
    )
    .map(|_| ())
}

/// Reads a case.
pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Option<Case>> {
    let text = format!("SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND id = $2");
    let row: Option<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Case::try_from).transpose()
}

/// Reads several cases at once; those that are not there are not among them.
pub(crate) async fn by_ids(c: &mut Conn<'_>, district: DistrictId, ids: &[CaseId]) -> Result<HashMap<CaseId, Case>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(IN_LIST) {
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text = format!("SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND id IN ({marks})");
        let rows: Vec<CaseRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
            for id in chunk {
                query = query.bind(*id);
            }
            query.fetch_all(x).await
        })?;
        for row in rows {
            found.insert(row.id, Case::try_from(row)?);
        }
    }
    Ok(found)
}

/// Reads a case by its human number.
pub(crate) async fn by_number(c: &mut Conn<'_>, district: DistrictId, number: &str) -> Result<Option<Case>> {
    let text = format!("SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND number = $2");
    let row: Option<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(number).fetch_optional(x).await)?;
    row.map(Case::try_from).transpose()
}

/// Adds a photo at the next position.
pub(crate) async fn add_photo(
    c: &mut Conn<'_>,
    (district, case): (DistrictId, CaseId),
    position: i64,
    photo: &StoredPhoto,
    (kind, at): (PhotoKind, Ts),
) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO case_photo (district_id, case_id, position, hash, thumb_hash, kind, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
    ).bind(district).bind(case).bind(position).bind(photo.hash.0.as_slice()).bind(photo.thumb.0.as_slice()).bind(kind.as_str()).bind(at))
    .map(|_| ())
}

type PhotoRow = (i64, Vec<u8>, Vec<u8>, String, Ts);

/// The photos of a case, in order.
pub(crate) async fn photos(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Vec<CasePhoto>> {
    let rows: Vec<PhotoRow> = sql!(c, x => sqlx::query_as(
        "SELECT position, hash, thumb_hash, kind, added_at FROM case_photo WHERE district_id = $1 AND case_id = $2 ORDER BY position"
    ).bind(district).bind(case).fetch_all(x).await)?;
    rows.into_iter()
        .map(|(position, hash, thumb, kind, added_at)| {
            let damaged =
                |column: &'static str| DbError::Inconsistent { table: "case_photo", column, row: format!("{case}/{position}") };
            Ok(CasePhoto {
                position,
                hash: BlobHash::from_column(&hash).ok_or_else(|| damaged("hash"))?,
                thumb: BlobHash::from_column(&thumb).ok_or_else(|| damaged("thumb_hash"))?,
                kind: kind.parse().map_err(|_| damaged("kind"))?,
                added_at,
            })
        })
        .collect()
}

/// The sealed contact of a case.
pub(crate) async fn contact(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT phone_sealed FROM case_contact WHERE district_id = $1 AND case_id = $2")
        .bind(district).bind(case).fetch_optional(x).await)
}

/// Erases the sealed contact of a case; whether there was one.
pub(crate) async fn erase_contact(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<bool> {
    let Some(hash) = filing::phone_hash(c, district, case).await? else { return Ok(false) };
    exec!(c, sqlx::query("DELETE FROM case_contact WHERE district_id = $1 AND case_id = $2").bind(district).bind(case))?;
    callers::forget(c, district, &hash).await?;
    Ok(true)
}

/// What a private link opens.
pub(crate) async fn link(c: &mut Conn<'_>, token_hash: &[u8]) -> Result<Option<(DistrictId, CaseId)>> {
    sql!(c, x => sqlx::query_as("SELECT district_id, case_id FROM private_link WHERE token_hash = $1")
        .bind(token_hash).fetch_optional(x).await)
}

/// Cases whose promised time is over and which were not marked yet, the longest over first.
pub(crate) async fn unmarked_overdue(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND closed_at IS NULL AND due_at < $2 AND overdue_at IS NULL AND clock = $3 \
         ORDER BY due_at, id LIMIT $4"
    );
    let rows: Vec<CaseRow> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(now).bind(ClockRuns::Running.as_str()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}

/// Cases after an id that are being worked on and whose promise is provisional, in order of id. What is finished was in time or was not.
pub(crate) async fn provisional(c: &mut Conn<'_>, district: DistrictId, after: Uuid, limit: i64) -> Result<Vec<Case>> {
    let text = format!(
        "SELECT {COLUMNS} FROM case_file WHERE district_id = $1 AND closed_at IS NULL AND finished_at IS NULL \
         AND due_provisional AND id > $2 ORDER BY id LIMIT $3"
    );
    let rows: Vec<CaseRow> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Case::try_from).collect()
}
