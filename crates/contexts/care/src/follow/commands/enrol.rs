//! Who is followed, and how closely.

use linli_access::{Action, Ctx};
use linli_db::{DbError, Tx, journal};
use linli_kernel::Ts;
use linli_people::model::OrganisationId;
use serde_json::json;

use super::{health_line, held, institution, reached, text};
use crate::consent::ReadingsConsent;
use crate::error::CareError;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Colour, Factors, Followed};
use crate::follow::rules::{Asked, Proposal, Rules, mark};
use crate::follow::store;
use crate::model::{CarePerson, CarePersonId};
use crate::office::CareOffice;

/// The lines whose erasable part held health data while they stood under the person.
const MEDICAL: [&str; 12] = [
    "care.follow_up_set",
    "care.colour_decided",
    "care.colour_recomputed",
    "care.alarm_raised",
    "care.reading_corrected",
    "care.alarm_acknowledged",
    "care.referral_asked",
    "care.oxygen_booked",
    "care.oxygen_missed",
    "care.oxygen_released",
    "care.antiviral_decided",
    "care.antiviral_cancelled",
];

/// Nobody is older, in years.
const OLDEST: i64 = 125;

/// Somebody to be followed.
#[derive(Debug, Clone)]
pub struct NewFollowed {
    /// The health centre, station or village clinic.
    pub institution: OrganisationId,
    /// What the risk is judged by.
    pub factors: Factors,
}

/// Begins to follow somebody who agreed, or takes up that the risk factors or the institution changed. The rule says the colour; where a
/// physician had decided on the same factors, that stays.
///
/// # Errors
/// `NotFound` for who lives outside of the actor's reach; `Field` for a birthday that cannot be or what is no institution; store errors.
pub async fn enrol(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    input: NewFollowed,
) -> Result<Followed, FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let person = crate::store::person(&mut tx.conn()?, district, consent.person()).await?.ok_or(FollowError::NotFound)?;
    reached(ctx, Action::Change, district, &person.place)?;
    let age = input.factors.age(now.local().date());
    if !(0..=OLDEST).contains(&age) {
        return Err(FollowError::Field { field: "born", problem: Wrong::NotADate });
    }
    institution(&mut tx.conn()?, district, input.institution).await?;
    let rules = desk.rules(&person.place, now)?;
    let proposal = rules.groups().propose(&input.factors, age);
    let followed = match store::hold(&mut tx.conn()?, district, person.id).await? {
        None => {
            // Whom a visit found unwell before anybody followed them is called at once.
            let unwell = store::found_unwell(&mut tx.conn()?, district, person.id, consent.given_at()).await?.is_some();
            begin(tx, &rules, &person, input, (proposal, unwell), now).await?
        }
        Some(before) => go_on(tx, &rules, before, input, proposal, now).await?,
    };
    let facts = json!({ "institution": followed.institution, "rule": followed.rule });
    let line = health_line(ctx, tx, "care.follow_up_set", (&followed.place, person.id), facts).await?;
    let personal = json!({ "colour": followed.colour, "undecided": followed.undecided, "factors": followed.factors });
    tx.journal(ctx.with_personal(line, personal));
    Ok(followed)
}

async fn begin(
    tx: &mut Tx,
    rules: &Rules,
    person: &CarePerson,
    input: NewFollowed,
    (proposal, unwell): (Proposal, bool),
    now: Ts,
) -> Result<Followed, FollowError> {
    let asked = if unwell {
        Some(Asked { due: now, missing: rules.schedule().again(proposal.colour, now).missing })
    } else {
        rules.schedule().first(proposal.colour, now)
    };
    let new = Followed {
        district: tx.district(),
        person: person.id,
        place: person.place.clone(),
        institution: input.institution,
        factors: input.factors,
        colour: proposal.colour,
        undecided: proposal.undecided,
        decided_by: None,
        decided_because: None,
        rule: mark(rules.groups_stamp()),
        next_due: asked.map(|asked| asked.due),
        missing_at: asked.map(|asked| asked.missing),
        version: 1,
    };
    if store::insert(&mut tx.conn()?, &new, now).await? { Ok(new) } else { Err(FollowError::Changed) }
}

async fn go_on(
    tx: &mut Tx,
    rules: &Rules,
    before: Followed,
    input: NewFollowed,
    proposal: Proposal,
    now: Ts,
) -> Result<Followed, FollowError> {
    let mut followed = Followed { institution: input.institution, ..before };
    if followed.factors != input.factors {
        followed.factors = input.factors;
        followed.decided_by = None;
        followed.decided_because = None;
    }
    if followed.decided_by.is_none() {
        take_colour(rules, &mut followed, proposal.colour, proposal.undecided, now);
    }
    save(tx, followed).await
}

/// A physician says which colour it is, with the reason. It counts until the risk factors change.
///
/// # Errors
/// `NotFound`, `Denied`, `Field` without a reason; `Changed`; store errors.
pub async fn decide_colour(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    person: CarePersonId,
    (colour, because): (Colour, &str),
) -> Result<Followed, FollowError> {
    let because = text("because", because, true)?;
    let mut followed = held(ctx, tx, person, Action::Change).await?;
    let now = ctx.now();
    let rules = desk.rules(&followed.place, now)?;
    let before = followed.colour;
    followed.decided_by = ctx.appointment();
    followed.decided_because = Some(because.clone());
    take_colour(&rules, &mut followed, colour, false, now);
    let followed = save(tx, followed).await?;
    let facts = json!({ "rule": followed.rule });
    let line = health_line(ctx, tx, "care.colour_decided", (&followed.place, person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "from": before, "to": colour, "because": because })));
    Ok(followed)
}

/// Looks anew at somebody's colour, because a birthday or another rule may have changed it. Gives whether it did.
///
/// # Errors
/// `NotFound`, `Denied`; `Changed`; store errors.
pub async fn recompute(ctx: &Ctx, tx: &mut Tx, desk: &Desk, person: CarePersonId) -> Result<bool, FollowError> {
    let mut followed = held(ctx, tx, person, Action::Change).await?;
    let now = ctx.now();
    let rules = desk.rules(&followed.place, now)?;
    let found = rules.groups().propose(&followed.factors, followed.factors.age(now.local().date()));
    let same = followed.colour == found.colour && followed.undecided == found.undecided;
    if followed.decided_by.is_some() || same {
        return Ok(false);
    }
    take_colour(&rules, &mut followed, found.colour, found.undecided, now);
    let followed = save(tx, followed).await?;
    let facts = json!({ "rule": followed.rule });
    let line = health_line(ctx, tx, "care.colour_recomputed", (&followed.place, person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "to": followed.colour, "undecided": followed.undecided })));
    Ok(true)
}

/// Looks anew at the colours of a district, at most `limit` people after one: birthdays and other rules change them. Gives after whom to go
/// on; `None` at the end.
///
/// # Errors
/// As [`recompute`].
pub async fn recompute_all(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    after: Option<CarePersonId>,
    limit: i64,
) -> Result<Option<CarePersonId>, FollowError> {
    let district = tx.district();
    let people = store::after(&mut tx.conn()?, district, after, limit).await?;
    for person in &people {
        recompute(ctx, tx, desk, *person).await?;
    }
    let full = i64::try_from(people.len()).is_ok_and(|count| count >= limit);
    Ok(people.last().copied().filter(|_| full))
}

/// A colour that is followed more or less closely than before is asked anew from today on; what was due earlier stays due.
fn take_colour(rules: &Rules, followed: &mut Followed, colour: Colour, undecided: bool, now: Ts) {
    followed.rule = mark(rules.groups_stamp());
    followed.undecided = undecided;
    if followed.colour == colour && followed.next_due.is_some() {
        return;
    }
    followed.colour = colour;
    let asked = rules.schedule().first(colour, now);
    let earlier = followed.next_due.filter(|due| asked.is_some_and(|asked| *due < asked.due));
    if earlier.is_none() {
        followed.next_due = asked.map(|asked| asked.due);
        followed.missing_at = asked.map(|asked| asked.missing);
    }
}

async fn save(tx: &mut Tx, followed: Followed) -> Result<Followed, FollowError> {
    if store::save(&mut tx.conn()?, &followed).await? {
        Ok(Followed { version: followed.version + 1, ..followed })
    } else {
        Err(FollowError::Changed)
    }
}

/// A visit found somebody unwell: whoever is followed is called now, whatever the colour. Says nothing about health to those who went. Who agreed
/// to readings and is not followed yet stands first on the list of the team, by the visit itself. Called in the transaction of the visit.
///
/// # Errors
/// Store errors; `Rules` when none count.
pub(crate) async fn call_now(ctx: &Ctx, tx: &mut Tx, office: &CareOffice, person: CarePersonId) -> Result<(), CareError> {
    let (district, now) = (tx.district(), ctx.now());
    let Some(followed) = store::hold(&mut tx.conn()?, district, person).await? else { return Ok(()) };
    if followed.next_due.is_some_and(|due| due <= now) {
        return Ok(());
    }
    let missing = office.follow_rules(&followed.place, now)?.schedule().again(followed.colour, now).missing;
    Ok(store::ask_next(&mut tx.conn()?, (district, person), (Some(now), Some(missing))).await?)
}

/// Forgets what was kept about somebody under the consent to readings: the record, the readings, the alarms, and what the journal kept beside
/// its lines, the places for oxygen. Whoever withdraws the consent calls it in the same transaction. Referrals stay as what happened; they hold
/// no reading. So do medicines that were handed out, without what was asked (处方管理办法 art. 50). Gives how many rows went.
///
/// # Errors
/// Store errors.
pub async fn forget(tx: &mut Tx, person: CarePersonId) -> Result<u64, DbError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    // From here on nobody can tell whose the lines under this number were.
    if let Some(thread) = crate::store::end_health_thread(c, district, person).await? {
        journal::erase_personal(c, district, thread).await?;
    }
    // Lines from before there were such numbers.
    for kind in MEDICAL {
        journal::erase_personal_of_kind(c, district, person.0, kind).await?;
    }
    store::forget(c, district, person).await
}
