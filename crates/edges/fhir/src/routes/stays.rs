//! Stays: what the systems of the two institutions read of them, and how the one where the patient is goes on, by the same commands as the pages.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use linli_access::Ctx;
use linli_db::{Conn, Tx};
use linli_hall::Hall;
use linli_treatment::commands::inbound::{arrive, complete};
use linli_treatment::commands::referrals::looked;
use linli_treatment::model::referrals::ReferralId;
use linli_treatment::queries::directory::directory;
use linli_treatment::queries::referrals::{list, sent};
use linli_treatment::queries::stays::{stay, stays};
use linli_treatment::{BedDesk, BedError, Network};
use linli_webkit::{AppError, RequestInfo};
use serde_json::Value;

use super::records::{self, version_of};
use super::shelf::not_there;
use super::tasks::{deliver, only_of, refusal, refused};
use super::{RESOURCE_MAX, agree, answer, house, json};
use crate::item::Whole;
use crate::outcome::{Kind, Refusal};
use crate::params::Asked;
use crate::program::{Program, enter, in_network};
use crate::r4::conforms;
use crate::referrals::{task_id, task_key};
use crate::stays::read::{Wanted, read as read_encounter};
use crate::stays::{Known, State as How, of_sent};

const KIND: &str = "Encounter";
/// Referrals that were sent and are looked through at most; the open ones come first.
const MOST: i64 = 500;

/// Every stay at the program's institution, and those that came of what it sent; of those that are named, these alone.
async fn known(asked: &Asked, ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk) -> Result<Vec<Known>, BedError> {
    let mut all = Vec::new();
    if let Some(ids) = &asked.ids {
        for id in ids {
            all.extend(by_id(ctx, c, desk, id).await?);
        }
        return Ok(all);
    }
    all.extend(stays(ctx, c).await?.into_iter().map(Known::from));
    for (referral, _) in list(ctx, c, desk, MOST).await? {
        all.extend(of_sent(sent(ctx, c, desk, referral.id).await?));
    }
    Ok(all)
}

/// A stay by its id, as far as one of the ends is the program's.
pub(crate) async fn by_id(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, id: &str) -> Result<Option<Known>, BedError> {
    let Some(key) = task_key(id) else { return Ok(None) };
    match stay(ctx, c, key).await {
        Ok(found) => return Ok(Some(found.into())),
        Err(BedError::NotFound) => {}
        Err(error) => return Err(error),
    }
    match sent(ctx, c, desk, key.referral).await {
        Ok(found) => Ok(of_sent(found).into_iter().find(|known| known.key == key)),
        Err(BedError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The stays that are searched for; that they were looked at is written down for each patient.
pub(crate) async fn load(asked: &Asked, program: &Program, (hall, info): (&Hall, &RequestInfo)) -> Result<Vec<Whole>, Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let (desk, network) = services(hall, info)?;
    let mut read = hall.read().await.map_err(house(info))?;
    let known = known(asked, &program.ctx, &mut read.conn(), &desk).await.map_err(failed)?;
    let (mut found, mut of) = (Vec::new(), Vec::new());
    {
        let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
        for (key, whole) in known.iter().map(|known| (known.key, known.encounter(&register))) {
            if asked.is(&whole) {
                found.push(whole);
                of.push(key.referral);
            }
        }
    }
    drop(read);
    if !of.is_empty() {
        let mut tx = hall.begin(program.district).await.map_err(house(info))?;
        for referral in of {
            looked(&program.ctx, &mut tx, referral).await.map_err(failed)?;
        }
        hall.commit(tx).await.map_err(house(info))?;
    }
    Ok(found)
}

fn services(hall: &Hall, info: &RequestInfo) -> Result<(std::sync::Arc<BedDesk>, std::sync::Arc<Network>), Refusal> {
    Ok((hall.service::<BedDesk>().map_err(house(info))?, hall.service::<Network>().map_err(house(info))?))
}

/// The encounter as it stands.
async fn standing(program: &Program, (hall, info): (&Hall, &RequestInfo), id: &str) -> Result<(Known, Whole), Refusal> {
    let failed = |error: BedError| house(info)(AppError::from(error));
    let (desk, network) = services(hall, info)?;
    let mut read = hall.read().await.map_err(house(info))?;
    let known = by_id(&program.ctx, &mut read.conn(), &desk, id).await.map_err(failed)?.ok_or_else(|| not_there(KIND))?;
    let register = directory(&network, &mut read.conn()).await.map_err(AppError::from).map_err(house(info))?;
    let whole = known.encounter(&register);
    drop(register);
    Ok((known, whole))
}

/// `PUT Encounter/{id}`: the institution where the patient is to be says that the patient arrived, in which bed, or that the stay is over.
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
        in_network(&hall, &info, &program).await?;
        let value = json(&headers, body, RESOURCE_MAX).await?;
        let step = prepared(&program, (&hall, &info), (&id, &value), &headers).await?;
        if let Some(wanted) = step.wanted {
            let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
            go_on(&program, &mut tx, (&hall, &info), (&step.known, wanted)).await?;
            hall.commit(tx).await.map_err(house(&info))?;
            deliver(&hall, &services(&hall, &info)?.0).await;
        }
        told(&program, (&hall, &info), &id, &headers).await
    };
    answer(&info, outcome.await)
}

/// How a stay is to go on: nothing where it is so already.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) known: Known,
    pub(crate) wanted: Option<Wanted>,
}

/// Reads what is wanted, of the stay as it stands.
pub(crate) async fn prepared(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    (id, value): (&str, &Value),
    headers: &HeaderMap,
) -> Result<Step, Refusal> {
    let (named, wanted) = read_encounter(value).map_err(Refusal::unreadable)?;
    conforms(value)?;
    if named.as_deref() != Some(id) {
        return Err(refusal(StatusCode::BAD_REQUEST, Kind::Value, "fhir-error-id", "Encounter.id"));
    }
    let (known, whole) = standing(program, (hall, info), id).await?;
    if !known.here {
        return Err(refusal(StatusCode::FORBIDDEN, Kind::Forbidden, "fhir-error-other-end", "Encounter.status"));
    }
    // What was done already is not done again, whichever version is named: the answer to it may have been lost on the way.
    if wanted.is_so(&known) {
        return Ok(Step { known, wanted: None });
    }
    only_of(headers, KIND, &version_of(&whole.value))?;
    Ok(Step { known, wanted: Some(wanted) })
}

/// The answer to a change: the stay as it stands.
pub(crate) async fn told(
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    id: &str,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let whole = standing(program, (hall, info), id).await?.1;
    Ok(records::told((hall, info), headers, StatusCode::OK, &whole))
}

/// Does what is wanted, if the stay is still as it was seen, in a transaction of the program's district.
pub(crate) async fn go_on(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    (known, wanted): (&Known, Wanted),
) -> Result<(), Refusal> {
    let failed = |error: BedError| refused(error, info, (KIND, "Encounter.location"));
    let (ctx, bed) = (&program.ctx, wanted.bed(known));
    let (desk, _) = services(hall, info)?;
    if matches!(wanted, Wanted::InBed(None)) && known.hold.is_none() {
        return Err(refusal(StatusCode::UNPROCESSABLE_ENTITY, Kind::Required, "fhir-error-bed", "Encounter.location"));
    }
    // Who lies in a bed is moved to another one by the pages alone.
    if known.state == How::InProgress && !matches!(wanted, Wanted::Over(_)) {
        return Err(refused(BedError::NoStep, info, (KIND, "Encounter.location")));
    }
    let now =
        by_id(ctx, &mut tx.conn().map_err(BedError::from).map_err(failed)?, &desk, &task_id(known.key)).await.map_err(failed)?;
    if !now.is_some_and(|now| now.state == known.state && now.hold == known.hold) {
        return Err(refusal(StatusCode::PRECONDITION_FAILED, Kind::Conflict, "fhir-error-changed", "Encounter.meta.versionId"));
    }
    let done = match wanted {
        Wanted::Arrived(_) | Wanted::InBed(_) => arrive(ctx, tx, &desk, known.key, bed).await,
        Wanted::Over(outcome) => complete(ctx, tx, known.key, outcome).await,
    };
    done.map_err(failed)
}

/// Every stay that came of a referral which the program's institution sent.
pub(crate) async fn of_referral(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, id: ReferralId) -> Result<Vec<Known>, BedError> {
    match sent(ctx, c, desk, id).await {
        Ok(found) => Ok(of_sent(found)),
        Err(BedError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
