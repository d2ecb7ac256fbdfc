//! Accounts, the one-time links by which they come to a password, and their end.

use std::net::IpAddr;

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath};
use linli_people::model::PersonId;
use serde_json::json;

use super::sessions::Keys;
use crate::error::IdentityError;
use crate::model::{Account, AccountId, DoorRules, LinkKind, Token};
use crate::store;

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
    store::insert_link(&mut tx.conn()?, token.hash(), LinkKind::Setup.as_str(), None, ctx.now().plus_secs(rules.link_secs))
        .await?;
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
pub async fn create_account(
    ctx: &Ctx,
    tx: &mut Tx,
    district: DistrictId,
    person: PersonId,
    login: &str,
) -> Result<AccountId, IdentityError> {
    ctx.may(Action::Create, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    let login = login.trim().to_lowercase();
    let fits = (3..=60).contains(&login.chars().count())
        && login.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
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
    store::insert_link(
        &mut tx.conn()?,
        token.hash(),
        LinkKind::Password.as_str(),
        Some(account),
        ctx.now().plus_secs(rules.link_secs),
    )
    .await?;
    tx.journal(ctx.line("identity.password_link_made", &PlacePath::root(), Some(account.0), json!({})));
    Ok(token)
}

/// Uses a password link from an address. All sessions of the account end.
///
/// # Errors
/// `LinkGone`, store errors.
pub async fn set_password_by_link(
    ctx: &Ctx,
    tx: &mut Tx,
    token: &Token,
    password_hash: &str,
    from: IpAddr,
) -> Result<AccountId, IdentityError> {
    let c = &mut tx.conn()?;
    let account =
        store::link(c, token.hash(), LinkKind::Password.as_str(), ctx.now()).await?.flatten().ok_or(IdentityError::LinkGone)?;
    if !store::use_link(c, token.hash(), ctx.now()).await? {
        return Err(IdentityError::LinkGone);
    }
    store::set_password(c, account, password_hash).await?;
    // A lock stands in the way of guessing, not of a new password.
    let login = store::account(c, account).await?.map(|a| a.login).unwrap_or_default();
    let keys = Keys::of(&login, from);
    store::clear_attempts(c, keys.here).await?;
    store::clear_attempts(c, keys.anywhere).await?;
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

/// Closes an account and ends its sessions at once.
///
/// # Errors
/// `Denied`, store errors.
pub async fn disable_account(ctx: &Ctx, tx: &mut Tx, id: AccountId) -> Result<(), IdentityError> {
    ctx.may(Action::Change, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    store::disable(&mut tx.conn()?, id, ctx.now()).await?;
    // A link for a new password would open it by another way.
    store::withdraw_links(&mut tx.conn()?, LinkKind::Password.as_str(), Some(id)).await?;
    let ended = store::end_sessions_of(&mut tx.conn()?, id, None).await?;
    tx.journal(ctx.line("identity.account_disabled", &PlacePath::root(), Some(id.0), json!({ "sessions_ended": ended })));
    Ok(())
}

/// Opens a closed account again, with the password it had. Its sessions ended when it was closed and stay so.
///
/// # Errors
/// `Denied`, store errors.
pub async fn enable_account(ctx: &Ctx, tx: &mut Tx, id: AccountId) -> Result<(), IdentityError> {
    ctx.may(Action::Change, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    store::enable(&mut tx.conn()?, id).await?;
    tx.journal(ctx.line("identity.account_enabled", &PlacePath::root(), Some(id.0), json!({})));
    Ok(())
}
