//! The register of the network as a whole, of every district, and when the record of an institution was last changed.

use std::collections::HashMap;

use linli_db::{Conn, Result, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;

use super::{grids, institutions};
use crate::model::plan::At;
use crate::model::{GridRef, InstitutionId, Membership, TreatmentGrid, TreatmentGridId, Unit};

/// What changes the record of an institution; all of them are lines about it.
pub(crate) const CHANGES: [&str; 10] = [
    "treatment.grid_joined",
    "treatment.hours_set",
    "treatment.institution_changed",
    "treatment.institution_closed",
    "treatment.institution_registered",
    "treatment.unit_changed",
    "treatment.unit_closed",
    "treatment.unit_closed_on",
    "treatment.unit_open_on",
    "treatment.unit_opened",
];

/// All units, closed ones too, by institution.
pub(crate) async fn units(c: &mut Conn<'_>) -> Result<HashMap<At, Vec<Unit>>> {
    let mut all: HashMap<At, Vec<Unit>> = HashMap::new();
    for (district, unit) in institutions::units_everywhere(c).await? {
        all.entry((district, unit.institution)).or_default().push(unit);
    }
    Ok(all)
}

/// All memberships, ended ones too, by institution.
pub(crate) async fn memberships(c: &mut Conn<'_>) -> Result<HashMap<At, Vec<Membership>>> {
    let mut all: HashMap<At, Vec<Membership>> = HashMap::new();
    for (district, one) in grids::memberships_everywhere(c).await? {
        all.entry((district, one.institution)).or_default().push(one);
    }
    Ok(all)
}

/// All grids, ended ones too, with the instant in which each was made.
pub(crate) async fn treatment_grids(c: &mut Conn<'_>) -> Result<Vec<(TreatmentGrid, Ts)>> {
    let made: Vec<(DistrictId, TreatmentGridId, Option<Ts>)> = sql!(c, x => sqlx::query_as(
        "SELECT g.district_id, g.id, (SELECT MAX(j.at) FROM journal j WHERE j.district_id = g.district_id AND j.subject_id = g.id \
         AND j.kind = 'treatment.grid_founded') FROM treatment_grid g"
    ).fetch_all(x).await)?;
    let made: HashMap<GridRef, Ts> =
        made.into_iter().filter_map(|(district, id, at)| Some((GridRef { district, id }, at?))).collect();
    let all = grids::everywhere(c).await?;
    let with = |grid: TreatmentGrid| {
        let at = made.get(&grid.at).copied().unwrap_or(grid.valid_from);
        (grid, at)
    };
    Ok(all.into_iter().map(with).collect())
}

/// When the records of institutions were last changed; of all of them, or of one. What no line tells of is not in it.
pub(crate) async fn changed(c: &mut Conn<'_>, of: Option<At>) -> Result<HashMap<At, Ts>> {
    let kinds = CHANGES.map(|kind| format!("'{kind}'")).join(", ");
    let one = if of.is_some() { "WHERE i.district_id = $1 AND i.id = $2" } else { "" };
    let text = format!(
        "SELECT i.district_id, i.id, (SELECT MAX(j.at) FROM journal j WHERE j.district_id = i.district_id AND j.subject_id = i.id \
         AND j.kind IN ({kinds})) FROM institution i {one}"
    );
    let rows: Vec<(DistrictId, InstitutionId, Option<Ts>)> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        if let Some((district, id)) = of {
            query = query.bind(district).bind(id);
        }
        query.fetch_all(x).await
    })?;
    Ok(rows.into_iter().filter_map(|(district, id, at)| Some(((district, id), at?))).collect())
}
