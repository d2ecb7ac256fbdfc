//! Cases of organisations (承办单位): a desk gives them, and the organisation does everything else behind its private link.

use linli_access::{Action, Ctx};
use linli_db::{Conn, Tx};
use linli_kernel::DistrictId;
use linli_people::model::{Organisation, OrganisationId};
use serde_json::json;

use super::ways::{move_on_by, with_more};
use super::work::done;
use super::{Finish, NOTE_MAX, Onward, Step, Stepped, Which, by_unit, open, recall, remember, text};
use crate::discretion::{kept_from_unit, named_of_unit};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, Event, InvalidTransition, Standing};
use crate::neighbourhood::people;
use crate::office::Office;
use crate::rules::Rules;
use crate::store::units;
use crate::token::LinkToken;

/// An organisation of the district that the rules let have cases; this case, when there is one.
pub(super) async fn unit_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    rules: &Rules,
    (id, case): (OrganisationId, Option<&Case>),
) -> Result<Organisation, CasesError> {
    let wrong = || CasesError::Field { field: "unit", problem: FieldProblem::NotAUnit };
    let found = linli_people::queries::organisation(c, district, id).await.map_err(people)?;
    let unit = found.filter(|unit| rules.units().takes(&unit.kind)).ok_or_else(wrong)?;
    if let Some(case) = case {
        let named = named_of_unit(c, district, unit.id, &case.description).await?;
        if !named.is_empty() || kept_from_unit(c, (district, &case.kept), &unit).await? {
            return Err(wrong());
        }
    }
    Ok(unit)
}

/// The first of two events that the table has for the case, whoever may do it.
async fn either(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    which: Which<'_>,
    (first, second): (Event, Event),
) -> Result<Step, CasesError> {
    match Step::begin(ctx, tx, office, which, first).await {
        Err(CasesError::Transition(InvalidTransition::NoRow { .. })) => Step::begin(ctx, tx, office, which, second).await,
        other => other,
    }
}

/// Gives a case to an organisation (派遣给承办单位). Nobody of the staff has it any more.
///
/// # Errors
/// `Field` for what is no organisation of the district that can be given a case; otherwise as [`super::assign`].
pub async fn entrust(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, unit: OrganisationId) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.entrust", &(id, unit)).await? {
        return Ok(answer);
    }
    let mut step = either(ctx, tx, office, Which::Id(id), (Event::Dispatch, Event::Assign)).await?;
    let district = tx.district();
    let rules = office.rules_of(&step.case, ctx.now())?;
    unit_of(&mut tx.conn()?, district, &rules, (unit, Some(&step.case))).await?;
    let (before, unit_before) = (step.case.owner.take(), step.case.unit.replace(unit));
    step.save(tx).await?;
    let kind = if step.row.event == Event::Dispatch { "cases.dispatched" } else { "cases.assigned" };
    let facts = json!({ "unit": unit, "instead_of": before.map(|owner| owner.appointment), "instead_of_unit": unit_before });
    step.journal(ctx, tx, kind, facts, None);
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// The organisation takes the case in hand (单位签收).
///
/// # Errors
/// `LinkUnknown`, `LinkOver`; `NotFound` for a case that it does not have; `Transition`, `Changed`; store errors.
pub async fn take_as_unit(ctx: &Ctx, tx: &mut Tx, office: &Office, link: &LinkToken, id: CaseId) -> Result<Stepped, CasesError> {
    let which = Which::Unit(link, id);
    if let Some(answer) = recall(ctx, tx, "cases.take", &super::outcome::named(which)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, which, Event::Take).await?;
    step.taken(ctx.now());
    step.save(tx).await?;
    step.journal(ctx, tx, "cases.taken", json!({ "unit": step.case.unit }), None);
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// The organisation says that it is done, with its evidence: the reporter is asked, or a desk looks, as the way of the class has it.
///
/// # Errors
/// `EvidenceMissing`; otherwise as [`take_as_unit`].
pub async fn finish_as_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    link: &LinkToken,
    (id, input): (CaseId, Finish),
) -> Result<Stepped, CasesError> {
    let which = Which::Unit(link, id);
    let (case, standing) = open(ctx, tx, which, Action::Change).await?;
    let possible = office.rules_of(&case, ctx.now())?.possible(&case, case.state, standing);
    let how =
        if possible.contains(&Event::Answer) { (Event::Answer, "cases.answered") } else { (Event::Finish, "cases.finished") };
    done(ctx, tx, office, which, input, how).await
}

/// The organisation gives the case back, because it is not its own (退回), with a reason. A desk gives it to somebody else.
///
/// # Errors
/// `Field` without a reason; otherwise as [`take_as_unit`].
pub async fn return_as_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    link: &LinkToken,
    (id, reason): (CaseId, &str),
) -> Result<Stepped, CasesError> {
    move_on_by(ctx, tx, office, Which::Unit(link, id), Onward::Return, reason).await
}

/// The organisation says how far it is (进展). The reporter reads it when it is public.
///
/// # Errors
/// `Field` for a text that is empty or too long; otherwise as [`take_as_unit`].
pub async fn note_as_unit(
    ctx: &Ctx,
    tx: &mut Tx,
    link: &LinkToken,
    (id, words, public): (CaseId, &str, bool),
) -> Result<Stepped, CasesError> {
    super::work::note_by(ctx, tx, Which::Unit(link, id), (words, public), None).await
}

/// The organisation asks for more time (申请延期): a clock of the rules, with a reason. A desk gives it ([`super::extend`]) or refuses it.
///
/// # Errors
/// `Field` without a reason, for a clock that ends no later, or when it waits for an answer already; `Transition` where no more time can be
/// given; otherwise as [`take_as_unit`].
pub async fn ask_time(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    link: &LinkToken,
    (id, clock, reason): (CaseId, &str, &str),
) -> Result<Stepped, CasesError> {
    let which = Which::Unit(link, id);
    if let Some(answer) = recall(ctx, tx, "cases.ask_time", &(super::outcome::named(which), clock, reason)).await? {
        return Ok(answer);
    }
    let (case, standing) = open(ctx, tx, which, Action::Change).await?;
    let rules = office.rules_of(&case, ctx.now())?;
    can_be_given(&rules, &case, standing)?;
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let mut given = case.clone();
    with_more(tx, office, &rules, (clock, ctx.now()), &mut given).await?;
    let wrong = |problem| CasesError::Field { field: "clock", problem };
    let unit = case.unit.ok_or(CasesError::NotFound)?;
    if !units::ask_time(&mut tx.conn()?, &case, unit, clock, ctx.now()).await? {
        return Err(wrong(FieldProblem::AskedAlready));
    }
    let facts = json!({ "number": case.number, "unit": unit, "clock": clock, "would_be": given.due_at, "clock_rule": rules.clocks_mark() });
    let mut line = ctx.line("cases.time_asked", &case.place, Some(id.0), facts);
    by_unit(ctx, &mut line, unit);
    tx.journal(ctx.with_personal(line, json!({ "text": reason })));
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// A desk gives no more time (不同意延期), and says why.
///
/// # Errors
/// `Field` without a reason; `Changed` when nobody waits for an answer; `Transition`, `Denied`, `NotFound`; store errors.
pub async fn refuse_time(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, reason: &str) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.refuse_time", &(id, reason)).await? {
        return Ok(answer);
    }
    let (case, standing) = open(ctx, tx, Which::Id(id), Action::Change).await?;
    // Who could give more time is who refuses it.
    office.rules_of(&case, ctx.now())?.step(&case, case.state, Event::Extend, standing)?;
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let district = tx.district();
    if !units::drop_time_ask(&mut tx.conn()?, district, id).await? {
        return Err(CasesError::Changed);
    }
    let facts = json!({ "number": case.number, "unit": case.unit });
    let line = ctx.line("cases.time_refused", &case.place, Some(id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": reason })));
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Whether the rules have more time for a case as it stands at all; who asks is not who gives.
pub(crate) fn can_be_given(rules: &Rules, case: &Case, standing: Standing) -> Result<(), CasesError> {
    match rules.step(case, case.state, Event::Extend, standing) {
        Ok(_) | Err(InvalidTransition::NotYours { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
