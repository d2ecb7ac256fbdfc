//! Hours, closed days, crowding, staff by training.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use serde_json::json;

use super::institutions::{held, held_unit};
use super::{NAME_MAX, text};
use crate::error_network::{NetworkError, Wrong};
use crate::model::{Crowding, Hours, HoursId, InstitutionId, Staffing, StaffingId, UnitId};
use crate::rules::hours;
use crate::store::{institutions, opening};

/// Says when a unit is open from a day on, in words as people write hours. What cannot be read is refused; empty words are unknown hours.
///
/// # Errors
/// `Field` for words that are no hours; `NotFound`, `Denied`; store errors.
pub async fn set_hours(ctx: &Ctx, tx: &mut Tx, unit: UnitId, from_day: Date, told: &str) -> Result<(), NetworkError> {
    let told = text("hours", told, false, 200)?;
    let read = hours::read(&told);
    if read.hours == Hours::Unknown && !told.is_empty() {
        return Err(NetworkError::field("hours", Wrong::NotHours));
    }
    keep_hours(ctx, tx, (unit, Action::Change), from_day, &told).await
}

/// As [`set_hours`], for whoever may do this to the institution; what cannot be read is kept as it was written, and the hours are unknown.
pub(crate) async fn keep_hours(
    ctx: &Ctx,
    tx: &mut Tx,
    (unit, action): (UnitId, Action),
    from_day: Date,
    told: &str,
) -> Result<(), NetworkError> {
    let (of, known) = held_unit(ctx, tx, unit, action).await?;
    let hours = hours::read(told).hours;
    let standing = opening::hours_on(&mut tx.conn()?, known.district, &[unit], from_day).await?;
    if standing.get(&unit).is_some_and(|standing| standing.hours == hours && standing.told == told) {
        return Ok(());
    }
    let id = HoursId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    opening::set_hours(&mut tx.conn()?, (known.district, id, of.id), (from_day, &hours, told), ctx.now()).await?;
    let facts = json!({ "institution": known.id, "unit": unit, "from": from_day.to_string(), "hours": hours.to_string() });
    tx.journal(ctx.line("treatment.hours_set", &known.place, Some(known.id.0), facts));
    Ok(())
}

/// Says that a unit stays closed on a day (停诊), or is open after all.
///
/// # Errors
/// `Field` for a day that is over; `NotFound`, `Denied`; store errors.
pub async fn close_on(ctx: &Ctx, tx: &mut Tx, unit: UnitId, day: Date, closed: bool) -> Result<(), NetworkError> {
    let (of, known) = held_unit(ctx, tx, unit, Action::Change).await?;
    if day < ctx.now().local().date() {
        return Err(NetworkError::field("day", Wrong::TooEarly));
    }
    opening::close_on(&mut tx.conn()?, (known.district, of.id), day, closed).await?;
    let kind = if closed { "treatment.unit_closed_on" } else { "treatment.unit_open_on" };
    let facts = json!({ "institution": known.id, "unit": unit, "day": day.to_string() });
    tx.journal(ctx.line(kind, &known.place, Some(known.id.0), facts));
    Ok(())
}

/// Says how crowded a unit of the actor's own institution is now. What residents see of it carries its age.
///
/// # Errors
/// `NotFound` for a unit of another institution; `Denied`; store errors.
pub async fn say_crowding(ctx: &Ctx, tx: &mut Tx, unit: UnitId, level: Crowding) -> Result<(), NetworkError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.scope(Action::Create, Resource::Return)?;
    let c = &mut tx.conn()?;
    let own = crate::standing::own_institution(ctx, c).await?;
    let of = institutions::unit(c, district, unit).await?.filter(|of| own == Some((district, of.institution)));
    let of = of.filter(|of| of.valid_to.is_none_or(|end| now < end)).ok_or(NetworkError::NotFound)?;
    let known = institutions::one(c, district, of.institution).await?.ok_or(NetworkError::NotFound)?;
    let by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    opening::say_crowding(c, (district, unit), level, (now, by)).await?;
    let facts = json!({ "institution": known.id, "unit": unit, "level": level });
    tx.journal(ctx.line("treatment.crowding_said", &known.place, Some(known.id.0), facts));
    Ok(())
}

/// Says how many of each training an institution has from a day on. No names: these are numbers, and no public page shows them.
///
/// # Errors
/// `Field` for a number that cannot be; `NotFound`, `Denied`; store errors.
pub async fn set_staffing(
    ctx: &Ctx,
    tx: &mut Tx,
    of: InstitutionId,
    from_day: Date,
    all: &[Staffing],
) -> Result<(), NetworkError> {
    set_staffing_by(ctx, tx, of, (from_day, all), Action::Change).await
}

/// As [`set_staffing`], under the right to do this to the institution.
pub(crate) async fn set_staffing_by(
    ctx: &Ctx,
    tx: &mut Tx,
    of: InstitutionId,
    (from_day, all): (Date, &[Staffing]),
    action: Action,
) -> Result<(), NetworkError> {
    const MOST: i64 = 20_000;
    let known = held(ctx, tx, of, action).await?;
    let mut rows = Vec::with_capacity(all.len());
    for one in all {
        if !(0..=MOST).contains(&one.headcount) {
            return Err(NetworkError::field("headcount", Wrong::OutOfRange { least: 0, most: MOST }));
        }
        let seconded_from = text("seconded_from", &one.seconded_from, false, NAME_MAX)?;
        rows.push((StaffingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()), Staffing { seconded_from, ..one.clone() }));
    }
    opening::set_staffing(&mut tx.conn()?, (known.district, of), &rows, (from_day, ctx.now())).await?;
    let counts: Vec<_> = rows.iter().map(|(_, one)| json!([one.profession, one.training, one.headcount])).collect();
    let facts = json!({ "institution": of, "from": from_day.to_string(), "staff": counts });
    tx.journal(ctx.line("treatment.staffing_set", &known.place, Some(of.0), facts));
    Ok(())
}
