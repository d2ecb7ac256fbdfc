//! `Subscription`: asked for, read, searched and taken away by the key that wants to be told.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use linli_db::{Conn, DbError, Tx, journal};
use linli_hall::Hall;
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::RequestInfo;
use linli_wire::Failure;
use serde_json::{Value, json};

use super::shelf::not_there;
use super::tasks::refusal;
use super::{RESOURCE_MAX, agree, answer, house, json as json_body};
use crate::item::{Item as _, Whole};
use crate::notices::read::{New, read, refused};
use crate::notices::write::subscription;
use crate::notices::{Hooks, Notice, NoticeId, Refused, Status, store};
use crate::outcome::{Kind, Refusal};
use crate::params::Asked;
use crate::program::{Program, enter, in_network, store as store_failed};
use crate::r4::conforms;
use crate::table::Room;

const KIND: &str = "Subscription";
/// Most subscriptions that one key has at a time.
const MOST: usize = 20;

/// The subscriptions of the key.
pub(crate) async fn load(asked: &Asked, program: &Program, (hall, info): (&Hall, &RequestInfo)) -> Result<Vec<Whole>, Refusal> {
    let hooks = hall.service::<Hooks>().map_err(house(info))?;
    let mut read = hall.read().await.map_err(house(info))?;
    let all = store::of_key(&mut read.conn(), program.district, program.key).await.map_err(|error| store_failed(error, info))?;
    let named = |whole: &Whole| asked.ids.as_ref().is_none_or(|ids| ids.contains(&whole.id()));
    Ok(all.iter().map(|notice| subscription(&hooks, notice)).filter(named).collect())
}

/// `POST Subscription`.
pub(crate) async fn create(
    rooms: &'static [Room],
    info: RequestInfo,
    State(hall): State<Hall>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let value = json_body(&headers, body, RESOURCE_MAX).await?;
        let new = prepared(rooms, &program, (&hall, &info), &value).await?;
        let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
        let notice = keep(&program, &mut tx, (&hall, &info), new).await?;
        hall.commit(tx).await.map_err(house(&info))?;
        told((&hall, &info), &notice, &headers)
    };
    answer(&info, outcome.await)
}

/// Reads what one wants to be told of, and looks whether it may be told there.
pub(crate) async fn prepared(
    rooms: &'static [Room],
    program: &Program,
    (hall, info): (&Hall, &RequestInfo),
    value: &Value,
) -> Result<New, Refusal> {
    let hooks = hall.service::<Hooks>().map_err(house(info))?;
    let new = read(value, &hooks, (rooms, hall.now())).map_err(Refusal::unreadable)?;
    conforms(value)?;
    if crate::notices::is_of_the_network(&new.criteria) {
        in_network(hall, info, program).await?;
    }
    may_be_told(&hooks, &new.endpoint).await?;
    Ok(new)
}

/// The answer to a subscription that was made.
pub(crate) fn told((hall, info): (&Hall, &RequestInfo), notice: &Notice, headers: &HeaderMap) -> Result<Response, Refusal> {
    let hooks = hall.service::<Hooks>().map_err(house(info))?;
    let whole = subscription(&hooks, notice);
    Ok(super::records::told((hall, info), headers, StatusCode::CREATED, &whole))
}

/// That the address leads into no network that is not to be told. Nobody at home is no reason: that shows when there is something to tell.
async fn may_be_told(hooks: &Hooks, endpoint: &str) -> Result<(), Refusal> {
    let of = |why| Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, refused(why));
    match hooks.client(endpoint).map_err(of)?.is_allowed().await {
        Err(Failure::Private(_)) => Err(of(Refused::Inside)),
        _ => Ok(()),
    }
}

/// Keeps what is asked for: from the next line of the journal on there may be news.
pub(crate) async fn keep(
    program: &Program,
    tx: &mut Tx,
    (hall, info): (&Hall, &RequestInfo),
    new: New,
) -> Result<Notice, Refusal> {
    let hooks = hall.service::<Hooks>().map_err(house(info))?;
    let failed = |error: DbError| store_failed(error, info);
    let (ctx, now) = (&program.ctx, hall.now());
    let id = NoticeId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let linli_access::Actor::Program { organisation, .. } = ctx.actor else { return Err(not_there(KIND)) };
    let notice = Notice {
        district: program.district,
        id,
        key: program.key,
        organisation: linli_people::model::OrganisationId(organisation),
        headers_sealed: hooks.sealed(id, &new.headers),
        criteria: new.criteria,
        reason: new.reason,
        endpoint: new.endpoint,
        full: new.full,
        status: Status::Requested,
        problem: None,
        ends_at: new.ends_at,
        made_at: now,
        changed_at: now,
        attempts: 0,
        next_at: now,
    };
    let c = &mut tx.conn().map_err(failed)?;
    let standing = store::of_key(c, program.district, program.key).await.map_err(failed)?;
    if standing.iter().filter(|one| one.status != Status::Off).count() >= MOST {
        return Err(refusal(StatusCode::CONFLICT, Kind::TooCostly, "fhir-error-subscriptions", KIND));
    }
    let seen = seen(c).await.map_err(failed)?;
    store::put(c, &notice).await.map_err(failed)?;
    for (of, seq) in seen {
        store::put_told(c, &notice, (of, seq)).await.map_err(failed)?;
    }
    let facts = json!({ "criteria": notice.criteria, "full": notice.full });
    tx.journal(ctx.line("fhir.subscription_made", &PlacePath::root(), Some(id.0), facts));
    Ok(notice)
}

/// The last line of every district: what came before is no news.
async fn seen(c: &mut Conn<'_>) -> Result<Vec<(DistrictId, i64)>, DbError> {
    journal::all_last_seqs(c).await
}

/// `DELETE Subscription/{id}`.
pub(crate) async fn remove(info: RequestInfo, State(hall): State<Hall>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let outcome = async {
        let program = enter(&hall, &info, &headers).await?;
        agree(&info, &headers)?;
        let mut tx = hall.begin(program.district).await.map_err(house(&info))?;
        take_away(&program, &mut tx, &info, &id).await?;
        hall.commit(tx).await.map_err(house(&info))?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    answer(&info, outcome.await)
}

/// Takes a subscription of the key away, in a transaction of its district.
pub(crate) async fn take_away(program: &Program, tx: &mut Tx, info: &RequestInfo, id: &str) -> Result<(), Refusal> {
    let id: NoticeId = id.parse().map_err(|_| not_there(KIND))?;
    let failed = |error: DbError| store_failed(error, info);
    let c = &mut tx.conn().map_err(failed)?;
    let found = store::one(c, program.district, id).await.map_err(failed)?;
    found.filter(|notice| notice.key == program.key).ok_or_else(|| not_there(KIND))?;
    store::remove(c, program.district, id).await.map_err(failed)?;
    tx.journal(program.ctx.line("fhir.subscription_removed", &PlacePath::root(), Some(id.0), json!({})));
    Ok(())
}
