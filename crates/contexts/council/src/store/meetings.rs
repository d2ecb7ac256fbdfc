//! Meetings.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Kind, Meeting, MeetingId};

const COLUMNS: &str = "district_id, id, place_path, number, kind, state, title, starts_at, ends_at, venue, convener, sequence, short_because, \
                       cancelled_because, called_at, held_at, approved_at, published_at, notice_id, result_id, minutes, made_at, changed_at, version";

/// The same with the table before each, for statements over several tables.
fn columns_of(table: &str) -> String {
    COLUMNS.split(", ").map(|column| format!("{table}.{}", column.trim())).collect::<Vec<_>>().join(", ")
}

#[derive(linli_db::FromRow)]
struct MeetingRow {
    district_id: DistrictId,
    id: MeetingId,
    place_path: PlacePath,
    number: String,
    kind: String,
    state: String,
    title: String,
    starts_at: Ts,
    ends_at: Ts,
    venue: String,
    convener: String,
    sequence: i64,
    short_because: String,
    cancelled_because: String,
    called_at: Option<Ts>,
    held_at: Option<Ts>,
    approved_at: Option<Ts>,
    published_at: Option<Ts>,
    notice_id: Option<Uuid>,
    result_id: Option<Uuid>,
    minutes: i64,
    made_at: Ts,
    changed_at: Ts,
    version: i64,
}

impl TryFrom<MeetingRow> for Meeting {
    type Error = DbError;

    fn try_from(row: MeetingRow) -> Result<Self> {
        let damaged = |column| damaged("council_meeting", column, row.id);
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            number: row.number,
            title: row.title,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            venue: row.venue,
            convener: row.convener,
            sequence: row.sequence,
            short_because: row.short_because,
            cancelled_because: row.cancelled_because,
            called_at: row.called_at,
            held_at: row.held_at,
            approved_at: row.approved_at,
            published_at: row.published_at,
            notice: row.notice_id,
            result: row.result_id,
            minutes: row.minutes,
            made_at: row.made_at,
            changed_at: row.changed_at,
            version: row.version,
        })
    }
}

fn all(rows: Vec<MeetingRow>) -> Result<Vec<Meeting>> {
    rows.into_iter().map(Meeting::try_from).collect()
}

/// Writes a new meeting.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Meeting, by: Uuid) -> Result<()> {
    let text = format!(
        "INSERT INTO council_meeting ({COLUMNS}, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21, $22, $23, $24, $25)"
    );
    exec!(
        c,
        sqlx::query(AssertSqlSafe(text))
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.number)
            .bind(new.kind.as_str())
            .bind(new.state.as_str())
            .bind(&new.title)
            .bind(new.starts_at)
            .bind(new.ends_at)
            .bind(&new.venue)
            .bind(&new.convener)
            .bind(new.sequence)
            .bind(&new.short_because)
            .bind(&new.cancelled_because)
            .bind(new.called_at)
            .bind(new.held_at)
            .bind(new.approved_at)
            .bind(new.published_at)
            .bind(new.notice)
            .bind(new.result)
            .bind(new.minutes)
            .bind(new.made_at)
            .bind(new.changed_at)
            .bind(new.version)
            .bind(by)
    )
    .map(|_| ())
}

/// Writes what a meeting has become. The version it came from is part of the condition, so of two at the same moment one is refused; the meeting has
/// the next one then.
pub(crate) async fn put(c: &mut Conn<'_>, meeting: &mut Meeting, now: Ts) -> Result<bool> {
    let text = "UPDATE council_meeting SET state = $3, title = $4, starts_at = $5, ends_at = $6, venue = $7, convener = $8, sequence = $9, \
                short_because = $10, cancelled_because = $11, called_at = $12, held_at = $13, approved_at = $14, published_at = $15, notice_id = $16, \
                result_id = $17, minutes = $18, changed_at = $19, version = version + 1 WHERE district_id = $1 AND id = $2 AND version = $20";
    let done = exec!(
        c,
        sqlx::query(text)
            .bind(meeting.district)
            .bind(meeting.id)
            .bind(meeting.state.as_str())
            .bind(&meeting.title)
            .bind(meeting.starts_at)
            .bind(meeting.ends_at)
            .bind(&meeting.venue)
            .bind(&meeting.convener)
            .bind(meeting.sequence)
            .bind(&meeting.short_because)
            .bind(&meeting.cancelled_because)
            .bind(meeting.called_at)
            .bind(meeting.held_at)
            .bind(meeting.approved_at)
            .bind(meeting.published_at)
            .bind(meeting.notice)
            .bind(meeting.result)
            .bind(meeting.minutes)
            .bind(now)
            .bind(meeting.version)
    )?;
    meeting.version += 1;
    meeting.changed_at = now;
    Ok(done == 1)
}

/// A meeting.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: MeetingId) -> Result<Option<Meeting>> {
    let text = format!("SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND id = $2");
    let row: Option<MeetingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Meeting::try_from).transpose()
}

/// The meetings of a scope since an instant and all that are not over yet, the latest first.
pub(crate) async fn of_scope(c: &mut Conn<'_>, scope: &Scope, (since, limit): (Ts, i64)) -> Result<Vec<Meeting>> {
    let text = format!(
        "SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND (starts_at >= $4 OR state IN ('draft', 'called', 'held', 'approved')) ORDER BY starts_at DESC, id DESC LIMIT $5"
    );
    let rows: Vec<MeetingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(since).bind(limit).fetch_all(x).await)?;
    all(rows)
}

/// The meetings at exactly these places that everybody may know of and that begin after an instant, the first on top.
pub(crate) async fn public_at(
    c: &mut Conn<'_>,
    district: DistrictId,
    places: &[PlacePath],
    (since, limit): (Ts, i64),
) -> Result<Vec<Meeting>> {
    let list: Vec<String> = (0..places.len()).map(|n| format!("${}", n + 4)).collect();
    let text = format!(
        "SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND starts_at >= $2 AND state <> 'draft' AND called_at IS NOT NULL \
         AND place_path IN ({}) ORDER BY starts_at, id LIMIT $3",
        list.join(", ")
    );
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<MeetingRow> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(since).bind(limit);
        for place in places {
            query = query.bind(place);
        }
        query.fetch_all(x).await
    })?;
    all(rows)
}

/// The meetings under a place that everybody may know of and that begin after an instant, the first on top.
pub(crate) async fn public_under(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    (since, limit): (Ts, i64),
) -> Result<Vec<Meeting>> {
    let text = format!(
        "SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND starts_at >= $4 \
         AND state <> 'draft' AND called_at IS NOT NULL ORDER BY starts_at, id LIMIT $5"
    );
    let rows: Vec<MeetingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(place).bind(place.end()).bind(since).bind(limit).fetch_all(x).await)?;
    all(rows)
}

/// The meetings at which somebody has a seat, told of, since an instant, the first on top.
pub(crate) async fn of_person(
    c: &mut Conn<'_>,
    (district, person): (DistrictId, Uuid),
    (since, limit): (Ts, i64),
) -> Result<Vec<Meeting>> {
    let text = format!(
        "SELECT {} FROM council_meeting m JOIN council_seat s ON s.district_id = m.district_id AND s.meeting_id = m.id \
         WHERE m.district_id = $1 AND s.district_id = $1 AND s.person_id = $2 AND m.starts_at >= $3 AND m.called_at IS NOT NULL \
         ORDER BY m.starts_at, m.id LIMIT $4",
        columns_of("m")
    );
    let rows: Vec<MeetingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(person).bind(since).bind(limit).fetch_all(x).await)?;
    all(rows)
}

/// The next meeting of a family at exactly this place that is not held yet, the first of them; a single-matter meeting takes nothing over.
pub(crate) async fn next(c: &mut Conn<'_>, (district, place): (DistrictId, &PlacePath), family: Kind) -> Result<Option<Meeting>> {
    let text = format!(
        "SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND place_path = $2 AND kind = $3 AND state IN ('draft', 'called') \
         ORDER BY starts_at, id LIMIT 1"
    );
    let row: Option<MeetingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(place).bind(family.as_str()).fetch_optional(x).await)?;
    row.map(Meeting::try_from).transpose()
}

/// When joint meetings were held at or under a place, each with its place: held ones alone, of the monthly kind.
pub(crate) async fn joint_held(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    since: Ts,
) -> Result<Vec<(PlacePath, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, starts_at FROM council_meeting WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND kind = 'joint' \
         AND held_at IS NOT NULL AND starts_at >= $4 ORDER BY starts_at"
    ).bind(district).bind(place).bind(place.end()).bind(since).fetch_all(x).await)
}

/// The first meeting of any kind that was ever told of at or under a place, of each place.
pub(crate) async fn first_called(c: &mut Conn<'_>, (district, place): (DistrictId, &PlacePath)) -> Result<Vec<(PlacePath, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, MIN(starts_at) FROM council_meeting WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND called_at IS NOT NULL GROUP BY place_path ORDER BY place_path"
    ).bind(district).bind(place).bind(place.end()).fetch_all(x).await)
}

/// Joint meetings that are told of and not held yet, at or under a place.
pub(crate) async fn joint_called(c: &mut Conn<'_>, (district, place): (DistrictId, &PlacePath)) -> Result<Vec<(PlacePath, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, starts_at FROM council_meeting WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND kind = 'joint' \
         AND state = 'called' ORDER BY starts_at"
    ).bind(district).bind(place).bind(place.end()).fetch_all(x).await)
}

/// Every meeting of a district, after one, in order of ids.
pub(crate) async fn every(c: &mut Conn<'_>, district: DistrictId, after: MeetingId, limit: i64) -> Result<Vec<Meeting>> {
    let text = format!("SELECT {COLUMNS} FROM council_meeting WHERE district_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    let rows: Vec<MeetingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    all(rows)
}
