//! Who may vote in a vote, fixed at its opening.

use linli_db::{Bulk, Column, Conn, Result, exec, sql};
use linli_kernel::{Area, DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use crate::model::{BallotId, Measure, Seat, UnitId, VoteId};

const SEAT: &str = "no, unit_id, place_path, label, area, head, turn, ballot_id";

#[derive(linli_db::FromRow)]
struct SeatRow {
    no: i64,
    unit_id: Option<UnitId>,
    place_path: PlacePath,
    label: String,
    area: Area,
    head: i64,
    turn: i64,
    ballot_id: Option<BallotId>,
}

impl From<SeatRow> for Seat {
    fn from(row: SeatRow) -> Self {
        Self {
            no: row.no,
            unit: row.unit_id,
            place: row.place_path,
            label: row.label,
            area: row.area,
            head: row.head,
            turn: row.turn,
            ballot: row.ballot_id,
        }
    }
}

/// Writes the seats of a vote, each with the head it had in the register.
pub(crate) async fn insert(
    c: &mut Conn<'_>,
    (district, vote): (DistrictId, VoteId),
    seats: &[(Seat, Option<Vec<u8>>)],
) -> Result<()> {
    Bulk::into("ballot_seat")
        .ints("district_id", seats.iter().map(|_| district.0))
        .ids("vote_id", seats.iter().map(|_| vote.0))
        .ints("no", seats.iter().map(|(seat, _)| seat.no))
        .column("unit_id", Column::Id(seats.iter().map(|(seat, _)| seat.unit.map(|unit| unit.0)).collect()))
        .texts("place_path", seats.iter().map(|(seat, _)| seat.place.to_string()))
        .texts("label", seats.iter().map(|(seat, _)| seat.label.clone()))
        .ints("area", seats.iter().map(|(seat, _)| seat.area.0))
        .ints("head", seats.iter().map(|(seat, _)| seat.head))
        .column("head_key", Column::Bytes(seats.iter().map(|(_, key)| key.clone()).collect()))
        .ints("turn", seats.iter().map(|(seat, _)| seat.turn))
        .write(c)
        .await
        .map(|_| ())
}

/// All seats of a vote, in order.
pub(crate) async fn all(c: &mut Conn<'_>, district: DistrictId, vote: VoteId) -> Result<Vec<Seat>> {
    let text = format!("SELECT {SEAT} FROM ballot_seat WHERE district_id = $1 AND vote_id = $2 ORDER BY no");
    let rows: Vec<SeatRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Seat::from).collect())
}

/// Seats after one, so many, in order.
pub(crate) async fn after(c: &mut Conn<'_>, district: DistrictId, (vote, after): (VoteId, i64), limit: i64) -> Result<Vec<Seat>> {
    let text = format!("SELECT {SEAT} FROM ballot_seat WHERE district_id = $1 AND vote_id = $2 AND no > $3 ORDER BY no LIMIT $4");
    let rows: Vec<SeatRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).bind(after).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Seat::from).collect())
}

#[derive(linli_db::FromRow)]
struct KeyedRow {
    no: i64,
    unit_id: Option<UnitId>,
    place_path: PlacePath,
    label: String,
    area: Area,
    head: i64,
    turn: i64,
    ballot_id: Option<BallotId>,
    head_key: Option<Vec<u8>>,
}

/// A seat, and the head it had in the register at the opening.
pub(crate) async fn one(
    c: &mut Conn<'_>,
    district: DistrictId,
    (vote, no): (VoteId, i64),
) -> Result<Option<(Seat, Option<Vec<u8>>)>> {
    let text = format!("SELECT {SEAT}, head_key FROM ballot_seat WHERE district_id = $1 AND vote_id = $2 AND no = $3");
    let row: Option<KeyedRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).bind(no).fetch_optional(x).await)?;
    Ok(row.map(|row| {
        let seat = Seat {
            no: row.no,
            unit: row.unit_id,
            place: row.place_path,
            label: row.label,
            area: row.area,
            head: row.head,
            turn: row.turn,
            ballot: row.ballot_id,
        };
        (seat, row.head_key)
    }))
}

/// The seats of a home in a vote.
pub(crate) async fn of_home(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, home: &PlacePath) -> Result<Vec<Seat>> {
    let text = format!("SELECT {SEAT} FROM ballot_seat WHERE district_id = $1 AND place_path = $2 AND vote_id = $3 ORDER BY no");
    let rows: Vec<SeatRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(home).bind(vote).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Seat::from).collect())
}

/// The seat with what it is called among neighbours, as people type it.
pub(crate) async fn labelled(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, label: &str) -> Result<Option<Seat>> {
    let text =
        format!("SELECT {SEAT} FROM ballot_seat WHERE district_id = $1 AND vote_id = $2 AND label = $3 ORDER BY no LIMIT 2");
    let rows: Vec<SeatRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(vote).bind(label).fetch_all(x).await)?;
    // Two with one name are none that is meant.
    Ok(if rows.len() == 1 { rows.into_iter().next().map(Seat::from) } else { None })
}

/// Gives a seat its next ballot. The turn it had is part of the condition, so of two at the same moment one is refused.
pub(crate) async fn take(
    c: &mut Conn<'_>,
    district: DistrictId,
    (vote, no, turn): (VoteId, i64, i64),
    ballot: BallotId,
) -> Result<bool> {
    let text = "UPDATE ballot_seat SET turn = turn + 1, ballot_id = $5 WHERE district_id = $1 AND vote_id = $2 AND no = $3 AND turn = $4";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(vote).bind(no).bind(turn).bind(ballot))? == 1)
}

/// A home asks for a paper ballot; false where it did before.
pub(crate) async fn ask_paper(c: &mut Conn<'_>, district: DistrictId, (vote, no): (VoteId, i64), now: Ts) -> Result<bool> {
    let text = "UPDATE ballot_seat SET paper_at = $4 WHERE district_id = $1 AND vote_id = $2 AND no = $3 AND paper_at IS NULL";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(vote).bind(no).bind(now))? == 1)
}

/// The seats whose homes asked for a paper ballot and of which none came yet, the first who asked on top.
pub(crate) async fn asked_paper(c: &mut Conn<'_>, district: DistrictId, vote: VoteId, limit: i64) -> Result<Vec<(String, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT label, paper_at FROM ballot_seat WHERE district_id = $1 AND vote_id = $2 AND paper_at IS NOT NULL AND ballot_id IS NULL \
         ORDER BY paper_at, no LIMIT $3"
    ).bind(district).bind(vote).bind(limit).fetch_all(x).await)
}

/// Of whom a ballot came: area, heads, homes.
pub(crate) async fn turnout(c: &mut Conn<'_>, district: DistrictId, vote: VoteId) -> Result<(Measure, i64)> {
    let (area, heads, homes): (i64, i64, i64) = sql!(c, x => sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(area), 0) AS BIGINT), COUNT(DISTINCT head), COUNT(*) FROM ballot_seat \
         WHERE district_id = $1 AND vote_id = $2 AND ballot_id IS NOT NULL"
    ).bind(district).bind(vote).fetch_one(x).await)?;
    Ok((Measure::new(area, heads), homes))
}
