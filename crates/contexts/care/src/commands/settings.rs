//! How somebody is watched: the rule, absences, hospital.

use linli_access::{Action, Ctx};
use linli_db::Tx;
use linli_kernel::Ts;
use serde_json::json;

use super::ears::hold_to_the_rule;
use super::enrol::chosen_quiet;
use super::{Which, errand, line, open, ruled, within_a_year};
use crate::consent::HospitalConsent;
use crate::error::{CareError, FieldProblem};
use crate::model::{CarePerson, ErrandKind, Watched};
use crate::office::CareOffice;
use crate::store;

async fn watched(tx: &mut Tx, person: &CarePerson) -> Result<Watched, CareError> {
    let district = tx.district();
    store::watch::of_person(&mut tx.conn()?, district, person.id).await?.ok_or(CareError::NoConsent)
}

/// Writes what changed, tells the watch, and says in the journal that something did: not what, for an absence is nobody's business later.
async fn changed(
    ctx: &Ctx,
    tx: &mut Tx,
    which: Which<'_>,
    (person, watched): (&CarePerson, &Watched),
    what: ErrandKind,
    at: Option<Ts>,
) -> Result<(), CareError> {
    let district = tx.district();
    store::watch::save(&mut tx.conn()?, district, watched).await?;
    errand(ctx, tx, (person.id, watched.slot), what, at).await?;
    tx.journal(line(ctx, which, "care.watch_changed", person, json!({})));
    Ok(())
}

/// Gives a person another rule (更换看护规则).
///
/// # Errors
/// `Field` when it is none of those offered; `NoConsent` when the person is not watched; `Denied`, `NotFound`; store errors.
pub async fn change_profile(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, which: Which<'_>, code: &str) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    let mut watched = watched(tx, &person).await?;
    let rules = office.watch_rules(ctx.now())?;
    let profile = rules.profiles().find(code).ok_or(CareError::Field { field: "profile", problem: FieldProblem::NotAChoice })?;
    if watched.profile == profile.code {
        return Ok(());
    }
    watched.profile = profile.code.clone();
    let district = tx.district();
    store::watch::save(&mut tx.conn()?, district, &watched).await?;
    errand(ctx, tx, (person.id, watched.slot), ErrandKind::Pack, None).await?;
    // What hears her may serve one rule and not the other.
    hold_to_the_rule(ctx, tx, office, &person, watched.clone()).await?;
    let mut facts = ruled(&rules.profiles_mark());
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("profile".to_owned(), json!(watched.profile));
    }
    tx.journal(line(ctx, which, "care.profile_changed", &person, facts));
    Ok(())
}

/// Gives a person other quiet hours (更换免打扰时段); an empty code gives those of the rule.
///
/// # Errors
/// `Field` when they are none of those offered; `NoConsent` when the person is not watched; `Denied`, `NotFound`; store errors.
pub async fn change_quiet(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, which: Which<'_>, code: &str) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    let mut watched = watched(tx, &person).await?;
    let rules = office.watch_rules(ctx.now())?;
    let quiet = chosen_quiet(&rules, code)?;
    if watched.quiet == quiet {
        return Ok(());
    }
    watched.quiet = quiet;
    let district = tx.district();
    store::watch::save(&mut tx.conn()?, district, &watched).await?;
    errand(ctx, tx, (person.id, watched.slot), ErrandKind::Pack, None).await?;
    let mut facts = ruled(&rules.profiles_mark());
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("quiet".to_owned(), json!(watched.quiet));
    }
    tx.journal(line(ctx, which, "care.quiet_changed", &person, facts));
    Ok(())
}

/// Away until an instant (外出): nobody comes before.
///
/// # Errors
/// `Field` for an instant that is not within a year from now; `NoConsent`; `Denied`, `NotFound`; store errors.
pub async fn go_away(ctx: &Ctx, tx: &mut Tx, which: Which<'_>, until: Ts) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    let until = within_a_year(ctx, "until", until)?;
    let mut watched = watched(tx, &person).await?;
    watched.away_until = Some(until);
    changed(ctx, tx, which, (&person, &watched), ErrandKind::Away, Some(until)).await
}

/// Back before the end of an absence.
///
/// # Errors
/// `NoConsent`; `Denied`, `NotFound`; store errors.
pub async fn come_back(ctx: &Ctx, tx: &mut Tx, which: Which<'_>) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    let mut watched = watched(tx, &person).await?;
    watched.away_until = None;
    changed(ctx, tx, which, (&person, &watched), ErrandKind::Back, None).await
}

/// In hospital (住院): told only under the consent for that.
///
/// # Errors
/// `NoConsent` when the consent is another's or the person is not watched; `Denied`, `NotFound`; store errors.
pub async fn admit(ctx: &Ctx, tx: &mut Tx, which: Which<'_>, proof: &HospitalConsent) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    if proof.person() != person.id {
        return Err(CareError::NoConsent);
    }
    let mut watched = watched(tx, &person).await?;
    watched.in_hospital = true;
    changed(ctx, tx, which, (&person, &watched), ErrandKind::Admitted, None).await
}

/// Out of hospital (出院): the watch goes on.
///
/// # Errors
/// `NoConsent`; `Denied`, `NotFound`; store errors.
pub async fn discharge(ctx: &Ctx, tx: &mut Tx, which: Which<'_>) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Change).await?;
    let mut watched = watched(tx, &person).await?;
    watched.in_hospital = false;
    changed(ctx, tx, which, (&person, &watched), ErrandKind::Discharged, None).await
}
