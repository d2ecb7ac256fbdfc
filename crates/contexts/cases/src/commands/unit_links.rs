//! The private links of organisations: made and closed by those who give them cases; every opening is written down.

use std::str::FromStr as _;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use linli_people::model::OrganisationId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::units::unit_of;
use super::{recall, remember};
use crate::error::CasesError;
use crate::model::{CaseId, UnitLink, UnitLinkId};
use crate::office::Office;
use crate::store::units;
use crate::token::LinkToken;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A link that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeLink {
    /// What is known of it.
    pub link: UnitLink,
    /// What opens it. Shown once; it is not stored.
    pub token: LinkToken,
}

/// The answer as it is kept: the link is sealed, because what opens cases must not lie in the database.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    id: UnitLinkId,
    sealed_link: Vec<u8>,
}

/// Makes a private link for an organisation: it opens the organisation's cases under one place, for as many days as the rules say.
///
/// # Errors
/// `Denied`; `Field` for what is no organisation that can be given a case; store errors.
pub async fn make_unit_link(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (unit, place): (OrganisationId, PlacePath),
) -> Result<MadeLink, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Create, Resource::UnitLink, district, &place)?;
    if let Some(kept) = recall::<KeptAnswer>(ctx, tx, "cases.unit_link", &(unit, &place)).await? {
        let token = office.vault().open(&kept.sealed_link).and_then(|text| LinkToken::from_str(&text).ok());
        let link = units::link(&mut tx.conn()?, district, kept.id).await?;
        return token.zip(link).map(|(token, link)| MadeLink { link, token }).ok_or(CasesError::Changed);
    }
    let rules = office.rules(&place, now)?;
    unit_of(&mut tx.conn()?, district, &rules, (unit, None)).await?;
    let token = LinkToken::new(now, ctx.rng.as_ref());
    let link = UnitLink {
        district,
        id: UnitLinkId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        unit,
        place,
        created_at: now,
        expires_at: now.plus_secs(rules.units().link().days * DAY),
        revoked_at: None,
        made_by: ctx.person(),
        made_under: ctx.appointment(),
        made_role: match &ctx.actor {
            Actor::Staff { role, .. } => Some(role.as_str().to_owned()),
            _ => None,
        },
    };
    units::put_link(&mut tx.conn()?, &link, &token.hash()).await?;
    let facts = json!({ "unit": unit, "expires_at": link.expires_at, "rule": rules.units_mark() });
    tx.journal(ctx.line("cases.unit_link_made", &link.place, Some(link.id.0), facts));
    if ctx.idempotency_key.is_some() {
        let kept = KeptAnswer { id: link.id, sealed_link: office.vault().seal(&token.secret_text()) };
        remember(ctx, tx, &kept).await?;
    }
    Ok(MadeLink { link, token })
}

/// Closes a link at once. Closing it again changes nothing.
///
/// # Errors
/// `NotFound` for a link outside the reach of the actor; `Denied`; store errors.
pub async fn revoke_unit_link(ctx: &Ctx, tx: &mut Tx, id: UnitLinkId) -> Result<(), CasesError> {
    let district = tx.district();
    let link = units::link(&mut tx.conn()?, district, id).await?.ok_or(CasesError::NotFound)?;
    ctx.may(Action::Change, Resource::UnitLink, district, &link.place).map_err(|_| CasesError::NotFound)?;
    if units::revoke_link(&mut tx.conn()?, &link, ctx.now()).await? {
        tx.journal(ctx.line("cases.unit_link_revoked", &link.place, Some(id.0), json!({ "unit": link.unit })));
    }
    Ok(())
}

/// Writes down that a link was opened, and which case was looked at.
///
/// # Errors
/// `LinkUnknown`, `LinkOver`, `LinkLeft`; store errors.
pub async fn note_opening(ctx: &Ctx, tx: &mut Tx, token: &LinkToken, case: Option<CaseId>) -> Result<UnitLink, CasesError> {
    let link = crate::queries::unit_door(&mut tx.conn()?, token, ctx.now()).await?;
    units::note_opening(&mut tx.conn()?, &link, case, ctx.now()).await?;
    Ok(link)
}
