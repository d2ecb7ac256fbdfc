//! The layers around all rooms: who asks and in which language, limits, protection, the last word on errors, compression.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use linli_kernel::{Code, SharedClock, SharedRng, Status};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tracing::Instrument as _;

use crate::bodies::{self, Bodies, Broken};
use crate::delivery;
use crate::error::{AppError, Carried, codes};
use crate::i18n::Texts;
use crate::page::error_response;
use crate::rate::RateLimits;
use crate::request::{ELDER_COOKIE, LANG_COOKIE, Proxy, RequestInfo, Surroundings};
use crate::session::set_cookie;

/// Largest body of a route that takes no files.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// How long a large file may take to arrive.
const PATIENCE: Duration = Duration::from_secs(600);
/// When too much is going on, one may try again after so many seconds.
const BUSY_SECS: u64 = 10;
/// A chosen language or size is remembered for a year.
const YEAR_SECS: i64 = 31_536_000;

/// Somebody who counts answers. Called once for every answer, after its head is written; it must not wait for anything.
pub trait Observer: Send + Sync + 'static {
    /// A request was answered. `route` is the pattern (`/cases/{id}`), never the address, which may hold a private link; `-` when
    /// nothing matched.
    fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration);
}

/// How an error is told under some address, where it is neither the page nor problem+json.
pub type Telling = fn(&AppError, StatusCode, &RequestInfo) -> Response;

/// What the layers need to know of the site.
#[derive(Clone)]
pub struct Site {
    /// The texts of all rooms.
    pub texts: Arc<Texts>,
    /// Where "now" comes from.
    pub clock: SharedClock,
    /// Where request ids come from.
    pub rng: SharedRng,
    /// Whether a trusted proxy stands in front.
    pub proxy: Proxy,
    /// Whether we speak TLS ourselves.
    pub tls: bool,
    /// Whether every page is stamped 演示数据.
    pub demo: bool,
    /// Rate limits, `None` for measurements.
    pub limits: Option<Arc<RateLimits>>,
    /// How much of what is being sent may be held at a time.
    pub room: bodies::Room,
    /// How long a handler may take before the answer is "try again".
    pub timeout: Duration,
    /// Routes, as registered, that take in large files: a slow line is given ten minutes there.
    pub patient: Vec<&'static str>,
    /// Routes, as registered, that machines with a key of their own use as often as they have something to say: a whole estate speaks
    /// from one address there.
    pub busy: Vec<&'static str>,
    /// Paths under which every error, also one of the layers here, is told in a form of its own: a standard may ask for one.
    pub told: Vec<(&'static str, Telling)>,
    /// Other origins whose pages may post to us, as a browser writes them (`https://city.example`).
    pub trusted_origins: Vec<String>,
    /// Origins that maps may load tiles from.
    pub map_origins: Vec<String>,
    /// Where people sign in: the page that asks for it leads there, and from there back.
    pub sign_in: Option<&'static str>,
    /// Who counts answers.
    pub observer: Option<Arc<dyn Observer>>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("proxy", &self.proxy)
            .field("tls", &self.tls)
            .field("demo", &self.demo)
            .finish_non_exhaustive()
    }
}

impl Site {
    /// A site on loopback without proxy, TLS, stamp or limits, handlers given 30 s.
    #[must_use]
    pub fn plain(texts: Arc<Texts>, clock: SharedClock, rng: SharedRng) -> Self {
        Self {
            texts,
            clock,
            rng,
            proxy: Proxy::None,
            tls: false,
            demo: false,
            limits: None,
            room: bodies::Room::default(),
            timeout: Duration::from_secs(30),
            patient: Vec::new(),
            busy: Vec::new(),
            told: Vec::new(),
            trusted_origins: Vec::new(),
            map_origins: Vec::new(),
            sign_in: None,
            observer: None,
        }
    }
}

/// Why a site cannot be opened as configured.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// An origin is not one.
    #[error("not an origin a browser would send: {0}")]
    Origin(String),
}

struct Around {
    site: Site,
    bodies: Arc<Bodies>,
    policy: HeaderValue,
}

/// Puts the layers around the rooms: the router that is served.
///
/// # Errors
/// When a trusted or map origin is not one.
pub fn open<S: Clone + Send + Sync + 'static>(rooms: Router<S>, state: S, site: Site) -> Result<Router, SiteError> {
    // Measurements come from one address; what all together may hold is bounded for them too.
    let room = match site.limits {
        Some(_) => site.room,
        None => bodies::Room { bytes_of_one: site.room.bytes, requests_of_one: usize::MAX, ..site.room },
    };
    let around = Arc::new(Around { policy: content_policy(&site.map_origins)?, bodies: Bodies::new(room), site });
    Ok(rooms
        .merge(crate::assets::routes())
        .fallback(|| async { AppError::not_found() })
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(csrf(&around.site.trusted_origins)?.with_rejection_response(cross_site))
        .layer(from_fn_with_state(around, handle))
        .with_state(state))
}

fn csrf(trusted: &[String]) -> Result<CsrfLayer, SiteError> {
    trusted
        .iter()
        .try_fold(CsrfLayer::new(), |layer, origin| layer.add_trusted_origin(origin))
        .map_err(|e| SiteError::Origin(e.to_string()))
}

fn cross_site(why: ProtectionError) -> Response {
    AppError::new(codes::CROSS_SITE).caused_by(why.to_string()).into_response()
}

fn panicked(what: Box<dyn Any + Send>) -> Response {
    let text = what.downcast_ref::<String>().map(String::as_str).or_else(|| what.downcast_ref::<&str>().copied());
    AppError::internal(format!("panic: {}", text.unwrap_or("without words"))).into_response()
}

/// Everything from our own origin, nothing inline; pictures may also be of this page's making (`data:`, `blob:`).
fn content_policy(map_origins: &[String]) -> Result<HeaderValue, SiteError> {
    let maps = map_origins.iter().map(|origin| format!(" {origin}")).collect::<String>();
    if maps.contains([';', ',', '\'', '\n']) {
        return Err(SiteError::Origin(maps));
    }
    HeaderValue::from_str(&format!(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{maps}; font-src 'self'; connect-src 'self'{maps}; \
         worker-src 'self' blob:; manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ))
    .map_err(|_| SiteError::Origin(maps))
}

async fn handle(State(around): State<Arc<Around>>, mut request: Request, next: Next) -> Response {
    let (site, begun) = (&around.site, Instant::now());
    let info = RequestInfo::gather(
        &request,
        &Surroundings {
            texts: &site.texts,
            rng: site.rng.as_ref(),
            now: site.clock.now(),
            proxy: site.proxy,
            tls: site.tls,
            demo: site.demo,
            sign_in: site.sign_in,
        },
    );
    request.extensions_mut().insert(info.clone());
    // The pattern, not the address: an address may hold a private link.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let patient = site.patient.contains(&route.as_str());
    let timeout = if patient { PATIENCE } else { site.timeout };
    let span = tracing::info_span!("request", id = info.request_id(), foreign = info.foreign_id(), method = %request.method(), route = route.as_str());
    let (method, asked) = (request.method().clone(), request.headers().clone());
    async {
        let free = site.busy.contains(&route.as_str());
        let admitted = if free { Ok(()) } else { admit(site, &info, &method) }.and_then(|()| key_is_one(&info, &asked));
        let guest = around.bodies.enter(crate::rate::address(info.client_ip()));
        let response = match (admitted, &guest) {
            (Err(error), _) => error.into_response(),
            (Ok(()), None) => AppError::new(codes::TOO_MANY).retry_after(BUSY_SECS).into_response(),
            (Ok(()), Some(guest)) => {
                // What devices send is read line by line and not held.
                let request = request.map(|body| guest.watch(body, patient || free));
                let answer = tokio::time::timeout(timeout, next.run(request)).await;
                let answer = answer.unwrap_or_else(|_| AppError::new(codes::TIMEOUT).into_response());
                why_unread(guest.why_broken(), answer)
            }
        };
        let mut response = last_word(response, site, &info);
        remember_choices(&mut response, &info);
        protect(&mut response, &around.policy, &info);
        let response = delivery::finish(response, &method, &asked).await;
        if let Some(observer) = &site.observer {
            observer.answered(&method, &route, response.status(), begun.elapsed());
        }
        response
    }
    .instrument(span)
    .await
}

/// The answer to a body that was broken off says why, whatever the reader of the body made of it.
fn why_unread(broken: Option<Broken>, answer: Response) -> Response {
    let refused = answer.status().is_client_error() || answer.status().is_server_error();
    match broken.filter(|_| refused) {
        None => answer,
        Some(why @ Broken::Full) => AppError::new(codes::UNAVAILABLE).retry_after(BUSY_SECS).caused_by(why).into_response(),
        Some(why @ Broken::Paused) => AppError::new(codes::TIMEOUT).caused_by(why).into_response(),
    }
}

fn admit(site: &Site, info: &RequestInfo, method: &Method) -> Result<(), AppError> {
    let Some(limits) = &site.limits else { return Ok(()) };
    let rule = if method.is_safe() { "read" } else { "write" };
    if info.path().starts_with("/assets/") { Ok(()) } else { limits.check(rule, crate::rate::address(info.client_ip())) }
}

/// A key that is none must not be taken for one: its sender believes that sending twice does no harm.
fn key_is_one(info: &RequestInfo, asked: &http::HeaderMap) -> Result<(), AppError> {
    let sent = asked.contains_key("idempotency-key");
    if sent && info.idempotency_key().is_none() { Err(AppError::new(codes::IDEMPOTENCY_KEY)) } else { Ok(()) }
}

/// Turns a carried error, or a bare refusal of a layer below, into the page or problem+json, and logs it once.
fn last_word(mut response: Response, site: &Site, info: &RequestInfo) -> Response {
    let status = response.status();
    let carried = response.extensions_mut().remove::<Carried>();
    let error = match carried {
        Some(Carried(error)) => error,
        None if (status.is_client_error() || status.is_server_error()) && is_bare(&response) => {
            Arc::new(AppError::new(code_for(status)))
        }
        None => return response,
    };
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), error = %error, cause = error.chain(), "refused");
    } else {
        tracing::info!(status = status.as_u16(), error = %error, cause = error.chain(), "refused");
    }
    let under = |door: &str| info.path().strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut written = match site.told.iter().find(|(door, _)| under(door)) {
        Some((_, tell)) => tell(&error, status, info),
        None => error_response(&error, status, info),
    };
    for name in [header::ALLOW, header::SET_COOKIE, header::WWW_AUTHENTICATE] {
        for value in response.headers().get_all(&name) {
            written.headers_mut().append(&name, value.clone());
        }
    }
    written
}

/// No content type, or the plain text of a layer's own refusal.
fn is_bare(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

const fn code_for(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => codes::UNAUTHENTICATED,
        403 => codes::FORBIDDEN,
        404 => codes::NOT_FOUND,
        405 => Code::new("web.method", Status::Malformed),
        409 => codes::CONFLICT,
        410 => codes::GONE,
        413 => codes::TOO_LARGE,
        415 => Code::new("web.media_type", Status::Malformed),
        422 => codes::INVALID,
        429 => codes::TOO_MANY,
        503 => codes::UNAVAILABLE,
        400..=499 => codes::MALFORMED,
        _ => codes::INTERNAL,
    }
}

/// Language and size chosen by the address are remembered in a cookie.
fn remember_choices(response: &mut Response, info: &RequestInfo) {
    let asked = |name: &str| form_urlencoded::parse(info.query().as_bytes()).any(|(k, _)| k == name);
    let choices = [("lang", LANG_COOKIE, info.t().locale().tag()), ("elder", ELDER_COOKIE, if info.elder() { "1" } else { "0" })];
    for (parameter, cookie, value) in choices {
        if asked(parameter)
            && let Ok(line) = set_cookie(cookie, value, YEAR_SECS, info.https(), false)
        {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}

fn protect(response: &mut Response<Body>, policy: &HeaderValue, info: &RequestInfo) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: old browsers would then send `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if info.https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if let Ok(id) = HeaderValue::from_str(info.request_id()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
