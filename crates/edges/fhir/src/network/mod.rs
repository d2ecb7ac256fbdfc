//! The register of the network as resources: organisations, their places and beds, their services, who belongs to which treatment grid.

pub(crate) mod codes;
mod location;
mod organisation;
pub(crate) mod region;
mod service;

pub(crate) use location::beds_id;

use std::collections::BTreeMap;

use linli_kernel::Ts;
use linli_treatment::model::beds::{BedType, Cell};
use linli_treatment::model::{InstitutionId, Membership, MembershipId, TreatmentGrid, TreatmentGridId, UnitId};
use linli_treatment::queries::directory::{Directory, Listed, Ward};
use linli_treatment::rules::beds::Beds;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::item::{Field, Item, any_of};
use crate::observation::write::instant;
use crate::params::Asked;
use crate::table::Parameter;

/// The register as it is looked at in one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) directory: &'a Directory,
    /// How beds are counted: one set of rules for the whole city, as for the plan.
    pub(crate) beds: &'a Beds,
    /// Where districts lie.
    pub(crate) regions: &'a region::Regions,
    pub(crate) now: Ts,
}

/// A resource of the register.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    /// `Organization`: an institution.
    Institution(&'a Listed),
    /// `Organization`: a treatment grid, and when it was made.
    Grid(&'a TreatmentGrid, Ts),
    /// `OrganizationAffiliation`: a time of an institution in a grid.
    Member(&'a Listed, &'a Membership),
    /// `Location`: an institution.
    Site(&'a Listed),
    /// `Location`: a unit.
    Unit(&'a Listed, &'a Ward),
    /// `Location`: the beds of a kind in a unit.
    Beds(&'a Listed, &'a Ward, &'a Cell),
    /// `HealthcareService`: a unit.
    Service(&'a Listed, &'a Ward),
}

/// A resource of the register with the view that it is looked at in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnShelf<'a> {
    pub(crate) view: View<'a>,
    pub(crate) what: What<'a>,
}

impl Item for OnShelf<'_> {
    fn id(&self) -> String {
        match self.what {
            What::Institution(listed) | What::Site(listed) => listed.institution.id.to_string(),
            What::Grid(grid, _) => grid.at.id.to_string(),
            What::Member(_, member) => member.id.to_string(),
            What::Unit(_, ward) | What::Service(_, ward) => ward.unit.id.to_string(),
            What::Beds(_, ward, cell) => location::beds_id(ward.unit.id, cell.key.bed_type),
        }
    }

    fn changed(&self) -> Ts {
        match self.what {
            What::Grid(_, made) => made,
            What::Beds(listed, _, cell) => cell.known_at.max(listed.changed),
            What::Institution(listed)
            | What::Member(listed, _)
            | What::Site(listed)
            | What::Unit(listed, _)
            | What::Service(listed, _) => listed.changed,
        }
    }

    fn any(&self, parameter: &Parameter, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
        // There may be a hundred thousand places: what they are searched by is read from the register, not from what would be written.
        location::any(*self, parameter, is).unwrap_or_else(|| any_of(&self.json(), parameter, is))
    }

    fn json(&self) -> Value {
        let resource = match self.what {
            What::Institution(listed) => organisation::institution(self.view, listed),
            What::Grid(grid, _) => organisation::grid(grid, self.view.now),
            What::Member(listed, member) => organisation::member(self.view, listed, member),
            What::Site(listed) => location::site(self.view, listed),
            What::Unit(listed, ward) => location::unit(listed, ward, self.view.now),
            What::Beds(listed, ward, cell) => location::beds(self.view, listed, ward, cell),
            What::Service(listed, ward) => service::service(listed, ward, self.view.now),
        };
        versioned(resource, self.changed())
    }
}

/// The resource with its version, which is what it says, and the time of its last change.
pub(crate) fn versioned(mut resource: Value, changed: Ts) -> Value {
    let hash = Sha256::digest(resource.to_string().as_bytes());
    let version: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    if let Some(fields) = resource.as_object_mut() {
        fields.insert("meta".to_owned(), json!({ "versionId": version, "lastUpdated": instant(changed) }));
    }
    resource
}

/// Adds what there is.
pub(crate) fn put(resource: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (resource.as_object_mut(), value) {
        fields.insert(name.to_owned(), value);
    }
}

/// Whether something is there at an instant.
pub(crate) fn holds((from, to): (Ts, Option<Ts>), now: Ts) -> bool {
    from <= now && to.is_none_or(|end| now < end)
}

/// A period.
pub(crate) fn period((from, to): (Ts, Option<Ts>)) -> Value {
    let mut period = Map::new();
    period.insert("start".to_owned(), json!(instant(from)));
    if let Some(to) = to {
        period.insert("end".to_owned(), json!(instant(to)));
    }
    Value::Object(period)
}

/// Where a resource refers to an institution, as a path of names.
const INSTITUTIONS: [&str; 6] =
    ["/requester", "/owner", "/performer/0", "/serviceProvider", "/hospitalization/origin", "/reporter"];

/// Adds to every reference to an institution the code that others know it by, and its name.
pub(crate) fn identify(resource: &mut Value, register: &Directory) {
    for path in INSTITUTIONS {
        let Some(reference) = resource.pointer_mut(path) else { continue };
        let id = reference.get("reference").and_then(Value::as_str).and_then(|text| text.strip_prefix("Organization/"));
        let Some(listed) = id.and_then(|id| register.institution(id.parse::<InstitutionId>().ok()?)) else { continue };
        let known = &listed.institution;
        let code = json!({ "system": codes::CODE, "value": known.code });
        put(reference, "identifier", Some(code).filter(|_| !known.code.is_empty()));
        put(reference, "display", Some(json!(known.name)));
    }
}

/// A reference to another resource, with words for whoever reads it.
pub(crate) fn referring(kind: &str, id: impl std::fmt::Display, display: &str) -> Value {
    let mut reference = json!({ "reference": format!("{kind}/{id}") });
    put(&mut reference, "display", Some(json!(display)).filter(|_| !display.is_empty()));
    reference
}

impl<'a> View<'a> {
    const fn shown(self, what: What<'a>) -> OnShelf<'a> {
        OnShelf { view: self, what }
    }

    /// What of a kind may be meant by a search, each with its place in the usual order.
    pub(crate) fn candidates(self, kind: &str, asked: &Asked) -> Vec<(i64, OnShelf<'a>)> {
        let mut found = Vec::new();
        match &asked.ids {
            Some(ids) => found.extend(ids.iter().filter_map(|id| self.by_id(kind, id)).map(|item| (0, item))),
            None => self.all(kind, asked.near, &mut |place, item| found.push((place, item))),
        }
        // Who is named by id has to be near, too.
        if let (Some(_), Some((point, metres))) = (&asked.ids, asked.near) {
            let near = self.directory.near(point, metres);
            found.retain(|(_, item)| item.of().is_some_and(|of| near.iter().any(|(_, listed)| listed.at() == of.at())));
        }
        found
    }

    /// Every resource of a kind; those near a point alone, where one is named, each with its distance.
    pub(crate) fn all(self, kind: &str, near: Option<(linli_geo::Point, i64)>, put: &mut dyn FnMut(i64, OnShelf<'a>)) {
        match near {
            Some((point, metres)) => {
                for (far, listed) in self.directory.near(point, metres) {
                    self.of(kind, listed, &mut |item| put(far, item));
                }
            }
            None => {
                self.directory.listed().for_each(|listed| self.of(kind, listed, &mut |item| put(0, item)));
                if kind == "Organization" {
                    self.directory.grids().for_each(|(grid, made)| put(0, self.shown(What::Grid(grid, *made))));
                }
            }
        }
    }

    /// The resources of a kind that belong to an institution.
    fn of(self, kind: &str, listed: &'a Listed, put: &mut dyn FnMut(OnShelf<'a>)) {
        match kind {
            "Organization" => put(self.shown(What::Institution(listed))),
            "OrganizationAffiliation" => listed.memberships.iter().for_each(|one| put(self.shown(What::Member(listed, one)))),
            "HealthcareService" => listed.wards.iter().for_each(|ward| put(self.shown(What::Service(listed, ward)))),
            "Location" => {
                put(self.shown(What::Site(listed)));
                for ward in &listed.wards {
                    put(self.shown(What::Unit(listed, ward)));
                    ward.cells.iter().for_each(|cell| put(self.shown(What::Beds(listed, ward, cell))));
                }
            }
            _ => {}
        }
    }

    /// The resources of a kind that can refer to some others: those of the same institutions; to a grid anybody's may.
    pub(crate) fn around(self, kind: &str, items: impl Iterator<Item = OnShelf<'a>>, put: &mut dyn FnMut(OnShelf<'a>)) {
        let mut houses = BTreeMap::new();
        for item in items {
            let Some(listed) = item.of() else { return self.all(kind, None, &mut |_, item| put(item)) };
            houses.insert(listed.at(), listed);
        }
        houses.into_values().for_each(|listed| self.of(kind, listed, put));
    }

    /// A resource by its id.
    pub(crate) fn by_id(self, kind: &str, id: &str) -> Option<OnShelf<'a>> {
        let directory = self.directory;
        let institution = || directory.institution(id.parse::<InstitutionId>().ok()?);
        let what = match kind {
            "Organization" => match institution() {
                Some(listed) => What::Institution(listed),
                None => directory.grid(id.parse::<TreatmentGridId>().ok()?).map(|(grid, made)| What::Grid(grid, *made))?,
            },
            "OrganizationAffiliation" => {
                directory.membership(id.parse::<MembershipId>().ok()?).map(|(listed, one)| What::Member(listed, one))?
            }
            "HealthcareService" => {
                directory.unit(id.parse::<UnitId>().ok()?).map(|(listed, ward)| What::Service(listed, ward))?
            }
            "Location" => match (institution(), id.split_once('.')) {
                (Some(listed), _) => What::Site(listed),
                (None, None) => directory.unit(id.parse::<UnitId>().ok()?).map(|(listed, ward)| What::Unit(listed, ward))?,
                (None, Some((unit, bed_type))) => {
                    let (listed, ward) = directory.unit(unit.parse::<UnitId>().ok()?)?;
                    let bed_type: BedType = bed_type.parse().ok()?;
                    What::Beds(listed, ward, ward.cells.iter().find(|cell| cell.key.bed_type == bed_type)?)
                }
            },
            _ => return None,
        };
        Some(self.shown(what))
    }
}

impl<'a> OnShelf<'a> {
    /// The institution that it belongs to; a grid belongs to none.
    pub(crate) const fn of(&self) -> Option<&'a Listed> {
        match self.what {
            What::Institution(listed)
            | What::Member(listed, _)
            | What::Site(listed)
            | What::Unit(listed, _)
            | What::Beds(listed, _, _)
            | What::Service(listed, _) => Some(listed),
            What::Grid(..) => None,
        }
    }
}
