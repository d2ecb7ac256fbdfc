//! The register as a document: the hospitals whose beds are known, with what can be had now.

use std::fmt::Write as _;

use linli_kernel::Ts;
use linli_treatment::model::beds::BedType;
use linli_treatment::queries::directory::{Listed, Ward};
use quick_xml::escape::escape;

use super::{BED_TYPES, GML, HAVE, XAL, XNL, XPIL};
use crate::network::{View, holds};
use crate::observation::write::instant;

/// What an institution has of a kind of bed, over all its units. A unit of which it is not known what is free makes the sum unknown.
#[derive(Debug, Default)]
struct Capacity {
    available: i64,
    /// In place; `None` where a unit did not tell it.
    baseline: Option<i64>,
    /// More within a day, and within three; `None` where nobody told it.
    within_day: Option<i64>,
    within_three_days: Option<i64>,
    told: Option<Ts>,
}

/// The whole register as it stands.
pub(crate) fn document(view: View<'_>) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<have:HospitalStatus xmlns:have=\"{HAVE}\" xmlns:gml=\"{GML}\" xmlns:xnl=\"{XNL}\" \
         xmlns:xal=\"{XAL}\" xmlns:xpil=\"{XPIL}\">\n"
    );
    let now = |listed: &&Listed| holds((listed.institution.valid_from, listed.institution.valid_to), view.now);
    for listed in view.directory.listed().filter(now) {
        let beds: Vec<_> = BED_TYPES.iter().filter_map(|(of, name)| Some((*name, capacity(view, listed, *of)?))).collect();
        if !beds.is_empty() {
            hospital(&mut out, listed, &beds);
        }
    }
    out.push_str("</have:HospitalStatus>\n");
    out
}

/// The units of an institution that are there now.
pub(crate) fn wards<'a>(view: View<'a>, listed: &'a Listed) -> impl Iterator<Item = &'a Ward> {
    listed.wards.iter().filter(move |ward| holds((ward.unit.valid_from, ward.unit.valid_to), view.now))
}

fn capacity(view: View<'_>, listed: &Listed, of: BedType) -> Option<Capacity> {
    let mut sum: Option<Capacity> = None;
    for cell in wards(view, listed).flat_map(|ward| &ward.cells).filter(|cell| cell.key.bed_type == of) {
        let levels = &cell.levels;
        let free = view.beds.derive(of, levels).ok()?.available();
        let more = |hours| levels.convertible.filter(|_| levels.within_hours.is_some_and(|within| within <= hours));
        let add = |to: Option<i64>, more: Option<i64>| more.map(|more| to.unwrap_or_default() + more).or(to);
        sum = Some(match sum {
            None => Capacity {
                available: free,
                baseline: levels.in_place,
                within_day: more(24),
                within_three_days: more(72),
                told: Some(cell.known_at),
            },
            Some(sum) => Capacity {
                available: sum.available + free,
                baseline: sum.baseline.zip(levels.in_place).map(|(all, more)| all + more),
                within_day: add(sum.within_day, more(24)),
                within_three_days: add(sum.within_three_days, more(72)),
                told: sum.told.max(Some(cell.known_at)),
            },
        });
    }
    sum
}

fn hospital(out: &mut String, listed: &Listed, beds: &[(&str, Capacity)]) {
    let known = &listed.institution;
    let id = if known.code.is_empty() { format!("urn:uuid:{}", known.id) } else { known.code.clone() };
    // Nothing is ever wrong about writing into a string.
    let mut say = |words: std::fmt::Arguments<'_>| _ = out.write_fmt(words);
    say(format_args!("<have:Hospital>\n<have:Organization><have:OrganizationInformation>"));
    let name = escape(known.name.as_str());
    say(format_args!(
        "<xnl:OrganisationName xnl:ID=\"{}\"><xnl:NameElement>{name}</xnl:NameElement></xnl:OrganisationName>",
        escape(id.as_str())
    ));
    if !known.address.is_empty() {
        let line = escape(known.address.as_str());
        say(format_args!(
            "<xpil:Addresses><xal:Address><xal:FreeTextAddress><xal:AddressLine>{line}</xal:AddressLine></xal:FreeTextAddress></xal:Address></xpil:Addresses>"
        ));
    }
    if let Some(phone) = &known.phone {
        let number = escape(phone.as_str());
        say(format_args!(
            "<xpil:ContactNumbers><xpil:ContactNumber xpil:MediaType=\"Telephone\" xpil:ContactNature=\"Business\"><xpil:ContactNumberElement>{number}</xpil:ContactNumberElement></xpil:ContactNumber></xpil:ContactNumbers>"
        ));
    }
    say(format_args!("</have:OrganizationInformation>"));
    if let Some(point) = known.point {
        let (lat, lon) = (degrees(point.lat_e7), degrees(point.lon_e7));
        say(format_args!(
            "<have:OrganizationGeoLocation><gml:Point gml:id=\"p-{}\"><gml:coordinates>{lat}, {lon}</gml:coordinates></gml:Point></have:OrganizationGeoLocation>",
            known.id
        ));
    }
    say(format_args!("</have:Organization>\n<have:HospitalBedCapacityStatus>\n"));
    for (name, capacity) in beds {
        let status = if capacity.available > 0 { "VacantAvailable" } else { "NotAvailable" };
        say(format_args!(
            "<have:BedCapacity><have:BedType>{name}</have:BedType><have:Capacity><have:CapacityStatus>{status}</have:CapacityStatus>"
        ));
        say(format_args!("<have:AvailableCount>{}</have:AvailableCount>", capacity.available));
        for (element, count) in [
            ("BaselineCount", capacity.baseline),
            ("AdditionalCapacityCount24Hr", capacity.within_day),
            ("AdditionalCapacityCount72Hr", capacity.within_three_days),
        ] {
            if let Some(count) = count {
                say(format_args!("<have:{element}>{count}</have:{element}>"));
            }
        }
        say(format_args!("</have:Capacity></have:BedCapacity>\n"));
    }
    let told = beds.iter().filter_map(|(_, capacity)| capacity.told).max().unwrap_or(listed.changed);
    say(format_args!(
        "</have:HospitalBedCapacityStatus>\n<have:LastUpdateTime>{}</have:LastUpdateTime>\n</have:Hospital>\n",
        instant(told)
    ));
}

/// Degrees as they are kept, to the last digit.
fn degrees(e7: i32) -> String {
    let (sign, size) = if e7 < 0 { ("-", e7.unsigned_abs()) } else { ("", e7.unsigned_abs()) };
    format!("{sign}{}.{:07}", size / 10_000_000, size % 10_000_000)
}
