//! Stays (就诊): whom an institution was to take in, has taken in, or had; as its own end knows it, and as the end that sent the patient knows it.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, StoredLine, journal};
use linli_kernel::Ts;

use crate::error_beds::BedError;
use crate::model::beds::Hold;
use crate::model::referrals::{Answer, Inbound, InboundKey};
use crate::standing::{as_own, own_institution};
use crate::store::{beds, stays as store};

/// Stays that are looked through at most; those that last come first.
const MOST: i64 = 500;

/// A stay at the actor's own institution.
#[derive(Debug, Clone)]
pub struct Stay {
    /// The referral by which the patient came.
    pub inbound: Inbound,
    /// The bed that is held, that the patient lies in, or lay in.
    pub hold: Option<Hold>,
    /// When the patient arrived.
    pub arrived_at: Option<Ts>,
    /// When the patient came into the bed.
    pub bedded_at: Option<Ts>,
}

/// Whether somebody was ever to be taken in: only asked for, or refused, is no stay.
#[must_use]
pub const fn is_stay(answer: Answer) -> bool {
    matches!(answer, Answer::Accepted | Answer::Lapsed | Answer::Arrived | Answer::Completed)
}

/// The stays at the actor's own institution.
///
/// # Errors
/// `NoInstitution`, `Denied`; store errors.
pub async fn stays(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Stay>, BedError> {
    as_own(ctx, Action::Take, Resource::Referral)?;
    let own = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let mut all = Vec::new();
    for inbound in store::stays(c, own, MOST).await? {
        all.push(shown(c, inbound).await?);
    }
    Ok(all)
}

/// One stay at the actor's own institution.
///
/// # Errors
/// `NotFound`, `NoInstitution`, `Denied`; store errors.
pub async fn stay(ctx: &Ctx, c: &mut Conn<'_>, key: InboundKey) -> Result<Stay, BedError> {
    as_own(ctx, Action::Take, Resource::Referral)?;
    let (district, institution) = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let found = crate::store::referrals::inbound(c, district, key).await?;
    let inbound = found.filter(|one| one.institution == institution && is_stay(one.answer)).ok_or(BedError::NotFound)?;
    shown(c, inbound).await
}

async fn shown(c: &mut Conn<'_>, inbound: Inbound) -> Result<Stay, BedError> {
    let hold = match inbound.hold {
        Some(id) => beds::hold(c, inbound.district, id).await?,
        None => None,
    };
    // Who set out may be told late, when the patient is here already: when the patient arrived is what the journal says.
    let lines = match inbound.answer {
        Answer::Arrived | Answer::Completed => journal::of_subject(c, inbound.district, inbound.key.referral.0, 200).await?,
        _ => Vec::new(),
    };
    let attempt =
        |line: &&StoredLine| line.facts().get("attempt").and_then(serde_json::Value::as_i64) == Some(inbound.key.attempt);
    let at = |kind: &str| lines.iter().filter(attempt).find(|line| line.kind == kind).map(|line| line.at);
    let arrived_at = at("treatment.inbound_arrived");
    let bedded_at = at("treatment.inbound_bedded").or(arrived_at).filter(|_| hold.is_some());
    Ok(Stay { inbound, hold, arrived_at, bedded_at })
}
