//! What changes accounts, sessions and claims. The caller begins and commits; transactions about accounts are the city's.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::model::{AppointmentId, PersonId};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::IdentityError;
use crate::model::{Account, AccountId, ClaimId, DoorRules, LinkKind, Token, paper_code, read_paper_code};
use crate::passwords::Passwords;
use crate::store::{self, SessionRow};

/// Makes the one-time setup link of an installation that has no account yet; `None` when it has one. An earlier link ends.
///
/// # Errors
/// `Denied` unless the program itself acts; store errors.
pub async fn make_setup_link(ctx: &Ctx, tx: &mut Tx, rules: &DoorRules) -> Result<Option<Token>, IdentityError> {
    ctx.may(Action::Create, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    if store::any_account(&mut tx.conn()?).await? {
        return Ok(None);
    }
    store::withdraw_links(&mut tx.conn()?, LinkKind::Setup.as_str(), None).await?;
    let token = Token::random(ctx.rng.as_ref());
    store::insert_link(&mut tx.conn()?, token.hash(), LinkKind::Setup.as_str(), None, ctx.now().plus_secs(rules.link_secs)).await?;
    tx.journal(ctx.line("identity.setup_link_made", &PlacePath::root(), None, json!({})));
    Ok(Some(token))
}

/// What somebody types on the setup page.
#[derive(Debug, Clone)]
pub struct SetUp {
    /// The name of the first administrator.
    pub name: String,
    /// The login.
    pub login: String,
    /// The hash of the password that was typed.
    pub password_hash: String,
}

/// Uses the setup link: the first administrator of the city, with an account.
///
/// # Errors
/// `LinkGone`, `BadLogin`, store errors.
pub async fn set_up(ctx: &Ctx, tx: &mut Tx, token: &Token, input: SetUp) -> Result<AccountId, IdentityError> {
    let c = &mut tx.conn()?;
    if store::link(c, token.hash(), LinkKind::Setup.as_str(), ctx.now()).await?.is_none()
        || store::any_account(c).await?
        || !store::use_link(c, token.hash(), ctx.now()).await?
    {
        return Err(IdentityError::LinkGone);
    }
    // The link is the authority: whoever holds it stands in for the program itself in this one act.
    let mut by_link = Ctx::system("setup", ctx.clock.clone(), ctx.rng.clone());
    by_link.request_id.clone_from(&ctx.request_id);
    let (person, _) = linli_people::commands::appoint_administrator(&by_link, tx, "admin-1", &input.name).await?;
    let account = create_account(&by_link, tx, DistrictId::CITY, person, &input.login).await?;
    store::set_password(&mut tx.conn()?, account, &input.password_hash).await?;
    Ok(account)
}

/// Makes an account without a password; [`make_password_link`] lets its holder set one.
///
/// # Errors
/// `BadLogin` when it is taken or cannot be one, `Denied`, store errors.
pub async fn create_account(ctx: &Ctx, tx: &mut Tx, district: DistrictId, person: PersonId, login: &str) -> Result<AccountId, IdentityError> {
    ctx.may(Action::Create, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    let login = login.trim().to_lowercase();
    let fits = (3..=60).contains(&login.chars().count()) && login.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
    if !fits {
        return Err(IdentityError::BadLogin);
    }
    let id = AccountId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    if !store::claim_login(&mut tx.conn()?, &login, id).await? {
        return Err(IdentityError::BadLogin);
    }
    let account = Account { id, login, person_district: district, person_id: person, disabled_at: None, created_at: ctx.now() };
    store::insert_account(&mut tx.conn()?, &account).await?;
    tx.journal(ctx.line("identity.account_created", &PlacePath::root(), Some(id.0), json!({ "person": person })));
    Ok(id)
}

/// Makes a one-time link with which the holder of an account sets a password. An earlier link ends.
///
/// # Errors
/// `Denied`, store errors.
pub async fn make_password_link(ctx: &Ctx, tx: &mut Tx, account: AccountId, rules: &DoorRules) -> Result<Token, IdentityError> {
    ctx.may(Action::Change, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    store::withdraw_links(&mut tx.conn()?, LinkKind::Password.as_str(), Some(account)).await?;
    let token = Token::random(ctx.rng.as_ref());
    store::insert_link(&mut tx.conn()?, token.hash(), LinkKind::Password.as_str(), Some(account), ctx.now().plus_secs(rules.link_secs)).await?;
    tx.journal(ctx.line("identity.password_link_made", &PlacePath::root(), Some(account.0), json!({})));
    Ok(token)
}

/// Uses a password link. All sessions of the account end.
///
/// # Errors
/// `LinkGone`, store errors.
pub async fn set_password_by_link(ctx: &Ctx, tx: &mut Tx, token: &Token, password_hash: &str) -> Result<AccountId, IdentityError> {
    let c = &mut tx.conn()?;
    let account = store::link(c, token.hash(), LinkKind::Password.as_str(), ctx.now()).await?.flatten().ok_or(IdentityError::LinkGone)?;
    if !store::use_link(c, token.hash(), ctx.now()).await? {
        return Err(IdentityError::LinkGone);
    }
    store::set_password(c, account, password_hash).await?;
    store::end_sessions_of(c, account, None).await?;
    tx.journal(ctx.line("identity.password_set", &PlacePath::root(), Some(account.0), json!({ "by": "link" })));
    Ok(account)
}

/// Whether a password may be used with a login.
///
/// # Errors
/// `WeakPassword` with the fewest characters.
pub fn check_password(rules: &DoorRules, login: &str, password: &str) -> Result<(), IdentityError> {
    let count = password.chars().count();
    let kinds = [
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_uppercase),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
        password.chars().any(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()),
    ];
    let holds_login = !login.is_empty() && password.to_lowercase().contains(&login.to_lowercase());
    // A long passphrase needs no kinds: length is worth more.
    let strong = count >= rules.password_least && (count >= 20 || kinds.iter().filter(|k| **k).count() >= 3);
    if strong && !holds_login && count <= 200 { Ok(()) } else { Err(IdentityError::WeakPassword(rules.password_least)) }
}

/// Signs in. Takes the store itself, not a transaction: the hash is computed between two short transactions, so that nobody
/// waits for it, and a failure must be kept although the answer is an error.
///
/// # Errors
/// `WrongPassword`, `Locked` with the seconds to wait, store errors.
pub async fn sign_in(ctx: &Ctx, db: &Db, passwords: &Passwords, rules: &DoorRules, login: &str, password: &str) -> Result<Token, IdentityError> {
    let login = login.trim().to_lowercase();
    let mut read = db.read().await?;
    let known = store::credentials(&mut read.conn(), &login).await?.filter(|found| found.disabled_at.is_none());
    drop(read);
    let now = ctx.now();
    if let Some(locked) = known.as_ref().filter(|found| found.locked_until > now) {
        return Err(IdentityError::Locked(locked.locked_until.secs_since(now).max(1)));
    }
    let fits = passwords.fits(known.as_ref().and_then(|found| found.password.as_deref()), password).await?;
    let Some(found) = known else { return Err(IdentityError::WrongPassword) };
    let mut tx = db.begin(DistrictId::CITY).await?;
    if !fits {
        let failures = found.failures + 1;
        let locked_until = lock_until(rules, failures, now);
        store::set_failures(&mut tx.conn()?, found.id, failures, locked_until).await?;
        tx.journal(ctx.line("identity.sign_in_failed", &PlacePath::root(), Some(found.id.0), json!({ "failures": failures })));
        tx.commit().await?;
        return Err(IdentityError::WrongPassword);
    }
    let token = open_session(ctx, &mut tx, found.id, rules).await?;
    tx.commit().await?;
    Ok(token)
}

/// After the allowed failures: 1, 2, 4 … minutes, an hour at most.
fn lock_until(rules: &DoorRules, failures: i64, now: Ts) -> Ts {
    let beyond = failures - rules.failures_before_lock;
    if beyond < 0 {
        return Ts(0);
    }
    let secs = rules.lock_secs.saturating_mul(1_i64.checked_shl(u32::try_from(beyond).unwrap_or(0).min(20)).unwrap_or(i64::MAX)).min(3600);
    now.plus_secs(secs)
}

/// A session of an account whose password was just proved or set. With one appointment only, it is chosen.
///
/// # Errors
/// Store errors.
pub async fn open_session(ctx: &Ctx, tx: &mut Tx, id: AccountId, rules: &DoorRules) -> Result<Token, IdentityError> {
    let now = ctx.now();
    let c = &mut tx.conn()?;
    let account = store::account(c, id).await?.ok_or(IdentityError::WrongPassword)?;
    store::set_failures(c, id, 0, Ts(0)).await?;
    let held = linli_people::queries::appointments_of(c, account.person_district, account.person_id, now).await?;
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
    let held = linli_people::queries::appointments_of(c, account.person_district, account.person_id, ctx.now()).await?;
    let chosen = held.into_iter().find(|a| a.id == id).ok_or_else(refused)?;
    store::choose(c, session.hash(), chosen.district, chosen.id).await?;
    tx.journal(ctx.line("identity.appointment_chosen", &PlacePath::root(), Some(account.id.0), json!({ "appointment": id })));
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// Store errors.
pub async fn sign_out(ctx: &Ctx, tx: &mut Tx, session: &Token) -> Result<(), IdentityError> {
    store::end_session(&mut tx.conn()?, session.hash()).await?;
    tx.journal(ctx.line("identity.signed_out", &PlacePath::root(), None, json!({})));
    Ok(())
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

/// Closes an account and ends its sessions at once.
///
/// # Errors
/// `Denied`, store errors.
pub async fn disable_account(ctx: &Ctx, tx: &mut Tx, id: AccountId) -> Result<(), IdentityError> {
    ctx.may(Action::Change, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    store::disable(&mut tx.conn()?, id, ctx.now()).await?;
    let ended = store::end_sessions_of(&mut tx.conn()?, id, None).await?;
    tx.journal(ctx.line("identity.account_disabled", &PlacePath::root(), Some(id.0), json!({ "sessions_ended": ended })));
    Ok(())
}

/// Makes the code with which a home is claimed; it is printed and handed over, and cannot be shown again.
///
/// # Errors
/// `Denied`, `LinkGone` when the place is no home, store errors.
pub async fn make_claim_code(ctx: &Ctx, tx: &mut Tx, home: &PlacePath, rules: &DoorRules) -> Result<String, IdentityError> {
    let district = tx.district();
    ctx.may(Action::Read, Resource::Home, district, home)?;
    let place = linli_territory::queries::place_at(&mut tx.conn()?, district, home).await?;
    if place.is_none_or(|p| p.level != PlaceLevel::Home) {
        return Err(IdentityError::LinkGone);
    }
    let code = paper_code(ctx.rng.as_ref());
    store::insert_code(&mut tx.conn()?, code_hash(&code.replace('-', "")), district, home, ctx.now().plus_secs(rules.code_secs)).await?;
    tx.journal(ctx.with_personal(ctx.line("identity.claim_code_made", home, None, json!({})), json!({ "home": home })));
    Ok(code)
}

/// The district a typed code belongs to: the transaction of [`claim_home`] is begun there.
///
/// # Errors
/// `LinkGone` for an unknown, used, old or mistyped code; store errors.
pub async fn district_of_code(ctx: &Ctx, db: &Db, typed: &str) -> Result<DistrictId, IdentityError> {
    let code = read_paper_code(typed).ok_or(IdentityError::LinkGone)?;
    let mut read = db.read().await?;
    let found = store::code(&mut read.conn(), code_hash(&code), ctx.now()).await?;
    found.map(|(district, _)| district).ok_or(IdentityError::LinkGone)
}

/// Claims a home with the code from the paper and opens a session for it.
///
/// # Errors
/// `LinkGone`, store errors.
pub async fn claim_home(ctx: &Ctx, tx: &mut Tx, typed: &str, rules: &DoorRules) -> Result<Token, IdentityError> {
    let code = read_paper_code(typed).ok_or(IdentityError::LinkGone)?;
    let now = ctx.now();
    let c = &mut tx.conn()?;
    let (district, home) = store::code(c, code_hash(&code), now).await?.ok_or(IdentityError::LinkGone)?;
    if !store::use_code(c, code_hash(&code), now).await? {
        return Err(IdentityError::LinkGone);
    }
    let claim = ClaimId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    store::insert_claim(c, district, claim, &home, now).await?;
    let token = Token::random(ctx.rng.as_ref());
    let row = SessionRow {
        account_id: None,
        claim_district: Some(district),
        claim_id: Some(claim),
        appointment_district: None,
        appointment_id: None,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_secs(rules.home_secs),
    };
    store::insert_session(c, token.hash(), &row).await?;
    tx.journal(ctx.with_personal(ctx.line("identity.home_claimed", &home, Some(claim.0), json!({})), json!({ "home": home })));
    Ok(token)
}

/// Gives a claimed home back. Its sessions end.
///
/// # Errors
/// `Denied` unless the holder of the claim acts; store errors.
pub async fn release_home(ctx: &Ctx, tx: &mut Tx, claim: ClaimId) -> Result<(), IdentityError> {
    if ctx.actor != (Actor::Resident { claim: claim.0 }) {
        return Err(linli_access::Denied::Forbidden.into());
    }
    let district = tx.district();
    let c = &mut tx.conn()?;
    let (home, _) = store::claim(c, district, claim).await?.ok_or(IdentityError::LinkGone)?;
    store::release_claim(c, district, claim, ctx.now()).await?;
    store::end_sessions_of_claim(c, district, claim).await?;
    tx.journal(ctx.line("identity.home_released", &home, Some(claim.0), json!({})));
    Ok(())
}

/// The district and claim behind a resident's session.
///
/// # Errors
/// Store errors.
pub async fn claim_of_session(db: &Db, session: &Token) -> Result<Option<(DistrictId, ClaimId)>, IdentityError> {
    let mut read = db.read().await?;
    let row = store::session(&mut read.conn(), session.hash()).await?;
    Ok(row.and_then(|r| r.claim_district.zip(r.claim_id)))
}

/// Records that somebody looked at personal detail, and why.
///
/// # Errors
/// None in practice; kept for the day the reason is checked against a list.
pub fn log_lookup(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, subject: uuid::Uuid, reason: &str) {
    tx.journal(ctx.line("identity.detail_looked_up", place, Some(subject), json!({ "reason": reason })));
}

/// Removes sessions and links that have run out. A job calls it.
///
/// # Errors
/// Store errors.
pub async fn sweep(ctx: &Ctx, tx: &mut Tx) -> Result<u64, IdentityError> {
    Ok(store::sweep(&mut tx.conn()?, ctx.now()).await?)
}

fn code_hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.as_bytes()).into()
}
