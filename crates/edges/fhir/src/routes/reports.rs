//! `MeasureReport`: a return is told, or corrected, by the same command as on the pages.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use linli_hall::Hall;
use linli_treatment::commands::returns::{NewReturn, Told, tell};
use linli_treatment::model::plan::At;
use linli_treatment::model::{Institution, ReturnId};
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::returns::one_in_name_of;
use linli_treatment::{Network, NetworkError};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::records::{load, rules, table, version_of, written};
use super::shelf::not_there;
use super::{RESOURCE_MAX, agree, answer, base, house, json, parameters};
use crate::answer::{Wanted, if_match, prefer, resource, tagged};
use crate::item::Whole;
use crate::measures::read::{Referred, Report, read as read_report};
use crate::network::codes::CODE;
use crate::observation::read::URI;
use crate::outcome::{Issue, Kind, Refusal, fine};
use crate::params::read as read_asked;
use crate::program::{Program, enter, in_network};

const KIND: &str = "MeasureReport";

/// `POST MeasureReport`.
pub(crate) async fn create(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let (program, own, report) = sent(&info, &hall, &headers, body).await?;
        if let Some(there) = there_already(&program, (&hall, &info), &headers).await? {
            return Ok(told(&hall, &info, &headers, StatusCode::OK, &there));
        }
        // A return that says something else about the same day is a correction: it is told by a PUT of the one that was seen.
        let (status, whole) = keep(&program, (&hall, &info), (own, &report), Some(0)).await?;
        Ok(told(&hall, &info, &headers, status, &whole))
    };
    answer(&info, outcome.await)
}

/// `PUT MeasureReport/{id}`: a correction, with `If-Match` only of the version that was seen.
pub(crate) async fn update(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let (program, own, report) = sent(&info, &hall, &headers, body).await?;
        let version = if_match(&headers)?;
        if report.id.as_deref() != Some(id.as_str()) {
            return Err(refusal(StatusCode::BAD_REQUEST, Kind::Value, "fhir-error-id", "MeasureReport.id"));
        }
        let id: ReturnId = id.parse().map_err(|_| not_there(KIND))?;
        let mut read = hall.read().await.map_err(house(&info))?;
        let standing = match one_in_name_of(&program.ctx, &mut read.conn(), id).await {
            Err(NetworkError::NotFound) => return Err(not_there(KIND)),
            other => other.map_err(AppError::from).map_err(house(&info))?,
        };
        drop(read);
        if (standing.district, standing.institution) != own {
            return Err(refusal(StatusCode::FORBIDDEN, Kind::Forbidden, "fhir-error-report-subject", "MeasureReport.subject"));
        }
        if (&standing.form, standing.day) != (&report.form, report.day) {
            return Err(refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                Kind::BusinessRule,
                "fhir-error-report-other",
                "MeasureReport.period",
            ));
        }
        let kept = keep(&program, (&hall, &info), (own, &report), Some(version.unwrap_or(standing.version))).await;
        let (status, whole) = kept.map_err(|refused| match version {
            Some(_) if refused.status == StatusCode::CONFLICT => {
                refusal(StatusCode::PRECONDITION_FAILED, Kind::Conflict, "fhir-error-changed", "MeasureReport.meta.versionId")
            }
            _ => refused,
        })?;
        Ok(told(&hall, &info, &headers, status, &whole))
    };
    answer(&info, outcome.await)
}

fn refusal(status: StatusCode, kind: Kind, key: &'static str, at: &str) -> Refusal {
    Refusal::of(status, Issue::new(kind, key).at(at))
}

/// Who sends, for which institution, and what.
async fn sent(info: &RequestInfo, hall: &Hall, headers: &HeaderMap, body: Body) -> Result<(Program, At, Report), Refusal> {
    let program = enter(hall, info, headers).await?;
    agree(info, headers)?;
    let own = in_network(hall, info, &program).await?;
    let value = json(headers, body, RESOURCE_MAX).await?;
    let report = read_report(&value, rules(hall, info)?.forms(), &base(hall)).map_err(Refusal::unreadable)?;
    let network = hall.service::<Network>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    let known = register.institution(own.1).ok_or_else(|| not_there(KIND))?;
    for referred in [Some(&report.subject), report.reporter.as_ref()].into_iter().flatten() {
        if !is_own(referred, &known.institution) {
            return Err(refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                Kind::BusinessRule,
                "fhir-error-report-subject",
                &referred.path,
            ));
        }
    }
    Ok((program, own, report))
}

/// Whether somebody's own institution is meant.
fn is_own(referred: &Referred, own: &Institution) -> bool {
    let number = format!("urn:uuid:{}", own.id);
    let identified = |(system, value): &(String, String)| match system.as_str() {
        CODE => *value == own.code,
        URI => *value == number,
        _ => false,
    };
    let by_id = referred.id.as_ref().map(|id| *id == own.id.to_string());
    // An id says it for certain; beside it an identifier of another's register may stand.
    by_id.unwrap_or_else(|| referred.identifier.as_ref().is_some_and(identified))
}

/// What `If-None-Exist` names, where there is one.
async fn there_already(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    headers: &HeaderMap,
) -> Result<Option<Whole>, Refusal> {
    let Some(query) = headers.get("if-none-exist") else { return Ok(None) };
    let pairs = parameters(query.to_str().unwrap_or_default().trim_start_matches('?'));
    let asked = read_asked(table(KIND)?, &pairs, true)?;
    let mut found = asked.pick(load((KIND, &asked), program, (hall, info)).await?.into_iter().map(|whole| (0, whole)));
    match found.total {
        0 => Ok(None),
        1 => Ok(found.page.pop().map(|(_, _, whole)| whole)),
        _ => Err(refusal(StatusCode::PRECONDITION_FAILED, Kind::Conflict, "fhir-error-several", "http.If-None-Exist")),
    }
}

/// Tells the return.
async fn keep(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    ((district, own), report): (At, &Report),
    seen: Option<i64>,
) -> Result<(StatusCode, Whole), Refusal> {
    let network = hall.service::<Network>().map_err(house(info))?;
    let new = NewReturn {
        form: report.form.clone(),
        day: report.day,
        figures: report.figures.clone(),
        because: report.because.clone(),
        seen,
    };
    let mut tx = hall.begin(district).await.map_err(house(info))?;
    let done = match tell(&program.ctx, &mut tx, &network, own, &new).await {
        Ok(done) => done,
        Err(error) => return Err(refused(error, report, info)),
    };
    hall.commit(tx).await.map_err(house(info))?;
    let (status, id) = match done {
        Told::First(id) => (StatusCode::CREATED, id),
        Told::Corrected(id) | Told::Same(id) => (StatusCode::OK, id),
    };
    let mut read = hall.read().await.map_err(house(info))?;
    let standing = one_in_name_of(&program.ctx, &mut read.conn(), id).await;
    drop(read);
    let standing = standing.map_err(AppError::from).map_err(house(info))?;
    let whole = written(&[standing], (hall, info)).await?.pop().ok_or_else(|| not_there(KIND))?;
    Ok((status, whole))
}

/// A refusal of the room, with the elements in which its fields are told.
fn refused(error: NetworkError, report: &Report, info: &RequestInfo) -> Refusal {
    let element = |field: &str| match field {
        "because" => "MeasureReport.extension".to_owned(),
        "form" => "MeasureReport.measure".to_owned(),
        "day" => "MeasureReport.period".to_owned(),
        figure => report.paths.get(figure).cloned().unwrap_or_else(|| "MeasureReport.group".to_owned()),
    };
    match error {
        NetworkError::Changed => refusal(StatusCode::CONFLICT, Kind::Conflict, "fhir-error-report-there", "MeasureReport"),
        NetworkError::Field { .. } | NetworkError::Fields(_) => {
            let error = AppError::from(error);
            let issue = |problem: &linli_webkit::FieldProblem| {
                Issue::in_words(Kind::BusinessRule, problem.text(info.t())).at(element(&problem.field))
            };
            let issues = error.fields().iter().map(issue).collect();
            Refusal { status: StatusCode::UNPROCESSABLE_ENTITY, issues, retry_after: None }
        }
        other => house(info)(AppError::from(other)),
    }
}

/// The answer to a change.
fn told(hall: &Hall, info: &RequestInfo, headers: &HeaderMap, status: StatusCode, whole: &Whole) -> Response {
    let answer = match prefer(headers).0 {
        Wanted::Minimal => status.into_response(),
        Wanted::Representation => resource(status, &whole.value),
        Wanted::Outcome => resource(status, &fine(info.t())),
    };
    let id = whole.value.get("id").and_then(Value::as_str).unwrap_or_default();
    tagged(answer, &version_of(&whole.value), whole.changed, Some(&format!("{}/{KIND}/{id}", base(hall))))
}
