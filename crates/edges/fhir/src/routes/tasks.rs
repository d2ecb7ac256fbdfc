//! Referrals: what the system of an institution reads of them, and what it answers, by the same commands as the pages.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::IF_MATCH;
use http::{HeaderMap, StatusCode};
use linli_access::Ctx;
use linli_db::{Conn, Tx};
use linli_hall::Hall;
use linli_kernel::PlacePath;
use linli_treatment::commands::inbound::{Declined, accept, decline};
use linli_treatment::commands::post;
use linli_treatment::commands::referrals::{Next, go_on, looked};
use linli_treatment::model::plan::At;
use linli_treatment::model::referrals::{InboundKey, ReferralId};
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::referrals::{came, inbox, list, sent};
use linli_treatment::{BedDesk, BedError, Network};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::records::{self, version_of};
use super::shelf::not_there;
use super::{RESOURCE_MAX, agree, answer, house, json};
use crate::item::{Item as _, Whole};
use crate::network::identify;
use crate::outcome::{Issue, Kind, Refusal};
use crate::params::Asked;
use crate::program::{Program, enter, in_network};
use crate::r4::conforms;
use crate::referrals::read::{Wanted, read as read_task};
use crate::referrals::{Record, task_key};

/// Institutions that are asked for one referral at most, one after the other.
const ATTEMPTS_MOST: i64 = 30;
/// Referrals that are looked through at most; the open ones come first.
const MOST: i64 = 500;

/// Every referral that the program's institution sent or is asked for; of those that are named, also what is over.
pub(crate) async fn records(asked: &Asked, program: &Program, c: &mut Conn<'_>, desk: &BedDesk) -> Result<Vec<Record>, BedError> {
    let ctx = &program.ctx;
    let mut all: Vec<Record> = Vec::new();
    if let Some(ids) = &asked.ids {
        for id in ids {
            all.extend(by_id(ctx, c, desk, id).await?);
        }
        return Ok(all);
    }
    for (referral, _) in list(ctx, c, desk, MOST).await? {
        all.push(sent(ctx, c, desk, referral.id).await?.into());
    }
    all.extend(inbox(ctx, c, desk).await?.into_iter().map(Record::from));
    Ok(all)
}

/// A referral by its own id or by that of one of its tasks, as far as one of the ends is the program's.
pub(crate) async fn by_id(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, id: &str) -> Result<Vec<Record>, BedError> {
    let key = task_key(id);
    let Some(referral) = key.map(|key| key.referral).or_else(|| id.parse::<ReferralId>().ok()) else { return Ok(Vec::new()) };
    if let Some(own) = of_own(ctx, c, desk, referral).await? {
        return Ok(vec![own]);
    }
    if let Some(key) = key {
        return Ok(there(came(ctx, c, desk, key)).await?.into_iter().collect());
    }
    let open: Vec<Record> =
        inbox(ctx, c, desk).await?.into_iter().map(Record::from).filter(|record| record.id == referral).collect();
    if !open.is_empty() {
        return Ok(open);
    }
    // What is over is in no inbox; its task still refers to it.
    for attempt in 1..=ATTEMPTS_MOST {
        if let Some(found) = there(came(ctx, c, desk, InboundKey { referral, attempt })).await? {
            return Ok(vec![found]);
        }
    }
    Ok(Vec::new())
}

/// A referral that the program's institution sent.
pub(crate) async fn of_own(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, id: ReferralId) -> Result<Option<Record>, BedError> {
    there(sent(ctx, c, desk, id)).await
}

/// A record, where there is one that the program reaches.
async fn there<T: Into<Record>>(looked_up: impl Future<Output = Result<T, BedError>>) -> Result<Option<Record>, BedError> {
    match looked_up.await {
        Ok(found) => Ok(Some(found.into())),
        Err(BedError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The resources of a kind; whenever one of them tells something of a patient, that is written down.
pub(crate) async fn load(
    (kind, asked): (&'static str, &Asked),
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
) -> Result<Vec<Whole>, Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let table = desk.referrals(&PlacePath::root(), hall.now()).map_err(BedError::from).map_err(failed)?;
    let mut read = hall.read().await.map_err(house(info))?;
    let records = records(asked, program, &mut read.conn(), &desk).await.map_err(failed)?;
    drop(read);
    let named = |whole: &Whole| asked.ids.as_ref().is_none_or(|ids| ids.contains(&whole.id()));
    if kind == "Task" {
        let mut tasks: Vec<Whole> = records.iter().flat_map(|record| record.tasks(&table.value)).filter(named).collect();
        identified(hall, info, &mut tasks).await?;
        return Ok(tasks);
    }
    let (mut found, mut of) = (Vec::new(), Vec::new());
    let whole = |record: &Record| if kind == "Patient" { record.patient() } else { Some(record.service_request()) };
    let (mut all, known): (Vec<Whole>, Vec<&Record>) =
        records.iter().filter_map(|record| Some((whole(record).filter(named)?, record))).unzip();
    identified(hall, info, &mut all).await?;
    for (whole, record) in all.into_iter().zip(known).filter(|(whole, _)| asked.is(whole)) {
        found.push(whole);
        of.extend(record.patient.as_ref().map(|_| record.id));
    }
    if !of.is_empty() {
        let mut tx = hall.begin(program.district).await.map_err(house(info))?;
        for id in of {
            looked(&program.ctx, &mut tx, id).await.map_err(failed)?;
        }
        hall.commit(tx).await.map_err(house(info))?;
    }
    Ok(found)
}

/// `PUT Task/{id}`: the institution that is asked accepts or declines, the one that asks takes back.
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
        let own = in_network(&hall, &info, &program).await?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        let answered = prepared(&value, &id)?;
        let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
        let done = act(&program, &mut tx, (&hall, &info), (own, &answered), &headers).await?;
        // That somebody who is critical was to be refused stands in the journal, so it is committed as well.
        hall.commit(tx).await.map_err(house(&info))?;
        if done == Declined::Critical {
            return Err(critical());
        }
        let desk = hall.service::<BedDesk>().map_err(house(&info))?;
        deliver(&hall, &desk).await;
        told(&program, (&hall, &info), &id, (&headers, StatusCode::OK)).await
    };
    answer(&info, outcome.await)
}

/// What is answered to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) id: String,
    key: InboundKey,
    wanted: Wanted,
}

/// Reads an answer.
pub(crate) fn prepared(value: &Value, id: &str) -> Result<Answered, Refusal> {
    let (named, wanted) = read_task(value).map_err(Refusal::unreadable)?;
    conforms(value)?;
    if named.as_deref() != Some(id) {
        return Err(refusal(StatusCode::BAD_REQUEST, Kind::Value, "fhir-error-id", "Task.id"));
    }
    let key = task_key(id).ok_or_else(|| not_there("Task"))?;
    Ok(Answered { id: id.to_owned(), key, wanted })
}

/// Who is critical is not refused.
pub(crate) fn critical() -> Refusal {
    refusal(StatusCode::CONFLICT, Kind::BusinessRule, "fhir-error-critical", "Task.status")
}

/// Does what is wanted, in a transaction of the program's district.
pub(crate) async fn act(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    (own, answered): (At, &Answered),
    headers: &HeaderMap,
) -> Result<Declined, Refusal> {
    let Answered { id, key, wanted } = answered;
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let failed = |error: BedError| refused(error, info, ("Task", "Task.input"));
    let table = desk.referrals(&PlacePath::root(), hall.now()).map_err(BedError::from).map_err(failed)?;
    let records =
        by_id(&program.ctx, &mut tx.conn().map_err(BedError::from).map_err(failed)?, &desk, id).await.map_err(failed)?;
    let record = records.first().ok_or_else(|| not_there("Task"))?;
    let tasks = record.tasks(&table.value);
    let standing = tasks.into_iter().find(|whole| whole.id() == *id).ok_or_else(|| not_there("Task"))?;
    only_of(headers, "Task", &version_of(&standing.value))?;
    let asked = record.asked.iter().any(|asked| asked.attempt == key.attempt && asked.to == own);
    let done = match *wanted {
        Wanted::Accept(bed) if asked => accept(&program.ctx, tx, &desk, *key, bed).await.map(|()| Declined::Refused),
        Wanted::Decline(reason) if asked => decline(&program.ctx, tx, *key, reason).await,
        Wanted::Cancel(why) if record.sender => {
            go_on(&program.ctx, tx, &desk, key.referral, Next::Cancel(why)).await.map(|()| Declined::Refused)
        }
        _ => return Err(refusal(StatusCode::FORBIDDEN, Kind::Forbidden, "fhir-error-other-end", "Task.status")),
    };
    done.map_err(failed)
}

/// The answer to an answer, or to a task that is new: the task as it stands.
pub(crate) async fn told(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    id: &str,
    (headers, status): (&HeaderMap, StatusCode),
) -> Result<Response, Refusal> {
    let desk = hall.service::<BedDesk>().map_err(house(info))?;
    let failed = |error: BedError| refused(error, info, ("Task", "Task.input"));
    let table = desk.referrals(&PlacePath::root(), hall.now()).map_err(BedError::from).map_err(failed)?;
    let mut read = hall.read().await.map_err(house(info))?;
    let records = by_id(&program.ctx, &mut read.conn(), &desk, id).await.map_err(failed)?;
    drop(read);
    let tasks = records.iter().flat_map(|record| record.tasks(&table.value));
    let mut whole = tasks.into_iter().find(|whole| whole.id() == id).ok_or_else(|| not_there("Task"))?;
    identified(hall, info, std::slice::from_mut(&mut whole)).await?;
    Ok(records::told((hall, info), headers, status, &whole))
}

/// Names the institutions in resources by their codes as well: a number of ours says nothing to others.
pub(crate) async fn identified(hall: &Hall, info: &RequestInfo, found: &mut [Whole]) -> Result<(), Refusal> {
    if found.is_empty() {
        return Ok(());
    }
    let network = hall.service::<Network>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    found.iter_mut().for_each(|whole| identify(&mut whole.value, &register));
    drop(register);
    Ok(())
}

pub(crate) fn refusal(status: StatusCode, kind: Kind, key: &'static str, at: &str) -> Refusal {
    Refusal::of(status, Issue::new(kind, key).at(at))
}

/// That the version is meant that stands: whoever answers has to have seen what he answers.
pub(crate) fn only_of(headers: &HeaderMap, kind: &str, version: &str) -> Result<(), Refusal> {
    let Some(sent) = headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok()) else {
        return Err(refusal(StatusCode::PRECONDITION_REQUIRED, Kind::Required, "fhir-error-if-match-needed", "http.If-Match"));
    };
    let meant = sent.split(',').map(str::trim).any(|tag| tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == version);
    let changed =
        || refusal(StatusCode::PRECONDITION_FAILED, Kind::Conflict, "fhir-error-changed", &format!("{kind}.meta.versionId"));
    if meant { Ok(()) } else { Err(changed()) }
}

/// A refusal of the room, with the element that it is about: that of the bed, or that of the state.
pub(crate) fn refused(error: BedError, info: &RequestInfo, (kind_of, bed): (&'static str, &str)) -> Refusal {
    let status = format!("{kind_of}.status");
    let at = match &error {
        BedError::Field { field: "unit" | "bed_type" | "bed", .. } | BedError::NoneFree | BedError::HoldOver => bed,
        _ => &status,
    };
    let kind = if matches!(error, BedError::NoneFree) { Kind::Conflict } else { Kind::BusinessRule };
    match error {
        BedError::NotFound => not_there(kind_of),
        BedError::NoStep => refusal(StatusCode::CONFLICT, Kind::BusinessRule, "fhir-error-no-step", &status),
        other => {
            let error = AppError::from(other);
            if error.status().is_server_error() {
                return house(info)(error);
            }
            let words = error.fields().first().map_or_else(|| error.title(info.t()), |problem| problem.text(info.t()));
            Refusal::of(error.status(), Issue::in_words(kind, words).at(at))
        }
    }
}

/// Hands letters over at once; what cannot be delivered now, the job delivers.
pub(crate) async fn deliver(hall: &Hall, desk: &BedDesk) {
    let ctx = Ctx::system("treatment.post", hall.clock(), hall.rng());
    if let Err(error) = post::deliver(&ctx, hall.db(), desk).await {
        tracing::warn!(%error, "letters of referrals could not be delivered at once; the job tries again");
    }
}
