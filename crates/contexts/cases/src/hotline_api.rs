//! What the city's hotline sends and fetches: tickets in, answers out, as JSON and as a table. Instants are RFC 3339.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use linli_access::{Channel, Ctx};
use linli_hall::{Caller, Hall};
use linli_kernel::Ts;
use linli_sheet::{Export, ExportCell, ExportFormat, Lang, SheetError};
use linli_webkit::{AppError, FieldProblem as FormProblem, T, codes};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{OpenApi, ToSchema};

use crate::commands::{self, NewTicket};
use crate::error::CasesError;
use crate::model::{HotlineKey, OutboxStep};
use crate::pages::{neighbours, office, store, words};
use crate::queries;

/// Most steps of one answer.
const STEPS_MAX: i64 = 1_000;
/// Steps of one answer when none is asked for.
const STEPS: i64 = 100;

#[derive(OpenApi)]
#[openapi(paths(send, fetch))]
struct Described;

/// What these routes take and give, as OpenAPI.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    Described::openapi()
}

/// A ticket. The same again changes nothing; the same number with another content is a change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub(crate) struct TicketBody {
    /// The city's number of the ticket (工单编号), 1 to 64 characters.
    #[schema(min_length = 1, max_length = 64)]
    ticket_no: String,
    /// A short line, at most 200 characters.
    title: String,
    /// What the caller said, 1 to 4,000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    content: String,
    /// What the city calls this kind of request.
    category: String,
    /// A place path or a key such as `ESTATE/BUILDING/ENTRANCE`; left out, the place of the key.
    place: String,
    /// When the city took it, RFC 3339.
    #[schema(format = DateTime)]
    received_at: String,
    /// Until when the city wants the answer, RFC 3339; later than `received_at`.
    #[schema(format = DateTime)]
    due_at: String,
    /// The caller's number.
    phone: String,
    /// Why the ticket comes back: the caller is not satisfied. The same once more after our answer is another time; before it, a repetition.
    rework: String,
    /// When it was sent back, RFC 3339: with it one time is told from the next even where the words are the same.
    #[schema(format = DateTime)]
    rework_at: String,
}

/// The fields that a ticket may have.
const FIELDS: [&str; 10] =
    ["ticket_no", "title", "content", "category", "place", "received_at", "due_at", "phone", "rework", "rework_at"];

/// What became of a ticket.
#[derive(Serialize, ToSchema)]
struct ReceivedJson {
    /// The city's number.
    ticket_no: String,
    /// `new`, `changed` or `unchanged`.
    #[schema(value_type = String)]
    receipt: commands::Receipt,
    /// The number of the case here.
    number: String,
    /// Our promise, RFC 3339.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// The city's limit as it is kept, RFC 3339.
    #[schema(format = DateTime)]
    city_due_at: Option<String>,
}

/// The key in `Authorization: Bearer …`, and a context in which the city speaks.
async fn city(caller: &Caller, hall: &Hall, headers: &HeaderMap) -> Result<Option<(HotlineKey, Ctx)>, AppError> {
    let found = commands::hotline_key(&mut hall.read().await?.conn(), linli_webkit::bearer(headers).unwrap_or_default()).await;
    let key = match found {
        Ok(key) => key,
        Err(CasesError::Denied(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut ctx = Ctx::system("hotline", hall.clock(), hall.rng());
    ctx.channel = Channel::Api;
    ctx.request_id.clone_from(&caller.ctx.request_id);
    Ok(Some((key, ctx)))
}

/// No open key was sent.
fn no_key() -> Response {
    let mut refused = AppError::new(codes::UNAUTHENTICATED).into_response();
    refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    refused
}

/// Takes a ticket from the city's own hotline. Sent again it changes nothing, and is answered as before with `unchanged`.
#[utoipa::path(
    post,
    path = "/api/v1/hotline/tickets",
    operation_id = "send_hotline_ticket",
    tag = "hotline",
    request_body = TicketBody,
    responses(
        (status = 201, description = "It became a case", body = ReceivedJson),
        (status = 200, description = "It is known", body = ReceivedJson)
    ),
    security(("hotline_key" = []))
)]
pub(crate) async fn send(
    caller: Caller,
    State(hall): State<Hall>,
    headers: HeaderMap,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Result<Response, AppError> {
    let Some((key, ctx)) = city(&caller, &hall, &headers).await? else { return Ok(no_key()) };
    let Json(body) = body.map_err(|e| AppError::unreadable(e.body_text()))?;
    let ticket = ticket(&hall, &key, body).await?;
    let office = office(&hall)?;
    let mut tx = hall.begin(key.district).await?;
    let received = commands::receive_ticket(&ctx, &mut tx, &office, ticket).await?;
    hall.commit(tx).await?;
    let status = if received.receipt == commands::Receipt::New { StatusCode::CREATED } else { StatusCode::OK };
    let json = ReceivedJson {
        ticket_no: received.ticket.ticket_no,
        receipt: received.receipt,
        number: received.number,
        due_at: received.due_at.map(Ts::rfc3339),
        city_due_at: received.ticket.city_due_at.map(Ts::rfc3339),
    };
    Ok((status, Json(json)).into_response())
}

/// Reads a ticket; everything that is wrong with its form is said at once.
async fn ticket(hall: &Hall, key: &HotlineKey, body: Map<String, Value>) -> Result<NewTicket, AppError> {
    let mut wrong: Vec<FormProblem> = Vec::new();
    for (name, value) in &body {
        if !FIELDS.contains(&name.as_str()) {
            wrong.push(FormProblem::new(name, "cases-field-unknown"));
        } else if !value.is_string() && !value.is_null() {
            wrong.push(FormProblem::new(name, "cases-field-not-a-text"));
        }
    }
    let typed = |name: &str| body.get(name).and_then(Value::as_str).map(str::trim).unwrap_or_default();
    let mut instant = |name: &str| match typed(name) {
        "" => None,
        text => {
            let at = text.parse::<jiff::Timestamp>().ok().map(|at| Ts(at.as_microsecond()));
            if at.is_none() {
                wrong.push(FormProblem::new(name, "cases-field-not-an-instant"));
            }
            at
        }
    };
    let (received_at, due_at, rework_at) = (instant("received_at"), instant("due_at"), instant("rework_at"));
    if typed("received_at").is_empty() {
        wrong.push(FormProblem::new("received_at", "cases-field-required"));
    }
    let place = match typed("place") {
        "" => Some(key.place.clone()),
        named => {
            let mut read = hall.read().await?;
            let found = neighbours(hall)?.place_of_key(&mut read.conn(), key.district, named).await.map_err(store)?;
            found.filter(|place| key.place.contains(place))
        }
    };
    if place.is_none() {
        wrong.push(FormProblem::new("place", "cases-field-place-unknown"));
    }
    let Some(place) = place.filter(|_| wrong.is_empty()) else { return Err(AppError::invalid(wrong)) };
    let some = |name: &str| Some(typed(name).to_owned()).filter(|text| !text.is_empty());
    Ok(NewTicket {
        ticket_no: typed("ticket_no").to_owned(),
        title: typed("title").to_owned(),
        content: typed("content").to_owned(),
        category: typed("category").to_owned(),
        place_named: !typed("place").is_empty(),
        place,
        within: key.place.clone(),
        received_at,
        due_at,
        phone: some("phone"),
        rework: some("rework"),
        rework_at,
        fresh: true,
    })
}

/// Where to go on, and as what.
#[derive(Debug, Deserialize)]
pub(crate) struct From {
    #[serde(default)]
    after: i64,
    limit: Option<i64>,
    #[serde(default)]
    format: String,
}

/// A step that was done here.
#[derive(Serialize, ToSchema)]
struct StepJson {
    /// Its place in the order of the district; send the last one as `after`.
    seq: i64,
    /// The city's number.
    ticket_no: String,
    /// Counts the steps of the ticket from 1: with `ticket_no` it names the step once and for all.
    step_no: i64,
    /// `accepted`, `contacted`, `answered`, `time_asked`, `merged`, `returned` or `closed`. What was `merged` goes on as another
    /// case and is answered, returned and closed with it.
    step: String,
    /// When it was done, RFC 3339.
    #[schema(format = DateTime)]
    at: String,
    /// When the person was contacted, or until when more time is asked for, RFC 3339.
    #[schema(format = DateTime)]
    moment: Option<String>,
    /// How it ended. Of `contacted`: `reached`, `no_answer` or `refused`; of `closed`: what the caller said of it (`satisfied`, `fair`,
    /// `dissatisfied`), `lapsed` (nobody said anything in time) or `elsewhere` (another system ended it); absent otherwise.
    outcome: Option<String>,
    /// What was written, and nothing else; absent once it has been erased.
    words: Option<String>,
    /// Why there is no photo of the result, for `answered`; absent where there is one, and once it has been erased.
    no_photo_because: Option<String>,
    /// When what was written was erased, RFC 3339.
    #[schema(format = DateTime)]
    erased_at: Option<String>,
}

/// Steps in their order.
#[derive(Serialize, ToSchema)]
struct OutboxJson {
    /// The steps.
    steps: Vec<StepJson>,
    /// Send it as `after` for what comes next; it stays when nothing new is there.
    next: i64,
}

/// Gives what was done with the city's tickets, each step once, in order. With `format=csv` or `xlsx` the same as a table,
/// times in Beijing, columns, steps and outcomes named in the language of the request (Chinese when it names none).
#[utoipa::path(
    get,
    path = "/api/v1/hotline/outbox",
    operation_id = "fetch_hotline_outbox",
    tag = "hotline",
    params(
        ("after" = Option<i64>, Query, description = "`next` of the answer before; left out, from the beginning"),
        ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 when left out"),
        ("format" = Option<String>, Query, description = "json (the default), csv or xlsx")
    ),
    responses((status = 200, description = "Steps", body = OutboxJson)),
    security(("hotline_key" = []))
)]
pub(crate) async fn fetch(
    caller: Caller,
    State(hall): State<Hall>,
    headers: HeaderMap,
    Query(from): Query<From>,
) -> Result<Response, AppError> {
    let Some((key, _)) = city(&caller, &hall, &headers).await? else { return Ok(no_key()) };
    let format = match from.format.as_str() {
        "" | "json" => None,
        "csv" => Some((ExportFormat::Csv, "text/csv; charset=utf-8", "attachment; filename=\"outbox.csv\"")),
        "xlsx" => Some((
            ExportFormat::Xlsx,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "attachment; filename=\"outbox.xlsx\"",
        )),
        _ => return Err(AppError::invalid(vec![FormProblem::new("format", "cases-field-not-understood")])),
    };
    let limit = from.limit.unwrap_or(STEPS).clamp(1, STEPS_MAX);
    let steps = queries::outbox(&mut hall.read().await?.conn(), &key, (from.after, limit)).await?;
    let next = steps.last().map_or(from.after, |step| step.seq);
    if let Some((format, kind, file)) = format {
        let table = table(caller.info.t(), &steps, format).map_err(AppError::internal)?;
        return Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, file), (CACHE_CONTROL, "no-store")], table).into_response());
    }
    let steps = steps.into_iter().map(StepJson::of).collect();
    Ok(([(CACHE_CONTROL, "no-store")], Json(OutboxJson { steps, next })).into_response())
}

impl StepJson {
    fn of(step: OutboxStep) -> Self {
        Self {
            seq: step.seq,
            ticket_no: step.ticket_no,
            step_no: step.step_no,
            step: step.step,
            at: step.told_at.rfc3339(),
            moment: step.until.map(Ts::rfc3339),
            outcome: step.outcome,
            words: step.erased_at.is_none().then_some(step.words),
            no_photo_because: step.no_photo_because,
            erased_at: step.erased_at.map(Ts::rfc3339),
        }
    }
}

/// The columns of the table.
const COLUMNS: [&str; 10] =
    ["seq", "ticket-no", "step-no", "step", "at", "moment", "outcome", "words", "no-photo-because", "erased-at"];

/// The steps as a table.
fn table(t: &T, steps: &[OutboxStep], format: ExportFormat) -> Result<Vec<u8>, SheetError> {
    let headers: Vec<String> = COLUMNS.iter().map(|column| t.s(&format!("cases-outbox-{column}")).into_owned()).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut bytes = Vec::new();
    let mut table = Export::new(&mut bytes, format, &headers, if words::english(t) { Lang::En } else { Lang::Zh })?;
    let named = |of: &str, word: &str| t.s(&format!("cases-outbox-{of}-{}", word.replace('_', "-"))).into_owned();
    for step in steps {
        let done = named("step", &step.step);
        let outcome = step.outcome.as_deref().map(|outcome| named("outcome", outcome)).unwrap_or_default();
        table.row(&[
            ExportCell::Int(step.seq),
            ExportCell::Id(&step.ticket_no),
            ExportCell::Int(step.step_no),
            ExportCell::Text(&done),
            ExportCell::Instant(step.told_at),
            step.until.map_or(ExportCell::Empty, ExportCell::Instant),
            ExportCell::Text(&outcome),
            ExportCell::Text(&step.words),
            ExportCell::Text(step.no_photo_because.as_deref().unwrap_or_default()),
            step.erased_at.map_or(ExportCell::Empty, ExportCell::Instant),
        ])?;
    }
    table.finish()?;
    Ok(bytes)
}
