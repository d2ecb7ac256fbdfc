//! How an answer travels: compressed where the client can read it, not at all where it already has it.

use std::hash::{DefaultHasher, Hasher as _};

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use crate::assets::{accepts_gzip, gzip};

/// Smaller answers fit in one packet anyway.
const WORTH_PACKING: u64 = 1_024;
/// Larger ones (exports) are streamed by their handlers and stay as they are.
const LARGEST: u64 = 4 * 1024 * 1024;
/// zlib level: most of the gain at a fifth of the time of level 9.
const LEVEL: u32 = 4;

/// Adds ETag, `304 Not Modified` and gzip to whole answers of text. Streams and files that are already packed pass untouched.
pub(crate) async fn finish(response: Response, method: &Method, asked: &HeaderMap) -> Response {
    let size = response.body().size_hint().exact();
    if !is_text(response.headers()) || response.headers().contains_key(CONTENT_ENCODING) || size.is_none_or(|n| n > LARGEST) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(collected) = body.collect().await else { return Response::from_parts(parts, Body::empty()) };
    let bytes = collected.to_bytes();
    let headers = &mut parts.headers;
    headers.append(VARY, HeaderValue::from_static("accept-encoding, accept-language, cookie"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if method == Method::GET && parts.status == StatusCode::OK {
        let tag = headers.get(ETAG).cloned().or_else(|| tag_of(&bytes));
        if let Some(tag) = tag {
            let known = asked.get(IF_NONE_MATCH).is_some_and(|list| contains(list, &tag));
            headers.insert(ETAG, tag);
            if known {
                headers.remove(CONTENT_LENGTH);
                headers.remove(CONTENT_TYPE);
                parts.status = StatusCode::NOT_MODIFIED;
                return Response::from_parts(parts, Body::empty());
            }
        }
    }
    let packed = (size >= Some(WORTH_PACKING) && accepts_gzip(asked)).then(|| gzip(&bytes, Compression::new(LEVEL))).flatten();
    match packed {
        Some(packed) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(packed.len()));
            Response::from_parts(parts, Body::from(packed))
        }
        None => Response::from_parts(parts, Body::from(bytes)),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    matches!(kind, "text/html" | "text/csv" | "text/calendar" | "text/plain" | "text/xml")
        || kind.ends_with("json")
        || kind.ends_with("+xml")
}

/// A weak tag: the same text, whatever its encoding. 64 bits and the length; a clash would need a page changed by chance
/// into another of equal hash.
fn tag_of(bytes: &Bytes) -> Option<HeaderValue> {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    HeaderValue::from_str(&format!("W/\"{:x}-{:016x}\"", bytes.len(), hasher.finish())).ok()
}

fn contains(list: &HeaderValue, tag: &HeaderValue) -> bool {
    match (list.to_str(), tag.to_str()) {
        (Ok(list), Ok(tag)) => list.split(',').any(|known| known.trim().trim_start_matches("W/") == tag.trim_start_matches("W/")),
        _ => false,
    }
}
