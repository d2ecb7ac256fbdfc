//! Findings, their steps, and what does not hold together.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_treatment::model::InstitutionId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Finding, FindingId, RoundId, Step};

const FINDING: &str = "district_id, id, place_path, round_id, institution_id, matter, told, state, repeat_of, opened_at, first_due_at, due_at, \
    late_told_at, answered_at, first_answer, reopened, over_at";

#[derive(linli_db::FromRow)]
struct FindingRow {
    district_id: DistrictId,
    id: FindingId,
    place_path: PlacePath,
    round_id: RoundId,
    institution_id: InstitutionId,
    matter: String,
    told: String,
    state: String,
    repeat_of: Option<FindingId>,
    opened_at: Ts,
    first_due_at: Ts,
    due_at: Option<Ts>,
    late_told_at: Option<Ts>,
    answered_at: Option<Ts>,
    first_answer: Option<Ts>,
    reopened: i64,
    over_at: Option<Ts>,
}

impl TryFrom<FindingRow> for Finding {
    type Error = DbError;

    fn try_from(row: FindingRow) -> Result<Self> {
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged("expert_finding", "state", row.id))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            round: row.round_id,
            institution: row.institution_id,
            matter: row.matter,
            told: row.told,
            repeat_of: row.repeat_of,
            opened_at: row.opened_at,
            first_due_at: row.first_due_at,
            due_at: row.due_at,
            late_told_at: row.late_told_at,
            answered_at: row.answered_at,
            first_answer: row.first_answer,
            reopened: row.reopened,
            over_at: row.over_at,
        })
    }
}

fn read(rows: Vec<FindingRow>) -> Result<Vec<Finding>> {
    rows.into_iter().map(Finding::try_from).collect()
}

/// Writes a new finding; false where one of the matter is open in the house.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Finding, by: Uuid) -> Result<bool> {
    let text = "INSERT INTO expert_finding (district_id, id, place_path, round_id, institution_id, matter, told, state, repeat_of, opened_at, \
                opened_by, first_due_at, due_at, reopened, version) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 1) ON CONFLICT DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(new.round)
            .bind(new.institution)
            .bind(&new.matter)
            .bind(&new.told)
            .bind(new.state.as_str())
            .bind(new.repeat_of)
            .bind(new.opened_at)
            .bind(by)
            .bind(new.first_due_at)
            .bind(new.due_at)
    )? == 1)
}

/// A finding, held until the transaction ends.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: FindingId) -> Result<Option<Finding>> {
    let text = "UPDATE expert_finding SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what a finding has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, finding: &Finding) -> Result<()> {
    let text = "UPDATE expert_finding SET state = $3, due_at = $4, late_told_at = $5, answered_at = $6, first_answer = $7, reopened = $8, \
                over_at = $9 WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(finding.district)
            .bind(finding.id)
            .bind(finding.state.as_str())
            .bind(finding.due_at)
            .bind(finding.late_told_at)
            .bind(finding.answered_at)
            .bind(finding.first_answer)
            .bind(finding.reopened)
            .bind(finding.over_at)
    )
    .map(|_| ())
}

/// A finding.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: FindingId) -> Result<Option<Finding>> {
    let text = format!("SELECT {FINDING} FROM expert_finding WHERE district_id = $1 AND id = $2");
    let row: Option<FindingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Finding::try_from).transpose()
}

/// The last finding of a matter in a house that was put right since an instant.
pub(crate) async fn put_right_since(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    matter: &str,
    since: Ts,
) -> Result<Option<FindingId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM expert_finding WHERE district_id = $1 AND institution_id = $2 AND matter = $3 AND state = 'put_right' AND over_at >= $4 \
         ORDER BY over_at DESC, id DESC LIMIT 1"
    ).bind(district).bind(institution).bind(matter).bind(since).fetch_optional(x).await)
}

/// The findings of a scope that are not over, what is due first on top. Of one institution where one is named.
pub(crate) async fn open(c: &mut Conn<'_>, scope: &Scope, (of, limit): (Option<InstitutionId>, i64)) -> Result<Vec<Finding>> {
    let house = if of.is_some() { "AND institution_id = $5" } else { "" };
    let text = format!(
        "SELECT {FINDING} FROM expert_finding WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND over_at IS NULL {house} \
         ORDER BY due_at, id LIMIT $4"
    );
    let rows: Vec<FindingRow> = sql!(c, x => {
        let mut query =
            sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit);
        if let Some(of) = of {
            query = query.bind(of);
        }
        query.fetch_all(x).await
    })?;
    read(rows)
}

/// What was found in a round.
pub(crate) async fn of_round(c: &mut Conn<'_>, district: DistrictId, round: RoundId) -> Result<Vec<Finding>> {
    let text = format!("SELECT {FINDING} FROM expert_finding WHERE district_id = $1 AND round_id = $2 ORDER BY opened_at, id");
    read(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(round).fetch_all(x).await)?)
}

/// What was found since an instant, in every district; what was withdrawn is not in it.
pub(crate) async fn found_since(c: &mut Conn<'_>, since: Ts) -> Result<Vec<Finding>> {
    let text = format!("SELECT {FINDING} FROM expert_finding WHERE opened_at >= $1 AND state <> 'withdrawn'");
    read(sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(since).fetch_all(x).await)?)
}

/// Findings whose clock is over and of which that was not told.
pub(crate) async fn late(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<FindingId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM expert_finding WHERE district_id = $1 AND due_at <= $2 AND late_told_at IS NULL ORDER BY id LIMIT $3"
    ).bind(district).bind(now).bind(limit).fetch_all(x).await)
}

/// Adds a step. Only under the lock of the finding.
pub(crate) async fn add_step(c: &mut Conn<'_>, district: DistrictId, id: FindingId, step: &Step, by: Uuid) -> Result<()> {
    let text = "INSERT INTO expert_finding_step (district_id, finding_id, no, event, said, at, by_whom) SELECT $1, $2, \
                COALESCE(MAX(no), 0) + 1, $3, $4, $5, $6 FROM expert_finding_step WHERE district_id = $1 AND finding_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(step.event.as_str()).bind(&step.said).bind(step.at).bind(by))
        .map(|_| ())
}

/// The steps of a finding, the first on top.
pub(crate) async fn steps(c: &mut Conn<'_>, district: DistrictId, id: FindingId) -> Result<Vec<Step>> {
    let rows: Vec<(String, String, Ts)> = sql!(c, x => sqlx::query_as(
        "SELECT event, said, at FROM expert_finding_step WHERE district_id = $1 AND finding_id = $2 ORDER BY no"
    ).bind(district).bind(id).fetch_all(x).await)?;
    let read = |(event, said, at): (String, String, Ts)| {
        let event = event.parse().map_err(|_| damaged("expert_finding_step", "event", id))?;
        Ok(Step { event, said, at })
    };
    rows.into_iter().map(read).collect()
}

/// What does not hold together in a district: an end with a clock, something open without one, rounds and findings that contradict each other.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (what, text) in [
        (
            "findings that are over and still have a clock, or are open without one",
            "SELECT COUNT(*) FROM expert_finding WHERE district_id = $1 AND (over_at IS NULL) <> (state IN ('open', 'answered')) \
             OR district_id = $1 AND (over_at IS NULL) <> (due_at IS NOT NULL)",
        ),
        (
            "findings of a round that was not held there",
            "SELECT COUNT(*) FROM expert_finding f JOIN expert_round r ON r.district_id = f.district_id AND r.id = f.round_id \
             WHERE f.district_id = $1 AND (r.state <> 'held' OR r.institution_id <> f.institution_id)",
        ),
        (
            "findings whose steps do not say how often they were opened again",
            "SELECT COUNT(*) FROM expert_finding f WHERE f.district_id = $1 AND f.reopened <> (SELECT COUNT(*) FROM expert_finding_step s \
             WHERE s.district_id = f.district_id AND s.finding_id = f.id AND s.event = 'fail')",
        ),
        (
            "rounds that were held at no time, or not held at one",
            "SELECT COUNT(*) FROM expert_round WHERE district_id = $1 AND (state = 'held') <> (held_at IS NOT NULL)",
        ),
    ] {
        let n: i64 = sql!(c, x => sqlx::query_scalar(text).bind(district).fetch_one(x).await)?;
        if n > 0 {
            found.push(format!("{n} {what}"));
        }
    }
    Ok(found)
}
