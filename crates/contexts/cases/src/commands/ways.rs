//! The ways of a case beside the straight one: it is checked, returned, worked again, given more time, put on hold, or goes on as another.

use linli_access::Ctx;
use linli_db::Tx;
use linli_kernel::Ts;
use serde_json::json;

use super::hotline::{Telling, tell_city};
use super::outcome::{begin_anew, named};
use super::{NOTE_MAX, Step, Stepped, Which, recall, remember, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, CityStep, Event, Need};
use crate::office::Office;
use crate::promise::{self, More, Promise, Under};
use crate::queries::open_by_number;
use crate::rules::Rules;
use crate::store::{self, ways};

/// Longest hold in days. What must wait longer is given a new date then.
const HOLD_DAYS_MAX: i64 = 366;

/// An event that moves a case on and needs nothing but words, where the table asks for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Onward {
    /// 立案前核实: somebody is asked to look whether it is so.
    Check,
    /// 立案.
    File,
    /// 结案前核查: somebody is asked to look at the result.
    CheckResult,
    /// 请居民确认.
    AskReporter,
    /// 返工: the original owner works on it again, under the promise that was made.
    Rework,
    /// 核查结案.
    Close,
    /// 退回: not ours. Nobody has the case until a desk gives it to somebody.
    Return,
    /// An officer opens a closed case again; the clock starts anew and one level up is told.
    Reopen,
}

impl Onward {
    /// The event of the table.
    #[must_use]
    pub const fn event(self) -> Event {
        match self {
            Self::Check => Event::Check,
            Self::File => Event::File,
            Self::CheckResult => Event::CheckResult,
            Self::AskReporter => Event::AskReporter,
            Self::Rework => Event::Rework,
            Self::Close => Event::Close,
            Self::Return => Event::Return,
            Self::Reopen => Event::Reopen,
        }
    }

    /// The one for this event, if it is one of these.
    #[must_use]
    pub fn of(event: Event) -> Option<Self> {
        const ALL: [Onward; 8] = [
            Onward::Check,
            Onward::File,
            Onward::CheckResult,
            Onward::AskReporter,
            Onward::Rework,
            Onward::Close,
            Onward::Return,
            Onward::Reopen,
        ];
        ALL.into_iter().find(|onward| onward.event() == event)
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Check => "cases.check_asked",
            Self::File => "cases.filed",
            Self::CheckResult => "cases.result_check_asked",
            Self::AskReporter => "cases.reporter_asked",
            Self::Rework => "cases.reworked",
            Self::Close => "cases.closed",
            Self::Return => "cases.returned",
            Self::Reopen => "cases.reopened",
        }
    }
}

/// Moves a case one step on. The words are told to the reporter.
///
/// # Errors
/// `Field` without a reason where the table asks for one; `Transition`, `Changed`, `Denied`, `NotFound`; store errors.
pub async fn move_on(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    onward: Onward,
    words: &str,
) -> Result<Stepped, CasesError> {
    move_on_by(ctx, tx, office, Which::Id(id), onward, words).await
}

pub(super) async fn move_on_by(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    which: Which<'_>,
    onward: Onward,
    words: &str,
) -> Result<Stepped, CasesError> {
    let what = format!("cases.{}", onward.event());
    if let Some(answer) = recall(ctx, tx, &what, &(named(which), words)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, which, onward.event()).await?;
    let words = text("reason", words, step.row.needs(Need::Reason), NOTE_MAX)?;
    let words = (!words.is_empty()).then_some(words.as_str());
    if onward == Onward::Reopen {
        begin_anew(ctx, tx, office, &mut step, words).await?;
    } else {
        let mut facts = json!({});
        if onward == Onward::Return {
            let (owner, unit) = (step.case.owner.take(), step.case.unit.take());
            facts = json!({ "instead_of": owner.map(|owner| owner.appointment), "instead_of_unit": unit });
        }
        step.save(tx).await?;
        step.journal(ctx, tx, onward.kind(), facts, words);
        let told = match onward {
            Onward::File => Some(CityStep::Accepted),
            Onward::Close => Some(CityStep::Closed),
            _ => None,
        };
        if let Some(told) = told {
            tell_city(ctx, tx, &step.case, told, Telling::of(words.unwrap_or_default())).await?;
        }
    }
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Gives a case more time (延期), as often as the rules have it: a clock of theirs, counted from the promise that was made, or from now when
/// there was none. The clock of its class stays what it is. The reason is told to the reporter.
///
/// # Errors
/// `Field` without a reason, for a clock that the rules do not have, or one that ends before now; `Transition` for a case that was given more
/// time before; otherwise as [`move_on`].
pub async fn extend(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    (clock, reason): (&str, &str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.extend", &(id, clock, reason)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, Which::Id(id), Event::Extend).await?;
    let reason = text("reason", reason, step.row.needs(Need::Reason), NOTE_MAX)?;
    let (now, before) = (ctx.now(), step.case.due_at);
    let rules = office.rules_of(&step.case, now)?;
    let promise = with_more(tx, office, &rules, (clock, now), &mut step.case).await?;
    step.case.wake_at = None;
    step.save(tx).await?;
    promise::keep(tx, office, &promise, &step.case).await?;
    store::unmark_overdue(&mut tx.conn()?, &step.case).await?;
    step.journal(ctx, tx, "cases.extended", json!({}), Some(&reason));
    moved(ctx, tx, &step, before, ("extended", clock, &rules.clocks_mark()));
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// One more term of the rules beyond what a case is promised under, which then ends later than now; its promise is put into the case.
pub(super) async fn with_more(
    tx: &mut Tx,
    office: &Office,
    rules: &Rules,
    (clock, now): (&str, Ts),
    case: &mut Case,
) -> Result<Promise, CasesError> {
    let wrong = || CasesError::Field { field: "clock", problem: FieldProblem::NotLater };
    let mut promise = promise::of(&mut tx.conn()?, office, case).await?;
    let under = Under::of(rules, clock).ok_or_else(wrong)?;
    promise.more.push(More { under, from: case.due_at.unwrap_or(now), given_at: now });
    let reckoned = promise::reckon(tx, office, &promise, case).await?;
    if reckoned && case.due_at.is_some_and(|due| due > now) { Ok(promise) } else { Err(wrong()) }
}

/// Puts a case on hold (挂起): its clock stands, and everybody is told why and until when. At that instant it goes on by itself.
///
/// # Errors
/// `Field` without a reason or an instant, or for one that is over or more than a year away; otherwise as [`move_on`].
pub async fn suspend(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    (until, reason): (Option<Ts>, &str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.suspend", &(id, until, reason)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, Which::Id(id), Event::Suspend).await?;
    let reason = text("reason", reason, step.row.needs(Need::Reason), NOTE_MAX)?;
    let now = ctx.now();
    // A hold without an end would be seen by nobody any more.
    let within = |until: &Ts| *until > now && *until <= now.plus_secs(HOLD_DAYS_MAX * 86_400);
    let until = until.ok_or(CasesError::Field { field: "until", problem: FieldProblem::Required })?;
    let until = Some(until).filter(within).ok_or(CasesError::Field { field: "until", problem: FieldProblem::NotWithinAYear })?;
    step.case.wake_at = Some(until);
    step.save(tx).await?;
    ways::pause(&mut tx.conn()?, step.case.district, id, now).await?;
    step.journal(ctx, tx, "cases.suspended", json!({ "until": until }), Some(&reason));
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// A case goes on (恢复办理): its promise moves by the time it stood, under the terms it was promised under, whatever rules hold today.
///
/// # Errors
/// As [`move_on`].
pub async fn resume(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.resume", &id).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, Which::Id(id), Event::Resume).await?;
    let (now, district, before) = (ctx.now(), step.case.district, step.case.due_at);
    ways::go_on(&mut tx.conn()?, district, id, now).await?;
    let promise = promise::of(&mut tx.conn()?, office, &step.case).await?;
    let reckoned = promise::reckon(tx, office, &promise, &mut step.case).await?;
    // What was overdue before it stood is overdue when it goes on, and is told upwards in its time.
    let late = step.case.overdue_at.is_some() && step.case.is_overdue(now);
    let rules = office.rules_of(&step.case, now)?;
    step.case.wake_at = if late { office.after(&rules.transitions().times().escalate, now) } else { None };
    step.save(tx).await?;
    if !late {
        store::unmark_overdue(&mut tx.conn()?, &step.case).await?;
    }
    if reckoned {
        promise::keep(tx, office, &promise, &step.case).await?;
    }
    step.journal(ctx, tx, "cases.resumed", json!({}), None);
    if let Some(under) = promise.named() {
        moved(ctx, tx, &step, before, ("resumed", &under.clock, &under.rule));
    }
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// A case goes on as another one, named by its number (并案): who reported it sees the other one by the same link.
///
/// # Errors
/// `Field` when the other is not there, the same, or ended; otherwise as [`move_on`].
pub async fn merge(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, other: &str) -> Result<Stepped, CasesError> {
    go_on_as(ctx, tx, office, Which::Id(id), other, (Event::Merge, "cases.merged")).await
}

/// A report joins a case that was open before it (并入他人诉求): by its reporter, who may join what a board shows, or by a desk.
///
/// # Errors
/// As [`merge`]; `LinkUnknown`.
pub async fn join(ctx: &Ctx, tx: &mut Tx, office: &Office, which: Which<'_>, other: &str) -> Result<Stepped, CasesError> {
    go_on_as(ctx, tx, office, which, other, (Event::Join, "cases.joined")).await
}

async fn go_on_as(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    which: Which<'_>,
    other: &str,
    (event, kind): (Event, &'static str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, &format!("cases.{event}"), &(named(which), other)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, which, event).await?;
    let (district, id) = (step.case.district, step.case.id);
    let other = open_other(ctx, tx, &step, other).await?;
    step.case.merged_into = Some(other.id);
    step.save(tx).await?;
    ways::lead_on(&mut tx.conn()?, district, id, other.id).await?;
    step.journal(ctx, tx, kind, json!({ "into": other.number }), None);
    let line =
        ctx.line("cases.absorbed", &other.place, Some(other.id.0), json!({ "number": other.number, "other": step.case.number }));
    tx.journal(line);
    // A case that no board shows is named to nobody outside.
    let named = if other.public { other.number.as_str() } else { "" };
    tell_city(ctx, tx, &step.case, CityStep::Merged, Telling::of(named)).await?;
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// The other case by its number, which is not the same.
async fn open_other(ctx: &Ctx, tx: &mut Tx, step: &Step, number: &str) -> Result<Case, CasesError> {
    let other = open_by_number(ctx, &mut tx.conn()?, (step.case.district, &step.case.place), number).await?;
    if other.id == step.case.id {
        return Err(CasesError::Field { field: "other", problem: FieldProblem::NotAnotherOpenCase });
    }
    Ok(other)
}

/// Writes that a promise moved, if it did.
pub(super) fn moved(ctx: &Ctx, tx: &mut Tx, step: &Step, before: Option<Ts>, (why, clock, rule): (&str, &str, &str)) {
    if step.case.due_at != before {
        let facts = json!({ "due_before": before, "due_at": step.case.due_at, "why": why, "clock": clock, "clock_rule": rule });
        step.journal(ctx, tx, "cases.deadline_moved", facts, None);
    }
}
