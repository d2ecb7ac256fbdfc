//! The tables of this room. Accounts live in the city's district; sessions and links are global, by their hash.

pub(crate) mod keys;

use linli_access::{Role, Scope};
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::AppointmentId;

use crate::model::{Account, AccountFilter, AccountId, AccountLine, ClaimId};

const CITY: DistrictId = DistrictId::CITY;
/// Failed attempts are forgotten after so many seconds without another.
const ATTEMPTS_KEPT_SECS: i64 = 24 * 3600;

/// What signing in needs of an account.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct Credentials {
    pub(crate) id: AccountId,
    pub(crate) password: Option<String>,
    pub(crate) disabled_at: Option<Ts>,
}

pub(crate) async fn credentials(c: &mut Conn<'_>, login: &str) -> Result<Option<Credentials>> {
    sql!(c, x => sqlx::query_as(
        "SELECT a.id, a.password, a.disabled_at FROM account_login l \
         JOIN account a ON a.district_id = $1 AND a.id = l.account_id WHERE l.login = $2"
    ).bind(CITY).bind(login.to_owned()).fetch_optional(x).await)
}

pub(crate) async fn account(c: &mut Conn<'_>, id: AccountId) -> Result<Option<Account>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, login, person_district, person_id, disabled_at, created_at FROM account WHERE district_id = $1 AND id = $2"
    ).bind(CITY).bind(id).fetch_optional(x).await)
}

/// Accounts by login, after one. The names and posts are those of people's room: a page in the order of logins can only be cut
/// after all of it was asked, so one statement asks both.
pub(crate) async fn accounts(
    c: &mut Conn<'_>,
    filter: &AccountFilter,
    at: Ts,
    after: &str,
    limit: i64,
) -> Result<Vec<AccountLine>> {
    let literal = filter.text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let role = filter.role.map(Role::as_str).unwrap_or_default();
    let under = filter.under.clone().unwrap_or(Scope { district: CITY, place: PlacePath::root() });
    let everybody = filter.role.is_none() && filter.under.is_none();
    sql!(c, x => sqlx::query_as(
        "SELECT a.id, a.login, a.person_district, a.person_id, a.disabled_at, a.created_at, p.name AS person_name, p.code AS person_code \
         FROM account_login l JOIN account a ON a.district_id = $1 AND a.id = l.account_id \
         LEFT JOIN person p ON p.district_id = a.person_district AND p.id = a.person_id \
         WHERE l.login > $2 AND (l.login LIKE $4 ESCAPE '\\' OR lower(p.name) LIKE $4 ESCAPE '\\' OR lower(p.code) LIKE $5 ESCAPE '\\') \
         AND ($6 OR EXISTS (SELECT 1 FROM appointment h WHERE h.district_id = a.person_district AND h.person_id = a.person_id \
         AND h.valid_from <= $7 AND (h.valid_to IS NULL OR h.valid_to > $7) AND ($8 = '' OR h.role = $8) \
         AND ($9 OR h.district_id = $10) AND h.place_path >= $11 AND h.place_path < $12)) \
         ORDER BY l.login LIMIT $3"
    ).bind(CITY).bind(after.to_owned()).bind(limit).bind(format!("%{literal}%")).bind(format!("{literal}%"))
     .bind(everybody).bind(at).bind(role).bind(filter.under.is_none()).bind(under.district).bind(under.from().to_owned()).bind(under.to())
     .fetch_all(x).await)
}

pub(crate) async fn password_of(c: &mut Conn<'_>, id: AccountId) -> Result<Option<String>> {
    let found: Option<Option<String>> = sql!(c, x => sqlx::query_scalar(
        "SELECT password FROM account WHERE district_id = $1 AND id = $2"
    ).bind(CITY).bind(id).fetch_optional(x).await)?;
    Ok(found.flatten())
}

/// Claims the login; false when somebody has it.
pub(crate) async fn claim_login(c: &mut Conn<'_>, login: &str, id: AccountId) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("INSERT INTO account_login (login, account_id) VALUES ($1, $2) ON CONFLICT (login) DO NOTHING")
            .bind(login.to_owned())
            .bind(id)
    )?;
    Ok(rows == 1)
}

pub(crate) async fn insert_account(c: &mut Conn<'_>, account: &Account) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO account (district_id, id, login, person_district, person_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(CITY)
        .bind(account.id)
        .bind(&account.login)
        .bind(account.person_district)
        .bind(account.person_id)
        .bind(account.created_at)
    )
    .map(|_| ())
}

pub(crate) async fn set_password(c: &mut Conn<'_>, id: AccountId, hash: &str) -> Result<()> {
    one(exec!(
        c,
        sqlx::query("UPDATE account SET password = $3 WHERE district_id = $1 AND id = $2")
            .bind(CITY)
            .bind(id)
            .bind(hash.to_owned())
    )?)
}

/// No lock lasts longer, seconds. One that ends later was set before the clock was put back.
pub(crate) const LONGEST_LOCK_SECS: i64 = 3600;

/// Counts an attempt under a login and gives how many were not crowned so far, this one among them; `None` while it is locked.
pub(crate) async fn count_attempt(c: &mut Conn<'_>, login: [u8; 32], now: Ts) -> Result<Option<i64>> {
    sql!(c, x => sqlx::query_scalar(
        "INSERT INTO sign_in_attempt (login_hash, failures, locked_until, tried_at) VALUES ($1, 1, 0, $2) \
         ON CONFLICT (login_hash) DO UPDATE SET failures = sign_in_attempt.failures + 1, tried_at = excluded.tried_at \
         WHERE sign_in_attempt.locked_until <= excluded.tried_at OR sign_in_attempt.locked_until > $3 RETURNING failures"
    ).bind(login.to_vec()).bind(now).bind(now.plus_secs(LONGEST_LOCK_SECS)).fetch_optional(x).await)
}

pub(crate) async fn lock(c: &mut Conn<'_>, login: [u8; 32], until: Ts) -> Result<()> {
    one(exec!(
        c,
        sqlx::query("UPDATE sign_in_attempt SET locked_until = $2 WHERE login_hash = $1").bind(login.to_vec()).bind(until)
    )?)
}

pub(crate) async fn locked_until(c: &mut Conn<'_>, login: [u8; 32]) -> Result<Option<Ts>> {
    sql!(c, x => sqlx::query_scalar("SELECT locked_until FROM sign_in_attempt WHERE login_hash = $1").bind(login.to_vec()).fetch_optional(x).await)
}

pub(crate) async fn clear_attempts(c: &mut Conn<'_>, login: [u8; 32]) -> Result<()> {
    exec!(c, sqlx::query("DELETE FROM sign_in_attempt WHERE login_hash = $1").bind(login.to_vec())).map(|_| ())
}

/// How long it counts that a login came in from an address, seconds.
pub(crate) const CAME_IN_KEPT_SECS: i64 = 30 * 86_400;

/// Whether a login came in from an address since an instant: a row without failures.
pub(crate) async fn came_in_since(c: &mut Conn<'_>, key: [u8; 32], since: Ts) -> Result<bool> {
    let at: Option<Ts> = sql!(c, x => sqlx::query_scalar(
        "SELECT tried_at FROM sign_in_attempt WHERE login_hash = $1 AND failures = 0"
    ).bind(key.to_vec()).fetch_optional(x).await)?;
    Ok(at.is_some_and(|at| at > since))
}

pub(crate) async fn note_came_in(c: &mut Conn<'_>, key: [u8; 32], at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO sign_in_attempt (login_hash, failures, locked_until, tried_at) VALUES ($1, 0, 0, $2) \
             ON CONFLICT (login_hash) DO UPDATE SET tried_at = excluded.tried_at"
        )
        .bind(key.to_vec())
        .bind(at)
    )
    .map(|_| ())
}

pub(crate) async fn disable(c: &mut Conn<'_>, id: AccountId, at: Ts) -> Result<()> {
    one(exec!(
        c,
        sqlx::query("UPDATE account SET disabled_at = $3 WHERE district_id = $1 AND id = $2").bind(CITY).bind(id).bind(at)
    )?)
}

pub(crate) async fn enable(c: &mut Conn<'_>, id: AccountId) -> Result<()> {
    one(exec!(c, sqlx::query("UPDATE account SET disabled_at = NULL WHERE district_id = $1 AND id = $2").bind(CITY).bind(id))?)
}

pub(crate) async fn any_account(c: &mut Conn<'_>) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar("SELECT created_at FROM account WHERE district_id = $1 LIMIT 1").bind(CITY).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// A session with what it needs to be judged.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct SessionRow {
    pub(crate) account_id: Option<AccountId>,
    pub(crate) claim_district: Option<DistrictId>,
    pub(crate) claim_id: Option<ClaimId>,
    pub(crate) appointment_district: Option<DistrictId>,
    pub(crate) appointment_id: Option<AppointmentId>,
    pub(crate) created_at: Ts,
    pub(crate) seen_at: Ts,
    pub(crate) expires_at: Ts,
}

pub(crate) async fn insert_session(c: &mut Conn<'_>, hash: [u8; 32], row: &SessionRow) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO session (token_hash, account_id, claim_district, claim_id, appointment_district, appointment_id, created_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    ).bind(hash.to_vec()).bind(row.account_id).bind(row.claim_district).bind(row.claim_id).bind(row.appointment_district)
     .bind(row.appointment_id).bind(row.created_at).bind(row.seen_at).bind(row.expires_at)).map(|_| ())
}

pub(crate) async fn session(c: &mut Conn<'_>, hash: [u8; 32]) -> Result<Option<SessionRow>> {
    sql!(c, x => sqlx::query_as(
        "SELECT account_id, claim_district, claim_id, appointment_district, appointment_id, created_at, seen_at, expires_at FROM session WHERE token_hash = $1"
    ).bind(hash.to_vec()).fetch_optional(x).await)
}

pub(crate) async fn see_session(c: &mut Conn<'_>, hash: [u8; 32], at: Ts) -> Result<()> {
    exec!(c, sqlx::query("UPDATE session SET seen_at = $2 WHERE token_hash = $1").bind(hash.to_vec()).bind(at)).map(|_| ())
}

pub(crate) async fn choose(c: &mut Conn<'_>, hash: [u8; 32], district: DistrictId, appointment: AppointmentId) -> Result<()> {
    one(exec!(
        c,
        sqlx::query("UPDATE session SET appointment_district = $2, appointment_id = $3 WHERE token_hash = $1")
            .bind(hash.to_vec())
            .bind(district)
            .bind(appointment)
    )?)
}

/// Whether there was such a session.
pub(crate) async fn end_session(c: &mut Conn<'_>, hash: [u8; 32]) -> Result<bool> {
    Ok(exec!(c, sqlx::query("DELETE FROM session WHERE token_hash = $1").bind(hash.to_vec()))? > 0)
}

pub(crate) async fn end_sessions_of(c: &mut Conn<'_>, account: AccountId, except: Option<[u8; 32]>) -> Result<u64> {
    exec!(
        c,
        sqlx::query("DELETE FROM session WHERE account_id = $1 AND token_hash <> $2")
            .bind(account)
            .bind(except.map(|h| h.to_vec()).unwrap_or_default())
    )
}

pub(crate) async fn end_sessions_of_claim(c: &mut Conn<'_>, district: DistrictId, claim: ClaimId) -> Result<u64> {
    exec!(c, sqlx::query("DELETE FROM session WHERE claim_district = $1 AND claim_id = $2").bind(district).bind(claim))
}

pub(crate) async fn sweep(c: &mut Conn<'_>, now: Ts) -> Result<u64> {
    let sessions = exec!(c, sqlx::query("DELETE FROM session WHERE expires_at <= $1").bind(now))?;
    let links = exec!(c, sqlx::query("DELETE FROM account_link WHERE expires_at <= $1").bind(now))?;
    let codes = exec!(c, sqlx::query("DELETE FROM claim_code WHERE expires_at <= $1").bind(now))?;
    let attempts = exec!(
        c,
        sqlx::query(
            "DELETE FROM sign_in_attempt WHERE tried_at <= $1 AND locked_until <= $2 AND (failures > 0 OR tried_at <= $3)"
        )
        .bind(now.plus_secs(-ATTEMPTS_KEPT_SECS))
        .bind(now)
        .bind(now.plus_secs(-CAME_IN_KEPT_SECS))
    )?;
    Ok(sessions + links + codes + attempts)
}

pub(crate) async fn insert_link(
    c: &mut Conn<'_>,
    hash: [u8; 32],
    kind: &'static str,
    account: Option<AccountId>,
    expires_at: Ts,
) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO account_link (token_hash, kind, account_id, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(hash.to_vec())
            .bind(kind)
            .bind(account)
            .bind(expires_at)
    )
    .map(|_| ())
}

/// Withdraws links of a kind that were not used yet.
pub(crate) async fn withdraw_links(c: &mut Conn<'_>, kind: &'static str, account: Option<AccountId>) -> Result<()> {
    exec!(
        c,
        sqlx::query("DELETE FROM account_link WHERE kind = $1 AND used_at IS NULL AND (account_id = $2 OR account_id IS NULL)")
            .bind(kind)
            .bind(account)
    )
    .map(|_| ())
}

/// Whose link it is, while it can be used: `Some(None)` for a setup link.
pub(crate) async fn link(c: &mut Conn<'_>, hash: [u8; 32], kind: &'static str, now: Ts) -> Result<Option<Option<AccountId>>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT account_id FROM account_link WHERE token_hash = $1 AND kind = $2 AND used_at IS NULL AND expires_at > $3"
    ).bind(hash.to_vec()).bind(kind).bind(now).fetch_optional(x).await)
}

/// Uses the link up; false when somebody was quicker.
pub(crate) async fn use_link(c: &mut Conn<'_>, hash: [u8; 32], now: Ts) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE account_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(hash.to_vec())
            .bind(now)
    )?;
    Ok(rows == 1)
}

pub(crate) async fn insert_code(
    c: &mut Conn<'_>,
    hash: [u8; 32],
    district: DistrictId,
    home: &PlacePath,
    expires_at: Ts,
) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO claim_code (code_hash, district_id, place_path, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(hash.to_vec())
            .bind(district)
            .bind(home)
            .bind(expires_at)
    )
    .map(|_| ())
}

pub(crate) async fn code(c: &mut Conn<'_>, hash: [u8; 32], now: Ts) -> Result<Option<(DistrictId, PlacePath)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, place_path FROM claim_code WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2"
    ).bind(hash.to_vec()).bind(now).fetch_optional(x).await)
}

pub(crate) async fn use_code(c: &mut Conn<'_>, hash: [u8; 32], now: Ts) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE claim_code SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(hash.to_vec())
            .bind(now)
    )?;
    Ok(rows == 1)
}

pub(crate) async fn insert_claim(c: &mut Conn<'_>, district: DistrictId, id: ClaimId, home: &PlacePath, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO home_claim (district_id, id, place_path, claimed_at) VALUES ($1, $2, $3, $4)")
            .bind(district)
            .bind(id)
            .bind(home)
            .bind(at)
    )
    .map(|_| ())
}

/// Home and beginning of a claim that stands.
pub(crate) async fn claim(c: &mut Conn<'_>, district: DistrictId, id: ClaimId) -> Result<Option<(PlacePath, Ts)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_path, claimed_at FROM home_claim WHERE district_id = $1 AND id = $2 AND released_at IS NULL"
    ).bind(district).bind(id).fetch_optional(x).await)
}

/// How many homes are claimed at a place and below it.
pub(crate) async fn claims_under(c: &mut Conn<'_>, scope: &Scope) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM home_claim WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND released_at IS NULL"
    ).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to()).fetch_one(x).await)
}

/// The claims of a home that stand.
pub(crate) async fn claims_of_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<Vec<ClaimId>> {
    let rows: Vec<(ClaimId,)> = sql!(c, x => sqlx::query_as(
        "SELECT id FROM home_claim WHERE district_id = $1 AND place_path = $2 AND released_at IS NULL"
    ).bind(district).bind(home).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Codes of a home that nobody has used yet open nothing any more; gives how many.
pub(crate) async fn void_codes(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath, now: Ts) -> Result<u64> {
    exec!(
        c,
        sqlx::query("UPDATE claim_code SET used_at = $3 WHERE district_id = $1 AND place_path = $2 AND used_at IS NULL")
            .bind(district)
            .bind(home)
            .bind(now)
    )
}

pub(crate) async fn release_claim(c: &mut Conn<'_>, district: DistrictId, id: ClaimId, at: Ts) -> Result<()> {
    one(exec!(
        c,
        sqlx::query("UPDATE home_claim SET released_at = $3 WHERE district_id = $1 AND id = $2 AND released_at IS NULL")
            .bind(district)
            .bind(id)
            .bind(at)
    )?)
}

fn one(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}
