//! What an institution tells and reads of its own: read and search.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use jiff::civil::{Date, date};
use linli_hall::Hall;
use linli_kernel::{PlacePath, Ts};
use linli_treatment::model::{Return, ReturnId};
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::returns::{in_name_of, one_in_name_of};
use linli_treatment::rules::Rules;
use linli_treatment::{Network, NetworkError};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::shelf::{looked, not_there};
use super::{agree, answer, base, house, parameters};
use crate::answer::{Wanted, has_tag, prefer, resource, tagged};
use crate::item::{Field, Item as _, Whole};
use crate::measures::live::{LIVE, has};
use crate::measures::write::{canonical, live_measure, measure, report};
use crate::network::versioned;
use crate::outcome::{Issue, Kind, Refusal, fine};
use crate::own_parameters::parameters_of_ours;
use crate::params::{ALONG_MOST, Along, Asked, Found, read as read_asked};
use crate::program::{Program, enter, in_network};
use crate::search::Between;
use crate::table::{Room, Served, served};

/// `GET {kind}/{id}`.
pub(crate) async fn read(
    kind: &'static str,
    info: RequestInfo,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let of = reached(kind, &program, (&hall, &info)).await?;
        let asked = read_asked(of, &[("_id".to_owned(), id)], true)?;
        let mut found = load((kind, &asked), &program, (&hall, &info)).await?;
        let Whole { value, changed } = found.pop().ok_or_else(|| not_there(kind))?;
        let version = version_of(&value);
        let answer =
            if has_tag(&headers, &version) { StatusCode::NOT_MODIFIED.into_response() } else { resource(StatusCode::OK, &value) };
        Ok(tagged(answer, &version, changed, None))
    };
    answer(&info, outcome.await)
}

/// `GET {kind}?…`.
pub(crate) async fn search(kind: &'static str, info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Response {
    let pairs = parameters(info.query());
    answer(&info, searched(kind, &info, &hall, &headers, &pairs).await)
}

/// `POST {kind}/_search`.
pub(crate) async fn search_by_form(
    kind: &'static str,
    info: RequestInfo,
    State(hall): State<Hall>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let pairs: Vec<_> = parameters(info.query()).into_iter().chain(parameters(&body)).collect();
    answer(&info, searched(kind, &info, &hall, &headers, &pairs).await)
}

async fn searched(
    kind: &'static str,
    info: &RequestInfo,
    hall: &Hall,
    headers: &HeaderMap,
    pairs: &[(String, String)],
) -> Result<Response, Refusal> {
    let program = enter(hall, info, headers).await?;
    agree(info, headers)?;
    let of = reached(kind, &program, (hall, info)).await?;
    let asked = read_asked(of, pairs, prefer(headers).1)?;
    let found = asked.pick(load((kind, &asked), &program, (hall, info)).await?.into_iter().map(|whole| (0, whole)));
    let along = along((of, &asked), &found, &program, (hall, info)).await?;
    Ok(resource(StatusCode::OK, &asked.bundle(info, &format!("{}/{kind}", base(hall)), &found, along)))
}

/// What comes along with a page: what it refers to, and what refers to it, as far as the program reaches.
async fn along(
    (of, asked): (&'static Served, &Asked),
    found: &Found<Whole>,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<Vec<Value>, Refusal> {
    let mut wanted: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for Along { parameter, target, .. } in asked.include.iter().filter(|along| along.kind == of.kind) {
        let Some(known) = of.search.iter().find(|known| known.name == parameter) else { continue };
        for (_, _, item) in &found.page {
            item.any(known, &mut |field| {
                let (kind, id) = match field {
                    Field::Reference(kind, id) => (kind, id),
                    Field::Address(address) => ("Measure", measure_of(address)),
                    _ => return false,
                };
                if let Some(of) = served(kind).filter(|_| target.as_deref().is_none_or(|target| target == kind)) {
                    wanted.entry(of.kind).or_default().insert(id);
                }
                false
            });
        }
    }
    let mut resources = Vec::new();
    for (kind, ids) in wanted {
        let ids: Vec<String> = ids.into_iter().take(ALONG_MOST.saturating_sub(resources.len())).collect();
        if crate::SHELF.iter().any(|paths| paths.kind == kind) {
            let shown =
                looked(hall, info, |view| ids.iter().filter_map(|id| Some(view.by_id(kind, id)?.json())).collect::<Vec<_>>());
            resources.extend(shown.await?);
        } else {
            let named = read_asked(table(kind)?, &[("_id".to_owned(), ids.join(","))], true)?;
            resources.extend(load((kind, &named), program, (hall, info)).await?.into_iter().map(|whole| whole.value));
        }
    }
    let page: Vec<String> = found.page.iter().map(|(_, id, _)| format!("{}/{id}", of.kind)).collect();
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    for Along { kind, parameter, .. } in asked.revinclude.iter().filter(|_| !page.is_empty()) {
        let of = table(kind)?;
        let those = match of.kind {
            "MeasureReport" => {
                found.page.iter().filter_map(|(_, _, item)| item.value.get("url")?.as_str()).collect::<Vec<_>>().join(",")
            }
            _ => page.join(","),
        };
        let asked = read_asked(of, &[(parameter.clone(), those)], true)?;
        for whole in load((of.kind, &asked), program, (hall, info)).await?.into_iter().filter(|whole| asked.is(whole)) {
            if resources.len() < ALONG_MOST && taken.insert((kind.clone(), whole.id())) {
                resources.push(whole.value);
            }
        }
    }
    Ok(resources)
}

/// The id in the address of a measure.
fn measure_of(address: &str) -> String {
    let plain = address.split('|').next().unwrap_or(address);
    plain.rsplit('/').next().unwrap_or(plain).to_owned()
}

/// A kind of the treatment network is for the institutions that belong to it.
async fn reached(kind: &str, program: &Program, (hall, info): (&Hall, &RequestInfo)) -> Result<&'static Served, Refusal> {
    let of = table(kind)?;
    if of.room == Room::Treatment {
        in_network(hall, info, program).await?;
    }
    Ok(of)
}

pub(crate) fn table(kind: &str) -> Result<&'static Served, Refusal> {
    served(kind).ok_or_else(|| not_there(kind))
}

/// What `If-None-Exist` names, where there is one.
pub(crate) async fn there_already(
    kind: &'static str,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    headers: &HeaderMap,
) -> Result<Option<Whole>, Refusal> {
    let Some(query) = headers.get("if-none-exist") else { return Ok(None) };
    let pairs = parameters(query.to_str().unwrap_or_default().trim_start_matches('?'));
    let asked = read_asked(table(kind)?, &pairs, true)?;
    let mut found = asked.pick(load((kind, &asked), program, (hall, info)).await?.into_iter().map(|whole| (0, whole)));
    match found.total {
        0 => Ok(None),
        1 => Ok(found.page.pop().map(|(_, _, whole)| whole)),
        _ => {
            let issue = Issue::new(Kind::Conflict, "fhir-error-several").at("http.If-None-Exist");
            Err(Refusal::of(StatusCode::PRECONDITION_FAILED, issue))
        }
    }
}

/// The answer to a change: the resource as it stands now, or as little of it as the client wants.
pub(crate) fn told((hall, info): (&Hall, &RequestInfo), headers: &HeaderMap, status: StatusCode, whole: &Whole) -> Response {
    let answer = match prefer(headers).0 {
        Wanted::Minimal => status.into_response(),
        Wanted::Representation => resource(status, &whole.value),
        Wanted::Outcome => resource(status, &fine(info.t())),
    };
    let kind = whole.value.get("resourceType").and_then(Value::as_str).unwrap_or_default();
    let at = format!("{}/{kind}/{}", base(hall), whole.id());
    tagged(answer, &version_of(&whole.value), whole.changed, Some(&at))
}

/// The version of a resource, as it says itself.
pub(crate) fn version_of(resource: &Value) -> String {
    resource.pointer("/meta/versionId").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What may be meant by a search, as far as the program reaches.
pub(crate) async fn load(
    (kind, asked): (&'static str, &Asked),
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<Vec<Whole>, Refusal> {
    match kind {
        "Measure" => measures(hall, info, asked),
        "SearchParameter" => Ok(parameters_of_ours(&base(hall), info)),
        "MeasureReport" => reports(asked, program, (hall, info)).await,
        "Subscription" => super::notices::load(asked, program, (hall, info)).await,
        "Group" | "Flag" => super::followed::load((kind, asked), program, (hall, info)).await,
        "Encounter" => super::stays::load(asked, program, (hall, info)).await,
        "ServiceRequest" | "Task" | "Patient" => super::tasks::load((kind, asked), program, (hall, info)).await,
        _ => Err(not_there(kind)),
    }
}

/// The forms as measures: those of the whole city.
fn measures(hall: &Hall, info: &RequestInfo, asked: &Asked) -> Result<Vec<Whole>, Refusal> {
    let rules = rules(hall, info)?;
    let version = rules.forms_stamp().mark();
    let whole = |form| {
        let value = measure(&base(hall), form, &version, info.t().locale().tag());
        Whole { value: versioned(value, Ts(0)), changed: Ts(0) }
    };
    let counted = LIVE.iter().filter(|live| has(hall, live.room)).map(|live| {
        let value = live_measure(&base(hall), live, info.t());
        Whole { value: versioned(value, Ts(0)), changed: Ts(0) }
    });
    let named = |whole: &Whole| asked.ids.as_ref().is_none_or(|ids| ids.contains(&whole.id()));
    Ok(rules.forms().all().map(whole).chain(counted).filter(named).collect())
}

/// The rules of returns of the whole city.
pub(crate) fn rules(hall: &Hall, info: &RequestInfo) -> Result<Rules, Refusal> {
    let network = hall.service::<Network>().map_err(house(info))?;
    network.rules(&PlacePath::root(), hall.now()).map_err(NetworkError::from).map_err(AppError::from).map_err(house(info))
}

/// A return, and the report that it is.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) told: Return,
    pub(crate) whole: Whole,
}

/// The returns that the program's institution reads, as reports.
async fn reports(asked: &Asked, program: &Program, at: (&Hall, &RequestInfo)) -> Result<Vec<Whole>, Refusal> {
    Ok(told_returns(asked, program, at).await?.into_iter().map(|one| one.whole).collect())
}

/// The same, with what was told.
pub(crate) async fn told_returns(
    asked: &Asked,
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<Vec<Told>, Refusal> {
    let failed = |error: NetworkError| house(info)(AppError::from(error));
    let mut read = hall.read().await.map_err(house(info))?;
    let c = &mut read.conn();
    let found = match &asked.ids {
        None => in_name_of(&program.ctx, c, days(asked.span("period"))).await.map_err(failed)?,
        Some(ids) => {
            let mut all = Vec::new();
            for id in ids.iter().filter_map(|id| id.parse::<ReturnId>().ok()) {
                match one_in_name_of(&program.ctx, c, id).await {
                    Ok(one) => all.push(one),
                    Err(NetworkError::NotFound) => {}
                    Err(error) => return Err(failed(error)),
                }
            }
            all
        }
    };
    drop(read);
    let written = written(&found, (hall, info)).await?;
    let mut reports: Vec<Told> = found.into_iter().zip(written).map(|(told, whole)| Told { told, whole }).collect();
    if asked.has_chain() {
        let rules = rules(hall, info)?;
        let titled: BTreeSet<String> = rules
            .forms()
            .all()
            .filter(|form| asked.is_titled(&[form.name("zh-CN"), form.name("en")]))
            .map(|form| canonical(&base(hall), &form.id))
            .collect();
        let near = match asked.near {
            None => None,
            Some((point, metres)) => {
                let network = hall.service::<Network>().map_err(house(info))?;
                let mut read = hall.read().await.map_err(house(info))?;
                let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
                let near = register.near(point, metres);
                Some(near.iter().map(|(_, listed)| format!("Location/{}", listed.institution.id)).collect::<BTreeSet<_>>())
            }
        };
        let said = |whole: &Whole, path: &str| whole.value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        reports.retain(|one| {
            titled.contains(&said(&one.whole, "/measure"))
                && near.as_ref().is_none_or(|near| near.contains(&said(&one.whole, "/subject/reference")))
        });
    }
    Ok(reports)
}

/// Returns as reports.
pub(crate) async fn written(found: &[Return], (hall, info): (&Hall, &RequestInfo)) -> Result<Vec<Whole>, Refusal> {
    let network = hall.service::<Network>().map_err(house(info))?;
    let rules = rules(hall, info)?;
    let mut read = hall.read().await.map_err(house(info))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    let base = base(hall);
    let whole =
        |told: &Return| Whole { value: report(&base, &register, told, rules.forms().form(&told.form)), changed: told.told_at };
    Ok(found.iter().map(whole).collect())
}

/// The days that a span touches.
fn days(between: Between) -> (Date, Date) {
    let day = |at: Ts, open: Date| if at.0 == i64::MIN || at.0 == i64::MAX { open } else { at.local().date() };
    // A return of a week begins up to six days before what it tells of.
    let from = day(between.from, date(1900, 1, 1));
    (from.checked_sub(jiff::Span::new().days(6)).unwrap_or(from), day(between.until, date(9999, 12, 31)))
}
