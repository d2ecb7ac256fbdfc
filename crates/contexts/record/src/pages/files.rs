//! The files of a log as C2SP has them (tlog-tiles, tlog-checkpoint, tlog-proof), for programs.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_hall::Hall;
use linli_publiclog::{ProofFile, Resource};
use linli_webkit::AppError;

use super::{entry_of, log_of};
use crate::error::RecordError;
use crate::queries;

/// What changes is asked for again after seconds.
const SOON: &str = "public, max-age=5";
/// What never changes.
const EVER: &str = "public, max-age=31536000, immutable";
const TEXT: &str = "text/plain; charset=utf-8";

fn file(kind: &'static str, caching: &'static str, body: impl IntoResponse) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, caching)], body).into_response()
}

/// `GET /log/{log}/checkpoint`.
pub(crate) async fn checkpoint(State(hall): State<Hall>, Path(log): Path<String>) -> Result<Response, AppError> {
    let bytes = queries::file(&mut hall.read().await?.conn(), log_of(&log)?, Resource::Checkpoint).await?;
    Ok(file(Resource::Checkpoint.content_type(), SOON, bytes))
}

/// `GET /log/{log}/checkpoint/{size}`: the one that was signed then.
pub(crate) async fn earlier(State(hall): State<Hall>, Path((log, size)): Path<(String, String)>) -> Result<Response, AppError> {
    let size = size.parse().map_err(|_| RecordError::NotFound)?;
    let signed = queries::signed_at(&mut hall.read().await?.conn(), log_of(&log)?, size).await?;
    Ok(file(Resource::Checkpoint.content_type(), EVER, signed.note))
}

/// `GET /log/{log}/key`: the key that checks its checkpoints, as a line.
pub(crate) async fn key(State(hall): State<Hall>, Path(log): Path<String>) -> Result<Response, AppError> {
    let head = queries::log(&mut hall.read().await?.conn(), log_of(&log)?).await?;
    Ok(file(TEXT, SOON, format!("{}\n", head.key)))
}

/// `GET /log/{log}/tile/{path}`: hashes, and entries.
pub(crate) async fn tile(State(hall): State<Hall>, Path((log, path)): Path<(String, String)>) -> Result<Response, AppError> {
    let resource: Resource = format!("tile/{path}").parse().map_err(|_| RecordError::NotFound)?;
    let bytes = queries::file(&mut hall.read().await?.conn(), log_of(&log)?, resource).await?;
    Ok(file(resource.content_type(), EVER, bytes))
}

/// `GET /log/{log}/consistency/{from}`: the hashes that prove that the log begins with its first so many entries, a line each, an empty line, and the
/// checkpoint up to which they do.
pub(crate) async fn consistency(
    State(hall): State<Hall>,
    Path((log, from)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let from = from.parse().map_err(|_| RecordError::NotFound)?;
    let (head, proof) = queries::consistency(&mut hall.read().await?.conn(), log_of(&log)?, from).await?;
    let hashes: String = proof.iter().map(|hash| format!("{hash}\n")).collect();
    Ok(file(TEXT, SOON, format!("{hashes}\n{}", head.note)))
}

/// `GET /log/{log}/e/{entry}/proof`: that it is in the log, to be checked without asking the log.
pub(crate) async fn proof(State(hall): State<Hall>, Path((log, id)): Path<(String, String)>) -> Result<Response, AppError> {
    let (district, id) = entry_of(&log, &id)?;
    let proven = queries::proof(&mut hall.read().await?.conn(), district, id).await?;
    let text = ProofFile { extra: None, index: proven.number, proof: proven.proof, checkpoint: proven.log.note }.to_text();
    Ok(file(TEXT, SOON, text))
}

/// `GET /log/{log}/e/{entry}/bytes`: the entry itself.
pub(crate) async fn bytes(State(hall): State<Hall>, Path((log, id)): Path<(String, String)>) -> Result<Response, AppError> {
    let (district, id) = entry_of(&log, &id)?;
    let (_, bytes) = queries::entry(&mut hall.read().await?.conn(), district, id).await?;
    Ok(file("application/octet-stream", EVER, bytes))
}
