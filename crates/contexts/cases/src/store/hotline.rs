//! Tickets of the city's hotline, what the city is told of them, and its keys.

use std::collections::HashMap;

use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};

use super::numbers::tail_of;
use crate::model::{CaseId, HotlineKey, HotlineKeyId, OutboxStep, Ticket};

const TICKET: &str = "SELECT district_id, ticket_no, case_id, place_path, category, received_at, city_due_at, contacted_at, \
    content_hash FROM hotline_ticket";

/// Cases asked for at once.
const ASK: usize = 200;

/// A ticket by the city's number.
pub(crate) async fn by_number(c: &mut Conn<'_>, district: DistrictId, ticket_no: &str) -> Result<Option<Ticket>> {
    let text = format!("{TICKET} WHERE district_id = $1 AND ticket_no = $2");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(ticket_no).fetch_optional(x).await)
}

/// The ticket that a case is.
pub(crate) async fn of_case(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Option<Ticket>> {
    let text = format!("{TICKET} WHERE district_id = $1 AND case_id = $2");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(case).fetch_optional(x).await)
}

/// The tickets whose cases go on as this one, in order of numbers.
pub(crate) async fn going_on_as(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<Vec<Ticket>> {
    let text = format!(
        "{TICKET} WHERE district_id = $1 AND case_id IN (SELECT id FROM case_file WHERE district_id = $1 AND merged_into = $2)"
    );
    let mut found: Vec<Ticket> =
        sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(case).fetch_all(x).await)?;
    // Sorted here: sorting there, a planner may rather walk through all tickets in this order.
    found.sort_by(|a, b| a.ticket_no.cmp(&b.ticket_no));
    Ok(found)
}

/// The tickets that some cases are.
pub(crate) async fn of_cases(c: &mut Conn<'_>, district: DistrictId, cases: &[CaseId]) -> Result<HashMap<CaseId, Ticket>> {
    let mut found = HashMap::new();
    for cases in cases.chunks(ASK) {
        let marks = (0..cases.len()).map(|n| format!("${}", n + 2)).collect::<Vec<_>>().join(", ");
        let text = format!("{TICKET} WHERE district_id = $1 AND case_id IN ({marks})");
        let rows: Vec<Ticket> = sql!(c, x => {
            let mut query = sqlx::query_as::<_, Ticket>(sqlx::AssertSqlSafe(text)).bind(district);
            for case in cases {
                query = query.bind(*case);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows.into_iter().map(|ticket| (ticket.case, ticket)));
    }
    Ok(found)
}

/// Whether somebody here has chosen what a case is classed as (更正类别).
pub(crate) async fn was_classed_by_hand(c: &mut Conn<'_>, district: DistrictId, case: CaseId) -> Result<bool> {
    let lines: i64 = sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM journal WHERE district_id = $1 AND subject_id = $2 AND kind = 'cases.class_corrected'"
    ).bind(district).bind(case).fetch_one(x).await)?;
    Ok(lines > 0)
}

/// A ticket as the walk of `check` reads it.
#[derive(linli_db::FromRow)]
pub(crate) struct TicketRow {
    #[row(flatten)]
    pub(crate) ticket: Ticket,
    /// Its steps, as it counts them.
    pub(crate) steps: i64,
    /// Those that the city was told.
    pub(crate) told: i64,
    /// The city's limit as it stands beside the promise of its case.
    pub(crate) kept_limit: Option<Ts>,
}

/// Tickets after a number, in order of numbers, for the walk of `check`.
pub(crate) async fn every_ticket(c: &mut Conn<'_>, district: DistrictId, after: &str, limit: i64) -> Result<Vec<TicketRow>> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, ticket_no, case_id, place_path, category, received_at, city_due_at, contacted_at, content_hash, steps, \
         (SELECT COUNT(*) FROM hotline_outbox o WHERE o.district_id = t.district_id AND o.ticket_no = t.ticket_no) AS told, \
         (SELECT f.city_due_at FROM case_file f WHERE f.district_id = t.district_id AND f.id = t.case_id) AS kept_limit \
         FROM hotline_ticket t WHERE district_id = $1 AND ticket_no > $2 ORDER BY ticket_no LIMIT $3"
    ).bind(district).bind(after).bind(limit).fetch_all(x).await)
}

/// Writes a new ticket; false when the city's number is there already.
pub(crate) async fn put(c: &mut Conn<'_>, ticket: &Ticket) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO hotline_ticket (district_id, ticket_no, case_id, category, received_at, city_due_at, steps, content_hash, \
         place_path, no_tail) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9) ON CONFLICT (district_id, ticket_no) DO NOTHING"
        )
        .bind(ticket.district)
        .bind(&ticket.ticket_no)
        .bind(ticket.case)
        .bind(&ticket.category)
        .bind(ticket.received_at)
        .bind(ticket.city_due_at)
        .bind(&ticket.content_hash)
        .bind(&ticket.place)
        .bind(tail_of(&ticket.ticket_no))
    )?;
    if touched == 1 {
        keep_limit(c, ticket).await?;
    }
    Ok(touched == 1)
}

/// Writes the city's limit beside what was promised, for the lists that go by both.
async fn keep_limit(c: &mut Conn<'_>, ticket: &Ticket) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE case_file SET city_due_at = $3 WHERE district_id = $1 AND id = $2")
            .bind(ticket.district)
            .bind(ticket.case)
            .bind(ticket.city_due_at)
    )
    .map(|_| ())
}

/// Writes what the city now says of a ticket, if nobody wrote another delivery since the one with this hash. Gives whether it did.
pub(crate) async fn save(c: &mut Conn<'_>, ticket: &Ticket, hash_before: &[u8]) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE hotline_ticket SET category = $3, received_at = $4, city_due_at = $5, content_hash = $6, place_path = $7 \
         WHERE district_id = $1 AND ticket_no = $2 AND content_hash = $8"
        )
        .bind(ticket.district)
        .bind(&ticket.ticket_no)
        .bind(&ticket.category)
        .bind(ticket.received_at)
        .bind(ticket.city_due_at)
        .bind(&ticket.content_hash)
        .bind(&ticket.place)
        .bind(hash_before)
    )?;
    if touched == 1 {
        keep_limit(c, ticket).await?;
    }
    Ok(touched == 1)
}

/// Writes when the person was reached, where that is earlier than what is known. What the city says of the ticket is not touched: it may be
/// saying something else at this moment.
pub(crate) async fn reached(c: &mut Conn<'_>, ticket: &Ticket, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "UPDATE hotline_ticket SET contacted_at = $3 WHERE district_id = $1 AND ticket_no = $2 \
         AND (contacted_at IS NULL OR contacted_at > $3)"
        )
        .bind(ticket.district)
        .bind(&ticket.ticket_no)
        .bind(at)
    )
    .map(|_| ())
}

/// Takes the next number of a step of a ticket.
pub(crate) async fn next_step(c: &mut Conn<'_>, ticket: &Ticket) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "UPDATE hotline_ticket SET steps = steps + 1 WHERE district_id = $1 AND ticket_no = $2 RETURNING steps"
    ).bind(ticket.district).bind(&ticket.ticket_no).fetch_one(x).await)
}

/// Writes a step for the city.
pub(crate) async fn put_step(c: &mut Conn<'_>, district: DistrictId, step: &OutboxStep) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO hotline_outbox (district_id, seq, ticket_no, step_no, step, told_at, until, words, outcome, no_photo_because) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        )
        .bind(district)
        .bind(step.seq)
        .bind(&step.ticket_no)
        .bind(step.step_no)
        .bind(&step.step)
        .bind(step.told_at)
        .bind(step.until)
        .bind(&step.words)
        .bind(&step.outcome)
        .bind(&step.no_photo_because)
    )
    .map(|_| ())
}

/// Steps after one, in their order, of tickets at a place.
pub(crate) async fn outbox(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    (after, limit): (i64, i64),
) -> Result<Vec<OutboxStep>> {
    sql!(c, x => sqlx::query_as(
        "SELECT o.seq, o.ticket_no, o.step_no, o.step, o.told_at, o.until, o.outcome, o.words, o.no_photo_because, \
         o.erased_at FROM hotline_outbox o \
         JOIN hotline_ticket t ON t.district_id = o.district_id AND t.ticket_no = o.ticket_no \
         WHERE o.district_id = $1 AND o.seq > $2 AND t.place_path >= $3 AND t.place_path < $4 ORDER BY o.seq LIMIT $5"
    ).bind(district).bind(after).bind(place).bind(place.end()).bind(limit).fetch_all(x).await)
}

/// Erases the words of steps that were told before an instant, the oldest first. Gives of how many.
pub(crate) async fn erase_words(c: &mut Conn<'_>, district: DistrictId, (before, at): (Ts, Ts), limit: i64) -> Result<i64> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE hotline_outbox SET words = '', no_photo_because = NULL, erased_at = $3 WHERE district_id = $1 AND seq IN (SELECT seq FROM hotline_outbox \
         WHERE district_id = $1 AND erased_at IS NULL AND told_at < $2 ORDER BY told_at LIMIT $4)"
        )
        .bind(district)
        .bind(before)
        .bind(at)
        .bind(limit)
    )?;
    Ok(i64::try_from(touched).unwrap_or(limit))
}

/// Erases the words of all steps about a case. Gives of how many.
pub(crate) async fn erase_words_of(c: &mut Conn<'_>, district: DistrictId, case: CaseId, at: Ts) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE hotline_outbox SET words = '', no_photo_because = NULL, erased_at = $3 WHERE district_id = $1 AND erased_at IS NULL AND ticket_no IN \
         (SELECT ticket_no FROM hotline_ticket WHERE district_id = $1 AND case_id = $2)"
        )
        .bind(district)
        .bind(case)
        .bind(at)
    )
}

const KEY: &str = "SELECT district_id, id, name, place_path, created_at, revoked_at FROM hotline_key";

/// Keeps a key; false when an open key of the district has this name.
pub(crate) async fn put_key(c: &mut Conn<'_>, key: &HotlineKey, hash: &[u8]) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query(
            "INSERT INTO hotline_key (district_id, id, name, place_path, key_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT DO NOTHING"
        )
        .bind(key.district)
        .bind(key.id)
        .bind(&key.name)
        .bind(&key.place)
        .bind(hash)
        .bind(key.created_at)
    )?;
    Ok(rows == 1)
}

/// The open key with this hash.
pub(crate) async fn key_of_hash(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<HotlineKey>> {
    let text = format!("{KEY} WHERE key_hash = $1 AND revoked_at IS NULL");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(hash).fetch_optional(x).await)
}

/// Closes the open key with a name; gives which it was.
pub(crate) async fn revoke_key(c: &mut Conn<'_>, district: DistrictId, name: &str, at: Ts) -> Result<Option<HotlineKeyId>> {
    sql!(c, x => sqlx::query_scalar(
        "UPDATE hotline_key SET revoked_at = $3 WHERE district_id = $1 AND name = $2 AND revoked_at IS NULL RETURNING id"
    ).bind(district).bind(name).bind(at).fetch_optional(x).await)
}

/// All keys of a district, the oldest first.
pub(crate) async fn keys(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<HotlineKey>> {
    let text = format!("{KEY} WHERE district_id = $1 ORDER BY created_at, id");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).fetch_all(x).await)
}
