//! EDXL-HAVE 1.0: the register as a document, and the beds of the own institution told by one.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_treatment::commands::beds::{NewEntry, enter as enter_beds};
use linli_treatment::model::UnitKind;
use linli_treatment::model::beds::{BedType, Change, EntryKind};
use linli_treatment::model::plan::At;
use linli_treatment::queries::directory::{Listed, Ward};
use linli_treatment::{BedDesk, BedError};
use linli_webkit::{AppError, RequestInfo};

use super::shelf::{looked, not_there};
use super::{RESOURCE_MAX, answer, house, too_large};
use crate::answer::resource;
use crate::have::XML;
use crate::have::read::{Beds, Hospital, beds_path, read};
use crate::have::write::{document, wards};
use crate::network::View;
use crate::network::codes::CODE;
use crate::outcome::{Issue, Kind, Refusal, outcome as outcome_of};
use crate::program::{enter, in_network};

/// Hours within which HAVE counts the beds that can be added.
const DAY_HOURS: i64 = 24;

/// How far the clock of a sender may go ahead, in seconds.
const AHEAD_SECS: i64 = 300;

/// `GET /have/1.0`.
pub(crate) async fn show(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        in_network(&hall, &info, &program).await?;
        let document = looked(&hall, &info, document).await?;
        Ok(([(CONTENT_TYPE, XML), (CACHE_CONTROL, "private, no-store")], document).into_response())
    };
    answer(&info, outcome.await)
}

/// `POST /have/1.0`: what the own institution tells of its beds; the answer says what of it was kept, what was not, and what differs.
pub(crate) async fn tell(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        let own = in_network(&hall, &info, &program).await?;
        check_xml(&headers)?;
        let body = to_bytes(body, RESOURCE_MAX).await.map_err(|_| too_large(RESOURCE_MAX))?;
        let hospitals = read(&body).map_err(Refusal::unreadable)?;
        let (mut mine, mut told) = looked(&hall, &info, |view| own_part(view, own, hospitals)).await??;
        in_time(&mut mine, hall.now())?;
        let entries = looked(&hall, &info, |view| entries(view, own, &mine)).await??;
        let desk = hall.service::<BedDesk>().map_err(house(&info))?;
        let mut tx = hall.begin(own.0).await.map_err(house(&info))?;
        for (new, path) in &entries {
            enter_beds(&program.ctx, &mut tx, &desk, *new).await.map_err(|error| refused(error, path, &info))?;
        }
        hall.commit(tx).await.map_err(house(&info))?;
        told.insert(
            0,
            Issue::new(Kind::Informational, "fhir-have-kept").arg("count", entries.len().to_string()).at(mine.path.clone()),
        );
        told.extend(looked(&hall, &info, |view| differing(view, own, &mine)).await?);
        Ok(resource(StatusCode::OK, &outcome_of(info.t(), "information", &told)))
    };
    answer(&info, outcome.await)
}

/// Nobody tells what will be: a clock that goes a little ahead is set back, what is told of a later time is refused.
fn in_time(mine: &mut Hospital, now: Ts) -> Result<(), Refusal> {
    let Some(at) = mine.at else { return Ok(()) };
    if at > now.plus_secs(AHEAD_SECS) {
        let issue = Issue::new(Kind::Value, "fhir-have-future").arg("value", at.rfc3339()).arg("now", now.rfc3339());
        return Err(Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, issue.at(format!("{}/LastUpdateTime", mine.path))));
    }
    mine.at = Some(at.min(now));
    Ok(())
}

fn check_xml(headers: &HeaderMap) -> Result<(), Refusal> {
    let sent = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let kind = sent.split(';').next().unwrap_or_default().trim();
    if matches!(kind, "application/xml" | "text/xml") || kind.ends_with("+xml") {
        return Ok(());
    }
    Err(Refusal::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, Issue::new(Kind::NotSupported, "fhir-have-content")))
}

/// The own hospital of a document, and what is said of everything in it that is not kept.
fn own_part(view: View<'_>, own: At, hospitals: Vec<Hospital>) -> Result<(Hospital, Vec<Issue>), Refusal> {
    let known = &view.directory.institution(own.1).ok_or_else(|| not_there("Organization"))?.institution;
    let number = format!("urn:uuid:{}", known.id);
    let is_own = |hospital: &Hospital| hospital.code == number || (!known.code.is_empty() && hospital.code == known.code);
    let (mut mine, others): (Vec<_>, Vec<_>) = hospitals.into_iter().partition(is_own);
    let refusal = |key, at: String| {
        Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, Issue::new(Kind::BusinessRule, key).arg("system", CODE).at(at))
    };
    let Some(found) = mine.pop() else { return Err(refusal("fhir-have-not-own", "HospitalStatus/Hospital".to_owned())) };
    if !mine.is_empty() {
        return Err(refusal("fhir-have-own-twice", found.path));
    }
    let mut told: Vec<_> =
        others.iter().map(|other| Issue::new(Kind::Informational, "fhir-have-other").at(other.path.clone())).collect();
    let passed = found
        .passed
        .iter()
        .map(|name| Issue::new(Kind::Informational, "fhir-have-passed").arg("name", name).at(found.path.clone()));
    told.extend(passed);
    Ok((found, told))
}

/// What has to be entered: only what the ledger does not say already.
fn entries(view: View<'_>, own: At, mine: &Hospital) -> Result<Vec<(NewEntry, String)>, Refusal> {
    let listed = view.directory.institution(own.1).ok_or_else(|| not_there("Organization"))?;
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    for beds in &mine.beds {
        let path = beds_path(&mine.path, beds.place);
        match ward_of(view, listed, beds.bed_type) {
            Ok(ward) => entries.extend(of_ward(ward, beds, mine.at).into_iter().map(|new| (new, path.clone()))),
            Err(key) => wrong.push(Issue::new(Kind::BusinessRule, key).at(format!("{path}/BedType"))),
        }
    }
    if wrong.is_empty() {
        Ok(entries)
    } else {
        Err(Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, issues: wrong, retry_after: None })
    }
}

/// The one unit whose beds are meant: HAVE knows no units.
fn ward_of<'a>(view: View<'a>, listed: &'a Listed, bed_type: BedType) -> Result<&'a Ward, &'static str> {
    let having: Vec<_> = wards(view, listed).filter(|ward| ward.cells.iter().any(|cell| cell.key.bed_type == bed_type)).collect();
    let fitting: Vec<_> = match having.is_empty() {
        true => wards(view, listed).filter(|ward| fits(ward.unit.kind, bed_type)).collect(),
        false => having,
    };
    match fitting.as_slice() {
        [one] => Ok(*one),
        [] => Err("fhir-have-no-unit"),
        _ => Err("fhir-have-several-units"),
    }
}

/// Whether a unit that has no beds of a kind yet may be where they stand.
const fn fits(unit: UnitKind, bed_type: BedType) -> bool {
    match bed_type {
        BedType::Icu | BedType::Picu => matches!(unit, UnitKind::Icu),
        BedType::Observation => matches!(unit, UnitKind::Observation),
        BedType::Ward | BedType::Isolation | BedType::Rehab => matches!(unit, UnitKind::Ward),
        BedType::Infusion => matches!(unit, UnitKind::InfusionOxygen),
    }
}

fn of_ward(ward: &Ward, beds: &Beds, at: Option<Ts>) -> Vec<NewEntry> {
    let levels = ward.cells.iter().find(|cell| cell.key.bed_type == beds.bed_type).map(|cell| cell.levels).unwrap_or_default();
    let entry = |kind, amount, within_hours| NewEntry {
        unit: ward.unit.id,
        bed_type: beds.bed_type,
        kind,
        change: Change::Level,
        amount,
        within_hours,
        at,
        reason: None,
    };
    let baseline = beds.baseline.filter(|told| levels.in_place != Some(*told)).map(|told| entry(EntryKind::InPlace, told, None));
    let known = (levels.convertible, levels.within_hours);
    let within_day = beds.within_day.filter(|told| known != (Some(*told), Some(DAY_HOURS)));
    baseline.into_iter().chain(within_day.map(|told| entry(EntryKind::Convertible, told, Some(DAY_HOURS)))).collect()
}

/// Where the hospital counts other free beds than the ledger derives: that is told and never kept.
fn differing(view: View<'_>, own: At, mine: &Hospital) -> Vec<Issue> {
    let Some(listed) = view.directory.institution(own.1) else { return Vec::new() };
    let differs = |beds: &Beds| {
        let told = beds.available?;
        let ward = ward_of(view, listed, beds.bed_type).ok()?;
        let cell = ward.cells.iter().find(|cell| cell.key.bed_type == beds.bed_type);
        let ours = cell.and_then(|cell| view.beds.derive(beds.bed_type, &cell.levels).ok()).map(|derived| derived.available());
        let at = format!("{}/Capacity/AvailableCount", beds_path(&mine.path, beds.place));
        match ours {
            Some(ours) if ours == told => None,
            Some(ours) => {
                let issue = Issue::new(Kind::Informational, "fhir-have-differs").arg("told", told.to_string());
                Some(issue.arg("ours", ours.to_string()).at(at))
            }
            None => Some(Issue::new(Kind::Informational, "fhir-have-unknown").at(at)),
        }
    };
    mine.beds.iter().filter_map(differs).collect()
}

/// A refusal of the ledger, at the beds that it is about.
fn refused(error: BedError, path: &str, info: &RequestInfo) -> Refusal {
    let error = AppError::from(error);
    if error.fields().is_empty() {
        return house(info)(error);
    }
    let issue = |problem: &linli_webkit::FieldProblem| Issue::in_words(Kind::BusinessRule, problem.text(info.t())).at(path);
    Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, issues: error.fields().iter().map(issue).collect(), retry_after: None }
}
