//! How a case ends: the reporter says that it is fixed or that it is not; a desk says that it was none.

use linli_access::{Action, Ctx, Role};
use linli_db::Tx;
use linli_kernel::Ts;
use serde_json::json;

use super::classing::what_counted;
use super::danger::hear_danger;
use super::hotline::{Telling, tell_city};
use super::kept::{look_through, say};
use super::ladder::{above, told};
use super::ways::moved;
use super::{NOTE_MAX, Step, Stepped, Which, of_link, open, recall, remember, text};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, CityStep, Event, InvalidTransition, Need, Rating};
use crate::office::Office;
use crate::promise::{self, Promise, Under};
use crate::queries::public_main;
use crate::rules::Rules;
use crate::store;

/// The reporter says that it is fixed (确认办结): by the private link, or a desk that asked him,
/// never who did the work, by whatever way. He may say how satisfied he is.
///
/// # Errors
/// `LinkUnknown`, `NotFound`; `Transition` when there is nothing to confirm; `Changed`; store errors.
pub async fn confirm(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    which: Which<'_>,
    rating: Option<Rating>,
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.confirm", &named(which)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, which, Event::Confirm).await?;
    step.case.rating = rating;
    step.save(tx).await?;
    step.journal(ctx, tx, "cases.confirmed", json!({ "rating": rating }), None);
    tell_city(ctx, tx, &step.case, CityStep::Closed, Telling { outcome: rating.map(Rating::as_str), ..Telling::default() })
        .await?;
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// The reporter says that it is not fixed (未解决): the case opens again with its owner, the clock starts anew, and one level up is told. Whom the
/// words name is kept from it; an owner who is named loses it to the next who answers there. Whose case went on as another one (并案) says it of
/// that one, within the same days; the words are read by those who work on it, not by whoever reported that one.
///
/// # Errors
/// As [`confirm`].
pub async fn not_fixed(ctx: &Ctx, tx: &mut Tx, office: &Office, which: Which<'_>, words: &str) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.not_fixed", &(named(which), words)).await? {
        return Ok(answer);
    }
    let which = where_it_goes_on(tx, which).await?;
    let mut step = Step::begin(ctx, tx, office, which, Event::NotFixed).await?;
    if let (CaseState::Closed, Some(ended)) = (step.before, step.ended_before)
        && !may_object(office, &office.rules_of(&step.case, ctx.now())?, ended, ctx.now())
    {
        return Err(InvalidTransition::NoRow { state: step.before, event: Event::NotFixed }.into());
    }
    let words = text("words", words, step.row.needs(Need::Reason), NOTE_MAX)?;
    begin_anew(ctx, tx, office, &mut step, (!words.is_empty()).then_some(words.as_str())).await?;
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// A private link means the case that its own one goes on as, where boards show that one.
async fn where_it_goes_on<'a>(tx: &mut Tx, which: Which<'a>) -> Result<Which<'a>, CasesError> {
    let Which::Link(token) = which else { return Ok(which) };
    let district = tx.district();
    let c = &mut tx.conn()?;
    let own = of_link(c, district, token).await?;
    Ok(if public_main(c, &own).await?.is_some() { Which::GoesOnAs(token) } else { which })
}

/// What the reporter says when a desk calls him back: whether anybody got in touch with him (有人联系您了吗). It changes nothing of the case, and is
/// what the first of the three rates is counted from in his words. The same again is no news.
///
/// # Errors
/// `Denied` for those who may not bring in his word, `NotFound`; store errors.
pub async fn said_contacted(ctx: &Ctx, tx: &mut Tx, id: CaseId, contacted: bool) -> Result<(), CasesError> {
    let (case, _) = open(ctx, tx, Which::Id(id), Action::Close).await?;
    if store::calls::keep_contacted(&mut tx.conn()?, &case, contacted).await? {
        let facts = json!({ "number": case.number, "contacted": contacted });
        tx.journal(ctx.line("cases.contact_said", &case.place, Some(id.0), facts));
    }
    Ok(())
}

/// Whether the reporter of a case that ended then may still say that it is not fixed (结案后异议).
pub(crate) fn may_object(office: &Office, rules: &Rules, ended: Ts, now: Ts) -> bool {
    let until = rules.transitions().times().objection.as_ref().and_then(|wait| office.after(wait, ended));
    until.is_some_and(|until| now <= until)
}

/// A case that was thought done is open again: its clock starts anew, and one level up is told.
pub(super) async fn begin_anew(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    step: &mut Step,
    words: Option<&str>,
) -> Result<(), CasesError> {
    let now = ctx.now();
    let told_before = told(&step.case);
    let rules = office.rules_of(&step.case, now)?;
    step.case.reopened_count += 1;
    step.case.not_fixed_count += i64::from(step.row.event == Event::NotFixed);
    step.case.wake_at = None;
    let promised_before = step.case.due_at;
    // The reporter's words may name whoever has it: it goes on with somebody else, and he does not read them.
    let kept = match words {
        Some(words) if step.row.event == Event::NotFixed => {
            look_through(ctx, tx, office, (&mut step.case, words), &rules).await?
        }
        _ => None,
    };
    let above = above(tx, office, &rules, (&step.case, told_before), now).await?;
    step.case.flagged_role = match told_before {
        Some(role) => above.or(Some(role)),
        // Above an organisation is whoever leads the community.
        None => step.case.unit.and(above.or(Some(Role::CommunitySecretary))),
    };
    let promise = anew(tx, office, &rules, &mut step.case, now).await?;
    step.save(tx).await?;
    if kept.is_some() {
        store::keep_from(&mut tx.conn()?, &step.case).await?;
    }
    if let Some(promise) = &promise {
        promise::keep(tx, office, promise, &step.case).await?;
    }
    store::unmark_overdue(&mut tx.conn()?, &step.case).await?;
    let facts = json!({ "flagged_role": step.case.flagged_role, "times": step.case.reopened_count });
    step.journal(ctx, tx, "cases.reopened", facts, words);
    if let Some(kept) = &kept {
        say(ctx, tx, &step.case, kept);
    }
    if let Some(words) = words.filter(|_| step.row.event == Event::NotFixed) {
        hear_danger(ctx, tx, office, (&mut step.case, words)).await?;
    }
    if let Some(under) = promise.as_ref().and_then(Promise::named) {
        moved(ctx, tx, step, promised_before, ("reopened", &under.clock, &under.rule));
    }
    Ok(())
}

/// The clock of a case begins anew: the one of its class by the rules of now, and nothing that was given beyond it before. Also what came
/// from a file without a clock of ours has one from now on. `None` when nobody knows a clock for it.
pub(super) async fn anew(
    tx: &mut Tx,
    office: &Office,
    rules: &Rules,
    case: &mut Case,
    now: Ts,
) -> Result<Option<Promise>, CasesError> {
    let governing = what_counted(tx, rules, case).await?;
    let under = match governing.and_then(|governing| Under::of(rules, &governing.clock)) {
        Some(under) => Some(under),
        // The rules do not know its class any more: it goes on under the clock it had.
        None => promise::of(&mut tx.conn()?, office, case).await?.class,
    };
    let Some(under) = under else { return Ok(None) };
    let promise = Promise::begin(under, now);
    promise::reckon(tx, office, &promise, case).await?;
    Ok(Some(promise))
}

/// A desk says that it was none (作废), with a reason that the reporter is told.
///
/// # Errors
/// `Field` without a reason; otherwise as [`confirm`].
pub async fn void(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, reason: &str) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.void", &(id, reason)).await? {
        return Ok(answer);
    }
    let step = Step::begin(ctx, tx, office, Which::Id(id), Event::Void).await?;
    let reason = text("reason", reason, step.row.needs(Need::Reason), NOTE_MAX)?;
    step.save(tx).await?;
    step.journal(ctx, tx, "cases.voided", json!({}), Some(&reason));
    tell_city(ctx, tx, &step.case, CityStep::Returned, Telling::of(&reason)).await?;
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Tells one case from another in the hash of a request.
pub(super) fn named(which: Which<'_>) -> Vec<u8> {
    match which {
        Which::Id(id) => id.0.as_bytes().to_vec(),
        Which::Link(token) | Which::GoesOnAs(token) => token.hash(),
        Which::Unit(token, id) => [token.hash().as_slice(), id.0.as_bytes()].concat(),
    }
}
