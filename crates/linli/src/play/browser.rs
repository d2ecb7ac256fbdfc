//! Somebody at a browser: requests to the router in this process, with a session cookie.

use anyhow::{Context as _, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{Request, StatusCode};
use linli_identity::model::Token;
use tower::ServiceExt as _;

/// Largest answer that is read.
const MOST: usize = 8 * 1024 * 1024;
/// What parts a form with files. None of the texts holds it.
const BOUNDARY: &str = "linli-demonstration-8b1d7a";

/// A field of a form.
pub enum Field<'a> {
    /// Words.
    Text(&'a str, &'a str),
    /// A file: field, name, type, bytes.
    File(&'a str, &'a str, &'a str, &'a [u8]),
}

/// Somebody at a browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    session: Option<Token>,
}

impl Browser {
    /// Without a session.
    pub const fn visitor(router: Router) -> Self {
        Self { router, session: None }
    }

    /// With a session.
    pub const fn signed_in(router: Router, session: Token) -> Self {
        Self { router, session: Some(session) }
    }

    /// Sends a form. Gives where the answer leads, or its page.
    pub async fn post(&self, path: &str, fields: &[Field<'_>]) -> anyhow::Result<String> {
        let (kind, body) = form(fields);
        self.ask(path, Request::post(path).header(CONTENT_TYPE, kind), body).await
    }

    /// Sends a form that may be refused. Gives where the answer leads; nothing when that cannot be done now. A form that is
    /// wrong is an error.
    pub async fn try_post(&self, path: &str, fields: &[Field<'_>]) -> anyhow::Result<Option<String>> {
        let (kind, body) = form(fields);
        let (status, told) = self.answer(Request::post(path).header(CONTENT_TYPE, kind), body).await?;
        match status {
            StatusCode::SEE_OTHER => Ok(Some(told)),
            StatusCode::CONFLICT | StatusCode::NOT_FOUND => Ok(None),
            _ => bail!("{path} answered {status}: {}", words(&told)),
        }
    }

    /// Sends what a machine sends: JSON without a session.
    pub async fn push(&self, path: &str, json: &str) -> anyhow::Result<()> {
        let request = Request::post(path).header(CONTENT_TYPE, "application/json");
        Self::visitor(self.router.clone()).ask(path, request, Body::from(json.to_owned())).await.map(drop)
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> anyhow::Result<String> {
        self.ask(path, Request::get(path), Body::empty()).await
    }

    async fn ask(&self, path: &str, request: axum::http::request::Builder, body: Body) -> anyhow::Result<String> {
        let (status, told) = self.answer(request, body).await?;
        if status != StatusCode::SEE_OTHER && !status.is_success() {
            bail!("{path} answered {status}: {}", words(&told));
        }
        Ok(told)
    }

    /// The status, and where the answer leads or its page.
    async fn answer(&self, mut request: axum::http::request::Builder, body: Body) -> anyhow::Result<(StatusCode, String)> {
        if let Some(session) = &self.session {
            request = request.header(COOKIE, format!("linli={}", session.0));
        }
        let answer = self.router.clone().oneshot(request.body(body)?).await?;
        let (status, to) = (answer.status(), answer.headers().get(LOCATION).cloned());
        if let (StatusCode::SEE_OTHER, Some(to)) = (status, to) {
            return Ok((status, to.to_str()?.to_owned()));
        }
        Ok((status, String::from_utf8_lossy(&to_bytes(answer.into_body(), MOST).await?).into_owned()))
    }
}

/// The type and the bytes of a form.
fn form(fields: &[Field<'_>]) -> (String, Body) {
    let mut body = Vec::new();
    for field in fields {
        match field {
            Field::Text(name, value) => {
                body.extend(
                    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes(),
                );
            }
            Field::File(name, file, kind, bytes) => {
                let head = format!(
                    "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: {kind}\r\n\r\n"
                );
                body.extend(head.into_bytes());
                body.extend_from_slice(bytes);
                body.extend(b"\r\n");
            }
        }
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), Body::from(body))
}

/// The words of a page, for an error message.
pub fn words(page: &str) -> String {
    let main = page.split_once("<main").map_or(page, |(_, rest)| rest);
    let mut text = String::new();
    let mut tag = false;
    for c in main.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect()
}

/// The part of an answer after a mark, up to a quote.
pub fn after<'a>(text: &'a str, mark: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = text.split_once(mark).with_context(|| format!("no {mark} in the answer"))?;
    Ok(rest.split(['"', '?', '<', '&']).next().unwrap_or_default())
}
