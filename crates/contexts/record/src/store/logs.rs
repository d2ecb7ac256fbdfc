//! The logs, and the checkpoints that were signed.

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use linli_publiclog::Hash;
use sqlx::AssertSqlSafe;

use super::{counted, damaged, stored};
use crate::model::{LogHead, LogId, Signed};

const HEAD: &str = "district_id, no, origin, public_key, size, root, note, begun_at, sealed_at, ended_at";

#[derive(linli_db::FromRow)]
struct HeadRow {
    district_id: DistrictId,
    no: i64,
    origin: String,
    public_key: String,
    size: i64,
    root: Vec<u8>,
    note: String,
    begun_at: Ts,
    sealed_at: Ts,
    ended_at: Option<Ts>,
}

impl HeadRow {
    fn read(self) -> Result<LogHead> {
        let id = LogId { district: self.district_id, no: self.no };
        Ok(LogHead {
            size: counted("record_log", "size", self.size)?,
            root: Hash(self.root.try_into().map_err(|_| damaged("record_log", "root", id))?),
            origin: self.origin,
            key: self.public_key,
            note: self.note,
            begun_at: self.begun_at,
            sealed_at: self.sealed_at,
            ended_at: self.ended_at,
            id,
        })
    }
}

/// A log that begins, with the seed of its key as it is sealed. False when there is one of that number already.
pub(crate) async fn begin(c: &mut Conn<'_>, log: &LogHead, seed: &[u8]) -> Result<bool> {
    let text = "INSERT INTO record_log (district_id, no, origin, public_key, seed, size, root, note, begun_at, sealed_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (district_id, no) DO NOTHING";
    let rows = exec!(
        c,
        sqlx::query(text)
            .bind(log.id.district)
            .bind(log.id.no)
            .bind(&log.origin)
            .bind(&log.key)
            .bind(seed)
            .bind(stored(log.size))
            .bind(log.root.0.to_vec())
            .bind(&log.note)
            .bind(log.begun_at)
            .bind(log.sealed_at)
    )?;
    Ok(rows == 1)
}

/// A log.
pub(crate) async fn one(c: &mut Conn<'_>, id: LogId) -> Result<Option<LogHead>> {
    let text = format!("SELECT {HEAD} FROM record_log WHERE district_id = $1 AND no = $2");
    let row: Option<HeadRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(id.district).bind(id.no).fetch_optional(x).await)?;
    row.map(HeadRow::read).transpose()
}

/// The logs of a district, the one that grows last.
pub(crate) async fn of_district(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<LogHead>> {
    let text = format!("SELECT {HEAD} FROM record_log WHERE district_id = $1 ORDER BY no");
    let rows: Vec<HeadRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).fetch_all(x).await)?;
    rows.into_iter().map(HeadRow::read).collect()
}

/// All logs of this installation. There are as many as districts.
pub(crate) async fn all(c: &mut Conn<'_>) -> Result<Vec<LogHead>> {
    let text = format!("SELECT {HEAD} FROM record_log ORDER BY district_id, no");
    let rows: Vec<HeadRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(HeadRow::read).collect()
}

/// The seed of the key of the log that grows, under its lock: whoever signs at the same moment waits.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId) -> Result<Option<(LogHead, Vec<u8>)>> {
    let text = "UPDATE record_log SET size = size WHERE district_id = $1 AND ended_at IS NULL";
    exec!(c, sqlx::query(text).bind(district))?;
    let Some(head) = of_district(c, district).await?.pop().filter(|head| head.ended_at.is_none()) else { return Ok(None) };
    let seed: Vec<u8> = sql!(c, x => sqlx::query_scalar("SELECT seed FROM record_log WHERE district_id = $1 AND no = $2")
        .bind(district).bind(head.id.no).fetch_one(x).await)?;
    Ok(Some((head, seed)))
}

/// Writes what a log has become, and keeps the checkpoint. Only under its lock.
pub(crate) async fn grow(c: &mut Conn<'_>, id: LogId, signed: &Signed) -> Result<()> {
    let text = "UPDATE record_log SET size = $3, root = $4, note = $5, sealed_at = $6 WHERE district_id = $1 AND no = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(id.district)
            .bind(id.no)
            .bind(stored(signed.size))
            .bind(signed.root.0.to_vec())
            .bind(&signed.note)
            .bind(signed.at)
    )?;
    keep(c, id, signed).await
}

/// Keeps a checkpoint that was signed.
pub(crate) async fn keep(c: &mut Conn<'_>, id: LogId, signed: &Signed) -> Result<()> {
    let text = "INSERT INTO record_checkpoint (district_id, log_no, size, root, note, sealed_at) VALUES ($1, $2, $3, $4, $5, $6)";
    exec!(
        c,
        sqlx::query(text)
            .bind(id.district)
            .bind(id.no)
            .bind(stored(signed.size))
            .bind(signed.root.0.to_vec())
            .bind(&signed.note)
            .bind(signed.at)
    )
    .map(|_| ())
}

/// A log grows no more.
pub(crate) async fn end(c: &mut Conn<'_>, id: LogId, at: Ts) -> Result<()> {
    let text = "UPDATE record_log SET ended_at = $3 WHERE district_id = $1 AND no = $2";
    exec!(c, sqlx::query(text).bind(id.district).bind(id.no).bind(at)).map(|_| ())
}

#[derive(linli_db::FromRow)]
struct SignedRow {
    size: i64,
    root: Vec<u8>,
    note: String,
    sealed_at: Ts,
}

impl SignedRow {
    fn read(self) -> Result<Signed> {
        Ok(Signed {
            size: counted("record_checkpoint", "size", self.size)?,
            root: Hash(self.root.try_into().map_err(|_| damaged("record_checkpoint", "root", self.size))?),
            note: self.note,
            at: self.sealed_at,
        })
    }
}

/// The checkpoint that was signed when the log had so many entries.
pub(crate) async fn signed_at(c: &mut Conn<'_>, id: LogId, size: u64) -> Result<Option<Signed>> {
    let text = "SELECT size, root, note, sealed_at FROM record_checkpoint WHERE district_id = $1 AND log_no = $2 AND size = $3";
    let row: Option<SignedRow> =
        sql!(c, x => sqlx::query_as(text).bind(id.district).bind(id.no).bind(stored(size)).fetch_optional(x).await)?;
    row.map(SignedRow::read).transpose()
}

/// Checkpoints of a log after a size, in their order.
pub(crate) async fn signed_after(c: &mut Conn<'_>, id: LogId, after: i64, limit: i64) -> Result<Vec<Signed>> {
    let text = "SELECT size, root, note, sealed_at FROM record_checkpoint \
                WHERE district_id = $1 AND log_no = $2 AND size > $3 ORDER BY size LIMIT $4";
    let rows: Vec<SignedRow> =
        sql!(c, x => sqlx::query_as(text).bind(id.district).bind(id.no).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(SignedRow::read).collect()
}

/// The newest checkpoints of a log, the newest first.
pub(crate) async fn newest(c: &mut Conn<'_>, id: LogId, limit: i64) -> Result<Vec<Signed>> {
    let text = "SELECT size, root, note, sealed_at FROM record_checkpoint \
                WHERE district_id = $1 AND log_no = $2 ORDER BY size DESC LIMIT $3";
    let rows: Vec<SignedRow> = sql!(c, x => sqlx::query_as(text).bind(id.district).bind(id.no).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(SignedRow::read).collect()
}
