//! The style sheet of this room and the small script that helps to draw.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use linli_webkit::AppError;
use sha2::{Digest as _, Sha256};

const CSS: &str = include_str!("../../assets/retrofit.css");
const JS: &str = include_str!("../../assets/draw.js");

fn address(content: &str, file: &str) -> String {
    let hash: String = Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("/assets/retrofit/{hash}/{file}")
}

/// The address of the style sheet; it changes with its content.
pub(crate) fn css() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| address(CSS, "retrofit.css"));
    &ADDRESS
}

/// The address of the script.
pub(crate) fn js() -> &'static str {
    static ADDRESS: LazyLock<String> = LazyLock::new(|| address(JS, "draw.js"));
    &ADDRESS
}

/// `GET /assets/retrofit/{hash}/{file}`.
pub(crate) async fn file(Path((_, file)): Path<(String, String)>) -> Result<Response, AppError> {
    let (kind, content) = match file.as_str() {
        "retrofit.css" => ("text/css; charset=utf-8", CSS),
        "draw.js" => ("text/javascript; charset=utf-8", JS),
        _ => return Err(AppError::not_found()),
    };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], content).into_response())
}
