//! Correcting what a case is classed as (更正类别).

use linli_access::{Action, Ctx};
use linli_db::Tx;
use linli_db::journal::Line;
use linli_kernel::PlaceLevel;
use serde_json::json;

use super::report::{Classed, check_classed};
use super::{NOTE_MAX, Stepped, Which, open, recall, remember, text};
use crate::discretion::{kept_from_owner, kept_from_unit_of};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, ClockRuns, MessageClass, MessageClassId};
use crate::office::Office;
use crate::rules::{Class, Governing, Rules};
use crate::store::{self, messages, ways};

/// What a case is to be classed as; what is `None` is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    /// The class of reports (报修类别).
    pub class: String,
    /// The 12345 class (热线分类).
    pub message: Option<MessageClassId>,
    /// The matter of city management (城市管理事项), five digits.
    pub matter: Option<String>,
}

/// What became of the clock.
enum Clock {
    /// It names the same term as before.
    Same,
    /// It was extended: what somebody promised since is not taken back.
    Extended,
    /// The promise is computed anew, from where the clock began.
    Anew(String),
}

/// Corrects what an open case is classed as, with a reason that the reporter is told. Its clock is computed anew from where it began
/// when the class that counts now has another one; a promise that somebody extended stands. A case that becomes one that is heard
/// higher up goes there, out of the reach of those it is about.
///
/// # Errors
/// `Field` without a reason, for what is in no list here, for a case that has ended, and when nothing would change; `ClassUnknown`;
/// `Denied` for those who may not send cases to others; `Changed`, `NotFound`; store errors.
pub async fn correct_class(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    (to, reason): (&Correction, &str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.correct_class", &(id, to, reason)).await? {
        return Ok(answer);
    }
    let (mut case, _) = open(ctx, tx, Which::Id(id), Action::Assign).await?;
    let wrong = |field, problem| Err(CasesError::Field { field, problem });
    if !case.is_open() {
        return wrong("class", FieldProblem::Ended);
    }
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let rules = office.rules(&case.place, ctx.now())?;
    let class = rules.classes().find(&to.class).ok_or_else(|| CasesError::ClassUnknown(to.class.clone()))?.clone();
    let before = what_counted(tx, &rules, &case).await?;
    let message = message_of(tx, &case, to.message).await?;
    // What it has may have closed since; only what is chosen anew must count.
    let chosen = message.clone().filter(|message| case.message_class != Some(message.id));
    check_classed(&rules, &Classed { message: chosen, matter: to.matter.clone() }, &case.place)?;
    let after = Governing::of(&rules, &class, message.as_ref());
    if (&case.class, case.message_class, &case.matter) == (&class.code, to.message, &to.matter) {
        return wrong("class", FieldProblem::NothingNew);
    }
    let line = {
        let facts = json!({
            "number": case.number, "class_before": case.class, "class": class.code,
            "message_before": case.message_class, "message": to.message, "matter_before": case.matter, "matter": to.matter,
        });
        ctx.with_personal(ctx.line("cases.class_corrected", &case.place, Some(id.0), facts), json!({ "text": reason }))
    };
    let anew = Anew { class: &class, message: to.message, matter: to.matter.clone(), before, after };
    class_anew(ctx, tx, office, (&mut case, &rules), (anew, line)).await?;
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// The city calls a ticket of its hotline something else now (市热线改类): an open case goes by the class that this means, as if somebody here
/// had corrected it; `said` is what the city called it before and what it calls it now.
///
/// # Errors
/// `Changed`; store errors.
pub(super) async fn follow_category(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    case: &mut Case,
    (message, said): (&MessageClass, (&str, &str)),
) -> Result<(), CasesError> {
    let rules = office.rules(&case.place, ctx.now())?;
    let Some(class) = rules.classes().find(&case.class).cloned() else { return Ok(()) };
    let before = what_counted(tx, &rules, case).await?;
    let after = Governing::of(&rules, &class, Some(message));
    let facts = json!({
        "number": case.number, "category_before": said.0, "category": said.1, "message_before": case.message_class,
        "message": message.id,
    });
    let line = ctx.line("cases.category_followed", &case.place, Some(case.id.0), facts);
    let anew = Anew { class: &class, message: Some(message.id), matter: case.matter.clone(), before, after };
    class_anew(ctx, tx, office, (case, &rules), (anew, line)).await
}

/// What a case is classed as from now on, and what counted and counts for it by that.
struct Anew<'a> {
    class: &'a Class,
    message: Option<MessageClassId>,
    matter: Option<String>,
    before: Option<Governing>,
    after: Governing,
}

/// Gives a case its classes, with the line that says so, and the promise that follows from them.
async fn class_anew(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, rules): (&mut Case, &Rules),
    (anew, mut line): (Anew<'_>, Line),
) -> Result<(), CasesError> {
    let clock = clock(tx, case, anew.before.as_ref(), &anew.after).await?;
    case.message_class = anew.message;
    case.matter = anew.matter;
    case.profile.clone_from(&anew.after.profile);
    let unit_before = case.unit;
    reclass(ctx, tx, office, case, (anew.class, &anew.after)).await?;
    if let (Some(unit), None, Some(facts)) = (unit_before, case.unit, line.facts.as_object_mut()) {
        facts.insert("instead_of_unit".to_owned(), json!(unit));
        store::units::drop_time_ask(&mut tx.conn()?, case.district, case.id).await?;
    }
    if !store::reclass(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    let promised = case.due_at;
    let from = match &clock {
        Clock::Anew(code) => promise_anew(tx, office, (rules, code), case).await?,
        _ => None,
    };
    if !store::save(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    case.version += 1;
    tx.journal(line);
    if let (Clock::Anew(code), Some(from)) = (&clock, from) {
        store::restart_clock(&mut tx.conn()?, case, Some(code), from).await?;
        if case.due_at.is_some_and(|due| due >= ctx.now()) {
            store::unmark_overdue(&mut tx.conn()?, case).await?;
        }
        if case.due_at != promised {
            let facts = json!({
                "number": case.number, "due_before": promised, "due_at": case.due_at, "why": "class",
                "clock": code, "clock_rule": rules.clocks_mark(),
            });
            tx.journal(ctx.line("cases.deadline_moved", &case.place, Some(case.id.0), facts));
        }
    }
    Ok(())
}

/// The 12345 class with this id.
async fn message_of(tx: &mut Tx, case: &Case, id: Option<MessageClassId>) -> Result<Option<MessageClass>, CasesError> {
    let Some(id) = id else { return Ok(None) };
    let found = messages::by_id(&mut tx.conn()?, case.district, id).await?;
    found.map(Some).ok_or(CasesError::Field { field: "message", problem: FieldProblem::NotInTheList })
}

/// What counted for the case until now; `None` when the rules do not know its class any more.
pub(super) async fn what_counted(tx: &mut Tx, rules: &Rules, case: &Case) -> Result<Option<Governing>, CasesError> {
    let message = match case.message_class {
        Some(id) => messages::by_id(&mut tx.conn()?, case.district, id).await?,
        None => None,
    };
    Ok(rules.classes().find(&case.class).map(|class| Governing::of(rules, class, message.as_ref())))
}

async fn clock(tx: &mut Tx, case: &Case, before: Option<&Governing>, after: &Governing) -> Result<Clock, CasesError> {
    // What is finished was in time or was not.
    if case.clock == ClockRuns::Stopped {
        return Ok(Clock::Same);
    }
    // A case from a file came with the promise of its source, or with none; that is not ours to move.
    let Some((code, _)) = store::clock_base(&mut tx.conn()?, case.district, case.id).await? else { return Ok(Clock::Same) };
    Ok(match before {
        Some(before) if before.clock != code => Clock::Extended,
        _ if code == after.clock => Clock::Same,
        _ => Clock::Anew(after.clock.clone()),
    })
}

/// Gives the case its class, and where it is heard and what boards may show of it accordingly. Whoever has it loses it where that is out of
/// his reach, or where the class speaks about him.
async fn reclass(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    case: &mut Case,
    (class, after): (&Class, &Governing),
) -> Result<(), CasesError> {
    let in_a_home = case.place.level() == Some(PlaceLevel::Home);
    case.class.clone_from(&class.code);
    case.common_part = class.common_part && !in_a_home;
    case.public = case.common_part;
    case.kept.roles.clone_from(&class.kept_from);
    let heard = class.heard_at.map_or_else(|| case.place.clone(), |level| case.place.at_level(level));
    let moves = heard != case.place;
    if moves {
        case.place = heard;
        case.flagged_role = None;
    }
    let c = &mut tx.conn()?;
    let loses = match (&case.owner, case.unit) {
        (Some(owner), _) => moves || kept_from_owner(case, owner),
        (None, Some(unit)) => kept_from_unit_of(c, (case.district, &case.kept), unit).await?,
        (None, None) => moves,
    };
    if loses {
        case.unit = None;
        case.owner = office.owner_for(c, (case.district, &case.place), (&after.owners, &case.kept), ctx.now()).await?;
    }
    Ok(())
}

/// Computes the promise of a case anew under another clock, from where the old one began; gives that instant. While a case is on hold
/// its promise is computed when it goes on.
async fn promise_anew(
    tx: &mut Tx,
    office: &Office,
    (rules, code): (&Rules, &str),
    case: &mut Case,
) -> Result<Option<linli_kernel::Ts>, CasesError> {
    let Some((_, from)) = store::clock_base(&mut tx.conn()?, case.district, case.id).await? else { return Ok(None) };
    let pauses = ways::pauses(&mut tx.conn()?, case.district, case.id).await?;
    if let Some(due) = office.promise(rules, code, from, &pauses) {
        case.due_at = Some(due.at);
        case.due_provisional = due.provisional;
    }
    Ok(Some(from))
}
