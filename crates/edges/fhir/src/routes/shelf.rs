//! The register of the network: read and search.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use linli_hall::Hall;
use linli_kernel::PlacePath;
use linli_treatment::queries::directory::directory;
use linli_treatment::{BedDesk, BedError, Network};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::{agree, answer, base, house, parameters};
use crate::answer::{has_tag, prefer, resource, tagged};
use crate::item::{Field, Item};
use crate::network::region::regions;
use crate::network::{OnShelf, View};
use crate::outcome::{Issue, Kind, Refusal};
use crate::params::{ALONG_MOST, Along, Asked, Found, read as read_asked};
use crate::program::{enter, in_network};
use crate::table::served;

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
        in_network(&hall, &info, &program).await?;
        let found = looked(&hall, &info, |view| view.by_id(kind, &id).map(|item| (item.json(), item.changed()))).await?;
        let (body, changed) = found.ok_or_else(|| not_there(kind))?;
        let version = body.pointer("/meta/versionId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let answer =
            if has_tag(&headers, &version) { StatusCode::NOT_MODIFIED.into_response() } else { resource(StatusCode::OK, &body) };
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
    in_network(hall, info, &program).await?;
    let of = served(kind).ok_or_else(|| not_there(kind))?;
    let asked = read_asked(of, pairs, prefer(headers).1)?;
    let at = format!("{}/{kind}", base(hall));
    let bundle = looked(hall, info, |view| {
        let found = asked.pick(view.candidates(kind, &asked).into_iter());
        let along = along(view, kind, &asked, &found);
        asked.bundle(info, &at, &found, along)
    });
    Ok(resource(StatusCode::OK, &bundle.await?))
}

/// Looks into the register as it stands.
pub(crate) async fn looked<T>(hall: &Hall, info: &RequestInfo, look: impl FnOnce(View<'_>) -> T) -> Result<T, Refusal> {
    let (network, desk) = (hall.service::<Network>().map_err(house(info))?, hall.service::<BedDesk>().map_err(house(info))?);
    let now = hall.now();
    let rules = desk.beds(&PlacePath::root(), now).map_err(BedError::from).map_err(AppError::from).map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let regions = regions(&mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    let directory = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    Ok(look(View { directory: &directory, beds: &rules.value, regions: &regions, now }))
}

pub(crate) fn not_there(kind: &str) -> Refusal {
    let issue = Issue::new(Kind::NotFound, "fhir-error-no-such").arg("kind", kind).at(format!("{kind}.id"));
    Refusal::of(StatusCode::NOT_FOUND, issue)
}

/// What comes along with a page: what it refers to, and what refers to it.
fn along<'a>(view: View<'a>, kind: &str, asked: &Asked, found: &Found<OnShelf<'a>>) -> Vec<Value> {
    let mut taken: BTreeSet<(String, String)> = found.page.iter().map(|(_, id, _)| (kind.to_owned(), id.clone())).collect();
    let mut resources = Vec::new();
    for (of, id) in referred(asked, found, kind).into_iter().chain(referring(view, asked, found, kind)) {
        if resources.len() == ALONG_MOST {
            break;
        }
        if let (true, Some(item)) = (taken.insert((of.clone(), id.clone())), view.by_id(&of, &id)) {
            resources.push(item.json());
        }
    }
    resources
}

/// Kinds and ids of what the page refers to.
fn referred(asked: &Asked, found: &Found<OnShelf<'_>>, kind: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for Along { parameter, target, .. } in asked.include.iter().filter(|along| along.kind == kind) {
        let known = served(kind).and_then(|served| served.search.iter().find(|known| known.name == parameter));
        for (item, known) in found.page.iter().filter_map(|(_, _, item)| Some((item, known?))) {
            item.any(known, &mut |field| {
                if let Field::Reference(of, id) = field
                    && target.as_deref().is_none_or(|target| target == of)
                {
                    all.push((of.to_owned(), id));
                }
                false
            });
        }
    }
    all
}

/// Kinds and ids of what refers to the page.
fn referring(view: View<'_>, asked: &Asked, found: &Found<OnShelf<'_>>, kind: &str) -> Vec<(String, String)> {
    let page: BTreeSet<&str> = found.page.iter().map(|(_, id, _)| id.as_str()).collect();
    let mut all = Vec::new();
    for Along { kind: from, parameter, .. } in &asked.revinclude {
        let Some(known) = served(from).and_then(|served| served.search.iter().find(|known| known.name == parameter)) else {
            continue;
        };
        view.around(from, found.page.iter().map(|(_, _, item)| *item), &mut |item| {
            let refers = item
                .any(known, &mut |field| matches!(field, Field::Reference(of, id) if of == kind && page.contains(id.as_str())));
            if refers {
                all.push((from.clone(), item.id()));
            }
        });
    }
    all
}
