//! Rounds and the opinions given in them.

use std::collections::BTreeMap;

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_treatment::model::InstitutionId;
use linli_treatment::model::referrals::{InboundKey, ReferralId};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{GroupId, Opinion, OpinionId, Round, RoundId};

const ROUND: &str = "district_id, id, place_path, group_id, institution_id, mode, planned_day, state, advice, held_at";

#[derive(linli_db::FromRow)]
struct RoundRow {
    district_id: DistrictId,
    id: RoundId,
    place_path: PlacePath,
    group_id: GroupId,
    institution_id: InstitutionId,
    mode: String,
    planned_day: String,
    state: String,
    advice: String,
    held_at: Option<Ts>,
}

impl TryFrom<RoundRow> for Round {
    type Error = DbError;

    fn try_from(row: RoundRow) -> Result<Self> {
        let damaged = |column| damaged("expert_round", column, row.id);
        Ok(Self {
            mode: row.mode.parse().map_err(|_| damaged("mode"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            group: row.group_id,
            institution: row.institution_id,
            planned_day: row.planned_day,
            advice: row.advice,
            held_at: row.held_at,
        })
    }
}

/// Writes a new round.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Round, (now, by): (Ts, Uuid)) -> Result<()> {
    let text = "INSERT INTO expert_round (district_id, id, place_path, group_id, institution_id, mode, planned_day, state, advice, planned_at, \
                planned_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(new.group)
            .bind(new.institution)
            .bind(new.mode.as_str())
            .bind(&new.planned_day)
            .bind(new.state.as_str())
            .bind(&new.advice)
            .bind(now)
            .bind(by)
    )
    .map(|_| ())
}

/// Writes what a round has become. The state it came from is part of the condition, so of two at the same moment one is refused.
pub(crate) async fn put(c: &mut Conn<'_>, round: &Round, (from, by): (&str, Uuid)) -> Result<bool> {
    let text = "UPDATE expert_round SET state = $3, advice = $4, held_at = $5, held_by = $6 WHERE district_id = $1 AND id = $2 AND state = $7";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(round.district)
            .bind(round.id)
            .bind(round.state.as_str())
            .bind(&round.advice)
            .bind(round.held_at)
            .bind(by)
            .bind(from)
    )? == 1)
}

/// A round.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: RoundId) -> Result<Option<Round>> {
    let text = format!("SELECT {ROUND} FROM expert_round WHERE district_id = $1 AND id = $2");
    let row: Option<RoundRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Round::try_from).transpose()
}

/// The rounds of a scope that are planned, or were held since a day; the next one on top. Of one institution where one is named.
pub(crate) async fn list(
    c: &mut Conn<'_>,
    scope: &Scope,
    (of, since, limit): (Option<InstitutionId>, &str, i64),
) -> Result<Vec<Round>> {
    let house = if of.is_some() { "AND institution_id = $6" } else { "" };
    let text = format!(
        "SELECT {ROUND} FROM expert_round WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND (state = 'planned' OR planned_day >= $4) AND state <> 'cancelled' {house} \
         ORDER BY CASE state WHEN 'planned' THEN 0 ELSE 1 END, planned_day, id LIMIT $5"
    );
    let rows: Vec<RoundRow> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text))
            .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(since).bind(limit);
        if let Some(of) = of {
            query = query.bind(of);
        }
        query.fetch_all(x).await
    })?;
    rows.into_iter().map(Round::try_from).collect()
}

/// When each institution of a district was visited last, and for which day the next round is planned.
pub(crate) async fn visits(
    c: &mut Conn<'_>,
    district: DistrictId,
) -> Result<BTreeMap<InstitutionId, (Option<Ts>, Option<String>)>> {
    let rows: Vec<(InstitutionId, Option<Ts>, Option<String>)> = sql!(c, x => sqlx::query_as(
        "SELECT institution_id, MAX(held_at), MIN(CASE WHEN state = 'planned' THEN planned_day END) FROM expert_round \
         WHERE district_id = $1 GROUP BY institution_id"
    ).bind(district).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(id, held, planned)| (id, (held, planned))).collect())
}

/// How many rounds were held at each institution since an instant, in every district.
pub(crate) async fn held_since(c: &mut Conn<'_>, since: Ts) -> Result<BTreeMap<(DistrictId, InstitutionId), i64>> {
    let rows: Vec<(DistrictId, InstitutionId, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, institution_id, COUNT(*) FROM expert_round WHERE held_at >= $1 GROUP BY district_id, institution_id"
    ).bind(since).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(district, id, n)| ((district, id), n)).collect())
}

/// Writes an opinion, sealed.
pub(crate) async fn insert_opinion(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    new: &Opinion,
    sealed: &[u8],
) -> Result<()> {
    let text = "INSERT INTO expert_opinion (district_id, id, round_id, institution_id, referral_id, attempt, sealed, given_at, given_by) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(new.round)
            .bind(institution)
            .bind(new.patient.referral)
            .bind(new.patient.attempt)
            .bind(sealed)
            .bind(new.given_at)
            .bind(new.given_by)
    )
    .map(|_| ())
}

#[derive(linli_db::FromRow)]
struct OpinionRow {
    id: OpinionId,
    round_id: RoundId,
    referral_id: ReferralId,
    attempt: i64,
    sealed: Vec<u8>,
    given_at: Ts,
    given_by: Uuid,
}

/// The opinions of a round with what is sealed, in the order in which they were given.
pub(crate) async fn opinions(c: &mut Conn<'_>, district: DistrictId, round: RoundId) -> Result<Vec<(Opinion, Vec<u8>)>> {
    let rows: Vec<OpinionRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, round_id, referral_id, attempt, sealed, given_at, given_by FROM expert_opinion WHERE district_id = $1 AND round_id = $2 \
         ORDER BY given_at, id"
    ).bind(district).bind(round).fetch_all(x).await)?;
    let read = |row: OpinionRow| {
        let patient = InboundKey { referral: row.referral_id, attempt: row.attempt };
        let opinion = Opinion { id: row.id, round: row.round_id, patient, given_at: row.given_at, given_by: row.given_by };
        (opinion, row.sealed)
    };
    Ok(rows.into_iter().map(read).collect())
}

/// How many opinions were given in a round: a number that says nothing of anybody.
pub(crate) async fn opinions_in(c: &mut Conn<'_>, district: DistrictId, round: RoundId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM expert_opinion WHERE district_id = $1 AND round_id = $2")
        .bind(district).bind(round).fetch_one(x).await)
}

/// Erases opinions given before an instant.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, before: Ts, limit: i64) -> Result<u64> {
    let text = "DELETE FROM expert_opinion WHERE district_id = $1 AND id IN (SELECT id FROM expert_opinion WHERE district_id = $1 \
                AND given_at < $2 ORDER BY given_at LIMIT $3)";
    exec!(c, sqlx::query(text).bind(district).bind(before).bind(limit))
}
