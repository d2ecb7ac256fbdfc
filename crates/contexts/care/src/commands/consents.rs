//! Consents: given one by one, withdrawn in one step (个人信息保护法 arts 14–16, 29).

use linli_access::{Action, Ctx, Resource};
use linli_cases::StoredPhoto;
use linli_db::{Tx, journal};
use serde_json::json;

use super::enrol::{Beginning, begin_watch};
use super::withdrawal::end_visits;
use super::{NAME_MAX, NOTE_MAX, Which, errand, line, open, text};
use crate::consent;
use crate::error::{CareError, FieldProblem};
use crate::model::{CarePerson, Consent, ConsentChannel, ConsentId, Ears, ErrandKind, GivenBy, Purpose, ShownText};
use crate::office::CareOffice;
use crate::rules::Rules;
use crate::store;

/// How somebody agreed.
#[derive(Debug, Clone)]
pub struct HowAgreed {
    /// The mark of the texts that were shown; refused when others count by now.
    pub text_mark: String,
    /// The language they were shown in.
    pub language: String,
    /// By which way.
    pub channel: ConsentChannel,
    /// Who spoke.
    pub given_by: GivenBy,
    /// The name of the guardian or relative.
    pub giver: Option<String>,
    /// What they are to the person.
    pub relation: Option<String>,
    /// The name of the witness, for a consent at the door.
    pub witness: Option<String>,
    /// The picture of the paper, already cleaned and stored as a blob.
    pub scan: Option<StoredPhoto>,
    /// The note of the impact assessment (个人信息保护影响评估, art. 55).
    pub assessment: String,
}

/// Records that somebody agreed, each purpose by itself, and lets begin what follows from it; `beginning` says how the watch does.
///
/// # Errors
/// `TextChanged`; `Field` for what is missing (the paper, the witness, the guardian's name) or agreed to already; `Denied`, `NotFound`,
/// `LinkUnknown`; store errors.
pub async fn agree(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    which: Which<'_>,
    purposes: &[Purpose],
    how: &HowAgreed,
    beginning: Beginning<'_>,
) -> Result<(), CareError> {
    let person = open(ctx, tx, which, Action::Create).await?;
    for purpose in purposes {
        record(ctx, tx, office, which, &person, *purpose, how).await?;
    }
    let district = tx.district();
    let given = consent::in_force(&mut tx.conn()?, district, person.id, ctx.now()).await?;
    let watched = store::watch::of_person(&mut tx.conn()?, district, person.id).await?;
    let watched = match (watched, &given.watch) {
        (Some(watched), _) => Some(watched),
        (None, Some(proof)) if purposes.contains(&Purpose::Watch) => {
            Some(begin_watch(ctx, tx, office, proof, &person, beginning).await?)
        }
        (None, _) => None,
    };
    if let (Some(watched), Some(_), true) = (watched, &given.routine, purposes.contains(&Purpose::Routine)) {
        errand(ctx, tx, (person.id, watched.slot), ErrandKind::Learn, None).await?;
    }
    Ok(())
}

async fn record(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    which: Which<'_>,
    person: &CarePerson,
    purpose: Purpose,
    how: &HowAgreed,
) -> Result<ConsentId, CareError> {
    let wrong = |field, problem| Err(CareError::Field { field, problem });
    let (district, now) = (tx.district(), ctx.now());
    let rules = office.rules(&person.place, now)?;
    if how.text_mark != rules.texts_mark() {
        return Err(CareError::TextChanged);
    }
    let days = rules.texts().of(purpose).map_or(365, |text| text.days);
    let by_link = matches!(which, Which::Link(_));
    match how.channel {
        ConsentChannel::OwnPhone if !by_link => return wrong("channel", FieldProblem::NotAChoice),
        ConsentChannel::Paper if how.scan.is_none() => return wrong("scan", FieldProblem::Required),
        ConsentChannel::Phone | ConsentChannel::Expiry => return wrong("channel", FieldProblem::NotAChoice),
        _ if by_link && how.channel != ConsentChannel::OwnPhone => return wrong("channel", FieldProblem::NotAChoice),
        _ => {}
    }
    let witness = text("witness", how.witness.as_deref().unwrap_or_default(), how.channel == ConsentChannel::Doorstep, NAME_MAX)?;
    let giver = text("giver", how.giver.as_deref().unwrap_or_default(), how.given_by != GivenBy::Own, NAME_MAX)?;
    let relation = text("relation", how.relation.as_deref().unwrap_or_default(), how.given_by != GivenBy::Own, NAME_MAX)?;
    let typed = text("assessment", &how.assessment, !by_link, NOTE_MAX)?;
    if consent::in_force(&mut tx.conn()?, district, person.id, now).await?.has(purpose) {
        return wrong("purpose", FieldProblem::AgreedAlready);
    }
    // On the own phone nobody weighs anything: what counts is what was weighed before the person was asked.
    let assessment = if typed.is_empty() {
        store::assessment(&mut tx.conn()?, district, person.id).await?
    } else {
        store::keep_assessment(&mut tx.conn()?, district, person.id, &typed).await?;
        typed
    };
    // One whose term ran out and that nobody has swept yet makes room.
    store::consents::withdraw(
        &mut tx.conn()?,
        district,
        (person.id, purpose),
        (now, "system:care.expire", ConsentChannel::Expiry),
    )
    .await?;
    if let Some(scan) = &how.scan {
        tx.name_blob(scan.hash, "image/jpeg", scan.bytes, now).await?;
        tx.name_blob(scan.thumb, "image/jpeg", scan.thumb_bytes, now).await?;
    }
    let seal = |words: String| (!words.is_empty()).then(|| office.seal(&words));
    let consent = Consent {
        id: ConsentId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person: person.id,
        purpose,
        text_mark: how.text_mark.clone(),
        language: how.language.clone(),
        channel: how.channel,
        asked_by: ctx.appointment().filter(|_| !by_link),
        given_by: how.given_by,
        giver_sealed: seal(giver),
        relation: Some(relation).filter(|relation| !relation.is_empty()),
        witness_sealed: seal(witness),
        assessment,
        scan: how.scan.as_ref().map(|scan| scan.hash),
        given_at: now,
        expires_at: now.plus_secs(days * 86_400),
        withdrawn_at: None,
        withdrawn_channel: None,
        erased_at: None,
    };
    store::consents::insert(&mut tx.conn()?, district, &consent).await?;
    if let Some(shown) = shown(&rules, &consent) {
        store::consents::keep_text(&mut tx.conn()?, district, &shown).await?;
    }
    let facts = json!({
        "purpose": purpose, "channel": how.channel, "given_by": how.given_by, "text": how.text_mark, "until": consent.expires_at,
        "consent": consent.id,
    });
    tx.journal(line(ctx, which, "care.consent_given", person, facts));
    if purpose == Purpose::Face {
        faces_changed(ctx, tx);
    }
    Ok(consent.id)
}

/// The text of a purpose as it counts now, under the mark and in the language of a consent to it.
pub(crate) fn shown(rules: &Rules, consent: &Consent) -> Option<ShownText> {
    let text = rules.texts().of(consent.purpose).filter(|_| rules.texts_mark() == consent.text_mark)?;
    let english = consent.language.starts_with("en");
    Some(ShownText {
        mark: consent.text_mark.clone(),
        purpose: consent.purpose.as_str().to_owned(),
        language: consent.language.clone(),
        body: text.text(english).to_owned(),
        keeps: text.keeps(english).to_owned(),
    })
}

/// Whose face may be used has changed; whose, stands in the consents alone.
fn faces_changed(ctx: &Ctx, tx: &mut Tx) {
    tx.journal(ctx.line("care.faces_changed", &linli_kernel::PlacePath::root(), None, json!({})));
}

/// What a withdrawal did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// What is withdrawn; empty when nothing was in force.
    pub purposes: Vec<Purpose>,
}

/// What somebody may pass on who has a visit to the person and keeps no consents.
async fn said_at_the_door(ctx: &Ctx, tx: &mut Tx, person: &CarePerson) -> Result<(Option<Purpose>, ConsentChannel), CareError> {
    let district = tx.district();
    let visits = store::visits::open_of_person(&mut tx.conn()?, district, person.id).await?;
    if !visits.iter().any(|visit| crate::queries::concerns(ctx, visit)) {
        return Err(CareError::NotFound);
    }
    Ok((Some(Purpose::Watch), ConsentChannel::Doorstep))
}

/// Withdraws consents in one step (撤回同意): one purpose, or all. What rested on it ends in the same transaction, and the watch is told to
/// forget; what stays is the proof of consent and withdrawal, and that the visits happened, without what was written of them.
///
/// Who keeps no consents passes on only what was said at the door: of the watch alone, in a visit that is open and his.
///
/// # Errors
/// `Denied`, `NotFound`, `LinkUnknown`; store errors.
pub async fn withdraw(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    which: Which<'_>,
    purpose: Option<Purpose>,
    channel: ConsentChannel,
) -> Result<Withdrawn, CareError> {
    let person = open(ctx, tx, which, Action::Close).await?;
    let keeps = matches!(which, Which::Link(_)) || ctx.may(Action::Read, Resource::Care, tx.district(), &person.place).is_ok();
    let (purpose, channel) = if keeps { (purpose, channel) } else { said_at_the_door(ctx, tx, &person).await? };
    let asked: Vec<Purpose> = purpose.map_or_else(|| Purpose::ALL.to_vec(), |one| vec![one]);
    // Without the watch there is nothing to learn, nobody to be told of a hospital, and no sign that a face could be.
    let wanted = Purpose::ALL.iter().copied().filter(|one| {
        asked.contains(one)
            || (asked.contains(&Purpose::Watch) && matches!(one, Purpose::Routine | Purpose::Hospital | Purpose::Face))
    });
    let (district, now) = (tx.district(), ctx.now());
    let by = line(ctx, which, "care.consent_withdrawn", &person, json!({})).actor;
    let mut purposes = Vec::new();
    for one in wanted {
        if store::consents::withdraw(&mut tx.conn()?, district, (person.id, one), (now, &by, channel)).await? {
            purposes.push(one);
        }
    }
    if purposes.is_empty() {
        return Ok(Withdrawn { purposes });
    }
    let facts = json!({ "purposes": purposes, "channel": channel });
    tx.journal(line(ctx, which, "care.consent_withdrawn", &person, facts));
    if purposes.contains(&Purpose::Face) {
        faces_changed(ctx, tx);
    }
    // Before the alarms go, which know of which visits they asked.
    if end_visits(ctx, tx, office, person.id, &purposes).await? {
        office.erased(now);
    }
    if purposes.contains(&Purpose::Readings) {
        crate::follow::commands::forget(tx, person.id).await?;
        store::consents::erased_readings(&mut tx.conn()?, district, person.id, now).await?;
        office.erased(now);
    }
    if let Some(mut watched) = store::watch::of_person(&mut tx.conn()?, district, person.id).await? {
        let whose = (person.id, watched.slot);
        if purposes.contains(&Purpose::Watch) {
            forget(tx, &person).await?;
            store::watch::leave_slot(&mut tx.conn()?, watched.slot, now).await?;
            errand(ctx, tx, whose, ErrandKind::Withdraw, None).await?;
        } else {
            if purposes.contains(&Purpose::Routine) {
                errand(ctx, tx, whose, ErrandKind::ForgetRoutine, None).await?;
            }
            if purposes.contains(&Purpose::Hospital) && watched.in_hospital {
                watched.in_hospital = false;
                store::watch::save(&mut tx.conn()?, district, &watched).await?;
                errand(ctx, tx, whose, ErrandKind::Discharged, None).await?;
            }
        }
    } else if purposes.contains(&Purpose::Watch) {
        forget(tx, &person).await?;
    }
    Ok(Withdrawn { purposes })
}

/// Takes everything out of the tables that was kept for the watch.
async fn forget(tx: &mut Tx, person: &CarePerson) -> Result<(), CareError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    if let Some(watched) = store::watch::of_person(c, district, person.id).await? {
        store::keeper::forget_aside(c, district, i64::from(watched.slot)).await?;
    }
    store::watch::drop_errands(c, district, person.id).await?;
    store::watch::remove(c, district, person.id).await?;
    store::ears::set(c, district, person.id, Ears::default()).await?;
    store::forget_contact(c, district, person.id).await?;
    store::forget_phone(c, district, person.id).await?;
    store::visits::forget_alarms(c, district, person.id).await?;
    journal::erase_personal(c, district, person.id.0).await?;
    Ok(())
}
