//! What those who come to an institution from outside need of it (巡诊所需): what it is, and who lies there, as far as the one who asks may know.

use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::desk::BedDesk;
use crate::error_beds::BedError;
use crate::model::beds::BedType;
use crate::model::plan::At;
use crate::model::referrals::{Answer, InboundKey, Patient, Severity};
use crate::model::{Institution, InstitutionId};
use crate::store;

/// Somebody who came by referral and lies there (在院转入患者).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// The network's reference of the patient.
    pub key: InboundKey,
    /// How sick.
    pub severity: Severity,
    /// In which kind of bed.
    pub bed_type: BedType,
    /// Since when.
    pub since: Ts,
    /// The family name; empty where nothing is known any more.
    pub family_name: String,
}

/// An institution that is there at an instant.
///
/// # Errors
/// Store errors.
pub async fn institution(c: &mut Conn<'_>, (district, id): At, at: Ts) -> Result<Option<Institution>, BedError> {
    let found = store::institutions::one(c, district, id).await?;
    Ok(found.filter(|one| one.valid_from <= at && one.valid_to.is_none_or(|end| end > at)))
}

/// The institutions of every district, those that ended too: for a comparison.
///
/// # Errors
/// Store errors.
pub async fn institutions(c: &mut Conn<'_>) -> Result<Vec<Institution>, BedError> {
    Ok(store::institutions::everywhere(c).await?)
}

/// The institutions of a district at an instant to which somebody may come: no station of 120, no sum of an area.
///
/// # Errors
/// Store errors.
pub async fn houses_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, at: Ts) -> Result<Vec<Institution>, BedError> {
    use crate::model::InstitutionKind::{Area, EmergencyCentre};
    let mut all = store::institutions::everywhere(c).await?;
    all.retain(|one| {
        one.district == district
            && place.contains(&one.place)
            && one.valid_from <= at
            && one.valid_to.is_none_or(|end| end > at)
            && !matches!(one.kind, Area | EmergencyCentre)
    });
    all.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(all)
}

/// Who came by referral to an institution and lies there, the sickest first, with the family name alone. The caller has judged who may ask.
///
/// # Errors
/// Store errors.
pub async fn lying(c: &mut Conn<'_>, desk: &BedDesk, at: At) -> Result<Vec<Lying>, BedError> {
    const MOST: i64 = 300;
    let mut all = Vec::new();
    for inbound in store::referrals::inbox(c, at, MOST).await?.into_iter().filter(|one| one.answer == Answer::Arrived) {
        let sealed = store::referrals::inbound_sealed(c, inbound.district, inbound.key).await?;
        let plain = sealed.and_then(|sealed| desk.vault().open_for(inbound.key.referral.0.as_bytes(), &sealed));
        let patient: Option<Patient> = plain.and_then(|plain| serde_json::from_str(&plain).ok());
        all.push(Lying {
            key: inbound.key,
            severity: inbound.severity,
            bed_type: inbound.bed_type,
            since: inbound.state_at,
            family_name: patient.and_then(|patient| patient.name.chars().next()).map(String::from).unwrap_or_default(),
        });
    }
    Ok(all)
}

/// How many severe and critical patients lie in an institution, of those who came by referral.
///
/// # Errors
/// Store errors.
pub async fn severe_in(
    c: &mut Conn<'_>,
    district: DistrictId,
) -> Result<std::collections::BTreeMap<InstitutionId, i64>, BedError> {
    let there = store::outcomes::there(c).await?;
    Ok(there.into_iter().filter(|((of, _), _)| *of == district).map(|((_, id), (_, severe))| (id, severe)).collect())
}
