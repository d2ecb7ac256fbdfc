//! What hears somebody, held against the rule that was chosen: who has no living device that brings what the rule counts is not watched, shown so, and
//! telephoned that day; neither alarmed about nor forgotten.

use linli_access::{Action, Ctx};
use linli_db::Tx;
use serde_json::json;

use super::visits::{NewVisit, open_visit, relieve, system};
use super::{Which, errand, line, open};
use crate::error::CareError;
use crate::model::{CarePerson, CarePersonId, Deaf, Ears, ErrandKind, VisitKind, Watched};
use crate::office::CareOffice;
use crate::store;

/// Notes what hears a person, for the watch that is there or may begin. Said again it changes nothing. Gives whether the person is watched now and was
/// not, or the other way round.
///
/// # Errors
/// `NotFound` for nobody; store errors, and those of opening a visit.
pub async fn heard_by(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, id: CarePersonId, ears: Ears) -> Result<bool, CareError> {
    let person = open(ctx, tx, Which::Id(id), Action::Change).await?;
    let district = tx.district();
    if store::ears::of(&mut tx.conn()?, district, id).await? != ears {
        store::ears::set(&mut tx.conn()?, district, id, ears).await?;
    }
    match store::watch::of_person(&mut tx.conn()?, district, id).await? {
        Some(watched) => hold_to_the_rule(ctx, tx, office, &person, watched).await,
        None => Ok(false),
    }
}

/// Whether the rule of somebody can be kept with what hears her: if not she is not watched from now on, and somebody rings up today; if so again, silence
/// is counted from now. Gives whether that is news.
pub(super) async fn hold_to_the_rule(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    person: &CarePerson,
    mut watched: Watched,
) -> Result<bool, CareError> {
    let district = tx.district();
    let ears = store::ears::of(&mut tx.conn()?, district, person.id).await?;
    let rules = office.watch_rules(ctx.now())?;
    let profile = rules.profiles().find(&watched.profile).or_else(|| rules.profiles().all().next());
    let deaf = profile.and_then(|profile| ears.deaf_to(profile.counted()));
    match (deaf, &watched.unheard) {
        (Some(deaf), Some((why, since))) => {
            // Why is another; that she is telephoned is not news.
            if why != deaf.as_str() {
                watched.unheard = Some((deaf.as_str().to_owned(), *since));
                store::watch::save(&mut tx.conn()?, district, &watched).await?;
            }
            Ok(false)
        }
        (Some(deaf), None) => not_watched(ctx, tx, office, person, (watched, deaf)).await.map(|()| true),
        (None, Some(_)) => watched_again(ctx, tx, office, person, watched).await.map(|()| true),
        (None, None) => Ok(false),
    }
}

async fn not_watched(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    person: &CarePerson,
    (mut watched, deaf): (Watched, Deaf),
) -> Result<(), CareError> {
    let (ctx, district) = (&system(ctx), tx.district());
    watched.unheard = Some((deaf.as_str().to_owned(), ctx.now()));
    store::watch::save(&mut tx.conn()?, district, &watched).await?;
    errand(ctx, tx, (person.id, watched.slot), ErrandKind::Unheard, None).await?;
    tx.journal(line(ctx, Which::Id(person.id), "care.not_watched", person, json!({})));
    let open = store::visits::open_of_person(&mut tx.conn()?, district, person.id).await?;
    // Who is to be rung up already is not put on the list twice.
    if !open.iter().any(|visit| visit.kind == VisitKind::Unheard) {
        let visit =
            NewVisit { kind: VisitKind::Unheard, silence: None, since: None, alarm: None, due: ctx.now(), forewarned: false };
        open_visit(ctx, tx, office, person, visit).await?;
    }
    Ok(())
}

async fn watched_again(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    person: &CarePerson,
    mut watched: Watched,
) -> Result<(), CareError> {
    let (ctx, district) = (&system(ctx), tx.district());
    watched.unheard = None;
    store::watch::save(&mut tx.conn()?, district, &watched).await?;
    errand(ctx, tx, (person.id, watched.slot), ErrandKind::Heard, None).await?;
    tx.journal(line(ctx, Which::Id(person.id), "care.watched_again", person, json!({})));
    for visit in store::visits::open_of_person(&mut tx.conn()?, district, person.id).await? {
        if visit.kind == VisitKind::Unheard {
            relieve(ctx, tx, office, visit).await?;
        }
    }
    Ok(())
}
