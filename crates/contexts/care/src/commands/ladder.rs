//! The ladder: who is told of a visit one after the other, and what is told again when there is nobody further up.

use linli_access::{Actor, Ctx};
use linli_db::Tx;
use serde_json::{Value, json};

use super::visits::{With, happen};
use crate::error::CareError;
use crate::model::{Visit, VisitEvent, VisitOwner, VisitState};
use crate::office::CareOffice;
use crate::rules::Rules;
use crate::store;

/// Tells the first rung from this one on that has somebody at the place; the last stays told when none has.
pub(super) async fn tell_rung(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    rules: &Rules,
    visit: &mut Visit,
    from: usize,
) -> Result<(), CareError> {
    let rungs = rules.visits().rungs();
    let (district, now) = (tx.district(), ctx.now());
    let answering = office.cases().answering(&mut tx.conn()?, district, &visit.place, now).await?;
    let has_contact = store::contact(&mut tx.conn()?, district, visit.person).await?.is_some();
    let found = rungs.iter().enumerate().skip(from).filter(|(_, rung)| has_contact || !rung.contact).find_map(|(i, rung)| {
        let owner = rung.who.iter().find_map(|role| answering.iter().find(|owner| owner.role == *role))?;
        Some((i, VisitOwner { person: owner.person, appointment: owner.appointment, role: owner.role }))
    });
    let last = rungs.len().saturating_sub(1);
    let rung = match found {
        Some((i, owner)) => {
            visit.owner = Some(owner);
            i
        }
        None => last,
    };
    visit.rung = i64::try_from(rung).unwrap_or_default();
    let minutes = rungs.get(rung).map_or(10, |rung| rung.minutes(visit.kind));
    visit.wake_at = Some(now.plus_secs(minutes * 60));
    Ok(())
}

/// The next rung is told. Whoever is at the door keeps the visit. Where the same are told again of the same, that is a reminder: it is counted.
pub(super) async fn hand_up(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    rules: &Rules,
    visit: &mut Visit,
    before: VisitState,
) -> Result<Value, CareError> {
    let kept = visit.owner.clone();
    let was = (visit.rung, visit.owner.clone(), visit.told.clone());
    let next = usize::try_from(visit.rung + 1).unwrap_or_default();
    tell_rung(ctx, tx, office, rules, visit, next).await?;
    let told = visit.owner.clone();
    visit.told = None;
    if matches!(before, VisitState::AtDoor | VisitState::Nobody) {
        visit.owner = kept;
        // Whoever is at the door keeps it; whoever is told finds it in the own list all the same.
        visit.told = told.clone().filter(|told| visit.owner.as_ref().is_none_or(|owner| owner.person != told.person));
    }
    let same = visit.state == before && was.0 == visit.rung && was.1 == visit.owner && was.2 == visit.told;
    visit.reminded = if same && matches!(ctx.actor, Actor::System(_)) { visit.reminded.saturating_add(1) } else { 0 };
    let mut facts = json!({ "rung": visit.rung, "told": told.map(|owner| owner.appointment) });
    if let Some(facts) = facts.as_object_mut().filter(|_| rules.visits().rung(visit.rung).is_some_and(|rung| rung.contact)) {
        facts.insert("contact".to_owned(), json!(true));
    }
    Ok(facts)
}

/// The next rung of a visit whose time is over.
pub(super) async fn press(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, visit: Visit) -> Result<(), CareError> {
    happen(ctx, tx, office, visit, VisitEvent::HandUp, &With::default()).await.map(drop)
}
