//! The bed ledger: cells, their entries, holds, orders to convert.

use std::collections::BTreeMap;

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::model::beds::{
    BedType, Cell, CellKey, Conversion, ConversionId, Entry, EntryId, Hold, HoldId, HoldState, Levels, Proof,
};
use crate::model::{InstitutionId, UnitId};

const CELL: &str = "district_id, unit_id, bed_type, institution_id, licensed, in_place, open_beds, doctors, nurses, convertible, within_hours, \
    blocked, occupied, reserved, last_at, known_at";
const HOLD: &str = "district_id, id, unit_id, bed_type, institution_id, referral_id, state, guest_of, held_at, until, over_at";
const CONVERSION: &str = "district_id, id, unit_id, bed_type, institution_id, beds, state, ordered_at, due_at, over_at, proof_beds, \
    proof_doctors, proof_nurses, version";

#[derive(linli_db::FromRow)]
struct CellRow {
    district_id: DistrictId,
    unit_id: UnitId,
    bed_type: String,
    institution_id: InstitutionId,
    licensed: Option<i64>,
    in_place: Option<i64>,
    open_beds: Option<i64>,
    doctors: Option<i64>,
    nurses: Option<i64>,
    convertible: Option<i64>,
    within_hours: Option<i64>,
    blocked: i64,
    occupied: i64,
    reserved: i64,
    last_at: Ts,
    known_at: Ts,
}

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

impl TryFrom<CellRow> for Cell {
    type Error = DbError;

    fn try_from(row: CellRow) -> Result<Self> {
        let bed_type = row.bed_type.parse().map_err(|_| damaged("bed_cell", "bed_type", row.unit_id))?;
        Ok(Self {
            key: CellKey { district: row.district_id, unit: row.unit_id, bed_type },
            institution: row.institution_id,
            levels: Levels {
                licensed: row.licensed,
                in_place: row.in_place,
                open: row.open_beds,
                doctors: row.doctors,
                nurses: row.nurses,
                convertible: row.convertible,
                within_hours: row.within_hours,
                blocked: row.blocked,
                occupied: row.occupied,
                reserved: row.reserved,
            },
            last_at: row.last_at,
            known_at: row.known_at,
        })
    }
}

#[derive(linli_db::FromRow)]
struct EntryRow {
    id: EntryId,
    kind: String,
    change: String,
    amount: i64,
    within_hours: Option<i64>,
    at: Ts,
    known_at: Ts,
    reason: Option<String>,
    cause_id: Option<Uuid>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = DbError;

    fn try_from(row: EntryRow) -> Result<Self> {
        let damaged = |column| damaged("bed_entry", column, row.id);
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            change: row.change.parse().map_err(|_| damaged("change"))?,
            reason: row.reason.as_deref().map(str::parse).transpose().map_err(|_| damaged("reason"))?,
            id: row.id,
            amount: row.amount,
            within_hours: row.within_hours,
            at: row.at,
            known_at: row.known_at,
            cause: row.cause_id,
        })
    }
}

#[derive(linli_db::FromRow)]
struct HoldRow {
    district_id: DistrictId,
    id: HoldId,
    unit_id: UnitId,
    bed_type: String,
    institution_id: InstitutionId,
    referral_id: Uuid,
    state: String,
    guest_of: Option<UnitId>,
    held_at: Ts,
    until: Ts,
    over_at: Option<Ts>,
}

impl TryFrom<HoldRow> for Hold {
    type Error = DbError;

    fn try_from(row: HoldRow) -> Result<Self> {
        let damaged = |column| damaged("bed_hold", column, row.id);
        Ok(Self {
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            unit: row.unit_id,
            institution: row.institution_id,
            referral: row.referral_id,
            guest_of: row.guest_of,
            held_at: row.held_at,
            until: row.until,
            over_at: row.over_at,
        })
    }
}

#[derive(linli_db::FromRow)]
struct ConversionRow {
    district_id: DistrictId,
    id: ConversionId,
    unit_id: UnitId,
    bed_type: String,
    institution_id: InstitutionId,
    beds: i64,
    state: String,
    ordered_at: Ts,
    due_at: Ts,
    over_at: Option<Ts>,
    proof_beds: Option<i64>,
    proof_doctors: Option<i64>,
    proof_nurses: Option<i64>,
    version: i64,
}

impl TryFrom<ConversionRow> for Conversion {
    type Error = DbError;

    fn try_from(row: ConversionRow) -> Result<Self> {
        let damaged = |column| damaged("bed_conversion", column, row.id);
        let proof = match (row.proof_beds, row.proof_doctors, row.proof_nurses) {
            (Some(beds), Some(doctors), Some(nurses)) => Some(Proof { beds, doctors, nurses }),
            _ => None,
        };
        Ok(Self {
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            unit: row.unit_id,
            institution: row.institution_id,
            beds: row.beds,
            ordered_at: row.ordered_at,
            due_at: row.due_at,
            over_at: row.over_at,
            proof,
            version: row.version,
        })
    }
}

/// A unit with whose it is, when it is open at an instant.
pub(crate) async fn unit(c: &mut Conn<'_>, district: DistrictId, id: UnitId, at: Ts) -> Result<Option<(InstitutionId, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT institution_id, name FROM institution_unit WHERE district_id = $1 AND id = $2 AND valid_from <= $3 \
         AND (valid_to IS NULL OR valid_to > $3)"
    ).bind(district).bind(id).bind(at).fetch_optional(x).await)
}

/// What a unit can do, itself or with its house.
pub(crate) async fn capabilities(c: &mut Conn<'_>, district: DistrictId, unit: UnitId) -> Result<Vec<String>> {
    let both: Vec<(String, String)> = sql!(c, x => sqlx::query_as(
        "SELECT u.capabilities, i.capabilities FROM institution_unit u JOIN institution i ON i.district_id = u.district_id \
         AND i.id = u.institution_id WHERE u.district_id = $1 AND u.id = $2"
    ).bind(district).bind(unit).fetch_all(x).await)?;
    let codes = both.iter().flat_map(|(own, house)| own.split(',').chain(house.split(',')));
    Ok(codes.filter(|code| !code.is_empty()).map(str::to_owned).collect())
}

/// The units of an institution that are open at an instant, by name.
pub(crate) async fn units(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    at: Ts,
) -> Result<Vec<(UnitId, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, name FROM institution_unit WHERE district_id = $1 AND institution_id = $2 AND valid_from <= $3 \
         AND (valid_to IS NULL OR valid_to > $3) ORDER BY name LIMIT 500"
    ).bind(district).bind(institution).bind(at).fetch_all(x).await)
}

/// Where an institution is, for the journal.
pub(crate) async fn place_of(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<Option<PlacePath>> {
    sql!(c, x => sqlx::query_scalar("SELECT place_path FROM institution WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// The cell, held until the transaction ends: of many who want the last bed the second waits for the first. A cell that is not there yet is
/// made, with nothing known.
pub(crate) async fn lock(c: &mut Conn<'_>, key: CellKey, institution: InstitutionId, now: Ts) -> Result<Cell> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO bed_cell (district_id, unit_id, bed_type, institution_id, blocked, occupied, reserved, last_at, known_at, version) \
             VALUES ($1, $2, $3, $4, 0, 0, 0, 0, $5, 0) \
             ON CONFLICT (district_id, unit_id, bed_type) DO UPDATE SET version = bed_cell.version + 1"
        )
        .bind(key.district)
        .bind(key.unit)
        .bind(key.bed_type.as_str())
        .bind(institution)
        .bind(now)
    )?;
    cell(c, key).await?.ok_or_else(|| damaged("bed_cell", "unit_id", key.unit))
}

/// A cell as it stands.
pub(crate) async fn cell(c: &mut Conn<'_>, key: CellKey) -> Result<Option<Cell>> {
    let text = format!("SELECT {CELL} FROM bed_cell WHERE district_id = $1 AND unit_id = $2 AND bed_type = $3");
    let row: Option<CellRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(key.district).bind(key.unit).bind(key.bed_type.as_str()).fetch_optional(x).await)?;
    row.map(Cell::try_from).transpose()
}

/// The cells of an institution, by unit and kind.
pub(crate) async fn cells(c: &mut Conn<'_>, (district, institution): (DistrictId, InstitutionId)) -> Result<Vec<Cell>> {
    let text = format!(
        "SELECT {CELL} FROM bed_cell WHERE district_id = $1 AND institution_id = $2 ORDER BY unit_id, bed_type LIMIT 2000"
    );
    let rows: Vec<CellRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).fetch_all(x).await)?;
    rows.into_iter().map(Cell::try_from).collect()
}

/// What is in place and convertible of a kind of bed, over all districts, with how many cells told each and how many there are.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct StockRow {
    pub(crate) bed_type: String,
    pub(crate) in_place: Option<i64>,
    pub(crate) in_place_told: i64,
    pub(crate) convertible: Option<i64>,
    pub(crate) convertible_told: i64,
    pub(crate) cells: i64,
}

/// What is in place and convertible, by kind of bed, of institutions that are open at an instant.
pub(crate) async fn stock(c: &mut Conn<'_>, at: Ts) -> Result<Vec<StockRow>> {
    sql!(c, x => sqlx::query_as(
        "SELECT b.bed_type, CAST(SUM(b.in_place) AS BIGINT) AS in_place, COUNT(b.in_place) AS in_place_told, \
         CAST(SUM(b.convertible) AS BIGINT) AS convertible, COUNT(b.convertible) AS convertible_told, COUNT(*) AS cells \
         FROM bed_cell b JOIN institution i ON i.district_id = b.district_id AND i.id = b.institution_id \
         WHERE i.valid_from <= $1 AND (i.valid_to IS NULL OR i.valid_to > $1) GROUP BY b.bed_type ORDER BY b.bed_type"
    ).bind(at).fetch_all(x).await)
}

/// Of which cells of an institution anything was ever told of beds that are occupied, and of beds that are blocked.
pub(crate) async fn told_of(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
) -> Result<BTreeMap<(UnitId, BedType), (bool, bool)>> {
    let rows: Vec<(UnitId, String, i64, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT b.unit_id, b.bed_type, \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM bed_entry e WHERE e.district_id = b.district_id AND e.unit_id = b.unit_id \
           AND e.bed_type = b.bed_type AND e.kind = 'occupied') THEN 1 ELSE 0 END AS BIGINT), \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM bed_entry e WHERE e.district_id = b.district_id AND e.unit_id = b.unit_id \
           AND e.bed_type = b.bed_type AND e.kind = 'blocked') THEN 1 ELSE 0 END AS BIGINT) \
         FROM bed_cell b WHERE b.district_id = $1 AND b.institution_id = $2"
    ).bind(district).bind(institution).fetch_all(x).await)?;
    let one = |(unit, bed_type, occupied, blocked): (UnitId, String, i64, i64)| {
        let bed_type = bed_type.parse().map_err(|_| damaged("bed_cell", "bed_type", unit))?;
        Ok(((unit, bed_type), (occupied > 0, blocked > 0)))
    };
    rows.into_iter().map(one).collect()
}

/// The cells of one kind of bed, in every district, of institutions that are open.
pub(crate) async fn cells_of_type(c: &mut Conn<'_>, bed_type: BedType) -> Result<Vec<Cell>> {
    let text =
        format!("SELECT {CELL} FROM bed_cell WHERE bed_type = $1 ORDER BY district_id, institution_id, unit_id LIMIT 20000");
    let rows: Vec<CellRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(bed_type.as_str()).fetch_all(x).await)?;
    rows.into_iter().map(Cell::try_from).collect()
}

/// The cells of every district.
pub(crate) async fn cells_everywhere(c: &mut Conn<'_>) -> Result<Vec<Cell>> {
    let text = format!("SELECT {CELL} FROM bed_cell ORDER BY district_id, institution_id, unit_id, bed_type");
    let rows: Vec<CellRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(Cell::try_from).collect()
}

/// The cells of a district after one, in order.
pub(crate) async fn cells_after(
    c: &mut Conn<'_>,
    district: DistrictId,
    after: Option<(UnitId, BedType)>,
    limit: i64,
) -> Result<Vec<Cell>> {
    let (unit, bed_type) = after.map_or((UnitId(Uuid::nil()), ""), |(unit, bed_type)| (unit, bed_type.as_str()));
    let text = format!(
        "SELECT {CELL} FROM bed_cell WHERE district_id = $1 AND (unit_id > $2 OR (unit_id = $2 AND bed_type > $3)) \
         ORDER BY unit_id, bed_type LIMIT $4"
    );
    let rows: Vec<CellRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(unit).bind(bed_type).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Cell::try_from).collect()
}

/// Writes what a cell has become. Only under its lock.
pub(crate) async fn put_cell(c: &mut Conn<'_>, cell: &Cell) -> Result<()> {
    let levels = cell.levels;
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE bed_cell SET licensed = $4, in_place = $5, open_beds = $6, doctors = $7, nurses = $8, convertible = $9, within_hours = $10, \
             blocked = $11, occupied = $12, reserved = $13, last_at = $14, known_at = $15 \
             WHERE district_id = $1 AND unit_id = $2 AND bed_type = $3"
        )
        .bind(cell.key.district)
        .bind(cell.key.unit)
        .bind(cell.key.bed_type.as_str())
        .bind(levels.licensed)
        .bind(levels.in_place)
        .bind(levels.open)
        .bind(levels.doctors)
        .bind(levels.nurses)
        .bind(levels.convertible)
        .bind(levels.within_hours)
        .bind(levels.blocked)
        .bind(levels.occupied)
        .bind(levels.reserved)
        .bind(cell.last_at)
        .bind(cell.known_at)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// Adds an entry.
pub(crate) async fn insert_entry(c: &mut Conn<'_>, key: CellKey, entry: &Entry, by: &str) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO bed_entry (district_id, id, unit_id, bed_type, kind, change, amount, within_hours, at, known_at, entered_by, reason, \
             cause_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        )
        .bind(key.district)
        .bind(entry.id)
        .bind(key.unit)
        .bind(key.bed_type.as_str())
        .bind(entry.kind.as_str())
        .bind(entry.change.as_str())
        .bind(entry.amount)
        .bind(entry.within_hours)
        .bind(entry.at)
        .bind(entry.known_at)
        .bind(by)
        .bind(entry.reason.map(|reason| reason.as_str()))
        .bind(entry.cause)
    )
    .map(|_| ())
}

/// The entries of a cell that speak of an instant or of before and were known by another, in their order.
pub(crate) async fn entries(c: &mut Conn<'_>, key: CellKey, (until, known_by): (Ts, Ts)) -> Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, kind, change, amount, within_hours, at, known_at, reason, cause_id FROM bed_entry \
         WHERE district_id = $1 AND unit_id = $2 AND bed_type = $3 AND at <= $4 AND known_at <= $5 ORDER BY at, id"
    ).bind(key.district).bind(key.unit).bind(key.bed_type.as_str()).bind(until).bind(known_by).fetch_all(x).await)?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// Writes a hold. Gives whether the referral had none in the district.
pub(crate) async fn insert_hold(c: &mut Conn<'_>, hold: &Hold) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO bed_hold (district_id, id, unit_id, bed_type, institution_id, referral_id, state, guest_of, held_at, until, over_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING"
        )
        .bind(hold.district)
        .bind(hold.id)
        .bind(hold.unit)
        .bind(hold.bed_type.as_str())
        .bind(hold.institution)
        .bind(hold.referral)
        .bind(hold.state.as_str())
        .bind(hold.guest_of)
        .bind(hold.held_at)
        .bind(hold.until)
        .bind(hold.over_at)
    )?;
    Ok(touched == 1)
}

/// Puts a hold from the state it was read in into another. Gives whether it was in it still.
pub(crate) async fn put_hold(c: &mut Conn<'_>, hold: &Hold, to: HoldState, (until, over_at): (Ts, Option<Ts>)) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE bed_hold SET state = $4, until = $5, over_at = $6 WHERE district_id = $1 AND id = $2 AND state = $3")
            .bind(hold.district)
            .bind(hold.id)
            .bind(hold.state.as_str())
            .bind(to.as_str())
            .bind(until)
            .bind(over_at)
    )?;
    Ok(touched == 1)
}

/// A hold.
pub(crate) async fn hold(c: &mut Conn<'_>, district: DistrictId, id: HoldId) -> Result<Option<Hold>> {
    let text = format!("SELECT {HOLD} FROM bed_hold WHERE district_id = $1 AND id = $2");
    let row: Option<HoldRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Hold::try_from).transpose()
}

/// Holds whose time is over by now, the longest over first.
pub(crate) async fn holds_over(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Hold>> {
    let text = format!(
        "SELECT {HOLD} FROM bed_hold WHERE district_id = $1 AND until <= $2 AND state = 'held' ORDER BY until, id LIMIT $3"
    );
    let rows: Vec<HoldRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Hold::try_from).collect()
}

/// Holds of an institution that are not over, who has a bed longest first.
pub(crate) async fn holds_of(c: &mut Conn<'_>, (district, institution): (DistrictId, InstitutionId)) -> Result<Vec<Hold>> {
    let text = format!(
        "SELECT {HOLD} FROM bed_hold WHERE district_id = $1 AND institution_id = $2 AND over_at IS NULL ORDER BY held_at, id LIMIT 2000"
    );
    let rows: Vec<HoldRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).fetch_all(x).await)?;
    rows.into_iter().map(Hold::try_from).collect()
}

/// Writes an order.
pub(crate) async fn insert_conversion(c: &mut Conn<'_>, order: &Conversion, by: &str) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO bed_conversion (district_id, id, unit_id, bed_type, institution_id, beds, state, ordered_at, ordered_by, due_at, version) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)"
        )
        .bind(order.district)
        .bind(order.id)
        .bind(order.unit)
        .bind(order.bed_type.as_str())
        .bind(order.institution)
        .bind(order.beds)
        .bind(order.state.as_str())
        .bind(order.ordered_at)
        .bind(by)
        .bind(order.due_at)
    )
    .map(|_| ())
}

/// Writes a changed order, unless somebody changed it meanwhile.
pub(crate) async fn put_conversion(c: &mut Conn<'_>, order: &Conversion) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE bed_conversion SET state = $4, over_at = $5, proof_beds = $6, proof_doctors = $7, proof_nurses = $8, version = version + 1 \
             WHERE district_id = $1 AND id = $2 AND version = $3"
        )
        .bind(order.district)
        .bind(order.id)
        .bind(order.version)
        .bind(order.state.as_str())
        .bind(order.over_at)
        .bind(order.proof.map(|proof| proof.beds))
        .bind(order.proof.map(|proof| proof.doctors))
        .bind(order.proof.map(|proof| proof.nurses))
    )?;
    Ok(touched == 1)
}

/// An order.
pub(crate) async fn conversion(c: &mut Conn<'_>, district: DistrictId, id: ConversionId) -> Result<Option<Conversion>> {
    let text = format!("SELECT {CONVERSION} FROM bed_conversion WHERE district_id = $1 AND id = $2");
    let row: Option<ConversionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Conversion::try_from).transpose()
}

/// The orders of an institution, the newest first.
pub(crate) async fn conversions(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    limit: i64,
) -> Result<Vec<Conversion>> {
    let text = format!(
        "SELECT {CONVERSION} FROM bed_conversion WHERE district_id = $1 AND institution_id = $2 ORDER BY ordered_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<ConversionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Conversion::try_from).collect()
}

/// The orders of every district that are not over, the first due first.
pub(crate) async fn open_conversions(c: &mut Conn<'_>, limit: i64) -> Result<Vec<Conversion>> {
    let text = format!("SELECT {CONVERSION} FROM bed_conversion WHERE over_at IS NULL ORDER BY due_at, id LIMIT $1");
    let rows: Vec<ConversionRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Conversion::try_from).collect()
}

/// Orders that are late by now and were not told of; they are marked as told of.
pub(crate) async fn late_conversions(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<Conversion>> {
    let text = format!(
        "SELECT {CONVERSION} FROM bed_conversion WHERE district_id = $1 AND due_at <= $2 AND over_at IS NULL AND late_told_at IS NULL \
         ORDER BY due_at, id LIMIT $3"
    );
    let rows: Vec<ConversionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(now).bind(limit).fetch_all(x).await)?;
    for row in &rows {
        exec!(
            c,
            sqlx::query("UPDATE bed_conversion SET late_told_at = $3, version = version + 1 WHERE district_id = $1 AND id = $2")
                .bind(district)
                .bind(row.id)
                .bind(now)
        )?;
    }
    rows.into_iter().map(Conversion::try_from).collect()
}

/// What does not hold together in the ledger of a district, besides the fold.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    const RULES: [(&str, &str); 3] = [
        (
            "cells whose reserved beds are not the holds that wait",
            "SELECT COUNT(*) FROM bed_cell b WHERE b.district_id = $1 AND b.reserved <> (SELECT COUNT(*) FROM bed_hold h \
             WHERE h.district_id = b.district_id AND h.unit_id = b.unit_id AND h.bed_type = b.bed_type AND h.state = 'held')",
        ),
        (
            "holds that are over without an end, or have an end and are not over",
            "SELECT COUNT(*) FROM bed_hold WHERE district_id = $1 AND (state IN ('held', 'occupied')) <> (over_at IS NULL)",
        ),
        (
            "conversions that are done without a proof",
            "SELECT COUNT(*) FROM bed_conversion WHERE district_id = $1 AND state = 'done' AND proof_beds IS NULL",
        ),
    ];
    let mut found = Vec::new();
    for (what, text) in RULES {
        let count: i64 = sql!(c, x => sqlx::query_scalar(text).bind(district).fetch_one(x).await)?;
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    Ok(found)
}
