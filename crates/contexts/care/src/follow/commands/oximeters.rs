//! Oximeters are issued to institutions, lent to people, given back, lost.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_people::model::{AppointmentId, OrganisationId};
use serde_json::json;

use super::{health_line, held, institution, recall, remember, text};
use crate::consent::ReadingsConsent;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Oximeter, OximeterId, OximeterState};
use crate::follow::scope;
use crate::follow::store::oximeters;
use crate::model::CarePersonId;

/// Most oximeters issued at once.
pub const ISSUE_MAX: i64 = 5_000;

/// Issues oximeters to a health centre, station or village clinic. They are numbered on from those it has. Gives the first number.
///
/// # Errors
/// `Denied`; `Field` for what is no institution, and for a count below 1 or above [`ISSUE_MAX`]; store errors.
pub async fn issue(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, to: OrganisationId, count: i64) -> Result<i64, FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Create, Resource::Oximeter, district, place)?;
    if !(1..=ISSUE_MAX).contains(&count) {
        return Err(FollowError::Field { field: "count", problem: Wrong::OutOfRange { least: 1, most: ISSUE_MAX } });
    }
    if let Some(answer) = recall(ctx, tx, "care.issue_oximeters", &(to, count)).await? {
        return Ok(answer);
    }
    institution(&mut tx.conn()?, district, to).await?;
    let first = tx.reserve_numbers(&format!("care.oximeter/{to}"), count).await?;
    let ids: Vec<OximeterId> = (0..count).map(|_| OximeterId::new(ctx.clock.as_ref(), ctx.rng.as_ref())).collect();
    oximeters::issue(&mut tx.conn()?, (district, to), first, &ids, now).await?;
    tx.journal(ctx.line("care.oximeters_issued", place, Some(to.0), json!({ "count": count, "first": first })));
    remember(ctx, tx, &first).await?;
    Ok(first)
}

/// Lends an oximeter of the institution that follows somebody, who agreed to readings.
///
/// # Errors
/// `NoneOnHand`, `HasOne`; `NotFound`, `Denied`; store errors.
pub async fn lend(ctx: &Ctx, tx: &mut Tx, consent: &ReadingsConsent) -> Result<OximeterId, FollowError> {
    let (district, person) = (tx.district(), consent.person());
    let followed = held(ctx, tx, person, Action::Change).await?;
    ctx.may(Action::Change, Resource::Oximeter, district, &followed.place)?;
    if let Some(answer) = recall(ctx, tx, "care.lend_oximeter", &person).await? {
        return Ok(answer);
    }
    let c = &mut tx.conn()?;
    if oximeters::of(c, district, person).await?.is_some() {
        return Err(FollowError::HasOne);
    }
    let lent = oximeters::lend(c, (district, followed.institution), person, ctx.now()).await?.ok_or(FollowError::NoneOnHand)?;
    let facts = json!({ "oximeter": lent.id, "institution": lent.institution, "number": lent.number });
    let line = health_line(ctx, tx, "care.oximeter_lent", (&followed.place, person), facts).await?;
    tx.journal(line);
    remember(ctx, tx, &lent.id).await?;
    Ok(lent.id)
}

/// An oximeter came back (归还).
///
/// # Errors
/// `Changed` when it was not lent; `NotFound`, `Denied`; store errors.
pub async fn give_back(ctx: &Ctx, tx: &mut Tx, id: OximeterId) -> Result<(), FollowError> {
    move_on(ctx, tx, id, (OximeterState::Lent, OximeterState::OnHand), "care.oximeter_returned", "").await
}

/// An oximeter that was lent does not come back (遗失), for a stated reason.
///
/// # Errors
/// `Field` without a reason; otherwise as [`give_back`].
pub async fn lose(ctx: &Ctx, tx: &mut Tx, id: OximeterId, because: &str) -> Result<(), FollowError> {
    let because = text("because", because, true)?;
    move_on(ctx, tx, id, (OximeterState::Lent, OximeterState::Lost), "care.oximeter_lost", &because).await
}

/// An oximeter on hand is broken (报废), for a stated reason.
///
/// # Errors
/// `Field` without a reason; otherwise as [`give_back`].
pub async fn write_off(ctx: &Ctx, tx: &mut Tx, id: OximeterId, because: &str) -> Result<(), FollowError> {
    let because = text("because", because, true)?;
    move_on(ctx, tx, id, (OximeterState::OnHand, OximeterState::WrittenOff), "care.oximeter_written_off", &because).await
}

async fn move_on(
    ctx: &Ctx,
    tx: &mut Tx,
    id: OximeterId,
    (from, to): (OximeterState, OximeterState),
    kind: &'static str,
    because: &str,
) -> Result<(), FollowError> {
    let (district, scope) = (tx.district(), ctx.scope(Action::Change, Resource::Oximeter)?);
    if scope.district != district {
        return Err(FollowError::NotFound);
    }
    if recall::<bool>(ctx, tx, kind, &(id, because)).await?.is_some() {
        return Ok(());
    }
    let before: Oximeter = oximeters::one(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    if !in_hands_of(ctx, tx, &before).await? {
        return Err(FollowError::NotFound);
    }
    if !oximeters::put(&mut tx.conn()?, (district, id), (from, to), ctx.now()).await? {
        return Err(FollowError::Changed);
    }
    let facts = json!({ "oximeter": id, "institution": before.institution, "number": before.number });
    let had = match before.person {
        Some(person) => lent_under_consent(ctx, tx, person).await?.then_some(person),
        None => None,
    };
    let line = match had {
        // Why it does not come back says something of whoever had it: it goes with the consent.
        Some(person) => {
            let known = crate::store::person(&mut tx.conn()?, district, person).await?.ok_or(FollowError::NotFound)?;
            health_line(ctx, tx, kind, (&known.place, person), facts).await?
        }
        None => ctx.line(kind, &scope.place, Some(before.institution.0), facts),
    };
    tx.journal(if because.is_empty() { line } else { ctx.with_personal(line, json!({ "because": because })) });
    remember(ctx, tx, &true).await
}

/// Whether somebody who has an oximeter agrees to readings still. Who withdrew keeps it until it is given back, and has no thread of health any more.
async fn lent_under_consent(ctx: &Ctx, tx: &mut Tx, person: CarePersonId) -> Result<bool, FollowError> {
    let district = tx.district();
    Ok(crate::consent::in_force(&mut tx.conn()?, district, person, ctx.now()).await?.readings.is_some())
}

/// Whether an oximeter is the actor's to deal with: lent to somebody whom the actor's team follows, or of the institution on whose behalf the
/// actor is appointed.
async fn in_hands_of(ctx: &Ctx, tx: &mut Tx, oximeter: &Oximeter) -> Result<bool, FollowError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    if let Some(person) = oximeter.person {
        let known = crate::store::person(c, district, person).await?;
        if known.is_some_and(|known| scope::may(ctx, Action::Change, district, &known.place).is_ok()) {
            return Ok(true);
        }
    }
    on_behalf_of(ctx, c, district, oximeter.institution).await
}

/// Whether the actor is appointed on behalf of an institution.
pub(crate) async fn on_behalf_of(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    institution: OrganisationId,
) -> Result<bool, FollowError> {
    let Some(appointment) = ctx.appointment() else { return Ok(false) };
    let held = linli_people::queries::appointment(c, district, AppointmentId(appointment)).await?;
    Ok(held.is_some_and(|held| held.organisation_id == Some(institution)))
}
