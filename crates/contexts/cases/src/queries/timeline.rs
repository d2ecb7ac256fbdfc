//! The timeline of a case: its lines in the journal.

use linli_db::{Conn, PayloadState, journal};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use serde::Deserialize;
use serde_json::Value;

use crate::error::CasesError;
use crate::model::Case;
use crate::store;

/// Longest timeline that is shown: its latest lines.
const MOST_LINES: i64 = 500;
/// Of those who only joined, the latest few: five hundred of them must hide nothing of what was done.
const MOST_JOINED: i64 = 20;
const JOINED: &str = "cases.absorbed";
/// How the name of a system begins that is its address.
const BY_ADDRESS: &str = "open311:";

/// For whom a timeline is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Those who work on it.
    Staff,
    /// The reporter: no looks at contacts, no notes that are not public, no marks of overdue work that name nobody.
    Reporter,
    /// An organisation by its private link: what the reporter sees, and the calls and requests that are its own.
    Unit(OrganisationId),
}

impl Audience {
    fn sees(self, kind: &str, facts: &Value) -> bool {
        match self {
            Self::Staff => true,
            Self::Reporter => for_reporter(kind, facts),
            Self::Unit(unit) => {
                let own = facts.get("unit").and_then(Value::as_str).is_some_and(|id| id.parse() == Ok(unit));
                for_reporter(kind, facts) || (own && between_offices(kind))
            }
        }
    }
}

/// What is said between offices: who was called, who asked for time.
fn between_offices(kind: &str) -> bool {
    kind.starts_with("cases.call")
        || matches!(
            kind,
            "cases.overdue"
                | "cases.time_asked"
                | "cases.time_refused"
                | "cases.contacted"
                | "cases.city_time_asked"
                | "cases.ticket_received"
                | "cases.ticket_changed"
        )
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct TimelineEntry {
    /// When.
    pub at: Ts,
    /// What: the kind of the line, e.g. `cases.taken`.
    pub kind: String,
    /// Who, as the journal writes it: `appointment:<id>`, `visitor`, `reporter`, `system:<job>`.
    pub actor: String,
    /// By which way.
    pub channel: String,
    /// The facts.
    pub facts: Value,
    /// What was written in words; `None` when nothing was, or it has been erased.
    pub words: Option<String>,
    /// The same by parts, of a line that ends the work.
    pub result: Option<WorkDone>,
    /// Whether there were words that have been erased.
    pub erased: bool,
}

/// What was written at the end of the work; either may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkDone {
    /// What was done.
    #[serde(default)]
    pub done: String,
    /// Why there is no photo of it. Written beside the text since it has a label of its own: a line without it is an older one.
    pub no_photo_because: String,
}

impl TimelineEntry {
    /// Positions of the photos that came with it.
    #[must_use]
    pub fn photos(&self) -> Vec<i64> {
        self.facts
            .get("photos")
            .and_then(Value::as_array)
            .map(|p| p.iter().filter_map(Value::as_i64).collect())
            .unwrap_or_default()
    }
}

/// The timeline of a case, oldest first.
///
/// # Errors
/// Store errors.
pub async fn timeline(c: &mut Conn<'_>, case: &Case, audience: Audience) -> Result<Vec<TimelineEntry>, CasesError> {
    let mut entries = Vec::new();
    if case.external_system.is_some() {
        // An import writes one line per batch, not per row; the beginning of an imported case stands in the case.
        let mut first = imported(case);
        if audience != Audience::Staff {
            without_address(&mut first.facts);
        }
        entries.push(first);
    }
    let (district, id) = (case.district, case.id.0);
    let mut lines = journal::latest_of_subject(c, district, id, (JOINED, false), MOST_LINES).await?;
    lines.extend(journal::latest_of_subject(c, district, id, (JOINED, true), MOST_JOINED).await?);
    lines.sort_by_key(|line| line.seq);
    let payloads = journal::payloads(c, &lines).await?;
    for (line, payload) in lines.into_iter().zip(payloads) {
        let mut facts = line.facts();
        if !audience.sees(&line.kind, &facts) {
            continue;
        }
        if audience != Audience::Staff {
            keep_private(c, case, &line.kind, &mut facts).await?;
            without_address(&mut facts);
        }
        let (words, result, erased) = words(payload);
        entries.push(TimelineEntry {
            at: line.at,
            kind: line.kind,
            actor: line.actor,
            channel: line.channel,
            facts,
            words,
            result,
            erased,
        });
    }
    Ok(entries)
}

/// The other case of a merging is named to outsiders only where it is public: that there is such a case, and how it stands, is
/// otherwise nobody's business but its reporter's.
async fn keep_private(c: &mut Conn<'_>, case: &Case, kind: &str, facts: &mut Value) -> Result<(), CasesError> {
    let field = match kind {
        "cases.merged" | "cases.joined" => "into",
        "cases.absorbed" => "other",
        _ => return Ok(()),
    };
    let Some(facts) = facts.as_object_mut() else { return Ok(()) };
    let other = match facts.get(field).and_then(Value::as_str) {
        Some(number) => store::by_number(c, case.district, number).await?,
        None => None,
    };
    if other.is_none_or(|other| !other.public) {
        facts.remove(field);
        facts.insert("private".to_owned(), Value::Bool(true));
    }
    Ok(())
}

/// A system that is known by its address (`open311:host/path`) may stand inside the own network: outsiders are told that there is one, and
/// what it is called where somebody wrote that beside the line.
fn without_address(facts: &mut Value) {
    let Some(facts) = facts.as_object_mut() else { return };
    if facts.get("system").and_then(Value::as_str).is_some_and(|system| system.starts_with(BY_ADDRESS)) {
        facts.remove("system");
    }
}

fn imported(case: &Case) -> TimelineEntry {
    TimelineEntry {
        at: case.reported_at,
        kind: "cases.imported".to_owned(),
        actor: String::new(),
        channel: case.channel.clone(),
        facts: serde_json::json!({ "system": case.external_system, "status": case.external_status, "id": case.external_id }),
        words: None,
        result: None,
        erased: false,
    }
}

/// What a reporter is told of. A kind that is not named here stays inside until somebody has thought about it.
pub(super) fn for_reporter(kind: &str, facts: &Value) -> bool {
    match kind {
        "cases.noted" => facts.get("public").and_then(Value::as_bool) == Some(true),
        _ => kind.strip_prefix("cases.").is_some_and(|step| FOR_REPORTERS.contains(&step)),
    }
}

const FOR_REPORTERS: [&str; 36] = [
    "absorbed",
    "answered",
    "assigned",
    "category_followed",
    "check_asked",
    "class_corrected",
    "closed",
    "confirmed",
    "deadline_moved",
    "dispatched",
    "ended_elsewhere",
    "escalated",
    "extended",
    "filed",
    "finished",
    "gone_on_elsewhere",
    "handed_elsewhere",
    "heard_elsewhere",
    "imported",
    "joined",
    "lapsed",
    "merged",
    "moved",
    "refused_elsewhere",
    "reopened",
    "reported",
    "reporter_asked",
    "result_check_asked",
    "resumed",
    "returned",
    "reworked",
    "sent_elsewhere",
    "suspended",
    "taken",
    "told_elsewhere",
    "voided",
];

fn words(payload: PayloadState) -> (Option<String>, Option<WorkDone>, bool) {
    match payload {
        PayloadState::Kept(value) => {
            let text = value.get("text").and_then(Value::as_str).map(str::to_owned);
            (text, serde_json::from_value(value).ok(), false)
        }
        PayloadState::None => (None, None, false),
        PayloadState::Erased | PayloadState::Forged => (None, None, true),
    }
}
