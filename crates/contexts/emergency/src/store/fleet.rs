//! Vehicles and what they are sent to.

use std::collections::HashMap;

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_treatment::model::InstitutionId;
use sqlx::AssertSqlSafe;

use super::{damaged, word};
use crate::model::{CallClass, CallId, Mission, MissionId, Vehicle, VehicleId};

const VEHICLE: &str = "district_id, id, place_path, callsign, fleet, state, state_at, mission_id";
const MISSION: &str = "district_id, id, call_id, vehicle_id, assigned_at, scene_at, left_at, to_district, to_institution, announced_at, \
    expected_at, hospital_at, taken_at, due_at, late_told_at, over_at, ended_by";

#[derive(linli_db::FromRow)]
struct VehicleRow {
    district_id: DistrictId,
    id: VehicleId,
    place_path: PlacePath,
    callsign: String,
    fleet: String,
    state: String,
    state_at: Ts,
    mission_id: Option<MissionId>,
}

impl TryFrom<VehicleRow> for Vehicle {
    type Error = DbError;

    fn try_from(row: VehicleRow) -> Result<Self> {
        let damaged = |column| damaged("emergency_vehicle", column, row.id);
        Ok(Self {
            fleet: row.fleet.parse().map_err(|_| damaged("fleet"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            callsign: row.callsign,
            state_at: row.state_at,
            mission: row.mission_id,
        })
    }
}

#[derive(linli_db::FromRow)]
struct MissionRow {
    district_id: DistrictId,
    id: MissionId,
    call_id: CallId,
    vehicle_id: VehicleId,
    assigned_at: Ts,
    scene_at: Option<Ts>,
    left_at: Option<Ts>,
    to_district: Option<DistrictId>,
    to_institution: Option<InstitutionId>,
    announced_at: Option<Ts>,
    expected_at: Option<Ts>,
    hospital_at: Option<Ts>,
    taken_at: Option<Ts>,
    due_at: Option<Ts>,
    late_told_at: Option<Ts>,
    over_at: Option<Ts>,
    ended_by: Option<String>,
}

impl TryFrom<MissionRow> for Mission {
    type Error = DbError;

    fn try_from(row: MissionRow) -> Result<Self> {
        Ok(Self {
            ended_by: word(row.ended_by.as_deref(), || damaged("emergency_mission", "ended_by", row.id))?,
            district: row.district_id,
            id: row.id,
            call: row.call_id,
            vehicle: row.vehicle_id,
            assigned_at: row.assigned_at,
            scene_at: row.scene_at,
            left_at: row.left_at,
            to: row.to_district.zip(row.to_institution),
            announced_at: row.announced_at,
            expected_at: row.expected_at,
            hospital_at: row.hospital_at,
            taken_at: row.taken_at,
            due_at: row.due_at,
            late_told_at: row.late_told_at,
            over_at: row.over_at,
        })
    }
}

/// Writes a new vehicle; false when one of that name is there.
pub(crate) async fn insert_vehicle(c: &mut Conn<'_>, new: &Vehicle) -> Result<bool> {
    let text = "INSERT INTO emergency_vehicle (district_id, id, place_path, callsign, fleet, state, state_at, version) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, 1) \
                ON CONFLICT (district_id, callsign) DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.callsign)
            .bind(new.fleet.as_str())
            .bind(new.state.as_str())
            .bind(new.state_at)
    )? == 1)
}

/// A vehicle.
pub(crate) async fn vehicle(c: &mut Conn<'_>, district: DistrictId, id: VehicleId) -> Result<Option<Vehicle>> {
    let text = format!("SELECT {VEHICLE} FROM emergency_vehicle WHERE district_id = $1 AND id = $2");
    let row: Option<VehicleRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Vehicle::try_from).transpose()
}

/// A vehicle, held until the transaction ends: two seats that want it come one after the other.
pub(crate) async fn lock_vehicle(c: &mut Conn<'_>, district: DistrictId, id: VehicleId) -> Result<Option<Vehicle>> {
    let text = "UPDATE emergency_vehicle SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    vehicle(c, district, id).await
}

/// Writes where a vehicle is. Only under its lock.
pub(crate) async fn put_vehicle(c: &mut Conn<'_>, vehicle: &Vehicle) -> Result<()> {
    let text = "UPDATE emergency_vehicle SET state = $3, state_at = $4, mission_id = $5 WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(vehicle.district)
            .bind(vehicle.id)
            .bind(vehicle.state.as_str())
            .bind(vehicle.state_at)
            .bind(vehicle.mission)
    )
    .map(|_| ())
}

/// The vehicles of a scope by fleet and name, each with the call it was sent to and what that is now.
pub(crate) async fn vehicles(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<(Vehicle, Option<(CallId, CallClass)>)>> {
    let text = format!(
        "SELECT {VEHICLE} FROM emergency_vehicle WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         ORDER BY fleet DESC, callsign"
    );
    let rows: Vec<VehicleRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).fetch_all(x).await)?;
    let sent: Vec<(VehicleId, CallId, String)> = sql!(c, x => sqlx::query_as(
        "SELECT m.vehicle_id, c.id, c.class FROM emergency_mission m \
         JOIN emergency_call c ON c.district_id = m.district_id AND c.id = m.call_id WHERE m.district_id = $1 AND m.over_at IS NULL"
    ).bind(scope.district).fetch_all(x).await)?;
    let mut calls = HashMap::new();
    for (vehicle, call, class) in sent {
        calls.insert(vehicle, (call, class.parse().map_err(|_| damaged("emergency_call", "class", call))?));
    }
    let with_call = |row| {
        let vehicle = Vehicle::try_from(row)?;
        let call = calls.get(&vehicle.id).copied();
        Ok((vehicle, call))
    };
    rows.into_iter().map(with_call).collect()
}

/// Writes a mission, or what it has become.
pub(crate) async fn put_mission(c: &mut Conn<'_>, mission: &Mission) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO emergency_mission (district_id, id, call_id, vehicle_id, assigned_at, scene_at, left_at, to_district, to_institution, \
             announced_at, expected_at, hospital_at, taken_at, due_at, late_told_at, over_at, ended_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (district_id, id) DO UPDATE SET scene_at = excluded.scene_at, left_at = excluded.left_at, \
             to_district = excluded.to_district, to_institution = excluded.to_institution, announced_at = excluded.announced_at, \
             expected_at = excluded.expected_at, hospital_at = excluded.hospital_at, taken_at = excluded.taken_at, due_at = excluded.due_at, \
             late_told_at = excluded.late_told_at, over_at = excluded.over_at, ended_by = excluded.ended_by"
        )
        .bind(mission.district)
        .bind(mission.id)
        .bind(mission.call)
        .bind(mission.vehicle)
        .bind(mission.assigned_at)
        .bind(mission.scene_at)
        .bind(mission.left_at)
        .bind(mission.to.map(|to| to.0))
        .bind(mission.to.map(|to| to.1))
        .bind(mission.announced_at)
        .bind(mission.expected_at)
        .bind(mission.hospital_at)
        .bind(mission.taken_at)
        .bind(mission.due_at)
        .bind(mission.late_told_at)
        .bind(mission.over_at)
        .bind(mission.ended_by.map(|one| one.as_str()))
    )
    .map(|_| ())
}

/// A mission.
pub(crate) async fn mission(c: &mut Conn<'_>, district: DistrictId, id: MissionId) -> Result<Option<Mission>> {
    let text = format!("SELECT {MISSION} FROM emergency_mission WHERE district_id = $1 AND id = $2");
    let row: Option<MissionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Mission::try_from).transpose()
}

/// The missions of a call, the oldest first.
pub(crate) async fn missions_of(c: &mut Conn<'_>, district: DistrictId, call: CallId) -> Result<Vec<Mission>> {
    let text =
        format!("SELECT {MISSION} FROM emergency_mission WHERE district_id = $1 AND call_id = $2 ORDER BY assigned_at, id");
    let rows: Vec<MissionRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(call).fetch_all(x).await)?;
    rows.into_iter().map(Mission::try_from).collect()
}

/// Who is on the way to an emergency department, whichever district took the call, the first expected on top.
pub(crate) async fn coming_to(c: &mut Conn<'_>, (district, institution): (DistrictId, InstitutionId)) -> Result<Vec<Mission>> {
    let text = format!(
        "SELECT {MISSION} FROM emergency_mission WHERE to_district = $1 AND to_institution = $2 AND over_at IS NULL \
         ORDER BY CASE WHEN hospital_at IS NULL THEN 1 ELSE 0 END, expected_at, id"
    );
    let rows: Vec<MissionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).fetch_all(x).await)?;
    rows.into_iter().map(Mission::try_from).collect()
}

/// Missions whose hand-over clock is over by now and of which that was not told.
pub(crate) async fn late(c: &mut Conn<'_>, district: DistrictId, now: Ts, limit: i64) -> Result<Vec<MissionId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT id FROM emergency_mission WHERE district_id = $1 AND due_at <= $2 AND late_told_at IS NULL AND over_at IS NULL \
         ORDER BY due_at, id LIMIT $3"
    ).bind(district).bind(now).bind(limit).fetch_all(x).await)
}
