//! One call: what is known, what may be done now, what was sent, who called again, what happened.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_db::{Conn, StoredLine};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_treatment::BedDesk;
use linli_treatment::queries::receiving::{Department, departments};
use linli_webkit::view::{Choice, Step};
use linli_webkit::{AppError, FormMap, T};

use super::desk::{Row, call_id, row};
use super::{choices, office, run, take_key, tone, word};
use crate::commands::fleet::Destination;
use crate::commands::{diversion, fleet};
use crate::error::{EmergencyError, Wrong};
use crate::model::{
    CallClass, CallEvent, CallId, CallState, DivertedTo, Ending, Fleet, Found, MissionId, Vehicle, VehicleEvent, VehicleId,
    VehicleState,
};
use crate::office::DispatchOffice;
use crate::queries::calls::{self as queries, Sent};

/// A vehicle on its way.
pub(super) struct Under {
    pub(super) id: String,
    pub(super) vehicle: String,
    pub(super) word: String,
    pub(super) when: String,
    pub(super) late: bool,
    pub(super) to: String,
    pub(super) steps: Vec<Choice>,
    pub(super) departments: Vec<Choice>,
}

/// A call as the seat is shown it.
pub(super) struct CallFile {
    pub(super) title: String,
    pub(super) href: String,
    pub(super) tone: &'static str,
    pub(super) word: String,
    pub(super) class: String,
    pub(super) phone: String,
    pub(super) due: String,
    pub(super) late: bool,
    pub(super) first: Option<(String, String)>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) raises: bool,
    pub(super) urgent_waits: bool,
    pub(super) vehicles: Vec<Choice>,
    pub(super) none_fit: bool,
    pub(super) diverts: Vec<Choice>,
    pub(super) diversion_off: bool,
    pub(super) endings: Vec<Choice>,
    pub(super) under: Option<Under>,
    pub(super) recontact: String,
    pub(super) recontact_late: bool,
    pub(super) found: Vec<Choice>,
    pub(super) repeats: Vec<Row>,
    pub(super) steps: Vec<Step>,
    pub(super) now: Ts,
}

/// Vehicles that can be sent, those that are free first; for an urgent call also those that can be turned round.
fn vehicles(t: &T, class: CallClass, all: &[(Vehicle, Option<(CallId, CallClass)>)]) -> Vec<Choice> {
    let urgent = class == CallClass::VehicleUrgent;
    let fits = |vehicle: &Vehicle| !urgent || vehicle.fleet == Fleet::Urgent;
    let name = |vehicle: &Vehicle| format!("{} · {}", vehicle.callsign, t.s(&format!("emergency-fleet-{}", vehicle.fleet)));
    let free = all
        .iter()
        .filter(|(vehicle, _)| vehicle.state == VehicleState::Free && fits(vehicle))
        .map(|(vehicle, _)| Choice::new(vehicle.id.to_string(), name(vehicle)));
    let turned = all
        .iter()
        .filter(|(vehicle, call)| {
            urgent
                && fits(vehicle)
                && vehicle.state == VehicleState::OnTheWay
                && call.is_some_and(|(_, class)| class != CallClass::VehicleUrgent)
        })
        .map(|(vehicle, _)| Choice::new(vehicle.id.to_string(), t.v("emergency-turn-round", "name", name(vehicle))));
    let mut found: Vec<Choice> = free.collect();
    // The other fleet first for who is not urgent: an ambulance is for who is.
    found.sort_by_key(|choice| {
        let fleet = all.iter().find(|(vehicle, _)| vehicle.id.to_string() == choice.value).map(|(vehicle, _)| vehicle.fleet);
        if urgent { fleet != Some(Fleet::Urgent) } else { fleet != Some(Fleet::NonUrgent) }
    });
    found.extend(turned);
    found
}

fn department(t: &T, one: &Department, now: Ts) -> Choice {
    let free = match one.free {
        Some(free) => t.n("emergency-department-free", free),
        None => t.s("emergency-department-unknown").into_owned(),
    };
    let crowd = one.crowding.map(|(level, at)| {
        let said = t.s(&format!("emergency-crowding-{}", level.as_str())).into_owned();
        t.with("emergency-crowding", &[("word", said.into()), ("when", t.when(at, now).into())])
    });
    let parts = [Some(one.name.clone()), Some(free), crowd];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Choice::new(format!("{}/{}", one.at.0, one.at.1), text)
}

fn under(t: &T, sent: &Sent, step: impl Fn(VehicleEvent) -> bool, departments: &[Department], now: Ts) -> Under {
    let mission = &sent.mission;
    let steps = [
        VehicleEvent::Arrive,
        VehicleEvent::Leave,
        VehicleEvent::Reach,
        VehicleEvent::HandOver,
        VehicleEvent::NoTransport,
        VehicleEvent::StandDown,
    ];
    let steps = steps.into_iter().filter(|event| step(*event) && (*event != VehicleEvent::Reach || mission.to.is_some()));
    let when = match (mission.due_at, mission.expected_at) {
        (Some(due), _) if mission.hospital_at.is_some() => t.v("emergency-hand-over-due", "when", t.when(due, now)),
        (_, Some(expected)) => t.v("emergency-expected", "when", t.when(expected, now)),
        (Some(due), None) => t.v("emergency-scene-due", "when", t.when(due, now)),
        (None, None) => t.v("emergency-since", "when", t.when(sent.vehicle.state_at, now)),
    };
    Under {
        id: mission.id.to_string(),
        vehicle: sent.vehicle.callsign.clone(),
        word: t.s(&format!("emergency-vehicle-{}", sent.vehicle.state)).into_owned(),
        when,
        late: mission.due_at.is_some_and(|due| due <= now),
        to: sent.to.clone(),
        steps: choices(t, "emergency-event", steps.map(VehicleEvent::as_str)),
        departments: if mission.hospital_at.is_none() {
            departments.iter().map(|one| department(t, one, now)).collect()
        } else {
            Vec::new()
        },
    }
}

pub(super) async fn file(
    caller: &Caller,
    c: &mut Conn<'_>,
    (hall, office): (&Hall, &DispatchOffice),
    id: CallId,
) -> Result<CallFile, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let shown = queries::show(&caller.ctx, c, office, id).await?;
    let call = &shown.line.call;
    let told = shown.line.told.clone();
    let erased = told.is_none();
    let told = told.unwrap_or_default();
    let rules = office.rules(&call.place, now).map_err(EmergencyError::from)?;
    let may = |event: CallEvent| rules.value.call(call.state, event).is_some();
    let say = |key: String| t.s(&key).into_owned();
    let all = queries::vehicles(&caller.ctx, c).await?;
    let force = queries::force(&caller.ctx, c, office).await?;
    let open = shown.sent.iter().find(|sent| sent.mission.over_at.is_none());
    let departments = match open {
        Some(_) => {
            let beds = hall.service::<BedDesk>()?;
            departments(c, &beds, now).await.map_err(EmergencyError::from)?
        }
        None => Vec::new(),
    };
    let sendable = if may(CallEvent::Assign) { vehicles(&t, call.class, &all) } else { Vec::new() };
    let could_divert =
        may(CallEvent::Divert) && call.class == CallClass::VehicleNonUrgent && call.suggested != CallClass::VehicleUrgent;
    let endings = [Ending::Advised, Ending::CalledOff, Ending::NoRequest];
    let endings = endings.into_iter().filter(|one| *one != Ending::Advised || call.state == CallState::Advising);
    let recontact = shown.recontacts.iter().find(|one| one.done_at.is_none());
    let lang = t.locale().tag();
    let signs: Vec<&str> =
        rules.value.questions().iter().filter(|one| call.signs.contains(&one.id)).map(|one| one.text(lang)).collect();
    let or_none = |word: Option<&str>, stem: &str| word.map(|word| say(format!("{stem}-{word}"))).unwrap_or_default();
    let facts = [
        ("emergency-place", told.place.clone()),
        ("emergency-told", told.told.clone()),
        ("emergency-signs", signs.join(" · ")),
        ("emergency-suggested", say(format!("emergency-class-{}", call.suggested))),
        ("emergency-decided", say(format!("emergency-class-{}", call.decided))),
        ("emergency-against", or_none(call.against.map(|one| one.as_str()), "emergency-against")),
        ("emergency-diverted-to", or_none(call.diverted_to.map(|one| one.as_str()), "emergency-diverted-to")),
        ("emergency-ending", or_none(call.ending.map(|one| one.as_str()), "emergency-ending")),
        ("emergency-received", t.when(call.received_at, now)),
    ];
    let late = call.due_at.is_some_and(|due| due <= now);
    Ok(CallFile {
        title: if erased {
            say("emergency-erased".to_owned())
        } else if told.place.is_empty() {
            say("emergency-no-place".to_owned())
        } else {
            told.place
        },
        href: format!("/emergency/{id}"),
        tone: tone(call),
        word: say(format!("emergency-state-{}", call.state)),
        class: say(format!("emergency-class-{}", call.class)),
        phone: told.number,
        due: call
            .due_at
            .map(|due| t.v(if late { "emergency-late" } else { "emergency-due" }, "when", t.when(due, now)))
            .unwrap_or_default(),
        late,
        first: shown.first.as_ref().map(|first| {
            let text = t.v("emergency-second-of", "when", t.when(first.received_at, now));
            (format!("/emergency/{}", first.id), text)
        }),
        facts: facts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (t.s(key).into_owned(), value))
            .collect(),
        raises: may(CallEvent::Upgrade) && (call.class != CallClass::VehicleUrgent || call.state == CallState::Linked),
        urgent_waits: call.state == CallState::Waiting && call.class == CallClass::VehicleUrgent,
        none_fit: may(CallEvent::Assign) && sendable.is_empty(),
        vehicles: sendable,
        diverts: if could_divert && force.now.is_some() {
            choices(&t, "emergency-diverted-to", DivertedTo::ALL.iter().map(|one| one.as_str()))
        } else {
            Vec::new()
        },
        diversion_off: could_divert && force.now.is_none(),
        endings: if may(CallEvent::Close) { choices(&t, "emergency-ending", endings.map(Ending::as_str)) } else { Vec::new() },
        under: open
            .map(|sent| under(&t, sent, |event| rules.value.vehicle(sent.vehicle.state, event).is_some(), &departments, now)),
        recontact: recontact.map(|one| t.v("emergency-recontact-due", "when", t.when(one.due_at, now))).unwrap_or_default(),
        recontact_late: recontact.is_some_and(|one| one.due_at <= now),
        found: found_choices(&t),
        repeats: shown.repeats.iter().map(|line| row(&t, line, now, None)).collect(),
        steps: shown.lines.iter().rev().map(|line| step(&t, line)).collect(),
        now,
    })
}

/// What a call back can find.
pub(super) fn found_choices(t: &T) -> Vec<Choice> {
    let all = [Found::Well, Found::Unchanged, Found::NoAnswer, Found::Worse];
    choices(t, "emergency-found", all.into_iter().map(Found::as_str))
}

fn step(t: &T, line: &StoredLine) -> Step {
    let facts = line.facts();
    let told = |name: &str| facts.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let kind = line.kind.trim_start_matches("emergency.");
    let note = match kind {
        "vehicle_moved" => t.s(&format!("emergency-event-{}", told("event"))).into_owned(),
        "called_back" => t.s(&format!("emergency-found-{}", told("found"))).into_owned(),
        "closed" => t.s(&format!("emergency-ending-{}", told("ending"))).into_owned(),
        "recorded" => t.s(&format!("emergency-class-{}", told("class"))).into_owned(),
        _ => String::new(),
    };
    let state =
        if kind.ends_with("_late") || kind.ends_with("_due") || kind == "raised" || kind == "worsened" { "act" } else { "" };
    let text = t.s(&format!("emergency-line-{kind}")).into_owned();
    Step { at: line.at, text, who: String::new(), note, photos: Vec::new(), state }
}

fn mission_id(form: &FormMap) -> Result<MissionId, EmergencyError> {
    form.typed("mission").parse().map_err(|_| EmergencyError::NotFound)
}

/// `POST /emergency/{id}/assign`.
pub(crate) async fn assign(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office) = (call_id(&id)?, office(&hall)?);
    let vehicle: VehicleId = word(&form, "vehicle")?;
    run!(caller, hall, tx => fleet::assign(&caller.ctx, tx, &office, id, vehicle))?;
    Ok(Redirect::to(&format!("/emergency/{id}")).into_response())
}

/// `POST /emergency/{id}/mission`: how the vehicle goes on.
pub(crate) async fn mission(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office) = (call_id(&id)?, office(&hall)?);
    let (mission, event) = (mission_id(&form)?, word(&form, "event")?);
    run!(caller, hall, tx => fleet::go_on(&caller.ctx, tx, &office, mission, event))?;
    Ok(Redirect::to(&format!("/emergency/{id}")).into_response())
}

/// `POST /emergency/{id}/announce`: tells an emergency department.
pub(crate) async fn announce(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, mission) = (call_id(&id)?, mission_id(&form)?);
    let to = form
        .typed("to")
        .split_once('/')
        .and_then(|(district, institution)| Some((DistrictId(district.parse().ok()?), institution.parse().ok()?)));
    let to = to.ok_or(EmergencyError::field("to", Wrong::Required))?;
    let range = Wrong::OutOfRange { least: 0, most: fleet::MINUTES_MAX };
    let minutes = form.typed("minutes").trim().parse().map_err(|_| EmergencyError::field("minutes", range))?;
    let known = {
        let beds = hall.service::<BedDesk>()?;
        let mut read = hall.read().await?;
        departments(&mut read.conn(), &beds, hall.now()).await.map_err(EmergencyError::from)?
    };
    let to = Destination { to, minutes };
    run!(caller, hall, tx => fleet::announce(&caller.ctx, tx, mission, to, &known))?;
    Ok(Redirect::to(&format!("/emergency/{id}")).into_response())
}

/// `POST /emergency/{id}/divert`.
pub(crate) async fn divert(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office, to) = (call_id(&id)?, office(&hall)?, word(&form, "to")?);
    run!(caller, hall, tx => diversion::divert(&caller.ctx, tx, &office, id, to))?;
    Ok(Redirect::to(&format!("/emergency/{id}")).into_response())
}

/// `POST /emergency/{id}/call-back`: what a call back found.
pub(crate) async fn call_back(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (id, office) = (call_id(&id)?, office(&hall)?);
    let found: Found = word(&form, "found")?;
    run!(caller, hall, tx => diversion::call_back(&caller.ctx, tx, &office, id, found))?;
    // Whoever is worse is sent a vehicle now; otherwise the next is called.
    let next = if found == Found::Worse { format!("/emergency/{id}") } else { "/emergency/call-backs".to_owned() };
    Ok(Redirect::to(&next).into_response())
}
