//! The operations of SANER: reports put together, reports as tables, a measure counted.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_treatment::model::plan::At;
use linli_treatment::model::{Figures, InstitutionId, InstitutionKind, Sum};
use linli_treatment::queries::directory::{Directory, directory};
use linli_treatment::queries::returns::in_name_of;
use linli_treatment::rules::aggregate::{NotTogether, Part, together};
use linli_treatment::rules::returns::{Every, Form};
use linli_treatment::{Network, NetworkError};
use linli_webkit::{AppError, RequestInfo};
use serde_json::{Value, json};

use super::given::{Given, given, table as answer_table, wants_binary};
use super::records::{Told, rules, table, told_returns, version_of};
use super::reports::{self, Seen, standing};
use super::shelf::not_there;
use super::{agree, answer, base, house, parameters};
use crate::answer::resource;
use crate::item::Item as _;
use crate::measures::live::{counted, live};
use crate::measures::measure_id;
use crate::measures::read::read as read_report;
use crate::measures::table::{Columns, Line, referring};
use crate::measures::write::{Summary, place_of, summary};
use crate::network::identify;
use crate::outcome::{Issue, Kind, Refusal};
use crate::params::read as read_asked;
use crate::program::{Program, enter, in_network};
use crate::r4::conforms;
use crate::search::whole;

const KIND: &str = "MeasureReport";
/// What of a search leads through pages: an operation takes everything that is found.
const OF_PAGES: [&str; 6] = ["_count", "_page", "_summary", "_sort", "_include", "_revinclude"];

fn refusal(status: StatusCode, kind: Kind, key: &'static str, at: &str) -> Refusal {
    Refusal::of(status, Issue::new(kind, key).at(at))
}

fn unprocessable(kind: Kind, key: &'static str, at: &str) -> Refusal {
    refusal(StatusCode::UNPROCESSABLE_ENTITY, kind, key, at)
}

/// The form of a measure by its id.
fn form_of<'f>(forms: &'f linli_treatment::rules::returns::Forms, id: &str) -> Option<&'f Form> {
    forms.all().find(|form| measure_id(&form.id) == id)
}

/// The register of the network, for a look.
async fn with_register<T>(hall: &Hall, info: &RequestInfo, look: impl FnOnce(&Directory) -> T) -> Result<T, Refusal> {
    let network = hall.service::<Network>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    Ok(look(&register))
}

/// A report that is put together with others.
struct Of {
    institution: InstitutionId,
    day: Date,
    figures: Figures,
    /// The report, where it is kept here.
    id: Option<String>,
}

/// What was asked: in the address, or in a body, which is read only of who may ask.
async fn came(info: &RequestInfo, headers: &HeaderMap, body: Option<Body>) -> Result<Given, Refusal> {
    match body {
        Some(body) => given(info, headers, body).await,
        None => Ok(Given::of_address(info)),
    }
}

/// `GET MeasureReport/$aggregate?…`.
pub(crate) async fn aggregate_by_address(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Response {
    answer(&info, aggregated(&info, &hall, &headers, None).await)
}

/// `POST MeasureReport/$aggregate`.
pub(crate) async fn aggregate(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    answer(&info, aggregated(&info, &hall, &headers, Some(body)).await)
}

async fn aggregated(info: &RequestInfo, hall: &Hall, headers: &HeaderMap, body: Option<Body>) -> Result<Response, Refusal> {
    let program = enter(hall, info, headers).await?;
    agree(info, headers)?;
    let own = in_network(hall, info, &program).await?;
    summed((hall, info), (&program, own), came(info, headers, body).await?).await
}

/// Puts together what was told or sent.
async fn summed(
    (hall, info): (&Hall, &RequestInfo),
    (program, own): (&Program, At),
    mut given: Given,
) -> Result<Response, Refusal> {
    let (subject, reporter) = (given.one_or_none("result-subject")?, given.one_or_none("result-reporter")?);
    let sent: Vec<Value> = std::mem::take(&mut given.resources)
        .into_iter()
        .filter(|(name, _)| name == "measure-report")
        .map(|(_, resource)| resource)
        .collect();
    let (form, of) = if sent.is_empty() {
        stored(program, (hall, info), given).await?
    } else {
        let found = were_sent(&sent, (hall, info)).await?;
        if let Some(measure) = given.one_or_none("measure")?
            && measure.split('|').next() != Some(crate::measures::write::canonical(&base(hall), &found.0.id).as_str())
        {
            return Err(unprocessable(Kind::Value, "fhir-error-aggregate-measures", "http.measure"));
        }
        found
    };
    if of.is_empty() {
        return Err(refusal(StatusCode::NOT_FOUND, Kind::NotFound, "fhir-error-aggregate-none", "http.measure"));
    }
    let parts: Vec<Part<'_>> = of.iter().map(|one| Part { of: one.institution, day: one.day, figures: &one.figures }).collect();
    let sums = together(&form, &parts).map_err(|wrong| not_together(&wrong))?;
    let figures: Vec<(String, Sum)> =
        form.fields.iter().filter_map(|field| Some((field.id.clone(), *sums.get(&field.id)?))).collect();
    let houses: BTreeSet<InstitutionId> = of.iter().map(|one| one.institution).collect();
    let span = span_of(&form, of.iter().map(|one| one.day)).ok_or_else(|| not_there(KIND))?;
    let references = of.iter().filter_map(|one| Some(json!({ "reference": format!("{KIND}/{}", one.id.as_ref()?) })));
    let of_reports: Vec<Value> = references.collect();
    let report = with_register(hall, info, |register| {
        let about = match (subject.as_deref(), houses.first().filter(|_| houses.len() == 1)) {
            (Some(said), _) => referring(said, "Location"),
            (None, Some(one)) => place_of(register, *one),
            // Of several nobody but who asks can say what they are together.
            (None, None) => {
                return Err(refusal(
                    StatusCode::BAD_REQUEST,
                    Kind::Required,
                    "fhir-error-aggregate-subject",
                    "http.result-subject",
                ));
            }
        };
        if reporter.as_deref().is_some_and(|said| !is_own(said, own, register)) {
            return Err(unprocessable(Kind::BusinessRule, "fhir-error-request-own", "http.result-reporter"));
        }
        // A grid with its own members, or a region, would count somebody twice: only institutions stand beside each other.
        let lies_within =
            |id: &InstitutionId| register.institution(*id).is_none_or(|listed| listed.institution.kind == InstitutionKind::Area);
        if houses.len() > 1 && houses.iter().any(lies_within) {
            return Err(not_together(&NotTogether::Overlap));
        }
        let said = Summary {
            measure: &form.id,
            subject: Some(about),
            reporter: own.1,
            span,
            at: hall.now(),
            figures: &figures,
            score: None,
            of: of_reports,
        };
        let mut report = summary(&base(hall), said);
        identify(&mut report, register);
        Ok(report)
    });
    Ok(resource(StatusCode::OK, &report.await??))
}

fn is_own(said: &str, own: At, register: &Directory) -> bool {
    let named = referring(said, "Organization");
    let id = named.pointer("/reference").and_then(Value::as_str).and_then(crate::item::reference).map(|(_, id)| id.to_owned());
    let code = named.pointer("/identifier/value").and_then(Value::as_str).map(str::to_owned);
    register.institution(own.1).is_some_and(|listed| {
        let known = &listed.institution;
        id.as_ref().map_or_else(|| code.as_deref() == Some(known.code.as_str()), |id| *id == known.id.to_string())
    })
}

fn not_together(wrong: &NotTogether) -> Refusal {
    match wrong {
        NotTogether::Overlap => unprocessable(Kind::BusinessRule, "fhir-error-aggregate-overlap", "MeasureReport.subject"),
        NotTogether::Twice(_) => unprocessable(Kind::Duplicate, "fhir-error-aggregate-twice", "MeasureReport.period"),
        NotTogether::NoWay(field) => {
            let issue = Issue::new(Kind::NotSupported, "fhir-error-aggregate-way").arg("code", field.as_str());
            Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, issue.at("MeasureReport.group.population.code"))
        }
    }
}

/// From the first of the days until the end of the last.
fn span_of(form: &Form, days: impl Iterator<Item = Date>) -> Option<(Ts, Ts)> {
    let days: BTreeSet<Date> = days.collect();
    let more = if form.every == Every::Week { 6 } else { 0 };
    let last = days.last()?.checked_add(jiff::Span::new().days(more)).ok()?;
    Some((whole(&days.first()?.to_string())?.from, whole(&last.to_string())?.until))
}

/// The reports that are searched for: all of them, however many pages they would be.
async fn stored(program: &Program, (hall, info): (&Hall, &RequestInfo), mut given: Given) -> Result<(Form, Vec<Of>), Refusal> {
    let measure = given.one("measure")?;
    if !given.pairs.iter().any(|(name, _)| name == "period" || name == "_id") {
        return Err(refusal(StatusCode::BAD_REQUEST, Kind::Required, "fhir-error-required", "http.period"));
    }
    given.pairs.push(("measure".to_owned(), measure));
    let found = searched(program, (hall, info), given).await?;
    let forms = rules(hall, info)?;
    // One measure was searched for.
    let name = found.first().map(|one| one.told.form.clone()).unwrap_or_default();
    let form = forms.forms().form(&name).cloned();
    let of = found.into_iter().map(|Told { told, whole }| Of {
        institution: told.institution,
        day: told.day,
        figures: told.figures,
        id: Some(whole.id()),
    });
    let of: Vec<Of> = of.collect();
    match form {
        Some(form) => Ok((form, of)),
        None if of.is_empty() => Err(refusal(StatusCode::NOT_FOUND, Kind::NotFound, "fhir-error-aggregate-none", "http.measure")),
        None => Err(unprocessable(Kind::NotSupported, "fhir-error-aggregate-measures", "http.measure")),
    }
}

/// The reports of a search, without its pages.
async fn searched(program: &Program, (hall, info): (&Hall, &RequestInfo), given: Given) -> Result<Vec<Told>, Refusal> {
    if let Some((name, _)) = given.pairs.iter().find(|(name, _)| OF_PAGES.contains(&name.as_str())) {
        let issue = Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown").arg("name", name.as_str());
        return Err(Refusal::of(StatusCode::BAD_REQUEST, issue.at(format!("http.{name}"))));
    }
    let asked = read_asked(table(KIND)?, &given.pairs, true)?;
    let mut found = told_returns(&asked, program, (hall, info)).await?;
    found.retain(|one| asked.is(&one.whole));
    Ok(found)
}

/// Reports that were sent along, of one measure and of institutions that the register knows: whether others lie within each other nobody can say.
async fn were_sent(sent: &[Value], (hall, info): (&Hall, &RequestInfo)) -> Result<(Form, Vec<Of>), Refusal> {
    let rules = rules(hall, info)?;
    let mut reports = Vec::new();
    for (i, value) in sent.iter().enumerate() {
        let place = |refusal: Refusal| {
            let placed = |mut issue: Issue| {
                let path = issue.expression.take().unwrap_or_default();
                let rest = path.strip_prefix(KIND).unwrap_or_default();
                issue.at(format!("Parameters.parameter.where(name='measure-report')[{i}].resource{rest}"))
            };
            Refusal { issues: refusal.issues.into_iter().map(placed).collect(), ..refusal }
        };
        let read = read_report(value, rules.forms(), &base(hall)).map_err(Refusal::unreadable);
        reports.push(read.and_then(|report| conforms(value).map(|()| report)).map_err(place)?);
    }
    let mut names: BTreeSet<&str> = reports.iter().map(|report| report.form.as_str()).collect();
    let name = names.pop_first().unwrap_or_default();
    if !names.is_empty() {
        return Err(unprocessable(Kind::Value, "fhir-error-aggregate-measures", "MeasureReport.measure"));
    }
    let form = rules.forms().form(name).cloned().ok_or_else(|| not_there("Measure"))?;
    let of = with_register(hall, info, |register| {
        let of = |report: &crate::measures::read::Report| -> Result<Of, Refusal> {
            let listed = report.subject.institution(register);
            let unknown = || unprocessable(Kind::BusinessRule, "fhir-error-aggregate-unknown", &report.subject.path);
            Ok(Of {
                institution: listed.ok_or_else(unknown)?.institution.id,
                day: report.day,
                figures: report.figures.clone(),
                id: None,
            })
        };
        reports.iter().map(of).collect::<Result<Vec<Of>, Refusal>>()
    });
    Ok((form, of.await??))
}

/// `GET MeasureReport/$search-csv?…`.
pub(crate) async fn search_csv(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Response {
    answer(&info, as_table(&info, &hall, &headers, None).await)
}

/// `POST MeasureReport/$search-csv`.
pub(crate) async fn search_csv_by_form(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    answer(&info, as_table(&info, &hall, &headers, Some(body)).await)
}

/// `GET MeasureReport/{id}/$read-csv`.
pub(crate) async fn read_csv(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        let binary = wants_binary(&headers, format_of(&info).as_deref())?;
        in_network(&hall, &info, &program).await?;
        let mut given = Given::of_address(&info);
        let map = given.take("map");
        let one = Given { pairs: vec![("_id".to_owned(), id)], ..Given::default() };
        let found = searched(&program, (&hall, &info), one).await?;
        let form = found.first().map(|one| one.told.form.clone()).ok_or_else(|| not_there(KIND))?;
        Ok(answer_table(&written((&hall, &info), &form, &map, &found).await?, binary))
    };
    answer(&info, outcome.await)
}

fn format_of(info: &RequestInfo) -> Option<String> {
    parameters(info.query()).into_iter().find(|(name, _)| name == "_format").map(|(_, format)| format)
}

async fn as_table(info: &RequestInfo, hall: &Hall, headers: &HeaderMap, body: Option<Body>) -> Result<Response, Refusal> {
    let program = enter(hall, info, headers).await?;
    let binary = wants_binary(headers, format_of(info).as_deref())?;
    in_network(hall, info, &program).await?;
    let mut given = came(info, headers, body).await?;
    let (map, measure) = (given.take("map"), given.one("measure")?);
    if !given.pairs.iter().any(|(name, _)| name == "period") {
        return Err(refusal(StatusCode::BAD_REQUEST, Kind::Required, "fhir-error-required", "http.period"));
    }
    let rules = rules(hall, info)?;
    let own = measure.split('|').next().unwrap_or_default().strip_prefix(&format!("{}/Measure/", base(hall)));
    let unknown = || {
        let issue = Issue::new(Kind::NotSupported, "fhir-error-measure").arg("measure", measure.as_str());
        Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, issue.at("http.measure"))
    };
    let form = own.and_then(|id| form_of(rules.forms(), id)).ok_or_else(unknown)?.id.clone();
    given.pairs.push(("measure".to_owned(), measure));
    let found = searched(&program, (hall, info), given).await?;
    Ok(answer_table(&written((hall, info), &form, &map, &found).await?, binary))
}

/// Reports of one form as a table.
async fn written((hall, info): (&Hall, &RequestInfo), form: &str, map: &[String], found: &[Told]) -> Result<String, Refusal> {
    let rules = rules(hall, info)?;
    let form = rules.forms().form(form).ok_or_else(|| not_there("Measure"))?;
    let columns = Columns::of(form, map).map_err(|issue| Refusal::of(StatusCode::BAD_REQUEST, issue))?;
    let text = with_register(hall, info, |register| {
        let line = |one: &Told| {
            let said = |path: &str| one.whole.value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (code, id) = (
                register.institution(one.told.institution).map(|listed| listed.institution.code.clone()),
                said("/subject/reference"),
            );
            (code.filter(|code| !code.is_empty()).unwrap_or(id), said("/period/start"), said("/period/end"))
        };
        let rows: Vec<(String, String, String)> = found.iter().map(line).collect();
        let lines: Vec<Line<'_>> = rows
            .iter()
            .zip(found)
            .map(|((subject, from, until), one)| Line {
                subject,
                from: from.clone(),
                until: until.clone(),
                figures: &one.told.figures,
            })
            .collect();
        columns.write(&lines)
    });
    text.await?.map_err(|error| {
        tracing::error!(%error, "a table could not be written");
        refusal(StatusCode::INTERNAL_SERVER_ERROR, Kind::Exception, "fhir-error-ours", "csv")
    })
}

/// `POST Measure/{id}/$report-csv`: each row is told, or corrects what was told of its day, all of them or none.
pub(crate) async fn report_csv(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let own = in_network(&hall, &info, &program).await?;
        let mut given = given(&info, &headers, body).await?;
        let rules = rules(&hall, &info)?;
        let form = form_of(rules.forms(), &id).ok_or_else(|| not_there("Measure"))?;
        let needed = || refusal(StatusCode::BAD_REQUEST, Kind::Required, "fhir-error-csv", "csv");
        let text = given.table.take().ok_or_else(needed)?;
        let columns = Columns::of(form, &given.take("map")).map_err(|issue| Refusal::of(StatusCode::BAD_REQUEST, issue))?;
        let (from, until) = (given.one_or_none("period-start")?, given.one_or_none("period-end")?);
        let period = (from.as_deref().unwrap_or_default(), until.as_deref().or(from.as_deref()).unwrap_or_default());
        let (subject, reporter) = (given.one_or_none("subject")?, given.one_or_none("reporter")?);
        let mut ready = Vec::new();
        let mut wrong = Vec::new();
        for mut row in columns.read(&text, (form, &base(&hall)), period).map_err(Refusal::unreadable)? {
            for (name, kind, said) in [("subject", "Location", &subject), ("reporter", "Organization", &reporter)] {
                let own = json!({ "reference": format!("{kind}/{}", own.1) });
                if let Some(fields) = row.report.as_object_mut() {
                    fields.entry(name).or_insert_with(|| said.as_ref().map_or(own, |said| referring(said, kind)));
                }
            }
            match reports::prepared(&program, (&hall, &info), &row.report).await {
                Ok((at, report)) => ready.push((row, at, report)),
                Err(refusal) => wrong.extend(refusal.issues.into_iter().map(|issue| row.placed(issue))),
            }
        }
        if !wrong.is_empty() {
            return Err(Refusal::unreadable(wrong));
        }
        let mut tx = hall.begin(own.0).await.map_err(house(&info))?;
        let mut done = Vec::new();
        for (row, at, report) in ready {
            let failed = |refusal: Refusal| {
                let issues = refusal.issues.into_iter().map(|issue| row.placed(issue)).collect();
                Refusal { issues, ..refusal }
            };
            let days = {
                let c = &mut tx.conn().map_err(NetworkError::from).map_err(AppError::from).map_err(house(&info))?;
                in_name_of(&program.ctx, c, (report.day, report.day)).await
            };
            let days = days.map_err(AppError::from).map_err(house(&info))?;
            let stands = days.iter().find(|told| (told.district, told.institution) == at && told.form == report.form);
            let seen = stands.map_or(reports::FIRST, |told| Seen::of(told.version));
            done.push(reports::keep(&program, &mut tx, (&hall, &info), (at, &report), seen).await.map_err(failed)?);
        }
        hall.commit(tx).await.map_err(house(&info))?;
        let mut entries = Vec::new();
        for (status, id) in done {
            let whole = standing(&program, (&hall, &info), id).await?;
            let url = format!("{}/{KIND}/{}", base(&hall), whole.id());
            let tag = format!("W/\"{}\"", version_of(&whole.value));
            let response = json!({ "status": status.to_string(), "location": url, "etag": tag });
            entries.push(json!({ "fullUrl": url, "resource": whole.value, "response": response }));
        }
        Ok(resource(StatusCode::OK, &json!({ "resourceType": "Bundle", "type": "transaction-response", "entry": entries })))
    };
    answer(&info, outcome.await)
}

/// `GET Measure/{id}/$evaluate-measure?…`.
pub(crate) async fn evaluate_by_address(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    answer(&info, evaluated(&info, &hall, &headers, (&id, None)).await)
}

/// `POST Measure/{id}/$evaluate-measure`.
pub(crate) async fn evaluate(
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(&info, evaluated(&info, &hall, &headers, (&id, Some(body))).await)
}

/// Of a form, what was told, put together; of a measure that is counted, the count. Nothing is kept of it.
async fn evaluated(
    info: &RequestInfo,
    hall: &Hall,
    headers: &HeaderMap,
    (id, body): (&str, Option<Body>),
) -> Result<Response, Refusal> {
    let program = enter(hall, info, headers).await?;
    agree(info, headers)?;
    let own = in_network(hall, info, &program).await?;
    let mut given = came(info, headers, body).await?;
    let (start, end) = (given.one("periodStart")?, given.one("periodEnd")?);
    if given.one_or_none("report")?.is_some_and(|report| report != "false") {
        return Err(unprocessable(Kind::NotSupported, "fhir-error-evaluate-report", "http.report"));
    }
    let read = |name: &str, text: &str| whole(text).ok_or_else(|| crate::search::wrong(name, text));
    let span = (read("periodStart", &start)?.from, read("periodEnd", &end)?.until);
    if span.0 >= span.1 || span.0 > hall.now() {
        return Err(crate::search::wrong("periodEnd", &end));
    }
    if let Some(live) = live(hall, id) {
        let (figures, score) = counted(live, &program, (hall, info), span).await?;
        let report = with_register(hall, info, |register| {
            let subject = Some(place_of(register, own.1));
            let (at, of) = (hall.now(), Vec::new());
            let said = Summary { measure: live.id, subject, reporter: own.1, span, at, figures: &figures, score, of };
            let mut report = summary(&base(hall), said);
            identify(&mut report, register);
            report
        });
        return Ok(resource(StatusCode::OK, &report.await?));
    }
    let form = form_of(rules(hall, info)?.forms(), id).map(|form| form.id.clone()).ok_or_else(|| not_there("Measure"))?;
    let day = |at: Ts| at.local().date().to_string();
    let mut pairs = vec![
        ("measure".to_owned(), crate::measures::write::canonical(&base(hall), &form)),
        ("period".to_owned(), format!("ge{}", day(span.0))),
        ("period".to_owned(), format!("le{}", day(span.1.plus_secs(-1)))),
    ];
    let subject = given.one_or_none("subject")?.unwrap_or_else(|| format!("Location/{}", own.1));
    pairs.push(("subject".to_owned(), subject));
    summed((hall, info), (&program, own), Given { pairs, ..Given::default() }).await
}
