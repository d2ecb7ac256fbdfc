//! Browser files, embedded at compile time, served under an address that changes with their content.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::error::AppError;
use crate::i18n::T;
use crate::page::Page;
use crate::request::RequestInfo;
use crate::shell::Shell;

const JS: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

macro_rules! file {
    ($path:literal) => {
        include_bytes!(concat!("../../../../assets/", $path)).as_slice()
    };
}

/// The page's half of the queue of what is not yet sent, and what it has in common with the service worker.
const QUEUE: &str =
    concat!("\"use strict\";\n", include_str!("../../../../assets/offline.js"), include_str!("../../../../assets/queue.js"));

/// Name in templates, content type, content.
const FILES: &[(&str, &str, &[u8])] = &[
    ("linli.css", CSS, file!("linli.css")),
    ("linli.js", JS, file!("linli.js")),
    ("queue.js", JS, QUEUE.as_bytes()),
    ("htmx.js", JS, file!("vendor/htmx/htmx-4.0.1.min.js")),
    ("htmx-sse.js", JS, file!("vendor/htmx/hx-sse-4.0.1.min.js")),
    ("icon.svg", "image/svg+xml", file!("icon.svg")),
    ("icon-192.png", "image/png", file!("icon-192.png")),
    ("icon-512.png", "image/png", file!("icon-512.png")),
];

/// What the staff app keeps for use without a network.
const OFFLINE: [&str; 5] = ["linli.css", "linli.js", "queue.js", "htmx.js", "icon.svg"];

struct Asset {
    name: &'static str,
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
    hash: String,
    url: String,
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, plain: Bytes) -> Self {
        let hash = Sha256::digest(&plain).iter().take(6).fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let gzip = gzip(&plain, Compression::best()).filter(|packed| packed.len() < plain.len()).map(Bytes::from);
        let url = format!("/assets/{hash}/{name}");
        Self { name, content_type, plain, gzip, hash, url }
    }

    fn answer(&self, request: &HeaderMap, caching: &'static str) -> Response {
        let tag = format!("\"{}\"", self.hash);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(ETAG, tag);
        }
        if request.get(IF_NONE_MATCH).and_then(|v| v.to_str().ok()).is_some_and(|known| known.contains(&tag)) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        match &self.gzip {
            Some(packed) if accepts_gzip(request) => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                (headers, packed.clone()).into_response()
            }
            _ => (headers, self.plain.clone()).into_response(),
        }
    }
}

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| FILES.iter().map(|(name, kind, body)| Asset::new(name, kind, Bytes::from_static(body))).collect());

/// The service worker with the addresses of what it keeps written at its top: when a file changes, the worker changes.
static WORKER: LazyLock<Asset> = LazyLock::new(|| {
    let keep: Vec<&str> = OFFLINE.iter().map(|name| asset_url(name)).collect();
    let list = serde_json::to_string(&keep).unwrap_or_default();
    let script = concat!(include_str!("../../../../assets/offline.js"), include_str!("../../../../assets/sw.js"));
    Asset::new("sw.js", JS, Bytes::from(format!("\"use strict\";\nconst KEEP = {list};\n{script}")))
});

static MANIFEST: LazyLock<Asset> = LazyLock::new(|| {
    let manifest = serde_json::json!({
        "name": "邻里 Linli",
        "short_name": "邻里",
        "lang": "zh-CN",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f5f1",
        "theme_color": "#0f5c4d",
        "icons": [
            { "src": asset_url("icon.svg"), "sizes": "any", "type": "image/svg+xml" },
            { "src": asset_url("icon-192.png"), "sizes": "192x192", "type": "image/png" },
            { "src": asset_url("icon-512.png"), "sizes": "512x512", "type": "image/png" },
        ],
    });
    Asset::new("manifest.webmanifest", "application/manifest+json", Bytes::from(manifest.to_string()))
});

/// The address of an embedded file, with the hash of its content in it. A name that does not exist leads to a 404.
#[must_use]
pub fn asset_url(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/assets/0/missing", |asset| asset.url.as_str())
}

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{hash}/{name}", get(serve))
        .route("/sw.js", get(|headers: HeaderMap| async move { WORKER.answer(&headers, "no-cache") }))
        .route("/manifest.webmanifest", get(|headers: HeaderMap| async move { MANIFEST.answer(&headers, "no-cache") }))
        .route("/offline", get(offline))
        .route(
            "/favicon.ico",
            get(|headers: HeaderMap| async move { by_name("icon.svg").map(|icon| icon.answer(&headers, "max-age=86400")) }),
        )
}

#[derive(askama::Template)]
#[template(path = "offline.html")]
struct OfflinePage {
    shell: Shell,
    t: T,
}

async fn offline(info: RequestInfo) -> Page<OfflinePage> {
    let t = info.t().clone();
    Page(OfflinePage { shell: Shell::new(&info, t.s("offline-title")), t })
}

async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Result<Response, AppError> {
    let asset = by_name(&name)?;
    // A page from before an update may still ask for the old address: it gets the new file, but must not keep it under the old name.
    let caching = if asset.hash == hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(asset.answer(&headers, caching))
}

fn by_name(name: &str) -> Result<&'static Asset, AppError> {
    ASSETS.iter().find(|asset| asset.name == name).ok_or_else(AppError::not_found)
}

pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    accepted.split(',').map(|part| part.split_once(';').unwrap_or((part, ""))).any(|(name, q)| {
        let refused = matches!(q.trim().trim_start_matches("q="), "0" | "0.0" | "0.00" | "0.000");
        matches!(name.trim(), "gzip" | "*") && !refused
    })
}

pub(crate) fn gzip(plain: &[u8], level: Compression) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(plain.len() / 3), level);
    packer.write_all(plain).ok()?;
    packer.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_of_its_own() {
        for asset in ASSETS.iter() {
            assert_eq!(asset_url(asset.name), asset.url);
        }
        for name in OFFLINE {
            assert!(!asset_url(name).ends_with("missing"), "{name}");
        }
        assert!(std::str::from_utf8(&WORKER.plain).unwrap().contains(asset_url("linli.css")));
    }

    #[test]
    fn encodings_are_read_with_their_weights() {
        let accepts = |v: &'static str| accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(v))]));
        assert!(accepts("gzip, deflate, br") && accepts("br;q=1, gzip;q=0.5") && accepts("*"));
        assert!(!accepts("br") && !accepts("gzip;q=0") && !accepts_gzip(&HeaderMap::new()));
    }
}
