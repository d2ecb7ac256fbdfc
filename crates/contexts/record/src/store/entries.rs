//! Entries: those that wait, with their bytes, those that have a number, and what opens their commitments.

use linli_db::{Bulk, Column, Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_publiclog::Salt;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{counted, damaged, stored};
use crate::model::{EntryId, Kept, LogId, Opening};

/// Subjects that are asked about in one statement.
const ASKED: usize = 32;

/// An entry that waits for its number.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct Waiting {
    pub(crate) id: EntryId,
    pub(crate) kind: String,
    pub(crate) subject_id: Uuid,
    pub(crate) place_path: PlacePath,
    pub(crate) page: Option<String>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) made_at: Ts,
}

/// Lets entries wait.
pub(crate) async fn wait(c: &mut Conn<'_>, district: DistrictId, new: Vec<Waiting>) -> Result<()> {
    Bulk::into("record_waiting")
        .ints("district_id", new.iter().map(|_| district.0))
        .ids("id", new.iter().map(|one| one.id.0))
        .texts("kind", new.iter().map(|one| one.kind.clone()))
        .ids("subject_id", new.iter().map(|one| one.subject_id))
        .texts("place_path", new.iter().map(|one| one.place_path.to_string()))
        .column("page", Column::Text(new.iter().map(|one| one.page.clone()).collect()))
        .ints("made_at", new.iter().map(|one| one.made_at.0))
        .column("bytes", Column::Bytes(new.into_iter().map(|one| Some(one.bytes)).collect()))
        .write(c)
        .await
        .map(|_| ())
}

/// Takes the first that wait, in the order of their ids.
pub(crate) async fn take(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Waiting>> {
    // Those that were read and no others: an entry of a smaller id may be committed meanwhile.
    let mut taken: Vec<Waiting> = sql!(c, x => sqlx::query_as(
        "DELETE FROM record_waiting WHERE district_id = $1 AND id IN \
           (SELECT id FROM record_waiting WHERE district_id = $1 ORDER BY id LIMIT $2) \
         RETURNING id, kind, subject_id, place_path, page, bytes, made_at"
    ).bind(district).bind(limit).fetch_all(x).await)?;
    taken.sort_by_key(|one| one.id);
    Ok(taken)
}

/// Writes entries that got numbers, one after the other from `first` on.
pub(crate) async fn number(c: &mut Conn<'_>, log: LogId, first: u64, taken: &[Waiting], at: Ts) -> Result<()> {
    let numbers = (0_u64..).zip(taken).map(|(n, _)| stored(first.saturating_add(n)));
    Bulk::into("record_entry")
        .ints("district_id", taken.iter().map(|_| log.district.0))
        .ids("id", taken.iter().map(|one| one.id.0))
        .ints("log_no", taken.iter().map(|_| log.no))
        .ints("number", numbers)
        .texts("kind", taken.iter().map(|one| one.kind.clone()))
        .ids("subject_id", taken.iter().map(|one| one.subject_id))
        .texts("place_path", taken.iter().map(|one| one.place_path.to_string()))
        .column("page", Column::Text(taken.iter().map(|one| one.page.clone()).collect()))
        .ints("made_at", taken.iter().map(|one| one.made_at.0))
        .ints("sealed_at", taken.iter().map(|_| at.0))
        .write(c)
        .await
        .map(|_| ())
}

/// The districts in which something waits.
pub(crate) async fn districts_waiting(c: &mut Conn<'_>) -> Result<Vec<DistrictId>> {
    sql!(c, x => sqlx::query_scalar("SELECT DISTINCT district_id FROM record_waiting ORDER BY district_id").fetch_all(x).await)
}

#[derive(linli_db::FromRow)]
struct KeptRow {
    district_id: DistrictId,
    id: EntryId,
    log_no: Option<i64>,
    number: Option<i64>,
    kind: String,
    subject_id: Uuid,
    place_path: PlacePath,
    page: Option<String>,
    made_at: Ts,
}

impl KeptRow {
    fn read(self) -> Result<Kept> {
        let at = match (self.log_no, self.number) {
            (Some(no), Some(number)) => {
                Some((LogId { district: self.district_id, no }, counted("record_entry", "number", number)?))
            }
            _ => None,
        };
        Ok(Kept {
            id: self.id,
            kind: self.kind,
            subject: self.subject_id,
            place: self.place_path,
            page: self.page,
            made_at: self.made_at,
            at,
        })
    }
}

const NUMBERED: &str = "district_id, id, log_no, number, kind, subject_id, place_path, page, made_at FROM record_entry";
const WAITS: &str = "district_id, id, CAST(NULL AS BIGINT) AS log_no, CAST(NULL AS BIGINT) AS number, kind, subject_id, place_path, page, made_at FROM record_waiting";

/// An entry.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: EntryId) -> Result<Option<Kept>> {
    for from in [WAITS, NUMBERED] {
        let text = format!("SELECT {from} WHERE district_id = $1 AND id = $2");
        let row: Option<KeptRow> =
            sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
        if let Some(row) = row {
            return row.read().map(Some);
        }
    }
    // It may have got its number between the two looks.
    let text = format!("SELECT {NUMBERED} WHERE district_id = $1 AND id = $2");
    let row: Option<KeptRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(KeptRow::read).transpose()
}

/// The entry of a number.
pub(crate) async fn numbered(c: &mut Conn<'_>, log: LogId, number: u64) -> Result<Option<Kept>> {
    let text = format!("SELECT {NUMBERED} WHERE district_id = $1 AND log_no = $2 AND number = $3");
    let row: Option<KeptRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(log.district).bind(log.no).bind(stored(number)).fetch_optional(x).await)?;
    row.map(KeptRow::read).transpose()
}

/// The bytes of an entry that waits.
pub(crate) async fn waiting_bytes(c: &mut Conn<'_>, district: DistrictId, id: EntryId) -> Result<Option<Vec<u8>>> {
    sql!(c, x => sqlx::query_scalar("SELECT bytes FROM record_waiting WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// All entries about a record, the oldest first.
pub(crate) async fn of_subject(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<Vec<Kept>> {
    let mut found = Vec::new();
    for from in [WAITS, NUMBERED] {
        let text = format!("SELECT {from} WHERE district_id = $1 AND subject_id = $2");
        let rows: Vec<KeptRow> =
            sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(subject).fetch_all(x).await)?;
        for row in rows {
            found.push(row.read()?);
        }
    }
    // Numbered between the two looks: the look that has the number counts.
    found.sort_by_key(|kept| (kept.id, kept.at.is_none()));
    found.dedup_by_key(|kept| kept.id);
    Ok(found)
}

/// The newest entry about each of these records.
pub(crate) async fn newest_of(c: &mut Conn<'_>, district: DistrictId, subjects: &[Uuid]) -> Result<Vec<Kept>> {
    let mut newest: Vec<Kept> = Vec::new();
    for some in subjects.chunks(ASKED) {
        let marks = (2..some.len() + 2).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        for from in [WAITS, NUMBERED] {
            let text = format!("SELECT {from} WHERE district_id = $1 AND subject_id IN ({marks})");
            let rows: Vec<KeptRow> = sql!(c, x => {
                let query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
                some.iter().fold(query, |query, id| query.bind(*id)).fetch_all(x).await
            })?;
            for row in rows {
                newest.push(row.read()?);
            }
        }
    }
    newest.sort_by_key(|kept| (kept.subject, std::cmp::Reverse(kept.id), kept.at.is_none()));
    newest.dedup_by_key(|kept| kept.subject);
    Ok(newest)
}

/// The newest entries of a log, the newest first.
pub(crate) async fn latest(c: &mut Conn<'_>, log: LogId, limit: i64) -> Result<Vec<Kept>> {
    let text = format!("SELECT {NUMBERED} WHERE district_id = $1 AND log_no = $2 ORDER BY number DESC LIMIT $3");
    let rows: Vec<KeptRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(log.district).bind(log.no).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(KeptRow::read).collect()
}

/// How many entries have a number in a log, and the highest.
pub(crate) async fn span(c: &mut Conn<'_>, log: LogId) -> Result<(i64, Option<i64>)> {
    sql!(c, x => sqlx::query_as("SELECT COUNT(*), MAX(number) FROM record_entry WHERE district_id = $1 AND log_no = $2")
        .bind(log.district).bind(log.no).fetch_one(x).await)
}

/// How many wait.
pub(crate) async fn waiting(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM record_waiting WHERE district_id = $1").bind(district).fetch_one(x).await)
}

/// What opens a commitment.
pub(crate) struct NewOpening {
    pub(crate) entry: EntryId,
    pub(crate) subject: Uuid,
    pub(crate) opening: Opening,
}

/// Keeps what opens commitments.
pub(crate) async fn keep_openings(c: &mut Conn<'_>, district: DistrictId, new: Vec<NewOpening>) -> Result<()> {
    Bulk::into("record_opening")
        .ints("district_id", new.iter().map(|_| district.0))
        .ids("entry_id", new.iter().map(|one| one.entry.0))
        .ids("subject_id", new.iter().map(|one| one.subject))
        .column("salt", Column::Bytes(new.iter().map(|one| Some(one.opening.salt.0.to_vec())).collect()))
        .ints("open", new.iter().map(|one| i64::from(one.opening.open)))
        .column("words", Column::Bytes(new.into_iter().map(|one| Some(one.opening.words)).collect()))
        .write(c)
        .await
        .map(|_| ())
}

/// What opens the commitment of an entry; none when it was erased or never was here.
pub(crate) async fn opening(c: &mut Conn<'_>, district: DistrictId, entry: EntryId) -> Result<Option<Opening>> {
    let row: Option<(Vec<u8>, Vec<u8>, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT salt, words, open FROM record_opening WHERE district_id = $1 AND entry_id = $2"
    ).bind(district).bind(entry).fetch_optional(x).await)?;
    let Some((salt, words, open)) = row else { return Ok(None) };
    let salt = Salt(salt.try_into().map_err(|_| damaged("record_opening", "salt", entry))?);
    Ok(Some(Opening { salt, words, open: open == 1 }))
}

/// Erases what opens the commitments about a record.
pub(crate) async fn erase(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<u64> {
    let text = "DELETE FROM record_opening WHERE district_id = $1 AND subject_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(subject))
}
