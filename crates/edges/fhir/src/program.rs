//! Who asks: the system of an institution, by its key.

use http::HeaderMap;
use http::StatusCode;
use http::header::AUTHORIZATION;
use linli_access::{Actor, Channel, Ctx};
use linli_db::DbError;
use linli_hall::Hall;
use linli_identity::keys::{self, KeyId, Opens};
use linli_kernel::DistrictId;
use linli_treatment::model::plan::At;
use linli_webkit::{AppError, RequestInfo};

use crate::answer::of_house;
use crate::outcome::{Issue, Kind, Refusal};

/// The system of an institution that shows its key.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) ctx: Ctx,
    pub(crate) district: DistrictId,
    pub(crate) key: KeyId,
}

/// Lets the holder of a key in.
///
/// # Errors
/// 401 for whoever has none.
pub(crate) async fn enter(hall: &Hall, info: &RequestInfo, headers: &HeaderMap) -> Result<Program, Refusal> {
    let nobody = || Refusal::of(StatusCode::UNAUTHORIZED, Issue::new(Kind::Login, "fhir-error-key"));
    let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer).ok_or_else(nobody)?;
    let mut read = hall.read().await.map_err(|error| of_house(&error, info.t()))?;
    let opened = keys::opened_by(&mut read.conn(), Opens::Fhir, sent).await.map_err(|error| store(error, info))?;
    let opened = opened.ok_or_else(nobody)?;
    // A key to health data is bound to an institution; the store of keys makes no other.
    let organisation = opened.organisation.ok_or_else(nobody)?;
    let ctx = Ctx {
        actor: Actor::Program { key: opened.key.0, district: opened.district, organisation: organisation.0 },
        channel: Channel::Api,
        clock: hall.clock(),
        rng: hall.rng(),
        request_id: info.request_id().to_owned(),
        idempotency_key: None,
    };
    Ok(Program { ctx, district: opened.district, key: opened.key })
}

/// That the institution whose program it is belongs to the treatment network; gives where it stands.
///
/// # Errors
/// 403 for one of another institution.
pub(crate) async fn in_network(hall: &Hall, info: &RequestInfo, program: &Program) -> Result<At, Refusal> {
    let mut read = hall.read().await.map_err(|error| of_house(&error, info.t()))?;
    let own = linli_treatment::queries::acts_for(&program.ctx, &mut read.conn()).await;
    let own = own.map_err(|error| of_house(&AppError::from(error), info.t()))?;
    own.ok_or_else(|| Refusal::of(StatusCode::FORBIDDEN, Issue::new(Kind::Forbidden, "fhir-error-no-network")))
}

/// The token of `Bearer …`; the name of the scheme may be written in any case.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// A failure of the store on the way to an answer.
pub(crate) fn store(error: DbError, info: &RequestInfo) -> Refusal {
    of_house(&linli_hall::store_error(error), info.t())
}

/// Counts something of a program that was refused, in a transaction of its own; what cannot be counted is in the log.
pub(crate) async fn count(hall: &Hall, program: &Program, why: &'static str, n: i64) {
    let counted = async {
        let mut tx = hall.begin(program.district).await?;
        keys::count(&mut tx, program.key, (why, n), hall.now()).await.map_err(linli_hall::store_error)?;
        hall.commit(tx).await
    };
    if let Err(error) = counted.await {
        tracing::warn!(%error, key = %program.key, why, "a refusal could not be counted");
    }
}
