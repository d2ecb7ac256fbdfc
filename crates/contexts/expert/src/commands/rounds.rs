//! Rounds (巡诊): planned by the health office, held by the group, with opinions on patients and advice to the house.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_treatment::model::InstitutionId;
use linli_treatment::model::referrals::InboundKey;
use serde::Serialize;
use serde_json::json;

use super::{by, day, day_of, recall, remember, text};
use crate::error::{ExpertError, Wrong};
use crate::model::{GroupId, Mode, Opinion, OpinionId, Round, RoundId, RoundState};
use crate::office::RoundOffice;
use crate::reach::{as_member, may_read_opinions};
use crate::store::{groups, rounds};

/// What is planned.
#[derive(Debug, Clone, Serialize)]
pub struct NewRound<'a> {
    /// By which group.
    pub group: GroupId,
    /// To which institution.
    pub institution: InstitutionId,
    /// How.
    pub mode: Mode,
    /// For which day.
    pub day: &'a str,
}

/// Plans a round (安排巡诊) to an institution of the place, on a day on which the group is there.
///
/// # Errors
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn plan(ctx: &Ctx, tx: &mut Tx, new: &NewRound<'_>) -> Result<RoundId, ExpertError> {
    let (district, now) = (tx.district(), ctx.now());
    let group = groups::one(&mut tx.conn()?, district, new.group).await?.ok_or(ExpertError::field("group", Wrong::NotAChoice))?;
    ctx.may(Action::Create, Resource::Round, district, &group.place)?;
    if let Some(id) = recall(ctx, tx, "expert.plan", new).await? {
        return Ok(id);
    }
    let at = (district, new.institution);
    let house = linli_treatment::queries::rounds::institution(&mut tx.conn()?, at, now).await?;
    let house =
        house.filter(|one| group.place.contains(&one.place)).ok_or(ExpertError::field("institution", Wrong::NotAChoice))?;
    let planned_day = day("day", new.day)?;
    if planned_day < day_of(now) {
        return Err(ExpertError::field("day", Wrong::TooEarly));
    }
    if !group.there_on(&planned_day) {
        return Err(ExpertError::field("day", Wrong::GroupAway));
    }
    let id = RoundId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let round = Round {
        district,
        id,
        place: house.place.clone(),
        group: new.group,
        institution: new.institution,
        mode: new.mode,
        planned_day,
        state: RoundState::Planned,
        advice: String::new(),
        held_at: None,
    };
    rounds::insert(&mut tx.conn()?, &round, (now, by(ctx)?)).await?;
    let facts = json!({ "group": new.group, "institution": new.institution, "mode": new.mode, "day": round.planned_day });
    tx.journal(ctx.line("expert.round_planned", &round.place, Some(id.0), facts));
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// Takes a round that was planned out of the plan (取消).
///
/// # Errors
/// `NoStep` for one that was held or cancelled; `NotFound`, `Denied`; store errors.
pub async fn cancel(ctx: &Ctx, tx: &mut Tx, id: RoundId) -> Result<(), ExpertError> {
    let district = tx.district();
    let mut round = rounds::one(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    ctx.may(Action::Create, Resource::Round, district, &round.place)?;
    round.state = RoundState::Cancelled;
    if !rounds::put(&mut tx.conn()?, &round, (RoundState::Planned.as_str(), by(ctx)?)).await? {
        return Err(ExpertError::NoStep);
    }
    tx.journal(ctx.line("expert.round_cancelled", &round.place, Some(id.0), json!({ "institution": round.institution })));
    Ok(())
}

/// A round of the actor's group that is being held: what is first written in it says that it is.
pub(super) async fn being_held(ctx: &Ctx, tx: &mut Tx, id: RoundId, resource: (Action, Resource)) -> Result<Round, ExpertError> {
    let district = tx.district();
    let mut round = rounds::one(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    as_member(ctx, &mut tx.conn()?, &round, resource).await?;
    match round.state {
        RoundState::Cancelled => return Err(ExpertError::NoStep),
        RoundState::Held => {}
        RoundState::Planned => {
            round.state = RoundState::Held;
            round.held_at = Some(ctx.now());
            if rounds::put(&mut tx.conn()?, &round, (RoundState::Planned.as_str(), by(ctx)?)).await? {
                let facts = json!({ "institution": round.institution, "mode": round.mode, "planned": round.planned_day });
                tx.journal(ctx.line("expert.round_held", &round.place, Some(id.0), facts));
            }
        }
    }
    Ok(round)
}

/// The round is held (完成巡诊), with what is advised to the house; about a patient there are opinions.
///
/// # Errors
/// `Field`; `NoStep` for one that was cancelled; `NotFound`, `Denied`; store errors.
pub async fn hold(ctx: &Ctx, tx: &mut Tx, id: RoundId, advice: &str) -> Result<(), ExpertError> {
    let mut round = being_held(ctx, tx, id, (Action::Change, Resource::Round)).await?;
    round.advice = text("advice", advice, false)?;
    if !rounds::put(&mut tx.conn()?, &round, (RoundState::Held.as_str(), by(ctx)?)).await? {
        return Err(ExpertError::NoStep);
    }
    tx.journal(ctx.line("expert.round_advised", &round.place, Some(id.0), json!({ "institution": round.institution })));
    Ok(())
}

/// Gives an opinion on a patient who lies in the house of the round (诊疗意见). It is sealed; the journal knows the network's reference alone.
///
/// # Errors
/// `Field` for a patient who does not lie there; `NotFound`, `Denied`; store errors.
pub async fn advise(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &RoundOffice,
    id: RoundId,
    (patient, said): (InboundKey, &str),
) -> Result<OpinionId, ExpertError> {
    let said = text("said", said, true)?;
    if let Some(id) = recall(ctx, tx, "expert.advise", &(id, patient, &said)).await? {
        return Ok(id);
    }
    let round = being_held(ctx, tx, id, (Action::Create, Resource::Opinion)).await?;
    let at = (round.district, round.institution);
    let lying = linli_treatment::queries::rounds::lying(&mut tx.conn()?, office.beds(), at).await?;
    if !lying.iter().any(|one| one.key == patient) {
        return Err(ExpertError::field("patient", Wrong::NotAChoice));
    }
    let opinion = Opinion {
        id: OpinionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        round: id,
        patient,
        given_at: ctx.now(),
        given_by: ctx.person().ok_or(linli_access::Denied::Forbidden)?,
    };
    let sealed = office.vault().seal_for(opinion.id.0.as_bytes(), &said);
    rounds::insert_opinion(&mut tx.conn()?, at, &opinion, &sealed).await?;
    let facts =
        json!({ "round": id, "institution": round.institution, "referral": patient.referral, "attempt": patient.attempt });
    tx.journal(ctx.line("expert.opinion_given", &round.place, Some(opinion.id.0), facts));
    remember(ctx, tx, &opinion.id).await?;
    Ok(opinion.id)
}

/// An opinion as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Which.
    pub opinion: Opinion,
    /// What was said; nothing once the key is another.
    pub said: Option<String>,
}

/// Reads the opinions of a round, and writes down that the actor did (查看留痕).
///
/// # Errors
/// `NotFound` for a round the actor may not know the patients of; store errors.
pub async fn read(ctx: &Ctx, tx: &mut Tx, office: &RoundOffice, id: RoundId) -> Result<Vec<Read>, ExpertError> {
    let district = tx.district();
    let round = rounds::one(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    ctx.scope(Action::Read, Resource::Opinion)?;
    if !may_read_opinions(ctx, &mut tx.conn()?, &round).await? {
        return Err(ExpertError::NotFound);
    }
    let all = rounds::opinions(&mut tx.conn()?, district, id).await?;
    if !all.is_empty() {
        tx.journal(ctx.line("expert.opinions_read", &round.place, Some(id.0), json!({ "opinions": all.len() })));
    }
    let open =
        |(opinion, sealed): (Opinion, Vec<u8>)| Read { said: office.vault().open_for(opinion.id.0.as_bytes(), &sealed), opinion };
    Ok(all.into_iter().map(open).collect())
}
