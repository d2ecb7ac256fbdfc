//! The doors over HTTP: batches of lines, and pushes of access controllers.

pub(crate) mod batch;
mod lines;
pub(crate) mod push;
mod tally;

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use linli_hall::Hall;
use linli_webkit::{AppError, codes};

use crate::devices::Devices;
use crate::error::DevicesError;
use crate::registry::Known;

/// The device that shows a token in `Authorization: Bearer …`.
async fn of_header(devices: &Devices, headers: &HeaderMap) -> Result<Option<Arc<Known>>, AppError> {
    of_token(devices, linli_webkit::bearer(headers).unwrap_or_default()).await
}

async fn of_token(devices: &Devices, token: &str) -> Result<Option<Arc<Known>>, AppError> {
    if token.is_empty() {
        return Ok(None);
    }
    Ok(devices.by_token(token).await.map_err(DevicesError::from)?)
}

fn devices(hall: &Hall) -> Result<Arc<Devices>, AppError> {
    hall.service::<Devices>()
}

/// No device has this token.
fn no_token() -> Response {
    let mut refused = AppError::new(codes::UNAUTHENTICATED).into_response();
    refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    refused
}
