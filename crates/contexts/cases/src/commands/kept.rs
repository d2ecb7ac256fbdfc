//! From whom a case is kept (回避), after it was filed: by words that come later, and no longer by a mistake.

use linli_access::{Action, Ctx, Resource, Role};
use linli_db::Tx;
use linli_people::model::PersonId;
use serde_json::json;
use uuid::Uuid;

use super::classing::what_counted;
use super::{NOTE_MAX, Stepped, Which, open, recall, remember, text};
use crate::discretion::{KeptLater, keep_later};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId};
use crate::office::Office;
use crate::rules::Rules;
use crate::store;

/// Lifts what a case is kept from one person for (解除回避): the words meant somebody else, or nobody. The case does not go back by itself.
///
/// # Errors
/// `Denied` for all but the offices above the neighbourhood; `Field` without a reason, and for a person from whom it is not kept by its words
/// (what its class speaks about is lifted by correcting the class); `NotFound`, also for him from whom it is kept; `Changed`; store errors.
pub async fn lift_kept(ctx: &Ctx, tx: &mut Tx, id: CaseId, (person, reason): (Uuid, &str)) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.lift_kept", &(id, person, reason)).await? {
        return Ok(answer);
    }
    let (mut case, _) = open(ctx, tx, Which::Id(id), Action::Read).await?;
    ctx.may(Action::Change, Resource::CaseKept, case.district, &case.place)?;
    let reason = text("reason", reason, true, NOTE_MAX)?;
    let Some(position) = case.kept.persons.iter().position(|kept| *kept == person) else {
        return Err(CasesError::Field { field: "person", problem: FieldProblem::NotKept });
    };
    case.kept.persons.remove(position);
    write(tx, &mut case).await?;
    let facts = json!({ "number": case.number, "person": person, "left": case.kept.persons.len() });
    let line = ctx.line("cases.kept_lifted", &case.place, Some(id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": reason })));
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Whom a case is kept from by its words, with their names, for those who may lift it; nobody for everybody else.
///
/// # Errors
/// Store errors.
pub(crate) async fn liftable(ctx: &Ctx, c: &mut linli_db::Conn<'_>, case: &Case) -> Result<Vec<(Uuid, String)>, CasesError> {
    if ctx.may(Action::Change, Resource::CaseKept, case.district, &case.place).is_err() {
        return Ok(Vec::new());
    }
    let mut named = Vec::with_capacity(case.kept.persons.len());
    for person in &case.kept.persons {
        let line = linli_people::queries::staff_line(c, case.district, PersonId(*person)).await;
        let line = line.map_err(crate::neighbourhood::people)?;
        named.push((*person, line.map_or_else(|| person.to_string(), |line| line.name)));
    }
    Ok(named)
}

/// Looks through what its reporter says of a case now, and writes whom it is kept from and who has it instead; in the caller's transaction.
pub(super) async fn keep_from_named(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, words): (&mut Case, &str),
) -> Result<(), CasesError> {
    let rules = office.rules_of(case, ctx.now())?;
    if let Some(kept) = look_through(ctx, tx, office, (case, words), &rules).await? {
        write(tx, case).await?;
        if kept.instead_of_unit.is_some() {
            // What it asked for nobody waits for any more.
            store::units::drop_time_ask(&mut tx.conn()?, case.district, case.id).await?;
        }
        say(ctx, tx, case, &kept);
    }
    Ok(())
}

/// As [`keep_from_named`], in memory: the caller writes case and line.
pub(super) async fn look_through(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, words): (&mut Case, &str),
    rules: &Rules,
) -> Result<Option<KeptLater>, CasesError> {
    let owners = what_counted(tx, rules, case).await?.map(|governing| governing.owners).unwrap_or_default();
    // Who stands above the one who has it takes it where nobody else of its class answers there.
    let mut above = match (&case.owner, case.unit) {
        (Some(owner), _) => rules.transitions().above(owner.role),
        // Above an organisation is whoever leads the community.
        (None, unit) => unit.map(|_| Role::CommunitySecretary),
    };
    let mut asked = owners;
    while let Some(role) = above.filter(|role| !asked.contains(role)) {
        asked.push(role);
        above = rules.transitions().above(role);
    }
    keep_later(ctx, &mut tx.conn()?, office, case, (rules, &asked, words)).await
}

/// Writes whom the case is kept from and who has it, unless somebody else changed it meanwhile.
async fn write(tx: &mut Tx, case: &mut Case) -> Result<(), CasesError> {
    store::keep_from(&mut tx.conn()?, case).await?;
    if !store::save(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    case.version += 1;
    Ok(())
}

/// Says that a case is kept from somebody since now: not from whom, only from how many, and who has it instead.
pub(super) fn say(ctx: &Ctx, tx: &mut Tx, case: &Case, kept: &KeptLater) {
    let facts = json!({
        "number": case.number, "persons": kept.persons, "owner": kept.owner, "instead_of": kept.instead_of,
        "instead_of_unit": kept.instead_of_unit,
    });
    tx.journal(ctx.line("cases.kept", &case.place, Some(case.id.0), facts));
}
