//! The tables of this room. Nobody else touches them.

use linli_db::{Bulk, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::moves::{self, Moved};
use sqlx::AssertSqlSafe;

use crate::BoardCode;
use crate::model::{Notice, NoticeId, Pledge};

/// A code with its place.
pub(crate) struct Claim {
    pub(crate) code: BoardCode,
    pub(crate) place: PlacePath,
}

pub(crate) async fn place_of_code(c: &mut Conn<'_>, code: &BoardCode) -> Result<Option<(DistrictId, PlacePath)>> {
    sql!(c, x => sqlx::query_as("SELECT district_id, place_path FROM board_code WHERE code = $1").bind(code).fetch_optional(x).await)
}

pub(crate) async fn code_of_place(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Option<BoardCode>> {
    sql!(c, x => sqlx::query_scalar("SELECT code FROM board WHERE district_id = $1 AND place_path = $2").bind(district).bind(place).fetch_optional(x).await)
}

/// The boards in a stretch of places, both ends included.
pub(crate) async fn boards_between(
    c: &mut Conn<'_>,
    district: DistrictId,
    from: &PlacePath,
    to: &PlacePath,
) -> Result<Vec<PlacePath>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT place_path FROM board WHERE district_id = $1 AND place_path >= $2 AND place_path <= $3 ORDER BY place_path"
    ).bind(district).bind(from).bind(to).fetch_all(x).await)
}

/// The boards under a place after a path, in order.
pub(crate) async fn boards_under(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    after: &str,
    limit: i64,
) -> Result<Vec<(PlacePath, BoardCode)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, code FROM board WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND place_path > $4 \
         ORDER BY place_path LIMIT $5"
    ).bind(district).bind(under).bind(under.end()).bind(after).bind(limit).fetch_all(x).await)
}

/// Claims codes; those already taken are left out. Gives the ones that are now ours.
pub(crate) async fn claim(c: &mut Conn<'_>, district: DistrictId, wanted: Vec<Claim>, at: Ts) -> Result<Vec<Claim>> {
    let count = u64::try_from(wanted.len()).unwrap_or(u64::MAX);
    let written = Bulk::into("board_code")
        .texts("code", wanted.iter().map(|w| w.code.to_string()))
        .ints("district_id", wanted.iter().map(|_| district.0))
        .texts("place_path", wanted.iter().map(|w| w.place.to_string()))
        .ints("created_at", wanted.iter().map(|_| at.0))
        .on_conflict("ON CONFLICT (code) DO NOTHING")
        .write(c)
        .await?;
    if written == count {
        return Ok(wanted);
    }
    let mut ours = Vec::with_capacity(wanted.len());
    for claim in wanted {
        if place_of_code(c, &claim.code).await? == Some((district, claim.place.clone())) {
            ours.push(claim);
        }
    }
    Ok(ours)
}

pub(crate) async fn put_up(c: &mut Conn<'_>, district: DistrictId, claims: &[Claim], at: Ts) -> Result<u64> {
    Bulk::into("board")
        .ints("district_id", claims.iter().map(|_| district.0))
        .texts("place_path", claims.iter().map(|w| w.place.to_string()))
        .texts("code", claims.iter().map(|w| w.code.to_string()))
        .ints("created_at", claims.iter().map(|_| at.0))
        .on_conflict("ON CONFLICT (district_id, place_path) DO NOTHING")
        .write(c)
        .await
}

#[derive(linli_db::FromRow)]
struct NoticeRow {
    id: NoticeId,
    place_path: PlacePath,
    kind: String,
    title: String,
    body: String,
    signed: String,
    starts_at: Ts,
    ends_at: Option<Ts>,
    withdrawn_at: Option<Ts>,
}

impl NoticeRow {
    fn read(self) -> Result<Notice> {
        let kind =
            self.kind.parse().map_err(|_| DbError::Inconsistent { table: "notice", column: "kind", row: self.id.to_string() })?;
        let Self { id, place_path, title, body, signed, starts_at, ends_at, .. } = self;
        Ok(Notice { id, place: place_path, kind, title, body, signed, starts_at, ends_at })
    }
}

/// A place, its ancestors and itself, in the eight slots of a statement; missing ones repeat the last.
fn eight(place: &PlacePath) -> [PlacePath; 8] {
    let above = place.ancestors();
    std::array::from_fn(|i| above.get(i).or_else(|| above.last()).cloned().unwrap_or_default())
}

/// What hangs on the board of a place now, latest first.
pub(crate) async fn notices_now(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
    limit: i64,
) -> Result<Vec<Notice>> {
    let [a, b, d, e, f, g, h, i] = eight(place);
    let rows: Vec<NoticeRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, kind, title, body, signed, starts_at, ends_at, withdrawn_at FROM notice \
         WHERE district_id = $1 AND place_path IN ($2, $3, $4, $5, $6, $7, $8, $9) AND withdrawn_at IS NULL \
           AND starts_at <= $10 AND (ends_at IS NULL OR ends_at > $10) \
         ORDER BY starts_at DESC, id DESC LIMIT $11"
    ).bind(district).bind(&a).bind(&b).bind(&d).bind(&e).bind(&f).bind(&g).bind(&h).bind(&i).bind(now).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(NoticeRow::read).collect()
}

/// A notice, and the instant it was withdrawn if it was.
pub(crate) async fn notice(c: &mut Conn<'_>, district: DistrictId, id: NoticeId) -> Result<Option<(Option<Ts>, Notice)>> {
    let row: Option<NoticeRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, kind, title, body, signed, starts_at, ends_at, withdrawn_at FROM notice WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(|row| Ok((row.withdrawn_at, row.read()?))).transpose()
}

/// What was posted under a place and is not withdrawn, latest posted first, keyset by id.
pub(crate) async fn notices_under(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    before: Option<NoticeId>,
    limit: i64,
) -> Result<Vec<Notice>> {
    let rows: Vec<NoticeRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, kind, title, body, signed, starts_at, ends_at, withdrawn_at FROM notice \
         WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND withdrawn_at IS NULL AND ($4 IS NULL OR id < $4) \
         ORDER BY id DESC LIMIT $5"
    ).bind(district).bind(under).bind(under.end()).bind(before).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(NoticeRow::read).collect()
}

pub(crate) async fn insert_notice(c: &mut Conn<'_>, district: DistrictId, n: &Notice, at: Ts, by: &str) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO notice (district_id, id, place_path, kind, title, body, signed, starts_at, ends_at, posted_at, posted_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    ).bind(district).bind(n.id).bind(&n.place).bind(n.kind.as_str()).bind(&n.title).bind(&n.body).bind(&n.signed)
     .bind(n.starts_at).bind(n.ends_at).bind(at).bind(by))
    .map(|_| ())
}

/// Withdraws a notice; 0 when it was withdrawn already.
pub(crate) async fn withdraw_notice(c: &mut Conn<'_>, district: DistrictId, id: NoticeId, at: Ts, by: &str) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE notice SET withdrawn_at = $3, withdrawn_by = $4 WHERE district_id = $1 AND id = $2 AND withdrawn_at IS NULL"
        )
        .bind(district)
        .bind(id)
        .bind(at)
        .bind(by)
    )
}

#[derive(linli_db::FromRow)]
pub(crate) struct PledgeRow {
    pub(crate) place_path: PlacePath,
    pub(crate) text: Option<String>,
    pub(crate) duty_phone: Option<String>,
}

/// The pledges in force at a place and above it: the nearest place first.
pub(crate) async fn pledges_at(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<Vec<PledgeRow>> {
    let [a, b, d, e, f, g, h, i] = eight(place);
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, text, duty_phone FROM pledge p \
         WHERE p.district_id = $1 AND p.place_path IN ($2, $3, $4, $5, $6, $7, $8, $9) AND p.valid_from <= $10 \
           AND NOT EXISTS (SELECT 1 FROM pledge q WHERE q.district_id = $1 AND q.place_path = p.place_path \
                             AND q.valid_from <= $10 AND q.valid_from > p.valid_from) \
         ORDER BY place_path DESC"
    ).bind(district).bind(&a).bind(&b).bind(&d).bind(&e).bind(&f).bind(&g).bind(&h).bind(&i).bind(now).fetch_all(x).await)
}

/// What was ever set at exactly this place, the latest beginning first.
pub(crate) async fn pledges_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Pledge>> {
    sql!(c, x => sqlx::query_as(
        "SELECT valid_from, text, duty_phone FROM pledge WHERE district_id = $1 AND place_path = $2 ORDER BY valid_from DESC LIMIT 100"
    ).bind(district).bind(place).fetch_all(x).await)
}

pub(crate) async fn set_pledge(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    from: Ts,
    text: Option<&str>,
    phone: Option<&str>,
    by: &str,
) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO pledge (district_id, place_path, valid_from, text, duty_phone, set_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (district_id, place_path, valid_from) DO UPDATE SET text = excluded.text, duty_phone = excluded.duty_phone, set_by = excluded.set_by"
    ).bind(district).bind(place).bind(from).bind(text).bind(phone).bind(by)).map(|_| ())
}

/// Takes some rows along after a move. The codes go last: until then a code still leads to the old path, and the boards are there.
pub(crate) async fn follow_move(c: &mut Conn<'_>, district: DistrictId, moved: &Moved, limit: i64) -> Result<u64> {
    make_room(c, district, ("board", ""), moved).await?;
    make_room(c, district, ("pledge", "AND old.valid_from = pledge.valid_from"), moved).await?;
    for table in ["board", "board_code", "notice", "pledge"] {
        let followed = moves::rewrite_some(c, district, (table, "place_path"), moved, limit).await?;
        if followed > 0 {
            return Ok(followed);
        }
    }
    Ok(0)
}

/// Removes the rows at the new paths that stand where one from the old paths comes to.
async fn make_room(
    c: &mut Conn<'_>,
    district: DistrictId,
    (table, same): (&'static str, &'static str),
    moved: &Moved,
) -> Result<u64> {
    let skip = i64::try_from(moved.to.as_str().len()).unwrap_or(i64::MAX) + 1;
    let text = format!(
        "DELETE FROM {table} WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND EXISTS \
         (SELECT 1 FROM {table} old WHERE old.district_id = $1 AND old.place_path = $4 || substr({table}.place_path, CAST($5 AS INTEGER)) {same})"
    );
    exec!(c, sqlx::query(AssertSqlSafe(text)).bind(district).bind(&moved.to).bind(moved.to.end()).bind(&moved.from).bind(skip))
}
