//! Places for oxygen: which institution has how many, who has one now and next.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::Ts;
use linli_people::model::OrganisationId;

use super::{end_of_day, institution_name, name_of};
use crate::follow::commands::{free_slots, on_behalf_of};
use crate::follow::desk::Desk;
use crate::follow::error::FollowError;
use crate::follow::model::{OxygenBooking, OxygenBookingId, OxygenOffer, OxygenSlot, OxygenState, quarter_of};
use crate::follow::scope;
use crate::follow::store::oxygen;

/// Most institutions, and most bookings of a day, that are shown.
const MOST: i64 = 500;

/// An institution that offers places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OxygenPlace {
    /// Which.
    pub institution: OrganisationId,
    /// Its name.
    pub name: String,
    /// Places today.
    pub places: i64,
    /// People who have one at this moment.
    pub in_use: i64,
    /// Booked and still to come today.
    pub to_come: i64,
    /// When the next place is free, within the days that may be booked.
    pub next_free: Option<OxygenSlot>,
}

/// The institutions of a district that offer places, in numbers.
///
/// # Errors
/// `Denied`; store errors.
pub async fn oxygen_places(ctx: &Ctx, c: &mut Conn<'_>, desk: &Desk) -> Result<Vec<OxygenPlace>, FollowError> {
    let scope = ctx.scope(Action::Read, Resource::Oxygen)?;
    let (district, now) = (scope.district, ctx.now());
    let rules = desk.rules(&scope.place, now)?;
    let mut all = Vec::new();
    for institution in oxygen::offering(c, district, MOST).await? {
        let whose = (district, institution);
        let today = now.local().date();
        let offer = oxygen::offer_on(c, whose, today).await?.filter(|offer| offer.opens_on(today));
        let bookings = oxygen::between(c, whose, day_of(today, now), MOST).await?;
        let count =
            |wanted: OxygenState| i64::try_from(bookings.iter().filter(|one| one.state == wanted).count()).unwrap_or(i64::MAX);
        all.push(OxygenPlace {
            institution,
            name: institution_name(c, district, institution).await?,
            places: offer.map_or(0, |offer| offer.places),
            in_use: count(OxygenState::Begun),
            to_come: count(OxygenState::Booked),
            next_free: free_slots(c, rules.oxygen(), whose, now, 1).await?.first().copied(),
        });
    }
    Ok(all)
}

/// A booking as somebody is shown it.
#[derive(Debug, Clone)]
pub struct Booked {
    /// The booking.
    pub booking: OxygenBooking,
    /// The name, where the actor may know it.
    pub name: Option<String>,
    /// Whether the actor's team follows the person.
    pub mine: bool,
    /// Whether it lies beyond what is offered by now.
    pub beyond: bool,
}

/// A time of a day with who has a place then.
#[derive(Debug, Clone)]
pub struct OxygenRow {
    /// The time.
    pub slot: OxygenSlot,
    /// Who has a place; those that were let go are left out.
    pub booked: Vec<Booked>,
    /// Places that are free for the whole time.
    pub free: i64,
}

/// A place, who has it now and who next.
#[derive(Debug, Clone)]
pub struct PlaceNow {
    /// Which place.
    pub place_no: i64,
    /// Who has it.
    pub now: Option<Booked>,
    /// Who has it next, today.
    pub next: Option<Booked>,
}

/// A day of an institution.
#[derive(Debug, Clone)]
pub struct OxygenDay {
    /// The name of the institution.
    pub name: String,
    /// The day.
    pub day: Date,
    /// What is offered on it; nothing before the first offer.
    pub offer: Option<OxygenOffer>,
    /// What is offered later.
    pub coming: Vec<OxygenOffer>,
    /// The times of the day, in order.
    pub rows: Vec<OxygenRow>,
    /// Who has which place now and next; empty for other days than today.
    pub places: Vec<PlaceNow>,
    /// Whether the actor is appointed on behalf of the institution.
    pub own: bool,
}

/// A day of an institution. Names are shown to the team that follows the person, and to those who are appointed on behalf of the institution
/// where the person comes.
///
/// # Errors
/// `Denied`, `NotFound`; store errors.
pub async fn oxygen_day(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    desk: &Desk,
    institution: OrganisationId,
    day: Option<Date>,
) -> Result<OxygenDay, FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Oxygen)?;
    let (whose, now) = ((scope.district, institution), ctx.now());
    linli_people::queries::organisation(c, whose.0, institution).await?.ok_or(FollowError::NotFound)?;
    let own = scope::team(ctx, Action::Read).is_ok() && on_behalf_of(ctx, c, whose.0, institution).await?;
    let today = now.local().date();
    let day = day.unwrap_or(today);
    let offer = oxygen::offer_on(c, whose, day).await?;
    let slots = offer.as_ref().map(|offer| offer.slots(day)).unwrap_or_default();
    let places = offer.as_ref().filter(|offer| offer.opens_on(day)).map_or(0, |offer| offer.places);
    let bounds = day_of(day, now);
    let held = oxygen::quarters_held(c, whose, bounds).await?;
    let free = |slot: OxygenSlot| {
        let (from, to) = slot.quarters();
        let taken = |place: i64| held.iter().any(|(no, quarter)| *no == place && (from..to).contains(quarter));
        i64::try_from((1..=places).filter(|place| !taken(*place)).count()).unwrap_or(0)
    };
    let mut rows: BTreeMap<OxygenSlot, OxygenRow> =
        slots.iter().map(|slot| (*slot, OxygenRow { slot: *slot, booked: Vec::new(), free: free(*slot) })).collect();
    for booking in oxygen::between(c, whose, bounds, MOST).await? {
        if booking.state == OxygenState::Released {
            continue;
        }
        let mine = scope::may(ctx, Action::Read, booking.district, &booking.place).is_ok();
        let name = if mine || own { Some(name_of(c, desk, booking.district, booking.person).await?) } else { None };
        let beyond = booking.state.is_open() && (booking.place_no > places || !slots.contains(&booking.slot));
        let row = rows.entry(booking.slot).or_insert(OxygenRow { slot: booking.slot, booked: Vec::new(), free: 0 });
        row.booked.push(Booked { booking, name, mine, beyond });
    }
    let rows: Vec<OxygenRow> = rows.into_values().collect();
    Ok(OxygenDay {
        name: institution_name(c, whose.0, institution).await?,
        coming: oxygen::offers_after(c, whose, day, MOST).await?,
        places: if day == today { now_and_next(&rows, places, now) } else { Vec::new() },
        day,
        offer,
        rows,
        own,
    })
}

/// Who has which place at an instant, and who next.
fn now_and_next(rows: &[OxygenRow], places: i64, now: Ts) -> Vec<PlaceNow> {
    let all = || rows.iter().flat_map(|row| &row.booked).filter(|booked| booked.booking.state.is_open());
    let most = all().map(|booked| booked.booking.place_no).max().unwrap_or(0).max(places);
    let of = |place_no: i64| {
        let here = || all().filter(move |booked| booked.booking.place_no == place_no);
        // Whoever sits there sits there, also when the time is over.
        let sits = here().find(|booked| booked.booking.state == OxygenState::Begun);
        let has = here().find(|one| one.booking.slot.starts_at <= now && now < one.booking.slot.ends_at);
        let next = here().find(|one| one.booking.slot.starts_at > now && one.booking.state == OxygenState::Booked);
        PlaceNow { place_no, now: sits.or(has).cloned(), next: next.cloned() }
    };
    (1..=most).map(of).collect()
}

/// From midnight to midnight.
fn day_of(day: Date, now: Ts) -> (Ts, Ts) {
    let start = Ts::from_local(day.at(0, 0, 0, 0)).unwrap_or(now);
    let next = day.checked_add(1.day()).ok().and_then(|day| Ts::from_local(day.at(0, 0, 0, 0)));
    (start, next.unwrap_or_else(|| end_of_day(now)))
}

/// How many bookings of those who live at the actor's place began in the last days, by how they went on.
///
/// # Errors
/// `Denied`; store errors.
pub async fn oxygen_counts(ctx: &Ctx, c: &mut Conn<'_>, since: Ts) -> Result<Vec<(OxygenState, i64)>, FollowError> {
    let scope = ctx.scope(Action::Read, Resource::Oxygen)?;
    let found = oxygen::counts(c, &scope, (since, ctx.now())).await?;
    Ok(found.into_iter().filter_map(|(state, n)| Some((state.parse().ok()?, n))).collect())
}

/// Where a booking is, for whoever may deal with bookings: the institution and the day.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn booking_place(ctx: &Ctx, c: &mut Conn<'_>, id: OxygenBookingId) -> Result<(OrganisationId, Date), FollowError> {
    let scope = ctx.scope(Action::Change, Resource::Oxygen)?;
    let found = oxygen::one(c, scope.district, id).await?.ok_or(FollowError::NotFound)?;
    Ok((found.institution, found.slot.starts_at.local().date()))
}

impl OxygenRow {
    /// Whether the time is over.
    #[must_use]
    pub const fn over(&self, now: Ts) -> bool {
        quarter_of(now) >= self.slot.quarters().1
    }
}
