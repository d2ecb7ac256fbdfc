//! Cookies, and the port behind which identity keeps the sessions. Webkit reads and sets cookies; it knows no person.

use std::future::Future;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use crate::error::AppError;
use crate::request::RequestInfo;

/// Over TLS; the prefix makes the browser insist on `Secure`, path `/` and no domain.
const SECURE_NAME: &str = "__Host-linli";
/// On loopback without TLS, where a `__Host-` cookie would be refused.
const PLAIN_NAME: &str = "linli";

/// Who keeps the sessions. `identity` implements it, the binary wires it.
pub trait SessionPort: Send + Sync + 'static {
    /// What a valid session says of its holder.
    type Signed: Clone + Send + Sync + 'static;

    /// The holder of this token; `None` when there is no such session or it has run out.
    fn resolve(&self, token: &str) -> impl Future<Output = Result<Option<Self::Signed>, AppError>> + Send;

    /// A session, an account or an appointment changed: whatever is remembered of holders may be untrue.
    fn forget(&self) {}
}

/// The value of a cookie.
#[must_use]
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The session token that came with the request.
#[must_use]
pub fn session_token<'h>(headers: &'h HeaderMap, info: &RequestInfo) -> Option<&'h str> {
    cookie(headers, cookie_name(info.https())).filter(|token| !token.is_empty())
}

/// The `Set-Cookie` value that begins a session of so many seconds. The token must be of visible ASCII without `;`.
///
/// # Errors
/// `web.internal` when the token cannot stand in a cookie.
pub fn begin_session(info: &RequestInfo, token: &str, max_age_secs: i64) -> Result<HeaderValue, AppError> {
    set_cookie(cookie_name(info.https()), token, max_age_secs, info.https(), true)
}

/// The `Set-Cookie` value that ends the session in this browser.
///
/// # Errors
/// None in practice: the value is fixed.
pub fn end_session(info: &RequestInfo) -> Result<HeaderValue, AppError> {
    set_cookie(cookie_name(info.https()), "", 0, info.https(), true)
}

const fn cookie_name(https: bool) -> &'static str {
    if https { SECURE_NAME } else { PLAIN_NAME }
}

pub(crate) fn set_cookie(
    name: &str,
    value: &str,
    max_age_secs: i64,
    secure: bool,
    http_only: bool,
) -> Result<HeaderValue, AppError> {
    if !value.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"' | b'\\')) {
        return Err(AppError::internal("a cookie value must be visible ASCII"));
    }
    let secure = if secure { "; Secure" } else { "" };
    let http_only = if http_only { "; HttpOnly" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age={max_age_secs}; SameSite=Lax{http_only}{secure}"))
        .map_err(AppError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("linli_lang=en; linli=abc"));
        headers.append(COOKIE, HeaderValue::from_static("__Host-linli=xyz"));
        assert_eq!(cookie(&headers, "linli"), Some("abc"));
        assert_eq!(cookie(&headers, "__Host-linli"), Some("xyz"));
        assert_eq!(cookie(&headers, "lin"), None);
    }

    #[test]
    fn session_cookies_are_locked_down() {
        let value = set_cookie(SECURE_NAME, "t0ken", 3600, true, true).unwrap();
        assert_eq!(value, "__Host-linli=t0ken; Path=/; Max-Age=3600; SameSite=Lax; HttpOnly; Secure");
        assert!(set_cookie(PLAIN_NAME, "a;b", 1, false, true).is_err());
    }
}
