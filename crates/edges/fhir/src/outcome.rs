//! What is wrong, as an `OperationOutcome`: how grave, which kind, what in words, and the path of the element.

use http::StatusCode;
use linli_webkit::T;
use serde_json::{Value, json};

/// The kinds of issue that are used here (`http://hl7.org/fhir/issue-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Not the structure that FHIR says.
    Structure,
    /// Required and not there.
    Required,
    /// A value that cannot be.
    Value,
    /// A code that is not known or not meant here.
    CodeInvalid,
    /// A rule of the house.
    BusinessRule,
    /// Not there.
    NotFound,
    /// Another version is the newest.
    Conflict,
    /// The same twice.
    Duplicate,
    /// Not offered.
    NotSupported,
    /// More than is taken.
    TooLong,
    /// More at a time than is given to one.
    TooCostly,
    /// Too often.
    Throttled,
    /// No key.
    Login,
    /// The key does not reach that.
    Forbidden,
    /// Ours.
    Exception,
    /// Try again.
    Transient,
    /// Nothing is wrong.
    Informational,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::CodeInvalid => "code-invalid",
            Self::BusinessRule => "business-rule",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::Duplicate => "duplicate",
            Self::NotSupported => "not-supported",
            Self::TooLong => "too-long",
            Self::TooCostly => "too-costly",
            Self::Throttled => "throttled",
            Self::Login => "login",
            Self::Forbidden => "forbidden",
            Self::Exception => "exception",
            Self::Transient => "transient",
            Self::Informational => "informational",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issue {
    pub(crate) kind: Kind,
    /// The key of its text.
    key: &'static str,
    args: Vec<(&'static str, String)>,
    /// Words of another room, instead of a text of ours.
    words: Option<String>,
    /// The path of the element, `Observation.valueQuantity.code`.
    pub(crate) expression: Option<String>,
}

impl Issue {
    /// A text of ours.
    pub(crate) const fn new(kind: Kind, key: &'static str) -> Self {
        Self { kind, key, args: Vec::new(), words: None, expression: None }
    }

    /// Words that another room has for it.
    pub(crate) const fn in_words(kind: Kind, words: String) -> Self {
        Self { kind, key: "", args: Vec::new(), words: Some(words), expression: None }
    }

    /// With an argument of its text.
    pub(crate) fn arg(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.args.push((name, value.into()));
        self
    }

    /// About an element.
    pub(crate) fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    fn json(&self, t: &T, severity: &str) -> Value {
        let args: Vec<(&str, linli_webkit::i18n::Value<'_>)> =
            self.args.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        let words = self.words.clone().unwrap_or_else(|| t.with(self.key, &args));
        let mut issue = json!({ "severity": severity, "code": self.kind.as_str(), "details": { "text": words } });
        if let (Some(expression), Some(fields)) = (&self.expression, issue.as_object_mut()) {
            fields.insert("expression".to_owned(), json!([expression]));
        }
        issue
    }
}

/// A refusal: a status and everything that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) issues: Vec<Issue>,
    /// After how many seconds one may try again.
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    /// One issue.
    pub(crate) fn of(status: StatusCode, issue: Issue) -> Self {
        Self { status, issues: vec![issue], retry_after: None }
    }

    /// Several; of which kind decides the status: what is no FHIR is 400, what is FHIR and not taken here is 422.
    pub(crate) fn unreadable(issues: Vec<Issue>) -> Self {
        let structure = issues.iter().any(|issue| issue.kind == Kind::Structure);
        let status = if structure { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
        Self { status, issues, retry_after: None }
    }

    /// The resource.
    pub(crate) fn json(&self, t: &T) -> Value {
        outcome(t, "error", &self.issues)
    }
}

/// An `OperationOutcome`.
pub(crate) fn outcome(t: &T, severity: &str, issues: &[Issue]) -> Value {
    let issues: Vec<Value> = issues.iter().map(|issue| issue.json(t, severity)).collect();
    json!({ "resourceType": "OperationOutcome", "issue": issues })
}

/// What went well, where whoever asked wants an outcome (`Prefer: return=OperationOutcome`).
pub(crate) fn fine(t: &T) -> Value {
    let issue = json!({ "severity": "information", "code": "informational", "details": { "text": t.s("fhir-fine") } });
    json!({ "resourceType": "OperationOutcome", "issue": [issue] })
}
