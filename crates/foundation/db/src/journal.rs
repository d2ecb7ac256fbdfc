//! The journal: everything that happens is one line, written in the transaction of the change.

use std::collections::HashMap;

use linli_kernel::{DistrictId, PlacePath, Ts};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::bulk::{Bulk, Column};
use crate::conn::Conn;
use crate::error::Result;
use crate::{DbError, exec, sql};

/// A line to be written.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it happened.
    pub at: Ts,
    /// Who: `appointment:<id>`, `resident:<id>`, `visitor`, `program:<key>`, `system:<job>`. Ids, never names.
    pub actor: String,
    /// For whom, when somebody acts for another.
    pub on_behalf_of: Option<Uuid>,
    /// By which way: web, phone, doorstep, paper, device, api, system.
    pub channel: &'static str,
    /// Where, down to the entrance. The home stands in the payload only.
    pub place: PlacePath,
    /// What: `room.event`.
    pub kind: &'static str,
    /// The record it is about.
    pub subject: Option<Uuid>,
    /// The facts, without personal detail.
    pub facts: Value,
    /// Personal detail with the salt of its hash: stored beside the line, erasable.
    pub personal: Option<([u8; 16], Value)>,
    /// The request that caused it.
    pub request_id: String,
}

/// What is left of a line's personal detail.
#[derive(Debug, Clone, PartialEq)]
pub enum PayloadState {
    /// There never was any.
    None,
    /// Here it is; it fits the hash of the line.
    Kept(Value),
    /// It has been erased; the line and its hash stand.
    Erased,
    /// It does not fit the hash: somebody changed it.
    Forged,
}

/// A line as it stands in the journal.
#[derive(Debug, Clone, linli_rows::FromRow)]
pub struct StoredLine {
    /// District.
    pub district_id: DistrictId,
    /// Number in the district, without gaps from 1.
    pub seq: i64,
    /// When.
    pub at: Ts,
    /// Who.
    pub actor: String,
    /// By which way.
    pub channel: String,
    /// Where.
    pub place_path: PlacePath,
    /// What.
    pub kind: String,
    /// The record.
    pub subject_id: Option<Uuid>,
    /// Facts as JSON text.
    pub facts: String,
    /// The request.
    pub request_id: String,
    /// Salted hash of the personal detail, when there was any.
    pub payload_hash: Option<Vec<u8>>,
}

impl StoredLine {
    /// The facts as a JSON value; `Null` when the text is damaged (`linli check` reports such lines).
    #[must_use]
    pub fn facts(&self) -> Value {
        serde_json::from_str(&self.facts).unwrap_or(Value::Null)
    }

    /// The personal detail, judged against the hash of the line.
    ///
    /// # Errors
    /// Store errors.
    pub async fn payload(&self, c: &mut Conn<'_>) -> Result<PayloadState> {
        if self.payload_hash.is_none() {
            return Ok(PayloadState::None);
        }
        let row: Option<(Vec<u8>, String)> = sql!(c, x => sqlx::query_as(
            "SELECT salt, body FROM journal_payload WHERE district_id = $1 AND seq = $2"
        ).bind(self.district_id).bind(self.seq).fetch_optional(x).await)?;
        Ok(self.compared(row))
    }

    /// What is left beside the line, of what was found there.
    fn compared(&self, found: Option<(Vec<u8>, String)>) -> PayloadState {
        match (&self.payload_hash, found) {
            (None, _) => PayloadState::None,
            (Some(_), None) => PayloadState::Erased,
            (Some(hash), Some((salt, body))) if salted_hash(&salt, &body) == *hash => {
                PayloadState::Kept(serde_json::from_str(&body).unwrap_or(Value::Null))
            }
            (Some(_), Some(_)) => PayloadState::Forged,
        }
    }
}

/// The personal detail of several lines of one district, in their order.
///
/// # Errors
/// Store errors.
pub async fn payloads(c: &mut Conn<'_>, lines: &[StoredLine]) -> Result<Vec<PayloadState>> {
    const IN_LIST: usize = 200;
    let mut found: HashMap<i64, (Vec<u8>, String)> = HashMap::new();
    let with: Vec<&StoredLine> = lines.iter().filter(|line| line.payload_hash.is_some()).collect();
    for chunk in with.chunks(IN_LIST) {
        let Some(first) = chunk.first() else { break };
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text = format!("SELECT seq, salt, body FROM journal_payload WHERE district_id = $1 AND seq IN ({marks})");
        let rows: Vec<(i64, Vec<u8>, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).persistent(false).bind(first.district_id);
            for line in chunk {
                query = query.bind(line.seq);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(|(seq, salt, body)| (seq, (salt, body))));
    }
    Ok(lines.iter().map(|line| line.compared(found.remove(&line.seq))).collect())
}

const COLUMNS: &str = "district_id, seq, at, actor, channel, place_path, kind, subject_id, facts, request_id, payload_hash";

/// A line made ready to be written: its facts are text, its personal detail is hashed.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) line: Line,
    facts: String,
    payload: Option<(Vec<u8>, String)>,
    hash: Option<Vec<u8>>,
}

impl Ready {
    pub(crate) fn make(mut line: Line) -> Result<Self> {
        let facts = serde_json::to_string(&line.facts).map_err(DbError::Facts)?;
        let payload = match line.personal.take() {
            Some((salt, value)) => Some((salt.to_vec(), serde_json::to_string(&value).map_err(DbError::Facts)?)),
            None => None,
        };
        let hash = payload.as_ref().map(|(salt, body)| salted_hash(salt, body));
        Ok(Self { line, facts, payload, hash })
    }
}

/// Writes the lines under the next numbers of the district and gives the first number. Must be the last thing before
/// commit: the counter row is the lock that keeps numbers and commits in one order.
pub(crate) async fn write(c: &mut Conn<'_>, district: DistrictId, lines: &[Ready]) -> Result<i64> {
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let last: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "UPDATE journal_counter SET last_seq = last_seq + $2 WHERE district_id = $1 RETURNING last_seq"
    ).bind(district).bind(count).fetch_optional(x).await)?;
    let first = last.ok_or_else(|| no_such_district(district))? - count + 1;
    let each = |f: fn(&Ready) -> String| lines.iter().map(f).collect::<Vec<_>>();
    Bulk::into("journal")
        .ints("district_id", lines.iter().map(|_| district.0))
        .ints("seq", first..first + count)
        .ints("at", lines.iter().map(|r| r.line.at.0))
        .texts("actor", each(|r| r.line.actor.clone()))
        .column("on_behalf_of", Column::Id(lines.iter().map(|r| r.line.on_behalf_of).collect()))
        .texts("channel", each(|r| r.line.channel.to_owned()))
        .texts("place_path", each(|r| r.line.place.to_string()))
        .texts("kind", each(|r| r.line.kind.to_owned()))
        .column("subject_id", Column::Id(lines.iter().map(|r| r.line.subject).collect()))
        .texts("facts", each(|r| r.facts.clone()))
        .column("payload_hash", Column::Bytes(lines.iter().map(|r| r.hash.clone()).collect()))
        .texts("request_id", each(|r| r.line.request_id.clone()))
        .write(c)
        .await?;
    for (seq, ready) in (first..).zip(lines) {
        if let Some((salt, body)) = &ready.payload {
            exec!(
                c,
                sqlx::query("INSERT INTO journal_payload (district_id, seq, salt, body) VALUES ($1, $2, $3, $4)")
                    .bind(district)
                    .bind(seq)
                    .bind(salt)
                    .bind(body)
            )?;
        }
    }
    Ok(first)
}

/// That the district has a journal. Asked before a transaction joins a group, so that it cannot fail its neighbours.
pub(crate) async fn must_exist(c: &mut Conn<'_>, district: DistrictId) -> Result<()> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT last_seq FROM journal_counter WHERE district_id = $1"
    ).bind(district).fetch_optional(x).await)?;
    found.map(|_| ()).ok_or_else(|| no_such_district(district))
}

fn no_such_district(district: DistrictId) -> DbError {
    DbError::Inconsistent { table: "journal_counter", column: "district_id", row: district.to_string() }
}

/// The lines about one record, oldest first, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn of_subject(c: &mut Conn<'_>, district: DistrictId, subject: Uuid, limit: i64) -> Result<Vec<StoredLine>> {
    let text = format!("SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND subject_id = $2 ORDER BY seq LIMIT $3");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(subject).bind(limit).fetch_all(x).await)
}

/// The latest lines about one record, oldest of them first, at most `limit`; of one kind only, or all but that kind.
///
/// # Errors
/// Store errors.
pub async fn latest_of_subject(
    c: &mut Conn<'_>,
    district: DistrictId,
    subject: Uuid,
    (kind, only): (&str, bool),
    limit: i64,
) -> Result<Vec<StoredLine>> {
    let compared = if only { "=" } else { "<>" };
    let text = format!(
        "SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND subject_id = $2 AND kind {compared} $3 ORDER BY seq DESC LIMIT $4"
    );
    let mut lines: Vec<StoredLine> = sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(subject).bind(kind.to_owned()).bind(limit).fetch_all(x).await)?;
    lines.reverse();
    Ok(lines)
}

/// The lines of a district after a number, in order, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn after(c: &mut Conn<'_>, district: DistrictId, seq: i64, limit: i64) -> Result<Vec<StoredLine>> {
    let text = format!("SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(seq).bind(limit).fetch_all(x).await)
}

/// The first line of one kind after a number, if there is one.
///
/// # Errors
/// Store errors.
pub async fn next_of_kind(c: &mut Conn<'_>, district: DistrictId, kind: &str, seq: i64) -> Result<Option<StoredLine>> {
    let text = format!("SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND seq > $2 AND kind = $3 ORDER BY seq LIMIT 1");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(seq).bind(kind.to_owned()).fetch_optional(x).await)
}

/// The lines of one kind at a place and under it since an instant, the newest first, at most `limit`. The kind stands in the statement itself: an
/// index that holds the lines of one kind alone is found by that.
///
/// # Errors
/// Store errors.
pub async fn latest_of_kind(
    c: &mut Conn<'_>,
    district: DistrictId,
    kind: &'static str,
    (place, since): (&PlacePath, Ts),
    limit: i64,
) -> Result<Vec<StoredLine>> {
    let text = format!(
        "SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND kind = '{kind}' AND at >= $2 AND place_path >= $3 AND place_path < $4 \
         ORDER BY seq DESC LIMIT $5"
    );
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text))
        .bind(district).bind(since).bind(place).bind(place.end()).bind(limit).fetch_all(x).await)
}

/// The first lines of some kinds after a number, in order, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn next_of_kinds(
    c: &mut Conn<'_>,
    district: DistrictId,
    kinds: &[&str],
    seq: i64,
    limit: i64,
) -> Result<Vec<StoredLine>> {
    let marks = (4..4 + kinds.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let text =
        format!("SELECT {COLUMNS} FROM journal WHERE district_id = $1 AND seq > $2 AND kind IN ({marks}) ORDER BY seq LIMIT $3");
    sql!(c, x => {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(seq).bind(limit);
        for kind in kinds {
            query = query.bind((*kind).to_owned());
        }
        query.fetch_all(x).await
    })
}

/// The number of the last line of a district; 0 before the first.
///
/// # Errors
/// Store errors.
pub async fn last_seq(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    let seq: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT last_seq FROM journal_counter WHERE district_id = $1"
    ).bind(district).fetch_optional(x).await)?;
    Ok(seq.unwrap_or(0))
}

/// Every district's last number.
///
/// # Errors
/// Store errors.
pub async fn all_last_seqs(c: &mut Conn<'_>) -> Result<Vec<(DistrictId, i64)>> {
    sql!(c, x => sqlx::query_as("SELECT district_id, last_seq FROM journal_counter ORDER BY district_id").fetch_all(x).await)
}

/// Erases the personal detail of everything recorded about one record. The lines and their hashes stand.
///
/// # Errors
/// Store errors.
pub async fn erase_personal(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "DELETE FROM journal_payload WHERE district_id = $1 AND seq IN \
         (SELECT seq FROM journal WHERE district_id = $1 AND subject_id = $2)"
        )
        .bind(district)
        .bind(subject)
    )
}

/// Erases the personal detail of the lines of one kind about one record. The lines and their hashes stand.
///
/// # Errors
/// Store errors.
pub async fn erase_personal_of_kind(c: &mut Conn<'_>, district: DistrictId, subject: Uuid, kind: &str) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "DELETE FROM journal_payload WHERE district_id = $1 AND seq IN \
         (SELECT seq FROM journal WHERE district_id = $1 AND subject_id = $2 AND kind = $3)"
        )
        .bind(district)
        .bind(subject)
        .bind(kind)
    )
}

/// How many lines about one record still have their personal detail.
///
/// # Errors
/// Store errors.
pub async fn kept_personal(c: &mut Conn<'_>, district: DistrictId, subject: Uuid) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM journal_payload WHERE district_id = $1 AND seq IN \
         (SELECT seq FROM journal WHERE district_id = $1 AND subject_id = $2)"
    ).bind(district).bind(subject).fetch_one(x).await)
}

/// How far a named reader has come in a district, kept in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The last number that was read.
    pub seq: i64,
}

impl Cursor {
    /// Loads it; a new reader begins before the first line.
    ///
    /// # Errors
    /// Store errors.
    pub async fn load(c: &mut Conn<'_>, district: DistrictId, reader: &str) -> Result<Self> {
        let seq: Option<i64> = sql!(c, x => sqlx::query_scalar(
            "SELECT seq FROM journal_cursor WHERE district_id = $1 AND reader = $2"
        ).bind(district).bind(reader).fetch_optional(x).await)?;
        Ok(Self { seq: seq.unwrap_or(0) })
    }

    /// Stores it, in the transaction of what the reader did with the lines. It never goes back.
    ///
    /// # Errors
    /// Store errors.
    pub async fn store(self, c: &mut Conn<'_>, district: DistrictId, reader: &str) -> Result<()> {
        exec!(
            c,
            sqlx::query(
                "INSERT INTO journal_cursor (district_id, reader, seq) VALUES ($1, $2, $3) \
             ON CONFLICT (district_id, reader) DO UPDATE SET seq = excluded.seq WHERE journal_cursor.seq < excluded.seq"
            )
            .bind(district)
            .bind(reader)
            .bind(self.seq)
        )
        .map(|_| ())
    }
}

fn salted_hash(salt: &[u8], body: &str) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(body.as_bytes()).finalize().to_vec()
}
