//! Places for oxygen are offered, booked, used and let go.

use std::collections::BTreeSet;

use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, Ts};
use linli_people::model::OrganisationId;
use serde_json::json;

use super::{health_line, held, institution, on_behalf_of, recall, remember, text};
use crate::consent::ReadingsConsent;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{
    AlarmId, OxygenBooking, OxygenBookingId, OxygenOffer, OxygenOfferId, OxygenSlot, OxygenState, QUARTER_MINUTES, quarter_of,
};
use crate::follow::rules::{Oxygen, PLACES_MAX};
use crate::follow::scope;
use crate::follow::store::{alarms, oxygen};

/// What an institution offers from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct NewOffer {
    /// The first day, today or later.
    pub from_day: Date,
    /// One bit a day of the week, Monday first.
    pub weekdays: i64,
    /// When it opens, in minutes since midnight.
    pub opens: i64,
    /// When it closes, in minutes since midnight.
    pub closes: i64,
    /// How long one has a place, in minutes.
    pub slot_minutes: i64,
    /// How many places there are; none: closed from that day on.
    pub places: i64,
}

/// Says what the actor's own institution offers from a day on (开放吸氧位). What is booked already stays booked, and is shown where it is more
/// than is offered.
///
/// # Errors
/// `Field` names what cannot be; `NotFound` for an institution that is not the actor's; `Denied`; store errors.
pub async fn offer_oxygen(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    at: OrganisationId,
    input: NewOffer,
) -> Result<OxygenOfferId, FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let scope = ctx.scope(Action::Create, Resource::Oxygen)?;
    if scope.district != district || !on_behalf_of(ctx, &mut tx.conn()?, district, at).await? {
        return Err(FollowError::NotFound);
    }
    let by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    institution(&mut tx.conn()?, district, at).await?;
    judge_offer(desk.rules(&scope.place, now)?.oxygen(), &input, now)?;
    if let Some(answer) = recall(ctx, tx, "care.offer_oxygen", &(at, input)).await? {
        return Ok(answer);
    }
    let NewOffer { from_day, weekdays, opens, closes, slot_minutes, places } = input;
    let id = OxygenOfferId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let offer = OxygenOffer { id, institution: at, from_day, weekdays, opens, closes, slot_minutes, places, set_at: now };
    oxygen::set(&mut tx.conn()?, district, &offer, by).await?;
    let facts = json!({ "offer": id, "institution": at, "from": from_day.to_string(), "weekdays": weekdays, "opens": opens,
        "closes": closes, "slot_minutes": slot_minutes, "places": places });
    tx.journal(ctx.line("care.oxygen_offered", &scope.place, Some(at.0), facts));
    remember(ctx, tx, &id).await?;
    Ok(id)
}

fn judge_offer(rules: &Oxygen, offer: &NewOffer, now: Ts) -> Result<(), FollowError> {
    let wrong = |field, problem| Err(FollowError::Field { field, problem });
    let (least, most) = rules.minutes();
    let quarters = |minutes: i64| minutes % QUARTER_MINUTES == 0;
    if offer.from_day < now.local().date() {
        return wrong("from_day", Wrong::BeforeToday);
    }
    if !(1..=0b111_1111).contains(&offer.weekdays) {
        return wrong("weekday", Wrong::Required);
    }
    if !(0..1_440).contains(&offer.opens) || !quarters(offer.opens) {
        return wrong("opens", Wrong::NotQuarters);
    }
    if offer.closes > 1_440 || !quarters(offer.closes) || offer.closes <= offer.opens {
        return wrong("closes", Wrong::NotQuarters);
    }
    if !(least..=most.min(offer.closes - offer.opens)).contains(&offer.slot_minutes) {
        return wrong("slot_minutes", Wrong::OutOfRange { least, most: most.min(offer.closes - offer.opens) });
    }
    if !quarters(offer.slot_minutes) {
        return wrong("slot_minutes", Wrong::NotQuarters);
    }
    if !(0..=PLACES_MAX).contains(&offer.places) {
        return wrong("places", Wrong::OutOfRange { least: 0, most: PLACES_MAX });
    }
    Ok(())
}

/// What is asked for when a place is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Wanted {
    /// Where; the institution that follows the person without it.
    pub at: Option<OrganisationId>,
    /// When; the next time that is free without it.
    pub starts_at: Option<Ts>,
    /// The alarm it is offered for.
    pub alarm: Option<AlarmId>,
}

/// Books a place for somebody who agreed to readings (预约吸氧). Whoever books at the same moment is given another place or time, never the same.
///
/// # Errors
/// `HasPlace`; `NoneFree`; `Field` for a time that is not offered; `NotFound`, `Denied`; store errors.
pub async fn book_oxygen(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    wanted: Wanted,
) -> Result<OxygenBookingId, FollowError> {
    let (person, now) = (consent.person(), ctx.now());
    let followed = held(ctx, tx, person, Action::Change).await?;
    ctx.may(Action::Change, Resource::Oxygen, followed.district, &followed.place)?;
    if let Some(answer) = recall(ctx, tx, "care.book_oxygen", &(person, wanted)).await? {
        return Ok(answer);
    }
    let booked_by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    let district = followed.district;
    let at = wanted.at.unwrap_or(followed.institution);
    institution(&mut tx.conn()?, district, at).await?;
    if let Some(alarm) = wanted.alarm {
        let known = alarms::one(&mut tx.conn()?, district, alarm).await?.filter(|known| known.person == person);
        known.ok_or(FollowError::NotFound)?;
    }
    let waits = oxygen::of(&mut tx.conn()?, district, person, 50).await?;
    if waits.iter().any(|booking| booking.state.is_open() && booking.slot.ends_at > now) {
        return Err(FollowError::HasPlace);
    }
    let mut booking = OxygenBooking {
        district,
        id: OxygenBookingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        institution: at,
        place_no: 0,
        slot: OxygenSlot { starts_at: now, ends_at: now },
        person,
        place: followed.place.clone(),
        alarm: wanted.alarm,
        state: OxygenState::Booked,
        booked_at: now,
        booked_by,
        began_at: None,
        over_at: None,
    };
    oxygen::insert(&mut tx.conn()?, &booking).await?;
    let rules = desk.rules(&followed.place, now)?;
    seat(&mut tx.conn()?, rules.oxygen(), &mut booking, wanted.starts_at).await?;
    let facts = json!({ "booking": booking.id, "institution": at, "alarm": wanted.alarm });
    let personal = json!({ "starts": booking.slot.starts_at, "ends": booking.slot.ends_at, "place": booking.place_no });
    let line = health_line(ctx, tx, "care.oxygen_booked", (&followed.place, person), facts).await?;
    tx.journal(ctx.with_personal(line, personal));
    remember(ctx, tx, &booking.id).await?;
    Ok(booking.id)
}

/// Holds a place at the time that is wanted, or the first free one of the days that may be booked.
async fn seat(c: &mut Conn<'_>, rules: &Oxygen, booking: &mut OxygenBooking, starts_at: Option<Ts>) -> Result<(), FollowError> {
    let (whose, now) = ((booking.district, booking.institution), booking.booked_at);
    let mut offered = false;
    for day in days(rules, now, starts_at) {
        let Some(offer) = oxygen::offer_on(c, whose, day).await? else { continue };
        let can_be_had = |slot: &OxygenSlot| {
            starts_at.is_none_or(|at| at == slot.starts_at)
                && now < slot.starts_at.plus_secs(rules.late_secs())
                && now < slot.ends_at
        };
        for slot in offer.slots(day).into_iter().filter(can_be_had) {
            offered = true;
            let taken = oxygen::held(c, whose, slot).await?;
            for place_no in (1..=offer.places).filter(|place| !taken.contains(place)) {
                booking.slot = slot;
                booking.place_no = place_no;
                // Somebody may have taken it since it was looked for: the store says who was first.
                if oxygen::hold(c, booking).await? {
                    return Ok(());
                }
            }
        }
    }
    match starts_at {
        Some(_) if !offered => Err(FollowError::Field { field: "starts_at", problem: Wrong::NotOffered }),
        _ => Err(FollowError::NoneFree),
    }
}

/// The days on which a place may be had: the one that is wanted, or all that may be booked.
fn days(rules: &Oxygen, now: Ts, starts_at: Option<Ts>) -> Vec<Date> {
    let today = now.local().date();
    let all = (0..=rules.ahead_days()).filter_map(|ahead| today.checked_add(ahead.days()).ok());
    match starts_at {
        Some(at) => all.filter(|day| *day == at.local().date()).collect(),
        None => all.collect(),
    }
}

/// The first times at which an institution has a place that is free, at most `limit`. What is held is read once for all days.
pub(crate) async fn free_slots(
    c: &mut Conn<'_>,
    rules: &Oxygen,
    whose: (DistrictId, OrganisationId),
    now: Ts,
    limit: usize,
) -> Result<Vec<OxygenSlot>, FollowError> {
    let until = now.plus_secs((rules.ahead_days() + 2) * 86_400);
    let held: BTreeSet<(i64, i64)> =
        oxygen::quarters_held(c, whose, (now.plus_secs(-86_400), until)).await?.into_iter().collect();
    let is_free = |slot: &OxygenSlot, place: i64| (slot.quarters().0..slot.quarters().1).all(|at| !held.contains(&(place, at)));
    let mut found = Vec::new();
    for day in days(rules, now, None) {
        let Some(offer) = oxygen::offer_on(c, whose, day).await? else { continue };
        let in_time = |slot: &OxygenSlot| now < slot.starts_at.plus_secs(rules.late_secs()) && now < slot.ends_at;
        let free = offer.slots(day).into_iter().filter(in_time).filter(|slot| (1..=offer.places).any(|no| is_free(slot, no)));
        found.extend(free.take(limit.saturating_sub(found.len())));
        if found.len() >= limit {
            break;
        }
    }
    Ok(found)
}

/// Says how a booking goes on: begun, ended, not come, let go. What is left of the time is free for somebody else then.
///
/// # Errors
/// `NotNow` for who begins too early or has not had time to come; `Changed` when it is not in a state for it; `NotFound`, `Denied`; store
/// errors.
pub async fn put_oxygen(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    id: OxygenBookingId,
    (to, because): (OxygenState, &str),
) -> Result<(), FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let because = text("because", because, false)?;
    if recall::<bool>(ctx, tx, "care.put_oxygen", &(id, to, &because)).await?.is_some() {
        return Ok(());
    }
    let booking = oxygen::one(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    in_hands_of(ctx, tx, &booking).await?;
    let late = desk.rules(&booking.place, now)?.oxygen().late_secs();
    let (from, kind, in_time) = match to {
        OxygenState::Begun => {
            let early = now.plus_secs(late) >= booking.slot.starts_at;
            (OxygenState::Booked, "care.oxygen_begun", early && now < booking.slot.ends_at)
        }
        // Whoever came and was not written down at the time, is written down afterwards.
        OxygenState::Ended if booking.state == OxygenState::Booked => {
            (OxygenState::Booked, "care.oxygen_ended", now >= booking.slot.starts_at)
        }
        OxygenState::Ended => (OxygenState::Begun, "care.oxygen_ended", true),
        OxygenState::Missed => (OxygenState::Booked, "care.oxygen_missed", now >= booking.slot.starts_at.plus_secs(late)),
        OxygenState::Released => (OxygenState::Booked, "care.oxygen_released", true),
        OxygenState::Booked => return Err(FollowError::Field { field: "to", problem: Wrong::NotAChoice }),
    };
    if booking.state != from {
        return Err(FollowError::Changed);
    }
    if !in_time {
        return Err(FollowError::NotNow);
    }
    let c = &mut tx.conn()?;
    if !oxygen::put(c, &booking, to, (now, Some(because.as_str()).filter(|text| !text.is_empty()))).await? {
        return Err(FollowError::Changed);
    }
    if !to.is_open() {
        // The quarter that runs is free again as well, but not what lies before it: that the place was used then stays true.
        oxygen::let_go(c, &booking, quarter_of(now)).await?;
    }
    let facts = json!({ "booking": id, "institution": booking.institution });
    let line = health_line(ctx, tx, kind, (&booking.place, booking.person), facts).await?;
    tx.journal(if because.is_empty() { line } else { ctx.with_personal(line, json!({ "because": because })) });
    remember(ctx, tx, &true).await
}

/// Whether a booking is the actor's to deal with: of somebody whom the actor's team follows, or at the institution on whose behalf the actor
/// is appointed near by.
async fn in_hands_of(ctx: &Ctx, tx: &mut Tx, booking: &OxygenBooking) -> Result<(), FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Oxygen)?;
    if scope.district != booking.district {
        return Err(FollowError::NotFound);
    }
    if scope::may(ctx, Action::Change, booking.district, &booking.place).is_ok() {
        return Ok(());
    }
    let near = scope::team(ctx, Action::Change).is_ok();
    if near && on_behalf_of(ctx, &mut tx.conn()?, booking.district, booking.institution).await? {
        return Ok(());
    }
    Err(FollowError::NotFound)
}
