//! `Location`: an institution is a site, a unit a ward in it, and the beds of a kind in a unit are a kind of place (`mode` `kind`): beds are
//! counted here, not numbered one by one. Only they have an operational status, and none where it is not known.

use linli_geo::Point;
use linli_kernel::Ts;
use linli_treatment::model::UnitId;
use linli_treatment::model::beds::{BedType, Cell};
use linli_treatment::queries::directory::{Listed, Ward};
use serde_json::{Number, Value, json};

use super::codes::{BED_STATUS, CODE, PHYSICAL, bed, coding, institution as institution_code, unit as unit_code};
use super::organisation::{identifiers, telecom};
use super::region::{COUNTRY, Region, address};
use super::{OnShelf, View, What, holds, put, referring};
use crate::item::Field;
use crate::observation::read::URI;
use crate::table::Parameter;

/// How many beds there are, beside the status that says only whether there is one.
const BEDS: &str = "urn:linli:fhir:beds";

/// The id of the beds of a kind in a unit.
pub(crate) fn beds_id(unit: UnitId, bed_type: BedType) -> String {
    format!("{unit}.{bed_type}")
}

/// Whether one of the beds can be given to somebody (U), none is left (O), none can be used (C); `None` when that is not known.
fn bed_status(view: View<'_>, cell: &Cell) -> Option<&'static str> {
    let derived = view.beds.derive(cell.key.bed_type, &cell.levels).ok()?;
    Some(if derived.available() > 0 {
        "U"
    } else if cell.levels.occupied + cell.levels.reserved > 0 {
        "O"
    } else {
        "C"
    })
}

const fn status(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

fn site_holds(listed: &Listed, now: Ts) -> bool {
    holds((listed.institution.valid_from, listed.institution.valid_to), now)
}

fn unit_holds(listed: &Listed, ward: &Ward, now: Ts) -> bool {
    site_holds(listed, now) && holds((ward.unit.valid_from, ward.unit.valid_to), now)
}

/// The fields of a place that is searched for; `None` for what is no place.
pub(super) fn any(item: OnShelf<'_>, parameter: &Parameter, is: &mut dyn FnMut(Field<'_>) -> bool) -> Option<bool> {
    let (listed, ward, cell) = match item.what {
        What::Site(listed) => (listed, None, None),
        What::Unit(listed, ward) => (listed, Some(ward), None),
        What::Beds(listed, ward, cell) => (listed, Some(ward), Some(cell)),
        _ => return None,
    };
    let known = &listed.institution;
    Some(match parameter.name {
        "type" => match (ward, cell) {
            (_, Some(cell)) => bed(cell.key.bed_type),
            (Some(ward), None) => unit_code(ward.unit.kind),
            (None, None) => institution_code(known.kind),
        }
        .all()
        .any(|(system, code)| is(Field::Token(Some(system), code))),
        "operational-status" => {
            cell.and_then(|cell| bed_status(item.view, cell)).is_some_and(|code| is(Field::Token(Some(BED_STATUS), code)))
        }
        "status" => {
            let active = ward.map_or_else(|| site_holds(listed, item.view.now), |ward| unit_holds(listed, ward, item.view.now));
            is(Field::Token(None, status(active)))
        }
        "physical-type" => is(Field::Token(Some(PHYSICAL), physical(ward.is_some(), cell.is_some()))),
        "organization" => is(Field::Reference("Organization", known.id.to_string())),
        "partof" => match (ward, cell) {
            (Some(ward), Some(_)) => is(Field::Reference("Location", ward.unit.id.to_string())),
            (Some(_), None) => is(Field::Reference("Location", known.id.to_string())),
            (None, _) => false,
        },
        "name" => is(Field::Words(ward.map_or(known.name.as_str(), |ward| ward.unit.name.as_str()))),
        // Only the site has an address: what is in it stands where it stands.
        "address" => {
            ward.is_none() && (is(Field::Words(&known.address)) || lies(item.view, listed).any(|words| is(Field::Words(words))))
        }
        "address-state" => ward.is_none() && region(item.view, listed).is_some_and(|of| said(of.state.as_deref(), is)),
        "address-city" => ward.is_none() && region(item.view, listed).is_some_and(|of| said(of.city.as_deref(), is)),
        "address-country" => ward.is_none() && is(Field::Words(COUNTRY)),
        "address-postalcode" => false,
        "address-use" => ward.is_none() && is(Field::Token(None, "work")),
        "identifier" => match (ward, cell) {
            (None, _) => {
                let number = format!("urn:uuid:{}", known.id);
                is(Field::Token(Some(CODE), &known.code)) || is(Field::Token(Some(URI), &number))
            }
            (Some(ward), None) => is(Field::Token(Some(URI), &format!("urn:uuid:{}", ward.unit.id))),
            (Some(_), Some(_)) => false,
        },
        _ => return None,
    })
}

fn region<'a>(view: View<'a>, listed: &Listed) -> Option<&'a Region> {
    view.regions.get(&listed.institution.district)
}

fn said(words: Option<&str>, is: &mut dyn FnMut(Field<'_>) -> bool) -> bool {
    words.is_some_and(|words| is(Field::Words(words)))
}

/// Province, city and district of an institution.
fn lies<'a>(view: View<'a>, listed: &Listed) -> impl Iterator<Item = &'a str> {
    let of = region(view, listed).into_iter();
    of.flat_map(|of| [&of.state, &of.city, &of.district].into_iter().flatten().map(String::as_str))
}

const fn physical(in_site: bool, is_beds: bool) -> &'static str {
    match (in_site, is_beds) {
        (_, true) => "bd",
        (true, false) => "wa",
        (false, false) => "si",
    }
}

/// Degrees as they are kept, to the last digit.
fn degrees(e7: i32) -> Option<Number> {
    let (sign, size) = if e7 < 0 { ("-", e7.unsigned_abs()) } else { ("", e7.unsigned_abs()) };
    serde_json::from_str(&format!("{sign}{}.{:07}", size / 10_000_000, size % 10_000_000)).ok()
}

fn position(point: Point) -> Option<Value> {
    Some(json!({ "longitude": degrees(point.lon_e7)?, "latitude": degrees(point.lat_e7)? }))
}

fn place(listed: &Listed, (id, name, active, mode): (String, &str, bool, &str), physical: &str) -> Value {
    let known = &listed.institution;
    let mut resource = json!({
        "resourceType": "Location",
        "id": id,
        "status": status(active),
        "name": name,
        "mode": mode,
        "physicalType": { "coding": [coding(PHYSICAL, physical)] },
        "managingOrganization": referring("Organization", known.id, &known.name),
    });
    put(&mut resource, "position", known.point.and_then(position));
    resource
}

/// An institution.
pub(super) fn site(view: View<'_>, listed: &Listed) -> Value {
    let known = &listed.institution;
    let about = (known.id.to_string(), known.name.as_str(), site_holds(listed, view.now), "instance");
    let mut resource = place(listed, about, physical(false, false));
    put(&mut resource, "identifier", Some(identifiers(listed)));
    put(&mut resource, "type", Some(json!([institution_code(known.kind).concept()])));
    put(&mut resource, "telecom", telecom(listed));
    put(&mut resource, "address", Some(address(&known.address, view.regions.get(&known.district))));
    resource
}

/// A unit.
pub(super) fn unit(listed: &Listed, ward: &Ward, now: Ts) -> Value {
    let about = (ward.unit.id.to_string(), ward.unit.name.as_str(), unit_holds(listed, ward, now), "instance");
    let mut resource = place(listed, about, physical(true, false));
    let identifier = json!([{ "system": URI, "value": format!("urn:uuid:{}", ward.unit.id) }]);
    put(&mut resource, "identifier", Some(identifier));
    put(&mut resource, "type", Some(json!([unit_code(ward.unit.kind).concept()])));
    put(&mut resource, "partOf", Some(referring("Location", listed.institution.id, &listed.institution.name)));
    resource
}

/// The beds of a kind in a unit.
pub(super) fn beds(view: View<'_>, listed: &Listed, ward: &Ward, cell: &Cell) -> Value {
    let id = beds_id(ward.unit.id, cell.key.bed_type);
    let about = (id, ward.unit.name.as_str(), unit_holds(listed, ward, view.now), "kind");
    let mut resource = place(listed, about, physical(true, true));
    put(&mut resource, "type", Some(json!([bed(cell.key.bed_type).concept()])));
    put(&mut resource, "partOf", Some(referring("Location", ward.unit.id, &ward.unit.name)));
    put(&mut resource, "operationalStatus", bed_status(view, cell).map(|code| coding(BED_STATUS, code)));
    let derived = view.beds.derive(cell.key.bed_type, &cell.levels).ok();
    let counts = [
        ("in-place", cell.levels.in_place),
        ("open", cell.levels.open),
        ("usable", derived.map(|derived| derived.usable)),
        ("occupied", Some(cell.levels.occupied)),
        ("reserved", Some(cell.levels.reserved)),
        ("available", derived.map(|derived| derived.available())),
    ];
    // What nobody told is not there: it is not zero.
    let told: Vec<Value> =
        counts.into_iter().filter_map(|(name, count)| Some(json!({ "url": name, "valueInteger": count? }))).collect();
    put(&mut resource, "extension", Some(json!([{ "url": BEDS, "extension": told }])));
    resource
}
