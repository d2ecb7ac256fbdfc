//! What came to an institution: taken in with a bed in two taps, refused with a coded reason, arrived, ended.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_hall::{Caller, Hall};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::desk::{choices, desk, post, run, word};
use super::{private, take_key};
use crate::commands::inbound::{self as commands, Bed, Declined};
use crate::error_beds::{BedError, Wrong};
use crate::model::referrals::{Answer, Asks, Declining, InboundKey, Outcome, Severity};
use crate::queries;
use crate::queries::beds::Board;
use crate::queries::referrals::Came;
use crate::standing::own_institution;

struct CameRow {
    key: String,
    href: String,
    name: String,
    from: String,
    condition: Vec<String>,
    tone: &'static str,
    severity: String,
    word: String,
    due: String,
    late: bool,
    critical: bool,
    waits: bool,
    refusable: bool,
    arrives: bool,
    bedless: bool,
    ends: bool,
    /// Beds that can be held for it, those that are free first.
    beds: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "inbound.html")]
struct InboxPage {
    shell: Shell,
    t: T,
    problems: Problems,
    rows: Vec<CameRow>,
    /// Departments of the house: one of them may answer for somebody in another's bed.
    departments: Vec<Choice>,
    reasons: Vec<Choice>,
    outcomes: Vec<Choice>,
    own: bool,
    stopped: bool,
}

/// Beds of the kind that are free, then those of other kinds that meet the need: any department's bed that does.
fn beds_for(t: &T, board: &Board, came: &Came, all: bool) -> Vec<Choice> {
    let mut found = Vec::new();
    for unit in &board.units {
        for cell in &unit.cells {
            if !board.rules.value.meets(came.inbound.bed_type, cell.cell.key.bed_type) {
                continue;
            }
            let free = cell.derived.map_or(0, |derived| derived.available());
            if free < 1 && !all {
                continue;
            }
            let kind = t.s(&format!("beds-type-{}", cell.cell.key.bed_type));
            let text = format!("{} · {kind} · {}", unit.name, t.n("beds-free", free));
            let other = cell.cell.key.bed_type != came.inbound.bed_type;
            found.push((other, -free, Choice::new(format!("{}/{}", unit.id, cell.cell.key.bed_type), text)));
        }
    }
    found.sort_by_key(|(other, free, _)| (*other, *free));
    found.into_iter().map(|(_, _, choice)| choice).collect()
}

fn row(t: &T, board: &Board, came: Came, now: linli_kernel::Ts) -> CameRow {
    let inbound = &came.inbound;
    let patient = came.patient.clone().unwrap_or_default();
    let on_the_way = inbound.asks == Asks::UnderWay;
    let here = inbound.answer == Answer::Arrived;
    let bedless = here && inbound.hold.is_none();
    let state =
        if on_the_way && !here { "referral-state-under_way".to_owned() } else { format!("referral-answer-{}", inbound.answer) };
    let until = inbound.until.filter(|_| inbound.answer == Answer::Accepted);
    let due = match (inbound.due_at, until) {
        (_, Some(until)) => t.v("beds-held-until", "when", t.when(until, now)),
        (Some(due), None) => t.v(if bedless { "inbound-boarding-due" } else { "inbound-due" }, "when", t.when(due, now)),
        (None, None) => String::new(),
    };
    let condition = [patient.condition, patient.vitals, patient.continuing];
    CameRow {
        key: format!("{}-{}", inbound.key.referral, inbound.key.attempt),
        href: format!("/inbound/{}/{}", inbound.key.referral, inbound.key.attempt),
        name: if patient.name.is_empty() { t.s("referral-erased").into_owned() } else { patient.name },
        from: came.from.clone(),
        condition: condition.into_iter().filter(|text| !text.is_empty()).collect(),
        tone: match inbound.severity {
            Severity::Critical => "act",
            Severity::Severe => "soon",
            Severity::Ordinary => "info",
        },
        severity: t.s(&format!("referral-severity-{}", inbound.severity)).into_owned(),
        word: t.s(&state).into_owned(),
        late: inbound.due_at.is_some_and(|due| due <= now),
        due,
        critical: inbound.severity == Severity::Critical,
        waits: inbound.waits(),
        refusable: inbound.answer == Answer::Received && inbound.severity != Severity::Critical,
        arrives: matches!(inbound.answer, Answer::Accepted | Answer::Lapsed),
        bedless,
        ends: here,
        beds: beds_for(t, board, &came, bedless),
    }
}

async fn page(caller: &Caller, hall: &Hall, (problems, stopped): (Problems, bool)) -> Result<InboxPage, AppError> {
    let (t, desk, now) = (caller.info.t().clone(), desk(hall)?, hall.now());
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let own = own_institution(&caller.ctx, c).await?;
    let (mut rows, mut departments) = (Vec::new(), Vec::new());
    if let Some(own) = own {
        let board = queries::beds::board(&caller.ctx, c, &desk, own).await?;
        departments = board.units.iter().map(|unit| Choice::new(unit.id.to_string(), unit.name.clone())).collect();
        let came = queries::referrals::inbox(&caller.ctx, c, &desk).await?;
        rows = came.into_iter().map(|came| row(&t, &board, came, now)).collect();
    }
    Ok(InboxPage {
        shell: caller.shell(t.s("inbound-title")).live("/referrals/live"),
        rows,
        departments,
        reasons: choices(&t, "referral-reason", Declining::ALL.iter().map(|one| one.as_str())),
        outcomes: choices(&t, "inbound-outcome", Outcome::ALL.iter().map(|one| one.as_str())),
        own: own.is_some(),
        stopped,
        problems,
        t,
    })
}

/// `GET /inbound`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, (Problems::default(), false)).await?)))
}

fn key(referral: &str, attempt: &str) -> Result<InboundKey, BedError> {
    let unknown = |_| BedError::NotFound;
    Ok(InboundKey { referral: referral.parse().map_err(unknown)?, attempt: attempt.parse().map_err(|_| BedError::NotFound)? })
}

/// Which bed a form means, `unit/kind`; none when none was chosen.
fn bed(form: &FormMap) -> Result<Option<Bed>, BedError> {
    let wrong = || BedError::Field { field: "bed", problem: Wrong::NotAChoice };
    match form.typed("bed") {
        "" => Ok(None),
        typed => {
            let (unit, bed_type) = typed.split_once('/').ok_or_else(wrong)?;
            let guest_of = if form.typed("guest_of").is_empty() { None } else { Some(word(form, "guest_of")?) };
            Ok(Some(Bed { unit: unit.parse().map_err(|_| wrong())?, bed_type: bed_type.parse().map_err(|_| wrong())?, guest_of }))
        }
    }
}

/// `POST /inbound/{referral}/{attempt}`: `accept`, `decline`, `arrive` or `complete`.
pub(crate) async fn answer(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((referral, attempt)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (key, desk) = (key(&referral, &attempt)?, desk(&hall)?);
    let done: Result<Declined, AppError> = async {
        let bed = bed(&form)?;
        match form.typed("do") {
            "accept" => run!(caller, hall, tx => commands::accept(&caller.ctx, tx, &desk, key, bed)).map(|()| Declined::Refused),
            "decline" => {
                let reason = word(&form, "reason")?;
                run!(caller, hall, tx => commands::decline(&caller.ctx, tx, key, reason))
            }
            "arrive" => run!(caller, hall, tx => commands::arrive(&caller.ctx, tx, &desk, key, bed)).map(|()| Declined::Refused),
            "complete" => {
                let outcome = word(&form, "outcome")?;
                run!(caller, hall, tx => commands::complete(&caller.ctx, tx, key, outcome)).map(|()| Declined::Refused)
            }
            _ => Err(BedError::Field { field: "do", problem: Wrong::NotAChoice }.into()),
        }
    }
    .await;
    match done {
        Ok(Declined::Refused) => {
            post(&hall, &desk).await;
            Ok(Redirect::to("/inbound").into_response())
        }
        Ok(Declined::Critical) => {
            let page = page(&caller, &hall, (Problems::default(), true)).await?;
            Ok((http::StatusCode::CONFLICT, private(Page(page))).into_response())
        }
        Err(error) => {
            let status = error.status();
            let page = page(&caller, &hall, (error.into_problems()?, false)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}
