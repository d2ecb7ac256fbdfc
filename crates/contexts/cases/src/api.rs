//! Cases as JSON. Instants are RFC 3339 in Beijing time; states, classes and roles are codes, not words.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, Ts};
use linli_webkit::{AppError, FieldProblem as FormProblem, codes};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::commands::{self, NewReport};
use crate::error::CasesError;
use crate::model::{Case, CaseId};
use crate::pages::report::as_neighbour;
use crate::pages::work::{Asked, district};
use crate::pages::{neighbours, office, place_of_board, store, window};
use crate::queries;

/// A report. The place is named by the code of its board, or by district and key.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportBody {
    /// The code of the board.
    board: Option<String>,
    /// The number of the district, with `place`.
    district: Option<DistrictId>,
    /// A place path or a key such as `ESTATE/BUILDING/ENTRANCE`.
    place: Option<String>,
    /// Code of the class; left out, the words suggest it.
    class: Option<String>,
    /// What is wrong, 1 to 4,000 characters.
    description: String,
    /// A number under which the reporter can be asked back.
    phone: Option<String>,
    /// Longitude in degrees, WGS-84, with `lat`.
    lon: Option<f64>,
    /// Latitude in degrees, WGS-84.
    lat: Option<f64>,
}

#[derive(Serialize)]
struct ReportedJson {
    id: CaseId,
    number: String,
    class: String,
    link: String,
    due_at: Option<String>,
    due_provisional: bool,
    owner_role: Option<&'static str>,
    emergency: bool,
    call_first: Vec<String>,
}

/// `POST /api/v1/cases`.
pub(crate) async fn report(
    caller: Caller,
    State(hall): State<Hall>,
    body: Result<Json<ReportBody>, JsonRejection>,
) -> Result<Response, AppError> {
    let Json(body) = body.map_err(|e| AppError::new(codes::MALFORMED).caused_by(e))?;
    let (district, place) = place(&hall, &body).await?;
    let point_e7 = point(&body)?;
    let ctx = as_neighbour(&caller.ctx, district, &place);
    let input =
        NewReport { place, class: body.class, description: body.description, photos: Vec::new(), phone: body.phone, point_e7 };
    let prepared = commands::prepare(&ctx, office(&hall)?.as_ref(), input)?;
    let reported = window(&hall)?.report(district, ctx, prepared).await?;
    let link = format!("{}/r/{}", hall.base_url(), reported.link.secret_text());
    let json = ReportedJson {
        emergency: reported.emergency(),
        id: reported.id,
        number: reported.number,
        class: reported.class,
        due_at: reported.due_at.map(Ts::rfc3339),
        due_provisional: reported.due_provisional,
        owner_role: reported.owner.map(|owner| owner.role.as_str()),
        call_first: reported.call_first,
        link,
    };
    Ok((StatusCode::CREATED, [(LOCATION, format!("/api/v1/cases/{}", json.id))], Json(json)).into_response())
}

async fn place(hall: &Hall, body: &ReportBody) -> Result<(DistrictId, linli_kernel::PlacePath), AppError> {
    let (field, found) = match (&body.board, body.district, &body.place) {
        (Some(code), _, _) => ("board", place_of_board(hall, code).await?),
        (None, Some(district), Some(key)) => {
            let found = neighbours(hall)?.place_of_key(&mut hall.read().await?.conn(), district, key).await.map_err(store)?;
            ("place", found.map(|place| (district, place)))
        }
        _ => return Err(AppError::invalid(vec![FormProblem::new("board", "cases-field-required")])),
    };
    found.ok_or_else(|| AppError::invalid(vec![FormProblem::new(field, "cases-field-place-unknown")]))
}

/// Degrees to 10⁻⁷ degrees.
fn point(body: &ReportBody) -> Result<Option<(i64, i64)>, AppError> {
    let wrong = || AppError::invalid(vec![FormProblem::new("lon", "cases-field-point")]);
    match (body.lon, body.lat) {
        (None, None) => Ok(None),
        (Some(lon), Some(lat)) if lon.abs() <= 180.0 && lat.abs() <= 90.0 => Ok(crate::model::e7(lon).zip(crate::model::e7(lat))),
        _ => Err(wrong()),
    }
}

#[derive(Serialize)]
struct CaseJson {
    id: CaseId,
    number: String,
    place: String,
    class: String,
    title: String,
    description: String,
    state: &'static str,
    clock: &'static str,
    open: bool,
    overdue: bool,
    owner_role: Option<&'static str>,
    reported_at: String,
    due_at: Option<String>,
    due_provisional: bool,
    finished_at: Option<String>,
    closed_at: Option<String>,
    channel: String,
    external_system: Option<String>,
    external_id: Option<String>,
    external_status: Option<String>,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    location_flag: Option<&'static str>,
    emergency: bool,
    reopened_count: i64,
    version: i64,
}

impl CaseJson {
    fn of(case: Case, now: Ts) -> Self {
        Self {
            open: case.is_open(),
            overdue: case.is_overdue(now),
            owner_role: case.owner.map(|owner| owner.role.as_str()),
            id: case.id,
            number: case.number,
            place: case.place.to_string(),
            class: case.class,
            title: case.title,
            description: case.description,
            state: case.state.as_str(),
            clock: case.clock.as_str(),
            reported_at: case.reported_at.rfc3339(),
            due_at: case.due_at.map(Ts::rfc3339),
            due_provisional: case.due_provisional,
            finished_at: case.finished_at.map(Ts::rfc3339),
            closed_at: case.closed_at.map(Ts::rfc3339),
            channel: case.channel,
            external_system: case.external_system,
            external_id: case.external_id,
            external_status: case.external_status,
            lon_e7: case.lon_e7,
            lat_e7: case.lat_e7,
            location_flag: case.location_flag.map(|flag| flag.as_str()),
            emergency: case.emergency,
            reopened_count: case.reopened_count,
            version: case.version,
        }
    }
}

#[derive(Serialize)]
struct PageJson {
    cases: Vec<CaseJson>,
    next: Option<String>,
}

/// `GET /api/v1/cases?view=open|overdue|ended&state=&class=&place=&after=`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    let mut read = hall.read().await?;
    let (cases, next) = queries::desk(&caller.ctx, &mut read.conn(), &asked.filter(), asked.after()).await?;
    let now = caller.ctx.now();
    let cases = cases.into_iter().map(|case| CaseJson::of(case, now)).collect();
    Ok(Json(PageJson { cases, next: next.map(|cursor| cursor.to_string()) }).into_response())
}

#[derive(Serialize)]
struct WholeJson {
    #[serde(flatten)]
    case: CaseJson,
    possible: Vec<&'static str>,
    photos: usize,
    timeline: Vec<StepJson>,
}

#[derive(Serialize)]
struct StepJson {
    at: String,
    kind: String,
    actor: String,
    channel: String,
    facts: Value,
    words: Option<String>,
}

/// `GET /api/v1/cases/{id}`.
pub(crate) async fn one(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let id: CaseId = id.parse().map_err(|_| CasesError::NotFound)?;
    let office = office(&hall)?;
    let mut read = hall.read().await?;
    let view = queries::case(&caller.ctx, &mut read.conn(), &office, district(&caller.ctx)?, id).await?;
    let timeline = view
        .timeline
        .into_iter()
        .map(|e| StepJson {
            at: e.at.rfc3339(),
            kind: e.kind,
            actor: e.actor,
            channel: e.channel,
            facts: e.facts,
            words: e.words,
        })
        .collect();
    let json = WholeJson {
        possible: view.possible.iter().map(|event| event.as_str()).collect(),
        photos: view.photos.len(),
        case: CaseJson::of(view.case, caller.ctx.now()),
        timeline,
    };
    Ok(Json(json).into_response())
}
