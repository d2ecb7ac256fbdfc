//! Who has a case instead (换承办人), when what it hangs on changes: its class speaks about whoever has it, its place is another, or the
//! appointment under which somebody has it is over. Whoever gets it has not taken it yet, and the journal says who it is.

use linli_access::{Action, Actor, Ctx, Resource, Role};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath};
use linli_people::model::OrganisationId;
use serde_json::json;
use uuid::Uuid;

use super::classing::what_counted;
use crate::discretion::{kept_from_owner, kept_from_unit_of};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CaseState, ClockRuns, Event, Owner, Standing};
use crate::office::Office;
use crate::rules::{Class, Rules};
use crate::store::days::{self, Days};
use crate::store::{self, lists};

/// Who had a case until now.
pub(super) struct Handed {
    appointment: Option<Uuid>,
    unit: Option<OrganisationId>,
    state: CaseState,
}

/// Hangs a case at the place where it was reported, or higher up where its class is heard, in memory. Gives where it was reported, when that
/// is not where it hangs.
pub(super) fn hang(case: &mut Case, class: Option<&Class>, reported: PlacePath) -> Option<PlacePath> {
    if let Some(class) = class {
        case.common_part = class.common_part && reported.level() != Some(PlaceLevel::Home);
        case.public = case.common_part;
    }
    case.place = class.and_then(|class| class.heard_at).map_or_else(|| reported.clone(), |level| reported.at_level(level));
    (case.place != reported).then_some(reported)
}

/// The counts of an imported case rest on the records alone and go where it goes; those of what was reported here stay where it happened.
/// To be called before the case itself is written: whoever folds the counts or moves them waits here for the other.
pub(super) async fn take_counts_along(tx: &mut Tx, case: &Case, before: &PlacePath) -> Result<(), CasesError> {
    if case.external_id.is_none() || case.place == *before {
        return Ok(());
    }
    tx.next_number("cases.figures/fold").await?;
    let (mut counts, mut gone) = (Days::new(), Days::new());
    days::spread_imported(&mut gone, before, case.reported_at, case.external_closed_at);
    for (key, delta) in gone {
        counts.entry(key).or_default().subtract(delta);
    }
    days::spread_imported(&mut counts, &case.place, case.reported_at, case.external_closed_at);
    counts.retain(|_, delta| *delta != days::DayCounts::default());
    Ok(days::write(&mut tx.conn()?, case.district, &counts).await?)
}

/// Whether a case is kept from whoever has it.
pub(super) async fn kept_from_its_own(tx: &mut Tx, case: &Case) -> Result<bool, CasesError> {
    match (&case.owner, case.unit) {
        (Some(owner), _) => Ok(kept_from_owner(case, owner)),
        (None, Some(unit)) => kept_from_unit_of(&mut tx.conn()?, (case.district, &case.kept), unit).await,
        (None, None) => Ok(false),
    }
}

/// Gives a case to the first of these roles who answers at its place and from whom it is not kept, else to somebody above them, in memory.
/// `None` when that is who has it.
pub(super) async fn hand(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    case: &mut Case,
    (rules, asked): (&Rules, Vec<Role>),
) -> Result<Option<Handed>, CasesError> {
    let at = (case.district, &case.place);
    let next = office.owner_for(&mut tx.conn()?, at, (&and_above(rules, asked), &case.kept), ctx.now()).await?;
    Ok(give(ctx, rules, case, next))
}

/// Gives a case that is worked on to whom its class names (承办规则), in memory, as a new report of that class would go. `None` where that is no
/// other post than the one that has it, where nobody holds such a post, where the work is done, where a desk is to send it anyway, and for what
/// a file brought in and nobody here has: its source works on that.
pub(super) async fn hand_by_rule(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    case: &mut Case,
    (rules, owners): (&Rules, &[Role]),
) -> Result<Option<Handed>, CasesError> {
    let elsewhere = case.external_id.is_some() && case.owner.is_none() && case.unit.is_none();
    if elsewhere || case.clock == ClockRuns::Stopped || case.state == CaseState::Returned {
        return Ok(None);
    }
    let at = (case.district, &case.place);
    let next = office.owner_for(&mut tx.conn()?, at, (owners, &case.kept), ctx.now()).await?;
    let another = |next: &Owner| case.owner.as_ref().is_none_or(|had| had.role != next.role);
    match next.filter(another) {
        Some(next) => Ok(give(ctx, rules, case, Some(next))),
        None => Ok(None),
    }
}

/// These roles, and after them whoever stands above one of them.
fn and_above(rules: &Rules, mut asked: Vec<Role>) -> Vec<Role> {
    let mut looked_at = 0;
    while let Some(role) = asked.get(looked_at) {
        let above = rules.transitions().above(*role).filter(|above| !asked.contains(above));
        asked.extend(above);
        looked_at += 1;
    }
    asked
}

fn give(ctx: &Ctx, rules: &Rules, case: &mut Case, next: Option<Owner>) -> Option<Handed> {
    let appointment = |owner: &Option<Owner>| owner.as_ref().map(|owner| owner.appointment);
    if case.unit.is_none() && appointment(&case.owner) == appointment(&next) {
        return None;
    }
    let before = Handed { appointment: appointment(&case.owner), unit: case.unit, state: case.state };
    let goes_on = matches!((&case.owner, &next), (Some(had), Some(next)) if had.person == next.person);
    case.owner = next;
    case.unit = None;
    case.flagged_role = case.flagged_role.filter(|role| !case.kept.roles.contains(role));
    // What nobody has taken yet is not sent: it waits for him as it waited for the other. The same person goes on with it.
    let sent = rules.step(&*case, case.state, Event::Assign, Standing::System).ok();
    if let Some(row) = sent.filter(|_| case.state != CaseState::Reported && !goes_on) {
        (case.state, case.clock) = (row.to, row.clock);
        case.state_since = ctx.now();
    }
    Some(before)
}

/// Says who has a case from now on, and instead of whom. What an organisation had asked for nobody waits for any more.
pub(super) async fn say(
    ctx: &Ctx,
    tx: &mut Tx,
    case: &Case,
    handed: &Handed,
    (why, rules): (&str, &Rules),
) -> Result<(), CasesError> {
    if handed.unit.is_some() {
        store::units::drop_time_ask(&mut tx.conn()?, case.district, case.id).await?;
    }
    let by = if let Actor::Staff { role, .. } = &ctx.actor { role.as_str() } else { "system" };
    let facts = json!({
        "number": case.number, "from": handed.state, "to": case.state, "by": by, "rule": rules.transitions_mark(), "why": why,
        "owner": case.owner.as_ref().map(|owner| owner.appointment), "owner_role": case.owner.as_ref().map(|owner| owner.role),
        "instead_of": handed.appointment, "instead_of_unit": handed.unit,
    });
    tx.journal(ctx.line("cases.assigned", &case.place, Some(case.id.0), facts));
    Ok(())
}

/// A case goes to another place, because that is where it is (更正地点). Whoever has it and does not answer there has it no longer. What goes
/// on as another case stays.
pub(super) async fn move_to(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    (case, place): (&mut Case, &PlacePath),
) -> Result<(), CasesError> {
    if case.merged_into.is_some() {
        return Ok(());
    }
    let (now, district, before) = (ctx.now(), case.district, case.place.clone());
    let rules = office.rules(place, now)?;
    let class = rules.classes().find(&case.class).cloned();
    let reported = hang(case, class.as_deref(), place.clone());
    let rules = office.rules_of(case, now)?;
    let answering = office.answering(&mut tx.conn()?, district, &case.place, now).await?;
    let answers = |owner: &Owner| answering.iter().any(|there| there.appointment == owner.appointment);
    let loses = case.owner.as_ref().map_or(case.unit.is_none(), |owner| !answers(owner));
    let mut handed = None;
    if case.is_open() && (loses || kept_from_its_own(tx, case).await?) {
        let owners = what_counted(tx, &rules, case).await?.map(|governing| governing.owners).unwrap_or_default();
        handed = hand(ctx, tx, office, case, (&rules, owners)).await?;
    }
    take_counts_along(tx, case, &before).await?;
    if !store::reclass(&mut tx.conn()?, case).await? || !store::save(&mut tx.conn()?, case).await? {
        return Err(CasesError::Changed);
    }
    case.version += 1;
    store::keep_reported_place(&mut tx.conn()?, case, reported.as_ref()).await?;
    match &handed {
        Some(handed) => say(ctx, tx, case, handed, ("place", &rules)).await,
        None => Ok(()),
    }
}

/// Keeps a case from persons whom its source names now, and says from how many. Whoever has it and is one of them loses it.
///
/// # Errors
/// `Changed`; store errors.
pub(crate) async fn keep_from_persons(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    persons: Vec<Uuid>,
) -> Result<(), CasesError> {
    let count = persons.len();
    let district = tx.district();
    let Some(mut case) = store::by_id(&mut tx.conn()?, district, id).await? else { return Ok(()) };
    if !case.kept.add(persons) {
        return Ok(());
    }
    let rules = office.rules_of(&case, ctx.now())?;
    let mut handed = None;
    if case.is_open() && kept_from_its_own(tx, &case).await? {
        let owners = what_counted(tx, &rules, &case).await?.map(|governing| governing.owners).unwrap_or_default();
        handed = hand(ctx, tx, office, &mut case, (&rules, owners)).await?;
    }
    store::keep_from(&mut tx.conn()?, &case).await?;
    if !store::save(&mut tx.conn()?, &case).await? {
        return Err(CasesError::Changed);
    }
    let facts = json!({ "number": case.number, "persons": count });
    tx.journal(ctx.line("cases.kept", &case.place, Some(case.id.0), facts));
    match &handed {
        Some(handed) => say(ctx, tx, &case, handed, ("kept", &rules)).await,
        None => Ok(()),
    }
}

/// What a batch of handing on did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandedOn {
    /// Cases that somebody else has now.
    pub handed: i64,
    /// Where to go on; `None` at the end.
    pub next: Option<CaseId>,
}

/// Gives the open cases that somebody has under an appointment that is over to whoever is to have them now (离任交接), at most `limit` from
/// `after` on: the same person where he was appointed anew, else whoever holds that post, else as a new case. Each gets a line. Does nothing
/// while the appointment is in force.
///
/// # Errors
/// `Denied`; store errors.
pub async fn hand_on(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    appointment: Uuid,
    (after, limit): (Option<CaseId>, i64),
) -> Result<HandedOn, CasesError> {
    let district = tx.district();
    ctx.may(Action::Assign, Resource::Case, district, &PlacePath::root())?;
    if office.over(&mut tx.conn()?, district, &[appointment], ctx.now()).await?.is_empty() {
        return Ok(HandedOn::default());
    }
    let after = after.unwrap_or(CaseId(Uuid::nil()));
    let cases = lists::had_under(&mut tx.conn()?, district, appointment, (after, limit)).await?;
    let seen = i64::try_from(cases.len()).unwrap_or(limit);
    let mut done = HandedOn { handed: 0, next: cases.last().filter(|_| seen == limit).map(|case| case.id) };
    for case in cases {
        done.handed += i64::from(hand_one_on(ctx, tx, office, case).await?);
    }
    Ok(done)
}

async fn hand_one_on(ctx: &Ctx, tx: &mut Tx, office: &Office, mut case: Case) -> Result<bool, CasesError> {
    let Some(had) = case.owner.clone() else { return Ok(false) };
    let rules = office.rules_of(&case, ctx.now())?;
    let answering = office.answering(&mut tx.conn()?, case.district, &case.place, ctx.now()).await?;
    let anew = |there: &&Owner| (there.person, there.role) == (had.person, had.role) && !kept_from_owner(&case, there);
    let handed = match answering.iter().find(anew).cloned() {
        Some(anew) => give(ctx, &rules, &mut case, Some(anew)),
        None => {
            let owners = what_counted(tx, &rules, &case).await?.map(|governing| governing.owners).unwrap_or_default();
            let asked = std::iter::once(had.role).chain(owners.into_iter().filter(|role| *role != had.role)).collect();
            hand(ctx, tx, office, &mut case, (&rules, asked)).await?
        }
    };
    // Who answers was asked a moment ago, when he still did: the next pass looks again.
    let Some(handed) = handed else { return Ok(false) };
    // On hold it would go on with nobody.
    if case.owner.is_none() && case.state == CaseState::Suspended {
        return Ok(false);
    }
    // Somebody working on it at this very moment wins.
    if !store::save(&mut tx.conn()?, &case).await? {
        return Ok(false);
    }
    say(ctx, tx, &case, &handed, ("appointment_over", &rules)).await?;
    Ok(true)
}
