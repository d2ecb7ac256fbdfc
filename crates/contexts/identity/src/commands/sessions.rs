//! Signing in and out, and the appointment acted under.

use std::net::IpAddr;

use linli_access::Ctx;
use linli_db::{Conn, Db, Tx};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::AppointmentId;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::accounts::check_password;
use crate::error::IdentityError;
use crate::model::{AccountId, DoorRules, Token};
use crate::passwords::Passwords;
use crate::queries;
use crate::store::{self, SessionRow};

/// Signs in. Takes the store itself, not a transaction: the hash is computed between two short transactions, so that nobody
/// waits for it. The attempt is counted before the password is looked at and wiped out by success: however many guesses come
/// at the same moment, no more are judged than the rules allow. Logins that nobody has, or whose account is closed, are
/// counted, locked and answered in the same way.
///
/// Attempts are counted per login and address `from` (as the limits of requests count one), so that a stranger locks nobody out
/// but himself; and slowly per login alone, against guessing from many addresses. Where somebody signed in with that login
/// lately, the slow count does not stand in the way.
///
/// # Errors
/// `WrongPassword`, `Locked` with the seconds to wait, store errors.
pub async fn sign_in(
    ctx: &Ctx,
    db: &Db,
    passwords: &Passwords,
    rules: &DoorRules,
    from: IpAddr,
    (login, password): (&str, &str),
) -> Result<Token, IdentityError> {
    let (login, now) = (login.trim().to_lowercase(), ctx.now());
    let keys = Keys::of(&login, from);
    let mut tx = db.begin(DistrictId::CITY).await?;
    let c = &mut tx.conn()?;
    let failures = count(c, keys.here, now, |failures| lock_until(rules, failures, now)).await?;
    if !store::came_in_since(c, keys.came_in, now.plus_secs(-store::CAME_IN_KEPT_SECS)).await? {
        count(c, keys.anywhere, now, |failures| slow_lock_until(rules, failures, now)).await?;
    }
    let known = store::credentials(c, &login).await?.filter(|found| found.disabled_at.is_none());
    tx.commit().await?;
    let fits = passwords.fits(known.as_ref().and_then(|found| found.password.as_deref()), password).await?;
    let mut tx = db.begin(DistrictId::CITY).await?;
    match known.filter(|_| fits) {
        Some(found) => {
            let c = &mut tx.conn()?;
            store::clear_attempts(c, keys.here).await?;
            store::clear_attempts(c, keys.anywhere).await?;
            store::note_came_in(c, keys.came_in, now).await?;
            let token = open_session(ctx, &mut tx, found.id, rules).await?;
            tx.commit().await?;
            Ok(token)
        }
        None => {
            tx.journal(ctx.line("identity.sign_in_failed", &PlacePath::root(), None, json!({ "failures": failures })));
            tx.commit().await?;
            Err(IdentityError::WrongPassword)
        }
    }
}

/// Under what the attempts with a login are counted: what was typed need not be a login, so it is not kept.
pub(super) struct Keys {
    /// With this login, from this address.
    pub(super) here: [u8; 32],
    /// With this login.
    pub(super) anywhere: [u8; 32],
    /// That this login came in from this address.
    came_in: [u8; 32],
}

impl Keys {
    pub(super) fn of(login: &str, from: IpAddr) -> Self {
        let key = |what: &str| Sha256::digest(format!("{what}\n{login}").as_bytes()).into();
        Self { here: key(&format!("here {from}")), anywhere: key("anywhere"), came_in: key(&format!("came in {from}")) }
    }
}

/// Counts an attempt and locks what it is counted under when it is time; refuses while it is locked.
async fn count(c: &mut Conn<'_>, key: [u8; 32], now: Ts, lock: impl FnOnce(i64) -> Option<Ts>) -> Result<i64, IdentityError> {
    let Some(failures) = store::count_attempt(c, key, now).await? else {
        let until = store::locked_until(c, key).await?.unwrap_or(now);
        return Err(IdentityError::Locked(until.secs_since(now).max(1)));
    };
    if let Some(until) = lock(failures) {
        store::lock(c, key, until).await?;
    }
    Ok(failures)
}

/// From so many attempts from anywhere on, one in each pause.
fn slow_lock_until(rules: &DoorRules, failures: i64, now: Ts) -> Option<Ts> {
    (failures >= rules.failures_anywhere).then(|| now.plus_secs(rules.pause_anywhere_secs))
}

/// From the last allowed attempt on, this one among them: 1, 2, 4 … minutes, an hour at most.
fn lock_until(rules: &DoorRules, failures: i64, now: Ts) -> Option<Ts> {
    let beyond = failures - rules.failures_before_lock;
    if beyond < 0 {
        return None;
    }
    let secs = rules
        .lock_secs
        .saturating_mul(1_i64.checked_shl(u32::try_from(beyond).unwrap_or(0).min(20)).unwrap_or(i64::MAX))
        .min(store::LONGEST_LOCK_SECS);
    Some(now.plus_secs(secs))
}

/// A session of an account whose password was just proved or set. With one appointment only, it is chosen.
///
/// # Errors
/// Store errors.
pub async fn open_session(ctx: &Ctx, tx: &mut Tx, id: AccountId, rules: &DoorRules) -> Result<Token, IdentityError> {
    let now = ctx.now();
    let c = &mut tx.conn()?;
    let account = store::account(c, id).await?.ok_or(IdentityError::WrongPassword)?;
    let held = queries::held(c, &account, now).await?;
    let only = match held.as_slice() {
        [one] => Some((one.district, one.id)),
        _ => None,
    };
    let token = Token::random(ctx.rng.as_ref());
    let row = SessionRow {
        account_id: Some(id),
        claim_district: None,
        claim_id: None,
        appointment_district: only.map(|(district, _)| district),
        appointment_id: only.map(|(_, appointment)| appointment),
        created_at: now,
        seen_at: now,
        expires_at: now.plus_secs(rules.session_secs),
    };
    store::insert_session(c, token.hash(), &row).await?;
    tx.journal(ctx.line("identity.signed_in", &PlacePath::root(), Some(id.0), json!({})));
    Ok(token)
}

/// Acts from now on under another appointment of one's own.
///
/// # Errors
/// `NotYourAppointment`, store errors.
pub async fn choose_appointment(ctx: &Ctx, tx: &mut Tx, session: &Token, id: AppointmentId) -> Result<(), IdentityError> {
    let c = &mut tx.conn()?;
    let refused = || IdentityError::NotYourAppointment;
    let account = store::session(c, session.hash()).await?.and_then(|s| s.account_id).ok_or_else(refused)?;
    let account = store::account(c, account).await?.ok_or_else(refused)?;
    let held = queries::held(c, &account, ctx.now()).await?;
    let chosen = held.into_iter().find(|a| a.id == id).ok_or_else(refused)?;
    store::choose(c, session.hash(), chosen.district, chosen.id).await?;
    tx.journal(ctx.line("identity.appointment_chosen", &PlacePath::root(), Some(account.id.0), json!({ "appointment": id })));
    Ok(())
}

/// Ends a session; false, and no line, when there is none of this token.
///
/// # Errors
/// Store errors.
pub async fn sign_out(ctx: &Ctx, tx: &mut Tx, session: &Token) -> Result<bool, IdentityError> {
    let ended = store::end_session(&mut tx.conn()?, session.hash()).await?;
    if ended {
        tx.journal(ctx.line("identity.signed_out", &PlacePath::root(), None, json!({})));
    }
    Ok(ended)
}

/// Changes one's own password, proved by the old one, and ends one's other sessions.
///
/// # Errors
/// `WrongPassword`, `WeakPassword`, store errors.
pub async fn change_password(
    ctx: &Ctx,
    db: &Db,
    passwords: &Passwords,
    rules: &DoorRules,
    session: &Token,
    old: &str,
    new: &str,
) -> Result<(), IdentityError> {
    let mut read = db.read().await?;
    let c = &mut read.conn();
    let id = store::session(c, session.hash()).await?.and_then(|s| s.account_id).ok_or(IdentityError::WrongPassword)?;
    let account = store::account(c, id).await?.ok_or(IdentityError::WrongPassword)?;
    let stored = store::password_of(c, id).await?;
    drop(read);
    if !passwords.fits(stored.as_deref(), old).await? {
        return Err(IdentityError::WrongPassword);
    }
    check_password(rules, &account.login, new)?;
    let hash = passwords.hash(ctx.rng.as_ref(), new).await?;
    let mut tx = db.begin(DistrictId::CITY).await?;
    store::set_password(&mut tx.conn()?, id, &hash).await?;
    store::end_sessions_of(&mut tx.conn()?, id, Some(session.hash())).await?;
    tx.journal(ctx.line("identity.password_set", &PlacePath::root(), Some(id.0), json!({ "by": "holder" })));
    Ok(tx.commit().await?)
}
