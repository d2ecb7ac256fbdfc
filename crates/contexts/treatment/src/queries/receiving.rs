//! Emergency departments that may be sent somebody by ambulance (接收急诊): all of the city, with their observation beds and their crowd.

use std::collections::BTreeMap;

use linli_db::Conn;
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};

use super::institutions::now;
use crate::desk::BedDesk;
use crate::error_network::NetworkError;
use crate::model::beds::BedType;
use crate::model::{Crowding, InstitutionId, UnitKind};
use crate::store;

/// An institution with an emergency department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Which.
    pub at: (DistrictId, InstitutionId),
    /// Its name.
    pub name: String,
    /// Where it is.
    pub point: Option<Point>,
    /// Observation beds that can be had; none when that is not known.
    pub free: Option<i64>,
    /// What was said last of how crowded it is, and when.
    pub crowding: Option<(Crowding, Ts)>,
}

/// The emergency departments of the city: those that are not crowded before those that are, who has a bed before who has none, by name.
///
/// # Errors
/// Store errors.
pub async fn departments(c: &mut Conn<'_>, desk: &BedDesk, at: Ts) -> Result<Vec<Department>, NetworkError> {
    let kind = UnitKind::Emergency.as_str();
    let free = observation_beds(c, desk, at).await?;
    let mut found = Vec::new();
    for district in linli_territory::queries::districts(c).await? {
        let units = store::institutions::open_units(c, district.id, (kind, kind), at).await?;
        let mut said: BTreeMap<InstitutionId, Option<(Crowding, Ts)>> = BTreeMap::new();
        for one in now(c, district.id, units, at).await? {
            let known = said.entry(one.unit.institution).or_default();
            // Of two departments of one house what was said last counts.
            if one.crowding.map(|(_, at)| at) > known.map(|(_, at)| at) {
                *known = one.crowding;
            }
        }
        for (id, crowding) in said {
            let Some(institution) = store::institutions::one(c, district.id, id).await? else { continue };
            if institution.valid_to.is_some_and(|end| end <= at) {
                continue;
            }
            let at = (district.id, id);
            let (name, point) = (institution.name, institution.point);
            found.push(Department { at, name, point, free: free.get(&at).copied(), crowding });
        }
    }
    let crowd = |one: &Department| one.crowding.map_or(Crowding::Busy, |(level, _)| level);
    found.sort_by(|a, b| {
        let key = |one: &Department| (crowd(one), one.free.is_none_or(|free| free < 1));
        key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name)).then(a.at.cmp(&b.at))
    });
    Ok(found)
}

async fn observation_beds(
    c: &mut Conn<'_>,
    desk: &BedDesk,
    at: Ts,
) -> Result<BTreeMap<(DistrictId, InstitutionId), i64>, NetworkError> {
    let rules = desk.beds(&PlacePath::root(), at)?;
    let mut free: BTreeMap<(DistrictId, InstitutionId), i64> = BTreeMap::new();
    for cell in store::beds::cells_of_type(c, BedType::Observation).await? {
        if let Ok(derived) = rules.value.derive(BedType::Observation, &cell.levels) {
            *free.entry((cell.key.district, cell.institution)).or_default() += derived.available();
        }
    }
    Ok(free)
}
