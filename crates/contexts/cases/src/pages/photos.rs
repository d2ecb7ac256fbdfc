//! The photos of a case, for those who may see the case.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use linli_db::BlobHash;
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::AppError;

use super::{store, work};
use crate::error::CasesError;
use crate::model::CaseId;
use crate::queries;
use crate::token::LinkToken;

/// `GET /cases/{id}/photo/{n}`.
pub(crate) async fn of_case(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, position)): Path<(String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    case_photo(&caller, &hall, (&id, position, false), &asked).await
}

/// `GET /cases/{id}/thumb/{n}`.
pub(crate) async fn thumb_of_case(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, position)): Path<(String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    case_photo(&caller, &hall, (&id, position, true), &asked).await
}

/// `GET /r/{token}/photo/{n}`.
pub(crate) async fn of_link(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, position)): Path<(String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    link_photo(&hall, (&token, position, false), &asked).await
}

/// `GET /r/{token}/thumb/{n}`.
pub(crate) async fn thumb_of_link(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, position)): Path<(String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    link_photo(&hall, (&token, position, true), &asked).await
}

/// `GET /u/{token}/cases/{id}/photo/{n}`.
pub(crate) async fn of_unit(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, id, position)): Path<(String, String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    unit_photo(&hall, (&token, &id, position, false), &asked).await
}

/// `GET /u/{token}/cases/{id}/thumb/{n}`.
pub(crate) async fn thumb_of_unit(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, id, position)): Path<(String, String, i64)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    unit_photo(&hall, (&token, &id, position, true), &asked).await
}

async fn unit_photo(
    hall: &Hall,
    (token, id, position, small): (&str, &str, i64, bool),
    asked: &HeaderMap,
) -> Result<Response, AppError> {
    let (district, id) = super::units::photo_of(hall, token, id).await?;
    let hash = named(&mut hall.read().await?.conn(), district, id, position, small).await?;
    send(hall, hash, asked).await
}

async fn case_photo(
    caller: &Caller,
    hall: &Hall,
    (id, position, small): (&str, i64, bool),
    asked: &HeaderMap,
) -> Result<Response, AppError> {
    let id: CaseId = id.parse().map_err(|_| CasesError::NotFound)?;
    let district = work::district(&caller.ctx)?;
    let mut read = hall.read().await?;
    queries::readable(&caller.ctx, &mut read.conn(), district, id).await?;
    let hash = named(&mut read.conn(), district, id, position, small).await?;
    drop(read);
    send(hall, hash, asked).await
}

async fn link_photo(hall: &Hall, (token, position, small): (&str, i64, bool), asked: &HeaderMap) -> Result<Response, AppError> {
    let link: LinkToken = token.parse().map_err(|_| CasesError::LinkUnknown)?;
    let mut read = hall.read().await?;
    let (district, id) = queries::link_target(&mut read.conn(), &link).await?;
    let hash = named(&mut read.conn(), district, id, position, small).await?;
    drop(read);
    send(hall, hash, asked).await
}

async fn named(
    c: &mut linli_db::Conn<'_>,
    district: DistrictId,
    id: CaseId,
    position: i64,
    small: bool,
) -> Result<BlobHash, AppError> {
    let photos = queries::photos(c, district, id).await?;
    let photo = photos.iter().find(|photo| photo.position == position).ok_or(CasesError::NotFound)?;
    Ok(if small { photo.thumb } else { photo.hash })
}

/// A blob is named by what is in it, so a browser that has it need not be sent it again. But it asks each time: at a desk that many share,
/// the photo must not outlast the session that was let in to it.
async fn send(hall: &Hall, hash: BlobHash, asked: &HeaderMap) -> Result<Response, AppError> {
    let tag = format!("\"{hash}\"");
    let caching = [(CACHE_CONTROL, "private, no-cache".to_owned()), (ETAG, tag.clone())];
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let bytes = hall.db().blobs().get(hash).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    Ok(([(CONTENT_TYPE, "image/jpeg")], caching, bytes).into_response())
}
