//! The minutes in their versions, and where papers hang.

use linli_db::{BlobHash, Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use super::damaged;
use crate::model::{MeetingId, Minutes, Posting, PostingId};

#[derive(linli_db::FromRow)]
struct MinutesRow {
    version: i64,
    body: String,
    reason: String,
    made_at: Ts,
    of_version: i64,
    approved_at: Option<Ts>,
}

/// Writes a version; false when somebody else wrote one of this number in this very moment.
pub(crate) async fn insert(
    c: &mut Conn<'_>,
    (district, meeting): (DistrictId, MeetingId),
    new: &Minutes,
    by: Uuid,
) -> Result<bool> {
    let text = "INSERT INTO council_minutes (district_id, meeting_id, version, body, reason, made_at, made_by, of_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                ON CONFLICT (district_id, meeting_id, version) DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(meeting)
            .bind(new.version)
            .bind(&new.body)
            .bind(&new.reason)
            .bind(new.made_at)
            .bind(by)
            .bind(new.of_version)
    )? == 1)
}

/// A version is approved.
pub(crate) async fn approve(
    c: &mut Conn<'_>,
    (district, meeting, version): (DistrictId, MeetingId, i64),
    (now, by): (Ts, Uuid),
) -> Result<()> {
    let text = "UPDATE council_minutes SET approved_at = $4, approved_by = $5 WHERE district_id = $1 AND meeting_id = $2 AND version = $3";
    exec!(c, sqlx::query(text).bind(district).bind(meeting).bind(version).bind(now).bind(by)).map(|_| ())
}

/// The versions of the minutes of a meeting, the newest first.
pub(crate) async fn versions(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Minutes>> {
    let rows: Vec<MinutesRow> = sql!(c, x => sqlx::query_as(
        "SELECT version, body, reason, made_at, of_version, approved_at FROM council_minutes WHERE district_id = $1 AND meeting_id = $2 ORDER BY version DESC"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    let read = |row: MinutesRow| Minutes {
        version: row.version,
        body: row.body,
        reason: row.reason,
        made_at: row.made_at,
        of_version: row.of_version,
        approved_at: row.approved_at,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Writes where a paper hangs.
pub(crate) async fn insert_posting(
    c: &mut Conn<'_>,
    (district, meeting): (DistrictId, MeetingId),
    new: &Posting,
    (by, thumb): (Uuid, Option<BlobHash>),
) -> Result<()> {
    let text = "INSERT INTO council_posting (district_id, id, meeting_id, paper, place_path, posted_at, posted_by, photo_hash, thumb_hash) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(meeting)
            .bind(new.paper.as_str())
            .bind(&new.place)
            .bind(new.at)
            .bind(by)
            .bind(new.photo.map(|hash| hash.0.to_vec()))
            .bind(thumb.map(|hash| hash.0.to_vec()))
    )
    .map(|_| ())
}

type PostingRow = (PostingId, String, PlacePath, Ts, Option<Vec<u8>>);

/// Where the papers of a meeting hang, in order.
pub(crate) async fn postings(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Posting>> {
    let rows: Vec<PostingRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, paper, place_path, posted_at, photo_hash FROM council_posting WHERE district_id = $1 AND meeting_id = $2 ORDER BY posted_at, id"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    let read = |(id, paper, place, at, photo): PostingRow| {
        let damaged = |column| damaged("council_posting", column, id);
        let photo = photo.map(|bytes| BlobHash::from_column(&bytes).ok_or_else(|| damaged("photo_hash"))).transpose()?;
        Ok(Posting { id, paper: paper.parse().map_err(|_| damaged("paper"))?, place, at, photo })
    };
    rows.into_iter().map(read).collect()
}
