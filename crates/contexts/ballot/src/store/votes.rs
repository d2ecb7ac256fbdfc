//! Votes and their matters.

use linli_access::Scope;
use linli_db::{Conn, DbError, Engine, Result, exec, sql};
use linli_kernel::{Area, DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Measure, Topic, Vote, VoteId};

const VOTE: &str = "district_id, id, number, place_path, mode, called, title, body, with_parking, silent, silent_basis, rule, state, drafted_by, \
                    posted_at, notice_id, may_open_at, opened_at, closes_at, all_area, all_heads, homes, electorate, closed_at, origin, decision, seal, \
                    due_at, announced_at, version";

#[derive(linli_db::FromRow)]
struct VoteRow {
    district_id: DistrictId,
    id: VoteId,
    number: String,
    place_path: PlacePath,
    mode: String,
    called: String,
    title: String,
    body: String,
    with_parking: i64,
    silent: String,
    silent_basis: String,
    rule: String,
    state: String,
    drafted_by: String,
    posted_at: Option<Ts>,
    notice_id: Option<Uuid>,
    may_open_at: Option<Ts>,
    opened_at: Option<Ts>,
    closes_at: Option<Ts>,
    all_area: Area,
    all_heads: i64,
    homes: i64,
    electorate: Option<Vec<u8>>,
    closed_at: Option<Ts>,
    origin: String,
    decision: String,
    seal: String,
    due_at: Option<Ts>,
    announced_at: Option<Ts>,
    version: i64,
}

impl TryFrom<VoteRow> for Vote {
    type Error = DbError;

    fn try_from(row: VoteRow) -> Result<Self> {
        let damaged = |column| damaged("ballot_vote", column, row.id);
        Ok(Self {
            mode: row.mode.parse().map_err(|_| damaged("mode"))?,
            call: row.called.parse().map_err(|_| damaged("called"))?,
            silent: row.silent.parse().map_err(|_| damaged("silent"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            origin: row.origin.parse().map_err(|_| damaged("origin"))?,
            district: row.district_id,
            id: row.id,
            number: row.number,
            place: row.place_path,
            title: row.title,
            body: row.body,
            with_parking: row.with_parking != 0,
            silent_basis: row.silent_basis,
            rule: row.rule,
            drafted_by: row.drafted_by,
            posted_at: row.posted_at,
            notice: row.notice_id,
            may_open_at: row.may_open_at,
            opened_at: row.opened_at,
            closes_at: row.closes_at,
            all: Measure { area: row.all_area, heads: row.all_heads },
            homes: row.homes,
            electorate: row.electorate,
            closed_at: row.closed_at,
            decision: row.decision,
            seal: row.seal,
            due_at: row.due_at,
            announced_at: row.announced_at,
            version: row.version,
        })
    }
}

/// Writes a new vote with its matters.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Vote, topics: &[Topic], now: Ts) -> Result<()> {
    let text = "INSERT INTO ballot_vote (district_id, id, number, place_path, mode, called, title, body, with_parking, silent, silent_basis, rule, \
                state, drafted_at, drafted_by, all_area, all_heads, homes, origin, decision, seal, withdrawn, version) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', $12, $13, $14, 0, 0, 0, $15, '', '', '', 1)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.number)
            .bind(&new.place)
            .bind(new.mode.as_str())
            .bind(new.call.as_str())
            .bind(&new.title)
            .bind(&new.body)
            .bind(i64::from(new.with_parking))
            .bind(new.silent.as_str())
            .bind(&new.silent_basis)
            .bind(new.state.as_str())
            .bind(now)
            .bind(&new.drafted_by)
            .bind(new.origin.as_str())
    )?;
    for topic in topics {
        let text = "INSERT INTO ballot_topic (district_id, vote_id, no, matter, words) VALUES ($1, $2, $3, $4, $5)";
        exec!(c, sqlx::query(text).bind(new.district).bind(new.id).bind(topic.no).bind(topic.matter).bind(&topic.text))?;
    }
    Ok(())
}

/// A vote.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: VoteId) -> Result<Option<Vote>> {
    read(c, district, id, "").await
}

async fn read(c: &mut Conn<'_>, district: DistrictId, id: VoteId, hold: &str) -> Result<Option<Vote>> {
    let text = format!("SELECT {VOTE} FROM ballot_vote WHERE district_id = $1 AND id = $2{hold}");
    let row: Option<VoteRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Vote::try_from).transpose()
}

/// A vote, held as it is until the transaction ends: nobody counts it meanwhile. Many may hold it at once. On SQLite only one writes at a time anyway.
pub(crate) async fn hold(c: &mut Conn<'_>, district: DistrictId, id: VoteId) -> Result<Option<Vote>> {
    let hold = if c.engine() == Engine::Postgres { " FOR SHARE" } else { "" };
    read(c, district, id, hold).await
}

/// A vote, for this transaction alone.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: VoteId) -> Result<Option<Vote>> {
    let text = "UPDATE ballot_vote SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what a vote has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, vote: &Vote, withdrawn: &str) -> Result<()> {
    let text = "UPDATE ballot_vote SET rule = $3, state = $4, posted_at = $5, notice_id = $6, may_open_at = $7, opened_at = $8, closes_at = $9, \
                all_area = $10, all_heads = $11, homes = $12, electorate = $13, closed_at = $14, origin = $15, decision = $16, seal = $17, due_at = $18, \
                announced_at = $19, withdrawn = $20 WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(vote.district)
            .bind(vote.id)
            .bind(&vote.rule)
            .bind(vote.state.as_str())
            .bind(vote.posted_at)
            .bind(vote.notice)
            .bind(vote.may_open_at)
            .bind(vote.opened_at)
            .bind(vote.closes_at)
            .bind(vote.all.area)
            .bind(vote.all.heads)
            .bind(vote.homes)
            .bind(vote.electorate.as_deref())
            .bind(vote.closed_at)
            .bind(vote.origin.as_str())
            .bind(&vote.decision)
            .bind(&vote.seal)
            .bind(vote.due_at)
            .bind(vote.announced_at)
            .bind(withdrawn)
    )
    .map(|_| ())
}

/// The matters of a vote.
pub(crate) async fn topics(c: &mut Conn<'_>, district: DistrictId, vote: VoteId) -> Result<Vec<Topic>> {
    let rows: Vec<(i64, Option<i64>, String)> = sql!(c, x => sqlx::query_as(
        "SELECT no, matter, words FROM ballot_topic WHERE district_id = $1 AND vote_id = $2 ORDER BY no"
    ).bind(district).bind(vote).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(no, matter, text)| Topic { no, matter, text }).collect())
}

/// Votes of a scope, what runs on top, then the newest.
pub(crate) async fn list(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Vote>> {
    let text = format!(
        "SELECT {VOTE} FROM ballot_vote WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND state <> 'withdrawn' \
         ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'posted' THEN 1 WHEN 'draft' THEN 2 ELSE 3 END, id DESC LIMIT $4"
    );
    let rows: Vec<VoteRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Vote::try_from).collect()
}

/// Votes of exactly these places that were posted and not withdrawn, the newest first.
pub(crate) async fn at_places(c: &mut Conn<'_>, district: DistrictId, places: &[PlacePath], limit: i64) -> Result<Vec<Vote>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let marks = (3..3 + places.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT {VOTE} FROM ballot_vote WHERE district_id = $1 AND state IN ('posted', 'open', 'closed') AND place_path IN ({marks}) \
         ORDER BY CASE state WHEN 'open' THEN 0 WHEN 'posted' THEN 1 ELSE 2 END, id DESC LIMIT $2"
    );
    let rows: Vec<VoteRow> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(limit);
        for place in places {
            query = query.bind(place);
        }
        query.fetch_all(x).await
    })?;
    rows.into_iter().map(Vote::try_from).collect()
}

/// Open votes whose time is over.
pub(crate) async fn over(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<VoteId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM ballot_vote WHERE district_id = $1 AND state = 'open' AND closes_at <= $2 ORDER BY closes_at LIMIT $3"
    ).bind(district).bind(now).bind(limit).fetch_all(x).await)
}

/// All votes that were opened, for the check.
pub(crate) async fn opened(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<VoteId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM ballot_vote WHERE district_id = $1 AND state IN ('open', 'closed') AND origin = 'here' ORDER BY id"
    ).bind(district).fetch_all(x).await)
}
