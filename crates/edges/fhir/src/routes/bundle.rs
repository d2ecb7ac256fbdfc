//! `Bundle` at the root: a batch is as many requests as it has entries, a transaction is one. What can be asked for by itself can be asked for
//! in an entry: a batch goes through the same handlers, a transaction through the same commands.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use linli_care::follow::Desk;
use linli_db::Tx;
use linli_hall::Hall;
use linli_kernel::Ts;
use linli_treatment::BedDesk;
use linli_treatment::commands::inbound::Declined;
use linli_treatment::model::ReturnId;
use linli_treatment::model::plan::At;
use linli_webkit::RequestInfo;
use serde_json::{Value, json};

use super::dispatch::{Request, carry_out, parse};
use super::entries::{BundleKind, Entry, moved, placed, read_bundle};
use super::observation::{take_unless, unless_exists, update_in};
use super::{
    RESOURCE_MAX, agree, answer, base, desk, house, json as json_body, notices, observation, reports, stays, tasks, too_large,
};
use crate::answer::{FHIR_JSON, if_match, refused, resource};
use crate::measures::read::Report;

use crate::notices::Notice;
use crate::notices::read::New;
use crate::observation::read::{Sent, read as read_observation};
use crate::observation::write::instant;
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, enter, in_network};
use crate::readings::{Failed, Kept, known, proof, take, take_new, together};
use crate::table::Room;

/// Largest bundle, in bytes.
const BUNDLE_MAX: usize = 4 * 1024 * 1024;

/// `POST /`: batch or transaction.
pub(crate) async fn send(
    rooms: &'static [Room],
    info: RequestInfo,
    State(hall): State<Hall>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let bundle = json_body(&headers, body, BUNDLE_MAX).await?;
        let (kind, entries) = read_bundle(&bundle)?;
        let whole = Whole { rooms, hall: &hall, info: &info, headers: &headers };
        let answers = match kind {
            BundleKind::Batch => batch(&whole, &entries).await,
            BundleKind::Transaction => match transaction(&program, &whole, &entries).await? {
                Ok(answers) => answers,
                Err(refused) => return Ok(refused),
            },
        };
        let mut answered = json!({ "resourceType": "Bundle", "type": kind.answered() });
        if let (Some(fields), false) = (answered.as_object_mut(), answers.is_empty()) {
            fields.insert("entry".to_owned(), json!(answers));
        }
        Ok(resource(StatusCode::OK, &answered))
    };
    answer(&info, outcome.await)
}

/// The request that a bundle came in.
struct Whole<'a> {
    rooms: &'static [Room],
    hall: &'a Hall,
    info: &'a RequestInfo,
    headers: &'a HeaderMap,
}

/// What an entry asks for, with its resource where it has one.
fn asked<'a>(entry: &Entry<'a>) -> Result<(Request, Option<&'a Value>), Refusal> {
    let path = &entry.path;
    let wrong = |kind, key, at: &str| Refusal::unreadable(vec![Issue::new(kind, key).at(format!("{path}{at}"))]);
    let Some(request) = entry.node.get("request") else {
        return Err(wrong(Kind::Required, "fhir-error-required", ".request"));
    };
    let (Some(method), Some(url)) = (request.text("method"), request.text("url")) else {
        return Err(wrong(Kind::Required, "fhir-error-required", ".request.method"));
    };
    let request = parse(method, url).ok_or_else(|| wrong(Kind::NotSupported, "fhir-error-entry", ".request.url"))?;
    let body = entry.node.value.get("resource").filter(|resource| resource.is_object());
    if request.has_body() && body.is_none() {
        return Err(wrong(Kind::Required, "fhir-error-required", ".resource"));
    }
    // One resource is no larger here than by itself.
    if body.is_some_and(|body| body.to_string().len() > RESOURCE_MAX) {
        return Err(moved(too_large(RESOURCE_MAX), path, true));
    }
    Ok((request, body))
}

/// The headers of an entry: those of the whole, and the conditions of its own request.
fn headers_of(entry: &Entry<'_>, whole: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in [AUTHORIZATION, ACCEPT, HeaderName::from_static("prefer")] {
        for value in whole.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    let request = entry.node.get("request");
    for (member, name) in
        [("ifMatch", IF_MATCH), ("ifNoneMatch", IF_NONE_MATCH), ("ifNoneExist", HeaderName::from_static("if-none-exist"))]
    {
        let said = request.as_ref().and_then(|request| request.text(member)).and_then(|text| HeaderValue::from_str(text).ok());
        if let Some(value) = said {
            headers.insert(name, value);
        }
    }
    headers
}

/// An answer as an entry.
async fn told(whole: &Whole<'_>, answer: Response, entry: &Entry<'_>, request: &Request) -> Value {
    let (parts, body) = answer.into_parts();
    let header = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let mut response = json!({ "status": parts.status.to_string() });
    let mut written = json!({});
    let mut put = |name: &str, value: Option<Value>| {
        if let (Some(fields), Some(value)) = (response.as_object_mut(), value) {
            fields.insert(name.to_owned(), value);
        }
    };
    put("location", header(LOCATION).map(|url| json!(url)));
    put("etag", header(ETAG).map(|tag| json!(tag)));
    let changed = header(LAST_MODIFIED).and_then(|text| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
    put("lastModified", changed.map(|at| json!(instant(Ts(at.as_microsecond())))));
    let body: Option<Value> = match to_bytes(body, usize::MAX).await {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(_) => None,
    };
    let is_outcome = body.as_ref().is_some_and(|body| body.get("resourceType") == Some(&json!("OperationOutcome")));
    match body {
        Some(mut outcome) if is_outcome => {
            if !parts.status.is_success() {
                in_entry(&mut outcome, entry, request);
            }
            put("outcome", Some(outcome));
        }
        Some(resource) => {
            let of = |name: &str| resource.get(name).and_then(Value::as_str);
            let own = of("resourceType").zip(of("id")).filter(|(kind, _)| *kind == request.kind);
            let url = own.map(|(kind, id)| format!("{}/{kind}/{id}", base(whole.hall)));
            if let (Some(fields), Some(url)) = (written.as_object_mut(), url) {
                fields.insert("fullUrl".to_owned(), json!(url));
            }
            if let Some(fields) = written.as_object_mut() {
                fields.insert("resource".to_owned(), resource);
            }
        }
        None => {}
    }
    if let Some(fields) = written.as_object_mut() {
        fields.insert("response".to_owned(), response);
    }
    written
}

/// Moves the paths of an outcome into the entry that it is about.
fn in_entry(outcome: &mut Value, entry: &Entry<'_>, request: &Request) {
    let has_body = request.has_body();
    for issue in outcome.get_mut("issue").and_then(Value::as_array_mut).into_iter().flatten() {
        let said = issue.pointer("/expression/0").and_then(Value::as_str);
        let place = placed(said, &entry.path, has_body);
        if let Some(fields) = issue.as_object_mut() {
            fields.insert("expression".to_owned(), json!([place]));
        }
    }
}

/// Each entry by itself: what is wrong with one does not hold up the others.
async fn batch(whole: &Whole<'_>, entries: &[Entry<'_>]) -> Vec<Value> {
    let mut answers = Vec::with_capacity(entries.len());
    for entry in entries {
        answers.push(match asked(entry) {
            Ok((request, body)) => {
                let answer = by_itself(whole, entry, &request, body).await;
                told(whole, answer, entry, &request).await
            }
            Err(refusal) => {
                let outcome = refusal.json(whole.info.t());
                json!({ "response": { "status": refusal.status.to_string(), "outcome": outcome } })
            }
        });
    }
    answers
}

/// Carries an entry out as a request of its own.
async fn by_itself(whole: &Whole<'_>, entry: &Entry<'_>, request: &Request, body: Option<&Value>) -> Response {
    let headers = headers_of(entry, whole.headers);
    Box::pin(carry_out(whole.rooms, (whole.hall, whole.info), headers, request, body)).await
}

/// What one entry of a transaction is to do; everything that can be known before is known.
enum Step<'a> {
    /// A new observation.
    New(Box<Sent>),
    /// A new observation, unless one with this identifier is there.
    Unless(&'a Value, String),
    /// A correction of an observation, of a version that the source has seen.
    Correct(String, &'a Value, Option<i64>),
    /// A return.
    Tell(At, Box<Report>, reports::Seen),
    /// An answer to a task.
    Answer(At, Box<tasks::Answered>),
    /// A stay goes on.
    GoOn(String, Box<stays::Step>),
    /// A subscription.
    Subscribe(Box<New>),
    /// The end of one.
    Unsubscribe(String),
    /// What is there already, or is only looked at: answered when everything else is done.
    Look,
}

impl Step<'_> {
    /// R4 does what is to go before what is to be made, and that before what is to be changed.
    const fn rank(&self) -> u8 {
        match self {
            Self::Unsubscribe(_) => 0,
            Self::New(_) | Self::Unless(..) | Self::Subscribe(_) => 1,
            Self::Tell(_, _, seen) if !seen.is_correction() => 1,
            Self::Correct(..) | Self::Tell(..) | Self::Answer(..) | Self::GoOn(..) => 2,
            Self::Look => 3,
        }
    }
}

/// What was done for an entry.
enum Done {
    Kept(Box<Kept>),
    Told(StatusCode, ReturnId),
    Answered(String),
    WentOn(String),
    Subscribed(Box<Notice>),
    Gone,
}

/// Why nothing of a transaction was done.
enum Failure {
    /// An observation was not taken.
    Reading(Failed),
    /// Somebody who is critical was to be refused: nothing is changed, and that it was tried is kept.
    Critical(Box<tasks::Answered>),
    Other(Refusal),
}

impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        Self::Reading(failed)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal)
    }
}

/// Everything or nothing. What was measured of one person at one instant becomes one reading.
async fn transaction(
    program: &Program,
    whole: &Whole<'_>,
    entries: &[Entry<'_>],
) -> Result<Result<Vec<Value>, Response>, Refusal> {
    let (hall, info) = (whole.hall, whole.info);
    let requests = requests(entries)?;
    // What is only looked at is looked at before as well: if it is not there, nothing is done.
    let mut looks: Vec<Option<Response>> = Vec::new();
    for (entry, (request, body)) in entries.iter().zip(&requests) {
        if !request.is_look() {
            looks.push(None);
            continue;
        }
        let answer = by_itself(whole, entry, request, *body).await;
        if answer.status().is_client_error() || answer.status().is_server_error() {
            return Ok(Err(refused_look(answer, entry, request).await));
        }
        looks.push(Some(answer));
    }
    let (mut steps, mut wrong) = (Vec::new(), Vec::new());
    for (i, (entry, (request, body))) in entries.iter().zip(&requests).enumerate() {
        match Box::pin(prepared(program, whole, entry, (request, *body))).await {
            Ok((step, there)) => {
                if let (Some(there), Some(look)) = (there, looks.get_mut(i)) {
                    *look = Some(there);
                }
                steps.push((i, step));
            }
            Err(refusal) => wrong.push(moved(refusal, &entry.path, request.has_body())),
        }
    }
    match wrong.len() {
        0 => {}
        1 => return Err(wrong.remove(0)),
        _ => return Err(Refusal::unreadable(wrong.into_iter().flat_map(|one| one.issues).collect())),
    }
    if steps.iter().any(|(_, step)| !matches!(step, Step::Look)) {
        let done = all_or_nothing(program, whole, (entries, requests.as_slice()), steps).await?;
        for (i, done) in done {
            let Some((entry, look)) = entries.get(i).zip(looks.get_mut(i)) else { continue };
            let headers = headers_of(entry, whole.headers);
            // It is done: what cannot be read again now is not undone by that.
            *look = Some(
                Box::pin(answered(program, (hall, info), done, &headers))
                    .await
                    .unwrap_or_else(|refusal| refused(&refusal, info.t())),
            );
        }
        // What is looked at is seen as it stands now.
        for ((entry, (request, body)), look) in
            entries.iter().zip(&requests).zip(&mut looks).filter(|((_, (request, _)), _)| request.is_look())
        {
            *look = Some(by_itself(whole, entry, request, *body).await);
        }
    }
    let mut answers = Vec::with_capacity(entries.len());
    for ((entry, (request, _)), look) in entries.iter().zip(&requests).zip(looks) {
        answers.push(told(whole, look.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response()), entry, request).await);
    }
    Ok(Ok(answers))
}

/// What the entries of a transaction ask for: each of them, and no resource twice.
fn requests<'a>(entries: &[Entry<'a>]) -> Result<Vec<(Request, Option<&'a Value>)>, Refusal> {
    let (mut all, mut issues, mut changed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for entry in entries {
        match asked(entry) {
            Ok((request, body)) => {
                if let Some(name) = request.changes().filter(|name| !changed.insert(name.clone())) {
                    let issue = Issue::new(Kind::Duplicate, "fhir-error-entry-twice").arg("url", name);
                    issues.push(issue.at(format!("{}.request.url", entry.path)));
                }
                all.push((request, body));
            }
            Err(refusal) => issues.extend(refusal.issues),
        }
    }
    if issues.is_empty() { Ok(all) } else { Err(Refusal::unreadable(issues)) }
}

/// The refusal of a transaction in which something cannot be looked at.
async fn refused_look(answer: Response, entry: &Entry<'_>, request: &Request) -> Response {
    let (status, bytes) = (answer.status(), to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default());
    let mut outcome: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    in_entry(&mut outcome, entry, request);
    resource(status, &outcome)
}

/// Reads what an entry is to do; where it is there already, the answer to it.
async fn prepared<'a>(
    program: &Program,
    whole: &Whole<'_>,
    entry: &Entry<'_>,
    (request, body): (&Request, Option<&'a Value>),
) -> Result<(Step<'a>, Option<Response>), Refusal> {
    let at = (whole.hall, whole.info);
    if request.is_look() {
        return Ok((Step::Look, None));
    }
    let headers = headers_of(entry, whole.headers);
    request.check(whole.rooms)?;
    let nothing = || Refusal::of(StatusCode::BAD_REQUEST, Issue::new(Kind::Required, "fhir-error-required"));
    let resource = || body.ok_or_else(nothing);
    let id = request.id.clone().unwrap_or_default();
    let step = match (request.method.as_str(), request.kind) {
        ("POST", "Observation") => {
            let sent = read_observation(resource()?).map_err(Refusal::unreadable)?;
            match headers.get("if-none-exist") {
                None => Step::New(Box::new(sent)),
                Some(query) => Step::Unless(resource()?, unless_exists(query.to_str().unwrap_or_default())?),
            }
        }
        ("PUT", "Observation") => Step::Correct(id, resource()?, if_match(&headers)?),
        ("POST", "MeasureReport") => {
            let (own, report) = reports::prepared(program, at, resource()?).await?;
            if let Some(there) = reports::there_already(program, at, &headers).await? {
                return Ok((Step::Look, Some(reports::told(whole.hall, whole.info, &headers, StatusCode::OK, &there))));
            }
            Step::Tell(own, Box::new(report), reports::FIRST)
        }
        ("PUT", "MeasureReport") => {
            let (own, report) = reports::prepared(program, at, resource()?).await?;
            let seen = reports::correction(program, at, (own, &report), (&id, if_match(&headers)?)).await?;
            Step::Tell(own, Box::new(report), seen)
        }
        ("PUT", "Task") => {
            let own = in_network(whole.hall, whole.info, program).await?;
            Step::Answer(own, Box::new(tasks::prepared(resource()?, &id)?))
        }
        ("PUT", "Encounter") => {
            in_network(whole.hall, whole.info, program).await?;
            let step = stays::prepared(program, at, (&id, resource()?), &headers).await?;
            Step::GoOn(id, Box::new(step))
        }
        ("POST", "Subscription") => Step::Subscribe(Box::new(notices::prepared(whole.rooms, program, at, resource()?).await?)),
        ("DELETE", "Subscription") => Step::Unsubscribe(id),
        _ => return Err(super::refusal_not_offered()),
    };
    Ok((step, None))
}

/// Does everything in one transaction; of what fails the whole of it is undone.
async fn all_or_nothing(
    program: &Program,
    whole: &Whole<'_>,
    (entries, requests): (&[Entry<'_>], &[(Request, Option<&Value>)]),
    steps: Vec<(usize, Step<'_>)>,
) -> Result<Vec<(usize, Done)>, Refusal> {
    let (hall, info) = (whole.hall, whole.info);
    let mut tx = hall.begin(program.district).await.map_err(house(info))?;
    let done = Box::pin(carried_out(program, &mut tx, whole, entries, steps)).await;
    let (i, failure) = match done {
        Ok(done) => {
            hall.commit(tx).await.map_err(house(info))?;
            if done.iter().any(|(_, done)| matches!(done, Done::Answered(_) | Done::WentOn(_))) {
                let desk = hall.service::<BedDesk>().map_err(house(info))?;
                tasks::deliver(hall, &desk).await;
            }
            return Ok(done);
        }
        Err(failed) => failed,
    };
    drop(tx);
    let refusal = match failure {
        Failure::Reading(failed) => observation::refuse(program, hall, info, failed).await,
        Failure::Other(refusal) => refusal,
        Failure::Critical(answered) => {
            let own = in_network(hall, info, program).await?;
            let mut tx = hall.begin(program.district).await.map_err(house(info))?;
            let headers = entries.get(i).map(|entry| headers_of(entry, whole.headers)).unwrap_or_default();
            tasks::act(program, &mut tx, (hall, info), (own, &answered), &headers).await?;
            hall.commit(tx).await.map_err(house(info))?;
            tasks::critical()
        }
    };
    let (path, has_body) = entries
        .get(i)
        .zip(requests.get(i))
        .map_or_else(|| ("Bundle".to_owned(), true), |(entry, (request, _))| (entry.path.clone(), request.has_body()));
    Err(moved(refusal, &path, has_body))
}

async fn carried_out(
    program: &Program,
    tx: &mut Tx,
    whole: &Whole<'_>,
    entries: &[Entry<'_>],
    mut steps: Vec<(usize, Step<'_>)>,
) -> Result<Vec<(usize, Done)>, (usize, Failure)> {
    let (hall, info) = (whole.hall, whole.info);
    steps.sort_by_key(|(i, step)| (step.rank(), *i));
    let mut done: Vec<(usize, Done)> = Vec::new();
    let mut fresh: Fresh = Vec::new();
    let mut rest = Vec::new();
    for (i, step) in steps {
        match step {
            Step::New(sent) => fresh.push((i, *sent)),
            Step::Look => {}
            other => rest.push((i, other)),
        }
    }
    if !fresh.is_empty() {
        let first = fresh.first().map_or(0, |(i, _)| *i);
        let desk = desk(hall, info).map_err(|refusal| (first, Failure::Other(refusal)))?;
        let kept = together_in(program, tx, &desk, fresh).await.map_err(|(i, failed)| (i, Failure::Reading(failed)))?;
        done.extend(kept.into_iter().map(|(i, kept)| (i, Done::Kept(Box::new(kept)))));
    }
    for (i, step) in rest {
        let headers = entries.get(i).map(|entry| headers_of(entry, whole.headers)).unwrap_or_default();
        let one = Box::pin(step_in(program, tx, (hall, info), step, &headers)).await;
        done.push((i, one.map_err(|failure| (i, failure))?));
    }
    Ok(done)
}

async fn step_in(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    step: Step<'_>,
    headers: &HeaderMap,
) -> Result<Done, Failure> {
    Ok(match step {
        Step::Unless(resource, key) => {
            let desk = desk(hall, info)?;
            let mut sent = read_observation(resource).map_err(Refusal::unreadable)?;
            Done::Kept(Box::new(take_unless(program, tx, &desk, &mut sent, key).await?))
        }
        Step::Correct(id, resource, version) => {
            Done::Kept(Box::new(update_in(program, tx, (hall, info), (&id, version), resource).await?))
        }
        Step::Tell(own, report, seen) => {
            let (status, id) = reports::keep(program, tx, (hall, info), (own, &report), seen).await?;
            Done::Told(status, id)
        }
        Step::Answer(own, answered) => match tasks::act(program, tx, (hall, info), (own, &answered), headers).await? {
            Declined::Critical => return Err(Failure::Critical(answered)),
            Declined::Refused => Done::Answered(answered.id),
        },
        Step::GoOn(id, step) => {
            if let Some(wanted) = step.wanted {
                stays::go_on(program, tx, (hall, info), (&step.known, wanted)).await?;
            }
            Done::WentOn(id)
        }
        Step::Subscribe(new) => Done::Subscribed(Box::new(notices::keep(program, tx, (hall, info), *new).await?)),
        Step::Unsubscribe(id) => {
            notices::take_away(program, tx, info, &id).await?;
            Done::Gone
        }
        Step::New(_) | Step::Look => Done::Gone,
    })
}

/// The answer to what was done, as it would be by itself.
async fn answered(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    done: Done,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    match done {
        Done::Kept(kept) => {
            let status = if kept.created { StatusCode::CREATED } else { StatusCode::OK };
            Ok(observation::told(hall, info, headers, (status, &kept)))
        }
        Done::Told(status, id) => {
            let standing = reports::standing(program, (hall, info), id).await?;
            Ok(reports::told(hall, info, headers, status, &standing))
        }
        Done::Answered(id) => tasks::told(program, (hall, info), &id, headers).await,
        Done::WentOn(id) => stays::told(program, (hall, info), &id, headers).await,
        Done::Subscribed(notice) => notices::told((hall, info), &notice, headers),
        Done::Gone => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// What of a transaction is new, read and in order: the entry, and the observation.
type Fresh = Vec<(usize, Sent)>;

/// Observations without a condition: those that came before are answered as before, the others are put together.
async fn together_in(program: &Program, tx: &mut Tx, desk: &Desk, sent: Fresh) -> Result<Vec<(usize, Kept)>, (usize, Failed)> {
    let (mut kept, mut fresh, mut again): (Vec<(usize, Kept)>, Fresh, Fresh) = (Vec::new(), Vec::new(), Vec::new());
    for (i, one) in sent {
        let before = async {
            let consent = proof(&mut tx.conn()?, program, &one).await?;
            known(program, tx, desk, &consent, &one).await
        };
        match before.await.map_err(|failed| (i, failed))? {
            Some(known) => kept.push((i, known)),
            // The same identifier twice in one bundle is one, too.
            None if one.key.is_some() && fresh.iter().any(|(_, other)| other.key == one.key && other.person == one.person) => {
                again.push((i, one));
            }
            None => fresh.push((i, one)),
        }
    }
    for members in together(&fresh) {
        let group: Vec<&(usize, Sent)> = members.iter().filter_map(|member| fresh.get(*member)).collect();
        let Some((first, one)) = group.first().map(|(i, one)| (*i, one)) else { continue };
        let new = async {
            let consent = proof(&mut tx.conn()?, program, one).await?;
            let observations: Vec<&Sent> = group.iter().map(|(_, sent)| sent).collect();
            take_new(program, tx, desk, &consent, &observations).await
        };
        let taken = new.await.map_err(|failed| (first, failed))?;
        kept.extend(group.iter().map(|(i, _)| *i).zip(taken));
    }
    for (i, one) in again {
        kept.push((i, take(program, tx, desk, &one).await.map_err(|failed| (i, failed))?));
    }
    Ok(kept)
}
