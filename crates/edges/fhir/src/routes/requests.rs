//! A referral that is asked for by the system of the institution that sends: `POST ServiceRequest`, or `POST Task` with the request in it. It ends in
//! the same command as the page, under the same rules: who may be asked, one open request per patient, the consent, the same clocks.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use linli_access::Ctx;
use linli_care::follow::model::Vitals;
use linli_db::{DbError, Tx};
use linli_hall::Hall;
use linli_kernel::PlacePath;
use linli_treatment::commands::referrals::{Candidate, NewReferral, ask_once};
use linli_treatment::model::GridKind;
use linli_treatment::model::plan::At;
use linli_treatment::model::referrals::{InboundKey, Patient, ReferralId};
use linli_treatment::queries::directory::{Listed, directory};
use linli_treatment::queries::referrals::candidates;
use linli_treatment::rules::severity::{Age, in_words};
use linli_treatment::{BedDesk, BedError, Network};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::records::{self, there_already};
use super::shelf::not_there;
use super::tasks::{self, deliver, identified, of_own, refusal};
use super::{RESOURCE_MAX, agree, answer, house, json};
use crate::item::Whole;
use crate::observation::read::Values;
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, enter, in_network};
use crate::referrals::new::{Asking, OfTask, Within, read, read_task};
use crate::referrals::task_id;

const KIND: &str = "ServiceRequest";

/// A request that can be made.
#[derive(Debug)]
pub(crate) struct Ready {
    new: NewReferral,
    candidates: Vec<Candidate>,
    /// Where the patient stands, for what is wrong with that.
    patient_path: String,
    /// The task that it was asked for by.
    within: Option<Within>,
}

/// What a new task is about.
#[derive(Debug)]
pub(crate) enum NewTask {
    /// A request that comes with it.
    Ask(Box<Ready>),
    /// A task that is there already.
    There(String),
}

/// `POST ServiceRequest`.
pub(crate) async fn create(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let own = in_network(&hall, &info, &program).await?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        if let Some(there) = there_already(KIND, &program, (&hall, &info), &headers).await? {
            return Ok(records::told((&hall, &info), &headers, StatusCode::OK, &there));
        }
        let ready = prepared(own, (&hall, &info), &value).await?;
        let (status, id) = kept(&program, (&hall, &info), ready).await?;
        told(&program, (&hall, &info), &headers, (status, id)).await
    };
    answer(&info, outcome.await)
}

/// `POST Task`.
pub(crate) async fn create_task(info: RequestInfo, State(hall): State<Hall>, headers: HeaderMap, body: Body) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let own = in_network(&hall, &info, &program).await?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        if let Some(there) = there_already("Task", &program, (&hall, &info), &headers).await? {
            return Ok(records::told((&hall, &info), &headers, StatusCode::OK, &there));
        }
        match prepared_task(&program, own, (&hall, &info), &value).await? {
            NewTask::There(id) => tasks::told(&program, (&hall, &info), &id, (&headers, StatusCode::OK)).await,
            NewTask::Ask(ready) => {
                let (status, id) = kept(&program, (&hall, &info), *ready).await?;
                tasks::told(&program, (&hall, &info), &first_task(id), (&headers, status)).await
            }
        }
    };
    answer(&info, outcome.await)
}

/// The task of whoever is asked first.
pub(crate) fn first_task(referral: ReferralId) -> String {
    task_id(InboundKey { referral, attempt: 1 })
}

/// Asks, in a transaction of its own, and hands the letter over.
async fn kept(program: &Program, (hall, info): (&Hall, &RequestInfo), ready: Ready) -> Result<(StatusCode, ReferralId), Refusal> {
    let mut tx = hall.begin(program.district).await.map_err(house(info))?;
    let done = keep(program, &mut tx, (hall, info), ready).await?;
    hall.commit(tx).await.map_err(house(info))?;
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    deliver(hall, &desk).await;
    Ok(done)
}

/// Reads a request, and looks up whom to ask: over all districts, before the transaction.
pub(crate) async fn prepared(own: At, (hall, info): (&Hall, &RequestInfo), value: &Value) -> Result<Ready, Refusal> {
    let asking = read(value, hall.now()).map_err(Refusal::unreadable)?;
    ready(own, (hall, info), asking).await
}

/// Reads a new task with the request that comes with it.
pub(crate) async fn prepared_task(
    program: &Program,
    own: At,
    (hall, info): (&Hall, &RequestInfo),
    value: &Value,
) -> Result<NewTask, Refusal> {
    match read_task(value).map_err(Refusal::unreadable)? {
        OfTask::Within(within) => {
            let found = prepared(own, (hall, info), &within.request).await;
            let mut ready = found.map_err(|refusal| within_task(&within, refusal))?;
            ready.within = Some(within);
            Ok(NewTask::Ask(Box::new(ready)))
        }
        OfTask::Of(id, owner) => {
            let desk = hall.service::<BedDesk>().map_err(house(info))?;
            let network = hall.service::<Network>().map_err(house(info))?;
            let mut read = hall.read().await.map_err(house(info))?;
            let c = &mut read.conn();
            let failed = |error: BedError| house(info)(AppError::from(error));
            let found = of_own(&program.ctx, c, &desk, id).await.map_err(failed)?;
            let no_focus = || refusal(StatusCode::UNPROCESSABLE_ENTITY, Kind::Value, "fhir-error-task-focus", "Task.focus");
            let asked = found.as_ref().and_then(|record| record.asked.last()).ok_or_else(no_focus)?;
            if let Some(owner) = owner {
                let register = directory(&network, c).await.map_err(AppError::from).map_err(house(info))?;
                let is_asked = register.institution(asked.to.1).is_some_and(|listed| owner.is(&listed.institution));
                drop(register);
                if !is_asked {
                    return Err(refusal(StatusCode::CONFLICT, Kind::BusinessRule, "fhir-error-task-asked", "Task.owner"));
                }
            }
            Ok(NewTask::There(task_id(InboundKey { referral: id, attempt: asked.attempt })))
        }
    }
}

fn within_task(within: &Within, refusal: Refusal) -> Refusal {
    let issues = refusal.issues.into_iter().map(|issue| within.placed(issue)).collect();
    Refusal { issues, ..refusal }
}

async fn ready(own: At, (hall, info): (&Hall, &RequestInfo), asking: Asking) -> Result<Ready, Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let (desk, network) = (hall.service::<BedDesk>().map_err(house(info))?, hall.service::<Network>().map_err(house(info))?);
    let (place, now) = (PlacePath::root(), hall.now());
    let capabilities = desk.capabilities(&place, now).map_err(BedError::from).map_err(failed)?;
    for (need, path) in &asking.needs {
        if !capabilities.value.has(need) {
            let issue = Issue::new(Kind::CodeInvalid, "fhir-error-need").arg("code", need.as_str()).at(path);
            return Err(Refusal::unreadable(vec![issue]));
        }
    }
    // In the order of the list, as on the page, so that the same request is the same whichever way it is written.
    let needs: Vec<String> =
        capabilities.value.codes().filter(|code| asking.needs.iter().any(|(need, _)| need == code)).map(str::to_owned).collect();
    let (criteria, follow) = desk.severity(&place, now).map_err(BedError::from).map_err(failed)?;
    let no_reading = |_| {
        let issue = Issue::new(Kind::Value, "fhir-error-vitals").at(&asking.measured_path);
        Refusal::unreadable(vec![issue])
    };
    // Nothing measured is no reading, and no reason to refuse.
    let vitals = if asking.measured == Values::default() {
        Vitals::default()
    } else {
        follow.readings().read(&asking.measured.told()).map_err(no_reading)?
    };
    let found = criteria.value.suggest(&follow, &vitals, Age::of_birth(&asking.patient.born, now.local().date()), &needs);
    let mut read = hall.read().await.map_err(house(info))?;
    let c = &mut read.conn();
    let other = |key, path: &str| refusal(StatusCode::UNPROCESSABLE_ENTITY, Kind::BusinessRule, key, path);
    let to = {
        let register = directory(&network, c).await.map_err(AppError::from).map_err(house(info))?;
        let known = register.institution(own.1).ok_or_else(|| not_there(KIND))?;
        if !asking.requester.is(&known.institution) {
            return Err(other("fhir-error-request-own", &asking.requester.path));
        }
        match &asking.performer {
            None => None,
            Some(performer) => {
                let unknown = || other("fhir-error-performer", &performer.path);
                Some(performer.institution(&register).map(Listed::at).ok_or_else(unknown)?)
            }
        }
    };
    let new = NewReferral {
        direction: asking.direction,
        grid_kind: GridKind::General,
        bed_type: asking.bed_type,
        needs,
        suggested: (found.severity, criteria.stamp.mark()),
        severity: asking.severity,
        consent: asking.consent,
        to,
        patient: Patient { vitals: in_words(&vitals), ..asking.patient },
    };
    let (way, what) = ((new.direction, new.grid_kind), (new.bed_type, new.needs.as_slice()));
    let candidates = candidates(c, &desk, own, way, what, now).await.map_err(failed)?;
    Ok(Ready { new, candidates, patient_path: asking.patient_path, within: None })
}

/// Asks in a transaction of the program's district. The number of the sender is the key under which the same request is one.
pub(crate) async fn keep(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    ready: Ready,
) -> Result<(StatusCode, ReferralId), Refusal> {
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let key = ready.new.patient.number.as_ref().map(|(system, value)| format!("fhir:request:{system}|{value}"));
    let ctx = Ctx { idempotency_key: key, ..program.ctx.clone() };
    let Ready { new, candidates, patient_path, within } = ready;
    match ask_once(&ctx, tx, &desk, new, &candidates).await {
        Ok((id, true)) => Ok((StatusCode::CREATED, id)),
        Ok((id, false)) => Ok((StatusCode::OK, id)),
        Err(error) => {
            let refusal = refused(error, info, &patient_path);
            Err(match within {
                Some(within) => within_task(&within, refusal),
                None => refusal,
            })
        }
    }
}

/// A refusal of the room, with the element that it is about.
fn refused(error: BedError, info: &RequestInfo, patient: &str) -> Refusal {
    let at = match &error {
        BedError::Field { field, .. } => match *field {
            "name" => format!("{patient}.name"),
            "born" => format!("{patient}.birthDate"),
            "phone" => format!("{patient}.telecom"),
            "id_number" => format!("{patient}.identifier"),
            "condition" => format!("{KIND}.reasonCode"),
            "continuing" => format!("{KIND}.note"),
            "consent" => format!("{KIND}.extension"),
            "to" => format!("{KIND}.performer"),
            _ => KIND.to_owned(),
        },
        BedError::OnTheWay { .. } => format!("{KIND}.subject"),
        BedError::NoneFree => format!("{KIND}.performer"),
        BedError::Db(DbError::KeyReused) => format!("{KIND}.identifier"),
        _ => KIND.to_owned(),
    };
    let kind = match &error {
        BedError::OnTheWay { .. } | BedError::Db(DbError::KeyReused) => Kind::Duplicate,
        BedError::NoneFree => Kind::Conflict,
        _ => Kind::BusinessRule,
    };
    if matches!(error, BedError::Db(DbError::KeyReused)) {
        return refusal(StatusCode::CONFLICT, kind, "fhir-error-request-differs", &at);
    }
    let error = AppError::from(error);
    if error.status().is_server_error() {
        return house(info)(error);
    }
    let words = error.fields().first().map_or_else(|| error.title(info.t()), |problem| problem.text(info.t()));
    Refusal::of(error.status(), Issue::in_words(kind, words).at(at))
}

/// The answer: the request as it stands. Who sent it knows the patient; what is given back is no look.
pub(crate) async fn told(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    headers: &HeaderMap,
    (status, id): (StatusCode, ReferralId),
) -> Result<Response, Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let found = of_own(&program.ctx, &mut read.conn(), &desk, id).await.map_err(failed)?;
    drop(read);
    let mut whole: Whole = found.ok_or_else(|| not_there(KIND))?.service_request();
    identified(hall, info, std::slice::from_mut(&mut whole)).await?;
    Ok(records::told((hall, info), headers, status, &whole))
}

/// The patient of a request that was just asked for, as it is read from then on.
pub(crate) async fn told_patient(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    headers: &HeaderMap,
    (status, id): (StatusCode, ReferralId),
) -> Result<Response, Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let found = of_own(&program.ctx, &mut read.conn(), &desk, id).await.map_err(failed)?;
    let whole = found.and_then(|record| record.patient()).ok_or_else(|| not_there("Patient"))?;
    Ok(records::told((hall, info), headers, status, &whole))
}
