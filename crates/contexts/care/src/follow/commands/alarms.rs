//! What becomes of an alarm: somebody looks, and decides.

use linli_access::{Action, Ctx};
use linli_cases::commands::NewReport;
use linli_db::{DbError, Tx};
use linli_kernel::PlaceLevel;
use serde_json::json;

use super::{health_line, held, institution, reached, recall, remember, text};
use crate::error::CareError;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Alarm, AlarmId, Became, Followed, Level, Referral, ReferralId};
use crate::follow::store::{self, alarms, readings};
use crate::model::{CarePersonId, Visit, VisitId};
use crate::office::CareOffice;

/// The class of cases by which a health centre is asked to see somebody, while there is no treatment network.
pub const REFERRAL_CLASS: &str = "health_referral";

/// An alarm that nobody has dealt with, of somebody whom the actor may follow.
pub(super) async fn open(ctx: &Ctx, tx: &mut Tx, id: AlarmId) -> Result<(Alarm, Followed), FollowError> {
    let district = tx.district();
    let alarm = alarms::one(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    reached(ctx, Action::Change, district, &alarm.place)?;
    let followed = held(ctx, tx, alarm.person, Action::Change).await?;
    if alarm.became.is_some() {
        return Err(FollowError::DealtWith);
    }
    Ok((alarm, followed))
}

pub(super) async fn close(ctx: &Ctx, tx: &mut Tx, alarm: &mut Alarm, became: Became, because: String) -> Result<(), FollowError> {
    alarm.became = Some(became);
    alarm.acknowledged_at = Some(ctx.now());
    alarm.acknowledged_by = ctx.appointment();
    alarm.because = Some(because);
    if alarms::acknowledge(&mut tx.conn()?, alarm).await? { Ok(()) } else { Err(FollowError::DealtWith) }
}

/// Somebody looked at an alarm and says what it was: the person is kept under watch and asked again soon, or it was false.
///
/// # Errors
/// `Field` without a reason; `DealtWith`; `NotFound`, `Denied`; store errors.
pub async fn acknowledge(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    id: AlarmId,
    (became, because): (Became, &str),
) -> Result<(), FollowError> {
    let because = text("because", because, true)?;
    if !matches!(became, Became::Kept | Became::FalseAlarm) {
        return Err(FollowError::Field { field: "became", problem: Wrong::NotAChoice });
    }
    if recall::<bool>(ctx, tx, "care.acknowledge", &(id, became, &because)).await?.is_some() {
        return Ok(());
    }
    let (mut alarm, followed) = open(ctx, tx, id).await?;
    close(ctx, tx, &mut alarm, became, because.clone()).await?;
    if became == Became::Kept && alarm.reading.is_some() {
        let now = ctx.now();
        let again = desk.rules(&followed.place, now)?.schedule().again(followed.colour, now);
        let sooner = followed.next_due.is_none_or(|due| again.due < due);
        if sooner {
            let asked = (Some(again.due), Some(again.missing));
            store::ask_next(&mut tx.conn()?, (followed.district, followed.person), asked).await?;
        }
    }
    let facts = json!({ "alarm": id, "became": became });
    let line = health_line(ctx, tx, "care.alarm_acknowledged", (&alarm.place, alarm.person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "because": because })));
    remember(ctx, tx, &true).await
}

/// Somebody should go to the door: an alarm becomes a visit of the neighbourhood, whose ladder knows nothing of why.
///
/// # Errors
/// `DealtWith`; `NotFound`, `Denied`; `Care` when the visit cannot be opened; store errors.
pub async fn ask_visit(ctx: &Ctx, tx: &mut Tx, desk: &Desk, id: AlarmId) -> Result<VisitId, FollowError> {
    /// What a steward is told: no health data cross over.
    const WORDS: &str = "家庭医生团队请您上门看望，并请本人给家庭医生回电话。";
    if let Some(answer) = recall(ctx, tx, "care.ask_visit", &id).await? {
        return Ok(answer);
    }
    let (mut alarm, followed) = open(ctx, tx, id).await?;
    let program = Ctx::system("care.follow_up", ctx.clock.clone(), ctx.rng.clone());
    let visit = crate::commands::open_as_asked(&program, tx, desk.care(), followed.person, WORDS).await?;
    alarm.visit = Some(visit.id);
    close(ctx, tx, &mut alarm, Became::Visit, String::new()).await?;
    // The visit stays when the consent is withdrawn, and says whose it was; that an alarm led to it does not.
    let facts = json!({ "alarm": id, "became": Became::Visit });
    let line = health_line(ctx, tx, "care.alarm_acknowledged", (&alarm.place, alarm.person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "visit": visit.id, "number": visit.number })));
    remember(ctx, tx, &visit.id).await?;
    Ok(visit.id)
}

/// A physician asks that somebody be seen: the health centre that follows the person is asked by a case of its own, which says nothing about
/// health, and the journal says it to whoever takes referrals.
///
/// # Errors
/// `Field` for an urgency beyond 1 to 4 or a missing reason; `DealtWith`; `NotFound`, `Denied`; `Cases` when the case cannot be opened;
/// store errors.
pub async fn ask_referral(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    id: AlarmId,
    (urgency, because): (i64, &str),
) -> Result<ReferralId, FollowError> {
    let because = text("because", because, true)?;
    if !(1..=4).contains(&urgency) {
        return Err(FollowError::Field { field: "urgency", problem: Wrong::OutOfRange { least: 1, most: 4 } });
    }
    if let Some(answer) = recall(ctx, tx, "care.ask_referral", &(id, urgency, &because)).await? {
        return Ok(answer);
    }
    let (mut alarm, followed) = open(ctx, tx, id).await?;
    let asked_by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    close(ctx, tx, &mut alarm, Became::Referral, because.clone()).await?;
    let (district, now) = (tx.district(), ctx.now());
    let referral = ReferralId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let year = now.local().year();
    let number = format!("Z{year}-{:06}", tx.next_number(&format!("care.referral/{year}")).await?);
    let centre = institution(&mut tx.conn()?, district, followed.institution).await?;
    let case = case_for(ctx, tx, desk, &followed, (&number, urgency, &centre)).await?;
    let asked = Referral {
        district,
        id: referral,
        number,
        person: followed.person,
        alarm: id,
        place: followed.place.clone(),
        asked_at: now,
        asked_by,
        urgency,
        institution: centre.id,
        case,
    };
    alarms::insert_referral(&mut tx.conn()?, &asked).await?;
    asked_line(ctx, tx, &alarm, &asked, &because).await?;
    remember(ctx, tx, &referral).await?;
    Ok(referral)
}

/// The visits that alarms about somebody's readings asked for: they are held by the consent to readings, as long as the alarms are kept.
///
/// # Errors
/// Store errors.
pub(crate) async fn visits_asked(tx: &mut Tx, person: CarePersonId) -> Result<Vec<VisitId>, DbError> {
    let district = tx.district();
    alarms::visits_asked(&mut tx.conn()?, district, person).await
}

/// The case for the health centre. It hangs at the community and names nobody: who is meant stands with the referral, for those who may
/// read it.
async fn case_for(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    followed: &Followed,
    (number, urgency, centre): (&str, i64, &linli_people::model::Organisation),
) -> Result<linli_cases::CaseId, FollowError> {
    let program = Ctx::system("care.referral", ctx.clock.clone(), ctx.rng.clone());
    let input = NewReport {
        place: followed.place.at_level(PlaceLevel::Community),
        class: Some(REFERRAL_CLASS.to_owned()),
        description: format!(
            "转诊请求 {number}，{urgency} 级，请{}接收。本单不含个人健康信息，请在重点人群随访页面查看。",
            centre.name
        ),
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    let reported = linli_cases::commands::report(&program, tx, desk.office(), input).await?;
    linli_cases::commands::entrust(&program, tx, desk.office(), reported.id, centre.id).await?;
    Ok(reported.id)
}

/// Somebody at the door found a person unwell (走访发现不适): the health centre that follows the person, else the one whose family doctors answer for
/// the home, is asked at once by a case that says nothing about health. Where there is none the community has it, and never the steward who asks.
///
/// # Errors
/// `Cases` when the case cannot be opened; store errors.
pub(crate) async fn ask_centre(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CareOffice,
    visit: &Visit,
) -> Result<linli_cases::CaseId, CareError> {
    let centre = centre_of(ctx, tx, visit).await?;
    let program = Ctx::system("care.referral", ctx.clock.clone(), ctx.rng.clone());
    let whom = centre.as_ref().map_or("社区卫生服务中心", |centre| centre.name.as_str());
    let input = NewReport {
        place: visit.place.at_level(PlaceLevel::Community),
        class: Some(REFERRAL_CLASS.to_owned()),
        description: format!("看护走访 {} 发现居民身体不适，请{whom}尽快联系。本单不含个人健康信息。", visit.number),
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    let reported = linli_cases::commands::report(&program, tx, office.cases(), input).await?;
    if let Some(centre) = centre {
        linli_cases::commands::entrust(&program, tx, office.cases(), reported.id, centre.id).await?;
    }
    Ok(reported.id)
}

async fn centre_of(ctx: &Ctx, tx: &mut Tx, visit: &Visit) -> Result<Option<linli_people::model::Organisation>, CareError> {
    let (district, c) = (visit.district, &mut tx.conn()?);
    if let Some(followed) = store::hold(c, district, visit.person).await? {
        return Ok(linli_people::queries::organisation(c, district, followed.institution).await?);
    }
    let doctors = linli_people::queries::answering_for(c, district, &visit.place, ctx.now()).await?;
    for doctor in doctors.iter().filter(|one| one.role == linli_access::Role::FamilyDoctor) {
        let held = linli_people::queries::appointment(c, district, doctor.appointment).await?;
        let Some(of) = held.and_then(|held| held.organisation_id) else { continue };
        let centre = linli_people::queries::organisation(c, district, of).await?;
        if let Some(centre) = centre.filter(|centre| super::INSTITUTIONS.contains(&centre.kind.as_str())) {
            return Ok(Some(centre));
        }
    }
    Ok(None)
}

/// `care.referral_asked`: urgency for everybody who reads the journal. Which referral, which outlasts the consent and says whose it is, why, and
/// what was measured, in its erasable part.
async fn asked_line(ctx: &Ctx, tx: &mut Tx, alarm: &Alarm, asked: &Referral, because: &str) -> Result<(), FollowError> {
    let reading = match alarm.reading {
        Some(reading) => readings::one(&mut tx.conn()?, alarm.district, reading).await?,
        None => None,
    };
    let facts = json!({
        "urgency": asked.urgency, "institution": asked.institution, "call_120": alarm.level == Level::Emergency,
    });
    let line = health_line(ctx, tx, "care.referral_asked", (&asked.place, asked.person), facts).await?;
    let personal = json!({
        "referral": asked.id, "number": asked.number, "alarm": asked.alarm, "case": asked.case,
        "because": because, "reasons": alarm.reasons, "level": alarm.level, "rule": alarm.rule,
        "taken_at": reading.as_ref().map(|reading| reading.taken_at), "vitals": reading.map(|reading| reading.vitals),
    });
    tx.journal(ctx.with_personal(line, personal));
    Ok(())
}
