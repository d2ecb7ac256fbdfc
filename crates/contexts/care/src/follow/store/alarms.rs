//! Alarms and what became of them.

use linli_access::Scope;
use linli_cases::CaseId;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::follow::model::{Alarm, AlarmId, ReadingId, Reason, Referral, ReferralId};
use crate::model::{CarePersonId, VisitId};

const COLUMNS: &str = "district_id, id, person_id, place_path, reading_id, due_for, raised_at, level, reasons, rule, became, \
    acknowledged_at, acknowledged_by, because, visit_id";

#[derive(linli_db::FromRow)]
struct AlarmRow {
    district_id: DistrictId,
    id: AlarmId,
    person_id: CarePersonId,
    place_path: PlacePath,
    reading_id: Option<ReadingId>,
    due_for: Option<Ts>,
    raised_at: Ts,
    level: String,
    reasons: String,
    rule: String,
    became: Option<String>,
    acknowledged_at: Option<Ts>,
    acknowledged_by: Option<Uuid>,
    because: Option<String>,
    visit_id: Option<VisitId>,
}

impl TryFrom<AlarmRow> for Alarm {
    type Error = DbError;

    fn try_from(row: AlarmRow) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "care_alarm", column, row: row.id.to_string() };
        let reasons: Result<Vec<Reason>, _> = row.reasons.split(',').map(str::parse).collect();
        Ok(Self {
            level: row.level.parse().map_err(|_| damaged("level"))?,
            reasons: reasons.map_err(|_| damaged("reasons"))?,
            became: row.became.as_ref().map(|b| b.parse()).transpose().map_err(|_| damaged("became"))?,
            district: row.district_id,
            id: row.id,
            person: row.person_id,
            place: row.place_path,
            reading: row.reading_id,
            due_for: row.due_for,
            raised_at: row.raised_at,
            rule: row.rule,
            acknowledged_at: row.acknowledged_at,
            acknowledged_by: row.acknowledged_by,
            because: row.because,
            visit: row.visit_id,
        })
    }
}

/// Writes an alarm. Gives whether there was none about the same reading, or the same one that did not come.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Alarm) -> Result<bool> {
    let words: Vec<&str> = new.reasons.iter().map(|reason| reason.as_str()).collect();
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO care_alarm (district_id, id, person_id, place_path, reading_id, due_for, raised_at, level, reasons, rule) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(new.person)
        .bind(&new.place)
        .bind(new.reading)
        .bind(new.due_for)
        .bind(new.raised_at)
        .bind(new.level.as_str())
        .bind(words.join(","))
        .bind(&new.rule)
    )?;
    Ok(touched == 1)
}

/// Writes what became of an alarm. Gives whether nobody had dealt with it.
pub(crate) async fn acknowledge(c: &mut Conn<'_>, alarm: &Alarm) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE care_alarm SET became = $3, acknowledged_at = $4, acknowledged_by = $5, because = $6, visit_id = $7 \
             WHERE district_id = $1 AND id = $2 AND became IS NULL"
        )
        .bind(alarm.district)
        .bind(alarm.id)
        .bind(alarm.became.map(|became| became.as_str()))
        .bind(alarm.acknowledged_at)
        .bind(alarm.acknowledged_by)
        .bind(&alarm.because)
        .bind(alarm.visit)
    )?;
    Ok(touched == 1)
}

/// What is open about somebody for no other reason than that a reading did not come.
pub(crate) async fn missing(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Vec<Alarm>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND person_id = $2 AND became IS NULL AND reasons = $3 ORDER BY id"
    );
    let rows: Vec<AlarmRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person)
        .bind(Reason::Missing.as_str()).fetch_all(x).await)?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// The visits that alarms about somebody's readings asked for.
pub(crate) async fn visits_asked(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Vec<VisitId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT visit_id FROM care_alarm WHERE district_id = $1 AND person_id = $2 AND visit_id IS NOT NULL ORDER BY id"
    ).bind(district).bind(person).fetch_all(x).await)
}

/// An alarm.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: AlarmId) -> Result<Option<Alarm>> {
    let text = format!("SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND id = $2");
    let row: Option<AlarmRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Alarm::try_from).transpose()
}

/// The alarm about a reading; after a correction, the one that was raised last, which is the most urgent.
pub(crate) async fn of_reading(c: &mut Conn<'_>, district: DistrictId, reading: ReadingId) -> Result<Option<Alarm>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND reading_id = $2 \
         ORDER BY raised_at DESC, id DESC LIMIT 1"
    );
    let row: Option<AlarmRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(reading).fetch_optional(x).await)?;
    row.map(Alarm::try_from).transpose()
}

/// The alarms of a scope that nobody has dealt with, the most urgent first.
pub(crate) async fn open(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Alarm>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND became IS NULL \
         ORDER BY CASE level WHEN 'emergency' THEN 0 WHEN 'refer' THEN 1 ELSE 2 END, raised_at, id LIMIT $4"
    );
    let rows: Vec<AlarmRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// The alarms that nobody has dealt with, of those whom an institution follows and whose consent to readings is in force, the oldest first.
pub(crate) async fn open_of_institution(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    now: Ts,
    limit: i64,
) -> Result<Vec<Alarm>> {
    // Any place: so that the index of open ones is gone through, and not all that ever were.
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND place_path >= '' AND became IS NULL AND EXISTS \
         (SELECT 1 FROM care_followed f WHERE f.district_id = care_alarm.district_id AND f.person_id = care_alarm.person_id \
         AND f.institution_id = $2) AND {} ORDER BY raised_at, id LIMIT $4",
        super::agreed("care_alarm")
    );
    let rows: Vec<AlarmRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// Alarms of a scope that became a visit since an instant, the newest first.
pub(crate) async fn with_visits(c: &mut Conn<'_>, scope: &Scope, since: Ts, limit: i64) -> Result<Vec<Alarm>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND visit_id IS NOT NULL \
         AND acknowledged_at >= $4 ORDER BY acknowledged_at DESC, id DESC LIMIT $5"
    );
    let rows: Vec<AlarmRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(since).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// The alarms of a person, the newest first, at most `limit`.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, limit: i64) -> Result<Vec<Alarm>> {
    let text = format!(
        "SELECT {COLUMNS} FROM care_alarm WHERE district_id = $1 AND person_id = $2 ORDER BY raised_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<AlarmRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Alarm::try_from).collect()
}

/// Writes a referral.
pub(crate) async fn insert_referral(c: &mut Conn<'_>, new: &Referral) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_referral (district_id, id, number, person_id, alarm_id, place_path, asked_at, asked_by, urgency, institution_id, case_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(&new.number)
        .bind(new.person)
        .bind(new.alarm)
        .bind(&new.place)
        .bind(new.asked_at)
        .bind(new.asked_by)
        .bind(new.urgency)
        .bind(new.institution)
        .bind(new.case)
    )
    .map(|_| ())
}

#[derive(linli_db::FromRow)]
struct ReferralRow {
    district_id: DistrictId,
    id: ReferralId,
    number: String,
    person_id: CarePersonId,
    alarm_id: AlarmId,
    place_path: PlacePath,
    asked_at: Ts,
    asked_by: Uuid,
    urgency: i64,
    institution_id: OrganisationId,
    case_id: CaseId,
}

impl From<ReferralRow> for Referral {
    fn from(row: ReferralRow) -> Self {
        Self {
            district: row.district_id,
            id: row.id,
            number: row.number,
            person: row.person_id,
            alarm: row.alarm_id,
            place: row.place_path,
            asked_at: row.asked_at,
            asked_by: row.asked_by,
            urgency: row.urgency,
            institution: row.institution_id,
            case: row.case_id,
        }
    }
}

/// The referrals of a person, the newest first, at most `limit`.
pub(crate) async fn referrals_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: CarePersonId,
    limit: i64,
) -> Result<Vec<Referral>> {
    let rows: Vec<ReferralRow> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, number, person_id, alarm_id, place_path, asked_at, asked_by, urgency, institution_id, case_id \
         FROM care_referral WHERE district_id = $1 AND person_id = $2 ORDER BY id DESC LIMIT $3"
    ).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Referral::from).collect())
}
