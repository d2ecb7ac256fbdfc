//! Answers and refusals in the format that was asked for.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use linli_cases::CasesError;
use linli_db::DbError;
use linli_territory::TerritoryError;
use linli_webkit::{AppError, T};

use crate::node::Node;

/// The format of an answer, by the ending of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `text/xml`, which every server must speak.
    Xml,
    /// `application/json`.
    Json,
}

impl Format {
    /// The format of an address; XML where its ending says nothing.
    pub(crate) fn of(path: &str) -> Self {
        if path.ends_with(".json") { Self::Json } else { Self::Xml }
    }

    /// A tree under its root element.
    pub(crate) fn write(self, status: StatusCode, root: &str, node: &Node) -> Response {
        let (kind, body) = match self {
            Self::Xml => ("text/xml; charset=utf-8", node.xml(root)),
            Self::Json => ("application/json; charset=utf-8", node.json()),
        };
        (status, [(CONTENT_TYPE, kind)], body).into_response()
    }
}

/// The name and the format of `006.xml`. `None` when the ending is neither.
pub(crate) fn named(file: &str) -> Option<(&str, Format)> {
    let (name, ending) = file.rsplit_once('.')?;
    match ending {
        "xml" => Some((name, Format::Xml)),
        "json" => Some((name, Format::Json)),
        _ => None,
    }
}

/// Why something is refused. GeoReport v2 knows three statuses: 404 for what is not there, 403 for the key, 400 for everything else.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    /// The code in the body, which may say more than the status.
    code: u16,
    key: &'static str,
    args: Vec<(&'static str, String)>,
    /// Words of another room, instead of a text of ours.
    words: Option<String>,
}

impl Refusal {
    const fn new(status: StatusCode, code: u16, key: &'static str) -> Self {
        Self { status, code, key, args: Vec::new(), words: None }
    }

    /// Something that is named is not there.
    pub(crate) const fn not_found(key: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 404, key)
    }

    /// The key is missing or opens nothing here.
    pub(crate) const fn key(key: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, 403, key)
    }

    /// Anything else.
    pub(crate) const fn wrong(key: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 400, key)
    }

    /// The same with an argument for its text.
    pub(crate) fn arg(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// The answer, in the language of the request.
    pub(crate) fn answer(self, format: Format, t: &T) -> Response {
        let args: Vec<(&str, linli_webkit::i18n::Value<'_>)> =
            self.args.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        let words = self.words.clone().unwrap_or_else(|| t.with(self.key, &args));
        let error = Node::Fields(vec![("code", Node::Whole(self.code.into())), ("description", Node::text(words))]);
        format.write(self.status, "errors", &Node::List("error", vec![error]))
    }

    /// A refusal of the house in its own words; what is our fault is logged and said to be ours.
    pub(crate) fn of_house(error: &AppError, t: &T) -> Self {
        if error.status().is_server_error() {
            tracing::error!(%error, cause = error.chain(), "an Open311 request failed");
            return Self::new(StatusCode::BAD_REQUEST, error.status().as_u16(), "open311-error-ours");
        }
        let fields: Vec<String> =
            error.fields().iter().map(|problem| format!("{}: {}", problem.field, problem.text(t))).collect();
        let words = if fields.is_empty() { error.title(t) } else { fields.join("; ") };
        // A wrong field has no status of its own here.
        let code = match error.status() {
            StatusCode::UNPROCESSABLE_ENTITY => 400,
            status => status.as_u16(),
        };
        Self { words: Some(words), ..Self::new(StatusCode::BAD_REQUEST, code, "") }
    }

    /// A refusal of the room of cases.
    pub(crate) fn of_cases(error: CasesError, t: &T) -> Self {
        match error {
            CasesError::ClassUnknown(code) => Self::not_found("open311-error-service").arg("code", code),
            other => Self::of_house(&AppError::from(other), t),
        }
    }
}

/// A failure of the store on the way to an answer; what it was is in the log.
pub(crate) fn store(error: DbError) -> Refusal {
    tracing::error!(%error, "an Open311 request failed");
    Refusal::new(StatusCode::BAD_REQUEST, 503, "open311-error-ours")
}

/// A failure of the room of places.
pub(crate) fn territory(error: TerritoryError) -> Refusal {
    match error {
        TerritoryError::Db(error) => store(error),
        other => {
            tracing::error!(error = %other, "an Open311 request failed");
            Refusal::new(StatusCode::BAD_REQUEST, 500, "open311-error-ours")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_is_the_format() {
        assert_eq!(named("006.xml"), Some(("006", Format::Xml)));
        assert_eq!(named("a.b.json"), Some(("a.b", Format::Json)));
        assert_eq!(named(".xml"), Some(("", Format::Xml)));
        assert_eq!((named("006.yaml"), named("006")), (None, None));
    }
}
