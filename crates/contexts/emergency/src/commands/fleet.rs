//! Vehicles: on the list, sent to a call, on their way step by step, handed over at the emergency department.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::DistrictId;
use linli_treatment::model::InstitutionId;
use linli_treatment::queries::receiving::Department;
use serde::Serialize;
use serde_json::json;

use super::{calls as call_commands, opened, recall, remember, rules_for, seat_of, step, text};
use crate::error::{EmergencyError, Wrong};
use crate::model::{
    Call, CallClass, CallEvent, CallId, Ending, Fleet, Mission, MissionId, Vehicle, VehicleEvent, VehicleId, VehicleState,
};
use crate::office::DispatchOffice;
use crate::store::{calls, fleet};

/// Longest name of a vehicle, in characters.
pub const CALLSIGN_MAX: usize = 20;
/// Nobody is expected later than that, in minutes.
pub const MINUTES_MAX: i64 = 240;

/// Puts a vehicle with its crew on the list (登记车组).
///
/// # Errors
/// `Field`; `Denied`; store errors.
pub async fn register(ctx: &Ctx, tx: &mut Tx, callsign: &str, meant: Fleet) -> Result<VehicleId, EmergencyError> {
    let (district, place) = (tx.district(), seat_of(ctx)?);
    ctx.may(Action::Change, Resource::EmergencyCall, district, &place)?;
    if let Some(before) = recall(ctx, tx, "emergency.register", &(callsign, meant)).await? {
        return Ok(before);
    }
    let new = Vehicle {
        district,
        id: VehicleId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: place.clone(),
        callsign: text("callsign", callsign, true, CALLSIGN_MAX)?,
        fleet: meant,
        state: VehicleState::Free,
        state_at: ctx.now(),
        mission: None,
    };
    if !fleet::insert_vehicle(&mut tx.conn()?, &new).await? {
        return Err(EmergencyError::field("callsign", Wrong::Double));
    }
    tx.journal(ctx.line("emergency.vehicle_registered", &place, Some(new.id.0), json!({ "fleet": meant })));
    remember(ctx, tx, &new.id).await?;
    Ok(new.id)
}

/// Takes a free vehicle out of service, or puts it back (停用、恢复).
///
/// # Errors
/// `NoStep` for one that is not free; `NotFound`, `Denied`; store errors.
pub async fn put_in_service(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    id: VehicleId,
    in_service: bool,
) -> Result<(), EmergencyError> {
    let district = tx.district();
    let mut vehicle = fleet::lock_vehicle(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    ctx.may(Action::Change, Resource::EmergencyCall, district, &vehicle.place)?;
    let event = if in_service { VehicleEvent::Return } else { VehicleEvent::Withdraw };
    let rules = office.rules(&vehicle.place, ctx.now())?;
    vehicle.state = rules.value.vehicle(vehicle.state, event).ok_or(EmergencyError::NoStep)?;
    vehicle.state_at = ctx.now();
    fleet::put_vehicle(&mut tx.conn()?, &vehicle).await?;
    tx.journal(ctx.line(
        "emergency.vehicle_moved",
        &vehicle.place,
        Some(id.0),
        json!({ "event": event, "state": vehicle.state }),
    ));
    Ok(())
}

/// Holds two calls in the order of their ids, so that two seats never wait for each other. The first is the one that was asked for.
async fn both(ctx: &Ctx, tx: &mut Tx, asked: CallId, other: Option<CallId>) -> Result<(Call, Option<Call>), EmergencyError> {
    match other.filter(|other| *other != asked) {
        None => Ok((opened(ctx, tx, asked).await?, None)),
        Some(other) if other < asked => {
            let other = opened(ctx, tx, other).await?;
            Ok((opened(ctx, tx, asked).await?, Some(other)))
        }
        Some(other) => {
            let asked = opened(ctx, tx, asked).await?;
            Ok((asked, Some(opened(ctx, tx, other).await?)))
        }
    }
}

/// Sends a vehicle to a call (派车). One that is free; for an urgent call also one that is on its way to somebody who is not urgent: that call
/// waits anew. A vehicle that could go to an urgent call goes to no other while one waits.
///
/// # Errors
/// `Taken`, `NotFit`, `UrgentFirst`, `NoStep`; `NotFound`, `Denied`; store errors.
pub async fn assign(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    id: CallId,
    vehicle: VehicleId,
) -> Result<MissionId, EmergencyError> {
    let (district, now) = (tx.district(), ctx.now());
    let looked = fleet::vehicle(&mut tx.conn()?, district, vehicle).await?.ok_or(EmergencyError::NotFound)?;
    ctx.may(Action::Change, Resource::EmergencyCall, district, &looked.place)?;
    let left = match looked.mission {
        Some(mission) => fleet::mission(&mut tx.conn()?, district, mission).await?.map(|mission| mission.call),
        None => None,
    };
    let (mut call, left) = both(ctx, tx, id, left).await?;
    if let Some(before) = recall::<MissionId>(ctx, tx, "emergency.assign", &(id, vehicle)).await? {
        return Ok(before);
    }
    let rules = rules_for(ctx, office, &call)?;
    let mut vehicle = fleet::lock_vehicle(&mut tx.conn()?, district, vehicle).await?.ok_or(EmergencyError::NotFound)?;
    let urgent = call.class == CallClass::VehicleUrgent;
    if urgent && vehicle.fleet != Fleet::Urgent {
        return Err(EmergencyError::NotFit);
    }
    if vehicle.mission != looked.mission {
        return Err(EmergencyError::Taken);
    }
    if !urgent && vehicle.fleet == Fleet::Urgent && calls::urgent_waiting(&mut tx.conn()?, district).await? > 0 {
        return Err(EmergencyError::UrgentFirst);
    }
    // Before another call loses its vehicle, this one must be able to have it.
    step(ctx, &rules.value, &mut call, CallEvent::Assign)?;
    match (vehicle.state, left) {
        (VehicleState::Free, _) => {}
        (VehicleState::OnTheWay, Some(mut left)) if urgent && left.class != CallClass::VehicleUrgent => {
            call_off(ctx, tx, office, &mut vehicle, &mut left).await?;
        }
        _ => return Err(EmergencyError::Taken),
    }
    vehicle.state = rules.value.vehicle(vehicle.state, VehicleEvent::Assign).ok_or(EmergencyError::NoStep)?;
    let mission = Mission {
        district,
        id: MissionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        call: id,
        vehicle: vehicle.id,
        assigned_at: now,
        scene_at: None,
        left_at: None,
        to: None,
        announced_at: None,
        expected_at: None,
        hospital_at: None,
        taken_at: None,
        due_at: Some(now.plus_secs(rules.value.clocks().scene_secs)),
        late_told_at: None,
        over_at: None,
        ended_by: None,
    };
    (vehicle.state_at, vehicle.mission) = (now, Some(mission.id));
    let c = &mut tx.conn()?;
    fleet::put_mission(c, &mission).await?;
    fleet::put_vehicle(c, &vehicle).await?;
    calls::put(c, &call).await?;
    let facts = json!({ "vehicle": vehicle.id, "mission": mission.id, "class": call.class, "after_secs": now.secs_since(call.received_at) });
    tx.journal(ctx.line("emergency.sent", &call.place, Some(id.0), facts));
    remember(ctx, tx, &mission.id).await?;
    Ok(mission.id)
}

/// A vehicle on its way turns round; its call waits anew, or goes back to be called again.
async fn call_off(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    vehicle: &mut Vehicle,
    left: &mut Call,
) -> Result<(), EmergencyError> {
    let (district, now) = (left.district, ctx.now());
    let rules = rules_for(ctx, office, left)?;
    let mission = vehicle.mission.ok_or(EmergencyError::NoStep)?;
    let mut mission = fleet::mission(&mut tx.conn()?, district, mission).await?.ok_or(EmergencyError::NotFound)?;
    vehicle.state = rules.value.vehicle(vehicle.state, VehicleEvent::StandDown).ok_or(EmergencyError::NoStep)?;
    (vehicle.state_at, vehicle.mission) = (now, None);
    (mission.over_at, mission.ended_by, mission.due_at) = (Some(now), Some(VehicleEvent::StandDown), None);
    step(ctx, &rules.value, left, if left.is_diverted() { CallEvent::ReleaseDiverted } else { CallEvent::Release })?;
    let c = &mut tx.conn()?;
    fleet::put_mission(c, &mission).await?;
    fleet::put_vehicle(c, vehicle).await?;
    calls::put(c, left).await?;
    let facts = json!({ "vehicle": vehicle.id, "mission": mission.id, "state": left.state });
    tx.journal(ctx.line("emergency.called_off", &left.place, Some(left.id.0), facts));
    Ok(())
}

/// The seat says how a vehicle goes on: at the scene, on the way to hospital, there, handed over; turned round; nobody taken along.
///
/// # Errors
/// `NoStep`; `Field` when the hospital is not named; `NotFound`, `Denied`; store errors.
pub async fn go_on(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    id: MissionId,
    event: VehicleEvent,
) -> Result<(), EmergencyError> {
    let district = tx.district();
    let mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    let mut call = opened(ctx, tx, mission.call).await?;
    if recall::<bool>(ctx, tx, "emergency.go_on", &(id, event)).await?.is_some() {
        return Ok(());
    }
    move_on(ctx, tx, office, &mut call, (id, event)).await?;
    Ok(remember(ctx, tx, &true).await?)
}

/// Moves the vehicle of a mission and what hangs on it. The call is held.
async fn move_on(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &DispatchOffice,
    call: &mut Call,
    (id, event): (MissionId, VehicleEvent),
) -> Result<(), EmergencyError> {
    let (district, now) = (call.district, ctx.now());
    let rules = rules_for(ctx, office, call)?;
    let mut mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    if mission.over_at.is_some() {
        return Err(EmergencyError::NoStep);
    }
    let mut vehicle = fleet::lock_vehicle(&mut tx.conn()?, district, mission.vehicle).await?.ok_or(EmergencyError::NotFound)?;
    if event == VehicleEvent::StandDown {
        return call_off(ctx, tx, office, &mut vehicle, call).await;
    }
    vehicle.state = rules.value.vehicle(vehicle.state, event).ok_or(EmergencyError::NoStep)?;
    vehicle.state_at = now;
    mission.due_at = None;
    let mut ends = None;
    match event {
        VehicleEvent::Arrive => mission.scene_at = Some(now),
        VehicleEvent::Leave => mission.left_at = Some(now),
        VehicleEvent::Reach => {
            if mission.to.is_none() {
                return Err(EmergencyError::field("to", Wrong::Required));
            }
            mission.hospital_at = Some(now);
            mission.due_at = Some(now.plus_secs(rules.value.clocks().handover_secs));
            mission.late_told_at = None;
        }
        VehicleEvent::HandOver => {
            mission.taken_at = Some(now);
            ends = Some(Ending::HandedOver);
        }
        VehicleEvent::NoTransport => ends = Some(Ending::NoTransport),
        // Sending, turning round and being out of service are steps of their own.
        VehicleEvent::Assign | VehicleEvent::StandDown | VehicleEvent::Withdraw | VehicleEvent::Return => {
            return Err(EmergencyError::NoStep);
        }
    }
    if ends.is_some() {
        vehicle.mission = None;
        (mission.over_at, mission.ended_by) = (Some(now), Some(event));
    }
    fleet::put_mission(&mut tx.conn()?, &mission).await?;
    fleet::put_vehicle(&mut tx.conn()?, &vehicle).await?;
    let facts = json!({ "vehicle": vehicle.id, "mission": id, "event": event, "state": vehicle.state });
    tx.journal(ctx.line("emergency.vehicle_moved", &call.place, Some(call.id.0), facts));
    match ends {
        Some(ending) => call_commands::end(ctx, tx, office, call, (CallEvent::Complete, ending)).await,
        None => Ok(()),
    }
}

/// Where a patient is taken, and in how many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// The institution with the emergency department.
    pub to: (DistrictId, InstitutionId),
    /// In how many minutes.
    pub minutes: i64,
}

/// Tells an emergency department who is coming (预报到达). It may be told anew until the vehicle is there: another department then sees it, and
/// the first sees it no more.
///
/// # Errors
/// `Field` for what is no emergency department; `NoStep` once the vehicle is there; `NotFound`, `Denied`; store errors.
pub async fn announce(
    ctx: &Ctx,
    tx: &mut Tx,
    id: MissionId,
    to: Destination,
    departments: &[Department],
) -> Result<(), EmergencyError> {
    let (district, now) = (tx.district(), ctx.now());
    let mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    let call = opened(ctx, tx, mission.call).await?;
    if recall::<bool>(ctx, tx, "emergency.announce", &(id, to)).await?.is_some() {
        return Ok(());
    }
    if !departments.iter().any(|one| one.at == to.to) {
        return Err(EmergencyError::field("to", Wrong::NotAChoice));
    }
    if !(0..=MINUTES_MAX).contains(&to.minutes) {
        return Err(EmergencyError::field("minutes", Wrong::OutOfRange { least: 0, most: MINUTES_MAX }));
    }
    // Read again under the lock of the call: the vehicle may have arrived meanwhile.
    let mut mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    if mission.over_at.is_some() || mission.hospital_at.is_some() {
        return Err(EmergencyError::NoStep);
    }
    mission.to = Some(to.to);
    mission.announced_at = Some(now);
    mission.expected_at = Some(now.plus_secs(to.minutes * 60));
    fleet::put_mission(&mut tx.conn()?, &mission).await?;
    let facts = json!({ "mission": id, "to": to.to.1, "to_district": to.to.0, "minutes": to.minutes });
    tx.journal(ctx.line("emergency.announced", &call.place, Some(call.id.0), facts));
    Ok(remember(ctx, tx, &true).await?)
}

/// The emergency department says that the vehicle is there, or that it has taken the patient over (到达、交接). The transaction is of the district
/// of the call; who may is who acts for the institution that was told.
///
/// # Errors
/// `NoStep`; `NotFound` for what goes to another institution; `Denied`; store errors.
pub async fn receive(ctx: &Ctx, tx: &mut Tx, office: &DispatchOffice, id: MissionId, taken: bool) -> Result<(), EmergencyError> {
    let district = tx.district();
    ctx.scope(Action::Change, Resource::Handover)?;
    let own = linli_treatment::queries::acts_for(ctx, &mut tx.conn()?).await?;
    let mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    let mut call = calls::lock(&mut tx.conn()?, district, mission.call).await?.ok_or(EmergencyError::NotFound)?;
    // Under the lock of the call nobody sends the vehicle elsewhere.
    let mission = fleet::mission(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    if own.is_none() || mission.to != own {
        return Err(EmergencyError::NotFound);
    }
    if recall::<bool>(ctx, tx, "emergency.receive", &(id, taken)).await?.is_some() {
        return Ok(());
    }
    let event = if taken { VehicleEvent::HandOver } else { VehicleEvent::Reach };
    move_on(ctx, tx, office, &mut call, (id, event)).await?;
    Ok(remember(ctx, tx, &true).await?)
}
