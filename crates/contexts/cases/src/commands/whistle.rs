//! Calls across (街道吹哨、部门报到;协办): organisations are called to a case, answer by a time, and who called is told when they do not.

use linli_access::{Action, Ctx, Denied, Resource, Role};
use linli_db::Tx;
use linli_db::journal::Line;
use linli_kernel::{PlacePath, Ts};
use linli_people::model::OrganisationId;
use serde::Serialize;
use serde_json::json;

use super::units::unit_of;
use super::{NOTE_MAX, Stepped, Which, by_unit, open, recall, remember, text};
use crate::discretion::kept_from_unit_of;
use crate::error::{CasesError, FieldProblem};
use crate::model::{Call, CallId, CallKind, CallOutcome, Case, CaseId, Standing};
use crate::office::Office;
use crate::rules::{Rules, Transitions};
use crate::store::{self, units};
use crate::token::LinkToken;

/// Most organisations that are called at once.
const UNITS_MAX: usize = 12;
/// Most calls of one case that are looked through.
const CALLS_MAX: i64 = 500;
/// Longest time ahead in seconds.
const YEAR: i64 = 366 * 86_400;

/// A call to organisations.
#[derive(Debug, Clone, Serialize)]
pub struct NewCall<'a> {
    /// To come, or to help.
    pub kind: CallKind,
    /// Who is called.
    pub units: &'a [OrganisationId],
    /// By when to answer; the rules say when nobody does.
    pub answer_by: Option<Ts>,
    /// What it is about, for those who are called.
    pub words: &'a str,
}

/// What an organisation answers.
#[derive(Debug, Clone, Serialize)]
pub enum CallAnswer<'a> {
    /// 报到: it comes at this time.
    Comes {
        /// When.
        at: Ts,
        /// Who comes, if it says so.
        words: &'a str,
    },
    /// 反馈: what it did.
    Done {
        /// In words.
        words: &'a str,
    },
    /// 说明情况: why it does not.
    Explained {
        /// The reason.
        reason: &'a str,
    },
}

/// Calls organisations to a case (吹哨、请求协办). Who has the case keeps it.
///
/// # Errors
/// `Denied` for roles that the rules do not let call; `Ended`; `Field` names what is wrong; `NotFound`; store errors.
pub async fn call(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, input: NewCall<'_>) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.call", &(id, &input)).await? {
        return Ok(answer);
    }
    let (case, standing) = open(ctx, tx, Which::Id(id), Action::Assign).await?;
    if !case.is_open() {
        return Err(CasesError::Ended);
    }
    let rules = office.rules_of(&case, ctx.now())?;
    let rule = rules.units().call(input.kind);
    let role = match standing {
        Standing::Staff { role, .. } if rule.who.contains(&role) => role,
        _ => return Err(Denied::Forbidden.into()),
    };
    let words = text("matter", input.words, true, NOTE_MAX)?;
    let wrong = |field, problem| CasesError::Field { field, problem };
    if input.units.is_empty() {
        return Err(wrong("unit", FieldProblem::Required));
    }
    if input.units.len() > UNITS_MAX {
        return Err(wrong("unit", FieldProblem::TooMany { max: UNITS_MAX }));
    }
    let answer_by = input.answer_by.or_else(|| office.after(&rule.answer, ctx.now()));
    let answer_by = answer_by.filter(|at| *at > ctx.now() && *at <= ctx.now().plus_secs(YEAR));
    let answer_by = answer_by.ok_or_else(|| wrong("answer_by", FieldProblem::NotWithinAYear))?;
    for unit in input.units {
        let new = Call {
            district: case.district,
            id: CallId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            case: id,
            unit: *unit,
            kind: input.kind,
            caller_role: role,
            called_at: ctx.now(),
            answer_by,
            outcome: None,
            comes_at: None,
            answered_at: None,
            overdue_at: None,
            flagged_role: None,
            wake_at: Some(answer_by),
        };
        place_call(ctx, tx, &rules, &case, (new, &words)).await?;
    }
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

async fn place_call(ctx: &Ctx, tx: &mut Tx, rules: &Rules, case: &Case, (new, words): (Call, &str)) -> Result<(), CasesError> {
    let c = &mut tx.conn()?;
    unit_of(c, case.district, rules, (new.unit, Some(case))).await?;
    let before = units::calls_of_case(c, case.district, case.id, CALLS_MAX).await?;
    if before.iter().any(|call| call.unit == new.unit && call.kind == new.kind && call.outcome.is_none()) {
        return Err(CasesError::Field { field: "unit", problem: FieldProblem::CalledAlready });
    }
    units::put_call(c, &new).await?;
    let facts = json!({
        "number": case.number, "call": new.id, "unit": new.unit, "call_kind": new.kind, "answer_by": new.answer_by,
        "caller_role": new.caller_role, "rule": rules.units_mark(),
    });
    tx.journal(ctx.with_personal(ctx.line("cases.called", &case.place, Some(case.id.0), facts), json!({ "text": words })));
    Ok(())
}

/// An organisation answers a call by its private link (报到、反馈、说明情况). Late answers are taken too, and said to be late.
///
/// # Errors
/// `LinkUnknown`, `LinkOver`; `NotFound` for a call that is not to it; `Ended`; `Changed` when it has answered already; `Field`
/// names what is wrong; store errors.
pub async fn answer_call(
    ctx: &Ctx,
    tx: &mut Tx,
    token: &LinkToken,
    (id, answer): (CallId, CallAnswer<'_>),
) -> Result<Call, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    let key = (token.hash(), id, &answer);
    let again = recall::<CallId>(ctx, tx, "cases.answer_call", &key).await?;
    let c = &mut tx.conn()?;
    let link = crate::queries::unit_door(c, token, now).await?;
    let to_it = |call: &Call| call.unit == link.unit && link.district == district;
    let mut call = units::call(c, district, id).await?.filter(to_it).ok_or(CasesError::NotFound)?;
    if again.is_some() {
        return Ok(call);
    }
    let in_reach = |case: &Case| link.place.contains(&case.place);
    let case = store::by_id(c, district, call.case).await?.filter(in_reach).ok_or(CasesError::NotFound)?;
    if kept_from_unit_of(c, (district, &case.kept), link.unit).await? {
        return Err(CasesError::NotFound);
    }
    if !case.is_open() {
        return Err(CasesError::Ended);
    }
    let mut line = keep_answer(ctx, tx, &case, &mut call, answer).await?;
    by_unit(ctx, &mut line, call.unit);
    tx.journal(line);
    remember(ctx, tx, &id).await?;
    Ok(call)
}

/// A desk writes down what an organisation that was called answered by telephone (代记应答): the same answers, and the line says who wrote it.
///
/// # Errors
/// `Denied` for roles that the rules do not let call; `NotFound` for a call of another case; `Ended`; `Changed` when it was answered already;
/// `Field` names what is wrong; store errors.
pub async fn answer_call_told(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, id): (CaseId, CallId),
    answer: CallAnswer<'_>,
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.answer_call_told", &(case, id, &answer)).await? {
        return Ok(answer);
    }
    let (case, standing) = open(ctx, tx, Which::Id(case), Action::Assign).await?;
    if !case.is_open() {
        return Err(CasesError::Ended);
    }
    let district = tx.district();
    let found = units::call(&mut tx.conn()?, district, id).await?;
    let mut call = found.filter(|call| call.case == case.id).ok_or(CasesError::NotFound)?;
    let rules = office.rules_of(&case, ctx.now())?;
    if !matches!(standing, Standing::Staff { role, .. } if rules.units().call(call.kind).who.contains(&role)) {
        return Err(Denied::Forbidden.into());
    }
    let line = keep_answer(ctx, tx, &case, &mut call, answer).await?;
    tx.journal(line);
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Writes an answer into its call; gives the line that says so.
async fn keep_answer(ctx: &Ctx, tx: &mut Tx, case: &Case, call: &mut Call, answer: CallAnswer<'_>) -> Result<Line, CasesError> {
    let now = ctx.now();
    let words = accept(call, answer, now)?;
    call.answered_at = Some(now);
    call.wake_at = None;
    if !units::save_call(&mut tx.conn()?, call).await? {
        return Err(CasesError::Changed);
    }
    let facts = json!({
        "number": case.number, "call": call.id, "unit": call.unit, "call_kind": call.kind, "outcome": call.outcome,
        "comes_at": call.comes_at, "in_time": now <= call.answer_by,
    });
    let line = ctx.line("cases.call_answered", &case.place, Some(case.id.0), facts);
    Ok(if words.is_empty() { line } else { ctx.with_personal(line, json!({ "text": words })) })
}

/// Writes the answer into the call, if it is one to this kind of call; gives the words.
fn accept(call: &mut Call, answer: CallAnswer<'_>, now: Ts) -> Result<String, CasesError> {
    let wrong = |field, problem| Err(CasesError::Field { field, problem });
    let (outcome, words) = match (call.kind, answer) {
        (CallKind::Whistle, CallAnswer::Comes { at, words }) => {
            if at < now || at > now.plus_secs(YEAR) {
                return wrong("comes_at", FieldProblem::NotWithinAYear);
            }
            call.comes_at = Some(at);
            (CallOutcome::Comes, text("words", words, false, NOTE_MAX)?)
        }
        (CallKind::Assist, CallAnswer::Done { words }) => (CallOutcome::Done, text("words", words, true, NOTE_MAX)?),
        (_, CallAnswer::Explained { reason }) => (CallOutcome::Explained, text("words", reason, true, NOTE_MAX)?),
        (CallKind::Whistle, CallAnswer::Done { .. }) => return wrong("comes_at", FieldProblem::Required),
        (CallKind::Assist, CallAnswer::Comes { .. }) => return wrong("words", FieldProblem::Required),
    };
    call.outcome = Some(outcome);
    Ok(words)
}

/// Looks at calls that nobody answered in time, at most `limit`: the caller is told first, then, after each stated time, the next level.
/// The case is flagged with it, so that it stands on the day of those who were told. Gives how many were looked at.
///
/// # Errors
/// Store errors.
pub async fn sweep_calls(ctx: &Ctx, tx: &mut Tx, office: &Office, limit: i64) -> Result<i64, CasesError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Change, Resource::Case, district, &PlacePath::root())?;
    let calls = units::calls_to_wake(&mut tx.conn()?, district, now, limit).await?;
    let seen = i64::try_from(calls.len()).unwrap_or(limit);
    for mut call in calls {
        let case = store::by_id(&mut tx.conn()?, district, call.case).await?;
        let Some(case) = case.filter(Case::is_open) else {
            // What has ended needs nobody any more.
            call.wake_at = None;
            units::save_call(&mut tx.conn()?, &call).await?;
            continue;
        };
        unanswered(ctx, tx, office, call, case).await?;
    }
    Ok(seen)
}

async fn unanswered(ctx: &Ctx, tx: &mut Tx, office: &Office, mut call: Call, mut case: Case) -> Result<(), CasesError> {
    let now = ctx.now();
    let rules = office.rules_of(&case, now)?;
    let ladder = rules.transitions();
    let (kind, told) = match call.overdue_at {
        None => ("cases.call_overdue", Some(call.caller_role)),
        Some(_) => ("cases.call_escalated", call.flagged_role.and_then(|role| ladder.above(role))),
    };
    call.overdue_at = call.overdue_at.or(Some(now));
    let above = told.and_then(|role| ladder.above(role));
    call.wake_at = above.and_then(|_| office.after(rules.units().escalate(), now));
    let Some(told) = told else {
        return units::save_call(&mut tx.conn()?, &call).await.map(|_| ()).map_err(CasesError::from);
    };
    call.flagged_role = Some(told);
    if case.flagged_role.is_none_or(|role| climbs(ladder, role, told)) {
        case.flagged_role = Some(told);
        // Who works on the case at this very moment wins; the next sweep comes again.
        if !store::ways::tell(&mut tx.conn()?, &case).await? {
            return Ok(());
        }
    }
    units::save_call(&mut tx.conn()?, &call).await?;
    let facts = json!({
        "number": case.number, "call": call.id, "unit": call.unit, "call_kind": call.kind, "answer_by": call.answer_by,
        "flagged_role": told, "rule": rules.units_mark(), "next": call.wake_at,
    });
    tx.journal(ctx.line(kind, &case.place, Some(case.id.0), facts));
    Ok(())
}

/// Whether the ladder leads from one role up to another.
fn climbs(ladder: &Transitions, from: Role, to: Role) -> bool {
    std::iter::successors(ladder.above(from), |role| ladder.above(*role)).take(16).any(|role| role == to)
}
