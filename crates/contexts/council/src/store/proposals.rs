//! What residents propose, second and say.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Comment, CommentId, Proposal, ProposalId, Shown};

const COLUMNS: &str = "p.district_id, p.id, p.place_path, p.number, p.title, p.body, p.state, p.channel, p.answer, p.made_at, \
                       (SELECT COUNT(*) FROM council_second s WHERE s.district_id = p.district_id AND s.proposal_id = p.id) AS seconds";

#[derive(linli_db::FromRow)]
struct ProposalRow {
    district_id: DistrictId,
    id: ProposalId,
    place_path: PlacePath,
    number: String,
    title: String,
    body: String,
    state: String,
    channel: String,
    answer: String,
    made_at: Ts,
    seconds: i64,
}

impl TryFrom<ProposalRow> for Proposal {
    type Error = DbError;

    fn try_from(row: ProposalRow) -> Result<Self> {
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged("council_proposal", "state", row.id))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            number: row.number,
            title: row.title,
            body: row.body,
            channel: row.channel,
            answer: row.answer,
            seconds: row.seconds,
            made_at: row.made_at,
        })
    }
}

fn all(rows: Vec<ProposalRow>) -> Result<Vec<Proposal>> {
    rows.into_iter().map(Proposal::try_from).collect()
}

/// Writes a new proposal, with the telephone of who made it sealed.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Proposal, sealed: Option<&[u8]>) -> Result<()> {
    let text = "INSERT INTO council_proposal (district_id, id, place_path, number, title, body, state, channel, answer, sealed_contact, made_at, changed_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.number)
            .bind(&new.title)
            .bind(&new.body)
            .bind(new.state.as_str())
            .bind(&new.channel)
            .bind(&new.answer)
            .bind(sealed)
            .bind(new.made_at)
    )
    .map(|_| ())
}

/// Writes how far a proposal is. The state it came from is part of the condition.
pub(crate) async fn put(c: &mut Conn<'_>, proposal: &Proposal, (from, now): (&str, Ts)) -> Result<bool> {
    let text = "UPDATE council_proposal SET state = $3, answer = $4, title = $5, body = $6, changed_at = $7 \
                WHERE district_id = $1 AND id = $2 AND state = $8";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(proposal.district)
            .bind(proposal.id)
            .bind(proposal.state.as_str())
            .bind(&proposal.answer)
            .bind(&proposal.title)
            .bind(&proposal.body)
            .bind(now)
            .bind(from)
    )? == 1)
}

/// A proposal.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ProposalId) -> Result<Option<Proposal>> {
    let text = format!("SELECT {COLUMNS} FROM council_proposal p WHERE p.district_id = $1 AND p.id = $2");
    let row: Option<ProposalRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Proposal::try_from).transpose()
}

/// The telephone of who made a proposal, sealed.
pub(crate) async fn contact(c: &mut Conn<'_>, district: DistrictId, id: ProposalId) -> Result<Option<Vec<u8>>> {
    let found: Option<Option<Vec<u8>>> = sql!(c, x => sqlx::query_scalar(
        "SELECT sealed_contact FROM council_proposal WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(id).fetch_optional(x).await)?;
    Ok(found.flatten())
}

/// The proposals of a scope in some states, what most homes stand behind first.
pub(crate) async fn of_scope(c: &mut Conn<'_>, scope: &Scope, (states, limit): (&[&str], i64)) -> Result<Vec<Proposal>> {
    let list: Vec<String> = (0..states.len()).map(|n| format!("${}", n + 5)).collect();
    let text = format!(
        "SELECT {COLUMNS} FROM council_proposal p WHERE p.district_id = $1 AND p.place_path >= $2 AND p.place_path < $3 AND p.state IN ({}) \
         ORDER BY seconds DESC, p.made_at, p.id LIMIT $4",
        list.join(", ")
    );
    let rows: Vec<ProposalRow> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit);
        for state in states {
            query = query.bind(*state);
        }
        query.fetch_all(x).await
    })?;
    all(rows)
}

/// A home stands behind a proposal; false when it did before.
pub(crate) async fn second(
    c: &mut Conn<'_>,
    (district, proposal): (DistrictId, ProposalId),
    (home, channel, now): (Uuid, &str, Ts),
) -> Result<bool> {
    let text = "INSERT INTO council_second (district_id, proposal_id, home_id, channel, made_at) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (district_id, proposal_id, home_id) DO NOTHING";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(proposal).bind(home).bind(channel).bind(now))? == 1)
}

/// Writes what somebody says of a proposal.
pub(crate) async fn comment(
    c: &mut Conn<'_>,
    (district, proposal, channel): (DistrictId, ProposalId, &str),
    new: &Comment,
) -> Result<()> {
    let text = "INSERT INTO council_comment (district_id, id, proposal_id, body, stance, shown, channel, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(proposal)
            .bind(&new.body)
            .bind(new.stance.as_str())
            .bind(new.shown.as_str())
            .bind(channel)
            .bind(new.made_at)
    )
    .map(|_| ())
}

/// A comment is shown or not; false for one that is none of the proposal's.
pub(crate) async fn show_comment(
    c: &mut Conn<'_>,
    (district, proposal): (DistrictId, ProposalId),
    (id, shown): (CommentId, Shown),
) -> Result<bool> {
    let text = "UPDATE council_comment SET shown = $4 WHERE district_id = $1 AND proposal_id = $2 AND id = $3";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(proposal).bind(id).bind(shown.as_str()))? == 1)
}

type CommentRow = (CommentId, String, String, String, Ts);

/// What is said of a proposal, in order.
pub(crate) async fn comments(c: &mut Conn<'_>, district: DistrictId, proposal: ProposalId, limit: i64) -> Result<Vec<Comment>> {
    let rows: Vec<CommentRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, body, stance, shown, made_at FROM council_comment WHERE district_id = $1 AND proposal_id = $2 ORDER BY made_at, id LIMIT $3"
    ).bind(district).bind(proposal).bind(limit).fetch_all(x).await)?;
    let read = |(id, body, stance, shown, made_at): CommentRow| {
        let damaged = |column| damaged("council_comment", column, id);
        let stance = stance.parse().map_err(|_| damaged("stance"))?;
        Ok(Comment { id, body, stance, shown: shown.parse().map_err(|_| damaged("shown"))?, made_at })
    };
    rows.into_iter().map(read).collect()
}

/// How many comments of proposals of a scope wait to be looked at, by proposal.
pub(crate) async fn waiting_comments(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<(ProposalId, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT k.proposal_id, COUNT(*) FROM council_comment k JOIN council_proposal p ON p.district_id = k.district_id AND p.id = k.proposal_id \
         WHERE k.district_id = $1 AND p.district_id = $1 AND p.place_path >= $2 AND p.place_path < $3 AND k.shown = 'waiting' GROUP BY k.proposal_id"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).fetch_all(x).await)
}
