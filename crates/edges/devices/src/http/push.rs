//! `POST /api/v1/devices/hikvision/{token}`: what an access controller pushes to the address that is set on it.
//!
//! Whatever it sends, an answer other than 200 makes it send again and again. So a body that nobody understands is answered with 200,
//! counted and put into the quarantine without what stood in it; only a wrong token (401), a body that is too large (413) and a full
//! disk (503) are refused.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use linli_hall::Hall;
use linli_webkit::AppError;
use serde_json::json;

use super::{devices, no_token, of_token};
use crate::door::Verdict;
use crate::ear::{Arrival, Outcome};
use crate::error::DevicesError;
use crate::model::DeviceKind;
use crate::payload::{Rejection, Said, hikvision};

/// Largest body: an event with its picture, which is passed over.
const BODY_MAX: usize = 8 * 1024 * 1024;

/// Takes what an access controller pushes: JSON, XML or multipart. The picture is not looked at.
#[utoipa::path(
    post,
    path = "/api/v1/devices/hikvision/{token}",
    operation_id = "push_access_event",
    tag = "devices",
    params(("token" = String, Path, description = "The token of the device")),
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Taken, or nothing to take"))
)]
pub(crate) async fn push(
    State(hall): State<Hall>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, AppError> {
    let devices = devices(&hall)?;
    let known = of_token(&devices, &token).await?.filter(|known| known.kind == DeviceKind::Access);
    let Some(known) = known else { return Ok(no_token()) };
    let now = devices.now();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        devices.ear().dropped(&known, Rejection::TooLong.code(), 1);
        return Err(DevicesError::PushTooLarge.into());
    };
    let rule = devices.rule(&known).map_err(DevicesError::from)?;
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let said = match hikvision::read(kind, &body) {
        // Codes that do not mean that the named person was let in (refused, alarm, settings) are of nobody.
        Ok(Some(event)) if !rule.value.lets_in(event.minor) => Some(Said::Alive),
        Ok(Some(event)) => Some(event.said),
        Ok(None) => Some(Said::Alive),
        Err(rejection) => {
            devices.puzzled(&known, "", &body, rejection, now);
            None
        }
    };
    if let Some(said) = said
        && let Outcome::Sign(sign) = devices.ear().hear(&known, &rule.value, &said, Arrival::now(now))
    {
        let verdicts = devices.gate().take(vec![sign]).await.map_err(|shut| {
            // It will be sent again, and must then be taken for the first time.
            devices.ear().unsay(&known, &said);
            DevicesError::from(shut)
        })?;
        for verdict in verdicts.into_iter().filter(|verdict| *verdict != Verdict::Counted) {
            devices.ear().dropped(&known, verdict.code(), 1);
        }
    }
    Ok(Json(json!({ "statusCode": 1, "statusString": "OK" })).into_response())
}
