//! A document that was sent: first whether it is one, then what it says of which hospital. Nothing here looks anything up.

use linli_kernel::Ts;
use linli_treatment::model::beds::{BedType, COUNT_MAX};
use linli_wire::xml::{self, Bounds, Element};

use super::{BED_TYPES, HAVE, XNL};
use crate::observation::read::instant;
use crate::outcome::{Issue, Kind};

/// A hospital has about thirty elements. A declaration of entities is refused: nobody who tells beds needs one.
const BOUNDS: Bounds = Bounds { elements: 20_000, deepest: 24, longest_name: 200, attribute: "ID", strict: true };

/// What a document says of a hospital.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hospital {
    /// Its number there.
    pub(crate) code: String,
    /// Where in the document it stands.
    pub(crate) path: String,
    /// Its beds, each kind once.
    pub(crate) beds: Vec<Beds>,
    /// Since when it is so, where that was told.
    pub(crate) at: Option<Ts>,
    /// Parts of it of which nothing is kept.
    pub(crate) passed: Vec<String>,
}

/// Beds of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beds {
    /// Which.
    pub(crate) bed_type: BedType,
    /// Where among the kinds of its hospital, from 1.
    pub(crate) place: usize,
    /// In place.
    pub(crate) baseline: Option<i64>,
    /// More within a day.
    pub(crate) within_day: Option<i64>,
    /// Free, as the hospital counts: never kept, only held against what the ledger derives.
    pub(crate) available: Option<i64>,
}

fn is(element: &Element, name: &str) -> bool {
    element.of == HAVE && element.name == name
}

/// The first child of HAVE with this name.
fn child<'e>(of: &'e Element, name: &str) -> Option<&'e Element> {
    of.children.iter().find(|child| is(child, name))
}

fn all<'e>(of: &'e Element, name: &'e str) -> impl Iterator<Item = &'e Element> {
    of.children.iter().filter(move |child| is(child, name))
}

/// Reads a document.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub(crate) fn read(body: &[u8]) -> Result<Vec<Hospital>, Vec<Issue>> {
    let read = |text| xml::read(text, BOUNDS).map_err(|error| error.to_string());
    let root = std::str::from_utf8(body).map_err(|error| error.to_string()).and_then(read).map(|tree| tree.root);
    let root = root.map_err(|why| vec![Issue::new(Kind::Structure, "fhir-have-xml").arg("why", why)])?;
    if !is(&root, "HospitalStatus") {
        let found = format!("{{{}}}{}", root.of, root.name);
        return Err(vec![Issue::new(Kind::Structure, "fhir-have-root").arg("found", found).at("HospitalStatus")]);
    }
    let mut wrong = Vec::new();
    let hospitals: Vec<_> = all(&root, "Hospital")
        .zip(1..)
        .map(|(element, n)| hospital(element, format!("HospitalStatus/Hospital[{n}]"), &mut wrong))
        .collect();
    if hospitals.is_empty() {
        wrong.push(Issue::new(Kind::Required, "fhir-error-required").at("HospitalStatus/Hospital"));
    }
    if wrong.is_empty() { Ok(hospitals) } else { Err(wrong) }
}

fn hospital(element: &Element, path: String, wrong: &mut Vec<Issue>) -> Hospital {
    let name = child(element, "Organization").and_then(|organization| child(organization, "OrganizationInformation"));
    let name = name.and_then(|named| named.children.iter().find(|child| child.of == XNL && child.name == "OrganisationName"));
    let code = name.map(|name| name.attribute.trim().to_owned()).unwrap_or_default();
    if code.is_empty() {
        let at = format!("{path}/Organization/OrganizationInformation/OrganisationName/@ID");
        wrong.push(Issue::new(Kind::Required, "fhir-error-required").at(at));
    }
    let at = child(element, "LastUpdateTime").and_then(|told| {
        let at = instant(told.text.trim());
        if at.is_none() {
            let issue = Issue::new(Kind::Value, "fhir-error-effective").arg("value", told.text.trim());
            wrong.push(issue.at(format!("{path}/LastUpdateTime")));
        }
        at
    });
    let known = ["Organization", "HospitalBedCapacityStatus", "LastUpdateTime"];
    let mut passed: Vec<_> = element
        .children
        .iter()
        .filter(|child| !known.iter().any(|known| is(child, known)))
        .map(|child| child.name.clone())
        .collect();
    let mut beds: Vec<Beds> = Vec::new();
    let kinds = child(element, "HospitalBedCapacityStatus").into_iter().flat_map(|status| all(status, "BedCapacity"));
    for (kind, place) in kinds.zip(1..) {
        let at = beds_path(&path, place);
        let said = child(kind, "BedType").map(|said| said.text.trim()).unwrap_or_default();
        let Some((bed_type, name)) = BED_TYPES.iter().find(|(_, name)| name.eq_ignore_ascii_case(said)) else {
            if said.is_empty() {
                wrong.push(Issue::new(Kind::Required, "fhir-error-required").at(format!("{at}/BedType")));
            } else {
                passed.push(format!("BedCapacity {said}"));
            }
            continue;
        };
        if beds.iter().any(|other| other.bed_type == *bed_type) {
            wrong.push(Issue::new(Kind::Value, "fhir-have-twice").arg("type", *name).at(format!("{at}/BedType")));
            continue;
        }
        // Some write the counts without the element that holds them.
        let holds = child(kind, "Capacity").unwrap_or(kind);
        let mut count = |name: &str| count(holds, name, &at, wrong);
        beds.push(Beds {
            bed_type: *bed_type,
            place,
            baseline: count("BaselineCount"),
            within_day: count("AdditionalCapacityCount24Hr"),
            available: count("AvailableCount"),
        });
    }
    Hospital { code, path, beds, at, passed }
}

/// The path of a kind of beds.
pub(crate) fn beds_path(hospital: &str, place: usize) -> String {
    format!("{hospital}/HospitalBedCapacityStatus/BedCapacity[{place}]")
}

fn count(holds: &Element, name: &str, at: &str, wrong: &mut Vec<Issue>) -> Option<i64> {
    let said = child(holds, name)?.text.trim().to_owned();
    let count = said.parse().ok().filter(|count| (0..=COUNT_MAX).contains(count));
    if count.is_none() {
        wrong.push(Issue::new(Kind::Value, "fhir-error-value").arg("value", said).at(format!("{at}/Capacity/{name}")));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(hospitals: &str) -> Vec<u8> {
        format!("<have:HospitalStatus xmlns:have=\"{HAVE}\" xmlns:xnl=\"{XNL}\">{hospitals}</have:HospitalStatus>").into_bytes()
    }

    fn of(beds: &str) -> String {
        format!(
            "<have:Hospital><have:Organization><have:OrganizationInformation><xnl:OrganisationName xnl:ID=\"0002\"/>\
             </have:OrganizationInformation></have:Organization><have:EmergencyDepartmentStatus/>\
             <have:HospitalBedCapacityStatus>{beds}</have:HospitalBedCapacityStatus></have:Hospital>"
        )
    }

    fn wrong(body: &[u8]) -> Vec<(Kind, Option<String>)> {
        read(body).unwrap_err().into_iter().map(|issue| (issue.kind, issue.expression)).collect()
    }

    #[test]
    fn counts_are_read_with_and_without_the_element_that_holds_them() {
        let held = "<have:BedCapacity><have:BedType> AdultICU </have:BedType><have:Capacity><have:CapacityStatus>VacantAvailable</have:CapacityStatus>\
                    <have:AvailableCount>3</have:AvailableCount><have:BaselineCount>10</have:BaselineCount></have:Capacity></have:BedCapacity>";
        let bare = "<have:BedCapacity><have:BedType>medicalsurgical</have:BedType><have:AdditionalCapacityCount24Hr>&#52;</have:AdditionalCapacityCount24Hr></have:BedCapacity>\
                    <have:BedCapacity><have:BedType>Burn</have:BedType><have:AvailableCount>many</have:AvailableCount></have:BedCapacity>";
        let found = read(&document(&of(&format!("{held}{bare}")))).unwrap();
        assert_eq!(found[0].code, "0002");
        let icu = Beds { bed_type: BedType::Icu, place: 1, baseline: Some(10), within_day: None, available: Some(3) };
        let ward = Beds { bed_type: BedType::Ward, place: 2, baseline: None, within_day: Some(4), available: None };
        assert_eq!(found[0].beds, [icu, ward]);
        assert_eq!(found[0].passed, ["EmergencyDepartmentStatus", "BedCapacity Burn"], "what is not kept is told");
    }

    #[test]
    fn what_is_no_such_document_is_refused_with_its_place() {
        let at = |path: &str| Some(format!("HospitalStatus/Hospital[1]{path}"));
        let kind = |count: &str| {
            format!(
                "<have:BedCapacity><have:BedType>AdultICU</have:BedType><have:Capacity><have:BaselineCount>{count}</have:BaselineCount></have:Capacity></have:BedCapacity>"
            )
        };
        let beds = "/HospitalBedCapacityStatus/BedCapacity";
        for count in ["-1", "10001", "3.5", "", "９"] {
            assert_eq!(
                wrong(&document(&of(&kind(count)))),
                [(Kind::Value, at(&format!("{beds}[1]/Capacity/BaselineCount")))],
                "{count}"
            );
        }
        assert_eq!(wrong(&document(&of(&format!("{0}{0}", kind("3"))))), [(Kind::Value, at(&format!("{beds}[2]/BedType")))]);
        assert_eq!(wrong(&document(&of("").replace("\"0002\"", "\" \"")))[0].0, Kind::Required);
        assert_eq!(wrong(&document("")), [(Kind::Required, Some("HospitalStatus/Hospital".to_owned()))]);
        let newer = String::from_utf8(document(&of(""))).unwrap().replace("EDXL:HAVE:1.0", "edxl:have:2.0");
        assert_eq!(wrong(newer.as_bytes()), [(Kind::Structure, Some("HospitalStatus".to_owned()))]);
        let deep = "<a>".repeat(30);
        let entity = "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>";
        for body in ["", "beds: 3", "<a>", "<a></b>", "<a/><a/>", "<p:a/>", "<a>&b;</a>", entity, &deep, "\u{0}"] {
            assert_eq!(wrong(body.as_bytes()), [(Kind::Structure, None)], "{body}");
        }
        assert_eq!(wrong(b"<a>\xff</a>")[0].0, Kind::Structure);
    }
}
