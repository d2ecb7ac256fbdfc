//! A transaction: everything that can be known before is looked at first, then all of it is done in one transaction, or nothing.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::to_bytes;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use linli_care::follow::Desk;
use linli_db::Tx;
use linli_treatment::BedDesk;
use linli_treatment::model::referrals::ReferralId;
use serde_json::Value;

use super::fold::{Along, Fold};
use super::steps::{Done, Failure, Step, answered, prepared, step_in};
use super::{Whole, asked, by_itself, headers_of, in_entry, told};
use crate::answer::{refused, resource};
use crate::observation::read::Sent;
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, in_network};
use crate::readings::{Failed, Kept, known, proof, take, take_new, together};
use crate::routes::dispatch::Request;
use crate::routes::entries::{Entry, moved};
use crate::routes::{desk, house, observation, requests as asking, tasks};

/// Everything or nothing. What was measured of one person at one instant becomes one reading.
pub(super) async fn transaction(
    program: &Program,
    whole: &Whole<'_>,
    entries: &[Entry<'_>],
    fold: &Fold,
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
        match Box::pin(prepared(program, whole, entry, (request, *body, fold.of(i)))).await {
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
    let mut referrals: BTreeMap<usize, (StatusCode, ReferralId)> =
        steps.iter().filter_map(|(i, step)| Some((*i, (StatusCode::OK, step.known()?)))).collect();
    if steps.iter().any(|(_, step)| !step.changes_nothing()) {
        let done = all_or_nothing(program, whole, (entries, requests.as_slice()), steps).await?;
        referrals.extend(done.iter().filter_map(|(i, done)| Some((*i, done.referral()?))));
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
    for (i, (entry, look)) in entries.iter().zip(&mut looks).enumerate() {
        let Some(along) = fold.of(i) else { continue };
        let headers = headers_of(entry, whole.headers);
        let answer = along_with(program, whole, (along, &referrals), &headers).await;
        *look = Some(answer.unwrap_or_else(|refusal| refused(&refusal, info.t())));
    }
    let mut answers = Vec::with_capacity(entries.len());
    for ((entry, (request, _)), look) in entries.iter().zip(&requests).zip(looks) {
        answers.push(told(whole, look.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response()), entry, request).await);
    }
    Ok(Ok(answers))
}

/// The answer to what was told with a request.
async fn along_with(
    program: &Program,
    whole: &Whole<'_>,
    (along, referrals): (Along, &BTreeMap<usize, (StatusCode, ReferralId)>),
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let at = (whole.hall, whole.info);
    let (Along::Patient(of) | Along::Task(of)) = along;
    let Some((status, id)) = referrals.get(&of).copied() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    match along {
        Along::Patient(_) => asking::told_patient(program, at, headers, (status, id)).await,
        Along::Task(_) => tasks::told(program, at, &asking::first_task(id), (headers, status)).await,
    }
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
            if done.iter().any(|(_, done)| done.tells_the_other_end()) {
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
            Step::Look | Step::Known(_) | Step::Along => {}
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
