//! Calls, vehicles, calls back and who is coming, as each is shown them.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, StoredLine, journal};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::model::PlaceId;

use crate::commands::calls::traces;
use crate::error::EmergencyError;
use crate::model::{Activation, Call, CallClass, CallId, Mission, Recontact, Told, Vehicle};
use crate::office::DispatchOffice;
use crate::store::{calls, diversion, fleet};

/// The most calls on the page of the seat.
const MOST: i64 = 300;

/// A call with what was told; nothing once it was erased.
#[derive(Debug, Clone)]
pub struct Line {
    /// The call.
    pub call: Call,
    /// What was told.
    pub told: Option<Told>,
}

fn told(office: &DispatchOffice, id: CallId, sealed: Option<Vec<u8>>) -> Option<Told> {
    let plain = office.vault().open_for(id.0.as_bytes(), &sealed?)?;
    serde_json::from_str(&plain).ok()
}

/// The calls in the actor's reach that are not over: urgent ones that wait on top.
///
/// # Errors
/// `Denied`; store errors.
pub async fn open(ctx: &Ctx, c: &mut Conn<'_>, office: &DispatchOffice) -> Result<Vec<Line>, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyCall)?;
    let rows = calls::open(c, &scope, MOST).await?;
    Ok(rows.into_iter().map(|(call, sealed)| Line { told: told(office, call.id, sealed), call }).collect())
}

/// A place that is known, in words: the last steps of the way down to it.
///
/// # Errors
/// Store errors.
pub async fn place_in_words(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<String, EmergencyError> {
    const STEPS: usize = 4;
    let crumbs = linli_territory::queries::crumbs(c, district, path).await?;
    let from = crumbs.len().saturating_sub(STEPS);
    Ok(crumbs.into_iter().skip(from).map(|crumb| crumb.name).collect())
}

/// A place by its id, in words, for the form that was opened from it; nothing for one that there is not in the actor's district.
///
/// # Errors
/// `Denied`; store errors.
pub async fn place_of_form(ctx: &Ctx, c: &mut Conn<'_>, id: PlaceId) -> Result<Option<String>, EmergencyError> {
    let scope = ctx.scope(Action::Create, Resource::EmergencyCall)?;
    let found = linli_territory::queries::place_by_id(c, scope.district, id).await?;
    match found.filter(|place| scope.contains(place.district, &place.path)) {
        Some(place) => place_in_words(c, scope.district, &place.path).await.map(Some),
        None => Ok(None),
    }
}

/// Earlier calls about the same number or place (重复来电), the newest on top: told while the seat types.
///
/// # Errors
/// `Field` for what is no number yet; `Denied`; store errors.
pub async fn about_the_same(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &DispatchOffice,
    number: &str,
    (place, place_text): (Option<PlaceId>, &str),
) -> Result<Vec<Line>, EmergencyError> {
    const MOST_TOLD: i64 = 5;
    let scope = ctx.scope(Action::Create, Resource::EmergencyCall)?;
    let path = match place {
        Some(id) => linli_territory::queries::place_by_id(c, scope.district, id).await?.map(|place| place.path),
        None => None,
    };
    let since = ctx.now().plus_secs(-office.rules(&scope.place, ctx.now())?.value.repeat_secs());
    let traces = traces(office, number, (path.as_ref(), place_text))?;
    let mut found = Vec::new();
    for call in calls::about_the_same(c, scope.district, &traces, since, MOST_TOLD).await? {
        if !scope.contains(call.district, &call.place) {
            continue;
        }
        let sealed = calls::sealed(c, call.district, call.id).await?;
        found.push(Line { told: told(office, call.id, sealed), call });
    }
    Ok(found)
}

/// A mission with its vehicle and the name of where it goes.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The mission.
    pub mission: Mission,
    /// The vehicle.
    pub vehicle: Vehicle,
    /// The name of the institution.
    pub to: String,
}

/// Everything about a call.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The call and what was told.
    pub line: Line,
    /// The first call about the same.
    pub first: Option<Call>,
    /// Later calls about the same.
    pub repeats: Vec<Line>,
    /// What was sent, the oldest first.
    pub sent: Vec<Sent>,
    /// Calls back, the oldest first.
    pub recontacts: Vec<Recontact>,
    /// What happened, as the journal has it.
    pub lines: Vec<StoredLine>,
}

/// A call.
///
/// # Errors
/// `NotFound` for one out of reach; `Denied`; store errors.
pub async fn show(ctx: &Ctx, c: &mut Conn<'_>, office: &DispatchOffice, id: CallId) -> Result<Shown, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyCall)?;
    let district = scope.district;
    let found = calls::one(c, district, id).await?.filter(|call| scope.contains(call.district, &call.place));
    let call = found.ok_or(EmergencyError::NotFound)?;
    let mut repeats = Vec::new();
    for call in calls::repeats(c, district, id).await? {
        let sealed = calls::sealed(c, district, call.id).await?;
        repeats.push(Line { told: told(office, call.id, sealed), call });
    }
    let mut sent = Vec::new();
    for mission in fleet::missions_of(c, district, id).await? {
        let vehicle = fleet::vehicle(c, district, mission.vehicle).await?.ok_or(EmergencyError::NotFound)?;
        let to = match mission.to {
            Some((district, id)) => linli_treatment::queries::beds::name_of(c, district, id).await?,
            None => String::new(),
        };
        sent.push(Sent { mission, vehicle, to });
    }
    let first = match call.repeat_of {
        Some(first) => calls::one(c, district, first).await?,
        None => None,
    };
    let sealed = calls::sealed(c, district, id).await?;
    Ok(Shown {
        first,
        repeats,
        sent,
        recontacts: diversion::of_call(c, district, id).await?,
        lines: journal::of_subject(c, district, id.0, 200).await?,
        line: Line { told: told(office, id, sealed), call },
    })
}

/// The vehicles in the actor's reach, each with the call it was sent to and what that is now.
///
/// # Errors
/// `Denied`; store errors.
pub async fn vehicles(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Vehicle, Option<(CallId, CallClass)>)>, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyCall)?;
    Ok(fleet::vehicles(c, &scope).await?)
}

/// How many calls back are due by now in the actor's reach.
///
/// # Errors
/// `Denied`; store errors.
pub async fn due_now(ctx: &Ctx, c: &mut Conn<'_>) -> Result<i64, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyCall)?;
    Ok(diversion::due_now(c, &scope, ctx.now()).await?)
}

/// Calls back that are open, the first due on top, with their calls (待回拨).
///
/// # Errors
/// `Denied`; store errors.
pub async fn recontacts(ctx: &Ctx, c: &mut Conn<'_>, office: &DispatchOffice) -> Result<Vec<(Recontact, Line)>, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::EmergencyCall)?;
    let mut found = Vec::new();
    for one in diversion::all_open(c, scope.district, MOST).await? {
        let Some(call) = calls::one(c, scope.district, one.call).await? else { continue };
        if !scope.contains(call.district, &call.place) {
            continue;
        }
        let sealed = calls::sealed(c, scope.district, call.id).await?;
        found.push((one, Line { told: told(office, call.id, sealed), call }));
    }
    Ok(found)
}

/// Whether diversion is in force where the actor is, by the rules of now; and what was put in force before, the newest on top.
#[derive(Debug, Clone)]
pub struct Force {
    /// What counts now.
    pub now: Option<Activation>,
    /// In force for other rules than those of now: it counts no more until a physician puts these in force.
    pub stale: bool,
    /// All of them.
    pub all: Vec<Activation>,
}

/// Whether calls may be diverted where the actor is.
///
/// # Errors
/// `Denied`; store errors.
pub async fn force(ctx: &Ctx, c: &mut Conn<'_>, office: &DispatchOffice) -> Result<Force, EmergencyError> {
    let scope = ctx.scope(Action::Read, Resource::Diversion)?;
    let pack = office.rules(&scope.place, ctx.now())?.stamp.mark();
    let mut all = diversion::activations(c, scope.district, 50).await?;
    all.retain(|one| one.place.contains(&scope.place) || scope.place.contains(&one.place));
    let mut standing = diversion::in_force(c, scope.district, &scope.place).await?;
    let old = standing.iter().any(|one| one.pack != pack);
    standing.retain(|one| one.pack == pack);
    let now = standing.into_iter().next();
    Ok(Force { stale: old && now.is_none(), now, all })
}

/// Somebody on the way to an emergency department, as that is told (来车预告): what is known, not the number of the caller.
#[derive(Debug, Clone)]
pub struct Coming {
    /// The mission; its district is where the department answers.
    pub mission: Mission,
    /// What the vehicle is called.
    pub callsign: String,
    /// The call.
    pub call: Call,
    /// What is wrong, as it was told.
    pub told: String,
    /// Whether it should have been there by now.
    pub late: bool,
}

/// Who is on the way to the actor's institution; nothing for who acts for none.
///
/// # Errors
/// `Denied`; store errors.
pub async fn coming(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &DispatchOffice,
    now: Ts,
) -> Result<Option<Vec<Coming>>, EmergencyError> {
    ctx.scope(Action::Read, Resource::Handover)?;
    let Some(own) = linli_treatment::queries::acts_for(ctx, c).await? else { return Ok(None) };
    let mut found = Vec::new();
    for mission in fleet::coming_to(c, own).await? {
        let Some(call) = calls::one(c, mission.district, mission.call).await? else { continue };
        let vehicle = fleet::vehicle(c, mission.district, mission.vehicle).await?;
        let sealed = calls::sealed(c, mission.district, call.id).await?;
        let clock = mission.due_at.filter(|_| mission.hospital_at.is_some()).or(mission.expected_at);
        found.push(Coming {
            callsign: vehicle.map(|vehicle| vehicle.callsign).unwrap_or_default(),
            told: told(office, call.id, sealed).map(|told| told.told).unwrap_or_default(),
            late: clock.is_some_and(|clock| clock < now),
            call,
            mission,
        });
    }
    Ok(Some(found))
}
