//! The files of a log: hashes in tiles, entries in bundles. A row that is not full is written over by one that begins with it.

use linli_db::{Bulk, Column, Conn, Result, exec, sql};
use linli_publiclog::{Hash, Tile, decode_hashes, encode_hashes};

use super::{damaged, stored};
use crate::model::LogId;

/// The hashes of a tile, as many as there are.
pub(crate) async fn hashes(c: &mut Conn<'_>, log: LogId, (level, index): (u8, u64)) -> Result<Option<Vec<Hash>>> {
    let bytes: Option<Vec<u8>> = sql!(c, x => sqlx::query_scalar(
        "SELECT hashes FROM record_tile WHERE district_id = $1 AND log_no = $2 AND level = $3 AND idx = $4"
    ).bind(log.district).bind(log.no).bind(i64::from(level)).bind(stored(index)).fetch_optional(x).await)?;
    bytes
        .map(|bytes| decode_hashes(&bytes).ok_or_else(|| damaged("record_tile", "hashes", format!("{log} {level} {index}"))))
        .transpose()
}

/// Writes tiles.
pub(crate) async fn put(c: &mut Conn<'_>, log: LogId, tiles: &[(Tile, Vec<Hash>)]) -> Result<()> {
    Bulk::into("record_tile")
        .ints("district_id", tiles.iter().map(|_| log.district.0))
        .ints("log_no", tiles.iter().map(|_| log.no))
        .ints("level", tiles.iter().map(|(tile, _)| i64::from(tile.level)))
        .ints("idx", tiles.iter().map(|(tile, _)| stored(tile.index)))
        .column("hashes", Column::Bytes(tiles.iter().map(|(_, hashes)| Some(encode_hashes(hashes))).collect()))
        .on_conflict("ON CONFLICT (district_id, log_no, level, idx) DO UPDATE SET hashes = excluded.hashes")
        .write(c)
        .await
        .map(|_| ())
}

/// The bytes of a bundle, with as many entries as there are.
pub(crate) async fn bundle(c: &mut Conn<'_>, log: LogId, index: u64) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT entries FROM record_bundle WHERE district_id = $1 AND log_no = $2 AND idx = $3")
        .bind(log.district).bind(log.no).bind(stored(index)).fetch_optional(x).await)
}

/// Writes a bundle.
pub(crate) async fn put_bundle(c: &mut Conn<'_>, log: LogId, (index, bytes): (u64, &[u8])) -> Result<()> {
    let text = "INSERT INTO record_bundle (district_id, log_no, idx, entries) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (district_id, log_no, idx) DO UPDATE SET entries = excluded.entries";
    exec!(c, sqlx::query(text).bind(log.district).bind(log.no).bind(stored(index)).bind(bytes)).map(|_| ())
}
