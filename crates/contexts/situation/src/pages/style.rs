//! The style sheet of this room, under an address that changes with its content.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const CSS: &str = include_str!("../../assets/situation.css");

static URL: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    CSS.hash(&mut hasher);
    format!("/assets/situation/{:016x}/situation.css", hasher.finish())
});

/// Its address.
pub(crate) fn url() -> &'static str {
    &URL
}

/// `GET /assets/situation/{hash}/situation.css`.
pub(crate) async fn style() -> ([(http::HeaderName, &'static str); 2], &'static str) {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=31536000, immutable")], CSS)
}
