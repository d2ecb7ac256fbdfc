//! What one entry of a transaction is to do, how it is done, and how it is answered.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use linli_db::Tx;
use linli_hall::Hall;
use linli_treatment::commands::inbound::Declined;
use linli_treatment::model::ReturnId;
use linli_treatment::model::plan::At;
use linli_treatment::model::referrals::ReferralId;
use linli_webkit::RequestInfo;
use serde_json::Value;

use super::fold::Along;
use super::{Whole, headers_of};
use crate::answer::if_match;
use crate::item::Item as _;
use crate::measures::read::Report;
use crate::notices::Notice;
use crate::notices::read::New;
use crate::observation::read::{Sent, read as read_observation};
use crate::outcome::{Issue, Kind, Refusal};
use crate::program::{Program, in_network};
use crate::readings::{Failed, Kept};
use crate::referrals::new::read_task;
use crate::routes::dispatch::Request;
use crate::routes::entries::Entry;
use crate::routes::observation::{take_unless, unless_exists, update_in};
use crate::routes::records::{self, there_already};
use crate::routes::requests::{self, NewTask, Ready};
use crate::routes::{desk, notices, observation, refusal_not_offered, reports, stays, tasks};

/// What one entry of a transaction is to do; everything that can be known before is known.
pub(super) enum Step<'a> {
    /// A new observation.
    New(Box<Sent>),
    /// A new observation, unless one with this identifier is there.
    Unless(&'a Value, String),
    /// A correction of an observation, of a version that the source has seen.
    Correct(String, &'a Value, Option<i64>),
    /// A return.
    Tell(At, Box<Report>, reports::Seen),
    /// A referral is asked for, by a request or by a task.
    Ask(Box<Ready>, bool),
    /// A request that is there already.
    Known(ReferralId),
    /// Told with a request.
    Along,
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
    pub(super) const fn rank(&self) -> u8 {
        match self {
            Self::Unsubscribe(_) => 0,
            Self::New(_) | Self::Unless(..) | Self::Subscribe(_) | Self::Ask(..) => 1,
            Self::Tell(_, _, seen) if !seen.is_correction() => 1,
            Self::Correct(..) | Self::Tell(..) | Self::Answer(..) | Self::GoOn(..) => 2,
            Self::Look | Self::Known(_) | Self::Along => 3,
        }
    }

    /// Whether it is answered without anything being done.
    pub(super) const fn changes_nothing(&self) -> bool {
        self.rank() == 3
    }

    /// The request that is there already.
    pub(super) const fn known(&self) -> Option<ReferralId> {
        match self {
            Self::Known(id) => Some(*id),
            _ => None,
        }
    }
}

/// What was done for an entry.
pub(super) enum Done {
    Kept(Box<Kept>),
    Told(StatusCode, ReturnId),
    Asked(StatusCode, ReferralId, bool),
    Answered(String),
    WentOn(String),
    Subscribed(Box<Notice>),
    Gone,
}

impl Done {
    /// The referral that was asked for.
    pub(super) const fn referral(&self) -> Option<(StatusCode, ReferralId)> {
        match self {
            Self::Asked(status, id, _) => Some((*status, *id)),
            _ => None,
        }
    }

    /// Whether there is a letter to hand over.
    pub(super) const fn tells_the_other_end(&self) -> bool {
        matches!(self, Self::Asked(..) | Self::Answered(_) | Self::WentOn(_))
    }
}

/// Why nothing of a transaction was done.
pub(super) enum Failure {
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

/// Reads what an entry is to do; where it is there already, the answer to it.
pub(super) async fn prepared<'a>(
    program: &Program,
    whole: &Whole<'_>,
    entry: &Entry<'_>,
    (request, body, along): (&Request, Option<&'a Value>, Option<Along>),
) -> Result<(Step<'a>, Option<Response>), Refusal> {
    let at = (whole.hall, whole.info);
    if request.is_look() {
        return Ok((Step::Look, None));
    }
    if let Some(along) = along {
        // What the request says is read with it; of a task the rest is looked at here.
        if let (Along::Task(_), Some(task)) = (along, body) {
            let wrong = read_task(task).err().unwrap_or_default();
            let of_request = |issue: &Issue| issue.expression.as_deref().is_some_and(|path| path.starts_with("Task.contained"));
            let own: Vec<Issue> = wrong.into_iter().filter(|issue| !of_request(issue)).collect();
            if !own.is_empty() {
                return Err(Refusal::unreadable(own));
            }
        }
        return Ok((Step::Along, None));
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
            if let Some(there) = there_already("MeasureReport", program, at, &headers).await? {
                return Ok((Step::Look, Some(records::told(at, &headers, StatusCode::OK, &there))));
            }
            Step::Tell(own, Box::new(report), reports::FIRST)
        }
        ("PUT", "MeasureReport") => {
            let (own, report) = reports::prepared(program, at, resource()?).await?;
            let seen = reports::correction(program, at, (own, &report), (&id, if_match(&headers)?)).await?;
            Step::Tell(own, Box::new(report), seen)
        }
        ("POST", "ServiceRequest") => {
            let own = in_network(whole.hall, whole.info, program).await?;
            if let Some(there) = there_already("ServiceRequest", program, at, &headers).await? {
                let told = records::told(at, &headers, StatusCode::OK, &there);
                let known: Option<ReferralId> = there.id().parse().ok();
                return Ok((known.map_or(Step::Look, Step::Known), Some(told)));
            }
            Step::Ask(Box::new(requests::prepared(own, at, resource()?).await?), false)
        }
        ("POST", "Task") => {
            let own = in_network(whole.hall, whole.info, program).await?;
            if let Some(there) = there_already("Task", program, at, &headers).await? {
                return Ok((Step::Look, Some(records::told(at, &headers, StatusCode::OK, &there))));
            }
            match requests::prepared_task(program, own, at, resource()?).await? {
                NewTask::Ask(ready) => Step::Ask(ready, true),
                NewTask::There(id) => {
                    return Ok((Step::Look, Some(tasks::told(program, at, &id, (&headers, StatusCode::OK)).await?)));
                }
            }
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
        _ => return Err(refusal_not_offered()),
    };
    Ok((step, None))
}

pub(super) async fn step_in(
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
        Step::Ask(ready, by_task) => {
            let (status, id) = requests::keep(program, tx, (hall, info), *ready).await?;
            Done::Asked(status, id, by_task)
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
        Step::New(_) | Step::Look | Step::Known(_) | Step::Along => Done::Gone,
    })
}

/// The answer to what was done, as it would be by itself.
pub(super) async fn answered(
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
            Ok(records::told((hall, info), headers, status, &standing))
        }
        Done::Asked(status, id, true) => tasks::told(program, (hall, info), &requests::first_task(id), (headers, status)).await,
        Done::Asked(status, id, false) => requests::told(program, (hall, info), headers, (status, id)).await,
        Done::Answered(id) => tasks::told(program, (hall, info), &id, (headers, StatusCode::OK)).await,
        Done::WentOn(id) => stays::told(program, (hall, info), &id, headers).await,
        Done::Subscribed(notice) => notices::told((hall, info), &notice, headers),
        Done::Gone => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
