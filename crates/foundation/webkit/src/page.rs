//! Pages, and the pages that say what went wrong.

use askama::Template;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::AppError;
use crate::i18n::T;
use crate::request::RequestInfo;
use crate::shell::Shell;

/// A page from a template. Compression, ETag and headers are added by the outermost layer.
#[derive(Debug)]
pub struct Page<P: Template>(pub P);

impl<P: Template> IntoResponse for Page<P> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => Html(html).into_response(),
            Err(error) => AppError::internal(error).into_response(),
        }
    }
}

/// A wrong field on the error page.
struct FieldLine {
    field: String,
    text: String,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    t: T,
    heading: String,
    next: String,
    lines: Vec<FieldLine>,
    status: u16,
    /// Where to choose another post and come back; empty where that is of no use.
    switch: String,
    /// Where to go to be let in, and what that is called.
    sign_in: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "error-part.html")]
struct ErrorPart {
    t: T,
    heading: String,
    next: String,
    lines: Vec<FieldLine>,
    request_id: String,
}

/// RFC 9457 `application/problem+json`.
#[derive(Serialize)]
struct ProblemJson<'e> {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    code: &'e str,
    request_id: &'e str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldJson<'e>>,
}

#[derive(Serialize)]
struct FieldJson<'e> {
    field: &'e str,
    code: &'e str,
    detail: String,
}

/// Writes the error as the asker can read it: problem+json, a part of a page for htmx, or a page.
pub(crate) fn error_response(error: &AppError, status: StatusCode, info: &RequestInfo) -> Response {
    if info.navigates() {
        match (status, error.door()) {
            (StatusCode::UNAUTHORIZED, Some(door)) => return Redirect::to(door).into_response(),
            // Whoever goes to a page that needs signing in is asked to sign in, and comes back to it.
            (StatusCode::UNAUTHORIZED, None) => return Redirect::to(&info.and_back("/login")).into_response(),
            // Whoever has several posts chooses one, and comes back too.
            (StatusCode::FORBIDDEN, Some(door)) => return Redirect::to(&info.and_back(door)).into_response(),
            _ => {}
        }
    }
    let mut response = if info.json() { problem_json(error, status, info) } else { error_html(error, status, info) };
    *response.status_mut() = status;
    if let Some(secs) = error.retry_after_secs() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// The address of a page that leads on to another one afterwards.
#[must_use]
pub fn and_then(first: &str, next: &str) -> String {
    format!("{first}?{}", form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish())
}

/// An address with the values that are not empty in its query, each kept one value.
#[must_use]
pub fn address(path: &str, values: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(values.iter().filter(|(_, value)| !value.is_empty()));
    match query.finish() {
        none if none.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn problem_json(error: &AppError, status: StatusCode, info: &RequestInfo) -> Response {
    let t = info.t();
    let program = info.path().starts_with("/api/");
    let (title, detail) = if program {
        (error.title_for_programs(t), error.next_step_for_programs(t))
    } else {
        (error.title(t), error.next_step(t))
    };
    let body = ProblemJson {
        r#type: format!("/problems/{}", error.code().name),
        title,
        status: status.as_u16(),
        detail,
        code: error.code().name,
        request_id: info.request_id(),
        errors: error.fields().iter().map(|p| FieldJson { field: &p.field, code: &p.key, detail: p.text(t) }).collect(),
    };
    let json = serde_json::to_vec(&body).unwrap_or_default();
    ([(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"))], json).into_response()
}

fn error_html(error: &AppError, status: StatusCode, info: &RequestInfo) -> Response {
    let t = info.t().clone();
    let (heading, next) = (error.title(&t), error.next_step(&t));
    let lines = error.fields().iter().map(|p| FieldLine { field: p.field.clone(), text: p.text(&t) }).collect();
    let sign_in = match error.door() {
        _ if status != StatusCode::UNAUTHORIZED => None,
        Some(door) => Some((door.to_owned(), t.s("error-enter").into_owned())),
        None => info.sign_in_href().map(|href| (href, t.s("error-sign-in").into_owned())),
    };
    let rendered = if info.htmx() {
        ErrorPart { t, heading, next, lines, request_id: info.request_id().to_owned() }.render()
    } else {
        let switch = if status == StatusCode::FORBIDDEN { info.and_back("/choose-role") } else { String::new() };
        let shell = Shell::new(info, heading.clone());
        ErrorPage { shell, t, heading, next, lines, status: status.as_u16(), switch, sign_in }.render()
    };
    match rendered {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page itself cannot be written");
            status.into_response()
        }
    }
}
