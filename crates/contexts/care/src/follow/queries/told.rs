//! Readings for the system of the institution that follows somebody, as long as the consent is in force. Whoever asks writes down that it
//! was looked at ([`super::commands::looked`]).

use std::collections::BTreeMap;

use linli_access::{Action, Actor, Ctx};
use linli_db::Conn;
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;

use crate::consent::{self, ReadingsConsent};
use crate::follow::desk::Desk;
use crate::follow::error::FollowError;
use crate::follow::model::{Alarm, AlarmId, Followed, Part, Reading, ReadingId};
use crate::follow::store::{self, alarms, readings};
use crate::follow::{Span, scope};
use crate::model::CarePersonId;

/// Most people of a cohort that are named.
const FOLLOWED_MOST: i64 = 20_000;
/// Most open alarms that are named.
const ALARMS_MOST: i64 = 1_000;

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

/// The district and the institution of the system that asks; nobody else has a list of those whom an institution follows.
fn of_system(ctx: &Ctx) -> Result<(DistrictId, OrganisationId), FollowError> {
    match &ctx.actor {
        Actor::Program { district, organisation, .. } => Ok((*district, OrganisationId(*organisation))),
        _ => Err(FollowError::NotFound),
    }
}

/// Those whom the institution of the asking system follows and whose consent to readings is in force, by their ids (本机构随访的重点人群). Whoever
/// names them to the system writes down each that was looked at.
///
/// # Errors
/// `NotFound` for everybody but the system of an institution; store errors.
pub async fn followed_by(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Followed>, FollowError> {
    let whose = of_system(ctx)?;
    Ok(store::of_institution(c, whose, ctx.now(), FOLLOWED_MOST).await?)
}

/// The alarms that nobody has dealt with, of those whom the institution of the asking system follows and whose consent is in force, the oldest
/// first.
///
/// # Errors
/// As [`followed_by`].
pub async fn alarms_of_own(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Alarm>, FollowError> {
    let whose = of_system(ctx)?;
    Ok(alarms::open_of_institution(c, whose, ctx.now(), ALARMS_MOST).await?)
}

/// An alarm, open or dealt with, of somebody whom the institution of the asking system follows.
///
/// # Errors
/// `NotFound`, also for somebody out of reach or without a consent in force; store errors.
pub async fn alarm_of_own(ctx: &Ctx, c: &mut Conn<'_>, id: AlarmId) -> Result<Alarm, FollowError> {
    let (district, _) = of_system(ctx)?;
    let alarm = alarms::one(c, district, id).await?.ok_or(FollowError::NotFound)?;
    reached(ctx, c, district, alarm.person).await?;
    consent::in_force(c, district, alarm.person, ctx.now()).await?.readings.ok_or(FollowError::NotFound)?;
    Ok(alarm)
}

/// How the key group of an institution stands (重点人群监测): numbers of people, never who they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Whom it follows, as far as their consent to readings is in force.
    pub enrolled: i64,
    /// Of them, of whom there is a reading of the span.
    pub reported: i64,
    /// Of those, whose newest saturation at rest of the span is low by the rules: exactly at the limit where the pack says that it counts.
    pub low: i64,
}

/// The key group of the institution of the asking system, with what was measured from an instant until before another.
///
/// # Errors
/// As [`followed_by`].
pub async fn counts_of_own(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk, span: (Ts, Ts)) -> Result<GroupCounts, FollowError> {
    let whose = of_system(ctx)?;
    let followed = store::of_institution(c, whose, ctx.now(), FOLLOWED_MOST).await?;
    let mut newest: BTreeMap<CarePersonId, Option<i64>> = BTreeMap::new();
    for (person, spo2) in readings::of_institution(c, whose, ctx.now(), span).await? {
        let kept = newest.entry(person).or_default();
        *kept = spo2.or(*kept);
    }
    let mut counts = GroupCounts::default();
    for one in followed {
        counts.enrolled += 1;
        let Some(spo2) = newest.get(&one.person) else { continue };
        counts.reported += 1;
        if let Some(spo2) = spo2 {
            let rules = desk.rules(&one.place, ctx.now())?;
            counts.low += i64::from(rules.readings().is_low(*spo2, one.factors.scale2));
        }
    }
    Ok(counts)
}
