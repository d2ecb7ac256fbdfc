//! Correcting what a case is classed as (更正类别).

use linli_access::{Action, Actor, Ctx, Denied, Role};
use linli_db::Tx;
use linli_db::journal::Line;
use linli_kernel::PlacePath;
use serde_json::json;

use super::handing::{hand, hand_by_rule, hang, kept_from_its_own, say, take_counts_along};
use super::hotline::profile_of_ticket;
use super::report::{Classed, check_classed};
use super::{NOTE_MAX, Stepped, Which, open, recall, remember, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, ClockRuns, MessageClass, MessageClassId};
use crate::office::Office;
use crate::promise::{self, Promise, Under};
use crate::rules::{Class, Governing, Rules};
use crate::store::{self, messages};

/// What a case is to be classed as; what is `None` is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    /// The class of reports (报修类别).
    pub class: String,
    /// The 12345 class (热线分类).
    pub message: Option<MessageClassId>,
    /// The matter of city management (城市管理事项), five digits.
    pub matter: Option<String>,
    /// Whether whoever has it goes on with it, whomever the class that counts now names.
    pub keep_owner: bool,
}

/// What became of the clock.
enum Clock {
    /// It names the same term as before.
    Same,
    /// It was extended: what somebody promised since is not taken back.
    Extended,
    /// The promise is computed anew under this one, from where the clock began.
    Anew(Promise),
}

/// Whether the actor may bring a case back before the eyes of those it was kept from by its class: nobody of the company whose people they are.
fn may_open(ctx: &Ctx) -> bool {
    let above = [Role::CommunitySecretary, Role::CommunityWorker, Role::SubdistrictOfficer, Role::DistrictOfficer];
    match &ctx.actor {
        Actor::System(_) => true,
        Actor::Staff { role, .. } => above.contains(role),
        _ => false,
    }
}

/// Corrects what an open case is classed as, with a reason that the reporter is told. Its clock is computed anew from where it began
/// when the class that counts now has another one; a promise that somebody extended stands. Where the class that counts now names another post
/// to have it, it is sent there as a new one would be, whoever works on it already, unless the corrector says that he keeps it. A case that becomes one that is heard
/// higher up goes there, out of the reach of those it is about, and back to where it was reported when it is one no more. Whoever has it and
/// is one of those it is about loses it, an organisation too; who has it then stands in a line. A ticket of the city goes the way of tickets
/// whatever it is classed as.
///
/// # Errors
/// `Field` without a reason, for what is in no list here, for a case that has ended, and when nothing would change; `ClassUnknown`;
/// `Denied` for those who may not send cases to others, and for the company's people when it would be kept from fewer roles; `Changed`, `NotFound`; store errors.
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
    if case.kept.roles.iter().any(|role| !class.kept_from.contains(role)) && !may_open(ctx) {
        return Err(Denied::Forbidden.into());
    }
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
            "owner": case.owner.as_ref().map(|owner| owner.appointment), "keeps": to.keep_owner,
        });
        ctx.with_personal(ctx.line("cases.class_corrected", &case.place, Some(id.0), facts), json!({ "text": reason }))
    };
    let anew = Anew { class: &class, message: to.message, matter: to.matter.clone(), after, keep_owner: to.keep_owner };
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
    let after = Governing::of(&rules, &class, Some(message));
    let facts = json!({
        "number": case.number, "category_before": said.0, "category": said.1, "message_before": case.message_class,
        "message": message.id,
    });
    let line = ctx.line("cases.category_followed", &case.place, Some(case.id.0), facts);
    // Nobody is asked here: what somebody has in hand stays with him.
    let keep_owner = case.taken_at.is_some() || case.unit.is_some();
    let anew = Anew { class: &class, message: Some(message.id), matter: case.matter.clone(), after, keep_owner };
    class_anew(ctx, tx, office, (case, &rules), (anew, line)).await
}

/// What a case is classed as from now on, and what counted and counts for it by that.
struct Anew<'a> {
    class: &'a Class,
    message: Option<MessageClassId>,
    matter: Option<String>,
    after: Governing,
    /// Whether whoever has it goes on with it.
    keep_owner: bool,
}

/// Gives a case its classes, with the line that says so, who has it then, and the promise that follows from them.
async fn class_anew(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, rules): (&mut Case, &Rules),
    (anew, line): (Anew<'_>, Line),
) -> Result<(), CasesError> {
    let clock = clock(tx, office, rules, case, &anew.after).await?;
    let owners_before = what_counted(tx, rules, case).await?.map(|before| before.owners);
    case.message_class = anew.message;
    case.matter = anew.matter;
    case.profile = profile_of_ticket(tx, rules, case).await?.or_else(|| anew.after.profile.clone());
    let way = rules.way(&anew.class.code, case.profile.as_deref());
    // The same way of working goes on in the version in which it was begun.
    if case.way.as_ref().is_none_or(|before| before.profile != way.profile) {
        case.way = Some(way);
    }
    let rules = &office.rules_of(case, ctx.now())?;
    let (place_before, reported) = reclass(ctx, tx, office, (case, anew.class)).await?;
    let mut why = "class";
    let handed = if case.place != place_before || kept_from_its_own(tx, case).await? {
        case.flagged_role = case.flagged_role.filter(|_| case.place == place_before);
        hand(ctx, tx, office, case, (rules, anew.after.owners.clone())).await?
    } else if !anew.keep_owner && owners_before.as_ref() != Some(&anew.after.owners) {
        why = "class_rule";
        hand_by_rule(ctx, tx, office, case, (rules, &anew.after.owners)).await?
    } else {
        None
    };
    take_counts_along(tx, case, &place_before).await?;
    if !store::reclass(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    let promised = case.due_at;
    if let Clock::Anew(promise) = &clock {
        // While a case is on hold its promise is computed when it goes on.
        promise::reckon(tx, office, promise, case).await?;
    }
    if !store::save(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    case.version += 1;
    store::keep_reported_place(&mut tx.conn()?, case, reported.as_ref()).await?;
    tx.journal(line);
    if let Some(handed) = &handed {
        say(ctx, tx, case, handed, (why, rules)).await?;
    }
    if let Clock::Anew(promise) = &clock {
        promise::keep(tx, office, promise, case).await?;
        if case.due_at.is_some_and(|due| due >= ctx.now()) {
            store::unmark_overdue(&mut tx.conn()?, case).await?;
        }
        if case.due_at != promised {
            let facts = json!({
                "number": case.number, "due_before": promised, "due_at": case.due_at, "why": "class",
                "clock": anew.after.clock, "clock_rule": rules.clocks_mark(),
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

async fn clock(tx: &mut Tx, office: &Office, rules: &Rules, case: &Case, after: &Governing) -> Result<Clock, CasesError> {
    // What is finished was in time or was not.
    if case.clock == ClockRuns::Stopped {
        return Ok(Clock::Same);
    }
    let promise = promise::of(&mut tx.conn()?, office, case).await?;
    // A case from a file came with the promise of its source, or with none; that is not ours to move.
    let Some(class) = &promise.class else { return Ok(Clock::Same) };
    if case.extensions > 0 {
        return Ok(Clock::Extended);
    }
    Ok(match Under::of(rules, &after.clock) {
        Some(under) if under.clock != class.clock => Clock::Anew(Promise::begin(under, promise.from)),
        _ => Clock::Same,
    })
}

/// Gives the case its class, and where it is heard and what boards may show of it accordingly. Gives where it hung, and where it was reported
/// when that is not where it hangs now.
async fn reclass(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, class): (&mut Case, &Class),
) -> Result<(PlacePath, Option<PlacePath>), CasesError> {
    let before = case.place.clone();
    let reported = store::reported_place(&mut tx.conn()?, case.district, case.id).await?.unwrap_or_else(|| before.clone());
    case.class.clone_from(&class.code);
    if case.kept.roles != class.kept_from {
        let around = (&reported, class.kept_from.as_slice());
        case.kept.seated = office.seated(&mut tx.conn()?, case.district, around, ctx.now()).await?;
        case.kept.roles.clone_from(&class.kept_from);
    }
    let reported = hang(case, Some(class), reported);
    Ok((before, reported))
}
