//! Whom a referral may go to, in which order; a referral as each end is shown it; what waits for an institution.

use std::collections::BTreeMap;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::{Conn, StoredLine, journal};
use linli_kernel::{DistrictId, Ts};

use super::beds::name_of;
use crate::commands::referrals::{Candidate, standing};
use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::model::beds::BedType;
use crate::model::referrals::{
    Attempt, Direction, End, Event, Inbound, InboundKey, Patient, Referral, ReferralId, ReferralState,
};
use crate::model::{GridKind, InstitutionId};
use crate::standing::{as_own, own_institution};
use crate::store::{beds, referrals};

/// Free beds of a kind by institution, as far as that is known.
pub(super) async fn free_beds(
    c: &mut Conn<'_>,
    desk: &BedDesk,
    bed_type: BedType,
    now: Ts,
) -> Result<BTreeMap<(DistrictId, InstitutionId), i64>, BedError> {
    let mut free: BTreeMap<(DistrictId, InstitutionId), i64> = BTreeMap::new();
    // One set of ratios for the comparison: the rules of the whole city.
    let rules = desk.beds(&linli_kernel::PlacePath::root(), now)?;
    for cell in beds::cells_of_type(c, bed_type).await? {
        if let Ok(derived) = rules.value.derive(bed_type, &cell.levels) {
            *free.entry((cell.key.district, cell.institution)).or_default() += derived.available();
        }
    }
    Ok(free)
}

/// Who may be asked, in order. Up: the lead of the own grid, then those of the other grids, all that can what is needed; who has a free bed
/// before who has none, the nearer before the farther. Down: the members of the own grid, the same order.
///
/// # Errors
/// Store errors.
pub async fn candidates(
    c: &mut Conn<'_>,
    desk: &BedDesk,
    from: (DistrictId, InstitutionId),
    (direction, kind): (Direction, GridKind),
    (bed_type, needs): (BedType, &[String]),
    now: Ts,
) -> Result<Vec<Candidate>, BedError> {
    let grid = referrals::grid_of(c, from, kind, now).await?;
    let free = free_beds(c, desk, bed_type, now).await?;
    let here = referrals::known(c, from.0, from.1, now).await?;
    let here = here.and_then(|known| known.lon_e7.zip(known.lat_e7));
    let mut asked: Vec<((DistrictId, InstitutionId), bool)> = Vec::new();
    match (direction, grid) {
        (Direction::Up, grid) => {
            for (id, district, lead) in referrals::leads(c, kind, now).await? {
                asked.push(((district, lead), grid == Some((district, id))));
            }
        }
        (Direction::Down, Some(grid)) => asked.extend(referrals::members(c, grid, now).await?.into_iter().map(|at| (at, false))),
        (Direction::Down, None) => {}
    }
    let mut found = Vec::new();
    for (at, own_lead) in asked.into_iter().filter(|(at, _)| *at != from) {
        let Some(known) = referrals::known(c, at.0, at.1, now).await? else { continue };
        if !needs.iter().all(|need| known.capabilities.split(',').any(|can| can == need)) {
            continue;
        }
        let far = here.zip(known.lon_e7.zip(known.lat_e7)).map_or(i64::MAX, |(one, other)| apart(one, other));
        let candidate = Candidate { at, free: free.get(&at).copied(), own_lead };
        let none_free = i64::from(candidate.free.is_none_or(|free| free < 1));
        found.push(((!own_lead, none_free, far, known.code), candidate));
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found.into_iter().map(|(_, candidate)| candidate).collect())
}

/// How far two points lie apart, only to be compared: degrees of longitude count less than those of latitude, about five sixths at 32° north.
const fn apart(one: (i64, i64), other: (i64, i64)) -> i64 {
    let east = (one.0 - other.0) / 1_000 * 5 / 6;
    let north = (one.1 - other.1) / 1_000;
    east * east + north * north
}

/// A referral as the sending end is shown it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The referral.
    pub referral: Referral,
    /// The patient; nothing when it was erased.
    pub patient: Option<Patient>,
    /// Whom it was sent to, with their names.
    pub attempts: Vec<(Attempt, String)>,
    /// What happened, as the journal of this end has it.
    pub lines: Vec<StoredLine>,
    /// What the actor may do now.
    pub possible: Vec<Event>,
}

fn opened(desk: &BedDesk, id: ReferralId, sealed: Option<Vec<u8>>) -> Option<Patient> {
    let plain = desk.vault().open_for(id.0.as_bytes(), &sealed?)?;
    serde_json::from_str(&plain).ok()
}

/// A referral of the actor's own institution.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn sent(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, id: ReferralId) -> Result<Sent, BedError> {
    as_own(ctx, Action::Read, Resource::Referral)?;
    let (district, institution) = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let found = referrals::one(c, district, id).await?;
    let referral = found.filter(|one| one.institution == institution).ok_or(BedError::NotFound)?;
    let place = beds::place_of(c, district, institution).await?.ok_or(BedError::NotFound)?;
    let mut attempts = Vec::new();
    for attempt in referrals::attempts(c, district, id).await? {
        let name = name_of(c, attempt.to.0, attempt.to.1).await?;
        attempts.push((attempt, name));
    }
    let rules = desk.referrals(&place, ctx.now())?;
    let possible = rules.value.possible(referral.state, standing(ctx, End::Sender));
    let patient = opened(desk, id, referrals::sealed(c, district, id).await?);
    let lines = journal::of_subject(c, district, id.0, 200).await?;
    Ok(Sent { referral, patient, attempts, lines, possible })
}

/// The referrals of the actor's own institution with the names of their patients, the open ones first.
///
/// # Errors
/// `NoInstitution`, `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, limit: i64) -> Result<Vec<(Referral, String)>, BedError> {
    as_own(ctx, Action::Read, Resource::Referral)?;
    let own = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let mut all = Vec::new();
    for referral in referrals::list(c, own, limit).await? {
        let patient = opened(desk, referral.id, referrals::sealed(c, referral.district, referral.id).await?);
        all.push((referral, patient.map(|patient| patient.name).unwrap_or_default()));
    }
    Ok(all)
}

/// What came to an institution, as it is shown there.
#[derive(Debug, Clone)]
pub struct Came {
    /// The record.
    pub inbound: Inbound,
    /// Who asks.
    pub from: String,
    /// The patient; nothing once it is not this end's patient any more.
    pub patient: Option<Patient>,
}

/// What came to the actor's own institution and is not over, the sickest first.
///
/// # Errors
/// `NoInstitution`, `Denied`; store errors.
pub async fn inbox(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk) -> Result<Vec<Came>, BedError> {
    const MOST: i64 = 300;
    as_own(ctx, Action::Take, Resource::Referral)?;
    let own = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let mut all = Vec::new();
    for inbound in referrals::inbox(c, own, MOST).await? {
        all.push(shown(c, desk, inbound).await?);
    }
    Ok(all)
}

async fn shown(c: &mut Conn<'_>, desk: &BedDesk, inbound: Inbound) -> Result<Came, BedError> {
    let from = name_of(c, inbound.from.0, inbound.from.1).await?;
    let patient = opened(desk, inbound.key.referral, referrals::inbound_sealed(c, inbound.district, inbound.key).await?);
    Ok(Came { inbound, from, patient })
}

/// One record of the receiving end.
///
/// # Errors
/// `NotFound`, `NoInstitution`, `Denied`; store errors.
pub async fn came(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, key: InboundKey) -> Result<Came, BedError> {
    as_own(ctx, Action::Take, Resource::Referral)?;
    let (district, institution) = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let found = referrals::inbound(c, district, key).await?;
    let inbound = found.filter(|one| one.institution == institution).ok_or(BedError::NotFound)?;
    shown(c, desk, inbound).await
}

/// Whether the actor may look into a referral of that district at all: the open request of a patient is told to whoever asks for a second
/// one, its address only to who may follow it.
#[must_use]
pub fn may_track(ctx: &Ctx, district: DistrictId) -> bool {
    matches!(&ctx.actor, Actor::Staff { scope, .. } if scope.district == district)
}

/// Whether the patient of a referral lies in a bed by it, as its sending end knows: then the stay must end before there is another request.
///
/// # Errors
/// Store errors.
pub(crate) async fn lies(c: &mut Conn<'_>, district: DistrictId, referral: ReferralId) -> Result<bool, BedError> {
    let found = referrals::one(c, district, referral).await?;
    Ok(found.is_some_and(|referral| referral.state == ReferralState::Arrived))
}

/// What does not hold together in the referrals of a district.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, BedError> {
    Ok(crate::store::whole::contradictions(c, district).await?)
}
