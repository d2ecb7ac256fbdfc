//! The methods of GeoReport v2.

pub(crate) mod discovery;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod services;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use linli_cases::rules::Rules;
use linli_cases::{CasesError, Neighbours, Office};
use linli_db::Read;
use linli_hall::Hall;
use linli_kernel::PlacePath;
use linli_territory::Signposts;
use linli_webkit::{Locale, RequestInfo, T};

use crate::answer::{Format, Refusal, named};
use crate::asked::Args;
use crate::jurisdiction;
use crate::node::Node;

/// A document: its root element and what is in it.
pub(crate) type Document = (&'static str, Node);

/// Writes a document or a refusal.
pub(crate) fn answer(info: &RequestInfo, format: Format, outcome: Result<Document, Refusal>) -> Response {
    match outcome {
        Ok((root, node)) => format.write(StatusCode::OK, root, &node),
        Err(refusal) => refusal.answer(format, info.t()),
    }
}

/// Whether names are asked for in English.
pub(crate) fn english(t: &T) -> bool {
    t.locale() == Locale::En
}

pub(crate) async fn read(hall: &Hall, t: &T) -> Result<Read, Refusal> {
    hall.read().await.map_err(|error| Refusal::of_house(&error, t))
}

pub(crate) fn office(hall: &Hall, t: &T) -> Result<Arc<Office>, Refusal> {
    hall.service::<Office>().map_err(|error| Refusal::of_house(&error, t))
}

pub(crate) fn neighbours(hall: &Hall, t: &T) -> Result<Arc<dyn Neighbours>, Refusal> {
    hall.service::<dyn Neighbours>().map_err(|error| Refusal::of_house(&error, t))
}

pub(crate) fn signposts(hall: &Hall, t: &T) -> Result<Arc<Signposts>, Refusal> {
    hall.service::<Signposts>().map_err(|error| Refusal::of_house(&error, t))
}

/// The rules that count at a place now.
pub(crate) fn rules(hall: &Hall, t: &T, place: &PlacePath) -> Result<Rules, Refusal> {
    office(hall, t)?.rules(place, hall.now()).map_err(|error| Refusal::of_cases(CasesError::from(error), t))
}

/// `GET tokens/{token}`. Every report is answered with its id at once, so no token was ever given and none is known.
pub(crate) async fn token(info: RequestInfo, State(hall): State<Hall>, Path(file): Path<String>) -> Response {
    let Some((token, format)) = named(&file) else { return nowhere(info).await };
    let outcome = async {
        let args = Args::of_query(info.query());
        jurisdiction::meant(&mut read(&hall, info.t()).await?.conn(), &args).await?;
        Err(match token {
            "" => Refusal::wrong("open311-error-token-missing"),
            token => Refusal::not_found("open311-error-token").arg("token", token),
        })
    };
    answer(&info, format, outcome.await)
}

/// Whatever else is asked for under the endpoint is not there, and says so in the format of the endpoint.
pub(crate) async fn nowhere(info: RequestInfo) -> Response {
    Refusal::not_found("open311-error-nowhere").answer(Format::of(info.path()), info.t())
}
