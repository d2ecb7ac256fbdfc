//! Forms: urlencoded and multipart into ordered pairs, and a reader that names the field when a value is wrong.

use std::ops::RangeInclusive;
use std::pin::Pin;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::error::{AppError, FieldProblem, codes};
use crate::room::BodyMost;

/// More fields than any form of ours has.
const MAX_PARTS: usize = 500;

/// A file that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The name of the field.
    pub field: String,
    /// The name the sender gave it; never a path on our side.
    pub file_name: String,
    /// What is in it. What it is must be judged from this, not from its name.
    pub bytes: Bytes,
}

/// A form as it was sent: pairs in order, repeated keys kept, files beside them. An axum extractor.
#[derive(Debug, Clone, Default)]
pub struct FormMap {
    pairs: Vec<(String, String)>,
    files: Vec<Upload>,
}

impl FormMap {
    /// A form from pairs, for tests and for forms shown the first time.
    #[must_use]
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Self { pairs: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(), files: Vec::new() }
    }

    /// The first value of a key as it was typed; empty when it did not come. For showing a form again.
    #[must_use]
    pub fn typed(&self, key: &str) -> &str {
        self.get(key).unwrap_or_default()
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// All values of a key, in order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The files of a field, in order; empty file inputs are not among them.
    pub fn files<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Upload> {
        self.files.iter().filter(move |f| f.field == field)
    }

    /// All pairs, in order.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The idempotency key of the form's hidden field, where it has one that fits.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.get("idempotency_key").filter(|key| crate::request::is_key(key))
    }

    /// Reads typed values and collects what is wrong with them.
    #[must_use]
    pub const fn reader(&self) -> FormReader<'_> {
        FormReader { form: self, problems: Vec::new() }
    }

    async fn urlencoded(request: Request) -> Result<Self, AppError> {
        let body = Bytes::from_request(request, &()).await.map_err(|e| refused(e.status(), e))?;
        let pairs: Vec<_> =
            form_urlencoded::parse(&body).take(MAX_PARTS + 1).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        if pairs.len() > MAX_PARTS {
            return Err(AppError::new(codes::MALFORMED).caused_by("too many form fields"));
        }
        Ok(Self { pairs, files: Vec::new() })
    }

    async fn multipart(request: Request) -> Result<Self, AppError> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|e| refused(e.status(), e))?;
        let mut form = Self::default();
        while let Some(part) = parts.next_field().await.map_err(|e| refused(e.status(), e))? {
            if form.pairs.len() + form.files.len() >= MAX_PARTS {
                return Err(AppError::new(codes::MALFORMED).caused_by("too many form fields"));
            }
            let field = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let bytes = part.bytes().await.map_err(|e| refused(e.status(), e))?;
            match file_name {
                Some(_) if bytes.is_empty() => {}
                Some(file_name) => form.files.push(Upload { field, file_name, bytes }),
                None => {
                    let text = String::from_utf8(bytes.into())
                        .map_err(|_| AppError::invalid(vec![FieldProblem::new(&field, "field-control-character")]))?;
                    form.pairs.push((field, text));
                }
            }
        }
        Ok(form)
    }
}

fn refused(status: http::StatusCode, cause: impl std::error::Error + Send + Sync + 'static) -> AppError {
    let code = if status == http::StatusCode::PAYLOAD_TOO_LARGE { codes::TOO_LARGE } else { codes::MALFORMED };
    AppError::new(code).caused_by(cause)
}

/// A body that says it is larger than the route takes is refused before it is read: a browser that waits for a word does not send it.
fn refuse_declared(request: &Request) -> Result<(), AppError> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let most = request.extensions().get::<BodyMost>().map(|most| most.0);
    if declared.zip(most).is_some_and(|(declared, most)| declared > most) {
        return Err(AppError::new(codes::TOO_LARGE));
    }
    Ok(())
}

impl<S: Send + Sync> FromRequest<S> for FormMap {
    type Rejection = AppError;

    async fn from_request(request: Request, _: &S) -> Result<Self, AppError> {
        Self::boxed(request).await
    }
}

impl FormMap {
    /// On the heap, and made here alone: every handler of a form would hold a copy otherwise.
    fn boxed(request: Request) -> Pin<Box<dyn Future<Output = Result<Self, AppError>> + Send>> {
        Box::pin(Self::of(request))
    }

    async fn of(request: Request) -> Result<Self, AppError> {
        refuse_declared(&request)?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "multipart/form-data" => Self::multipart(request).await,
            "application/x-www-form-urlencoded" | "" => Self::urlencoded(request).await,
            _ => Err(AppError::new(codes::MALFORMED).caused_by("neither urlencoded nor multipart")),
        }
    }
}

/// Reads values and remembers what is wrong. Every method gives a value to go on with; [`FormReader::finish`] says whether to trust them.
#[derive(Debug)]
pub struct FormReader<'f> {
    form: &'f FormMap,
    problems: Vec<FieldProblem>,
}

impl FormReader<'_> {
    /// Text of so many characters, trimmed, line ends as `\n`. A lower bound of 1 or more makes it required; `label` is the
    /// field's name in words (for "please fill in …"). Control characters are refused.
    pub fn text(&mut self, field: &str, label: &str, length: RangeInclusive<usize>) -> String {
        let value = self.form.typed(field).trim().replace("\r\n", "\n");
        let found = value.chars().count();
        if found == 0 && *length.start() > 0 {
            self.wrong(FieldProblem::new(field, "field-required").arg("label", label));
        } else if found > *length.end() {
            self.wrong(
                FieldProblem::new(field, "field-too-long").arg("max", *length.end()).arg("found", found).arg("label", label),
            );
        } else if found < *length.start() {
            self.wrong(FieldProblem::new(field, "field-too-short").arg("min", *length.start()).arg("label", label));
        } else if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            self.wrong(FieldProblem::new(field, "field-control-character").arg("label", label));
        }
        value
    }

    /// Text that may be left out: `None` when nothing was typed.
    pub fn optional(&mut self, field: &str, max: usize) -> Option<String> {
        let value = self.text(field, "", 0..=max);
        (!value.is_empty()).then_some(value)
    }

    /// A required whole number within a range.
    pub fn number(&mut self, field: &str, label: &str, range: RangeInclusive<i64>) -> i64 {
        let typed = self.form.typed(field).trim();
        match typed.parse::<i64>() {
            Ok(n) if range.contains(&n) => return n,
            Ok(_) => self.wrong(
                FieldProblem::new(field, "field-out-of-range")
                    .arg("min", *range.start())
                    .arg("max", *range.end())
                    .arg("label", label),
            ),
            Err(_) if typed.is_empty() => self.wrong(FieldProblem::new(field, "field-required").arg("label", label)),
            Err(_) => self.wrong(FieldProblem::new(field, "field-not-a-number").arg("label", label)),
        }
        *range.start()
    }

    /// A date `2026-11-24` that exists; `None` when nothing was typed or it is wrong.
    pub fn date(&mut self, field: &str) -> Option<jiff::civil::Date> {
        let typed = self.form.typed(field).trim();
        if typed.is_empty() {
            return None;
        }
        let date = typed.parse().ok();
        if date.is_none() {
            self.wrong(FieldProblem::new(field, "field-not-a-date"));
        }
        date
    }

    /// A required value that parses: ids, enums, place paths.
    pub fn choice<V: std::str::FromStr>(&mut self, field: &str, label: &str) -> Option<V> {
        let typed = self.form.typed(field).trim();
        if typed.is_empty() {
            self.wrong(FieldProblem::new(field, "field-choose").arg("label", label));
            return None;
        }
        let value = typed.parse().ok();
        if value.is_none() {
            self.wrong(FieldProblem::new(field, "field-not-a-choice").arg("label", label));
        }
        value
    }

    /// A phone number that may be left out: digits with an optional `+`, spaces and hyphens dropped; 5 to 15 digits (E.164 has at most 15).
    pub fn phone(&mut self, field: &str) -> Option<String> {
        let typed: String = self.form.typed(field).chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if typed.is_empty() {
            return None;
        }
        let digits = typed.strip_prefix('+').unwrap_or(&typed);
        if (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Some(typed);
        }
        self.wrong(FieldProblem::new(field, "field-not-a-phone"));
        None
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn ticked(&self, field: &str) -> bool {
        self.form.get(field).is_some_and(|v| !v.is_empty() && v != "0" && v != "false")
    }

    /// At most so many files.
    pub fn files(&mut self, field: &str, max: usize) -> Vec<Upload> {
        let files: Vec<Upload> = self.form.files(field).take(max + 1).cloned().collect();
        if files.len() > max {
            self.wrong(FieldProblem::new(field, "field-too-many-files").arg("max", max));
        }
        files
    }

    /// Notes something that a room's own rule finds wrong.
    pub fn wrong(&mut self, problem: FieldProblem) {
        self.problems.push(problem);
    }

    /// Whether the values read so far may be trusted.
    ///
    /// # Errors
    /// `web.invalid` with every field that is wrong.
    pub fn finish(self) -> Result<(), AppError> {
        if self.problems.is_empty() { Ok(()) } else { Err(AppError::invalid(self.problems)) }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn every_wrong_field_is_named() {
        let long = "字".repeat(2_001);
        let form = FormMap::from_pairs(&[
            ("what", &long),
            ("where", "  "),
            ("n", "12a"),
            ("day", "2026-02-30"),
            ("phone", "12"),
            ("note", "a\u{7}b"),
            ("kind", "nine"),
        ]);
        let mut read = form.reader();
        read.text("what", "内容", 1..=2000);
        read.text("where", "地点", 1..=50);
        read.number("n", "数量", 1..=9);
        read.date("day");
        read.phone("phone");
        read.optional("note", 10);
        read.choice::<u8>("kind", "类别");
        let error = read.finish().unwrap_err();
        let found: Vec<_> = error.fields().iter().map(|p| (p.field.as_str(), p.key.as_str())).collect();
        assert_eq!(
            found,
            [
                ("what", "field-too-long"),
                ("where", "field-required"),
                ("n", "field-not-a-number"),
                ("day", "field-not-a-date"),
                ("phone", "field-not-a-phone"),
                ("note", "field-control-character"),
                ("kind", "field-not-a-choice"),
            ]
        );
    }

    #[test]
    fn right_values_come_through() {
        let form = FormMap::from_pairs(&[
            ("what", " 路灯\r\n不亮 "),
            ("n", "7"),
            ("phone", "025-1234 5678"),
            ("ok", "on"),
            ("tag", "a"),
            ("tag", "b"),
        ]);
        let mut read = form.reader();
        assert_eq!(read.text("what", "", 1..=100), "路灯\n不亮");
        assert_eq!(read.number("n", "", 1..=9), 7);
        assert_eq!(read.phone("phone").as_deref(), Some("02512345678"));
        assert!(read.ticked("ok") && !read.ticked("no"));
        read.finish().unwrap();
        assert_eq!(form.all("tag").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[tokio::test]
    async fn multipart_keeps_order_repeats_and_files() {
        let body = "--B\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\na\r\n--B\r\nContent-Disposition: form-data; name=\"tag\"\r\n\r\nb\r\n--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"../x.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nJPEG\r\n--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\"\r\n\r\n\r\n--B--\r\n";
        let request = Request::builder()
            .method("POST")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=B")
            .body(Body::from(body))
            .unwrap();
        let form = FormMap::from_request(request, &()).await.unwrap();
        assert_eq!(form.all("tag").collect::<Vec<_>>(), ["a", "b"]);
        let files: Vec<_> = form.files("photo").collect();
        assert_eq!((files.len(), files[0].bytes.as_ref()), (1, b"JPEG".as_slice()));
    }

    #[tokio::test]
    async fn a_body_that_is_no_form_is_refused() {
        let send = |kind: &str, body: &'static str| {
            Request::builder().method("POST").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
        };
        for request in
            [send("text/xml", "<a/>"), send("multipart/form-data; boundary=B", "--B\r\nbroken"), send("multipart/form-data", "")]
        {
            assert_eq!(FormMap::from_request(request, &()).await.unwrap_err().code(), codes::MALFORMED);
        }
        let many = "a=1&".repeat(600);
        let request = Request::builder().method("POST").body(Body::from(many)).unwrap();
        assert_eq!(FormMap::from_request(request, &()).await.unwrap_err().code(), codes::MALFORMED);
    }
}
