//! Stable error codes: what an API client branches on, what a text key hangs on.

/// What kind of refusal it is, in the terms of HTTP but without knowing HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 400: the request cannot be read.
    Malformed,
    /// 401: we do not know who you are.
    Unauthenticated,
    /// 403: we know, and you may not.
    Forbidden,
    /// 404: there is no such thing, or you may not know that there is.
    NotFound,
    /// 409: somebody was quicker, or the state does not allow it.
    Conflict,
    /// 410: the link has been used or has run out.
    Gone,
    /// 413: too large.
    TooLarge,
    /// 422: readable, but a field is wrong.
    Invalid,
    /// 429: too often.
    TooMany,
    /// 500: our fault.
    Internal,
    /// 503: try again shortly; nothing was stored.
    Unavailable,
}

impl Status {
    /// The HTTP status number.
    #[must_use]
    pub const fn http(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::TooMany => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

/// A stable error code such as `cases.evidence_missing`, with its kind.
///
/// The text shown to people hangs on the Fluent key `error-` + name with `.` and `_` as `-` (`error-cases-evidence-missing`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// The stable name, `room.what`.
    pub name: &'static str,
    /// Its kind.
    pub status: Status,
}

impl Code {
    /// Declares a code.
    #[must_use]
    pub const fn new(name: &'static str, status: Status) -> Self {
        Self { name, status }
    }

    /// The key of the text shown to people.
    #[must_use]
    pub fn text_key(&self) -> String {
        format!("error-{}", self.name.replace(['.', '_'], "-"))
    }
}
