//! Readings for the system of the institution that follows somebody, as long as the consent is in force. Whoever asks writes down that it
//! was looked at ([`super::commands::looked`]).

use linli_access::{Action, Actor, Ctx};
use linli_db::Conn;
use linli_kernel::DistrictId;

use crate::consent::{self, ReadingsConsent};
use crate::follow::error::FollowError;
use crate::follow::model::{Part, Reading, ReadingId};
use crate::follow::store::{self, readings};
use crate::follow::{Span, scope};
use crate::model::CarePersonId;

/// Whether the actor may read the record of somebody: what is out of reach does not exist.
async fn reached(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<(), FollowError> {
    let followed = store::followed(c, district, person).await?.ok_or(FollowError::NotFound)?;
    match ctx.actor {
        Actor::Program { .. } => scope::is_of(ctx, Action::Read, &followed),
        _ => scope::may(ctx, Action::Read, district, &followed.place).map_err(|_| FollowError::NotFound),
    }
}

/// Readings of somebody, the newest first; those that were taken back are among them.
///
/// # Errors
/// `NotFound`, also for somebody out of reach; store errors.
pub async fn readings_of(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    consent: &ReadingsConsent,
    span: Span,
) -> Result<Vec<Reading>, FollowError> {
    reached(ctx, c, district, consent.person()).await?;
    Ok(readings::within(c, (district, consent.person()), span).await?)
}

/// A reading, with the proof that it may be kept.
///
/// # Errors
/// `NotFound`, also for one out of reach or without a consent in force; store errors.
pub async fn reading(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    id: ReadingId,
) -> Result<(Reading, ReadingsConsent), FollowError> {
    let reading = readings::one(c, district, id).await?.ok_or(FollowError::NotFound)?;
    reached(ctx, c, district, reading.person).await?;
    let given = consent::in_force(c, district, reading.person, ctx.now()).await?;
    Ok((reading, given.readings.ok_or(FollowError::NotFound)?))
}

/// Whether a part of a reading was told once of which nothing is left: its source took it back.
///
/// # Errors
/// Store errors.
pub async fn was_told(c: &mut Conn<'_>, district: DistrictId, reading: ReadingId, part: Part) -> Result<bool, FollowError> {
    Ok(readings::was_told(c, district, reading, part.as_str()).await?)
}
