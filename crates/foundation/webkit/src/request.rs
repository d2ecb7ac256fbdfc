//! What a page needs to know of the request, gathered once by the outermost layer.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, header};
use linli_kernel::{Rng, Ts};

use crate::error::AppError;
use crate::i18n::{Locale, T, Texts};
use crate::page::and_then;
use crate::session::cookie;

/// The cookie that remembers the chosen language.
pub(crate) const LANG_COOKIE: &str = "linli_lang";
/// The cookie that remembers elder mode (长辈版).
pub(crate) const ELDER_COOKIE: &str = "linli_elder";

/// What is known of a request before anybody asks who sent it. An axum extractor; cheap to clone.
#[derive(Debug, Clone)]
pub struct RequestInfo(Arc<Facts>);

#[derive(Debug, Clone)]
struct Facts {
    request_id: String,
    foreign_id: Option<String>,
    form_key: String,
    t: T,
    elder: bool,
    demo: bool,
    path: String,
    query: String,
    htmx: bool,
    navigates: bool,
    json: bool,
    https: bool,
    client_ip: IpAddr,
    idempotency_key: Option<String>,
    owner: Option<String>,
    sign_in: Option<&'static str>,
    looks: bool,
    now: Ts,
}

/// Where the address of the client is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proxy {
    /// Nobody stands in front: the peer of the connection is the client.
    #[default]
    None,
    /// One trusted proxy stands in front; the last entry of `X-Forwarded-For` and `X-Forwarded-Proto` are its word.
    Trusted,
}

/// What the site knows that every request needs.
pub(crate) struct Surroundings<'a> {
    pub(crate) texts: &'a Arc<Texts>,
    pub(crate) rng: &'a dyn Rng,
    pub(crate) now: Ts,
    pub(crate) proxy: Proxy,
    pub(crate) tls: bool,
    pub(crate) demo: bool,
    pub(crate) sign_in: Option<&'static str>,
}

impl RequestInfo {
    pub(crate) fn gather(parts: &http::Request<axum::body::Body>, site: &Surroundings<'_>) -> Self {
        let headers = parts.headers();
        let query = parts.uri().query().unwrap_or_default();
        let asked = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(k, _)| k == name).map(|(_, v)| v.into_owned());
        let locale = Locale::negotiate(
            asked("lang").as_deref(),
            cookie(headers, LANG_COOKIE),
            text(headers, header::ACCEPT_LANGUAGE.as_str()),
        );
        let elder = match asked("elder").as_deref() {
            Some(answer) => answer == "1",
            None => cookie(headers, ELDER_COOKIE) == Some("1"),
        };
        let peer = parts.extensions().get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.0.ip());
        // `//evil.example` would be another site in a link of ours.
        let path = format!("/{}", parts.uri().path().trim_start_matches('/'));
        Self(Arc::new(Facts {
            request_id: request_id(site.rng),
            foreign_id: foreign_id(headers).map(str::to_owned),
            form_key: form_key(site.rng),
            t: site.texts.in_locale(locale),
            elder,
            demo: site.demo,
            query: query.to_owned(),
            htmx: headers.contains_key("hx-request"),
            navigates: parts.method() == http::Method::GET && text(headers, "sec-fetch-mode") == Some("navigate"),
            json: path.starts_with("/api/") || prefers_json(headers),
            https: site.tls || (site.proxy == Proxy::Trusted && text(headers, "x-forwarded-proto") == Some("https")),
            client_ip: client_ip(peer, headers, site.proxy),
            idempotency_key: text(headers, "idempotency-key").filter(|key| is_key(key)).map(str::to_owned),
            owner: text(headers, "linli-owner").filter(|owner| owner.len() <= 100).map(str::to_owned),
            sign_in: site.sign_in,
            looks: parts.method().is_safe(),
            now: site.now,
            path,
        }))
    }

    /// The same request as one for another address: a request may hold several.
    #[must_use]
    pub fn asking(&self, path: &str, query: &str) -> Self {
        Self(Arc::new(Facts { path: path.to_owned(), query: query.to_owned(), ..Facts::clone(&self.0) }))
    }

    /// A key for a form on the page that is being made.
    pub(crate) fn form_key(&self) -> &str {
        &self.0.form_key
    }

    /// Whether a person goes to this address in a browser, and no script, machine or form asks.
    #[must_use]
    pub fn navigates(&self) -> bool {
        self.0.navigates
    }

    /// The reference a person can read aloud and the log is searched by.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// The id that the sender or a proxy gave the request (`X-Request-Id`), for the log alone: anybody can send any, so it is never the
    /// reference of a journal line.
    pub(crate) fn foreign_id(&self) -> Option<&str> {
        self.0.foreign_id.as_deref()
    }

    /// Whose a form is that waited on a device (`Linli-Owner`): the `key` of [`crate::Who`] of the page on which it was filled in.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.0.owner.as_deref()
    }

    /// The texts in the language of the request.
    #[must_use]
    pub fn t(&self) -> &T {
        &self.0.t
    }

    /// Whether elder mode (长辈版) is on.
    #[must_use]
    pub fn elder(&self) -> bool {
        self.0.elder
    }

    /// Whether the data are invented and every page must say so.
    #[must_use]
    pub fn demo(&self) -> bool {
        self.0.demo
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The query as it stands in the address, without the question mark.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.0.query
    }

    /// Whether htmx asks for a part of a page.
    #[must_use]
    pub fn htmx(&self) -> bool {
        self.0.htmx
    }

    /// Whether the answer should be JSON: the path is under `/api/`, or `Accept` names JSON and not HTML.
    #[must_use]
    pub fn json(&self) -> bool {
        self.0.json
    }

    /// Whether the person's browser speaks TLS to us or to our proxy.
    #[must_use]
    pub fn https(&self) -> bool {
        self.0.https
    }

    /// The address of the client.
    #[must_use]
    pub fn client_ip(&self) -> IpAddr {
        self.0.client_ip
    }

    /// The `Idempotency-Key` header: 8 to 100 letters, digits, `-`, `_`. A request with anything else in it is refused.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }

    /// Whether the key can be somebody's own who has no account. All visitors are one actor, and whoever repeats a key with the same
    /// words is given the answer, private link and all: it must be as hard to guess as that (22 characters hold 128 bits).
    #[must_use]
    pub fn key_is_long(&self) -> bool {
        self.0.idempotency_key.as_deref().is_none_or(|key| key.len() >= VISITOR_KEY)
    }

    /// The address at which to sign in and then come back to this page, where the site has one. A form that was sent is not come
    /// back to.
    pub(crate) fn sign_in_href(&self) -> Option<String> {
        self.0.sign_in.map(|door| self.and_back(door))
    }

    /// The address of a door that leads back to this page; to the start page where a form was sent.
    pub(crate) fn and_back(&self, door: &str) -> String {
        let here = match (self.0.looks, self.0.query.as_str()) {
            (false, _) => "/".to_owned(),
            (true, "") => self.0.path.clone(),
            (true, query) => format!("{}?{query}", self.0.path),
        };
        and_then(door, &here)
    }

    /// The instant the request came in.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.0.now
    }

    /// The address of this same page with one query parameter set, the others kept.
    #[must_use]
    pub fn here_with(&self, name: &str, value: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(form_urlencoded::parse(self.0.query.as_bytes()).filter(|(k, _)| k != name));
        query.append_pair(name, value);
        format!("{}?{}", self.0.path, query.finish())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestInfo {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, AppError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| AppError::internal("the router is not wrapped in webkit's layers"))
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Characters of a visitor's idempotency key at least: 128 bits as base64, and less than a UUID or 32 hexadecimal digits.
const VISITOR_KEY: usize = 22;

/// Letters that are not misread aloud.
const SPEAKABLE: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 12 characters (60 bits) of our own.
fn request_id(rng: &dyn Rng) -> String {
    let mut bits = rng.next_u64();
    let mut id = String::with_capacity(12);
    for _ in 0..12 {
        let letter = usize::try_from(bits & 31).ok().and_then(|i| SPEAKABLE.get(i)).copied().unwrap_or(b'0');
        id.push(char::from(letter));
        bits >>= 5;
    }
    id
}

/// The id that came with the request when it is a short safe token.
fn foreign_id(headers: &HeaderMap) -> Option<&str> {
    text(headers, "x-request-id").filter(|id| is_key(id) && id.len() <= 64)
}

/// 128 random bits of our own: whoever knows it may repeat the form and is given its answer, so it is never the id that stands in logs.
fn form_key(rng: &dyn Rng) -> String {
    format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
}

/// 8 to 100 letters, digits, `-` or `_`.
pub(crate) fn is_key(key: &str) -> bool {
    (8..=100).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn prefers_json(headers: &HeaderMap) -> bool {
    let accept = text(headers, "accept").unwrap_or_default();
    accept.contains("json") && !accept.contains("text/html")
}

fn client_ip(peer: IpAddr, headers: &HeaderMap, proxy: Proxy) -> IpAddr {
    // Some proxies add a line of their own below the one the client sent: only the last entry of the last line is their word.
    let last = || headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok();
    let forwarded = || last()?.rsplit(',').next()?.trim().parse().ok();
    match proxy {
        Proxy::None => peer,
        Proxy::Trusted => forwarded().unwrap_or(peer),
    }
}

/// The token of `Authorization: Bearer …`. The name of the scheme may be written in any case of its letters (RFC 9110, 11.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| ((*k).parse::<http::HeaderName>().unwrap(), v.parse().unwrap())).collect()
    }

    #[test]
    fn the_reference_is_ours_and_a_foreign_one_must_be_harmless() {
        let rng = SeededRng::new(1);
        let texts = Arc::new(Texts::new(&[crate::i18n::SHARED_TEXTS]).unwrap());
        let given = |id: &'static str| {
            let (rng, proxy, now) = (rng.as_ref(), Proxy::None, Ts(0));
            let site = Surroundings { texts: &texts, rng, now, proxy, tls: false, demo: false, sign_in: None };
            RequestInfo::gather(
                &http::Request::get("/").header("x-request-id", id).body(axum::body::Body::empty()).unwrap(),
                &site,
            )
        };
        let foreign = "0190f8a2-1111-7000-8000-000000000000";
        assert_eq!((given(foreign).request_id().len(), given(foreign).foreign_id()), (12, Some(foreign)));
        for bad in ["short", "has space in it", "<script>alert(1)</script>"] {
            assert_eq!((given(bad).request_id().len(), given(bad).foreign_id()), (12, None), "{bad}");
        }
        assert_ne!(given("").request_id(), given("").request_id());
    }

    #[test]
    fn forwarded_addresses_count_only_from_a_trusted_proxy() {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let spoofed = headers(&[("x-forwarded-for", "1.2.3.4, 5.6.7.8")]);
        assert_eq!(client_ip(peer, &spoofed, Proxy::None), peer);
        assert_eq!(client_ip(peer, &spoofed, Proxy::Trusted), IpAddr::from([5, 6, 7, 8]));
        let mut two_lines = headers(&[("x-forwarded-for", "1.2.3.4")]);
        two_lines.append("x-forwarded-for", "5.6.7.8".parse().unwrap());
        assert_eq!(client_ip(peer, &two_lines, Proxy::Trusted), IpAddr::from([5, 6, 7, 8]));
    }
}
