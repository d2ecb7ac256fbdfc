//! `Observation`: create, read, update, search.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use linli_care::CarePersonId;
use linli_care::follow::model::{Part, Reading};
use linli_care::follow::{FollowError, Span, commands, queries};
use linli_db::Tx;
use linli_hall::Hall;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use super::{RESOURCE_MAX, agree, answer, base, desk, house, json, parameters};
use crate::answer::{Wanted, has_it, if_match, prefer, resource, versioned};
use crate::observation::ObservationId;
use crate::observation::read::{Sent, key_of, read as read_observation};
use crate::observation::write::{changed, observation, parts, thousandths};
use crate::outcome::{Issue, Kind, Refusal, fine, outcome};
use crate::program::{Program, count, enter, store};
use crate::readings::{Failed, Kept, NO_SUBJECT, change, take};
use crate::search::{Cursor, Search, read as read_search};

/// Readings that are looked through at a time.
const BATCH: i64 = 100;

/// `POST Observation`.
pub(crate) async fn create(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        let mut sent = read_observation(&value).map_err(Refusal::unreadable)?;
        let unless = headers.get("if-none-exist").map(|query| unless_exists(query.to_str().unwrap_or_default())).transpose()?;
        let kept = create_one(&program, &hall, &info, &mut sent, unless).await?;
        let status = if kept.created { StatusCode::CREATED } else { StatusCode::OK };
        Ok(told(&hall, &info, &headers, (status, &kept)))
    };
    answer(&info, outcome.await)
}

/// Creates one in a transaction of its own.
pub(crate) async fn create_one(
    program: &Program,
    hall: &Hall,
    info: &RequestInfo,
    sent: &mut Sent,
    unless: Option<String>,
) -> Result<Kept, Refusal> {
    let desk = desk(hall, info)?;
    let mut tx = hall.begin(program.district).await.map_err(house(info))?;
    let kept = match unless {
        Some(key) => take_unless(program, &mut tx, &desk, sent, key).await,
        None => take(program, &mut tx, &desk, sent).await,
    };
    match kept {
        Ok(kept) => {
            hall.commit(tx).await.map_err(house(info))?;
            Ok(kept)
        }
        Err(failed) => {
            drop(tx);
            Err(refuse(program, hall, info, failed).await)
        }
    }
}

/// The refusal; that a subject was not taken is counted.
pub(crate) async fn refuse(program: &Program, hall: &Hall, info: &RequestInfo, failed: Failed) -> Refusal {
    if matches!(failed, Failed::NoSubject) {
        count(hall, program, NO_SUBJECT, 1).await;
    }
    failed.refusal(info.t())
}

/// What is kept of the identifier in `If-None-Exist: identifier=system|value`.
pub(crate) fn unless_exists(query: &str) -> Result<String, Refusal> {
    let pairs = parameters(query.trim_start_matches('?'));
    match pairs.as_slice() {
        [(name, value)] if name == "identifier" && !value.is_empty() => {
            let (system, value) = value.split_once('|').unwrap_or(("", value));
            Ok(key_of(system, value))
        }
        _ => {
            let issue = Issue::new(Kind::NotSupported, "fhir-error-if-none-exist").at("http.If-None-Exist");
            Err(Refusal::of(StatusCode::BAD_REQUEST, issue))
        }
    }
}

/// Takes an observation unless one with this key is there. One without an identifier of its own is known by it from then on.
pub(crate) async fn take_unless(
    program: &Program,
    tx: &mut Tx,
    desk: &linli_care::follow::Desk,
    sent: &mut Sent,
    key: String,
) -> Result<Kept, Failed> {
    let consent = crate::readings::proof(&mut tx.conn()?, program, sent).await?;
    if let Some((reading, part)) = commands::told_as(&program.ctx, tx, &consent, &key).await? {
        let id = ObservationId { reading: reading.id, part: part.unwrap_or(sent.part) };
        return Ok(Kept { id, reading, created: false });
    }
    sent.key.get_or_insert(key);
    take(program, tx, desk, sent).await
}

/// The answer to a change.
pub(crate) fn told(hall: &Hall, info: &RequestInfo, headers: &HeaderMap, (status, kept): (StatusCode, &Kept)) -> Response {
    let answer = match prefer(headers).0 {
        Wanted::Minimal => status.into_response(),
        Wanted::Representation => resource(status, &observation(&kept.reading, kept.id.part)),
        Wanted::Outcome => resource(status, &fine(info.t())),
    };
    let location = format!("{}/Observation/{}", base(hall), kept.id);
    versioned(answer, kept.reading.version, changed(&kept.reading), Some(&location))
}

fn not_there() -> Refusal {
    Refusal::of(StatusCode::NOT_FOUND, Issue::new(Kind::NotFound, "fhir-error-not-found").at("Observation.id"))
}

/// A reading that is asked for, and that it was looked at. What is out of reach is not there.
async fn look(program: &Program, info: &RequestInfo, tx: &mut Tx, id: ObservationId) -> Result<Option<Reading>, Refusal> {
    let ours = |error: FollowError| Failed::from(error).refusal(info.t());
    let c = &mut tx.conn().map_err(|error| store(error, info))?;
    let (reading, _) = match queries::reading(&program.ctx, c, program.district, id.reading).await {
        Ok(found) => found,
        Err(FollowError::NotFound) => return Ok(None),
        Err(error) => return Err(ours(error)),
    };
    let there = reading.vitals.has(id.part) || queries::was_told(c, program.district, id.reading, id.part).await.map_err(ours)?;
    if !there {
        return Ok(None);
    }
    commands::looked(&program.ctx, tx, reading.person).await.map_err(ours)?;
    Ok(Some(reading))
}

/// `GET Observation/{id}`.
pub(crate) async fn read(info: RequestInfo, State(hall): State<Hall>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let id = ObservationId::read(&id).ok_or_else(not_there)?;
        let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
        let Some(reading) = look(&program, &info, &mut tx, id).await? else {
            drop(tx);
            count(&hall, &program, NO_SUBJECT, 1).await;
            return Err(not_there());
        };
        hall.commit(tx).await.map_err(house(&info))?;
        let answer = if has_it(&headers, reading.version) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            resource(StatusCode::OK, &observation(&reading, id.part))
        };
        Ok(versioned(answer, reading.version, changed(&reading), None))
    };
    answer(&info, outcome.await)
}

/// `PUT Observation/{id}`: a correction, or that it was an error.
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
        let version = if_match(&headers)?;
        let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
        let kept = match update_in(&program, &mut tx, (&hall, &info), (&id, version), &value).await {
            Ok(kept) => kept,
            Err(failed) => {
                drop(tx);
                return Err(refuse(&program, &hall, &info, failed).await);
            }
        };
        hall.commit(tx).await.map_err(house(&info))?;
        Ok(told(&hall, &info, &headers, (StatusCode::OK, &kept)))
    };
    answer(&info, outcome.await)
}

/// Updates one in a transaction that is running.
pub(crate) async fn update_in(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    (id, version): (&str, Option<i64>),
    value: &Value,
) -> Result<Kept, Failed> {
    let refused = |status, issue: Issue| Failed::Refused(Refusal::of(status, issue));
    let named = ObservationId::read(id).ok_or_else(|| Failed::Refused(not_there()))?;
    let sent = read_observation(value).map_err(|issues| Failed::Refused(Refusal::unreadable(issues)))?;
    if sent.id.as_deref() != Some(id) {
        return Err(refused(StatusCode::BAD_REQUEST, Issue::new(Kind::Value, "fhir-error-id").at("Observation.id")));
    }
    let found = queries::reading(&program.ctx, &mut tx.conn()?, program.district, named.reading).await;
    let (reading, consent) = match found {
        Ok(found) => found,
        Err(FollowError::NotFound) => return Err(Failed::Refused(not_there())),
        Err(error) => return Err(error.into()),
    };
    if sent.part != named.part || !was_there(program, tx, &reading, named).await? {
        return Err(refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            Issue::new(Kind::BusinessRule, "fhir-error-other-part").at("Observation.code"),
        ));
    }
    if sent.person != Some(reading.person) {
        return Err(Failed::NoSubject);
    }
    let desk = desk(hall, info).map_err(Failed::Refused)?;
    match change(program, tx, &desk, &consent, (named, version), &sent).await {
        Err(Failed::Follow(FollowError::Changed)) if version.is_some() => Err(refused(
            StatusCode::PRECONDITION_FAILED,
            Issue::new(Kind::Conflict, "fhir-error-changed").at("Observation.meta.versionId"),
        )),
        other => other,
    }
}

async fn was_there(program: &Program, tx: &mut Tx, reading: &Reading, id: ObservationId) -> Result<bool, Failed> {
    if reading.vitals.has(id.part) {
        return Ok(true);
    }
    Ok(queries::was_told(&mut tx.conn()?, program.district, id.reading, id.part).await?)
}

/// `GET Observation?subject=…`.
pub(crate) async fn search(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap) -> Response {
    let pairs = parameters(info.query());
    answer(&info, searched(&info, &hall, &headers, pairs).await)
}

/// `POST Observation/_search`: the same with the parameters in the body, so that they stand in no log of addresses.
pub(crate) async fn search_by_form(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: String) -> Response {
    let pairs = parameters(info.query()).into_iter().chain(parameters(&body)).collect();
    answer(&info, searched(&info, &hall, &headers, pairs).await)
}

async fn searched(
    info: &RequestInfo,
    hall: &Hall,
    headers: &HeaderMap,
    pairs: Vec<(String, String)>,
) -> Result<Response, Refusal> {
    let program = enter(hall, info, headers).await?;
    agree(info, headers)?;
    let asked = read_search(&pairs, prefer(headers).1)?;
    let mut tx = hall.begin(program.district).await.map_err(house(info))?;
    let found = match &asked.ids {
        Some(ids) => by_ids(&program, info, &mut tx, (&asked, ids)).await?,
        None => match of_subject(&program, &mut tx, &asked).await {
            Ok(found) => found,
            Err(Failed::NoSubject) => {
                drop(tx);
                count(hall, &program, NO_SUBJECT, 1).await;
                return Ok(resource(StatusCode::OK, &searchset(info, hall, &asked, &Found::default())));
            }
            Err(failed) => return Err(failed.refusal(info.t())),
        },
    };
    hall.commit(tx).await.map_err(house(info))?;
    Ok(resource(StatusCode::OK, &searchset(info, hall, &asked, &found)))
}

/// What was found: the observations of the page, whether there are more, and how many where that was asked for.
#[derive(Debug, Default)]
struct Found {
    page: Vec<(Reading, Part)>,
    more: bool,
    total: usize,
}

fn wanted(asked: &Search, part: Part) -> bool {
    asked.parts.as_ref().is_none_or(|parts| parts.contains(&part))
}

/// Whether what was measured is as large as is wanted.
fn is_sized(asked: &Search, reading: &Reading, part: Part) -> bool {
    let value = thousandths(&reading.vitals, part);
    asked.sizes.iter().all(|sizes| value.is_some_and(|value| sizes.iter().any(|size| size.is(value, part))))
}

async fn by_ids(
    program: &Program,
    info: &RequestInfo,
    tx: &mut Tx,
    (asked, ids): (&Search, &[ObservationId]),
) -> Result<Found, Refusal> {
    let mut found = Found::default();
    for id in ids.iter().filter(|id| wanted(asked, id.part)) {
        let reading = look(program, info, tx, *id).await?;
        if let Some(reading) = reading
            .filter(|reading| asked.person.is_none_or(|person| person == reading.person) && is_sized(asked, reading, id.part))
        {
            found.page.push((reading, id.part));
        }
    }
    found.total = found.page.len();
    Ok(found)
}

async fn of_subject(program: &Program, tx: &mut Tx, asked: &Search) -> Result<Found, Failed> {
    let person: CarePersonId = asked.person.ok_or(Failed::NoSubject)?;
    let given = linli_care::consent::in_force(&mut tx.conn()?, program.district, person, program.ctx.now()).await;
    let consent = given.map_err(FollowError::from)?.readings.ok_or(Failed::NoSubject)?;
    commands::looked(&program.ctx, tx, person).await?;
    let named = match &asked.key {
        Some(key) => Some(commands::told_as(&program.ctx, tx, &consent, key).await?),
        None => None,
    };
    let most = usize::try_from(asked.count).unwrap_or(usize::MAX);
    let mut found = Found::default();
    let mut begin = asked.after.filter(|_| !asked.summary_count).map(|cursor| (cursor.at, cursor.reading));
    loop {
        let span = Span {
            from: asked.taken.from,
            until: asked.taken.until,
            changed_from: asked.changed.from,
            changed_until: asked.changed.until,
            begin,
            limit: BATCH,
        };
        let readings = queries::readings_of(&program.ctx, &mut tx.conn()?, program.district, &consent, span).await?;
        let full = i64::try_from(readings.len()).is_ok_and(|many| many == BATCH);
        // The last one begins the next batch, so that it is asked for once more and passed over now.
        let next = readings.last().map(|reading| (reading.taken_at, reading.id)).filter(|_| full);
        for reading in readings.iter().filter(|reading| next != Some((reading.taken_at, reading.id))) {
            for part in parts(reading).filter(|part| wanted(asked, *part)) {
                let is_named = named
                    .as_ref()
                    .is_none_or(|named| named.as_ref().is_some_and(|(known, of)| known.id == reading.id && *of == Some(part)));
                if !is_named || !is_sized(asked, reading, part) || was_shown(asked, reading, part) {
                    continue;
                }
                found.total += 1;
                if asked.summary_count {
                    continue;
                }
                if found.page.len() == most {
                    found.more = true;
                    return Ok(found);
                }
                found.page.push((reading.clone(), part));
            }
        }
        match next {
            Some(_) => begin = next,
            None => return Ok(found),
        }
    }
}

/// Whether an observation was on a page before.
fn was_shown(asked: &Search, reading: &Reading, part: Part) -> bool {
    asked.after.is_some_and(|Cursor { reading: last, part: at, .. }| !asked.summary_count && last == reading.id && part <= at)
}

fn searchset(info: &RequestInfo, hall: &Hall, asked: &Search, found: &Found) -> Value {
    let base = base(hall);
    let link = |page: Option<String>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&asked.used);
        if let Some(page) = page {
            query.append_pair("_page", &page);
        }
        format!("{base}/Observation?{}", query.finish())
    };
    let mut links = vec![json!({ "relation": "self", "url": link(asked.after.map(|cursor| cursor.to_string())) })];
    if let Some((reading, part)) = found.page.last().filter(|_| found.more) {
        let cursor = Cursor { at: reading.taken_at, reading: reading.id, part: *part };
        links.push(json!({ "relation": "next", "url": link(Some(cursor.to_string())) }));
    }
    let mut entries: Vec<Value> = found
        .page
        .iter()
        .map(|(reading, part)| {
            let id = ObservationId { reading: reading.id, part: *part };
            json!({
                "fullUrl": format!("{base}/Observation/{id}"),
                "resource": observation(reading, *part),
                "search": { "mode": "match" },
            })
        })
        .collect();
    if !asked.unknown.is_empty() {
        let issue = |name: &String| {
            Issue::new(Kind::NotSupported, "fhir-error-parameter-unknown").arg("name", name.as_str()).at(format!("http.{name}"))
        };
        let issues: Vec<Issue> = asked.unknown.iter().map(issue).collect();
        entries.push(json!({ "resource": outcome(info.t(), "warning", &issues), "search": { "mode": "outcome" } }));
    }
    let mut bundle = json!({ "resourceType": "Bundle", "type": "searchset", "link": links });
    if let Some(fields) = bundle.as_object_mut() {
        // How many there are in all is known on the last page of one, and where it was asked for.
        if asked.summary_count || (asked.after.is_none() && !found.more) {
            fields.insert("total".to_owned(), json!(found.total));
        }
        if !entries.is_empty() {
            fields.insert("entry".to_owned(), json!(entries));
        }
    }
    bundle
}
