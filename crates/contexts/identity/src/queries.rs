//! What may be known of accounts and claims. Nothing here writes.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::Appointment;

use crate::error::IdentityError;
use crate::model::{Account, AccountFilter, AccountId, AccountLine, Choice, ClaimId, LinkKind, Token};
use crate::store;

/// The accounts a filter asks for, by login, after one, at most `limit`. Posts count that are held now.
///
/// # Errors
/// `Denied` unless an administrator looks; store errors.
pub async fn accounts(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    filter: &AccountFilter,
    after: &str,
    limit: i64,
) -> Result<Vec<AccountLine>, IdentityError> {
    ctx.may(Action::Read, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    Ok(store::accounts(c, filter, ctx.now(), after, limit.clamp(1, 500)).await?)
}

/// An account by its id.
///
/// # Errors
/// `Denied` unless an administrator looks; store errors.
pub async fn account(ctx: &Ctx, c: &mut Conn<'_>, id: AccountId) -> Result<Option<Account>, IdentityError> {
    ctx.may(Action::Read, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    Ok(store::account(c, id).await?)
}

/// The id of the account with this login.
///
/// # Errors
/// `Denied` unless an administrator looks; store errors.
pub async fn account_by_login(ctx: &Ctx, c: &mut Conn<'_>, login: &str) -> Result<Option<AccountId>, IdentityError> {
    ctx.may(Action::Read, Resource::Account, DistrictId::CITY, &PlacePath::root())?;
    Ok(store::credentials(c, &login.trim().to_lowercase()).await?.map(|found| found.id))
}

/// The account with this login.
///
/// # Errors
/// `Denied` unless an administrator looks; store errors.
pub async fn account_named(ctx: &Ctx, c: &mut Conn<'_>, login: &str) -> Result<Option<Account>, IdentityError> {
    match account_by_login(ctx, c, login).await? {
        Some(id) => Ok(store::account(c, id).await?),
        None => Ok(None),
    }
}

/// The appointments the holder of this session may act under now.
///
/// # Errors
/// Store errors.
pub async fn choices(c: &mut Conn<'_>, session: &Token, now: Ts) -> Result<Vec<Choice>, IdentityError> {
    let Some(row) = store::session(c, session.hash()).await? else { return Ok(Vec::new()) };
    let Some(id) = row.account_id else { return Ok(Vec::new()) };
    let Some(account) = store::account(c, id).await? else { return Ok(Vec::new()) };
    let held = held(c, &account, now).await?;
    let mut choices = Vec::with_capacity(held.len());
    for appointment in held {
        choices.push(Choice {
            place_name: place_name(c, appointment.district, &appointment.place).await?,
            district: appointment.district,
            appointment: appointment.id,
            role: appointment.role,
            title: appointment.title,
            place: appointment.place,
        });
    }
    Ok(choices)
}

/// The appointments under which the holder of an account can act at an instant: in force, and more than a title.
pub(crate) async fn held(c: &mut Conn<'_>, account: &Account, at: Ts) -> Result<Vec<Appointment>, IdentityError> {
    let held = linli_people::queries::appointments_of(c, account.person_district, account.person_id, at).await?;
    Ok(held.into_iter().filter(|appointment| appointment.role.acts()).collect())
}

/// The account of a session.
///
/// # Errors
/// Store errors.
pub async fn account_of_session(c: &mut Conn<'_>, session: &Token) -> Result<Option<Account>, IdentityError> {
    let Some(id) = store::session(c, session.hash()).await?.and_then(|row| row.account_id) else { return Ok(None) };
    Ok(store::account(c, id).await?)
}

/// Whether a one-time link can still be used.
///
/// # Errors
/// Store errors.
pub async fn link_stands(c: &mut Conn<'_>, token: &Token, kind: LinkKind, now: Ts) -> Result<bool, IdentityError> {
    Ok(store::link(c, token.hash(), kind.as_str(), now).await?.is_some())
}

/// The login of the account that a link for a new password belongs to; empty when the link has gone.
///
/// # Errors
/// Store errors.
pub async fn login_behind(c: &mut Conn<'_>, token: &Token, now: Ts) -> Result<String, IdentityError> {
    let Some(account) = store::link(c, token.hash(), LinkKind::Password.as_str(), now).await?.flatten() else {
        return Ok(String::new());
    };
    Ok(store::account(c, account).await?.map(|account| account.login).unwrap_or_default())
}

/// The home of a claim, in words, and since when it is claimed.
///
/// # Errors
/// Store errors.
pub async fn claimed_home(
    c: &mut Conn<'_>,
    district: DistrictId,
    claim: ClaimId,
) -> Result<Option<(PlacePath, String, Ts)>, IdentityError> {
    let Some((path, since)) = store::claim(c, district, claim).await? else { return Ok(None) };
    let name = home_name(c, district, &path).await?;
    Ok(Some((path, name, since)))
}

/// What a home is called among neighbours: estate, building, entrance, room.
pub(crate) async fn home_name(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<String, IdentityError> {
    let crumbs = linli_territory::queries::crumbs(c, district, home).await?;
    let below = crumbs.iter().filter(|crumb| crumb.path.depth() > 4).map(|crumb| crumb.name.as_str());
    Ok(below.collect::<Vec<_>>().join(" "))
}

/// How many homes are claimed at a place and below it. A number, no home.
///
/// # Errors
/// Store errors.
pub async fn claims_under(c: &mut Conn<'_>, scope: &Scope) -> Result<i64, IdentityError> {
    Ok(store::claims_under(c, scope).await?)
}

/// The nearest name of a place, for the head of a page; the whole city has none.
pub(crate) async fn place_name(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<String, IdentityError> {
    let crumbs = linli_territory::queries::crumbs(c, district, place).await?;
    Ok(crumbs.into_iter().next_back().map(|crumb| crumb.name).unwrap_or_default())
}
