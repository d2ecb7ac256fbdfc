//! Cases as JSON. Instants are RFC 3339 in Beijing time; states, classes and roles are codes, not words.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use linli_access::{Action, Ctx, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_webkit::{AppError, FieldProblem as FormProblem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use crate::commands::{self, Classed, NewReport};
use crate::error::CasesError;
use crate::model::{Case, CaseId, MessageClassId};
use crate::pages::report::as_neighbour;
use crate::pages::work::desk::Asked;
use crate::pages::work::district;
use crate::pages::{neighbours, office, place_of_board, say_where, store, window, words};
use crate::queries;

/// The part of the interface description that is about cases.
#[derive(OpenApi)]
#[openapi(paths(report, list, one))]
struct Described;

/// What the routes of this room take and give, as OpenAPI.
#[must_use]
pub fn described() -> utoipa::openapi::OpenApi {
    let mut described = Described::openapi();
    described.merge(crate::hotline_api::described());
    described
}

/// A report. The place is named by the code of its board, or by district and key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportBody {
    /// The code of the board.
    board: Option<String>,
    /// The number of the district, with `place`.
    #[schema(value_type = Option<i64>)]
    district: Option<DistrictId>,
    /// A place path or a key such as `ESTATE/BUILDING/ENTRANCE`.
    place: Option<String>,
    /// Code of the class; left out, the words suggest it.
    class: Option<String>,
    /// A class of the 12345 list that counts at the place (热线分类): its path, levels apart by `/`, or its lowest level where only one has it.
    /// Without `class` it must be mapped to a class of reports.
    message_class: Option<String>,
    /// What is wrong, 1 to 4,000 characters.
    #[schema(min_length = 1, max_length = 4000, example = "三楼楼道灯不亮")]
    description: String,
    /// A number under which the reporter can be asked back.
    phone: Option<String>,
    /// Longitude in degrees, WGS-84, with `lat`.
    #[schema(minimum = -180.0, maximum = 180.0)]
    lon: Option<f64>,
    /// Latitude in degrees, WGS-84.
    #[schema(minimum = -90.0, maximum = 90.0)]
    lat: Option<f64>,
    /// Take it although the words say that it belongs elsewhere (police, court, petition office).
    #[serde(default)]
    insist: bool,
}

/// What became of a report.
#[derive(Serialize, ToSchema)]
struct ReportedJson {
    /// Id of the case.
    #[schema(value_type = String, format = "uuid")]
    id: CaseId,
    /// Its number for people.
    number: String,
    /// Code of its class.
    class: String,
    /// The reporter's private link: whoever has it sees the case and may confirm it. It is shown once.
    #[schema(format = "uri")]
    link: String,
    /// Until when it is promised, RFC 3339.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// Whether the promise rests on a calendar that is not published yet.
    due_provisional: bool,
    /// Role of the one who has it.
    owner_role: Option<&'static str>,
    /// Whether the words mean danger: then `call_first` comes before anything else.
    emergency: bool,
    /// Numbers to call first.
    call_first: Vec<String>,
}

/// Reports something as anybody may. With an `Idempotency-Key` the same report sent again is the same case, and is answered with
/// the same answer.
#[utoipa::path(
    post,
    path = "/api/v1/cases",
    operation_id = "report_case",
    tag = "cases",
    params(("Idempotency-Key" = Option<String>, Header, description = "22 to 100 letters, digits, - or _, at random; 8 are enough for who is signed in", min_length = 22, max_length = 100)),
    request_body = ReportBody,
    responses((status = 201, description = "It became a case", body = ReportedJson, headers(("Location" = String, description = "The case"))))
)]
pub(crate) async fn report(
    caller: Caller,
    State(hall): State<Hall>,
    body: Result<Json<ReportBody>, JsonRejection>,
) -> Result<Response, AppError> {
    let Json(body) = body.map_err(|e| AppError::unreadable(e.body_text()))?;
    let (district, place) = place(&hall, &caller.ctx, &body).await?;
    let point_e7 = point(&body)?;
    let ctx = as_neighbour(&caller.ctx, district, &place);
    turn_away(&caller, &hall, (district, &place), &body).await?;
    let input =
        NewReport { place, class: body.class, description: body.description, photos: Vec::new(), phone: body.phone, point_e7 };
    let classed = classed(&hall, (district, &input.place), input.class.as_deref(), body.message_class.as_deref()).await?;
    let prepared = commands::prepare_as(&ctx, office(&hall)?.as_ref(), input, classed)?;
    if ctx.person().is_none() {
        hall.limits().check("report", linli_webkit::rate::address(caller.info.client_ip()))?;
    }
    let prepared = say_where(&hall, district, prepared).await?;
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

/// The 12345 class that was named, which says what is reported when nothing else does.
async fn classed(
    hall: &Hall,
    (district, place): (DistrictId, &PlacePath),
    class: Option<&str>,
    named: Option<&str>,
) -> Result<Classed, AppError> {
    let Some(named) = named.map(str::trim).filter(|named| !named.is_empty()) else { return Ok(Classed::default()) };
    let wrong = |key| AppError::invalid(vec![FormProblem::new("message_class", key)]);
    let found = queries::message_named(&mut hall.read().await?.conn(), (district, place), named).await?;
    let message = found.ok_or_else(|| wrong("cases-field-not-in-the-list"))?;
    if class.is_none() && message.class.is_none() {
        return Err(wrong("cases-field-not-mapped"));
    }
    Ok(Classed { message: Some(message), matter: None })
}

/// Says where something belongs that is taken up elsewhere, and counts that it was said. Nothing of what was written is kept.
async fn turn_away(
    caller: &Caller,
    hall: &Hall,
    (district, place): (DistrictId, &linli_kernel::PlacePath),
    body: &ReportBody,
) -> Result<(), AppError> {
    let rules = office(hall)?.rules(place, caller.info.now()).map_err(CasesError::from)?;
    let elsewhere = commands::belongs_elsewhere(&rules, body.class.as_deref(), &body.description);
    let Some(elsewhere) = elsewhere.filter(|_| !body.insist) else { return Ok(()) };
    let mut tx = hall.begin(district).await?;
    let ctx = as_neighbour(&caller.ctx, district, place);
    commands::told_elsewhere(&ctx, &mut tx, &place.at_level(PlaceLevel::Entrance), elsewhere);
    hall.commit(tx).await?;
    let english = words::english(caller.info.t());
    let problem = FormProblem::new("description", "cases-field-elsewhere").arg("name", elsewhere.name(english).to_owned());
    Err(AppError::invalid(vec![problem.arg("to", elsewhere.to(english).to_owned())]))
}

async fn place(hall: &Hall, ctx: &Ctx, body: &ReportBody) -> Result<(DistrictId, linli_kernel::PlacePath), AppError> {
    let (field, found) = match (&body.board, body.district, &body.place) {
        (Some(code), _, _) => ("board", place_of_board(hall, code).await?),
        (None, Some(district), Some(key)) => {
            let found = neighbours(hall)?.place_of_key(&mut hall.read().await?.conn(), district, key).await.map_err(store)?;
            // Which homes there are is nobody's business: only who may see homes can name one.
            let found = found.filter(|place| {
                place.level() != Some(PlaceLevel::Home) || ctx.may(Action::Read, Resource::Home, district, place).is_ok()
            });
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

/// A case.
#[derive(Serialize, ToSchema)]
struct CaseJson {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: CaseId,
    /// Its number for people.
    number: String,
    /// Place path.
    place: String,
    /// Code of its class.
    class: String,
    /// Id of its 12345 class, where one was chosen.
    #[schema(value_type = Option<String>, format = "uuid")]
    message_class: Option<MessageClassId>,
    /// Five digits of the matter of city management, where one was chosen.
    matter: Option<String>,
    /// A short name.
    title: String,
    /// What was written.
    description: String,
    /// State.
    state: &'static str,
    /// Whether the clock runs.
    clock: &'static str,
    /// Whether Open311 shows it open.
    open: bool,
    /// Whether the promise is broken at this moment.
    overdue: bool,
    /// Role of the one who has it.
    owner_role: Option<&'static str>,
    /// RFC 3339.
    #[schema(format = DateTime)]
    reported_at: String,
    /// RFC 3339.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// Whether the promise rests on a calendar that is not published yet.
    due_provisional: bool,
    /// RFC 3339.
    #[schema(format = DateTime)]
    finished_at: Option<String>,
    /// RFC 3339.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
    /// By which way it came.
    channel: String,
    /// The system it was imported from.
    external_system: Option<String>,
    /// Its number there.
    external_id: Option<String>,
    /// Its state there.
    external_status: Option<String>,
    /// Longitude, WGS-84, 10⁻⁷ degrees.
    lon_e7: Option<i64>,
    /// Latitude, WGS-84, 10⁻⁷ degrees.
    lat_e7: Option<i64>,
    /// What is doubtful about the coordinates.
    location_flag: Option<&'static str>,
    /// Whether the words mean danger.
    emergency: bool,
    /// How often it was opened again.
    reopened_count: i64,
    /// Grows with every change.
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
            message_class: case.message_class,
            matter: case.matter,
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

/// A page of cases.
#[derive(Serialize, ToSchema)]
struct PageJson {
    /// The cases.
    cases: Vec<CaseJson>,
    /// Where the list goes on: send it as `after`. Absent on the last page.
    next: Option<String>,
    /// Whether cases are still being read for the search, so that some may be missing; never without `q`.
    late: bool,
}

/// Lists cases within the appointment acted under, the most pressing first. Pages by cursor: nothing is shown twice or left out
/// because something changed in between.
#[utoipa::path(
    get,
    path = "/api/v1/cases",
    operation_id = "list_cases",
    tag = "cases",
    params(
        ("view" = Option<String>, Query, description = "open (the default), new, overdue, waiting, ended or all"),
        ("q" = Option<String>, Query, description = "only those whose title, description or number holds every word; one character is a word"),
        ("state" = Option<String>, Query, description = "only this state"),
        ("class" = Option<String>, Query, description = "only this class"),
        ("channel" = Option<String>, Query, description = "only what came by this way"),
        ("role" = Option<String>, Query, description = "only what somebody in this role has"),
        ("place" = Option<String>, Query, description = "only under this place path"),
        ("after" = Option<String>, Query, description = "`next` of the page before")
    ),
    responses((status = 200, description = "A page", body = PageJson)),
    security(("session" = []))
)]
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>, Query(asked): Query<Asked>) -> Result<Response, AppError> {
    // A page shows everything when it does not understand the address; a program must be told.
    if let Some(field) = asked.not_understood() {
        return Err(AppError::invalid(vec![FormProblem::new(field, "cases-field-not-understood")]));
    }
    let mut read = hall.read().await?;
    let page = queries::desk(&caller.ctx, &mut read.conn(), &asked.filter(), asked.after()).await?;
    let now = caller.ctx.now();
    let cases = page.cases.into_iter().map(|case| CaseJson::of(case, now)).collect();
    Ok(Json(PageJson { cases, next: page.next.map(|cursor| cursor.to_string()), late: page.late }).into_response())
}

/// A case with all that happened.
#[derive(Serialize, ToSchema)]
struct WholeJson {
    #[serde(flatten)]
    case: CaseJson,
    /// What the asker may do with it now.
    possible: Vec<&'static str>,
    /// How many photos it has.
    photos: usize,
    /// What happened, oldest first.
    timeline: Vec<StepJson>,
}

/// Something that happened to a case.
#[derive(Serialize, ToSchema)]
struct StepJson {
    /// RFC 3339.
    #[schema(format = DateTime)]
    at: String,
    /// What.
    kind: String,
    /// Who, as an id.
    actor: String,
    /// By which way.
    channel: String,
    /// The facts.
    #[schema(value_type = Object)]
    facts: Value,
    /// What was written.
    words: Option<String>,
}

/// Shows one case.
#[utoipa::path(
    get,
    path = "/api/v1/cases/{id}",
    operation_id = "show_case",
    tag = "cases",
    params(("id" = String, Path, description = "Id of the case")),
    responses((status = 200, description = "The case", body = WholeJson)),
    security(("session" = []))
)]
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
            actor: outsider(e.actor),
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

/// Who reported is nobody's to recognise: one word for visitors, holders of a link and claimed homes, whose mark would be the same from case to
/// case and tell when the home was claimed.
fn outsider(actor: String) -> String {
    if actor == "visitor" || actor.starts_with("resident:") { "reporter".to_owned() } else { actor }
}
