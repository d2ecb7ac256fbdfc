//! `MeasureReport`: a return is told, or corrected, by the same command as on the pages.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use linli_db::Tx;
use linli_hall::Hall;
use linli_treatment::commands::returns::{NewReturn, Told, tell};
use linli_treatment::model::ReturnId;
use linli_treatment::model::plan::At;
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::returns::one_in_name_of;
use linli_treatment::{Network, NetworkError};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::records::{rules, there_already, told, written};
use super::shelf::not_there;
use super::{RESOURCE_MAX, agree, answer, base, house, json};
use crate::answer::if_match;
use crate::item::Whole;
use crate::measures::read::{Report, read as read_report};
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, enter, in_network};
use crate::r4::conforms;

const KIND: &str = "MeasureReport";

/// `POST MeasureReport`.
pub(crate) async fn create(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        let (own, report) = prepared(&program, (&hall, &info), &value).await?;
        if let Some(there) = there_already(KIND, &program, (&hall, &info), &headers).await? {
            return Ok(told((&hall, &info), &headers, StatusCode::OK, &there));
        }
        let mut tx = hall.begin(own.0).await.map_err(house(&info))?;
        let (status, id) = keep(&program, &mut tx, (&hall, &info), (own, &report), FIRST).await?;
        hall.commit(tx).await.map_err(house(&info))?;
        Ok(told((&hall, &info), &headers, status, &standing(&program, (&hall, &info), id).await?))
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
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        let (own, report) = prepared(&program, (&hall, &info), &value).await?;
        let seen = correction(&program, (&hall, &info), (own, &report), (&id, if_match(&headers)?)).await?;
        let mut tx = hall.begin(own.0).await.map_err(house(&info))?;
        let (status, id) = keep(&program, &mut tx, (&hall, &info), (own, &report), seen).await?;
        hall.commit(tx).await.map_err(house(&info))?;
        Ok(told((&hall, &info), &headers, status, &standing(&program, (&hall, &info), id).await?))
    };
    answer(&info, outcome.await)
}

/// Which version of a return was seen by whoever tells it: none by the first, and whether its number was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    version: i64,
    named: bool,
}

impl Seen {
    /// Whoever tells it takes what stands for seen.
    pub(crate) const fn of(version: i64) -> Self {
        Self { version, named: false }
    }

    /// Whether a return that stands is told anew.
    pub(crate) const fn is_correction(self) -> bool {
        self.version > 0
    }
}

/// A return that says something else about the same day is a correction: it is told by a PUT of the one that was seen.
pub(crate) const FIRST: Seen = Seen { version: 0, named: false };

/// That a report corrects the return of that id; gives the version that is meant.
pub(crate) async fn correction(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    (own, report): (At, &Report),
    (id, version): (&str, Option<i64>),
) -> Result<Seen, Refusal> {
    if report.id.as_deref() != Some(id) {
        return Err(refusal(StatusCode::BAD_REQUEST, Kind::Value, "fhir-error-id", "MeasureReport.id"));
    }
    let id: ReturnId = id.parse().map_err(|_| not_there(KIND))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let standing = match one_in_name_of(&program.ctx, &mut read.conn(), id).await {
        Err(NetworkError::NotFound) => return Err(not_there(KIND)),
        other => other.map_err(AppError::from).map_err(house(info))?,
    };
    drop(read);
    if (standing.district, standing.institution) != own {
        return Err(refusal(StatusCode::FORBIDDEN, Kind::Forbidden, "fhir-error-report-subject", "MeasureReport.subject"));
    }
    if (&standing.form, standing.day) != (&report.form, report.day) {
        let (status, kind) = (StatusCode::UNPROCESSABLE_ENTITY, Kind::BusinessRule);
        return Err(refusal(status, kind, "fhir-error-report-other", "MeasureReport.period"));
    }
    Ok(Seen { version: version.unwrap_or(standing.version), named: version.is_some() })
}

fn refusal(status: StatusCode, kind: Kind, key: &'static str, at: &str) -> Refusal {
    Refusal::of(status, Issue::new(kind, key).at(at))
}

/// For which institution a report is sent, and what it says.
pub(crate) async fn prepared(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    value: &Value,
) -> Result<(At, Report), Refusal> {
    let own = in_network(hall, info, program).await?;
    let report = read_report(value, rules(hall, info)?.forms(), &base(hall)).map_err(Refusal::unreadable)?;
    conforms(value)?;
    let network = hall.service::<Network>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    let known = register.institution(own.1).ok_or_else(|| not_there(KIND))?;
    for referred in [Some(&report.subject), report.reporter.as_ref()].into_iter().flatten() {
        if !referred.is(&known.institution) {
            return Err(refusal(
                StatusCode::UNPROCESSABLE_ENTITY,
                Kind::BusinessRule,
                "fhir-error-report-subject",
                &referred.path,
            ));
        }
    }
    Ok((own, report))
}

/// Tells the return in a transaction of its district.
pub(crate) async fn keep(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    ((_, own), report): (At, &Report),
    seen: Seen,
) -> Result<(StatusCode, ReturnId), Refusal> {
    let network = hall.service::<Network>().map_err(house(info))?;
    let new = NewReturn {
        form: report.form.clone(),
        day: report.day,
        figures: report.figures.clone(),
        because: report.because.clone(),
        seen: Some(seen.version),
    };
    match tell(&program.ctx, tx, &network, own, &new).await {
        Ok(Told::First(id)) => Ok((StatusCode::CREATED, id)),
        Ok(Told::Corrected(id) | Told::Same(id)) => Ok((StatusCode::OK, id)),
        Err(NetworkError::Changed) if seen.named => {
            let (status, kind) = (StatusCode::PRECONDITION_FAILED, Kind::Conflict);
            Err(refusal(status, kind, "fhir-error-changed", "MeasureReport.meta.versionId"))
        }
        Err(error) => Err(refused(error, report, info)),
    }
}

/// The report as it stands.
pub(crate) async fn standing(program: &Program, (hall, info): (&Hall, &RequestInfo), id: ReturnId) -> Result<Whole, Refusal> {
    let mut read = hall.read().await.map_err(house(info))?;
    let standing = one_in_name_of(&program.ctx, &mut read.conn(), id).await;
    drop(read);
    let standing = standing.map_err(AppError::from).map_err(house(info))?;
    written(&[standing], (hall, info)).await?.pop().ok_or_else(|| not_there(KIND))
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
