//! A line of our own form (NDJSON): `{"who":"resident-0417","kind":"in","at":1763856012}`.
//!
//! | Member | What |
//! |---|---|
//! | `who` | the label of the person at this device; left out by a device that stands for one person |
//! | `kind` | `out`, `in`, `door`, `motion`, `use`; left out, what the device stands for |
//! | `at` | when: Unix seconds, or RFC 3339 with offset |
//!
//! Other members are passed over and kept nowhere. That somebody was seen is no kind of a line: people say it who were there, and it ends every silence,
//! also one that counts the door alone.

use linli_watch::SignKind;

use super::json::{self, Text, Value};
use super::{LABEL_MAX, Rejection, kind_of, seconds};

/// Longest line in bytes. What belongs into one has about 70.
pub const LINE_MAX: usize = 4 * 1024;

/// A line, with what lies in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line<'a> {
    /// Whose.
    pub who: Option<Text<'a>>,
    /// Which kind.
    pub kind: Option<SignKind>,
    /// When, Unix seconds, not before 1970 nor after 2106.
    pub at: i64,
}

/// Reads a line.
///
/// # Errors
/// `Malformed` when it is no JSON object; `Missing` without `at`; `Wrong` names the member that cannot be.
#[inline]
pub fn read(bytes: &[u8]) -> Result<Line<'_>, Rejection> {
    let (mut who, mut kind, mut at) = (None, None, None);
    for member in json::members(bytes)? {
        let (key, value) = member?;
        match (key.raw(), value) {
            (b"who", Value::Text(text)) => {
                who = Some(text).filter(|text| (1..=LABEL_MAX).contains(&text.raw().len()));
                who.ok_or(Rejection::Wrong("who"))?;
            }
            (b"who", Value::Null) => who = None,
            (b"who", _) => return Err(Rejection::Wrong("who")),
            (b"kind", Value::Text(text)) => kind = Some(noticed(text.raw()).ok_or(Rejection::Wrong("kind"))?),
            (b"kind", Value::Null) => kind = None,
            (b"kind", _) => return Err(Rejection::Wrong("kind")),
            (b"at", value) => at = Some(whole(value).ok_or(Rejection::Wrong("at"))?),
            _ => {}
        }
    }
    let at = at.ok_or(Rejection::Missing("at"))?;
    Ok(Line { who, kind, at })
}

/// A kind that a device can notice.
#[inline]
fn noticed(word: &[u8]) -> Option<SignKind> {
    kind_of(word).filter(|kind| *kind != SignKind::Seen)
}

/// Almost every line has plain digits.
#[inline]
fn whole(value: Value<'_>) -> Option<i64> {
    let at = match value {
        Value::Number(digits) if digits.len() == 10 => digits.parse().ok().or_else(|| seconds(value)),
        _ => seconds(value),
    };
    at.filter(|at| u32::try_from(*at).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_where_it_lies() {
        let line = read(br#"{"who":"r-1","kind":"in","at":1763856012,"name":"x","extra":{"deep":[1]}}"#).unwrap();
        assert_eq!(line.who.unwrap().plain(), Some("r-1"));
        assert_eq!((line.kind, line.at), (Some(SignKind::In), 1_763_856_012));
        let line = read(br#"{"at":"2026-11-23T07:58:12+08:00"}"#).unwrap();
        assert_eq!((line.who, line.kind, line.at), (None, None, 1_795_391_892));
        assert_eq!(read(br#"{"at":1763856012.418}"#).unwrap().at, 1_763_856_012);
        assert_eq!(read(br#"{"at":1,"who":null,"kind":null}"#).unwrap().at, 1);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |text: &str| read(text.as_bytes()).unwrap_err();
        assert_eq!(wrong("{\"at\":1763856012"), Rejection::Malformed);
        assert_eq!(wrong("[1]"), Rejection::Malformed);
        assert_eq!(wrong("{\"kind\":\"in\"}"), Rejection::Missing("at"));
        assert_eq!(wrong("{\"at\":1763856012,\"kind\":\"entered\"}"), Rejection::Wrong("kind"));
        assert_eq!(wrong("{\"at\":1763856012,\"kind\":\"seen\"}"), Rejection::Wrong("kind"), "people see people");
        assert_eq!(wrong("{\"at\":\"yesterday\"}"), Rejection::Wrong("at"));
        assert_eq!(wrong("{\"at\":\"2026-11-23 07:58:12\"}"), Rejection::Wrong("at"), "a time without offset is no instant");
        assert_eq!(wrong("{\"at\":1763856012418}"), Rejection::Wrong("at"), "milliseconds are not guessed at");
        assert_eq!(wrong("{\"at\":-1}"), Rejection::Wrong("at"));
        assert_eq!(wrong("{\"at\":1,\"who\":7}"), Rejection::Wrong("who"));
        assert_eq!(wrong(&format!("{{\"at\":1,\"who\":\"{}\"}}", "x".repeat(65))), Rejection::Wrong("who"));
    }
}
