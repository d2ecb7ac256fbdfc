//! What goes wrong, on its way from a command to a page or a JSON answer.

use std::error::Error as StdError;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use linli_kernel::{Code, Status};

use crate::i18n::{T, Value};

/// The codes that belong to no room.
pub mod codes {
    use super::{Code, Status};

    /// There is no such page.
    pub const NOT_FOUND: Code = Code::new("web.not_found", Status::NotFound);
    /// The request cannot be read.
    pub const MALFORMED: Code = Code::new("web.malformed", Status::Malformed);
    /// The idempotency key is no key.
    pub const IDEMPOTENCY_KEY: Code = Code::new("web.idempotency_key", Status::Malformed);
    /// The idempotency key of a visitor is so short that somebody else may have it.
    pub const IDEMPOTENCY_SHORT: Code = Code::new("web.idempotency_short", Status::Malformed);
    /// A field is wrong.
    pub const INVALID: Code = Code::new("web.invalid", Status::Invalid);
    /// The body is larger than the route takes.
    pub const TOO_LARGE: Code = Code::new("web.too_large", Status::TooLarge);
    /// The request came from a page of another site.
    pub const CROSS_SITE: Code = Code::new("web.cross_site", Status::Forbidden);
    /// Too many requests from one actor or address.
    pub const TOO_MANY: Code = Code::new("web.too_many", Status::TooMany);
    /// The handler took too long.
    pub const TIMEOUT: Code = Code::new("web.timeout", Status::Unavailable);
    /// Not now.
    pub const UNAVAILABLE: Code = Code::new("web.unavailable", Status::Unavailable);
    /// Our fault.
    pub const INTERNAL: Code = Code::new("web.internal", Status::Internal);
    /// Nobody is signed in.
    pub const UNAUTHENTICATED: Code = Code::new("web.unauthenticated", Status::Unauthenticated);
    /// What was kept on this device belongs to somebody else than who is signed in.
    pub const OTHER_OWNER: Code = Code::new("web.other_owner", Status::Unauthenticated);
    /// No home is claimed on this device.
    pub const NO_HOME: Code = Code::new("web.no_home", Status::Unauthenticated);
    /// Somebody is, and may not.
    pub const FORBIDDEN: Code = Code::new("web.forbidden", Status::Forbidden);
    /// The link has been used or has run out.
    pub const GONE: Code = Code::new("web.gone", Status::Gone);
    /// Somebody was quicker.
    pub const CONFLICT: Code = Code::new("web.conflict", Status::Conflict);
    /// Not an image we read.
    pub const PHOTO_FORMAT: Code = Code::new("web.photo_format", Status::Invalid);
    /// More pixels than we decode.
    pub const PHOTO_TOO_LARGE: Code = Code::new("web.photo_too_large", Status::Invalid);
    /// The image ends early or contradicts itself.
    pub const PHOTO_BROKEN: Code = Code::new("web.photo_broken", Status::Invalid);

    /// All of them, for the test that each has its texts.
    pub const ALL: [Code; 20] = [
        NOT_FOUND,
        MALFORMED,
        IDEMPOTENCY_KEY,
        IDEMPOTENCY_SHORT,
        INVALID,
        TOO_LARGE,
        CROSS_SITE,
        TOO_MANY,
        TIMEOUT,
        UNAVAILABLE,
        INTERNAL,
        UNAUTHENTICATED,
        OTHER_OWNER,
        NO_HOME,
        FORBIDDEN,
        GONE,
        CONFLICT,
        PHOTO_FORMAT,
        PHOTO_TOO_LARGE,
        PHOTO_BROKEN,
    ];
}

/// What a placeable of an error's text is filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Words.
    Text(String),
    /// A number; texts may choose a plural by it.
    Number(i64),
}

macro_rules! numbers {
    ($($kind:ty),+) => { $(impl From<$kind> for Arg {
        fn from(n: $kind) -> Self {
            Self::Number(i64::try_from(n).unwrap_or(i64::MAX))
        }
    })+ };
}
numbers!(i32, u32, i64, u64, usize);

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Text arguments: name and value.
pub type Args = Vec<(&'static str, Arg)>;

fn fill(t: &T, key: &str, args: &Args) -> String {
    let values: Vec<(&str, Value<'_>)> = args
        .iter()
        .map(|(name, arg)| match arg {
            Arg::Text(text) => (*name, Value::from(text.as_str())),
            Arg::Number(n) => (*name, Value::from(n)),
        })
        .collect();
    t.with(key, &values)
}

/// A field of a form or of a JSON body that is wrong, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldProblem {
    /// The name of the field as the form has it.
    pub field: String,
    /// The text key that says what is wrong and what a right value looks like.
    pub key: String,
    /// What the text is filled in with.
    pub args: Args,
}

impl FieldProblem {
    /// A problem whose text takes no arguments.
    #[must_use]
    pub fn new(field: &str, key: &str) -> Self {
        Self { field: field.to_owned(), key: key.to_owned(), args: Vec::new() }
    }

    /// The same with an argument for its text.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// What is wrong, in words, beside the field.
    #[must_use]
    pub fn text(&self, t: &T) -> String {
        fill(t, &self.key, &self.args)
    }

    /// What is wrong, in words, away from the field: the field's name (argument `label`) stands before it where it is known.
    #[must_use]
    pub fn line(&self, t: &T) -> String {
        let text = self.text(t);
        match self.args.iter().find(|(name, _)| *name == "label") {
            Some((_, Arg::Text(label))) if !label.is_empty() && !text.contains(label.as_str()) => {
                t.with("field-line", &[("label", label.as_str().into()), ("text", text.as_str().into())])
            }
            _ => text,
        }
    }
}

/// The problems of a form, for showing the form again. Empty for a form nobody has sent yet.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problems(pub Vec<FieldProblem>);

impl Problems {
    /// What is wrong with this field, in words; empty when nothing is.
    #[must_use]
    pub fn text(&self, t: &T, field: &str) -> String {
        self.0.iter().find(|p| p.field == field).map(|p| p.text(t)).unwrap_or_default()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many fields are wrong.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }
}

/// An error that becomes a page or a problem+json answer (RFC 9457). A room turns its own errors into this with `From`.
#[derive(Debug)]
pub struct AppError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    args: Args,
    fields: Vec<FieldProblem>,
    retry_after_secs: Option<u64>,
    door: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl AppError {
    /// An error with a stable code; its text is `code.text_key()`, its next step that key's `.next` attribute.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner { code, args: Vec::new(), fields: Vec::new(), retry_after_secs: None, door: None, source: None }))
    }

    /// Our own fault, with its cause; the cause is logged, never shown.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(codes::INTERNAL).caused_by(source)
    }

    /// There is no such thing, or the asker may not know that there is.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(codes::NOT_FOUND)
    }

    /// A body that is not what its content type or the description of the interface says: what is wrong with it in the reader's language, and
    /// apart from that the words of whoever read it, for the asker who is a program.
    #[must_use]
    pub fn unreadable(why: impl std::fmt::Display) -> Self {
        let why = why.to_string();
        Self::new(codes::MALFORMED).field(crate::unread::problem(&why)).caused_by(why)
    }

    /// Fields are wrong.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let mut error = Self::new(codes::INVALID);
        error.0.fields = fields;
        error
    }

    /// The same with an argument for its text.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.0.args.push((name, value.into()));
        self
    }

    /// The same with one more wrong field.
    #[must_use]
    pub fn field(mut self, problem: FieldProblem) -> Self {
        self.0.fields.push(problem);
        self
    }

    /// The same with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same with the seconds after which another try makes sense (`Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.0.retry_after_secs = Some(secs);
        self.arg("secs", secs)
    }

    /// The same with the page at which one is let in, where that is not the sign-in of the site.
    #[must_use]
    pub fn entered_at(mut self, door: &'static str) -> Self {
        self.0.door = Some(door);
        self
    }

    /// The page at which one is let in, where that is not the sign-in of the site.
    #[must_use]
    pub const fn door(&self) -> Option<&'static str> {
        self.0.door
    }

    /// Its stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.0.code
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn fields(&self) -> &[FieldProblem] {
        &self.0.fields
    }

    /// The fields that are wrong, when that is all that is wrong: show the form again. Anything else stays an error.
    ///
    /// # Errors
    /// The error itself when it names no field.
    pub fn into_problems(self) -> Result<Problems, Self> {
        if self.0.fields.is_empty() { Err(self) } else { Ok(Problems(self.0.fields)) }
    }

    /// Seconds after which another try makes sense.
    #[must_use]
    pub const fn retry_after_secs(&self) -> Option<u64> {
        self.0.retry_after_secs
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened, in words for people.
    #[must_use]
    pub fn title(&self, t: &T) -> String {
        fill(t, &self.0.code.text_key(), &self.0.args)
    }

    /// What to do next, in words for people: the code's own, else the usual one for its kind.
    #[must_use]
    pub fn next_step(&self, t: &T) -> String {
        self.first_of(t, &[format!("{}.next", self.0.code.text_key()), format!("{}.next", self.usual().text_key())])
    }

    /// What happened, for whoever writes the program that asked: it has no page to go back to and nowhere to sign in.
    #[must_use]
    pub fn title_for_programs(&self, t: &T) -> String {
        self.first_of(t, &[format!("{}.program", self.0.code.text_key()), self.0.code.text_key()])
    }

    /// What to do next, for whoever writes the program that asked.
    #[must_use]
    pub fn next_step_for_programs(&self, t: &T) -> String {
        let (own, usual) = (self.0.code.text_key(), self.usual().text_key());
        let kinds =
            [format!("{own}.program-next"), format!("{own}.next"), format!("{usual}.program-next"), format!("{usual}.next")];
        self.first_of(t, &kinds)
    }

    /// The first of these texts that there is.
    fn first_of(&self, t: &T, keys: &[String]) -> String {
        let there = keys.iter().find(|key| t.opt(key).is_some()).or(keys.last());
        there.map(|key| fill(t, key, &self.0.args)).unwrap_or_default()
    }

    /// The code whose words are said for every code of this kind.
    const fn usual(&self) -> Code {
        match self.0.code.status {
            Status::Malformed => codes::MALFORMED,
            Status::Unauthenticated => codes::UNAUTHENTICATED,
            Status::Forbidden => codes::FORBIDDEN,
            Status::NotFound => codes::NOT_FOUND,
            Status::Conflict => codes::CONFLICT,
            Status::Gone => codes::GONE,
            Status::TooLarge => codes::TOO_LARGE,
            Status::Invalid => codes::INVALID,
            Status::TooMany => codes::TOO_MANY,
            Status::Internal => codes::INTERNAL,
            Status::Unavailable => codes::UNAVAILABLE,
        }
    }

    /// The cause and its causes, outermost first, for the log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut links = Vec::new();
        if let Some(outermost) = &self.0.source {
            links.push(outermost.to_string());
            let mut cause = outermost.source();
            while let Some(error) = cause {
                links.push(error.to_string());
                cause = error.source();
            }
        }
        links.join(": ")
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code.name)?;
        let fields: Vec<&str> = self.0.fields.iter().map(|p| p.field.as_str()).collect();
        if fields.is_empty() { Ok(()) } else { write!(f, " ({})", fields.join(", ")) }
    }
}

impl From<Code> for AppError {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

/// The error as it travels in a response until the outermost layer writes the page in the right language and form.
#[derive(Clone)]
pub(crate) struct Carried(pub(crate) std::sync::Arc<AppError>);

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Carried(std::sync::Arc::new(self)));
        response
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::i18n::{Locale, SHARED_TEXTS, Texts};

    #[test]
    fn every_code_has_its_words_and_a_next_step_in_both_languages() {
        let texts = Arc::new(Texts::new(&[SHARED_TEXTS]).unwrap());
        for code in codes::ALL {
            assert!(texts.has(&code.text_key()), "{}", code.name);
            assert!(texts.has(&format!("{}.next", code.text_key())), "{}", code.name);
        }
        let foreign = AppError::new(Code::new("cases.lost", Status::Conflict));
        for locale in Locale::ALL {
            let t = texts.in_locale(locale);
            assert_eq!(foreign.next_step(&t), t.s("error-web-conflict.next"));
        }
    }

    #[test]
    fn the_chain_is_told_in_order() {
        let inner = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let error = AppError::internal(std::io::Error::other(inner));
        assert!(error.chain().contains("no such file"));
        assert_eq!(error.to_string(), "web.internal");
    }
}
