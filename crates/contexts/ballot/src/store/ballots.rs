//! Ballots, paper ballots that wait for the second reading, and for whom proxies speak.

use std::collections::HashMap;

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Ballot, BallotId, Scan, ScanId, VoteId};

const CAST: &str = "id, seat, turn, way, choices, salt, cast_at, replaced_at";

#[derive(linli_db::FromRow)]
struct BallotRow {
    id: BallotId,
    seat: i64,
    turn: i64,
    way: String,
    choices: String,
    salt: Vec<u8>,
    cast_at: Ts,
    replaced_at: Option<Ts>,
}

impl TryFrom<BallotRow> for Ballot {
    type Error = DbError;

    fn try_from(row: BallotRow) -> Result<Self> {
        let damaged = |column| damaged("ballot_cast", column, row.id);
        Ok(Self {
            way: row.way.parse().map_err(|_| damaged("way"))?,
            choices: row.choices.parse().map_err(|_| damaged("choices"))?,
            salt: row.salt.try_into().map_err(|_| damaged("salt"))?,
            id: row.id,
            seat: row.seat,
            turn: row.turn,
            cast_at: row.cast_at,
            replaced_at: row.replaced_at,
        })
    }
}

/// What else is written of a ballot.
pub(crate) struct Beside {
    /// The hash of its receipt.
    pub(crate) receipt: Vec<u8>,
    /// The paper it was read from.
    pub(crate) scan: Option<ScanId>,
    /// Who cast or registered it, as the journal writes it.
    pub(crate) by: String,
}

/// Writes a ballot that counts from now on.
pub(crate) async fn insert(
    c: &mut Conn<'_>,
    (district, vote): (DistrictId, VoteId),
    new: &Ballot,
    beside: &Beside,
) -> Result<()> {
    let text =
        "UPDATE ballot_cast SET replaced_at = $4 WHERE district_id = $1 AND vote_id = $2 AND seat = $3 AND replaced_at IS NULL";
    if new.turn > 1 {
        exec!(c, sqlx::query(text).bind(district).bind(vote).bind(new.seat).bind(new.cast_at))?;
    }
    let text = "INSERT INTO ballot_cast (district_id, id, vote_id, seat, turn, way, choices, salt, receipt, scan_id, cast_at, cast_by) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(vote)
            .bind(new.seat)
            .bind(new.turn)
            .bind(new.way.as_str())
            .bind(new.choices.to_string())
            .bind(new.salt.as_slice())
            .bind(&beside.receipt)
            .bind(beside.scan)
            .bind(new.cast_at)
            .bind(&beside.by)
    )
    .map(|_| ())
}

/// A ballot.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: BallotId) -> Result<Option<Ballot>> {
    let text = format!("SELECT {CAST} FROM ballot_cast WHERE district_id = $1 AND id = $2");
    let row: Option<BallotRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Ballot::try_from).transpose()
}

/// The ballots of a vote that count, by seat.
pub(crate) async fn counting(c: &mut Conn<'_>, district: DistrictId, vote: VoteId) -> Result<HashMap<i64, Ballot>> {
    let text = format!("SELECT {CAST} FROM ballot_cast WHERE district_id = $1 AND vote_id = $2 AND replaced_at IS NULL");
    let rows: Vec<BallotRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).fetch_all(x).await)?;
    rows.into_iter().map(|row| Ballot::try_from(row).map(|ballot| (ballot.seat, ballot))).collect()
}

/// The ballot of a receipt in a vote.
pub(crate) async fn of_receipt(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, receipt: &[u8]) -> Result<Option<Ballot>> {
    let text = format!("SELECT {CAST} FROM ballot_cast WHERE district_id = $1 AND receipt = $2 AND vote_id = $3");
    let row: Option<BallotRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(receipt).bind(vote).fetch_optional(x).await)?;
    row.map(Ballot::try_from).transpose()
}

const SCAN: &str = "id, seat, hash, way, choices, first_by, first_at, holder, replaces";

#[derive(linli_db::FromRow)]
struct ScanRow {
    id: ScanId,
    seat: i64,
    hash: Vec<u8>,
    way: String,
    choices: String,
    first_by: Uuid,
    first_at: Ts,
    holder: Option<Vec<u8>>,
    replaces: i64,
}

impl ScanRow {
    fn read(self) -> Result<(Scan, String)> {
        let way = self.way.parse().map_err(|_| damaged("ballot_scan", "way", self.id))?;
        let scan = Scan {
            id: self.id,
            seat: self.seat,
            hash: self.hash,
            way,
            first_by: self.first_by,
            first_at: self.first_at,
            holder: self.holder,
            replaces: self.replaces != 0,
        };
        Ok((scan, self.choices))
    }
}

/// Writes a paper ballot that was read once. False where one of the home waits, or the picture is there.
pub(crate) async fn insert_scan(
    c: &mut Conn<'_>,
    (district, vote): (DistrictId, VoteId),
    new: &Scan,
    (choices, holder_name): (&str, Option<&[u8]>),
) -> Result<bool> {
    let text = "INSERT INTO ballot_scan (district_id, id, vote_id, seat, hash, way, choices, holder, holder_name, replaces, state, first_by, first_at, \
                reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', $11, $12, '') ON CONFLICT DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(vote)
            .bind(new.seat)
            .bind(&new.hash)
            .bind(new.way.as_str())
            .bind(choices)
            .bind(new.holder.as_deref())
            .bind(holder_name)
            .bind(i64::from(new.replaces))
            .bind(new.first_by)
            .bind(new.first_at)
    )? == 1)
}

/// For which seat a picture of a vote stands; nothing where it was declared void.
pub(crate) async fn seat_of_picture(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, hash: &[u8]) -> Result<Option<i64>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT seat FROM ballot_scan WHERE district_id = $1 AND vote_id = $2 AND hash = $3 AND state <> 'void'"
    ).bind(district).bind(vote).bind(hash).fetch_optional(x).await)
}

/// Whether a paper ballot of a seat waits or was counted and counts.
pub(crate) async fn paper_of(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, seat: i64) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT s.seat FROM ballot_scan s LEFT JOIN ballot_cast b ON b.district_id = s.district_id AND b.vote_id = s.vote_id AND b.scan_id = s.id \
         WHERE s.district_id = $1 AND s.vote_id = $2 AND s.seat = $3 \
         AND (s.state = 'waiting' OR (s.state = 'counted' AND b.replaced_at IS NULL)) LIMIT 1"
    ).bind(district).bind(vote).bind(seat).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// A paper ballot that waits, and what its first reader read.
pub(crate) async fn waiting_one(
    c: &mut Conn<'_>,
    district: DistrictId,
    (vote, id): (VoteId, ScanId),
) -> Result<Option<(Scan, String)>> {
    let text =
        format!("SELECT {SCAN} FROM ballot_scan WHERE district_id = $1 AND vote_id = $2 AND id = $3 AND state = 'waiting'");
    let row: Option<ScanRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).bind(id).fetch_optional(x).await)?;
    row.map(ScanRow::read).transpose()
}

/// The paper ballots of a vote that wait, the oldest first.
pub(crate) async fn waiting(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, limit: i64) -> Result<Vec<Scan>> {
    let text = format!(
        "SELECT {SCAN} FROM ballot_scan WHERE district_id = $1 AND vote_id = $2 AND state = 'waiting' ORDER BY first_at, id LIMIT $3"
    );
    let rows: Vec<ScanRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(|row| row.read().map(|(scan, _)| scan)).collect()
}

/// The picture of a paper ballot.
pub(crate) async fn picture(c: &mut Conn<'_>, district: DistrictId, (vote, id): (VoteId, ScanId)) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT hash FROM ballot_scan WHERE district_id = $1 AND vote_id = $2 AND id = $3")
        .bind(district).bind(vote).bind(id).fetch_optional(x).await)
}

/// A paper ballot waits no more. False where somebody was quicker.
pub(crate) async fn settle(
    c: &mut Conn<'_>,
    (district, id): (DistrictId, ScanId),
    (state, reason): (&str, &str),
    (by, now): (Uuid, Ts),
) -> Result<bool> {
    let text = "UPDATE ballot_scan SET state = $3, reason = $4, second_by = $5, second_at = $6 WHERE district_id = $1 AND id = $2 AND state = 'waiting'";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(id).bind(state).bind(reason).bind(by).bind(now))? == 1)
}

/// For how many homes a proxy speaks in a vote, this seat not counted. Only under the lock of the vote.
pub(crate) async fn proxied(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, (holder, seat): (&[u8], i64)) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM ballot_proxy WHERE district_id = $1 AND vote_id = $2 AND holder = $3 AND seat <> $4")
        .bind(district).bind(vote).bind(holder).bind(seat).fetch_one(x).await)
}

/// Who speaks for a seat from now on: a proxy, or the owner.
pub(crate) async fn spoken_by(
    c: &mut Conn<'_>,
    district: DistrictId,
    (vote, seat): (VoteId, i64),
    holder: Option<&[u8]>,
) -> Result<()> {
    exec!(
        c,
        sqlx::query("DELETE FROM ballot_proxy WHERE district_id = $1 AND vote_id = $2 AND seat = $3")
            .bind(district)
            .bind(vote)
            .bind(seat)
    )?;
    if let Some(holder) = holder {
        let text = "INSERT INTO ballot_proxy (district_id, vote_id, holder, seat) VALUES ($1, $2, $3, $4)";
        exec!(c, sqlx::query(text).bind(district).bind(vote).bind(holder).bind(seat))?;
    }
    Ok(())
}
