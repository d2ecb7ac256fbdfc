//! `linli open311-check`: asks a server that says it speaks GeoReport v2 and holds its answers against the specification, one line a
//! check. Without `write` nothing is made on the server.

mod list;
mod read;
mod report;
mod shape;

use serde_json::Value;

pub use linli_wire::{Client, Failure, Got, Reach, TargetError, believed_here};
pub use read::{Document, Unreadable, json, xml};
pub use shape::{Kind, is_instant};

/// Faults that a line names; the rest is counted.
const NAMED: usize = 4;
/// Answers in a row that did not come, after which nothing more is asked.
const SILENCES: usize = 3;

/// What to ask with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The key, for reporting.
    pub api_key: Option<String>,
    /// The jurisdiction, for servers of several.
    pub jurisdiction: Option<String>,
    /// Whether test reports may be made.
    pub write: bool,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As the specification says.
    Right,
    /// Not so.
    Wrong,
    /// Not asked, or not offered; that is no fault.
    Left,
}

/// A check and how it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How it went.
    pub verdict: Verdict,
    /// What was checked, and what came of it.
    pub words: String,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = match self.verdict {
            Verdict::Right => "ok  ",
            Verdict::Wrong => "not ",
            Verdict::Left => "-   ",
        };
        write!(f, "{word} {}", self.words)
    }
}

/// A format of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Xml,
    Json,
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Json => "json",
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Xml => "text/xml",
            Self::Json => "application/json",
        }
    }
}

/// What an answer should be.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// Its status.
    status: u16,
    /// What stands in it.
    kind: Kind,
}

impl Wanted {
    const fn good(kind: Kind) -> Self {
        Self { status: 200, kind }
    }

    const fn refused(status: u16) -> Self {
        Self { status, kind: Kind::Errors }
    }
}

/// Asks and notes.
struct Checker<'a> {
    client: &'a Client,
    options: &'a Options,
    tell: &'a mut (dyn FnMut(Line) + Send),
    wrong: usize,
    silent: usize,
    /// Whether it was said that the server asks for a jurisdiction.
    hinted: bool,
}

/// The server does not answer at all; there is no use in asking on.
struct GaveUp;

/// Checks a server and tells each line. Gives how many were wrong.
pub async fn check(client: &Client, options: &Options, tell: &mut (dyn FnMut(Line) + Send)) -> usize {
    let mut checker = Checker { client, options, tell, wrong: 0, silent: 0, hinted: false };
    if checker.everything().await.is_err() {
        checker.note(Verdict::Wrong, "nothing more is asked: the server does not answer".to_owned());
    }
    checker.wrong
}

impl Checker<'_> {
    async fn everything(&mut self) -> Result<(), GaveUp> {
        self.discovery().await?;
        let services = self.services().await?;
        self.definitions(&services).await?;
        self.requests(&services).await?;
        self.refusals().await?;
        self.reporting(&services).await
    }

    fn note(&mut self, verdict: Verdict, words: String) {
        self.wrong += usize::from(verdict == Verdict::Wrong);
        (self.tell)(Line { verdict, words });
    }

    /// Notes a rule that holds or does not.
    fn holds(&mut self, yes: bool, rule: &str, otherwise: impl FnOnce() -> String) {
        if yes {
            self.note(Verdict::Right, rule.to_owned());
        } else {
            self.note(Verdict::Wrong, format!("{rule}: {}", otherwise()));
        }
    }

    /// The address of a method with its arguments, and the jurisdiction where there is one.
    fn path(&self, method: &str, format: Format, args: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !args.iter().any(|(name, _)| *name == "jurisdiction_id") {
            query.extend_pairs(self.options.jurisdiction.as_deref().map(|id| ("jurisdiction_id", id)));
        }
        let query = query.extend_pairs(args).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{method}.{}{mark}{query}", format.ending())
    }

    /// Asks, and notes in one line whether the answer is what it should be. Gives what could be read of it, right or not.
    async fn get(
        &mut self,
        method: &str,
        format: Format,
        args: &[(&str, &str)],
        wanted: Wanted,
    ) -> Result<Option<Value>, GaveUp> {
        let path = self.path(method, format, args);
        let got = self.client.get(&path).await;
        self.judge(&format!("GET {path}"), got, format, wanted)
    }

    fn judge(&mut self, what: &str, got: Result<Got, Failure>, format: Format, wanted: Wanted) -> Result<Option<Value>, GaveUp> {
        let got = match got {
            Ok(got) => got,
            Err(failure) => {
                self.note(Verdict::Wrong, format!("{what}: {failure}"));
                self.silent += 1;
                return if self.silent >= SILENCES || matches!(failure, Failure::Nobody(_)) { Err(GaveUp) } else { Ok(None) };
            }
        };
        self.silent = 0;
        let mut faults = Vec::new();
        if got.status != wanted.status {
            faults.push(status_words(&got, wanted.status));
        }
        let (value, more) = inside(&got, format, wanted.kind);
        faults.extend(more);
        let count = value.as_ref().and_then(Value::as_array).map(|items| format!(", {} in it", items.len())).unwrap_or_default();
        if faults.is_empty() {
            self.note(Verdict::Right, format!("{what}: {}{count}", got.status));
        } else {
            self.note(Verdict::Wrong, format!("{what}: {}", told(&faults)));
            self.hint(&got, wanted);
        }
        // What a refusal says instead is nothing to go on with.
        Ok(value.filter(|_| got.status == wanted.status))
    }
}

impl Checker<'_> {
    /// Says once what helps with a server that serves several cities and was asked about none of them.
    fn hint(&mut self, got: &Got, wanted: Wanted) {
        let refused = got.status != wanted.status && (400..500).contains(&got.status);
        if self.hinted || self.options.jurisdiction.is_some() || !refused {
            return;
        }
        if String::from_utf8_lossy(&got.body).to_ascii_lowercase().contains("jurisdiction") {
            self.hinted = true;
            self.note(Verdict::Left, "the server asks for a jurisdiction_id: check it again with --jurisdiction ID".to_owned());
        }
    }
}

fn status_words(got: &Got, wanted: u16) -> String {
    let to = got.headers.get(http::header::LOCATION).and_then(|to| to.to_str().ok());
    match to {
        Some(to) => format!("it leads on to {to}; check that address instead"),
        None => format!("the status is {}, not {wanted}", got.status),
    }
}

/// Reads an answer, with everything that is wrong in how it was sent and in what stands in it.
fn inside(got: &Got, format: Format, kind: Kind) -> (Option<Value>, Vec<String>) {
    let mut faults = Vec::new();
    if let Some(fault) = kind_fault(got, format) {
        faults.push(fault);
    }
    let read = match format {
        Format::Xml => read::xml(&got.body),
        Format::Json => read::json(&got.body),
    };
    match read {
        Err(why) => {
            faults.push(why.to_string());
            (None, faults)
        }
        Ok(document) => {
            if format == Format::Xml && document.root != kind.root() {
                faults.push(format!("the root is {}, not {}", document.root, kind.root()));
            }
            faults.extend(document.oddities);
            faults.extend(kind.faults(&document.value, format == Format::Json));
            (Some(document.value), faults)
        }
    }
}

fn kind_fault(got: &Got, format: Format) -> Option<String> {
    let sent: Vec<String> = got.kind().split(';').map(|part| part.trim().to_ascii_lowercase()).collect();
    let charset = sent.iter().any(|part| part.replace('"', "") == "charset=utf-8");
    if got.headers.get_all(http::header::CONTENT_TYPE).iter().count() > 1 {
        return Some("the content type is sent twice".to_owned());
    }
    match sent.first() {
        Some(kind) if kind == format.kind() && charset => None,
        _ => Some(format!("the content type is \"{}\", not \"{}; charset=utf-8\"", got.kind(), format.kind())),
    }
}

/// The first faults, and how many more there are.
fn told(faults: &[String]) -> String {
    let mut words = faults.iter().take(NAMED).cloned().collect::<Vec<_>>().join("; ");
    if faults.len() > NAMED {
        words.push_str(&format!("; and {} more", faults.len() - NAMED));
    }
    words
}

/// A word of an object.
fn word<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The objects of a list.
fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
