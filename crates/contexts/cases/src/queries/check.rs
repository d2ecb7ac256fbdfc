//! The walk of `linli check` through this room: what must hold, recomputed from the records.

use std::collections::HashMap;

use linli_calendar::Calendar;
use linli_db::{Conn, Cursor, Result, journal, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde_json::Value;
use uuid::Uuid;

use crate::index;
use crate::model::{CallId, CaseId, CaseState, ClockRuns};
use crate::store::{callers, days, hotline, lists::every_case, promises, units};

/// Lines read at a time.
const BATCH: i64 = 5_000;

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: a case number, a place and day.
    pub about: String,
    /// What is wrong.
    pub problem: String,
}

/// What the journal says of a case.
#[derive(Default)]
struct Said {
    state: Option<String>,
    due: Option<i64>,
    /// The appointment and the organisation that has it.
    owner: Had,
    unit: Option<String>,
}

/// Under which appointment somebody has a case, as the journal says.
#[derive(PartialEq)]
enum Had {
    /// This one; `None` when nobody does.
    By(Option<String>),
    /// Lines of before did not say it.
    Unsaid,
}

impl Default for Had {
    fn default() -> Self {
        Self::By(None)
    }
}

impl Said {
    /// What a line says of who has the case.
    fn hear_owner(&mut self, kind: &str, facts: &Value) {
        let text = |fact: &str| facts.get(fact).and_then(Value::as_str).map(str::to_owned);
        match kind {
            _ if OWNING.contains(&kind) => (self.owner, self.unit) = (Had::By(text("owner")), text("unit")),
            // Words that came later named whoever had it.
            "cases.kept" if text("owner").is_some() => self.owner = Had::By(text("owner")),
            // A correction that gave the case to somebody else said so only since it names who had it.
            "cases.class_corrected" if facts.get("owner").is_none() => self.owner = Had::Unsaid,
            _ => {}
        }
        if !OWNING.contains(&kind) && facts.get("instead_of_unit").is_some_and(Value::is_string) {
            self.unit = None;
        }
    }
}

/// Lines that say who has a case.
const OWNING: [&str; 5] = ["cases.reported", "cases.assigned", "cases.dispatched", "cases.taken", "cases.returned"];

/// What the journal says of calls: of each the last outcome.
type Calls = HashMap<String, Option<String>>;

/// Recomputes counts and walks the invariants of a district. An empty list means that everything holds.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let (said, called, counted) = read_journal(c, district).await?;
    let imported = walk_cases(c, district, &said, &mut findings).await?;
    walk_calls(c, district, called, &mut findings).await?;
    walk_tickets(c, district, &mut findings).await?;
    compare_days(c, district, counted, imported, &mut findings).await?;
    let lost: Vec<String> = sql!(c, x => sqlx::query_scalar(
        "SELECT f.number FROM case_file f WHERE f.district_id = $1 AND f.external_id IS NULL \
         AND f.id NOT IN (SELECT l.case_id FROM private_link l WHERE l.district_id = $1) LIMIT 100"
    ).bind(district).fetch_all(x).await)?;
    let astray = callers::astray(c, district).await?;
    if astray > 0 {
        findings
            .push(Finding { about: "known_caller".to_owned(), problem: format!("{astray} numbers are not where they belong") });
    }
    findings.extend(lost.into_iter().map(|about| Finding { about, problem: "has no private link".to_owned() }));
    Ok(findings)
}

/// Reads the whole journal once: the last state and promise of every case, and the counts up to the cursor of the figures.
async fn read_journal(c: &mut Conn<'_>, district: DistrictId) -> Result<(HashMap<Uuid, Said>, Calls, days::Days)> {
    let folded = Cursor::load(c, district, days::READER).await?;
    let mut said: HashMap<Uuid, Said> = HashMap::new();
    let (mut counted, mut called) = (days::Days::new(), Calls::new());
    let mut seq = 0;
    loop {
        let lines = journal::after(c, district, seq, BATCH).await?;
        let Some(last) = lines.last() else { return Ok((said, called, counted)) };
        seq = last.seq;
        for line in lines.iter().filter(|line| line.kind.starts_with("cases.")) {
            let facts = line.facts();
            if let Some(subject) = line.subject_id {
                let about = said.entry(subject).or_default();
                if let Some(to) = facts.get("to").and_then(Value::as_str) {
                    about.state = Some(to.to_owned());
                }
                if matches!(line.kind.as_str(), "cases.reported" | "cases.deadline_moved") {
                    about.due = facts.get("due_at").and_then(Value::as_i64);
                }
                about.hear_owner(&line.kind, &facts);
            }
            if let Some(call) = facts.get("call").and_then(Value::as_str) {
                called.insert(call.to_owned(), facts.get("outcome").and_then(Value::as_str).map(str::to_owned));
            }
            if line.seq <= folded.seq
                && let Some(counts) = days::delta(&line.kind, &facts)
            {
                days::spread(&mut counted, &line.place_path, line.at, counts);
            }
        }
    }
}

async fn walk_cases(
    c: &mut Conn<'_>,
    district: DistrictId,
    said: &HashMap<Uuid, Said>,
    findings: &mut Vec<Finding>,
) -> Result<days::Days> {
    let mut imported = days::Days::new();
    let mut after = CaseId(Uuid::nil());
    let indexed = index::is_up_to_date(c, district).await?;
    loop {
        let cases = every_case(c, district, after, BATCH).await?;
        let Some(last) = cases.last() else { return Ok(imported) };
        after = last.id;
        let strays = if indexed { index::strays(c, district, &cases).await? } else { Vec::new() };
        findings.extend(strays.into_iter().map(|about| Finding { about, problem: "its words do not find it".to_owned() }));
        for case in &cases {
            let mut wrong = |problem: String| findings.push(Finding { about: case.number.clone(), problem });
            let told = said.get(&case.id.0);
            match told.and_then(|s| s.state.as_deref()) {
                Some(state) if state != case.state.as_str() => wrong(format!("is {} and the journal says {state}", case.state)),
                None if case.external_id.is_none() => wrong("the journal does not know it".to_owned()),
                _ => {}
            }
            if case.external_id.is_none() && told.and_then(|s| s.due) != case.due_at.map(|due| due.0) {
                wrong("its promise moved without a journal line".to_owned());
            }
            if case.owner.is_some() && case.unit.is_some() {
                wrong("has two owners".to_owned());
            }
            if told.and_then(|s| s.unit.clone()) != case.unit.map(|unit| unit.to_string()) {
                wrong("changed its organisation without a journal line".to_owned());
            }
            let owner = Had::By(case.owner.as_ref().map(|owner| owner.appointment.to_string()));
            if told.map_or(owner != Had::default(), |said| said.owner != Had::Unsaid && said.owner != owner) {
                wrong("changed its owner without a journal line".to_owned());
            }
            let nobody = case.owner.is_none() && case.unit.is_none();
            if case.state == CaseState::Handling && nobody && case.external_id.is_none() {
                wrong("is being handled by nobody".to_owned());
            }
            let goes_on = matches!(case.state, CaseState::Merged | CaseState::Joined);
            if case.external_id.is_none() && goes_on != case.merged_into.is_some() {
                wrong("goes on as another case and does not say as which, or the other way round".to_owned());
            }
            if case.ended_how.is_some() && case.is_open() {
                wrong("has ended and is open".to_owned());
            }
            if case.closed_at.is_some_and(|closed| closed < case.reported_at) {
                wrong("was closed before it was reported".to_owned());
            }
            if case.external_id.is_some() {
                days::spread_imported(&mut imported, &case.place, case.reported_at, case.external_closed_at);
            }
        }
    }
}

/// Every call has its line, and what was answered is what the journal says.
async fn walk_calls(c: &mut Conn<'_>, district: DistrictId, mut said: Calls, findings: &mut Vec<Finding>) -> Result<()> {
    let mut after = CallId(Uuid::nil());
    loop {
        let calls = units::every_call(c, district, after, BATCH).await?;
        let Some(last) = calls.last() else { break };
        after = last.id;
        for call in &calls {
            let mut wrong = |problem: &str| findings.push(Finding { about: call.id.to_string(), problem: problem.to_owned() });
            match said.remove(&call.id.to_string()) {
                None => wrong("the journal does not know the call"),
                Some(outcome) if outcome.as_deref() != call.outcome.map(|o| o.as_str()) => {
                    wrong("the call was answered otherwise than the journal says");
                }
                Some(_) => {}
            }
            if call.outcome.is_some() && call.wake_at.is_some() {
                wrong("the call was answered and is still waited for");
            }
        }
    }
    let lost = said.into_keys().map(|about| Finding { about, problem: "a call in the journal is not there".to_owned() });
    findings.extend(lost);
    Ok(())
}

/// What every case is promised by is what it is promised under comes to: the term of its class and each that was given beyond it, over its
/// pauses. Compared where all terms are kept and the calendar is still the one it was computed by; on hold a promise waits.
///
/// # Errors
/// Store errors.
pub async fn check_promises(c: &mut Conn<'_>, district: DistrictId, calendar: &Calendar) -> Result<Vec<Finding>> {
    let (mut findings, mut after) = (Vec::new(), CaseId(Uuid::nil()));
    loop {
        let cases = every_case(c, district, after, BATCH).await?;
        let Some(last) = cases.last() else { return Ok(findings) };
        let told = promises::of_stretch(c, district, (after, last.id)).await?;
        after = last.id;
        for case in &cases {
            let Some(told) = told.get(&case.id) else { continue };
            let mut wrong = |problem: &str| findings.push(Finding { about: case.number.clone(), problem: problem.to_owned() });
            if (told.said, told.given) != (case.extensions, case.extensions) {
                wrong("does not say how often it was given more time");
            }
            // A source of cases says that one stands, and not since when.
            if case.external_id.is_none()
                && (case.clock == ClockRuns::Paused) != told.pauses.iter().any(|pause| pause.to.is_none())
            {
                wrong("is on hold without a pause that lasts, or the other way round");
            }
            let computed = told.promise.as_ref().filter(|(_, by)| by == calendar.version());
            let due = computed.and_then(|(promise, _)| promise.due(calendar, &told.pauses));
            if due.is_some_and(|due| (Some(due.at), due.provisional) != (case.due_at, case.due_provisional)) {
                wrong("is promised by another time than its terms come to");
            }
        }
    }
}

/// The city was told as many steps of a ticket as it has.
async fn walk_tickets(c: &mut Conn<'_>, district: DistrictId, findings: &mut Vec<Finding>) -> Result<()> {
    let mut after = String::new();
    loop {
        let tickets = hotline::every_ticket(c, district, &after, BATCH).await?;
        let Some(last) = tickets.last() else { return Ok(()) };
        after.clone_from(&last.ticket.ticket_no);
        for hotline::TicketRow { ticket, steps, told, kept_limit } in &tickets {
            let mut find = |problem| findings.push(Finding { about: ticket.ticket_no.clone(), problem });
            if steps != told {
                find(format!("the ticket has {steps} steps and the city was told {told}"));
            }
            if *kept_limit != ticket.city_due_at {
                find("its case has another limit of the city beside the promise".to_owned());
            }
        }
    }
}

async fn compare_days(
    c: &mut Conn<'_>,
    district: DistrictId,
    mut counted: days::Days,
    imported: days::Days,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    for (key, counts) in imported {
        counted.entry(key).or_default().add(counts);
    }
    let mut kept = days::all(c, district).await?;
    counted.retain(|_, counts| *counts != days::DayCounts::default());
    kept.retain(|_, counts| *counts != days::DayCounts::default());
    for key in counted.keys().chain(kept.keys().filter(|key| !counted.contains_key(*key))) {
        let (is, should): (Option<&days::DayCounts>, _) = (kept.get(key), counted.get(key));
        if is != should {
            let (place, day): &(PlacePath, i64) = key;
            let date = Ts(day * 86_400_000_000).local().date();
            findings.push(Finding {
                about: format!("{place} {date}"),
                problem: format!("counts {is:?}, the records say {should:?}"),
            });
        }
    }
    Ok(())
}
