//! `Organization` and `OrganizationAffiliation`: institutions, treatment grids, and who belongs to which.

use linli_kernel::Ts;
use linli_treatment::model::{Level, Membership, TreatmentGrid};
use linli_treatment::queries::directory::Listed;
use serde_json::{Value, json};

use super::codes::{CODE, GRID_CODE, OWN_GRID, OWN_ORGANISATION, OWN_ROLE, level, one, organisation};
use super::region::address;
use super::{View, holds, period, put, referring};
use crate::observation::read::URI;

/// What an institution is known by: its code, and a number that is the same everywhere.
pub(crate) fn identifiers(listed: &Listed) -> Value {
    json!([
        { "use": "official", "system": CODE, "value": listed.institution.code },
        { "system": URI, "value": format!("urn:uuid:{}", listed.institution.id) },
    ])
}

/// The telephone that may be shown.
pub(crate) fn telecom(listed: &Listed) -> Option<Value> {
    listed.institution.phone.as_ref().map(|phone| json!([{ "system": "phone", "value": phone, "use": "work" }]))
}

/// An institution.
pub(super) fn institution(view: View<'_>, listed: &Listed) -> Value {
    let known = &listed.institution;
    let types: Vec<Value> = [organisation(known.kind)].into_iter().chain(level(known.level)).collect();
    let mut resource = json!({
        "resourceType": "Organization",
        "id": known.id.to_string(),
        "identifier": identifiers(listed),
        "active": holds((known.valid_from, known.valid_to), view.now),
        "type": types,
        "name": known.name,
    });
    put(&mut resource, "telecom", telecom(listed));
    put(&mut resource, "address", Some(json!([address(&known.address, view.regions.get(&known.district))])));
    resource
}

/// A treatment grid.
pub(super) fn grid(grid: &TreatmentGrid, now: Ts) -> Value {
    json!({
        "resourceType": "Organization",
        "id": grid.at.id.to_string(),
        "identifier": [
            { "use": "official", "system": GRID_CODE, "value": grid.code },
            { "system": URI, "value": format!("urn:uuid:{}", grid.at.id) },
        ],
        "active": holds((grid.valid_from, grid.valid_to), now),
        "type": [one(OWN_ORGANISATION, "grid"), one(OWN_GRID, grid.kind.as_str())],
        "name": grid.name,
    })
}

/// A time of an institution in a grid.
pub(super) fn member(view: View<'_>, listed: &Listed, member: &Membership) -> Value {
    let known = &listed.institution;
    let grid = view.directory.grid(member.grid.id).map(|(grid, _)| grid);
    let role = match known.level {
        _ if grid.is_some_and(|grid| grid.lead == known.id) => "lead",
        Level::Tertiary => "level-3",
        Level::Second => "level-2",
        Level::Primary => "primary",
        Level::Unknown => "member",
    };
    json!({
        "resourceType": "OrganizationAffiliation",
        "id": member.id.to_string(),
        "active": member.holds(view.now),
        "period": period((member.valid_from, member.valid_to)),
        "organization": referring("Organization", member.grid.id, grid.map(|grid| grid.name.as_str()).unwrap_or_default()),
        "participatingOrganization": referring("Organization", known.id, &known.name),
        "code": [one(OWN_ROLE, role)],
    })
}
