//! The photos of a case, for those who may see the case.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
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
) -> Result<Response, AppError> {
    case_photo(&caller, &hall, &id, position, false).await
}

/// `GET /cases/{id}/thumb/{n}`.
pub(crate) async fn thumb_of_case(
    caller: Caller,
    State(hall): State<Hall>,
    Path((id, position)): Path<(String, i64)>,
) -> Result<Response, AppError> {
    case_photo(&caller, &hall, &id, position, true).await
}

/// `GET /r/{token}/photo/{n}`.
pub(crate) async fn of_link(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, position)): Path<(String, i64)>,
) -> Result<Response, AppError> {
    link_photo(&hall, &token, position, false).await
}

/// `GET /r/{token}/thumb/{n}`.
pub(crate) async fn thumb_of_link(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, position)): Path<(String, i64)>,
) -> Result<Response, AppError> {
    link_photo(&hall, &token, position, true).await
}

/// `GET /u/{token}/cases/{id}/photo/{n}`.
pub(crate) async fn of_unit(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, id, position)): Path<(String, String, i64)>,
) -> Result<Response, AppError> {
    unit_photo(&hall, (&token, &id, position), false).await
}

/// `GET /u/{token}/cases/{id}/thumb/{n}`.
pub(crate) async fn thumb_of_unit(
    _: Caller,
    State(hall): State<Hall>,
    Path((token, id, position)): Path<(String, String, i64)>,
) -> Result<Response, AppError> {
    unit_photo(&hall, (&token, &id, position), true).await
}

async fn unit_photo(hall: &Hall, (token, id, position): (&str, &str, i64), small: bool) -> Result<Response, AppError> {
    let (district, id) = super::units::photo_of(hall, token, id).await?;
    let hash = named(&mut hall.read().await?.conn(), district, id, position, small).await?;
    send(hall, hash).await
}

async fn case_photo(caller: &Caller, hall: &Hall, id: &str, position: i64, small: bool) -> Result<Response, AppError> {
    let id: CaseId = id.parse().map_err(|_| CasesError::NotFound)?;
    let district = work::district(&caller.ctx)?;
    let mut read = hall.read().await?;
    queries::readable(&caller.ctx, &mut read.conn(), district, id).await?;
    let hash = named(&mut read.conn(), district, id, position, small).await?;
    drop(read);
    send(hall, hash).await
}

async fn link_photo(hall: &Hall, token: &str, position: i64, small: bool) -> Result<Response, AppError> {
    let link: LinkToken = token.parse().map_err(|_| CasesError::LinkUnknown)?;
    let mut read = hall.read().await?;
    let (district, id) = queries::link_target(&mut read.conn(), &link).await?;
    let hash = named(&mut read.conn(), district, id, position, small).await?;
    drop(read);
    send(hall, hash).await
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

async fn send(hall: &Hall, hash: BlobHash) -> Result<Response, AppError> {
    let bytes = hall.db().blobs().get(hash).await.map_err(store)?.ok_or_else(AppError::not_found)?;
    // A blob is named by what is in it; it never changes under this address, and it is nobody else's.
    Ok(([(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, "private, max-age=31536000, immutable")], bytes).into_response())
}
